//! One door in front of the tools: limits, the stop flag, the journal, and then the command itself.

use super::interrupt::Interrupt;
use super::journal::{Journal, sha256_hex};
use super::redact::Redactor;
use super::{CommandOutput, CommandSpec, Gateway, GatewayError, PrivateFile, Tool};
use crate::report::{CommandRecord, Effect, ExecMode, Progress, Unseen};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The most commands that run at once (design, decision 1).
pub const MOST_AT_ONCE: usize = 6;

/// How often the stop flag is asked while a pause lasts.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How many commands run at once here: each `aws` takes half a second of CPU, so that more than one for each core
/// and one that waits for the network only get in each other's way (docs/performance.md).
#[must_use]
pub fn at_once() -> usize {
    std::thread::available_parallelism()
        .map_or(3, |cores| cores.get().saturating_add(1).clamp(3, MOST_AT_ONCE))
}

/// A gateway that keeps a record of every command.
pub struct Recorder<G> {
    inner: G,
    mode: ExecMode,
    run: String,
    journal: Result<Journal, String>,
    redactor: Arc<Redactor>,
    /// What [`Gateway::hide`] named: not in the redactor, which takes secrets out of the journal's command lines too.
    hidden: RwLock<Vec<String>>,
    interrupt: Interrupt,
    deadline: Instant,
    slots: Slots,
    commands: [AtomicU64; Tool::ALL.len()],
    listener: Arc<dyn Progress>,
}

impl<G: Gateway> Recorder<G> {
    /// A recorder in front of `inner`. Without a journal reads go on and writes are refused.
    pub fn new(
        inner: G,
        mode: ExecMode,
        run: String,
        journal: Result<Journal, String>,
        redactor: Arc<Redactor>,
        interrupt: Interrupt,
        deadline: Instant,
    ) -> Self {
        let slots = Slots {
            free: Mutex::new(at_once()),
            freed: Condvar::new(),
        };
        Self {
            inner,
            mode,
            run,
            journal,
            redactor,
            hidden: RwLock::default(),
            interrupt,
            deadline,
            slots,
            commands: Default::default(),
            listener: Arc::new(Unseen),
        }
    }

    /// The same, with a listener that is told of each command when it has ended.
    #[must_use]
    pub fn told_to(mut self, listener: Arc<dyn Progress>) -> Self {
        self.listener = listener;
        self
    }

    /// How many commands were run.
    pub fn commands(&self) -> u64 {
        self.commands
            .iter()
            .map(|count| count.load(Ordering::Relaxed))
            .sum()
    }

    /// How many commands were run of each tool; one that was not run is not named.
    pub fn commands_by_tool(&self) -> BTreeMap<String, u64> {
        let counts = self.commands.iter().map(|count| count.load(Ordering::Relaxed));
        Tool::ALL
            .iter()
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(|(tool, count)| (tool.program().to_owned(), count))
            .collect()
    }

    /// The journal, or why there is none.
    ///
    /// # Errors
    /// The words of what refused it.
    pub const fn journal(&self) -> Result<&Journal, &String> {
        self.journal.as_ref()
    }

    fn hidden(&self) -> Vec<String> {
        self.hidden.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The gateway behind it.
    pub const fn inner(&self) -> &G {
        &self.inner
    }

    fn note(
        &self,
        spec: &CommandSpec,
        started: &str,
        took: Duration,
        result: &Result<CommandOutput, GatewayError>,
    ) {
        let stdout = result.as_ref().map_or(&[][..], |output| &output.stdout);
        let redact = |text: &str| self.redactor.redact(text, &spec.secrets);
        let record = CommandRecord {
            purpose: redact(&spec.purpose),
            argv: spec.argv().iter().map(|word| redact(word)).collect(),
            mode: self.mode,
            effect: spec.effect,
            started_at: started.to_owned(),
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            exit: result.as_ref().ok().map(|output| output.exit),
            ended: result.as_ref().err().map(|error| error.word().to_owned()),
            stdout_sha256: sha256_hex(stdout),
            stdout_bytes: stdout.len() as u64,
        };
        tracing::debug!(argv = ?record.argv, exit = ?record.exit, ended = ?record.ended, ms = record.duration_ms, "{}", record.purpose);
        if let Ok(journal) = &self.journal {
            // A failure is kept by the journal itself, refuses the next write, and is a warning of the report.
            let _ = journal.append(&self.run, &record);
        }
        self.listener.command(&record);
    }

    fn writable(&self) -> Result<(), GatewayError> {
        let healthy = self
            .journal
            .as_ref()
            .map_err(Clone::clone)
            .and_then(Journal::healthy);
        healthy.map_err(|said| GatewayError::Journal { said })
    }
}

impl<G: Gateway> Gateway for Recorder<G> {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        if spec.effect == Effect::Write {
            self.writable()?;
        }
        let _slot = self.slots.take();
        if self.interrupt.is_set() {
            return Err(GatewayError::Interrupted);
        }
        let mut spec = spec.clone();
        if spec.effect == Effect::Write {
            // What was handed in may be said by whoever got it, long after this command.
            self.hide(spec.secrets.clone());
        }
        // A word that stands in the command itself is no secret of it, and the journal shows it.
        let borne = |text: &String| spec.args.iter().any(|word| word.contains(text.as_str()));
        let mut secrets = self.hidden();
        secrets.retain(|text| !borne(text));
        spec.secrets.extend(secrets);
        let left = self.deadline.saturating_duration_since(Instant::now());
        spec.timeout = spec.timeout.min(left);
        let (started, start) = (jiff::Timestamp::now().to_string(), Instant::now());
        let result = if left.is_zero() {
            Err(GatewayError::TimedOut {
                tool: spec.tool,
                limit: Duration::ZERO,
            })
        } else {
            self.commands[spec.tool as usize].fetch_add(1, Ordering::Relaxed);
            self.inner.run(&spec)
        };
        self.note(&spec, &started, start.elapsed(), &result);
        result
    }

    fn pause(&self, for_long: Duration) -> bool {
        let until = Instant::now() + for_long;
        if until >= self.deadline {
            return false;
        }
        while !self.interrupt.is_set() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(LOOK_AGAIN));
        }
        false
    }

    fn words(&self, text: &str) -> String {
        self.redactor.words(text.as_bytes(), &self.hidden())
    }

    fn hide(&self, texts: Vec<String>) {
        let mut hidden = self.hidden.write().unwrap_or_else(PoisonError::into_inner);
        hidden.extend(texts);
        hidden.sort();
        hidden.dedup();
    }

    fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        // Before anything else: whatever comes after must not show them, also where the file can't be written.
        self.redactor.learn(file.secrets.iter().cloned());
        let _slot = self.slots.take();
        if self.interrupt.is_set() {
            return Err(GatewayError::Interrupted);
        }
        self.inner.keep(file)
    }
}

/// A counter of commands that may still start.
struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

struct Slot<'a>(&'a Slots);

impl Slots {
    fn take(&self) -> Slot<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Slot(self)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::Tool;

    /// Counts what reaches the tools.
    struct Counting(AtomicU64);

    impl Gateway for Counting {
        fn run(&self, _: &CommandSpec) -> Result<CommandOutput, GatewayError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(CommandOutput {
                exit: 0,
                stdout: Vec::new(),
                stderr: String::new(),
                duration: Duration::ZERO,
            })
        }
    }

    fn recorder(journal: Result<Journal, String>) -> Recorder<Counting> {
        Recorder::new(
            Counting(AtomicU64::new(0)),
            ExecMode::Local,
            "run-1".to_owned(),
            journal,
            Arc::new(Redactor::new([])),
            Interrupt::default(),
            Instant::now() + Duration::from_secs(60),
        )
    }

    fn reached(recorder: &Recorder<Counting>) -> u64 {
        recorder.inner().0.load(Ordering::Relaxed)
    }

    #[test]
    fn without_a_journal_reads_go_on_and_no_write_reaches_a_tool() {
        let recorder = recorder(Err("no room".to_owned()));
        let (read, write) = specs();
        assert!(recorder.run(&read).is_ok());
        let refused = recorder.run(&write).unwrap_err();
        assert!(matches!(refused, GatewayError::Journal { said } if said == "no room"));
        assert_eq!((reached(&recorder), recorder.commands()), (1, 1));
    }

    #[test]
    fn a_journal_that_breaks_in_mid_run_refuses_the_writes_from_there_on() {
        let folder = tempfile::tempdir().unwrap();
        let whole = recorder(Journal::create(folder.path(), "run-1").map_err(|error| error.to_string()));
        let (read, write) = specs();
        assert!(whole.run(&write).is_ok(), "a healthy journal stops nothing");
        let broken = recorder(Ok(Journal::on_a_full_disk()));
        assert!(broken.run(&read).is_ok() && broken.run(&read).is_ok());
        let refused = broken.run(&write).unwrap_err();
        assert!(matches!(refused, GatewayError::Journal { said } if said.contains("No space left")));
        assert_eq!(reached(&broken), 2);
    }

    #[test]
    fn what_a_write_handed_in_is_hidden_in_what_is_said_later_and_not_in_other_command_lines() {
        let folder = tempfile::tempdir().unwrap();
        let whole = recorder(Journal::create(folder.path(), "run-1").map_err(|error| error.to_string()));
        let (mut read, mut write) = specs();
        write.secrets = vec!["the-app-secret".to_owned()];
        whole.run(&write).unwrap();
        whole.hide(vec!["head-bucket".to_owned()]);
        let said = whole.words("TOKEN=the-app-secret; head-bucket refused");
        assert!(
            !said.contains("the-app-secret") && !said.contains("head-bucket"),
            "{said}"
        );
        read.args.push("demo".to_owned());
        whole.run(&read).unwrap();
        let journal = std::fs::read_to_string(folder.path().join("run-1/journal.jsonl")).unwrap();
        let last = journal.lines().last().unwrap();
        assert!(last.contains(r#"["aws","s3api","head-bucket","demo"]"#), "{last}");
    }

    fn specs() -> (CommandSpec, CommandSpec) {
        let read = CommandSpec::read(Tool::Aws, "look at a bucket", ["s3api", "head-bucket"]);
        let mut write = read.clone();
        write.effect = Effect::Write;
        (read, write)
    }

    /// A place that keeps nothing, and says the secret while refusing it.
    struct Full;

    impl Gateway for Full {
        fn run(&self, _: &CommandSpec) -> Result<CommandOutput, GatewayError> {
            Err(GatewayError::Interrupted)
        }
    }

    fn keeping(redactor: &Arc<Redactor>, interrupt: &Interrupt) -> Recorder<Full> {
        let deadline = Instant::now() + Duration::from_secs(60);
        let (redactor, interrupt) = (Arc::clone(redactor), interrupt.clone());
        let no_journal = Err("none".to_owned());
        Recorder::new(
            Full,
            ExecMode::Local,
            "r".into(),
            no_journal,
            redactor,
            interrupt,
            deadline,
        )
    }

    #[test]
    fn a_private_files_secrets_are_known_before_it_is_written_or_refused() {
        let (redactor, interrupt) = (Arc::new(Redactor::new([])), Interrupt::default());
        let secrets = ["the-token-itself".to_owned()];
        let file = PrivateFile {
            name: "k",
            bytes: b"x",
            secrets: &secrets,
        };
        assert!(matches!(
            keeping(&redactor, &interrupt).keep(&file),
            Err(GatewayError::NotKept { .. })
        ));
        assert!(
            !redactor
                .redact("says the-token-itself", &[])
                .contains("the-token-itself")
        );
    }

    #[test]
    fn after_the_stop_flag_no_private_file_is_begun() {
        let (redactor, interrupt) = (Arc::new(Redactor::new([])), Interrupt::default());
        interrupt.set(2);
        let file = PrivateFile {
            name: "k",
            bytes: b"x",
            secrets: &[],
        };
        assert_eq!(
            keeping(&redactor, &interrupt).keep(&file),
            Err(GatewayError::Interrupted)
        );
    }
}
