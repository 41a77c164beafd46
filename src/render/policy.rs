//! The list of permissions as a table for people.

use crate::model::permissions::groups_for;
use crate::model::{Need, PolicyDocument, Scope};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Each reason with its actions and resources, and how long the policy is.
#[must_use]
pub fn text(need: Need, scope: &Scope) -> String {
    let mut text = format!("Permissions for {}:\n", need.name());
    for group in groups_for(need) {
        let _ = writeln!(text, "\nto {}", group.why);
        for action in group.actions {
            let _ = writeln!(text, "    {action}");
        }
        if let Some(grant) = group.grant {
            let _ = writeln!(text, "    (the policy grants {grant} there)");
        }
        let on: BTreeSet<String> = group.on.iter().map(|on| scope.fill(on.pattern)).collect();
        for resource in on {
            let _ = writeln!(text, "  on {resource}");
        }
        if let Some(when) = group.when {
            let values: Vec<String> = when.values.iter().map(|value| scope.fill(value)).collect();
            let _ = writeln!(text, "  if {} is {}", when.key, values.join(" or "));
        }
    }
    let counted = PolicyDocument::new(need, scope).counted();
    let _ = writeln!(
        text,
        "\nAs JSON for IAM: --output json. It has {counted} characters as IAM counts them; a managed policy takes 6144."
    );
    text
}
