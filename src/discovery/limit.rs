//! How many datagrams others can make us send.
//!
//! A probe is smaller than the beacons it is answered with and its source is unproven, so answers
//! are limited: per source, so that nobody can be flooded through us, and in all, so that invented
//! sources don't help. Each limit is a token bucket kept as one instant: when it will be full again
//! (the "virtual scheduling" form of the leaky bucket, ITU-T I.371).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::time::Instant;

/// Sources remembered. A source matters only until its bucket is full again, 4 s at most, in which
/// the total lets about 1,000 through.
const SOURCES_MAX: usize = 1024;

/// Answers to one source: room for the bursts of a handful of processes on one host, then 8/s, which
/// is 1.6 kB/s at most.
const PER_SOURCE: Rate = Rate {
    interval: Duration::from_millis(125),
    burst: 32,
};

/// Answers in all: forty newcomers at once, then 200/s, which is 40 kB/s at most.
const TOTAL: Rate = Rate {
    interval: Duration::from_millis(5),
    burst: 256,
};

/// A long-term rate and how far it may be run ahead of.
pub(super) struct Rate {
    /// The time one datagram costs.
    pub interval: Duration,
    /// Datagrams that may leave at once.
    pub burst: u32,
}

/// One token bucket: the instant at which it is full again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// Whether one more datagram may leave now.
    pub fn has_room(&self, now: Instant, rate: &Rate) -> bool {
        self.full_at.saturating_since(now) <= rate.interval * (rate.burst - 1)
    }

    /// Counts one datagram.
    pub fn spend(&mut self, now: Instant, rate: &Rate) {
        self.full_at = self.full_at.max(now) + rate.interval;
    }
}

/// What came of asking for permission to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    /// This source has had its share.
    SourceSpent,
    /// Everybody together has had theirs.
    TotalSpent,
}

/// The limits on answers.
#[derive(Default)]
pub(super) struct AnswerLimits {
    total: Bucket,
    sources: BTreeMap<IpAddr, Bucket>,
}

impl AnswerLimits {
    /// Asks for permission to send one answer to `source`, and counts it when given.
    ///
    /// Loopback sources are only held to the total: they can't be forged from outside, and all the
    /// processes of a host share the address.
    pub fn ask(&mut self, now: Instant, source: IpAddr) -> Verdict {
        let bucket = self.sources.get(&source).copied().unwrap_or_default();
        if !source.is_loopback() && !bucket.has_room(now, &PER_SOURCE) {
            return Verdict::SourceSpent;
        }
        if !self.total.has_room(now, &TOTAL) {
            return Verdict::TotalSpent;
        }
        self.total.spend(now, &TOTAL);
        if !source.is_loopback() {
            self.remember(now, source, bucket);
        }
        Verdict::Allowed
    }

    fn remember(&mut self, now: Instant, source: IpAddr, mut bucket: Bucket) {
        bucket.spend(now, &PER_SOURCE);
        if self.sources.len() >= SOURCES_MAX {
            // A full bucket is as good as none.
            self.sources.retain(|_, bucket| bucket.full_at > now);
        }
        if self.sources.len() < SOURCES_MAX || self.sources.contains_key(&source) {
            self.sources.insert(source, bucket);
        }
        // Still full of spent buckets: a flood from invented sources, which the total holds down.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(n: u32) -> IpAddr {
        IpAddr::from((0x0a00_0000 + n).to_be_bytes())
    }

    /// How many of `asks` evenly spread over `seconds` are allowed.
    fn allowed(asks: u64, seconds: u64, source_of: impl Fn(u64) -> IpAddr) -> u64 {
        let mut limits = AnswerLimits::default();
        (0..asks)
            .filter(|n| {
                let now = Instant::from_micros(n * seconds * 1_000_000 / asks);
                limits.ask(now, source_of(*n)) == Verdict::Allowed
            })
            .count() as u64
    }

    #[test]
    fn one_source_gets_its_burst_and_then_its_rate() {
        let count = allowed(100_000, 10, |_| source(1));
        assert!((110..=113).contains(&count), "{count} answers");
    }

    #[test]
    fn invented_sources_get_no_more_than_the_total() {
        let count = allowed(100_000, 10, |n| source(u32::try_from(n).expect("small")));
        assert!((2250..=2257).contains(&count), "{count} answers");
    }

    #[test]
    fn the_sources_remembered_are_bounded() {
        let mut limits = AnswerLimits::default();
        for n in 0..100_000 {
            limits.ask(Instant::from_micros(u64::from(n) * 1000), source(n));
            assert!(limits.sources.len() <= SOURCES_MAX);
        }
    }
}
