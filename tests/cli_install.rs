//! The install as a command: what it writes on this machine, how it ends, and Ctrl-C.

mod common;

use common::fake::{Fake, PREFLIGHT};
use std::time::Duration;

fn install<'a>(more: &'a [&'a str]) -> Vec<&'a str> {
    let words = PREFLIGHT.iter().map(|word| match *word {
        "preflight" => "install",
        word => word,
    });
    words.chain(more.iter().copied()).collect()
}

#[test]
fn a_signal_in_mid_look_is_a_report_and_its_exit_code() {
    let fake = Fake::ready();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mark = fake.world.path(&format!("asked-{signal}"));
        fake.answer(
            "aws.sts.get-caller-identity",
            &format!("touch '{}'; exec sleep 600", mark.display()),
        );
        let running = fake.world.start(&install(&["--approve", "true"]));
        common::until(Duration::from_secs(60), || mark.exists().then_some(())).expect("aws was asked");
        running.signal(signal);
        let (status, stdout, _) = running.wait(Duration::from_secs(60));
        assert_eq!(status.code(), Some(code));
        let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        common::assert_valid(&report);
        assert_eq!(report["preflight"]["status"], "interrupted");
    }
}

#[test]
fn what_blocks_the_preflight_leaves_no_plan_and_no_lock() {
    let fake = Fake::ready();
    fake.answer(
        "aws.sts.get-caller-identity",
        "echo 'Unable to locate credentials. You can configure credentials by running \"aws login\".' >&2; return 253",
    );
    let report = fake
        .world
        .run(&install(&["--approve", "true"]))
        .expect(3)
        .report();
    assert!(report["install"].is_null());
    assert!(!fake.world.path("state/lakehouse/locks").exists());
}
