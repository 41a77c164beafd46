//! How many lines of a builder are told: a build prints thousands.

use std::time::Duration;

/// The most lines told in one second.
const A_SECOND: u32 = 20;

/// Counts lines second by second.
#[derive(Debug, Default)]
pub(super) struct Rate {
    second: u64,
    told: u32,
    skipped: u64,
}

impl Rate {
    /// Whether a line is told that comes at `now`, counted from any fixed moment; then how many before it were not.
    /// A line that names a step always is.
    pub(super) fn tells(&mut self, now: Duration, names_a_step: bool) -> Option<u64> {
        if now.as_secs() != self.second {
            self.second = now.as_secs();
            self.told = 0;
        }
        if self.told >= A_SECOND && !names_a_step {
            self.skipped += 1;
            return None;
        }
        self.told += 1;
        Some(std::mem::take(&mut self.skipped))
    }
}

#[cfg(test)]
mod tests {
    use super::{A_SECOND, Rate};
    use std::time::Duration;

    #[test]
    fn many_lines_at_once_are_counted_and_steps_always_told() {
        let mut rate = Rate::default();
        let now = Duration::from_millis(100);
        let told = (0..1000).filter(|_| rate.tells(now, false).is_some()).count();
        assert_eq!(told, A_SECOND as usize);
        assert_eq!(rate.tells(now, true), Some(1000 - u64::from(A_SECOND)));
        assert_eq!(rate.tells(now, false), None);
        assert_eq!(rate.tells(Duration::from_secs(1), false), Some(1));
    }
}
