//! What a long command says while it runs: its lines, one by one, safe to be shown.

use super::redact::{Redactor, printable};
use std::sync::{Arc, Mutex, PoisonError};

/// The longest line that is told, in characters; the rest of it is left out.
pub const LONGEST: usize = 2000;
/// How much of one line is read before its redaction, in bytes. More than is told, so that a secret can't hide its
/// beginning behind the cut.
const READ: usize = 64 * 1024;

/// Which of a tool's two streams a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Is told of each line of a tool's output as it comes: redacted, without control sequences, never empty, at most
/// [`LONGEST`] characters. It is called from threads of the gateway's own, one a stream, and holds the tool up while
/// it works: it must not wait. Every line is told before the gateway gives the command's end, but for what something
/// left behind by the tool still prints.
#[derive(Clone)]
pub struct LineListener(Arc<Told>);

type Told = dyn Fn(Stream, &str) + Send + Sync;

impl LineListener {
    /// A listener that does `told`.
    pub fn new(told: impl Fn(Stream, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    /// Tells one line.
    pub fn tell(&self, stream: Stream, line: &str) {
        (self.0)(stream, line);
    }

    /// The same, behind `redactor` and the secrets of one command. A secret of several lines is one in each of its
    /// lines, and so is a private key in PEM.
    #[must_use]
    pub fn behind(&self, redactor: &Arc<Redactor>, secrets: &[String]) -> Self {
        let (inner, redactor) = (self.clone(), Arc::clone(redactor));
        let secrets: Vec<String> = secrets
            .iter()
            .flat_map(|secret| std::iter::once(secret.as_str()).chain(secret.lines().map(str::trim)))
            .map(str::to_owned)
            .collect();
        let in_key = [Mutex::new(false), Mutex::new(false)];
        Self::new(move |stream, line| {
            let mut in_key = in_key[stream as usize]
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let begins = line.contains("-----BEGIN ") && line.contains("PRIVATE KEY-----");
            let was = *in_key;
            *in_key = (was || begins) && !line.contains("-----END ");
            // The first line tells that there is a key, the others are the key.
            if was && !begins {
                return;
            }
            drop(in_key);
            let shown = redactor.redact(line, &secrets);
            let shown = shown.trim_end();
            if !shown.is_empty() {
                inner.tell(stream, shown.get(..cut(shown)).unwrap_or(shown));
            }
        })
    }

    /// The same without lines that hold `mark`: they are the gateway's own.
    #[must_use]
    pub fn without(&self, mark: &str) -> Self {
        let (inner, mark) = (self.clone(), mark.to_owned());
        Self::new(move |stream, line| {
            if !line.contains(&mark) {
                inner.tell(stream, line);
            }
        })
    }
}

impl std::fmt::Debug for LineListener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LineListener")
    }
}

fn cut(text: &str) -> usize {
    text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at)
}

/// Makes lines of what a stream gives piece by piece.
pub(super) struct LineCutter {
    listener: LineListener,
    stream: Stream,
    line: Vec<u8>,
}

impl LineCutter {
    /// For one stream of one command. The listener must stand behind a redactor.
    pub(super) const fn new(listener: LineListener, stream: Stream) -> Self {
        Self {
            listener,
            stream,
            line: Vec::new(),
        }
    }

    /// Takes the next piece and tells the lines that it ends. A carriage return ends a line as well: progress that
    /// is written over itself comes as lines.
    pub(super) fn take(&mut self, piece: &[u8]) {
        for part in piece.split_inclusive(|&byte| byte == b'\n' || byte == b'\r') {
            let room = READ.saturating_sub(self.line.len());
            let ends = matches!(part.last(), Some(b'\n' | b'\r'));
            let text = if ends { &part[..part.len() - 1] } else { part };
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            if ends {
                self.end();
            }
        }
    }

    /// Tells what is left: a last line without an end.
    pub(super) fn end(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            let line = printable(&String::from_utf8_lossy(&line));
            self.listener.tell(self.stream, line.trim_end());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(pieces: &[&[u8]], secrets: &[String]) -> Vec<String> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let listener = LineListener::new(move |_, line| kept.lock().unwrap().push(line.to_owned()));
        let redactor = Arc::new(Redactor::new(["known-secret".to_owned()]));
        let mut cutter = LineCutter::new(listener.behind(&redactor, secrets), Stream::Stdout);
        for piece in pieces {
            cutter.take(piece);
        }
        cutter.end();
        std::mem::take(&mut *lines.lock().unwrap())
    }

    #[test]
    fn lines_are_cut_where_the_tool_cut_them_whatever_the_pieces() {
        let text = "one\r\ntwo\n\n\u{1b}[36mthree – \u{2139}\u{1b}[0m\nlast".as_bytes();
        let wanted = ["one", "two", "three – \u{2139}", "last"];
        assert_eq!(heard(&[text], &[]), wanted);
        for at in 0..text.len() {
            assert_eq!(heard(&[&text[..at], &text[at..]], &[]), wanted, "in two at {at}");
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(heard(&bytes, &[]), wanted);
        assert_eq!(heard(&[b"10%\r20%\r30%\n"], &[]), ["10%", "20%", "30%"]);
    }

    #[test]
    fn garbage_is_told_as_text_or_not_at_all() {
        let told = heard(&[b"\xff\xfe\x00\x01\x1b]0;title\x07 a\x08b\n\x00\x07\n"], &[]);
        assert!(
            told.iter().all(|line| !line.chars().any(char::is_control)),
            "{told:?}"
        );
        let endless = vec![b'x'; 3 * READ];
        let told = heard(&[&endless, b"\nnext\n"], &[]);
        assert_eq!((told[0].chars().count(), told[1].as_str()), (LONGEST, "next"));
    }

    #[test]
    fn no_line_holds_a_secret_or_a_part_of_one() {
        let secrets = ["of-this-command".to_owned(), "first-half\nsecond-half".to_owned()];
        let text = "a known-se\x1b[0mcret\na of-this-command\nfirst-half\nsecond-half\npassword=hunter22\n";
        for at in 0..text.len() {
            let told = heard(&[&text.as_bytes()[..at], &text.as_bytes()[at..]], &secrets).join("\n");
            for secret in [
                "known-secret",
                "of-this-command",
                "first-half",
                "second-half",
                "hunter22",
            ] {
                assert!(!told.contains(secret), "{told}");
            }
        }
        // One that straddles the place where a long line is cut.
        for before in LONGEST - 12..=LONGEST {
            let told = heard(&[format!("{}known-secret\n", "x".repeat(before)).as_bytes()], &[]);
            assert!(!told[0].contains("xkn"), "{before}");
        }
        let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\nBgkqhkiG\n-----END PRIVATE KEY-----\nafter\n";
        let told = heard(&[key.as_bytes()], &[]).join("\n");
        assert!(
            told.contains("after") && !told.contains("MII") && !told.contains("Bgk"),
            "{told}"
        );
    }
}
