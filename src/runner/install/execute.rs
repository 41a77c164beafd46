//! Carries an approved plan out: steps without an order between them run side by side, and the first failure stops all.

use super::Asked;
use super::converge::{Approved, Count, Site, converge};
use super::failure::Ended;
use super::guard::Place;
use super::hold::Hold;
use super::plan::{Plan, PlannedStep};
use crate::gateway::Gateway;
use crate::report::{InstallEvidence, StepAction, StepOutcome, StepReport};
use crate::steps::install::{History, World};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// How a plan was carried out.
pub struct Done {
    /// The steps, in their order.
    pub steps: Vec<StepReport>,
    /// What stands.
    pub evidence: InstallEvidence,
    /// The first step that did not come to its end, and why. A failure comes before what it stopped.
    pub ended: Option<(Option<&'static str>, Ended)>,
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
    evidence: Box<dyn FnOnce(&mut InstallEvidence) + Send>,
    ended: Option<Ended>,
}

/// Carries `plan` out.
pub fn execute(asked: &Asked<'_>, world: &World<'_>, gateway: &dyn Gateway, plan: &mut Plan) -> Done {
    let hold = match Hold::take(world) {
        Ok(hold) => hold,
        Err(ended) => {
            return Done {
                steps: plan.steps.iter().map(PlannedStep::report).collect(),
                evidence: InstallEvidence::default(),
                ended: Some((None, ended)),
            };
        }
    };
    let endpoint = world
        .cluster()
        .ok()
        .flatten()
        .and_then(|cluster| cluster.endpoint);
    let (place, stop, board) = (Place::of(endpoint), AtomicBool::new(false), Board::default());
    let site = Site {
        world,
        gateway,
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
                    .spawn_scoped(scope, move || one(asked, site, board, planned))
                    .map_err(|_| planned)
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| match thread {
                // The steps stand in an order in which each can run after those before it.
                Err(planned) => one(asked, &site, &board, planned),
                Ok(thread) => thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            })
            .collect()
    });
    hold.release(world, gateway);
    gather(plan, outcomes)
}

fn gather(plan: &Plan, outcomes: Vec<Outcome>) -> Done {
    let mut evidence = InstallEvidence::default();
    let (mut steps, mut ended) = (Vec::new(), None::<(Option<&'static str>, Ended)>);
    for (planned, outcome) in plan.steps.iter().zip(outcomes) {
        (outcome.evidence)(&mut evidence);
        steps.push(outcome.report);
        if let Some(new) = outcome.ended {
            let graver = matches!(
                (&ended, &new),
                (None, Ended::Failed(_) | Ended::Interrupted)
                    | (Some((_, Ended::Interrupted)), Ended::Failed(_))
            );
            if graver {
                ended = Some((Some(planned.step.id()), new));
            }
        }
    }
    Done {
        steps,
        evidence,
        ended,
    }
}

fn one(asked: &Asked<'_>, site: &Site<'_>, board: &Board, planned: &PlannedStep) -> Outcome {
    let step = planned.step.as_ref();
    let mut report = planned.report();
    if !board.wait(step.after()) {
        board.end(step.id(), false);
        return Outcome {
            report,
            evidence: Box::new(|_| {}),
            ended: Some(Ended::LeftOff),
        };
    }
    let nothing = Value::Null;
    let approved = planned.decision().map_or(
        Approved {
            desired: &nothing,
            adopted: false,
        },
        |decision| Approved {
            desired: &decision.desired,
            adopted: decision.adopted,
        },
    );
    let (begun, mut count) = (Instant::now(), Count::default());
    if planned.is_open() {
        asked.progress.install_step(&report);
    }
    let result = converge(site, step, approved, &mut count);
    report.duration_ms = Some(crate::runner::run::millis(begun.elapsed()));
    report.writes = count.writes;
    let outcome = match result {
        Ok(settled) => {
            report.outcome = settled.outcome;
            let created = report.action == StepAction::Create && count.writes > 0;
            let history = History {
                existed: report.action != StepAction::Create,
                created,
            };
            Outcome {
                report,
                evidence: Box::new(move |evidence| settled.look.tell(evidence, history)),
                ended: None,
            }
        }
        Err(ended) => {
            site.stop.store(true, Ordering::SeqCst);
            report.outcome = match &ended {
                Ended::Failed(_) => StepOutcome::Failed,
                Ended::Interrupted | Ended::LeftOff => StepOutcome::Stopped,
            };
            Outcome {
                report,
                evidence: Box::new(|_| {}),
                ended: Some(ended),
            }
        }
    };
    board.end(step.id(), outcome.ended.is_none());
    if planned.is_open() || outcome.ended.is_some() {
        asked.progress.install_step(&outcome.report);
    }
    outcome
}
