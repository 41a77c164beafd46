//! What is asked of the gateway, and what it gives back.

use super::lines::LineListener;
pub use crate::report::Effect;
use std::time::Duration;

/// The tools that the gateway runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// The AWS command line, v2.
    Aws,
    /// eksctl.
    Eksctl,
    /// kubectl.
    Kubectl,
    /// Helm, v3.
    Helm,
}

impl Tool {
    /// All of them, in the order of the lock.
    pub const ALL: [Tool; 4] = [Tool::Aws, Tool::Eksctl, Tool::Kubectl, Tool::Helm];

    /// The program's name.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Eksctl => "eksctl",
            Self::Kubectl => "kubectl",
            Self::Helm => "helm",
        }
    }
}

/// One command: a tool, its arguments, why it runs, and what it may do.
#[derive(Clone, Debug)]
pub struct CommandSpec {
    /// The tool.
    pub tool: Tool,
    /// Its arguments. Never a secret: those go by `stdin`.
    pub args: Vec<String>,
    /// Why, as a phrase that follows "failed to", for example `read the caller's identity`.
    pub purpose: String,
    /// Whether it may change anything.
    pub effect: Effect,
    /// Bytes for its standard input; none is an empty input.
    pub stdin: Option<Vec<u8>>,
    /// How long it may take; a shorter limit of the run wins.
    pub timeout: Duration,
    /// Texts that must not appear in logs, journal or errors.
    pub secrets: Vec<String>,
    /// Whether the tool may ask the person at the terminal: the terminal is the tool's while it runs. Its answer on
    /// stdout is kept as of any command.
    pub terminal: bool,
    /// Is told of each line of both streams while the tool runs; what the tool leaves behind is whole all the same.
    /// A tool that asks at the terminal shows its lines there itself.
    pub listener: Option<LineListener>,
}

impl CommandSpec {
    /// A command that only looks, with the usual limit of 60 seconds.
    pub fn read<A: Into<String>>(tool: Tool, purpose: &str, args: impl IntoIterator<Item = A>) -> Self {
        Self {
            tool,
            args: args.into_iter().map(Into::into).collect(),
            purpose: purpose.to_owned(),
            effect: Effect::Read,
            stdin: None,
            timeout: Duration::from_secs(60),
            secrets: Vec::new(),
            terminal: false,
            listener: None,
        }
    }

    /// The tool and its arguments as one list.
    #[must_use]
    pub fn argv(&self) -> Vec<String> {
        std::iter::once(self.tool.program().to_owned())
            .chain(self.args.iter().cloned())
            .collect()
    }
}

/// A file that only this run's tools see, gone with the run.
#[derive(Clone, Copy)]
pub struct PrivateFile<'a> {
    /// Its name: letters, digits, `.`, `-` and `_`. A file of the same name is replaced, whole.
    pub name: &'a str,
    /// What stands in it.
    pub bytes: &'a [u8],
    /// The secrets in it: from now on they appear in no log, journal or error.
    pub secrets: &'a [String],
}

impl PrivateFile<'_> {
    /// Whether the name can only be that of a file in the run's own folder.
    #[must_use]
    pub fn is_well_named(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        !self.name.starts_with(['.', '-']) && !self.name.is_empty() && self.name.bytes().all(plain)
    }
}

impl std::fmt::Debug for PrivateFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateFile({:?}, {} bytes)", self.name, self.bytes.len())
    }
}

/// What a tool that ran to its end left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOutput {
    /// The tool's exit code.
    pub exit: i32,
    /// Its standard output, exactly.
    pub stdout: Vec<u8>,
    /// Its standard error, redacted and without control sequences.
    pub stderr: String,
    /// How long it took.
    pub duration: Duration,
}
