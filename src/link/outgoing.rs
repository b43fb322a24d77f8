//! The sending side of streams: what has been handed over and is not yet acknowledged.
//!
//! The unit is the *chunk*: a whole message, or the part of one that went into a record. Chunks,
//! not packets, are sent again. A chunk leaves the table when any packet that carried it is
//! acknowledged.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;

use crate::time::Instant;
use crate::wire::Frame;

use super::Priority;

/// Bytes handed over and not yet acknowledged, at most. Two of the largest messages and some chat.
pub const QUEUE_BYTES_MAX: usize = 192 * 1024;

/// Messages of one stream not yet acknowledged, at most: half of what a receiver takes ahead.
const OUTSTANDING_MAX: u64 = super::incoming::AHEAD_MAX / 2;

/// What a queued message costs beside its bytes, so that empty messages are bounded too.
const MESSAGE_OVERHEAD_BYTES: usize = 32;

/// Names a chunk for as long as it is unacknowledged.
pub type ChunkId = u64;

/// A message, or a part of one.
#[derive(Clone, Debug)]
pub struct Chunk {
    pub stream: u32,
    pub number: u64,
    pub priority: Priority,
    /// Length of the whole message.
    pub total: usize,
    /// Where this part starts in it.
    pub offset: usize,
    pub data: Bytes,
    /// How often it has been sent.
    pub copies: u32,
    /// When it was last sent.
    pub sent_at: Instant,
    /// Whether it stands in the queue of those to be sent again.
    pub is_queued_again: bool,
    /// When it is sent again unless acknowledged.
    pub deadline: Option<Instant>,
}

impl Chunk {
    /// The frame that carries it.
    pub fn frame(&self) -> Frame<'_> {
        if self.data.len() == self.total {
            Frame::Message {
                stream: self.stream,
                number: self.number,
                data: &self.data,
            }
        } else {
            Frame::Fragment {
                stream: self.stream,
                number: self.number,
                total: self.total,
                offset: self.offset,
                data: &self.data,
            }
        }
    }

    /// The most bytes its frame takes.
    pub fn frame_bytes(&self) -> usize {
        if self.data.len() == self.total {
            Frame::message_bytes(self.stream, self.number, self.total)
        } else {
            Frame::FRAGMENT_OVERHEAD_MAX + self.data.len()
        }
    }
}

/// Everything handed over and not yet acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    chunks: BTreeMap<ChunkId, Chunk>,
    next_id: ChunkId,
    next_numbers: BTreeMap<u32, u64>,
    /// Unacknowledged chunks of each message, by stream and number.
    unfinished: BTreeMap<(u32, u64), usize>,
    queued_bytes: usize,
    chat: VecDeque<ChunkId>,
    bulk: VecDeque<ChunkId>,
    again: VecDeque<ChunkId>,
    deadlines: BTreeSet<(Instant, ChunkId)>,
}

/// The queue is full: nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the queue to this peer is full")]
pub struct QueueFull;

impl Outgoing {
    /// Takes a message to be sent on a stream.
    pub fn push(&mut self, stream: u32, priority: Priority, data: Bytes) -> Result<(), QueueFull> {
        let cost = data.len() + MESSAGE_OVERHEAD_BYTES;
        let number = self.next_numbers.get(&stream).copied().unwrap_or(0);
        let oldest = self
            .unfinished
            .range((stream, 0)..=(stream, u64::MAX))
            .next()
            .map_or(number, |((_, oldest), _)| *oldest);
        if self.queued_bytes + cost > QUEUE_BYTES_MAX || number - oldest >= OUTSTANDING_MAX {
            return Err(QueueFull);
        }
        self.next_numbers.insert(stream, number + 1);
        self.unfinished.insert((stream, number), 1);
        self.queued_bytes += cost;
        let id = self.insert(Chunk {
            stream,
            number,
            priority,
            total: data.len(),
            offset: 0,
            data,
            copies: 0,
            sent_at: Instant::ZERO,
            is_queued_again: false,
            deadline: None,
        });
        match priority {
            Priority::Chat | Priority::Receipt => self.chat.push_back(id),
            Priority::Bulk => self.bulk.push_back(id),
        }
        Ok(())
    }

    /// How many more bytes [`Outgoing::push`] takes, in one message.
    pub fn room(&self) -> usize {
        QUEUE_BYTES_MAX.saturating_sub(self.queued_bytes + MESSAGE_OVERHEAD_BYTES)
    }

    /// Messages not yet acknowledged.
    pub fn unacked(&self) -> usize {
        self.unfinished.len()
    }

    /// The bytes these take, and what each costs beside.
    pub fn unacked_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// A chunk that is still unacknowledged.
    pub fn chunk(&self, id: ChunkId) -> Option<&Chunk> {
        self.chunks.get(&id)
    }

    /// The next chunk to be sent again.
    pub fn next_again(&mut self) -> Option<ChunkId> {
        Self::front(&mut self.again, &self.chunks)
    }

    /// The next chunk never sent, chat before bulk.
    pub fn next_new(&mut self) -> Option<ChunkId> {
        self.chat.front().or_else(|| self.bulk.front()).copied()
    }

    /// Whether anything waits to be sent, for the first time or again.
    pub fn has_queued(&mut self) -> bool {
        self.next_again().is_some() || self.next_new().is_some()
    }

    /// Cuts a chunk that does not fit so that its first part does. The rest follows it in its
    /// queue.
    pub fn split(&mut self, id: ChunkId, data_bytes_max: usize) {
        let Some(chunk) = self.chunks.get_mut(&id) else {
            return;
        };
        if chunk.data.len() <= data_bytes_max {
            return;
        }
        let mut rest = chunk.clone();
        rest.data = chunk.data.split_off(data_bytes_max);
        rest.offset += data_bytes_max;
        rest.deadline = None;
        let (key, priority, is_again) = (
            (chunk.stream, chunk.number),
            chunk.priority,
            chunk.is_queued_again,
        );
        let rest_id = self.insert(rest);
        *self.unfinished.entry(key).or_insert(0) += 1;
        let queue = if is_again {
            &mut self.again
        } else if priority == Priority::Bulk {
            &mut self.bulk
        } else {
            &mut self.chat
        };
        let place = queue
            .iter()
            .position(|queued| *queued == id)
            .map_or(0, |place| place + 1);
        queue.insert(place, rest_id);
    }

    /// A chunk has gone into a packet, which leaves now.
    pub fn sent(&mut self, now: Instant, id: ChunkId) {
        let Some(chunk) = self.chunks.get_mut(&id) else {
            return;
        };
        if chunk.copies == 0 {
            let queue = if chunk.priority == Priority::Bulk {
                &mut self.bulk
            } else {
                &mut self.chat
            };
            if queue.front() == Some(&id) {
                queue.pop_front();
            } else {
                queue.retain(|queued| *queued != id);
            }
        }
        if chunk.is_queued_again {
            chunk.is_queued_again = false;
            if self.again.front() == Some(&id) {
                self.again.pop_front();
            } else {
                self.again.retain(|queued| *queued != id);
            }
        }
        chunk.copies += 1;
        chunk.sent_at = now;
    }

    /// A chunk in flight is sent again at `deadline` unless acknowledged.
    pub fn set_deadline(&mut self, id: ChunkId, deadline: Instant) {
        let Some(chunk) = self.chunks.get_mut(&id) else {
            return;
        };
        if let Some(old) = chunk.deadline.replace(deadline) {
            self.deadlines.remove(&(old, id));
        }
        self.deadlines.insert((deadline, id));
    }

    /// Queues a chunk to be sent again, unless it is queued or acknowledged.
    pub fn send_again(&mut self, id: ChunkId) {
        let Some(chunk) = self.chunks.get_mut(&id) else {
            return;
        };
        if let Some(old) = chunk.deadline.take() {
            self.deadlines.remove(&(old, id));
        }
        if !chunk.is_queued_again {
            chunk.is_queued_again = true;
            self.again.push_back(id);
        }
    }

    /// A chunk has arrived.
    pub fn acked(&mut self, id: ChunkId) {
        let Some(chunk) = self.chunks.remove(&id) else {
            return;
        };
        if let Some(deadline) = chunk.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        let key = (chunk.stream, chunk.number);
        if let Some(parts) = self.unfinished.get_mut(&key) {
            *parts -= 1;
            if *parts == 0 {
                self.unfinished.remove(&key);
                self.queued_bytes -= chunk.total + MESSAGE_OVERHEAD_BYTES;
            }
        }
    }

    /// When the next chunk is to be sent again.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Queues the chunks whose time has come to be sent again; returns how many.
    pub fn expire(&mut self, now: Instant) -> usize {
        let mut expired = 0;
        while let Some((deadline, id)) = self.deadlines.first().copied() {
            if deadline > now {
                break;
            }
            self.send_again(id);
            expired += 1;
        }
        expired
    }

    /// Queues receipts to be sent again that have been in flight for longer than a round trip.
    pub fn repeat_receipts(&mut self, now: Instant, rtt: Duration) {
        let old: Vec<ChunkId> = self
            .in_flight()
            .filter(|(_, chunk)| {
                chunk.priority == Priority::Receipt && now.saturating_since(chunk.sent_at) > rtt
            })
            .map(|(id, _)| id)
            .collect();
        for id in old {
            self.send_again(id);
        }
    }

    /// Chunks in flight, those to be sent again soonest first.
    pub fn in_flight(&self) -> impl Iterator<Item = (ChunkId, &Chunk)> {
        self.deadlines
            .iter()
            .filter_map(|(_, id)| self.chunks.get(id).map(|chunk| (*id, chunk)))
    }

    fn insert(&mut self, chunk: Chunk) -> ChunkId {
        let id = self.next_id;
        self.next_id += 1;
        self.chunks.insert(id, chunk);
        id
    }

    /// The front of a queue, without those acknowledged meanwhile.
    fn front(queue: &mut VecDeque<ChunkId>, chunks: &BTreeMap<ChunkId, Chunk>) -> Option<ChunkId> {
        while let Some(id) = queue.front() {
            if chunks.contains_key(id) {
                return Some(*id);
            }
            queue.pop_front();
        }
        None
    }
}
