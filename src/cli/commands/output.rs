//! The report on stdout, and what people see of it on stderr.

use crate::cli::run::{Context, FAILED, style};
use crate::model::OutputFormat;
use crate::render::text;
use crate::report::Report;
use std::io::Write;

/// Prints the report; gives `code`, or a failure's where the report could not be printed.
///
/// With `--events -` the event lines stand on stdout in its place, and the last of them holds it.
#[must_use]
pub fn print(context: &Context, report: &Report, code: i32) -> i32 {
    let printed = match &context.events {
        None => print_whole(context, report),
        Some(events) => {
            let (report, streamed) = events.end(report.clone(), code, &context.run.interrupt);
            if events.is_stdout() {
                tell_people(context, &report);
                streamed
            } else {
                print_whole(context, &report)
            }
        }
    };
    // An answer that nobody got is no success, whatever it said.
    match printed {
        Ok(()) => code,
        Err(error) => {
            let _ = writeln!(
                std::io::stderr(),
                "lakehouse: the report can't be printed: {error}"
            );
            if code == 0 { FAILED } else { code }
        }
    }
}

fn print_whole(context: &Context, report: &Report) -> Result<(), String> {
    let stdout = std::io::stdout();
    let printed = if context.options.output.value == OutputFormat::Json {
        tell_people(context, report);
        serde_json::to_string_pretty(report)
            .map_err(std::io::Error::other)
            .map(|text| format!("{text}\n"))
    } else {
        Ok(text::report(report, style(&context.options, &stdout)))
    };
    printed
        .and_then(|text| stdout.lock().write_all(text.as_bytes()))
        .and_then(|()| stdout.lock().flush())
        .map_err(|error| error.to_string())
}

/// The report as text on stderr, where stdout has it for programs.
fn tell_people(context: &Context, report: &Report) {
    if context.options.quiet {
        return;
    }
    let stderr = std::io::stderr();
    let text = text::report(report, style(&context.options, &stderr));
    let _ = stderr.lock().write_all(text.as_bytes());
}
