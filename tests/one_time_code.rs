//! A role that wants a one-time code, by the real aws on a terminal of the test's own.

mod common;

use common::pty::Person;
use common::user::{in_toolbox, words, world};
use common::{blockers, check};
use serde_json::Value;
use std::fs;
use std::process::Stdio;

/// The answer of a program that ran before a person.
fn ended(mut child: std::process::Child, person: &mut Person) -> (Option<i32>, String) {
    let mut out = child.stdout.take().unwrap();
    let mut stdout = String::new();
    std::io::Read::read_to_string(&mut out, &mut stdout).unwrap();
    let code = child.wait().unwrap().code();
    person.reads_on();
    (code, stdout)
}

const PROMPT: &str = "Enter MFA code for arn:aws:iam::000000000000:mfa/rehearsal:";

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_one_time_code_is_asked_for_once_and_the_next_run_needs_none() {
    let world = world();
    let words = words("docker", Some("mfa"));
    let (mut person, child) = Person::sit_before(world.command(&words).stdout(Stdio::piped()));
    person.waits_for(PROMPT).types("123456\n");
    let (code, stdout) = ended(child, &mut person);
    assert_eq!(code, Some(0), "{stdout}\n{}", person.seen);
    assert_eq!(
        person.seen.matches("Enter MFA code").count(),
        1,
        "{}",
        person.seen
    );
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let arn = report["preflight"]["evidence"]["awsArn"].as_str().unwrap();
    assert!(arn.contains("assumed-role/rehearsal-mfa/"), "{arn}");
    let journal = fs::read_to_string(world.journal()).unwrap();
    assert!(
        journal.contains("one-time code"),
        "that it was asked stands in the journal"
    );
    for written in [&stdout, &journal, &person.seen] {
        assert!(!written.contains("123456"), "the code stands nowhere: {written}");
    }
    // aws keeps the role's keys: no terminal is needed any more.
    let report = world.run(&words).expect(0).report();
    assert_eq!(report["preflight"]["okToInstall"], true);
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_wrong_code_is_said_as_that_and_asked_for_once() {
    for typed in ["000000\n", "12\n"] {
        let world = world();
        let words = words("docker", Some("mfa"));
        let (mut person, child) = Person::sit_before(world.command(&words).stdout(Stdio::piped()));
        person.waits_for(PROMPT).types(typed);
        let (code, stdout) = ended(child, &mut person);
        let report: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(
            (code, blockers(&report)),
            (Some(3), vec!["MFA_CODE_REFUSED"]),
            "{report:#}"
        );
        assert_eq!(check(&report, "s3-bucket")["outcome"], "skip");
        assert_eq!(
            person.seen.matches("Enter MFA code").count(),
            1,
            "{}",
            person.seen
        );
    }
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn ctrl_c_at_the_prompt_ends_the_run_with_a_report() {
    let world = world();
    let words = words("docker", Some("mfa"));
    let (mut person, child) = Person::sit_before(world.command(&words).stdout(Stdio::piped()));
    person.waits_for(PROMPT).types("\u{3}");
    let (code, stdout) = ended(child, &mut person);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (code, &report["preflight"]["status"]),
        (Some(130), &"interrupted".into()),
        "{report:#}"
    );
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn local_mode_asks_for_the_code_on_the_same_terminal() {
    for (typed, code, blocker) in [("123456\n", 0, None), ("000000\n", 3, Some("MFA_CODE_REFUSED"))] {
        let world = world();
        // In a container with a terminal all output is one: the document goes into a file.
        let document = world.path("document.json");
        let line = format!("exec lakehouse \"$@\" >'{}'", document.display());
        let mut command = in_toolbox(&world, &["--interactive", "--tty", "--env", "TERM=dumb"]);
        command
            .args(["sh", "-c", &line, "sh"])
            .args(words("local", Some("mfa")));
        // The client's stdout is the container's terminal.
        let shown = fs::File::create(world.path("shown")).unwrap();
        let screen = world.path("shown");
        let (mut person, mut child) = Person::sit_before(command.stdout(shown));
        let asked = common::until(std::time::Duration::from_secs(90), || {
            fs::read_to_string(&screen)
                .unwrap()
                .contains(PROMPT)
                .then_some(())
        });
        assert!(asked.is_some(), "{}", fs::read_to_string(&screen).unwrap());
        person.types(typed);
        let status = child.wait().unwrap();
        let seen = fs::read_to_string(&screen).unwrap();
        assert_eq!(status.code(), Some(code), "{seen}");
        let report: Value = serde_json::from_str(&fs::read_to_string(&document).unwrap()).unwrap();
        assert_eq!(
            blockers(&report),
            blocker.into_iter().collect::<Vec<_>>(),
            "{report:#}"
        );
        assert!(!seen.contains("123456"), "{seen}");
        assert_eq!(seen.matches("Enter MFA code").count(), 1, "{seen}");
    }
}
