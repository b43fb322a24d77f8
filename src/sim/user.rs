//! A user, its device and its network: a real client, and the disk that outlives it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::checker::{Observation, ReaderId};
use super::scenario::{Part, UserPlan};
use crate::chaos::{ChaosSpec, Impairment};
use crate::client::{Client, ClientConfig, Contact, KnownHashes, Pin, Update};
use crate::session::{KeyPair, OPEN_PSK, Path};
use crate::time::Instant;
use crate::wire::{
    Body, Cursor, Event, EventId, Follow, LocalId, Name, Presence, RoomName, SafeText, Send, Seq,
    Timestamp,
};

/// The longest text a user writes, in bytes: some take more than one datagram.
const TEXT_BYTES_MAX: usize = 6_000;

/// A user. What a real device keeps on disk is kept here, and survives [`User::kill`].
pub struct User {
    pub index: ReaderId,
    pub part: Part,
    pub client: Client,
    pub address: SocketAddr,
    /// To the relay; each datagram with the address it was sent from.
    pub up: Impairment<SocketAddr>,
    /// From the relay; each datagram with the address it is sent to.
    pub down: Impairment<SocketAddr>,
    pub is_cut: bool,
    pub rooms: Vec<RoomName>,
    keys: KeyPair,
    name: Name,
    rng: ChaCha12Rng,
    /// Whether it wants to be in contact with the relay.
    is_dialled: bool,
    is_entered: bool,
    open: Vec<RoomName>,
    cursors: BTreeMap<RoomName, Cursor>,
    outbox: Vec<(RoomName, Send)>,
    pins: Vec<Pin>,
    renames: u32,
    pub sessions: u64,
}

/// The address the relay is at.
pub fn relay_path() -> Path {
    Path {
        remote: ([10, 0, 0, 1], 5267).into(),
        local: None,
    }
}

impl User {
    /// A user with a device of its own, not yet in contact.
    pub fn new(index: usize, plan: &UserPlan, mut rng: ChaCha12Rng) -> Self {
        let keys = KeyPair::from_private(rng.random());
        let number = if plan.is_namesake { 0 } else { index };
        let name = ["alice", "bob", "carol", "dave", "erin"][number];
        let name: Name = name.parse().expect("a name");
        let second = ["ops", "games"][plan.second_room];
        let rooms = vec![RoomName::lobby(), second.parse().expect("a room's name")];
        let client = Client::new(
            Instant::ZERO,
            ClientConfig {
                name: name.clone(),
                keys: keys.clone(),
                visible: plan.part != Part::Writes,
                pins: Vec::new(),
                seed: rng.random(),
            },
        );
        let mut user = Self {
            index,
            part: plan.part,
            client,
            address: address(index, 0),
            up: Impairment::new(&plan.network.clone().seeded_by(rng.random()), 0),
            down: Impairment::new(&plan.network.clone().seeded_by(rng.random()), 1),
            is_cut: false,
            open: rooms.clone(),
            rooms,
            keys,
            name,
            rng,
            is_dialled: false,
            is_entered: false,
            cursors: BTreeMap::new(),
            outbox: Vec::new(),
            pins: Vec::new(),
            renames: 0,
            sessions: 0,
        };
        user.open_rooms(Instant::ZERO);
        user
    }

    /// Looks for the relay.
    pub fn dial(&mut self, now: Instant) {
        self.is_dialled = true;
        self.client.dial(now, relay_path(), OPEN_PSK);
    }

    /// Wants nothing of the relay any more.
    pub fn hang_up(&mut self, now: Instant) {
        self.is_dialled = false;
        self.client.hang_up(now);
    }

    /// The client's process dies, and another starts from what is on disk.
    pub fn kill(&mut self, now: Instant) {
        self.client = Client::new(
            now,
            ClientConfig {
                name: self.name.clone(),
                keys: self.keys.clone(),
                visible: self.part != Part::Writes,
                pins: self.pins.clone(),
                seed: self.rng.random(),
            },
        );
        self.is_entered = false;
        self.open_rooms(now);
        for (room, send) in &mut self.outbox {
            send.again = true;
            let taken = self.client.send(now, room, send.clone());
            taken.expect("the outbox had room for it before");
        }
        if self.is_dialled {
            self.dial(now);
        }
    }

    /// Takes another address.
    pub fn roam(&mut self) {
        self.address = address(self.index, self.address.port() - address(0, 0).port() + 1);
    }

    /// Writes to a room; what its client takes is sent.
    pub fn send(&mut self, now: Instant, wall: Timestamp, room: usize) -> Option<Observation> {
        let room = self.rooms[room].clone();
        let local = LocalId(self.rng.random_range(0..1 << 63));
        let sent_at = wall;
        let send = Send::new(local, sent_at, self.draw_body(&room));
        self.client.send(now, &room, send.clone()).ok()?;
        self.outbox.push((room.clone(), send));
        let id = self.id(local);
        Some(Observation::Sent { room, id })
    }

    /// Opens a room where reading stopped.
    pub fn open(&mut self, now: Instant, room: &RoomName) {
        let fresh = match self.part {
            Part::ReadsAll => Follow::Since(Seq(0)),
            Part::ReadsLast(count) => Follow::Last(count),
            Part::Writes => return,
        };
        let last = match self.part {
            Part::ReadsLast(count) => count,
            Part::ReadsAll | Part::Writes => u32::MAX,
        };
        let cursor = self.cursors.get(room);
        let follow = cursor.map_or(fresh, |cursor| Follow::After(*cursor, last));
        if !self.open.contains(room) {
            self.open.push(room.clone());
        }
        let known = KnownHashes::default();
        self.client.open(now, room.clone(), true, follow, known);
    }

    /// Closes a room.
    pub fn close(&mut self, now: Instant, room: usize, leave: bool) {
        if self.part != Part::Writes {
            let room = &self.rooms[room];
            self.open.retain(|open| open != room);
            self.client.close_room(now, room, leave);
        }
    }

    /// Wants another name.
    pub fn rename(&mut self, now: Instant) {
        self.renames += 1;
        let name = format!("user{}-{}", self.index, self.renames);
        self.name = name.parse().expect("a name");
        self.client.rename(now, self.name.clone());
    }

    /// Its network is without faults from here on, its rooms are open, and it is in contact.
    pub fn calm(&mut self, now: Instant, network: &ChaosSpec) {
        self.up = Impairment::new(network, 0);
        self.down = Impairment::new(network, 1);
        self.is_cut = false;
        for room in self.rooms.clone() {
            if !self.open.contains(&room) {
                self.open(now, &room);
            }
        }
        self.client.set_presence(now, Presence::Here);
        self.dial(now);
    }

    /// Takes in what its client has to tell, as a real device does: what must be on disk is, before
    /// the relay hears of it.
    pub fn take_updates(&mut self, now: Instant, observations: &mut Vec<Observation>) {
        while let Some(pin) = self.client.poll_pin() {
            self.pins.push(pin);
        }
        while let Some(update) = self.client.poll_update() {
            match update {
                Update::Event {
                    room,
                    log,
                    event,
                    hash,
                } => {
                    observations.push(self.store(
                        now,
                        room,
                        Cursor {
                            log,
                            seq: event.seq,
                            hash,
                        },
                        event,
                    ));
                }
                Update::Stored { room, local, seq } => {
                    self.answered(&room, local);
                    let id = self.id(local);
                    observations.push(Observation::Stored { room, id, seq });
                }
                Update::NotStored { room, local, .. } => {
                    self.answered(&room, local);
                    let id = self.id(local);
                    observations.push(Observation::Refused { room, id });
                }
                Update::OpenRefused { room, .. } => self.open.retain(|open| *open != room),
                Update::Contact(contact) => self.take_contact(&contact),
                Update::Opened { .. }
                | Update::Ahead { .. }
                | Update::Queued { .. }
                | Update::Delayed { .. }
                | Update::Missing { .. }
                | Update::Gone { .. }
                | Update::Diverged { .. }
                | Update::Delivered { .. }
                | Update::Members { .. }
                | Update::Answer { .. }
                | Update::AskRefused { .. }
                | Update::Waiting { .. } => {}
            }
        }
    }

    /// How many of its messages are unanswered.
    pub fn unsent(&self) -> usize {
        self.outbox.len()
    }

    fn store(&mut self, now: Instant, room: RoomName, cursor: Cursor, event: Event) -> Observation {
        self.cursors.insert(room.clone(), cursor);
        self.client.seen(now, &room, cursor.seq);
        Observation::Shown {
            reader: self.index,
            room,
            log: cursor.log,
            event,
        }
    }

    fn answered(&mut self, room: &RoomName, local: LocalId) {
        let is_answered = |(at, send): &(RoomName, Send)| at == room && send.local == local;
        self.outbox.retain(|entry| !is_answered(entry));
    }

    fn take_contact(&mut self, contact: &Contact) {
        match contact {
            Contact::Entered { .. } => {
                self.sessions += u64::from(!self.is_entered);
                self.is_entered = true;
            }
            Contact::Lost { .. } | Contact::RelayClosing { .. } | Contact::Searching => {
                self.is_entered = false;
            }
            Contact::Dialing { .. } => {}
            Contact::KeyChanged { .. } | Contact::Unsupported { .. } => {
                panic!("there is one relay, and its key and version stay: {contact:?}")
            }
        }
    }

    fn open_rooms(&mut self, now: Instant) {
        for room in self.open.clone() {
            self.open(now, &room);
        }
    }

    fn draw_body(&mut self, room: &RoomName) -> Body {
        let about = self.cursors.get(room).map(|cursor| cursor.seq);
        match (self.rng.random_range(0..20), about) {
            (0, Some(seq)) => Body::Reaction(seq, SafeText::new("thumbsup")),
            (1, Some(seq)) => Body::Redaction(seq),
            (2, Some(seq)) => Body::Edit(seq, SafeText::new("better")),
            (3, _) => Body::Topic(SafeText::new("what it is about")),
            (4, _) => {
                let length = self.rng.random_range(1_000..TEXT_BYTES_MAX);
                Body::Message(SafeText::new(&"long ".repeat(length / 5)))
            }
            (5, _) => Body::Action(SafeText::new("waves")),
            // The relay writes these itself, and refuses them.
            (6, _) => Body::Join,
            _ => Body::Message(SafeText::new("hello")),
        }
    }

    fn id(&self, local: LocalId) -> EventId {
        EventId {
            device: self.keys.device_id(),
            local,
        }
    }
}

/// The so-many-th address of a user.
fn address(index: usize, count: u16) -> SocketAddr {
    let host = u8::try_from(index).expect("few users") + 2;
    ([10, 0, 0, host], 4_000 + count).into()
}
