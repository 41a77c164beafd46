//! Which values of an object nobody but a person takes away. Pure.
//!
//! That a manifest sets a value which does not live says little by itself: the API server leaves out what is empty,
//! fields that it does not know (helm asks for no strict validation), and fields that another type of the object has no
//! use for; controllers move and drop more. What is named here it keeps as it was written, field by field (k8s.io/api:
//! core/v1, apps/v1, batch/v1, networking/v1, rbac/v1; karpenter.sh/v1), and helm's patch brings it back. All else may
//! be away for a good reason: held against its manifest, it would be a plan that never settles.

use serde_json::Value;

const RIGHTS: &str = "rbac.authorization.k8s.io";
const NETWORK: &str = "networking.k8s.io";

/// Whether a value that was written at this place is there until somebody takes it away.
pub fn is_kept(group: &str, kind: &str, path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match (group, kind, path.as_slice()) {
        (_, _, ["metadata", "labels" | "annotations", _])
        | ("", "ConfigMap" | "Secret", ["data" | "binaryData", _])
        | ("", "PersistentVolumeClaim", ["spec", "accessModes" | "storageClassName" | "volumeName"])
        | ("karpenter.sh", "NodePool", ["spec", "limits", _]) => true,
        ("", "PersistentVolume", ["spec", rest @ ..]) => matches!(
            rest,
            ["accessModes" | "storageClassName" | "mountOptions"] | ["claimRef", "name" | "namespace"]
        ),
        ("", "Service", ["spec", rest @ ..]) => matches!(
            rest,
            ["selector" | "ports", _] | ["ports"] | ["ports", _, "name" | "targetPort" | "appProtocol"]
        ),
        ("apps", _, ["spec", "template", rest @ ..])
        | ("batch", _, ["spec", "jobTemplate", "spec", "template", rest @ ..]) => of_pod(rest),
        (NETWORK, "Ingress", ["spec", rest @ ..]) => of_ingress(rest),
        (RIGHTS, _, rest) => of_rights(rest),
        _ => false,
    }
}

fn of_pod(path: &[&str]) -> bool {
    match path {
        ["metadata", "labels" | "annotations", _]
        | ["spec", "serviceAccountName" | "volumes"]
        | ["spec", "volumes" | "containers" | "initContainers", _] => true,
        ["spec", "containers" | "initContainers", _, rest @ ..] => matches!(
            rest,
            ["image" | "args" | "command" | "env" | "envFrom" | "ports" | "volumeMounts"]
                | ["env" | "ports" | "volumeMounts", _]
                | ["env", _, "value" | "valueFrom"]
                | [
                    "env",
                    _,
                    "valueFrom",
                    "secretKeyRef" | "configMapKeyRef" | "fieldRef"
                ]
                | ["ports", _, "name"]
                | ["volumeMounts", _, "readOnly" | "subPath"]
        ),
        _ => false,
    }
}

fn of_ingress(path: &[&str]) -> bool {
    matches!(
        path,
        ["ingressClassName" | "rules" | "tls"]
            | ["rules", _, "host"]
            | ["rules", _, "http", "paths"]
            | ["rules", _, "http", "paths", _, "path" | "backend"]
            | ["tls", _, "hosts" | "secretName"]
    )
}

fn of_rights(path: &[&str]) -> bool {
    matches!(
        path,
        ["rules" | "subjects"]
            | ["subjects", _]
            | ["roleRef", "apiGroup" | "kind" | "name"]
            | ["subjects", _, "apiGroup" | "kind" | "name" | "namespace"]
            | [
                "rules",
                _,
                "apiGroups" | "resources" | "verbs" | "resourceNames" | "nonResourceURLs"
            ]
    )
}

/// Whether the list of objects at this place is one whole to the API: what somebody put into it is a change, too.
pub fn is_whole(group: &str, path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(
        (group, path.as_slice()),
        (RIGHTS, ["rules" | "subjects"])
            | (
                NETWORK,
                ["spec", "rules" | "tls"] | ["spec", "rules", _, "http", "paths"]
            )
            | (
                "apps" | "batch",
                [.., "containers" | "initContainers", _, "envFrom"]
            )
    )
}

/// Whether a value says more than that there is none: the API server leaves out what is empty, 0 and false.
pub fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(fields) => fields.values().any(says_something),
    }
}
