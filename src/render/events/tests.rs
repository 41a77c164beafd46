//! Lines for readers that are slow.

use super::*;
use crate::report::RunRecord;
use std::io::Write;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Takes the first line only when it is let, and everything after it at once.
struct Held(Option<Receiver<()>>, Sender<Vec<u8>>);

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Some(let_go) = self.0.take() {
            let _ = let_go.recv();
        }
        let _ = self.1.send(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn report() -> Report {
    let run: RunRecord = serde_json::from_value(serde_json::json!({
        "id": "run-1", "startedAt": "", "durationMs": 0, "command": "toolbox", "commandsRun": 0, "journalRecords": 0,
    }))
    .unwrap();
    serde_json::from_value(serde_json::json!({ "schemaVersion": 1, "run": run })).unwrap()
}

#[test]
fn lines_that_found_no_room_are_counted_and_the_report_always_comes() {
    let (let_go, held) = channel();
    let (sender, taken) = channel();
    let queue = Queue::start(2000, Box::new(|| Ok(Box::new(Held(Some(held), sender)))));
    let events = Events::new("run-1", Some("e".into()), queue);
    for number in 0..100 {
        events.note(&format!("note {number} of a hundred"));
    }
    let ended = std::thread::scope(|scope| {
        let ending = scope.spawn(|| events.end(report(), 0, &Interrupt::default()));
        let_go.send(()).unwrap();
        ending.join().unwrap()
    });
    assert_eq!(ended.1, Ok(()));
    let text: Vec<u8> = taken.try_iter().flatten().collect();
    let lines: Vec<EventLine> = String::from_utf8(text)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for (line, seq) in lines.iter().zip(1..) {
        assert_eq!(line.seq, seq);
    }
    let notes = lines
        .iter()
        .filter(|line| matches!(line.event, Event::Note { .. }));
    let (mut dropped, notes) = (0, notes.count() as u64);
    for line in &lines {
        if let Event::Dropped { count } = line.event {
            dropped += count;
        }
    }
    assert!(dropped > 50 && notes + dropped == 100, "{notes} and {dropped}");
    let Some(Event::Report { report, .. }) = lines.last().map(|line| &line.event) else {
        panic!("no report at the end: {lines:?}")
    };
    assert!(report.run.warnings[0].message.contains("too slow"), "{report:?}");
    assert_eq!(ended.0.run.warnings, report.run.warnings);
}

#[test]
fn a_builders_empty_lines_are_not_told_and_steps_are() {
    let (sender, taken) = channel();
    let queue = Queue::start(MOST_WAITING, Box::new(|| Ok(Box::new(Held(None, sender)))));
    let events = Events::new("run-1", None, queue);
    for text in ["", " ", "#5 1.2 lakehouse-step: tools", "word"] {
        events.line(text);
    }
    let _ = events.end(report(), 0, &Interrupt::default());
    let text = String::from_utf8(taken.try_iter().flatten().collect()).unwrap();
    assert_eq!(text.matches("\"event\":\"line\"").count(), 2, "{text}");
}
