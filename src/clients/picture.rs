//! One picture of the account: while preflight and plan are made nothing is written, and a question that was answered is
//! not asked again. Checks and steps ask for the same cluster, bucket and load balancer; each answer of aws costs half a second
//! of CPU and more.
//!
//! Kept is what says how things stand: an answer, or the tool's word that the thing is absent. What was denied, throttled
//! or lost is asked anew each time. Who looks after a write asks the gateway itself, never a picture.

use super::aws::classify::classify_aws;
use super::failure::ErrorClass;
use super::kube::classify_kube;
use super::shelf::{Moment, Shelf};
use crate::gateway::spec::Effect;
use crate::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError, PrivateFile, Tool};
use serde::de::IgnoredAny;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long an answer is how things stand.
pub const AGE: Duration = Duration::from_secs(60);

/// A question: argv and what goes to its standard input.
type Question = (Vec<String>, Option<Vec<u8>>);

fn question(spec: &CommandSpec) -> Question {
    (spec.argv(), spec.stdin.clone())
}

/// What was answered in one run.
pub struct Answers<'a> {
    clock: Box<dyn Fn() -> Duration + Send + Sync + 'a>,
    shelf: Shelf<Question, CommandOutput, GatewayError>,
}

impl Default for Answers<'_> {
    fn default() -> Self {
        let begun = Instant::now();
        Self::by(move || begun.elapsed())
    }
}

impl<'a> Answers<'a> {
    /// None yet; `clock` tells their age.
    pub fn by(clock: impl Fn() -> Duration + Send + Sync + 'a) -> Self {
        Self {
            clock: Box::new(clock),
            shelf: Shelf::default(),
        }
    }
}

/// A gateway that asks each question once.
#[derive(Clone, Copy)]
pub struct Picture<'a> {
    /// Where it asks.
    pub gateway: &'a dyn Gateway,
    /// What it was answered.
    pub answers: &'a Answers<'a>,
}

impl Gateway for Picture<'_> {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        if !is_of_the_account(spec) {
            return self.gateway.run(spec);
        }
        let moment = || Moment {
            now: (self.answers.clock)(),
            writes: 0,
        };
        let is_good = |it: &CommandOutput, age| age < AGE && says_how_things_stand(spec.tool, it);
        self.answers
            .shelf
            .take(question(spec), moment, is_good, || self.gateway.run(spec))
            .map(Arc::unwrap_or_clone)
    }

    fn pause(&self, for_long: Duration) -> bool {
        self.gateway.pause(for_long)
    }

    fn words(&self, text: &str) -> String {
        self.gateway.words(text)
    }

    fn hide(&self, texts: Vec<String>) {
        self.gateway.hide(texts);
    }

    fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        self.gateway.keep(file)
    }
}

/// Not a write, nothing that speaks with a person, and nothing secret: a token is good for its own time, and who is
/// calling may be somebody else a moment later.
fn is_of_the_account(spec: &CommandSpec) -> bool {
    let of_caller = |word: &String| word == "get-token" || word == "get-caller-identity";
    spec.effect == Effect::Read
        && !spec.terminal
        && spec.listener.is_none()
        && spec.secrets.is_empty()
        && !spec.args.iter().any(of_caller)
}

fn says_how_things_stand(tool: Tool, answer: &CommandOutput) -> bool {
    let class = match tool {
        // A proxy's page is no answer.
        Tool::Aws if answer.exit == 0 => return serde_json::from_slice::<IgnoredAny>(&answer.stdout).is_ok(),
        _ if answer.exit == 0 => return true,
        Tool::Aws => classify_aws(answer.exit, &answer.stderr).0,
        Tool::Kubectl => classify_kube(&answer.stderr).0,
        Tool::Helm | Tool::Eksctl => return false,
    };
    class == ErrorClass::Absent
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Mutex, mpsc};

    /// Answers each question with the number of questions so far.
    struct Counting {
        asked: AtomicU64,
        exit: i32,
        says: &'static str,
    }

    impl Gateway for Counting {
        fn run(&self, _: &CommandSpec) -> Result<CommandOutput, GatewayError> {
            let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            Ok(CommandOutput {
                exit: self.exit,
                stdout: format!("{}{number}", if self.exit == 0 { self.says } else { "" }).into_bytes(),
                stderr: if self.exit == 0 { "" } else { self.says }.to_owned(),
                duration: Duration::ZERO,
            })
        }
    }

    fn read(verb: &str) -> CommandSpec {
        CommandSpec::read(Tool::Aws, "look", ["eks", verb, "--name", "c"])
    }

    /// How often `specs` were asked, one after the other, `gap` apart.
    fn asked(exit: i32, says: &'static str, gap: Duration, specs: &[CommandSpec]) -> u64 {
        let counting = Counting {
            asked: AtomicU64::new(0),
            exit,
            says,
        };
        let now = AtomicU64::new(0);
        let answers = Answers::by(|| Duration::from_millis(now.load(Ordering::SeqCst)));
        let picture = Picture {
            gateway: &counting,
            answers: &answers,
        };
        for spec in specs {
            picture.run(spec).unwrap();
            now.fetch_add(u64::try_from(gap.as_millis()).unwrap(), Ordering::SeqCst);
        }
        counting.asked.load(Ordering::SeqCst)
    }

    const SOON: Duration = Duration::from_secs(2);

    #[test]
    fn what_was_answered_is_not_asked_again_until_it_is_old() {
        let twice = [read("describe-cluster"), read("describe-cluster")];
        assert_eq!(asked(0, "", SOON, &twice), 1);
        assert_eq!(asked(0, "", AGE, &twice), 2);
        let document = |text: &str| CommandSpec {
            stdin: Some(text.as_bytes().to_vec()),
            ..read("describe-cluster")
        };
        assert_eq!(asked(0, "", SOON, &[document("a"), document("b")]), 2);
        assert_eq!(asked(0, "<html>", SOON, &twice), 2, "a proxy's page");
    }

    #[test]
    fn absent_is_an_answer_and_what_is_unknown_is_asked_anew() {
        let twice = [read("describe-cluster"), read("describe-cluster")];
        let absent = "An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: c.";
        assert_eq!(asked(254, absent, SOON, &twice), 1);
        for unknown in [
            "An error occurred (ThrottlingException) when calling the DescribeCluster operation (reached max retries: 2): Rate exceeded",
            "An error occurred (AccessDeniedException) when calling the DescribeCluster operation: no",
            "Could not connect to the endpoint URL: \"https://eks.us-east-2.amazonaws.com/\"",
        ] {
            assert_eq!(asked(254, unknown, SOON, &twice), 2, "{unknown}");
        }
    }

    #[test]
    fn a_failure_is_shared_by_those_who_waited_for_it_and_by_nobody_later() {
        /// Fails once it is told to, and counts.
        struct Slow(AtomicU64, mpsc::Sender<()>, Mutex<mpsc::Receiver<()>>);
        impl Gateway for Slow {
            fn run(&self, _: &CommandSpec) -> Result<CommandOutput, GatewayError> {
                self.0.fetch_add(1, Ordering::SeqCst);
                self.1.send(()).unwrap();
                self.2.lock().unwrap().recv().unwrap();
                Err(GatewayError::Interrupted)
            }
        }
        let (start, begun) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let slow = Slow(AtomicU64::new(0), start, Mutex::new(ended));
        let answers = Answers::by(|| Duration::ZERO);
        let picture = Picture {
            gateway: &slow,
            answers: &answers,
        };
        let spec = read("describe-cluster");
        std::thread::scope(|scope| {
            let (picture, spec) = (&picture, &spec);
            let first = scope.spawn(move || picture.run(spec));
            begun.recv().unwrap();
            let second = scope.spawn(move || picture.run(spec));
            // Until the second one has its place beside the first: it waits for the answer then.
            while picture.answers.shelf.askers(&question(spec)) < 2 {
                std::thread::yield_now();
            }
            end.send(()).unwrap();
            for thread in [first, second] {
                assert!(thread.join().unwrap().is_err());
            }
        });
        assert_eq!(slow.0.load(Ordering::SeqCst), 1);
        end.send(()).unwrap();
        assert!(picture.run(&spec).is_err());
        assert_eq!(slow.0.load(Ordering::SeqCst), 2, "later it is asked anew");
    }

    #[test]
    fn a_write_a_token_and_who_is_calling_are_asked_for_each_time() {
        let mut write = read("create-addon");
        write.effect = Effect::Write;
        let mut secret = read("describe-cluster");
        secret.secrets = vec!["s".to_owned()];
        for spec in [write, secret, read("get-token"), read("get-caller-identity")] {
            assert_eq!(asked(0, "", SOON, &[spec.clone(), spec.clone()]), 2, "{spec:?}");
        }
    }
}
