//! The signed-off record, held against the journal line by line, and against the report.

use super::anchor::difference;
use super::record::{KeptRecord, entry_of};
use super::{KeptReport, RECORD};
use crate::gateway::journal::{Chain, JournalLine, MOST_FINDINGS};
use crate::report::evidence::{CommandEntry, FindingKind};
use crate::report::{Effect, RecordedStep};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where a member of the record stands in the report.
const IN_BOTH: [(&str, &str); 11] = [
    ("/approval", "/install/approval"),
    ("/planDigest", "/install/planDigest"),
    ("/target", "/install/target"),
    ("/status", "/install/status"),
    ("/phase", "/install/phase"),
    ("/failedStep", "/install/failedStep"),
    ("/failure", "/install/failure"),
    ("/evidence", "/install/evidence"),
    ("/command", "/run/command"),
    ("/startedAt", "/run/startedAt"),
    ("/exec", "/run/exec"),
];

/// Something that is wrong: the journal's line, the kind, a sentence, what should stand there and what does.
struct Found {
    line: Option<u64>,
    kind: FindingKind,
    said: String,
    wanted_and_has: Option<(String, String)>,
}

/// A record under comparison.
pub(super) struct Comparison {
    /// The record; none where there is no file, or it is no record.
    record: Option<KeptRecord>,
    /// Whether it is of this run, so that it can be compared at all.
    is_ours: bool,
    /// Whether there is a file.
    is_there: bool,
    /// Writes of the record that no line of the journal was seen for yet.
    open: BTreeMap<u64, CommandEntry>,
    /// How many writes the journal holds.
    writes: u64,
    found: Vec<Found>,
}

/// A comparison that came to its end.
pub(super) struct Compared {
    /// The record, where it is one.
    pub record: Option<KeptRecord>,
    /// How many writes the journal holds.
    pub writes: u64,
    /// Whether the record's count and last hash could be held against the journal's.
    pub is_anchor: bool,
}

impl Comparison {
    /// Reads the record of the run `run`, if there is a file.
    pub fn of(bytes: Option<&[u8]>, run: &str) -> Self {
        let mut new = Self {
            record: None,
            is_ours: false,
            is_there: bytes.is_some(),
            open: BTreeMap::new(),
            writes: 0,
            found: Vec::new(),
        };
        match bytes.map(KeptRecord::parse) {
            None => {}
            Some(Err(why)) => {
                let said = format!("`{RECORD}` is no signed-off record: {why}.");
                new.find(None, FindingKind::Record, said, None);
            }
            Some(Ok(record)) if record.head.run == run => {
                new.is_ours = true;
                new.alone(&record);
                new.record = Some(record);
            }
            Some(Ok(record)) => {
                let said = format!("`{RECORD}` is of another run.");
                let both = Some((run.to_owned(), record.head.run.clone()));
                new.find(None, FindingKind::RecordOtherRun, said, both);
                new.record = Some(record);
            }
        }
        new
    }

    /// Looks at the record by itself.
    fn alone(&mut self, record: &KeptRecord) {
        if record.hash != record.head.hash {
            let said = format!("`{RECORD}` was changed: its hash is not that of what it says.");
            let both = Some((record.head.hash.clone(), record.hash.clone()));
            self.find(None, FindingKind::RecordChanged, said, both);
        }
        if !record.has_form {
            let said = format!("The bytes of `{RECORD}` are not in the form that lakehouse writes.");
            self.find(None, FindingKind::RecordForm, said, None);
        }
        let mut before = 0;
        for write in &record.head.writes {
            if write.line <= before {
                let said =
                    format!("A write of `{RECORD}` stands there twice, or behind one that came later.");
                self.find(Some(write.line), FindingKind::RecordOrder, said, None);
            }
            before = before.max(write.line);
            self.open.insert(write.line, write.clone());
        }
    }

    /// Holds one line of the journal against the record.
    pub fn see(&mut self, line: &JournalLine) {
        if line.record.effect != Effect::Write {
            return;
        }
        self.writes += 1;
        if !self.is_ours {
            return;
        }
        let wanted = entry_of(line);
        match self.open.remove(&line.seq) {
            None => {
                let said = format!("The journal has this write and `{RECORD}` has not.");
                self.find(Some(line.seq), FindingKind::RecordWriteMissing, said, None);
            }
            Some(has) if has == wanted => {}
            Some(has) => {
                let value = |entry| serde_json::to_value(entry).unwrap_or_default();
                let said = format!("This write is another one in `{RECORD}` than in the journal.");
                let both = first_difference("", &value(wanted), &value(has));
                self.find(Some(line.seq), FindingKind::RecordWrite, said, both);
            }
        }
    }

    /// Holds the record against the journal's end and against `report`, and adds what was found to the chain's findings.
    pub fn end(mut self, chain: &mut Chain, report: Option<&KeptReport>) -> Compared {
        let is_anchor = self.is_ours && !chain.stopped;
        let record = self.record.take();
        if let Some(record) = record.as_ref().filter(|_| is_anchor) {
            for line in std::mem::take(&mut self.open).into_keys() {
                let said = format!("`{RECORD}` has a write that the journal has not.");
                self.find(Some(line), FindingKind::RecordWriteAdded, said, None);
            }
            self.journal(record, chain);
        }
        if let Some(report) = report {
            let is_named = report.value.pointer("/run/record").is_some();
            self.naming(is_named);
            if let Some(record) = record.as_ref().filter(|_| is_named && self.is_ours) {
                self.report(record, report);
            }
        }
        for found in &self.found {
            let (wanted, has) = found.wanted_and_has.clone().unzip();
            chain.at(
                found.line,
                found.kind,
                &found.said,
                wanted.as_deref(),
                has.as_deref(),
            );
        }
        Compared {
            record,
            writes: self.writes,
            is_anchor,
        }
    }

    fn journal(&mut self, record: &KeptRecord, chain: &Chain) {
        let head = &record.head;
        let (said, both) = if head.journal_records != chain.lines {
            let both = (chain.lines.to_string(), head.journal_records.to_string());
            let said = format!("`{RECORD}` counts another number of lines than the journal has.");
            (said, both)
        } else if head.journal_hash != chain.last {
            let said = format!("The journal's last hash is not the one that `{RECORD}` holds.");
            (said, (chain.last.clone(), head.journal_hash.clone()))
        } else {
            return;
        };
        self.find(None, FindingKind::RecordJournal, said, Some(both));
    }

    fn naming(&mut self, is_named: bool) {
        match (is_named, self.is_there) {
            (true, false) => {
                let said = format!("The report names a signed-off record, and there is no `{RECORD}`.");
                self.find(None, FindingKind::RecordMissing, said, None);
            }
            (false, true) => {
                let said = format!("There is a `{RECORD}`, and the report names none.");
                self.find(None, FindingKind::RecordUnexpected, said, None);
            }
            _ => {}
        }
    }

    fn report(&mut self, record: &KeptRecord, report: &KeptReport) {
        let hash = report.value.pointer("/run/recordHash").and_then(Value::as_str);
        if hash != Some(&record.hash) {
            let said = format!("What `{RECORD}` says has not the hash that the report holds of it.");
            let both = (hash.unwrap_or("none").to_owned(), record.hash.clone());
            self.find(None, FindingKind::RecordHash, said, Some(both));
        }
        let of = |value: &Value, place: &str| value.pointer(place).cloned().unwrap_or_default();
        let steps = short_steps(&of(&report.value, "/install/steps"));
        let pairs = IN_BOTH
            .iter()
            .map(|(here, there)| (*here, of(&report.value, there)))
            .chain([("/steps", steps)]);
        for (place, wanted) in pairs {
            if let Some(both) = first_difference(place, &wanted, &of(&record.value, place)) {
                let said = format!("`{RECORD}` and the report differ.");
                self.find(None, FindingKind::RecordReport, said, Some(both));
            }
        }
    }

    fn find(
        &mut self,
        line: Option<u64>,
        kind: FindingKind,
        said: String,
        wanted_and_has: Option<(String, String)>,
    ) {
        if self.found.len() < MOST_FINDINGS {
            self.found.push(Found {
                line,
                kind,
                said,
                wanted_and_has,
            });
        }
    }
}

/// `/place: value` of both where they begin to differ.
fn first_difference(place: &str, wanted: &Value, has: &Value) -> Option<(String, String)> {
    let below = difference(wanted, has, "")?;
    let named = |value: &Value| match value.pointer(&below).filter(|value| !value.is_null()) {
        Some(Value::String(text)) => format!("{place}{below}: {text}"),
        Some(value) => format!("{place}{below}: {value}"),
        None => format!("{place}{below}: not there"),
    };
    Some((named(wanted), named(has)))
}

/// A report's steps with the members that a record has of them.
fn short_steps(list: &Value) -> Value {
    let short = |step: &Value| -> Value {
        let members = step.as_object().into_iter().flatten();
        members
            .filter(|(name, _)| RecordedStep::MEMBERS.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    list.as_array().into_iter().flatten().map(short).collect()
}

#[cfg(test)]
mod tests;
