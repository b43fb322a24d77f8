//! What goes into the next packet.

use std::time::Duration;

use rand::RngExt;

use crate::time::Instant;
use crate::wire::{DATAGRAM_BYTES_MAX, Frame, RECORD_OVERHEAD};

use super::acks::{ACK_DELAY_LATER, ACK_DELAY_LOSSY, ACK_DELAY_MAX};
use super::outgoing::ChunkId;
use super::sent::SentPacket;
use super::{
    ACK_AT_ONCE_DELAY, COPIES_WITHOUT_BACKOFF, DATAGRAM_OVERHEAD_BYTES, Link, PROBE_TIMEOUT_MAX,
    Priority,
};

/// Measured loss, 0 to 1, above which copies are sent ahead of time.
pub(super) const REDUNDANCY_LOSS_MIN: f64 = 0.03;

/// Extra bytes allowed for each byte sent the first time.
const REDUNDANCY_RATIO: f64 = 1.1;

/// The most extra bytes saved up: a burst of losses may draw on quiet times.
const REDUNDANCY_BYTES_MAX: f64 = 4096.0;

/// Messages up to this size ride along or are doubled ahead of time, in bytes.
const REDUNDANCY_MESSAGE_BYTES_MAX: usize = 512;

/// Traffic with gaps longer than this is sparse: the next packet comes too late to show a gap.
pub(super) const SPARSE_GAP_MIN: Duration = Duration::from_millis(5);

/// Packets whose fate is known before the path counts as known.
const YOUNG_OUTCOMES: usize = 8;

impl Link {
    /// Puts chunks into a packet: those to be sent again, new ones, and, on a lossy path, recent
    /// ones once more.
    pub(super) fn fill(
        &mut self,
        now: Instant,
        capacity: usize,
        out: &mut Vec<u8>,
        chunks: &mut Vec<ChunkId>,
        carries: &mut Carries,
    ) {
        while let Some(id) = self.outgoing.next_again() {
            if !self.put(id, capacity, out, chunks, carries) {
                break;
            }
            self.outgoing.sent(now, id);
        }
        if self.outgoing.next_again().is_none() {
            while let Some(id) = self.outgoing.next_new() {
                if !self.put(id, capacity, out, chunks, carries) {
                    break;
                }
                self.outgoing.sent(now, id);
            }
        }
        if self.is_redundant() && carries.is_new_chat {
            self.ride_along(now, capacity, out, chunks);
        }
    }

    /// Puts one chunk into a packet, cut to fit where that is sensible. Returns whether it did.
    fn put(
        &mut self,
        id: ChunkId,
        capacity: usize,
        out: &mut Vec<u8>,
        chunks: &mut Vec<ChunkId>,
        carries: &mut Carries,
    ) -> bool {
        let free = capacity.saturating_sub(out.len() + Carries::ACK_NOW_BYTES);
        let Some(chunk) = self.outgoing.chunk(id) else {
            return false;
        };
        if chunk.frame_bytes() > free {
            // A message that fits a packet of its own is not cut to fill this one.
            let is_whole_elsewhere =
                chunk.frame_bytes() <= self.size.bytes - RECORD_OVERHEAD - Carries::ACK_NOW_BYTES;
            let data_free = free.saturating_sub(Frame::FRAGMENT_OVERHEAD_MAX);
            if is_whole_elsewhere && !chunks.is_empty() || data_free < 64 {
                return false;
            }
            self.outgoing.split(id, data_free);
            self.size.is_wanted = true;
        }
        let Some(chunk) = self.outgoing.chunk(id) else {
            return false;
        };
        let before = out.len();
        chunk.frame().write(out);
        carries.note(chunk.priority, chunk.copies);
        if chunk.copies == 0 {
            let earned = (out.len() - before + DATAGRAM_OVERHEAD_BYTES) as f64 * REDUNDANCY_RATIO;
            self.redundancy_bytes = (self.redundancy_bytes + earned).min(REDUNDANCY_BYTES_MAX);
        } else {
            self.stats.chunks_resent += 1;
            let spent = out.len() - before + DATAGRAM_OVERHEAD_BYTES;
            self.redundancy_bytes = (self.redundancy_bytes - spent as f64).max(0.0);
        }
        chunks.push(id);
        true
    }

    /// Puts small unacknowledged chat once more into a packet that leaves anyway.
    fn ride_along(
        &mut self,
        now: Instant,
        capacity: usize,
        out: &mut Vec<u8>,
        chunks: &mut Vec<ChunkId>,
    ) {
        let age_min = self.probe_timeout(ACK_AT_ONCE_DELAY) / 4;
        let mut riders = Vec::new();
        let mut free = capacity.saturating_sub(out.len() + Carries::ACK_NOW_BYTES);
        let mut budget = self.redundancy_bytes;
        for (id, chunk) in self.outgoing.in_flight() {
            let bytes = chunk.frame_bytes();
            let is_rider = chunk.priority == Priority::Chat
                && chunk.copies <= COPIES_WITHOUT_BACKOFF
                && bytes <= REDUNDANCY_MESSAGE_BYTES_MAX
                && now.saturating_since(chunk.sent_at) >= age_min
                && !chunks.contains(&id);
            if !is_rider {
                continue;
            }
            if bytes > free || bytes as f64 > budget {
                break;
            }
            free -= bytes;
            budget -= bytes as f64;
            riders.push(id);
        }
        self.redundancy_bytes = budget;
        for id in riders {
            if let Some(chunk) = self.outgoing.chunk(id) {
                chunk.frame().write(out);
                self.stats.chunks_resent += 1;
                chunks.push(id);
                self.outgoing.sent(now, id);
            }
        }
    }

    /// Remembers a packet that leaves, and sets the deadline of each chunk in it.
    pub(super) fn commit_packet(
        &mut self,
        now: Instant,
        frames_bytes: usize,
        is_eliciting: bool,
        chunks: Vec<ChunkId>,
        carries: &Carries,
    ) -> Option<u64> {
        let ack_delay = if carries.is_asked_at_once {
            ACK_AT_ONCE_DELAY
        } else if carries.is_receipt_only() {
            ACK_DELAY_LATER
        } else if self.sent.loss() > 0.0 {
            ACK_DELAY_LOSSY
        } else {
            ACK_DELAY_MAX
        };
        for id in &chunks {
            let deadline = now + self.copy_interval(*id, ack_delay);
            self.outgoing.set_deadline(*id, deadline);
        }
        let bytes = frames_bytes + RECORD_OVERHEAD;
        let number = self.sent.next_number();
        if is_eliciting {
            self.window.sent(now, self.rtt.smoothed(), bytes);
            self.probe_credit = self.probe_credit.saturating_sub(1);
        }
        self.sent
            .push(SentPacket::new(now, bytes, is_eliciting, chunks));
        Some(number)
    }

    /// How long after the copy that leaves now the next copy of a chunk follows.
    fn copy_interval(&mut self, id: ChunkId, ack_delay: Duration) -> Duration {
        let Some(chunk) = self.outgoing.chunk(id) else {
            return PROBE_TIMEOUT_MAX;
        };
        let timeout = self.probe_timeout(ack_delay);
        let is_doubled = chunk.copies == 1
            && chunk.priority == Priority::Chat
            && ack_delay == ACK_AT_ONCE_DELAY
            && chunk.data.len() <= REDUNDANCY_MESSAGE_BYTES_MAX
            && self.is_redundant()
            && self.redundancy_bytes > (chunk.frame_bytes() + DATAGRAM_OVERHEAD_BYTES) as f64;
        if is_doubled {
            // Earlier than the acknowledgement can be here it would be sent in vain.
            let answered = self.rtt.smoothed() + self.rtt.variation() + ack_delay;
            return (timeout / 2).max(answered).min(timeout);
        }
        let backoff = chunk.copies.saturating_sub(COPIES_WITHOUT_BACKOFF).min(16);
        let grown = timeout.mul_f64(1.5_f64.powi(backoff as i32));
        let jitter = if backoff > 0 {
            self.rng.random_range(0.875..1.125)
        } else {
            1.0
        };
        grown.mul_f64(jitter).min(PROBE_TIMEOUT_MAX.max(timeout))
    }

    /// Whether copies are sent ahead of time on this path.
    fn is_redundant(&self) -> bool {
        self.sent.loss() > REDUNDANCY_LOSS_MIN
    }

    /// Whether the packet that leaves now is to be acknowledged at once.
    pub(super) fn is_urgent(&mut self, carries: &Carries) -> bool {
        let is_doubtful = self.sent.outcome_count() < YOUNG_OUTCOMES || self.sent.loss() > 0.0;
        let is_last = !self.outgoing.has_queued();
        let is_sparse = is_last && self.chat_gap >= SPARSE_GAP_MIN;
        let is_bulk_tail = carries.has_bulk && is_last;
        carries.is_urgent || carries.has_chat && (is_doubtful || is_sparse) || is_bulk_tail
    }

    pub(super) fn note_chat(&mut self, now: Instant, carries: &Carries) {
        if !carries.is_new_chat {
            return;
        }
        if let Some(at) = self.chat_at {
            let gap = now.saturating_since(at).min(Duration::from_secs(1));
            self.chat_gap = (self.chat_gap * 7 + gap) / 8;
        }
        self.chat_at = Some(now);
    }

    /// Tries out whether the path takes the largest datagram, once something needs it.
    pub(super) fn poll_size_probe(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<u64> {
        if !self.size.is_probe_due() {
            return None;
        }
        Frame::Ping.write(out);
        out.resize(out.len() + DATAGRAM_BYTES_MAX - RECORD_OVERHEAD - 1, 0);
        let number = self.sent.next_number();
        let mut packet = SentPacket::new(now, DATAGRAM_BYTES_MAX, true, Vec::new());
        packet.is_size_probe = true;
        self.sent.push(packet);
        self.size.in_flight = Some(number);
        self.size.probes_left -= 1;
        Some(number)
    }
}

/// What a packet being built carries, as far as it decides how the packet is treated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carries {
    pub(super) has_chat: bool,
    pub(super) has_bulk: bool,
    pub(super) has_receipt: bool,
    pub(super) is_new_chat: bool,
    pub(super) is_urgent: bool,
    pub(super) is_asked_at_once: bool,
}

impl Carries {
    /// Room kept for [`Frame::AckNow`].
    const ACK_NOW_BYTES: usize = 1;

    /// Whether nobody waits for the packet to be acknowledged.
    pub(super) fn is_receipt_only(&self) -> bool {
        self.has_receipt && !self.has_chat && !self.has_bulk && !self.is_urgent
    }

    fn note(&mut self, priority: Priority, copies: u32) {
        match priority {
            Priority::Chat => {
                self.has_chat = true;
                self.is_new_chat |= copies == 0;
            }
            Priority::Bulk => self.has_bulk = true,
            Priority::Receipt => self.has_receipt = true,
        }
        self.is_urgent |= copies > 0;
    }
}
