//! Reading a journal back: whether each line is what was written, where it was written.

use super::{GENESIS, sha256_hex};
use crate::model::shown;
use crate::report::CommandRecord;
use crate::report::evidence::{EvidenceFinding, FindingKind};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read};

/// The longest line that is read. Arguments of a command are two megabytes at most (Linux, `execve(2)`), and an escape
/// in JSON makes six bytes of one.
const LONGEST: u64 = 16 * 1024 * 1024;

/// After this many findings a check stops: a file that is no journal needs no longer list.
pub const MOST_FINDINGS: usize = 50;

/// One line of a journal. Written again, it gives the very bytes that were read, or it is not the journal's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalLine {
    /// Its place, from 1.
    pub seq: u64,
    /// The run.
    pub run: String,
    /// The command.
    #[serde(flatten)]
    pub record: CommandRecord,
    /// Hash of the line before.
    pub prev: String,
    /// Hash of this line without this member.
    pub hash: String,
}

/// What a journal's lines say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// How many whole lines were read.
    pub lines: u64,
    /// How many of them, from the first, stand before the first finding.
    pub sound: u64,
    /// Hash of the last line, as it says itself; of nothing but the run's ID without one.
    pub last: String,
    /// Whether something without a line's end stands behind the last line.
    pub half: bool,
    /// Whether the rest was left unread.
    pub stopped: bool,
    /// What is wrong.
    pub findings: Vec<EvidenceFinding>,
    /// The highest place that a line claims.
    top: u64,
    /// How many lines since then could not be read.
    unread: u64,
    /// What the next line's `prev` must be, where that is known.
    next: Option<String>,
}

/// The first line's `prev`.
#[must_use]
pub fn genesis(run: &str) -> String {
    sha256_hex(format!("{GENESIS}{run}").as_bytes())
}

/// Reads the journal of `run` to its end; `see` gets each whole line, its number and what it says, if it can be read.
/// One line is in memory at a time.
///
/// # Errors
/// The reader's own.
pub fn check(
    mut reader: impl BufRead,
    run: &str,
    mut see: impl FnMut(u64, &[u8], Option<&JournalLine>),
) -> io::Result<Chain> {
    let mut chain = Chain {
        lines: 0,
        sound: 0,
        last: genesis(run),
        half: false,
        stopped: false,
        findings: Vec::new(),
        top: 0,
        unread: 0,
        next: Some(genesis(run)),
    };
    let mut raw = Vec::new();
    loop {
        raw.clear();
        if reader.by_ref().take(LONGEST).read_until(b'\n', &mut raw)? == 0 {
            return Ok(chain);
        }
        if raw.pop_if(|last| *last == b'\n').is_none() {
            if raw.len() as u64 == LONGEST {
                chain.find(
                    FindingKind::TooLong,
                    "The line is longer than any record.",
                    None,
                    None,
                );
                chain.stopped = true;
            }
            chain.half = true;
            return Ok(chain);
        }
        let line = serde_json::from_slice::<JournalLine>(&raw).ok();
        chain.lines += 1;
        chain.judge(run, &raw, line.as_ref());
        see(chain.lines, &raw, line.as_ref());
        if chain.findings.is_empty() {
            chain.sound = chain.lines;
        }
        if chain.findings.len() >= MOST_FINDINGS {
            chain.stopped = true;
            return Ok(chain);
        }
    }
}

impl Chain {
    /// Holds the end against what an anchor (a report, by its name) counts and ends with.
    pub fn hold(&mut self, anchor: &str, count: u64, hash: &str) {
        if self.stopped || self.last == hash && (self.lines == count || !self.findings.is_empty()) {
            return;
        }
        let (has, wants) = (format!("{} lines", self.lines), format!("{count} lines"));
        if self.lines == 0 {
            let said = format!("The journal holds no line; {anchor} counts {count}.");
            self.at(None, FindingKind::NoJournal, &said, Some(&wants), Some(&has));
        } else if self.top + self.unread < count {
            let said = format!("The end is cut off: {anchor} counts {count} lines.");
            self.at(
                Some(self.lines + 1),
                FindingKind::CutEnd,
                &said,
                Some(&wants),
                Some(&has),
            );
        } else if self.top > count {
            let said = format!("Lines were added behind the last one that {anchor} counts.");
            self.at(
                Some(count + 1),
                FindingKind::Appended,
                &said,
                Some(&wants),
                Some(&has),
            );
        } else if self.last != hash {
            let said = format!("The last line's hash is not the one that {anchor} holds.");
            let last = self.last.clone();
            self.at(
                Some(self.lines),
                FindingKind::LastHash,
                &said,
                Some(hash),
                Some(&last),
            );
        } else {
            let said = format!("The number of lines is not the one that {anchor} holds.");
            self.at(None, FindingKind::LastHash, &said, Some(&wants), Some(&has));
        }
    }

    fn judge(&mut self, run: &str, raw: &[u8], line: Option<&JournalLine>) {
        let Some(line) = line else {
            let said = if raw.iter().all(u8::is_ascii_whitespace) {
                "The line is empty."
            } else {
                "The line is no record of a command."
            };
            self.find(
                FindingKind::NotARecord,
                said,
                None,
                Some(&String::from_utf8_lossy(raw.get(..200).unwrap_or(raw))),
            );
            self.unread += 1;
            self.next = None;
            return;
        };
        let own = serde_json::to_vec(line).unwrap_or_default();
        let holds = |bytes: &[u8]| hash_of(bytes).as_deref() == Some(&line.hash);
        let expected = self.top + 1;
        if !holds(raw) && (own == raw || !holds(&own)) {
            let said = "The line was changed: its hash is not that of its bytes.";
            let found = hash_of(raw);
            self.find(FindingKind::Changed, said, Some(&line.hash), found.as_deref());
            // Its own words can't be believed; its place is the next one.
            return self.go_on(expected + self.unread, &line.hash);
        }
        if own != raw {
            let said = "The line's bytes are not in the journal's own form, or a newer lakehouse wrote it.";
            let (wanted, found) = differing(&own, raw);
            self.find(FindingKind::Form, said, Some(&wanted), Some(&found));
        } else if line.run != run {
            let said = "The line is of another run.";
            self.find(FindingKind::OtherRun, said, Some(run), Some(&line.run));
        } else if line.seq < expected {
            let (kind, said) = if line.hash == self.last {
                (FindingKind::Repeated, "The line is there a second time.")
            } else {
                (FindingKind::Order, "The line stands behind one that came later.")
            };
            let (wanted, found) = (expected.to_string(), line.seq.to_string());
            self.find(kind, said, Some(&wanted), Some(&found));
            return;
        } else if line.seq > expected + self.unread {
            let said = match line.seq - expected - self.unread {
                1 => "A line is missing before it.".to_owned(),
                missing => format!("{missing} lines are missing before it."),
            };
            let (wanted, found) = (expected.to_string(), line.seq.to_string());
            self.find(FindingKind::Missing, &said, Some(&wanted), Some(&found));
        } else if let Some(next) = self.next.clone().filter(|next| *next != line.prev) {
            let said = "The line does not follow from the one before.";
            self.find(FindingKind::Chain, said, Some(&next), Some(&line.prev));
        }
        self.go_on(line.seq, &line.hash);
    }

    fn go_on(&mut self, top: u64, hash: &str) {
        self.top = top.min(u64::MAX / 2);
        self.unread = 0;
        hash.clone_into(&mut self.last);
        self.next = Some(hash.to_owned());
    }

    fn find(&mut self, kind: FindingKind, said: &str, expected: Option<&str>, found: Option<&str>) {
        // A line without an end is not counted yet.
        let line = self.lines + u64::from(kind == FindingKind::TooLong);
        self.at(Some(line), kind, said, expected, found);
    }

    /// Adds a finding.
    pub fn at(
        &mut self,
        line: Option<u64>,
        kind: FindingKind,
        said: &str,
        expected: Option<&str>,
        found: Option<&str>,
    ) {
        self.findings.push(EvidenceFinding {
            line,
            kind,
            message: said.to_owned(),
            expected: expected.map(plain),
            found: found.map(plain),
        });
    }
}

/// A hash, a number or a name as it is; anything else escaped and cut.
fn plain(text: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./ ".contains(&b);
    if text.len() <= 64 && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    shown(text)
}

/// The hash of a line's bytes without its member `hash`; none where that is not the last member.
fn hash_of(line: &[u8]) -> Option<String> {
    let tail = ",\"hash\":\"".len() + 64 + "\"}".len();
    let (body, end) = line.split_at_checked(line.len().checked_sub(tail)?)?;
    let hash = end.strip_prefix(b",\"hash\":\"")?.strip_suffix(b"\"}")?;
    let is_hex = hash
        .iter()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
    is_hex.then(|| sha256_hex(&[body, b"}"].concat()))
}

/// The pieces where two texts begin to differ.
fn differing(wanted: &[u8], found: &[u8]) -> (String, String) {
    let same = wanted.iter().zip(found).take_while(|(a, b)| a == b).count();
    let piece = |bytes: &[u8]| {
        let rest = bytes.get(same.saturating_sub(8)..).unwrap_or_default();
        String::from_utf8_lossy(rest.get(..40).unwrap_or(rest)).into_owned()
    };
    (piece(wanted), piece(found))
}

#[cfg(test)]
mod tests;
