//! The user's own kubeconfig: one cluster, one user and one context of ours are put into it, all else stays.

use crate::model::{ClusterName, Profile, Region};
use serde_norway::{Mapping, Value};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What the context is made of.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The cluster.
    pub cluster: ClusterName,
    /// Its ARN: the context's name, as `aws eks update-kubeconfig` names it, so that two accounts don't meet.
    pub arn: String,
    /// Where its API server answers.
    pub endpoint: String,
    /// The authority of its certificate, PEM in base64.
    pub authority: String,
    /// The region.
    pub region: Region,
    /// The profile, where one was chosen.
    pub profile: Option<Profile>,
    /// This program, by its whole path.
    pub program: String,
    /// Where its tools run: `docker` or `local`.
    pub mode: String,
    /// The toolbox container's network, where one was named.
    pub network: Option<String>,
}

/// Why it was not written.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// The file is no kubeconfig.
    #[error("{path} is no kubeconfig: {reason}")]
    NotOne {
        /// The file.
        path: String,
        /// Why, without the file's text.
        reason: String,
    },
    /// kubectl, or another run, is writing it.
    #[error("{path} is locked by another program: {path}.lock exists")]
    Locked {
        /// The file.
        path: String,
    },
    /// The folder or the disk refuse it.
    #[error("{path} could not be written: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// The file that kubectl itself writes: the first of `KUBECONFIG` that is named, else `~/.kube/config` (client-go
/// `clientcmd/loader.go`).
#[must_use]
pub fn path(variable: Option<&str>, home: Option<&Path>) -> Option<PathBuf> {
    let named = variable
        .unwrap_or_default()
        .split(':')
        .find(|part| !part.is_empty());
    match named {
        Some(named) => Some(PathBuf::from(named)),
        None => home.map(|home| home.join(".kube/config")),
    }
}

/// `text` with the entry in it; whatever else stands there keeps its meaning and its order. An empty text is an empty
/// kubeconfig. The current context is set only where there is none.
///
/// # Errors
/// Why the text is no kubeconfig.
pub fn merge(text: &str, entry: &Entry) -> Result<String, String> {
    let mut config: Mapping = if text.trim().is_empty() {
        Mapping::new()
    } else {
        match serde_norway::from_str(text) {
            Ok(Value::Mapping(config)) => config,
            Ok(_) => return Err("it is no mapping".to_owned()),
            // The error's own words can hold text of the file, and the file can hold keys: the place alone is told.
            Err(error) => {
                return Err(error.location().map_or_else(
                    || "it is no YAML".to_owned(),
                    |place| format!("line {} is no YAML", place.line()),
                ));
            }
        }
    };
    let is_config = |value: &Value| value.as_str() == Some("Config");
    if config.get("kind").is_some_and(|kind| !is_config(kind)) {
        return Err("its kind is not Config".to_owned());
    }
    config.entry("apiVersion".into()).or_insert_with(|| "v1".into());
    config.entry("kind".into()).or_insert_with(|| "Config".into());
    for (list, member, value) in [
        ("clusters", "cluster", cluster(entry)),
        ("users", "user", user(entry)),
        ("contexts", "context", context(entry)),
    ] {
        put(&mut config, list, member, &entry.arn, value)?;
    }
    let current = config.get("current-context").and_then(Value::as_str);
    if current.is_none_or(str::is_empty) {
        config.insert("current-context".into(), entry.arn.as_str().into());
    }
    serde_norway::to_string(&config).map_err(|_| "it can't be written as YAML".to_owned())
}

fn put(config: &mut Mapping, list: &str, member: &str, name: &str, value: Mapping) -> Result<(), String> {
    let items = config
        .entry(list.into())
        .or_insert_with(|| Value::Sequence(Vec::new()));
    if items.is_null() {
        *items = Value::Sequence(Vec::new());
    }
    let Value::Sequence(items) = items else {
        return Err(format!("its {list} are no list"));
    };
    let mut item = Mapping::new();
    item.insert("name".into(), name.into());
    item.insert(member.into(), Value::Mapping(value));
    let named = |item: &&mut Value| item.get("name").and_then(Value::as_str) == Some(name);
    match items.iter_mut().find(named) {
        Some(there) => *there = Value::Mapping(item),
        None => items.push(Value::Mapping(item)),
    }
    Ok(())
}

fn mapping<const N: usize>(pairs: [(&str, Value); N]) -> Mapping {
    pairs
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect()
}

fn cluster(entry: &Entry) -> Mapping {
    mapping([
        ("server", entry.endpoint.as_str().into()),
        ("certificate-authority-data", entry.authority.as_str().into()),
    ])
}

fn context(entry: &Entry) -> Mapping {
    mapping([
        ("cluster", entry.arn.as_str().into()),
        ("user", entry.arn.as_str().into()),
    ])
}

fn user(entry: &Entry) -> Mapping {
    let mut args = vec![
        "kube-token".to_owned(),
        format!("--cluster={}", entry.cluster),
        format!("--region={}", entry.region),
        format!("--exec={}", entry.mode),
        "--quiet=true".to_owned(),
    ];
    args.extend(
        entry
            .profile
            .as_ref()
            .map(|profile| format!("--profile={profile}")),
    );
    args.extend(
        entry
            .network
            .as_ref()
            .map(|network| format!("--toolbox-network={network}")),
    );
    let args = args.into_iter().map(Value::from).collect();
    let exec = mapping([
        ("apiVersion", "client.authentication.k8s.io/v1".into()),
        ("command", entry.program.as_str().into()),
        ("args", Value::Sequence(args)),
        // A one-time code may be asked for on a terminal; without one, kubectl goes on without asking.
        ("interactiveMode", "IfAvailable".into()),
        ("provideClusterInfo", false.into()),
    ]);
    mapping([("exec", Value::Mapping(exec))])
}

/// Puts the entry into the file at `path`, whole or not at all; gives whether anything changed. The lock is kubectl's own
/// (client-go `clientcmd/config.go`, `lockFile`).
///
/// # Errors
/// [`KubeconfigError`]; the file is then as it was.
pub fn write(path: &Path, entry: &Entry) -> Result<bool, KubeconfigError> {
    let io_error = |source| KubeconfigError::Io {
        path: path.display().to_string(),
        source,
    };
    // A link is followed by hand: the file is replaced, and not the link.
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_path_buf(),
        Err(error) => return Err(io_error(error)),
    };
    let folder = match real.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&folder).map_err(io_error)?;
    let _lock = Lock::take(&real)?;
    let old = match fs::read_to_string(&real) {
        Ok(old) => old,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(io_error(error)),
    };
    let new = merge(&old, entry).map_err(|reason| KubeconfigError::NotOne {
        path: path.display().to_string(),
        reason,
    })?;
    if new == old {
        return Ok(false);
    }
    let mode = fs::metadata(&real).map_or(0o600, |meta| meta.permissions().mode() & 0o777);
    let mut file = tempfile::Builder::new()
        .prefix(".lakehouse-kubeconfig-")
        .permissions(fs::Permissions::from_mode(mode))
        .tempfile_in(&folder)
        .map_err(io_error)?;
    file.write_all(new.as_bytes())
        .and_then(|()| file.as_file().sync_all())
        .map_err(io_error)?;
    file.persist(&real).map_err(|error| io_error(error.error))?;
    File::open(&folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io_error)?;
    Ok(true)
}

struct Lock(PathBuf);

impl Lock {
    fn take(path: &Path) -> Result<Self, KubeconfigError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let lock = PathBuf::from(name);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&lock)
        {
            Ok(_) => Ok(Self(lock)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(KubeconfigError::Locked {
                path: path.display().to_string(),
            }),
            Err(source) => Err(KubeconfigError::Io {
                path: path.display().to_string(),
                source,
            }),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            cluster: "demo".parse().unwrap(),
            arn: "arn:aws:eks:us-east-2:123456789012:cluster/demo".to_owned(),
            endpoint: "https://e.example".to_owned(),
            authority: "QUJD".to_owned(),
            region: "us-east-2".parse().unwrap(),
            profile: Some("a b".parse().unwrap()),
            program: "/opt/lakehouse".to_owned(),
            mode: "docker".to_owned(),
            network: None,
        }
    }

    #[test]
    fn an_empty_file_becomes_a_kubeconfig_whose_context_is_current() {
        let text = merge("", &entry()).unwrap();
        let config: Value = serde_norway::from_str(&text).unwrap();
        assert_eq!(config["current-context"].as_str(), Some(entry().arn.as_str()));
        assert_eq!(config["clusters"][0]["cluster"]["server"], "https://e.example");
        let exec = &config["users"][0]["user"]["exec"];
        assert_eq!(exec["command"], "/opt/lakehouse");
        assert!(
            exec["args"]
                .as_sequence()
                .unwrap()
                .contains(&"--profile=a b".into())
        );
        assert_eq!(
            merge(&text, &entry()).unwrap(),
            text,
            "a second run changes nothing"
        );
    }

    #[test]
    fn what_is_somebody_elses_stays() {
        let theirs = "apiVersion: v1\nkind: Config\npreferences: {}\ncurrent-context: mine\nclusters:\n- name: mine\n  cluster:\n    server: https://m.example\n    insecure-skip-tls-verify: true\nusers:\n- name: mine\n  user:\n    token: '0123'\ncontexts:\n- name: mine\n  context:\n    cluster: mine\n    user: mine\n    namespace: x\nextra: [1, two]\n";
        let text = merge(theirs, &entry()).unwrap();
        let (old, new): (Value, Value) = (
            serde_norway::from_str(theirs).unwrap(),
            serde_norway::from_str(&text).unwrap(),
        );
        for key in ["preferences", "current-context", "extra"] {
            assert_eq!(old[key], new[key], "{key}");
        }
        for key in ["clusters", "users", "contexts"] {
            assert_eq!(old[key][0], new[key][0], "{key}");
            assert_eq!(new[key].as_sequence().unwrap().len(), 2, "{key}");
        }
    }

    #[test]
    fn what_is_no_kubeconfig_is_left_and_its_text_not_told() {
        let folder = tempfile::tempdir().unwrap();
        for (text, reason) in [
            ("[1, 2]", "it is no mapping"),
            ("kind: Secret\ntoken: hush", "its kind is not Config"),
            ("clusters: hush", "its clusters are no list"),
            ("a: b: hush", "line 1 is no YAML"),
        ] {
            let path = folder.path().join("config");
            fs::write(&path, text).unwrap();
            let error = write(&path, &entry()).unwrap_err().to_string();
            assert!(error.ends_with(reason), "{error}");
            assert!(!error.contains("hush"));
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn the_file_keeps_its_mode_and_a_lock_of_kubectl_is_respected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/config");
        assert!(write(&path, &entry()).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!write(&path, &entry()).unwrap());
        fs::write(folder.path().join("sub/config.lock"), "").unwrap();
        assert!(matches!(
            write(&path, &entry()),
            Err(KubeconfigError::Locked { .. })
        ));
    }

    #[test]
    fn kubectls_own_rule_names_the_file() {
        let home = Some(Path::new("/home/me"));
        assert_eq!(path(None, home), Some("/home/me/.kube/config".into()));
        assert_eq!(path(Some(""), home), Some("/home/me/.kube/config".into()));
        assert_eq!(path(Some(":/a:/b"), home), Some("/a".into()));
    }
}
