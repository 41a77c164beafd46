//! From what was typed, set and written to the checked inputs of one run.
//!
//! Order of authority: flag, `LAKEHOUSE_…` variable, env file, AWS's own settings, default. Plain
//! `CLUSTER_NAME`, `NAMESPACE` and the like in the environment are not read.

mod aws_chain;
mod aws_config;
mod env_file;
mod identity;
mod lookup;
mod made;
mod options;
mod rules;
mod settings;
mod sso_token;
mod usage;
mod world;

pub use rules::rule_of;
pub use usage::UsageError;
pub use world::World;

use super::args::{Command, LATER_COMMANDS, ToolboxAction};
use super::argv::{self, Parsed};
use crate::model::{AwsProfileFacts, Profile, Region, RunOptions, Settings, Sourced};
use clap_complete::Shell;
use lookup::Lookup;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// What a run was asked to do, every input checked.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What to do, with what it is about.
    pub action: Action,
    /// How to do it.
    pub options: RunOptions,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Action {
    /// No command: preflight, then the install's gate.
    Default(Box<Settings>),
    /// Preflight alone.
    Preflight(Box<Settings>),
    /// The install.
    Install(Box<Settings>),
    /// The toolbox image; profile and region as flags and variables have them, for its shell.
    Toolbox {
        /// What to do with the image.
        action: ToolboxAction,
        /// The profile, if one was given.
        profile: Option<Sourced<Profile>>,
        /// The region, if one was given.
        region: Option<Sourced<Region>>,
        /// What the AWS files say of the profile; nothing but for the shell, which acts by it.
        facts: Box<AwsProfileFacts>,
    },
    /// Print the JSON Schema.
    Schema,
    /// Print a shell's completions.
    Completions(Shell),
    /// Print the manual page.
    Man,
    /// Print this text: help or version.
    Print(String),
}

impl Action {
    /// The command's name as the report has it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Default(_) => "default",
            Self::Preflight(_) => "preflight",
            Self::Install(_) => "install",
            Self::Toolbox { .. } => "toolbox",
            Self::Schema => "schema",
            Self::Completions(_) => "completions",
            Self::Man => "man",
            Self::Print(_) => "help",
        }
    }
}

/// Reads a command line (`argv` begins with the program's name) in its world.
///
/// # Errors
/// [`UsageError`]: exit 2 and this one line on stderr.
pub fn read(argv: impl IntoIterator<Item = OsString>, world: &World) -> Result<Invocation, UsageError> {
    let (command, flags) = match argv::parse(argv)? {
        Parsed::Run { command, flags } => (command, flags),
        Parsed::Print(text) => {
            let (nothing, empty) = (World::default(), BTreeMap::new());
            let lookup = Lookup {
                flags: &empty,
                world: &nothing,
                file: None,
            };
            return Ok(Invocation {
                action: Action::Print(text),
                options: options::options(&lookup)?,
            });
        }
    };
    let command = the_command(command, flags.get("action").map(String::as_str))?;
    // What was typed comes first: a missing region is no answer to a name that can't be.
    let nothing = World::default();
    settings::check_flags(&Lookup {
        flags: &flags,
        world: &nothing,
        file: None,
    })?;
    let mut lookup = Lookup {
        flags: &flags,
        world,
        file: None,
    };
    let action = match command {
        None => Action::Default(Box::new(settings::settings(&mut lookup)?)),
        Some(Command::Preflight) => Action::Preflight(Box::new(settings::settings(&mut lookup)?)),
        Some(Command::Install) => Action::Install(Box::new(settings::settings(&mut lookup)?)),
        Some(other) => without_account(other, &lookup)?,
    };
    // After the settings: these read the env file's LAKEHOUSE_READ_ONLY and LAKEHOUSE_OUTPUT.
    Ok(Invocation {
        action,
        options: options::options(&lookup)?,
    })
}

/// Commands that ask AWS nothing: no env file is read, and AWS's files only for the toolbox's shell.
fn without_account(command: Command, lookup: &Lookup<'_>) -> Result<Action, UsageError> {
    Ok(match command {
        Command::Toolbox { action } => {
            lookup.world.needs_folder()?;
            let profile = identity::profile(lookup)?;
            let facts = if action == ToolboxAction::Shell {
                identity::facts(lookup.world, profile.as_ref().map(|profile| &profile.value))
            } else {
                AwsProfileFacts::default()
            };
            Action::Toolbox {
                action,
                profile,
                region: identity::region(lookup)?,
                facts: Box::new(facts),
            }
        }
        Command::Completions { shell } => Action::Completions(shell),
        Command::Man => Action::Man,
        _ => Action::Schema,
    })
}

/// The command, whichever way it was named.
fn the_command(command: Option<Command>, action: Option<&str>) -> Result<Option<Command>, UsageError> {
    let Some(action) = action else { return Ok(command) };
    if LATER_COMMANDS.contains(&action) {
        return Err(argv::later("--action", action));
    }
    let named = match (command, action) {
        (None | Some(Command::Preflight), "preflight") => Command::Preflight,
        (None | Some(Command::Install), "install") => Command::Install,
        (None | Some(Command::Schema), "schema") => Command::Schema,
        (None | Some(Command::Man), "man") => Command::Man,
        (Some(Command::Toolbox { .. }), "toolbox") | (Some(Command::Completions { .. }), "completions") => {
            return Ok(command);
        }
        (None, other) => {
            return Err(UsageError::new(format!(
                "--action \"{other}\": must be one of preflight, install, schema, man; {other} takes a word of its \
                 own, for example lakehouse {other} {}",
                if other == "toolbox" { "info" } else { "bash" }
            )));
        }
        (Some(command), other) => {
            return Err(UsageError::new(format!(
                "--action \"{other}\": must be the command that is named beside it, for example --action {}",
                name_of(command)
            )));
        }
    };
    Ok(Some(named))
}

const fn name_of(command: Command) -> &'static str {
    match command {
        Command::Preflight => "preflight",
        Command::Install => "install",
        Command::Toolbox { .. } => "toolbox",
        Command::Schema => "schema",
        Command::Completions { .. } => "completions",
        Command::Man => "man",
    }
}
