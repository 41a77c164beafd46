//! Changing a zone's records, and waiting until all of Route53's name servers answer so.

use super::Route53;
use crate::clients::call::{Ask, STDIN, ask, formed, json};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::is_word;
use serde::Deserialize;
use serde_json::{Value, json};

/// A change that was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeInfo {
    /// `/change/C…`.
    pub id: String,
    /// Whether all of Route53's name servers answer so (`INSYNC`).
    pub in_sync: bool,
}

/// The change batch of one alias record: `name` answers with what `target` (in the hosted zone `target_zone`) has.
/// IPv4 only, as the load balancer is. `removal` is [`SiteRecord::removal`](super::records::SiteRecord::removal) of the record that it
/// takes the place of. Route53 makes all of a batch or nothing, and refuses this one where another record of the name and
/// type is there by then.
#[must_use]
pub fn alias_batch(removal: Option<Value>, name: &str, target: &str, target_zone: &str) -> Value {
    let create = json!({
        "Action": "CREATE",
        "ResourceRecordSet": {
            "Name": name,
            "Type": "A",
            "AliasTarget": {
                "HostedZoneId": target_zone,
                "DNSName": target,
                "EvaluateTargetHealth": false,
            },
        },
    });
    let changes: Vec<Value> = removal.into_iter().chain([create]).collect();
    json!({ "Changes": changes })
}

/// The command that changes the zone `id` (`/hostedzone/Z…`) by `batch`, all of it or nothing.
#[must_use]
pub fn change_ask(id: &str, name: &str, batch: &Value) -> Ask {
    let args = [
        "route53",
        "change-resource-record-sets",
        "--hosted-zone-id",
        id,
        "--change-batch",
        STDIN,
    ];
    let purpose = format!("point `{name}` at the load balancer");
    Ask::aws_write(&purpose, "route53:ChangeResourceRecordSets", args).document(format!("{batch:#}"))
}

impl Route53<'_> {
    /// How far the change `id` (`/change/C…`) is.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn change(&self, id: &str) -> Result<ChangeInfo, CallError> {
        let purpose = "ask whether the site's record is everywhere";
        let question = Ask::aws(
            purpose,
            "route53:GetChange",
            ["route53", "get-change", "--id", id],
        );
        let found = ask(self.gateway, &question, parse_change)?;
        if found.id == id {
            return Ok(found);
        }
        Err(CallError {
            said: ParseFailure::Form("ChangeInfo.Id").to_string(),
            ..question.error(crate::clients::ErrorClass::BadOutput)
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    change_info: RawInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawInfo {
    id: String,
    status: String,
}

/// Reads the answer of `route53 change-resource-record-sets` and of `route53 get-change`.
///
/// # Errors
/// [`ParseFailure`] where it is neither.
pub fn parse_change(bytes: &[u8]) -> Result<ChangeInfo, ParseFailure> {
    let raw: Raw = json(bytes)?;
    let is_id = |id: &str| id.strip_prefix("/change/").is_some_and(|id| is_word(id, 64));
    let id = formed(raw.change_info.id, is_id, "ChangeInfo.Id")?;
    match raw.change_info.status.as_str() {
        "INSYNC" => Ok(ChangeInfo { id, in_sync: true }),
        "PENDING" => Ok(ChangeInfo { id, in_sync: false }),
        _ => Err(ParseFailure::Form("ChangeInfo.Status")),
    }
}
