//! What the relay answers, as lines.

use std::collections::BTreeMap;

use super::Plain;
use super::memory::Change;
use super::people::{self, Best};
use crate::locale::tr;
use crate::room::{edited, is_spoken};
use crate::tui::{info, names};
use crate::wire::{
    Answer, Event, Found, Name, PathQuality, Presence, Query, RoomInfo, RoomName, Seq,
};

/// Lines of an answer that are told of one part. Arbitrary: a relay decides how many there are.
const ANSWER_LINES_MAX: usize = 500;

/// Readers of a room of whom is known how far they are. Arbitrary: more than a room has.
const READERS_MAX: usize = 4_096;

/// A question under way.
#[derive(Debug)]
pub struct Ask {
    asked: Asked,
    /// Whether something was told in answer.
    is_told: bool,
}

impl Ask {
    /// One that was put just now.
    pub fn new(asked: Asked) -> Self {
        Self {
            asked,
            is_told: false,
        }
    }
}

/// What was asked.
#[derive(Debug)]
pub enum Asked {
    /// Who is a member of the room; how they are as far as it was answered.
    Members(Best),
    /// The rooms of the relay.
    Rooms,
    /// Messages with some words.
    Found,
    /// How the network is.
    Net,
    /// The last messages of a room.
    Last(RoomName),
    /// This message, to tell it again.
    Read(Box<One>),
    /// This message, to tell what became of it.
    Info(Box<One>),
    /// Who has a message.
    Readers(Box<Readers>),
}

/// One message, and what is known of it.
#[derive(Debug)]
pub struct One {
    room: RoomName,
    seq: Seq,
    event: Option<Event>,
    /// What the events behind it made of it.
    change: Option<Change>,
}

impl One {
    /// The message at this place, which is not known yet.
    pub fn new(room: RoomName, seq: Seq) -> Box<Self> {
        Box::new(Self {
            room,
            seq,
            event: None,
            change: None,
        })
    }

    fn take(&mut self, events: Vec<Event>) {
        for event in events {
            if let Some((of, change)) = Change::of(&event)
                && of == self.seq
            {
                self.change = Some(change);
            }
            if event.seq == self.seq {
                self.event = Some(event);
            }
        }
    }
}

/// A message, and who has it.
#[derive(Debug)]
pub struct Readers {
    room: RoomName,
    event: Event,
    stored: BTreeMap<Name, Seq>,
    read: BTreeMap<Name, Seq>,
}

impl Plain {
    pub(super) fn handle_answer(&mut self, request: u32, part: Answer, is_last: bool) {
        // It is put back below, unless this was its last part.
        let Some(mut ask) = self.asks.remove(&request) else {
            return;
        };
        let lines = self.lines.len();
        match (part, &mut ask.asked) {
            (Answer::Events(log, events), Asked::Last(room)) => {
                let own = self.device;
                for event in &events {
                    self.tell(room, event);
                    if let Some(index) = self.find(room) {
                        self.rooms[index].memory.note_again(log, event, own);
                    }
                }
            }
            (Answer::Events(_, events), Asked::Read(one) | Asked::Info(one)) => one.take(events),
            (Answer::Members(members), Asked::Members(best)) => {
                for member in &members {
                    people::add_best(best, member);
                }
            }
            (Answer::Rooms(rooms), Asked::Rooms) => self.tell_rooms(&rooms),
            (Answer::Found(found), Asked::Found) => self.tell_all_found(&found),
            (Answer::Net(paths), Asked::Net) => self.tell_paths(&paths),
            (Answer::Delivered(readers), Asked::Readers(about)) => {
                for reader in readers {
                    let has_space = about.stored.len() < READERS_MAX;
                    if reader.name != self.name && has_space {
                        let further = |of: &mut BTreeMap<Name, Seq>, seq: Seq| {
                            let known = of.entry(reader.name.clone()).or_insert(seq);
                            *known = seq.max(*known);
                        };
                        further(&mut about.stored, reader.seq);
                        further(&mut about.read, reader.read);
                    }
                }
            }
            // An answer to something else than was asked is the relay's mistake.
            (
                Answer::Members(_)
                | Answer::Rooms(_)
                | Answer::Found(_)
                | Answer::Net(_)
                | Answer::Events(..)
                | Answer::Hashes(..)
                | Answer::Numbered(_)
                | Answer::Delivered(_),
                _,
            ) => {}
        }
        ask.is_told |= self.lines.len() > lines;
        if is_last {
            self.finish(ask);
        } else {
            self.asks.insert(request, ask);
        }
    }

    fn finish(&mut self, ask: Ask) {
        match ask.asked {
            Asked::Members(best) => self.tell_members(&best),
            Asked::Readers(about) => self.tell_about(&about),
            Asked::Read(one) => {
                if let Some((room, event)) = self.as_it_is(*one) {
                    self.tell_again(&room, &event);
                }
            }
            Asked::Info(one) => {
                if let Some((room, event)) = self.as_it_is(*one) {
                    self.ask_readers(room, event);
                }
            }
            Asked::Rooms | Asked::Found | Asked::Net | Asked::Last(_) => {
                if !ask.is_told {
                    self.say(tr!(self.language, "list-none"));
                }
            }
        }
    }

    /// A message that was asked for, as it was changed since; says why when there is none.
    fn as_it_is(&mut self, one: One) -> Option<(RoomName, Event)> {
        let (of, language) = (one.seq, self.language);
        let known = self.find(&one.room);
        let known = known.and_then(|index| self.rooms[index].memory.change(of));
        let change = one.change.as_ref().or(known);
        let Some(mut event) = one.event.filter(|event| is_spoken(&event.body)) else {
            self.say(tr!(language, "plain-no-such", of = of));
            return None;
        };
        match change {
            None => {}
            Some(Change::Edited(text)) => event.body = edited(&event.body, text),
            Some(Change::TakenBack) => {
                self.say(tr!(language, "plain-taken-back", of = of));
                return None;
            }
        }
        Some((one.room, event))
    }

    /// Those who are there first, the best first; those who are gone in one line.
    fn tell_members(&mut self, best: &Best) {
        let mut gone = Vec::new();
        for wanted in [Presence::Here, Presence::Idle, Presence::Away] {
            let of = best.iter().filter(|(_, (presence, _))| *presence == wanted);
            for (name, (presence, status)) in of.take(ANSWER_LINES_MAX) {
                let line = self.presence_line(name, *presence, status);
                self.lines.push_back(line);
            }
        }
        for (name, (presence, _)) in best {
            if *presence == Presence::Gone && gone.len() < ANSWER_LINES_MAX {
                gone.push(name.as_str());
            }
        }
        if !gone.is_empty() {
            let names = names::row(&gone, self.language);
            self.say(tr!(self.language, "plain-gone", names = names));
        }
    }

    fn tell_rooms(&mut self, rooms: &[RoomInfo]) {
        for room in rooms.iter().take(ANSWER_LINES_MAX) {
            let here = tr!(self.language, "list-room-here", count = room.members);
            let name = self.title(&room.name);
            let topic = room.topic.one_line();
            let language = self.language;
            self.say(match topic.is_empty() {
                true => tr!(language, "plain-in-room", room = name, what = here),
                false => tr!(
                    language,
                    "plain-room-about",
                    room = name,
                    what = here,
                    topic = topic
                ),
            });
        }
    }

    fn tell_all_found(&mut self, found: &[Found]) {
        for found in found.iter().take(ANSWER_LINES_MAX) {
            self.tell_found(&found.room, &found.event);
            if let Some(index) = self.find(&found.room) {
                let own = self.device;
                let memory = &mut self.rooms[index].memory;
                memory.note_again(found.log, &found.event, own);
            }
        }
    }

    /// How the path to the relay is, as this end sees it.
    pub(super) fn tell_own_path(&mut self) {
        let Some(stats) = &self.contact.stats else {
            return;
        };
        let percent = |share: f64| format!("{:.0}", share * 100.0);
        let line = tr!(
            self.language,
            "plain-own-path",
            rtt = millis(stats.rtt_micros),
            to = percent(stats.loss),
            from = percent(stats.loss_in)
        );
        self.say(line);
    }

    fn tell_paths(&mut self, paths: &[PathQuality]) {
        for path in paths.iter().take(ANSWER_LINES_MAX) {
            self.say(tr!(
                self.language,
                "plain-path",
                name = path.name,
                rtt = millis(path.rtt_micros),
                to = path.loss_to_percent,
                from = path.loss_from_percent
            ));
        }
    }

    fn ask_readers(&mut self, room: RoomName, event: Event) {
        let query = Query::Delivered(room.clone());
        let about = Readers {
            room,
            event,
            stored: BTreeMap::new(),
            read: BTreeMap::new(),
        };
        self.ask(query, Asked::Readers(Box::new(about)));
    }

    /// What a message is, when it was sent and stored, and who has it.
    fn tell_about(&mut self, about: &Readers) {
        let language = self.language;
        let event = &about.event;
        let head = self.head_line(&about.room, event);
        self.lines.extend(head);
        let sent = self.moment(event.sent_at, "%H:%M:%S");
        let stored = self.moment(event.stored_at(), "%H:%M:%S");
        let relay = match &self.contact.relay {
            Some(name) => tr!(language, "info-relay", name = name),
            None => tr!(language, "info-a-relay"),
        };
        self.say(tr!(language, "info-sent", time = sent));
        self.say(match self.contact.is_durable {
            true => tr!(language, "info-stored", time = stored, relay = relay),
            false => tr!(language, "info-held", time = stored, relay = relay),
        });
        let reach = info::Reach {
            seq: event.seq,
            own: &self.name,
            stored: &about.stored,
            read: &about.read,
        };
        let lines = match about.room.other(&self.name) {
            Some(other) => vec![reach.line_of(&other, language)],
            None => reach.lines(about.stored.keys(), language),
        };
        self.lines.extend(lines);
    }

    /// A question that the relay refuses.
    pub(super) fn ask_refused(&mut self, request: u32) {
        self.asks.remove(&request);
    }
}

fn millis(micros: u64) -> String {
    format!("{}.{}", micros / 1_000, micros % 1_000 / 100)
}
