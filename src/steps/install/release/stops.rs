//! What stands in a release's way, for people.

use super::differ::{drift, shown};
use super::recovery::aged;
use super::{Found, Wanted, by_hand};
use crate::model::ChartReference;
use crate::report::Code;
use crate::steps::install::{Desired, Stop};

pub(super) fn as_wanted(wanted: &Wanted, reference: &ChartReference) -> String {
    format!(
        "release `{}` of the chart `{}` {} is deployed",
        wanted.name, wanted.chart, reference.version
    )
}

pub(super) fn maker(found: &Found) -> &'static str {
    if found.created_by.is_some() {
        "another installation of lakehouse"
    } else {
        "somebody else"
    }
}

pub(super) fn newer(desired: &Desired, wanted: &Wanted, reference: &ChartReference, found: &Found) -> Stop {
    let (name, namespace, locked) = (wanted.name, &wanted.namespace, &reference.version);
    Stop::new(
        Code::ReleaseNewer,
        format!(
            "The release `{name}` in `{namespace}` is of the chart `{}` {}, newer than {locked}, which is locked here. Install does not take it back.",
            wanted.chart,
            shown(&found.version)
        ),
        format!(
            "Run the `lakehouse` that installed it, or a newer one (where LAKEHOUSE_CHARTS_LOCK names a lock, one with the newer chart). To go back on purpose: `helm history {name} -n {namespace}`, then `helm rollback {name} REVISION -n {namespace}` ({}).",
            by_hand(desired)
        ),
    )
}

/// Objects of a release of ours are being deleted: helm would patch them, and they would go all the same.
pub(super) fn leaving(desired: &Desired, wanted: &Wanted, found: &Found) -> Stop {
    let (name, namespace) = (wanted.name, &wanted.namespace);
    Stop::new(
        Code::OperationInProgress,
        format!(
            "Of the release `{name}` in `{namespace}`, something is on its way out: {}. Nothing can be made in its place until it is gone.",
            found.leaving.join("; ")
        ),
        format!(
            "A deletion that was begun can't be taken back: what a claim's volume holds goes with it unless the volume's reclaim policy is `Retain`. `kubectl describe` shows what holds what is named ({}): a claim is held by the pods that mount it. Let that go, wait until it is gone, then run the same command.",
            by_hand(desired)
        ),
    )
}

pub(super) fn conflict(
    desired: &Desired,
    wanted: &Wanted,
    reference: &ChartReference,
    found: &Found,
) -> Stop {
    let (name, namespace) = (wanted.name, &wanted.namespace);
    let what = if found.chart == wanted.chart {
        drift(desired, wanted, reference, found).join("; ")
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

pub(super) fn pending(desired: &Desired, wanted: &Wanted, found: &Found) -> Stop {
    let (name, namespace) = (wanted.name, &wanted.namespace);
    let since = aged(found);
    let status = shown(&found.status);
    let undo = match status {
        "pending-upgrade" | "pending-rollback" => format!("`helm rollback {name} -n {namespace}`"),
        // The only way out of a first install, and a person's to go: what it takes along must be said.
        _ => format!(
            "`helm uninstall {name} -n {namespace}`, which deletes all that it made, claims of volumes with their data too (`helm get manifest {name} -n {namespace}` lists it)"
        ),
    };
    Stop::new(
        Code::ReleasePending,
        format!(
            "The release `{name}` in `{namespace}`, made by {}, is `{status}`{since}: a helm is at work on it, or was cut short before it could say how it ended.",
            maker(found)
        ),
        format!(
            "Wait ten minutes and run the same command. If it is still so, and nobody's helm is at work (`helm history {name} -n {namespace}`), take it back: {undo}, then run the same command ({}).",
            by_hand(desired)
        ),
    )
}
