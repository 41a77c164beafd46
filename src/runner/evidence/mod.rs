//! The evidence of earlier runs: a folder a run, with its journal and its report.

mod anchor;
mod export;
mod folder;
mod kept;
mod store;
mod summary;
mod verify;

pub use export::{Asked, Lines, document, fits, write};
pub use folder::RunFolder;
pub use kept::{KeptReport, keep, read_kept};
pub use store::Store;
pub use summary::{entry, unreadable};
pub use verify::{Verified, verify};

use crate::report::{Code, Failure, Note};

/// The journal's name in a run's folder.
pub const JOURNAL: &str = "journal.jsonl";

/// The report's name in a run's folder.
pub const REPORT: &str = "report.json";

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
