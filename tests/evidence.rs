//! `lakehouse evidence` and `explain`: what is kept is found again, and what can't be known is not claimed.

mod common;

use common::fake::{Fake, PREFLIGHT};
use common::kept::{Kept, hex, kinds, verification};
use common::{Finished, World, until};
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

#[test]
fn a_run_keeps_the_very_report_that_it_printed() {
    let kept = Kept::new();
    assert_eq!(fs::read_to_string(kept.report()).unwrap(), kept.stdout);
    let mode = fs::metadata(kept.report()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let report: Value = serde_json::from_str(&kept.stdout).unwrap();
    assert_eq!(report["run"]["report"], kept.report().display().to_string());
    // Also where stdout got text.
    let args: Vec<&str> = PREFLIGHT.iter().copied().chain(["--output", "text"]).collect();
    kept.world().run(&args).expect(0);
    let report = kept
        .world()
        .run(&["evidence", "verify", "latest"])
        .expect(0)
        .report();
    assert_ne!(report["evidence"]["run"]["id"], kept.id.as_str());
    assert_eq!(report["evidence"]["run"]["status"], "ready");
}

#[test]
fn an_untouched_run_is_intact() {
    let kept = Kept::new();
    let report = kept.verify().expect(0).report();
    let verification = verification(&report);
    assert_eq!(verification["status"], "intact");
    assert_eq!(verification["anchors"], serde_json::json!(["report.json"]));
    assert_eq!(verification["lines"], kept.lines().len());
    assert_eq!(verification["reportSha256"], hex(&kept.stdout));
    assert!(
        verification["message"]
            .as_str()
            .unwrap()
            .contains("--report FILE")
    );
    assert!(
        report["run"].get("journal").is_none(),
        "a look at evidence leaves none"
    );
}

#[test]
fn a_kept_report_of_another_run_compares_nothing() {
    let kept = Kept::new();
    let other = kept.world().run(&PREFLIGHT);
    fs::write(kept.world().path("work/other.json"), &other.stdout).unwrap();
    fs::write(kept.world().path("work/none.json"), "[1]").unwrap();
    for file in ["other.json", "none.json", "absent.json", "/dev/null"] {
        let verify = ["evidence", "verify", &kept.id, "--report", file];
        let report = kept.world().run(&verify).expect(1).report();
        assert_eq!(report["failure"]["code"], "EVIDENCE_NOT_READ", "{file}");
        assert!(report.get("evidence").is_none());
    }
}

#[test]
fn a_run_that_goes_on_and_one_that_was_killed_are_neither_intact_nor_altered() {
    let kept = Kept::new();
    let fake = &kept.fake;
    let mark = format!("48{}", std::process::id());
    let hang = format!("touch \"$0.started\"; sleep {mark}");
    fake.answer("aws.route53.list-hosted-zones", &hang);
    let running = fake.world.start(&PREFLIGHT);
    let started = fake.world.path("bin/aws.started");
    until(Duration::from_secs(20), || started.exists().then_some(())).unwrap();
    let list = fake.world.run(&["evidence", "list"]).expect(0).report();
    let states: Vec<&Value> = list["evidence"]["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| &run["state"])
        .collect();
    assert_eq!(states, ["running", "complete"]);
    let report = fake
        .world
        .run(&["evidence", "verify", "latest"])
        .expect(5)
        .report();
    assert_eq!(verification(&report)["status"], "running", "{report:#}");
    assert!(verification(&report)["lines"].as_u64().unwrap() >= 1);
    running.signal("KILL");
    running.wait(Duration::from_secs(10));
    let look = || {
        let report = fake
            .world
            .run(&["evidence", "verify", "latest"])
            .expect(5)
            .report();
        (verification(&report)["status"] == "unfinished").then_some(report)
    };
    let report = until(Duration::from_secs(10), look).expect("the lock went with the process");
    let id = report["evidence"]["run"]["id"].as_str().unwrap().to_owned();
    assert_eq!(report["evidence"]["run"]["state"], "unfinished");
    // A crash in mid-write: read up to the break.
    let journal = PathBuf::from(report["evidence"]["run"]["journal"].as_str().unwrap());
    let whole = verification(&report)["lines"].clone();
    let mut file = fs::OpenOptions::new().append(true).open(&journal).unwrap();
    file.write_all(b"{\"seq\":").unwrap();
    let report = fake.world.run(&["evidence", "verify", &id]).expect(5).report();
    assert_eq!(verification(&report)["soundLines"], whole);
    let message = verification(&report)["message"].as_str().unwrap();
    assert!(message.contains("half written"), "{message}");
    let shown = fake.world.run(&["evidence", "show", &id]).expect(0).report();
    assert_eq!(
        shown["evidence"]["commands"].as_array().unwrap().len() as u64,
        whole
    );
    // Killed or not: a line that was changed is a line that was changed.
    let text = fs::read_to_string(&journal)
        .unwrap()
        .replacen("\"exit\":0", "\"exit\":1", 1);
    fs::write(&journal, text).unwrap();
    fake.world.run(&["evidence", "verify", &id]).expect(1);
}

#[test]
fn a_run_that_was_interrupted_keeps_its_report() {
    let fake = Fake::ready();
    fake.answer(
        "aws.sts.get-caller-identity",
        &format!("touch \"$0.started\"; sleep 49{}", std::process::id()),
    );
    let running = fake.world.start(&PREFLIGHT);
    let started = fake.world.path("bin/aws.started");
    until(Duration::from_secs(20), || started.exists().then_some(())).unwrap();
    running.signal("INT");
    running.wait(Duration::from_secs(10));
    let report = fake
        .world
        .run(&["evidence", "verify", "latest"])
        .expect(0)
        .report();
    assert_eq!(report["evidence"]["run"]["status"], "interrupted");
}

#[test]
fn a_run_is_named_by_its_id_a_beginning_or_latest_and_never_by_a_path() {
    let world = World::new();
    let list = world.run(&["evidence", "list"]).expect(0).report();
    assert_eq!(list["evidence"]["runs"], serde_json::json!([]));
    let none = world.run(&["evidence", "show", "latest"]).expect(1).report();
    assert_eq!(none["failure"]["code"], "EVIDENCE_NOT_FOUND");

    let kept = Kept::new();
    let world = kept.world();
    for name in [&kept.id[..], &kept.id[..20], "latest"] {
        let report = world.run(&["evidence", "show", name]).expect(0).report();
        assert_eq!(report["evidence"]["run"]["id"], kept.id.as_str());
        assert_eq!(
            report["evidence"]["commands"].as_array().unwrap().len(),
            kept.lines().len()
        );
    }
    // Folders that are no runs are no business of a list.
    fs::create_dir(kept.folder.with_file_name("notes")).unwrap();
    let other = kept.folder.with_file_name(format!("{}000000", &kept.id[..17]));
    if !other.exists() {
        fs::create_dir(&other).unwrap();
    }
    let report = world
        .run(&["evidence", "verify", &kept.id[..17]])
        .expect(1)
        .report();
    assert_eq!(report["failure"]["code"], "EVIDENCE_NOT_FOUND");
    assert!(
        report["failure"]["remediation"]
            .as_str()
            .unwrap()
            .contains(&kept.id)
    );
    let report = world.run(&["evidence", "verify", "1999"]).expect(1).report();
    assert!(
        report["failure"]["remediation"]
            .as_str()
            .unwrap()
            .contains(&kept.id)
    );
    let list = world.run(&["evidence", "list"]).expect(0).report();
    assert_eq!(list["evidence"]["runs"].as_array().unwrap().len(), 2);
    for bad in ["../x", "/", "..", "2026/../..", "a", "LATEST", ""] {
        let done = world.run(&["evidence", "verify", bad]);
        done.expect(2);
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
    }
    for words in [
        &["evidence"][..],
        &["evidence", "verify"],
        &["evidence", "verfy", "latest"],
        &["evidence", "list", "--report", "x"],
        &["evidence", "verify", "latest", "--report"],
        &["evidence", "verify", "latest", "--report", "a", "--report", "b"],
        &["evidence", "show", "latest", "more"],
    ] {
        let done = world.run(words);
        assert_eq!(
            done.expect(2).stderr.lines().count(),
            1,
            "{words:?} {}",
            done.stderr
        );
    }
    world
        .run(&["--quiet", "evidence", "verify", "--quiet=true", "latest"])
        .expect(2);
    world.run(&["evidence", "verify", "--quiet", &kept.id]).expect(0);
}

#[test]
fn what_is_not_the_users_own_file_is_not_opened() {
    let kept = Kept::new();
    let code = |args: &[&str]| {
        let report = kept.world().run(args).expect(1).report();
        report["failure"]["code"].as_str().unwrap().to_owned()
    };
    let verify = ["evidence", "verify", &kept.id];
    let journal = kept.journal();
    let aside = kept.folder.join("aside");
    fs::rename(&journal, &aside).unwrap();
    symlink(&aside, &journal).unwrap();
    assert_eq!(code(&verify), "EVIDENCE_NOT_READ");
    let list = kept.world().run(&["evidence", "list"]).expect(0).report();
    assert_eq!(list["evidence"]["runs"][0]["state"], "unreadable");
    fs::remove_file(&journal).unwrap();
    // A pipe that nobody writes must not be waited for.
    let made = std::process::Command::new("mkfifo")
        .arg(&journal)
        .status()
        .unwrap();
    assert!(made.success());
    assert_eq!(code(&verify), "EVIDENCE_NOT_READ");
    fs::remove_file(&journal).unwrap();
    fs::create_dir(&journal).unwrap();
    assert_eq!(code(&verify), "EVIDENCE_NOT_READ");
    fs::remove_dir(&journal).unwrap();
    fs::rename(&aside, &journal).unwrap();
    kept.verify().expect(0);
    // Others may write it.
    fs::set_permissions(&journal, PermissionsExt::from_mode(0o666)).unwrap();
    let report = kept.verify().expect(0).report();
    assert_eq!(verification(&report)["warnings"][0]["code"], "EVIDENCE_NOT_YOURS");
    // Another user's; only root can give a file away.
    if std::os::unix::fs::chown(&journal, Some(12345), None).is_ok() {
        assert_eq!(code(&verify), "EVIDENCE_NOT_YOURS");
    }
    fs::remove_dir_all(&kept.folder).unwrap();
    symlink("/etc", &kept.folder).unwrap();
    assert_eq!(code(&verify), "EVIDENCE_NOT_READ");
}

#[test]
fn a_huge_line_and_a_huge_file_end_soon_and_without_filling_the_memory() {
    let kept = Kept::new();
    let lines = kept.lines().len();
    let file = fs::OpenOptions::new().write(true).open(kept.journal()).unwrap();
    // Sparse: zeros to the end.
    file.set_len(400_000_000_000).unwrap();
    let limited = |args: &str| {
        let mut command = kept.world().command(&[]);
        let program = command.get_program().to_owned();
        command = {
            let mut shell = std::process::Command::new("sh");
            shell
                .args(["-c", &format!("ulimit -v 400000; exec \"$0\" {args}")])
                .arg(program)
                .env_clear()
                .envs(
                    command
                        .get_envs()
                        .filter_map(|(name, value)| Some((name, value?))),
                )
                .current_dir(kept.world().path("work"))
                .stdin(Stdio::null());
            shell
        };
        let output = command.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Finished {
            code: output.status.code(),
            stdout,
            stderr,
        }
    };
    let report = limited("evidence verify latest").expect(1).report();
    assert_eq!(kinds(&report)[0], format!("{} tooLong", lines + 1));
    assert_eq!(verification(&report)["soundLines"], lines);
    limited("evidence list").expect(0);
    let export = limited("evidence export latest --to -").expect(1).report();
    assert_eq!(export["failure"]["code"], "EVIDENCE_NOT_WRITTEN");
}

#[test]
fn an_export_can_be_checked_again_by_hand() {
    let kept = Kept::new();
    let report = kept
        .world()
        .run(&["evidence", "export", "latest"])
        .expect(0)
        .report();
    let name = format!("lakehouse-evidence-{}.json", kept.id);
    let path = kept.world().path("work").join(&name);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(report["evidence"]["export"]["sha256"], hex(&text));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let export: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(export["redaction"]["changedLines"], serde_json::json!([]));
    assert_eq!(export["verification"]["status"], "intact");
    assert_eq!(export["tools"]["eksctl"], "0.230.0");
    assert_eq!(export["reportSha256"], hex(&kept.stdout));
    let lines: Vec<&str> = export["journal"]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    assert_eq!(lines, kept.lines());
    // Never over a file that is there.
    let again = kept
        .world()
        .run(&["evidence", "export", "latest"])
        .expect(1)
        .report();
    assert_eq!(again["failure"]["code"], "EVIDENCE_NOT_WRITTEN");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let refused = ["--read-only", "evidence", "export", "latest", "--to", "x.json"];
    let refused = kept.world().run(&refused).expect(1).report();
    assert_eq!(refused["failure"]["code"], "READ_ONLY_REFUSED");
    let printed = kept.world().run(&["evidence", "export", "latest", "--to", "-"]);
    let printed: Value = serde_json::from_str(&printed.expect(0).stdout).unwrap();
    assert_eq!(printed["journal"], export["journal"]);
    by_hand(kept.world(), &path, &export, "");
    // And the lines that an auditor types find a change.
    let mut forged = export.clone();
    let line = forged["journal"]["lines"][2]
        .as_str()
        .unwrap()
        .replace("\"exit\":0", "\"exit\":7");
    forged["journal"]["lines"][2] = line.into();
    fs::write(&path, forged.to_string()).unwrap();
    by_hand(kept.world(), &path, &forged, "changed:");
}

/// Runs the lines that the export names, where their tools are.
fn by_hand(world: &World, path: &Path, export: &Value, said: &str) {
    if which::which("jq").is_err() {
        return;
    }
    let lines: Vec<&str> = export["howToVerify"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    let script = lines.join("\n").replacen(
        "export=lakehouse-evidence.json",
        &format!("export='{}'", path.display()),
        1,
    );
    for shell in ["sh", "bash"] {
        let output = std::process::Command::new(shell)
            .args(["-c", &script])
            .current_dir(world.path("home"))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        if said.is_empty() {
            let hash = export["report"]["run"]["journalHash"].as_str().unwrap();
            assert!(text.starts_with(&format!("{hash}\n{hash}\n")), "{text}");
        } else {
            assert!(text.starts_with(said), "{text}");
        }
    }
}

#[test]
fn an_export_holds_no_secret_and_not_the_users_folder() {
    let mut kept = Kept::new();
    // A secret that the run did not know, and one that the journal was given by hand.
    kept.tamper(|lines| {
        lines[1] = lines[1].replacen(
            "\"argv\":[\"",
            "\"argv\":[\"password=hunter22-of-the-test\",\"",
            1,
        );
        lines.push("aws_secret_access_key=wJalrXUtnFEMI".to_owned());
    });
    let home = kept.world().path("state").display().to_string();
    kept.fake.world.set("HOME", home.clone());
    let done = kept.world().run(&["evidence", "export", "latest", "--to", "-"]);
    let text = &done.expect(0).stdout;
    for secret in ["hunter22", "wJalrXUtn", "fake-secret-of-the-test", &home] {
        assert!(!text.contains(secret), "{secret}");
    }
    let export: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        export["redaction"]["changedLines"],
        serde_json::json!([2, kept.lines().len()])
    );
    assert_eq!(export["verification"]["status"], "altered");
    assert!(text.contains("123456789012"), "the account stays");
    assert!(
        export["report"]["run"]["journal"]
            .as_str()
            .unwrap()
            .starts_with("~/lakehouse/runs/")
    );
}

#[test]
fn text_of_a_journal_cannot_play_with_the_terminal() {
    let kept = Kept::new();
    kept.tamper(|lines| {
        lines[0] = lines[0].replacen("\"purpose\":\"", "\"purpose\":\"\\u001b[2J\\u202e", 1);
    });
    for action in ["show", "verify", "list"] {
        let run: &[&str] = if action == "list" { &[] } else { &["latest"] };
        let args: Vec<&str> = ["evidence", action, "--output", "text"]
            .iter()
            .chain(run)
            .copied()
            .collect();
        let done = kept.world().run(&args);
        assert!(!done.stdout.contains(['\u{1b}', '\u{202e}']), "{}", done.stdout);
    }
}

#[test]
fn explain_says_what_a_code_means() {
    let world = World::new();
    let text = world.run(&["explain", "no-certificate"]).expect(0).stdout.clone();
    assert!(
        text.starts_with("NO_CERTIFICATE\n") && text.contains("acm request-certificate"),
        "{text}"
    );
    let json = world.run(&["explain", "evidence_altered", "--output", "json"]);
    let json: Value = serde_json::from_str(&json.expect(0).stdout).unwrap();
    assert_eq!(json["code"], "EVIDENCE_ALTERED");
    assert_eq!(json["exit"], "1");
    let all = world.run(&["explain"]).expect(0).stdout.lines().count();
    let json = world.run(&["explain", "--output", "json"]);
    let json: Value = serde_json::from_str(&json.expect(0).stdout).unwrap();
    assert_eq!(json["codes"].as_array().unwrap().len(), all);
    for (word, said) in [
        ("NO_CERTIFICAT", "did you mean NO_CERTIFICATE?"),
        ("quota", "did you mean QUOTA_TOO_LOW, QUOTA_NEARLY_USED"),
        ("zzz", "lakehouse explain lists all"),
    ] {
        let done = world.run(&["explain", word]);
        assert!(done.expect(2).stderr.contains(said), "{}", done.stderr);
    }
}

#[test]
fn a_state_folder_that_refuses_leaves_a_warning_and_the_checks_go_on() {
    // A file system that takes no folder, and a path through a file.
    for state in ["/proc", "/dev/null"] {
        let mut fake = Fake::ready();
        fake.world.set("XDG_STATE_HOME", state);
        let report = fake.world.run(&PREFLIGHT).expect(0).report();
        assert_eq!(common::warnings(&report), ["JOURNAL_NOT_WRITTEN"]);
        assert_eq!(report["preflight"]["okToInstall"], true);
        assert!(report["run"].get("report").is_none());
    }
    let mut fake = Fake::ready();
    let missing = fake.world.path("state/not/there/yet").display().to_string();
    fake.world.set("XDG_STATE_HOME", missing);
    let report = fake.world.run(&PREFLIGHT).expect(0).report();
    assert!(common::warnings(&report).is_empty());
    fake.world.run(&["evidence", "verify", "latest"]).expect(0);
}

/// A limit on the size of files says the same as a full disk, in the middle of the run.
#[test]
fn a_disk_that_fills_up_in_mid_run_is_said_and_what_was_written_stays_whole() {
    let fake = Fake::ready();
    let mut shell = std::process::Command::new("sh");
    let wanted = fake.world.command(&[]);
    let output = shell
        .args(["-c", "trap '' XFSZ; ulimit -f 3; exec \"$@\"", "sh"])
        .arg(wanted.get_program())
        .args(PREFLIGHT)
        .args(["--write-env", "false"])
        .env_clear()
        .envs(wanted.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .current_dir(fake.world.path("work"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    common::assert_valid(&report);
    assert_eq!(
        common::warnings(&report),
        ["JOURNAL_NOT_WRITTEN", "REPORT_NOT_KEPT"]
    );
    assert!(said.contains("REPORT_NOT_KEPT"), "{said}");
    let records = report["run"]["journalRecords"].as_u64().unwrap();
    assert!(records >= 1 && records < report["run"]["commandsRun"].as_u64().unwrap());
    // What is there is whole, and nobody claims that it is all.
    let done = fake
        .world
        .run(&["evidence", "verify", "latest"])
        .expect(5)
        .report();
    assert_eq!(verification(&done)["lines"], records);
    fs::write(fake.world.path("work/kept.json"), &output.stdout).unwrap();
    let verify = ["evidence", "verify", "latest", "--report", "kept.json"];
    let done = fake.world.run(&verify).expect(0).report();
    let codes: Vec<&Value> = verification(&done)["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| &warning["code"])
        .collect();
    assert_eq!(codes, ["JOURNAL_NOT_WRITTEN", "EVIDENCE_UNFINISHED"]);
}
