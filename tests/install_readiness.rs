//! Why a workload is not ready, by what the cluster tells of it: each trouble has a code, words for a person without a
//! tool's text in them, and a command that looks or mends.

mod install_support;
mod outside;
mod steps_support;

use install_support::desired;
use lakehouse::clients::kubectl::surroundings::parse_surroundings;
use lakehouse::clients::kubectl::work::parse_work;
use lakehouse::clients::kubectl::{Surroundings, Work};
use lakehouse::gateway::read_only::is_reading;
use lakehouse::report::{Code, Unseen};
use lakehouse::steps::install::readiness::{Seen, Workload, judge, observe, seen};
use lakehouse::steps::install::{Ground, Reason, World};
use serde_json::{Value, json};
use std::time::Duration;
use steps_support::{Script, recorded};

/// What stands in a tool's words and must never reach a message or a remedy.
const SAID: &str = "tool-words";

fn list(items: &[Value]) -> Vec<u8> {
    json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items})
        .to_string()
        .into_bytes()
}

fn work(items: &[Value]) -> Work {
    parse_work(&list(items)).unwrap()
}

fn around(items: &[Value]) -> Surroundings {
    parse_surroundings(&list(items)).unwrap()
}

/// A workload `api` of one pod that is not ready.
fn workload(kind: &str, pods: u32) -> Value {
    json!({
        "kind": kind,
        "metadata": {"name": "api", "namespace": "ingext", "generation": 1},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "api"}}},
        "status": {"observedGeneration": 1, "replicas": pods}
    })
}

fn job(conditions: &Value, failed: u32) -> Value {
    json!({
        "kind": "Job",
        "metadata": {"name": "api", "namespace": "ingext", "generation": 1},
        "spec": {"completions": 1, "selector": {"matchLabels": {"app": "api"}}},
        "status": {"active": 1, "failed": failed, "conditions": conditions}
    })
}

fn pod_of(owner: &str, spec: &Value, status: &Value) -> Value {
    let name = if owner == "ReplicaSet" { "api-6f7c" } else { "api" };
    json!({
        "kind": "Pod",
        "metadata": {"name": "api-0", "namespace": "ingext", "labels": {"app": "api"},
            "ownerReferences": [{"kind": owner, "name": name, "controller": true}]},
        "spec": spec, "status": status
    })
}

fn pod(spec: &Value, status: &Value) -> Value {
    pod_of("StatefulSet", spec, status)
}

/// A pod on a node, of one container in this state.
fn on_node(state: &Value, before: &Value, restarts: u32) -> Value {
    let container = json!({"name": "it", "image": "registry.example.com/it:1", "ready": false, "restartCount": restarts,
        "state": state, "lastState": before});
    let status = json!({"phase": "Pending", "containerStatuses": [container]});
    pod(&json!({"nodeName": "ip-10-0-0-1.internal"}), &status)
}

fn waits_for(reason: &str, message: &str) -> Value {
    let state = json!({"waiting": {"reason": reason, "message": format!("{SAID} {message}")}});
    on_node(&state, &json!({}), 0)
}

fn unscheduled(message: &str) -> Value {
    let condition =
        json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message});
    let claim = json!({"persistentVolumeClaim": {"claimName": "data-api-0"}});
    pod(
        &json!({"volumes": [claim]}),
        &json!({"phase": "Pending", "conditions": [condition]}),
    )
}

fn event(of: (&str, &str), reason: &str, message: &str, at: u32) -> Value {
    json!({"kind": "Event", "type": "Warning", "reason": reason, "message": message, "count": 1,
        "involvedObject": {"kind": of.0, "name": of.1}, "source": {"component": "it"},
        "lastTimestamp": format!("2026-11-24T03:00:{at:02}Z")})
}

const POD: (&str, &str) = ("Pod", "api-0");
const CLAIM: (&str, &str) = ("PersistentVolumeClaim", "data-api-0");
const SET: (&str, &str) = ("StatefulSet", "api");

fn claim(phase: &str, class: &Value) -> Value {
    json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data-api-0", "namespace": "ingext"},
        "spec": {"storageClassName": class}, "status": {"phase": phase}})
}

fn class() -> Value {
    json!({"kind": "StorageClass", "metadata": {"name": "ingext-aws-gp3"}, "provisioner": "ebs.csi.aws.com",
        "volumeBindingMode": "WaitForFirstConsumer"})
}

fn reasons(workload: Workload, items: &[Value], more: &[Value], lasted: u64) -> Vec<Reason> {
    let mut seen = seen(workload, &work(items), Some(&around(more)));
    for trouble in &mut seen.troubles {
        trouble.lasted = Duration::from_secs(lasted);
    }
    judge(&desired(), "ingext", &[seen]).expect("it is not ready").why
}

/// A trouble: its name here, the objects, what explains them, the code, a part of the message and of the remedy, and
/// after how many seconds waiting can't help; none where it always may.
type Case = (
    &'static str,
    Workload,
    Vec<Value>,
    Vec<Value>,
    Code,
    &'static str,
    &'static str,
    Option<u64>,
);

const API: Workload = Workload::stateful_set("api");

#[allow(clippy::too_many_lines, reason = "one row a case")]
fn pods_cases() -> Vec<Case> {
    let set = |pod: Value| vec![workload("StatefulSet", 1), pod];
    let crash = |code: i64, reason: &str, restarts: u32| {
        let waiting = json!({"waiting": {"reason": "CrashLoopBackOff", "message": SAID}});
        let before = json!({"terminated": {"exitCode": code, "reason": reason, "message": SAID}});
        on_node(&waiting, &before, restarts)
    };
    let starting = || waits_for("ContainerCreating", "");
    vec![
        (
            "image not found",
            API,
            set(waits_for(
                "ImagePullBackOff",
                "Back-off pulling image: ErrImagePull: registry.example.com/it:1: not found",
            )),
            vec![],
            Code::ImageNotFound,
            "does not have the image `registry.example.com/it:1`",
            "kubectl -n ingext describe pod api-0",
            Some(75),
        ),
        (
            "image denied, told by the event alone",
            API,
            set(waits_for("ImagePullBackOff", "Back-off pulling image")),
            vec![event(
                POD,
                "Failed",
                "Failed to pull image \"x\": failed to authorize: unexpected status: 403 Forbidden",
                1,
            )],
            Code::ImageDenied,
            "does not give the image",
            "AmazonEC2ContainerRegistryPullOnly",
            Some(75),
        ),
        (
            "registry not reached",
            API,
            set(waits_for(
                "ErrImagePull",
                "failed to do request: Head: dial tcp: lookup x: no such host: not found",
            )),
            vec![],
            Code::ImageNotPulled,
            "is not pulled yet",
            "way out",
            None,
        ),
        (
            "no image's name",
            API,
            set(waits_for("InvalidImageName", "")),
            vec![],
            Code::ImageNotFound,
            "is not an image",
            "--set-values",
            Some(10),
        ),
        (
            "crash loop",
            API,
            set(crash(1, "Error", 4)),
            vec![],
            Code::ContainerCrashes,
            "ends with exit code 1 again and again; it was started again 4 times",
            "kubectl -n ingext logs api-0 -c it --previous",
            Some(300),
        ),
        (
            "crash loop of five",
            API,
            set(crash(1, "Error", 5)),
            vec![],
            Code::ContainerCrashes,
            "5 times",
            "logs",
            Some(0),
        ),
        (
            "out of memory",
            API,
            set(crash(137, "OOMKilled", 3)),
            vec![],
            Code::ContainerOutOfMemory,
            "used more memory than it may",
            "--set-values",
            Some(0),
        ),
        (
            "absent secret",
            API,
            set(waits_for(
                "CreateContainerConfigError",
                "secret \"app-secret\" not found",
            )),
            vec![],
            Code::ContainerNotStarted,
            "the secret `app-secret` that it reads is not there",
            "kubectl -n ingext get secret app-secret",
            Some(60),
        ),
        (
            "a key that a secret lacks",
            API,
            set(waits_for(
                "CreateContainerConfigError",
                "couldn't find key token in Secret ingext/app-secret",
            )),
            vec![],
            Code::ContainerNotStarted,
            "can't be made as it is configured",
            "describe pod api-0",
            Some(300),
        ),
        (
            "a command that is none",
            API,
            set(waits_for("CreateContainerError", "exec: no such file")),
            vec![],
            Code::ContainerNotStarted,
            "can't be started",
            "describe pod api-0",
            Some(300),
        ),
        (
            "absent config map as a volume",
            API,
            set(starting()),
            vec![event(
                POD,
                "FailedMount",
                "MountVolume.SetUp failed for volume \"c\" : configmap \"ingext-lake-config\" not found",
                1,
            )],
            Code::VolumeNotMounted,
            "the configmap `ingext-lake-config` is not there",
            "kubectl -n ingext get configmap ingext-lake-config",
            Some(60),
        ),
        (
            "a mount that fails",
            API,
            set(starting()),
            vec![event(
                POD,
                "FailedMount",
                "tool-words MountVolume.SetUp failed: rpc error",
                1,
            )],
            Code::VolumeNotMounted,
            "can't mount a volume",
            "kubectl -n kube-system get pods -o wide",
            Some(300),
        ),
        (
            "a probe that fails",
            API,
            set(on_node(&json!({"running": {}}), &json!({}), 0)),
            vec![event(POD, "Unhealthy", "Readiness probe failed: tool-words", 1)],
            Code::ContainerNotReady,
            "its readiness probe fails",
            "kubectl -n ingext logs api-0 -c it`",
            None,
        ),
        (
            "put out by its node",
            API,
            set(pod(
                &json!({"nodeName": "n"}),
                &json!({"phase": "Failed", "reason": "Evicted", "message": SAID}),
            )),
            vec![],
            Code::PodEvicted,
            "ran short of memory or disk",
            "--node-type",
            None,
        ),
    ]
}

#[allow(clippy::too_many_lines, reason = "one row a case")]
fn places_cases() -> Vec<Case> {
    let set = |message: &str| vec![workload("StatefulSet", 1), unscheduled(message)];
    let waits = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.";
    vec![
        (
            "no room",
            API,
            set("0/2 nodes are available: 2 Insufficient cpu. tool-words"),
            vec![claim("Bound", &json!("ingext-aws-gp3")), class()],
            Code::PodUnschedulable,
            "has no node: too little CPU is free",
            "eksctl scale nodegroup --cluster demo --name ingext-demo-workers --nodes 3 --nodes-max 3 --region us-east-2 --profile dev",
            Some(300),
        ),
        (
            "a taint",
            API,
            set("0/2 nodes are available: 2 node(s) had untolerated taint {node-pool: pool-merge}."),
            vec![claim("Bound", &json!("ingext-aws-gp3")), class()],
            Code::PodUnschedulable,
            "nodes have the taint `node-pool`",
            "kubectl get nodes -o custom-columns",
            Some(300),
        ),
        (
            "no such claim",
            API,
            set("0/2 nodes are available: persistentvolumeclaim \"data-api-0\" not found."),
            vec![class()],
            Code::VolumeClaimUnbound,
            "the claim `data-api-0`, which is not there",
            "kubectl -n ingext get pvc",
            Some(60),
        ),
        (
            "no such class",
            API,
            set(waits),
            vec![claim("Pending", &json!("ingext-aws-gp3"))],
            Code::VolumeClaimUnbound,
            "the storage class `ingext-aws-gp3`, which is not there",
            "kubectl get storageclasses",
            Some(60),
        ),
        (
            "no default class",
            API,
            set(waits),
            vec![claim("Pending", &Value::Null), class()],
            Code::VolumeClaimUnbound,
            "names no storage class",
            "kubectl get storageclasses",
            Some(60),
        ),
        (
            "the driver may not",
            API,
            set(waits),
            vec![
                claim("Pending", &json!("ingext-aws-gp3")),
                class(),
                event(
                    CLAIM,
                    "ProvisioningFailed",
                    "tool-words UnauthorizedOperation: You are not authorized",
                    1,
                ),
                event(
                    CLAIM,
                    "ExternalProvisioning",
                    "Waiting for a volume to be created",
                    2,
                ),
            ],
            Code::VolumeClaimUnbound,
            "AWS does not let the EBS driver make one",
            "aws eks list-pod-identity-associations --cluster-name demo --namespace kube-system --region us-east-2 --profile dev",
            Some(300),
        ),
        (
            "no driver",
            API,
            set(waits),
            vec![
                claim("Pending", &json!("ingext-aws-gp3")),
                class(),
                event(
                    CLAIM,
                    "ExternalProvisioning",
                    "tool-words Waiting for a volume to be created",
                    2,
                ),
            ],
            Code::VolumeClaimUnbound,
            "waits for its driver",
            "kubectl -n kube-system get pods -l app=ebs-csi-controller",
            Some(300),
        ),
        (
            "a volume that is gone",
            API,
            set(waits),
            vec![claim("Lost", &json!("ingext-aws-gp3")), class()],
            Code::VolumeClaimUnbound,
            "whose volume is gone",
            "aws ec2 describe-snapshots --owner-ids self --region us-east-2 --profile dev",
            Some(10),
        ),
    ]
}

#[allow(clippy::too_many_lines, reason = "one row a case")]
fn controllers_cases() -> Vec<Case> {
    let refused = |message: &str| vec![event(SET, "FailedCreate", &format!("{SAID} {message}"), 1)];
    let none = || vec![workload("StatefulSet", 0)];
    let quota = "pods \"api-0\" is forbidden: exceeded quota: small, requested: requests.cpu=500m, used: requests.cpu=0, limited: requests.cpu";
    let mut still = workload("Deployment", 1);
    still["spec"]["paused"] = json!(true);
    let mut nothing = workload("StatefulSet", 0);
    nothing["spec"]["replicas"] = json!(0);
    let mut held = job(&json!([]), 0);
    held["spec"]["suspend"] = json!(true);
    let mut limited = workload("Deployment", 0);
    limited["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
        "message": format!("{SAID} pods \"x\" is forbidden: maximum cpu usage per Container is 500m, but limit is 1")}]);
    let deployment = Workload::deployment("api");
    let the_job = Workload::job("api");
    vec![
        (
            "not there",
            API,
            vec![],
            vec![],
            Code::WorkloadMissing,
            "is not there",
            "helm rollback RELEASE -n ingext",
            Some(10),
        ),
        (
            "scaled away",
            API,
            vec![nothing],
            vec![],
            Code::WorkloadStopped,
            "scaled to no pods",
            "kubectl -n ingext scale statefulset/api --replicas=1",
            Some(10),
        ),
        (
            "paused",
            deployment,
            vec![still],
            vec![],
            Code::WorkloadStopped,
            "is paused",
            "kubectl -n ingext rollout resume deployment/api",
            Some(10),
        ),
        (
            "suspended",
            the_job,
            vec![held],
            vec![],
            Code::WorkloadStopped,
            "is suspended",
            "kubectl -n ingext patch job/api",
            Some(10),
        ),
        (
            "a quota that never fits",
            API,
            none(),
            refused(&format!("{quota}=100m")),
            Code::NamespaceQuotaExceeded,
            "the ResourceQuota `ingext/small` does not allow them, and it never fits",
            "kubectl -n ingext describe resourcequota small",
            Some(10),
        ),
        (
            "a quota that is used up",
            API,
            none(),
            refused(&format!("{quota}=600m")),
            Code::NamespaceQuotaExceeded,
            "the rest of the namespace uses it up",
            "kubectl -n ingext edit resourcequota small",
            Some(60),
        ),
        (
            "a limit range",
            deployment,
            vec![limited],
            vec![],
            Code::PodRefused,
            "a LimitRange of the namespace `ingext`",
            "kubectl -n ingext describe limitranges",
            Some(10),
        ),
        (
            "a webhook that refuses",
            API,
            none(),
            refused("admission webhook \"deny.example.com\" denied the request: no"),
            Code::PodRefused,
            "the admission webhook `deny.example.com` refuses them",
            "kubectl get validatingwebhookconfigurations",
            Some(10),
        ),
        (
            "a webhook that is silent",
            API,
            none(),
            refused("failed calling webhook \"w.example.com\": Post"),
            Code::PodRefused,
            "does not answer",
            "kubectl get validatingwebhookconfigurations",
            Some(300),
        ),
        (
            "no service account",
            API,
            none(),
            refused(
                "pods \"x\" is forbidden: error looking up service account ingext/ingext-sa: serviceaccount \"ingext-sa\" not found",
            ),
            Code::PodRefused,
            "their service account `ingext-sa` is not there",
            "kubectl -n ingext get serviceaccounts",
            Some(60),
        ),
        (
            "pod security",
            API,
            none(),
            refused("violates PodSecurity \"restricted:latest\""),
            Code::PodRefused,
            "the pod security level",
            "kubectl get namespace ingext --show-labels",
            Some(10),
        ),
        (
            "a job that failed",
            the_job,
            vec![job(
                &json!([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": SAID}]),
                4,
            )],
            vec![],
            Code::JobFailed,
            "failed for good: its pods failed as often as they may",
            "kubectl -n ingext delete job/api",
            Some(0),
        ),
        (
            "a job that is late",
            the_job,
            vec![job(
                &json!([{"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": SAID}]),
                1,
            )],
            vec![],
            Code::JobFailed,
            "did not end in the time",
            "kubectl -n ingext logs job/api",
            Some(0),
        ),
        (
            "a job that tries again",
            the_job,
            vec![job(&json!([]), 2)],
            vec![],
            Code::JobFailed,
            "2 pods of the Job `ingext/api` have failed, and it tries again",
            "kubectl -n ingext logs job/api",
            None,
        ),
        (
            "no endpoints",
            Workload::service("api"),
            vec![],
            vec![],
            Code::ServiceWithoutEndpoints,
            "reaches no pod that is ready",
            "kubectl -n ingext describe service api",
            None,
        ),
    ]
}

#[test]
fn each_trouble_has_its_code_words_of_our_own_and_a_command_and_is_hopeless_only_in_time() {
    let cases = pods_cases()
        .into_iter()
        .chain(places_cases())
        .chain(controllers_cases());
    let mut codes = Vec::new();
    for (name, workload, items, more, code, message, remedy, hopeless) in cases {
        let found = reasons(workload, &items, &more, 0);
        let reason = found.first().unwrap_or_else(|| panic!("{name}: nothing is told"));
        let stop = &reason.stop;
        assert_eq!(stop.code, code, "{name}: {stop:?}");
        assert!(stop.message.contains(message), "{name}: {}", stop.message);
        assert!(stop.remedy.contains(remedy), "{name}: {}", stop.remedy);
        assert!(
            stop.remedy.contains("`kubectl ") || stop.remedy.contains("`helm "),
            "{name}: {}",
            stop.remedy
        );
        assert!(
            stop.remedy.ends_with("Then run the same command (kubectl with a kubeconfig from `aws eks update-kubeconfig --name demo --region us-east-2 --profile dev`)."),
            "{name}: {}",
            stop.remedy
        );
        for text in [&stop.message, &stop.remedy] {
            assert!(!text.contains(SAID), "{name}: a tool's words: {text}");
            assert!(!text.contains('\n') && text.ends_with('.'), "{name}: {text}");
        }
        let told = serde_json::to_string(&items).unwrap() + &serde_json::to_string(&more).unwrap();
        assert!(
            !told.contains(SAID) || stop.said.is_some(),
            "{name}: the tool's words are lost"
        );
        let hopeless_at = |seconds| reasons(workload, &items, &more, seconds)[0].hopeless;
        match hopeless {
            Some(after) => {
                assert!(hopeless_at(after), "{name}: still hoped for");
                assert!(
                    after == 0 || !hopeless_at(after - 1),
                    "{name}: given up too early"
                );
            }
            None => assert!(!hopeless_at(1_000_000), "{name}: given up"),
        }
        codes.push(code);
    }
    // Whoever adds a code of the kind adds a case.
    let all = Code::ALL
        .iter()
        .skip_while(|code| **code != Code::WorkloadMissing);
    for code in all.take_while(|code| **code != Code::KubeconfigNotWritten) {
        assert!(codes.contains(code), "{} has no case", code.name());
    }
}

/// What the real kubectl said of the same troubles on a cluster of the rehearsal, whose scheduler and controllers are the
/// real ones.
#[test]
fn each_trouble_is_known_by_the_words_of_a_real_cluster() {
    let (set, deployment, job) = (API, Workload::deployment("api"), Workload::job("api"));
    for (case, workload, code, message) in [
        (
            "image-pull-true",
            set,
            Code::ImageNotFound,
            "does not have the image `registry.rehearsal.test/it:1`",
        ),
        (
            "image-pull-denied",
            set,
            Code::ImageDenied,
            "does not give the image `registry.rehearsal.test/it:1`",
        ),
        (
            "image-pull-timeout",
            set,
            Code::ImageNotPulled,
            "did not answer the node",
        ),
        (
            "crash-loop",
            set,
            Code::ContainerCrashes,
            "exit code 1 again and again; it was started again 4 times",
        ),
        (
            "out-of-memory",
            set,
            Code::ContainerOutOfMemory,
            "more memory than it may",
        ),
        ("mount", set, Code::VolumeNotMounted, "can't mount a volume"),
        ("no-room", set, Code::PodUnschedulable, "too little CPU is free."),
        (
            "no-such-node",
            set,
            Code::PodUnschedulable,
            "its node selector or affinity fits none.",
        ),
        (
            "no-such-class",
            set,
            Code::VolumeClaimUnbound,
            "the storage class `nobodys`, which is not there",
        ),
        (
            "quota",
            set,
            Code::NamespaceQuotaExceeded,
            "`ingext/small` does not allow them, and it never fits",
        ),
        ("limit-range", deployment, Code::PodRefused, "a LimitRange"),
        (
            "job-failed",
            job,
            Code::JobFailed,
            "its pods failed as often as they may",
        ),
    ] {
        let read = |operation: &str| recorded(&format!("kubectl/{operation}/{case}")).stdout;
        let (work, around) = (
            parse_work(&read("get-work")).unwrap(),
            parse_surroundings(&read("get-surroundings")).unwrap(),
        );
        let seen = seen(workload, &work, Some(&around));
        let why = judge(&desired(), "ingext", &[seen]).expect(case).why;
        assert_eq!(why.len(), 1, "{case}: {why:?}");
        assert_eq!(why[0].stop.code, code, "{case}: {why:?}");
        assert!(
            why[0].stop.message.contains(message),
            "{case}: {}",
            why[0].stop.message
        );
    }
    let ready = parse_work(&recorded("kubectl/get-work/ready").stdout).unwrap();
    assert!(seen(API, &ready, None).is_ready);
    assert_eq!(
        parse_work(&recorded("kubectl/get-work/none").stdout).unwrap(),
        Work::default()
    );
    // The questions were those that are asked today.
    for (operation, words) in [("get-work", WORK), ("get-surroundings", AROUND)] {
        let asked = recorded(&format!("kubectl/{operation}/crash-loop"))
            .argv
            .join(" ");
        assert!(
            asked.starts_with(&format!("kubectl {words} -n crash-loop -o json --kubeconfig")),
            "{asked}"
        );
    }
}

#[test]
fn what_is_ready_is_by_its_controllers_word_and_in_its_newest_form() {
    let set = |status: Value| {
        let mut set = workload("StatefulSet", 1);
        set["metadata"]["generation"] = json!(2);
        set["status"] = status;
        seen(API, &work(&[set]), None)
    };
    let good = json!({"observedGeneration": 2, "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1,
        "currentRevision": "api-2", "updateRevision": "api-2"});
    assert!(set(good.clone()).is_ready);
    for (field, value) in [
        ("observedGeneration", json!(1)),
        ("readyReplicas", json!(0)),
        ("currentRevision", json!("api-1")),
    ] {
        let mut late = good.clone();
        late[field] = value;
        assert!(!set(late).is_ready, "{field}");
    }
    let leaving = |kind: &str| {
        let mut it = workload(kind, 1);
        it["status"] = json!({"observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1, "availableReplicas": 1});
        let stays = work(&[it.clone()]);
        it["metadata"]["deletionTimestamp"] = json!("2026-11-24T03:00:00Z");
        (stays, work(&[it]))
    };
    for (kind, of) in [("StatefulSet", API), ("Deployment", Workload::deployment("api"))] {
        let (stays, leaves) = leaving(kind);
        assert!(
            seen(of, &stays, None).is_ready && !seen(of, &leaves, None).is_ready,
            "{kind}"
        );
    }
    let complete = json!([{"type": "Complete", "status": "True"}]);
    let ended = seen(Workload::job("api"), &work(&[job(&complete, 3)]), None);
    assert!(
        ended.is_ready && ended.troubles.is_empty(),
        "it failed before it succeeded"
    );
    // Its pods alone say less than its controller.
    let mut done = job(&json!([]), 0);
    done["status"]["succeeded"] = json!(1);
    assert!(!seen(Workload::job("api"), &work(&[done]), None).is_ready);
    assert!(!seen(API, &Work::default(), None).is_ready);
}

#[test]
fn pods_of_others_and_pods_that_have_done_their_work_are_no_trouble() {
    let failing = || {
        json!({"phase": "Pending", "containerStatuses": [{"name": "it", "image": "it", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "x: not found"}}}]})
    };
    let node = json!({"nodeName": "n"});
    let mut others = pod(&node, &failing());
    others["metadata"]["labels"] = json!({"app": "other"});
    let crons = pod_of("Job", &node, &failing());
    let mut leaving = pod(&node, &failing());
    leaving["metadata"]["deletionTimestamp"] = json!("2026-11-24T03:00:00Z");
    let finished = pod_of("Job", &node, &json!({"phase": "Succeeded"}));
    let mut alone = pod(&node, &failing());
    alone["metadata"]["ownerReferences"] = json!([]);
    for (name, it) in [
        ("another's", others),
        ("a Job's of the same labels", crons),
        ("one that goes", leaving),
        ("one that has ended", finished),
        ("nobody's", alone),
    ] {
        assert!(
            reasons(API, &[workload("StatefulSet", 1), it], &[], 0).is_empty(),
            "{name}"
        );
    }
    // A Deployment's pods are its ReplicaSets'; several with one trouble are one reason.
    let of = |at: usize| {
        let mut pod = pod_of("ReplicaSet", &node, &failing());
        pod["metadata"]["name"] = json!(format!("api-6f7c-{at}"));
        pod
    };
    let found = reasons(
        Workload::deployment("api"),
        &[workload("Deployment", 3), of(1), of(2), of(3)],
        &[],
        0,
    );
    assert_eq!(found.len(), 1);
    assert!(
        found[0]
            .stop
            .message
            .starts_with("The pod `ingext/api-6f7c-1` (and 2 more): "),
        "{}",
        found[0].stop.message
    );
}

#[test]
fn a_refusal_is_told_only_while_pods_are_missing_and_none_was_made_since() {
    let refused = |at| {
        event(
            SET,
            "FailedCreate",
            "pods \"api-0\" is forbidden: maximum cpu usage per Container is 1",
            at,
        )
    };
    let made = |what: &str, at| {
        event(
            SET,
            "SuccessfulCreate",
            &format!("create {what} in StatefulSet api success"),
            at,
        )
    };
    let told = |pods, more: &[Value]| !reasons(API, &[workload("StatefulSet", pods)], more, 0).is_empty();
    assert!(told(0, &[refused(5)]));
    assert!(told(0, &[made("Pod api-0", 4), refused(5)]));
    assert!(
        told(0, &[refused(5), made("Claim data-api-0 Pod api-0", 5)]),
        "a claim is no pod"
    );
    assert!(!told(0, &[refused(5), made("Pod api-0", 5)]), "made since");
    assert!(!told(1, &[refused(5)]), "it has its pod");
}

#[test]
fn the_scheduler_and_karpenter_are_both_heard() {
    let mut karpenter = event(
        POD,
        "FailedScheduling",
        "Failed to schedule pod, incompatible with nodepool \"pool-merge\"",
        1,
    );
    karpenter["source"]["component"] = json!("karpenter");
    let more = [claim("Bound", &json!("ingext-aws-gp3")), class(), karpenter];
    let items = [
        workload("StatefulSet", 1),
        unscheduled("0/2 nodes are available: 2 Insufficient memory."),
    ];
    let found = reasons(API, &items, &more, 0);
    assert_eq!(
        found[0].stop.said.as_deref(),
        Some(
            "0/2 nodes are available: 2 Insufficient memory.\nkarpenter: Failed to schedule pod, incompatible with nodepool \"pool-merge\""
        )
    );
    assert!(!found[0].stop.message.contains("nodepool"));
}

#[test]
fn the_gravest_reason_comes_first_and_hopeless_ones_before_all() {
    let pending = unscheduled("0/2 nodes are available: 2 Insufficient cpu.");
    let bound = [claim("Bound", &json!("ingext-aws-gp3")), class()];
    let see = |lasted: u64| -> Vec<Seen> {
        let mut all = vec![
            seen(
                API,
                &work(&[workload("StatefulSet", 1), pending.clone()]),
                Some(&around(&bound)),
            ),
            seen(Workload::job("api"), &work(&[job(&json!([]), 1)]), None),
            seen(Workload::service("api"), &Work::default(), None),
        ];
        all[0].troubles[0].lasted = Duration::from_secs(lasted);
        all
    };
    let codes = |seen: &[Seen]| -> Vec<Code> {
        let why = judge(&desired(), "ingext", seen).unwrap().why;
        why.iter().map(|reason| reason.stop.code).collect()
    };
    let mut seen = see(0);
    assert_eq!(
        codes(&seen),
        [
            Code::PodUnschedulable,
            Code::JobFailed,
            Code::ServiceWithoutEndpoints
        ]
    );
    seen.reverse();
    assert_eq!(codes(&seen)[0], Code::PodUnschedulable, "whatever the order");
    let what = judge(&desired(), "ingext", &seen).unwrap().what;
    assert_eq!(what, "the Service `ingext/api`: 0 of 1 ready, and 2 more");
    assert!(judge(&desired(), "ingext", &see(300)).unwrap().why[0].hopeless);
}

const CLUSTER: &str = r#"{"cluster":{"name":"demo","status":"ACTIVE","version":"1.34","endpoint":"https://cluster.invalid","certificateAuthority":{"data":"QUJD"},"health":{"issues":[]},"resourcesVpcConfig":{"endpointPublicAccess":true,"publicAccessCidrs":["0.0.0.0/0"]}}}"#;
const TOKEN: &str = r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","spec":{},"status":{"expirationTimestamp":"2099-01-01T00:00:00Z","token":"k8s-aws-v1.dGhlLXRva2VuLW9mLXRoZS10ZXN0"}}"#;

/// Looks at `api` once at each of these seconds, with one ground; what was asked of kubectl.
fn look_at(script: &Script, seconds: &[u64]) -> (Vec<Seen>, Vec<String>) {
    let (desired, ground) = (desired(), Ground::default());
    let world = World {
        gateway: script,
        desired: &desired,
        ground: &ground,
        listener: &Unseen,
        outside: &outside::Nowhere,
        now: || "2026-11-24T00:00:00Z".parse().unwrap(),
    };
    let mut last = Vec::new();
    for second in seconds {
        ground.looks.tick(Duration::from_secs(*second));
        last = observe(&world, "ingext", &[API]).unwrap();
    }
    let given = script.given();
    assert!(given.iter().all(|spec| is_reading(spec.tool, &spec.args)));
    let asked = script.asked();
    let kubectl = asked.iter().filter_map(|line| line.strip_prefix("kubectl "));
    let words = |line: &str| line.split(" -n ").next().unwrap_or_default().to_owned();
    (last, kubectl.map(words).collect())
}

fn cluster() -> Script {
    Script::default()
        .on("aws eks describe-cluster", 0, CLUSTER, "")
        .on("aws eks get-token", 0, TOKEN, "")
}

const WORK: &str = "get pods,deployments.apps,statefulsets.apps,jobs.batch,endpointslices.discovery.k8s.io";
const AROUND: &str = "get events,persistentvolumeclaims,storageclasses.storage.k8s.io";

#[test]
fn a_look_is_one_question_and_more_is_asked_only_of_what_is_late() {
    let text = |items: &[Value]| String::from_utf8(list(items)).unwrap();
    let crashing = {
        let waiting = json!({"waiting": {"reason": "CrashLoopBackOff"}});
        let before = json!({"terminated": {"exitCode": 1, "reason": "Error"}});
        [workload("StatefulSet", 1), on_node(&waiting, &before, 4)]
    };
    // The container has the token in its environment, and prints it.
    let lines = format!("TOKEN={}\nthe last line\n", "0123456789abcdef".repeat(4));
    let script = cluster()
        .on("kubectl get pods", 0, &text(&crashing), "")
        .on("kubectl get events", 0, &text(&[]), "")
        .on("kubectl logs api-0 -c it", 0, &lines, "");
    let (seen, asked) = look_at(&script, &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
    let count = |what: &str| asked.iter().filter(|line| line.starts_with(what)).count();
    assert_eq!(count(WORK), 9, "{asked:?}");
    assert_eq!(count(AROUND), 2, "at 3 and at 8: {asked:?}");
    assert_eq!(count("logs"), 1, "one run of a container has one log: {asked:?}");
    assert_eq!(asked.len(), 12);
    assert_eq!(seen[0].troubles[0].said, "TOKEN=[redacted]\nthe last line");
    assert_eq!(seen[0].troubles[0].lasted.as_secs(), 8);
}

#[test]
fn what_explains_and_can_not_be_asked_hides_nothing_of_how_it_stands() {
    let items = [
        workload("StatefulSet", 1),
        waits_for("ErrImagePull", "x: not found"),
    ];
    let script = cluster()
        .on(
            "kubectl get pods",
            0,
            &String::from_utf8(list(&items)).unwrap(),
            "",
        )
        .on(
            "kubectl get events",
            1,
            "",
            "Error from server (Forbidden): events is forbidden",
        );
    let (seen, _) = look_at(&script, &[0, 5]);
    assert!(!seen[0].is_ready);
    assert_eq!(seen[0].troubles[0].why.code(), Code::ImageNotFound);
}

#[test]
fn a_look_that_is_refused_or_cut_short_is_no_answer() {
    let (desired, ground) = (desired(), Ground::default());
    for (exit, stdout, stderr) in [
        (1, "", "Error from server (Forbidden): pods is forbidden"),
        (
            0,
            r#"{"kind":"List","metadata":{"continue":"more"},"items":[]}"#,
            "",
        ),
        (
            0,
            r#"{"kind":"List","metadata":{},"items":[{"kind":"Secret","metadata":{"name":"x"}}]}"#,
            "",
        ),
        (0, "", ""),
    ] {
        let script = cluster().on("kubectl get pods", exit, stdout, stderr);
        let world = World {
            gateway: &script,
            desired: &desired,
            ground: &ground,
            listener: &Unseen,
            outside: &outside::Nowhere,
            now: || "2026-11-24T00:00:00Z".parse().unwrap(),
        };
        assert!(observe(&world, "ingext", &[API]).is_err(), "{stdout}{stderr}");
    }
}
