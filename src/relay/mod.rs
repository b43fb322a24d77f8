//! The relay: sessions in, one order of events out.
//!
//! [`Relay`] joins a [`Listener`] and the sessions it accepts to the hall, which knows who is here,
//! orders and remembers what they say, and decides who is told what.
//!
//! # Driving it
//!
//! After every `handle_*`: drain [`Relay::poll_log`] and have the store answer with
//! [`Relay::handle_log`] whenever it is done, drain [`Relay::poll_notice`], then
//! [`Relay::poll_transmit`]; then wait for a datagram, for the store, or for
//! [`Relay::poll_timeout`]. A confirmation leaves only after the store's answer, so the order of
//! these steps costs latency, never safety.
//!
//! # Memory
//!
//! A message to many is encoded once and shared. A session that does not take what it is sent holds
//! one message beside what its link holds (192 KiB); everything else it misses stays in the logs.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use self::hall::{End, Greeting, Hall, Outgoing, SessionId};
use self::limits::{CLOSING_WAIT, SESSIONS_MAX};
use crate::room::log::{LogReply, LogRequest, Retention, Snapshot};
use crate::session::{
    CloseCode, KeyPair, Listener, Path, RelayIdentity, Session, SessionEvent, device_id,
};
use crate::time::{Instant, earliest};
use crate::wire::{DatagramClass, Parting, RecordHeader, Timestamp, ToRelay, classify};

mod hall;
pub mod limits;
mod notice;
#[cfg(test)]
mod tests;

pub use notice::{Dismissal, RelayNotice};

/// Sessions that are only being told that the relay is full, at most.
const TURNED_AWAY_MAX: usize = 64;

/// What a relay is started with.
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// The id kept with the store, and the relay's name.
    pub identity: RelayIdentity,
    /// The relay's key pair.
    pub keys: KeyPair,
    /// The room secret of a private relay; all zero for an open one.
    pub psk: [u8; 32],
    /// Whether it stands in for a relay inside somebody's client.
    pub is_hosted: bool,
    /// Whether its store is a disk; otherwise memory.
    pub is_durable: bool,
    /// For how long it keeps events.
    pub retention: Retention,
    /// What its random numbers are made from.
    pub seed: [u8; 32],
}

/// A relay. See the module's documentation.
#[derive(Debug)]
pub struct Relay {
    listener: Listener,
    hall: Hall,
    lines: BTreeMap<SessionId, Line>,
    /// When each session is to be looked after.
    timers: BTreeSet<(Instant, SessionId)>,
    /// Sessions that may have a datagram to send.
    active: BTreeSet<SessionId>,
    stage: Stage,
    /// The time told last.
    now: Instant,
    /// Datagrams that were none of ours, or damaged.
    dropped: u64,
}

/// A session and what waits for it outside of the hall.
#[derive(Debug)]
struct Line {
    session: Session,
    /// Taken from the hall when the session had no room for it.
    held: Option<Outgoing>,
    /// Its entry in the timers.
    timer: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Serving,
    /// Sessions are told, and closed at this time at the latest.
    Closing(Instant),
}

impl Relay {
    /// A relay over a store that holds `snapshot`. `wall` is the wall clock at `now`. Which relay
    /// it says it is stands in `config`; the snapshot's id is for whoever makes that.
    pub fn new(now: Instant, wall: Timestamp, config: RelayConfig, snapshot: Snapshot) -> Self {
        let mut rng = ChaCha12Rng::from_seed(config.seed);
        let RelayConfig { keys, psk, .. } = config;
        let listener = Listener::new(keys, psk, &config.identity, &mut rng);
        let greeting = Greeting {
            relay: config.identity.id,
            relay_name: config.identity.name,
            is_hosted: config.is_hosted,
            is_durable: config.is_durable,
        };
        Self {
            listener,
            hall: Hall::new(now, wall, greeting, rng, snapshot, config.retention),
            lines: BTreeMap::new(),
            timers: BTreeSet::new(),
            active: BTreeSet::new(),
            stage: Stage::Serving,
            now,
            dropped: 0,
        }
    }

    /// Takes in a datagram; records are decrypted in place.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        self.now = now;
        match classify(datagram) {
            DatagramClass::Cleartext => {
                self.listener.handle_cleartext(now, path, datagram);
                while let Some(session) = self.listener.poll_accept() {
                    self.accept(now, session);
                }
            }
            DatagramClass::Record => {
                let Ok(RecordHeader { connection, .. }) = RecordHeader::decode(datagram) else {
                    self.dropped += 1;
                    return;
                };
                let Some(line) = self.lines.get_mut(&connection) else {
                    self.listener.unknown(now, path, connection);
                    return;
                };
                line.session.handle_record(now, path, datagram);
                self.look_after(now, connection);
            }
            DatagramClass::Foreign => self.dropped += 1,
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        self.listener.handle_timeout(now);
        self.hall.handle_timeout(now);
        while let Some((at, id)) = self.timers.first().copied()
            && at <= now
        {
            self.timers.remove(&(at, id));
            if let Some(line) = self.lines.get_mut(&id) {
                line.timer = None;
                line.session.handle_timeout(now);
                self.look_after(now, id);
            }
        }
        if matches!(self.stage, Stage::Closing(_)) {
            let ids: Vec<SessionId> = self.lines.keys().copied().collect();
            for id in ids {
                self.close_when_told(now, id);
            }
        }
    }

    /// Takes in the store's next answer. They come in the order of the requests.
    pub fn handle_log(&mut self, now: Instant, reply: LogReply) {
        self.now = now;
        self.hall.handle_log(now, reply);
        self.close_dismissed(now);
    }

    /// The next request to the store.
    pub fn poll_log(&mut self) -> Option<LogRequest> {
        // What sessions have room for decides what is read for them.
        self.hand_out();
        self.hall.poll_log(self.now)
    }

    /// Appends the next datagram to `out` and returns where it goes; `None` when nothing is to be
    /// sent now.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Path> {
        self.now = now;
        if let Some(path) = self.listener.poll_transmit(now, out) {
            return Some(path);
        }
        self.hand_out();
        while let Some(id) = self.active.first().copied() {
            if let Some(line) = self.lines.get_mut(&id) {
                if let Some(path) = line.session.poll_transmit(now, out) {
                    return Some(path);
                }
                // The last copy of a goodbye ends a session.
                self.take_events(now, id);
            }
            self.active.remove(&id);
            self.set_timer(id);
        }
        None
    }

    /// When [`Relay::handle_timeout`] and the polls after it are to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let is_waiting =
            self.hall.is_ready() || self.hall.has_question() || !self.active.is_empty();
        let closing = match self.stage {
            // Sessions that are closing already have timers of their own.
            Stage::Closing(until) if self.lines.values().any(|line| line.session.is_open()) => {
                Some(until.max(self.now))
            }
            Stage::Closing(_) | Stage::Serving => None,
        };
        [
            is_waiting.then_some(self.now),
            closing,
            self.timers.first().map(|(at, _)| *at),
            self.hall.poll_timeout().map(|at| at.max(self.now)),
            self.listener.poll_timeout(),
        ]
        .into_iter()
        .fold(None, earliest)
    }

    /// The next line for the log.
    pub fn poll_notice(&mut self) -> Option<RelayNotice> {
        self.hall.poll_notice()
    }

    /// Takes note of the wall clock, which says since when members are here, gone or away.
    pub fn set_wall(&mut self, now: Instant, wall: Timestamp) {
        self.hall.set_wall(now, wall);
    }

    /// How many users are here or marked away.
    pub fn members_present(&self) -> u32 {
        u32::try_from(self.hall.members_present()).unwrap_or(u32::MAX)
    }

    /// Tells every session that the relay ends, and closes each once it has heard so, at most
    /// [`CLOSING_WAIT`] later.
    pub fn shut_down(&mut self, now: Instant) {
        self.now = now;
        if self.stage == Stage::Serving {
            self.stage = Stage::Closing(now + CLOSING_WAIT);
            self.hall.say_closing();
            self.hand_out();
        }
    }

    /// Whether a relay that was shut down has nothing left to do.
    pub fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Closing(_)) && self.lines.is_empty() && self.hall.is_settled()
    }

    fn accept(&mut self, now: Instant, mut session: Session) {
        let id = session.connection();
        if matches!(self.stage, Stage::Closing(_)) {
            session.close(now, CloseCode::ShuttingDown, Parting::Ends.as_str());
        } else if self.lines.len() >= SESSIONS_MAX + TURNED_AWAY_MAX {
            return;
        } else if self.lines.len() >= SESSIONS_MAX {
            session.close(now, CloseCode::Refused, Parting::Full.as_str());
            self.hall.turned_away();
        } else {
            self.hall.open(id, device_id(session.peer_key()));
        }
        let line = Line {
            session,
            held: None,
            timer: None,
        };
        self.lines.insert(id, line);
        self.look_after(now, id);
    }

    /// Does what a change of a session asks for: its events, what it now has room for, its
    /// datagrams.
    fn look_after(&mut self, now: Instant, id: SessionId) {
        self.take_events(now, id);
        if self.lines.get(&id).is_some_and(|line| line.held.is_some()) {
            self.hand_out_to(id);
        }
        if matches!(self.stage, Stage::Closing(_)) {
            self.close_when_told(now, id);
        }
        if self.lines.contains_key(&id) {
            self.active.insert(id);
        }
    }

    fn take_events(&mut self, now: Instant, id: SessionId) {
        while let Some(line) = self.lines.get_mut(&id)
            && let Some(event) = line.session.poll_event()
        {
            match event {
                SessionEvent::Received { stream, data } => match ToRelay::decode(&data) {
                    Ok(message) => self.hall.handle(now, id, stream, message),
                    Err(_) => self.hall.handle_nonsense(id),
                },
                SessionEvent::Closed { code, by_peer, .. } => {
                    let end = if code == CloseCode::TimedOut && !by_peer {
                        End::TimedOut
                    } else {
                        End::Closed
                    };
                    self.hall.close(now, id, end);
                    self.forget(id);
                }
            }
        }
        self.close_dismissed(now);
    }

    fn forget(&mut self, id: SessionId) {
        if let Some(line) = self.lines.remove(&id)
            && let Some(at) = line.timer
        {
            self.timers.remove(&(at, id));
        }
        self.active.remove(&id);
    }

    /// Closes the sessions the hall does not want any more.
    fn close_dismissed(&mut self, now: Instant) {
        while let Some((id, why)) = self.hall.poll_dismissed() {
            self.close(now, id, CloseCode::Protocol, why.parting().as_str());
        }
    }

    fn close(&mut self, now: Instant, id: SessionId, code: CloseCode, text: &str) {
        if let Some(line) = self.lines.get_mut(&id) {
            line.session.close(now, code, text);
            line.held = None;
            self.active.insert(id);
        }
        self.hall.close(now, id, End::Closed);
    }

    /// Closes a session of a relay that shuts down, once it has acknowledged all it was told.
    fn close_when_told(&mut self, now: Instant, id: SessionId) {
        let Some(line) = self.lines.get(&id) else {
            return;
        };
        let is_told =
            line.held.is_none() && line.session.stats().unacked == 0 && self.hall.is_quiet(id);
        let is_late = matches!(self.stage, Stage::Closing(until) if until <= now);
        if line.session.is_open() && (is_told || is_late) {
            self.close(now, id, CloseCode::ShuttingDown, Parting::Ends.as_str());
        }
    }

    /// Gives sessions what the hall has for them, as far as they have room.
    fn hand_out(&mut self) {
        loop {
            while let Some(id) = self.hall.poll_ready() {
                self.hand_out_to(id);
            }
            let Some((id, ticket)) = self.hall.poll_paths_asked() else {
                return;
            };
            let lines = self.lines.iter();
            let paths = lines.map(|(id, line)| (*id, line.session.stats()));
            self.hall.answer_paths(id, ticket, paths);
        }
    }

    fn hand_out_to(&mut self, id: SessionId) {
        let Some(line) = self.lines.get_mut(&id) else {
            return;
        };
        if !line.session.is_open() {
            return;
        }
        while let Some(outgoing) = line.held.take().or_else(|| self.hall.poll_message(id)) {
            let Outgoing {
                stream,
                priority,
                ref data,
            } = outgoing;
            let result = line.session.send(self.now, stream, priority, data.clone());
            if result.is_err() {
                // Its next acknowledgement makes room.
                line.held = Some(outgoing);
                break;
            }
        }
        self.active.insert(id);
    }

    fn set_timer(&mut self, id: SessionId) {
        let Some(line) = self.lines.get_mut(&id) else {
            return;
        };
        let timer = line.session.poll_timeout();
        if timer != line.timer {
            if let Some(at) = line.timer {
                self.timers.remove(&(at, id));
            }
            if let Some(at) = timer {
                self.timers.insert((at, id));
            }
            line.timer = timer;
        }
    }
}
