//! The toolbox's build context: the files of `docker/toolbox/`, compiled in, as one tar archive.

use crate::gateway::environment::Env;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../docker/toolbox/", $name)))),*]
    };
}

/// The files that the image is made of, by their path in the context.
const FILES: &[(&str, &[u8])] = files![
    "Dockerfile",
    "toolbox.lock.json",
    "registry/eksctl/go.mod",
    "registry/eksctl/go.sum",
    "registry/helm/go.mod",
    "registry/helm/go.sum",
    "registry/kubectl/go.mod",
    "registry/kubectl/go.sum",
];

/// The script that makes a base image where no image registry answers.
pub const BOOTSTRAP: &str = include_str!("../../../docker/toolbox/bootstrap-base.sh");

/// Variables that name the host's bundle of trusted certificates, in the order they are asked.
const CA_VARIABLES: [&str; 6] = [
    "LAKEHOUSE_CA_BUNDLE",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
];

/// Folders where an administrator adds certificates to a Linux system's own (update-ca-certificates(8),
/// update-ca-trust(8)).
const CA_FOLDERS: [&str; 2] = [
    "/usr/local/share/ca-certificates",
    "/etc/pki/ca-trust/source/anchors",
];

/// The most that a bundle may measure, in bytes; a whole system's is a quarter of a megabyte.
const CA_LIMIT: u64 = 4 * 1024 * 1024;

/// The certificates that this machine trusts beyond the usual ones, for builds and tools behind its proxy.
///
/// # Errors
/// When a bundle is named and can't be read.
pub fn host_ca(env: &Env) -> Result<Vec<u8>, String> {
    for name in CA_VARIABLES {
        if let Some(path) = env.get(OsStr::new(name)).filter(|path| !path.is_empty()) {
            return read_bundle(Path::new(path))
                .map_err(|error| format!("{name}={}: {error}", path.to_string_lossy()));
        }
    }
    let mut found: Vec<PathBuf> = CA_FOLDERS
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    let mut bundle = Vec::new();
    for path in found {
        bundle.extend(read_bundle(&path).unwrap_or_default());
        bundle.push(b'\n');
    }
    Ok(bundle)
}

fn read_bundle(path: &Path) -> std::io::Result<Vec<u8>> {
    let size = std::fs::metadata(path)?.len();
    if size > CA_LIMIT {
        return Err(std::io::Error::other(format!(
            "{size} bytes are too many for a bundle of certificates"
        )));
    }
    std::fs::read(path)
}

/// What the image's name hashes: everything that it is made of.
#[must_use]
pub fn fingerprint(source: &str, base: &str, arch: &str, ca: &[u8]) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for (name, bytes) in FILES {
        part(name.as_bytes());
        part(bytes);
    }
    for text in [source, base, arch] {
        part(text.as_bytes());
    }
    part(ca);
    hash.finalize()
        .iter()
        .take(8)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The context as a tar archive for `docker build -`; the same bytes for the same files.
///
/// # Errors
/// The archive writer's error.
pub fn archive(ca: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in FILES.iter().copied().chain([("host-ca.crt", ca)]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive.append_data(&mut header, name, bytes)?;
    }
    archive.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_that_a_build_needs_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker/toolbox");
        let dockerfile = std::fs::read_to_string(folder.join("Dockerfile")).unwrap();
        for word in dockerfile
            .lines()
            .filter(|line| line.starts_with("COPY ") && !line.contains("--from"))
        {
            let source = word.split_whitespace().nth(1).unwrap();
            let known = FILES.iter().any(|(name, _)| name.starts_with(source)) || source == "host-ca.crt";
            assert!(known, "{source} is not embedded");
        }
        for (name, _) in FILES {
            assert!(folder.join(name).is_file(), "{name}");
        }
    }

    #[test]
    fn each_part_changes_the_fingerprint() {
        let one = fingerprint("registry", "b", "amd64", b"ca");
        for other in [
            fingerprint("release", "b", "amd64", b"ca"),
            fingerprint("registry", "c", "amd64", b"ca"),
            fingerprint("registry", "b", "arm64", b"ca"),
            fingerprint("registry", "b", "amd64", b""),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn the_archive_is_the_same_each_time() {
        assert_eq!(archive(b"x").unwrap(), archive(b"x").unwrap());
    }

    #[test]
    fn a_named_bundle_that_is_not_there_is_an_error() {
        let env = Env::from([("SSL_CERT_FILE".into(), "/nowhere/ca.crt".into())]);
        assert!(
            host_ca(&env)
                .unwrap_err()
                .contains("SSL_CERT_FILE=/nowhere/ca.crt")
        );
    }
}
