//! A device's disk in virtual time: what a client must not forget, and how long writing it takes.
//!
//! What is to be written gathers while a commit is under way, and goes with the next one, in order.
//! A commit is whole or not at all. While the disk is full, new messages are refused, and everything
//! else is tried again until it is written.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::scenario::Death;
use crate::client::offers::offers;
use crate::client::{HASHES_MAX, KnownHashes, Pin};
use crate::room::about_of;
use crate::time::Instant;
use crate::wire::{
    Body, Cursor, DeviceId, Event, LocalId, LogHash, LogId, RoomName, Send, Seq, Timestamp,
};

/// How long a commit takes, in microseconds: from memory to a slow disk.
const COMMIT_MICROS: std::ops::RangeInclusive<u64> = 50..=30_000;

/// How long a full disk is left alone before the next attempt.
const RETRY: Duration = Duration::from_millis(500);

/// Something to be written, or read in its turn.
#[derive(Clone, Debug)]
pub enum Write {
    /// A message is to be in the outbox.
    Queue(RoomName, Send),
    /// A message is answered: it need not be sent again.
    Answered(RoomName, LocalId),
    /// A message is refused for good, and its user is to be told.
    Refused(RoomName, LocalId),
    /// The next event of a room.
    Event {
        room: RoomName,
        log: LogId,
        event: Event,
        hash: LogHash,
    },
    /// A room's log goes on under another id, where reading ended.
    Moved { room: RoomName, cursor: Cursor },
    /// The relay's log of a room is another from a place on: what this device said there is to be in
    /// the outbox again.
    Offer {
        room: RoomName,
        at: Seq,
        device: DeviceId,
        wall: Timestamp,
    },
    /// An [`Write::Offer`] that is done: these are in the outbox.
    Offered(RoomName, Vec<Send>),
    /// A relay is known.
    Pin(Pin),
    /// The room is to be opened where all written before this ends.
    Open(RoomName),
}

/// What is on the disk.
#[derive(Clone, Debug, Default)]
pub struct Held {
    pub cursors: BTreeMap<RoomName, Cursor>,
    /// What was read of each room, with the hash over the log up to there: of the log read last, and
    /// of those before it up to where it parted from them.
    events: BTreeMap<RoomName, BTreeMap<Seq, (Event, LogHash)>>,
    pub outbox: Vec<(RoomName, Send)>,
    pub pins: Vec<Pin>,
}

/// What became of a commit.
#[derive(Debug)]
pub struct Commit {
    /// What is done, in order.
    pub done: Vec<Write>,
    /// Messages that are not in the outbox.
    pub refused: usize,
}

/// A disk.
pub struct Disk {
    rng: ChaCha12Rng,
    pub held: Held,
    gathering: Vec<Write>,
    committing: Option<(Instant, Vec<Write>)>,
    is_full: bool,
}

impl Disk {
    /// An empty disk.
    pub fn new(rng: ChaCha12Rng) -> Self {
        Self {
            rng,
            held: Held::default(),
            gathering: Vec::new(),
            committing: None,
            is_full: false,
        }
    }

    /// Whether the disk is full.
    pub fn fill(&mut self, is_full: bool) {
        self.is_full = is_full;
    }

    /// Has this written after all else, from the next [`Disk::flush`] on.
    pub fn write(&mut self, write: Write) {
        self.gathering.push(write);
    }

    /// Begins a commit with all that has gathered, unless one is under way.
    pub fn flush(&mut self, now: Instant) {
        if self.committing.is_none() && !self.gathering.is_empty() {
            let micros = self.rng.random_range(COMMIT_MICROS);
            let writes = std::mem::take(&mut self.gathering);
            self.committing = Some((now + Duration::from_micros(micros), writes));
        }
    }

    /// When the commit under way ends.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.committing.as_ref().map(|(done_at, _)| *done_at)
    }

    /// Whether nothing is to be written.
    pub fn is_idle(&self) -> bool {
        self.committing.is_none()
    }

    /// The commit that ended by `now`.
    pub fn poll(&mut self, now: Instant) -> Option<Commit> {
        let (_, mut writes) = self.committing.take_if(|(done_at, _)| *done_at <= now)?;
        if !self.is_full {
            self.held.apply(&mut writes);
            self.flush(now);
            let refused = 0;
            return Some(Commit {
                done: writes,
                refused,
            });
        }
        let count = writes.len();
        writes.retain(|write| !matches!(write, Write::Queue(..)));
        let refused = count - writes.len();
        if !writes.is_empty() {
            writes.append(&mut self.gathering);
            self.committing = Some((now + RETRY, writes));
        }
        self.flush(now);
        let done = Vec::new();
        Some(Commit { done, refused })
    }

    /// The process dies, and what it wanted written is forgotten; returns the commit under way if
    /// it is done nevertheless.
    pub fn lose_process(&mut self, death: Death) -> Vec<Write> {
        self.gathering.clear();
        let Some((_, mut writes)) = self.committing.take() else {
            return Vec::new();
        };
        if death == Death::PowerCut || self.is_full || self.rng.random() {
            return Vec::new();
        }
        self.held.apply(&mut writes);
        writes
    }
}

impl Held {
    /// The hashes kept of a room, up to where it was read.
    pub fn known_hashes(&self, room: &RoomName) -> KnownHashes {
        let events = self.events.get(room);
        let latest = events.into_iter().flatten().rev().take(HASHES_MAX);
        let mut hashes = Vec::new();
        let mut last = Seq(0);
        let mut expected = None;
        for (seq, (_, hash)) in latest {
            if expected.is_some_and(|expected| expected != *seq) {
                break;
            }
            last = last.max(*seq);
            expected = Some(Seq(seq.0 - 1));
            hashes.push(*hash);
        }
        hashes.reverse();
        KnownHashes { last, hashes }
    }

    fn apply(&mut self, writes: &mut [Write]) {
        for write in writes {
            match write {
                Write::Queue(room, send) => {
                    send.target = self.target(room, &send.body);
                    self.outbox.push((room.clone(), send.clone()));
                }
                Write::Answered(room, local) | Write::Refused(room, local) => self
                    .outbox
                    .retain(|(at, send)| at != room || send.local != *local),
                Write::Event {
                    room,
                    log,
                    event,
                    hash,
                } => {
                    let (log, seq, hash) = (*log, event.seq, *hash);
                    let cursor = Cursor { log, seq, hash };
                    self.cursors.insert(room.clone(), cursor);
                    let events = self.events.entry(room.clone()).or_default();
                    events.split_off(&seq);
                    events.insert(seq, (event.clone(), hash));
                }
                Write::Moved { room, cursor } => {
                    if let Some(known) = self.cursors.get_mut(room)
                        && (known.seq, known.hash) == (cursor.seq, cursor.hash)
                    {
                        known.log = cursor.log;
                    }
                }
                Write::Offer {
                    room,
                    at,
                    device,
                    wall,
                } => {
                    let mut sends = self.offers(room, *at, *device, *wall);
                    for send in &mut sends {
                        send.target = self.target(room, &send.body);
                    }
                    let queued = sends.iter().map(|send| (room.clone(), send.clone()));
                    self.outbox.extend(queued);
                    *write = Write::Offered(room.clone(), sends);
                }
                Write::Pin(pin) => self.pins.push(pin.clone()),
                Write::Offered(..) | Write::Open(_) => {}
            }
        }
    }

    /// The hash up to what a body is about, in the log read last.
    fn target(&self, room: &RoomName, body: &Body) -> Option<LogHash> {
        let (_, hash) = self.events.get(room)?.get(&about_of(body)?)?;
        (*hash != LogHash::EMPTY).then_some(*hash)
    }

    fn offers(&self, room: &RoomName, at: Seq, device: DeviceId, wall: Timestamp) -> Vec<Send> {
        let events = self.events.get(room).into_iter().flatten();
        let own = events.map(|(_, (event, _))| event);
        let own: Vec<Event> = own
            .filter(|event| event.device == device)
            .cloned()
            .collect();
        let is_queued = |send: &Send| {
            let mut queued = self.outbox.iter();
            queued.any(|(_, other)| other.local == send.local)
        };
        let mut offers = offers(&own, at, wall);
        offers.retain(|send| !is_queued(send));
        offers
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::wire::{Body, SafeText};

    fn queue(local: u64) -> Write {
        let body = Body::Message(SafeText::new("hi"));
        let send = Send::new(LocalId(local), Timestamp(0), body);
        Write::Queue(RoomName::lobby(), send)
    }

    fn disk(seed: u64) -> Disk {
        Disk::new(ChaCha12Rng::seed_from_u64(seed))
    }

    #[test]
    fn a_write_is_there_after_its_commit_and_not_before() {
        let mut disk = disk(1);
        disk.write(queue(1));
        disk.flush(Instant::ZERO);
        disk.flush(Instant::ZERO);
        disk.write(queue(2));
        let done_at = disk.poll_timeout().unwrap();
        assert!(disk.poll(Instant::ZERO).is_none() && disk.held.outbox.is_empty());
        assert_eq!(disk.poll(done_at).unwrap().done.len(), 1);
        assert_eq!(disk.held.outbox.len(), 1);
        assert!(!disk.is_idle(), "what gathered meanwhile is next");
    }

    #[test]
    fn a_full_disk_refuses_messages_and_keeps_the_rest_to_try_again() {
        let mut disk = disk(1);
        disk.fill(true);
        let answered = Write::Answered(RoomName::lobby(), LocalId(7));
        disk.write(answered);
        disk.flush(Instant::ZERO);
        disk.write(queue(1));
        let first = disk.poll(disk.poll_timeout().unwrap()).unwrap();
        assert_eq!((first.done.len(), first.refused), (0, 0));
        let second = disk.poll(disk.poll_timeout().unwrap()).unwrap();
        assert_eq!((second.done.len(), second.refused), (0, 1));
        disk.fill(false);
        let third = disk.poll(disk.poll_timeout().unwrap()).unwrap();
        assert_eq!((third.done.len(), third.refused), (1, 0));
        assert!(disk.is_idle() && disk.held.outbox.is_empty());
    }

    #[test]
    fn a_commit_under_way_dies_with_the_power_and_by_chance_with_the_process() {
        let done = (0..64).filter(|seed| {
            let mut disk = disk(*seed);
            disk.write(queue(1));
            disk.flush(Instant::ZERO);
            !disk.lose_process(Death::Kill).is_empty()
        });
        assert!((8..56).contains(&done.count()));
        let mut disk = disk(1);
        disk.write(queue(1));
        disk.flush(Instant::ZERO);
        assert!(disk.lose_process(Death::PowerCut).is_empty());
        assert!(disk.is_idle() && disk.held.outbox.is_empty());
    }
}
