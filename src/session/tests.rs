//! A client and a relay's listener joined by a simulated wire.

use bytes::Bytes;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::*;
use crate::time::{Instant, earliest};
use crate::wire::{Cleartext, ConnectionId, DatagramClass, Hello, RecordHeader, classify};

const MS: Duration = Duration::from_millis(1);
const DELAY: Duration = Duration::from_micros(150);

fn path(address: &str) -> Path {
    Path {
        remote: address.parse().unwrap(),
        local: None,
    }
}

struct Net {
    now: Instant,
    rng: ChaCha12Rng,
    loss: f64,
    dial: Dial,
    listener: Listener,
    client: Option<Session>,
    relay: Option<Session>,
    /// Where the relay sees the client.
    client_path: Path,
    relay_path: Path,
    flying: Vec<(Instant, bool, Path, Vec<u8>)>,
    /// Every datagram that left the client, to be replayed.
    recorded: Vec<Vec<u8>>,
    at_client: Vec<SessionEvent>,
    at_relay: Vec<SessionEvent>,
    failures: Vec<String>,
}

impl Net {
    fn new(seed: u64, loss: f64) -> Self {
        Self::with_psks(seed, loss, OPEN_PSK, OPEN_PSK)
    }

    fn with_psks(seed: u64, loss: f64, client_psk: [u8; 32], relay_psk: [u8; 32]) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let now = Instant::from_micros(3_000_000);
        let identity = RelayIdentity {
            id: RelayId([9; 8]),
            name: "box".parse().unwrap(),
        };
        let relay_keys = KeyPair::from_private([1; 32]);
        let client_keys = KeyPair::from_private([2; 32]);
        let relay_path = path("10.0.0.1:5267");
        Self {
            now,
            loss,
            dial: Dial::new(now, client_keys, client_psk, relay_path, &mut rng),
            listener: Listener::new(relay_keys, relay_psk, &identity, &mut rng),
            rng,
            client: None,
            relay: None,
            client_path: path("10.0.0.2:4000"),
            relay_path,
            flying: Vec::new(),
            recorded: Vec::new(),
            at_client: Vec::new(),
            at_relay: Vec::new(),
            failures: Vec::new(),
        }
    }

    fn flush(&mut self) {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let sent = match &mut self.client {
                Some(session) => session.poll_transmit(self.now, &mut bytes),
                None => self.dial.poll_transmit(self.now, &mut bytes),
            };
            if sent.is_none() {
                break;
            }
            self.recorded.push(bytes.clone());
            self.fly(true, self.client_path, bytes.clone());
        }
        loop {
            bytes.clear();
            let sent = self
                .listener
                .poll_transmit(self.now, &mut bytes)
                .or_else(|| {
                    let session = self.relay.as_mut()?;
                    session.poll_transmit(self.now, &mut bytes)
                });
            let Some(to) = sent else { break };
            // What goes to an address the client has left is lost.
            if to.remote == self.client_path.remote {
                self.fly(false, self.relay_path, bytes.clone());
            }
        }
    }

    fn fly(&mut self, to_relay: bool, from: Path, bytes: Vec<u8>) {
        if !self.rng.random_bool(self.loss) {
            self.flying.push((self.now + DELAY, to_relay, from, bytes));
        }
    }

    fn arrive_at_relay(&mut self, from: Path, mut bytes: Vec<u8>) {
        match classify(&bytes) {
            DatagramClass::Cleartext => self.listener.handle_cleartext(self.now, from, &bytes),
            DatagramClass::Record => {
                if let Some(session) = &mut self.relay {
                    session.handle_record(self.now, from, &mut bytes);
                }
            }
            DatagramClass::Foreign => {}
        }
        if let Some(session) = self.listener.poll_accept() {
            self.relay = Some(session);
        }
    }

    fn arrive_at_client(&mut self, from: Path, mut bytes: Vec<u8>) {
        match (&mut self.client, classify(&bytes)) {
            (Some(session), DatagramClass::Record) => {
                session.handle_record(self.now, from, &mut bytes);
            }
            _ => self.dial.handle_datagram(self.now, from, &bytes),
        }
    }

    fn drain(&mut self) {
        while let Some(event) = self.dial.poll_event() {
            match event {
                DialEvent::Identity { key, identity } => {
                    assert_eq!(key, KeyPair::from_private([1; 32]).public);
                    assert_eq!(identity.name.as_str(), "box");
                    self.dial.approve(self.now);
                }
                DialEvent::Established(session) => self.client = Some(*session),
                failure => self.failures.push(format!("{failure:?}")),
            }
        }
        if let Some(session) = &mut self.client {
            self.at_client
                .extend(std::iter::from_fn(|| session.poll_event()));
        }
        if let Some(session) = &mut self.relay {
            self.at_relay
                .extend(std::iter::from_fn(|| session.poll_event()));
        }
    }

    fn run(&mut self, duration: Duration) {
        let until = self.now + duration;
        for _ in 0..1_000_000 {
            self.drain();
            self.flush();
            let arrival = self.flying.iter().map(|flight| flight.0).min();
            let client = match &self.client {
                Some(session) => session.poll_timeout(),
                None => self.dial.poll_timeout(),
            };
            let relay = self.relay.as_ref().and_then(Session::poll_timeout);
            let timeouts = [client, relay, self.listener.poll_timeout()];
            let next = timeouts.into_iter().fold(arrival, earliest);
            let Some(next) = next.filter(|next| *next <= until) else {
                self.now = until;
                return;
            };
            self.now = self.now.max(next);
            let (due, rest) = std::mem::take(&mut self.flying)
                .into_iter()
                .partition(|flight| flight.0 <= self.now);
            self.flying = rest;
            let due: Vec<(Instant, bool, Path, Vec<u8>)> = due;
            for (_, to_relay, from, bytes) in due {
                if to_relay {
                    self.arrive_at_relay(from, bytes);
                } else {
                    self.arrive_at_client(from, bytes);
                }
                self.drain();
            }
            self.dial.handle_timeout(self.now);
            self.listener.handle_timeout(self.now);
            for session in [&mut self.client, &mut self.relay].into_iter().flatten() {
                session.handle_timeout(self.now);
            }
        }
        panic!("the session never comes to rest");
    }

    fn client_sends(&mut self, text: &str) {
        let data = Bytes::copy_from_slice(text.as_bytes());
        let session = self.client.as_mut().unwrap();
        session.send(self.now, 1, Priority::Chat, data).unwrap();
    }

    fn relay_sends(&mut self, text: &str) {
        let data = Bytes::copy_from_slice(text.as_bytes());
        let session = self.relay.as_mut().unwrap();
        session.send(self.now, 1, Priority::Chat, data).unwrap();
    }
}

fn texts(events: &[SessionEvent]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match event {
            SessionEvent::Received { data, .. } => Some(String::from_utf8_lossy(data).into_owned()),
            SessionEvent::Closed { .. } => None,
        })
        .collect()
}

#[test]
fn a_handshake_takes_three_round_trips_at_most() {
    let mut net = Net::new(1, 0.0);
    net.run(DELAY * 5);
    assert!(net.client.is_some() && net.relay.is_some());
    net.client_sends("hello");
    net.relay_sends("welcome");
    net.run(MS);
    assert_eq!(texts(&net.at_relay), ["hello"]);
    assert_eq!(texts(&net.at_client), ["welcome"]);
}

#[test]
fn a_handshake_gets_through_half_of_all_packets_lost_within_three_seconds() {
    for seed in 0..100 {
        let mut net = Net::new(seed, 0.5);
        net.run(MS * 2_500);
        assert!(net.client.is_some(), "seed {seed}");
        net.client_sends("hello");
        net.run(MS * 500);
        assert_eq!(texts(&net.at_relay), ["hello"], "seed {seed}");
    }
}

#[test]
fn a_relay_with_another_secret_cannot_be_entered() {
    let mut net = Net::with_psks(1, 0.0, [5; 32], OPEN_PSK);
    net.run(MS * 6_000);
    assert!(net.relay.is_none());
}

#[test]
fn no_reply_to_an_unproven_address_is_larger_than_its_request() {
    let mut net = Net::new(1, 0.0);
    let hello = net.recorded_first();
    let mut reply = Vec::new();
    net.listener
        .handle_cleartext(net.now, path("10.9.9.9:1"), &hello);
    while net.listener.poll_transmit(net.now, &mut reply).is_some() {}
    assert!(reply.len() < hello.len() && !reply.is_empty());
    // A cookie is good for the address it was given to only: INIT from elsewhere gets no further.
    net.run(MS * 50);
    let is_init = |bytes: &&Vec<u8>| matches!(Cleartext::decode(bytes), Ok(Cleartext::Init(_)));
    let init = net.recorded.iter().find(is_init).unwrap().clone();
    let mut fresh = Net::new(2, 0.0);
    std::mem::swap(&mut fresh.listener, &mut net.listener);
    reply.clear();
    fresh
        .listener
        .handle_cleartext(net.now, path("10.9.9.9:1"), &init);
    while fresh.listener.poll_transmit(net.now, &mut reply).is_some() {}
    assert!(reply.len() <= init.len());
    assert!(matches!(
        Cleartext::decode(&reply),
        Ok(Cleartext::Retry { .. })
    ));
}

impl Net {
    fn recorded_first(&mut self) -> Vec<u8> {
        let mut hello = Vec::new();
        self.dial.poll_transmit(self.now, &mut hello);
        hello
    }
}

#[test]
fn replayed_records_change_nothing() {
    let mut net = Net::new(1, 0.0);
    net.run(MS * 5);
    for number in 0..10 {
        net.client_sends(&number.to_string());
        net.run(MS * 30);
    }
    let records = std::mem::take(&mut net.recorded);
    for record in records {
        net.arrive_at_relay(path("10.6.6.6:6"), record);
    }
    net.run(MS * 100);
    assert_eq!(texts(&net.at_relay).len(), 10);
    assert_eq!(net.relay.as_ref().unwrap().path(), net.client_path);
}

#[test]
fn a_client_that_moves_is_followed_once_it_has_answered_from_there() {
    for seed in 0..20 {
        let mut net = Net::new(seed, 0.2);
        net.run(MS * 2_000);
        let mut expected = Vec::new();
        for number in 0..60 {
            if number % 20 == 10 {
                net.client_path = path(&format!("10.0.0.{}:4000", 3 + number));
            }
            net.client_sends(&number.to_string());
            net.relay_sends(&number.to_string());
            expected.push(number.to_string());
            net.run(MS * 100);
        }
        net.run(MS * 2_000);
        assert_eq!(texts(&net.at_relay), expected, "seed {seed}");
        assert_eq!(texts(&net.at_client), expected, "seed {seed}");
        assert_eq!(net.relay.as_ref().unwrap().path(), net.client_path);
    }
}

#[test]
fn keys_change_while_traffic_flows() {
    let mut net = Net::new(3, 0.2);
    net.run(MS * 2_000);
    let mut expected = Vec::new();
    for number in 0..400 {
        net.client_sends(&number.to_string());
        net.relay_sends(&number.to_string());
        expected.push(number.to_string());
        net.run(MS * 1_000);
    }
    net.run(MS * 2_000);
    assert_eq!(texts(&net.at_relay), expected);
    assert_eq!(texts(&net.at_client), expected);
    let header = RecordHeader::decode(net.recorded.last().unwrap()).unwrap();
    assert!(header.phase, "400 s are three changes of key");
}

#[test]
fn an_idle_session_stays_alive_and_a_silent_one_ends_after_twelve_seconds() {
    let mut net = Net::new(1, 0.4);
    net.run(MS * 600_000);
    assert_eq!(net.at_relay, []);
    assert_eq!(net.at_client, []);
    net.loss = 1.0;
    net.run(SESSION_SILENCE_MAX + KEEP_ALIVE + MS * 100);
    for events in [&net.at_relay, &net.at_client] {
        assert!(matches!(
            events.as_slice(),
            [SessionEvent::Closed {
                code: CloseCode::TimedOut,
                ..
            }]
        ));
    }
}

#[test]
fn an_idle_session_costs_at_most_two_datagrams_every_four_seconds() {
    let mut net = Net::new(1, 0.0);
    net.run(MS * 1_000);
    let before = net.recorded.len();
    net.run(MS * 400_000);
    assert!(net.recorded.len() - before <= 100);
}

#[test]
fn the_other_end_is_told_of_the_end() {
    let mut net = Net::new(1, 0.0);
    net.run(MS * 5);
    net.client
        .as_mut()
        .unwrap()
        .close(net.now, CloseCode::Done, "bye");
    net.run(MS * 100);
    let closed = |by_peer| SessionEvent::Closed {
        code: CloseCode::Done,
        text: "bye".into(),
        by_peer,
    };
    assert_eq!(net.at_relay, [closed(true)]);
    assert_eq!(net.at_client, [closed(false)]);
}

#[test]
fn a_dial_into_silence_gives_up_after_five_seconds() {
    let mut net = Net::new(1, 1.0);
    net.run(DIAL_SILENCE_MAX - MS);
    assert!(net.failures.is_empty());
    net.run(MS * 2);
    assert_eq!(net.failures, ["TimedOut"]);
}

#[test]
fn a_client_of_another_version_is_told_which_one_is_spoken() {
    let mut net = Net::new(1, 0.0);
    let hello = Hello {
        client: net.dial.connection(),
        versions: (2, 3),
        nonce: [0; 16],
    };
    net.listener
        .handle_cleartext(net.now, net.client_path, &hello.encode());
    net.run(MS);
    assert_eq!(net.failures, ["Unsupported { versions: (1, 1) }"]);
}

#[test]
fn a_relay_that_restarts_in_the_middle_of_a_handshake_is_entered_all_the_same() {
    let mut net = Net::new(1, 0.0);
    net.run(DELAY + DELAY / 2);
    let other = Net::new(99, 0.0);
    net.listener = other.listener;
    net.run(MS * 500);
    assert!(net.client.is_some() && net.relay.is_some());
}

#[test]
fn a_client_that_moves_in_the_middle_of_a_handshake_enters_all_the_same() {
    let mut net = Net::new(1, 0.0);
    net.run(DELAY * 3);
    net.client_path = path("10.0.0.77:9999");
    net.flying.clear();
    net.run(Duration::from_secs(1));
    assert!(net.client.is_some() && net.relay.is_some());
}

/// A HELLO that comes again in the next second is answered by another cookie, and the client starts
/// over with that.
#[test]
fn a_second_cookie_does_not_end_a_handshake() {
    let mut net = Net::new(1, 0.0);
    net.run(DELAY * 3);
    net.flying.clear();
    net.now += Duration::from_secs(1);
    let hello = net.recorded[0].clone();
    net.arrive_at_relay(net.client_path, hello);
    net.run(Duration::from_secs(1));
    assert!(net.client.is_some() && net.relay.is_some());
}

/// When the first answer comes once more after the second, the client starts over with the first
/// cookie, and as another beginning than its first.
#[test]
fn a_cookie_that_comes_again_after_another_does_not_end_a_handshake() {
    let mut net = Net::new(1, 0.0);
    net.run(DELAY * 3);
    let hello = net.recorded[0].clone();
    let mut answers = Vec::new();
    for _ in 0..2 {
        net.arrive_at_relay(net.client_path, hello.clone());
        let mut answer = Vec::new();
        net.listener.poll_transmit(net.now, &mut answer);
        answers.push(answer);
        net.now += Duration::from_secs(1);
    }
    net.flying.clear();
    for answer in [&answers[1], &answers[0]] {
        net.arrive_at_client(net.relay_path, answer.clone());
    }
    net.run(Duration::from_secs(1));
    assert!(net.client.is_some() && net.relay.is_some());
}

#[test]
fn damaged_and_random_datagrams_do_no_harm() {
    let mut net = Net::new(1, 0.0);
    net.run(MS * 5);
    let mut rng = ChaCha12Rng::seed_from_u64(77);
    net.client_sends("before");
    net.run(MS * 50);
    let samples = net.recorded.clone();
    for round in 0..20_000 {
        let mut bytes = samples[round % samples.len()].clone();
        match round % 3 {
            0 => bytes.truncate(rng.random_range(0..bytes.len())),
            1 => {
                let bit = rng.random_range(0..bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            _ => rng.fill_bytes(&mut bytes[1..]),
        }
        net.arrive_at_relay(path("10.6.6.6:6"), bytes.clone());
        net.arrive_at_client(path("10.6.6.6:6"), bytes);
    }
    net.client_sends("after");
    net.run(MS * 50);
    assert_eq!(texts(&net.at_relay), ["before", "after"]);
}

#[test]
fn unknown_sessions_are_told_so_within_bounds() {
    let mut net = Net::new(1, 0.0);
    let mut out = Vec::new();
    let mut told = 0;
    for _ in 0..1_000 {
        net.listener
            .unknown(net.now, net.client_path, ConnectionId([1; 8]));
        while net.listener.poll_transmit(net.now, &mut out).is_some() {
            told += 1;
        }
    }
    assert_eq!(told, 200);
}

#[test]
fn a_record_that_overtakes_the_end_of_its_handshake_is_not_called_unknown() {
    let mut net = Net::new(1, 0.0);
    net.run(DELAY * 4 + DELAY / 2);
    let session = net.client.as_ref().expect("RESPONSE has arrived");
    let relay = session.peer_connection();
    assert!(net.relay.is_none(), "FINISH is still under way");
    let mut out = Vec::new();
    net.listener.unknown(net.now, net.client_path, relay);
    assert_eq!(net.listener.poll_transmit(net.now, &mut out), None);
}
