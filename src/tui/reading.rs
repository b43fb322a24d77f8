//! How a room's log is read: events in their turn, events ahead of it, and logs that change.
//!
//! A log may go on under another id, with the same events before: nothing changes on the screen.
//! It may go on differently after some place, when the relay was put back from an older copy: what
//! was shown after that place is settled, and the user's own messages wait to be stored again. Or
//! another log is read, when another relay is used: all that was shown is settled. What such a log had
//! when it was met first is no news: there is no telling what of it this user knows. Only somebody's
//! messages to this user alone are, once the room is open.

use super::app::Viewer;
use super::mention::is_mention;
use super::message::{Item, is_sent, is_shown};
use super::quote::is_answer_to;
use super::room::RoomView;
use super::window::{Entry, Settled};
use crate::room::{edited, hash_after, is_spoken};
use crate::wire::{Body, DeviceId, Event, LocalId, LogHash, LogId, Opened, Seq, Timestamp};

/// Events shown ahead of their turn, per room; the oldest go. Arbitrary: some screens full.
pub const AHEAD_MAX: usize = 256;

/// Places remembered of events that the user was told of ahead of their turn. Arbitrary: when more
/// was said during one catching up, the count of what is unread may come out too high.
const TOLD_AHEAD_MAX: usize = 4_096;

/// Logs remembered that were read before the one in use. Arbitrary: as many as the client remembers;
/// one met again after more counts as new.
const LOGS_LEFT_MAX: usize = 8;

/// How old a message may be that is offered to the relay again, in microseconds: 30 days, for which
/// a relay recognises what it had already.
const OFFERED_MICROS: i64 = 30 * 24 * 60 * 60 * 1_000_000;

/// How far a log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The log.
    pub log: LogId,
    /// The last event handed in.
    pub last: Seq,
    /// The hash over the log up to there; `None` when the log that comes next goes on from there
    /// in any case.
    hash: Option<LogHash>,
    /// Events up to here were there before the room was opened: nothing new to this user.
    backlog: Seq,
}

impl Place {
    fn start(log: LogId) -> Self {
        Self {
            log,
            last: Seq(0),
            hash: Some(LogHash::EMPTY),
            backlog: Seq(0),
        }
    }
}

/// What an arriving event means to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Nothing to be told about.
    Quiet,
    /// Somebody else said something.
    Spoken,
    /// Somebody else named this user, or wrote to them alone.
    Addressed,
}

impl RoomView {
    /// The relay opened the room, for the first time or again. Events handed in before the first
    /// time are those kept from earlier.
    pub fn opened(&mut self, opened: Opened, is_durable: bool, own: DeviceId) {
        let log = opened.head.log;
        let goes_on = |place: &Place| match place.hash {
            None => opened.after == place.last,
            Some(hash) => place.last > Seq(0) && opened.after == place.last && opened.hash == hash,
        };
        let is_another = self.place.is_none_or(|place| place.log != log);
        let mut place = self.enter(log, goes_on, own);
        let is_met_first = is_another && place.last == Seq(0);
        let is_direct = self.name.direct_users().is_some();
        if !self.is_opened && !self.is_waiting || is_met_first && self.is_opened && !is_direct {
            self.skip_backlog(&mut place, opened.head.seq);
        }
        if place.last < opened.after {
            // What is before that does not come by itself.
            place.last = opened.after;
            place.hash = Some(opened.hash);
        }
        self.place = Some(place);
        self.is_opened = true;
        self.is_durable = is_durable;
        self.first_kept = opened.first;
        self.topic = opened.topic;
        self.members.clear();
    }

    /// What is there of a log when the room is opened is no news, but for what comes after the events
    /// of it that were handed in earlier.
    fn skip_backlog(&mut self, place: &mut Place, head: Seq) {
        let log = place.log;
        let mut left = self.left.iter();
        let left = left.find(|(left, _)| *left == log).map(|(_, last)| *last);
        if place.last > Seq(0) {
            place.backlog = place.last;
            self.news.skip(log, place.backlog);
        } else if let Some(last) = left {
            place.backlog = last;
            self.news.skip(log, place.backlog);
        } else {
            place.backlog = head;
            self.news.begin(log, place.backlog);
        }
    }

    /// The place in this log: the one so far when the log `goes_on` from there, or its start.
    fn enter(&mut self, log: LogId, goes_on: impl FnOnce(&Place) -> bool, own: DeviceId) -> Place {
        let place = match self.place {
            Some(place) if place.log == log => place,
            Some(place) if goes_on(&place) => {
                self.news.move_log(place.log, log);
                Place { log, ..place }
            }
            Some(_) | None => {
                if let Some(before) = self.place.filter(|place| place.last > Seq(0)) {
                    self.left.retain(|(left, _)| *left != before.log);
                    if self.left.len() == LOGS_LEFT_MAX {
                        self.left.pop_front();
                    }
                    self.left.push_back((before.log, before.last));
                }
                self.settle_from(Seq(0), own);
                self.readers.clear();
                self.reads.clear();
                self.news.change_log();
                self.ahead.clear();
                self.told_ahead.clear();
                self.first_kept = Seq(1);
                self.has_no_older = false;
                self.asked = None;
                self.found = None;
                Place::start(log)
            }
        };
        self.place = Some(place);
        place
    }

    /// Takes the next event of the log.
    pub fn handle_event(
        &mut self,
        log: LogId,
        hash: LogHash,
        event: Event,
        viewer: &Viewer,
    ) -> Arrival {
        let own = viewer.device;
        let goes_on = |place: &Place| {
            let is_next = event.seq == place.last.next();
            is_next
                && place
                    .hash
                    .is_none_or(|before| hash_after(before, &event) == hash)
        };
        let mut place = self.enter(log, goes_on, own);
        if event.seq <= place.last {
            return Arrival::Quiet;
        }
        place.last = event.seq;
        place.hash = Some(hash);
        self.place = Some(place);
        // What is replaced where the log ends stays where it is on the screen.
        let (scroll, end) = (self.scroll, self.entries.len());
        let (was_told, from_ahead) = self.take_turn(event.seq);
        let arrival = if was_told {
            Arrival::Quiet
        } else {
            self.arrival(&event, viewer)
        };
        let from_pending = (event.device == own)
            .then(|| self.sent(event.local))
            .flatten();
        let is_replaced = [from_ahead, from_pending].contains(&Some(end));
        let settled = self.remove_settled(&event);
        if let Body::Topic(topic) = &event.body {
            self.topic = topic.clone();
        }
        self.note_change(&event);
        if !viewer.ignores(&event) {
            self.news.note(log, &event, own);
        } else if !self.is_opened && is_spoken(&event.body) {
            self.news.leave_out(log, event.seq);
        }
        self.push(Item::Event(event), arrival != Arrival::Quiet);
        if is_replaced && !settled {
            self.scroll = scroll;
        }
        arrival
    }

    /// Takes an event before its turn.
    pub fn handle_ahead(&mut self, log: LogId, event: Event, viewer: &Viewer) -> Arrival {
        let own = viewer.device;
        let is_wanted = self
            .place
            .is_some_and(|place| place.log == log && place.last < event.seq);
        if !is_wanted || !is_shown(&event.body) {
            return Arrival::Quiet;
        }
        let seq_of = |entry: &Entry| entry.item.event().map(|event| event.seq);
        let at = self
            .ahead
            .partition_point(|entry| seq_of(entry) < Some(event.seq));
        if self.ahead.get(at).and_then(seq_of) == Some(event.seq) {
            return Arrival::Quiet;
        }
        let is_new = self.told_ahead.insert(event.seq);
        if self.told_ahead.len() > TOLD_AHEAD_MAX {
            self.told_ahead.pop_first();
        }
        let arrival = if is_new {
            self.arrival(&event, viewer)
        } else {
            Arrival::Quiet
        };
        if event.device == own {
            self.sent(event.local);
        }
        if arrival != Arrival::Quiet && !self.is_at_end() {
            self.new_below += 1;
        }
        self.shift_anchor(self.entries.len() + at, 1);
        self.ahead.insert(at, Entry::new(Item::Event(event)));
        if self.ahead.len() > AHEAD_MAX {
            self.remove_ahead(0);
        }
        arrival
    }

    fn remove_ahead(&mut self, at: usize) {
        self.shift_anchor(self.entries.len() + at + 1, -1);
        self.ahead.remove(at);
    }

    /// The turn of an event has come: it is not ahead any more, nor is any before it. Whether the
    /// user was told of it, and where in the pane it was.
    fn take_turn(&mut self, seq: Seq) -> (bool, Option<usize>) {
        let is_due = |entry: &Entry| entry.item.event().is_some_and(|event| event.seq <= seq);
        let mut was_at = None;
        while self.ahead.first().is_some_and(is_due) {
            self.remove_ahead(0);
            was_at = Some(self.entries.len());
        }
        let was_told = self.told_ahead.remove(&seq);
        while self.told_ahead.first().is_some_and(|first| *first < seq) {
            self.told_ahead.pop_first();
        }
        (was_told, was_at)
    }

    /// How many events are missing before the first that is ahead of its turn.
    pub(super) fn fetching(&self) -> u64 {
        let first = self.ahead.first().and_then(|entry| entry.item.event());
        match (first, self.place) {
            (Some(first), Some(place)) => first.seq.0.saturating_sub(place.last.0 + 1),
            (Some(_) | None, Some(_) | None) => 0,
        }
    }

    fn arrival(&self, event: &Event, viewer: &Viewer) -> Arrival {
        let (Body::Message(text) | Body::Reply(_, text) | Body::Action(text)) = &event.body else {
            return Arrival::Quiet;
        };
        let is_kept = !self.is_opened && !self.is_waiting;
        let backlog = self.place.map(|place| place.backlog).unwrap_or_default();
        let is_own = event.device == viewer.device;
        if is_own || is_kept || event.seq <= backlog || viewer.ignores(event) {
            return Arrival::Quiet;
        }
        if self.name.direct_users().is_some() || is_mention(text.as_str(), &viewer.name) {
            return Arrival::Addressed;
        }
        Arrival::Spoken
    }

    /// Remembers what an event changes about another, which then looks different.
    pub(super) fn note_change(&mut self, event: &Event) {
        let Some(target) = self.changes.note(event) else {
            return;
        };
        for entry in self.entries.iter_mut().chain(self.end.iter_mut().flatten()) {
            let is_it = entry.current().is_some_and(|event| event.seq == target);
            if is_it || is_answer_to(entry, target) {
                entry.cache = None;
            }
        }
    }

    /// The relay's log is another one than was read from `at` on.
    pub fn diverged(&mut self, log: LogId, at: Seq, own: DeviceId, now: Timestamp) {
        let Some(mut place) = self.place.filter(|place| place.log == log) else {
            return;
        };
        let shared = Seq(at.0.saturating_sub(1));
        let offered = self.take_offered(at, own, now);
        self.settle_from(at, own);
        self.offered_again(offered);
        for seq in self.readers.values_mut().chain(self.reads.values_mut()) {
            *seq = shared.min(*seq);
        }
        self.news.go_back(log, shared);
        self.ahead.clear();
        self.told_ahead.clear();
        place.last = shared.min(place.last);
        place.hash = None;
        place.backlog = shared.min(place.backlog);
        self.place = Some(place);
    }

    /// Takes out this user's own messages from a place on that are offered to the relay again.
    fn take_offered(
        &mut self,
        at: Seq,
        own: DeviceId,
        now: Timestamp,
    ) -> Vec<(LocalId, Timestamp, Body)> {
        let mut offered = Vec::new();
        let changes = &self.changes;
        let mut is_offered = |entry: &Entry| {
            let Some(event) = entry.current().filter(|event| event.seq >= at) else {
                return false;
            };
            let change = changes.find(event.seq);
            let is_young = now.0.saturating_sub(event.sent_at.0) <= OFFERED_MICROS;
            let is_redacted = change.is_some_and(|change| change.is_redacted);
            let is_it = event.device == own && is_sent(&event.body) && is_young && !is_redacted;
            if is_it {
                let text = change.and_then(|change| change.text());
                let body = match text {
                    Some(text) => edited(&event.body, text),
                    None => event.body.clone(),
                };
                offered.push((event.seq, event.local, event.sent_at, body));
            }
            is_it
        };
        if let Some(end) = &mut self.end {
            end.retain(|entry| !is_offered(entry));
        }
        let taken: Vec<usize> = (0..self.entries.len())
            .filter(|at| is_offered(&self.entries[*at]))
            .collect();
        for at in taken.into_iter().rev() {
            self.remove_entry(at);
        }
        offered.sort_by_key(|(seq, ..)| *seq);
        let offered = offered.into_iter();
        offered
            .map(|(_, local, sent_at, body)| (local, sent_at, body))
            .collect()
    }

    /// Leaves the events from a place on as they are: the log is not read any more from there on.
    fn settle_from(&mut self, at: Seq, own: DeviceId) {
        let reach = self.reach();
        for entry in self.entries.iter_mut().chain(self.end.iter_mut().flatten()) {
            let Some(event) = entry.current().filter(|event| event.seq >= at) else {
                continue;
            };
            let change = self.changes.find(event.seq).cloned();
            let mark = entry.item.mark(own, reach);
            entry.settled = Some(Settled { mark, change });
            self.has_settled = true;
        }
        self.folds.clear();
        self.changes.forget_from(at);
        self.let_go_from(at);
    }

    /// An event that was shown in a log not read any more is now in the one that is. Whether it was
    /// shown.
    fn remove_settled(&mut self, event: &Event) -> bool {
        if !self.has_settled {
            return false;
        }
        let mut has_settled = false;
        let mut is_same = |entry: &Entry| {
            has_settled |= entry.settled.is_some();
            entry.settled.is_some()
                && (entry.item.event()).is_some_and(|shown| shown.id() == event.id())
        };
        if let Some(end) = &mut self.end {
            end.retain(|entry| !is_same(entry));
        }
        let found = self.entries.iter().position(is_same);
        if let Some(at) = found {
            self.remove_entry(at);
        }
        self.has_settled = has_settled;
        found.is_some()
    }

    /// The room comes in front: a line stands above what is not read.
    pub fn show_news(&mut self, viewer: &Viewer) {
        let Some(place) = self.place.filter(|_| self.news.unread > 0) else {
            return;
        };
        self.news.place_line(place.log);
        self.note_held(viewer);
    }

    /// The room was open before, up to where it was read then.
    pub fn restore(&mut self, read: Option<(LogId, Seq)>, unread: usize, viewer: &Viewer) {
        let is_direct = self.name.direct_users().is_some();
        self.news.restore(read, unread, is_direct);
        if let Some(place) = self.place {
            let held = self.entries.iter().filter_map(Entry::current);
            for event in held.filter(|event| is_spoken(&event.body) && viewer.ignores(event)) {
                self.news.leave_out(place.log, event.seq);
            }
        }
        self.note_held(viewer);
    }

    fn note_held(&mut self, viewer: &Viewer) {
        let Some(place) = self.place else { return };
        let held = self.entries.iter().chain(self.end.iter().flatten());
        let held = held.filter_map(Entry::current);
        for event in held.filter(|event| !viewer.ignores(event)) {
            self.news.note(place.log, event, viewer.device);
        }
    }

    /// What is held is read, when the end is in sight.
    pub fn mark_read(&mut self) {
        let place = self.place.filter(|place| place.last > Seq(0));
        if let Some(place) = place.filter(|_| self.is_at_end()) {
            self.news.read(place.log, place.last);
        }
    }
}
