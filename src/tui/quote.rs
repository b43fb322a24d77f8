//! The line above an answer: who said what it answers, and how that begins, without its markup.
//!
//! The message answered is looked for in what the room holds. When it is further up, it is called an
//! earlier one until the page with it has come.

use super::changes::Change;
use super::markdown;
use super::room::RoomView;
use super::select::replied_to;
use super::window::Entry;
use crate::locale::{Language, tr};
use crate::room::{is_spoken, text_of};
use crate::wire::{Body, Event, SafeText, Seq};

/// What the line starts with.
const SIGN: &str = "┌";

/// Characters of the message that are kept; more fit on no line.
const TEXT_CHARS_MAX: usize = 256;

/// A message that is answered, and what is known to be changed about it.
#[derive(Clone, Copy)]
pub struct Answered<'a> {
    pub event: &'a Event,
    pub change: Option<&'a Change>,
}

/// The line above an answer to a message; one that is not held has no words.
pub fn line(answered: Option<Answered>, language: Language) -> String {
    let Some(Answered { event, change }) = answered else {
        return format!("{SIGN} {}", tr!(language, "quote-earlier"));
    };
    let from = &event.from;
    if change.is_some_and(|change| change.is_redacted) {
        let text = tr!(language, "room-redacted");
        let said = tr!(language, "quote-text", name = from, text = text);
        return format!("{SIGN} {said}");
    }
    let edited = change.and_then(Change::text).map(SafeText::as_str);
    let text = edited.or_else(|| text_of(&event.body)).unwrap_or_default();
    let text = markdown::one_line(text);
    let start: String = text.chars().take(TEXT_CHARS_MAX).collect();
    if matches!(event.body, Body::Action(_)) {
        return format!("{SIGN} * {from} {start}");
    }
    let said = tr!(language, "quote-text", name = from, text = start);
    format!("{SIGN} {said}")
}

impl RoomView {
    /// The message at this place of the log in use, when it is held above an entry.
    pub(super) fn answered(&self, at: usize, seq: Seq) -> Option<Answered<'_>> {
        if self.oldest().is_none_or(|oldest| oldest > seq) {
            return None;
        }
        // Mostly it is not far.
        let above = (0..at.min(self.entries.len())).rev();
        let mut events = above.filter_map(|at| self.entries[at].current());
        let event = events.find(|event| event.seq <= seq)?;
        let is_it = event.seq == seq && is_spoken(&event.body);
        is_it.then(|| Answered {
            event,
            change: self.changes.find(seq),
        })
    }
}

/// Whether an entry answers this message.
pub fn is_answer_to(entry: &Entry, seq: Seq) -> bool {
    let event = entry.current();
    event.is_some_and(|event| replied_to(&event.body) == Some(seq))
}
