//! Starts one process of this machine and waits for its end, its limit, or the run's.

use super::guard;
use super::interrupt::Interrupt;
use super::lines::{self, LineCutter, LineListener};
use duct::{Expression, Handle};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most that is kept of one output stream, in bytes. The largest answer of a preflight, an account's
/// certificates, is some hundred kilobytes.
pub const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;
/// The most that is kept of each end of stderr, in bytes.
const WORDS_LIMIT: usize = 64 * 1024;
/// How often a waiting run looks at the stop flag; the tool's end itself wakes it at once.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long streams may stay open after the process has ended.
const STREAMS_END: Duration = Duration::from_secs(2);

/// Sees each line of a long command as it comes.
pub type OnLine = Arc<dyn Fn(&str) + Send + Sync>;

/// A process to start.
pub struct Job<'a> {
    /// The program, by path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its whole environment.
    pub env: BTreeMap<OsString, OsString>,
    /// Its standard input.
    pub stdin: Vec<u8>,
    /// Whether a guard must end it when this process dies.
    pub guarded: bool,
    /// When it is stopped.
    pub deadline: Instant,
    /// How long it may take to stop by itself when asked.
    pub grace: Duration,
    /// How it is asked to stop, where the guard's way is not the right one.
    pub stop: Option<&'a (dyn Fn() + Sync)>,
    /// Sees each line of stdout and stderr as it comes.
    pub on_line: Option<OnLine>,
    /// Is told of each line while the output is kept as ever; it stands behind a redactor.
    pub listener: Option<LineListener>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal that we did not send.
    Signaled(i32),
    /// Stopped at its deadline.
    TimedOut,
    /// Stopped because the run was asked to stop.
    Interrupted,
    /// Stopped because it printed more than [`OUTPUT_LIMIT`].
    TooMuchOutput,
}

/// What a process left behind.
pub struct Ended {
    /// How it ended.
    pub ending: Ending,
    /// Its standard output, up to the limit.
    pub stdout: Vec<u8>,
    /// Its standard error, up to the limit.
    pub stderr: Vec<u8>,
}

/// Starts `job` and waits for its end.
///
/// # Errors
/// The system's error when the process can't be started.
pub fn run(job: &Job<'_>, interrupt: &Interrupt) -> std::io::Result<Ended> {
    let mut running = Running::start(job)?;
    let mut ending = running.wait(job, interrupt);
    let ((stdout, whole), (stderr, _)) = (running.stdout.collect(), running.stderr.collect());
    // Output that was cut is no answer, even where the process ended well.
    let cut = running.too_much.load(Ordering::Relaxed) || !whole;
    if cut && matches!(ending, Ending::Exited(_) | Ending::Signaled(_)) {
        ending = Ending::TooMuchOutput;
    }
    Ok(Ended {
        ending,
        stdout,
        stderr,
    })
}

/// The expression that starts `job`, behind a guard if it wants one.
fn expression(job: &Job<'_>) -> std::io::Result<Expression> {
    let (program, args) = if job.guarded {
        let mut args = vec![
            OsString::from(guard::GUARD_WORD),
            job.program.clone().into_os_string(),
        ];
        args.extend(job.args.iter().cloned());
        (own_binary()?, args)
    } else {
        (job.program.clone(), job.args.clone())
    };
    // Ctrl-C on the terminal must reach us alone, and we decide what it means: a guard makes a session of its
    // own, so that no tool can ask on the terminal behind our back; anything else gets a group of its own.
    let guarded = job.guarded;
    Ok(duct::cmd(program, args)
        .full_env(&job.env)
        .unchecked()
        .before_spawn(move |command| {
            if !guarded {
                command.process_group(0);
            }
            Ok(())
        }))
}

/// Starts `work` on a thread of its own. A machine may have none left: that is an error like any other.
fn aside(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().spawn(work).map(drop)
}

/// Path of this program, for the guard. On Linux the kernel's own name for it works even when the file was
/// replaced by an upgrade in mid-run.
fn own_binary() -> std::io::Result<PathBuf> {
    let kernels = PathBuf::from("/proc/self/exe");
    if kernels.exists() {
        Ok(kernels)
    } else {
        std::env::current_exe()
    }
}

struct Running {
    ended: Receiver<std::io::Result<std::process::ExitStatus>>,
    handle: Arc<Handle>,
    control: Option<os_pipe::PipeWriter>,
    stdout: Stream,
    stderr: Stream,
    too_much: Arc<AtomicBool>,
}

impl Running {
    fn start(job: &Job<'_>) -> std::io::Result<Self> {
        let (stdin, mut control) = os_pipe::pipe()?;
        let (out_read, out_write) = os_pipe::pipe()?;
        let (err_read, err_write) = os_pipe::pipe()?;
        // The threads first, as far as they can: a machine that has none left must leave no process behind.
        let too_much = Arc::new(AtomicBool::new(false));
        let cutter = |stream| job.listener.clone().map(|it| LineCutter::new(it, stream));
        let (out_lines, err_lines) = (cutter(lines::Stream::Stdout), cutter(lines::Stream::Stderr));
        let over = Some(Arc::clone(&too_much));
        let stdout = Stream::read(out_read, over, job.on_line.clone(), out_lines)?;
        let stderr = Stream::read(err_read, None, job.on_line.clone(), err_lines)?;
        let input = if job.guarded {
            guard::preamble(&job.stdin)
        } else {
            job.stdin.clone()
        };
        // The pipe's far end may be slow or gone: neither may hold us up. A guard's pipe must stay open.
        let (written, writer_end) = channel();
        aside(move || {
            let _ = control.write_all(&input);
            let _ = written.send(control);
        })?;
        let handle = {
            let command = expression(job)?
                .stdin_file(stdin)
                .stdout_file(out_write)
                .stderr_file(err_write);
            Arc::new(command.start()?)
        };
        let control = if job.guarded {
            writer_end.recv_timeout(Duration::from_secs(5)).ok()
        } else {
            None
        };
        let (sender, ended) = channel();
        let waiting = Arc::clone(&handle);
        let watched = aside(move || {
            let _ = sender.send(waiting.wait().map(|output| output.status));
        });
        let running = Self {
            ended,
            handle,
            control,
            stdout,
            stderr,
            too_much,
        };
        if let Err(error) = watched {
            running.kill_group();
            return Err(error);
        }
        Ok(running)
    }

    fn wait(&mut self, job: &Job<'_>, interrupt: &Interrupt) -> Ending {
        loop {
            match self.ended.recv_timeout(LOOK_EVERY) {
                // Our own flag first: a client that gets a signal may well exit 0.
                Ok(_) if interrupt.is_set() => return Ending::Interrupted,
                Ok(status) => return ending_of(status.ok()),
                Err(RecvTimeoutError::Disconnected) => return Ending::Signaled(signal_hook::consts::SIGKILL),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let ending = if interrupt.is_set() {
                Ending::Interrupted
            } else if self.too_much.load(Ordering::Relaxed) {
                Ending::TooMuchOutput
            } else if Instant::now() >= job.deadline {
                Ending::TimedOut
            } else {
                continue;
            };
            self.stop(job);
            return ending;
        }
    }

    /// Asks the process to stop, waits for its grace period, then ends it.
    fn stop(&mut self, job: &Job<'_>) {
        if let Some(mut control) = self.control.take() {
            let _ = control.write_all(&guard::stop_request(job.grace));
        }
        if let Some(stop) = job.stop {
            // It asks an engine that may hang: the grace period counts from here.
            std::thread::scope(|scope| {
                let asked = std::thread::Builder::new().spawn_scoped(scope, stop);
                if asked.is_err() {
                    stop();
                }
                self.await_end(job);
            });
            return;
        } else if !job.guarded {
            for pid in self.handle.pids() {
                if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
                }
            }
        }
        self.await_end(job);
    }

    /// The guard ends the tool within the grace period; a second on top is for the guard itself.
    fn await_end(&self, job: &Job<'_>) {
        if self
            .ended
            .recv_timeout(job.grace + Duration::from_secs(1))
            .is_err()
        {
            self.kill_group();
            let _ = self.ended.recv_timeout(Duration::from_secs(1));
        }
    }

    /// Ends the process with its group: a client may be a wrapper script.
    fn kill_group(&self) {
        for pid in self.handle.pids() {
            if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
                let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
            }
        }
        let _ = self.handle.kill();
    }
}

fn ending_of(status: Option<std::process::ExitStatus>) -> Ending {
    match status {
        Some(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Ending::Exited(code),
            (None, Some(signal)) => Ending::Signaled(signal),
            (None, None) => Ending::Signaled(signal_hook::consts::SIGKILL),
        },
        None => Ending::Signaled(signal_hook::consts::SIGKILL),
    }
}

/// One output stream, read by a thread of its own so that a full pipe never stops the tool. The bytes are kept once,
/// in one buffer: several commands at once may each come up to [`OUTPUT_LIMIT`].
struct Stream {
    kept: Arc<Mutex<Vec<u8>>>,
    /// A word for each piece that was read; closed at the stream's end.
    pieces: Receiver<()>,
}

/// Where a stream's reader puts what it reads.
struct Sink {
    kept: Arc<Mutex<Vec<u8>>>,
    pieces: Sender<()>,
}

impl Sink {
    fn keep(&self, bytes: &[u8]) {
        lock(&self.kept).extend_from_slice(bytes);
        let _ = self.pieces.send(());
    }

    /// Keeps the beginning only: an answer that was cut is never read.
    fn drop_rest(&self) {
        let mut kept = lock(&self.kept);
        kept.truncate(WORDS_LIMIT);
        kept.shrink_to_fit();
    }
}

fn lock(kept: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stream {
    fn read(
        pipe: os_pipe::PipeReader,
        over: Option<Arc<AtomicBool>>,
        on_line: Option<OnLine>,
        lines: Option<LineCutter>,
    ) -> std::io::Result<Self> {
        let (sender, pieces) = channel();
        let kept = Arc::default();
        let sink = Sink {
            kept: Arc::clone(&kept),
            pieces: sender,
        };
        aside(move || match on_line {
            Some(on_line) => read_lines(pipe, &sink, on_line.as_ref()),
            None => read_all(pipe, &sink, over.as_deref(), lines),
        })?;
        Ok(Self { kept, pieces })
    }

    /// What was read, and whether the stream came to its end: something that the tool left behind may hold it open.
    fn collect(&self) -> (Vec<u8>, bool) {
        let ended = loop {
            match self.pieces.recv_timeout(STREAMS_END) {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => break true,
                Err(RecvTimeoutError::Timeout) => break false,
            }
        };
        (std::mem::take(&mut *lock(&self.kept)), ended)
    }
}

fn read_all(
    mut pipe: os_pipe::PipeReader,
    sink: &Sink,
    over: Option<&AtomicBool>,
    mut lines: Option<LineCutter>,
) {
    // Stdout is an answer and must be whole; of stderr the beginning and the end are for people.
    let limit = if over.is_some() { OUTPUT_LIMIT } else { WORDS_LIMIT };
    let mut total = 0_usize;
    let mut end = std::collections::VecDeque::new();
    let mut buffer = vec![0_u8; 64 * 1024];
    while let Ok(count) = pipe.read(&mut buffer) {
        if count == 0 {
            break;
        }
        if let Some(lines) = &mut lines {
            lines.take(&buffer[..count]);
        }
        total = total.saturating_add(count);
        if total <= limit {
            sink.keep(&buffer[..count]);
        } else if let Some(over) = over {
            if !over.swap(true, Ordering::Relaxed) {
                sink.drop_rest();
            }
        } else {
            end.extend(&buffer[..count]);
            end.drain(..end.len().saturating_sub(WORDS_LIMIT));
        }
    }
    if let Some(lines) = &mut lines {
        lines.end();
    }
    if !end.is_empty() {
        sink.keep(end.make_contiguous());
    }
}

fn read_lines(pipe: os_pipe::PipeReader, sink: &Sink, on_line: &(dyn Fn(&str) + Send + Sync)) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    let mut total = 0_usize;
    while matches!((&mut reader).take(64 * 1024).read_until(b'\n', &mut line), Ok(count) if count > 0) {
        on_line(&super::redact::printable(
            String::from_utf8_lossy(&line).trim_end(),
        ));
        total = total.saturating_add(line.len());
        if total <= OUTPUT_LIMIT {
            sink.keep(&line);
        }
        line.clear();
    }
}
