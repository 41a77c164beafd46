use super::super::tests::record;
use super::super::{Journal, line};
use super::{Chain, check, genesis};
use crate::report::evidence::FindingKind;
use proptest::prelude::*;

const RUN: &str = "20260101T000000Z-abcdef";

/// A journal of five commands, as the writer writes it; its last hash too.
fn journal() -> (Vec<u8>, String) {
    let (mut bytes, mut prev) = (Vec::new(), genesis(RUN));
    for (seq, purpose) in (1..).zip(["one", "two \"quoted\" \u{1f600}", "three", "four", "five"]) {
        let (text, hash) = line(seq, RUN, &record(purpose), &prev).unwrap();
        bytes.extend(text.into_bytes());
        prev = hash;
    }
    (bytes, prev)
}

fn checked(bytes: &[u8]) -> Chain {
    check(bytes, RUN, |_, _, _| {}).unwrap()
}

#[test]
fn what_the_writer_wrote_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path(), RUN).unwrap();
    for purpose in ["one", "two", "three"] {
        journal.append(RUN, &record(purpose)).unwrap();
    }
    let mark = journal.mark();
    let mut chain = checked(&std::fs::read(&mark.path).unwrap());
    chain.hold("report.json", mark.count, &mark.hash);
    assert_eq!((chain.findings, chain.lines, chain.sound), (Vec::new(), 3, 3));
    assert_eq!(chain.last, mark.hash);
}

#[test]
fn an_empty_journal_is_sound_where_nothing_ran() {
    let mut chain = checked(b"");
    chain.hold("report.json", 0, &genesis(RUN));
    assert!(chain.findings.is_empty() && !chain.half);
    chain.hold("report.json", 1, "00");
    assert_eq!(chain.findings[0].kind, FindingKind::NoJournal);
}

#[test]
fn a_file_that_is_no_journal_neither_fills_the_memory_nor_the_list() {
    let lines = vec![b'\n'; 1_000_000];
    let chain = checked(&lines);
    assert!(chain.stopped && chain.findings.len() == super::MOST_FINDINGS);
    let zeros = std::io::BufReader::new(std::io::repeat(0));
    let chain = check(zeros, RUN, |_, _, _| {}).unwrap();
    assert_eq!(chain.findings[0].kind, FindingKind::TooLong);
    assert!(chain.stopped);
    let deep = [vec![b'['; 1_000_000], b"\n".to_vec()].concat();
    assert_eq!(checked(&deep).findings[0].kind, FindingKind::NotARecord);
}

#[test]
fn only_the_line_that_was_changed_is_named() {
    let (bytes, last) = journal();
    let text = String::from_utf8(bytes).unwrap().replace("three", "thred");
    let mut chain = checked(text.as_bytes());
    chain.hold("report.json", 5, &last);
    let found: Vec<_> = chain.findings.iter().map(|f| (f.line, f.kind)).collect();
    assert_eq!(found, [(Some(3), FindingKind::Changed)]);
    assert_eq!(chain.sound, 2);
}

#[test]
fn what_a_finding_shows_of_the_journal_is_escaped_and_short() {
    let noise = format!("\u{1b}[2J\u{202e}{}\n", "x".repeat(10_000));
    let chain = checked(noise.as_bytes());
    let found = chain.findings[0].found.as_deref().unwrap();
    assert!(
        found.len() < 300 && !found.contains(['\u{1b}', '\u{202e}']),
        "{found}"
    );
}

proptest! {
    #[test]
    fn a_single_changed_byte_is_found(place in any::<prop::sample::Index>(), flip in 1u8..) {
        let (mut bytes, last) = journal();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        let mut chain = checked(&bytes);
        chain.hold("report.json", 5, &last);
        prop_assert!(!chain.findings.is_empty() || chain.half, "byte {place}");
    }

    #[test]
    fn a_byte_that_is_put_in_or_taken_out_is_found(place in any::<prop::sample::Index>(), byte: u8, put: bool) {
        let (mut bytes, last) = journal();
        let place = place.index(bytes.len());
        if put {
            bytes.insert(place, byte);
        } else {
            bytes.remove(place);
        }
        let mut chain = checked(&bytes);
        chain.hold("report.json", 5, &last);
        prop_assert!(!chain.findings.is_empty() || chain.half, "byte {place}");
    }

    #[test]
    fn no_bytes_break_the_check(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let mut chain = checked(&bytes);
        chain.hold("report.json", 1, "00");
        prop_assert!(!chain.findings.is_empty());
    }
}
