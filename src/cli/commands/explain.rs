//! `lakehouse explain CODE`: what `docs/codes.md` says of it.

use super::plain;
use crate::model::{OutputFormat, RunOptions, Source};
use crate::report::Code;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Prints the code, or all of them: text, and JSON where that was asked for.
#[must_use]
pub fn explain(options: &RunOptions, code: Option<Code>) -> i32 {
    // Like help, it is for people also where a pipe reads it.
    let output = &options.output;
    let json = output.value == OutputFormat::Json && !matches!(output.source, Source::Default);
    plain::print(&match (code, json) {
        (Some(code), true) => format!("{:#}\n", value(code)),
        (None, true) => {
            let all: Vec<Value> = Code::ALL.iter().map(|code| value(*code)).collect();
            format!("{:#}\n", json!({ "codes": all }))
        }
        (Some(code), false) => format!(
            "{}\n\n{}\n\n→ {}\n\nExit code: {}.\nAll codes: lakehouse explain, or docs/codes.md\n",
            code.name(),
            code.meaning(),
            code.remedy(),
            exit(code)
        ),
        (None, false) => all(),
    })
}

fn all() -> String {
    let width = Code::ALL.iter().map(|code| code.name().len()).max().unwrap_or(0);
    let mut text = String::new();
    for code in Code::ALL {
        let _ = writeln!(text, "{:<width$}  {}", code.name(), code.meaning());
    }
    text
}

fn value(code: Code) -> Value {
    json!({
        "code": code.name(),
        "meaning": code.meaning(),
        "remedy": code.remedy(),
        "exit": exit(code),
        "document": "docs/codes.md",
    })
}

/// What a run that has the code ends with.
const fn exit(code: Code) -> &'static str {
    match code {
        Code::Interrupted => "128 and the signal's number (130 for Ctrl-C, 143 for SIGTERM)",
        Code::EvidenceUnfinished => "5",
        Code::EvidenceAltered
        | Code::EvidenceNotFound
        | Code::EvidenceNotRead
        | Code::EvidenceNotWritten
        | Code::ReadOnlyRefused => "1",
        Code::EvidenceNotYours => "1; 0 as a warning",
        Code::ReportNotKept => "the run's own: it is a warning",
        _ => "3 as a blocker, 0 as a warning, 1 where it stops another command than preflight or install",
    }
}
