//! Whole clients' sessions against a relay, over a wire that delays and may lose.

use std::time::Duration;

use bytes::Bytes;
use rand::RngExt;

use super::*;
use crate::room::memory_log::MemoryLog;
use crate::session::{Dial, DialEvent, Priority};
use crate::wire::{
    Answer, Body, Enter, Follow, LocalId, Open, Presence, Query, RelayId, RoomName, SafeText, Send,
    Seq, ToMember,
};

const DELAY: Duration = Duration::from_micros(150);
const CHANNEL: u32 = 1;

enum Contact {
    Dialing(Box<Dial>),
    Open(Box<Session>),
}

struct Member {
    path: Path,
    end: Contact,
    received: Vec<(u32, ToMember)>,
    closed: Option<CloseCode>,
    /// Takes part in nothing: its datagrams are lost, both ways.
    is_cut: bool,
}

struct Net {
    seed: u64,
    now: Instant,
    rng: ChaCha12Rng,
    loss: f64,
    relay: Relay,
    log: MemoryLog,
    members: Vec<Member>,
    /// When, to the relay or from it, which member, what.
    flying: Vec<(Instant, bool, usize, Vec<u8>)>,
}

impl Net {
    fn new(seed: u64, loss: f64) -> Self {
        let identity = RelayIdentity {
            id: RelayId([9; 8]),
            name: "box".parse().unwrap(),
        };
        let config = RelayConfig {
            identity: identity.clone(),
            keys: KeyPair::from_private([1; 32]),
            psk: [0; 32],
            is_hosted: false,
            is_durable: true,

            retention: Retention::default(),
            seed: [3; 32],
        };
        let snapshot = Snapshot {
            is_copy: false,
            relay: identity.id,
            rooms: Vec::new(),
        };
        let now = Instant::from_micros(1_000_000);
        Self {
            seed,
            now,
            rng: ChaCha12Rng::seed_from_u64(seed),
            loss,
            relay: Relay::new(now, Timestamp(0), config, snapshot),
            log: MemoryLog::new(RelayId([9; 8])),
            members: Vec::new(),
            flying: Vec::new(),
        }
    }

    /// A member that dials, enters and follows the lobby.
    fn join(&mut self, name: &str) -> usize {
        let index = self.members.len();
        let path = Path {
            remote: format!("10.0.0.2:{}", 4_000 + index).parse().unwrap(),
            local: None,
        };
        let relay_path = Path {
            remote: "10.0.0.1:5267".parse().unwrap(),
            local: None,
        };
        let private = [u8::try_from(index).unwrap() + 10; 32];
        let keys = KeyPair::from_private(private);
        let dial = Dial::new(self.now, keys, [0; 32], relay_path, &mut self.rng);
        self.members.push(Member {
            path,
            end: Contact::Dialing(Box::new(dial)),
            received: Vec::new(),
            closed: None,
            is_cut: false,
        });
        self.run_until(|net| matches!(net.members[index].end, Contact::Open(_)));
        let (name, visible) = (name.parse().unwrap(), true);
        self.say(index, 0, ToRelay::Enter(Enter { name, visible }));
        let open = Open {
            channel: CHANNEL,
            room: RoomName::lobby(),
            create: true,
            follow: Follow::Since(Seq(0)),
        };
        self.say(index, 0, ToRelay::Open(open));
        index
    }

    fn say(&mut self, index: usize, stream: u32, message: ToRelay) {
        let Contact::Open(session) = &mut self.members[index].end else {
            panic!("member {index} has no session");
        };
        let data = Bytes::from(message.encode());
        session
            .send(self.now, stream, Priority::Chat, data)
            .expect("room");
    }

    fn send(&mut self, index: usize, local: u64, text: &str) {
        let send = Send::new(
            LocalId(local),
            Timestamp(0),
            Body::Message(SafeText::new(text)),
        );
        self.say(index, CHANNEL, ToRelay::Send(send));
    }

    /// Lets everybody send what there is to send, and the store answer.
    fn flush(&mut self) {
        while let Some(request) = self.relay.poll_log() {
            let reply = self.log.answer(request, Timestamp(1));
            self.relay.handle_log(self.now, reply);
        }
        let mut bytes = Vec::new();
        while let Some(to) = self.relay.poll_transmit(self.now, &mut bytes) {
            let mut members = self.members.iter();
            if let Some(index) = members.position(|member| member.path == to) {
                self.fly(false, index, std::mem::take(&mut bytes));
            }
            bytes.clear();
        }
        for index in 0..self.members.len() {
            loop {
                let mut bytes = Vec::new();
                let sent = match &mut self.members[index].end {
                    Contact::Dialing(dial) => dial.poll_transmit(self.now, &mut bytes),
                    Contact::Open(session) => session.poll_transmit(self.now, &mut bytes),
                };
                if sent.is_none() {
                    break;
                }
                self.fly(true, index, bytes);
            }
        }
    }

    fn fly(&mut self, to_relay: bool, index: usize, bytes: Vec<u8>) {
        if !self.rng.random_bool(self.loss) && !self.members[index].is_cut {
            self.flying.push((self.now + DELAY, to_relay, index, bytes));
        }
    }

    fn next_at(&self) -> Option<Instant> {
        let members = self.members.iter().map(|member| match &member.end {
            Contact::Dialing(dial) => dial.poll_timeout(),
            Contact::Open(session) => session.poll_timeout(),
        });
        let flying = self.flying.iter().map(|(at, ..)| Some(*at));
        members
            .chain(flying)
            .chain([self.relay.poll_timeout()])
            .fold(None, earliest)
    }

    fn step(&mut self) {
        self.flush();
        // A relay and members that have nothing to do let the time pass.
        let idle = self.now + Duration::from_secs(1);
        self.now = self.next_at().unwrap_or(idle).max(self.now);
        let flying = std::mem::take(&mut self.flying);
        let (arrived, flying) = flying.into_iter().partition(|(at, ..)| *at <= self.now);
        self.flying = flying;
        let arrived: Vec<(Instant, bool, usize, Vec<u8>)> = arrived;
        for (_, to_relay, index, mut bytes) in arrived {
            let member = &mut self.members[index];
            if to_relay {
                self.relay
                    .handle_datagram(self.now, member.path, &mut bytes);
                continue;
            }
            match &mut member.end {
                Contact::Dialing(dial) => dial.handle_datagram(self.now, dial.path(), &bytes),
                Contact::Open(session) => {
                    session.handle_record(self.now, session.path(), &mut bytes);
                }
            }
        }
        self.relay.handle_timeout(self.now);
        for member in &mut self.members {
            member.look_after(self.now);
        }
    }

    /// Steps until something is so, for at most 60 s of the wire's time.
    fn run_until(&mut self, is_so: impl Fn(&Self) -> bool) {
        let end = self.now + Duration::from_secs(60);
        while !is_so(self) {
            assert!(self.now < end, "seed {}: it never came", self.seed);
            self.step();
        }
    }

    fn stored(&self) -> usize {
        self.log
            .room(&RoomName::lobby())
            .map_or(0, |room| room.events.len())
    }
}

impl Member {
    fn look_after(&mut self, now: Instant) {
        if let Contact::Dialing(dial) = &mut self.end {
            dial.handle_timeout(now);
            while let Contact::Dialing(dial) = &mut self.end
                && let Some(event) = dial.poll_event()
            {
                match event {
                    DialEvent::Identity { .. } => dial.approve(now),
                    DialEvent::Established(session) => self.end = Contact::Open(session),
                    other => panic!("{other:?}"),
                }
            }
        }
        let Contact::Open(session) = &mut self.end else {
            return;
        };
        session.handle_timeout(now);
        while let Some(event) = session.poll_event() {
            match event {
                SessionEvent::Received { stream, data } => {
                    let message = ToMember::decode(&data).unwrap();
                    self.received.push((stream, message));
                }
                SessionEvent::Closed { code, .. } => self.closed = Some(code),
            }
        }
    }

    /// The places of the events and receipts it got, in the order it got them.
    fn seqs(&self) -> Vec<u64> {
        let seq = |(_, message): &(u32, ToMember)| match message {
            ToMember::Event(event) => Some(event.seq.0),
            ToMember::Stored { seq, .. } => Some(seq.0),
            _ => None,
        };
        self.received.iter().filter_map(seq).collect()
    }
}

#[test]
fn members_get_one_gapless_order_over_a_wire_that_loses_a_fifth() {
    for seed in 0..3 {
        let mut net = Net::new(seed, 0.2);
        let members = [net.join("alice"), net.join("bob"), net.join("carol")];
        let mut local = 0;
        for _ in 0..20 {
            for member in members {
                local += 1;
                net.send(member, local, "hello");
                net.step();
            }
        }
        let expected: Vec<u64> = (1..=63).collect();
        net.run_until(|net| members.iter().all(|m| net.members[*m].seqs().len() >= 63));
        for member in members {
            assert_eq!(net.members[member].seqs(), expected, "seed {seed}");
        }
    }
}

#[test]
fn a_member_that_reads_nothing_costs_one_message_and_recovers() {
    let mut net = Net::new(1, 0.0);
    let (alice, slow) = (net.join("alice"), net.join("slow"));
    net.run_until(|net| net.members[slow].seqs().len() == 2);
    net.members[slow].is_cut = true;
    let text = "x".repeat(1_000);
    for local in 1..=1_000 {
        net.send(alice, local, &text);
        net.run_until(|net| net.stored() == 2 + local as usize);
    }
    let lines = net.relay.lines.values();
    let room = lines.map(|line| line.session.room()).min().unwrap();
    assert!(room < 2_000, "the link of the slow member is full: {room}");

    net.members[slow].is_cut = false;
    net.run_until(|net| net.members[slow].seqs().len() == 1_002);
    let expected: Vec<u64> = (1..=1_002).collect();
    assert_eq!(net.members[slow].seqs(), expected);
}

#[test]
fn a_silent_member_is_seen_gone_after_12_seconds() {
    let mut net = Net::new(2, 0.0);
    let (alice, bob) = (net.join("alice"), net.join("bob"));
    net.run_until(|net| net.members[alice].seqs().len() == 2);
    assert_eq!(net.relay.members_present(), 2);
    net.members[bob].is_cut = true;
    let start = net.now;
    net.run_until(|net| {
        net.members[alice].received.iter().any(|(_, message)| {
            matches!(message, ToMember::Members(members)
                if members.iter().any(|member| member.presence == Presence::Gone))
        })
    });
    let passed = net.now - start;
    let expected = Duration::from_secs(8)..Duration::from_millis(12_100);
    assert!(expected.contains(&passed), "{passed:?}");
    assert_eq!(net.relay.members_present(), 1);
}

#[test]
fn members_of_a_relay_that_ends_are_told_before_their_sessions_close() {
    let mut net = Net::new(3, 0.1);
    let (alice, bob) = (net.join("alice"), net.join("bob"));
    net.run_until(|net| net.members[alice].seqs().len() == 2);
    net.send(alice, 1, "last words");
    net.relay.shut_down(net.now);
    let start = net.now;
    net.run_until(|net| net.relay.is_done());
    assert!(net.now - start < Duration::from_millis(600));
    net.run_until(|net| net.members.iter().all(|member| member.closed.is_some()));
    for member in [alice, bob] {
        let member = &net.members[member];
        let closing = (0, ToMember::Closing { is_hosted: false });
        assert!(member.received.contains(&closing));
        assert_eq!(member.closed, Some(CloseCode::ShuttingDown));
    }
}

#[test]
fn a_relay_that_ends_waits_between_its_goodbyes() {
    let mut net = Net::new(5, 0.0);
    let (alice, bob) = (net.join("alice"), net.join("bob"));
    net.members[alice].is_cut = true;
    net.send(bob, 1, "hello");
    net.run_until(|net| net.stored() == 3);
    net.relay.shut_down(net.now);
    let mut steps = 0;
    while !net.relay.is_done() {
        let before = net.now;
        net.step();
        steps += u32::from(net.now == before);
        assert!(steps < 100, "no rest {:?} after the start", net.now);
    }
}

#[test]
fn foreign_datagrams_are_counted_and_dropped() {
    let mut net = Net::new(4, 0.0);
    let alice = net.join("alice");
    let path = net.members[alice].path;
    for bytes in [&b""[..], b"hello", b"LNTM\x01\x09", &[0xc1; 12]] {
        net.relay
            .handle_datagram(net.now, path, &mut bytes.to_vec());
    }
    assert_eq!(net.relay.dropped, 3);
}

#[test]
fn whoever_asks_is_told_how_well_everybody_is_reached() {
    let mut net = Net::new(5, 0.0);
    let alice = net.join("alice");
    net.join("bob");
    let query = Query::Net;
    net.say(alice, 0, ToRelay::Ask { request: 7, query });
    let is_answer = |(_, message): &(u32, ToMember)| matches!(message, ToMember::Answer { .. });
    net.run_until(|net| net.members[alice].received.iter().any(is_answer));
    let paths = net.members[alice]
        .received
        .iter()
        .find_map(|(_, message)| match message {
            ToMember::Answer {
                request: 7,
                part: Answer::Net(paths),
                is_last: true,
            } => Some(paths),
            _ => None,
        });
    let paths = paths.expect("an answer");
    let names: Vec<&str> = paths.iter().map(|path| path.name.as_str()).collect();
    assert_eq!(names, ["alice", "bob"]);
    for path in paths {
        assert!((1..100_000).contains(&path.rtt_micros), "{path:?}");
        assert_eq!((path.loss_to_percent, path.loss_from_percent), (0, 0));
    }
}
