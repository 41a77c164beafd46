//! One command of a run, as the journal keeps it.

pub use crate::model::ExecMode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a command may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Only looks.
    Read,
    /// May change the account, the cluster or the machine.
    Write,
}

/// What is kept of one command: enough to check later what was asked and what was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandRecord {
    /// Why it ran, for example `read the caller's identity`.
    pub purpose: String,
    /// The tool and its arguments, redacted.
    pub argv: Vec<String>,
    /// Where it ran.
    pub mode: ExecMode,
    /// Whether it could change anything.
    pub effect: Effect,
    /// When it started, RFC 3339 in UTC.
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The tool's exit code; absent when it never ended by itself.
    pub exit: Option<i32>,
    /// Why there is no exit code: `missing`, `timed out`, `interrupted`, `killed`, `engine`, `too much output`, `not started`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// SHA-256 of the bytes on stdout, the ones that were parsed.
    pub stdout_sha256: String,
    /// Number of bytes on stdout.
    pub stdout_bytes: u64,
}
