//! The ways to break a promise.

use super::ReaderId;
use crate::wire::{EventId, RoomName, Seq};

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A sender was told of a place where its event is not.
    #[error("D1: {id} was told stored in {room} at {seq}, where it is not")]
    NotThere {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
        /// The place told.
        seq: Seq,
    },
    /// An event that was told stored is in the log no more.
    #[error("D1: {id} was told stored in {room} and is not there in the end")]
    Lost {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// What was committed is not on the relay's disk any more, and nobody put a copy back.
    #[error("D1: {seq} of {room} was committed and is not on the disk")]
    Forgotten {
        /// The room.
        room: RoomName,
        /// The place.
        seq: Seq,
    },
    /// A reader never got what is stored.
    #[error("D1: reader {reader} was never shown {seq} of {room}")]
    Missing {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The first place missing.
        seq: Seq,
    },
    /// A refused event is in a log.
    #[error("D1: {id} was refused in {room} and is there")]
    RefusedButThere {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// A sender never learned what became of its event.
    #[error("D5: {id} was sent to {room} and never answered")]
    Unanswered {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// An event was answered twice by one process, or in two ways.
    #[error("D1: {id} of {room} was answered more than once")]
    AnsweredTwice {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// A sender was told that its event is delivered, and nobody else has it.
    #[error(
        "D1: reader {reader} was told that {seq} of {room} is delivered, and nobody else has it"
    )]
    NotDelivered {
        /// Who was told.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The place.
        seq: Seq,
    },
    /// An event stands at two places.
    #[error("D2: {id} stands at {first} of {first_room} and at {second} of {second_room}")]
    TwoPlaces {
        /// The event.
        id: EventId,
        /// The room it was seen in first.
        first_room: RoomName,
        /// Its place there.
        first: Seq,
        /// The other room, or the same.
        second_room: RoomName,
        /// Its place there.
        second: Seq,
    },
    /// A reader was shown an event again, or has it on disk twice.
    #[error("D2: reader {reader} got {id} of {room} twice")]
    GotTwice {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// A reader got an event that the log does not have there.
    #[error("D3: reader {reader} got another event at {seq} of {room} than was committed: {got}")]
    Differs {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The place.
        seq: Seq,
        /// What it got.
        got: String,
    },
    /// A reader got the event after one that does not stand before it.
    #[error("D3: reader {reader} got {seq} of {room}, but had read another log before it")]
    Spliced {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The place.
        seq: Seq,
    },
    /// A log got an event at a place it has, or one beyond its end.
    #[error("D3: {id} was committed at {seq} of {room}, which ends at {head}")]
    OutOfPlace {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
        /// Its place.
        seq: Seq,
        /// The end of the log.
        head: Seq,
    },
    /// A sender's events stand in another order than they were sent in.
    #[error("D3: {later} was sent to {room} after {earlier} and stands before it")]
    OutOfOrder {
        /// The room.
        room: RoomName,
        /// The event sent first.
        earlier: EventId,
        /// The event sent later.
        later: EventId,
    },
    /// An event nobody sent.
    #[error("D3: {id} of {room} was never sent there")]
    Invented {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// An edit, reaction or redaction stands in a log where its place means another event.
    #[error("D3: {id} of {room} is about another event than it was sent about")]
    AboutAnother {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// A reader got an event before or after its turn.
    #[error("D4: reader {reader} got {seq} of {room} after {last}")]
    OutOfTurn {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// What it had last.
        last: Seq,
        /// What it got.
        seq: Seq,
    },
    /// A reader was told of lost events, and none were.
    #[error("D1: reader {reader} was told that events of {room} are missing, and none are")]
    FalseAlarm {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
    },
}
