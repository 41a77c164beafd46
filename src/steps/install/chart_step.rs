//! A step that is one chart: its release, and the workloads that it makes.

use super::readiness::{self, Workload};
use super::release::{self, Observed, Wanted};
use super::{Desired, Look, Step, Verdict, Waiting, Waits, World};
use crate::clients::CallError;
use crate::model::Phase;
use crate::report::ReleaseEvidence;
use std::time::Duration;

/// How often in a row its workloads must be seen ready.
const GOOD: u32 = 2;
/// The longest time between two looks at them.
const PACE: Duration = Duration::from_secs(1);

/// A chart of the install. Settled once helm has it as it is wanted and every workload is ready in its newest form.
#[derive(Clone, Copy)]
pub struct ChartStep {
    /// Its stable name.
    pub id: &'static str,
    /// Its phase.
    pub phase: Phase,
    /// What must be settled before.
    pub after: &'static [&'static str],
    /// How long it takes.
    pub waits: Waits,
    /// The release as it should be.
    pub wanted: fn(&Desired) -> Wanted,
    /// What it makes that has to become ready, in the release's namespace.
    pub workloads: &'static [Workload],
}

impl Step for ChartStep {
    fn id(&self) -> &'static str {
        self.id
    }

    fn phase(&self) -> Phase {
        self.phase
    }

    fn after(&self) -> &'static [&'static str] {
        self.after
    }

    fn waits(&self) -> Waits {
        // Pods that are ready for a moment may not stay so.
        let good = if self.workloads.is_empty() { 1 } else { GOOD };
        let mut waits = self.waits.seen(self.waits.good.max(good));
        // A glance costs little, and is shared.
        waits.pace = waits.pace.min(PACE);
        waits
    }

    fn glance(&self, world: &World<'_>) -> Result<Option<Waiting>, CallError> {
        let namespace = (self.wanted)(world.desired).namespace;
        let seen = readiness::observe(world, &namespace, self.workloads)?;
        Ok(readiness::judge(world.desired, &namespace, &seen))
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let wanted = (self.wanted)(world.desired);
        let observed = release::observe(world, &wanted)?;
        let mut decision = release::decide(world.desired, &wanted, &observed);
        let seen = match &observed {
            Observed::There(_) => readiness::observe(world, &wanted.namespace, self.workloads)?,
            Observed::NoCluster | Observed::Absent => Vec::new(),
        };
        if matches!(decision.verdict, Verdict::Settled)
            && let Some(waiting) = readiness::judge(world.desired, &wanted.namespace, &seen)
        {
            decision.verdict = Verdict::Waiting(waiting);
        }
        let phase = self.phase;
        Ok(Look::of(decision).telling(move |evidence, _| {
            if let Some(release) = evidence_of(&wanted, &observed) {
                evidence.add_release(phase, release);
            }
            for workload in &seen {
                evidence.add_workload(phase, workload.evidence());
            }
        }))
    }
}

/// For the report: the release as helm has it; none where it is not there.
#[must_use]
pub fn evidence_of(wanted: &Wanted, observed: &Observed) -> Option<ReleaseEvidence> {
    let Observed::There(found) = observed else {
        return None;
    };
    Some(ReleaseEvidence {
        name: wanted.name.to_owned(),
        namespace: wanted.namespace.clone(),
        chart: found.chart.clone(),
        version: found.version.clone(),
        status: found.status.clone(),
    })
}
