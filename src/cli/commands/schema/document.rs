//! What a program reads of a command, as one JSON document.

use super::catalog::Entry;
use super::{entry, input, leaves, output, shape};
use crate::cli::commands::plain::man::EXIT_STATUS;
use crate::cli::run::SIGNALLED;
use crate::report::Effect;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A command that can be run, as a program reads of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    /// The words of the command, for example `toolbox build`.
    command: String,
    #[serde(flatten)]
    nature: Nature,
    /// How a command line is made of `input`.
    argv: Argv,
    input: Value,
    output: Value,
    exit_codes: BTreeMap<String, &'static str>,
    /// Command lines that can be taken as they are.
    examples: Vec<Vec<&'static str>>,
}

/// What to choose by.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Nature {
    description: String,
    /// `write` is what `--read-only` refuses.
    effect: Effect,
    /// What it may change, by place.
    changes: BTreeMap<&'static str, &'static str>,
    needs_approval: bool,
}

#[derive(Debug, Serialize)]
struct Argv {
    words: Vec<String>,
    positionals: Vec<String>,
    flags: &'static str,
    variables: &'static str,
}

/// How flags are typed.
const FLAGS: &str = "A property NAME of `input` with the value V is the one word --NAME=V, a switch --NAME=true or \
    --NAME=false, anywhere behind `lakehouse`; pass words without a shell. Positionals follow the command's words in \
    order, a list as one word each. Flags with x-noEffect are taken and change nothing for this command.";

/// How else they can be given.
const VARIABLES: &str = "LAKEHOUSE_NAME in capitals with _ for -, for every flag but approve. Order of authority: flag, \
    variable, env file, AWS's own settings, default. What `input` requires may come from there too.";

/// One command's line in the list.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    command: String,
    #[serde(flatten)]
    nature: Nature,
}

/// Several commands.
#[derive(Debug, Serialize)]
pub(super) struct List<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    description: String,
    commands: Vec<T>,
}

/// One command's document, or those of a group.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Documents {
    One(Box<Document>),
    Group(List<Document>),
}

/// All commands, to choose by.
pub(super) fn list() -> List<Listed> {
    let shape = shape();
    let listed = leaves(&shape, &[]).into_iter().map(|(words, leaf)| Listed {
        command: words.join(" "),
        nature: nature(leaf, &entry(&words)),
    });
    List {
        command: None,
        description: "The commands of lakehouse. `lakehouse schema COMMAND` has each one's input, output, exit codes and \
            examples. Without a command, lakehouse does what install does."
            .to_owned(),
        commands: listed.collect(),
    }
}

/// One command's document, or those of a group.
pub(super) fn documents(words: &[String]) -> Documents {
    let shape = shape();
    let mut at = &shape;
    for word in words {
        at = at.find_subcommand(word).unwrap_or(at);
    }
    let found = leaves(at, words)
        .into_iter()
        .map(|(words, leaf)| document(&shape, &words, leaf));
    let mut found: Vec<Document> = found.collect();
    let one = if found.len() == 1 && !at.has_subcommands() {
        found.pop()
    } else {
        None
    };
    match one {
        Some(document) => Documents::One(Box::new(document)),
        None => Documents::Group(List {
            command: Some(words.join(" ")),
            description: description(at),
            commands: found,
        }),
    }
}

fn document(shape: &clap::Command, words: &[String], leaf: &clap::Command) -> Document {
    let entry = entry(words);
    let positionals = leaf
        .get_positionals()
        .map(|arg| arg.get_id().to_string())
        .collect();
    let whole = std::iter::once("lakehouse".to_owned()).chain(words.iter().cloned());
    Document {
        command: words.join(" "),
        nature: nature(leaf, &entry),
        argv: Argv {
            words: whole.collect(),
            positionals,
            flags: FLAGS,
            variables: VARIABLES,
        },
        input: input::schema(shape, leaf, &entry),
        output: output::schema(&entry.output),
        exit_codes: exit_codes(&entry),
        examples: entry
            .examples
            .iter()
            .map(|line| line.split(' ').collect())
            .collect(),
    }
}

fn nature(command: &clap::Command, entry: &Entry) -> Nature {
    Nature {
        description: description(command),
        effect: entry.effect,
        changes: [
            ("account", entry.account),
            ("engine", entry.engine),
            ("machine", entry.machine),
        ]
        .into(),
        needs_approval: entry.needs_approval,
    }
}

/// The help's text, whole.
fn description(command: &clap::Command) -> String {
    let text = command.get_long_about().or_else(|| command.get_about());
    text.map(ToString::to_string).unwrap_or_default()
}

fn exit_codes(entry: &Entry) -> BTreeMap<String, &'static str> {
    let stated = EXIT_STATUS
        .iter()
        .filter(|(code, _)| code.parse().is_ok_and(|code| entry.codes.contains(&code)))
        .map(|(code, text)| ((*code).to_owned(), *text));
    let signals = [
        (signal_hook::consts::SIGHUP, "Interrupted by SIGHUP."),
        (signal_hook::consts::SIGINT, "Interrupted by SIGINT (Ctrl-C)."),
        (signal_hook::consts::SIGTERM, "Interrupted by SIGTERM."),
    ];
    let signals = signals.map(|(signal, text)| ((SIGNALLED + signal).to_string(), text));
    stated
        .chain(signals.into_iter().filter(|_| entry.codes.contains(&SIGNALLED)))
        .collect()
}
