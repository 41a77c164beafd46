//! Whether a run's evidence is what the run wrote.

use super::anchor::{self, ELSEWHERE};
use super::compare::Comparison;
use super::{JOURNAL, KeptRecord, KeptReport, RECORD, REPORT, RunFolder, note, summary};
use crate::gateway::interrupt::Interrupt;
use crate::gateway::journal::{Chain, JournalLine, check, is_held, sha256_hex};
use crate::model::shown_name;
use crate::report::evidence::FindingKind;
use crate::report::{Code, Note, RunEntry, RunState, Verification, VerificationStatus};
use std::fs::File;
use std::io::{self, BufReader, Read};

/// A run's evidence, checked.
pub struct Verified {
    /// What the folder tells at a glance.
    pub entry: RunEntry,
    /// What the check found.
    pub verification: Verification,
    /// The report in the run's folder, if it is one.
    pub report: Option<KeptReport>,
    /// The signed-off record in the run's folder, if it is one.
    pub record: Option<KeptRecord>,
    /// How many writes the journal holds.
    pub writes: u64,
}

/// Checks a run's evidence, against the report `kept` elsewhere as well, if there is one; `see` gets each whole line of
/// the journal.
///
/// # Errors
/// A note where the files can't be read, `kept` is of another run, or a signal stopped it.
pub fn verify(
    folder: &RunFolder,
    kept: Option<&KeptReport>,
    interrupt: &Interrupt,
    mut see: impl FnMut(u64, &[u8], Option<&JournalLine>),
) -> Result<Verified, Note> {
    if let Some(kept) = kept.filter(|kept| kept.id != folder.id) {
        let message = format!(
            "The report that was given is of the run {}: `lakehouse evidence verify` takes that run's ID with it.",
            shown_name(&kept.id)
        );
        return Err(note(Code::EvidenceNotRead, message));
    }
    let mut entry = summary::entry(folder)?;
    let journal = folder.journal()?;
    // First the lock, then the report: a run writes its report before it lets go. The record it writes before that.
    let held = journal.as_ref().is_some_and(is_held);
    let report = folder.report()?;
    let record = folder.record()?;
    let mut comparison = Comparison::of(record.as_deref(), &folder.id);
    let report_sha256 = report.as_deref().map(sha256_hex);
    let there = journal.is_some();
    let mut chain = read(journal, &folder.id, interrupt, |number, raw, line| {
        if let Some(line) = line {
            comparison.see(line);
        }
        see(number, raw, line);
    })
    .map_err(|error| {
        if interrupt.is_set() {
            note(Code::Interrupted, "The run was stopped before the journal's end.")
        } else {
            note(
                Code::EvidenceNotRead,
                format!("The journal can't be read: {error}."),
            )
        }
    })?;
    if !there {
        let said = format!("There is no `{JOURNAL}` in the run's folder.");
        chain.at(None, FindingKind::NoJournal, &said, None, None);
    }
    let complete = report.is_some() || kept.is_some();
    if chain.half && complete {
        let said = "The line has no end: it was cut off.";
        chain.at(Some(chain.lines + 1), FindingKind::Cut, said, None, None);
    }
    let mut warnings = folder.open_to_others.clone();
    let (report, mut anchors) = anchor::hold(&mut chain, folder, report, kept, &mut warnings);
    // What was kept elsewhere is the better witness; that the two differ is a finding of its own.
    let compared = comparison.end(&mut chain, kept.or(report.as_ref()));
    if compared.is_anchor {
        anchors.push(RECORD.to_owned());
    }
    let status = match (chain.findings.is_empty(), complete, held) {
        (false, _, _) => VerificationStatus::Altered,
        (true, true, _) => VerificationStatus::Intact,
        (true, false, true) => VerificationStatus::Running,
        (true, false, false) => VerificationStatus::Unfinished,
    };
    if report.is_none() {
        entry.commands_run = (there && !chain.stopped).then_some(chain.lines);
    }
    // The glance was a moment earlier.
    entry.state = match (&report_sha256, held) {
        (Some(_), _) => RunState::Complete,
        (None, true) => RunState::Running,
        (None, false) => RunState::Unfinished,
    };
    let code = match status {
        VerificationStatus::Intact => None,
        VerificationStatus::Altered => Some(Code::EvidenceAltered),
        VerificationStatus::Running | VerificationStatus::Unfinished => Some(Code::EvidenceUnfinished),
    };
    let verification = Verification {
        status,
        code,
        message: message(status, &chain, &anchors),
        remediation: code.map(|code| remedy(code, held, kept.is_some(), &folder.id)),
        lines: chain.lines,
        sound_lines: chain.sound,
        last_hash: there.then_some(chain.last),
        anchors,
        report_sha256,
        record_hash: compared.record.as_ref().map(|record| record.hash.clone()),
        findings: chain.findings,
        stopped_early: chain.stopped,
        warnings,
    };
    Ok(Verified {
        entry,
        verification,
        report,
        record: compared.record,
        writes: compared.writes,
    })
}

/// Reads as much of the journal as stands at this moment: a run that goes on may add to it.
fn read(
    journal: Option<File>,
    run: &str,
    interrupt: &Interrupt,
    see: impl FnMut(u64, &[u8], Option<&JournalLine>),
) -> io::Result<Chain> {
    let Some(journal) = journal else {
        return check(io::empty(), run, see);
    };
    let length = journal.metadata()?.len();
    let reader = Stoppable {
        file: journal.take(length),
        interrupt,
    };
    check(BufReader::with_capacity(64 * 1024, reader), run, see)
}

/// A file that ends with an error once a signal came.
struct Stoppable<'a, R> {
    file: R,
    interrupt: &'a Interrupt,
}

impl<R: Read> Read for Stoppable<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.interrupt.is_set() {
            return Err(io::Error::other("stopped by a signal"));
        }
        self.file.read(buffer)
    }
}

/// What to do, with the command for this run.
fn remedy(code: Code, held: bool, compared: bool, id: &str) -> String {
    match (code, held) {
        (Code::EvidenceAltered, _) if compared => {
            "Trust what was kept elsewhere, and no file of the folder. Find out who could write it, and \
             run the command of that run again."
                .to_owned()
        }
        (Code::EvidenceAltered, _) => format!(
            "Trust neither journal nor report nor record. Hold them against a report that was kept elsewhere (`lakehouse evidence verify {id} \
             --report FILE`), find out who could write the folder, and run the command of that run again."
        ),
        (_, true) => format!("`lakehouse evidence verify {id}` once more when the run has ended."),
        (_, false) => format!(
            "Nothing more will come of this run: run its command again. If its output was kept, `lakehouse evidence verify {id} --report \
             FILE` holds the journal against it."
        ),
    }
}

fn message(status: VerificationStatus, chain: &Chain, anchors: &[String]) -> String {
    let lines = match chain.lines {
        1 => "1 line".to_owned(),
        lines => format!("{lines} lines"),
    };
    match status {
        VerificationStatus::Intact => {
            let record = if anchors.iter().any(|anchor| anchor == RECORD) {
                " The signed-off record has every write of the journal and no other, and says what the report says."
            } else {
                ""
            };
            let elsewhere = anchors.iter().any(|anchor| anchor == ELSEWHERE);
            let reports: Vec<&str> = anchors
                .iter()
                .map(String::as_str)
                .filter(|name| *name != RECORD)
                .collect();
            if elsewhere {
                format!(
                    "{lines}, each whole and following from the one before; the last is the one that {} hold.{record}",
                    reports.join(" and ")
                )
            } else {
                format!(
                    "{lines}, each whole and following from the one before; the last is the one that `{REPORT}` beside them \
                     holds.{record} Who can write this folder could have made all of it anew: `--report FILE` holds it against a \
                     report that was kept elsewhere."
                )
            }
        }
        VerificationStatus::Altered => {
            let found = match chain.findings.len() {
                1 => "1 finding".to_owned(),
                many => format!("{many} findings"),
            };
            if chain.findings.iter().all(|finding| finding.kind.is_of_record()) {
                format!(
                    "The journal's {lines} hold together; its signed-off record is not what the run wrote: {found}."
                )
            } else {
                format!(
                    "This is not what the run wrote: {found}. Up to line {} nothing was found.",
                    chain.sound
                )
            }
        }
        VerificationStatus::Running => {
            format!("The run goes on; its {lines} so far hold together.")
        }
        VerificationStatus::Unfinished if anchors.iter().any(|anchor| anchor == RECORD) => format!(
            "The run wrote its signed-off record and ended before its report (killed, or no room), or the report was taken away. The \
             journal's {lines} are those that the record counts, and no report says the same."
        ),
        VerificationStatus::Unfinished => format!(
            "The run ended without its report (killed, crashed, or no room); it is whole up to line {}{}. Whether lines came after \
             is unknown.",
            chain.sound,
            if chain.half {
                ", and the next one is half written"
            } else {
                ""
            }
        ),
    }
}
