use super::super::record::KeptRecord;
use super::*;
use crate::gateway::journal::Journal;
use crate::report::{CommandRecord, ExecMode};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

const RUN: &str = "20260101T000000Z-abcdef";

/// The folder of all runs, and the report of a run in it that carried a plan out: six commands, the even ones writes,
/// the last of which was interrupted.
pub fn ended() -> (tempfile::TempDir, Report) {
    let runs = tempfile::tempdir().unwrap();
    let journal = Journal::create(runs.path(), RUN).unwrap();
    for number in 1..=6 {
        let write = number % 2 == 0;
        let record = CommandRecord {
            purpose: format!("purpose {number}"),
            argv: ["aws", "x", &number.to_string()].map(str::to_owned).into(),
            mode: ExecMode::Local,
            effect: if write { Effect::Write } else { Effect::Read },
            started_at: format!("2026-01-01T00:00:0{number}Z"),
            duration_ms: number,
            exit: (number < 6).then_some(0),
            ended: (number == 6).then(|| "interrupted".to_owned()),
            stdout_sha256: String::new(),
            stdout_bytes: 0,
        };
        journal.append(RUN, &record).unwrap();
    }
    let mark = journal.mark();
    let report = json!({
        "schemaVersion": 1,
        "run": { "id": RUN, "startedAt": "2026-01-01T00:00:00Z", "durationMs": 9, "command": "install",
            "commandsRun": mark.count, "journalRecords": mark.count, "journalHash": mark.hash },
        "install": {
            "status": "interrupted", "plan": "the plan", "planDigest": "sha256:00",
            "target": { "account": "123456789012", "region": "us-east-2", "cluster": "demo", "namespace": "ingext" },
            "approval": { "kind": "true", "value": "true", "at": "2026-01-01T00:00:01Z", "by": {
                "stsArn": "arn:aws:iam::123456789012:user/ann", "localUser": "ann", "uid": 1000, "machine": "0123456789ab" }},
            "steps": [{ "phase": "storage", "id": "bucket", "action": "create", "detail": "made", "outcome": "stopped",
                "commands": ["aws x 2"], "usualSeconds": 5, "writes": 2, "durationMs": 7 }],
            "evidence": { "compute": { "controllerReady": false, "crds": [], "nodeAccessEntry": false,
                "podIdentityAssociated": false, "rules": [], "discoveryTags": [], "spotRole": true }},
            "blockers": [], "remediation": [], "next": { "action": "again", "reason": "again" }
        }
    });
    (runs, serde_json::from_value(report).unwrap())
}

/// The same, signed off.
pub fn signed() -> (tempfile::TempDir, Report) {
    let (runs, mut report) = ended();
    sign(&runs, &mut report);
    assert!(
        report.run.record.is_some(),
        "{:?}",
        report.install.unwrap().warnings
    );
    (runs, report)
}

fn sign(runs: &tempfile::TempDir, report: &mut Report) {
    let now = "2026-01-01T00:00:09Z".parse().unwrap();
    sign_off(Some(&runs.path().join(RUN)), report, now);
}

/// The tool's words of the only warning.
fn said(report: &Report) -> &str {
    let install = report.install.as_ref().unwrap();
    assert_eq!(
        (&report.run.record, &report.run.record_hash),
        (&None, &None),
        "no record is named that is not there"
    );
    assert_eq!(install.warnings.len(), 1, "{:?}", install.warnings);
    assert_eq!(install.warnings[0].code, Code::RecordNotWritten);
    assert_eq!(install.remediation[0].code, Code::RecordNotWritten);
    install.warnings[0].tool_output.as_deref().unwrap()
}

#[test]
fn the_record_is_its_owners_alone_and_holds_the_journals_writes() {
    let (runs, report) = signed();
    let path = runs.path().join(RUN).join(RECORD);
    assert_eq!(report.run.record.as_deref(), path.to_str());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let kept = KeptRecord::parse(&std::fs::read(&path).unwrap()).unwrap();
    assert!(kept.has_form && kept.hash == kept.head.hash);
    assert_eq!(report.run.record_hash, Some(kept.hash.clone()));
    let record = kept.typed().unwrap();
    let lines: Vec<u64> = record.writes.iter().map(|write| write.line).collect();
    assert_eq!(lines, [2, 4, 6]);
    let last = &record.writes[2];
    assert_eq!(
        (last.exit, last.ended.as_deref()),
        (None, Some("interrupted")),
        "as the journal says it"
    );
    let install = report.install.unwrap();
    assert_eq!(Some(record.approval), install.approval);
    assert_eq!(record.evidence, install.evidence);
    assert_eq!(record.status, install.status);
    assert_eq!(
        (record.run.as_str(), record.ended_at.as_str()),
        (RUN, "2026-01-01T00:00:09Z")
    );
    assert_eq!(record.lakehouse, env!("CARGO_PKG_VERSION"));
    let folder = std::fs::read_dir(runs.path().join(RUN)).unwrap();
    assert_eq!(folder.count(), 2, "no half file is left");
}

#[test]
fn a_run_that_carried_no_plan_out_leaves_none_and_no_warning() {
    let (runs, mut report) = ended();
    let install = report.install.as_mut().unwrap();
    install.approval = None;
    sign(&runs, &mut report);
    assert!(report.run.record.is_none() && report.install.as_ref().unwrap().warnings.is_empty());
    report.install = None;
    sign(&runs, &mut report);
    assert!(!runs.path().join(RUN).join(RECORD).exists());
}

#[test]
fn a_journal_that_lacks_a_command_or_was_changed_gives_no_record() {
    let (runs, mut report) = ended();
    report.run.commands_run += 1;
    sign(&runs, &mut report);
    assert!(said(&report).contains("ran 7 commands and its journal holds 6"));

    let change = |text: &str| -> Vec<String> {
        vec![
            text.replace("purpose 3", "purpose 9"),
            text.lines()
                .take(5)
                .fold(String::new(), |all, line| all + line + "\n"),
            format!("{text}{{"),
            String::new(),
        ]
    };
    for number in 0..4 {
        let (runs, mut report) = ended();
        let path = runs.path().join(RUN).join(JOURNAL);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &change(&text)[number]).unwrap();
        sign(&runs, &mut report);
        assert!(said(&report).contains("is not what the run wrote"), "{number}");
        assert!(!runs.path().join(RUN).join(RECORD).exists());
    }
    let (runs, mut report) = ended();
    std::fs::remove_file(runs.path().join(RUN).join(JOURNAL)).unwrap();
    sign(&runs, &mut report);
    assert!(said(&report).contains("journal.jsonl"));
}

#[test]
fn a_folder_that_refuses_is_a_warning_and_leaves_no_half_record() {
    let (runs, mut report) = ended();
    let before: Value = serde_json::to_value(&report).unwrap();
    let taken = runs.path().join(RUN).join(RECORD);
    std::fs::create_dir_all(taken.join("x")).unwrap();
    sign(&runs, &mut report);
    assert!(!said(&report).is_empty());
    let names = std::fs::read_dir(runs.path().join(RUN)).unwrap();
    assert_eq!(names.count(), 2, "the journal, and what stood in the way");
    let mut after: Value = serde_json::to_value(&report).unwrap();
    after["install"].as_object_mut().unwrap().remove("warnings");
    after["install"]["remediation"] = json!([]);
    assert_eq!(after, before, "all else stays");

    let (_, mut report) = ended();
    sign_off(None, &mut report, jiff::Timestamp::UNIX_EPOCH);
    assert!(said(&report).contains("no journal"));
}
