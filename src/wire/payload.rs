//! What members and relays say to each other, inside a session's messages.
//!
//! Every message of a session travels on a numbered stream of its link. Stream 0 is for control;
//! each open room has a stream of its own, its *channel*, chosen by the member that opens it, so
//! that a gap in one room never holds up another. Variants carry short names on the wire because
//! the frequent ones are sent thousands of times.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::WireError;
use super::pack;
use super::text::{Name, RoomName, SafeText};

/// The stream that carries everything not about one room.
pub const CONTROL_CHANNEL: u32 = 0;

/// Wall-clock time: microseconds since 1970-01-01 UTC. For people to read, never for ordering.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// The place of an event in its room's log: 1 for the first, without gaps.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The place after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

macro_rules! id_of_8_bytes {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(pub [u8; 8]);

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($type))
            }
        }

        impl FromStr for $type {
            type Err = WireError;

            fn from_str(text: &str) -> Result<Self, WireError> {
                if text.len() != 16 {
                    return Err(WireError::Malformed);
                }
                u64::from_str_radix(text, 16)
                    .map(|number| Self(number.to_be_bytes()))
                    .map_err(|_| WireError::Malformed)
            }
        }

        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde_bytes::Bytes::new(&self.0).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                serde_bytes::ByteArray::<8>::deserialize(deserializer)
                    .map(|bytes| Self(bytes.into_array()))
            }
        }
    };
}

id_of_8_bytes! {
    /// Names a device: the first 8 bytes of the SHA-256 of its public key.
    DeviceId
}

id_of_8_bytes! {
    /// Names one life of a room's log, random. A relay that lost its log starts another.
    LogId
}

id_of_8_bytes! {
    /// Names a relay for as long as it keeps its store, random.
    RelayId
}

/// The number a device gives to an event it sends, unique for that device; random below 2^63.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalId(pub u64);

/// What makes an event one and the same, however often it is sent: its device and the device's
/// own number for it. Shown as 16 hexadecimal digits, a dash and the number in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The device that sent the event.
    pub device: DeviceId,
    /// Its own number for the event.
    pub local: LocalId,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:x}", self.device, self.local.0)
    }
}

/// A place in one life of a room's log: the last event somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Which log `seq` counts in.
    pub log: LogId,
    /// The last event had; 0 for none.
    pub seq: Seq,
}

/// One entry of a room's log, as stored and sent on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the log.
    pub seq: Seq,
    /// The device that sent it.
    pub device: DeviceId,
    /// The device's own number for it.
    pub local: LocalId,
    /// The name its user went by.
    pub from: Name,
    /// The sender's clock when the user sent it.
    pub sent_at: Timestamp,
    /// Microseconds from `sent_at` to the relay's commit, by two clocks: may be negative.
    pub stored_after: i64,
    /// What happened.
    pub body: Body,
}

impl Event {
    /// What makes this event one and the same, however often it is sent.
    pub fn id(&self) -> EventId {
        EventId {
            device: self.device,
            local: self.local,
        }
    }

    /// The relay's clock when the event was committed.
    pub fn stored_at(&self) -> Timestamp {
        Timestamp(self.sent_at.0.saturating_add(self.stored_after))
    }
}

/// What an event says happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// A user wrote something.
    #[serde(rename = "m")]
    Message(SafeText),
    /// A user did something (`/me`).
    #[serde(rename = "a")]
    Action(SafeText),
    /// A message got a new text.
    #[serde(rename = "e")]
    Edit(Seq, SafeText),
    /// A message got a reaction, by shortcode; empty takes it back.
    #[serde(rename = "r")]
    Reaction(Seq, SafeText),
    /// A message was taken back; its place in the log stays.
    #[serde(rename = "d")]
    Redaction(Seq),
    /// The sender became a member of the room.
    #[serde(rename = "j")]
    Join,
    /// The sender is no longer a member of the room.
    #[serde(rename = "l")]
    Leave,
    /// The room got a topic.
    #[serde(rename = "t")]
    Topic(SafeText),
    /// A user got a role in the room.
    #[serde(rename = "o")]
    Role(Name, Role),
    /// A user goes by another name from here on.
    #[serde(rename = "n")]
    Rename(Name),
}

/// What a member may do in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Read and write.
    #[serde(rename = "m")]
    Member,
    /// Also moderate.
    #[serde(rename = "o")]
    Operator,
}

/// Whether a member is at hand. Shown, never logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    /// In a session, and active.
    #[serde(rename = "h")]
    Here,
    /// In a session, marked as away.
    #[serde(rename = "a")]
    Away,
    /// In no session.
    #[serde(rename = "g")]
    Gone,
}

impl Presence {
    /// The word used on screens and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Away => "away",
            Self::Gone => "gone",
        }
    }
}

/// A member of a room, or of the relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The name the user goes by, unique among those present at a relay.
    pub name: Name,
    /// The device of its latest session.
    pub device: DeviceId,
    /// Whether it is at hand.
    pub presence: Presence,
    /// Since when, by the relay's clock.
    pub since: Timestamp,
}

/// A room, as listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    /// The room.
    pub name: RoomName,
    /// How many members it has that are not gone.
    pub members: u32,
    /// The last event of its log.
    pub seq: Seq,
    /// What it is about; may be empty.
    pub topic: SafeText,
}

/// From a member to its relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToRelay {
    /// Says who this is. The first message of every session, on stream 0; answered by
    /// [`ToMember::Welcome`] or [`ToMember::Refused`].
    #[serde(rename = "i")]
    Enter(Enter),
    /// Opens a room on a channel; answered there by [`ToMember::Opened`] or on stream 0 by
    /// [`ToMember::Refused`].
    #[serde(rename = "o")]
    Open(Open),
    /// Closes a channel, on stream 0: nothing more of that room is wanted here.
    #[serde(rename = "c")]
    Close {
        /// The channel.
        channel: u32,
        /// Whether the user also stops being a member of the room.
        leave: bool,
    },
    /// Adds an event to the room of the channel it is sent on. Answered there, once committed, by
    /// [`ToMember::Stored`], or by [`ToMember::NotStored`].
    #[serde(rename = "s")]
    Send(Send),
    /// The member's device has durably stored the room of this channel up to here.
    #[serde(rename = "d")]
    Seen(Seq),
    /// Asks something, on stream 0; answered there by [`ToMember::Answer`] or
    /// [`ToMember::Refused`].
    #[serde(rename = "q")]
    Ask {
        /// The member's number for the question.
        request: u32,
        /// The question.
        query: Query,
    },
    /// The user is at hand, or marked away, on stream 0.
    #[serde(rename = "p")]
    Presence(Presence),
    /// The user wants another name, on stream 0; answered by [`ToMember::Welcome`] or
    /// [`ToMember::Refused`].
    #[serde(rename = "n")]
    Rename(Name),
}

/// Who a session belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enter {
    /// The name wanted. When another device goes by it, the relay adds a number.
    pub name: Name,
    /// Whether the user is to be seen as present (a screen, a bot), or only brings or fetches
    /// something (`send`, `who`).
    pub visible: bool,
}

/// Opens a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The stream for this room, chosen by the member: above 0, not in use.
    pub channel: u32,
    /// The room.
    pub room: RoomName,
    /// Whether to make the room when there is none.
    pub create: bool,
    /// What to send of the room's log.
    pub follow: Follow,
}

/// What a member wants of a room's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Follow {
    /// Nothing: this member only sends. It does not become a member of the room.
    #[serde(rename = "n")]
    Nothing,
    /// The last so many events, and all that follow.
    #[serde(rename = "l")]
    Last(u32),
    /// All after this place, and all that follow. When the log is another one, the last so many.
    #[serde(rename = "a")]
    After(Cursor, u32),
    /// All after this place of whatever log the room has, and all that follow.
    #[serde(rename = "s")]
    Since(Seq),
}

/// An event for a room's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// The sender's own number for it.
    pub local: LocalId,
    /// The sender's clock when the user sent it.
    pub sent_at: Timestamp,
    /// What happened. Joins, leaves and renames are the relay's to write and are refused here.
    pub body: Body,
    /// Whether it may have been sent before, in an earlier session: the relay then looks for it.
    /// Within a session the link delivers once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

/// A question to a relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Query {
    /// Who is a member of this room, present or not; of every room when `None`.
    #[serde(rename = "w")]
    Members(Option<RoomName>),
    /// The rooms this user may see.
    #[serde(rename = "r")]
    Rooms,
    /// The events of a room before a place (before its end when `None`), newest page.
    #[serde(rename = "h")]
    History {
        /// The room.
        room: RoomName,
        /// The place; not itself included.
        before: Option<Seq>,
        /// How many at most; the relay caps it.
        count: u32,
    },
}

/// From a relay to a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToMember {
    /// The session is entered.
    #[serde(rename = "w")]
    Welcome(Welcome),
    /// A room is open on this channel.
    #[serde(rename = "o")]
    Opened(Opened),
    /// The next event of this channel's room.
    #[serde(rename = "e")]
    Event(Event),
    /// An event this session sent on this channel is committed. To a reader of the room it takes the
    /// place of [`ToMember::Event`], with the name of the session's first [`ToMember::Welcome`]; an
    /// event with another name is sent itself, and is confirmed by that.
    #[serde(rename = "k")]
    Stored {
        /// The sender's own number for it.
        local: LocalId,
        /// Its place in the log.
        seq: Seq,
        /// Microseconds from its `sent_at` to the commit.
        stored_after: i64,
    },
    /// An event this session sent on this channel is not stored and will not be.
    #[serde(rename = "x")]
    NotStored {
        /// The sender's own number for it.
        local: LocalId,
        /// Why.
        refusal: Refusal,
    },
    /// A device of somebody else has stored this channel's room up to here.
    #[serde(rename = "d")]
    Delivered {
        /// Who.
        name: Name,
        /// Up to where.
        seq: Seq,
    },
    /// Members of this channel's room: a page of the list after [`ToMember::Opened`], or a change.
    #[serde(rename = "p")]
    Members(#[serde(deserialize_with = "pack::list")] Vec<Member>),
    /// Part of the answer to a question.
    #[serde(rename = "r")]
    Answer {
        /// The member's number for the question.
        request: u32,
        /// This part.
        part: Answer,
        /// Whether this was the last part.
        is_last: bool,
    },
    /// Something asked for is refused.
    #[serde(rename = "f")]
    Refused {
        /// What: the request number of a question, the channel of an `Open`, or 0 for the session.
        subject: u32,
        /// Why.
        refusal: Refusal,
    },
    /// Somebody wrote in a direct room that this session has not opened.
    #[serde(rename = "v")]
    Waiting {
        /// The room.
        room: RoomName,
        /// The end of its log.
        seq: Seq,
    },
    /// The relay is about to end; the session closes after this.
    #[serde(rename = "b")]
    Closing {
        /// Whether it stood in for a relay inside somebody's client.
        is_hosted: bool,
    },
}

/// A session is entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The name this user goes by here; may differ from the one wanted.
    pub name: Name,
    /// Which relay this is.
    pub relay: RelayId,
    /// What the relay calls itself.
    pub relay_name: Name,
    /// Whether it stands in for a relay inside somebody's client.
    pub is_hosted: bool,
    /// Whether "stored" means a disk; otherwise the relay's memory.
    pub is_durable: bool,
    /// Direct rooms of this user that have something in them, and the end of each.
    #[serde(deserialize_with = "pack::list")]
    pub direct: Vec<(RoomName, Seq)>,
}

/// A room is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The log, and the last event it has now.
    pub head: Cursor,
    /// The first event that will be sent is the one after this.
    pub after: Seq,
    /// What the room is about; may be empty.
    pub topic: SafeText,
}

/// Part of the answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Query::Members`].
    #[serde(rename = "w")]
    Members(#[serde(deserialize_with = "pack::list")] Vec<Member>),
    /// To [`Query::Rooms`].
    #[serde(rename = "r")]
    Rooms(#[serde(deserialize_with = "pack::list")] Vec<RoomInfo>),
    /// To [`Query::History`]: oldest first.
    #[serde(rename = "h")]
    Events(LogId, #[serde(deserialize_with = "pack::list")] Vec<Event>),
}

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
    /// The message makes no sense here: an error in the member's program.
    #[serde(rename = "p")]
    #[error("the relay did not understand the request")]
    Protocol,
}

impl ToRelay {
    /// The bytes of one message of a session.
    pub fn encode(&self) -> Vec<u8> {
        pack::encode(self)
    }

    /// Reads one message of a session.
    ///
    /// # Errors
    /// [`WireError::Malformed`] when it is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        pack::decode(bytes)
    }
}

impl ToMember {
    /// The bytes of one message of a session.
    pub fn encode(&self) -> Vec<u8> {
        pack::encode(self)
    }

    /// Reads one message of a session.
    ///
    /// # Errors
    /// [`WireError::Malformed`] when it is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        pack::decode(bytes)
    }
}
