//! What a relay asks of the store that keeps its logs, and what it is told.
//!
//! The relay's core decides the order; the store makes it durable. Requests are answered in the
//! order they were made. Appends that wait together are committed together, all or none; when a
//! commit fails, every append asked for since that builds on it is failed too, because its place in
//! the log depended on those before it.

use crate::wire::{
    DeviceId, Event, EventId, LocalId, LogId, Member, Name, RelayId, RoomName, SafeText, Seq,
    Timestamp,
};

/// The most events one commit takes. Measured: one writing thread stores 15,000 events a second in
/// batches of up to 256, with a median of 3.6 ms.
pub const APPEND_EVENTS_MAX: usize = 256;

/// About the most bytes of text one answer with events carries, so that many readers at once stay
/// cheap. A single event may exceed what is left of it.
pub const READ_BYTES_MAX: usize = 128 * 1024;

/// Something to make durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Append {
    /// A new, empty room.
    Room {
        /// Its name.
        room: RoomName,
        /// The life its log starts.
        log: LogId,
    },
    /// The next event of a room.
    Event {
        /// The room.
        room: RoomName,
        /// The event; the store fills in `stored_after` from its clock at the commit.
        event: Event,
    },
}

/// A relay's request to its store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogRequest {
    /// Make these durable, in this order, all or none.
    Append(Vec<Append>),
    /// The events of a room after a place, oldest first, as many as fit the bounds.
    After {
        /// The relay's number for the request.
        ticket: u64,
        /// The room.
        room: RoomName,
        /// The place; not itself included.
        after: Seq,
        /// The last wanted, included.
        up_to: Seq,
        /// How many at most.
        count_max: usize,
    },
    /// The newest events of a room before a place, oldest first.
    Before {
        /// The relay's number for the request.
        ticket: u64,
        /// The room.
        room: RoomName,
        /// The place; not itself included. The end of the log when `None`.
        before: Option<Seq>,
        /// How many at most.
        count_max: usize,
    },
    /// Where the event with this id stands.
    Find {
        /// The relay's number for the request.
        ticket: u64,
        /// The device that sent it.
        device: DeviceId,
        /// The device's own number for it.
        local: LocalId,
    },
}

/// A store's reply to its relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogReply {
    /// The oldest unanswered [`LogRequest::Append`] is durable.
    Appended {
        /// The store's wall clock at the commit.
        stored_at: Timestamp,
    },
    /// The oldest unanswered [`LogRequest::Append`] is not stored, and leaves no trace.
    NotAppended {
        /// Why, for people: one line.
        reason: String,
    },
    /// The oldest unanswered [`LogRequest::Append`] is not stored and leaves no trace, because these
    /// of its events are stored already. The others may be asked for again.
    Duplicates(Vec<(EventId, Place)>),
    /// Events asked for; fewer than asked for when the log has no more or a bound was reached.
    Events {
        /// The relay's number for the request.
        ticket: u64,
        /// The events, oldest first.
        events: Vec<Event>,
    },
    /// Where an event stands; `None` when there is no such event.
    Found {
        /// The relay's number for the request.
        ticket: u64,
        /// Its place.
        place: Option<Place>,
    },
}

/// Where a stored event stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The room.
    pub room: RoomName,
    /// Its place in the room's log.
    pub seq: Seq,
    /// Microseconds from its `sent_at` to the commit.
    pub stored_after: i64,
}

/// All a relay must know of its store when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The id kept with the store.
    pub relay: RelayId,
    /// Every room.
    pub rooms: Vec<RoomSnapshot>,
}

/// A room, without its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSnapshot {
    /// Its name.
    pub name: RoomName,
    /// The life of its log.
    pub log: LogId,
    /// The last event it has.
    pub head: Seq,
    /// The topic in force; may be empty.
    pub topic: SafeText,
    /// Its members, all of them gone so far.
    pub members: Vec<Member>,
}

/// A member as a log leaves it: nobody is present before the relay serves.
pub fn absent_member(name: Name, device: DeviceId, since: Timestamp) -> Member {
    Member {
        name,
        device,
        presence: crate::wire::Presence::Gone,
        since,
    }
}
