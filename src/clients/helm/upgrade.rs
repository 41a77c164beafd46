//! Installing and upgrading a release, and what a release says of itself.

use super::{Helm, is_chart_text};
use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::form::{is_dns_name, is_word};
use crate::clients::helm_words::ABSENT;
use crate::clients::kubectl::Kubectl;
use crate::clients::kubectl::metadata::is_label_value;
use crate::gateway::{LineListener, Tool};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long helm itself may take beside its wait: fetching the chart, rendering, asking the API server.
const BESIDE_THE_WAIT: Duration = Duration::from_secs(90);

/// A release as it shall stand.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// Its name.
    pub release: String,
    /// Its namespace.
    pub namespace: String,
    /// The chart's URL, `oci://registry/folder/name`.
    pub chart: String,
    /// The chart's exact version.
    pub version: String,
    /// The values, all of them: what an earlier revision set and this does not goes back to the chart's default.
    pub values: Value,
    /// Texts in the values that must not be shown.
    pub secrets: Vec<String>,
    /// Labels of the release (on its Secrets); helm keeps those of earlier revisions beside them.
    pub labels: BTreeMap<String, String>,
    /// Whether helm makes the namespace where it is absent.
    pub create_namespace: bool,
    /// Whether helm waits until what it made is ready.
    pub wait: bool,
    /// How long helm waits, for hooks as well.
    pub timeout: Duration,
    /// Is told of helm's words as they come.
    pub listener: Option<LineListener>,
}

/// What an upgrade made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgraded {
    /// The release's revision, 1 after an install.
    pub revision: u64,
    /// Its status: `deployed`.
    pub status: String,
}

/// One release, as its newest revision stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseDetail {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its chart's name.
    pub chart: String,
    /// Its chart's exact version.
    pub version: String,
    /// Its revision.
    pub revision: u64,
    /// Its status, as in [`Release`](super::Release).
    pub status: String,
    /// The labels that were given with `--labels`; none where they could not be told for this revision.
    pub labels: Option<BTreeMap<String, String>>,
}

/// One revision of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its number.
    pub revision: u64,
    /// Its status.
    pub status: String,
    /// The chart with its version, as helm joins them: `demo-1.2.3`.
    pub chart: String,
    /// helm's description. Untrusted text (an API server's words may stand in it): never part of a message.
    pub said: String,
}

impl Helm<'_> {
    /// Installs or upgrades a release. The values come by standard input, as JSON. helm prints the whole release with
    /// chart, values and manifest; only number and status are read.
    ///
    /// # Errors
    /// [`CallError`]: [`ErrorClass::Busy`], [`ErrorClass::Foreign`], [`ErrorClass::Invalid`], [`ErrorClass::NotReady`],
    /// or why there is no answer. [`REGISTRY`](crate::clients::helm_words::REGISTRY) as code: it was the registry.
    pub fn upgrade(&self, wanted: &Upgrade) -> Result<Upgraded, CallError> {
        let purpose = format!("install the chart as the release `{}`", wanted.release);
        let (timeout, labels) = (
            format!("{}s", wanted.timeout.as_secs()),
            label_flag(&wanted.labels),
        );
        // Without `--reset-values` empty values mean those of the revision before.
        let mut args = vec![
            "upgrade",
            "--install",
            &wanted.release,
            &wanted.chart,
            "--version",
            &wanted.version,
            "-n",
            &wanted.namespace,
            "-f",
            "-",
            "--reset-values",
            "--history-max",
            "10",
            "--timeout",
            &timeout,
        ];
        if !labels.is_empty() {
            args.extend(["--labels", &labels]);
        }
        if wanted.create_namespace {
            args.push("--create-namespace");
        }
        if wanted.wait {
            args.push("--wait");
        }
        args.extend(["-o", "json"]);
        args.extend(self.access());
        let mut question = Ask::write(Tool::Helm, &purpose, args);
        if !wanted
            .labels
            .iter()
            .all(|(key, value)| is_label_key(key) && is_label_value(value))
        {
            return Err(CallError {
                said: "a label of the release has not a label's form".to_owned(),
                ..question.error(ErrorClass::BadUsage)
            });
        }
        question.spec.stdin = Some(wanted.values.to_string().into_bytes());
        question.spec.secrets.clone_from(&wanted.secrets);
        question.spec.timeout = wanted.timeout + BESIDE_THE_WAIT;
        question.spec.listener.clone_from(&wanted.listener);
        ask(self.gateway, &question, |bytes| {
            parse_upgraded(bytes, &wanted.namespace, &wanted.release)
        })
    }

    /// The values that were given for a release, `{}` where none were; nothing where helm itself says that there is no
    /// such release.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn values(&self, namespace: &str, release: &str) -> Result<Option<Value>, CallError> {
        let purpose = format!("read the values of the release `{release}`");
        self.of_release(
            &purpose,
            &["get", "values", release, "-n", namespace, "-o", "json"],
            parse_values,
        )
    }

    /// The objects of a release's newest revision, read by `parse` of helm's YAML; nothing where helm itself says that
    /// there is no such release.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn manifest<T>(
        &self,
        namespace: &str,
        release: &str,
        parse: impl Fn(&str) -> Result<T, ParseFailure>,
    ) -> Result<Option<T>, CallError> {
        let purpose = format!("read the objects of the release `{release}`");
        self.of_release(
            &purpose,
            &["get", "manifest", release, "-n", namespace],
            |bytes| parse(std::str::from_utf8(bytes).map_err(|_| ParseFailure::Form("manifest"))?),
        )
    }

    /// The chart's hooks that helm began and that did not succeed, `Job/name` each; nothing where helm itself says that
    /// there is no such release. helm notes each before it begins it (`pkg/action/hooks.go`).
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn hooks_not_done(&self, namespace: &str, release: &str) -> Result<Option<Vec<String>>, CallError> {
        let purpose = format!("read the hooks of the release `{release}`");
        let args = ["status", release, "-n", namespace, "-o", "json"];
        self.of_release(&purpose, &args, parse_hooks)
    }

    /// A release with its labels, or nothing where helm itself says that there is none. helm 3.19 prints labels
    /// nowhere: they are read off the Secret of its newest revision, of which only the labels are printed.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn release(&self, namespace: &str, release: &str) -> Result<Option<ReleaseDetail>, CallError> {
        let purpose = format!("read the release `{release}`");
        let args = ["get", "metadata", release, "-n", namespace, "-o", "json"];
        let found = self.of_release(&purpose, &args, |bytes| parse_metadata(bytes, namespace, release))?;
        let Some(mut found) = found else {
            return Ok(None);
        };
        let kubectl = Kubectl {
            gateway: self.gateway,
            access: self.access,
        };
        found.labels = kubectl
            .release_labels(namespace, release)?
            .remove(&found.revision);
        Ok(Some(found))
    }

    /// The revisions of a release that are kept, the oldest first; nothing where helm itself says that there is none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn history(&self, namespace: &str, release: &str) -> Result<Option<Vec<Revision>>, CallError> {
        let purpose = format!("read the history of the release `{release}`");
        self.of_release(
            &purpose,
            &["history", release, "-n", namespace, "-o", "json"],
            parse_history,
        )
    }

    fn of_release<T>(
        &self,
        purpose: &str,
        args: &[&str],
        parse: impl Fn(&[u8]) -> Result<T, ParseFailure>,
    ) -> Result<Option<T>, CallError> {
        let question = Ask::tool(Tool::Helm, purpose, args.iter().copied().chain(self.access()));
        match ask(self.gateway, &question, parse) {
            Ok(found) => Ok(Some(found)),
            // Only these words, and nothing beside them, say that there is none.
            Err(error)
                if error.class == ErrorClass::Absent && error.said.lines().any(|it| it.trim() == ABSENT) =>
            {
                Ok(None)
            }
            Err(error) if error.class == ErrorClass::Absent => Err(CallError {
                class: ErrorClass::Other,
                ..error
            }),
            Err(error) => Err(error),
        }
    }
}

fn label_flag(labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.join(",")
}

/// A label's key: a name, with or without a DNS name and `/` before it.
fn is_label_key(text: &str) -> bool {
    let (prefix, name) = text.rsplit_once('/').unwrap_or(("example.com", text));
    is_dns_name(prefix) && !name.is_empty() && is_label_value(name)
}

#[derive(Deserialize)]
struct RawUpgraded {
    name: String,
    namespace: String,
    version: u64,
    info: RawInfo,
}

#[derive(Deserialize)]
struct RawInfo {
    status: String,
}

/// Reads `helm upgrade -o json`: of the whole release only number and status.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or another release's.
pub fn parse_upgraded(bytes: &[u8], namespace: &str, release: &str) -> Result<Upgraded, ParseFailure> {
    let raw: RawUpgraded = json(bytes)?;
    formed(raw.name, |name| name == release, "name")?;
    formed(raw.namespace, |name| name == namespace, "namespace")?;
    Ok(Upgraded {
        revision: raw.version,
        status: formed(raw.info.status, |status| is_word(status, 32), "info.status")?,
    })
}

/// Reads `helm get values -o json`: an object, or `null` where no values were given.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_values(bytes: &[u8]) -> Result<Value, ParseFailure> {
    match json(bytes)? {
        Value::Null => Ok(Value::Object(serde_json::Map::new())),
        object @ Value::Object(_) => Ok(object),
        _ => Err(ParseFailure::Form("values")),
    }
}

#[derive(Deserialize)]
struct RawMetadata {
    name: String,
    namespace: String,
    chart: String,
    version: String,
    revision: u64,
    status: String,
}

/// Reads `helm get metadata -o json`, which has no labels.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or another release's.
pub fn parse_metadata(bytes: &[u8], namespace: &str, release: &str) -> Result<ReleaseDetail, ParseFailure> {
    let raw: RawMetadata = json(bytes)?;
    Ok(ReleaseDetail {
        name: formed(raw.name, |name| name == release, "name")?,
        namespace: formed(raw.namespace, |name| name == namespace, "namespace")?,
        chart: formed(raw.chart, is_chart_text, "chart")?,
        version: formed(raw.version, is_chart_text, "version")?,
        revision: raw.revision,
        status: formed(raw.status, |status| is_word(status, 32), "status")?,
        labels: None,
    })
}

#[derive(Deserialize)]
struct RawStatus {
    name: String,
    #[serde(default)]
    hooks: Vec<RawHook>,
}

#[derive(Deserialize)]
struct RawHook {
    #[serde(default)]
    name: String,
    #[serde(default)]
    kind: String,
    last_run: Option<RawRun>,
}

#[derive(Deserialize)]
struct RawRun {
    phase: String,
}

/// Reads `helm status -o json`: of the whole release only the hooks that were begun and did not succeed.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_hooks(bytes: &[u8]) -> Result<Vec<String>, ParseFailure> {
    let raw: RawStatus = json(bytes)?;
    formed(raw.name, |name| !name.is_empty(), "name")?;
    let begun = |hook: &RawHook| {
        let phase = hook.last_run.as_ref().map(|run| run.phase.as_str());
        matches!(phase, Some("Running" | "Failed" | "Unknown"))
    };
    let not_done = raw.hooks.into_iter().filter(begun);
    not_done
        .map(|hook| {
            let kind = formed(hook.kind, |kind| is_word(kind, 63), "hooks[].kind")?;
            Ok(format!(
                "{kind}/{}",
                formed(hook.name, is_dns_name, "hooks[].name")?
            ))
        })
        .collect()
}

#[derive(Deserialize)]
struct RawRevision {
    revision: u64,
    status: String,
    chart: String,
    description: String,
}

/// Reads `helm history -o json`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_history(bytes: &[u8]) -> Result<Vec<Revision>, ParseFailure> {
    let raw: Vec<RawRevision> = json(bytes)?;
    let mut revisions = raw
        .into_iter()
        .map(|raw| {
            Ok(Revision {
                revision: raw.revision,
                status: formed(raw.status, |status| is_word(status, 32), "[].status")?,
                chart: formed(raw.chart, is_chart_text, "[].chart")?,
                said: crate::gateway::redact::untrusted(&raw.description),
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    revisions.sort_by_key(|it| it.revision);
    Ok(revisions)
}
