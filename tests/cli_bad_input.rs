//! The "Bad input": every flag answers every kind of it with one line, and nothing is written.

mod cli_world;

use cli_world::TestWorld;
use cli_world::bad_values::{HOSTILE, LONG, TABLE};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

fn world() -> TestWorld {
    TestWorld::new().var("AWS_REGION", "us-east-2")
}

#[test]
fn every_flag_refuses_in_one_line_with_value_rule_and_example() {
    let world = world();
    for (flag, rule, example, own) in TABLE {
        for bad in HOSTILE.iter().chain(*own) {
            let joined = format!("{flag}={bad}");
            let mut words = vec!["preflight", joined.as_str()];
            if *flag == "--domain" {
                words.extend(["--root-domain", "example.com"]);
            }
            let line = world.refused(&words);
            assert!(line.starts_with(&format!("{flag} \"")), "{joined:?}: {line}");
            assert!(
                line.contains("must be") && line.contains(rule) && line.contains(example),
                "{joined:?}: {line}"
            );
            if bad.len() < 50 && bad.chars().all(|c| c.is_ascii_alphanumeric()) {
                assert!(line.contains(bad), "{line}");
            }
        }
    }
    assert_eq!(
        std::fs::read_dir(&world.world.cwd).unwrap().count(),
        0,
        "nothing is written"
    );
}

#[test]
fn the_same_by_variable_and_with_the_value_as_a_word() {
    for (flag, _, _, own) in TABLE {
        for bad in own.iter().filter(|bad| !bad.starts_with('1') && **bad != "true") {
            if *flag == "--action" || *flag == "--domain" {
                continue;
            }
            let name = format!("LAKEHOUSE_{}", flag[2..].replace('-', "_").to_uppercase());
            let line = world().var(&name, bad).refused(&["preflight"]);
            assert!(line.starts_with(&format!("{name} \"")), "{line}");
            if !matches!(*flag, "--has-billing" | "--write-env" | "--read-only") {
                let line = world().refused(&[flag, bad]);
                assert!(line.starts_with(&format!("{flag} \"")), "{line}");
            }
        }
    }
}

#[test]
fn profiles_may_hold_anything_but_control_characters_and_brackets() {
    for good in ["corp$(touch X)", "my corp", "o'neill", "a\"b", "a;b"] {
        assert_eq!(
            world()
                .settings(&["--profile", good])
                .profile
                .unwrap()
                .value
                .as_str(),
            good
        );
    }
    for bad in ["", "a\nb", "a]b", "\u{1b}[2J", LONG] {
        let line = world().refused(&[&format!("--profile={bad}")]);
        assert!(
            line.starts_with("--profile \"") && line.ends_with("for example default"),
            "{line}"
        );
    }
}

#[test]
fn paths_of_env_files() {
    for bad in ["", "a\nb", "no/such/folder.env", "x/", LONG] {
        let line = world().refused(&[&format!("--output-env={bad}")]);
        assert!(
            line.starts_with("--output-env \"") && line.contains("lakehouse_ingext.env"),
            "{line}"
        );
    }
}

#[test]
fn words_that_are_no_text() {
    let world = world();
    for word in [
        OsString::from_vec(b"--bucket=\xff\xfe".to_vec()),
        OsString::from("--bucket=a\0b"),
    ] {
        let argv = [OsString::from("lakehouse"), word];
        let line = lakehouse::cli::resolve::read(argv, &world.world)
            .unwrap_err()
            .to_string();
        assert!(
            line.contains("must be text") && !line.contains(|c: char| c.is_control()),
            "{line}"
        );
    }
    let mut world = world;
    world
        .world
        .env
        .insert("LAKEHOUSE_BUCKET".into(), OsString::from_vec(vec![0xff]));
    assert!(world.refused(&[]).starts_with("LAKEHOUSE_BUCKET"));
}

#[test]
fn bad_flags_are_bad_for_commands_that_have_no_use_for_them() {
    for command in [
        &["schema"][..],
        &["man"],
        &["completions", "bash"],
        &["toolbox", "info"],
    ] {
        for bad in [
            "--node-count=0",
            "--bucket=A",
            "--root-domain=x",
            "--timeout=1",
            "--profile=a]",
        ] {
            let line = TestWorld::new().refused(&[command, &[bad]].concat());
            assert!(line.starts_with(bad.split('=').next().unwrap()), "{line}");
        }
    }
}
