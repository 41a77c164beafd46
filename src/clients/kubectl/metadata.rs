//! What all objects have in common: names, marks, conditions, times.

use crate::clients::call::formed;
use crate::clients::failure::ParseFailure;
use crate::clients::form::{is_dns_name, is_word};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// An object's labels or annotations. Untrusted text.
pub type Marks = BTreeMap<String, String>;

/// A label's value, as Kubernetes takes it: 63 letters, digits, `-`, `_` and `.` at most.
#[must_use]
pub fn is_label_value(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let end = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.len() <= 63 && text.bytes().all(plain) && end(bytes.first()) && end(bytes.last())
}

#[derive(Deserialize)]
pub(super) struct Meta {
    pub(super) name: String,
    #[serde(default, rename = "resourceVersion")]
    pub(super) resource_version: String,
    #[serde(default)]
    pub(super) uid: String,
    #[serde(default)]
    pub(super) generation: u64,
    pub(super) labels: Option<Marks>,
    pub(super) annotations: Option<Marks>,
    #[serde(rename = "deletionTimestamp")]
    pub(super) deletion: Option<String>,
    #[serde(rename = "ownerReferences")]
    owners: Option<Vec<RawOwner>>,
}

#[derive(Deserialize)]
struct RawOwner {
    kind: String,
    name: String,
    controller: Option<bool>,
}

/// Who made an object and looks after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// `ReplicaSet`, `StatefulSet`, `Job`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl Meta {
    pub(super) fn name(&self) -> Result<String, ParseFailure> {
        formed(self.name.clone(), is_dns_name, "metadata.name")
    }

    /// The one owner that controls it.
    pub(super) fn owner(&self) -> Option<Owner> {
        let owners = self.owners.iter().flatten();
        let mut of_it = owners.filter(|owner| owner.controller == Some(true));
        of_it.next().map(|owner| Owner {
            kind: owner.kind.clone(),
            name: owner.name.clone(),
        })
    }
}

#[derive(Deserialize)]
pub(super) struct Condition {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    pub(super) message: Option<String>,
}

/// Kubernetes' own word for a reason; anything else is none.
pub(super) fn word(text: Option<String>) -> Option<String> {
    text.filter(|text| is_word(text, 128))
}

pub(super) fn time(text: Option<String>, field: &'static str) -> Result<Option<Timestamp>, ParseFailure> {
    text.map(|text| text.parse().map_err(|_| ParseFailure::Form(field)))
        .transpose()
}
