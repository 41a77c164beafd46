//! What `lakehouse toolbox …` reports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The toolbox image as it stands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolboxReport {
    /// What was done: `build`, `verify`, `info` or `prune`.
    pub action: String,
    /// `ready`, `built`, `absent`, `verified`, `mismatch`, `pruned`, `failed` or `interrupted`.
    pub status: String,
    /// The image's name, which hashes everything it is made of.
    pub image: String,
    /// The image's ID or digest, when it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_digest: Option<String>,
    /// Unpacked size in bytes, when it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// The source the image is made from: `release` or `registry`. Where no image is there and none was named: the one
    /// that is tried first.
    pub source: String,
    /// Each tool's version by the lock.
    pub locked: BTreeMap<String, String>,
    /// Each tool's version as the tool says (`verify`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub found: BTreeMap<String, String>,
    /// Images that were removed (`prune`).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub removed: Vec<String>,
    /// Old images that stayed, since a container stands on them (`prune`).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub in_use: Vec<String>,
}
