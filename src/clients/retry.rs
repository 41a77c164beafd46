//! Asking again: with patience, and a change never blindly.

use super::failure::{CallError, ErrorClass, Reach};
use crate::gateway::Gateway;
use std::time::Duration;

/// How often a command runs at most.
pub const TRIES: u32 = 5;

/// How long one wait is at most.
const LONGEST: Duration = Duration::from_secs(30);

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written<T> {
    /// The tool ended well and said this.
    Answered(T),
    /// A try failed without saying whether it changed anything; looking anew showed that it had.
    Seen,
}

/// How long to wait before the command that failed with `class` runs again, after it ran `tried` times: 2, 4, 8 and
/// 16 seconds. None where another try can't help: who is asking, what they may do, and what was asked stay the same.
/// aws has by then tried three times itself.
#[must_use]
pub fn again(class: ErrorClass, tried: u32) -> Option<Duration> {
    let passes = matches!(
        class,
        ErrorClass::Throttled
            | ErrorClass::ServiceFault
            | ErrorClass::Unreachable(Reach::Connect | Reach::Timeout)
    );
    if !passes || tried == 0 || tried >= TRIES {
        return None;
    }
    let wait = 2_u64.checked_pow(tried).map_or(LONGEST, Duration::from_secs);
    Some(wait.min(LONGEST))
}

/// Asks a reading question (a client's call), and asks again where AWS is busy or out of reach, with growing waits
/// ([`again`]). Never for a change: that is [`write_patiently`].
///
/// # Errors
/// The last try's [`CallError`], also where the run has no time left to wait.
pub fn ask_patiently<T>(
    gateway: &dyn Gateway,
    ask: impl Fn() -> Result<T, CallError>,
) -> Result<T, CallError> {
    let mut tried = 1;
    loop {
        match ask() {
            Err(error) if waits(gateway, &error, tried) => tried += 1,
            answer => return answer,
        }
    }
}

/// Makes a change (a client's call), and makes it again where AWS is busy or out of reach. A try that failed so may
/// have changed what it should all the same (the answer was lost, or one of aws's own tries went through): before each
/// further try `observe_again` says whether it did.
///
/// # Errors
/// The last try's [`CallError`], or that of `observe_again`: what is not known is not written again.
pub fn write_patiently<T>(
    gateway: &dyn Gateway,
    write: impl Fn() -> Result<T, CallError>,
    observe_again: impl Fn() -> Result<bool, CallError>,
) -> Result<Written<T>, CallError> {
    let mut tried = 1;
    loop {
        match write() {
            Ok(answer) => return Ok(Written::Answered(answer)),
            Err(error) if waits(gateway, &error, tried) => {
                if observe_again()? {
                    return Ok(Written::Seen);
                }
                tried += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

fn waits(gateway: &dyn Gateway, error: &CallError, tried: u32) -> bool {
    again(error.class, tried).is_some_and(|wait| gateway.pause(wait))
}
