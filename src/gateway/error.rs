//! Why a tool's own answer is not known.

use super::Tool;
use std::time::Duration;

/// The tool did not run to its own end. None of these says anything about the account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The program is not installed where it should run.
    #[error("{} is not installed", tool.program())]
    ToolMissing {
        /// The tool.
        tool: Tool,
    },
    /// It was stopped at its time limit.
    #[error("{} did not end within {} s and was stopped", tool.program(), limit.as_secs())]
    TimedOut {
        /// The tool.
        tool: Tool,
        /// The limit.
        limit: Duration,
    },
    /// The user, or the system, asked the run to stop.
    #[error("the run was interrupted")]
    Interrupted,
    /// The command would change something, and this run may only look.
    #[error("refused: `{command}` is not a reading command")]
    Refused {
        /// The tool and its verb.
        command: String,
    },
    /// The container engine failed, not the tool.
    #[error("the container engine failed: {said}")]
    Engine {
        /// The engine's words, redacted.
        said: String,
    },
    /// The tool ended by a signal that was not ours.
    #[error("{} was killed", tool.program())]
    Killed {
        /// The tool.
        tool: Tool,
    },
    /// It printed more than is read.
    #[error("{} printed more than {limit_bytes} bytes, or left something behind that kept its output open", tool.program())]
    TooMuchOutput {
        /// The tool.
        tool: Tool,
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// The program could not be started.
    #[error("{} could not be started: {said}", tool.program())]
    NotStarted {
        /// The tool.
        tool: Tool,
        /// The system's words.
        said: String,
    },
    /// A private file for the tools could not be written.
    #[error("a private file for the tools could not be written: {said}")]
    NotKept {
        /// The system's words, redacted.
        said: String,
    },
    /// The journal can't be written, so nothing may be changed.
    #[error("the journal can't be written: {said}")]
    Journal {
        /// The system's words.
        said: String,
    },
}

impl GatewayError {
    /// The word that the journal keeps (`CommandRecord::ended`).
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::ToolMissing { .. } => "missing",
            Self::TimedOut { .. } => "timed out",
            Self::Interrupted => "interrupted",
            Self::Refused { .. } => "refused",
            Self::Engine { .. } => "engine",
            Self::Killed { .. } => "killed",
            Self::TooMuchOutput { .. } => "too much output",
            Self::NotStarted { .. } => "not started",
            Self::NotKept { .. } => "no private file",
            Self::Journal { .. } => "no journal",
        }
    }
}
