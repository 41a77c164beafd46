//! The list as an IAM policy document.

use super::{Group, Need, Scope, groups_for};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A whole policy, in the order in which people read one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    /// The version of IAM's policy language.
    pub version: &'static str,
    /// Sorted by Sid.
    pub statement: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Its name.
    pub sid: &'static str,
    /// Always `Allow`.
    pub effect: &'static str,
    /// Sorted.
    pub action: BTreeSet<&'static str>,
    /// Sorted.
    pub resource: BTreeSet<String>,
    /// Operator, key, values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<&'static str, BTreeMap<&'static str, Vec<String>>>,
}

impl PolicyDocument {
    /// The least policy for `need`.
    #[must_use]
    pub fn new(need: Need, scope: &Scope) -> Self {
        let mut statements: BTreeMap<&'static str, Statement> = BTreeMap::new();
        for group in groups_for(need) {
            let statement = statements
                .entry(group.sid)
                .or_insert_with(|| statement(group, scope));
            statement
                .resource
                .extend(group.on.iter().map(|on| scope.fill(on.pattern)));
            match group.grant {
                Some(grant) => statement.action.extend([grant]),
                None => statement.action.extend(group.actions),
            }
        }
        let all: Vec<Statement> = statements.into_values().collect();
        let statement = all
            .iter()
            .filter(|one| !all.iter().any(|other| one.is_within(other)))
            .cloned()
            .collect();
        Self {
            version: "2012-10-17",
            statement,
        }
    }

    /// How many characters IAM counts: all but white space ("IAM and STS quotas" of the IAM user guide). At most 6144
    /// in a managed policy, 10240 in a role's own policies together, 2048 in a user's.
    #[must_use]
    pub fn counted(&self) -> usize {
        let text = serde_json::to_string(self).unwrap_or_default();
        text.chars().filter(|c| !c.is_whitespace()).count()
    }
}

impl Statement {
    /// Whether another statement allows all of this one anyway.
    fn is_within(&self, other: &Self) -> bool {
        let by_wildcard = |action: &str| {
            let mut wide = other.action.iter().filter_map(|wide| wide.strip_suffix('*'));
            wide.any(|service| action.starts_with(service))
        };
        let allowed = |action: &&str| other.action.contains(action) || by_wildcard(action);
        self.sid != other.sid
            && other.condition.is_empty()
            && self.action.iter().all(allowed)
            && self.resource.is_subset(&other.resource)
    }
}

/// A group's statement, without actions and resources.
fn statement(group: &Group, scope: &Scope) -> Statement {
    let mut condition = BTreeMap::new();
    if let Some(when) = group.when {
        let values = when.values.iter().map(|value| scope.fill(value)).collect();
        condition.insert(when.operator, BTreeMap::from([(when.key, values)]));
    }
    Statement {
        sid: group.sid,
        effect: "Allow",
        action: BTreeSet::new(),
        resource: BTreeSet::new(),
        condition,
    }
}
