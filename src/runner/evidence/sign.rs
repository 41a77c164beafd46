//! Leaves the signed-off record of a run that carried a plan out.

use super::record::{content_hash, entry_of, text_of};
use super::{JOURNAL, RECORD, kept};
use crate::gateway::journal::check;
use crate::report::evidence::CommandEntry;
use crate::report::{Code, Effect, Note, RecordedStep, Report, SCHEMA_VERSION, SignedRecord};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Writes the record of the run of this report into the run's `folder`, whole or not at all, 0600, and names it in the
/// report. A run that carried no plan out leaves none; one whose record can't be written has the warning
/// `RECORD_NOT_WRITTEN` in its install, and all else stays as it is.
///
/// The writes are those of the journal as it is read back now, never of memory: where the journal does not hold them
/// all, there is no record of them.
pub fn sign_off(folder: Option<&Path>, report: &mut Report, now: jiff::Timestamp) {
    let is_due = |install: &crate::report::InstallReport| install.approval.is_some();
    if !report.install.as_ref().is_some_and(is_due) {
        return;
    }
    let left = folder
        .ok_or_else(|| "the run has no folder and no journal".to_owned())
        .and_then(|folder| leave(folder, report, now));
    match left {
        Ok((path, hash)) => {
            report.run.record = Some(path);
            report.run.record_hash = Some(hash);
        }
        Err(said) => {
            let code = Code::RecordNotWritten;
            let note = |message: &str, said: Option<String>| Note {
                code,
                message: message.to_owned(),
                tool_output: said,
            };
            if let Some(install) = &mut report.install {
                install.warnings.push(note(code.meaning(), Some(said)));
                install.remediation.push(note(code.remedy(), None));
            }
        }
    }
}

fn leave(folder: &Path, report: &Report, now: jiff::Timestamp) -> Result<(String, String), String> {
    let writes = writes(folder, report)?;
    let record = of(report, writes, now).ok_or("the report has no plan, target or journal")?;
    let mut value = serde_json::to_value(&record).map_err(|error| error.to_string())?;
    let hash = content_hash(&value);
    if let Some(members) = value.as_object_mut() {
        members.insert("hash".to_owned(), hash.clone().into());
    }
    let path = folder.join(RECORD);
    let kept = text_of(&value)
        .map_err(|error| error.to_string())
        .and_then(|text| kept::keep(folder, RECORD, &text).map_err(|error| error.to_string()));
    match kept {
        Ok(()) => Ok((path.display().to_string(), hash)),
        Err(said) => {
            // It may stand there by its name and not be known to last: the report names none, so none must be found.
            // Where it can't be removed either, `verify` says that there is one which the report does not name.
            let _ = std::fs::remove_file(&path);
            Err(said)
        }
    }
}

/// The journal's writes, once it is known to hold what the run wrote and all of it.
fn writes(folder: &Path, report: &Report) -> Result<Vec<CommandEntry>, String> {
    let run = &report.run;
    if run.commands_run > run.journal_records {
        return Err(format!(
            "the run ran {} commands and its journal holds {}: writes may be missing in it",
            run.commands_run, run.journal_records
        ));
    }
    let journal = File::open(folder.join(JOURNAL)).map_err(|error| format!("{JOURNAL}: {error}"))?;
    let mut writes = Vec::new();
    let chain = check(BufReader::new(journal), &run.id, |_, _, line| {
        if let Some(line) = line.filter(|line| line.record.effect == Effect::Write) {
            writes.push(entry_of(line));
        }
    })
    .map_err(|error| format!("{JOURNAL}: {error}"))?;
    let whole = chain.findings.is_empty() && !chain.half;
    let end = (Some(&chain.last), chain.lines) == (run.journal_hash.as_ref(), run.journal_records);
    if whole && end {
        Ok(writes)
    } else {
        Err("the journal, read back, is not what the run wrote".to_owned())
    }
}

/// The record, without its hash.
fn of(report: &Report, writes: Vec<CommandEntry>, now: jiff::Timestamp) -> Option<SignedRecord> {
    let (run, install) = (&report.run, report.install.as_ref()?);
    Some(SignedRecord {
        schema_version: SCHEMA_VERSION,
        run: run.id.clone(),
        command: run.command.clone(),
        lakehouse: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: run.started_at.clone(),
        ended_at: now.to_string(),
        exec: run.exec.clone(),
        target: install.target.clone()?,
        plan_digest: install.plan_digest.clone()?,
        approval: install.approval.clone()?,
        status: install.status,
        phase: install.phase.clone(),
        failed_step: install.failed_step.clone(),
        failure: install.failure.clone(),
        steps: install.steps.iter().map(RecordedStep::from).collect(),
        writes,
        evidence: install.evidence.clone(),
        journal_records: run.journal_records,
        journal_hash: run.journal_hash.clone()?,
        hash: String::new(),
    })
}

#[cfg(test)]
pub(super) mod tests;
