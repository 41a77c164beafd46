//! Check `permissions`: what IAM's policy simulation says of the actions that install will call. It is a simulation:
//! it does not see session policies, and conditions only as far as it is told their context (`docs/permissions.md`).

mod decide;
mod principal;
mod remedy;
mod simulate;
mod verdict;

pub use decide::decide;
pub use principal::{Principal, Who, who};
pub use simulate::{Answers, Wanted, ask_all, wanted};
pub use verdict::{Denied, Kind, Verdict, judge};

use super::checked::{Checked, unknown_but_harmless};
use super::inputs::PreflightInputs;
use crate::clients::aws::Iam;
use crate::clients::aws::sts::Caller;
use crate::clients::form::arn_fields;
use crate::clients::{CallError, ErrorClass};
use crate::gateway::Gateway;
use crate::model::{BucketName, Scope};
use crate::report::Finding;
use std::time::Instant;

/// The check's id.
pub const ID: &str = "permissions";

/// Finds whose policies are the caller's, and asks what they allow.
#[must_use]
pub fn run(
    gateway: &dyn Gateway,
    inputs: &PreflightInputs,
    caller: &Caller,
    bucket: Option<&BucketName>,
) -> Checked {
    let start = Instant::now();
    let principal = match who(&caller.arn) {
        Who::Principal(principal) => Ok(principal),
        Who::Session { role } => of_role(gateway, inputs, caller, &role),
        Who::Nobody(reason) => Err(not_asked(reason)),
    };
    match principal {
        Err(finding) => Checked::from(finding).timed(start),
        Ok(principal) => {
            let scope = scope(inputs, caller, bucket);
            let wanted = wanted(&scope, inputs.dns_provider);
            let answers = ask_all(gateway, &principal, &wanted, &scope);
            decide(&principal, &wanted, answers, inputs).timed(start)
        }
    }
}

/// What this preflight is about, for the list's placeholders.
fn scope(inputs: &PreflightInputs, caller: &Caller, bucket: Option<&BucketName>) -> Scope {
    let partition = arn_fields(&caller.arn).map_or("aws", |[partition, ..]| partition);
    Scope::new(
        partition,
        Some(&caller.account),
        Some(&inputs.region),
        &inputs.cluster,
        bucket,
        &inputs.namespace,
    )
}

/// The role behind a session. Its ARN is asked for: that of the session leaves out the path.
fn of_role(
    gateway: &dyn Gateway,
    inputs: &PreflightInputs,
    caller: &Caller,
    role: &str,
) -> Result<Principal, Finding> {
    match (Iam { gateway }).caller_role(role, &caller.account) {
        Ok(Some(found)) => Ok(Principal {
            arn: found.arn,
            name: role.to_owned(),
            is_role: true,
        }),
        Ok(None) => Err(not_asked(&format!(
            "account {} has no role `{role}` (any more)",
            caller.account
        ))),
        Err(error) => Err(unanswered(&error, inputs)),
    }
}

/// A simulation that has nobody to be about.
fn not_asked(reason: &str) -> Finding {
    Finding::skip(
        ID,
        format!(
            "Not asked: {reason}. Whether this caller may do all that install does is unknown; `lakehouse policy --for install` prints what it needs."
        ),
    )
}

/// A question that IAM did not answer: nothing is known, and install may go on.
fn unanswered(error: &CallError, inputs: &PreflightInputs) -> Finding {
    if error.class == ErrorClass::Denied {
        return not_asked(&format!("AWS refuses this caller `{}`", error.action)).said(error.said.clone());
    }
    let asker = inputs.asker();
    unknown_but_harmless(
        ID,
        "Whether this caller may do all that install does",
        error,
        &asker,
    )
}
