//! How long to wait after a relay could not take something just now.

use std::time::Duration;

use crate::time::Instant;

/// The first wait. Arbitrary: a disk that stalls has often come to itself by then.
pub(super) const WAIT_MIN: Duration = Duration::from_millis(500);

/// The longest wait: what was refused is stored within 2 s of the relay having room again, with half
/// a second left for the way there and the commit.
pub(super) const WAIT_MAX: Duration = Duration::from_millis(1500);

/// Waits that double from [`WAIT_MIN`] to [`WAIT_MAX`], until something succeeds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    next: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { next: WAIT_MIN }
    }
}

impl Patience {
    /// It was refused: when to try again.
    pub fn refused(&mut self, now: Instant) -> Instant {
        let wait = self.next;
        self.next = (wait * 2).min(WAIT_MAX);
        now + wait
    }

    /// Something succeeded: the next wait is the first.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_second_and_a_half_and_start_over_after_a_success() {
        let mut patience = Patience::default();
        let mut waits = || (patience.refused(Instant::ZERO) - Instant::ZERO).as_millis();
        assert_eq!(
            [waits(), waits(), waits(), waits()],
            [500, 1000, 1500, 1500]
        );
        patience.succeeded();
        assert_eq!(patience.refused(Instant::ZERO), Instant::ZERO + WAIT_MIN);
    }
}
