//! One role.

use super::Iam;
use crate::clients::aws::tags::{Tag, Tags, map_of};
use crate::clients::aws::timestamp;
use crate::clients::call::{Ask, ask, formed, json, json_list, or_absent};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::form::arn_fields;
use crate::model::AccountId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its ARN, path included.
    pub arn: String,
    /// Its path: `/`, or `/…/`.
    pub path: String,
    /// Who may take it: the trust policy, where AWS told it.
    pub trust: Option<Value>,
    /// Its tags.
    pub tags: Tags,
    /// The policy that bounds it.
    pub boundary: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
}

/// What became of a service's own role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkedRole {
    /// It was made.
    Created,
    /// The account had it.
    Exists,
}

/// IAM's code for all that is not there.
const ABSENT: &[&str] = &["NoSuchEntity"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    role: RawRole,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawRole {
    arn: String,
    role_name: String,
    assume_role_policy_document: Option<Value>,
    #[serde(default)]
    tags: Vec<Tag>,
    permissions_boundary: Option<RawBoundary>,
    #[serde(default, deserialize_with = "timestamp::optional")]
    create_date: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawBoundary {
    permissions_boundary_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAttached {
    attached_policies: Vec<RawPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawPolicy {
    policy_arn: String,
}

impl Iam<'_> {
    /// The role of the caller's session, or nothing where IAM itself says that there is none. An ARN of a role's
    /// session has no path, so the role's can't be made of it.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn caller_role(&self, name: &str, account: &AccountId) -> Result<Option<Role>, CallError> {
        self.role_for("read the caller's role", name, account)
    }

    /// The role `name`, or nothing where IAM itself says that there is none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn role(&self, name: &str, account: &AccountId) -> Result<Option<Role>, CallError> {
        self.role_for(&format!("read the role `{name}`"), name, account)
    }

    fn role_for(&self, purpose: &str, name: &str, account: &AccountId) -> Result<Option<Role>, CallError> {
        let args = ["iam", "get-role", "--role-name", name];
        let answer = ask(self.gateway, &Ask::aws(purpose, "iam:GetRole", args), |bytes| {
            parse_role(bytes, name, account.as_str())
        });
        or_absent(answer, ABSENT)
    }

    /// The ARNs of the managed policies that are attached to the role, sorted; nothing where there is no such role.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn attached_policies(&self, role: &str) -> Result<Option<Vec<String>>, CallError> {
        let args = ["iam", "list-attached-role-policies", "--role-name", role];
        let purpose = format!("read the policies of the role `{role}`");
        let question = Ask::aws(&purpose, "iam:ListAttachedRolePolicies", args);
        or_absent(ask(self.gateway, &question, parse_attached_policies), ABSENT)
    }

    /// Makes a service's own role (`spot.amazonaws.com`) in the account.
    ///
    /// # Errors
    /// [`CallError`] where it is not known to be there.
    pub fn create_service_linked_role(&self, service: &str) -> Result<LinkedRole, CallError> {
        let args = ["iam", "create-service-linked-role", "--aws-service-name", service];
        let purpose = format!("make the service's own role of `{service}`");
        let question = Ask::aws_write(&purpose, "iam:CreateServiceLinkedRole", args);
        match ask(self.gateway, &question, |bytes| parse_linked_role(bytes, service)) {
            Ok(()) => Ok(LinkedRole::Created),
            Err(error) if error.class == ErrorClass::Exists => Ok(LinkedRole::Exists),
            Err(error) => Err(error),
        }
    }
}

/// Reads `iam get-role` for the role `name` of `account`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another role.
pub fn parse_role(bytes: &[u8], name: &str, account: &str) -> Result<Role, ParseFailure> {
    let Raw { role } = json(bytes)?;
    let is_role = |arn: &str| {
        role_path(arn).is_some_and(|(of, path_and_name)| {
            of == account && path_and_name.rsplit('/').next() == Some(name)
        })
    };
    let arn = formed(role.arn, is_role, "Role.Arn")?;
    let path = role_path(&arn)
        .and_then(|(_, rest)| rest.strip_suffix(name))
        .unwrap_or("/");
    Ok(Role {
        name: formed(role.role_name, |found| found == name, "Role.RoleName")?,
        path: path.to_owned(),
        arn,
        trust: role.assume_role_policy_document,
        tags: map_of(role.tags, "Role.Tags")?,
        boundary: role
            .permissions_boundary
            .and_then(|it| it.permissions_boundary_arn),
        created: role.create_date,
    })
}

/// The account of a role's ARN, and the path with the name.
fn role_path(arn: &str) -> Option<(&str, &str)> {
    let [_, service, region, account, resource] = arn_fields(arn)?;
    let rest = resource
        .strip_prefix("role")
        .filter(|rest| rest.starts_with('/'))?;
    (service == "iam" && region.is_empty()).then_some((account, rest))
}

/// Reads `iam list-attached-role-policies`: ARNs, sorted.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_attached_policies(bytes: &[u8]) -> Result<Vec<String>, ParseFailure> {
    let raw: RawAttached = json_list(bytes)?;
    let is_policy = |arn: &str| {
        arn_fields(arn)
            .is_some_and(|[_, service, .., resource]| service == "iam" && resource.starts_with("policy/"))
    };
    let mut arns = raw
        .attached_policies
        .into_iter()
        .map(|policy| formed(policy.policy_arn, is_policy, "AttachedPolicies[].PolicyArn"))
        .collect::<Result<Vec<_>, _>>()?;
    arns.sort();
    Ok(arns)
}

/// Reads `iam create-service-linked-role` for `service`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another service.
pub fn parse_linked_role(bytes: &[u8], service: &str) -> Result<(), ParseFailure> {
    let Raw { role } = json(bytes)?;
    let path = format!("/aws-service-role/{service}/");
    let is_its = |arn: &str| role_path(arn).is_some_and(|(_, rest)| rest.starts_with(&path));
    formed(role.arn, is_its, "Role.Arn").map(drop)
}
