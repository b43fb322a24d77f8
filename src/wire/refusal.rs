//! Why a relay will not, in types and in words.
//!
//! On the wire a limit, the fault of a store and the reason for an end are words of English, so that
//! a relay may have one that the member does not know: it is shown as it came. Those of this version
//! are listed here, and are told to people in their language.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::{RoomName, SafeText};

/// Why a relay will not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// There is no such room.
    #[serde(rename = "r")]
    #[error("room \"{0}\" does not exist")]
    NoSuchRoom(RoomName),
    /// The user may not do this.
    #[serde(rename = "a")]
    #[error("not allowed")]
    NotAllowed,
    /// The text is longer than 16 KiB.
    #[serde(rename = "l")]
    #[error("the message is over 16 KiB")]
    TooLong,
    /// A limit of the relay, named.
    #[serde(rename = "m")]
    #[error("the relay's limit is reached: {0}")]
    Limit(SafeText),
    /// The relay can't write to its store, with the reason.
    #[serde(rename = "d")]
    #[error("the relay could not store it: {0}")]
    Store(SafeText),
    /// The member has read another log under the same name than the relay has: one of the two was
    /// put back from an older copy. Or only so far as a send is about: the place it names means
    /// another event in the relay's log.
    #[serde(rename = "v")]
    #[error("the relay's history is not the one read so far")]
    Diverged,
    /// The room's log got another id; the channel is closed, and the room can be opened again.
    #[serde(rename = "g")]
    #[error("the room's log was started anew")]
    Moved,
    /// The message makes no sense here: an error in the member's program.
    #[serde(rename = "p")]
    #[error("the relay did not understand the request")]
    Protocol,
}

impl Refusal {
    /// Whether the same may well be taken later: the relay lacks room, and nothing is wrong with
    /// what it was sent.
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Limit(_) | Self::Store(_) => true,
            Self::NoSuchRoom(_)
            | Self::NotAllowed
            | Self::TooLong
            | Self::Diverged
            | Self::Moved
            | Self::Protocol => false,
        }
    }
}

/// A bound that something would have gone beyond. Each is explained where it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Open rooms of a session.
    OpenRooms,
    /// Rooms that a session has opened, closed ones among them.
    RoomsOpened,
    /// Direct rooms of a relay.
    DirectRooms,
    /// Rooms of a relay.
    Rooms,
    /// Members of a room.
    Members,
    /// Events that wait for a relay's store.
    Events,
    /// Messages of a session that wait for the store.
    Messages,
    /// Their bytes.
    MessageBytes,
    /// Confirmations that a session has not read.
    Confirmations,
    /// Unanswered questions of a session.
    Questions,
    /// Characters of a search.
    SearchCharacters,
    /// Open rooms of one user, as the client counts them.
    OwnRooms,
    /// Unanswered questions of one user, as the client counts them.
    OwnQuestions,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::OpenRooms,
        Self::RoomsOpened,
        Self::DirectRooms,
        Self::Rooms,
        Self::Members,
        Self::Events,
        Self::Messages,
        Self::MessageBytes,
        Self::Confirmations,
        Self::Questions,
        Self::SearchCharacters,
        Self::OwnRooms,
        Self::OwnQuestions,
    ];

    /// The limit with these words, if it is known here.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.as_str() == text)
    }

    /// Its words on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenRooms => "64 open rooms",
            Self::RoomsOpened => "127 rooms opened in one session",
            Self::DirectRooms => "16,384 direct rooms",
            Self::Rooms => "1,024 rooms",
            Self::Members => "4,096 members of a room",
            Self::Events => "65,536 events not stored yet",
            Self::Messages => "1,024 messages not stored yet",
            Self::MessageBytes => "32 MiB of messages not stored yet",
            Self::Confirmations => "4,096 confirmations not read yet",
            Self::Questions => "16 questions at a time",
            Self::SearchCharacters => "256 characters to search for",
            Self::OwnRooms => "open rooms of one user",
            Self::OwnQuestions => "unanswered questions of one user",
        }
    }
}

impl From<Limit> for Refusal {
    fn from(limit: Limit) -> Self {
        Self::Limit(SafeText::new(limit.as_str()))
    }
}

/// Why a store can't be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// There is no room on the disk.
    Full,
    /// It may be read alone.
    ReadOnly,
    /// It may not be opened, or its folder is not there.
    Denied,
    /// Another program has it.
    Busy,
    /// The disk does not do what it is told.
    Disk,
    /// What is in it makes no sense.
    Damaged,
    /// It is something else.
    Foreign,
    /// The event would not come after the last one.
    Gap,
    /// A log can't be read.
    Unreadable,
    /// What the system or the database says, in one line.
    Other(String),
}

impl StoreFault {
    /// All that have words of their own.
    pub const NAMED: [Self; 9] = [
        Self::Full,
        Self::ReadOnly,
        Self::Denied,
        Self::Busy,
        Self::Disk,
        Self::Damaged,
        Self::Foreign,
        Self::Gap,
        Self::Unreadable,
    ];

    /// The fault with these words.
    pub fn of(text: &str) -> Self {
        let mut named = Self::NAMED.into_iter();
        named
            .find(|fault| fault.as_str() == text)
            .unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    /// Its words on the wire and in logs.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Full => "the disk is full",
            Self::ReadOnly => "the store is read-only",
            Self::Denied => "permission denied, or the folder is gone",
            Self::Busy => "another program is using the store",
            Self::Disk => "the disk reports an error",
            Self::Damaged => "the store is damaged",
            Self::Foreign => "it is not a lanterm store",
            Self::Gap => "an event before it could not be stored",
            Self::Unreadable => "the log can't be read",
            Self::Other(text) => text,
        }
    }
}

impl fmt::Display for StoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<&StoreFault> for Refusal {
    fn from(fault: &StoreFault) -> Self {
        Self::Store(SafeText::new(fault.as_str()))
    }
}

/// Why one end closes a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// The relay is about to end.
    Ends,
    /// The relay has no room for another session.
    Full,
    /// The member asks for more than it reads.
    Overrun,
    /// The relay does not know what the member says.
    Protocol,
    /// The member's place in a log can't be read.
    Unreadable,
    /// The other end's link breaks the protocol.
    Violation,
    /// The relay says that it has no such session; the member's own words.
    Forgotten,
    /// Nothing came for a long time; the member's own words.
    Silence,
}

impl Parting {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Ends,
        Self::Full,
        Self::Overrun,
        Self::Protocol,
        Self::Unreadable,
        Self::Violation,
        Self::Forgotten,
        Self::Silence,
    ];

    /// The reason with these words, if it is known here.
    pub fn of(text: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|parting| parting.as_str() == text)
    }

    /// Its words on the wire and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ends => "the relay ends",
            Self::Full => "the relay is full",
            Self::Overrun => "too many answers are waiting to be read",
            Self::Protocol => "the relay did not understand the session",
            Self::Unreadable => "the relay can't read its store",
            Self::Violation => "the other end does not follow the protocol",
            Self::Forgotten => "the relay no longer knows this session",
            Self::Silence => "nothing heard for too long",
        }
    }
}

impl fmt::Display for Parting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
