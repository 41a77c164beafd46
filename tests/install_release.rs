//! A Helm release, decided: what a wrong decision here breaks is somebody's own release, or an install that never ends.

mod install_cases;

use install_cases::desired;
use lakehouse::report::{Code, StepAction};
use lakehouse::steps::install::release::{Found, Observed, Wanted, decide, parse_metadata};
use lakehouse::steps::install::{Decision, Verdict};
use serde_json::{Value, json};

fn wanted() -> Wanted {
    Wanted {
        name: "karpenter",
        namespace: "kube-system".to_owned(),
        chart: "karpenter",
        values: json!({"replicas": 2, "settings": {"clusterName": "demo"}}),
    }
}

fn ours() -> Found {
    Found {
        chart: "karpenter".to_owned(),
        version: "1.8.3".to_owned(),
        status: "deployed".to_owned(),
        since: Some("2026-11-24T03:08:49Z".to_owned()),
        values: wanted().values,
        created_by: Some(desired().installation().to_string()),
    }
}

fn of(found: Found) -> Decision {
    decide(&desired(), &wanted(), &Observed::There(found))
}

fn code(decision: &Decision) -> Code {
    match &decision.verdict {
        Verdict::Blocked(stops) => stops[0].code,
        other => panic!("not blocked: {other:?}"),
    }
}

#[test]
fn what_is_not_there_is_installed_by_one_command_with_its_values_by_stdin() {
    for observed in [Observed::NoCluster, Observed::Absent] {
        let decision = decide(&desired(), &wanted(), &observed);
        assert_eq!(decision.action, StepAction::Create);
        let [write] = decision.writes() else {
            panic!("{decision:?}")
        };
        let installation = desired().installation();
        assert_eq!(
            write.ask.spec.argv().join(" "),
            format!(
                "helm upgrade --install karpenter oci://public.ecr.aws/karpenter/karpenter --version 1.8.3 -n kube-system -f - --labels lakehouse.ingext.io/created-by={installation} --history-max 10 --reset-values --timeout 5m"
            )
        );
        let stdin: Value = serde_json::from_slice(write.ask.spec.stdin.as_ref().unwrap()).unwrap();
        assert_eq!(stdin, wanted().values);
        assert_eq!(write.document, Some("values.yaml"));
    }
}

#[test]
fn ours_as_wanted_is_settled_and_a_number_written_another_way_is_the_same_number() {
    let mut found = ours();
    found.values["replicas"] = json!(2.0);
    assert!(matches!(of(found).verdict, Verdict::Settled));
}

#[test]
fn ours_that_differs_is_updated_and_the_plan_says_from_what_to_what() {
    let mut old = ours();
    old.version = "1.8.2".to_owned();
    old.values["replicas"] = json!(1);
    let decision = of(old);
    assert_eq!(decision.action, StepAction::Update);
    assert_eq!(
        decision.detail,
        "release `karpenter`: chart 1.8.2 → 1.8.3; values differ at `replicas`"
    );
    assert_eq!(decision.writes().len(), 1);
    let failed = Found {
        status: "failed".to_owned(),
        ..ours()
    };
    assert!(of(failed).detail.contains("status `failed` → `deployed`"));
    let added = Found {
        values: json!({"replicas": 2, "settings": {"clusterName": "demo"}, "x": 1}),
        ..ours()
    };
    assert!(
        of(added).detail.contains("`x`"),
        "a value that only the release has is drift too"
    );
}

#[test]
fn somebody_elses_is_used_where_it_is_as_wanted_and_never_written() {
    for created_by in [None, Some("lh-0000000000000000".to_owned())] {
        let same = Found {
            created_by: created_by.clone(),
            ..ours()
        };
        let decision = of(same);
        assert!(
            decision.adopted && matches!(decision.verdict, Verdict::Settled),
            "{decision:?}"
        );
        let other = Found {
            created_by: created_by.clone(),
            values: json!({}),
            ..ours()
        };
        let decision = of(other);
        assert!(decision.adopted && decision.writes().is_empty());
        assert_eq!(code(&decision), Code::ReleaseConflict);
        let failed = Found {
            created_by,
            status: "failed".to_owned(),
            ..ours()
        };
        assert_eq!(code(&of(failed)), Code::ReleaseConflict);
    }
}

#[test]
fn another_chart_under_the_name_is_never_overwritten_whoever_made_it() {
    let found = Found {
        chart: "nginx".to_owned(),
        ..ours()
    };
    assert_eq!(code(&of(found)), Code::ReleaseConflict);
}

#[test]
fn a_release_in_the_middle_of_a_change_is_left_alone_and_the_way_out_fits_its_state() {
    for (status, way) in [
        ("pending-install", "`helm uninstall karpenter -n kube-system`"),
        ("pending-upgrade", "`helm rollback karpenter -n kube-system`"),
        ("pending-rollback", "`helm rollback karpenter -n kube-system`"),
        ("uninstalling", "`helm uninstall karpenter -n kube-system`"),
    ] {
        let decision = of(Found {
            status: status.to_owned(),
            ..ours()
        });
        assert_eq!(code(&decision), Code::ReleasePending);
        let Verdict::Blocked(stops) = &decision.verdict else {
            panic!()
        };
        assert!(stops[0].remedy.contains(way), "{}", stops[0].remedy);
        assert!(
            stops[0].message.contains("since 2026-11-24T03:08:49Z"),
            "{}",
            stops[0].message
        );
        assert!(stops[0].remedy.contains("--profile dev"));
    }
}

#[test]
fn one_removed_with_its_history_kept_is_installed_anew() {
    let decision = of(Found {
        status: "uninstalled".to_owned(),
        ..ours()
    });
    assert_eq!(decision.action, StepAction::Create);
}

#[test]
fn what_is_left_of_a_plan_has_its_digest() {
    let all = [
        decide(&desired(), &wanted(), &Observed::NoCluster),
        decide(&desired(), &wanted(), &Observed::Absent),
        of(ours()),
        of(Found {
            status: "failed".to_owned(),
            ..ours()
        }),
        of(Found {
            version: "1.0.0".to_owned(),
            ..ours()
        }),
    ];
    for decision in &all {
        assert_eq!(decision.desired, all[0].desired);
        assert!(!decision.adopted);
    }
    let mut other = wanted();
    other.values["replicas"] = json!(3);
    assert_ne!(
        decide(&desired(), &other, &Observed::Absent).desired,
        all[0].desired
    );
}

#[test]
fn text_of_a_cluster_never_stands_in_a_message() {
    let found = Found {
        version: "1 \u{1b}[2J`rm`".to_owned(),
        values: json!({"`rm -rf`": 1}),
        created_by: None,
        ..ours()
    };
    let Verdict::Blocked(stops) = of(found).verdict else {
        panic!()
    };
    assert!(!stops[0].message.contains("rm"), "{}", stops[0].message);
}

#[test]
fn the_tools_answers_are_read_as_they_came() {
    // Recorded: helm 3.
    let metadata = parse_metadata(
        br#"{"name":"demo","chart":"demo","version":"1.2.3","appVersion":"","namespace":"ingext","revision":4,"status":"deployed","deployedAt":"2026-11-24T03:08:49Z"}"#,
        "demo",
        "ingext",
    )
    .unwrap();
    assert_eq!(
        (metadata.chart.as_str(), metadata.version.as_str()),
        ("demo", "1.2.3")
    );
    assert!(
        parse_metadata(
            br#"{"name":"other","chart":"demo","version":"1","namespace":"ingext","status":"x"}"#,
            "demo",
            "ingext"
        )
        .is_err()
    );
}
