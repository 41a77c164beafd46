//! The journal: one line a command, append-only, each line chained to the one before by its hash.
//!
//! A line is a JSON object. Its last member is `"hash"`: the SHA-256 of the line with that member taken out
//! (`{"seq":1,…,"prev":"…"}`). `prev` is the hash of the line before; the first line's is the SHA-256 of
//! `lakehouse journal 1 RUN-ID`. The last hash and the number of lines stand in the report, so that a cut end
//! shows as well. [`check()`] reads one back.
//!
//! While a run goes on it holds the journal's advisory lock (`flock`), which ends with the process, also by SIGKILL: so
//! a run that goes on and one that crashed are told apart ([`is_held`]).

mod check;

pub use check::{Chain, JournalLine, MOST_FINDINGS, check, genesis};

use crate::report::CommandRecord;
use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What the first line's `prev` hashes, before the run's ID.
const GENESIS: &str = "lakehouse journal 1 ";

/// A run's journal.
pub struct Journal {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    file: File,
    last: String,
    count: u64,
    length: u64,
    /// Set by the first write that failed: the chain is broken from there on.
    broken: Option<String>,
}

/// Where the journal stands, for the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalMark {
    /// Its path.
    pub path: PathBuf,
    /// Number of its lines.
    pub count: u64,
    /// Hash of its last line; of nothing but the run's ID while there is none.
    pub hash: String,
    /// Why it can't be written any more, if so.
    pub broken: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    seq: u64,
    run: &'a str,
    #[serde(flatten)]
    record: &'a CommandRecord,
    prev: &'a str,
}

impl Journal {
    /// Makes the run's folder (0700) below `runs` and an empty journal (0600) in it.
    ///
    /// # Errors
    /// The system's error when either can't be made; an existing journal is never opened again.
    pub fn create(runs: &Path, run: &str) -> std::io::Result<Self> {
        let folder = runs.join(run);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let path = folder.join("journal.jsonl");
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        hold(&file);
        let state = State {
            file,
            last: genesis(run),
            count: 0,
            length: 0,
            broken: None,
        };
        Ok(Self {
            path,
            state: Mutex::new(state),
        })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The journal's lock: it is held until the journal and everything that this gave are gone.
    ///
    /// # Errors
    /// The system's error where it gives no second handle.
    pub fn held(&self) -> std::io::Result<File> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.file.try_clone()
    }

    /// Appends one record and returns once the system has it.
    ///
    /// # Errors
    /// The system's words, also for every later call: a chain with a hole proves nothing.
    pub fn append(&self, run: &str, record: &CommandRecord) -> Result<(), String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(said) = &state.broken {
            return Err(said.clone());
        }
        let (text, hash) = line(state.count + 1, run, record, &state.last)?;
        match state.file.write_all(text.as_bytes()) {
            Ok(()) => {
                state.length += text.len() as u64;
                state.count += 1;
                state.last = hash;
                Ok(())
            }
            Err(error) => {
                // Half a line would break the chain for every reader: what was whole stays whole.
                let _ = state.file.set_len(state.length);
                state.broken = Some(error.to_string());
                Err(error.to_string())
            }
        }
    }

    /// Whether every record so far was written.
    ///
    /// # Errors
    /// The system's words of the first failure.
    pub fn healthy(&self) -> Result<(), String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.broken.clone().map_or(Ok(()), Err)
    }

    /// Brings the journal to the disk and says where it stands.
    #[must_use]
    pub fn mark(&self) -> JournalMark {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = state.file.sync_data() {
            state.broken.get_or_insert(error.to_string());
        }
        JournalMark {
            path: self.path.clone(),
            count: state.count,
            hash: state.last.clone(),
            broken: state.broken.clone(),
        }
    }
}

/// Takes the lock of a new journal. A reader may hold it for the moment of its look; a file system without locks is no
/// reason to leave no evidence.
fn hold(file: &File) {
    for _ in 0..20 {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(std::time::Duration::from_millis(1)),
            _ => return,
        }
    }
}

/// Whether the run that writes this journal still goes on.
#[must_use]
pub fn is_held(journal: impl AsFd) -> bool {
    match flock(&journal, FlockOperation::NonBlockingLockShared) {
        Ok(()) => {
            let _ = flock(&journal, FlockOperation::Unlock);
            false
        }
        Err(error) => error == rustix::io::Errno::WOULDBLOCK,
    }
}

/// One line, with its end, and its hash.
fn line(seq: u64, run: &str, record: &CommandRecord, prev: &str) -> Result<(String, String), String> {
    let mut text = serde_json::to_string(&Line {
        seq,
        run,
        record,
        prev,
    })
    .map_err(|error| error.to_string())?;
    let hash = sha256_hex(text.as_bytes());
    text.pop();
    text.push_str(",\"hash\":\"");
    text.push_str(&hash);
    text.push_str("\"}\n");
    Ok((text, hash))
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
impl Journal {
    /// A journal on a device that is full.
    pub(super) fn on_a_full_disk() -> Self {
        let path = PathBuf::from("/dev/full");
        let state = State {
            file: OpenOptions::new().append(true).open(&path).unwrap(),
            last: genesis("run-1"),
            count: 0,
            length: 0,
            broken: None,
        };
        Self {
            path,
            state: Mutex::new(state),
        }
    }
}

#[cfg(test)]
mod tests;
