//! IAM: roles, and what a principal's policies allow.

mod role;
mod simulation;

use crate::clients::call::{Ask, ask};
use crate::clients::failure::CallError;
use crate::gateway::Gateway;

pub use role::{LinkedRole, Role, parse_attached_policies, parse_linked_role, parse_role};
pub use simulation::{Decision, Evaluation, apart, parse_simulation};

/// The client.
#[derive(Clone, Copy)]
pub struct Iam<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

/// One simulation: each action is judged on each resource.
#[derive(Clone, Debug)]
pub struct Question {
    /// The user or role.
    pub principal: String,
    /// `service:Action`.
    pub actions: Vec<&'static str>,
    /// ARNs; none is everything, `*`.
    pub resources: Vec<String>,
    /// Context keys and their value.
    pub context: Vec<(&'static str, String)>,
}

impl Iam<'_> {
    /// What the principal's policies say of each action on each resource. The CLI reads all pages.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn simulate(&self, question: &Question) -> Result<Vec<Evaluation>, CallError> {
        let mut args = vec![
            "iam".to_owned(),
            "simulate-principal-policy".to_owned(),
            "--policy-source-arn".to_owned(),
            question.principal.clone(),
            "--action-names".to_owned(),
        ];
        args.extend(question.actions.iter().map(|action| (*action).to_owned()));
        if !question.resources.is_empty() {
            args.push("--resource-arns".to_owned());
            args.extend(question.resources.iter().cloned());
        }
        if !question.context.is_empty() {
            args.push("--context-entries".to_owned());
            args.extend(question.context.iter().map(|(key, value)| {
                format!("ContextKeyName={key},ContextKeyValues={value},ContextKeyType=string")
            }));
        }
        let purpose = "simulate the caller's policies";
        ask(
            self.gateway,
            &Ask::aws(purpose, "iam:SimulatePrincipalPolicy", args),
            parse_simulation,
        )
    }
}
