//! What a run tells while it works. The terminal and the event stream are both listeners of this one trait.

use super::{CommandRecord, Finding, StepReport};

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
    /// A step of the install waits for something that comes by itself; told once for each thing that it waits for.
    fn install_waits(&self, _step: &str, _what: &str) {}
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
