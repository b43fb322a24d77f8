//! How far something of a room has come, and when the relay is told.

use std::time::Duration;

use crate::time::Instant;
use crate::wire::Seq;

/// Progress is told at most this often for a room, so that it does not double the traffic, and often
/// enough that two ticks follow one tick without a visible wait.
pub(super) const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);

/// What is to be said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telling {
    /// Nothing new.
    Said,
    /// This, at that time.
    Later(Instant),
    /// This, as soon as the session takes it.
    Now,
}

/// A place in a log that only moves on, as long as the log is the same.
#[derive(Debug)]
pub(super) struct Progress {
    telling: Telling,
    seq: Seq,
    quiet_until: Instant,
}

impl Progress {
    /// Nothing has come so far.
    pub const fn new() -> Self {
        Self {
            telling: Telling::Said,
            seq: Seq(0),
            quiet_until: Instant::ZERO,
        }
    }

    /// It has come up to `seq`.
    pub fn reach(&mut self, now: Instant, seq: Seq) {
        if seq <= self.seq {
            return;
        }
        self.seq = seq;
        if self.telling == Telling::Said {
            self.telling = Telling::Later(self.quiet_until);
        }
        self.handle_timeout(now);
    }

    /// The relay may not have heard of it.
    pub fn say_again(&mut self) {
        if self.seq > Seq(0) {
            self.telling = Telling::Now;
        }
    }

    /// What comes after `seq` is not there any more.
    pub fn go_back(&mut self, seq: Seq) {
        self.seq = self.seq.min(seq);
        if self.seq == Seq(0) {
            self.telling = Telling::Said;
        }
    }

    /// What is to be told now.
    pub fn due(&self) -> Option<Seq> {
        match self.telling {
            Telling::Now => Some(self.seq),
            Telling::Later(_) | Telling::Said => None,
        }
    }

    /// The session has taken what [`Progress::due`] returned.
    pub fn handed_over(&mut self, now: Instant) {
        self.telling = Telling::Said;
        self.quiet_until = now + PROGRESS_INTERVAL;
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        if matches!(self.telling, Telling::Later(at) if at <= now) {
            self.telling = Telling::Now;
        }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.telling {
            Telling::Later(at) => Some(at),
            Telling::Now | Telling::Said => None,
        }
    }
}
