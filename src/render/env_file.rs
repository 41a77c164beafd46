//! The env file on disk: read with care, written whole or not at all.

mod write;

pub use write::write;

use crate::model::env_file::{Differing, EnvFile, MAX_BYTES};
use rustix::fs::{Mode, OFlags};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Why an env file could not be read or written: one line with the path, and the line's number where it is a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}", place = self.place())]
pub struct EnvFileError {
    /// The file.
    pub path: PathBuf,
    /// The line, where it is one.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub reason: String,
}

impl EnvFileError {
    fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            reason: reason.into(),
        }
    }

    fn io(path: &Path, what: &str, error: &io::Error) -> Self {
        Self::new(path, format!("{what}: {error}"))
    }

    /// `PATH` or `PATH:LINE`. A path may hold a newline, and an error is one line.
    fn place(&self) -> String {
        let path: String = self
            .path
            .to_string_lossy()
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        match self.line {
            Some(line) => format!("{path}:{line}"),
            None => path,
        }
    }
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The file is new or changed.
    Written,
    /// The file says the same already and was not touched.
    Unchanged,
    /// The file has other values for these keys and was not to be overwritten (`ENV_FILE_EXISTS`).
    Exists(Vec<Differing>),
}

/// Reads the env file at `path` for the user `uid`; None where there is none.
///
/// # Errors
/// [`EnvFileError`] for a folder, a device, a file that is unreadable, another user's, too large, not UTF-8, or has a
/// bad line.
pub fn read(path: &Path, uid: u32) -> Result<Option<EnvFile>, EnvFileError> {
    let Some(text) = read_text(path, uid)? else {
        return Ok(None);
    };
    let parsed = EnvFile::parse(&text);
    parsed.map(Some).map_err(|bad| EnvFileError {
        path: path.to_owned(),
        line: Some(bad.line),
        reason: bad.rule,
    })
}

fn read_text(path: &Path, uid: u32) -> Result<Option<String>, EnvFileError> {
    match fs::metadata(path) {
        Ok(metadata) => check(path, uid, &metadata)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return missing(path),
        Err(error) => return Err(EnvFileError::io(path, "could not be read", &error)),
    }
    // The file may have been changed for a FIFO since: NONBLOCK keeps the open from hanging, and the open
    // file is checked once more.
    let file = rustix::fs::open(
        path,
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map(File::from)
    .map_err(|error| EnvFileError::io(path, "could not be read", &error.into()))?;
    let metadata = file
        .metadata()
        .map_err(|error| EnvFileError::io(path, "could not be read", &error))?;
    check(path, uid, &metadata)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| EnvFileError::io(path, "could not be read", &error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large(path));
    }
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let good = error
            .as_bytes()
            .get(..error.utf8_error().valid_up_to())
            .unwrap_or_default();
        let line = good.split(|b| *b == b'\n').count();
        EnvFileError {
            path: path.to_owned(),
            line: Some(line),
            reason: "the line is not UTF-8 text".into(),
        }
    })
}

/// No file; but a link that leads nowhere is not nothing.
fn missing(path: &Path) -> Result<Option<String>, EnvFileError> {
    match fs::symlink_metadata(path) {
        Ok(m) if m.is_symlink() => Err(EnvFileError::new(path, "is a symbolic link that leads nowhere")),
        // A file that another run has written meanwhile was not there when it was looked for.
        _ => Ok(None),
    }
}

fn check(path: &Path, uid: u32, metadata: &Metadata) -> Result<(), EnvFileError> {
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err(EnvFileError::new(path, "is a folder; an env file must be a file"));
    }
    if !kind.is_file() {
        return Err(EnvFileError::new(
            path,
            "is a device, pipe or socket; an env file must be a regular file",
        ));
    }
    if metadata.uid() != uid && metadata.uid() != 0 {
        let owner = metadata.uid();
        return Err(EnvFileError::new(
            path,
            format!("belongs to another user (uid {owner}): chown it, or copy it"),
        ));
    }
    if metadata.len() > MAX_BYTES {
        return Err(too_large(path));
    }
    Ok(())
}

fn too_large(path: &Path) -> EnvFileError {
    EnvFileError::new(
        path,
        format!("is larger than {MAX_BYTES} bytes, which no env file is"),
    )
}

#[cfg(test)]
mod tests;
