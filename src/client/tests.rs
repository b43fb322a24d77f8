//! A whole client at relays that are played by hand, over a wire with a delay.

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::session::{
    CloseCode, Listener, OPEN_PSK, Priority, RelayIdentity, SESSION_SILENCE_MAX, SessionEvent,
};
use crate::wire::{
    Body, CONTROL_CHANNEL, Cleartext, ConnectionId, Cursor, LocalId, LogHash, LogId, Opened,
    Ordinal, RecordHeader, RelayId, SafeText, Timestamp, ToMember, ToRelay, Welcome,
};

const DELAY: Duration = Duration::from_micros(150);

fn path(port: u16) -> Path {
    Path {
        remote: ([10, 0, 0, 1], port).into(),
        local: None,
    }
}

fn client_path() -> Path {
    Path {
        remote: ([10, 0, 0, 2], 4000).into(),
        local: None,
    }
}

/// A relay that greets, opens every room and stores nothing unless told to.
struct FakeRelay {
    id: RelayId,
    path: Path,
    listener: Listener,
    sessions: Vec<Session>,
    is_up: bool,
    greets: bool,
    heard: Vec<ToRelay>,
}

impl FakeRelay {
    fn new(id: u8, key: u8, port: u16) -> Self {
        let identity = RelayIdentity {
            id: RelayId([id; 8]),
            name: "box".parse().unwrap(),
        };
        let keys = KeyPair::from_private([key; 32]);
        let mut rng = ChaCha12Rng::seed_from_u64(u64::from(key));
        Self {
            id: identity.id,
            path: path(port),
            listener: Listener::new(keys, OPEN_PSK, &identity, &mut rng),
            sessions: Vec::new(),
            is_up: true,
            greets: true,
            heard: Vec::new(),
        }
    }

    fn say(&mut self, now: Instant, stream: u32, message: &ToMember) {
        let session = self.sessions.last_mut().expect("a session");
        let bytes = Bytes::from(message.encode());
        session.send(now, stream, Priority::Chat, bytes).unwrap();
    }

    fn handle_datagram(&mut self, now: Instant, datagram: &mut [u8]) {
        match classify(datagram) {
            DatagramClass::Record => {
                let id = RecordHeader::decode(datagram).unwrap().connection;
                match (self.sessions.iter_mut()).find(|session| session.connection() == id) {
                    Some(session) => session.handle_record(now, client_path(), datagram),
                    None => self.listener.unknown(now, client_path(), id),
                }
            }
            DatagramClass::Cleartext => {
                self.listener.handle_cleartext(now, client_path(), datagram);
            }
            DatagramClass::Foreign => panic!("the client sent noise"),
        }
        self.sessions.extend(self.listener.poll_accept());
        self.answer(now);
    }

    fn answer(&mut self, now: Instant) {
        let events: Vec<_> = (self.sessions.iter_mut())
            .flat_map(|session| std::iter::from_fn(|| session.poll_event()))
            .collect();
        for event in events {
            let SessionEvent::Received { data, .. } = event else {
                continue;
            };
            let message = ToRelay::decode(&data).unwrap();
            let name = match &message {
                ToRelay::Enter(enter) => Some(enter.name.clone()),
                ToRelay::Rename(name) => Some(name.clone()),
                _ => None,
            };
            if let Some(name) = name
                && self.greets
            {
                let welcome = Welcome {
                    name,
                    relay: self.id,
                    relay_name: "box".parse().unwrap(),
                    is_hosted: false,
                    is_durable: true,
                    direct: Vec::new(),
                };
                self.say(now, CONTROL_CHANNEL, &ToMember::Welcome(welcome));
            }
            if let ToRelay::Open(open) = &message {
                let opened = Opened {
                    hash: LogHash::EMPTY,
                    first: Seq(1),
                    head: Cursor {
                        hash: LogHash::EMPTY,
                        log: LogId(self.id.0),
                        seq: Seq(4),
                    },
                    after: Seq(4),
                    topic: SafeText::default(),
                };
                self.say(now, open.channel, &ToMember::Opened(opened));
            }
            // Numbers of what is sent are looked at elsewhere.
            self.heard.push(match message {
                ToRelay::Send(send) => ToRelay::Send(Send {
                    ordinal: Ordinal::NONE,
                    ..send
                }),
                message => message,
            });
        }
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Path> {
        let session = |session: &mut Session, out: &mut Vec<u8>| session.poll_transmit(now, out);
        self.listener.poll_transmit(now, out).or_else(|| {
            let mut sessions = self.sessions.iter_mut();
            sessions.find_map(|each| session(each, out))
        })
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let sessions = self.sessions.iter().map(Session::poll_timeout);
        sessions.fold(self.listener.poll_timeout(), earliest)
    }

    /// Dies, forgets its sessions, and is there again.
    fn restart(&mut self) {
        self.sessions.clear();
        self.heard.clear();
    }
}

struct Net {
    now: Instant,
    client: Client,
    relays: Vec<FakeRelay>,
    /// When, to which relay (the client when `None`), from which relay, and what.
    flying: Vec<(Instant, Option<usize>, usize, Vec<u8>)>,
    contacts: Vec<String>,
    updates: Vec<Update>,
}

impl Net {
    fn new(relays: Vec<FakeRelay>, pins: Vec<Pin>) -> Self {
        let now = Instant::from_micros(1_000_000);
        let config = ClientConfig {
            name: "alice".parse().unwrap(),
            keys: KeyPair::from_private([50; 32]),
            visible: true,
            pins,
            seed: [3; 32],
        };
        Self {
            now,
            client: Client::new(now, config),
            relays,
            flying: Vec::new(),
            contacts: Vec::new(),
            updates: Vec::new(),
        }
    }

    /// With one relay, in its session.
    fn entered() -> Self {
        let mut net = Self::new(vec![FakeRelay::new(1, 11, 1)], Vec::new());
        net.dial(0);
        net.run(Duration::from_secs(6));
        assert_eq!(net.take_contacts(), ["searching", "dialing 1", "entered 1"]);
        net
    }

    fn dial(&mut self, relay: usize) {
        let path = self.relays[relay].path;
        self.client.dial(self.now, path, OPEN_PSK);
    }

    fn take_contacts(&mut self) -> Vec<String> {
        std::mem::take(&mut self.contacts)
    }

    fn drain(&mut self) {
        while let Some(update) = self.client.poll_update() {
            let Update::Contact(contact) = update else {
                self.updates.push(update);
                continue;
            };
            self.contacts.push(match contact {
                Contact::Searching => "searching".to_owned(),
                Contact::Dialing { address } => format!("dialing {}", address.port()),
                Contact::Entered { address, .. } => format!("entered {}", address.port()),
                Contact::Lost { .. } => "lost".to_owned(),
                Contact::RelayClosing { .. } => "closing".to_owned(),
                Contact::KeyChanged { .. } => "key changed".to_owned(),
                Contact::Unsupported { .. } => "unsupported".to_owned(),
            });
        }
        let mut bytes = Vec::new();
        while let Some(path) = self.client.poll_transmit(self.now, &mut bytes) {
            let to = self.relays.iter().position(|relay| relay.path == path);
            let to = to.expect("an address of a relay");
            let bytes = std::mem::take(&mut bytes);
            self.flying.push((self.now + DELAY, Some(to), to, bytes));
        }
        for (index, relay) in self.relays.iter_mut().enumerate() {
            while relay.poll_transmit(self.now, &mut bytes).is_some() {
                let bytes = std::mem::take(&mut bytes);
                self.flying.push((self.now + DELAY, None, index, bytes));
            }
        }
    }

    fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            self.drain();
            let flying = self.flying.iter().map(|flying| flying.0).min();
            let relays = self.relays.iter().map(FakeRelay::poll_timeout);
            let next = relays.fold(earliest(flying, self.client.poll_timeout()), earliest);
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            let (due, later) = std::mem::take(&mut self.flying)
                .into_iter()
                .partition(|flying: &(Instant, _, _, _)| flying.0 <= self.now);
            self.flying = later;
            for (_, to, from, mut bytes) in due {
                if !self.relays[from].is_up {
                    continue;
                }
                match to {
                    Some(to) => self.relays[to].handle_datagram(self.now, &mut bytes),
                    None => {
                        let path = self.relays[from].path;
                        self.client.handle_datagram(self.now, path, &mut bytes);
                    }
                }
            }
            self.client.handle_timeout(self.now);
            for relay in &mut self.relays {
                relay.listener.handle_timeout(self.now);
                for session in &mut relay.sessions {
                    session.handle_timeout(self.now);
                }
            }
        }
        self.now = end;
    }
}

fn pin(id: u8, key: u8) -> Pin {
    Pin {
        relay: RelayId([id; 8]),
        name: "box".parse().unwrap(),
        key: KeyPair::from_private([key; 32]).public,
    }
}

fn message(local: u64) -> Send {
    Send::new(
        LocalId(local),
        Timestamp(0),
        Body::Message(SafeText::new("hi")),
    )
}

#[test]
fn a_new_relay_is_pinned_and_a_known_one_is_not_pinned_again() {
    let mut net = Net::entered();
    assert_eq!(net.client.poll_pin(), Some(pin(1, 11)));
    net.relays[0].restart();
    net.run(Duration::from_secs(10));
    assert_eq!(net.client.poll_pin(), None);
}

#[test]
fn a_changed_key_waits_for_the_user_and_sends_nothing() {
    let mut net = Net::new(vec![FakeRelay::new(1, 11, 1)], vec![pin(1, 99)]);
    net.dial(0);
    net.run(Duration::from_secs(30));
    assert_eq!(
        net.take_contacts(),
        ["searching", "dialing 1", "key changed"]
    );
    assert_eq!(net.relays[0].sessions.len(), 0);
    net.client.trust(net.now);
    net.run(Duration::from_secs(1));
    assert_eq!(net.take_contacts(), ["dialing 1", "entered 1"]);
    assert_eq!(net.client.poll_pin(), Some(pin(1, 11)));
}

#[test]
fn what_is_sent_without_contact_arrives_in_the_next_session() {
    let mut net = Net::new(vec![FakeRelay::new(1, 11, 1)], Vec::new());
    net.client
        .send(net.now, &RoomName::lobby(), message(7))
        .unwrap();
    net.dial(0);
    net.run(Duration::from_secs(1));
    let heard = &net.relays[0].heard;
    assert_eq!(heard.last(), Some(&ToRelay::Send(message(7))));
    assert_eq!(net.client.unsent(), 1);
    let stored = ToMember::Stored {
        local: LocalId(7),
        seq: Seq(5),
        stored_after: 0,
    };
    net.relays[0].say(net.now, 1, &stored);
    net.run(Duration::from_secs(1));
    assert_eq!(net.client.unsent(), 0);
}

#[test]
fn a_relay_that_restarted_is_entered_again_at_the_next_word() {
    let mut net = Net::entered();
    net.relays[0].restart();
    let before = net.now;
    net.client
        .send(net.now, &RoomName::lobby(), message(7))
        .unwrap();
    net.run(Duration::from_millis(100));
    assert_eq!(net.take_contacts(), ["lost", "dialing 1", "entered 1"]);
    assert!(net.now - before < Duration::from_secs(1));
    let heard = &net.relays[0].heard;
    // The session before had no channel yet that could have carried it.
    assert_eq!(heard.last(), Some(&ToRelay::Send(message(7))));
}

#[test]
fn only_the_relay_in_use_ends_its_session_by_not_knowing_it() {
    let mut net = Net::entered();
    let unknown = |connection| Cleartext::Unknown { connection }.encode();
    let known = net.relays[0].sessions[0].connection();
    let mut of_another = unknown(ConnectionId([8; 8]));
    net.client
        .handle_datagram(net.now, path(1), &mut of_another);
    let mut from_elsewhere = unknown(known);
    net.client
        .handle_datagram(net.now, path(2), &mut from_elsewhere);
    net.run(Duration::from_secs(1));
    assert_eq!(net.take_contacts(), [""; 0]);
    net.client
        .handle_datagram(net.now, path(1), &mut unknown(known));
    net.run(Duration::from_secs(1));
    assert_eq!(net.take_contacts(), ["lost", "dialing 1", "entered 1"]);
}

#[test]
fn a_silent_relay_is_dialled_again_until_it_answers() {
    let mut net = Net::entered();
    net.relays[0].is_up = false;
    net.run(Duration::from_secs(3600));
    let contacts = net.take_contacts();
    assert_eq!(contacts[..4], ["lost", "dialing 1", "lost", "dialing 1"]);
    assert!(contacts.len() < 2000, "{}", contacts.len());
    net.relays[0].is_up = true;
    net.run(Duration::from_secs(2));
    assert_eq!(
        net.take_contacts().last().map(String::as_str),
        Some("entered 1")
    );
}

/// How long after the relay's return what is written is heard there: it has crashed so often that the
/// waits are the longest, and was gone for `away` the last time.
fn heard_after(crashes: u32, away: Duration, crash: impl Fn(&mut Net)) -> Duration {
    let mut net = Net::entered();
    for _ in 0..crashes {
        net.relays[0].restart();
        net.client
            .send(net.now, &RoomName::lobby(), message(net.now.as_micros()))
            .unwrap();
        net.run(Duration::from_millis(2500));
    }
    let send = message(7);
    net.client
        .send(net.now, &RoomName::lobby(), send.clone())
        .unwrap();
    crash(&mut net);
    net.relays[0].is_up = false;
    net.run(away);
    net.relays[0].restart();
    net.relays[0].is_up = true;
    net.relays[0].greets = true;
    let back = net.now;
    let is_it = |heard: &ToRelay| matches!(heard, ToRelay::Send(sent) if sent.local == send.local);
    while !net.relays[0].heard.iter().any(is_it) {
        assert!(net.now - back < Duration::from_secs(60), "never heard");
        net.run(Duration::from_millis(10));
    }
    net.now - back
}

#[test]
fn what_is_written_is_heard_within_two_seconds_of_the_return_of_a_relay_that_crashes_again() {
    for crashes in 8..28 {
        // At once, between two copies of what was said, and around giving the session up.
        for millis in [0, 2_000, 2_080, 2_160, 5_200, 6_600] {
            let time = heard_after(crashes, Duration::from_millis(millis), |_| {});
            assert!(time < Duration::from_secs(2), "{millis} ms: {time:?}");
        }
    }
}

#[test]
fn a_relay_that_crashes_before_it_greets_is_back_within_two_seconds_too() {
    for millis in (0..4_000).step_by(100) {
        let time = heard_after(8, Duration::ZERO, |net| {
            net.relays[0].restart();
            net.relays[0].greets = false;
            net.run(Duration::from_millis(millis));
        });
        assert!(time < Duration::from_secs(2), "{millis} ms: {time:?}");
    }
}

#[test]
fn a_relay_that_crashes_at_once_each_time_is_not_hammered() {
    let mut net = Net::entered();
    for local in 0..600 {
        net.relays[0].restart();
        let _ = net.client.send(net.now, &RoomName::lobby(), message(local));
        net.run(Duration::from_millis(100));
    }
    let entered = net.contacts.iter().filter(|text| *text == "entered 1");
    let entered = entered.count();
    assert!((40..80).contains(&entered), "{entered} times in 60 s");
}

#[test]
fn the_session_in_use_stays_until_another_is_entered() {
    let mut net = Net::entered();
    net.relays.push(FakeRelay::new(2, 12, 2));
    net.relays[1].is_up = false;
    net.dial(1);
    net.run(Duration::from_secs(4));
    net.client
        .send(net.now, &RoomName::lobby(), message(7))
        .unwrap();
    net.run(Duration::from_millis(100));
    let heard = &net.relays[0].heard;
    assert_eq!(heard.last(), Some(&ToRelay::Send(message(7))));
    // Nothing came of it: back to the first.
    net.run(Duration::from_secs(4));
    assert_eq!(net.take_contacts(), ["dialing 2", "lost", "entered 1"]);
    net.relays[1].is_up = true;
    net.dial(1);
    net.run(Duration::from_secs(1));
    assert_eq!(net.take_contacts(), ["dialing 2", "entered 2"]);
    assert!(!net.relays[0].sessions[0].is_open());
    let again = Send {
        again: true,
        ..message(7)
    };
    assert_eq!(net.relays[1].heard.last(), Some(&ToRelay::Send(again)));
}

#[test]
fn a_relay_that_ends_is_left_and_dialled_again() {
    let mut net = Net::entered();
    let closing = ToMember::Closing { is_hosted: true };
    net.relays[0].say(net.now, CONTROL_CHANNEL, &closing);
    net.run(Duration::from_secs(1));
    assert_eq!(net.take_contacts(), ["closing", "dialing 1", "entered 1"]);
}

#[test]
fn a_relay_that_breaks_the_protocol_is_left_and_not_hammered() {
    let mut net = Net::entered();
    for round in 0..20 {
        let nonsense = ToMember::Members(Vec::new());
        if net.relays[0].sessions.last().is_some_and(Session::is_open) {
            net.relays[0].say(net.now, CONTROL_CHANNEL, &nonsense);
        }
        net.run(Duration::from_millis(500));
        assert!(net.contacts.len() < 6 + round * 3);
    }
    let violations = net.client.counters().violations;
    assert!((4..14).contains(&violations), "{violations}");
}

#[test]
fn a_relay_that_does_not_greet_is_given_up() {
    let mut net = Net::new(vec![FakeRelay::new(1, 11, 1)], Vec::new());
    net.relays[0].greets = false;
    net.dial(0);
    net.run(Duration::from_millis(1700));
    assert_eq!(
        net.take_contacts(),
        ["searching", "dialing 1", "lost", "dialing 1"]
    );
}

#[test]
fn another_name_is_entered_with_after_a_loss_too() {
    let mut net = Net::entered();
    net.client.rename(net.now, "bob".parse().unwrap());
    net.run(Duration::from_millis(10));
    assert_eq!(net.take_contacts(), ["entered 1"]);
    net.relays[0].restart();
    net.run(Duration::from_secs(10));
    let Some(ToRelay::Enter(enter)) = net.relays[0].heard.first() else {
        panic!("entered");
    };
    assert_eq!(enter.name.as_str(), "bob");
}

#[test]
fn shutting_down_tells_the_relay_and_is_done() {
    let mut net = Net::entered();
    net.client.shut_down(net.now);
    assert!(!net.client.is_done());
    net.run(Duration::from_secs(1));
    assert!(net.client.is_done());
    assert_eq!(net.client.poll_timeout(), None);
    let session = &mut net.relays[0].sessions[0];
    assert!(!session.is_open());
}

#[test]
fn a_hung_up_client_is_silent() {
    let mut net = Net::entered();
    net.client.hang_up(net.now);
    net.run(SESSION_SILENCE_MAX * 2);
    assert_eq!(net.take_contacts(), ["searching"]);
    assert_eq!(net.client.poll_timeout(), None);
}

#[test]
fn noise_is_counted_and_changes_nothing() {
    let mut net = Net::entered();
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    for length in 0..200 {
        let mut noise = vec![0; length];
        rand::Rng::fill_bytes(&mut rng, &mut noise);
        net.client.handle_datagram(net.now, path(1), &mut noise);
    }
    net.run(Duration::from_secs(20));
    assert!(net.client.counters().datagrams_dropped > 100);
    assert_eq!(net.take_contacts(), [""; 0]);
}

#[test]
fn the_end_of_a_session_by_the_relay_is_a_loss() {
    let mut net = Net::entered();
    let now = net.now;
    net.relays[0].sessions[0].close(now, CloseCode::Refused, "not\u{1b}[31m today");
    net.run(Duration::from_millis(1500));
    assert_eq!(net.take_contacts(), ["lost"]);
    net.run(Duration::from_secs(2));
    assert_eq!(net.take_contacts(), ["dialing 1", "entered 1"]);
}

#[test]
fn a_session_without_channels_left_is_replaced_by_another() {
    let mut net = Net::entered();
    for index in 0..130 {
        let room: RoomName = format!("room{index}").parse().unwrap();
        let known = KnownHashes::default();
        let follow = Follow::Nothing;
        net.client.open(net.now, room.clone(), true, follow, known);
        net.run(Duration::from_millis(20));
        assert!(net.updates.pop().is_some_and(|update| matches!(
            update,
            Update::Opened { room: opened, .. } if opened == room
        )));
        net.client.close_room(net.now, &room, false);
    }
    assert_eq!(net.take_contacts(), ["lost", "dialing 1", "entered 1"]);
}
