//! What this user has sent and no relay has answered for yet.
//!
//! An entry stays until its relay says that it is stored or never will be, through any number of
//! sessions. Within a room the order is the order of sending; rooms do not wait for each other.

use std::collections::{BTreeMap, VecDeque};

use crate::room::text_bytes;
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{LocalId, RoomName, Send};

/// Entries waiting at most, all rooms together. Arbitrary: minutes of a chatty bot without a relay,
/// and few enough that looking for one entry by its number stays cheap.
pub const ENTRIES_MAX: usize = 1024;

/// Bytes waiting at most, all rooms together. Arbitrary: room for 64 texts of the longest kind.
pub const BYTES_MAX: usize = 1024 * 1024;

/// What an entry costs beside its text: names, times and numbers, rounded up.
const ENTRY_OVERHEAD: usize = 128;

/// Why a message was not taken. Nothing is lost by it: the caller still has the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Too much is waiting for the relay; try again once some of it is stored.
    #[error("too many messages are waiting for the relay")]
    Full,
    /// The text is longer than 16 KiB, which no relay takes.
    #[error("the message is over 16 KiB")]
    TooLong,
    /// Too many rooms are open.
    #[error("too many rooms are open")]
    TooManyRooms,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The message; `again` says whether an earlier session may have carried it already.
    pub send: Send,
    /// What it counts against [`BYTES_MAX`].
    bytes: usize,
}

/// The entries of one room, oldest first.
#[derive(Debug, Default)]
struct Queue {
    entries: VecDeque<Entry>,
    /// How many of them, from the front, the session in use has taken.
    handed: usize,
}

/// All that is on its way, by room.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queues: BTreeMap<RoomName, Queue>,
    entries: usize,
    bytes: usize,
}

impl Outbox {
    /// Adds a message at the end of its room's queue. One that is already there, by its number, is
    /// not added twice.
    pub fn push(&mut self, room: &RoomName, send: Send) -> Result<(), SendError> {
        let text = text_bytes(&send.body);
        if text > TEXT_BYTES_MAX {
            return Err(SendError::TooLong);
        }
        let is_known = self
            .queues
            .get(room)
            .is_some_and(|queue| queue.position(send.local).is_some());
        if is_known {
            return Ok(());
        }
        let bytes = text + ENTRY_OVERHEAD;
        if self.entries == ENTRIES_MAX || self.bytes + bytes > BYTES_MAX {
            return Err(SendError::Full);
        }
        self.entries += 1;
        self.bytes += bytes;
        let queue = self.queues.entry(room.clone()).or_default();
        queue.entries.push_back(Entry { send, bytes });
        Ok(())
    }

    /// The next message of `room` that the session has not taken.
    pub fn next(&self, room: &RoomName) -> Option<&Entry> {
        let queue = self.queues.get(room)?;
        queue.entries.get(queue.handed)
    }

    /// The session has taken what [`Outbox::next`] returned.
    pub fn handed_over(&mut self, room: &RoomName) {
        if let Some(queue) = self.queues.get_mut(room) {
            queue.handed = (queue.handed + 1).min(queue.entries.len());
        }
    }

    /// Takes an answered message out.
    pub fn remove(&mut self, room: &RoomName, local: LocalId) -> Option<Send> {
        let queue = self.queues.get_mut(room)?;
        let index = queue.position(local)?;
        let entry = queue.entries.remove(index)?;
        if index < queue.handed {
            queue.handed -= 1;
        }
        if queue.entries.is_empty() {
            self.queues.remove(room);
        }
        self.entries -= 1;
        self.bytes -= entry.bytes;
        Some(entry.send)
    }

    /// Takes out everything waiting for a room, oldest first.
    pub fn remove_room(&mut self, room: &RoomName) -> Vec<Send> {
        let entries = self
            .queues
            .remove(room)
            .map_or_else(VecDeque::new, |queue| queue.entries);
        self.entries -= entries.len();
        self.bytes -= entries.iter().map(|entry| entry.bytes).sum::<usize>();
        entries.into_iter().map(|entry| entry.send).collect()
    }

    /// The channel of a room is gone: what it carried unanswered is sent again, and says so.
    pub fn channel_lost(&mut self, room: &RoomName) {
        if let Some(queue) = self.queues.get_mut(room) {
            queue.channel_lost();
        }
    }

    /// The session is gone, and with it every channel.
    pub fn session_lost(&mut self) {
        self.queues.values_mut().for_each(Queue::channel_lost);
    }

    /// Whether anything of this room is unanswered.
    pub fn has(&self, room: &RoomName) -> bool {
        self.queues.contains_key(room)
    }

    /// The rooms something is waiting for.
    pub fn rooms(&self) -> impl Iterator<Item = &RoomName> {
        self.queues.keys()
    }

    /// How many messages are unanswered.
    pub fn len(&self) -> usize {
        self.entries
    }
}

impl Queue {
    fn position(&self, local: LocalId) -> Option<usize> {
        // Answers come in the order of sending, so the front is nearly always the one.
        self.entries
            .iter()
            .position(|entry| entry.send.local == local)
    }

    fn channel_lost(&mut self) {
        for entry in self.entries.iter_mut().take(self.handed) {
            entry.send.again = true;
        }
        self.handed = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, SafeText, Timestamp};

    fn message(local: u64, text: &str) -> Send {
        Send::new(
            LocalId(local),
            Timestamp(0),
            Body::Message(SafeText::new(text)),
        )
    }

    #[test]
    fn a_full_outbox_refuses_and_takes_more_once_something_is_answered() {
        let lobby = RoomName::lobby();
        let mut outbox = Outbox::default();
        for local in 0..ENTRIES_MAX as u64 {
            assert_eq!(outbox.push(&lobby, message(local, "x")), Ok(()));
        }
        assert_eq!(
            outbox.push(&lobby, message(5000, "x")),
            Err(SendError::Full)
        );
        assert!(outbox.remove(&lobby, LocalId(7)).is_some());
        assert_eq!(outbox.push(&lobby, message(5000, "x")), Ok(()));
    }

    #[test]
    fn bytes_are_bounded_too_and_given_back() {
        let lobby = RoomName::lobby();
        let mut outbox = Outbox::default();
        let long = "x".repeat(TEXT_BYTES_MAX);
        let taken = (0..)
            .take_while(|local| outbox.push(&lobby, message(*local, &long)).is_ok())
            .count();
        assert_eq!(taken, BYTES_MAX / (TEXT_BYTES_MAX + ENTRY_OVERHEAD));
        assert_eq!(outbox.remove_room(&lobby).len(), taken);
        assert_eq!((outbox.len(), outbox.bytes), (0, 0));
        let longer = "x".repeat(TEXT_BYTES_MAX + 1);
        assert_eq!(
            outbox.push(&lobby, message(0, &longer)),
            Err(SendError::TooLong)
        );
    }

    #[test]
    fn only_what_a_lost_channel_carried_is_marked_as_sent_again() {
        let lobby = RoomName::lobby();
        let mut outbox = Outbox::default();
        for local in 1..=3 {
            outbox.push(&lobby, message(local, "x")).unwrap();
        }
        outbox.handed_over(&lobby);
        outbox.handed_over(&lobby);
        assert!(outbox.remove(&lobby, LocalId(1)).is_some());
        outbox.session_lost();
        let mut order = Vec::new();
        while let Some(entry) = outbox.next(&lobby) {
            order.push((entry.send.local.0, entry.send.again));
            outbox.handed_over(&lobby);
        }
        assert_eq!(order, [(2, true), (3, false)]);
    }

    #[test]
    fn the_same_message_is_queued_once() {
        let lobby = RoomName::lobby();
        let mut outbox = Outbox::default();
        outbox.push(&lobby, message(1, "x")).unwrap();
        outbox.push(&lobby, message(1, "x")).unwrap();
        assert_eq!(outbox.len(), 1);
    }
}
