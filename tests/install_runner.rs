//! The install's runner: steps to their end, approvals, failures and interrupts, on an account in memory. Nothing
//! sleeps: the account's clock is moved by the runner's own pauses.

mod install_memory;

use install_memory::*;
use lakehouse::clients::failure::ErrorClass;
use lakehouse::report::{ApprovalKind, Code};
use lakehouse::steps::install::{Decision, Stop, WriteTo};
use std::collections::BTreeMap;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn what_stands_is_done_without_an_approval_and_without_a_write() {
    let account = Account::with_cluster();
    account.make("bucket").make("role");
    let steps = || {
        vec![
            thing(&account, "bucket", &[]),
            thing(&account, "role", &["bucket"]),
        ]
    };
    for approve in [None, Some("true")] {
        let how = Asking {
            approve,
            ..Asking::default()
        };
        let report = asking(&account, steps(), how);
        assert_eq!(brief(&report), "completed");
        assert_eq!(outcomes(&report), ["bucket Verified", "role Verified"]);
        assert!(report.required.is_empty());
    }
    assert!(
        account.writes().is_empty(),
        "no Lease either: {:?}",
        account.writes()
    );
}

#[test]
fn a_thing_is_made_looked_at_again_and_done_and_one_that_stands_is_verified() {
    let account = Account::new();
    account.make("role");
    let steps = vec![thing(&account, "bucket", &[]), thing(&account, "role", &[])];
    let report = install(&account, steps);
    assert_eq!(brief(&report), "completed");
    assert_eq!(outcomes(&report), ["bucket Done", "role Verified"]);
    assert_eq!(account.writes(), ["aws make bucket"]);
    assert_eq!(report.steps[0].writes, 1);
    assert_eq!(account.told(), ["bucket Planned", "bucket Done"]);
    let storage = report.evidence.storage.unwrap();
    assert_eq!(
        (storage.bucket_name.as_str(), storage.created),
        ("bucket role ", true)
    );
}

#[test]
fn what_the_plan_found_as_it_should_be_is_looked_at_again_only_once_something_was_written() {
    let account = Account::new();
    let looks: Arc<Mutex<BTreeMap<&str, usize>>> = Arc::default();
    let standing = |id: &'static str, after: &'static [&'static str]| {
        let looks = Arc::clone(&looks);
        step(id, after, move |before| {
            looks.lock().unwrap().insert(id, before + 1);
            Ok(Decision::settled("it stands", wanted(id)))
        })
    };
    let steps = vec![
        standing("before", &[]),
        thing(&account, "bucket", &["before"]),
        standing("behind", &["bucket"]),
    ];
    let report = install(&account, steps);
    assert_eq!(
        outcomes(&report),
        ["before Verified", "bucket Done", "behind Verified"]
    );
    assert_eq!(
        *looks.lock().unwrap(),
        BTreeMap::from([("before", 1), ("behind", 2)])
    );
}

#[test]
fn what_is_not_seen_yet_is_not_written_twice_within_a_minute() {
    for (lag, times) in [(30, vec![0]), (70, vec![0, 60])] {
        let account = Account::new();
        account.lag(Duration::from_secs(lag));
        let report = install(&account, vec![thing(&account, "bucket", &[])]);
        // Written anew, it is seen a lag later: at 60 + 70.
        assert_eq!(outcomes(&report), ["bucket Done"], "lag {lag}");
        assert_eq!(account.times("aws make"), times, "lag {lag}");
    }
}

#[test]
fn what_never_stays_as_it_was_written_is_given_up() {
    let account = Account::new();
    account.lag(Duration::MAX / 4);
    let report = install(&account, vec![thing(&account, "bucket", &[])]);
    assert_eq!(brief(&report), "failed STEP_NOT_SETTLED");
    assert_eq!(account.writes().len(), 12);
}

#[test]
fn a_passing_failure_is_tried_again_with_growing_waits_and_then_given_up() {
    for (said, code) in [(THROTTLED, "AWS_THROTTLED"), (UNREACHABLE, "AWS_UNREACHABLE")] {
        let account = Account::new();
        account.fault("aws make", 9, Fault::Says(said));
        let report = install(&account, vec![thing(&account, "bucket", &[])]);
        assert_eq!(brief(&report), format!("failed {code}"));
        assert_eq!(account.times("aws make"), [0, 2, 6, 14, 30, 62], "{code}");
        assert_eq!(account.notes().len(), 5);
        assert!(account.notes()[0].contains("failed to make bucket: tried again in 2 s"));
        assert_eq!(report.failed_step.as_deref(), Some("bucket"));
        assert_eq!(report.failure.unwrap().tool_output.as_deref(), Some(said));
        // And where it passes, it passes.
        let account = Account::new();
        account.fault("aws make", 3, Fault::Says(said));
        let report = install(&account, vec![thing(&account, "bucket", &[])]);
        assert_eq!(outcomes(&report), ["bucket Done"]);
    }
}

#[test]
fn looks_that_fail_in_passing_are_counted_in_a_row_and_not_over_hours() {
    let account = Account::new();
    let it = step("cluster", &[], |number| match number {
        0 => Ok(Decision::waiting("being made", wanted("cluster"), "the cluster")),
        30.. => Ok(Decision::settled("there", wanted("cluster"))),
        _ if number % 2 == 1 => Err(fails(ErrorClass::Throttled)),
        _ => Ok(Decision::waiting("being made", wanted("cluster"), "the cluster")),
    });
    assert_eq!(outcomes(&install(&account, vec![it])), ["cluster Verified"]);
    let account = Account::new();
    let it = step("cluster", &[], |number| match number {
        0 => Ok(Decision::waiting("being made", wanted("cluster"), "the cluster")),
        _ => Err(fails(ErrorClass::TimedOut)),
    });
    let report = install(&account, vec![it]);
    assert_eq!(
        brief(&report),
        "failed TOOL_TIMED_OUT",
        "a look that is cut short is asked again, not for ever"
    );
    assert_eq!(account.time().as_secs(), 62);
}

#[test]
fn a_denial_or_an_ended_login_is_said_at_once_with_what_to_do_and_how_to_go_on() {
    for (said, code, remedy, next) in [
        (DENIED, "AWS_ACCESS_DENIED", "x:Make", "fix"),
        (
            EXPIRED,
            "AWS_SSO_EXPIRED",
            "aws sso login --profile prod",
            "login",
        ),
    ] {
        let account = Account::new();
        account.fault("aws make", 9, Fault::Says(said));
        let report = install(&account, vec![thing(&account, "bucket", &[])]);
        assert_eq!(brief(&report), format!("failed {code}"));
        assert_eq!(account.times("aws make"), [0], "{code} is not tried again");
        assert!(
            report.remediation[0].message.contains(remedy),
            "{:?}",
            report.remediation
        );
        assert_eq!(report.next.action, next);
        assert_eq!(
            report.command.as_deref(),
            Some("lakehouse install --root-domain=example.com --subnets='subnet-1 x' --approve=true")
        );
    }
    // Also where the guard's own question meets it.
    let account = Account::new();
    account.fault("aws sts", 9, Fault::Says(EXPIRED));
    let report = install(&account, vec![thing(&account, "bucket", &[])]);
    assert_eq!(brief(&report), "failed AWS_SSO_EXPIRED");
    assert!(account.writes().is_empty());
}

#[test]
fn a_write_whose_answer_was_lost_is_looked_at_and_written_once_more_at_most() {
    let account = Account::new();
    account.fault("aws make", 1, Fault::LostAfter);
    let report = install(&account, vec![thing(&account, "bucket", &[])]);
    assert_eq!(outcomes(&report), ["bucket Done"]);
    assert_eq!(
        account.times("aws make"),
        [0],
        "it was carried out: not made twice"
    );
    assert!(report.evidence.storage.unwrap().created);

    let account = Account::new();
    account.fault("aws make", 1, Fault::LostBefore);
    let report = install(&account, vec![thing(&account, "bucket", &[])]);
    assert_eq!(outcomes(&report), ["bucket Done"]);
    assert_eq!(
        account.times("aws make"),
        [0, 60],
        "a minute to be seen, then once more"
    );

    let account = Account::new();
    account.fault("aws make", 9, Fault::LostBefore);
    let report = install(&account, vec![thing(&account, "bucket", &[])]);
    assert_eq!(brief(&report), "failed TOOL_TIMED_OUT");
    assert_eq!(account.times("aws make"), [0, 60], "never a third time");
}

#[test]
fn what_exists_already_is_looked_at_again_unless_it_must_be_somebody_elses() {
    let account = Account::new();
    account.fault(
        "aws make",
        1,
        Fault::Calls(|account| {
            account.make("bucket");
        }),
    );
    account.fault("aws make", 1, Fault::Says(EXISTS));
    let twice = {
        let account = Arc::clone(&account);
        step("bucket", &[], move |number| {
            Ok(match (number, account.sees("bucket")) {
                (3.., true) => Decision::settled("there", wanted("bucket")),
                _ => Decision::create("made", wanted("bucket"), vec![making("bucket", WriteTo::Account)]),
            })
        })
    };
    assert_eq!(outcomes(&install(&account, vec![twice])), ["bucket Done"]);

    let account = Account::new();
    account.fault("aws make", 9, Fault::Says(EXISTS));
    let theirs = step("bucket", &[], |_| {
        let write = making("bucket", WriteTo::Account).exclusively();
        Ok(Decision::create("made", wanted("bucket"), vec![write]))
    });
    let report = install(&account, vec![theirs]);
    assert_eq!(serde_json::to_value(report.status).unwrap(), "failed");
    assert_eq!(account.times("aws make"), [0]);

    // Another run has begun it since the plan was made: it is waited for.
    let account = Account::new();
    account.fault("aws make", 9, Fault::Says(EXISTS));
    let coming = step("cluster", &[], |number| {
        let write = making("cluster", WriteTo::Account).exclusively();
        Ok(match number {
            0 | 1 => Decision::create("made", wanted("cluster"), vec![write]),
            2 | 3 => Decision::waiting("on its way", wanted("cluster"), "its stack"),
            _ => Decision::settled("there", wanted("cluster")),
        })
    });
    let report = install(&account, vec![coming]);
    assert_eq!(brief(&report), "completed");
    assert_eq!(account.times("aws make"), [0]);
}

#[test]
fn a_thing_that_is_not_what_was_approved_is_not_written() {
    for changed in ["desired", "adopted", "settled by somebody else"] {
        let account = Account::new();
        let it = step("bucket", &[], move |number| {
            let make =
                |of: &str| Decision::create("made", wanted(of), vec![making("bucket", WriteTo::Account)]);
            Ok(match (number, changed) {
                (0, _) => make("bucket"),
                (_, "desired") => make("another"),
                (_, "adopted") => make("bucket").adopting(),
                _ => Decision::settled("there", wanted("bucket")).adopting(),
            })
        });
        let report = install(&account, vec![it]);
        assert_eq!(brief(&report), "blocked PLAN_CHANGED", "{changed}");
        assert!(account.writes().is_empty(), "{changed}");
        assert_eq!(
            report.command.as_deref(),
            Some("lakehouse install --root-domain=example.com --subnets='subnet-1 x'"),
            "without the approval of the other plan"
        );
    }
}

#[test]
fn an_interrupt_anywhere_is_a_report_and_starts_nothing_new() {
    // While a command writes; while the guard asks; while a failure is waited out.
    for (begin, fault) in [
        ("aws make bucket", Fault::Interrupt),
        ("aws sts", Fault::Interrupt),
        (
            "aws make bucket",
            Fault::Calls(|account| account.interrupt.set(2)),
        ),
    ] {
        let account = Account::new();
        account.fault(begin, 1, fault);
        let steps = vec![
            thing(&account, "bucket", &[]),
            thing(&account, "role", &["bucket"]),
        ];
        let report = install(&account, steps);
        assert_eq!(brief(&report), "interrupted");
        assert_eq!(outcomes(&report), ["bucket Stopped", "role Planned"]);
        assert!(!account.writes().contains(&"aws make role".to_owned()));
        assert!(report.command.unwrap().ends_with("--approve=true"));
    }
    let account = Account::new();
    let waits = {
        let account = Arc::clone(&account);
        step("cluster", &[], move |number| {
            if number == 4 {
                account.interrupt.set(15);
            }
            Ok(Decision::waiting("being made", wanted("cluster"), "the cluster"))
        })
    };
    let report = install(&account, vec![waits, thing(&account, "nodes", &["cluster"])]);
    assert_eq!(brief(&report), "interrupted");
    assert_eq!(outcomes(&report), ["cluster Stopped", "nodes Planned"]);
    // Before anything was carried out.
    let account = Account::new();
    account.interrupt.set(2);
    let report = install(&account, vec![thing(&account, "bucket", &[])]);
    assert_eq!(
        (brief(&report).as_str(), outcomes(&report)),
        ("interrupted", vec!["bucket Planned".to_owned()])
    );
}

/// How long a step of a test that can't be waits before it fails the test.
const NEVER: Duration = Duration::from_secs(60);

#[test]
fn a_failing_step_lets_its_neighbour_end_its_command_and_start_no_other() {
    let account = Account::new();
    account.fault("aws make role", 1, Fault::Says(DENIED));
    // The neighbour is in the middle of its first command when the role's step has failed and ended.
    let told = Arc::clone(&account);
    let (in_bucket, bucket_is_in) = mpsc::channel();
    let bucket_is_in = std::sync::Mutex::new(bucket_is_in);
    account.hooked(move |line| {
        if line.starts_with("aws make bucket-one") {
            in_bucket.send(()).unwrap();
            let until = std::time::Instant::now() + NEVER;
            while !told.told().contains(&"role Failed".to_owned()) {
                assert!(std::time::Instant::now() < until, "the role's step never ended");
                std::thread::yield_now();
            }
        } else if line.starts_with("aws make role") {
            bucket_is_in.lock().unwrap().recv_timeout(NEVER).unwrap();
        }
    });
    let bucket = step("bucket", &[], |_| {
        let writes = ["bucket-one", "bucket-two"].map(|id| making(id, WriteTo::Account));
        Ok(Decision::create("made", wanted("bucket"), writes.into()))
    });
    let report = install(&account, vec![bucket, thing(&account, "role", &[])]);
    assert_eq!(brief(&report), "failed AWS_ACCESS_DENIED");
    assert_eq!(report.failed_step.as_deref(), Some("role"));
    assert_eq!(outcomes(&report), ["bucket Stopped", "role Failed"]);
    assert_eq!(report.steps[0].writes, 1, "the command that ran has ended well");
    assert!(!account.writes().contains(&"aws make bucket-two".to_owned()));
}

#[test]
fn steps_without_an_order_overlap() {
    let account = Account::new();
    let (to_a, a) = mpsc::channel();
    let (to_b, b) = mpsc::channel();
    let ends = std::sync::Mutex::new((to_a, to_b));
    let (a, b) = (std::sync::Mutex::new(a), std::sync::Mutex::new(b));
    // Each is in the middle of its command until the other is too.
    account.hooked(move |line| {
        let (to_a, to_b) = ends.lock().unwrap().clone();
        let met = if line.contains("bucket") {
            to_b.send(()).unwrap();
            a.lock().unwrap().recv_timeout(NEVER)
        } else {
            to_a.send(()).unwrap();
            b.lock().unwrap().recv_timeout(NEVER)
        };
        met.expect("the other step runs at the same time");
    });
    let steps = vec![thing(&account, "bucket", &[]), thing(&account, "stack", &[])];
    assert_eq!(outcomes(&install(&account, steps)), ["bucket Done", "stack Done"]);
}

#[test]
fn a_defect_in_a_step_is_a_failure_and_no_crash() {
    let account = Account::new();
    let broken = step("broken", &[], |number| {
        assert!(number == 0, "a defect");
        Ok(Decision::create(
            "made",
            wanted("broken"),
            vec![making("x", WriteTo::Account)],
        ))
    });
    let report = install(&account, vec![broken, thing(&account, "role", &["broken"])]);
    assert_eq!(brief(&report), "failed INTERNAL");
    assert_eq!(outcomes(&report), ["broken Failed", "role Planned"]);
    let account = Account::new();
    let report = install(&account, vec![step("broken", &[], |_| panic!("a defect"))]);
    assert_eq!(brief(&report), "blocked INTERNAL");
    assert!(account.writes().is_empty());
}

#[test]
fn an_approval_is_for_this_plan_or_what_is_left_of_it() {
    let steps = |account: &Arc<Account>| vec![thing(account, "bucket", &[]), thing(account, "role", &[])];
    let account = Account::new();
    let none = Asking {
        approve: None,
        ..Asking::default()
    };
    let report = asking(&account, steps(&account), none);
    assert_eq!(
        (brief(&report).as_str(), report.required.as_slice()),
        ("needs_input", &["approve".to_owned()][..])
    );
    let digest = report.plan_digest.clone().unwrap();
    assert_eq!(
        report.command.unwrap(),
        format!("lakehouse install --root-domain=example.com --subnets='subnet-1 x' --approve={digest}")
    );
    assert!(account.writes().is_empty());

    let with = |digest: &str| Asking {
        digest: Some(digest.to_owned()),
        ..Asking::default()
    };
    let other = format!("sha256:{}", "0".repeat(64));
    let report = asking(&account, steps(&account), with(&other));
    assert_eq!(
        (brief(&report).as_str(), report.plan_digest.as_deref()),
        ("needs_input", Some(&*digest))
    );
    assert!(
        report.next.reason.contains("not the one that was approved"),
        "{}",
        report.next.reason
    );
    assert!(account.writes().is_empty());

    account.make("bucket");
    let report = asking(&account, steps(&account), with(&digest));
    assert_eq!(
        outcomes(&report),
        ["bucket Verified", "role Done"],
        "what is left of it"
    );
    assert_eq!(account.writes(), ["aws make role"]);
}

#[test]
fn who_approved_is_in_the_report_of_a_run_that_carried_its_plan_out_and_in_no_other() {
    let account = Account::new();
    let none = Asking {
        approve: None,
        ..Asking::default()
    };
    let plan = asking(&account, vec![thing(&account, "bucket", &[])], none);
    assert_eq!(plan.approval, None);
    let target = plan.target.unwrap();
    assert_eq!((&*target.account, &*target.cluster), (ACCOUNT, "demo"));

    let given = Asking {
        digest: plan.plan_digest.clone(),
        ..Asking::default()
    };
    account.fault("aws make", 9, Fault::Says(DENIED));
    let report = asking(&account, vec![thing(&account, "bucket", &[])], given);
    assert_eq!(brief(&report), "failed AWS_ACCESS_DENIED");
    let approval = report.approval.unwrap();
    assert_eq!(approval.kind, ApprovalKind::Digest);
    assert_eq!(Some(format!("sha256:{}", approval.value)), plan.plan_digest);
    assert_eq!(approval.at, NOW);
    let by = approval.by;
    assert_eq!(by.sts_arn, format!("arn:aws:iam::{ACCOUNT}:user/t"));
    assert_eq!((&*by.local_user, by.uid), ("ann", 1000));
    assert_eq!(by.machine, holder("r").machine);

    // What stands needs no approval, and uses none.
    account.make("bucket");
    let report = install(&account, vec![thing(&account, "bucket", &[])]);
    assert_eq!((brief(&report).as_str(), report.approval), ("completed", None));
}

#[test]
fn a_plan_with_a_stop_or_something_unknown_in_it_can_not_be_approved() {
    let account = Account::new();
    let stop = step("vpc", &[], |_| {
        let stop = Stop::new(Code::InstallHeld, "In the way.", "Mend it.");
        Ok(Decision::blocked("in the way", wanted("vpc"), vec![stop]))
    });
    let report = install(&account, vec![stop, thing(&account, "bucket", &[])]);
    assert_eq!(brief(&report), "blocked INSTALL_HELD");
    let unknown = step("vpc", &[], |_| Err(fails(ErrorClass::Denied)));
    let report = install(&account, vec![unknown, thing(&account, "bucket", &[])]);
    assert_eq!(brief(&report), "blocked AWS_ACCESS_DENIED");
    assert_eq!(report.plan_digest, None);
    assert!(account.writes().is_empty());
}

#[test]
fn a_read_only_run_shows_the_plan_and_refuses_its_approval() {
    let account = Account::new();
    let how = |approve| Asking {
        approve,
        read_only: true,
        ..Asking::default()
    };
    let report = asking(&account, vec![thing(&account, "bucket", &[])], how(Some("true")));
    assert_eq!(brief(&report), "blocked READ_ONLY_REFUSED");
    let command = report.command.as_deref().unwrap();
    assert!(
        command.contains("--approve=true") && !command.contains("read-only"),
        "{command}"
    );
    assert!(report.plan.contains("$ aws make bucket"), "{}", report.plan);
    let report = asking(&account, vec![thing(&account, "bucket", &[])], how(None));
    assert_eq!(brief(&report), "needs_input");
    account.make("bucket");
    let report = asking(&account, vec![thing(&account, "bucket", &[])], how(Some("true")));
    assert_eq!(brief(&report), "completed", "nothing is to be written");
    assert!(account.writes().is_empty());
}

/// A step that makes two things, the second one in the first.
fn pair(account: &Arc<Account>) -> Box<dyn lakehouse::steps::install::Step> {
    let seen = Arc::clone(account);
    step("pair", &[], move |_| {
        let open = ["first", "second"].into_iter().filter(|name| !seen.sees(name));
        let writes: Vec<_> = open.map(|name| making(name, WriteTo::Account)).collect();
        Ok(if writes.is_empty() {
            Decision::settled("there", wanted("pair"))
        } else {
            Decision::create("made", wanted("pair"), writes)
        })
    })
}

#[test]
fn what_stands_behind_a_write_that_is_not_seen_is_not_written() {
    for fault in [Fault::LostBefore, Fault::Says(EXISTS)] {
        let account = Account::new();
        account.fault("aws make first", 1, fault);
        let report = install(&account, vec![pair(&account)]);
        assert_eq!(brief(&report), "completed");
        assert_eq!(
            account.writes(),
            ["aws make first", "aws make first", "aws make second"]
        );
    }
}
