//! Two links joined by a simulated wire.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;

use super::*;

const MS: Duration = Duration::from_millis(1);

/// What a simulated wire does to packets.
#[derive(Clone, Copy, Default)]
struct Wire {
    loss: f64,
    duplicate: f64,
    delay_micros: (u64, u64),
    /// The largest datagram that gets through.
    bytes_max: Option<usize>,
}

/// Two ends, what is on the wire between them, and what each has received.
struct Pair {
    now: Instant,
    rng: ChaCha12Rng,
    wire: Wire,
    ends: [Link; 2],
    /// (arrival, order) → (to which end, packet number, frames).
    flying: BTreeMap<(Instant, u64), (usize, u64, Vec<u8>)>,
    next_order: u64,
    seen: [BTreeSet<u64>; 2],
    received: [Vec<(Instant, Received)>; 2],
    packets: [usize; 2],
    bytes: [usize; 2],
}

impl Pair {
    fn new(seed: u64, wire: Wire) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let now = Instant::from_micros(1_000_000);
        let ends = [
            Link::new(now, Duration::ZERO, &mut rng),
            Link::new(now, Duration::ZERO, &mut rng),
        ];
        Self {
            now,
            rng,
            wire,
            ends,
            flying: BTreeMap::new(),
            next_order: 0,
            seen: Default::default(),
            received: Default::default(),
            packets: [0; 2],
            bytes: [0; 2],
        }
    }

    fn send(&mut self, end: usize, stream: u32, data: &[u8]) {
        self.send_as(end, stream, Priority::Chat, data);
    }

    fn send_as(&mut self, end: usize, stream: u32, priority: Priority, data: &[u8]) {
        let data = Bytes::copy_from_slice(data);
        self.ends[end].send(stream, priority, data).unwrap();
        self.flush();
    }

    /// Puts all that both ends want to send onto the wire.
    fn flush(&mut self) {
        for end in 0..2 {
            let mut frames = Vec::new();
            while let Some(number) = self.ends[end].poll_packet(self.now, &mut frames) {
                self.packets[end] += 1;
                self.bytes[end] += frames.len() + DATAGRAM_OVERHEAD_BYTES;
                assert!(frames.len() + RECORD_OVERHEAD <= DATAGRAM_BYTES_MAX);
                self.fly(1 - end, number, std::mem::take(&mut frames));
            }
        }
    }

    fn fly(&mut self, to: usize, number: u64, frames: Vec<u8>) {
        let bytes = frames.len() + RECORD_OVERHEAD;
        let is_too_large = self.wire.bytes_max.is_some_and(|max| bytes > max);
        if self.rng.random_bool(self.wire.loss) || is_too_large {
            return;
        }
        let copies = 1 + usize::from(self.rng.random_bool(self.wire.duplicate));
        for _ in 0..copies {
            let (low, high) = self.wire.delay_micros;
            let delay = Duration::from_micros(self.rng.random_range(low..=high));
            self.next_order += 1;
            self.flying.insert(
                (self.now + delay, self.next_order),
                (to, number, frames.clone()),
            );
        }
    }

    /// Goes to the next thing that happens, if that is before `until`.
    fn step(&mut self, until: Instant) -> bool {
        self.flush();
        let arrival = self.flying.first_key_value().map(|((at, _), _)| *at);
        let timeouts = self.ends.iter().map(Link::poll_timeout);
        let Some(next) = timeouts.fold(arrival, earliest) else {
            return false;
        };
        if next > until {
            return false;
        }
        assert!(next >= self.now || next == Instant::ZERO || arrival != Some(next));
        self.now = self.now.max(next);
        while let Some(entry) = self.flying.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let (to, number, frames) = entry.remove();
            if self.seen[to].insert(number) {
                self.ends[to]
                    .handle_packet(self.now, number, &frames, |_| {})
                    .unwrap();
            }
            while let Some(received) = self.ends[to].poll_receive() {
                self.received[to].push((self.now, received));
            }
        }
        for end in &mut self.ends {
            end.handle_timeout(self.now);
        }
        true
    }

    fn run(&mut self, duration: Duration) {
        let until = self.now + duration;
        let mut steps = 0;
        while self.step(until) {
            steps += 1;
            assert!(steps < 2_000_000, "the links never come to rest");
        }
        self.now = until;
    }

    fn texts(&self, end: usize) -> Vec<String> {
        self.received[end]
            .iter()
            .map(|(_, received)| String::from_utf8_lossy(&received.data).into_owned())
            .collect()
    }
}

fn lan() -> Wire {
    Wire {
        delay_micros: (150, 150),
        ..Wire::default()
    }
}

fn lossy(loss: f64) -> Wire {
    Wire { loss, ..lan() }
}

#[test]
fn a_message_arrives_after_one_trip_and_is_acknowledged_after_two() {
    let mut pair = Pair::new(1, lan());
    pair.send(0, 1, b"hi");
    pair.run(MS);
    assert_eq!(pair.texts(1), ["hi"]);
    assert_eq!(pair.packets, [1, 1]);
    assert_eq!(pair.ends[0].stats().unacked, 0);
    pair.run(MS * 10_000);
    assert_eq!(
        pair.packets,
        [1, 1],
        "nothing is sent when nothing is to be said"
    );
}

#[test]
fn receipts_that_are_acknowledged_late_do_not_lengthen_the_round_trip() {
    let mut pair = Pair::new(1, lan());
    pair.ends[0].handshake_rtt(MS);
    for _ in 0..30 {
        pair.send_as(0, 1, Priority::Receipt, b"seen");
        pair.run(MS * 3_000);
    }
    let stats = pair.ends[0].stats();
    assert_eq!(stats.unacked, 0);
    assert!(stats.rtt <= MS, "{:?}", stats.rtt);
}

#[test]
fn what_is_handed_over_and_not_acknowledged_is_counted() {
    let mut pair = Pair::new(1, lan());
    pair.wire.loss = 1.0;
    pair.send(0, 1, b"hello");
    pair.run(MS * 50);
    let stats = pair.ends[0].stats();
    assert_eq!(stats.unacked, 1);
    assert!((5..200).contains(&stats.unacked_bytes), "{stats:?}");
    pair.wire.loss = 0.0;
    pair.run(MS * 1_000);
    let stats = pair.ends[0].stats();
    assert_eq!((stats.unacked, stats.unacked_bytes), (0, 0));
    assert!(stats.chunks_resent > 0 && stats.rtt_variation > Duration::ZERO);
}

#[test]
fn a_lost_last_message_is_sent_again_within_two_probe_timeouts() {
    let mut pair = Pair::new(1, lan());
    for _ in 0..50 {
        pair.send(0, 1, b"warm");
        pair.run(MS * 20);
    }
    pair.wire.loss = 1.0;
    pair.send(0, 1, b"tail");
    pair.wire.loss = 0.0;
    let sent_at = pair.now;
    pair.run(MS * 10);
    let (arrived_at, last) = pair.received[1].last().unwrap();
    assert_eq!(last.data, b"tail");
    assert!(
        *arrived_at - sent_at < MS * 3,
        "took {:?}",
        *arrived_at - sent_at
    );
}

#[test]
fn a_host_that_stood_still_does_not_make_repairs_slow_for_long() {
    let mut pair = Pair::new(1, lan());
    for _ in 0..10 {
        pair.send(0, 1, b"warm");
        pair.run(MS * 20);
    }
    // The answer to this one comes after ten seconds.
    let delay = std::mem::replace(&mut pair.wire.delay_micros, (5_000_000, 5_000_001));
    pair.send(0, 1, b"slow");
    pair.run(MS * 11_000);
    pair.wire.delay_micros = delay;
    let timeout = pair.ends[0].probe_timeout(ACK_AT_ONCE_DELAY);
    assert!(timeout < MS * 1_010, "{timeout:?}");
}

#[test]
fn every_message_arrives_once_and_in_order_whatever_the_wire_does() {
    for seed in 0..200 {
        let mut pair = Pair::new(
            seed,
            Wire {
                loss: 0.1 * (seed % 6) as f64,
                duplicate: 0.1,
                delay_micros: (100, 100 + 400 * (seed % 5)),
                bytes_max: None,
            },
        );
        for number in 0..100 {
            pair.send(0, 1 + number % 2, format!("{number}").as_bytes());
            pair.send(1, 1, format!("{number}").as_bytes());
            pair.run(MS * (number % 7));
        }
        pair.run(MS * 20_000);
        for stream in [1, 2] {
            let arrived: Vec<_> = pair.received[1]
                .iter()
                .filter(|(_, received)| received.stream == stream)
                .map(|(_, received)| String::from_utf8_lossy(&received.data).into_owned())
                .collect();
            let expected: Vec<_> = (stream - 1..100)
                .step_by(2)
                .map(|n| n.to_string())
                .collect();
            assert_eq!(arrived, expected, "seed {seed}, stream {stream}");
        }
        let expected: Vec<_> = (0..100).map(|n| n.to_string()).collect();
        assert_eq!(pair.texts(0), expected, "seed {seed}");
        assert_eq!(pair.ends[0].stats().unacked, 0, "seed {seed}");
    }
}

#[test]
fn large_messages_are_cut_and_put_together_and_larger_datagrams_are_tried() {
    for seed in 0..20 {
        let mut pair = Pair::new(seed, lossy(0.2));
        let text: Vec<u8> = (0..60_000u32).map(|n| (n % 251) as u8).collect();
        pair.send_as(0, 1, Priority::Bulk, &text);
        pair.send_as(0, 1, Priority::Bulk, &text);
        pair.run(MS * 5_000);
        assert_eq!(pair.received[1].len(), 2, "seed {seed}");
        assert!(
            pair.received[1]
                .iter()
                .all(|(_, received)| received.data == text)
        );
    }
    let mut pair = Pair::new(1, lan());
    pair.send_as(0, 1, Priority::Bulk, &[7; 60_000]);
    pair.run(MS * 100);
    assert_eq!(pair.ends[0].size.bytes, DATAGRAM_BYTES_MAX);
}

#[test]
fn when_large_datagrams_stop_getting_through_the_size_falls_back() {
    // With some lengths the last part is small, and its arrival shows the losses; with others
    // nothing arrives at all.
    for length in (50_000..=60_000).step_by(500) {
        let mut pair = Pair::new(1, lan());
        pair.send_as(0, 1, Priority::Bulk, &vec![7; length]);
        while pair.ends[0].size.bytes < DATAGRAM_BYTES_MAX {
            assert!(pair.step(pair.now + MS));
        }
        pair.wire.bytes_max = Some(DATAGRAM_BYTES_MIN);
        let end = pair.now + MS * 500;
        while pair.received[1].is_empty() {
            assert!(pair.step(end), "{length} bytes did not come");
        }
        assert_eq!(pair.ends[0].size.bytes, DATAGRAM_BYTES_MIN);
        assert_eq!(pair.received[1][0].1.data, vec![7; length]);
    }
}

#[test]
fn chat_overtakes_bulk() {
    let mut pair = Pair::new(
        1,
        Wire {
            delay_micros: (5_000, 5_000),
            ..Wire::default()
        },
    );
    for _ in 0..2 {
        pair.send_as(0, 1, Priority::Bulk, &[7; 60_000]);
    }
    pair.send(0, 2, b"chat");
    pair.run(MS * 2_000);
    assert_eq!(pair.received[1].len(), 3);
    assert_eq!(pair.received[1][0].1.data, b"chat");
}

#[test]
fn a_full_queue_refuses_and_takes_nothing() {
    let mut pair = Pair::new(1, lossy(1.0));
    let mut taken = 0;
    while pair.ends[0]
        .send(1, Priority::Chat, Bytes::from_static(&[0; 1000]))
        .is_ok()
    {
        taken += 1;
    }
    assert!((150..200).contains(&taken), "took {taken}");
    assert!(pair.ends[0].room() < 1000);
    pair.wire.loss = 0.0;
    pair.run(MS * 5_000);
    assert_eq!(pair.received[1].len(), taken);
}

#[test]
fn steady_traffic_on_a_clean_path_is_acknowledged_one_in_four() {
    let mut pair = Pair::new(1, lan());
    for _ in 0..400 {
        pair.send(0, 1, b"steady");
        pair.run(MS * 2);
    }
    let acks = pair.packets[1];
    assert!((100..140).contains(&acks), "{acks} acknowledgements of 400");
}

#[test]
fn receipts_ask_for_no_acknowledgement_of_their_own_while_data_goes_the_other_way() {
    let mut pair = Pair::new(1, lan());
    for _ in 0..20 {
        pair.send(0, 1, b"warm");
        pair.send(1, 1, b"warm");
        pair.run(MS * 20);
    }
    let before = pair.packets;
    for _ in 0..40 {
        pair.send(0, 1, b"question");
        pair.run(MS);
        pair.send_as(1, 1, Priority::Receipt, b"stored");
        pair.run(MS * 20);
    }
    let sent = pair.packets[0] - before[0];
    assert!(sent <= 42, "{sent} packets for 40 questions");
}

#[test]
fn bytes_stay_under_the_bound_and_the_tail_is_short_at_twenty_percent_loss() {
    let mut clean = Pair::new(1, lan());
    let mut pair = Pair::new(7, lossy(0.2));
    let mut latencies = Vec::new();
    for _ in 0..2000 {
        let before = pair.received[1].len();
        let sent_at = pair.now;
        pair.send(0, 1, &[b'x'; 100]);
        pair.run(MS * 20);
        clean.send(0, 1, &[b'x'; 100]);
        clean.run(MS * 20);
        if let Some((at, _)) = pair.received[1].get(before) {
            latencies.push(*at - sent_at);
        }
    }
    latencies.sort();
    let p99 = latencies[latencies.len() * 99 / 100];
    eprintln!(
        "p99 {p99:?} p90 {:?}, ratio {}",
        latencies[latencies.len() * 90 / 100],
        pair.bytes[0] as f64 / clean.bytes[0] as f64
    );
    assert!(p99 < MS * 6, "p99 {p99:?}");
    let ratio = pair.bytes[0] as f64 / clean.bytes[0] as f64;
    assert!(ratio < 2.1, "{ratio:.2} times the bytes of a clean path");
}

#[test]
fn a_ping_is_repeated_until_something_comes_back() {
    let mut pair = Pair::new(1, lossy(1.0));
    pair.ends[0].ping();
    pair.run(MS * 1_000);
    assert!(pair.packets[0] > 3);
    pair.wire.loss = 0.0;
    pair.run(MS * 1_000);
    let packets = pair.packets[0];
    pair.run(MS * 10_000);
    assert_eq!(pair.packets[0], packets);
}

#[test]
fn malformed_frames_are_a_violation_and_random_bytes_no_more_than_that() {
    let mut rng = ChaCha12Rng::seed_from_u64(5);
    let mut link = Link::new(Instant::ZERO, Duration::ZERO, &mut rng);
    assert_eq!(
        link.handle_packet(Instant::ZERO, 0, &[0x7f], |_| {}),
        Err(Violation)
    );
    for number in 1..20_000 {
        let bytes: Vec<u8> = (0..rng.random_range(1..60)).map(|_| rng.random()).collect();
        let _ = link.handle_packet(Instant::ZERO, number, &bytes, |_| {});
    }
}

#[test]
fn the_same_seed_gives_the_same_packets() {
    let run = |seed| {
        let mut pair = Pair::new(seed, lossy(0.3));
        for number in 0..200u32 {
            pair.send(0, 1, &number.to_be_bytes());
            pair.run(MS * 3);
        }
        (pair.packets, pair.bytes, pair.received)
    };
    assert_eq!(run(11), run(11));
    assert_ne!(run(11).0, run(12).0);
}
