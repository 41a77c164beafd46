//! How long a run may take.

use crate::model::BadInput;
use std::str::FromStr;
use std::time::Duration;

/// A time limit of one second to 24 hours: `90s`, `25m`, `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit(Duration);

impl TimeLimit {
    /// The duration.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl FromStr for TimeLimit {
    type Err = BadInput;

    fn from_str(text: &str) -> Result<Self, BadInput> {
        // jiff reads far more than this (days, ISO 8601, "2 hours ago"); hours, minutes and seconds are the rule.
        let plain = text.len() <= 16 && text.bytes().all(|b| b.is_ascii_digit() || b"hms".contains(&b));
        let parsed = plain.then(|| text.parse::<jiff::SignedDuration>().ok()).flatten();
        match parsed.and_then(|d| Duration::try_from(d).ok()) {
            Some(limit) if (1..=86_400).contains(&limit.as_secs()) && limit.subsec_nanos() == 0 => {
                Ok(Self(limit))
            }
            _ => Err(BadInput::new(
                "a duration in hours, minutes and seconds from 1s to 24h",
                "25m",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TimeLimit;

    #[test]
    fn hours_minutes_seconds() {
        for (text, seconds) in [
            ("90s", 90),
            ("25m", 1500),
            ("1h30m", 5400),
            ("24h", 86400),
            ("1s", 1),
        ] {
            assert_eq!(
                text.parse::<TimeLimit>().unwrap().get().as_secs(),
                seconds,
                "{text}"
            );
        }
        for bad in [
            "",
            "90",
            "0s",
            "25h",
            "-5m",
            "5 m",
            "1d",
            "1500ms",
            "5M",
            "m",
            "PT5M",
            "99999999999h",
            "5m\n",
        ] {
            assert!(bad.parse::<TimeLimit>().is_err(), "{bad:?}");
        }
    }
}
