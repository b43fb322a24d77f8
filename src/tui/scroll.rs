//! Which lines of a room are in sight.
//!
//! The view is anchored to a line of an entry rather than counted from an end, so that it stays
//! put while lines arrive below, an older page is put above, or the width changes. Entries keep
//! their wrapped lines, and only those that come into sight are wrapped.

use ratatui::text::Line;

use super::above::Above;
use super::fold::{self, Fold, Kind, Part};
use super::message::{self, Context, Item, Look, Manner, is_shown};
use super::quote;
use super::room::RoomView;
use super::select::replied_to;
use super::times::is_other_day;
use super::window::Entry;
use crate::wire::Seq;

/// Where the pane stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scroll {
    /// At the end, following it.
    Bottom,
    /// This line of this entry is the lowest in sight.
    At {
        /// Counted like [`RoomView::first`].
        entry: i64,
        /// Counted from 0.
        line: usize,
    },
}

/// What the wrapped lines depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheKey {
    width: usize,
    manner: Manner,
    /// The last event that is told of together with this one.
    folded: Option<Seq>,
    /// Whether it answers a message that is held.
    has_answered: bool,
}

impl RoomView {
    /// The entries of the pane: what is ahead and pending stands below the end of the log.
    pub(super) fn len(&self) -> usize {
        let below = match self.end {
            None => self.ahead.len() + self.outgoing.pending.len(),
            Some(_) => 0,
        };
        self.entries.len() + below
    }

    pub(super) fn entry(&self, at: usize) -> Option<&Entry> {
        let (held, ahead) = (self.entries.len(), self.ahead.len());
        if at < held {
            self.entries.get(at)
        } else if at < held + ahead {
            self.ahead.get(at - held)
        } else {
            self.outgoing.pending.get(at - held - ahead)
        }
    }

    fn entry_mut(&mut self, at: usize) -> Option<&mut Entry> {
        let (held, ahead) = (self.entries.len(), self.ahead.len());
        if at < held {
            self.entries.get_mut(at)
        } else if at < held + ahead {
            self.ahead.get_mut(at - held)
        } else {
            self.outgoing.pending.get_mut(at - held - ahead)
        }
    }

    /// The wrapped lines of an entry.
    fn lines(&mut self, at: usize, context: &Context) -> &[Line<'static>] {
        self.folds.update(&self.entries, self.first, context);
        let run = match self.folds.part(at) {
            Part::Alone => None,
            Part::First(run) => Some(run),
            Part::Rest => return &[],
        };
        let is_ahead = at >= self.entries.len();
        let is_wanted = |entry: &&Entry| {
            let event = entry.item.event();
            !is_ahead || !event.is_some_and(|event| context.viewer.ignores(event))
        };
        let Some(entry) = self.entry(at).filter(is_wanted) else {
            return &[];
        };
        let last = run.as_ref().and_then(|run| self.entry(run.range.end - 1));
        let answers = entry.item.body().and_then(replied_to);
        let is_current = entry.settled.is_none();
        let answered = answers.filter(|_| is_current);
        let answered = answered.and_then(|seq| self.answered(at, seq));
        let key = CacheKey {
            width: context.width,
            manner: self.manner(at, entry, context),
            folded: last
                .and_then(|last| last.item.event())
                .map(|event| event.seq),
            has_answered: answered.is_some(),
        };
        if entry.cache.as_ref().is_none_or(|(known, _)| *known != key) {
            let change = match &entry.settled {
                Some(settled) => settled.change.as_ref(),
                None => (entry.item.event()).and_then(|event| self.changes.find(event.seq)),
            };
            let lines = match run {
                Some(run) => {
                    let events = self.entries.range(run.range);
                    let events = events.filter_map(|entry| entry.item.event());
                    let (sign, text) = match run.kind {
                        Kind::Moves => {
                            let fold = Fold::new(events);
                            (fold.sign(), fold.text(context.language))
                        }
                        Kind::Ignored => ("·", fold::ignored_text(events, context.language)),
                    };
                    message::fold_lines(&entry.item, (sign, &text), &key.manner, context)
                }
                None => {
                    let quote = answers.map(|_| quote::line(answered, context.language));
                    message::lines(&entry.item, change, quote, &key.manner, context)
                }
            };
            if let Some(entry) = self.entry_mut(at) {
                entry.cache = Some((key, lines));
            }
        }
        let cache = self.entry(at).and_then(|entry| entry.cache.as_ref());
        cache.map_or(&[], |(_, lines)| lines)
    }

    /// How an entry is to be drawn.
    fn manner(&self, at: usize, entry: &Entry, context: &Context) -> Manner {
        let held = self.entries.len();
        let mark = match &entry.settled {
            Some(settled) => settled.mark,
            None => entry.item.mark(context.device, self.reach()),
        };
        let mut manner = Manner {
            mark,
            above: Above {
                starts_day: self.starts_day(at, context),
                ..Above::default()
            },
            look: Look::Plain,
        };
        let Some(event) = entry.current() else {
            return manner;
        };
        if at >= held {
            manner.look = Look::Ahead;
            if at == held {
                manner.above.fetching = self.fetching();
            }
            return manner;
        }
        manner.above.starts_new = self.news.line_at() == Some(event.seq);
        if at == self.older_index() {
            manner.above.gone = self.gone_above();
        }
        if self.found == Some(event.seq) || self.selected == Some(event.seq) {
            manner.look = Look::Found;
        }
        manner
    }

    /// Whether an event is the first of its day in the log as held.
    fn starts_day(&self, at: usize, context: &Context) -> bool {
        let event_at = |at: usize| match &self.entry(at)?.item {
            Item::Event(event) if is_shown(&event.body) => Some(event.stored_at()),
            Item::Event(_) | Item::Pending(_) | Item::Notice(_) => None,
        };
        let Some(time) = event_at(at) else {
            return false;
        };
        let before = (0..at).rev().find_map(event_at);
        before.is_none_or(|before| is_other_day(before, time, context.zone))
    }

    /// The lines in sight, from the top.
    pub fn visible(&mut self, context: &Context, height: usize) -> Vec<Line<'static>> {
        self.settle(context, height);
        let (mut at, partial) = match self.scroll {
            Scroll::Bottom => (self.len(), None),
            Scroll::At { entry, line } => (self.index(entry), Some(line + 1)),
        };
        let mut upwards = Vec::with_capacity(height);
        if let Some(count) = partial {
            let lines = self.lines(at, context);
            let shown = &lines[..count.min(lines.len())];
            upwards.extend(shown.iter().rev().take(height).cloned());
        }
        while upwards.len() < height && at > 0 {
            at -= 1;
            let missing = height - upwards.len();
            upwards.extend(self.lines(at, context).iter().rev().take(missing).cloned());
        }
        upwards.reverse();
        upwards
    }

    /// Whether the place is in sight where older events would stand.
    pub fn is_oldest_in_sight(&mut self, context: &Context, height: usize) -> bool {
        let oldest = self.older_index();
        let (mut at, mut lines) = match self.scroll {
            Scroll::Bottom => (self.len(), 0),
            Scroll::At { entry, line } => (self.index(entry), line + 1),
        };
        if at < oldest {
            return false;
        }
        while lines <= height && at > oldest {
            at -= 1;
            lines += self.lines(at, context).len();
        }
        lines <= height
    }

    /// Whether the newest entry of the stretch held is in sight, and the end is not.
    pub fn is_newest_in_sight(&self) -> bool {
        let is_lowest = match self.scroll {
            Scroll::Bottom => true,
            Scroll::At { entry, .. } => self.index(entry) + 1 >= self.entries.len(),
        };
        self.end.is_some() && is_lowest
    }

    pub(super) fn index(&self, entry: i64) -> usize {
        usize::try_from(entry - self.first)
            .unwrap_or(0)
            .min(self.len().saturating_sub(1))
    }

    pub(super) fn number(&self, index: usize) -> i64 {
        self.first + i64::try_from(index).unwrap_or(i64::MAX)
    }

    /// Whether the end is in sight and followed.
    pub fn is_at_end(&self) -> bool {
        self.scroll == Scroll::Bottom && self.end.is_none()
    }

    /// Shows the oldest entries held.
    pub fn scroll_to_start(&mut self, context: &Context, height: usize) {
        if self.len() > 0 {
            let entry = self.first;
            self.scroll = Scroll::At { entry, line: 0 };
            self.settle(context, height);
        }
    }

    /// Shows the start of the newest entry held, or all that there is when that fits.
    pub fn show_newest_from_start(&mut self, context: &Context, height: usize) {
        self.scroll_to_end();
        let Some(at) = self.entries.len().checked_sub(1) else {
            return;
        };
        if self.lines(at, context).len() > height {
            let (entry, line) = (self.number(at), height.saturating_sub(1));
            self.scroll = Scroll::At { entry, line };
            self.settle(context, height);
        }
    }

    /// The entry on a row of the pane, counted from the top, when the pane is of this height.
    pub(super) fn entry_on_row(
        &mut self,
        row: usize,
        context: &Context,
        height: usize,
    ) -> Option<usize> {
        self.settle(context, height);
        // Few lines stand at the bottom.
        let mut below = height.checked_sub(row + 1)?;
        let (mut at, mut lines) = match self.scroll {
            Scroll::Bottom => (self.len(), 0),
            Scroll::At { entry, line } => (self.index(entry), line + 1),
        };
        loop {
            if below < lines {
                return Some(at);
            }
            below -= lines;
            at = at.checked_sub(1)?;
            lines = self.lines(at, context).len();
        }
    }

    /// Scrolls just as far as it takes to have an entry in sight.
    pub(super) fn show_entry(&mut self, at: usize, context: &Context, height: usize) {
        let last = self.lines(at, context).len().saturating_sub(1);
        let (lowest, line) = match self.scroll {
            Scroll::Bottom => (self.len(), 0),
            Scroll::At { entry, line } => (self.index(entry), line),
        };
        if (at, last) > (lowest, line) {
            let entry = self.number(at);
            self.scroll = Scroll::At { entry, line: last };
            return self.settle(context, height);
        }
        let mut count = line + usize::from(lowest < self.len());
        let mut above = lowest;
        while above > at && count <= height {
            above -= 1;
            count += self.lines(above, context).len();
        }
        if count > height {
            let down = isize::try_from(height.saturating_sub(1)).unwrap_or(0);
            let (at, line) = self.walk(at, 0, down, context);
            let entry = self.number(at);
            self.scroll = Scroll::At { entry, line };
            self.settle(context, height);
        }
    }

    /// Moves the pane by lines, up when negative.
    pub fn scroll_by(&mut self, lines: isize, context: &Context, height: usize) {
        if self.len() == 0 {
            return;
        }
        let (at, line) = match self.scroll {
            Scroll::At { entry, line } => (self.index(entry), line),
            Scroll::Bottom => {
                let last = self.len() - 1;
                let at = self.lowest_with_lines(last, context);
                (at, self.lines(at, context).len().saturating_sub(1))
            }
        };
        let (at, line) = self.walk(at, line, lines, context);
        let entry = self.number(at);
        self.scroll = Scroll::At { entry, line };
        self.settle(context, height);
    }

    /// The entry at or above this one that has lines; this one when there is none.
    fn lowest_with_lines(&mut self, at: usize, context: &Context) -> usize {
        let mut above = (0..=at).rev();
        above
            .find(|at| !self.lines(*at, context).is_empty())
            .unwrap_or(at)
    }

    /// The line so many lines further down, or up when negative; stops at the ends.
    fn walk(&mut self, at: usize, line: usize, by: isize, context: &Context) -> (usize, usize) {
        let (mut at, mut line) = (at, line);
        let mut left = by.unsigned_abs();
        if by < 0 {
            while left > line {
                let Some(above) = (0..at).rev().find(|i| !self.lines(*i, context).is_empty())
                else {
                    return (at, 0);
                };
                left -= line + 1;
                at = above;
                line = self.lines(at, context).len() - 1;
            }
            return (at, line - left);
        }
        loop {
            let rest = self.lines(at, context).len().saturating_sub(line + 1);
            if left <= rest {
                return (at, line + left);
            }
            let mut below = at + 1..self.len();
            let Some(below) = below.find(|i| !self.lines(*i, context).is_empty()) else {
                return (at, line + rest);
            };
            left -= rest + 1;
            at = below;
            line = 0;
        }
    }

    /// Brings the anchor back into the entries held, fills the pane, and follows the end again
    /// when it is in sight.
    fn settle(&mut self, context: &Context, height: usize) {
        let Scroll::At { entry, line } = self.scroll else {
            return;
        };
        if self.len() == 0 {
            return self.scroll_to_end();
        }
        let at = self.index(entry);
        let at = self.lowest_with_lines(at, context);
        let line = line.min(self.lines(at, context).len().saturating_sub(1));
        let (at, line) = self.walk(at, line, 0, context);
        // Lines above the anchor, as far as they matter.
        let mut above = line + 1;
        let mut top = at;
        while above < height && top > 0 {
            top -= 1;
            above += self.lines(top, context).len();
        }
        let missing = isize::try_from(height.saturating_sub(above)).unwrap_or(0);
        let (at, line) = self.walk(at, line, missing, context);
        if self.end.is_none() && self.walk(at, line, 1, context) == (at, line) {
            self.scroll = Scroll::Bottom;
            self.new_below = 0;
            return;
        }
        let entry = self.number(at);
        self.scroll = Scroll::At { entry, line };
    }
}
