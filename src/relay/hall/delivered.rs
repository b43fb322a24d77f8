//! How far readers have stored a room, and who is told.
//!
//! A reader says so itself. Those whose events it now has are told, at most every 200 ms for one
//! reader, and only while few have the room open. The store learns of it, too, with whatever is
//! committed next or after a second, so that a sender who comes back later is told as well; what a
//! crash loses of that is said again with the reader's next word.

use std::collections::BTreeMap;

use super::{Hall, RoomId, SessionId};
use crate::relay::limits::{
    DELIVERED_INTERVAL, DELIVERED_SESSIONS_MAX, READERS_MAX, READERS_TOLD_MAX, READS_DELAY,
};
use crate::time::Instant;
use crate::wire::{Name, Seq, ToRelay};

/// What is known of a reader's progress in a room, and what was told of it.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The last event the reader has.
    seq: Seq,
    /// The last event its senders were told of.
    told: Seq,
    /// When they may be told again.
    tell_from: Instant,
    /// Whether they will be.
    is_due: bool,
}

impl Hall {
    /// Takes in how far a session's device has stored a room.
    pub(super) fn handle_seen(&mut self, now: Instant, id: SessionId, number: u32, seq: Seq) {
        let Some(seat) = self.seats.get(&id) else {
            return;
        };
        let Some(channel) = seat.channels.get(&number) else {
            if !seat.used.contains(&number) || seat.opening.contains(&number) {
                self.keep_early(id, number, ToRelay::Seen(seq));
            }
            return;
        };
        let room = channel.room;
        let hall_room = &mut self.rooms[room.0];
        let (Some(name), true) = (seat.name(), seq <= hall_room.room.head) else {
            self.nonsense += 1;
            return;
        };
        let name = name.clone();
        self.remember_read(now, room, &name, seq);
        let hall_room = &mut self.rooms[room.0];
        if hall_room.audience.len() > DELIVERED_SESSIONS_MAX {
            hall_room.delivered.clear();
            return;
        }
        let delivery = hall_room.delivered.entry(name.clone()).or_insert(Delivery {
            seq: Seq(0),
            told: Seq(0),
            tell_from: now,
            is_due: false,
        });
        delivery.seq = delivery.seq.max(seq);
        if delivery.seq == delivery.told || delivery.is_due {
            return;
        }
        if delivery.tell_from <= now {
            self.tell_delivered(now, room, &name);
        } else {
            delivery.is_due = true;
            self.delivered_due.insert((delivery.tell_from, room, name));
        }
    }

    /// Keeps how far a reader has stored a room, also for when it is gone.
    fn remember_read(&mut self, now: Instant, room: RoomId, name: &Name, seq: Seq) {
        let hall_room = &mut self.rooms[room.0];
        let known = hall_room.readers.get(name).copied();
        let is_full = hall_room.readers.len() >= READERS_MAX;
        // A direct room that nothing was said in is not stored; nor is there anything to read.
        if known >= Some(seq) || (known.is_none() && is_full) || !hall_room.is_stored {
            return;
        }
        hall_room.readers.insert(name.clone(), seq);
        if self.commits.read(room, name.clone(), seq) {
            self.write_reads_at.get_or_insert(now + READS_DELAY);
        }
    }

    /// Tells those whose events a reader now has.
    pub(super) fn tell_delivered(&mut self, now: Instant, room: RoomId, name: &Name) {
        let hall_room = &mut self.rooms[room.0];
        let Some(delivery) = hall_room.delivered.get_mut(name) else {
            return;
        };
        let (told, seq) = (delivery.told, delivery.seq);
        delivery.told = seq;
        delivery.tell_from = now + DELIVERED_INTERVAL;
        delivery.is_due = false;
        for (id, number) in &hall_room.audience {
            if let Some(seat) = self.seats.get_mut(id)
                && seat.name() != Some(name)
                && let Some(channel) = seat.channels.get_mut(number)
                && channel
                    .own_recent
                    .iter()
                    .any(|own| told < *own && *own <= seq)
            {
                channel.delivered.insert(name.clone(), seq);
                self.ready.insert(*id);
            }
        }
    }

    /// What somebody who opens a room is told of its other readers: of those furthest.
    pub(super) fn readers_for(&self, room: RoomId, name: &Name) -> BTreeMap<Name, Seq> {
        let readers = self.rooms[room.0].readers.iter();
        let mut others: Vec<_> = readers.filter(|(reader, _)| *reader != name).collect();
        others.sort_by_key(|(_, seq)| std::cmp::Reverse(**seq));
        others
            .into_iter()
            .take(READERS_TOLD_MAX)
            .map(|(name, seq)| (name.clone(), *seq))
            .collect()
    }
}
