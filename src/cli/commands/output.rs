//! The report on stdout, and what people see of it on stderr.

use crate::cli::run::{Context, FAILED, style};
use crate::model::OutputFormat;
use crate::render::text;
use crate::report::{Code, Note, Report};
use crate::runner::evidence;
use std::io::Write;

/// Keeps the report beside the run's journal and prints it; gives `code`, or a failure's where the report could not be
/// printed. It is kept first, so that a reader who closes the pipe takes no evidence away.
#[must_use]
pub fn print(context: &Context, report: &Report, code: i32) -> i32 {
    let report = &kept(context, report.clone());
    let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
    let json = context.options.output.value == OutputFormat::Json;
    let printed = if json {
        if !context.options.quiet {
            let _ = stderr
                .lock()
                .write_all(text::report(report, style(&context.options, &stderr)).as_bytes());
        }
        document(report)
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
    let Err(error) = document(&report).and_then(|text| evidence::keep(folder, &text)) else {
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
    if let Some(preflight) = &mut report.preflight {
        let note = |message: &str, said: Option<String>| Note {
            code,
            message: message.to_owned(),
            tool_output: said,
        };
        preflight
            .warnings
            .push(note(code.meaning(), Some(error.to_string())));
        preflight.remediation.push(note(code.remedy(), None));
    }
    report
}
