//! A Helm release, whatever its chart: what is wanted, what stands there, and what is to be done. Pure, but for
//! [`observe`].
//!
//! helm never waits for readiness here (`--wait`): it would hold the release in `pending-…` for minutes, and a run that
//! is killed meanwhile would leave it locked. Whether what a chart made is ready, the step itself looks at.

mod look;

use super::{Decision, Desired, Stop, Write};
use crate::clients::Ask;
use crate::clients::explain::quoted;
use crate::gateway::spec::Effect;
use crate::gateway::{CommandSpec, Tool};
use crate::model::{CREATED_BY, ChartLock, ChartReference};
use crate::report::Code;
use serde_json::{Value, json};
use std::time::Duration;

pub use look::{observe, parse_metadata};

/// How long helm may work on one release, hooks included; and when it is stopped, after it could say so itself.
const HELM_LIMIT: (&str, Duration) = ("5m", Duration::from_secs(330));

/// A release as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub namespace: String,
    /// The chart, by its name in the charts' lock.
    pub chart: &'static str,
    /// The values, an object: all that differ from the chart's own. No secrets: the plan shows them.
    pub values: Value,
}

/// A release that stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its chart's name.
    pub chart: String,
    /// Its chart's version.
    pub version: String,
    /// helm's word: `deployed`, `failed`, `pending-install`, …
    pub status: String,
    /// When its newest revision was begun, as helm says it: `2026-11-24T03:08:49Z`; none where it did not say.
    pub since: Option<String>,
    /// The values that it was given.
    pub values: Value,
    /// Our mark of creation, an installation's id; none on a release that no lakehouse made.
    pub created_by: Option<String>,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    /// There is no cluster that could hold it yet.
    NoCluster,
    /// The cluster has no such release.
    Absent,
    /// It is there.
    There(Found),
}

impl Wanted {
    /// The chart as helm is asked for it; none where the lock does not hold it.
    #[must_use]
    pub fn reference(&self, desired: &Desired) -> Option<ChartReference> {
        let chart = ChartLock::compiled().chart(self.chart)?;
        Some(chart.reference(desired.chart_mirror.as_ref()))
    }

    /// What the plan's digest holds of it.
    #[must_use]
    pub fn digested(&self, desired: &Desired) -> Value {
        let reference = self.reference(desired);
        json!({
            "release": self.name,
            "namespace": self.namespace,
            "chart": reference.as_ref().map(ToString::to_string),
            "digest": reference.and_then(|it| it.digest),
            "values": self.values,
        })
    }

    /// The command that makes it so, with the values by stdin.
    fn write(&self, desired: &Desired, reference: &ChartReference) -> Write {
        let mut args = vec!["upgrade".to_owned(), "--install".to_owned(), self.name.to_owned()];
        args.extend(reference.args());
        let label = format!("{CREATED_BY}={}", desired.installation());
        args.extend(
            [
                "-n",
                &self.namespace,
                "-f",
                "-",
                "--labels",
                &label,
                "--history-max",
                "10",
                "--reset-values",
                "--timeout",
                HELM_LIMIT.0,
            ]
            .map(str::to_owned),
        );
        let purpose = format!("install the chart `{}` {}", self.chart, reference.version);
        let mut spec = CommandSpec::read(Tool::Helm, &purpose, args);
        spec.effect = Effect::Write;
        spec.timeout = HELM_LIMIT.1;
        // JSON is YAML, and leaves no word to be read as another type.
        spec.stdin = Some(format!("{:#}\n", self.values).into_bytes());
        let write = Write::cluster(Ask { spec, action: "" });
        if self.values.as_object().is_some_and(serde_json::Map::is_empty) {
            write
        } else {
            write.showing("values.yaml")
        }
    }
}

/// What is to be done. `adopted` is a release of ours under another namespace's installation, or somebody else's, that
/// is just as wanted: it is used and never written. Settled says that helm has it so, and nothing of its pods.
#[must_use]
pub fn decide(desired: &Desired, wanted: &Wanted, observed: &Observed) -> Decision {
    let digested = wanted.digested(desired);
    let Some(reference) = wanted.reference(desired) else {
        let stop = Stop::new(
            Code::Internal,
            format!("The charts' lock does not hold `{}`.", wanted.chart),
            Code::Internal.remedy(),
        );
        return Decision::blocked("its chart is not known", digested, vec![stop]);
    };
    let writes = || vec![wanted.write(desired, &reference)];
    let create = |why: &str| {
        let (name, chart, version) = (wanted.name, wanted.chart, &reference.version);
        let detail = format!("release `{name}` of the chart `{chart}` {version}{why}");
        Decision::create(detail, digested.clone(), writes())
    };
    let found = match observed {
        Observed::NoCluster | Observed::Absent => return create(""),
        Observed::There(found) => found,
    };
    let ours = found.created_by.as_deref() == Some(desired.installation().as_str());
    let blocked = |detail: &str, stop: Stop| {
        let decision = Decision::blocked(detail, digested.clone(), vec![stop]);
        if ours { decision } else { decision.adopting() }
    };
    if found.chart != wanted.chart {
        return blocked(
            "another chart stands there",
            conflict(desired, wanted, &reference, found),
        );
    }
    match found.status.as_str() {
        // Removed with its history kept: nothing of it runs, and helm installs it anew.
        "uninstalled" => return create(", which was removed with its history kept"),
        status if status.starts_with("pending-") || status == "uninstalling" => {
            return blocked(
                "another helm is at work on it, or was cut short",
                pending(desired, wanted, found),
            );
        }
        _ => {}
    }
    let drift = drift(wanted, &reference, found);
    match (drift.is_empty(), ours) {
        (true, true) => Decision::settled(as_wanted(wanted, &reference), digested),
        (true, false) => {
            let detail = format!(
                "{}; made by {}, used as it is",
                as_wanted(wanted, &reference),
                maker(found)
            );
            Decision::settled(detail, digested).adopting()
        }
        (false, true) => Decision::update(
            format!("release `{}`: {}", wanted.name, drift.join("; ")),
            digested,
            writes(),
        ),
        (false, false) => blocked(
            "a release that this installation did not make differs from what is wanted",
            conflict(desired, wanted, &reference, found),
        ),
    }
}

fn as_wanted(wanted: &Wanted, reference: &ChartReference) -> String {
    format!(
        "release `{}` of the chart `{}` {} is deployed",
        wanted.name, wanted.chart, reference.version
    )
}

fn maker(found: &Found) -> &'static str {
    if found.created_by.is_some() {
        "another installation of lakehouse"
    } else {
        "somebody else"
    }
}

/// What differs, each as from → to. Values are named, not shown: whose they are may be anybody's.
fn drift(wanted: &Wanted, reference: &ChartReference, found: &Found) -> Vec<String> {
    let mut drift = Vec::new();
    if found.version != reference.version {
        drift.push(format!("chart {} → {}", shown(&found.version), reference.version));
    }
    let names = differing(&wanted.values, &found.values);
    if !names.is_empty() {
        drift.push(format!("values differ at {}", names.join(", ")));
    }
    if found.status != "deployed" {
        drift.push(format!("status `{}` → `deployed`", shown(&found.status)));
    }
    drift
}

/// The top-level values that are not alike, by their names; those that are somebody's own and have no plain name are
/// only said to be there.
fn differing(wanted: &Value, found: &Value) -> Vec<String> {
    let empty = serde_json::Map::new();
    let of = |value: &Value| value.as_object().cloned().unwrap_or_else(|| empty.clone());
    let (wanted, found) = (of(wanted), of(found));
    let mut names: Vec<String> = wanted
        .keys()
        .chain(found.keys())
        .filter(|name| match (wanted.get(*name), found.get(*name)) {
            (Some(one), Some(other)) => !alike(one, other),
            _ => true,
        })
        .map(|name| format!("`{}`", shown(name)))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Whether two values mean the same: helm keeps numbers as it pleases (`2`, `2.0`).
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| alike(value, other)))
        }
        _ => one == other,
    }
}

/// A word that came from the cluster, where it is a plain one.
fn shown(word: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
    if !word.is_empty() && word.len() <= 64 && word.bytes().all(plain) {
        word
    } else {
        "?"
    }
}

fn conflict(desired: &Desired, wanted: &Wanted, reference: &ChartReference, found: &Found) -> Stop {
    let (name, namespace) = (wanted.name, &wanted.namespace);
    let what = if found.chart == wanted.chart {
        drift(wanted, reference, found).join("; ")
    } else {
        format!("chart `{}` → `{}`", shown(&found.chart), wanted.chart)
    };
    Stop::new(
        Code::ReleaseConflict,
        format!(
            "The release `{name}` in `{namespace}` was made by {} and differs from what install needs: {what}. Install does not change it.",
            maker(found)
        ),
        format!(
            "`helm get values {name} -n {namespace}` shows it ({}). Bring it to the chart `{}` {} with install's values yourself, remove it once nobody needs it (`helm uninstall {name} -n {namespace}`), or choose another `--cluster`.",
            by_hand(desired),
            wanted.chart,
            reference.version
        ),
    )
}

fn pending(desired: &Desired, wanted: &Wanted, found: &Found) -> Stop {
    let (name, namespace) = (wanted.name, &wanted.namespace);
    let since = found.since.as_deref().map(shown_time).unwrap_or_default();
    let status = shown(&found.status);
    let undo = match status {
        "pending-upgrade" | "pending-rollback" => format!("`helm rollback {name} -n {namespace}`"),
        _ => format!("`helm uninstall {name} -n {namespace}`"),
    };
    Stop::new(
        Code::ReleasePending,
        format!(
            "The release `{name}` in `{namespace}`, made by {}, is `{status}`{since}: a helm is at work on it, or was cut short before it could say how it ended.",
            if found.created_by.as_deref() == Some(desired.installation().as_str()) {
                "this installation"
            } else {
                maker(found)
            }
        ),
        format!(
            "Wait ten minutes and run the same command. If it is still so, and nobody's helm is at work (`helm history {name} -n {namespace}`), take it back: {undo}, then run the same command ({}).",
            by_hand(desired)
        ),
    )
}

/// ` since 2026-11-24T03:08:49Z`, where helm said a time.
fn shown_time(since: &str) -> String {
    since
        .parse::<jiff::Timestamp>()
        .map_or_else(|_| String::new(), |since| format!(" since {since:.0}"))
}

/// How a person's own helm and kubectl come to mean this cluster.
pub(super) fn by_hand(desired: &Desired) -> String {
    let asker = desired.asker();
    format!(
        "with a kubeconfig from `aws eks update-kubeconfig --name {} --region {}{}`",
        quoted(desired.target.cluster.as_str()),
        desired.target.region,
        asker.flag()
    )
}
