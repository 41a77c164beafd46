//! One session container a run; each command is an `exec` in it.
//!
//! The container's standard input is a pipe that this process holds: when it dies, even by SIGKILL, the pipe
//! closes, `cat` ends in the container, and the container goes with everything in it (0.3 s, tried on
//! Docker 20.10). The client runs in a process group of its own, so that Ctrl-C leaves it alone until the
//! report is written.

mod talk;

use super::address::Remote;
use super::argv::{self, ExecArgs, ProvenEnd, SessionArgs};
use super::engine::{Engine, EngineError, last_lines};
use super::mounts::{HOME, Mount, Mounts, NONCE};
use crate::gateway::environment::Env;
use crate::gateway::local::{grace, output};
use crate::gateway::process::{self, Ended, Ending, Job};
use crate::gateway::settings_copy::SettingsCopy;
use crate::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError, LineListener, PrivateFile};
use crate::report::Effect;
use duct::Handle;
use std::ffi::OsString;
use std::hash::{BuildHasher, Hasher};
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
/// How long the engine may take to stop or remove what a run started: a person waits.
const CLEANUP_LIMIT: Duration = Duration::from_secs(4);
/// How long a private file may take to be written.
const KEEP_LIMIT: Duration = Duration::from_secs(30);
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
    /// Copies of AWS files that `mounts` names: they must stay as long as the container.
    pub copy: SettingsCopy,
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
    proof: String,
    /// Removed from this machine with the session.
    _copy: SettingsCopy,
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
        let nonce = write_nonce(plan.folder, plan.run).map_err(|error| failed(error.to_string()))?;
        let mut mounts = plan.mounts.mounts;
        mounts.push(Mount {
            source: nonce,
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
            own_users: engine.info.maps_users(),
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
            _copy: plan.copy,
            proof: format!(
                "lakehouse-proof-{:016x}",
                std::hash::RandomState::new().build_hasher().finish()
            ),
        };
        let shown = session.first_line(&first_line_of(out_read), err_read)?;
        if shown == plan.run {
            Ok(session)
        } else {
            Err(EngineError::Remote(Remote::Mounts))
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
        let mut said = if start.elapsed() < START_LIMIT {
            all_of(stderr, Duration::from_secs(3))
        } else {
            Vec::new()
        };
        if said.is_empty() {
            said.extend_from_slice(b"the container did not start");
        }
        let said = last_lines(&self.engine.redactor.words(&said, &[]), 10);
        // A remote engine refuses to bind a path that it has not.
        if said.contains("bind source path does not exist") {
            return Err(EngineError::Remote(Remote::Mounts));
        }
        // The one thing that such a container asks for which others don't.
        if self.engine.info.maps_users() && is_of_user_namespaces(&said) {
            return Err(EngineError::UsersMapped { said });
        }
        Err(EngineError::Failed {
            purpose: "start the toolbox container".to_owned(),
            said,
        })
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
        let _ = self.engine.undisturbed().ask_within(
            CLEANUP_LIMIT,
            "remove the toolbox container",
            &["rm", "--force", &self.name],
        );
        let _ = self.client.kill();
    }

    /// A shell in the container on this terminal; its exit code, or none when a signal asked the run to stop.
    ///
    /// # Errors
    /// The system's error when the client can't be started.
    pub fn shell(&self, terminal: bool) -> std::io::Result<Option<i32>> {
        let line = argv::shell(&self.name, &self.names, terminal);
        let shell = duct::cmd(&self.engine.client, line)
            .full_env(&self.client_env)
            .unchecked()
            .start()?;
        loop {
            if let Some(ended) = shell.try_wait()? {
                return Ok(Some(ended.status.code().unwrap_or(SIGNAL_BASE)));
            }
            if self.engine.interrupt.is_set() {
                self.close();
                let _ = shell.kill();
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn stop_tool(&self, pid_file: &str) {
        if let Err(error) = self.engine.undisturbed().ask_within(
            CLEANUP_LIMIT,
            "stop the tool",
            &argv::interrupt(&self.name, pid_file),
        ) {
            tracing::debug!("{error}");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.close();
    }
}

/// One command in the container.
struct Work<'a> {
    argv: &'a [String],
    input: Option<&'a [u8]>,
    limit: Duration,
    grace: Duration,
    listener: Option<LineListener>,
}

impl Session {
    /// Runs a command in the container, behind a pid file and a limit; gives how the client ended, and the proven end
    /// of the command itself, where there is one.
    fn exec(&self, work: &Work<'_>) -> Result<(Ended, Option<ProvenEnd>), GatewayError> {
        let start = Instant::now();
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        let pid_file = format!("/tmp/.lakehouse-{number}.pid");
        let stop = || self.stop_tool(&pid_file);
        let args = argv::exec(&ExecArgs {
            container: &self.name,
            proof: &self.proof,
            pid_file: &pid_file,
            limit: work.limit,
            grace: work.grace,
            env: &self.names,
            has_input: work.input.is_some(),
            argv: work.argv,
        });
        let job = Job {
            program: self.engine.client.clone(),
            args: args.into_iter().map(OsString::from).collect(),
            env: self.client_env.clone(),
            stdin: work.input.unwrap_or_default().to_vec(),
            guarded: false,
            deadline: start + work.limit + work.grace + ENGINE_SLACK,
            // Behind INT stands `timeout -k GRACE`, which ends the tool after that; the client notices a moment later.
            grace: work.grace + Duration::from_secs(2),
            stop: Some(&stop),
            on_line: None,
            listener: work.listener.as_ref().map(|it| it.without(&self.proof)),
        };
        let mut ended = process::run(&job, &self.engine.interrupt).map_err(|error| GatewayError::Engine {
            said: error.to_string(),
        })?;
        let proven = argv::proven_end(&mut ended.stderr, &self.proof);
        Ok((ended, proven))
    }
}

impl Gateway for Session {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        if spec.terminal {
            let number = self.commands.fetch_add(1, Ordering::Relaxed);
            return self.talk(spec, &format!("/tmp/.lakehouse-{number}"));
        }
        let tool = spec.tool;
        let start = Instant::now();
        let (ended, proven) = self.exec(&Work {
            argv: &spec.argv(),
            input: spec.stdin.as_deref(),
            limit: spec.timeout,
            grace: grace(spec.effect),
            listener: spec
                .listener
                .as_ref()
                .map(|it| it.behind(&self.engine.redactor, &spec.secrets)),
        })?;
        let duration = start.elapsed();
        let said = self.engine.redactor.words(&ended.stderr, &spec.secrets);
        match (ended.ending, proven) {
            (Ending::Interrupted, _) => Err(GatewayError::Interrupted),
            (Ending::TooMuchOutput, _) => output(
                tool,
                spec.timeout,
                Ending::TooMuchOutput,
                Vec::new(),
                said,
                duration,
            ),
            (_, Some(ProvenEnd::Missing)) => Err(GatewayError::ToolMissing { tool }),
            // `timeout` says 124 at the limit, or 137 where the tool had to be killed (GNU coreutils).
            (_, Some(ProvenEnd::Exited(124 | 137))) if duration >= spec.timeout => {
                Err(GatewayError::TimedOut {
                    tool,
                    limit: spec.timeout,
                })
            }
            (_, Some(ProvenEnd::Exited(125))) => Err(GatewayError::NotStarted { tool, said }),
            (_, Some(ProvenEnd::Exited(code))) => output(
                tool,
                spec.timeout,
                Ending::Exited(code),
                ended.stdout,
                said,
                duration,
            ),
            // The tool's own limit stands in the container: past it, it is the engine that does not answer.
            (Ending::TimedOut, None) => Err(gone("the engine did not answer in time".to_owned())),
            (_, None) => Err(gone(said)),
        }
    }

    fn words(&self, text: &str) -> String {
        self.engine.redactor.words(text.as_bytes(), &[])
    }

    /// In the container's HOME, which stands in memory and goes with the container. The bytes come by standard input:
    /// argv is seen by everybody who may list the machine's processes.
    fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        if !file.is_well_named() {
            return Err(GatewayError::NotKept {
                said: "not a file's name".to_owned(),
            });
        }
        let path = format!("{HOME}/{}", file.name);
        let (ended, proven) = self.exec(&Work {
            argv: &argv::keep(&path),
            input: Some(file.bytes),
            limit: KEEP_LIMIT,
            grace: grace(Effect::Read),
            listener: None,
        })?;
        let said = self.engine.redactor.words(&ended.stderr, file.secrets);
        match (ended.ending, proven) {
            (Ending::Interrupted, _) => Err(GatewayError::Interrupted),
            (_, Some(ProvenEnd::Exited(0))) => Ok(path),
            (_, Some(_)) => Err(GatewayError::NotKept { said }),
            (_, None) => Err(gone(said)),
        }
    }
}

/// Whether the engine's words are about user namespaces (moby's daemon and its authorization plugins).
fn is_of_user_namespaces(said: &str) -> bool {
    let said = said.to_lowercase();
    said.contains("userns") || said.contains("user namespace") || said.contains("authorization denied")
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

/// What stands in a stream, as far as it comes within `limit`: a client that hangs keeps its end open.
fn all_of(pipe: os_pipe::PipeReader, limit: Duration) -> Vec<u8> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.take(64 * 1024).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver.recv_timeout(limit).unwrap_or_default()
}

/// Writes the file that the container must see: only this run could have written it. It stays beside the journal.
fn write_nonce(folder: &Path, nonce: &str) -> std::io::Result<std::path::PathBuf> {
    let path = folder.join("run-id");
    std::fs::write(&path, nonce)?;
    // The container's user may be another than ours.
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    Ok(path)
}
