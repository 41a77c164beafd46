//! The objects of a release, as they live: what was deleted or changed by hand. Pure.
//!
//! Only what the release's manifest sets is looked at: single values that stand in both, and values that are gone from
//! where the API server keeps them (`live/held.rs`). Its defaults, and what controllers and webhooks add, are no drift.
//! Of kinds whose fields can't be changed, only what is gone is looked at; those that end by themselves, not at all.

mod held;

use super::quantity;
use super::shown;
use crate::clients::ParseFailure;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What differs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// For people, without a value: `Deployment/api was changed at spec.replicas`, `ConfigMap/site: data.name is gone`.
    pub drift: Vec<String>,
    /// Those of it that are being deleted and still stand: a write does not keep them, and none can be made in their
    /// place. `PersistentVolumeClaim/data is being deleted, and …`.
    pub leaving: Vec<String>,
    /// Changed objects of kinds that were added to the API, as the release has them: helm's patch compares those with
    /// its own last manifest alone, and leaves the change (helm 3.19 `pkg/kube/client.go`, `createPatch`).
    pub custom: Vec<Value>,
}

/// Kinds that end or are remade by themselves: one that is gone is no drift.
const PASSING: [&str; 2] = ["Job", "Pod"];
/// Kinds of which only their being there is looked at: their fields are fixed, grow, or are written by the API server.
const ONLY_THERE: [&str; 2] = ["CustomResourceDefinition", "APIService"];
/// Kinds whose values are fixed, grow, or are rounded up: of those, only what is gone is looked at.
const FIXED: [&str; 2] = ["PersistentVolume", "PersistentVolumeClaim"];
/// Fields that can't be changed, or that controllers write.
const NOT_HELD: [&str; 3] = ["volumeClaimTemplates", "caBundle", "status"];
/// By what the items of a list are told apart. A volume may be mounted twice, and a port be open for two protocols.
const KEYS: [&[&str]; 8] = [
    &["mountPath"],
    &["name"],
    &["containerPort"],
    &["containerPort", "protocol"],
    &["port"],
    &["port", "protocol"],
    &["key"],
    &["topologyKey"],
];
/// The API's own groups.
const BUILT_IN: [&str; 20] = [
    "",
    "apps",
    "batch",
    "autoscaling",
    "policy",
    "extensions",
    "events.k8s.io",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "certificates.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "authentication.k8s.io",
];
/// How much of it is told.
const MOST: usize = 6;

/// The objects of a manifest: YAML documents, lists opened.
///
/// # Errors
/// [`ParseFailure`] where it is not such a text.
pub fn objects(manifest: &str) -> Result<Vec<Value>, ParseFailure> {
    let mut found = Vec::new();
    for document in serde_norway::Deserializer::from_str(manifest) {
        let object = Value::deserialize(document).map_err(|_| ParseFailure::Form("manifest"))?;
        match object.get("items").and_then(Value::as_array) {
            Some(items) => found.extend(items.iter().cloned()),
            None => found.push(object),
        }
    }
    found.retain(|object| kind(object).is_some() && name(object).is_some());
    Ok(found)
}

/// What is asked of kubectl: a list of the objects by their names alone, in `namespace` where they say none. The API
/// takes no notice of a namespace where the kind has none.
#[must_use]
pub fn asked(objects: &[Value], namespace: &str) -> Value {
    let items: Vec<Value> = objects
        .iter()
        .map(|object| {
            json!({
                "apiVersion": object.get("apiVersion"),
                "kind": object.get("kind"),
                "metadata": {"name": name(object), "namespace": place(object).unwrap_or(namespace)},
            })
        })
        .collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

/// Reads kubectl's answer: a list, one object where one was found, nothing where none was.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn answered(bytes: &[u8]) -> Result<Vec<Value>, ParseFailure> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let answer: Value = crate::clients::call::json(bytes)?;
    match (answer.get("kind").and_then(Value::as_str), answer.get("items")) {
        (Some("List"), Some(Value::Array(items))) => Ok(items.clone()),
        (Some(_), None) if name(&answer).is_some() => Ok(vec![answer]),
        _ => Err(ParseFailure::Form("List")),
    }
}

/// Holds the live objects against those of the release, which stands in `namespace`.
#[must_use]
pub fn compare(wanted: &[Value], live: &[Value], namespace: &str) -> Live {
    let mut all = Vec::new();
    let mut on_their_way = Vec::new();
    let mut custom = Vec::new();
    for object in wanted {
        let (Some(kind), Some(name)) = (kind(object), name(object)) else {
            continue;
        };
        let place = place(object).unwrap_or(namespace);
        let what = format!("{}/{}", shown(kind), shown(name));
        let Some(found) = live.iter().find(|found| is_same(object, found, place)) else {
            if !PASSING.contains(&kind) {
                all.push(format!("{what} is gone"));
            }
            continue;
        };
        if PASSING.contains(&kind) {
            continue;
        }
        if let Some(how) = leaving(found) {
            let text = format!("{what} {how}");
            on_their_way.push(text.clone());
            all.push(text);
            continue;
        }
        if ONLY_THERE.contains(&kind) {
            continue;
        }
        let mut walk = Walk::new(group(object), kind);
        walk.value(object, found);
        let Walk {
            mut changed, gone, ..
        } = walk;
        if FIXED.contains(&kind) {
            changed.clear();
        }
        if wanted.iter().any(|other| scales(other, kind, name)) {
            changed.retain(|path| path != "spec.replicas");
        }
        if changed.is_empty() && gone.is_empty() {
            continue;
        }
        if !changed.is_empty() {
            all.push(format!("{what} was changed at {}", some_of(changed)));
        }
        if !gone.is_empty() {
            let are = if gone.len() == 1 { "is" } else { "are" };
            all.push(format!("{what}: {} {are} gone", some_of(gone)));
        }
        if !BUILT_IN.contains(&group(object)) {
            let mut object = object.clone();
            if found.pointer("/metadata/namespace").is_some() {
                object["metadata"]["namespace"] = place.into();
            }
            custom.push(object);
        }
    }
    Live {
        drift: most_of(all),
        leaving: most_of(on_their_way),
        custom,
    }
}

fn most_of(mut all: Vec<String>) -> Vec<String> {
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    if more > 0 {
        all.push(format!("and {more} more"));
    }
    all
}

/// That an object is being deleted and what holds it, for a sentence; none where it stays.
#[must_use]
pub fn leaving(object: &Value) -> Option<String> {
    object
        .pointer("/metadata/deletionTimestamp")
        .filter(|at| !at.is_null())?;
    let finalizers = object.pointer("/metadata/finalizers").and_then(Value::as_array);
    let finalizers: Vec<&str> = finalizers
        .into_iter()
        .flatten()
        .map(|finalizer| shown_key(finalizer.as_str().unwrap_or_default()))
        .collect();
    Some(match finalizers.as_slice() {
        [] => "is being deleted, and still there".to_owned(),
        [one] => format!("is being deleted, and its finalizer {one} holds it"),
        several => format!(
            "is being deleted, and its finalizers {} hold it",
            several.join(", ")
        ),
    })
}

/// Whether `object` is an autoscaler of this one: how many pods there are is then its own to say.
fn scales(object: &Value, kind: &str, name: &str) -> bool {
    let target = |field: &str| object.pointer(&format!("/spec/scaleTargetRef/{field}"));
    // KEDA's names no kind where it is a Deployment.
    let of_kind = target("kind").and_then(Value::as_str).unwrap_or("Deployment");
    of_kind == kind && target("name").and_then(Value::as_str) == Some(name)
}

fn some_of(mut paths: Vec<String>) -> String {
    let more = paths.len().saturating_sub(3);
    paths.truncate(3);
    let text = paths.join(", ");
    if more > 0 {
        format!("{text} and {more} more")
    } else {
        text
    }
}

fn is_same(wanted: &Value, found: &Value, place: &str) -> bool {
    kind(wanted) == kind(found)
        && group(wanted) == group(found)
        && name(wanted) == name(found)
        && self::place(found).is_none_or(|at| at == place)
}

fn kind(object: &Value) -> Option<&str> {
    object.get("kind")?.as_str()
}

fn name(object: &Value) -> Option<&str> {
    object.pointer("/metadata/name")?.as_str()
}

fn place(object: &Value) -> Option<&str> {
    object
        .pointer("/metadata/namespace")?
        .as_str()
        .filter(|place| !place.is_empty())
}

fn group(object: &Value) -> &str {
    let version = object
        .get("apiVersion")
        .and_then(Value::as_str)
        .unwrap_or_default();
    version.split_once('/').map_or("", |(group, _)| group)
}

/// The way through one object, as the release has it and as it lives.
struct Walk<'a> {
    group: &'a str,
    kind: &'a str,
    path: Vec<String>,
    /// Where single values live otherwise.
    changed: Vec<String>,
    /// Where values are gone.
    gone: Vec<String>,
}

impl<'a> Walk<'a> {
    const fn new(group: &'a str, kind: &'a str) -> Self {
        Self {
            group,
            kind,
            path: Vec::new(),
            changed: Vec::new(),
            gone: Vec::new(),
        }
    }

    fn here(&self) -> String {
        let names: Vec<&str> = self.path.iter().map(|name| shown_key(name)).collect();
        names.join(".")
    }

    fn value(&mut self, wanted: &Value, live: &Value) {
        match (wanted, live) {
            (Value::Object(wanted), Value::Object(live)) => self.fields(wanted, live),
            (Value::Array(wanted), Value::Array(live)) => self.list(wanted, live),
            (Value::Null | Value::Object(_) | Value::Array(_), _)
            | (_, Value::Null | Value::Object(_) | Value::Array(_)) => {}
            (wanted, live) => {
                if !is_unset(wanted, &self.path) && !is_alike(wanted, live) {
                    self.changed.push(self.here());
                }
            }
        }
    }

    fn fields(&mut self, wanted: &Map<String, Value>, live: &Map<String, Value>) {
        for (key, value) in wanted {
            let held = match self.path.as_slice() {
                // A ClusterRole's rules are a controller's to write where others are gathered in it.
                [] if key == "rules" => !wanted.contains_key("aggregationRule"),
                [] => !matches!(key.as_str(), "apiVersion" | "kind"),
                [only] if only == "metadata" => matches!(key.as_str(), "labels" | "annotations"),
                _ => true,
            };
            if !held || NOT_HELD.contains(&key.as_str()) {
                continue;
            }
            // The API server keeps it encoded, as data.
            let is_text = self.kind == "Secret" && self.path.is_empty() && key == "stringData";
            self.path
                .push(if is_text { "data".to_owned() } else { key.clone() });
            let found = live
                .get(key)
                .or_else(|| live.get(&older_yaml(key)?))
                .filter(|found| !found.is_null());
            match found {
                _ if is_text => self.texts(value, live.get("data")),
                Some(found) => self.value(value, found),
                None => self.absent(value),
            }
            self.path.pop();
        }
    }

    /// Whether each text of a Secret has its place in the data that live.
    fn texts(&mut self, wanted: &Value, live: Option<&Value>) {
        for (key, text) in wanted.as_object().into_iter().flatten() {
            if text.is_string() && live.and_then(|data| data.get(key)).is_none() {
                self.path.push(key.clone());
                self.gone.push(self.here());
                self.path.pop();
            }
        }
    }

    /// What the release sets here, and nothing lives.
    fn absent(&mut self, wanted: &Value) {
        // An empty text of a ConfigMap is one.
        let says = held::says_something(wanted) || (wanted.is_string() && !is_unset(wanted, &self.path));
        if says && held::is_kept(self.group, self.kind, &self.path) {
            self.gone.push(self.here());
        } else if let Value::Object(wanted) = wanted {
            self.fields(wanted, &Map::new());
        }
    }

    fn list(&mut self, wanted: &[Value], live: &[Value]) {
        if wanted.len() != live.len() && held::is_whole(self.group, &self.path) {
            self.changed.push(self.here());
            return;
        }
        let single = |all: &[Value]| all.iter().all(|it| !it.is_object() && !it.is_array());
        if single(wanted) && single(live) {
            let same = wanted.len() == live.len()
                && wanted.iter().zip(live).all(|(one, other)| is_alike(one, other));
            if !same {
                self.changed.push(self.here());
            }
            return;
        }
        if let Some(keys) = KEYS.into_iter().find(|keys| tell_apart(wanted, keys)) {
            for item in wanted {
                let Some(own) = identity(item, keys) else { continue };
                let found = live
                    .iter()
                    .find(|other| identity(other, keys).as_ref() == Some(&own));
                self.path.extend(own.into_iter().take(1));
                match found {
                    Some(found) => self.value(item, found),
                    None => self.absent(item),
                }
                self.path.pop();
            }
        } else if wanted.len() == live.len() {
            for (at, (one, other)) in wanted.iter().zip(live).enumerate() {
                self.path.push(at.to_string());
                self.value(one, other);
                self.path.pop();
            }
        }
    }
}

/// A key of a map, which may have a prefix: `meta.helm.sh/release-name`.
fn shown_key(key: &str) -> &str {
    if !key.is_empty() && key.split('/').all(|part| part.is_empty() || shown(part) == part) {
        key
    } else {
        "?"
    }
}

/// What tells an item from the others; none where it has no such name.
fn identity(item: &Value, keys: &[&str]) -> Option<Vec<String>> {
    let one = |key: &&str| match item.get(*key) {
        Some(value) => Some(text(value)).filter(|text| !value.is_null() && !text.is_empty()),
        None => (*key == "protocol").then(|| "TCP".to_owned()),
    };
    keys.iter().map(one).collect()
}

/// Whether each item has these keys, and each other values of them.
fn tell_apart(items: &[Value], keys: &[&str]) -> bool {
    let mut seen = Vec::new();
    items.iter().all(|item| match identity(item, keys) {
        Some(own) if !seen.contains(&own) => {
            seen.push(own);
            true
        }
        _ => false,
    })
}

/// Fields of numbers in which 0 has the API server choose.
const ZERO_IS_UNSET: [&str; 5] = [
    "nodePort",
    "periodSeconds",
    "timeoutSeconds",
    "successThreshold",
    "failureThreshold",
];

/// Whether a manifest that says this leaves the field to the API server: `clusterIP: ""`, `nodePort: 0`. An empty text
/// of a `ConfigMap` is one.
fn is_unset(wanted: &Value, path: &[String]) -> bool {
    let last = path.last().map_or("", String::as_str);
    match wanted {
        Value::String(text) => text.is_empty() && path.first().is_none_or(|first| first != "data"),
        Value::Number(number) => number.as_u64() == Some(0) && ZERO_IS_UNSET.contains(&last),
        _ => false,
    }
}

/// Whether two single values mean the same to the API server: it writes `1000m` as `1`, and `"80"` may come as 80.
fn is_alike(one: &Value, other: &Value) -> bool {
    if one == other {
        return true;
    }
    let (one, other) = (text(one), text(other));
    one == other
        || older_yaml(&one).is_some_and(|meant| meant == other)
        || match (quantity::value(&one), quantity::value(&other)) {
            (Some(one), Some(other)) => (one - other).abs() <= one.abs() * 1e-9,
            _ => false,
        }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What helm, which reads YAML 1.1, took an unquoted word for: `0755` for 493, `yes` for true.
fn older_yaml(word: &str) -> Option<String> {
    let truth = |truth: bool| Some(truth.to_string());
    match word {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return truth(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return truth(false),
        _ => {}
    }
    let digits = word.replace('_', "");
    let number = match digits.split_at_checked(2) {
        Some(("0x" | "0X", hex)) => i64::from_str_radix(hex, 16),
        Some(("0b" | "0B", bits)) => i64::from_str_radix(bits, 2),
        Some(("0o" | "0O", octal)) => i64::from_str_radix(octal, 8),
        _ if digits.starts_with('0') => i64::from_str_radix(&digits, 8),
        _ => digits.parse(),
    };
    number.ok().map(|number| number.to_string())
}

#[cfg(test)]
mod tests;
