//! CloudFormation: the stacks that hold what neither eksctl nor Helm owns.

mod stack;
mod write;

use crate::clients::call::{Ask, ask, or_absent};
use crate::clients::failure::{CallError, ErrorClass};
use crate::gateway::Gateway;
use serde_json::Value;

pub use stack::{
    Stack, StackEvent, StackKind, StackStatus, StackSummary, parse_failed_events, parse_stack, parse_stacks,
    parse_template,
};
pub use write::{NewStack, StackId, Updated, parse_stack_id};

/// The client.
#[derive(Clone, Copy)]
pub struct CloudFormation<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

/// What is asked of each event: those of a stack with many changes are many.
const EVENTS: &str = "{NextToken: NextToken, StackEvents: StackEvents[].{StackName: StackName, LogicalResourceId: LogicalResourceId, ResourceType: ResourceType, ResourceStatus: ResourceStatus, ResourceStatusReason: ResourceStatusReason, Timestamp: Timestamp, ClientRequestToken: ClientRequestToken}}";

/// What is asked of each stack. For 90 days AWS tells of those that were deleted, too.
const SUMMARIES: &str = "{NextToken: NextToken, StackSummaries: StackSummaries[?StackStatus!='DELETE_COMPLETE'].{StackName: StackName, StackId: StackId, StackStatus: StackStatus, StackStatusReason: StackStatusReason}}";

impl CloudFormation<'_> {
    /// The stack of this name, or nothing where CloudFormation itself says that there is none. One that was deleted is
    /// none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn stack(&self, name: &str) -> Result<Option<Stack>, CallError> {
        let args = ["cloudformation", "describe-stacks", "--stack-name", name];
        let purpose = format!("describe the stack `{name}`");
        let question = Ask::aws(&purpose, "cloudformation:DescribeStacks", args);
        of_stack(
            ask(self.gateway, &question, |bytes| parse_stack(bytes, name)),
            name,
        )
    }

    /// The stack's template as it was given: JSON is its value, YAML its text (aws itself prints a JSON template anew,
    /// so its bytes are not those that were sent). Nothing where there is no such stack.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn template(&self, name: &str) -> Result<Option<Value>, CallError> {
        let args = [
            "cloudformation",
            "get-template",
            "--stack-name",
            name,
            "--template-stage",
            "Original",
        ];
        let purpose = format!("read the template of the stack `{name}`");
        let question = Ask::aws(&purpose, "cloudformation:GetTemplate", args);
        of_stack(ask(self.gateway, &question, parse_template), name)
    }

    /// What failed in the stack, newest first, in all of its changes so far.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer; [`ErrorClass::Absent`] where there is no such stack.
    pub fn failed_events(&self, name: &str) -> Result<Vec<StackEvent>, CallError> {
        let args = [
            "cloudformation",
            "describe-stack-events",
            "--stack-name",
            name,
            "--query",
            EVENTS,
        ];
        let purpose = format!("read what happened in the stack `{name}`");
        let question = Ask::aws(&purpose, "cloudformation:DescribeStackEvents", args);
        ask(self.gateway, &question, |bytes| parse_failed_events(bytes, name))
    }

    /// The stacks whose names begin with `prefix`, sorted by name, but for those that were deleted. A name is no mark:
    /// whose a stack is, its tags say.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn stacks_of(&self, prefix: &str) -> Result<Vec<StackSummary>, CallError> {
        let args = ["cloudformation", "list-stacks", "--query", SUMMARIES];
        let question = Ask::aws("list the stacks", "cloudformation:ListStacks", args);
        let mut stacks = ask(self.gateway, &question, parse_stacks)?;
        stacks.retain(|stack| stack.name.starts_with(prefix));
        Ok(stacks)
    }
}

/// Nothing where AWS says that this very stack is not there: it has no code of its own for that, only a sentence.
fn of_stack<T>(answer: Result<T, CallError>, name: &str) -> Result<Option<T>, CallError> {
    let about_it = |said: &str| {
        [
            format!("Stack with id {name} does not exist"),
            format!("Stack [{name}] does not exist"),
        ]
        .iter()
        .any(|sentence| said.contains(sentence))
    };
    match answer {
        Err(error) if error.class == ErrorClass::Absent && !about_it(&error.said) => Err(CallError {
            class: ErrorClass::Other,
            ..error
        }),
        answer => or_absent(answer, &["ValidationError"]),
    }
}
