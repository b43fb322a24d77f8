//! What is heard, as lines.

use super::super::json::to_jiff;
use super::super::output::describe;
use super::{Asked, Plain};
use crate::client::update::MissingSearch;
use crate::client::{Contact, Update};
use crate::locale::{number, tr};
use crate::tui::{Input, KnownRoom, reasons};
use crate::wire::{
    Answer, Body, Event, LocalId, LogId, Member, Name, Opened, Presence, Query, Refusal, RoomName,
    Seq,
};

/// Events shown of a room that is new here, and of what is unread. Arbitrary: what one listens to.
const FIRST_EVENTS: u32 = 20;
const UNREAD_MAX: u32 = 200;

/// Devices whose presence is remembered. Arbitrary: more than a room has; of others it is not told.
const PEOPLE_MAX: usize = 4_096;

/// Lines of an answer that are shown of one part. Arbitrary: a relay decides how many there are.
const ANSWER_LINES_MAX: usize = 500;

impl Plain {
    /// Takes whatever the driver has to tell.
    pub fn handle_input(&mut self, input: Input) {
        match input {
            Input::Update(update, _) => self.handle_update(update),
            Input::Known(rooms) => self.handle_known(rooms),
            Input::SendRefused { local, reason } => self.not_sent(local, &reason),
            Input::Notice(text) => self.lines.push_back(text.replace('\n', " ")),
            Input::Stats(_) | Input::Interfaces(_) | Input::Hosting(_) | Input::Terminal(_) => {}
        }
    }

    fn handle_known(&mut self, rooms: Vec<KnownRoom>) {
        for known in rooms {
            let Some(index) = self.open(known.room.clone(), true) else {
                return;
            };
            self.rooms[index].was_read = known.read;
            if known.unread > 0 {
                let room = self.title(&known.room);
                let count = known.unread;
                let line = tr!(self.language, "plain-unread", room = room, count = count);
                self.lines.push_back(line);
            }
        }
    }

    fn handle_update(&mut self, update: Update) {
        let language = self.language;
        match update {
            Update::Contact(contact) => self.handle_contact(contact),
            Update::Opened { room, opened } => self.handle_opened(&room, opened),
            Update::Event {
                room, log, event, ..
            } => self.handle_event(&room, log, &event),
            Update::Stored { local, .. } => {
                self.unsent.remove(&local);
            }
            Update::NotStored { local, refusal, .. } => {
                let reason = reasons::refusal(&refusal).tr(language);
                self.not_sent(local, &reason);
            }
            Update::Delayed { local, refusal, .. } => {
                if let Some(text) = self.unsent.get(&local) {
                    let reason = reasons::refusal(&refusal);
                    let line = tr!(language, "plain-delayed", text = text, reason = reason);
                    self.lines.push_back(line);
                }
            }
            Update::Members { members, .. } => self.handle_members(members),
            Update::Answer {
                request,
                part,
                is_last,
            } => {
                self.handle_answer(request, part);
                if is_last {
                    self.asks.remove(&request);
                }
            }
            Update::AskRefused { request, refusal } => {
                self.asks.remove(&request);
                self.refuse(&reasons::refusal(&refusal));
            }
            Update::OpenRefused { room, refusal } => self.handle_open_refused(&room, &refusal),
            Update::Waiting { room, .. } => {
                self.open(room, false);
            }
            Update::Missing {
                search: MissingSearch::Asking,
                ..
            } => {}
            Update::Missing {
                room, from, count, ..
            } => {
                let count = number(count);
                let line = tr!(
                    language,
                    "note-missing",
                    count = count,
                    name = from,
                    room = room
                );
                self.lines.push_back(line);
            }
            Update::Gone { room, count } => {
                let line = tr!(language, "note-gone", count = number(count), room = room);
                self.lines.push_back(line);
            }
            Update::Diverged { room, at, .. } => {
                let line = tr!(language, "note-diverged", room = room, at = at);
                self.lines.push_back(line);
            }
            // An event that is ahead comes again in its turn. That one of this user's is on its way
            // or arrived, and that somebody types, is not worth a line.
            Update::Ahead { .. }
            | Update::Queued { .. }
            | Update::CarriedOver { .. }
            | Update::Delivered { .. }
            | Update::Typing { .. } => {}
        }
    }

    fn handle_contact(&mut self, contact: Contact) {
        let language = self.language;
        match contact {
            Contact::Searching | Contact::Dialing { .. } => {}
            Contact::Entered { welcome, .. } => {
                let is_news = !self.is_entered || welcome.name != self.name;
                (self.is_entered, self.is_stopped) = (true, false);
                self.name = welcome.name;
                if is_news {
                    let (relay, name) = (welcome.relay_name, &self.name);
                    let line = tr!(language, "plain-entered", relay = relay, name = name);
                    self.lines.push_back(line);
                }
            }
            Contact::Lost { reason } => {
                if std::mem::take(&mut self.is_entered) {
                    let reason = reasons::loss(&reason);
                    self.lines
                        .push_back(tr!(language, "contact-lost", reason = reason));
                }
            }
            Contact::RelayClosing { is_hosted } => {
                self.is_entered = false;
                let line = match is_hosted {
                    true => tr!(language, "contact-host-left"),
                    false => tr!(language, "contact-relay-closing"),
                };
                self.lines.push_back(line);
            }
            Contact::KeyChanged { relay_name, .. } => {
                self.is_stopped = true;
                let lines = [
                    tr!(language, "trust-title", name = relay_name),
                    tr!(language, "trust-why"),
                    tr!(language, "plain-trust"),
                ];
                self.lines.extend(lines);
            }
            Contact::Unsupported { address, versions } => {
                let (low, high) = versions;
                self.lines.push_back(tr!(
                    language,
                    "contact-unsupported",
                    address = address,
                    low = low,
                    high = high
                ));
            }
        }
    }

    fn handle_opened(&mut self, name: &RoomName, opened: Opened) {
        let Some(index) = self.find(name) else {
            return;
        };
        let room = &mut self.rooms[index];
        room.topic = opened.topic;
        if room.head.is_some() {
            return;
        }
        room.head = Some(opened.head.seq);
        // What this device has stored and the user has not read does not come by itself.
        let unread = room.was_read.filter(|(log, _)| *log == opened.head.log);
        if let Some((_, read)) = unread.filter(|(_, read)| *read < opened.after) {
            let count = u32::try_from(opened.after.0 - read.0).unwrap_or(u32::MAX);
            let query = Query::History {
                room: name.clone(),
                before: Some(Seq(opened.after.0.saturating_add(1))),
                count: count.min(UNREAD_MAX),
            };
            self.ask(query, Asked::Unread(name.clone(), read));
        }
    }

    fn handle_open_refused(&mut self, room: &RoomName, refusal: &Refusal) {
        let reason = reasons::refusal(refusal);
        let text = tr!(self.language, "open-refused", reason = reason);
        let room = self.title(room);
        self.lines.push_back(format!("{room} {text}"));
    }

    fn handle_event(&mut self, name: &RoomName, log: LogId, event: &Event) {
        let Some(index) = self.find(name) else {
            return;
        };
        let is_own = event.device == self.device;
        if is_own {
            self.unsent.remove(&event.local);
        }
        let room = &mut self.rooms[index];
        if room.read.is_none_or(|(_, seq)| seq < event.seq) {
            room.read = Some((log, event.seq));
        }
        match &event.body {
            Body::Message(text) | Body::Reply(_, text) => {
                room.last = Some(event.seq);
                if is_own {
                    room.own = Some((event.seq, text.to_string()));
                }
            }
            Body::Edit(of, text) => {
                if let Some((seq, own)) = &mut room.own
                    && seq == of
                {
                    *own = text.to_string();
                }
            }
            Body::Topic(topic) => room.topic = topic.clone(),
            Body::Action(_) => room.last = Some(event.seq),
            Body::Reaction(..) | Body::Redaction(_) | Body::Role(..) => {}
            Body::Join | Body::Leave | Body::Rename(_) => {}
        }
        let head = room.head.map_or(0, |head| head.0);
        let is_old = event.seq.0 <= head;
        let is_known = match room.was_read {
            Some((of, read)) => of == log && event.seq <= read,
            None => is_old && event.seq.0 + u64::from(FIRST_EVENTS) <= head,
        };
        let is_coming = matches!(event.body, Body::Join | Body::Leave);
        let is_skipped = is_known || (is_old && is_coming);
        if !is_skipped {
            self.print(name, event);
        }
    }

    /// Prints an event, and before it the day when it is another one.
    fn print(&mut self, room: &RoomName, event: &Event) {
        let at = to_jiff(event.stored_at()).to_zoned(self.zone.clone());
        if self.day != Some(at.date()) {
            self.day = Some(at.date());
            self.lines.push_back(at.date().to_string());
        }
        let time = at.strftime("%H:%M");
        let what = self.told(event);
        let line = if *room == self.room().name {
            format!("{time} {what}")
        } else {
            format!("{} {time} {what}", self.title(room))
        };
        self.lines.push_back(line);
    }

    /// An event in one line, with its number where something can be done about it.
    fn told(&self, event: &Event) -> String {
        let (from, seq) = (&event.from, event.seq);
        match &event.body {
            Body::Message(text) => format!("{from}: {}  {seq}", text.one_line()),
            Body::Reply(of, text) => {
                let to = tr!(self.language, "event-reply", of = of);
                format!("{from} ({to}): {}  {seq}", text.one_line())
            }
            Body::Action(text) => format!("* {from} {}  {seq}", text.one_line()),
            Body::Edit(..) | Body::Reaction(..) | Body::Redaction(_) | Body::Topic(_) => {
                describe(event, self.language)
            }
            Body::Join | Body::Leave | Body::Role(..) | Body::Rename(_) => {
                describe(event, self.language)
            }
        }
    }

    fn handle_members(&mut self, members: Vec<Member>) {
        for member in members {
            let key = (member.name.clone(), member.device);
            let before = self.presence(&member.name);
            if self.people.len() >= PEOPLE_MAX && !self.people.contains_key(&key) {
                continue;
            }
            self.people.insert(key, (member.presence, member.status));
            let now = self.presence(&member.name);
            // Of whoever is new only that they are away is told: they join, or were there before.
            let is_away = matches!(now, Some((Presence::Away, _)));
            let is_news = before != now && (before.is_some() || is_away);
            if is_news && member.name != self.name {
                self.tell_presence(&member.name);
            }
        }
    }

    /// The best presence among somebody's devices; who is idle is here.
    fn presence(&self, name: &Name) -> Option<(Presence, String)> {
        let devices = self.people.iter().filter(|((of, _), _)| of == name);
        let devices = devices.map(|(_, (presence, status))| match presence {
            Presence::Here | Presence::Idle => (0, Presence::Here, String::new()),
            Presence::Away => (1, Presence::Away, status.one_line()),
            Presence::Gone => (2, Presence::Gone, String::new()),
        });
        let best = devices.min_by_key(|(rank, ..)| *rank);
        best.map(|(_, presence, status)| (presence, status))
    }

    fn tell_presence(&mut self, name: &Name) {
        let Some((presence, status)) = self.presence(name) else {
            return;
        };
        let presence = reasons::presence(presence);
        let text = tr!(
            self.language,
            "plain-presence",
            name = name,
            presence = presence
        );
        let status = match status.is_empty() {
            true => String::new(),
            false => format!(": {status}"),
        };
        self.lines.push_back(format!("{text}{status}"));
    }

    fn not_sent(&mut self, local: LocalId, reason: &str) {
        let text = self.unsent.remove(&local).unwrap_or_default();
        let line = tr!(
            self.language,
            "plain-not-sent",
            text = text,
            reason = reason
        );
        self.lines.push_back(line);
    }

    fn handle_answer(&mut self, request: u32, part: Answer) {
        let language = self.language;
        let Some(asked) = self.asks.get(&request).cloned() else {
            return;
        };
        let mut lines = Vec::new();
        match (part, asked) {
            (Answer::Events(_, events), Asked::Unread(room, read)) => {
                for event in events.iter().filter(|event| event.seq > read) {
                    if !matches!(event.body, Body::Join | Body::Leave) {
                        self.print(&room, event);
                    }
                }
            }
            (Answer::Members(members), Asked::Lines) => {
                for member in members {
                    let presence = reasons::presence(member.presence).tr(language);
                    let line = format!("{}  {presence}  {}", member.name, member.status);
                    lines.push(line.trim_end().to_owned());
                }
            }
            (Answer::Rooms(rooms), Asked::Lines) => {
                for room in rooms {
                    let here = tr!(language, "list-room-here", count = room.members);
                    let line = format!("#{}  {here}  {}", room.name, room.topic.one_line());
                    lines.push(line.trim_end().to_owned());
                }
            }
            (Answer::Found(found), Asked::Lines) => {
                for found in found {
                    let at = to_jiff(found.event.stored_at()).to_zoned(self.zone.clone());
                    let at = at.strftime("%Y-%m-%d %H:%M");
                    let room = self.title(&found.room);
                    lines.push(format!("{room} {at} {}", self.told(&found.event)));
                }
            }
            (Answer::Net(paths), Asked::Lines) => {
                for path in paths {
                    let (millis, tenths) = (path.rtt_micros / 1_000, path.rtt_micros % 1_000 / 100);
                    lines.push(tr!(
                        language,
                        "plain-path",
                        name = path.name,
                        rtt = format!("{millis}.{tenths}"),
                        to = path.loss_to_percent,
                        from = path.loss_from_percent
                    ));
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
                Asked::Lines | Asked::Unread(..),
            ) => {}
        }
        lines.truncate(ANSWER_LINES_MAX);
        self.lines.extend(lines);
    }
}
