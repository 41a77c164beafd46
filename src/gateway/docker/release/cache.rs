//! Downloads that were held against the lock, kept by their hash: `$XDG_CACHE_HOME/lakehouse/downloads/SHA256`.
//!
//! A file is there whole or not at all, and what is there is hashed again at each use: the folder is the user's, and
//! nothing in it is believed.

use super::Trouble;
use super::fetched::{Fetched, hex};
use crate::gateway::environment::Env;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the name of an unfinished file begins with.
const PART: &str = ".part-";
/// After this an unfinished file is of a run that was killed.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// The folder for downloads.
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The folder, made if it is not there (0700), without what killed runs left in it.
    ///
    /// # Errors
    /// [`Trouble::Cache`] when it can't be made.
    pub fn open(env: &Env) -> Result<Self, Trouble> {
        let cache = Self { folder: folder(env)? };
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&cache.folder)
            .map_err(|error| trouble(&cache.folder, &error))?;
        cache.sweep();
        Ok(cache)
    }

    /// A file of its own in the folder, which goes by itself.
    ///
    /// # Errors
    /// [`Trouble::Cache`].
    pub fn temporary(&self) -> Result<tempfile::NamedTempFile, Trouble> {
        tempfile::Builder::new()
            .prefix(PART)
            .tempfile_in(&self.folder)
            .map_err(|error| trouble(&self.folder, &error))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file with this hash, if it is there and still has it. One that has not is removed.
    pub(super) fn find(&self, tool: &str, sha256: &str) -> Result<Option<Fetched>, Trouble> {
        let fetched = Fetched {
            tool: tool.to_owned(),
            path: self.folder.join(sha256),
            sha256: sha256.to_owned(),
        };
        let Ok((_, mut reader)) = fetched.open() else {
            return Ok(None);
        };
        let read = std::io::copy(&mut reader, &mut std::io::sink()).and_then(|_| reader.verified());
        if read.is_ok() {
            return Ok(Some(fetched));
        }
        tracing::warn!("the kept download of {tool} is not what it was: it is fetched anew");
        std::fs::remove_file(&fetched.path).map_err(|error| trouble(&self.folder, &error))?;
        Ok(None)
    }

    pub(super) fn begin(&self) -> Result<Part, Trouble> {
        Ok(Part {
            file: self.temporary()?,
            hash: Sha256::new(),
            folder: self.folder.clone(),
        })
    }

    fn sweep(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return;
        };
        for entry in entries.flatten() {
            let unfinished = entry.file_name().to_string_lossy().starts_with(PART);
            let age = entry
                .metadata()
                .and_then(|data| data.modified())
                .map(|time| time.elapsed());
            if unfinished && matches!(age, Ok(Ok(age)) if age > STALE) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// XDG Base Directory Specification: `$XDG_CACHE_HOME`, where it is absolute; else `~/.cache`.
fn folder(env: &Env) -> Result<PathBuf, Trouble> {
    let path = |name: &str| env.get(OsStr::new(name)).map(PathBuf::from);
    let base = path("XDG_CACHE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| {
            path("HOME")
                .filter(|path| path.is_absolute())
                .map(|home| home.join(".cache"))
        });
    base.map(|base| base.join("lakehouse/downloads"))
        .ok_or_else(|| Trouble::Cache {
            path: "$XDG_CACHE_HOME/lakehouse/downloads".to_owned(),
            said: "neither XDG_CACHE_HOME nor HOME names a folder".to_owned(),
            full: false,
        })
}

fn trouble(path: &Path, error: &std::io::Error) -> Trouble {
    let full = [std::io::ErrorKind::StorageFull, std::io::ErrorKind::QuotaExceeded];
    Trouble::Cache {
        path: path.display().to_string(),
        said: error.to_string(),
        full: full.contains(&error.kind()),
    }
}

/// A file on its way.
pub(super) struct Part {
    file: tempfile::NamedTempFile,
    hash: Sha256,
    folder: PathBuf,
}

impl Part {
    /// What a failed write means.
    pub(super) fn trouble(&self, error: &std::io::Error) -> Trouble {
        trouble(&self.folder, error)
    }

    /// Keeps it under its hash, if that is the one that it should have.
    pub(super) fn keep(self, tool: &str, sha256: &str) -> Result<Fetched, Trouble> {
        let got = hex(self.hash);
        if got != sha256 {
            return Err(Trouble::WrongHash {
                expected: sha256.to_owned(),
                got,
            });
        }
        let path = self.folder.join(sha256);
        let kept = self
            .file
            .as_file()
            .sync_all()
            .and_then(|()| self.file.persist(&path).map_err(|error| error.error))
            .and_then(|_| File::open(&self.folder)?.sync_all());
        kept.map_err(|error| trouble(&self.folder, &error))?;
        Ok(Fetched {
            tool: tool.to_owned(),
            path,
            sha256: sha256.to_owned(),
        })
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// SHA-256 of `abc` (FIPS 180-4, example 1).
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn cache() -> (tempfile::TempDir, Cache) {
        let home = tempfile::tempdir().unwrap();
        let env = Env::from([("HOME".into(), home.path().as_os_str().to_owned())]);
        let cache = Cache::open(&env).unwrap();
        (home, cache)
    }

    fn keep(cache: &Cache, bytes: &[u8]) -> Result<Fetched, Trouble> {
        let mut part = cache.begin().unwrap();
        part.write_all(bytes).unwrap();
        part.keep("aws", ABC)
    }

    #[test]
    fn a_file_is_kept_by_its_hash_for_the_user_alone() {
        let (home, cache) = cache();
        let fetched = keep(&cache, b"abc").unwrap();
        assert_eq!(cache.find("aws", ABC).unwrap(), Some(fetched.clone()));
        let folder = home.path().join(".cache/lakehouse/downloads");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&fetched.path)), (0o700, 0o600));
    }

    #[test]
    fn a_file_with_another_hash_leaves_nothing() {
        let (_home, cache) = cache();
        let Err(Trouble::WrongHash { expected, got }) = keep(&cache, b"abd") else {
            panic!("kept");
        };
        assert_eq!(expected, ABC);
        assert_ne!(got, ABC);
        assert_eq!(std::fs::read_dir(cache.folder()).unwrap().count(), 0);
    }

    #[test]
    fn a_kept_file_that_was_changed_or_linked_is_not_used() {
        let (_home, cache) = cache();
        let path = keep(&cache, b"abc").unwrap().path;
        std::fs::write(&path, "abX").unwrap();
        assert_eq!(cache.find("aws", ABC).unwrap(), None);
        assert!(!path.exists());
        let other = cache.folder().join("other");
        std::fs::write(&other, "abc").unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert_eq!(cache.find("aws", ABC).unwrap(), None);
    }

    #[test]
    fn a_file_that_changes_after_its_check_is_not_packed() {
        let (_home, cache) = cache();
        let fetched = keep(&cache, b"abc").unwrap();
        std::fs::write(&fetched.path, "abX").unwrap();
        let packed = crate::gateway::docker::context::archive(std::io::sink(), "release", b"", &[fetched]);
        assert!(packed.unwrap_err().to_string().contains("changed since"));
    }

    #[test]
    fn without_a_home_there_is_no_folder() {
        assert!(matches!(
            Cache::open(&Env::new()),
            Err(Trouble::Cache { full: false, .. })
        ));
    }
}
