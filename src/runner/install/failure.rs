//! What stops a step, as the report's failure.

use crate::clients::{Asker, CallError, ErrorClass, explain};
use crate::report::{Code, Failure};
use crate::steps::install::Stop;

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

/// A call that gave no answer, or a write that was refused.
#[must_use]
pub fn of_call(error: &CallError, asker: &Asker<'_>) -> Ended {
    if error.class == ErrorClass::Interrupted {
        return Ended::Interrupted;
    }
    let explained = explain(error, asker);
    Ended::Failed(Box::new(Failure {
        code: explained.code,
        purpose: error.purpose.clone(),
        message: explained.reason,
        remediation: Some(explained.remedy),
        tool_output: (!error.said.is_empty()).then(|| error.said.clone()),
    }))
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

/// Whether trying again later may help: AWS asked to slow down or had trouble, or the way to it was lost. What AWS
/// refuses, it refuses again.
#[must_use]
pub const fn is_passing(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::Throttled | ErrorClass::ServiceFault | ErrorClass::Unreachable(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Reach;

    #[test]
    fn what_is_refused_is_not_tried_again() {
        for class in [
            ErrorClass::Denied,
            ErrorClass::SsoExpired,
            ErrorClass::ExpiredKeys,
            ErrorClass::BadUsage,
            ErrorClass::Other,
            ErrorClass::Interrupted,
        ] {
            assert!(!is_passing(class), "{class:?}");
        }
        for class in [
            ErrorClass::Throttled,
            ErrorClass::ServiceFault,
            ErrorClass::Unreachable(Reach::Connect),
        ] {
            assert!(is_passing(class), "{class:?}");
        }
    }
}
