//! What a Helm release's Secrets say of it beside their contents: its labels, which helm itself prints nowhere, and its
//! revisions.

use super::metadata::Marks;
use super::objects::Resource;
use super::{Kubectl, lines_between};
use crate::clients::call::formed;
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::is_word;
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Kubectl<'_> {
    /// The labels that a release's revisions were given, by revision: those on its Secrets without helm's own. The
    /// Secrets' contents are not printed.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn release_labels(&self, namespace: &str, release: &str) -> Result<BTreeMap<u64, Marks>, CallError> {
        let purpose = format!("read the labels of the release `{release}`");
        self.secrets_of(namespace, release, &purpose, RELEASES, |bytes| {
            parse_release_labels(bytes, release)
        })
    }

    /// Asks for the Secrets in which helm keeps a release, in the form `output`.
    fn secrets_of<T>(
        &self,
        namespace: &str,
        release: &str,
        purpose: &str,
        output: &str,
        parse: impl Fn(&[u8]) -> Result<T, ParseFailure>,
    ) -> Result<T, CallError> {
        let selector = format!("owner=helm,name={release}");
        let args = [
            "get",
            Resource::SECRET.name,
            "-n",
            namespace,
            "-l",
            &selector,
            "-o",
            output,
        ];
        self.ask(purpose, &args, parse)
    }
}

/// Which revision of a release the Secret of this name keeps.
fn revision(secret: &str, release: &str) -> Option<u64> {
    let begin = format!("sh.helm.release.v1.{release}.v");
    secret.strip_prefix(&begin)?.parse().ok()
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
    lines_between(bytes, "releases")?
        .map(|line| {
            let (name, labels) = line.split_once('\t').ok_or(ParseFailure::Form("releases[]"))?;
            let revision = revision(name, release);
            let mut labels: Marks = crate::clients::call::json(labels.as_bytes())?;
            labels.retain(|key, _| !HELMS_OWN.contains(&key.as_str()));
            Ok((
                revision.ok_or(ParseFailure::Form("releases[].metadata.name"))?,
                labels,
            ))
        })
        .collect()
}

/// The Secret in which helm keeps one revision of a release, by its labels: the contents are not printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The revision.
    pub revision: u64,
    /// The Secret's name, `sh.helm.release.v1.demo.v3`.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// Its version: it changes with each of helm's writes.
    pub resource_version: String,
    /// helm's word for the revision, `deployed`.
    pub status: String,
    /// When helm wrote it last, to the second; none where it did not say.
    pub written: Option<Timestamp>,
}

impl Kubectl<'_> {
    /// The kept revisions of a release, the oldest first.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn release_records(&self, namespace: &str, release: &str) -> Result<Vec<Record>, CallError> {
        let purpose = format!("read the revisions of the release `{release}`");
        self.secrets_of(namespace, release, &purpose, RECORDS, |bytes| {
            parse_release_records(bytes, release)
        })
    }
}

/// A release's Secrets by what names them, a line each between two words that prove the list whole.
const RECORDS: &str = concat!(
    r#"jsonpath={"records\n"}{range .items[*]}{.metadata.name}{"\t"}{.metadata.uid}{"\t"}"#,
    r#"{.metadata.resourceVersion}{"\t"}{.metadata.labels}{"\n"}{end}{"end\n"}"#
);

/// Reads what [`Kubectl::release_records`] asks for.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or cut short.
pub fn parse_release_records(bytes: &[u8], release: &str) -> Result<Vec<Record>, ParseFailure> {
    let mut records = lines_between(bytes, "records")?
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, uid, version, labels] = fields.as_slice() else {
                return Err(ParseFailure::Form("records[]"));
            };
            let labels: Marks = crate::clients::call::json(labels.as_bytes())?;
            let revision = revision(name, release);
            // Unix seconds (helm `pkg/storage/driver/secrets.go`): of the last write, else of the first.
            let written = ["modifiedAt", "createdAt"]
                .iter()
                .find_map(|key| labels.get(*key)?.parse().ok())
                .and_then(|seconds| Timestamp::from_second(seconds).ok());
            Ok(Record {
                revision: revision.ok_or(ParseFailure::Form("records[].metadata.name"))?,
                name: (*name).to_owned(),
                uid: formed(
                    (*uid).to_owned(),
                    |uid| is_word(uid, 64),
                    "records[].metadata.uid",
                )?,
                resource_version: formed(
                    (*version).to_owned(),
                    |it| is_word(it, 64),
                    "records[].metadata.resourceVersion",
                )?,
                status: formed(
                    labels.get("status").cloned().unwrap_or_default(),
                    |status| is_word(status, 32),
                    "records[].metadata.labels.status",
                )?,
                written,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    records.sort_by_key(|record| record.revision);
    Ok(records)
}
