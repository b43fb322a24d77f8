//! Which stretch of a room's log is held, and how it moves when the user scrolls.
//!
//! The entries held are one stretch of the log, with this program's own lines in between. While it
//! reaches the end of the log, new events are added below. When it is full and an older page is
//! put above, the newest entries are set aside as the *end*, and those between are let go: the
//! relay has them. Scrolling down asks for them again, page by page, until the stretch meets the
//! end; going to the end at once needs nobody. New events are added to the end meanwhile.
//!
//! Entries of a log that is not read any more are *settled*: they stay as they were, with their
//! marks, and pages of the log in use are put below them.

use std::collections::VecDeque;

use ratatui::text::Line;

use super::app::Viewer;
use super::changes::Change;
use super::message::{self, Item, Mark};
use super::room::{ENTRIES_MAX, RoomView};
use super::scroll::{CacheKey, Scroll};
use crate::wire::{Event, LogId, Seq};

/// Events asked for at a time: some screens full.
pub const PAGE: u32 = 200;

/// Entries set aside at the end while the user looks at older ones. Arbitrary: some screens full.
const END_MAX: usize = 500;

/// Entries held of what the user looks at while the end is set aside.
const STRETCH_MAX: usize = ENTRIES_MAX - END_MAX;

/// Which page of a log is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// The one before what is held.
    Older,
    /// The one after it.
    Newer,
    /// The one around this event.
    Around(Seq),
}

/// What came of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageOutcome {
    /// It is part of what is held, as far as it was wanted.
    Taken,
    /// It lacks what comes first: a smaller one is to be asked for.
    TooLarge,
    /// It lacks the event it was asked for.
    NotThere,
}

/// An entry as it stood when its log was left.
#[derive(Debug)]
pub struct Settled {
    pub mark: Mark,
    pub change: Option<Change>,
}

/// Something in the pane.
#[derive(Debug)]
pub struct Entry {
    pub item: Item,
    /// What is known of it, when it is of a log that is not read any more.
    pub settled: Option<Settled>,
    /// The wrapped lines, and what they were made for.
    pub cache: Option<(CacheKey, Vec<Line<'static>>)>,
}

impl Entry {
    pub fn new(item: Item) -> Self {
        Self {
            item,
            settled: None,
            cache: None,
        }
    }

    /// Where its links lead, in their order; `change` is what is known to be changed about it.
    pub fn links(&self, change: Option<&Change>) -> Vec<String> {
        let settled = self.settled.as_ref();
        let change = settled.map_or(change, |settled| settled.change.as_ref());
        message::links(&self.item, change)
    }

    /// The event it shows, when that is one of the log in use.
    pub fn current(&self) -> Option<&Event> {
        self.item.event().filter(|_| self.settled.is_none())
    }
}

/// The first event of the log in use.
fn first_of(entries: &VecDeque<Entry>) -> Option<Seq> {
    entries
        .iter()
        .find_map(Entry::current)
        .map(|event| event.seq)
}

impl RoomView {
    /// Adds an entry at the end of the room.
    pub(super) fn push(&mut self, item: Item, is_news: bool) {
        if is_news && !self.is_at_end() {
            self.new_below += 1;
        }
        if self.end.is_none() && self.entries.len() >= ENTRIES_MAX {
            self.set_end_aside();
        }
        let entry = Entry::new(item);
        if let Some(end) = &mut self.end {
            end.push_back(entry);
            if end.len() > END_MAX {
                end.pop_front();
            }
            return;
        }
        self.shift_anchor(self.entries.len(), 1);
        self.entries.push_back(entry);
        while self.entries.len() > ENTRIES_MAX {
            self.drop_oldest();
        }
    }

    /// Entries from this index on were moved by so many.
    pub(super) fn shift_anchor(&mut self, from: usize, by: i64) {
        let from = self.number(from);
        if let Scroll::At { entry, .. } = &mut self.scroll
            && *entry >= from
        {
            *entry += by;
        }
    }

    pub(super) fn remove_entry(&mut self, at: usize) {
        self.shift_anchor(at + 1, -1);
        self.entries.remove(at);
        self.folds.clear();
    }

    fn drop_oldest(&mut self) {
        self.entries.pop_front();
        self.first += 1;
        self.has_no_older = false;
    }

    /// The index of the lowest entry in sight, when that is not the last.
    fn lowest_in_sight(&self) -> Option<usize> {
        match self.scroll {
            Scroll::Bottom => None,
            Scroll::At { entry, .. } => usize::try_from(entry - self.first).ok(),
        }
    }

    /// Sets the newest entries aside, unless some of them are in sight. Whether the end is aside.
    fn set_end_aside(&mut self) -> bool {
        if self.end.is_none() {
            let keep = self.entries.len().saturating_sub(END_MAX);
            if self.lowest_in_sight().is_none_or(|lowest| lowest >= keep) {
                return false;
            }
            self.end = Some(self.entries.split_off(keep));
        }
        true
    }

    /// Makes room for one more entry above those in sight.
    fn make_room_above(&mut self) -> bool {
        if self.end.is_none() && self.entries.len() < ENTRIES_MAX {
            return true;
        }
        if !self.set_end_aside() {
            return false;
        }
        while self.entries.len() >= STRETCH_MAX {
            let last = self.entries.len() - 1;
            if self.lowest_in_sight().is_none_or(|lowest| lowest >= last) {
                return false;
            }
            self.entries.pop_back();
        }
        true
    }

    /// Where older events of the log in use are put: above those held, below what is settled.
    pub(super) fn older_index(&self) -> usize {
        let current = |entry: &Entry| entry.current().is_some();
        if let Some(at) = self.entries.iter().position(current) {
            return at;
        }
        let settled = |entry: &Entry| entry.settled.is_some();
        self.entries
            .iter()
            .rposition(settled)
            .map_or(0, |at| at + 1)
    }

    /// The oldest event of the log in use that is held.
    pub(super) fn oldest(&self) -> Option<Seq> {
        first_of(&self.entries)
    }

    /// The newest event of the log in use that is held in the stretch looked at.
    fn newest(&self) -> Option<Seq> {
        let newest = self.entries.iter().rev().find_map(Entry::current);
        newest.map(|event| event.seq)
    }

    /// How many events before those held the relay keeps no longer.
    pub(super) fn gone_above(&self) -> u64 {
        match self.oldest() {
            Some(oldest) if self.is_opened && (self.has_no_older || oldest <= self.first_kept) => {
                oldest.0.saturating_sub(1)
            }
            Some(_) | None => 0,
        }
    }

    /// Before which place older events should be asked for, if they should; at most once until
    /// answered.
    pub fn ask_older(&mut self) -> Option<Seq> {
        let before = match self.oldest() {
            Some(oldest) => oldest,
            None => self.place?.last.next(),
        };
        let is_wanted = self.is_opened
            && self.asked.is_none()
            && !self.has_no_older
            && before > self.first_kept;
        is_wanted.then(|| {
            self.asked = Some(Aim::Older);
            before
        })
    }

    /// Before which place, and how many newer events should be asked for, if they should. Meets the
    /// end when nothing is missing in between.
    pub fn ask_newer(&mut self) -> Option<(Seq, u32)> {
        self.end.as_ref()?;
        if self.meet_end() || self.asked.is_some() {
            return None;
        }
        let newest = self.newest()?;
        self.asked = Some(Aim::Newer);
        let before = newest.0 + 1 + u64::from(self.newer_count);
        Some((Seq(before), self.newer_count))
    }

    /// Before which place a page has this event in its middle, unless it is held: then the pane
    /// goes there.
    pub fn ask_around(&mut self, seq: Seq) -> Option<Seq> {
        if self.go_to(seq) {
            return None;
        }
        self.asked = Some(Aim::Around(seq));
        Some(Seq(seq.0 + u64::from(PAGE / 2)))
    }

    /// A page will not come.
    pub fn page_failed(&mut self, aim: Aim) {
        if self.asked == Some(aim) {
            self.asked = None;
        }
    }

    /// Takes a page that was asked for.
    pub fn handle_page(
        &mut self,
        aim: Aim,
        log: LogId,
        mut events: Vec<Event>,
        viewer: &Viewer,
    ) -> PageOutcome {
        if self.asked != Some(aim) {
            return PageOutcome::Taken;
        }
        self.asked = None;
        let Some(place) = self.place.filter(|place| place.log == log) else {
            return PageOutcome::Taken;
        };
        // What follows comes by itself.
        events.retain(|event| event.seq <= place.last);
        for event in &events {
            if !viewer.ignores(event) {
                self.news.note(log, event, viewer.device);
            }
            self.note_change(event);
        }
        match aim {
            Aim::Older => {
                self.handle_older(events);
                PageOutcome::Taken
            }
            Aim::Newer => self.handle_newer(events),
            Aim::Around(seq) => self.handle_around(seq, events),
        }
    }

    fn handle_older(&mut self, events: Vec<Event>) {
        let Some(place) = self.place else { return };
        let mut before = self.oldest().unwrap_or(place.last.next());
        let at = self.older_index();
        let mut is_any = false;
        for event in events.into_iter().rev() {
            if event.seq >= before {
                continue;
            }
            is_any = true;
            if !self.make_room_above() {
                break;
            }
            before = event.seq;
            // Those below keep their numbers; what is above moves up.
            self.first -= 1;
            let inserted = self.number(at + 1);
            if let Scroll::At { entry, .. } = &mut self.scroll
                && *entry < inserted
            {
                *entry -= 1;
            }
            let entry = Entry::new(Item::Event(event));
            self.entries.insert(at, entry);
        }
        self.has_no_older = !is_any;
    }

    fn handle_newer(&mut self, events: Vec<Event>) -> PageOutcome {
        let (Some(newest), Some(end)) = (self.newest(), &self.end) else {
            self.meet_end();
            return PageOutcome::Taken;
        };
        let is_whole = events
            .first()
            .is_some_and(|first| first.seq <= newest.next());
        if !is_whole && self.newer_count > 1 {
            self.newer_count /= 2;
            return PageOutcome::TooLarge;
        }
        self.newer_count = PAGE;
        let until = first_of(end);
        let mut after = newest;
        let mut is_any = false;
        for event in events {
            if event.seq <= after {
                continue;
            }
            if until.is_some_and(|until| event.seq >= until) {
                break;
            }
            is_any = true;
            after = event.seq;
            self.entries.push_back(Entry::new(Item::Event(event)));
            if self.entries.len() > STRETCH_MAX {
                self.drop_oldest();
            }
        }
        if !self.meet_end() && !is_any {
            // What lies between is gone.
            self.take_end_in();
        }
        PageOutcome::Taken
    }

    /// Takes the end in again when nothing is missing before it. Whether the end is held.
    fn meet_end(&mut self) -> bool {
        let Some(end) = &self.end else { return true };
        let next = match self.newest() {
            Some(newest) => newest.next(),
            // Nothing of the log in use is held that something could be missing after.
            None => Seq(u64::MAX),
        };
        let last = self.place.map(|place| place.last).unwrap_or_default();
        let is_met = next >= first_of(end).unwrap_or(last.next());
        if is_met {
            self.take_end_in();
        }
        is_met
    }

    fn take_end_in(&mut self) {
        if let Some(end) = self.end.take() {
            self.entries.extend(end);
        }
        while self.entries.len() > ENTRIES_MAX {
            self.drop_oldest();
        }
    }

    fn handle_around(&mut self, seq: Seq, events: Vec<Event>) -> PageOutcome {
        if !events.iter().any(|event| event.seq == seq) {
            return PageOutcome::NotThere;
        }
        let keep = self.entries.len().saturating_sub(END_MAX);
        if self.end.is_none() {
            self.end = Some(self.entries.split_off(keep));
        }
        self.forget_stretch();
        let mut after = Seq(0);
        for event in events.into_iter().take(STRETCH_MAX) {
            if event.seq > after {
                after = event.seq;
                self.entries.push_back(Entry::new(Item::Event(event)));
            }
        }
        // What the end has, too, is taken from there.
        if let Some(from) = self.end.as_ref().and_then(first_of) {
            let is_before = |entry: &Entry| entry.current().is_some_and(|event| event.seq < from);
            self.entries.retain(is_before);
            self.meet_end();
        }
        self.go_to(seq);
        PageOutcome::Taken
    }

    fn forget_stretch(&mut self) {
        self.first += i64::try_from(self.entries.len()).unwrap_or(0);
        self.entries.clear();
        self.has_no_older = false;
    }

    /// Shows an event that is held, and makes it stand out. Whether it is held.
    fn go_to(&mut self, seq: Seq) -> bool {
        let is_it = |entry: &Entry| entry.current().is_some_and(|event| event.seq == seq);
        let Some(at) = self.entries.iter().position(is_it) else {
            return false;
        };
        self.found = Some(seq);
        self.asked = None;
        let entry = self.number(at);
        self.scroll = Scroll::At { entry, line: 0 };
        true
    }

    /// Shows the end.
    pub fn scroll_to_end(&mut self) {
        if let Some(end) = self.end.take() {
            self.forget_stretch();
            self.entries = end;
            self.asked = None;
        }
        self.scroll = Scroll::Bottom;
        self.new_below = 0;
        self.found = None;
    }
}
