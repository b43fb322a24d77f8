//! A relay's store in virtual time: it takes its time, may be full, and survives the relay.

use std::collections::VecDeque;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use crate::room::log::{LogReply, LogRequest};
use crate::room::memory_log::MemoryLog;
use crate::time::Instant;
use crate::wire::{RelayId, Timestamp};

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
}

impl SimLog {
    /// An empty store of this relay.
    pub fn new(relay: RelayId, rng: ChaCha12Rng) -> Self {
        Self {
            rng,
            log: MemoryLog::new(relay),
            waiting: VecDeque::new(),
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
        Some(self.log.answer(request, wall))
    }

    /// The relay dies: what it asked is forgotten, or, by chance, done without its hearing of it.
    pub fn lose_relay(&mut self, wall: Timestamp) {
        while let Some((_, request)) = self.waiting.pop_front() {
            if self.rng.random() {
                self.waiting.clear();
                return;
            }
            self.log.answer(request, wall);
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::room::log::Append;
    use crate::wire::{LogId, RoomName};

    #[test]
    fn an_answer_takes_its_time() {
        let rng = ChaCha12Rng::seed_from_u64(1);
        let mut log = SimLog::new(RelayId([1; 8]), rng);
        let room = RoomName::lobby();
        let append = Append::Room {
            room,
            log: LogId([2; 8]),
        };
        log.request(Instant::ZERO, LogRequest::Append(vec![append]));
        assert_eq!(log.poll(Instant::from_micros(99), Timestamp(25)), None);
        let done_at = log.poll_timeout().unwrap();
        assert!((100..=20_000).contains(&done_at.as_micros()));
        let stored_at = Timestamp(25);
        let reply = log.poll(done_at, stored_at);
        assert_eq!(reply, Some(LogReply::Appended { stored_at }));
    }
}
