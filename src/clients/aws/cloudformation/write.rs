//! Making and changing a stack.

use super::CloudFormation;
use super::stack::stack_id;
use crate::clients::aws::tags::{Tags, list};
use crate::clients::call::{Ask, STDIN, ask, json};
use crate::clients::failure::{CallError, ParseFailure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A stack's ARN.
pub type StackId = String;

/// A stack as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStack {
    /// Its name: letters, digits and `-`, at most 128.
    pub name: String,
    /// Its template, JSON or YAML, at most 51,200 bytes (M:cloudformation `TemplateBody`).
    pub template: String,
    /// All of its tags; CloudFormation puts them on what it makes, too.
    pub tags: Tags,
    /// `CAPABILITY_NAMED_IAM`, where the template names roles.
    pub capabilities: Vec<&'static str>,
    /// Its parameters by key.
    pub parameters: BTreeMap<String, String>,
    /// What makes two tries of one change the same to AWS, and marks the change's events: letters, digits and `-`,
    /// at most 128. Another one for each change.
    pub token: String,
}

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    /// It has begun.
    Started,
    /// The stack is already as it should be.
    Nothing,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawId {
    stack_id: String,
}

impl CloudFormation<'_> {
    /// Begins to make a stack. The template goes by stdin.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::clients::ErrorClass::Exists`] where a stack of this name is there in any state, a
    /// failed one too.
    pub fn create(&self, stack: &NewStack) -> Result<StackId, CallError> {
        let purpose = format!("make the stack `{}`", stack.name);
        let question = change(&purpose, "cloudformation:CreateStack", "create-stack", stack);
        ask(self.gateway, &question, |bytes| {
            parse_stack_id(bytes, &stack.name)
        })
    }

    /// Begins to change a stack. The template goes by stdin.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::clients::ErrorClass::Busy`] while another change of it is under way.
    pub fn update(&self, stack: &NewStack) -> Result<Updated, CallError> {
        let purpose = format!("update the stack `{}`", stack.name);
        let question = change(&purpose, "cloudformation:UpdateStack", "update-stack", stack);
        match ask(self.gateway, &question, |bytes| {
            parse_stack_id(bytes, &stack.name)
        }) {
            Ok(_) => Ok(Updated::Started),
            Err(error) if is_nothing(&error) => Ok(Updated::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Guards a stack against being deleted by mistake.
    ///
    /// # Errors
    /// [`CallError`] where that is not known to be done.
    pub fn protect(&self, name: &str) -> Result<(), CallError> {
        let args = [
            "cloudformation",
            "update-termination-protection",
            "--enable-termination-protection",
            "--stack-name",
            name,
        ];
        let purpose = format!("guard the stack `{name}` against deletion");
        let action = "cloudformation:UpdateTerminationProtection";
        ask(self.gateway, &Ask::aws_write(&purpose, action, args), |bytes| {
            parse_stack_id(bytes, name).map(drop)
        })
    }
}

fn change(purpose: &str, action: &'static str, verb: &str, stack: &NewStack) -> Ask {
    let mut args = vec![
        "cloudformation".to_owned(),
        verb.to_owned(),
        "--stack-name".to_owned(),
        stack.name.clone(),
        "--template-body".to_owned(),
        STDIN.to_owned(),
        "--client-request-token".to_owned(),
        stack.token.clone(),
        "--tags".to_owned(),
        list(&stack.tags).to_string(),
    ];
    if !stack.parameters.is_empty() {
        let parameters: Value = stack
            .parameters
            .iter()
            .map(|(key, value)| json!({"ParameterKey": key, "ParameterValue": value}))
            .collect();
        args.extend(["--parameters".to_owned(), parameters.to_string()]);
    }
    if !stack.capabilities.is_empty() {
        args.push("--capabilities".to_owned());
        args.extend(stack.capabilities.iter().map(|it| (*it).to_owned()));
    }
    Ask::aws_write(purpose, action, args).document(stack.template.as_str())
}

/// AWS has no code of its own for it, only its sentence.
fn is_nothing(error: &CallError) -> bool {
    error.code.as_deref() == Some("ValidationError")
        && error
            .said
            .contains("when calling the UpdateStack operation: No updates are to be performed")
}

/// Reads the answer of `cloudformation create-stack`, `update-stack` and `update-termination-protection` for the stack
/// `name`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another stack.
pub fn parse_stack_id(bytes: &[u8], name: &str) -> Result<StackId, ParseFailure> {
    let raw: RawId = json(bytes)?;
    stack_id(raw.stack_id, name, "StackId")
}
