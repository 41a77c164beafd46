//! The lock of this machine: one file for each account, region and cluster. The kernel gives it back when the process
//! ends, also by SIGKILL, so that a dead holder is in nobody's way.

use super::super::failure::{Ended, own};
use super::{Holder, held_by};
use crate::clients::explain::quoted;
use crate::model::Target;
use crate::report::Code;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// What the file says of its holder, for the one that is refused.
#[derive(Serialize, Deserialize)]
struct Said {
    holder: String,
    since: jiff::Timestamp,
}

/// Takes the lock for `target` in `folder`.
///
/// # Errors
/// [`Ended`] with who holds it, or why it can't be taken.
pub fn take(folder: &Path, target: &Target, holder: &Holder) -> Result<File, Ended> {
    let name = format!("{}-{}-{}.lock", target.account, target.region, target.cluster);
    let path = folder.join(name);
    let refused = |said: &std::io::Error| {
        own(
            Code::InstallLockFailed,
            "take this machine's lock of the install",
            format!(
                "The lock file `{}` can't be written ({}).",
                path.display(),
                said.kind()
            ),
            format!(
                "Make its folder writable (`ls -ld {}`), then run the same command.",
                quoted(&folder.display().to_string())
            ),
        )
    };
    let mut file = open(folder, &path).map_err(|error| refused(&error))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Err(held(&mut file, target, holder)),
        Err(error) => return Err(refused(&error.into())),
    }
    let said = Said {
        holder: holder.identity(),
        since: jiff::Timestamp::now(),
    };
    // What it says helps whoever is refused; the lock itself holds without it.
    let _ = file.set_len(0);
    let _ = file.rewind();
    let _ = serde_json::to_writer(&mut file, &said);
    let _ = file.flush();
    Ok(file)
}

fn open(folder: &Path, path: &Path) -> std::io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn held(file: &mut File, target: &Target, me: &Holder) -> Ended {
    let mut text = String::new();
    let _ = file.read_to_string(&mut text);
    let said: Option<(Holder, jiff::Timestamp)> = serde_json::from_str::<Said>(&text)
        .ok()
        .and_then(|said| Some((Holder::parse(&said.holder)?, said.since)));
    let (who, remedy) = match said {
        Some((by, since)) => (
            format!("{}, since {}", by.shown(me), super::lease::shown(since)),
            format!(
                "Wait for its end (`ps -p {}` shows it), then run the same command: it goes on with what that one left.",
                by.pid
            ),
        ),
        None => (
            "a process of this machine".to_owned(),
            Code::InstallHeld.remedy().to_owned(),
        ),
    };
    held_by(
        &format!(
            "Another run installs into the cluster `{}` of account {}: {who}.",
            target.cluster, target.account
        ),
        remedy,
    )
}
