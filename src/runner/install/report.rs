//! The report of a plan, and of what was carried out.

use super::execute::Done;
use super::failure::{Ended, of_call};
use super::plan::{Plan, PlannedStep};
use super::{Job, words};
use crate::model::{Phase, Target};
use crate::report::preflight::Next;
use crate::report::{
    Approval, Code, Failure, IngressEvidence, InstallEvidence, InstallReport, InstallStatus, Note,
    PlanTarget, StepOutcome, StepReport, UpgradeOutcome,
};
use crate::steps::install::{History, LAST_PHASE, Stop};

/// The status of an install whose steps up to `last` all stand.
#[must_use]
pub fn stands(last: Phase) -> InstallStatus {
    if last == LAST_PHASE {
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
pub fn of_plan(job: &Job<'_>, plan: &Plan, status: InstallStatus) -> InstallReport {
    let mut report = empty(status);
    plan_parts(job, plan, &mut report);
    warn(&mut report, plan.warnings());
    report.steps = plan.steps.iter().map(PlannedStep::report).collect();
    report.upgrades = plan.upgrades(UpgradeOutcome::Planned);
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
        if let Ended::Failed(failure) = of_call(error, &job.world) {
            add_unknown(&mut report, planned, &failure);
        }
    }
    report.next = match status {
        InstallStatus::NeedsInput => {
            report.required.push("approve".to_owned());
            let changed = job.approve.is_some();
            let digest = plan.digest.clone().unwrap_or_default();
            report.command = Some(job.line(Some(&digest)));
            let reason = if job.read_only {
                "Nothing was changed, and a read-only run carries out no plan: the command is without `--read-only`."
            } else if changed {
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
        _ => after(plan.last, &report.evidence),
    };
    match status {
        InstallStatus::Interrupted | InstallStatus::Blocked => report.command = Some(job.again()),
        InstallStatus::CompletedPhase if plan.last < LAST_PHASE => report.command = Some(job.onward()),
        _ => {}
    }
    if matches!(status, InstallStatus::CompletedPhase | InstallStatus::Completed) {
        report.phase = Some(plan.last.name().to_owned());
        for planned in &mut report.steps {
            planned.outcome = StepOutcome::Verified;
        }
    }
    report
}

/// The report of a plan that is approved in a run that may only look.
#[must_use]
pub fn of_read_only(job: &Job<'_>, plan: &Plan) -> InstallReport {
    let mut report = of_plan(job, plan, InstallStatus::Blocked);
    let approve = job.approve.map(ToString::to_string);
    report.command = Some(job.line(approve.as_deref()));
    let note = |message: &str| Note {
        code: Code::ReadOnlyRefused,
        message: message.to_owned(),
        tool_output: None,
    };
    report.blockers.push(note(
        "The plan is approved and has commands that write, and this is a read-only run: none was run.",
    ));
    report.remediation.push(note(
        "Run the command again without `--read-only` (LAKEHOUSE_READ_ONLY may be set in the environment or in the env file).",
    ));
    report
}

/// Codes by which a run that changed nothing is one that could not begin.
const BEFORE_ALL: [Code; 5] = [
    Code::InstallHeld,
    Code::InstallLockFailed,
    Code::AccountChanged,
    Code::ClusterChanged,
    Code::PlanChanged,
];

/// Codes by which the login ended.
const LOGIN: [Code; 3] = [
    Code::AwsSsoExpired,
    Code::AwsKeysExpired,
    Code::AwsNotAuthenticated,
];

/// The report of a plan that was carried out under `approval`, as far as it came.
#[must_use]
pub fn of_run(job: &Job<'_>, plan: &Plan, approval: Approval, done: Done) -> InstallReport {
    let interrupted = job.interrupt.is_set();
    let status = match &done.ended {
        None => stands(plan.last),
        Some((_, Ended::Failed(failure)))
            if !interrupted && !done.touched && BEFORE_ALL.contains(&failure.code) =>
        {
            InstallStatus::Blocked
        }
        Some((_, Ended::Failed(_))) if !interrupted => InstallStatus::Failed,
        Some(_) => InstallStatus::Interrupted,
    };
    let mut report = empty(status);
    plan_parts(job, plan, &mut report);
    warn(&mut report, &done.warnings);
    report.approval = Some(approval);
    report.phase = reached(&done.steps);
    report.steps = done.steps;
    report.upgrades = done.upgrades;
    report.evidence = done.evidence;
    report.next = after(plan.last, &report.evidence);
    if done.ended.is_none() && plan.last < LAST_PHASE {
        report.command = Some(job.onward());
    }
    if let Some((step, ended)) = done.ended {
        report.failed_step = step.map(str::to_owned);
        report.command = Some(job.again());
        report.next = next(
            "again",
            "The same command goes on where this one stopped; what stands is looked at again.",
        );
        if let Ended::Failed(failure) = ended {
            if status != InstallStatus::Interrupted {
                report.next = after_failure(&failure);
            }
            if matches!(failure.code, Code::PlanChanged | Code::ClusterChanged) {
                report.command = Some(job.line(None));
            }
            let message = format!("Failed to {}. {}", failure.purpose, failure.message);
            block(&mut report, &failure, message);
            report.failure = Some(*failure);
        }
    }
    report
}

fn after_failure(failure: &Failure) -> Next {
    match failure.code {
        code if LOGIN.contains(&code) => next(
            "login",
            "Log in as the remediation says, then run the same command: it goes on where this one stopped. What stands stays.",
        ),
        Code::PlanChanged | Code::ClusterChanged => next(
            "plan",
            "Run the command without its approval, look at the new plan, and approve that one.",
        ),
        _ => next(
            "fix",
            "Mend what the remediation names, then run the same command: it goes on where this one stopped.",
        ),
    }
}

fn plan_parts(job: &Job<'_>, plan: &Plan, report: &mut InstallReport) {
    let cost = job.cost.filter(|_| plan.has_price());
    report.plan = words::plan(plan, &job.world.desired.target, cost);
    report.cost = cost.cloned();
    report.usual_seconds = (!plan.is_done()).then(|| words::usual(plan));
    report.plan_digest.clone_from(&plan.digest);
    report.target = Some(target(&job.world.desired.target));
}

fn warn<'a>(report: &mut InstallReport, warnings: impl IntoIterator<Item = &'a Stop>) {
    for warning in warnings {
        let (warning, remedy) = warning.notes();
        report.warnings.push(warning);
        report.remediation.push(remedy);
    }
}

fn target(target: &Target) -> PlanTarget {
    PlanTarget {
        account: target.account.to_string(),
        region: target.region.to_string(),
        cluster: target.cluster.to_string(),
        namespace: target.namespace.to_string(),
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
    let id = planned.step.id();
    // That one is known of the step, and in its way.
    let how = if failure.code == Code::SetValuesInvalid {
        format!("The step `{id}` can't be planned")
    } else {
        format!("How the step `{id}` stands is unknown")
    };
    let message = format!("{how}: failed to {}. {}", failure.purpose, failure.message);
    block(report, failure, message);
}

fn block(report: &mut InstallReport, failure: &Failure, message: String) {
    report.blockers.push(Note {
        code: failure.code,
        message,
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

fn after(last: Phase, evidence: &InstallEvidence) -> Next {
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
    if let Some(ingress) = &evidence.ingress {
        return to_the_site(ingress);
    }
    next("look", "All of it stands.")
}

/// What comes after the last phase: the record that is to be made by hand, or a look at the site.
fn to_the_site(ingress: &IngressEvidence) -> Next {
    let site = ingress.site.as_ref();
    let answers = site.is_some_and(|site| site.answers);
    let is_made = answers || site.is_some_and(|site| site.leads_to_load_balancer == Some(true));
    if let Some(record) = ingress
        .record
        .as_ref()
        .filter(|record| record.by_hand && !is_made)
    {
        return next(
            "dns",
            &format!(
                "All phases stand. Make this record where the domain is hosted: name `{}`, type {}, value `{}`. Then run the same command: it asks the site.",
                record.name, record.kind, record.value
            ),
        );
    }
    let url = site.map_or("the site", |site| site.url.as_str());
    if answers {
        return next("open", &format!("All phases stand, and {url} answers."));
    }
    next(
        "open",
        &format!(
            "All phases stand. Whether {url} answers could not be seen in whole from here; the warnings say why."
        ),
    )
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
        target: None,
        approval: None,
        steps: Vec::new(),
        upgrades: Vec::new(),
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
        command: None,
    }
}
