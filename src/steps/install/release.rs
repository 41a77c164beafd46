//! A Helm release, whatever its chart: what is wanted, what stands there, and what is to be done. Pure, but for
//! [`observe`].
//!
//! helm never waits for readiness here (`--wait`): it would hold the release in `pending-…` for minutes, and a run that
//! is killed meanwhile would leave it locked. Whether what a chart made is ready, the step itself looks at.

mod differ;
pub mod live;
mod look;
mod quantity;
pub mod recovery;
mod stops;
mod values;

use super::{Decision, Desired, Stop, Upgrade, Write, cluster_asks};
use crate::clients::Ask;
use crate::clients::explain::quoted;
use crate::clients::kubectl::writes::FIELD_MANAGER;
use crate::gateway::spec::Effect;
use crate::gateway::{CommandSpec, Tool};
use crate::model::{CREATED_BY, ChartReference};
use crate::report::Code;
use differ::{alike, drift, is_newer, shown};
use jiff::SignedDuration;
use recovery::{Cut, Standing, aged, is_cut};
use serde_json::{Value, json};
use std::time::Duration;
use stops::{as_wanted, conflict, leaving, maker, newer, pending};

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
    /// Install's own values, an object: all that differ from the chart's. No secrets: the plan shows them. The user's
    /// own ([`Desired::set_values`]) are laid over them.
    pub values: Value,
}

/// A release that stands there.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// Its newest revision; none where helm did not say.
    pub revision: Option<u64>,
    /// How long ago that was begun; none where helm did not say.
    pub age: Option<SignedDuration>,
    /// What is known of a change that has not come to its end; only of a release of ours.
    pub cut: Option<Cut>,
    /// The newest revision that is deployed and its chart's version, where the newest of all failed or did not come to
    /// its end; only of a release of ours.
    pub deployed: Option<(u64, String)>,
    /// What of its objects was deleted or changed by hand, for people; only of a release of ours that is else as wanted.
    pub drift: Vec<String>,
    /// Those of its objects that are being deleted and still stand, for people; only as [`Self::drift`].
    pub leaving: Vec<String>,
    /// Changed objects of added kinds, which helm would leave as they are.
    pub custom: Vec<Value>,
    /// The kinds that the chart brings outside its templates, as YAML, where they are to be applied: helm makes them
    /// with the first install and never again.
    pub kinds: Option<String>,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "one for each release at a time; a box would stand in every pattern"
)]
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
        let chart = desired.charts.chart(self.chart)?;
        Some(chart.reference(desired.chart_mirror.as_ref()))
    }

    /// What the plan's digest holds of it.
    #[must_use]
    pub fn digested(&self, desired: &Desired) -> Value {
        let reference = self.reference(desired);
        let mut digested = json!({
            "release": self.name,
            "namespace": self.namespace,
            "chart": reference.as_ref().map(ToString::to_string),
            "digest": reference.and_then(|it| it.digest),
            "values": self.values,
        });
        if let Some(hash) = values::digested(desired, self) {
            digested["userValues"] = hash;
        }
        digested
    }

    /// Install's values with the user's over them: what the release is given.
    #[must_use]
    pub fn whole(&self, desired: &Desired) -> Value {
        values::merged(desired, self)
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
        spec.stdin = Some(format!("{}\n", values::document(&self.whole(desired))).into_bytes());
        spec.secrets = values::secrets(desired, self, &spec.args);
        let is_users = values::of_user(desired, self).is_some();
        let write = Write::cluster(Ask { spec, action: "" });
        // The user's values may be secrets: no file of the plan shows them.
        if is_users || self.values.as_object().is_some_and(serde_json::Map::is_empty) {
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
    if let Some(stop) = values::refused(desired, wanted) {
        return Decision::blocked(
            "your own values would change what install needs",
            digested,
            vec![stop],
        );
    }
    let own = values::words(desired, wanted);
    let create = |why: &str| {
        let (name, chart, version) = (wanted.name, wanted.chart, &reference.version);
        let detail = format!("release `{name}` of the chart `{chart}` {version}{why}{own}");
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
        status if is_cut(status) && ours => {
            return cut_short(desired, wanted, &reference, found, digested, writes());
        }
        status if is_cut(status) => {
            return blocked(
                "another helm is at work on it, or was cut short",
                pending(desired, wanted, found),
            );
        }
        _ => {}
    }
    if ours && found.status == "deployed" && is_newer(&found.version, &reference.version) {
        return blocked(
            "a newer chart stands there",
            newer(desired, wanted, &reference, found),
        );
    }
    if !found.leaving.is_empty() {
        return blocked(
            "something of it is being deleted",
            leaving(desired, wanted, found),
        );
    }
    let drift = drift(desired, wanted, &reference, found);
    match (drift.is_empty(), ours) {
        (true, true) => Decision::settled(format!("{}{own}", as_wanted(wanted, &reference)), digested),
        (true, false) => {
            let detail = format!(
                "{}; made by {}, used as it is",
                as_wanted(wanted, &reference),
                maker(found)
            );
            Decision::settled(detail, digested).adopting()
        }
        (false, true) => Decision::update(
            format!("release `{}`: {}{own}", wanted.name, drift.join("; ")),
            digested,
            mending(wanted, &reference, found, writes()),
        )
        .upgrading(upgrade(desired, wanted, &reference, found)),
        (false, false) => blocked(
            "a release that this installation did not make differs from what is wanted",
            conflict(desired, wanted, &reference, found),
        ),
    }
}

/// The commands that bring a release on: what helm itself leaves undone goes before its upgrade.
fn mending(wanted: &Wanted, reference: &ChartReference, found: &Found, upgrade: Vec<Write>) -> Vec<Write> {
    let mut all = Vec::new();
    if let Some(kinds) = &found.kinds {
        let what = format!("the kinds of the chart `{}` {}", wanted.chart, reference.version);
        // Forced: helm made them, and is told by the API as the owner of each field that a newer chart changes. They
        // are the chart's own, whoever changed them since.
        all.push(
            Write::cluster(cluster_asks::take_back(
                &format!("apply {what}, which helm does not upgrade"),
                FIELD_MANAGER,
                kinds.clone(),
            ))
            .showing("kinds.yaml"),
        );
        let args = [
            "wait",
            "--for=condition=Established",
            "-f",
            "-",
            "--timeout",
            "60s",
        ];
        let mut ask = Ask::write(Tool::Kubectl, &format!("wait until the API serves {what}"), args);
        ask.spec.stdin = Some(kinds.clone().into_bytes());
        ask.spec.timeout = Duration::from_secs(90);
        all.push(Write::cluster(ask));
    }
    if !found.custom.is_empty() {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": found.custom});
        let purpose = format!("bring changed objects of the release `{}` back", wanted.name);
        // As helm, whose fields they are.
        all.push(Write::cluster(cluster_asks::take_back(
            &purpose,
            "helm",
            format!("{list:#}\n"),
        )));
    }
    all.extend(upgrade);
    all
}

/// What brings the release back where its new version, or its new values, fail.
fn upgrade(desired: &Desired, wanted: &Wanted, reference: &ChartReference, found: &Found) -> Option<Upgrade> {
    let (revision, from) = if found.status == "deployed" {
        let changes = found.version != reference.version || !alike(&wanted.whole(desired), &found.values);
        (found.revision.filter(|_| changes)?, &found.version)
    } else {
        // An attempt that was cut short or failed is made again: what was deployed before it is what it goes back to.
        let (revision, version) = found.deployed.as_ref()?;
        (*revision, version)
    };
    Some(Upgrade {
        release: wanted.name.to_owned(),
        namespace: wanted.namespace.clone(),
        chart: wanted.chart.to_owned(),
        from: shown(from).to_owned(),
        to: reference.version.clone(),
        revision,
        newest: found.revision,
        back: vec![recovery::roll_back(wanted, revision)],
    })
}

/// A release of ours that a helm was at work on: brought on where nobody is any more.
fn cut_short(
    desired: &Desired,
    wanted: &Wanted,
    reference: &ChartReference,
    found: &Found,
    digested: Value,
    writes: Vec<Write>,
) -> Decision {
    let (name, status) = (wanted.name, shown(&found.status));
    let Some(cut) = &found.cut else {
        // It came to its end between two questions.
        let what = format!("helm's change of the release `{name}`");
        return Decision::waiting(format!("{what} to come to its end"), digested, what);
    };
    let (aged, hooks) = (aged(found), cut.at_hooks());
    let blocked = |why: String, remedy: String| {
        let message = format!(
            "The release `{name}` in `{}`, made by this installation, is `{status}`{aged}{hooks}, and {why}. Nothing is written meanwhile.",
            wanted.namespace
        );
        let stop = Stop::new(Code::ReleasePending, message, remedy);
        Decision::blocked("a helm is at work on it", digested.clone(), vec![stop])
    };
    let look = format!(
        "`helm history {name} -n {}` shows it ({})",
        wanted.namespace,
        by_hand(desired)
    );
    match cut.standing() {
        Standing::Held(who) => blocked(
            who,
            format!("Wait for that run's end, then run the same command: it goes on with what that one left. {look}."),
        ),
        Standing::Young(left) => blocked(
            "a helm may still be at work on it: nobody that lives holds the cluster's Lease, and it is younger than helm's own limit".to_owned(),
            format!(
                "Run the same command after {}: its plan then brings the release on. {look}.",
                recovery::lasting(left.as_secs())
            ),
        ),
        // What is deployed may be newer than the lock, too: that is not known here.
        Standing::Over if cut.deployed.is_some() && is_newer(&found.version, &reference.version) => {
            Decision::blocked(
                "a newer chart was being installed",
                digested,
                vec![newer(desired, wanted, reference, found)],
            )
        }
        Standing::Over => {
            let mut all = vec![cut.write(wanted)];
            all.extend(writes);
            let detail = format!(
                "release `{name}`, made by this installation: `{status}`{aged}{hooks}, {}: {}",
                cut.whose(),
                cut.words()
            );
            Decision::update(detail, digested, all).upgrading(upgrade(desired, wanted, reference, found))
        }
    }
}

/// How a person's own helm and kubectl come to mean this cluster.
#[must_use]
pub fn by_hand(desired: &Desired) -> String {
    let asker = desired.asker();
    format!(
        "with a kubeconfig from `aws eks update-kubeconfig --name {} --region {}{}`",
        quoted(desired.target.cluster.as_str()),
        desired.target.region,
        asker.flag()
    )
}
