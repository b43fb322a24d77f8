//! Asks for an answer that does not come.
//!
//! A relay does not ask for its confirmations to be acknowledged at once, because that would cost a
//! datagram for each. So it learns late that one was lost; the client, who waits for it, knows
//! sooner, and asks: a ping makes the relay repeat what is not acknowledged.

use std::time::Duration;

use crate::time::Instant;

/// The first pause: longer than most commits (0.4 to 4 ms, with other work 20 ms).
const PAUSE_MIN: Duration = Duration::from_millis(30);

/// The longest pause: the relay may be waiting for a disk that is full or asleep.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// When to ask next.
#[derive(Debug, Default)]
pub(super) struct Nudge {
    unanswered: usize,
    pause: Duration,
    at: Option<Instant>,
}

impl Nudge {
    /// So many messages are unanswered now. Any change is a sign that answers come.
    pub fn update(&mut self, now: Instant, unanswered: usize) {
        if unanswered == self.unanswered {
            return;
        }
        self.unanswered = unanswered;
        self.pause = PAUSE_MIN;
        self.at = (unanswered > 0).then(|| now + PAUSE_MIN);
    }

    /// Whether it is time to ask; each question makes the next pause twice as long.
    pub fn is_due(&mut self, now: Instant) -> bool {
        if self.at.is_none_or(|at| at > now) {
            return false;
        }
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        self.at = Some(now + self.pause);
        true
    }

    /// When [`Nudge::is_due`] is to be asked.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    #[test]
    fn it_asks_ever_more_seldom_until_an_answer_comes() {
        let mut nudge = Nudge::default();
        nudge.update(at(0), 2);
        assert!(!nudge.is_due(at(29)));
        assert!(nudge.is_due(at(30)));
        assert_eq!(nudge.poll_timeout(), Some(at(90)));
        assert!(nudge.is_due(at(90)));
        nudge.update(at(100), 1);
        assert_eq!(nudge.poll_timeout(), Some(at(130)));
        nudge.update(at(110), 0);
        assert_eq!(nudge.poll_timeout(), None);
    }
}
