//! Check `eks-cluster`: no cluster of the name, or an active one; with it what stands in an existing one.

use super::checked::{Checked, unknown, unknown_but_harmless};
use crate::clients::aws::Eks;
use crate::clients::aws::eks::Cluster;
use crate::clients::{Asker, CallError, explain};
use crate::gateway::Gateway;
use crate::model::{ClusterName, InstallationId};
use crate::report::{Code, Finding, PreflightEvidence};
use crate::steps::install::marks::{Owner, owner};
use std::time::Instant;

/// The check's id.
pub const ID: &str = "eks-cluster";
/// The id of what could not be listed in an existing cluster.
pub const CONTENTS_ID: &str = "eks-contents";
/// The evidence's word for a cluster that does not exist.
pub const ABSENT: &str = "ABSENT";

/// What the check saw, for those that look further.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The cluster.
    pub found: Result<Option<Cluster>, CallError>,
    /// The names of its node groups; none without a cluster.
    pub groups: Option<Result<Vec<String>, CallError>>,
}

/// Looks at the cluster, and at its node groups and add-ons where it exists.
pub fn run(
    gateway: &dyn Gateway,
    name: &ClusterName,
    installation: &InstallationId,
    asker: &Asker<'_>,
) -> (Checked, Seen) {
    let start = Instant::now();
    let eks = Eks { gateway };
    let found = eks.cluster(name);
    let mut checked = decide(&found, name, installation, asker).timed(start);
    let mut names = None;
    if matches!(found, Ok(Some(_))) {
        let start = Instant::now();
        let (groups, addons) = std::thread::scope(|scope| {
            let groups = std::thread::Builder::new().spawn_scoped(scope, || eks.node_groups(name));
            let addons = eks.addons(name);
            // Without a thread of its own, the question is asked after the other.
            let groups = groups
                .ok()
                .and_then(|thread| thread.join().ok())
                .unwrap_or_else(|| eks.node_groups(name));
            (groups, addons)
        });
        names = Some(groups.clone());
        checked = checked.and(contents(groups, addons, name, asker).timed(start));
    }
    let groups = names;
    (checked, Seen { found, groups })
}

/// Judges the cluster. One that `installation` itself began to make, or to change, is gone on with: the install waits
/// for it.
#[must_use]
pub fn decide(
    found: &Result<Option<Cluster>, CallError>,
    name: &ClusterName,
    installation: &InstallationId,
    asker: &Asker<'_>,
) -> Checked {
    let seen = |status: &str| PreflightEvidence {
        eks_cluster_status: Some(status.to_owned()),
        ..PreflightEvidence::default()
    };
    let cluster = match found {
        Err(error) => {
            return unknown(ID, &format!("Whether the cluster `{name}` exists"), error, asker).into();
        }
        Ok(None) => {
            let message = format!(
                "There is no cluster `{name}` in {} yet: install will make it.",
                asker.region
            );
            return Checked::from(Finding::pass(ID, message)).seen(seen(ABSENT));
        }
        Ok(Some(cluster)) => cluster,
    };
    let flag = asker.flag();
    let region = asker.region;
    let wait = |what: &str| {
        format!("Wait with `aws eks wait {what} --name {name} --region {region}{flag}`, then run again.")
    };
    let (message, remedy) = match cluster.status.as_str() {
        "ACTIVE" => {
            let message = match &cluster.version {
                Some(version) => format!(
                    "The cluster `{name}` exists and is active, Kubernetes {version}: install will use it."
                ),
                // Whether install can use it is for the check `eks-version` to say.
                None => format!(
                    "The cluster `{name}` exists and is active; AWS did not tell its Kubernetes version."
                ),
            };
            return Checked::from(Finding::pass(ID, message)).seen(seen(&cluster.status));
        }
        "CREATING" => (
            "is still being made (10 to 15 minutes as a rule)",
            wait("cluster-active"),
        ),
        "PENDING" => ("waits for AWS to begin making it", wait("cluster-active")),
        "UPDATING" => ("is being updated", wait("cluster-active")),
        "DELETING" => (
            "is being deleted",
            format!(
                "{} Or choose another name with `--cluster`.",
                wait("cluster-deleted")
            ),
        ),
        "FAILED" => (
            "exists and failed: it can't be used, and does not mend itself",
            format!(
                "`aws eks describe-cluster --name {name} --region {region} --query cluster.health{flag}` shows why. Delete it (`eksctl delete cluster --name {name} --region {region}{flag}`), or choose another name with `--cluster`."
            ),
        ),
        _ => (
            "is in a state that is not known to lakehouse",
            format!("Look at it: `aws eks describe-cluster --name {name} --region {region}{flag}`."),
        ),
    };
    let message = format!("The cluster `{name}` {message} (status {}).", cluster.status);
    let tags = cluster.tags.as_ref();
    let is_ours = tags.is_some_and(|tags| owner(tags, installation) == Owner::Ours);
    if is_ours && ["CREATING", "PENDING", "UPDATING"].contains(&cluster.status.as_str()) {
        let message = format!("{message} An earlier run of this install began that; install waits for it.");
        return Checked::from(Finding::warn(ID, Code::EksClusterNotActive, message))
            .seen(seen(&cluster.status));
    }
    Checked::from(Finding::fail(ID, Code::EksClusterNotActive, message).remedy(remedy))
        .seen(seen(&cluster.status))
}

/// Notes node groups and add-ons; a list that can't be had is said, and blocks nothing.
#[must_use]
pub fn contents(
    groups: Result<Vec<String>, CallError>,
    addons: Result<Vec<String>, CallError>,
    name: &ClusterName,
    asker: &Asker<'_>,
) -> Checked {
    let what = match (&groups, &addons) {
        (Err(_), Err(_)) => "Which node groups and add-ons",
        (Err(_), _) => "Which node groups",
        _ => "Which add-ons",
    };
    let evidence = PreflightEvidence {
        eks_node_groups: groups.as_ref().ok().cloned(),
        eks_addons: addons.as_ref().ok().cloned(),
        ..PreflightEvidence::default()
    };
    let mut failed = groups.err().into_iter().chain(addons.err());
    let finding = failed.next().map(|first| {
        let what = format!("{what} the cluster `{name}` has");
        let mut finding = unknown_but_harmless(CONTENTS_ID, &what, &first, asker);
        if let Some(second) = failed.next() {
            // The two may fail for different reasons, and each needs its own permission.
            let explained = explain(&second, asker);
            add(&mut finding.message, &explained.reason, " ");
            add(
                finding.remediation.get_or_insert_default(),
                &explained.remedy,
                " ",
            );
            add(finding.tool_output.get_or_insert_default(), &second.said, "\n");
        }
        finding
    });
    Checked {
        findings: finding.into_iter().collect(),
        evidence,
    }
}

/// Adds what is not said yet.
fn add(text: &mut String, more: &str, between: &str) {
    if !text.contains(more) {
        text.push_str(if text.is_empty() { "" } else { between });
        text.push_str(more);
    }
}
