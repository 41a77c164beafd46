//! What happened to objects.

use super::Kubectl;
use super::metadata::{time, word};
use super::objects::{Resource, typed};
use crate::clients::failure::{CallError, ParseFailure};
use crate::gateway::redact::untrusted;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// Something that happened to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The kind of what it happened to: `Pod`.
    pub of: String,
    /// That one's name.
    pub name: String,
    /// Who says so: `default-scheduler`, `karpenter`, `kubelet`.
    pub source: String,
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
#[serde(rename_all = "camelCase")]
struct RawEvent {
    #[serde(default)]
    involved_object: RawInvolved,
    #[serde(default)]
    source: RawSource,
    reporting_component: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    reason: Option<String>,
    message: Option<String>,
    count: Option<u32>,
    last_timestamp: Option<String>,
    event_time: Option<String>,
    series: Option<RawSeries>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawInvolved {
    kind: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawSource {
    component: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSeries {
    count: Option<u32>,
    last_observed_time: Option<String>,
}

pub(super) fn event(object: Value) -> Result<Event, ParseFailure> {
    let raw: RawEvent = typed(object)?;
    let (count, last) = raw
        .series
        .map_or((None, None), |it| (it.count, it.last_observed_time));
    // Each of the two forms of an event leaves the other's time empty.
    let last = last.or(raw.last_timestamp).or(raw.event_time);
    // As the time, so the one who says it.
    let source = Some(raw.source.component).filter(|it| !it.is_empty());
    Ok(Event {
        of: raw.involved_object.kind,
        name: raw.involved_object.name,
        source: source.or(raw.reporting_component).unwrap_or_default(),
        kind: word(raw.kind).unwrap_or_else(|| "Normal".to_owned()),
        reason: word(raw.reason).unwrap_or_default(),
        said: untrusted(&raw.message.unwrap_or_default()),
        count: count.or(raw.count).unwrap_or(1),
        last: time(last, "items[].lastTimestamp")?,
    })
}
