//! One file a command.

pub mod output;
pub mod plain;
pub mod policy;
pub mod preflight;
pub mod toolbox;
