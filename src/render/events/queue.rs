//! Lines on their way to a reader: a queue with a limit, and a thread of its own that writes them, so that neither a
//! slow reader nor a full disk ever holds up the run.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most bytes that wait for the reader.
pub const MOST_WAITING: usize = 8 * 1024 * 1024;

/// How often a wait looks whether it should go on.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Opens the place that is written to; called in the writer's thread, since a pipe waits there for its reader.
pub type Open = Box<dyn FnOnce() -> std::io::Result<Box<dyn Write>> + Send>;

/// The queue. A clone is the same one.
#[derive(Clone)]
pub struct Queue(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    changed: Condvar,
    most: usize,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    waiting: usize,
    writing: bool,
    written: u64,
    closed: bool,
    broken: Option<String>,
}

impl Queue {
    /// A queue that holds `most` bytes, and the thread that writes what is put into it.
    #[must_use]
    pub fn start(most: usize, open: Open) -> Self {
        let queue = Self(Arc::new(Inner {
            state: Mutex::default(),
            changed: Condvar::new(),
            most,
        }));
        let own = queue.clone();
        let started = std::thread::Builder::new().spawn(move || {
            if let Err(error) = open().and_then(|mut to| own.write(to.as_mut())) {
                own.break_off(error.to_string());
            }
        });
        if let Err(error) = started {
            queue.break_off(error.to_string());
        }
        queue
    }

    /// Puts a line at the end; says whether there was room. A broken queue swallows it.
    #[must_use]
    pub fn put(&self, line: Vec<u8>) -> bool {
        let mut state = self.state();
        if state.broken.is_some() {
            return true;
        }
        if state.waiting.saturating_add(line.len()) > self.0.most {
            return false;
        }
        state.push(line);
        drop(state);
        self.0.changed.notify_all();
        true
    }

    /// Puts the last line at the end, whether there is room or not.
    pub fn close_with(&self, line: Vec<u8>) {
        let mut state = self.state();
        if state.broken.is_none() {
            state.push(line);
        }
        state.closed = true;
        drop(state);
        self.0.changed.notify_all();
    }

    /// Waits until everything is written, for as long as `goes_on` says so; it is told how many lines are.
    ///
    /// # Errors
    /// The system's words where writing failed, or that the reader did not take it.
    pub fn drained(&self, mut goes_on: impl FnMut(u64) -> bool) -> Result<(), String> {
        let mut state = self.state();
        loop {
            if let Some(said) = &state.broken {
                return Err(said.clone());
            }
            if state.lines.is_empty() && !state.writing {
                return Ok(());
            }
            if !goes_on(state.written) {
                return Err("its reader did not take it in time".to_owned());
            }
            let waited = self.0.changed.wait_timeout(state, LOOK_EVERY);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Writes lines as they come, until the queue is closed and empty.
    fn write(&self, to: &mut dyn Write) -> std::io::Result<()> {
        while let Some(line) = self.next() {
            to.write_all(&line).and_then(|()| to.flush())?;
            self.done_one();
            self.0.changed.notify_all();
        }
        Ok(())
    }

    fn done_one(&self) {
        let mut state = self.state();
        state.writing = false;
        state.written += 1;
    }

    fn next(&self) -> Option<Vec<u8>> {
        let mut state = self.state();
        loop {
            if let Some(line) = state.lines.pop_front() {
                state.waiting -= line.len();
                state.writing = true;
                return Some(line);
            }
            if state.closed {
                return None;
            }
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn break_off(&self, said: String) {
        let mut state = self.state();
        *state = State {
            broken: Some(said),
            ..State::default()
        };
        drop(state);
        self.0.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, line: Vec<u8>) {
        self.waiting += line.len();
        self.lines.push_back(line);
    }
}

/// A wait that ends when no line was written for `idle`, and in any case after `whole`, both from now on.
pub fn while_it_moves(idle: Duration, whole: Duration) -> impl FnMut(u64) -> bool {
    let (start, mut moved, mut last) = (Instant::now(), Instant::now(), None);
    move |written| {
        let now = Instant::now();
        if last.replace(written) != Some(written) {
            moved = now;
        }
        now.duration_since(moved) < idle && now.duration_since(start) < whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// A reader that takes a line only when it is let.
    struct Held(Receiver<()>, Sender<Vec<u8>>);

    impl Write for Held {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.recv().map_err(std::io::Error::other)?;
            let _ = self.1.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn held(most: usize) -> (Queue, Sender<()>, Receiver<Vec<u8>>) {
        let (let_go, held) = channel();
        let (sender, taken) = channel();
        let queue = Queue::start(most, Box::new(|| Ok(Box::new(Held(held, sender)))));
        (queue, let_go, taken)
    }

    #[test]
    fn a_stuck_reader_costs_lines_and_never_time() {
        let (queue, let_go, taken) = held(4);
        // The writer takes the first line into its hands; then four bytes may wait.
        assert!(queue.put(b"1".to_vec()));
        while queue.state().waiting > 0 {
            std::thread::yield_now();
        }
        assert!(queue.put(b"22".to_vec()) && queue.put(b"33".to_vec()));
        assert!(!queue.put(b"4".to_vec()), "there is no room");
        assert!(queue.drained(|_| false).unwrap_err().contains("in time"));
        queue.close_with(b"the end".to_vec());
        for _ in 0..4 {
            let_go.send(()).unwrap();
        }
        assert_eq!(queue.drained(|_| true), Ok(()));
        let all: Vec<u8> = taken.try_iter().flatten().collect();
        assert_eq!(all, b"12233the end");
    }

    #[test]
    fn a_wait_goes_on_as_long_as_lines_are_taken() {
        let (long, none) = (Duration::from_secs(3600), Duration::ZERO);
        let mut moves = while_it_moves(long, long);
        assert!(moves(1) && moves(1) && moves(2));
        let mut stuck = while_it_moves(none, long);
        assert!(!stuck(1) && !stuck(1));
        let mut too_long = while_it_moves(long, none);
        assert!(!too_long(1) && !too_long(2));
    }

    #[test]
    fn a_reader_that_is_gone_breaks_it_and_everything_after_is_swallowed() {
        let (queue, let_go, _) = held(4);
        drop(let_go);
        assert!(queue.put(b"1".to_vec()));
        assert!(queue.drained(|_| true).is_err());
        assert!(queue.put(b"much more than fits".to_vec()));
        queue.close_with(Vec::new());
        assert!(queue.drained(|_| true).is_err());
        let missing = Queue::start(4, Box::new(|| Err(std::io::Error::other("no such place"))));
        assert!(missing.put(b"1".to_vec()));
        assert_eq!(missing.drained(|_| true), Err("no such place".to_owned()));
    }
}
