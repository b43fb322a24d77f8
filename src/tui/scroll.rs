//! Which lines of a room are in sight.
//!
//! The view is anchored to a line of an entry rather than counted from an end, so that it stays
//! put while lines arrive below, an older page is put above, or the width changes. Entries keep
//! their wrapped lines, and only those that come into sight are wrapped.

use ratatui::text::Line;

use super::message::{self, Context, Item, Mark, is_other_day};
use super::room::{Entry, RoomView};

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
pub(super) struct CacheKey {
    width: usize,
    starts_day: bool,
    mark: Mark,
}

impl RoomView {
    fn len(&self) -> usize {
        self.entries.len() + self.pending.len()
    }

    fn entry_mut(&mut self, at: usize) -> &mut Entry {
        let held = self.entries.len();
        if at < held {
            &mut self.entries[at]
        } else {
            &mut self.pending[at - held]
        }
    }

    /// The wrapped lines of an entry.
    fn lines(&mut self, at: usize, context: &Context) -> &[Line<'static>] {
        let starts_day = self.starts_day(at, context);
        let delivered = self.delivered;
        let held = self.entries.len();
        let entry = if at < held {
            &mut self.entries[at]
        } else {
            &mut self.pending[at - held]
        };
        let mark = entry.item.mark(context.device, delivered);
        let key = CacheKey {
            width: context.width,
            starts_day,
            mark,
        };
        if entry.cache.as_ref().is_none_or(|(known, _)| *known != key) {
            let change = match &entry.item {
                Item::Event(event) => self.changes.get(&event.seq),
                Item::Pending(_) | Item::Notice(_) => None,
            };
            let lines = message::lines(&entry.item, change, mark, starts_day, context);
            entry.cache = Some((key, lines));
        }
        self.entry_mut(at)
            .cache
            .as_ref()
            .map_or(&[], |(_, lines)| lines)
    }

    /// Whether an event is the first of its day in the log as held.
    fn starts_day(&self, at: usize, context: &Context) -> bool {
        let event_at = |at: usize| match &self.entries.get(at)?.item {
            Item::Event(event) => Some(event.stored_at()),
            Item::Pending(_) | Item::Notice(_) => None,
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

    /// Whether the oldest line held is in sight.
    pub fn is_at_start(&mut self, context: &Context, height: usize) -> bool {
        let (mut at, mut lines) = match self.scroll {
            Scroll::Bottom => (self.len(), 0),
            Scroll::At { entry, line } => (self.index(entry), line + 1),
        };
        while lines <= height && at > 0 {
            at -= 1;
            lines += self.lines(at, context).len();
        }
        lines <= height
    }

    fn index(&self, entry: i64) -> usize {
        usize::try_from(entry - self.first)
            .unwrap_or(0)
            .min(self.len().saturating_sub(1))
    }

    fn number(&self, index: usize) -> i64 {
        self.first + i64::try_from(index).unwrap_or(i64::MAX)
    }

    /// Whether the end is in sight and followed.
    pub fn is_at_end(&self) -> bool {
        self.scroll == Scroll::Bottom
    }

    /// Shows the end.
    pub fn scroll_to_end(&mut self) {
        self.scroll = Scroll::Bottom;
        self.new_below = 0;
    }

    /// Shows the oldest entries held.
    pub fn scroll_to_start(&mut self, context: &Context, height: usize) {
        if self.len() > 0 {
            let entry = self.first;
            self.scroll = Scroll::At { entry, line: 0 };
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
                let at = self.len() - 1;
                (at, self.lines(at, context).len().saturating_sub(1))
            }
        };
        let (at, line) = self.walk(at, line, lines, context);
        let entry = self.number(at);
        self.scroll = Scroll::At { entry, line };
        self.settle(context, height);
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
        if self.walk(at, line, 1, context) == (at, line) {
            return self.scroll_to_end();
        }
        let entry = self.number(at);
        self.scroll = Scroll::At { entry, line };
    }
}
