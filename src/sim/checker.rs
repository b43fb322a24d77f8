//! Whether the delivery contract was kept, judged from outside.
//!
//! The checker knows nothing of how lanterm works. It is told what users did and what they were
//! told, as [`Observation`]s in the order of their happening, and says which promise was broken:
//!
//! - D1: what is said to be stored is there, for everyone; what is refused is nowhere; everything is
//!   answered in the end.
//! - D2: an event takes effect once.
//! - D3: everybody sees one log, in which a sender's events keep their order.
//! - D4: a reader is shown the log without gap, repetition or step back.

use std::collections::BTreeMap;

use crate::wire::{Body, Event, EventId, LogId, RoomName, Seq};

/// Violations kept at most. Arbitrary: the first few tell the story, the others follow from them.
const VIOLATIONS_MAX: usize = 64;

/// Who reads: a number the world gives.
pub type ReaderId = usize;

/// Something a user did or was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// A user sent an event, for the first time.
    Sent {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// The sender was told that its event is stored.
    Stored {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
        /// Its place.
        seq: Seq,
    },
    /// The sender was told that its event is not stored and will not be.
    Refused {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// A reader was shown an event.
    Shown {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The log its place counts in.
        log: LogId,
        /// The event.
        event: Event,
    },
}

/// Somebody who read a room until the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The reader.
    pub reader: ReaderId,
    /// The room.
    pub room: RoomName,
    /// Whether it asked for the log from its first event on; otherwise it began anywhere.
    pub is_from_start: bool,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A sender was told of a place where its event is not.
    #[error("D1: {id} was told stored in {room} at {seq}, where it is not")]
    NotThere {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
        /// The place told.
        seq: Seq,
    },
    /// A reader never got what is stored.
    #[error("D1: reader {reader} was never shown {seq} of {room}")]
    Missing {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The first place missing.
        seq: Seq,
    },
    /// A refused event is in the log.
    #[error("D1: {id} was refused in {room} and is there")]
    RefusedButThere {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// A sender never learned what became of its event.
    #[error("D1: {id} was sent to {room} and never answered")]
    Unanswered {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// An event was answered twice.
    #[error("D1: {id} of {room} was answered more than once")]
    AnsweredTwice {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// An event stands at two places.
    #[error("D2: {id} stands at {first} of {first_room} and at {second} of {second_room}")]
    TwoPlaces {
        /// The event.
        id: EventId,
        /// The room it was seen in first.
        first_room: RoomName,
        /// Its place there.
        first: Seq,
        /// The other room, or the same.
        second_room: RoomName,
        /// Its place there.
        second: Seq,
    },
    /// A reader was shown an event again.
    #[error("D2: reader {reader} was shown {id} of {room} twice")]
    ShownTwice {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// One place of a log holds different events for different readers.
    #[error("D3: reader {reader} was shown another event at {seq} of {room}: {shown}, not {known}")]
    Differs {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// The place.
        seq: Seq,
        /// What it was shown.
        shown: String,
        /// What another reader was shown.
        known: String,
    },
    /// A sender's events stand in another order than they were sent in.
    #[error("D3: {later} was sent to {room} after {earlier} and stands before it")]
    OutOfOrder {
        /// The room.
        room: RoomName,
        /// The event sent first.
        earlier: EventId,
        /// The event sent later.
        later: EventId,
    },
    /// An event nobody sent.
    #[error("D3: {id} of {room} was never sent there")]
    Invented {
        /// The room.
        room: RoomName,
        /// The event.
        id: EventId,
    },
    /// A reader was shown an event before or after its turn.
    #[error("D4: reader {reader} was shown {seq} of {room} after {last}")]
    OutOfTurn {
        /// The reader.
        reader: ReaderId,
        /// The room.
        room: RoomName,
        /// What it had been shown last.
        last: Seq,
        /// What it was shown.
        seq: Seq,
    },
}

/// What is known of an event somebody sent.
#[derive(Debug)]
struct Sent {
    room: RoomName,
    /// How many were sent before it, by anybody.
    order: usize,
    answer: Answer,
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    None,
    Stored(Seq),
    Refused,
}

/// What a reader was shown of one log.
#[derive(Debug)]
struct Progress {
    first: Seq,
    last: Seq,
}

/// Takes observations in and judges them. See the module's documentation.
#[derive(Debug, Default)]
pub struct Checker {
    sent: BTreeMap<EventId, Sent>,
    logs: BTreeMap<(RoomName, LogId), BTreeMap<Seq, Event>>,
    places: BTreeMap<EventId, (RoomName, LogId, Seq)>,
    progress: BTreeMap<(ReaderId, RoomName, LogId), Progress>,
    /// The log of each room that was shown first last.
    latest: BTreeMap<RoomName, LogId>,
    violations: Vec<Violation>,
}

impl Checker {
    /// Takes in what happened next.
    pub fn observe(&mut self, observation: Observation) {
        match observation {
            Observation::Sent { room, id } => {
                let order = self.sent.len();
                let answer = Answer::None;
                self.sent.insert(
                    id,
                    Sent {
                        room,
                        order,
                        answer,
                    },
                );
            }
            Observation::Stored { room, id, seq } => self.answer(room, id, Answer::Stored(seq)),
            Observation::Refused { room, id } => self.answer(room, id, Answer::Refused),
            Observation::Shown {
                reader,
                room,
                log,
                event,
            } => self.shown(reader, room, log, event),
        }
    }

    /// The verdict, once nothing more happens. `readers` are those who read until now.
    pub fn finish(mut self, readers: &[Reader]) -> Vec<Violation> {
        self.check_answers();
        self.check_order();
        for reader in readers {
            self.check_reader(reader);
        }
        self.violations
    }

    fn complain(&mut self, violation: Violation) {
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(violation);
        }
    }

    fn answer(&mut self, room: RoomName, id: EventId, answer: Answer) {
        match self.sent.get_mut(&id) {
            Some(sent) if sent.room != room => self.complain(Violation::Invented { room, id }),
            Some(sent) if sent.answer == Answer::None => sent.answer = answer,
            Some(_) => self.complain(Violation::AnsweredTwice { room, id }),
            None => self.complain(Violation::Invented { room, id }),
        }
    }

    fn shown(&mut self, reader: ReaderId, room: RoomName, log: LogId, event: Event) {
        let (id, seq) = (event.id(), event.seq);
        self.check_turn(reader, &room, log, &event);
        let is_relays = matches!(event.body, Body::Join | Body::Leave | Body::Rename(_));
        if !is_relays && self.sent.get(&id).is_none_or(|sent| sent.room != room) {
            self.complain(Violation::Invented {
                room: room.clone(),
                id,
            });
        }
        match self.places.get(&id) {
            Some((first_room, first_log, first))
                if (first_room, *first_log, *first) != (&room, log, seq) =>
            {
                let violation = Violation::TwoPlaces {
                    id,
                    first_room: first_room.clone(),
                    first: *first,
                    second_room: room.clone(),
                    second: seq,
                };
                self.complain(violation);
            }
            Some(_) => {}
            None => {
                self.places.insert(id, (room.clone(), log, seq));
            }
        }
        let key = (room.clone(), log);
        if !self.logs.contains_key(&key) {
            self.latest.insert(room.clone(), log);
        }
        let known = self
            .logs
            .entry(key)
            .or_default()
            .entry(seq)
            .or_insert_with(|| event.clone());
        if *known != event {
            let known = format!("{known:?}");
            self.complain(Violation::Differs {
                reader,
                room,
                seq,
                shown: format!("{event:?}"),
                known,
            });
        }
    }

    fn check_turn(&mut self, reader: ReaderId, room: &RoomName, log: LogId, event: &Event) {
        let seq = event.seq;
        let key = (reader, room.clone(), log);
        let Some(progress) = self.progress.get_mut(&key) else {
            let progress = Progress {
                first: seq,
                last: seq,
            };
            self.progress.insert(key, progress);
            return;
        };
        let last = progress.last;
        progress.last = last.max(seq);
        let is_repeated = seq <= last && seq >= progress.first;
        if seq != last.next() {
            self.complain(Violation::OutOfTurn {
                reader,
                room: room.clone(),
                last,
                seq,
            });
        }
        if is_repeated {
            self.complain(Violation::ShownTwice {
                reader,
                room: room.clone(),
                id: event.id(),
            });
        }
    }

    fn check_answers(&mut self) {
        let mut violations = Vec::new();
        for (id, sent) in &self.sent {
            let (id, room) = (*id, sent.room.clone());
            let place = self.places.get(&id);
            match sent.answer {
                Answer::None => violations.push(Violation::Unanswered { room, id }),
                Answer::Stored(seq) => {
                    if place.is_none_or(|(at, _, there)| (at, *there) != (&room, seq)) {
                        violations.push(Violation::NotThere { room, id, seq });
                    }
                }
                Answer::Refused => {
                    if place.is_some() {
                        violations.push(Violation::RefusedButThere { room, id });
                    }
                }
            }
        }
        violations.into_iter().for_each(|each| self.complain(each));
    }

    fn check_order(&mut self) {
        let mut violations = Vec::new();
        for ((room, _), events) in &self.logs {
            let mut latest = BTreeMap::new();
            for event in events.values() {
                let id = event.id();
                let Some(sent) = self.sent.get(&id) else {
                    continue;
                };
                let before = latest.entry(id.device).or_insert((sent.order, id));
                if before.0 > sent.order {
                    violations.push(Violation::OutOfOrder {
                        room: room.clone(),
                        earlier: id,
                        later: before.1,
                    });
                } else {
                    *before = (sent.order, id);
                }
            }
        }
        violations.into_iter().for_each(|each| self.complain(each));
    }

    /// Gaps in the middle show while reading; here it is about both ends.
    fn check_reader(&mut self, reader: &Reader) {
        let Some(log) = self.latest.get(&reader.room) else {
            return;
        };
        let key = (reader.room.clone(), *log);
        let Some((end, _)) = self.logs.get(&key).and_then(BTreeMap::last_key_value) else {
            return;
        };
        let (room, log) = key;
        let missing = match self.progress.get(&(reader.reader, room, log)) {
            None => reader.is_from_start.then_some(Seq(1)),
            Some(progress) if progress.last < *end => Some(progress.last.next()),
            Some(progress) => (reader.is_from_start && progress.first > Seq(1)).then_some(Seq(1)),
        };
        if let Some(seq) = missing {
            self.complain(Violation::Missing {
                reader: reader.reader,
                room: reader.room.clone(),
                seq,
            });
        }
    }
}

#[cfg(test)]
mod tests;
