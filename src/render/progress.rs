//! How a run shows what it does: a live line on a terminal, plain lines elsewhere, nothing with `--quiet`.

use super::text::lasting;
use crate::report::{CommandRecord, Finding, Outcome, StepAction, StepOutcome, StepReport};
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
    /// Steps of the install that are under way.
    running: Vec<String>,
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
                running: Vec::new(),
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
            running: Vec::new(),
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

    fn install_step(&self, step: &StepReport) {
        let begins = step.outcome == StepOutcome::Planned;
        let running = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            state.running.retain(|id| *id != step.id);
            if begins {
                if state.running.is_empty() {
                    (state.began, state.last) = (now, now);
                }
                state.running.push(step.id.clone());
            }
            state.step = state.running.join(", ");
            state.step.clone()
        };
        self.say(&if begins { begin_of(step) } else { end_of(step) });
        let Some(bar) = &self.bar else { return };
        if running.is_empty() {
            bar.disable_steady_tick();
            bar.finish_and_clear();
        } else {
            if bar.is_finished() {
                bar.reset();
            }
            bar.set_message(running);
            bar.enable_steady_tick(Duration::from_millis(120));
        }
    }

    fn install_waits(&self, step: &str, what: &str) {
        self.say(&format!("lakehouse: {step}: waiting for {what}"));
    }
}

/// `lakehouse: foundation cluster: creating (usually 16 min)`.
fn begin_of(step: &StepReport) -> String {
    let doing = match step.action {
        StepAction::Create => "creating",
        StepAction::Update => "updating",
        StepAction::Adopt => "adopting",
        StepAction::Unchanged | StepAction::Unknown => "waiting",
    };
    let usual = match step.usual_seconds {
        0..=10 => String::new(),
        seconds => format!(" (usually {})", lasting(seconds)),
    };
    format!("lakehouse: {} {}: {doing}{usual}", step.phase, step.id)
}

/// `lakehouse: ✓ foundation cluster: done in 17 min`.
fn end_of(step: &StepReport) -> String {
    let (mark, word) = match step.outcome {
        StepOutcome::Done => ("✓", "done"),
        StepOutcome::Verified => ("✓", "stands"),
        StepOutcome::Failed => ("✗", "failed"),
        StepOutcome::Stopped | StepOutcome::Planned => ("!", "stopped"),
    };
    let took = step.duration_ms.map_or_else(String::new, |took| {
        format!(" in {}", lasting(took.div_ceil(1000)))
    });
    let after = if matches!(step.outcome, StepOutcome::Failed | StepOutcome::Stopped) {
        " after"
    } else {
        ""
    };
    let took = took
        .strip_prefix(" in")
        .filter(|_| !after.is_empty())
        .unwrap_or(&took)
        .to_owned();
    format!(
        "lakehouse: {mark} {} {}: {word}{after}{took}",
        step.phase, step.id
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steps_begin_and_end_are_one_line_each() {
        let mut step: StepReport = serde_json::from_value(serde_json::json!({
            "phase": "foundation", "id": "cluster", "action": "create", "detail": "", "outcome": "planned",
            "usualSeconds": 960, "writes": 0
        }))
        .unwrap();
        assert_eq!(
            begin_of(&step),
            "lakehouse: foundation cluster: creating (usually 16 min)"
        );
        step.duration_ms = Some(961_000);
        for (outcome, text) in [
            (
                StepOutcome::Done,
                "lakehouse: ✓ foundation cluster: done in 17 min",
            ),
            (
                StepOutcome::Failed,
                "lakehouse: ✗ foundation cluster: failed after 17 min",
            ),
            (
                StepOutcome::Stopped,
                "lakehouse: ! foundation cluster: stopped after 17 min",
            ),
        ] {
            step.outcome = outcome;
            assert_eq!(end_of(&step), text);
        }
    }
}
