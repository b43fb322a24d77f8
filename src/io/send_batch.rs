//! Datagrams on their way out, in one buffer.

use crate::session::Path;

/// How many datagrams one batch takes: a burst to every member of a large room, and small enough
/// that a batch is sent in a few milliseconds.
const DATAGRAMS_MAX: usize = 512;

/// How many segments one offloaded send carries at most. A train is lost as a whole where a full
/// queue drops it, so it is no longer than the bursts the link paces (16).
const SEGMENTS_MAX: usize = 16;

/// From how many datagrams on a train beats sending them one by one in one system call. Arbitrary,
/// because the offload costs a little to set up.
const SEGMENTS_MIN: usize = 3;

/// What an offloaded send carries at most: the largest UDP payload over IPv4, with slack.
const TRAIN_BYTES_MAX: usize = 65_000;

/// Datagrams to be sent, one behind the other in a buffer that is used again and again.
#[derive(Debug, Default)]
pub struct SendBatch {
    bytes: Vec<u8>,
    datagrams: Vec<Outgoing>,
    /// How many of them are dealt with.
    next: usize,
}

/// One datagram of a batch.
#[derive(Clone, Copy, Debug)]
struct Outgoing {
    path: Path,
    start: usize,
    end: usize,
}

impl SendBatch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a datagram.
    pub fn push(&mut self, path: Path, bytes: &[u8]) {
        self.push_with(|buffer| {
            buffer.extend_from_slice(bytes);
            Some(path)
        });
    }

    /// Adds the datagram that `write` appends to the buffer, as `poll_transmit` of the core does;
    /// nothing when it returns `None`. Says whether there was one.
    pub fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Option<Path>) -> bool {
        let start = self.bytes.len();
        let written = write(&mut self.bytes);
        match written {
            Some(path) => self.datagrams.push(Outgoing {
                path,
                start,
                end: self.bytes.len(),
            }),
            None => self.bytes.truncate(start),
        }
        written.is_some()
    }

    /// Whether it should be sent before more is added. More is taken nevertheless.
    pub fn is_full(&self) -> bool {
        self.datagrams.len() >= DATAGRAMS_MAX
    }

    /// Whether nothing is left to send.
    pub fn is_empty(&self) -> bool {
        self.next == self.datagrams.len()
    }

    /// How many datagrams are left to send.
    pub fn len(&self) -> usize {
        self.datagrams.len() - self.next
    }

    /// The datagrams left to send, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Path, &[u8])> {
        self.datagrams[self.next..]
            .iter()
            .map(|datagram| (datagram.path, &self.bytes[datagram.start..datagram.end]))
    }

    /// Forgets everything; the memory stays for the next batch.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.datagrams.clear();
        self.next = 0;
    }

    /// Moves datagrams that leave from the same address together, because one system call has one
    /// source address. The order within a path stays.
    pub(super) fn group_by_source(&mut self) {
        let left = &mut self.datagrams[self.next..];
        if !left.is_sorted_by_key(|datagram| datagram.path.local) {
            left.sort_by_key(|datagram| datagram.path.local);
        }
    }

    /// Marks the next `count` datagrams as dealt with.
    pub(super) fn advance(&mut self, count: usize) {
        self.next += count;
        if self.is_empty() {
            self.clear();
        }
    }

    /// Lets the kernel choose the source of the next datagram.
    pub(super) fn forget_source(&mut self) {
        self.datagrams[self.next].path.local = None;
    }

    /// What to hand to the kernel next; `None` when nothing is left.
    ///
    /// `segments_max` is what the socket can offload in one send; `group_max` what it can send in
    /// one system call.
    pub(super) fn next_group(&self, segments_max: usize, group_max: usize) -> Option<Group<'_>> {
        let first = self.datagrams.get(self.next)?;
        let count = self.train_length(self.next, segments_max);
        if count >= SEGMENTS_MIN {
            let last = self.datagrams[self.next + count - 1];
            return Some(Group::Train {
                path: first.path,
                bytes: &self.bytes[first.start..last.end],
                segment_bytes: first.end - first.start,
                count,
            });
        }
        // Datagrams one by one, up to where a train begins.
        let mut end = self.next;
        let end_max = self.datagrams.len().min(self.next + group_max);
        while end < end_max && self.datagrams[end].path.local == first.path.local {
            let train = self.train_length(end, segments_max);
            if train >= SEGMENTS_MIN {
                break;
            }
            end += train;
        }
        Some(Group::Separate(Separate {
            datagrams: &self.datagrams[self.next..end.min(end_max)],
            bytes: &self.bytes,
        }))
    }

    /// How many datagrams from `start` on fit one offloaded send: same path, same length but for
    /// a shorter last one, next to each other in the buffer. At least 1.
    fn train_length(&self, start: usize, segments_max: usize) -> usize {
        let first = self.datagrams[start];
        let segment_bytes = first.end - first.start;
        let fitting = TRAIN_BYTES_MAX.checked_div(segment_bytes).unwrap_or(1);
        let count_max = segments_max.min(SEGMENTS_MAX).min(fitting);
        let mut count = 1;
        let mut end = first.end;
        for datagram in &self.datagrams[start + 1..] {
            let length = datagram.end - datagram.start;
            if count >= count_max
                || datagram.path != first.path
                || datagram.start != end
                || length > segment_bytes
                || length == 0
            {
                break;
            }
            count += 1;
            end = datagram.end;
            if length < segment_bytes {
                break;
            }
        }
        count
    }
}

/// What is handed to the kernel in one system call.
pub(super) enum Group<'a> {
    /// Datagrams of one length along one path; only the last may be shorter.
    Train {
        path: Path,
        bytes: &'a [u8],
        segment_bytes: usize,
        count: usize,
    },
    /// Datagrams from one source address to anywhere; at least one.
    Separate(Separate<'a>),
}

/// Datagrams to be sent one by one, all from one source address.
#[derive(Clone, Copy)]
pub(super) struct Separate<'a> {
    datagrams: &'a [Outgoing],
    bytes: &'a [u8],
}

impl<'a> Separate<'a> {
    /// The datagrams, in order.
    pub(super) fn iter(self) -> impl ExactSizeIterator<Item = (Path, &'a [u8])> {
        self.datagrams
            .iter()
            .map(move |datagram| (datagram.path, &self.bytes[datagram.start..datagram.end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(last: u8, local: Option<u8>) -> Path {
        Path {
            remote: ([127, 0, 0, last], 5267).into(),
            local: local.map(|last| [127, 0, 0, last].into()),
        }
    }

    fn separate_lengths(batch: &SendBatch, group_max: usize) -> Vec<usize> {
        match batch.next_group(64, group_max) {
            Some(Group::Separate(group)) => group.iter().map(|(_, bytes)| bytes.len()).collect(),
            Some(Group::Train { .. }) => panic!("a train"),
            None => Vec::new(),
        }
    }

    #[test]
    fn equal_datagrams_in_a_row_are_a_train_with_a_shorter_end() {
        let mut batch = SendBatch::new();
        batch.push(path(1, None), &[0; 50]);
        for length in [100, 100, 100, 30, 100] {
            batch.push(path(2, None), &vec![0; length]);
        }
        assert_eq!(separate_lengths(&batch, 64), [50]);
        batch.advance(1);
        match batch.next_group(64, 64) {
            Some(Group::Train {
                path: to,
                bytes,
                segment_bytes,
                count,
            }) => assert_eq!(
                (to, bytes.len(), segment_bytes, count),
                (path(2, None), 330, 100, 4)
            ),
            _ => panic!("no train"),
        }
        batch.advance(4);
        assert_eq!(separate_lengths(&batch, 64), [100]);
        batch.advance(1);
        assert!(batch.is_empty() && batch.next_group(64, 64).is_none());
    }

    #[test]
    fn without_offload_there_are_no_trains() {
        let mut batch = SendBatch::new();
        for _ in 0..5 {
            batch.push(path(1, None), &[0; 100]);
        }
        match batch.next_group(1, 3) {
            Some(Group::Separate(group)) => assert_eq!(group.iter().len(), 3),
            _ => panic!("a train"),
        }
    }

    #[test]
    fn one_group_has_one_source_and_each_path_keeps_its_order() {
        let mut batch = SendBatch::new();
        for (number, local) in [(1, 2), (2, 1), (3, 2), (4, 1)] {
            batch.push(path(9, Some(local)), &vec![0; number]);
        }
        batch.group_by_source();
        assert_eq!(separate_lengths(&batch, 64), [2, 4]);
        batch.advance(2);
        assert_eq!(separate_lengths(&batch, 64), [1, 3]);
    }

    #[test]
    fn what_is_not_sent_leaves_no_bytes() {
        let mut batch = SendBatch::new();
        let pushed = batch.push_with(|buffer| {
            buffer.push(1);
            None
        });
        assert!(!pushed);
        assert!(batch.push_with(|buffer| {
            buffer.push(2);
            Some(path(1, None))
        }));
        assert_eq!(
            batch.iter().collect::<Vec<_>>(),
            [(path(1, None), &[2][..])]
        );
    }
}
