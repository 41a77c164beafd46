//! Deployments, and when one is ready.

use super::Kubectl;
use super::metadata::{Condition, Marks, Meta, word};
use super::objects::{Resource, typed};
use crate::clients::call::formed;
use crate::clients::failure::{CallError, ParseFailure};
use serde::Deserialize;
use serde_json::Value;

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

impl Kubectl<'_> {
    /// A deployment, or nothing where there is none of the name.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn deployment(&self, namespace: &str, name: &str) -> Result<Option<Deployment>, CallError> {
        self.object(Resource::DEPLOYMENT, Some(namespace), name, deployment)
    }
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
