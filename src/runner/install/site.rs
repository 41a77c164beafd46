//! What steps are carried out with, and how they wait.

use super::failure::{Ended, own};
use super::guard::Place;
use super::hold::Hold;
use crate::gateway::Gateway;
use crate::gateway::interrupt::Interrupt;
use crate::report::Code;
use crate::steps::install::World;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The longest wait before the stop flags are asked again: another step may have failed.
const SLICE: Duration = Duration::from_secs(1);

/// How long the install has run, by a clock that never goes back.
pub type Clock<'a> = &'a (dyn Fn() -> Duration + Sync);

/// What steps are carried out with.
pub struct Site<'a> {
    /// Where steps look: reads only.
    pub world: &'a World<'a>,
    /// Where the plan was seen, a moment ago: what looks before anything is written may take it for how things stand.
    pub pictured: &'a World<'a>,
    /// Where writes go.
    pub gateway: &'a dyn Gateway,
    /// The run's stop flag.
    pub interrupt: &'a Interrupt,
    /// The clock.
    pub clock: Clock<'a>,
    /// The approved place.
    pub place: &'a Place,
    /// What keeps others away.
    pub hold: &'a Hold,
    /// Whether a step has failed: the others end with the command that they are at.
    pub stop: &'a AtomicBool,
}

impl Site<'_> {
    /// Whether anything new may begin.
    ///
    /// # Errors
    /// [`Ended`] where the run was asked to stop, or another step has failed.
    pub fn may_go_on(&self) -> Result<(), Ended> {
        if self.interrupt.is_set() {
            Err(Ended::Interrupted)
        } else if self.stop.load(Ordering::SeqCst) {
            Err(Ended::LeftOff)
        } else {
            Ok(())
        }
    }

    /// Waits.
    ///
    /// # Errors
    /// As [`Self::may_go_on`], also in the middle of the wait; and where the run's own time is over.
    pub fn rest(&self, for_long: Duration, purpose: &str) -> Result<(), Ended> {
        let mut left = for_long;
        while !left.is_zero() {
            self.may_go_on()?;
            let slice = left.min(SLICE);
            if !self.gateway.pause(slice) {
                self.may_go_on()?;
                return Err(own(
                    Code::StepTimedOut,
                    purpose,
                    "The time of this run is over (`--timeout`, two hours without it). What AWS is making goes on by itself.",
                    "Run the same command: it looks again and goes on. A longer `--timeout` gives it more time.",
                ));
            }
            left = left.saturating_sub(slice);
        }
        self.may_go_on()
    }
}
