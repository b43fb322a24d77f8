//! Questions, answered one at a time: the next one when the session has taken the last answer.

use super::people::split;
use super::seat::{Outgoing, Seat};
use super::{Hall, RoomId, SessionId, Ticket};
use crate::relay::limits::{
    FOUND_EVENTS_MAX, HASHES_MAX, HISTORY_EVENTS_MAX, NUMBERED_MAX, QUESTIONS_MAX, SEARCH_CHARS_MAX,
};
use crate::room::is_for;
use crate::room::log::{LogRequest, Search};
use crate::session::{LinkStats, Priority};
use crate::wire::{
    Answer, CONTROL_CHANNEL, Event, Found, Limit, LogHash, LogId, Member, Name, PathQuality,
    Presence, Query, Reader, Refusal, RoomInfo, RoomName, SafeText, Seq, ToMember,
};

impl Hall {
    pub(super) fn handle_question(&mut self, id: SessionId, request: u32, query: Query) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if seat.questions.len() < QUESTIONS_MAX {
            seat.questions.push_back((request, query));
        } else {
            seat.refuse(request, Limit::Questions.into());
        }
    }

    /// Answers the next question of a session, or has the store asked. Returns whether there is
    /// something to say now.
    pub(super) fn answer_next(&mut self, id: SessionId) -> bool {
        let Some(seat) = self.seats.get(&id) else {
            return false;
        };
        let (Some((request, query)), None, Some(name)) =
            (seat.questions.front(), seat.asked, seat.name())
        else {
            return false;
        };
        let (request, query, name) = (*request, query.clone(), name.clone());
        match self.try_answer(query, &name) {
            Ok(Reply::Now(parts)) => self.answer(id, parts),
            Ok(Reply::FromStore(make_request)) => {
                let ticket = self.ask_store(Ticket::Question(id), make_request);
                if let Some(seat) = self.seats.get_mut(&id) {
                    seat.asked = Some(ticket);
                }
                return false;
            }
            Ok(Reply::FromPaths) => {
                // Whoever drives the sessions knows it, and needs no number of the store's for that.
                let ticket = self.ticket_next;
                self.ticket_next += 1;
                self.paths_asked.push_back((id, ticket));
                if let Some(seat) = self.seats.get_mut(&id) {
                    seat.asked = Some(ticket);
                }
                return false;
            }
            Err(refusal) => {
                if let Some(seat) = self.seats.get_mut(&id) {
                    seat.questions.pop_front();
                    seat.refuse(request, refusal);
                }
            }
        }
        true
    }

    /// The next session that asks how well all are reached, and the number of its question.
    pub fn poll_paths_asked(&mut self) -> Option<(SessionId, u64)> {
        self.paths_asked.pop_front()
    }

    /// Takes in how well every session is reached.
    pub fn answer_paths(
        &mut self,
        id: SessionId,
        ticket: u64,
        paths: impl Iterator<Item = (SessionId, LinkStats)>,
    ) {
        if self.take_asked(id, ticket).is_none() {
            return;
        }
        let quality = |(id, stats): (SessionId, LinkStats)| {
            let seat = self.seats.get(&id)?;
            Some(PathQuality {
                name: seat.name()?.clone(),
                device: seat.device,
                rtt_micros: u64::try_from(stats.rtt.as_micros()).unwrap_or(u64::MAX),
                loss_to_percent: percent(stats.loss_out),
                loss_from_percent: percent(stats.loss_in),
            })
        };
        let mut paths: Vec<PathQuality> = paths.filter_map(quality).collect();
        paths.sort_by(|a, b| (&a.name, a.device).cmp(&(&b.name, b.device)));
        let parts = split(paths).into_iter().map(Answer::Net).collect();
        self.answer(id, or_empty(parts, Answer::Net(Vec::new())));
        self.wake(id);
    }

    fn try_answer(&self, query: Query, name: &Name) -> Result<Reply, Refusal> {
        Ok(match query {
            Query::Members(None) => members(self.members_of_all()),
            Query::Members(Some(room)) => members(self.members_of(self.visible_room(&room, name)?)),
            Query::Rooms => {
                let parts = split(self.rooms_for(name));
                let parts: Vec<Answer> = parts.into_iter().map(Answer::Rooms).collect();
                Reply::now(parts, Answer::Rooms(Vec::new()))
            }
            Query::History {
                room,
                before,
                count,
            } => {
                self.visible_room(&room, name)?;
                let count_max = at_most(count, HISTORY_EVENTS_MAX);
                Reply::from_store(move |ticket| LogRequest::Before {
                    ticket,
                    room,
                    before,
                    count_max,
                })
            }
            Query::Hashes { room, first, count } => {
                self.visible_room(&room, name)?;
                let count_max = at_most(count, HASHES_MAX);
                Reply::from_store(move |ticket| LogRequest::Hashes {
                    ticket,
                    room,
                    first,
                    count_max,
                })
            }
            Query::Search {
                words,
                room,
                from,
                after,
                count,
            } => {
                if let Some(room) = &room {
                    self.visible_room(room, name)?;
                }
                if words.chars().count() > SEARCH_CHARS_MAX {
                    return Err(Limit::SearchCharacters.into());
                }
                let search = Search {
                    words,
                    reader: name.clone(),
                    room,
                    from,
                    after,
                    count_max: at_most(count, FOUND_EVENTS_MAX),
                };
                Reply::from_store(move |ticket| LogRequest::Search { ticket, search })
            }
            Query::Numbered {
                room,
                device,
                line,
                first,
                last,
            } => {
                self.visible_room(&room, name)?;
                let last = last.min(first.saturating_add(NUMBERED_MAX - 1));
                Reply::from_store(move |ticket| LogRequest::Numbered {
                    ticket,
                    room,
                    device,
                    line,
                    first,
                    last,
                })
            }
            Query::Net => Reply::FromPaths,
            Query::Delivered(room) => {
                let room = &self.rooms[self.visible_room(&room, name)?.0];
                let readers = room.readers.values();
                let readers = readers
                    .map(|reader| Reader {
                        name: reader.name.clone(),
                        seq: reader.seq,
                        read: reader.read,
                    })
                    .collect();
                let parts = split(readers).into_iter().map(Answer::Delivered);
                Reply::now(parts.collect(), Answer::Delivered(Vec::new()))
            }
        })
    }

    /// The question a session waits for the store's answer to, when it is this one.
    fn take_asked(&mut self, id: SessionId, ticket: u64) -> Option<Query> {
        let seat = self.seats.get_mut(&id)?;
        seat.asked.take_if(|asked| *asked == ticket)?;
        seat.questions.front().map(|(_, query)| query.clone())
    }

    fn log_of(&self, room: &RoomName) -> Option<LogId> {
        let id = self.room_ids.get(room)?;
        Some(self.rooms[id.0].room.log)
    }

    /// Takes in the events asked for by a session's first question.
    pub(super) fn answer_history(&mut self, id: SessionId, ticket: u64, events: Vec<Event>) {
        if let Some(Query::History { room, .. }) = self.take_asked(id, ticket)
            && let Some(log) = self.log_of(&room)
        {
            let parts = split(events).into_iter();
            let parts = parts.map(|part| Answer::Events(log, part)).collect();
            self.answer(id, or_empty(parts, Answer::Events(log, Vec::new())));
            self.wake(id);
        }
    }

    /// Takes in the hashes asked for by a session's first question.
    pub(super) fn answer_hashes(&mut self, id: SessionId, ticket: u64, hashes: Vec<LogHash>) {
        if let Some(Query::Hashes { room, .. }) = self.take_asked(id, ticket)
            && let Some(log) = self.log_of(&room)
        {
            let parts = split(hashes).into_iter();
            let parts = parts.map(|part| Answer::Hashes(log, part)).collect();
            self.answer(id, or_empty(parts, Answer::Hashes(log, Vec::new())));
            self.wake(id);
        }
    }

    /// Takes in the events a session searches for.
    pub(super) fn answer_search(
        &mut self,
        id: SessionId,
        ticket: u64,
        found: Result<Vec<Found>, String>,
    ) {
        if self.take_asked(id, ticket).is_none() {
            return;
        }
        match found {
            Ok(found) => {
                let parts = split(found).into_iter().map(Answer::Found).collect();
                self.answer(id, or_empty(parts, Answer::Found(Vec::new())));
            }
            Err(reason) => {
                if let Some(seat) = self.seats.get_mut(&id)
                    && let Some((request, _)) = seat.questions.pop_front()
                {
                    seat.refuse(request, Refusal::Store(SafeText::new(&reason)));
                }
            }
        }
        self.wake(id);
    }

    /// Takes in which ordinals a log has.
    pub(super) fn answer_numbered(&mut self, id: SessionId, ticket: u64, places: Vec<(u32, Seq)>) {
        if self.take_asked(id, ticket).is_some() {
            let parts = split(places).into_iter().map(Answer::Numbered).collect();
            self.answer(id, or_empty(parts, Answer::Numbered(Vec::new())));
            self.wake(id);
        }
    }

    /// Says the parts of the answer to a session's first question.
    fn answer(&mut self, id: SessionId, parts: Vec<Answer>) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let Some((request, _)) = seat.questions.pop_front() else {
            return;
        };
        let mut parts = parts.into_iter().peekable();
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

/// How a question is answered.
enum Reply {
    /// By these parts, at least one.
    Now(Vec<Answer>),
    /// By what is known of the sessions' paths.
    FromPaths,
    /// By what the store says to this.
    FromStore(Box<dyn FnOnce(u64) -> LogRequest>),
}

impl Reply {
    fn now(parts: Vec<Answer>, empty: Answer) -> Self {
        Self::Now(or_empty(parts, empty))
    }

    fn from_store(make_request: impl FnOnce(u64) -> LogRequest + 'static) -> Self {
        Self::FromStore(Box::new(make_request))
    }
}

fn members(members: Vec<Member>) -> Reply {
    let parts = split(members).into_iter().map(Answer::Members).collect();
    Reply::now(parts, Answer::Members(Vec::new()))
}

/// An answer has a part at least.
fn or_empty(mut parts: Vec<Answer>, empty: Answer) -> Vec<Answer> {
    if parts.is_empty() {
        parts.push(empty);
    }
    parts
}

/// A share from 0 to 1 in a hundred.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is between 0 and 100"
)]
fn percent(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u8
}

fn at_most(count: u32, max: usize) -> usize {
    usize::try_from(count).map_or(max, |count| count.min(max))
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
