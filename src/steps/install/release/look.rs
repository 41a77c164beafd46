//! The look at one release: its labels (whose it is), its chart and status, and its values.

use super::{Found, Observed, Wanted};
use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::form::{is_dns_name, is_word};
use crate::clients::kubeconfig::ClusterAccess;
use crate::clients::{CallError, ErrorClass, ParseFailure};
use crate::gateway::Tool;
use crate::model::CREATED_BY;
use crate::steps::install::World;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Of each revision the labels alone, between two words that prove the list whole: the Secret itself holds the chart.
const LABELS: &str =
    r#"jsonpath={"releases\n"}{range .items[*]}{.metadata.name}{"\t"}{.metadata.labels}{"\n"}{end}{"end\n"}"#;

/// Looks at the release.
///
/// # Errors
/// [`CallError`] where how it stands is unknown.
pub fn observe(world: &World<'_>, wanted: &Wanted) -> Result<Observed, CallError> {
    let Some(standing) = world.standing()? else {
        return Ok(Observed::NoCluster);
    };
    let access = &standing.access;
    // helm's own Secrets tell of every revision, so that their absence is the release's.
    let Some(labels) = labels(world, access, wanted)? else {
        return Ok(Observed::Absent);
    };
    let metadata = helm(world, access, wanted, "metadata", |bytes| {
        parse_metadata(bytes, wanted.name, &wanted.namespace)
    });
    let (metadata, values) = match metadata {
        Ok(metadata) => (metadata, helm(world, access, wanted, "values", parse_values)),
        Err(error) => return gone(error),
    };
    let values = match values {
        Ok(values) => values,
        Err(error) => return gone(error),
    };
    Ok(Observed::There(Found {
        chart: metadata.chart,
        version: metadata.version,
        status: metadata.status,
        since: metadata.since,
        values,
        created_by: labels.get(CREATED_BY).cloned(),
    }))
}

/// A release that went between two questions is absent; anything else is unknown.
fn gone(error: CallError) -> Result<Observed, CallError> {
    if error.said.trim() == "Error: release: not found" {
        return Ok(Observed::Absent);
    }
    Err(error)
}

/// The labels of the newest revision; nothing where there is none.
fn labels(
    world: &World<'_>,
    access: &ClusterAccess,
    wanted: &Wanted,
) -> Result<Option<BTreeMap<String, String>>, CallError> {
    let selector = format!("owner=helm,name={}", wanted.name);
    let args = [
        "get",
        "secrets",
        "-n",
        &wanted.namespace,
        "-l",
        &selector,
        "-o",
        LABELS,
        "--kubeconfig",
        &access.kubeconfig,
        "--context",
        &access.context,
        "--request-timeout",
        "15s",
    ];
    let purpose = format!("read whose the release `{}` is", wanted.name);
    ask(
        world.gateway,
        &Ask::tool(Tool::Kubectl, &purpose, args),
        parse_labels,
    )
}

fn helm<T>(
    world: &World<'_>,
    access: &ClusterAccess,
    wanted: &Wanted,
    what: &str,
    parse: impl Fn(&[u8]) -> Result<T, ParseFailure>,
) -> Result<T, CallError> {
    let args = [
        "get",
        what,
        wanted.name,
        "-n",
        &wanted.namespace,
        "-o",
        "json",
        "--kubeconfig",
        &access.kubeconfig,
        "--kube-context",
        &access.context,
    ];
    let purpose = format!("read the {what} of the release `{}`", wanted.name);
    let question = Ask::tool(Tool::Helm, &purpose, args);
    ask(world.gateway, &question, parse).map_err(|error| {
        // helm's own "not found" has no class of its own.
        if error.said.trim() == "Error: release: not found" {
            CallError {
                class: ErrorClass::Absent,
                ..error
            }
        } else {
            error
        }
    })
}

/// Chart, version and status of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The chart's name.
    pub chart: String,
    /// Its version.
    pub version: String,
    /// helm's word.
    pub status: String,
    /// When the revision was begun.
    pub since: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMetadata {
    name: String,
    namespace: String,
    chart: String,
    version: String,
    status: String,
    deployed_at: Option<String>,
}

/// Reads `helm get metadata -o json` of the release `name` in `namespace`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another release.
pub fn parse_metadata(bytes: &[u8], name: &str, namespace: &str) -> Result<Metadata, ParseFailure> {
    let raw: RawMetadata = json(bytes)?;
    formed(raw.name, |found| found == name, "name")?;
    formed(raw.namespace, |found| found == namespace, "namespace")?;
    Ok(Metadata {
        chart: formed(raw.chart, |chart| is_word(chart, 250), "chart")?,
        version: raw.version,
        status: formed(raw.status, |status| is_word(status, 32), "status")?,
        since: raw.deployed_at,
    })
}

/// Reads `helm get values -o json`: an object, or `null` where none were given.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_values(bytes: &[u8]) -> Result<Value, ParseFailure> {
    match json(bytes)? {
        Value::Null => Ok(Value::Object(serde_json::Map::new())),
        values @ Value::Object(_) => Ok(values),
        _ => Err(ParseFailure::Form("values")),
    }
}

/// Reads the labels of a release's Secrets, a line a revision; gives those of the newest, and nothing where there is
/// none.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or was cut.
pub fn parse_labels(bytes: &[u8]) -> Result<Option<BTreeMap<String, String>>, ParseFailure> {
    let text = std::str::from_utf8(bytes).map_err(|_| ParseFailure::Form("releases"))?;
    let lines = text
        .strip_prefix("releases\n")
        .and_then(|rest| rest.strip_suffix("end\n"))
        .ok_or(ParseFailure::Cut)?;
    let mut newest: Option<(u64, BTreeMap<String, String>)> = None;
    for line in lines.lines() {
        let (name, labels) = line.split_once('\t').ok_or(ParseFailure::Form("releases[]"))?;
        formed(name.to_owned(), is_dns_name, "releases[].name")?;
        let labels: BTreeMap<String, String> = json(labels.as_bytes())?;
        let revision = labels
            .get("version")
            .and_then(|version| version.parse().ok())
            .ok_or(ParseFailure::Form("releases[].version"))?;
        if newest.as_ref().is_none_or(|(known, _)| *known < revision) {
            newest = Some((revision, labels));
        }
    }
    Ok(newest.map(|(_, labels)| labels))
}
