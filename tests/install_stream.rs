//! Stream's steps, decided: what a wrong decision here breaks is an application that was never prepared, or one that is
//! prepared anew each day.

mod install_cases;
mod install_parts;

use install_cases::{desired, settled, stops};
use install_parts::{found, golden, older, ours, theirs};
use lakehouse::clients::kubectl::logs::parse_newest;
use lakehouse::clients::kubectl::releases::Record;
use lakehouse::report::{Code, StepAction};
use lakehouse::steps::install::parts::Whose;
use lakehouse::steps::install::release::recovery::{Cut, Keeper};
use lakehouse::steps::install::release::{Found, Observed as Release};
use lakehouse::steps::install::stream::init::{self, Failed, Job, Observed, decide, wanted};
use lakehouse::steps::install::stream::{COMMUNITY, wanted_config};
use lakehouse::steps::install::{Decision, Verdict};
use serde_json::{Value, json};

fn seen(release: Release, noted: bool, job: Job) -> Observed {
    let there = matches!(release, Release::There(_));
    Observed {
        release,
        revision: there.then_some(3),
        noted,
        job,
        waiting: None,
    }
}

fn of(release: Release, noted: bool, job: Job) -> Decision {
    decide(&desired(), &seen(release, noted, job))
}

fn lines(decision: &Decision) -> Vec<String> {
    let line = |argv: Vec<String>| argv.join(" ").split(" --").next().unwrap().to_owned();
    decision
        .writes()
        .iter()
        .map(|write| line(write.ask.spec.argv()))
        .collect()
}

fn failed(reason: &str, last_lines: Option<&str>) -> Job {
    Job::Failed(Failed {
        reason: Some(reason.to_owned()),
        said: Some("Job has reached the specified backoff limit".to_owned()),
        last_lines: last_lines.map(str::to_owned),
    })
}

#[test]
fn a_job_that_never_ran_is_never_taken_for_done() {
    assert_eq!(
        of(Release::NoCluster, false, Job::Absent).action,
        StepAction::Create
    );
    assert_eq!(of(Release::Absent, false, Job::Absent).action, StepAction::Create);
    // helm says `deployed`, the Job is gone, and nothing says how it ended: it may have failed an hour ago.
    let decision = of(found(&wanted(&desired())), false, Job::Absent);
    assert_eq!(decision.action, StepAction::Update);
    assert_eq!(lines(&decision), ["helm upgrade"]);
    assert!(decision.detail.contains("nothing says"), "{}", decision.detail);
}

#[test]
fn a_completed_job_is_noted_on_the_revision_it_belongs_to_and_then_left_alone() {
    let release = || found(&wanted(&desired()));
    let decision = of(release(), false, Job::Complete);
    let [write] = decision.writes() else {
        panic!("{decision:?}")
    };
    assert_eq!(
        write.ask.spec.argv().join(" "),
        "kubectl label secrets sh.helm.release.v1.ingext-community-init.v3 lakehouse.ingext.io/init-completed=3 -n ingext --overwrite -o name --request-timeout 15s"
    );
    // A day later Kubernetes has removed the Job.
    for job in [Job::Absent, Job::Complete] {
        let decision = of(release(), true, job);
        assert!(settled(&decision), "{decision:?}");
        assert!(decision.detail.contains("completed"));
    }
}

#[test]
fn what_is_wanted_is_the_same_at_every_stage() {
    let release = || found(&wanted(&desired()));
    let begin = of(Release::Absent, false, Job::Absent).desired;
    for decision in [
        of(release(), false, Job::Running),
        of(release(), false, Job::Complete),
        of(release(), true, Job::Absent),
        of(older(&wanted(&desired())), false, Job::Complete),
    ] {
        assert_eq!(decision.desired, begin);
        assert!(!decision.adopted);
    }
}

#[test]
fn a_job_that_runs_is_waited_for() {
    for job in [Job::Running, Job::Leaving] {
        let decision = of(found(&wanted(&desired())), false, job);
        assert!(matches!(decision.verdict, Verdict::Waiting(_)), "{decision:?}");
    }
}

#[test]
fn a_job_that_failed_is_told_with_its_last_lines_and_the_way_on() {
    let release = || found(&wanted(&desired()));
    let decision = of(
        release(),
        false,
        failed("BackoffLimitExceeded", Some("can't reach redis")),
    );
    let [stop] = stops(&decision) else {
        panic!("{decision:?}")
    };
    assert_eq!(stop.code, Code::JobFailed);
    assert_eq!(stop.said.as_deref(), Some("can't reach redis"));
    assert!(!stop.message.contains("redis"), "the pod's words are its own");
    assert!(stop.message.contains("BackoffLimitExceeded"));
    assert!(
        stop.remedy
            .contains("kubectl delete job ingext-community-init -n ingext"),
        "{stop:?}"
    );
    // A Job that took too long has no pods left: its own message is what there is.
    let decision = of(release(), false, failed("DeadlineExceeded", None));
    let [stop] = stops(&decision) else {
        panic!("{decision:?}")
    };
    assert!(stop.message.contains("DeadlineExceeded"), "{stop:?}");
    assert!(stop.said.is_some());
    // A reason that nobody knows is no word of a message.
    let decision = of(release(), false, failed("Run `rm -rf /`", None));
    assert!(!stops(&decision)[0].message.contains("rm -rf"));
}

#[test]
fn a_job_that_stands_is_deleted_before_helm_writes_it_anew_and_the_plan_shows_both() {
    for job in [
        Job::Complete,
        Job::Running,
        failed("BackoffLimitExceeded", None),
        Job::Leaving,
    ] {
        let decision = of(older(&wanted(&desired())), true, job);
        assert_eq!(decision.action, StepAction::Update);
        assert_eq!(
            lines(&decision),
            [
                "kubectl delete jobs.batch ingext-community-init -n ingext",
                "helm upgrade"
            ]
        );
        assert!(decision.detail.contains("deleted"), "{}", decision.detail);
    }
    let decision = of(older(&wanted(&desired())), true, Job::Absent);
    assert_eq!(lines(&decision), ["helm upgrade"]);
    let back: Vec<String> = decision
        .upgrade
        .unwrap()
        .back
        .iter()
        .map(|it| it.ask.spec.argv()[..2].join(" "))
        .collect();
    assert_eq!(
        back,
        ["kubectl delete", "helm rollback"],
        "nor can helm bring back the Job that the newer chart made"
    );
}

#[test]
fn a_change_that_a_killed_helm_left_is_brought_on_past_each_job_that_it_makes() {
    let cut = |deployed| {
        let Release::There(release) = found(&wanted(&desired())) else {
            unreachable!()
        };
        let record = Record {
            revision: 4,
            name: "sh.helm.release.v1.ingext-community-init.v4".to_owned(),
            uid: "u".to_owned(),
            resource_version: "9".to_owned(),
            status: "pending-upgrade".to_owned(),
            written: None,
        };
        Release::There(Found {
            status: "pending-upgrade".to_owned(),
            cut: Some(Cut {
                record,
                deployed,
                age: Some(jiff::SignedDuration::from_mins(9)),
                keeper: Keeper::Nobody,
                hooks: Vec::new(),
            }),
            ..release
        })
    };
    let delete = "kubectl delete jobs.batch ingext-community-init -n ingext";
    assert_eq!(
        lines(&of(cut(Some(3)), false, Job::Running)),
        [
            delete,
            "helm rollback ingext-community-init 3 -n ingext",
            delete,
            "helm upgrade"
        ]
    );
    assert_eq!(
        lines(&of(cut(None), false, Job::Running)),
        ["kubectl delete", delete, "helm upgrade"]
    );
}

#[test]
fn a_release_of_somebody_elses_is_never_run_again_and_its_end_is_not_guessed() {
    let release = || theirs(&wanted(&desired()));
    let decision = of(release(), false, Job::Absent);
    assert!(decision.adopted);
    let [stop] = stops(&decision) else {
        panic!("{decision:?}")
    };
    assert_eq!(stop.code, Code::InitJobUnknown);
    assert!(
        stop.remedy.contains(
            "kubectl label secret sh.helm.release.v1.ingext-community-init.v3 -n ingext lakehouse.ingext.io/init-completed=3"
        ),
        "{stop:?}"
    );
    let noted = of(release(), true, Job::Absent);
    assert!(settled(&noted) && noted.adopted);
    let complete = of(release(), false, Job::Complete);
    assert!(complete.adopted);
    assert_eq!(
        lines(&complete),
        [
            "kubectl label secrets sh.helm.release.v1.ingext-community-init.v3 lakehouse.ingext.io/init-completed=3 -n ingext"
        ]
    );
}

#[test]
fn a_job_that_somebody_made_by_hand_is_not_touched() {
    for release in [
        Release::Absent,
        older(&wanted(&desired())),
        found(&wanted(&desired())),
    ] {
        let decision = of(release, false, Job::Foreign(Whose::Nobody));
        let [stop] = stops(&decision) else {
            panic!("{decision:?}")
        };
        assert_eq!(stop.code, Code::OwnedByOthers);
    }
}

#[test]
fn a_release_in_the_middle_of_a_change_is_not_hidden_by_its_job() {
    let Release::There(release) = found(&wanted(&desired())) else {
        unreachable!()
    };
    let pending = Release::There(Found {
        status: "pending-install".to_owned(),
        ..release
    });
    let alone = lakehouse::steps::install::release::decide(&desired(), &wanted(&desired()), &pending);
    let decision = of(pending, false, Job::Complete);
    assert_eq!(format!("{:?}", decision.verdict), format!("{:?}", alone.verdict));
}

#[test]
fn a_job_is_read_as_kubernetes_writes_it() {
    let of = |more: Value| init::read(&wanted(&desired()), &ours(&wanted(&desired()), more));
    let condition = |kind: &str, status: &str, reason: &str| json!({ "status": { "conditions": [{ "type": kind, "status": status, "reason": reason, "message": "m" }] } });
    assert_eq!(of(json!({})), Job::Running);
    assert_eq!(of(json!({ "status": { "active": 1 } })), Job::Running);
    assert_eq!(
        of(condition("Complete", "True", "CompletionsReached")),
        Job::Complete
    );
    // On the way there, not there: a pod still ends.
    assert_eq!(
        of(condition("SuccessCriteriaMet", "True", "CompletionsReached")),
        Job::Running
    );
    assert_eq!(of(condition("Complete", "False", "")), Job::Running);
    assert_eq!(of(condition("FailureTarget", "True", "x")), Job::Running);
    assert_eq!(
        of(condition("Failed", "True", "DeadlineExceeded")),
        Job::Failed(Failed {
            reason: Some("DeadlineExceeded".to_owned()),
            said: Some("m".to_owned()),
            last_lines: None
        })
    );
    assert_eq!(
        of(json!({ "metadata": { "deletionTimestamp": "2026-11-24T03:00:00Z" } })),
        Job::Leaving
    );
    assert_eq!(
        init::read(&wanted(&desired()), &json!({ "metadata": {} })),
        Job::Foreign(Whose::Nobody)
    );
}

#[test]
fn the_newest_pod_is_the_last_and_a_cut_list_is_none() {
    assert_eq!(
        parse_newest(b"pods\na-1\na-2\nend\n").unwrap().as_deref(),
        Some("a-2")
    );
    assert_eq!(parse_newest(b"pods\nend\n").unwrap(), None);
    for bytes in ["", "pods\na-1\n", "a-1\nend\n", "pods\nA B\nend\n"] {
        assert!(parse_newest(bytes.as_bytes()).is_err(), "{bytes:?}");
    }
}

#[test]
fn the_charts_are_installed_as_their_repository_has_them() {
    golden("community-config", &wanted_config(&desired()));
    golden("community-init", &wanted(&desired()));
    golden("community", &(COMMUNITY.wanted)(&desired()));
    let names: Vec<&str> = COMMUNITY.workloads.iter().map(|it| it.name).collect();
    let behind_the_site = ["api", "platform-service", "fluency8"];
    assert_eq!(
        names,
        [&["api", "platform", "fluency8"], &behind_the_site[..]].concat()
    );
}
