//! One run: its name, its clock, its state folder, its stop flag.

use crate::gateway::environment::Env;
use crate::gateway::interrupt::Interrupt;
use crate::gateway::journal::{Journal, JournalMark};
use crate::report::{ExecRecord, Report, RunRecord, SCHEMA_VERSION};
use etcetera::BaseStrategy;
use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Without `--timeout` a run may take this long; a first image build on a slow machine takes half of it.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// One run of the program.
pub struct Run {
    /// Its name: when it began, and a random part.
    pub id: String,
    /// When it began.
    pub started: jiff::Timestamp,
    /// When it must have ended.
    pub deadline: Instant,
    /// The command, for the report.
    pub command: &'static str,
    /// The environment that it was started with.
    pub env: Env,
    /// The stop flag.
    pub interrupt: Interrupt,
    start: Instant,
    kept: OnceLock<Kept>,
    /// Whether a journal is kept.
    pub leaves_evidence: bool,
}

/// The run's own folder, and the lock that says that the run goes on.
struct Kept {
    folder: PathBuf,
    _lock: Option<File>,
}

impl Run {
    /// A run that begins now.
    #[must_use]
    pub fn begin(command: &'static str, env: Env, interrupt: Interrupt, timeout: Option<Duration>) -> Self {
        let (started, start) = (jiff::Timestamp::now(), Instant::now());
        let random = std::hash::RandomState::new().build_hasher().finish() & 0xff_ffff;
        let id = format!("{}-{random:06x}", started.strftime("%Y%m%dT%H%M%SZ"));
        let deadline = start + timeout.unwrap_or(LONGEST);
        Self {
            id,
            started,
            deadline,
            command,
            env,
            interrupt,
            start,
            kept: OnceLock::new(),
            leaves_evidence: true,
        }
    }

    /// The same, without a journal: for a command that another program calls many times a minute, and that only reads.
    #[must_use]
    pub fn unkept(mut self) -> Self {
        self.leaves_evidence = false;
        self
    }

    /// Keeps the journal's folder and its lock to the end of the run, also when the journal itself is gone.
    pub fn hold(&self, journal: &Journal) {
        if let Some(folder) = journal.path().parent() {
            let _ = self.kept.set(Kept {
                folder: folder.to_path_buf(),
                _lock: journal.held().ok(),
            });
        }
    }

    /// The run's own folder, if it has one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.kept.get().map(|kept| kept.folder.as_path())
    }

    /// The folder that holds a folder a run (XDG Base Directory Specification: `$XDG_STATE_HOME`).
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn state_folder() -> Result<PathBuf, String> {
        let base = etcetera::base_strategy::Xdg::new().map_err(|error| error.to_string())?;
        base.state_dir()
            .map(|folder| folder.join("lakehouse/runs"))
            .ok_or_else(|| "no state folder".to_owned())
    }

    /// A report that holds only the run block.
    #[must_use]
    pub fn report(&self, exec: Option<ExecRecord>, commands: u64, mark: Option<JournalMark>) -> Report {
        let run = RunRecord {
            id: self.id.clone(),
            started_at: self.started.to_string(),
            duration_ms: millis(self.start.elapsed()),
            command: self.command.to_owned(),
            exec,
            commands_run: commands,
            commands_by_tool: BTreeMap::new(),
            journal: mark.as_ref().map(|mark| mark.path.display().to_string()),
            journal_records: mark.as_ref().map_or(0, |mark| mark.count),
            journal_hash: mark.map(|mark| mark.hash),
            report: None,
            record: None,
            record_hash: None,
            warnings: Vec::new(),
        };
        Report {
            schema_version: SCHEMA_VERSION,
            run,
            preflight: None,
            install: None,
            toolbox: None,
            evidence: None,
            failure: None,
        }
    }
}

/// Milliseconds of a duration.
#[must_use]
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
