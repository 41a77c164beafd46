//! The report on stdout, and what people see of it on stderr.

use crate::cli::run::{Context, FAILED, style};
use crate::model::OutputFormat;
use crate::render::text;
use crate::report::Report;
use std::io::Write;

/// Prints the report; gives `code`, or a failure's where the report could not be printed.
#[must_use]
pub fn print(context: &Context, report: &Report, code: i32) -> i32 {
    let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
    let json = context.options.output.value == OutputFormat::Json;
    let printed = if json {
        if !context.options.quiet {
            let _ = stderr
                .lock()
                .write_all(text::report(report, style(&context.options, &stderr)).as_bytes());
        }
        serde_json::to_string_pretty(report)
            .map_err(std::io::Error::other)
            .map(|text| format!("{text}\n"))
    } else {
        Ok(text::report(report, style(&context.options, &stdout)))
    };
    // An answer that nobody got is no success, whatever it said.
    match printed
        .and_then(|text| stdout.lock().write_all(text.as_bytes()))
        .and_then(|()| stdout.lock().flush())
    {
        Ok(()) => code,
        Err(error) => {
            let _ = writeln!(stderr.lock(), "lakehouse: the report can't be printed: {error}");
            if code == 0 { FAILED } else { code }
        }
    }
}
