//! eksctl's stacks of the cluster: their names, and what one in the way means. Pure, but for [`look`].

use super::cluster_config::{EBS_ACCOUNT, EBS_DRIVER};
use crate::clients::CallError;
use crate::clients::aws::CloudFormation;
use crate::clients::aws::cloudformation::{Stack, StackKind};
use crate::gateway::Gateway;
use crate::model::CREATED_BY;
use crate::report::Code;
use crate::steps::install::{Desired, Stop};

/// The stack of the cluster itself (eksctl `pkg/cfn/manager`, tried with 0.230).
#[must_use]
pub fn of_cluster(desired: &Desired) -> String {
    format!("eksctl-{}-cluster", desired.target.cluster)
}

/// The stack of the node group.
#[must_use]
pub fn of_node_group(desired: &Desired) -> String {
    format!(
        "eksctl-{}-nodegroup-{}",
        desired.target.cluster,
        desired.node_group()
    )
}

/// The stack of the EBS driver's role.
#[must_use]
pub fn of_ebs_role(desired: &Desired) -> String {
    format!(
        "eksctl-{}-addon-{EBS_DRIVER}-podidentityrole-{EBS_ACCOUNT}",
        desired.target.cluster
    )
}

/// A stack, and what failed first in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenStack {
    /// The stack.
    pub stack: Stack,
    /// What failed first, in AWS's words; asked only where something did. Untrusted text.
    pub failed: Option<String>,
}

/// Looks at the stack of this name; where it failed, at what failed first too.
///
/// # Errors
/// [`CallError`] where there is no answer.
pub fn look(gateway: &dyn Gateway, name: &str) -> Result<Option<SeenStack>, CallError> {
    let client = CloudFormation { gateway };
    let Some(stack) = client.stack(name)? else {
        return Ok(None);
    };
    let failed = match stack.status.kind() {
        StackKind::RolledBack | StackKind::Failed | StackKind::DeleteFailed => {
            // Newest first; what failed first is why the others were given up. Without an answer the stack's own
            // reason stands.
            let events = client.failed_events(name).unwrap_or_default();
            events.last().map(|event| {
                let reason = event.reason.as_deref().unwrap_or_default();
                format!("{} ({}): {reason}", event.logical_id, event.kind)
            })
        }
        _ => None,
    };
    Ok(Some(SeenStack {
        failed: failed.or_else(|| stack.reason.clone()),
        stack,
    }))
}

/// Whether this installation made it.
#[must_use]
pub fn is_ours(desired: &Desired, stack: &Stack) -> bool {
    stack.tags.get(CREATED_BY).map(String::as_str) == Some(desired.installation().as_str())
}

/// What comes of a stack whose thing is not there (yet).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It is on its way there.
    Coming,
    /// It stands whole, and what it is of does not.
    Whole,
    /// It is in the way.
    InTheWay(Box<Stop>),
}

/// What the stack means where the `what` that it is of (`the cluster`) is not there.
#[must_use]
pub fn meaning(desired: &Desired, what: &str, seen: &SeenStack) -> Meaning {
    let stack = &seen.stack;
    let name = &stack.name;
    let whose = if is_ours(desired, stack) {
        "this installation"
    } else {
        "somebody else"
    };
    let status = stack.status.as_str();
    let (region, flag) = (&desired.target.region, desired.asker().flag());
    let target = format!("--stack-name {name} --region {region}{flag}");
    let events = format!("`aws cloudformation describe-stack-events {target}` shows what failed");
    let delete = format!(
        "`aws cloudformation delete-stack {target}`, then `aws cloudformation wait stack-delete-complete {target}`"
    );
    let stop = |code: Code, message: String, remedy: String| {
        let mut stop = Stop::new(code, message, remedy);
        stop.said.clone_from(&seen.failed);
        Meaning::InTheWay(Box::new(stop))
    };
    match stack.status.kind() {
        StackKind::InProgress if status == "CREATE_IN_PROGRESS" && is_ours(desired, stack) => Meaning::Coming,
        StackKind::InProgress => stop(
            Code::StackInProgress,
            format!("The stack `{name}` of {what}, made by {whose}, is being changed ({status})."),
            format!(
                "Wait until that has ended (`aws cloudformation describe-stacks {target} --query 'Stacks[0].StackStatus'`), then run the same command."
            ),
        ),
        StackKind::Deleting => stop(
            Code::StackInProgress,
            format!("The stack `{name}` of {what} is being deleted ({status})."),
            format!("`aws cloudformation wait stack-delete-complete {target}`, then run the same command."),
        ),
        StackKind::RolledBack => stop(
            Code::StackRolledBack,
            format!(
                "The stack `{name}` of {what}, made by {whose}, failed and was taken back ({status}): it holds nothing, and its name is taken until it is deleted."
            ),
            format!("{events}; mend that. Then {delete}, and run the same command."),
        ),
        StackKind::DeleteFailed => stop(
            Code::StackDeleteFailed,
            format!(
                "The deletion of the stack `{name}` of {what} stopped halfway ({status}): something that it holds is in use."
            ),
            format!("{events}; remove what is in use. Then {delete}, and run the same command."),
        ),
        StackKind::Complete | StackKind::UpdateRolledBack => Meaning::Whole,
        StackKind::Failed | StackKind::Deleted | StackKind::Unknown => stop(
            Code::StackFailed,
            format!(
                "The stack `{name}` of {what}, made by {whose}, is in the state {status} and can't be used."
            ),
            format!(
                "{events}; mend that. Where nothing that it holds is needed, {delete}, and run the same command."
            ),
        ),
    }
}

/// A whole stack without what it is of.
#[must_use]
pub fn left_over(desired: &Desired, what: &str, seen: &SeenStack) -> Stop {
    let name = &seen.stack.name;
    let (region, flag) = (&desired.target.region, desired.asker().flag());
    let target = format!("--stack-name {name} --region {region}{flag}");
    Stop::new(
        Code::StackLeftOver,
        format!(
            "The stack `{name}` stands ({}), and {what} that it is of does not: it was deleted by other means.",
            seen.stack.status.as_str()
        ),
        format!(
            "`aws cloudformation list-stack-resources {target}` shows what it holds. Where nothing of it is needed, `aws cloudformation delete-stack {target}`, then `aws cloudformation wait stack-delete-complete {target}`, and run the same command; or choose another `--cluster`."
        ),
    )
}
