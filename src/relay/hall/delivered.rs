//! How far readers have stored a room, and who is told.
//!
//! A reader is a device: names change hands, and one device may go by several. It says so itself. Those whose events it now has are told, at most every 200 ms for one
//! reader, and only while few have the room open. The store learns of it, too, with whatever is
//! committed next or after a second, so that a sender who comes back later is told as well; what a
//! crash loses of that is said again with the reader's next word.

use std::collections::BTreeMap;

use super::{Hall, RoomId, SessionId};
use crate::relay::limits::{
    DELIVERED_INTERVAL, DELIVERED_SESSIONS_MAX, READERS_MAX, READERS_TOLD_MAX, READS_DELAY,
};
use crate::room::log::Reader;
use crate::time::Instant;
use crate::wire::{DeviceId, Name, Seq, ToRelay};

/// What is known of a reader's progress in a room, and what was told of it.
#[derive(Debug)]
pub(super) struct Delivery {
    /// What the reader goes by.
    name: Name,
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
        let (device, name) = (seat.device, name.clone());
        self.remember_read(now, room, device, &name, seq);
        let hall_room = &mut self.rooms[room.0];
        if hall_room.audience.len() > DELIVERED_SESSIONS_MAX {
            hall_room.delivered.clear();
            return;
        }
        let delivery = hall_room.delivered.entry(device).or_insert(Delivery {
            name: name.clone(),
            seq: Seq(0),
            told: Seq(0),
            tell_from: now,
            is_due: false,
        });
        delivery.name = name;
        delivery.seq = delivery.seq.max(seq);
        if delivery.seq == delivery.told || delivery.is_due {
            return;
        }
        if delivery.tell_from <= now {
            self.tell_delivered(now, room, device);
        } else {
            delivery.is_due = true;
            self.delivered_due
                .insert((delivery.tell_from, room, device));
        }
    }

    /// Keeps how far a reader has stored a room, also for when it is gone.
    fn remember_read(
        &mut self,
        now: Instant,
        room: RoomId,
        device: DeviceId,
        name: &Name,
        seq: Seq,
    ) {
        let hall_room = &mut self.rooms[room.0];
        let known = hall_room.readers.get(&device).map(|reader| reader.seq);
        let is_full = hall_room.readers.len() >= READERS_MAX;
        // A direct room that nothing was said in is not stored; nor is there anything to read.
        if known >= Some(seq) || (known.is_none() && is_full) || !hall_room.is_stored {
            return;
        }
        let name = name.clone();
        let reader = Reader {
            device,
            name: name.clone(),
            seq,
        };
        hall_room.readers.insert(device, reader);
        if self.commits.read(room, device, name, seq) {
            self.write_reads_at.get_or_insert(now + READS_DELAY);
        }
    }

    /// Tells those whose events a reader now has.
    pub(super) fn tell_delivered(&mut self, now: Instant, room: RoomId, device: DeviceId) {
        let hall_room = &mut self.rooms[room.0];
        let Some(delivery) = hall_room.delivered.get_mut(&device) else {
            return;
        };
        let (told, seq) = (delivery.told, delivery.seq);
        delivery.told = seq;
        delivery.tell_from = now + DELIVERED_INTERVAL;
        delivery.is_due = false;
        let name = delivery.name.clone();
        for (id, number) in &hall_room.audience {
            if let Some(seat) = self.seats.get_mut(id)
                && seat.device != device
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
    pub(super) fn readers_for(&self, room: RoomId, device: DeviceId) -> BTreeMap<Name, Seq> {
        let readers = self.rooms[room.0].readers.values();
        let mut others: Vec<_> = readers.filter(|reader| reader.device != device).collect();
        others.sort_by_key(|reader| std::cmp::Reverse(reader.seq));
        others
            .into_iter()
            .take(READERS_TOLD_MAX)
            .map(|reader| (reader.name.clone(), reader.seq))
            .collect()
    }
}
