//! The run's stop flag: set by signals, asked by everything that waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A flag that remembers which signal asked the run to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// A flag that listens to SIGINT, SIGTERM and SIGHUP.
    ///
    /// # Errors
    /// The system's error when a handler can't be registered.
    pub fn listen() -> std::io::Result<Self> {
        let flag = Self::default();
        for signal in [
            signal_hook::consts::SIGINT,
            signal_hook::consts::SIGTERM,
            signal_hook::consts::SIGHUP,
        ] {
            signal_hook::flag::register_usize(
                signal,
                Arc::clone(&flag.0),
                usize::try_from(signal).unwrap_or(2),
            )?;
        }
        Ok(flag)
    }

    /// The number of the signal that asked to stop, if one did.
    #[must_use]
    pub fn signal(&self) -> Option<usize> {
        match self.0.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(signal),
        }
    }

    /// Whether the run was asked to stop.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.signal().is_some()
    }

    /// Takes the signal aside until what this gives is dropped, so that the last commands of a run that was asked to stop
    /// can give back what it holds. A further signal counts at once.
    #[must_use]
    pub fn aside(&self) -> Aside<'_> {
        Aside {
            flag: self,
            signal: self.0.swap(0, Ordering::SeqCst),
        }
    }

    /// Asks the run to stop, as a signal would.
    pub fn set(&self, signal: usize) {
        self.0.store(signal, Ordering::SeqCst);
    }
}

/// A signal that waits; see [`Interrupt::aside`].
#[derive(Debug)]
pub struct Aside<'a> {
    flag: &'a Interrupt,
    signal: usize,
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        // Only where no further signal came.
        let (flag, signal) = (&self.flag.0, self.signal);
        let _ = flag.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::Interrupt;

    #[test]
    fn a_signal_that_was_taken_aside_comes_back_and_a_further_one_counts_at_once() {
        let interrupt = Interrupt::default();
        drop(interrupt.aside());
        assert!(!interrupt.is_set(), "none was there");
        interrupt.set(2);
        let aside = interrupt.aside();
        assert!(!interrupt.is_set());
        drop(aside);
        assert_eq!(interrupt.signal(), Some(2));
        let aside = interrupt.aside();
        interrupt.set(15);
        drop(aside);
        assert_eq!(interrupt.signal(), Some(15));
    }
}
