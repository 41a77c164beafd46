//! The rehearsal's charts: each is the locked one by name and version, refuses a value that it does not know, and
//! makes what the install and its checks look for.

mod common;

use common::rehearsal::{root, world};
use common::user::toolbox;
use lakehouse::model::ChartLock;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn charts() -> PathBuf {
    root().join("docker/rehearsal/charts")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn schema(chart: &str) -> Value {
    serde_json::from_str(&read(&charts().join(chart).join("values.schema.json"))).unwrap()
}

/// One release: its name, its chart, the values that an install gives it, and what it makes, as `Kind/name`.
struct Release {
    name: &'static str,
    chart: &'static str,
    values: Value,
    makes: &'static str,
}

fn release(name: &'static str, chart: &'static str, values: Value, makes: &'static str) -> Release {
    Release {
        name,
        chart,
        values,
        makes,
    }
}

/// Every release of an install into the namespace `ingext` of the cluster `demo`.
fn releases() -> Vec<Release> {
    let plain = |name, makes| release(name, name, json!({}), makes);
    let set = |name, values, makes| release(name, name, values, makes);
    let pool = |name, values, makes| release(name, "ingext-eks-pool", values, makes);
    vec![
        plain("ingext-aws-gp3", "StorageClass/ingext-aws-gp3"),
        plain(
            "karpenter-crd",
            "CustomResourceDefinition/ec2nodeclasses.karpenter.k8s.aws CustomResourceDefinition/nodeclaims.karpenter.sh CustomResourceDefinition/nodepools.karpenter.sh",
        ),
        set(
            "karpenter",
            json!({
                "settings": { "clusterName": "demo", "interruptionQueue": "demo" },
                "serviceAccount": { "create": true, "name": "karpenter" },
                "controller": { "resources": { "requests": { "cpu": 1, "memory": "1Gi" }, "limits": { "cpu": 1, "memory": "1Gi" } } },
            }),
            "ClusterRole/karpenter ClusterRoleBinding/karpenter Deployment/karpenter PodDisruptionBudget/karpenter Role/karpenter RoleBinding/karpenter Service/karpenter ServiceAccount/karpenter",
        ),
        plain("ingext-serviceaccount", "ServiceAccount/ingext-sa"),
        plain(
            "ingext-stack",
            "ConfigMap/ingext-stack-redis-master ConfigMap/opensearch-master ConfigMap/vmsingle NetworkPolicy/ingext-stack PodDisruptionBudget/ingext-stack-redis-master PodDisruptionBudget/opensearch-master PodDisruptionBudget/vmsingle Service/ingext-stack-redis-master Service/opensearch-master Service/vmsingle StatefulSet/ingext-stack-redis-master StatefulSet/opensearch-master StatefulSet/vmsingle",
        ),
        plain("etcd-single", "Service/etcd StatefulSet/etcd"),
        plain("etcd-single-cronjob", "CronJob/etcd-single-defrag"),
        plain(
            "ingext-manager-role",
            "Role/ingext-manager-role RoleBinding/ingext-manager-role",
        ),
        set(
            "ingext-community-config",
            json!({ "siteDomain": "a.example" }),
            "ConfigMap/ingext-community-config",
        ),
        plain("ingext-community-init", "Job/ingext-community-init"),
        plain(
            "ingext-community",
            "Deployment/fluency8 PersistentVolumeClaim/geoip-db PersistentVolumeClaim/ingext-remote-data PersistentVolumeClaim/platform-data Service/api Service/api-local Service/fluency8 Service/platform-service StatefulSet/api StatefulSet/platform",
        ),
        set(
            "ingext-lake-config",
            json!({ "storageType": "s3", "s3": { "bucket": "b-1", "region": "us-east-2" } }),
            "ConfigMap/ingext-lake-config",
        ),
        pool(
            "ingext-merge-pool",
            json!({ "poolName": "pool-merge", "clusterName": "demo" }),
            "EC2NodeClass/pool-merge NodePool/pool-merge",
        ),
        pool(
            "ingext-search-pool",
            json!({ "poolName": "pool-search", "clusterName": "demo", "cpuLimit": 128, "memoryLimit": "512Gi" }),
            "EC2NodeClass/pool-search NodePool/pool-search",
        ),
        set(
            "ingext-s3-lake",
            json!({ "bucket": { "name": "b-1", "region": "us-east-2" } }),
            "PersistentVolume/s3-lake PersistentVolumeClaim/cloud-storage-ingext",
        ),
        plain(
            "ingext-lake",
            "Deployment/lake-worker Deployment/search-service Service/datalake-api Service/search-service StatefulSet/lake-mgr",
        ),
        set(
            "aws-load-balancer-controller",
            json!({
                "clusterName": "demo", "region": "us-east-2", "vpcId": "vpc-1",
                "serviceAccount": { "create": true, "name": "aws-load-balancer-controller" },
            }),
            "ClusterRole/aws-load-balancer-controller-role ClusterRoleBinding/aws-load-balancer-controller-rolebinding Deployment/aws-load-balancer-controller IngressClass/alb IngressClassParams/alb ServiceAccount/aws-load-balancer-controller",
        ),
        set(
            "ingext-community-ingress-aws",
            json!({
                "siteDomain": "a.example", "certArn": "arn:aws:acm:us-east-2:000000000000:certificate/a", "loadBalancerName": "albingextdemoingress",
            }),
            "Ingress/ingext-ingress",
        ),
    ]
}

/// The values with one key more, at the top and in each object below it.
fn with_a_wrong_key(values: &Value) -> Vec<Value> {
    let mut wrong = values.clone();
    wrong["noSuchKey"] = json!(1);
    let mut all = vec![wrong];
    for (key, below) in values.as_object().unwrap() {
        if below.is_object() {
            all.extend(with_a_wrong_key(below).into_iter().map(|below| {
                let mut wrong = values.clone();
                wrong[key] = below;
                wrong
            }));
        }
    }
    all
}

/// Objects of a schema that take any key, by path.
fn open(schema: &Value, path: &str, found: &mut Vec<String>) {
    let is_object = schema["type"] == "object";
    // A map of texts is no place for a misspelt key of ours: its keys are the user's.
    let closed =
        schema["additionalProperties"] == false || schema["additionalProperties"]["type"] == "string";
    if is_object && !closed {
        found.push(path.to_owned());
    }
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        open(below, &format!("{path}.{name}"), found);
    }
}

#[test]
fn every_locked_chart_is_there_in_its_version_and_no_other() {
    let lock = ChartLock::compiled();
    let mut folders: Vec<String> = std::fs::read_dir(charts())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let mut locked: Vec<&str> = lock.charts.iter().map(|chart| chart.name.as_str()).collect();
    locked.sort_unstable();
    assert_eq!(folders, locked);
    for chart in &lock.charts {
        let about = read(&charts().join(&chart.name).join("Chart.yaml"));
        for line in [
            format!("name: {}", chart.name),
            format!("version: {}", chart.version),
        ] {
            assert!(
                about.lines().any(|one| one == line),
                "{}: no {line:?}",
                chart.name
            );
        }
    }
}

#[test]
fn every_chart_refuses_values_that_it_does_not_know() {
    for release in releases() {
        let schema = schema(release.chart);
        let mut laxer = Vec::new();
        open(&schema, release.chart, &mut laxer);
        // Kubernetes' own form, and what Helm itself adds to a subchart.
        laxer.retain(|path| !path.ends_with(".affinity") && !path.ends_with(".global"));
        // A kind's own form, which its controller's definition holds.
        laxer.retain(|path| !path.ends_with(".ingressClassParams.spec"));
        assert!(laxer.is_empty(), "{laxer:?} take any key");
        let schema = jsonschema::validator_for(&schema).unwrap();
        if let Err(error) = schema.validate(&release.values) {
            panic!("{}: {error}", release.name);
        }
        for wrong in with_a_wrong_key(&release.values) {
            assert!(!schema.is_valid(&wrong), "{}: {wrong}", release.name);
        }
    }
}

#[test]
fn the_releases_here_are_those_of_the_install() {
    let planned = lakehouse::steps::preflight::inside::planned::PLANNED;
    let planned: Vec<_> = planned.iter().map(|one| (one.name, one.chart)).collect();
    let here: Vec<_> = releases().iter().map(|one| (one.name, one.chart)).collect();
    assert_eq!(here, planned);
}

/// What a script prints in the toolbox image, where `/charts` holds the charts and `/try` the folder `inputs`.
fn in_toolbox(inputs: &Path, more: &[&str], script: &str) -> String {
    let output = Command::new("docker")
        .args(["run", "--rm", "--init", "--network", "none", "--env", "HOME=/tmp"])
        .args(["--volume", &format!("{}:/charts:ro", charts().display())])
        .args(["--volume", &format!("{}:/try:ro", inputs.display())])
        .args(more)
        .args(["--entrypoint", "bash", &toolbox(&world()), "-euc", script])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The objects of a rendered chart, as `Kind/name`, sorted.
fn objects(rendered: &str) -> Vec<String> {
    let mut found = Vec::new();
    for document in rendered.split("\n---\n") {
        let value = |key: &str| {
            document
                .lines()
                .find_map(|line| line.strip_prefix(key))
                .map(|v| v.trim_matches('"'))
        };
        if let (Some(kind), Some(name)) = (value("kind: "), value("  name: ")) {
            found.push(format!("{kind}/{name}"));
        }
    }
    found.sort();
    found
}

/// A folder that the container's user can read.
fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

#[test]
#[ignore = "needs an engine and the toolbox image: scripts/test"]
fn helm_takes_every_chart_with_the_installs_values_and_no_others() {
    let folder = folder();
    let mut lines = String::new();
    for release in releases() {
        let write = |name: &str, values: &Value| {
            std::fs::write(folder.path().join(name), values.to_string()).unwrap();
        };
        write(&format!("{}.json", release.name), &release.values);
        let wrong = with_a_wrong_key(&release.values);
        write(&format!("{}.wrong.json", release.name), wrong.last().unwrap());
        lines.extend([release.name, " ", release.chart, "\n"]);
    }
    std::fs::write(folder.path().join("releases"), lines).unwrap();
    let script = r#"while read -r name chart; do
        helm lint "/charts/$chart" --quiet --values "/try/$name.json" >/tmp/lint 2>&1 || { cat /tmp/lint >&2; exit 1; }
        echo "=== $name"
        helm template "$name" "/charts/$chart" --namespace ingext --values "/try/$name.json"
        ! helm template "$name" "/charts/$chart" --namespace ingext --values "/try/$name.wrong.json" >/dev/null 2>/tmp/wrong || { echo "$name takes a wrong key" >&2; exit 1; }
        grep -q noSuchKey /tmp/wrong || { cat /tmp/wrong >&2; exit 1; }
    done </try/releases"#;
    let printed = in_toolbox(folder.path(), &[], script);
    let rendered: BTreeMap<&str, &str> = printed
        .split("=== ")
        .skip(1)
        .filter_map(|part| part.split_once('\n'))
        .collect();
    for release in releases() {
        let wanted: Vec<&str> = release.makes.split(' ').collect();
        assert_eq!(objects(rendered[release.name]), wanted, "{}", release.name);
    }
    let workloads = [
        "ingext-community",
        "ingext-lake",
        "etcd-single",
        "ingext-community-init",
    ];
    for name in workloads {
        assert!(
            rendered[name].contains("ingext.io/app: "),
            "{name}: logs find pods by this label"
        );
    }
}

/// Renders the node pools, and every text of `more`, as one JSON document each.
fn as_json(more: &[&str]) -> Vec<Value> {
    let folder = folder();
    for release in releases().iter().filter(|one| one.chart == "ingext-eks-pool") {
        std::fs::write(
            folder.path().join(format!("{}.json", release.name)),
            release.values.to_string(),
        )
        .unwrap();
    }
    // helm itself reads the YAML: a chart whose only template writes each file as JSON.
    let script = r#"mkdir -p /tmp/c/templates /tmp/c/files
        printf 'apiVersion: v2\nname: c\nversion: 1.0.0\n' >/tmp/c/Chart.yaml
        printf '{{ range $path, $_ := .Files.Glob "files/*" }}\n---\n{{ $.Files.Get $path | fromYaml | toJson }}\n{{ end }}' >/tmp/c/templates/all.yaml
        helm template karpenter-crd /charts/karpenter-crd >/tmp/all
        for pool in merge search; do helm template "ingext-$pool-pool" /charts/ingext-eks-pool --values "/try/ingext-$pool-pool.json" >>/tmp/all; done
        csplit --quiet --elide-empty-files --prefix /tmp/c/files/own- /tmp/all '/^---$/' '{*}'
        if [ -d /published ]; then cp /published/karpenter-*/*.yaml /tmp/c/files/; fi
        helm template c /tmp/c | grep '^{'"#;
    in_toolbox(folder.path(), more, script)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The schema of a kind, in which a field that is not known is refused, as `kubectl apply` refuses it.
fn of_kind<'a>(definitions: impl Iterator<Item = &'a Value>, kind: &str) -> Vec<jsonschema::Validator> {
    fn close(schema: &mut Value) {
        if let Value::Object(fields) = schema {
            if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            fields.values_mut().for_each(close);
        } else if let Value::Array(all) = schema {
            all.iter_mut().for_each(close);
        }
    }
    definitions
        .filter(|one| one["spec"]["names"]["kind"] == kind)
        .map(|one| {
            let mut schema = one["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
            close(&mut schema);
            jsonschema::validator_for(&schema).unwrap()
        })
        .collect()
}

/// What is wrong with a node pool or class, by the place of the change and the value there; null takes it away.
const WRONG: &[(&str, &str, &str)] = &[
    ("NodePool", "/spec/template/spec/nodeClassRef", "null"),
    ("NodePool", "/spec/template/spec/nodeClassRef/group", "null"),
    ("NodePool", "/spec/template/spec/requirements", "null"),
    (
        "NodePool",
        "/spec/template/spec/requirements/0/operator",
        "\"Is\"",
    ),
    ("NodePool", "/spec/template/spec/requirements/0/noSuchKey", "1"),
    ("NodePool", "/spec/template/spec/taints/0/effect", "\"Never\""),
    ("NodePool", "/spec/template/spec/expireAfter", "\"30d\""),
    ("NodePool", "/spec/limits/memory", "\"much\""),
    (
        "NodePool",
        "/spec/disruption/consolidationPolicy",
        "\"WhenUnderutilized\"",
    ),
    ("NodePool", "/spec/disruption/consolidateAfter", "null"),
    ("NodePool", "/spec/weight", "101"),
    ("EC2NodeClass", "/spec/amiSelectorTerms", "null"),
    ("EC2NodeClass", "/spec/subnetSelectorTerms", "null"),
    ("EC2NodeClass", "/spec/securityGroupSelectorTerms", "null"),
    ("EC2NodeClass", "/spec/amiFamily", "\"Debian\""),
    ("EC2NodeClass", "/spec/noSuchKey", "1"),
];

fn changed(object: &Value, place: &str, value: &str) -> Value {
    let mut object = object.clone();
    let (above, key) = place.rsplit_once('/').unwrap();
    let fields = object.pointer_mut(above).unwrap().as_object_mut().unwrap();
    match serde_json::from_str(value).unwrap() {
        Value::Null => fields.remove(key),
        value => fields.insert(key.to_owned(), value),
    };
    object
}

#[test]
#[ignore = "needs an engine and the toolbox image: scripts/test"]
fn the_node_pools_stand_under_our_kinds_and_under_the_published_ones() {
    let published = std::env::var("LAKEHOUSE_PUBLISHED_SCHEMAS").unwrap_or_default();
    let mount = format!("{published}:/published:ro");
    let all = if published.is_empty() {
        eprintln!(
            "skipped in part: LAKEHOUSE_PUBLISHED_SCHEMAS names no folder with karpenter-VERSION/*.yaml, so only our own kinds are asked"
        );
        as_json(&[])
    } else {
        as_json(&["--volume", &mount])
    };
    let definitions = || all.iter().filter(|one| one["kind"] == "CustomResourceDefinition");
    for kind in ["NodePool", "EC2NodeClass"] {
        let schemas = of_kind(definitions(), kind);
        assert_eq!(schemas.len(), 1 + usize::from(!published.is_empty()), "{kind}");
        let objects: Vec<&Value> = all.iter().filter(|one| one["kind"] == kind).collect();
        assert_eq!(objects.len(), 2, "{kind}: pool-merge and pool-search");
        for schema in &schemas {
            for object in &objects {
                if let Err(error) = schema.validate(object) {
                    panic!("{kind}: {error} at {}", error.instance_path);
                }
                for (_, place, value) in WRONG.iter().filter(|(of, _, _)| *of == kind) {
                    assert!(
                        !schema.is_valid(&changed(object, place, value)),
                        "{kind} takes {place} = {value}"
                    );
                }
            }
        }
    }
}
