//! What a run's folder tells at a glance.

use super::{JOURNAL, KeptReport, RunFolder, Store, note};
use crate::gateway::journal::is_held;
use crate::report::{Code, Note, RunEntry, RunState};
use serde::Deserialize;
use serde_json::Value;
use std::io::{BufRead, BufReader};

/// How much of a journal without a report is read to count its lines.
const MOST_COUNTED: u64 = 64 * 1024 * 1024;

/// The run's entry. Nothing in it is verified.
///
/// # Errors
/// A note where the folder's files can't be read.
pub fn entry(folder: &RunFolder) -> Result<RunEntry, Note> {
    let journal = folder.journal()?;
    // First the lock, then the report: a run writes its report before it lets go.
    let held = journal.as_ref().is_some_and(is_held);
    let report = folder.report()?.map(KeptReport::parse);
    let mut entry = blank(folder.path.join(JOURNAL).display().to_string(), &folder.id);
    entry.state = match (&report, held) {
        (Some(_), _) => RunState::Complete,
        (None, true) => RunState::Running,
        (None, false) => RunState::Unfinished,
    };
    match report {
        Some(Ok(report)) => told(&mut entry, &report.value),
        Some(Err(why)) => {
            let message = format!("The run's report is none: {why}.");
            entry.problem = Some(note(Code::EvidenceAltered, message));
        }
        None => entry.commands_run = journal.and_then(|file| lines(BufReader::new(file))),
    }
    Ok(entry)
}

/// The entry of a run whose folder can't be read.
#[must_use]
pub fn unreadable(store: &Store, id: &str, problem: Note) -> RunEntry {
    let journal = store.runs.join(id).join(JOURNAL).display().to_string();
    let mut entry = blank(journal, id);
    entry.state = RunState::Unreadable;
    entry.problem = Some(problem);
    entry
}

fn blank(journal: String, id: &str) -> RunEntry {
    RunEntry {
        id: id.to_owned(),
        state: RunState::Unfinished,
        started_at: started(id),
        command: None,
        status: None,
        codes: Vec::new(),
        commands_run: None,
        duration_ms: None,
        exec: None,
        journal,
        problem: None,
    }
}

/// Fills in what the report says.
fn told(entry: &mut RunEntry, report: &Value) {
    let text = |place: &str| report.pointer(place).and_then(Value::as_str).map(str::to_owned);
    let number = |place: &str| report.pointer(place).and_then(Value::as_u64);
    entry.started_at = text("/run/startedAt").or(entry.started_at.take());
    entry.command = text("/run/command");
    entry.commands_run = number("/run/commandsRun");
    entry.duration_ms = number("/run/durationMs");
    entry.exec = report
        .pointer("/run/exec")
        .and_then(|exec| Deserialize::deserialize(exec).ok());
    entry.status = ["/install/status", "/preflight/status", "/toolbox/status"]
        .iter()
        .find_map(|place| text(place))
        .or_else(|| report.get("failure").map(|_| "failed".to_owned()));
    let blockers = ["/preflight/blockers", "/install/blockers"]
        .iter()
        .filter_map(|place| report.pointer(place)?.as_array())
        .flatten();
    let codes = blockers
        .filter_map(|blocker| blocker.get("code")?.as_str())
        .map(str::to_owned)
        .chain(text("/failure/code"));
    for code in codes {
        if !entry.codes.contains(&code) {
            entry.codes.push(code);
        }
    }
}

/// When a run began, by its ID.
fn started(id: &str) -> Option<String> {
    let part = |from: usize, to: usize| id.get(from..to);
    Some(format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(9, 11)?,
        part(11, 13)?,
        part(13, 15)?
    ))
}

/// How many line ends there are; unknown where there is more than is read here.
fn lines(reader: impl BufRead) -> Option<u64> {
    let mut reader = reader.take(MOST_COUNTED);
    let mut count = 0;
    while let Ok(buffer) = reader.fill_buf()
        && !buffer.is_empty()
    {
        count += buffer.split(|byte| *byte == b'\n').skip(1).count() as u64;
        let length = buffer.len();
        reader.consume(length);
    }
    (reader.limit() > 0).then_some(count)
}
