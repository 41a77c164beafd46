//! `lakehouse policy`: the least IAM policy for a use, as JSON for IAM or as a table for people. It asks nobody.

use super::plain;
use crate::cli::run::FAILED;
use crate::model::{Need, OutputFormat, PolicyDocument, Scope};
use crate::render::policy;

/// Prints the policy.
#[must_use]
pub fn policy(need: Need, scope: &Scope, output: OutputFormat) -> i32 {
    if output == OutputFormat::Text {
        return plain::print(&policy::text(need, scope));
    }
    match serde_json::to_string_pretty(&PolicyDocument::new(need, scope)) {
        Ok(text) => plain::print(&format!("{text}\n")),
        Err(_) => FAILED,
    }
}
