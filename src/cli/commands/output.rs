//! The report on stdout, and what people see of it on stderr.

use crate::cli::run::{Context, FAILED, style};
use crate::model::OutputFormat;
use crate::render::text;
use crate::report::{Code, Note, Report};
use crate::runner::evidence;
use std::io::Write;

/// Keeps the report beside the run's journal and prints it; gives `code`, or a failure's where the report could not be
/// printed. It is kept first, so that a reader who closes the pipe takes no evidence away.
///
/// With `--events -` the event lines stand on stdout in its place, and the last of them holds it.
#[must_use]
pub fn print(context: &Context, report: &Report, code: i32) -> i32 {
    let report = kept(context, report.clone());
    let printed = match &context.events {
        None => print_whole(context, &report),
        Some(events) => {
            let told = report.run.warnings.len();
            let (mut report, streamed) = events.end(report, code, &context.run.interrupt);
            if report.run.warnings.len() != told {
                // What the stream's end added belongs to the kept report too.
                report = kept(context, report);
            }
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
        document(report)
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

/// The report as the one JSON document.
fn document(report: &Report) -> std::io::Result<String> {
    serde_json::to_string_pretty(report)
        .map_err(std::io::Error::other)
        .map(|text| format!("{text}\n"))
}

/// The report as it was kept; one that could not be says so, and its exit code stays what it was.
fn kept(context: &Context, mut report: Report) -> Report {
    let Some(folder) = context.run.folder() else {
        return report;
    };
    report.run.report = Some(folder.join(evidence::REPORT).display().to_string());
    let Err(error) = document(&report).and_then(|text| evidence::keep(folder, evidence::REPORT, &text))
    else {
        return report;
    };
    let code = Code::ReportNotKept;
    let _ = writeln!(
        std::io::stderr(),
        "lakehouse: {} {} ({}): {error}",
        code.meaning(),
        code.remedy(),
        code.name()
    );
    report.run.report = None;
    let note = |message: &str, said: Option<String>| Note {
        code,
        message: message.to_owned(),
        tool_output: said,
    };
    let warning = note(code.meaning(), Some(error.to_string()));
    if let Some(preflight) = &mut report.preflight {
        preflight.warnings.push(warning.clone());
        preflight.remediation.push(note(code.remedy(), None));
    }
    report.run.warnings.push(warning);
    report
}
