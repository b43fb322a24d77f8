//! Selecting a message, and what can be done with it.
//!
//! While a message is selected, keys act on it and nothing is typed. It is known by its place in the
//! log, so that it stays selected while others come or go above and below; when the stretch held
//! no longer has it, nothing is selected.

use super::app::App;
use super::commands;
use super::keymap::SelectAction;
use super::markdown;
use super::message::Context;
use super::room::RoomView;
use super::scroll::Scroll;
use super::window::Entry;
use super::writing::{About, Writing};
use crate::locale::{Said, say};
use crate::room::{is_spoken, text_of};
use crate::wire::{Body, DeviceId, Event, SafeText, Seq};

/// Why nothing can be done with the message selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SelectError {
    NotOwn,
    TakenBack,
    NoReply,
    NoLink,
    Written,
}

impl SelectError {
    fn said(self) -> Said {
        match self {
            Self::NotOwn => say!("select-not-own"),
            Self::TakenBack => say!("select-taken-back"),
            Self::NoReply => say!("select-no-reply"),
            Self::NoLink => say!("select-no-link"),
            Self::Written => say!("select-written"),
        }
    }
}

impl RoomView {
    /// Whether an entry can be selected: something said, in the log that is read, by somebody who
    /// is not ignored.
    fn is_selectable(&self, at: usize) -> bool {
        let event = self.entry(at).and_then(Entry::current);
        event.is_some_and(|event| is_spoken(&event.body)) && !self.folds.is_ignored(at)
    }

    /// The message selected.
    pub fn selected(&self) -> Option<&Event> {
        self.entry(self.selected_index()?)?.current()
    }

    /// Where the first link of the message selected leads.
    fn selected_link(&self) -> Option<String> {
        let entry = self.entry(self.selected_index()?)?;
        let change = self.selected.and_then(|seq| self.changes.find(seq));
        entry.links(change).into_iter().next()
    }

    fn selected_index(&self) -> Option<usize> {
        let seq = self.selected?;
        (0..self.len()).rev().find(|at| {
            let event = self.entry(*at).and_then(Entry::current);
            event.is_some_and(|event| event.seq == seq)
        })
    }

    /// Selects the lowest message in sight. Whether there is one.
    pub fn select_in_sight(&mut self) -> bool {
        let last = match self.scroll {
            Scroll::Bottom => self.len().checked_sub(1),
            Scroll::At { entry, .. } => Some(self.index(entry)),
        };
        let Some(last) = last else { return false };
        let mut upwards = (0..=last).rev();
        let found = upwards.find(|at| self.is_selectable(*at));
        self.select_index(found)
    }

    /// Selects the message in sight on this row of the pane, counted from the top.
    pub fn select_row(&mut self, row: usize, context: &Context, height: usize) -> bool {
        let found = self.entry_on_row(row, context, height);
        let found = found.filter(|at| self.is_selectable(*at));
        self.select_index(found)
    }

    fn select_index(&mut self, at: Option<usize>) -> bool {
        let event = at.and_then(|at| self.entry(at)?.current());
        let seq = event.map(|event| event.seq);
        self.selected = seq.or(self.selected);
        seq.is_some()
    }

    /// Selects the message so many further down, or up when negative, as far as there are any, and
    /// brings it into sight.
    pub fn step_selection(&mut self, by: isize, context: &Context, height: usize) {
        let Some(from) = self.selected_index() else {
            self.selected = None;
            return;
        };
        let is_selectable = |at: &usize| self.is_selectable(*at);
        let count = by.unsigned_abs();
        let to = if by < 0 {
            (0..from).rev().filter(is_selectable).take(count).last()
        } else {
            (from + 1..self.len())
                .filter(is_selectable)
                .take(count)
                .last()
        };
        self.select_index(to);
        self.show_entry(to.unwrap_or(from), context, height);
    }

    /// What was answered, edited or reacted to, as it reads now.
    fn text_now(&self, event: &Event) -> SafeText {
        let change = self.changes.find(event.seq);
        let edited = change.and_then(|change| change.text());
        let written = || SafeText::new(text_of(&event.body).unwrap_or_default());
        edited.cloned().unwrap_or_else(written)
    }

    /// What there is to know of the message at a place, while it is held.
    pub(super) fn about(&self, seq: Seq) -> Option<About> {
        let events = (0..self.len()).rev();
        let mut events = events.filter_map(|at| self.entry(at)?.current());
        let event = events.find(|event| event.seq == seq)?;
        Some(About {
            from: event.from.clone(),
            text: markdown::one_line(self.text_now(event).as_str()),
        })
    }

    fn is_taken_back(&self, seq: Seq) -> bool {
        let change = self.changes.find(seq);
        change.is_some_and(|change| change.is_redacted)
    }

    /// The last message of this device that was not taken back, and its text as it reads now.
    pub fn last_own(&self, own: DeviceId) -> Option<(Seq, SafeText)> {
        let events = (0..self.len())
            .rev()
            .filter_map(|at| self.entry(at)?.current());
        let mut own = events.filter(|event| {
            event.device == own && is_spoken(&event.body) && !self.is_taken_back(event.seq)
        });
        let event = own.next()?;
        Some((event.seq, self.text_now(event)))
    }

    /// The last message of anybody that was not taken back.
    pub fn last_spoken(&self) -> Option<Seq> {
        let mut events = (0..self.len())
            .rev()
            .filter(|at| !self.folds.is_ignored(*at))
            .filter_map(|at| self.entry(at)?.current());
        let found =
            events.find(|event| is_spoken(&event.body) && !self.is_taken_back(event.seq))?;
        Some(found.seq)
    }
}

impl App {
    /// Starts to select messages, from the lowest in sight up.
    pub(super) fn start_selecting(&mut self) {
        self.room_mut().found = None;
        if !self.room_mut().select_in_sight() {
            self.show_end();
        }
    }

    /// Stops selecting, and shows the end.
    pub(super) fn stop_selecting(&mut self) {
        self.room_mut().selected = None;
        self.taking_back = None;
        self.show_end();
    }

    /// Does something with the message selected.
    pub(super) fn act_on_selected(&mut self, action: SelectAction) {
        let armed = self.taking_back.take();
        match action {
            SelectAction::Up => self.step_selection(-1),
            SelectAction::Down => self.step_selection(1),
            SelectAction::First => self.step_selection(isize::MIN),
            SelectAction::Last => self.step_selection(isize::MAX),
            SelectAction::Leave => self.stop_selecting(),
            SelectAction::Reply
            | SelectAction::Edit
            | SelectAction::Delete
            | SelectAction::React
            | SelectAction::Copy
            | SelectAction::Info
            | SelectAction::OpenLink
            | SelectAction::CopyLink
            | SelectAction::Original => {
                let Some(event) = self.room().selected().cloned() else {
                    return self.stop_selecting();
                };
                if let Err(error) = self.act_on(action, &event, armed == Some(event.seq)) {
                    self.refuse(&error.said());
                }
            }
        }
    }

    fn act_on(
        &mut self,
        action: SelectAction,
        event: &Event,
        is_armed: bool,
    ) -> Result<(), SelectError> {
        let is_own = event.device == self.viewer.device;
        let room = self.room();
        let text = room.text_now(event);
        let about = || About {
            from: event.from.clone(),
            text: markdown::one_line(text.as_str()),
        };
        if room.is_taken_back(event.seq) && action != SelectAction::Info {
            return Err(SelectError::TakenBack);
        }
        match action {
            SelectAction::Reply => self.write_about(Writing::Reply {
                to: event.seq,
                about: Some(about()),
            })?,
            SelectAction::React => self.write_about(Writing::Reaction {
                to: event.seq,
                about: about(),
            })?,
            SelectAction::Edit if !is_own => return Err(SelectError::NotOwn),
            SelectAction::Edit => {
                self.write_about(Writing::Edit { of: event.seq })?;
                let line = commands::say_line(text.as_str());
                self.room_mut().editor.paste(&line);
            }
            SelectAction::Delete if !is_own => return Err(SelectError::NotOwn),
            SelectAction::Delete if !is_armed => self.taking_back = Some(event.seq),
            SelectAction::Delete => self.take_back(event.seq),
            SelectAction::Copy => {
                self.copy(text.as_str().to_owned());
                self.stop_selecting();
            }
            SelectAction::OpenLink => {
                self.opened = Some(self.room().selected_link().ok_or(SelectError::NoLink)?);
                self.stop_selecting();
            }
            SelectAction::CopyLink => {
                let link = self.room().selected_link().ok_or(SelectError::NoLink)?;
                self.copy(link);
                self.stop_selecting();
            }
            SelectAction::Info => {
                self.ask_about(event);
                self.stop_selecting();
            }
            SelectAction::Original => {
                let to = replied_to(&event.body).ok_or(SelectError::NoReply)?;
                self.room_mut().selected = None;
                self.show_in_room(to);
            }
            SelectAction::Up
            | SelectAction::Down
            | SelectAction::First
            | SelectAction::Last
            | SelectAction::Leave => {}
        }
        Ok(())
    }

    fn step_selection(&mut self, by: isize) {
        let (width, height) = self.pane();
        let context = self.viewer.context(width);
        self.rooms[self.active].step_selection(by, &context, height);
        if by < 0 {
            self.ask_older();
        } else {
            self.ask_newer();
            self.mark_read();
        }
    }
}

/// The place of the message that this one answers.
pub fn replied_to(body: &Body) -> Option<Seq> {
    match body {
        Body::Reply(to, _) => Some(*to),
        Body::Message(_) | Body::Action(_) | Body::Edit(..) | Body::Reaction(..) => None,
        Body::Redaction(_) | Body::Join | Body::Leave | Body::Topic(_) => None,
        Body::Role(..) | Body::Rename(_) => None,
    }
}
