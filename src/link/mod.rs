//! Reliability over one path: messages in, packets out, and the other way round.
//!
//! Chat is sparse and small, and its normal case is the lost *last* packet: nothing comes after it
//! that would show the gap. So the link is tuned for the tail on a LAN.
//!
//! # Rules
//!
//! - A packet number is used once. What is lost is a *chunk* (a message or a part of one); it goes
//!   out again in a new packet, so that round-trip samples stay unambiguous.
//! - Each chunk in flight has its own deadline, the *probe timeout*: smoothed round trip + four
//!   variations (at least 0.5 ms) + the time the receiver may wait before it acknowledges. The
//!   first three copies follow at that pace; then it grows by half each time, jittered, to 250 ms.
//! - The sender asks for an acknowledgement at once ([`Frame::AckNow`]) where it would otherwise
//!   learn of a loss late: on a lossy or young path, and for a message with nothing behind it. On a
//!   clean path with steady traffic the next packet shows a gap soon enough, and one
//!   acknowledgement in four will do (`acks`).
//! - A packet sent before one that has arrived is lost, at once on a path that has never reordered
//!   (`sent`). A loss proven wrong is taken back.
//! - When more than 3 % is lost, the second copy follows after half a probe timeout, and
//!   unacknowledged messages ride along in packets that leave anyway. Both draw on a budget that
//!   keeps the bytes under 2.1 times what a loss-free path would carry.
//! - Loss alone is not congestion (`window`). Chat goes before bulk.
//! - A receipt (a confirmation) needs no acknowledgement by itself ([`Frame::AckLater`]); it rides on
//!   the next packet. Whoever misses one pings; a ping, or a message that comes again, makes the
//!   other end repeat its receipts.
//! - Records are at most 1,200 bytes until a probe of 1,452 has been acknowledged; back to 1,200
//!   when four large ones in a row are lost, or chunks have expired four times and nothing was
//!   acknowledged: where all packets are too large, none arrives to show that others are lost.
//!
//! Every queue is bounded: `QUEUE_BYTES_MAX` outgoing, `HELD_BYTES_MAX` incoming, `PACKETS_MAX`
//! remembered.

mod acks;
mod build;
mod incoming;
mod outgoing;
mod recovery;
mod rtt;
mod sent;
mod window;

#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use crate::time::{Instant, earliest};
use crate::wire::{DATAGRAM_BYTES_MAX, DATAGRAM_BYTES_MIN, Frame, FrameReader, RECORD_OVERHEAD};

use acks::{Acks, Urgency};
use build::{Carries, REDUNDANCY_LOSS_MIN, SPARSE_GAP_MIN};
use incoming::{Arrival, Incoming};
use outgoing::Outgoing;
use rtt::RttEstimator;
use sent::{Outcome, SentPacket, SentPackets};
use window::Window;

pub use incoming::Received;
pub use outgoing::{QUEUE_BYTES_MAX, QueueFull};

/// The shortest probe timeout. A process that shares its core is easily late by a millisecond.
const PROBE_TIMEOUT_MIN: Duration = Duration::from_micros(1500);

/// The longest time between two copies of a chunk.
const PROBE_TIMEOUT_MAX: Duration = Duration::from_millis(250);

/// Paths with a shorter round trip are a LAN's.
const LAN_RTT_MAX: Duration = Duration::from_millis(5);

/// What a lossy LAN's probe timeout may add to the shortest round trip. A few slow samples (a busy
/// start, a scan for other networks) would otherwise hold up repairs for many seconds on a path
/// with two messages a second.
const LAN_SLACK: Duration = Duration::from_millis(4);

/// What any path's probe timeout may add to the shortest round trip. Samples of a host that stood
/// still for a while are that long, and those after it average them away one packet at a time:
/// meanwhile a lost last message would wait for seconds. Half of what may pass until parties chat
/// again.
const PROBE_SLACK_MAX: Duration = Duration::from_secs(1);

/// Variation counted at least: timers and schedulers are no more exact.
const VARIATION_MIN: Duration = Duration::from_micros(500);

/// What "at once" may take at the receiver: one batch, or the commit an answer waits for.
const ACK_AT_ONCE_DELAY: Duration = Duration::from_micros(600);

/// Copies that follow one another without back-off.
const COPIES_WITHOUT_BACKOFF: u32 = 3;

/// Bytes a datagram costs beside its frames: record, UDP and IPv4 headers.
const DATAGRAM_OVERHEAD_BYTES: usize = RECORD_OVERHEAD + 28;

/// Packets that may pass the window when chunks have expired (RFC 9002 §6.2.4 allows two).
const PROBE_PACKETS: u32 = 2;

/// Expirations without any acknowledgement after which the window is collapsed.
const COLLAPSE_EXPIRATIONS: u32 = 8;

/// Tries of the larger size before giving up on it for this path.
const SIZE_PROBES_MAX: u32 = 3;

/// How urgent a message is to its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A person waits for it.
    Chat,
    /// A confirmation: goes out with chat, but nobody waits for *its* acknowledgement.
    Receipt,
    /// Yields to the others: history, files.
    Bulk,
}

/// What the link knows of its path, since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkStats {
    /// Smoothed round trip.
    pub rtt: Duration,
    /// How far round trips are off that, on average.
    pub rtt_variation: Duration,
    /// Share of the last 256 packets sent that was lost, 0 to 1.
    pub loss_out: f64,
    /// Share of the last 256 packets of the other end that did not arrive, 0 to 1.
    pub loss_in: f64,
    /// Messages handed over and not acknowledged.
    pub unacked: usize,
    /// The bytes they take here, each with what it costs to keep it.
    pub unacked_bytes: usize,
    /// Datagrams sent, and their bytes of UDP payload.
    pub datagrams_sent: u64,
    /// Bytes of UDP payload sent.
    pub bytes_sent: u64,
    /// Datagrams of the other end received, repeated ones aside.
    pub datagrams_received: u64,
    /// Bytes of UDP payload received.
    pub bytes_received: u64,
    /// Chunks sent more than once, each time counted.
    pub chunks_resent: u64,
}

/// The peer broke the protocol: the session can't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the other end does not follow the protocol")]
pub struct Violation;

/// One end of a path.
#[derive(Debug)]
pub struct Link {
    rng: ChaCha12Rng,
    rtt: RttEstimator,
    window: Window,
    sent: SentPackets,
    acks: Acks,
    outgoing: Outgoing,
    incoming: Incoming,
    ping: Ping,
    /// When the pacer lets the next packet go; set while something waits for it.
    paced_until: Option<Instant>,
    /// Packets that may still pass the window.
    probe_credit: u32,
    expirations: u32,
    redundancy_bytes: f64,
    /// Average time between packets with new chat.
    chat_gap: Duration,
    chat_at: Option<Instant>,
    size: DatagramSize,
    stats: LinkStats,
}

/// A question whether the other end is there, repeated until something is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ping {
    Idle,
    Wanted,
    Sent {
        first_at: Instant,
        deadline: Instant,
        tries: u32,
    },
}

/// Expirations without any acknowledgement after which large datagrams are no longer trusted: as
/// many losses in a row as it takes elsewhere.
const SIZE_EXPIRATIONS: u32 = recovery::LARGE_LOSSES_MAX;

/// The largest datagram in use, and whether a larger one is being tried.
#[derive(Clone, Copy, Debug)]
struct DatagramSize {
    bytes: usize,
    probes_left: u32,
    is_wanted: bool,
    in_flight: Option<u64>,
    losses_in_row: u32,
}

impl DatagramSize {
    fn new() -> Self {
        Self {
            bytes: DATAGRAM_BYTES_MIN,
            probes_left: SIZE_PROBES_MAX,
            is_wanted: false,
            in_flight: None,
            losses_in_row: 0,
        }
    }

    fn is_probe_due(&self) -> bool {
        self.is_wanted
            && self.in_flight.is_none()
            && self.probes_left > 0
            && self.bytes < DATAGRAM_BYTES_MAX
    }
}

impl Link {
    /// A fresh path. Acknowledgements that are due at once wait `ack_linger` (at most
    /// 600 µs) for an answer to join them: useful at a relay, whose answer is a commit away.
    pub fn new(now: Instant, ack_linger: Duration, rng: &mut ChaCha12Rng) -> Self {
        Self {
            rng: ChaCha12Rng::from_rng(rng),
            rtt: RttEstimator::new(),
            window: Window::new(now),
            sent: SentPackets::default(),
            acks: Acks::new(ack_linger.min(ACK_AT_ONCE_DELAY)),
            outgoing: Outgoing::default(),
            incoming: Incoming::default(),
            ping: Ping::Idle,
            paced_until: None,
            probe_credit: 0,
            expirations: 0,
            redundancy_bytes: 0.0,
            chat_gap: SPARSE_GAP_MIN,
            chat_at: None,
            size: DatagramSize::new(),
            stats: LinkStats::default(),
        }
    }

    /// Takes in a round trip measured by the handshake.
    pub fn handshake_rtt(&mut self, rtt: Duration) {
        self.rtt.sample(rtt, Duration::ZERO);
    }

    /// The traffic moves to another path: its round trip, window and size are unknown.
    pub fn reset_path(&mut self, now: Instant) {
        self.rtt = RttEstimator::new();
        self.window = Window::new(now);
        self.size = DatagramSize::new();
        self.probe_credit = PROBE_PACKETS;
    }

    /// Hands over a message, at most 64 KiB.
    ///
    /// # Errors
    /// [`QueueFull`] when the queue has no room for it; nothing is taken then.
    pub fn send(&mut self, stream: u32, priority: Priority, data: Bytes) -> Result<(), QueueFull> {
        self.outgoing.push(stream, priority, data)
    }

    /// How many more bytes [`Link::send`] takes, in one message.
    pub fn room(&self) -> usize {
        self.outgoing.room()
    }

    /// Asks the other end for a sign of life, repeatedly until there is one.
    pub fn ping(&mut self) {
        if self.ping == Ping::Idle {
            self.ping = Ping::Wanted;
        }
    }

    /// Whether a ping is waiting for its answer.
    pub fn is_pinging(&self) -> bool {
        self.ping != Ping::Idle
    }

    /// Takes in the frames of an authentic packet that has not been seen before, with a number below
    /// 2^62. Frames that are the session's business go to `on_frame`.
    ///
    /// # Errors
    /// [`Violation`] when the frames are malformed.
    pub fn handle_packet(
        &mut self,
        now: Instant,
        number: u64,
        plaintext: &[u8],
        mut on_frame: impl FnMut(Frame<'_>),
    ) -> Result<(), Violation> {
        let mut is_eliciting = false;
        let mut is_urgent = false;
        let mut is_later = false;
        let mut is_missing_something = false;
        let mut is_excess = false;
        for frame in FrameReader::new(plaintext) {
            match frame.map_err(|_| Violation)? {
                Frame::Ping => {
                    is_eliciting = true;
                    is_missing_something = true;
                }
                Frame::AckNow => is_urgent = true,
                Frame::AckLater => is_later = true,
                Frame::Ack(ranges) => self.handle_ack(now, &ranges),
                Frame::Message {
                    stream,
                    number,
                    data,
                } => {
                    is_eliciting = true;
                    let arrival = self.incoming.message(stream, number, data);
                    is_missing_something |= arrival == Ok(Arrival::Again);
                    is_excess |= arrival.is_err();
                }
                Frame::Fragment {
                    stream,
                    number,
                    total,
                    offset,
                    data,
                } => {
                    is_eliciting = true;
                    let result = self.incoming.fragment(stream, number, total, offset, data);
                    is_excess |= result.is_err();
                }
                frame
                @ (Frame::PathChallenge(_) | Frame::PathResponse(_) | Frame::Close { .. }) => {
                    on_frame(frame)
                }
            }
        }
        if is_missing_something {
            // A ping, or a message again: our last packet was lost, and perhaps a receipt with it.
            self.outgoing.repeat_receipts(now, self.rtt.smoothed());
        }
        // What had to be dropped must not be acknowledged: it is sent again, and fits then.
        if !is_excess {
            let urgency = match (is_eliciting, is_urgent, is_later) {
                (false, ..) => Urgency::None,
                (true, true, _) => Urgency::Now,
                (true, false, true) => Urgency::Later,
                (true, false, false) => Urgency::Normal,
            };
            self.acks.received(now, number, urgency);
        }
        Ok(())
    }

    /// The next message delivered, in the order of its stream.
    pub fn poll_receive(&mut self) -> Option<Received> {
        self.incoming.poll()
    }

    /// Appends the frames of the next packet to `out` and returns its number; `None` when nothing
    /// is to be sent now.
    pub fn poll_packet(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<u64> {
        let start = out.len();
        let is_ack_due = self.acks.deadline().is_some_and(|due| due <= now);
        let is_ping_due = self.is_ping_due(now);
        let may_send_data = self.outgoing.has_queued() && self.may_send(now);
        if !(is_ack_due || is_ping_due || may_send_data) {
            return self.poll_size_probe(now, out);
        }
        let capacity = start + self.size.bytes - RECORD_OVERHEAD;
        if let Some(ranges) = self.acks.take(now) {
            Frame::Ack(ranges).write(out);
        }
        let mut chunks = Vec::new();
        let mut carries = Carries::default();
        if may_send_data {
            self.fill(now, capacity, out, &mut chunks, &mut carries);
        }
        if is_ping_due && !chunks.is_empty() {
            // Anything that asks for an answer is as good as a ping.
            self.ping_sent(now);
        } else if is_ping_due {
            Frame::Ping.write(out);
            self.ping_sent(now);
            carries.is_urgent = true;
        }
        let is_eliciting = !chunks.is_empty() || is_ping_due;
        if is_eliciting && self.is_urgent(&carries) {
            Frame::AckNow.write(out);
            carries.is_asked_at_once = true;
        } else if carries.is_receipt_only() {
            Frame::AckLater.write(out);
        }
        self.note_chat(now, &carries);
        self.commit_packet(now, out.len() - start, is_eliciting, chunks, &carries)
    }

    /// When [`Link::handle_timeout`] is to be called, or [`Link::poll_packet`] has something again.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let ping = match self.ping {
            Ping::Sent { deadline, .. } => Some(deadline),
            Ping::Idle | Ping::Wanted => None,
        };
        [
            self.acks.deadline(),
            self.outgoing.deadline(),
            self.sent.loss_deadline(),
            self.paced_until,
            ping,
        ]
        .into_iter()
        .fold(None, earliest)
    }

    /// Time has passed: queues what is to be sent again.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.paced_until.is_some_and(|until| until <= now) {
            self.paced_until = None;
        }
        if self.sent.loss_deadline().is_some_and(|due| due <= now) {
            let mut outcome = Outcome::default();
            self.detect_lost(now, &mut outcome);
        }
        if self.outgoing.expire(now) > 0 {
            self.probe_credit = PROBE_PACKETS;
            self.expirations += 1;
            if self.expirations == SIZE_EXPIRATIONS && self.size.bytes > DATAGRAM_BYTES_MIN {
                self.size = DatagramSize::new();
            }
            if self.expirations == COLLAPSE_EXPIRATIONS {
                self.window.collapse();
            }
        }
    }

    /// Takes a packet number for a packet the session builds itself, which asks for no answer and
    /// is not sent again.
    pub fn take_number(&mut self, now: Instant) -> u64 {
        let number = self.sent.next_number();
        self.sent.push(SentPacket::new(now, 0, false, Vec::new()));
        number
    }

    /// The number the next packet will have.
    pub fn next_number(&self) -> u64 {
        self.sent.next_number()
    }

    /// The highest number the other end has acknowledged.
    pub fn largest_acked(&self) -> Option<u64> {
        self.sent.largest_acked()
    }

    /// Counts a datagram that has left, with its size.
    pub fn count_datagram(&mut self, bytes: usize) {
        self.stats.datagrams_sent += 1;
        self.stats.bytes_sent += bytes as u64;
    }

    /// Counts a datagram of the other end, by its bytes of UDP payload.
    pub fn received(&mut self, bytes: usize) {
        self.stats.datagrams_received += 1;
        self.stats.bytes_received += bytes as u64;
    }

    /// What is known of the path.
    pub fn stats(&self) -> LinkStats {
        LinkStats {
            rtt: self.rtt.smoothed(),
            loss_out: self.sent.loss(),
            loss_in: self.acks.loss(),
            rtt_variation: self.rtt.variation(),
            unacked: self.outgoing.unacked(),
            unacked_bytes: self.outgoing.unacked_bytes(),
            ..self.stats
        }
    }

    /// The probe timeout for a packet whose acknowledgement may take `ack_delay`.
    pub fn probe_timeout(&self, ack_delay: Duration) -> Duration {
        let variation = (self.rtt.variation() * 4).max(VARIATION_MIN);
        let mut timeout = self.rtt.smoothed() + variation;
        if let Some(min) = self.rtt.min() {
            let is_lossy_lan = min < LAN_RTT_MAX && self.sent.loss() > REDUNDANCY_LOSS_MIN;
            let slack = if is_lossy_lan {
                LAN_SLACK
            } else {
                PROBE_SLACK_MAX
            };
            timeout = timeout.min(min + slack);
        }
        (timeout + ack_delay).max(PROBE_TIMEOUT_MIN)
    }

    /// Whether window and pacer let a packet with data go now.
    fn may_send(&mut self, now: Instant) -> bool {
        self.paced_until = None;
        if self.probe_credit > 0 {
            return true;
        }
        // With no chunk in flight no acknowledgement may ever come to open the window.
        let has_room =
            self.window.has_room(self.sent.in_flight_bytes()) || self.outgoing.deadline().is_none();
        if !has_room {
            return false;
        }
        let send_at = self.window.send_at(now, self.rtt.smoothed());
        if send_at > now {
            self.paced_until = Some(send_at);
            return false;
        }
        true
    }

    fn is_ping_due(&self, now: Instant) -> bool {
        match self.ping {
            Ping::Idle => false,
            Ping::Wanted => true,
            Ping::Sent { deadline, .. } => deadline <= now,
        }
    }

    fn ping_sent(&mut self, now: Instant) {
        let (first_at, tries) = match self.ping {
            Ping::Sent {
                first_at, tries, ..
            } => (first_at, tries + 1),
            Ping::Idle | Ping::Wanted => (now, 1),
        };
        let backoff = 1.5_f64.powi(tries.saturating_sub(COPIES_WITHOUT_BACKOFF).min(16) as i32);
        let timeout = self.probe_timeout(ACK_AT_ONCE_DELAY).mul_f64(backoff);
        self.ping = Ping::Sent {
            first_at,
            deadline: now + timeout.min(PROBE_TIMEOUT_MAX),
            tries,
        };
    }
}
