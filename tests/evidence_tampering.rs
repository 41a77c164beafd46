//! `lakehouse evidence verify`: each kind of tampering is found by the real program.

mod common;

use common::fake::PREFLIGHT;
use common::kept::{Kept, chained, hex, kinds, sealed, verification};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

/// What is done to the evidence of a run.
type Tamper = fn(&Kept);

/// Kinds of tampering, and the first finding that each must have.
const TAMPERED: [(&str, &str, Tamper); 27] = [
    ("a byte of a command's arguments", "3 changed", |kept| {
        kept.tamper(|lines| lines[2] = lines[2].replacen("\"argv\":[\"", "\"argv\":[\"x", 1));
    }),
    ("an exit code", "2 changed", |kept| {
        kept.tamper(|lines| lines[1] = lines[1].replace("\"exit\":0", "\"exit\":1"));
    }),
    ("a time", "4 changed", |kept| {
        kept.tamper(|lines| lines[3] = lines[3].replace("\"startedAt\":\"2", "\"startedAt\":\"1"));
    }),
    ("a line's own hash", "4 changed", |kept| {
        kept.tamper(|lines| {
            let end = lines[3].len() - 3;
            let other = if lines[3].as_bytes()[end] == b'0' {
                "1"
            } else {
                "0"
            };
            lines[3].replace_range(end..=end, other);
        });
    }),
    (
        "an exit code, with its line's hash made anew",
        "3 chain",
        |kept| {
            kept.tamper(|lines| lines[1] = sealed(&lines[1].replace("\"exit\":0", "\"exit\":1")).0);
        },
    ),
    (
        "the whole chain made anew after a change",
        "LAST lastHash",
        |kept| {
            kept.tamper(|lines| {
                lines[1] = lines[1].replace("\"exit\":0", "\"exit\":1");
                chained(lines, &kept.id, 1);
            });
        },
    ),
    ("a line in the middle taken out", "5 missing", |kept| {
        kept.tamper(|lines| drop(lines.remove(4)));
    }),
    (
        "a line taken out, the rest numbered and chained anew",
        "LAST cutEnd",
        |kept| {
            kept.tamper(|lines| {
                lines.remove(4);
                for (number, line) in (1..).zip(lines.iter_mut()) {
                    let (_, rest) = line.split_once(',').unwrap();
                    *line = format!("{{\"seq\":{number},{rest}");
                }
                chained(lines, &kept.id, 4);
            });
        },
    ),
    ("the first line taken out", "1 missing", |kept| {
        kept.tamper(|lines| drop(lines.remove(0)));
    }),
    ("the last line taken out", "LAST cutEnd", |kept| {
        kept.tamper(|lines| drop(lines.pop()));
    }),
    ("every line taken out", "- noJournal", |kept| {
        kept.tamper(Vec::clear);
    }),
    ("the journal taken away", "- noJournal", |kept| {
        fs::remove_file(kept.journal()).unwrap();
    }),
    ("two lines swapped", "4 missing", |kept| {
        kept.tamper(|lines| lines.swap(3, 4));
    }),
    ("a line added, with the right hash", "NEXT appended", |kept| {
        kept.tamper(|lines| {
            let last = lines.last().unwrap();
            let (_, rest) = last.split_once(',').unwrap();
            lines.push(format!("{{\"seq\":{},{rest}", lines.len() + 1));
            let last = lines.len() - 1;
            chained(lines, &kept.id, last);
        });
    }),
    ("a line doubled", "6 repeated", |kept| {
        kept.tamper(|lines| lines.insert(5, lines[4].clone()));
    }),
    ("another run's journal put in its place", "1 otherRun", |kept| {
        let report = kept.world().run(&PREFLIGHT).expect(0).report();
        let other = report["run"]["journal"].as_str().unwrap();
        fs::copy(other, kept.journal()).unwrap();
    }),
    (
        "another run's journal, renamed and chained anew",
        "LAST lastHash",
        |kept| {
            let report = kept.world().run(&PREFLIGHT).expect(0).report();
            let (other, id) = (
                report["run"]["journal"].as_str().unwrap(),
                report["run"]["id"].as_str().unwrap(),
            );
            let text = fs::read_to_string(other).unwrap().replace(id, &kept.id);
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            chained(&mut lines, &kept.id, 0);
            kept.write(&lines);
        },
    ),
    ("the report's hash of the journal", "LAST lastHash", |kept| {
        let mut report: Value = serde_json::from_str(&kept.stdout).unwrap();
        report["run"]["journalHash"] = hex("other").into();
        fs::write(kept.report(), format!("{report:#}\n")).unwrap();
    }),
    ("the report's count of the journal", "NEXT cutEnd", |kept| {
        let mut report: Value = serde_json::from_str(&kept.stdout).unwrap();
        report["run"]["journalRecords"] = 1000.into();
        fs::write(kept.report(), format!("{report:#}\n")).unwrap();
    }),
    ("another run's report put in its place", "- report", |kept| {
        let other = kept.world().run(&PREFLIGHT);
        fs::write(kept.report(), &other.expect(0).stdout).unwrap();
    }),
    ("a report that is none", "- report", |kept| {
        fs::write(kept.report(), "{}").unwrap();
    }),
    ("the journal cut in the middle of a line", "LAST cut", |kept| {
        let bytes = fs::read(kept.journal()).unwrap();
        fs::write(kept.journal(), &bytes[..bytes.len() - 40]).unwrap();
    }),
    ("an empty line behind the last", "NEXT notARecord", |kept| {
        kept.tamper(|lines| lines.push(String::new()));
    }),
    ("words behind the last line", "NEXT notARecord", |kept| {
        kept.tamper(|lines| lines.push("# all is well".to_owned()));
    }),
    ("lines ended as on Windows", "1 form", |kept| {
        kept.tamper(|lines| lines.iter_mut().for_each(|line| line.push('\r')));
    }),
    (
        "a second key that JSON readers take for the first",
        "2 form",
        |kept| {
            kept.tamper(|lines| {
                let twice = lines[1].replace("\"exit\":0", "\"extra\":0,\"exit\":0");
                lines[1] = sealed(&twice).0;
                chained(lines, &kept.id, 2);
            });
        },
    ),
    ("a character written as an escape", "2 form", |kept| {
        kept.tamper(|lines| lines[1] = lines[1].replacen("\"purpose\":\"r", "\"purpose\":\"\\u0072", 1));
    }),
];

#[test]
fn each_kind_of_tampering_is_found() {
    let mut table = format!("\n{:<55} first finding\n", "what was done");
    for (what, first, tamper) in TAMPERED {
        let kept = Kept::new();
        let last = kept.lines().len();
        assert!(last > 8, "the table counts on lines 2 to 8");
        tamper(&kept);
        let report = kept.verify().expect(1).report();
        assert_eq!(verification(&report)["status"], "altered", "{what}: {report:#}");
        let kinds = kinds(&report);
        let _ = writeln!(table, "{what:<55} {}", kinds[0]);
        let first = first
            .replace("LAST", &last.to_string())
            .replace("NEXT", &(last + 1).to_string());
        assert_eq!(kinds[0], first, "{what}: {kinds:?}");
    }
    println!("{table}");
}

/// Without an anchor nothing is intact, however well the lines hold together.
#[test]
fn a_journal_whose_report_was_taken_away_is_not_intact() {
    let kept = Kept::new();
    fs::remove_file(kept.report()).unwrap();
    let report = kept.verify().expect(5).report();
    assert_eq!(verification(&report)["status"], "unfinished");
    assert_eq!(verification(&report)["code"], "EVIDENCE_UNFINISHED");
    fs::write(kept.world().path("work/kept.json"), &kept.stdout).unwrap();
    let verify = ["evidence", "verify", &kept.id, "--report", "kept.json"];
    let report = kept.world().run(&verify).expect(0).report();
    assert_eq!(verification(&report)["anchors"], serde_json::json!(["--report"]));
    fs::remove_file(kept.journal()).unwrap();
    kept.verify().expect(1);
}

#[test]
fn a_repeated_key_is_no_record() {
    let kept = Kept::new();
    kept.tamper(|lines| {
        lines[1] = sealed(&lines[1].replace("\"exit\":0", "\"exit\":1,\"exit\":0")).0;
        chained(lines, &kept.id, 2);
    });
    let report = kept.verify().expect(1).report();
    assert!(
        ["2 notARecord", "2 form"].contains(&&*kinds(&report)[0]),
        "{report:#}"
    );
}

/// Who can write the folder can make journal and report anew; only a report elsewhere tells.
#[test]
fn a_report_that_was_kept_elsewhere_finds_what_was_made_anew_in_the_folder() {
    let kept = Kept::new();
    let elsewhere = kept.world().path("work/report.json");
    fs::write(&elsewhere, &kept.stdout).unwrap();
    let verify = ["evidence", "verify", &kept.id, "--report", "report.json"];
    let report = kept.world().run(&verify).expect(0).report();
    let anchors = serde_json::json!(["report.json", "--report"]);
    assert_eq!(verification(&report)["anchors"], anchors);

    kept.tamper(|lines| {
        lines[1] = lines[1].replace("\"exit\":0", "\"exit\":1");
        chained(lines, &kept.id, 1);
    });
    let last = sealed(kept.lines().last().unwrap()).1;
    let mut forged: Value = serde_json::from_str(&kept.stdout).unwrap();
    forged["run"]["journalHash"] = last.into();
    fs::write(kept.report(), format!("{forged:#}\n")).unwrap();
    kept.verify().expect(0);
    let report = kept.world().run(&verify).expect(1).report();
    let last = format!("{} lastHash", kept.lines().len());
    assert_eq!(kinds(&report), [&last, "- reportsDiffer"]);
}

#[test]
fn a_report_that_says_something_else_than_the_kept_one_is_found() {
    let kept = Kept::new();
    let mut forged: Value = serde_json::from_str(&kept.stdout).unwrap();
    forged["preflight"]["okToInstall"] = false.into();
    fs::write(kept.report(), format!("{forged:#}\n")).unwrap();
    // By stdin, in another form of JSON.
    let mut child = kept
        .world()
        .command(&["evidence", "verify", "latest", "--report", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let compact: Value = serde_json::from_str(&kept.stdout).unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(compact.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    common::assert_valid(&report);
    let finding = &verification(&report)["findings"][0];
    assert_eq!(finding["kind"], "reportsDiffer");
    assert!(
        finding["expected"]
            .as_str()
            .unwrap()
            .contains("/preflight/okToInstall"),
        "{finding:#}"
    );
}
