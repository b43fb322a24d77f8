//! What the relay's disk held: the truth that everything else is held against.
//!
//! A log has one line of events, until a copy of the store is put back that ends earlier: what was
//! committed after it is a *lost branch* from there on. Others may have read it, under the same id
//! as what is committed next.

use std::collections::{BTreeMap, BTreeSet};

use crate::wire::{Event, EventId, LogId, RoomName, Seq};

/// A log, and what it was before copies were put back.
#[derive(Debug, Default)]
pub struct Log {
    /// The log it was forked from, and where that ended then.
    pub parent: Option<(LogId, Seq)>,
    /// From the first event on. The last is the one in force.
    branches: Vec<Vec<Event>>,
}

/// All logs.
#[derive(Debug, Default)]
pub struct Logs {
    logs: BTreeMap<(RoomName, LogId), Log>,
    /// The log each room has now.
    current: BTreeMap<RoomName, LogId>,
    /// Where each event stands now.
    places: BTreeMap<EventId, (RoomName, Seq)>,
    /// The first event kept of each room, once some are deleted.
    first: BTreeMap<RoomName, Seq>,
    /// The highest of these there ever was.
    first_max: BTreeMap<RoomName, Seq>,
    /// Events that were on the disk when a copy without them was put back.
    pub lost: BTreeSet<EventId>,
    /// Whether a copy was ever put back.
    pub is_put_back: bool,
}

impl Log {
    /// The line in force.
    pub fn events(&self) -> &[Event] {
        self.branches.last().map_or(&[], Vec::as_slice)
    }

    /// Every line this log ever had.
    pub fn branches(&self) -> impl Iterator<Item = &[Event]> {
        self.branches.iter().map(Vec::as_slice)
    }

    /// Up to where all its lines are the same.
    pub fn shared(&self) -> Seq {
        let is_shared = |(index, event): &(usize, &Event)| {
            let mut lines = self.branches.iter();
            lines.all(|line| line.get(*index) == Some(*event))
        };
        let events = self.events().iter().enumerate();
        Seq(events.take_while(is_shared).count() as u64)
    }
}

/// The event at this place of a line.
pub fn at(events: &[Event], seq: Seq) -> Option<&Event> {
    let index = usize::try_from(seq.0.checked_sub(1)?).ok()?;
    events.get(index)
}

impl Logs {
    /// The log a room has now.
    pub fn current(&self, room: &RoomName) -> Option<(LogId, &Log)> {
        let log = *self.current.get(room)?;
        Some((log, self.log(room, log)?))
    }

    /// A log, in force or not.
    pub fn log(&self, room: &RoomName, log: LogId) -> Option<&Log> {
        self.logs.get(&(room.clone(), log))
    }

    /// Every log.
    pub fn all(&self) -> impl Iterator<Item = (&RoomName, LogId, &Log)> {
        let all = self.logs.iter();
        all.map(|((room, id), log)| (room, *id, log))
    }

    /// Every line of a room's logs.
    pub fn branches_of(&self, room: &RoomName) -> impl Iterator<Item = &[Event]> {
        let logs = self.all().filter(move |(name, ..)| *name == room);
        logs.flat_map(|(_, _, log)| log.branches())
    }

    /// Where an event stands now.
    pub fn place(&self, id: EventId) -> Option<&(RoomName, Seq)> {
        self.places.get(&id)
    }

    /// Whether a room's events up to this one have been deleted.
    pub fn is_pruned(&self, room: &RoomName, seq: Seq) -> bool {
        self.first.get(room).is_some_and(|first| seq < *first)
    }

    /// Whether this event of a room was ever deleted; a copy put back may have it again.
    pub fn was_pruned(&self, room: &RoomName, seq: Seq) -> bool {
        self.first_max.get(room).is_some_and(|first| seq < *first)
    }

    /// Whether `log` goes on where `ancestor` was forked, or is the same.
    pub fn descends(&self, room: &RoomName, log: LogId, ancestor: LogId) -> bool {
        let mut next = Some(log);
        while let Some(log) = next {
            if log == ancestor {
                return true;
            }
            let parent = self.log(room, log).and_then(|log| log.parent);
            next = parent.map(|(parent, _)| parent);
        }
        false
    }

    /// Takes in a committed event; the end of the log when it is not the next.
    pub fn commit(&mut self, room: &RoomName, log: LogId, event: Event) -> Result<(), Seq> {
        self.current.insert(room.clone(), log);
        let entry = self.logs.entry((room.clone(), log)).or_default();
        if entry.branches.is_empty() {
            entry.branches.push(Vec::new());
        }
        let events = entry.branches.last_mut().expect("there is one");
        let head = Seq(events.len() as u64);
        if event.seq != head.next() {
            return Err(head);
        }
        self.places.insert(event.id(), (room.clone(), event.seq));
        events.push(event);
        Ok(())
    }

    /// A log goes on under another id.
    pub fn fork(&mut self, room: &RoomName, from: LogId, to: LogId) {
        let events = self.log(room, from).map_or(&[][..], Log::events).to_vec();
        let log = Log {
            parent: Some((from, Seq(events.len() as u64))),
            branches: vec![events],
        };
        self.logs.insert((room.clone(), to), log);
        self.current.insert(room.clone(), to);
    }

    /// The oldest events of a room are deleted.
    pub fn prune(&mut self, room: RoomName, first: Seq) {
        let max = self.first_max.entry(room.clone()).or_insert(first);
        *max = first.max(*max);
        self.first.insert(room, first);
    }

    /// A copy is put back, with these rooms and where they end.
    pub fn put_back(&mut self, rooms: &[(RoomName, LogId, Seq)]) {
        self.is_put_back = true;
        self.first.clear();
        self.current.clear();
        let places = std::mem::take(&mut self.places);
        for (room, id, head) in rooms {
            self.current.insert(room.clone(), *id);
            let Some(log) = self.logs.get_mut(&(room.clone(), *id)) else {
                continue;
            };
            let head = usize::try_from(head.0).expect("logs of a run are short");
            let events = log.branches.last().map_or(&[][..], Vec::as_slice);
            let kept = events[..head.min(events.len())].to_vec();
            for event in &kept {
                self.places.insert(event.id(), (room.clone(), event.seq));
            }
            if kept.len() < events.len() {
                log.branches.push(kept);
            }
        }
        let gone = places
            .into_keys()
            .filter(|id| !self.places.contains_key(id));
        self.lost.extend(gone);
    }
}
