//! What an install says of what it waits for, and when it stops waiting, on a cluster of the rehearsal account. The cluster
//! has a name of its own and is left to the account's next reset.

mod common;

use common::install::{told, words, world};
use common::user::in_toolbox;
use serde_json::Value;

/// A script in the toolbox image, with a kubeconfig of the cluster.
fn in_cluster(world: &common::World, cluster: &str, script: &str) {
    let line = format!(
        "export KUBECONFIG=/tmp/k; aws eks update-kubeconfig --name {cluster} >/dev/null && {script}"
    );
    let output = in_toolbox(world, &[]).args(["sh", "-c", &line]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn failure(report: &Value) -> (&str, &str) {
    let failure = &report["install"]["failure"];
    (
        failure["code"].as_str().unwrap(),
        failure["message"].as_str().unwrap(),
    )
}

#[test]
#[ignore = "needs the rehearsal account"]
fn a_wait_says_why_and_ends_early_where_it_can_not_help() {
    let mut world = world();
    world.unset("LAKEHOUSE_QUIET");
    let cluster = format!("waits-{}", std::process::id());
    let events = world.path("events");
    let events = events.display().to_string();
    let install = |more: &[&str]| {
        let mut line = words(&cluster, &["--exec", "docker", "--approve", "true"]);
        line.extend(more);
        let finished = world.run(&line);
        let stderr = finished.stderr.clone();
        (told(&finished), stderr)
    };
    let ((report, code), stderr) = install(&["--phase", "compute"]);
    assert_eq!(code, Some(0), "{stderr}\n{report:#}");

    // A namespace of somebody's, with a quota that lets no pod in.
    in_cluster(
        &world,
        &cluster,
        "kubectl create namespace ingext && kubectl -n ingext create quota small --hard=pods=0",
    );
    let ((report, code), stderr) = install(&["--phase", "core", "--events", &events]);
    assert_eq!(code, Some(1), "{stderr}\n{report:#}");
    let (code, message) = failure(&report);
    assert_eq!(code, "NAMESPACE_QUOTA_EXCEEDED", "{report:#}");
    assert!(
        message.contains("`ingext/small` does not allow them, and it never fits"),
        "{message}"
    );
    let remedy = report["install"]["remediation"].to_string();
    assert!(
        remedy.contains("kubectl -n ingext describe resourcequota small"),
        "{remedy}"
    );
    assert!(
        stderr.contains(" (NAMESPACE_QUOTA_EXCEEDED)"),
        "a plain line says why: {stderr}"
    );
    let lines = std::fs::read_to_string(&events).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let waits: Vec<Value> = lines.filter(|line| line["event"] == "installWaits").collect();
    assert!(
        waits
            .iter()
            .any(|line| line["code"] == "NAMESPACE_QUOTA_EXCEEDED" && line["usualSeconds"].is_u64()),
        "{waits:#?}"
    );

    // With room for them, the same command goes on.
    in_cluster(&world, &cluster, "kubectl -n ingext delete quota small");
    let ((report, code), stderr) = install(&["--phase", "core"]);
    assert_eq!(code, Some(0), "{stderr}\n{report:#}");
}
