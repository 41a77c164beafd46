//! What stops a step, as the report's failure.

use crate::clients::call::API_SERVER;
use crate::clients::failure::Reach;
use crate::clients::helm_charts::USER_VALUES;
use crate::clients::helm_words::REGISTRY;
use crate::clients::{CallError, ErrorClass, explain};
use crate::report::{Code, Failure};
use crate::steps::install::{Stop, World};
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
    let explained = of_registry(error)
        .or_else(|| of_values(error))
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
fn of_registry(error: &CallError) -> Option<(Code, String, String)> {
    if error.code.as_deref() != Some(REGISTRY) {
        return None;
    }
    let code = match error.class {
        ErrorClass::Absent => Code::ChartNotFound,
        _ => Code::ChartRegistryUnreachable,
    };
    Some((code, code.meaning().to_owned(), code.remedy().to_owned()))
}

/// The same where a chart does not take the user's own values.
fn of_values(error: &CallError) -> Option<(Code, String, String)> {
    let code = Code::SetValuesInvalid;
    (error.code.as_deref() == Some(USER_VALUES))
        .then(|| (code, code.meaning().to_owned(), code.remedy().to_owned()))
}

/// The same where it was the cluster's API server that refused, or was not reached.
fn of_cluster(error: &CallError, world: &World<'_>) -> Option<(Code, String, String)> {
    let its_own = match error.class {
        ErrorClass::Denied => ["Forbidden", "Unauthorized"].as_slice(),
        ErrorClass::Unreachable(_) => &[API_SERVER],
        _ => return None,
    };
    if !error.action.is_empty() || !error.code.as_deref().is_some_and(|code| its_own.contains(&code)) {
        return None;
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
