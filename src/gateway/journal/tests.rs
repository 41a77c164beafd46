use super::*;
use crate::report::{Effect, ExecMode};

pub(super) fn record(purpose: &str) -> CommandRecord {
    CommandRecord {
        purpose: purpose.to_owned(),
        argv: vec!["aws".to_owned(), "sts".to_owned()],
        mode: ExecMode::Local,
        effect: Effect::Read,
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        duration_ms: 1,
        exit: Some(0),
        ended: None,
        stdout_sha256: sha256_hex(b""),
        stdout_bytes: 0,
    }
}

#[test]
fn every_line_can_be_checked_from_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path(), "run-1").unwrap();
    for purpose in ["one", "two \"quoted\" \u{1f600}", "three"] {
        journal.append("run-1", &record(purpose)).unwrap();
    }
    let mark = journal.mark();
    let text = std::fs::read_to_string(&mark.path).unwrap();
    let mut prev = sha256_hex(b"lakehouse journal 1 run-1");
    for line in text.lines() {
        let (body, hash) = line.rsplit_once(",\"hash\":\"").unwrap();
        let hash = hash.trim_end_matches("\"}");
        assert_eq!(sha256_hex(format!("{body}}}").as_bytes()), hash);
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["prev"], prev.as_str());
        prev = hash.to_owned();
    }
    assert_eq!((mark.count, mark.hash, mark.broken), (3, prev, None));
}

#[test]
fn the_journal_is_its_owners_alone_and_never_opened_twice() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path(), "run-1").unwrap();
    let mode = std::fs::metadata(journal.mark().path)
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(Journal::create(folder.path(), "run-1").is_err());
}

#[test]
fn the_lock_ends_with_the_last_handle() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path(), "run-1").unwrap();
    let look = || is_held(File::open(folder.path().join("run-1/journal.jsonl")).unwrap());
    assert!(look());
    let kept = journal.held().unwrap();
    drop(journal);
    assert!(look(), "the run still prints its report");
    drop(kept);
    assert!(!look() && !look(), "and a look leaves no lock behind");
}

#[test]
fn a_full_disk_is_said_again_for_every_later_record() {
    let journal = Journal::on_a_full_disk();
    let said = journal.append("run-1", &record("one")).unwrap_err();
    assert!(said.contains("No space left"), "{said}");
    assert_eq!(journal.append("run-1", &record("two")), Err(said.clone()));
    assert_eq!(journal.healthy(), Err(said));
}
