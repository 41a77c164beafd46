//! A terminal of a test's own: the program believes that a person sits there.

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Longer than any tool takes to ask, on a slow machine.
const LIMIT: Duration = Duration::from_secs(90);

/// A person at a terminal, and the other end of it.
pub struct Person {
    types: File,
    sees: Receiver<Vec<u8>>,
    /// All that was seen so far.
    pub seen: String,
}

impl Person {
    /// Starts `command` with stdin and stderr on a new terminal; stdout stays as it is set.
    pub fn sit_before(command: &mut Command) -> (Self, std::process::Child) {
        let own = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&own).unwrap();
        unlockpt(&own).unwrap();
        let name = ptsname(&own, Vec::new()).unwrap();
        let path = name.to_str().unwrap();
        let open = || OpenOptions::new().read(true).write(true).open(path).unwrap();
        let child = command
            .stdin(Stdio::from(open()))
            .stderr(Stdio::from(open()))
            .spawn()
            .unwrap();
        let types = File::from(own);
        let mut screen = types.try_clone().unwrap();
        let (sender, sees) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0_u8; 4096];
            // The system says EIO once nobody holds the other end.
            while let Ok(count) = screen.read(&mut buffer) {
                if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let person = Self {
            types,
            sees,
            seen: String::new(),
        };
        (person, child)
    }

    /// Waits until `text` is on the screen.
    #[track_caller]
    pub fn waits_for(&mut self, text: &str) -> &mut Self {
        let deadline = Instant::now() + LIMIT;
        while !self.seen.contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.sees.recv_timeout(left) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(end) => panic!("{text:?} never came ({end}): {}", self.seen),
            }
        }
        self
    }

    /// Types `keys`.
    pub fn types(&mut self, keys: &str) -> &mut Self {
        self.types.write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Reads until the program and all that it started have left the terminal.
    pub fn reads_on(&mut self) -> &mut Self {
        while let Ok(bytes) = self.sees.recv_timeout(Duration::from_millis(200)) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        self
    }
}
