//! The toolbox's build context: the files of `docker/toolbox/`, compiled in, as one tar archive.

use super::lock::RELEASE;
use super::release::Fetched;
use crate::gateway::environment::Env;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../docker/toolbox/", $name)))),*]
    };
}

/// The files that the image of package registries is made of, by their path in the context.
const REGISTRY_FILES: &[(&str, &[u8])] = files![
    "Dockerfile",
    "registry/eksctl/go.mod",
    "registry/eksctl/go.sum",
    "registry/helm/go.mod",
    "registry/helm/go.sum",
    "registry/kubectl/go.mod",
    "registry/kubectl/go.sum",
];

/// The files that the image of official downloads is made of; the downloads themselves stand in the lock.
const RELEASE_FILES: &[(&str, &[u8])] = &[(
    "Dockerfile",
    include_bytes!("../../../docker/toolbox/release.Dockerfile"),
)];

/// The files of a source. Each has its own, so that a change to one rebuilds no image of the other.
fn files_of(source: &str) -> &'static [(&'static str, &'static [u8])] {
    if source == RELEASE {
        RELEASE_FILES
    } else {
        REGISTRY_FILES
    }
}

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

/// What the image's name hashes: everything that it is made of. `locked` is the source's part of the lock.
#[must_use]
pub fn fingerprint(source: &str, locked: &str, base: &str, arch: &str, ca: &[u8]) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for (name, bytes) in files_of(source) {
        part(name.as_bytes());
        part(bytes);
    }
    for text in [source, locked, base, arch] {
        part(text.as_bytes());
    }
    part(ca);
    hash.finalize()
        .iter()
        .take(8)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Writes the context as a tar archive for `docker build -`, the downloads behind our own files; the same bytes for the
/// same files. Each download is hashed once more as it is read: what the builder gets is what the lock says.
///
/// # Errors
/// The archive writer's error, or that of a download that is not what it was.
pub fn archive(
    out: impl std::io::Write,
    source: &str,
    ca: &[u8],
    downloads: &[Fetched],
) -> std::io::Result<()> {
    let mut archive = tar::Builder::new(out);
    let header = |size: u64| {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o644);
        header.set_mtime(0);
        header
    };
    for (name, bytes) in files_of(source).iter().copied().chain([("host-ca.crt", ca)]) {
        archive.append_data(&mut header(bytes.len() as u64), name, bytes)?;
    }
    for file in downloads {
        let (size, mut reader) = file.open()?;
        archive.append_data(&mut header(size), file.name_in_context(), &mut reader)?;
        reader.verified()?;
    }
    archive.into_inner()?.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_that_a_build_needs_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker/toolbox");
        for source in ["registry", "release"] {
            let dockerfile = String::from_utf8(files_of(source)[0].1.to_vec()).unwrap();
            for word in dockerfile
                .lines()
                .filter(|line| line.starts_with("COPY ") && !line.contains("--from"))
            {
                let wanted = word.split_whitespace().nth(1).unwrap();
                let known = files_of(source).iter().any(|(name, _)| name.starts_with(wanted))
                    || wanted == "host-ca.crt"
                    || (source, wanted) == ("release", "release");
                assert!(known, "{wanted} is not embedded");
            }
            for (name, _) in files_of(source) {
                assert!(folder.join(name).is_file(), "{name}");
            }
        }
    }

    #[test]
    fn both_dockerfiles_begin_and_end_alike() {
        let [one, other] =
            ["registry", "release"].map(|source| std::str::from_utf8(files_of(source)[0].1).unwrap());
        let first = |text: &'static str| {
            let stage = &text[text.find("ARG BASE_IMAGE").unwrap()..];
            stage.split("\n\n\n").next().unwrap()
        };
        let last = |text: &'static str| &text[text.find("# `kill` is only a builtin").unwrap()..];
        assert_eq!(first(one), first(other));
        assert_eq!(last(one), last(other));
        assert!(
            first(one).contains("update-ca-certificates") && last(one).contains("lakehouse-step: verify")
        );
    }

    #[test]
    fn each_part_changes_the_fingerprint() {
        let one = fingerprint("registry", "l", "b", "amd64", b"ca");
        for other in [
            fingerprint("release", "l", "b", "amd64", b"ca"),
            fingerprint("registry", "m", "b", "amd64", b"ca"),
            fingerprint("registry", "l", "c", "amd64", b"ca"),
            fingerprint("registry", "l", "b", "arm64", b"ca"),
            fingerprint("registry", "l", "b", "amd64", b""),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn the_archive_is_the_same_each_time() {
        let packed = || {
            let mut bytes = Vec::new();
            archive(&mut bytes, "registry", b"x", &[]).unwrap();
            bytes
        };
        assert_eq!(packed(), packed());
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
