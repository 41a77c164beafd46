//! The labels of a Helm release, which helm itself prints nowhere.

use super::Kubectl;
use super::metadata::Marks;
use super::objects::Resource;
use crate::clients::failure::{CallError, ParseFailure};
use std::collections::BTreeMap;

impl Kubectl<'_> {
    /// The labels that a release's revisions were given, by revision: those on its Secrets without helm's own. The
    /// Secrets' contents are not printed.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn release_labels(&self, namespace: &str, release: &str) -> Result<BTreeMap<u64, Marks>, CallError> {
        let purpose = format!("read the labels of the release `{release}`");
        let selector = format!("owner=helm,name={release}");
        let args = [
            "get",
            Resource::SECRET.name,
            "-n",
            namespace,
            "-l",
            &selector,
            "-o",
            RELEASES,
        ];
        self.ask(&purpose, &args, |bytes| parse_release_labels(bytes, release))
    }
}

/// A release's Secrets, a line each between two words that prove the list whole.
const RELEASES: &str =
    r#"jsonpath={"releases\n"}{range .items[*]}{.metadata.name}{"\t"}{.metadata.labels}{"\n"}{end}{"end\n"}"#;

/// The labels that helm itself sets (helm `pkg/storage/driver/util.go`).
const HELMS_OWN: [&str; 6] = ["name", "owner", "status", "version", "createdAt", "modifiedAt"];

/// Reads what [`Kubectl::release_labels`] asks for.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or cut short.
pub fn parse_release_labels(bytes: &[u8], release: &str) -> Result<BTreeMap<u64, Marks>, ParseFailure> {
    let text = std::str::from_utf8(bytes).map_err(|_| ParseFailure::Form("releases"))?;
    if text.trim().is_empty() {
        return Err(ParseFailure::Empty);
    }
    let rest = text
        .strip_prefix("releases\n")
        .ok_or(ParseFailure::Form("releases"))?;
    let lines = rest.strip_suffix("end\n").ok_or(ParseFailure::Cut)?;
    let begin = format!("sh.helm.release.v1.{release}.v");
    lines
        .lines()
        .map(|line| {
            let (name, labels) = line.split_once('\t').ok_or(ParseFailure::Form("releases[]"))?;
            let revision = name.strip_prefix(&begin).and_then(|number| number.parse().ok());
            let mut labels: Marks = crate::clients::call::json(labels.as_bytes())?;
            labels.retain(|key, _| !HELMS_OWN.contains(&key.as_str()));
            Ok((
                revision.ok_or(ParseFailure::Form("releases[].metadata.name"))?,
                labels,
            ))
        })
        .collect()
}
