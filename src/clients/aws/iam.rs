//! IAM: a role's own ARN, and what a principal's policies allow.

mod simulation;

use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::form::arn_fields;
use crate::gateway::Gateway;
use crate::model::AccountId;
use serde::Deserialize;

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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawRole {
    role: RoleFields,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoleFields {
    arn: String,
    role_name: String,
}

impl Iam<'_> {
    /// The ARN of the role `name`, path included, or nothing where IAM itself says that there is none. An ARN of a
    /// role's session has no path, so the role's can't be made of it.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn role(&self, name: &str, account: &AccountId) -> Result<Option<String>, CallError> {
        let args = ["iam", "get-role", "--role-name", name];
        let question = Ask::aws("read the caller's role", "iam:GetRole", args);
        match ask(self.gateway, &question, |bytes| {
            parse_role(bytes, name, account.as_str())
        }) {
            Ok(arn) => Ok(Some(arn)),
            Err(error)
                if error.class == ErrorClass::Absent && error.code.as_deref() == Some("NoSuchEntity") =>
            {
                Ok(None)
            }
            Err(error) if error.class == ErrorClass::Absent => Err(CallError {
                class: ErrorClass::Other,
                ..error
            }),
            Err(error) => Err(error),
        }
    }

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

/// Reads `iam get-role` for the role `name` of `account`; gives its ARN.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another role.
pub fn parse_role(bytes: &[u8], name: &str, account: &str) -> Result<String, ParseFailure> {
    let raw: RawRole = json(bytes)?;
    formed(raw.role.role_name, |found| found == name, "Role.RoleName")?;
    let is_role = |arn: &str| {
        arn_fields(arn).is_some_and(|[_, service, region, of, resource]| {
            service == "iam"
                && region.is_empty()
                && of == account
                && resource.starts_with("role/")
                && resource.rsplit('/').next() == Some(name)
        })
    };
    formed(raw.role.arn, is_role, "Role.Arn")
}
