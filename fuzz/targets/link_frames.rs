//! One link, and another end that follows no rules: any frames, any packet numbers, any time steps,
//! and sends in between.
//!
//! The link never panics, comes to rest at every instant, holds a bounded amount, and hands out each
//! stream in order and once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use lanterm::link::{Link, Priority, QUEUE_BYTES_MAX};
use lanterm::time::Instant;
use lanterm::wire::frame::{FRAMES_BYTES_MAX, MESSAGE_BYTES_MAX};
use lanterm::wire::{AckRanges, Frame, FrameReader};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use super::input::Input;

/// Steps of one run, so that each takes milliseconds.
const STEPS_MAX: usize = 256;

/// What a link may hold, in bytes: 1 MiB of messages that wait for others, the queue of 192 KiB,
/// 4,096 packets remembered, and as much again for what the allocator and the maps round up.
const HELD_BYTES_MAX: u64 = 3 * 1024 * 1024;

/// Times a link may want to be looked after at one instant: once for what is due, once for what
/// that makes due.
const ROUNDS_MAX: usize = 4;

/// Packets that may leave at one instant: the pacer's burst of 16, two that may pass the window,
/// an acknowledgement, a ping and a probe of the larger size, each round; all of it when large
/// packets are answered in the same instant.
const PACKETS_PER_INSTANT_MAX: usize = 512;

/// When the clock stops, far from where it would overflow: 36,000 years.
const NOW_MAX: Instant = Instant::from_micros(1 << 60);

/// Runs the script in `data`.
pub fn run(data: &[u8]) {
    let info = allocation_counter::measure(|| script(data));
    assert!(
        info.bytes_max <= HELD_BYTES_MAX,
        "held {} bytes",
        info.bytes_max
    );
}

fn script(data: &[u8]) {
    let mut input = Input::new(data);
    let mut end = End::new(input.pause());
    for _ in 0..STEPS_MAX {
        if input.is_empty() {
            break;
        }
        match input.byte() % 16 {
            0..=2 => end.receive(1, input.bytes().to_vec()),
            3 => end.receive(input.long(), input.bytes().to_vec()),
            4 | 5 => end.receive_ack(&mut input),
            6 | 7 => end.receive_messages(&mut input),
            8 | 9 => end.send(&mut input),
            10 | 11 => end.pass(input.pause()),
            12 => {
                let at = end.link.poll_timeout();
                end.pass(at.unwrap_or(end.now) - end.now);
            }
            13 => end.link.ping(),
            14 => end.link.handshake_rtt(input.pause()),
            _ => match input.byte() % 3 {
                0 => end.link.reset_path(end.now),
                1 => drop(end.link.take_number(end.now)),
                // A laptop that slept: up to a century passes at once.
                _ => end.pass(Duration::from_micros(input.long() >> 12)),
            },
        }
        end.settle();
        if end.is_over {
            break;
        }
    }
}

/// The link, and what is known of it.
struct End {
    link: Link,
    now: Instant,
    /// The number after the highest that has arrived.
    next_arrival: u64,
    /// Messages handed out of each stream.
    received: BTreeMap<u32, u64>,
    /// The other end broke the protocol.
    is_over: bool,
}

impl End {
    fn new(ack_linger: Duration) -> Self {
        let now = Instant::from_micros(1_000_000);
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        Self {
            link: Link::new(now, ack_linger, &mut rng),
            now,
            next_arrival: 0,
            received: BTreeMap::new(),
            is_over: false,
        }
    }

    /// Time passes, but not so much that the clock stands still at its end.
    fn pass(&mut self, pause: Duration) {
        self.now = (self.now + pause).min(NOW_MAX);
    }

    /// A packet arrives, `ahead` of the highest so far (1 for the next). Sessions hand on each
    /// number once, and none that a varint can't hold.
    fn receive(&mut self, ahead: u64, mut frames: Vec<u8>) {
        let number = self.next_arrival.saturating_add(ahead.saturating_sub(1));
        if number >= 1 << 62 {
            return;
        }
        self.next_arrival = number + 1;
        fill_in(&mut frames);
        let result = self.link.handle_packet(self.now, number, &frames, |_| {});
        let is_well_formed = FrameReader::new(&frames).all(|frame| frame.is_ok());
        assert_eq!(result.is_ok(), is_well_formed);
        self.is_over = !is_well_formed;
        while let Some(message) = self.link.poll_receive() {
            let number = self.received.entry(message.stream).or_default();
            let is_expected = (0..)
                .zip(&message.data)
                .all(|(at, byte)| *byte == content(message.stream, *number, at));
            assert!(is_expected, "message {number} of stream {}", message.stream);
            *number += 1;
        }
    }

    /// An acknowledgement arrives of packets that were sent, or just were not.
    fn receive_ack(&mut self, input: &mut Input<'_>) {
        let (back, length, delay) = (input.byte(), input.byte(), input.pause());
        let last = self.link.next_number().saturating_sub(u64::from(back));
        let first = last.saturating_sub(u64::from(length));
        let mut frames = Vec::new();
        Frame::Ack(AckRanges {
            delay_micros: delay.as_micros() as u64,
            runs: [(first, last)].into_iter().collect(),
        })
        .write(&mut frames);
        self.receive(1, frames);
    }

    /// Messages arrive, whole or in parts, with any gaps: many bytes from few of the input's.
    fn receive_messages(&mut self, input: &mut Input<'_>) {
        let stream = u32::from(input.byte());
        let (first, step, count) = (input.number(), input.byte(), input.byte());
        let (length, part) = (input.length(), input.number());
        for index in 0..u64::from(count % 64) {
            let number = (u64::from(first) + index * u64::from(step)) % 4096;
            let mut frames = Vec::new();
            if length <= 1000 && part % 2 == 0 {
                let data = &vec![0; length];
                Frame::Message {
                    stream,
                    number,
                    data,
                }
                .write(&mut frames);
            } else {
                let total = length.clamp(1, MESSAGE_BYTES_MAX);
                let offset = usize::from(part).wrapping_mul(index as usize) % total;
                let data = &vec![0; (total - offset).min(1000)];
                Frame::Fragment {
                    stream,
                    number,
                    total,
                    offset,
                    data,
                }
                .write(&mut frames);
            }
            self.receive(1, frames);
        }
    }

    fn send(&mut self, input: &mut Input<'_>) {
        let kind = input.byte();
        let priority = match kind & 3 {
            0 | 1 => Priority::Chat,
            2 => Priority::Receipt,
            _ => Priority::Bulk,
        };
        let data = Bytes::from(vec![kind; input.length().min(MESSAGE_BYTES_MAX)]);
        let room = self.link.room();
        let length = data.len();
        let result = self.link.send(u32::from(kind >> 4), priority, data);
        assert!(
            result.is_err() || length <= room,
            "more than there was room for"
        );
    }

    /// Does what a driver does: what is due, then all that is to be sent.
    fn settle(&mut self) {
        let mut rounds = 0;
        let mut packets = 0;
        loop {
            self.link.handle_timeout(self.now);
            let mut frames = Vec::new();
            while self.link.poll_packet(self.now, &mut frames).is_some() {
                assert!(frames.len() <= FRAMES_BYTES_MAX);
                assert!(!frames.is_empty(), "an empty packet");
                assert!(FrameReader::new(&frames).all(|frame| frame.is_ok()));
                frames.clear();
                packets += 1;
                assert!(packets <= PACKETS_PER_INSTANT_MAX, "no end of packets");
            }
            let timeout = self.link.poll_timeout();
            if timeout.is_none_or(|at| at > self.now) {
                break;
            }
            rounds += 1;
            assert!(rounds <= ROUNDS_MAX, "no rest at {:?}", self.now);
        }
        let stats = self.link.stats();
        assert!((0.0..=1.0).contains(&stats.loss_in) && (0.0..=1.0).contains(&stats.loss_out));
        assert!(stats.unacked <= QUEUE_BYTES_MAX);
        assert!(self.link.room() <= QUEUE_BYTES_MAX);
    }
}

/// What every message carries at each place, so that one out of order, or from two of them, shows.
fn content(stream: u32, number: u64, at: u64) -> u8 {
    let mixed = (u64::from(stream) ^ number.rotate_left(20) ^ at.rotate_left(40))
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as u8
}

/// Overwrites what the messages in `frames` carry with their content.
fn fill_in(frames: &mut [u8]) {
    let start = frames.as_ptr().addr();
    let place = |data: &[u8]| {
        let from = data.as_ptr().addr() - start;
        from..from + data.len()
    };
    let messages: Vec<(u32, u64, u64, Range<usize>)> = FrameReader::new(frames)
        .flatten()
        .filter_map(|frame| match frame {
            Frame::Message {
                stream,
                number,
                data,
            } => Some((stream, number, 0, place(data))),
            Frame::Fragment {
                stream,
                number,
                offset,
                data,
                ..
            } => Some((stream, number, offset as u64, place(data))),
            Frame::Ping
            | Frame::Ack(_)
            | Frame::AckNow
            | Frame::AckLater
            | Frame::PathChallenge(_)
            | Frame::PathResponse(_)
            | Frame::Close { .. } => None,
        })
        .collect();
    for (stream, number, offset, place) in messages {
        for (at, byte) in (offset..).zip(&mut frames[place]) {
            *byte = content(stream, number, at);
        }
    }
}
