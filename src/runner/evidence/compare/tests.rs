use super::super::sign::tests::signed;
use super::*;
use crate::gateway::journal::check;
use crate::report::Report;
use crate::runner::evidence::record::{content_hash, text_of};
use serde_json::json;

/// Kinds of what is found, with the journal's line, after `journal`, `record` and `report` were changed.
fn found(
    journal: impl Fn(&str) -> String,
    record: impl Fn(&mut Value),
    report: impl Fn(&mut Value),
) -> Vec<String> {
    let (runs, made) = signed();
    let folder = runs.path().join(&made.run.id);
    let text = journal(&std::fs::read_to_string(folder.join("journal.jsonl")).unwrap());
    let mut value: Value = serde_json::from_slice(&std::fs::read(folder.join(RECORD)).unwrap()).unwrap();
    record(&mut value);
    let mut told = serde_json::to_value::<Report>(made.clone()).unwrap();
    report(&mut told);
    let told = KeptReport::parse(told.to_string().into_bytes()).unwrap();
    let bytes = (!value.is_null()).then(|| text_of(&value).unwrap());
    let mut comparison = Comparison::of(bytes.as_deref().map(str::as_bytes), &made.run.id);
    let see =
        |_, _: &[u8], line: Option<&JournalLine>| line.into_iter().for_each(|line| comparison.see(line));
    let mut chain = check(text.as_bytes(), &made.run.id, see).unwrap();
    // What the chain itself finds is another test's matter.
    chain.findings.clear();
    comparison.end(&mut chain, Some(&told));
    let kind = |finding: &crate::report::evidence::EvidenceFinding| {
        let line = finding.line.map(|line| format!("{line} ")).unwrap_or_default();
        let kind = serde_json::to_value(finding.kind).unwrap();
        let place = finding.expected.as_deref().and_then(|text| text.split_once(": "));
        let place = place.map(|(place, _)| format!(" {}", place.trim_matches('"')));
        format!("{line}{}{}", kind.as_str().unwrap(), place.unwrap_or_default())
    };
    chain.findings.iter().map(kind).collect()
}

/// The record after this change, with its own hash made anew.
fn anew(change: impl Fn(&mut Value)) -> impl Fn(&mut Value) {
    move |record| {
        change(record);
        record["hash"] = content_hash(record).into();
    }
}

fn same(text: &str) -> String {
    text.to_owned()
}

#[test]
fn an_untouched_record_agrees_with_journal_and_report() {
    assert_eq!(found(same, |_| {}, |_| {}), Vec::<String>::new());
}

#[test]
fn each_member_that_the_report_has_too_is_held_against_it() {
    for (place, value) in [
        ("/approval/by/stsArn", json!("arn:aws:iam::123456789012:user/eve")),
        ("/approval/by/localUser", json!("eve")),
        ("/approval/by/uid", json!(0)),
        ("/approval/kind", json!("digest")),
        ("/approval/at", json!("2026-01-02T00:00:00Z")),
        ("/planDigest", json!("sha256:01")),
        ("/target/account", json!("000000000000")),
        ("/status", json!("completed")),
        ("/evidence/compute/spotRole", json!(false)),
        ("/steps/0/outcome", json!("done")),
        ("/startedAt", json!("2025-01-01T00:00:00Z")),
        ("/command", json!("default")),
    ] {
        let change = |record: &mut Value| *record.pointer_mut(place).unwrap() = value.clone();
        let differs = format!("recordReport {place}");
        // The hash as it was, and made anew.
        assert_eq!(
            found(same, change, |_| {}),
            ["recordChanged", "recordHash", &differs],
            "{place}"
        );
        assert_eq!(
            found(same, anew(change), |_| {}),
            ["recordHash", &differs],
            "{place}"
        );
    }
    let add = |record: &mut Value| record["failedStep"] = "bucket".into();
    assert_eq!(
        found(same, anew(add), |_| {}),
        ["recordHash", "recordReport /failedStep"]
    );
    // What only the record has: its hash in the report tells.
    let end = |record: &mut Value| record["endedAt"] = "2027-01-01T00:00:00Z".into();
    assert_eq!(found(same, anew(end), |_| {}), ["recordHash"]);
}

#[test]
fn each_write_is_held_against_its_line() {
    let at = |number: usize, member: &'static str, value: Value| {
        move |record: &mut Value| record["writes"][number][member] = value.clone()
    };
    for (member, value) in [
        ("purpose", json!("something else")),
        ("argv", json!(["aws", "y"])),
        ("startedAt", json!("2026-01-01T00:00:08Z")),
        ("durationMs", json!(1_000_000)),
        ("exit", json!(1)),
        ("ended", json!("killed")),
    ] {
        let said = found(same, anew(at(1, member, value)), |_| {});
        assert!(
            said[0].starts_with(&format!("4 recordWrite /{member}")) && said[1] == "recordHash",
            "{said:?}"
        );
    }
    let removed = |record: &mut Value| drop(record["writes"].as_array_mut().unwrap().remove(1));
    assert_eq!(
        found(same, anew(removed), |_| {}),
        ["4 recordWriteMissing", "recordHash"]
    );
    // One in a line of the journal that is a read, and one behind the end.
    for (at, line) in [(1, 3), (3, 9)] {
        let added = move |record: &mut Value| {
            let writes = record["writes"].as_array_mut().unwrap();
            let mut new = writes[0].clone();
            new["line"] = line.into();
            writes.insert(at, new);
        };
        let said = found(same, anew(added), |_| {});
        assert_eq!(said, [&format!("{line} recordWriteAdded"), "recordHash"]);
    }
    let swapped = |record: &mut Value| record["writes"].as_array_mut().unwrap().swap(0, 1);
    assert_eq!(
        found(same, anew(swapped), |_| {}),
        ["2 recordOrder", "recordHash"]
    );
    let twice = |record: &mut Value| {
        let writes = record["writes"].as_array_mut().unwrap();
        writes.insert(1, writes[0].clone());
    };
    assert_eq!(found(same, anew(twice), |_| {}), ["2 recordOrder", "recordHash"]);
}

#[test]
fn a_journal_that_was_changed_is_told_by_the_record_too() {
    let shorter = |text: &str| -> String { text.split_inclusive('\n').take(5).collect() };
    assert_eq!(
        found(shorter, |_| {}, |_| {}),
        ["6 recordWriteAdded", "recordJournal"]
    );
    let other = |text: &str| text.replace("\"exit\":0", "\"exit\":2");
    assert_eq!(
        found(other, |_| {}, |_| {}),
        ["2 recordWrite /exit", "4 recordWrite /exit"]
    );
    let hash = anew(|record| record["journalHash"] = "00".into());
    assert_eq!(found(same, hash, |_| {}), ["recordJournal", "recordHash"]);
}

#[test]
fn a_record_that_is_missing_foreign_or_not_named_is_told() {
    assert_eq!(
        found(same, |record| *record = Value::Null, |_| {}),
        ["recordMissing"]
    );
    let unnamed = |report: &mut Value| {
        let run = report["run"].as_object_mut().unwrap();
        run.remove("record");
        run.remove("recordHash");
    };
    assert_eq!(found(same, |_| {}, unnamed), ["recordUnexpected"]);
    assert_eq!(
        found(same, |record| *record = Value::Null, unnamed),
        Vec::<String>::new()
    );
    let other = anew(|record| record["run"] = "20260101T000000Z-000000".into());
    assert_eq!(found(same, other, |_| {}), ["recordOtherRun"]);
    assert_eq!(found(same, |record| *record = json!({}), |_| {}), ["record"]);
}

#[test]
fn a_record_that_differs_everywhere_does_not_fill_the_list() {
    let many = anew(|record| {
        let one = record["writes"][0].clone();
        let writes = (0..1000).map(|line| {
            let mut new = one.clone();
            new["line"] = (line + 100).into();
            new
        });
        record["writes"] = writes.collect();
    });
    assert_eq!(found(same, many, |_| {}).len(), MOST_FINDINGS);
}
