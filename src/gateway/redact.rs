//! Secrets out of text, and control sequences out of what a terminal will see.

use regex_lite::{Captures, Regex};
use std::sync::{LazyLock, PoisonError, RwLock};

/// What stands where a secret stood.
const MASK: &str = "[redacted]";
/// A shorter text is no secret worth masking, and masking it would garble everything else.
const LEAST_SECRET: usize = 6;

/// Takes known secrets, and texts that look like one, out of what is kept or shown.
pub struct Redactor {
    /// The longest first, so that a secret inside another does not leave the other's rest.
    known: RwLock<Vec<String>>,
    shapes: Vec<Regex>,
}

/// Texts that look like a secret; the first group, where there is one, is kept.
const SHAPES: [&str; 9] = [
    // AWS secret keys and session tokens beside their names, in JSON, INI and shell form.
    r#"(?i)("?(?:aws_?)?(?:secret_?access_?key|session_?token|security_?token)"?\s*[:=]\s*"?)[^\s"',}]+"#,
    // Query parameters of a presigned URL (AWS Signature Version 4, "Query string parameters").
    r"(?i)(X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s]+",
    // User and password of a URL.
    r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@]+@",
    r"(?i)(authorization:\s*(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]+",
    r"(?i)(bearer\s+)[A-Za-z0-9._~+/=-]{16,}",
    // `aws eks get-token`.
    r"()k8s-aws-v1\.[A-Za-z0-9_-]+",
    // A JSON web token.
    r"()eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*",
    r#"(?i)("?(?:client_?secret|refresh_?token|access_?token|id_?token|password|passwd)"?\s*[:=]\s*"?)[^\s"',}]+"#,
    // Key material.
    r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)[^-]*",
];

impl Redactor {
    /// A redactor that also knows these secrets.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let redactor = Self {
            known: RwLock::new(Vec::new()),
            shapes: SHAPES.iter().filter_map(|shape| Regex::new(shape).ok()).collect(),
        };
        redactor.learn(secrets);
        redactor
    }

    /// Adds secrets that came to light during the run. Texts that were redacted before are as they were.
    pub fn learn(&self, secrets: impl IntoIterator<Item = String>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(secrets.into_iter().filter(|secret| secret.len() >= LEAST_SECRET));
        known.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        known.dedup();
    }

    /// `text` without secrets; `more` are secrets of this one command.
    #[must_use]
    pub fn redact(&self, text: &str, more: &[String]) -> String {
        let mut text = text.to_owned();
        let mut extra: Vec<&String> = more
            .iter()
            .filter(|secret| secret.len() >= LEAST_SECRET)
            .collect();
        extra.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        for secret in extra.into_iter().chain(known.iter()) {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
        }
        drop(known);
        for shape in &self.shapes {
            if shape.is_match(&text) {
                text = shape
                    .replace_all(&text, |found: &Captures<'_>| masked(found))
                    .into_owned();
            }
        }
        text
    }

    /// A tool's standard error as it may be kept: valid text, no control sequences, no secrets.
    #[must_use]
    pub fn words(&self, bytes: &[u8], more: &[String]) -> String {
        self.redact(printable(&String::from_utf8_lossy(bytes)).trim(), more)
    }
}

/// A text that a tool's answer holds (a condition's message), as it may be shown: as [`Redactor::words`] of its error.
#[must_use]
pub fn untrusted(text: &str) -> String {
    // Its patterns are compiled once: a look at a cluster takes hundreds of such texts.
    static SHAPES: LazyLock<Redactor> = LazyLock::new(|| Redactor::new([]));
    SHAPES.words(text.as_bytes(), &[])
}

fn masked(found: &Captures<'_>) -> String {
    let kept = found.get(1).map_or("", |group| group.as_str());
    let at = if found.get(0).is_some_and(|all| all.as_str().ends_with('@')) {
        "@"
    } else {
        ""
    };
    format!("{kept}{MASK}{at}")
}

/// `text` without escape sequences and control characters; line ends stay.
#[must_use]
pub fn printable(text: &str) -> String {
    // A tab becomes a space: the escape parser would drop it.
    strip_ansi_escapes::strip_str(text.replace('\t', " "))
        .chars()
        .filter(|&c| c == '\n' || !(c.is_control() || is_direction_mark(c)))
        .collect()
}

/// Characters that turn the reading direction: they can make a line look like another.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{MASK, Redactor, printable};
    use proptest::prelude::*;

    fn redact(text: &str) -> String {
        Redactor::new([]).redact(text, &[])
    }

    #[test]
    fn all_shapes_compile() {
        assert_eq!(Redactor::new([]).shapes.len(), super::SHAPES.len());
    }

    #[test]
    fn secrets_in_their_usual_places_are_masked() {
        for (text, secret) in [
            ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "wJalr"),
            (
                r#"{"SecretAccessKey": "wJalrXUtnFEMI", "SessionToken":"FwoGZXIvYXdz"}"#,
                "wJalr",
            ),
            (
                r#"{"SecretAccessKey": "wJalrXUtnFEMI", "SessionToken":"FwoGZXIvYXdz"}"#,
                "FwoG",
            ),
            ("https://user:hunter22@mirror.example/path", "hunter22"),
            ("GET /?X-Amz-Signature=abcdef0123&X-Amz-Date=1", "abcdef0123"),
            ("Authorization: Bearer abcdefghijklmnopqrst", "abcdefghij"),
            ("token k8s-aws-v1.aHR0cHM6Ly9zdHM", "aHR0c"),
            ("-----BEGIN PRIVATE KEY-----MIIEvQ", "MIIEvQ"),
            ("\"refreshToken\": \"aorAAAAAGZ\"", "aorAAAA"),
        ] {
            let got = redact(text);
            assert!(!got.contains(secret), "{text} became {got}");
            assert!(got.contains(MASK));
        }
        assert!(redact("https://user:hunter22@mirror.example/path").ends_with("@mirror.example/path"));
    }

    #[test]
    fn plain_words_stay() {
        let text = "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: expired";
        assert_eq!(redact(text), text);
        let arn = "arn:aws:acm:us-east-2:000000000000:certificate/0-1";
        assert_eq!(redact(arn), arn);
    }

    #[test]
    fn terminal_tricks_are_taken_out() {
        assert_eq!(
            printable("\u{1b}[31mred\u{1b}[0m\u{7} \u{1b}]0;title\u{7}x\ty\r\n"),
            "red x y\n"
        );
        assert_eq!(printable("a\u{202e}b"), "ab");
    }

    #[test]
    fn a_secret_that_came_to_light_later_is_masked_from_then_on() {
        let redactor = Redactor::new(["inner-word".to_owned()]);
        assert_eq!(
            redactor.redact("a later-inner-word here", &[]),
            format!("a later-{MASK} here")
        );
        redactor.learn(["later-inner-word".to_owned(), "short".to_owned()]);
        assert_eq!(
            redactor.redact("a later-inner-word here", &[]),
            format!("a {MASK} here")
        );
        assert_eq!(redactor.redact("short", &[]), "short", "too short to be a secret");
    }

    proptest! {
        #[test]
        fn a_known_secret_never_survives(before in ".{0,20}", secret in "[A-Za-z0-9/+=]{6,40}", after in ".{0,20}") {
            let redactor = Redactor::new([secret.clone()]);
            let got = redactor.redact(&format!("{before}{secret}{after}"), &[]);
            prop_assert!(!got.contains(&secret) || MASK.contains(&secret));
            let more = Redactor::new([]).redact(&format!("{before}{secret}{after}"), std::slice::from_ref(&secret));
            prop_assert!(!more.contains(&secret) || MASK.contains(&secret));
        }

        #[test]
        fn printable_leaves_no_control_character(text in any::<String>()) {
            prop_assert!(printable(&text).chars().all(|c| c == '\n' || !c.is_control()));
        }
    }
}
