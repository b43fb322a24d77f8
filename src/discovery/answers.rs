//! Answers that wait for their moment.

use std::net::SocketAddr;
use std::time::Duration;

use crate::time::Instant;

/// Answers waiting at once: as many as the limit on answers lets through in a burst.
const ANSWERS_MAX: usize = 256;

/// Answers to one asker closer than this are one: the question came twice, over one way or two. Not
/// longer, as each question of a burst is to have its own answer, in case the others are lost.
const MERGE_TIME: Duration = Duration::from_millis(15);

/// Our own beacon, to be sent to whoever asked.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub interface: u32,
    pub to: SocketAddr,
    pub due: Instant,
}

/// The answers waiting.
#[derive(Default)]
pub(super) struct Answers(Vec<Answer>);

impl Answers {
    /// Adds an answer, unless one to the same asker leaves at about the same time, or too many wait.
    pub fn push(&mut self, answer: Answer) {
        let same = self.0.iter_mut().find(|other| {
            (other.interface, other.to) == (answer.interface, answer.to)
                && other.due < answer.due + MERGE_TIME
                && answer.due < other.due + MERGE_TIME
        });
        if let Some(waiting) = same {
            waiting.due = waiting.due.min(answer.due);
        } else if self.0.len() < ANSWERS_MAX {
            self.0.push(answer);
        }
    }

    /// Drops what waits on `interface`.
    pub fn cancel(&mut self, interface: u32) {
        self.0.retain(|answer| answer.interface != interface);
    }

    /// Drops everything.
    pub fn cancel_all(&mut self) {
        self.0.clear();
    }

    /// Drops what waits on interfaces that `is_listed` does not know.
    pub fn retain_interfaces(&mut self, is_listed: impl Fn(u32) -> bool) {
        self.0.retain(|answer| is_listed(answer.interface));
    }

    /// Takes out what is due.
    pub fn take_due(&mut self, now: Instant) -> Vec<Answer> {
        self.0.extract_if(.., |answer| answer.due <= now).collect()
    }

    /// When the next answer is due.
    pub fn due(&self) -> Option<Instant> {
        self.0.iter().map(|answer| answer.due).min()
    }
}
