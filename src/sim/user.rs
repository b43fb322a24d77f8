//! A user, its device and its network: a real client, and the disk that outlives it.
//!
//! The user's side of the contract is kept here, as every driver of a client has to: a message is
//! in the outbox before the core gets it, and leaves it when it is answered; a refusal is told once
//! it is written, because what is still in the outbox will be sent again; the relay hears that an
//! event is seen only after the commit; a new process goes on from what is on disk.

mod telling;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::checker::{Observation, ReaderId};
use super::disk::{Disk, Write};
use super::faults::{Fault, FaultCounts};
use super::inbox::Inbox;
use super::scenario::{Death, Part, UserPlan};
use crate::chaos::{ChaosSpec, Impairment};
use crate::client::update::MissingSearch;
use crate::client::{Client, ClientConfig, Contact, SendError, Update};
use crate::room::about_of;
use crate::session::{KeyPair, OPEN_PSK, Path};
use crate::time::{Instant, earliest};
use crate::wire::{
    Body, Cursor, Event, EventId, Follow, LocalId, Name, Presence, RoomName, SafeText, Send, Seq,
    Timestamp,
};

/// The longest text a user writes, in bytes: some take more than one datagram.
const TEXT_BYTES_MAX: usize = 6_000;

/// A user, its machine, and the way from there to the relay and back.
pub struct User {
    pub index: ReaderId,
    pub part: Part,
    pub client: Client,
    /// When the client is to be looked after: asked for after every change, because it takes a look
    /// at all it has.
    pub client_due: Option<Instant>,
    /// What survives the client.
    pub disk: Disk,
    pub address: SocketAddr,
    /// To the relay; each datagram with the address it was sent from.
    pub up: Impairment<SocketAddr>,
    /// From the relay; each datagram with the address it is sent to.
    pub down: Impairment<SocketAddr>,
    /// What arrived and was not read.
    pub inbox: Inbox,
    pub is_asleep: bool,
    /// How many faults keep it from the network.
    pub cuts: u32,
    /// How far its wall clock has jumped, in microseconds.
    pub wall_jump: i64,
    pub rooms: Vec<RoomName>,
    pub sessions: u64,
    pub faults: FaultCounts,
    keys: KeyPair,
    name: Name,
    rng: ChaCha12Rng,
    /// Whether it wants to be in contact with the relay.
    is_dialled: bool,
    is_entered: bool,
    /// The rooms it wants open.
    open: Vec<RoomName>,
    /// Messages in the outbox on disk that the client has not taken.
    unhanded: VecDeque<(RoomName, Send)>,
    /// Rooms that are to be opened once the disk is that far, and how often it was asked for: only
    /// the last time counts.
    opening: BTreeMap<RoomName, u32>,
    /// The last event shown of each room, for what is about an event.
    latest: BTreeMap<RoomName, (Seq, EventId)>,
    /// Where each room is read up to.
    read: BTreeMap<RoomName, Cursor>,
    /// What messages are about that are not in the outbox yet.
    about: BTreeMap<LocalId, EventId>,
    renames: u32,
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
        let config = ClientConfig {
            name: name.clone(),
            keys: keys.clone(),
            visible: plan.part != Part::Writes,
            pins: Vec::new(),
            seed: rng.random(),
        };
        let mut user = Self {
            index,
            part: plan.part,
            client: Client::new(Instant::ZERO, config),
            client_due: None,
            disk: Disk::new(ChaCha12Rng::from_seed(rng.random())),
            address: address(index, 0),
            up: Impairment::new(&plan.network.clone().seeded_by(rng.random()), 0),
            down: Impairment::new(&plan.network.clone().seeded_by(rng.random()), 1),
            inbox: Inbox::default(),
            is_asleep: false,
            cuts: 0,
            wall_jump: 0,
            open: rooms.clone(),
            rooms,
            sessions: 0,
            faults: FaultCounts::default(),
            keys,
            name,
            rng,
            is_dialled: false,
            is_entered: false,
            unhanded: VecDeque::new(),
            opening: BTreeMap::new(),
            latest: BTreeMap::new(),
            read: BTreeMap::new(),
            about: BTreeMap::new(),
            renames: 0,
        };
        user.open_rooms(Instant::ZERO);
        user.note_deadline();
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
    pub fn restart(&mut self, now: Instant, death: Death, observations: &mut Vec<Observation>) {
        // What was shown and not written is shown again.
        for write in self.disk.lose_process(death) {
            self.observe(&write, observations);
        }
        observations.push(Observation::Died { reader: self.index });
        let config = ClientConfig {
            name: self.name.clone(),
            keys: self.keys.clone(),
            visible: self.part != Part::Writes,
            pins: self.disk.held.pins.clone(),
            seed: self.rng.random(),
        };
        self.client = Client::new(now, config);
        self.inbox.clear();
        self.is_asleep = false;
        self.is_entered = false;
        self.opening.clear();
        self.latest.clear();
        self.read.clear();
        self.about.clear();
        self.open_rooms(now);
        let left = self.disk.held.outbox.iter().cloned();
        self.unhanded = left
            .map(|(room, send)| {
                (
                    room,
                    Send {
                        again: true,
                        ..send
                    },
                )
            })
            .collect();
        self.hand_over(now);
        if self.is_dialled {
            self.dial(now);
        }
    }

    /// Takes another address.
    pub fn roam(&mut self) {
        self.address = address(self.index, self.address.port() - address(0, 0).port() + 1);
    }

    /// Writes to a room: once it is in the outbox, it is sent.
    pub fn send(&mut self, now: Instant, wall: Timestamp, room: usize) {
        let room = self.rooms[room].clone();
        let local = LocalId(self.rng.random_range(0..1 << 63));
        let body = self.draw_body(&room, local);
        self.tell(now, &room, local);
        self.disk
            .write(Write::Queue(room, Send::new(local, wall, body)));
        self.disk.flush(now);
    }

    /// Opens a room where reading stopped, once all that was read of it is written.
    pub fn open(&mut self, now: Instant, room: &RoomName) {
        if self.part == Part::Writes {
            return;
        }
        if self.open.contains(room) {
            return;
        }
        self.open.push(room.clone());
        *self.opening.entry(room.clone()).or_default() += 1;
        self.disk.write(Write::Open(room.clone()));
        self.disk.flush(now);
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

    /// Its machine and its network are without faults from here on, its rooms are open, and it is
    /// in contact.
    pub fn calm(&mut self, now: Instant, network: &ChaosSpec) {
        self.up = Impairment::new(network, 0);
        self.down = Impairment::new(network, 1);
        self.cuts = 0;
        self.is_asleep = false;
        self.disk.fill(false);
        for room in self.rooms.clone() {
            if !self.open.contains(&room) {
                self.open(now, &room);
            }
        }
        self.client
            .set_presence(now, Presence::Here, SafeText::default());
        self.dial(now);
    }

    /// When something of its machine is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.is_asleep {
            return None;
        }
        earliest(self.client_due, self.disk.poll_timeout())
    }

    /// Notes when the client is to be looked after next.
    pub fn note_deadline(&mut self) {
        self.client_due = self.client.poll_timeout();
    }

    /// Takes in what its client has to tell.
    pub fn take_updates(
        &mut self,
        now: Instant,
        wall: Timestamp,
        observations: &mut Vec<Observation>,
    ) {
        while let Some(pin) = self.client.poll_pin() {
            self.disk.write(Write::Pin(pin));
        }
        while let Some(update) = self.client.poll_update() {
            observations.extend(self.take_update(wall, update));
        }
        self.disk.flush(now);
    }

    fn take_update(&mut self, wall: Timestamp, update: Update) -> Option<Observation> {
        let reader = self.index;
        match update {
            Update::Event {
                room,
                log,
                event,
                hash,
            } => {
                let seq = event.seq;
                self.latest.insert(room.clone(), (seq, event.id()));
                self.read.insert(room.clone(), Cursor { log, seq, hash });
                self.disk.write(Write::Event {
                    room: room.clone(),
                    log,
                    event: event.clone(),
                    hash,
                });
                Some(shown(reader, room, log, event))
            }
            Update::Stored { room, local, seq } => {
                self.disk.write(Write::Answered(room.clone(), local));
                let id = self.id(local);
                Some(Observation::Stored { room, id, seq })
            }
            Update::NotStored { room, local, .. } => {
                self.disk.write(Write::Refused(room, local));
                None
            }
            Update::Ahead { room, log, event } => Some(Observation::Glimpsed {
                reader,
                room,
                log,
                event,
            }),
            Update::Delivered { room, name: _, seq } => {
                Some(Observation::Delivered { reader, room, seq })
            }
            Update::Gone { room, count } => Some(Observation::Gone {
                reader,
                room,
                count,
            }),
            Update::OpenRefused { room, refusal } => {
                // What passes is tried again by the client itself.
                if !refusal.is_passing() {
                    self.open.retain(|open| *open != room);
                }
                None
            }
            Update::Contact(contact) => {
                self.take_contact(&contact);
                None
            }
            Update::Opened { room, opened } => {
                let (log, seq, hash) = (opened.head.log, opened.after, opened.hash);
                let cursor = Cursor { log, seq, hash };
                let read = self.read.get(&room);
                let is_other = read.is_some_and(|read| {
                    read.log != log && (read.seq, read.hash) != (cursor.seq, cursor.hash)
                });
                if is_other {
                    self.parted(&room, Seq(1));
                }
                self.disk.write(Write::Moved { room, cursor });
                None
            }
            Update::Diverged { room, log: _, at } => {
                let device = self.keys.device_id();
                self.parted(&room, at);
                self.faults.add(Fault::Diverged, 1);
                self.disk.write(Write::Offer {
                    room,
                    at,
                    device,
                    wall,
                });
                None
            }
            Update::Missing {
                room,
                search: MissingSearch::InVain,
                ..
            } => Some(Observation::Missed { reader, room }),
            Update::Missing {
                search: MissingSearch::Asking,
                ..
            }
            | Update::Queued { .. }
            | Update::CarriedOver { .. }
            | Update::Delayed { .. }
            | Update::Members { .. }
            | Update::Answer { .. }
            | Update::AskRefused { .. }
            | Update::Typing { .. }
            | Update::Waiting { .. } => None,
        }
    }

    /// The disk has done what it was at, or could not.
    pub fn handle_disk(&mut self, now: Instant, observations: &mut Vec<Observation>) -> bool {
        let Some(commit) = self.disk.poll(now) else {
            return false;
        };
        self.faults.add(Fault::UserDiskFull, commit.refused as u64);
        let mut seen = BTreeMap::new();
        for write in commit.done {
            self.observe(&write, observations);
            match write {
                Write::Queue(room, send) => self.unhanded.push_back((room, send)),
                Write::Offered(room, sends) => {
                    let sends = sends.into_iter().map(|send| (room.clone(), send));
                    self.unhanded.extend(sends);
                }
                Write::Event { room, event, .. } => drop(seen.insert(room, event.seq)),
                Write::Open(room) => {
                    let left = self.opening.entry(room.clone()).or_insert(1);
                    *left -= 1;
                    if *left == 0 {
                        self.open_in_client(now, &room);
                    }
                }
                Write::Answered(..)
                | Write::Refused(..)
                | Write::Moved { .. }
                | Write::Offer { .. }
                | Write::Pin(_) => {}
            }
        }
        for (room, seq) in seen {
            self.client.seen(now, &room, seq);
            self.client.read(now, &room, seq);
        }
        self.hand_over(now);
        true
    }

    /// What befell its datagrams so far.
    pub fn network_faults(&self) -> FaultCounts {
        let mut faults = FaultCounts::default();
        for counters in [self.up.counters(), self.down.counters()] {
            faults.add(Fault::Loss, counters.lost);
            faults.add(Fault::Duplication, counters.duplicated);
            faults.add(Fault::Corruption, counters.corrupted);
            faults.add(Fault::Reordering, counters.reordered);
        }
        faults
    }

    /// How many of its messages are unanswered.
    pub fn unsent(&self) -> usize {
        self.disk.held.outbox.len()
    }

    /// What a write that is done means for the contract.
    fn observe(&mut self, write: &Write, observations: &mut Vec<Observation>) {
        match write {
            Write::Queue(room, send) => observations.push(Observation::Sent {
                sender: self.index,
                room: room.clone(),
                id: self.id(send.local),
                about: self.about.remove(&send.local),
            }),
            Write::Refused(room, local) => observations.push(Observation::Refused {
                room: room.clone(),
                id: self.id(*local),
            }),
            Write::Event {
                room, log, event, ..
            } => observations.push(Observation::Recorded {
                reader: self.index,
                room: room.clone(),
                log: *log,
                event: event.clone(),
            }),
            Write::Offered(room, sends) => {
                self.faults.add(Fault::Offered, sends.len() as u64);
                observations.extend(sends.iter().map(|send| Observation::Offered {
                    room: room.clone(),
                    id: self.id(send.local),
                }));
            }
            Write::Answered(..)
            | Write::Moved { .. }
            | Write::Offer { .. }
            | Write::Pin(_)
            | Write::Open(_) => {}
        }
    }

    /// Gives the client what is in the outbox, as much as it takes.
    fn hand_over(&mut self, now: Instant) {
        while let Some((room, send)) = self.unhanded.front() {
            match self.client.send(now, room, send.clone()) {
                Ok(()) => drop(self.unhanded.pop_front()),
                Err(SendError::Full) => return,
                Err(error @ (SendError::TooLong | SendError::TooManyRooms)) => {
                    panic!("users write short texts to few rooms: {error}")
                }
            }
        }
    }

    /// From a place on, a room's log is another: nothing there is answered any more.
    fn parted(&mut self, room: &RoomName, at: Seq) {
        if self.latest.get(room).is_some_and(|(seq, _)| *seq >= at) {
            self.latest.remove(room);
        }
        self.read.remove(room);
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
            self.open_in_client(now, &room);
        }
    }

    fn open_in_client(&mut self, now: Instant, room: &RoomName) {
        let (fresh, last) = match self.part {
            Part::ReadsAll => (Follow::Since(Seq(0)), u32::MAX),
            Part::ReadsLast(count) => (Follow::Last(count), count),
            Part::Writes => return,
        };
        if !self.open.contains(room) {
            // Closed again meanwhile.
            return;
        }
        let cursor = self.disk.held.cursors.get(room);
        let follow = cursor.map_or(fresh, |cursor| Follow::After(*cursor, last));
        let known = self.disk.held.known_hashes(room);
        self.client.open(now, room.clone(), true, follow, known);
    }

    /// Something to send; what it is about is kept until it is in the outbox.
    fn draw_body(&mut self, room: &RoomName, local: LocalId) -> Body {
        let about = self.latest.get(room).copied();
        let body = match (self.rng.random_range(0..20), about) {
            (0, Some((seq, _))) => Body::Reaction(seq, SafeText::new("thumbsup")),
            (1, Some((seq, _))) => Body::Redaction(seq),
            (2, Some((seq, _))) => Body::Edit(seq, SafeText::new("better")),
            (7, Some((seq, _))) => Body::Reply(seq, SafeText::new("yes")),
            (3, _) => Body::Topic(SafeText::new("what it is about")),
            (4, _) => {
                let length = self.rng.random_range(1_000..TEXT_BYTES_MAX);
                Body::Message(SafeText::new(&"long ".repeat(length / 5)))
            }
            (5, _) => Body::Action(SafeText::new("waves")),
            // The relay writes these itself, and refuses them.
            (6, _) => Body::Join,
            _ => Body::Message(SafeText::new("hello")),
        };
        let is_about = about_of(&body).is_some();
        if let (true, Some((_, id))) = (is_about, about) {
            self.about.insert(local, id);
        }
        body
    }

    fn id(&self, local: LocalId) -> EventId {
        EventId {
            device: self.keys.device_id(),
            local,
        }
    }
}

fn shown(reader: ReaderId, room: RoomName, log: crate::wire::LogId, event: Event) -> Observation {
    Observation::Shown {
        reader,
        room,
        log,
        event,
    }
}

/// The so-many-th address of a user.
fn address(index: usize, count: u16) -> SocketAddr {
    let host = u8::try_from(index).expect("few users") + 2;
    ([10, 0, 0, host], 4_000 + count).into()
}
