//! What a relay does, without the sessions' transport: who is here, which rooms there are, in which
//! order events stand, and who is still to be told what.
//!
//! Decoded messages go in by [`Hall::handle`]; what to store comes out of [`Hall::poll_log`], and
//! messages to sessions out of [`Hall::poll_message`], one at a time, as fast as the session takes
//! them.
//!
//! # Order
//!
//! Sends are *proposed* in the order they arrive. One batch of proposals is with the store at a
//! time and gets its places in the logs when it goes there; the next one gathers meanwhile. So a
//! failed batch leaves no places to take back, and everything proposed during a commit shares the
//! next.
//!
//! # Fan-out
//!
//! Nothing is queued per reader. Each reader has a cursor into the room's log; events come from the
//! room's tail, encoded once for all, or from the store when the reader is further behind. A slow
//! session therefore costs a cursor, whatever it misses.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use rand::Rng;
use rand_chacha::ChaCha12Rng;

use self::commits::Commits;
use self::opening::Opening;
use self::people::Person;
use self::prune::Prune;
use self::rooms::HallRoom;
use self::seat::{Seat, Standing};
use super::limits::{CLOCK_JUMP_MAX, EARLY_MESSAGES_MAX, NOTICES_MAX};
use super::notice::{Dismissal, RelayNotice};
use crate::room::Room;
use crate::room::log::{LogReply, LogRequest, Retention, Snapshot};
use crate::time::{Instant, earliest};
use crate::wire::{
    ConnectionId, DeviceId, LocalId, LogId, Name, RelayId, RoomName, Seq, Timestamp, ToMember,
    ToRelay,
};

mod commits;
mod delivered;
mod fan_out;
mod opening;
mod pace;
mod people;
mod prune;
mod questions;
mod rooms;
mod seat;
mod sends;
mod targets;
#[cfg(test)]
mod tests;
mod typing;

pub use seat::Outgoing;

/// Names a session: the relay's own connection id for it.
pub type SessionId = ConnectionId;

/// Names a room while the relay runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RoomId(usize);

/// What a relay says of itself to everyone who enters.
#[derive(Clone, Debug)]
pub struct Greeting {
    pub relay: RelayId,
    pub relay_name: Name,
    pub is_hosted: bool,
    pub is_durable: bool,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its user closed it, or the relay did.
    Closed,
    /// Nothing was heard of it for too long.
    TimedOut,
}

/// What a look-up in the store is for.
#[derive(Clone, Copy, Debug)]
enum Ticket {
    Page(SessionId),
    Question(SessionId),
    Send(SessionId),
    Target(SessionId),
    Opening,
}

/// The state of a relay. See the module's documentation.
#[derive(Debug)]
pub struct Hall {
    rng: ChaCha12Rng,
    greeting: Greeting,
    /// The wall clock, and when it was told.
    wall: (Instant, Timestamp),
    seats: BTreeMap<SessionId, Seat>,
    people: BTreeMap<Name, Person>,
    /// How many of the people are at hand or marked away.
    present: usize,
    rooms: Vec<HallRoom>,
    room_ids: BTreeMap<RoomName, RoomId>,
    /// The direct rooms of each user.
    directs: BTreeMap<Name, BTreeSet<RoomId>>,
    /// How many of the rooms are direct ones.
    direct_rooms: usize,
    /// Bytes of all rooms' tails.
    tails_bytes: usize,
    commits: Commits,
    reads: VecDeque<LogRequest>,
    tickets: BTreeMap<u64, Ticket>,
    /// Rooms that can be opened once the store has said what the hash is at a place, by ticket.
    openings: BTreeMap<u64, (Opening, Seq)>,
    ticket_next: u64,
    /// Users whose presence or membership changed, and when to tell.
    changed: BTreeSet<Name>,
    tell_changes_at: Option<Instant>,
    /// When the store is to know how far readers are, if nothing is committed before.
    write_reads_at: Option<Instant>,
    prune: Prune,
    /// Reports of delivery that wait for their interval to pass.
    delivered_due: BTreeSet<(Instant, RoomId, DeviceId)>,
    /// Sessions that may have something to be told.
    ready: BTreeSet<SessionId>,
    /// Sessions that ask how well all are reached; each asks one question at a time.
    paths_asked: VecDeque<(SessionId, u64)>,
    dismissed: VecDeque<(SessionId, Dismissal)>,
    notices: VecDeque<RelayNotice>,
    /// Messages that made no sense where they came and were dropped.
    nonsense: u64,
}

impl Hall {
    /// The hall of a relay whose store holds `snapshot`. The lobby is added when it is not among them.
    pub fn new(
        now: Instant,
        wall: Timestamp,
        greeting: Greeting,
        rng: ChaCha12Rng,
        snapshot: Snapshot,
        retention: Retention,
    ) -> Self {
        let mut hall = Self {
            rng,
            greeting,
            wall: (now, wall),
            seats: BTreeMap::new(),
            people: BTreeMap::new(),
            present: 0,
            rooms: Vec::new(),
            room_ids: BTreeMap::new(),
            directs: BTreeMap::new(),
            direct_rooms: 0,
            tails_bytes: 0,
            commits: Commits::new(now),
            reads: VecDeque::new(),
            tickets: BTreeMap::new(),
            openings: BTreeMap::new(),
            ticket_next: 0,
            changed: BTreeSet::new(),
            tell_changes_at: None,
            write_reads_at: None,
            prune: Prune::new(now, retention),
            delivered_due: BTreeSet::new(),
            ready: BTreeSet::new(),
            paths_asked: VecDeque::new(),
            dismissed: VecDeque::new(),
            notices: VecDeque::new(),
            nonsense: 0,
        };
        for room in snapshot.rooms {
            let id = RoomId(hall.rooms.len());
            for member in &room.members {
                hall.remember_member(id, member);
            }
            hall.add_room(HallRoom::restore(room, snapshot.is_copy));
            if snapshot.is_copy {
                hall.commits.fork(id);
            }
        }
        if !hall.room_ids.contains_key(&RoomName::lobby()) {
            let room = Room::new(RoomName::lobby(), hall.random_log());
            hall.add_room(HallRoom::new(room, false));
        }
        hall
    }

    /// Takes in a new session. It is nobody's until it has entered.
    pub fn open(&mut self, id: SessionId, device: DeviceId) {
        self.seats.insert(id, Seat::new(device));
    }

    /// Takes in a message of a session. What makes no sense is refused, or counted and dropped.
    pub fn handle(&mut self, now: Instant, id: SessionId, stream: u32, message: ToRelay) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if let Standing::Outside = seat.standing {
            match message {
                ToRelay::Enter(enter) => self.enter(now, id, enter),
                message => self.keep_early(id, stream, message),
            }
        } else {
            self.handle_inside(now, id, stream, message);
        }
        self.wake(id);
    }

    fn handle_inside(&mut self, now: Instant, id: SessionId, stream: u32, message: ToRelay) {
        match message {
            ToRelay::Open(open) => self.open_room(now, id, open),
            ToRelay::Close { channel, leave } => self.close_channel(now, id, channel, leave),
            ToRelay::Send(send) => self.handle_send(now, id, stream, send),
            ToRelay::Seen(seq) => self.handle_seen(now, id, stream, seq),
            ToRelay::Read(seq) => self.handle_read(now, id, stream, seq),
            ToRelay::Typing => self.handle_typing(now, id, stream),
            ToRelay::Ask { request, query } => self.handle_question(id, request, query),
            ToRelay::Presence(presence, status) => self.handle_presence(now, id, presence, status),
            ToRelay::Rename(name) => self.rename(now, id, name),
            ToRelay::Enter(_) => self.nonsense += 1,
        }
    }

    /// Keeps a message until what it builds on has arrived.
    fn keep_early(&mut self, id: SessionId, stream: u32, message: ToRelay) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if seat.early.len() < EARLY_MESSAGES_MAX {
            seat.early.push_back((stream, message));
        } else {
            self.dismiss(id, Dismissal::Protocol);
        }
    }

    /// Takes in again what came early. What is still early is kept again.
    fn replay_early(&mut self, now: Instant, id: SessionId) {
        let early = self
            .seats
            .get_mut(&id)
            .map(|seat| std::mem::take(&mut seat.early));
        for (stream, message) in early.into_iter().flatten() {
            self.handle_inside(now, id, stream, message);
        }
    }

    /// Takes in a message that could not be decoded.
    pub fn handle_nonsense(&mut self, id: SessionId) {
        self.nonsense += 1;
        let is_outside = self
            .seats
            .get(&id)
            .is_some_and(|seat| matches!(seat.standing, Standing::Outside));
        if is_outside {
            self.dismiss(id, Dismissal::Protocol);
        }
    }

    /// Forgets a session that has ended. What it sent and is not committed yet still is.
    pub fn close(&mut self, now: Instant, id: SessionId, end: End) {
        let Some(seat) = self.seats.remove(&id) else {
            return;
        };
        for (number, channel) in &seat.channels {
            self.leave_audience(id, *number, channel.room, seat.device);
        }
        for waiting in &seat.sends {
            self.commits.release_bytes(&waiting.send.body);
        }
        self.ready.remove(&id);
        if let Some(name) = seat.name() {
            self.notice(match end {
                End::Closed => RelayNotice::Left(name.clone()),
                End::TimedOut => RelayNotice::TimedOut(name.clone()),
            });
            self.forget_seat(now, id, name);
        }
    }

    /// Takes in the store's next answer.
    pub fn handle_log(&mut self, now: Instant, reply: LogReply) {
        match reply {
            LogReply::Appended { stored_at } => {
                self.commit_batch(now, stored_at);
                self.look_up_held(now);
            }
            LogReply::NotAppended { reason } => {
                self.fail_batch(reason);
                self.look_up_held(now);
            }
            LogReply::Duplicates(duplicates) => {
                self.sort_out_duplicates(&duplicates);
                self.look_up_held(now);
            }
            LogReply::Events { ticket, events } => match self.tickets.remove(&ticket) {
                Some(Ticket::Page(id)) => self.take_page(id, ticket, events),
                Some(Ticket::Question(id)) => self.answer_history(id, ticket, events),
                Some(Ticket::Target(id)) => self.take_target(now, id, ticket, events.first()),
                Some(Ticket::Send(_) | Ticket::Opening) | None => self.nonsense += 1,
            },
            LogReply::Place { ticket, place } => match self.tickets.remove(&ticket) {
                Some(Ticket::Send(id)) => self.take_place(now, id, ticket, place),
                Some(
                    Ticket::Page(_) | Ticket::Question(_) | Ticket::Target(_) | Ticket::Opening,
                )
                | None => {
                    self.nonsense += 1;
                }
            },
            LogReply::Hashes { ticket, hashes } => match self.tickets.remove(&ticket) {
                Some(Ticket::Opening) => self.take_hash(now, ticket, hashes.first().copied()),
                Some(Ticket::Question(id)) => self.answer_hashes(id, ticket, hashes),
                Some(Ticket::Target(id)) => {
                    self.take_target_hash(now, id, ticket, hashes.first().copied());
                }
                Some(Ticket::Page(_) | Ticket::Send(_)) | None => self.nonsense += 1,
            },
            LogReply::Found { ticket, found } => match self.tickets.remove(&ticket) {
                Some(Ticket::Question(id)) => self.answer_search(id, ticket, found),
                Some(Ticket::Page(_) | Ticket::Send(_) | Ticket::Target(_) | Ticket::Opening)
                | None => {
                    self.nonsense += 1;
                }
            },
            LogReply::Numbered { ticket, places } => match self.tickets.remove(&ticket) {
                Some(Ticket::Question(id)) => self.answer_numbered(id, ticket, places),
                Some(Ticket::Page(_) | Ticket::Send(_) | Ticket::Target(_) | Ticket::Opening)
                | None => {
                    self.nonsense += 1;
                }
            },
            LogReply::Pruned { rooms, is_more } => self.take_pruned(now, rooms, is_more),
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.tell_changes_at.is_some_and(|at| at <= now) {
            self.tell_changes();
        }
        if self.write_reads_at.is_some_and(|at| at <= now) {
            self.write_reads_at = None;
            self.commits.write_reads();
        }
        let wall = self.wall_now(now);
        if let Some(cutoff) = self.prune.poll(now, wall) {
            self.reads.push_back(LogRequest::Prune(cutoff));
        }
        while self
            .delivered_due
            .first()
            .is_some_and(|(at, ..)| *at <= now)
        {
            if let Some((_, room, device)) = self.delivered_due.pop_first() {
                self.tell_delivered(now, room, device);
            }
        }
    }

    /// When something is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let delivered = self.delivered_due.first().map(|(at, ..)| *at);
        [
            self.tell_changes_at,
            delivered,
            self.write_reads_at,
            self.prune.poll_timeout(),
            self.commits.poll_timeout(),
        ]
        .into_iter()
        .fold(None, earliest)
    }

    /// The next request to the store: everything proposed since the last commit at once.
    pub fn poll_log(&mut self, now: Instant) -> Option<LogRequest> {
        self.next_batch(now).or_else(|| self.reads.pop_front())
    }

    /// Whether there is a question to the store. A commit has its time, by [`Hall::poll_timeout`].
    pub fn has_question(&self) -> bool {
        !self.reads.is_empty()
    }

    /// The next session that may have something to be told.
    pub fn poll_ready(&mut self) -> Option<SessionId> {
        self.ready.pop_first()
    }

    /// Whether some session may have something to be told.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The next session to close.
    pub fn poll_dismissed(&mut self) -> Option<(SessionId, Dismissal)> {
        self.dismissed.pop_front()
    }

    /// The next line for the relay's log.
    pub fn poll_notice(&mut self) -> Option<RelayNotice> {
        self.notices.pop_front()
    }

    /// Whether nothing is on its way to a session but events it reads along.
    pub fn is_quiet(&self, id: SessionId) -> bool {
        self.seats
            .get(&id)
            .is_none_or(|seat| seat.queue.is_empty() && seat.sends_unanswered == 0)
    }

    /// Takes note of a session there was no place for.
    pub fn turned_away(&mut self) {
        self.notice(RelayNotice::Full);
    }

    /// Whether everything proposed is stored or refused.
    pub fn is_settled(&self) -> bool {
        self.commits.is_empty()
    }

    /// Takes note of the wall clock. What its jumps do to the age of events must not delete them.
    pub fn set_wall(&mut self, now: Instant, wall: Timestamp) {
        let jump = wall.0.abs_diff(self.wall_now(now).0);
        if Duration::from_micros(jump) > CLOCK_JUMP_MAX && self.prune.distrust_clock() {
            self.notice(RelayNotice::ClockJumped);
        }
        self.wall = (now, wall);
    }

    /// Tells every session that the relay is about to end.
    pub fn say_closing(&mut self) {
        let closing = ToMember::Closing {
            is_hosted: self.greeting.is_hosted,
        };
        for (id, seat) in &mut self.seats {
            seat.say(&closing);
            self.ready.insert(*id);
        }
    }

    /// The wall clock now, by the last time it was told.
    fn wall_now(&self, now: Instant) -> Timestamp {
        let (at, wall) = self.wall;
        let passed = i64::try_from((now - at).as_micros()).unwrap_or(i64::MAX);
        Timestamp(wall.0.saturating_add(passed))
    }

    fn random_local(&mut self) -> LocalId {
        LocalId(self.rng.next_u64() >> 1)
    }

    fn random_log(&mut self) -> LogId {
        LogId(self.rng.next_u64().to_be_bytes())
    }

    fn ask_store(&mut self, ticket: Ticket, request: impl FnOnce(u64) -> LogRequest) -> u64 {
        let number = self.ticket_next;
        self.ticket_next += 1;
        self.tickets.insert(number, ticket);
        self.reads.push_back(request(number));
        number
    }

    /// Has a session polled for messages, unless it leaves too many unread.
    fn wake(&mut self, id: SessionId) {
        match self.seats.get(&id) {
            Some(seat) if seat.is_overrun() => self.dismiss(id, Dismissal::Overrun),
            Some(_) => {
                self.ready.insert(id);
            }
            None => {}
        }
    }

    /// Asks for a session to be closed. Until it is, nothing more is taken from it or told to it.
    fn dismiss(&mut self, id: SessionId, why: Dismissal) {
        if let Some(device) = self.seats.get(&id).map(|seat| seat.device) {
            self.dismissed.push_back((id, why));
            self.notice(RelayNotice::Dismissed { device, why });
        }
    }

    fn notice(&mut self, notice: RelayNotice) {
        if self.notices.len() == NOTICES_MAX {
            self.notices.pop_front();
        }
        self.notices.push_back(notice);
    }
}
