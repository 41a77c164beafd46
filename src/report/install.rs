//! The install's part of a report. This version holds the gate only.

use super::Note;
use super::preflight::Next;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the install stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstallStatus {
    /// Waits for an input, named in `required`.
    NeedsInput,
    /// Can't go on; `blockers` say why.
    Blocked,
}

/// The install's plan and gate.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallReport {
    /// How it stands.
    pub status: InstallStatus,
    /// Inputs that are missing, for example `approve`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub required: Vec<String>,
    /// The plan for people.
    pub plan: String,
    /// Why it can't go on.
    pub blockers: Vec<Note>,
    /// What to do.
    pub remediation: Vec<Note>,
    /// What comes next.
    pub next: Next,
}
