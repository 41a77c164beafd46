//! The only room that starts a process. Everything above asks [`Gateway::run`].

pub mod credential_process;
pub mod docker;
pub mod environment;
pub mod error;
pub mod guard;
pub mod interrupt;
pub mod journal;
pub mod local;
pub mod process;
mod process_tree;
pub mod read_only;
pub mod recorder;
pub mod redact;
pub mod settings_copy;
pub mod spec;
mod terminal;

pub use error::GatewayError;
pub use spec::{CommandOutput, CommandSpec, Tool};

/// Runs one command of one tool and waits for its end.
pub trait Gateway: Sync {
    /// Runs `spec`. Any exit code of the tool is `Ok`; `Err` means that the tool's own answer is not known.
    ///
    /// # Errors
    /// [`GatewayError`] where the tool did not run to its own end: what was asked about is then unknown.
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError>;
}
