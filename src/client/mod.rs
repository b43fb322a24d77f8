//! One user's view of a relay: rooms, messages on their way, and the session that carries them.
//!
//! A [`Client`] is told which relay to use and keeps contact with it by itself: it dials, checks
//! the relay's key against those known, enters, opens the rooms again where reading stopped, sends
//! again what is unanswered, and starts over when the session ends. While it dials another relay,
//! the session in use stays in use until the new one is entered; when the new one can't be entered,
//! it goes on with the old one.
//!
//! # Driving it
//!
//! After every call: drain [`Client::poll_update`] and [`Client::poll_pin`], make durable what must
//! be, say so with [`Client::seen`], drain [`Client::poll_transmit`], and wait for a datagram or
//! for [`Client::poll_timeout`].
//!
//! Which relay to use, and when to stand in for one, is decided by [`rendezvous`].

mod backoff;
mod contact;
mod gaps;
mod hashes;
mod nudge;
pub mod offers;
mod outbox;
mod patience;
pub mod pins;
mod positions;
mod progress;
mod questions;
pub mod rendezvous;
mod room;
#[cfg(test)]
mod tests;
mod unheard;
pub mod update;
mod view;

use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

pub use hashes::{HASHES_MAX, KnownHashes};
pub use outbox::SendError;
pub use pins::Pin;
pub use update::{Contact, PathStats, Update};

use crate::session::{KeyPair, Path, Session};
use crate::time::{Instant, earliest};
use crate::wire::{
    Body, DatagramClass, Follow, LogHash, Name, Presence, Query, RoomName, SafeText, Send, Seq,
    classify,
};
use backoff::Backoff;
use contact::{Active, Attempt, Loss, Target};
use pins::Pins;
use view::View;

/// What a client starts with.
#[derive(Clone)]
pub struct ClientConfig {
    /// The name the user wants.
    pub name: Name,
    /// The device's keys.
    pub keys: KeyPair,
    /// Whether the user is to be seen as present.
    pub visible: bool,
    /// Relays known from earlier.
    pub pins: Vec<Pin>,
    /// Seeds all randomness of the client: from the system's entropy, or a simulation's.
    pub seed: [u8; 32],
}

/// What a client threw away or gave up over, since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams that belong to nothing here.
    pub datagrams_dropped: u64,
    /// Sessions ended because the relay broke the protocol.
    pub violations: u64,
}

/// One user's client. See the [module](self) for how to drive it.
pub struct Client {
    name: Name,
    visible: bool,
    keys: KeyPair,
    rng: ChaCha12Rng,
    pins: Pins,
    view: View,
    target: Option<Target>,
    attempt: Attempt,
    active: Option<Active>,
    leaving: Vec<Session>,
    /// The last relay found with another key than the one known, and where.
    untrusted: Option<(Target, Pin)>,
    backoff: Backoff,
    /// What the session must have room for before it is offered anything.
    needed: usize,
    /// Since when messages are left in the session because updates are not polled.
    held_back_since: Option<Instant>,
    counters: Counters,
    nudge: nudge::Nudge,
}

impl Client {
    /// A client without a relay.
    pub fn new(_now: Instant, config: ClientConfig) -> Self {
        let mut rng = ChaCha12Rng::from_seed(config.seed);
        let view_rng = ChaCha12Rng::from_rng(&mut rng);
        let mut view = View::new(config.keys.device_id(), view_rng);
        view.push_contact(Contact::Searching);
        Self {
            name: config.name,
            visible: config.visible,
            keys: config.keys,
            rng,
            pins: Pins::new(config.pins),
            view,
            target: None,
            attempt: Attempt::Idle,
            active: None,
            leaving: Vec::new(),
            untrusted: None,
            backoff: Backoff::new(),
            needed: 0,
            held_back_since: None,
            counters: Counters::default(),
            nudge: nudge::Nudge::default(),
        }
    }

    /// Makes the relay at this address the one to use.
    ///
    /// A session with another relay stays in use until this one is entered. When the session in
    /// use is with this very address, it is only probed, which brings the loss of a relay that
    /// started anew to light at once. When a wait to dial it again is under way, the wait is over.
    pub fn dial(&mut self, now: Instant, path: Path, psk: [u8; 32]) {
        let target = Target { path, psk };
        let is_same = self.target == Some(target);
        self.target = Some(target);
        if let Some(active) = &mut self.active
            && active.target == target
        {
            active.session.ping(now);
            if !matches!(self.attempt, Attempt::Idle) {
                self.drop_attempt(now);
                self.fall_back();
            }
            return;
        }
        if is_same
            && matches!(
                self.attempt,
                Attempt::Dialing { .. } | Attempt::Entering { .. }
            )
        {
            return;
        }
        self.backoff = Backoff::new();
        self.start_dial(now);
    }

    /// Gives the relay up; nothing is dialled until [`Client::dial`].
    pub fn hang_up(&mut self, now: Instant) {
        self.leave_all(now);
        self.view.push_contact(Contact::Searching);
    }

    /// Opens a room, in this session and in every later one, where the reading stopped. `known` are
    /// the hashes kept of the log of [`Follow::After`], up to the place named there: with them the
    /// last place is found that both have, should the relay have gone on from an older copy. A room
    /// that is open just so stays as it is.
    pub fn open(
        &mut self,
        now: Instant,
        room: RoomName,
        create: bool,
        follow: Follow,
        known: KnownHashes,
    ) {
        self.view.open(room, create, follow, known);
        self.pump(now);
    }

    /// Whether a room is open and its events are handed out.
    pub fn is_followed(&self, room: &RoomName) -> bool {
        self.view.is_followed(room)
    }

    /// Closes a room, once what was sent there is answered. `leave`: the user also stops being a
    /// member.
    pub fn close_room(&mut self, now: Instant, room: &RoomName, leave: bool) {
        self.view.close_room(room, leave);
        self.pump(now);
    }

    /// What [`Send::target`] is for something about an event of a room, if the room is open and the
    /// event among the latest [`HASHES_MAX`] read.
    pub fn target(&self, room: &RoomName, body: &Body) -> Option<LogHash> {
        self.view.target(room, body)
    }

    /// Sends something to a room, which is opened for that if it is not open. It is kept, and sent
    /// again in every session, until [`Update::Stored`] or [`Update::NotStored`].
    ///
    /// It is given its [`Ordinal`](crate::wire::Ordinal) here, unless it has one, being offered
    /// again, or `again` says that an earlier process may have sent it under another.
    ///
    /// # Errors
    /// [`SendError`] when it is not taken.
    pub fn send(&mut self, now: Instant, room: &RoomName, send: Send) -> Result<(), SendError> {
        self.view.send(room, send)?;
        self.pump(now);
        Ok(())
    }

    /// The device has durably stored a room up to here. Said to the relay at most every 250 ms.
    pub fn seen(&mut self, now: Instant, room: &RoomName, seq: Seq) {
        self.view.seen(now, room, seq);
        self.pump(now);
    }

    /// The user has read a room up to here. Said to the relay at most every 250 ms; it tells whoever asks.
    pub fn read(&mut self, now: Instant, room: &RoomName, seq: Seq) {
        self.view.read(now, room, seq);
        self.pump(now);
    }

    /// The user is typing a message for a room; to be called with every key. Said to the relay at most
    /// every 3 s, and only where the room is open.
    pub fn typing(&mut self, now: Instant, room: &RoomName) {
        self.view.typing(now, room);
        self.pump(now);
    }

    /// Asks the relay something; returns the number its answer will have, never 0. Asked again in
    /// the next session if this one ends first.
    pub fn ask(&mut self, now: Instant, query: Query) -> u32 {
        let request = self.view.ask(query);
        self.pump(now);
        request
    }

    /// Says whether the user is at hand, and `status` of that, in this session and in every later one.
    /// The relay keeps one line of 128 bytes of it.
    pub fn set_presence(&mut self, now: Instant, presence: Presence, status: SafeText) {
        self.view.set_presence(presence, status);
        self.pump(now);
    }

    /// Asks for another name. Answered by [`Contact::Entered`] with the name given, or by
    /// [`Update::AskRefused`] with request 0.
    pub fn rename(&mut self, now: Instant, name: Name) {
        self.name = name.clone();
        self.view.rename(name);
        self.pump(now);
    }

    /// The user accepts the key of [`Contact::KeyChanged`]; the relay is dialled again.
    pub fn trust(&mut self, now: Instant) {
        if let Some((target, found)) = self.untrusted.take() {
            self.pins.replace(found);
            self.target = Some(target);
            self.start_dial(now);
        }
    }

    /// Ends all sessions. What is unanswered stays so; see [`Client::unsent`].
    pub fn shut_down(&mut self, now: Instant) {
        self.leave_all(now);
    }

    /// Whether nothing is left to say to any relay.
    pub fn is_done(&self) -> bool {
        self.active.is_none() && matches!(self.attempt, Attempt::Idle) && self.leaving.is_empty()
    }

    /// Takes a datagram that arrived on `path`; decrypts it in place.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        match classify(datagram) {
            DatagramClass::Record => self.handle_record(now, path, datagram),
            DatagramClass::Cleartext => self.handle_cleartext(now, path, datagram),
            DatagramClass::Foreign => self.counters.datagrams_dropped += 1,
        }
        self.advance(now);
    }

    /// Does what is due; see [`Client::poll_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Some(active) = &mut self.active {
            active.session.handle_timeout(now);
        }
        for session in &mut self.leaving {
            session.handle_timeout(now);
        }
        if self.nudge.is_due(now)
            && let Some(active) = &mut self.active
        {
            active.session.ping(now);
        }
        self.view.handle_timeout(now);
        match &mut self.attempt {
            Attempt::Waiting { until } => {
                if *until <= now {
                    self.start_dial(now);
                }
            }
            Attempt::Dialing { dial, .. } => dial.handle_timeout(now),
            Attempt::Entering { session, until, .. } => {
                session.handle_timeout(now);
                if *until <= now {
                    let reason = update::LossReason::Silent;
                    self.attempt_failed(now, Loss::Unanswered(reason));
                }
            }
            Attempt::Idle | Attempt::AwaitingTrust | Attempt::Unsupported => {}
        }
        self.advance(now);
    }

    /// The next change, oldest first.
    pub fn poll_update(&mut self) -> Option<Update> {
        self.view.poll_update()
    }

    /// The next relay to write down among those known; it replaces those of the same id that have
    /// another key.
    pub fn poll_pin(&mut self) -> Option<Pin> {
        self.pins.poll_pin()
    }

    /// Appends the next datagram to `out` and returns where it goes.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Path> {
        if let Some(active) = &mut self.active
            && let Some(path) = active.session.poll_transmit(now, out)
        {
            return Some(path);
        }
        let attempt = match &mut self.attempt {
            Attempt::Dialing { dial, .. } => dial.poll_transmit(now, out),
            Attempt::Entering { session, .. } => session.poll_transmit(now, out),
            Attempt::Idle
            | Attempt::Waiting { .. }
            | Attempt::AwaitingTrust
            | Attempt::Unsupported => None,
        };
        let sent = attempt.or_else(|| {
            let mut leaving = self.leaving.iter_mut();
            leaving.find_map(|session| session.poll_transmit(now, out))
        });
        self.forget_closed();
        sent
    }

    /// When to call [`Client::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        let attempt = match &self.attempt {
            Attempt::Waiting { until } => Some(*until),
            Attempt::Dialing { dial, .. } => dial.poll_timeout(),
            Attempt::Entering { session, until, .. } => {
                earliest(session.poll_timeout(), Some(*until))
            }
            Attempt::Idle | Attempt::AwaitingTrust | Attempt::Unsupported => None,
        };
        let active = self.active.as_ref();
        let active = active.and_then(|active| active.session.poll_timeout());
        let leaving = self.leaving.iter().map(|session| session.poll_timeout());
        let own = earliest(self.view.poll_timeout(), self.held_back_since);
        let own = earliest(own, self.nudge.poll_timeout());
        leaving.fold(earliest(earliest(attempt, active), own), earliest)
    }

    /// The quality of the path to the relay in use; all zero without one.
    pub fn stats(&self) -> PathStats {
        let Some(active) = &self.active else {
            return PathStats::default();
        };
        let stats = active.session.stats();
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        PathStats {
            rtt_micros: micros(stats.rtt),
            rtt_variation_micros: micros(stats.rtt_variation),
            loss: stats.loss_out,
            loss_in: stats.loss_in,
            unacked: stats.unacked,
            unacked_bytes: stats.unacked_bytes,
            resent: stats.chunks_resent,
            datagrams_sent: stats.datagrams_sent,
            bytes_sent: stats.bytes_sent,
            datagrams_received: stats.datagrams_received,
            bytes_received: stats.bytes_received,
        }
    }

    /// How many messages no relay has answered yet.
    pub fn unsent(&self) -> usize {
        self.view.unsent()
    }

    /// What was thrown away so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }
}
