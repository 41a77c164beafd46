//! How a run shows what it does: live lines on a terminal, one for each step of an install that is under way, plain lines
//! elsewhere, nothing with `--quiet`.

use super::text::lasting;
use crate::report::{CommandRecord, Finding, Outcome, StepAction, StepOutcome, StepReport, StepWaits};
use crate::runner::Progress;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a plain line may come from a long command.
const PLAIN_EVERY: Duration = Duration::from_secs(15);
/// How often a live line is drawn.
const TICK: Duration = Duration::from_millis(120);
/// A live line: what does not fit in the terminal's width is cut off.
const LIVE: &str = "{spinner} {elapsed:>4} {wide_msg}";

/// Where progress is shown.
pub struct Shown {
    quiet: bool,
    live: Option<Live>,
    state: Mutex<State>,
}

/// The live lines of a terminal.
struct Live {
    all: MultiProgress,
    /// What is done that is no step of an install.
    bar: ProgressBar,
}

struct State {
    step: String,
    began: Instant,
    last: Instant,
    /// Steps of the install that are under way, each with its live line where there are such.
    running: BTreeMap<String, Option<ProgressBar>>,
}

impl Live {
    fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let bar = all.add(line());
        Self { all, bar }
    }

    /// A line below the others, for a step.
    fn begin(&self, text: String) -> ProgressBar {
        let bar = self.all.add(line());
        bar.set_message(text);
        bar.enable_steady_tick(TICK);
        bar
    }

    fn end(&self, bar: &ProgressBar) {
        bar.disable_steady_tick();
        bar.finish_and_clear();
        self.all.remove(bar);
    }

    /// Shows `text` in the line that belongs to no step.
    fn tell(&self, text: String) {
        if self.bar.is_finished() {
            self.bar.reset();
        }
        self.bar.set_message(text);
        self.bar.enable_steady_tick(TICK);
    }

    fn clear(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
    }
}

fn line() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    match ProgressStyle::with_template(LIVE) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

impl Shown {
    /// On stderr: live if that is a terminal that can, plain otherwise.
    #[must_use]
    pub fn new(quiet: bool, terminal: bool) -> Self {
        let now = Instant::now();
        Self {
            quiet,
            live: (terminal && !quiet).then(Live::new),
            state: Mutex::new(State {
                step: String::new(),
                began: now,
                last: now,
                running: BTreeMap::new(),
            }),
        }
    }

    fn say(&self, text: &str) {
        if self.quiet {
            return;
        }
        let print = || {
            let _ = writeln!(std::io::stderr(), "{text}");
        };
        match &self.live {
            Some(live) => live.all.suspend(print),
            None => print(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Shown {
    fn step(&self, text: &str) {
        let now = Instant::now();
        {
            let mut state = self.state();
            (state.began, state.last) = (now, now);
            text.clone_into(&mut state.step);
        }
        match &self.live {
            Some(live) => {
                live.bar.reset();
                live.tell(text.to_owned());
            }
            None => self.say(&format!("lakehouse: {text}")),
        }
    }

    fn line(&self, text: &str) {
        let step = text.strip_prefix("lakehouse-step: ");
        // BuildKit puts a number and the time before each line of a step.
        let step = step.or_else(|| {
            text.split_once("lakehouse-step: ")
                .filter(|(before, _)| before.starts_with('#'))
                .map(|(_, step)| step)
        });
        tracing::debug!("{text}");
        let mut state = self.state();
        if let Some(live) = &self.live {
            let shown = step.unwrap_or(text);
            if !shown.trim().is_empty() {
                // The steps of an install have lines of their own.
                let of = Some(&state.step).filter(|step| state.running.is_empty() && !step.is_empty());
                live.tell(of.map_or_else(|| shown.to_owned(), |step| format!("{step}: {shown}")));
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
        if let Some(live) = &self.live {
            for bar in std::mem::take(&mut self.state().running).into_values().flatten() {
                live.end(&bar);
            }
            live.clear();
        }
    }

    fn note(&self, text: &str) {
        self.say(&format!("lakehouse: {text}"));
    }

    fn finding(&self, finding: &Finding) {
        let Some(live) = &self.live else { return };
        let word = match finding.outcome {
            Outcome::Pass => "passed",
            Outcome::Warn => "warns",
            Outcome::Fail => "failed",
            Outcome::Skip => "not asked",
        };
        live.bar
            .set_message(format!("{}: {} {word}", self.state().step, finding.id));
    }

    fn command(&self, _record: &CommandRecord) {}

    fn install_step(&self, step: &StepReport) {
        let begins = step.outcome == StepOutcome::Planned;
        let mut state = self.state();
        if let (Some(live), Some(Some(bar))) = (&self.live, state.running.remove(&step.id)) {
            live.end(&bar);
        }
        if begins {
            if state.running.is_empty() {
                let now = Instant::now();
                (state.began, state.last) = (now, now);
                state.step.clear();
            }
            let bar = self.live.as_ref().map(|live| live.begin(begin_of(step)));
            state.running.insert(step.id.clone(), bar);
        }
        if let Some(live) = self.live.as_ref().filter(|_| state.running.is_empty()) {
            live.clear();
        }
        drop(state);
        match (begins, &self.live) {
            // Its live line says so.
            (true, Some(_)) => {}
            (true, None) => self.say(&format!("lakehouse: {}", begin_of(step))),
            (false, _) => self.say(&end_of(step)),
        }
    }

    fn install_waits(&self, waits: &StepWaits) {
        if self.live.is_none() {
            self.say(&format!("lakehouse: {}", plain_wait(waits)));
            return;
        }
        // A step that stood there all along has no line yet: nobody waited for it until now.
        let mut state = self.state();
        let bar = state.running.entry(waits.step.clone()).or_insert(None);
        match (bar, &self.live) {
            (Some(bar), _) => bar.set_message(live_wait(waits)),
            (none, Some(live)) => *none = Some(live.begin(live_wait(waits))),
            (_, None) => {}
        }
    }
}

/// `core etcd: waiting for the StatefulSet `ingext/etcd`: 0 of 1 ready (usually 60 s): The pod … has no node: …`.
fn live_wait(waits: &StepWaits) -> String {
    format!("{} {}: {}", waits.phase, waits.step, wait(waits))
}

/// The same with the time that has gone, and the reason's code.
fn plain_wait(waits: &StepWaits) -> String {
    let code = waits.why.as_ref();
    let code = code.map_or_else(String::new, |(code, _)| format!(" ({})", code.name()));
    let after = lasting(waits.elapsed.as_secs());
    format!("{} {}: {after}: {}{code}", waits.phase, waits.step, wait(waits))
}

fn wait(waits: &StepWaits) -> String {
    let usual = match waits.usual.as_secs() {
        0..=10 => String::new(),
        seconds => format!(" (usually {})", lasting(seconds)),
    };
    let why = waits.why.as_ref();
    let why = why.map_or_else(String::new, |(_, why)| format!(": {why}"));
    format!("waiting for {}{usual}{why}", waits.what)
}

/// `foundation cluster: creating (usually 16 min)`.
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
    format!("{} {}: {doing}{usual}", step.phase, step.id)
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
    use crate::report::Code;

    #[test]
    fn a_steps_begin_and_end_are_one_line_each() {
        let mut step: StepReport = serde_json::from_value(serde_json::json!({
            "phase": "foundation", "id": "cluster", "action": "create", "detail": "", "outcome": "planned",
            "usualSeconds": 960, "writes": 0
        }))
        .unwrap();
        assert_eq!(begin_of(&step), "foundation cluster: creating (usually 16 min)");
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

    fn waits(why: Option<(Code, String)>, usual: u64) -> StepWaits {
        StepWaits {
            phase: "core",
            step: "etcd".to_owned(),
            what: "the StatefulSet `ingext/etcd`: 0 of 1 ready".to_owned(),
            why,
            elapsed: Duration::from_secs(45),
            usual: Duration::from_secs(usual),
        }
    }

    #[test]
    fn a_wait_says_phase_step_time_usual_time_and_reason_in_one_line() {
        let why = (
            Code::PodUnschedulable,
            "The pod `ingext/etcd-0` has no node: too little CPU is free.".to_owned(),
        );
        assert_eq!(
            live_wait(&waits(Some(why.clone()), 60)),
            "core etcd: waiting for the StatefulSet `ingext/etcd`: 0 of 1 ready (usually 60 s): The pod `ingext/etcd-0` has no node: too little CPU is free."
        );
        assert_eq!(
            plain_wait(&waits(Some(why), 60)),
            "core etcd: 45 s: waiting for the StatefulSet `ingext/etcd`: 0 of 1 ready (usually 60 s): The pod `ingext/etcd-0` has no node: too little CPU is free. (POD_UNSCHEDULABLE)"
        );
        assert_eq!(
            plain_wait(&waits(None, 5)),
            "core etcd: 45 s: waiting for the StatefulSet `ingext/etcd`: 0 of 1 ready"
        );
    }

    #[test]
    fn each_step_under_way_has_a_line_of_its_own_and_none_is_left_at_the_end() {
        let shown = Shown::new(false, true);
        let mut step: StepReport = serde_json::from_value(serde_json::json!({
            "phase": "core", "id": "etcd", "action": "create", "detail": "", "outcome": "planned", "usualSeconds": 60, "writes": 0
        }))
        .unwrap();
        let lines = |shown: &Shown| -> Vec<String> {
            let state = shown.state();
            let lines = state.running.values().flatten();
            lines.map(ProgressBar::message).collect()
        };
        shown.install_step(&step);
        step.id = "stack".to_owned();
        shown.install_step(&step);
        // One that stood there all along, and is waited for.
        let mut late = waits(None, 60);
        late.step = "karpenter".to_owned();
        shown.install_waits(&late);
        shown.install_waits(&waits(None, 60));
        assert_eq!(
            lines(&shown),
            [
                "core etcd: waiting for the StatefulSet `ingext/etcd`: 0 of 1 ready (usually 60 s)",
                "core karpenter: waiting for the StatefulSet `ingext/etcd`: 0 of 1 ready (usually 60 s)",
                "core stack: creating (usually 60 s)",
            ]
        );
        shown.done();
        assert!(shown.state().running.is_empty() && lines(&shown).is_empty());
    }
}
