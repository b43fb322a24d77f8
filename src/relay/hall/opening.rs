//! Where a reader goes on, and what if it has read another log than this one.
//!
//! A reader that comes back names the last event it has and the hash over the log up to there. The
//! relay compares: in memory for the end of the log, in the store for other places, which is why
//! opening a room may take a moment. When all is well, reading goes on after that event. Of deleted
//! events the store remembers the hashes for some time; after that, there is nothing to compare.
//!
//! # A log that differs
//!
//! When the reader is ahead of the log, or its hash differs, the store was put back from an older
//! copy, and events that others have seen are lost. If the log went on under the same id, one place
//! would hold two events. So it goes on under another id, which is made durable before anybody is
//! told; the id before becomes its *parent*. Who has read the log only as far as both have the same
//! goes on in the new one without noticing; who has read further is told that it has *diverged*, finds
//! the last common event, and comes back with that.
//!
//! This is done once per log and run at most: a store is not put back while a relay runs on it, so
//! a second reader with other events only proves that the reader is wrong. A store that was marked as
//! a copy when it was made gets new ids for all its logs before anybody reads on.

use super::seat::{Channel, Following};
use super::{Hall, RoomId, SessionId, Ticket};
use crate::relay::limits::{CHANNELS_MAX, CHANNELS_USED_MAX};
use crate::relay::notice::RelayNotice;
use crate::room::Room;
use crate::room::log::LogRequest;
use crate::time::Instant;
use crate::wire::{
    CONTROL_CHANNEL, Cursor, Follow, Limit, LogHash, LogId, Open, Opened, Refusal, Seq, StoreFault,
    ToMember,
};

/// Hashes one opening may wait for: at the place read and at the first one kept, and at others when
/// events are deleted meanwhile, which is done once a minute.
const HASHES_ASKED_MAX: usize = 8;

/// Somebody who wants a room opened and has to wait.
#[derive(Debug)]
pub(super) struct Opening {
    session: SessionId,
    open: Open,
    /// What the store said of some places: the hash over the log up to there, and none where it
    /// remembers none.
    told: Vec<(Seq, Option<LogHash>)>,
}

/// Whether a log goes on under the id it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fork {
    /// As far as is known. The id is from an earlier run.
    NotNeeded,
    /// No: a reader has more, or something else.
    Wanted,
    /// No: the store is a copy.
    Required,
    /// Its id is from this run.
    Done,
}

/// What came of an attempt to open a room.
enum Attempt {
    /// It is open.
    Opened,
    /// The hash over the log up to here has to be known first.
    NeedsHash(RoomId, Seq),
    /// The log gets another id first.
    NeedsFork(RoomId),
}

/// Where a reader goes on.
enum Placement {
    /// After this event; nowhere, for who only writes.
    After(Option<Seq>),
    /// The hash over the log up to here has to be known first.
    NeedsHash(Seq),
    /// The reader has read something else.
    Diverged(LogId),
}

impl Hall {
    pub(super) fn open_room(&mut self, now: Instant, id: SessionId, open: Open) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let channel = open.channel;
        let refusal = if channel == CONTROL_CHANNEL || seat.used.contains(&channel) {
            Some(Refusal::Protocol)
        } else if seat.channels.len() + seat.opening.len() >= CHANNELS_MAX {
            Some(Limit::OpenRooms.into())
        } else if seat.used.len() >= CHANNELS_USED_MAX {
            Some(Limit::RoomsOpened.into())
        } else {
            None
        };
        if let Some(refusal) = refusal {
            self.refuse_channel(id, channel, refusal);
            return;
        }
        seat.used.insert(channel);
        seat.opening.insert(channel);
        let session = id;
        let told = Vec::new();
        self.try_opening(
            now,
            Opening {
                session,
                open,
                told,
            },
        );
    }

    /// Opens a room if nothing is missing.
    fn try_opening(&mut self, now: Instant, opening: Opening) {
        let (id, channel) = (opening.session, opening.open.channel);
        let is_wanted = (self.seats.get(&id)).is_some_and(|seat| seat.opening.contains(&channel));
        if !is_wanted {
            return;
        }
        match self.attempt(now, &opening) {
            Ok(Attempt::Opened) => self.replay_early(now, id),
            Ok(Attempt::NeedsHash(room, seq)) => {
                let room = self.rooms[room.0].room.name.clone();
                let ticket = self.ask_store(Ticket::Opening, |ticket| LogRequest::Hashes {
                    ticket,
                    room,
                    first: seq,
                    count_max: 1,
                });
                self.openings.insert(ticket, (opening, seq));
            }
            Ok(Attempt::NeedsFork(room)) => {
                self.rooms[room.0].openings.push(opening);
                self.commits.fork(room);
            }
            Err(refusal) => self.refuse_channel(id, channel, refusal),
        }
        self.wake(id);
    }

    /// Takes in the hash over a log up to a place that an opening waits for.
    pub(super) fn take_hash(&mut self, now: Instant, ticket: u64, hash: Option<LogHash>) {
        let Some((mut opening, seq)) = self.openings.remove(&ticket) else {
            return;
        };
        let name = &opening.open.room;
        let room = self.room_ids.get(name).map(|id| &self.rooms[id.0].room);
        let is_deleted = room.is_some_and(|room| seq.next() < room.first);
        if (hash.is_some() || is_deleted) && opening.told.len() < HASHES_ASKED_MAX {
            opening.told.push((seq, hash));
            self.try_opening(now, opening);
        } else {
            let refusal = Refusal::from(&StoreFault::Unreadable);
            self.refuse_channel(opening.session, opening.open.channel, refusal);
            self.wake(opening.session);
        }
    }

    fn attempt(&mut self, now: Instant, opening: &Opening) -> Result<Attempt, Refusal> {
        let (id, open) = (opening.session, &opening.open);
        let Some((name, seat)) = (self.seats.get(&id)).and_then(|seat| Some((seat.name()?, seat)))
        else {
            return Err(Refusal::Protocol);
        };
        let (name, device, is_visible) = (name.clone(), seat.device, seat.is_visible());
        let room = self.find_or_make(&open.room, open.create, &name)?;
        let hall_room = &mut self.rooms[room.0];
        match hall_room.fork {
            Fork::Wanted | Fork::Required => return Ok(Attempt::NeedsFork(room)),
            Fork::NotNeeded | Fork::Done => {}
        }
        let after = match place(&hall_room.room, open.follow, &opening.told) {
            Placement::After(after) => after,
            Placement::NeedsHash(seq) => return Ok(Attempt::NeedsHash(room, seq)),
            Placement::Diverged(log)
                if log == hall_room.room.log && hall_room.fork == Fork::NotNeeded =>
            {
                hall_room.fork = Fork::Wanted;
                return Ok(Attempt::NeedsFork(room));
            }
            Placement::Diverged(_) => return Err(Refusal::Diverged),
        };
        let head = hall_room.room.head;
        let place = after.unwrap_or(head);
        let hash = match hash_at(&hall_room.room, place, &opening.told) {
            Known::Hash(hash) => hash,
            Known::Deleted | Known::Untold => return Ok(Attempt::NeedsHash(room, place)),
        };
        let opened = Opened {
            head: Cursor {
                log: hall_room.room.log,
                seq: head,
                hash: hall_room.room.hash,
            },
            after: place,
            hash,
            first: hall_room.room.first,
            topic: hall_room.room.topic.clone(),
        };
        if after.is_some() && is_visible {
            self.join(now, room, device, &name)?;
        }
        let follow = after.map(|after| {
            let (roster, change_next) = self.roster_from_start(room);
            Following {
                next: after.next(),
                ahead: None,
                roster,
                change_next,
            }
        });
        let mut channel = Channel::new(room, follow);
        channel.delivered = self.readers_for(room, device);
        self.rooms[room.0].audience.insert((id, open.channel));
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.opening.remove(&open.channel);
            seat.waiting.remove(&room);
            seat.say_on(open.channel, &ToMember::Opened(opened));
            seat.channels.insert(open.channel, channel);
        }
        Ok(Attempt::Opened)
    }

    /// A log has another id from here on.
    pub(super) fn commit_fork(&mut self, now: Instant, room: RoomId, log: LogId) {
        let hall_room = &mut self.rooms[room.0];
        hall_room.fork = Fork::Done;
        hall_room.room.parent = Some(std::mem::replace(&mut hall_room.room.log, log));
        let notice = RelayNotice::Forked(hall_room.room.name.clone());
        let openings = std::mem::take(&mut hall_room.openings);
        self.notice(notice);
        self.move_readers(room);
        for opening in openings {
            self.try_opening(now, opening);
        }
    }

    /// A log could not get another id: who waits for it is refused, and may try again.
    pub(super) fn fail_fork(&mut self, room: RoomId, refusal: &Refusal) {
        let hall_room = &mut self.rooms[room.0];
        if hall_room.fork == Fork::Wanted {
            hall_room.fork = Fork::NotNeeded;
        }
        for opening in std::mem::take(&mut hall_room.openings) {
            let (id, channel) = (opening.session, opening.open.channel);
            self.refuse_channel(id, channel, refusal.clone());
            self.wake(id);
        }
    }

    /// Closes the channels of a room's readers, who open it again where they stopped.
    fn move_readers(&mut self, room: RoomId) {
        let audience: Vec<_> = self.rooms[room.0].audience.iter().copied().collect();
        for (id, number) in audience {
            self.move_reader(id, number);
        }
    }

    /// Closes a channel, if it reads along; its user opens the room again where reading stopped.
    pub(super) fn move_reader(&mut self, id: SessionId, number: u32) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let is_reader = seat
            .channels
            .get(&number)
            .is_some_and(|channel| channel.follow.is_some());
        if !is_reader {
            return;
        }
        if let Some(channel) = seat.channels.remove(&number) {
            let device = seat.device;
            seat.drop_page_of(number);
            seat.refuse(number, Refusal::Moved);
            self.leave_audience(id, number, channel.room, device);
            self.wake(id);
        }
    }
}

/// Where a reader of a room goes on.
fn place(room: &Room, follow: Follow, told: &[(Seq, Option<LogHash>)]) -> Placement {
    let first_after = Seq(room.first.0 - 1);
    let last = |count: u32| Seq(room.head.0.saturating_sub(u64::from(count)));
    let after = match follow {
        Follow::Nothing => return Placement::After(None),
        Follow::Last(count) => last(count),
        Follow::Since(seq) => seq.min(room.head),
        Follow::After(cursor, count) => {
            if cursor.log != room.log && Some(cursor.log) != room.parent {
                last(count)
            } else if cursor.seq > room.head {
                return Placement::Diverged(cursor.log);
            } else {
                match hash_at(room, cursor.seq, told) {
                    // The reader does not know its own.
                    _ if cursor.hash == LogHash::EMPTY => cursor.seq,
                    Known::Untold => return Placement::NeedsHash(cursor.seq),
                    Known::Hash(hash) if hash != cursor.hash => {
                        return Placement::Diverged(cursor.log);
                    }
                    Known::Hash(_) | Known::Deleted => cursor.seq,
                }
            }
        }
    };
    Placement::After(Some(after.max(first_after)))
}

/// What is known of the hash over a log up to a place.
enum Known {
    /// The store is to be asked.
    Untold,
    /// The event there is deleted, and so is its hash.
    Deleted,
    /// This is it.
    Hash(LogHash),
}

/// The hash over a room's log up to a place, as far as it is known without asking the store again.
fn hash_at(room: &Room, seq: Seq, told: &[(Seq, Option<LogHash>)]) -> Known {
    if seq == Seq(0) {
        return Known::Hash(LogHash::EMPTY);
    }
    if seq == room.head {
        return Known::Hash(room.hash);
    }
    match told.iter().find(|(at, _)| *at == seq) {
        None => Known::Untold,
        Some((_, None)) => Known::Deleted,
        Some((_, Some(hash))) => Known::Hash(*hash),
    }
}
