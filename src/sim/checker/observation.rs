//! What the checker is told.

use crate::wire::{Event, EventId, LogId, RoomName, Seq};

/// Who reads: a number the world gives.
pub type ReaderId = usize;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// The relay's disk has this for good.
    Committed {
        /// The room.
        room: RoomName,
        /// Its log.
        log: LogId,
        /// The event.
        event: Event,
    },
    /// On the relay's disk, a room's log goes on under another id.
    Forked {
        /// The room.
        room: RoomName,
        /// Its log so far.
        from: LogId,
        /// Its log from here on.
        to: LogId,
    },
    /// The oldest events of a room are no longer on the relay's disk, because they are old.
    Pruned {
        /// The room.
        room: RoomName,
        /// The first event still there.
        first: Seq,
    },
    /// An older copy takes the place of the relay's disk.
    PutBack {
        /// The rooms in it, their logs, and the last event of each.
        rooms: Vec<(RoomName, LogId, Seq)>,
    },
    /// What the relay's disk has of a room in the end.
    Holds {
        /// The room.
        room: RoomName,
        /// Its log.
        log: LogId,
        /// The first event kept.
        first: Seq,
        /// All events kept, in order.
        events: Vec<Event>,
    },
    /// A user's message is in its outbox.
    Sent {
        /// The user.
        sender: ReaderId,
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
        /// The event it is about, for what is about one.
        about: Option<EventId>,
    },
    /// A user's device sends again what the relay had stored and lost.
    Offered {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// The sender was told that its event is stored.
    Stored {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
        /// Its place.
        seq: Seq,
    },
    /// The sender was told that its event is not stored and will not be.
    Refused {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// A reader was shown an event, in its turn.
    Shown {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The log its place counts in.
        log: LogId,
        /// The event.
        event: Event,
    },
    /// A reader was shown an event before its turn.
    Glimpsed {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The log its place counts in.
        log: LogId,
        /// The event.
        event: Event,
    },
    /// A reader's disk has an event for good.
    Recorded {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The log its place counts in.
        log: LogId,
        /// The event.
        event: Event,
    },
    /// A reader was told that the next events are deleted.
    Gone {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// How many.
        count: u64,
    },
    /// A user was told that somebody else has stored the room up to here.
    Delivered {
        /// The user.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// Up to where.
        seq: Seq,
    },
    /// A reader was told that events are missing for good.
    Missed {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
    },
    /// A user's process died; the next one goes on from its disk.
    Died {
        /// The user.
        reader: ReaderId,
    },
    /// A clock jumped so far that devices may think their events too old to be sent again.
    ClockLeapt,
}

/// Somebody who read a room until the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The reader.
    pub reader: ReaderId,
    /// The room.
    pub room: RoomName,
    /// Whether it asked for the log from its first event on; otherwise it began anywhere.
    pub is_from_start: bool,
}
