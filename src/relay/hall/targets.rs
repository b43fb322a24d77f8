//! Which event a send is about, and whether its sender may change that: a message is edited and
//! taken back by the device that wrote it, and nothing else is.
//!
//! A place says which event is meant only together with the log that its sender has read. So what
//! is about another event brings the hash over the log up to that one, and is refused where the
//! relay's log has another: one of the two was put back from an older copy. The relay decides that,
//! not the sender, because only the relay knows whether it has stored the send in an earlier
//! session; and however often it is sent, the answer is the same.
//!
//! The room's tail knows the latest events. For an older one the store is asked, and until it has
//! answered, the send and what its session sent after it wait, so that order stays.

use super::seat::{Lookup, Objection, Target, WaitingSend};
use super::{Hall, RoomId, SessionId, Ticket};
use crate::room::log::LogRequest;
use crate::room::{about_of, is_spoken};
use crate::time::Instant;
use crate::wire::{Body, DeviceId, Event, LogHash, Refusal, Seq, ToMember};

/// The place of the event that only its author may change so.
fn changed_place(body: &Body) -> Option<Seq> {
    match body {
        Body::Edit(about, _) | Body::Redaction(about) => Some(*about),
        Body::Message(_)
        | Body::Reply(..)
        | Body::Action(_)
        | Body::Reaction(..)
        | Body::Join
        | Body::Leave
        | Body::Topic(_)
        | Body::Role(..)
        | Body::Rename(_) => None,
    }
}

/// Whether `device` may edit an event or take it back.
fn may_change(event: &Event, device: DeviceId) -> bool {
    event.device == device && is_spoken(&event.body)
}

fn meant(is_meant: bool) -> Target {
    if is_meant {
        Target::Meant
    } else {
        Target::Refused(Objection::Another)
    }
}

fn granted(is_granted: bool) -> Target {
    if is_granted {
        Target::Granted
    } else {
        Target::Refused(Objection::Foreign)
    }
}

impl Hall {
    /// Finds out whether the first send of a session may be stored, as far as that depends on the
    /// event it is about. Whether that is known now; otherwise the store is being asked.
    pub(super) fn check_target(&mut self, id: SessionId) -> bool {
        let Some(seat) = self.seats.get(&id) else {
            return true;
        };
        let Some(first) = seat.sends.front() else {
            return true;
        };
        if matches!(first.lookup, Lookup::Known(Some(_))) {
            return true;
        }
        let (device, room) = (seat.device, first.room);
        let (about, hash) = (about_of(&first.send.body), first.send.target);
        let changed = changed_place(&first.send.body);
        let mut target = first.target;
        if target == Target::Unknown {
            target = match about.zip(hash) {
                Some((about, hash)) => self.compare(id, room, about, hash),
                None => Target::Meant,
            };
        }
        if target == Target::Meant {
            target = match changed {
                Some(about) => self.find_author(id, device, room, about),
                None => Target::Granted,
            };
        }
        if let Some(first) = (self.seats.get_mut(&id)).and_then(|seat| seat.sends.front_mut()) {
            first.target = target;
        }
        !matches!(target, Target::HashAsked(_) | Target::AuthorAsked(_))
    }

    /// Whether the log up to a place is the one that a sender has read.
    fn compare(&mut self, id: SessionId, room: RoomId, about: Seq, hash: LogHash) -> Target {
        let known = &self.rooms[room.0].room;
        let known = match known.tail.hash(about) {
            None if about == known.head => Some(known.hash),
            known => known,
        };
        match known {
            Some(known) => meant(known == hash),
            None => Target::HashAsked(self.ask_for_hash(id, room, about)),
        }
    }

    fn find_author(&mut self, id: SessionId, device: DeviceId, room: RoomId, about: Seq) -> Target {
        match self.in_tail(room, about) {
            Some(event) => granted(may_change(&event, device)),
            None => Target::AuthorAsked(self.ask_for_event(id, room, about)),
        }
    }

    fn ask_for_hash(&mut self, id: SessionId, room: RoomId, first: Seq) -> u64 {
        let room = self.rooms[room.0].room.name.clone();
        self.ask_store(Ticket::Target(id), |ticket| LogRequest::Hashes {
            ticket,
            room,
            first,
            count_max: 1,
        })
    }

    fn in_tail(&self, room: RoomId, seq: Seq) -> Option<Event> {
        let bytes = self.rooms[room.0].room.tail.event(seq)?;
        match ToMember::decode(bytes) {
            Ok(ToMember::Event(event)) => Some(event),
            Ok(_) | Err(_) => None,
        }
    }

    fn ask_for_event(&mut self, id: SessionId, room: RoomId, seq: Seq) -> u64 {
        let room = self.rooms[room.0].room.name.clone();
        self.ask_store(Ticket::Target(id), |ticket| LogRequest::After {
            ticket,
            room,
            after: Seq(seq.0 - 1),
            up_to: seq,
            count_max: 1,
        })
    }

    /// Takes in the hash at the place that a send is about. Without one the event is deleted, or its
    /// like were stored before there were hashes: then there is nothing to compare.
    pub(super) fn take_target_hash(
        &mut self,
        now: Instant,
        id: SessionId,
        ticket: u64,
        hash: Option<LogHash>,
    ) {
        if let Some(waiting) = self.waiting_for(id, Target::HashAsked(ticket)) {
            let is_same = hash.is_none() || waiting.send.target == hash;
            waiting.target = meant(is_same);
        }
        self.propose_sends(now, id);
        self.wake(id);
    }

    /// Takes in the event that a send would change; none when the relay has it no more.
    pub(super) fn take_target(
        &mut self,
        now: Instant,
        id: SessionId,
        ticket: u64,
        event: Option<&Event>,
    ) {
        let Some(device) = self.seats.get(&id).map(|seat| seat.device) else {
            return;
        };
        if let Some(waiting) = self.waiting_for(id, Target::AuthorAsked(ticket)) {
            let about = changed_place(&waiting.send.body);
            let event = event.filter(|event| Some(event.seq) == about);
            waiting.target = granted(event.is_some_and(|event| may_change(event, device)));
        }
        self.propose_sends(now, id);
        self.wake(id);
    }

    fn waiting_for(&mut self, id: SessionId, target: Target) -> Option<&mut WaitingSend> {
        let mut sends = self.seats.get_mut(&id)?.sends.iter_mut();
        sends.find(|send| send.target == target)
    }

    /// Refuses the first send of a session, for what it is about.
    pub(super) fn refuse_first(&mut self, id: SessionId, refusal: Refusal) {
        let first = self
            .seats
            .get_mut(&id)
            .and_then(|seat| seat.sends.pop_front());
        if let Some(first) = first {
            // Before anything is counted as answered: what was refused behind it is refused no more.
            self.refuse_from(id, first.channel, first.send.local, refusal);
            self.commits.release_bytes(&first.send.body);
            self.count_answered(id, first.channel);
            self.drop_sends(id, first.channel);
        }
    }
}
