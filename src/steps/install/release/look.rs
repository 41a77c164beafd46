//! The look at one release: its labels (whose it is), its chart and status, and its values.

use super::{Found, Observed, Wanted, recovery};
use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::form::is_word;
use crate::clients::helm::Helm;
use crate::clients::helm_words::ABSENT;
use crate::clients::kubeconfig::ClusterAccess;
use crate::clients::kubectl::Kubectl;
use crate::clients::{CallError, ParseFailure};
use crate::gateway::Tool;
use crate::model::CREATED_BY;
use crate::steps::install::World;
use jiff::Timestamp;
use serde::Deserialize;

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
    let kubectl = Kubectl {
        gateway: world.gateway,
        access,
    };
    let labels = kubectl.release_labels(&wanted.namespace, wanted.name)?;
    let Some((_, labels)) = labels.into_iter().next_back() else {
        return Ok(Observed::Absent);
    };
    let client = Helm {
        gateway: world.gateway,
        access,
    };
    // A release that went between two questions is absent.
    let Some(metadata) = metadata(world, access, wanted)? else {
        return Ok(Observed::Absent);
    };
    let Some(values) = client.values(&wanted.namespace, wanted.name)? else {
        return Ok(Observed::Absent);
    };
    let created_by = labels.get(CREATED_BY).cloned();
    let ours = created_by.as_deref() == Some(world.desired.installation().as_str());
    let cut = if ours && recovery::is_cut(&metadata.status) {
        recovery::look(world, &kubectl, wanted)?
    } else {
        None
    };
    let begun = metadata
        .since
        .as_deref()
        .and_then(|since| since.parse::<Timestamp>().ok());
    Ok(Observed::There(Found {
        chart: metadata.chart,
        version: metadata.version,
        status: metadata.status,
        since: metadata.since,
        values,
        created_by,
        revision: metadata.revision,
        age: begun.map(|begun| (world.now)().duration_since(begun)),
        cut,
    }))
}

/// As the client's own question, with the time of the newest revision; nothing where helm says that there is none.
fn metadata(
    world: &World<'_>,
    access: &ClusterAccess,
    wanted: &Wanted,
) -> Result<Option<Metadata>, CallError> {
    let args = [
        "get",
        "metadata",
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
    let purpose = format!("read the release `{}`", wanted.name);
    let answer = ask(world.gateway, &Ask::tool(Tool::Helm, &purpose, args), |bytes| {
        parse_metadata(bytes, wanted.name, &wanted.namespace)
    });
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.said.lines().any(|line| line.trim() == ABSENT) => Ok(None),
        Err(error) => Err(error),
    }
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
    /// The revision.
    pub revision: Option<u64>,
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
    revision: Option<u64>,
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
        revision: raw.revision,
    })
}
