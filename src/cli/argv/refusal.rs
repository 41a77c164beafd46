//! clap's errors as one line: flag, value, rule, and a value or a suggestion that would do.

use super::{Parsed, near};
use crate::cli::args::{ACTIONS, LATER_COMMANDS};
use crate::cli::resolve::{UsageError, rule_of};
use crate::model::{BadInput, shown};
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The commands that a user is told of.
const COMMANDS: &str =
    "preflight, install, toolbox, evidence, explain, policy, schema, kube-token, completions, man";

/// What stands behind `toolbox` and `evidence`, with a line that would do.
const BELOW: [(&str, &str, &str); 2] = [
    (
        "toolbox",
        "one of build, verify, info, shell, prune",
        "lakehouse toolbox info",
    ),
    (
        "evidence",
        "one of list, show, verify, export",
        "lakehouse evidence list",
    ),
];

/// Help and version are no errors; all else is.
pub(super) fn explain(error: &clap::Error) -> Result<Parsed, UsageError> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Parsed::Print(error.render().to_string())),
        _ => failed(error),
    }
}

/// A flag that stands without its value.
pub(super) fn missing(flag: &str) -> UsageError {
    match rule_of(flag.trim_start_matches('-')) {
        Some(why) => UsageError::value(flag, "", &why),
        None => UsageError::new(format!("{flag} \"\": must be a value that is not empty")),
    }
}

/// A word behind a switch that is no value of it.
pub(super) fn no_value_of(flag: &str, word: &str) -> UsageError {
    let why = rule_of(flag.trim_start_matches('-')).unwrap_or_else(|| BadInput::new("true or false", "true"));
    UsageError::value(flag, word, &why)
}

/// The error as one line.
pub(super) fn failed<T>(error: &clap::Error) -> Result<T, UsageError> {
    // clap names a flag with its form, `--exec <WHERE>`; the flag alone is what the user wrote.
    let argument = context(error, ContextKind::InvalidArg);
    let flag = argument.split([' ', '=', '[']).next().unwrap_or_default();
    let value = context(error, ContextKind::InvalidValue);
    Err(match error.kind() {
        ErrorKind::InvalidSubcommand => unknown_command(error),
        ErrorKind::UnknownArgument => unknown_argument(error, &argument),
        ErrorKind::InvalidValue | ErrorKind::NoEquals if value.is_empty() && flag.starts_with("--") => {
            missing(flag)
        }
        ErrorKind::InvalidValue => {
            let words = context(error, ContextKind::ValidValue);
            let place = if flag.starts_with("--") { flag } else { "shell" };
            let first = words.split(", ").next().unwrap_or_default().to_owned();
            let likely = context(error, ContextKind::SuggestedValue);
            let why = rule_of(place.trim_start_matches('-'))
                .unwrap_or_else(|| BadInput::new(format!("one of {words}"), first));
            let example = if likely.is_empty() { why.example } else { likely };
            UsageError::value(place, &value, &BadInput::new(why.rule, example))
        }
        ErrorKind::ArgumentConflict => UsageError::new(format!("{flag} is given twice: give it once")),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let (name, rule, example) = below(&error.render().to_string()).unwrap_or(BELOW[0]);
            UsageError::new(format!(
                "{name}: must be followed by {rule}, for example {example}"
            ))
        }
        ErrorKind::MissingRequiredArgument if argument.contains("RUN") => UsageError::new(
            "RUN is missing: must be a run's ID as lakehouse evidence list shows it, the beginning of one, or latest, for \
             example lakehouse evidence verify latest",
        ),
        ErrorKind::MissingRequiredArgument => UsageError::new(
            "completions: must be followed by one of bash, elvish, fish, powershell, zsh, for example lakehouse \
             completions bash",
        ),
        _ => first_line(error),
    })
}

/// A command that the contract has and this version has not.
pub(in crate::cli) fn later(place: &str, name: &str) -> UsageError {
    UsageError::new(format!(
        "{place} {}: comes with a later version; now there are {COMMANDS}",
        shown(name)
    ))
}

fn unknown_command(error: &clap::Error) -> UsageError {
    let name = context(error, ContextKind::InvalidSubcommand);
    if LATER_COMMANDS.contains(&name.as_str()) {
        return later("command", &name);
    }
    let all = format!("one of {COMMANDS}");
    let (_, rule, example) =
        below(&context(error, ContextKind::Usage)).unwrap_or(("", &all, "lakehouse preflight"));
    let likely = context(error, ContextKind::SuggestedSubcommand);
    let text = format!("unknown command {}: must be {rule}", shown(&name));
    if likely.is_empty() {
        return UsageError::new(format!("{text}, for example {example}"));
    }
    UsageError::new(format!("{text}; did you mean {likely}?"))
}

/// The command that clap's usage line is about, of those that take a second word.
fn below(usage: &str) -> Option<(&'static str, &'static str, &'static str)> {
    BELOW
        .into_iter()
        .find(|(name, ..)| usage.contains(&format!("lakehouse {name}")))
}

fn unknown_argument(error: &clap::Error, argument: &str) -> UsageError {
    if !argument.starts_with('-') {
        return UsageError::new(format!(
            "unexpected word {}: one command is taken, for example lakehouse {}; text with spaces must be in quotes",
            shown(argument),
            ACTIONS[0]
        ));
    }
    let guess = context(error, ContextKind::SuggestedArg);
    let guess = guess.split([' ', '[', '=']).next().unwrap_or_default();
    let likely = likely_flag(argument, guess);
    if likely.is_empty() {
        return UsageError::new(format!(
            "unknown flag {}: lakehouse --help lists the flags",
            shown(argument)
        ));
    }
    UsageError::new(format!(
        "unknown flag {}: did you mean {likely}?",
        shown(argument)
    ))
}

/// What an unknown flag was meant to be: one that other programs have, or clap's guess where it is near. clap guesses
/// `--exec` for `--x`.
fn likely_flag<'a>(argument: &str, guess: &'a str) -> &'a str {
    let (word, known) = (argument.trim_start_matches('-'), guess.trim_start_matches('-'));
    let word = word.split('=').next().unwrap_or_default();
    match word {
        "verbose" | "debug" | "trace" => "--log-level debug",
        "json" => "--output json",
        "silent" => "--quiet",
        "yes" => "--approve",
        "dry-run" => "lakehouse preflight",
        _ if near::is_slip(word, known) || (word.len() >= 3 && known.starts_with(word)) => guess,
        _ => "",
    }
}

/// What clap says of a case that has no line of its own.
fn first_line(error: &clap::Error) -> UsageError {
    let text = error.render().to_string();
    let line = text.lines().next().unwrap_or_default();
    UsageError::new(format!(
        "{}: lakehouse --help tells more",
        line.trim_start_matches("error: ")
    ))
}

fn context(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    }
}
