//! How long to wait before dialling again.

use std::ops::Range;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

/// The first wait: long enough for a relay that restarts to bind its socket again.
const WAIT_MIN: Duration = Duration::from_millis(100);

/// The longest wait in the middle of its spread: what was written goes through within 2 s of a
/// relay's return. Until a client notices that the relay knows its session no more, up to 250 ms pass
/// between two copies of what it said. Then it waits, 1.25 s at most. That leaves 500 ms for the
/// handshake, the greeting and the rooms, a few datagrams lost among them: alone that takes some 2 ms,
/// and 200 ms on one core of a relay to which 1,000 members come back at once. While a relay crashes
/// over and over, each of them costs it one handshake a second, in all a fifth of a core.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// The wait after a refusal, before its spread. Arbitrary: it may well last, and asking more often
/// does not change it.
const REFUSED_WAIT: Duration = Duration::from_secs(2);

/// The spread of a wait. A room full of clients that lost their relay at the same moment comes back
/// over half a second, not in step.
const SPREAD: Range<f64> = 0.75..1.25;

/// Waits of 100 ms growing by half each time up to 1 s, 25 % more or less at random.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub fn new() -> Self {
        Self { next: WAIT_MIN }
    }

    /// The wait before the next attempt.
    pub fn next(&mut self, rng: &mut ChaCha12Rng) -> Duration {
        let wait = spread(self.next, rng);
        self.next = self.next.mul_f64(1.5).min(WAIT_MAX);
        wait
    }

    /// The wait before the next attempt when the one before has taken as long as a wait.
    pub fn next_after_silence(&mut self, rng: &mut ChaCha12Rng) -> Duration {
        self.next(rng).min(spread(WAIT_MIN, rng))
    }

    /// The next wait is a long one: the other end said no, and asking often won't change that.
    pub fn slow_down(&mut self) {
        self.next = REFUSED_WAIT;
    }

    /// Whether the next wait would be the first.
    pub fn is_fresh(&self) -> bool {
        self.next == WAIT_MIN
    }
}

fn spread(wait: Duration, rng: &mut ChaCha12Rng) -> Duration {
    wait.mul_f64(rng.random_range(SPREAD))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn waits_grow_by_half_around_a_second_at_most_and_longer_after_a_refusal() {
        for seed in 0..64 {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            let mut backoff = Backoff::new();
            let mut nominal = WAIT_MIN;
            for round in 0..20 {
                if round == 10 {
                    backoff.slow_down();
                    nominal = REFUSED_WAIT;
                }
                let wait = backoff.next(&mut rng);
                assert!(wait >= nominal.mul_f64(0.74), "seed {seed}: {wait:?}");
                assert!(wait <= nominal.mul_f64(1.26), "seed {seed}: {wait:?}");
                nominal = nominal.mul_f64(1.5).min(WAIT_MAX);
            }
            let wait = backoff.next_after_silence(&mut rng);
            assert!(wait <= WAIT_MIN.mul_f64(1.26), "seed {seed}: {wait:?}");
        }
    }

    #[test]
    fn a_thousand_clients_that_wait_longest_do_not_come_back_in_step() {
        let mut slots = [0; 30];
        for seed in 0..1000 {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            let mut backoff = Backoff::new();
            for _ in 0..10 {
                backoff.next(&mut rng);
            }
            slots[backoff.next(&mut rng).as_millis() as usize / 50] += 1;
        }
        assert!(slots.iter().all(|count| *count < 150), "{slots:?}");
    }
}
