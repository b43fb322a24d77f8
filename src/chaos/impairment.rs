//! One direction of a bad network: datagrams go in, and come out late, twice, damaged or not at all.
//!
//! A datagram passes these stations in turn: it may be lost; it may become two; each copy may be
//! damaged, waits for its turn on a line of limited rate, and then travels for the delay. Jitter
//! keeps the order, as it does on a real wire; only the share that is held back for longer is
//! overtaken.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::spec::{ChaosSpec, Share};
use crate::time::Instant;

/// What waits for a line of limited rate at most, in bytes. About what cheap switches buffer.
const LINE_BYTES_MAX: u64 = 256 * 1024;

/// How long a datagram waits for a line of limited rate at most. Arbitrary: bloated buffers exist,
/// but longer queues than this hide loss instead of modelling it.
const LINE_WAIT_MAX: Duration = Duration::from_millis(200);

/// What is under way in one direction at most, in bytes of payload. Bounds memory when a long
/// delay meets a fast sender: 60 ms of a full 10-gigabit line.
const HELD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How much longer than the others a reordered datagram takes, in microseconds. Long enough for a
/// busy LAN to send something else meanwhile.
const REORDER_MICROS: std::ops::RangeInclusive<u64> = 1_000..=10_000;

/// A queue that impairs what passes through it in one direction.
///
/// `T` says where a datagram comes from or goes to, and is handed back with it. Same spec, same
/// salt, same pushes: same result.
pub struct Impairment<T> {
    spec: ChaosSpec,
    rng: ChaCha12Rng,
    /// By the time of arrival, then by the order of the pushes.
    under_way: BTreeMap<(Instant, u64), (T, Vec<u8>)>,
    bytes_held: usize,
    pushes: u64,
    /// When the line has sent all it was given, in nanoseconds, because a datagram takes less than a
    /// microsecond on a fast one.
    line_free_nanos: u64,
    /// When the last datagram arrives that kept its place.
    last_arrival: Instant,
    counters: ImpairmentCounters,
}

/// What happened to the datagrams so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImpairmentCounters {
    /// Datagrams that came in.
    pub pushed: u64,
    /// Of these, dropped by chance.
    pub lost: u64,
    /// Of these, doubled.
    pub duplicated: u64,
    /// Copies with flipped bits.
    pub corrupted: u64,
    /// Copies held back to be overtaken.
    pub reordered: u64,
    /// Copies dropped because the line's queue was full.
    pub overflowed: u64,
}

impl<T: Clone> Impairment<T> {
    /// An empty queue. Both directions of a process share a spec and its seed; `direction_salt`
    /// makes their choices differ. Without a seed in the spec it is 0.
    pub fn new(spec: &ChaosSpec, direction_salt: u64) -> Self {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&spec.seed.unwrap_or(0).to_be_bytes());
        seed[8..16].copy_from_slice(&direction_salt.to_be_bytes());
        Self {
            spec: spec.clone(),
            rng: ChaCha12Rng::from_seed(seed),
            under_way: BTreeMap::new(),
            bytes_held: 0,
            pushes: 0,
            line_free_nanos: 0,
            last_arrival: Instant::ZERO,
            counters: ImpairmentCounters::default(),
        }
    }

    /// Takes a datagram in. It is one by itself: never split, never merged.
    pub fn push(&mut self, now: Instant, address: T, bytes: Vec<u8>) {
        self.counters.pushed += 1;
        if self.happens(self.spec.loss) {
            self.counters.lost += 1;
            return;
        }
        if self.happens(self.spec.duplication) {
            self.counters.duplicated += 1;
            self.push_copy(now, address.clone(), bytes.clone());
        }
        self.push_copy(now, address, bytes);
    }

    /// The next datagram that has arrived by `now`.
    pub fn poll(&mut self, now: Instant) -> Option<(T, Vec<u8>)> {
        let first = self.under_way.first_entry()?;
        if first.key().0 > now {
            return None;
        }
        let (address, bytes) = first.remove();
        self.bytes_held -= bytes.len();
        Some((address, bytes))
    }

    /// When the next datagram arrives.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.under_way.keys().next().map(|(arrival, _)| *arrival)
    }

    /// What happened so far.
    pub fn counters(&self) -> ImpairmentCounters {
        self.counters
    }

    fn push_copy(&mut self, now: Instant, address: T, mut bytes: Vec<u8>) {
        if self.happens(self.spec.corruption) && !bytes.is_empty() {
            self.counters.corrupted += 1;
            self.flip_bits(&mut bytes);
        }
        let sent_at = match self.pass_line(now, bytes.len()) {
            Some(sent_at) if self.bytes_held + bytes.len() <= HELD_BYTES_MAX => sent_at,
            _ => {
                self.counters.overflowed += 1;
                return;
            }
        };
        let travelled = sent_at + self.draw_delay();
        let arrival = if self.happens(self.spec.reordering) {
            self.counters.reordered += 1;
            travelled + Duration::from_micros(self.rng.random_range(REORDER_MICROS))
        } else {
            self.last_arrival = self.last_arrival.max(travelled);
            self.last_arrival
        };
        self.pushes += 1;
        self.bytes_held += bytes.len();
        self.under_way
            .insert((arrival, self.pushes), (address, bytes));
    }

    /// Whether something that befalls this share of the datagrams befalls this one.
    fn happens(&mut self, share: Share) -> bool {
        share != Share::NONE && self.rng.random_range(0..Share::WHOLE) < share.millionths()
    }

    /// Flips one to three bits. Two flips may meet and cancel each other; one never does.
    fn flip_bits(&mut self, bytes: &mut [u8]) {
        let first = self.rng.random_range(0..bytes.len() * 8);
        bytes[first / 8] ^= 1 << (first % 8);
        for _ in 0..self.rng.random_range(0..=2) {
            let next = self.rng.random_range(0..bytes.len() * 8);
            if next != first {
                bytes[next / 8] ^= 1 << (next % 8);
            }
        }
    }

    /// When the line has sent a datagram of this length, or `None` when its queue is full.
    fn pass_line(&mut self, now: Instant, length: usize) -> Option<Instant> {
        let Some(rate) = self.spec.rate else {
            return Some(now);
        };
        let now_nanos = now.as_micros().saturating_mul(1_000);
        let nanos_for = |bytes: u64| bytes.saturating_mul(8_000_000_000) / rate;
        let wait_nanos = self.line_free_nanos.saturating_sub(now_nanos);
        let wait_nanos_max = nanos_for(LINE_BYTES_MAX).min(LINE_WAIT_MAX.as_nanos() as u64);
        if wait_nanos > wait_nanos_max {
            return None;
        }
        self.line_free_nanos = now_nanos
            .saturating_add(wait_nanos)
            .saturating_add(nanos_for(length as u64));
        Some(Instant::from_micros(self.line_free_nanos.div_ceil(1_000)))
    }

    fn draw_delay(&mut self) -> Duration {
        if self.spec.jitter.is_zero() {
            return self.spec.delay;
        }
        let delay = self.spec.delay.as_micros() as u64;
        let jitter = self.spec.jitter.as_micros() as u64;
        let micros = self
            .rng
            .random_range(delay.saturating_sub(jitter)..=delay + jitter);
        Duration::from_micros(micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_micros(100);

    /// Pushes `count` numbered datagrams of `length` bytes, one every 100 µs, and returns what
    /// arrives, with its time.
    fn run(spec: &str, count: u32, length: usize) -> (Vec<(Instant, Vec<u8>)>, ImpairmentCounters) {
        let mut queue = Impairment::new(&spec.parse().unwrap(), 1);
        let mut now = Instant::ZERO;
        let mut arrived = Vec::new();
        for number in 0..count {
            let mut bytes = vec![0; length];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            queue.push(now, (), bytes);
            while let Some(((), bytes)) = queue.poll(now) {
                arrived.push((now, bytes));
            }
            now += STEP;
        }
        while let Some(next) = queue.poll_timeout() {
            now = now.max(next);
            let ((), bytes) = queue.poll(now).expect("its time has come");
            arrived.push((now, bytes));
        }
        assert_eq!(queue.bytes_held, 0);
        (arrived, queue.counters())
    }

    fn number(bytes: &[u8]) -> u32 {
        u32::from_be_bytes(bytes[..4].try_into().unwrap())
    }

    #[test]
    fn an_empty_spec_holds_nothing_back() {
        let mut queue = Impairment::new(&ChaosSpec::default(), 0);
        let now = Instant::from_micros(5);
        queue.push(now, "to", vec![1]);
        queue.push(now, "to", vec![2]);
        assert_eq!(queue.poll_timeout(), Some(now));
        assert_eq!(queue.poll(now), Some(("to", vec![1])));
        assert_eq!(queue.poll(now), Some(("to", vec![2])));
        assert_eq!(queue.poll(now), None);
        assert_eq!(queue.poll_timeout(), None);
    }

    #[test]
    fn shares_are_met_within_bounds() {
        // Standard deviations over 10,000 draws: 40 at 20 %, 22 at 5 %, 30 at 10 %.
        let (arrived, counters) = run("loss=20%,dup=5%,reorder=10%,corrupt=1%,seed=7", 10_000, 100);
        assert_eq!(counters.pushed, 10_000);
        assert!((1_850..=2_150).contains(&counters.lost), "{counters:?}");
        assert!((320..=480).contains(&counters.duplicated), "{counters:?}");
        assert!((730..=950).contains(&counters.reordered), "{counters:?}");
        assert!((50..=125).contains(&counters.corrupted), "{counters:?}");
        assert_eq!(counters.overflowed, 0);
        assert_eq!(
            arrived.len() as u64,
            10_000 - counters.lost + counters.duplicated
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_result_and_the_other_direction_another() {
        let text = "loss=20%,dup=5%,reorder=10%,delay=20ms±5ms,corrupt=1%,rate=10mbit,seed=7";
        assert_eq!(run(text, 2_000, 64), run(text, 2_000, 64));

        let spec: ChaosSpec = text.parse().unwrap();
        let (mut out, mut back) = (Impairment::new(&spec, 0), Impairment::new(&spec, 1));
        for _ in 0..100 {
            out.push(Instant::ZERO, (), vec![0; 64]);
            back.push(Instant::ZERO, (), vec![0; 64]);
        }
        assert_ne!(out.poll_timeout(), back.poll_timeout());
    }

    #[test]
    fn everything_is_lost_at_100_percent() {
        assert!(run("loss=100%", 100, 10).0.is_empty());
    }

    #[test]
    fn corruption_flips_one_to_three_bits() {
        let (arrived, _) = run("corrupt=100%,seed=3", 1, 4);
        let clean = 0u32.to_be_bytes();
        for (_, bytes) in arrived {
            let flipped: u32 = std::iter::zip(clean, bytes)
                .map(|(a, b)| (a ^ b).count_ones())
                .sum();
            assert!((1..=3).contains(&flipped), "{flipped} bits");
        }
        let mut queue = Impairment::new(&"corrupt=100%".parse().unwrap(), 0);
        queue.push(Instant::ZERO, (), Vec::new());
        assert_eq!(queue.poll(Instant::ZERO), Some(((), Vec::new())));
    }

    #[test]
    fn jitter_varies_the_delay_and_keeps_the_order() {
        let (arrived, _) = run("delay=20ms±5ms,seed=7", 1_000, 10);
        assert!(arrived.is_sorted_by_key(|(_, bytes)| number(bytes)));
        for (at, bytes) in &arrived {
            let delay = *at - (Instant::ZERO + STEP * number(bytes));
            assert!((15_000..=25_100).contains(&delay.as_micros()), "{delay:?}");
        }
    }

    #[test]
    fn reordered_datagrams_are_overtaken() {
        let (arrived, counters) = run("reorder=10%,seed=7", 1_000, 10);
        let mut newest = 0;
        let overtaken = arrived.iter().filter(|(_, bytes)| {
            newest = newest.max(number(bytes));
            number(bytes) < newest
        });
        assert_eq!(overtaken.count() as u64, counters.reordered);
    }

    #[test]
    fn a_line_carries_its_rate_and_drops_what_it_cannot_queue() {
        // 1,250 bytes every 100 µs are 100 Mbit/s; the line takes a tenth.
        let (arrived, counters) = run("rate=10mbit", 10_000, 1_250);
        let last = arrived.last().expect("something arrives").0;
        let carried = arrived.len() as f64 * 1_250.0 * 8.0 / (last - Instant::ZERO).as_secs_f64();
        assert!((9.9e6..=10.1e6).contains(&carried), "{carried} bit/s");
        assert_eq!(counters.overflowed + arrived.len() as u64, 10_000);
        for (at, bytes) in &arrived {
            let wait = *at - (Instant::ZERO + STEP * number(bytes));
            assert!(wait <= LINE_WAIT_MAX + Duration::from_millis(1), "{wait:?}");
        }
    }

    #[test]
    fn what_is_under_way_is_bounded() {
        let mut queue = Impairment::new(&"delay=60s".parse().unwrap(), 0);
        for _ in 0..70 {
            queue.push(Instant::ZERO, (), vec![0; 1024 * 1024]);
        }
        assert_eq!(queue.counters().overflowed, 6);
    }
}
