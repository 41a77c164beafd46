//! From the words of the command line to a checked form: a pure pre-pass, then clap.
//!
//! The pre-pass does what clap can't: a switch takes a following word only if it is exactly `true` or `false`
//! (for `--approve` also a digest) and refuses one that can't be a command either, a flag given before and after
//! the command counts as given twice, and every word is text.

mod near;
mod refusal;

pub(super) use near::is_slip;
pub(super) use refusal::later;

use super::args::{Args, Command, LATER_COMMANDS, SCHEMA_WORDS};
use super::resolve::UsageError;
use crate::model::{Approve, shown};
use clap::{CommandFactory, FromArgMatches};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

/// The command line as it was understood.
#[derive(Clone, Debug)]
pub enum Parsed {
    /// Something to do.
    Run {
        /// The command, if one was named without `--action`.
        command: Option<Command>,
        /// The flags that were given and their text, by name without `--`.
        flags: BTreeMap<String, String>,
    },
    /// Help or version, for stdout.
    Print(String),
}

/// Parses the command line; `argv` begins with the program's name.
///
/// # Errors
/// [`UsageError`] for whatever is not as the help says.
pub fn parse(argv: impl IntoIterator<Item = OsString>) -> Result<Parsed, UsageError> {
    let mut shape = Args::command();
    shape.build();
    let words = prepare(argv.into_iter().skip(1), &Flags::of(&shape))?;
    let whole = std::iter::once("lakehouse".to_owned()).chain(words);
    let matches = match shape.clone().try_get_matches_from(whole) {
        Ok(matches) => matches,
        Err(error) => return refusal::explain(&error),
    };
    let line = Args::from_arg_matches(&matches).or_else(|error| refusal::failed(&error))?;
    let mut flags = BTreeMap::new();
    for arg in shape.get_arguments() {
        let value = matches
            .try_get_one::<String>(arg.get_id().as_str())
            .ok()
            .flatten();
        if let (Some(long), Some(value)) = (arg.get_long(), value) {
            flags.insert(long.to_owned(), value.clone());
        }
    }
    Ok(Parsed::Run {
        command: line.command,
        flags,
    })
}

/// The flags that there are, by what may follow them.
pub struct Flags {
    valued: BTreeSet<String>,
    switches: BTreeSet<String>,
    /// Words that can stand by themselves: commands, and what follows them.
    words: BTreeSet<String>,
}

impl Flags {
    /// The flags of a command line's shape.
    #[must_use]
    pub fn of(shape: &clap::Command) -> Self {
        let (mut valued, mut switches) = (BTreeSet::new(), BTreeSet::new());
        for arg in shape.get_arguments() {
            let Some(long) = arg.get_long() else { continue };
            if arg.is_require_equals_set() {
                switches.insert(format!("--{long}"));
            } else if arg.get_action().takes_values() {
                valued.insert(format!("--{long}"));
            }
        }
        let mut words: BTreeSet<String> = LATER_COMMANDS.map(str::to_owned).into();
        words.extend(SCHEMA_WORDS.map(str::to_owned));
        collect(shape, &mut words, &mut valued);
        Self {
            valued,
            switches,
            words,
        }
    }

    /// Whether `word` is one of a command line, or meant to be: a slip in a command is answered with the command.
    fn is_word(&self, word: &str) -> bool {
        self.words.contains(word) || self.words.iter().any(|known| near::is_slip(word, known))
    }
}

/// Joins each flag with its value (`--flag=value`), so that no value can be taken for anything else.
///
/// # Errors
/// [`UsageError`] for a word that is not UTF-8, an empty value and a flag that is given twice.
pub fn prepare(words: impl IntoIterator<Item = OsString>, flags: &Flags) -> Result<Vec<String>, UsageError> {
    let words: Vec<String> = words.into_iter().map(text).collect::<Result<_, _>>()?;
    let mut out = Vec::with_capacity(words.len());
    let mut seen = BTreeSet::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            out.push(word);
            out.extend(words);
            break;
        }
        if word.is_empty() {
            return Err(UsageError::new(
                "an empty word stands on the command line: leave it out",
            ));
        }
        let (flag, mut value) = match word.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (word.clone(), None),
        };
        let (valued, switch) = (flags.valued.contains(&flag), flags.switches.contains(&flag));
        if !valued && !switch {
            out.push(word);
            continue;
        }
        if value.is_none() {
            value = words.next_if(|next| {
                if valued {
                    is_value(next)
                } else {
                    is_switch_value(&flag, next)
                }
            });
        }
        if value.as_deref() == Some("") {
            return Err(refusal::missing(&flag));
        }
        // A word that nothing else could be was meant for the switch: its own rule says what would do.
        if switch
            && value.is_none()
            && !out.iter().any(|word| FREE_WORDS.contains(&word.as_str()))
            && let Some(next) = words.next_if(|next| !next.starts_with('-') && !flags.is_word(next))
        {
            return Err(refusal::no_value_of(&flag, &next));
        }
        if !seen.insert(flag.clone()) {
            return Err(UsageError::new(format!("{flag} is given twice: give it once")));
        }
        out.push(match value {
            Some(value) => format!("{flag}={value}"),
            None => flag,
        });
    }
    Ok(out)
}

/// Commands whose words can be anything: behind them, a word after a switch is theirs.
const FREE_WORDS: [&str; 2] = ["evidence", "explain"];

/// The names of the commands below `shape`, the words that they take, and the flags of their own.
fn collect(shape: &clap::Command, words: &mut BTreeSet<String>, valued: &mut BTreeSet<String>) {
    for command in shape.get_subcommands() {
        words.insert(command.get_name().to_owned());
        for arg in command.get_positionals() {
            let possible = arg.get_possible_values();
            words.extend(possible.iter().map(|value| value.get_name().to_owned()));
        }
        let own = command
            .get_arguments()
            .filter(|arg| arg.get_action().takes_values());
        let own = own.filter(|arg| !arg.is_require_equals_set() && !arg.is_global_set());
        valued.extend(own.filter_map(|arg| Some(format!("--{}", arg.get_long()?))));
        collect(command, words, valued);
    }
}

fn text(word: OsString) -> Result<String, UsageError> {
    let word = word.into_string().map_err(|word| {
        UsageError::new(format!(
            "{} is not UTF-8: the command line must be text",
            shown(&word.to_string_lossy())
        ))
    })?;
    // No system passes one on, a caller of this function may.
    if word.contains('\0') {
        return Err(UsageError::new(format!(
            "{} holds NUL: the command line must be text",
            shown(&word)
        )));
    }
    Ok(word)
}

/// A value may begin with one `-` (`-1` is then answered by the flag's own rule); a word with two is a flag.
fn is_value(word: &str) -> bool {
    !word.starts_with("--") && !matches!(word, "-h" | "-V")
}

fn is_switch_value(flag: &str, word: &str) -> bool {
    matches!(word, "true" | "false") || (flag == "--approve" && Approve::is_digest(word))
}
