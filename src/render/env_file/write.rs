//! Writing: the whole file or nothing, and only what may be written.

use super::{EnvFileError, Written, read};
use rustix::fs::{Mode, OFlags};
use std::fs::{self, DirEntry, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// Hidden, so that a file left by SIGKILL is never found as an env file.
const PREFIX: &str = ".lakehouse-env-";

/// How many random characters `tempfile` puts behind the prefix; asked for, so that [`sweep`] knows its own.
const RANDOM: usize = 6;

/// A write takes milliseconds: a temporary file that is older belongs to nobody who still runs.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// How often a file that appears meanwhile is read anew.
const TRIES: usize = 5;

/// Puts `pairs` into the env file at `path`; lines that are not ours stay. New keys are added unasked, since no
/// value is lost by it; other values are replaced only with `overwrite`.
///
/// # Errors
/// [`EnvFileError`] for what [`read`] refuses, a symbolic link that would have to be written, and what the folder
/// or the disk refuse.
pub fn write(
    path: &Path,
    uid: u32,
    pairs: &[(&str, String)],
    overwrite: bool,
) -> Result<Written, EnvFileError> {
    let mut tries = 1;
    loop {
        match once(path, uid, pairs, overwrite)? {
            Ok(written) => return Ok(written),
            // Another run was faster: its file is read, and most often it says the same.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < TRIES => tries += 1,
            Err(error) => return Err(EnvFileError::io(path, "could not be written", &error)),
        }
    }
}

/// One try; the inner error is the write's own.
fn once(
    path: &Path,
    uid: u32,
    pairs: &[(&str, String)],
    overwrite: bool,
) -> Result<io::Result<Written>, EnvFileError> {
    let before = read(path, uid)?;
    let old = before.clone().unwrap_or_default();
    let differing = old.differing(pairs);
    if !overwrite && !differing.is_empty() {
        return Ok(Ok(Written::Exists(differing)));
    }
    let new = old
        .merge(pairs)
        .map_err(|reason| EnvFileError::new(path, reason))?;
    if before.as_ref() == Some(&new) {
        narrow(path, uid);
        return Ok(Ok(Written::Unchanged));
    }
    // A rename would put a file in the link's place, and writing through it would follow it to a file that
    // whoever made the link has chosen.
    if fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink()) {
        return Err(EnvFileError::new(
            path,
            "is a symbolic link and is not written: name the file itself",
        ));
    }
    Ok(replace(path, uid, new.render().as_bytes(), before.is_some()).map(|()| Written::Written))
}

/// Temporary file, fsync, rename, fsync of the folder: at every moment the whole old file or the whole new one.
fn replace(path: &Path, uid: u32, bytes: &[u8], there_before: bool) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    sweep(folder, uid);
    let mut file = tempfile::Builder::new()
        .prefix(PREFIX)
        .rand_bytes(RANDOM)
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    // A file that came into being since it was looked for is somebody's: it is not overwritten.
    let kept = if there_before {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    kept.map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// Makes a file that others may read the user's alone, as a written one is. The file holds no secret, so one that
/// can't be changed (a read-only disk) is no reason to stop; a link's target is somebody's choice and is left.
fn narrow(path: &Path, uid: u32) {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(file) = rustix::fs::open(path, flags, Mode::empty()).map(File::from) else {
        return;
    };
    let wide = |m: &fs::Metadata| m.is_file() && m.uid() == uid && m.mode() & 0o077 != 0;
    if file.metadata().is_ok_and(|m| wide(&m)) {
        let _ = file.set_permissions(Permissions::from_mode(0o600));
    }
}

/// Removes what runs that were killed while they wrote have left. One that can't be removed harms nothing.
fn sweep(folder: &Path, uid: u32) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_left_behind(&entry, uid) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_left_behind(entry: &DirEntry, uid: u32) -> bool {
    let name = entry.file_name();
    let random = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    let ours = random.is_some_and(|r| r.len() == RANDOM && r.bytes().all(|b| b.is_ascii_alphanumeric()));
    // Without following a link.
    ours && entry.metadata().is_ok_and(|m| {
        let age = m.modified().ok().and_then(|time| time.elapsed().ok());
        m.is_file() && m.uid() == uid && age.is_some_and(|age| age > LEFT_BEHIND)
    })
}
