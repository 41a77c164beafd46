//! What eksctl's log says of its progress, in words of our own.

use crate::clients::form::{is_dns_name, is_word};

/// How a step of eksctl's goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It began, or goes on.
    Going,
    /// It is done.
    Done,
    /// It failed; eksctl may go on all the same.
    Failed,
}

/// One step of eksctl's, safe to be shown: no text of the log but names that have a name's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// How it goes.
    pub phase: Phase,
    /// What it is, for people.
    pub text: String,
}

/// Beginnings of log lines (eksctl 0.230), with `*` for a name; what is said of them, with `*` for the same name.
const LINES: [(&str, Phase, &str); 22] = [
    (
        "building cluster stack \"*\"",
        Phase::Going,
        "preparing the stack `*`",
    ),
    (
        "building managed nodegroup stack \"*\"",
        Phase::Going,
        "preparing the stack `*`",
    ),
    (
        "building nodegroup stack \"*\"",
        Phase::Going,
        "preparing the stack `*`",
    ),
    (
        "building iamserviceaccount stack \"*\"",
        Phase::Going,
        "preparing the stack `*`",
    ),
    ("deploying stack \"*\"", Phase::Going, "making the stack `*`"),
    (
        "waiting for CloudFormation stack \"*\"",
        Phase::Going,
        "waiting for the stack `*`",
    ),
    (
        "waiting for CloudFormation changeset \"*\"",
        Phase::Going,
        "waiting for the change set `*`",
    ),
    (
        "creating EKS cluster \"*\"",
        Phase::Going,
        "making the cluster `*`",
    ),
    (
        "waiting for the control plane to become ready",
        Phase::Going,
        "waiting for the control plane",
    ),
    ("creating addon: *", Phase::Going, "making the add-on `*`"),
    (
        "successfully created addon: *",
        Phase::Done,
        "the add-on `*` is made",
    ),
    ("addon \"*\" active", Phase::Done, "the add-on `*` is active"),
    (
        "created podIdentityAssociation/*",
        Phase::Done,
        "a pod identity association is made",
    ),
    (
        "created pod identity association for service account \"*\"",
        Phase::Done,
        "a pod identity association is made for `*`",
    ),
    (
        "waiting for at least",
        Phase::Going,
        "waiting for the nodes to become ready",
    ),
    ("node \"*\" is ready", Phase::Done, "the node `*` is ready"),
    (
        "node \"*\" is not ready",
        Phase::Going,
        "the node `*` is not ready yet",
    ),
    (
        "created 1 managed nodegroup(s) in cluster \"*\"",
        Phase::Done,
        "the node group of `*` is made",
    ),
    (
        "all EKS cluster resources for \"*\" have been created",
        Phase::Done,
        "all stacks of `*` are made",
    ),
    ("EKS cluster \"*\" in", Phase::Done, "the cluster `*` is ready"),
    (
        "nodegroup \"*\" has 0 node(s)",
        Phase::Going,
        "the node group `*` has no nodes yet",
    ),
    (
        "API server is unreachable",
        Phase::Failed,
        "eksctl could not reach the cluster's API server",
    ),
];

/// What a line of eksctl's log says of its progress; nothing for all other lines.
#[must_use]
pub fn milestone(line: &str) -> Option<Milestone> {
    let (level, text) = log_line(line)?;
    if let Some((resource, kind)) = failed_resource(level, text) {
        return Some(Milestone {
            phase: Phase::Failed,
            text: format!("CloudFormation could not make `{resource}` ({kind})"),
        });
    }
    if let Some(status) = text.strip_prefix("unexpected status \"") {
        let (status, rest) = status.split_once('"')?;
        let name = rest.split_once("stack \"")?.1.split('"').next()?;
        return (is_word(status, 64) && is_word(name, 128)).then(|| Milestone {
            phase: Phase::Failed,
            text: format!("the stack `{name}` ended in {status}"),
        });
    }
    LINES.iter().find_map(|(begin, phase, said)| {
        let name = matched(text, begin)?;
        Some(Milestone {
            phase: *phase,
            text: said.replace('*', name),
        })
    })
}

/// The mark and the text of a log line: `2026-11-24 03:06:57 [ℹ]  text`.
pub(super) fn log_line(line: &str) -> Option<(&str, &str)> {
    let (time, rest) = line.split_at_checked(20)?;
    if !time.starts_with("20") || !time.ends_with(' ') {
        return None;
    }
    let (mark, text) = rest.strip_prefix('[')?.split_once(']')?;
    Some((mark, text.trim()))
}

/// `AWS::EKS::Cluster/ControlPlane: CREATE_FAILED – "reason"` as its name and type.
pub(super) fn failed_resource<'a>(level: &str, text: &'a str) -> Option<(&'a str, &'a str)> {
    let (what, rest) = text.split_once(": ")?;
    let (kind, name) = what.split_once('/')?;
    let is_kind = kind.starts_with("AWS::") && kind.split("::").all(|part| is_word(part, 64));
    let failed = ["CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED"]
        .iter()
        .any(|it| rest.starts_with(it));
    (level == "✖" && is_kind && failed && is_word(name, 255)).then_some((name, kind))
}

/// The name at the place of `*`; an empty one where the pattern has none. A name without a name's form is none.
fn matched<'a>(text: &'a str, pattern: &str) -> Option<&'a str> {
    let Some((before, after)) = pattern.split_once('*') else {
        return text.starts_with(pattern).then_some("");
    };
    let rest = text.strip_prefix(before)?;
    let name = if after.is_empty() {
        rest
    } else {
        let (name, _) = rest.split_once('"')?;
        rest.strip_prefix(name)?.starts_with(after).then_some(name)?
    };
    let plain = is_word(name, 255) || is_dns_name(name);
    // `created podIdentityAssociation/ingext/ingext-sa`: the two names are not shown.
    let of_two = after.is_empty() && before.ends_with('/') && name.split('/').all(|part| is_word(part, 255));
    (plain || of_two).then_some(name)
}
