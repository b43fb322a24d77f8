//! A relay's store in memory, without a database: for tests and the simulator.
//!
//! It answers at once, and panics when the relay breaks the rules of a log: that is the relay's
//! mistake, and no fault of a disk can excuse it.

use std::collections::{BTreeMap, BTreeSet};

use super::log::{
    Append, Cutoff, LogReply, LogRequest, Place, Reader, RoomSnapshot, Search, Snapshot,
    absent_member,
};
use super::{Room, about_of, hash_after, text_of};
use crate::wire::{
    Body, DeviceId, Event, EventId, Found, LogHash, LogId, Name, RelayId, RoomName, Seq, Timestamp,
};

/// Bytes an event counts against [`Cutoff::bytes_max`]. Arbitrary: what it takes on a disk.
const EVENT_BYTES: u64 = 200;

/// Events one pruning deletes at most.
const PRUNED_EVENTS_MAX: usize = 1_000;

/// A store that forgets with the process.
#[derive(Clone, Debug)]
pub struct MemoryLog {
    relay: RelayId,
    rooms: BTreeMap<RoomName, StoredRoom>,
    places: BTreeMap<EventId, Place>,
    /// Why nothing can be stored, if so.
    pub failure: Option<&'static str>,
    /// Whether this is a backup that was put back.
    pub is_copy: bool,
    /// Whether the hashes of deleted events are forgotten with them.
    pub is_forgetful: bool,
    /// How many appends each commit had.
    pub appends: Vec<usize>,
}

/// A room as it is stored.
#[derive(Clone, Debug)]
pub struct StoredRoom {
    /// The life of its log.
    pub log: LogId,
    /// The life before.
    pub parent: Option<LogId>,
    /// The first event kept.
    pub first: Seq,
    /// The events kept, oldest first.
    pub events: Vec<Event>,
    /// The hashes from before the first event on, those of deleted events included.
    hashes: Vec<LogHash>,
    readers: BTreeMap<DeviceId, Reader>,
}

impl StoredRoom {
    fn head(&self) -> Seq {
        Seq(self.first.0 - 1 + self.events.len() as u64)
    }

    fn hash(&self) -> LogHash {
        self.hashes.last().copied().unwrap_or(LogHash::EMPTY)
    }
}

impl MemoryLog {
    /// An empty store of this relay.
    pub fn new(relay: RelayId) -> Self {
        Self {
            relay,
            rooms: BTreeMap::new(),
            places: BTreeMap::new(),
            failure: None,
            is_copy: false,
            is_forgetful: false,
            appends: Vec::new(),
        }
    }

    /// Every room.
    pub fn rooms(&self) -> impl Iterator<Item = (&RoomName, &StoredRoom)> {
        self.rooms.iter()
    }

    /// A room, once it is stored.
    pub fn room(&self, name: &RoomName) -> Option<&StoredRoom> {
        self.rooms.get(name)
    }

    /// Every event, room by room.
    pub fn events(&self) -> impl Iterator<Item = (&RoomName, LogId, &Event)> {
        self.rooms.iter().flat_map(|(name, stored)| {
            let events = stored.events.iter();
            events.map(move |event| (name, stored.log, event))
        })
    }

    /// Loses the last event of a room, as a disk does that lied about having written it.
    pub fn forget_last(&mut self, room: &RoomName) {
        if let Some(stored) = self.rooms.get_mut(room)
            && let Some(event) = stored.events.pop()
        {
            stored.hashes.pop();
            self.places.remove(&event.id());
        }
    }

    /// What a relay that starts over this store is given.
    pub fn snapshot(&self) -> Snapshot {
        let rooms = self.rooms.iter().map(|(name, stored)| {
            let mut room = Room::new(name.clone(), stored.log);
            room.head = Seq(stored.first.0 - 1);
            let mut latest = BTreeMap::new();
            for event in &stored.events {
                room.commit(event);
                latest.insert(event.from.clone(), (event.device, event.stored_at()));
            }
            let member = |name: &Name| {
                let (device, since) = latest.get(name).copied()?;
                Some(absent_member(name.clone(), device, since))
            };
            RoomSnapshot {
                name: name.clone(),
                log: stored.log,
                parent: stored.parent,
                first: stored.first,
                head: stored.head(),
                hash: stored.hash(),
                topic: room.topic.clone(),
                members: room.members.iter().filter_map(member).collect(),
                readers: stored.readers.values().cloned().collect(),
            }
        });
        Snapshot {
            relay: self.relay,
            is_copy: self.is_copy,
            rooms: rooms.collect(),
        }
    }

    /// Does what is asked; `wall` is the wall clock.
    pub fn answer(&mut self, request: LogRequest, wall: Timestamp) -> LogReply {
        match request {
            LogRequest::Append(appends) => self.append(appends, wall),
            LogRequest::Prune(cutoff) => self.prune(cutoff),
            LogRequest::After {
                ticket,
                room,
                after,
                up_to,
                count_max,
            } => {
                let events = self.stored(&room).iter();
                let events = events
                    .filter(|event| event.seq > after && event.seq <= up_to)
                    .take(count_max)
                    .cloned()
                    .collect();
                LogReply::Events { ticket, events }
            }
            LogRequest::Before {
                ticket,
                room,
                before,
                count_max,
            } => {
                let events = self.stored(&room);
                let end = before.map_or(events.len(), |end| {
                    events.partition_point(|event| event.seq < end)
                });
                let events = events[end.saturating_sub(count_max)..end].to_vec();
                LogReply::Events { ticket, events }
            }
            LogRequest::Hashes {
                ticket,
                room,
                first,
                count_max,
            } => {
                let hashes = self.hashes(&room, first);
                let hashes = hashes.iter().take(count_max).copied().collect();
                LogReply::Hashes { ticket, hashes }
            }
            LogRequest::Search { ticket, search } => LogReply::Found {
                ticket,
                found: Ok(self.search(&search)),
            },
            LogRequest::Numbered {
                ticket,
                room,
                device,
                line,
                first,
                last,
            } => {
                let is_wanted = |event: &&Event| {
                    event.device == device
                        && event.ordinal.line == line
                        && (first..=last).contains(&event.ordinal.number)
                };
                let events = self.stored(&room).iter().filter(is_wanted);
                let places = events
                    .map(|event| (event.ordinal.number, event.seq))
                    .collect();
                LogReply::Numbered { ticket, places }
            }
            LogRequest::Find {
                ticket,
                device,
                local,
            } => {
                let place = self.places.get(&EventId { device, local }).cloned();
                LogReply::Place { ticket, place }
            }
        }
    }

    fn stored(&self, room: &RoomName) -> &[Event] {
        self.rooms.get(room).map_or(&[], |room| &room.events)
    }

    fn hashes(&self, room: &RoomName, first: Seq) -> &[LogHash] {
        let Some(stored) = self.rooms.get(room) else {
            return &[];
        };
        if self.is_forgetful && first.next() < stored.first {
            return &[];
        }
        let index = usize::try_from(first.0).unwrap_or(usize::MAX);
        stored.hashes.get(index..).unwrap_or_default()
    }

    /// Words are looked for anywhere in a text.
    fn search(&self, search: &Search) -> Vec<Found> {
        let words = search.words.to_lowercase();
        let is_found = |event: &Event| {
            let text = text_of(&event.body).map_or(String::new(), |text| text.to_lowercase());
            words.split_whitespace().all(|word| text.contains(word))
        };
        let found = self.events().filter(|(room, _, event)| {
            search.room.as_ref().is_none_or(|wanted| wanted == *room)
                && search.from.as_ref().is_none_or(|from| *from == event.from)
                && super::is_for(room, &search.reader)
                && is_found(event)
                && self.is_current(room, event)
        });
        let mut found: Vec<Found> = found
            .zip(1..)
            .map(|((room, log, event), mark)| Found {
                room: room.clone(),
                log,
                event: event.clone(),
                mark,
            })
            .filter(|found| search.after.is_none_or(|after| found.mark < after))
            .collect();
        found.reverse();
        found.truncate(search.count_max);
        found
    }

    /// Whether a text is how a message reads now: its own device has neither edited it since nor
    /// taken it back.
    fn is_current(&self, room: &RoomName, event: &Event) -> bool {
        let of = if let Body::Edit(of, _) = event.body {
            of
        } else {
            event.seq
        };
        let changes = |later: &&Event| {
            let is_edit = matches!(later.body, Body::Edit(..)) && later.seq > event.seq;
            let is_change = is_edit || matches!(later.body, Body::Redaction(_));
            is_change && later.device == event.device && about_of(&later.body) == Some(of)
        };
        !self.stored(room).iter().any(|later| changes(&later))
    }

    fn append(&mut self, appends: Vec<Append>, wall: Timestamp) -> LogReply {
        self.check(&appends);
        if let Some(reason) = self.failure {
            let reason = reason.to_owned();
            return LogReply::NotAppended { reason };
        }
        let stored = |append: &Append| match append {
            Append::Event { event, .. } => {
                Some((event.id(), self.places.get(&event.id())?.clone()))
            }
            Append::Room { .. } | Append::Fork { .. } | Append::Read { .. } => None,
        };
        let duplicates: Vec<_> = appends.iter().filter_map(stored).collect();
        if !duplicates.is_empty() {
            return LogReply::Duplicates(duplicates);
        }
        self.appends.push(appends.len());
        // What is stored from here on, the copy was not made with.
        self.is_copy = false;
        for append in appends {
            match append {
                Append::Room { room, log } => {
                    let stored = StoredRoom {
                        log,
                        parent: None,
                        first: Seq(1),
                        events: Vec::new(),
                        hashes: vec![LogHash::EMPTY],
                        readers: BTreeMap::new(),
                    };
                    self.rooms.insert(room, stored);
                }
                Append::Event {
                    room,
                    mut event,
                    hash,
                } => {
                    event.stored_after = wall.0.saturating_sub(event.sent_at.0);
                    let place = Place {
                        room: room.clone(),
                        seq: event.seq,
                        stored_after: event.stored_after,
                    };
                    self.places.insert(event.id(), place);
                    let stored = self.rooms.get_mut(&room).expect("checked");
                    stored.events.push(event);
                    stored.hashes.push(hash);
                }
                Append::Fork { room, log } => {
                    let stored = self.rooms.get_mut(&room).expect("checked");
                    stored.parent = Some(std::mem::replace(&mut stored.log, log));
                }
                Append::Read {
                    room,
                    device,
                    name,
                    seq,
                    read,
                } => {
                    let stored = self.rooms.get_mut(&room).expect("checked");
                    let known = stored.readers.get(&device);
                    let (known_seq, known_read) =
                        known.map_or((seq, read), |known| (known.seq, known.read));
                    let reader = Reader {
                        device,
                        name,
                        seq: known_seq.max(seq),
                        read: known_read.max(read),
                    };
                    stored.readers.insert(device, reader);
                }
            }
        }
        LogReply::Appended { stored_at: wall }
    }

    /// Every room is made once and before all else about it, every place follows the one before,
    /// hashes are what they should be, and no event is twice in one request.
    fn check(&self, appends: &[Append]) {
        let mut heads: BTreeMap<&RoomName, (Seq, LogHash)> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        let head = |heads: &BTreeMap<&RoomName, (Seq, LogHash)>, room: &RoomName| {
            let stored = || self.rooms.get(room).map(|room| (room.head(), room.hash()));
            let head = heads.get(room).copied().or_else(stored);
            head.unwrap_or_else(|| panic!("D3: {room} was not made"))
        };
        for append in appends {
            match append {
                Append::Room { room, .. } => {
                    let is_new = !self.rooms.contains_key(room) && !heads.contains_key(room);
                    assert!(is_new, "D3: {room} is made twice");
                    heads.insert(room, (Seq(0), LogHash::EMPTY));
                }
                Append::Event { room, event, hash } => {
                    let (seq, before) = head(&heads, room);
                    assert_eq!(event.seq, seq.next(), "D3: the log of {room} has no gaps");
                    assert_eq!(*hash, hash_after(before, event), "the hash over {room}");
                    heads.insert(room, (event.seq, *hash));
                    let id = event.id();
                    assert!(ids.insert(id), "D2: {id} is twice in one request");
                }
                Append::Fork { room, .. } => {
                    head(&heads, room);
                }
                Append::Read {
                    room, seq, read, ..
                } => {
                    assert!(
                        *seq.max(read) <= head(&heads, room).0,
                        "{room} was read beyond its end"
                    );
                }
            }
        }
    }

    fn prune(&mut self, cutoff: Cutoff) -> LogReply {
        let is_old =
            |event: &Event| (cutoff.stored_before).is_some_and(|at| event.stored_at() < at);
        let mut rooms = BTreeMap::new();
        let mut left = PRUNED_EVENTS_MAX;
        while left > 0 {
            let count: usize = self.rooms.values().map(|room| room.events.len()).sum();
            let is_large = cutoff
                .bytes_max
                .is_some_and(|max| count as u64 * EVENT_BYTES > max);
            let oldest = self
                .rooms
                .iter_mut()
                .filter(|(_, room)| !room.events.is_empty())
                .min_by_key(|(_, room)| room.events[0].stored_at());
            let Some((name, room)) = oldest else { break };
            if !is_large && !is_old(&room.events[0]) {
                break;
            }
            room.events.remove(0);
            room.first = room.first.next();
            rooms.insert(name.clone(), room.first);
            left -= 1;
        }
        LogReply::Pruned {
            rooms: rooms.into_iter().collect(),
            is_more: left == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, LocalId, Ordinal, SafeText};

    const WALL: Timestamp = Timestamp(25);

    fn log() -> MemoryLog {
        MemoryLog::new(RelayId([1; 8]))
    }

    fn room() -> Append {
        Append::Room {
            room: RoomName::lobby(),
            log: LogId([2; 8]),
        }
    }

    fn event(seq: u64, local: u64) -> Event {
        Event {
            seq: Seq(seq),
            device: DeviceId([7; 8]),
            local: LocalId(local),
            ordinal: Ordinal::NONE,
            from: "alice".parse().unwrap(),
            sent_at: Timestamp(5),
            stored_after: 0,
            body: Body::Message(SafeText::new("hi")),
        }
    }

    /// Events one after the other from the start of the lobby.
    fn events(locals: &[u64]) -> Vec<Append> {
        let mut hash = LogHash::EMPTY;
        let append = |(seq, local): (u64, &u64)| {
            let event = event(seq, *local);
            hash = hash_after(hash, &event);
            let room = RoomName::lobby();
            Append::Event { room, event, hash }
        };
        (1..).zip(locals).map(append).collect()
    }

    fn append(log: &mut MemoryLog, appends: Vec<Append>) -> LogReply {
        log.answer(LogRequest::Append(appends), WALL)
    }

    #[test]
    fn a_message_is_found_once_by_its_text_as_it_is_now() {
        let mut log = log();
        append(&mut log, vec![room()]);
        let bodies = [
            Body::Message(SafeText::new("tea")),
            Body::Edit(Seq(1), SafeText::new("tea at four")),
            Body::Edit(Seq(1), SafeText::new("tea at five")),
            Body::Redaction(Seq(1)),
        ];
        let (mut found, mut hash) = (Vec::new(), LogHash::EMPTY);
        for (seq, body) in (1..).zip(bodies) {
            let event = Event {
                body,
                ..event(seq, seq)
            };
            hash = hash_after(hash, &event);
            let room = RoomName::lobby();
            append(&mut log, vec![Append::Event { room, event, hash }]);
            let hits = log.search(&Search {
                words: "tea".to_owned(),
                reader: "alice".parse().unwrap(),
                room: None,
                from: None,
                after: None,
                count_max: 10,
            });
            found.push(hits.iter().map(|hit| hit.event.seq.0).collect::<Vec<_>>());
        }
        assert_eq!(found, [vec![1], vec![2], vec![3], vec![]]);
    }

    #[test]
    fn a_stored_event_is_not_stored_again() {
        let mut log = log();
        append(&mut log, vec![room()]);
        let stored_at = WALL;
        assert_eq!(
            append(&mut log, events(&[1])),
            LogReply::Appended { stored_at }
        );
        let two = events(&[1, 2]).split_off(1);
        append(&mut log, two);
        let again = events(&[1, 2, 1]).split_off(2);
        assert!(matches!(
            append(&mut log, again),
            LogReply::Duplicates(places) if places[0].1.seq == Seq(1) && places[0].1.stored_after == 20
        ));
        assert_eq!(log.events().count(), 2);
    }

    #[test]
    fn a_store_that_fails_stores_nothing() {
        let mut log = log();
        log.failure = Some("the disk is full");
        let reply = append(&mut log, vec![room()]);
        assert!(matches!(reply, LogReply::NotAppended { .. }));
        assert!(log.snapshot().rooms.is_empty());
    }

    #[test]
    fn what_is_pruned_leaves_its_place_and_its_hash() {
        let mut log = log();
        append(&mut log, vec![room()]);
        append(&mut log, events(&[1, 2, 3]));
        let cutoff = Cutoff {
            stored_before: Some(Timestamp(26)),
            ..Cutoff::default()
        };
        let reply = log.answer(LogRequest::Prune(cutoff), WALL);
        let rooms = vec![(RoomName::lobby(), Seq(4))];
        let is_more = false;
        assert_eq!(reply, LogReply::Pruned { rooms, is_more });
        let snapshot = &log.snapshot().rooms[0];
        assert_eq!((snapshot.first, snapshot.head), (Seq(4), Seq(3)));
        let hashes = |log: &MemoryLog, first| log.hashes(&RoomName::lobby(), Seq(first)).to_vec();
        let snapshot_hash = snapshot.hash;
        assert_eq!(hashes(&log, 3), [snapshot_hash]);
        assert_eq!(hashes(&log, 2).len(), 2);
        log.is_forgetful = true;
        assert_eq!(hashes(&log, 3), [snapshot_hash]);
        assert!(hashes(&log, 2).is_empty());
    }

    #[test]
    #[should_panic(expected = "D3: the log of lobby has no gaps")]
    fn a_gap_is_noticed() {
        let mut appends = events(&[1, 2]);
        appends[0] = room();
        append(&mut log(), appends);
    }

    #[test]
    #[should_panic(expected = "D2: 0707070707070707-1 is twice in one request")]
    fn a_number_used_twice_is_noticed() {
        let mut appends = vec![room()];
        appends.extend(events(&[1, 1]));
        append(&mut log(), appends);
    }
}
