//! The evidence of earlier runs as text. All of it comes from files, so all of it is made printable.

mod record;

use super::{Style, seconds};
use crate::gateway::redact::printable;
use crate::report::evidence::{CommandEntry, EvidenceFinding};
use crate::report::{EvidenceReport, Note, RunEntry, RunState, Verification, VerificationStatus};
use std::fmt::Write as _;

/// The whole of it.
pub(super) fn evidence(evidence: &EvidenceReport, style: Style) -> String {
    let mut text = String::new();
    if let Some(runs) = &evidence.runs {
        if runs.is_empty() {
            let _ = writeln!(text, "No run is kept in {}.", plain(&evidence.folder));
        }
        for run in runs {
            text.push_str(&line_of(run, style));
        }
        if evidence.runs_omitted > 0 {
            let _ = writeln!(
                text,
                "… and {} older runs in {}",
                evidence.runs_omitted,
                plain(&evidence.folder)
            );
        }
    }
    if let Some(run) = &evidence.run {
        text.push_str(&head(run));
    }
    if let Some(record) = &evidence.record {
        text.push_str(&record::record(record, style));
        let _ = writeln!(text, "\n{}", style.over("1", "Commands"));
    }
    if let Some(why) = &evidence.no_record {
        text.push_str(&style.hang(&format!("{} ", style.over("33", "!")), 2, &plain(why)));
    }
    for command in evidence.commands.iter().flatten() {
        text.push_str(&self::command(command, style));
    }
    if evidence.commands_omitted > 0 {
        let _ = writeln!(text, "… and {} more commands", evidence.commands_omitted);
    }
    if let Some(verification) = &evidence.verification {
        text.push_str(&self::verification(verification, style));
    }
    if let Some(export) = &evidence.export {
        let _ = writeln!(text, "Written: {} ({} bytes)", plain(&export.path), export.bytes);
        if !export.changed_lines.is_empty() {
            let lines: Vec<String> = export.changed_lines.iter().map(u64::to_string).collect();
            let _ = writeln!(text, "Redacted again: line {}", lines.join(", "));
        }
    }
    text
}

fn line_of(run: &RunEntry, style: Style) -> String {
    let mut words = vec![plain(&run.id), style.over(colour(run.state), state(run.state))];
    words.extend(run.command.as_deref().map(plain));
    words.extend(run.status.as_deref().map(plain));
    if !run.codes.is_empty() {
        words.push(plain(&run.codes.join(", ")));
    }
    words.extend(run.commands_run.map(|count| format!("{count} commands")));
    words.extend(run.problem.as_ref().map(|problem| plain(&problem.message)));
    format!("{}\n", words.join("  "))
}

fn head(run: &RunEntry) -> String {
    let mut text = format!("run {}: {}\n", plain(&run.id), state(run.state));
    if let Some(started) = &run.started_at {
        let _ = writeln!(text, "  started  {}", plain(started));
    }
    if let (Some(command), Some(status)) = (&run.command, &run.status) {
        let _ = writeln!(text, "  command  {}, {}", plain(command), plain(status));
    }
    if !run.codes.is_empty() {
        let _ = writeln!(text, "  codes    {}", plain(&run.codes.join(", ")));
    }
    if let Some(exec) = &run.exec {
        let tools: Vec<String> = exec
            .tools
            .iter()
            .map(|(tool, version)| format!("{tool} {version}"))
            .collect();
        if !tools.is_empty() {
            let _ = writeln!(text, "  tools    {}", plain(&tools.join(", ")));
        }
    }
    let _ = writeln!(text, "  journal  {}", plain(&run.journal));
    text
}

fn command(command: &CommandEntry, style: Style) -> String {
    let mut text = format!(
        "{:>4} {}  {}\n",
        command.line,
        plain(&command.purpose),
        style.over("2", &outcome(command))
    );
    let argv: Vec<String> = command
        .argv
        .iter()
        .map(|word| crate::clients::explain::quoted(&plain(word)))
        .collect();
    let _ = writeln!(text, "     $ {}", argv.join(" "));
    text
}

/// How it ended, and how long it took.
fn outcome(command: &CommandEntry) -> String {
    let ended = match (command.exit, &command.ended) {
        (Some(exit), _) => format!("exit {exit}"),
        (None, Some(ended)) => plain(ended),
        (None, None) => "no exit code".to_owned(),
    };
    format!("{ended}, {:.1} s", seconds(command.duration_ms))
}

fn verification(verification: &Verification, style: Style) -> String {
    let (colour, word) = match verification.status {
        VerificationStatus::Intact => ("1;32", "Intact."),
        VerificationStatus::Altered => ("1;31", "ALTERED."),
        VerificationStatus::Running => ("1;33", "Still running."),
        VerificationStatus::Unfinished => ("1;33", "Unfinished."),
    };
    let mut text = format!(
        "{}\n",
        style
            .hang(
                &format!("{} ", style.over(colour, word)),
                word.len() + 1,
                &plain(&verification.message)
            )
            .trim_end()
    );
    for finding in &verification.findings {
        text.push_str(&self::finding(finding, style));
    }
    if verification.stopped_early {
        text.push_str("  … the rest was not read\n");
    }
    for Note { code, message, .. } in &verification.warnings {
        let _ = writeln!(
            text,
            "{} {} ({})",
            style.over("33", "!"),
            plain(message),
            code.name()
        );
    }
    if let Some(remediation) = &verification.remediation {
        text.push_str(&style.hang("  → ", 4, &plain(remediation)));
    }
    if let Some(code) = verification.code {
        let _ = writeln!(text, "  {}", style.over("2", code.name()));
    }
    text
}

fn finding(finding: &EvidenceFinding, style: Style) -> String {
    let place = match finding.line {
        Some(line) => format!("line {line}"),
        None if finding.kind.is_of_record() => "record".to_owned(),
        None => "journal".to_owned(),
    };
    let mut text = format!("{} {place}: {}\n", style.over("31", "✗"), plain(&finding.message));
    for (name, value) in [("expected", &finding.expected), ("found", &finding.found)] {
        if let Some(value) = value {
            let _ = writeln!(text, "    {name:<8} {}", plain(value));
        }
    }
    text
}

const fn state(state: RunState) -> &'static str {
    match state {
        RunState::Complete => "complete",
        RunState::Running => "running",
        RunState::Unfinished => "unfinished",
        RunState::Unreadable => "unreadable",
    }
}

const fn colour(state: RunState) -> &'static str {
    match state {
        RunState::Complete => "32",
        RunState::Running | RunState::Unfinished => "33",
        RunState::Unreadable => "31",
    }
}

/// One line without control characters.
fn plain(text: &str) -> String {
    printable(text).replace('\n', " ")
}
