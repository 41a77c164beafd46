//! How a step is waited for: until it was seen settled often enough, until waiting can't help, or until its time is over.

use super::failure::{Ended, of_stop, own};
use super::site::Site;
use super::words::lasting;
use crate::report::{Code, StepWaits};
use crate::steps::install::{Reason, Step, Stop, Waiting};
use std::time::Duration;

/// How often in a row the same hopeless reason must be seen: one odd look ends no good install.
const HOPELESS: u32 = 3;
/// How often what is waited for is told again where nothing changes.
const TOLD: Duration = Duration::from_secs(15);
/// How long a step may be looked at by glances alone: something else than what it waits for may have changed.
const GLANCES: Duration = Duration::from_secs(15);

/// What is known of one step's wait.
pub struct Patience {
    /// When the step began.
    begun: Duration,
    /// Since when its deadline counts: its begin, or its last write.
    since: Duration,
    /// When a whole look last found it waiting.
    looked: Option<Duration>,
    /// How often in a row it was seen settled.
    good: u32,
    waited: bool,
    /// The hopeless reason of the looks just before, and how many they were.
    hopeless: Option<(Code, u32)>,
    told: Option<(StepWaits, Duration)>,
}

impl Patience {
    /// Of a step that begins `now`.
    #[must_use]
    pub const fn new(now: Duration) -> Self {
        Self {
            begun: now,
            since: now,
            looked: None,
            good: 0,
            waited: false,
            hopeless: None,
            told: None,
        }
    }

    /// Something was written: what comes of it has the whole time.
    pub const fn begins_anew(&mut self, now: Duration) {
        self.since = now;
    }

    /// A whole look found it waiting.
    pub const fn looked(&mut self, now: Duration) {
        self.looked = Some(now);
    }

    /// Whether a glance is enough now.
    #[must_use]
    pub fn may_glance(&self, now: Duration) -> bool {
        self.looked
            .is_some_and(|looked| now.saturating_sub(looked) < GLANCES)
    }

    /// It is not settled, and no glance says more.
    pub const fn unsettled(&mut self) {
        (self.good, self.looked, self.hopeless) = (0, None, None);
    }

    /// Whether it has now been seen settled often enough: once, where it stood there all along.
    pub fn is_settled(&mut self, step: &dyn Step, touched: bool) -> bool {
        self.good += 1;
        (self.looked, self.hopeless) = (None, None);
        let needed = if touched || self.waited {
            step.waits().good
        } else {
            1
        };
        self.good >= needed
    }

    /// Waits until the next look, and tells for what.
    ///
    /// # Errors
    /// [`Ended`] where its time is over, waiting can't help, or nothing may go on.
    pub fn wait(
        &mut self,
        site: &Site<'_>,
        step: &dyn Step,
        waiting: &Waiting,
        purpose: &str,
    ) -> Result<(), Ended> {
        (self.good, self.waited) = (0, true);
        let (now, waits) = ((site.clock)(), step.waits());
        if let Some(reason) = self.given_up(&waiting.why) {
            return Err(of_stop(purpose, &reason.stop));
        }
        if now.saturating_sub(self.since) > waits.deadline {
            return Err(Self::late(step, waiting, purpose));
        }
        let mut gravest = waiting.why.iter();
        self.tell(
            site,
            StepWaits {
                phase: step.phase().name(),
                step: step.id().to_owned(),
                what: waiting.what.clone(),
                why: gravest.next().map(|it| (it.stop.code, it.stop.message.clone())),
                elapsed: now.saturating_sub(self.begun),
                usual: waits.usual,
            },
            now,
        );
        site.rest(until_the_next(now, waits.pace), purpose)
    }

    /// The reason that has been hopeless for long enough.
    fn given_up<'a>(&mut self, why: &'a [Reason]) -> Option<&'a Reason> {
        let before = self.hopeless.take();
        // The same one as before, whatever else came to it.
        let same = why
            .iter()
            .find(|it| it.hopeless && before.is_some_and(|(code, _)| code == it.stop.code));
        let reason = same.or_else(|| why.iter().find(|it| it.hopeless))?;
        let times = before
            .filter(|_| same.is_some())
            .map_or(1, |(_, times)| times + 1);
        self.hopeless = Some((reason.stop.code, times));
        (times >= HOPELESS).then_some(reason)
    }

    /// Its time is over: with the gravest reason's own code, where there is one. Only without one it is a bare timeout.
    fn late(step: &dyn Step, waiting: &Waiting, purpose: &str) -> Ended {
        let waits = step.waits();
        let message = format!(
            "It is not ready after {}, and usually takes {}. Waited for: {}.",
            lasting(waits.deadline.as_secs()),
            lasting(waits.usual.as_secs()),
            waiting.what
        );
        match waiting.why.first() {
            None => own(Code::StepTimedOut, purpose, message, Code::StepTimedOut.remedy()),
            Some(reason) => of_stop(
                purpose,
                &Stop {
                    message: format!("{message} {}", reason.stop.message),
                    ..reason.stop.clone()
                },
            ),
        }
    }

    fn tell(&mut self, site: &Site<'_>, waits: StepWaits, now: Duration) {
        let again = self.told.as_ref().is_none_or(|(told, at)| {
            told.what != waits.what || told.why != waits.why || now.saturating_sub(*at) >= TOLD
        });
        if again {
            site.world.listener.install_waits(&waits);
            self.told = Some((waits, now));
        }
    }
}

/// How long it is until the next look. All steps of a pace look at the same moments, so that those of one namespace
/// share one question.
fn until_the_next(now: Duration, pace: Duration) -> Duration {
    let into = now.as_nanos().checked_rem(pace.as_nanos()).unwrap_or_default();
    pace.saturating_sub(Duration::from_nanos(u64::try_from(into).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_of_one_pace_come_at_the_same_moments() {
        let ms = Duration::from_millis;
        assert_eq!(until_the_next(ms(5300), ms(1000)), ms(700));
        assert_eq!(until_the_next(ms(5000), ms(1000)), ms(1000));
        assert_eq!(until_the_next(ms(5300), ms(5000)), ms(4700));
        assert_eq!(until_the_next(ms(5300), ms(0)), ms(0));
    }
}
