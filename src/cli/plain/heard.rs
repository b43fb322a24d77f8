//! What is heard, as lines.

use super::Plain;
use super::answers::Asked;
use super::wishes::Wish;
use crate::client::update::MissingSearch;
use crate::client::{self, Update};
use crate::locale::{number, tr};
use crate::tui::{Command, Input, KnownRoom, reasons};
use crate::wire::{Body, Event, LogId, Opened, Presence, Query, Refusal, RoomName, Seq, Welcome};

/// Events told of a room that is new here, and of what is unread. Arbitrary: what one listens to.
const FIRST_EVENTS: u32 = 20;
const UNREAD_MAX: u32 = 200;

impl Plain {
    /// Takes whatever the driver has to tell.
    pub fn handle_input(&mut self, input: Input) {
        match input {
            Input::Update(update, _) => self.handle_update(update),
            Input::Known(rooms) => self.handle_known(rooms),
            Input::SendRefused { local, reason } => self.not_sent(local, &reason),
            Input::Notice(text) => self.say(text.replace('\n', " ")),
            Input::Stats(stats) => self.contact.stats = Some(stats),
            Input::Interfaces(_) | Input::Hosting(_) | Input::Terminal(_) => {}
        }
    }

    fn handle_known(&mut self, rooms: Vec<KnownRoom>) {
        for known in rooms {
            let Some(index) = self.open(known.room.clone(), true) else {
                return;
            };
            self.rooms[index].was_read = known.read;
            let is_ignored = known.room.direct_users().is_some_and(|(a, b)| {
                let other = if a == self.name { b } else { a };
                self.settings.ignored.has_name(&other)
            });
            if known.unread > 0 && !is_ignored {
                let room = self.title(&known.room);
                let count = known.unread;
                self.say(tr!(
                    self.language,
                    "plain-unread",
                    room = room,
                    count = count
                ));
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
            Update::Stored { local, seq, .. } => self.stored(local, seq),
            Update::NotStored { local, refusal, .. } => {
                let reason = reasons::refusal(&refusal).tr(language);
                self.not_sent(local, &reason);
            }
            Update::Delayed { local, refusal, .. } => self.delayed(local, &refusal),
            Update::Delivered { room, name, seq } => self.delivered(&room, &name, seq),
            Update::Typing { room, name } => self.handle_typing(&room, name),
            Update::Members { members, .. } => self.handle_members(members),
            Update::Answer {
                request,
                part,
                is_last,
            } => self.handle_answer(request, part, is_last),
            Update::AskRefused { request, refusal } => {
                self.ask_refused(request);
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
                self.say(tr!(
                    language,
                    "note-missing",
                    count = count,
                    name = from,
                    room = room
                ));
            }
            Update::Gone { room, count } => {
                let line = tr!(language, "note-gone", count = number(count), room = room);
                self.say(line);
            }
            Update::Diverged { room, at, .. } => {
                self.say(tr!(language, "note-diverged", room = room, at = at));
            }
            // An event that is ahead comes again in its turn, and that one of this user's is on its
            // way is not worth a line.
            Update::Ahead { .. } | Update::Queued { .. } | Update::CarriedOver { .. } => {}
        }
    }

    fn handle_contact(&mut self, contact: client::Contact) {
        use client::Contact;
        let language = self.language;
        match contact {
            Contact::Searching | Contact::Dialing { .. } => {}
            Contact::Entered { welcome, .. } => self.handle_welcome(welcome),
            Contact::Lost { reason } => {
                if std::mem::take(&mut self.contact.is_entered) {
                    let reason = reasons::loss(&reason);
                    self.say(tr!(language, "contact-lost", reason = reason));
                }
            }
            Contact::RelayClosing { is_hosted } => {
                self.contact.is_entered = false;
                self.say(match is_hosted {
                    true => tr!(language, "contact-host-left"),
                    false => tr!(language, "contact-relay-closing"),
                });
            }
            Contact::KeyChanged { relay_name, .. } => {
                self.contact.is_stopped = true;
                let lines = [
                    tr!(language, "trust-title", name = relay_name),
                    tr!(language, "trust-why"),
                    tr!(language, "plain-trust"),
                ];
                self.lines.extend(lines);
            }
            Contact::Unsupported { address, versions } => {
                let (low, high) = versions;
                self.say(tr!(
                    language,
                    "contact-unsupported",
                    address = address,
                    low = low,
                    high = high
                ));
            }
        }
    }

    fn handle_welcome(&mut self, welcome: Welcome) {
        let language = self.language;
        let was_entered = std::mem::replace(&mut self.contact.is_entered, true);
        self.contact.is_stopped = false;
        self.contact.search_told_at = None;
        self.contact.is_durable = welcome.is_durable;
        let old = std::mem::replace(&mut self.name, welcome.name);
        let (relay, name) = (&welcome.relay_name, &self.name);
        let renamed =
            (old != *name).then(|| tr!(language, "contact-renamed", name = name, old = old));
        let entered =
            (!was_entered).then(|| tr!(language, "plain-entered", relay = relay, name = name));
        self.lines.extend(entered.into_iter().chain(renamed));
        self.contact.relay = Some(welcome.relay_name);
        if let Some(why) = self.away.clone() {
            let away = Command::Presence(Presence::Away, why);
            self.commands.push_back(away);
        }
    }

    fn handle_opened(&mut self, name: &RoomName, opened: Opened) {
        let Some(index) = self.find(name) else {
            return;
        };
        let is_in_front = index == self.active;
        let room = &mut self.rooms[index];
        room.topic = opened.topic;
        room.memory.reaches(opened.head.log, opened.head.seq);
        if room.head.is_some() {
            return;
        }
        room.head = Some(opened.head.seq);
        let unread = room.was_read.filter(|(log, _)| *log == opened.head.log);
        if is_in_front && !room.topic.is_empty() {
            let (topic, room) = (room.topic.one_line(), self.title(name));
            let line = tr!(self.language, "plain-topic", room = room, topic = topic);
            self.say(line);
        }
        // What this device has stored and the user has not read does not come by itself.
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

    /// Takes note of an event that has come, and tells it if it is news.
    fn handle_event(&mut self, name: &RoomName, log: LogId, event: &Event) {
        let Some(index) = self.find(name) else {
            return;
        };
        let is_own = event.device == self.device;
        if is_own {
            self.stored(event.local, event.seq);
        }
        let room = &mut self.rooms[index];
        if room.read.is_none_or(|(_, seq)| seq < event.seq) {
            room.read = Some((log, event.seq));
        }
        let head = room.head.unwrap_or(Seq(0));
        let is_old = event.seq <= head;
        let is_known = match room.was_read {
            Some((of, read)) => of == log && event.seq <= read,
            None => is_old && event.seq.0 + u64::from(FIRST_EVENTS) <= head.0,
        };
        if let Body::Topic(topic) = &event.body {
            room.topic = topic.clone();
        }
        let is_coming = matches!(event.body, Body::Join | Body::Leave);
        let is_skipped = is_known || (is_old && is_coming);
        if !is_skipped {
            let is_told = !is_coming || self.wants(Wish::Presence) || is_own;
            if is_told {
                self.tell(name, event);
            }
            if !is_old {
                self.ring(name, event);
                self.spoke(&event.from);
            }
        }
        let own = self.device;
        self.rooms[index].memory.add(log, event, own);
    }

    fn handle_open_refused(&mut self, room: &RoomName, refusal: &Refusal) {
        let reason = reasons::refusal(refusal);
        let mut text = tr!(self.language, "open-refused", reason = reason);
        let room = self.title(room);
        text = tr!(self.language, "plain-in-room", room = room, what = text);
        self.say(text);
    }
}
