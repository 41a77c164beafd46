//! From IAM's answers to what is denied, by what, and what can't be told.

use super::Wanted;
use crate::clients::aws::iam::{Decision, Evaluation};
use std::collections::{BTreeMap, BTreeSet};

/// What denies an action. In the order in which one is named where several resources differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// No policy of the principal allows it.
    NoPolicyAllows,
    /// A policy of the principal denies it.
    ExplicitDeny,
    /// The principal's permissions boundary does not allow it.
    Boundary,
    /// A policy of the account's organization does not allow it.
    Organization,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::NoPolicyAllows,
        Self::ExplicitDeny,
        Self::Boundary,
        Self::Organization,
    ];

    /// The evidence's words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPolicyAllows => "no policy allows",
            Self::ExplicitDeny => "explicit deny",
            Self::Boundary => "permissions boundary",
            Self::Organization => "organization policy",
        }
    }
}

/// An action that is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied {
    /// `service:Action`.
    pub action: &'static str,
    /// What denies it.
    pub by: Kind,
}

/// What IAM's answers come to. An action stands in one of the two lists, or is allowed wherever it is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Denied, sorted by action.
    pub denied: Vec<Denied>,
    /// Neither allowed nor denied for certain, sorted.
    pub uncertain: Vec<&'static str>,
}

/// What one answer says.
enum One {
    Allowed,
    Denied(Kind),
    Uncertain,
}

/// Judges each wanted action by the answers on its own resources. One that has no answer is uncertain.
#[must_use]
pub fn judge(wanted: &[Wanted], evaluations: &[Evaluation]) -> Verdict {
    let by_name: BTreeMap<(&str, &str), &Evaluation> = evaluations
        .iter()
        .map(|it| ((it.action.as_str(), it.resource.as_str()), it))
        .collect();
    let mut denied: BTreeMap<&'static str, Kind> = BTreeMap::new();
    let mut uncertain = BTreeSet::new();
    for it in wanted {
        // For an action that takes no resource, AWS answers without one whatever was asked.
        let found = by_name
            .get(&(it.action, it.on.as_str()))
            .or_else(|| by_name.get(&(it.action, "*")));
        match found.map_or(One::Uncertain, |found| one(found, it.exact)) {
            One::Allowed => {}
            One::Uncertain => {
                uncertain.insert(it.action);
            }
            One::Denied(kind) => {
                let known = denied.entry(it.action).or_insert(kind);
                *known = (*known).max(kind);
            }
        }
    }
    uncertain.retain(|action| !denied.contains_key(action));
    Verdict {
        denied: denied
            .into_iter()
            .map(|(action, by)| Denied { action, by })
            .collect(),
        uncertain: uncertain.into_iter().collect(),
    }
}

fn one(found: &Evaluation, exact: bool) -> One {
    // IAM's decision comes first of all: its details only say what it is made of.
    if found.decision == Decision::Allowed
        && found.by_organization != Some(false)
        && found.by_boundary != Some(false)
    {
        return One::Allowed;
    }
    // A policy asks for context that only the real call has; or the caller may be allowed just the right resource.
    if found.needs_context || !exact {
        return One::Uncertain;
    }
    One::Denied(if found.by_organization == Some(false) {
        Kind::Organization
    } else if found.by_boundary == Some(false) {
        Kind::Boundary
    } else if found.decision == Decision::ExplicitDeny {
        Kind::ExplicitDeny
    } else {
        Kind::NoPolicyAllows
    })
}
