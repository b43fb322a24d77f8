//! What updates of the client do to the screen.

use super::Command;
use super::app::{App, Asked, ROOMS_MAX};
use super::room::{Arrival, RoomView};
use super::trust::TrustStop;
use crate::client::{Contact, Update};
use crate::wire::{Answer, Member, Presence, Query, RoomInfo, RoomName, Timestamp, Welcome};

/// Lines of a list shown at once; a relay decides how many there are.
const LIST_LINES_MAX: usize = 500;

/// Rooms remembered for completion. Arbitrary.
const KNOWN_ROOMS_MAX: usize = 1_000;

impl App {
    /// Takes an update and the wall clock when it came.
    pub fn handle_update(&mut self, update: Update, received_at: Timestamp) {
        self.wall = received_at;
        self.is_dirty = true;
        match update {
            Update::Contact(contact) => self.handle_contact(contact),
            Update::Opened { room, opened } => {
                if let Some(room) = self.find_room(&room) {
                    self.rooms[room].opened(opened.head.log, opened.head.seq, opened.topic);
                }
            }
            Update::Event {
                room, log, event, ..
            } => {
                let Some(index) = self.find_room(&room) else {
                    return;
                };
                let viewer = &self.viewer;
                let room = &mut self.rooms[index];
                let arrival = room.handle_event(log, event, viewer.device, &viewer.name);
                self.handle_arrival(index, arrival);
            }
            Update::Stored { room, local, .. } => {
                if let Some(room) = self.find_room(&room) {
                    self.rooms[room].stored(local);
                }
            }
            Update::NotStored {
                room,
                local,
                refusal,
            } => {
                let index = self.find_room(&room);
                let is_shown = index
                    .is_some_and(|index| self.rooms[index].not_stored(local, refusal.to_string()));
                if !is_shown {
                    let text = format!("a message to {room} was not sent: {refusal}");
                    self.notice_in(index.unwrap_or(self.active), text, true);
                }
            }
            Update::Delivered { room, seq, .. } => {
                if let Some(room) = self.find_room(&room) {
                    self.rooms[room].delivered(seq);
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
            Update::AskRefused { request, refusal } => match self.take_ask(request) {
                Some(Asked::Older { room }) => {
                    if let Some(room) = self.find_room(&room) {
                        self.rooms[room].older_failed();
                    }
                }
                Some(Asked::Rooms { is_shown: true, .. } | Asked::Members { .. }) => {
                    self.notice_in(self.active, refusal.to_string(), true);
                }
                Some(Asked::Rooms {
                    is_shown: false, ..
                })
                | None => {}
            },
            Update::OpenRefused { room, refusal } => {
                if let Some(room) = self.find_room(&room) {
                    self.notice_in(room, format!("this room can't be opened: {refusal}"), true);
                }
            }
            Update::Waiting { room, .. } => {
                self.open(room, false, true);
            }
            Update::Ahead { .. }
            | Update::Queued { .. }
            | Update::Delayed { .. }
            | Update::Missing { .. }
            | Update::Gone { .. }
            | Update::Diverged { .. } => {}
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
        self.rooms.push(RoomView::new(room.clone(), is_waiting));
        self.command(Command::Open { room, create });
        Some(self.rooms.len() - 1)
    }

    fn handle_arrival(&mut self, index: usize, arrival: Arrival) {
        let is_addressed = match arrival {
            Arrival::Quiet => return,
            Arrival::Spoken => false,
            Arrival::Addressed => true,
        };
        if index != self.active {
            let room = &mut self.rooms[index];
            room.unread += 1;
            room.is_addressed |= is_addressed;
        }
        if is_addressed && !self.is_focused && !self.has_rung {
            self.has_rung = true;
            self.wants_bell = true;
        }
    }

    fn handle_contact(&mut self, contact: Contact) {
        match &contact {
            Contact::Searching | Contact::Dialing { .. } => {}
            Contact::Entered { welcome, .. } => self.handle_welcome(welcome),
            Contact::Lost { reason } => {
                // Said once; what follows are attempts to get it back.
                if self.is_entered() {
                    self.notice(format!("contact with the relay lost: {reason}"));
                }
                self.drop_asks();
            }
            Contact::RelayClosing { is_hosted } => {
                let text = if *is_hosted {
                    "whoever hosted the room left; looking for another relay"
                } else {
                    "the relay is shutting down; looking for another"
                };
                self.notice(text.to_owned());
                self.drop_asks();
            }
            Contact::KeyChanged {
                relay_name,
                pinned,
                found,
                ..
            } => self.stop = Some(TrustStop::new(relay_name.clone(), *pinned, *found)),
            Contact::Unsupported { address, versions } => {
                let (low, high) = versions;
                let text = format!(
                    "the relay at {address} speaks protocol {low} to {high}, which this lanterm \
                     does not; the newer of the two programs knows both"
                );
                self.notice_in(self.active, text, true);
            }
        }
        self.contact = contact;
    }

    fn handle_welcome(&mut self, welcome: &Welcome) {
        self.stop = None;
        self.drop_asks();
        let viewer = &mut self.viewer;
        if viewer.name != welcome.name {
            let old = std::mem::replace(&mut viewer.name, welcome.name.clone());
            self.notice(format!("you are {} here, no longer {old}", welcome.name));
        }
        if self.is_away {
            self.command(Command::Presence(Presence::Away));
        }
        let lines = Vec::new();
        let is_shown = false;
        self.ask(Query::Rooms, Asked::Rooms { is_shown, lines });
    }

    fn handle_answer(&mut self, request: u32, part: Answer, is_last: bool) {
        let name = self.viewer.name.clone();
        match (self.ask_mut(request), part) {
            (Some(Asked::Rooms { lines, .. }), Answer::Rooms(rooms)) => {
                let room = LIST_LINES_MAX.saturating_sub(lines.len());
                lines.extend(rooms.iter().take(room).map(room_line));
                for room in rooms {
                    let is_new = !self.known_rooms.contains(&room.name);
                    if is_new && self.known_rooms.len() < KNOWN_ROOMS_MAX {
                        self.known_rooms.push(room.name);
                    }
                }
            }
            (Some(Asked::Members { lines, .. }), Answer::Members(members)) => {
                let room = LIST_LINES_MAX.saturating_sub(lines.len());
                lines.extend(members.iter().take(room).map(|member| {
                    let you = if member.name == name { " (you)" } else { "" };
                    format!("{}{you}", member_line(member))
                }));
            }
            (Some(Asked::Older { room }), Answer::Events(log, events)) => {
                let room = room.clone();
                if let Some(index) = self.find_room(&room) {
                    self.rooms[index].handle_older(log, events, is_last);
                }
            }
            // An answer to something else than was asked is the relay's mistake.
            (
                _,
                Answer::Rooms(_)
                | Answer::Members(_)
                | Answer::Events(..)
                | Answer::Hashes(..)
                | Answer::Found(_)
                | Answer::Numbered(_)
                | Answer::Delivered(_),
            ) => {}
        }
        if !is_last {
            return;
        }
        match self.take_ask(request) {
            Some(Asked::Rooms {
                is_shown: true,
                lines,
            }) => {
                self.list("Rooms of this relay", &lines, self.active);
            }
            Some(Asked::Members { room, lines }) => {
                let index = self.find_room(&room).unwrap_or(self.active);
                self.list("Members of this room", &lines, index);
            }
            Some(
                Asked::Rooms {
                    is_shown: false, ..
                }
                | Asked::Older { .. },
            )
            | None => {}
        }
    }

    fn list(&mut self, title: &str, lines: &[String], room: usize) {
        let lines = if lines.is_empty() {
            "none".to_owned()
        } else {
            lines.join("\n")
        };
        self.notice_in(room, format!("{title}\n{lines}"), false);
    }
}

fn room_line(room: &RoomInfo) -> String {
    let line = format!(
        "#{:<16} {:>3} here  {}",
        room.name,
        room.members,
        room.topic.one_line()
    );
    line.trim_end().to_owned()
}

fn member_line(member: &Member) -> String {
    let sign = match member.presence {
        Presence::Here => "●",
        Presence::Away => "◐",
        Presence::Gone => "○",
    };
    format!("{sign} {}  {}", member.name, member.presence.as_str())
}
