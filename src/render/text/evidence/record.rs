//! A run's signed-off record as text: who approved what, what was written, what stands.

use super::super::{Style, install};
use super::{outcome, plain};
use crate::report::{ApprovalKind, InstallStatus, SignedRecord};
use std::fmt::Write as _;

/// How wide the column of the steps' names is.
const STEP: usize = 22;

/// The whole record.
pub(super) fn record(record: &SignedRecord, style: Style) -> String {
    let mut text = format!("\n{}\n", style.over("1", "Signed-off record"));
    let (by, target) = (&record.approval.by, &record.target);
    let approved = match record.approval.kind {
        ApprovalKind::True => "--approve true".to_owned(),
        ApprovalKind::Digest => format!("--approve {}", record.approval.value),
    };
    let mut status = status(record.status).to_owned();
    if let Some(phase) = &record.phase {
        let _ = write!(status, ", all up to {phase} stood");
    }
    if let Some(step) = &record.failed_step {
        let _ = write!(status, ", stopped at the step {step}");
    }
    if let Some(failure) = &record.failure {
        let _ = write!(status, " ({})", failure.code.name());
    }
    for (name, value) in [
        ("approved", format!("{approved}, at {}", record.approval.at)),
        ("by", by.sts_arn.clone()),
        (
            "",
            format!(
                "local user {}, uid {}, machine {}",
                by.local_user, by.uid, by.machine
            ),
        ),
        (
            "for",
            format!(
                "account {}, region {}, cluster {}, namespace {}",
                target.account, target.region, target.cluster, target.namespace
            ),
        ),
        ("plan", record.plan_digest.clone()),
        (
            "ran",
            format!(
                "{} to {}, lakehouse {}",
                record.started_at, record.ended_at, record.lakehouse
            ),
        ),
        ("ended", status),
        (
            "journal",
            format!(
                "{} lines, the last {}",
                record.journal_records, record.journal_hash
            ),
        ),
        ("hash", record.hash.clone()),
    ] {
        let _ = writeln!(text, "  {name:<8} {}", plain(&value));
    }
    steps(&mut text, record, style);
    writes(&mut text, record, style);
    install::evidence(&mut text, &record.evidence, style);
    text
}

fn steps(text: &mut String, record: &SignedRecord, style: Style) {
    let _ = writeln!(text, "\n{}", style.over("1", "Steps"));
    for step in &record.steps {
        let (mark, word) = install::outcome(step.outcome, style);
        let lead = format!("  {mark} {word:<9} {:<STEP$} ", plain(&step.id));
        text.push_str(&style.hang(&lead, STEP + 15, &plain(&step.detail)));
    }
}

fn writes(text: &mut String, record: &SignedRecord, style: Style) {
    let _ = writeln!(text, "\n{}", style.over("1", "Writes"));
    if record.writes.is_empty() {
        text.push_str("  none\n");
    }
    for write in &record.writes {
        let _ = writeln!(
            text,
            "{:>4} {} {}  {}",
            write.line,
            plain(&write.started_at),
            plain(&write.purpose),
            style.over("2", &outcome(write))
        );
    }
}

const fn status(status: InstallStatus) -> &'static str {
    match status {
        InstallStatus::Completed | InstallStatus::CompletedPhase => "completed",
        InstallStatus::Failed => "failed",
        InstallStatus::Interrupted => "interrupted",
        InstallStatus::Blocked => "blocked before anything was changed",
        InstallStatus::NeedsInput => "waits for an input",
    }
}
