//! Why a run could not do what it was asked for.

use super::Code;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A failed run, said so that a tired operator knows what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The stable code.
    pub code: Code,
    /// What was being done, for example `build the toolbox image`.
    pub purpose: String,
    /// What it means.
    pub message: String,
    /// What mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
    /// The tool's own words, redacted; untrusted text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_output: Option<String>,
}
