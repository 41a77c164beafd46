//! What ran, where, with which tools, and where its journal is.

use super::{ExecMode, Note};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The run block of a report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunRecord {
    /// The run's name; its journal stands under it.
    pub id: String,
    /// When it started, RFC 3339 in UTC.
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The command, for example `preflight`.
    pub command: String,
    /// Where the tools ran; absent when none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<ExecRecord>,
    /// How many commands of the four tools were run.
    pub commands_run: u64,
    /// The same by tool; a tool that was not run is not named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub commands_by_tool: BTreeMap<String, u64>,
    /// Path of the journal; absent when it could not be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
    /// Number of the journal's records.
    pub journal_records: u64,
    /// Hash of the journal's last record, hexadecimal; it covers all before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal_hash: Option<String>,
    /// Path of the copy of this report beside the journal; absent when there is no journal or it could not be written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub report: Option<String>,
    /// Path of the run's signed-off record beside the journal; absent when the run carried no plan out, or the record could
    /// not be written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub record: Option<String>,
    /// The record's own hash.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub record_hash: Option<String>,
    /// What went wrong beside the run's own work, for example with its event stream.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<Note>,
}

/// Where the tools ran and which they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecRecord {
    /// Inside the toolbox or on this machine.
    pub mode: ExecMode,
    /// The engine's name, in docker mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The engine's version, in docker mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_version: Option<String>,
    /// The toolbox image's name, in docker mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The toolbox's source that the image was made from, `release` or `registry`; absent for an image of the user's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub image_source: Option<String>,
    /// The image's digest, or its ID where it was built here and has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_digest: Option<String>,
    /// Version of each tool, as the tool itself says.
    pub tools: BTreeMap<String, String>,
}
