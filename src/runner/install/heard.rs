//! What eksctl says while it works reaches the user as it comes: it waits for a quarter of an hour.

use crate::clients::eksctl::milestone;
use crate::gateway::lines::LineListener;
use crate::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError, PrivateFile, Tool};
use crate::report::{Effect, Progress};
use std::sync::Arc;
use std::time::Duration;

/// A gateway that tells a listener how an eksctl that writes gets on.
pub struct Heard<'a> {
    inner: &'a dyn Gateway,
    lines: LineListener,
}

impl<'a> Heard<'a> {
    /// Before `inner`, for `listener`.
    pub fn new(inner: &'a dyn Gateway, listener: &Arc<dyn Progress>) -> Self {
        let listener = Arc::clone(listener);
        Self {
            inner,
            lines: LineListener::new(move |_, line| {
                if let Some(milestone) = milestone(line) {
                    listener.line(&format!("eksctl: {}", milestone.text));
                }
            }),
        }
    }
}

impl Gateway for Heard<'_> {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        if spec.tool != Tool::Eksctl || spec.effect != Effect::Write {
            return self.inner.run(spec);
        }
        let mut spec = spec.clone();
        spec.listener = Some(self.lines.clone());
        self.inner.run(&spec)
    }

    fn pause(&self, for_long: Duration) -> bool {
        self.inner.pause(for_long)
    }

    fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        self.inner.keep(file)
    }

    fn words(&self, text: &str) -> String {
        self.inner.words(text)
    }

    fn hide(&self, texts: Vec<String>) {
        self.inner.hide(texts);
    }
}
