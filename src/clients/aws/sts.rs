//! STS: who is asking.

use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::form::{arn_fields, is_account};
use crate::gateway::Gateway;
use crate::model::AccountId;
use serde::Deserialize;
use std::time::Duration;

/// How long a person may take to find the device and type its code.
const CODE_LIMIT: Duration = Duration::from_secs(180);

/// The client.
#[derive(Clone, Copy)]
pub struct Sts<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

/// The caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The user, role session or root.
    pub arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    account: String,
    arn: String,
}

impl Sts<'_> {
    /// Who is asking. AWS asks no permission for it.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn caller(&self) -> Result<Caller, CallError> {
        let args = ["sts", "get-caller-identity"];
        ask(
            self.gateway,
            &Ask::aws("read the caller's identity", "sts:GetCallerIdentity", args),
            parse_caller,
        )
    }
}

impl Sts<'_> {
    /// The same question, asked where a person can be asked for the one-time code of a role. aws itself asks, and keeps
    /// the role's keys in its cache: the commands after it need no code.
    ///
    /// # Errors
    /// [`CallError`]; [`ErrorClass::MfaRefused`] where the code was not right. The code stands nowhere in it.
    pub fn caller_at_terminal(&self) -> Result<Caller, CallError> {
        let args = ["sts", "get-caller-identity"];
        let mut question = Ask::aws("get the role's keys with a one-time code", "sts:AssumeRole", args);
        question.spec.terminal = true;
        question.spec.timeout = CODE_LIMIT;
        ask(self.gateway, &question, parse_caller).map_err(without_code)
    }
}

/// What aws says of a code that has not a code's form may quote it.
fn without_code(mut error: CallError) -> CallError {
    match (error.class, error.said.trim()) {
        // Too short for aws itself, which refuses it as a parameter.
        (ErrorClass::BadUsage, _) => error.class = ErrorClass::MfaRefused,
        // The end of the input, or nobody there.
        (ErrorClass::Other, "") | (ErrorClass::TimedOut, _) => error.class = ErrorClass::MfaNeeded,
        _ => {}
    }
    if error.class == ErrorClass::MfaRefused
        && let Some((before, rest)) = error.said.split_once("Value '")
        && let Some((_, after)) = rest.split_once("' at 'tokenCode'")
    {
        error.said = format!("{before}Value '[redacted]' at 'tokenCode'{after}");
    }
    error
}

/// Reads `sts get-caller-identity`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_caller(bytes: &[u8]) -> Result<Caller, ParseFailure> {
    let raw: Raw = json(bytes)?;
    let account = formed(raw.account, is_account, "Account")?;
    let of_account = |arn: &str| {
        arn_fields(arn)
            .is_some_and(|[_, service, _, of, _]| matches!(service, "iam" | "sts") && of == account)
    };
    let arn = formed(raw.arn, of_account, "Arn")?;
    let account = account.parse().map_err(|_| ParseFailure::Form("Account"))?;
    Ok(Caller { account, arn })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::aws::classify::classify_aws;

    fn of_terminal(exit: i32, stderr: &str) -> CallError {
        let question = Ask::aws("ask", "sts:AssumeRole", ["sts", "get-caller-identity"]);
        let (class, code) = classify_aws(exit, stderr);
        without_code(CallError {
            code,
            said: stderr.to_owned(),
            ..question.error(class)
        })
    }

    #[test]
    fn a_code_that_was_refused_is_said_as_that_and_stands_nowhere() {
        let role = "An error occurred";
        for (exit, stderr) in [
            (
                254,
                format!("{role} (AccessDenied) when calling the AssumeRole operation: MultiFactorAuthentication failed with invalid MFA one time pass code. "),
            ),
            (
                254,
                format!("{role} (ValidationError) when calling the AssumeRole operation: 1 validation error detected: Value '98x765' at 'tokenCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\d]*"),
            ),
            (
                252,
                "Parameter validation failed:\nInvalid length for parameter TokenCode, value: 4, valid min length: 6".to_owned(),
            ),
        ] {
            let error = of_terminal(exit, &stderr);
            assert_eq!(error.class, ErrorClass::MfaRefused, "{stderr}");
            assert!(!error.said.contains("98x765") && !error.said.is_empty(), "{}", error.said);
        }
        assert_eq!(
            of_terminal(255, "\n").class,
            ErrorClass::MfaNeeded,
            "nothing was typed"
        );
    }

    #[test]
    fn other_refusals_of_the_role_stay_what_they_are() {
        let denied = "An error occurred (AccessDenied) when calling the AssumeRole operation: User: x is not authorized";
        assert_eq!(of_terminal(254, denied).class, ErrorClass::RoleDenied);
        let expired = "An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token expired";
        assert_eq!(of_terminal(254, expired).class, ErrorClass::WebIdentityRefused);
    }
}
