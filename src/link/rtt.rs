//! The round-trip estimate of RFC 9002 §5.

use std::time::Duration;

/// Assumed before the first sample: a busy Wi-Fi. RFC 9002's 333 ms is for the whole internet.
pub const RTT_INITIAL: Duration = Duration::from_millis(20);

/// Smoothed round-trip time of one path.
#[derive(Clone, Copy, Debug)]
pub struct RttEstimator {
    latest: Duration,
    smoothed: Duration,
    variation: Duration,
    min: Option<Duration>,
}

impl RttEstimator {
    /// Starts from a guess, replaced by the first sample.
    pub fn new() -> Self {
        Self {
            latest: RTT_INITIAL,
            smoothed: RTT_INITIAL,
            variation: RTT_INITIAL / 2,
            min: None,
        }
    }

    /// Takes in one sample: the time from sending a packet to its acknowledgement, and how much of
    /// that the receiver says it waited. Not more is taken off than leaves the shortest round trip
    /// seen. RFC 9002 takes nothing off then, which with waits of a second would make a round trip
    /// of a second out of every path whose first sample had a handshake's computing in it.
    pub fn sample(&mut self, rtt: Duration, ack_delay: Duration) {
        let Some(min) = self.min else {
            self.latest = rtt;
            self.min = Some(rtt);
            self.smoothed = rtt;
            self.variation = rtt / 2;
            return;
        };
        let min = min.min(rtt);
        self.min = Some(min);
        let adjusted = rtt.saturating_sub(ack_delay).max(min);
        self.latest = adjusted;
        let difference = self.smoothed.abs_diff(adjusted);
        self.variation = (self.variation * 3 + difference) / 4;
        self.smoothed = (self.smoothed * 7 + adjusted) / 8;
    }

    /// The smoothed round trip.
    pub fn smoothed(&self) -> Duration {
        self.smoothed
    }

    /// The mean deviation of the samples.
    pub fn variation(&self) -> Duration {
        self.variation
    }

    /// The larger of the smoothed and the latest round trip: what loss detection waits for.
    pub fn conservative(&self) -> Duration {
        self.smoothed.max(self.latest)
    }

    /// The shortest round trip seen on this path; `None` before the first sample.
    pub fn min(&self) -> Option<Duration> {
        self.min
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_sample_replaces_the_guess() {
        let mut rtt = RttEstimator::new();
        rtt.sample(MS * 4, MS);
        assert_eq!(rtt.smoothed(), MS * 4);
        assert_eq!(rtt.variation(), MS * 2);
    }

    #[test]
    fn the_receivers_delay_is_taken_off_but_not_below_the_minimum() {
        let mut rtt = RttEstimator::new();
        rtt.sample(MS * 4, Duration::ZERO);
        rtt.sample(MS * 12, MS * 8);
        assert_eq!(rtt.smoothed(), MS * 4);
        rtt.sample(MS * 1_003, MS * 1_000);
        assert_eq!(rtt.smoothed(), MS * 4);
        rtt.sample(MS * 12, Duration::ZERO);
        assert_eq!(rtt.smoothed(), MS * 5);
    }
}
