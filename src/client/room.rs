//! One room as this user has it: why it is open, on which channel, and how far its log was read.
//!
//! # Getting a channel back
//!
//! A relay may refuse to open a room, or close a channel it has. What then happens to the room is
//! its [`Channel`]:
//!
//! - The relay lacks room: it is opened again after a wait, see [`Patience`].
//! - Its log got another id: it is opened again at once.
//! - The relay's log is not the one read: the two are compared, and it is opened again from the last
//!   place both have. See [`Positions::compare`].
//!
//! A relay that says one of the latter two [`SETBACKS_MAX`] times without a pause is not believed:
//! the log is read like an unknown one, and after a wait each time. What was not compared, because the
//! session ended before or the relay could not answer, does not count: the relay only says it again.

use std::collections::BTreeMap;
use std::time::Duration;

use super::gaps::Gaps;
use super::hashes::KnownHashes;
use super::patience::Patience;
use super::positions::{Compared, Comparison, Going, Positions};
use super::progress::Progress;
use crate::time::{Instant, earliest};
use crate::wire::{Cursor, Event, Follow, LogHash, LogId, Opened, Refusal, RelayId, Seq};

/// The highest place a log can have: what a store can hold, and far from overflowing.
pub(super) const SEQ_MAX: Seq = Seq(i64::MAX as u64);

/// That the user types is said at most this often for a room. Who heard it forgets it after twice that,
/// so that one may be late.
pub(super) const TYPING_INTERVAL: Duration = Duration::from_secs(3);

/// How often in a row a relay may say that a log is another one before it is not believed. A relay
/// that was put back says so once or twice.
pub(super) const SETBACKS_MAX: u32 = 3;

/// What is further apart than this is not in a row. Arbitrary: far longer than opening a room takes.
pub(super) const SETBACK_PAUSE: Duration = Duration::from_secs(10);

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
    /// Not open; to be opened as soon as there is a session.
    Closed,
    /// Refused; to be opened again then.
    Waiting {
        /// When.
        until: Instant,
    },
    /// Refused, because the relay's log is another one than the one read; the two are compared.
    Comparing(Comparison),
    /// Asked for on this channel.
    Opening(u32),
    /// Open on this channel.
    Open(u32),
}

impl Channel {
    /// The channel's number, once it has one.
    pub fn number(self) -> Option<u32> {
        match self {
            Self::Closed | Self::Waiting { .. } | Self::Comparing(_) => None,
            Self::Opening(number) | Self::Open(number) => Some(number),
        }
    }
}

/// How often in a row something went wrong.
#[derive(Clone, Copy, Debug, Default)]
struct Streak {
    count: u32,
    last: Option<Instant>,
}

impl Streak {
    /// It went wrong once more; returns how often in a row.
    fn add(&mut self, now: Instant) -> u32 {
        let goes_on = (self.last).is_some_and(|last| now.saturating_since(last) < SETBACK_PAUSE);
        self.count = if goes_on {
            self.count.saturating_add(1)
        } else {
            1
        };
        self.last = Some(now);
        self.count
    }

    /// The last time does not count.
    fn take_back(&mut self) {
        self.count = self.count.saturating_sub(1);
    }
}

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    pub intent: Intent,
    pub channel: Channel,
    positions: Positions,
    /// The place the relay was asked to go on from when the room was last opened.
    asked: Option<Cursor>,
    /// Own events the relay confirmed before it was their turn; see [`Room::confirm_early`].
    early: BTreeMap<Seq, Event>,
    pub gaps: Gaps,
    /// How far the device has stored the log.
    pub seen: Progress,
    /// How far the user has read it.
    pub read: Progress,
    /// Whether it is to be said that the user types.
    is_typing: bool,
    typing_quiet_until: Instant,
    patience: Patience,
    /// The passing refusal to open it that was told last.
    told: Option<Refusal>,
    moves: Streak,
    divergences: Streak,
}

impl Room {
    pub fn new(intent: Intent, known: KnownHashes) -> Self {
        let follow = match intent {
            Intent::Use { follow, .. } => follow,
            Intent::Deliver | Intent::Close { .. } => Follow::Nothing,
        };
        Self {
            intent,
            channel: Channel::Closed,
            positions: Positions::new(follow, known),
            asked: None,
            early: BTreeMap::new(),
            gaps: Gaps::default(),
            seen: Progress::new(),
            read: Progress::new(),
            is_typing: false,
            typing_quiet_until: Instant::ZERO,
            patience: Patience::default(),
            told: None,
            moves: Streak::default(),
            divergences: Streak::default(),
        }
    }

    /// A room opened for messages only.
    pub fn delivering() -> Self {
        Self::new(Intent::Deliver, KnownHashes::default())
    }

    /// The hash over the log read up to a place, if it is among those kept.
    pub fn hash_at(&self, seq: Seq) -> Option<LogHash> {
        self.positions.hash_at(seq)
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
        match (self.positions.at(relay), follow) {
            (Some(cursor), _) => Follow::After(cursor, last),
            // The place it began with turned out to be in no log that the relay has.
            (None, Follow::After(..)) => Follow::Last(last),
            (None, Follow::Nothing | Follow::Last(_) | Follow::Since(_)) => follow,
        }
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

    /// Whether the user still wants to hear how far others have stored the room.
    pub fn is_heard(&self) -> bool {
        match self.intent {
            Intent::Use { .. } | Intent::Deliver => true,
            Intent::Close { .. } => false,
        }
    }

    /// Whether it is to be open, besides for what waits to be sent there.
    pub fn is_wanted(&self) -> bool {
        match self.intent {
            Intent::Use { .. } | Intent::Close { leave: true } => true,
            Intent::Deliver | Intent::Close { leave: false } => false,
        }
    }

    /// The relay is asked to open the room as [`Room::follow`] says.
    pub fn opening(&mut self, channel: u32, relay: RelayId) {
        self.channel = Channel::Opening(channel);
        self.asked = match self.follow(relay) {
            Follow::After(cursor, _) => Some(cursor),
            Follow::Nothing | Follow::Last(_) | Follow::Since(_) => None,
        };
    }

    /// The relay opened the room; says how reading goes on when the room is followed.
    pub fn opened(&mut self, channel: u32, relay: RelayId, opened: &Opened) -> Option<Going> {
        self.channel = Channel::Open(channel);
        self.patience.succeeded();
        self.told = None;
        if !self.is_followed() {
            return None;
        }
        let going = self.positions.opened(relay, self.asked, opened);
        match going {
            Going::On => {}
            // What is missing now was not lost on the way.
            Going::Gone(_) | Going::Anew => self.gaps = Gaps::default(),
        }
        for progress in [&mut self.seen, &mut self.read] {
            match going {
                // The session that said so may not have got it across.
                Going::On | Going::Gone(_) => progress.say_again(),
                Going::Anew => progress.go_back(Seq(0)),
            }
        }
        Some(going)
    }

    /// The relay can't open the room just now. Whether the user, who has nothing waiting to be sent
    /// there, is to be told.
    pub fn refused(&mut self, now: Instant, refusal: &Refusal) -> bool {
        self.wait(now);
        let is_told = self.told.as_ref() == Some(refusal);
        self.told = Some(refusal.clone());
        !is_told
    }

    /// The room's log has another id.
    pub fn moved(&mut self, now: Instant) {
        if self.moves.add(now) < SETBACKS_MAX {
            self.channel = Channel::Closed;
        } else {
            self.wait(now);
        }
    }

    /// The relay's log is not the one read. Returns the outcome when there is nothing to compare.
    pub fn diverged(&mut self, now: Instant) -> Option<Compared> {
        let is_believed = self.divergences.add(now) < SETBACKS_MAX;
        if !is_believed {
            self.wait(now);
            let asked = self.asked?;
            return Some(self.give_up(asked.log));
        }
        let asked = self.asked?;
        if let Some(comparison) = self.positions.start_comparison(asked) {
            self.channel = Channel::Comparing(comparison);
            return None;
        }
        self.channel = Channel::Closed;
        Some(self.give_up(asked.log))
    }

    /// Which hashes are wanted of the relay for a comparison.
    pub fn wanted_hashes(&self) -> Option<(Seq, u32)> {
        match &self.channel {
            Channel::Comparing(comparison) => self.positions.wanted(comparison),
            Channel::Closed | Channel::Waiting { .. } | Channel::Opening(_) | Channel::Open(_) => {
                None
            }
        }
    }

    /// Takes the hashes wanted for a comparison. Without an answer there is nothing to compare.
    pub fn compare(
        &mut self,
        relay: RelayId,
        answer: Option<(LogId, &[LogHash])>,
    ) -> Option<Compared> {
        let Channel::Comparing(comparison) = self.channel else {
            return None;
        };
        let compared = match answer {
            Some((log, hashes)) => self.positions.compare(relay, comparison, log, hashes),
            None => self.positions.give_up(comparison.read()),
        };
        match compared {
            Compared::Unfinished(comparison) => self.channel = Channel::Comparing(comparison),
            Compared::Same => self.channel = Channel::Closed,
            Compared::Differs { .. } => {
                self.channel = Channel::Closed;
                self.start_over();
            }
        }
        Some(compared)
    }

    fn give_up(&mut self, log: LogId) -> Compared {
        self.start_over();
        self.positions.give_up(log)
    }

    /// The place read up to was taken back.
    fn start_over(&mut self) {
        self.gaps = Gaps::default();
        let current = self.positions.current();
        // Nothing is said to be stored that perhaps never came.
        let stored = current.filter(|_| self.positions.is_last_read());
        let seq = stored.map_or(Seq(0), |cursor| cursor.seq);
        self.seen.go_back(seq);
        self.read.go_back(seq);
    }

    /// Opens the room again after a wait.
    pub fn wait(&mut self, now: Instant) {
        self.stop_comparing();
        let until = self.patience.refused(now);
        self.channel = Channel::Waiting { until };
    }

    /// The place read up to, while the room is open and followed.
    pub fn cursor(&self) -> Option<Cursor> {
        match self.channel {
            Channel::Open(_) if self.is_followed() => self.positions.current(),
            Channel::Open(_)
            | Channel::Opening(_)
            | Channel::Closed
            | Channel::Waiting { .. }
            | Channel::Comparing(_) => None,
        }
    }

    /// The event after the place read up to is handed out; returns the hash over the log up to it.
    pub fn advance(&mut self, event: &Event) -> LogHash {
        self.positions.advance(event)
    }

    /// An event of this client is confirmed, or told ahead, while those before it are still to come.
    /// It is kept until its turn, whether or not the relay sends it as well.
    pub fn confirm_early(&mut self, event: Event) {
        self.early.insert(event.seq, event);
    }

    /// How many events were confirmed early.
    pub fn early_len(&self) -> usize {
        self.early.len()
    }

    /// Whether an event was confirmed early for this place.
    pub fn is_early(&self, seq: Seq) -> bool {
        self.early.contains_key(&seq)
    }

    /// The event confirmed early for this place.
    pub fn take_early(&mut self, seq: Seq) -> Option<Event> {
        self.early.remove(&seq)
    }

    /// The session, or this channel of it, is gone.
    pub fn channel_lost(&mut self) {
        self.stop_comparing();
        self.channel = Channel::Closed;
        self.early.clear();
        self.is_typing = false;
    }

    /// A comparison that comes to nothing is no reason to doubt the relay.
    fn stop_comparing(&mut self) {
        match self.channel {
            Channel::Comparing(_) => self.divergences.take_back(),
            Channel::Closed | Channel::Waiting { .. } | Channel::Opening(_) | Channel::Open(_) => {}
        }
    }

    /// The device has stored the room up to `seq`. A place not handed out is ignored: it belongs
    /// to a log that is gone.
    pub fn seen(&mut self, now: Instant, seq: Seq) {
        if self.is_handed_out(seq) {
            self.seen.reach(now, seq);
        }
    }

    /// The user has read the room up to `seq`, likewise.
    pub fn read(&mut self, now: Instant, seq: Seq) {
        if self.is_handed_out(seq) {
            self.read.reach(now, seq);
        }
    }

    fn is_handed_out(&self, seq: Seq) -> bool {
        let current = self.positions.current();
        current.is_some_and(|cursor| seq <= cursor.seq)
    }

    /// What is due for the relay: how far the room is stored.
    pub fn seen_due(&self) -> Option<Seq> {
        self.cursor().and_then(|_| self.seen.due())
    }

    /// What is due for the relay: how far the room is read.
    pub fn read_due(&self) -> Option<Seq> {
        self.cursor().and_then(|_| self.read.due())
    }

    /// The user types something for the room. Said at once or not at all: later it is no news.
    pub fn typing(&mut self, now: Instant) {
        let is_used = matches!(self.intent, Intent::Use { .. });
        if is_used && matches!(self.channel, Channel::Open(_)) && self.typing_quiet_until <= now {
            self.is_typing = true;
        }
    }

    /// The user has said what was typed; what is typed next is said without a wait.
    pub fn has_typed(&mut self) {
        self.is_typing = false;
        self.typing_quiet_until = Instant::ZERO;
    }

    /// Whether it is to be said that the user types.
    pub fn is_typing(&self) -> bool {
        self.is_typing
    }

    /// The session has taken that the user types.
    pub fn typing_handed_over(&mut self, now: Instant) {
        self.is_typing = false;
        self.typing_quiet_until = now + TYPING_INTERVAL;
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        self.seen.handle_timeout(now);
        self.read.handle_timeout(now);
        if matches!(self.channel, Channel::Waiting { until } if until <= now) {
            self.channel = Channel::Closed;
        }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        let told = earliest(self.seen.poll_timeout(), self.read.poll_timeout());
        let channel = match self.channel {
            Channel::Waiting { until } => Some(until),
            Channel::Closed | Channel::Comparing(_) | Channel::Opening(_) | Channel::Open(_) => {
                None
            }
        };
        earliest(told, channel)
    }

    /// How many logs and hashes it remembers.
    #[cfg(test)]
    pub fn memory(&self) -> (usize, usize) {
        self.positions.memory()
    }
}
