//! What is proposed for the logs, and what is with the store.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::pace::Pace;
use super::seat::{Intake, Origin};
use super::{Hall, RoomId, SessionId};
use crate::relay::limits::{PROPOSALS_MAX, TAILS_BYTES_MAX};
use crate::relay::notice::RelayNotice;
use crate::room::log::{APPEND_EVENTS_MAX, Append, LogRequest, Place, Reader};
use crate::room::{Membership, Tail, hash_after, text_bytes};
use crate::time::Instant;
use crate::wire::{
    Body, DeviceId, Event, EventId, LogId, Name, Refusal, SafeText, Timestamp, ToMember,
};

/// Bytes counted for a send beside its text.
const SEND_OVERHEAD_BYTES: usize = 128;

/// An event without a place yet.
#[derive(Debug)]
pub(super) struct Proposal {
    pub room: RoomId,
    pub event: Event,
    pub origin: Origin,
}

/// Everything between a send and its commit, of all rooms.
#[derive(Debug)]
pub(super) struct Commits {
    pace: Pace,
    waiting: VecDeque<Proposal>,
    /// The batch the store has.
    in_flight: Option<Batch>,
    /// Rooms whose log is to go on under another id.
    forks: BTreeSet<RoomId>,
    /// How far readers have stored rooms, as far as the store does not know.
    reads: BTreeMap<(RoomId, DeviceId), Reader>,
    /// Whether it is time to have the store know.
    are_reads_due: bool,
    /// The ids of both: the store knows nothing of them yet.
    ids: BTreeSet<EventId>,
    /// Sessions whose look-up waits for one of `ids` to be committed.
    pub held: BTreeSet<SessionId>,
    /// Bytes of all sends that are not answered.
    bytes: usize,
    /// Whether the last batch was not stored.
    is_failing: bool,
}

/// What one commit makes durable.
#[derive(Debug, Default)]
struct Batch {
    proposals: Vec<Proposal>,
    forks: Vec<(RoomId, LogId)>,
    reads: Vec<((RoomId, DeviceId), Reader)>,
}

impl Commits {
    /// Nothing is proposed.
    pub fn new(now: Instant) -> Self {
        Self {
            pace: Pace::new(now),
            waiting: VecDeque::new(),
            in_flight: None,
            forks: BTreeSet::new(),
            reads: BTreeMap::new(),
            are_reads_due: false,
            ids: BTreeSet::new(),
            held: BTreeSet::new(),
            bytes: 0,
            is_failing: false,
        }
    }

    pub fn propose(&mut self, proposal: Proposal) {
        self.ids.insert(proposal.event.id());
        self.waiting.push_back(proposal);
    }

    /// Whether an event with this id is about to be committed.
    pub fn contains(&self, id: EventId) -> bool {
        self.ids.contains(&id)
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_none()
    }

    /// Whether the relay may propose this many events of its own.
    pub fn has_space_for(&self, proposals: usize) -> bool {
        self.waiting.len() + proposals <= PROPOSALS_MAX
    }

    /// When the next batch may go to the store, if there is one: once the batch before is done
    /// with, and enough has gathered or long enough.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let is_any = !self.waiting.is_empty() || !self.forks.is_empty();
        let is_wanted = self.in_flight.is_none() && (is_any || self.are_reads_due);
        let is_full = self.waiting.len() + 1 >= APPEND_EVENTS_MAX;
        let at = if is_full {
            Instant::ZERO
        } else {
            self.pace.next_at()
        };
        is_wanted.then_some(at)
    }

    /// Has a room's log go on under another id.
    pub fn fork(&mut self, room: RoomId) {
        let is_under_way = self
            .in_flight
            .iter()
            .any(|batch| batch.forks.iter().any(|(forked, _)| *forked == room));
        if !is_under_way {
            self.forks.insert(room);
        }
    }

    /// Has the store know how far a reader has stored a room, when there is a reason to write or
    /// [`Commits::write_reads`] says so. Returns whether nothing else was to be known.
    pub fn read(&mut self, room: RoomId, reader: Reader) -> bool {
        let is_first = self.reads.is_empty();
        self.reads.insert((room, reader.device), reader);
        is_first
    }

    /// It is time to have the store know of readers.
    pub fn write_reads(&mut self) {
        self.are_reads_due = !self.reads.is_empty();
    }

    /// Everything proposed, in order.
    fn proposals(&self) -> impl Iterator<Item = &Proposal> {
        let in_flight = self.in_flight.iter().flat_map(|batch| &batch.proposals);
        in_flight.chain(&self.waiting)
    }

    /// What is proposed for a room, in order.
    pub fn of_room(&self, room: RoomId) -> impl Iterator<Item = &Proposal> {
        self.proposals()
            .filter(move |proposal| proposal.room == room)
    }

    /// The rooms a user is about to become a member of, by joining or by a new name.
    pub fn rooms_joined_by(&self, name: &Name) -> BTreeSet<RoomId> {
        self.proposals()
            .filter(|proposal| match &proposal.event.body {
                Body::Join => proposal.event.from == *name,
                Body::Rename(to) => to == name,
                Body::Message(_)
                | Body::Reply(..)
                | Body::Action(_)
                | Body::Edit(..)
                | Body::Reaction(..)
                | Body::Redaction(_)
                | Body::Leave
                | Body::Topic(_)
                | Body::Role(..) => false,
            })
            .map(|proposal| proposal.room)
            .collect()
    }

    /// Counts a send that is now waiting to be answered, unless that were too much.
    pub fn claim_bytes(&mut self, body: &Body, bytes_max: usize) -> bool {
        let bytes = self.bytes + SEND_OVERHEAD_BYTES + text_bytes(body);
        if bytes > bytes_max {
            return false;
        }
        self.bytes = bytes;
        true
    }

    /// Counts a send as answered.
    pub fn release_bytes(&mut self, body: &Body) {
        self.bytes -= SEND_OVERHEAD_BYTES + text_bytes(body);
    }
}

impl Hall {
    /// Gives places to what is proposed, as much as one commit takes, when it is time.
    pub(super) fn next_batch(&mut self, now: Instant) -> Option<LogRequest> {
        if self.commits.poll_timeout().is_none_or(|at| at > now) {
            return None;
        }
        self.commits.pace.begin(now);
        let mut batch = Batch::default();
        let mut appends = Vec::new();
        for room in std::mem::take(&mut self.commits.forks) {
            let log = self.random_log();
            batch.forks.push((room, log));
            let room = self.rooms[room.0].room.name.clone();
            appends.push(Append::Fork { room, log });
        }
        let mut heads = BTreeMap::new();
        while appends.len() + 1 < APPEND_EVENTS_MAX
            && let Some(mut proposal) = self.commits.waiting.pop_front()
        {
            let hall_room = &self.rooms[proposal.room.0];
            let head = heads.entry(proposal.room).or_insert_with(|| {
                if !hall_room.is_stored {
                    appends.push(Append::Room {
                        room: hall_room.room.name.clone(),
                        log: hall_room.room.log,
                    });
                }
                (hall_room.room.head, hall_room.room.hash)
            });
            proposal.event.seq = head.0.next();
            *head = (proposal.event.seq, hash_after(head.1, &proposal.event));
            appends.push(Append::Event {
                room: hall_room.room.name.clone(),
                event: proposal.event.clone(),
                hash: head.1,
            });
            batch.proposals.push(proposal);
        }
        while appends.len() < APPEND_EVENTS_MAX
            && let Some(((room, device), reader)) = self.commits.reads.pop_first()
        {
            appends.push(Append::Read {
                room: self.rooms[room.0].room.name.clone(),
                device,
                name: reader.name.clone(),
                seq: reader.seq,
                read: reader.read,
            });
            batch.reads.push(((room, device), reader));
        }
        self.commits.are_reads_due &= !self.commits.reads.is_empty();
        self.commits.in_flight = Some(batch);
        Some(LogRequest::Append(appends))
    }

    /// The batch is durable: events take effect, and everyone concerned has something to be told.
    pub(super) fn commit_batch(&mut self, now: Instant, stored_at: Timestamp) {
        if std::mem::take(&mut self.commits.is_failing) {
            self.notice(RelayNotice::StoreRecovered);
        }
        self.commits.pace.end(now);
        let batch = self.commits.in_flight.take().unwrap_or_default();
        let mut rooms = BTreeSet::new();
        let mut writers = BTreeSet::new();
        for mut proposal in batch.proposals {
            let event = &mut proposal.event;
            event.stored_after = stored_at.0.saturating_sub(event.sent_at.0);
            rooms.insert(proposal.room);
            writers.insert((proposal.room, event.from.clone()));
            let Event {
                from,
                seq,
                stored_after,
                ..
            } = &proposal.event;
            self.confirm(&proposal, Some(from), *seq, *stored_after);
            self.settle(&proposal);
            self.commit_event(now, proposal.room, proposal.event);
        }
        for room in rooms {
            let hall_room = &mut self.rooms[room.0];
            hall_room.is_stored = true;
            self.ready
                .extend(hall_room.audience.iter().map(|(session, _)| *session));
        }
        for (room, writer) in writers {
            self.tell_waiting(room, &writer);
        }
        for (room, log) in batch.forks {
            self.commit_fork(now, room, log);
        }
    }

    fn commit_event(&mut self, now: Instant, id: RoomId, event: Event) {
        let hall_room = &mut self.rooms[id.0];
        let room = &mut hall_room.room;
        let membership = room.commit(&event);
        let tail_bytes = room.tail.bytes();
        let (device, since) = (event.device, event.stored_at());
        if hall_room.audience.is_empty() {
            room.tail = Tail::new(room.head);
        } else {
            let encoded = ToMember::Event(event).encode().into();
            room.tail.push(encoded, room.hash);
        }
        if self.tails_bytes > TAILS_BYTES_MAX {
            room.tail.shrink(0);
        }
        self.tails_bytes = self.tails_bytes + room.tail.bytes() - tail_bytes;
        match membership {
            Some(Membership::Joined(name)) => self.add_membership(now, id, name, device, since),
            Some(Membership::Left(name)) => self.drop_membership(id, &name),
            Some(Membership::Renamed { from, to }) => {
                self.drop_membership(id, &from);
                self.add_membership(now, id, to, device, since);
            }
            None => {}
        }
    }

    fn add_membership(
        &mut self,
        now: Instant,
        room: RoomId,
        name: Name,
        device: DeviceId,
        since: Timestamp,
    ) {
        // The user may have left before its joining was committed.
        let person = self.person(name.clone(), device, since);
        person.rooms.insert(room);
        self.tell_soon(now, name);
    }

    fn drop_membership(&mut self, room: RoomId, name: &Name) {
        self.rooms[room.0].forget_roster();
        if let Some(person) = self.people.get_mut(name) {
            person.rooms.remove(&room);
        }
        self.forget_stranger(name);
    }

    /// The batch is not stored, and nothing of it happened.
    pub(super) fn fail_batch(&mut self, reason: String) {
        let refusal = Refusal::Store(SafeText::new(&reason));
        if !std::mem::replace(&mut self.commits.is_failing, true) {
            self.notice(RelayNotice::StoreFailed { reason });
        }
        let batch = self.commits.in_flight.take().unwrap_or_default();
        // The first of each channel is refused, and everything behind it goes with it.
        let mut refused = BTreeMap::new();
        for proposal in &batch.proposals {
            if let Origin::Session(id, number) = proposal.origin {
                refused.entry((id, number)).or_insert(proposal.event.local);
            }
        }
        for ((id, number), local) in &refused {
            if let Some(seat) = self.seats.get_mut(id)
                && let Some(channel) = seat.channels.get_mut(number)
            {
                channel.intake = Intake::Refusing(*local, refusal.clone());
            }
        }
        let is_behind = |proposal: &Proposal| match proposal.origin {
            Origin::Session(id, number) => refused.contains_key(&(id, number)),
            Origin::Relay => false,
        };
        let waiting = std::mem::take(&mut self.commits.waiting);
        let (behind, kept): (VecDeque<Proposal>, _) = waiting.into_iter().partition(is_behind);
        self.commits.waiting = kept;
        for proposal in batch.proposals.iter().chain(&behind) {
            self.settle(proposal);
        }
        for (id, number) in refused.into_keys() {
            self.drop_sends(id, number);
            self.wake(id);
        }
        for (reader, read) in batch.reads {
            self.commits.reads.entry(reader).or_insert(read);
        }
        for (room, _) in batch.forks {
            self.fail_fork(room, &refusal);
        }
    }

    /// Some of the batch is stored already, and therefore nothing of it was stored: confirms
    /// those and proposes the others again, before everything else.
    pub(super) fn sort_out_duplicates(&mut self, duplicates: &[(EventId, Place)]) {
        let batch = self.commits.in_flight.take().unwrap_or_default();
        let mut again = Vec::new();
        // Channels on which a number was used that is another room's.
        let mut refused: BTreeSet<(SessionId, u32)> = BTreeSet::new();
        for mut proposal in batch.proposals {
            let id = proposal.event.id();
            let place = duplicates.iter().find(|(other, _)| *other == id);
            match (place, &proposal.origin) {
                (_, Origin::Session(session, number)) if refused.contains(&(*session, *number)) => {
                    self.settle(&proposal);
                }
                (None, _) => again.push(proposal),
                (Some((_, place)), Origin::Session(session, number)) => {
                    if !self.confirm_place(&proposal, place) {
                        refused.insert((*session, *number));
                        self.refuse_from(*session, *number, id.local, Refusal::Protocol);
                    }
                    self.settle(&proposal);
                }
                (Some(_), Origin::Relay) => {
                    // The number was drawn twice, or guessed by the device.
                    self.commits.ids.remove(&id);
                    proposal.event.local = self.random_local();
                    self.commits.ids.insert(proposal.event.id());
                    again.push(proposal);
                }
            }
        }
        for (session, number) in refused {
            let waiting = std::mem::take(&mut self.commits.waiting);
            let is_behind = |proposal: &Proposal| matches!(proposal.origin, Origin::Session(s, n) if (s, n) == (session, number));
            let (behind, kept): (VecDeque<Proposal>, _) = waiting.into_iter().partition(is_behind);
            self.commits.waiting = kept;
            behind.iter().for_each(|proposal| self.settle(proposal));
            self.drop_sends(session, number);
        }
        for proposal in again.into_iter().rev() {
            self.commits.waiting.push_front(proposal);
        }
        self.commits
            .forks
            .extend(batch.forks.iter().map(|(room, _)| *room));
        for (reader, read) in batch.reads {
            self.commits.reads.entry(reader).or_insert(read);
        }
    }

    /// Takes a proposal that is decided off the books.
    fn settle(&mut self, proposal: &Proposal) {
        self.commits.ids.remove(&proposal.event.id());
        if let Origin::Session(session, number) = proposal.origin {
            self.commits.release_bytes(&proposal.event.body);
            self.count_answered(session, number);
        }
    }
}
