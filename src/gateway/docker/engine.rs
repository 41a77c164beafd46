//! The container engine, asked once what it is.

mod error;
mod info;

use super::address;
use crate::gateway::environment::Env;
use crate::gateway::interrupt::Interrupt;
use crate::gateway::process::{self, Ended, Ending, Job};
use crate::gateway::redact::Redactor;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use crate::gateway::process::OnLine;
pub use error::EngineError;
pub use info::{ClientInfo, EngineInfo};

/// An engine that answers.
#[derive(Clone)]
pub struct Engine {
    /// Path of the `docker` client.
    pub client: PathBuf,
    /// The environment that the client gets: ours, with `DOCKER_HOST` and the like.
    pub env: Env,
    /// What it says of itself.
    pub info: EngineInfo,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) interrupt: Interrupt,
}

impl Engine {
    /// Finds the client and asks the engine what it is.
    ///
    /// # Errors
    /// [`EngineError`]: no client, no answer, or an engine that can't run the toolbox.
    pub fn probe(env: Env, redactor: Arc<Redactor>, interrupt: Interrupt) -> Result<Self, EngineError> {
        let path = env.get(&OsString::from("PATH"));
        let client = which::which_in("docker", path, ".").map_err(|_| EngineError::ClientMissing)?;
        // Before anything is asked: an engine far away may take its time to answer.
        if let Some(remote) = address::of_variable(&env) {
            return Err(EngineError::Remote(remote));
        }
        let mut engine = Self {
            client,
            env: without_mirrors(env),
            info: EngineInfo::default(),
            redactor,
            interrupt,
        };
        let ended = engine.start(
            "ask the engine",
            &["info", "--format", "{{json .}}"],
            Duration::from_secs(15),
        )?;
        engine.info = match engine.parse_info(&ended) {
            // An engine far away that is down is no reason to start one here.
            Err(EngineError::NotReady { said }) => {
                engine.refuse_a_remote_context(&[])?;
                return Err(EngineError::NotReady { said });
            }
            parsed => parsed?,
        };
        // The usual context is a socket of this machine; any other is asked for its address.
        let context = engine.info.client_info.context.clone();
        if !["", "default"].contains(&context.as_str()) {
            engine.refuse_a_remote_context(&[&context])?;
        }
        Ok(engine)
    }

    /// Asks the client where a context leads, the one in use without a name. The engine itself is not asked.
    fn refuse_a_remote_context(&self, name: &[&str]) -> Result<(), EngineError> {
        let purpose = "read the engine's context";
        let mut args = vec!["context", "inspect", "--format", "{{json .}}"];
        args.extend(name);
        match self.ask_within(Duration::from_secs(15), purpose, &args) {
            Ok(context) => match address::of_context(&context, &self.env) {
                Some(remote) => Err(EngineError::Remote(remote)),
                None => Ok(()),
            },
            Err(EngineError::Interrupted) => Err(EngineError::Interrupted),
            // Whether mounts arrive is asked once more, by the session itself.
            Err(error) => {
                tracing::debug!("{error}");
                Ok(())
            }
        }
    }

    fn parse_info(&self, ended: &Ended) -> Result<EngineInfo, EngineError> {
        let said = || self.redactor.words(&ended.stderr, &[]);
        if ended.ending == Ending::Interrupted {
            return Err(EngineError::Interrupted);
        }
        if ended.ending != Ending::Exited(0) {
            return Err(EngineError::NotReady { said: said() });
        }
        let info: EngineInfo =
            serde_json::from_slice(&ended.stdout).map_err(|_| EngineError::NotReady { said: said() })?;
        if info.server_version.is_empty() || !info.server_errors.is_empty() {
            return Err(EngineError::NotReady {
                said: self.redactor.words(info.server_errors.join("\n").as_bytes(), &[]),
            });
        }
        if info.os_type != "linux" || info.arch().is_none() {
            return Err(EngineError::Unsupported {
                os: info.os_type,
                architecture: info.architecture,
            });
        }
        Ok(info)
    }

    /// The same engine, deaf to the run's stop flag: what a run started is removed also after a signal.
    #[must_use]
    pub fn undisturbed(&self) -> Self {
        Self {
            interrupt: Interrupt::default(),
            ..self.clone()
        }
    }

    /// A short command of the engine; its standard output.
    ///
    /// # Errors
    /// [`EngineError::Failed`] with the engine's words, or `Interrupted`.
    pub fn ask<S: AsRef<str>>(&self, purpose: &str, args: &[S]) -> Result<Vec<u8>, EngineError> {
        self.ask_within(Duration::from_secs(60), purpose, args)
    }

    /// The same with a limit of its own.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn ask_within<S: AsRef<str>>(
        &self,
        limit: Duration,
        purpose: &str,
        args: &[S],
    ) -> Result<Vec<u8>, EngineError> {
        let ended = self.start(purpose, args, limit)?;
        self.checked(purpose, ended)
    }

    /// A long command, behind a guard, with its lines as they come.
    ///
    /// # Errors
    /// As [`Engine::ask`]; at `deadline` it is stopped.
    pub fn long<S: AsRef<str>>(
        &self,
        purpose: &str,
        args: &[S],
        stdin: Vec<u8>,
        deadline: Instant,
        on_line: Option<OnLine>,
    ) -> Result<Vec<u8>, EngineError> {
        let mut job = self.job(args, deadline);
        job.stdin = stdin;
        self.guarded(purpose, job, on_line)
    }

    fn guarded(
        &self,
        purpose: &str,
        mut job: Job<'_>,
        on_line: Option<OnLine>,
    ) -> Result<Vec<u8>, EngineError> {
        job.guarded = true;
        job.grace = Duration::from_secs(3);
        // What a builder prints may hold a mirror's URL with its password.
        job.on_line = on_line.map(|on_line| {
            let redactor = Arc::clone(&self.redactor);
            let redacted: OnLine = Arc::new(move |line| on_line(&redactor.redact(line, &[])));
            redacted
        });
        let mut ended = self.run(purpose, &job)?;
        if ended.ending != Ending::Exited(0) {
            // The classic builder shows a step's own words on stdout, whatever stream they came by.
            let shown = step_words(&String::from_utf8_lossy(&ended.stdout));
            let mut words = last_lines(&shown, 15).into_bytes();
            words.push(b'\n');
            words.append(&mut ended.stderr);
            ended.stderr = words;
        }
        self.checked(purpose, ended)
    }

    /// The same with the input from a file: a build's context may be larger than memory should hold.
    ///
    /// # Errors
    /// As [`Engine::long`].
    pub fn long_from<S: AsRef<str>>(
        &self,
        purpose: &str,
        args: &[S],
        input: &Path,
        deadline: Instant,
        on_line: Option<OnLine>,
    ) -> Result<Vec<u8>, EngineError> {
        let mut job = self.job(args, deadline);
        let words = [
            OsString::from("-c"),
            r#"exec "$@" <"$0""#.into(),
            input.into(),
            job.program.into(),
        ];
        job.args.splice(0..0, words);
        job.program = "/bin/sh".into();
        self.guarded(purpose, job, on_line)
    }

    fn checked(&self, purpose: &str, ended: Ended) -> Result<Vec<u8>, EngineError> {
        match ended.ending {
            Ending::Exited(0) => Ok(ended.stdout),
            Ending::Interrupted => Err(EngineError::Interrupted),
            ending => {
                let mut said = self.redactor.words(&ended.stderr, &[]);
                if let Ending::TimedOut = ending {
                    said.push_str("\n(stopped at its time limit)");
                }
                if said.is_empty() {
                    said = last_lines(&self.redactor.words(&ended.stdout, &[]), 10);
                }
                Err(EngineError::Failed {
                    purpose: purpose.to_owned(),
                    said: last_lines(&said, 30),
                })
            }
        }
    }

    fn start<S: AsRef<str>>(&self, purpose: &str, args: &[S], limit: Duration) -> Result<Ended, EngineError> {
        self.run(purpose, &self.job(args, Instant::now() + limit))
    }

    fn run(&self, purpose: &str, job: &Job<'_>) -> Result<Ended, EngineError> {
        process::run(job, &self.interrupt).map_err(|error| EngineError::Failed {
            purpose: purpose.to_owned(),
            said: error.to_string(),
        })
    }

    fn job<S: AsRef<str>>(&self, args: &[S], deadline: Instant) -> Job<'static> {
        Job {
            program: self.client.clone(),
            args: args.iter().map(|arg| OsString::from(arg.as_ref())).collect(),
            env: self.env.clone(),
            stdin: Vec::new(),
            guarded: false,
            deadline,
            grace: Duration::from_secs(1),
            stop: None,
            on_line: None,
            listener: None,
        }
    }
}

/// The environment without the mirrors of downloads: the client fetches nothing from them and must not know their
/// passwords.
fn without_mirrors(mut env: Env) -> Env {
    env.retain(|name, _| !name.to_string_lossy().starts_with("LAKEHOUSE_TOOLBOX_MIRROR_"));
    env
}

/// What the steps of a build printed, without what the classic builder says of itself around them.
fn step_words(stdout: &str) -> String {
    let builders = [
        "Step ",
        " ---> ",
        "Removing intermediate container ",
        "Sending build context ",
    ];
    let lines = stdout
        .lines()
        .filter(|line| !builders.iter().any(|start| line.starts_with(start)));
    lines.collect::<Vec<_>>().join("\n")
}

/// The last lines of a text: where an error stands.
#[must_use]
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::step_words;

    /// From a build by Docker 20.10's classic builder.
    #[test]
    fn a_failed_step_is_told_by_its_own_words() {
        let stdout = "Step 1/2 : FROM x AS base\n ---> 82c0272edba3\nStep 2/2 : RUN a; b\n ---> Running in 71ddc494b04c\n\
            lakehouse-step: aws\nE: Unable to locate package\nRemoving intermediate container 71ddc494b04c\n";
        assert_eq!(
            step_words(stdout),
            "lakehouse-step: aws\nE: Unable to locate package"
        );
    }
}
