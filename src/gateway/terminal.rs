//! A tool that asks the person at the terminal: the terminal is its own while it runs, and ours again after it.

use super::interrupt::Interrupt;
use super::local::output as ended_output;
use super::process::{Ended, Ending, OUTPUT_LIMIT};
use super::{CommandOutput, CommandSpec, GatewayError};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How often a waiting run looks at the stop flag.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A process that asks.
pub(super) struct Talk {
    /// The program, by path.
    pub(super) program: PathBuf,
    /// Its arguments.
    pub(super) args: Vec<String>,
    /// Its whole environment.
    pub(super) env: BTreeMap<OsString, OsString>,
    /// Whether its output is kept; else it is a client that shows another's terminal: on stderr, since stdout is ours
    /// for the one document.
    pub(super) kept: bool,
    /// When it is stopped.
    pub(super) deadline: Instant,
}

/// Runs it in our own process group, the one that the terminal listens to.
pub(super) fn run(talk: &Talk, interrupt: &Interrupt) -> std::io::Result<Ended> {
    // A tool that is stopped while it reads a code leaves the terminal without echo.
    let _restored = Restored(tcgetattr(std::io::stdin()).ok());
    let command = duct::cmd(&talk.program, &talk.args)
        .full_env(&talk.env)
        .unchecked();
    let (handle, streams) = if talk.kept {
        let ((out_read, out_write), (err_read, err_write)) = (os_pipe::pipe()?, os_pipe::pipe()?);
        let handle = command.stdout_file(out_write).stderr_file(err_write).start()?;
        (handle, Some((all_of(out_read), all_of(err_read))))
    } else {
        (command.stdout_to_stderr().start()?, None)
    };
    let ending = loop {
        let ended = handle.try_wait()?;
        if interrupt.is_set() {
            let _ = handle.kill();
            break Ending::Interrupted;
        }
        if let Some(ended) = ended {
            break ended.status.code().map_or(Ending::Signaled(0), Ending::Exited);
        }
        if Instant::now() >= talk.deadline {
            let _ = handle.kill();
            break Ending::TimedOut;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let (stdout, stderr) = streams.map_or_else(Default::default, |(out, err)| {
        let rest =
            |stream: Receiver<Vec<u8>>| stream.recv_timeout(Duration::from_secs(2)).unwrap_or_default();
        (rest(out), rest(err))
    });
    Ok(Ended {
        ending,
        stdout,
        stderr,
    })
}

/// What the ending means: a person's Ctrl-C reaches the tool, which ends by it (130), and means the run.
pub(super) fn output(
    spec: &CommandSpec,
    ending: Ending,
    stdout: Vec<u8>,
    stderr: String,
    took: Duration,
) -> Result<CommandOutput, GatewayError> {
    match ending {
        Ending::Exited(130) => Err(GatewayError::Interrupted),
        other => ended_output(spec.tool, spec.timeout, other, stdout, stderr, took),
    }
}

fn all_of(pipe: os_pipe::PipeReader) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.take(OUTPUT_LIMIT as u64).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// The terminal's settings, put back when the tool is done with it.
struct Restored(Option<Termios>);

impl Drop for Restored {
    fn drop(&mut self) {
        if let Some(settings) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, settings);
        }
    }
}
