//! How soon one commit follows another.
//!
//! On a fast disk a commit is over before the next message comes, so a busy relay would commit
//! nearly every message by itself. Therefore commits begin an interval apart, and what comes in
//! meanwhile gathers for the next. The interval is one and a half times what nearly every commit
//! takes on this disk: a message that waits for all of it and then for a commit of its own is stored
//! within three of them, which is what is promised. Where that is more than [`INTERVAL_MAX`], the
//! disk is slow enough that messages gather while it writes.
//!
//! Only a relay that commits without a pause gathers. Time in which commits were possible and not
//! needed is saved, for [`COMMITS_SAVED_MAX`] of them, and whatever comes then is committed at once:
//! a message after a quiet moment never waits, nor do some in a row. A full batch does not wait
//! either.
//!
//! # What nearly every commit takes
//!
//! The guess follows the commits: it rises to each that takes longer, but by a half at most, and
//! falls by a 200th with each that does not. So it stands still where one of 80 takes much longer, or
//! one of 20 a little, and a single one that takes a hundred times as long moves it no more than one
//! that takes twice as long.
//!
//! # What it costs
//!
//! Fewer commits, for a longer wait while the relay is busy: `benches/stored.rs` measures both. A
//! thousand messages a second can't have tens of commits a second and be stored within three commits
//! of half a millisecond; the wait was given precedence.

use std::time::Duration;

use crate::time::Instant;

/// The most time between the beginnings of two commits. A hundred of them a second do no harm to any
/// disk, and nobody notices the wait.
const INTERVAL_MAX: Duration = Duration::from_millis(10);

/// How many commits a quiet time saves up. Arbitrary: more than a person types ahead.
const COMMITS_SAVED_MAX: u32 = 16;

/// When the next commit may begin. See the module's documentation.
#[derive(Debug)]
pub(super) struct Pace {
    /// Between the beginnings of two commits, when many follow each other. Zero before the first.
    interval: Duration,
    /// Time that was not needed for commits, as far as it counts.
    saved: Duration,
    begun_at: Instant,
    next_at: Instant,
}

impl Pace {
    /// The first commit may begin.
    pub fn new(now: Instant) -> Self {
        Self {
            interval: Duration::ZERO,
            saved: Duration::ZERO,
            begun_at: now,
            next_at: now,
        }
    }

    /// When the next commit may begin.
    pub fn next_at(&self) -> Instant {
        self.next_at
    }

    /// A commit begins.
    pub fn begin(&mut self, now: Instant) {
        let saved = self.saved + (now - self.begun_at);
        let saved_max = self.interval * COMMITS_SAVED_MAX;
        self.saved = saved.min(saved_max).saturating_sub(self.interval);
        self.begun_at = now;
        self.next_at = now + self.interval.saturating_sub(self.saved);
    }

    /// The commit that began last is durable.
    pub fn end(&mut self, now: Instant) {
        let wanted = ((now - self.begun_at) * 3 / 2).min(INTERVAL_MAX);
        let (lowest, highest) = (self.interval * 199 / 200, self.interval * 3 / 2);
        self.interval = if self.interval.is_zero() {
            wanted
        } else {
            wanted.clamp(lowest, highest)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: Duration = Duration::from_millis(2);

    /// Commits as often as the pace allows for so long; when each began, after the first second,
    /// in which the guess settles.
    fn commit_all_the_time(taken: impl Fn(usize) -> Duration) -> Vec<Instant> {
        let mut pace = Pace::new(Instant::ZERO);
        let mut now = Instant::ZERO;
        let mut begun = Vec::new();
        while now < Instant::ZERO + Duration::from_secs(11) {
            now = now.max(pace.next_at());
            pace.begin(now);
            begun.push(now);
            now += taken(begun.len());
            pace.end(now);
        }
        begun.retain(|at| *at >= Instant::from_micros(1_000_000));
        begun
    }

    #[test]
    fn a_busy_relay_begins_a_commit_every_one_and_a_half() {
        let begun = commit_all_the_time(|_| COMMIT);
        let per_second = begun.len() / 10;
        assert!((320..=340).contains(&per_second), "{per_second} commits/s");
    }

    #[test]
    fn the_pace_is_that_of_nearly_every_commit() {
        let begun = commit_all_the_time(|n| match n {
            n if n.is_multiple_of(500) => COMMIT * 10,
            n if n.is_multiple_of(40) => COMMIT,
            _ => COMMIT / 5,
        });
        let per_second = begun.len() / 10;
        assert!((250..=500).contains(&per_second), "{per_second} commits/s");
    }

    #[test]
    fn a_slow_disk_is_not_waited_for() {
        let begun = commit_all_the_time(|_| INTERVAL_MAX * 2);
        assert_eq!(begun.len(), 500);
    }

    #[test]
    fn no_commit_waits_longer_than_the_most_since_the_last_began() {
        let taken = |n: usize| INTERVAL_MAX * u32::try_from(n * 7919 % 300).unwrap() / 100;
        let begun = commit_all_the_time(taken);
        let longest = begun.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(longest <= Some(INTERVAL_MAX * 3), "{longest:?}");
    }

    #[test]
    fn after_a_quiet_moment_some_commits_follow_each_other_at_once() {
        let mut pace = Pace::new(Instant::ZERO);
        let mut now = Instant::ZERO;
        for _ in 0..100 {
            pace.begin(now);
            now += COMMIT;
            pace.end(now);
            now = now.max(pace.next_at());
        }
        now += Duration::from_secs(1);
        let at_once = (0..100).take_while(|_| {
            let is_at_once = pace.next_at() <= now;
            pace.begin(now);
            now += Duration::from_micros(1);
            pace.end(now);
            is_at_once
        });
        assert_eq!(at_once.count(), COMMITS_SAVED_MAX as usize);
    }

    #[test]
    fn commits_with_pauses_between_them_never_wait() {
        let mut pace = Pace::new(Instant::ZERO);
        let mut now = Instant::ZERO;
        for _ in 0..1_000 {
            assert!(pace.next_at() <= now);
            pace.begin(now);
            pace.end(now + COMMIT);
            now += COMMIT * 2;
        }
    }
}
