//! Commands that only print: help, completions, the manual page.

pub(super) mod man;

use crate::cli::args::Args;
use crate::cli::run::{DONE, FAILED};
use clap::CommandFactory;
use std::io::Write;

/// Prints a text.
#[must_use]
pub fn print(text: &str) -> i32 {
    written(std::io::stdout().write_all(text.as_bytes()))
}

/// Prints a shell's completions.
#[must_use]
pub fn completions(shell: clap_complete::Shell) -> i32 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "lakehouse", &mut text);
    written(std::io::stdout().write_all(&text))
}

/// Prints the manual page.
#[must_use]
pub fn man() -> i32 {
    written(man::page().and_then(|text| std::io::stdout().write_all(text.as_bytes())))
}

/// A reader that has enough and closes the pipe is no failure.
fn written(result: std::io::Result<()>) -> i32 {
    match result.and_then(|()| std::io::stdout().flush()) {
        Ok(()) => DONE,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => DONE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "lakehouse: stdout can't be written: {error}");
            FAILED
        }
    }
}
