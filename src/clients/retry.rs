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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Ask;
    use crate::gateway::{CommandOutput, CommandSpec, GatewayError};
    use std::cell::Cell;
    use std::sync::Mutex;

    /// Runs nothing; keeps the waits, and has time for so many of them.
    struct Clock {
        waits: Mutex<Vec<u64>>,
        time_for: usize,
    }

    impl Gateway for Clock {
        fn run(&self, _: &CommandSpec) -> Result<CommandOutput, GatewayError> {
            Err(GatewayError::Interrupted)
        }

        fn pause(&self, for_long: Duration) -> bool {
            let mut waits = self.waits.lock().unwrap();
            let has_time = waits.len() < self.time_for;
            if has_time {
                waits.push(for_long.as_secs());
            }
            has_time
        }
    }

    fn clock(time_for: usize) -> Clock {
        Clock {
            waits: Mutex::default(),
            time_for,
        }
    }

    fn error(class: ErrorClass) -> CallError {
        Ask::aws("do it", "eks:CreateAddon", ["eks"]).error(class)
    }

    /// Fails so often with `class`, then answers; counts.
    fn after(
        failures: u32,
        class: ErrorClass,
        count: &Cell<u32>,
    ) -> impl Fn() -> Result<&'static str, CallError> {
        move || {
            count.set(count.get() + 1);
            if count.get() <= failures {
                Err(error(class))
            } else {
                Ok("done")
            }
        }
    }

    #[test]
    fn only_what_passes_is_tried_again_and_not_for_ever() {
        use ErrorClass as C;
        let waits = |class| -> Vec<Option<u64>> {
            (1..=TRIES + 1)
                .map(|tried| again(class, tried).map(|wait| wait.as_secs()))
                .collect()
        };
        let growing = [Some(2), Some(4), Some(8), Some(16), None, None];
        for class in [
            C::Throttled,
            C::ServiceFault,
            C::Unreachable(Reach::Connect),
            C::Unreachable(Reach::Timeout),
        ] {
            assert_eq!(waits(class), growing, "{class:?}");
        }
        for class in [
            C::Denied,
            C::RoleDenied,
            C::ExpiredKeys,
            C::SsoExpired,
            C::LoginExpired,
            C::NoCredentials,
            C::InvalidKeys,
            C::PartialCredentials,
            C::UnknownProfile,
            C::BadConfiguration,
            C::NoRegion,
            C::RegionDisabled,
            C::ClockSkew,
            C::Unreachable(Reach::Proxy),
            C::Unreachable(Reach::Tls),
            C::Absent,
            C::Exists,
            C::Busy,
            C::LimitReached,
            C::Rejected,
            C::CredentialProcess,
            C::MfaNeeded,
            C::MfaRefused,
            C::WebIdentityRefused,
            C::MissingTool,
            C::TimedOut,
            C::Interrupted,
            C::Refused,
            C::Engine,
            C::NotKept,
            C::Killed,
            C::TooMuchOutput,
            C::BadOutput,
            C::BadUsage,
            C::Other,
        ] {
            assert_eq!(waits(class), [None; 6], "{class:?}");
        }
        assert_eq!(again(C::Throttled, 0), None);
    }

    #[test]
    fn a_question_is_asked_until_it_is_answered_or_the_time_is_over() {
        let (count, patient) = (Cell::new(0), clock(9));
        let answer = ask_patiently(&patient, after(2, ErrorClass::Throttled, &count));
        assert_eq!((answer, count.get()), (Ok("done"), 3));
        assert_eq!(*patient.waits.lock().unwrap(), [2, 4]);
        let (count, patient) = (Cell::new(0), clock(9));
        let answer = ask_patiently(&patient, after(9, ErrorClass::ServiceFault, &count));
        assert_eq!(
            (answer.map_err(|it| it.class), count.get()),
            (Err(ErrorClass::ServiceFault), TRIES)
        );
        let (count, hurried) = (Cell::new(0), clock(1));
        let answer = ask_patiently(&hurried, after(9, ErrorClass::Throttled, &count));
        assert_eq!(
            (answer.is_err(), count.get()),
            (true, 2),
            "no time left for a second wait"
        );
        let (count, patient) = (Cell::new(0), clock(9));
        let answer = ask_patiently(&patient, after(9, ErrorClass::Denied, &count));
        assert_eq!((answer.is_err(), count.get()), (true, 1));
    }

    #[test]
    fn a_change_is_never_made_again_unlooked() {
        let lost = ErrorClass::Unreachable(Reach::Connect);
        let (count, looks) = (Cell::new(0), Cell::new(0));
        let look = |seen_at: u32| {
            let looks = &looks;
            move || {
                looks.set(looks.get() + 1);
                Ok(looks.get() >= seen_at)
            }
        };
        let answer = write_patiently(&clock(9), after(1, lost, &count), look(1));
        assert_eq!(
            (answer, count.get()),
            (Ok(Written::Seen), 1),
            "it was made, only its answer was lost"
        );
        count.set(0);
        looks.set(0);
        let answer = write_patiently(&clock(9), after(2, ErrorClass::Throttled, &count), look(9));
        assert_eq!(
            (answer, count.get(), looks.get()),
            (Ok(Written::Answered("done")), 3, 2)
        );
        count.set(0);
        let denied = || Err(error(ErrorClass::Denied));
        let answer = write_patiently(&clock(9), after(2, lost, &count), denied);
        assert_eq!(
            (answer.map_err(|it| it.class), count.get()),
            (Err(ErrorClass::Denied), 1),
            "what can't be looked at is not written again"
        );
    }
}
