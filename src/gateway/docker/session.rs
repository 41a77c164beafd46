//! One session container a run; each command is an `exec` in it.
//!
//! The container's standard input is a pipe that this process holds: when it dies, even by SIGKILL, the pipe
//! closes, `cat` ends in the container, and the container goes with everything in it (0.3 s, tried on
//! Docker 20.10). The client runs in a process group of its own, so that Ctrl-C leaves it alone until the
//! report is written.

use super::argv::{self, ExecArgs, SessionArgs};
use super::engine::{Engine, EngineError, last_lines};
use super::mounts::{Mount, Mounts, NONCE};
use crate::gateway::environment::Env;
use crate::gateway::interrupt::Interrupt;
use crate::gateway::local::{grace, output};
use crate::gateway::process::{self, Ending, Job};
use crate::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError};
use duct::Handle;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a container may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How much later than the limit inside the container the client is given up: then the engine hangs.
const ENGINE_SLACK: Duration = Duration::from_secs(10);
/// What an image's own exit codes above this mean: ended by signal N - 128 (a shell's and Docker's way).
const SIGNAL_BASE: i32 = 128;

/// What a session is made of.
pub struct SessionPlan<'a> {
    /// The run's ID.
    pub run: &'a str,
    /// The image's ID.
    pub image: &'a str,
    /// `uid:gid` for the container.
    pub user: String,
    /// The network to join.
    pub network: Option<&'a str>,
    /// The AWS settings.
    pub mounts: Mounts,
    /// The environment of the tools.
    pub env: Env,
    /// A folder of this machine for the nonce file.
    pub folder: &'a Path,
}

/// A running session container.
pub struct Session {
    engine: Engine,
    name: String,
    names: Vec<String>,
    client_env: Env,
    client: Handle,
    pipe: Mutex<Option<os_pipe::PipeWriter>>,
    commands: AtomicU64,
}

impl Session {
    /// Starts the container and waits until it shows the nonce.
    ///
    /// # Errors
    /// [`EngineError::Remote`] when the mounts don't arrive; else the engine's words.
    pub fn start(engine: &Engine, plan: SessionPlan<'_>) -> Result<Self, EngineError> {
        let purpose = "start the toolbox container";
        let failed = |said: String| EngineError::Failed {
            purpose: purpose.to_owned(),
            said,
        };
        let name = format!("lakehouse-{}", plan.run);
        let nonce = NonceFile::write(plan.folder, plan.run).map_err(|error| failed(error.to_string()))?;
        let mut mounts = plan.mounts.mounts;
        mounts.push(Mount {
            source: nonce.0.clone(),
            target: NONCE.to_owned(),
            writable: false,
        });
        let args = argv::session(&SessionArgs {
            name: &name,
            run: plan.run,
            image: plan.image,
            user: &plan.user,
            network: plan.network,
            mounts: &mounts,
        });
        let (stdin, pipe) = os_pipe::pipe().map_err(|error| failed(error.to_string()))?;
        let (out_read, out_write) = os_pipe::pipe().map_err(|error| failed(error.to_string()))?;
        let (err_read, err_write) = os_pipe::pipe().map_err(|error| failed(error.to_string()))?;
        let client = duct::cmd(&engine.client, args)
            .full_env(&engine.env)
            .stdin_file(stdin)
            .stdout_file(out_write)
            .stderr_file(err_write)
            .unchecked()
            .before_spawn(|command| {
                command.process_group(0);
                Ok(())
            })
            .start()
            .map_err(|error| failed(error.to_string()))?;
        let mut env = plan.env;
        env.extend(plan.mounts.env);
        let names = env
            .keys()
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        let mut client_env = engine.env.clone();
        client_env.extend(env);
        let session = Self {
            engine: engine.clone(),
            name,
            names,
            client_env,
            client,
            pipe: Mutex::new(Some(pipe)),
            commands: AtomicU64::new(0),
        };
        let shown = session.first_line(&first_line_of(out_read), err_read)?;
        if shown == plan.run {
            Ok(session)
        } else {
            Err(EngineError::Remote)
        }
    }

    /// The container's first line: the nonce, or nothing where the mount did not arrive.
    fn first_line(
        &self,
        line: &Receiver<String>,
        stderr: os_pipe::PipeReader,
    ) -> Result<String, EngineError> {
        let start = Instant::now();
        loop {
            match line.recv_timeout(Duration::from_millis(20)) {
                Ok(text) if text.ends_with('\n') => return Ok(text.trim().to_owned()),
                Ok(_) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) if self.engine.interrupt.is_set() => {
                    return Err(EngineError::Interrupted);
                }
                Err(RecvTimeoutError::Timeout) if start.elapsed() > START_LIMIT => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        let mut said = Vec::new();
        if self.client.try_wait().is_ok_and(|ended| ended.is_some()) || start.elapsed() < START_LIMIT {
            let _ = stderr.take(64 * 1024).read_to_end(&mut said);
        } else {
            said.extend_from_slice(b"the container did not start within 60 s");
        }
        let said = last_lines(&self.engine.redactor.words(&said, &[]), 10);
        // A remote engine refuses to bind a path that it has not.
        if said.contains("bind source path does not exist") {
            return Err(EngineError::Remote);
        }
        Err(EngineError::Failed {
            purpose: "start the toolbox container".to_owned(),
            said,
        })
    }

    /// Whether the container is gone: then a failing exec says nothing about its tool.
    fn is_gone(&self, exit: Option<i32>) -> bool {
        // Killed together with its container, an exec may end a moment before the session's client does. An exec
        // in a container that was gone before exits 1, long after it.
        let looks = match exit {
            Some(1 | 125..=127) => 1,
            Some(code) if !(SIGNAL_BASE..=SIGNAL_BASE + 64).contains(&code) => return false,
            _ => 10,
        };
        for look in 0..looks {
            if !matches!(self.client.try_wait(), Ok(None)) {
                return true;
            }
            if look + 1 < looks {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        false
    }

    /// Ends the container and waits until it is gone.
    pub fn close(&self) {
        let pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take();
        if pipe.is_none() {
            return;
        }
        drop(pipe);
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if !matches!(self.client.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // The flag of the run may be set, and this must still be done.
        let mut engine = self.engine.clone();
        engine.interrupt = Interrupt::default();
        let _ = engine.ask("remove the toolbox container", &["rm", "--force", &self.name]);
        let _ = self.client.kill();
    }

    /// A shell in the container on this terminal; its exit code.
    ///
    /// # Errors
    /// The system's error when the client can't be started.
    pub fn shell(&self, terminal: bool) -> std::io::Result<i32> {
        let args = argv::shell(&self.name, &self.names, terminal);
        let ended = duct::cmd(&self.engine.client, args)
            .full_env(&self.client_env)
            .unchecked()
            .run()?;
        Ok(ended.status.code().unwrap_or(SIGNAL_BASE))
    }

    fn stop_tool(&self, pid_file: &str) {
        let mut engine = self.engine.clone();
        engine.interrupt = Interrupt::default();
        if let Err(error) = engine.ask("stop the tool", &argv::interrupt(&self.name, pid_file)) {
            tracing::debug!("{error}");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.close();
    }
}

impl Gateway for Session {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        let tool = spec.tool;
        let start = Instant::now();
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        let pid_file = format!("/tmp/.lakehouse-{number}.pid");
        let stop = || self.stop_tool(&pid_file);
        let words = spec.argv();
        let args = argv::exec(&ExecArgs {
            container: &self.name,
            pid_file: &pid_file,
            limit: spec.timeout,
            grace: grace(spec.effect),
            env: &self.names,
            has_input: spec.stdin.is_some(),
            argv: &words,
        });
        let job = Job {
            program: self.engine.client.clone(),
            args: args.into_iter().map(OsString::from).collect(),
            env: self.client_env.clone(),
            stdin: spec.stdin.clone().unwrap_or_default(),
            guarded: false,
            deadline: start + spec.timeout + grace(spec.effect) + ENGINE_SLACK,
            // Behind INT stands `timeout -k GRACE`, which ends the tool after that; the client notices a moment later.
            grace: grace(spec.effect) + Duration::from_secs(2),
            stop: Some(&stop),
            on_line: None,
        };
        let ended = process::run(&job, &self.engine.interrupt).map_err(|error| GatewayError::Engine {
            said: error.to_string(),
        })?;
        let said = self.engine.redactor.words(&ended.stderr, &spec.secrets);
        let duration = start.elapsed();
        match ended.ending {
            Ending::Exited(0) => output(tool, spec.timeout, ended.ending, ended.stdout, said, duration),
            // `timeout`'s own codes (GNU coreutils): 124 at the limit, 125 its failure, 126 and 127 the tool's.
            Ending::Exited(124) => Err(GatewayError::TimedOut {
                tool,
                limit: spec.timeout,
            }),
            Ending::Exited(137) if duration >= spec.timeout => Err(GatewayError::TimedOut {
                tool,
                limit: spec.timeout,
            }),
            Ending::Exited(code) if self.is_gone(Some(code)) => Err(gone(said)),
            Ending::Signaled(_) if self.is_gone(None) => Err(gone(said)),
            Ending::Exited(125 | 126) => Err(GatewayError::NotStarted { tool, said }),
            Ending::Exited(127) => Err(GatewayError::ToolMissing { tool }),
            Ending::Exited(code) if (SIGNAL_BASE + 1..=SIGNAL_BASE + 64).contains(&code) => {
                Err(GatewayError::Killed { tool })
            }
            ending => output(tool, spec.timeout, ending, ended.stdout, said, duration),
        }
    }
}

fn gone(said: String) -> GatewayError {
    GatewayError::Engine {
        said: if said.is_empty() {
            "the toolbox container is gone".to_owned()
        } else {
            said
        },
    }
}

/// Reads the first line in a thread of its own; the rest of the stream is thrown away.
fn first_line_of(pipe: os_pipe::PipeReader) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = String::new();
        let _ = (&mut reader).take(4096).read_line(&mut line);
        let _ = sender.send(line);
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
    });
    receiver
}

/// A file that only this run could have written; gone when the session stands.
struct NonceFile(std::path::PathBuf);

impl NonceFile {
    fn write(folder: &Path, nonce: &str) -> std::io::Result<Self> {
        let path = folder.join(format!("nonce-{nonce}"));
        std::fs::write(&path, nonce)?;
        Ok(Self(path))
    }
}

impl Drop for NonceFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
