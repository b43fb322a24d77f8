//! What the view asks the relay on its own account; see [`View`].

use super::{View, Violation};
use crate::client::room::{Channel, Room};
use crate::client::update::{MissingSearch, Update};
use crate::time::Instant;
use crate::wire::{Answer, LogHash, LogId, Query, Refusal, RoomName, Seq};

/// A question on its way.
#[derive(Debug)]
pub(super) struct OwnQuestion {
    request: u32,
    room: RoomName,
    about: About,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// Where the relay's log parts from the one read.
    Hashes,
    /// Whether the relay has what is missing.
    Missing,
}

impl View {
    /// Asks the next question, unless one is on its way.
    pub(super) fn ask_own_question(&mut self) {
        if self.welcome.is_none() || self.own_question.is_some() {
            return;
        }
        let comparing = self.rooms.iter().find_map(|(name, room)| {
            let (first, count) = room.wanted_hashes()?;
            let query = Query::Hashes {
                room: name.clone(),
                first,
                count,
            };
            Some((name, About::Hashes, query))
        });
        let next = comparing.or_else(|| {
            let mut rooms = self.rooms.iter();
            rooms.find_map(|(name, room)| Some((name, About::Missing, missing(name, room)?)))
        });
        let Some((room, about, query)) = next else {
            return;
        };
        let room = room.clone();
        let request = self.questions.push_own(query);
        self.own_question = Some(OwnQuestion {
            request,
            room,
            about,
        });
    }

    pub(super) fn is_own_question(&self, request: u32) -> bool {
        let own = self.own_question.as_ref();
        own.is_some_and(|own| own.request == request)
    }

    /// The question on its way has lost its sense.
    pub(super) fn drop_own_question(&mut self) {
        if let Some(own) = self.own_question.take() {
            self.questions.refuse(own.request);
        }
    }

    /// The question on its way, if it is about this room, has lost its sense.
    pub(super) fn drop_own_question_about(&mut self, room: &RoomName) {
        if (self.own_question.as_ref()).is_some_and(|own| own.room == *room) {
            self.drop_own_question();
        }
    }

    pub(super) fn handle_own_answer(&mut self, parts: Vec<Answer>) -> Result<(), Violation> {
        let Some(own) = self.own_question.take() else {
            return Ok(());
        };
        match own.about {
            About::Hashes => {
                let (log, hashes) = hashes_of(parts)?;
                let relay = self.welcome.as_ref().map(|welcome| welcome.relay);
                if let (Some(room), Some(relay)) = (self.rooms.get_mut(&own.room), relay) {
                    let compared = room.compare(relay, Some((log, &hashes)));
                    self.compared(&own.room, compared);
                }
            }
            About::Missing => self.missing_answered(&own.room, numbers_of(parts)?),
        }
        Ok(())
    }

    pub(super) fn handle_own_refused(&mut self, now: Instant, refusal: &Refusal) {
        let Some(own) = self.own_question.take() else {
            return;
        };
        match own.about {
            About::Hashes => {
                let relay = self.welcome.as_ref().map(|welcome| welcome.relay);
                let (Some(room), Some(relay)) = (self.rooms.get_mut(&own.room), relay) else {
                    return;
                };
                if refusal.is_passing() {
                    // It is refused as before then, and compared.
                    room.wait(now);
                    return;
                }
                let compared = room.compare(relay, None);
                self.compared(&own.room, compared);
            }
            About::Missing => self.missing_answered(&own.room, Vec::new()),
        }
    }

    /// The relay has these of the numbers asked for.
    fn missing_answered(&mut self, name: &RoomName, has: Vec<(u32, Seq)>) {
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        if let Some(missing) = room.gaps.answered(has) {
            self.updates.push_back(Update::Missing {
                room: name.clone(),
                from: missing.from,
                count: missing.count,
                search: MissingSearch::InVain,
            });
        }
    }
}

/// What to ask about the events missing from a room that is read.
fn missing(name: &RoomName, room: &Room) -> Option<Query> {
    match room.channel {
        Channel::Open(_) => room.gaps.question(name),
        Channel::Closed | Channel::Waiting { .. } | Channel::Comparing(_) | Channel::Opening(_) => {
            None
        }
    }
}

/// The hashes of all parts of an answer, which are of one log.
fn hashes_of(parts: Vec<Answer>) -> Result<(LogId, Vec<LogHash>), Violation> {
    let mut all: Option<(LogId, Vec<LogHash>)> = None;
    for part in parts {
        let Answer::Hashes(log, hashes) = part else {
            return Err(Violation::Malformed);
        };
        let (of, known) = all.get_or_insert((log, Vec::new()));
        if *of != log {
            return Err(Violation::Malformed);
        }
        known.extend(hashes);
    }
    all.ok_or(Violation::Malformed)
}

/// The numbers of all parts of an answer.
fn numbers_of(parts: Vec<Answer>) -> Result<Vec<(u32, Seq)>, Violation> {
    let mut all = Vec::new();
    for part in parts {
        let Answer::Numbered(numbers) = part else {
            return Err(Violation::Malformed);
        };
        all.extend(numbers);
    }
    Ok(all)
}
