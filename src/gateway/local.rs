//! Tools of this machine.

use super::interrupt::Interrupt;
use super::private::PrivateFolder;
use super::process::{self, Ending, Job};
use super::redact::Redactor;
use super::terminal::{self, Talk};
use super::{CommandOutput, CommandSpec, Gateway, GatewayError, PrivateFile, Tool};
use crate::report::Effect;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Runs tools on this machine, each behind a guard.
pub struct Local {
    env: BTreeMap<OsString, OsString>,
    redactor: Arc<Redactor>,
    interrupt: Interrupt,
    private: Mutex<Option<PrivateFolder>>,
}

impl Local {
    /// A gateway to this machine's tools; `env` is the whole environment that they get.
    #[must_use]
    pub fn new(env: BTreeMap<OsString, OsString>, redactor: Arc<Redactor>, interrupt: Interrupt) -> Self {
        Self {
            env,
            redactor,
            interrupt,
            private: Mutex::new(None),
        }
    }

    /// Removes the run's private files.
    pub fn close(&self) {
        drop(self.private.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// What the tools get. Those that look into a cluster keep what they learn of it (its API's resources) beside its
    /// kubeconfig, not in the user's `~/.kube/cache`.
    fn env_of(&self, tool: Tool) -> BTreeMap<OsString, OsString> {
        let mut env = self.env.clone();
        let private = self.private.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Tool::Kubectl | Tool::Helm, Some(folder)) = (tool, private.as_ref()) {
            env.insert("KUBECACHEDIR".into(), folder.path().join("cache").into());
        }
        env
    }
}

/// How long a tool may take to stop by itself: Helm must record its failure, a question needs nothing.
#[must_use]
pub const fn grace(effect: Effect) -> Duration {
    match effect {
        Effect::Read => Duration::from_secs(1),
        Effect::Write => Duration::from_secs(20),
    }
}

impl Gateway for Local {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        let tool = spec.tool;
        let path = self.env.get(&OsString::from("PATH"));
        let program =
            which::which_in(tool.program(), path, ".").map_err(|_| GatewayError::ToolMissing { tool })?;
        let start = Instant::now();
        if spec.terminal {
            return self.talk(spec, program);
        }
        let job = Job {
            program,
            args: spec.args.iter().map(OsString::from).collect(),
            env: self.env_of(tool),
            stdin: spec.stdin.clone().unwrap_or_default(),
            guarded: true,
            deadline: start + spec.timeout,
            grace: grace(spec.effect),
            stop: None,
            on_line: None,
            listener: spec
                .listener
                .as_ref()
                .map(|it| it.behind(&self.redactor, &spec.secrets)),
        };
        let ended = process::run(&job, &self.interrupt).map_err(|error| GatewayError::NotStarted {
            tool,
            said: error.to_string(),
        })?;
        let stderr = self.redactor.words(&ended.stderr, &spec.secrets);
        match ended.ending {
            Ending::Exited(super::guard::NOT_STARTED) => Err(GatewayError::NotStarted { tool, said: stderr }),
            other => output(tool, spec.timeout, other, ended.stdout, stderr, start.elapsed()),
        }
    }

    fn words(&self, text: &str) -> String {
        self.redactor.words(text.as_bytes(), &[])
    }

    fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        if !file.is_well_named() {
            return Err(GatewayError::NotKept {
                said: "not a file's name".to_owned(),
            });
        }
        let mut private = self.private.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = match private.take() {
            Some(folder) => folder,
            None => PrivateFolder::make(&self.env)?,
        };
        private.insert(folder).keep(file)
    }
}

impl Local {
    /// A tool that asks on the terminal: it has no guard, since only a process of the terminal's own session may ask
    /// there, and one that outlives us gets nothing from a terminal that is no longer its own.
    fn talk(&self, spec: &CommandSpec, program: PathBuf) -> Result<CommandOutput, GatewayError> {
        let start = Instant::now();
        let talk = Talk {
            program,
            args: spec.args.clone(),
            env: self.env.clone(),
            kept: true,
            deadline: start + spec.timeout,
        };
        let ended = terminal::run(&talk, &self.interrupt).map_err(|error| GatewayError::NotStarted {
            tool: spec.tool,
            said: error.to_string(),
        })?;
        let stderr = self.redactor.words(&ended.stderr, &spec.secrets);
        terminal::output(spec, ended.ending, ended.stdout, stderr, start.elapsed())
    }
}

/// What a tool's ending means, the same in both modes.
pub(super) fn output(
    tool: Tool,
    limit: Duration,
    ending: Ending,
    stdout: Vec<u8>,
    stderr: String,
    duration: Duration,
) -> Result<CommandOutput, GatewayError> {
    match ending {
        // A shell, a wrapper script or `docker exec` say "killed by signal N" as 128 + N (1 to 64); aws's own codes
        // are 252 to 255.
        Ending::Exited(129..=192) | Ending::Signaled(_) => Err(GatewayError::Killed { tool }),
        Ending::Exited(exit) => Ok(CommandOutput {
            exit,
            stdout,
            stderr,
            duration,
        }),
        Ending::TimedOut => Err(GatewayError::TimedOut { tool, limit }),
        Ending::Interrupted => Err(GatewayError::Interrupted),
        Ending::TooMuchOutput => Err(GatewayError::TooMuchOutput {
            tool,
            limit_bytes: process::OUTPUT_LIMIT,
        }),
    }
}
