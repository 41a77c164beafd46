//! One step, until it is settled: look, write what was decided, look again.

use super::failure::{Ended, is_passing, of_call, of_stop, own};
use super::guard::Place;
use super::hold::Hold;
use crate::clients::{Ask, CallError, ErrorClass, ask};
use crate::gateway::{Gateway, Tool};
use crate::report::{Code, StepOutcome};
use crate::steps::install::{Decision, Look, Step, Verdict, World, Write, WriteTo};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a write may take to be seen before it is written again: AWS's answers lag behind by seconds.
const TO_BE_SEEN: Duration = Duration::from_secs(60);
/// How often one step writes before it is given up.
const ROUNDS: usize = 12;
/// How often a passing failure is waited for, with twice the time each time, from two seconds on.
const TRIES: u32 = 5;

/// What a step is carried out with.
pub struct Site<'a> {
    /// Where steps look: reads only.
    pub world: &'a World<'a>,
    /// Where writes go.
    pub gateway: &'a dyn Gateway,
    /// The approved place.
    pub place: &'a Place,
    /// What keeps others away.
    pub hold: &'a Hold,
    /// Whether another step has failed.
    pub stop: &'a AtomicBool,
}

/// What the approved plan said of a step.
#[derive(Clone, Copy)]
pub struct Approved<'a> {
    /// What the thing shall be.
    pub desired: &'a Value,
    /// Whether it is somebody else's.
    pub adopted: bool,
}

/// A step that came to its end.
pub struct Settled {
    /// The last look.
    pub look: Look,
    /// Whether anything was written.
    pub outcome: StepOutcome,
}

/// What is counted while a step is carried out.
#[derive(Default)]
pub struct Count {
    /// Commands that wrote and ended well.
    pub writes: u64,
}

/// Brings one step to its end.
///
/// # Errors
/// [`Ended`]: why it is not there.
pub fn converge(
    site: &Site<'_>,
    step: &dyn Step,
    approved: Approved<'_>,
    count: &mut Count,
) -> Result<Settled, Ended> {
    let (begun, waits) = (Instant::now(), step.waits());
    let mut rounds = 0;
    let mut tries = 0;
    let mut last: Option<(Vec<Vec<String>>, Instant)> = None;
    loop {
        if site.stop.load(Ordering::SeqCst) {
            return Err(Ended::LeftOff);
        }
        let look = match step.look(site.world) {
            Ok(look) => look,
            Err(error) => {
                wait_out(site, &error, &mut tries)?;
                continue;
            }
        };
        let decision = &look.decision;
        match &decision.verdict {
            Verdict::Settled => {
                let outcome = if count.writes == 0 {
                    StepOutcome::Verified
                } else {
                    StepOutcome::Done
                };
                return Ok(Settled { look, outcome });
            }
            Verdict::Blocked(stops) => {
                let purpose = purpose(step);
                return Err(stops.first().map_or_else(
                    || {
                        own(
                            Code::Internal,
                            &purpose,
                            Code::Internal.meaning(),
                            Code::Internal.remedy(),
                        )
                    },
                    |stop| of_stop(&purpose, stop),
                ));
            }
            Verdict::Waiting(what) => {
                if begun.elapsed() > waits.deadline {
                    return Err(overdue(step, what));
                }
                pause(site, waits.pace)?;
            }
            Verdict::Write(writes) => {
                same_plan(step, approved, decision)?;
                let argvs: Vec<Vec<String>> = writes.iter().map(|write| write.ask.spec.argv()).collect();
                // Written a moment ago and not seen yet: looked at again, not written again.
                if last
                    .as_ref()
                    .is_some_and(|(written, at)| *written == argvs && at.elapsed() < TO_BE_SEEN)
                {
                    pause(site, waits.pace)?;
                    continue;
                }
                rounds += 1;
                if rounds > ROUNDS {
                    return Err(own(
                        Code::StepNotSettled,
                        &purpose(step),
                        format!(
                            "It was written {ROUNDS} times and is still not as it should be: {}.",
                            decision.detail
                        ),
                        Code::StepNotSettled.remedy(),
                    ));
                }
                match write_all(site, writes, count) {
                    Ok(()) => last = Some((argvs, Instant::now())),
                    Err(Refusal::Ended(ended)) => return Err(ended),
                    Err(Refusal::Call(error)) if is_passing(error.class) => {
                        wait_out(site, &error, &mut tries)?;
                    }
                    // A tool's failure often has a better name in what it left behind: a stack that rolled back.
                    Err(Refusal::Call(error)) => return Err(told(site, step, &error)),
                }
            }
        }
    }
}

/// Why a write did not go well.
enum Refusal {
    Call(CallError),
    Ended(Ended),
}

fn write_all(site: &Site<'_>, writes: &[Write], count: &mut Count) -> Result<(), Refusal> {
    for write in writes {
        site.hold
            .before_write(site.world, site.gateway)
            .map_err(Refusal::Ended)?;
        site.place.check(site.world, write.to).map_err(Refusal::Ended)?;
        let question = placed(site, write).map_err(Refusal::Call)?;
        let done = ask(site.gateway, &question, |_| Ok(()));
        if write.to == WriteTo::Eks || question.spec.tool == Tool::Eksctl {
            site.world.forget_cluster();
        }
        match done {
            Ok(()) => count.writes += 1,
            Err(error) if error.class == ErrorClass::Exists && write.exists_is_fine => {}
            Err(error) => return Err(Refusal::Call(error)),
        }
    }
    Ok(())
}

/// The command with kubeconfig and context, where it goes to the cluster's API server.
fn placed(site: &Site<'_>, write: &Write) -> Result<Ask, CallError> {
    let mut question = write.ask.clone();
    if write.to != WriteTo::Cluster {
        return Ok(question);
    }
    let Some(standing) = site.world.standing()? else {
        return Err(CallError {
            said: "the cluster is not active".to_owned(),
            ..question.error(ErrorClass::Other)
        });
    };
    let context = match question.spec.tool {
        Tool::Helm => "--kube-context",
        _ => "--context",
    };
    question.spec.args.extend([
        "--kubeconfig".to_owned(),
        standing.access.kubeconfig.clone(),
        context.to_owned(),
        standing.access.context.clone(),
    ]);
    Ok(question)
}

/// Waits after a failure that may pass; any other ends the step.
fn wait_out(site: &Site<'_>, error: &CallError, tries: &mut u32) -> Result<(), Ended> {
    let asker = site.world.desired.asker();
    if !is_passing(error.class) || *tries >= TRIES {
        return Err(of_call(error, &asker));
    }
    *tries += 1;
    let wait = Duration::from_secs(1 << (*tries).min(5));
    site.world.listener.note(&format!(
        "failed to {}: tried again in {} s",
        error.purpose,
        wait.as_secs()
    ));
    if site.gateway.pause(wait) {
        Ok(())
    } else {
        Err(stopped_or(site, error))
    }
}

fn stopped_or(site: &Site<'_>, error: &CallError) -> Ended {
    of_call(error, &site.world.desired.asker())
}

fn pause(site: &Site<'_>, pace: Duration) -> Result<(), Ended> {
    if site.gateway.pause(pace) {
        Ok(())
    } else {
        Err(Ended::Interrupted)
    }
}

/// The failure of a write, or what a look after it finds in the way.
fn told(site: &Site<'_>, step: &dyn Step, error: &CallError) -> Ended {
    if error.class == ErrorClass::Interrupted {
        return Ended::Interrupted;
    }
    let blocked = step
        .look(site.world)
        .ok()
        .and_then(|look| match look.decision.verdict {
            Verdict::Blocked(mut stops) if !stops.is_empty() => Some(stops.swap_remove(0)),
            _ => None,
        });
    match blocked {
        Some(mut found) => {
            if found.said.is_none() && !error.said.is_empty() {
                found.said = Some(error.said.clone());
            }
            of_stop(&error.purpose, &found)
        }
        None => of_call(error, &site.world.desired.asker()),
    }
}

/// What would be written is what was approved.
fn same_plan(step: &dyn Step, approved: Approved<'_>, decision: &Decision) -> Result<(), Ended> {
    if *approved.desired == decision.desired && approved.adopted == decision.adopted {
        return Ok(());
    }
    Err(own(
        Code::PlanChanged,
        &purpose(step),
        "What stands there changed after the plan was approved: what would be written now is not what was approved.",
        Code::PlanChanged.remedy(),
    ))
}

fn overdue(step: &dyn Step, what: &str) -> Ended {
    let waits = step.waits();
    own(
        Code::StepTimedOut,
        &purpose(step),
        format!(
            "It is not ready after {}, and usually takes {}. Waited for: {what}.",
            super::words::lasting(waits.deadline.as_secs()),
            super::words::lasting(waits.usual.as_secs())
        ),
        Code::StepTimedOut.remedy(),
    )
}

fn purpose(step: &dyn Step) -> String {
    format!("carry out the step `{}`", step.id())
}
