//! Carries an approved plan out: steps without an order between them run side by side, and the first failure stops all.

use super::Job;
use super::converge::{Approved, Count, Upgrading, converge};
use super::failure::{Ended, internal, of_call};
use super::guard::Place;
use super::hold::Hold;
use super::plan::{Plan, PlannedStep};
use super::site::Site;
use crate::report::{
    InstallEvidence, Progress, StepAction, StepOutcome, StepReport, UpgradeOutcome, UpgradeReport,
};
use crate::steps::install::{History, Look, Stop, World};
use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// How a plan was carried out.
pub struct Done {
    /// The steps, in their order.
    pub steps: Vec<StepReport>,
    /// What stands.
    pub evidence: InstallEvidence,
    /// The first step that did not come to its end, and why. A failure comes before what it stopped.
    pub ended: Option<(Option<&'static str>, Ended)>,
    /// Whether this run may have changed anything.
    pub touched: bool,
    /// What should be known and stopped nothing, as it was seen last.
    pub warnings: Vec<Stop>,
    /// The releases that the plan brings to another version.
    pub upgrades: Vec<UpgradeReport>,
}

/// Which steps have come to an end.
#[derive(Default)]
struct Board {
    ended: Mutex<BTreeMap<&'static str, bool>>,
    moved: Condvar,
}

impl Board {
    /// Waits until each of `before` is settled; false where one never will be.
    fn wait(&self, before: &[&'static str]) -> bool {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if before.iter().any(|id| ended.get(id) == Some(&false)) {
                return false;
            }
            if before.iter().all(|id| ended.get(id) == Some(&true)) {
                return true;
            }
            ended = self.moved.wait(ended).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn end(&self, id: &'static str, well: bool) {
        self.ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, well);
        self.moved.notify_all();
    }
}

/// What became of one step.
struct Outcome {
    report: StepReport,
    /// The last look, where it is settled.
    look: Option<Look>,
    history: History,
    ended: Option<Ended>,
    touched: bool,
    upgrading: Upgrading,
}

/// Carries `plan` out; `pictured` is where it was seen.
pub fn execute(job: &Job<'_>, plan: &Plan, pictured: &World<'_>) -> Done {
    let hold = Hold::take(&job.locks, &job.world.desired.target, job.holder.clone());
    let hold = match hold {
        Ok(hold) => hold,
        Err(ended) => return not_begun(plan, ended),
    };
    // Where the plan saw the cluster. What is not known must not become whatever stands there next.
    let endpoint = match job.world.cluster() {
        Ok(cluster) => cluster.and_then(|cluster| cluster.endpoint),
        Err(error) => return not_begun(plan, of_call(&error, &job.world)),
    };
    let (place, stop, board) = (Place::of(endpoint), AtomicBool::new(false), Board::default());
    let site = Site {
        world: &job.world,
        pictured,
        gateway: job.gateway,
        interrupt: job.interrupt,
        clock: job.clock,
        place: &place,
        hold: &hold,
        stop: &stop,
    };
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let threads: Vec<_> = plan
            .steps
            .iter()
            .map(|planned| {
                let (site, board) = (&site, &board);
                std::thread::Builder::new()
                    .spawn_scoped(scope, move || one(site, board, planned))
                    .map_err(|_| planned)
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| match thread {
                // The steps stand in an order in which each can run after those before it.
                Err(planned) => one(&site, &board, planned),
                Ok(thread) => thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            })
            .collect()
    });
    hold.release(&site);
    gather(plan, outcomes)
}

fn not_begun(plan: &Plan, ended: Ended) -> Done {
    let mut done = gather(plan, Vec::new());
    done.steps = plan.steps.iter().map(PlannedStep::report).collect();
    done.warnings = plan.warnings().cloned().collect();
    done.upgrades = plan.upgrades(UpgradeOutcome::NotBegun);
    done.ended = Some((None, ended));
    done
}

fn gather(plan: &Plan, outcomes: Vec<Outcome>) -> Done {
    let mut done = Done {
        steps: Vec::new(),
        evidence: InstallEvidence::default(),
        ended: None,
        touched: false,
        warnings: Vec::new(),
        upgrades: Vec::new(),
    };
    for (planned, outcome) in plan.steps.iter().zip(outcomes) {
        if let Some(look) = &outcome.look {
            look.tell(&mut done.evidence, outcome.history);
        } else if let (Ok(look), false, false) = (&planned.look, planned.is_open(), outcome.touched) {
            // Not looked at again, and settled when the plan was made, in this very run.
            look.tell(&mut done.evidence, outcome.history);
        }
        let last = outcome.look.as_ref().map(|look| &look.decision);
        let warnings = last.or(planned.decision()).map(|decision| &decision.warnings);
        done.warnings.extend(warnings.into_iter().flatten().cloned());
        done.upgrades
            .extend(planned.upgrade(match (&outcome.look, outcome.upgrading) {
                (Some(_), _) => UpgradeOutcome::Done,
                (None, Upgrading::NotBegun) => UpgradeOutcome::NotBegun,
                (None, Upgrading::Begun) => UpgradeOutcome::Unfinished,
                (None, Upgrading::BroughtBack) => UpgradeOutcome::BroughtBack,
            }));
        done.touched |= outcome.touched;
        done.steps.push(outcome.report);
        if let Some(new) = outcome.ended {
            let graver = matches!(
                (&done.ended, &new),
                (None, Ended::Failed(_) | Ended::Interrupted)
                    | (Some((_, Ended::Interrupted)), Ended::Failed(_))
            );
            if graver {
                done.ended = Some((Some(planned.step.id()), new));
            }
        }
    }
    done
}

/// Whether the plan's look is as good as another one: it found all as it should be, a moment ago and in this very run,
/// which has written nothing since. A run that changes nothing looks once.
fn stands(site: &Site<'_>, planned: &PlannedStep) -> bool {
    planned.decision().is_some()
        && !planned.is_open()
        && !site.world.ground.looks.has_written()
        && site.may_go_on().is_ok()
}

fn one(site: &Site<'_>, board: &Board, planned: &PlannedStep) -> Outcome {
    let step = planned.step.as_ref();
    let mut outcome = Outcome {
        report: planned.report(),
        look: None,
        history: History {
            existed: planned.action() != StepAction::Create,
            created: false,
        },
        ended: None,
        touched: false,
        upgrading: Upgrading::NotBegun,
    };
    if !board.wait(step.after()) || !board.wait(&planned.also_after) {
        board.end(step.id(), false);
        outcome.ended = Some(Ended::LeftOff);
        return outcome;
    }
    if stands(site, planned) {
        outcome.report.outcome = StepOutcome::Verified;
        outcome.report.duration_ms = Some(0);
        board.end(step.id(), true);
        return outcome;
    }
    let nothing = Value::Null;
    let approved = planned.decision().map_or(
        Approved {
            desired: &nothing,
            adopted: false,
            made_anew: false,
        },
        |decision| Approved {
            desired: &decision.desired,
            adopted: decision.adopted,
            made_anew: decision.is_made_anew(),
        },
    );
    let listener: &dyn Progress = site.world.listener;
    let (begun, mut count) = ((site.clock)(), Count::default());
    if planned.is_open() {
        listener.install_step(&outcome.report);
    }
    // A defect in one step must leave a report of all, and the cluster's Lease given back.
    let result = catch_unwind(AssertUnwindSafe(|| converge(site, step, approved, &mut count)))
        .unwrap_or_else(|_| Err(internal(&format!("carry out the step `{}`", step.id()))));
    outcome.report.duration_ms = Some(crate::runner::run::millis((site.clock)().saturating_sub(begun)));
    outcome.report.writes = count.writes;
    outcome.touched = count.touched();
    outcome.upgrading = count.upgrade;
    outcome.history.created = planned.action() == StepAction::Create && count.touched();
    match result {
        Ok(settled) => {
            outcome.report.outcome = settled.outcome;
            outcome.look = Some(settled.look);
        }
        Err(ended) => {
            site.stop.store(true, Ordering::SeqCst);
            outcome.report.outcome = match &ended {
                Ended::Failed(_) => StepOutcome::Failed,
                Ended::Interrupted | Ended::LeftOff => StepOutcome::Stopped,
            };
            outcome.ended = Some(ended);
        }
    }
    board.end(step.id(), outcome.ended.is_none());
    if planned.is_open() || outcome.ended.is_some() {
        listener.install_step(&outcome.report);
    }
    outcome
}
