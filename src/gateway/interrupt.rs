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

    /// Asks the run to stop, as a signal would.
    pub fn set(&self, signal: usize) {
        self.0.store(signal, Ordering::SeqCst);
    }
}
