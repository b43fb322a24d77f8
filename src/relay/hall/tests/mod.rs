//! The hall, driven straight: a log in memory, sessions that take what they are given.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand::SeedableRng;

use super::*;
use crate::room::log::{APPEND_EVENTS_MAX, Cutoff, absent_member};
use crate::room::memory_log::MemoryLog;
use crate::wire::{
    Answer, Body, Cursor, Enter, Follow, LogHash, LogId, Member, Open, Opened, Ordinal, Presence,
    Query, Refusal, SafeText, Send, Seq, Welcome,
};

mod direct_rooms;
mod log_and_order;
mod people_and_presence;
mod readers;
mod refused;
mod restored;
mod targets;
mod typing;

/// The channel tests open rooms on.
const CHANNEL: u32 = 5;

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
    /// The store's clock.
    wall: i64,
}

impl Bench {
    fn new() -> Self {
        Self::over(MemoryLog::new(RelayId([9; 8])))
    }

    /// A relay that starts over what another left in its store.
    fn over(log: MemoryLog) -> Self {
        Self::keeping(log, Retention::default())
    }

    /// A relay that deletes what it need not keep.
    fn keeping(log: MemoryLog, retention: Retention) -> Self {
        let greeting = Greeting {
            relay: RelayId([9; 8]),
            relay_name: name("relay"),
            is_hosted: false,
            is_durable: true,
        };
        // Other ids than those the bench before this one drew.
        let rng = ChaCha12Rng::seed_from_u64(log.appends.len() as u64);
        let now = Instant::ZERO;
        // Local ids that no bench before this one has given out.
        let local_next = 100 + 100_000 * log.appends.len() as u64;
        Self {
            hall: Hall::new(now, Timestamp(0), greeting, rng, log.snapshot(), retention),
            log,
            now,
            sessions: 0,
            received: BTreeMap::new(),
            stalled: BTreeSet::new(),
            local_next,
            wall: 1,
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
            let Some(request) = self.hall.poll_log(self.now) else {
                break;
            };
            let reply = self.log.answer(request, Timestamp(self.wall));
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

    /// How many events a session was told since it was last asked anything.
    fn events_len(&self, id: SessionId) -> usize {
        let messages = self.received.get(&id).into_iter().flatten();
        let is_event = |message: &ToMember| matches!(message, ToMember::Event(_));
        messages.filter(|(_, message)| is_event(message)).count()
    }

    /// The hashes over a stored room, from before its first event on.
    fn hashes(&mut self, name: &str) -> Vec<LogHash> {
        let request = LogRequest::Hashes {
            ticket: 0,
            room: room(name),
            first: Seq(0),
            count_max: usize::MAX,
        };
        match self.log.answer(request, Timestamp(1)) {
            LogReply::Hashes { hashes, .. } => hashes,
            reply => panic!("{reply:?}"),
        }
    }

    /// Sends a text that goes on after a refusal.
    fn send_on(&mut self, id: SessionId, text: &str) -> LocalId {
        let local = LocalId(self.local_next);
        self.local_next += 1;
        let body = Body::Message(SafeText::new(text));
        let send = Send {
            resumes: true,
            ..Send::new(local, Timestamp(0), body)
        };
        self.say(id, CHANNEL, ToRelay::Send(send));
        local
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
        ordinal: Ordinal::NONE,
        resumes: false,
        local,
        sent_at: Timestamp(0),
        body: Body::Message(SafeText::new(text)),
        target: None,
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
