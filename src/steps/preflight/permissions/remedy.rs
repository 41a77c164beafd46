//! What mends a denial: who has to change which policy.

use super::{Denied, Kind, Principal};
use crate::clients::explain::quoted;
use crate::clients::form::arn_fields;
use crate::steps::preflight::inputs::PreflightInputs;

/// The name that the printed policy gets.
const POLICY: &str = "lakehouse-install";

/// The command that prints what install needs.
fn print(inputs: &PreflightInputs) -> String {
    let bucket = inputs
        .bucket
        .as_ref()
        .map_or_else(String::new, |bucket| format!(" --bucket {bucket}"));
    format!(
        "lakehouse policy --for install --region {} --cluster {} --namespace {}{bucket}",
        inputs.region, inputs.cluster, inputs.namespace
    )
}

/// What to do about actions of which nothing is certain.
pub(super) fn uncertain(inputs: &PreflightInputs) -> String {
    format!(
        "Compare with `{} --output text`, or ask the account's administrator; install can be tried all the same, and stops at the first action that is refused.",
        print(inputs)
    )
}

/// What mends denials, one sentence or two for each kind.
pub(super) fn denied(principal: &Principal, denied: &[Denied], inputs: &PreflightInputs) -> String {
    let has = |kind: Kind| denied.iter().any(|it| it.by == kind);
    let (kind, name) = (principal.kind(), quoted(&principal.name));
    let mut all = Vec::new();
    if has(Kind::NoPolicyAllows) {
        all.push(attach(principal, inputs));
    }
    if has(Kind::ExplicitDeny) {
        let group = if principal.is_role {
            String::new()
        } else {
            format!(", those of its groups (`aws iam list-groups-for-user --user-name {name}`)")
        };
        all.push(format!(
            "An explicit deny outweighs every policy that allows: an administrator has to take the action out of the `Deny` statement. Where it may stand: `aws iam list-attached-{kind}-policies --{kind}-name {name}`, `aws iam list-{kind}-policies --{kind}-name {name}`{group}."
        ));
    }
    if has(Kind::Boundary) {
        all.push(format!(
            "A permissions boundary can't be widened by attaching policies: an administrator has to change it (`aws iam get-{kind} --{kind}-name {name} --query {}.PermissionsBoundary` names it), or another profile has to run the install.",
            if principal.is_role { "Role" } else { "User" }
        ));
    }
    if has(Kind::Organization) {
        all.push(
            "The organization's policies are changed in its management account only; the simulation does not weigh their conditions, so ask there whether these actions are really denied."
                .to_owned(),
        );
    }
    all.join(" ")
}

/// How an administrator gives what is missing.
fn attach(principal: &Principal, inputs: &PreflightInputs) -> String {
    let print = format!("{} --output json > {POLICY}.json", print(inputs));
    if let Some(set) = principal.permission_set() {
        return format!(
            "`{print}` writes what install needs. The role is of IAM Identity Center: in its management account an administrator puts that into the permission set {} (`aws sso-admin put-inline-policy-to-permission-set --instance-arn INSTANCE --permission-set-arn SET --inline-policy file://{POLICY}.json`) and provisions it anew.",
            quoted(set)
        );
    }
    let [partition, _, _, account, _] = arn_fields(&principal.arn).unwrap_or(["aws", "", "", "ACCOUNT", ""]);
    let (kind, name) = (principal.kind(), quoted(&principal.name));
    format!(
        "`{print}` writes what install needs. An administrator of the account gives it: `aws iam create-policy --policy-name {POLICY} --policy-document file://{POLICY}.json`, then `aws iam attach-{kind}-policy --{kind}-name {name} --policy-arn arn:{partition}:iam::{account}:policy/{POLICY}`."
    )
}
