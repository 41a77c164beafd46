//! A Helm release, looked at: what is asked of helm and the cluster, and that what can't be seen is never "as it should be".

mod install_support;
mod outside;
mod steps_support;

use install_support::{code, desired, ours};
use lakehouse::clients::helm_charts::USER_VALUES;
use lakehouse::clients::helm_words::REGISTRY;
use lakehouse::clients::{CallError, ErrorClass};
use lakehouse::gateway::read_only::is_reading;
use lakehouse::model::CREATED_BY;
use lakehouse::report::{Code, StepAction, Unseen};
use lakehouse::steps::install::release::{Wanted, decide, observe};
use lakehouse::steps::install::set_values::{self, KeptValues};
use lakehouse::steps::install::{Decision, Desired, Ground, Step, Verdict, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use steps_support::Script;

const CLUSTER: &str = r#"{"cluster":{"name":"demo","status":"ACTIVE","version":"1.34","endpoint":"https://cluster.invalid","certificateAuthority":{"data":"QUJD"},"health":{"issues":[]},"resourcesVpcConfig":{"endpointPublicAccess":true,"publicAccessCidrs":["0.0.0.0/0"]}}}"#;
const TOKEN: &str = r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","spec":{},"status":{"expirationTimestamp":"2099-01-01T00:00:00Z","token":"k8s-aws-v1.dGhlLXRva2VuLW9mLXRoZS10ZXN0"}}"#;
const NO_CLUSTER: &str = "An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: demo.";
const LABELS: &str =
    "kubectl get secrets -n kube-system -l owner=helm,name=karpenter -o jsonpath={\"releases";
const RECORDS: &str =
    "kubectl get secrets -n kube-system -l owner=helm,name=karpenter -o jsonpath={\"records";
const LIVE: &str = "kubectl get -f -";

fn wanted() -> Wanted {
    Wanted {
        name: "karpenter",
        namespace: "kube-system".to_owned(),
        chart: "karpenter",
        values: json!({"replicas": 2}),
    }
}

fn deployment(replicas: u64) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "karpenter", "namespace": "kube-system"},
        "spec": {"replicas": replicas}
    })
}

fn metadata(version: &str, revision: u64, status: &str) -> String {
    json!({
        "name": "karpenter", "namespace": "kube-system", "chart": "karpenter", "version": version,
        "revision": revision, "status": status, "deployedAt": "2026-11-23T23:50:00Z"
    })
    .to_string()
}

/// The release of `mark`, as wanted, with its one object as it lives.
fn standing(mark: &str, live: &[Value]) -> Script {
    let labels = json!({"owner": "helm", "name": "karpenter", CREATED_BY: mark});
    let records = format!("releases\nsh.helm.release.v1.karpenter.v1\t{labels}\nend\n");
    let list = json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": live}).to_string();
    Script::default()
        .on("aws eks describe-cluster", 0, CLUSTER, "")
        .on("aws eks get-token", 0, TOKEN, "")
        .on(LABELS, 0, &records, "")
        .on("helm get metadata", 0, &metadata("1.8.3", 1, "deployed"), "")
        .on("helm get values", 0, r#"{"replicas":2}"#, "")
        .on("helm get manifest", 0, &format!("---\n{}\n", deployment(2)), "")
        .on(LIVE, 0, &list, "")
}

fn look_with(script: &Script, desired: &Desired, ground: &Ground) -> Result<Decision, CallError> {
    let observed = observe(
        &World {
            gateway: script,
            desired,
            ground,
            outside: &outside::Nowhere,
            listener: &Unseen,
            now: || "2026-11-24T00:00:00Z".parse().unwrap(),
        },
        &wanted(),
    )?;
    for spec in script.given() {
        assert!(is_reading(spec.tool, &spec.args), "{:?}", spec.argv());
    }
    Ok(decide(desired, &wanted(), &observed))
}

fn look(script: &Script) -> Result<Decision, CallError> {
    look_with(script, &desired(), &Ground::default())
}

fn asked(script: &Script, begin: &str) -> usize {
    let all = script.asked();
    all.iter().filter(|line| line.starts_with(begin)).count()
}

#[test]
fn a_release_as_wanted_is_settled_only_once_its_objects_were_seen() {
    let as_made = look(&standing(&ours(), &[deployment(2)])).unwrap();
    assert!(matches!(as_made.verdict, Verdict::Settled), "{as_made:?}");
    for (live, what) in [
        (
            vec![deployment(0)],
            "Deployment/karpenter was changed at spec.replicas",
        ),
        (Vec::new(), "Deployment/karpenter is gone"),
    ] {
        let decision = look(&standing(&ours(), &live)).unwrap();
        assert_eq!(decision.action, StepAction::Update);
        assert_eq!(decision.detail, format!("release `karpenter`: {what}"));
        assert_eq!(decision.desired, as_made.desired, "the same plan");
        assert!(decision.upgrade.is_none(), "there is nothing to go back to");
    }
    for (question, said) in [
        (
            LIVE,
            "Error from server (Forbidden): deployments.apps is forbidden",
        ),
        ("helm get manifest", "Error: Kubernetes cluster unreachable"),
    ] {
        let unknown = standing(&ours(), &[]).on(question, 1, "", said);
        assert!(look(&unknown).is_err(), "{question}");
    }
    let cut = standing(&ours(), &[]).on(LIVE, 0, r#"{"kind":"List","items":[{"#, "");
    assert!(look(&cut).is_err());
}

#[test]
fn a_release_of_which_something_is_being_deleted_is_not_settled_and_not_written() {
    let mut leaving = deployment(2);
    leaving["metadata"]["deletionTimestamp"] = json!("2026-11-23T23:59:00Z");
    leaving["metadata"]["finalizers"] = json!(["foregroundDeletion"]);
    let decision = look(&standing(&ours(), &[leaving])).unwrap();
    assert_eq!(code(&decision), Code::OperationInProgress);
    assert!(
        format!("{decision:?}")
            .contains("Deployment/karpenter is being deleted, and its finalizer foregroundDeletion holds it"),
        "{decision:?}"
    );
}

#[test]
fn the_objects_of_somebody_elses_release_are_not_looked_at() {
    let script = standing("lh-0000000000000000", &[]);
    let decision = look(&script).unwrap();
    assert!(decision.adopted && matches!(decision.verdict, Verdict::Settled));
    assert_eq!(asked(&script, "helm get manifest") + asked(&script, LIVE), 0);
}

#[test]
fn what_this_run_itself_wrote_is_not_held_against_its_manifest() {
    let (ground, desired) = (Ground::default(), desired());
    let older = standing(&ours(), &[])
        .on("helm get metadata", 0, &metadata("1.8.2", 1, "deployed"), "")
        .on("helm show crds", 0, "\n", "");
    let decision = look_with(&older, &desired, &ground).unwrap();
    assert_eq!(decision.action, StepAction::Update);
    assert_eq!(asked(&older, "helm get manifest"), 0, "it is written anyhow");
    let newer = standing(&ours(), &[]).on("helm get metadata", 0, &metadata("1.8.3", 2, "deployed"), "");
    let decision = look_with(&newer, &desired, &ground).unwrap();
    assert!(matches!(decision.verdict, Verdict::Settled));
    assert_eq!(
        asked(&newer, LIVE),
        0,
        "defaults and controllers are still at work on it"
    );
}

/// The revision before, deployed, and the attempt, cut short.
const HISTORY: &str = r#"[
    {"revision":3,"updated":"2026-11-24T02:00:00Z","status":"deployed","chart":"karpenter-1.8.2","app_version":"","description":"Install complete"},
    {"revision":4,"updated":"2026-11-24T03:00:00Z","status":"failed","chart":"karpenter-1.8.3","app_version":"","description":"Upgrade failed"}]"#;

#[test]
fn what_failed_before_is_made_again_and_can_go_back_to_what_was_deployed_then() {
    let script = standing(&ours(), &[])
        .on("helm get metadata", 0, &metadata("1.8.3", 4, "failed"), "")
        .on("helm history", 0, HISTORY, "");
    let decision = look(&script).unwrap();
    assert_eq!(decision.action, StepAction::Update);
    let upgrade = decision.upgrade.unwrap();
    assert_eq!((upgrade.from.as_str(), upgrade.revision), ("1.8.2", 3));
    assert_eq!(
        upgrade.newest,
        Some(4),
        "by it is told whether helm began once more"
    );
    assert!(
        decision.detail.contains("`helm rollback karpenter 3`"),
        "{}",
        decision.detail
    );
}

#[test]
fn a_release_in_the_middle_of_a_change_is_looked_at_with_its_holder() {
    let pending = |lease: (i32, &str, &str)| {
        let labels = json!({"status": "pending-install", "modifiedAt": "1795477800"});
        let records = format!("records\nsh.helm.release.v1.karpenter.v1\tu-1\t7\t{labels}\nend\n");
        standing(&ours(), &[])
            .on(
                "helm get metadata",
                0,
                &metadata("1.8.3", 1, "pending-install"),
                "",
            )
            .on(RECORDS, 0, &records, "")
            .on("helm status", 0, r#"{"name":"karpenter","hooks":[]}"#, "")
            .on("helm history", 0, HISTORY, "")
            .on("kubectl get lease", lease.0, lease.1, lease.2)
    };
    let absent = "Error from server (NotFound): leases.coordination.k8s.io \"lakehouse-install\" not found";
    let decision = look(&pending((1, "", absent))).unwrap();
    assert_eq!(decision.action, StepAction::Update);
    assert_eq!(decision.writes().len(), 2, "{decision:?}");
    let held = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "lakehouse-install", "namespace": "kube-system", "resourceVersion": "1", "uid": "u"},
        "spec": {"holderIdentity": "bob@000000000000/7/1/r1", "leaseDurationSeconds": 1800, "leaseTransitions": 0,
            "acquireTime": "2026-11-23T23:40:00.000000Z", "renewTime": "2026-11-23T23:55:00.000000Z"}
    });
    let decision = look(&pending((0, &held.to_string(), ""))).unwrap();
    assert_eq!(code(&decision), Code::ReleasePending);
    assert!(
        format!("{decision:?}").contains("process 7 of the user `bob`"),
        "{decision:?}"
    );
    let denied = "Error from server (Forbidden): leases.coordination.k8s.io is forbidden";
    assert!(look(&pending((1, "", denied))).is_err(), "unknown is not nobody");
}

#[test]
fn the_users_values_are_checked_by_the_chart_before_anything_is_written() {
    let mut desired = desired();
    let values = json!({"logLevel": "hush"});
    desired.set_values = BTreeMap::from([("karpenter".to_owned(), values)]);
    let on = |exit: i32, said: &str| {
        Script::default()
            .on("aws eks describe-cluster", 254, "", NO_CLUSTER)
            .on("helm template karpenter", exit, "rendered", said)
    };
    let good = on(0, "");
    let ground = Ground::default();
    for _ in 0..2 {
        let decision = look_with(&good, &desired, &ground).unwrap();
        assert_eq!(decision.action, StepAction::Create);
    }
    assert_eq!(asked(&good, "helm template"), 1, "once a run");
    let given = good.given();
    let template = given.iter().find(|spec| spec.args[0] == "template").unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(template.stdin.as_ref().unwrap()).unwrap(),
        json!({"replicas": 2, "logLevel": "hush"})
    );
    assert_eq!(template.secrets, ["hush"]);
    for (said, class, code) in [
        (
            "Error: values don't meet the specifications of the schema(s) in the following chart(s):\nkarpenter:\n- logLevel: Invalid type",
            ErrorClass::Invalid,
            USER_VALUES,
        ),
        (
            "Error: execution error at (karpenter/templates/a.yaml:3:4): no",
            ErrorClass::Invalid,
            USER_VALUES,
        ),
        (
            "Error: failed to perform \"FetchReference\" on source: GET \"https://r.invalid/v2/x\": response status code 401: unauthorized",
            ErrorClass::Denied,
            REGISTRY,
        ),
        (
            "Error: failed to perform \"FetchReference\" on source: r.invalid/karpenter:1.8.3: not found",
            ErrorClass::Absent,
            REGISTRY,
        ),
        (
            "Error: manifest does not contain minimum number of descriptors (2), descriptors found: 0",
            ErrorClass::BadOutput,
            REGISTRY,
        ),
    ] {
        let error = look_with(&on(1, said), &desired, &Ground::default()).unwrap_err();
        assert_eq!(
            (error.class, error.code.as_deref()),
            (class, Some(code)),
            "{said}"
        );
    }
    let others = on(1, "Error: no");
    let decision = look_with(&others, &install_support::desired(), &Ground::default()).unwrap();
    assert_eq!(
        decision.action,
        StepAction::Create,
        "nobody's values, no question"
    );
}

#[test]
fn kept_values_that_can_not_be_read_are_never_taken_for_none() {
    let secret = |data: &Value| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "data": data,
            "metadata": {"name": "lakehouse-values-ingext", "namespace": "kube-system", "labels": {CREATED_BY: ours()}}
        })
        .to_string()
    };
    let look = |exit: i32, stdout: &str, stderr: &str, known: bool| {
        let (desired, ground) = (desired(), Ground::default());
        let script = Script::default()
            .on("aws eks describe-cluster", 0, CLUSTER, "")
            .on("aws eks get-token", 0, TOKEN, "")
            .on(
                "kubectl get secrets lakehouse-values-ingext",
                exit,
                stdout,
                stderr,
            );
        let world = World {
            gateway: &script,
            desired: &desired,
            ground: &ground,
            outside: &outside::Nowhere,
            listener: &Unseen,
            now: || "2026-11-24T00:00:00Z".parse().unwrap(),
        };
        let kept = set_values::kept(&world);
        (kept, KeptValues { known }.look(&world).map(|look| look.decision))
    };
    let good = secret(&json!({"values.json": "eyJrYXJwZW50ZXIiOnsiYSI6MX19"}));
    let (kept, _) = look(0, &good, "", true);
    assert_eq!(kept.unwrap().unwrap().by_release()["karpenter"], json!({"a": 1}));
    let (_, late) = look(0, &good, "", false);
    assert!(late.is_err(), "the other steps were planned without it");
    let (kept, broken) = look(0, &secret(&json!({"values.json": "%"})), "", false);
    assert!(kept.is_err());
    assert_eq!(code(&broken.unwrap()), Code::SetValuesUnreadable);
    let (kept, denied) = look(
        1,
        "",
        "Error from server (Forbidden): secrets is forbidden",
        false,
    );
    assert!(kept.is_err() && denied.is_err());
    let none = "Error from server (NotFound): secrets \"lakehouse-values-ingext\" not found";
    let (kept, absent) = look(1, "", none, false);
    assert!(kept.unwrap().is_none());
    assert!(matches!(absent.unwrap().verdict, Verdict::Settled));
}
