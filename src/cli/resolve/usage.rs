//! Wrong usage: exit 2, and one line.

use crate::model::{BadInput, shown};
use std::fmt;

/// What a run is refused for before it begins: one line, without control characters, whatever was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct UsageError(String);

impl UsageError {
    /// An error of this text. Control characters become `?`, so that it is one line in any case.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(
            text.as_ref()
                .trim()
                .chars()
                .map(|c| if c.is_control() { '?' } else { c })
                .collect(),
        )
    }

    /// The one form of a refused value: where it was given, the value, the rule, a value that would do.
    #[must_use]
    pub fn value(place: &str, value: &str, why: &BadInput) -> Self {
        Self::new(format!(
            "{place} {}: must be {}, for example {}",
            shown(value),
            why.rule,
            why.example
        ))
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
