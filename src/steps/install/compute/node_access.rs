//! Step `karpenter-node-access`: the nodes that Karpenter makes may join the cluster, by an access entry.

use crate::clients::CallError;
use crate::clients::aws::Eks;
use crate::clients::aws::eks::AccessEntry;
use crate::clients::explain::quoted;
use crate::model::Phase;
use crate::report::Code;
use crate::steps::install::marks::{Owner, owner};
use crate::steps::install::world::is_usable;
use crate::steps::install::{Decision, Desired, Look, Step, Stop, World, Write, asks};
use serde_json::json;

/// The type of an entry that lets nodes in.
pub const NODES: &str = "EC2_LINUX";

/// The step.
pub struct NodeAccess;

impl Step for NodeAccess {
    fn id(&self) -> &'static str {
        "karpenter-node-access"
    }

    fn phase(&self) -> Phase {
        Phase::Compute
    }

    fn after(&self) -> &'static [&'static str] {
        // EKS takes an entry only for a role that exists.
        &["cluster", "karpenter-stack"]
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let found = observe(world)?;
        let decision = decide(world.desired, found.as_ref());
        Ok(Look::of(decision).telling(move |evidence, _| {
            evidence.compute().node_access_entry = found.as_ref().is_some_and(|entry| entry.kind == NODES);
        }))
    }
}

/// The entry of the nodes' role; none where there is none, no cluster yet, or one without access entries (which the
/// foundation's own step stops at).
fn observe(world: &World<'_>) -> Result<Option<AccessEntry>, CallError> {
    let desired = world.desired;
    let cluster = world.cluster()?.filter(|cluster| {
        is_usable(&cluster.status) && cluster.authentication_mode.as_deref() != Some("CONFIG_MAP")
    });
    if cluster.is_none() {
        return Ok(None);
    }
    let eks = Eks {
        gateway: world.gateway,
    };
    let role = desired.target.role_arn(&desired.karpenter_node_role());
    eks.access_entry(&desired.target.cluster, &role)
}

/// What would have to be written.
#[must_use]
pub fn decide(desired: &Desired, found: Option<&AccessEntry>) -> Decision {
    let cluster = &desired.target.cluster;
    let role = desired.target.role_arn(&desired.karpenter_node_role());
    let wanted = json!({ "principal": role, "type": NODES });
    let Some(found) = found else {
        let ask = asks::create_access_entry(cluster, &role, NODES, &desired.created_tags());
        return Decision::create(
            format!(
                "Nodes with the role `{}` may join the cluster.",
                desired.karpenter_node_role()
            ),
            wanted,
            vec![Write::eks(ask)],
        );
    };
    if found.kind == NODES {
        let settled = Decision::settled(
            format!(
                "Nodes with the role `{}` may join the cluster.",
                desired.karpenter_node_role()
            ),
            wanted,
        );
        return match owner(&found.tags, &desired.installation()) {
            Owner::Ours => settled,
            Owner::OtherInstallation | Owner::Foreign => settled.adopting(),
        };
    }
    let stop = Stop::new(
        Code::AccessEntryTaken,
        format!(
            "The role `{}` has an access entry of the type `{}`: nodes with it can't join the cluster, and a role has room for one.",
            desired.karpenter_node_role(),
            found.kind
        ),
        format!(
            "If nobody enters the cluster by it: `aws eks delete-access-entry --cluster-name {} --principal-arn {}{}`, then run the same command again.",
            quoted(cluster.as_str()),
            quoted(&role),
            desired.place_flags()
        ),
    );
    Decision::blocked(
        "The nodes' role has an access entry of another type.",
        wanted,
        vec![stop],
    )
}
