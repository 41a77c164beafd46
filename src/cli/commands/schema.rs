//! `lakehouse schema`: what a program needs to choose a command, make its command line and read its answer.
//!
//! Commands, flags and texts are clap's own, so that they can't differ from what the command line takes; what clap can't
//! know stands in `catalog`, the form of a value in `model::forms`.

mod catalog;
mod input;
mod output;

pub use catalog::{Entry, UNSTATED, entry};

use super::plain;
use super::plain::man::EXIT_STATUS;
use crate::cli::args::{Args, LATER_COMMANDS, SCHEMA_WORDS};
use crate::cli::argv;
use crate::cli::resolve::UsageError;
use crate::cli::run::{FAILED, SIGNALLED};
use crate::model::{BadInput, shown};
use crate::report::{Effect, EventLine, Report};
use clap::CommandFactory;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the schema is wanted of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Every report.
    Reports,
    /// The list of commands.
    Commands,
    /// One line of the event stream.
    Events,
    /// A command, or a group of commands.
    Command(Vec<String>),
}

impl Wanted {
    /// What these words name.
    ///
    /// # Errors
    /// [`UsageError`] with the words that there are.
    pub fn of(words: &[String]) -> Result<Self, UsageError> {
        match words.first().map(String::as_str) {
            None => return Ok(Self::Reports),
            Some("commands") if words.len() == 1 => return Ok(Self::Commands),
            Some("events") if words.len() == 1 => return Ok(Self::Events),
            Some(later) if LATER_COMMANDS.contains(&later) => return Err(argv::later("schema", later)),
            Some(_) => {}
        }
        let mut at = Args::command();
        for word in words {
            let Some(below) = at.find_subcommand(word) else {
                let known = at.get_subcommands().map(|known| known.get_name().to_owned());
                let own = SCHEMA_WORDS.iter().map(|&word| word.to_owned());
                let known: Vec<String> = known
                    .chain(own.filter(|_| at.get_name() == "lakehouse"))
                    .collect();
                let rule = match known.as_slice() {
                    [] => "one command and no word more".to_owned(),
                    words => format!("one of {}", words.join(", ")),
                };
                let why = BadInput::new(rule, "lakehouse schema preflight");
                return Err(UsageError::new(format!(
                    "schema {}: must be {}, for example {}",
                    shown(word),
                    why.rule,
                    why.example
                )));
            };
            at = below.clone();
        }
        Ok(Self::Command(words.to_vec()))
    }
}

/// Prints the schema.
#[must_use]
pub fn print(wanted: &Wanted) -> i32 {
    let text = match wanted {
        Wanted::Reports => serde_json::to_string_pretty(&schemars::schema_for!(Report)),
        Wanted::Events => serde_json::to_string_pretty(&EventLine::schema()),
        Wanted::Commands => serde_json::to_string_pretty(&list()),
        Wanted::Command(words) => serde_json::to_string_pretty(&documents(words)),
    };
    text.map_or(FAILED, |text| plain::print(&format!("{text}\n")))
}

/// A command that can be run, as a program reads of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
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
    order, a list as one word each.";

/// How else they can be given.
const VARIABLES: &str = "LAKEHOUSE_NAME in capitals with _ for -, for every flag but approve. Order of authority: flag, \
    variable, env file, AWS's own settings, default.";

/// One command's line in the list.
#[derive(Debug, Serialize)]
struct Listed {
    command: String,
    #[serde(flatten)]
    nature: Nature,
}

#[derive(Debug, Serialize)]
struct List<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    description: String,
    commands: Vec<T>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Documents {
    One(Box<Document>),
    Group(List<Document>),
}

/// All commands, to choose by.
fn list() -> List<Listed> {
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
fn documents(words: &[String]) -> Documents {
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
        input: input::schema(shape, leaf, entry.required),
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

/// The whole command line as clap sees it.
fn shape() -> clap::Command {
    let mut shape = Args::command();
    shape.build();
    shape
}

/// The commands at and below `at` that can be run, each with its words.
fn leaves<'a>(at: &'a clap::Command, words: &[String]) -> Vec<(Vec<String>, &'a clap::Command)> {
    if !at.has_subcommands() {
        return vec![(words.to_vec(), at)];
    }
    at.get_subcommands()
        .flat_map(|below| {
            let words: Vec<String> = words
                .iter()
                .cloned()
                .chain([below.get_name().to_owned()])
                .collect();
            leaves(below, &words)
        })
        .collect()
}

/// The words of every command that can be run.
#[must_use]
pub fn commands() -> Vec<Vec<String>> {
    leaves(&shape(), &[])
        .into_iter()
        .map(|(words, _)| words)
        .collect()
}
