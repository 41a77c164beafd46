//! One cluster, as `eks describe-cluster` tells it.

use super::health::{HealthIssue, RawHealth, issues};
use super::versions::is_version;
use crate::clients::aws::tags::Tags;
use crate::clients::call::{formed, json};
use crate::clients::failure::ParseFailure;
use crate::clients::form::{arn_fields, is_word};
use serde::Deserialize;

/// A cluster that exists. What AWS did not tell is none: unknown, and never taken for well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Its ARN.
    pub arn: Option<String>,
    /// `ACTIVE`, `CREATING`, …
    pub status: String,
    /// Its Kubernetes version, `1.34`; a cluster in its first seconds may have none.
    pub version: Option<String>,
    /// EKS's own version of the control plane, `eks.13`.
    pub platform_version: Option<String>,
    /// Where its API server answers: `https://` and a host, with or without a port.
    pub endpoint: Option<String>,
    /// The authority that signed the API server's certificate: PEM in base64.
    pub authority: Option<String>,
    /// What EKS reports to be wrong with it.
    pub health: Option<Vec<HealthIssue>>,
    /// `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`: where it is written down who may do what.
    pub authentication_mode: Option<String>,
    /// Its VPC.
    pub vpc: Option<String>,
    /// The subnets that it was made with.
    pub subnets: Option<Vec<String>>,
    /// The security group that EKS made for it, its nodes' too.
    pub security_group: Option<String>,
    /// Whether the API server answers inside the VPC.
    pub private_access: Option<bool>,
    /// Whether the API server answers outside the VPC.
    pub public_access: Option<bool>,
    /// From which addresses it does.
    pub public_cidrs: Option<Vec<String>>,
    /// Its tags.
    pub tags: Option<Tags>,
}

#[derive(Deserialize)]
struct RawDescription {
    cluster: RawCluster,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCluster {
    name: String,
    arn: Option<String>,
    tags: Option<Tags>,
    status: String,
    version: Option<String>,
    platform_version: Option<String>,
    endpoint: Option<String>,
    certificate_authority: Option<RawAuthority>,
    health: Option<RawHealth>,
    access_config: Option<RawAccess>,
    resources_vpc_config: Option<RawNetwork>,
}

#[derive(Deserialize)]
struct RawAuthority {
    data: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAccess {
    authentication_mode: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawNetwork {
    vpc_id: Option<String>,
    subnet_ids: Option<Vec<String>>,
    cluster_security_group_id: Option<String>,
    endpoint_private_access: Option<bool>,
    endpoint_public_access: Option<bool>,
    public_access_cidrs: Option<Vec<String>>,
}

/// Reads `eks describe-cluster` for the cluster `name`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another cluster.
pub fn parse_cluster(bytes: &[u8], name: &str) -> Result<Cluster, ParseFailure> {
    let raw: RawDescription = json(bytes)?;
    let raw = raw.cluster;
    formed(raw.name, |found| found == name, "cluster.name")?;
    let status = formed(raw.status, |status| is_word(status, 32), "cluster.status")?;
    let network = raw.resources_vpc_config.unwrap_or_default();
    if !network
        .public_access_cidrs
        .iter()
        .flatten()
        .all(|range| is_range(range))
    {
        return Err(ParseFailure::Form("cluster.resourcesVpcConfig.publicAccessCidrs"));
    }
    if !network.subnet_ids.iter().flatten().all(|id| is_word(id, 64)) {
        return Err(ParseFailure::Form("cluster.resourcesVpcConfig.subnetIds"));
    }
    let is_arn = |arn: &str| {
        arn_fields(arn).is_some_and(|[_, service, _, _, resource]| {
            service == "eks" && resource.strip_prefix("cluster/") == Some(name)
        })
    };
    Ok(Cluster {
        arn: optional(raw.arn, is_arn, "cluster.arn")?,
        status,
        version: optional(raw.version, is_version, "cluster.version")?,
        platform_version: optional(raw.platform_version, is_platform, "cluster.platformVersion")?,
        endpoint: optional(raw.endpoint, is_endpoint, "cluster.endpoint")?,
        authority: optional(
            raw.certificate_authority.and_then(|authority| authority.data),
            is_base64,
            "cluster.certificateAuthority.data",
        )?,
        health: raw.health.map(issues).transpose()?,
        authentication_mode: optional(
            raw.access_config.and_then(|access| access.authentication_mode),
            |mode| is_word(mode, 32),
            "cluster.accessConfig.authenticationMode",
        )?,
        vpc: optional(
            network.vpc_id.filter(|id| !id.is_empty()),
            |id| is_word(id, 64),
            "cluster.resourcesVpcConfig.vpcId",
        )?,
        subnets: network.subnet_ids,
        // Empty until EKS has made it.
        security_group: optional(
            network.cluster_security_group_id.filter(|id| !id.is_empty()),
            |id| is_word(id, 64),
            "cluster.resourcesVpcConfig.clusterSecurityGroupId",
        )?,
        private_access: network.endpoint_private_access,
        public_access: network.endpoint_public_access,
        public_cidrs: network.public_access_cidrs,
        tags: raw.tags,
    })
}

fn optional(
    text: Option<String>,
    fits: impl Fn(&str) -> bool,
    field: &'static str,
) -> Result<Option<String>, ParseFailure> {
    text.map(|text| formed(text, fits, field)).transpose()
}

/// A token is sent to this place: an address over TLS, and nothing else in it.
fn is_endpoint(text: &str) -> bool {
    let host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    text.strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty() && rest.len() <= 260 && rest.bytes().all(host))
}

fn is_base64(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    !text.is_empty() && text.bytes().all(plain)
}

fn is_platform(text: &str) -> bool {
    text.len() <= 32
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}

/// An address range: `203.0.113.0/24`, `2001:db8::/32`.
fn is_range(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'/');
    !text.is_empty() && text.len() <= 49 && text.bytes().all(plain)
}
