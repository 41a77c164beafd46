use super::{Written, read, write};
use crate::model::env_file::Differing;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

fn uid() -> u32 {
    rustix::process::getuid().as_raw()
}

fn pairs(cluster: &str) -> Vec<(&'static str, String)> {
    vec![
        ("CLUSTER_NAME", cluster.to_owned()),
        ("AWS_PROFILE", "corp$(touch X)'s".to_owned()),
    ]
}

#[test]
fn written_unchanged_exists_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lakehouse_ingext.env");
    assert_eq!(write(&path, uid(), &pairs("a"), false).unwrap(), Written::Written);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        write(&path, uid(), &pairs("a"), false).unwrap(),
        Written::Unchanged
    );
    let before = fs::read(&path).unwrap();
    assert_eq!(
        write(&path, uid(), &pairs("b"), false).unwrap(),
        Written::Exists(vec![Differing {
            key: "CLUSTER_NAME".into(),
            file: "a".into(),
            run: "b".into()
        }])
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(write(&path, uid(), &pairs("b"), true).unwrap(), Written::Written);
    let file = read(&path, uid()).unwrap().unwrap();
    assert_eq!(file.get("AWS_PROFILE"), Some(("corp$(touch X)'s", 2)));
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing is left beside the file");
}

#[test]
fn new_keys_are_added_to_the_users_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.env");
    fs::write(&path, "# mine\nMY=1\nCLUSTER_NAME=a # note\n").unwrap();
    assert_eq!(write(&path, uid(), &pairs("a"), false).unwrap(), Written::Written);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "# mine\nMY=1\nCLUSTER_NAME=a # note\nAWS_PROFILE='corp$(touch X)'\\''s'\n"
    );
}

fn refused(path: &Path, uid: u32, word: &str) {
    let error = read(path, uid).unwrap_err().to_string();
    assert!(
        error.contains(word) && error.contains(&*path.to_string_lossy()),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1);
    assert!(write(path, uid, &pairs("a"), true).is_err());
}

#[test]
fn what_is_no_env_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert_eq!(read(&at("absent"), uid()), Ok(None));
    fs::create_dir(at("dir")).unwrap();
    refused(&at("dir"), uid(), "folder");
    refused(Path::new("/dev/zero"), uid(), "device");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    refused(&at("fifo"), uid(), "pipe");
    fs::write(at("large"), "#".repeat(70_000)).unwrap();
    refused(&at("large"), uid(), "larger");
    fs::write(at("latin"), b"A=1\nB=\xe4\n").unwrap();
    refused(&at("latin"), uid(), "latin:2: ");
    fs::write(at("bad"), "A=1\nreboot\n").unwrap();
    refused(&at("bad"), uid(), "bad:2: ");
    symlink(at("nowhere"), at("dangling")).unwrap();
    refused(&at("dangling"), uid(), "nowhere");
}

#[test]
fn a_link_is_read_and_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "CLUSTER_NAME=a\n").unwrap();
    symlink(&file, &link).unwrap();
    assert!(read(&link, uid()).unwrap().is_some());
    assert!(
        write(&link, uid(), &pairs("b"), true)
            .unwrap_err()
            .to_string()
            .contains("symbolic link")
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "CLUSTER_NAME=a\n");
    let same = [("CLUSTER_NAME", "a".to_owned())];
    assert_eq!(write(&link, uid(), &same, false).unwrap(), Written::Unchanged);
    let other = [("CLUSTER_NAME", "b".to_owned())];
    assert!(matches!(
        write(&link, uid(), &other, false).unwrap(),
        Written::Exists(_)
    ));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn runs_at_once_all_end_with_the_file_that_they_want() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.env");
        let start = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    let written = write(&path, uid(), &pairs("a"), false).unwrap();
                    assert!(matches!(written, Written::Written | Written::Unchanged));
                });
            }
        });
        let file = read(&path, uid()).unwrap().unwrap();
        assert_eq!(file.get("CLUSTER_NAME"), Some(("a", 1)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_wide_file_becomes_the_users_alone_also_where_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.env");
    write(&path, uid(), &pairs("a"), false).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(
        write(&path, uid(), &pairs("a"), false).unwrap(),
        Written::Unchanged
    );
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_a_killed_run_left_goes_with_the_next_write() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let long_ago = SystemTime::now() - Duration::from_secs(120);
    for name in [
        ".lakehouse-env-AbC123",
        ".lakehouse-env-notes.txt",
        ".lakehouse-env-",
    ] {
        let file = fs::File::create(at(name)).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    fs::write(at(".lakehouse-env-XyZ789"), "a run that is writing now").unwrap();
    fs::create_dir(at(".lakehouse-env-folder")).unwrap();
    write(&at("x.env"), uid(), &pairs("a"), false).unwrap();
    assert!(!at(".lakehouse-env-AbC123").exists());
    for kept in [
        ".lakehouse-env-XyZ789",
        ".lakehouse-env-notes.txt",
        ".lakehouse-env-",
        ".lakehouse-env-folder",
    ] {
        assert!(at(kept).exists(), "{kept}");
    }
}

#[test]
fn another_users_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs");
    fs::write(&path, "A=1\n").unwrap();
    if uid() == 0 {
        std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
        refused(&path, 0, "another user (uid 12345)");
    } else {
        refused(&path, uid() + 1, "another user");
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(write(&folder.path().join("no/x.env"), uid(), &pairs("a"), false).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_unreadable_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked");
    fs::write(&path, "A=1\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything: there the file is simply read.
    if uid() != 0 {
        refused(&path, uid(), "could not be read");
    }
}
