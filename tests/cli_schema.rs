//! `lakehouse schema`: what a program reads of a command is what the command line takes and gives.

mod common;

use clap::CommandFactory;
use common::fake::{Fake, PREFLIGHT};
use common::{World, close};
use jsonschema::Validator;
use lakehouse::cli::args::Args;
use lakehouse::cli::commands::schema::{commands, entry};
use lakehouse::cli::resolve::{self, Action, form_of, rule_of, takes};
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::ffi::OsString;

/// Flags that the schema leaves out: they are no input.
const LEFT_OUT: [&str; 3] = ["action", "help", "version"];

#[track_caller]
fn schema(words: &[&str]) -> Value {
    let args: Vec<&str> = std::iter::once("schema").chain(words.iter().copied()).collect();
    let run = World::new().run(&args);
    serde_json::from_str(&run.expect(0).stdout).unwrap()
}

#[track_caller]
fn document(words: &[String]) -> Value {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    schema(&words)
}

fn shape() -> clap::Command {
    let mut shape = Args::command();
    shape.build();
    shape
}

fn flags() -> Vec<String> {
    let shape = shape();
    let flags = shape
        .get_arguments()
        .filter_map(|arg| arg.get_long().map(str::to_owned));
    flags.filter(|flag| !LEFT_OUT.contains(&flag.as_str())).collect()
}

fn property(flag: &str) -> Validator {
    let document = schema(&["preflight"]);
    jsonschema::validator_for(&document["input"]["properties"][flag]).unwrap()
}

#[test]
fn every_command_says_what_it_may_change_and_how_it_is_typed() {
    for words in commands() {
        let name = words.join(" ");
        assert_eq!(
            entry(&words).words,
            name,
            "{name}: add it to ENTRIES in src/cli/commands/schema/catalog.rs"
        );
        let document = document(&words);
        assert_eq!(document["command"], name);
        // Enough to choose by: what it does, and what it changes or needs.
        assert!(
            document["description"].as_str().unwrap().len() > 120,
            "{name}: a doc comment of two paragraphs"
        );
        let shape = shape();
        for group in entry(&words).groups {
            let known = shape
                .get_arguments()
                .any(|arg| arg.get_help_heading() == Some(group));
            assert!(known, "{name}: the help has no heading {group}");
        }
        for flag in entry(&words).flags.iter().chain(entry(&words).required) {
            let own = at(&words).get_arguments().any(|arg| arg.get_long() == Some(flag));
            assert!(own || flags().contains(&(*flag).to_owned()), "{name}: {flag}");
        }
        for key in ["account", "engine", "machine"] {
            assert!(document["changes"][key].is_string(), "{name}: {key}");
        }
        assert!(
            document["exitCodes"]["0"].is_string() || name == "install",
            "{name}"
        );
        assert!(!document["examples"].as_array().unwrap().is_empty(), "{name}");
        for part in ["input", "output"] {
            assert!(jsonschema::meta::is_valid(&document[part]), "{name}: {part}");
        }
    }
    let list = schema(&["commands"]);
    let listed = list["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["command"].as_str().unwrap().to_owned());
    let known: Vec<String> = commands().iter().map(|words| words.join(" ")).collect();
    assert_eq!(listed.collect::<Vec<_>>(), known);
    assert_eq!(schema(&["toolbox"])["commands"].as_array().unwrap().len(), 5);
}

/// The command of these words, as clap has it.
fn at(words: &[String]) -> clap::Command {
    let mut at = shape();
    for word in words {
        at = at.find_subcommand(word).unwrap().clone();
    }
    at
}

#[test]
fn every_flag_of_the_command_line_is_an_input_of_every_command() {
    for words in commands() {
        let document = document(&words);
        let own = at(&words);
        let own = own.get_arguments().map(|arg| {
            arg.get_long()
                .map_or_else(|| arg.get_id().to_string(), str::to_owned)
        });
        let mut known: Vec<String> = flags().into_iter().chain(own).collect();
        known.sort();
        known.dedup();
        // The command's name goes before its flags, and help is no input.
        known.retain(|name| name != "action" && name != "help");
        let said: Vec<&String> = document["input"]["properties"]
            .as_object()
            .unwrap()
            .keys()
            .collect();
        assert_eq!(said, known.iter().collect::<Vec<_>>(), "{words:?}");
        assert_eq!(document["input"]["additionalProperties"], false);
        let effect = |name: &str| document["input"]["properties"][name].get("x-noEffect").is_none();
        assert_eq!(
            effect("events"),
            entry(&words).groups.contains(&"Output"),
            "{words:?}"
        );
        assert_eq!(
            effect("bucket"),
            ["preflight", "install", "policy"].contains(&words.join(" ").as_str())
        );
        for (name, property) in document["input"]["properties"].as_object().unwrap() {
            let text = property["description"].as_str().unwrap();
            assert!(text.len() > 5 && text.ends_with('.'), "{name}: {text}");
            let ruled = rule_of(name).is_some();
            let free = ruled && property["type"] == "string" && property.get("enum").is_none();
            assert_eq!(
                free,
                property.get("pattern").is_some(),
                "{name}: a text has a pattern or words: {property}"
            );
        }
    }
}

/// The object that a command line stands for.
fn object(words: &[String], line: &[String], positionals: &Value) -> Value {
    let mut object = Map::new();
    let mut rest = line.iter().skip(1 + words.len());
    let mut plain = Vec::new();
    for word in rest.by_ref() {
        let Some((name, value)) = word.strip_prefix("--").and_then(|flag| flag.split_once('=')) else {
            plain.push(Value::from(word.as_str()));
            continue;
        };
        // An approval is `true` or a digest: text, either way.
        let value = match name {
            "approve" => Value::from(value),
            _ => serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)),
        };
        object.insert(name.to_owned(), value);
    }
    if let (Some(name), false) = (positionals[0].as_str(), plain.is_empty()) {
        let value = if name == "command" {
            plain.into()
        } else {
            plain.remove(0)
        };
        object.insert(name.to_owned(), value);
    }
    object.into()
}

fn world() -> resolve::World {
    let mut world = resolve::World {
        cwd: std::env::temp_dir(),
        ..resolve::World::default()
    };
    world
        .env
        .insert("AWS_REGION".to_owned(), OsString::from("us-east-2"));
    world
}

#[test]
fn the_examples_are_taken_by_the_command_line_and_by_the_schema() {
    for words in commands() {
        let document = document(&words);
        let input = jsonschema::validator_for(&document["input"]).unwrap();
        let examples: Vec<Vec<String>> = serde_json::from_value(document["examples"].clone()).unwrap();
        for line in examples {
            assert_eq!(line[1..=words.len()], words[..], "{line:?}");
            let parsed = resolve::read(line.iter().map(OsString::from), &world());
            // A profile of this machine's own files is no part of the example.
            let missing_profile = parsed
                .as_ref()
                .is_err_and(|error| error.to_string().contains("profile"));
            assert!(parsed.is_ok() || missing_profile, "{line:?}: {parsed:?}");
            let object = object(&words, &line, &document["argv"]["positionals"]);
            let errors: Vec<String> = input
                .iter_errors(&object)
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{line:?}: {errors:?}");
        }
    }
    let input = jsonschema::validator_for(&schema(&["preflight"])["input"]).unwrap();
    for wrong in [
        serde_json::json!({}),
        serde_json::json!({ "root-domain": "example.com", "misspelt": 1 }),
        serde_json::json!({ "root-domain": "example.com", "node-count": 0 }),
        serde_json::json!({ "root-domain": "example.com", "exec": "podman" }),
        serde_json::json!({ "root-domain": "example.com", "read-only": "yes" }),
    ] {
        assert!(!input.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn the_defaults_are_those_of_a_run() {
    let document = schema(&["preflight"]);
    let default = |name: &str| document["input"]["properties"][name]["default"].clone();
    let line = ["lakehouse", "preflight", "--namespace", "none-here"].map(OsString::from);
    let read = resolve::read(line, &world()).unwrap();
    let Action::Preflight(settings) = read.action else {
        panic!("preflight")
    };
    let options = read.options;
    assert_eq!(default("cluster"), settings.cluster.value.as_str());
    assert_eq!(default("node-type"), settings.node_type.value.as_str());
    assert_eq!(default("node-count"), settings.node_count.value.get());
    assert_eq!(default("has-billing"), settings.has_billing.value);
    assert_eq!(default("has-admin"), settings.has_admin.value);
    assert_eq!(default("has-dns"), settings.has_dns.value);
    assert_eq!(default("write-env"), settings.write_env);
    assert_eq!(default("overwrite-env"), settings.overwrite_env);
    assert_eq!(default("dns-check"), settings.dns_check);
    assert_eq!(default("read-only"), options.read_only.value);
    assert_eq!(default("quiet"), options.quiet);
    assert_eq!(default("color"), options.color.value.name());
    assert_eq!(default("log-level"), options.log_level.value.name());
    assert!(options.toolbox_source.is_none());
    assert_eq!(default("namespace"), "ingext");
    // Explained in words, since no value says it.
    for name in [
        "profile",
        "region",
        "bucket",
        "domain",
        "exec",
        "output",
        "output-env",
        "toolbox-source",
    ] {
        assert_eq!(default(name), Value::Null, "{name}");
    }
}

#[test]
fn a_preflights_report_is_what_its_output_schema_says() {
    let report = Fake::ready().world.run(&PREFLIGHT).expect(0).report();
    let mut output = schema(&["preflight"])["output"].take();
    assert!(output["properties"].get("toolbox").is_none() && output["$defs"].get("ToolboxReport").is_none());
    close(&mut output);
    assert!(jsonschema::validator_for(&output).unwrap().is_valid(&report));
    let mut other = schema(&["toolbox", "info"])["output"].take();
    close(&mut other);
    assert!(!jsonschema::validator_for(&other).unwrap().is_valid(&report));
}

#[test]
fn a_word_that_is_no_command_is_answered_with_those_that_are() {
    let world = World::new();
    for (args, said) in [
        (
            &["schema", "nonsense"][..],
            "must be one of preflight, install, toolbox, evidence, explain, policy, schema",
        ),
        (
            &["schema", "toolbox", "nonsense"],
            "must be one of build, verify, info, shell, prune",
        ),
        (&["schema", "man", "more"], "must be one command and no word more"),
        (&["schema", "events", "more"], "must be one of"),
    ] {
        let run = world.run(args);
        run.expect(2);
        assert!(
            run.stderr.contains(said) && run.stdout.is_empty(),
            "{args:?}: {}",
            run.stderr
        );
    }
    for args in [&["schema", "--quiet", "events"][..], &["--action", "schema"]] {
        world.run(args).expect(0);
    }
}

/// A text that is near a flag's example: the example with one piece put in, taken out or doubled.
fn near(example: &str) -> impl Strategy<Value = String> + use<> {
    let chars: Vec<char> = example.chars().collect();
    let length = chars.len();
    (0..=length, 0..=length, "[ -~]{0,3}|[a-z0-9.-]{0,70}|\\PC{0,2}").prop_map(move |(from, to, piece)| {
        let (from, to) = (from.min(to), from.max(to));
        let text = |chars: &[char]| chars.iter().collect::<String>();
        format!("{}{piece}{}", text(&chars[..from]), text(&chars[to..]))
    })
}

#[test]
fn a_pattern_takes_what_the_flag_takes() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 600,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let document = schema(&["preflight"]);
    for flag in flags() {
        let Some(form) = form_of(&flag).filter(|_| flag != "output-env") else {
            continue;
        };
        let validator = property(&flag);
        let examples = document["input"]["properties"][&flag]["examples"].clone();
        let example = examples[0].as_str().unwrap();
        assert!(takes(&flag, example), "--{flag} {example}");
        let texts = prop_oneof![
            near(example),
            "[a-z0-9.-]{0,70}",
            "[A-Za-z0-9._:/@-]{1,30}",
            "\\PC{0,12}",
            "[0-9hms]{1,6}"
        ];
        let held = runner.run(&texts, |text| {
            let (taken, fits) = (
                takes(&flag, &text),
                validator.is_valid(&Value::from(text.as_str())),
            );
            prop_assert!(
                fits || !taken,
                "--{flag} takes {text:?}, and its pattern does not"
            );
            prop_assert!(
                taken || !fits || !form.exact,
                "--{flag} refuses {text:?}, and its pattern does not"
            );
            Ok(())
        });
        if let Err(error) = held {
            panic!("{error}");
        }
    }
}

#[test]
fn a_pattern_refuses_what_breaks_a_rule() {
    for (flag, bad) in [
        ("bucket", "xn--abc"),
        ("bucket", "192.168.5.4"),
        ("bucket", "a..b"),
        ("bucket", "abc-an"),
        ("namespace", "kube-system"),
        ("cluster", "a;b"),
        ("cluster", "a\n"),
        ("region", "us-east-0"),
        ("node-type", "T3.large"),
        ("toolbox-network", "host"),
        ("toolbox-image", "toolbox:latest"),
        ("timeout", "soon"),
        ("approve", "yes"),
        ("root-domain", "example"),
        ("profile", "a]b"),
        ("events", "a\nb"),
    ] {
        assert!(!property(flag).is_valid(&Value::from(bad)), "--{flag} {bad:?}");
    }
}
