//! An install on the rehearsal account: running it in both modes, and what it left.

use super::user::in_toolbox;
use super::{Finished, World, rehearsal};
use lakehouse::model::chart_lock::CHART_LOCK;
use regex_lite::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::LazyLock;

/// The words of an install of `cluster`, without where its tools run.
pub fn words<'a>(cluster: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["install", "--root-domain", "rehearsal.test", "--cluster", cluster];
    words.extend(["--dns-check", "false", "--write-env", "false"]);
    words.extend(more);
    words
}

/// The report and the exit code, whatever it was.
pub fn told(finished: &Finished) -> (Value, Option<i32>) {
    let report = serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", finished.stdout, finished.stderr));
    (report, finished.code)
}

/// An answer of the account's own door for tests; nothing but the standard library is needed for it.
pub fn door(world: &World, method: &str, path: &str) -> Value {
    let host = world
        .get("AWS_ENDPOINT_URL")
        .unwrap()
        .trim_start_matches("http://")
        .to_owned();
    let mut stream = TcpStream::connect(&host).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let text = String::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(" 200 "), "{method} {path}: {head}\n{body}");
    let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        unchunked(body)
    } else {
        body.to_owned()
    };
    serde_json::from_str(&body).unwrap_or(Value::Null)
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        whole.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    whole
}

/// Brings the account back to its seed: no cluster of an earlier test is left.
pub fn reset(world: &World) {
    door(world, "POST", "/_ministack/reset");
}

/// The program in local mode, in a container of the toolbox image.
pub fn local(world: &World, words: &[&str]) -> Finished {
    let output = in_toolbox(world, &["--hostname", "operator"])
        .args(["/usr/local/bin/lakehouse", "--exec", "local"])
        .args(words)
        .output()
        .unwrap();
    finished(output)
}

pub fn finished(output: std::process::Output) -> Finished {
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// All that stands in the account, by the account's own telling.
///
/// Without what a run can't choose: eksctl deals its zones out to the networks anew each time
/// (`pkg/az`, `shuffle`), and each control plane has an authority of its own.
pub fn account(world: &World) -> Value {
    let mut state = door(world, "GET", "/_rehearsal/state");
    tags_in_order(&mut state);
    for subnet in state["network"]["2-subnets"].as_array_mut().unwrap() {
        let of_eksctl = subnet["tags"]["Name"]
            .as_str()
            .is_some_and(|name| name.starts_with("eksctl-"));
        if of_eksctl {
            let subnet = subnet.as_object_mut().unwrap();
            subnet.remove("zone");
            let tags = subnet["tags"].as_object_mut().unwrap();
            tags.remove("Name");
            tags.remove("aws:cloudformation:logical-id");
        }
    }
    volumes_in_order(&mut state);
    for stack in state["stacks"].as_object_mut().unwrap().values_mut() {
        if let Some(outputs) = stack["outputs"].as_object_mut() {
            outputs.remove("CertificateAuthorityData");
        }
        let Some(resources) = stack
            .pointer_mut("/template/Resources")
            .and_then(Value::as_object_mut)
        else {
            continue;
        };
        for (name, resource) in resources {
            let Some(properties) = resource["Properties"].as_object_mut() else {
                continue;
            };
            if name.starts_with("Subnet") {
                properties.remove("CidrBlock");
            } else if name == "NATGateway" {
                properties.remove("SubnetId");
            }
        }
    }
    state
}

/// Volumes are made in the order in which pods come to ask for them, and their names are generated.
fn volumes_in_order(state: &mut Value) {
    const CLAIM: &str = "kubernetes.io/created-for/pvc/name";
    let pieces = state["network"]["4-pieces"].as_array_mut().unwrap();
    for piece in pieces.iter_mut().filter(|piece| piece["tags"][CLAIM].is_string()) {
        let tags = piece["tags"].as_object_mut().unwrap();
        for generated in ["CSIVolumeName", "Name", "kubernetes.io/created-for/pv/name"] {
            assert!(tags.remove(generated).is_some(), "{generated}: {tags:?}");
        }
    }
    pieces.sort_by_key(|piece| piece["tags"][CLAIM].as_str().map(str::to_owned));
}

/// How often each thing was written since the seed, as `service action key`.
pub fn counted(world: &World) -> BTreeMap<String, u64> {
    let writes = door(world, "GET", "/_rehearsal/writes");
    serde_json::from_value(writes["counts"].clone()).unwrap_or_else(|error| panic!("{error}: {writes}"))
}

/// All that stands in the cluster, without what differs between two equal ones: times, generated names and addresses.
pub fn cluster(world: &World, name: &str) -> Value {
    let line = format!(
        "aws eks update-kubeconfig --name {name} --kubeconfig /tmp/k >/dev/null && \
         kinds=$(kubectl --kubeconfig /tmp/k api-resources --verbs=list -o name | \
         grep -vE '^(events|endpoints|endpointslices|componentstatuses|apiservices|controllerrevisions|.*[.]metrics[.]k8s[.]io)' | paste -sd, -) && \
         kubectl --kubeconfig /tmp/k get \"$kinds\" --all-namespaces -o json"
    );
    let output = in_toolbox(world, &[]).args(["sh", "-c", &line]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut objects: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for object in list["items"].as_array().unwrap() {
        let (key, shown) = comparable(object);
        objects.entry(key).or_default().push(shown);
    }
    for same in objects.values_mut() {
        same.sort_by_key(Value::to_string);
    }
    json!(objects)
}

/// eksctl writes the tags of a launch template in the order of a Go map: another one each time.
fn tags_in_order(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(tags_in_order),
        Value::Array(list) => {
            if list.iter().all(|item| item["Key"].is_string()) {
                list.sort_by_key(|item| item["Key"].to_string());
            }
            list.iter_mut().for_each(tags_in_order);
        }
        _ => {}
    }
}

fn comparable(object: &Value) -> (String, Value) {
    let text = |path: &str| {
        object
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (kind, namespace, mut name) = (text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
    let owner = text("/metadata/ownerReferences/0/name");
    // A node's name is its address, a pod's ends in a random part, a certificate differs with its authority.
    let generated = [
        "Node",
        "Pod",
        "CSINode",
        "PersistentVolume",
        "CertificateSigningRequest",
    ]
    .contains(&kind.as_str());
    let of_a_node = kind == "Lease" && namespace == "kube-node-lease";
    if of_a_node || kind == "IPAddress" {
        "*".clone_into(&mut name);
    } else if generated {
        name = if owner.is_empty() { "*".to_owned() } else { owner };
    }
    // A hash of the pod's template, which names a generated network; and one of the load balancer's ids.
    let hash = text("/metadata/labels/pod-template-hash");
    if let Some(begin) = name.strip_suffix(&hash).filter(|_| !hash.is_empty()) {
        name = format!("{begin}*");
    } else if kind == "TargetGroupBinding" {
        name = name
            .rsplit_once('-')
            .map_or(name.clone(), |(begin, _)| format!("{begin}-*"));
    }
    let shown = match kind.as_str() {
        "Secret" | "ConfigMap" => json!({ "labels": labels(object), "keys": keys(&object["data"]) }),
        "Node" | "Pod" | "CSINode" | "Lease" | "IPAddress" => json!({ "labels": labels(object) }),
        _ => {
            let mut whole = object.clone();
            let top = whole.as_object_mut().unwrap();
            top.remove("status");
            let meta = top["metadata"].as_object_mut().unwrap();
            for name in [
                "uid",
                "resourceVersion",
                "creationTimestamp",
                "managedFields",
                "ownerReferences",
                "generation",
            ] {
                meta.remove(name);
            }
            whole["metadata"]["name"] = json!(name);
            if kind == "PersistentVolume" {
                whole["spec"].as_object_mut().unwrap().remove("nodeAffinity");
            }
            scrub(&mut whole);
            whole
        }
    };
    (format!("{kind} {namespace}/{name}"), shown)
}

fn keys(map: &Value) -> Vec<String> {
    map.as_object()
        .map(|map| map.keys().cloned().collect())
        .unwrap_or_default()
}

fn labels(object: &Value) -> Value {
    let mut labels = object["metadata"]["labels"].clone();
    if let Some(labels) = labels.as_object_mut() {
        // Helm's own time of the release, and a node's own name.
        labels.remove("modifiedAt");
        labels.remove("kubernetes.io/hostname");
        labels.retain(|name, _| !GENERATED.contains(&name.as_str()));
        // Nodes stand in the networks, which eksctl dealt the zones out to.
        if object["kind"] == "Node" {
            labels.retain(|name, _| !name.ends_with("/zone") && name != "topology.k8s.aws/zone-id");
        }
    }
    labels
}

/// What the API server and its controllers make up: addresses and ports are given out in the order in which services ask
/// for them.
const GENERATED: [&str; 15] = [
    "batch.kubernetes.io/controller-uid",
    "caBundle",
    "clusterIP",
    "clusterIPs",
    "controller-uid",
    "healthCheckNodePort",
    "nodeName",
    "nodePort",
    "pod-template-hash",
    "resourceVersion",
    "storage.kubernetes.io/csiProvisionerIdentity",
    "targetGroupARN",
    "uid",
    "volume.kubernetes.io/selected-node",
    "volumeName",
];

fn scrub(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|name, _| !GENERATED.contains(&name.as_str()));
            map.values_mut().for_each(scrub);
        }
        Value::Array(list) => list.iter_mut().for_each(scrub),
        Value::String(text) => *text = without_ids(text),
        _ => {}
    }
}

/// A text with no id of a network or a volume, wherever in it they stand (`--aws-vpc-id=vpc-0123456789abcdef0`).
pub fn without_ids(text: &str) -> String {
    static ID: LazyLock<Regex> = LazyLock::new(|| Regex::new("(vpc|vol)-[0-9a-f]{8,}").unwrap());
    ID.replace_all(text, "$1-ID").into_owned()
}

/// A world in the rehearsal account, for one install after another.
pub fn world() -> World {
    let mut world = rehearsal::world();
    // The container of local mode sees this folder alone.
    rehearsal::settings_into(&world, &world.path("home"));
    world
        .unset("AWS_CONFIG_FILE")
        .unset("AWS_SHARED_CREDENTIALS_FILE");
    world.unset("AWS_CA_BUNDLE").set("LAKEHOUSE_QUIET", "true");
    world
}

/// The variable that names another lock of charts.
pub const CHARTS_LOCK: &str = "LAKEHOUSE_CHARTS_LOCK";

/// Has installs of this world go by the compiled lock, but for the `versions` of these charts.
pub fn lock_charts(world: &mut World, versions: &[(&str, &str)]) {
    let mut lock: Value = serde_json::from_str(CHART_LOCK).unwrap();
    for chart in lock["charts"].as_array_mut().unwrap() {
        if let Some((_, version)) = versions.iter().find(|(name, _)| chart["name"] == *name) {
            chart["version"] = json!(version);
        }
    }
    let path = world.path("work/charts.json");
    std::fs::write(&path, lock.to_string()).unwrap();
    world.set(CHARTS_LOCK, path.display().to_string());
}

/// Fails with every place where two documents differ.
#[track_caller]
pub fn same(what: &str, one: &Value, other: &Value) {
    let places = differing(one, other);
    assert!(places.is_empty(), "{what} differs:\n{}", places.join("\n"));
}

/// Every place where two documents differ.
pub fn differing(one: &Value, other: &Value) -> Vec<String> {
    let mut places = Vec::new();
    differences("", one, other, &mut places);
    places
}

fn differences(at: &str, one: &Value, other: &Value, places: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) => {
            let names: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for name in names {
                let (left, right) = (left.get(name), right.get(name));
                let null = Value::Null;
                differences(
                    &format!("{at}/{name}"),
                    left.unwrap_or(&null),
                    right.unwrap_or(&null),
                    places,
                );
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                differences(&format!("{at}/{index}"), left, right, places);
            }
        }
        _ if one == other => {}
        _ => places.push(format!("{at}: {one} != {other}")),
    }
}
