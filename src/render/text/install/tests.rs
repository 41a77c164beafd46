use super::*;
use serde_json::{Value, json};

fn told(report: Value) -> String {
    let report: InstallReport = serde_json::from_value(report).unwrap();
    install(
        &report,
        Style {
            colour: false,
            width: Some(80),
        },
    )
}

fn report(status: &str, more: &Value) -> Value {
    let mut report = json!({
        "status": status, "plan": "Account 1, region us-east-2, cluster demo, namespace ingext.\nPhase 1: …",
        "steps": [
            {"phase": "foundation", "id": "cluster", "action": "create", "detail": "A cluster of Kubernetes 1.34 with 2 nodes.",
             "outcome": "planned", "commands": ["eksctl create cluster -f -"], "documents": ["/state/plan/cluster.yaml"], "usualSeconds": 960, "writes": 0},
            {"phase": "storage", "id": "bucket", "action": "unchanged", "detail": "As it should be.", "outcome": "planned", "usualSeconds": 0, "writes": 0}
        ],
        "blockers": [], "remediation": [], "next": {"action": "x", "reason": "Look at it."}
    });
    for (key, value) in more.as_object().unwrap() {
        report[key] = value.clone();
    }
    report
}

#[test]
fn a_plan_shows_what_will_run_and_the_command_that_approves_it_on_one_line() {
    let command = format!(
        "lakehouse install --root-domain=example.com --approve=sha256:{}",
        "a".repeat(64)
    );
    let text = told(report(
        "needs_input",
        &json!({ "usualSeconds": 960, "planDigest": "sha256:aa", "command": command }),
    ));
    assert_eq!(
        text,
        format!(
            "
Install: a plan that waits for approval
Account 1, region us-east-2, cluster demo, namespace ingext.
foundation
+ create     cluster              A cluster of Kubernetes 1.34 with 2 nodes.
    $ eksctl create cluster -f -
    /state/plan/cluster.yaml
storage
✓ unchanged  bucket               As it should be.
Usually takes 16 min.
Digest of the plan: sha256:aa

Look at it.
  {command}
"
        )
    );
}

#[test]
fn a_failure_tells_what_stands_and_why_it_stopped_and_no_tool_paints_the_screen() {
    let mut failed = report(
        "failed",
        &json!({
            "failedStep": "bucket",
            "failure": {"code": "AWS_ACCESS_DENIED", "purpose": "make the bucket `b`", "message": "AWS refuses it.",
                        "remediation": "Ask for it.", "toolOutput": "denied \u{1b}[31mred"},
            "evidence": {"eks": {"clusterName": "demo", "existed": false, "created": true, "kubeconfigUpdated": true,
                         "addonsInstalled": ["vpc-cni"], "storageClassInstalled": false, "nodeCount": 2, "nodesReady": 2}},
            "command": "lakehouse install --approve=true"
        }),
    );
    failed["steps"][0]["outcome"] = "done".into();
    failed["steps"][0]["durationMs"] = 961_000.into();
    failed["steps"][1]["outcome"] = "failed".into();
    let text = told(failed);
    for part in [
        "Install: failed\n",
        "✓ done       cluster              A cluster of Kubernetes 1.34 with 2 nodes. (17\n                                  min)\n",
        "✗ failed     bucket ",
        "What stands\n  foundation cluster demo (made by this run), 2 of 2 nodes ready, add-ons\n             vpc-cni\n",
        "error: failed to make the bucket `b`: AWS refuses it. (AWS_ACCESS_DENIED)\n  | denied",
        "→ Ask for it.",
        "Look at it.\n  lakehouse install --approve=true\n",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
    assert!(!text.contains('\u{1b}') && !text.contains("$ eksctl"), "{text}");
}

#[test]
fn a_bucket_that_is_not_there_is_not_told_as_one_that_was() {
    let storage = json!({"bucketName": "", "existed": false, "created": false, "publicAccessBlocked": false,
                         "tlsOnly": false, "podIdentityAssociated": true});
    let text = told(report(
        "needs_input",
        &json!({ "evidence": { "storage": storage } }),
    ));
    assert!(
        text.contains("no bucket yet, the lake's role associated"),
        "{text}"
    );
    assert!(!text.contains("was there"), "{text}");
}
