//! What one check found.

use super::Code;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a check ended. A check that could not be made is never `pass`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Looked, and found as wanted.
    Pass,
    /// Looked, and the user should know; install can go on.
    Warn,
    /// Looked and found wrong, or could not look: install is blocked.
    Fail,
    /// Not asked, with the reason in the message.
    Skip,
}

/// One check's result: an entry of `checks`, and the source of a blocker or warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The check's stable name, for example `certificate`.
    pub id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not pass; absent for `pass`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// One or two sentences for a person. Never holds a tool's free text.
    pub message: String,
    /// What mends it: a command or a step by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
    /// The tool's own words, redacted; untrusted text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_output: Option<String>,
    /// How long the check took, in milliseconds.
    pub duration_ms: u64,
}

impl Finding {
    /// A check that passed.
    #[must_use]
    pub fn pass(id: &str, message: impl Into<String>) -> Self {
        Self::new(id, Outcome::Pass, None, message.into())
    }

    /// A check that was not made, and why.
    #[must_use]
    pub fn skip(id: &str, message: impl Into<String>) -> Self {
        Self::new(id, Outcome::Skip, None, message.into())
    }

    /// A check that found something the user should know.
    #[must_use]
    pub fn warn(id: &str, code: Code, message: impl Into<String>) -> Self {
        Self::new(id, Outcome::Warn, Some(code), message.into())
    }

    /// A check that blocks the install.
    #[must_use]
    pub fn fail(id: &str, code: Code, message: impl Into<String>) -> Self {
        Self::new(id, Outcome::Fail, Some(code), message.into())
    }

    /// Adds what mends it.
    #[must_use]
    pub fn remedy(mut self, remediation: impl Into<String>) -> Self {
        self.remediation = Some(remediation.into());
        self
    }

    /// Adds the tool's own words (already redacted by the gateway).
    #[must_use]
    pub fn said(mut self, tool_output: impl Into<String>) -> Self {
        let text = tool_output.into();
        self.tool_output = (!text.is_empty()).then_some(text);
        self
    }

    fn new(id: &str, outcome: Outcome, code: Option<Code>, message: String) -> Self {
        Self {
            id: id.to_owned(),
            outcome,
            code,
            message,
            remediation: None,
            tool_output: None,
            duration_ms: 0,
        }
    }
}

/// A blocker, a warning or a remediation: a code with a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// The stable code; `docs/codes.md` explains each.
    pub code: Code,
    /// The sentence for a person.
    pub message: String,
    /// The tool's own words, redacted; untrusted text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_output: Option<String>,
}
