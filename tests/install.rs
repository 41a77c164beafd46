//! The install on the rehearsal account, by the real tools: planned, approved, carried out, run again, and killed at
//! its writes. These tests bring the account back to its seed: they run alone (`scripts/test`).

mod common;

use common::World;
use common::chain::{
    At, BY_AWS_ITSELF, DO_MUCH, Kill, Killer, Spot, Written, beside_eksctl, chosen, first_answer, spots_of,
    writes,
};
use common::install::{
    CHARTS_LOCK, account, cluster, counted, differing, finished, local, lock_charts, reset, same, told,
    without_ids, words, world,
};
use common::user::in_toolbox;
use lakehouse::gateway::{Tool, read_only::is_reading};
use lakehouse::model::Phase;
use lakehouse::model::chart_lock::CHART_LOCK;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

const CLUSTER: &str = "chain";
/// The site, by the root domain of the words that every run here has.
const SITE: &str = "lakehouse.k8.rehearsal.test";

#[test]
fn two_equal_clusters_in_networks_of_their_own_ids_are_equal() {
    for (text, expected) in [
        ("--aws-vpc-id=vpc-02767d3918d1d52e4", "--aws-vpc-id=vpc-ID"),
        (
            "aws://us-east-1a/vol-0123456789abcdef0 vpc-01234567",
            "aws://us-east-1a/vol-ID vpc-ID",
        ),
        ("the vpc-cni of aws-vpc-id", "the vpc-cni of aws-vpc-id"),
    ] {
        assert_eq!(without_ids(text), expected);
    }
}

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
    /// [`beside_eksctl`]; its journal is gone once all is made.
    beside: Vec<Written>,
    /// What a second run, which found all as it should be, was told by the readings of [`BY_AWS_ITSELF`].
    settled: BTreeMap<&'static str, String>,
}

/// The full chain in pieces, since it takes hours: `LAKEHOUSE_CHAIN_LAST=compute` installs up to that phase only, and
/// `LAKEHOUSE_CHAIN_FROM=core` kills none before that one.
fn chain_from() -> Option<Phase> {
    phase_of("LAKEHOUSE_CHAIN_FROM")
}

fn phase_of(variable: &str) -> Option<Phase> {
    let name = std::env::var(variable).ok()?;
    Some(name.parse().unwrap_or_else(|why| panic!("{variable}: {why:?}")))
}

/// The words of each install here.
fn line<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut line = words(CLUSTER, more);
    if let Some(last) = phase_of("LAKEHOUSE_CHAIN_LAST") {
        line.extend(["--phase", last.name()]);
    }
    line
}

/// One undisturbed run in docker mode, made once for all tests.
fn undisturbed() -> &'static Undisturbed {
    static MADE: OnceLock<Undisturbed> = OnceLock::new();
    MADE.get_or_init(|| {
        let world = world();
        reset(&world);
        let (plan, plan_code) = told(&world.run(&with_docker(&line(&[]))));
        let (counted_by_plan, plan_writes) = (counted(&world), writes(&plan));
        let digest = plan["install"]["planDigest"]
            .as_str()
            .unwrap_or("true")
            .to_owned();
        let finished = world.run(&with_docker(&line(&["--approve", &digest])));
        let (report, code) = told(&finished);
        assert_eq!(code, Some(0), "{}\n{report:#}", finished.stderr);
        let mut left = Undisturbed {
            settled: BTreeMap::new(),
            beside: beside_eksctl(&report),
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
        let approved = line(&["--approve", "true"]);
        let again = told(&world.run(&with_docker(&approved)));
        untouched(&left, &again, &world);
        let again_local = told(&local(&world, &approved));
        untouched(&left, &again_local, &world);
        assert_eq!(
            steady(&again.0["install"]),
            steady(&again_local.0["install"]),
            "docker and local mode give equal evidence"
        );
        for [_, reads, _] in BY_AWS_ITSELF {
            left.settled
                .extend(first_answer(&again_local.0, reads).map(|answer| (reads, answer)));
        }
        STANDS.store(phase_of("LAKEHOUSE_CHAIN_LAST").is_none(), Ordering::SeqCst);
        left
    })
}

/// A second run says that all stands, and wrote nothing.
fn untouched(left: &Undisturbed, (report, code): &(Value, Option<i32>), world: &World) {
    assert_eq!(*code, Some(0), "{report:#}");
    assert_eq!(report["install"]["status"], left.report["install"]["status"]);
    assert_eq!(writes(report), [], "a second run has no Write");
    assert_eq!(counted(world), left.counted, "the account counted none either");
    for step in report["install"]["steps"].as_array().unwrap() {
        assert!(
            ["unchanged", "adopt"].contains(&step["action"].as_str().unwrap()),
            "{step}"
        );
    }
}

/// An install's part of a report without times and paths, and the command that goes on with the next phase.
fn steady(install: &Value) -> Value {
    let mut install = install.clone();
    install.as_object_mut().unwrap().remove("command");
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
fn seven_phases_stand_with_their_evidence() {
    let left = undisturbed();
    let install = &left.report["install"];
    assert_eq!(install["status"], "completed");
    assert_eq!(install["phase"], "ingress");
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
    let core = &install["evidence"]["core"];
    assert_eq!(core["namespace"], "ingext");
    assert_eq!(core["serviceAccount"], "ingext-sa");
    assert_eq!(core["appSecret"], true, "{core}");
    let stream = &install["evidence"]["stream"];
    assert_eq!(stream["siteDomain"], SITE);
    assert_eq!(stream["initCompleted"], true, "{stream}");
    let datalake = &install["evidence"]["datalake"];
    assert_eq!(datalake["bucketName"], storage["bucketName"]);
    assert_eq!(
        datalake["nodePools"],
        serde_json::json!(["pool-merge", "pool-search"])
    );
    for phase in ["core", "stream", "datalake", "ingress"] {
        let evidence = &install["evidence"][phase];
        for release in evidence["releases"].as_array().unwrap() {
            assert_eq!(release["status"], "deployed", "{phase}: {release}");
        }
        for workload in evidence["workloads"].as_array().unwrap() {
            assert_eq!(workload["isReady"], true, "{phase}: {workload}");
        }
    }
}

#[test]
#[ignore = "needs the rehearsal account"]
fn the_site_answers_at_its_load_balancer_and_its_record_stands_in_the_zone() {
    let left = undisturbed();
    let ingress = &left.report["install"]["evidence"]["ingress"];
    assert_eq!(ingress["scheme"], "internet-facing");
    assert_eq!(
        ingress["targets"]["healthy"], ingress["targets"]["total"],
        "{ingress}"
    );
    let record = &ingress["record"];
    assert_eq!(record["name"], SITE);
    assert_eq!(record["byHand"], false);
    assert_eq!(record["inSync"], true, "{record}");
    let site = &ingress["site"];
    for fact in ["answers", "leadsToLoadBalancer", "chainVerified"] {
        assert_eq!(site[fact], true, "{fact}: {site}");
    }
    assert_eq!(site["url"], format!("https://{SITE}/"));
    // The account's own telling.
    let balancers = left.account["loadBalancers"].as_object().unwrap();
    let name = ingress["loadBalancerName"].as_str().unwrap();
    assert_eq!(
        balancers.keys().collect::<Vec<_>>(),
        [name],
        "one load balancer, of this name"
    );
    let zones = left.account["zones"].to_string();
    assert!(zones.contains(&format!("{SITE}.")), "{zones}");
}

/// Which of the spots it is this time: another one at each commit, or those that `LAKEHOUSE_CHAIN_TURN` names (`3` or
/// `3,12`), one chain after the other.
fn turns() -> Vec<usize> {
    if let Ok(turns) = std::env::var("LAKEHOUSE_CHAIN_TURN") {
        let turns = turns.split(',').map(str::parse);
        return turns
            .collect::<Result<_, _>>()
            .expect("LAKEHOUSE_CHAIN_TURN holds numbers");
    }
    let commit = std::process::Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    vec![usize::from_str_radix(commit.get(..6).unwrap_or("0"), 16).unwrap_or_default()]
}

/// What the account counts for this write, if a run rightly did not come to it (again): it found, in the bucket that a run
/// before it had made, what a whole install has there, and wrote nothing. No other write may stay away.
fn needless(write: &Written, last: &Value) -> Option<&'static str> {
    let verb = write.argv.get(2)?;
    let [_, reads, counted] = BY_AWS_ITSELF.into_iter().find(|[writes, ..]| writes == verb)?;
    let found = first_answer(last, reads)?;
    let is_set = undisturbed().settled.get(reads) == Some(&found);
    (is_set && !writes(last).contains(write)).then_some(counted)
}

/// Runs on a new account until one comes to its end, and holds what it left against what an undisturbed run left. Runs
/// must have been killed at each of `spots`, which are armed. Gives the last run's report.
fn chain(name: &str, killer: &Killer, world: &World, spots: &[Spot]) -> Value {
    for spot in spots {
        killer.shims.arm(spot);
    }
    let left = undisturbed();
    STANDS.store(false, Ordering::SeqCst);
    reset(world);
    let before = chain_from().and_then(|from| Phase::WORDS.get((from as usize).checked_sub(1)?));
    if let Some(before) = before {
        let undisturbed = words(CLUSTER, &["--approve", "true", "--phase", before]);
        let (report, code) = told(&world.run(&with_docker(&undisturbed)));
        assert_eq!(code, Some(0), "{report:#}");
    }
    let (begun, already) = (Instant::now(), killer.shims.kills().len());
    let report = run_to_its_end(name, killer, 2 * left.writes.len() + 40);
    let kills = killer.shims.kills();
    all_survived(&kills, already, spots);
    // All that differs at once: a chain takes long.
    let mut differs = differing(&left.account, &account(world));
    differs.extend(differing(&left.cluster, &cluster(world, CLUSTER)));
    differs.extend(made_otherwise(&counted(world), &report));
    assert!(
        differs.is_empty(),
        "what the chain left differs:\n{}",
        differs.join("\n")
    );
    println!(
        "kill chain: {name}: {} kills, then one run to its end, {} s; account and cluster as an undisturbed run left them",
        kills.len() - already,
        begun.elapsed().as_secs()
    );
    STANDS.store(phase_of("LAKEHOUSE_CHAIN_LAST").is_none(), Ordering::SeqCst);
    report
}

/// The report of the first run that was not killed.
fn run_to_its_end(name: &str, killer: &Killer, most: usize) -> Value {
    let line = line(&["--approve", "true"]);
    for run in 1..=most {
        let (known, start) = (killer.shims.kills().len(), Instant::now());
        let finished = killer.run(&line);
        let (kills, seconds) = (killer.shims.kills(), start.elapsed().as_secs());
        if finished.code != Some(137) {
            let (report, code) = told(&finished);
            println!("kill chain: {name}: run {run}, {seconds} s: exit {code:?}");
            assert_eq!(code, Some(0), "{report:#}");
            return report;
        }
        assert_eq!(kills.len(), known + 1, "a kill of nobody's: {}", finished.stderr);
        let (when, line) = (&kills[known].when, &kills[known].line);
        let short: String = line.chars().take(120).collect();
        println!("kill chain: {name}: run {run}, {seconds} s: killed {when} `{short}`");
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let tool = Tool::ALL.into_iter().find(|tool| tool.program() == words[0]);
        assert!(!is_reading(tool.unwrap(), &words[1..]), "that is no write");
    }
    panic!("{most} kills and no end");
}

/// Each spot was a run's death, and whatever one was killed before, one was killed after, where it was to be at both. `kills` from `already` on are
/// this chain's; what an earlier one survived is not killed at again.
fn all_survived(kills: &[Kill], already: usize, spots: &[Spot]) {
    for Spot { write, at } in spots {
        let signature = write.signature();
        let happened = |kills: &[Kill], when: &str| {
            kills
                .iter()
                .any(|kill| kill.when == when && kill.signature == signature)
        };
        let came = match at {
            At::BothEnds => happened(kills, "before") && happened(kills, "after"),
            At::OneEnd(when) => happened(&kills[already..], when),
            At::Midst => happened(&kills[already..], "amidst"),
            At::First(when) => happened(&kills[already..=already], when),
        };
        assert!(came, "no run was killed at {at:?} of {write:?}");
    }
    let is_needless = |kill: &Kill| {
        let verb = kill.line.split(' ').nth(2);
        BY_AWS_ITSELF.iter().any(|[writes, ..]| verb == Some(*writes))
    };
    let is_one_end = |kill: &&Kill| {
        let of = |spot: &Spot| matches!(spot.at, At::OneEnd(_)) && spot.write.signature() == kill.signature;
        spots.iter().any(of)
    };
    for kill in kills
        .iter()
        .filter(|kill| kill.when == "before" && !is_one_end(kill))
    {
        let after = kills
            .iter()
            .any(|other| other.when == "after" && other.key == kill.key);
        assert!(
            after || is_needless(kill),
            "killed before it, and never after it: {}",
            kill.line
        );
    }
}

/// What the account did not count as in the undisturbed run: all is made, and nothing twice. A bucket's setting that AWS
/// gives by itself may be written once less by runs that found it, and nothing else may.
fn made_otherwise(counted: &BTreeMap<String, u64>, report: &Value) -> Vec<String> {
    let left = undisturbed();
    let needless: Vec<&str> = left
        .writes
        .iter()
        .filter_map(|write| needless(write, report))
        .collect();
    left.counted
        .keys()
        .chain(counted.keys())
        .map(|what| (what, left.counted.get(what), counted.get(what)))
        .filter(|(what, once, now)| once != now && !(now < once && needless.contains(&what.as_str())))
        .map(|(what, once, now)| format!("{what}: {now:?}, in the undisturbed run {once:?}"))
        .collect()
}

/// The phase of a write. Of those that no plan names, the Lease is made once, as soon as the cluster stands, and the note
/// of the Job's completion is of the stream.
fn phase_of_write(steps: &[Value], write: &Written) -> Option<Phase> {
    let of = |step: &&Value| {
        let commands = step["commands"].as_array().into_iter().flatten();
        commands
            .filter_map(Value::as_str)
            .any(|command| write.comes_of(command))
    };
    match steps.iter().find(of) {
        Some(step) => step["phase"].as_str().unwrap().parse().ok(),
        None if write.purpose == "take the cluster's Lease" && write.argv[1] == "create" => {
            Some(Phase::Foundation)
        }
        None => Some(Phase::Stream),
    }
}

#[test]
#[ignore = "needs the rehearsal account"]
fn killed_at_its_writes_it_converges_to_what_an_undisturbed_run_left() {
    let left = undisturbed();
    let world = world();
    if std::env::var_os("LAKEHOUSE_FULL").is_none() {
        let steps = left.plan["install"]["steps"].as_array().unwrap();
        for turn in turns() {
            let killer = Killer::new(&world, &format!("turn-{turn}"), &left.beside);
            let spots = chosen(&left.writes, steps, turn);
            chain(&format!("turn {turn}"), &killer, &world, &spots);
        }
        return;
    }
    let killer = Killer::new(&world, "full", &left.beside);
    killer.shims.arm_all();
    let steps = left.plan["install"]["steps"].as_array().unwrap();
    let in_scope =
        |write: &&Written| chain_from().is_none_or(|from| phase_of_write(steps, write) >= Some(from));
    let spots = left.writes.iter().filter(in_scope).flat_map(spots_of);
    let (every, first): (Vec<Spot>, Vec<Spot>) = spots.partition(|spot| spot.at == At::BothEnds);
    let report = chain("every write", &killer, &world, &every);
    for Spot { write, .. } in &first {
        // Its own chain comes below.
        assert!(needless(write, &report).is_some(), "nobody came to {write:?}");
    }
    if chain_from().is_some_and(|from| from > Phase::Foundation) {
        assert!(
            first.is_empty(),
            "the bucket's settings are killed at from its phase on"
        );
        return;
    }
    for spot in first {
        chain(
            &format!("{:?} of {}", spot.at, spot.write.argv[2]),
            &killer,
            &world,
            &[spot],
        );
    }
    // What a half-made cluster is gone on with; no undisturbed run makes these writes.
    for much in [&DO_MUCH[..1], &DO_MUCH[..]] {
        for command in much {
            killer.shims.arm_amid(command);
        }
        chain(&format!("amid {}", much.join(", ")), &killer, &world, &[]);
    }
}

/// Whether a whole lakehouse is known to stand in the account: whoever ran before left it.
static STANDS: AtomicBool = AtomicBool::new(false);

/// The first lakehouse of the account: as whoever ran before left it, or made now.
fn first_lakehouse(world: &World) {
    if STANDS.load(Ordering::SeqCst) {
        return;
    }
    let (report, code) = told(&world.run(&with_docker(&words(CLUSTER, &["--approve", "true"]))));
    assert_eq!(code, Some(0), "{report:#}");
}

fn with_docker<'a>(words: &[&'a str]) -> Vec<&'a str> {
    ["--exec", "docker"].iter().chain(words).copied().collect()
}

#[test]
#[ignore = "needs the rehearsal account"]
fn two_clusters_of_one_account_stand_side_by_side() {
    let mut world = world();
    first_lakehouse(&world);
    let (before, cluster_before) = (account(&world), cluster(&world, CLUSTER));
    // The second is for the inside, its record is made elsewhere, and its charts are those of an earlier lock.
    lock_charts(&mut world, &EARLIER);
    let inside = ["--domain", "second.k8.rehearsal.test", "--scheme", "internal"];
    let external = [&inside[..], &["--dns-provider", "external", "--approve", "true"]].concat();
    let (report, code) = told(&world.run(&with_docker(&words("second", &external))));
    assert_eq!(code, Some(0), "{report:#}");
    record_is_to_be_made_by_hand(&report, &account(&world));
    for write in writes(&report) {
        let first = write.argv.iter().find(|word| {
            word.split(|c: char| !c.is_alphanumeric())
                .any(|part| part == CLUSTER)
        });
        assert_eq!(first, None, "a write into the first one: {:?}", write.argv);
    }
    // The first one is as it was, and has nothing to be mended.
    same("the first cluster", &cluster_before, &cluster(&world, CLUSTER));
    let after = account(&world);
    // Ids are numbered by their place in the whole account: of what bears some, it is the name that counts.
    for (name, bucket) in before["buckets"].as_object().unwrap() {
        same(&format!("the bucket {name}"), bucket, &after["buckets"][name]);
    }
    for part in ["stacks", "clusters", "queues", "loadBalancers", "zones"] {
        for name in before[part].as_object().unwrap().keys() {
            assert!(!after[part][name].is_null(), "{part}: {name} is gone");
        }
    }
    let balancers = after["loadBalancers"].as_object().unwrap();
    assert_eq!(balancers.len(), 2, "{balancers:#?}");
    let (report, namespaces) = by_own_kubectl(&world);
    assert_eq!(writes(&report), [], "the first one has nothing to be mended");
    assert!(namespaces.contains("namespace/ingext"), "{namespaces}");
    world.unset(CHARTS_LOCK);
    is_brought_to_newer_charts(&world, &words("second", &external[..external.len() - 2]));
}

/// What an earlier lock had, in the order of an upgrade: charts of which templates, defaults or nothing changed since, and
/// one whose own kinds did, which Helm does not upgrade.
const EARLIER: [(&str, &str); 5] = [
    ("karpenter-crd", "1.8.2"),
    ("karpenter", "1.8.2"),
    ("etcd-single", "0.9.0"),
    ("ingext-community-config", "0.9.0"),
    ("aws-load-balancer-controller", "3.4.0"),
];

/// The lock that is compiled in makes a plan with the versions from and to; approved, it is carried out chart by chart,
/// in that order.
fn is_brought_to_newer_charts(world: &World, line: &[&str]) {
    let upgrades = |report: &Value, outcome: &str| -> Vec<(String, String)> {
        let all = report["install"]["upgrades"].as_array().unwrap();
        let brief = |it: &Value| {
            assert_eq!(it["outcome"], outcome, "{it}");
            let text = |key: &str| it[key].as_str().unwrap().to_owned();
            (text("chart"), text("from"))
        };
        all.iter().map(brief).collect()
    };
    let lock: Value = serde_json::from_str(CHART_LOCK).unwrap();
    let charts = lock["charts"].as_array().unwrap().iter();
    let locked: BTreeMap<&str, Value> = charts
        .map(|chart| (chart["name"].as_str().unwrap(), chart["version"].clone()))
        .collect();
    let earlier = EARLIER.map(|(chart, version)| (chart.to_owned(), version.to_owned()));
    let target_types = || {
        let objects = cluster(world, "second");
        let kind = &objects["CustomResourceDefinition /ingressclassparams.elbv2.k8s.aws"][0];
        kind["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["targetType"]["enum"].clone()
    };
    assert_eq!(target_types(), json!(["instance"]));

    let (plan, code) = told(&world.run(&with_docker(line)));
    assert_eq!(code, Some(4), "{plan:#}");
    assert_eq!(upgrades(&plan, "planned"), earlier);
    let digest = plan["install"]["planDigest"].as_str().unwrap();
    let (report, code) = told(&world.run(&with_docker(&[line, &["--approve", digest]].concat())));
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(upgrades(&report, "done"), earlier);
    for it in report["install"]["upgrades"].as_array().unwrap() {
        assert_eq!(
            (&it["to"], &it["now"]),
            (&it["now"], &locked[it["chart"].as_str().unwrap()])
        );
    }
    assert_eq!(
        target_types(),
        json!(["instance", "ip"]),
        "Helm itself does not upgrade a chart's own kinds"
    );
    let charts: Vec<String> = writes(&report)
        .into_iter()
        .filter(|write| write.argv[0] == "helm")
        .map(|write| write.argv[4].rsplit('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        charts,
        EARLIER.map(|(chart, _)| chart),
        "one after the other, and no other one"
    );
}

/// The second lakehouse stands, and what is left to do is told with all that it takes.
fn record_is_to_be_made_by_hand(report: &Value, account: &Value) {
    let install = &report["install"];
    assert_eq!(install["status"], "completed");
    let ingress = &install["evidence"]["ingress"];
    assert_eq!(ingress["scheme"], "internal");
    assert_eq!(
        ingress["targets"]["healthy"], ingress["targets"]["total"],
        "{ingress}"
    );
    let record = &ingress["record"];
    assert_eq!(
        (&record["byHand"], &record["type"]),
        (&true.into(), &"CNAME".into())
    );
    let value = record["value"].as_str().unwrap();
    assert!(value.starts_with("internal-"), "{record}");
    let next = &install["next"];
    assert_eq!(next["action"], "dns");
    let reason = next["reason"].as_str().unwrap();
    for expected in ["second.k8.rehearsal.test", "CNAME", value] {
        assert!(reason.contains(expected), "{expected}: {reason}");
    }
    assert!(
        !account["zones"].to_string().contains("second.k8"),
        "no record was made"
    );
}

/// The first lakehouse once more, with a context in the user's own kubeconfig; and what the user's own kubectl sees by
/// that, which asks `lakehouse kube-token` for its way in.
fn by_own_kubectl(world: &World) -> (Value, String) {
    let script = "export KUBECONFIG=$HOME/mine; lakehouse --exec local \"$@\" >$HOME/report.json || exit; \
                  stat -c %a $KUBECONFIG; kubectl get namespaces -o name";
    let output = in_toolbox(world, &["--hostname", "operator"])
        .args(["sh", "-c", script, "sh"])
        .args(line(&["--approve", "true", "--write-kubeconfig"]))
        .output()
        .unwrap();
    let finished = finished(output);
    let report = std::fs::read_to_string(world.path("home/report.json")).unwrap();
    assert_eq!(finished.code, Some(0), "{}\n{report}", finished.stderr);
    assert!(finished.stdout.starts_with("600\n"), "{}", finished.stdout);
    (serde_json::from_str(&report).unwrap(), finished.stdout)
}

#[test]
#[ignore = "needs the rehearsal account"]
fn a_second_namespace_of_a_cluster_is_refused_with_the_very_objects_in_its_way() {
    let world = world();
    first_lakehouse(&world);
    let (counted_before, cluster_before) = (counted(&world), cluster(&world, CLUSTER));
    let line = words(
        CLUSTER,
        &[
            "--namespace",
            "other",
            "--domain",
            "other.k8.rehearsal.test",
            "--approve",
            "true",
        ],
    );
    let (report, code) = told(&world.run(&with_docker(&line)));
    assert_eq!(code, Some(3), "{report:#}");
    // The preflight sees them already: nothing of an install is begun.
    let part = if report["install"].is_null() {
        "preflight"
    } else {
        "install"
    };
    assert_eq!(report[part]["status"], "blocked");
    let blockers = report[part]["blockers"].to_string();
    for object in ["s3-lake", "pool-merge", "pool-search"] {
        assert!(blockers.contains(object), "{object}: {blockers}");
    }
    assert_eq!(writes(&report), [], "nothing of it is begun");
    assert_eq!(counted(&world), counted_before);
    same("the cluster", &cluster_before, &cluster(&world, CLUSTER));
}
