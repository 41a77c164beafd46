//! Check `account`: the caller's account is the one that the env file remembers.

use crate::clients::Asker;
use crate::model::AccountId;
use crate::report::{Code, Finding};

/// The check's id.
pub const ID: &str = "account";

/// Judges the caller's account.
#[must_use]
pub fn decide(expected: Option<&AccountId>, caller: &AccountId, asker: &Asker<'_>) -> Finding {
    match expected {
        None => Finding::pass(ID, format!("The account is {caller}; the env file names none yet.")),
        Some(expected) if expected == caller => {
            Finding::pass(ID, format!("The account is {caller}, as in the env file."))
        }
        Some(expected) => Finding::fail(
            ID,
            Code::AccountChanged,
            format!("The env file is of account {expected}, and {} acts in account {caller}.", asker.source()),
        )
        .remedy(format!(
            "Choose a profile of account {expected} with `--profile` (`aws sts get-caller-identity --profile NAME` shows \
             a profile's account), or keep account {caller} apart with another `--namespace` or `--output-env`."
        )),
    }
}
