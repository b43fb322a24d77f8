//! The packets sent, and which of them are lost: by send order and time (RFC 8985, RFC 9002 §6.1).

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::Instant;
use crate::wire::AckRanges;

use super::outgoing::ChunkId;

/// Packets remembered. More than the window holds; an older one counts as lost.
const PACKETS_MAX: usize = 4096;

/// How far behind an acknowledged packet one must be to be lost, on a path that has reordered
/// (RFC 9002 §6.1.1). On one that has not, being behind at all is enough.
const REORDER_THRESHOLD: u64 = 3;

/// How far back a packet held lost is remembered, in case it arrives after all.
const LOST_KEPT: u64 = 256;

/// A path that has not reordered for so many packets is again one that does not.
const REORDER_MEMORY_PACKETS: u64 = 4096;

/// Outcomes that the measured loss is taken from.
const OUTCOMES_MAX: usize = 256;

/// A packet that has been sent.
#[derive(Clone, Debug)]
pub struct SentPacket {
    pub sent_at: Instant,
    pub bytes: usize,
    /// Whether it carries more than acknowledgements, so that the other end answers it.
    pub is_eliciting: bool,
    /// Whether it only tries out a larger size: its loss says nothing of the path.
    pub is_size_probe: bool,
    pub chunks: Vec<ChunkId>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    InFlight,
    Lost,
    Acked,
}

impl SentPacket {
    /// A packet that leaves now.
    pub fn new(sent_at: Instant, bytes: usize, is_eliciting: bool, chunks: Vec<ChunkId>) -> Self {
        Self {
            sent_at,
            bytes,
            is_eliciting,
            is_size_probe: false,
            chunks,
            state: State::InFlight,
        }
    }
}

/// What an acknowledgement, or the passing of time, told about packets sent.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Packets now known to have arrived, with their numbers.
    pub acked: Vec<(u64, SentPacket)>,
    /// Packets now held lost, with their numbers.
    pub lost: Vec<(u64, SentPacket)>,
    /// When packets held lost earlier, and arrived after all, were sent.
    pub spurious: Vec<Instant>,
}

/// Every packet whose fate is not yet settled.
#[derive(Clone, Debug, Default)]
pub struct SentPackets {
    packets: VecDeque<SentPacket>,
    /// The number of the first of `packets`.
    base: u64,
    largest_acked: Option<u64>,
    /// When the latest-sent packet known to have arrived was sent.
    newest_acked_at: Instant,
    in_flight_bytes: usize,
    /// The last number at which the path was seen to reorder.
    reordered_at: Option<u64>,
    loss_deadline: Option<Instant>,
    outcomes: Outcomes,
}

/// The fate of the latest packets, newest last.
#[derive(Clone, Debug, Default)]
struct Outcomes {
    is_lost: VecDeque<bool>,
    lost_count: usize,
}

impl Outcomes {
    fn count(&mut self, is_lost: bool) {
        if self.is_lost.len() == OUTCOMES_MAX && self.is_lost.pop_front() == Some(true) {
            self.lost_count -= 1;
        }
        self.is_lost.push_back(is_lost);
        self.lost_count += usize::from(is_lost);
    }

    /// The latest loss counted was none.
    fn take_back_loss(&mut self) {
        if let Some(is_lost) = self.is_lost.iter_mut().rev().find(|is_lost| **is_lost) {
            *is_lost = false;
            self.lost_count -= 1;
        }
    }

    fn loss(&self) -> f64 {
        if self.is_lost.is_empty() {
            return 0.0;
        }
        self.lost_count as f64 / self.is_lost.len() as f64
    }
}

impl SentPackets {
    /// The number the next packet gets.
    pub fn next_number(&self) -> u64 {
        self.base + self.packets.len() as u64
    }

    /// The highest number acknowledged.
    pub fn largest_acked(&self) -> Option<u64> {
        self.largest_acked
    }

    /// Remembers the packet with number [`SentPackets::next_number`].
    pub fn push(&mut self, packet: SentPacket) {
        if packet.is_eliciting {
            self.in_flight_bytes += packet.bytes;
        }
        self.packets.push_back(packet);
    }

    /// Bytes of packets that ask for an answer, whose fate is open.
    pub fn in_flight_bytes(&self) -> usize {
        self.in_flight_bytes
    }

    /// The share of the last 256 packets that was lost, 0 to 1.
    pub fn loss(&self) -> f64 {
        self.outcomes.loss()
    }

    /// How many outcomes [`SentPackets::loss`] rests on.
    pub fn outcome_count(&self) -> usize {
        self.outcomes.is_lost.len()
    }

    /// When a packet in doubt counts as lost.
    pub fn loss_deadline(&self) -> Option<Instant> {
        self.loss_deadline
    }

    /// Takes in an acknowledgement. One for packets never sent is ignored.
    pub fn acked(&mut self, ranges: &AckRanges) -> Outcome {
        let mut outcome = Outcome::default();
        if ranges.largest() >= self.next_number() {
            return outcome;
        }
        for (first, last) in ranges.runs.iter().rev() {
            for number in (*first).max(self.base)..=*last {
                let Some(packet) = self.packets.get_mut((number - self.base) as usize) else {
                    break;
                };
                let before = std::mem::replace(&mut packet.state, State::Acked);
                match before {
                    State::Acked => continue,
                    State::InFlight => {
                        if packet.is_eliciting {
                            self.in_flight_bytes -= packet.bytes;
                        }
                    }
                    State::Lost => {
                        outcome.spurious.push(packet.sent_at);
                        self.reordered_at = Some(number);
                        if packet.is_eliciting && !packet.is_size_probe {
                            self.outcomes.take_back_loss();
                        }
                    }
                }
                self.newest_acked_at = self.newest_acked_at.max(packet.sent_at);
                let mut settled = packet.clone();
                settled.chunks = std::mem::take(&mut packet.chunks);
                let counts = before == State::InFlight && settled.is_eliciting;
                outcome.acked.push((number, settled));
                if counts {
                    self.outcomes.count(false);
                }
            }
        }
        if !outcome.acked.is_empty() {
            self.largest_acked = self.largest_acked.max(Some(ranges.largest()));
        }
        outcome
    }

    /// Finds the packets lost by now: sent before one that has arrived, and either far enough
    /// behind it or long enough ago. `rtt` is the larger of the smoothed and latest round trip.
    pub fn detect_lost(&mut self, now: Instant, rtt: Duration, outcome: &mut Outcome) {
        self.loss_deadline = None;
        let threshold = if self.is_reordering() {
            REORDER_THRESHOLD
        } else {
            1
        };
        let patience = (rtt * 9 / 8).max(Duration::from_micros(500));
        let mut lost_count = 0;
        if let Some(largest) = self.largest_acked {
            let candidates = (largest - self.base.min(largest)) as usize;
            let base = self.base;
            for (index, packet) in self.packets.iter_mut().take(candidates).enumerate() {
                if packet.state != State::InFlight {
                    continue;
                }
                let number = base + index as u64;
                let lost_at = packet.sent_at + patience;
                let is_behind = packet.sent_at <= self.newest_acked_at;
                if largest - number >= threshold || is_behind && lost_at <= now {
                    packet.state = State::Lost;
                    if packet.is_eliciting {
                        self.in_flight_bytes -= packet.bytes;
                        if !packet.is_size_probe {
                            lost_count += 1;
                        }
                    }
                    outcome.lost.push((number, packet.clone()));
                } else {
                    let earlier = self.loss_deadline.is_none_or(|deadline| lost_at < deadline);
                    if earlier {
                        self.loss_deadline = Some(lost_at);
                    }
                }
            }
        }
        for _ in 0..lost_count {
            self.outcomes.count(true);
        }
        self.forget(outcome);
    }

    /// Forgets packets whose fate no longer matters: acknowledged ones, ones lost long since, and
    /// any beyond the bound.
    fn forget(&mut self, outcome: &mut Outcome) {
        while let Some(front) = self.packets.front() {
            let is_settled = match front.state {
                State::Acked => true,
                State::Lost => self
                    .largest_acked
                    .is_some_and(|largest| largest > self.base + LOST_KEPT),
                State::InFlight => false,
            };
            if !is_settled && self.packets.len() <= PACKETS_MAX {
                break;
            }
            let number = self.base;
            self.base += 1;
            let Some(packet) = self.packets.pop_front() else {
                break;
            };
            if packet.state == State::InFlight {
                if packet.is_eliciting {
                    self.in_flight_bytes -= packet.bytes;
                }
                outcome.lost.push((number, packet));
            }
        }
    }

    fn is_reordering(&self) -> bool {
        self.reordered_at
            .is_some_and(|at| self.next_number() - at < REORDER_MEMORY_PACKETS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    fn sent(count: u64) -> SentPackets {
        let mut packets = SentPackets::default();
        for number in 0..count {
            packets.push(SentPacket::new(at(number), 100, true, vec![number]));
        }
        packets
    }

    fn ack(packets: &mut SentPackets, now: Instant, runs: &[(u64, u64)]) -> Outcome {
        let mut outcome = packets.acked(&AckRanges {
            delay_micros: 0,
            runs: runs.iter().copied().collect(),
        });
        packets.detect_lost(now, MS * 5, &mut outcome);
        outcome
    }

    fn numbers(packets: &[(u64, SentPacket)]) -> Vec<u64> {
        packets.iter().map(|packet| packet.0).collect()
    }

    #[test]
    fn on_a_path_that_keeps_order_a_gap_is_a_loss_at_once() {
        let mut packets = sent(4);
        let outcome = ack(&mut packets, at(5), &[(2, 2), (0, 0)]);
        assert_eq!(numbers(&outcome.acked), [0, 2]);
        assert_eq!(numbers(&outcome.lost), [1]);
        assert_eq!(packets.in_flight_bytes(), 100);
        assert!((packets.loss() - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_loss_that_was_none_is_taken_back_and_makes_the_path_a_reordering_one() {
        let mut packets = sent(8);
        ack(&mut packets, at(5), &[(2, 2), (0, 0)]);
        let outcome = ack(&mut packets, at(6), &[(0, 2)]);
        assert_eq!(outcome.spurious, [at(1)]);
        assert_eq!(packets.loss(), 0.0);
        // Packet 3 is 1 behind packet 4: in doubt until 9/8 of a round trip has passed.
        let outcome = ack(&mut packets, at(7), &[(4, 4)]);
        assert!(outcome.lost.is_empty());
        let deadline = packets.loss_deadline().unwrap();
        assert_eq!(deadline, at(3) + MS * 45 / 8);
        let mut outcome = Outcome::default();
        packets.detect_lost(deadline, MS * 5, &mut outcome);
        assert_eq!(numbers(&outcome.lost), [3]);
    }

    #[test]
    fn an_acknowledgement_of_packets_never_sent_is_ignored() {
        let mut packets = sent(2);
        let outcome = ack(&mut packets, at(5), &[(0, 9)]);
        assert!(outcome.acked.is_empty());
        assert_eq!(packets.in_flight_bytes(), 200);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut packets = sent(PACKETS_MAX as u64 + 10);
        let mut outcome = Outcome::default();
        packets.detect_lost(at(0), MS, &mut outcome);
        assert_eq!(outcome.lost.len(), 10);
        assert_eq!(packets.packets.len(), PACKETS_MAX);
    }
}
