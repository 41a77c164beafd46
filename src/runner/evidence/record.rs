//! The signed-off record as it is read back: its form, its hash, and why there may be none.

use super::{KeptReport, RECORD};
use crate::gateway::journal::{JournalLine, sha256_hex};
use crate::report::evidence::CommandEntry;
use crate::report::{Code, RunState, SignedRecord};
use serde::Deserialize;
use serde_json::Value;

/// A record that was read back.
pub struct KeptRecord {
    /// What it says.
    pub value: Value,
    /// The hash of what it says.
    pub hash: String,
    /// Whether its bytes are those that lakehouse writes of what it says.
    pub has_form: bool,
    /// What the check against the journal needs.
    pub(super) head: Head,
}

/// The part of a record that is held against the journal. Records of other versions have other evidence.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    pub run: String,
    pub writes: Vec<CommandEntry>,
    pub journal_records: u64,
    pub journal_hash: String,
    pub hash: String,
}

impl KeptRecord {
    /// Reads a record's bytes.
    ///
    /// # Errors
    /// Why it is none, a phrase that follows "is no signed-off record:".
    pub fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let value: Value = serde_json::from_slice(bytes).map_err(|_| "it is not one JSON document")?;
        let head: Head = serde_json::from_slice(bytes)
            .map_err(|_| "it has no run, writes, journalRecords, journalHash and hash, each once")?;
        let has_form = text_of(&value).is_ok_and(|text| text.as_bytes() == bytes);
        Ok(Self {
            hash: content_hash(&value),
            value,
            has_form,
            head,
        })
    }

    /// As this version knows it; nothing where another version's can't be read so.
    #[must_use]
    pub fn typed(&self) -> Option<SignedRecord> {
        serde_json::from_value(self.value.clone()).ok()
    }
}

/// The hash of a record's members but `hash`: of their compact JSON, names in order. So it holds for every version's.
pub(super) fn content_hash(record: &Value) -> String {
    // serde_json keeps the members of an object in the order of their names.
    let mut content = record.clone();
    if let Some(members) = content.as_object_mut() {
        members.remove("hash");
    }
    sha256_hex(content.to_string().as_bytes())
}

/// A record's bytes. Nothing that JSON readers take in two ways has this form: a name twice, an escape, another order.
pub(super) fn text_of(record: &Value) -> serde_json::Result<String> {
    serde_json::to_string_pretty(record).map(|text| format!("{text}\n"))
}

/// A line of the journal as a record has it.
#[must_use]
pub fn entry_of(line: &JournalLine) -> CommandEntry {
    let record = line.record.clone();
    CommandEntry {
        line: line.seq,
        purpose: record.purpose,
        argv: record.argv,
        started_at: record.started_at,
        duration_ms: record.duration_ms,
        exit: record.exit,
        ended: record.ended,
    }
}

/// Why a run has no record, one sentence. `writes` is how many writes its journal holds.
#[must_use]
pub fn why_none(state: RunState, report: Option<&KeptReport>, writes: u64) -> String {
    let holds = match writes {
        0 => "Its journal holds no write".to_owned(),
        1 => "Its journal holds 1 write".to_owned(),
        many => format!("Its journal holds {many} writes"),
    };
    let text = |place: &str| report.and_then(|report| report.value.pointer(place));
    let warned = || {
        let warnings = text("/install/warnings").and_then(Value::as_array);
        let name = Code::RecordNotWritten.name();
        warnings.is_some_and(|list| list.iter().any(|warning| warning["code"] == name))
    };
    match state {
        RunState::Running => "The run goes on: its signed-off record comes with its end.".to_owned(),
        RunState::Unfinished | RunState::Unreadable => format!(
            "There is no signed-off record: the run ended without one (killed, crashed, or no room). {holds}; a \
             command that ran at that moment has no line there."
        ),
        RunState::Complete if text("/run/record").is_some() => {
            format!("The run's report names a signed-off record, and there is no `{RECORD}`. {holds}.")
        }
        RunState::Complete if warned() => {
            format!("The run could not write its signed-off record (RECORD_NOT_WRITTEN). {holds}.")
        }
        RunState::Complete if writes > 0 => {
            format!("There is no signed-off record: an older lakehouse wrote none. {holds}.")
        }
        RunState::Complete => "The run carried no plan out: it leaves no signed-off record.".to_owned(),
    }
}

#[cfg(test)]
mod tests;
