//! The event stream of a run (`--events`): JSON Lines as it goes.

mod queue;
mod rate;
mod target;
#[cfg(test)]
mod tests;

pub use target::Target;

use crate::gateway::interrupt::Interrupt;
use crate::model::ExecMode;
use crate::report::event::EVENTS_SCHEMA;
use crate::report::{Code, CommandRecord, Event, EventLine, Finding, Note, Report, StepReport, StepWaits};
use crate::runner::{Progress, Run};
use queue::{MOST_WAITING, Queue, while_it_moves};
use rate::Rate;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the end of a run waits for a reader that takes no line.
const LAST_WAIT: Duration = Duration::from_secs(5);
/// How long it waits for one that takes some.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The stream of one run.
pub struct Events {
    run: String,
    path: Option<PathBuf>,
    queue: Queue,
    began: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    seq: u64,
    /// Lines that found no room and that the reader was not told of yet.
    untold: u64,
    /// All such lines.
    dropped: u64,
    rate: Rate,
    /// Findings that were told, so that the report adds those that no check told.
    findings: Vec<Finding>,
}

impl Events {
    /// The stream of `run` to `target`, with its first line.
    #[must_use]
    pub fn begin(target: Target, run: &Run, mode: Option<ExecMode>, read_only: bool) -> Self {
        let path = target.path().map(std::path::Path::to_path_buf);
        let events = Self::new(&run.id, path, Queue::start(MOST_WAITING, target.into_open()));
        events.tell(Event::Started {
            schema: EVENTS_SCHEMA.to_owned(),
            command: run.command.to_owned(),
            mode,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            read_only,
        });
        events
    }

    fn new(run: &str, path: Option<PathBuf>, queue: Queue) -> Self {
        Self {
            run: run.to_owned(),
            path,
            queue,
            began: Instant::now(),
            state: Mutex::default(),
        }
    }

    /// Whether the stream takes the report's place on standard output.
    #[must_use]
    pub const fn is_stdout(&self) -> bool {
        self.path.is_none()
    }

    /// Ends the stream with the report. A stream that is not whole is a warning of the report that is given back.
    ///
    /// # Errors
    /// Why the last line did not reach its reader, beside the report.
    pub fn end(&self, mut report: Report, code: i32, interrupt: &Interrupt) -> (Report, Result<(), String>) {
        self.tell_rest(&report);
        let dropped = self.state().dropped;
        if dropped > 0 {
            let lines = if dropped == 1 { "line was" } else { "lines were" };
            self.warn(
                &mut report,
                &format!("its reader was too slow, and {dropped} {lines} left out"),
            );
        }
        let last = Event::Report {
            status: status(&report),
            exit_code: code,
            report: Box::new(report.clone()),
        };
        self.close(last);
        // The one answer on stdout waits for its reader as every program's does, until a signal ends that.
        let patient = self.is_stdout() && !interrupt.is_set();
        let drained = if patient {
            self.queue.drained(|_| !interrupt.is_set())
        } else {
            self.queue.drained(while_it_moves(LAST_WAIT, LONGEST_WAIT))
        };
        if let Err(said) = &drained {
            self.warn(&mut report, said);
        }
        (report, drained)
    }

    /// Queues the last line, whether there is room or not.
    fn close(&self, last: Event) {
        let mut state = self.state();
        let mut end = Vec::new();
        if state.untold > 0 {
            let count = std::mem::take(&mut state.untold);
            end = line(&self.run, &mut state.seq, Event::Dropped { count });
        }
        end.extend(line(&self.run, &mut state.seq, last));
        self.queue.close_with(end);
    }

    /// Checks that no thread told of: those that were skipped, and what was found after the checks.
    fn tell_rest(&self, report: &Report) {
        for finding in report.preflight.iter().flat_map(|preflight| &preflight.checks) {
            if !self.state().findings.contains(finding) {
                self.finding(finding);
            }
        }
    }

    fn warn(&self, report: &mut Report, why: &str) {
        let code = Code::EventsNotWritten;
        let to = self
            .path
            .as_ref()
            .map_or_else(|| "stdout".to_owned(), |path| path.display().to_string());
        let note = |message: String| Note {
            code,
            message,
            tool_output: None,
        };
        let warning = note(format!("The event stream to `{to}` is not whole: {why}."));
        if let Some(preflight) = &mut report.preflight {
            preflight.warnings.push(warning.clone());
            preflight.remediation.push(note(code.remedy().to_owned()));
        }
        report.run.warnings.push(warning);
    }

    fn tell(&self, event: Event) {
        self.tell_locked(&mut self.state(), event);
    }

    /// Queues a line; it has its number only once there is room for it.
    fn tell_locked(&self, state: &mut State, event: Event) {
        self.tell_dropped(state);
        let mut seq = state.seq;
        let line = line(&self.run, &mut seq, event);
        if state.untold == 0 && self.queue.put(line) {
            state.seq = seq;
        } else {
            state.untold += 1;
            state.dropped += 1;
        }
    }

    fn tell_dropped(&self, state: &mut State) {
        if state.untold == 0 {
            return;
        }
        let mut seq = state.seq;
        let event = Event::Dropped { count: state.untold };
        if self.queue.put(line(&self.run, &mut seq, event)) {
            (state.seq, state.untold) = (seq, 0);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Events {
    fn step(&self, text: &str) {
        self.tell(Event::Step {
            text: text.to_owned(),
        });
    }

    fn line(&self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let mut state = self.state();
        let told = state
            .rate
            .tells(self.began.elapsed(), text.contains("lakehouse-step: "));
        if let Some(skipped) = told {
            let text = text.to_owned();
            self.tell_locked(&mut state, Event::Line { text, skipped });
        }
    }

    fn done(&self) {}

    fn note(&self, text: &str) {
        self.tell(Event::Note {
            text: text.to_owned(),
        });
    }

    fn finding(&self, finding: &Finding) {
        let mut state = self.state();
        state.findings.push(finding.clone());
        let finding = finding.clone();
        self.tell_locked(&mut state, Event::Finding { finding });
    }

    fn install_step(&self, step: &StepReport) {
        self.tell(Event::InstallStep { step: step.clone() });
    }

    fn install_waits(&self, waits: &StepWaits) {
        let (code, why) = waits.why.clone().unzip();
        self.tell(Event::InstallWaits {
            step: waits.step.clone(),
            text: waits.what.clone(),
            elapsed_seconds: Some(waits.elapsed.as_secs()),
            usual_seconds: Some(waits.usual.as_secs()),
            code,
            why,
        });
    }

    fn command(&self, record: &CommandRecord) {
        self.tell(Event::Command {
            tool: record.argv.first().cloned().unwrap_or_default(),
            command: record.clone(),
        });
    }
}

/// One line with its end; takes the next number.
fn line(run: &str, seq: &mut u64, event: Event) -> Vec<u8> {
    *seq += 1;
    // These types have no map with keys that are no text, the one thing that JSON can't hold.
    let mut bytes = serde_json::to_vec(&EventLine::now(run, *seq, event)).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// How the run ended, in the word of the report's last part.
fn status(report: &Report) -> String {
    if let Some(failure) = &report.failure {
        let word = if failure.code == Code::Interrupted {
            "interrupted"
        } else {
            "failed"
        };
        return word.to_owned();
    }
    let install = report
        .install
        .as_ref()
        .map(|install| serde_json::to_value(install.status));
    let preflight = report
        .preflight
        .as_ref()
        .map(|preflight| serde_json::to_value(preflight.status));
    let toolbox = report
        .toolbox
        .as_ref()
        .map(|toolbox| Ok(toolbox.status.clone().into()));
    let status = install.or(preflight).or(toolbox).and_then(Result::ok);
    status
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .unwrap_or("done")
        .to_owned()
}
