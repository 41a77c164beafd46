//! Pods and why they are not ready, and what happened to an object.

use super::Kubectl;
use super::metadata::{Condition, Marks, Meta, time, word};
use super::objects::{Resource, typed};
use crate::clients::call::formed;
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{is_dns_name, is_word};
use crate::gateway::redact::untrusted;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// Whether it is ready; a pod that has ended never is.
    pub ready: bool,
    /// Whether it has done its work (a Job's).
    pub succeeded: bool,
    /// Whether it is being deleted.
    pub leaving: bool,
    /// Where it runs.
    pub node: Option<String>,
    /// How often its containers were started again.
    pub restarts: u32,
    /// Why it is not ready: the reasons by Kubernetes' own words, `Unschedulable`, `ImagePullBackOff`,
    /// `CrashLoopBackOff`, `OOMKilled`; empty where it is ready or nothing is told.
    pub why: Vec<String>,
    /// The messages beside them. Untrusted text: never part of a message.
    pub said: String,
    /// Its labels.
    pub labels: Marks,
}

/// Something that happened to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `Normal` or `Warning`.
    pub kind: String,
    /// Kubernetes' own word: `FailedScheduling`.
    pub reason: String,
    /// What was said. Untrusted text: never part of a message.
    pub said: String,
    /// How often.
    pub count: u32,
    /// When it was seen last.
    pub last: Option<Timestamp>,
}

impl Kubectl<'_> {
    /// The pods of a namespace that `selector` (`app=x,tier!=y`) chooses; an empty one chooses all. None is no proof
    /// that the namespace exists.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn pods(&self, namespace: &str, selector: &str) -> Result<Vec<Pod>, CallError> {
        let filters = if selector.is_empty() {
            vec![]
        } else {
            vec!["-l", selector]
        };
        self.objects(Resource::POD, Some(namespace), &filters, pod)
    }

    /// What happened to one object lately (an hour, by default), the newest last.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn events(&self, namespace: &str, of: Resource, name: &str) -> Result<Vec<Event>, CallError> {
        let filter = format!("involvedObject.kind={},involvedObject.name={name}", of.kind);
        let mut events = self.objects(
            Resource::EVENT,
            Some(namespace),
            &["--field-selector", &filter],
            event,
        )?;
        events.sort_by_key(|event| event.last);
        Ok(events)
    }
}

#[derive(Deserialize)]
struct RawPod {
    metadata: Meta,
    #[serde(default)]
    spec: RawPodSpec,
    status: RawPodStatus,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawPodSpec {
    node_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPodStatus {
    phase: String,
    reason: Option<String>,
    message: Option<String>,
    conditions: Option<Vec<Condition>>,
    init_container_statuses: Option<Vec<RawContainerStatus>>,
    container_statuses: Option<Vec<RawContainerStatus>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawContainerStatus {
    ready: bool,
    restart_count: u32,
    #[serde(default)]
    state: RawState,
    #[serde(default)]
    last_state: RawState,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawState {
    waiting: Option<RawWhy>,
    terminated: Option<RawWhy>,
}

#[derive(Deserialize)]
struct RawWhy {
    reason: Option<String>,
    message: Option<String>,
}

fn pod(object: Value) -> Result<Pod, ParseFailure> {
    let raw: RawPod = typed(object)?;
    let status = raw.status;
    let phase = formed(status.phase, |phase| is_word(phase, 32), "status.phase")?;
    let conditions = status.conditions.unwrap_or_default();
    let ready = conditions
        .iter()
        .any(|it| it.kind == "Ready" && it.status == "True")
        && raw.metadata.deletion.is_none()
        && phase == "Running";
    let containers: Vec<RawContainerStatus> = status
        .init_container_statuses
        .into_iter()
        .chain(status.container_statuses)
        .flatten()
        .collect();
    let restarts = containers
        .iter()
        .map(|it| it.restart_count)
        .fold(0, u32::saturating_add);
    let mut whys = vec![(status.reason, status.message)];
    let scheduled = conditions
        .into_iter()
        .filter(|it| it.kind == "PodScheduled" && it.status == "False");
    whys.extend(scheduled.map(|it| (it.reason, it.message)));
    for container in containers.into_iter().filter(|container| !container.ready) {
        let told = [
            container.state.waiting,
            container.state.terminated,
            container.last_state.terminated,
        ];
        whys.extend(told.into_iter().flatten().map(|why| (why.reason, why.message)));
    }
    let succeeded = phase == "Succeeded";
    let (mut why, mut said): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    if !ready && !succeeded {
        for (reason, message) in whys {
            // An init container that did its work stands as terminated, and is no reason.
            if reason.as_deref() == Some("Completed") {
                continue;
            }
            let reason = word(reason).filter(|reason| !why.contains(reason));
            why.extend(reason);
            said.extend(message);
        }
    }
    Ok(Pod {
        name: raw.metadata.name()?,
        phase,
        ready,
        succeeded,
        leaving: raw.metadata.deletion.is_some(),
        node: raw.spec.node_name.filter(|name| is_dns_name(name)),
        restarts,
        why,
        said: untrusted(&said.join("\n")),
        labels: raw.metadata.labels.unwrap_or_default(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEvent {
    #[serde(rename = "type")]
    kind: Option<String>,
    reason: Option<String>,
    message: Option<String>,
    count: Option<u32>,
    last_timestamp: Option<String>,
    event_time: Option<String>,
    series: Option<RawSeries>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSeries {
    count: Option<u32>,
    last_observed_time: Option<String>,
}

fn event(object: Value) -> Result<Event, ParseFailure> {
    let raw: RawEvent = typed(object)?;
    let (count, last) = raw
        .series
        .map_or((None, None), |it| (it.count, it.last_observed_time));
    // Each of the two forms of an event leaves the other's time empty.
    let last = last.or(raw.last_timestamp).or(raw.event_time);
    Ok(Event {
        kind: word(raw.kind).unwrap_or_else(|| "Normal".to_owned()),
        reason: word(raw.reason).unwrap_or_default(),
        said: untrusted(&raw.message.unwrap_or_default()),
        count: count.or(raw.count).unwrap_or(1),
        last: time(last, "items[].lastTimestamp")?,
    })
}
