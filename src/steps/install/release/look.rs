//! The look at one release: its labels (whose it is), its chart and status, its values; and, of one that is else as
//! wanted, its objects.

use super::{Found, Observed, Wanted, alike, live, recovery, values};
use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::form::is_word;
use crate::clients::helm::{Helm, Revision};
use crate::clients::helm_charts::HelmCharts;
use crate::clients::helm_words::ABSENT;
use crate::clients::kubeconfig::ClusterAccess;
use crate::clients::kubectl::Kubectl;
use crate::clients::{CallError, ParseFailure};
use crate::gateway::Tool;
use crate::gateway::journal::sha256_hex;
use crate::model::CREATED_BY;
use crate::steps::install::World;
use crate::steps::install::desired::KUBERNETES;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// Charts that bring kinds outside their templates: those are looked for when the release is else as wanted (facts:
/// `charts.md`; the published eks-charts).
const BRING_KINDS: [&str; 1] = ["aws-load-balancer-controller"];
/// How long a release whose objects were found well is not looked at so closely again.
const CLOSELY: SignedDuration = SignedDuration::from_secs(30);

/// Looks at the release.
///
/// # Errors
/// [`CallError`] where how it stands is unknown, or the chart does not take the user's values.
pub fn observe(world: &World<'_>, wanted: &Wanted) -> Result<Observed, CallError> {
    let Some(standing) = world.standing()? else {
        check_values(world, wanted)?;
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
        check_values(world, wanted)?;
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
    let begun = metadata
        .since
        .as_deref()
        .and_then(|since| since.parse::<Timestamp>().ok());
    let mut found = Found {
        chart: metadata.chart,
        version: metadata.version,
        status: metadata.status,
        since: metadata.since,
        values,
        created_by,
        revision: metadata.revision,
        age: begun.map(|begun| (world.now)().duration_since(begun)),
        ..Found::default()
    };
    if found.created_by.as_deref() != Some(world.desired.installation().as_str()) {
        return Ok(Observed::There(found));
    }
    let name = format!("{}/{}", wanted.namespace, wanted.name);
    let was_there = world.ground.is_first_seen(&name, found.revision);
    if recovery::is_cut(&found.status) {
        found.cut = recovery::look(world, &kubectl, wanted)?;
    }
    if recovery::is_cut(&found.status) || found.status == "failed" {
        let history = client.history(&wanted.namespace, wanted.name)?;
        found.deployed = history.and_then(|revisions| deployed(&revisions, wanted.chart));
    }
    let locked = wanted.reference(world.desired).map(|reference| reference.version);
    let same_version = locked.as_ref() == Some(&found.version);
    if !same_version {
        found.kinds = kinds(world, wanted)?.filter(|kinds| !kinds.is_empty());
    }
    if !same_version || !alike(&wanted.whole(world.desired), &found.values) {
        check_values(world, wanted)?;
    } else if was_there && found.status == "deployed" && found.chart == wanted.chart {
        // What this run itself wrote is as helm left it: what differs there, controllers and defaults made so.
        look_closely(world, &kubectl, wanted, &mut found)?;
    }
    Ok(Observed::There(found))
}

/// The newest revision of `chart` that is deployed, and the chart's version.
fn deployed(revisions: &[Revision], chart: &str) -> Option<(u64, String)> {
    let newest = revisions.iter().rev().find(|one| one.status == "deployed")?;
    // helm joins the two with a dash.
    let version = newest.chart.strip_prefix(chart)?.strip_prefix('-')?;
    Some((newest.revision, version.to_owned()))
}

/// What of the release's objects was deleted or changed by hand.
fn look_closely(
    world: &World<'_>,
    kubectl: &Kubectl<'_>,
    wanted: &Wanted,
    found: &mut Found,
) -> Result<(), CallError> {
    let name = format!("{}/{}", wanted.namespace, wanted.name);
    let now = (world.now)();
    if world.ground.is_fresh(&name, now, CLOSELY) {
        return Ok(());
    }
    let client = Helm {
        gateway: world.gateway,
        access: kubectl.access,
    };
    let Some(objects) = client.manifest(&wanted.namespace, wanted.name, live::objects)? else {
        return Ok(());
    };
    let kinds = if BRING_KINDS.contains(&wanted.chart) {
        kinds(world, wanted)?.filter(|kinds| !kinds.is_empty())
    } else {
        None
    };
    let brought = kinds.as_deref().map(live::objects).transpose().map_err(|_| {
        crate::steps::install::world::cannot(
            &format!("read the kinds of the chart `{}`", wanted.chart),
            "they are not YAML",
        )
    })?;
    let brought = brought.unwrap_or_default();
    let all: Vec<_> = objects.iter().chain(&brought).cloned().collect();
    if all.is_empty() {
        return Ok(());
    }
    let asked = live::asked(&all, &wanted.namespace);
    let purpose = format!("look at the objects of the release `{}`", wanted.name);
    let Some(standing) = kubectl.those_of(&purpose, &asked, live::answered)? else {
        found.drift = vec!["a kind of its objects is gone from the API".to_owned()];
        return Ok(());
    };
    let own = live::compare(&objects, &standing, &wanted.namespace);
    let of_kinds = live::compare(&brought, &standing, &wanted.namespace);
    if of_kinds.drift.is_empty() && own.drift.is_empty() {
        world.ground.found_well(&name, now);
    }
    if !of_kinds.drift.is_empty() {
        found.kinds = kinds;
    }
    found.drift = of_kinds.drift;
    found.drift.extend(own.drift);
    found.leaving = of_kinds.leaving;
    found.leaving.extend(own.leaving);
    found.custom = own.custom;
    Ok(())
}

/// The kinds that the locked chart brings outside its templates, as YAML; none where the lock does not hold the chart.
fn kinds(world: &World<'_>, wanted: &Wanted) -> Result<Option<String>, CallError> {
    let Some(reference) = wanted.reference(world.desired) else {
        return Ok(None);
    };
    let charts = HelmCharts {
        gateway: world.gateway,
    };
    let text = world
        .ground
        .text(&format!("kinds of {reference}"), || charts.kinds(&reference))?;
    Ok(Some(text.trim().to_owned()))
}

/// Has the chart itself check the user's values, by its schema and its templates; nothing of the cluster is asked.
fn check_values(world: &World<'_>, wanted: &Wanted) -> Result<(), CallError> {
    let desired = world.desired;
    if values::of_user(desired, wanted).is_none() || values::refused(desired, wanted).is_some() {
        return Ok(());
    }
    let Some(reference) = wanted.reference(desired) else {
        return Ok(());
    };
    let text = values::document(&wanted.whole(desired));
    let charts = HelmCharts {
        gateway: world.gateway,
    };
    let what = format!(
        "values of {} {reference} {}",
        wanted.name,
        sha256_hex(text.as_bytes())
    );
    let checked = world.ground.text(&what, || {
        let secrets = values::secrets(desired, wanted, &reference.args());
        let place = (wanted.name, wanted.namespace.as_str());
        charts
            .take_values(&reference, place, &text, secrets, KUBERNETES)
            .map(|()| String::new())
    });
    checked.map(drop)
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
