//! The objects of a release, as they live: what was deleted or changed by hand. Pure.
//!
//! Only what the release's manifest sets is looked at, and only single values that stand in both: defaults of the API
//! server and what controllers and webhooks add are no drift. Kinds whose fields can't be changed, or end by
//! themselves, are only looked for.

use super::quantity;
use super::shown;
use crate::clients::ParseFailure;
use serde::Deserialize;
use serde_json::{Value, json};

/// What differs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// For people, without a value: `Deployment/api: spec.replicas was changed`.
    pub drift: Vec<String>,
    /// Changed objects of kinds that were added to the API, as the release has them: helm's patch compares those with
    /// its own last manifest alone, and leaves the change (helm 3.19 `pkg/kube/client.go`, `createPatch`).
    pub custom: Vec<Value>,
}

/// Kinds that end or are remade by themselves: one that is gone is no drift.
const PASSING: [&str; 2] = ["Job", "Pod"];
/// Kinds of which only their being there is looked at: their fields are fixed, grow, or are written by the API server.
const ONLY_THERE: [&str; 4] = [
    "CustomResourceDefinition",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "APIService",
];
/// Fields that can't be changed, or that controllers write.
const NOT_HELD: [&str; 3] = ["volumeClaimTemplates", "caBundle", "status"];
/// By what the items of a list are told apart.
const KEYS: [&str; 6] = ["name", "containerPort", "port", "mountPath", "key", "topologyKey"];
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
        if PASSING.contains(&kind) || ONLY_THERE.contains(&kind) {
            continue;
        }
        let mut paths = Vec::new();
        changed(object, found, &mut Vec::new(), &mut paths);
        if wanted.iter().any(|other| scales(other, kind, name)) {
            paths.retain(|path| path != "spec.replicas");
        }
        if paths.is_empty() {
            continue;
        }
        all.push(format!("{what} was changed at {}", some_of(paths)));
        if !BUILT_IN.contains(&group(object)) {
            let mut object = object.clone();
            if found.pointer("/metadata/namespace").is_some() {
                object["metadata"]["namespace"] = place.into();
            }
            custom.push(object);
        }
    }
    let drift = if all.len() > MOST {
        let more = all.len() - MOST;
        all.truncate(MOST);
        all.push(format!("and {more} more"));
        all
    } else {
        all
    };
    Live { drift, custom }
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

/// The paths of single values that the release sets and that live otherwise.
fn changed(wanted: &Value, live: &Value, path: &mut Vec<String>, paths: &mut Vec<String>) {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => {
            for (key, value) in wanted {
                let held = match path.as_slice() {
                    [] => !matches!(key.as_str(), "apiVersion" | "kind"),
                    [only] if only == "metadata" => matches!(key.as_str(), "labels" | "annotations"),
                    _ => true,
                };
                let Some(found) = live
                    .get(key)
                    .filter(|_| held && !NOT_HELD.contains(&key.as_str()))
                else {
                    continue;
                };
                path.push(key.clone());
                changed(value, found, path, paths);
                path.pop();
            }
        }
        (Value::Array(wanted), Value::Array(live)) => list(wanted, live, path, paths),
        (Value::Null | Value::Object(_) | Value::Array(_), _)
        | (_, Value::Null | Value::Object(_) | Value::Array(_)) => {}
        (wanted, live) => {
            if !is_unset(wanted, path) && !is_alike(wanted, live) {
                let names: Vec<&str> = path.iter().map(|name| shown(name)).collect();
                paths.push(names.join("."));
            }
        }
    }
}

fn list(wanted: &[Value], live: &[Value], path: &mut Vec<String>, paths: &mut Vec<String>) {
    let single = |all: &[Value]| all.iter().all(|it| !it.is_object() && !it.is_array());
    if single(wanted) && single(live) {
        let same =
            wanted.len() == live.len() && wanted.iter().zip(live).all(|(one, other)| is_alike(one, other));
        if !same {
            let names: Vec<&str> = path.iter().map(|name| shown(name)).collect();
            paths.push(names.join("."));
        }
        return;
    }
    if let Some(key) = KEYS.into_iter().find(|key| tells_apart(wanted, key)) {
        for item in wanted {
            let found = live.iter().find(|other| other.get(key) == item.get(key));
            if let (Some(found), Some(name)) = (found, item.get(key)) {
                path.push(name.as_str().map_or_else(|| name.to_string(), str::to_owned));
                changed(item, found, path, paths);
                path.pop();
            }
        }
    } else if wanted.len() == live.len() {
        for (at, (one, other)) in wanted.iter().zip(live).enumerate() {
            path.push(at.to_string());
            changed(one, other, path, paths);
            path.pop();
        }
    }
}

/// Whether each item has this key, and each another value of it.
fn tells_apart(items: &[Value], key: &str) -> bool {
    let mut seen: Vec<&Value> = Vec::new();
    items.iter().all(|item| match item.get(key) {
        Some(value) if !seen.contains(&value) => {
            seen.push(value);
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
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (one, other) = (text(one), text(other));
    one == other
        || older_yaml(&one).is_some_and(|meant| meant == other)
        || match (quantity::value(&one), quantity::value(&other)) {
            (Some(one), Some(other)) => (one - other).abs() <= one.abs() * 1e-9,
            _ => false,
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
mod tests {
    use super::*;

    const MANIFEST: &str = r#"---
# Source: demo/templates/api.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  labels: {app: api}
  creationTimestamp: null
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: api
          image: api:1
          args: ["-v", "2"]
          env: [{name: A, value: "1"}]
          resources: {requests: {cpu: 1000m, memory: 1024Mi}}
          ports: [{containerPort: 80}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: init}
spec: {backoffLimit: 3}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: pool}
spec: {limits: {cpu: 128}}
---
"#;

    fn live() -> Vec<Value> {
        vec![
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "api", "namespace": "ns", "labels": {"app": "api", "more": "x"},
                    "annotations": {"deployment.kubernetes.io/revision": "1"}, "uid": "u"},
                "spec": {"replicas": 2, "revisionHistoryLimit": 10, "template": {"spec": {
                    "dnsPolicy": "ClusterFirst",
                    "containers": [
                        {"name": "injected", "image": "x"},
                        {"name": "api", "image": "api:1", "args": ["-v", "2"], "env": [{"name": "A", "value": "1"}],
                         "resources": {"requests": {"cpu": "1", "memory": "1Gi"}},
                         "ports": [{"containerPort": 80, "protocol": "TCP"}]}
                    ]}}},
                "status": {"replicas": 0}
            }),
            json!({"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "pool"}, "spec": {"limits": {"cpu": "128"}}}),
        ]
    }

    fn drift(live: &[Value]) -> Live {
        compare(&objects(MANIFEST).unwrap(), live, "ns")
    }

    #[test]
    fn defaults_injected_things_and_other_ways_to_write_the_same_are_no_drift() {
        assert_eq!(
            drift(&live()),
            Live::default(),
            "and a Job that ended and went is none"
        );
    }

    #[test]
    fn what_the_manifest_leaves_to_others_is_no_drift() {
        let service = |spec: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec});
        let left = service(json!({"clusterIP": "", "ports": [{"port": 80, "nodePort": 0, "name": ""}]}));
        let seen =
            service(json!({"clusterIP": "10.0.0.1", "ports": [{"port": 80, "nodePort": 30000, "name": ""}]}));
        assert_eq!(compare(&[left], &[seen], "ns"), Live::default());
        let text = |text: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": text}});
        let emptied = compare(&[text("")], &[text("y")], "ns");
        assert_eq!(emptied.drift, ["ConfigMap/a was changed at data.x"]);
        let mut scaled = objects(MANIFEST).unwrap();
        scaled.truncate(1);
        let mut found = live();
        found[0]["spec"]["replicas"] = json!(5);
        assert!(!compare(&scaled, &found, "ns").drift.is_empty());
        let by_load = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "s"},
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api"}}});
        scaled.push(by_load.clone());
        found.push(by_load);
        assert_eq!(compare(&scaled, &found, "ns"), Live::default());
    }

    #[test]
    fn what_is_gone_or_changed_is_named_without_its_value() {
        let mut found = live();
        found[0]["spec"]["replicas"] = json!(0);
        found[0]["spec"]["template"]["spec"]["containers"][1]["image"] = json!("api:hush");
        found[0]["spec"]["template"]["spec"]["containers"][1]["args"] = json!(["-v"]);
        found.remove(1);
        let seen = drift(&found);
        assert_eq!(
            seen.drift,
            [
                "Deployment/api was changed at spec.replicas, spec.template.spec.containers.api.args, spec.template.spec.containers.api.image",
                "NodePool/pool is gone"
            ]
        );
        assert!(seen.custom.is_empty(), "helm itself makes both good");
    }

    #[test]
    fn a_changed_object_of_an_added_kind_is_written_by_itself() {
        let mut found = live();
        found[1]["spec"]["limits"]["cpu"] = json!("256");
        let seen = drift(&found);
        assert_eq!(seen.drift, ["NodePool/pool was changed at spec.limits.cpu"]);
        assert_eq!(seen.custom[0]["spec"]["limits"]["cpu"], 128);
        assert!(seen.custom[0]["metadata"].get("namespace").is_none());
    }

    #[test]
    fn words_that_helm_reads_in_the_older_way_are_no_drift() {
        for (manifest, live) in [
            ("0755", json!(493)),
            ("0o755", json!(493)),
            ("0x10", json!(16)),
            ("1_000", json!(1000)),
            ("yes", json!(true)),
            ("off", json!(false)),
            ("'5'", json!("5")),
            ("1.5Gi", json!("1536Mi")),
        ] {
            let object = objects(&format!(
                "{{apiVersion: v1, kind: Service, metadata: {{name: a}}, spec: {{x: {manifest}}}}}"
            ));
            let found = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"x": live}});
            let seen = compare(&object.unwrap(), &[found], "ns");
            assert!(seen.drift.is_empty(), "{manifest}: {:?}", seen.drift);
        }
    }

    #[test]
    fn an_object_of_the_same_name_elsewhere_is_another() {
        let mut found = live();
        found[0]["metadata"]["namespace"] = json!("other");
        assert_eq!(drift(&found).drift, ["Deployment/api is gone"]);
    }

    #[test]
    fn answers_are_read_as_kubectl_gives_them() {
        assert!(answered(b" \n").unwrap().is_empty());
        assert_eq!(answered(live()[1].to_string().as_bytes()).unwrap().len(), 1);
        let list = json!({"apiVersion": "v1", "kind": "List", "items": live(), "metadata": {}});
        assert_eq!(answered(list.to_string().as_bytes()).unwrap().len(), 2);
        assert!(answered(b"<html>").is_err());
        assert!(answered(br#"{"a":1}"#).is_err());
        assert!(objects("a: [").is_err());
        let question = asked(&objects(MANIFEST).unwrap(), "ns");
        assert_eq!(
            question["items"][0]["metadata"],
            json!({"name": "api", "namespace": "ns"})
        );
    }
}
