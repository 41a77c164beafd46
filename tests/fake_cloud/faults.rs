//! What goes wrong with a command that writes, in the words of each tool.

use super::{Cloud, Reply, Tags, flag};
use crate::fake_cloud::aws::association_id;
use serde_json::Value;

/// Stands in all that a tool says of a fault: where it may be shown, it is looked for.
pub const MARK: &str = "words-of-the-fault";

/// Whose an object of the cluster is that stands in the way.
const THEIRS: &str = "theirs";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Denied,
    Expired,
    SsoEnded,
    ThrottledOnce,
    ThrottledForEver,
    Unreachable,
    RegistryUnreachable,
    BrokenOffAfter,
    LostAfter,
    LostBefore,
    LostForEver,
    KilledAfter,
    KilledBefore,
    SaysNothing,
    GarbageOnce,
    GarbageForEver,
    TakenByOthers,
    TakenHere,
    RolledBack,
    Quota,
}

use Fault as F;

pub const FAULTS: [Fault; 20] = [
    F::Denied,
    F::Expired,
    F::SsoEnded,
    F::ThrottledOnce,
    F::ThrottledForEver,
    F::Unreachable,
    F::RegistryUnreachable,
    F::BrokenOffAfter,
    F::LostAfter,
    F::LostBefore,
    F::LostForEver,
    F::KilledAfter,
    F::KilledBefore,
    F::SaysNothing,
    F::GarbageOnce,
    F::GarbageForEver,
    F::TakenByOthers,
    F::TakenHere,
    F::RolledBack,
    F::Quota,
];

/// What becomes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It goes on by itself.
    GoesOn,
    /// It fails with this code.
    Fails(&'static str),
}

/// How a command ended.
pub enum Met {
    Reply(Reply),
    TimedOut,
    Killed,
}

impl Fault {
    pub const fn name(self) -> &'static str {
        match self {
            F::Denied => "access denied",
            F::Expired => "expired token",
            F::SsoEnded => "single sign-on ended",
            F::ThrottledOnce => "throttled once",
            F::ThrottledForEver => "throttled for ever",
            F::Unreachable => "endpoint unreachable",
            F::RegistryUnreachable => "chart registry unreachable",
            F::BrokenOffAfter => "connection lost after it was carried out",
            F::LostAfter => "hangs, and was carried out",
            F::LostBefore => "hangs, and was not carried out",
            F::LostForEver => "hangs each time",
            F::KilledAfter => "killed, and was carried out",
            F::KilledBefore => "killed, and was not carried out",
            F::SaysNothing => "exit 1, nothing said",
            F::GarbageOnce => "garbage with exit 0, nothing done",
            F::GarbageForEver => "the same each time",
            F::TakenByOthers => "somebody else's thing is there",
            F::TakenHere => "made meanwhile in the account",
            F::RolledBack => "its stack rolls back",
            F::Quota => "quota exceeded",
        }
    }

    /// Whether only the first try meets it.
    const fn is_once(self) -> bool {
        matches!(
            self,
            F::ThrottledOnce
                | F::BrokenOffAfter
                | F::LostAfter
                | F::LostBefore
                | F::KilledAfter
                | F::KilledBefore
                | F::GarbageOnce
        )
    }

    /// What the `times`-th try of the command meets; nothing where it is carried out as ever.
    pub fn meets(self, times: u32, cloud: &mut Cloud, argv: &[String], stdin: Option<&[u8]>) -> Option<Met> {
        if self.is_once() && times > 1 {
            return None;
        }
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        if matches!(self, F::BrokenOffAfter | F::LostAfter | F::KilledAfter) {
            let _ = cloud.answer(argv, stdin);
        }
        Some(match self {
            F::LostAfter | F::LostBefore | F::LostForEver => Met::TimedOut,
            F::KilledAfter | F::KilledBefore => Met::Killed,
            F::SaysNothing => Met::Reply(Reply::failed(1, "")),
            F::GarbageOnce | F::GarbageForEver => {
                Met::Reply(Reply::text(&format!("<html><body>{MARK}</body></html>\n")))
            }
            F::TakenByOthers | F::TakenHere => {
                let object: Option<Value> = stdin.and_then(|bytes| serde_json::from_slice(bytes).ok());
                let kind = object
                    .as_ref()
                    .and_then(|it| it["kind"].as_str())
                    .unwrap_or_default();
                taken(self, cloud, &words, kind);
                Met::Reply(refused_as_taken(cloud, argv, stdin))
            }
            F::RolledBack => Met::Reply(rolled_back(cloud, argv, stdin)),
            _ => Met::Reply(match words[0] {
                "aws" => self.of_aws(&words),
                "eksctl" => self.of_eksctl(),
                "helm" => self.of_cluster(
                    "Error: Kubernetes cluster unreachable: Get \"https://cluster.invalid/version\": ",
                ),
                _ => self.of_cluster("Unable to connect to the server: "),
            }),
        })
    }

    fn of_aws(self, words: &[&str]) -> Reply {
        let said = |code: &str, message: &str| Reply::refused(code, "Any", &format!("{message} {MARK}"));
        let service = words[1];
        match self {
            F::Denied => said(
                match service {
                    "ec2" => "UnauthorizedOperation",
                    "iam" | "s3api" | "cloudformation" => "AccessDenied",
                    _ => "AccessDeniedException",
                },
                "User is not authorized to perform this.",
            ),
            F::Expired => said(
                match service {
                    "ec2" => "RequestExpired",
                    "iam" | "s3api" | "cloudformation" => "ExpiredToken",
                    _ => "ExpiredTokenException",
                },
                "The security token included in the request is expired.",
            ),
            F::ThrottledOnce | F::ThrottledForEver => said(
                match service {
                    "ec2" => "RequestLimitExceeded",
                    "s3api" => "SlowDown",
                    "iam" | "cloudformation" => "Throttling",
                    _ => "ThrottlingException",
                },
                "Rate exceeded.",
            ),
            F::Quota => {
                let (code, operation) = match service {
                    "ec2" => ("TagLimitExceeded", "CreateTags"),
                    "iam" => ("LimitExceeded", "CreateServiceLinkedRole"),
                    "s3api" => ("TooManyBuckets", "CreateBucket"),
                    "cloudformation" => ("LimitExceededException", "CreateStack"),
                    _ => ("ResourceLimitExceededException", "Create"),
                };
                Reply::refused(code, operation, &format!("Limit exceeded. {MARK}"))
            }
            F::SsoEnded => Reply::failed(
                255,
                &format!("\nError loading SSO Token: Token for {MARK} does not exist\n"),
            ),
            F::BrokenOffAfter => Reply::failed(
                255,
                &format!(
                    "\nConnection was closed before we received a valid response from endpoint URL: \"https://{MARK}/\".\n"
                ),
            ),
            _ => Reply::failed(
                255,
                &format!("\nCould not connect to the endpoint URL: \"https://{MARK}/\"\n"),
            ),
        }
    }

    fn of_eksctl(self) -> Reply {
        let said = |text: &str| Reply::failed(1, &format!("Error: {MARK}: operation error EKS: {text}\n"));
        match self {
            F::Denied => said(
                "CreateCluster, https response error StatusCode: 403, api error AccessDeniedException: not authorized",
            ),
            F::Expired => said(
                "CreateCluster, https response error StatusCode: 403, api error ExpiredToken: it is expired",
            ),
            F::SsoEnded => said(
                "get credentials: failed to refresh cached credentials, failed to read cached SSO token file",
            ),
            F::ThrottledOnce | F::ThrottledForEver => said(
                "CreateCluster, https response error StatusCode: 400, api error Throttling: Rate exceeded",
            ),
            F::Quota => {
                said("CreateCluster, api error ResourceLimitExceededException: Cluster limit exceeded")
            }
            _ => said(
                "CreateCluster, request send failed, Post \"https://eks.invalid/\": dial tcp 127.0.0.1:9: connect: connection refused",
            ),
        }
    }

    /// kubectl and helm; `begin` is how each begins what it says of an API server that it does not reach.
    fn of_cluster(self, begin: &str) -> Reply {
        let said = |text: &str| Reply::failed(1, &format!("{text} {MARK}\n"));
        match self {
            F::Denied => {
                said("Error from server (Forbidden): leases is forbidden: User \"u\" cannot do that:")
            }
            F::Expired => said(
                "error: You must be logged in to the server (the server has asked for the client to provide credentials)",
            ),
            F::ThrottledOnce | F::ThrottledForEver => {
                said("Error from server (TooManyRequests): too many requests:")
            }
            F::Quota => said(
                "Error from server (Forbidden): secrets \"x\" is forbidden: exceeded quota: small, requested: secrets=1, used: secrets=5, limited: secrets=5",
            ),
            F::RegistryUnreachable => said(
                "Error: failed to do request: Head \"https://registry.localhost/v2/x\": dial tcp: lookup registry.localhost: no such host",
            ),
            _ => said(&format!(
                "{begin}dial tcp 127.0.0.1:9: connect: connection refused"
            )),
        }
    }
}

/// Puts somebody else's thing where the command would make its own.
fn taken(fault: Fault, cloud: &mut Cloud, words: &[&str], kind: &str) {
    let theirs = Tags::from([("team".to_owned(), "theirs".to_owned())]);
    match (words[0], words[2]) {
        // Somebody's role for the controller: it is used, under another plan.
        ("eksctl", "podidentityassociation") => {
            let subject = "kube-system/aws-load-balancer-controller";
            let one = super::Association {
                subject: subject.to_owned(),
                role: super::arn("iam", "role/theirs"),
                tags: theirs,
            };
            cloud.associations.entry(association_id(subject)).or_insert(one);
        }
        ("aws", "change-resource-record-sets") => {
            cloud.way.record.get_or_insert_with(super::ingress::their_record);
        }
        ("eksctl", _) => cloud.cluster = Some(theirs),
        ("aws", "create-stack") => {
            let stack = super::Stack {
                status: "CREATE_COMPLETE".to_owned(),
                tags: theirs,
                ..super::Stack::default()
            };
            cloud
                .stacks
                .entry(flag(words, "--stack-name").to_owned())
                .or_insert(stack);
        }
        ("aws", "create-bucket") => {
            cloud.bucket.get_or_insert(super::Bucket {
                tags: theirs,
                foreign: fault == F::TakenByOthers,
                ..super::Bucket::default()
            });
        }
        ("aws", "create-pod-identity-association") => {
            let subject = format!(
                "{}/{}",
                flag(words, "--namespace"),
                flag(words, "--service-account")
            );
            let one = super::Association {
                subject: subject.clone(),
                role: super::arn("iam", "role/theirs"),
                tags: theirs,
            };
            cloud.associations.entry(association_id(&subject)).or_insert(one);
        }
        ("aws", "create-access-entry") => {
            let kind = if fault == F::TakenHere {
                "EC2_LINUX"
            } else {
                "STANDARD"
            };
            let principal = flag(words, "--principal-arn").to_owned();
            cloud
                .entries
                .entry(principal)
                .or_insert((kind.to_owned(), theirs));
        }
        ("aws", "create-service-linked-role") => {
            cloud.roles.insert("AWSServiceRoleForEC2Spot".to_owned());
        }
        ("kubectl", _) if kind == "Namespace" => cloud.namespace = Some(THEIRS.to_owned()),
        ("kubectl", _) if kind == "Secret" => {
            cloud.secret = Some(THEIRS.to_owned());
            cloud.token = Some("their-token".to_owned());
        }
        ("kubectl", _) => {
            cloud.version += 1;
            cloud.lease = Some(serde_json::json!({
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": { "name": "lakehouse-install", "namespace": "kube-system",
                    "resourceVersion": cloud.version.to_string() },
                "spec": { "holderIdentity": "bob@0123456789ab/77/0badcafe.1/r", "leaseDurationSeconds": 1800,
                    "renewTime": "2026-11-24T03:00:00.000000Z", "acquireTime": "2026-11-24T03:00:00.000000Z" }
            }));
        }
        _ => {}
    }
}

fn refused_as_taken(cloud: &mut Cloud, argv: &[String], stdin: Option<&[u8]>) -> Reply {
    match argv[0].as_str() {
        "helm" => Reply::failed(
            1,
            &format!(
                "Error: Unable to continue with install: ConfigMap \"{MARK}\" in namespace \"kube-system\" exists and cannot be imported into the current release: invalid ownership metadata\n"
            ),
        ),
        "eksctl" => Reply {
            exit: 1,
            stdout: format!(
                "2026-11-24 03:02:03 [✖]  AWS::EKS::Cluster/ControlPlane: CREATE_FAILED – \"{MARK} {{\\\"__type\\\": \\\"ResourceInUseException\\\", \\\"message\\\": \\\"Cluster already exists\\\"}}\"\n"
            ),
            stderr: "Error: failed to create cluster \"demo\"\n".to_owned(),
        },
        _ => cloud.answer(argv, stdin),
    }
}

/// `CloudFormation` begins, fails, and takes all of it back; eksctl waits for that.
fn rolled_back(cloud: &mut Cloud, argv: &[String], stdin: Option<&[u8]>) -> Reply {
    let mut other = cloud.clone();
    let answer = other.answer(argv, stdin);
    for (name, stack) in other.stacks {
        cloud.stacks.entry(name).or_insert(super::Stack {
            status: "ROLLBACK_COMPLETE".to_owned(),
            reason: Some(format!("{MARK}: LimitExceeded")),
            ..stack
        });
    }
    if argv[0] == "aws" {
        return answer;
    }
    Reply {
        exit: 1,
        stdout: format!("2026-11-24 03:02:03 [✖]  AWS::IAM::Role/ServiceRole: CREATE_FAILED – \"{MARK}\"\n"),
        stderr: "Error: failed to create cluster \"demo\"\n".to_owned(),
    }
}

/// Takes away what a person has to take away before the install can go on.
pub fn mend(cloud: &mut Cloud) {
    let theirs = |tags: &Tags| tags.get("team").map(String::as_str) == Some("theirs");
    if cloud.cluster.as_ref().is_some_and(theirs) {
        cloud.cluster = None;
    }
    cloud
        .stacks
        .retain(|_, stack| stack.status != "ROLLBACK_COMPLETE" && !theirs(&stack.tags));
    cloud.associations.retain(|_, one| !theirs(&one.tags));
    cloud.entries.retain(|_, (_, tags)| !theirs(tags));
    if cloud.bucket.as_ref().is_some_and(|bucket| theirs(&bucket.tags)) {
        cloud.bucket = None;
    }
    if cloud.way.record == Some(super::ingress::their_record()) {
        cloud.way.record = None;
    }
    if cloud.holder().starts_with("bob@") {
        cloud.lease = None;
    }
    if cloud.namespace.as_deref() == Some(THEIRS) {
        cloud.namespace = None;
    }
    if cloud.secret.as_deref() == Some(THEIRS) {
        cloud.secret = None;
        cloud.token = None;
    }
}

/// What becomes of a run in which the command of this key meets the fault; nothing where that can't be.
pub fn wanted(key: &str, fault: Fault) -> Option<Wanted> {
    use Wanted::{Fails, GoesOn};
    let tool = key.split(' ').next().unwrap();
    let (aws, eksctl, lease) = (tool == "aws", tool == "eksctl", key.contains(" lease ("));
    let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
    let by_stack = has(&["create-stack", "eksctl"]);
    let wanted = match fault {
        F::SsoEnded if !aws && !eksctl => return None,
        F::RegistryUnreachable if tool != "helm" => return None,
        F::TakenByOthers
            if has(&[
                "put-",
                "tag",
                "update-",
                "eksctl create nodegroup",
                "eksctl create addon",
                "create-addon",
                "kubectl label",
                "kubectl delete",
                "kubectl apply",
            ]) =>
        {
            return None;
        }
        // kubectl's exit code is what there is to go by: a delete that says that it was made and was not, and the
        // upgrade behind it, are not told apart from a Job that somebody made anew.
        F::GarbageOnce | F::GarbageForEver if has(&["kubectl delete"]) => return None,
        F::TakenHere if !has(&["create-bucket", "create-access-entry"]) => return None,
        F::RolledBack if !by_stack => return None,
        F::Quota
            if has(&["put-", "tag-resource", "update-", "change-resource-record-sets"])
                || !aws && !eksctl && !has(&["helm upgrade", "kubectl create Secret"]) =>
        {
            return None;
        }
        // The end of a run is its end: what was held is told, and ends by itself.
        _ if has(&["(given back)"]) => match fault {
            F::TakenByOthers | F::Quota => return None,
            _ => GoesOn,
        },
        F::Denied | F::Expired if !aws && !eksctl => Fails("CLUSTER_ACCESS_DENIED"),
        F::Denied => Fails("AWS_ACCESS_DENIED"),
        F::Expired => Fails("AWS_KEYS_EXPIRED"),
        F::SsoEnded => Fails("AWS_SSO_EXPIRED"),
        F::ThrottledForEver if !aws && !eksctl => Fails("CLUSTER_UNREACHABLE"),
        F::ThrottledForEver => Fails("AWS_THROTTLED"),
        F::Unreachable if aws || eksctl => Fails("AWS_UNREACHABLE"),
        F::Unreachable => Fails("CLUSTER_UNREACHABLE"),
        F::RegistryUnreachable => Fails("CHART_REGISTRY_UNREACHABLE"),
        F::LostForEver => Fails("TOOL_TIMED_OUT"),
        F::SaysNothing if aws => Fails("AWS_UNEXPECTED"),
        F::SaysNothing => Fails("TOOL_FAILED"),
        F::GarbageForEver if lease => Fails("TOOL_FAILED"),
        F::GarbageForEver if aws => Fails("AWS_UNEXPECTED"),
        F::GarbageForEver => Fails("STEP_NOT_SETTLED"),
        F::RolledBack => Fails("STACK_ROLLED_BACK"),
        F::Quota if eksctl => Fails("AWS_LIMIT_REACHED"),
        F::Quota if !aws => Fails("NAMESPACE_QUOTA_EXCEEDED"),
        F::Quota => Fails("AWS_LIMIT_REACHED"),
        F::TakenByOthers if eksctl => Fails("PLAN_CHANGED"),
        F::TakenByOthers if lease => Fails("INSTALL_HELD"),
        F::TakenByOthers if tool == "kubectl" => Fails("PLAN_CHANGED"),
        F::TakenByOthers if tool == "helm" => Fails("OWNED_BY_OTHERS"),
        F::TakenByOthers if has(&["create-stack"]) => Fails("STACK_FOREIGN"),
        F::TakenByOthers if has(&["change-resource-record-sets"]) => Fails("DNS_RECORD_FOREIGN"),
        F::TakenByOthers if has(&["create-bucket"]) => Fails("S3_BUCKET_TAKEN"),
        F::TakenByOthers if has(&["association"]) => Fails("ASSOCIATION_TAKEN"),
        F::TakenByOthers if has(&["create-access-entry"]) => Fails("ACCESS_ENTRY_TAKEN"),
        F::TakenHere => Fails("PLAN_CHANGED"),
        // The account's one role for spot instances: whoever made it, it is there.
        F::TakenByOthers
        | F::ThrottledOnce
        | F::BrokenOffAfter
        | F::LostAfter
        | F::LostBefore
        | F::KilledAfter
        | F::KilledBefore
        | F::GarbageOnce => GoesOn,
    };
    Some(wanted)
}
