//! Questions that don't wait for each other's answers.

use std::thread::{Builder, ScopedJoinHandle, scope};

/// Both answers, asked at once where the machine has a thread to spare.
pub fn side_by_side<A: Send, B>(one: impl Fn() -> A + Sync, other: impl Fn() -> B) -> (A, B) {
    scope(|scope| {
        let thread = Builder::new().spawn_scoped(scope, &one).ok();
        let second = other();
        let first = thread.and_then(|thread| thread.join().ok());
        (first.unwrap_or_else(&one), second)
    })
}

/// An answer for each of `all`, in their order.
pub fn each<T: Sync, A: Send>(all: &[T], ask: impl Fn(&T) -> A + Sync) -> Vec<A> {
    scope(|scope| {
        let ask = &ask;
        let threads: Vec<Option<ScopedJoinHandle<'_, A>>> = all
            .iter()
            .map(|one| Builder::new().spawn_scoped(scope, move || ask(one)).ok())
            .collect();
        threads
            .into_iter()
            .zip(all)
            .map(|(thread, one)| {
                thread
                    .and_then(|thread| thread.join().ok())
                    .unwrap_or_else(|| ask(one))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn all_are_asked_at_once_and_answered_in_their_order() {
        let barrier = Barrier::new(3);
        let answers = each(&[3, 1, 2], |number| {
            barrier.wait();
            number * 10
        });
        assert_eq!(answers, [30, 10, 20]);
        let barrier = Barrier::new(2);
        let wait = |answer: u8| {
            barrier.wait();
            answer
        };
        assert_eq!(side_by_side(|| wait(1), || wait(2)), (1, 2));
    }
}
