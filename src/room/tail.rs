//! The latest events of a room, encoded once for everyone who reads along.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::wire::{LogHash, Seq};

/// The most events a tail keeps: a reader half a second behind a very busy room (1,000 events a
/// second) is still served from memory.
pub const TAIL_EVENTS_MAX: usize = 512;

/// The most bytes a tail keeps: 512 events of ordinary length, 16 of the longest.
pub const TAIL_BYTES_MAX: usize = 256 * 1024;

/// A gapless run of encoded events that ends with the last of the log.
///
/// At most [`TAIL_EVENTS_MAX`] events and [`TAIL_BYTES_MAX`] bytes, but always the latest event.
#[derive(Debug)]
pub struct Tail {
    /// The place of the first event kept; the one after the log's end when none is.
    first: Seq,
    /// Each with the hash over the log up to it, itself included.
    events: VecDeque<(Bytes, LogHash)>,
    bytes: usize,
}

impl Tail {
    /// An empty tail of a log whose last event is `head`.
    pub fn new(head: Seq) -> Self {
        Self {
            first: head.next(),
            events: VecDeque::new(),
            bytes: 0,
        }
    }

    /// The place of the first event kept. What stands before it, only the store has.
    pub fn first(&self) -> Seq {
        self.first
    }

    /// How many bytes the events take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The event at a place, unless the tail does not have it.
    pub fn event(&self, seq: Seq) -> Option<&Bytes> {
        self.entry(seq).map(|(event, _)| event)
    }

    /// The hash over the log up to a place, itself included, unless the tail does not have that.
    pub fn hash(&self, seq: Seq) -> Option<LogHash> {
        self.entry(seq).map(|(_, hash)| *hash)
    }

    fn entry(&self, seq: Seq) -> Option<&(Bytes, LogHash)> {
        let index = seq.0.checked_sub(self.first.0)?;
        self.events.get(usize::try_from(index).ok()?)
    }

    /// Adds the next event of the log, with the hash up to it, and forgets the oldest beyond the
    /// bounds.
    pub fn push(&mut self, event: Bytes, hash: LogHash) {
        self.bytes += event.len();
        self.events.push_back((event, hash));
        while self.events.len() > TAIL_EVENTS_MAX {
            self.forget_first();
        }
        self.shrink(TAIL_BYTES_MAX);
    }

    /// Forgets the oldest events until no more than `bytes_max` bytes or one event are left.
    pub fn shrink(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max && self.events.len() > 1 {
            self.forget_first();
        }
    }

    /// Forgets every event and gives the memory back.
    pub fn clear(&mut self) {
        while !self.events.is_empty() {
            self.forget_first();
        }
        self.events = VecDeque::new();
    }

    fn forget_first(&mut self) {
        if let Some((event, _)) = self.events.pop_front() {
            self.bytes -= event.len();
            self.first = self.first.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_forgets_its_oldest_events_beyond_either_bound() {
        let mut tail = Tail::new(Seq(10));
        assert_eq!(tail.first(), Seq(11));
        for number in 11..=600u64 {
            let hash = LogHash([number as u8; 16]);
            tail.push(Bytes::copy_from_slice(&number.to_be_bytes()), hash);
        }
        assert_eq!(tail.first(), Seq(600 - 512 + 1));
        assert_eq!(tail.event(Seq(88)), None);
        assert_eq!(tail.event(Seq(600)).unwrap()[..], 600u64.to_be_bytes());
        assert_eq!(tail.hash(Seq(600)), Some(LogHash([600u64 as u8; 16])));
        assert_eq!(tail.hash(Seq(88)), None);
        assert_eq!(tail.event(Seq(601)), None);

        tail.push(Bytes::from(vec![0; TAIL_BYTES_MAX]), LogHash::EMPTY);
        assert_eq!(tail.first(), Seq(601));
        assert_eq!(tail.bytes(), TAIL_BYTES_MAX);
    }

    #[test]
    fn a_cleared_tail_goes_on_after_the_end() {
        let mut tail = Tail::new(Seq(0));
        tail.push(Bytes::from_static(b"a"), LogHash::EMPTY);
        tail.clear();
        tail.push(Bytes::from_static(b"b"), LogHash::EMPTY);
        assert_eq!(tail.event(Seq(1)), None);
        assert_eq!(tail.event(Seq(2)), Some(&Bytes::from_static(b"b")));
    }
}
