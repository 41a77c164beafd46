//! Check `version-skew`: nodes and kubectl are near enough to the API server's version.
//!
//! The rule is Kubernetes' version skew policy (kubernetes.io, releases/version-skew-policy): a kubelet is never newer
//! than the API server and at most three minor versions older; kubectl is within one minor version of it either way.

use super::Subject;
use super::access::unknown;
use super::health::some_of;
use crate::clients::CallError;
use crate::clients::aws::eks::NodeGroup;
use crate::clients::explain::quoted;
use crate::clients::kubectl::{Node, Versions};
use crate::report::{Code, ExecMode, Finding, Outcome};
use crate::steps::preflight::checked::{Checked, is_everybodys};
use std::collections::BTreeMap;

/// The check's id.
pub const ID: &str = "version-skew";
/// How many minor versions a kubelet may be older than the API server.
const MOST_BEHIND: u32 = 3;

/// Nodes of one version: of a node group, or of none.
type Held = BTreeMap<(Option<String>, (u32, u32)), usize>;

/// How nodes of one version stand to the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stand {
    Near,
    AtTheEdge,
    TooOld,
    Newer,
}

/// Judges the versions. Where the API server did not list the nodes, EKS's word for its node groups stands in: what it
/// shows wrong is wrong, but what it does not show is not thereby well.
#[must_use]
pub fn decide(
    versions: &Versions,
    nodes: &Result<Vec<Node>, CallError>,
    groups: &[&NodeGroup],
    subject: &Subject<'_>,
) -> Checked {
    let server = (versions.server.major, versions.server.minor);
    let held = match nodes {
        Ok(nodes) => of_nodes(nodes),
        Err(_) => of_groups(groups),
    };
    let stands: Vec<_> = held
        .iter()
        .map(|(who, count)| (stand(who.1, server), who, *count))
        .collect();
    let worst = stands
        .iter()
        .map(|(stand, ..)| *stand)
        .max()
        .unwrap_or(Stand::Near);
    let shown = format!("{}.{}", server.0, server.1);
    let mut finding = match worst {
        Stand::Near => match nodes {
            Err(error) => {
                let what = format!("Which Kubernetes versions the nodes of the cluster `{}` run", subject.name);
                let mut finding = unknown(ID, &what, error, subject);
                if !is_everybodys(error.class) {
                    finding.outcome = Outcome::Warn;
                }
                finding
            }
            Ok(nodes) => Finding::pass(ID, well(nodes.len(), &shown, subject)),
        },
        Stand::AtTheEdge => Finding::warn(
            ID,
            Code::ClusterVersionSkew,
            format!(
                "{} {MOST_BEHIND} minor versions behind the control plane's Kubernetes {shown}, the most that works: it can't be upgraded before them.",
                named(&stands, worst)
            ),
        )
        .remedy(upgrade(&stands, subject)),
        Stand::TooOld => Finding::fail(
            ID,
            Code::ClusterVersionSkew,
            format!(
                "{} more than {MOST_BEHIND} minor versions behind the control plane's Kubernetes {shown}: such nodes don't work reliably.",
                named(&stands, worst)
            ),
        )
        .remedy(upgrade(&stands, subject)),
        Stand::Newer => Finding::fail(
            ID,
            Code::ClusterVersionSkew,
            format!("{} newer than the control plane's Kubernetes {shown}.", named(&stands, worst)),
        )
        .remedy(format!(
            "Upgrade the control plane: `eksctl upgrade cluster --name {} --region {}{}` shows the plan.",
            subject.name,
            subject.asker.region,
            subject.asker.flag()
        )),
    };
    kubectl_too(&mut finding, versions, &shown, subject);
    finding.into()
}

fn well(count: usize, shown: &str, subject: &Subject<'_>) -> String {
    let name = subject.name;
    match count {
        0 => format!("The cluster `{name}` (Kubernetes {shown}) has no nodes yet."),
        1 => format!("The node of the cluster `{name}` is near enough to its Kubernetes {shown}."),
        _ => format!("The {count} nodes of the cluster `{name}` are near enough to its Kubernetes {shown}."),
    }
}

/// kubectl, which install runs: told beside what was found of the nodes.
fn kubectl_too(finding: &mut Finding, versions: &Versions, shown: &str, subject: &Subject<'_>) {
    let (client, server) = (versions.client, versions.server);
    if client.major == server.major && client.minor.abs_diff(server.minor) <= 1 {
        return;
    }
    let said = format!(
        "kubectl {client} is more than one minor version away from the cluster's Kubernetes {shown}."
    );
    let remedy = match subject.asker.mode {
        ExecMode::Local => {
            format!("Install kubectl {shown}, or run with `--exec docker` where its kubectl is nearer.")
        }
        ExecMode::Docker => format!(
            "Upgrade the cluster (`eksctl upgrade cluster --name {} --region {}{}` shows the plan), or install kubectl {shown} and run with `--exec local`.",
            subject.name,
            subject.asker.region,
            subject.asker.flag()
        ),
    };
    if finding.outcome == Outcome::Pass {
        *finding = Finding::warn(ID, Code::ClusterVersionSkew, said).remedy(remedy);
        return;
    }
    finding.message = format!("{} {said}", finding.message);
    finding.remediation = Some(format!(
        "{} {remedy}",
        finding.remediation.as_deref().unwrap_or_default()
    ));
}

fn of_nodes(nodes: &[Node]) -> Held {
    let mut held = Held::new();
    for node in nodes {
        let version = (node.kubelet.major, node.kubelet.minor);
        *held.entry((node.group.clone(), version)).or_default() += 1;
    }
    held
}

fn of_groups(groups: &[&NodeGroup]) -> Held {
    let version = |group: &NodeGroup| {
        let (major, minor) = group.version.as_deref()?.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let held = groups
        .iter()
        .filter_map(|group| Some(((Some(group.name.clone()), version(group)?), 0)));
    held.collect()
}

fn stand(kubelet: (u32, u32), server: (u32, u32)) -> Stand {
    if kubelet > server {
        return Stand::Newer;
    }
    // A kubelet of another major version is farther than any minor one.
    let behind = if kubelet.0 == server.0 {
        server.1 - kubelet.1
    } else {
        u32::MAX
    };
    match behind.cmp(&MOST_BEHIND) {
        std::cmp::Ordering::Less => Stand::Near,
        std::cmp::Ordering::Equal => Stand::AtTheEdge,
        std::cmp::Ordering::Greater => Stand::TooOld,
    }
}

type Found<'a> = (Stand, &'a (Option<String>, (u32, u32)), usize);

/// The worst ones, ready for what they are: "The nodes of `a` (2, 1.30) are".
fn named(stands: &[Found<'_>], worst: Stand) -> String {
    let named = stands
        .iter()
        .filter(|(stand, ..)| *stand == worst)
        .map(|(_, (group, version), count)| {
            let whose = group.as_ref().map_or_else(
                || "no managed node group".to_owned(),
                |group| format!("`{group}`"),
            );
            let many = if *count == 0 {
                String::new()
            } else {
                format!("{count} with ")
            };
            format!("{whose} ({many}{}.{})", version.0, version.1)
        });
    format!("The nodes of {} are", some_of(named.collect()))
}

/// Each node group that is behind, by its own command.
fn upgrade(stands: &[Found<'_>], subject: &Subject<'_>) -> String {
    let (name, region, flag) = (subject.name, subject.asker.region, subject.asker.flag());
    let behind = || stands.iter().filter(|(stand, ..)| *stand >= Stand::AtTheEdge);
    let mut groups: Vec<&String> = behind().filter_map(|(_, (group, _), _)| group.as_ref()).collect();
    groups.dedup();
    let commands: Vec<String> = groups
        .iter()
        .map(|group| format!("`aws eks update-nodegroup-version --cluster-name {name} --nodegroup-name {} --region {region}{flag}`", quoted(group)))
        .collect();
    let mut steps = Vec::new();
    if !commands.is_empty() {
        steps.push(format!("Upgrade the node groups: {}.", some_of(commands)));
    }
    if behind().any(|(_, (group, _), _)| group.is_none()) {
        steps.push(format!("Replace the nodes that no managed node group holds: `kubectl get nodes -L eks.amazonaws.com/nodegroup` shows them {}.", subject.by_hand()));
    }
    steps.join(" ")
}
