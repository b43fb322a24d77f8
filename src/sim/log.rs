//! A relay's store in virtual time: it takes its time, may be full, outlives the relay, and may be
//! replaced by an older copy of itself.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::checker::Observation;
use super::faults::{Fault, FaultCounts};
use super::scenario::Death;
use crate::room::log::{Append, LogReply, LogRequest};
use crate::room::memory_log::MemoryLog;
use crate::time::Instant;
use crate::wire::{LogId, RelayId, RoomName, Timestamp};

/// How long a commit takes, in microseconds: from memory to a slow disk.
const COMMIT_MICROS: std::ops::RangeInclusive<u64> = 100..=20_000;

/// How long an answer from what is stored takes, in microseconds.
const READ_MICROS: std::ops::RangeInclusive<u64> = 20..=500;

/// A store. Answers in the order it is asked.
#[derive(Debug)]
pub struct SimLog {
    rng: ChaCha12Rng,
    /// What is stored.
    pub log: MemoryLog,
    /// What is asked, and when it is done.
    waiting: VecDeque<(Instant, LogRequest)>,
    /// A copy made earlier.
    copy: Option<MemoryLog>,
    /// What the disk did, for the checker.
    facts: Vec<Observation>,
    /// What befell it.
    pub faults: FaultCounts,
}

impl SimLog {
    /// An empty store of this relay.
    pub fn new(relay: RelayId, rng: ChaCha12Rng) -> Self {
        Self {
            rng,
            log: MemoryLog::new(relay),
            waiting: VecDeque::new(),
            copy: None,
            facts: Vec::new(),
            faults: FaultCounts::default(),
        }
    }

    /// Whether the disk is full.
    pub fn fill(&mut self, is_full: bool) {
        self.log.failure = is_full.then_some("the disk is full");
    }

    /// Takes a request.
    pub fn request(&mut self, now: Instant, request: LogRequest) {
        let micros = match request {
            LogRequest::Append(_) | LogRequest::Prune(_) => COMMIT_MICROS,
            LogRequest::After { .. }
            | LogRequest::Before { .. }
            | LogRequest::Hashes { .. }
            | LogRequest::Search { .. }
            | LogRequest::Numbered { .. }
            | LogRequest::Find { .. } => READ_MICROS,
        };
        let begun_at = self.waiting.back().map_or(now, |(done_at, _)| *done_at);
        let done_at = begun_at.max(now) + Duration::from_micros(self.rng.random_range(micros));
        self.waiting.push_back((done_at, request));
    }

    /// When the next answer is there.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.front().map(|(done_at, _)| *done_at)
    }

    /// The next answer that is there by `now`; `wall` is the wall clock then.
    pub fn poll(&mut self, now: Instant, wall: Timestamp) -> Option<LogReply> {
        let (_, request) = self.waiting.pop_front_if(|(done_at, _)| *done_at <= now)?;
        let reply = self.answer(request, wall);
        if matches!(reply, LogReply::NotAppended { .. }) {
            self.faults.add(Fault::RelayDiskFull, 1);
        }
        Some(reply)
    }

    /// What the disk did since this was asked last.
    pub fn take_facts(&mut self) -> Vec<Observation> {
        std::mem::take(&mut self.facts)
    }

    /// The relay dies: what it asked is forgotten, or, when the disk goes on, by chance done without
    /// its hearing of it.
    pub fn lose_relay(&mut self, wall: Timestamp, death: Death) {
        while let Some((_, request)) = self.waiting.pop_front() {
            let is_commit = matches!(request, LogRequest::Append(_));
            if death == Death::PowerCut || self.rng.random() {
                self.faults.add(Fault::CommitLost, u64::from(is_commit));
                self.waiting.clear();
                return;
            }
            let reply = self.answer(request, wall);
            let is_done = matches!(reply, LogReply::Appended { .. });
            self.faults.add(Fault::CommitUnheard, u64::from(is_done));
        }
    }

    /// Somebody makes a copy.
    pub fn back_up(&mut self) {
        self.copy = Some(self.log.clone());
    }

    /// The copy takes the store's place, if there is one. The relay must be dead.
    pub fn put_back(&mut self, is_marked: bool) -> bool {
        let Some(copy) = &self.copy else {
            return false;
        };
        let failure = self.log.failure;
        self.log = copy.clone();
        self.log.failure = failure;
        self.log.is_copy = is_marked;
        let rooms = self.log.snapshot().rooms;
        self.facts.push(Observation::PutBack {
            rooms: (rooms.iter())
                .map(|room| (room.name.clone(), room.log, room.head))
                .collect(),
        });
        for room in rooms {
            let (room, first) = (room.name, room.first);
            self.facts.push(Observation::Pruned { room, first });
        }
        true
    }

    /// Answers, and notes what that did to the disk.
    fn answer(&mut self, request: LogRequest, wall: Timestamp) -> LogReply {
        let appends = match &request {
            LogRequest::Append(appends) => appends.clone(),
            LogRequest::Prune(_)
            | LogRequest::After { .. }
            | LogRequest::Before { .. }
            | LogRequest::Hashes { .. }
            | LogRequest::Search { .. }
            | LogRequest::Numbered { .. }
            | LogRequest::Find { .. } => Vec::new(),
        };
        let rooms = self.log.rooms().filter(|_| !appends.is_empty());
        let logs = rooms.map(|(room, stored)| (room.clone(), stored.log));
        let logs: BTreeMap<RoomName, LogId> = logs.collect();
        let reply = self.log.answer(request, wall);
        match &reply {
            LogReply::Appended { stored_at } => self.note(logs, appends, *stored_at),
            LogReply::Pruned { rooms, .. } => {
                self.faults.add(Fault::Pruning, rooms.len() as u64);
                for (room, first) in rooms {
                    let (room, first) = (room.clone(), *first);
                    self.facts.push(Observation::Pruned { room, first });
                }
            }
            LogReply::NotAppended { .. }
            | LogReply::Duplicates(_)
            | LogReply::Events { .. }
            | LogReply::Hashes { .. }
            | LogReply::Found { .. }
            | LogReply::Numbered { .. }
            | LogReply::Place { .. } => {}
        }
        reply
    }

    /// Notes what was committed; `logs` are the rooms' logs before.
    fn note(
        &mut self,
        mut logs: BTreeMap<RoomName, LogId>,
        appends: Vec<Append>,
        stored_at: Timestamp,
    ) {
        for append in appends {
            match append {
                Append::Room { room, log } => drop(logs.insert(room, log)),
                Append::Event {
                    room, mut event, ..
                } => {
                    event.stored_after = stored_at.0.saturating_sub(event.sent_at.0);
                    let log = logs[&room];
                    (self.facts).push(Observation::Committed { room, log, event });
                }
                Append::Fork { room, log: to } => {
                    let from = logs[&room];
                    logs.insert(room.clone(), to);
                    self.facts.push(Observation::Forked { room, from, to });
                }
                Append::Read { .. } => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::wire::{LogId, RoomName};

    fn room() -> LogRequest {
        LogRequest::Append(vec![Append::Room {
            room: RoomName::lobby(),
            log: LogId([2; 8]),
        }])
    }

    fn log() -> SimLog {
        SimLog::new(RelayId([1; 8]), ChaCha12Rng::seed_from_u64(1))
    }

    #[test]
    fn an_answer_takes_its_time() {
        let mut log = log();
        log.request(Instant::ZERO, room());
        assert_eq!(log.poll(Instant::from_micros(99), Timestamp(25)), None);
        let done_at = log.poll_timeout().unwrap();
        assert!((100..=20_000).contains(&done_at.as_micros()));
        let stored_at = Timestamp(25);
        let reply = log.poll(done_at, stored_at);
        assert_eq!(reply, Some(LogReply::Appended { stored_at }));
    }

    #[test]
    fn a_power_cut_loses_what_is_not_committed() {
        let mut log = log();
        log.request(Instant::ZERO, room());
        log.lose_relay(Timestamp(25), Death::PowerCut);
        assert_eq!(log.poll_timeout(), None);
        assert!(log.log.snapshot().rooms.is_empty());
        assert_eq!(log.faults.of(Fault::CommitLost), 1);
    }

    #[test]
    fn a_copy_put_back_has_what_was_stored_when_it_was_made() {
        let mut log = log();
        assert!(!log.put_back(true), "there is no copy yet");
        log.back_up();
        log.request(Instant::ZERO, room());
        let done_at = log.poll_timeout().unwrap();
        log.poll(done_at, Timestamp(25));
        assert!(log.put_back(true));
        let snapshot = log.log.snapshot();
        assert!(snapshot.rooms.is_empty() && snapshot.is_copy);
        let rooms = Vec::new();
        assert_eq!(log.take_facts(), [Observation::PutBack { rooms }]);
    }
}
