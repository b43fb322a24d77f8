//! Handshakes in memory, for the benchmarks that need sessions that stand.

use std::time::Duration;

use lanterm::session::{Dial, DialEvent, KeyPair, OPEN_PSK, Path, Session};
use lanterm::time::Instant;
use rand_chacha::ChaCha12Rng;

/// One way through the pretended network: about what a wired LAN takes.
pub const TRIP: Duration = Duration::from_micros(150);

/// Where the relay is.
pub fn relay_path() -> Path {
    path("10.0.0.1:5267")
}

/// Where the client with this number is.
pub fn client_path(number: u16) -> Path {
    path(&format!("10.0.0.2:{}", 4_000 + number))
}

fn path(remote: &str) -> Path {
    Path {
        remote: remote.parse().unwrap(),
        local: None,
    }
}

/// A client's key pair, another for each number.
pub fn client_keys(number: u16) -> KeyPair {
    let mut private = [7; 32];
    private[..2].copy_from_slice(&number.to_be_bytes());
    KeyPair::from_private(private)
}

/// Takes a client through the whole handshake, from HELLO to FINISH. `relay` is given each of the
/// client's datagrams and returns the answers to it; time passes on every way.
pub fn connect(
    now: &mut Instant,
    keys: KeyPair,
    rng: &mut ChaCha12Rng,
    mut relay: impl FnMut(Instant, &mut [u8]) -> Vec<Vec<u8>>,
) -> Session {
    let mut dial = Dial::new(*now, keys, OPEN_PSK, relay_path(), rng);
    let mut session = loop {
        let mut datagram = Vec::new();
        let to = dial.poll_transmit(*now, &mut datagram);
        assert!(to.is_some(), "the handshake goes on with every answer");
        *now += TRIP;
        let answers = relay(*now, &mut datagram);
        *now += TRIP;
        for answer in answers {
            dial.handle_datagram(*now, relay_path(), &answer);
        }
        if let Some(event) = dial.poll_event() {
            assert!(matches!(event, DialEvent::Identity { .. }), "{event:?}");
            dial.approve(*now);
        }
        if let Some(DialEvent::Established(session)) = dial.poll_event() {
            break session;
        }
    };
    let mut finish = Vec::new();
    let to = session.poll_transmit(*now, &mut finish);
    assert!(to.is_some(), "FINISH is the first to leave");
    *now += TRIP;
    for mut answer in relay(*now, &mut finish) {
        session.handle_record(*now, relay_path(), &mut answer);
    }
    *session
}
