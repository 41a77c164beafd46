//! Core's steps, decided: what a wrong decision here breaks is a secret that changes under its users, a namespace of
//! somebody else's, or pods that start before what they need.

mod install_cases;
mod install_parts;

use install_cases::{desired, settled, stops};
use install_parts::{found, golden, ours, theirs};
use lakehouse::report::{Code, StepAction};
use lakehouse::steps::install::core::app_secret::{self, Token, decide_absent, decide_found, parse_found};
use lakehouse::steps::install::core::{ETCD, ETCD_CRON_JOB, MANAGER_ROLE, STACK, namespace, service_account};
use lakehouse::steps::install::release::Observed;
use lakehouse::steps::install::{LAST_PHASE, parts, steps};
use proptest::prelude::*;
use serde_json::{Value, json};

fn a_namespace(phase: &str, created_by: Option<&str>) -> Value {
    let labels = created_by.map_or(json!({}), |id| json!({ "lakehouse.ingext.io/created-by": id }));
    json!({
        "kind": "Namespace", "metadata": { "name": "ingext", "labels": labels }, "status": { "phase": phase,
            "conditions": [
                { "type": "NamespaceContentRemaining", "status": "True", "message": "pods has 1 instance" },
                { "type": "NamespaceDeletionContentFailure", "status": "False", "message": "all is well" }
            ] }
    })
}

#[test]
fn a_namespace_is_made_with_our_mark_and_one_that_is_there_is_used() {
    let decision = namespace::decide(&desired(), None);
    assert_eq!(decision.action, StepAction::Create);
    let [write] = decision.writes() else {
        panic!("{decision:?}")
    };
    assert_eq!(
        write.ask.spec.argv().join(" "),
        "kubectl create --field-manager lakehouse -f - -o name --request-timeout 15s"
    );
    let object: Value = serde_json::from_slice(write.ask.spec.stdin.as_ref().unwrap()).unwrap();
    let id = desired().installation().to_string();
    assert_eq!(object["metadata"]["labels"]["lakehouse.ingext.io/created-by"], id);
    assert_eq!(write.document, Some("namespace.yaml"));
    let ours = namespace::read(&a_namespace("Active", Some(&id)));
    let decision = namespace::decide(&desired(), Some(&ours));
    assert!(settled(&decision) && !decision.adopted, "{decision:?}");
    for other in [None, Some("lh-0000000000000000")] {
        let theirs = namespace::read(&a_namespace("Active", other));
        let decision = namespace::decide(&desired(), Some(&theirs));
        assert!(settled(&decision) && decision.adopted, "{decision:?}");
    }
}

#[test]
fn a_namespace_that_is_being_deleted_is_a_blocker_that_says_what_holds_it() {
    let mut deleted = a_namespace("Active", None);
    deleted["metadata"]["deletionTimestamp"] = json!("2026-11-24T03:00:00Z");
    for leaving in [a_namespace("Terminating", None), deleted] {
        let decision = namespace::decide(&desired(), Some(&namespace::read(&leaving)));
        let [stop] = stops(&decision) else {
            panic!("{decision:?}")
        };
        assert_eq!(stop.code, Code::NamespaceTerminating);
        assert_eq!(stop.said.as_deref(), Some("pods has 1 instance"));
        assert!(!stop.message.contains("pods has 1 instance"));
        assert!(
            stop.remedy.contains("kubectl wait --for=delete namespace/ingext"),
            "{stop:?}"
        );
    }
}

#[test]
fn a_secret_that_stands_is_never_written_whatever_is_in_it() {
    let ours = Some(desired().installation().to_string());
    for (line, is_settled, is_adopted) in [
        (
            format!("secret token  {}\n", desired().installation()),
            true,
            false,
        ),
        ("secret token  \n".to_owned(), true, true),
        (format!("secret   {}\n", desired().installation()), false, false),
        ("secret   \n".to_owned(), false, true),
        ("secret token leaving \n".to_owned(), false, true),
    ] {
        let found = parse_found(line.as_bytes()).unwrap();
        assert_eq!(found.created_by == ours, !is_adopted);
        let decision = decide_found(&desired(), &found);
        assert!(decision.writes().is_empty(), "{line}");
        assert_eq!(settled(&decision), is_settled, "{line}");
        assert_eq!(decision.adopted, is_adopted, "{line}");
        if !is_settled {
            let [stop] = stops(&decision) else {
                panic!("{line}")
            };
            assert_eq!(stop.code, Code::AppSecretUnusable);
            assert!(stop.remedy.contains("app-secret"), "{stop:?}");
        }
    }
}

#[test]
fn an_answer_about_the_secret_that_is_not_one_is_never_taken_for_a_secret_without_a_token() {
    for bytes in [
        "",
        "\n",
        "secret token  ",
        "secret  \n",
        "secret dG9rZW4=  \n",
        "<html></html>\n",
        "secret token gone \n",
        "secret token  a b\n",
    ] {
        assert!(parse_found(bytes.as_bytes()).is_err(), "{bytes:?}");
    }
}

#[test]
fn a_token_is_of_the_systems_random_source_and_another_each_time() {
    let of = |token: &Token| stdin(token)["stringData"]["token"].as_str().unwrap().to_owned();
    let (one, other) = (of(&Token::random().unwrap()), of(&Token::random().unwrap()));
    assert_ne!(one, other);
    for token in [one, other] {
        assert_eq!(token.len(), 64);
        assert!(token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}

fn stdin(token: &Token) -> Value {
    let decision = decide_absent(&desired(), token);
    serde_json::from_slice(decision.writes()[0].ask.spec.stdin.as_ref().unwrap()).unwrap()
}

proptest! {
    /// Once made, a token stands in the Secret alone.
    #[test]
    fn the_token_is_in_no_argument_no_plan_and_no_digest(bytes in any::<[u8; 32]>()) {
        use base64::Engine as _;
        let token = Token::of(&bytes);
        let text = stdin(&token)["stringData"]["token"].as_str().unwrap().to_owned();
        let encoded = base64::engine::general_purpose::STANDARD.encode(&text);
        let decision = decide_absent(&desired(), &token);
        let [write] = decision.writes() else { panic!() };
        let spec = &write.ask.spec;
        // `create`: an `apply` would change the one that stands.
        prop_assert_eq!(spec.args[0].as_str(), "create");
        prop_assert_eq!(write.document, None);
        prop_assert!(spec.secrets.contains(&text) && spec.secrets.contains(&encoded));
        let seen = format!("{:?} {} {} {}", spec.argv(), spec.purpose, decision.detail, decision.desired);
        prop_assert!(!seen.contains(&text) && !seen.contains(&encoded));
        // What is wanted is the same for every token, and for the one that stands.
        let found = parse_found(format!("secret token  {}\n", desired().installation()).as_bytes()).unwrap();
        prop_assert_eq!(decide_found(&desired(), &found).desired, decision.desired);
    }
}

#[test]
fn the_service_account_belongs_to_its_chart() {
    let wanted = service_account::wanted(&desired());
    let part = || service_account::part(&desired());
    assert_eq!(part().name, "ingext-sa");
    let of = |observed: &Observed, object: Option<Value>| {
        parts::decide(&desired(), &wanted, observed, &[(part(), object)])
    };
    assert_eq!(of(&Observed::Absent, None).action, StepAction::Create);
    assert_eq!(of(&Observed::NoCluster, None).action, StepAction::Create);
    // Left over from a release of that name: helm takes it over.
    assert_eq!(
        of(&Observed::Absent, Some(ours(&wanted, json!({})))).action,
        StepAction::Create
    );
    let made = found(&wanted);
    assert!(settled(&of(&made, Some(ours(&wanted, json!({}))))));
    // Taken away by hand: helm makes it anew.
    let gone = of(&made, None);
    assert_eq!((gone.action, gone.writes().len()), (StepAction::Update, 1));
    // On its way out, it is neither as it should be nor gone.
    for observed in [&made, &theirs(&wanted), &Observed::Absent] {
        let leaving = json!({ "metadata": { "deletionTimestamp": "2026-11-24T03:00:00Z", "finalizers": ["x.io/held"] } });
        let decision = of(observed, Some(ours(&wanted, leaving)));
        let [stop] = stops(&decision) else {
            panic!("{decision:?}")
        };
        assert_eq!(stop.code, Code::OperationInProgress);
        assert!(
            stop.message.contains("`ingext/ingext-sa` is being deleted"),
            "{stop:?}"
        );
    }
    // Of somebody else's release, nothing is written.
    let decision = of(&theirs(&wanted), None);
    assert_eq!(stops(&decision)[0].code, Code::ReleaseConflict);
}

#[test]
fn a_service_account_that_was_made_by_hand_is_a_blocker_before_helm_refuses_it() {
    let wanted = service_account::wanted(&desired());
    let by_hand =
        json!({ "kind": "ServiceAccount", "metadata": { "name": "ingext-sa", "namespace": "ingext" } });
    let without_label = json!({ "metadata": { "annotations": {
        "meta.helm.sh/release-name": "ingext-serviceaccount", "meta.helm.sh/release-namespace": "ingext" } } });
    for object in [by_hand, without_label] {
        let seen = [(service_account::part(&desired()), Some(object))];
        let decision = parts::decide(&desired(), &wanted, &Observed::Absent, &seen);
        let [stop] = stops(&decision) else {
            panic!("{decision:?}")
        };
        assert_eq!(stop.code, Code::OwnedByOthers);
        assert!(stop.message.contains("`ingext/ingext-sa`"), "{stop:?}");
        assert!(
            stop.remedy
                .contains("kubectl delete serviceaccounts ingext-sa -n ingext"),
            "{stop:?}"
        );
    }
}

#[test]
fn the_charts_are_installed_as_their_repository_has_them() {
    for step in [MANAGER_ROLE, STACK, ETCD, ETCD_CRON_JOB] {
        golden(step.id, &(step.wanted)(&desired()));
    }
    golden("service-account", &service_account::wanted(&desired()));
    let names: Vec<&str> = STACK.workloads.iter().map(|it| it.name).collect();
    assert_eq!(
        names,
        ["ingext-stack-redis-master", "opensearch-master", "vmsingle"]
    );
}

/// All steps before `id`, near and far.
fn before(id: &str) -> Vec<&'static str> {
    let all = steps(LAST_PHASE);
    let mut found: Vec<&'static str> = Vec::new();
    let mut next: Vec<&'static str> = vec![all.iter().find(|step| step.id() == id).unwrap().id()];
    while let Some(one) = next.pop() {
        for earlier in all.iter().find(|step| step.id() == one).unwrap().after() {
            if !found.contains(earlier) {
                found.push(earlier);
                next.push(earlier);
            }
        }
    }
    found
}

#[test]
fn no_pod_starts_before_its_role_its_account_its_secret_its_volume_and_a_node() {
    for id in [
        "stack",
        "etcd",
        "etcd-cronjob",
        "community-init",
        "community",
        "lake",
    ] {
        let before = before(id);
        for needed in [
            "namespace",
            "lake-association",
            "service-account",
            "app-secret",
            "storage-class",
            "addons",
            "node-group",
        ] {
            assert!(before.contains(&needed), "{id} may begin before {needed}");
        }
    }
    for id in ["community-init", "community", "lake"] {
        assert!(before(id).contains(&"community-config"), "{id}");
    }
    assert!(before("lake").contains(&"lake-config"));
    for pool in ["merge-pool", "search-pool"] {
        assert!(
            before(pool).contains(&"karpenter"),
            "the pool's kinds are Karpenter's"
        );
    }
}

#[test]
fn charts_without_an_order_between_them_go_side_by_side() {
    for (one, other) in [
        ("stack", "etcd"),
        ("service-account", "app-secret"),
        ("service-account", "manager-role"),
        ("merge-pool", "search-pool"),
        ("s3-lake", "community"),
        ("stack", "karpenter"),
    ] {
        assert!(
            !before(one).contains(&other) && !before(other).contains(&one),
            "{one} and {other}"
        );
    }
}

#[test]
fn what_is_asked_of_the_secret_does_not_print_it() {
    // The whole of it: `.data.token` is only tested, never printed.
    assert_eq!(
        app_secret::template(),
        concat!(
            r#"go-template={{"secret "}}{{with .data}}{{with .token}}{{"token"}}{{end}}{{end}}{{" "}}"#,
            r#"{{with .metadata.deletionTimestamp}}{{"leaving"}}{{end}}{{" "}}"#,
            r#"{{with .metadata.labels}}{{with index . "lakehouse.ingext.io/created-by"}}{{.}}{{end}}{{end}}{{"\n"}}"#,
        )
    );
}
