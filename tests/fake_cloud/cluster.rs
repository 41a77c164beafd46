//! eksctl, kubectl and helm.

use super::aws::association_id;
use super::{Association, CLUSTER, Cloud, Release, Reply, Stack, Tags, arn, flag};
use serde_json::{Value, json};

const KINDS: [&str; 3] = [
    "ec2nodeclasses.karpenter.k8s.aws",
    "nodeclaims.karpenter.sh",
    "nodepools.karpenter.sh",
];
/// What each chart makes that is asked for.
const CHARTS: [(&str, &[(&str, &str)]); 11] = [
    (
        "aws-load-balancer-controller",
        &[("deployments.apps", "aws-load-balancer-controller")],
    ),
    ("karpenter", &[("deployments.apps", "karpenter")]),
    ("ingext-serviceaccount", &[("serviceaccounts", "ingext-sa")]),
    (
        "ingext-stack",
        &[
            ("statefulsets.apps", "ingext-stack-redis-master"),
            ("statefulsets.apps", "opensearch-master"),
            ("statefulsets.apps", "vmsingle"),
        ],
    ),
    ("etcd-single", &[("statefulsets.apps", "etcd")]),
    (
        "ingext-community-init",
        &[("jobs.batch", "ingext-community-init")],
    ),
    (
        "ingext-community",
        &[
            ("statefulsets.apps", "api"),
            ("statefulsets.apps", "platform"),
            ("deployments.apps", "fluency8"),
        ],
    ),
    (
        "ingext-merge-pool",
        &[
            ("nodepools.karpenter.sh", "pool-merge"),
            ("ec2nodeclasses.karpenter.k8s.aws", "pool-merge"),
        ],
    ),
    (
        "ingext-search-pool",
        &[
            ("nodepools.karpenter.sh", "pool-search"),
            ("ec2nodeclasses.karpenter.k8s.aws", "pool-search"),
        ],
    ),
    (
        "ingext-s3-lake",
        &[
            ("persistentvolumes", "s3-lake"),
            ("persistentvolumeclaims", "cloud-storage-ingext"),
        ],
    ),
    (
        "ingext-lake",
        &[
            ("statefulsets.apps", "lake-mgr"),
            ("deployments.apps", "search-service"),
            ("deployments.apps", "lake-worker"),
        ],
    ),
];
const OF_THE_CLUSTER: [&str; 3] = [
    "nodepools.karpenter.sh",
    "ec2nodeclasses.karpenter.k8s.aws",
    "persistentvolumes",
];
const EBS: &str = "aws-ebs-csi-driver";
const EBS_ACCOUNT: &str = "kube-system/ebs-csi-controller-sa";

fn namespace_of(release: &str) -> &'static str {
    if release == "karpenter" || release == super::ingress::CONTROLLER {
        "kube-system"
    } else {
        "ingext"
    }
}

impl Cloud {
    pub(super) fn eksctl(&mut self, what: &str, config: &Value) -> Reply {
        let tags_of = |tags: &Value| -> Tags { serde_json::from_value(tags.clone()).unwrap() };
        if what == "podidentityassociation" {
            return self.controller_role(&tags_of(&config["iam"]["podIdentityAssociations"][0]["tags"]));
        }
        let tags = tags_of(&config["metadata"]["tags"]);
        let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
        if what == "cluster" {
            if self.cluster.is_some() {
                return Reply::failed(1, "Error: failed to create cluster \"demo\"");
            }
            self.own_cluster(&tags);
        }
        if matches!(what, "cluster" | "nodegroup") && self.node_group.is_none() {
            let group = name(&config["managedNodeGroups"][0]);
            self.stack(&format!("eksctl-{CLUSTER}-nodegroup-{group}"), &tags, Tags::new());
            self.make("node group");
            self.node_group = Some(group);
        }
        if what != "nodegroup" {
            for addon in config["addons"].as_array().unwrap() {
                self.addon(&name(addon), &tags);
            }
        }
        Reply::text("2026-11-24 03:06:57 [ℹ]  eksctl version 0.230.0\n")
    }

    /// The cluster alone, as eksctl makes it first.
    pub fn own_cluster(&mut self, tags: &Tags) {
        self.cluster = Some(tags.clone());
        self.stack(&format!("eksctl-{CLUSTER}-cluster"), tags, Tags::new());
        self.make("cluster");
    }

    pub(super) fn stack(&mut self, name: &str, tags: &Tags, outputs: Tags) {
        let stack = Stack {
            status: "CREATE_COMPLETE".to_owned(),
            tags: tags.clone(),
            outputs,
            ..Stack::default()
        };
        self.make(format!("stack {name}"));
        self.stacks.insert(name.to_owned(), stack);
    }

    pub fn addon(&mut self, name: &str, tags: &Tags) {
        if self.addons.contains_key(name) {
            return;
        }
        self.make(format!("add-on {name}"));
        self.addons.insert(name.to_owned(), tags.clone());
        if name == EBS {
            let role = "eksctl-demo-addon-ebs-Role1";
            let role_arn = arn("iam", &format!("role/{role}"));
            let outputs = Tags::from([("Role1".to_owned(), role_arn.clone())]);
            self.roles.insert(role.to_owned());
            let stack = format!("eksctl-{CLUSTER}-addon-{EBS}-podidentityrole-ebs-csi-controller-sa");
            self.stack(&stack, tags, outputs);
            let one = Association {
                subject: EBS_ACCOUNT.to_owned(),
                role: role_arn,
                tags: Tags::new(),
            };
            self.associations.insert(association_id(EBS_ACCOUNT), one);
        }
    }

    #[allow(clippy::too_many_lines, reason = "one arm for each question")]
    pub(super) fn kubectl(&mut self, words: &[&str], stdin: Option<&str>) -> Reply {
        let absent = |kind: &str, name: &str| {
            Reply::failed(
                1,
                &format!("Error from server (NotFound): {kind} \"{name}\" not found\n"),
            )
        };
        if let Some(reply) = self.kubectl_of_way(words, stdin) {
            return reply;
        }
        match &words[1..3] {
            ["version", _] => Reply::good(&json!({
                "clientVersion": { "gitVersion": "v1.34.4" }, "serverVersion": { "gitVersion": "v1.34.4-eks-113cf36" }
            })),
            ["get", "-f"] => self.those_of(&serde_json::from_str(stdin.unwrap()).unwrap()),
            ["get", "nodes"] => {
                let group = self.node_group.clone().unwrap_or_default();
                let count = if self.node_group.is_some() { 2 } else { 0 };
                let node =
                    |at: usize| format!("ip-10-0-0-1{at}.internal\tv1.34.4-eks-113cf36\tTrue\t\t{group}\n");
                Reply::text(&format!(
                    "nodes\n{}end\n",
                    (0..count).map(node).collect::<String>()
                ))
            }
            ["get", "lease"] => match &self.lease {
                Some(lease) => Reply::good(lease),
                None => absent("leases.coordination.k8s.io", words[3]),
            },
            ["get", "secrets"] if words[3] == "app-secret" => match (&self.secret, &self.token) {
                (Some(label), Some(token)) => {
                    let has = if token.is_empty() { "" } else { "token" };
                    Reply::text(&format!("secret {has}  {label}\n"))
                }
                _ => absent("secrets", words[3]),
            },
            ["get", "secrets"] if words[3].starts_with("lakehouse-values-") => match &self.values {
                Some(secret) => Reply::good(secret),
                None => absent("secrets", words[3]),
            },
            ["get", "secrets"] => {
                let name = flag(words, "-l").trim_start_matches("owner=helm,name=");
                let line = self.releases.get(name).map(|release| {
                    let mut labels = release.labels.clone();
                    labels.insert("lakehouse.ingext.io/created-by".to_owned(), release.label.clone());
                    labels.insert("owner".to_owned(), "helm".to_owned());
                    let label = json!(labels);
                    format!("sh.helm.release.v1.{name}.v{}\t{label}\n", release.revision)
                });
                Reply::text(&format!("releases\n{}end\n", line.unwrap_or_default()))
            }
            ["get", "storageclasses.storage.k8s.io"] => {
                let class = "ingext-aws-gp3";
                let classes: Vec<Value> = self
                    .releases
                    .get(class)
                    .iter()
                    .map(|_| json!({
                        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "ebs.csi.aws.com",
                        "metadata": { "name": class, "annotations": {
                            "meta.helm.sh/release-name": class, "meta.helm.sh/release-namespace": "kube-system",
                            "storageclass.kubernetes.io/is-default-class": "true"
                        }}
                    }))
                    .collect();
                Reply::good(&json!({ "apiVersion": "v1", "kind": "List", "metadata": {}, "items": classes }))
            }
            ["get", kind @ "customresourcedefinitions.apiextensions.k8s.io"] => {
                if !self.releases.contains_key("karpenter-crd") || !KINDS.contains(&words[3]) {
                    return absent(kind, words[3]);
                }
                Reply::good(&json!({
                    "kind": "CustomResourceDefinition", "metadata": { "name": words[3] },
                    "spec": { "versions": [{ "name": "v1", "served": true }] },
                    "status": { "conditions": [{ "type": "Established", "status": "True" }] }
                }))
            }
            ["get", kind @ "namespaces"] => match &self.namespace {
                None => absent(kind, words[3]),
                Some(label) => Reply::good(&json!({
                    "kind": "Namespace",
                    "metadata": { "name": words[3], "labels": { "lakehouse.ingext.io/created-by": label } },
                    "status": { "phase": "Active" }
                })),
            },
            ["get", kinds] if kinds.contains(',') => Reply::good(&self.work(flag(words, "-n"))),
            ["get", kind] => match self.made_by_a_chart(kind, words[3]) {
                None => absent(kind, words[3]),
                Some(object) => Reply::good(&object),
            },
            ["label", "secrets"] => {
                let release = words[3].strip_prefix("sh.helm.release.v1.").unwrap();
                let (release, revision) = release.rsplit_once(".v").unwrap();
                let Some(found) = self.releases.get_mut(release) else {
                    return absent("secrets", words[3]);
                };
                assert_eq!(found.revision.to_string(), revision);
                let (key, value) = words[4].split_once('=').unwrap();
                found.labels.insert(key.to_owned(), value.to_owned());
                Reply::text(&format!("secret/{}\n", words[3]))
            }
            ["delete", "jobs.batch"] => {
                self.job = false;
                Reply::text("job.batch/ingext-community-init\n")
            }
            ["create", "--field-manager"] => self.create(&serde_json::from_str(stdin.unwrap()).unwrap()),
            [verb @ ("create" | "replace"), "-f"] => {
                let mut lease: Value = serde_json::from_str(stdin.unwrap()).unwrap();
                let version = |lease: &Value| lease["metadata"]["resourceVersion"].clone();
                let said = match (&self.lease, *verb) {
                    (Some(_), "create") => {
                        "Error from server (AlreadyExists): error when creating \"STDIN\": leases.coordination.k8s.io \"lakehouse-install\" already exists"
                    }
                    (Some(now), "replace") if version(now) != version(&lease) => {
                        "Error from server (Conflict): error when replacing \"STDIN\": the object has been modified"
                    }
                    (None, "replace") => "Error from server (NotFound): leases.coordination.k8s.io not found",
                    _ => "",
                };
                if !said.is_empty() {
                    return Reply::failed(1, said);
                }
                self.version += 1;
                lease["metadata"]["resourceVersion"] = self.version.to_string().into();
                self.lease = Some(lease.clone());
                Reply::good(&lease)
            }
            other => panic!("kubectl {other:?}"),
        }
    }

    /// A namespace or a Secret.
    fn create(&mut self, object: &Value) -> Reply {
        let word = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap().to_owned();
        let label = word("/metadata/labels/lakehouse.ingext.io~1created-by");
        let (kind, name) = (word("/kind"), word("/metadata/name"));
        let place = match kind.as_str() {
            "Namespace" => &mut self.namespace,
            "Secret" => &mut self.secret,
            other => panic!("create {other}"),
        };
        if place.is_some() {
            let kind = if kind == "Secret" { "secrets" } else { "namespaces" };
            return Reply::failed(
                1,
                &format!(
                    "Error from server (AlreadyExists): error when creating \"STDIN\": {kind} \"{name}\" already exists\n"
                ),
            );
        }
        *place = Some(label);
        if kind == "Secret" {
            self.token = Some(word("/stringData/token"));
        }
        self.make(format!("{kind} {name}"));
        Reply::text(&format!("{}/{name}\n", kind.to_lowercase()))
    }

    /// What runs in a namespace, without pods: all of it is ready.
    fn work(&self, namespace: &str) -> Value {
        let runs = ["deployments.apps", "statefulsets.apps", "jobs.batch"];
        let mut items: Vec<Value> = CHARTS
            .iter()
            .filter(|(release, _)| namespace_of(release) == namespace)
            .flat_map(|(_, objects)| objects.iter())
            .filter(|(kind, _)| runs.contains(kind))
            .filter_map(|(kind, name)| self.made_by_a_chart(kind, name))
            .collect();
        let site = "ingext-community";
        if namespace_of(site) == namespace && self.releases.contains_key(site) {
            items.extend(["api", "platform-service", "fluency8"].map(|service| {
                json!({
                    "kind": "EndpointSlice",
                    "metadata": { "name": format!("{service}-x"), "namespace": namespace,
                        "labels": { "kubernetes.io/service-name": service } },
                    "endpoints": [{ "addresses": ["192.0.2.1"], "conditions": { "ready": true } }]
                })
            }));
        }
        json!({ "apiVersion": "v1", "kind": "List", "metadata": { "resourceVersion": "" }, "items": items })
    }

    /// An object as the chart of the release that stands makes it, ready.
    fn made_by_a_chart(&self, kind: &str, name: &str) -> Option<Value> {
        let (_, release, shown) = CHARTS
            .iter()
            .flat_map(|(release, objects)| objects.iter().map(move |(kind, name)| (*kind, *release, *name)))
            .find(|(of, _, its)| *of == kind && *its == name)?;
        self.releases.get(release)?;
        if kind == "jobs.batch" && !self.job {
            return None;
        }
        let mut meta = json!({
            "name": shown, "generation": 1,
            "labels": { "app.kubernetes.io/managed-by": "Helm" },
            "annotations": {
                "meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace_of(release)
            }
        });
        if !OF_THE_CLUSTER.contains(&kind) {
            meta["namespace"] = namespace_of(release).into();
        }
        let ready = json!([{ "type": "Ready", "status": "True", "observedGeneration": 1 }]);
        let (kind, spec, status) = match kind {
            "deployments.apps" => (
                "Deployment",
                json!({ "replicas": 2, "template": { "spec": { "containers": [{ "image": "x:1" }] } } }),
                json!({ "observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2,
                    "availableReplicas": 2 }),
            ),
            "statefulsets.apps" => (
                "StatefulSet",
                json!({ "replicas": 1 }),
                json!({ "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1,
                    "currentRevision": "a", "updateRevision": "a" }),
            ),
            "jobs.batch" => (
                "Job",
                json!({ "completions": 1 }),
                json!({ "succeeded": 1, "conditions": [{ "type": "Complete", "status": "True" }] }),
            ),
            "serviceaccounts" => ("ServiceAccount", json!({}), json!({})),
            "nodepools.karpenter.sh" => ("NodePool", json!({}), json!({ "conditions": ready })),
            "ec2nodeclasses.karpenter.k8s.aws" => ("EC2NodeClass", json!({}), json!({ "conditions": ready })),
            "persistentvolumes" => (
                "PersistentVolume",
                json!({ "csi": { "volumeAttributes": { "bucketName": "demo-bucket" } } }),
                json!({ "phase": "Bound" }),
            ),
            "persistentvolumeclaims" => ("PersistentVolumeClaim", json!({}), json!({ "phase": "Bound" })),
            other => panic!("no {other}"),
        };
        Some(json!({ "kind": kind, "metadata": meta, "spec": spec, "status": status }))
    }

    /// What a chart's release has made, as it lives.
    fn objects_of(&self, release: &str) -> Vec<Value> {
        let made = CHARTS.iter().filter(|(of, _)| *of == release);
        made.flat_map(|(_, objects)| *objects)
            .filter_map(|(kind, name)| self.made_by_a_chart(kind, name))
            .collect()
    }

    /// Those of the objects that are asked for by a list, and are there.
    fn those_of(&self, asked: &Value) -> Reply {
        let all = CHARTS.iter().flat_map(|(release, _)| self.objects_of(release));
        let is_asked = |object: &Value| {
            let asked = asked["items"].as_array().unwrap().iter();
            asked.clone().any(|it| {
                it["kind"] == object["kind"] && it["metadata"]["name"] == object["metadata"]["name"]
            })
        };
        let found: Vec<Value> = all.filter(is_asked).collect();
        Reply::good(&json!({ "apiVersion": "v1", "kind": "List", "items": found, "metadata": {} }))
    }

    fn roll_back(&mut self, name: &str, revision: u32) -> Reply {
        let Some(now) = self.releases.get(name).cloned() else {
            return Reply::failed(1, "Error: release: not found\n");
        };
        let asked = match self.history.get(&(name.to_owned(), revision)) {
            Some(older) => older.clone(),
            None if now.revision == revision => now.clone(),
            None => return Reply::failed(1, &format!("Error: release has no {revision} version\n")),
        };
        if name == "ingext-community-init" {
            if self.job {
                return Reply::failed(1, "Error: spec.template: Invalid value: field is immutable\n");
            }
            self.job = true;
        }
        let release = Release {
            revision: now.revision + 1,
            labels: now.labels.clone(),
            ..asked
        };
        self.history.insert((name.to_owned(), now.revision), now);
        self.releases.insert(name.to_owned(), release);
        Reply::text("Rollback was a success! Happy Helming!\n")
    }

    pub(super) fn helm(&mut self, words: &[&str], stdin: Option<&str>) -> Reply {
        if words[1] == "upgrade" {
            let name = words[3].to_owned();
            let (_, label) = flag(words, "--labels").split_once('=').unwrap();
            let before = self.releases.get(&name).map_or(0, |release| release.revision);
            let labels = self.releases.get(&name).map(|release| release.labels.clone());
            if flag(words, "-n") == "ingext" && self.namespace.is_none() {
                return Reply::failed(
                    1,
                    "Error: create: failed to create: namespaces \"ingext\" not found\n",
                );
            }
            if name == "ingext-community-init" {
                if self.job && before > 0 {
                    return Reply::failed(
                        1,
                        "Error: UPGRADE FAILED: cannot patch \"ingext-community-init\" with kind Job: Job.batch \"ingext-community-init\" is invalid: spec.template: Invalid value: field is immutable\n",
                    );
                }
                self.job = true;
            }
            let release = Release {
                chart: words[4].rsplit('/').next().unwrap().to_owned(),
                version: flag(words, "--version").to_owned(),
                values: serde_json::from_str(stdin.unwrap()).unwrap(),
                label: label.to_owned(),
                revision: before + 1,
                status: "deployed",
                // helm passes the labels of a release on to its next revision.
                labels: labels.unwrap_or_default(),
            };
            if self.refuses == Some(name.as_str()) {
                self.refuses = None;
                let failed = Release {
                    status: "failed",
                    ..release
                };
                if let Some(older) = self.releases.insert(name.clone(), failed) {
                    self.history.insert((name, older.revision), older);
                }
                return Reply::failed(1, "Error: UPGRADE FAILED: cannot patch \"x\" with kind Job\n");
            }
            self.make(format!("revision of {name}"));
            if let Some(older) = self.releases.insert(name.clone(), release) {
                self.history.insert((name.clone(), older.revision), older);
            }
            return Reply::text(&format!("Release \"{name}\" has been upgraded. Happy Helming!\n"));
        }
        if matches!(words[1], "show" | "template") {
            // Charts without kinds outside their templates, that take all values.
            return Reply::text("\n");
        }
        if words[1] == "rollback" {
            return self.roll_back(words[2], words[3].parse().unwrap());
        }
        let name = words[3];
        let Some(release) = self.releases.get(name) else {
            return Reply::failed(1, "Error: release: not found\n");
        };
        match words[2] {
            "manifest" => {
                let all = self.objects_of(name).into_iter().map(|mut object| {
                    object.as_object_mut().unwrap().remove("status");
                    format!("---\n{object}\n")
                });
                Reply::text(&format!("\n{}", all.collect::<String>()))
            }
            "metadata" => Reply::good(&json!({
                "name": name, "namespace": flag(words, "-n"), "chart": release.chart, "version": release.version,
                "revision": release.revision, "status": release.status, "deployedAt": "2026-11-24T03:08:49Z"
            })),
            _ => Reply::good(&release.values),
        }
    }
}
