//! Check `identity`: AWS knows who is asking. It comes first, and without it nothing else is asked of AWS.

use super::checked::{Checked, unknown};
use crate::clients::aws::Sts;
use crate::clients::aws::sts::Caller;
use crate::clients::form::{arn_fields, partition_fits};
use crate::clients::{Asker, CallError, ErrorClass};
use crate::gateway::Gateway;
use crate::report::{Code, Finding, PreflightEvidence};
use std::time::Instant;

/// The check's id.
pub const ID: &str = "identity";

/// Asks who is asking.
#[must_use]
pub fn run(gateway: &dyn Gateway, asker: &Asker<'_>) -> (Checked, Option<Caller>) {
    let start = Instant::now();
    let found = Sts { gateway }.caller();
    let caller = found.as_ref().ok().filter(|caller| fits(caller, asker)).cloned();
    (decide(found, asker).timed(start), caller)
}

/// Judges the answer.
#[must_use]
pub fn decide(found: Result<Caller, CallError>, asker: &Asker<'_>) -> Checked {
    match found {
        Ok(caller) if !fits(&caller, asker) => Finding::fail(
            ID,
            Code::AwsUnexpected,
            format!(
                "AWS knows the caller as `{}`, and no caller of that partition can act in {}.",
                caller.arn, asker.region
            ),
        )
        .remedy(
            "Choose a profile of the region's partition with `--profile`, or another `--region`; if AWS_ENDPOINT_URL is set, check where it leads.",
        )
        .into(),
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
        // One cause, one remedy: the check of the tool has it.
        Err(error) if error.class == ErrorClass::MissingTool => Finding::fail(
            ID,
            Code::ToolMissing,
            "The caller's AWS identity is unknown: aws is missing, see the check `tool-aws`.",
        )
        .into(),
        Err(error) => unknown(ID, "The caller's AWS identity", &error, asker).into(),
    }
}

/// Whether the caller's partition has the region: another one's identity speaks for none of its resources.
fn fits(caller: &Caller, asker: &Asker<'_>) -> bool {
    arn_fields(&caller.arn).is_some_and(|[partition, ..]| partition_fits(partition, asker.region.as_str()))
}
