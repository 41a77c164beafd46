//! The list of permissions, held against the source's questions, the commands that preflights run, and IAM's limits.

mod common;

use common::fake::{Fake, PREFLIGHT};
use common::{World, rehearsal, verified_journal};
use lakehouse::model::permissions::{Group, Resource, groups, groups_for};
use lakehouse::model::{Need, PolicyDocument, Scope};
use lakehouse::steps::preflight::permissions::wanted;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const WHERE: &str = "src/model/permissions/list/look.rs";

/// Listed for checks that are merged after this list; a line goes once its call is in the source.
const COMING: [&str; 0] = [];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn listed(need: Need) -> BTreeSet<&'static str> {
    groups()
        .filter(|group| group.needs.contains(&need))
        .flat_map(|group| group.actions.iter().copied())
        .collect()
}

fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(std::fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// `service:Action`, and nothing else.
fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, name)| {
        !service.is_empty()
            && service
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// What is no action of the caller's policy: a condition's key, or (`sts:AssumeRole`) the right of the keys behind a
/// profile to become the caller.
const KEYS: [&str; 3] = ["iam:AWSServiceName", "iam:PassedToService", "sts:AssumeRole"];

/// What the clients name: `Ask::aws` looks, `Ask::aws_write` changes.
fn named_by_clients() -> BTreeSet<String> {
    let text: String = sources(&root().join("src/clients")).concat();
    text.split('"')
        .filter(|word| is_action(word) && !KEYS.contains(word))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_action_that_a_client_names_is_listed() {
    let named = named_by_clients();
    assert!(named.len() > 40, "{named:?}");
    let install: BTreeSet<&str> = groups_for(Need::Install)
        .flat_map(|group| group.actions.iter().copied())
        .collect();
    for action in &named {
        assert!(
            install.contains(action.as_str()),
            "{action} is asked in src/clients: add it to a group in src/model/permissions/list, or a policy made of the list does not let the install through"
        );
    }
    let listed = listed(Need::Preflight);
    for action in &listed {
        assert!(
            named.contains(*action) || COMING.contains(action),
            "no client asks {action}: take it out of {WHERE}"
        );
    }
}

/// Verbs whose action has another name (Service Authorization Reference).
const OTHER_NAMES: [(&str, &str); 1] = [("s3api head-bucket", "s3:ListBucket")];

/// Services whose prefix in IAM is not the CLI's word.
const PREFIXES: [(&str, &str); 3] = [
    ("s3api", "s3"),
    ("elbv2", "elasticloadbalancing"),
    ("service-quotas", "servicequotas"),
];

/// The action behind `aws SERVICE VERB`, in small letters.
fn action_of(service: &str, verb: &str) -> String {
    let words = format!("{service} {verb}");
    if let Some((_, action)) = OTHER_NAMES.iter().find(|(words_of, _)| *words_of == words) {
        return action.to_lowercase();
    }
    let prefix = PREFIXES
        .iter()
        .find(|(word, _)| *word == service)
        .map_or(service, |(_, prefix)| prefix);
    format!("{prefix}:{}", verb.replace('-', ""))
}

/// Beginnings of the other tools' commands that a preflight may run, and the IAM action behind each.
const OTHER_TOOLS: [(&str, Option<&str>); 8] = [
    ("eksctl version", None),
    ("kubectl version", None),
    ("helm version", None),
    ("helm show", None),
    // These ask the cluster's API server, which lets in by access entries and not by IAM policies.
    ("kubectl auth", None),
    ("kubectl get", None),
    ("kubectl --", None),
    ("helm list", None),
];

/// Holds each command of a journal against the list; gives the actions of aws's commands.
fn hold(records: &[Value]) -> BTreeSet<String> {
    let listed: BTreeSet<String> = listed(Need::Preflight)
        .iter()
        .map(|it| it.to_lowercase())
        .collect();
    let mut seen = BTreeSet::new();
    for record in records {
        let argv: Vec<&str> = record["argv"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap())
            .collect();
        let line = argv.join(" ");
        match argv.as_slice() {
            // A token is a signature that is made here: AWS is not asked.
            ["aws", "--version", ..] | ["aws", "eks", "get-token", ..] => {}
            ["aws", service, verb, ..] => {
                let action = action_of(service, verb);
                assert!(
                    listed.contains(&action),
                    "`{line}` needs {action}: add it to a group for the preflight in {WHERE}, or, where IAM names it otherwise, the command to OTHER_NAMES or PREFIXES here"
                );
                seen.insert(action);
            }
            _ => assert!(
                OTHER_TOOLS.iter().any(|(begin, _)| line.starts_with(begin)),
                "`{line}`: which IAM action does it need? Add the command to OTHER_TOOLS here, and the action to {WHERE}"
            ),
        }
    }
    seen
}

fn records(world: &World, report: &Value) -> Vec<Value> {
    verified_journal(&world.journal(), report["run"]["id"].as_str().unwrap()).0
}

#[test]
fn a_preflight_runs_no_command_that_the_list_does_not_allow() {
    let fake = Fake::ready();
    let report = fake.world.run(&PREFLIGHT).expect(0).report();
    let seen = hold(&records(&fake.world, &report));
    assert!(
        seen.contains("iam:simulateprincipalpolicy") && seen.len() > 7,
        "{seen:?}"
    );
}

#[test]
fn a_denied_action_blocks_by_its_name() {
    let fake = Fake::ready();
    fake.deny("eks:CreateCluster");
    let report = fake.world.run(&PREFLIGHT).expect(3).report();
    assert_eq!(common::blockers(&report), ["PERMISSION_MISSING"], "{report:#}");
    let denied = &report["preflight"]["evidence"]["permissions"]["denied"];
    assert_eq!(
        *denied,
        serde_json::json!([{"action": "eks:CreateCluster", "by": "explicit deny"}])
    );
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn the_rehearsals_preflights_run_no_command_that_the_list_does_not_allow() {
    for (profile, more) in [
        (
            "rehearsal-session",
            &["--cluster", "standing", "--bucket", "lakehouse-rehearsal-ours"][..],
        ),
        ("rehearsal-installer", &[]),
    ] {
        let world = rehearsal::world();
        let args = [
            "--exec",
            "docker",
            "preflight",
            "--root-domain",
            "rehearsal.test",
            "--profile",
            profile,
        ];
        let done = world.run(&args.iter().chain(more).copied().collect::<Vec<_>>());
        let seen = hold(&records(&world, &done.report()));
        assert!(
            seen.contains("iam:simulateprincipalpolicy"),
            "{profile}: {seen:?}"
        );
    }
}

/// A long but possible installation: every name at its greatest length.
fn long() -> Scope {
    Scope {
        partition: "aws-us-gov".into(),
        account: "123456789012".into(),
        region: "us-gov-west-1".into(),
        cluster: "c".repeat(46),
        bucket: "b".repeat(63),
        namespace: "n".repeat(63),
    }
}

/// The rehearsal account's installation.
fn usual() -> Scope {
    Scope {
        partition: "aws".into(),
        account: "000000000000".into(),
        region: "us-east-2".into(),
        cluster: "ingext-lakehouse".into(),
        bucket: "ingext-lakehouse-000000000000".into(),
        namespace: "ingext".into(),
    }
}

#[test]
fn each_policy_fits_into_one_managed_policy() {
    for need in [Need::Preflight, Need::Install, Need::Cleanup] {
        for scope in [usual(), long()] {
            let counted = PolicyDocument::new(need, &scope).counted();
            assert!(
                counted <= 6144,
                "{}: {counted} characters, {scope:?}",
                need.name()
            );
        }
    }
}

#[test]
fn each_action_exists() {
    let text = std::fs::read_to_string(root().join("fixtures/aws-actions.txt")).unwrap();
    let known: BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(' ').next())
        .collect();
    for action in groups().flat_map(|group| group.actions) {
        assert!(is_action(action), "{action}");
        assert!(
            known.contains(action),
            "{action}: look it up in AWS's reference, then add it to fixtures/aws-actions.txt"
        );
    }
    for grant in groups().filter_map(|group| group.grant) {
        assert!(["eks:*", "cloudformation:*"].contains(&grant), "{grant}");
    }
}

/// IAM's wildcards: `*` is any text.
fn fits(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => text == pattern,
        Some((begin, rest)) => text.strip_prefix(begin).is_some_and(|text| {
            (0..=text.len())
                .filter(|at| text.is_char_boundary(*at))
                .any(|at| fits(&text[at..], rest))
        }),
    }
}

#[test]
fn the_groups_are_in_order() {
    let mut known: BTreeMap<&str, &Group> = BTreeMap::new();
    for group in groups() {
        assert!(
            group.sid.chars().all(|c| c.is_ascii_alphanumeric()),
            "{}",
            group.sid
        );
        assert!(
            group.actions.is_sorted() && !group.actions.is_empty(),
            "{}",
            group.why
        );
        assert!(!group.on.is_empty() && !group.needs.is_empty(), "{}", group.why);
        let first = known.entry(group.sid).or_insert(group);
        assert_eq!(
            (first.when, first.grant),
            (group.when, group.grant),
            "{}",
            group.sid
        );
        if group.grant.is_none() {
            let patterns = |group: &Group| group.on.iter().map(|on| on.pattern).collect::<BTreeSet<_>>();
            assert_eq!(
                patterns(first),
                patterns(group),
                "{}: one statement, one set of resources",
                group.sid
            );
        }
        for Resource { pattern, sample, .. } in group.on {
            let (pattern, sample) = (usual().fill(pattern), usual().fill(sample));
            assert!(fits(&sample, &pattern), "{sample} is no {pattern}");
            assert!(
                !pattern.contains(['{', '}']) && (sample == "*" || !sample.contains('*')),
                "{sample}"
            );
        }
    }
}

#[test]
fn what_the_check_asks_is_what_the_policy_allows() {
    for scope in [usual(), long()] {
        let policy = PolicyDocument::new(Need::Install, &scope);
        let asked = wanted(&scope, None);
        assert!(asked.len() > 150, "{}", asked.len());
        for it in asked {
            let allowed = policy.statement.iter().any(|statement| {
                statement.action.iter().any(|action| fits(it.action, action))
                    && statement.resource.iter().any(|resource| fits(&it.on, resource))
            });
            assert!(allowed, "{it:?}");
        }
    }
}

#[test]
fn a_policy_grants_nothing_that_its_groups_do_not_name() {
    for need in [Need::Preflight, Need::Install, Need::Cleanup] {
        let named: BTreeSet<&str> = groups_for(need)
            .flat_map(|group| group.actions.iter().copied().chain(group.grant))
            .collect();
        for statement in PolicyDocument::new(need, &usual()).statement {
            assert_eq!(statement.effect, "Allow");
            for action in &statement.action {
                assert!(named.contains(action), "{action}");
                let reads = ["Describe", "Get", "List"]
                    .iter()
                    .any(|verb| action.contains(&format!(":{verb}")));
                assert!(
                    reads || !statement.resource.contains("*"),
                    "{}: {action} on everything",
                    need.name()
                );
            }
        }
    }
    let preflight = PolicyDocument::new(Need::Preflight, &usual());
    let changes = ["Create", "Delete", "Put", "Update", "Attach", "Pass", "Run"];
    for action in preflight.statement.iter().flat_map(|statement| &statement.action) {
        assert!(
            changes.iter().all(|verb| !action.contains(&format!(":{verb}"))),
            "a preflight looks: {action}"
        );
    }
}

#[test]
fn the_rehearsals_installer_has_the_policy_that_is_printed() {
    let path = root().join("docker/rehearsal/rehearsal/installer-policy.json");
    let wanted = serde_json::to_string_pretty(&PolicyDocument::new(Need::Install, &usual())).unwrap() + "\n";
    if std::env::var_os("LAKEHOUSE_BLESS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == wanted,
        "write it anew: LAKEHOUSE_BLESS=1 cargo test --locked --test permissions_list"
    );
}

fn printed(world: &World, words: &[&str]) -> Value {
    let all: Vec<&str> = ["policy"].iter().chain(words).copied().collect();
    serde_json::from_str(&world.run(&all).expect(0).stdout).unwrap()
}

#[test]
fn the_command_prints_the_policy_for_what_is_known_and_asks_nobody() {
    let world = World::new();
    let text = |policy: &Value| policy.to_string();
    let any = printed(&world, &[]);
    assert_eq!(any["Version"], "2012-10-17");
    assert_eq!(
        any,
        printed(&world, &["--for", "install"]),
        "install is the default"
    );
    assert!(text(&any).contains("arn:aws:eks:*:*:cluster/ingext-lakehouse"));
    assert!(text(&any).contains("arn:aws:s3:::ingext-lakehouse-*"));
    let named = printed(
        &world,
        &[
            "--region",
            "us-gov-west-1",
            "--cluster",
            "demo",
            "--bucket",
            "b-1",
            "--for=cleanup",
        ],
    );
    assert!(text(&named).contains("arn:aws-us-gov:eks:us-gov-west-1:*:cluster/demo"));
    assert!(text(&named).contains("arn:aws-us-gov:s3:::b-1/*"));
    assert_ne!(any, printed(&world, &["--for", "preflight"]));
    let file = "CLUSTER_NAME=kept\nAWS_ACCOUNT_ID=123456789012\nAWS_REGION=eu-west-1\n";
    std::fs::write(world.path("work/lakehouse_ingext.env"), file).unwrap();
    let kept = text(&printed(&world, &[]));
    assert!(
        kept.contains("arn:aws:eks:eu-west-1:123456789012:cluster/kept"),
        "{kept}"
    );
    assert!(kept.contains("arn:aws:s3:::kept-123456789012"), "{kept}");
    assert!(!world.path("state/lakehouse").exists(), "no run, no journal");
    let table = world
        .run(&["policy", "--output", "text"])
        .expect(0)
        .stdout
        .clone();
    assert!(
        table.contains("to make the VPC\n    ec2:CreateTags\n    ec2:CreateVpc"),
        "{table}"
    );
}

#[test]
fn the_flag_for_belongs_to_the_policy() {
    let world = World::new();
    for (words, said) in [
        (
            &["policy", "--for", "everything"][..],
            "one of preflight, install, cleanup",
        ),
        (
            &["preflight", "--for", "install"],
            "lakehouse policy --for install",
        ),
        (&["--for", "install"], "lakehouse policy --for install"),
        (&["policy", "--for"], "--for \"\": must be one of"),
        (&["policy", "extra"], "unexpected word"),
    ] {
        let done = world.run(words);
        assert_eq!(done.code, Some(2), "{words:?}");
        assert!(done.stderr.contains(said), "{words:?}: {}", done.stderr);
    }
    assert_eq!(
        world.run(&["--action", "policy", "--for", "preflight"]).code,
        Some(0)
    );
}
