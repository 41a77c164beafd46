//! What the engine knows of images: one by name, the old ones, and who stands on them.

use super::{Image, REPOSITORY};
use crate::gateway::docker::engine::{Engine, EngineError};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    #[serde(default)]
    repo_digests: Option<Vec<String>>,
    size: u64,
}

/// An image by name or ID, if the engine has it.
///
/// # Errors
/// [`EngineError`] when the engine can't say.
pub fn inspect(engine: &Engine, name: &str) -> Result<Option<Image>, EngineError> {
    let stdout = match engine.ask(
        "look for the image",
        &["image", "inspect", "--format", "{{json .}}", name],
    ) {
        Ok(stdout) => stdout,
        // The client has one exit code for all; only these words of the engine's mean that it is not there.
        Err(EngineError::Failed { said, .. }) if said.to_lowercase().contains("no such image") => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let found: Inspected = serde_json::from_slice(&stdout).map_err(|error| EngineError::Failed {
        purpose: "read what the engine says of the image".into(),
        said: error.to_string(),
    })?;
    let digest = found
        .repo_digests
        .unwrap_or_default()
        .into_iter()
        .next()
        .unwrap_or_else(|| found.id.clone());
    Ok(Some(Image {
        name: name.to_owned(),
        id: found.id,
        digest,
        size: found.size,
        source: None,
    }))
}

/// Whether a name is one that a build of ours gives: a tag of sixteen hexadecimal digits.
fn is_ours(name: &str) -> bool {
    let tag = name
        .strip_prefix(REPOSITORY)
        .and_then(|rest| rest.strip_prefix(':'))
        .unwrap_or_default();
    tag.len() == 16 && tag.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Toolbox images that are not `keep`, by name. Tags that somebody gave by hand are not ours to remove.
///
/// # Errors
/// [`EngineError`] when the engine can't say.
pub fn others(engine: &Engine, keep: &[String]) -> Result<Vec<String>, EngineError> {
    let stdout = engine.ask(
        "list the toolbox images",
        &["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", REPOSITORY],
    )?;
    Ok(String::from_utf8_lossy(&stdout)
        .lines()
        .filter(|name| is_ours(name) && !keep.iter().any(|kept| kept == name))
        .map(str::to_owned)
        .collect())
}

/// Containers, running or not, that stand on an image, by name.
///
/// # Errors
/// [`EngineError`] when the engine can't say.
pub fn users(engine: &Engine, name: &str) -> Result<Vec<String>, EngineError> {
    let filter = format!("ancestor={name}");
    let args = ["ps", "--all", "--filter", &filter, "--format", "{{.Names}}"];
    let listed = engine.ask("ask what uses an old toolbox image", &args)?;
    Ok(String::from_utf8_lossy(&listed)
        .lines()
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_names_that_a_build_gives_are_ours_to_remove() {
        assert!(is_ours("lakehouse-toolbox:0123456789abcdef"));
        for other in [
            "lakehouse-toolbox:mine",
            "lakehouse-toolbox:0123456789abcde",
            "lakehouse-toolbox:<none>",
            "lakehouse-toolbox2:0123456789abcdef",
            "other:0123456789abcdef",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
