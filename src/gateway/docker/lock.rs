//! The toolbox's lock: the one place that says which versions it holds.

mod rules;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `docker/toolbox/toolbox.lock.json`, compiled in.
pub const LOCK: &str = include_str!("../../../docker/toolbox/toolbox.lock.json");

/// The tools of every source.
pub const TOOLS: [&str; 4] = ["aws", "eksctl", "helm", "kubectl"];

/// The source of official downloads.
pub const RELEASE: &str = "release";

/// The source of package registries.
pub const REGISTRY: &str = "registry";

/// The lock as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lock {
    /// Shape of the file; 1.
    pub schema_version: u32,
    /// Where the tools can come from, by name.
    pub sources: BTreeMap<String, LockedSource>,
}

/// One source: a base image and the tools on it. Written out, it is what the image's name hashes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedSource {
    /// The image that the toolbox is built on.
    pub base: LockedBase,
    /// The tools.
    pub tools: BTreeMap<String, LockedTool>,
    /// Architectures it is made for.
    pub architectures: Vec<String>,
}

/// A base image by digest, and the Debian suite to bootstrap where no image registry answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedBase {
    /// For example `debian:trixie-slim`.
    pub image: String,
    /// `sha256:…` of the multi-architecture index.
    pub digest: String,
    /// For example `trixie`.
    pub suite: String,
}

/// One tool.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedTool {
    /// The version that the tool itself must say.
    pub version: String,
    /// Registry: the exact Debian package, `name=version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Registry: the Go module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Release: the official base URL, which a mirror can replace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Release: hosts that the official one may send to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirects_to: Vec<String>,
    /// Release: the file of each architecture.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, LockedFile>,
    /// Where the hashes are from, for people: no part of what the image is made of.
    #[serde(default, skip_serializing)]
    pub provenance: Option<String>,
}

/// One file of a release.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedFile {
    /// Its path below the base URL.
    pub path: String,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Lock {
    /// The lock that this program was built with.
    ///
    /// # Errors
    /// What is wrong with the file: a mistake of the build, found by a test.
    pub fn compiled_in() -> Result<Self, String> {
        Self::read(LOCK)
    }

    /// A lock from its text, held against its rules.
    ///
    /// # Errors
    /// One line that names the file, the tool and the field, and says the rule.
    pub fn read(text: &str) -> Result<Self, String> {
        let named = |why: String| format!("docker/toolbox/toolbox.lock.json: {why}");
        let lock: Self = serde_json::from_str(text).map_err(|error| named(error.to_string()))?;
        rules::check(&lock).map_err(named)?;
        Ok(lock)
    }

    /// One source of it.
    ///
    /// # Errors
    /// When the lock has no such source.
    pub fn source(&self, name: &str) -> Result<&LockedSource, String> {
        self.sources
            .get(name)
            .ok_or_else(|| format!("docker/toolbox/toolbox.lock.json: sources: there is no source `{name}`"))
    }
}

impl LockedSource {
    /// Each tool's version.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<String, String> {
        self.tools
            .iter()
            .map(|(name, tool)| (name.clone(), tool.version.clone()))
            .collect()
    }

    /// The source without what is for people alone, in one order: the same bytes for the same image.
    #[must_use]
    pub fn normalized(&self) -> String {
        // Maps of text and lists of text can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}
