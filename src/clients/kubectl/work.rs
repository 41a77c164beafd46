//! What runs in a namespace, by one question: its workloads, its pods, and whom its services reach.

use super::Kubectl;
use super::containers::Told;
use super::metadata::{Condition, Marks, Meta};
use super::objects::{Resource, parse_mixed, typed};
use super::pods::{Pod, pod};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::is_dns_name;
use serde::Deserialize;
use serde_json::Value;

/// What runs in a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Its Deployments, `StatefulSets` and Jobs.
    pub workloads: Vec<Controlled>,
    /// All of its pods.
    pub pods: Vec<Pod>,
    /// How many ready endpoints each of its services has, by the service's name.
    pub endpoints: Vec<(String, u32)>,
}

/// A workload, as its controller has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controlled {
    /// Its kind.
    pub resource: Resource,
    /// Its name.
    pub name: String,
    /// Whose pods are its own.
    pub selector: Selector,
    /// How many of its pods are ready in their newest form; of a Job: how many completed.
    pub ready: u32,
    /// How many there shall be.
    pub wanted: u32,
    /// Whether all of it is there, of the newest form, and its controller has seen that form.
    pub is_ready: bool,
    /// How many pods it has at all.
    pub pods: u32,
    /// Whether its controller leaves it alone: a paused Deployment, a suspended Job.
    pub held: bool,
    /// How many pods of a Job have failed.
    pub failed: u32,
    /// Its conditions that hold, by their names.
    pub conditions: Vec<(String, Told)>,
}

impl Controlled {
    /// What is told of a condition that holds.
    #[must_use]
    pub fn condition(&self, name: &str) -> Option<&Told> {
        self.conditions
            .iter()
            .find_map(|(kind, told)| (kind == name).then_some(told))
    }

    /// Whether `pod` is one of its pods: by its selector, and by who made it. A Deployment's pods are its
    /// `ReplicaSets`'.
    #[must_use]
    pub fn owns(&self, pod: &Pod) -> bool {
        let made = pod.owner.as_ref().is_some_and(|owner| match self.resource.kind {
            "Deployment" => owner.kind == "ReplicaSet" && owner.name.starts_with(&format!("{}-", self.name)),
            kind => owner.kind == kind && owner.name == self.name,
        });
        made && self.selector.takes(&pod.labels)
    }
}

/// A label selector. Empty, it takes every pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    match_labels: Marks,
    match_expressions: Vec<Expression>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Expression {
    key: String,
    operator: String,
    #[serde(default)]
    values: Vec<String>,
}

impl Selector {
    /// Whether it takes something with these labels.
    #[must_use]
    pub fn takes(&self, labels: &Marks) -> bool {
        let alike = self
            .match_labels
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value));
        alike
            && self.match_expressions.iter().all(|it| {
                let found = labels.get(&it.key);
                match it.operator.as_str() {
                    "In" => found.is_some_and(|value| it.values.contains(value)),
                    "NotIn" => found.is_none_or(|value| !it.values.contains(value)),
                    "Exists" => found.is_some(),
                    "DoesNotExist" => found.is_none(),
                    _ => false,
                }
            })
    }
}

const SLICE: Resource = Resource::ENDPOINT_SLICE;

impl Kubectl<'_> {
    /// What runs in a namespace. Nothing is no proof that the namespace exists.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn work(&self, namespace: &str) -> Result<Work, CallError> {
        let kinds = [
            Resource::POD,
            Resource::DEPLOYMENT,
            Resource::STATEFUL_SET,
            Resource::JOB,
            SLICE,
        ];
        let names = kinds.map(|kind| kind.name).join(",");
        let purpose = format!("look at what runs in the namespace `{namespace}`");
        self.ask(
            &purpose,
            &["get", &names, "-n", namespace, "-o", "json"],
            parse_work,
        )
    }

    /// The last `lines` lines that a container printed, of the run before this one where `previous` says so. Untrusted
    /// text, redacted.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer: there is no log before a container ran.
    pub fn log(
        &self,
        namespace: &str,
        (pod, container): (&str, &str),
        previous: bool,
        lines: u32,
    ) -> Result<String, CallError> {
        let purpose = format!("read the log of the pod `{namespace}/{pod}`");
        let tail = format!("--tail={lines}");
        let mut args = vec!["logs", pod, "-c", container, "-n", namespace, tail.as_str()];
        if previous {
            args.push("--previous");
        }
        let text = self.ask(&purpose, &args, |bytes| {
            Ok(String::from_utf8_lossy(bytes).into_owned())
        })?;
        Ok(self.without_secrets(&text))
    }
}

/// Reads what [`Kubectl::work`] asks for.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or cut short.
pub fn parse_work(bytes: &[u8]) -> Result<Work, ParseFailure> {
    let mut work = Work::default();
    for (kind, object) in parse_mixed(bytes)? {
        match kind.as_str() {
            "Pod" => work.pods.push(pod(object)?),
            "Deployment" => work.workloads.push(deployment(object)?),
            "StatefulSet" => work.workloads.push(stateful_set(object)?),
            "Job" => work.workloads.push(job(object)?),
            "EndpointSlice" => endpoints(object, &mut work.endpoints)?,
            _ => return Err(ParseFailure::Form("items[].kind")),
        }
    }
    Ok(work)
}

#[derive(Deserialize)]
struct Raw {
    metadata: Meta,
    spec: RawSpec,
    #[serde(default)]
    status: RawStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSpec {
    #[serde(default)]
    selector: Selector,
    replicas: Option<u32>,
    completions: Option<u32>,
    paused: Option<bool>,
    suspend: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawStatus {
    observed_generation: u64,
    replicas: u32,
    updated_replicas: u32,
    ready_replicas: u32,
    available_replicas: u32,
    current_revision: String,
    update_revision: String,
    active: u32,
    succeeded: u32,
    failed: u32,
    conditions: Option<Vec<Condition>>,
}

impl Raw {
    fn told(self, resource: Resource) -> Result<Controlled, ParseFailure> {
        let conditions = self.status.conditions.into_iter().flatten();
        Ok(Controlled {
            resource,
            name: self.metadata.name()?,
            selector: self.spec.selector,
            ready: 0,
            wanted: self.spec.replicas.unwrap_or(1),
            is_ready: false,
            pods: self.status.replicas,
            held: self.spec.paused == Some(true) || self.spec.suspend == Some(true),
            failed: self.status.failed,
            conditions: conditions
                .filter(|it| it.status == "True")
                .map(|it| (it.kind, Told::of(it.reason, it.message.as_deref())))
                .collect(),
        })
    }

    /// Whether its controller has seen its newest form, and it is not on its way out.
    const fn observed(&self) -> bool {
        self.status.observed_generation >= self.metadata.generation && self.metadata.deletion.is_none()
    }
}

/// As `kubectl rollout status` waits for it, and with all pods ready. One that shall have no pods is never ready.
fn deployment(object: Value) -> Result<Controlled, ParseFailure> {
    let raw: Raw = typed(object)?;
    let (status, wanted) = (&raw.status, raw.spec.replicas.unwrap_or(1));
    let ready = status
        .ready_replicas
        .min(status.available_replicas)
        .min(status.updated_replicas);
    let is_ready =
        raw.observed() && wanted > 0 && ready >= wanted && status.replicas <= status.updated_replicas;
    Ok(Controlled {
        ready,
        is_ready,
        ..raw.told(Resource::DEPLOYMENT)?
    })
}

/// The same of a `StatefulSet`: its newest form has become its current one.
fn stateful_set(object: Value) -> Result<Controlled, ParseFailure> {
    let raw: Raw = typed(object)?;
    let (status, wanted) = (&raw.status, raw.spec.replicas.unwrap_or(1));
    let rolled_out = status.current_revision == status.update_revision;
    let updated = if rolled_out {
        wanted
    } else {
        status.updated_replicas
    };
    let ready = status.ready_replicas.min(updated);
    let is_ready = raw.observed() && wanted > 0 && ready >= wanted && rolled_out;
    Ok(Controlled {
        ready,
        is_ready,
        ..raw.told(Resource::STATEFUL_SET)?
    })
}

/// A Job is ready once it is complete by its controller's word: its pods alone say less.
fn job(object: Value) -> Result<Controlled, ParseFailure> {
    let raw: Raw = typed(object)?;
    let (ready, pods) = (raw.status.succeeded, raw.status.active);
    let wanted = raw.spec.completions.unwrap_or(1);
    let leaving = raw.metadata.deletion.is_some();
    let told = raw.told(Resource::JOB)?;
    let is_ready = told.condition("Complete").is_some() && !leaving;
    Ok(Controlled {
        ready,
        wanted,
        is_ready,
        pods,
        ..told
    })
}

#[derive(Deserialize)]
struct RawSlice {
    metadata: Meta,
    endpoints: Option<Vec<RawEndpoint>>,
}

#[derive(Deserialize)]
struct RawEndpoint {
    #[serde(default)]
    conditions: RawServing,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawServing {
    ready: Option<bool>,
}

fn endpoints(object: Value, all: &mut Vec<(String, u32)>) -> Result<(), ParseFailure> {
    let slice: RawSlice = typed(object)?;
    let labels = slice.metadata.labels.unwrap_or_default();
    let Some(service) = labels.get("kubernetes.io/service-name") else {
        return Ok(());
    };
    if !is_dns_name(service) {
        return Err(ParseFailure::Form("metadata.labels"));
    }
    // What is not told is ready, by the API's own rule.
    let ready = slice.endpoints.into_iter().flatten();
    let ready = ready.filter(|it| it.conditions.ready != Some(false)).count();
    let ready = u32::try_from(ready).unwrap_or(u32::MAX);
    match all.iter_mut().find(|(name, _)| name == service) {
        Some((_, count)) => *count = count.saturating_add(ready),
        None => all.push((service.clone(), ready)),
    }
    Ok(())
}
