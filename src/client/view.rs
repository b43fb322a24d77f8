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
//! its promise, and the session is given up, because resuming brings the missing events. Events the
//! relay tells ahead of their turn are handed on as such, and come again.
//!
//! # Questions of its own
//!
//! To find where a room's log parts from the one read, and what became of missing events, the view
//! asks the relay itself, one question at a time, comparisons first. In a new session it begins
//! anew. The answers are not handed out.

mod incoming;
mod outgoing;
mod own_questions;
mod refusals;

use std::collections::{BTreeMap, VecDeque};

use rand_chacha::ChaCha12Rng;

use super::hashes::KnownHashes;
use super::outbox::{Outbox, SendError};
use super::questions::Questions;
use super::room::{Channel, Intent, Room};
use super::unheard::Unheard;
use super::update::{Contact, Update, Violation};
use crate::room::about_of;
use crate::time::{Instant, earliest};
use crate::wire::{
    Body, DeviceId, Follow, Limit, LogHash, Name, Presence, Query, Refusal, RelayId, RoomName,
    SafeText, Send, Seq, Welcome,
};
use own_questions::OwnQuestion;

/// Rooms open at most. Arbitrary: more than anybody reads.
pub const ROOMS_MAX: usize = 256;

/// The highest number a channel can have: a link takes 128 streams, one of them for control, and no
/// number is used twice in a session.
const CHANNEL_MAX: u32 = 127;

/// Rooms that a relay lets one session have open at once.
const CHANNELS_OPEN_MAX: usize = 64;

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
    /// The relay of the latest session.
    last_relay: Option<RelayId>,
    /// The name it was entered with: what `Stored` stands for carries it, also after a new name,
    /// because that comes on another stream.
    entered_as: Option<Name>,
    /// Whether the user is at hand, and what it says of that.
    presence: (Presence, SafeText),
    is_presence_said: bool,
    rename: Option<Name>,
    rooms: BTreeMap<RoomName, Room>,
    channels: BTreeMap<u32, RoomName>,
    next_channel: u32,
    /// Channels replaced by others of the same room; fewer than rooms, because a channel is only
    /// opened again once its close was taken.
    closes: VecDeque<u32>,
    outbox: Outbox,
    unheard: Unheard,
    questions: Questions,
    own_question: Option<OwnQuestion>,
    updates: VecDeque<Update>,
}

impl View {
    /// The view of a device that knows nothing yet, with randomness for its outbox.
    pub fn new(device: DeviceId, rng: ChaCha12Rng) -> Self {
        Self {
            device,
            welcome: None,
            last_relay: None,
            entered_as: None,
            presence: (Presence::Here, SafeText::default()),
            is_presence_said: true,
            rename: None,
            rooms: BTreeMap::new(),
            channels: BTreeMap::new(),
            next_channel: 1,
            closes: VecDeque::new(),
            outbox: Outbox::new(rng),
            unheard: Unheard::default(),
            questions: Questions::new(),
            own_question: None,
            updates: VecDeque::new(),
        }
    }

    /// A session is entered; everything remembered is said in it.
    pub fn enter(&mut self, welcome: Welcome) {
        self.lost();
        if (self.last_relay).is_some_and(|relay| relay != welcome.relay) {
            self.outbox.relay_changed();
        }
        self.last_relay = Some(welcome.relay);
        self.entered_as = Some(welcome.name.clone());
        self.welcome = Some(welcome);
        self.next_channel = 1;
        self.is_presence_said = self.presence == (Presence::Here, SafeText::default());
        self.rename = None;
    }

    /// What a hosted room has kept from others is sent in the session just entered, before all else.
    pub fn carry_over(&mut self, now: Instant) {
        let Some(welcome) = &self.welcome else {
            return;
        };
        let (relay, is_hosted) = (welcome.relay, welcome.is_hosted);
        let mut carried = Vec::new();
        for (name, send) in self.unheard.enter(now, relay, is_hosted).into_iter().rev() {
            if !self.rooms.contains_key(&name) {
                if !self.make_space(&name) {
                    continue;
                }
                self.rooms.insert(name.clone(), Room::delivering());
            }
            if self.outbox.put_first(&name, send.clone()) {
                carried.push(Update::CarriedOver { room: name, send });
            }
        }
        self.updates.extend(carried.into_iter().rev());
    }

    /// The session is gone.
    pub fn lost(&mut self) {
        self.welcome = None;
        self.entered_as = None;
        self.channels.clear();
        self.closes.clear();
        self.outbox.session_lost();
        self.drop_own_question();
        self.questions.session_lost();
        let outbox = &self.outbox;
        self.rooms.retain(|name, room| {
            room.channel_lost();
            room.is_wanted() || outbox.has(name)
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

    /// Opens a room. One that is open just so stays as it is; one that is open otherwise is opened
    /// anew, and what was read of it before no longer counts. `known` are hashes kept for the place it
    /// is to be read from.
    pub fn open(&mut self, name: RoomName, create: bool, follow: Follow, known: KnownHashes) {
        let intent = Intent::Use { create, follow };
        if self
            .rooms
            .get(&name)
            .is_some_and(|room| room.intent == intent)
        {
            return;
        }
        if !self.make_space(&name) {
            self.updates.push_back(Update::OpenRefused {
                room: name,
                refusal: Limit::OwnRooms.into(),
            });
            return;
        }
        self.replace_channel(&name);
        self.rooms.insert(name, Room::new(intent, known));
    }

    /// The hash over a room's log as it was read, up to what this is about.
    pub fn target(&self, name: &RoomName, body: &Body) -> Option<LogHash> {
        self.rooms.get(name)?.hash_at(about_of(body)?)
    }

    /// Whether the user reads a room.
    pub fn is_followed(&self, name: &RoomName) -> bool {
        self.rooms.get(name).is_some_and(Room::is_followed)
    }

    /// Closes a room once what was sent there is answered; nothing more of it is handed out.
    pub fn close_room(&mut self, name: &RoomName, leave: bool) {
        let Some(room) = self.rooms.get_mut(name) else {
            if leave && self.make_space(name) {
                let room = Room::new(Intent::Close { leave }, KnownHashes::default());
                self.rooms.insert(name.clone(), room);
            }
            return;
        };
        room.intent = Intent::Close { leave };
        let is_open = room.channel.number().is_some();
        if !is_open && !leave && !self.outbox.has(name) {
            self.drop_own_question_about(name);
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
            self.rooms.insert(name.clone(), Room::delivering());
            return Ok(());
        }
        self.outbox.push(name, send)?;
        if let Some(room) = self.rooms.get_mut(name) {
            room.has_typed();
        }
        Ok(())
    }

    /// The user types something for the room.
    pub fn typing(&mut self, now: Instant, name: &RoomName) {
        if let Some(room) = self.rooms.get_mut(name) {
            room.typing(now);
        }
    }

    /// The device has stored the room up to `seq`.
    pub fn seen(&mut self, now: Instant, name: &RoomName, seq: Seq) {
        if let Some(room) = self.rooms.get_mut(name) {
            room.seen(now, seq);
        }
    }

    /// The user has read the room up to `seq`.
    pub fn read(&mut self, now: Instant, name: &RoomName, seq: Seq) {
        if let Some(room) = self.rooms.get_mut(name) {
            room.read(now, seq);
        }
    }

    /// Asks the relay; a question too many is refused at once.
    pub fn ask(&mut self, query: Query) -> u32 {
        let (request, has_room) = self.questions.push(query);
        if !has_room {
            self.updates.push_back(Update::AskRefused {
                request,
                refusal: Limit::OwnQuestions.into(),
            });
        }
        request
    }

    pub fn set_presence(&mut self, presence: Presence, status: SafeText) {
        if self.presence != (presence, status.clone()) {
            self.presence = (presence, status);
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
        self.outbox.handle_timeout(now);
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        let timeouts = self.rooms.values().map(Room::poll_timeout);
        timeouts.fold(self.outbox.poll_timeout(), earliest)
    }

    /// Whether the session in use has no channel left for a room that is to be opened, and another
    /// session would have.
    pub fn is_used_up(&self) -> bool {
        self.welcome.is_some()
            && self.next_channel > CHANNEL_MAX
            && self.channels.len() < CHANNELS_OPEN_MAX
            && (self.rooms.values()).any(|room| room.channel == Channel::Closed)
    }

    /// Whether `name` may be among the rooms: it is, or there is space, or space is made by closing
    /// one that was only opened for messages now delivered.
    fn make_space(&mut self, name: &RoomName) -> bool {
        self.rooms.contains_key(name) || self.rooms.len() < ROOMS_MAX || self.close_idle()
    }

    /// Closes a room that was only opened for messages now delivered, if there is one.
    fn close_idle(&mut self) -> bool {
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
        self.drop_own_question_about(name);
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
