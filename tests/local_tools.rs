//! Local mode with scripted tools: what the program makes of tools that fail, hang, lie or are not there.

mod common;

use common::fake::{Fake, PREFLIGHT};
use common::{blockers, check, runs, until, verified_journal};
use std::time::Duration;

/// Seconds that only a tool of this very test run sleeps: other runs on this machine have others.
fn mark(test: u32) -> String {
    format!("47{test}{}", std::process::id())
}

#[test]
fn an_account_in_which_everything_is_ready_is_ok_to_install() {
    let fake = Fake::ready();
    let done = fake.world.run(&PREFLIGHT);
    let report = done.expect(0).report();
    assert_eq!(report["preflight"]["okToInstall"], true, "{report:#}");
    assert_eq!(report["preflight"]["evidence"]["awsAccountId"], "123456789012");
    assert_eq!(report["run"]["exec"]["mode"], "local");
    assert_eq!(report["run"]["exec"]["tools"]["eksctl"], "0.230.0");
    let (records, last) = verified_journal(&fake.world.journal(), report["run"]["id"].as_str().unwrap());
    assert_eq!(report["run"]["journalRecords"], records.len());
    assert_eq!(report["run"]["commandsRun"], records.len());
    assert_eq!(report["run"]["journalHash"], last.as_str());
    assert!(
        records
            .iter()
            .all(|record| record["effect"] == "read" && record["purpose"].as_str().unwrap().len() > 5)
    );
}

#[test]
fn a_second_run_says_the_same_and_leaves_the_env_file_alone() {
    let fake = Fake::ready();
    fake.world.run(&PREFLIGHT).expect(0);
    let file = fake.world.path("work/lakehouse_ingext.env");
    let before = std::fs::metadata(&file).unwrap().modified().unwrap();
    let report = fake.world.run(&PREFLIGHT).expect(0).report();
    assert_eq!(
        report["preflight"]["envFile"],
        file.canonicalize().unwrap().display().to_string()
    );
    assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), before);
}

#[test]
fn an_env_file_with_other_values_is_not_overwritten_unasked() {
    let fake = Fake::ready();
    fake.world.run(&PREFLIGHT).expect(0);
    let file = fake.world.path("work/lakehouse_ingext.env");
    let before = std::fs::read(&file).unwrap();
    let other: Vec<&str> = PREFLIGHT.iter().copied().chain(["--cluster", "other"]).collect();
    let report = fake.world.run(&other).expect(3).report();
    assert_eq!(blockers(&report), ["ENV_FILE_EXISTS"]);
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let asked: Vec<&str> = other.iter().copied().chain(["--overwrite-env"]).collect();
    fake.world.run(&asked).expect(0);
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("CLUSTER_NAME=other")
    );
}

#[test]
fn another_account_than_the_env_files_is_a_blocker() {
    let fake = Fake::ready();
    fake.world.run(&PREFLIGHT).expect(0);
    fake.answer(
        "aws.sts.get-caller-identity",
        r#"echo '{"UserId":"A","Account":"999999999999","Arn":"arn:aws:iam::999999999999:user/tester"}'"#,
    );
    let report = fake.world.run(&PREFLIGHT).expect(3).report();
    assert!(blockers(&report).contains(&"ACCOUNT_CHANGED"), "{report:#}");
    let file = std::fs::read_to_string(fake.world.path("work/lakehouse_ingext.env")).unwrap();
    assert!(file.contains("AWS_ACCOUNT_ID=123456789012"), "{file}");
}

#[test]
fn without_a_root_domain_the_input_is_asked_for_and_no_tool_runs() {
    let fake = Fake::ready();
    let report = fake
        .world
        .run(&["--exec", "local", "preflight"])
        .expect(4)
        .report();
    assert_eq!(report["preflight"]["required"][0], "root-domain");
    assert_eq!(report["preflight"]["okToInstall"], false);
    assert_eq!(report["run"]["commandsRun"], 0);
}

#[test]
fn the_default_action_goes_on_to_the_installs_plan() {
    let fake = Fake::ready();
    let args: Vec<&str> = PREFLIGHT
        .iter()
        .copied()
        .filter(|word| *word != "preflight")
        .collect();
    let report = fake.world.run(&args).report();
    assert_eq!(report["preflight"]["okToInstall"], true);
    // What this account's tools leave unknown is no plan; whatever it is, it is the install's own answer.
    let status = report["install"]["status"].as_str().expect("the install's part");
    assert!(!["failed", "interrupted"].contains(&status), "{report:#}");
    let only = fake.world.run(&PREFLIGHT).expect(0).report();
    assert!(only["install"].is_null(), "the preflight alone plans nothing");
}

#[test]
fn a_missing_tool_is_named_and_nothing_is_called_absent() {
    let mut fake = Fake::ready();
    fake.remove("aws");
    fake.world.set_path_without_host_tools();
    let report = fake.world.run(&PREFLIGHT).expect(3).report();
    assert!(blockers(&report).contains(&"TOOL_MISSING"), "{report:#}");
    assert_eq!(report["preflight"]["okToInstall"], false);
    assert!(report["preflight"]["evidence"].get("s3BucketExists").is_none());
    assert!(report["preflight"]["evidence"].get("eksClusterStatus").is_none());
}

#[test]
fn faults_of_a_tool_are_unknown_never_ok() {
    let faults = [
        ("garbage", "echo '<html>proxy login</html>'", "AWS_UNEXPECTED"),
        (
            "half a document",
            "printf '{\"HostedZones\":[{\"Id\":\"/hosted'",
            "AWS_UNEXPECTED",
        ),
        ("nothing", "true", "AWS_UNEXPECTED"),
        ("exit 1 without a word", "return 1", "AWS_UNEXPECTED"),
        ("killed", "kill -KILL $$", "TOOL_FAILED"),
        ("200 MB", "head -c 200000000 /dev/zero", "TOOL_FAILED"),
        // Cut at the limit it would be a whole document with nothing in it.
        (
            "a document after the limit",
            "head -c 17000000 /dev/zero | tr '\\0' ' '; echo '{\"HostedZones\":[]}'",
            "TOOL_FAILED",
        ),
        (
            "200 MB of complaints",
            "head -c 200000000 /dev/zero >&2; return 1",
            "AWS_UNEXPECTED",
        ),
        (
            "denied",
            "echo 'An error occurred (AccessDenied) when calling the ListHostedZones operation: no' >&2; return 254",
            "AWS_ACCESS_DENIED",
        ),
        (
            "throttled",
            "echo 'aws: [ERROR]: An error occurred (Throttling) when calling the ListHostedZones operation (reached max retries: 2): Rate exceeded' >&2; return 254",
            "AWS_THROTTLED",
        ),
    ];
    for (name, script, code) in faults {
        let fake = Fake::ready();
        fake.answer("aws.route53.list-hosted-zones", script);
        let report = fake.world.run(&PREFLIGHT).expect(3).report();
        assert_eq!(blockers(&report), [code], "{name}: {report:#}");
        assert_eq!(check(&report, "route53-zone")["outcome"], "fail", "{name}");
        assert!(
            report["preflight"]["evidence"].get("route53ZoneId").is_none(),
            "{name}"
        );
    }
}

#[test]
fn a_tool_past_its_time_limit_is_stopped_and_unknown() {
    let fake = Fake::ready();
    fake.answer("aws.sts.get-caller-identity", &format!("sleep {}", mark(1)));
    let args: Vec<&str> = PREFLIGHT.iter().copied().chain(["--timeout", "1s"]).collect();
    let report = fake.world.run(&args).expect(3).report();
    assert!(blockers(&report).contains(&"TOOL_TIMED_OUT"), "{report:#}");
    assert!(!runs(&format!("sleep\u{0}{}", mark(1))));
}

#[test]
fn secrets_reach_neither_report_nor_journal_nor_stderr() {
    let fake = Fake::ready();
    fake.answer(
        "aws.route53.list-hosted-zones",
        "echo \"Error: secret_access_key=$AWS_SECRET_ACCESS_KEY is wrong, $AWS_SECRET_ACCESS_KEY\" >&2; return 255",
    );
    let args: Vec<&str> = PREFLIGHT
        .iter()
        .copied()
        .chain(["--log-level", "debug"])
        .collect();
    let done = fake.world.run(&args);
    let journal = std::fs::read_to_string(fake.world.journal()).unwrap();
    for text in [&done.stdout, &done.stderr, &journal] {
        assert!(!text.contains("fake-secret-of-the-test"), "{text}");
    }
    assert!(done.stdout.contains("[redacted]"));
}

#[test]
fn a_journal_that_cannot_be_written_is_a_warning() {
    let mut fake = Fake::ready();
    let file = fake.world.path("not-a-folder");
    std::fs::write(&file, "").unwrap();
    fake.world.set("XDG_STATE_HOME", file.display().to_string());
    let report = fake.world.run(&PREFLIGHT).expect(0).report();
    assert_eq!(common::warnings(&report), ["JOURNAL_NOT_WRITTEN"]);
    assert!(report["run"].get("journal").is_none());
}

#[test]
fn a_signal_ends_the_hanging_tool_and_a_report_is_printed() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let fake = Fake::ready();
        // One that also leaves a child in a session of its own behind.
        fake.answer(
            "aws.sts.get-caller-identity",
            &format!("setsid sleep {0} & touch \"$0.started\"; sleep {0}", mark(2)),
        );
        let running = fake.world.start(&PREFLIGHT);
        until(Duration::from_secs(20), || {
            fake.world.path("bin/aws.started").exists().then_some(())
        })
        .unwrap();
        running.signal(signal);
        let (status, stdout, _) = running.wait(Duration::from_secs(10));
        assert_eq!(status.code(), Some(code));
        let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        common::assert_valid(&report);
        assert_eq!(report["preflight"]["status"], "interrupted", "{report:#}");
        assert_eq!(report["preflight"]["okToInstall"], false);
        assert!(
            !runs(&format!("sleep\u{0}{}", mark(2))),
            "the tool and its child have ended"
        );
        assert!(!fake.world.path("work/lakehouse_ingext.env").exists());
    }
}

#[test]
fn after_sigkill_nothing_is_left_within_two_seconds() {
    let fake = Fake::ready();
    fake.answer(
        "aws.sts.get-caller-identity",
        &format!(
            "trap '' INT TERM; setsid sleep {0} & touch \"$0.started\"; sleep {0}; sleep {0}",
            mark(3)
        ),
    );
    let running = fake.world.start(&PREFLIGHT);
    until(Duration::from_secs(20), || {
        fake.world.path("bin/aws.started").exists().then_some(())
    })
    .unwrap();
    running.signal("KILL");
    let gone = until(Duration::from_secs(2), || {
        (!runs(&format!("sleep\u{0}{}", mark(3))) && !runs(&fake.world.path("bin").display().to_string()))
            .then_some(())
    });
    assert!(gone.is_some(), "tools of a killed run still live");
}

#[test]
fn text_output_has_no_control_characters_off_a_terminal() {
    let fake = Fake::ready();
    let args: Vec<&str> = PREFLIGHT.iter().copied().chain(["--output", "text"]).collect();
    let done = fake.world.run(&args);
    assert!(
        done.expect(0).stdout.contains("OK to install."),
        "{}",
        done.stdout
    );
    assert!(!done.stdout.contains('\u{1b}') && !done.stderr.contains('\u{1b}'));
}

#[test]
fn a_question_that_is_throttled_twice_is_not_asked_a_third_time() {
    let fake = Fake::ready();
    fake.answer(
        "aws.route53.list-hosted-zones",
        "echo 'An error occurred (Throttling) when calling the ListHostedZones operation (reached max retries: 2): Rate exceeded' >&2; return 254",
    );
    let report = fake.world.run(&PREFLIGHT).expect(3).report();
    assert_eq!(blockers(&report), ["AWS_THROTTLED"]);
    let journal = std::fs::read_to_string(fake.world.journal()).unwrap();
    let asked = journal
        .lines()
        .filter(|line| line.contains("list-hosted-zones"))
        .count();
    assert_eq!(asked, 2);
}

#[test]
fn a_stop_does_not_wait_for_the_pause_before_a_question_is_asked_again() {
    let fake = Fake::ready();
    let mark = fake.world.path("throttled");
    fake.answer(
        "aws.route53.list-hosted-zones",
        &format!(
            "touch {}; echo 'An error occurred (Throttling) when calling the ListHostedZones operation: Rate exceeded' >&2; return 254",
            mark.display()
        ),
    );
    let running = fake.world.start(&PREFLIGHT);
    until(Duration::from_secs(20), || mark.exists().then_some(())).expect("the question");
    running.signal("INT");
    let (status, out, _) = running.wait(Duration::from_secs(20));
    assert_eq!(status.code(), Some(130));
    assert!(out.contains("\"interrupted\""), "{out}");
    let journal = std::fs::read_to_string(fake.world.journal()).unwrap();
    let asked = journal
        .lines()
        .filter(|line| line.contains("list-hosted-zones"))
        .count();
    assert_eq!(asked, 1, "{journal}");
}

#[test]
fn checks_that_were_left_out_stand_beside_their_own_reason() {
    let fake = Fake::standing();
    fake.answer(
        "aws.iam.simulate-principal-policy",
        "echo 'An error occurred (AccessDenied) when calling the SimulatePrincipalPolicy operation: no' >&2; return 254",
    );
    let done = fake.world.run(&PREFLIGHT);
    let report = done.report();
    let mut told = 0;
    for check in report["preflight"]["checks"].as_array().unwrap() {
        let message = check["message"].as_str().unwrap();
        let (id, Some(why)) = (check["id"].as_str().unwrap(), message.strip_prefix("Not asked: ")) else {
            continue;
        };
        let line = done
            .stderr
            .lines()
            .find(|line| line.contains("not asked") && line.contains(id));
        assert!(
            line.is_some_and(|line| line.ends_with(why)),
            "{id}: {why}\n{}",
            done.stderr
        );
        told += 1;
    }
    assert!(told >= 3, "{}", done.stderr);
}
