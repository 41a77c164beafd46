//! Why a stack can't go on, and the commands that mend it.

use super::{Observed, Wanted, queue_part, role_part};
use crate::clients::aws::cloudformation::{Stack, StackEvent, StackKind};
use crate::clients::explain::quoted;
use crate::report::Code;
use crate::steps::install::{Decision, Desired, Stop};

/// The commands that show what is there, for whoever decides whether it may go.
pub(super) fn removals(desired: &Desired, wanted: &Wanted, there: &[String]) -> String {
    let (flag, place) = (desired.asker().flag(), desired.place_flags());
    let roles = wanted
        .roles
        .iter()
        .filter(|role| there.contains(&role_part(role)))
        .map(|role| {
            let role = quoted(role);
            format!(
                "`aws iam list-attached-role-policies --role-name {role}{flag}` and `aws iam list-role-policies --role-name {role}{flag}` show what to take off it first, then `aws iam delete-role --role-name {role}{flag}`"
            )
        });
    let queues = wanted
        .queue
        .iter()
        .filter(|queue| there.contains(&queue_part(queue)))
        .map(|queue| {
            format!(
                "`aws sqs delete-queue --queue-url \"$(aws sqs get-queue-url --queue-name {} --query QueueUrl --output text{place})\"{place}`",
                quoted(queue)
            )
        });
    roles.chain(queues).collect::<Vec<_>>().join("; ")
}

pub(super) fn unusable(
    desired: &Desired,
    wanted: &Wanted,
    observed: &Observed,
    stack: &Stack,
    kind: StackKind,
) -> Decision {
    let (name, status) = (&wanted.name, stack.status.as_str());
    let flag = desired.place_flags();
    let shell = quoted(name);
    let delete = deletion(desired, name);
    let why = failing(&observed.failed);
    let (code, message, remedy) = match kind {
        StackKind::RolledBack => (
            Code::StackRolledBack,
            format!(
                "The creation of the stack `{name}` failed and was taken back ({status}): it holds nothing and can only be deleted.{why}"
            ),
            format!("Mend what the tool's words name. Then {delete}, and run the same command again."),
        ),
        StackKind::Failed if status == "UPDATE_ROLLBACK_FAILED" => (
            Code::StackFailed,
            format!("An update of the stack `{name}` failed, and taking it back failed too ({status}).{why}"),
            format!(
                "Mend what the tool's words name. Then `aws cloudformation continue-update-rollback --stack-name {shell}{flag}`, `aws cloudformation wait stack-rollback-complete --stack-name {shell}{flag}`, and run the same command again."
            ),
        ),
        StackKind::Failed => (
            Code::StackFailed,
            format!(
                "The stack `{name}` stopped halfway ({status}): what it holds is not what its template says.{why}"
            ),
            format!("Mend what the tool's words name. Then {delete}, and run the same command again."),
        ),
        StackKind::DeleteFailed => (
            Code::StackDeleteFailed,
            format!("The deletion of the stack `{name}` stopped halfway ({status}).{why}"),
            format!(
                "Remove what the tool's words name as still in use. Then {delete}, and run the same command again."
            ),
        ),
        StackKind::Deleting => (
            Code::StackBusy,
            format!("The stack `{name}` is being deleted: by a cleanup, or by somebody else."),
            format!(
                "Wait for its end: `aws cloudformation wait stack-delete-complete --stack-name {shell}{flag}`. Then run the same command again."
            ),
        ),
        _ => (
            Code::StackBusy,
            format!(
                "The stack `{name}` is in the state {status}, in which the install can do nothing with it: a change set that nobody has run, or a state that is not known here."
            ),
            format!(
                "Look at it: `aws cloudformation describe-stacks --stack-name {shell}{flag}`. If it holds nothing: {delete}, and run the same command again."
            ),
        ),
    };
    let stop = Stop::new(
        code,
        message,
        format!("{remedy} What happened in it: {}.", events(desired, name)),
    );
    blocked(
        wanted,
        &format!("It is in the state {status}"),
        said(stop, &observed.failed),
    )
}

pub(super) fn blocked(wanted: &Wanted, why: &str, stop: Stop) -> Decision {
    Decision::blocked(
        format!("The stack `{}` can't be used. {why}.", wanted.name),
        wanted.value(),
        vec![stop],
    )
}

pub(super) fn deletion(desired: &Desired, name: &str) -> String {
    let (name, flag) = (quoted(name), desired.place_flags());
    format!(
        "`aws cloudformation delete-stack --stack-name {name}{flag}` and `aws cloudformation wait stack-delete-complete --stack-name {name}{flag}`"
    )
}

pub(super) fn events(desired: &Desired, name: &str) -> String {
    format!(
        "`aws cloudformation describe-stack-events --stack-name {}{}`",
        quoted(name),
        desired.place_flags()
    )
}

/// `CloudFormation` cancels what runs beside a failure, and calls that failed too: the first cause is the oldest of the
/// newest change that is no cancellation.
fn first_cause(failed: &[StackEvent]) -> Option<&StackEvent> {
    let newest = failed.first()?;
    failed
        .iter()
        .take_while(|event| event.token == newest.token)
        .filter(|event| {
            !event
                .reason
                .as_deref()
                .is_some_and(|reason| reason.starts_with("Resource creation cancelled"))
                && event.kind != "AWS::CloudFormation::Stack"
        })
        .last()
        .or(Some(newest))
}

pub(super) fn failing(failed: &[StackEvent]) -> String {
    first_cause(failed).map_or_else(String::new, |event| {
        format!(
            " What failed first was `{}` ({}).",
            event.logical_id,
            event.status.as_str()
        )
    })
}

pub(super) fn said(stop: Stop, failed: &[StackEvent]) -> Stop {
    match first_cause(failed).and_then(|event| event.reason.as_ref()) {
        Some(reason) => stop.said(reason.clone()),
        None => stop,
    }
}
