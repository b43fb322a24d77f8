//! A session, as the hall knows it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;

use super::{RoomId, SessionId};
use crate::relay::limits::{OWN_EVENTS_MAX, QUEUE_MESSAGES_MAX};
use crate::room::log::Place;
use crate::session::Priority;
use crate::wire::{
    CONTROL_CHANNEL, DeviceId, Event, LocalId, Name, Presence, Query, Refusal, SafeText, Send, Seq,
    ToMember, ToRelay,
};

/// A message on its way to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The stream of the session.
    pub stream: u32,
    /// How urgent it is.
    pub priority: Priority,
    /// The message, encoded.
    pub data: Bytes,
}

/// A session: who it belongs to, its open rooms, and what waits for it.
#[derive(Debug)]
pub(super) struct Seat {
    pub device: DeviceId,
    pub standing: Standing,
    pub channels: BTreeMap<u32, Channel>,
    /// Numbers of channels that were open or refused. None is used again: a message sent on an
    /// old one could arrive in the new.
    pub used: BTreeSet<u32>,
    /// Those of them that wait for the store before they are open.
    pub opening: BTreeSet<u32>,
    /// Messages that overtook what they build on, with their streams.
    pub early: VecDeque<(u32, ToRelay)>,
    /// Messages other than events.
    pub queue: VecDeque<Outgoing>,
    /// Direct rooms with something new that this session has not opened.
    pub waiting: BTreeSet<RoomId>,
    /// Sends not yet proposed, in order: one of them is being looked for in the store.
    pub sends: VecDeque<WaitingSend>,
    /// Sends not yet answered, those above included.
    pub sends_unanswered: usize,
    /// Questions not yet answered; the first one may be under way.
    pub questions: VecDeque<(u32, Query)>,
    /// The look-up of the first question.
    pub asked: Option<u64>,
    /// Events for the one channel that is being caught up.
    pub page: Option<Page>,
    /// The channel served last, so that each has its turn.
    pub channel_served: u32,
}

/// Whether a session has said who it belongs to.
#[derive(Debug)]
pub(super) enum Standing {
    Outside,
    Inside {
        name: Name,
        /// The name it was welcomed with first: the one its receipts stand for.
        entered_as: Name,
        visible: bool,
        presence: Presence,
        /// What its user says of that.
        status: SafeText,
    },
}

/// An open room of a session.
#[derive(Debug)]
pub(super) struct Channel {
    pub room: RoomId,
    /// What it reads along; `None` when it only sends.
    pub follow: Option<Following>,
    pub intake: Intake,
    /// Sends taken and not yet answered.
    pub unanswered: usize,
    /// Own committed events not yet confirmed, by seq.
    pub own: VecDeque<Own>,
    /// Places of the latest own events, for reports of delivery.
    pub own_recent: VecDeque<Seq>,
    /// Reports of delivery not yet sent.
    pub delivered: BTreeMap<Name, Seq>,
    /// Who is typing, not yet told.
    pub typing: BTreeSet<Name>,
}

/// Whether a channel takes what is sent on it.
#[derive(Debug)]
pub(super) enum Intake {
    Open,
    /// A send is refused; its sender is told once all it sent before is answered.
    Refusing(LocalId, Refusal),
    /// A sender was told of a refusal: nothing is taken until it goes on from there.
    Held,
}

/// How far a channel has read along.
#[derive(Debug)]
pub(super) struct Following {
    /// The next event to send.
    pub next: Seq,
    /// What is sent ahead of its turn, while the reader is far behind.
    pub ahead: Option<Ahead>,
    /// Pages of the member list still to send.
    pub roster: VecDeque<Bytes>,
    /// The next change of the member list to send.
    pub change_next: u64,
}

/// How a reader that is far behind is told what is said just now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead {
    /// The next event to send ahead.
    pub next: Seq,
    /// Whether it is the turn of an event in order, so that the reader does catch up.
    pub owes: bool,
}

/// A committed event, as its sender is told of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    pub local: LocalId,
    pub seq: Seq,
    pub stored_after: i64,
    /// Whether the sender can make the event itself from a receipt. Otherwise a reader is told the
    /// event.
    pub is_known: bool,
}

/// Events read from the store for one channel.
#[derive(Debug)]
pub(super) enum Page {
    Asked {
        channel: u32,
        ticket: u64,
    },
    Ready {
        channel: u32,
        events: VecDeque<Event>,
    },
}

/// A send behind a look-up, or the one looked for.
#[derive(Debug)]
pub(super) struct WaitingSend {
    pub channel: u32,
    pub room: RoomId,
    pub send: Send,
    pub lookup: Lookup,
    pub target: Target,
}

/// What is known of the event that a send is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// It was not looked at.
    Unknown,
    /// The store is asked which event stands there.
    HashAsked(u64),
    /// It is the one that its sender means, or it is about none, or the sender does not know.
    Meant,
    /// The store is asked whose it is.
    AuthorAsked(u64),
    /// The send may be stored.
    Granted,
    /// The send may not be stored.
    Refused(Objection),
}

/// Why a send may not be stored that is about another event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Objection {
    /// Another event stands there than the one its sender means.
    Another,
    /// Somebody else wrote it, or it is nothing that can be changed.
    Foreign,
}

impl From<Objection> for Refusal {
    fn from(objection: Objection) -> Self {
        match objection {
            Objection::Another => Self::Diverged,
            Objection::Foreign => Self::NotAllowed,
        }
    }
}

/// What is known of an event that may have been sent before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// It was not sent before.
    Needless,
    /// One with the same id is about to be committed; to be looked for after that.
    Wanted,
    /// The store is looking.
    Asked(u64),
    /// The store's answer.
    Known(Option<Place>),
}

impl Seat {
    pub fn new(device: DeviceId) -> Self {
        Self {
            device,
            standing: Standing::Outside,
            channels: BTreeMap::new(),
            used: BTreeSet::new(),
            opening: BTreeSet::new(),
            early: VecDeque::new(),
            queue: VecDeque::new(),
            waiting: BTreeSet::new(),
            sends: VecDeque::new(),
            sends_unanswered: 0,
            questions: VecDeque::new(),
            asked: None,
            page: None,
            channel_served: CONTROL_CHANNEL,
        }
    }

    /// The name of its user, once it has said so.
    pub fn name(&self) -> Option<&Name> {
        match &self.standing {
            Standing::Outside => None,
            Standing::Inside { name, .. } => Some(name),
        }
    }

    /// Whether its sender knows an event that carries this name.
    pub fn entered_as(&self, other: &Name) -> bool {
        match &self.standing {
            Standing::Outside => false,
            Standing::Inside { entered_as, .. } => entered_as == other,
        }
    }

    /// How its user is seen because of this session; `None` when it is an invisible one.
    pub fn presence(&self) -> Option<(Presence, &SafeText)> {
        match &self.standing {
            Standing::Inside {
                visible: true,
                presence,
                status,
                ..
            } => Some((*presence, status)),
            Standing::Inside { visible: false, .. } | Standing::Outside => None,
        }
    }

    pub fn is_visible(&self) -> bool {
        matches!(self.standing, Standing::Inside { visible: true, .. })
    }

    /// Queues a message about the session.
    pub fn say(&mut self, message: &ToMember) {
        self.say_on(CONTROL_CHANNEL, message);
    }

    /// Queues a message.
    pub fn say_on(&mut self, stream: u32, message: &ToMember) {
        self.queue.push_back(Outgoing {
            stream,
            priority: Priority::Chat,
            data: message.encode().into(),
        });
    }

    pub fn refuse(&mut self, subject: u32, refusal: Refusal) {
        self.say(&ToMember::Refused { subject, refusal });
    }

    /// Whether more waits for the session than it may leave unread. The parts of one answer come
    /// on top, which is why this is asked between messages only.
    pub fn is_overrun(&self) -> bool {
        self.queue.len() > QUEUE_MESSAGES_MAX
    }

    /// Confirmations not yet sent.
    pub fn receipts(&self) -> usize {
        self.channels
            .values()
            .map(|channel| channel.own.len())
            .sum()
    }

    /// Whether it reads along in a room.
    pub fn has_open(&self, room: RoomId) -> bool {
        self.channels
            .values()
            .any(|channel| channel.room == room && channel.follow.is_some())
    }
}

impl Channel {
    /// A channel of a room, just opened.
    pub fn new(room: RoomId, follow: Option<Following>) -> Self {
        Self {
            room,
            follow,
            intake: Intake::Open,
            unanswered: 0,
            own: VecDeque::new(),
            own_recent: VecDeque::new(),
            delivered: BTreeMap::new(),
            typing: BTreeSet::new(),
        }
    }

    /// The refusal its sender is to be told now, if any: then the channel is held.
    pub fn take_refusal(&mut self) -> Option<ToMember> {
        if self.unanswered > 0 || !matches!(self.intake, Intake::Refusing(..)) {
            return None;
        }
        match std::mem::replace(&mut self.intake, Intake::Held) {
            Intake::Refusing(local, refusal) => Some(ToMember::NotStored { local, refusal }),
            Intake::Open | Intake::Held => None,
        }
    }

    /// Takes note of an own event that is committed. Returns whether it will be confirmed in its
    /// place; otherwise its place was passed already.
    pub fn confirm(&mut self, own: Own) -> bool {
        self.own_recent.push_back(own.seq);
        if self.own_recent.len() > OWN_EVENTS_MAX {
            self.own_recent.pop_front();
        }
        if self
            .follow
            .as_ref()
            .is_some_and(|follow| own.seq < follow.next)
        {
            return false;
        }
        let index = self.own.partition_point(|other| other.seq < own.seq);
        self.own.insert(index, own);
        true
    }
}

impl Own {
    pub fn stored(&self) -> ToMember {
        ToMember::Stored {
            local: self.local,
            seq: self.seq,
            stored_after: self.stored_after,
        }
    }
}

/// Where a proposed event came from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A session, on a channel.
    Session(SessionId, u32),
    /// The relay itself.
    Relay,
}
