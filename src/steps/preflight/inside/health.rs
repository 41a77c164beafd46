//! Check `cluster-health`: EKS reports no issue of the control plane or of a node group, and nodes are ready.

use super::{Groups, Subject};
use crate::clients::aws::eks::{HealthIssue, NodeGroup};
use crate::clients::explain::quoted;
use crate::clients::kubectl::Node;
use crate::clients::{CallError, explain};
use crate::report::{Code, Finding, Outcome};
use crate::steps::preflight::checked::{Checked, is_everybodys};

/// The check's id.
pub const ID: &str = "cluster-health";
/// The most names in one sentence.
const MOST_NAMES: usize = 5;

/// What was found, sentence by sentence; the worst outcome counts.
#[derive(Default)]
struct Verdict {
    fails: bool,
    sentences: Vec<String>,
    remedies: Vec<String>,
    said: Vec<String>,
    /// A question without an answer: its code counts where nothing was found wrong.
    unknown: Option<Code>,
}

/// Judges the cluster's health. `nodes` are none where the API server did not tell them.
#[must_use]
pub fn decide(groups: &Groups, nodes: Option<&[Node]>, subject: &Subject<'_>) -> Checked {
    let mut verdict = Verdict::default();
    let mut found_wrong = control_plane(&mut verdict, subject);
    found_wrong |= node_groups(&mut verdict, groups, subject);
    found_wrong |= readiness(&mut verdict, nodes, subject);
    let name = subject.name;
    if verdict.sentences.is_empty() {
        let groups = groups.as_ref().map_or(0, Vec::len);
        let message = match groups {
            0 => format!("EKS reports no issue of the cluster `{name}`; it has no managed node group."),
            1 => format!("EKS reports no issue of the cluster `{name}` and its node group."),
            _ => format!("EKS reports no issue of the cluster `{name}` and its {groups} node groups."),
        };
        return Finding::pass(ID, message).into();
    }
    let code = match verdict.unknown {
        Some(code) if !found_wrong => code,
        _ => Code::ClusterUnhealthy,
    };
    let message = verdict.sentences.join(" ");
    let mut finding = Finding::warn(ID, code, message)
        .remedy(verdict.remedies.join(" "))
        .said(verdict.said.join("\n"));
    if verdict.fails {
        finding.outcome = Outcome::Fail;
    }
    finding.into()
}

fn control_plane(verdict: &mut Verdict, subject: &Subject<'_>) -> bool {
    let (name, region, flag) = (subject.name, subject.asker.region, subject.asker.flag());
    let show =
        format!("`aws eks describe-cluster --name {name} --region {region}{flag} --query cluster.health`");
    match subject.cluster.health.as_deref() {
        Some([]) => false,
        None => {
            verdict
                .sentences
                .push(format!("AWS did not tell the health of the cluster `{name}`."));
            verdict
                .remedies
                .push(format!("{show} shows what AWS says; run again once it names it."));
            verdict.unknown.get_or_insert(Code::AwsUnexpected);
            false
        }
        Some(issues) => {
            verdict.fails = true;
            verdict.sentences.push(format!(
                "EKS reports that the control plane of the cluster `{name}` is not well: {}.",
                codes(issues)
            ));
            verdict
                .remedies
                .push(format!("Mend what {show} names, then run again."));
            verdict.said.extend(issues.iter().map(|issue| issue.said.clone()));
            true
        }
    }
}

/// EKS's words for a node group that has ended badly (`NodegroupStatus`).
fn is_broken(group: &NodeGroup) -> bool {
    let bad = matches!(
        group.status.as_str(),
        "DEGRADED" | "CREATE_FAILED" | "DELETE_FAILED"
    );
    bad || group.health.as_ref().is_some_and(|issues| !issues.is_empty())
}

fn node_groups(verdict: &mut Verdict, groups: &Groups, subject: &Subject<'_>) -> bool {
    let (name, region, flag) = (subject.name, subject.asker.region, subject.asker.flag());
    let groups = match groups {
        Ok(groups) => groups,
        Err(error) => {
            let what = format!("The health of the node groups of the cluster `{name}` is unknown.");
            not_known(verdict, &what, error, subject);
            return false;
        }
    };
    let known: Vec<&NodeGroup> = groups.iter().flatten().collect();
    let broken: Vec<&&NodeGroup> = known.iter().filter(|group| is_broken(group)).collect();
    if !broken.is_empty() {
        // With another group that is well the install's pods find a place.
        verdict.fails |= broken.len() == groups.len();
        let of = match groups.len() {
            1 => format!("the only node group of the cluster `{name}` is"),
            all if broken.len() == 1 => format!("1 of {all} node groups of the cluster `{name}` is"),
            all => format!(
                "{} of {all} node groups of the cluster `{name}` are",
                broken.len()
            ),
        };
        let named = broken.iter().map(|group| {
            let issues = group.health.as_deref().unwrap_or_default();
            let why = if issues.is_empty() {
                String::new()
            } else {
                format!(": {}", codes(issues))
            };
            format!("`{}` ({}{why})", group.name, group.status)
        });
        let named = some_of(named.collect());
        verdict
            .sentences
            .push(format!("EKS reports that {of} not well: {named}."));
        let first = broken.first().map_or("NAME", |group| &group.name);
        verdict.remedies.push(format!(
            "Mend what `aws eks describe-nodegroup --cluster-name {name} --nodegroup-name {} --region {region}{flag} --query nodegroup.health` names, then run again.",
            quoted(first)
        ));
        for group in &broken {
            let issues = group.health.as_deref().unwrap_or_default();
            verdict.said.extend(
                issues
                    .iter()
                    .map(|issue| format!("{}: {}", group.name, issue.said)),
            );
        }
    }
    let silent = known
        .iter()
        .filter(|group| group.health.is_none() && !is_broken(group))
        .count();
    if silent > 0 {
        verdict.sentences.push(format!(
            "AWS did not tell the health of {silent} of its node groups."
        ));
        verdict
            .remedies
            .push("Run again; `aws eks describe-nodegroup` shows what AWS says.".to_owned());
        verdict.unknown.get_or_insert(Code::AwsUnexpected);
    }
    let failed = groups.iter().filter(|group| group.is_err()).count();
    if let Some(error) = groups.iter().find_map(|group| group.as_ref().err()) {
        let what = format!(
            "The health of {failed} of {} node groups is unknown.",
            groups.len()
        );
        not_known(verdict, &what, error, subject);
    }
    !broken.is_empty()
}

fn not_known(verdict: &mut Verdict, what: &str, error: &CallError, subject: &Subject<'_>) {
    let explained = explain(error, &subject.asker);
    verdict.sentences.push(format!("{what} {}", explained.reason));
    verdict.remedies.push(explained.remedy);
    verdict
        .said
        .extend((!error.said.is_empty()).then(|| error.said.clone()));
    verdict.unknown.get_or_insert(explained.code);
    verdict.fails |= is_everybodys(error.class);
}

fn readiness(verdict: &mut Verdict, nodes: Option<&[Node]>, subject: &Subject<'_>) -> bool {
    let nodes = nodes.unwrap_or_default();
    let down: Vec<&Node> = nodes.iter().filter(|node| node.ready != Some(true)).collect();
    if down.is_empty() {
        return false;
    }
    verdict.fails |= down.len() == nodes.len();
    let names = some_of(down.iter().map(|node| format!("`{}`", node.name)).collect());
    let are = if down.len() == 1 { "is" } else { "are" };
    verdict.sentences.push(format!(
        "Of {} nodes, {} {are} not ready: {names}.",
        nodes.len(),
        down.len()
    ));
    let first = down.first().map_or("NAME", |node| &node.name);
    verdict.remedies.push(format!(
        "`kubectl describe node {first}` shows why {}.",
        subject.by_hand()
    ));
    true
}

fn codes(issues: &[HealthIssue]) -> String {
    let mut named: Vec<String> = issues.iter().map(|issue| format!("`{}`", issue.code)).collect();
    named.sort();
    named.dedup();
    some_of(named)
}

/// The first few, and how many more.
pub(super) fn some_of(mut list: Vec<String>) -> String {
    let more = list.len().saturating_sub(MOST_NAMES);
    list.truncate(MOST_NAMES);
    let first = list.join(", ");
    if more == 0 {
        first
    } else {
        format!("{first} and {more} more")
    }
}
