//! Two links and a network that does what the script says: loses, doubles, reorders and delays.
//!
//! In the end the network becomes perfect. Then everything that was sent arrives, once and in the
//! order of its stream, within a bounded time, and both ends fall silent.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use lanterm::link::{Link, Priority};
use lanterm::time::{Instant, earliest};
use lanterm::wire::frame::MESSAGE_BYTES_MAX;
use lanterm::wire::{DATAGRAM_BYTES_MAX, DATAGRAM_BYTES_MIN, RECORD_OVERHEAD};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use super::input::Input;

/// Steps of one run, so that each takes milliseconds.
const STEPS_MAX: usize = 256;

/// Packets on the wire at once; the network drops the oldest beyond it.
const FLYING_MAX: usize = 512;

/// The longest receipt: a place in a log and two numbers.
const RECEIPT_BYTES_MAX: usize = 64;

/// The one-way delay of the perfect network: a LAN's.
const DELAY: Duration = Duration::from_micros(150);

/// When scripts start. Not zero: links take no notice of when they are started.
const START: Instant = Instant::from_micros(1_000_000);

/// Virtual time of the script. Sessions end after 12 s of silence.
const SCRIPT_MAX: Duration = Duration::from_secs(10);

/// Virtual time in which the perfect network must have brought everything: long for a LAN, short
/// for whoever had to give a large size up, by four expirations of 250 ms, more than once.
const REPAIR_MAX: Duration = Duration::from_secs(10);

/// Further time for each second of the script, since that may be the round trip that a link has
/// measured: its chunks expire after three of them, and the size is given up after four times that.
const REPAIR_FACTOR: u32 = 40;

/// How often either end may be looked after in that time.
const REPAIR_STEPS_MAX: usize = 20_000;

/// Silence that proves that nothing more is to be said: longer than any acknowledgement waits.
const SILENCE: Duration = Duration::from_secs(100);

/// Runs the script in `data`.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut pair = Pair::new(input.byte());
    for _ in 0..STEPS_MAX {
        if input.is_empty() {
            break;
        }
        let kind = input.byte();
        match kind % 16 {
            0..=3 => pair.send(&mut input),
            4..=6 => pair.deliver(usize::from(input.byte()), false),
            7 => pair.deliver(usize::from(input.byte()), true),
            8 => drop(pair.take(usize::from(input.byte()))),
            9 => pair.flying.clear(),
            10..=12 => pair.pass(pair.now + input.pause()),
            13 => pair.pass(pair.timeout().unwrap_or(pair.now)),
            14 => pair.ends[usize::from(kind >> 7)].link.ping(),
            _ => match input.byte() % 4 {
                0 => pair.datagram_bytes_max = DATAGRAM_BYTES_MIN,
                1 => pair.datagram_bytes_max = DATAGRAM_BYTES_MAX,
                _ => {
                    let now = pair.now;
                    pair.ends[usize::from(kind >> 7)].link.reset_path(now);
                }
            },
        }
        pair.settle();
    }
    pair.repair();
}

/// A packet on the wire.
#[derive(Clone)]
struct Packet {
    /// Which end it is for.
    to: usize,
    sent_at: Instant,
    number: u64,
    frames: Vec<u8>,
}

/// One end, and what it may still receive.
struct End {
    link: Link,
    /// Packet numbers that have arrived: a session hands on each once.
    seen: BTreeSet<u64>,
    /// What the other end sent on each stream and has not arrived yet.
    expected: BTreeMap<u32, VecDeque<Bytes>>,
}

struct Pair {
    now: Instant,
    ends: [End; 2],
    flying: VecDeque<Packet>,
    datagram_bytes_max: usize,
    /// Messages sent, which numbers them.
    sent: u64,
}

impl Pair {
    fn new(seed: u8) -> Self {
        let now = START;
        let mut rng = ChaCha12Rng::seed_from_u64(u64::from(seed));
        let mut end = |ack_linger| End {
            link: Link::new(now, ack_linger, &mut rng),
            seen: BTreeSet::new(),
            expected: BTreeMap::new(),
        };
        Self {
            now,
            ends: [end(Duration::ZERO), end(Duration::from_micros(600))],
            flying: VecDeque::new(),
            datagram_bytes_max: DATAGRAM_BYTES_MAX,
            sent: 0,
        }
    }

    /// Time passes, up to the script's end.
    fn pass(&mut self, to: Instant) {
        self.now = self.now.max(to.min(START + SCRIPT_MAX));
    }

    fn send(&mut self, input: &mut Input<'_>) {
        let kind = input.byte();
        let from = usize::from(kind >> 7);
        let stream = u32::from(kind >> 4 & 7);
        let priority = match kind & 3 {
            0 | 1 => Priority::Chat,
            2 => Priority::Receipt,
            _ => Priority::Bulk,
        };
        let length = match priority {
            Priority::Receipt => input.length().min(RECEIPT_BYTES_MAX),
            Priority::Chat | Priority::Bulk => input.length().min(MESSAGE_BYTES_MAX),
        };
        // Its number, over and over, so that no two messages are alike.
        let data: Bytes = self
            .sent
            .to_be_bytes()
            .into_iter()
            .cycle()
            .take(length)
            .collect();
        self.sent += 1;
        let result = self.ends[from].link.send(stream, priority, data.clone());
        if result.is_ok() {
            let expected = self.ends[1 - from].expected.entry(stream);
            expected.or_default().push_back(data);
        }
    }

    /// Takes a packet off the wire, the oldest for 0.
    fn take(&mut self, place: usize) -> Option<Packet> {
        let place = place.checked_rem(self.flying.len())?;
        self.flying.remove(place)
    }

    /// A packet arrives; a copy of it stays on the wire when `is_doubled`.
    fn deliver(&mut self, place: usize, is_doubled: bool) {
        let Some(packet) = self.take(place) else {
            return;
        };
        if is_doubled {
            self.flying.push_back(packet.clone());
        }
        self.arrive(&packet);
    }

    fn arrive(&mut self, packet: &Packet) {
        let now = self.now;
        let end = &mut self.ends[packet.to];
        if !end.seen.insert(packet.number) {
            return;
        }
        end.link
            .handle_packet(now, packet.number, &packet.frames, |_| {})
            .expect("a link sends what a link takes");
        while let Some(message) = end.link.poll_receive() {
            let queue = end.expected.get_mut(&message.stream);
            let next = queue.and_then(VecDeque::pop_front);
            assert_eq!(next.as_deref(), Some(&*message.data), "order of a stream");
        }
    }

    /// Does what drivers do at both ends.
    fn settle(&mut self) {
        for from in 0..2 {
            let link = &mut self.ends[from].link;
            link.handle_timeout(self.now);
            let mut frames = Vec::new();
            while let Some(number) = link.poll_packet(self.now, &mut frames) {
                let frames = std::mem::take(&mut frames);
                if frames.len() + RECORD_OVERHEAD > self.datagram_bytes_max {
                    continue;
                }
                self.flying.push_back(Packet {
                    to: 1 - from,
                    sent_at: self.now,
                    number,
                    frames,
                });
                if self.flying.len() > FLYING_MAX {
                    self.flying.pop_front();
                }
            }
        }
    }

    fn timeout(&self) -> Option<Instant> {
        let ends = self.ends.iter();
        ends.map(|end| end.link.poll_timeout()).fold(None, earliest)
    }

    /// Whether everything has arrived, and both senders know.
    fn is_done(&self) -> bool {
        self.ends.iter().all(|end| {
            end.link.stats().unacked == 0 && end.expected.values().all(VecDeque::is_empty)
        })
    }

    /// The network becomes perfect, but for the size it takes.
    fn repair(&mut self) {
        let until = self.now + REPAIR_MAX + (self.now - START) * REPAIR_FACTOR;
        let mut steps = 0;
        while !self.is_done() {
            assert!(self.step(until), "not everything has arrived");
            steps += 1;
            assert!(steps <= REPAIR_STEPS_MAX, "much ado");
        }
        let until = self.now + SILENCE;
        while self.step(until) {
            steps += 1;
            assert!(steps <= REPAIR_STEPS_MAX, "no silence");
        }
        assert_eq!(
            self.timeout(),
            None,
            "nothing to be said, and yet a deadline"
        );
        assert!(self.is_done());
    }

    /// Goes to the next thing that happens; false when that is after `until`.
    fn step(&mut self, until: Instant) -> bool {
        self.settle();
        let arrivals = self.flying.iter().map(|packet| packet.sent_at + DELAY);
        let next = match earliest(arrivals.min(), self.timeout()) {
            Some(next) if next <= until => next.max(self.now),
            Some(_) | None => return false,
        };
        self.now = next;
        let (arrived, flying): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.flying)
            .into_iter()
            .partition(|packet| packet.sent_at + DELAY <= next);
        self.flying = flying;
        for packet in &arrived {
            self.arrive(packet);
        }
        true
    }
}
