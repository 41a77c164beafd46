//! Where the event stream goes: opened before anything runs, so that a wrong place is wrong usage.

use super::queue::Open;
use crate::model::EventsTo;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A place that can be written to, as far as one can know before.
pub enum Target {
    /// Standard output, in place of the report.
    Stdout,
    /// A regular file that is appended to, or a device.
    File(PathBuf, File),
    /// A pipe with a name. Opening it waits for a reader.
    Pipe(PathBuf),
}

impl Target {
    /// Opens it. A file that is not there is made for its owner alone; one that is there is appended to.
    ///
    /// # Errors
    /// The system's, for a folder, a missing one, or a place that may not be written.
    pub fn open(to: &EventsTo) -> io::Result<Self> {
        let EventsTo::File(path) = to else {
            return Ok(Self::Stdout);
        };
        if std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
            rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?;
            return Ok(Self::Pipe(path.clone()));
        }
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?;
        Ok(Self::File(path.clone(), file))
    }

    /// The file's path; none for standard output.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdout => None,
            Self::File(path, _) | Self::Pipe(path) => Some(path),
        }
    }

    /// What opens it for the writer's thread.
    pub(super) fn into_open(self) -> Open {
        Box::new(move || {
            Ok(match self {
                Self::Stdout => Box::new(Stdout) as Box<dyn Write>,
                Self::File(_, file) => Box::new(file),
                Self::Pipe(path) => Box::new(OpenOptions::new().write(true).open(path)?),
            })
        })
    }
}

/// Standard output, held only while a line is written.
struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}
