//! The env file as other programs read it: sh, bash, dash, and Docker where no quotes are needed.

use lakehouse::model::env_file::EnvFile;
use lakehouse::render::env_file::{Written, read, write};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

fn uid() -> u32 {
    rustix::process::getuid().as_raw()
}

/// The variables that a shell has after `set -a; . FILE`.
fn by_shell(shell: &str, file: &Path) -> Option<BTreeMap<String, String>> {
    let out = Command::new(shell)
        .args(["-c", "set -a; . \"$0\"; env -0"])
        .arg(file)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .ok()?;
    assert!(
        out.status.success() && out.stderr.is_empty(),
        "{shell}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    let pair = |pair: &str| pair.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
    Some(
        String::from_utf8(out.stdout)
            .unwrap()
            .split('\0')
            .filter_map(pair)
            .collect(),
    )
}

/// What an AWS profile's name can be: anything but control characters, and much of it hostile.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,40}",
        "\\PC{0,20}",
        "[$`'\"\\\\;&|<>(){}*?~#! =a]{0,20}",
        Just("corp$(touch X)".to_owned()),
        Just("'\\''".to_owned()),
        "[a-zA-Z0-9_./:@%+,=-]{0,30}",
    ]
    .prop_filter("no line holds a control character", |text| {
        !text.chars().any(char::is_control)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shells_and_this_program_give_back_the_exact_bytes(values in prop::collection::vec(value(), 1..6)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lakehouse_x.env");
        let keys = ["AWS_PROFILE", "S3_BUCKET", "ROOT_DOMAIN", "CERT_ARN", "NODE_TYPE"];
        let pairs: Vec<(&str, String)> = keys.into_iter().zip(values).collect();
        prop_assert_eq!(write(&path, uid(), &pairs, false).unwrap(), Written::Written);
        prop_assert_eq!(write(&path, uid(), &pairs, false).unwrap(), Written::Unchanged);
        let own = read(&path, uid()).unwrap().unwrap();
        for (key, value) in &pairs {
            prop_assert_eq!(own.get(key).map_or("", |(value, _)| value), value.as_str());
        }
        for shell in ["sh", "bash", "dash"] {
            let Some(seen) = by_shell(shell, &path) else { continue };
            for (key, value) in &pairs {
                prop_assert_eq!(seen.get(*key), Some(value), "{}", shell);
            }
        }
        prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing ran, nothing is left");
    }

    #[test]
    fn what_is_accepted_is_what_a_shell_has(text in "(export )?K=[ -~]{0,12}") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        if let Ok(file) = EnvFile::parse(&text) {
            std::fs::write(&path, &text).unwrap();
            for shell in ["sh", "bash", "dash"] {
                let Some(seen) = by_shell(shell, &path) else { continue };
                let own = file.get("K").map_or("", |(value, _)| value);
                prop_assert_eq!(seen.get("K").map(String::as_str), Some(own), "{}: {}", shell, text);
            }
        }
    }

    #[test]
    fn plain_values_stand_bare_for_docker(value in "[a-zA-Z0-9_./:@%+,=-]{1,30}") {
        let file = EnvFile::default().merge(&[("K", value.clone())]).unwrap();
        prop_assert_eq!(file.render(), format!("K={value}\n"));
    }

    #[test]
    fn a_merge_keeps_every_line_of_the_user(
        lines in prop::collection::vec(prop_oneof![
            "#[ -~]{0,20}", Just(String::new()), "  # [a-z]{0,9}", "MY_[A-Z]{6}=[a-z0-9]{0,9}", "export OUR_[A-Z]{6}='[ -&(-~]{0,9}'",
        ], 0..8),
        value in value(),
    ) {
        let text = lines.join("\n") + if lines.is_empty() { "" } else { "\n" };
        if let Ok(file) = EnvFile::parse(&text) {
            let merged = file.merge(&[("CLUSTER_NAME", value)]).unwrap().render();
            let kept: Vec<&str> = merged.split_terminator('\n').take(lines.len()).collect();
            prop_assert_eq!(kept, lines);
        }
    }

    #[test]
    fn parsing_never_panics_and_gives_back_what_it_took(text in "\\PC{0,60}(\n\\PC{0,30}){0,4}\n") {
        if let Ok(file) = EnvFile::parse(&text) {
            prop_assert_eq!(file.render(), text);
        }
    }
}
