//! One run from its settings to its report: where the tools are, what is asked in which order, and how it ended.

pub mod evidence;
pub mod failures;
mod hand_in;
pub mod install;
pub mod place;
pub mod preflight;
pub mod progress;
pub mod run;
pub mod toolbox;
pub mod workplace;

pub use progress::{All, Progress};
pub use run::Run;
pub use workplace::Workplace;
