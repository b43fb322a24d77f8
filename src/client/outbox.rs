//! What this user has sent and no relay has answered for yet.
//!
//! An entry stays until its relay says that it is stored or never will be, through any number of
//! sessions. Within a room the order is the order of sending; rooms do not wait for each other.
//!
//! # Numbers
//!
//! Every entry is numbered when it is put in, so that readers notice when one is lost; see
//! [`Ordinal`]. The numbers of a room count on from 1 on a *line* that is drawn at random and is
//! used at one relay only, until that relay is put back: what was stored elsewhere, or is left out
//! when it is offered again, is not missing here. Not numbered is what an
//! earlier process may have sent under a number of its own (`again`), and what brings its number
//! along, because it is offered again after a relay lost it; that goes before what was never on its
//! way, as it was sent before.
//!
//! # Refusals
//!
//! A relay that refuses one entry drops everything after it on that channel until it is told to go
//! on ([`Send::resumes`]). So all after a refused entry counts as not handed over, which keeps order
//! and numbers whole:
//!
//! - When the refusal will pass, the entry stays first, and the room waits; see [`Patience`].
//! - Otherwise it is taken out, those after it move up by one number, and the room goes on at once.
//!
//! After either, no more is on its way at once than was stored since, and one more: what is to be
//! refused all the same is handed over once each, not once for every one before it. A channel opened
//! anew knows nothing of earlier refusals.

use std::collections::{BTreeMap, VecDeque};

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::patience::Patience;
use crate::room::text_bytes;
use crate::time::{Instant, earliest};
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{LocalId, Ordinal, Refusal, RoomName, Send};

/// Entries waiting at most, all rooms together. Arbitrary: minutes of a chatty bot without a relay,
/// and few enough that looking for one entry by its number stays cheap.
pub const ENTRIES_MAX: usize = 1024;

/// Bytes waiting at most, all rooms together. Arbitrary: room for 64 texts of the longest kind.
pub const BYTES_MAX: usize = 1024 * 1024;

/// What an entry costs beside its text: names, times and numbers, rounded up.
const ENTRY_OVERHEAD: usize = 128;

/// Rooms counted on one line at most, about 64 KiB; with one more all rooms begin another line.
/// Arbitrary: more than anybody writes to.
const COUNTS_MAX: usize = 1024;

/// Why a message was not taken. Nothing is lost by it: the caller still has the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Too much is waiting for the relay; try again once some of it is stored.
    #[error("too many messages are waiting for the relay")]
    Full,
    /// The text is longer than 16 KiB, which no relay takes.
    #[error("the message is over 16 KiB")]
    TooLong,
    /// Too many rooms are open.
    #[error("too many rooms are open")]
    TooManyRooms,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// The message; `again` says whether an earlier session may have carried it already.
    send: Send,
    numbered: Numbered,
    /// What it counts against [`BYTES_MAX`].
    bytes: usize,
}

/// Where an entry has its number from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbered {
    /// From this outbox.
    Here,
    /// It came with it, or has none.
    Elsewhere,
}

/// How fast a room's entries are handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pace {
    /// As the session takes them.
    #[default]
    Free,
    /// Not before then: the relay could not take the next one.
    Held { until: Instant },
    /// The next one, which tells the relay to go on.
    Resuming,
    /// So many unanswered at most, after a refusal.
    Growing { unanswered_max: usize },
}

/// The entries of one room, oldest first.
#[derive(Debug, Default)]
struct Queue {
    entries: VecDeque<Entry>,
    /// How many of them, from the front, the session in use has taken.
    handed: usize,
    /// Kept beyond the last entry: the channel stands still until it is told otherwise.
    pace: Pace,
    patience: Patience,
    /// The last refusal that was told, and of which entry.
    delayed: Option<(LocalId, Refusal)>,
}

/// What a refusal led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The entry is taken out.
    Removed,
    /// The entry waits; the user has not been told so.
    Delayed,
    /// Nothing the user need be told.
    Unchanged,
}

/// All that is on its way, by room.
#[derive(Debug)]
pub(super) struct Outbox {
    queues: BTreeMap<RoomName, Queue>,
    entries: usize,
    bytes: usize,
    /// The line in use.
    line: u32,
    /// The last number used on it, by room.
    counts: BTreeMap<RoomName, u32>,
    rng: ChaCha12Rng,
}

impl Outbox {
    /// An empty outbox, with randomness for its lines.
    pub fn new(mut rng: ChaCha12Rng) -> Self {
        Self {
            queues: BTreeMap::new(),
            entries: 0,
            bytes: 0,
            line: draw_line(&mut rng),
            counts: BTreeMap::new(),
            rng,
        }
    }

    /// Adds a message at the end of its room's queue. One that is already there, by its number, is
    /// not added twice.
    pub fn push(&mut self, room: &RoomName, send: Send) -> Result<(), SendError> {
        let text = text_bytes(&send.body);
        if text > TEXT_BYTES_MAX {
            return Err(SendError::TooLong);
        }
        let is_known = self
            .queues
            .get(room)
            .is_some_and(|queue| queue.position(send.local).is_some());
        if is_known {
            return Ok(());
        }
        let bytes = text + ENTRY_OVERHEAD;
        if self.entries >= ENTRIES_MAX || self.bytes + bytes > BYTES_MAX {
            return Err(SendError::Full);
        }
        self.entries += 1;
        self.bytes += bytes;
        let is_offered = send.ordinal != Ordinal::NONE;
        let is_numbered_here = !is_offered && !send.again;
        let mut entry = Entry {
            send,
            numbered: Numbered::Elsewhere,
            bytes,
        };
        if is_numbered_here {
            entry.send.ordinal = self.next_ordinal(room);
            entry.numbered = Numbered::Here;
        }
        let queue = self.queues.entry(room.clone()).or_default();
        let index = if is_offered {
            queue.first_fresh()
        } else {
            queue.entries.len()
        };
        queue.entries.insert(index, entry);
        Ok(())
    }

    /// Adds one that was stored elsewhere before all of its room, whatever the bounds. None of the room
    /// may be in a session's hands. Whether it was not there yet.
    pub fn put_first(&mut self, room: &RoomName, send: Send) -> bool {
        let queue = self.queues.entry(room.clone()).or_default();
        if queue.position(send.local).is_some() {
            return false;
        }
        let bytes = text_bytes(&send.body) + ENTRY_OVERHEAD;
        queue.entries.push_front(Entry {
            send,
            numbered: Numbered::Elsewhere,
            bytes,
        });
        self.entries += 1;
        self.bytes += bytes;
        true
    }

    /// The next message of `room` for the session, unless none is to be handed over now.
    pub fn next(&self, room: &RoomName) -> Option<Send> {
        let queue = self.queues.get(room)?;
        let is_wanted = match queue.pace {
            Pace::Free | Pace::Resuming => true,
            Pace::Held { .. } => false,
            Pace::Growing { unanswered_max } => queue.handed < unanswered_max,
        };
        let entry = queue.entries.get(queue.handed).filter(|_| is_wanted)?;
        Some(Send {
            resumes: queue.pace == Pace::Resuming,
            ..entry.send.clone()
        })
    }

    /// The session has taken what [`Outbox::next`] returned.
    pub fn handed_over(&mut self, room: &RoomName) {
        if let Some(queue) = self.queues.get_mut(room) {
            queue.handed = (queue.handed + 1).min(queue.entries.len());
            if queue.pace == Pace::Resuming {
                queue.pace = Pace::Growing {
                    unanswered_max: queue.handed,
                };
            }
        }
    }

    /// The relay confirms a message. Whether that is one which waits to be handed over: the relay
    /// took it when it should have dropped it, perhaps under another number. It is sent again, and
    /// says so.
    pub fn confirmed_unsent(&mut self, room: &RoomName, local: LocalId) -> bool {
        let Some(queue) = self.queues.get_mut(room) else {
            return false;
        };
        let handed = queue.handed;
        let position = queue.position(local).filter(|index| *index >= handed);
        let entry = position.and_then(|index| queue.entries.get_mut(index));
        entry.map(|entry| entry.send.again = true).is_some()
    }

    /// Takes out a message that is stored.
    pub fn remove(&mut self, room: &RoomName, local: LocalId) -> Option<Send> {
        let queue = self.queues.get_mut(room)?;
        let index = queue.position(local)?;
        queue.patience.succeeded();
        queue.delayed = None;
        if let Pace::Growing { unanswered_max } = queue.pace {
            let unanswered_max = unanswered_max * 2;
            queue.pace = if unanswered_max < ENTRIES_MAX {
                Pace::Growing { unanswered_max }
            } else {
                Pace::Free
            };
        }
        self.take(room, index).map(|entry| entry.send)
    }

    /// The relay refused a message, and with it all that followed on the room's channel.
    pub fn refused(
        &mut self,
        now: Instant,
        room: &RoomName,
        local: LocalId,
        refusal: &Refusal,
    ) -> Refused {
        let queue = self.queues.entry(room.clone()).or_default();
        let position = queue.position(local);
        let Some(index) = position.filter(|index| *index < queue.handed) else {
            // One that is stored after all, or none of this channel's. The channel stands still all
            // the same, and which of those unanswered it took is not known.
            if matches!(queue.pace, Pace::Free | Pace::Growing { .. }) {
                queue.unhand_all();
                let until = queue.patience.refused(now);
                queue.pace = Pace::Held { until };
            }
            return Refused::Unchanged;
        };
        queue.handed = index;
        if refusal.is_passing() {
            let until = queue.patience.refused(now);
            queue.pace = Pace::Held { until };
            return queue.delay(local, refusal);
        }
        queue.pace = Pace::Resuming;
        queue.delayed = None;
        if let Some(entry) = self.take(room, index) {
            self.move_up(room, index, &entry);
        }
        Refused::Removed
    }

    /// The room itself can't be opened just now: its first message, if the user is to be told.
    pub fn room_refused(&mut self, room: &RoomName, refusal: &Refusal) -> Option<LocalId> {
        let queue = self.queues.get_mut(room)?;
        let local = queue.entries.front()?.send.local;
        (queue.delay(local, refusal) == Refused::Delayed).then_some(local)
    }

    /// Takes out everything waiting for a room, which none of it will reach, oldest first.
    pub fn remove_room(&mut self, room: &RoomName) -> Vec<Send> {
        let entries = self
            .queues
            .remove(room)
            .map_or_else(VecDeque::new, |queue| queue.entries);
        self.entries -= entries.len();
        self.bytes -= entries.iter().map(|entry| entry.bytes).sum::<usize>();
        for entry in &entries {
            self.uncount(room, entry);
        }
        entries.into_iter().map(|entry| entry.send).collect()
    }

    /// The channel of a room is gone: what it carried unanswered is sent again, and says so.
    pub fn channel_lost(&mut self, room: &RoomName) {
        if let Some(queue) = self.queues.get_mut(room) {
            queue.unhand_all();
            queue.pace = Pace::Free;
            if queue.entries.is_empty() {
                self.queues.remove(room);
            }
        }
    }

    /// The session is gone, and with it every channel.
    pub fn session_lost(&mut self) {
        self.queues.retain(|_, queue| {
            queue.unhand_all();
            queue.pace = Pace::Free;
            !queue.entries.is_empty()
        });
    }

    /// Another relay is used from here on, or one that was put back: another line begins, also for what
    /// was never on its way.
    pub fn relay_changed(&mut self) {
        self.begin_line();
        for (room, queue) in &mut self.queues {
            let waiting = queue.entries.iter_mut().skip(queue.handed);
            let fresh = waiting.filter(|entry| entry.is_fresh());
            let numbers = 1..;
            let mut last = 0;
            for (entry, number) in fresh.zip(numbers) {
                entry.send.ordinal = Ordinal {
                    line: self.line,
                    number,
                };
                last = number;
            }
            self.counts.insert(room.clone(), last);
        }
    }

    /// Whether anything of this room is unanswered.
    pub fn has(&self, room: &RoomName) -> bool {
        let queue = self.queues.get(room);
        queue.is_some_and(|queue| !queue.entries.is_empty())
    }

    /// The rooms something may be waiting for.
    pub fn rooms(&self) -> impl Iterator<Item = &RoomName> {
        self.queues.keys()
    }

    /// How many messages are unanswered.
    pub fn len(&self) -> usize {
        self.entries
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        for queue in self.queues.values_mut() {
            if matches!(queue.pace, Pace::Held { until } if until <= now) {
                queue.pace = Pace::Resuming;
            }
        }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        let timeouts = self.queues.values().map(|queue| match queue.pace {
            Pace::Held { until } => Some(until),
            Pace::Free | Pace::Resuming | Pace::Growing { .. } => None,
        });
        timeouts.fold(None, earliest)
    }

    /// The next number of a room, on the line in use.
    fn next_ordinal(&mut self, room: &RoomName) -> Ordinal {
        let last = self.counts.get(room).copied();
        if last == Some(u32::MAX) || (last.is_none() && self.counts.len() == COUNTS_MAX) {
            self.begin_line();
        }
        let number = self.counts.entry(room.clone()).or_insert(0);
        *number += 1;
        Ordinal {
            line: self.line,
            number: *number,
        }
    }

    fn begin_line(&mut self) {
        self.line = draw_line(&mut self.rng);
        self.counts.clear();
    }

    /// Takes an entry out of a queue, which stays while its channel stands still.
    fn take(&mut self, room: &RoomName, index: usize) -> Option<Entry> {
        let queue = self.queues.get_mut(room)?;
        let entry = queue.entries.remove(index)?;
        if index < queue.handed {
            queue.handed -= 1;
        }
        if queue.entries.is_empty() && queue.pace == Pace::Free {
            self.queues.remove(room);
        }
        self.entries -= 1;
        self.bytes -= entry.bytes;
        Some(entry)
    }

    /// Moves those after a refused entry, which stood at `index`, up by one number.
    fn move_up(&mut self, room: &RoomName, index: usize, refused: &Entry) {
        self.uncount(room, refused);
        let line = refused.send.ordinal.line;
        if refused.numbered == Numbered::Elsewhere {
            return;
        }
        if let Some(queue) = self.queues.get_mut(room) {
            let after = queue.entries.iter_mut().skip(index);
            let counted = after.filter(|entry| entry.numbered == Numbered::Here);
            for entry in counted.filter(|entry| entry.send.ordinal.line == line) {
                entry.send.ordinal.number -= 1;
            }
        }
    }

    /// Takes back the number of an entry that no relay will store.
    fn uncount(&mut self, room: &RoomName, entry: &Entry) {
        let is_counted = entry.numbered == Numbered::Here && entry.send.ordinal.line == self.line;
        if let Some(count) = self.counts.get_mut(room).filter(|_| is_counted) {
            *count -= 1;
        }
    }
}

impl Entry {
    /// Whether it was never on its way, and is numbered here.
    fn is_fresh(&self) -> bool {
        self.numbered == Numbered::Here && !self.send.again
    }
}

impl Queue {
    fn position(&self, local: LocalId) -> Option<usize> {
        // Answers come in the order of sending, so the front is nearly always the one.
        self.entries
            .iter()
            .position(|entry| entry.send.local == local)
    }

    /// Where the entries begin that were never on their way.
    fn first_fresh(&self) -> usize {
        let waiting = self.entries.iter().skip(self.handed);
        let before = waiting.take_while(|entry| !entry.is_fresh()).count();
        self.handed + before
    }

    /// All that was handed over is to be handed over again, and says so.
    fn unhand_all(&mut self) {
        for entry in self.entries.iter_mut().take(self.handed) {
            entry.send.again = true;
        }
        self.handed = 0;
    }

    /// An entry waits, for this reason.
    fn delay(&mut self, local: LocalId, refusal: &Refusal) -> Refused {
        let is_told =
            (self.delayed.as_ref()).is_some_and(|(of, told)| *of == local && told == refusal);
        if is_told {
            return Refused::Unchanged;
        }
        self.delayed = Some((local, refusal.clone()));
        Refused::Delayed
    }
}

/// Another line; 0 stands for none.
fn draw_line(rng: &mut ChaCha12Rng) -> u32 {
    rng.random_range(1..=u32::MAX)
}

#[cfg(test)]
mod tests;
