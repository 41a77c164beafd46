//! Check `identity`: AWS knows who is asking. It comes first, and without it nothing else is asked of AWS.

use super::checked::{Checked, unknown};
use super::inputs::CredentialInputs;
use crate::clients::aws::Sts;
use crate::clients::aws::sts::Caller;
use crate::clients::form::{arn_fields, partition_fits};
use crate::clients::{Asker, CallError, ErrorClass};
use crate::gateway::Gateway;
use crate::report::{Code, Finding, PreflightEvidence};
use std::time::Instant;

/// The check's id.
pub const ID: &str = "identity";

/// Asks who is asking. Where the role wants a one-time code and a person can be asked, aws asks for it, once: all else
/// waits for the identity, and finds the role's keys in aws's cache.
#[must_use]
pub fn run(gateway: &dyn Gateway, asker: &Asker<'_>, known: &CredentialInputs) -> (Checked, Option<Caller>) {
    let start = Instant::now();
    let sts = Sts { gateway };
    let found = match sts.caller() {
        Err(error) if error.class == ErrorClass::MfaNeeded && known.has_terminal => sts.caller_at_terminal(),
        found => found,
    };
    let caller = found.as_ref().ok().filter(|caller| fits(caller, asker)).cloned();
    let mut checked = decide(found, asker).timed(start);
    for finding in &mut checked.findings {
        finding.message.push_str(&said_of(&known.put_aside));
    }
    (checked, caller)
}

/// That the profile comes before the environment's own credentials.
fn said_of(put_aside: &[&str]) -> String {
    match put_aside {
        [] => String::new(),
        [name] => format!(" {name} of the environment is not used beside a profile."),
        [names @ .., last] => format!(
            " {} and {last} of the environment are not used beside a profile.",
            names.join(", ")
        ),
    }
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
