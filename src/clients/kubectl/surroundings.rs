//! What may keep the pods of a namespace from running, by one question: what happened there, its claims, the cluster's
//! storage classes.

use super::Kubectl;
use super::events::{Event, event};
use super::kinds::{StorageClass, storage_class};
use super::metadata::Meta;
use super::objects::{Resource, parse_mixed, typed};
use crate::clients::call::formed;
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{is_dns_name, is_word};
use serde::Deserialize;
use serde_json::Value;

/// What surrounds the pods of a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// What happened lately (an hour, by default), the newest last.
    pub events: Vec<Event>,
    /// The namespace's claims.
    pub claims: Vec<Claim>,
    /// The cluster's storage classes.
    pub classes: Vec<StorageClass>,
}

/// A claim of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// `Pending`, `Bound` or `Lost`.
    pub phase: String,
    /// Its storage class; empty where it shall have none, absent where it names none.
    pub class: Option<String>,
}

impl Surroundings {
    /// What happened to one object, the newest last.
    #[must_use]
    pub fn of<'a>(&'a self, kind: &'a str, name: &'a str) -> impl DoubleEndedIterator<Item = &'a Event> {
        self.events
            .iter()
            .filter(move |event| event.of == kind && event.name == name)
    }
}

impl Kubectl<'_> {
    /// What surrounds the pods of a namespace.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn surroundings(&self, namespace: &str) -> Result<Surroundings, CallError> {
        let kinds = [Resource::EVENT, Resource::CLAIM, Resource::STORAGE_CLASS];
        let names = kinds.map(|kind| kind.name).join(",");
        let purpose = format!("look at what happens in the namespace `{namespace}`");
        let args = ["get", names.as_str(), "-n", namespace, "-o", "json"];
        self.ask(&purpose, &args, parse_surroundings)
    }
}

/// Reads what [`Kubectl::surroundings`] asks for.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or cut short.
pub fn parse_surroundings(bytes: &[u8]) -> Result<Surroundings, ParseFailure> {
    let mut all = Surroundings::default();
    for (kind, object) in parse_mixed(bytes)? {
        match kind.as_str() {
            "Event" => all.events.push(event(object)?),
            "PersistentVolumeClaim" => all.claims.push(claim(object)?),
            "StorageClass" => all.classes.push(storage_class(object)?),
            _ => return Err(ParseFailure::Form("items[].kind")),
        }
    }
    all.events.sort_by_key(|event| event.last);
    Ok(all)
}

#[derive(Deserialize)]
struct RawClaim {
    metadata: Meta,
    #[serde(default)]
    spec: RawClaimSpec,
    #[serde(default)]
    status: RawClaimStatus,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawClaimSpec {
    storage_class_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawClaimStatus {
    phase: Option<String>,
}

fn claim(object: Value) -> Result<Claim, ParseFailure> {
    let raw: RawClaim = typed(object)?;
    let class = raw.spec.storage_class_name;
    let is_class = |name: &str| name.is_empty() || is_dns_name(name);
    Ok(Claim {
        name: raw.metadata.name()?,
        // The API server's own default for one that its controller has not seen.
        phase: formed(
            raw.status.phase.unwrap_or_else(|| "Pending".to_owned()),
            |phase| is_word(phase, 32),
            "status.phase",
        )?,
        class: class
            .map(|name| formed(name, is_class, "spec.storageClassName"))
            .transpose()?,
    })
}
