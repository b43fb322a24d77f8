//! What happens when the user presses Enter.
//!
//! A line that can't be carried out stays in the input, with the reason above it. A message leaves
//! it only once it is in the outbox; see [`super::outgoing`].

use super::Command;
use super::app::{App, Asked};
use super::commands::{self, Request};
use super::outgoing::{HANDED_MAX, Handed};
use super::room::PENDING_MAX;
use super::search::SEARCH_CHARS_MAX;
use super::writing::{self, Writing};
use crate::locale::{Said, say, tr};
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{Body, Name, Presence, Query, RoomName, SafeText};

/// Why a request is not carried out.
#[derive(Debug)]
pub(super) enum SubmitError {
    TooLong(String),
    TooManyUnsent,
    TooManyHanded,
    StillHanded,
    Written,
    OnlyRoom,
    TooManyRooms,
    Oneself,
    SearchTooLong,
    NoOwnMessage,
    NoMessage,
    NotInLast,
    EmptyEdit,
    NoReaction,
    TooManyIgnored,
    NotIgnored(Name),
}

impl SubmitError {
    pub fn said(&self) -> Said {
        match self {
            Self::TooLong(size) => {
                say!("refuse-too-long", size = size, max = kib(TEXT_BYTES_MAX))
            }
            Self::TooManyUnsent => say!("refuse-too-many-unsent", count = PENDING_MAX),
            Self::TooManyHanded => say!("refuse-too-many-handed"),
            Self::StillHanded => say!("refuse-still-handed"),
            Self::Written => say!("select-written"),
            Self::OnlyRoom => say!("refuse-only-room"),
            Self::TooManyRooms => say!("refuse-too-many-rooms"),
            Self::Oneself => say!("refuse-oneself"),
            Self::SearchTooLong => say!("refuse-search-too-long", max = SEARCH_CHARS_MAX),
            Self::NoOwnMessage => say!("refuse-no-own-message"),
            Self::NoMessage => say!("refuse-no-message"),
            Self::NotInLast => say!("refuse-not-in-last"),
            Self::EmptyEdit => say!("refuse-empty-edit"),
            Self::NoReaction => say!("refuse-no-reaction"),
            Self::TooManyIgnored => say!("ignore-too-many"),
            Self::NotIgnored(name) => say!("ignore-not", name = name),
        }
    }
}

/// Where the line goes that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// Into the history of the input line.
    Done,
    /// Nowhere yet: it is a message, which stands in the input line until it is in the outbox.
    Handed,
}

/// A size for people, rounded up so that one byte too many shows.
pub(super) fn kib(bytes: usize) -> String {
    let tenths = (bytes * 10).div_ceil(1024);
    if tenths.is_multiple_of(10) {
        format!("{} KiB", tenths / 10)
    } else {
        format!("{}.{} KiB", tenths / 10, tenths % 10)
    }
}

/// A size for people, of which less than a thousand bytes are said as they are.
pub(super) fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        _ => kib(bytes),
    }
}

impl App {
    /// Carries the input line out.
    pub(super) fn submit(&mut self) {
        let text = self.room().editor.text();
        if text.trim().is_empty() {
            return;
        }
        let request = commands::parse(text);
        self.toast = None;
        let request = match request {
            Ok(request) => request,
            Err(error) => return self.refuse(&error.said()),
        };
        if self.offer_parts() {
            return;
        }
        // The line is taken out of the room it was typed in: the request may put another in front.
        let origin = self.room().name.clone();
        match self.carry_out(request) {
            Ok(line) => {
                if let Some(room) = self.find_room(&origin) {
                    let editor = &mut self.rooms[room].editor;
                    match line {
                        Line::Done => editor.submit(),
                        Line::Handed => editor.take(),
                    };
                }
            }
            Err(error) => self.refuse(&error.said()),
        }
        self.is_dirty = true;
    }

    /// Carries a line out that was not typed; nothing of it is kept.
    pub(super) fn run_line(&mut self, line: &str) {
        let outcome = match commands::parse(line) {
            Ok(request) => self.carry_out(request),
            Err(error) => return self.refuse(&error.said()),
        };
        if let Err(error) = outcome {
            self.refuse(&error.said());
        }
    }

    fn carry_out(&mut self, request: Request) -> Result<Line, SubmitError> {
        match request {
            Request::Say(text) => return self.say_written(&text),
            Request::React(code) => {
                let last = self.room().last_spoken().ok_or(SubmitError::NoMessage)?;
                self.react(last, code)?;
            }
            Request::Substitute { old, new, is_all } => self.substitute(&old, &new, is_all)?,
            Request::Act(text) => return self.say(&text, Body::Action),
            Request::SetTopic(topic) => return self.say(&topic, Body::Topic),
            Request::Join(room) => {
                let index = self
                    .open(room, true, false)
                    .ok_or(SubmitError::TooManyRooms)?;
                self.show_room(index);
            }
            Request::Direct(name, text) => self.direct(&name, text)?,
            Request::Leave => self.leave()?,
            Request::Help => {
                let text = commands::help_text(&self.keys, self.language());
                self.tell_at_length(text);
            }
            Request::Rooms => {
                let lines = Vec::new();
                self.ask(
                    Query::Rooms,
                    Asked::Rooms {
                        is_shown: true,
                        lines,
                    },
                );
                self.say_when_asked();
            }
            Request::Who => {
                let room = self.room().name.clone();
                let query = Query::Members(Some(room.clone()));
                let members = Vec::new();
                self.ask(query, Asked::Members { room, members });
                self.say_when_asked();
            }
            Request::Search { words, is_here } => {
                self.start_search(&words, is_here)?;
            }
            Request::Info(before) => self.tell_info(before)?,
            Request::Rename(name) => self.rename(name),
            Request::ShowTopic => {
                let topic = self.room().topic.one_line();
                let text = if topic.is_empty() {
                    tr!(self.language(), "topic-none")
                } else {
                    topic
                };
                self.notice(text);
            }
            Request::Away(why) => {
                let why = SafeText::status(why.as_deref().unwrap_or_default());
                self.away = Some(why.clone());
                self.command(Command::Presence(Presence::Away, why));
            }
            Request::Back => {
                self.away = None;
                self.command(Command::Presence(Presence::Here, SafeText::default()));
            }
            Request::Mouse(wanted) => {
                self.has_mouse = wanted.unwrap_or(!self.has_mouse);
                let text = if self.has_mouse {
                    tr!(self.language(), "mouse-is-on")
                } else {
                    tr!(self.language(), "mouse-is-off")
                };
                self.notice(text);
            }
            Request::Ignore(name) => self.ignore(name)?,
            Request::Unignore(name) => self.unignore(&name)?,
            Request::ListIgnored => self.list_ignored(),
            Request::Notify(request) => self.notify(request),
            Request::Net => self.open_net(),
            Request::Theme(name) => self.choose_theme(name),
            Request::Clear => self.room_mut().clear(),
            Request::Quit => self.quit(),
        }
        Ok(Line::Done)
    }

    /// Says in place of an answer that there is nobody to ask.
    fn say_when_asked(&mut self) {
        if !self.is_entered() {
            self.notice(tr!(self.language(), "contact-none"));
        }
        self.show_end();
    }

    /// Sends what is written as what it is written for.
    fn say_written(&mut self, text: &str) -> Result<Line, SubmitError> {
        let writing = self.room().writing_now();
        if let Writing::Reaction { to, .. } = writing {
            let code = writing::shortcode(text).ok_or(SubmitError::NoReaction)?;
            self.react(to, code)?;
            self.room_mut().writing = Writing::Message;
            return Ok(Line::Handed);
        }
        let line = self.say(text, |text| writing.body(text))?;
        if line == Line::Handed {
            self.room_mut().writing = Writing::Message;
        }
        Ok(line)
    }

    pub(super) fn check_length(&self, text: &SafeText) -> Result<(), SubmitError> {
        let bytes = text.as_str().len();
        if bytes > TEXT_BYTES_MAX {
            return Err(SubmitError::TooLong(kib(bytes)));
        }
        Ok(())
    }

    /// Whether so many messages more can be handed over.
    pub(super) fn check_room_for(&self, count: usize) -> Result<(), SubmitError> {
        let outgoing = &self.room().outgoing;
        if outgoing.unsent().count() + count > PENDING_MAX {
            return Err(SubmitError::TooManyUnsent);
        }
        if outgoing.handed_len() + count > HANDED_MAX {
            return Err(SubmitError::TooManyHanded);
        }
        Ok(())
    }

    fn say(
        &mut self,
        text: &str,
        body: impl FnOnce(SafeText) -> Body,
    ) -> Result<Line, SubmitError> {
        let text = SafeText::new(text.trim_end());
        self.check_length(&text)?;
        self.check_room_for(1)?;
        if text.as_str().trim().is_empty() {
            return Ok(Line::Done);
        }
        let (local, sent_at) = (self.next_local(), self.wall);
        self.room_mut().outgoing.hand(local, sent_at, body(text));
        self.send_next(self.active);
        Ok(Line::Handed)
    }

    /// Has the message put into the outbox whose turn it is.
    pub(super) fn send_next(&mut self, room: usize) {
        let room = &mut self.rooms[room];
        if let Some(next) = room.outgoing.take_next() {
            let room = room.name.clone();
            self.command(send(room, next));
        }
    }

    /// Has all messages put into the outbox, in whatever way that ends, and keeps what is being
    /// written: there is no time to wait.
    pub(super) fn send_rest(&mut self) {
        for room in 0..self.rooms.len() {
            let rest = self.rooms[room].outgoing.take_rest();
            let name = self.rooms[room].name.clone();
            for handed in rest {
                self.command(send(name.clone(), handed));
            }
        }
        self.keep_drafts();
    }

    pub(super) fn direct(&mut self, name: &Name, text: Option<String>) -> Result<(), SubmitError> {
        if *name == self.viewer.name {
            return Err(SubmitError::Oneself);
        }
        let room = RoomName::direct(&self.viewer.name, name);
        let index = self
            .open(room, true, false)
            .ok_or(SubmitError::TooManyRooms)?;
        let origin = self.active;
        self.show_room(index);
        if let Some(text) = text
            && let Err(error) = self.say(&text, Body::Message)
        {
            self.show_room(origin);
            return Err(error);
        }
        Ok(())
    }

    fn leave(&mut self) -> Result<(), SubmitError> {
        if self.rooms.len() == 1 {
            return Err(SubmitError::OnlyRoom);
        }
        if self.room().outgoing.handed_len() > 0 {
            return Err(SubmitError::StillHanded);
        }
        // The line that asks for it goes with the room, and nothing else that is written.
        let is_asked = |line: &str| matches!(commands::parse(line), Ok(Request::Leave));
        let editor = &self.room().editor;
        let shown = editor.text();
        let draft = editor.draft();
        if [shown, draft]
            .iter()
            .any(|line| !line.is_empty() && !is_asked(line))
        {
            return Err(SubmitError::Written);
        }
        let room = self.rooms.remove(self.active);
        // They are sent all the same.
        self.adopted.extend(room.outgoing.unsent());
        self.command(Command::Close {
            room: room.name,
            leave: true,
        });
        self.show_room(self.active.saturating_sub(1));
        Ok(())
    }

    fn rename(&mut self, name: Name) {
        if !self.is_entered() {
            self.notice(tr!(self.language(), "contact-rename-later", name = name));
        }
        self.command(Command::Rename(name));
    }
}

fn send(room: RoomName, handed: Handed) -> Command {
    Command::Send {
        room,
        local: handed.local,
        sent_at: handed.sent_at,
        body: handed.body,
    }
}
