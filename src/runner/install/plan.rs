//! The plan: every step looked at side by side, and what the looks mean together.

use super::{digest, words};
use crate::clients::CallError;
use crate::model::{Approve, Phase};
use crate::report::{
    Code, InstallStatus, StepAction, StepOutcome, StepReport, UpgradeOutcome, UpgradeReport,
};
use crate::steps::install::{Decision, Look, Step, Stop, Verdict, World, set_values};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A step, and how it stood when the plan was made.
pub struct PlannedStep {
    /// The step.
    pub step: Box<dyn Step>,
    /// What it saw and decided.
    pub look: Result<Look, CallError>,
    /// Paths of its documents, once they are kept.
    pub documents: Vec<String>,
    /// Steps that must be settled before it beside those that it names itself.
    pub also_after: Vec<&'static str>,
}

impl PlannedStep {
    /// The decision, where it could be looked at.
    #[must_use]
    pub fn decision(&self) -> Option<&Decision> {
        self.look.as_ref().ok().map(|look| &look.decision)
    }

    /// What it does.
    #[must_use]
    pub fn action(&self) -> StepAction {
        self.decision()
            .map_or(StepAction::Unknown, |decision| decision.action)
    }

    /// Whether there is anything to do, or to wait for.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(
            self.decision().map(|decision| &decision.verdict),
            Some(Verdict::Settled)
        )
    }

    /// How long it usually takes, in seconds: a thing that stands and only gets a mark or a setting takes none of the
    /// time that making it takes.
    #[must_use]
    pub fn usual(&self) -> u64 {
        let usual = self.step.waits().usual.as_secs();
        match self
            .decision()
            .map(|decision| (&decision.verdict, decision.action))
        {
            Some((Verdict::Settled, _)) => 0,
            Some((Verdict::Write(_), StepAction::Update | StepAction::Adopt)) => usual.min(30),
            _ => usual,
        }
    }

    /// The release that it brings to another version, with how that ended.
    #[must_use]
    pub fn upgrade(&self, outcome: UpgradeOutcome) -> Option<UpgradeReport> {
        let upgrade = self.decision()?.upgrade.as_ref()?;
        if upgrade.from == upgrade.to {
            return None;
        }
        let now = match outcome {
            UpgradeOutcome::Planned | UpgradeOutcome::NotBegun | UpgradeOutcome::BroughtBack => {
                Some(&upgrade.from)
            }
            UpgradeOutcome::Done => Some(&upgrade.to),
            UpgradeOutcome::Unfinished => None,
        };
        Some(UpgradeReport {
            step: self.step.id().to_owned(),
            release: upgrade.release.clone(),
            namespace: upgrade.namespace.clone(),
            chart: upgrade.chart.clone(),
            from: upgrade.from.clone(),
            to: upgrade.to.clone(),
            now: now.cloned(),
            outcome,
        })
    }

    /// As the report has it, before anything was done.
    #[must_use]
    pub fn report(&self) -> StepReport {
        let decision = self.decision();
        StepReport {
            phase: self.step.phase().name().to_owned(),
            id: self.step.id().to_owned(),
            action: self.action(),
            detail: decision.map_or_else(
                || "How it stands is unknown; see the blockers.".to_owned(),
                |decision| decision.detail.clone(),
            ),
            outcome: StepOutcome::Planned,
            commands: decision
                .map(|decision| decision.writes().iter().map(words::command).collect())
                .unwrap_or_default(),
            documents: self.documents.clone(),
            usual_seconds: self.usual(),
            writes: 0,
            duration_ms: None,
        }
    }
}

/// The plan.
pub struct Plan {
    /// The steps, in their order.
    pub steps: Vec<PlannedStep>,
    /// Its digest; none where a step could not be looked at: such a plan can't be approved.
    pub digest: Option<String>,
    /// The last phase that it covers.
    pub last: Phase,
}

/// What a plan leads to.
pub enum Gate<'a> {
    /// A report, and nothing is written.
    Answer(InstallStatus),
    /// It is approved, and this run may only look.
    ReadOnly,
    /// It is carried out, by this approval.
    Go(&'a Approve),
}

/// Looks at every step, side by side; the order stays.
#[must_use]
pub fn observe(steps: &[Box<dyn Step>], world: &World<'_>) -> Vec<Result<Look, CallError>> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = steps
            .iter()
            .map(|step| std::thread::Builder::new().spawn_scoped(scope, || step.look(world)))
            .collect();
        threads
            .into_iter()
            .zip(steps)
            .map(|(thread, step)| match thread {
                // A machine without a thread to spare looks one after the other.
                Err(_) => step.look(world),
                Ok(thread) => thread.join().unwrap_or_else(|_| Ok(broken(step.as_ref()))),
            })
            .collect()
    })
}

/// A defect in a look is in the plan's way, and no crash.
fn broken(step: &dyn Step) -> Look {
    let found = Stop::new(
        Code::Internal,
        format!(
            "How the step `{}` stands is unknown: the look at it failed by a defect of lakehouse.",
            step.id()
        ),
        Code::Internal.remedy(),
    );
    Look::of(Decision::blocked(
        "how it stands is unknown",
        serde_json::Value::Null,
        vec![found],
    ))
}

/// Makes the plan.
#[must_use]
pub fn make(steps: Vec<Box<dyn Step>>, world: &World<'_>, last: Phase) -> Plan {
    let looks = observe(&steps, world);
    let mut steps: Vec<PlannedStep> = steps
        .into_iter()
        .zip(looks)
        .map(|(step, look)| PlannedStep {
            step,
            look,
            documents: Vec::new(),
            also_after: Vec::new(),
        })
        .collect();
    order(&mut steps);
    let decisions: Option<Vec<(&str, &Decision)>> = steps
        .iter()
        .map(|planned| Some((planned.step.id(), planned.decision()?)))
        .collect();
    let digest = decisions.map(|decisions| digest::of(&world.desired.target, decisions));
    Plan { steps, digest, last }
}

/// The order beside the one that the steps name: the user's values are kept before the first release, and one release
/// after the other is brought to a newer version, so that what fails stops all that stand behind it.
fn order(steps: &mut [PlannedStep]) {
    let has_values = steps.iter().any(|planned| planned.step.id() == set_values::ID);
    let mut in_cluster = vec!["cluster"];
    let mut before: Option<&'static str> = None;
    for planned in steps {
        let id = planned.step.id();
        if planned
            .step
            .after()
            .iter()
            .any(|before| in_cluster.contains(before))
        {
            in_cluster.push(id);
            if has_values && id != set_values::ID {
                planned.also_after.push(set_values::ID);
            }
        }
        let upgrade = planned.decision().and_then(|decision| decision.upgrade.as_ref());
        if upgrade.is_some_and(|upgrade| upgrade.from != upgrade.to) {
            planned.also_after.extend(before);
            before = Some(id);
        }
    }
}

impl Plan {
    /// The releases that it brings to another version, each with this outcome.
    #[must_use]
    pub fn upgrades(&self, outcome: UpgradeOutcome) -> Vec<UpgradeReport> {
        let steps = self.steps.iter();
        steps.filter_map(|planned| planned.upgrade(outcome)).collect()
    }

    /// Whether all is as it should be.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.steps.iter().all(|planned| !planned.is_open())
    }

    /// Whether it makes what has a price by the hour: the cluster, its nodes, or the load balancer.
    #[must_use]
    pub fn has_price(&self) -> bool {
        self.steps.iter().any(|planned| {
            ["cluster", "node-group", "site-ingress"].contains(&planned.step.id())
                && planned.action() == StepAction::Create
        })
    }

    /// What should be known and stops nothing.
    pub fn warnings(&self) -> impl Iterator<Item = &Stop> {
        self.steps
            .iter()
            .filter_map(PlannedStep::decision)
            .flat_map(|decision| &decision.warnings)
    }

    /// What stands in the way, with the step.
    pub fn stops(&self) -> impl Iterator<Item = (&PlannedStep, &Stop)> {
        self.steps.iter().flat_map(|planned| {
            let stops = match planned.decision().map(|decision| &decision.verdict) {
                Some(Verdict::Blocked(stops)) => stops.as_slice(),
                _ => &[],
            };
            stops.iter().map(move |stop| (planned, stop))
        })
    }

    /// The steps that could not be looked at.
    pub fn unknown(&self) -> impl Iterator<Item = (&PlannedStep, &CallError)> {
        self.steps
            .iter()
            .filter_map(|planned| planned.look.as_ref().err().map(|error| (planned, error)))
    }

    /// What comes of it with this approval. A read-only run shows the plan, and refuses an approval.
    #[must_use]
    pub fn gate<'a>(&self, approved: Option<&'a Approve>, read_only: bool, interrupted: bool) -> Gate<'a> {
        if interrupted {
            return Gate::Answer(InstallStatus::Interrupted);
        }
        let Some(digest) = &self.digest else {
            return Gate::Answer(InstallStatus::Blocked);
        };
        if self.stops().next().is_some() {
            return Gate::Answer(InstallStatus::Blocked);
        }
        if self.is_done() {
            return Gate::Answer(super::report::stands(self.last));
        }
        match approved {
            Some(_) if read_only => Gate::ReadOnly,
            Some(approve) if approve.covers(digest) => Gate::Go(approve),
            _ => Gate::Answer(InstallStatus::NeedsInput),
        }
    }

    /// Writes the documents that the commands will read into the run's folder, for whoever approves. Where that can't
    /// be, the plan names none; the commands don't read these files.
    pub fn keep_documents(&mut self, folder: Option<&Path>) {
        let Some(folder) = folder.map(|folder| folder.join("plan")) else {
            return;
        };
        for planned in &mut self.steps {
            let Some(decision) = planned.look.as_ref().ok().map(|look| &look.decision) else {
                continue;
            };
            let mut kept = Vec::new();
            for write in decision.writes() {
                let (Some(name), Some(bytes)) = (write.document, &write.ask.spec.stdin) else {
                    continue;
                };
                let path = folder.join(format!("{}-{name}", planned.step.id()));
                if keep(&folder, &path, bytes).is_ok() {
                    kept.push(path.display().to_string());
                }
            }
            planned.documents = kept;
        }
    }
}

fn keep(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)
}
