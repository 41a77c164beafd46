//! `lakehouse evidence list|show|verify|export`.

use super::output;
use super::preflight::interrupted_code;
use crate::cli::resolve::EvidenceAsked;
use crate::cli::run::{Context, DONE, FAILED, PARTLY};
use crate::gateway::environment;
use crate::gateway::redact::Redactor;
use crate::model::RunName;
use crate::report::evidence::{CommandEntry, FindingKind};
use crate::report::{Code, EvidenceReport, Failure, Note, SignedRecord, VerificationStatus};
use crate::runner::evidence::{
    Asked, Lines, RECORD, RunFolder, Store, Verified, document, entry, entry_of, failed, fits, read_kept,
    unreadable, verify, why_none, write,
};
use std::io::Write;
use std::path::Path;

/// How many runs a list names.
const MOST_RUNS: usize = 200;
/// How many commands are shown of a run.
const MOST_COMMANDS: u64 = 10_000;

/// Does it; gives the exit code.
#[must_use]
pub fn evidence(context: &Context, asked: &EvidenceAsked) -> i32 {
    let purpose = match asked {
        EvidenceAsked::List => "list the kept runs",
        EvidenceAsked::Show(_) => "show a run's evidence",
        EvidenceAsked::Verify { .. } => "verify a run's evidence",
        EvidenceAsked::Export { .. } => "export a run's evidence",
    };
    let mut report = context.report(None);
    let done = act(context, asked, purpose);
    let code = match &done {
        Ok(Done::Printed(code)) => return *code,
        Ok(Done::Report(evidence, code)) => {
            report.evidence = Some(EvidenceReport::clone(evidence));
            *code
        }
        Err(failure) => {
            report.failure = Some(failure.clone());
            if failure.code == Code::Interrupted {
                interrupted_code(context)
            } else {
                FAILED
            }
        }
    };
    output::print(context, &report, code)
}

/// How it went well.
enum Done {
    /// There is a report.
    Report(Box<EvidenceReport>, i32),
    /// stdout got the export.
    Printed(i32),
}

fn act(context: &Context, asked: &EvidenceAsked, purpose: &str) -> Result<Done, Failure> {
    let store = Store::open(purpose, context.uid)?;
    match asked {
        EvidenceAsked::List => list(&store, purpose),
        EvidenceAsked::Show(run) => show(context, &store, purpose, run),
        EvidenceAsked::Verify { run, report } => {
            let folder = store.find(purpose, run)?;
            let kept = report
                .as_deref()
                .map(|path| read_kept(path, &context.run.interrupt))
                .transpose()
                .map_err(|note| failed(purpose, note))?;
            let verified = verify(&folder, kept.as_ref(), &context.run.interrupt, |_, _, _| {})
                .map_err(|note| failed(purpose, note))?;
            let code = code_of(verified.verification.status);
            Ok(Done::Report(Box::new(of(&store, "verify", verified)), code))
        }
        EvidenceAsked::Export {
            run,
            to,
            folder,
            home,
        } => {
            let found = store.find(purpose, run)?;
            let to = to
                .clone()
                .unwrap_or_else(|| folder.join(format!("lakehouse-evidence-{}.json", found.id)));
            export(context, &store, purpose, &found, &to, home.as_deref())
        }
    }
}

/// An intact run is done; what is not known to be all is partly done; what was altered has failed.
const fn code_of(status: VerificationStatus) -> i32 {
    match status {
        VerificationStatus::Intact => DONE,
        VerificationStatus::Altered => FAILED,
        VerificationStatus::Running | VerificationStatus::Unfinished => PARTLY,
    }
}

fn list(store: &Store, purpose: &str) -> Result<Done, Failure> {
    let ids = store.ids(purpose)?;
    let of = |id: &String| -> Result<_, Note> { entry(&store.folder(id)?) };
    let runs = ids
        .iter()
        .take(MOST_RUNS)
        .map(|id| of(id).unwrap_or_else(|problem| unreadable(store, id, problem)))
        .collect();
    let mut report = blank(store, "list");
    report.runs = Some(runs);
    report.runs_omitted = ids.len().saturating_sub(MOST_RUNS) as u64;
    Ok(Done::Report(Box::new(report), DONE))
}

fn show(context: &Context, store: &Store, purpose: &str, run: &RunName) -> Result<Done, Failure> {
    let folder = store.find(purpose, run)?;
    let mut commands = Vec::new();
    let mut omitted = 0;
    let verified = verify(&folder, None, &context.run.interrupt, |number, _, line| {
        let Some(line) = line else { return };
        if number > MOST_COMMANDS {
            omitted += 1;
        } else {
            commands.push(CommandEntry {
                line: number,
                ..entry_of(line)
            });
        }
    })
    .map_err(|note| failed(purpose, note))?;
    let record = record(&verified);
    let mut report = of(store, "show", verified);
    match record {
        Ok(record) => report.record = Some(record),
        Err(why) => report.no_record = Some(why),
    }
    report.commands = Some(commands);
    report.commands_omitted = omitted;
    Ok(Done::Report(Box::new(report), DONE))
}

/// The signed-off record, or why none is shown.
fn record(verified: &Verified) -> Result<SignedRecord, String> {
    let findings = &verified.verification.findings;
    let has = |kind| findings.iter().any(|finding| finding.kind == kind);
    if has(FindingKind::RecordOtherRun) {
        return Err(format!("`{RECORD}` is of another run: it is not shown."));
    }
    if has(FindingKind::Record) {
        return Err(format!(
            "`{RECORD}` is no signed-off record, or was cut: the journal is shown alone."
        ));
    }
    let Some(record) = &verified.record else {
        let report = verified.report.as_ref();
        return Err(why_none(verified.entry.state, report, verified.writes));
    };
    let foreign = || {
        format!(
            "`{RECORD}` has not the form that this version shows: another one may have written it. It stands beside the journal."
        )
    };
    record.typed().ok_or_else(foreign)
}

fn export(
    context: &Context,
    store: &Store,
    purpose: &str,
    folder: &RunFolder,
    to: &Path,
    home: Option<&Path>,
) -> Result<Done, Failure> {
    let printed = to == Path::new("-");
    if context.options.read_only.value && !printed {
        let refused = Note {
            code: Code::ReadOnlyRefused,
            message: "A read-only run writes no file; `--to -` prints the export.".to_owned(),
            tool_output: None,
        };
        return Err(failed(purpose, refused));
    }
    fits(purpose, folder)?;
    let redactor = Redactor::new(environment::secrets(&context.run.env));
    let asked = Asked {
        redactor: &redactor,
        home,
        now: context.run.started,
    };
    let mut lines = Lines::default();
    let interrupt = &context.run.interrupt;
    let verified = verify(folder, None, interrupt, |number, raw, line| {
        asked.take(&mut lines, number, raw, line);
    })
    .map_err(|note| failed(purpose, note))?;
    let (text, changed) = document(purpose, &verified, &lines, &asked)?;
    if printed {
        return Ok(Done::Printed(on_stdout(&text)));
    }
    let exported = write(purpose, to, &text, changed)?;
    let mut report = of(store, "export", verified);
    report.export = Some(exported);
    Ok(Done::Report(Box::new(report), DONE))
}

fn on_stdout(text: &str) -> i32 {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => DONE,
        Err(error) => {
            let _ = writeln!(
                std::io::stderr(),
                "lakehouse: the export can't be printed: {error}"
            );
            FAILED
        }
    }
}

fn of(store: &Store, action: &str, verified: Verified) -> EvidenceReport {
    let mut report = blank(store, action);
    report.run = Some(verified.entry);
    report.verification = Some(verified.verification);
    report
}

fn blank(store: &Store, action: &str) -> EvidenceReport {
    EvidenceReport {
        action: action.to_owned(),
        folder: store.runs.display().to_string(),
        runs: None,
        runs_omitted: 0,
        run: None,
        record: None,
        no_record: None,
        commands: None,
        commands_omitted: 0,
        verification: None,
        export: None,
    }
}
