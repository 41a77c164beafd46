//! The signed-off record: a run of the real program that carries a plan out leaves it however it ends, `evidence show`
//! prints it, and each kind of tampering with it is found.

mod common;
mod fake_cloud;
mod install_bridge;

use common::fake::Fake;
use common::kept::{Kept, hex, kinds, verification};
use common::{Running, World, assert_valid, until};
use fake_cloud::Reply;
use install_bridge::{Bridge, install};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(300);

/// What a finished install left, byte for byte.
struct Left {
    id: String,
    stdout: String,
    journal: String,
    record: String,
}

/// One install of the three phases, made once for all tests of this file.
fn left() -> &'static Left {
    static LEFT: OnceLock<Left> = OnceLock::new();
    LEFT.get_or_init(|| {
        let bridge = Bridge::new();
        let done = bridge.world().run(&install(&["--approve", "true"]));
        let report = done.expect(0).report();
        let read = |name: &str| fs::read_to_string(bridge.folder().join(name)).unwrap();
        let mode = fs::metadata(bridge.folder().join("record.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            report["run"]["record"],
            bridge.folder().join("record.json").display().to_string()
        );
        Left {
            id: report["run"]["id"].as_str().unwrap().to_owned(),
            journal: read("journal.jsonl"),
            record: read("record.json"),
            stdout: done.stdout,
        }
    })
}

/// That run, in a world of its own.
fn kept() -> Kept {
    let left = left();
    let world = World::new();
    let folder = world.path("state/lakehouse/runs").join(&left.id);
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in [
        ("journal.jsonl", &left.journal),
        ("record.json", &left.record),
        ("report.json", &left.stdout),
    ] {
        fs::write(folder.join(name), text).unwrap();
        fs::set_permissions(folder.join(name), PermissionsExt::from_mode(0o600)).unwrap();
    }
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).unwrap();
    Kept {
        fake: Fake { world },
        id: left.id.clone(),
        folder,
        stdout: left.stdout.clone(),
    }
}

fn record(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("record.json")).unwrap()).unwrap()
}

/// The writes of a journal, as a record must have them.
fn writes(journal: &str) -> Value {
    let lines = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of = |line: Value| {
        let mut write = json!({});
        for (name, from) in [
            ("line", "seq"),
            ("purpose", "purpose"),
            ("argv", "argv"),
            ("startedAt", "startedAt"),
            ("durationMs", "durationMs"),
            ("exit", "exit"),
            ("ended", "ended"),
        ] {
            if let Some(value) = line.get(from).filter(|value| !value.is_null()) {
                write[name] = value.clone();
            }
        }
        write
    };
    lines.filter(|line| line["effect"] == "write").map(of).collect()
}

#[test]
fn a_completed_install_signs_off_what_was_approved_written_and_stands() {
    let kept = kept();
    let record = record(&kept.folder);
    let report: Value = serde_json::from_str(&kept.stdout).unwrap();
    let by = &record["approval"]["by"];
    assert_eq!(record["run"], kept.id);
    assert_eq!(by["stsArn"], "arn:aws:iam::123456789012:user/tester");
    assert_eq!(by["localUser"], "ann");
    assert_eq!(by["uid"], rustix::process::getuid().as_raw());
    assert_eq!(by["machine"].as_str().unwrap().len(), 12);
    assert_eq!(record["approval"]["kind"], "true");
    assert_eq!(record["planDigest"], report["install"]["planDigest"]);
    assert_eq!(
        record["target"],
        json!({"account": "123456789012", "region": "us-east-2", "cluster": "demo", "namespace": "ingext"})
    );
    assert_eq!(record["status"], "completed_phase");
    for phase in ["eks", "storage", "compute"] {
        assert_eq!(record["evidence"][phase], report["install"]["evidence"][phase]);
        assert!(record["evidence"][phase].is_object(), "{phase}");
    }
    let writes = writes(&left().journal);
    assert_eq!(
        record["writes"], writes,
        "every write of the journal and no other"
    );
    assert!(writes.as_array().unwrap().len() > 15);
    assert_eq!(
        record["steps"].as_array().unwrap().len(),
        report["install"]["steps"].as_array().unwrap().len()
    );
    assert_eq!(report["run"]["recordHash"], record["hash"]);
    assert!(!left().record.contains("fake-secret-of-the-test"));

    let verified = kept.verify().expect(0).report();
    let verification = verification(&verified);
    assert_eq!(verification["status"], "intact");
    assert_eq!(verification["anchors"], json!(["report.json", "record.json"]));
    assert_eq!(verification["recordHash"], record["hash"]);
    let said = verification["message"].as_str().unwrap();
    assert!(said.contains("every write of the journal and no other"), "{said}");

    let shown = kept
        .world()
        .run(&["evidence", "show", &kept.id])
        .expect(0)
        .report();
    assert_eq!(shown["evidence"]["record"], record);
    assert!(shown["evidence"].get("noRecord").is_none());
    let text = kept
        .world()
        .run(&["evidence", "show", "latest", "--output", "text"])
        .expect(0)
        .stdout
        .clone();
    for words in [
        "Signed-off record",
        "approved --approve true, at 20",
        "arn:aws:iam::123456789012:user/tester",
        "local user ann, uid ",
        record["planDigest"].as_str().unwrap(),
        "completed, all up to compute stood",
        "make the bucket `demo-123456789012`  exit 0",
        "What stands",
        record["hash"].as_str().unwrap(),
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn the_hash_is_found_by_hand() {
    if which::which("jq").is_err() {
        return;
    }
    let kept = kept();
    let line = "jq -cSj 'del(.hash)' record.json | sha256sum | cut -d' ' -f1";
    let output = std::process::Command::new("sh")
        .args(["-c", line])
        .current_dir(&kept.folder)
        .output()
        .unwrap();
    let hash = String::from_utf8(output.stdout).unwrap();
    assert_eq!(record(&kept.folder)["hash"], hash.trim());
}

#[test]
fn an_export_has_the_record_and_says_whether_it_stands_as_it_was() {
    let mut kept = kept();
    let export = |kept: &Kept| -> Value {
        let done = kept.world().run(&["evidence", "export", "latest", "--to", "-"]);
        serde_json::from_str(&done.expect(0).stdout).unwrap()
    };
    let whole = export(&kept);
    assert_eq!(whole["record"], record(&kept.folder));
    assert_eq!(whole["redaction"]["changedRecord"], false);
    let lines = whole["howToVerify"].as_array().unwrap();
    let last = lines.last().unwrap().as_str().unwrap();
    if which::which("jq").is_ok() {
        let path = kept.world().path("work/e.json");
        fs::write(&path, whole.to_string()).unwrap();
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("export='{}'\n{last}", path.display())])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let hash = whole["record"]["hash"].as_str().unwrap();
        assert_eq!(text, format!("{hash}  -\n{hash}\n{hash}\n"));
    }
    // With a secret in it, and the user's own folder.
    let home = kept.world().path("home").display().to_string();
    change(&kept, |record| {
        record["steps"][0]["detail"] = format!("in {home}/x, password=hunter22-of-the-test").into();
    });
    kept.fake.world.set("HOME", home.clone());
    let redacted = export(&kept);
    let text = redacted.to_string();
    assert!(!text.contains("hunter22") && !text.contains(&home), "{text}");
    assert_eq!(redacted["redaction"]["changedRecord"], true);
    assert_eq!(redacted["record"]["approval"], record(&kept.folder)["approval"]);
}

/// Changes the record and leaves its hash as it was.
fn change(kept: &Kept, how: impl FnOnce(&mut Value)) {
    let mut value = record(&kept.folder);
    how(&mut value);
    fs::write(kept.folder.join("record.json"), format!("{value:#}\n")).unwrap();
}

/// Changes the record and makes its hash anew.
fn forge(kept: &Kept, how: impl FnOnce(&mut Value)) {
    change(kept, |record| {
        how(record);
        let mut content = record.clone();
        content.as_object_mut().unwrap().remove("hash");
        record["hash"] = hex(&content.to_string()).into();
    });
}

fn forge_report(kept: &Kept, how: impl FnOnce(&mut Value)) {
    let mut report: Value = serde_json::from_str(&kept.stdout).unwrap();
    how(&mut report);
    fs::write(kept.report(), format!("{report:#}\n")).unwrap();
}

fn writes_of(record: &mut Value) -> &mut Vec<Value> {
    record["writes"].as_array_mut().unwrap()
}

/// What is done to the record of a run.
type Tamper = fn(&Kept);

/// Kinds of tampering, and the findings that each must have. N is the journal's line of the second write.
const TAMPERED: [(&str, &[&str], Tamper); 21] = [
    (
        "another approver",
        &["- recordChanged", "- recordHash", "- recordReport"],
        |kept| {
            change(kept, |r| {
                r["approval"]["by"]["stsArn"] = "arn:aws:iam::123456789012:user/eve".into();
            });
        },
    ),
    (
        "another approver, with the hash made anew",
        &["- recordHash", "- recordReport"],
        |kept| {
            forge(kept, |r| {
                r["approval"]["by"]["stsArn"] = "arn:aws:iam::123456789012:user/eve".into();
            });
        },
    ),
    (
        "another local user",
        &["- recordHash", "- recordReport"],
        |kept| {
            forge(kept, |r| r["approval"]["by"]["localUser"] = "eve".into());
        },
    ),
    (
        "a write removed",
        &["N recordWriteMissing", "- recordHash"],
        |kept| {
            forge(kept, |r| drop(writes_of(r).remove(1)));
        },
    ),
    ("a write added", &["M recordWriteAdded", "- recordHash"], |kept| {
        forge(kept, |r| {
            let mut new = writes_of(r).last().unwrap().clone();
            new["line"] = (new["line"].as_u64().unwrap() + 1000).into();
            writes_of(r).push(new);
        });
    }),
    ("a write doubled", &["N recordOrder", "- recordHash"], |kept| {
        forge(kept, |r| {
            let one = writes_of(r)[1].clone();
            writes_of(r).insert(1, one);
        });
    }),
    ("a write's outcome", &["N recordWrite", "- recordHash"], |kept| {
        forge(kept, |r| writes_of(r)[1]["exit"] = 1.into());
    }),
    ("a write's purpose", &["N recordWrite", "- recordHash"], |kept| {
        forge(kept, |r| writes_of(r)[1]["purpose"] = "look".into());
    }),
    ("a write's time", &["N recordWrite", "- recordHash"], |kept| {
        forge(kept, |r| {
            writes_of(r)[1]["startedAt"] = "2020-01-01T00:00:00Z".into();
        });
    }),
    ("another digest", &["- recordHash", "- recordReport"], |kept| {
        forge(kept, |r| r["planDigest"] = format!("sha256:{}", hex("x")).into());
    }),
    ("other evidence", &["- recordHash", "- recordReport"], |kept| {
        forge(kept, |r| r["evidence"]["storage"]["tlsOnly"] = false.into());
    }),
    ("another status", &["- recordHash", "- recordReport"], |kept| {
        forge(kept, |r| r["status"] = "failed".into());
    }),
    ("another time of its end", &["- recordHash"], |kept| {
        forge(kept, |r| r["endedAt"] = "2020-01-01T00:00:00Z".into());
    }),
    (
        "another count of the journal",
        &["- recordJournal", "- recordHash"],
        |kept| {
            forge(kept, |r| r["journalRecords"] = 1.into());
        },
    ),
    ("the record taken away", &["- recordMissing"], |kept| {
        fs::remove_file(kept.folder.join("record.json")).unwrap();
    }),
    (
        "another run's record put in its place",
        &["- recordOtherRun"],
        |kept| {
            forge(kept, |r| r["run"] = "20260101T000000Z-abcdef".into());
        },
    ),
    ("the record cut", &["- record"], |kept| {
        let text = &left().record;
        fs::write(kept.folder.join("record.json"), &text[..text.len() / 2]).unwrap();
    }),
    ("a record that is none", &["- record"], |kept| {
        fs::write(kept.folder.join("record.json"), "{}\n").unwrap();
    }),
    (
        "a second key that JSON readers take for the first",
        &["- recordForm"],
        |kept| {
            let twice = left()
                .record
                .replacen("  \"status\"", "  \"status\": \"failed\",\n  \"status\"", 1);
            fs::write(kept.folder.join("record.json"), twice).unwrap();
        },
    ),
    (
        "a record that the report does not name",
        &["- recordUnexpected"],
        |kept| {
            forge_report(kept, |report| {
                let run = report["run"].as_object_mut().unwrap();
                run.remove("record");
                run.remove("recordHash");
            });
        },
    ),
    ("the report's approval", &["- recordReport"], |kept| {
        forge_report(kept, |report| {
            report["install"]["approval"]["by"]["uid"] = 7.into();
        });
    }),
];

#[test]
fn each_kind_of_tampering_with_the_record_is_found() {
    let all = writes(&left().journal);
    let line = |number: usize| all[number]["line"].to_string();
    let behind = all.as_array().unwrap().last().unwrap()["line"].as_u64().unwrap() + 1000;
    let mut table = format!("\n{:<52} findings\n", "what was done");
    for (what, wanted, tamper) in TAMPERED {
        let kept = kept();
        tamper(&kept);
        let report = kept.verify().expect(1).report();
        assert_eq!(verification(&report)["status"], "altered", "{what}: {report:#}");
        let kinds = kinds(&report);
        let _ = writeln!(table, "{what:<52} {}", kinds.join(", "));
        let wanted: Vec<String> = wanted
            .iter()
            .map(|kind| {
                kind.replace("N ", &format!("{} ", line(1)))
                    .replace("M ", &format!("{behind} "))
            })
            .collect();
        assert_eq!(kinds, wanted, "{what}");
        // What is shown is never a record that can't be the run's without the words that it is not.
        let shown = kept
            .world()
            .run(&["evidence", "show", "latest"])
            .expect(0)
            .report();
        assert_eq!(verification(&shown)["status"], "altered", "{what}");
        assert!(
            !shown["evidence"]["commands"].as_array().unwrap().is_empty(),
            "{what}"
        );
        let has_record = shown["evidence"].get("record").is_some();
        assert_ne!(has_record, shown["evidence"].get("noRecord").is_some(), "{what}");
    }
    println!("{table}");
}

/// Who can write the folder can make all three anew; only a report elsewhere tells.
#[test]
fn a_record_and_a_report_made_anew_together_are_told_by_a_report_that_was_kept_elsewhere() {
    let kept = kept();
    fs::write(kept.world().path("work/kept.json"), &kept.stdout).unwrap();
    let verify = ["evidence", "verify", &kept.id, "--report", "kept.json"];
    let report = kept.world().run(&verify).expect(0).report();
    assert_eq!(
        verification(&report)["anchors"],
        json!(["report.json", "--report", "record.json"])
    );
    let eve = "arn:aws:iam::123456789012:user/eve";
    forge(&kept, |record| record["approval"]["by"]["stsArn"] = eve.into());
    let hash = record(&kept.folder)["hash"].clone();
    forge_report(&kept, |report| {
        report["install"]["approval"]["by"]["stsArn"] = eve.into();
        report["run"]["recordHash"] = hash;
    });
    kept.verify().expect(0);
    let report = kept.world().run(&verify).expect(1).report();
    assert_eq!(
        kinds(&report),
        ["- reportsDiffer", "- recordHash", "- recordReport"]
    );
}

#[test]
fn a_record_that_others_may_read_or_write_is_told_and_one_that_is_no_file_is_not_opened() {
    let kept = kept();
    let path = kept.folder.join("record.json");
    for (mode, code) in [(0o644, "EVIDENCE_READABLE"), (0o666, "EVIDENCE_NOT_YOURS")] {
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let report = kept.verify().expect(0).report();
        let warnings = verification(&report)["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_eq!(warnings[0]["code"], code);
        assert!(warnings[0]["message"].as_str().unwrap().contains("record.json"));
    }
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(kept.report(), &path).unwrap();
    let report = kept.verify().expect(1).report();
    assert_eq!(report["failure"]["code"], "EVIDENCE_NOT_READ");
}

#[test]
fn text_of_a_record_cannot_play_with_the_terminal() {
    let kept = kept();
    change(&kept, |record| {
        for place in ["/approval/by/localUser", "/steps/0/detail", "/writes/0/purpose"] {
            *record.pointer_mut(place).unwrap() = "\u{1b}[2J\u{202e}x\nline".into();
        }
    });
    let show = ["evidence", "show", "latest", "--output", "text"];
    let text = kept.world().run(&show).expect(0).stdout.clone();
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    assert!(!text.contains("\nline"), "{text}");
}

/// Whether these words are the command that makes the bucket.
fn makes_bucket(words: &[String]) -> bool {
    words[..3] == ["aws", "s3api", "create-bucket"]
}

#[test]
fn a_failed_install_signs_off_what_it_wrote_and_why_it_stopped() {
    let bridge = Bridge::hooked(|words| {
        makes_bucket(words).then(|| Reply::refused("AccessDenied", "CreateBucket", "Access Denied"))
    });
    let digest = {
        let plan = bridge.world().run(&install(&[]));
        let plan = plan.expect(4).report();
        assert!(plan["run"].get("record").is_none() && plan["install"].get("approval").is_none());
        assert!(!bridge.folder().join("record.json").exists());
        let shown = bridge
            .world()
            .run(&["evidence", "show", "latest"])
            .expect(0)
            .report();
        let why = shown["evidence"]["noRecord"].as_str().unwrap().to_owned();
        assert!(why.contains("carried no plan out"), "{why}");
        plan["install"]["planDigest"].as_str().unwrap().to_owned()
    };
    let report = bridge
        .world()
        .run(&install(&["--approve", &digest]))
        .expect(1)
        .report();
    let path = report["run"]["record"].as_str().unwrap();
    let record: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(record["status"], "failed");
    assert_eq!(record["failedStep"], "bucket");
    assert_eq!(record["failure"]["code"], report["install"]["failure"]["code"]);
    assert_eq!(record["approval"]["kind"], "digest");
    assert_eq!(
        format!("sha256:{}", record["approval"]["value"].as_str().unwrap()),
        digest
    );
    let refused = record["writes"].as_array().unwrap();
    let refused = refused
        .iter()
        .find(|write| write["argv"][2] == "create-bucket")
        .unwrap();
    assert_eq!(refused["exit"], 254, "what was refused is signed off as refused");
    bridge.world().run(&["evidence", "verify", "latest"]).expect(0);
}

/// Starts an install, and gives it back while its command that makes the bucket hangs.
fn hanging() -> (Bridge, Running) {
    let bridge = Bridge::new();
    let hang = "touch \"$0.started\"; exec sleep 600";
    bridge.fake.answer("aws.s3api.create-bucket", hang);
    let running = bridge.world().start(&install(&["--approve", "true"]));
    let started = bridge.world().path("bin/aws.started");
    until(LONG, || started.exists().then_some(())).expect("the bucket is made");
    (bridge, running)
}

#[test]
fn an_interrupted_install_signs_off_what_it_wrote_until_then() {
    let (bridge, running) = hanging();
    running.signal("INT");
    let (status, stdout, _) = running.wait(LONG);
    assert_eq!(status.code(), Some(130));
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_valid(&report);
    let record = record(&bridge.folder());
    assert_eq!(record["status"], "interrupted");
    assert_eq!(report["run"]["recordHash"], record["hash"]);
    let writes = record["writes"].as_array().unwrap();
    let stopped = writes.iter().find(|write| write["argv"][2] == "create-bucket");
    assert_eq!(stopped.unwrap()["ended"], "interrupted");
    let report = bridge
        .world()
        .run(&["evidence", "verify", "latest"])
        .expect(0)
        .report();
    assert_eq!(
        verification(&report)["anchors"],
        json!(["report.json", "record.json"])
    );
}

#[test]
fn a_killed_install_has_no_record_and_its_journal_is_shown_with_these_words() {
    let (bridge, running) = hanging();
    running.signal("KILL");
    running.wait(LONG);
    assert!(!bridge.folder().join("record.json").exists());
    let show = || {
        let report = bridge
            .world()
            .run(&["evidence", "show", "latest"])
            .expect(0)
            .report();
        (verification(&report)["status"] == "unfinished").then_some(report)
    };
    let report = until(LONG, show).expect("the lock went with the process");
    let why = report["evidence"]["noRecord"].as_str().unwrap();
    assert!(
        why.contains("no signed-off record") && why.contains("killed"),
        "{why}"
    );
    let commands = report["evidence"]["commands"].as_array().unwrap();
    let journal = fs::read_to_string(bridge.folder().join("journal.jsonl")).unwrap();
    assert_eq!(commands.len(), journal.lines().count());
    assert!(
        commands
            .iter()
            .any(|command| command["argv"][2] == "create-stack"),
        "what was written before the kill is there"
    );
    let text = bridge
        .world()
        .run(&["evidence", "show", "latest", "--output", "text"])
        .expect(0)
        .stdout
        .clone();
    assert!(text.contains("There is no signed-off record"), "{text}");
    bridge.world().run(&["evidence", "verify", "latest"]).expect(5);
}

#[test]
fn a_record_that_cannot_be_written_is_a_warning_and_the_report_still_comes() {
    // What stands in its place can't be written over.
    let bridge = Bridge::new();
    let runs = bridge.world().path("state/lakehouse/runs");
    let take = format!(
        "for run in '{}'/*; do mkdir -p \"$run/record.json/x\"; done\necho 'An error occurred (AccessDenied) when \
         calling the CreateBucket operation: Access Denied' >&2; return 254",
        runs.display()
    );
    bridge.fake.answer("aws.s3api.create-bucket", &take);
    let done = bridge.world().run(&install(&["--approve", "true"]));
    let report = done.expect(1).report();
    assert_eq!(report["install"]["status"], "failed", "the run ends as it ended");
    assert!(report["run"].get("record").is_none() && report["run"].get("recordHash").is_none());
    let warnings = report["install"]["warnings"].as_array().unwrap();
    assert_eq!(warnings.last().unwrap()["code"], "RECORD_NOT_WRITTEN");
    assert!(done.stderr.contains("RECORD_NOT_WRITTEN"), "{}", done.stderr);
    fs::remove_dir_all(bridge.folder().join("record.json")).unwrap();
    bridge.world().run(&["evidence", "verify", "latest"]).expect(0);
    let shown = bridge
        .world()
        .run(&["evidence", "show", "latest"])
        .expect(0)
        .report();
    let why = shown["evidence"]["noRecord"].as_str().unwrap();
    assert!(why.contains("could not write") && why.contains("writes"), "{why}");
}
