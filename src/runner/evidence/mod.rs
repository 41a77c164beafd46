//! The evidence of earlier runs: a folder a run, with its journal, its report, and the signed-off record of what it wrote.

mod anchor;
mod compare;
mod export;
mod folder;
mod kept;
mod record;
mod sign;
mod store;
mod summary;
mod verify;

pub use export::{Asked, Lines, document, fits, write};
pub use folder::RunFolder;
pub use kept::{KeptReport, keep, read_kept};
pub use record::{KeptRecord, entry_of, why_none};
pub use sign::sign_off;
pub use store::Store;
pub use summary::{entry, unreadable};
pub use verify::{Verified, verify};

use crate::report::{Code, Failure, Note};

/// The journal's name in a run's folder.
pub const JOURNAL: &str = "journal.jsonl";

/// The report's name in a run's folder.
pub const REPORT: &str = "report.json";

/// The signed-off record's name in a run's folder.
pub const RECORD: &str = "record.json";

/// A note without a tool's words.
fn note(code: Code, message: impl Into<String>) -> Note {
    Note {
        code,
        message: message.into(),
        tool_output: None,
    }
}

/// A failure of this purpose, with the code's own remedy.
#[must_use]
pub fn failed(purpose: &str, note: Note) -> Failure {
    Failure {
        code: note.code,
        purpose: purpose.to_owned(),
        message: note.message,
        remediation: Some(note.code.remedy().to_owned()),
        tool_output: note.tool_output,
    }
}
