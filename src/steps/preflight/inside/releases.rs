//! Check `releases`: no Helm release stands where install would put its own, and none would fight with one of them.

use super::Subject;
use super::access::unknown;
use super::health::some_of;
use super::planned::{PLANNED, Planned};
use crate::clients::CallError;
use crate::clients::helm::Release;
use crate::model::Namespace;
use crate::report::{Code, Finding, Outcome};
use crate::steps::preflight::checked::Checked;
use std::fmt::Write;

/// The check's id.
pub const ID: &str = "releases";

/// What one release means for the install.
enum Meaning {
    /// It is the install's own, and well.
    Ours,
    /// It is the install's own, and not finished.
    Unfinished(String),
    /// It stands in the way.
    InTheWay(String),
}

/// Judges the releases of the cluster for an install into `namespace`.
#[must_use]
pub fn decide(
    releases: &Result<Vec<Release>, CallError>,
    namespace: &Namespace,
    subject: &Subject<'_>,
) -> Checked {
    let releases = match releases {
        Ok(releases) => releases,
        Err(error) => {
            let what = format!("Which Helm releases stand in the cluster `{}`", subject.name);
            return unknown(ID, &what, error, subject).into();
        }
    };
    let (mut ours, mut unfinished, mut in_the_way, mut places) =
        (0_usize, Vec::new(), Vec::new(), Vec::new());
    for release in releases {
        match meaning(release, namespace.as_str()) {
            None => continue,
            Some(Meaning::Ours) => {
                ours += 1;
                continue;
            }
            Some(Meaning::Unfinished(sentence)) => unfinished.push(sentence),
            Some(Meaning::InTheWay(sentence)) => in_the_way.push(sentence),
        }
        places.push(release);
    }
    if in_the_way.is_empty() && unfinished.is_empty() {
        let message = match ours {
            0 => "No Helm release of the cluster stands where install would put its own.".to_owned(),
            _ => format!(
                "Of install's {} Helm releases, {ours} of the same charts are there already: install would go on with what is there.",
                PLANNED.len()
            ),
        };
        return Finding::pass(ID, message).into();
    }
    let outcome = if in_the_way.is_empty() {
        Outcome::Warn
    } else {
        Outcome::Fail
    };
    let mut remedies = Vec::new();
    if !in_the_way.is_empty() {
        remedies.push("Choose another `--namespace` or `--cluster`, or remove what is in the way once nobody needs it (`helm uninstall NAME -n NAMESPACE`).".to_owned());
    }
    if !unfinished.is_empty() {
        remedies
            .push("If no other install is at work, install would try unfinished releases again.".to_owned());
    }
    let look = places
        .iter()
        .map(|it| format!("`helm history {} -n {}`", it.name, it.namespace));
    remedies.push(format!(
        "What they are: {} {}.",
        some_of(look.collect()),
        subject.by_hand()
    ));
    in_the_way.extend(unfinished);
    let mut finding =
        Finding::fail(ID, Code::ReleaseConflict, some_sentences(&in_the_way)).remedy(remedies.join(" "));
    finding.outcome = outcome;
    finding.into()
}

fn some_sentences(sentences: &[String]) -> String {
    const MOST: usize = 8;
    let more = sentences.len().saturating_sub(MOST);
    let mut text = sentences.iter().take(MOST).cloned().collect::<Vec<_>>().join(" ");
    if more > 0 {
        let _ = write!(text, " And {more} more; the evidence lists every release.");
    }
    text
}

fn meaning(release: &Release, own: &str) -> Option<Meaning> {
    let stands_at =
        |planned: &&Planned| planned.name == release.name && planned.namespace(own) == release.namespace;
    let (name, namespace) = (&release.name, &release.namespace);
    let chart = shown_chart(release);
    let since = release
        .day
        .as_ref()
        .map_or_else(String::new, |day| format!(" since {day}"));
    if let Some(planned) = PLANNED.iter().find(stands_at) {
        if planned.chart != release.chart {
            return Some(Meaning::InTheWay(format!(
                "The release `{name}` in `{namespace}` is of the chart {chart}, not of `{}`.",
                planned.chart
            )));
        }
        return Some(match release.status.as_str() {
            "deployed" => Meaning::Ours,
            status => Meaning::Unfinished(format!(
                "The release `{name}` in `{namespace}` is `{status}`{since}."
            )),
        });
    }
    // Removed with its history kept: nothing of it runs.
    if release.status == "uninstalled" {
        return None;
    }
    // Of a chart that install uses more than once, a release of another name is somebody's own.
    let alike = |planned: &&Planned| {
        planned.chart == release.chart && (planned.name == planned.chart || planned.name == release.name)
    };
    let reason = PLANNED.iter().find(alike)?.only?;
    Some(Meaning::InTheWay(format!(
        "The chart {chart} stands already, as the release `{name}` in `{namespace}`{since}: {reason}."
    )))
}

fn shown_chart(release: &Release) -> String {
    match release.version.as_str() {
        "" => format!("`{}`", release.chart),
        version => format!("`{}` {version}", release.chart),
    }
}
