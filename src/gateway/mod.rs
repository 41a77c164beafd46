//! The only room that starts a process. Everything above asks [`Gateway::run`].

pub mod credential_process;
pub mod docker;
pub mod environment;
pub mod error;
pub mod guard;
pub mod interrupt;
pub mod journal;
pub mod lines;
pub mod local;
pub mod private;
pub mod process;
mod process_tree;
pub mod read_only;
pub mod recorder;
pub mod redact;
pub mod settings_copy;
pub mod spec;
mod terminal;

pub use error::GatewayError;
pub use lines::{LineListener, Stream};
pub use spec::{CommandOutput, CommandSpec, PrivateFile, Tool};

use std::time::Duration;

/// Runs one command of one tool and waits for its end.
pub trait Gateway: Sync {
    /// Runs `spec`. Any exit code of the tool is `Ok`; `Err` means that the tool's own answer is not known.
    ///
    /// # Errors
    /// [`GatewayError`] where the tool did not run to its own end: what was asked about is then unknown.
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError>;

    /// Waits before a command is run again; false where the run has no time left for that, or was asked to stop.
    /// A gateway without a clock of its own does not wait.
    fn pause(&self, _for_long: Duration) -> bool {
        true
    }

    /// A text of a tool's answer as it may be kept or shown: as the standard error of a [`CommandOutput`].
    fn words(&self, text: &str) -> String {
        redact::untrusted(text)
    }

    /// Has `texts` be hidden from now on in what tools say, as a secret of each command that does not bear them itself.
    /// A gateway that redacts nothing hides nothing.
    fn hide(&self, _texts: Vec<String>) {}

    /// Puts `file` where this run's tools see it and nobody else does; gives its path there. It goes with the run.
    /// It is no command of a tool and changes nothing in the account: the journal has no line for it.
    ///
    /// # Errors
    /// [`GatewayError::NotKept`] where there is no such place, [`GatewayError::Interrupted`] after the stop flag.
    fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        Err(GatewayError::NotKept {
            said: format!("no place for the private file {}", file.name),
        })
    }
}
