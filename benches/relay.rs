//! One message through the relay: from the sender's datagram to the datagrams of all members.
//!
//! A real relay with real sessions in one room, and a log that answers at once. Measured are the
//! opening of the sender's record, its way through the log, and a sealed datagram for every member.
//! What members receive, and their acknowledgements, pass outside of what is measured.

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use divan::Bencher;
use divan::counter::ItemsCount;
use lanterm::relay::{Relay, RelayConfig};
use lanterm::room::log::{
    Append, LogReply, LogRequest, Retention, RoomSnapshot, Snapshot, absent_member,
};
use lanterm::session::{KeyPair, OPEN_PSK, Path, Priority, RelayIdentity, Session, SessionEvent};
use lanterm::time::Instant;
use lanterm::wire::{
    Body, Enter, Follow, LocalId, LogHash, LogId, Name, Open, RelayId, RoomName, SafeText, Send,
    Seq, Timestamp, ToMember, ToRelay,
};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use support::{TRIP, client_keys, client_path, connect, relay_path};

mod support;

/// The stream of the room.
const CHANNEL: u32 = 1;

/// A chat message of ordinary length.
const TEXT: &str = "has anyone seen the long patch cable? the one with the orange boots";

/// Time between two messages: nothing is left to be sent or acknowledged after it.
const MESSAGE_GAP: Duration = Duration::from_millis(100);

/// How far time jumps while nothing happens.
const IDLE_STEP: Duration = Duration::from_millis(5);

fn main() {
    divan::main();
}

/// Items are the datagrams made: one for each member, the sender included.
#[divan::bench(args = [10, 100, 1_000], sample_size = 1, sample_count = 300)]
fn message_to_members(bencher: Bencher, members: u16) {
    let hall = RefCell::new(Hall::new(members));
    bencher
        .counter(ItemsCount::new(members))
        .with_inputs(|| hall.borrow_mut().prepare())
        .bench_local_values(|()| {
            let datagrams = hall.borrow_mut().pass_on();
            assert_eq!(datagrams, usize::from(members));
        });
    hall.borrow_mut().check_received();
}

/// A relay and its members; the first of them writes.
struct Hall {
    now: Instant,
    relay: Relay,
    members: Vec<Session>,
    /// How many messages were written.
    written: u64,
    /// The datagram with the message under way.
    datagram: Vec<u8>,
    /// The relay's datagrams, one behind the other, and where each goes and ends.
    out: Vec<u8>,
    ends: Vec<(Path, usize)>,
}

impl Hall {
    /// Everybody enters and opens the lobby, which has them as members already.
    fn new(count: u16) -> Self {
        let now = Instant::from_micros(1_000_000);
        let identity = RelayIdentity {
            id: RelayId([9; 8]),
            name: "workshop".parse().unwrap(),
        };
        let members = (0..count).map(|number| {
            absent_member(name(number), client_keys(number).device_id(), Timestamp(0))
        });
        let lobby = RoomSnapshot {
            parent: None,
            first: Seq(1),
            hash: LogHash::EMPTY,
            readers: Vec::new(),
            name: RoomName::lobby(),
            log: LogId([4; 8]),
            head: Seq(0),
            topic: SafeText::default(),
            members: members.collect(),
        };
        let snapshot = Snapshot {
            is_copy: false,
            relay: identity.id,
            rooms: vec![lobby],
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
        let mut hall = Self {
            now,
            relay: Relay::new(now, Timestamp(0), config, snapshot),
            members: Vec::new(),
            written: 0,
            datagram: Vec::new(),
            out: Vec::new(),
            ends: Vec::new(),
        };
        let mut rng = ChaCha12Rng::seed_from_u64(5);
        for number in 0..count {
            hall.join(number, &mut rng);
        }
        hall.pass_time(Duration::from_secs(3));
        assert_eq!(hall.relay.members_present(), u32::from(count));
        for member in &mut hall.members {
            let opened = received(member)
                .into_iter()
                .any(|message| matches!(message, ToMember::Opened(_)));
            assert!(opened, "every member has the room open");
        }
        hall
    }

    fn join(&mut self, number: u16, rng: &mut ChaCha12Rng) {
        let Self { now, relay, .. } = self;
        let mut session = connect(now, client_keys(number), rng, |now, datagram| {
            relay.handle_datagram(now, client_path(number), datagram);
            let mut answers = Vec::new();
            loop {
                let mut answer = Vec::new();
                if relay.poll_transmit(now, &mut answer).is_none() {
                    break answers;
                }
                answers.push(answer);
            }
        });
        let enter = Enter {
            name: name(number),
            visible: true,
        };
        let open = Open {
            channel: CHANNEL,
            room: RoomName::lobby(),
            create: false,
            follow: Follow::Last(0),
        };
        say(&mut session, self.now, 0, &ToRelay::Enter(enter));
        say(&mut session, self.now, 0, &ToRelay::Open(open));
        self.members.push(session);
    }

    /// Sees to it that the last message has arrived everywhere, and seals the next.
    fn prepare(&mut self) {
        self.check_received();
        self.pass_time(MESSAGE_GAP);
        for member in &mut self.members {
            assert_eq!(received(member), [], "the room is quiet");
        }
        self.written += 1;
        let send = Send::new(
            LocalId(self.written),
            Timestamp(0),
            Body::Message(SafeText::new(TEXT)),
        );
        let writer = &mut self.members[0];
        say(writer, self.now, CHANNEL, &ToRelay::Send(send));
        self.datagram.clear();
        let to = writer.poll_transmit(self.now, &mut self.datagram);
        assert_eq!(to, Some(relay_path()));
    }

    /// What is measured. Returns how many datagrams the relay made. Has a frame of its own, so that
    /// a profiler can tell it from what is not measured.
    #[inline(never)]
    fn pass_on(&mut self) -> usize {
        let path = client_path(0);
        self.relay
            .handle_datagram(self.now, path, &mut self.datagram);
        self.poll_log();
        self.poll_transmit();
        self.ends.len()
    }

    fn poll_log(&mut self) {
        while let Some(request) = self.relay.poll_log() {
            let LogRequest::Append(appends) = &request else {
                panic!("nobody is behind: {request:?}");
            };
            assert!(matches!(appends.as_slice(), [Append::Event { .. }]));
            let stored_at = Timestamp(1);
            self.relay
                .handle_log(self.now, LogReply::Appended { stored_at });
        }
    }

    fn poll_transmit(&mut self) {
        while let Some(path) = self.relay.poll_transmit(self.now, &mut self.out) {
            self.ends.push((path, self.out.len()));
        }
    }

    /// Members take in what the relay made.
    fn deliver(&mut self) {
        let mut start = 0;
        for (path, end) in self.ends.drain(..) {
            let number = path.remote.port() - client_path(0).remote.port();
            let member = &mut self.members[usize::from(number)];
            member.handle_record(self.now, relay_path(), &mut self.out[start..end]);
            start = end;
        }
        self.out.clear();
    }

    /// Every member got the message, or its writer the receipt, and nothing else.
    fn check_received(&mut self) {
        self.deliver();
        if self.written == 0 {
            return;
        }
        for (number, member) in self.members.iter_mut().enumerate() {
            let received = received(member);
            let [message] = received.as_slice() else {
                panic!("member {number} got {received:?}");
            };
            let seq = match message {
                ToMember::Event(event) if number > 0 => event.seq,
                ToMember::Stored { seq, .. } if number == 0 => *seq,
                message => panic!("member {number} got {message:?}"),
            };
            assert_eq!(seq, Seq(self.written));
        }
    }

    /// Lets time pass, with everything that is to be sent or acknowledged meanwhile.
    fn pass_time(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.now += TRIP;
            self.relay.handle_timeout(self.now);
            let mut is_idle = true;
            let mut datagram = Vec::new();
            for (number, member) in (0u16..).zip(&mut self.members) {
                member.handle_timeout(self.now);
                while member.poll_transmit(self.now, &mut datagram).is_some() {
                    self.relay
                        .handle_datagram(self.now, client_path(number), &mut datagram);
                    datagram.clear();
                    is_idle = false;
                }
            }
            while self.relay.poll_notice().is_some() {}
            self.poll_log();
            self.poll_transmit();
            is_idle &= self.ends.is_empty();
            self.now += if is_idle { IDLE_STEP } else { TRIP };
            self.deliver();
        }
    }
}

fn name(number: u16) -> Name {
    format!("member-{number}").parse().unwrap()
}

fn say(session: &mut Session, now: Instant, stream: u32, message: &ToRelay) {
    let data = Bytes::from(message.encode());
    let result = session.send(now, stream, Priority::Chat, data);
    assert_eq!(result, Ok(()));
}

/// What a member's session has received by now.
fn received(member: &mut Session) -> Vec<ToMember> {
    std::iter::from_fn(|| member.poll_event())
        .map(|event| match event {
            SessionEvent::Received { data, .. } => ToMember::decode(&data).unwrap(),
            SessionEvent::Closed { .. } => panic!("{event:?}"),
        })
        .collect()
}
