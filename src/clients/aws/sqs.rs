//! SQS: Karpenter's queue.

use crate::clients::call::{Ask, ask, formed, json, or_absent};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::arn_fields;
use crate::gateway::Gateway;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The client.
#[derive(Clone, Copy)]
pub struct Sqs<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its address.
    pub url: String,
    /// Its ARN.
    pub arn: String,
    /// All of its attributes by SQS's names (`Policy`, `MessageRetentionPeriod`, …). Untrusted text.
    pub attributes: BTreeMap<String, String>,
}

/// Both codes: that of the query protocol, and that of JSON, which newer versions of aws use.
const ABSENT: &[&str] = &["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawUrl {
    queue_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAttributes {
    attributes: BTreeMap<String, String>,
}

impl Sqs<'_> {
    /// The account's queue of this name in the region, or nothing where SQS itself says that there is none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn queue(&self, name: &str) -> Result<Option<Queue>, CallError> {
        let args = ["sqs", "get-queue-url", "--queue-name", name];
        let question = Ask::aws(&format!("find the queue `{name}`"), "sqs:GetQueueUrl", args);
        let answer = ask(self.gateway, &question, |bytes| parse_queue_url(bytes, name));
        let Some(url) = or_absent(answer, ABSENT)? else {
            return Ok(None);
        };
        let args = [
            "sqs",
            "get-queue-attributes",
            "--queue-url",
            url.as_str(),
            "--attribute-names",
            "All",
        ];
        let purpose = format!("read the queue `{name}`");
        let question = Ask::aws(&purpose, "sqs:GetQueueAttributes", args);
        let answer = ask(self.gateway, &question, |bytes| parse_queue(bytes, name, &url));
        or_absent(answer, ABSENT)
    }
}

/// Reads `sqs get-queue-url` for the queue `name`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another queue.
pub fn parse_queue_url(bytes: &[u8], name: &str) -> Result<String, ParseFailure> {
    let raw: RawUrl = json(bytes)?;
    let of_name = |url: &str| {
        url.len() <= 512
            && (url.starts_with("https://") || url.starts_with("http://"))
            && url.bytes().all(|byte| byte.is_ascii_graphic())
            && url.rsplit('/').next() == Some(name)
    };
    formed(raw.queue_url, of_name, "QueueUrl")
}

/// Reads `sqs get-queue-attributes` for the queue `name` at `url`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another queue.
pub fn parse_queue(bytes: &[u8], name: &str, url: &str) -> Result<Queue, ParseFailure> {
    let raw: RawAttributes = json(bytes)?;
    let of_name = |arn: &str| {
        arn_fields(arn).is_some_and(|[_, service, _, _, resource]| service == "sqs" && resource == name)
    };
    let arn = raw.attributes.get("QueueArn").cloned().unwrap_or_default();
    Ok(Queue {
        url: url.to_owned(),
        arn: formed(arn, of_name, "Attributes.QueueArn")?,
        attributes: raw.attributes,
    })
}
