//! What was asked of the cluster's workloads a moment ago, for all steps of a run: ten steps that wait in one namespace
//! cost one kubectl a second and not ten (0.1 s of CPU each).
//!
//! An answer is shared only if its question was asked after the last write of this run had ended, and if it came while
//! the step was waiting for it: then it is as new as an own one. Nothing older is ever taken for how things stand.

use crate::clients::CallError;
use crate::clients::kubectl::{Surroundings, Work};
use crate::clients::shelf::{Moment, Shelf};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the surroundings of a pod that is not ready are good: they only explain.
const SURROUNDINGS: Duration = Duration::from_secs(5);
/// A trouble that was away for as long begins anew when it comes back.
const GONE: Duration = Duration::from_secs(60);

/// The answers, and since when what is in the way is there.
#[derive(Default)]
pub struct Looks {
    /// The runner's clock in milliseconds, plus one; 0 where no runner looks yet.
    time: AtomicU64,
    writes: AtomicU64,
    work: Shelf<String, Work, CallError>,
    surroundings: Shelf<String, Surroundings, CallError>,
    logs: Shelf<String, String, CallError>,
    since: Mutex<BTreeMap<String, (Duration, Duration)>>,
}

impl Looks {
    /// Tells how late it is. Asked before each look of a step that is carried out; a plan has no clock, and asks for no
    /// more than how things stand.
    pub fn tick(&self, now: Duration) {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX - 1) + 1;
        self.time.fetch_max(now, Ordering::SeqCst);
    }

    /// Something was written, or may have been: what was asked before is not known any more.
    pub fn written(&self) {
        self.writes.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether this run has written anything, or may have.
    #[must_use]
    pub fn has_written(&self) -> bool {
        self.writes.load(Ordering::SeqCst) > 0
    }

    fn now(&self) -> Option<Duration> {
        let now = self.time.load(Ordering::SeqCst).checked_sub(1)?;
        Some(Duration::from_millis(now))
    }

    /// What runs in a namespace, as `ask` tells it now.
    ///
    /// # Errors
    /// Those of `ask`.
    pub fn work(
        &self,
        namespace: &str,
        ask: impl FnOnce() -> Result<Work, CallError>,
    ) -> Result<Arc<Work>, CallError> {
        self.take(&self.work, namespace, Duration::ZERO, ask)
    }

    /// What surrounds the pods of a namespace, some seconds old at most; nothing where no runner looks.
    ///
    /// # Errors
    /// Those of `ask`.
    pub fn surroundings(
        &self,
        namespace: &str,
        ask: impl FnOnce() -> Result<Surroundings, CallError>,
    ) -> Result<Option<Arc<Surroundings>>, CallError> {
        if self.now().is_none() {
            return Ok(None);
        }
        self.take(&self.surroundings, namespace, SURROUNDINGS, ask)
            .map(Some)
    }

    /// The last lines of one run of a container, which never change: asked once. Nothing where no runner looks.
    ///
    /// # Errors
    /// Those of `ask`.
    pub fn log(
        &self,
        of: &str,
        ask: impl FnOnce() -> Result<String, CallError>,
    ) -> Result<Option<Arc<String>>, CallError> {
        if self.now().is_none() {
            return Ok(None);
        }
        self.take(&self.logs, of, Duration::MAX, ask).map(Some)
    }

    fn take<T>(
        &self,
        answers: &Shelf<String, T, CallError>,
        of: &str,
        good_for: Duration,
        ask: impl FnOnce() -> Result<T, CallError>,
    ) -> Result<Arc<T>, CallError> {
        let moment = || Moment {
            now: self.now().unwrap_or_default(),
            writes: self.writes.load(Ordering::SeqCst),
        };
        answers.take(of.to_owned(), moment, |_, age| age < good_for, ask)
    }

    /// For how long `trouble` has been there without a longer break, by the runner's clock; zero at first sight.
    pub fn lasted(&self, trouble: &str) -> Duration {
        let Some(now) = self.now() else {
            return Duration::ZERO;
        };
        let mut since = locked(&self.since);
        let (first, last) = since.entry(trouble.to_owned()).or_insert((now, now));
        if now.saturating_sub(*last) > GONE {
            *first = now;
        }
        *last = now;
        now.saturating_sub(*first)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn numbered(at: u32) -> Work {
        Work {
            endpoints: vec![("it".to_owned(), at)],
            ..Work::default()
        }
    }

    fn number(work: &Work) -> u32 {
        work.endpoints[0].1
    }

    #[test]
    fn one_after_the_other_each_look_asks_anew() {
        let looks = Looks::default();
        for at in 0..3 {
            let work = looks.work("ns", || Ok(numbered(at))).unwrap();
            assert_eq!(number(&work), at);
        }
    }

    /// One look is under way, and a second step wants to know the same.
    fn joined(between: impl FnOnce(&Looks) + Send) -> u32 {
        let looks = Looks::default();
        let (start, begun) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let looks = &looks;
            scope.spawn(move || {
                looks.work("ns", || {
                    start.send(()).unwrap();
                    ended.recv().unwrap();
                    Ok(numbered(1))
                })
            });
            begun.recv().unwrap();
            let second = scope.spawn(move || {
                between(looks);
                looks.work("ns", || Ok(numbered(2)))
            });
            // Until the second one has its place, beside the shelf and the first: it waits for the answer then.
            while looks.work.askers(&"ns".to_owned()) < 2 {
                std::thread::yield_now();
            }
            end.send(()).unwrap();
            number(&second.join().unwrap().unwrap())
        })
    }

    #[test]
    fn what_is_being_asked_is_shared_unless_something_was_written_since() {
        assert_eq!(joined(|_| {}), 1, "the answer that was on its way");
        assert_eq!(joined(Looks::written), 2, "it was asked before the write");
    }

    #[test]
    fn a_trouble_lasts_by_the_runners_clock_and_begins_anew_after_a_break() {
        let looks = Looks::default();
        assert_eq!(looks.lasted("x"), Duration::ZERO, "no runner looks");
        for (now, lasted) in [(10, 0), (40, 30), (95, 85), (200, 0), (201, 1)] {
            looks.tick(Duration::from_secs(now));
            assert_eq!(looks.lasted("x").as_secs(), lasted, "at {now}");
        }
    }
}
