//! A stack, what happened in it, and its template.

use crate::clients::aws::tags::{Tag, Tags, map_of};
use crate::clients::aws::timestamp;
use crate::clients::call::{formed, json, json_list};
use crate::clients::failure::ParseFailure;
use crate::clients::form::arn_fields;
use crate::gateway::redact::untrusted;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Where a stack is in its life: AWS's own word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackStatus(String);

/// What can be done with a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackKind {
    /// All stands as its template says.
    Complete,
    /// Somebody's change is under way, or is being taken back: nothing can be done until it ends.
    InProgress,
    /// Its creation failed and was taken back (`ROLLBACK_COMPLETE`): it holds nothing and can only be deleted.
    RolledBack,
    /// An update failed and was taken back: it stands as before and can be updated.
    UpdateRolledBack,
    /// It stopped halfway: what it holds is not what its template says.
    Failed,
    /// Its deletion stopped halfway.
    DeleteFailed,
    /// It is being deleted.
    Deleting,
    /// It was deleted.
    Deleted,
    /// A word that is not known here, or a stack of which there is only a change set (`REVIEW_IN_PROGRESS`).
    Unknown,
}

impl StackStatus {
    fn new(text: String, field: &'static str) -> Result<Self, ParseFailure> {
        let plain = |text: &str| {
            !text.is_empty()
                && text.len() <= 64
                && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        };
        formed(text, plain, field).map(Self)
    }

    /// AWS's word: capitals and `_`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it means (AWS's "stack status codes").
    #[must_use]
    pub fn kind(&self) -> StackKind {
        match self.0.as_str() {
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => StackKind::Complete,
            "ROLLBACK_COMPLETE" => StackKind::RolledBack,
            "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE" => StackKind::UpdateRolledBack,
            "CREATE_FAILED"
            | "ROLLBACK_FAILED"
            | "UPDATE_FAILED"
            | "UPDATE_ROLLBACK_FAILED"
            | "IMPORT_ROLLBACK_FAILED" => StackKind::Failed,
            "DELETE_FAILED" => StackKind::DeleteFailed,
            "DELETE_IN_PROGRESS" => StackKind::Deleting,
            "DELETE_COMPLETE" => StackKind::Deleted,
            "REVIEW_IN_PROGRESS" => StackKind::Unknown,
            text if text.ends_with("_IN_PROGRESS") => StackKind::InProgress,
            _ => StackKind::Unknown,
        }
    }
}

/// A stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// Its ARN: another one for each stack of the same name.
    pub id: String,
    /// Where it is in its life.
    pub status: StackStatus,
    /// Why. Untrusted text: never part of a message.
    pub reason: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// Its outputs by key. Untrusted text: a value's form is checked by who uses it.
    pub outputs: BTreeMap<String, String>,
    /// Its parameters by key, as for the outputs; those without echo are stars.
    pub parameters: BTreeMap<String, String>,
    /// Whether it can't be deleted before that is switched off.
    pub termination_protection: bool,
    /// When it was last changed, or else made.
    pub changed: Timestamp,
}

/// A stack in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackSummary {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub id: String,
    /// Where it is in its life.
    pub status: StackStatus,
    /// Why. Untrusted text: never part of a message.
    pub reason: Option<String>,
}

/// Something that failed in a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackEvent {
    /// The resource's name in the template, or the stack's own. Letters, digits and `-`.
    pub logical_id: String,
    /// Its type, `AWS::SQS::Queue`.
    pub kind: String,
    /// AWS's word, `CREATE_FAILED`.
    pub status: StackStatus,
    /// Why. Untrusted text: never part of a message.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The token of the change that it belongs to ([`super::NewStack::token`]), where that change had one.
    pub token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawStacks {
    stacks: Vec<RawStack>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawStack {
    stack_name: String,
    stack_id: String,
    stack_status: String,
    stack_status_reason: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    outputs: Vec<RawOutput>,
    #[serde(default)]
    parameters: Vec<RawParameter>,
    enable_termination_protection: Option<bool>,
    #[serde(default, deserialize_with = "timestamp::optional")]
    creation_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "timestamp::optional")]
    last_updated_time: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawOutput {
    output_key: String,
    output_value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawParameter {
    parameter_key: String,
    parameter_value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawSummaries {
    stack_summaries: Vec<RawSummary>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawSummary {
    stack_name: String,
    stack_id: String,
    stack_status: String,
    stack_status_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawEvents {
    stack_events: Vec<RawEvent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawEvent {
    stack_name: String,
    logical_resource_id: String,
    resource_type: Option<String>,
    resource_status: Option<String>,
    resource_status_reason: Option<String>,
    #[serde(default, deserialize_with = "timestamp::optional")]
    timestamp: Option<Timestamp>,
    client_request_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawTemplate {
    template_body: Value,
}

/// Reads `cloudformation describe-stacks` for the stack `name`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another stack.
pub fn parse_stack(bytes: &[u8], name: &str) -> Result<Stack, ParseFailure> {
    let raw: RawStacks = json_list(bytes)?;
    let Ok([raw]) = <[RawStack; 1]>::try_from(raw.stacks) else {
        return Err(ParseFailure::Form("Stacks"));
    };
    let id = stack_id(raw.stack_id, name, "Stacks[].StackId")?;
    let parameters = raw.parameters.into_iter();
    Ok(Stack {
        name: formed(raw.stack_name, |found| found == name, "Stacks[].StackName")?,
        id,
        status: StackStatus::new(raw.stack_status, "Stacks[].StackStatus")?,
        reason: reason(raw.stack_status_reason),
        tags: map_of(raw.tags, "Stacks[].Tags")?,
        outputs: raw
            .outputs
            .into_iter()
            .map(|it| (it.output_key, it.output_value))
            .collect(),
        parameters: parameters
            .map(|it| (it.parameter_key, it.parameter_value.unwrap_or_default()))
            .collect(),
        termination_protection: raw.enable_termination_protection == Some(true),
        changed: raw
            .last_updated_time
            .or(raw.creation_time)
            .ok_or(ParseFailure::Form("Stacks[].CreationTime"))?,
    })
}

/// Reads `cloudformation list-stacks`, sorted by name, without those that were deleted.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_stacks(bytes: &[u8]) -> Result<Vec<StackSummary>, ParseFailure> {
    let raw: RawSummaries = json_list(bytes)?;
    let mut stacks = Vec::new();
    for raw in raw.stack_summaries {
        let stack = StackSummary {
            id: stack_id(raw.stack_id, &raw.stack_name, "StackSummaries[].StackId")?,
            name: raw.stack_name,
            status: StackStatus::new(raw.stack_status, "StackSummaries[].StackStatus")?,
            reason: reason(raw.stack_status_reason),
        };
        if stack.status.kind() != StackKind::Deleted {
            stacks.push(stack);
        }
    }
    stacks.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(stacks)
}

/// Reads what failed from `cloudformation describe-stack-events` of the stack `name`, in AWS's order: newest first.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another stack.
pub fn parse_failed_events(bytes: &[u8], name: &str) -> Result<Vec<StackEvent>, ParseFailure> {
    let raw: RawEvents = json_list(bytes)?;
    let mut events = Vec::new();
    for raw in raw.stack_events {
        formed(raw.stack_name, |found| found == name, "StackEvents[].StackName")?;
        // An event of a hook has no status of a resource.
        let Some(status) = raw.resource_status.filter(|status| status.ends_with("_FAILED")) else {
            continue;
        };
        let kind = |text: &str| {
            text.len() <= 256
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b":-_@.".contains(&byte))
        };
        events.push(StackEvent {
            logical_id: formed(
                raw.logical_resource_id,
                is_name,
                "StackEvents[].LogicalResourceId",
            )?,
            kind: formed(
                raw.resource_type.unwrap_or_default(),
                kind,
                "StackEvents[].ResourceType",
            )?,
            status: StackStatus::new(status, "StackEvents[].ResourceStatus")?,
            reason: reason(raw.resource_status_reason),
            at: raw
                .timestamp
                .ok_or(ParseFailure::Form("StackEvents[].Timestamp"))?,
            token: raw.client_request_token,
        });
    }
    Ok(events)
}

/// Reads `cloudformation get-template`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_template(bytes: &[u8]) -> Result<Value, ParseFailure> {
    let raw: RawTemplate = json(bytes)?;
    match &raw.template_body {
        Value::Object(fields) if !fields.is_empty() => Ok(raw.template_body),
        Value::String(text) if !text.trim().is_empty() => Ok(raw.template_body),
        _ => Err(ParseFailure::Form("TemplateBody")),
    }
}

fn reason(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
        .map(|text| untrusted(&text))
}

/// The ARN of a stack called `name`: `…:stack/NAME/ID`.
pub(super) fn stack_id(id: String, name: &str, field: &'static str) -> Result<String, ParseFailure> {
    if !is_name(name) {
        return Err(ParseFailure::Form(field));
    }
    let of_name = |id: &str| {
        arn_fields(id).is_some_and(|[_, service, _, _, resource]| {
            let rest = resource
                .strip_prefix("stack/")
                .and_then(|rest| rest.strip_prefix(name));
            service == "cloudformation" && rest.is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
        })
    };
    formed(id, of_name, field)
}

fn is_name(text: &str) -> bool {
    crate::clients::form::is_word(text, 255)
}
