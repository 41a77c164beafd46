//! `scripts/update-toolbox` against a server of our own: what was published moves the lock, anything else leaves it as it
//! was, byte by byte.

mod common;

use common::files::{Answer, FileServer, Release, sha256};
use lakehouse::gateway::docker::lock::Lock;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A copy of the lock, and a server with our release and its checksums.
struct Update {
    folder: tempfile::TempDir,
    release: Release,
    server: FileServer,
    user: &'static str,
}

impl Update {
    fn new() -> Self {
        let release = Release::new();
        let server = FileServer::of(&release);
        let mut eksctl = String::new();
        for ((tool, arch), file) in &release.files {
            let hash = sha256(&file.bytes);
            let name = file.path.rsplit('/').next().unwrap();
            match tool.as_str() {
                "eksctl" => {
                    let other = "0".repeat(64);
                    let _ = write!(eksctl, "{hash}  {name}\n{other}  eksctl_Darwin_{arch}.tar.gz\n");
                }
                "helm" => {
                    let text = format!("{hash}  {name}\n");
                    server.set(&format!("{}.sha256sum", file.path), Answer::Whole(text.into()));
                }
                "kubectl" => {
                    server.set(&format!("{}.sha256", file.path), Answer::Whole(hash.into()));
                }
                _ => {}
            }
        }
        let sums = "eksctl-io/eksctl/releases/download/v0.99.2/eksctl_checksums.txt";
        server.set(sums, Answer::Whole(eksctl.into()));
        let folder = tempfile::tempdir().unwrap();
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/docker/toolbox/toolbox.lock.json");
        std::fs::copy(lock, folder.path().join("lock.json")).unwrap();
        Self {
            folder,
            release,
            server,
            user: "",
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("lock.json")
    }

    fn lock(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new("python3");
        command
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/update-toolbox"))
            .args(args)
            .arg("--lock")
            .arg(self.path())
            .env_clear()
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("TMPDIR", self.folder.path());
        for name in ["PATH", "HOME"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        for tool in ["AWS", "EKSCTL", "HELM", "KUBECTL"] {
            let url = format!("http://{}{}/", self.user, self.server.address);
            command.env(format!("LAKEHOUSE_TOOLBOX_MIRROR_{tool}"), url);
        }
        command.output().unwrap()
    }

    /// The words of an update that must change nothing.
    #[track_caller]
    fn refused(&self, args: &[&str], code: i32) -> String {
        let before = self.lock();
        let output = self.run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(!said.contains("Traceback"), "{said}");
        assert_eq!(self.lock(), before);
        assert_eq!(
            std::fs::read_dir(self.folder.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        said
    }

    #[track_caller]
    fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
        Lock::read(&self.lock()).unwrap();
        String::from_utf8(output.stdout).unwrap() + &said
    }
}

const THREE: [&str; 3] = ["eksctl=0.99.2", "helm=3.99.3", "kubectl=1.99.4"];

#[test]
fn what_is_published_moves_the_lock_and_nothing_else_in_it() {
    let update = Update::new();
    let before = Lock::read(&update.lock()).unwrap();
    let said = update.done(&THREE);
    assert!(
        said.contains("-          \"version\": \"1.34.11\"")
            && said.contains("+          \"version\": \"1.99.4\""),
        "{said}"
    );
    let after = Lock::read(&update.lock()).unwrap();
    assert_eq!(
        after.sources["registry"].normalized(),
        before.sources["registry"].normalized()
    );
    let tools = &after.sources["release"].tools;
    assert_eq!(
        tools["aws"].version,
        before.sources["release"].tools["aws"].version
    );
    for ((tool, arch), file) in &update.release.files {
        if tool != "aws" {
            let locked = &tools[tool].files[arch];
            assert_eq!((&locked.path, &locked.sha256), (&file.path, &sha256(&file.bytes)));
            assert!(tools[tool].provenance.as_ref().unwrap().contains("held against"));
        }
    }
    // Once more: the same versions are downloaded, and found to be the lock's.
    let asked = update.server.asked().len();
    assert!(update.done(&THREE).contains("has these versions already"));
    assert!(update.server.asked().len() > asked);
}

#[test]
fn a_file_that_its_published_checksum_does_not_name_changes_nothing() {
    for (tool, word) in [
        ("kubectl", "kubectl=1.99.4"),
        ("helm", "helm=3.99.3"),
        ("eksctl", "eksctl=0.99.2"),
    ] {
        let update = Update::new();
        // Of the second processor only: the first was right.
        update.server.set(
            update.release.path(tool, "arm64"),
            Answer::Whole(b"another".to_vec()),
        );
        let said = update.refused(&[word], 1);
        assert!(
            said.contains(tool)
                && said.contains(&sha256(b"another"))
                && said.contains("the lock is as it was"),
            "{said}"
        );
    }
}

#[test]
fn what_is_cut_missing_or_elsewhere_changes_nothing() {
    let update = Update::new();
    let path = update.release.path("kubectl", "amd64").to_owned();
    for (answer, words) in [
        (Answer::Cut(b"half".to_vec(), 4000), "was cut after 4 bytes"),
        (Answer::CutChunks(b"half".to_vec()), "was cut after"),
        (Answer::Status(404), "HTTP status 404"),
        (Answer::HangUp, "did not answer"),
        (
            Answer::Redirect("https://evil.example/kubectl".into()),
            "sends to evil.example",
        ),
        (
            Answer::Redirect("file:///etc/passwd".into()),
            "no host of this tool's",
        ),
        (
            Answer::Redirect(format!("/{path}")),
            "from one address to the next",
        ),
    ] {
        update.server.set(&path, answer.clone());
        // helm is right, and is not written either.
        let said = update.refused(&["helm=3.99.3", "kubectl=1.99.4"], 1);
        assert!(
            said.contains("kubectl: ") && said.contains(words),
            "{answer:?}: {said}"
        );
    }
    let update = Update::new();
    update.server.set(
        &format!("{path}.sha256"),
        Answer::Whole(b"<html>not found</html>".to_vec()),
    );
    assert!(update.refused(&["kubectl=1.99.4"], 1).contains("has no SHA-256"));
}

#[test]
fn aws_needs_a_key_or_a_word() {
    let update = Update::new();
    let said = update.refused(&["aws=2.99.1"], 1);
    assert!(
        said.contains("--aws-key FILE") && said.contains("--trust-first-download aws"),
        "{said}"
    );
    update.done(&["aws=2.99.1", "--trust-first-download", "aws"]);
    assert!(update.lock().contains("trusted at the first download"));
    // Once locked it is held against the lock, and never replaced under the same version.
    update.done(&["aws=2.99.1"]);
    update.server.set(
        update.release.path("aws", "amd64"),
        Answer::Whole(b"another".to_vec()),
    );
    let said = update.refused(&["aws=2.99.1", "--trust-first-download", "aws"], 1);
    assert!(said.contains("for this very version"), "{said}");
}

#[test]
fn awss_signature_is_held_against_the_key_that_was_named() {
    if which::which("gpg").is_err() {
        eprintln!("gpg is not installed: skipped");
        return;
    }
    let update = Update::new();
    let home = tempfile::tempdir().unwrap();
    let gpg = |args: &[&str]| {
        let output = Command::new("gpg")
            .args([
                "--batch",
                "--no-tty",
                "--quiet",
                "--passphrase",
                "",
                "--pinentry-mode",
                "loopback",
                "--homedir",
            ])
            .arg(home.path())
            .args(args)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    };
    gpg(&["--quick-gen-key", "tester@a.example", "ed25519", "sign", "never"]);
    let key = home.path().join("key.asc");
    std::fs::write(&key, gpg(&["--armor", "--export"])).unwrap();
    let key = key.to_str().unwrap();
    for arch in ["amd64", "arm64"] {
        let file = &update.release.files[&("aws".to_owned(), arch.to_owned())];
        let path = home.path().join(arch);
        std::fs::write(&path, &file.bytes).unwrap();
        let signature = gpg(&["--detach-sign", "--output", "-", path.to_str().unwrap()]);
        update
            .server
            .set(&format!("{}.sig", file.path), Answer::Whole(signature));
    }
    let right = update.release.files[&("aws".to_owned(), "amd64".to_owned())].clone();
    update.server.set(&right.path, Answer::Whole(b"another".to_vec()));
    let said = update.refused(&["aws=2.99.1", "--aws-key", key], 1);
    assert!(
        said.contains("the signature of awscli-exe-linux-x86_64-2.99.1.zip is not one of the key"),
        "{said}"
    );
    update.server.set(&right.path, Answer::Whole(right.bytes));
    let said = update.refused(&["aws=2.99.1", "--aws-key", "/nowhere/key"], 1);
    assert!(said.contains("is no public key"), "{said}");
    let said = update.done(&["aws=2.99.1", "--aws-key", key]);
    assert!(
        said.contains("signed by") && said.contains("not AWS's known one"),
        "{said}"
    );
}

#[test]
fn without_versions_the_lock_is_held_against_its_hosts() {
    let update = Update::new();
    std::fs::write(
        update.path(),
        serde_json::to_string(&update.release.lock()).unwrap(),
    )
    .unwrap();
    let before = update.lock();
    assert!(update.done(&[]).contains("every file is the one of the lock"));
    assert_eq!(update.lock(), before);
    update.server.set(
        update.release.path("aws", "arm64"),
        Answer::Whole(b"another".to_vec()),
    );
    assert!(update.refused(&[], 1).contains("aws: "));
}

#[test]
fn a_mirrors_password_is_sent_and_not_shown() {
    let mut update = Update::new();
    update.user = "me:pass-word@";
    update
        .server
        .set(update.release.path("helm", "amd64"), Answer::Status(401));
    let said = update.refused(&["helm=3.99.3"], 1);
    assert!(!said.contains("pass-word") && !said.contains("me:"), "{said}");
    assert!(
        update.server.asked()[0].ends_with(" Basic bWU6cGFzcy13b3Jk"),
        "{:?}",
        update.server.asked()
    );
}

#[test]
fn what_is_typed_wrongly_is_wrong_usage() {
    let update = Update::new();
    for word in [
        "jq=1.8.2",
        "kubectl",
        "kubectl=v1.34.12",
        "kubectl=1.34",
        "kubectl=../1.2.3",
    ] {
        let said = update.refused(&[word], 2);
        assert!(
            said.contains("for example kubectl=") || said.contains("three numbers"),
            "{said}"
        );
    }
    assert!(
        update
            .refused(&["helm=3.99.3", "helm=3.99.4"], 2)
            .contains("two versions")
    );
    assert_eq!(update.server.asked(), Vec::<String>::new());
}
