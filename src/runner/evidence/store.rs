//! The folder of all runs, and which of them is meant.

use super::{RunFolder, failed, note};
use crate::model::RunName;
use crate::report::{Code, Failure, Note};
use crate::runner::Run;
use std::path::PathBuf;

/// How much of an ID is the second in which the run began.
const SECOND: usize = 16;

/// How many runs an answer names.
const NAMED: usize = 5;

/// The folder of all runs.
pub struct Store {
    /// Its path.
    pub runs: PathBuf,
    uid: u32,
}

impl Store {
    /// The state folder of the user `uid`.
    ///
    /// # Errors
    /// A [`Failure`] where there is none.
    pub fn open(purpose: &str, uid: u32) -> Result<Self, Failure> {
        let runs = Run::state_folder()
            .map_err(|error| failed(purpose, note(Code::EvidenceNotRead, format!("{error}."))))?;
        Ok(Self { runs, uid })
    }

    /// The runs' IDs, newest first. No folder holds no run; what has another name is no run's.
    ///
    /// # Errors
    /// A [`Failure`] where the folder can't be read.
    pub fn ids(&self, purpose: &str) -> Result<Vec<String>, Failure> {
        let unread = |error: &std::io::Error| {
            let message = format!("{} can't be read: {error}.", super::folder::shown(&self.runs));
            failed(purpose, note(Code::EvidenceNotRead, message))
        };
        let entries = match std::fs::read_dir(&self.runs) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unread(&error)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| unread(&error))?;
            let changed = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            let name = entry.file_name().into_string().ok();
            ids.extend(
                name.filter(|name| RunName::is_id(name))
                    .map(|name| (name, changed)),
            );
        }
        // An ID begins with the second; of two in one second the later end decides, not the random part.
        let second = |id: &str| id.get(..SECOND).map(str::to_owned);
        ids.sort_by_cached_key(|(id, changed)| std::cmp::Reverse((second(id), *changed, id.clone())));
        Ok(ids.into_iter().map(|(id, _)| id).collect())
    }

    /// One run's folder.
    ///
    /// # Errors
    /// A note as of [`RunFolder::open`].
    pub fn folder(&self, id: &str) -> Result<RunFolder, Note> {
        RunFolder::open(&self.runs, id, self.uid)
    }

    /// The run that is meant.
    ///
    /// # Errors
    /// A [`Failure`]: `EVIDENCE_NOT_FOUND` where it is none or several.
    pub fn find(&self, purpose: &str, name: &RunName) -> Result<RunFolder, Failure> {
        let ids = self.ids(purpose)?;
        let beginning = match name {
            RunName::Latest => "",
            RunName::Beginning(text) => text,
        };
        let fitting: Vec<&String> = ids.iter().filter(|id| id.starts_with(beginning)).collect();
        match (fitting.as_slice(), name) {
            ([one], _) | ([one, ..], RunName::Latest) => {
                self.folder(one).map_err(|note| failed(purpose, note))
            }
            ([], _) => Err(absent(purpose, beginning, &ids)),
            (several, _) => {
                let mut failure = failed(
                    purpose,
                    note(
                        Code::EvidenceNotFound,
                        format!("{} runs begin with `{beginning}`.", several.len()),
                    ),
                );
                failure.remediation = Some(format!(
                    "Give more of the ID: {}.",
                    named(several.iter().map(|id| id.as_str()), several.len())
                ));
                Err(failure)
            }
        }
    }
}

fn absent(purpose: &str, beginning: &str, ids: &[String]) -> Failure {
    let message = match (ids.is_empty(), beginning) {
        (true, _) => "No run is kept yet.".to_owned(),
        (false, beginning) => format!("No kept run begins with `{beginning}`."),
    };
    let mut failure = failed(purpose, note(Code::EvidenceNotFound, message));
    failure.remediation = Some(if ids.is_empty() {
        "Each `lakehouse preflight` leaves its evidence; `XDG_STATE_HOME` says where.".to_owned()
    } else {
        let list = named(ids.iter().map(String::as_str), ids.len());
        format!("`lakehouse evidence list` shows all; the latest: {list}.")
    });
    failure
}

fn named<'a>(ids: impl Iterator<Item = &'a str>, all: usize) -> String {
    let mut text = ids.take(NAMED).collect::<Vec<_>>().join(", ");
    if all > NAMED {
        text.push_str(", …");
    }
    text
}
