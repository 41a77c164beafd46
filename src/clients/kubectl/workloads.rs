//! What an install looks at in a cluster: controllers, pods and why they are not ready, leases, kinds, classes.

use super::Kubectl;
use super::objects::{Resource, typed};
use crate::clients::call::formed;
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{is_dns_name, is_word};
use crate::gateway::redact::untrusted;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// An object's labels or annotations. Untrusted text.
pub type Marks = BTreeMap<String, String>;

/// A storage class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageClass {
    /// Its name.
    pub name: String,
    /// Whose driver makes the volumes: `ebs.csi.aws.com`.
    pub provisioner: String,
    /// What the driver is told, `type`: `gp3`.
    pub parameters: Marks,
    /// `WaitForFirstConsumer` or `Immediate`.
    pub binding_mode: String,
    /// Whether its volumes can grow.
    pub expandable: bool,
    /// Whether claims that name no class get it.
    pub is_default: bool,
    /// Its labels.
    pub labels: Marks,
    /// Its annotations.
    pub annotations: Marks,
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Its name.
    pub name: String,
    /// How many pods it shall have.
    pub desired: u32,
    /// How many of the newest form it has.
    pub updated: u32,
    /// How many are ready.
    pub ready: u32,
    /// How many have been ready for long enough.
    pub available: u32,
    /// How many it has in all, old ones among them.
    pub replicas: u32,
    /// The number of its newest form.
    pub generation: u64,
    /// The number of the form that its controller has seen; 0 where it has seen none.
    pub observed: u64,
    /// Its labels.
    pub labels: Marks,
    /// Its annotations.
    pub annotations: Marks,
    /// The images of its containers, in their order.
    pub images: Vec<String>,
    /// Why it does not go on (`Progressing` false), by Kubernetes' own word: `ProgressDeadlineExceeded`.
    pub stuck: Option<String>,
}

impl Deployment {
    /// Whether all that is wanted is there, of the newest form, seen by the controller, and nothing old is left: what
    /// `kubectl rollout status` waits for. One that shall have no pods is never ready.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.observed >= self.generation
            && self.desired > 0
            && self.updated >= self.desired
            && self.replicas <= self.updated
            && self.available >= self.desired
            && self.ready >= self.desired
    }
}

/// A lease (`coordination.k8s.io/v1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it; none where nobody does. Untrusted text, shown as it may be.
    pub holder: Option<String>,
    /// When the holder said last that it lives.
    pub renewed: Option<Timestamp>,
    /// When the holder took it.
    pub acquired: Option<Timestamp>,
    /// For how long after that it counts, in seconds.
    pub duration: Option<u32>,
    /// How often it changed hands.
    pub transitions: u32,
    /// Its version, for [`Kubectl::replace`].
    pub resource_version: String,
    /// Its uid.
    pub uid: String,
    /// Its labels.
    pub labels: Marks,
    /// Its annotations.
    pub annotations: Marks,
}

/// A kind that was added to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crd {
    /// Its name, `nodepools.karpenter.sh`.
    pub name: String,
    /// Whether the API server serves it.
    pub established: bool,
    /// The versions that are served, as the CRD lists them.
    pub versions: Vec<String>,
    /// Its labels.
    pub labels: Marks,
    /// Its annotations; `meta.helm.sh/release-name` says whose it is.
    pub annotations: Marks,
}

/// A service account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Marks,
    /// Its annotations; `meta.helm.sh/release-name` says whose it is.
    pub annotations: Marks,
}

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
    /// A storage class, or nothing where there is none of the name.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn storage_class(&self, name: &str) -> Result<Option<StorageClass>, CallError> {
        self.object(Resource::STORAGE_CLASS, None, name, storage_class)
    }

    /// All storage classes.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn storage_classes(&self) -> Result<Vec<StorageClass>, CallError> {
        self.objects(Resource::STORAGE_CLASS, None, &[], storage_class)
    }

    /// A deployment, or nothing where there is none of the name.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn deployment(&self, namespace: &str, name: &str) -> Result<Option<Deployment>, CallError> {
        self.object(Resource::DEPLOYMENT, Some(namespace), name, deployment)
    }

    /// A lease, or nothing where there is none of the name.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn lease(&self, namespace: &str, name: &str) -> Result<Option<Lease>, CallError> {
        self.object(Resource::LEASE, Some(namespace), name, lease)
    }

    /// A kind that was added to the API, or nothing where it was not.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn crd(&self, name: &str) -> Result<Option<Crd>, CallError> {
        self.object(Resource::CRD, None, name, crd)
    }

    /// A service account, or nothing where there is none of the name.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn service_account(&self, namespace: &str, name: &str) -> Result<Option<ServiceAccount>, CallError> {
        self.object(Resource::SERVICE_ACCOUNT, Some(namespace), name, service_account)
    }

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

    /// The labels that a release's revisions were given, by revision: those on its Secrets without helm's own. The
    /// Secrets' contents are not printed.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn release_labels(&self, namespace: &str, release: &str) -> Result<BTreeMap<u64, Marks>, CallError> {
        let purpose = format!("read the labels of the release `{release}`");
        let selector = format!("owner=helm,name={release}");
        let args = [
            "get",
            Resource::SECRET.name,
            "-n",
            namespace,
            "-l",
            &selector,
            "-o",
            RELEASES,
        ];
        self.ask(&purpose, &args, |bytes| parse_release_labels(bytes, release))
    }
}

/// A release's Secrets, a line each between two words that prove the list whole.
const RELEASES: &str =
    r#"jsonpath={"releases\n"}{range .items[*]}{.metadata.name}{"\t"}{.metadata.labels}{"\n"}{end}{"end\n"}"#;
/// The labels that helm itself sets (helm `pkg/storage/driver/util.go`).
const HELMS_OWN: [&str; 6] = ["name", "owner", "status", "version", "createdAt", "modifiedAt"];

/// Reads what [`Kubectl::release_labels`] asks for.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or cut short.
pub fn parse_release_labels(bytes: &[u8], release: &str) -> Result<BTreeMap<u64, Marks>, ParseFailure> {
    let text = std::str::from_utf8(bytes).map_err(|_| ParseFailure::Form("releases"))?;
    if text.trim().is_empty() {
        return Err(ParseFailure::Empty);
    }
    let rest = text
        .strip_prefix("releases\n")
        .ok_or(ParseFailure::Form("releases"))?;
    let lines = rest.strip_suffix("end\n").ok_or(ParseFailure::Cut)?;
    let begin = format!("sh.helm.release.v1.{release}.v");
    lines
        .lines()
        .map(|line| {
            let (name, labels) = line.split_once('\t').ok_or(ParseFailure::Form("releases[]"))?;
            let revision = name.strip_prefix(&begin).and_then(|number| number.parse().ok());
            let mut labels: Marks = crate::clients::call::json(labels.as_bytes())?;
            labels.retain(|key, _| !HELMS_OWN.contains(&key.as_str()));
            Ok((
                revision.ok_or(ParseFailure::Form("releases[].metadata.name"))?,
                labels,
            ))
        })
        .collect()
}

/// A label's value, as Kubernetes takes it: 63 letters, digits, `-`, `_` and `.` at most.
#[must_use]
pub fn is_label_value(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let end = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.len() <= 63 && text.bytes().all(plain) && end(bytes.first()) && end(bytes.last())
}

#[derive(Deserialize)]
struct Meta {
    name: String,
    #[serde(default, rename = "resourceVersion")]
    resource_version: String,
    #[serde(default)]
    uid: String,
    #[serde(default)]
    generation: u64,
    labels: Option<Marks>,
    annotations: Option<Marks>,
    #[serde(rename = "deletionTimestamp")]
    deletion: Option<String>,
}

impl Meta {
    fn name(&self) -> Result<String, ParseFailure> {
        formed(self.name.clone(), is_dns_name, "metadata.name")
    }
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    reason: Option<String>,
    message: Option<String>,
}

/// Kubernetes' own word for a reason; anything else is none.
fn word(text: Option<String>) -> Option<String> {
    text.filter(|text| is_word(text, 128))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawStorageClass {
    metadata: Meta,
    provisioner: String,
    parameters: Option<Marks>,
    volume_binding_mode: Option<String>,
    allow_volume_expansion: Option<bool>,
}

fn storage_class(object: Value) -> Result<StorageClass, ParseFailure> {
    let raw: RawStorageClass = typed(object)?;
    let annotations = raw.metadata.annotations.clone().unwrap_or_default();
    // The second is the beta form, which the API server still honours.
    let marks = [
        "storageclass.kubernetes.io/is-default-class",
        "storageclass.beta.kubernetes.io/is-default-class",
    ];
    Ok(StorageClass {
        name: raw.metadata.name()?,
        provisioner: formed(
            raw.provisioner,
            |text| text.split('/').all(is_dns_name),
            "provisioner",
        )?,
        parameters: raw.parameters.unwrap_or_default(),
        // The API server's own default, which it writes into each class.
        binding_mode: formed(
            raw.volume_binding_mode.unwrap_or_else(|| "Immediate".to_owned()),
            |mode| is_word(mode, 64),
            "volumeBindingMode",
        )?,
        expandable: raw.allow_volume_expansion == Some(true),
        is_default: marks
            .iter()
            .any(|mark| annotations.get(*mark).is_some_and(|value| value == "true")),
        labels: raw.metadata.labels.unwrap_or_default(),
        annotations,
    })
}

#[derive(Deserialize)]
struct RawDeployment {
    metadata: Meta,
    spec: RawDeploymentSpec,
    #[serde(default)]
    status: RawDeploymentStatus,
}

#[derive(Deserialize)]
struct RawDeploymentSpec {
    replicas: Option<u32>,
    template: RawTemplate,
}

#[derive(Deserialize)]
struct RawTemplate {
    spec: RawTemplateSpec,
}

#[derive(Deserialize)]
struct RawTemplateSpec {
    containers: Vec<RawContainer>,
}

#[derive(Deserialize)]
struct RawContainer {
    image: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawDeploymentStatus {
    observed_generation: u64,
    replicas: u32,
    updated_replicas: u32,
    ready_replicas: u32,
    available_replicas: u32,
    conditions: Vec<Condition>,
}

fn deployment(object: Value) -> Result<Deployment, ParseFailure> {
    let raw: RawDeployment = typed(object)?;
    let is_image =
        |text: &str| !text.is_empty() && text.len() <= 512 && text.bytes().all(|it| it.is_ascii_graphic());
    let images = raw.spec.template.spec.containers.into_iter();
    let stuck = raw
        .status
        .conditions
        .into_iter()
        .find(|it| it.kind == "Progressing" && it.status == "False");
    Ok(Deployment {
        name: raw.metadata.name()?,
        // What the API server fills in where nothing is said.
        desired: raw.spec.replicas.unwrap_or(1),
        updated: raw.status.updated_replicas,
        ready: raw.status.ready_replicas,
        available: raw.status.available_replicas,
        replicas: raw.status.replicas,
        generation: raw.metadata.generation,
        observed: raw.status.observed_generation,
        labels: raw.metadata.labels.unwrap_or_default(),
        annotations: raw.metadata.annotations.unwrap_or_default(),
        images: images
            .map(|it| formed(it.image, is_image, "spec.template.spec.containers[].image"))
            .collect::<Result<_, _>>()?,
        stuck: stuck.map(|it| word(it.reason).unwrap_or_else(|| "NotProgressing".to_owned())),
    })
}

#[derive(Deserialize)]
struct RawLease {
    metadata: Meta,
    #[serde(default)]
    spec: RawLeaseSpec,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawLeaseSpec {
    holder_identity: Option<String>,
    renew_time: Option<String>,
    acquire_time: Option<String>,
    lease_duration_seconds: Option<u32>,
    lease_transitions: Option<u32>,
}

fn lease(object: Value) -> Result<Lease, ParseFailure> {
    let RawLease { metadata, spec } = typed(object)?;
    let version = |it: &str| is_word(it, 64);
    Ok(Lease {
        holder: spec
            .holder_identity
            .map(|it| untrusted(&it))
            .filter(|it| !it.is_empty()),
        renewed: time(spec.renew_time, "spec.renewTime")?,
        acquired: time(spec.acquire_time, "spec.acquireTime")?,
        duration: spec.lease_duration_seconds,
        transitions: spec.lease_transitions.unwrap_or(0),
        resource_version: formed(metadata.resource_version, version, "metadata.resourceVersion")?,
        uid: formed(metadata.uid, version, "metadata.uid")?,
        labels: metadata.labels.unwrap_or_default(),
        annotations: metadata.annotations.unwrap_or_default(),
    })
}

fn time(text: Option<String>, field: &'static str) -> Result<Option<Timestamp>, ParseFailure> {
    text.map(|text| text.parse().map_err(|_| ParseFailure::Form(field)))
        .transpose()
}

#[derive(Deserialize)]
struct RawCrd {
    metadata: Meta,
    spec: RawCrdSpec,
    #[serde(default)]
    status: RawConditions,
}

#[derive(Deserialize)]
struct RawCrdSpec {
    versions: Vec<RawCrdVersion>,
}

#[derive(Deserialize)]
struct RawCrdVersion {
    name: String,
    served: bool,
}

#[derive(Default, Deserialize)]
struct RawConditions {
    conditions: Option<Vec<Condition>>,
}

fn crd(object: Value) -> Result<Crd, ParseFailure> {
    let raw: RawCrd = typed(object)?;
    let conditions = raw.status.conditions.unwrap_or_default();
    let served = raw.spec.versions.into_iter().filter(|version| version.served);
    Ok(Crd {
        name: raw.metadata.name()?,
        // A kind on its way out is still established, and takes no new objects.
        established: raw.metadata.deletion.is_none()
            && conditions
                .iter()
                .any(|it| it.kind == "Established" && it.status == "True"),
        versions: served
            .map(|version| formed(version.name, |name| is_word(name, 63), "spec.versions[].name"))
            .collect::<Result<_, _>>()?,
        labels: raw.metadata.labels.unwrap_or_default(),
        annotations: raw.metadata.annotations.unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct RawServiceAccount {
    metadata: Meta,
}

fn service_account(object: Value) -> Result<ServiceAccount, ParseFailure> {
    let RawServiceAccount { metadata } = typed(object)?;
    Ok(ServiceAccount {
        name: metadata.name()?,
        labels: metadata.labels.unwrap_or_default(),
        annotations: metadata.annotations.unwrap_or_default(),
    })
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
