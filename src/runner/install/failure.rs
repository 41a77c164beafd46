//! What stops a step, as the report's failure.

use crate::clients::call::API_SERVER;
use crate::clients::failure::Reach;
use crate::clients::helm_charts::USER_VALUES;
use crate::clients::helm_words::{REGISTRY, TIMED_OUT};
use crate::clients::{CallError, ErrorClass, explain};
use crate::report::{Code, Failure};
use crate::steps::install::release::by_hand;
use crate::steps::install::{Desired, Stop, World};
use crate::steps::preflight::chart_registry::explained;
use crate::steps::preflight::inside::{Subject, access};

/// Why a step did not come to its end.
#[derive(Clone, Debug)]
pub enum Ended {
    /// It failed.
    Failed(Box<Failure>),
    /// The run was asked to stop.
    Interrupted,
    /// Another step failed first.
    LeftOff,
}

/// Why a write did not run, or not to its end.
#[derive(Debug)]
pub enum Refusal {
    /// A question before the write had no answer: nothing was written.
    Before(CallError),
    /// The write itself failed.
    Write(CallError),
    /// It must not run.
    Ended(Ended),
}

impl From<Ended> for Refusal {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

/// A call that gave no answer, or a write that was refused.
#[must_use]
pub fn of_call(error: &CallError, world: &World<'_>) -> Ended {
    if error.class == ErrorClass::Interrupted {
        return Ended::Interrupted;
    }
    let explained = of_registry(error, world)
        .or_else(|| of_values(error))
        .or_else(|| of_hooks(error))
        .or_else(|| of_cluster(error, world));
    let (code, message, remedy) = explained.unwrap_or_else(|| {
        let explained = explain(error, &world.desired.asker());
        (explained.code, explained.reason, explained.remedy)
    });
    Ended::Failed(Box::new(Failure {
        code,
        purpose: error.purpose.clone(),
        message,
        remediation: Some(remedy),
        tool_output: (!error.said.is_empty()).then(|| error.said.clone()),
    }))
}

/// Code, reason and remedy where it was the chart registry that gave no chart: that is not AWS's doing.
fn of_registry(error: &CallError, world: &World<'_>) -> Option<(Code, String, String)> {
    if error.code.as_deref() != Some(REGISTRY) {
        return None;
    }
    let code = match error.class {
        ErrorClass::Absent => Code::ChartNotFound,
        _ => Code::ChartRegistryUnreachable,
    };
    let desired = world.desired;
    // The purpose is ours, and names the chart.
    let chart = desired
        .charts
        .charts
        .iter()
        .find(|chart| error.purpose.contains(&format!("`{}`", chart.name)));
    let (message, remedy) = chart
        .and_then(|chart| explained(error, chart, desired.chart_mirror.as_ref(), desired.mode))
        .unwrap_or_else(|| (code.meaning().to_owned(), code.remedy().to_owned()));
    Some((code, message, remedy))
}

/// The same where a chart does not take the user's own values.
fn of_values(error: &CallError) -> Option<(Code, String, String)> {
    let code = Code::SetValuesInvalid;
    (error.code.as_deref() == Some(USER_VALUES))
        .then(|| (code, code.meaning().to_owned(), code.remedy().to_owned()))
}

/// What helm says of a chart's hooks that did not end well (helm `pkg/action`), and which ones it means.
const HOOKS: [(&str, &str); 6] = [
    ("failed pre-install: ", "pre-install"),
    ("failed post-install: ", "post-install"),
    ("pre-upgrade hooks failed: ", "pre-upgrade"),
    ("post-upgrade hooks failed: ", "post-upgrade"),
    ("failed pre-rollback: ", "pre-rollback"),
    ("failed post-rollback: ", "post-rollback"),
];

/// The same where helm waited for a hook of the chart, to its own limit.
fn of_hooks(error: &CallError) -> Option<(Code, String, String)> {
    if error.code.as_deref() != Some(TIMED_OUT) {
        return None;
    }
    let (_, hook) = HOOKS.iter().find(|(words, _)| error.said.contains(words))?;
    let code = Code::NotReadyInTime;
    let message = format!(
        "helm waited for the chart's `{hook}` hook, a Job that it runs by itself, and gave it up at its limit of 5 minutes."
    );
    let remedy = "`kubectl get jobs,pods -A --sort-by=.metadata.creationTimestamp | tail` shows the Job and its pods, `kubectl describe` of a pod why it does not end. Then run the same command: helm runs the hook again.";
    Some((code, message, remedy.to_owned()))
}

/// What an API server in trouble of its own answers (`clients/kube.rs`).
const TROUBLE: [&str; 6] = [
    "Etcd",
    "InternalError",
    "ServerTimeout",
    "ServiceUnavailable",
    "Timeout",
    "TooManyRequests",
];

/// The same where it was the cluster's API server that refused, was in trouble, or was not reached: that is not AWS's
/// doing.
fn of_cluster(error: &CallError, world: &World<'_>) -> Option<(Code, String, String)> {
    if !error.action.is_empty() {
        return None;
    }
    match (error.class, error.code.as_deref()?) {
        (ErrorClass::LimitReached, "ExceededQuota") => return Some(of_namespaces_quota(world.desired)),
        (ErrorClass::ServiceFault, "Webhook") => return Some(of_webhook(world.desired)),
        (ErrorClass::Denied, "Forbidden" | "Unauthorized") | (ErrorClass::Unreachable(_), API_SERVER) => {}
        (ErrorClass::ServiceFault | ErrorClass::Throttled, code) if TROUBLE.contains(&code) => {}
        _ => return None,
    }
    let cluster = world.cluster().ok().flatten()?;
    let desired = world.desired;
    let subject = Subject {
        name: &desired.target.cluster,
        cluster: &cluster,
        caller: &desired.caller_arn,
        asker: desired.asker(),
    };
    access::explained(error, &subject)
}

fn of_namespaces_quota(desired: &Desired) -> (Code, String, String) {
    let namespace = &desired.target.namespace;
    (
        Code::NamespaceQuotaExceeded,
        "A ResourceQuota of the namespace does not allow what this makes; the tool's words name it."
            .to_owned(),
        format!(
            "`kubectl describe resourcequota -n {namespace}` shows what is used and allowed ({}). Have it raised, or choose another `--namespace`; then run the same command.",
            by_hand(desired)
        ),
    )
}

fn of_webhook(desired: &Desired) -> (Code, String, String) {
    (
        Code::ToolFailed,
        "An admission webhook of the cluster, which its API server asks before it writes, did not answer."
            .to_owned(),
        format!(
            "`kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o wide` shows whose it is ({}): see that its pods run, then run the same command.",
            by_hand(desired)
        ),
    )
}

/// What a step found in the way.
#[must_use]
pub fn of_stop(purpose: &str, stop: &Stop) -> Ended {
    Ended::Failed(Box::new(Failure {
        code: stop.code,
        purpose: purpose.to_owned(),
        message: stop.message.clone(),
        remediation: Some(stop.remedy.clone()),
        tool_output: stop.said.clone(),
    }))
}

/// A failure in our own words.
#[must_use]
pub fn own(code: Code, purpose: &str, message: impl Into<String>, remedy: impl Into<String>) -> Ended {
    of_stop(purpose, &Stop::new(code, message, remedy))
}

/// A defect of this program.
#[must_use]
pub fn internal(purpose: &str) -> Ended {
    own(
        Code::Internal,
        purpose,
        Code::Internal.meaning(),
        Code::Internal.remedy(),
    )
}

/// Whether trying again later may help: AWS asked to slow down or had trouble, another change is under way, or the way
/// was lost; or somebody changed the same thing at the same time, which the next look sees. What AWS refuses, it refuses again; a proxy and a certificate stay as they are.
#[must_use]
pub const fn is_passing(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::Throttled
            | ErrorClass::ServiceFault
            | ErrorClass::Busy
            | ErrorClass::Conflict
            | ErrorClass::Unreachable(Reach::Connect | Reach::Timeout)
    )
}

/// Whether a write that failed so may have been carried out all the same: its answer is lost.
#[must_use]
pub const fn is_lost(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::TimedOut
            | ErrorClass::Killed
            | ErrorClass::Engine
            | ErrorClass::TooMuchOutput
            | ErrorClass::BadOutput
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_that_did_not_end_is_told_by_its_name() {
        for (said, hook) in [
            (
                "Error: UPGRADE FAILED: post-upgrade hooks failed: 1 error occurred:\n\t* timed out waiting for the condition",
                "`post-upgrade`",
            ),
            (
                "Error: failed pre-install: 1 error occurred:\n\t* timed out waiting for the condition",
                "`pre-install`",
            ),
        ] {
            let (class, code) = crate::clients::helm_words::classify_helm(said);
            let error = CallError {
                purpose: "install the chart `x` 1.0.0".to_owned(),
                action: "",
                class,
                code,
                said: said.to_owned(),
            };
            let (code, message, _) = of_hooks(&error).unwrap();
            assert!(
                code == Code::NotReadyInTime && message.contains(hook),
                "{message}"
            );
        }
    }

    #[test]
    fn what_is_refused_is_not_tried_again() {
        for class in [
            ErrorClass::Denied,
            ErrorClass::RoleDenied,
            ErrorClass::SsoExpired,
            ErrorClass::ExpiredKeys,
            ErrorClass::InvalidKeys,
            ErrorClass::LimitReached,
            ErrorClass::Rejected,
            ErrorClass::BadUsage,
            ErrorClass::Other,
            ErrorClass::Interrupted,
            ErrorClass::TimedOut,
            ErrorClass::Unreachable(Reach::Tls),
            ErrorClass::Unreachable(Reach::Proxy),
        ] {
            assert!(!is_passing(class), "{class:?}");
        }
        for class in [
            ErrorClass::Throttled,
            ErrorClass::ServiceFault,
            ErrorClass::Busy,
            ErrorClass::Conflict,
            ErrorClass::Unreachable(Reach::Connect),
            ErrorClass::Unreachable(Reach::Timeout),
        ] {
            assert!(is_passing(class) && !is_lost(class), "{class:?}");
        }
    }
}
