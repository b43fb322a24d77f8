//! What this user sends, on its way from the input line into the log.
//!
//! A message is first *handed* over and still stands in the input line, then *pending* in the pane
//! from when it is in the outbox until the log has it. Those handed over are queued one at a time,
//! so that when one is not taken, it and all that was typed after it goes back into the input
//! line in the order it was typed.

use std::collections::VecDeque;

use super::commands;
use super::message::{Item, Pending, PendingState, is_shown};
use super::room::RoomView;
use super::window::Entry;
use super::writing::Writing;
use crate::wire::{Body, LocalId, Seq, Timestamp};

/// Messages of a room that are handed over and not yet in the outbox. Arbitrary: the outbox takes
/// milliseconds for one; who types ahead of that for long has a disk that stands still.
pub const HANDED_MAX: usize = 16;

/// A message that still stands in the input line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// Its number.
    pub local: LocalId,
    /// When the user sent it.
    pub sent_at: Timestamp,
    /// What it says.
    pub body: Body,
    /// Whether the client has it; only the first one's turn has come otherwise.
    is_told: bool,
}

/// What became of a message that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStored {
    /// It stays in the pane, with the reason.
    Shown,
    /// It would have changed another one, and is gone from the pane.
    Change,
    /// It is not in the pane.
    Unknown,
}

/// What this user sends to one room.
#[derive(Debug, Default)]
pub struct Outgoing {
    handed: VecDeque<Handed>,
    pub(super) pending: Vec<Entry>,
}

impl Outgoing {
    /// Takes a message over from the input line.
    pub fn hand(&mut self, local: LocalId, sent_at: Timestamp, body: Body) {
        self.handed.push_back(Handed {
            local,
            sent_at,
            body,
            is_told: false,
        });
    }

    /// The messages that still stand in the input line, as they were typed.
    pub fn handed_lines(&self) -> impl Iterator<Item = String> {
        self.handed
            .iter()
            .filter_map(|handed| line_of(&handed.body))
    }

    /// How many messages still stand in the input line.
    pub fn handed_len(&self) -> usize {
        self.handed.len()
    }

    /// The message whose turn it is to be put into the outbox; once.
    pub fn take_next(&mut self) -> Option<Handed> {
        let first = self.handed.front_mut().filter(|first| !first.is_told)?;
        first.is_told = true;
        Some(first.clone())
    }

    /// All that the client has not been told of, because there is no time to wait.
    pub fn take_rest(&mut self) -> Vec<Handed> {
        let rest = self.handed.iter_mut().filter(|handed| !handed.is_told);
        rest.map(|handed| {
            handed.is_told = true;
            handed.clone()
        })
        .collect()
    }

    /// The messages that no relay has stored, and whether the relay delays them.
    pub fn unsent(&self) -> impl Iterator<Item = (LocalId, bool)> {
        let pending = self.pending.iter().filter_map(pending);
        pending.filter_map(|pending| match pending.state {
            PendingState::Queued => Some((pending.local, false)),
            PendingState::Delayed(_) => Some((pending.local, true)),
            PendingState::Stored | PendingState::Failed(_) => None,
        })
    }

    /// Whether a relay could not take one of them.
    pub fn is_delayed(&self) -> bool {
        self.unsent().any(|(_, is_delayed)| is_delayed)
    }
}

fn pending(entry: &Entry) -> Option<&Pending> {
    match &entry.item {
        Item::Pending(pending) => Some(pending),
        Item::Event(_) | Item::Notice(_) => None,
    }
}

/// What to type to say this, when it is something that is typed.
fn line_of(body: &Body) -> Option<String> {
    match body {
        Body::Message(text) | Body::Reply(_, text) | Body::Edit(_, text) => {
            Some(commands::say_line(text.as_str()))
        }
        Body::Action(text) => Some(format!("/me {text}")),
        Body::Topic(text) => Some(format!("/topic {text}")),
        Body::Reaction(..) | Body::Redaction(_) | Body::Role(..) => None,
        Body::Join | Body::Leave | Body::Rename(_) => None,
    }
}

impl RoomView {
    /// A message is in the outbox: it moves from the input line into the pane. Whether it was in
    /// the input line.
    pub fn queued(&mut self, local: LocalId) -> bool {
        let mut handed = self.outgoing.handed.iter();
        let Some(at) = handed.position(|handed| handed.local == local) else {
            return false;
        };
        let Some(handed) = self.outgoing.handed.remove(at) else {
            return false;
        };
        if let Some(line) = line_of(&handed.body) {
            self.editor.remember(line);
        }
        self.outgoing
            .pending
            .push(Entry::new(Item::Pending(Pending {
                local,
                sent_at: handed.sent_at,
                body: handed.body,
                state: PendingState::Queued,
            })));
        self.news.hide_line();
        self.scroll_to_end();
        true
    }

    /// A message is not in the outbox: it goes back into the input line, and with it what was typed
    /// after it. An answer is one again, unless something else was begun since; so is an edit when
    /// nothing else goes back, which would be put into the edited message with it. Whether it was one
    /// of this room.
    pub fn give_back(&mut self, local: LocalId) -> bool {
        let back = if let Some(at) = self.pending_at(local) {
            match self.take_pending(at).item {
                Item::Pending(pending) => vec![pending.body],
                Item::Event(_) | Item::Notice(_) => Vec::new(),
            }
        } else {
            let mut handed = self.outgoing.handed.iter();
            let Some(at) = handed.position(|handed| handed.local == local) else {
                return false;
            };
            let back = self.outgoing.handed.split_off(at).into_iter();
            back.map(|handed| handed.body).collect()
        };
        let lines: Vec<String> = back.iter().filter_map(line_of).collect();
        if !lines.is_empty() {
            self.editor.put_back(&lines.join("\n"));
        }
        if self.writing == Writing::Message {
            let mut was = back.iter().map(|body| self.writing_of(body));
            let was = was.find(|writing| match writing {
                Writing::Message => false,
                Writing::Reply { .. } | Writing::Reaction { .. } => true,
                Writing::Edit { .. } => lines.len() == 1,
            });
            self.writing = was.unwrap_or_default();
        }
        true
    }

    /// What the input is for. A refused answer that is taken from the history is the same answer
    /// again, as long as its place in the log means what it meant.
    pub fn writing_now(&self) -> Writing {
        let line = self.editor.sent_line();
        let Some(line) = line.filter(|_| self.writing == Writing::Message && !self.has_settled)
        else {
            return self.writing.clone();
        };
        let mut refused = self.entries.iter().rev().filter_map(pending);
        let refused = refused.find(|pending| {
            matches!(pending.state, PendingState::Failed(_))
                && matches!(pending.body, Body::Reply(..))
                && line_of(&pending.body).is_some_and(|refused| refused == line)
        });
        refused.map_or(Writing::Message, |pending| self.writing_of(&pending.body))
    }

    /// Whether a message of this number is pending here.
    pub fn is_pending(&self, local: LocalId) -> bool {
        self.pending_at(local).is_some()
    }

    fn pending_at(&self, local: LocalId) -> Option<usize> {
        let mut entries = self.outgoing.pending.iter();
        entries.position(|entry| pending(entry).is_some_and(|pending| pending.local == local))
    }

    fn take_pending(&mut self, at: usize) -> Entry {
        self.shift_anchor(self.entries.len() + self.ahead.len() + at + 1, -1);
        self.outgoing.pending.remove(at)
    }

    fn set_state(&mut self, local: LocalId, state: PendingState) {
        if let Some(at) = self.pending_at(local) {
            let entry = &mut self.outgoing.pending[at];
            if let Item::Pending(pending) = &mut entry.item {
                pending.state = state;
                entry.cache = None;
            }
        }
    }

    /// A queued message is committed. Its event follows, unless the log was read past its place, as
    /// for one offered again that the relay had after all: then it stays where it is in the room.
    pub fn stored(&mut self, local: LocalId, seq: Seq) {
        self.set_state(local, PendingState::Stored);
        let is_read = self.place.is_some_and(|place| seq <= place.last);
        if let Some(at) = self.pending_at(local).filter(|_| is_read) {
            let entry = self.take_pending(at);
            self.push(entry.item, false);
        }
    }

    /// The relay could not take a queued message just now.
    pub fn delayed(&mut self, local: LocalId, reason: String) {
        self.set_state(local, PendingState::Delayed(reason));
    }

    /// A queued message is refused: it stays where it is in the room. What only changes another one
    /// has no place of its own, and a new text goes back into the input line.
    pub fn not_stored(&mut self, local: LocalId, reason: String) -> NotStored {
        let Some(at) = self.pending_at(local) else {
            return NotStored::Unknown;
        };
        let mut entry = self.take_pending(at);
        let Item::Pending(pending) = &mut entry.item else {
            return NotStored::Unknown;
        };
        if !is_shown(&pending.body) {
            if let Body::Edit(of, text) = &pending.body {
                self.editor.put_back(text.as_str());
                if self.writing == Writing::Message {
                    self.writing = Writing::Edit { of: *of };
                }
            }
            return NotStored::Change;
        }
        pending.state = PendingState::Failed(reason);
        self.push(entry.item, false);
        NotStored::Shown
    }

    /// The log has a message, or it is shown ahead of its turn. Where in the pane it was.
    pub(super) fn sent(&mut self, local: LocalId) -> Option<usize> {
        let at = self.pending_at(local)?;
        self.take_pending(at);
        Some(self.entries.len() + self.ahead.len() + at)
    }

    /// Messages that were in the log and are offered to the relay again.
    pub(super) fn offered_again(&mut self, offered: Vec<(LocalId, Timestamp, Body)>) {
        let offered_len = offered.len();
        let entries = offered.into_iter().map(|(local, sent_at, body)| {
            Entry::new(Item::Pending(Pending {
                local,
                sent_at,
                body,
                state: PendingState::Queued,
            }))
        });
        let count = i64::try_from(offered_len).unwrap_or(0);
        self.shift_anchor(self.entries.len() + self.ahead.len(), count);
        self.outgoing.pending.splice(0..0, entries);
    }
}
