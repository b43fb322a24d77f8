//! One room as this user has it: why it is open, on which channel, and how far its log was read.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::time::Instant;
use crate::wire::{Cursor, Event, Follow, LogHash, Opened, RelayId, Seq};

/// Logs of one room whose place is remembered, so that coming back to a relay repeats nothing.
/// Arbitrary: more relays than one network has.
const LOGS_MAX: usize = 8;

/// The highest place a log can have: what a store can hold, and far from overflowing.
pub(super) const SEQ_MAX: Seq = Seq(i64::MAX as u64);

/// "Seen" is said at most this often for a room, so that it does not double the traffic, and often
/// enough that two ticks follow one tick without a visible wait.
pub(super) const SEEN_INTERVAL: Duration = Duration::from_millis(250);

/// Why a room is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// The user opened it: it is opened again in every session.
    Use {
        /// Whether to make the room when there is none.
        create: bool,
        /// What to send of its log.
        follow: Follow,
    },
    /// Something was sent there; nothing else is wanted of it.
    Deliver,
    /// It is closed as soon as what was sent there is answered.
    Close {
        /// Whether the user also stops being a member.
        leave: bool,
    },
}

/// How a room stands with the session in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    /// Not open.
    Closed,
    /// Asked for on this channel.
    Opening(u32),
    /// Open on this channel.
    Open(u32),
}

impl Channel {
    /// The channel's number, once it has one.
    pub fn number(self) -> Option<u32> {
        match self {
            Self::Closed => None,
            Self::Opening(number) | Self::Open(number) => Some(number),
        }
    }
}

/// A place read up to, and the relay it was read at, as far as that is known.
#[derive(Clone, Copy, Debug)]
struct Position {
    relay: Option<RelayId>,
    cursor: Cursor,
}

/// What is to be said about how far the user's device has stored the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// Nothing new.
    Said,
    /// This, at that time.
    Later(Instant),
    /// This, as soon as the session takes it.
    Now,
}

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    pub intent: Intent,
    pub channel: Channel,
    /// The one in force is the last.
    positions: Vec<Position>,
    /// Own events the relay confirmed before it was their turn; see [`Room::confirm_early`].
    early: BTreeMap<Seq, Event>,
    seen: Seen,
    seen_seq: Seq,
    seen_quiet_until: Instant,
}

impl Room {
    pub fn new(intent: Intent) -> Self {
        let positions = match intent {
            Intent::Use {
                follow: Follow::After(cursor, _),
                ..
            } => vec![Position {
                relay: None,
                cursor,
            }],
            Intent::Use { .. } | Intent::Deliver | Intent::Close { .. } => Vec::new(),
        };
        Self {
            intent,
            channel: Channel::Closed,
            positions,
            early: BTreeMap::new(),
            seen: Seen::Said,
            seen_seq: Seq(0),
            seen_quiet_until: Instant::ZERO,
        }
    }

    /// What to ask a relay for: everything after the place last read there, or anywhere.
    pub fn follow(&self, relay: RelayId) -> Follow {
        let Intent::Use { follow, .. } = self.intent else {
            return Follow::Nothing;
        };
        let last = match follow {
            Follow::Nothing => return Follow::Nothing,
            Follow::Last(last) | Follow::After(_, last) => last,
            Follow::Since(_) => u32::MAX,
        };
        self.positions
            .iter()
            .rfind(|position| position.relay == Some(relay))
            .or(self.positions.last())
            .map_or(follow, |position| Follow::After(position.cursor, last))
    }

    /// Whether the relay is to make the room. One that was open before is made again: a relay that
    /// took over from another does not know it.
    pub fn create(&self) -> bool {
        match self.intent {
            Intent::Use { create, .. } => create || !self.positions.is_empty(),
            Intent::Deliver | Intent::Close { .. } => false,
        }
    }

    /// Whether the room's events are handed out.
    pub fn is_followed(&self) -> bool {
        match self.intent {
            Intent::Use { follow, .. } => follow != Follow::Nothing,
            Intent::Deliver | Intent::Close { .. } => false,
        }
    }

    /// The relay opened the room: goes on from the place already read in this log, or from where
    /// the relay starts.
    ///
    /// A log that ends before the place read has lost events and is read like a new one; one that
    /// starts after it has no more to give.
    pub fn opened(&mut self, channel: u32, relay: RelayId, opened: &Opened) {
        self.channel = Channel::Open(channel);
        if !self.is_followed() {
            return;
        }
        let log = opened.head.log;
        let last_log = self.positions.last().map(|position| position.cursor.log);
        let known = self
            .positions
            .iter()
            .position(|position| position.cursor.log == log)
            .map(|index| self.positions.remove(index).cursor.seq)
            .filter(|seq| *seq <= opened.head.seq);
        if self.positions.len() == LOGS_MAX {
            self.positions.remove(0);
        }
        let seq = known.map_or(opened.after, |seq| seq.max(opened.after));
        self.positions.push(Position {
            relay: Some(relay),
            cursor: Cursor {
                log,
                seq,
                hash: LogHash::EMPTY,
            },
        });
        if last_log != Some(log) || known.is_none() {
            self.seen = Seen::Said;
            self.seen_seq = Seq(0);
        } else if self.seen_seq > Seq(0) {
            // The session that said so may not have got it across.
            self.seen = Seen::Now;
        }
    }

    /// The place read up to, while the room is open and followed.
    pub fn cursor(&self) -> Option<Cursor> {
        match self.channel {
            Channel::Open(_) if self.is_followed() => {
                self.positions.last().map(|position| position.cursor)
            }
            Channel::Open(_) | Channel::Opening(_) | Channel::Closed => None,
        }
    }

    /// The event after the place read up to was handed out.
    pub fn advance(&mut self) {
        if let Some(position) = self.positions.last_mut() {
            position.cursor.seq = position.cursor.seq.next();
        }
    }

    /// An event sent again is confirmed while those before it are still to come. It is kept until
    /// its turn, whether or not the relay sends it as well.
    pub fn confirm_early(&mut self, event: Event) {
        self.early.insert(event.seq, event);
    }

    /// How many events were confirmed early.
    pub fn early_len(&self) -> usize {
        self.early.len()
    }

    /// The event confirmed early for this place.
    pub fn take_early(&mut self, seq: Seq) -> Option<Event> {
        self.early.remove(&seq)
    }

    /// The session, or this channel of it, is gone.
    pub fn channel_lost(&mut self) {
        self.channel = Channel::Closed;
        self.early.clear();
    }

    /// The device has stored the room up to `seq`. A place not handed out is ignored: it belongs
    /// to a log that is gone.
    pub fn seen(&mut self, now: Instant, seq: Seq) {
        let is_new = seq > self.seen_seq
            && self
                .positions
                .last()
                .is_some_and(|position| seq <= position.cursor.seq);
        if !is_new {
            return;
        }
        self.seen_seq = seq;
        if self.seen == Seen::Said {
            self.seen = Seen::Later(self.seen_quiet_until);
        }
        self.handle_timeout(now);
    }

    /// What is due for the relay: how far the room is stored.
    pub fn seen_due(&self) -> Option<Seq> {
        match self.seen {
            Seen::Now => self.cursor().map(|_| self.seen_seq),
            Seen::Later(_) | Seen::Said => None,
        }
    }

    /// The session has taken what [`Room::seen_due`] returned.
    pub fn seen_handed_over(&mut self, now: Instant) {
        self.seen = Seen::Said;
        self.seen_quiet_until = now + SEEN_INTERVAL;
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        if matches!(self.seen, Seen::Later(at) if at <= now) {
            self.seen = Seen::Now;
        }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.seen {
            Seen::Later(at) => Some(at),
            Seen::Now | Seen::Said => None,
        }
    }
}
