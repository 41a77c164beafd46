//! The word that lets a plan be carried out.

use crate::model::BadInput;
use std::fmt;
use std::str::FromStr;

/// What was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approve {
    /// Whatever the plan is.
    True,
    /// Only the plan with this digest: 12 to 64 lower-case hex digits, without `sha256:`.
    Digest(String),
}

impl Approve {
    /// Whether a word after `--approve` can only be its value: `sha256:` and 64 hex digits, or 12 to 64
    /// bare ones. Any other word stays what it is (a command).
    #[must_use]
    pub fn is_digest(word: &str) -> bool {
        let (hex, least) = match word.strip_prefix("sha256:") {
            Some(hex) => (hex, 64),
            None => (word, 12),
        };
        (least..=64).contains(&hex.len()) && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// Whether this approves the plan with `digest` (with or without `sha256:`).
    #[must_use]
    pub fn covers(&self, digest: &str) -> bool {
        match self {
            Self::True => true,
            Self::Digest(hex) => digest
                .strip_prefix("sha256:")
                .unwrap_or(digest)
                .starts_with(hex.as_str()),
        }
    }
}

impl fmt::Display for Approve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::True => f.write_str("true"),
            Self::Digest(hex) => f.write_str(hex),
        }
    }
}

impl FromStr for Approve {
    type Err = BadInput;

    /// `false` is no approval and therefore no value of this type: the command line takes it apart.
    fn from_str(text: &str) -> Result<Self, BadInput> {
        if text == "true" {
            return Ok(Self::True);
        }
        if Self::is_digest(text) {
            return Ok(Self::Digest(
                text.strip_prefix("sha256:").unwrap_or(text).to_owned(),
            ));
        }
        Err(BadInput::new(
            "true, false or a plan's digest (12 to 64 lower-case hex digits)",
            "true",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::Approve;

    #[test]
    fn true_or_a_digest() {
        let hex = "0123456789abcdef".repeat(4);
        assert_eq!("true".parse(), Ok(Approve::True));
        assert_eq!(format!("sha256:{hex}").parse(), Ok(Approve::Digest(hex.clone())));
        let short: Approve = hex[..12].parse().unwrap();
        assert!(short.covers(&hex) && short.covers(&format!("sha256:{hex}")) && !short.covers("ffff"));
        for bad in [
            "",
            "yes",
            "TRUE",
            "0123456789a",
            "sha256:0123456789ab",
            "0123456789AB",
            &*"a".repeat(65),
        ] {
            assert!(bad.parse::<Approve>().is_err(), "{bad:?}");
        }
    }
}
