//! The Job as it stands, and what its pods said last.

use super::NAME;
use crate::clients::kubectl::Kubectl;
use crate::gateway::redact::untrusted;
use crate::steps::install::parts::{Whose, whose};
use crate::steps::install::release::Wanted;
use serde_json::Value;

/// How many lines are shown of a pod that failed.
const LINES: u32 = 20;

/// The Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// There is none.
    Absent,
    /// One that the release did not make.
    Foreign(Whose),
    /// It is being deleted.
    Leaving,
    /// It has not ended.
    Running,
    /// It did what it was made for.
    Complete,
    /// It was given up.
    Failed(Failed),
}

/// Why a Job was given up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failed {
    /// Kubernetes' own word: `BackoffLimitExceeded`, `DeadlineExceeded`.
    pub reason: Option<String>,
    /// Its message. Untrusted.
    pub said: Option<String>,
    /// What its newest pod wrote last. Untrusted.
    pub last_lines: Option<String>,
}

/// Reads the Job.
#[must_use]
pub fn read(wanted: &Wanted, object: &Value) -> Job {
    match whose(wanted, object) {
        Whose::Ours => {}
        other => return Job::Foreign(other),
    }
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Job::Leaving;
    }
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    let met = |kind: &str| {
        let mut conditions = conditions.into_iter().flatten();
        conditions.find(|it| it["type"] == kind && it["status"] == "True")
    };
    if met("Complete").is_some() {
        return Job::Complete;
    }
    let Some(condition) = met("Failed") else {
        return Job::Running;
    };
    Job::Failed(Failed {
        reason: condition["reason"].as_str().map(str::to_owned),
        said: condition["message"].as_str().map(untrusted),
        last_lines: None,
    })
}

/// The last lines of the Job's newest pod; none where it left none, or they can't be had: that the Job failed is known
/// without them.
pub fn last_lines(kubectl: &Kubectl<'_>, namespace: &str) -> Option<String> {
    let pod = kubectl
        .newest_pod(namespace, &format!("job-name={NAME}"))
        .ok()??;
    let text = kubectl.last_lines(namespace, &pod, LINES).ok()?;
    (!text.trim().is_empty()).then_some(text)
}
