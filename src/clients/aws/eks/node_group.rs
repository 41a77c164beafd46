//! One managed node group, as `eks describe-nodegroup` tells it.

use super::health::{HealthIssue, RawHealth, issues};
use super::versions::is_version;
use crate::clients::aws::tags::Tags;
use crate::clients::call::{formed, json};
use crate::clients::failure::ParseFailure;
use crate::clients::form::is_word;
use serde::Deserialize;

/// A node group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeGroup {
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `DEGRADED`, `CREATING`, …
    pub status: String,
    /// The Kubernetes version of its nodes, `1.34`; none with a custom image.
    pub version: Option<String>,
    /// What EKS reports to be wrong with it; none where AWS did not tell.
    pub health: Option<Vec<HealthIssue>>,
    /// The instance types that its nodes may have; none, or empty, where a launch template names one.
    pub instance_types: Option<Vec<String>>,
    /// How many nodes it shall have now; none where AWS did not tell.
    pub wanted: Option<u32>,
    /// Its tags; none where AWS did not tell.
    pub tags: Option<Tags>,
}

#[derive(Deserialize)]
struct RawDescription {
    nodegroup: RawGroup,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawGroup {
    nodegroup_name: String,
    cluster_name: String,
    status: String,
    version: Option<String>,
    health: Option<RawHealth>,
    instance_types: Option<Vec<String>>,
    scaling_config: Option<RawScaling>,
    tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawScaling {
    desired_size: Option<u32>,
}

/// Reads `eks describe-nodegroup` for the node group `name` of the cluster `cluster`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another node group.
pub fn parse_node_group(bytes: &[u8], cluster: &str, name: &str) -> Result<NodeGroup, ParseFailure> {
    let raw: RawDescription = json(bytes)?;
    let raw = raw.nodegroup;
    formed(
        raw.cluster_name,
        |found| found == cluster,
        "nodegroup.clusterName",
    )?;
    Ok(NodeGroup {
        name: formed(
            raw.nodegroup_name,
            |found| found == name,
            "nodegroup.nodegroupName",
        )?,
        status: formed(raw.status, |status| is_word(status, 32), "nodegroup.status")?,
        version: raw
            .version
            .map(|version| formed(version, is_version, "nodegroup.version"))
            .transpose()?,
        health: raw.health.map(issues).transpose()?,
        instance_types: raw
            .instance_types
            .map(|types| {
                let checked = types.into_iter();
                checked
                    .map(|kind| formed(kind, is_instance_type, "nodegroup.instanceTypes[]"))
                    .collect::<Result<Vec<_>, _>>()
            })
            .transpose()?,
        wanted: raw.scaling_config.and_then(|scaling| scaling.desired_size),
        tags: raw.tags,
    })
}

/// `t3.large`, `u-12tb1.112xlarge`.
fn is_instance_type(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    !text.is_empty() && text.len() <= 64 && text.bytes().all(plain)
}
