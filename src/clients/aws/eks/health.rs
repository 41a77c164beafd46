//! What EKS reports to be wrong with a cluster or a node group.

use crate::clients::call::formed;
use crate::clients::failure::ParseFailure;
use crate::clients::form::is_word;
use crate::gateway::redact::untrusted;
use serde::Deserialize;

/// One issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthIssue {
    /// EKS's word for it, `Ec2SubnetNotFound`.
    pub code: String,
    /// Its sentence and what it is about. Untrusted text: never part of a message.
    pub said: String,
}

#[derive(Deserialize)]
pub(super) struct RawHealth {
    issues: Option<Vec<RawIssue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawIssue {
    code: String,
    message: Option<String>,
    resource_ids: Option<Vec<String>>,
}

/// The issues; a health without the list is none that can be read.
pub(super) fn issues(raw: RawHealth) -> Result<Vec<HealthIssue>, ParseFailure> {
    raw.issues
        .ok_or(ParseFailure::Form("health.issues"))?
        .into_iter()
        .map(|issue| {
            let code = formed(issue.code, |code| is_word(code, 96), "health.issues[].code")?;
            let about = issue.resource_ids.unwrap_or_default().join(", ");
            let message = issue.message.unwrap_or_default();
            let said = match (message.is_empty(), about.is_empty()) {
                (_, true) => format!("{code}: {message}"),
                (true, false) => format!("{code} ({about})"),
                (false, false) => format!("{code}: {message} ({about})"),
            };
            Ok(HealthIssue {
                code,
                said: untrusted(&said),
            })
        })
        .collect()
}
