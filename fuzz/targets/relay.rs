//! A relay over its store, and up to four members in sessions who send it anything at any time.
//!
//! The relay never panics, comes to rest, sends nothing that members can't read, keeps the order of
//! every log, and ends when it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use lanterm::relay::{Relay, RelayConfig, limits};
use lanterm::room::log::{LogRequest, Retention};
use lanterm::session::{
    CloseCode, Dial, DialEvent, KeyPair, OPEN_PSK, Path, Priority, RelayIdentity, Session,
    SessionEvent,
};
use lanterm::store::RelayStore;
use lanterm::time::{Instant, earliest};
use lanterm::wire::{
    Body, Cursor, DeviceId, Enter, Follow, LocalId, LogHash, LogId, Name, Open, Presence, Query,
    RelayId, RoomName, SafeText, Send, Seq, Timestamp, ToMember, ToRelay,
};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use super::input::Input;

/// Members at once, so that each run takes milliseconds: a handshake alone takes one.
const MEMBERS_MAX: usize = 4;

/// Steps of one run.
const STEPS_MAX: usize = 128;

/// How often everybody may be looked after before all of them rest, or wait for a time to come.
const ROUNDS_MAX: usize = 20_000;

const NAMES: [&str; 4] = ["ann", "ben", "cleo", "ann2"];
const ROOMS: [&str; 6] = [
    "lobby",
    "den",
    "@ann+ben",
    "@ben+cleo",
    "@ann+ann",
    "@dan+eve",
];

/// Runs the script in `data`.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut net = Net::new();
    for _ in 0..STEPS_MAX {
        if input.is_empty() {
            break;
        }
        let kind = input.byte();
        let member = usize::from(kind >> 5) % MEMBERS_MAX;
        match kind % 16 {
            0..=6 => {
                let (stream, message) = message(&mut input);
                net.say(member, stream, message.encode());
            }
            7 => {
                let stream = u32::from(input.byte());
                net.say(member, stream, input.bytes().to_vec());
            }
            8 => net.join(member),
            9 => net.leave(member),
            10 => net
                .relay
                .handle_datagram(net.now, path(member), &mut input.bytes().to_vec()),
            11 => net.is_store_slow = !net.is_store_slow,
            12 => net.answer(usize::from(input.byte())),
            13 => net.is_cut[member] = !net.is_cut[member],
            _ => net.pass(net.now + input.pause()),
        }
        net.settle();
    }
    net.is_store_slow = false;
    net.settle();
    net.relay.shut_down(net.now);
    net.settle();
    net.pass(net.now + limits::CLOSING_WAIT + Duration::from_millis(100));
    assert!(net.relay.is_done(), "the relay does not end");
}

/// A message that a member could send, and the stream for it.
fn message(input: &mut Input<'_>) -> (u32, ToRelay) {
    let kind = input.byte();
    let channel = u32::from(input.byte() % 8);
    match kind % 16 {
        0 => {
            let (name, visible) = (name(input), kind & 0x80 == 0);
            (0, ToRelay::Enter(Enter { name, visible }))
        }
        1..=3 => {
            let open = Open {
                channel,
                room: room(input),
                create: kind & 0x80 == 0,
                follow: match kind >> 4 & 3 {
                    0 => Follow::Nothing,
                    1 => Follow::Last(u32::from(input.byte())),
                    2 => Follow::After(cursor(input), u32::from(input.byte())),
                    _ => Follow::Since(Seq(u64::from(input.byte()))),
                },
            };
            (0, ToRelay::Open(open))
        }
        4 => {
            let leave = kind & 0x80 == 0;
            (0, ToRelay::Close { channel, leave })
        }
        5..=9 => {
            let local = LocalId(u64::from(input.byte()));
            let sent_at = Timestamp(input.long() as i64);
            let send = Send {
                target: (kind & 0x40 != 0).then_some(LogHash([kind; 16])),
                again: kind & 0x80 != 0,
                resumes: kind & 0x40 != 0,
                ..Send::new(local, sent_at, body(input))
            };
            (channel, ToRelay::Send(send))
        }
        10 if kind & 0x40 != 0 => (channel, ToRelay::Read(Seq(u64::from(input.byte())))),
        10 if kind & 0x80 != 0 => (channel, ToRelay::Typing),
        10 => (channel, ToRelay::Seen(Seq(u64::from(input.byte())))),
        11 => (0, ToRelay::Rename(name(input))),
        12 | 13 => {
            let presence = [
                Presence::Here,
                Presence::Away,
                Presence::Gone,
                Presence::Idle,
            ];
            let presence = presence[usize::from(kind >> 4) % presence.len()];
            let status = SafeText::new(&"x".repeat(usize::from(kind)));
            (0, ToRelay::Presence(presence, status))
        }
        _ => {
            let request = u32::from(input.byte());
            let query = match kind >> 4 & 7 {
                0 => Query::Members(None),
                1 => Query::Members(Some(room(input))),
                2 => Query::Rooms,
                3 => Query::Hashes {
                    room: room(input),
                    first: Seq(input.long()),
                    count: u32::from(input.number()),
                },
                4 => Query::Search {
                    words: String::from_utf8_lossy(input.bytes()).into_owned(),
                    room: Some(room(input)).filter(|_| kind & 0x80 == 0),
                    from: None,
                    after: Some(input.long()).filter(|after| *after > 0),
                    count: u32::from(input.number()),
                },
                5 => Query::Numbered {
                    room: room(input),
                    device: DeviceId([input.byte(); 8]),
                    line: u32::from(input.byte()),
                    first: u32::from(input.byte()),
                    last: input.long() as u32,
                },
                6 => Query::Delivered(room(input)),
                7 => Query::Net,
                _ => Query::History {
                    room: room(input),
                    before: Some(Seq(input.long())).filter(|seq| seq.0 > 0),
                    count: u32::from(input.number()),
                },
            };
            (0, ToRelay::Ask { request, query })
        }
    }
}

/// A place of a log nobody has, or of no log.
fn cursor(input: &mut Input<'_>) -> Cursor {
    Cursor {
        log: LogId([input.byte(); 8]),
        seq: Seq(input.long()),
        hash: LogHash([input.byte(); 16]),
    }
}

fn name(input: &mut Input<'_>) -> Name {
    let known = NAMES[usize::from(input.byte()) % NAMES.len()];
    known.parse().expect("a good name")
}

fn room(input: &mut Input<'_>) -> RoomName {
    let known = ROOMS[usize::from(input.byte()) % ROOMS.len()];
    known.parse().expect("a good name")
}

fn body(input: &mut Input<'_>) -> Body {
    let kind = input.byte();
    let text = SafeText::new(&"x".repeat(input.length()));
    let seq = Seq(u64::from(kind >> 4));
    match kind % 16 {
        0..=6 => Body::Message(text),
        7 => Body::Reply(seq, text),
        8 => Body::Action(text),
        9 => Body::Topic(text),
        10 => Body::Edit(seq, text),
        11 => Body::Reaction(seq, text),
        12 => Body::Redaction(seq),
        13 => Body::Join,
        14 => Body::Leave,
        _ => Body::Rename(name(input)),
    }
}

fn path(member: usize) -> Path {
    Path {
        remote: ([10, 0, 0, 2], 4000 + member as u16).into(),
        local: None,
    }
}

enum Contact {
    None,
    Dialing(Box<Dial>),
    Open(Box<Session>),
}

struct Net {
    now: Instant,
    rng: ChaCha12Rng,
    relay: Relay,
    store: RelayStore,
    /// What the store has yet to answer.
    requests: VecDeque<LogRequest>,
    is_store_slow: bool,
    members: [Contact; MEMBERS_MAX],
    /// Whose datagrams are lost, both ways.
    is_cut: [bool; MEMBERS_MAX],
    /// The last event each member got on each channel of this session.
    last: BTreeMap<(usize, u32), Seq>,
}

impl Net {
    fn new() -> Self {
        let identity = RelayIdentity {
            id: RelayId([9; 8]),
            name: "box".parse().expect("a good name"),
        };
        let config = RelayConfig {
            identity,
            keys: KeyPair::from_private([1; 32]),
            psk: OPEN_PSK,
            is_hosted: false,
            is_durable: true,
            retention: Retention::default(),
            seed: [3; 32],
        };
        let store = RelayStore::open_memory().expect("a store in memory");
        let snapshot = store.snapshot().expect("a new store");
        let now = Instant::from_micros(1_000_000);
        let mut net = Self {
            now,
            rng: ChaCha12Rng::seed_from_u64(1),
            relay: Relay::new(now, Timestamp(0), config, snapshot),
            store,
            requests: VecDeque::new(),
            is_store_slow: false,
            members: std::array::from_fn(|_| Contact::None),
            is_cut: [false; MEMBERS_MAX],
            last: BTreeMap::new(),
        };
        // One is there from the start, and in the lobby.
        net.join(0);
        net.settle();
        let (name, visible) = ("ann".parse().expect("a good name"), true);
        net.say(0, 0, ToRelay::Enter(Enter { name, visible }).encode());
        let open = Open {
            channel: 1,
            room: RoomName::lobby(),
            create: false,
            follow: Follow::Since(Seq(0)),
        };
        net.say(0, 0, ToRelay::Open(open).encode());
        net.settle();
        net
    }

    fn join(&mut self, member: usize) {
        if !matches!(self.members[member], Contact::None) {
            return;
        }
        let keys = KeyPair::from_private([10 + member as u8; 32]);
        let dial = Dial::new(self.now, keys, OPEN_PSK, path(member), &mut self.rng);
        self.members[member] = Contact::Dialing(Box::new(dial));
        self.last.retain(|(whose, _), _| *whose != member);
    }

    fn leave(&mut self, member: usize) {
        if let Contact::Open(session) = &mut self.members[member] {
            session.close(self.now, CloseCode::Done, "");
        }
    }

    fn say(&mut self, member: usize, stream: u32, message: Vec<u8>) {
        if let Contact::Open(session) = &mut self.members[member] {
            // A full queue is the member's business.
            let _ = session.send(self.now, stream, Priority::Chat, Bytes::from(message));
        }
    }

    /// The store answers so many requests, or all of them together for 0.
    fn answer(&mut self, count: usize) {
        let count = match count {
            0 => self.requests.len(),
            count => count.min(self.requests.len()),
        };
        let requests = self.requests.drain(..count).collect();
        for reply in self.store.handle(requests, || Timestamp(1)) {
            self.relay.handle_log(self.now, reply);
        }
    }

    /// Everybody does what is to be done at this instant. The network takes no time.
    fn settle(&mut self) {
        let mut rounds = 0;
        loop {
            let mut is_busy = false;
            self.relay.handle_timeout(self.now);
            while let Some(request) = self.relay.poll_log() {
                self.requests.push_back(request);
            }
            if !self.is_store_slow && !self.requests.is_empty() {
                self.answer(0);
                is_busy = true;
            }
            while self.relay.poll_notice().is_some() {}
            let mut bytes = Vec::new();
            while let Some(to) = self.relay.poll_transmit(self.now, &mut bytes) {
                let member = (0..MEMBERS_MAX).find(|member| path(*member) == to);
                if let Some(member) = member.filter(|member| !self.is_cut[*member]) {
                    self.arrive(member, &mut bytes);
                }
                bytes.clear();
                is_busy = true;
            }
            for member in 0..MEMBERS_MAX {
                is_busy |= self.look_after(member);
            }
            rounds += 1;
            assert!(rounds <= ROUNDS_MAX, "no rest");
            if !is_busy {
                break;
            }
        }
    }

    fn arrive(&mut self, member: usize, bytes: &mut [u8]) {
        match &mut self.members[member] {
            Contact::None => {}
            Contact::Dialing(dial) => dial.handle_datagram(self.now, path(member), bytes),
            Contact::Open(session) => session.handle_record(self.now, path(member), bytes),
        }
    }

    /// A member does what is to be done; returns whether it had anything to send.
    fn look_after(&mut self, member: usize) -> bool {
        let now = self.now;
        if let Contact::Dialing(dial) = &mut self.members[member] {
            dial.handle_timeout(now);
            while let Contact::Dialing(dial) = &mut self.members[member]
                && let Some(event) = dial.poll_event()
            {
                match event {
                    DialEvent::Identity { .. } => dial.approve(now),
                    DialEvent::Established(session) => {
                        self.members[member] = Contact::Open(session);
                    }
                    DialEvent::TimedOut => self.members[member] = Contact::None,
                    DialEvent::Unsupported { .. } => unreachable!("there is one version"),
                }
            }
        }
        let mut is_closed = false;
        if let Contact::Open(session) = &mut self.members[member] {
            session.handle_timeout(now);
            while let Some(event) = session.poll_event() {
                match event {
                    SessionEvent::Received { stream, data } => {
                        let last = self.last.entry((member, stream)).or_default();
                        received(last, &data);
                    }
                    SessionEvent::Closed { .. } => is_closed = true,
                }
            }
        }
        let mut is_busy = false;
        loop {
            let mut bytes = Vec::new();
            let sent = match &mut self.members[member] {
                Contact::None => None,
                Contact::Dialing(dial) => dial.poll_transmit(now, &mut bytes),
                Contact::Open(session) => session.poll_transmit(now, &mut bytes),
            };
            if sent.is_none() {
                break;
            }
            is_busy = true;
            if !self.is_cut[member] {
                self.relay.handle_datagram(now, path(member), &mut bytes);
            }
        }
        if is_closed {
            self.members[member] = Contact::None;
        }
        is_busy
    }

    fn timeout(&self) -> Option<Instant> {
        let members = self.members.iter().map(|member| match member {
            Contact::None => None,
            Contact::Dialing(dial) => dial.poll_timeout(),
            Contact::Open(session) => session.poll_timeout(),
        });
        members.fold(self.relay.poll_timeout(), earliest)
    }

    /// Time passes; what is due on the way is done then.
    fn pass(&mut self, until: Instant) {
        let mut rounds = 0;
        while let Some(next) = self.timeout()
            && next <= until
        {
            self.now = self.now.max(next);
            self.settle();
            rounds += 1;
            assert!(rounds <= ROUNDS_MAX, "no rest until {until:?}");
        }
        self.now = until;
        self.settle();
    }
}

/// A member reads a message; `last` is the last event it got on that channel.
fn received(last: &mut Seq, data: &[u8]) {
    let message = ToMember::decode(data).expect("a relay sends what members read");
    assert_eq!(message.encode(), data);
    if let ToMember::Event(event) = message {
        assert!(event.seq > *last, "{} after {last}", event.seq);
        *last = event.seq;
    }
}
