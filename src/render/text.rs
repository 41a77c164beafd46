//! The report as text for people. It reads the report and nothing else.

use crate::gateway::redact::printable;
use crate::report::{Failure, Finding, InstallReport, Outcome, PreflightReport, Report, ToolboxReport};
use std::fmt::Write as _;

/// Whether colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// With colours.
    Colour,
    /// Without.
    Plain,
}

impl Paint {
    fn over(self, code: &str, text: &str) -> String {
        match self {
            Self::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}

/// The whole report.
#[must_use]
pub fn report(report: &Report, paint: Paint) -> String {
    let mut text = String::new();
    if let Some(preflight) = &report.preflight {
        text.push_str(&self::preflight(preflight, paint));
    }
    if let Some(install) = &report.install {
        text.push_str(&self::install(install, paint));
    }
    if let Some(toolbox) = &report.toolbox {
        text.push_str(&self::toolbox(toolbox));
    }
    if let Some(failure) = &report.failure {
        text.push_str(&self::failure(failure, paint));
    }
    if let Some(journal) = &report.run.journal {
        let _ = writeln!(
            text,
            "{} commands in {:.1} s; journal: {journal}",
            report.run.commands_run,
            seconds(report.run.duration_ms)
        );
    }
    text
}

fn preflight(preflight: &PreflightReport, paint: Paint) -> String {
    let mut text = String::new();
    for check in &preflight.checks {
        text.push_str(&self::check(check, paint));
    }
    if !preflight.required.is_empty() {
        let flags: Vec<String> = preflight
            .required
            .iter()
            .map(|name| format!("--{name}"))
            .collect();
        let _ = writeln!(text, "Needed and not given: {}", flags.join(", "));
    }
    let verdict = if preflight.ok_to_install {
        paint.over("1;32", "OK to install.")
    } else {
        paint.over("1;31", "Not ready to install.")
    };
    let _ = writeln!(text, "\n{verdict} {}", preflight.next.reason);
    if let Some(path) = &preflight.env_file {
        let _ = writeln!(text, "Settings: {path}");
    }
    text
}

fn check(check: &Finding, paint: Paint) -> String {
    let mark = match check.outcome {
        Outcome::Pass => paint.over("32", "✓"),
        Outcome::Warn => paint.over("33", "!"),
        Outcome::Fail => paint.over("31", "✗"),
        Outcome::Skip => paint.over("2", "-"),
    };
    let mut text = format!("{mark} {:<17} {}\n", check.id, printable(&check.message));
    let indent = " ".repeat(20);
    let code = check
        .code
        .filter(|_| check.outcome != Outcome::Pass)
        .map(crate::report::Code::name);
    if let Some(remediation) = &check.remediation {
        let _ = writeln!(text, "{indent}→ {}", printable(remediation));
    }
    if let Some(said) = &check.tool_output {
        for line in printable(said).lines().take(6) {
            let _ = writeln!(text, "{indent}{} {line}", paint.over("2", "|"));
        }
    }
    if let Some(code) = code {
        let _ = writeln!(text, "{indent}{}", paint.over("2", code));
    }
    text
}

fn install(install: &InstallReport, paint: Paint) -> String {
    let mut text = format!("\n{}\n{}\n", paint.over("1", "Install"), printable(&install.plan));
    for blocker in &install.blockers {
        let _ = writeln!(
            text,
            "{} {} ({})",
            paint.over("31", "✗"),
            blocker.message,
            blocker.code.name()
        );
    }
    let _ = writeln!(text, "{}", install.next.reason);
    text
}

fn toolbox(toolbox: &ToolboxReport) -> String {
    let mut text = format!("toolbox {}: {}\n", toolbox.status, toolbox.image);
    if let Some(size) = toolbox.size_bytes {
        let _ = writeln!(text, "  size     {} MB", size / 1_000_000);
    }
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
    text
}

/// A failure: purpose first, what it means, the tool's own words, what mends it.
#[must_use]
pub fn failure(failure: &Failure, paint: Paint) -> String {
    let mut text = format!(
        "{} failed to {}: {} ({})\n",
        paint.over("1;31", "error:"),
        failure.purpose,
        failure.message,
        failure.code.name()
    );
    if let Some(said) = &failure.tool_output {
        for line in printable(said).lines() {
            let _ = writeln!(text, "  {} {line}", paint.over("2", "|"));
        }
    }
    if let Some(remediation) = &failure.remediation {
        let _ = writeln!(text, "  → {remediation}");
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
