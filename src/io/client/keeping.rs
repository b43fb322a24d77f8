//! What a client's driver keeps, and what it makes of what was kept.
//!
//! A message is in the outbox on the disk before the core has it, and stays there until the relay
//! has answered for it. What an earlier process left is handed to the core before anything new, in
//! its order: it waits in a backlog while the core has no room for it, and so does what is sent
//! after it.

use super::driver::Driver;
use super::notice::{Notice, Unsent};
use super::{KnownRoom, Report};
use crate::client::offers::{OFFERED_AGE_MAX, offers};
use crate::client::{KnownHashes, SendError, Update};
use crate::io::clock;
use crate::io::history::Outcome;
use crate::store::client_store::{LeftOpen, ReadTo};
use crate::time::Instant;
use crate::wire::{Cursor, Follow, LocalId, LogHash, LogId, RoomName, Send, Seq, Timestamp};

impl Driver {
    /// Takes over what an earlier process left, before anything is asked for or sent.
    pub(super) async fn begin(&mut self) {
        if let Some(history) = &mut self.history {
            let found = history.outcome().await;
            self.remembered(found);
        }
    }

    /// Opens a room, where it was read up to if that is known.
    pub(super) fn open(&mut self, now: Instant, room: RoomName, create: bool, follow: Follow) {
        let Some(history) = &mut self.history else {
            let known = KnownHashes::default();
            self.client.open(now, room, create, follow, known);
            return;
        };
        if follow != Follow::Nothing {
            history.set_open(room.clone(), true);
        }
        match follow {
            // It is read already, from where the disk was then, or about to be.
            Follow::Last(_)
                if self.client.is_followed(&room) || self.waiting.contains_key(&room) => {}
            Follow::Last(_) => {
                history.recall(room.clone());
                self.waiting.insert(room, (create, follow));
            }
            Follow::Nothing | Follow::After(..) | Follow::Since(_) => {
                let known = KnownHashes::default();
                self.client.open(now, room, create, follow, known);
            }
        }
    }

    /// Sends something new. With a store, it is in the outbox on the disk already.
    pub(super) fn send(&mut self, now: Instant, room: &RoomName, send: Send) {
        let local = send.local;
        self.send_backlog(now);
        let result = if self.backlog.is_empty() {
            self.client.send(now, room, send)
        } else {
            Err(SendError::Full)
        };
        match result {
            Ok(()) => {
                let room = room.clone();
                self.report(Report::Update {
                    update: Update::Queued { room, local },
                    received_at: clock::wall(),
                });
            }
            Err(error) => self.refuse(local, error),
        }
    }

    fn refuse(&mut self, local: LocalId, error: SendError) {
        if let Some(history) = &mut self.history {
            history.remove(local);
        }
        let why = Unsent::Waiting(error);
        self.report(Report::SendRefused { local, why });
    }

    /// Hands messages of earlier to the core, as many as it has room for.
    pub(super) fn send_backlog(&mut self, now: Instant) {
        while let Some((room, send)) = self.backlog.front() {
            match self.client.send(now, room, send.clone()) {
                Ok(()) => {
                    self.backlog.pop_front();
                }
                // There is room once something is answered, or a room is closed.
                Err(SendError::Full | SendError::TooManyRooms) => return,
                Err(error @ SendError::TooLong) => {
                    let local = send.local;
                    self.backlog.pop_front();
                    self.refuse(local, error);
                }
            }
        }
    }

    /// The relay's log is not the one that was read: what this device wrote to that one is looked
    /// up, to be offered again.
    pub(super) fn diverged(&mut self, room: &RoomName, log: LogId, at: Seq) {
        if let Some(history) = &mut self.history {
            let age_max = i64::try_from(OFFERED_AGE_MAX.as_micros()).unwrap_or(i64::MAX);
            let sent_after = Timestamp(clock::wall().0.saturating_sub(age_max));
            history.own(room.clone(), log, at, sent_after);
        }
    }

    /// The database has done what it was asked.
    pub(super) fn remembered(&mut self, outcome: Outcome) {
        let now = clock::now();
        match outcome {
            Outcome::Found { left_open, adopted } => {
                let known = left_open.into_iter().map(KnownRoom::from).collect();
                self.report(Report::Known(known));
                self.backlog.extend(adopted);
                self.send_backlog(now);
            }
            Outcome::Recorded(places) => {
                for (room, seq) in places {
                    self.client.seen(now, &room, seq);
                }
            }
            Outcome::Queued(room, send) => self.send(now, &room, send),
            Outcome::QueuedAgain(sends) => {
                self.backlog.extend(sends);
                self.send_backlog(now);
            }
            Outcome::Own { room, at, events } => {
                let sends = offers(&events, at, clock::wall()).into_iter();
                let sends: Vec<_> = sends.map(|send| (room.clone(), send)).collect();
                if let (Some(history), false) = (&mut self.history, sends.is_empty()) {
                    history.queue_again(sends);
                }
            }
            Outcome::Recalled {
                room,
                read_to,
                hashes,
                events,
            } => {
                if let Some(seq) = self.direct.remove(&room) {
                    self.tell_waiting(room, seq, read_to);
                    return;
                }
                for received in events {
                    self.report(Report::Update {
                        update: Update::Event {
                            room: received.room,
                            log: received.log,
                            event: received.event,
                            hash: received.hash,
                        },
                        received_at: received.received_at,
                    });
                }
                if let Some((create, follow)) = self.waiting.remove(&room) {
                    let follow = go_on(follow, read_to);
                    let (first, hashes) = hashes;
                    let last = Seq((first.0 + hashes.len() as u64).saturating_sub(1));
                    let known = KnownHashes { last, hashes };
                    self.client.open(now, room, create, follow, known);
                }
            }
            Outcome::Failed { local, error } => match local {
                Some(local) => self.report(Report::SendRefused {
                    local,
                    why: Unsent::Store(error),
                }),
                None => self.report(Report::Notice(Notice::Store(error))),
            },
        }
    }

    /// Says so when somebody wrote to a direct room while this user was away.
    fn tell_waiting(&self, room: RoomName, seq: Seq, read_to: Option<ReadTo>) {
        if read_to.is_none_or(|read_to| read_to.seq < seq) {
            self.report(Report::Update {
                update: Update::Waiting { room, seq },
                received_at: clock::wall(),
            });
        }
    }
}

impl From<LeftOpen> for KnownRoom {
    fn from(left: LeftOpen) -> Self {
        let LeftOpen {
            room,
            read,
            unread,
            draft,
            sent,
        } = left;
        Self {
            room,
            read,
            unread,
            draft,
            sent,
        }
    }
}

/// Follows a room from where it was read up to. A place without a hash, of before there were hashes,
/// is believed by the relay when it is of the same log.
fn go_on(follow: Follow, read_to: Option<ReadTo>) -> Follow {
    match (follow, read_to) {
        (Follow::Last(count), Some(ReadTo { log, seq, hash })) => {
            let hash = hash.unwrap_or(LogHash::EMPTY);
            Follow::After(Cursor { log, seq, hash }, count)
        }
        (follow, _) => follow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_goes_on_from_where_it_stopped() {
        let (log, hash) = (LogId([3; 8]), LogHash([5; 16]));
        let seq = Seq(9);
        let read_to = |hash| Some(ReadTo { log, seq, hash });
        let cursor = Cursor { log, seq, hash };
        let last = Follow::Last(50);
        assert_eq!(go_on(last, read_to(Some(hash))), Follow::After(cursor, 50));
        let hash = LogHash::EMPTY;
        let unknown = Follow::After(Cursor { log, seq, hash }, 50);
        assert_eq!(go_on(last, read_to(None)), unknown);
        assert_eq!(go_on(last, None), last);
        assert_eq!(go_on(Follow::Nothing, read_to(None)), Follow::Nothing);
    }
}
