//! Whether what a chart made is ready, and why it is not yet, from the objects themselves.

use super::{Desired, Waiting, World};
use crate::clients::CallError;
use crate::clients::kubectl::{Kubectl, Resource};
use crate::report::WorkloadEvidence;
use serde_json::Value;

/// The kinds of workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Deployment`.
    Deployment,
    /// `StatefulSet`.
    StatefulSet,
    /// `Job`: it must complete.
    Job,
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

    const fn resource(self) -> Resource {
        match self.kind {
            Kind::Deployment => Resource::DEPLOYMENT,
            Kind::StatefulSet => Resource::STATEFUL_SET,
            Kind::Job => Resource::JOB,
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
    let Some(standing) = world.standing()? else {
        return Ok(Vec::new());
    };
    let kubectl = Kubectl {
        gateway: world.gateway,
        access: &standing.access,
    };
    workloads
        .iter()
        .map(|workload| {
            let found = kubectl.get_object(workload.resource(), Some(namespace), workload.name)?;
            Ok(seen(*workload, found.as_ref()))
        })
        .collect()
}

fn seen(workload: Workload, found: Option<&Value>) -> Seen {
    let number = |path: &str, absent: u64| {
        let number = found
            .and_then(|it| it.pointer(path))
            .map_or(absent, |it| it.as_u64().unwrap_or_default());
        u32::try_from(number).unwrap_or(u32::MAX)
    };
    let (ready, wanted) = match workload.kind {
        Kind::Job => (number("/status/succeeded", 0), number("/spec/completions", 1)),
        _ => (
            number("/status/readyReplicas", 0).min(number("/status/updatedReplicas", 0)),
            number("/spec/replicas", 1),
        ),
    };
    let observed = workload.kind == Kind::Job
        || number("/status/observedGeneration", 0) >= number("/metadata/generation", 0);
    Seen {
        workload,
        ready,
        wanted,
        is_ready: found.is_some() && observed && wanted > 0 && ready >= wanted,
    }
}

/// What is still waited for; nothing where all of them are ready.
#[must_use]
pub fn judge(_desired: &Desired, namespace: &str, seen: &[Seen]) -> Option<Waiting> {
    let late = seen.iter().find(|seen| !seen.is_ready)?;
    Some(Waiting {
        what: format!(
            "the {} `{namespace}/{}`: {} of {} ready",
            late.workload.resource().kind,
            late.workload.name,
            late.ready,
            late.wanted
        ),
        why: Vec::new(),
    })
}
