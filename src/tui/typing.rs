//! Who is typing, and telling others that this user is.

use super::Command;
use super::app::App;
use super::writing::Writing;
use crate::locale::{Language, tr};
use crate::wire::{Name, RoomName, Timestamp};

/// For how long somebody is shown as typing who was not heard of again, in microseconds: twice the time
/// after which a client says so again.
const SHOWN_MICROS: i64 = 6_000_000;

/// How often it is told that this user types, in microseconds. The client keeps to its own, longer time
/// for each room; this keeps keys from becoming commands.
const TOLD_MICROS: i64 = 1_000_000;

/// People remembered as typing, in all rooms together. Arbitrary: more than are shown.
const TYPING_MAX: usize = 64;

/// Who is typing where.
#[derive(Debug, Default)]
pub struct Typing {
    /// The room, who, and when they were heard of last; who was first comes first.
    heard: Vec<(RoomName, Name, Timestamp)>,
    /// Where and when it was told last that this user types.
    told: Option<(RoomName, Timestamp)>,
}

impl Typing {
    /// Somebody was heard to type.
    pub fn heard(&mut self, room: RoomName, name: Name, at: Timestamp) {
        let mut heard = self.heard.iter_mut();
        if let Some(known) = heard.find(|known| known.0 == room && known.1 == name) {
            known.2 = at;
        } else if self.heard.len() < TYPING_MAX {
            self.heard.push((room, name, at));
        }
    }

    /// Somebody has said something.
    pub fn forget(&mut self, room: &RoomName, name: &Name) {
        self.heard
            .retain(|heard| heard.0 != *room || heard.1 != *name);
    }

    /// Forgets who was not heard of for long; returns whether there was somebody.
    pub fn forget_old(&mut self, now: Timestamp) -> bool {
        let before = self.heard.len();
        // Of a clock that was set back there is no telling.
        self.heard
            .retain(|(.., at)| (0..SHOWN_MICROS).contains(&now.0.saturating_sub(at.0)));
        self.heard.len() < before
    }

    /// Who is typing in a room, for people, in fewer and fewer words; nothing when nobody is.
    pub fn texts(&self, room: &RoomName, language: Language) -> Vec<String> {
        let heard = self.heard.iter().filter(|heard| heard.0 == *room);
        let names: Vec<&Name> = heard.map(|(_, name, _)| name).collect();
        let many = || tr!(language, "typing-many", count = names.len());
        match names[..] {
            [] => Vec::new(),
            [one] => vec![tr!(language, "typing-one", name = one)],
            [one, other] => vec![
                tr!(language, "typing-two", name = one, other = other),
                many(),
            ],
            [..] => vec![many()],
        }
    }

    /// Whether to tell now that this user types; takes note that it is told.
    fn is_to_tell(&mut self, room: &RoomName, now: Timestamp) -> bool {
        let is_told = self.told.as_ref().is_some_and(|(told, at)| {
            told == room && (0..TOLD_MICROS).contains(&now.0.saturating_sub(at.0))
        });
        if !is_told {
            self.told = Some((room.clone(), now));
        }
        !is_told
    }
}

impl App {
    /// Something was typed: others may know, when it is a message that is being written.
    pub(super) fn tell_typing(&mut self) {
        let room = self.room();
        let is_message = match room.writing {
            Writing::Reaction { .. } => false,
            Writing::Message | Writing::Reply { .. } | Writing::Edit { .. } => true,
        };
        let text = room.editor.text();
        if !is_message || text.trim().is_empty() || text.starts_with('/') {
            return;
        }
        let name = room.name.clone();
        if self.typing.is_to_tell(&name, self.wall) {
            self.command(Command::Typing(name));
        }
    }
}
