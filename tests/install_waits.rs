//! How the runner waits: what it tells, when it gives up and with which code, and how soon it notices. The clock is the
//! account's, moved by the runner's own pauses.

mod install_memory;

use install_memory::*;
use lakehouse::report::Code;
use lakehouse::steps::install::{Decision, Reason, Stop, Waiting, Waits, WriteTo};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn waiting(what: &str, why: Vec<Reason>) -> Decision {
    let waiting = Waiting {
        what: what.to_owned(),
        why,
    };
    Decision::waiting("being made", wanted("it"), waiting)
}

fn reason(code: Code, hopeless: bool) -> Reason {
    Reason {
        stop: Stop::new(
            code,
            format!("Why: {}.", code.name()),
            "Mend it: `kubectl get pods`.",
        )
        .said("the pod's words"),
        hopeless,
    }
}

#[test]
fn what_is_waited_for_is_told_each_quarter_of_a_minute_and_at_each_change() {
    let account = Account::new();
    let told = Arc::clone(&account);
    let it = step("it", &[], move |_| {
        Ok(match told.time().as_secs() {
            0..20 => waiting("the control plane", vec![]),
            20..30 => waiting("one of two pods", vec![]),
            30..40 => waiting("one of two pods", vec![reason(Code::ImageNotFound, false)]),
            _ => Decision::settled("there", wanted("it")),
        })
    });
    assert_eq!(outcomes(&install(&account, vec![it])), ["it Verified"]);
    assert_eq!(
        account.waited_for(),
        [
            "it: the control plane at 0",
            "it: the control plane at 15",
            "it: one of two pods at 20",
            "it: one of two pods (IMAGE_NOT_FOUND) at 30",
        ]
    );
}

#[test]
fn the_deadline_names_what_was_waited_for_and_has_the_gravest_reasons_code() {
    for (why, code) in [
        (vec![], Code::StepTimedOut),
        (
            vec![
                reason(Code::PodUnschedulable, false),
                reason(Code::ImageNotFound, false),
            ],
            Code::PodUnschedulable,
        ),
    ] {
        let account = Account::new();
        let bare = why.is_empty();
        let it = step("it", &[], move |_| Ok(waiting("the control plane", why.clone())));
        let report = install(&account, vec![it]);
        assert_eq!(brief(&report), format!("failed {}", code.name()));
        assert_eq!(account.time().as_secs(), 125, "120 s, and the look after it");
        let failure = report.failure.unwrap();
        assert!(
            failure
                .message
                .contains("after 2 min, and usually takes 5 s. Waited for: the control plane."),
            "{}",
            failure.message
        );
        assert_eq!(failure.message.ends_with("Why: POD_UNSCHEDULABLE."), !bare);
        assert_eq!(failure.tool_output.is_some(), !bare);
        assert!(
            report.remediation[0].message.contains('`'),
            "{:?}",
            report.remediation
        );
    }
}

#[test]
fn waiting_ends_early_where_it_can_not_help_and_one_odd_look_ends_nothing() {
    let account = Account::new();
    let it = step("it", &[], |_| {
        Ok(waiting(
            "the pods",
            vec![reason(Code::ImageNotPulled, false), reason(Code::JobFailed, true)],
        ))
    });
    let report = install(&account, vec![it]);
    assert_eq!(brief(&report), "failed JOB_FAILED");
    // The plan's look does not count.
    assert_eq!(
        account.time().as_secs(),
        10,
        "three looks, five seconds between them"
    );
    assert_eq!(
        report.failure.unwrap().tool_output.as_deref(),
        Some("the pod's words")
    );

    let account = Account::new();
    let it = step("it", &[], |number| {
        Ok(match number {
            20.. => Decision::settled("there", wanted("it")),
            // Never three in a row, and never three of one kind.
            _ if number % 3 == 0 => waiting("the pods", vec![reason(Code::JobFailed, false)]),
            _ if number % 2 == 0 => waiting("the pods", vec![reason(Code::JobFailed, true)]),
            _ => waiting("the pods", vec![reason(Code::ImageDenied, true)]),
        })
    });
    assert_eq!(outcomes(&install(&account, vec![it])), ["it Verified"]);
}

#[test]
fn what_was_written_or_waited_for_must_be_seen_ready_as_often_as_it_says() {
    let waits = Waits::new(5, 120, 1).seen(3);
    // Ready for one look, gone, and then there to stay: by the look's number, the plan's being 0.
    for (ready, looks) in [(vec![2], 7), (vec![2, 3], 7), (vec![], 7)] {
        let account = Account::new();
        let count = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&count);
        let it = step_with("it", waits, move |number| {
            seen.store(u32::try_from(number).unwrap(), Ordering::SeqCst);
            Ok(if number > 4 || ready.contains(&number) {
                Decision::settled("there", wanted("it"))
            } else {
                waiting("the pods", vec![])
            })
        });
        assert_eq!(outcomes(&install(&account, vec![it])), ["it Verified"]);
        assert_eq!(count.load(Ordering::SeqCst), looks, "looks 5, 6 and 7");
    }
    // One that stood there all along is looked at once where something was written meanwhile.
    let account = Account::new();
    account.make("role");
    let account_too = Arc::clone(&account);
    let count = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&count);
    let it = step_behind("role", &["bucket"], waits, move |number| {
        seen.store(u32::try_from(number).unwrap(), Ordering::SeqCst);
        Ok(if account_too.sees("role") {
            Decision::settled("there", wanted("role"))
        } else {
            Decision::create("made", wanted("role"), vec![making("role", WriteTo::Account)])
        })
    });
    let report = install(&account, vec![it, thing(&account, "bucket", &[])]);
    assert_eq!(outcomes(&report), ["role Verified", "bucket Done"]);
    assert_eq!(count.load(Ordering::SeqCst), 1, "the plan's look, and one");
}

#[test]
fn what_becomes_true_is_noticed_within_a_pace() {
    let account = Account::new();
    let at = Arc::new(AtomicU32::new(0));
    let (told, noticed) = (Arc::clone(&account), Arc::clone(&at));
    let ready = Duration::from_millis(7001);
    let it = step_with("it", Waits::new(5, 120, 1), move |_| {
        // A look takes its time.
        told.pass(Duration::from_millis(300));
        Ok(if told.time() >= ready {
            noticed.store(u32::try_from(told.time().as_millis()).unwrap(), Ordering::SeqCst);
            Decision::settled("there", wanted("it"))
        } else {
            waiting("the pods", vec![])
        })
    });
    assert_eq!(outcomes(&install(&account, vec![it])), ["it Verified"]);
    let late = at.load(Ordering::SeqCst) - 7001;
    assert!(late <= 1000, "{late} ms");
}

#[test]
fn between_whole_looks_a_glance_is_enough() {
    let account = Account::new();
    let (looks, glances) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (seen, glimpsed) = (Arc::clone(&looks), Arc::clone(&glances));
    let (told, too) = (Arc::clone(&account), Arc::clone(&account));
    let it = glancing(
        "it",
        Waits::new(5, 120, 1).seen(2),
        move |_| {
            seen.fetch_add(1, Ordering::SeqCst);
            Ok(if told.time().as_secs() >= 40 {
                Decision::settled("there", wanted("it"))
            } else {
                waiting("the pods", vec![])
            })
        },
        move || {
            glimpsed.fetch_add(1, Ordering::SeqCst);
            (too.time().as_secs() < 40).then(|| Waiting::from("the pods"))
        },
    );
    assert_eq!(outcomes(&install(&account, vec![it])), ["it Verified"]);
    assert_eq!(account.time().as_secs(), 41, "seen at 40, and once more");
    // The plan's, at 0, 15 and 30, and the two good ones: a glance that finds it ready settles nothing.
    assert_eq!(looks.load(Ordering::SeqCst), 6);
    assert_eq!(glances.load(Ordering::SeqCst), 38);
    assert_eq!(account.waited_for().len(), 3);
}
