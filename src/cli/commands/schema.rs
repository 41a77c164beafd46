//! `lakehouse schema`: what a program needs to choose a command, make its command line and read its answer.
//!
//! Commands, flags and texts are clap's own, so that they can't differ from what the command line takes; what clap can't
//! know stands in `catalog`, the form of a value in `model::forms`.

mod catalog;
mod document;
mod input;
mod output;

pub use catalog::{Entry, UNSTATED, entry};

use super::plain;
use crate::cli::args::{Args, LATER_COMMANDS, SCHEMA_WORDS};
use crate::cli::argv;
use crate::cli::resolve::UsageError;
use crate::cli::run::FAILED;
use crate::model::{BadInput, shown};
use crate::report::{EventLine, Report};
use clap::CommandFactory;

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
        Wanted::Commands => serde_json::to_string_pretty(&document::list()),
        Wanted::Command(words) => serde_json::to_string_pretty(&document::documents(words)),
    };
    text.map_or(FAILED, |text| plain::print(&format!("{text}\n")))
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
