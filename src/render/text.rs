//! The report as text for people. It reads the report and nothing else.

mod evidence;
mod install;

pub use install::lasting;

use crate::gateway::redact::printable;
use crate::report::ExecMode;
use crate::report::{
    Failure, Finding, Outcome, PreflightReport, PreflightStatus, Report, RunRecord, ToolboxReport,
};
use std::fmt::Write as _;

/// How text is shown: what a terminal can, and plain elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are used.
    pub colour: bool,
    /// How many columns there are; none means that lines are left as they are.
    pub width: Option<usize>,
}

impl Style {
    fn over(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// `text` behind `lead` (whose visible length is `indent`), further lines below its beginning.
    fn hang(self, lead: &str, indent: usize, text: &str) -> String {
        let columns = self.width.map(|width| width.saturating_sub(indent).max(20));
        let lines: Vec<String> = match columns {
            // Words are never cut: an ARN must stay one piece to be copied.
            Some(columns) => {
                let options = textwrap::Options::new(columns)
                    .break_words(false)
                    .word_splitter(textwrap::WordSplitter::NoHyphenation);
                textwrap::wrap(text, options)
                    .into_iter()
                    .map(std::borrow::Cow::into_owned)
                    .collect()
            }
            None => text.lines().map(str::to_owned).collect(),
        };
        format!("{lead}{}\n", lines.join(&format!("\n{}", " ".repeat(indent))))
    }
}

/// The whole report.
#[must_use]
pub fn report(report: &Report, style: Style) -> String {
    let mut text = String::new();
    if let Some(preflight) = &report.preflight {
        let in_docker = report
            .run
            .exec
            .as_ref()
            .is_some_and(|exec| exec.mode == ExecMode::Docker);
        text.push_str(&self::preflight(preflight, in_docker, style));
    }
    if let Some(install) = &report.install {
        text.push_str(&install::install(install, style));
    }
    if let Some(toolbox) = &report.toolbox {
        text.push_str(&self::toolbox(toolbox));
    }
    if let Some(evidence) = &report.evidence {
        text.push_str(&evidence::evidence(evidence, style));
    }
    if let Some(failure) = &report.failure {
        text.push_str(&self::failure(failure, style));
    }
    for warning in &report.run.warnings {
        let mark = style.over("33", "!");
        let _ = writeln!(
            text,
            "{mark} {} ({})",
            printable(&warning.message),
            warning.code.name()
        );
    }
    if let Some(journal) = &report.run.journal {
        let _ = writeln!(
            text,
            "{} in {:.1} s; journal: {journal}",
            commands(&report.run),
            seconds(report.run.duration_ms)
        );
    }
    if let Some(record) = &report.run.record {
        let _ = writeln!(text, "signed-off record: {record}");
    }
    text
}

/// How many commands were run, and of which tools: `13 commands (10 aws, 1 eksctl, 1 helm, 1 kubectl)`.
fn commands(run: &RunRecord) -> String {
    let number = run.commands_run;
    let plural = if number == 1 { "" } else { "s" };
    let by_tool: Vec<String> = run
        .commands_by_tool
        .iter()
        .map(|(tool, count)| format!("{count} {tool}"))
        .collect();
    if by_tool.is_empty() {
        return format!("{number} command{plural}");
    }
    format!("{number} command{plural} ({})", by_tool.join(", "))
}

fn preflight(preflight: &PreflightReport, in_docker: bool, style: Style) -> String {
    let mut text = String::new();
    let (mut skipped, told): (Vec<&Finding>, Vec<&Finding>) =
        preflight.checks.iter().partition(|check| is_not_asked(check));
    for check in told {
        text.push_str(&self::check(check, style));
    }
    // One line a reason: checks that were left out for another one are not among them.
    while let Some(first) = skipped.first() {
        let message = &first.message;
        let ids: Vec<&str> = skipped
            .iter()
            .filter(|check| check.message == *message)
            .map(|check| check.id.as_str())
            .collect();
        let lead = format!("{} {:<ID_WIDTH$} ", style.over("2", "-"), "not asked");
        let why = message
            .trim_start_matches(NOT_ASKED)
            .trim_start_matches([':', ' ']);
        let line = printable(&format!("{}: {why}", ids.join(", ")));
        text.push_str(&style.hang(&lead, ID_WIDTH + 3, &line));
        let message = message.clone();
        skipped.retain(|check| check.message != message);
    }
    let verdict = if preflight.ok_to_install {
        style.over("1;32", "OK to install.")
    } else if preflight.status == PreflightStatus::Interrupted {
        style.over("1;33", "Interrupted; nothing was changed.")
    } else {
        style.over("1;31", "Not ready to install.")
    };
    let _ = writeln!(text, "\n{verdict} {}", preflight.next.reason);
    if in_docker && !preflight.blockers.is_empty() {
        text.push_str("No aws or eksctl on this machine? `lakehouse toolbox shell` has them.\n");
    }
    if let Some(path) = &preflight.env_file {
        let _ = writeln!(text, "Settings: {path}");
    }
    text
}

/// How the message of a check begins that another one's failure left no question for.
const NOT_ASKED: &str = "Not asked";

fn is_not_asked(check: &Finding) -> bool {
    check.outcome == Outcome::Skip && check.message.starts_with(NOT_ASKED)
}

/// How wide the column of checks is.
const ID_WIDTH: usize = 20;

fn check(check: &Finding, style: Style) -> String {
    let mark = match check.outcome {
        Outcome::Pass => style.over("32", "✓"),
        Outcome::Warn => style.over("33", "!"),
        Outcome::Fail => style.over("31", "✗"),
        Outcome::Skip => style.over("2", "-"),
    };
    let indent = ID_WIDTH + 3;
    let space = " ".repeat(indent);
    let mut text = style.hang(
        &format!("{mark} {:<ID_WIDTH$} ", check.id),
        indent,
        &printable(&check.message),
    );
    if let Some(remediation) = &check.remediation {
        text.push_str(&style.hang(&format!("{space}→ "), indent + 2, &printable(remediation)));
    }
    if let Some(said) = &check.tool_output {
        let bar = style.over("2", "|");
        for line in printable(said).lines().take(6) {
            text.push_str(&style.hang(&format!("{space}{bar} "), indent + 2, line));
        }
    }
    if let Some(code) = check.code.filter(|_| check.outcome != Outcome::Pass) {
        let _ = writeln!(text, "{space}{}", style.over("2", code.name()));
    }
    text
}

fn toolbox(toolbox: &ToolboxReport) -> String {
    let mut text = format!("toolbox {}: {}\n", toolbox.status, toolbox.image);
    if let Some(size) = toolbox.size_bytes {
        let _ = writeln!(text, "  size     {} MB", size / 1_000_000);
    }
    let _ = writeln!(text, "  source   {}", toolbox.source);
    for (tool, version) in &toolbox.locked {
        let found = toolbox
            .found
            .get(tool)
            .map_or(String::new(), |found| format!("  (says {found})"));
        let _ = writeln!(text, "  {tool:<8} {version}{found}");
    }
    for name in &toolbox.removed {
        let _ = writeln!(text, "  removed  {name}");
    }
    for name in &toolbox.in_use {
        let _ = writeln!(text, "  in use   {name}");
    }
    text
}

/// A failure: purpose first, what it means, the tool's own words, what mends it.
#[must_use]
pub fn failure(failure: &Failure, style: Style) -> String {
    let line = format!(
        "failed to {}: {} ({})",
        failure.purpose,
        failure.message,
        failure.code.name()
    );
    let lead = format!("{} ", style.over("1;31", "error:"));
    let mut text = style.hang(&lead, "error: ".len(), &line);
    if let Some(said) = &failure.tool_output {
        for line in printable(said).lines() {
            let _ = writeln!(text, "  {} {line}", style.over("2", "|"));
        }
    }
    if let Some(remediation) = &failure.remediation {
        text.push_str(&style.hang("  → ", 4, remediation));
    }
    text
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a duration for people, with one decimal"
)]
fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}
