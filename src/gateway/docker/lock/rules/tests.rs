//! Locks that were edited by hand.

use crate::gateway::docker::lock::{LOCK, Lock};
use serde_json::{Value, json};

/// The refusal of the lock after `edit`.
fn refused(edit: impl FnOnce(&mut Value)) -> String {
    let mut lock: Value = serde_json::from_str(LOCK).unwrap();
    edit(&mut lock);
    Lock::read(&lock.to_string()).unwrap_err()
}

/// The refusal after setting one field, by its pointer.
fn with(pointer: &str, value: &Value) -> String {
    refused(|lock| *lock.pointer_mut(pointer).unwrap() = value.clone())
}

#[test]
fn the_lock_of_this_version_keeps_its_rules() {
    let lock = Lock::compiled_in().unwrap();
    for name in ["registry", "release"] {
        let source = lock.source(name).unwrap();
        let tools: Vec<&str> = source.tools.keys().map(String::as_str).collect();
        assert_eq!(tools, ["aws", "eksctl", "helm", "kubectl"]);
    }
}

#[test]
fn a_value_edited_by_hand_is_refused_by_file_tool_field_and_rule() {
    let kubectl = "/sources/release/tools/kubectl";
    for (field, value, rule) in [
        ("version", json!("1.34"), "version: must be three numbers"),
        ("version", json!("v1.34.11"), "version: must be three numbers"),
        (
            "version",
            json!("1.34.12"),
            "files.amd64.path: must name the version 1.34.12",
        ),
        (
            "version",
            json!("1.34.1"),
            "files.amd64.path: must name the version 1.34.1,",
        ),
        (
            "files/amd64/sha256",
            json!("abc"),
            "files.amd64.sha256: must be 64 lower-case",
        ),
        (
            "files/arm64/sha256",
            json!("A".repeat(64)),
            "files.arm64.sha256: must be 64 lower-case",
        ),
        (
            "files/arm64/path",
            json!("/etc/1.34.11"),
            "files.arm64.path: must be a path below",
        ),
        (
            "files/arm64/path",
            json!("../1.34.11"),
            "files.arm64.path: must be a path below",
        ),
        (
            "files/arm64/path",
            json!("https://x/1.34.11"),
            "files.arm64.path: must be a path below",
        ),
        ("url", json!("http://dl.k8s.io/"), "url: must be an https URL"),
        ("url", json!("https://dl.k8s.io"), "url: must be an https URL"),
        (
            "url",
            json!("https://me:word@dl.k8s.io/"),
            "url: must be an https URL",
        ),
        ("url", json!("https://dl.k8s.io/?x"), "url: must be an https URL"),
        (
            "redirectsTo",
            json!(["https://x.test/"]),
            "redirectsTo: must be host names",
        ),
    ] {
        let why = with(&format!("{kubectl}/{field}"), &value);
        let wanted = format!("docker/toolbox/toolbox.lock.json: sources.release.tools.kubectl.{rule}");
        assert!(why.starts_with(&wanted), "{field}={value}: {why}");
    }
}

#[test]
fn other_fields_have_their_rules_too() {
    for (pointer, value, rule) in [
        ("/schemaVersion", json!(2), "schemaVersion: must be 1"),
        (
            "/sources/release/base/digest",
            json!("sha256:12"),
            "sources.release.base.digest: must be",
        ),
        (
            "/sources/registry/base/image",
            json!("debian"),
            "sources.registry.base.image: must be NAME:TAG",
        ),
        (
            "/sources/registry/base/suite",
            json!("-x"),
            "sources.registry.base.suite: must be",
        ),
        (
            "/sources/release/architectures",
            json!(["amd64"]),
            "sources.release.architectures: must be",
        ),
        (
            "/sources/registry/tools/aws/package",
            json!("awscli=2.23.7-1"),
            "sources.registry.tools.aws.package: must begin",
        ),
        (
            "/sources/registry/tools/helm/module",
            json!("a b"),
            "sources.registry.tools.helm.module: must be",
        ),
        (
            "/sources/registry/tools/helm/version",
            json!("3"),
            "sources.registry.tools.helm.version: must be",
        ),
    ] {
        let why = with(pointer, &value);
        assert!(why.contains(rule), "{pointer}={value}: {why}");
    }
}

#[test]
fn what_is_missing_or_too_much_is_refused() {
    let remove = |pointer: &str, key: &str| {
        let (pointer, key) = (pointer.to_owned(), key.to_owned());
        refused(move |lock| {
            lock.pointer_mut(&pointer)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove(&key);
        })
    };
    let release = "/sources/release/tools";
    assert!(remove(release, "aws").contains("sources.release.tools: must be aws, eksctl, helm and kubectl"));
    assert!(remove(&format!("{release}/helm/files"), "arm64").contains("tools.helm.files: must have"));
    assert!(remove(&format!("{release}/helm"), "url").contains("tools.helm.url: must be"));
    assert!(remove(&format!("{release}/helm/files/amd64"), "sha256").contains("missing field `sha256`"));
    assert!(remove("/sources", "release").contains("sources: must have `release`"));
    let more = refused(|lock| lock["sources"]["release"]["tools"]["aws"]["sha512"] = json!("x"));
    assert!(more.contains("unknown field `sha512`"), "{more}");
    assert!(
        Lock::read("{")
            .unwrap_err()
            .starts_with("docker/toolbox/toolbox.lock.json: ")
    );
}

#[test]
fn a_comment_changes_no_image_and_a_hash_does() {
    let lock = Lock::compiled_in().unwrap();
    let source = lock.source("release").unwrap();
    let mut other = source.clone();
    other.tools.get_mut("aws").unwrap().provenance = Some("somewhere else".into());
    assert_eq!(source.normalized(), other.normalized());
    other
        .tools
        .get_mut("aws")
        .unwrap()
        .files
        .get_mut("arm64")
        .unwrap()
        .sha256 = "0".repeat(64);
    assert_ne!(source.normalized(), other.normalized());
    assert!(source.normalized().starts_with("{\"base\":"));
}
