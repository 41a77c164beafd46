//! The install on the rehearsal account, by the real tools: planned, approved, carried out, run again, and killed at
//! its writes. These tests bring the account back to its seed: they run alone (`scripts/test`).

mod common;

use common::World;
use common::install::{
    Killer, Written, account, cluster, counted, local, reset, same, told, words, world, writes,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::OnceLock;

const CLUSTER: &str = "chain";
/// The phases of this version.
const PHASES: [&str; 3] = ["foundation", "storage", "compute"];

/// What an undisturbed run left.
struct Undisturbed {
    report: Value,
    writes: Vec<Written>,
    account: Value,
    cluster: Value,
    counted: BTreeMap<String, u64>,
    plan: Value,
    plan_code: Option<i32>,
    plan_writes: Vec<Written>,
    counted_by_plan: BTreeMap<String, u64>,
}

/// One undisturbed run in docker mode, made once for all tests.
fn undisturbed() -> &'static Undisturbed {
    static MADE: OnceLock<Undisturbed> = OnceLock::new();
    MADE.get_or_init(|| {
        let world = world();
        reset(&world);
        let mut line = vec!["--exec", "docker"];
        line.extend(words(CLUSTER, &[]));
        let (plan, plan_code) = told(&world.run(&line));
        let (counted_by_plan, plan_writes) = (counted(&world), writes(&plan));
        let digest = plan["install"]["planDigest"]
            .as_str()
            .unwrap_or("true")
            .to_owned();
        line.extend(["--approve", &digest]);
        let finished = world.run(&line);
        let (report, code) = told(&finished);
        assert_eq!(code, Some(0), "{}\n{report:#}", finished.stderr);
        let left = Undisturbed {
            writes: writes(&report),
            account: account(&world),
            cluster: cluster(&world, CLUSTER),
            counted: counted(&world),
            report,
            plan_writes,
            plan,
            plan_code,
            counted_by_plan,
        };
        // Once more, on the installed system: in docker mode and in local mode.
        line.truncate(line.len() - 1);
        line.push("true");
        let again = told(&world.run(&line));
        untouched(&left, &again, &world);
        let again_local = told(&local(&world, &words(CLUSTER, &["--approve", "true"])));
        untouched(&left, &again_local, &world);
        assert_eq!(
            steady(&again.0["install"]),
            steady(&again_local.0["install"]),
            "docker and local mode give equal evidence"
        );
        left
    })
}

/// A second run says that all stands, and wrote nothing.
fn untouched(left: &Undisturbed, (report, code): &(Value, Option<i32>), world: &World) {
    assert_eq!(*code, Some(0), "{report:#}");
    assert_eq!(report["install"]["status"], "completed_phase");
    assert_eq!(writes(report), [], "a second run has no Write");
    assert_eq!(counted(world), left.counted, "the account counted none either");
    for step in report["install"]["steps"].as_array().unwrap() {
        assert!(
            ["unchanged", "adopt"].contains(&step["action"].as_str().unwrap()),
            "{step}"
        );
    }
}

/// An install's part of a report without times and paths.
fn steady(install: &Value) -> Value {
    let mut install = install.clone();
    for step in install["steps"].as_array_mut().unwrap() {
        let step = step.as_object_mut().unwrap();
        step.remove("durationMs");
        step.remove("documents");
    }
    install
}

#[test]
#[ignore = "needs the rehearsal account"]
fn a_plan_changes_nothing_and_its_digest_is_what_is_approved() {
    let left = undisturbed();
    let install = &left.plan["install"];
    assert_eq!(left.plan_code, Some(4), "{:#}", left.plan);
    assert_eq!(install["status"], "needs_input");
    assert_eq!(install["required"], serde_json::json!(["approve"]));
    assert_eq!(left.counted_by_plan, BTreeMap::new(), "a plan writes nothing");
    assert_eq!(left.plan_writes, [], "and no command of it may");
    assert_eq!(install["planDigest"], left.report["install"]["planDigest"]);
    let text = install["plan"].as_str().unwrap();
    for expected in ["create", "eksctl create cluster", "a month", "cluster-config"] {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
}

#[test]
#[ignore = "needs the rehearsal account"]
fn three_phases_stand_with_their_evidence() {
    let left = undisturbed();
    let install = &left.report["install"];
    assert_eq!(install["status"], "completed_phase");
    assert_eq!(install["phase"], "compute");
    let eks = &install["evidence"]["eks"];
    assert_eq!(eks["clusterName"], CLUSTER);
    assert_eq!(eks["existed"], false);
    assert_eq!(eks["created"], true);
    assert_eq!(eks["kubeconfigUpdated"], true);
    assert_eq!(eks["storageClassInstalled"], true);
    for addon in [
        "eks-pod-identity-agent",
        "aws-ebs-csi-driver",
        "aws-mountpoint-s3-csi-driver",
    ] {
        assert!(
            eks["addonsInstalled"].as_array().unwrap().contains(&addon.into()),
            "{addon}: {eks}"
        );
    }
    let storage = &install["evidence"]["storage"];
    assert_eq!(storage["bucketName"], format!("{CLUSTER}-000000000000"));
    for fact in [
        "created",
        "publicAccessBlocked",
        "tlsOnly",
        "podIdentityAssociated",
    ] {
        assert_eq!(storage[fact], true, "{fact}: {storage}");
    }
    let compute = &install["evidence"]["compute"];
    for fact in [
        "controllerReady",
        "nodeAccessEntry",
        "podIdentityAssociated",
        "spotRole",
    ] {
        assert_eq!(compute[fact], true, "{fact}: {compute}");
    }
    assert_eq!(compute["karpenterVersion"], "1.8.3");
}

/// Which writes a run is killed at: all, or one of each phase that changes with each commit.
fn chosen(all: &[Written], report: &Value) -> Vec<Written> {
    if std::env::var_os("LAKEHOUSE_FULL").is_some() {
        return all.to_vec();
    }
    let commit = std::process::Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let turn = usize::from_str_radix(commit.get(..6).unwrap_or("0"), 16).unwrap_or_default();
    let mut chosen = Vec::new();
    for phase in PHASES {
        let commands: Vec<String> = report["install"]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|step| step["phase"] == phase)
            .flat_map(|step| step["commands"].as_array().cloned().unwrap_or_default())
            .map(|command| command.as_str().unwrap().trim_end_matches(" …").to_owned())
            .collect();
        let of_phase: Vec<&Written> = all
            .iter()
            .filter(|write| {
                let line = shlex::try_join(write.argv.iter().map(String::as_str)).unwrap();
                commands.iter().any(|command| line.starts_with(command.as_str()))
            })
            .collect();
        assert!(!of_phase.is_empty(), "{phase} writes: {commands:?}");
        chosen.push(of_phase[turn % of_phase.len()].clone());
    }
    chosen
}

#[test]
#[ignore = "needs the rehearsal account"]
fn killed_at_its_writes_it_converges_to_what_an_undisturbed_run_left() {
    let left = undisturbed();
    let all: Vec<Written> = left
        .writes
        .iter()
        .filter(|write| !write.is_lease())
        .cloned()
        .collect();
    let chosen = chosen(&all, &left.plan);
    let world = world();
    reset(&world);
    let killer = Killer::new(&world);
    for write in &chosen {
        println!("a run is killed before and after: {}", write.argv.join(" "));
        killer.arm("before", write);
        killer.arm("after", write);
    }
    let line = words(CLUSTER, &["--approve", "true"]);
    let mut runs = 0;
    let last = loop {
        let left_before = killer.left();
        let finished = killer.run(&line);
        runs += 1;
        println!(
            "run {runs}: exit {:?}, {} kills left",
            finished.code,
            killer.left()
        );
        if finished.code != Some(137) {
            break told(&finished);
        }
        assert!(
            killer.left() < left_before,
            "a kill that nothing was armed for: {}",
            finished.stderr
        );
    };
    let (report, code) = last;
    assert_eq!(code, Some(0), "{report:#}");
    // A run that finds a bucket made by one before it finds these set, by AWS itself, and has nothing to write.
    let by_itself = ["put-public-access-block", "put-bucket-ownership-controls"];
    let never: Vec<&Written> = chosen
        .iter()
        .filter(|write| killer.awaits(write))
        .filter(|write| !by_itself.contains(&write.argv[2].as_str()))
        .collect();
    assert!(never.is_empty(), "{runs} runs never came to {never:#?}");
    println!(
        "kill chain: {} writes, {} kills, {runs} runs",
        chosen.len(),
        chosen.len() * 2 - killer.left()
    );
    same("the account", &left.account, &account(&world));
    same("the cluster", &left.cluster, &cluster(&world, CLUSTER));
    // A bucket's settings that AWS gives a new bucket by itself are not set again by a run that finds them: fewer is well.
    let twice: Vec<_> = counted(&world)
        .into_iter()
        .filter(|(what, count)| left.counted.get(what).is_none_or(|once| count > once))
        .collect();
    assert_eq!(
        twice,
        [],
        "nothing was made twice; undisturbed: {:?}",
        left.counted
    );
}
