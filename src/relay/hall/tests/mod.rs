//! The hall, driven straight: a log in memory, sessions that take what they are given.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand::SeedableRng;

use super::*;
use crate::room::log::{Append, Place, absent_member};
use crate::wire::{
    Answer, Body, Cursor, Enter, Event, EventId, Follow, Member, Open, Opened, Query, SafeText,
    Seq, Welcome,
};

mod direct_rooms;
mod log_and_order;
mod people_and_presence;
mod readers;

/// The channel tests open rooms on.
const CHANNEL: u32 = 5;

/// A store that forgets with the test, and fails when told to.
#[derive(Default)]
struct MemoryLog {
    rooms: BTreeMap<RoomName, (LogId, Vec<Event>)>,
    failure: Option<&'static str>,
    appends: Vec<usize>,
    clock: i64,
}

impl MemoryLog {
    fn handle(&mut self, request: LogRequest) -> LogReply {
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
        self.rooms.iter().find_map(|(name, (_, events))| {
            let event = events.iter().find(|event| event.id() == id)?;
            Some(Place {
                room: name.clone(),
                seq: event.seq,
                stored_after: event.stored_after,
            })
        })
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
                    assert_eq!(event.seq.0, log.len() as u64 + 1, "gapless");
                    log.push(event);
                }
            }
        }
        LogReply::Appended { stored_at }
    }

    /// What a relay that starts over this store is given.
    fn snapshot(&self) -> Vec<RoomSnapshot> {
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

/// A hall, its store, and what every session was told.
struct Bench {
    hall: Hall,
    log: MemoryLog,
    now: Instant,
    sessions: u64,
    received: BTreeMap<SessionId, Vec<(u32, ToMember)>>,
    /// Sessions that take nothing for now.
    stalled: BTreeSet<SessionId>,
    local_next: u64,
}

impl Bench {
    fn new() -> Self {
        Self::over(MemoryLog::default())
    }

    /// A relay that starts over what another left in its store.
    fn over(log: MemoryLog) -> Self {
        let greeting = Greeting {
            relay: RelayId([9; 8]),
            relay_name: name("relay"),
            is_hosted: false,
            is_durable: true,
        };
        let rng = ChaCha12Rng::from_seed([1; 32]);
        let now = Instant::ZERO;
        // Local ids that no bench before this one has given out.
        let local_next = 100 + 100_000 * log.appends.len() as u64;
        Self {
            hall: Hall::new(now, Timestamp(0), greeting, rng, log.snapshot()),
            log,
            now,
            sessions: 0,
            received: BTreeMap::new(),
            stalled: BTreeSet::new(),
            local_next,
        }
    }

    /// A session of a device that has not entered.
    fn session(&mut self, device: u8) -> SessionId {
        self.sessions += 1;
        let id = ConnectionId(self.sessions.to_be_bytes());
        self.hall.open(id, DeviceId([device; 8]));
        id
    }

    /// A visible session. Every name has a device of its own.
    fn enter(&mut self, wanted: &str) -> SessionId {
        let device = wanted.bytes().fold(0, u8::wrapping_add);
        self.enter_as(device, wanted, true)
    }

    fn enter_as(&mut self, device: u8, wanted: &str, visible: bool) -> SessionId {
        let id = self.session(device);
        let name = name(wanted);
        self.say(id, 0, ToRelay::Enter(Enter { name, visible }));
        self.settle();
        id
    }

    /// A visible session with the lobby open from its start.
    fn in_lobby(&mut self, wanted: &str) -> SessionId {
        let id = self.enter(wanted);
        self.open(id, "lobby", Follow::Since(Seq(0)));
        id
    }

    fn open(&mut self, id: SessionId, room: &str, follow: Follow) {
        self.say(id, CHANNEL, open(CHANNEL, room, follow));
        self.settle();
    }

    fn say(&mut self, id: SessionId, stream: u32, message: ToRelay) {
        self.hall.handle(self.now, id, stream, message);
    }

    /// Sends a text on the usual channel without waiting for its commit.
    fn send(&mut self, id: SessionId, text: &str) -> LocalId {
        let local = LocalId(self.local_next);
        self.local_next += 1;
        self.say(id, CHANNEL, message(local, text, false));
        local
    }

    /// Lets the store answer and sessions take what there is, until nothing is left to do.
    fn settle(&mut self) {
        loop {
            self.deliver();
            let Some(request) = self.hall.poll_log() else {
                break;
            };
            let reply = self.log.handle(request);
            self.hall.handle_log(self.now, reply);
        }
    }

    /// Lets sessions take what there is.
    fn deliver(&mut self) {
        let mut again = Vec::new();
        while let Some(id) = self.hall.poll_ready() {
            if self.stalled.contains(&id) {
                again.push(id);
                continue;
            }
            while let Some(outgoing) = self.hall.poll_message(id) {
                assert!(outgoing.data.len() < 64 * 1024);
                let message = ToMember::decode(&outgoing.data).unwrap();
                let received = self.received.entry(id).or_default();
                received.push((outgoing.stream, message));
            }
        }
        self.hall.ready.extend(again);
    }

    fn resume(&mut self, id: SessionId) {
        self.stalled.remove(&id);
        self.settle();
    }

    fn pass(&mut self, duration: Duration) {
        self.now += duration;
        self.hall.handle_timeout(self.now);
        self.settle();
    }

    /// What a session was told since this was last asked.
    fn take(&mut self, id: SessionId) -> Vec<(u32, ToMember)> {
        self.received.remove(&id).unwrap_or_default()
    }

    /// The events a session was told since it was last asked anything: the place of each, its own
    /// ones marked by `None` for the text.
    fn events(&mut self, id: SessionId) -> Vec<(u64, Option<String>)> {
        let messages = self.take(id).into_iter();
        messages
            .filter_map(|(_, message)| match message {
                ToMember::Event(event) => Some((event.seq.0, Some(text_of(&event.body)))),
                ToMember::Stored { seq, .. } => Some((seq.0, None)),
                _ => None,
            })
            .collect()
    }

    fn welcome(&mut self, id: SessionId) -> Welcome {
        let welcome = |message| match message {
            (0, ToMember::Welcome(welcome)) => Some(welcome),
            _ => None,
        };
        self.take(id)
            .into_iter()
            .find_map(welcome)
            .expect("welcome")
    }

    fn refusals(&mut self, id: SessionId) -> Vec<(u32, Refusal)> {
        let messages = self.take(id).into_iter();
        messages
            .filter_map(|(_, message)| match message {
                ToMember::Refused { subject, refusal } => Some((subject, refusal)),
                _ => None,
            })
            .collect()
    }

    /// The member changes a session was told, a list for each message.
    fn members(&mut self, id: SessionId) -> Vec<Vec<(String, Presence)>> {
        let messages = self.take(id).into_iter();
        messages
            .filter_map(|(_, message)| match message {
                ToMember::Members(members) => Some(seen(&members)),
                _ => None,
            })
            .collect()
    }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn room(text: &str) -> RoomName {
    text.parse().unwrap()
}

fn seen(members: &[Member]) -> Vec<(String, Presence)> {
    members
        .iter()
        .map(|member| (member.name.to_string(), member.presence))
        .collect()
}

fn open(channel: u32, name: &str, follow: Follow) -> ToRelay {
    ToRelay::Open(Open {
        channel,
        room: room(name),
        create: true,
        follow,
    })
}

fn message(local: LocalId, text: &str, again: bool) -> ToRelay {
    ToRelay::Send(Send {
        local,
        sent_at: Timestamp(0),
        body: Body::Message(SafeText::new(text)),
        again,
    })
}

fn text_of(body: &Body) -> String {
    match body {
        Body::Message(text) => text.to_string(),
        Body::Join => "joins".to_owned(),
        Body::Leave => "leaves".to_owned(),
        Body::Rename(name) => format!("is {name}"),
        other => format!("{other:?}"),
    }
}

fn told(texts: &[(u64, &str)]) -> Vec<(u64, Option<String>)> {
    texts
        .iter()
        .map(|(seq, text)| (*seq, (*text != "mine").then(|| (*text).to_owned())))
        .collect()
}
