//! Questions, answered one at a time: the next one when the session has taken the last answer.

use super::people::split;
use super::seat::{Outgoing, Seat};
use super::{Hall, RoomId, SessionId, Ticket};
use crate::relay::hall::rooms::limit;
use crate::relay::limits::{HISTORY_EVENTS_MAX, QUESTIONS_MAX};
use crate::room::is_for;
use crate::room::log::LogRequest;
use crate::session::Priority;
use crate::wire::{
    Answer, CONTROL_CHANNEL, Event, Name, Presence, Query, Refusal, RoomInfo, RoomName, Seq,
    ToMember,
};

impl Hall {
    pub(super) fn handle_question(&mut self, id: SessionId, request: u32, query: Query) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if seat.questions.len() < QUESTIONS_MAX {
            seat.questions.push_back((request, query));
        } else {
            seat.refuse(request, limit("16 questions at a time"));
        }
    }

    /// Answers the next question of a session, or has the store asked. Returns whether there is
    /// something to say now.
    pub(super) fn answer_next(&mut self, id: SessionId) -> bool {
        let Some(seat) = self.seats.get(&id) else {
            return false;
        };
        let (Some((request, query)), None, Some(name)) =
            (seat.questions.front(), seat.history, seat.name())
        else {
            return false;
        };
        let (request, query, name) = (*request, query.clone(), name.clone());
        let answer = match query {
            Query::Members(None) => Ok(split(self.members_of_all())),
            Query::Members(Some(room)) => self
                .visible_room(&room, &name)
                .map(|room| split(self.members_of(room))),
            Query::Rooms => {
                let parts = split(self.rooms_for(&name));
                self.answer(id, request, parts.into_iter().map(Answer::Rooms), || {
                    Answer::Rooms(Vec::new())
                });
                return true;
            }
            Query::History {
                room,
                before,
                count,
            } => match self.visible_room(&room, &name) {
                Ok(_) => {
                    self.ask_history(id, room, before, count);
                    return false;
                }
                Err(refusal) => Err(refusal),
            },
            Query::Hashes { .. }
            | Query::Search { .. }
            | Query::Numbered { .. }
            | Query::Delivered(_) => Err(Refusal::Protocol),
        };
        match answer {
            Ok(parts) => self.answer(id, request, parts.into_iter().map(Answer::Members), || {
                Answer::Members(Vec::new())
            }),
            Err(refusal) => {
                if let Some(seat) = self.seats.get_mut(&id) {
                    seat.questions.pop_front();
                    seat.refuse(request, refusal);
                }
            }
        }
        true
    }

    fn ask_history(&mut self, id: SessionId, room: RoomName, before: Option<Seq>, count: u32) {
        let count_max = usize::try_from(count)
            .map_or(HISTORY_EVENTS_MAX, |count| count.min(HISTORY_EVENTS_MAX));
        let ticket = self.ask_store(Ticket::History(id), |ticket| LogRequest::Before {
            ticket,
            room,
            before,
            count_max,
        });
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.history = Some(ticket);
        }
    }

    /// Takes in the events asked for by a session's first question.
    pub(super) fn answer_history(&mut self, id: SessionId, ticket: u64, events: Vec<Event>) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if seat.history != Some(ticket) {
            return;
        }
        seat.history = None;
        let Some((request, Query::History { room, .. })) = seat.questions.front().cloned() else {
            return;
        };
        let Some(log) = self.room_ids.get(&room).map(|id| self.rooms[id.0].room.log) else {
            return;
        };
        let parts = split(events)
            .into_iter()
            .map(|part| Answer::Events(log, part));
        self.answer(id, request, parts, || Answer::Events(log, Vec::new()));
        self.wake(id);
    }

    /// Says the parts of the answer to a session's first question, at least an empty one.
    fn answer(
        &mut self,
        id: SessionId,
        request: u32,
        parts: impl Iterator<Item = Answer>,
        empty: impl FnOnce() -> Answer,
    ) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        seat.questions.pop_front();
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            seat.say_part(request, empty(), true);
        }
        while let Some(part) = parts.next() {
            seat.say_part(request, part, parts.peek().is_none());
        }
    }

    /// The room of this name, if the user may know of it.
    fn visible_room(&self, room: &RoomName, name: &Name) -> Result<RoomId, Refusal> {
        if !is_for(room, name) {
            return Err(Refusal::NotAllowed);
        }
        let id = self.room_ids.get(room).copied();
        id.ok_or_else(|| Refusal::NoSuchRoom(room.clone()))
    }

    fn rooms_for(&self, name: &Name) -> Vec<RoomInfo> {
        self.room_ids
            .values()
            .filter(|id| self.rooms[id.0].is_for(name))
            .map(|id| {
                let room = &self.rooms[id.0].room;
                let members = self.members_of(*id);
                let present = members.iter().filter(|m| m.presence != Presence::Gone);
                RoomInfo {
                    name: room.name.clone(),
                    members: u32::try_from(present.count()).unwrap_or(u32::MAX),
                    seq: room.head,
                    topic: room.topic.clone(),
                }
            })
            .collect()
    }
}

impl Seat {
    fn say_part(&mut self, request: u32, part: Answer, is_last: bool) {
        let answer = ToMember::Answer {
            request,
            part,
            is_last,
        };
        self.queue.push_back(Outgoing {
            stream: CONTROL_CHANNEL,
            priority: Priority::Bulk,
            data: answer.encode().into(),
        });
    }
}
