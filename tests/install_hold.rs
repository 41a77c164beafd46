//! One install at a time, and never the wrong place.

mod install_memory;

use install_memory::*;
use lakehouse::runner::install::Holder;
use lakehouse::steps::install::{Decision, WriteTo};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn another_account_stops_the_run_before_its_next_write() {
    let account = Account::new();
    account.fault(
        "aws make bucket",
        1,
        Fault::Calls(|account| account.set_account("999999999999")),
    );
    let steps = vec![
        thing(&account, "bucket", &[]),
        thing(&account, "role", &["bucket"]),
    ];
    let report = install(&account, steps);
    assert_eq!(brief(&report), "failed ACCOUNT_CHANGED");
    assert_eq!(account.writes(), ["aws make bucket"]);
    let account = Account::new();
    account.set_account("999999999999");
    let report = install(&account, vec![thing(&account, "bucket", &[])]);
    assert_eq!(brief(&report), "blocked ACCOUNT_CHANGED", "nothing was changed");
    assert!(account.writes().is_empty());
}

#[test]
fn a_cluster_that_was_made_anew_or_is_gone_or_unknown_gets_no_write() {
    for (endpoint, said) in [
        (Some("https://another.invalid"), ""),
        (None, ""),
        (Some(ENDPOINT), DENIED),
    ] {
        let account = Account::with_cluster();
        let changed = Arc::clone(&account);
        let it = step("addon", &[], move |number| {
            if number == 1 {
                changed.set_endpoint(endpoint);
                if !said.is_empty() {
                    changed.fault("aws eks describe-cluster", 9, Fault::Says(said));
                }
            }
            Ok(Decision::create(
                "made",
                wanted("addon"),
                vec![making("addon", WriteTo::Eks)],
            ))
        });
        // The plan itself looks at the cluster, as the foundation's steps do.
        let report = install(&account, vec![it]);
        let code = if said.is_empty() {
            "blocked CLUSTER_CHANGED"
        } else {
            "failed AWS_ACCESS_DENIED"
        };
        assert_eq!(brief(&report), code, "{endpoint:?}");
        assert!(account.writes().is_empty(), "{:?}", account.writes());
    }
    let account = Account::with_cluster();
    account.fault("aws eks describe-cluster", 1, Fault::Says(DENIED));
    let report = install(&account, vec![thing(&account, "bucket", &[])]);
    assert_eq!(
        brief(&report),
        "failed AWS_ACCESS_DENIED",
        "not known is not absent"
    );
    assert!(account.writes().is_empty());
}

fn spec(account: &Account, path: &str) -> String {
    let lease = account.lease().expect("a Lease");
    lease["spec"][path].as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_lease_is_taken_before_the_first_write_and_given_back_at_every_end() {
    for (fault, status) in [
        (None, "completed"),
        (Some(Fault::Says(DENIED)), "failed AWS_ACCESS_DENIED"),
        (Some(Fault::Interrupt), "interrupted"),
    ] {
        let account = Account::with_cluster();
        if let Some(fault) = fault {
            account.fault("aws make bucket", 1, fault);
        }
        let report = install(&account, vec![thing(&account, "bucket", &[])]);
        assert_eq!(brief(&report), status);
        let writes = account.writes();
        assert_eq!(writes.first().unwrap(), "kubectl create -f - -o json", "{status}");
        assert_eq!(writes.last().unwrap(), "kubectl replace -f - -o json", "{status}");
        assert_eq!(spec(&account, "holderIdentity"), "", "{status}");
        assert_eq!(
            account.interrupt.is_set(),
            status == "interrupted",
            "the signal is still known"
        );
    }
}

#[test]
fn a_cluster_that_this_run_makes_gets_its_lease_before_the_next_write() {
    let account = Account::new();
    let steps = vec![
        thing_to(&account, "cluster", &[], WriteTo::Eks),
        thing_to(&account, "class", &["cluster"], WriteTo::Cluster),
    ];
    let report = install(&account, steps);
    assert_eq!(outcomes(&report), ["cluster Done", "class Done"]);
    assert_eq!(
        account.writes(),
        [
            "aws make cluster",
            "kubectl create -f - -o json",
            "kubectl make class",
            "kubectl replace -f - -o json"
        ]
    );
    assert_eq!(
        account
            .times("kubectl make class --kubeconfig /private/kubeconfig-demo.json --context lakehouse-demo")
            .len(),
        1
    );
}

#[test]
fn a_lease_of_another_run_stops_this_one_before_its_first_write() {
    let mine = holder("20261124T030000Z-000001");
    let elsewhere = "bob@0123456789ab/77/0badcafe.1/20261124T025900Z-00000b";
    for (by, who) in [
        (
            elsewhere.to_owned(),
            "process 77 of the user `bob` on another machine, run 20261124T025900Z-00000b",
        ),
        (
            "kube-controller-7f".to_owned(),
            "something that is not a run of lakehouse",
        ),
        // Alive: this very process, as another run.
        (
            holder("20261124T025900Z-00000c").identity(),
            "of the user `ann` on this machine",
        ),
    ] {
        let account = Account::with_cluster();
        account.set_lease(&by, "2026-11-24T02:59:00.000000Z");
        let how = Asking {
            holder: mine.clone(),
            ..Asking::default()
        };
        let report = asking(&account, vec![thing(&account, "bucket", &[])], how);
        assert_eq!(brief(&report), "blocked INSTALL_HELD");
        let message = &report.blockers[0].message;
        assert!(message.contains(who), "{message}");
        assert!(message.contains("since 2026-11-24 02:59:00 UTC"), "{message}");
        assert!(
            report.remediation[0]
                .message
                .contains("until 2026-11-24 03:29:00 UTC")
        );
        assert!(account.writes().is_empty());
        assert_eq!(spec(&account, "holderIdentity"), by, "left as it is");
    }
}

#[test]
fn the_lease_of_the_dead_and_one_that_ended_are_taken_over() {
    let me = holder("20261124T030000Z-000001");
    let dead = Holder {
        start: format!("{}0", me.start),
        run: "gone".to_owned(),
        ..me.clone()
    };
    for (by, renewed) in [
        (dead.identity(), "2026-11-24T02:59:00.000000Z"),
        (
            "bob@0123456789ab/77/0badcafe.1/r".to_owned(),
            "2026-11-24T02:30:00.000000Z",
        ),
        (String::new(), "2026-11-24T02:59:00.000000Z"),
    ] {
        let account = Account::with_cluster();
        account.set_lease(&by, renewed);
        let seen = Arc::clone(&account);
        let inside = Arc::new(std::sync::Mutex::new(String::new()));
        let keep = Arc::clone(&inside);
        account.hooked(move |line| {
            if line.starts_with("aws make") {
                *keep.lock().unwrap() = spec(&seen, "holderIdentity");
            }
        });
        let how = Asking {
            holder: me.clone(),
            ..Asking::default()
        };
        let report = asking(&account, vec![thing(&account, "bucket", &[])], how);
        assert_eq!(brief(&report), "completed", "{by}");
        assert_eq!(*inside.lock().unwrap(), me.identity(), "held while it writes");
    }
}

#[test]
fn one_who_was_quicker_is_looked_at_again() {
    let account = Account::with_cluster();
    account.fault(
        "kubectl create",
        1,
        Fault::Calls(|account| account.set_lease("bob@0123456789ab/77/b.1/r", "2026-11-24T02:59:00.000000Z")),
    );
    let report = install(&account, vec![thing(&account, "bucket", &[])]);
    assert_eq!(brief(&report), "blocked INSTALL_HELD");
    assert_eq!(account.times("aws make"), [0_u64; 0]);
}

#[test]
fn the_lease_is_renewed_every_third_of_its_time_while_a_step_waits() {
    let account = Account::with_cluster();
    let it = {
        let account = Arc::clone(&account);
        step("nodes", &[], move |number| {
            Ok(match number {
                0 | 1 => Decision::create("made", wanted("nodes"), vec![making("nodes", WriteTo::Account)]),
                2..=9 => {
                    account.pass(Duration::from_secs(150));
                    account.make("progress");
                    Decision::create(
                        "made",
                        wanted("nodes"),
                        vec![making(
                            ["n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"][number - 2],
                            WriteTo::Account,
                        )],
                    )
                }
                _ => Decision::settled("there", wanted("nodes")),
            })
        })
    };
    let report = install(&account, vec![it]);
    assert_eq!(outcomes(&report), ["nodes Done"]);
    // 8 times 150 s: a third of an hour, and the end.
    assert_eq!(account.times("kubectl replace"), [1200, 1200]);
}

#[test]
fn a_second_run_on_this_machine_is_told_who_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let locks = folder.path().join("locks");
    let first = Account::new();
    let second = Account::new();
    let (other, inner_locks) = (Arc::clone(&second), locks.clone());
    let seen = Arc::new(std::sync::Mutex::new(None));
    let keep = Arc::clone(&seen);
    first.hooked(move |_| {
        let how = Asking {
            locks: Some(inner_locks.clone()),
            holder: holder("20261124T031500Z-00000b"),
            ..Asking::default()
        };
        *keep.lock().unwrap() = Some(asking(&other, vec![thing(&other, "bucket", &[])], how));
    });
    let how = || Asking {
        locks: Some(locks.clone()),
        ..Asking::default()
    };
    let report = asking(&first, vec![thing(&first, "bucket", &[])], how());
    assert_eq!(brief(&report), "completed");
    let refused = seen.lock().unwrap().take().unwrap();
    assert_eq!(brief(&refused), "blocked INSTALL_HELD");
    let message = &refused.blockers[0].message;
    for part in [
        &format!("process {}", std::process::id()),
        "user `ann`",
        "20261124T030000Z-000001",
        "since 20",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(refused.remediation[0].message.contains("ps -p"));
    assert!(second.writes().is_empty());
    // Free once the first has ended, and nobody else may read who it was.
    let file = std::fs::read_dir(&locks).unwrap().next().unwrap().unwrap();
    assert_eq!(file.file_name(), "123456789012-us-east-2-demo.lock");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let report = asking(&second, vec![thing(&second, "bucket", &[])], how());
    assert_eq!(brief(&report), "completed");
}

#[test]
fn a_lock_that_can_not_be_taken_stops_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let account = Account::new();
    let how = Asking {
        locks: Some(file.join("locks")),
        ..Asking::default()
    };
    let report = asking(&account, vec![thing(&account, "bucket", &[])], how);
    assert_eq!(brief(&report), "blocked INSTALL_LOCK_FAILED");
    assert!(account.writes().is_empty());
}

#[test]
fn a_lease_whose_answer_was_lost_is_looked_at_and_given_back() {
    for (command, fault) in [
        ("kubectl create", Fault::LostAfter),
        ("kubectl create", Fault::LostBefore),
        ("kubectl replace", Fault::LostAfter),
        ("kubectl replace", Fault::LostBefore),
    ] {
        let account = Account::with_cluster();
        account.fault(command, 1, fault);
        let report = install(&account, vec![thing(&account, "bucket", &[])]);
        assert_eq!(brief(&report), "completed", "{command}");
        assert_eq!(spec(&account, "holderIdentity"), "", "{command}");
    }
    let account = Account::with_cluster();
    account.fault("kubectl replace", 9, Fault::LostBefore);
    let report = install(&account, vec![thing(&account, "bucket", &[])]);
    assert_eq!(brief(&report), "completed", "the install itself is done");
    let notes = account.notes().join("\n");
    assert!(notes.contains("could not be given back"), "{notes}");
}
