//! The receiving side of streams: order, and messages put together from fragments.

use std::collections::{BTreeMap, VecDeque};

use crate::wire::frame::MESSAGE_BYTES_MAX;

/// Streams a peer may use. A member opens one per room.
const STREAMS_MAX: usize = 128;

/// How far ahead of the next expected message of a stream one may be. The sender keeps to half of
/// it, see `OUTSTANDING_MAX` in `outgoing`.
pub(super) const AHEAD_MAX: u64 = 2048;

/// Bytes held back while something before them is missing. More than a sender may have in flight.
const HELD_BYTES_MAX: usize = 1024 * 1024;

/// What holding one piece costs beside its bytes (an entry of a map and an allocation), so that
/// a million pieces of one byte can't take a hundred times their size.
const PIECE_BYTES: usize = 64;

/// A message of a stream has arrived, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The stream.
    pub stream: u32,
    /// The message.
    pub data: Vec<u8>,
}

/// Puts the messages of every stream in order and delivers each once.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    streams: BTreeMap<u32, Stream>,
    held_bytes: usize,
    ready: VecDeque<Received>,
}

#[derive(Clone, Debug, Default)]
struct Stream {
    next: u64,
    held: BTreeMap<u64, Held>,
}

/// A message that can't be delivered yet.
#[derive(Clone, Debug)]
enum Held {
    Whole(Vec<u8>),
    Parts(Parts),
}

#[derive(Clone, Debug)]
struct Parts {
    total: usize,
    /// Parts by offset, disjoint.
    parts: BTreeMap<usize, Vec<u8>>,
    arrived: usize,
}

/// Whether a message or part has arrived before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It had not.
    New,
    /// The sender repeats it, because it has not heard of it.
    Again,
}

/// The frame is beyond what a well-behaved peer sends, or there is no room for it: the packet must
/// not be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess;

impl Incoming {
    /// A whole message has arrived, perhaps again.
    pub fn message(&mut self, stream: u32, number: u64, data: &[u8]) -> Result<Arrival, Excess> {
        let Some(state) = self.stream(stream, number)? else {
            return Ok(Arrival::Again);
        };
        if number == state.next {
            self.drop_held(stream, number);
            self.deliver(stream, data.to_vec());
            return Ok(Arrival::New);
        }
        if matches!(state.held.get(&number), Some(Held::Whole(_))) {
            return Ok(Arrival::Again);
        }
        self.drop_held(stream, number);
        self.hold(data.len())?;
        let state = self.streams.entry(stream).or_default();
        state.held.insert(number, Held::Whole(data.to_vec()));
        Ok(Arrival::New)
    }

    /// A part of a message has arrived, perhaps again.
    pub fn fragment(
        &mut self,
        stream: u32,
        number: u64,
        total: usize,
        offset: usize,
        data: &[u8],
    ) -> Result<(), Excess> {
        debug_assert!(total <= MESSAGE_BYTES_MAX && offset + data.len() <= total);
        let Some(state) = self.stream(stream, number)? else {
            return Ok(());
        };
        match state.held.get(&number) {
            Some(Held::Whole(_)) => return Ok(()),
            Some(Held::Parts(parts)) if parts.total != total => return Err(Excess),
            Some(Held::Parts(parts)) if parts.overlaps(offset, data.len()) => {
                // A sender splits again where the path has shrunk, so parts can overlap: take in
                // what is new of this one.
                let fresh = parts.fresh(offset, data);
                for (offset, data) in fresh {
                    self.fragment(stream, number, total, offset, &data)?;
                }
                return Ok(());
            }
            Some(Held::Parts(_)) | None => {}
        }
        self.hold(data.len())?;
        let state = self.streams.entry(stream).or_default();
        let held = state.held.entry(number).or_insert(Held::Parts(Parts {
            total,
            parts: BTreeMap::new(),
            arrived: 0,
        }));
        let Held::Parts(parts) = held else {
            return Ok(());
        };
        parts.parts.insert(offset, data.to_vec());
        parts.arrived += data.len();
        if parts.arrived == total {
            let whole: Vec<u8> = parts.parts.values().flatten().copied().collect();
            let parts_bytes = held.bytes();
            *held = Held::Whole(whole);
            self.held_bytes = self.held_bytes - parts_bytes + held.bytes();
            self.release(stream);
        }
        Ok(())
    }

    /// The next message delivered.
    pub fn poll(&mut self) -> Option<Received> {
        self.ready.pop_front()
    }

    /// The stream, unless the message was delivered before.
    fn stream(&mut self, stream: u32, number: u64) -> Result<Option<&Stream>, Excess> {
        if !self.streams.contains_key(&stream) && self.streams.len() >= STREAMS_MAX {
            return Err(Excess);
        }
        let state = self.streams.entry(stream).or_default();
        if number < state.next {
            return Ok(None);
        }
        if number - state.next >= AHEAD_MAX {
            return Err(Excess);
        }
        Ok(Some(state))
    }

    /// Makes room for a piece of so many bytes.
    fn hold(&mut self, bytes: usize) -> Result<(), Excess> {
        if self.held_bytes + PIECE_BYTES + bytes > HELD_BYTES_MAX {
            return Err(Excess);
        }
        self.held_bytes += PIECE_BYTES + bytes;
        Ok(())
    }

    fn drop_held(&mut self, stream: u32, number: u64) {
        let state = self.streams.get_mut(&stream);
        let held = state.and_then(|state| state.held.remove(&number));
        self.held_bytes -= held.map_or(0, |held| held.bytes());
    }

    /// Delivers the next message of a stream and whatever it held back.
    fn deliver(&mut self, stream: u32, data: Vec<u8>) {
        self.ready.push_back(Received { stream, data });
        self.streams.entry(stream).or_default().next += 1;
        self.release(stream);
    }

    /// Delivers messages of a stream as long as the next one is there.
    fn release(&mut self, stream: u32) {
        let Some(state) = self.streams.get_mut(&stream) else {
            return;
        };
        while let Some(entry) = state.held.first_entry() {
            if *entry.key() != state.next || matches!(entry.get(), Held::Parts(_)) {
                break;
            }
            self.held_bytes -= entry.get().bytes();
            if let Held::Whole(data) = entry.remove() {
                self.ready.push_back(Received { stream, data });
            }
            state.next += 1;
        }
    }
}

impl Held {
    /// What holding this costs.
    fn bytes(&self) -> usize {
        match self {
            Self::Whole(data) => PIECE_BYTES + data.len(),
            Self::Parts(parts) => PIECE_BYTES * parts.parts.len() + parts.arrived,
        }
    }
}

impl Parts {
    fn overlaps(&self, offset: usize, length: usize) -> bool {
        self.parts
            .range(..offset + length)
            .next_back()
            .is_some_and(|(start, data)| start + data.len() > offset)
    }

    /// The pieces of a part that have not arrived yet.
    fn fresh(&self, offset: usize, data: &[u8]) -> Vec<(usize, Vec<u8>)> {
        let mut pieces = Vec::new();
        let end = offset + data.len();
        let mut from = offset;
        for (start, part) in &self.parts {
            let stop = start + part.len();
            if stop <= from {
                continue;
            }
            if *start >= end {
                break;
            }
            if *start > from {
                pieces.push((from, data[from - offset..start - offset].to_vec()));
            }
            from = stop;
        }
        if from < end {
            pieces.push((from, data[from - offset..].to_vec()));
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(incoming: &mut Incoming) -> Vec<(u32, Vec<u8>)> {
        std::iter::from_fn(|| incoming.poll())
            .map(|received| (received.stream, received.data))
            .collect()
    }

    #[test]
    fn a_stream_is_delivered_in_order_and_once() {
        let mut incoming = Incoming::default();
        for number in [2, 0, 2, 0, 1, 1, 2] {
            incoming.message(7, number, &[number as u8]).unwrap();
        }
        assert_eq!(
            drain(&mut incoming),
            [(7, vec![0]), (7, vec![1]), (7, vec![2])]
        );
        assert_eq!(incoming.held_bytes, 0);
    }

    #[test]
    fn a_gap_in_one_stream_holds_up_no_other() {
        let mut incoming = Incoming::default();
        incoming.message(1, 1, b"waits").unwrap();
        incoming.message(2, 0, b"goes").unwrap();
        assert_eq!(drain(&mut incoming), [(2, b"goes".to_vec())]);
    }

    #[test]
    fn fragments_are_put_together_in_any_order_also_when_cut_anew() {
        let mut incoming = Incoming::default();
        let text = b"the quick brown fox jumps";
        incoming.fragment(1, 0, 25, 10, &text[10..20]).unwrap();
        incoming.fragment(1, 0, 25, 10, &text[10..20]).unwrap();
        incoming.fragment(1, 0, 25, 15, &text[15..25]).unwrap();
        incoming.fragment(1, 0, 25, 0, &text[0..12]).unwrap();
        assert_eq!(drain(&mut incoming), [(1, text.to_vec())]);
        assert_eq!(incoming.held_bytes, 0);
        incoming.fragment(1, 0, 25, 0, &text[0..12]).unwrap();
        assert_eq!(incoming.held_bytes, 0);
    }

    #[test]
    fn a_whole_copy_replaces_the_parts() {
        let mut incoming = Incoming::default();
        incoming.fragment(1, 1, 4, 0, b"ab").unwrap();
        incoming.message(1, 1, b"abcd").unwrap();
        incoming.message(1, 0, b"x").unwrap();
        assert_eq!(
            drain(&mut incoming),
            [(1, b"x".to_vec()), (1, b"abcd".to_vec())]
        );
        assert_eq!(incoming.held_bytes, 0);
    }

    #[test]
    fn what_is_held_back_is_bounded() {
        let mut incoming = Incoming::default();
        assert_eq!(incoming.message(1, AHEAD_MAX, b""), Err(Excess));
        let big = vec![0; MESSAGE_BYTES_MAX];
        let fits = HELD_BYTES_MAX / (PIECE_BYTES + MESSAGE_BYTES_MAX);
        for number in 1..=fits {
            assert_eq!(incoming.message(1, number as u64, &big), Ok(Arrival::New));
        }
        assert_eq!(incoming.message(1, fits as u64 + 1, &big), Err(Excess));
        for stream in 2..=STREAMS_MAX as u32 {
            assert_eq!(incoming.message(stream, 0, b""), Ok(Arrival::New));
        }
        assert_eq!(incoming.message(9999, 0, b""), Err(Excess));
    }

    #[test]
    fn a_message_that_changes_its_length_is_refused() {
        let mut incoming = Incoming::default();
        incoming.fragment(1, 0, 25, 0, b"ab").unwrap();
        assert_eq!(incoming.fragment(1, 0, 26, 2, b"cd"), Err(Excess));
    }
}
