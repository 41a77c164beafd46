//! The user's own values: which file is taken, what they may set, that they are kept, and that they reach the chart
//! unharmed and nothing else.

mod cli_world;
mod common;
mod install_cases;

use cli_world::TestWorld;
use install_cases::desired;
use lakehouse::model::SetValues;
use lakehouse::model::set_values::RELEASES;
use lakehouse::report::{Code, StepAction};
use lakehouse::steps::install::release::{Found, Observed, Wanted, decide};
use lakehouse::steps::install::set_values::{self, Observed as Kept};
use lakehouse::steps::install::{Decision, Desired, Verdict};
use lakehouse::steps::preflight::inside::planned::PLANNED;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const HUSH: &str = "hush, {a=b}: \"x\"\ny";

fn world() -> TestWorld {
    TestWorld::new().var("AWS_REGION", "us-east-2")
}

#[test]
fn the_names_are_those_of_the_installs_releases() {
    let planned: Vec<&str> = PLANNED.iter().map(|release| release.name).collect();
    assert_eq!(planned, RELEASES);
}

#[test]
fn a_file_is_read_and_checked_before_anything_is_asked() {
    let world = world()
        .file("good.yaml", "karpenter:\n  logLevel: debug\n")
        .file("list.yaml", "- a\n")
        .file("bad.yaml", "karpenter: [hush\n")
        .file("name.yaml", "karpentr: {a: hush}\n")
        .file("text.yaml", "karpenter: hush\n")
        .file("bytes.yaml", [b'a', 0xff])
        .file("large.yaml", "#".repeat(300 * 1024));
    let settings = world.settings(&["install", "--set-values", "good.yaml"]);
    let given = settings.set_values.unwrap().value;
    assert_eq!(given.by_release()["karpenter"], json!({"logLevel": "debug"}));
    assert!(world.settings(&["install"]).set_values.is_none());
    for (file, word) in [
        ("list.yaml", "not an object by release"),
        ("bad.yaml", "is not YAML: see line"),
        ("name.yaml", "no release of an install"),
        ("text.yaml", "no object"),
        ("bytes.yaml", "UTF-8"),
        ("large.yaml", "256 KiB"),
        ("none.yaml", "a file that can be read"),
        (".", "a file that can be read"),
    ] {
        let line = world.refused(&["install", "--set-values", file]);
        assert!(line.starts_with(&format!("--set-values \"{file}\"")), "{line}");
        assert!(line.contains(word), "{file}: {line}");
        assert!(!line.contains("hush"), "{line}");
    }
    let by_variable = world.var("LAKEHOUSE_SET_VALUES", "good.yaml");
    assert!(by_variable.settings(&["install"]).set_values.is_some());
}

#[test]
fn a_lock_in_place_of_the_compiled_one_keeps_to_its_rules() {
    let lock = lakehouse::model::chart_lock::CHART_LOCK;
    let older = lock.replacen("\"version\": \"1.8.3\"", "\"version\": \"1.8.2\"", 2);
    let lacking = lock.replacen("\"name\": \"karpenter\"", "\"name\": \"other\"", 1);
    let world = world()
        .file("older.json", &older)
        .file("range.json", lock.replacen("\"1.8.3\"", "\"^1.8\"", 1))
        .file("lacking.json", lacking)
        .file("page.json", "<html>")
        .var("LAKEHOUSE_CHARTS_LOCK", "older.json");
    let settings = world.settings(&["install"]);
    assert_eq!(settings.chart_lock().chart("karpenter").unwrap().version, "1.8.2");
    let mut world = world;
    for (file, word) in [
        ("range.json", "three numbers"),
        ("lacking.json", "karpenter: it is not there"),
        ("page.json", "breaks a rule"),
        ("none.json", "a file that can be read"),
    ] {
        world = world.var("LAKEHOUSE_CHARTS_LOCK", file);
        let line = world.refused(&["install"]);
        assert!(line.starts_with("LAKEHOUSE_CHARTS_LOCK \""), "{line}");
        assert!(line.contains(word), "{file}: {line}");
    }
}

fn with(release: &str, values: Value) -> Desired {
    Desired {
        set_values: BTreeMap::from([(release.to_owned(), values)]),
        ..desired()
    }
}

fn wanted() -> Wanted {
    Wanted {
        name: "karpenter",
        namespace: "kube-system".to_owned(),
        chart: "karpenter",
        values: json!({
            "replicas": 2, "settings": {"clusterName": "demo"}, "controller": {"resources": {"requests": {"cpu": "1"}}}
        }),
    }
}

fn given(decision: &Decision) -> Value {
    let write = decision.writes().last().unwrap();
    serde_json::from_slice(write.ask.spec.stdin.as_ref().unwrap()).unwrap()
}

#[test]
fn the_users_values_are_laid_over_installs_own_and_shown_by_name_alone() {
    let desired = with(
        "karpenter",
        json!({"logLevel": HUSH, "settings": {"batchMaxDuration": "9s"}}),
    );
    let decision = decide(&desired, &wanted(), &Observed::Absent);
    assert_eq!(
        given(&decision),
        json!({
            "replicas": 2, "settings": {"clusterName": "demo", "batchMaxDuration": "9s"}, "logLevel": HUSH,
            "controller": {"resources": {"requests": {"cpu": "1"}}}
        })
    );
    assert!(
        decision
            .detail
            .ends_with("; with your own values at `logLevel`, `settings`"),
        "{}",
        decision.detail
    );
    let write = &decision.writes()[0];
    assert_eq!(write.document, None, "no file of the plan has them");
    assert!(write.ask.spec.secrets.contains(&HUSH.to_owned()));
    let elsewhere = format!(
        "{}{:?}{}",
        decision.detail,
        write.ask.spec.argv(),
        decision.desired
    );
    assert!(!elsewhere.contains("hush"), "{elsewhere}");
    let others = with("ingext-lake", json!({"a": 1}));
    let decision = decide(&others, &wanted(), &Observed::Absent);
    assert_eq!(
        given(&decision),
        wanted().values,
        "another release's are not its own"
    );
}

#[test]
fn other_values_are_another_plan_and_the_release_as_given_is_settled() {
    let digest = |desired: &Desired, observed: &Observed| decide(desired, &wanted(), observed).desired;
    let (one, other) = (
        with("karpenter", json!({"a": 1})),
        with("karpenter", json!({"a": 2})),
    );
    let plain = digest(&desired(), &Observed::Absent);
    assert_ne!(digest(&one, &Observed::Absent), plain);
    assert_ne!(digest(&one, &Observed::Absent), digest(&other, &Observed::Absent));
    assert_eq!(digest(&with("karpenter", json!({})), &Observed::Absent), plain);
    let found = Found {
        chart: "karpenter".to_owned(),
        version: "1.8.3".to_owned(),
        status: "deployed".to_owned(),
        values: wanted().whole(&one),
        created_by: Some(desired().installation().to_string()),
        revision: Some(2),
        ..Found::default()
    };
    let there = Observed::There(found);
    assert!(matches!(
        decide(&one, &wanted(), &there).verdict,
        Verdict::Settled
    ));
    assert_eq!(digest(&one, &there), digest(&one, &Observed::Absent));
    let changed = decide(&other, &wanted(), &there);
    assert_eq!(changed.action, StepAction::Update);
    assert!(
        changed.detail.contains("values differ at `a`"),
        "{}",
        changed.detail
    );
    assert_eq!(
        changed.upgrade.unwrap().revision,
        2,
        "what brings it back is known"
    );
    // Without the flag and with nothing kept, the user's value would be drift: that is why it is kept.
    assert!(
        decide(&desired(), &wanted(), &there)
            .detail
            .contains("values differ at `a`")
    );
}

#[test]
fn what_install_needs_is_not_overridden_and_what_it_only_begins_with_is() {
    for (values, path) in [
        (
            json!({"settings": {"clusterName": "other"}}),
            "karpenter.settings.clusterName",
        ),
        (json!({"settings": null}), "karpenter.settings"),
        (
            json!({"settings": {"clusterName": {"a": 1}}}),
            "karpenter.settings.clusterName",
        ),
    ] {
        let decision = decide(&with("karpenter", values), &wanted(), &Observed::NoCluster);
        let Verdict::Blocked(stops) = &decision.verdict else {
            panic!("{decision:?}")
        };
        assert_eq!(stops[0].code, Code::SetValuesRefused);
        assert!(
            stops[0].message.contains(&format!("`{path}`")),
            "{}",
            stops[0].message
        );
    }
    for values in [
        json!({"replicas": 3}),
        json!({"controller": {"resources": {"requests": {"cpu": "2"}}}}),
        json!({"settings": {"clusterName": "demo"}}),
    ] {
        let decision = decide(
            &with("karpenter", values.clone()),
            &wanted(),
            &Observed::NoCluster,
        );
        assert_eq!(decision.action, StepAction::Create, "{values}");
    }
}

fn secret(of: &Desired) -> Value {
    let decision = set_values::decide(of, &Kept::NoCluster);
    let [write] = decision.writes() else {
        panic!("{decision:?}")
    };
    let argv = write.ask.spec.argv().join(" ");
    assert!(argv.starts_with("kubectl apply --server-side "), "{argv}");
    assert!(!argv.contains("hush") && write.document.is_none());
    serde_json::from_slice(write.ask.spec.stdin.as_ref().unwrap()).unwrap()
}

#[test]
fn the_values_are_kept_in_the_cluster_and_read_back_by_a_later_run() {
    let one = with("karpenter", json!({"logLevel": HUSH}));
    let secret = secret(&one);
    assert_eq!(secret["metadata"]["name"], "lakehouse-values-ingext");
    assert!(!secret.to_string().contains("hush"));
    let seen = set_values::read(&desired(), &secret);
    let Kept::There {
        ours: true,
        values: Ok(kept),
    } = &seen
    else {
        panic!("{seen:?}")
    };
    assert_eq!(kept, &SetValues::from(one.set_values.clone()));
    let settled = set_values::decide(&one, &seen);
    assert!(matches!(settled.verdict, Verdict::Settled));
    assert_eq!(settled.desired, set_values::decide(&one, &Kept::Absent).desired);
    let other = with("karpenter", json!({"logLevel": "x"}));
    let replaced = set_values::decide(&other, &seen);
    assert_eq!(replaced.action, StepAction::Update);
    assert_ne!(replaced.desired, settled.desired);
    let emptied = set_values::decide(&desired(), &seen);
    assert_eq!(
        emptied.action,
        StepAction::Update,
        "an empty file takes them away"
    );
    assert!(matches!(
        set_values::decide(&desired(), &Kept::Absent).verdict,
        Verdict::Settled
    ));
}

#[test]
fn somebody_elses_secret_of_that_name_is_neither_read_nor_written() {
    let mut foreign = secret(&with("karpenter", json!({"a": 1})));
    foreign["metadata"]["labels"] = json!({});
    let seen = set_values::read(&desired(), &foreign);
    assert!(matches!(seen, Kept::There { ours: false, .. }));
    let decision = set_values::decide(&desired(), &seen);
    let Verdict::Blocked(stops) = &decision.verdict else {
        panic!("{decision:?}")
    };
    assert_eq!(stops[0].code, Code::OwnedByOthers);
    for broken in [
        json!({}),
        json!({"values.json": "%"}),
        json!({"values.json": "W10="}),
    ] {
        let mut secret = secret(&with("karpenter", json!({"a": 1})));
        secret["data"] = broken.clone();
        let seen = set_values::read(&desired(), &secret);
        assert!(
            matches!(
                seen,
                Kept::There {
                    ours: true,
                    values: Err(_)
                }
            ),
            "{broken}: {seen:?}"
        );
    }
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~\n\t,={}\\[\\]\"'é]{0,24}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z,={}\\.\"' ]{1,8}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever the values are: by the file, the Secret and helm's standard input they are the same ones.
    #[test]
    fn every_value_reaches_the_chart_unharmed(fields in prop::collection::btree_map("[a-z]{5,9}", tree(), 0..5)) {
        let values = Value::Object(fields.into_iter().filter(|(name, _)| wanted().values.get(name).is_none()).collect());
        // JSON is YAML: the file that a program writes.
        let file = json!({"karpenter": values}).to_string();
        let read = SetValues::read(&file).unwrap();
        prop_assert_eq!(&read.by_release()["karpenter"], &values);
        prop_assert_eq!(&SetValues::kept(read.text().as_bytes()).unwrap(), &read);
        let desired = Desired { set_values: read.into_map(), ..desired() };
        let decision = decide(&desired, &wanted(), &Observed::Absent);
        let whole = given(&decision);
        for (name, value) in values.as_object().unwrap() {
            prop_assert_eq!(&whole[name], value);
        }
        for (name, value) in wanted().values.as_object().unwrap() {
            prop_assert_eq!(&whole[name], value);
        }
    }
}

/// helm itself, in the toolbox: what stands in a rendered annotation is what the user's file says.
#[test]
#[ignore = "needs an engine and the toolbox image: scripts/test"]
fn helm_renders_each_value_as_it_was_given() {
    use common::{rehearsal, user};
    use std::io::Write as _;
    let texts = [
        "a,b",
        "a=b",
        "{x}",
        "\"q\" 'r'",
        "one\ntwo\n",
        "a.b[0]",
        "yes",
        "0123",
        "1e3",
        "# no",
        "- é\t",
        "",
    ];
    let annotations: BTreeMap<String, &str> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| (format!("example.com/{at}"), *text))
        .collect();
    let desired = with("karpenter", json!({"podAnnotations": annotations}));
    let decision = decide(&desired, &wanted(), &Observed::Absent);
    let stdin = decision.writes()[0].ask.spec.stdin.clone().unwrap();
    let charts = rehearsal::root().join("docker/rehearsal/charts");
    let mut child = std::process::Command::new("docker")
        .args([
            "run",
            "--rm",
            "--interactive",
            "--network",
            "none",
            "--env",
            "HOME=/tmp",
            "--volume",
        ])
        .arg(format!("{}:/charts:ro", charts.display()))
        .args(["--entrypoint", "helm", &user::toolbox(&rehearsal::world())])
        .args([
            "template",
            "karpenter",
            "/charts/karpenter",
            "-n",
            "kube-system",
            "-f",
            "-",
        ])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let rendered = String::from_utf8(output.stdout).unwrap();
    let objects = lakehouse::steps::install::release::live::objects(&rendered).unwrap();
    let deployment = objects
        .iter()
        .find(|object| object["kind"] == "Deployment")
        .unwrap();
    let seen = &deployment["spec"]["template"]["metadata"]["annotations"];
    for (name, text) in &annotations {
        assert_eq!(seen[name], *text, "{name}");
    }
}
