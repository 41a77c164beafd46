//! Check `identity`: AWS knows who is asking. It comes first, and without it nothing else is asked of AWS.

use super::checked::{Checked, unknown};
use crate::clients::aws::Sts;
use crate::clients::aws::sts::Caller;
use crate::clients::{Asker, CallError};
use crate::gateway::Gateway;
use crate::report::{Finding, PreflightEvidence};
use std::time::Instant;

/// The check's id.
pub const ID: &str = "identity";

/// Asks who is asking.
#[must_use]
pub fn run(gateway: &dyn Gateway, asker: &Asker<'_>) -> (Checked, Option<Caller>) {
    let start = Instant::now();
    let found = Sts { gateway }.caller();
    let caller = found.as_ref().ok().cloned();
    (decide(found, asker).timed(start), caller)
}

/// Judges the answer.
#[must_use]
pub fn decide(found: Result<Caller, CallError>, asker: &Asker<'_>) -> Checked {
    match found {
        Ok(caller) => {
            let message = format!(
                "AWS knows the caller as `{}`, account {}, by {}.",
                caller.arn,
                caller.account,
                asker.source()
            );
            Checked::from(Finding::pass(ID, message)).seen(PreflightEvidence {
                aws_account_id: Some(caller.account.to_string()),
                aws_arn: Some(caller.arn),
                ..PreflightEvidence::default()
            })
        }
        Err(error) => unknown(ID, "The caller's AWS identity", &error, asker).into(),
    }
}
