//! Records between two sessions that stand, and the handshake that makes them.
//!
//! Sealing is all of [`Session::poll_transmit`]: the link chooses what goes into the record, then it
//! is encrypted. Opening is all of [`Session::handle_record`]: decryption, the replay window, the
//! frames, the message in its stream's order. Acknowledgements travel outside of what is measured.

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use divan::Bencher;
use lanterm::session::{
    KeyPair, Listener, OPEN_PSK, Priority, RelayIdentity, Session, SessionEvent,
};
use lanterm::time::Instant;
use lanterm::wire::{DatagramClass, RECORD_OVERHEAD, RelayId, classify};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use support::{TRIP, client_keys, client_path, connect, relay_path};

mod support;

/// Bytes of the message in a record.
const MESSAGE: [u8; 128] = [0x61; 128];

/// Pairs of sessions, each used once per sample: two messages of one session would share a record.
const PAIRS: u32 = 16;

/// Time between two messages of a session: a lively conversation.
const MESSAGE_GAP: Duration = Duration::from_millis(20);

fn main() {
    divan::main();
}

#[divan::bench(sample_size = PAIRS, sample_count = 2_000)]
fn seal_128_b(bencher: Bencher) {
    let pairs = pairs();
    let mut turns = (0..pairs.len()).cycle();
    bencher
        .with_inputs(|| {
            let turn = turns.next().unwrap();
            let mut pair = pairs[turn].borrow_mut();
            pair.settle();
            pair.write();
            turn
        })
        .bench_local_values(|turn| pairs[turn].borrow_mut().seal());
}

#[divan::bench(sample_size = PAIRS, sample_count = 2_000)]
fn open_128_b(bencher: Bencher) {
    let pairs = pairs();
    let mut turns = (0..pairs.len()).cycle();
    bencher
        .with_inputs(|| {
            let turn = turns.next().unwrap();
            let mut pair = pairs[turn].borrow_mut();
            pair.settle();
            pair.write();
            pair.seal();
            turn
        })
        .bench_local_values(|turn| pairs[turn].borrow_mut().open());
}

/// Both sides, from HELLO to the relay's session: 5 datagrams.
#[divan::bench(sample_size = 1, sample_count = 500)]
fn handshake(bencher: Bencher) {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let keys = client_keys(0);
    let mut listener = listener(&mut rng);
    bencher
        .with_inputs(|| keys.clone())
        .bench_local_values(|keys| Pair::connect(keys, &mut listener, &mut rng));
}

fn pairs() -> Vec<RefCell<Pair>> {
    let mut rng = ChaCha12Rng::seed_from_u64(2);
    let mut listener = listener(&mut rng);
    (0..PAIRS)
        .map(|_| {
            let mut pair = Pair::connect(client_keys(0), &mut listener, &mut rng);
            // A path is young until the fate of some packets is known.
            for _ in 0..50 {
                pair.settle();
                pair.write();
                pair.seal();
                pair.open();
            }
            RefCell::new(pair)
        })
        .collect()
}

fn listener(rng: &mut ChaCha12Rng) -> Listener {
    let identity = RelayIdentity {
        id: RelayId([9; 8]),
        name: "workshop".parse().unwrap(),
    };
    Listener::new(KeyPair::from_private([1; 32]), OPEN_PSK, &identity, rng)
}

/// Two ends of a session, and the record on its way.
struct Pair {
    now: Instant,
    client: Session,
    relay: Session,
    datagram: Vec<u8>,
    is_written: bool,
    is_opened: bool,
}

impl Pair {
    fn connect(keys: KeyPair, listener: &mut Listener, rng: &mut ChaCha12Rng) -> Self {
        let mut now = Instant::from_micros(1_000_000);
        let client = connect(&mut now, keys, rng, |now, datagram| {
            assert_eq!(classify(datagram), DatagramClass::Cleartext);
            listener.handle_cleartext(now, client_path(0), datagram);
            let mut answer = Vec::new();
            let to = listener.poll_transmit(now, &mut answer);
            to.map(|_| answer).into_iter().collect()
        });
        Self {
            now,
            client,
            relay: listener.poll_accept().expect("FINISH makes a session"),
            datagram: Vec::with_capacity(2_048),
            is_written: false,
            is_opened: true,
        }
    }

    /// Hands a message to the client's session.
    fn write(&mut self) {
        let data = Bytes::from_static(&MESSAGE);
        let result = self.client.send(self.now, 1, Priority::Chat, data);
        assert_eq!(result, Ok(()));
        self.is_written = true;
    }

    /// The client seals the record with the message.
    fn seal(&mut self) {
        let to = self.client.poll_transmit(self.now, &mut self.datagram);
        assert!(to.is_some(), "a message leaves at once");
        self.is_opened = false;
    }

    /// The relay opens it.
    fn open(&mut self) {
        self.relay
            .handle_record(self.now, client_path(0), &mut self.datagram);
        self.is_opened = true;
    }

    /// Checks that the last record did its work, and lets the acknowledgements pass.
    fn settle(&mut self) {
        if !self.is_opened {
            self.open();
        }
        if std::mem::take(&mut self.is_written) {
            let frames_bytes = self.datagram.len() - RECORD_OVERHEAD;
            assert!((132..150).contains(&frames_bytes), "{frames_bytes} bytes");
            let received = SessionEvent::Received {
                stream: 1,
                data: MESSAGE.to_vec(),
            };
            assert_eq!(self.relay.poll_event(), Some(received));
        }
        assert_eq!(self.relay.poll_event(), None);
        let next_at = self.now + MESSAGE_GAP;
        while self.now < next_at {
            self.now += TRIP;
            self.client.handle_timeout(self.now);
            self.relay.handle_timeout(self.now);
            pass(&mut self.client, &mut self.relay, self.now, true);
            pass(&mut self.relay, &mut self.client, self.now, false);
        }
        assert_eq!(self.client.stats().unacked, 0);
        self.datagram.clear();
    }
}

/// Carries over what one end has to send.
fn pass(from: &mut Session, to: &mut Session, now: Instant, to_relay: bool) {
    let path = if to_relay {
        client_path(0)
    } else {
        relay_path()
    };
    let mut datagram = Vec::new();
    while from.poll_transmit(now, &mut datagram).is_some() {
        to.handle_record(now, path, &mut datagram);
        datagram.clear();
    }
}
