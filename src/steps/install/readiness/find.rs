//! What is in the way of a workload, by what the cluster tells of it and its pods. Pure.

use super::pods;
use super::refusal::refusal;
use super::trouble::{Trouble, Why};
use super::{Kind, Workload};
use crate::clients::kubectl::{Controlled, Event, Pod, Surroundings, Work};

/// The workload, as its controller has it.
#[must_use]
pub fn controlled(workload: Workload, work: &Work) -> Option<&Controlled> {
    work.workloads
        .iter()
        .find(|it| it.resource == workload.resource() && it.name == workload.name)
}

/// What is in the way, the gravest first; nothing where nothing is told. `around` is what explains more, where it was
/// asked.
#[must_use]
pub fn troubles(workload: Workload, work: &Work, around: Option<&Surroundings>) -> Vec<Trouble> {
    if workload.kind == Kind::Service {
        return vec![Trouble::new(Why::NoEndpoints, "")];
    }
    let Some(controlled) = controlled(workload, work) else {
        return vec![Trouble::new(Why::Missing, "")];
    };
    let mut found = of_workload(controlled, around);
    // Pods that are on their way out or have done their work are nobody's trouble, and so is one that its node put out
    // while another stands in its place.
    let pods: Vec<&Pod> = work
        .pods
        .iter()
        .filter(|pod| !pod.leaving && !pod.succeeded && !pod.ready && controlled.owns(pod))
        .collect();
    let alive = pods.iter().any(|pod| pod.phase != "Failed");
    for pod in pods {
        if pod.phase == "Failed" && (alive || workload.kind == Kind::Job) {
            continue;
        }
        let trouble = pods::trouble(pod, workload.kind, around);
        for trouble in trouble.into_iter().map(|it| it.at(&pod.name)) {
            match found.iter_mut().find(|it| it.why == trouble.why) {
                Some(same) => same.more += 1,
                None => found.push(trouble),
            }
        }
    }
    found.sort_by_key(|trouble| trouble.why.rank());
    found
}

/// What its controller tells.
fn of_workload(it: &Controlled, around: Option<&Surroundings>) -> Vec<Trouble> {
    if let Some(failed) = it.condition("Failed").or_else(|| it.condition("FailureTarget")) {
        return vec![Trouble::new(
            Why::JobFailed(failed.reason.clone()),
            failed.said.clone(),
        )];
    }
    let mut found = Vec::new();
    if it.held {
        found.push(Trouble::new(Why::Held, ""));
    }
    if it.wanted == 0 {
        found.push(Trouble::new(Why::NoPods, ""));
    }
    if it.failed > 0 && it.resource.kind == "Job" {
        found.push(Trouble::new(Why::JobRetries(it.failed), ""));
    }
    if it.pods < it.wanted.saturating_sub(it.ready) || (it.resource.kind != "Job" && it.pods < it.wanted) {
        found.extend(refused(it, around));
    }
    found
}

/// Why its pods are not made. A Deployment says so itself; of the others it is an event.
fn refused(it: &Controlled, around: Option<&Surroundings>) -> Option<Trouble> {
    let said = match it.condition("ReplicaFailure") {
        Some(told) => told.said.clone(),
        None => last_failure(it, around?)?.said.clone(),
    };
    Some(Trouble::new(Why::Refused(refusal(&said)), said))
}

/// The last failure to make a pod or its claim, where none was made since.
fn last_failure<'a>(it: &'a Controlled, around: &'a Surroundings) -> Option<&'a Event> {
    let failed = around
        .of(it.resource.kind, &it.name)
        .rev()
        .find(|event| event.reason == "FailedCreate")?;
    // A claim that could be made says nothing of the pod.
    let made = around.of(it.resource.kind, &it.name).any(|event| {
        event.reason == "SuccessfulCreate" && !event.said.contains(" Claim ") && event.last >= failed.last
    });
    (!made).then_some(failed)
}
