//! A run's folder, opened with care: nothing in it is followed to elsewhere, and nothing but a file is opened.

use super::{JOURNAL, RECORD, REPORT, note};
use crate::model::shown_name;
use crate::report::{Code, Note};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// The longest report or record that is read. A report of a preflight has 20 kB.
pub const LONGEST_REPORT: u64 = 32 * 1024 * 1024;

/// A run's folder.
pub struct RunFolder {
    /// The run.
    pub id: String,
    /// Its path, for people.
    pub path: PathBuf,
    /// What others could have changed, or may read: each a sentence.
    pub open_to_others: Vec<Note>,
    uid: u32,
    folder: OwnedFd,
}

impl RunFolder {
    /// Opens the folder of the run `id` below `runs` for the user `uid`.
    ///
    /// # Errors
    /// A note: `EVIDENCE_NOT_YOURS` or `EVIDENCE_NOT_READ`.
    pub fn open(runs: &Path, id: &str, uid: u32) -> Result<Self, Note> {
        let path = runs.join(id);
        let looked = rustix::fs::lstat(&path).map_err(|error| not_read(&path, error))?;
        judge(&path, &looked, FileType::Directory, uid)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::open(&path, flags, Mode::empty()).map_err(|error| not_read(&path, error))?;
        let opened = rustix::fs::fstat(&folder).map_err(|error| not_read(&path, error))?;
        judge(&path, &opened, FileType::Directory, uid)?;
        let mut new = Self {
            id: id.to_owned(),
            path,
            open_to_others: Vec::new(),
            uid,
            folder,
        };
        new.open_to_others.extend(wide(&new.path, &opened));
        for name in [JOURNAL, REPORT, RECORD] {
            if let Ok(stat) = rustix::fs::statat(&new.folder, name, AtFlags::SYMLINK_NOFOLLOW)
                && FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
            {
                let path = new.path.join(name);
                new.open_to_others
                    .extend(wide(&path, &stat).or_else(|| readable(&path, &stat)));
            }
        }
        Ok(new)
    }

    /// The journal, open; none where there is no such file.
    ///
    /// # Errors
    /// A note where it is no file, another user's, or can't be read.
    pub fn journal(&self) -> Result<Option<File>, Note> {
        self.file(JOURNAL)
    }

    /// The report's bytes; none where there is no such file.
    ///
    /// # Errors
    /// As of [`Self::journal`], and for a file that is longer than any report.
    pub fn report(&self) -> Result<Option<Vec<u8>>, Note> {
        self.bytes(REPORT)
    }

    /// The signed-off record's bytes; none where there is no such file.
    ///
    /// # Errors
    /// As of [`Self::report`].
    pub fn record(&self) -> Result<Option<Vec<u8>>, Note> {
        self.bytes(RECORD)
    }

    fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, Note> {
        let Some(file) = self.file(name)? else {
            return Ok(None);
        };
        bounded(file, &self.path.join(name)).map(Some)
    }

    fn file(&self, name: &str) -> Result<Option<File>, Note> {
        let path = self.path.join(name);
        let looked = match rustix::fs::statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(looked) => looked,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(not_read(&path, error)),
        };
        judge(&path, &looked, FileType::RegularFile, self.uid)?;
        // It may have been changed for a pipe since: NONBLOCK keeps the open from hanging.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.folder, name, flags, Mode::empty())
            .map_err(|error| not_read(&path, error))?;
        let opened = rustix::fs::fstat(&file).map_err(|error| not_read(&path, error))?;
        judge(&path, &opened, FileType::RegularFile, self.uid)?;
        Ok(Some(File::from(file)))
    }
}

/// Reads to the end, and no further than a report can be long.
pub(super) fn bounded(file: impl Read, path: &Path) -> Result<Vec<u8>, Note> {
    let mut bytes = Vec::new();
    file.take(LONGEST_REPORT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| note(Code::EvidenceNotRead, format!("{}: {error}.", shown(path))))?;
    if bytes.len() as u64 > LONGEST_REPORT {
        let message = format!(
            "{} is larger than {LONGEST_REPORT} bytes, which no report or record is.",
            shown(path)
        );
        return Err(note(Code::EvidenceNotRead, message));
    }
    Ok(bytes)
}

/// A path inside a sentence.
pub(super) fn shown(path: &Path) -> String {
    shown_name(&path.to_string_lossy())
}

fn not_read(path: &Path, error: Errno) -> Note {
    let error = std::io::Error::from(error);
    note(
        Code::EvidenceNotRead,
        format!("{} can't be read: {error}.", shown(path)),
    )
}

/// Whether it is of the kind that is looked for, and the user's own.
fn judge(path: &Path, stat: &Stat, wanted: FileType, uid: u32) -> Result<(), Note> {
    let kind = FileType::from_raw_mode(stat.st_mode);
    if kind != wanted {
        let found = match kind {
            FileType::Symlink => "a symbolic link",
            FileType::Directory => "a folder",
            FileType::RegularFile => "a file",
            _ => "a device, pipe or socket",
        };
        let message = format!(
            "{} is {found}, which no run leaves there: it was not opened.",
            shown(path)
        );
        return Err(note(Code::EvidenceNotRead, message));
    }
    if stat.st_uid != uid {
        let message = format!(
            "{} belongs to another user (uid {}): it was not read.",
            shown(path),
            stat.st_uid
        );
        return Err(note(Code::EvidenceNotYours, message));
    }
    Ok(())
}

fn wide(path: &Path, stat: &Stat) -> Option<Note> {
    (stat.st_mode & 0o022 != 0).then(|| {
        let message = format!(
            "Others than its owner may write {}: what it says may be anybody's.",
            shown(path)
        );
        note(Code::EvidenceNotYours, message)
    })
}

/// A run leaves files of its owner's alone: they name the account, what stands in it and how it was made.
fn readable(path: &Path, stat: &Stat) -> Option<Note> {
    (stat.st_mode & 0o044 != 0).then(|| {
        let message = format!(
            "Others than its owner may read {}: it names the account, its things and commands.",
            shown(path)
        );
        note(Code::EvidenceReadable, message)
    })
}
