//! Several listeners of one run.

pub use crate::report::Progress;
use crate::report::{CommandRecord, Finding, StepReport, StepWaits};
use std::sync::Arc;

/// Tells each of them, in order.
pub struct All(pub Vec<Arc<dyn Progress>>);

impl Progress for All {
    fn step(&self, text: &str) {
        self.0.iter().for_each(|one| one.step(text));
    }

    fn line(&self, text: &str) {
        self.0.iter().for_each(|one| one.line(text));
    }

    fn done(&self) {
        self.0.iter().for_each(|one| one.done());
    }

    fn note(&self, text: &str) {
        self.0.iter().for_each(|one| one.note(text));
    }

    fn finding(&self, finding: &Finding) {
        self.0.iter().for_each(|one| one.finding(finding));
    }

    fn command(&self, record: &CommandRecord) {
        self.0.iter().for_each(|one| one.command(record));
    }

    fn install_step(&self, step: &StepReport) {
        self.0.iter().for_each(|one| one.install_step(step));
    }

    fn install_waits(&self, waits: &StepWaits) {
        self.0.iter().for_each(|one| one.install_waits(waits));
    }
}
