use super::*;
use serde_json::json;

const RECORD_TEXT: &str = r#"{"hash":"x","journalHash":"y","journalRecords":1,"run":"r","writes":[]}"#;

#[test]
fn the_hash_is_that_of_what_is_said_in_whatever_order() {
    let (one, other) = (
        json!({"b": {"d": 1, "c": [2]}, "a": "x", "hash": "1"}),
        json!({"hash": "2", "a": "x", "b": {"c": [2], "d": 1}}),
    );
    assert_eq!(content_hash(&one), content_hash(&other));
    assert_eq!(
        content_hash(&one),
        sha256_hex(br#"{"a":"x","b":{"c":[2],"d":1}}"#)
    );
    for other in [json!({"a": "y"}), json!({"a": "x", "z": null})] {
        assert_ne!(content_hash(&json!({"a": "x"})), content_hash(&other));
    }
}

#[test]
fn only_the_very_bytes_that_are_written_have_the_form() {
    let value: Value = serde_json::from_str(RECORD_TEXT).unwrap();
    let text = text_of(&value).unwrap();
    let has_form = |text: &str| KeptRecord::parse(text.as_bytes()).unwrap().has_form;
    assert!(has_form(&text));
    for other in [
        RECORD_TEXT.to_owned(),
        text.trim_end().to_owned(),
        text.replace("\"r\"", "\"\\u0072\""),
        text.replace("  \"run\"", "  \"extra\": 1,\n  \"extra\": 1,\n  \"run\""),
        format!("{text}\n"),
    ] {
        assert!(!has_form(&other), "{other}");
    }
}

#[test]
fn what_lacks_a_member_or_has_one_twice_is_no_record() {
    for text in [
        "",
        "[]",
        "{}",
        &RECORD_TEXT[..40],
        &RECORD_TEXT.replace("\"run\":\"r\",", ""),
        &RECORD_TEXT.replace("\"run\":\"r\"", "\"run\":\"r\",\"run\":\"s\""),
        &RECORD_TEXT.replace("[]", "[{\"line\":1}]"),
    ] {
        assert!(KeptRecord::parse(text.as_bytes()).is_err(), "{text}");
    }
    assert!(
        KeptRecord::parse(RECORD_TEXT.as_bytes())
            .unwrap()
            .typed()
            .is_none(),
        "what this version can't show is no reason to call it changed"
    );
}

#[test]
fn why_there_is_no_record_is_said_and_a_killed_runs_writes_are_counted() {
    let report = |more: Value| {
        let mut report = json!({"run": {"id": "r", "journalRecords": 0}});
        report
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        KeptReport::parse(report.to_string().into_bytes()).unwrap()
    };
    let plain = report(json!({}));
    let warned = report(json!({"install": {"warnings": [{"code": "RECORD_NOT_WRITTEN"}]}}));
    let mut named = report(json!({}));
    named.value["run"]["record"] = "record.json".into();
    for (state, report, writes, said) in [
        (RunState::Running, None, 3, "comes with its end"),
        (RunState::Unfinished, None, 3, "killed, crashed"),
        (RunState::Unfinished, None, 1, "holds 1 write;"),
        (RunState::Complete, Some(&plain), 0, "carried no plan out"),
        (RunState::Complete, Some(&plain), 2, "an older lakehouse"),
        (RunState::Complete, Some(&warned), 2, "could not write"),
        (RunState::Complete, Some(&named), 2, "names a signed-off record"),
    ] {
        let why = why_none(state, report, writes);
        assert!(why.contains(said), "{why}");
    }
}
