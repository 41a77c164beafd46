//! What of this machine the container sees: the AWS settings, and nothing else of the user's.

mod ca_bundle;
mod token;

pub use token::Token;

use crate::gateway::environment::{Env, Identity, WEB_IDENTITY};
use crate::gateway::settings_copy::AwsFile;
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

/// Where named files stand in the container; nothing else does.
const NAMED: &str = "/run/lakehouse-aws";

/// The AWS settings of `env`'s user: `~/.aws` with writable caches, or the files that `AWS_CONFIG_FILE` and
/// `AWS_SHARED_CREDENTIALS_FILE` name. Makes the cache folders (0700, their owner the folder's) where the settings
/// folder exists: a mount inside a read-only mount needs its folder.
///
/// # Errors
/// A variable that names something else than a file, a path that is not UTF-8, or a folder that can't be made.
pub fn aws_settings(env: &Env, identity: &Identity) -> Result<Mounts, String> {
    let mut mounts = Mounts::default();
    let home = env.get(OsStr::new("HOME")).map(PathBuf::from);
    let folder = home
        .as_ref()
        .map(|home| home.join(".aws"))
        .filter(|folder| folder.is_dir());
    let mut both_named = true;
    for (variable, name) in [
        ("AWS_CONFIG_FILE", "config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    ] {
        let target = format!("{NAMED}/{name}");
        match named(env, variable)? {
            // The tools look for a file that is not there, as they would on this machine: never for another.
            Named::Missing => mounts.env.push((variable.into(), target.into())),
            Named::File(source) => mounts.file(variable, source, target),
            Named::No => {
                both_named = false;
                // A link out of the folder leads nowhere inside the container.
                let linked = folder
                    .as_ref()
                    .map(|folder| folder.join(name))
                    .filter(|path| path.is_symlink());
                if let Some(source) = linked
                    .and_then(|path| path.canonicalize().ok())
                    .filter(|path| path.is_file())
                {
                    mounts.file(variable, source, target);
                }
            }
        }
    }
    if let Some(folder) = folder {
        settings_folder(&mut mounts, &folder, !both_named)?;
    }
    if env.contains_key(OsStr::new("AWS_CA_BUNDLE")) {
        // The image holds the host's certificates.
        mounts.env.push((
            "AWS_CA_BUNDLE".into(),
            "/etc/ssl/certs/ca-certificates.crt".into(),
        ));
    } else if let Some(bundle) = ca_bundle::of_profile(env, identity) {
        mounts.file("AWS_CA_BUNDLE", bundle, format!("{NAMED}/ca-bundle.pem"));
    }
    // A chosen profile takes the place of a web identity (see `environment::CREDENTIALS`).
    if identity.profile.is_none() {
        let target = format!("{NAMED}/web-identity-token");
        match named(env, WEB_IDENTITY)? {
            Named::File(source) => {
                let given = env.get(OsStr::new(WEB_IDENTITY)).map(Path::new);
                let token = Token::of(given.unwrap_or(&source));
                mounts
                    .env
                    .push((WEB_IDENTITY.into(), token.target.clone().into()));
                mounts.token(token);
            }
            Named::Missing => mounts.env.push((WEB_IDENTITY.into(), target.into())),
            Named::No => {}
        }
    }
    match mounts.mounts.iter().find(|mount| mount.source.to_str().is_none()) {
        Some(mount) => Err(format!(
            "{}: the path is not UTF-8, and the engine takes no other",
            mount.source.display()
        )),
        None => Ok(mounts),
    }
}

impl Mounts {
    /// The copy of an AWS file in the place of the file itself.
    pub fn stand_in(&mut self, file: AwsFile, copy: &Path) {
        let target = format!("{NAMED}/{}", file.name());
        self.mounts.retain(|mount| mount.target != target);
        self.file(file.variable(), copy.to_path_buf(), target);
    }

    /// A web identity token that a profile names.
    pub fn token(&mut self, token: Token) {
        self.mounts.push(token.mount);
    }

    /// The certificate bundle that a profile names: the file itself, where no variable names another.
    pub fn ca_bundle(&mut self, bundle: &Path) {
        if !self.env.iter().any(|(name, _)| name == "AWS_CA_BUNDLE")
            && let Ok(source) = bundle.canonicalize()
            && source.is_file()
        {
            self.file("AWS_CA_BUNDLE", source, format!("{NAMED}/ca-bundle.pem"));
        }
    }

    fn file(&mut self, variable: &str, source: PathBuf, target: String) {
        self.env.push((variable.into(), OsString::from(&target)));
        self.mounts.push(Mount {
            source,
            target,
            writable: false,
        });
    }
}

/// The settings folder (`whole`, read-only) with its caches, which the tools must be able to write. Of a folder whose
/// two files were named elsewhere only the caches that there are are mounted.
fn settings_folder(mounts: &mut Mounts, folder: &Path, whole: bool) -> Result<(), String> {
    if whole {
        mounts.mounts.push(Mount {
            source: folder.to_owned(),
            target: format!("{HOME}/.aws"),
            writable: false,
        });
    }
    for cache in CACHES {
        let source = folder.join(cache);
        if whole && !source.is_dir() {
            make_like(folder, &source).map_err(|error| format!("{}: {error}", source.display()))?;
        }
        if source.is_dir() {
            mounts.mounts.push(Mount {
                source,
                target: format!("{HOME}/.aws/{cache}"),
                writable: true,
            });
        }
    }
    Ok(())
}

/// Makes `path` below `folder` (0700) with the folder's owner: run by root for a user, it must stay the user's.
fn make_like(folder: &Path, path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let owner = std::fs::metadata(folder)?;
    let mut missing: Vec<&Path> = path
        .ancestors()
        .take_while(|step| *step != folder && !step.is_dir())
        .collect();
    missing.reverse();
    for step in missing {
        match DirBuilder::new().mode(0o700).create(step) {
            // Another run made it in the meantime.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(()) if rustix::process::geteuid().is_root() => {
                std::os::unix::fs::chown(step, Some(owner.uid()), Some(owner.gid()))?;
            }
            Ok(()) => {}
        }
    }
    Ok(())
}

/// What a variable that names a file says.
enum Named {
    /// It is not set.
    No,
    /// It names a file that is not there.
    Missing,
    /// The file's real path.
    File(PathBuf),
}

/// A file that a variable names; `~` stands for HOME, as in the tools. Anything but a file is refused: it would hand
/// the container a piece of this machine.
fn named(env: &Env, name: &str) -> Result<Named, String> {
    let Some(given) = env.get(OsStr::new(name)).filter(|path| !path.is_empty()) else {
        return Ok(Named::No);
    };
    let home = env.get(OsStr::new("HOME")).map(Path::new);
    let path = match (Path::new(given).strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(given),
    };
    let real = match path.canonicalize() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Named::Missing),
        Err(error) => return Err(format!("{name}={}: {error}", path.display())),
        Ok(real) => real,
    };
    if real.is_file() {
        Ok(Named::File(real))
    } else {
        Err(format!("{name}={}: is not a file", path.display()))
    }
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

    #[test]
    fn a_copy_takes_the_place_of_the_file_it_stands_for() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("config");
        std::fs::write(&file, "").unwrap();
        let mut mounts = aws_settings(
            &env_of(home.path(), "AWS_CONFIG_FILE", &file),
            &Identity::default(),
        )
        .unwrap();
        mounts.stand_in(AwsFile::Config, Path::new("/copy"));
        let sources: Vec<&Path> = mounts.mounts.iter().map(|mount| mount.source.as_path()).collect();
        assert_eq!(sources, [Path::new("/copy")]);
        assert_eq!(mounts.env.last().unwrap().1, "/run/lakehouse-aws/config");
    }

    fn env_of(home: &Path, name: &str, value: &Path) -> Env {
        Env::from([
            ("HOME".into(), home.as_os_str().to_owned()),
            (name.into(), value.as_os_str().to_owned()),
        ])
    }

    #[test]
    fn a_named_file_that_is_missing_is_missing_in_the_container_too() {
        let home = tempfile::tempdir().unwrap();
        let mounts = aws_settings(
            &env_of(home.path(), "AWS_CONFIG_FILE", Path::new("/nowhere/c")),
            &Identity::default(),
        );
        assert_eq!(
            mounts.unwrap().env,
            [("AWS_CONFIG_FILE".into(), "/run/lakehouse-aws/config".into())]
        );
    }

    #[test]
    fn a_profiles_own_certificates_come_along() {
        let home = tempfile::tempdir().unwrap();
        let real = home.path().canonicalize().unwrap();
        std::fs::create_dir(real.join(".aws")).unwrap();
        std::fs::write(real.join("corp.pem"), "").unwrap();
        let config = format!("[default]\nca_bundle = {}\n", real.join("corp.pem").display());
        std::fs::write(real.join(".aws/config"), config).unwrap();
        let mut env = Env::from([("HOME".into(), real.as_os_str().to_owned())]);
        let mounts = aws_settings(&env, &Identity::default()).unwrap();
        let target = "/run/lakehouse-aws/ca-bundle.pem";
        assert!(mounts.env.contains(&("AWS_CA_BUNDLE".into(), target.into())));
        let mount = mounts.mounts.iter().find(|mount| mount.target == target).unwrap();
        assert_eq!((&mount.source, mount.writable), (&real.join("corp.pem"), false));
        // The variable goes before it, and its bundle is in the image.
        env.insert("AWS_CA_BUNDLE".into(), "/etc/other.pem".into());
        let mounts = aws_settings(&env, &Identity::default()).unwrap();
        assert!(mounts.mounts.iter().all(|mount| mount.target != target));
    }

    #[test]
    fn nothing_but_a_file_is_handed_to_the_container() {
        let home = tempfile::tempdir().unwrap();
        for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", WEB_IDENTITY] {
            let refused = aws_settings(&env_of(home.path(), name, Path::new("/")), &Identity::default());
            assert_eq!(refused.unwrap_err(), format!("{name}=/: is not a file"));
        }
    }

    #[test]
    fn a_tilde_stands_for_home_and_a_link_is_followed() {
        let home = tempfile::tempdir().unwrap();
        let real = home.path().canonicalize().unwrap().join("conf");
        std::fs::write(&real, "").unwrap();
        let mounts = aws_settings(
            &env_of(home.path(), "AWS_CONFIG_FILE", Path::new("~/conf")),
            &Identity::default(),
        );
        assert_eq!(mounts.unwrap().mounts[0].source, real);
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::os::unix::fs::symlink(&real, home.path().join(".aws/config")).unwrap();
        let env = Env::from([("HOME".into(), home.path().as_os_str().to_owned())]);
        let mounts = aws_settings(&env, &Identity::default()).unwrap();
        assert_eq!(mounts.mounts[0].source, real);
        assert_eq!(mounts.env[0].0, "AWS_CONFIG_FILE");
    }
}
