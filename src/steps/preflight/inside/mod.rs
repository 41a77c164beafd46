//! What stands in a cluster that exists and is active: its health, whether its API server lets this run in, and, where
//! it does, nodes, releases and the namespace.
//!
//! Without such a cluster there is nothing to ask and nothing is said: the check `eks-cluster` has said that it is
//! absent, not active, or unknown, and five skipped checks beside it would say it five times more.

pub mod access;
pub mod health;
pub mod namespace;
pub mod planned;
pub mod releases;
pub mod skew;

use super::checked::Checked;
use super::cluster::Seen;
use super::inputs::PreflightInputs;
use crate::clients::aws::Eks;
use crate::clients::aws::eks::{Cluster, NodeGroup};
use crate::clients::aws::sts::Caller;
use crate::clients::helm::{Helm, Release};
use crate::clients::kubeconfig::ClusterAccess;
use crate::clients::kubectl::{FoundNamespace, Kubectl, Node};
use crate::clients::{Asker, CallError};
use crate::gateway::Gateway;
use crate::model::ClusterName;
use crate::report::{ClusterInside, Code, ExecMode, Finding, PreflightEvidence};
use std::thread::Builder;
use std::time::Instant;

/// The evidence's word for a namespace that does not exist.
pub const ABSENT: &str = "ABSENT";

/// The cluster that is looked into, and who looks.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Its name.
    pub name: &'a ClusterName,
    /// What AWS says of it.
    pub cluster: &'a Cluster,
    /// Who asks, as AWS knows them: a user, a role's session, or root.
    pub caller: &'a str,
    /// On whose behalf.
    pub asker: Asker<'a>,
}

impl Subject<'_> {
    /// How a person's own kubectl and helm come to look into this cluster, after a command of theirs.
    #[must_use]
    pub fn by_hand(&self) -> String {
        let Asker { region, mode, .. } = self.asker;
        let place = match mode {
            ExecMode::Docker => "in `lakehouse toolbox shell`, ",
            ExecMode::Local => "",
        };
        let flag = self.asker.flag();
        format!(
            "({place}after `aws eks update-kubeconfig --name {} --region {region}{flag}`)",
            self.name
        )
    }
}

/// Node groups as far as they could be looked at.
pub type Groups = Result<Vec<Result<NodeGroup, CallError>>, CallError>;

/// What the API server answered, once it let this run in.
struct Answers {
    nodes: Result<Vec<Node>, CallError>,
    namespace: Result<Option<FoundNamespace>, CallError>,
    releases: Result<Vec<Release>, CallError>,
}

/// Looks into the cluster that the check `eks-cluster` saw.
pub fn run(gateway: &dyn Gateway, inputs: &PreflightInputs, caller: &Caller, seen: &Seen) -> Checked {
    let Ok(Some(cluster)) = &seen.found else {
        return Checked::default();
    };
    if cluster.status != "ACTIVE" {
        return Checked::default();
    }
    let subject = Subject {
        name: &inputs.cluster,
        cluster,
        caller: &caller.arn,
        asker: inputs.asker(),
    };
    let start = Instant::now();
    let (groups, entered, answers) = std::thread::scope(|scope| {
        let listed = seen.groups.as_ref();
        let groups = Builder::new().spawn_scoped(scope, move || {
            (node_groups(gateway, &subject, listed), start.elapsed())
        });
        let entered = access::enter(gateway, &subject);
        let entered_after = start.elapsed();
        let answers = entered
            .as_ref()
            .ok()
            .map(|(access, _)| ask(gateway, access, inputs));
        let groups = groups.ok().and_then(|thread| thread.join().ok());
        (groups, (entered, entered_after), answers)
    });
    let (entered, entered_after) = entered;
    let nodes = answers.as_ref().and_then(|answers| answers.nodes.as_ref().ok());
    let health = match &groups {
        None => broken_off(),
        Some((groups, spent)) => health::decide(groups, nodes.map(Vec::as_slice), &subject).took(*spent),
    };
    let access = access::decide(&entered, &subject).took(entered_after);
    let checked = health.and(access);
    let (Ok((_, versions)), Some(answers)) = (&entered, &answers) else {
        let skipped = [skew::ID, releases::ID, namespace::ID]
            .map(|id| Finding::skip(id, format!("Not asked: the check `{}` failed first.", access::ID)));
        return skipped.into_iter().fold(checked, Checked::and);
    };
    let of_eks = groups.as_ref().and_then(|(groups, _)| groups.as_ref().ok());
    let of_eks: Vec<&NodeGroup> = of_eks.into_iter().flatten().flatten().collect();
    let inside = skew::decide(versions, &answers.nodes, &of_eks, &subject)
        .and(releases::decide(&answers.releases, &inputs.namespace, &subject))
        .and(namespace::decide(&answers.namespace, &inputs.namespace, &subject))
        .timed(start);
    checked.and(inside).seen(PreflightEvidence {
        cluster_inside: Some(ClusterInside {
            server_version: Some(versions.server_text.clone()),
            namespace_phase: answers.namespace.as_ref().ok().map(|found| phase(found.as_ref())),
            releases: answers
                .releases
                .as_ref()
                .ok()
                .map(|all| all.iter().map(line).collect()),
        }),
        ..PreflightEvidence::default()
    })
}

/// The three questions, side by side. A thread that could not be had asks in line.
fn ask(gateway: &dyn Gateway, access: &ClusterAccess, inputs: &PreflightInputs) -> Answers {
    let kubectl = Kubectl { gateway, access };
    let helm = Helm { gateway, access };
    std::thread::scope(|scope| {
        let releases = Builder::new().spawn_scoped(scope, || helm.releases());
        let nodes = Builder::new().spawn_scoped(scope, || kubectl.nodes());
        let namespace = kubectl.namespace(&inputs.namespace);
        let nodes = nodes.ok().and_then(|thread| thread.join().ok());
        let releases = releases.ok().and_then(|thread| thread.join().ok());
        Answers {
            nodes: nodes.unwrap_or_else(|| kubectl.nodes()),
            namespace,
            releases: releases.unwrap_or_else(|| helm.releases()),
        }
    })
}

/// Each node group by itself, side by side (the gateway bounds how many; EKS allows a cluster 30, unless it is asked).
fn node_groups(
    gateway: &dyn Gateway,
    subject: &Subject<'_>,
    listed: Option<&Result<Vec<String>, CallError>>,
) -> Groups {
    let names = match listed {
        None => return Ok(Vec::new()),
        Some(listed) => listed.clone()?,
    };
    let eks = Eks { gateway };
    let one = |name: &str| eks.node_group(subject.name, name);
    Ok(std::thread::scope(|scope| {
        let one = &one;
        let threads: Vec<_> = names
            .iter()
            .map(|name| (name, Builder::new().spawn_scoped(scope, move || one(name))))
            .collect();
        let looked = threads.into_iter().map(|(name, thread)| {
            let answer = thread.ok().and_then(|thread| thread.join().ok());
            answer.unwrap_or_else(|| one(name))
        });
        looked.collect()
    }))
}

fn phase(found: Option<&FoundNamespace>) -> String {
    found.map_or_else(|| ABSENT.to_owned(), |namespace| namespace.phase.clone())
}

/// A release as the evidence has it.
fn line(release: &Release) -> String {
    let Release {
        name,
        namespace,
        chart,
        version,
        status,
        ..
    } = release;
    let version = if version.is_empty() {
        String::new()
    } else {
        format!("-{version}")
    };
    format!("{namespace}/{name} {chart}{version} {status}")
}

fn broken_off() -> Checked {
    Finding::fail(
        health::ID,
        Code::Internal,
        "The check broke off; nothing is known of what it asks.",
    )
    .remedy("Run again; if it stays, report it with the run's journal.")
    .into()
}
