//! What acknowledgements, and their absence, tell.

use std::time::Duration;

use crate::time::Instant;
use crate::wire::{AckRanges, DATAGRAM_BYTES_MAX, DATAGRAM_BYTES_MIN};

use super::acks::ACK_DELAY_LATER;
use super::sent::{Outcome, SentPacket};
use super::{DatagramSize, Link, Ping};

/// Large packets lost in a row before the size falls back.
pub(super) const LARGE_LOSSES_MAX: u32 = 4;

impl Link {
    pub(super) fn handle_ack(&mut self, now: Instant, ranges: &AckRanges) {
        let largest = ranges.largest();
        let mut outcome = self.sent.acked(ranges);
        if let Some((_, packet)) = outcome.acked.iter().find(|(number, _)| *number == largest)
            && packet.is_eliciting
        {
            let delay = Duration::from_micros(ranges.delay_micros).min(ACK_DELAY_LATER);
            self.rtt.sample(now.saturating_since(packet.sent_at), delay);
        }
        for (number, packet) in std::mem::take(&mut outcome.acked) {
            self.packet_acked(number, &packet);
        }
        for sent_at in &outcome.spurious {
            self.window.spurious(*sent_at);
        }
        self.detect_lost(now, &mut outcome);
    }

    fn packet_acked(&mut self, number: u64, packet: &SentPacket) {
        for id in &packet.chunks {
            self.outgoing.acked(*id);
        }
        if !packet.is_eliciting {
            return;
        }
        self.expirations = 0;
        self.window
            .acked(packet.bytes, self.sent.in_flight_bytes() + packet.bytes);
        if let Ping::Sent { first_at, .. } = self.ping
            && packet.sent_at >= first_at
        {
            self.ping = Ping::Idle;
        }
        if self.size.in_flight == Some(number) {
            self.size.in_flight = None;
            self.size.bytes = DATAGRAM_BYTES_MAX;
        }
        if packet.bytes > DATAGRAM_BYTES_MIN {
            self.size.losses_in_row = 0;
        }
    }

    pub(super) fn detect_lost(&mut self, now: Instant, outcome: &mut Outcome) {
        self.sent.detect_lost(now, self.rtt.conservative(), outcome);
        for (number, packet) in std::mem::take(&mut outcome.lost) {
            self.packet_lost(now, number, &packet);
        }
    }

    fn packet_lost(&mut self, now: Instant, number: u64, packet: &SentPacket) {
        if packet.is_size_probe {
            if self.size.in_flight == Some(number) {
                self.size.in_flight = None;
            }
            return;
        }
        for id in &packet.chunks {
            // A later copy is still under way: its own fate decides.
            let is_latest = self
                .outgoing
                .chunk(*id)
                .is_some_and(|chunk| chunk.sent_at <= packet.sent_at);
            if is_latest {
                self.outgoing.send_again(*id);
            }
        }
        if packet.is_eliciting {
            let rtt_min = self.rtt.min().unwrap_or(self.rtt.smoothed());
            self.window
                .lost(now, packet.sent_at, self.rtt.conservative(), rtt_min);
        }
        if packet.bytes > DATAGRAM_BYTES_MIN {
            self.size.losses_in_row += 1;
            if self.size.losses_in_row >= LARGE_LOSSES_MAX {
                self.size = DatagramSize {
                    probes_left: 0,
                    ..DatagramSize::new()
                };
            }
        }
    }
}
