//! The toolbox's lock: the one place that says which versions it holds.

use serde::Deserialize;
use std::collections::BTreeMap;

/// `docker/toolbox/toolbox.lock.json`, compiled in.
pub const LOCK: &str = include_str!("../../../docker/toolbox/toolbox.lock.json");

/// The lock as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lock {
    /// Shape of the file; 1.
    pub schema_version: u32,
    /// Where the tools can come from, by name.
    pub sources: BTreeMap<String, LockedSource>,
}

/// One source: a base image and the tools on it.
#[derive(Clone, Debug, Deserialize)]
pub struct LockedSource {
    /// The image that the toolbox is built on.
    pub base: LockedBase,
    /// The tools.
    pub tools: BTreeMap<String, LockedTool>,
    /// Architectures it is made for.
    pub architectures: Vec<String>,
}

/// A base image by digest, and the Debian suite to bootstrap where no image registry answers.
#[derive(Clone, Debug, Deserialize)]
pub struct LockedBase {
    /// For example `debian:trixie-slim`.
    pub image: String,
    /// `sha256:…` of the multi-architecture index.
    pub digest: String,
    /// For example `trixie`.
    pub suite: String,
}

/// One tool.
#[derive(Clone, Debug, Deserialize)]
pub struct LockedTool {
    /// The version that the tool itself must say.
    pub version: String,
    /// The exact Debian package, `name=version`.
    pub package: Option<String>,
    /// The Go module.
    pub module: Option<String>,
}

impl Lock {
    /// The lock that this program was built with.
    ///
    /// # Errors
    /// What is wrong with the file: a mistake of the build, found by a test.
    pub fn compiled_in() -> Result<Self, String> {
        serde_json::from_str(LOCK).map_err(|error| format!("toolbox.lock.json: {error}"))
    }

    /// One source of it.
    ///
    /// # Errors
    /// When the lock has no such source.
    pub fn source(&self, name: &str) -> Result<&LockedSource, String> {
        self.sources
            .get(name)
            .ok_or_else(|| format!("toolbox.lock.json has no source {name:?}"))
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
}

#[cfg(test)]
mod tests {
    use super::Lock;

    #[test]
    fn the_lock_holds_the_four_tools_and_a_digest() {
        let lock = Lock::compiled_in().unwrap();
        let source = lock.source("registry").unwrap();
        let names: Vec<&str> = source.tools.keys().map(String::as_str).collect();
        assert_eq!(names, ["aws", "eksctl", "helm", "kubectl"]);
        assert!(source.base.digest.starts_with("sha256:") && source.base.digest.len() == 71);
    }
}
