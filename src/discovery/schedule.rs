//! A burst of datagrams, then (or not) one every now and then.

use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use crate::time::Instant;

/// The shape of a schedule.
pub(super) struct Plan {
    /// The waits between the datagrams of the burst; the first leaves at once.
    pub gaps: &'static [Duration],
    /// The wait between datagrams after the burst; `None` ends the schedule.
    pub repeat: Option<Duration>,
    /// How far each wait may be off in either direction, in per cent, so that processes started
    /// by the same cause don't stay in step.
    pub jitter_percent: u64,
}

/// A running schedule.
pub(super) struct Schedule {
    plan: &'static Plan,
    /// How many datagrams of the burst have left.
    sent: usize,
    due: Option<Instant>,
}

impl Schedule {
    /// Starts `plan`: its first datagram is due now.
    pub fn start(now: Instant, plan: &'static Plan) -> Self {
        Self {
            plan,
            sent: 0,
            due: Some(now),
        }
    }

    /// When the next datagram is due; `None` once the schedule has ended.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether part of the burst is still to come.
    pub fn is_bursting(&self) -> bool {
        self.sent <= self.plan.gaps.len() && self.due.is_some()
    }

    /// Whether a datagram is due; if so, the schedule moves on to the next.
    pub fn fire(&mut self, now: Instant, rng: &mut ChaCha12Rng) -> bool {
        if self.due.is_none_or(|due| due > now) {
            return false;
        }
        let wait = self.plan.gaps.get(self.sent).copied().or(self.plan.repeat);
        self.sent = (self.sent + 1).min(self.plan.gaps.len() + 1);
        self.due = wait.map(|wait| now + jittered(wait, self.plan.jitter_percent, rng));
        true
    }

    /// Brings the next datagram of an endless schedule forward to `at`.
    pub fn hurry(&mut self, at: Instant) {
        self.due = self.due.map(|due| due.min(at));
    }
}

/// `wait`, more or less: uniform within `percent` of it.
fn jittered(wait: Duration, percent: u64, rng: &mut ChaCha12Rng) -> Duration {
    let micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
    let spread = micros / 100 * percent;
    Duration::from_micros(rng.random_range(micros - spread..=micros + spread))
}
