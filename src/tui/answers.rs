//! What answers to the screen's questions do to it.

use super::app::{App, Asked};
use super::members;
use super::net::PATHS_MAX;
use super::reasons;
use crate::locale::{Language, tr};
use crate::wire::{Answer, Member, Refusal, RoomInfo};

/// Lines of a list shown at once; a relay decides how many there are.
const LIST_LINES_MAX: usize = 500;

/// Rooms remembered for completion. Arbitrary.
const KNOWN_ROOMS_MAX: usize = 1_000;

/// Events kept of the parts of one answer. Arbitrary: more than is ever asked for.
const ANSWER_EVENTS_MAX: usize = 1_024;

impl App {
    pub(super) fn handle_answer(&mut self, request: u32, part: Answer, is_last: bool) {
        let (name, language) = (self.viewer.name.clone(), self.language());
        match (self.ask_mut(request), part) {
            (Some(Asked::Rooms { lines, .. }), Answer::Rooms(rooms)) => {
                let room = LIST_LINES_MAX.saturating_sub(lines.len());
                let shown = rooms.iter().take(room);
                lines.extend(shown.map(|room| room_line(room, language)));
                for room in rooms {
                    let is_new = !self.known_rooms.contains(&room.name);
                    if is_new && self.known_rooms.len() < KNOWN_ROOMS_MAX {
                        self.known_rooms.push(room.name);
                    }
                }
            }
            (Some(Asked::Members { members, .. }), Answer::Members(part)) => {
                let room = LIST_LINES_MAX.saturating_sub(members.len());
                members.extend(part.into_iter().take(room));
            }
            (Some(Asked::Page { log, events, .. }), Answer::Events(of, part)) => {
                if log.is_some_and(|log| log != of) {
                    // The log changed between two parts: the first ones mean nothing any more.
                    events.clear();
                }
                *log = Some(of);
                let room = ANSWER_EVENTS_MAX.saturating_sub(events.len());
                events.extend(part.into_iter().take(room));
            }
            (Some(Asked::Paths(paths)), Answer::Net(part)) => {
                let room = PATHS_MAX.saturating_sub(paths.len());
                paths.extend(part.into_iter().take(room));
            }
            (Some(Asked::Found), Answer::Found(found)) => self.handle_found(request, found),
            (Some(Asked::Readers { room, .. }), Answer::Delivered(readers)) => {
                let room = room.clone();
                if let Some(index) = self.find_room(&room) {
                    for reader in readers {
                        if reader.name != name {
                            let room = &mut self.rooms[index];
                            room.read_by(reader.name.clone(), reader.read);
                            room.delivered(reader.name, reader.seq);
                        }
                    }
                }
            }
            // An answer to something else than was asked is the relay's mistake.
            (
                _,
                Answer::Rooms(_)
                | Answer::Net(_)
                | Answer::Members(_)
                | Answer::Events(..)
                | Answer::Hashes(..)
                | Answer::Found(_)
                | Answer::Numbered(_)
                | Answer::Delivered(_),
            ) => {}
        }
        if is_last && let Some(asked) = self.take_ask(request) {
            self.finish(request, asked);
        }
    }

    /// A question is answered in full.
    fn finish(&mut self, request: u32, asked: Asked) {
        match asked {
            Asked::Rooms {
                is_shown: true,
                lines,
            } => self.list(&tr!(self.language(), "list-rooms"), &lines, self.active),
            Asked::Rooms {
                is_shown: false, ..
            } => self.refresh_jump(),
            Asked::Members { room, mut members } => {
                members.sort_by_cached_key(members::order);
                let lines = members.iter().map(|member| self.member_line(member));
                let lines: Vec<String> = lines.collect();
                let index = self.find_room(&room).unwrap_or(self.active);
                self.list(&tr!(self.language(), "list-members"), &lines, index);
            }
            Asked::Page {
                room,
                aim,
                log: Some(log),
                events,
            } => self.handle_page(&room, aim, log, events),
            Asked::Page {
                room,
                aim,
                log: None,
                ..
            } => {
                if let Some(room) = self.find_room(&room) {
                    self.rooms[room].page_failed(aim);
                }
            }
            Asked::Readers { room, about } => self.tell_about(&room, &about),
            Asked::Found => self.finish_search(request),
            Asked::Paths(paths) => self.handle_paths(paths),
        }
    }

    pub(super) fn handle_ask_refused(&mut self, request: u32, refusal: &Refusal) {
        match self.take_ask(request) {
            Some(Asked::Page { room, aim, .. }) => {
                if let Some(room) = self.find_room(&room) {
                    self.rooms[room].page_failed(aim);
                }
            }
            Some(Asked::Rooms { is_shown: true, .. } | Asked::Members { .. }) => {
                let text = reasons::refusal(refusal).tr(self.language());
                self.notice_in(self.active, text, true);
            }
            Some(Asked::Readers { room, about }) => self.tell_about(&room, &about),
            Some(Asked::Found) => self.fail_search(request, refusal),
            Some(Asked::Rooms {
                is_shown: false, ..
            })
            // It is asked again soon.
            | Some(Asked::Paths(_))
            | None => {}
        }
    }

    fn member_line(&self, member: &Member) -> String {
        let language = self.language();
        let (sign, _) = members::presence_sign(member.presence, self.viewer.theme);
        let name = if member.name == self.viewer.name {
            tr!(language, "name-you", name = member.name)
        } else {
            member.name.to_string()
        };
        let state = members::state_text(member.presence, &member.status, language);
        format!("{sign}{name}\t{state}")
    }

    fn list(&mut self, title: &str, lines: &[String], room: usize) {
        let lines = if lines.is_empty() {
            tr!(self.language(), "list-none")
        } else {
            lines.join("\n")
        };
        self.notice_in(room, format!("{title}\n{lines}"), false);
    }
}

fn room_line(room: &RoomInfo, language: Language) -> String {
    let here = tr!(language, "list-room-here", count = room.members);
    let line = format!("#{}\t{here}  {}", room.name, room.topic.one_line());
    line.trim_end().to_owned()
}
