//! A web identity token in the container.

use super::{Mount, NAMED};
use std::path::Path;

/// A web identity token and where the container finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub(super) mount: Mount,
    /// Its path in the container.
    pub target: String,
}

impl Token {
    /// The token in `path`. Kubernetes renews one by turning the link `..data` beside it: there the folder, which has
    /// nothing else in it, is mounted, or the container would keep the first token for ever. Anywhere else it is the
    /// file alone, and a run keeps the token that it began with.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let target = format!("{NAMED}/web-identity-token");
        let projected = path
            .parent()
            .filter(|folder| folder.join("..data").is_symlink())
            .and_then(|folder| Some((folder.canonicalize().ok()?, path.file_name()?.to_str()?)));
        let (source, target, within) = match projected {
            Some((folder, name)) => (folder, format!("{NAMED}/web-identity"), format!("/{name}")),
            None => (
                path.canonicalize().unwrap_or_else(|_| path.to_path_buf()),
                target,
                String::new(),
            ),
        };
        Self {
            target: format!("{target}{within}"),
            mount: Mount {
                source,
                target,
                writable: false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::gateway::docker::mounts::aws_settings;
    use crate::gateway::environment::{Env, Identity, WEB_IDENTITY};

    #[test]
    fn a_token_that_kubernetes_renews_comes_with_its_folder_and_any_other_alone() {
        let home = tempfile::tempdir().unwrap();
        let real = home.path().canonicalize().unwrap();
        std::fs::create_dir_all(real.join("pod/..2026")).unwrap();
        std::fs::write(real.join("pod/..2026/token"), "t").unwrap();
        std::os::unix::fs::symlink("..2026", real.join("pod/..data")).unwrap();
        std::os::unix::fs::symlink("..data/token", real.join("pod/token")).unwrap();
        std::fs::write(real.join("alone"), "t").unwrap();
        for (given, source, target) in [
            ("pod/token", "pod", "/run/lakehouse-aws/web-identity/token"),
            ("alone", "alone", "/run/lakehouse-aws/web-identity-token"),
        ] {
            let mounts = aws_settings(
                &Env::from([(WEB_IDENTITY.into(), real.join(given).into())]),
                &Identity::default(),
            )
            .unwrap();
            assert_eq!(mounts.env, [(WEB_IDENTITY.into(), target.into())]);
            let mount = &mounts.mounts[0];
            assert_eq!(
                (mount.source.as_path(), mount.writable),
                (real.join(source).as_path(), false)
            );
            assert!(target.starts_with(&mount.target));
        }
    }
}
