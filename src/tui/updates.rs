//! What updates of the client do to the screen.

use super::above::gone_text;
use super::app::{App, Asked, ROOMS_MAX};
use super::notify::Heard;
use super::outgoing::NotStored;
use super::reading::Arrival;
use super::reasons;
use super::room::RoomView;
use super::trust::TrustStop;
use super::{Command, KnownRoom};
use crate::client::update::MissingSearch;
use crate::client::{Contact, Update};
use crate::locale::{Said, number, say, tr};
use crate::wire::{
    LocalId, LogId, Name, Presence, Query, Refusal, RoomName, Seq, Timestamp, Welcome,
};

/// Messages of earlier processes that are counted. Arbitrary: as many as an outbox holds.
const ADOPTED_MAX: usize = 1_024;

impl App {
    /// Takes an update and the wall clock when it came.
    pub fn handle_update(&mut self, update: Update, received_at: Timestamp) {
        self.wall = received_at;
        self.is_dirty |= !self.is_about_paths(&update);
        match update {
            Update::Contact(contact) => self.handle_contact(contact),
            Update::Opened { room, opened } => {
                let is_durable = self.is_durable();
                let own = self.viewer.device;
                if let Some(room) = self.find_room(&room) {
                    self.rooms[room].opened(opened, is_durable, own);
                    self.follow_jump();
                    self.mark_read();
                }
            }
            Update::Event {
                room,
                log,
                event,
                hash,
            } => {
                let Some(index) = self.find_room(&room) else {
                    return;
                };
                self.typing.forget(&room, &event.from);
                if event.device == self.viewer.device {
                    self.handle_queued(&room, event.local);
                }
                let heard = self.hear(index, &event);
                let viewer = &self.viewer;
                let room = &mut self.rooms[index];
                let arrival = room.handle_event(log, hash, event, viewer);
                self.handle_arrival(index, arrival, heard);
                if self.jump.is_some() {
                    self.follow_jump();
                }
            }
            Update::Ahead { room, log, event } => {
                self.typing.forget(&room, &event.from);
                if let Some(index) = self.find_room(&room) {
                    let heard = self.hear(index, &event);
                    let viewer = &self.viewer;
                    let room = &mut self.rooms[index];
                    let arrival = room.handle_ahead(log, event, viewer);
                    self.handle_arrival(index, arrival, heard);
                }
            }
            Update::Queued { room, local } => {
                let is_own = self.handle_queued(&room, local);
                let is_known = is_own || self.rooms.iter().any(|room| room.is_pending(local));
                if !is_known && self.adopted.len() < ADOPTED_MAX {
                    self.adopted.insert(local, false);
                }
            }
            Update::CarriedOver { send, .. } => {
                if self.adopted.len() < ADOPTED_MAX {
                    self.adopted.insert(send.local, false);
                }
            }
            Update::Delayed {
                room,
                local,
                refusal,
            } => {
                if let Some(is_delayed) = self.adopted.get_mut(&local) {
                    *is_delayed = true;
                } else if let Some(room) = self.find_room(&room) {
                    let reason = reasons::refusal(&refusal).tr(self.language());
                    self.rooms[room].delayed(local, reason);
                }
            }
            Update::Stored { room, local, seq } => {
                self.adopted.remove(&local);
                self.handle_queued(&room, local);
                if let Some(room) = self.find_room(&room) {
                    self.rooms[room].stored(local, seq);
                }
            }
            Update::NotStored {
                room,
                local,
                refusal,
            } => self.handle_not_stored(&room, local, &refusal),
            Update::Delivered { room, name, seq } => {
                if name != self.viewer.name
                    && let Some(room) = self.find_room(&room)
                {
                    self.rooms[room].delivered(name, seq);
                }
            }
            Update::Typing { room, name } => {
                if !self.viewer.settings.ignored.has_name(&name) {
                    self.typing.heard(room, name, received_at);
                }
            }
            Update::Members { room, members } => {
                if let Some(room) = self.find_room(&room) {
                    self.rooms[room].handle_members(members);
                }
            }
            Update::Answer {
                request,
                part,
                is_last,
            } => self.handle_answer(request, part, is_last),
            Update::AskRefused { request, refusal } => self.handle_ask_refused(request, &refusal),
            Update::OpenRefused { room, refusal } => {
                if let Some(room) = self.find_room(&room) {
                    let reason = reasons::refusal(&refusal);
                    let text = tr!(self.language(), "open-refused", reason = reason);
                    self.notice_in(room, text, true);
                }
            }
            Update::Waiting { room, .. } => {
                if !self.viewer.ignores_room(&room) {
                    self.open(room, false, true);
                }
            }
            Update::Missing {
                room,
                from,
                count,
                search,
            } => {
                if let Some(room) = self.find_room(&room) {
                    let text = missing_text(&from, count, search).tr(self.language());
                    self.notice_in(room, text, false);
                }
            }
            Update::Gone { room, count } => {
                if let Some(room) = self.find_room(&room) {
                    self.notice_in(room, gone_text(count, self.language()), false);
                }
            }
            Update::Diverged { room, log, at } => {
                if let Some(room) = self.find_room(&room) {
                    self.handle_diverged(room, log, at);
                }
            }
        }
    }

    fn handle_diverged(&mut self, room: usize, log: LogId, at: Seq) {
        let (own, now) = (self.viewer.device, self.wall);
        self.rooms[room].diverged(log, at, own, now);
        let text = tr!(self.language(), "log-diverged", at = at);
        self.notice_in(room, text, false);
    }

    /// A message is in the outbox, or further; the next one of its room is. Whether it stood in
    /// the input line.
    fn handle_queued(&mut self, room: &RoomName, local: LocalId) -> bool {
        let Some(index) = self.find_room(room) else {
            return false;
        };
        let is_own = self.rooms[index].queued(local);
        if is_own {
            self.send_next(index);
            self.mark_read();
        }
        is_own
    }

    fn handle_not_stored(&mut self, room: &RoomName, local: LocalId, refusal: &Refusal) {
        self.adopted.remove(&local);
        self.handle_queued(room, local);
        let index = self.find_room(room);
        let language = self.language();
        let reason = reasons::refusal(refusal).tr(language);
        let outcome = index.map(|index| self.rooms[index].not_stored(local, reason.clone()));
        let text = match outcome {
            Some(NotStored::Shown) => return,
            Some(NotStored::Change) => tr!(language, "change-not-stored", reason = reason),
            Some(NotStored::Unknown) | None => {
                let room = room.title(&self.viewer.name);
                tr!(language, "not-sent-to-room", room = room, reason = reason)
            }
        };
        self.notice_in(index.unwrap_or(self.active), text, true);
    }

    /// A message is not in the outbox: what the user wrote is still here, and goes back into the
    /// input line.
    pub(super) fn handle_send_refused(&mut self, local: LocalId, reason: &str) {
        self.is_dirty = true;
        self.adopted.remove(&local);
        let Some(index) = (0..self.rooms.len()).find(|at| self.rooms[*at].give_back(local)) else {
            let text = tr!(self.language(), "not-sent-earlier", reason = reason);
            return self.notice_in(self.active, text, true);
        };
        if index == self.active {
            self.warn(tr!(self.language(), "pending-failed", reason = reason));
        } else {
            let title = self.rooms[index].title(&self.viewer.name);
            let language = self.language();
            self.warn(tr!(
                language,
                "not-sent-elsewhere",
                room = title,
                reason = reason
            ));
        }
    }

    /// Opens the rooms that were open before, with what is unread in them.
    pub(super) fn handle_known(&mut self, known: Vec<KnownRoom>) {
        self.is_dirty = true;
        let mut left_out = 0;
        for known in known {
            let Some(index) = self.open(known.room.clone(), true, false) else {
                left_out += 1;
                continue;
            };
            let room = &mut self.rooms[index];
            room.restore(known.read, known.unread, &self.viewer);
            room.restore_draft(&known);
        }
        self.mark_read();
        if left_out > 0 {
            let language = self.language();
            self.notice(tr!(
                language,
                "open-left-out",
                count = left_out,
                max = ROOMS_MAX
            ));
        }
    }

    /// Whether the relay in use keeps what it is told on a disk.
    fn is_durable(&self) -> bool {
        match &self.contact {
            Contact::Entered { welcome, .. } => welcome.is_durable,
            Contact::Searching
            | Contact::Dialing { .. }
            | Contact::Lost { .. }
            | Contact::RelayClosing { .. }
            | Contact::KeyChanged { .. }
            | Contact::Unsupported { .. } => true,
        }
    }

    /// Opens a room unless it is; its index, or `None` when too many are open.
    pub(super) fn open(&mut self, room: RoomName, create: bool, is_waiting: bool) -> Option<usize> {
        if let Some(index) = self.find_room(&room) {
            return Some(index);
        }
        if self.rooms.len() >= ROOMS_MAX {
            return None;
        }
        let view = RoomView::new(room.clone(), is_waiting);
        // Direct rooms stand behind the others, each kind in the order of opening.
        let index = match room.direct_users() {
            Some(_) => self.rooms.len(),
            None => (self.rooms).partition_point(|room| room.name.direct_users().is_none()),
        };
        self.rooms.insert(index, view);
        if index <= self.active {
            self.active += 1;
        }
        self.command(Command::Open { room, create });
        Some(index)
    }

    fn handle_arrival(&mut self, index: usize, arrival: Arrival, heard: Option<Heard>) {
        let is_addressed = match arrival {
            Arrival::Quiet => return self.mark_read(),
            Arrival::Spoken => false,
            Arrival::Addressed => true,
        };
        self.rooms[index].news.add(is_addressed);
        if let Some(heard) = heard {
            self.gather(index, arrival, heard);
        }
        self.mark_read();
    }

    fn handle_contact(&mut self, contact: Contact) {
        match &contact {
            Contact::Searching | Contact::Dialing { .. } => {}
            Contact::Entered { welcome, .. } => self.handle_welcome(welcome),
            Contact::Lost { reason } => {
                // Said once; what follows are attempts to get it back.
                if self.is_entered() {
                    let reason = reasons::loss(reason);
                    self.notice(tr!(self.language(), "contact-lost", reason = reason));
                }
            }
            Contact::RelayClosing { is_hosted } => {
                let text = if *is_hosted {
                    tr!(self.language(), "contact-host-left")
                } else {
                    tr!(self.language(), "contact-relay-closing")
                };
                self.notice(text);
            }
            Contact::KeyChanged {
                relay_name,
                pinned,
                found,
                ..
            } => self.stop = Some(TrustStop::new(relay_name.clone(), *pinned, *found)),
            Contact::Unsupported { address, versions } => {
                let (low, high) = versions;
                let text = tr!(
                    self.language(),
                    "contact-unsupported",
                    address = address,
                    low = low,
                    high = high,
                );
                self.notice_in(self.active, text, true);
            }
        }
        self.contact = contact;
    }

    fn handle_welcome(&mut self, welcome: &Welcome) {
        self.stop = None;
        let viewer = &mut self.viewer;
        if viewer.name != welcome.name {
            let old = std::mem::replace(&mut viewer.name, welcome.name.clone());
            let (language, name) = (self.language(), &welcome.name);
            let text = tr!(language, "contact-renamed", name = name, old = old);
            // What the room has said before comes below it.
            if self.room().oldest().is_none() {
                self.warn(text.clone());
            }
            self.notice(text);
        }
        if let Some(why) = self.away.clone() {
            self.command(Command::Presence(Presence::Away, why));
        }
        if !self.is_asking_for_rooms() {
            let lines = Vec::new();
            let is_shown = false;
            self.ask(Query::Rooms, Asked::Rooms { is_shown, lines });
        }
    }
}

fn missing_text(from: &Name, count: u32, search: MissingSearch) -> Said {
    match search {
        MissingSearch::Asking => say!("missing-asking", count = number(count), name = from),
        MissingSearch::InVain => say!("missing-in-vain", count = number(count), name = from),
    }
}
