//! The hashes over the latest stretch of a log, as far as it was read.
//!
//! With them two find the last place at which their logs agree: the hash over a log covers all that
//! came before, so where one hash agrees, everything below it does.
//!
//! The hash at the place read can be *unknown*: the device's history is from a time before there
//! were hashes, or the relay did not say. It is then [`LogHash::EMPTY`] above place 0, which a relay
//! takes as not told, and follows without comparing. It becomes known with the next
//! [`Opened`](crate::wire::Opened) that starts right there.

use std::collections::VecDeque;

use crate::room::hash_after;
use crate::wire::{Event, LogHash, Seq};

/// The most hashes kept of one room: 32 KiB. Arbitrary: a relay put back from a copy of an hour ago
/// lacks fewer events in all but the busiest rooms.
pub const HASHES_MAX: usize = 2048;

/// Hashes over a log that were kept from earlier, for its latest places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownHashes {
    /// The place of the last of them.
    pub last: Seq,
    /// The hashes, oldest first, one for each place up to `last`. More than [`HASHES_MAX`] are of no
    /// use.
    pub hashes: Vec<LogHash>,
}

/// The hashes at the places up to the one read last.
#[derive(Clone, Debug)]
pub(super) struct Hashes {
    last: Seq,
    /// Ends with the hash at `last`; empty when that is unknown.
    known: VecDeque<LogHash>,
}

impl Hashes {
    /// Starts with one place. Before the first event there is but one hash.
    pub fn at(last: Seq, hash: LogHash) -> Self {
        let known = match (last, hash) {
            (Seq(0), _) => VecDeque::from([LogHash::EMPTY]),
            (_, LogHash::EMPTY) => VecDeque::new(),
            (_, hash) => VecDeque::from([hash]),
        };
        Self { last, known }
    }

    /// Starts with a place and what was kept about those before it. Hashes that do not end with the
    /// one at that place belong to something else and are left out.
    pub fn restore(last: Seq, hash: LogHash, kept: KnownHashes) -> Self {
        let count = kept.hashes.len().min(HASHES_MAX);
        let is_fitting = kept.last == last
            && kept.hashes.len() as u64 <= last.0.saturating_add(1)
            && (kept.hashes.last() == Some(&hash) || hash == LogHash::EMPTY && last > Seq(0));
        if !is_fitting {
            return Self::at(last, hash);
        }
        let known = kept.hashes.into_iter();
        Self {
            last,
            known: known.rev().take(count).rev().collect(),
        }
    }

    /// The place read last.
    pub fn last(&self) -> Seq {
        self.last
    }

    /// The hash there; [`LogHash::EMPTY`] above place 0 when it is unknown.
    pub fn hash(&self) -> LogHash {
        self.known.back().copied().unwrap_or(LogHash::EMPTY)
    }

    /// The hash at a place, if it is known.
    pub fn hash_at(&self, seq: Seq) -> Option<LogHash> {
        let index = usize::try_from(seq.0.checked_sub(self.first()?.0)?).ok()?;
        self.known.get(index).copied()
    }

    /// Whether the hash at the place read last is known.
    pub fn is_known(&self) -> bool {
        !self.known.is_empty()
    }

    /// The first place whose hash is known.
    pub fn first(&self) -> Option<Seq> {
        let before = (self.known.len() as u64).checked_sub(1)?;
        Some(Seq(self.last.0.saturating_sub(before)))
    }

    /// How many hashes are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// The next event was read; returns the hash over the log up to it.
    pub fn advance(&mut self, event: &Event) -> LogHash {
        self.last = self.last.next();
        let Some(before) = self.known.back() else {
            return LogHash::EMPTY;
        };
        let hash = hash_after(*before, event);
        self.known.push_back(hash);
        hash
    }

    /// Forgets the oldest hash, but never the last; whether there was one to forget.
    pub fn forget_oldest(&mut self) -> bool {
        self.known.len() > 1 && self.known.pop_front().is_some()
    }

    /// The hashes up to a place, which must be among the known ones.
    pub fn up_to(&self, last: Seq) -> Option<Self> {
        let count = usize::try_from(last.0.checked_sub(self.first()?.0)?).ok()? + 1;
        let known = (count <= self.known.len()).then(|| self.known.range(..count))?;
        Some(Self {
            last,
            known: known.copied().collect(),
        })
    }

    /// The last place at which other hashes, from place `first` on, agree with those known here.
    pub fn agree(&self, first: Seq, others: &[LogHash]) -> Option<Seq> {
        let start = self.first()?;
        let skip = usize::try_from(first.0.checked_sub(start.0)?).ok()?;
        let pairs = self.known.iter().skip(skip).zip(others);
        let mut same = pairs.enumerate().filter(|(_, (own, other))| own == other);
        let (index, _) = same.next_back()?;
        Some(Seq(first.0 + index as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, DeviceId, LocalId, Ordinal, SafeText, Timestamp};

    fn event(seq: u64) -> Event {
        Event {
            seq: Seq(seq),
            device: DeviceId([1; 8]),
            local: LocalId(seq),
            ordinal: Ordinal::NONE,
            from: "bob".parse().unwrap(),
            sent_at: Timestamp(0),
            stored_after: 0,
            body: Body::Message(SafeText::new("hi")),
        }
    }

    /// Hashes from place 0 on.
    fn read(last: u64) -> Hashes {
        let mut hashes = Hashes::at(Seq(0), LogHash::EMPTY);
        for seq in 1..=last {
            hashes.advance(&event(seq));
        }
        hashes
    }

    fn kept(hashes: &Hashes) -> KnownHashes {
        KnownHashes {
            last: hashes.last(),
            hashes: hashes.known.iter().copied().collect(),
        }
    }

    #[test]
    fn an_unknown_hash_stays_unknown_and_says_so() {
        let mut hashes = Hashes::at(Seq(4), LogHash::EMPTY);
        assert_eq!(hashes.advance(&event(5)), LogHash::EMPTY);
        assert_eq!((hashes.last(), hashes.is_known()), (Seq(5), false));
        assert_eq!(hashes.first(), None);
        assert_eq!(hashes.agree(Seq(0), &[LogHash::EMPTY; 9]), None);
        assert!(Hashes::at(Seq(0), LogHash::EMPTY).is_known());
    }

    #[test]
    fn the_last_place_that_agrees_is_found() {
        let hashes = read(9);
        let mut others: Vec<LogHash> = hashes.known.iter().copied().collect();
        others.truncate(8);
        others[6] = LogHash([9; 16]);
        others[7] = LogHash([9; 16]);
        assert_eq!(hashes.agree(Seq(0), &others), Some(Seq(5)));
        assert_eq!(hashes.agree(Seq(3), &others[3..]), Some(Seq(5)));
        assert_eq!(hashes.agree(Seq(6), &others[6..]), None);
        assert_eq!(hashes.agree(Seq(0), &[]), None);
        assert_eq!(hashes.up_to(Seq(5)).unwrap().hash(), others[5]);
        assert!(hashes.up_to(Seq(10)).is_none());
    }

    #[test]
    fn what_was_kept_counts_only_when_it_ends_at_the_place() {
        let hashes = read(9);
        let restore = |last, hash| Hashes::restore(last, hash, kept(&hashes)).first();
        assert_eq!(restore(Seq(9), hashes.hash()), Some(Seq(0)));
        assert_eq!(restore(Seq(9), LogHash::EMPTY), Some(Seq(0)));
        assert_eq!(restore(Seq(9), LogHash([3; 16])), Some(Seq(9)));
        assert_eq!(restore(Seq(8), hashes.hash()), Some(Seq(8)));
        assert_eq!(restore(Seq(8), LogHash::EMPTY), None);
        let too_many = KnownHashes {
            last: Seq(2),
            hashes: vec![LogHash([3; 16]); 4],
        };
        let restored = Hashes::restore(Seq(2), LogHash([3; 16]), too_many);
        assert_eq!(restored.first(), Some(Seq(2)));
        let long = KnownHashes {
            last: Seq(9_999),
            hashes: vec![LogHash([3; 16]); 5_000],
        };
        let restored = Hashes::restore(Seq(9_999), LogHash([3; 16]), long);
        assert_eq!(restored.len(), HASHES_MAX);
    }
}
