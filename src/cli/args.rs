//! The command line's shape: commands and flags as clap types.
//!
//! Values are plain text here. `resolve` reads them by the flag's name and checks them, so that a flag, its
//! variable and its line in the env file go through one rule.

use crate::model::{ColorChoice, DnsProvider, ExecMode, LogLevel, Need, OutputFormat, Phase};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args as Group, Parser, Subcommand};
use clap_complete::Shell;

/// Commands of the contract that come with a later version, so that a user hears that and not "unknown".
pub const LATER_COMMANDS: [&str; 11] = [
    "status", "logs", "diagnose", "url", "dns", "access", "cleanup", "approve", "evidence", "explain", "mcp",
];

/// Commands that `--action` can name: those that take no word of their own.
pub const ACTIONS: [&str; 5] = ["preflight", "install", "policy", "schema", "man"];

/// What this version does: a help text promises nothing else.
const ABOUT: &str =
    "Prepares an AWS account for the Ingext Lakehouse: this version checks, install comes with the next";

/// Command lines that a user can take as they are.
pub const EXAMPLE_LINES: [&str; 4] = [
    "lakehouse --exec docker --action preflight --root-domain example.com",
    "lakehouse preflight --profile default --region us-east-2 --root-domain example.com",
    "lakehouse toolbox build",
    "lakehouse completions bash > /etc/bash_completion.d/lakehouse",
];

const AFTER_HELP: &str = "Every flag can stand before or after the command, and has a variable
LAKEHOUSE_<FLAG> (but --action, --approve and --for).
Order of authority: flag, variable, env file, AWS's own settings, default.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 blocked, 4 needs input, 5 partly done (later\ncommands), 128 and the signal's number interrupted (130 for Ctrl-C, 143 for SIGTERM).";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "lakehouse", version, about = ABOUT, after_help = after_help(), disable_help_subcommand = true)]
#[command(
    override_usage = "lakehouse [COMMAND] [FLAGS]",
    infer_subcommands = false,
    infer_long_args = false
)]
pub struct Args {
    /// What to do; without it: preflight, then the install's gate.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Names the command too
    #[arg(long, global = true, value_name = "NAME", value_parser = actions(), help_heading = "Command")]
    pub action: Option<String>,
    /// What the policy of `lakehouse policy` is for [default: install]
    #[arg(long = "for", global = true, value_name = "USE", value_parser = PossibleValuesParser::new(Need::WORDS), help_heading = "Command")]
    pub purpose: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "a doc line here would become clap's about text")]
    pub target: TargetFlags,
    #[command(flatten)]
    #[allow(missing_docs, reason = "a doc line here would become clap's about text")]
    pub run: RunFlags,
}

/// The commands that work.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Command {
    /// Look whether the account is ready, and change nothing
    Preflight,
    /// Comes with the next version: today the install's gate answers
    #[command(hide = true)]
    Install,
    /// The container image that holds aws, eksctl, kubectl and helm
    Toolbox {
        /// What to do with the image.
        #[command(subcommand)]
        action: ToolboxAction,
    },
    /// Print the least IAM policy for a use of lakehouse
    Policy,
    /// Print the JSON Schema of every report
    Schema,
    /// Print a shell's completions
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

/// What `lakehouse toolbox` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ToolboxAction {
    /// Build the image
    Build,
    /// Run each tool and hold its version against the lock
    Verify,
    /// Say what the image is, and whether it is there
    Info,
    /// A shell inside it
    Shell,
    /// Remove the images of older versions
    Prune,
}

mod flags;
pub use flags::{RunFlags, TargetFlags};

fn after_help() -> String {
    let lines = EXAMPLE_LINES.join("\n  ");
    format!("Examples:\n  {lines}\n\n{AFTER_HELP}")
}

fn actions() -> PossibleValuesParser {
    let later = LATER_COMMANDS
        .iter()
        .chain(&["toolbox", "completions"])
        .map(|word| PossibleValue::new(*word).hide(true));
    PossibleValuesParser::new(ACTIONS.iter().map(|word| PossibleValue::new(*word)).chain(later))
}
