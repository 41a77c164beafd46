//! What surrounds a run, as a value: tests need no process environment.

use super::UsageError;
use crate::model::shown;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// The environment, the folders and the user of a run.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The environment's variables.
    pub env: BTreeMap<String, OsString>,
    /// The folder in which the run was started; empty where it is gone ([`World::needs_folder`]).
    pub cwd: PathBuf,
    /// Why that folder can't be used, if it can't.
    pub no_folder: Option<String>,
    /// The user's own folder, if there is one.
    pub home: Option<PathBuf>,
    /// The user.
    pub uid: u32,
    /// Whether a person reads stdout.
    pub stdout_is_terminal: bool,
}

impl World {
    /// The world of this process.
    ///
    /// # Errors
    /// None today; a later world may have to read more.
    pub fn of_process() -> Result<Self, UsageError> {
        // Help and version need no folder: who does asks for it.
        let (cwd, no_folder) = match std::env::current_dir() {
            Ok(cwd) => (cwd, None),
            Err(error) => (PathBuf::new(), Some(error.to_string())),
        };
        // A name that is not UTF-8 is none that is asked for.
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        Ok(Self {
            env,
            cwd,
            no_folder,
            home: etcetera::home_dir().ok(),
            uid: rustix::process::getuid().as_raw(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
        })
    }

    /// What a command asks that works in the folder of the run.
    ///
    /// # Errors
    /// [`UsageError`] where the folder is gone.
    pub fn needs_folder(&self) -> Result<(), UsageError> {
        match &self.no_folder {
            None => Ok(()),
            Some(why) => Err(UsageError::new(format!(
                "the current folder can't be used: {why}: change to one that exists"
            ))),
        }
    }

    /// The variable's text; an empty one counts as not set, as the AWS tools have it.
    ///
    /// # Errors
    /// [`UsageError`] for a value that is not UTF-8.
    pub fn var(&self, name: &str) -> Result<Option<&str>, UsageError> {
        match self.env.get(name).filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) => value.to_str().map(Some).ok_or_else(|| {
                UsageError::new(format!(
                    "{name} {}: must be UTF-8 text",
                    shown(&value.to_string_lossy())
                ))
            }),
        }
    }

    /// `path` as seen from the folder of the run.
    #[must_use]
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.cwd.join(path)
    }

    /// The place of an AWS file: the variable's, or the one below the user's own folder.
    #[must_use]
    pub fn aws_file(&self, variable: &str, name: &str) -> Option<PathBuf> {
        let Some(named) = self.env.get(variable).filter(|value| !value.is_empty()) else {
            return self.home.as_ref().map(|home| home.join(".aws").join(name));
        };
        // botocore expands `~/` in this variable, though no shell did.
        match (Path::new(named).strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) => Some(home.join(rest)),
            _ => Some(self.at(named)),
        }
    }
}
