//! A small process of our own that owns a tool's process group.
//!
//! `lakehouse` may be killed without a word (SIGKILL). What it started must not outlive it, so each tool on
//! this machine is the child of a guard: the binary re-executed as `lakehouse __guard PROGRAM ARG…`. The
//! guard's standard input is a pipe that only `lakehouse` holds:
//!
//! 1. eight bytes, big endian: the length of the tool's input; then that many bytes, which go to the tool;
//! 2. then silence while the tool runs; the end of the pipe means "stop now";
//! 3. four bytes, big endian, before that end: how many milliseconds the tool may take to stop by itself.
//!
//! Whatever the tool started and left behind goes with it: on Linux the guard is the reaper of all its
//! descendants, so that one that called `setsid` is found as well.

use super::process_tree;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The hidden word that makes the binary a guard.
pub const GUARD_WORD: &str = "__guard";
/// How long a tool may take to stop after our death, in milliseconds.
const ORPHAN_GRACE_MS: u32 = 1200;
/// Exit code when the program could not be started, as a shell says it.
pub const NOT_STARTED: i32 = 126;

/// The bytes that the guard reads first: the length of `input`, then `input`.
#[must_use]
pub fn preamble(input: &[u8]) -> Vec<u8> {
    let mut bytes = (input.len() as u64).to_be_bytes().to_vec();
    bytes.extend_from_slice(input);
    bytes
}

/// The bytes that ask the guard to stop the tool within `grace`; the pipe's end must follow.
#[must_use]
pub fn stop_request(grace: Duration) -> [u8; 4] {
    u32::try_from(grace.as_millis()).unwrap_or(u32::MAX).to_be_bytes()
}

/// Runs the guard: `args` are the program and its arguments. Returns the exit code to end with.
#[must_use]
pub fn main(args: &[std::ffi::OsString]) -> i32 {
    // Caught, not ignored: an ignored signal would stay ignored in the tool.
    let caught = Arc::new(AtomicBool::new(false));
    for signal in [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
    ] {
        if signal_hook::flag::register(signal, Arc::clone(&caught)).is_err() {
            return NOT_STARTED;
        }
    }
    process_tree::leave_terminal();
    process_tree::become_reaper();
    let Some((program, args)) = args.split_first() else {
        return NOT_STARTED;
    };
    let mut control = std::io::stdin().lock();
    let mut length = [0_u8; 8];
    if control.read_exact(&mut length).is_err() {
        return NOT_STARTED;
    }
    let Ok(length) = usize::try_from(u64::from_be_bytes(length)) else {
        return NOT_STARTED;
    };
    let mut input = Vec::new();
    if control
        .by_ref()
        .take(length as u64)
        .read_to_end(&mut input)
        .is_err()
        || input.len() != length
    {
        return NOT_STARTED;
    }
    drop(control);
    let stdin = if input.is_empty() {
        Stdio::null()
    } else {
        Stdio::piped()
    };
    let mut child = match Command::new(program).args(args).stdin(stdin).spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            return NOT_STARTED;
        }
    };
    if let Some(mut pipe) = child.stdin.take() {
        std::thread::spawn(move || {
            let _ = pipe.write_all(&input);
        });
    }
    let status = watch(child);
    process_tree::end_descendants();
    end_as(status)
}

enum Event {
    Ended(Option<ExitStatus>),
    Stop(Duration),
}

/// Waits for the tool; stops it when the pipe ends.
fn watch(mut child: Child) -> Option<ExitStatus> {
    let (events, seen) = channel();
    let stop_events = events.clone();
    std::thread::spawn(move || {
        let _ = events.send(Event::Ended(child.wait().ok()));
    });
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = std::io::stdin().lock().take(4).read_to_end(&mut bytes);
        let grace = <[u8; 4]>::try_from(bytes).map_or(ORPHAN_GRACE_MS, u32::from_be_bytes);
        let _ = stop_events.send(Event::Stop(Duration::from_millis(u64::from(grace))));
    });
    match seen.recv() {
        Ok(Event::Ended(status)) => status,
        Ok(Event::Stop(grace)) => stop(&seen, grace),
        Err(_) => None,
    }
}

/// INT to the whole group, `grace` to stop by itself, then KILL.
fn stop(seen: &Receiver<Event>, grace: Duration) -> Option<ExitStatus> {
    process_tree::interrupt_own_group();
    if let Ok(Event::Ended(status)) = seen.recv_timeout(grace) {
        return status;
    }
    process_tree::end_descendants();
    match seen.recv_timeout(Duration::from_secs(1)) {
        Ok(Event::Ended(status)) => status,
        _ => None,
    }
}

/// Ends as the tool ended: the same code, or the same signal.
fn end_as(status: Option<ExitStatus>) -> i32 {
    let Some(status) = status else {
        return 128 + signal_hook::consts::SIGKILL;
    };
    if let Some(signal) = status.signal() {
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}
