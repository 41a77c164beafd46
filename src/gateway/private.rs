//! Private files of one run on this machine: a folder that only its user reads, gone with the run.
//!
//! After SIGKILL nobody here is left to remove it. So a small shell waits at a pipe that only `lakehouse` holds: when
//! it dies in whatever way, the pipe ends and the shell removes the folder (as the session container goes by its
//! pipe). Only who kills that shell as well, or the machine, leaves the folder behind: with a token in it that ends
//! 14 minutes after it was made.

use super::{GatewayError, PrivateFile};
use duct::Handle;
use os_pipe::{PipeReader, PipeWriter};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Waits for the end of its input, and removes what is named.
const REMOVER: &str = r#"while read -r line; do :; done; exec rm -rf -- "$0""#;

/// A folder for private files.
pub struct PrivateFolder {
    folder: TempDir,
    pipe: Option<PipeWriter>,
    remover: Option<Handle>,
}

impl PrivateFolder {
    /// Makes the folder (0700): in `$XDG_RUNTIME_DIR`, which stands in memory and is its user's alone, else in the
    /// folder for temporary files.
    ///
    /// # Errors
    /// [`GatewayError::NotKept`] with the system's words.
    pub fn make(env: &BTreeMap<OsString, OsString>) -> Result<Self, GatewayError> {
        let make = |below: &Path| {
            tempfile::Builder::new()
                .prefix("lakehouse-")
                .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700))
                .tempdir_in(below)
        };
        let folder = runtime_folder(env)
            .and_then(|below| make(&below).ok())
            .map_or_else(|| make(&temporary_folder(env)), Ok)
            .map_err(|error| not_kept(&error))?;
        let (reader, pipe) = os_pipe::pipe().map_err(|error| not_kept(&error))?;
        let remover = start_remover(folder.path(), reader).map_err(|error| not_kept(&error))?;
        Ok(Self {
            folder,
            pipe: Some(pipe),
            remover: Some(remover),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes `file` (0600), whole or not at all; gives its path.
    ///
    /// # Errors
    /// [`GatewayError::NotKept`] with the system's words.
    pub fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        let path = self.path().join(file.name);
        let new = self.path().join(format!(".{}.new", file.name));
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)
            .and_then(|mut open| open.write_all(file.bytes))
            .and_then(|()| std::fs::rename(&new, &path));
        written.map_err(|error| not_kept(&error))?;
        path.into_os_string()
            .into_string()
            .map_err(|_| GatewayError::NotKept {
                said: "the folder's path is not UTF-8".to_owned(),
            })
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // It removes the folder itself; waited for, so that no process of this run is left.
        if let Some(remover) = self.remover.take() {
            let _ = remover.wait();
        }
    }
}

/// `$XDG_RUNTIME_DIR`, where it is what the XDG Base Directory Specification says: a folder of this user's alone.
fn runtime_folder(env: &BTreeMap<OsString, OsString>) -> Option<PathBuf> {
    let path = PathBuf::from(env.get(OsStr::new("XDG_RUNTIME_DIR"))?);
    let found = std::fs::metadata(&path).ok()?;
    let own = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o777 == 0o700;
    (path.is_absolute() && found.is_dir() && own).then_some(path)
}

fn temporary_folder(env: &BTreeMap<OsString, OsString>) -> PathBuf {
    env.get(OsStr::new("TMPDIR"))
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .unwrap_or_else(std::env::temp_dir)
}

/// In a process group of its own: Ctrl-C must leave it alone.
fn start_remover(folder: &Path, input: PipeReader) -> std::io::Result<Handle> {
    duct::cmd!("/bin/sh", "-c", REMOVER, folder)
        .full_env([("PATH", "/usr/bin:/bin")])
        .dir("/")
        .stdin_file(input)
        .stdout_null()
        .stderr_null()
        .unchecked()
        .before_spawn(|command| {
            command.process_group(0);
            Ok(())
        })
        .start()
}

fn not_kept(error: &std::io::Error) -> GatewayError {
    GatewayError::NotKept {
        said: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(bytes: &[u8]) -> PrivateFile<'_> {
        PrivateFile {
            name: "kubeconfig-demo.json",
            bytes,
            secrets: &[],
        }
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn only_the_user_reads_it_and_it_goes_with_the_run() {
        let below = tempfile::tempdir().unwrap();
        let env = BTreeMap::from([("TMPDIR".into(), below.path().as_os_str().to_owned())]);
        let folder = PrivateFolder::make(&env).unwrap();
        let path = PathBuf::from(folder.keep(&file(b"one")).unwrap());
        assert!(path.starts_with(below.path()));
        assert_eq!((mode(&path), mode(folder.path())), (0o600, 0o700));
        folder.keep(&file(b"other")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"other");
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing half written"
        );
        drop(folder);
        assert_eq!(std::fs::read_dir(below.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_users_runtime_folder_is_used_only_where_it_is_the_users_alone() {
        let below = tempfile::tempdir().unwrap();
        let env = BTreeMap::from([("XDG_RUNTIME_DIR".into(), below.path().as_os_str().to_owned())]);
        std::fs::set_permissions(below.path(), PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(runtime_folder(&env), None);
        std::fs::set_permissions(below.path(), PermissionsExt::from_mode(0o700)).unwrap();
        assert_eq!(runtime_folder(&env).as_deref(), Some(below.path()));
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for (name, fits) in [
            ("kubeconfig-a.json", true),
            ("../x", false),
            ("a/b", false),
            (".x", false),
            ("-x", false),
            ("", false),
        ] {
            let named = PrivateFile {
                name,
                bytes: b"",
                secrets: &[],
            };
            assert_eq!(named.is_well_named(), fits, "{name}");
        }
    }
}
