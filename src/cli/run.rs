//! From the process's arguments to its exit code: the one place where errors become codes.

use super::commands;
use super::resolve::{self, Action, Invocation, UsageError, World};
use crate::gateway::environment::Env;
use crate::gateway::guard;
use crate::gateway::interrupt::Interrupt;
use crate::model::{ColorChoice, EventsTo, LogLevel, RunOptions, Source, Sourced, shown};
use crate::render::events::{Events, Target};
use crate::render::progress::Shown;
use crate::render::text::Style;
use crate::report::Report;
use crate::runner::{All, Progress, Run, Workplace};
use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Arc;

/// Done; or, for status, healthy.
pub const DONE: i32 = 0;
/// It could not be done.
pub const FAILED: i32 = 1;
/// The command line, a variable or the env file is wrong.
pub const USAGE: i32 = 2;
/// Blockers stand in the way.
pub const BLOCKED: i32 = 3;
/// An input or an approval is missing.
pub const NEEDS_INPUT: i32 = 4;
/// Partly done: what is there holds, and it is not known to be all.
pub const PARTLY: i32 = 5;
/// Added to a signal's number, as shells do.
pub const SIGNALLED: i32 = 128;

/// What a command needs of the process.
pub struct Context {
    /// How to run.
    pub options: RunOptions,
    /// The run.
    pub run: Run,
    /// Where progress is shown.
    pub progress: Arc<dyn Progress>,
    /// The event stream, where one was asked for.
    pub events: Option<Arc<Events>>,
    /// The user.
    pub uid: u32,
}

impl Context {
    /// A report with the run block of what was done in `place`; without one, nothing was.
    #[must_use]
    pub fn report(&self, place: Option<&Workplace>) -> Report {
        let mut report = self.run.report(
            place.map(|place| place.exec.clone()),
            place.map_or(0, |place| place.gateway.commands()),
            place.and_then(Workplace::journal_mark),
        );
        if let Some(place) = place {
            report.run.commands_by_tool = place.gateway.commands_by_tool();
        }
        report
    }
}

/// Runs the program; gives its exit code.
#[must_use]
pub fn main() -> i32 {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    if args.get(1).is_some_and(|word| word == guard::GUARD_WORD) {
        return guard::main(args.get(2..).unwrap_or_default());
    }
    // First of all: a signal must never find us without a report.
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => {
            let _ = writeln!(
                std::io::stderr(),
                "lakehouse: signals can't be listened to: {error}"
            );
            return FAILED;
        }
    };
    let read = World::of_process().and_then(|world| Ok((resolve::read(args, &world)?, world)));
    match read {
        Ok((invocation, world)) => act(invocation, &world, interrupt),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "lakehouse: {error}");
            USAGE
        }
    }
}

fn act(invocation: Invocation, world: &World, interrupt: Interrupt) -> i32 {
    match &invocation.action {
        Action::Print(text) => return commands::plain::print(text),
        Action::Schema(wanted) => return commands::schema::print(wanted),
        Action::Completions(shell) => return commands::plain::completions(*shell),
        Action::Man => return commands::plain::man(),
        Action::Explain(code) => return commands::explain::explain(&invocation.options, *code),
        Action::Policy { need, scope } => {
            return commands::policy::policy(*need, scope, invocation.options.output.value);
        }
        _ => {}
    }
    let Invocation { action, options } = invocation;
    // Before anything runs: a stream that can't be written is wrong usage.
    let target = match options.events.as_ref().map(target).transpose() {
        Ok(target) => target,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "lakehouse: {error}");
            return USAGE;
        }
    };
    log_to_stderr(&options);
    let env: Env = world
        .env
        .iter()
        .map(|(name, value)| (name.into(), value.clone()))
        .collect();
    let timeout = options.timeout.as_ref().map(|limit| limit.value.get());
    let mut run = Run::begin(action.name(), env, interrupt, timeout);
    if matches!(action, Action::KubeToken { .. }) {
        run = run.unkept();
    }
    let shown: Arc<dyn Progress> = Arc::new(Shown::new(options.quiet, std::io::stderr().is_terminal()));
    let mode = options.exec.as_ref().map(|exec| exec.value);
    let events = target.map(|target| Arc::new(Events::begin(target, &run, mode, options.read_only.value)));
    let listeners = std::iter::once(shown).chain(events.clone().map(|events| events as Arc<dyn Progress>));
    let progress = Arc::new(All(listeners.collect()));
    let context = Context {
        options,
        run,
        progress,
        events,
        uid: world.uid,
    };
    match action {
        Action::Preflight(settings) => commands::preflight::preflight(&context, &settings),
        Action::Default(settings) | Action::Install(settings) => {
            commands::preflight::with_install(&context, &settings)
        }
        Action::Toolbox {
            action,
            profile,
            region,
            facts,
        } => commands::toolbox::toolbox(
            &context,
            action,
            profile.map(|p| p.value),
            region.map(|r| r.value),
            &facts,
        ),
        Action::KubeToken {
            cluster,
            profile,
            region,
            facts,
        } => commands::kube_token::kube_token(&context, &cluster, profile.as_ref(), &region, &facts),
        Action::Evidence(asked) => commands::evidence::evidence(&context, &asked),
        Action::Policy { .. }
        | Action::Schema(_)
        | Action::Completions(_)
        | Action::Man
        | Action::Explain(_)
        | Action::Print(_) => DONE,
    }
}

/// Opens what `--events` names.
fn target(to: &Sourced<EventsTo>) -> Result<Target, UsageError> {
    Target::open(&to.value).map_err(|error| {
        let place = match &to.source {
            Source::Environment(name) => name.as_str(),
            _ => "--events",
        };
        let path = match &to.value {
            EventsTo::File(path) => path.display().to_string(),
            EventsTo::Stdout => "-".to_owned(),
        };
        UsageError::new(format!(
            "{place} {}: can't be written ({error}): must be -, a file in a folder that exists, or a pipe, for example \
             events.jsonl",
            shown(&path)
        ))
    })
}

fn log_to_stderr(options: &RunOptions) {
    let level = match options.log_level.value {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
    };
    let colours = style(options, &std::io::stderr()).colour;
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| Unfailing)
        .log_internal_errors(false)
        .with_ansi(colours)
        .try_init();
}

/// How a stream's text is shown.
#[must_use]
pub fn style(options: &RunOptions, stream: &(impl IsTerminal + AsFd)) -> Style {
    let terminal = stream.is_terminal();
    let colour = match options.color.value {
        ColorChoice::Always => true,
        ColorChoice::Auto => terminal,
        ColorChoice::Never => false,
    };
    let size = if terminal {
        rustix::termios::tcgetwinsize(stream).ok()
    } else {
        None
    };
    let width = size
        .map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0);
    Style { colour, width }
}

/// Stderr that never fails: a log that nobody can read must not end the run.
struct Unfailing;

impl Write for Unfailing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = std::io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
