//! When the store is to delete what need not be kept, and what follows for readers.
//!
//! Ages are told by the wall clock, which may be wrong at first and jump when it is set: to a relay
//! whose clock jumps by more than two hours nothing is too old until it starts anew. The store is
//! told times, not ages, and they go on from the time told last: a jump that the relay has not
//! noticed yet can't delete anything.

use std::time::Duration;

use super::Hall;
use crate::relay::limits::{DELETED_IDS_AGE_MAX, PRUNE_PAUSE, PRUNE_PERIOD};
use crate::room::log::{Cutoff, Retention};
use crate::time::Instant;
use crate::wire::{RoomName, Seq, Timestamp};

/// When to delete next. Never, while everything is kept.
#[derive(Debug)]
pub(super) struct Prune {
    retention: Retention,
    clock: Clock,
    /// `None` while everything is kept, and while the store is at it.
    next_at: Option<Instant>,
}

/// Whether ages can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    Steady,
    Jumped,
}

impl Prune {
    /// Begins right away, if there is anything to delete ever.
    pub fn new(now: Instant, retention: Retention) -> Self {
        let is_any = retention != Retention::default();
        Self {
            retention,
            clock: Clock::Steady,
            next_at: is_any.then_some(now),
        }
    }

    /// What the store is to delete now, by the wall clock; the next time is set once it has
    /// answered.
    pub fn poll(&mut self, now: Instant, wall: Timestamp) -> Option<Cutoff> {
        self.next_at.take_if(|at| *at <= now)?;
        let before = |age: Duration| {
            let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
            Timestamp(wall.0.saturating_sub(age))
        };
        Some(Cutoff {
            stored_before: self.retention.age_max.map(before),
            bytes_max: self.retention.bytes_max,
            deleted_before: match self.clock {
                Clock::Steady => Some(before(DELETED_IDS_AGE_MAX)),
                Clock::Jumped => None,
            },
        })
    }

    /// Deletes nothing by its age any more: the clock that ages are told by has jumped. Returns
    /// whether anything was to be.
    pub fn distrust_clock(&mut self) -> bool {
        self.clock = Clock::Jumped;
        let had_age = self.retention.age_max.take().is_some();
        if self.retention == Retention::default() {
            self.next_at = None;
        }
        had_age
    }

    /// Whether the store is deleting.
    pub fn is_under_way(&self) -> bool {
        self.retention != Retention::default() && self.next_at.is_none()
    }

    /// When [`Prune::poll`] has something.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next_at
    }
}

impl Hall {
    /// Takes in which rooms lost their oldest events. Who was still to read them opens the room
    /// again, and is told what is gone.
    pub(super) fn take_pruned(&mut self, now: Instant, rooms: Vec<(RoomName, Seq)>, is_more: bool) {
        if self.prune.retention != Retention::default() {
            let pause = if is_more { PRUNE_PAUSE } else { PRUNE_PERIOD };
            self.prune.next_at = Some(now + pause);
        }
        for (name, first) in rooms {
            let Some(room) = self.room_ids.get(&name).copied() else {
                continue;
            };
            let hall_room = &mut self.rooms[room.0];
            hall_room.room.first = first;
            let audience: Vec<_> = hall_room.audience.iter().copied().collect();
            for (id, number) in audience {
                let follow = (self.seats.get(&id))
                    .and_then(|seat| seat.channels.get(&number)?.follow.as_ref());
                if follow.is_some_and(|follow| follow.next < first) {
                    self.move_reader(id, number);
                }
            }
        }
    }
}
