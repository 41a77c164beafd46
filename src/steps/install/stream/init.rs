//! Step `community-init`: the Job that prepares the application, which must complete before its services start.
//!
//! Kubernetes removes the Job an hour after its end, whichever end that was (`ttlSecondsAfterFinished`), and its pods
//! with it; helm goes on saying `deployed`, which only means that the Job was handed in. So a release without its Job
//! may have completed, failed, or been stopped: nothing that is left tells. The step notes the completion, once it has
//! seen it, as a label on helm's own record of the release, with the number of the revision in it. There the note is
//! true for as long as it can be read: it goes with the release, and a newer revision, to which helm passes labels on,
//! has another number. A release without note and without Job is run again: whoever killed the last run, a Job that
//! never ran is never taken for done.
//!
//! A Job's template can't be changed, so that helm fails to upgrade one that stands: it is deleted before.

mod job;

use super::super::core::plain;
use crate::clients::CallError;
use crate::clients::kubectl::{Kubectl, Resource};
use crate::gateway::Tool;
use crate::model::Phase;
use crate::report::Code;
use crate::steps::install::chart_step::evidence_of;
use crate::steps::install::parts::{self, Part};
use crate::steps::install::readiness::{self, Workload};
use crate::steps::install::release::{self, Observed as Release, Wanted, by_hand};
use crate::steps::install::{
    Decision, Desired, Look, Step, Stop, Verdict, Waiting, Waits, World, Write, cluster_asks,
};

pub use job::{Failed, Job, read};

/// The release, the chart and the Job.
pub const NAME: &str = "ingext-community-init";
/// The note, a label of the record of the revision that it is about; its value is the revision's number.
pub const NOTE: &str = "lakehouse.ingext.io/init-completed";

/// The step.
pub struct CommunityInit;

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The release.
    pub release: Release,
    /// The newest revision of the release; none where there is none.
    pub revision: Option<u64>,
    /// Whether its record says that the Job completed.
    pub noted: bool,
    /// The Job.
    pub job: Job,
    /// While the Job runs: what is waited for.
    pub waiting: Option<Waiting>,
}

/// The release.
#[must_use]
pub fn wanted(desired: &Desired) -> Wanted {
    plain(NAME, desired)
}

impl Step for CommunityInit {
    fn id(&self) -> &'static str {
        "community-init"
    }

    fn phase(&self) -> Phase {
        Phase::Stream
    }

    fn after(&self) -> &'static [&'static str] {
        // Its pod reads the Secret and the configuration when it starts, and fills what core made.
        &["stack", "etcd", "manager-role", "app-secret", "community-config"]
    }

    fn waits(&self) -> Waits {
        Waits::new(60, 15 * 60, 1)
    }

    fn glance(&self, world: &World<'_>) -> Result<Option<Waiting>, CallError> {
        let running = running(world, world.desired.target.namespace.as_str())?;
        // Where waiting can't help, the whole look says what can.
        Ok(running.filter(|waiting| !waiting.why.iter().any(|reason| reason.hopeless)))
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let wanted = wanted(world.desired);
        let seen = observe(world, &wanted)?;
        let completed = seen.noted || seen.job == Job::Complete;
        let decision = decide(world.desired, &seen);
        Ok(Look::of(decision).telling(move |evidence, _| {
            if let Some(release) = evidence_of(&wanted, &seen.release) {
                evidence.add_release(Phase::Stream, release);
            }
            evidence.stream().init_completed = completed;
        }))
    }
}

fn observe(world: &World<'_>, wanted: &Wanted) -> Result<Observed, CallError> {
    let release = release::observe(world, wanted)?;
    let mut seen = Observed {
        release,
        revision: None,
        noted: false,
        job: Job::Absent,
        waiting: None,
    };
    let Some(standing) = world.standing()? else {
        return Ok(seen);
    };
    let kubectl = Kubectl {
        gateway: world.gateway,
        access: &standing.access,
    };
    let namespace = wanted.namespace.as_str();
    if matches!(seen.release, Release::There(_)) {
        let revisions = kubectl.release_labels(namespace, NAME)?;
        if let Some((revision, labels)) = revisions.into_iter().next_back() {
            seen.noted = labels.get(NOTE) == Some(&revision.to_string());
            seen.revision = Some(revision);
        }
    }
    let Some(object) = kubectl.get_object(Resource::JOB, Some(namespace), NAME)? else {
        return Ok(seen);
    };
    seen.job = read(wanted, &object);
    match &mut seen.job {
        Job::Failed(failed) if !seen.noted => failed.last_lines = job::last_lines(&kubectl, namespace),
        Job::Running => seen.waiting = running(world, namespace)?,
        _ => {}
    }
    Ok(seen)
}

/// What a Job that has not ended waits for.
fn running(world: &World<'_>, namespace: &str) -> Result<Option<Waiting>, CallError> {
    let running = readiness::observe(world, namespace, &[Workload::job(NAME)])?;
    Ok(readiness::judge(world.desired, namespace, &running))
}

/// What is to be done.
#[must_use]
pub fn decide(desired: &Desired, seen: &Observed) -> Decision {
    let wanted = wanted(desired);
    let namespace = wanted.namespace.as_str();
    let decision = release::decide(desired, &wanted, &seen.release);
    match &decision.verdict {
        Verdict::Blocked(_) | Verdict::Waiting(_) => return decision,
        Verdict::Write(writes) => return before(desired, &wanted, seen, writes.clone(), decision),
        Verdict::Settled => {}
    }
    if seen.noted {
        return told(decision, "its Job has completed");
    }
    match (&seen.job, seen.revision) {
        (Job::Complete, Some(revision)) => {
            let write = note(namespace, revision);
            let mut noting = Decision::update(
                "its Job has completed: that is noted on the release, since Kubernetes removes the Job",
                decision.desired,
                vec![write],
            );
            if decision.adopted {
                noting = noting.adopting();
            }
            noting
        }
        // Another revision was begun between two questions.
        (Job::Complete, None) => waiting(decision, "the release to be seen with its Job"),
        (Job::Leaving, _) => waiting(decision, "the old Job to be gone"),
        (Job::Running, _) => {
            let mut decision = decision;
            let ending = || Waiting::from(format!("the Job `{namespace}/{NAME}` to complete"));
            decision.verdict = Verdict::Waiting(seen.waiting.clone().unwrap_or_else(ending));
            decision
        }
        (Job::Failed(failed), _) => parts::blocked(decision, vec![failure(desired, failed)]),
        (Job::Foreign(_) | Job::Absent, _) if decision.adopted => {
            parts::blocked(decision, vec![unknown(desired, seen.revision)])
        }
        (Job::Foreign(whose), _) => {
            let stop = parts::in_the_way(desired, &wanted, &part(namespace), whose);
            parts::blocked(decision, vec![stop])
        }
        (Job::Absent, _) => parts::again(
            desired,
            &wanted,
            decision.desired,
            "its Job is gone and nothing says that it ever completed: it is run again",
        ),
    }
}

fn part(namespace: &str) -> Part {
    Part::of(Resource::JOB, namespace, NAME)
}

/// For the plan: the write that comes once the Job has completed.
const NOTED: &str = "its Job's completion is then noted on the release by `kubectl label`";

/// The Job that stands goes before helm writes the release: helm can't change it, nor bring it back.
fn before(
    desired: &Desired,
    wanted: &Wanted,
    seen: &Observed,
    writes: Vec<Write>,
    mut decision: Decision,
) -> Decision {
    let namespace = wanted.namespace.as_str();
    if let Job::Foreign(whose) = &seen.job {
        let stop = parts::in_the_way(desired, wanted, &part(namespace), whose);
        return parts::blocked(decision, vec![stop]);
    }
    let purpose = format!("delete the Job `{namespace}/{NAME}`, which can't be changed");
    let delete = || Write::cluster(cluster_asks::delete(&purpose, Resource::JOB, namespace, NAME));
    if let Some(upgrade) = &mut decision.upgrade {
        upgrade.back.insert(0, delete());
    }
    let mut stands = seen.job != Job::Absent;
    decision.detail = if stands {
        format!(
            "{}; its Job can't be changed, so it is deleted and run anew; {NOTED}",
            decision.detail
        )
    } else {
        format!("{}; {NOTED}", decision.detail)
    };
    let mut all = Vec::new();
    for write in writes {
        if write.ask.spec.tool == Tool::Helm {
            if stands {
                all.push(delete());
            }
            // A revision that helm goes back to has its Job as well.
            stands = true;
        }
        all.push(write);
    }
    decision.verdict = Verdict::Write(all);
    decision
}

/// The command that notes the completion.
fn note(namespace: &str, revision: u64) -> Write {
    let record = format!("sh.helm.release.v1.{NAME}.v{revision}");
    let purpose = format!("note on the release `{NAME}` that its Job has completed");
    let value = revision.to_string();
    Write::cluster(cluster_asks::label(
        &purpose,
        Resource::SECRET,
        namespace,
        &record,
        (NOTE, &value),
    ))
}

fn told(mut decision: Decision, what: &str) -> Decision {
    decision.detail = format!("{}; {what}", decision.detail);
    decision
}

fn waiting(mut decision: Decision, what: &str) -> Decision {
    decision.verdict = Verdict::Waiting(what.into());
    decision
}

fn failure(desired: &Desired, failed: &Failed) -> Stop {
    let namespace = &desired.target.namespace;
    let why = match failed.reason.as_deref() {
        Some("BackoffLimitExceeded") => {
            " after all of its tries (`BackoffLimitExceeded`): its container ended with an error each time"
        }
        Some("DeadlineExceeded") => ": it did not end within its time (`DeadlineExceeded`)",
        _ => "",
    };
    let shown = if failed.last_lines.is_some() {
        "The last lines of its newest pod are shown."
    } else {
        "Nothing is left of its pods' output."
    };
    let stop = Stop::new(
        Code::JobFailed,
        format!(
            "The Job `{namespace}/{NAME}`, which prepares the application, has failed{why}. {shown} The services are not started before it has completed."
        ),
        format!(
            "Mend what the lines say; `kubectl logs -n {namespace} -l job-name={NAME} --tail=100` and `kubectl describe job {NAME} -n {namespace}` show more ({}). Then `kubectl delete job {NAME} -n {namespace}` and run the same command: it runs the Job anew.",
            by_hand(desired)
        ),
    );
    match failed.last_lines.as_ref().or(failed.said.as_ref()) {
        Some(lines) => stop.said(lines),
        None => stop,
    }
}

/// A release that is somebody else's, without its Job.
fn unknown(desired: &Desired, revision: Option<u64>) -> Stop {
    let namespace = &desired.target.namespace;
    let revision = revision.map_or_else(|| "REVISION".to_owned(), |number| number.to_string());
    Stop::new(
        Code::InitJobUnknown,
        format!(
            "The release `{NAME}` in `{namespace}` is not this installation's, and its Job is gone, as it is an hour after its end: whether it ever completed is not known."
        ),
        format!(
            "If the application was prepared (it has been in use), say so: `kubectl label secret sh.helm.release.v1.{NAME}.v{revision} -n {namespace} {NOTE}={revision}` ({}). If it was not: `helm uninstall {NAME} -n {namespace}`. Then run the same command.",
            by_hand(desired)
        ),
    )
}
