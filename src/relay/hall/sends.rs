//! From a member's send to its answer, each event once.
//!
//! An event may have been sent before, in a session that ended without an answer: its sender then
//! says so, and the relay has the store look for it. Later sends of that session wait behind it, so
//! that what a person wrote stays in order. Should a sender not say so, the store finds the
//! duplicate when it is to be committed, which costs everybody's batch another try but has the same
//! result.
//!
//! # After a refusal
//!
//! A person's messages stand in the order they were written in. So when one is refused, nothing is
//! taken that its session sent after it on that channel: its sender is told of the first one, once
//! everything before it is answered, and says with its next send that it goes on from there.

use std::collections::VecDeque;

use super::commits::Proposal;
use super::seat::{Intake, Lookup, Origin, Own, Seat, Target, WaitingSend};
use super::{Hall, RoomId, SessionId, Ticket};
use crate::relay::limits::{RECEIPTS_MAX, SENDS_BYTES_MAX, SENDS_UNANSWERED_MAX};
use crate::room::log::{LogRequest, Place};
use crate::room::{about_of, check_body};
use crate::time::Instant;
use crate::wire::{
    CONTROL_CHANNEL, Event, EventId, Limit, LocalId, Name, Refusal, Send, Seq, ToMember, ToRelay,
};

/// Local ids stay below this: stores count in 63 bits.
const LOCAL_ID_END: u64 = 1 << 63;

impl Hall {
    pub(super) fn handle_send(&mut self, now: Instant, id: SessionId, number: u32, send: Send) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let Some(channel) = seat.channels.get_mut(&number) else {
            let is_over = seat.used.contains(&number) && !seat.opening.contains(&number);
            if number == CONTROL_CHANNEL || is_over {
                let (local, refusal) = (send.local, Refusal::Protocol);
                seat.say_on(number, &ToMember::NotStored { local, refusal });
            } else {
                self.keep_early(id, number, ToRelay::Send(send));
            }
            return;
        };
        match channel.intake {
            Intake::Open => {}
            Intake::Held if send.resumes => channel.intake = Intake::Open,
            // Its sender will send it again, behind the one refused.
            Intake::Held | Intake::Refusing(..) => return,
        }
        let (room, device) = (channel.room, seat.device);
        if let Err(refusal) = self.admit(id, room, &send) {
            self.refuse_from(id, number, send.local, refusal);
            return;
        }
        let event_id = EventId {
            device,
            local: send.local,
        };
        let lookup = if !send.again {
            Lookup::Needless
        } else if self.commits.contains(event_id) {
            self.commits.held.insert(id);
            Lookup::Wanted
        } else {
            Lookup::Asked(self.look_up(id, event_id))
        };
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.sends_unanswered += 1;
            if let Some(channel) = seat.channels.get_mut(&number) {
                channel.unanswered += 1;
            }
            seat.sends.push_back(WaitingSend {
                channel: number,
                room,
                send,
                lookup,
                target: Target::Unknown,
            });
        }
        self.propose_sends(now, id);
    }

    /// Checks a send, and counts it as unanswered.
    fn admit(&mut self, id: SessionId, room: RoomId, send: &Send) -> Result<(), Refusal> {
        if send.local.0 >= LOCAL_ID_END {
            return Err(Refusal::Protocol);
        }
        let head = self.rooms[room.0].room.head;
        if send.target.is_some() && about_of(&send.body).is_some_and(|about| about > head) {
            return Err(Refusal::Diverged);
        }
        check_body(&send.body, head)?;
        let unanswered = self.seats.get(&id).map_or(0, |seat| seat.sends_unanswered);
        if unanswered >= SENDS_UNANSWERED_MAX {
            return Err(Limit::Messages.into());
        }
        let receipts = self.seats.get(&id).map_or(0, Seat::receipts);
        if receipts + unanswered >= RECEIPTS_MAX {
            return Err(Limit::Confirmations.into());
        }
        if !self.commits.claim_bytes(&send.body, SENDS_BYTES_MAX) {
            return Err(Limit::MessageBytes.into());
        }
        Ok(())
    }

    fn look_up(&mut self, id: SessionId, event: EventId) -> u64 {
        self.ask_store(Ticket::Send(id), |ticket| LogRequest::Find {
            ticket,
            device: event.device,
            local: event.local,
        })
    }

    /// Proposes the sends of a session up to the first that is still being looked for.
    pub(super) fn propose_sends(&mut self, now: Instant, id: SessionId) {
        while let Some(seat) = self.seats.get_mut(&id)
            && let Some(first) = seat.sends.front_mut()
        {
            let event_id = EventId {
                device: seat.device,
                local: first.send.local,
            };
            match &first.lookup {
                Lookup::Wanted | Lookup::Asked(_) => return,
                Lookup::Needless | Lookup::Known(None) if self.commits.contains(event_id) => {
                    first.lookup = Lookup::Wanted;
                    self.commits.held.insert(id);
                    return;
                }
                Lookup::Needless | Lookup::Known(_) => {}
            }
            if !self.check_target(id) {
                return;
            }
            let Some(seat) = self.seats.get_mut(&id) else {
                return;
            };
            let target = seat.sends.front().map(|first| first.target);
            if let Some(Target::Refused(refusal)) = target {
                self.refuse_first(id, refusal.into());
                continue;
            }
            let (Some(waiting), Some(name)) = (seat.sends.pop_front(), seat.name().cloned()) else {
                return;
            };
            let is_reader = seat.is_visible()
                && seat
                    .channels
                    .get(&waiting.channel)
                    .is_some_and(|channel| channel.follow.is_some());
            let device = seat.device;
            let is_member = self.rooms[waiting.room.0].room.members.contains(&name);
            if is_reader && !is_member && !matches!(waiting.lookup, Lookup::Known(Some(_))) {
                // Its joining may have failed with the store. If the room is full, it only writes.
                let _ = self.join(now, waiting.room, device, &name);
            }
            let proposal = Proposal {
                room: waiting.room,
                event: Event {
                    seq: Seq(0),
                    device,
                    local: waiting.send.local,
                    ordinal: waiting.send.ordinal,
                    from: name,
                    sent_at: waiting.send.sent_at,
                    stored_after: 0,
                    body: waiting.send.body,
                },
                origin: Origin::Session(id, waiting.channel),
            };
            if let Lookup::Known(Some(place)) = &waiting.lookup {
                let is_there = self.confirm_place(&proposal, place);
                if !is_there {
                    let (local, refusal) = (proposal.event.local, Refusal::Protocol);
                    self.refuse_from(id, waiting.channel, local, refusal);
                }
                self.commits.release_bytes(&proposal.event.body);
                self.count_answered(id, waiting.channel);
                if !is_there {
                    self.drop_sends(id, waiting.channel);
                }
            } else {
                self.commits.propose(proposal);
            }
        }
    }

    /// Takes in where an event stands that may have been sent before.
    pub(super) fn take_place(
        &mut self,
        now: Instant,
        id: SessionId,
        ticket: u64,
        place: Option<Place>,
    ) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let asked = Lookup::Asked(ticket);
        if let Some(waiting) = seat.sends.iter_mut().find(|send| send.lookup == asked) {
            waiting.lookup = Lookup::Known(place);
        }
        self.propose_sends(now, id);
        self.wake(id);
    }

    /// Has the store look for events whose like was being committed, now that it has been.
    pub(super) fn look_up_held(&mut self, now: Instant) {
        for id in std::mem::take(&mut self.commits.held) {
            let Some(seat) = self.seats.get(&id) else {
                continue;
            };
            let device = seat.device;
            let wanted: Vec<(usize, LocalId)> = seat
                .sends
                .iter()
                .enumerate()
                .filter(|(_, waiting)| waiting.lookup == Lookup::Wanted)
                .map(|(index, waiting)| (index, waiting.send.local))
                .collect();
            for (index, local) in wanted {
                let event_id = EventId { device, local };
                if self.commits.contains(event_id) {
                    self.commits.held.insert(id);
                    continue;
                }
                let ticket = self.look_up(id, event_id);
                if let Some(seat) = self.seats.get_mut(&id) {
                    seat.sends[index].lookup = Lookup::Asked(ticket);
                }
            }
            self.propose_sends(now, id);
        }
    }

    /// Tells a sender that its event is committed, in its place or, when that was passed, at once.
    /// `from` is the name the event carries, if that is known.
    pub(super) fn confirm(
        &mut self,
        proposal: &Proposal,
        from: Option<&Name>,
        seq: Seq,
        stored_after: i64,
    ) {
        let Origin::Session(id, number) = proposal.origin else {
            return;
        };
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let is_known = from.is_some_and(|from| seat.entered_as(from));
        let Some(channel) = seat.channels.get_mut(&number) else {
            return;
        };
        debug_assert_eq!(channel.room, proposal.room, "a channel number is used once");
        let own = Own {
            local: proposal.event.local,
            seq,
            stored_after,
            is_known,
        };
        if !channel.confirm(own) {
            seat.say_on(number, &own.stored());
        }
        self.wake(id);
    }

    /// Tells a sender where its event stands already. Returns whether it stands in the room it was
    /// sent to: otherwise the device used the number for an event of another.
    pub(super) fn confirm_place(&mut self, proposal: &Proposal, place: &Place) -> bool {
        if self.rooms[proposal.room.0].room.name != place.room {
            return false;
        }
        // An earlier session may have gone by another name.
        self.confirm(proposal, None, place.seq, place.stored_after);
        true
    }

    /// Refuses a send, and takes nothing more on its channel until the sender goes on from there. A
    /// later one that is refused and not told of yet is forgotten: it is sent again behind this one.
    /// So this comes before anything on the channel is counted as answered, and what was sent after
    /// it and waits is to be dropped.
    pub(super) fn refuse_from(
        &mut self,
        id: SessionId,
        number: u32,
        local: LocalId,
        refusal: Refusal,
    ) {
        if let Some(seat) = self.seats.get_mut(&id)
            && let Some(channel) = seat.channels.get_mut(&number)
        {
            channel.intake = Intake::Refusing(local, refusal);
            if let Some(refusal) = channel.take_refusal() {
                seat.say_on(number, &refusal);
            }
        }
        self.wake(id);
    }

    /// Counts a send of a channel as answered, and tells of the refusal that waited for that.
    pub(super) fn count_answered(&mut self, id: SessionId, number: u32) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        seat.sends_unanswered -= 1;
        if let Some(channel) = seat.channels.get_mut(&number) {
            channel.unanswered -= 1;
            if let Some(refusal) = channel.take_refusal() {
                seat.say_on(number, &refusal);
            }
        }
    }

    /// Drops what was sent on a channel and is not proposed yet, without an answer: what was sent
    /// before it is refused.
    pub(super) fn drop_sends(&mut self, id: SessionId, number: u32) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let (dropped, kept) = std::mem::take(&mut seat.sends)
            .into_iter()
            .partition(|waiting| waiting.channel == number);
        seat.sends = kept;
        let dropped: VecDeque<WaitingSend> = dropped;
        for waiting in dropped {
            self.commits.release_bytes(&waiting.send.body);
            self.count_answered(id, number);
        }
    }
}
