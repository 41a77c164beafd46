//! What `lakehouse evidence …` reports: the runs that are kept, and whether what is kept was changed.

use super::{Code, ExecRecord, Note, SignedRecord};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The evidence of earlier runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceReport {
    /// What was done: `list`, `show`, `verify` or `export`.
    pub action: String,
    /// The folder that holds a folder a run.
    pub folder: String,
    /// The runs, newest first (`list`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<Vec<RunEntry>>,
    /// How many older runs `runs` leaves out.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub runs_omitted: u64,
    /// The run that was asked for (`show`, `verify`, `export`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunEntry>,
    /// Its signed-off record (`show`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<SignedRecord>,
    /// Why there is none, or none that can be shown (`show`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_record: Option<String>,
    /// Its commands in the journal's order (`show`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commands: Option<Vec<CommandEntry>>,
    /// How many commands `commands` leaves out.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub commands_omitted: u64,
    /// What the check of its evidence found (`show`, `verify`, `export`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,
    /// What was written (`export`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<Exported>,
}

/// Whether a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// It ended and kept its report.
    Complete,
    /// It still runs.
    Running,
    /// It ended without a report: killed, crashed, or the report could not be written.
    Unfinished,
    /// Its folder can't be read; `problem` says why.
    Unreadable,
}

/// One run as its folder tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunEntry {
    /// The run's name.
    pub id: String,
    /// Whether it came to its end.
    pub state: RunState,
    /// When it started, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// The command, by the run's report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// How it ended, by the run's report: `ready`, `blocked`, `needs_input`, `failed`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Codes of its blockers or of its failure.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub codes: Vec<String>,
    /// How many commands it ran: by its report, without one by the lines of its journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commands_run: Option<u64>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Where its tools ran and which they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<ExecRecord>,
    /// Path of its journal.
    pub journal: String,
    /// Why it can't be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Note>,
}

/// One command, as far as people ask for it; the journal has more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandEntry {
    /// The journal's line.
    pub line: u64,
    /// Why it ran.
    pub purpose: String,
    /// The tool and its arguments, redacted.
    pub argv: Vec<String>,
    /// When it started, RFC 3339 in UTC.
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The tool's exit code; absent when it never ended by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// Why there is no exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

/// How a check of the evidence ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VerificationStatus {
    /// Every line is whole, follows from the one before, and the last is the anchors'.
    Intact,
    /// Something was changed, taken out, put in or cut off; or can't be what the run wrote.
    Altered,
    /// The run still goes on; the lines so far hold together.
    Running,
    /// The run ended without a report; the lines that are there hold together, and nothing says that they are all.
    Unfinished,
}

/// What a check of one run's evidence found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// How it ended.
    pub status: VerificationStatus,
    /// `EVIDENCE_ALTERED` or `EVIDENCE_UNFINISHED`; absent where it is intact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// One or two sentences that say it.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
    /// How many lines were read.
    pub lines: u64,
    /// Up to which line, from the first, nothing was found.
    pub sound_lines: u64,
    /// The hash of the last line that was read; of nothing but the run's ID without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_hash: Option<String>,
    /// What the last hash and the count were held against: `report.json` and `record.json` (in the run's own folder),
    /// `--report` (the one that was kept elsewhere). Without any, a cut end and a journal made anew can't be seen.
    pub anchors: Vec<String>,
    /// SHA-256 of the bytes of the run's `report.json`, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_sha256: Option<String>,
    /// The hash of what the run's signed-off record says, as it stands; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub record_hash: Option<String>,
    /// What is wrong: with the journal in the order of its lines, then with the report and the signed-off record.
    pub findings: Vec<EvidenceFinding>,
    /// Whether the check stopped before the journal's end, because enough was wrong or a line has no end.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub stopped_early: bool,
    /// What is no proof of a change and should be known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<Note>,
}

/// What is wrong with a line, or with the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FindingKind {
    /// The line's bytes are not those that its hash was made of.
    Changed,
    /// Lines are missing before this one.
    Missing,
    /// The line stands in another place than it was written in.
    Order,
    /// The line is there a second time.
    Repeated,
    /// The line does not follow from the one before.
    Chain,
    /// The line is of another run.
    OtherRun,
    /// The line is no record of a command.
    NotARecord,
    /// The line says the same in other bytes than the journal's own form: spaces, escapes, order, a second key.
    Form,
    /// The line has no end.
    Cut,
    /// The line is longer than any record.
    TooLong,
    /// Lines stand behind the last one that the anchor counts.
    Appended,
    /// Lines that the anchor counts are not there.
    CutEnd,
    /// Every line follows from the one before, and the last hash is not the anchor's: the chain was made anew, or
    /// the anchor was changed.
    LastHash,
    /// There is no journal, or an empty one, where the anchor counts lines.
    NoJournal,
    /// The run's own report is none, or of another run.
    Report,
    /// The run's own report and the one that was kept elsewhere differ.
    ReportsDiffer,
    /// The signed-off record is none: no JSON document, cut, or without a member that each has.
    Record,
    /// The signed-off record is of another run.
    RecordOtherRun,
    /// The signed-off record's own hash is not that of what it says.
    RecordChanged,
    /// The signed-off record says the same in other bytes than lakehouse writes: spaces, escapes, order, a second key.
    RecordForm,
    /// The signed-off record's writes are not in the journal's order, or one is there twice.
    RecordOrder,
    /// The journal has a write that the signed-off record has not.
    RecordWriteMissing,
    /// The signed-off record has a write that the journal has not.
    RecordWriteAdded,
    /// A write has another purpose, command line, time or outcome in the signed-off record than in the journal.
    RecordWrite,
    /// The signed-off record's count of the journal's lines, or their last hash, is not the journal's.
    RecordJournal,
    /// The report names a signed-off record, and there is none.
    RecordMissing,
    /// There is a signed-off record, and the report names none.
    RecordUnexpected,
    /// The signed-off record says something else than what the report has the hash of: it was made anew.
    RecordHash,
    /// The signed-off record and the report differ in what both have: approval, digest, target, status, steps, evidence.
    RecordReport,
}

impl FindingKind {
    /// Whether it is about the signed-off record.
    #[must_use]
    pub const fn is_of_record(self) -> bool {
        matches!(
            self,
            Self::Record
                | Self::RecordOtherRun
                | Self::RecordChanged
                | Self::RecordForm
                | Self::RecordOrder
                | Self::RecordWriteMissing
                | Self::RecordWriteAdded
                | Self::RecordWrite
                | Self::RecordJournal
                | Self::RecordMissing
                | Self::RecordUnexpected
                | Self::RecordHash
                | Self::RecordReport
        )
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceFinding {
    /// The journal's line, from 1; absent where it is no line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What kind of thing.
    pub kind: FindingKind,
    /// One sentence. Holds no text of the journal.
    pub message: String,
    /// What should stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What stands there, escaped and cut; untrusted text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

/// The file that an export wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    /// Its path.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// The journal's lines that are not in it as they stand: redacted again, or no text.
    pub changed_lines: Vec<u64>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
