//! The whole program where its surroundings are unusual: runs at once, links, a folder that is gone.

mod common;

use common::fake::{Fake, PREFLIGHT};
use common::{World, blockers, close};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::Duration;

const FILE: &str = "work/lakehouse_ingext.env";

#[test]
fn a_found_certificate_is_looked_for_again_and_a_named_one_is_kept() {
    let fake = Fake::ready();
    let report = fake.world.run(&PREFLIGHT).expect(0).report();
    let arn = report["preflight"]["evidence"]["certArn"].as_str().unwrap();
    assert!(report["preflight"]["env"].get("CERT_ARN").is_none());
    let text = fs::read_to_string(fake.world.path(FILE)).unwrap();
    assert!(!text.contains("CERT_ARN"), "{text}");
    let named: Vec<&str> = PREFLIGHT.iter().copied().chain(["--cert-arn", arn]).collect();
    fake.world.run(&named).expect(0);
    let text = fs::read_to_string(fake.world.path(FILE)).unwrap();
    assert!(text.contains(&format!("CERT_ARN={arn}\n")), "{text}");
}

#[test]
fn equal_runs_at_once_do_not_block_each_other() {
    let fake = Fake::ready();
    let runs: Vec<_> = (0..8).map(|_| fake.world.start(&PREFLIGHT)).collect();
    for run in runs {
        let (status, out, err) = run.wait(Duration::from_secs(60));
        assert_eq!(status.code(), Some(0), "{out}\n{err}");
    }
}

#[test]
fn a_linked_env_file_that_says_the_same_is_no_obstacle() {
    let fake = Fake::ready();
    fake.world.run(&PREFLIGHT).expect(0);
    let (file, kept) = (fake.world.path(FILE), fake.world.path("kept.env"));
    fs::rename(&file, &kept).unwrap();
    symlink(&kept, &file).unwrap();
    fake.world.run(&PREFLIGHT).expect(0);
    fs::write(&kept, "ROOT_DOMAIN=example.com\n").unwrap();
    let report = fake.world.run(&PREFLIGHT).expect(3).report();
    assert_eq!(blockers(&report), ["ENV_FILE_NOT_WRITTEN"]);
    assert_eq!(fs::read_to_string(&kept).unwrap(), "ROOT_DOMAIN=example.com\n");
}

#[test]
fn other_values_are_named_with_both_values() {
    let fake = Fake::ready();
    fs::write(
        fake.world.path(FILE),
        "CLUSTER_NAME=a\nNODE_COUNT=2\nAWS_REGION=us-east-2\n",
    )
    .unwrap();
    let other: Vec<&str> = PREFLIGHT.iter().copied().chain(["--cluster", "b"]).collect();
    let report = fake.world.run(&other).expect(3).report();
    let message = report["preflight"]["blockers"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("CLUSTER_NAME (file: a, this run: b) and"),
        "{message}"
    );
}

#[test]
fn what_only_prints_needs_no_folder() {
    let world = World::new();
    for (args, code) in [
        (&["--version"][..], 0),
        (&["--help"], 0),
        (&["schema"], 0),
        (&["man"], 0),
        (&["completions", "bash"], 0),
        (&["preflight", "--root-domain", "example.com"], 2),
        (&["toolbox", "info"], 2),
    ] {
        let gone = world.path("gone");
        fs::create_dir(&gone).unwrap();
        let out = Command::new("sh")
            .args(["-c", "cd \"$1\"; rmdir \"$1\"; shift; exec \"$@\"", "sh"])
            .arg(&gone)
            .arg(env!("CARGO_BIN_EXE_lakehouse"))
            .args(args)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", world.path("home"))
            .env("AWS_REGION", "us-east-2")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{args:?}: {said}");
        assert_eq!(out.stdout.is_empty(), code == 2, "{args:?}");
        assert_eq!(said.contains("current folder can't be used"), code == 2, "{said}");
    }
}

#[test]
fn the_manual_page_is_rendered_without_a_warning() {
    let world = World::new();
    let page = world.path("lakehouse.1");
    fs::write(&page, world.run(&["man"]).expect(0).stdout.as_bytes()).unwrap();
    // Where no groff is, the page's own test has to do.
    let Ok(groff) = which::which("groff") else { return };
    let out = Command::new(groff)
        .args(["-man", "-ww", "-Tutf8"])
        .arg(&page)
        .output()
        .unwrap();
    assert!(
        out.status.success() && out.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

#[test]
fn the_help_names_the_flags_that_have_no_variable() {
    let mut world = World::new();
    world.set("LAKEHOUSE_ACTION", "nonsense");
    let help = world.run(&["--help"]).expect(0).stdout.replace('\n', " ");
    assert!(help.contains("(but --action, --approve and --for)"), "{help}");
    world.run(&["schema"]).expect(0);
}

#[test]
fn a_misspelt_key_of_a_report_is_caught() {
    let fake = Fake::ready();
    let mut report = fake.world.run(&PREFLIGHT).expect(0).report();
    let mut schema = serde_json::from_str(&fake.world.run(&["schema"]).stdout).unwrap();
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&report));
    for place in [
        "/preflight",
        "/preflight/evidence",
        "/preflight/checks/0",
        "/run",
        "/run/exec",
    ] {
        let object = report.pointer_mut(place).unwrap().as_object_mut().unwrap();
        object.insert("misspelt".into(), true.into());
        assert!(!validator.is_valid(&report), "{place}");
        report
            .pointer_mut(place)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove("misspelt");
    }
    report["preflight"]["env"]["ANY_KEY"] = "fits".into();
    assert!(validator.is_valid(&report));
}
