//! The report of a plan, and of what was carried out.

use super::execute::Done;
use super::failure::{Ended, of_call};
use super::plan::{Plan, PlannedStep};
use super::{Asked, later, words};
use crate::model::Phase;
use crate::report::preflight::Next;
use crate::report::{Failure, InstallEvidence, InstallReport, InstallStatus, Note, StepOutcome, StepReport};
use crate::steps::install::{History, LAST_PHASE, Stop};

/// The status of an install whose steps up to `last` all stand.
#[must_use]
pub fn stands(last: Phase) -> InstallStatus {
    if last == LAST_PHASE && later().is_empty() {
        InstallStatus::Completed
    } else {
        InstallStatus::CompletedPhase
    }
}

/// A report of an install that could not even be planned.
#[must_use]
pub fn blocked_at_once(stop: &Stop) -> InstallReport {
    let mut report = empty(InstallStatus::Blocked);
    let (blocker, remedy) = stop.notes();
    report.blockers.push(blocker);
    report.remediation.push(remedy);
    report.next = next(
        "fix",
        "The plan could not be made; the remediation says what mends it.",
    );
    report
}

/// The report of a plan that was not carried out.
#[must_use]
pub fn of_plan(asked: &Asked<'_>, plan: &Plan, status: InstallStatus) -> InstallReport {
    let mut report = empty(status);
    plan_parts(asked, plan, &mut report);
    report.steps = plan.steps.iter().map(PlannedStep::report).collect();
    for planned in &plan.steps {
        if let Ok(look) = &planned.look
            && !planned.is_open()
        {
            look.tell(
                &mut report.evidence,
                History {
                    existed: true,
                    created: false,
                },
            );
        }
    }
    for (_, stop) in plan.stops() {
        let (blocker, remedy) = stop.notes();
        report.blockers.push(blocker);
        report.remediation.push(remedy);
    }
    for (planned, error) in plan.unknown() {
        if let Ended::Failed(failure) = of_call(error, &asked_asker(asked)) {
            add_unknown(&mut report, planned, &failure);
        }
    }
    report.next = match status {
        InstallStatus::NeedsInput => {
            report.required.push("approve".to_owned());
            let changed = asked.settings.approve.is_some();
            let digest = plan.digest.clone().unwrap_or_default();
            let reason = if changed {
                "The plan is not the one that was approved: what stands, or what is wanted, has changed. Look at this one."
            } else {
                "Nothing was changed. `--approve true` carries out what is then the plan; the digest, only this one."
            };
            Next {
                action: format!("approve {digest}"),
                reason: reason.to_owned(),
            }
        }
        InstallStatus::Interrupted => next(
            "again",
            "The run was stopped before its plan was made; nothing was changed.",
        ),
        InstallStatus::Blocked => next(
            "fix",
            "Something stands in the way; the remediation says what mends it. Nothing was changed.",
        ),
        _ => after(plan.last),
    };
    if matches!(status, InstallStatus::CompletedPhase | InstallStatus::Completed) {
        report.phase = Some(plan.last.name().to_owned());
        for planned in &mut report.steps {
            planned.outcome = StepOutcome::Verified;
        }
    }
    report
}

/// The report of a plan that was carried out, as far as it came.
#[must_use]
pub fn of_run(asked: &Asked<'_>, plan: &Plan, done: Done) -> InstallReport {
    let interrupted = asked.run.interrupt.is_set();
    let status = match &done.ended {
        None => stands(plan.last),
        Some((_, Ended::Failed(_))) if !interrupted => InstallStatus::Failed,
        Some(_) => InstallStatus::Interrupted,
    };
    let mut report = empty(status);
    plan_parts(asked, plan, &mut report);
    report.phase = reached(&done.steps);
    report.steps = done.steps;
    report.evidence = done.evidence;
    report.next = after(plan.last);
    if let Some((step, ended)) = done.ended {
        report.failed_step = step.map(str::to_owned);
        report.next = next(
            "again",
            "The same command goes on where this one stopped; what stands is looked at again.",
        );
        if let Ended::Failed(failure) = ended {
            if status == InstallStatus::Failed {
                report.next = next(
                    "fix",
                    "Mend what the remediation names, then run the same command: it goes on where this one stopped.",
                );
            }
            note(&mut report, &failure);
            report.failure = Some(*failure);
        }
    }
    report
}

fn plan_parts(asked: &Asked<'_>, plan: &Plan, report: &mut InstallReport) {
    let cost = (!plan.is_done())
        .then(|| asked.seen.cost_estimate.clone())
        .flatten();
    let target = crate::model::Target {
        account: match asked.seen.aws_account_id.as_deref().map(str::parse) {
            Some(Ok(account)) => account,
            _ => return,
        },
        region: asked.settings.region.value.clone(),
        cluster: asked.settings.cluster.value.clone(),
        namespace: asked.settings.namespace.value.clone(),
    };
    report.plan = words::plan(plan, &target, cost.as_ref());
    report.cost = cost;
    report.usual_seconds = (!plan.is_done()).then(|| words::usual(plan));
    report.plan_digest.clone_from(&plan.digest);
    for planned in &plan.steps {
        for warning in planned
            .decision()
            .map(|decision| decision.warnings.as_slice())
            .unwrap_or_default()
        {
            let (warning, remedy) = warning.notes();
            report.warnings.push(warning);
            report.remediation.push(remedy);
        }
    }
}

/// The last phase of which every step was settled, where all before it were too.
fn reached(steps: &[StepReport]) -> Option<String> {
    let mut reached = None;
    for phase in Phase::WORDS {
        let mut of = steps.iter().filter(|step| step.phase == *phase).peekable();
        if of.peek().is_none()
            || !of.all(|step| matches!(step.outcome, StepOutcome::Done | StepOutcome::Verified))
        {
            break;
        }
        reached = Some((*phase).to_owned());
    }
    reached
}

fn add_unknown(report: &mut InstallReport, planned: &PlannedStep, failure: &Failure) {
    report.blockers.push(Note {
        code: failure.code,
        message: format!(
            "How the step `{}` stands is unknown: failed to {}. {}",
            planned.step.id(),
            failure.purpose,
            failure.message
        ),
        tool_output: failure.tool_output.clone(),
    });
    report.remediation.push(remedy(failure));
}

fn note(report: &mut InstallReport, failure: &Failure) {
    report.blockers.push(Note {
        code: failure.code,
        message: format!("Failed to {}. {}", failure.purpose, failure.message),
        tool_output: failure.tool_output.clone(),
    });
    report.remediation.push(remedy(failure));
}

fn remedy(failure: &Failure) -> Note {
    Note {
        code: failure.code,
        message: failure
            .remediation
            .clone()
            .unwrap_or_else(|| failure.code.remedy().to_owned()),
        tool_output: None,
    }
}

fn asked_asker<'a>(asked: &'a Asked<'_>) -> crate::clients::Asker<'a> {
    crate::clients::Asker {
        profile: asked.settings.profile.as_ref().map(|profile| &profile.value),
        region: &asked.settings.region.value,
        mode: asked.workplace.exec.mode,
    }
}

fn after(last: Phase) -> Next {
    if last < LAST_PHASE {
        let following = Phase::WORDS.get(last as usize + 1).copied().unwrap_or_default();
        return Next {
            action: "install".to_owned(),
            reason: format!(
                "All up to {} stands; the same command without `--phase` goes on with {following}.",
                last.name()
            ),
        };
    }
    Next {
        action: "wait".to_owned(),
        reason: format!(
            "All up to {} stands. The phases {} come with the next version.",
            last.name(),
            later().join(", ")
        ),
    }
}

fn next(action: &str, reason: &str) -> Next {
    Next {
        action: action.to_owned(),
        reason: reason.to_owned(),
    }
}

fn empty(status: InstallStatus) -> InstallReport {
    InstallReport {
        status,
        required: Vec::new(),
        plan: String::new(),
        plan_digest: None,
        steps: Vec::new(),
        cost: None,
        usual_seconds: None,
        phase: None,
        evidence: InstallEvidence::default(),
        failed_step: None,
        failure: None,
        blockers: Vec::new(),
        remediation: Vec::new(),
        warnings: Vec::new(),
        next: next("", ""),
    }
}
