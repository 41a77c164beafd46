//! Reports: the copy that a run keeps beside its journal, and the ones that are read back.

use super::folder::{bounded, shown};
use super::note;
use crate::gateway::interrupt::Interrupt;
use crate::report::{Code, Note};
use serde::Deserialize;
use serde_json::Value;
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// Keeps a file of a run, its report or its record, in the run's folder: whole or not at all, 0600, on the disk before
/// stdout gets the report.
///
/// # Errors
/// The system's error.
pub fn keep(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".keep-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name)).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// A report that was read back.
pub struct KeptReport {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it says.
    pub value: Value,
    /// The run.
    pub id: String,
    /// The journal's number of lines.
    pub count: u64,
    /// The journal's last hash; none where the run had no journal.
    pub hash: Option<String>,
}

/// The part of a report that a check needs. Reports of later versions have more.
#[derive(Deserialize)]
struct Head {
    run: HeadRun,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeadRun {
    id: String,
    journal_records: u64,
    journal_hash: Option<String>,
}

impl KeptReport {
    /// Reads a report's bytes.
    ///
    /// # Errors
    /// Why it is none, a phrase that follows "is no report of a run:".
    pub fn parse(bytes: Vec<u8>) -> Result<Self, &'static str> {
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| "it is not one JSON document")?;
        let head: Head = serde_json::from_slice(&bytes)
            .map_err(|_| "it has no run with id, journalRecords and journalHash, each once")?;
        let HeadRun {
            id,
            journal_records,
            journal_hash,
        } = head.run;
        if journal_hash.is_none() && journal_records > 0 {
            return Err("it counts the journal's records and has no journalHash");
        }
        Ok(Self {
            bytes,
            value,
            id,
            count: journal_records,
            hash: journal_hash,
        })
    }
}

/// Reads a report that was kept elsewhere: a file, or `-` for stdin.
///
/// # Errors
/// A note: `EVIDENCE_NOT_READ`, or INTERRUPTED while stdin was waited for.
pub fn read_kept(path: &Path, interrupt: &Interrupt) -> Result<KeptReport, Note> {
    let (bytes, name) = if path == Path::new("-") {
        (stdin(interrupt)?, "stdin".to_owned())
    } else {
        (file(path)?, shown(path))
    };
    KeptReport::parse(bytes).map_err(|why| {
        note(
            Code::EvidenceNotRead,
            format!("{name} is no report of a run: {why}."),
        )
    })
}

fn file(path: &Path) -> Result<Vec<u8>, Note> {
    let failed = |error: io::Error| note(Code::EvidenceNotRead, format!("{}: {error}.", shown(path)));
    // A pipe without a writer would be waited for without end.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        let message = format!("{} is not a file; a pipe is read as `--report -`.", shown(path));
        return Err(note(Code::EvidenceNotRead, message));
    }
    bounded(File::open(path).map_err(failed)?, path)
}

/// A thread of its own reads: a read that waits does not see the stop flag.
fn stdin(interrupt: &Interrupt) -> Result<Vec<u8>, Note> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = send.send(bounded(io::stdin().lock(), Path::new("stdin")));
    });
    loop {
        match receive.recv_timeout(Duration::from_millis(50)) {
            Ok(read) => return read,
            Err(mpsc::RecvTimeoutError::Timeout) if !interrupt.is_set() => {}
            Err(_) => {
                return Err(note(
                    Code::Interrupted,
                    "The run was stopped while it read stdin.",
                ));
            }
        }
    }
}
