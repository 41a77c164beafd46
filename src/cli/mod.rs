//! The command line: clap types, and the way from what was typed to the checked inputs of one run.

pub mod args;
pub mod argv;
pub mod commands;
pub mod resolve;
pub mod run;
