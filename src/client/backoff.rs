//! How long to wait before dialling again.

use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

/// The first wait: long enough for a relay that restarts to bind its socket again.
const WAIT_MIN: Duration = Duration::from_millis(100);

/// The longest wait: chatting goes on within 2 s of the cause of a loss going away.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(2);

/// Waits of 100 ms growing by half each time up to 2 s, 20 % more or less at random, so that a
/// room full of clients does not come back in step.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub fn new() -> Self {
        Self { next: WAIT_MIN }
    }

    /// The wait before the next attempt; at most [`WAIT_MAX`].
    pub fn next(&mut self, rng: &mut ChaCha12Rng) -> Duration {
        let wait = self.next.mul_f64(rng.random_range(0.8..1.2));
        self.next = self.next.mul_f64(1.5).min(WAIT_MAX);
        wait.min(WAIT_MAX)
    }

    /// The next wait is the longest: the other end said no, and asking often won't change that.
    pub fn slow_down(&mut self) {
        self.next = WAIT_MAX;
    }

    /// Whether the next wait would be the first.
    pub fn is_fresh(&self) -> bool {
        self.next == WAIT_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn waits_grow_by_half_with_jitter_and_never_exceed_two_seconds() {
        for seed in 0..64 {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            let mut backoff = Backoff::new();
            let mut nominal = WAIT_MIN;
            for _ in 0..20 {
                let wait = backoff.next(&mut rng);
                assert!(wait <= WAIT_MAX, "seed {seed}: {wait:?}");
                assert!(wait >= nominal.mul_f64(0.79), "seed {seed}: {wait:?}");
                assert!(wait <= nominal.mul_f64(1.21), "seed {seed}: {wait:?}");
                nominal = nominal.mul_f64(1.5).min(WAIT_MAX);
            }
        }
    }
}
