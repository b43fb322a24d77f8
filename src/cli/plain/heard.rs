//! What is heard, as lines.

use super::sending::excerpt;
use super::wishes::Wish;
use super::{Place, Plain, Room};
use crate::client::update::{LossReason, MissingSearch};
use crate::client::{self, Update};
use crate::locale::{number, tr};
use crate::tui::{Command, Input, KnownRoom, reasons};
use crate::wire::{Body, Event, LogId, Opened, Presence, Refusal, RoomName, Seq, Welcome};

/// Events told of a log that is new here. Arbitrary: what one listens to.
const FIRST_EVENTS: u64 = 20;

/// Logs of a room of which is known how far they were heard. Arbitrary: hosts take over now and then.
const LOGS_MAX: usize = 16;

/// What an event is to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    /// Read before.
    Known,
    /// Said before, and not read.
    Unread,
    /// Said now.
    Now,
}

impl Room {
    /// What the next event of this log is to the user.
    fn news(&mut self, log: LogId, seq: Seq) -> News {
        let was_read = self.was_read.filter(|(of, _)| *of == log);
        match self.heard.iter_mut().find(|(of, _)| *of == log) {
            Some((_, last)) => *last = seq.max(*last),
            None => self.heard.push_back((log, seq)),
        }
        if self.heard.len() > LOGS_MAX {
            self.heard.pop_front();
        }
        let is_unread = match &mut self.place {
            Place::Kept { last, is_past } => {
                *last = Some((log, seq));
                *is_past |= was_read.is_some() || self.was_read.is_none();
                let is_read = was_read.is_some_and(|(_, read)| seq <= read);
                self.has_unread && *is_past && !is_read
            }
            Place::Open { log: of, head } => {
                if *of != log || seq > *head {
                    return News::Now;
                }
                match was_read {
                    Some((_, read)) => seq > read,
                    None => seq.0.saturating_add(FIRST_EVENTS) > head.0,
                }
            }
        };
        match is_unread {
            true => News::Unread,
            false => News::Known,
        }
    }
}

/// Whether a relay says why there is no contact; that none answers, the search is told for.
const fn is_told(reason: &LossReason) -> bool {
    match reason {
        LossReason::NoAnswer(_) | LossReason::Silent => false,
        LossReason::Refused(_)
        | LossReason::Greeting
        | LossReason::Misbehaved(_)
        | LossReason::Spent
        | LossReason::Closed { .. } => true,
    }
}

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
            self.rooms[index].has_unread = known.unread > 0;
            if known.unread > 0 && self.reads(&known.room) {
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
                if self.reads(&room) {
                    self.open(room, false);
                }
            }
            Update::Missing {
                search: MissingSearch::Asking,
                ..
            } => {}
            Update::Missing {
                room, from, count, ..
            } => {
                let (room, count) = (self.title(&room), number(count));
                self.say(tr!(
                    language,
                    "note-missing",
                    count = count,
                    name = from,
                    room = room
                ));
            }
            Update::Gone { room, count } => {
                let (room, count) = (self.title(&room), number(count));
                self.say(tr!(language, "note-gone", count = count, room = room));
            }
            Update::Diverged { room, at, .. } => {
                let room = self.title(&room);
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
                } else if is_told(&reason) && self.contact.refused.as_ref() != Some(&reason) {
                    let why = reasons::loss(&reason);
                    self.say(tr!(language, "plain-no-contact", reason = why));
                    self.contact.refused = Some(reason);
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
        self.contact.refused = None;
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
        let is_read = self.reads(name);
        let room = &mut self.rooms[index];
        room.topic = opened.topic;
        let (log, head) = (opened.head.log, opened.head.seq);
        match room.place {
            Place::Open { log: before, .. } if before == log => return,
            Place::Open { .. } => {}
            Place::Kept { last, .. } => {
                room.read = last.filter(|(of, _)| *of == log && is_read);
                if is_in_front && !room.topic.is_empty() {
                    self.say_topic();
                }
            }
        }
        let room = &mut self.rooms[index];
        room.place = Place::Open { log, head };
        room.delivered = head;
        // What was kept is told by now, and a relay that is back has a log that was heard before.
        let heard = room.heard.iter().find(|(of, _)| *of == log);
        room.was_read = heard.copied().or(room.was_read);
        if room.memory.begin(log, head) {
            let room = self.title(name);
            self.say(tr!(self.language, "plain-new-log", room = room));
        }
        self.carry_out_held(name, index);
    }

    /// Does what was asked about messages of a room before it was open.
    fn carry_out_held(&mut self, name: &RoomName, index: usize) {
        let front = std::mem::replace(&mut self.active, index);
        for held in std::mem::take(&mut self.held) {
            if held.room != *name {
                self.held.push_back(held);
            } else if let Err(why) = self.carry_out(held.request, held.read_at) {
                self.refuse(&why);
            }
        }
        self.active = front;
    }

    /// Whether what comes in a room is read: nothing is told of what somebody ignored writes to this
    /// user alone.
    fn reads(&self, room: &RoomName) -> bool {
        !self.settings.ignored.has_room(room, &self.name)
    }

    /// Takes note of an event that has come, and tells it if it is news.
    fn handle_event(&mut self, name: &RoomName, log: LogId, event: &Event) {
        let Some(index) = self.find(name) else {
            return;
        };
        let is_own = event.device == self.device;
        if is_own {
            self.stored(event.local, event.seq);
            self.echoes.remove(&event.local);
        }
        let is_read = self.reads(name);
        let room = &mut self.rooms[index];
        if is_read && matches!(room.place, Place::Open { log: of, .. } if of == log) {
            room.read = Some((log, event.seq));
        }
        let news = room.news(log, event.seq);
        if let Body::Topic(topic) = &event.body {
            room.topic = topic.clone();
        }
        let is_coming = matches!(event.body, Body::Join | Body::Leave);
        let is_told = match news {
            News::Known => false,
            News::Unread => !is_coming && self.is_worth_telling(name, event),
            News::Now => self.is_worth_telling(name, event),
        };
        if is_told {
            self.tell(name, event);
        }
        if news == News::Now {
            self.ring(name, event);
            self.spoke(&event.from);
        }
        let own = self.device;
        let memory = &mut self.rooms[index].memory;
        memory.add(log, event, own);
        if is_told {
            memory.told_some();
        }
    }

    /// Of this user's own coming, going and name it is told elsewhere, and of others' where they are
    /// looked for: all who are there enter all their rooms anew when another relay takes over. A new
    /// name comes in every room.
    fn is_worth_telling(&mut self, room: &RoomName, event: &Event) -> bool {
        let is_own = event.device == self.device;
        let is_in_front = *room == self.room().name;
        match &event.body {
            Body::Join | Body::Leave => !is_own && is_in_front && self.wants(Wish::Presence),
            Body::Rename(new) => {
                let renamed = Some((event.device, new.clone()));
                let is_told = renamed == std::mem::replace(&mut self.renamed, renamed.clone());
                !is_own && !is_told
            }
            Body::Message(_) | Body::Reply(..) | Body::Action(_) | Body::Edit(..) => true,
            Body::Reaction(..) | Body::Redaction(_) | Body::Topic(_) | Body::Role(..) => true,
        }
    }

    fn handle_open_refused(&mut self, room: &RoomName, refusal: &Refusal) {
        let reason = reasons::refusal(refusal);
        let text = tr!(self.language, "open-refused", reason = reason);
        let title = self.title(room);
        self.say(tr!(
            self.language,
            "plain-in-room",
            room = title,
            what = text
        ));
        if refusal.is_passing() {
            return;
        }
        let reason = reason.tr(self.language);
        for held in std::mem::take(&mut self.held) {
            if held.room == *room {
                self.say_not_sent(&excerpt(&held.line), &reason);
            } else {
                self.held.push_back(held);
            }
        }
    }
}
