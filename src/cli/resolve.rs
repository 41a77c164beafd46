//! From what was typed, set and written to the checked inputs of one run.
//!
//! Order of authority: flag, `LAKEHOUSE_…` variable, env file, AWS's own settings, default. Plain
//! `CLUSTER_NAME`, `NAMESPACE` and the like in the environment are not read.

mod aws_chain;
mod aws_config;
mod chart_files;
mod env_file;
mod evidence;
mod identity;
mod lookup;
mod made;
mod options;
mod policy;
mod rules;
mod settings;
mod sso_token;
mod usage;
mod world;

pub use evidence::EvidenceAsked;
pub use rules::{form_of, rule_of, takes};
pub use usage::UsageError;
pub use world::World;

use super::args::{Command, LATER_COMMANDS, ToolboxAction};
use super::argv::{self, Parsed};
use super::commands::schema::Wanted;
use crate::model::{
    AwsProfileFacts, BadInput, ClusterName, EventsTo, Need, Profile, Region, RunOptions, Scope, Settings,
    Sourced,
};
use crate::report::Code;
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
    /// The evidence of earlier runs.
    Evidence(EvidenceAsked),
    /// What a code means; without one, all of them.
    Explain(Option<Code>),
    /// Print an IAM policy.
    Policy {
        /// What it is for.
        need: Need,
        /// What it is about.
        scope: Box<Scope>,
    },
    /// Print the JSON Schema of every report, or what these words name.
    Schema(Wanted),
    /// Print a token for a cluster.
    KubeToken {
        /// The cluster.
        cluster: ClusterName,
        /// The profile, if one was given.
        profile: Option<Profile>,
        /// The region.
        region: Region,
        /// What the AWS files say of the profile.
        facts: Box<AwsProfileFacts>,
    },
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
            Self::Evidence(_) => "evidence",
            Self::Explain(_) => "explain",
            Self::Policy { .. } => "policy",
            Self::Schema(_) => "schema",
            Self::KubeToken { .. } => "kube-token",
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
    policy::check_use(command.as_ref(), &flags)?;
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
        Some(Command::Policy) => policy::action(&mut lookup)?,
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
            let to: Option<Sourced<EventsTo>> = lookup.get("events", None)?;
            if action == ToolboxAction::Shell && to.is_some_and(|to| to.value == EventsTo::Stdout) {
                return Err(UsageError::value(
                    "--events",
                    "-",
                    &BadInput::new(
                        "a file's path with toolbox shell: stdout is the shell's",
                        "events.jsonl",
                    ),
                ));
            }
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
        Command::KubeToken => {
            // Called from whatever folder kubectl stands in: no env file of that folder may choose the account.
            let profile = identity::profile(lookup)?.map(|profile| profile.value);
            let needs = |flag: &str, example: &str| {
                UsageError::new(format!(
                    "kube-token needs --{flag}, for example --{flag} {example}"
                ))
            };
            Action::KubeToken {
                facts: Box::new(identity::facts(lookup.world, profile.as_ref())),
                cluster: lookup
                    .get::<ClusterName>("cluster", None)?
                    .ok_or_else(|| needs("cluster", "ingext-lakehouse"))?
                    .value,
                region: identity::region(lookup)?
                    .ok_or_else(|| needs("region", "us-east-2"))?
                    .value,
                profile,
            }
        }
        Command::Evidence { action } => Action::Evidence(evidence::asked(&action, lookup.world)?),
        Command::Explain { code } => Action::Explain(code.as_deref().map(evidence::code).transpose()?),
        Command::Completions { shell } => Action::Completions(shell),
        Command::Schema { command } => Action::Schema(Wanted::of(&command)?),
        _ => Action::Man,
    })
}

/// The command, whichever way it was named.
fn the_command(command: Option<Command>, action: Option<&str>) -> Result<Option<Command>, UsageError> {
    let Some(action) = action else { return Ok(command) };
    if LATER_COMMANDS.contains(&action) {
        return Err(argv::later("--action", action));
    }
    let named = match (command, action) {
        (None, "preflight") => Command::Preflight,
        (None, "install") => Command::Install,
        (None, "policy") => Command::Policy,
        (None, "kube-token") => Command::KubeToken,
        (None, "schema") => Command::Schema { command: Vec::new() },
        (None, "man") => Command::Man,
        (None, "explain") => Command::Explain { code: None },
        (None, other) => {
            return Err(UsageError::new(format!(
                "--action \"{other}\": must be one of preflight, install, policy, schema, kube-token, man; {other} takes a word of its \
                 own, for example lakehouse {other} {}",
                match other {
                    "toolbox" => "info",
                    "evidence" => "list",
                    _ => "bash",
                }
            )));
        }
        (Some(command), other) if name_of(&command) == other => command,
        (Some(command), other) => {
            return Err(UsageError::new(format!(
                "--action \"{other}\": must be the command that is named beside it, for example --action {}",
                name_of(&command)
            )));
        }
    };
    Ok(Some(named))
}

const fn name_of(command: &Command) -> &'static str {
    match command {
        Command::Preflight => "preflight",
        Command::Install => "install",
        Command::Toolbox { .. } => "toolbox",
        Command::Evidence { .. } => "evidence",
        Command::Explain { .. } => "explain",
        Command::Policy => "policy",
        Command::Schema { .. } => "schema",
        Command::KubeToken => "kube-token",
        Command::Completions { .. } => "completions",
        Command::Man => "man",
    }
}
