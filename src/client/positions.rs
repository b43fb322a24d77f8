//! How far one room was read, in each of the logs it was met with.
//!
//! A room has one log at each relay, and a relay that was put back from an older copy goes on in
//! another log than the one read from it before. Places in different logs have nothing to do with
//! each other, but for one case: two logs with the same hash at the same place hold the same events
//! up to there, and reading goes on in either. See [`Positions::opened`] and
//! [`Positions::compare`].
//!
//! A log once met keeps its position, for when its relay is met again. The hashes of all of them
//! share one bound; those of logs not read for longest go first.

use super::hashes::{HASHES_MAX, Hashes, KnownHashes};
use crate::wire::{Cursor, Event, Follow, LogHash, LogId, Opened, RelayId, Seq};

/// Logs of one room whose place is remembered, so that coming back to a relay repeats nothing.
/// Arbitrary: more relays than one network has.
const LOGS_MAX: usize = 8;

/// Answers with hashes looked at for one comparison, at most: twice the halvings of [`HASHES_MAX`],
/// and some more for a relay that sends few at a time.
const ROUNDS_MAX: u32 = 32;

/// A place read up to, and the relay it was read at, as far as that is known.
#[derive(Clone, Debug)]
struct Position {
    relay: Option<RelayId>,
    log: LogId,
    hashes: Hashes,
}

impl Position {
    fn cursor(&self) -> Cursor {
        Cursor {
            log: self.log,
            seq: self.hashes.last(),
            hash: self.hashes.hash(),
        }
    }
}

/// All positions of a room. The one in force is the last.
#[derive(Debug)]
pub(super) struct Positions {
    list: Vec<Position>,
}

/// How reading goes on in a room that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Going {
    /// After the last event read, perhaps under another log id.
    On,
    /// After events that are gone from the relay, so many of them.
    Gone(u64),
    /// In a log other than the one read last, or from another place of it.
    Anew,
}

/// A comparison of what was read with what the relay has, under way.
///
/// One answer is enough when the relay still has the first place whose hash is known here. When its
/// events of that time are gone, it answers with nothing, and later places are tried, each half as
/// far from the end; once one of those is too late, those between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    read: LogId,
    /// The place to ask from.
    ask: Seq,
    /// The last place of which the relay had nothing.
    unanswered: Option<Seq>,
    /// The first place at which the logs differ.
    differs: Option<Seq>,
    /// The relay's log, and the last place known to agree.
    agreed: Option<(LogId, Seq)>,
    /// How many answers were looked at.
    rounds: u32,
}

impl Comparison {
    /// The log that was read.
    pub fn read(&self) -> LogId {
        self.read
    }

    /// Where to ask after an answer in which nothing agrees; `last` is the last place read.
    fn next_try(&self, is_answered: bool, last: Seq) -> Option<Self> {
        let (unanswered, differs) = if is_answered {
            (self.unanswered, Some(self.ask))
        } else {
            (Some(self.ask), self.differs)
        };
        let low = unanswered?;
        let width = differs.unwrap_or(last.next()).0.checked_sub(low.0)?;
        (width > 1).then_some(Self {
            ask: Seq(low.0 + width / 2),
            unanswered,
            differs,
            ..*self
        })
    }
}

/// What a comparison has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// Nothing yet: more hashes are to be asked for.
    Unfinished(Comparison),
    /// Both logs are the same up to what was read: reading goes on there.
    Same,
    /// The log read differs from the relay's.
    Differs {
        /// The log that was read.
        log: LogId,
        /// The first event that differs; when nothing known agrees, the first that may.
        at: Seq,
    },
}

impl Positions {
    /// What the user's device knows: nothing, or a place and some hashes.
    pub fn new(follow: Follow, known: KnownHashes) -> Self {
        let list = match follow {
            Follow::After(cursor, _) => vec![Position {
                relay: None,
                log: cursor.log,
                hashes: Hashes::restore(cursor.seq, cursor.hash, known),
            }],
            Follow::Nothing | Follow::Last(_) | Follow::Since(_) => Vec::new(),
        };
        Self { list }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The place in force.
    pub fn current(&self) -> Option<Cursor> {
        self.list.last().map(Position::cursor)
    }

    /// The hash over the log in force up to a place, if it is among those kept.
    pub fn hash_at(&self, seq: Seq) -> Option<LogHash> {
        self.list.last()?.hashes.hash_at(seq)
    }

    /// Whether the event at the place in force was read for sure. That of the first place whose hash
    /// is known may not have been: reading began after it.
    pub fn is_last_read(&self) -> bool {
        let current = self.list.last();
        current.is_some_and(|position| position.hashes.len() > 1)
    }

    /// The place last read at a relay, or anywhere.
    pub fn at(&self, relay: RelayId) -> Option<Cursor> {
        let mut list = self.list.iter();
        list.rfind(|position| position.relay == Some(relay))
            .or(self.list.last())
            .map(Position::cursor)
    }

    /// The relay opened the room, which was asked for from `asked` on. Goes on
    /// - in the same log after the place read, or, when older events are gone from the relay, after
    ///   those;
    /// - in another log after the same place, when both have the same hash there;
    /// - otherwise where the relay starts. A log that ends before the place read has lost events and
    ///   is read like a new one.
    pub fn opened(&mut self, relay: RelayId, asked: Option<Cursor>, opened: &Opened) -> Going {
        let (log, after) = (opened.head.log, opened.after);
        let before = self.list.last().map(|position| position.log);
        let there = Hashes::at(after, opened.hash);
        let known = self.remove(log);
        if let Some(mut position) = known.filter(|known| known.hashes.last() <= opened.head.seq) {
            let last = position.hashes.last();
            if after > last || (after == last && !position.hashes.is_known()) {
                position.hashes = there;
            }
            self.push(relay, log, position.hashes);
            return match after.0.checked_sub(last.0) {
                Some(count @ 1..) if asked.is_some_and(|asked| asked.log == log) => {
                    Going::Gone(count)
                }
                Some(1..) => Going::Anew,
                Some(0) | None if before == Some(log) => Going::On,
                Some(0) | None => Going::Anew,
            };
        }
        let asked = asked.and_then(|asked| self.list.iter_mut().find(|at| at.log == asked.log));
        if let Some(position) = asked {
            let last = position.hashes.last();
            let is_same_place = after == last && position.hashes.is_known();
            if is_same_place && position.hashes.hash() == opened.hash {
                // The log read keeps its place, for a relay that still has it.
                let hashes = std::mem::replace(&mut position.hashes, there);
                let is_last = before == Some(position.log);
                self.push(relay, log, hashes);
                return if is_last { Going::On } else { Going::Anew };
            }
            // A relay keeps its id together with its logs: this one goes on from the one read.
            let is_pruned = after > last && opened.first == after.next();
            if is_pruned && position.relay == Some(relay) {
                self.push(relay, log, there);
                return Going::Gone(after.0 - last.0);
            }
        }
        self.push(relay, log, there);
        Going::Anew
    }

    /// The next event was read; returns the hash over the log up to it.
    pub fn advance(&mut self, event: &Event) -> LogHash {
        self.make_space(1);
        self.list
            .last_mut()
            .map_or(LogHash::EMPTY, |position| position.hashes.advance(event))
    }

    /// The relay's log is not the one read up to `asked`: what is known of that one is compared.
    /// Nothing is known when there is no such position, or no hash of it.
    pub fn start_comparison(&self, asked: Cursor) -> Option<Comparison> {
        Some(Comparison {
            read: asked.log,
            ask: self.find(asked.log)?.hashes.first()?,
            unanswered: None,
            differs: None,
            agreed: None,
            rounds: 0,
        })
    }

    /// Which hashes to ask the relay for: the first place, and how many.
    pub fn wanted(&self, comparison: &Comparison) -> Option<(Seq, u32)> {
        let last = self.find(comparison.read)?.hashes.last();
        let count = last.0.checked_sub(comparison.ask.0)? + 1;
        Some((comparison.ask, u32::try_from(count).ok()?))
    }

    /// Takes an answer to [`Positions::wanted`]: the relay's log and its hashes from the place asked
    /// for on. Once it is clear where the logs part, the position at this relay is the last place
    /// that both have; when there is none, the log that was read is forgotten.
    pub fn compare(
        &mut self,
        relay: RelayId,
        comparison: Comparison,
        log: LogId,
        others: &[LogHash],
    ) -> Compared {
        let read = comparison.read;
        let Some(position) = self.find(read) else {
            return self.give_up(read);
        };
        let (ask, last) = (comparison.ask, position.hashes.last());
        let before = comparison.agreed;
        let found = position.hashes.agree(ask, others);
        // Should the relay's log have changed in between, it refuses once more.
        let found = found.filter(|_| before.is_none_or(|(before, _)| before == log));
        let rounds = comparison.rounds + 1;
        let next = if rounds == ROUNDS_MAX {
            None
        } else if let Some(found) = found {
            // The relay's log may end there, or only its answer.
            let end = Seq(ask.0.saturating_add(others.len() as u64));
            let is_further = before.is_none_or(|(_, before)| found > before);
            let is_open = is_further && found < last && found.next() == end;
            is_open.then_some(Comparison {
                ask: found,
                agreed: Some((log, found)),
                ..comparison
            })
        } else if before.is_none() {
            comparison.next_try(!others.is_empty(), last)
        } else {
            None
        };
        if let Some(next) = next {
            return Compared::Unfinished(Comparison { rounds, ..next });
        }
        let Some((log, agreed)) = found.map(|found| (log, found)).or(before) else {
            return self.give_up(read);
        };
        let Some(common) = position.hashes.up_to(agreed) else {
            return self.give_up(read);
        };
        if log != read {
            self.remove(log);
        }
        self.move_to_end(read);
        if log == read {
            self.list.pop();
        }
        self.push(relay, log, common);
        if agreed == last {
            return Compared::Same;
        }
        Compared::Differs {
            log: read,
            at: agreed.next(),
        }
    }

    /// Forgets what was read of a log, as it can't be told where the relay's differs: perhaps from the
    /// start.
    pub fn give_up(&mut self, log: LogId) -> Compared {
        self.remove(log);
        Compared::Differs { log, at: Seq(1) }
    }

    fn find(&self, log: LogId) -> Option<&Position> {
        self.list.iter().find(|position| position.log == log)
    }

    fn remove(&mut self, log: LogId) -> Option<Position> {
        let index = self.list.iter().position(|position| position.log == log)?;
        Some(self.list.remove(index))
    }

    fn move_to_end(&mut self, log: LogId) {
        if let Some(position) = self.remove(log) {
            self.list.push(position);
        }
    }

    /// Makes a position the one in force.
    fn push(&mut self, relay: RelayId, log: LogId, hashes: Hashes) {
        if self.list.len() == LOGS_MAX {
            self.list.remove(0);
        }
        self.list.push(Position {
            relay: Some(relay),
            log,
            hashes,
        });
        self.make_space(0);
    }

    /// Keeps the hashes of all logs, and so many more, within their bound.
    fn make_space(&mut self, more: usize) {
        let known: usize = self.list.iter().map(|each| each.hashes.len()).sum();
        for _ in HASHES_MAX..known + more {
            let mut list = self.list.iter_mut();
            if !list.any(|position| position.hashes.forget_oldest()) {
                return;
            }
        }
    }

    #[cfg(test)]
    pub fn memory(&self) -> (usize, usize) {
        let hashes = self.list.iter().map(|each| each.hashes.len()).sum();
        (self.list.len(), hashes)
    }
}
