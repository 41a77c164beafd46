//! Whether the engine's disk has room for a build, where that can be seen from here.

use super::engine::EngineInfo;
use std::path::Path;

/// A gigabyte as `df -H` and the documents count it.
const GB: u64 = 1_000_000_000;

/// What a build takes at its height, in bytes. `registry` leaves 5.5 GB of layers with Go's modules and build cache and
/// the image of 0.5 GB (measured with Docker 20.10), and needs what a step holds before it is a layer; `release` takes the
/// files twice (context and layer, 0.2 GB each), unpacked twice (0.5 GB each), and the base.
#[must_use]
pub fn needed(source: &str) -> u64 {
    if source == super::lock::RELEASE {
        2 * GB
    } else {
        8 * GB
    }
}

/// Too little room.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a build from {origin} needs about {} GB, and {} has {} GB free",
    gigabytes(*needed),
    folder,
    gigabytes(*free)
)]
pub struct NoRoom {
    /// The toolbox's source.
    pub origin: String,
    /// Bytes that it takes.
    pub needed: u64,
    /// Bytes that there are.
    pub free: u64,
    /// The engine's folder.
    pub folder: String,
}

fn gigabytes(bytes: u64) -> String {
    let tenths = bytes / (GB / 10);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Holds the free room of the engine's folder against what a build takes. What can't be seen is no reason to stop:
/// a folder that is not of this machine, an engine in a machine of its own, a system that does not say.
///
/// # Errors
/// [`NoRoom`] where it is known to be too little.
pub fn check(info: &EngineInfo, origin: &str, needed: u64) -> Result<(), NoRoom> {
    let folder = info.docker_root_dir.as_str();
    if !Path::new(folder).is_absolute() || info.operating_system.contains("Docker Desktop") {
        return Ok(());
    }
    match free(Path::new(folder)) {
        Some(free) if free < needed => Err(NoRoom {
            origin: origin.to_owned(),
            needed,
            free,
            folder: folder.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Bytes that a user may still write, where the system says so: one that counts no blocks at all (`/proc`) does not.
fn free(folder: &Path) -> Option<u64> {
    let said = rustix::fs::statvfs(folder).ok()?;
    (said.f_blocks > 0).then(|| said.f_bavail.saturating_mul(said.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(root: &str, system: &str) -> EngineInfo {
        EngineInfo {
            docker_root_dir: root.to_owned(),
            operating_system: system.to_owned(),
            ..EngineInfo::default()
        }
    }

    #[test]
    fn too_little_room_is_said_in_figures() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display().to_string();
        let error = check(&engine(&root, "Debian GNU/Linux 12"), "registry", u64::MAX).unwrap_err();
        let told = error.to_string();
        assert!(
            told.starts_with("a build from registry needs about") && told.contains(&root),
            "{told}"
        );
        assert!(check(&engine(&root, "Debian GNU/Linux 12"), "registry", 1).is_ok());
    }

    #[test]
    fn what_cannot_be_seen_stops_nothing() {
        for (root, system) in [
            ("", "Debian GNU/Linux 12"),
            ("/nowhere/docker", "Debian GNU/Linux 12"),
            ("/proc", "Debian GNU/Linux 12"),
            ("/", "Docker Desktop"),
        ] {
            assert!(
                check(&engine(root, system), "release", u64::MAX).is_ok(),
                "{root}"
            );
        }
    }

    #[test]
    fn gigabytes_are_read_as_people_do() {
        assert_eq!(
            (gigabytes(8 * GB), gigabytes(1_949_999_999)),
            ("8.0".into(), "1.9".into())
        );
    }
}
