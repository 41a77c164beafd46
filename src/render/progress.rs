//! How a run shows what it does: a live line on a terminal, plain lines elsewhere, nothing with `--quiet`.

use crate::report::{CommandRecord, Finding, Outcome};
use crate::runner::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a plain line may come from a long command.
const PLAIN_EVERY: Duration = Duration::from_secs(15);

/// Where progress is shown.
pub struct Shown {
    quiet: bool,
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

struct State {
    step: String,
    began: Instant,
    last: Instant,
}

impl Shown {
    /// On stderr: live if that is a terminal that can, plain otherwise.
    #[must_use]
    pub fn new(quiet: bool, terminal: bool) -> Self {
        let bar = (terminal && !quiet).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        let now = Instant::now();
        Self {
            quiet,
            bar,
            state: Mutex::new(State {
                step: String::new(),
                began: now,
                last: now,
            }),
        }
    }

    fn say(&self, text: &str) {
        if self.quiet {
            return;
        }
        match &self.bar {
            Some(bar) => bar.suspend(|| {
                let _ = writeln!(std::io::stderr(), "{text}");
            }),
            None => {
                let _ = writeln!(std::io::stderr(), "{text}");
            }
        }
    }
}

impl Progress for Shown {
    fn step(&self, text: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        *state = State {
            step: text.to_owned(),
            began: now,
            last: now,
        };
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_message(text.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
        } else {
            drop(state);
            self.say(&format!("lakehouse: {text}"));
        }
    }

    fn line(&self, text: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let step = text.strip_prefix("lakehouse-step: ");
        // BuildKit puts a number and the time before each line of a step.
        let step = step.or_else(|| {
            text.split_once("lakehouse-step: ")
                .filter(|(before, _)| before.starts_with('#'))
                .map(|(_, step)| step)
        });
        tracing::debug!("{text}");
        if let Some(bar) = &self.bar {
            let shown = step.unwrap_or(text);
            if !shown.trim().is_empty() {
                bar.set_message(format!("{}: {shown}", state.step));
            }
            return;
        }
        let now = Instant::now();
        if step.is_some() || now.duration_since(state.last) >= PLAIN_EVERY {
            state.last = now;
            let line = format!(
                "lakehouse: {} s: {}",
                now.duration_since(state.began).as_secs(),
                step.unwrap_or(text)
            );
            drop(state);
            self.say(&line);
        }
    }

    fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.disable_steady_tick();
            bar.finish_and_clear();
        }
    }

    fn note(&self, text: &str) {
        self.say(&format!("lakehouse: {text}"));
    }

    fn finding(&self, finding: &Finding) {
        let Some(bar) = &self.bar else { return };
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let word = match finding.outcome {
            Outcome::Pass => "passed",
            Outcome::Warn => "warns",
            Outcome::Fail => "failed",
            Outcome::Skip => "not asked",
        };
        bar.set_message(format!("{}: {} {word}", state.step, finding.id));
    }

    fn command(&self, _record: &CommandRecord) {}
}
