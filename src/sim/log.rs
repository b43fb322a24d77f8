//! A relay's store in virtual time: it takes its time, may be full, and survives the relay.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use crate::room::Room;
use crate::room::log::{
    Append, LogReply, LogRequest, Place, RoomSnapshot, Snapshot, absent_member,
};
use crate::time::Instant;
use crate::wire::{Event, EventId, LogId, RelayId, RoomName, Seq, Timestamp};

/// How long a commit takes, in microseconds: from memory to a slow disk.
const COMMIT_MICROS: std::ops::RangeInclusive<u64> = 100..=20_000;

/// How long an answer from what is stored takes, in microseconds.
const READ_MICROS: std::ops::RangeInclusive<u64> = 20..=500;

/// A store. Answers in the order it is asked.
///
/// It panics when the relay breaks the rules of a log: that is the relay's mistake, and no fault the
/// world makes can excuse it.
#[derive(Debug)]
pub struct SimLog {
    rng: ChaCha12Rng,
    relay: RelayId,
    rooms: BTreeMap<RoomName, StoredRoom>,
    places: BTreeMap<EventId, Place>,
    /// What is asked, and when it is done.
    waiting: VecDeque<(Instant, LogRequest)>,
    /// Whether the disk is full.
    pub is_full: bool,
}

#[derive(Debug)]
struct StoredRoom {
    log: LogId,
    events: Vec<Event>,
}

impl SimLog {
    /// An empty store of this relay.
    pub fn new(relay: RelayId, rng: ChaCha12Rng) -> Self {
        Self {
            rng,
            relay,
            rooms: BTreeMap::new(),
            places: BTreeMap::new(),
            waiting: VecDeque::new(),
            is_full: false,
        }
    }

    /// Takes a request.
    pub fn request(&mut self, now: Instant, request: LogRequest) {
        let micros = match request {
            LogRequest::Append(_) => COMMIT_MICROS,
            LogRequest::After { .. } | LogRequest::Before { .. } | LogRequest::Find { .. } => {
                READ_MICROS
            }
        };
        let begun_at = self.waiting.back().map_or(now, |(done_at, _)| *done_at);
        let done_at = begun_at + Duration::from_micros(self.rng.random_range(micros));
        self.waiting.push_back((done_at, request));
    }

    /// When the next answer is there.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.front().map(|(done_at, _)| *done_at)
    }

    /// The next answer that is there by `now`; `wall` is the wall clock then.
    pub fn poll(&mut self, now: Instant, wall: Timestamp) -> Option<LogReply> {
        let (done_at, request) = self.waiting.pop_front()?;
        if done_at > now {
            self.waiting.push_front((done_at, request));
            return None;
        }
        Some(self.answer(request, wall))
    }

    /// The relay dies: what it asked is forgotten, or, by chance, done without its hearing of it.
    pub fn lose_relay(&mut self, wall: Timestamp) {
        while let Some((_, request)) = self.waiting.pop_front() {
            if self.rng.random() {
                self.waiting.clear();
                return;
            }
            self.answer(request, wall);
        }
    }

    /// What a relay that starts over this store is given.
    pub fn snapshot(&self) -> Snapshot {
        let rooms = self.rooms.iter().map(|(name, stored)| {
            let mut room = Room::new(name.clone(), stored.log);
            let mut latest = BTreeMap::new();
            for event in &stored.events {
                room.commit(event);
                latest.insert(event.from.clone(), (event.device, event.stored_at()));
            }
            let member = |name: &crate::wire::Name| {
                let (device, since) = latest.get(name).copied()?;
                Some(absent_member(name.clone(), device, since))
            };
            RoomSnapshot {
                name: name.clone(),
                log: stored.log,
                head: room.head,
                topic: room.topic.clone(),
                members: room.members.iter().filter_map(member).collect(),
            }
        });
        Snapshot {
            relay: self.relay,
            rooms: rooms.collect(),
        }
    }

    /// Every event, room by room.
    pub fn events(&self) -> impl Iterator<Item = (&RoomName, LogId, &Event)> {
        self.rooms.iter().flat_map(|(name, stored)| {
            let events = stored.events.iter();
            events.map(move |event| (name, stored.log, event))
        })
    }

    /// Loses the last event of a room, as a disk does that lied about having written it.
    #[cfg(test)]
    pub fn forget_last(&mut self, room: &RoomName) {
        let event = self.rooms.get_mut(room).and_then(|room| room.events.pop());
        self.places.remove(&event.expect("a stored event").id());
    }

    fn answer(&mut self, request: LogRequest, wall: Timestamp) -> LogReply {
        match request {
            LogRequest::Append(appends) => self.append(appends, wall),
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
            LogRequest::Find {
                ticket,
                device,
                local,
            } => {
                let place = self.places.get(&EventId { device, local }).cloned();
                LogReply::Found { ticket, place }
            }
        }
    }

    fn stored(&self, room: &RoomName) -> &[Event] {
        self.rooms.get(room).map_or(&[], |room| &room.events)
    }

    fn append(&mut self, appends: Vec<Append>, wall: Timestamp) -> LogReply {
        self.check(&appends);
        if self.is_full {
            let reason = "the disk is full".to_owned();
            return LogReply::NotAppended { reason };
        }
        let stored = |append: &Append| match append {
            Append::Event { event, .. } => {
                Some((event.id(), self.places.get(&event.id())?.clone()))
            }
            Append::Room { .. } => None,
        };
        let duplicates: Vec<_> = appends.iter().filter_map(stored).collect();
        if !duplicates.is_empty() {
            return LogReply::Duplicates(duplicates);
        }
        for append in appends {
            match append {
                Append::Room { room, log } => {
                    let events = Vec::new();
                    self.rooms.insert(room, StoredRoom { log, events });
                }
                Append::Event { room, mut event } => {
                    event.stored_after = wall.0.saturating_sub(event.sent_at.0);
                    let place = Place {
                        room: room.clone(),
                        seq: event.seq,
                        stored_after: event.stored_after,
                    };
                    self.places.insert(event.id(), place);
                    let stored = self.rooms.get_mut(&room).expect("checked");
                    stored.events.push(event);
                }
            }
        }
        LogReply::Appended { stored_at: wall }
    }

    /// Every room is made once and before its events, every place follows the one before, and no
    /// event is twice in one request.
    fn check(&self, appends: &[Append]) {
        let mut heads: BTreeMap<&RoomName, u64> = BTreeMap::new();
        let mut ids = std::collections::BTreeSet::new();
        for append in appends {
            match append {
                Append::Room { room, .. } => {
                    let is_new = !self.rooms.contains_key(room) && !heads.contains_key(room);
                    assert!(is_new, "D3: {room} is made twice");
                    heads.insert(room, 0);
                }
                Append::Event { room, event } => {
                    let stored = self.rooms.get(room).map(|room| room.events.len() as u64);
                    let head = heads
                        .get(room)
                        .copied()
                        .or(stored)
                        .unwrap_or_else(|| panic!("D3: {room} was not made"));
                    assert_eq!(
                        event.seq,
                        Seq(head + 1),
                        "D3: the log of {room} has no gaps"
                    );
                    heads.insert(room, head + 1);
                    let id = event.id();
                    assert!(ids.insert(id), "D2: {id} is twice in one request");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::wire::{Body, DeviceId, LocalId, SafeText};

    fn log() -> SimLog {
        SimLog::new(RelayId([1; 8]), ChaCha12Rng::seed_from_u64(1))
    }

    fn room() -> Append {
        Append::Room {
            room: RoomName::lobby(),
            log: LogId([2; 8]),
        }
    }

    fn event(seq: u64, local: u64) -> Append {
        let event = Event {
            seq: Seq(seq),
            device: DeviceId([7; 8]),
            local: LocalId(local),
            from: "alice".parse().unwrap(),
            sent_at: Timestamp(5),
            stored_after: 0,
            body: Body::Message(SafeText::new("hi")),
        };
        Append::Event {
            room: RoomName::lobby(),
            event,
        }
    }

    fn ask(log: &mut SimLog, appends: Vec<Append>) -> LogReply {
        log.request(Instant::ZERO, LogRequest::Append(appends));
        let done_at = log.poll_timeout().expect("a request");
        log.poll(done_at, Timestamp(25)).expect("an answer")
    }

    #[test]
    fn an_answer_takes_its_time_and_a_stored_event_is_not_stored_again() {
        let mut log = log();
        log.request(Instant::ZERO, LogRequest::Append(vec![room(), event(1, 1)]));
        assert_eq!(log.poll(Instant::from_micros(99), Timestamp(25)), None);
        let done_at = log.poll_timeout().unwrap();
        assert!((100..=20_000).contains(&done_at.as_micros()));
        let stored_at = Timestamp(25);
        let reply = log.poll(done_at, stored_at);
        assert_eq!(reply, Some(LogReply::Appended { stored_at }));
        assert!(matches!(
            ask(&mut log, vec![event(2, 2), event(3, 1)]),
            LogReply::Duplicates(places) if places[0].1.seq == Seq(1) && places[0].1.stored_after == 20
        ));
        assert_eq!(log.events().count(), 1);
    }

    #[test]
    fn a_full_disk_stores_nothing() {
        let mut log = log();
        log.is_full = true;
        assert!(matches!(
            ask(&mut log, vec![room()]),
            LogReply::NotAppended { .. }
        ));
        assert!(log.snapshot().rooms.is_empty());
    }

    #[test]
    #[should_panic(expected = "D3: the log of lobby has no gaps")]
    fn a_gap_is_noticed() {
        ask(&mut log(), vec![room(), event(2, 1)]);
    }

    #[test]
    #[should_panic(expected = "D2: 0707070707070707-1 is twice in one request")]
    fn a_number_used_twice_is_noticed() {
        ask(&mut log(), vec![room(), event(1, 1), event(2, 1)]);
    }
}
