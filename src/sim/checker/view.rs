//! What one reader has of a room, on its screen or on its disk, and whether the next event may
//! follow.

use std::collections::{BTreeMap, BTreeSet};

use super::logs::{Logs, at};
use super::{ReaderId, Violation};
use crate::wire::{Event, EventId, LogId, RoomName, Seq};

/// What a reader has of one room: a stretch of events, read under `log` or, before that was forked,
/// under its forebears.
#[derive(Clone, Debug)]
pub struct View {
    pub log: LogId,
    pub events: BTreeMap<Seq, Event>,
    ids: BTreeSet<EventId>,
    /// How many next events the reader was told are deleted, each time since it had one.
    gone: Vec<u64>,
}

/// Who reads what, and how.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    pub reader: ReaderId,
    pub room: &'a RoomName,
    /// Whether it must have been told of deleted events it never gets.
    pub is_told: bool,
}

impl View {
    fn new(log: LogId) -> Self {
        Self {
            log,
            events: BTreeMap::new(),
            ids: BTreeSet::new(),
            gone: Vec::new(),
        }
    }

    /// The last event had.
    pub fn last(&self) -> Option<(Seq, EventId)> {
        let last = self.events.last_key_value();
        last.map(|(seq, event)| (*seq, event.id()))
    }

    /// The reader is told that so many events are deleted.
    pub fn told_gone(&mut self, count: u64) {
        self.gone.push(count);
    }

    /// Whether the reader was told of just so many deleted events. Who opens a room again before
    /// anything came is told all of it again, so what was told before that does not count.
    fn is_told_gone(&self, skipped: u64) -> bool {
        let mut sum = 0;
        self.gone.iter().rev().any(|count| {
            sum += count;
            sum == skipped
        })
    }

    fn insert(&mut self, event: &Event) {
        self.events.insert(event.seq, event.clone());
        self.ids.insert(event.id());
        self.gone.clear();
    }

    /// Forgets everything after a place.
    fn truncate(&mut self, seq: Seq) {
        for event in self.events.split_off(&seq.next()).into_values() {
            self.ids.remove(&event.id());
        }
    }
}

/// Takes in the next event of a reader's view of a room; says what is wrong with it.
pub fn step(
    view: &mut Option<View>,
    logs: &Logs,
    reading: Reading<'_>,
    log: LogId,
    event: &Event,
) -> Vec<Violation> {
    let Reading { reader, room, .. } = reading;
    let seq = event.seq;
    let lines: Vec<&[Event]> = logs
        .log(room, log)
        .into_iter()
        .flat_map(|log| log.branches())
        .filter(|events| at(events, seq) == Some(event))
        .collect();
    if lines.is_empty() {
        let (room, got) = (room.clone(), format!("{event:?}"));
        return vec![Violation::Differs {
            reader,
            room,
            seq,
            got,
        }];
    }
    let mut violations = Vec::new();
    match view {
        Some(known) if known.log == log => {
            violations = follow(known, logs, reading, &lines, event);
        }
        Some(known) => violations = change_log(known, logs, reading, &lines, log, event),
        None => {}
    }
    let view = view.get_or_insert_with(|| View::new(log));
    if view.ids.contains(&event.id()) {
        violations.push(Violation::GotTwice {
            reader,
            room: room.clone(),
            id: event.id(),
        });
    }
    view.insert(event);
    violations
}

/// The next event of the log read so far.
fn follow(
    view: &View,
    logs: &Logs,
    reading: Reading<'_>,
    lines: &[&[Event]],
    event: &Event,
) -> Vec<Violation> {
    let Some((last, last_id)) = view.last() else {
        return Vec::new();
    };
    let Reading { reader, room, .. } = reading;
    let seq = event.seq;
    let mut violations = Vec::new();
    let skipped = seq.0.saturating_sub(last.0 + 1);
    let is_told = !reading.is_told || view.is_told_gone(skipped);
    let before = Seq(seq.0.saturating_sub(1));
    // A slow disk has it later, when a copy with the deleted events may be back.
    let is_deleted = if reading.is_told {
        logs.is_pruned(room, before)
    } else {
        logs.was_pruned(room, before)
    };
    let is_gone = skipped > 0 && is_deleted && is_told;
    if seq != last.next() && !is_gone {
        let room = room.clone();
        violations.push(Violation::OutOfTurn {
            reader,
            room,
            last,
            seq,
        });
    }
    let stands_before = |line: &&&[Event]| at(line, last).is_some_and(|e| e.id() == last_id);
    if !lines.iter().any(|line| stands_before(&line)) {
        let room = room.clone();
        violations.push(Violation::Spliced { reader, room, seq });
    }
    violations
}

/// The first event of another log than the one read so far.
fn change_log(
    view: &mut View,
    logs: &Logs,
    reading: Reading<'_>,
    lines: &[&[Event]],
    log: LogId,
    event: &Event,
) -> Vec<Violation> {
    let Reading { reader, room, .. } = reading;
    let seq = event.seq;
    let before = Seq(seq.0 - 1);
    // Where both logs are the same for sure, whichever line was read: later, the same event may come
    // to the same place anew.
    // When events are deleted, it can't always be found where the two part.
    let common = (logs.log(room, log).and_then(|child| child.parent))
        .filter(|parent| parent.0 == view.log && !logs.is_pruned(room, Seq(1)))
        .and_then(|(parent, head)| Some(head.min(logs.log(room, parent)?.shared())))
        .unwrap_or(Seq(0));
    let last = view.last().map_or(before, |(last, _)| last);
    // Hashes are known of the latest stretch without a gap.
    let mut first = last;
    while let Some(before) = first.0.checked_sub(1).map(Seq)
        && view.events.contains_key(&before)
    {
        first = before;
    }
    let holds = |line: &[Event], seq: Seq| {
        let known = view.events.get(&seq).map(Event::id);
        known.is_some() && at(line, seq).map(Event::id) == known
    };
    let is_same = |line: &&[Event]| {
        let mut held = view.events.range(..=before);
        held.all(|(seq, _)| holds(line, *seq))
    };
    let is_kept = view.events.contains_key(&before) && lines.iter().any(is_same);
    // Whoever has nothing in common with the log reads it like a new one.
    let read = logs.log(room, view.log);
    let begins_like = |line: &&[Event]| {
        let upto = usize::try_from(first.0).unwrap_or(usize::MAX);
        let mut read = read.into_iter().flat_map(|log| log.branches());
        let begins_like = |read: &[Event]| read.get(..upto) == line.get(..upto);
        line.len() >= upto && read.any(|read| holds(read, last) && begins_like(read))
    };
    let is_known = lines.iter().any(begins_like) && !logs.is_pruned(room, Seq(1));
    let mut violations = Vec::new();
    if is_kept {
        // It may come to the same place anew, and still be another: counted anew, or edited.
        if seq <= common && view.events.get(&seq) == Some(event) {
            // The two logs part later than this.
            let room = room.clone();
            violations.push(Violation::OutOfTurn {
                reader,
                room,
                last,
                seq,
            });
        }
        view.truncate(before);
    } else if is_known && view.events.contains_key(&before) {
        let room = room.clone();
        violations.push(Violation::Spliced { reader, room, seq });
        view.truncate(before);
    } else {
        if is_known && first <= common {
            // Both logs have what was read: reading goes on where they part.
            let room = room.clone();
            violations.push(Violation::OutOfTurn {
                reader,
                room,
                last,
                seq,
            });
        }
        *view = View::new(log);
    }
    view.log = log;
    violations
}
