//! Who may change which event: a message is edited and taken back by the device that wrote it, and
//! nothing else is.
//!
//! The room's tail knows the latest events. For an older one the store is asked, and until it has
//! answered, the send and what its session sent after it wait, so that order stays.

use super::seat::{Lookup, Target};
use super::{Hall, RoomId, SessionId, Ticket};
use crate::room::is_spoken;
use crate::room::log::LogRequest;
use crate::time::Instant;
use crate::wire::{Body, DeviceId, Event, Refusal, Seq, ToMember};

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

impl Hall {
    /// Finds out whether the first send of a session may change what it would change. Whether that
    /// is known now; otherwise the store is being asked.
    pub(super) fn check_target(&mut self, id: SessionId) -> bool {
        let Some(seat) = self.seats.get_mut(&id) else {
            return true;
        };
        let device = seat.device;
        let Some(first) = seat.sends.front_mut() else {
            return true;
        };
        let is_stored = matches!(first.lookup, Lookup::Known(Some(_)));
        let about = changed_place(&first.send.body).filter(|_| !is_stored);
        match (about, &first.target) {
            (None, _) | (Some(_), Target::Granted | Target::Denied) => true,
            (Some(_), Target::Asked(_)) => false,
            (Some(about), Target::Unknown) => {
                let room = first.room;
                let known = self.in_tail(room, about);
                let target = match known.map(|event| may_change(&event, device)) {
                    Some(true) => Target::Granted,
                    Some(false) => Target::Denied,
                    None => Target::Asked(self.ask_for_event(id, room, about)),
                };
                let is_known = !matches!(target, Target::Asked(_));
                let first = self.seats.get_mut(&id);
                if let Some(first) = first.and_then(|seat| seat.sends.front_mut()) {
                    first.target = target;
                }
                is_known
            }
        }
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

    /// Takes in the event that a send would change; none when the relay has it no more.
    pub(super) fn take_target(
        &mut self,
        now: Instant,
        id: SessionId,
        ticket: u64,
        event: Option<&Event>,
    ) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let device = seat.device;
        let asked = Target::Asked(ticket);
        if let Some(waiting) = seat.sends.iter_mut().find(|send| send.target == asked) {
            let about = changed_place(&waiting.send.body);
            let event = event.filter(|event| Some(event.seq) == about);
            waiting.target = match event {
                Some(event) if may_change(event, device) => Target::Granted,
                Some(_) | None => Target::Denied,
            };
        }
        self.propose_sends(now, id);
        self.wake(id);
    }

    /// Refuses the first send of a session, which may not change what it would change.
    pub(super) fn refuse_first(&mut self, id: SessionId) {
        let first = self
            .seats
            .get_mut(&id)
            .and_then(|seat| seat.sends.pop_front());
        if let Some(first) = first {
            // Before anything is counted as answered: what was refused behind it is refused no more.
            self.refuse_from(id, first.channel, first.send.local, Refusal::NotAllowed);
            self.commits.release_bytes(&first.send.body);
            self.count_answered(id, first.channel);
            self.drop_sends(id, first.channel);
        }
    }
}
