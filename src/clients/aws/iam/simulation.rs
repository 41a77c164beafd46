//! The answer of a policy simulation.

use crate::clients::call::json_list;
use crate::clients::failure::ParseFailure;
use serde::Deserialize;

/// What a simulation says of one action on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// `service:Action`, as it was asked.
    pub action: String,
    /// The resource; `*` where the answer names none.
    pub resource: String,
    /// The decision.
    pub decision: Decision,
    /// Whether policies ask for context that the simulation was not given: the decision may be another one then.
    pub needs_context: bool,
    /// Whether the organization's policies allow it; none where the account is in no organization.
    pub by_organization: Option<bool>,
    /// Whether the permissions boundary allows it; none where the principal has none.
    pub by_boundary: Option<bool>,
}

/// IAM's three words (M:iam `PolicyEvaluationDecisionType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Decision {
    /// Some policy allows it, and none denies it.
    Allowed,
    /// A policy denies it.
    ExplicitDeny,
    /// No policy allows it.
    ImplicitDeny,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    evaluation_results: Vec<RawResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawResult {
    eval_action_name: String,
    /// AWS leaves it out where several resources were asked.
    eval_resource_name: Option<String>,
    eval_decision: Decision,
    #[serde(default)]
    missing_context_values: Vec<String>,
    organizations_decision_detail: Option<RawOrganization>,
    permissions_boundary_decision_detail: Option<RawBoundary>,
    #[serde(default)]
    resource_specific_results: Vec<RawSpecific>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawSpecific {
    eval_resource_name: String,
    eval_resource_decision: Decision,
    #[serde(default)]
    missing_context_values: Vec<String>,
    permissions_boundary_decision_detail: Option<RawBoundary>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawOrganization {
    allowed_by_organizations: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawBoundary {
    allowed_by_permissions_boundary: bool,
}

/// Reads `iam simulate-principal-policy`: one entry for each action and resource.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or a part of it.
pub fn parse_simulation(bytes: &[u8]) -> Result<Vec<Evaluation>, ParseFailure> {
    let raw: Raw = json_list(bytes)?;
    let mut all = Vec::new();
    for result in raw.evaluation_results {
        if !is_action(&result.eval_action_name) {
            return Err(ParseFailure::Form("EvaluationResults[].EvalActionName"));
        }
        let by_organization = result
            .organizations_decision_detail
            .map(|detail| detail.allowed_by_organizations);
        let boundary = |detail: Option<RawBoundary>| {
            detail
                .or(result.permissions_boundary_decision_detail)
                .map(|detail| detail.allowed_by_permissions_boundary)
        };
        if result.resource_specific_results.is_empty() {
            all.push(Evaluation {
                action: result.eval_action_name,
                resource: result.eval_resource_name.unwrap_or_else(|| "*".to_owned()),
                decision: result.eval_decision,
                needs_context: !result.missing_context_values.is_empty(),
                by_organization,
                by_boundary: boundary(None),
            });
            continue;
        }
        all.extend(result.resource_specific_results.iter().map(|one| Evaluation {
            action: result.eval_action_name.clone(),
            resource: one.eval_resource_name.clone(),
            decision: one.eval_resource_decision,
            needs_context: !one.missing_context_values.is_empty(),
            by_organization,
            by_boundary: boundary(one.permissions_boundary_decision_detail),
        }));
    }
    Ok(all)
}

/// `service:Action`.
fn is_action(text: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 128
        && text
            .split_once(':')
            .is_some_and(|(service, name)| word(service) && word(name))
}

/// The lists of actions that IAM wants asked apart, where that is what it refused: it can't simulate actions in one
/// call that "require different authorization information", and names the lists in brackets. None where `said` is
/// about something else, or does not name each of `actions` once.
#[must_use]
pub fn apart(said: &str, actions: &[&'static str]) -> Option<Vec<Vec<&'static str>>> {
    if !said.contains("authorization information") {
        return None;
    }
    let known = |name: &str| actions.iter().copied().find(|action| *action == name.trim());
    let mut lists: Vec<Vec<&'static str>> = Vec::new();
    for inside in said.split('[').skip(1) {
        let Some((inside, _)) = inside.split_once(']') else {
            continue;
        };
        // Brackets around something else (`aws: [ERROR]`) name no action.
        let Some(list) = inside.split(',').map(known).collect::<Option<Vec<_>>>() else {
            continue;
        };
        lists.push(list);
    }
    let mut named: Vec<&str> = lists.iter().flatten().copied().collect();
    let mut asked = actions.to_vec();
    named.sort_unstable();
    asked.sort_unstable();
    (lists.len() > 1 && named == asked).then_some(lists)
}
