//! A relay's store for tests: in memory, without a database.

use std::collections::BTreeMap;

use crate::room::Room;
use crate::room::log::{Append, LogReply, LogRequest, Place, RoomSnapshot, absent_member};
use crate::wire::{Event, EventId, LogId, RoomName, Seq, Timestamp};

/// A store that forgets with the test, and fails when told to.
#[derive(Default)]
pub struct MemoryLog {
    pub rooms: BTreeMap<RoomName, (LogId, Vec<Event>)>,
    places: BTreeMap<EventId, Place>,
    /// Why appends fail, if they do.
    pub failure: Option<&'static str>,
    /// How many appends each commit had.
    pub appends: Vec<usize>,
    clock: i64,
}

impl MemoryLog {
    pub fn handle(&mut self, request: LogRequest) -> LogReply {
        match request {
            LogRequest::Append(appends) => self.append(appends),
            LogRequest::After {
                ticket,
                room,
                after,
                up_to,
                count_max,
            } => {
                let events = self.rooms[&room].1.iter();
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
                let events: Vec<Event> = self.rooms.get(&room).map_or(Vec::new(), |room| {
                    let end = before.unwrap_or(Seq(u64::MAX));
                    let before_end = room.1.iter().filter(|event| event.seq < end);
                    before_end.cloned().collect()
                });
                let events = events[events.len().saturating_sub(count_max)..].to_vec();
                LogReply::Events { ticket, events }
            }
            LogRequest::Find {
                ticket,
                device,
                local,
            } => {
                let place = self.find(EventId { device, local });
                LogReply::Found { ticket, place }
            }
        }
    }

    fn find(&self, id: EventId) -> Option<Place> {
        self.places.get(&id).cloned()
    }

    fn append(&mut self, appends: Vec<Append>) -> LogReply {
        if let Some(reason) = self.failure {
            let reason = reason.to_owned();
            return LogReply::NotAppended { reason };
        }
        let stored = |append: &Append| match append {
            Append::Event { event, .. } => Some((event.id(), self.find(event.id())?)),
            Append::Room { .. } => None,
        };
        let duplicates: Vec<_> = appends.iter().filter_map(stored).collect();
        if !duplicates.is_empty() {
            return LogReply::Duplicates(duplicates);
        }
        self.appends.push(appends.len());
        self.clock += 1;
        let stored_at = Timestamp(self.clock);
        for append in appends {
            match append {
                Append::Room { room, log } => {
                    assert!(self.rooms.insert(room, (log, Vec::new())).is_none());
                }
                Append::Event { room, mut event } => {
                    event.stored_after = stored_at.0 - event.sent_at.0;
                    let log = &mut self.rooms.get_mut(&room).expect("a stored room").1;
                    let place = Place {
                        room,
                        seq: event.seq,
                        stored_after: event.stored_after,
                    };
                    self.places.insert(event.id(), place);
                    assert_eq!(event.seq.0, log.len() as u64 + 1, "gapless");
                    log.push(event);
                }
            }
        }
        LogReply::Appended { stored_at }
    }

    /// What a relay that starts over this store is given.
    pub fn snapshot(&self) -> Vec<RoomSnapshot> {
        let rooms = self.rooms.iter().map(|(name, (log, events))| {
            let mut room = Room::new(name.clone(), *log);
            let mut devices = BTreeMap::new();
            for event in events {
                room.commit(event);
                devices.insert(event.from.clone(), event.device);
            }
            let members = room.members.iter();
            RoomSnapshot {
                name: name.clone(),
                log: *log,
                head: room.head,
                topic: room.topic.clone(),
                members: members
                    .map(|name| absent_member(name.clone(), devices[name], Timestamp(1)))
                    .collect(),
            }
        });
        rooms.collect()
    }
}
