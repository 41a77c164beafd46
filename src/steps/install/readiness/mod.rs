//! Whether what a chart made is ready, and why it is not yet, from the objects themselves.
//!
//! A look is one kubectl for all workloads and pods of a namespace, shared by the steps that wait there
//! ([`super::looks`]). Only where something stays late is more asked: what happened, the claims, a container's last lines.

mod find;
mod pods;
pub mod refusal;
pub mod scheduling;
pub mod trouble;
mod words;

use super::{Desired, Reason, Waiting, World};
use crate::clients::kubectl::{Kubectl, Resource, Surroundings, Work};
use crate::clients::{CallError, ErrorClass};
use crate::report::WorkloadEvidence;
use std::sync::Arc;
use std::time::Duration;
use trouble::{Trouble, Why};

/// How long something may be late before more is asked than how it stands: pods take a moment to be made.
const LATE: Duration = Duration::from_secs(3);
/// How many of a container's last lines are told, and how many bytes at most.
const LINES: (u32, usize) = (12, 2000);

/// The kinds of workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Deployment`.
    Deployment,
    /// `StatefulSet`.
    StatefulSet,
    /// `Job`: it must complete.
    Job,
    /// `Service`: it must reach a pod that is ready.
    Service,
}

/// A workload that has to become ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: &'static str,
}

/// A workload as it stands, and what is told of its pods.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Which.
    pub workload: Workload,
    /// How many of its pods are ready in their newest form; of a Job: how many completed.
    pub ready: u32,
    /// How many there shall be.
    pub wanted: u32,
    /// Whether all of it is there, of the newest form, seen by its controller.
    pub is_ready: bool,
    /// What is in the way, the gravest first; empty where it is ready, and where nothing is told.
    pub troubles: Vec<Trouble>,
}

impl Workload {
    /// A `Deployment`.
    #[must_use]
    pub const fn deployment(name: &'static str) -> Self {
        Self {
            kind: Kind::Deployment,
            name,
        }
    }

    /// A `StatefulSet`.
    #[must_use]
    pub const fn stateful_set(name: &'static str) -> Self {
        Self {
            kind: Kind::StatefulSet,
            name,
        }
    }

    /// A `Job`.
    #[must_use]
    pub const fn job(name: &'static str) -> Self {
        Self {
            kind: Kind::Job,
            name,
        }
    }

    /// A `Service`.
    #[must_use]
    pub const fn service(name: &'static str) -> Self {
        Self {
            kind: Kind::Service,
            name,
        }
    }

    const fn resource(self) -> Resource {
        match self.kind {
            Kind::Deployment => Resource::DEPLOYMENT,
            Kind::StatefulSet => Resource::STATEFUL_SET,
            Kind::Job => Resource::JOB,
            Kind::Service => Resource::SERVICE,
        }
    }
}

impl Seen {
    /// For the report.
    #[must_use]
    pub fn evidence(&self) -> WorkloadEvidence {
        WorkloadEvidence {
            kind: self.workload.resource().kind.to_owned(),
            name: self.workload.name.to_owned(),
            ready: self.ready,
            wanted: self.wanted,
            is_ready: self.is_ready,
        }
    }
}

/// Looks at the workloads of a namespace. One that is absent has no ready pods.
///
/// # Errors
/// [`CallError`] where how one stands is unknown.
pub fn observe(world: &World<'_>, namespace: &str, workloads: &[Workload]) -> Result<Vec<Seen>, CallError> {
    if workloads.is_empty() {
        return Ok(Vec::new());
    }
    let Some(standing) = world.standing()? else {
        return Ok(Vec::new());
    };
    let kubectl = Kubectl {
        gateway: world.gateway,
        access: &standing.access,
    };
    let looks = &world.ground.looks;
    let work = looks.work(namespace, || kubectl.work(namespace))?;
    let late = |seen: &Seen| {
        let name = format!(
            "{namespace}/{}/{}",
            seen.workload.resource().kind,
            seen.workload.name
        );
        !seen.is_ready && looks.lasted(&name) >= LATE
    };
    let mut all: Vec<Seen> = workloads
        .iter()
        .map(|workload| seen(*workload, &work, None))
        .collect();
    // Each is asked for how long it is late.
    let is_late = all.iter().filter(|seen| late(seen)).count() > 0;
    if is_late && let Some(around) = surroundings(world, &kubectl, namespace)? {
        all = workloads
            .iter()
            .map(|workload| seen(*workload, &work, Some(&around)))
            .collect();
    }
    for seen in &mut all {
        for trouble in &mut seen.troubles {
            let at = trouble.pod.as_deref().unwrap_or(seen.workload.name);
            trouble.lasted = looks.lasted(&format!("{namespace}/{at}/{}", trouble.why.code().name()));
            if is_late {
                last_lines(world, &kubectl, namespace, &work, seen.workload, trouble)?;
            }
        }
        // Hopeless ones come first: they are what the step ends with.
        seen.troubles
            .sort_by_key(|trouble| (!trouble.is_hopeless(), trouble.why.rank()));
    }
    Ok(all)
}

/// What explains more. Where that can't be asked, the pods explain themselves: how they stand is known all the same.
fn surroundings(
    world: &World<'_>,
    kubectl: &Kubectl<'_>,
    namespace: &str,
) -> Result<Option<Arc<Surroundings>>, CallError> {
    let looks = &world.ground.looks;
    match looks.surroundings(namespace, || kubectl.surroundings(namespace)) {
        Err(error) if error.class == ErrorClass::Interrupted => Err(error),
        Err(error) => {
            if looks.lasted(&format!("{namespace}/unexplained")).is_zero() {
                let text = format!(
                    "failed to {}: waits there are explained by the pods alone",
                    error.purpose
                );
                world.listener.note(&text);
            }
            Ok(None)
        }
        found => found,
    }
}

/// Adds the last lines of a container that ended, or of a Job's pod that failed, to what is said.
fn last_lines(
    world: &World<'_>,
    kubectl: &Kubectl<'_>,
    namespace: &str,
    work: &Work,
    workload: Workload,
    trouble: &mut Trouble,
) -> Result<(), CallError> {
    let (pod, container, run) = match &trouble.why {
        Why::Crash(container, restarts, _) | Why::Memory(container, restarts) => {
            let Some(pod) = &trouble.pod else { return Ok(()) };
            (pod.clone(), container.clone(), Some(*restarts))
        }
        Why::JobFailed(_) | Why::JobRetries(_) => {
            let Some(controlled) = find::controlled(workload, work) else {
                return Ok(());
            };
            let mut failed = work
                .pods
                .iter()
                .rev()
                .filter(|pod| controlled.owns(pod) && pod.phase == "Failed");
            let failed = failed.find_map(|pod| Some((pod, pod.containers.last()?)));
            let Some((pod, container)) = failed else {
                return Ok(());
            };
            (pod.name.clone(), container.name.clone(), None)
        }
        _ => return Ok(()),
    };
    // The run before this one is the one that ended; a container that was not started again has no other.
    let previous = run.is_some_and(|restarts| restarts > 0);
    let of = format!("{namespace}/{pod}/{container}/{}", run.unwrap_or_default());
    let text = world.ground.looks.log(&of, || {
        match kubectl.log(namespace, (&pod, &container), previous, LINES.0) {
            Err(error) if error.class == ErrorClass::Interrupted => Err(error),
            // Its words stand where the lines would: a wait is not ended by that.
            Err(error) => Ok(format!("its last lines could not be read: {}", error.said)),
            Ok(text) => Ok(tail(&text)),
        }
    })?;
    if let Some(text) = text {
        format!("{}\n{text}", trouble.said)
            .trim()
            .clone_into(&mut trouble.said);
    }
    Ok(())
}

/// The end of a text, from the begin of a line where that is near.
fn tail(text: &str) -> String {
    let text = text.trim();
    let from = text.len().saturating_sub(LINES.1);
    let from = (from..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    text[from..].to_owned()
}

/// How a workload stands, by what was seen. Pure.
#[must_use]
pub fn seen(workload: Workload, work: &Work, around: Option<&Surroundings>) -> Seen {
    let (ready, wanted, is_ready) = match workload.kind {
        Kind::Service => {
            let ready = work.endpoints.iter().find(|(name, _)| name == workload.name);
            let ready = ready.map_or(0, |(_, ready)| *ready);
            (ready, 1, ready > 0)
        }
        _ => find::controlled(workload, work).map_or((0, 1, false), |it| (it.ready, it.wanted, it.is_ready)),
    };
    let troubles = if is_ready {
        Vec::new()
    } else {
        find::troubles(workload, work, around)
    };
    Seen {
        workload,
        ready,
        wanted,
        is_ready,
        troubles,
    }
}

/// What is still waited for, and why it is not there yet; nothing where all of them are ready. Pure.
#[must_use]
pub fn judge(desired: &Desired, namespace: &str, seen: &[Seen]) -> Option<Waiting> {
    let late: Vec<&Seen> = seen.iter().filter(|seen| !seen.is_ready).collect();
    let first = late.first()?;
    let more = match late.len() - 1 {
        0 => String::new(),
        1 => ", and one more".to_owned(),
        more => format!(", and {more} more"),
    };
    let mut why: Vec<(u8, Reason)> = late
        .iter()
        .flat_map(|seen| seen.troubles.iter().map(move |trouble| (seen.workload, trouble)))
        .map(|(workload, trouble)| {
            let reason = words::reason(desired, namespace, workload, trouble);
            (trouble.why.rank(), reason)
        })
        .collect();
    why.sort_by_key(|(rank, reason)| (!reason.hopeless, *rank));
    Some(Waiting {
        what: format!(
            "the {} `{namespace}/{}`: {} of {} ready{more}",
            first.workload.resource().kind,
            first.workload.name,
            first.ready,
            first.wanted
        ),
        why: why.into_iter().map(|(_, reason)| reason).collect(),
    })
}
