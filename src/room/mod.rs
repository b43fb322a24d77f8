//! The domain: what a room is, whoever stores it and however it travels.
//!
//! A room is a log of events, the members and the topic that follow from it, and a [`Tail`] of its
//! latest events, encoded once for everyone who reads along. Nothing of a room changes before its
//! event is committed: [`Room::commit`] is the only way forward.

use std::collections::BTreeSet;

use ring::digest;

use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{Body, Event, LogHash, LogId, Name, Refusal, RoomName, SafeText, Seq, pack};

pub mod log;
pub mod memory_log;
mod tail;

pub use tail::Tail;

/// The longest topic, in bytes of UTF-8. Arbitrary: a few lines above a chat.
pub const TOPIC_BYTES_MAX: usize = 1024;

/// The longest shortcode of a reaction, in bytes of UTF-8. The longest in use has 54 letters.
pub const REACTION_BYTES_MAX: usize = 64;

/// The most who have a room open for whom a relay tells what they have stored, and that they type.
/// Every report costs a message per sender and reader, and "delivered to 900" is no longer read by
/// anyone.
pub const DELIVERED_SESSIONS_MAX: usize = 64;

/// A room as its log says it is.
#[derive(Debug)]
pub struct Room {
    /// Its name.
    pub name: RoomName,
    /// The life of its log.
    pub log: LogId,
    /// The life before, when the log was forked.
    pub parent: Option<LogId>,
    /// The first event still kept; the one after `head` when none is.
    pub first: Seq,
    /// The last committed event.
    pub head: Seq,
    /// The hash over the log up to `head`.
    pub hash: LogHash,
    /// What it is about; may be empty.
    pub topic: SafeText,
    /// The names of its members, present or not. Empty for the direct room of two users.
    pub members: BTreeSet<Name>,
    /// Its latest events, encoded.
    pub tail: Tail,
}

/// How an event changed who is a member of its room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// This user became a member.
    Joined(Name),
    /// This user is no longer a member.
    Left(Name),
    /// This member goes by another name.
    Renamed {
        /// The name until now.
        from: Name,
        /// The name from here on.
        to: Name,
    },
}

impl Room {
    /// A new, empty room.
    pub fn new(name: RoomName, log: LogId) -> Self {
        Self {
            name,
            log,
            parent: None,
            first: Seq(1),
            head: Seq(0),
            hash: LogHash::EMPTY,
            topic: SafeText::default(),
            members: BTreeSet::new(),
            tail: Tail::new(Seq(0)),
        }
    }

    /// A room as its store left it.
    pub fn restore(snapshot: log::RoomSnapshot) -> Self {
        Self {
            name: snapshot.name,
            log: snapshot.log,
            parent: snapshot.parent,
            first: snapshot.first,
            head: snapshot.head,
            hash: snapshot.hash,
            topic: snapshot.topic,
            members: snapshot.members.into_iter().map(|m| m.name).collect(),
            tail: Tail::new(snapshot.head),
        }
    }

    /// Takes in a committed event, which must be the next of the log, except for the tail.
    pub fn commit(&mut self, event: &Event) -> Option<Membership> {
        assert_eq!(event.seq, self.head.next(), "a log has no gaps");
        self.head = event.seq;
        self.hash = hash_after(self.hash, event);
        match &event.body {
            Body::Topic(topic) => {
                self.topic = topic.clone();
                None
            }
            Body::Join => {
                self.members.insert(event.from.clone());
                Some(Membership::Joined(event.from.clone()))
            }
            Body::Leave => {
                self.members.remove(&event.from);
                Some(Membership::Left(event.from.clone()))
            }
            Body::Rename(to) => {
                self.members.remove(&event.from);
                self.members.insert(to.clone());
                Some(Membership::Renamed {
                    from: event.from.clone(),
                    to: to.clone(),
                })
            }
            Body::Message(_)
            | Body::Reply(..)
            | Body::Action(_)
            | Body::Edit(..)
            | Body::Reaction(..)
            | Body::Redaction(_)
            | Body::Role(..) => None,
        }
    }
}

/// The hash over a log up to `event`, when it is `before` without it: the first 16 bytes of SHA-256
/// over `before` and the MessagePack of what the event's sender said and its place.
///
/// When the relay stored the event is left out: it says nothing of what was said, in which order.
pub fn hash_after(before: LogHash, event: &Event) -> LogHash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&before.0);
    context.update(&pack::encode(&(
        event.seq,
        event.device,
        event.local,
        event.ordinal,
        &event.from,
        event.sent_at,
        &event.body,
    )));
    let mut hash = LogHash::EMPTY;
    hash.0.copy_from_slice(&context.finish().as_ref()[..16]);
    hash
}

/// Whether a member may send this to a room whose last event is `head`.
///
/// # Errors
/// [`Refusal::TooLong`], [`Refusal::Protocol`] for what only the relay writes and for a place the
/// log does not have, and [`Refusal::NotAllowed`] for a role.
pub fn check_body(body: &Body, head: Seq) -> Result<(), Refusal> {
    let (text, bytes_max, about) = match body {
        Body::Message(text) | Body::Action(text) => (Some(text), TEXT_BYTES_MAX, None),
        Body::Reply(about, text) | Body::Edit(about, text) => {
            (Some(text), TEXT_BYTES_MAX, Some(*about))
        }
        Body::Reaction(about, text) => (Some(text), REACTION_BYTES_MAX, Some(*about)),
        Body::Redaction(about) => (None, 0, Some(*about)),
        Body::Topic(text) => (Some(text), TOPIC_BYTES_MAX, None),
        Body::Role(..) => return Err(Refusal::NotAllowed),
        Body::Join | Body::Leave | Body::Rename(_) => return Err(Refusal::Protocol),
    };
    if text.is_some_and(|text| text.as_str().len() > bytes_max) {
        return Err(Refusal::TooLong);
    }
    if about.is_some_and(|about| about == Seq(0) || about > head) {
        return Err(Refusal::Protocol);
    }
    Ok(())
}

/// The text an event carries.
pub fn text_of(body: &Body) -> Option<&str> {
    match body {
        Body::Message(text)
        | Body::Reply(_, text)
        | Body::Action(text)
        | Body::Edit(_, text)
        | Body::Reaction(_, text)
        | Body::Topic(text) => Some(text.as_str()),
        Body::Role(name, _) | Body::Rename(name) => Some(name.as_str()),
        Body::Redaction(_) | Body::Join | Body::Leave => None,
    }
}

/// Whether an event is something that a person said.
pub fn is_spoken(body: &Body) -> bool {
    match body {
        Body::Message(_) | Body::Reply(..) | Body::Action(_) => true,
        Body::Edit(..) | Body::Reaction(..) | Body::Redaction(_) | Body::Join => false,
        Body::Leave | Body::Topic(_) | Body::Role(..) | Body::Rename(_) => false,
    }
}

/// What somebody said, with another text in its place; all else stays as it is.
pub fn edited(body: &Body, text: &SafeText) -> Body {
    match body {
        Body::Message(_) => Body::Message(text.clone()),
        Body::Reply(to, _) => Body::Reply(*to, text.clone()),
        Body::Action(_) => Body::Action(text.clone()),
        Body::Edit(..) | Body::Reaction(..) | Body::Redaction(_) | Body::Join | Body::Leave => {
            body.clone()
        }
        Body::Topic(_) | Body::Role(..) | Body::Rename(_) => body.clone(),
    }
}

/// The place of the event that this is about.
pub fn about_of(body: &Body) -> Option<Seq> {
    match body {
        Body::Reply(about, _)
        | Body::Edit(about, _)
        | Body::Reaction(about, _)
        | Body::Redaction(about) => Some(*about),
        Body::Message(_)
        | Body::Action(_)
        | Body::Join
        | Body::Leave
        | Body::Topic(_)
        | Body::Role(..)
        | Body::Rename(_) => None,
    }
}

/// How many bytes of text an event's body carries: what is counted against a limit of bytes.
pub fn text_bytes(body: &Body) -> usize {
    text_of(body).map_or(0, str::len)
}

/// Whether a user may know of a room: of every room but other people's direct ones.
pub fn is_for(room: &RoomName, name: &Name) -> bool {
    room.direct_users()
        .is_none_or(|(first, second)| *name == first || *name == second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{DeviceId, LocalId, Ordinal, Role, Timestamp};

    fn event(seq: u64, from: &str, body: Body) -> Event {
        Event {
            seq: Seq(seq),
            device: DeviceId([1; 8]),
            local: LocalId(seq),
            ordinal: Ordinal::NONE,
            from: from.parse().unwrap(),
            sent_at: Timestamp(0),
            stored_after: 0,
            body,
        }
    }

    #[test]
    fn members_and_topic_follow_from_the_log() {
        let mut room = Room::new(RoomName::lobby(), LogId([0; 8]));
        let alice: Name = "alice".parse().unwrap();
        let eve: Name = "eve".parse().unwrap();

        room.commit(&event(1, "alice", Body::Join));
        assert!(room.members.contains(&alice));
        room.commit(&event(2, "alice", Body::Topic(SafeText::new("tea"))));
        assert_eq!(room.topic.as_str(), "tea");
        let change = room.commit(&event(3, "alice", Body::Rename(eve.clone())));
        let (from, to) = (alice, eve.clone());
        assert_eq!(change, Some(Membership::Renamed { from, to }));
        assert_eq!(room.members.iter().collect::<Vec<_>>(), [&eve]);
        room.commit(&event(4, "eve", Body::Leave));
        assert!(room.members.is_empty());
        assert_eq!(room.head, Seq(4));
    }

    #[test]
    fn a_message_of_16_kib_passes_and_one_byte_more_does_not() {
        let fits = Body::Message(SafeText::new(&"x".repeat(TEXT_BYTES_MAX)));
        let over = Body::Message(SafeText::new(&"x".repeat(TEXT_BYTES_MAX + 1)));
        assert_eq!(check_body(&fits, Seq(0)), Ok(()));
        assert_eq!(check_body(&over, Seq(0)), Err(Refusal::TooLong));
    }

    #[test]
    fn an_edit_must_be_about_an_event_the_log_has() {
        let edit = |seq| Body::Edit(Seq(seq), SafeText::new("x"));
        assert_eq!(check_body(&edit(0), Seq(3)), Err(Refusal::Protocol));
        assert_eq!(check_body(&edit(3), Seq(3)), Ok(()));
        assert_eq!(check_body(&edit(4), Seq(3)), Err(Refusal::Protocol));
    }

    #[test]
    fn what_the_relay_writes_is_refused_from_members() {
        let name: Name = "eve".parse().unwrap();
        for body in [Body::Join, Body::Leave, Body::Rename(name.clone())] {
            assert_eq!(check_body(&body, Seq(9)), Err(Refusal::Protocol));
        }
        let role = Body::Role(name, Role::Operator);
        assert_eq!(check_body(&role, Seq(9)), Err(Refusal::NotAllowed));
    }
}
