//! eksctl, kubectl and helm.

use super::aws::association_id;
use super::{Association, CLUSTER, Cloud, Release, Reply, Stack, Tags, arn, flag};
use serde_json::{Value, json};

const KINDS: [&str; 3] = [
    "ec2nodeclasses.karpenter.k8s.aws",
    "nodeclaims.karpenter.sh",
    "nodepools.karpenter.sh",
];
const EBS: &str = "aws-ebs-csi-driver";
const EBS_ACCOUNT: &str = "kube-system/ebs-csi-controller-sa";

impl Cloud {
    pub(super) fn eksctl(&mut self, what: &str, config: &Value) -> Reply {
        let tags: Tags = serde_json::from_value(config["metadata"]["tags"].clone()).unwrap();
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

    fn stack(&mut self, name: &str, tags: &Tags, outputs: Tags) {
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

    pub(super) fn kubectl(&mut self, words: &[&str], stdin: Option<&str>) -> Reply {
        let absent = |kind: &str, name: &str| {
            Reply::failed(
                1,
                &format!("Error from server (NotFound): {kind} \"{name}\" not found\n"),
            )
        };
        match &words[1..3] {
            ["version", _] => Reply::good(&json!({
                "clientVersion": { "gitVersion": "v1.34.4" }, "serverVersion": { "gitVersion": "v1.34.4-eks-113cf36" }
            })),
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
            ["get", "secrets"] => {
                let name = flag(words, "-l").trim_start_matches("owner=helm,name=");
                let line = self.releases.get(name).map(|release| {
                    let label = json!({ "lakehouse.ingext.io/created-by": release.label, "owner": "helm" });
                    format!("sh.helm.release.v1.{name}.v{}\t{label}\n", release.revision)
                });
                Reply::text(&format!("releases\n{}end\n", line.unwrap_or_default()))
            }
            ["get", kind @ "storageclasses.storage.k8s.io"] => match self.releases.get(words[3]) {
                None => absent(kind, words[3]),
                Some(_) => Reply::good(&json!({
                    "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "ebs.csi.aws.com",
                    "metadata": { "name": words[3], "annotations": {
                        "meta.helm.sh/release-name": words[3], "meta.helm.sh/release-namespace": "kube-system",
                        "storageclass.kubernetes.io/is-default-class": "true"
                    }}
                })),
            },
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
            ["get", kind @ "deployments.apps"] => match self.releases.get(words[3]) {
                None => absent(kind, words[3]),
                Some(_) => Reply::good(&json!({
                    "kind": "Deployment",
                    "metadata": { "name": words[3], "namespace": "kube-system", "generation": 1 },
                    "spec": { "replicas": 2, "template": { "spec": { "containers": [{ "image": "karpenter:1.8.3" }] } } },
                    "status": { "observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2,
                        "availableReplicas": 2 }
                })),
            },
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

    pub(super) fn helm(&mut self, words: &[&str], stdin: Option<&str>) -> Reply {
        if words[1] == "upgrade" {
            let name = words[3].to_owned();
            let (_, label) = flag(words, "--labels").split_once('=').unwrap();
            let before = self.releases.get(&name).map_or(0, |release| release.revision);
            let release = Release {
                chart: words[4].rsplit('/').next().unwrap().to_owned(),
                version: flag(words, "--version").to_owned(),
                values: serde_json::from_str(stdin.unwrap()).unwrap(),
                label: label.to_owned(),
                revision: before + 1,
            };
            self.make(format!("revision of {name}"));
            self.releases.insert(name.clone(), release);
            return Reply::text(&format!("Release \"{name}\" has been upgraded. Happy Helming!\n"));
        }
        let name = words[3];
        let Some(release) = self.releases.get(name) else {
            return Reply::failed(1, "Error: release: not found\n");
        };
        match words[2] {
            "metadata" => Reply::good(&json!({
                "name": name, "namespace": "kube-system", "chart": release.chart, "version": release.version,
                "revision": release.revision, "status": "deployed", "deployedAt": "2026-11-24T03:08:49Z"
            })),
            _ => Reply::good(&release.values),
        }
    }
}
