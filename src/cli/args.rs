//! The command line's shape: commands and flags as clap types.
//!
//! Values are plain text here. `resolve` reads them by the flag's name and checks them, so that a flag, its
//! variable and its line in the env file go through one rule.

use crate::model::{ColorChoice, DnsProvider, ExecMode, LogLevel, Need, OutputFormat, Phase, Scheme};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args as Group, Parser, Subcommand};
use clap_complete::Shell;

/// Commands of the contract that come with a later version, so that a user hears that and not "unknown".
pub const LATER_COMMANDS: [&str; 9] = [
    "status", "logs", "diagnose", "url", "dns", "access", "cleanup", "approve", "mcp",
];

/// Commands that `--action` can name: those that take no word of their own.
pub const ACTIONS: [&str; 6] = ["preflight", "install", "policy", "schema", "kube-token", "man"];

/// Words that `lakehouse schema` takes beside commands.
pub const SCHEMA_WORDS: [&str; 2] = ["commands", "events"];

/// What this version does: a help text promises nothing else.
const ABOUT: &str = "Installs the Ingext Lakehouse on AWS: checks the account, shows a plan, and carries it out once it is approved";

/// Command lines that a user can take as they are.
pub const EXAMPLE_LINES: [&str; 7] = [
    "lakehouse --exec docker --action preflight --root-domain example.com",
    "lakehouse preflight --profile default --region us-east-2 --root-domain example.com",
    "lakehouse install --root-domain example.com --approve true",
    "lakehouse toolbox build",
    "lakehouse evidence verify latest --report report.json",
    "lakehouse preflight --root-domain example.com --read-only --events events.jsonl",
    "lakehouse completions bash > /etc/bash_completion.d/lakehouse",
];

const AFTER_HELP: &str = "Every flag can stand before or after the command, and has a variable
LAKEHOUSE_<FLAG> (but --action, --approve and --for).
Order of authority: flag, variable, env file, AWS's own settings, default.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 blocked, 4 needs input, 5 partly done\n(evidence of a run without an end), 128 and the signal's number interrupted (130 for Ctrl-C, 143 for SIGTERM).";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "lakehouse", version, about = ABOUT, after_help = after_help(), disable_help_subcommand = true)]
#[command(
    override_usage = "lakehouse [COMMAND] [FLAGS]",
    infer_subcommands = false,
    infer_long_args = false
)]
pub struct Args {
    /// What to do; without it: preflight, then the install's plan.
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
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Look whether the account is ready, and change nothing
    ///
    /// Asks AWS through the real tools, side by side: who is calling, the domain's Route53 zone, the ACM certificate, the
    /// S3 bucket's name, the EKS cluster and its version, the nodes' instance type, the site's DNS record and more. All
    /// blockers come at once, each with the command that mends it. What could not be looked at is unknown, never a pass.
    ///
    /// Changes nothing in the account. On this machine it writes the env file when nothing blocks (never with --read-only
    /// or --write-env false) and a journal of its commands; in docker mode it builds the toolbox image once if it is not
    /// there. Takes some ten seconds, with a first image build some ten minutes. Needs --root-domain (or the env file of
    /// an earlier run), a region and credentials.
    Preflight,
    /// Show the plan and, once it is approved, make the whole lakehouse, up to a site that answers
    ///
    /// Makes the preflight and, where nothing blocks, looks at each step of the plan. Without --approve it answers with the
    /// plan, its commands, cost and digest, and changes nothing (exit 4). --approve true carries out what is then the plan;
    /// --approve DIGEST only that plan, or what is left of it. Where all stands, nothing is written and none is needed.
    ///
    /// The phases are foundation, storage, compute, core, stream, datalake and ingress; --phase stops after one. All of them
    /// usually take 30 minutes. A run that failed or was stopped reports what stands, and the same command goes on from there.
    /// Two at once are kept apart by a lock on this machine and a Lease in the cluster.
    Install,
    /// The container image that holds aws, eksctl, kubectl and helm
    ///
    /// Docker mode runs the tools in it. One image a version of lakehouse, made from the versions that its lock file
    /// names; the preflight builds it by itself where it is needed.
    Toolbox {
        /// What to do with the image.
        #[command(subcommand)]
        action: ToolboxAction,
    },
    /// What earlier runs did, and whether their journals were changed
    ///
    /// Each run keeps a journal of its commands and its report in the state folder. These commands read them: they run no
    /// tool, ask no account and leave no journal of their own.
    Evidence {
        /// What to do with it.
        #[command(subcommand)]
        action: EvidenceAction,
    },
    /// Say what a code of a report means, and what mends it
    ///
    /// Text, or with --output json one document. Case does not matter, nor - for _. Reads and changes nothing, and takes no
    /// time.
    Explain {
        /// The code; without one, all of them
        code: Option<String>,
    },
    /// Print the least IAM policy for a use of lakehouse
    ///
    /// What the preflight, the install or the cleanup will call, narrowed to the names that are given (`--cluster`, `--bucket`,
    /// `--region`, …): `--for` chooses, install without it. The check `permissions` asks the same list. Reads the settings
    /// alone: asks no account, changes nothing, and takes no time.
    Policy,
    /// Print the JSON Schema of every report, or of one command's input and output
    ///
    /// Without a word: of every report. `schema commands` lists the commands with what each does and may change, to choose
    /// by; `schema preflight` (or `schema toolbox build`) has one command's description, input, output, exit codes and
    /// examples; `schema events` is one line of --events. Reads and changes nothing, and takes no time.
    Schema {
        /// A command, `commands` or `events`
        #[arg(num_args = 0..=2)]
        command: Vec<String>,
    },
    /// Print a token for a cluster, for the exec plugin of a kubeconfig
    ///
    /// What kubectl runs for a context that `--write-kubeconfig` added: it prints an exec credential with a token of some 14
    /// minutes, made by aws in the toolbox or on the host, so that kubectl needs no aws of its own. Keeps no journal and
    /// changes nothing. Needs --cluster and --region.
    KubeToken,
    /// Print a shell's completions
    ///
    /// A script for the shell, to be put where that shell looks for it. Reads and changes nothing, and takes no time.
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    ///
    /// One page for all commands and flags, in roff, for man: `lakehouse man | man -l -`. Reads and changes nothing, and takes no time.
    Man,
}

/// What `lakehouse toolbox` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ToolboxAction {
    /// Build the image
    ///
    /// Makes the toolbox image if it is not there; where it is, says so at once. Changes the container engine's images
    /// alone: no account is asked. Takes some ten minutes and needs the engine and the package registries or mirrors that
    /// the tools come from.
    Build,
    /// Run each tool and hold its version against the lock
    ///
    /// Starts a session container from the image and asks each tool its version. A tool that is not what the lock says
    /// is a failure. Changes nothing, asks no account, takes some seconds, and needs the engine and the built image.
    Verify,
    /// Say what the image is, and whether it is there
    ///
    /// Its name, digest, size and the locked versions of its tools. Changes nothing, asks no account, takes a second,
    /// and needs the engine. An image that is absent is an answer (exit 0, status absent) and no failure.
    Info,
    /// A shell inside it
    ///
    /// For people at a terminal: a shell in a session container with the chosen profile, where the four tools are. Prints
    /// no report; stdin and stdout are the shell's. Whatever is typed in it can change whatever the profile may.
    Shell,
    /// Remove the images of older versions
    ///
    /// Removes the toolbox images of other locks. This version's own stay, of both sources, and so does what a container
    /// stands on or what was tagged by hand. Changes the container engine's images alone, takes some seconds, and needs the
    /// engine.
    Prune,
}

/// What `lakehouse evidence` does. RUN is an ID, the beginning of one, or `latest`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum EvidenceAction {
    /// The runs that are kept, newest first
    ///
    /// ID, command, how it ended, and whether it is complete, running, unfinished or unreadable; 200 at most. Verifies
    /// nothing and changes nothing. Without a run the list is empty (exit 0).
    List,
    /// A run's commands and how it ended
    ///
    /// Each command with its purpose, arguments, exit code and time, and what verify finds. Changes nothing. Exit 0 whatever
    /// was found: the report's verification has it.
    Show {
        /// The run's ID, the beginning of one, or latest
        run: String,
    },
    /// Look whether a line of a run's journal was changed, taken out, put in or cut off
    ///
    /// Holds every line against its hash and the one before, and the end against the report in the run's folder. Who can
    /// write that folder can make both anew: give --report the output that was kept elsewhere to see that too. Changes
    /// nothing. Exit 0 intact, 1 altered, 5 where the run goes on or ended without its report.
    Verify {
        /// The run's ID, the beginning of one, or latest
        run: String,
        /// The run's report as it was kept elsewhere; - reads stdin
        #[arg(long, value_name = "FILE")]
        report: Option<String>,
    },
    /// Write one redacted file for a ticket or an auditor
    ///
    /// Journal, report, tools' versions, what verify finds and how to check it again by hand. Writes one new file and never
    /// over another; --to - prints it and writes none.
    Export {
        /// The run's ID, the beginning of one, or latest
        run: String,
        /// The file [default: lakehouse-evidence-RUN.json]; - prints it
        #[arg(long, value_name = "FILE")]
        to: Option<String>,
    },
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
        .chain(&["toolbox", "evidence", "explain", "completions"])
        .map(|word| PossibleValue::new(*word).hide(true));
    PossibleValuesParser::new(ACTIONS.iter().map(|word| PossibleValue::new(*word)).chain(later))
}
