//! Single things that an install looks at in a cluster: classes, leases, added kinds, service accounts.

use super::Kubectl;
use super::metadata::{Condition, Marks, Meta, time};
use super::objects::{Resource, typed};
use crate::clients::call::formed;
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{is_dns_name, is_word};
use crate::gateway::redact::untrusted;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

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

impl Kubectl<'_> {
    /// All storage classes.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn storage_classes(&self) -> Result<Vec<StorageClass>, CallError> {
        self.objects(Resource::STORAGE_CLASS, None, &[], storage_class)
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

pub(super) fn storage_class(object: Value) -> Result<StorageClass, ParseFailure> {
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
