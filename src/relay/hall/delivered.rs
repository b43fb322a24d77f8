//! How far readers have stored a room, how far they have read it, and who is told.
//!
//! A reader is a device: names change hands, and one device may go by several. It says so itself. Those whose events it now has are told, at most every 200 ms for one
//! reader, and only while few have the room open. The store learns of it, too, with whatever is
//! committed next or after a second, so that a sender who comes back later is told as well; what a
//! crash loses of that is said again with the reader's next word.

use std::collections::BTreeMap;

use super::{Hall, RoomId, SessionId};
use crate::relay::limits::{DELIVERED_INTERVAL, READERS_MAX, READERS_TOLD_MAX, READS_DELAY};
use crate::room::DELIVERED_SESSIONS_MAX;
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

/// What is said of a reader.
#[derive(Clone, Copy, Debug)]
enum Has {
    /// Its device has stored up to this event.
    Stored(Seq),
    /// Its user has read up to this event.
    Read(Seq),
}

impl Hall {
    /// Takes in how far a session's device has stored a room.
    pub(super) fn handle_seen(&mut self, now: Instant, id: SessionId, number: u32, seq: Seq) {
        let Some((room, device, name)) = self.reader_at(id, number, seq, ToRelay::Seen(seq)) else {
            return;
        };
        self.remember_reader(now, room, device, &name, Has::Stored(seq));
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

    /// Takes in how far a session's user has read a room. Told to those who ask.
    pub(super) fn handle_read(&mut self, now: Instant, id: SessionId, number: u32, seq: Seq) {
        if let Some((room, device, name)) = self.reader_at(id, number, seq, ToRelay::Read(seq)) {
            self.remember_reader(now, room, device, &name, Has::Read(seq));
        }
    }

    /// Which room a channel is of, and who reads there, for word of a place in its log. Kept until the
    /// channel is open when it came too early.
    fn reader_at(
        &mut self,
        id: SessionId,
        number: u32,
        seq: Seq,
        word: ToRelay,
    ) -> Option<(RoomId, DeviceId, Name)> {
        let seat = self.seats.get(&id)?;
        let Some(channel) = seat.channels.get(&number) else {
            if !seat.used.contains(&number) || seat.opening.contains(&number) {
                self.keep_early(id, number, word);
            }
            return None;
        };
        let room = channel.room;
        let (Some(name), true) = (seat.name(), seq <= self.rooms[room.0].room.head) else {
            self.nonsense += 1;
            return None;
        };
        Some((room, seat.device, name.clone()))
    }

    /// Keeps how far a reader has a room, also for when it is gone.
    fn remember_reader(
        &mut self,
        now: Instant,
        room: RoomId,
        device: DeviceId,
        name: &Name,
        has: Has,
    ) {
        let hall_room = &mut self.rooms[room.0];
        let known = hall_room.readers.get(&device);
        let is_full = hall_room.readers.len() >= READERS_MAX;
        let is_old = known.is_some_and(|known| match has {
            Has::Stored(seq) => known.seq >= seq,
            Has::Read(seq) => known.read >= seq,
        });
        // A direct room that nothing was said in is not stored; nor is there anything to read.
        if is_old || (known.is_none() && is_full) || !hall_room.is_stored {
            return;
        }
        let known = known.map_or((Seq(0), Seq(0)), |known| (known.seq, known.read));
        let (seq, read) = match has {
            Has::Stored(seq) => (seq, known.1),
            Has::Read(seq) => (known.0, seq),
        };
        let reader = Reader {
            device,
            name: name.clone(),
            seq,
            read,
        };
        hall_room.readers.insert(device, reader.clone());
        if self.commits.read(room, reader) {
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
        let readers = readers.filter(|reader| reader.device != device && reader.seq > Seq(0));
        let mut others: Vec<_> = readers.collect();
        others.sort_by_key(|reader| std::cmp::Reverse(reader.seq));
        others
            .into_iter()
            .take(READERS_TOLD_MAX)
            .map(|reader| (reader.name.clone(), reader.seq))
            .collect()
    }
}
