//! The newest answers to questions that several ask side by side: who comes while one is asked waits for its answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// When something is asked.
#[derive(Clone, Copy)]
pub struct Moment {
    /// By the asker's clock.
    pub now: Duration,
    /// How many writes had ended: what was asked before one of them is not shared after it.
    pub writes: u64,
}

/// An answer, and what it is worth.
struct Kept<T, E> {
    answer: Result<Arc<T>, E>,
    /// How many answers had come before it.
    number: u64,
    asked: Moment,
}

/// The newest answer to one question. It is locked while somebody asks: the others wait for that answer.
struct Place<T, E> {
    answered: AtomicU64,
    kept: Mutex<Option<Kept<T, E>>>,
}

/// The newest answers to questions of one kind.
pub struct Shelf<K, T, E>(Mutex<BTreeMap<K, Arc<Place<T, E>>>>);

impl<K, T, E> Default for Shelf<K, T, E> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, T, E: Clone> Shelf<K, T, E> {
    /// The answer to `of`: one that came while the caller waited, or one that `is_good` at its age, or that of `ask`.
    ///
    /// # Errors
    /// Those of `ask`.
    pub fn take(
        &self,
        of: K,
        moment: impl FnOnce() -> Moment,
        is_good: impl FnOnce(&T, Duration) -> bool,
        ask: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let (place, before) = {
            let mut places = locked(&self.0);
            let new = || {
                Arc::new(Place {
                    answered: AtomicU64::new(0),
                    kept: Mutex::new(None),
                })
            };
            let place = Arc::clone(places.entry(of).or_insert_with(new));
            let before = place.answered.load(Ordering::SeqCst);
            (place, before)
        };
        let mut kept = locked(&place.kept);
        let asked = moment();
        if let Some(kept) = &*kept {
            // It came while this one waited for the lock; a failure is shared as well, so that ten askers don't wait out
            // ten time limits one after the other.
            let came_now = kept.number > before && kept.asked.writes == asked.writes;
            let age = asked.now.saturating_sub(kept.asked.now);
            if came_now || kept.answer.as_ref().is_ok_and(|answer| is_good(answer, age)) {
                return kept.answer.clone();
            }
        }
        let answer = ask().map(Arc::new);
        let number = place.answered.fetch_add(1, Ordering::SeqCst) + 1;
        *kept = Some(Kept {
            answer: answer.clone(),
            number,
            asked,
        });
        answer
    }

    /// How many ask for `of` or wait for its answer now.
    #[cfg(test)]
    pub fn askers(&self, of: &K) -> usize {
        locked(&self.0)
            .get(of)
            .map_or(0, |place| Arc::strong_count(place) - 1)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
