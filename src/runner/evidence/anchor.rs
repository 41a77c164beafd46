//! What the end of a chain is held against: the run's own report, and one that was kept elsewhere.

use super::{KeptReport, REPORT, RunFolder, note};
use crate::gateway::journal::{Chain, genesis};
use crate::report::evidence::FindingKind;
use crate::report::{Code, Note};
use serde_json::Value;

/// The name of the report that was kept elsewhere, as an anchor.
pub(super) const ELSEWHERE: &str = "--report";

/// Holds the chain's end against the run's own report and the one that was kept elsewhere, and these against each other.
pub(super) fn hold(
    chain: &mut Chain,
    folder: &RunFolder,
    report: Option<Vec<u8>>,
    kept: Option<&KeptReport>,
    warnings: &mut Vec<Note>,
) -> (Option<KeptReport>, Vec<String>) {
    let mut anchors = Vec::new();
    let own = match report.map(KeptReport::parse) {
        None => None,
        Some(Ok(own)) if own.id == folder.id => Some(own),
        Some(Ok(own)) => {
            let said = format!("`{REPORT}` is of another run.");
            let (wanted, found) = (folder.id.clone(), own.id);
            chain.at(None, FindingKind::Report, &said, Some(&wanted), Some(&found));
            None
        }
        Some(Err(why)) => {
            let said = format!("`{REPORT}` is no report of a run: {why}.");
            chain.at(None, FindingKind::Report, &said, None, None);
            None
        }
    };
    for (name, report) in [(REPORT, own.as_ref()), (ELSEWHERE, kept)] {
        let Some(report) = report else { continue };
        anchors.push(name.to_owned());
        let none = genesis(&report.id);
        let before = chain.findings.len();
        chain.hold(name, report.count, report.hash.as_deref().unwrap_or(&none));
        // Both say the same of the end: once is enough.
        if before > 0 && name == ELSEWHERE {
            chain
                .findings
                .dedup_by(|b, a| a.kind == b.kind && a.line == b.line);
        }
        if anchors.len() == 1 {
            warnings.extend(unwritten(report));
        }
    }
    if let (Some(own), Some(kept)) = (&own, kept)
        && let Some(place) = difference(&own.value, &kept.value, "")
    {
        let said = format!(
            "`{REPORT}` and the report that was given differ; one of them is not what the run printed."
        );
        let at = |report: &KeptReport| report.value.pointer(&place).map(Value::to_string);
        let (wanted, found) = (at(kept), at(own));
        let named = |text: Option<String>| format!("{place}: {}", text.as_deref().unwrap_or("not there"));
        let (wanted, found) = (named(wanted), named(found));
        chain.at(
            None,
            FindingKind::ReportsDiffer,
            &said,
            Some(&wanted),
            Some(&found),
        );
    }
    if own.is_none() && kept.is_some() && chain.findings.is_empty() {
        let message =
            format!("The run's folder has no `{REPORT}`: only the report that was given was compared.");
        warnings.push(note(Code::EvidenceUnfinished, message));
    }
    (own, anchors)
}

/// A run that could not write its journal to the end says so.
fn unwritten(report: &KeptReport) -> Option<Note> {
    let ran = report.value.pointer("/run/commandsRun")?.as_u64()?;
    (ran > report.count).then(|| {
        let message = format!(
            "The run ran {ran} commands and could write {} of them: the others left no evidence.",
            report.count
        );
        note(Code::JournalNotWritten, message)
    })
}

/// The first place where two documents differ, as a JSON pointer.
pub(super) fn difference(one: &Value, other: &Value, place: &str) -> Option<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let mut keys: Vec<&String> = one.keys().chain(other.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            keys.into_iter().find_map(|key| {
                let below = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
                match (one.get(key), other.get(key)) {
                    (Some(one), Some(other)) => difference(one, other, &below),
                    _ => Some(below),
                }
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => (0..)
            .zip(one.iter().zip(other))
            .find_map(|(number, (one, other))| difference(one, other, &format!("{place}/{number}"))),
        _ => (one != other).then(|| place.to_owned()),
    }
}
