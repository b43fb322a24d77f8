//! The receiving side of acknowledgements: what has arrived, and when to say so.
//!
//! At once when something is missing, when the sender asks for it (on a lossy path it does so for all
//! that somebody waits for), and for every fourth packet; else within 80 ms, so that the
//! acknowledgement can ride on data going the other way, or within 20 ms after any loss among the
//! last 256 packets. "At once" means with the next datagram that leaves, or after the
//! [`Acks::linger`] in which an answer may still join it.

use std::time::Duration;

use crate::time::Instant;
use crate::wire::AckRanges;

/// The longest an acknowledgement waits for data to ride on.
pub const ACK_DELAY_MAX: Duration = Duration::from_millis(80);

/// The same after any loss among the last 256 packets: the sender would repeat in vain what has
/// arrived, and a fresh acknowledgement makes up for a lost one.
pub const ACK_DELAY_LOSSY: Duration = Duration::from_millis(20);

/// Packets that ask for an acknowledgement, until one is sent without further delay.
const ACK_EVERY: u32 = 4;

/// Runs told in one acknowledgement. Every run is told in several acknowledgements, so that few
/// suffice; under heavy loss all the runs of the last 256 packets would cost more than the message.
const RUNS_TOLD_MAX: usize = 5;

/// Runs remembered. A run that falls off costs a needless retransmission, no more.
const RUNS_KEPT_MAX: usize = 32;

/// What has arrived on one path, and what the sender has yet to be told.
#[derive(Clone, Debug)]
pub struct Acks {
    linger: Duration,
    /// Runs of arrived numbers as (first, last), highest first.
    runs: Vec<(u64, u64)>,
    /// Which of the 256 numbers up to the highest have arrived; bit 0 of word 0 is the highest.
    recent: [u64; 4],
    /// How many numbers `recent` speaks of, at most 256.
    recent_count: u32,
    largest_at: Instant,
    /// Packets that asked for an acknowledgement since the last one was sent.
    unacked: u32,
    deadline: Option<Instant>,
}

impl Acks {
    /// Nothing has arrived. Immediate acknowledgements wait `linger` for an answer to join them.
    pub fn new(linger: Duration) -> Self {
        Self {
            linger,
            runs: Vec::new(),
            recent: [0; 4],
            recent_count: 0,
            largest_at: Instant::ZERO,
            unacked: 0,
            deadline: None,
        }
    }

    /// A packet has arrived, for the first time. `is_eliciting`: it carries more than
    /// acknowledgements. `is_urgent`: its sender wants an answer at once.
    pub fn received(&mut self, now: Instant, number: u64, is_eliciting: bool, is_urgent: bool) {
        let largest_before = self.runs.first().map(|run| run.1);
        let is_in_order = largest_before.is_none_or(|largest| number == largest + 1);
        self.mark_recent(largest_before, number);
        self.insert(number);
        if largest_before.is_none_or(|largest| number > largest) {
            self.largest_at = now;
        }
        if !is_eliciting {
            return;
        }
        self.unacked += 1;
        let wait = if is_urgent || !is_in_order || self.unacked >= ACK_EVERY {
            self.linger
        } else if self.is_lossy() {
            ACK_DELAY_LOSSY
        } else {
            ACK_DELAY_MAX
        };
        let deadline = now + wait;
        self.deadline = Some(self.deadline.map_or(deadline, |old| old.min(deadline)));
    }

    /// Whether any of the last 256 packets is missing.
    pub fn is_lossy(&self) -> bool {
        self.recent_missing() > 0
    }

    /// The share of the last 256 packets that is missing, 0 to 1.
    pub fn loss(&self) -> f64 {
        if self.recent_count == 0 {
            return 0.0;
        }
        f64::from(self.recent_missing()) / f64::from(self.recent_count)
    }

    /// When an acknowledgement must leave; `None` when none is owed.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The acknowledgement to put into a packet that leaves now, if any is owed. It is then no
    /// longer owed.
    pub fn take(&mut self, now: Instant) -> Option<AckRanges> {
        if self.unacked == 0 {
            return None;
        }
        self.unacked = 0;
        self.deadline = None;
        Some(AckRanges {
            delay_micros: now.saturating_since(self.largest_at).as_micros() as u64,
            runs: self.runs.iter().take(RUNS_TOLD_MAX).copied().collect(),
        })
    }

    fn recent_missing(&self) -> u32 {
        let arrived: u32 = self.recent.iter().map(|word| word.count_ones()).sum();
        self.recent_count - arrived.min(self.recent_count)
    }

    fn mark_recent(&mut self, largest: Option<u64>, number: u64) {
        match largest {
            Some(largest) if number <= largest => {
                let back = largest - number;
                if back < 256 {
                    self.recent[(back / 64) as usize] |= 1 << (back % 64);
                }
            }
            _ => {
                let ahead = largest.map_or(1, |largest| number - largest);
                for _ in 0..ahead.min(256) {
                    self.shift_recent();
                }
                self.recent_count =
                    u64::from(self.recent_count).saturating_add(ahead).min(256) as u32;
                self.recent[0] |= 1;
            }
        }
    }

    fn shift_recent(&mut self) {
        let mut carry = 0;
        for word in &mut self.recent {
            let next_carry = *word >> 63;
            *word = *word << 1 | carry;
            carry = next_carry;
        }
    }

    fn insert(&mut self, number: u64) {
        // The place of the first run that starts at or below the number.
        let place = self.runs.partition_point(|run| run.0 > number);
        if self.runs.get(place).is_some_and(|run| number <= run.1) {
            return;
        }
        let joins_above = place > 0 && self.runs[place - 1].0 == number + 1;
        let joins_below = self.runs.get(place).is_some_and(|run| run.1 + 1 == number);
        match (joins_above, joins_below) {
            (true, true) => {
                self.runs[place - 1].0 = self.runs[place].0;
                self.runs.remove(place);
            }
            (true, false) => self.runs[place - 1].0 = number,
            (false, true) => self.runs[place].1 = number,
            (false, false) => {
                self.runs.insert(place, (number, number));
                self.runs.truncate(RUNS_KEPT_MAX);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    fn acks() -> Acks {
        Acks::new(Duration::ZERO)
    }

    #[test]
    fn in_order_packets_are_acknowledged_one_in_four_or_within_80_ms() {
        let mut acks = acks();
        acks.received(at(0), 0, true, false);
        assert_eq!(acks.deadline(), Some(at(80)));
        acks.received(at(1), 1, true, false);
        acks.received(at(2), 2, true, false);
        assert_eq!(acks.deadline(), Some(at(80)));
        acks.received(at(3), 3, true, false);
        assert_eq!(acks.deadline(), Some(at(3)));
        assert_eq!(acks.take(at(3)).unwrap().runs[..], [(0, 3)]);
        assert_eq!(acks.deadline(), None);
    }

    #[test]
    fn a_gap_is_acknowledged_at_once_and_everything_soon_for_256_packets() {
        let mut acks = acks();
        acks.received(at(0), 0, true, true);
        acks.take(at(0));
        acks.received(at(1), 2, true, false);
        assert_eq!(acks.deadline(), Some(at(1)));
        assert_eq!(acks.take(at(1)).unwrap().runs[..], [(2, 2), (0, 0)]);
        for number in 3..=256 {
            acks.received(at(2), number, true, false);
            assert_eq!(acks.deadline(), Some(at(22)), "packet {number}");
            acks.take(at(2));
        }
        acks.received(at(3), 257, true, false);
        assert_eq!(acks.deadline(), Some(at(83)));
    }

    #[test]
    fn a_late_packet_closes_its_gap() {
        let mut acks = acks();
        for number in [0, 1, 3, 4, 2] {
            acks.received(at(0), number, true, false);
        }
        assert!(!acks.is_lossy());
        assert_eq!(acks.take(at(0)).unwrap().runs[..], [(0, 4)]);
    }

    #[test]
    fn acknowledgements_are_not_acknowledged() {
        let mut acks = acks();
        acks.received(at(0), 0, false, false);
        assert_eq!(acks.deadline(), None);
        assert_eq!(acks.take(at(0)), None);
    }

    #[test]
    fn the_delay_is_measured_from_the_largest() {
        let mut acks = acks();
        acks.received(at(10), 5, true, false);
        acks.received(at(30), 4, true, false);
        assert_eq!(acks.take(at(40)).unwrap().delay_micros, 30_000);
    }

    #[test]
    fn runs_stay_bounded() {
        let mut acks = acks();
        for number in (0..1000).step_by(2) {
            acks.received(at(0), number, true, false);
        }
        assert_eq!(acks.runs.len(), RUNS_KEPT_MAX);
        assert_eq!(acks.take(at(0)).unwrap().runs.len(), RUNS_TOLD_MAX);
        assert!((acks.loss() - 0.5).abs() < 0.01);
    }

    #[test]
    fn a_jump_of_any_size_costs_no_time() {
        let mut acks = acks();
        acks.received(at(0), 0, true, false);
        acks.received(at(0), u64::MAX >> 3, true, false);
        assert_eq!(acks.recent_count, 256);
    }
}
