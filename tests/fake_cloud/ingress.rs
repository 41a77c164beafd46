//! The way to the site: the controller's role, its Ingresses, the load balancer that comes of them, and the record.
//! Everything is ready as soon as it can be.

use super::aws::association_id;
use super::{Association, CLUSTER, Cloud, Reply, TIME, Tags, arn, flag};
use serde_json::{Value, json};

pub const CONTROLLER: &str = "aws-load-balancer-controller";
pub const CHART: &str = "ingext-community-ingress-aws";
const SUBJECT: &str = "kube-system/aws-load-balancer-controller";
const BALANCER: &str = "albingextdemoingress";
const ADDRESS: &str = "albingextdemoingress-1234567890.us-east-2.elb.amazonaws.com";
const SERVICES: [&str; 3] = ["api", "fluency8", "platform-service"];

/// What belongs to the way to the site and to nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Way {
    /// The Ingress of the redirect, as it was applied.
    pub redirect: Option<Value>,
    /// The site's record in the zone.
    pub record: Option<Value>,
    /// How often a change is still told to be pending.
    pub pending: u32,
}

impl Cloud {
    /// `eksctl create podidentityassociation`: a role, and who gets it.
    pub(super) fn controller_role(&mut self, tags: &Tags) -> Reply {
        if self.associations.values().any(|one| one.subject == SUBJECT) {
            return Reply::failed(
                1,
                "Error: 1 error(s) occurred: AlreadyExistsException: Stack already exists\n",
            );
        }
        let role = "eksctl-demo-podidentityrole-kube-system-Role1";
        let role_arn = arn("iam", &format!("role/{role}"));
        self.roles.insert(role.to_owned());
        let name = format!("eksctl-{CLUSTER}-podidentityrole-kube-system-{CONTROLLER}");
        let outputs = Tags::from([("Role1".to_owned(), role_arn.clone())]);
        self.stack(&name, tags, outputs);
        self.make(format!("association {SUBJECT}"));
        let one = Association {
            subject: SUBJECT.to_owned(),
            role: role_arn,
            tags: tags.clone(),
        };
        self.associations.insert(association_id(SUBJECT), one);
        Reply::text("2026-11-24 03:06:57 [ℹ]  all tasks were completed successfully\n")
    }

    /// What kubectl is asked about the way; nothing where it is asked about something else.
    pub(super) fn kubectl_of_way(&mut self, words: &[&str], stdin: Option<&str>) -> Option<Reply> {
        let list = |items: Vec<Value>| {
            Reply::good(
                &json!({ "kind": "List", "apiVersion": "v1", "metadata": { "resourceVersion": "" }, "items": items }),
            )
        };
        let runs = self.releases.contains_key(CONTROLLER);
        let alone = |kind: &str, object: Option<Value>| {
            object.map_or_else(
                || {
                    let said = format!(
                        "Error from server (NotFound): {kind} \"{}\" not found\n",
                        words[3]
                    );
                    Reply::failed(1, &said)
                },
                |object| Reply::good(&object),
            )
        };
        Some(match &words[1..4] {
            ["get", "deployments.apps", "-A"] => {
                let deployment = json!({
                    "kind": "Deployment",
                    "metadata": { "name": CONTROLLER, "namespace": "kube-system", "annotations": of_helm(CONTROLLER, "kube-system") },
                    "spec": { "template": { "spec": { "serviceAccountName": CONTROLLER,
                        "containers": [{ "args": [format!("--cluster-name={CLUSTER}")] }] } } },
                    "status": { "availableReplicas": 2 }
                });
                list(if runs { vec![deployment] } else { Vec::new() })
            }
            ["get", kind @ "ingressclasses.networking.k8s.io", _] => alone(
                kind,
                runs.then(|| {
                    json!({
                        "kind": "IngressClass", "metadata": { "name": "alb", "annotations": of_helm(CONTROLLER, "kube-system") },
                        "spec": { "controller": "ingress.k8s.aws/alb", "parameters": { "name": "alb" } }
                    })
                }),
            ),
            ["get", kind @ "ingressclassparams.elbv2.k8s.aws", _] => alone(
                kind,
                runs.then(|| json!({ "kind": "IngressClassParams", "metadata": { "name": "alb" } })),
            ),
            ["get", "ingresses.networking.k8s.io", "-A"] => list(self.ingresses()),
            ["get", "events", _] => list(Vec::new()),
            ["apply", "--server-side", _] => {
                let object: Value = serde_json::from_str(stdin.unwrap()).unwrap();
                if object["kind"] == "Secret" {
                    self.values = Some(object);
                    return Some(Reply::text("secret/lakehouse-values-ingext\n"));
                }
                if self.way.redirect.as_ref() != Some(&object) {
                    self.make("redirect");
                }
                self.way.redirect = Some(object);
                Reply::text("ingress.networking.k8s.io/ingext-https-redirect\n")
            }
            _ => return None,
        })
    }

    fn ingresses(&self) -> Vec<Value> {
        let mut found: Vec<Value> = self.way.redirect.iter().cloned().collect();
        if let Some(release) = self.releases.get(CHART) {
            let mut notes = of_helm(CHART, "ingext");
            for (name, value) in [
                ("group.name", "ingext-community"),
                ("scheme", "internet-facing"),
                (
                    "load-balancer-name",
                    release.values["loadBalancerName"].as_str().unwrap(),
                ),
            ] {
                notes[format!("alb.ingress.kubernetes.io/{name}")] = value.into();
            }
            let path = |name: &&str| json!({ "path": "/", "backend": { "service": { "name": name, "port": { "number": 1 } } } });
            let paths: Vec<Value> = SERVICES.iter().map(path).collect();
            found.push(json!({
                "kind": "Ingress", "metadata": { "name": "ingext-ingress", "namespace": "ingext", "annotations": notes },
                "spec": { "ingressClassName": "alb", "rules": [{ "host": release.values["siteDomain"], "http": { "paths": paths } }] },
                "status": { "loadBalancer": { "ingress": if self.has_balancer() { json!([{ "hostname": ADDRESS }]) } else { json!([]) } } }
            }));
        }
        found
    }

    /// The controller runs, has its role, and has an Ingress to work for.
    fn has_balancer(&self) -> bool {
        self.releases.contains_key(CONTROLLER)
            && self.releases.contains_key(CHART)
            && self.associations.values().any(|one| one.subject == SUBJECT)
    }

    pub(super) fn elbv2(&self, words: &[&str]) -> Reply {
        let made = arn("elasticloadbalancing", &format!("loadbalancer/app/{BALANCER}/1"));
        match words[2] {
            "describe-load-balancers" if !self.has_balancer() => {
                let message = format!("Load balancers '[{}]' not found", flag(words, "--names"));
                Reply::refused("LoadBalancerNotFound", "DescribeLoadBalancers", &message)
            }
            "describe-load-balancers" => Reply::good(&json!({ "LoadBalancers": [{
                "LoadBalancerArn": made, "LoadBalancerName": BALANCER, "DNSName": ADDRESS, "VpcId": "vpc-01",
                "CanonicalHostedZoneId": "Z3AADJGX6KTTL2", "Scheme": "internet-facing", "Type": "application",
                "State": { "Code": "active" }
            }]})),
            "describe-tags" => Reply::good(&json!({ "TagDescriptions": [{ "ResourceArn": made, "Tags": [
                { "Key": "elbv2.k8s.aws/cluster", "Value": CLUSTER },
                { "Key": "ingress.k8s.aws/stack", "Value": "ingext-community" }
            ]}]})),
            "describe-target-groups" => {
                let one = |name: &&str| {
                    let name = format!("k8s-ingext-{}-0123456789", &name[..3]);
                    json!({ "TargetGroupName": name, "TargetGroupArn": arn("elasticloadbalancing", &format!("targetgroup/{name}/1")) })
                };
                Reply::good(&json!({ "TargetGroups": SERVICES.iter().map(one).collect::<Vec<_>>() }))
            }
            "describe-target-health" => Reply::good(&json!({ "TargetHealthDescriptions": [{
                "Target": { "Id": "192.168.1.2", "Port": 8002 }, "TargetHealth": { "State": "healthy" }
            }]})),
            other => panic!("elbv2 {other}"),
        }
    }

    pub(super) fn route53(&mut self, words: &[&str], stdin: Option<&str>) -> Reply {
        let info = |status: &str| {
            Reply::good(
                &json!({ "ChangeInfo": { "Id": "/change/C0123456789", "Status": status, "SubmittedAt": TIME } }),
            )
        };
        match words[2] {
            "list-resource-record-sets" => {
                let records: Vec<&Value> = self.way.record.iter().collect();
                Reply::good(
                    &json!({ "ResourceRecordSets": records, "IsTruncated": false, "MaxItems": "100" }),
                )
            }
            "change-resource-record-sets" => {
                let batch: Value = serde_json::from_str(stdin.unwrap()).unwrap();
                let change = &batch["Changes"][0];
                if change["Action"] == "CREATE" && self.way.record.is_some() {
                    let message = "[Tried to create resource record set [name='lakehouse.k8.rehearsal.test.', type='A'] but it already exists]";
                    return Reply::refused("InvalidChangeBatch", "ChangeResourceRecordSets", message);
                }
                self.way.record = Some(change["ResourceRecordSet"].clone());
                self.way.pending = 2;
                self.make("record");
                info("PENDING")
            }
            "get-change" => {
                let status = if self.way.pending > 0 { "PENDING" } else { "INSYNC" };
                self.way.pending = self.way.pending.saturating_sub(1);
                info(status)
            }
            other => panic!("route53 {other}"),
        }
    }
}

fn of_helm(release: &str, namespace: &str) -> Value {
    json!({ "meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace })
}

/// A record that somebody made.
pub fn their_record() -> Value {
    json!({ "Name": "lakehouse.k8.rehearsal.test.", "Type": "A", "TTL": 300, "ResourceRecords": [{ "Value": "192.0.2.99" }] })
}
