//! `--events`: what a program that follows a run is told, and what a bad reader can't do to the run.

mod common;

use common::fake::{Fake, PREFLIGHT};
use common::{assert_valid, close, until, verified_journal};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    PREFLIGHT.iter().copied().chain(more.iter().copied()).collect()
}

#[track_caller]
fn lines(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n'), "a whole last line: {text:?}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Holds each line against the schema that the program prints, closed against misspelt keys.
#[track_caller]
fn valid(fake: &Fake, lines: &[Value]) {
    let mut schema: Value =
        serde_json::from_str(&fake.world.run(&["schema", "events"]).expect(0).stdout).unwrap();
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in lines {
        let errors: Vec<String> = validator
            .iter_errors(line)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:#?}\n{line:#}");
    }
    let mut misspelt = lines[0].clone();
    misspelt["misspelt"] = true.into();
    assert!(!validator.is_valid(&misspelt), "a misspelt key must be caught");
}

/// Started first, report last, numbers without a hole, one run.
#[track_caller]
fn in_order(lines: &[Value]) {
    let names: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(names.first(), Some(&"started"), "{names:?}");
    assert_eq!(
        names.iter().position(|name| *name == "report"),
        Some(names.len() - 1),
        "{names:?}"
    );
    for (line, seq) in lines.iter().zip(1_u64..) {
        assert_eq!(line["seq"], seq, "{names:?}");
        assert_eq!(line["run"], lines[0]["run"]);
    }
}

fn of<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

fn set<'a>(values: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    values.into_iter().map(ToString::to_string).collect()
}

#[test]
fn the_stream_tells_what_the_report_and_the_journal_tell() {
    let fake = Fake::ready();
    let file = fake.world.path("work/events.jsonl");
    let report = fake
        .world
        .run(&with(&["--events", "events.jsonl"]))
        .expect(0)
        .report();
    let lines = lines(&fs::read_to_string(&file).unwrap());
    in_order(&lines);
    valid(&fake, &lines);
    assert_eq!(lines[0]["schema"], "lakehouse schema events");
    assert_eq!(
        (&lines[0]["command"], &lines[0]["mode"]),
        (&"preflight".into(), &"local".into())
    );
    let told = set(of(&lines, "finding").into_iter().map(|line| &line["finding"]));
    assert_eq!(told, set(report["preflight"]["checks"].as_array().unwrap()));
    let (records, _) = verified_journal(&fake.world.journal(), report["run"]["id"].as_str().unwrap());
    let kept: Vec<Value> = records
        .into_iter()
        .map(|mut record| {
            for key in ["seq", "run", "prev", "hash"] {
                record.as_object_mut().unwrap().remove(key);
            }
            record
        })
        .collect();
    assert_eq!(
        set(of(&lines, "command").into_iter().map(|line| &line["command"])),
        set(&kept)
    );
    let last = lines.last().unwrap();
    assert_eq!(last["report"], report);
    assert_eq!((&last["status"], &last["exitCode"]), (&"ready".into(), &0.into()));
    let steps: Vec<&str> = of(&lines, "step")
        .iter()
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["preparing the tools", "checking the account"]);
}

#[test]
fn a_finding_is_told_before_the_run_ends() {
    let fake = Fake::ready();
    let (pipe, hold) = (fake.world.path("pipe"), fake.world.path("hold"));
    assert!(
        Command::new("mkfifo")
            .args([&pipe, &hold])
            .status()
            .unwrap()
            .success()
    );
    // One tool waits for a word that comes only when the identity's finding was read.
    fake.answer(
        "helm.version",
        &format!("read word <{}; printf v3.19.5", hold.display()),
    );
    let run = fake.world.start(&with(&["--events", pipe.to_str().unwrap()]));
    let mut reader = BufReader::new(fs::File::open(&pipe).unwrap()).lines();
    let mut told = false;
    for line in reader.by_ref() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert_ne!(line["event"], "report", "the report came first");
        if line["finding"]["id"] == "identity" {
            told = true;
            break;
        }
    }
    assert!(told);
    fs::write(&hold, "go\n").unwrap();
    let rest: Vec<String> = reader.map(Result::unwrap).collect();
    assert!(rest.last().unwrap().contains("\"event\":\"report\""));
    let (status, ..) = run.wait(Duration::from_secs(60));
    assert_eq!(status.code(), Some(0));
}

#[test]
fn stdout_and_stderr_are_the_same_with_and_without_a_file_of_events() {
    // Times, the run's name and places differ from run to run; nothing else may.
    fn form(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (key, value) in map.iter_mut() {
                    if matches!(key.as_str(), "id" if value.as_str().is_some_and(|id| id.contains('Z')))
                        || ["startedAt", "durationMs", "journal", "report", "journalHash"]
                            .contains(&key.as_str())
                    {
                        *value = Value::Null;
                    }
                    form(value);
                }
            }
            Value::Array(list) => list.iter_mut().for_each(form),
            _ => {}
        }
    }
    let fake = Fake::ready();
    // The first run writes the env file.
    fake.world.run(&PREFLIGHT).expect(0);
    let (mut plain, mut told) = (
        fake.world.run(&PREFLIGHT).expect(0).report(),
        fake.world.run(&with(&["--events", "e"])).expect(0).report(),
    );
    form(&mut plain);
    form(&mut told);
    assert_eq!(plain.to_string(), told.to_string());
    let text = fake.world.run(&with(&["--events", "e", "--output", "text"]));
    let text = &text.expect(0).stdout;
    assert!(
        text.contains("OK to install") && !text.contains("\"event\""),
        "{text}"
    );
}

#[test]
fn a_dash_puts_the_lines_in_the_reports_place() {
    let fake = Fake::ready();
    for more in [&["--events", "-"][..], &["--events=-", "--output", "text"]] {
        let run = fake.world.run(&with(more));
        run.expect(0);
        let lines = lines(&run.stdout);
        in_order(&lines);
        valid(&fake, &lines);
        assert_valid(&lines.last().unwrap()["report"]);
        assert!(run.stderr.contains("OK to install"), "{}", run.stderr);
    }
    let mut fake = Fake::ready();
    fake.world.set("LAKEHOUSE_EVENTS", "-");
    in_order(&lines(&fake.world.run(&PREFLIGHT).expect(0).stdout));
    let refused = fake.world.run(&["toolbox", "shell"]);
    refused.expect(2);
    assert!(
        refused.stderr.contains("stdout is the shell's"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_file_is_the_owners_and_is_appended_to() {
    use std::os::unix::fs::PermissionsExt;
    let fake = Fake::ready();
    let file = fake.world.path("work/log");
    fake.world.run(&with(&["--events", "log"])).expect(0);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let first = fs::read_to_string(&file).unwrap();
    fake.world.run(&with(&["--events", "log"])).expect(0);
    let both = fs::read_to_string(&file).unwrap();
    let second = both.strip_prefix(&first).expect("what was there stays");
    in_order(&lines(second));
    assert_ne!(lines(&first)[0]["run"], lines(second)[0]["run"]);
}

#[test]
fn a_place_that_cant_be_written_is_wrong_usage_and_nothing_runs() {
    let mut fake = Fake::ready();
    fs::create_dir(fake.world.path("work/folder")).unwrap();
    for place in ["folder", "missing/file", "folder/"] {
        let run = fake.world.run(&with(&["--events", place]));
        run.expect(2);
        assert!(
            run.stderr
                .starts_with(&format!("lakehouse: --events \"{place}\": ")),
            "{}",
            run.stderr
        );
        assert!(
            run.stdout.is_empty() && run.stderr.lines().count() == 1,
            "{}",
            run.stderr
        );
    }
    fake.world.set("LAKEHOUSE_EVENTS", "folder");
    let run = fake.world.run(&PREFLIGHT);
    run.expect(2);
    assert!(
        run.stderr
            .contains("LAKEHOUSE_EVENTS \"folder\": can't be written"),
        "{}",
        run.stderr
    );
    assert!(!fake.world.path("state/lakehouse").exists(), "no run began");
}

#[test]
fn blocked_and_interrupted_runs_end_with_their_report() {
    let fake = Fake::ready();
    fake.answer("aws.sts.get-caller-identity", "echo 'An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: expired' >&2; return 254");
    let report = fake.world.run(&with(&["--events", "blocked"])).expect(3).report();
    let told = lines(&fs::read_to_string(fake.world.path("work/blocked")).unwrap());
    in_order(&told);
    valid(&fake, &told);
    let last = told.last().unwrap();
    assert_eq!(
        (&last["status"], &last["exitCode"]),
        (&"blocked".into(), &3.into())
    );
    let findings = set(of(&told, "finding").into_iter().map(|line| &line["finding"]));
    assert_eq!(findings, set(report["preflight"]["checks"].as_array().unwrap()));

    fake.answer(
        "aws.sts.get-caller-identity",
        "touch \"$answers/../asked\"; sleep 60",
    );
    let run = fake.world.start(&with(&["--events", "stopped"]));
    let asked = fake.world.path("asked");
    until(Duration::from_secs(30), || asked.exists().then_some(())).expect("the tool is asked");
    run.signal("INT");
    let (status, ..) = run.wait(Duration::from_secs(30));
    assert_eq!(status.code(), Some(130));
    let told = lines(&fs::read_to_string(fake.world.path("work/stopped")).unwrap());
    in_order(&told);
    valid(&fake, &told);
    let last = told.last().unwrap();
    assert_eq!(
        (&last["status"], &last["exitCode"]),
        (&"interrupted".into(), &130.into())
    );
}

#[test]
fn a_killed_run_leaves_whole_lines_and_no_report() {
    let fake = Fake::ready();
    fake.answer(
        "aws.sts.get-caller-identity",
        "touch \"$answers/../asked\"; sleep 60",
    );
    let run = fake.world.start(&with(&["--events", "killed"]));
    let asked = fake.world.path("asked");
    until(Duration::from_secs(30), || asked.exists().then_some(())).expect("the tool is asked");
    run.signal("KILL");
    run.wait(Duration::from_secs(30));
    let told = lines(&fs::read_to_string(fake.world.path("work/killed")).unwrap());
    assert_eq!(told[0]["event"], "started");
    assert!(of(&told, "report").is_empty());
    valid(&fake, &told);
}

#[test]
fn a_run_that_needs_input_says_so_in_its_last_line() {
    let fake = Fake::ready();
    let run = fake.world.run(&["--exec", "local", "preflight", "--events", "-"]);
    let told = lines(&run.expect(4).stdout);
    in_order(&told);
    valid(&fake, &told);
    let last = told.last().unwrap();
    assert_eq!(
        (&last["status"], &last["exitCode"]),
        (&"needs_input".into(), &4.into())
    );
}

#[test]
fn runs_at_once_can_share_a_file() {
    let fake = Fake::ready();
    let runs: Vec<_> = (0..4)
        .map(|_| fake.world.start(&with(&["--events", "shared"])))
        .collect();
    for run in runs {
        let (status, out, err) = run.wait(Duration::from_secs(60));
        assert_eq!(status.code(), Some(0), "{out}\n{err}");
    }
    let told = lines(&fs::read_to_string(fake.world.path("work/shared")).unwrap());
    let names: BTreeSet<&str> = told.iter().map(|line| line["run"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 4);
    for name in names {
        let own: Vec<Value> = told.iter().filter(|line| line["run"] == name).cloned().collect();
        in_order(&own);
    }
}

#[test]
fn a_run_without_an_engine_ends_with_its_report_too() {
    let fake = Fake::ready();
    let args = ["--exec", "docker", "toolbox", "info", "--events", "-"];
    let run = fake
        .world
        .command(&args)
        .env("PATH", fake.world.path("bin"))
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1));
    let lines = lines(&String::from_utf8(run.stdout).unwrap());
    in_order(&lines);
    valid(&fake, &lines);
    assert_eq!(
        lines.last().unwrap()["report"]["failure"]["code"],
        "DOCKER_NOT_READY"
    );
    assert_eq!(lines.last().unwrap()["status"], "failed");
}

#[test]
fn no_secret_stands_in_a_line() {
    let mut fake = Fake::ready();
    let secret = "fake-secret-of-the-test";
    fake.world.set("AWS_SESSION_TOKEN", "session-token-of-the-test");
    fake.answer(
        "aws.route53.list-hosted-zones",
        &format!("echo '{{\"x\":\"{secret}\"}}'; echo 'An error occurred (AccessDenied): {secret} session-token-of-the-test https://u:hunter22@proxy.example/' >&2; return 254"),
    );
    // A secret that a user put into a name, and so into a command's words.
    let named = with(&["--events", "log", "--bucket", secret]);
    fake.world.run(&named).expect(3);
    let text = fs::read_to_string(fake.world.path("work/log")).unwrap();
    for line in lines(&text).iter().filter(|line| line["event"] == "command") {
        assert!(!line.to_string().contains(secret), "{line:#}");
    }
    assert!(
        text.contains("[redacted]"),
        "the words are told, without the secret"
    );
    assert!(
        !text.contains("session-token-of-the-test") && !text.contains("hunter22"),
        "{text}"
    );
}

#[test]
fn a_builders_lines_are_told_redacted_and_not_all() {
    let mut fake = Fake::ready();
    let docker = fake.world.path("bin/docker");
    fake.world.set(
        "LAKEHOUSE_APT_MIRROR",
        "ftp://user:hunter22@mirror.example.test/debian",
    );
    // An engine whose builder prints a mirror's password and many lines; then one without a base image, where the script
    // that makes it says why it refuses the mirror.
    for base in [true, false] {
        let script = format!(
            "#!/bin/sh\ncase \"$1 $2\" in\n'info '*) echo '{{\"ServerVersion\":\"1\",\"OSType\":\"linux\",\"Architecture\":\"x86_64\"}}' ;;\n\
             'image inspect') {base} ;;\n'image '*|'ps '*) ;;\n\
             'build '*) cat >/dev/null; echo 'get https://user:hunter22@mirror.example.test/'; \
             n=0; while [ $n -lt 2000 ]; do echo line $n; n=$((n+1)); done; \
             echo 'lakehouse-step: last'; exit 1 ;;\n*) exit 1 ;;\nesac\n"
        );
        fs::write(&docker, script).unwrap();
        fs::set_permissions(&docker, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let run = fake.world.run(&["toolbox", "build", "--events", "-"]);
        run.expect(1);
        let told = lines(&run.stdout);
        in_order(&told);
        valid(&fake, &told);
        let words: Vec<&str> = of(&told, "line")
            .iter()
            .map(|line| line["text"].as_str().unwrap())
            .collect();
        assert!(
            words
                .iter()
                .any(|text| text.contains("[redacted]@mirror.example.test")),
            "{words:?}"
        );
        assert!(
            !run.stdout.contains("hunter22") && !run.stderr.contains("hunter22"),
            "{}",
            run.stdout
        );
        if base {
            assert!(
                words.len() < 2000 && words.last() == Some(&"lakehouse-step: last"),
                "{words:?}"
            );
            let skipped: u64 = of(&told, "line")
                .iter()
                .filter_map(|line| line["skipped"].as_u64())
                .sum();
            assert_eq!(words.len() as u64 + skipped, 2002);
        }
        assert_eq!(told.last().unwrap()["status"], "failed");
    }
}

#[track_caller]
fn warned(report: &Value, why: &str) {
    assert_eq!(report["preflight"]["okToInstall"], true);
    for place in ["/run/warnings/0", "/preflight/warnings/0"] {
        let warning = report
            .pointer(place)
            .unwrap_or_else(|| panic!("no {place} in {report:#}"));
        assert_eq!(warning["code"], "EVENTS_NOT_WRITTEN");
        assert!(warning["message"].as_str().unwrap().contains(why), "{warning:#}");
    }
    assert_eq!(
        report["preflight"]["remediation"][0]["code"],
        "EVENTS_NOT_WRITTEN"
    );
}

#[test]
fn a_full_disk_is_a_warning_and_the_run_goes_on() {
    let fake = Fake::ready();
    let run = fake.world.run(&with(&["--events", "/dev/full"]));
    warned(&run.expect(0).report(), "No space left");
    assert!(run.stderr.contains("EVENTS_NOT_WRITTEN"), "{}", run.stderr);
}

#[test]
fn a_reader_that_goes_away_is_a_warning_and_the_run_goes_on() {
    let fake = Fake::ready();
    let pipe = fifo(&fake, "pipe");
    let run = fake.world.start(&with(&["--events", pipe.to_str().unwrap()]));
    let mut byte = [0];
    fs::File::open(&pipe).unwrap().read_exact(&mut byte).unwrap();
    let (status, out, _) = run.wait(Duration::from_secs(60));
    assert_eq!(status.code(), Some(0));
    warned(&serde_json::from_str(&out).unwrap(), "Broken pipe");
}

#[test]
fn a_pipe_that_nobody_reads_does_not_hold_the_run() {
    let fake = Fake::ready();
    let pipe = fifo(&fake, "pipe");
    // More words than a pipe holds.
    fake.answer(
        "helm.version",
        "head -c 3000000 /dev/zero | tr '\\0' x >&2; return 1",
    );
    // Nobody opens it at all; then somebody opens it and reads nothing.
    for open in [false, true] {
        let run = fake.world.start(&with(&["--events", pipe.to_str().unwrap()]));
        let held = open.then(|| fs::File::open(&pipe).unwrap());
        let (status, out, _) = run.wait(Duration::from_secs(60));
        drop(held);
        assert_eq!(status.code(), Some(3), "{out}");
        let report: Value = serde_json::from_str(&out).unwrap();
        let warnings = report["run"]["warnings"].to_string();
        assert!(
            warnings.contains("EVENTS_NOT_WRITTEN") && warnings.contains("did not take it in time"),
            "{warnings}"
        );
    }
}

#[test]
fn a_slow_reader_gets_every_line() {
    let fake = Fake::ready();
    let pipe = fifo(&fake, "pipe");
    let run = fake.world.start(&with(&["--events", pipe.to_str().unwrap()]));
    let mut reader = fs::File::open(&pipe).unwrap();
    // A few bytes at a time, and the processor is given away between them.
    let (mut text, mut some) = (Vec::new(), [0; 7]);
    loop {
        let count = reader.read(&mut some).unwrap();
        if count == 0 {
            break;
        }
        text.extend_from_slice(&some[..count]);
        std::thread::yield_now();
    }
    let (status, out, _) = run.wait(Duration::from_secs(60));
    assert_eq!(status.code(), Some(0), "{out}");
    let lines = lines(&String::from_utf8(text).unwrap());
    in_order(&lines);
    assert!(of(&lines, "dropped").is_empty());
}

#[test]
fn a_closed_stdout_is_no_success() {
    let fake = Fake::ready();
    let mut run = fake
        .world
        .command(&with(&["--events", "-"]))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(run.stdout.take());
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("can't be printed: Broken pipe"), "{said}");
    assert!(said.contains("OK to install"), "{said}");
}

#[test]
fn the_text_names_the_commands_by_tool() {
    let fake = Fake::ready();
    let run = fake.world.run(&PREFLIGHT);
    let report = run.expect(0).report();
    let by_tool = report["run"]["commandsByTool"].as_object().unwrap();
    let sum: u64 = by_tool.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(report["run"]["commandsRun"], sum);
    let (records, _) = verified_journal(&fake.world.journal(), report["run"]["id"].as_str().unwrap());
    let aws = records.iter().filter(|record| record["argv"][0] == "aws").count();
    assert_eq!(by_tool["aws"], aws);
    let last = run.stderr.lines().last().unwrap();
    let helm = records
        .iter()
        .filter(|record| record["argv"][0] == "helm")
        .count();
    let wanted = format!("{sum} commands ({aws} aws, 1 eksctl, {helm} helm, 1 kubectl) in ");
    assert!(last.starts_with(&wanted), "{last}");
}

fn fifo(fake: &Fake, name: &str) -> std::path::PathBuf {
    let path = fake.world.path(name);
    assert!(
        Command::new("mkfifo")
            .arg(Path::new(&path))
            .status()
            .unwrap()
            .success()
    );
    path
}
