//! What members and relays say to each other, inside a session's messages.
//!
//! Every message of a session travels on a numbered stream of its link. Stream 0 is for control;
//! each open room has a stream of its own, its *channel*, chosen by the member that opens it, so
//! that a gap in one room never holds up another. Variants carry short names on the wire because
//! the frequent ones are sent thousands of times.

use serde::{Deserialize, Serialize};

use super::WireError;
use super::ids::{
    Cursor, DeviceId, EventId, LocalId, LogHash, LogId, Ordinal, RelayId, Seq, Timestamp,
};
use super::member::{Member, PathQuality, Presence, Reader};
use super::pack;
use super::refusal::Refusal;
use super::text::{self, Name, RoomName, SafeText};

/// The stream that carries everything not about one room.
pub const CONTROL_CHANNEL: u32 = 0;

/// One entry of a room's log, as stored and sent on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the log.
    pub seq: Seq,
    /// The device that sent it.
    pub device: DeviceId,
    /// The device's own number for it.
    pub local: LocalId,
    /// Which of its sender's events in this room it is.
    pub ordinal: Ordinal,
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
    /// A user answered a message.
    #[serde(rename = "p")]
    Reply(Seq, SafeText),
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
    /// [`ToMember::Stored`], or by [`ToMember::NotStored`]; not at all when it follows one that was
    /// refused.
    #[serde(rename = "s")]
    Send(Send),
    /// The member's device has durably stored the room of this channel up to here.
    #[serde(rename = "d")]
    Seen(Seq),
    /// The user has read the room of this channel up to here.
    #[serde(rename = "r")]
    Read(Seq),
    /// The user is typing a message for the room of this channel; said every few seconds as long as
    /// that goes on.
    #[serde(rename = "t")]
    Typing,
    /// Asks something, on stream 0; answered there by [`ToMember::Answer`] or
    /// [`ToMember::Refused`].
    #[serde(rename = "q")]
    Ask {
        /// The member's number for the question.
        request: u32,
        /// The question.
        query: Query,
    },
    /// The user is at hand, idle, or marked away, and what it says of that; on stream 0.
    #[serde(rename = "p")]
    Presence(
        Presence,
        #[serde(deserialize_with = "text::status")] SafeText,
    ),
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
    /// Which of the sender's events in this room it is.
    pub ordinal: Ordinal,
    /// The sender's clock when the user sent it.
    pub sent_at: Timestamp,
    /// What happened. Joins, leaves and renames are the relay's to write and are refused here.
    pub body: Body,
    /// The hash over the log up to the event that the body is about, that one included, as its
    /// sender has read it: where the relay's log has another one there, the place means another
    /// event, and nothing is stored. `None` when it is about none, or its sender does not know.
    pub target: Option<LogHash>,
    /// Whether it may have been sent before, in an earlier session: the relay then looks for it.
    /// Within a session the link delivers once.
    pub again: bool,
    /// Whether its sender knows that the channel stands still since [`ToMember::NotStored`], and
    /// goes on from here.
    pub resumes: bool,
}

impl Send {
    /// An event sent for the first time.
    pub const fn new(local: LocalId, sent_at: Timestamp, body: Body) -> Self {
        Self {
            local,
            ordinal: Ordinal::NONE,
            sent_at,
            body,
            target: None,
            again: false,
            resumes: false,
        }
    }
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
    /// The hashes over a room's log, from one place on.
    #[serde(rename = "x")]
    Hashes {
        /// The room.
        room: RoomName,
        /// The place of the first hash; 0 is before the first event.
        first: Seq,
        /// How many at most; the relay caps it.
        count: u32,
    },
    /// Events whose text has these words, newest first, of the rooms this user may read.
    #[serde(rename = "s")]
    Search {
        /// The words, as the user typed them: words, prefixes with `*`, phrases in quotes.
        words: String,
        /// Only of this room.
        room: Option<RoomName>,
        /// Only from this user.
        from: Option<Name>,
        /// Only those found after this mark of an earlier answer.
        after: Option<u64>,
        /// How many at most; the relay caps it.
        count: u32,
    },
    /// Which events with these ordinals a room's log has.
    #[serde(rename = "n")]
    Numbered {
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
    /// How well the relay reaches every session it has.
    #[serde(rename = "q")]
    Net,
    /// How far the readers of a room have stored it, and read it.
    #[serde(rename = "d")]
    Delivered(RoomName),
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
    /// An event this session sent on this channel is not stored, and nothing is that it sent there
    /// after it: the channel stands still until [`Send::resumes`].
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
    /// Somebody else is typing a message for this channel's room. Forgotten after six seconds, or when
    /// something comes from them.
    #[serde(rename = "t")]
    Typing {
        /// Who.
        name: Name,
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
    /// An event of a channel's room that comes before its turn, on stream 0: the reader is far
    /// behind, and would wait long for what is said just now. It comes again in its turn.
    #[serde(rename = "a")]
    Ahead {
        /// The channel.
        channel: u32,
        /// The event.
        event: Event,
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
    /// The hash over the log up to `after`.
    pub hash: LogHash,
    /// The first event the relay still has; the one after `head` when it has none.
    pub first: Seq,
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
    /// To [`Query::Hashes`]: of the log, from the place asked for on.
    #[serde(rename = "x")]
    Hashes(
        LogId,
        #[serde(deserialize_with = "pack::list")] Vec<LogHash>,
    ),
    /// To [`Query::Search`]: newest first.
    #[serde(rename = "s")]
    Found(#[serde(deserialize_with = "pack::list")] Vec<Found>),
    /// To [`Query::Numbered`]: the numbers the log has, and where.
    #[serde(rename = "n")]
    Numbered(#[serde(deserialize_with = "pack::list")] Vec<(u32, Seq)>),
    /// To [`Query::Net`]: by name.
    #[serde(rename = "q")]
    Net(#[serde(deserialize_with = "pack::list")] Vec<PathQuality>),
    /// To [`Query::Delivered`].
    #[serde(rename = "d")]
    Delivered(#[serde(deserialize_with = "pack::list")] Vec<Reader>),
}

/// An event that was searched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Its room.
    pub room: RoomName,
    /// The log its seq counts in.
    pub log: LogId,
    /// The event.
    pub event: Event,
    /// Where a further search goes on: [`Query::Search`]'s `after`.
    pub mark: u64,
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
