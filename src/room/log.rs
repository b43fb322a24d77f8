//! What a relay asks of the store that keeps its logs, and what it is told.
//!
//! The relay's core decides the order; the store makes it durable. Requests are answered in the
//! order they were made. Appends that wait together are committed together, all or none; when a
//! commit fails, every append asked for since that builds on it is failed too, because its place in
//! the log depended on those before it.

use std::time::Duration;

use crate::wire::{
    DeviceId, Event, EventId, Found, LocalId, LogHash, LogId, Member, Name, RelayId, RoomName,
    SafeText, Seq, Timestamp,
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
        /// The hash over the log up to this event, itself included.
        hash: LogHash,
    },
    /// A room's log goes on under another id: the relay's store was put back from an older copy, and
    /// others have read another continuation under the id so far, which becomes its parent.
    Fork {
        /// The room.
        room: RoomName,
        /// The life that starts.
        log: LogId,
    },
    /// How far a reader has stored a room, and read it; neither goes back.
    Read {
        /// The room.
        room: RoomName,
        /// The reader's device, which stays the same when its user takes another name.
        device: DeviceId,
        /// What its user goes by now.
        name: Name,
        /// Up to where it is stored.
        seq: Seq,
        /// Up to where it is read.
        read: Seq,
    },
}

/// For how long events are kept. Nothing is deleted by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Events committed longer ago than this are deleted.
    pub age_max: Option<Duration>,
    /// The oldest events of all rooms are deleted while the store takes more bytes than this.
    pub bytes_max: Option<u64>,
}

/// What of a store need not be kept any more. The times are the relay's, because it notices when
/// its clock jumps, and a store does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cutoff {
    /// Events committed before this are deleted.
    pub stored_before: Option<Timestamp>,
    /// The oldest events of all rooms are deleted while the store takes more bytes than this.
    pub bytes_max: Option<u64>,
    /// The ids of events deleted before this are forgotten: sent again, they are stored again.
    pub deleted_before: Option<Timestamp>,
}

/// A relay's request to its store. Appends and prunings are done in the order they are asked for;
/// what is read reflects at least every append that was answered before the question.
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
    /// The hashes over a room's log, from a place on, as many as there are.
    Hashes {
        /// The relay's number for the request.
        ticket: u64,
        /// The room.
        room: RoomName,
        /// The place of the first hash; 0 is before the first event.
        first: Seq,
        /// How many at most.
        count_max: usize,
    },
    /// Events whose text has these words, newest first.
    Search {
        /// The relay's number for the request.
        ticket: u64,
        /// What is searched for, and where.
        search: Search,
    },
    /// Which events with these ordinals a room's log has.
    Numbered {
        /// The relay's number for the request.
        ticket: u64,
        /// The room.
        room: RoomName,
        /// Whose.
        device: DeviceId,
        /// On which line.
        line: u32,
        /// The first number.
        first: u32,
        /// The last number, included.
        last: u32,
    },
    /// Delete what need not be kept, a bounded amount at a time.
    Prune(Cutoff),
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
    /// Hashes asked for. None when the place is not in the log, or is older than what is kept.
    Hashes {
        /// The relay's number for the request.
        ticket: u64,
        /// The hashes, from the place asked for on.
        hashes: Vec<LogHash>,
    },
    /// Events searched for.
    Found {
        /// The relay's number for the request.
        ticket: u64,
        /// The events, newest first, or why there can't be any: one line for people.
        found: Result<Vec<Found>, String>,
    },
    /// Ordinals asked for.
    Numbered {
        /// The relay's number for the request.
        ticket: u64,
        /// The numbers the log has, and where.
        places: Vec<(u32, Seq)>,
    },
    /// The oldest unanswered [`LogRequest::Prune`] is done.
    Pruned {
        /// The rooms that lost events, and the first event each still has.
        rooms: Vec<(RoomName, Seq)>,
        /// Whether there is more to delete.
        is_more: bool,
    },
    /// Where an event stands; `None` when there is no such event.
    Place {
        /// The relay's number for the request.
        ticket: u64,
        /// Its place.
        place: Option<Place>,
    },
}

/// What is searched for, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The words, as the user typed them.
    pub words: String,
    /// The user who asks: direct rooms of others are left out.
    pub reader: Name,
    /// Only in this room.
    pub room: Option<RoomName>,
    /// Only from this user.
    pub from: Option<Name>,
    /// Only those found after this mark of an earlier answer.
    pub after: Option<u64>,
    /// How many at most.
    pub count_max: usize,
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
    /// Whether the store is a backup that was put back: others may have read on where it ends.
    pub is_copy: bool,
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
    /// The life before, when the log was forked.
    pub parent: Option<LogId>,
    /// The first event still kept; the one after `head` when none is.
    pub first: Seq,
    /// The last event it has.
    pub head: Seq,
    /// The hash over the log up to `head`.
    pub hash: LogHash,
    /// The topic in force; may be empty.
    pub topic: SafeText,
    /// Its members, all of them gone so far.
    pub members: Vec<Member>,
    /// How far its readers have stored it.
    pub readers: Vec<Reader>,
}

/// How far a device has stored a room, and its user has read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The device.
    pub device: DeviceId,
    /// What its user went by then.
    pub name: Name,
    /// Up to where it is stored.
    pub seq: Seq,
    /// Up to where it is read.
    pub read: Seq,
}

/// A member as a log leaves it: nobody is present before the relay serves.
pub fn absent_member(name: Name, device: DeviceId, since: Timestamp) -> Member {
    Member {
        name,
        device,
        presence: crate::wire::Presence::Gone,
        since,
        status: crate::wire::SafeText::default(),
    }
}
