//! What one user has at a relay: rooms, messages on their way, questions. Knows nothing of
//! datagrams; takes decoded messages and hands out encoded ones.
//!
//! It outlives every session. [`View::enter`] begins one, [`View::lost`] ends it; in between all
//! that is wanted and not yet said in this session is handed out by [`View::next_message`].
//!
//! # Order
//!
//! Events of a followed room are handed out in the order of their places, each once. The relay's
//! `Stored` stands for the event of this user it confirms, which is made here from the outbox. A
//! place already read is a repetition and dropped; one too far ahead means that the relay broke
//! its promise, and the session is given up, because resuming brings the missing events.

mod outgoing;

use std::collections::{BTreeMap, VecDeque};

use super::outbox::{self, Outbox, SendError};
use super::questions::{Questions, REQUEST_MIN};
use super::room::{Channel, Intent, Room, SEQ_MAX};
use super::update::{Contact, Update};
use crate::time::{Instant, earliest};
use crate::wire::{
    CONTROL_CHANNEL, Cursor, DeviceId, Event, Follow, LocalId, LogHash, Name, Opened, Ordinal,
    Presence, Query, Refusal, RoomName, SafeText, Send, Seq, ToMember, Welcome,
};

/// Rooms open at most. Arbitrary: more than anybody reads.
pub const ROOMS_MAX: usize = 256;

/// What a relay must not send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Violation {
    #[error("an event is missing")]
    Gap,
    #[error("a message came on the wrong channel")]
    Channel,
    #[error("a place is out of range")]
    Range,
    #[error("an answer does not end")]
    Endless,
    #[error("a message makes no sense")]
    Malformed,
}

/// A message of the relay that is not about rooms but about the session itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SessionNews {
    /// The session is entered, or the name in it changed.
    Welcome(Welcome),
    /// The relay refused the name, on entering or later.
    Refused(Refusal),
    /// The relay is about to end.
    Closing {
        /// Whether it stood in for a relay inside somebody's client.
        is_hosted: bool,
    },
}

/// All of one user's view but the session itself.
#[derive(Debug)]
pub(super) struct View {
    device: DeviceId,
    /// The session in use; `None` while there is none.
    welcome: Option<Welcome>,
    /// The name it was entered with: what `Stored` stands for carries it, also after a new name,
    /// because that comes on another stream.
    entered_as: Option<Name>,
    presence: Presence,
    is_presence_said: bool,
    rename: Option<Name>,
    rooms: BTreeMap<RoomName, Room>,
    channels: BTreeMap<u32, RoomName>,
    next_channel: u32,
    /// Channels replaced by others of the same room; fewer than rooms, because a channel is only
    /// opened again once its close was taken.
    closes: VecDeque<u32>,
    outbox: Outbox,
    questions: Questions,
    updates: VecDeque<Update>,
}

impl View {
    pub fn new(device: DeviceId) -> Self {
        Self {
            device,
            welcome: None,
            entered_as: None,
            presence: Presence::Here,
            is_presence_said: true,
            rename: None,
            rooms: BTreeMap::new(),
            channels: BTreeMap::new(),
            next_channel: 1,
            closes: VecDeque::new(),
            outbox: Outbox::default(),
            questions: Questions::new(),
            updates: VecDeque::new(),
        }
    }

    /// A session is entered; everything remembered is said in it.
    pub fn enter(&mut self, welcome: Welcome) {
        self.lost();
        self.entered_as = Some(welcome.name.clone());
        self.welcome = Some(welcome);
        self.next_channel = 1;
        self.is_presence_said = self.presence == Presence::Here;
        self.rename = None;
    }

    /// The session is gone.
    pub fn lost(&mut self) {
        self.welcome = None;
        self.entered_as = None;
        self.channels.clear();
        self.closes.clear();
        self.outbox.session_lost();
        self.questions.session_lost();
        let outbox = &self.outbox;
        self.rooms.retain(|name, room| {
            room.channel_lost();
            match room.intent {
                Intent::Use { .. } | Intent::Close { leave: true } => true,
                Intent::Deliver | Intent::Close { leave: false } => outbox.has(name),
            }
        });
    }

    /// The session in use.
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// The name in this session changed.
    pub fn renamed(&mut self, welcome: Welcome) {
        self.welcome = Some(welcome);
    }

    /// Opens a room, or opens it anew: what was read of it before no longer counts.
    pub fn open(&mut self, name: RoomName, create: bool, follow: Follow) {
        if !self.make_space(&name) {
            self.updates.push_back(Update::OpenRefused {
                room: name,
                refusal: Refusal::Limit(SafeText::new("open rooms of one user")),
            });
            return;
        }
        self.replace_channel(&name);
        let room = Room::new(Intent::Use { create, follow });
        self.rooms.insert(name, room);
    }

    /// Closes a room once what was sent there is answered; nothing more of it is handed out.
    pub fn close_room(&mut self, name: &RoomName, leave: bool) {
        let Some(room) = self.rooms.get_mut(name) else {
            if leave && self.make_space(name) {
                let room = Room::new(Intent::Close { leave });
                self.rooms.insert(name.clone(), room);
            }
            return;
        };
        room.intent = Intent::Close { leave };
        let is_needless = room.channel == Channel::Closed && !leave && !self.outbox.has(name);
        if is_needless {
            self.rooms.remove(name);
        }
    }

    /// Takes a message for a room, opening the room for it where needed.
    pub fn send(&mut self, name: &RoomName, send: Send) -> Result<(), SendError> {
        if !self.rooms.contains_key(name) {
            if !self.make_space(name) {
                return Err(SendError::TooManyRooms);
            }
            self.outbox.push(name, send)?;
            let room = Room::new(Intent::Deliver);
            self.rooms.insert(name.clone(), room);
            return Ok(());
        }
        self.outbox.push(name, send)
    }

    /// The device has stored the room up to `seq`.
    pub fn seen(&mut self, now: Instant, name: &RoomName, seq: Seq) {
        if let Some(room) = self.rooms.get_mut(name) {
            room.seen(now, seq);
        }
    }

    /// Asks the relay; a question too many is refused at once.
    pub fn ask(&mut self, query: Query) -> u32 {
        let (request, has_room) = self.questions.push(query);
        if !has_room {
            self.updates.push_back(Update::AskRefused {
                request,
                refusal: Refusal::Limit(SafeText::new("unanswered questions of one user")),
            });
        }
        request
    }

    pub fn set_presence(&mut self, presence: Presence) {
        if self.presence != presence {
            self.presence = presence;
            self.is_presence_said = false;
        }
    }

    /// Asks for another name in this session; without one there is nothing to ask.
    pub fn rename(&mut self, name: Name) {
        self.rename = self.welcome.as_ref().map(|_| name);
    }

    /// How many messages are not answered by a relay.
    pub fn unsent(&self) -> usize {
        self.outbox.len()
    }

    pub fn push_update(&mut self, update: Update) {
        self.updates.push_back(update);
    }

    pub fn push_contact(&mut self, contact: Contact) {
        self.updates.push_back(Update::Contact(contact));
    }

    pub fn poll_update(&mut self) -> Option<Update> {
        self.updates.pop_front()
    }

    pub fn updates_len(&self) -> usize {
        self.updates.len()
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        for room in self.rooms.values_mut() {
            room.handle_timeout(now);
        }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        let timeouts = self.rooms.values().map(Room::poll_timeout);
        timeouts.fold(None, earliest)
    }

    /// Takes one message of the session in use; hands back what concerns the session.
    pub fn handle_message(
        &mut self,
        stream: u32,
        message: ToMember,
    ) -> Result<Option<SessionNews>, Violation> {
        if stream == CONTROL_CHANNEL {
            return self.handle_control(message);
        }
        // A channel that was closed here may still have had messages on their way.
        let Some(name) = self.channels.get(&stream).cloned() else {
            return Ok(None);
        };
        let room = (self.rooms.get_mut(&name)).expect("a channel belongs to a room");
        match message {
            ToMember::Opened(opened) => self.handle_opened(stream, name, opened)?,
            ToMember::Event(event) => self.handle_event(&name, event)?,
            ToMember::Stored {
                local,
                seq,
                stored_after,
            } => self.handle_stored(&name, local, seq, stored_after)?,
            ToMember::NotStored { local, refusal } => {
                if self.outbox.remove(&name, local).is_some() {
                    self.updates.push_back(Update::NotStored {
                        room: name,
                        local,
                        refusal,
                    });
                }
            }
            ToMember::Delivered { name: who, seq } => {
                if room.is_followed() {
                    self.updates.push_back(Update::Delivered {
                        room: name,
                        name: who,
                        seq,
                    });
                }
            }
            ToMember::Members(members) => {
                if room.is_followed() {
                    self.updates.push_back(Update::Members {
                        room: name,
                        members,
                    });
                }
            }
            ToMember::Welcome(_)
            | ToMember::Answer { .. }
            | ToMember::Refused { .. }
            | ToMember::Waiting { .. }
            | ToMember::Ahead { .. }
            | ToMember::Closing { .. } => return Err(Violation::Channel),
        }
        Ok(None)
    }

    fn handle_control(&mut self, message: ToMember) -> Result<Option<SessionNews>, Violation> {
        match message {
            ToMember::Welcome(welcome) => Ok(Some(SessionNews::Welcome(welcome))),
            ToMember::Closing { is_hosted } => Ok(Some(SessionNews::Closing { is_hosted })),
            ToMember::Refused {
                subject: 0,
                refusal,
            } => Ok(Some(SessionNews::Refused(refusal))),
            ToMember::Refused { subject, refusal } if subject >= REQUEST_MIN => {
                if self.questions.refuse(subject) {
                    self.updates.push_back(Update::AskRefused {
                        request: subject,
                        refusal,
                    });
                }
                Ok(None)
            }
            ToMember::Refused { subject, refusal } => {
                self.handle_open_refused(subject, refusal);
                Ok(None)
            }
            ToMember::Answer {
                request,
                part,
                is_last,
            } => {
                let parts = self
                    .questions
                    .handle_part(request, part, is_last)
                    .map_err(|_| Violation::Endless)?
                    .unwrap_or_default();
                let last = parts.len().saturating_sub(1);
                for (index, part) in parts.into_iter().enumerate() {
                    self.updates.push_back(Update::Answer {
                        request,
                        part,
                        is_last: index == last,
                    });
                }
                Ok(None)
            }
            ToMember::Ahead { .. } => Ok(None),
            ToMember::Waiting { room, seq } => {
                self.updates.push_back(Update::Waiting { room, seq });
                Ok(None)
            }
            ToMember::Opened(_)
            | ToMember::Event(_)
            | ToMember::Stored { .. }
            | ToMember::NotStored { .. }
            | ToMember::Delivered { .. }
            | ToMember::Members(_) => Err(Violation::Channel),
        }
    }

    fn handle_opened(
        &mut self,
        channel: u32,
        name: RoomName,
        opened: Opened,
    ) -> Result<(), Violation> {
        let (Some(welcome), Some(room)) = (&self.welcome, self.rooms.get_mut(&name)) else {
            return Err(Violation::Malformed);
        };
        if room.channel != Channel::Opening(channel) {
            return Err(Violation::Malformed);
        }
        if opened.after > SEQ_MAX || opened.head.seq > SEQ_MAX {
            return Err(Violation::Range);
        }
        room.opened(channel, welcome.relay, &opened);
        if matches!(room.intent, Intent::Use { .. }) {
            self.updates
                .push_back(Update::Opened { room: name, opened });
        }
        Ok(())
    }

    fn handle_open_refused(&mut self, channel: u32, refusal: Refusal) {
        let Some(name) = self.channels.remove(&channel) else {
            return;
        };
        for send in self.outbox.remove_room(&name) {
            self.updates.push_back(Update::NotStored {
                room: name.clone(),
                local: send.local,
                refusal: refusal.clone(),
            });
        }
        let room = self.rooms.remove(&name);
        if room.is_some_and(|room| matches!(room.intent, Intent::Use { .. })) {
            self.updates.push_back(Update::OpenRefused {
                room: name,
                refusal,
            });
        }
    }

    fn handle_event(&mut self, name: &RoomName, event: Event) -> Result<(), Violation> {
        let room = (self.rooms.get_mut(name)).expect("a channel belongs to a room");
        let Some(cursor) = room.cursor() else {
            return match room.channel {
                Channel::Open(_) => Ok(()),
                Channel::Opening(_) | Channel::Closed => Err(Violation::Malformed),
            };
        };
        if event.seq > cursor.seq.next() {
            return Err(Violation::Gap);
        }
        if event.device == self.device && self.outbox.remove(name, event.local).is_some() {
            self.updates.push_back(Update::Stored {
                room: name.clone(),
                local: event.local,
                seq: event.seq,
            });
        }
        if event.seq == cursor.seq.next() {
            self.deliver(name, cursor, event)?;
        }
        Ok(())
    }

    fn handle_stored(
        &mut self,
        name: &RoomName,
        local: LocalId,
        seq: Seq,
        stored_after: i64,
    ) -> Result<(), Violation> {
        let room = (self.rooms.get_mut(name)).expect("a channel belongs to a room");
        let cursor = room.cursor();
        let Some(send) = self.outbox.remove(name, local) else {
            // Its event was handed out before, or else can't be made: only the relay has it.
            return match cursor {
                Some(cursor) if seq > cursor.seq => Err(Violation::Gap),
                Some(_) | None => Ok(()),
            };
        };
        self.updates.push_back(Update::Stored {
            room: name.clone(),
            local,
            seq,
        });
        let (Some(cursor), Some(from)) = (cursor, &self.entered_as) else {
            return Ok(());
        };
        if seq <= cursor.seq {
            return Ok(());
        }
        let is_again = send.again;
        let event = Event {
            seq,
            device: self.device,
            local,
            ordinal: Ordinal::NONE,
            from: from.clone(),
            sent_at: send.sent_at,
            stored_after,
            body: send.body,
        };
        if seq == cursor.seq.next() {
            return self.deliver(name, cursor, event);
        }
        // Found in the log by its number while the events before it are still on their way.
        if is_again && room.early_len() < outbox::ENTRIES_MAX {
            room.confirm_early(event);
            return Ok(());
        }
        Err(Violation::Gap)
    }

    /// Hands out the event after `cursor`, and those confirmed early that follow it.
    fn deliver(&mut self, name: &RoomName, cursor: Cursor, event: Event) -> Result<(), Violation> {
        let room = (self.rooms.get_mut(name)).expect("a channel belongs to a room");
        let mut next = Some(event);
        while let Some(event) = next {
            let seq = event.seq;
            if seq >= SEQ_MAX {
                return Err(Violation::Range);
            }
            // Sent as well as confirmed: one of the two is enough.
            room.take_early(seq);
            room.advance();
            self.updates.push_back(Update::Event {
                room: name.clone(),
                log: cursor.log,
                hash: LogHash::EMPTY,
                event,
            });
            next = room.take_early(seq.next());
        }
        Ok(())
    }

    /// Whether `name` may be among the rooms: it is, or there is space, or space is made by closing
    /// one that was only opened for messages now delivered.
    fn make_space(&mut self, name: &RoomName) -> bool {
        if self.rooms.contains_key(name) || self.rooms.len() < ROOMS_MAX {
            return true;
        }
        let idle = self.rooms.iter().find_map(|(name, room)| {
            let is_idle = room.intent == Intent::Deliver && !self.outbox.has(name);
            is_idle.then(|| name.clone())
        });
        let Some(idle) = idle else {
            return false;
        };
        self.replace_channel(&idle);
        self.rooms.remove(&idle);
        true
    }

    /// Closes the channel a room has, because it gets another or none.
    fn replace_channel(&mut self, name: &RoomName) {
        let channel = self.rooms.get(name).and_then(|room| room.channel.number());
        if let Some(channel) = channel {
            self.channels.remove(&channel);
            self.closes.push_back(channel);
            self.outbox.channel_lost(name);
        }
    }
}

#[cfg(test)]
mod tests;
