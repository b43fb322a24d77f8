//! Whether the delivery contract was kept, judged from outside.
//!
//! The checker knows nothing of how lanterm works. It is told what users did and were told, what
//! their disks and the relay's disk did, as [`Observation`]s in the order of their happening, and
//! says which promise was broken:
//!
//! - D1: what is said to be stored is there, for everyone, for good; what is refused is nowhere; what
//!   is said to be delivered is on somebody else's disk. When an older copy of the relay's store is
//!   put back, what its sender's device still has is there again in the end.
//! - D2: an event stands at one place, and is had once by each reader.
//! - D3: everybody reads what was committed, in which a sender's events keep their order. What is
//!   sent again after a copy was put back comes later.
//! - D4: a reader is shown a log without gap, repetition or step back, from where its disk ends when
//!   its process is new. What is on its disk has no gap and no repetition, over all its processes.
//! - D5: everything in an outbox is answered.

use std::collections::{BTreeMap, BTreeSet};

use crate::room::about_of;
use crate::wire::{Body, Event, EventId, LogId, RoomName, Seq};

mod logs;
mod observation;
mod view;
mod violation;

pub use observation::{Observation, Reader, ReaderId};
pub use violation::Violation;

use logs::{Logs, at};
use view::{Reading, View, step};

/// Violations kept at most. Arbitrary: the first few tell the story, the others follow from them.
const VIOLATIONS_MAX: usize = 64;

/// What is known of an event somebody sent.
#[derive(Debug)]
struct Sent {
    sender: ReaderId,
    room: RoomName,
    about: Option<EventId>,
    /// How many were sent before it, by anybody.
    order: usize,
    answer: Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    None,
    /// By the process that lives, or by one before it.
    Stored {
        is_live: bool,
    },
    Refused,
}

/// Takes observations in and judges them. See the module's documentation.
#[derive(Debug, Default)]
pub struct Checker {
    logs: Logs,
    sent: BTreeMap<EventId, Sent>,
    /// What is on readers' screens.
    live: BTreeMap<(ReaderId, RoomName), Option<View>>,
    /// What is on readers' disks.
    durable: BTreeMap<(ReaderId, RoomName), Option<View>>,
    /// Who ever had what on disk.
    had: BTreeSet<(EventId, ReaderId)>,
    has_clock_leapt: bool,
    violations: Vec<Violation>,
}

impl Checker {
    /// Takes in what happened next.
    pub fn observe(&mut self, observation: Observation) {
        match observation {
            Observation::Committed { room, log, event } => self.committed(&room, log, event),
            Observation::Forked { room, from, to } => self.logs.fork(&room, from, to),
            Observation::Pruned { room, first } => self.logs.prune(room, first),
            Observation::PutBack { rooms } => self.logs.put_back(&rooms),
            Observation::Holds {
                room,
                log,
                first,
                events,
            } => self.holds(&room, log, first, &events),
            Observation::Sent {
                sender,
                room,
                id,
                about,
            } => {
                let order = self.sent.len();
                let sent = Sent {
                    sender,
                    room,
                    about,
                    order,
                    answer: Answer::None,
                };
                self.sent.insert(id, sent);
            }
            Observation::Offered { room, id } => match self.sent.get_mut(&id) {
                Some(sent) if sent.room == room => sent.answer = Answer::None,
                Some(_) | None => self.complain(Violation::Invented { room, id }),
            },
            Observation::Stored { room, id, seq } => self.stored(room, id, seq),
            Observation::Refused { room, id } => self.answer(room, id, Answer::Refused),
            Observation::Shown {
                reader,
                room,
                log,
                event,
            } => self.shown(reader, room, log, &event),
            Observation::Glimpsed {
                reader,
                room,
                log,
                event,
            } => self.glimpsed(reader, room, log, &event),
            Observation::Recorded {
                reader,
                room,
                log,
                event,
            } => self.recorded(reader, room, log, &event),
            Observation::Gone {
                reader,
                room,
                count,
            } => {
                if let Some(Some(view)) = self.live.get_mut(&(reader, room)) {
                    view.told_gone(count);
                }
            }
            Observation::Delivered { reader, room, seq } => self.delivered(reader, room, seq),
            Observation::Missed { reader, room } => {
                if !self.logs.is_put_back {
                    self.complain(Violation::FalseAlarm { reader, room });
                }
            }
            Observation::Died { reader } => self.died(reader),
            Observation::ClockLeapt => self.has_clock_leapt = true,
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

    fn committed(&mut self, room: &RoomName, log: LogId, event: Event) {
        let (id, seq) = (event.id(), event.seq);
        let is_relays = matches!(event.body, Body::Join | Body::Leave | Body::Rename(_));
        let is_refused = |sent: &Sent| sent.answer == Answer::Refused;
        if self.sent.get(&id).is_some_and(is_refused) {
            let room = room.clone();
            self.complain(Violation::RefusedButThere { room, id });
        }
        let sent = self.sent.get(&id);
        if !is_relays && sent.is_none_or(|sent| sent.room != *room) {
            let room = room.clone();
            self.complain(Violation::Invented { room, id });
        } else if let Some(about) = sent.and_then(|sent| sent.about) {
            let place = about_of(&event.body);
            let (_, current) = self.logs.current(room).unzip();
            let line = current.map_or(&[][..], |log| log.events());
            let stands = place.and_then(|seq| at(line, seq));
            // What is about a deleted event is about nothing any more.
            let is_gone = place.is_some_and(|seq| self.logs.is_pruned(room, seq));
            // An answer to an event of a log that is gone comes as a message.
            let is_message = matches!(event.body, Body::Message(_));
            if stands.map(Event::id) != Some(about) && !is_gone && !is_message {
                let room = room.clone();
                self.complain(Violation::AboutAnother { room, id });
            }
        }
        if let Some((first_room, first)) = self.logs.place(id).cloned()
            && (&first_room, first) != (room, seq)
        {
            self.complain(Violation::TwoPlaces {
                id,
                first_room,
                first,
                second_room: room.clone(),
                second: seq,
            });
        }
        if let Err(head) = self.logs.commit(room, log, event) {
            let room = room.clone();
            self.complain(Violation::OutOfPlace {
                room,
                id,
                seq,
                head,
            });
        }
    }

    fn holds(&mut self, room: &RoomName, log: LogId, first: Seq, events: &[Event]) {
        let committed = match self.logs.current(room) {
            Some((current, known)) if current == log => known.events(),
            Some(_) | None => &[],
        };
        let held = |seq: Seq| at(events, Seq((seq.0 + 1).saturating_sub(first.0)));
        let missing = committed
            .iter()
            .filter(|event| !self.logs.is_pruned(room, event.seq))
            .find(|event| held(event.seq) != Some(event));
        if let Some(seq) = missing.map(|event| event.seq) {
            let room = room.clone();
            self.complain(Violation::Forgotten { room, seq });
        }
    }

    fn stored(&mut self, room: RoomName, id: EventId, seq: Seq) {
        let is_there = |line: &[Event]| at(line, seq).is_some_and(|event| event.id() == id);
        if !self.logs.branches_of(&room).any(is_there) {
            let room = room.clone();
            self.complain(Violation::NotThere { room, id, seq });
        }
        self.answer(room, id, Answer::Stored { is_live: true });
    }

    fn answer(&mut self, room: RoomName, id: EventId, answer: Answer) {
        let Some(sent) = self.sent.get_mut(&id).filter(|sent| sent.room == room) else {
            return self.complain(Violation::Invented { room, id });
        };
        let is_lost = self.logs.lost.contains(&id) && sent.about.is_some();
        match (sent.answer, answer) {
            (Answer::None, _) | (Answer::Stored { is_live: false }, Answer::Stored { .. }) => {
                sent.answer = answer;
            }
            // A new process found it in its outbox, and the relay had meanwhile lost it, and perhaps
            // what it is about.
            (Answer::Stored { is_live: false }, Answer::Refused) if is_lost => {
                sent.answer = answer;
            }
            (Answer::Stored { .. } | Answer::Refused, _) => {
                return self.complain(Violation::AnsweredTwice { room, id });
            }
        }
        if answer == Answer::Refused && self.logs.place(id).is_some() {
            self.complain(Violation::RefusedButThere { room, id });
        }
    }

    fn shown(&mut self, reader: ReaderId, room: RoomName, log: LogId, event: &Event) {
        let reading = Reading {
            reader,
            room: &room,
            is_told: true,
        };
        let view = self.live.entry((reader, room.clone())).or_default();
        let violations = step(view, &self.logs, reading, log, event);
        violations.into_iter().for_each(|each| self.complain(each));
    }

    fn recorded(&mut self, reader: ReaderId, room: RoomName, log: LogId, event: &Event) {
        self.had.insert((event.id(), reader));
        let reading = Reading {
            reader,
            room: &room,
            is_told: false,
        };
        let view = self.durable.entry((reader, room.clone())).or_default();
        let violations = step(view, &self.logs, reading, log, event);
        violations.into_iter().for_each(|each| self.complain(each));
    }

    fn glimpsed(&mut self, reader: ReaderId, room: RoomName, log: LogId, event: &Event) {
        let known = self.logs.log(&room, log);
        let is_there = |line: &[Event]| at(line, event.seq) == Some(event);
        if !known.is_some_and(|log| log.branches().any(is_there)) {
            let (seq, got) = (event.seq, format!("{event:?}"));
            self.complain(Violation::Differs {
                reader,
                room,
                seq,
                got,
            });
        }
    }

    fn delivered(&mut self, reader: ReaderId, room: RoomName, seq: Seq) {
        let is_had = |line: &[Event]| {
            let id = at(line, seq).map(Event::id);
            id.is_some_and(|id| {
                let mut readers = self.had.range((id, 0)..=(id, ReaderId::MAX));
                readers.any(|(_, other)| *other != reader)
            })
        };
        if !self.logs.branches_of(&room).any(is_had) {
            self.complain(Violation::NotDelivered { reader, room, seq });
        }
    }

    fn died(&mut self, reader: ReaderId) {
        self.live.retain(|(who, _), _| *who != reader);
        let durable = self.durable.iter().filter(|((who, _), _)| *who == reader);
        let durable = durable.map(|(key, view)| (key.clone(), view.clone()));
        self.live.extend(durable);
        for sent in self.sent.values_mut().filter(|sent| sent.sender == reader) {
            if let Answer::Stored { is_live } = &mut sent.answer {
                *is_live = false;
            }
        }
    }

    fn check_answers(&mut self) {
        let mut violations = Vec::new();
        for (id, sent) in &self.sent {
            let (id, room) = (*id, sent.room.clone());
            let is_there = self.logs.place(id).is_some_and(|(at, _)| *at == room);
            match sent.answer {
                Answer::None => violations.push(Violation::Unanswered { room, id }),
                Answer::Stored { .. } if !is_there && !self.may_be_lost(id, sent) => {
                    violations.push(Violation::Lost { room, id });
                }
                Answer::Stored { .. } | Answer::Refused => {}
            }
        }
        violations.into_iter().for_each(|each| self.complain(each));
    }

    /// Whether an event that is not there in the end was lost with a copy put back, and nobody has
    /// to send it again: its sender's device never had it, or holds it for outdated; or it is about
    /// another event, which may be lost as well.
    fn may_be_lost(&self, id: EventId, sent: &Sent) -> bool {
        if !self.logs.lost.contains(&id) {
            return false;
        }
        let Some((current, _)) = self.logs.current(&sent.room) else {
            return true;
        };
        let is_had = self.had.contains(&(id, sent.sender));
        if self.has_clock_leapt || !is_had || sent.about.is_some() {
            return true;
        }
        let is_taken_back = |line: &[Event], seq: Seq| {
            line.iter().any(|event| {
                event.device == id.device
                    && event.body == Body::Redaction(seq)
                    && self.had.contains(&(event.id(), sent.sender))
            })
        };
        // It must be sent again when a log it stood in lives on. Where events are deleted from there,
        // nobody can tell that the logs part.
        !self.logs.all().any(|(room, log, known)| {
            *room == sent.room
                && self.logs.descends(room, current, log)
                && known.branches().any(|line| {
                    let there = line.iter().find(|event| event.id() == id);
                    there.is_some_and(|event| {
                        let is_gone = self.logs.is_pruned(room, event.seq);
                        !is_gone && !is_taken_back(line, event.seq)
                    })
                })
        })
    }

    fn check_order(&mut self) {
        let mut violations = Vec::new();
        for (room, _, log) in self.logs.all() {
            let mut latest = BTreeMap::new();
            for event in log.events() {
                let id = event.id();
                let Some(sent) = self.sent.get(&id) else {
                    continue;
                };
                if self.logs.lost.contains(&id) {
                    continue;
                }
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
        let Reader {
            reader,
            ref room,
            is_from_start,
        } = *reader;
        let Some((current, log)) = self.logs.current(room) else {
            return;
        };
        let events = log.events();
        let key = (reader, room.clone());
        let view = self.durable.get(&key).and_then(Option::as_ref);
        let is_wanted = |event: &&Event| !self.logs.was_pruned(room, event.seq);
        let missing = match view {
            None if !is_from_start => None,
            None => events.iter().find(is_wanted),
            Some(view) => {
                let first = view.events.keys().next().copied().unwrap_or_default();
                let mut wanted = events.iter().filter(is_wanted);
                let own = |event: &Event| view.events.get(&event.seq).map(Event::id);
                wanted.find(|event| {
                    let is_due = is_from_start || event.seq >= first;
                    is_due && own(event) != Some(event.id())
                })
            }
        };
        let missing = missing.map(|event| event.seq);
        // Beyond the end of the log in force, nobody has anything.
        let beyond = view
            .and_then(View::last)
            .filter(|(last, _)| at(events, *last).is_none());
        let is_elsewhere = view.is_some_and(|view| view.log != current);
        let missing = missing.or_else(|| {
            let (last, _) = beyond.filter(|_| !is_elsewhere)?;
            Some(last)
        });
        if let Some(seq) = missing {
            let room = room.clone();
            self.complain(Violation::Missing { reader, room, seq });
        }
    }
}

#[cfg(test)]
mod tests;
