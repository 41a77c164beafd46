//! STS: who is asking.

use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{arn_fields, is_account};
use crate::gateway::Gateway;
use crate::model::AccountId;
use serde::Deserialize;

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
