//! What a run tells while it works. The terminal and the event stream are both listeners of this one trait.

use super::{Code, CommandRecord, Finding, StepReport};
use std::time::Duration;

/// A step of the install that waits for something that comes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepWaits {
    /// Its phase.
    pub phase: &'static str,
    /// Its stable name.
    pub step: String,
    /// What it waits for, for people.
    pub what: String,
    /// Why that is not there yet, where it is known: the gravest reason.
    pub why: Option<(Code, String)>,
    /// Since when the step is carried out.
    pub elapsed: Duration,
    /// How long it usually takes.
    pub usual: Duration,
}

/// Sees what a run does, as it does it. Called from any thread; none of its methods may wait for long.
pub trait Progress: Send + Sync {
    /// Something began that takes a while; the text is for people.
    fn step(&self, text: &str);
    /// A line of a long command's output, redacted.
    fn line(&self, text: &str);
    /// The long thing has ended.
    fn done(&self);
    /// The user should know this, once.
    fn note(&self, text: &str);
    /// A check was judged.
    fn finding(&self, finding: &Finding);
    /// A command of one of the four tools has ended; the record is the journal's.
    fn command(&self, record: &CommandRecord);
    /// A step of the install begins (its outcome is `planned`), or has come to its end.
    fn install_step(&self, _step: &StepReport) {}
    /// A step of the install waits for something that comes by itself: told at each change of what it waits for or of
    /// why, and each 15 seconds.
    fn install_waits(&self, _waits: &StepWaits) {}
}

/// Nobody listens.
pub struct Unseen;

impl Progress for Unseen {
    fn step(&self, _text: &str) {}
    fn line(&self, _text: &str) {}
    fn done(&self) {}
    fn note(&self, _text: &str) {}
    fn finding(&self, _finding: &Finding) {}
    fn command(&self, _record: &CommandRecord) {}
}
