//! A world of a test's own: a folder, an environment, AWS files.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod bad_values;

use lakehouse::cli::resolve::{Action, Invocation, UsageError, World, read};
use lakehouse::model::Settings;
use std::ffi::OsString;
use std::fs;

pub struct TestWorld {
    pub folder: tempfile::TempDir,
    pub world: World,
}

impl TestWorld {
    /// Empty folder, empty home, no variable.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (cwd, home) = (folder.path().join("cwd"), folder.path().join("home"));
        fs::create_dir(&cwd).unwrap();
        fs::create_dir_all(home.join(".aws")).unwrap();
        let uid = rustix::process::getuid().as_raw();
        let world = World {
            cwd,
            home: Some(home),
            uid,
            ..World::default()
        };
        Self { folder, world }
    }

    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.world.env.insert(name.into(), value.into());
        self
    }

    pub fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.world.cwd.join(name), text).unwrap();
        self
    }

    pub fn aws_config(self, text: &str) -> Self {
        fs::write(self.folder.path().join("home/.aws/config"), text).unwrap();
        self
    }

    pub fn aws_credentials(self, text: &str) -> Self {
        fs::write(self.folder.path().join("home/.aws/credentials"), text).unwrap();
        self
    }

    pub fn run(&self, words: &[&str]) -> Result<Invocation, UsageError> {
        let argv = std::iter::once("lakehouse")
            .chain(words.iter().copied())
            .map(OsString::from);
        read(argv, &self.world)
    }

    /// The settings of a run that must be accepted.
    pub fn settings(&self, words: &[&str]) -> Settings {
        match self
            .run(words)
            .unwrap_or_else(|error| panic!("{words:?}: {error}"))
            .action
        {
            Action::Default(settings) | Action::Preflight(settings) | Action::Install(settings) => *settings,
            other => panic!("{words:?}: {other:?}"),
        }
    }

    /// The one line of a run that must be refused.
    pub fn refused(&self, words: &[&str]) -> String {
        let line = self
            .run(words)
            .map(|i| i.action)
            .expect_err(&format!("{words:?}"))
            .to_string();
        assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
        assert!(!line.is_empty() && line.len() < 700, "{line}");
        line
    }
}
