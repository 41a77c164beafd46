//! One file for a ticket or an auditor: journal, report, the check's result, and how to check it again.

use super::{JOURNAL, RunFolder, Verified, failed, note};
use crate::gateway::journal::{JournalLine, genesis, sha256_hex};
use crate::gateway::redact::Redactor;
use crate::model::shown_name;
use crate::report::evidence::Exported;
use crate::report::{Code, Failure};
use serde_json::{Value, json};
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The longest journal that is exported. One of a preflight has 10 kB.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// And where there is a signed-off record: its hash, and the one that it and the report hold.
const RECORD_BY_HAND: &str = "jq -cSj '.record | del(.hash)' \"$export\" | sha256sum; jq -r '.record.hash, .report.run.recordHash' \"$export\"";

/// What an auditor types, in an empty folder with the export in it.
const BY_HAND: [&str; 9] = [
    "export=lakehouse-evidence.json   # this file",
    "jq -r '.journal.lines[]' \"$export\" >journal.jsonl",
    "prev=$(jq -j '\"lakehouse journal 1 \" + .run' \"$export\" | sha256sum | cut -d' ' -f1)",
    "while IFS= read -r line; do",
    "    body=\"${line%,\\\"hash\\\":*}\"; hash=\"${line##*\\\"hash\\\":\\\"}\"; hash=\"${hash%\\\"\\}}\"",
    "    [ \"$(printf '%s}' \"$body\" | sha256sum | cut -d' ' -f1)\" = \"$hash\" ] || { echo \"changed: $line\"; break; }",
    "    case $body in *\"\\\"prev\\\":\\\"$prev\\\"\") ;; *) echo \"not the next line: $line\"; break ;; esac; prev=$hash",
    "done <journal.jsonl",
    "echo \"$prev\"; jq -r .report.run.journalHash \"$export\"; wc -l <journal.jsonl; jq .report.run.journalRecords \"$export\"",
];

/// What an export is asked for.
pub struct Asked<'a> {
    /// Takes secrets out once more.
    pub redactor: &'a Redactor,
    /// The user's own folder, which is named `~` instead.
    pub home: Option<&'a Path>,
    /// When it is made.
    pub now: jiff::Timestamp,
}

/// The lines of a journal as an export takes them.
#[derive(Default)]
pub struct Lines {
    texts: Vec<String>,
    changed: Vec<u64>,
    bytes: u64,
}

impl Asked<'_> {
    /// Takes one line: as it stands, if nothing in it needs redaction.
    pub fn take(&self, into: &mut Lines, number: u64, raw: &[u8], line: Option<&JournalLine>) {
        into.bytes += raw.len() as u64;
        if into.bytes > MOST_BYTES {
            return;
        }
        let stands = std::str::from_utf8(raw).ok();
        let text = match line {
            Some(line) => self.line(line),
            // Not a record: its text is taken as a whole.
            None => {
                Some(self.text(&String::from_utf8_lossy(raw))).filter(|text| Some(text.as_str()) != stands)
            }
        };
        match (text, stands) {
            (None, Some(stands)) => into.texts.push(stands.to_owned()),
            (text, _) => {
                into.changed.push(number);
                into.texts.push(text.unwrap_or_default());
            }
        }
    }

    /// The line redacted again; none where it holds nothing to redact.
    fn line(&self, line: &JournalLine) -> Option<String> {
        let mut new = line.clone();
        new.record.purpose = self.text(&line.record.purpose);
        new.record.argv = line.record.argv.iter().map(|word| self.text(word)).collect();
        new.record.ended = line.record.ended.as_deref().map(|word| self.text(word));
        if new == *line {
            return None;
        }
        serde_json::to_string(&new).ok()
    }

    /// `text` without secrets and without the user's own folder.
    fn text(&self, text: &str) -> String {
        let text = self.redactor.redact(text, &[]);
        match self
            .home
            .and_then(Path::to_str)
            .map(|home| home.trim_end_matches('/'))
        {
            Some(home) if home.len() > 1 => without_home(&text, home),
            _ => text,
        }
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(list) => list.iter().map(|value| self.value(value)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), self.value(value)))
                .collect(),
            other => other.clone(),
        }
    }
}

/// `home` as a whole beginning of a path becomes `~`.
fn without_home(text: &str, home: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(home) {
        let (before, after) = (&rest[..at], &rest[at + home.len()..]);
        let begins = !before.ends_with(|c: char| c.is_alphanumeric() || "._-/:".contains(c));
        // A full stop of a sentence, not of a name.
        let next = after.strip_prefix('.').unwrap_or(after);
        let ends = !next.starts_with(|c: char| c.is_alphanumeric() || "_-".contains(c));
        out.push_str(before);
        out.push_str(if begins && ends { "~" } else { home });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Whether the journal fits into one file.
///
/// # Errors
/// A [`Failure`] where it does not, or can't be read.
pub fn fits(purpose: &str, folder: &RunFolder) -> Result<(), Failure> {
    let journal = folder.journal().map_err(|note| failed(purpose, note))?;
    let length = journal
        .and_then(|file| file.metadata().ok())
        .map(|found| found.len());
    if length.is_some_and(|length| length > MOST_BYTES) {
        let path = folder.path.join(JOURNAL).display().to_string();
        return Err(too_large(purpose, &path));
    }
    Ok(())
}

fn too_large(purpose: &str, journal: &str) -> Failure {
    let message = format!("The journal is larger than {MOST_BYTES} bytes, too large for one file.");
    let mut failure = failed(purpose, note(Code::EvidenceNotWritten, message));
    failure.remediation = Some(format!("Hand over the file itself: {}.", shown_name(journal)));
    failure
}

/// The export as text.
///
/// # Errors
/// A [`Failure`] for a journal that is too large for one file.
pub fn document(
    purpose: &str,
    verified: &Verified,
    lines: &Lines,
    asked: &Asked<'_>,
) -> Result<(String, Vec<u64>), Failure> {
    let entry = &verified.entry;
    if lines.bytes > MOST_BYTES {
        return Err(too_large(purpose, &entry.journal));
    }
    let report = verified.report.as_ref();
    let record = verified.record.as_ref().map(|record| asked.value(&record.value));
    let record_changed = record != verified.record.as_ref().map(|record| record.value.clone());
    let mut by_hand = BY_HAND.to_vec();
    if record.is_some() {
        by_hand.push(RECORD_BY_HAND);
    }
    let tools = entry.exec.as_ref().map(|exec| &exec.tools);
    let document = json!({
        "format": "lakehouse evidence 1",
        "exportedAt": asked.now.to_string(),
        "exportedBy": concat!("lakehouse ", env!("CARGO_PKG_VERSION")),
        "run": entry.id,
        "state": entry.state,
        "tools": tools,
        "verification": asked.value(&serde_json::to_value(&verified.verification).unwrap_or_default()),
        "redaction": {
            "replaced": ["secret keys, session tokens, passwords, bearer and web tokens, private keys, signed URLs, and \
                          the secrets of the environment that the export ran in: [redacted]",
                         "the path of the exporting user's own folder: ~"],
            "kept": ["account IDs, ARNs, names of users, profiles, zones, buckets and clusters, paths elsewhere"],
            "changedLines": lines.changed,
            "changedRecord": record_changed,
            "note": "Lines under changedLines differ from the journal: their own hash can't be checked, their place in \
                     the chain can. All others stand byte for byte. A record that is \
                     changed has another hash than its own; one that is not has its own. The report here is redacted too; reportSha256 is \
                     that of the file as the run wrote it.",
        },
        "journal": { "firstPrev": genesis(&entry.id), "lines": lines.texts },
        "report": report.map(|report| asked.value(&report.value)),
        "reportSha256": verified.verification.report_sha256,
        "record": record,
        "howToVerify": by_hand,
    });
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| failed(purpose, note(Code::Internal, format!("{error}."))))?;
    Ok((format!("{text}\n"), lines.changed.clone()))
}

/// Writes the export to a new file, 0600, whole or not at all.
///
/// # Errors
/// A [`Failure`]: `EVIDENCE_NOT_WRITTEN`, also where the file exists.
pub fn write(purpose: &str, path: &Path, text: &str, changed_lines: Vec<u64>) -> Result<Exported, Failure> {
    once(path, text).map_err(|error| {
        let shown = shown_name(&path.to_string_lossy());
        let message = if error.kind() == io::ErrorKind::AlreadyExists {
            format!("{shown} exists and was left as it is.")
        } else {
            format!("{shown} can't be written: {error}.")
        };
        failed(purpose, note(Code::EvidenceNotWritten, message))
    })?;
    Ok(Exported {
        path: path.display().to_string(),
        bytes: text.len() as u64,
        sha256: sha256_hex(text.as_bytes()),
        changed_lines,
    })
}

fn once(path: &Path, text: &str) -> io::Result<()> {
    // Also a link that leads nowhere takes the name.
    if path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".lakehouse-export-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::without_home;

    #[test]
    fn only_a_whole_beginning_of_a_path_is_the_users_folder() {
        for (text, expected) in [
            ("/home/ada/x", "~/x"),
            ("/home/ada is full.", "~ is full."),
            ("left in /home/ada.", "left in ~."),
            ("/home/ada.old/x", "/home/ada.old/x"),
            ("in `/home/ada`, and", "in `~`, and"),
            ("file:///home/ada/x", "file:///home/ada/x"),
            ("KUBECONFIG=/home/ada/.kube", "KUBECONFIG=~/.kube"),
            ("/home/adam/x", "/home/adam/x"),
            ("/mnt/home/ada/x", "/mnt/home/ada/x"),
        ] {
            assert_eq!(without_home(text, "/home/ada"), expected, "{text}");
        }
    }
}
