//! Pods, and why they are not ready.

use super::Kubectl;
use super::containers::{Container, RawContainerStatus, Told};
use super::metadata::{Condition, Marks, Meta, Owner, word};
use super::objects::{Resource, typed};
use crate::clients::call::formed;
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{is_dns_name, is_word};
use crate::gateway::redact::untrusted;
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
    /// Who made it; none where nobody looks after it.
    pub owner: Option<Owner>,
    /// Its containers that the node knows, init containers first.
    pub containers: Vec<Container>,
    /// Why the scheduler has no node for it.
    pub unscheduled: Option<Told>,
    /// The claims that it mounts.
    pub claims: Vec<String>,
    /// Why it ended, or is on its way out: `Evicted`.
    pub fate: Option<Told>,
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
    volumes: Option<Vec<RawVolume>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawVolume {
    persistent_volume_claim: Option<RawClaimName>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawClaimName {
    claim_name: String,
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

pub(super) fn pod(object: Value) -> Result<Pod, ParseFailure> {
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
    let told: Vec<Container> = containers.iter().map(RawContainerStatus::container).collect();
    let fate = (status.reason.is_some()).then(|| Told::of(status.reason.clone(), status.message.as_deref()));
    let mut whys = vec![(status.reason, status.message)];
    let unscheduled = conditions
        .into_iter()
        .find(|it| it.kind == "PodScheduled" && it.status == "False");
    let no_node = unscheduled
        .as_ref()
        .map(|it| Told::of(it.reason.clone(), it.message.as_deref()));
    whys.extend(unscheduled.map(|it| (it.reason, it.message)));
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
    let volumes = raw.spec.volumes.unwrap_or_default().into_iter();
    let claims = volumes
        .filter_map(|volume| volume.persistent_volume_claim)
        .map(|claim| {
            formed(
                claim.claim_name,
                is_dns_name,
                "spec.volumes[].persistentVolumeClaim",
            )
        })
        .collect::<Result<_, _>>()?;
    Ok(Pod {
        name: raw.metadata.name()?,
        owner: raw.metadata.owner(),
        containers: told,
        unscheduled: no_node,
        claims,
        fate,
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
