//! One `CloudFormation` stack of ours: what it shall be, how it stands, what would have to be written.
//!
//! No termination protection: a stack of ours holds roles, a queue and rules, never data, and whoever removes it has to
//! name it; the protection would be one more call that a killed run could leave out, and one that cleanup must undo.

mod trouble;

use super::asks::{StackChange, put_stack};
use super::marks::{Owner, owner};
use super::{Decision, Desired, Stop, World, Write};
use crate::clients::aws::cloudformation::{Stack, StackEvent, StackKind};
use crate::clients::aws::tags::Tags;
use crate::clients::aws::{CloudFormation, Iam, Sqs};
use crate::clients::explain::quoted;
use crate::clients::{CallError, ErrorClass};
use crate::report::Code;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::OnceLock;
use trouble::{blocked, deletion, events, failing, removals, said, unusable};

/// A stack as it shall be.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// What it is for, as the plan says it: "Karpenter's roles, queue and rules".
    pub purpose: String,
    /// Its template.
    pub template: Value,
    /// Its tags: exactly these must be on it; others that it has stay.
    pub tags: Tags,
    /// What the template needs to be allowed.
    pub capabilities: Vec<&'static str>,
    /// The roles that it makes, by name.
    pub roles: Vec<String>,
    /// The queue that it makes, by name.
    pub queue: Option<String>,
}

/// How a stack stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The stack; none where `CloudFormation` says that there is none.
    pub stack: Option<Stack>,
    /// Its template; none where there is no stack, or it is not in a state to compare.
    pub template: Option<Value>,
    /// What failed in it, newest first, where it failed.
    pub failed: Vec<StackEvent>,
    /// When it was last changed before this run.
    pub changed_before: Option<Timestamp>,
    /// Those of the wanted roles and the queue that are there, whoever made them. Not looked at while the stack
    /// changes.
    pub parts: Option<Vec<String>>,
}

/// What a run knows of a stack from its first look on.
#[derive(Default)]
pub struct Memory {
    changed: OnceLock<Option<Timestamp>>,
}

/// Looks at the stack and its parts.
///
/// # Errors
/// [`CallError`] where how it stands is unknown.
pub fn observe(world: &World<'_>, wanted: &Wanted, memory: &Memory) -> Result<Observed, CallError> {
    let cloudformation = CloudFormation {
        gateway: world.gateway,
    };
    let stack = cloudformation
        .stack(&wanted.name)?
        .filter(|stack| stack.status.kind() != StackKind::Deleted);
    let changed_before = *memory
        .changed
        .get_or_init(|| stack.as_ref().map(|stack| stack.changed));
    let kind = stack.as_ref().map(|stack| stack.status.kind());
    let is_ours = stack
        .as_ref()
        .is_some_and(|stack| owner(&stack.tags, &world.desired.installation()) != Owner::Foreign);
    let mut observed = Observed {
        stack,
        template: None,
        failed: Vec::new(),
        changed_before,
        parts: None,
    };
    match kind {
        None => observed.parts = Some(parts(world, wanted)?),
        Some(_) if !is_ours => {}
        Some(StackKind::Complete) => {
            observed.template = cloudformation.template(&wanted.name)?;
            observed.parts = Some(parts(world, wanted)?);
        }
        Some(StackKind::UpdateRolledBack) => {
            observed.template = cloudformation.template(&wanted.name)?;
            observed.parts = Some(parts(world, wanted)?);
            observed.failed = cloudformation.failed_events(&wanted.name)?;
        }
        Some(StackKind::RolledBack | StackKind::Failed | StackKind::DeleteFailed) => {
            // Only to say why: that they can't be read changes nothing of what stands.
            observed.failed = match cloudformation.failed_events(&wanted.name) {
                Err(error) if error.class == ErrorClass::Interrupted => return Err(error),
                answer => answer.unwrap_or_default(),
            };
        }
        Some(_) => {}
    }
    Ok(observed)
}

fn parts(world: &World<'_>, wanted: &Wanted) -> Result<Vec<String>, CallError> {
    let iam = Iam {
        gateway: world.gateway,
    };
    let sqs = Sqs {
        gateway: world.gateway,
    };
    let account = &world.desired.target.account;
    let mut found = Vec::new();
    for role in &wanted.roles {
        if iam.role(role, account)?.is_some() {
            found.push(role_part(role));
        }
    }
    if let Some(queue) = &wanted.queue
        && sqs.queue(queue)?.is_some()
    {
        found.push(queue_part(queue));
    }
    Ok(found)
}

fn role_part(name: &str) -> String {
    format!("role `{name}`")
}

fn queue_part(name: &str) -> String {
    format!("queue `{name}`")
}

impl Wanted {
    /// What it shall be, for the digest.
    #[must_use]
    pub fn value(&self) -> Value {
        json!({ "stack": self.name, "template": self.template, "capabilities": self.capabilities })
    }

    fn parts(&self) -> Vec<String> {
        let mut parts: Vec<String> = self.roles.iter().map(|role| role_part(role)).collect();
        parts.extend(self.queue.iter().map(|queue| queue_part(queue)));
        parts
    }

    /// The command, and the template for whoever approves it.
    fn write(&self, change: StackChange, found: Option<&Stack>) -> Write {
        let mut tags = found.map(|stack| stack.tags.clone()).unwrap_or_default();
        // CloudFormation's own can't be given.
        tags.retain(|key, _| !key.starts_with("aws:"));
        tags.extend(self.tags.clone());
        let token = self.token(&tags, found);
        let ask = put_stack(
            change,
            &self.name,
            &self.template,
            &tags,
            &self.capabilities,
            &token,
        );
        Write::account(ask).showing("template.json")
    }

    /// The same for two tries of one change, and another one for each change: of what is wanted and of what it changes.
    fn token(&self, tags: &Tags, found: Option<&Stack>) -> String {
        let found = found.map(|stack| format!("{} {}", stack.id, stack.changed));
        let text = json!([self.name, self.template, tags, found]).to_string();
        Sha256::digest(text.as_bytes())
            .iter()
            .take(16)
            .fold("lakehouse-".to_owned(), |mut token, byte| {
                let _ = write!(token, "{byte:02x}");
                token
            })
    }
}

/// What would have to be written. A stack of another installation is used unchanged where it is what is wanted, if
/// `lends`; else it is in the way, as a stack without a mark is.
#[must_use]
pub fn decide(desired: &Desired, wanted: &Wanted, observed: &Observed, lends: bool) -> Decision {
    let Some(stack) = &observed.stack else {
        return absent(desired, wanted, observed);
    };
    match owner(&stack.tags, &desired.installation()) {
        Owner::Ours => ours(desired, wanted, observed, stack),
        Owner::OtherInstallation if lends => lent(desired, wanted, observed, stack),
        Owner::OtherInstallation | Owner::Foreign => foreign(desired, wanted),
    }
}

fn absent(desired: &Desired, wanted: &Wanted, observed: &Observed) -> Decision {
    let there = observed.parts.as_deref().unwrap_or_default();
    if there.is_empty() {
        return Decision::create(
            format!("The stack `{}` is made: {}.", wanted.name, wanted.purpose),
            wanted.value(),
            vec![wanted.write(StackChange::Create, None)],
        );
    }
    let stop = Stop::new(
        Code::StackPartTaken,
        format!(
            "The {} exists already, and no stack `{}`: CloudFormation can't make what is there, and the install takes over nothing that it did not make.",
            there.join(", the "),
            wanted.name
        ),
        format!(
            "If nothing uses it any more, remove it: {}. Then run the same command again. Or choose another name with `--cluster`, for a role of the lake with `--namespace`.",
            removals(desired, wanted, there)
        ),
    );
    blocked(wanted, "What it would make is there already", stop)
}

fn ours(desired: &Desired, wanted: &Wanted, observed: &Observed, stack: &Stack) -> Decision {
    let name = &wanted.name;
    match stack.status.kind() {
        // The update that this run began was taken back: the same again would fail again.
        StackKind::UpdateRolledBack
            if observed.changed_before != Some(stack.changed) && !is_same(wanted, observed, stack) =>
        {
            let stop = Stop::new(
                Code::StackFailed,
                format!(
                    "The update of the stack `{name}` failed and was taken back: it stands as before.{}",
                    failing(&observed.failed)
                ),
                format!(
                    "Mend what the tool's words name, then run the same command again. All of it: {}.",
                    events(desired, name)
                ),
            );
            blocked(wanted, "Its update failed", said(stop, &observed.failed))
        }
        StackKind::Complete | StackKind::UpdateRolledBack => complete(desired, wanted, observed, stack),
        StackKind::InProgress => Decision::waiting(
            format!(
                "The stack `{name}` is ours and being changed ({}).",
                stack.status.as_str()
            ),
            wanted.value(),
            format!("the stack `{name}`, now {}", stack.status.as_str()),
        ),
        kind => unusable(desired, wanted, observed, stack, kind),
    }
}

fn is_same(wanted: &Wanted, observed: &Observed, stack: &Stack) -> bool {
    observed.template.as_ref() == Some(&wanted.template)
        && wanted
            .tags
            .iter()
            .all(|(key, value)| stack.tags.get(key) == Some(value))
}

fn complete(desired: &Desired, wanted: &Wanted, observed: &Observed, stack: &Stack) -> Decision {
    if let Some(stop) = missing(desired, wanted, observed) {
        return blocked(wanted, "What it made is gone", stop);
    }
    if is_same(wanted, observed, stack) {
        return Decision::settled(
            format!("The stack `{}` is ours and as it should be.", wanted.name),
            wanted.value(),
        );
    }
    Decision::update(
        format!(
            "The stack `{}` is ours and its {}: it is updated.",
            wanted.name,
            if observed.template.as_ref() == Some(&wanted.template) {
                "tags differ"
            } else {
                "template differs"
            }
        ),
        wanted.value(),
        vec![wanted.write(StackChange::Update, Some(stack))],
    )
}

/// `CloudFormation` does not see that somebody removed a part by hand, and can't mend it by an update.
fn missing(desired: &Desired, wanted: &Wanted, observed: &Observed) -> Option<Stop> {
    let there = observed.parts.as_deref()?;
    let gone: Vec<String> = wanted
        .parts()
        .into_iter()
        .filter(|part| !there.contains(part))
        .collect();
    (!gone.is_empty()).then(|| {
        Stop::new(
            Code::StackDrifted,
            format!(
                "The stack `{}` says that it is complete, and the {} that it made does not exist: it was removed by hand.",
                wanted.name,
                gone.join(", the ")
            ),
            format!(
                "{}. Then run the same command again: it makes the stack anew.",
                deletion(desired, &wanted.name)
            ),
        )
    })
}

fn lent(desired: &Desired, wanted: &Wanted, observed: &Observed, stack: &Stack) -> Decision {
    let name = &wanted.name;
    let is_whole = matches!(
        stack.status.kind(),
        StackKind::Complete | StackKind::UpdateRolledBack
    );
    if is_whole && observed.template.as_ref() == Some(&wanted.template) {
        return match missing(desired, wanted, observed) {
            Some(stop) => blocked(wanted, "What it made is gone", stop),
            None => Decision::settled(
                format!("The stack `{name}` is another installation's of this cluster, and what is wanted: it is used as it is."),
                wanted.value(),
            )
            .adopting(),
        };
    }
    let stop = Stop::new(
        Code::StackForeign,
        format!(
            "The stack `{name}` is another installation's of the lakehouse, and {}. It is theirs to change.",
            if is_whole {
                "of another version than this program's".to_owned()
            } else {
                format!("in the state {}", stack.status.as_str())
            }
        ),
        "Finish or update that installation first, with this version of the program, then run the same command again.",
    );
    blocked(wanted, "It is another installation's", stop)
}

fn foreign(desired: &Desired, wanted: &Wanted) -> Decision {
    let name = quoted(&wanted.name);
    let stop = Stop::new(
        Code::StackForeign,
        format!(
            "A stack `{}` exists that this installation did not make: it lacks the installation's mark. Nothing of it is changed.",
            wanted.name
        ),
        format!(
            "Look at it: `aws cloudformation describe-stacks --stack-name {name}{flag}`. If nothing uses it any more: {deletion}, then run the same command again. Or choose another name with `--cluster` or `--namespace`.",
            flag = desired.place_flags(),
            deletion = deletion(desired, &wanted.name)
        ),
    );
    blocked(wanted, "It is somebody else's", stop)
}
