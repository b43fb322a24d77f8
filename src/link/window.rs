//! How much may be in flight, and how fast it may leave.
//!
//! On a LAN with bad radio most losses are noise, so a loss alone does not shrink the window; a
//! loss while round trips have grown does, because that is a queue overflowing. Bursts beyond 16
//! packets are spread at 1.25 windows per round trip.

use std::time::Duration;

use crate::time::Instant;
use crate::wire::DATAGRAM_BYTES_MIN;

/// The window at the start, in bytes: 32 packets.
const WINDOW_BYTES_INITIAL: usize = 32 * DATAGRAM_BYTES_MIN;

/// The smallest window, in bytes: 8 packets, so that a chat never waits for a window.
const WINDOW_BYTES_MIN: usize = 8 * DATAGRAM_BYTES_MIN;

/// The hard cap, in bytes: 256 packets. At 1 ms round trip that is 300 MB/s, more than any chat
/// needs; it bounds what a burst can put into somebody's socket buffer (208 KiB by default on
/// Linux, counting overhead).
const WINDOW_BYTES_MAX: usize = 256 * DATAGRAM_BYTES_MIN;

/// What may leave in one go before pacing starts, in bytes: 16 packets.
const BURST_BYTES_MAX: usize = 16 * DATAGRAM_BYTES_MIN;

/// Round trips this much above the shortest mean a queue. Wi-Fi's own jitter stays below.
const RTT_GROWTH_MIN: Duration = Duration::from_millis(10);

/// Congestion window and pacer of one path.
#[derive(Clone, Debug)]
pub struct Window {
    window_bytes: usize,
    /// Slow start ends at the first sign of a queue.
    is_starting: bool,
    /// Losses of packets sent before this belong to a reduction already made.
    recovery_start: Option<Instant>,
    /// The window before the last reduction, to be restored when the loss proves spurious.
    window_before_reduction: Option<usize>,
    burst_bytes: usize,
    refilled_at: Instant,
}

impl Window {
    /// A fresh path.
    pub fn new(now: Instant) -> Self {
        Self {
            window_bytes: WINDOW_BYTES_INITIAL,
            is_starting: true,
            recovery_start: None,
            window_before_reduction: None,
            burst_bytes: BURST_BYTES_MAX,
            refilled_at: now,
        }
    }

    /// Whether the window has room, with so many bytes in flight.
    pub fn has_room(&self, in_flight_bytes: usize) -> bool {
        in_flight_bytes < self.window_bytes
    }

    /// When the pacer lets the next packet go: `now` or earlier when it may leave at once.
    pub fn send_at(&self, now: Instant, rtt: Duration) -> Instant {
        let available = self.burst_bytes + self.refill(now, rtt);
        if available >= DATAGRAM_BYTES_MIN {
            return now;
        }
        let missing = (DATAGRAM_BYTES_MIN - available) as u64;
        now + Duration::from_micros(missing * 1_000_000 / self.bytes_per_second(rtt).max(1) + 1)
    }

    /// Counts a packet that carried data.
    pub fn sent(&mut self, now: Instant, rtt: Duration, bytes: usize) {
        let refill = self.refill(now, rtt);
        self.burst_bytes = (self.burst_bytes + refill)
            .min(BURST_BYTES_MAX)
            .saturating_sub(bytes);
        self.refilled_at = now;
    }

    /// Grows the window for acknowledged bytes, when it was in use.
    pub fn acked(&mut self, bytes: usize, in_flight_bytes: usize) {
        if in_flight_bytes * 2 < self.window_bytes {
            return;
        }
        let growth = if self.is_starting {
            bytes
        } else {
            bytes * DATAGRAM_BYTES_MIN / self.window_bytes
        };
        self.window_bytes = (self.window_bytes + growth).min(WINDOW_BYTES_MAX);
    }

    /// A packet sent at `sent_at` is lost. Shrinks the window only when round trips say there is a
    /// queue, and once per round trip.
    pub fn lost(&mut self, now: Instant, sent_at: Instant, rtt: Duration, rtt_min: Duration) {
        let has_queue = rtt > rtt_min * 2 && rtt > rtt_min + RTT_GROWTH_MIN;
        let is_counted = self.recovery_start.is_some_and(|start| sent_at <= start);
        if !has_queue || is_counted {
            return;
        }
        self.recovery_start = Some(now);
        self.window_before_reduction = Some(self.window_bytes);
        self.is_starting = false;
        self.window_bytes = (self.window_bytes * 7 / 10).max(WINDOW_BYTES_MIN);
    }

    /// A packet held lost has arrived after all: takes back the last reduction it may have caused.
    pub fn spurious(&mut self, sent_at: Instant) {
        if self.recovery_start.is_some_and(|start| sent_at <= start)
            && let Some(window_bytes) = self.window_before_reduction.take()
        {
            self.window_bytes = self.window_bytes.max(window_bytes);
        }
    }

    /// Nothing has come back for several probes: starts from the smallest window.
    pub fn collapse(&mut self) {
        self.window_bytes = WINDOW_BYTES_MIN;
        self.is_starting = true;
    }

    /// Bytes the pacer has gathered since it was last asked.
    fn refill(&self, now: Instant, rtt: Duration) -> usize {
        let micros = now.saturating_since(self.refilled_at).as_micros() as u64;
        let bytes = micros.saturating_mul(self.bytes_per_second(rtt)) / 1_000_000;
        usize::try_from(bytes).map_or(BURST_BYTES_MAX, |bytes| bytes.min(BURST_BYTES_MAX))
    }

    fn bytes_per_second(&self, rtt: Duration) -> u64 {
        let rtt_micros = (rtt.as_micros() as u64).max(100);
        self.window_bytes as u64 * 1_250_000 / rtt_micros
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    #[test]
    fn loss_without_a_queue_is_not_congestion() {
        let mut window = Window::new(at(0));
        window.lost(at(5), at(1), MS * 5, MS);
        assert_eq!(window.window_bytes, WINDOW_BYTES_INITIAL);
    }

    #[test]
    fn loss_with_a_queue_shrinks_the_window_once_per_round_trip_down_to_the_minimum() {
        let mut window = Window::new(at(0));
        window.lost(at(50), at(1), MS * 40, MS);
        window.lost(at(50), at(2), MS * 40, MS);
        assert_eq!(window.window_bytes, WINDOW_BYTES_INITIAL * 7 / 10);
        for step in 1..20 {
            window.lost(at(100 * step), at(100 * step - 1), MS * 40, MS);
        }
        assert_eq!(window.window_bytes, WINDOW_BYTES_MIN);
    }

    #[test]
    fn a_spurious_loss_gives_the_window_back() {
        let mut window = Window::new(at(0));
        window.lost(at(50), at(1), MS * 40, MS);
        window.spurious(at(1));
        assert_eq!(window.window_bytes, WINDOW_BYTES_INITIAL);
    }

    #[test]
    fn the_window_never_outgrows_its_cap() {
        let mut window = Window::new(at(0));
        for _ in 0..10_000 {
            window.acked(DATAGRAM_BYTES_MIN, WINDOW_BYTES_MAX);
        }
        assert_eq!(window.window_bytes, WINDOW_BYTES_MAX);
    }

    #[test]
    fn a_burst_beyond_sixteen_packets_is_paced() {
        let mut window = Window::new(at(0));
        for _ in 0..16 {
            assert_eq!(window.send_at(at(0), MS * 10), at(0));
            window.sent(at(0), MS * 10, DATAGRAM_BYTES_MIN);
        }
        let next = window.send_at(at(0), MS * 10);
        assert!(next > at(0) && next < at(1), "next at {next:?}");
        assert_eq!(window.send_at(next, MS * 10), next);
    }
}
