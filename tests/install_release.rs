//! A Helm release, decided: what a wrong decision here breaks is somebody's own release, or an install that never ends.

mod install_cases;

use install_cases::desired;
use jiff::{SignedDuration, Timestamp};
use lakehouse::clients::kubectl::releases::{Record, parse_release_records};
use lakehouse::report::{Code, StepAction};
use lakehouse::steps::install::release::recovery::{Cut, Keeper};
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
        revision: Some(4),
        ..Found::default()
    }
}

/// One of ours that helm was at work on.
fn cut(status: &str, keeper: Keeper, age: i64, deployed: Option<u64>) -> Found {
    let begun: Timestamp = BEGUN.parse().unwrap();
    Found {
        status: status.to_owned(),
        cut: Some(Cut {
            record: Record {
                revision: 4,
                name: "sh.helm.release.v1.karpenter.v4".to_owned(),
                uid: "0d1e2f".to_owned(),
                resource_version: "977".to_owned(),
                status: status.to_owned(),
                written: Some(begun),
            },
            deployed,
            age: Some(SignedDuration::from_secs(age)),
            keeper,
            hooks: Vec::new(),
        }),
        ..ours()
    }
}

const BEGUN: &str = "2026-11-24T03:08:49Z";

fn held_since(since: &str) -> Keeper {
    Keeper::Ours {
        since: Some(since.parse().unwrap()),
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
        "release `karpenter`: chart 1.8.2 → 1.8.3; values differ at `replicas`; where that fails, `helm rollback karpenter 4`"
    );
    assert_eq!(decision.writes().len(), 1);
    let failed = Found {
        status: "failed".to_owned(),
        ..ours()
    };
    assert!(
        of(failed)
            .detail
            .contains("status `failed` since 2026-11-24T03:08:49Z → `deployed`")
    );
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
fn somebody_elses_release_in_the_middle_of_a_change_is_left_alone_and_the_way_out_fits_its_state() {
    for (status, way) in [
        ("pending-install", "`helm uninstall karpenter -n kube-system`"),
        ("pending-upgrade", "`helm rollback karpenter -n kube-system`"),
        ("pending-rollback", "`helm rollback karpenter -n kube-system`"),
        ("uninstalling", "`helm uninstall karpenter -n kube-system`"),
    ] {
        let decision = of(Found {
            status: status.to_owned(),
            created_by: None,
            ..ours()
        });
        assert_eq!(code(&decision), Code::ReleasePending);
        assert!(decision.adopted && decision.writes().is_empty());
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
fn ours_that_was_cut_short_is_brought_on_by_the_way_that_loses_nothing() {
    let old = 8 * 60;
    for status in ["pending-upgrade", "pending-rollback"] {
        let decision = of(cut(status, Keeper::Nobody, old, Some(3)));
        assert_eq!(decision.action, StepAction::Update);
        let lines: Vec<String> = decision
            .writes()
            .iter()
            .map(|it| it.ask.spec.argv().join(" "))
            .collect();
        assert_eq!(
            lines[0],
            "helm rollback karpenter 3 -n kube-system --history-max 10 --timeout 5m"
        );
        assert!(
            lines[1].starts_with("helm upgrade --install karpenter "),
            "{lines:?}"
        );
        for word in [
            "made by this installation",
            status,
            "since 2026-11-24T03:08:49Z, 8 min ago",
            "revision 3",
        ] {
            assert!(decision.detail.contains(word), "{word}: {}", decision.detail);
        }
    }
    let held = cut("pending-upgrade", Keeper::Ours { since: None }, old, Some(3));
    for (found, word) in [
        (held, "left by a helm that is gone"),
        (
            cut("pending-upgrade", Keeper::Nobody, old, Some(3)),
            "a person's own, with a longer limit, may still be at work",
        ),
    ] {
        let detail = of(found).detail;
        assert!(detail.contains(word), "{word}: {detail}");
    }
    for (status, deployed) in [
        ("pending-install", None),
        ("uninstalling", None),
        ("pending-upgrade", None),
    ] {
        let decision = of(cut(status, Keeper::Nobody, old, deployed));
        let [forget, install] = decision.writes() else {
            panic!("{decision:?}")
        };
        assert_eq!(
            forget.ask.spec.argv().join(" "),
            "kubectl delete --raw /api/v1/namespaces/kube-system/secrets/sh.helm.release.v1.karpenter.v4 -f -"
        );
        let options: Value = serde_json::from_slice(forget.ask.spec.stdin.as_ref().unwrap()).unwrap();
        assert_eq!(
            options["preconditions"],
            json!({"uid": "0d1e2f", "resourceVersion": "977"}),
            "a helm that lives has written it anew, and this is refused"
        );
        assert!(
            install
                .ask
                .spec
                .argv()
                .join(" ")
                .starts_with("helm upgrade --install karpenter ")
        );
        assert!(
            decision
                .writes()
                .iter()
                .all(|it| !it.ask.spec.argv().contains(&"uninstall".to_owned()))
        );
    }
}

#[test]
fn ours_is_never_touched_while_somebody_may_be_at_work_on_it() {
    let hour = 60 * 60;
    let lives = || Keeper::Lives("process 7 of the user `bob` holds the cluster's Lease".to_owned());
    for (keeper, age, word) in [
        (lives(), hour, "process 7 of the user `bob`"),
        (Keeper::Nobody, 60, "Run the same command after 6 min"),
        (Keeper::Nobody, -60, "Run the same command after 7 min"),
        // The dead run, or this one, took the Lease after it was begun: whose helm it is, is not known.
        (
            held_since("2026-11-24T03:09:00Z"),
            60,
            "Run the same command after 6 min",
        ),
        (
            Keeper::Ours { since: None },
            60,
            "Run the same command after 6 min",
        ),
    ] {
        let decision = of(cut("pending-install", keeper.clone(), age, None));
        let text = format!("{decision:?}");
        assert!(text.contains(word), "{keeper:?}: {text}");
        assert_eq!(code(&decision), Code::ReleasePending);
        assert!(decision.writes().is_empty() && !decision.adopted);
    }
}

#[test]
fn a_helm_that_was_stopped_is_told_with_what_it_waited_for() {
    let status = br#"{"name":"demo","info":{"status":"pending-install"},"hooks":[{"name":"init","kind":"Job","last_run":{"phase":"Running"}},{"name":"done","kind":"Job","last_run":{"phase":"Succeeded"}},{"name":"later","kind":"Job","last_run":{"phase":""}}],"version":1,"namespace":"x"}"#;
    let hooks = lakehouse::clients::helm::upgrade::parse_hooks(status).unwrap();
    assert_eq!(hooks, ["Job/init"]);
    let mut found = cut("pending-install", Keeper::Nobody, 3600, None);
    if let Some(cut) = &mut found.cut {
        cut.hooks = hooks;
    }
    let decision = of(found);
    assert!(
        decision.detail.contains("at the chart's hook `Job/init`"),
        "{}",
        decision.detail
    );
}

#[test]
fn a_run_that_follows_a_killed_one_of_this_machine_does_not_wait() {
    for since in ["2026-11-24T03:08:40.123456Z", "2026-11-24T03:08:49.900000Z"] {
        let decision = of(cut("pending-install", held_since(since), 2, None));
        assert_eq!(decision.writes().len(), 2, "{since}: {decision:?}");
    }
}

#[test]
fn a_change_that_ended_between_two_questions_is_looked_at_again() {
    let decision = of(Found {
        status: "pending-upgrade".to_owned(),
        ..ours()
    });
    assert!(matches!(decision.verdict, Verdict::Waiting(_)), "{decision:?}");
}

#[test]
fn helms_records_are_read_whole_or_not_at_all() {
    let text = concat!(
        "records\nsh.helm.release.v1.demo.v10\tu-10\t99\t",
        r#"{"createdAt":"1763952529","modifiedAt":"1763952530","name":"demo","owner":"helm","status":"pending-upgrade","version":"10"}"#,
        "\nsh.helm.release.v1.demo.v9\tu-9\t98\t",
        r#"{"status":"deployed"}"#,
        "\nend\n"
    );
    let records = parse_release_records(text.as_bytes(), "demo").unwrap();
    assert_eq!(
        records
            .iter()
            .map(|it| (it.revision, it.status.as_str()))
            .collect::<Vec<_>>(),
        [(9, "deployed"), (10, "pending-upgrade")]
    );
    assert_eq!(records[1].written, Timestamp::from_second(1_763_952_530).ok());
    for length in 0..text.len() {
        assert!(
            parse_release_records(&text.as_bytes()[..length], "demo").is_err(),
            "cut after {length}"
        );
    }
    assert!(parse_release_records(text.as_bytes(), "other").is_err());
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
        of(cut("pending-install", Keeper::Nobody, 3600, None)),
        of(cut("pending-upgrade", Keeper::Nobody, 3600, Some(3))),
        of(cut("pending-upgrade", Keeper::Nobody, 1, Some(3))),
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

#[test]
fn a_newer_chart_than_the_locked_one_is_never_taken_back_unasked() {
    for version in ["1.8.4", "1.10.0", "2.0.0", "v1.9.0", "1.9.0-rc.1"] {
        let decision = of(Found {
            version: version.to_owned(),
            ..ours()
        });
        assert_eq!(code(&decision), Code::ReleaseNewer, "{version}");
        assert!(decision.writes().is_empty() && !decision.adopted);
    }
    let failed = Found {
        version: "1.8.4".to_owned(),
        status: "failed".to_owned(),
        ..ours()
    };
    assert_eq!(
        of(failed).action,
        StepAction::Update,
        "what never came to run is no newer version"
    );
    let cut_short = |deployed| {
        of(Found {
            version: "1.8.4".to_owned(),
            ..cut("pending-upgrade", Keeper::Nobody, 3600, deployed)
        })
    };
    assert_eq!(
        code(&cut_short(Some(3))),
        Code::ReleaseNewer,
        "a newer lakehouse was at work on it, and is to end it"
    );
    assert_eq!(cut_short(None).action, StepAction::Update);
    let odd = Found {
        version: "newest".to_owned(),
        ..ours()
    };
    assert_eq!(of(odd).action, StepAction::Update);
}

#[test]
fn another_version_or_other_values_can_be_brought_back_and_a_mended_object_needs_not() {
    let back = |found: Found| {
        let upgrade = of(found).upgrade?;
        let [write] = upgrade.back.as_slice() else {
            panic!("{upgrade:?}")
        };
        let line = write.ask.spec.argv().join(" ");
        Some((upgrade.from, upgrade.to, line))
    };
    let rollback = "helm rollback karpenter 4 -n kube-system --history-max 10 --timeout 5m".to_owned();
    let older = Found {
        version: "1.8.2".to_owned(),
        ..ours()
    };
    assert_eq!(
        back(older.clone()),
        Some(("1.8.2".to_owned(), "1.8.3".to_owned(), rollback.clone()))
    );
    let mut other = ours();
    other.values["replicas"] = json!(1);
    assert_eq!(back(other).unwrap().2, rollback);
    let drifted = Found {
        drift: vec!["Deployment/karpenter is gone".to_owned()],
        ..ours()
    };
    assert_eq!(back(drifted), None);
    let failed = Found {
        status: "failed".to_owned(),
        ..older
    };
    assert_eq!(
        back(failed.clone()),
        None,
        "its newest revision is none to go back to"
    );
    let before = Some((3, "1.8.1".to_owned()));
    let again = Found {
        deployed: before.clone(),
        ..failed
    };
    let to_the_one_before = rollback.replace(" 4 ", " 3 ");
    assert_eq!(
        back(again),
        Some(("1.8.1".to_owned(), "1.8.3".to_owned(), to_the_one_before.clone()))
    );
    let begun_again = Found {
        deployed: before,
        ..cut("pending-upgrade", Keeper::Nobody, 8 * 60, Some(3))
    };
    assert_eq!(
        back(begun_again).unwrap().2,
        to_the_one_before,
        "an upgrade that was cut short and fails again goes back too"
    );
}

#[test]
fn objects_that_were_changed_by_hand_are_mended_by_helm_and_those_that_it_leaves_by_kubectl() {
    let decision = of(Found {
        drift: vec!["NodePool/pool was changed at spec.limits.cpu".to_owned()],
        custom: vec![json!({"kind": "NodePool", "metadata": {"name": "pool"}})],
        ..ours()
    });
    assert_eq!(decision.action, StepAction::Update);
    assert_eq!(
        decision.detail,
        "release `karpenter`: NodePool/pool was changed at spec.limits.cpu"
    );
    let [apply, upgrade] = decision.writes() else {
        panic!("{decision:?}")
    };
    assert_eq!(
        apply.ask.spec.argv().join(" "),
        "kubectl apply --server-side --force-conflicts --field-manager helm -f - -o name --request-timeout 15s"
    );
    let list: Value = serde_json::from_slice(apply.ask.spec.stdin.as_ref().unwrap()).unwrap();
    assert_eq!(list["items"][0]["metadata"]["name"], "pool");
    assert!(upgrade.ask.spec.argv().join(" ").starts_with("helm upgrade"));
    assert_eq!(
        decision.desired,
        of(ours()).desired,
        "the digest is that of the plan"
    );
}

#[test]
fn an_object_that_is_being_deleted_stops_the_release_before_helm_patches_what_goes_anyway() {
    let how = "PersistentVolumeClaim/data is being deleted, and its finalizer kubernetes.io/pvc-protection holds it";
    let decision = of(Found {
        drift: vec![how.to_owned()],
        leaving: vec![how.to_owned()],
        ..ours()
    });
    assert_eq!(code(&decision), Code::OperationInProgress);
    assert_eq!(decision.action, StepAction::Unknown);
    assert!(decision.writes().is_empty() && !decision.adopted);
    let Verdict::Blocked(stops) = &decision.verdict else {
        panic!()
    };
    assert!(stops[0].message.contains(how), "{stops:?}");
    assert_eq!(decision.desired, of(ours()).desired);
}

#[test]
fn kinds_that_helm_does_not_upgrade_are_applied_and_served_before_its_upgrade() {
    let decision = of(Found {
        version: "1.8.2".to_owned(),
        kinds: Some("kind: CustomResourceDefinition".to_owned()),
        ..ours()
    });
    let lines: Vec<String> = decision
        .writes()
        .iter()
        .map(|write| write.ask.spec.argv().join(" "))
        .collect();
    assert_eq!(
        lines[..2],
        [
            "kubectl apply --server-side --force-conflicts --field-manager lakehouse -f - -o name --request-timeout 15s",
            "kubectl wait --for=condition=Established -f - --timeout 60s"
        ]
    );
    assert!(
        lines[2].starts_with("helm upgrade --install karpenter "),
        "{lines:?}"
    );
    assert_eq!(decision.writes()[0].document, Some("kinds.yaml"));
}
