//! What of this machine the container sees: the AWS settings, and nothing else of the user's.

use crate::gateway::environment::{Env, Identity, WEB_IDENTITY};
use std::ffi::{OsStr, OsString};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// HOME in the container, a tmpfs of its own.
pub const HOME: &str = "/home/lakehouse";
/// Where the nonce file stands in the container.
pub const NONCE: &str = "/run/lakehouse-nonce";
/// Folders below the AWS settings that the tools must be able to write: tokens and role credentials
/// (`awscli` sso/utils.py; `aws help config-vars`).
const CACHES: [&str; 3] = ["sso/cache", "cli/cache", "login/cache"];

/// A folder or file of this machine in the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where it is on this machine.
    pub source: PathBuf,
    /// Where the container sees it.
    pub target: String,
    /// Whether the container may write it.
    pub writable: bool,
}

/// The mounts of one session, and the settings that point to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mounts {
    /// What is mounted.
    pub mounts: Vec<Mount>,
    /// Environment that names the mounted files inside the container.
    pub env: Vec<(OsString, OsString)>,
}

impl Mount {
    /// As `docker run --mount` takes it: comma-separated values, quoted where a path needs it (RFC 4180).
    #[must_use]
    pub fn as_arg(&self) -> String {
        let mut fields = vec![
            "type=bind".to_owned(),
            format!("source={}", self.source.display()),
            format!("target={}", self.target),
        ];
        if !self.writable {
            fields.push("readonly".to_owned());
        }
        fields
            .iter()
            .map(|field| csv(field))
            .collect::<Vec<_>>()
            .join(",")
    }
}

fn csv(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// The AWS settings of `env`'s user: `~/.aws` with writable caches, or the files that `AWS_CONFIG_FILE` and
/// `AWS_SHARED_CREDENTIALS_FILE` name. Makes the cache folders (0700) where the settings folder exists: a mount
/// inside a read-only mount needs its folder.
///
/// # Errors
/// When a folder can't be made, with its path.
pub fn aws_settings(env: &Env, identity: &Identity) -> Result<Mounts, String> {
    let mut mounts = Mounts::default();
    let folder = env
        .get(OsStr::new("HOME"))
        .map(|home| Path::new(home).join(".aws"));
    let config = named(env, "AWS_CONFIG_FILE")?;
    let credentials = named(env, "AWS_SHARED_CREDENTIALS_FILE")?;
    if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
        // Files that were named instead of the folder's own leave only its caches to mount: of those, what exists.
        let whole = config.is_none() || credentials.is_none();
        if whole {
            mounts.mounts.push(Mount {
                source: folder.clone(),
                target: format!("{HOME}/.aws"),
                writable: false,
            });
        }
        for cache in CACHES {
            let source = folder.join(cache);
            if whole {
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(&source)
                    .map_err(|error| format!("{}: {error}", source.display()))?;
            }
            if source.is_dir() {
                mounts.mounts.push(Mount {
                    source,
                    target: format!("{HOME}/.aws/{cache}"),
                    writable: true,
                });
            }
        }
    }
    for (name, file, target) in [
        ("AWS_CONFIG_FILE", config, "/run/lakehouse-aws/config"),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            credentials,
            "/run/lakehouse-aws/credentials",
        ),
    ] {
        if let Some(source) = file {
            mounts.mounts.push(Mount {
                source,
                target: target.to_owned(),
                writable: false,
            });
            mounts.env.push((name.into(), target.into()));
        }
    }
    if env.contains_key(OsStr::new("AWS_CA_BUNDLE")) {
        // The image holds the host's certificates.
        mounts.env.push((
            "AWS_CA_BUNDLE".into(),
            "/etc/ssl/certs/ca-certificates.crt".into(),
        ));
    }
    // A chosen profile takes the place of a web identity (see `environment::CREDENTIALS`).
    let web_identity = if identity.profile.is_none() {
        named(env, WEB_IDENTITY)?
    } else {
        None
    };
    if let Some(source) = web_identity {
        let target = "/run/lakehouse-aws/web-identity-token";
        mounts.mounts.push(Mount {
            source,
            target: target.into(),
            writable: false,
        });
        mounts.env.push((WEB_IDENTITY.into(), target.into()));
    }
    Ok(mounts)
}

/// A file that a variable names, by its real path; none when it is unset. One that is named and not there is left
/// to the tools to say, as it is on the host.
fn named(env: &Env, name: &str) -> Result<Option<PathBuf>, String> {
    let Some(path) = env.get(OsStr::new(name)).filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let path = Path::new(path);
    if !path.exists() {
        return Ok(None);
    }
    path.canonicalize()
        .map(Some)
        .map_err(|error| format!("{name}={}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_folder_is_read_only_and_its_caches_are_made_and_writable() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let env = Env::from([("HOME".into(), home.path().as_os_str().to_owned())]);
        let mounts = aws_settings(&env, &Identity::default()).unwrap().mounts;
        let seen: Vec<(&str, bool)> = mounts
            .iter()
            .map(|mount| (mount.target.as_str(), mount.writable))
            .collect();
        assert_eq!(
            seen,
            [
                ("/home/lakehouse/.aws", false),
                ("/home/lakehouse/.aws/sso/cache", true),
                ("/home/lakehouse/.aws/cli/cache", true),
                ("/home/lakehouse/.aws/login/cache", true)
            ]
        );
        let mode = std::fs::metadata(home.path().join(".aws/sso/cache"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn named_files_are_mounted_alone_and_the_users_folder_is_not_touched() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let file = home.path().join("other, \"config\"");
        std::fs::write(&file, "").unwrap();
        let env = Env::from([
            ("HOME".into(), home.path().as_os_str().to_owned()),
            ("AWS_CONFIG_FILE".into(), file.clone().into()),
            ("AWS_SHARED_CREDENTIALS_FILE".into(), file.clone().into()),
        ]);
        let mounts = aws_settings(&env, &Identity::default()).unwrap();
        assert_eq!(mounts.mounts.len(), 2);
        assert!(!home.path().join(".aws/sso").exists());
        let arg = mounts.mounts[0].as_arg();
        assert!(arg.contains("other, \"\"config\"\"\""), "{arg}");
        assert!(arg.ends_with(",readonly"), "{arg}");
    }

    #[test]
    fn no_settings_folder_means_no_mount_and_none_is_made() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::from([("HOME".into(), home.path().as_os_str().to_owned())]);
        assert_eq!(
            aws_settings(&env, &Identity::default()).unwrap(),
            Mounts::default()
        );
        assert!(!home.path().join(".aws").exists());
    }
}
