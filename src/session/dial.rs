//! The client's side of the handshake, towards one address.

use std::collections::VecDeque;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::time::{Instant, earliest};
use crate::wire::{Cleartext, ConnectionId, Cookie, Hello, Init, VERSION, pack};

use super::established::Parts;
use super::noise::Noise;
use super::{DIAL_SILENCE_MAX, KeyPair, Path, PublicKey, RelayIdentity, Session};

/// The first pause before a datagram of the handshake is repeated: longer than a round trip and
/// two key agreements (0.6 ms) on a LAN.
const REPEAT_PAUSE_MIN: Duration = Duration::from_millis(20);

/// The longest pause; the pauses grow by half. Short, because a person waits and one handshake is
/// little traffic.
const REPEAT_PAUSE_MAX: Duration = Duration::from_millis(70);

/// What came of a dial.
#[derive(Debug)]
pub enum DialEvent {
    /// The relay has said who it is and proven it. Nothing is sent until [`Dial::approve`].
    Identity {
        /// Its public key.
        key: PublicKey,
        /// Which relay it says it is.
        identity: RelayIdentity,
    },
    /// The session stands. The dial is spent.
    Established(Box<Session>),
    /// There is no protocol version in common.
    Unsupported {
        /// The lowest and highest version the relay speaks.
        versions: (u8, u8),
    },
    /// Nothing was heard for 5 s.
    TimedOut,
}

enum State {
    /// HELLO is out.
    Hello,
    /// INIT is out.
    Init {
        noise: Box<Noise>,
        sent_once_at: Option<Instant>,
    },
    /// The caller checks the relay's key.
    Identified {
        noise: Box<Noise>,
        relay: ConnectionId,
        key: PublicKey,
        rtt: Option<Duration>,
    },
    Spent,
}

/// A handshake under way.
pub struct Dial {
    keys: KeyPair,
    psk: [u8; 32],
    path: Path,
    rng: ChaCha12Rng,
    hello: Hello,
    cookie: Option<Cookie>,
    state: State,
    /// What is repeated until it is answered.
    datagram: Vec<u8>,
    repeat_at: Instant,
    repeat_pause: Duration,
    gives_up_at: Instant,
    events: VecDeque<DialEvent>,
}

impl std::fmt::Debug for Dial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dial")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Dial {
    /// Starts a handshake with whoever is at `path`.
    pub fn new(
        now: Instant,
        keys: KeyPair,
        psk: [u8; 32],
        path: Path,
        rng: &mut ChaCha12Rng,
    ) -> Self {
        let mut rng = ChaCha12Rng::from_rng(rng);
        let mut client = [0; 8];
        let mut nonce = [0; 16];
        rng.fill_bytes(&mut client);
        rng.fill_bytes(&mut nonce);
        let hello = Hello {
            client: ConnectionId(client),
            versions: (VERSION, VERSION),
            nonce,
        };
        Self {
            keys,
            psk,
            path,
            rng,
            hello,
            cookie: None,
            state: State::Hello,
            datagram: hello.encode(),
            repeat_at: now,
            repeat_pause: REPEAT_PAUSE_MIN,
            gives_up_at: now + DIAL_SILENCE_MAX,
            events: VecDeque::new(),
        }
    }

    /// Where the dial goes.
    pub fn path(&self) -> Path {
        self.path
    }

    /// Our name for the session to be: what the relay's records for it are addressed to.
    pub fn connection(&self) -> ConnectionId {
        self.hello.client
    }

    /// Takes in a datagram; ignores what is not an answer to this dial.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        let Ok(cleartext) = Cleartext::decode(datagram) else {
            return;
        };
        match cleartext {
            Cleartext::Retry { client, cookie } if client == self.hello.client => {
                self.handle_retry(now, cookie);
            }
            Cleartext::Response {
                client,
                relay,
                noise,
            } if client == self.hello.client => self.handle_response(now, path, relay, &noise),
            Cleartext::Unsupported { client, versions }
                if client == self.hello.client && matches!(self.state, State::Hello) =>
            {
                self.state = State::Spent;
                self.events.push_back(DialEvent::Unsupported { versions });
            }
            Cleartext::Hello(_)
            | Cleartext::Retry { .. }
            | Cleartext::Init(_)
            | Cleartext::Response { .. }
            | Cleartext::Finish { .. }
            | Cleartext::Unsupported { .. }
            | Cleartext::Unknown { .. } => {}
        }
    }

    /// Goes on after [`DialEvent::Identity`]: the relay is the one that was meant.
    pub fn approve(&mut self, now: Instant) {
        let State::Identified {
            mut noise,
            relay,
            key,
            rtt,
        } = std::mem::replace(&mut self.state, State::Spent)
        else {
            return;
        };
        let finish = Cleartext::Finish {
            relay,
            noise: noise.write(&[]),
        };
        let parts = Parts {
            now,
            is_client: true,
            own: self.hello.client,
            peer: relay,
            peer_key: key,
            path: self.path,
            split: noise.split(),
            finish: Some(finish.encode()),
            rtt,
            ack_linger: Duration::ZERO,
        };
        let session = Session::new(parts, &mut self.rng);
        self.events
            .push_back(DialEvent::Established(Box::new(session)));
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if now >= self.gives_up_at && matches!(self.state, State::Hello | State::Init { .. }) {
            self.state = State::Spent;
            self.events.push_back(DialEvent::TimedOut);
        }
    }

    /// When [`Dial::handle_timeout`] and [`Dial::poll_transmit`] are to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Hello | State::Init { .. } => {
                earliest(Some(self.repeat_at), Some(self.gives_up_at))
            }
            State::Identified { .. } | State::Spent => None,
        }
    }

    /// What came of the dial so far.
    pub fn poll_event(&mut self) -> Option<DialEvent> {
        self.events.pop_front()
    }

    /// Appends the next datagram to `out` and returns where it goes; `None` when nothing is to be
    /// sent now.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Path> {
        match &mut self.state {
            State::Hello => {}
            State::Init { sent_once_at, .. } => {
                // A round trip can be measured only when INIT went out once.
                if self.repeat_at <= now {
                    let is_first = self.repeat_pause == REPEAT_PAUSE_MIN;
                    *sent_once_at = is_first.then_some(now);
                }
            }
            State::Identified { .. } | State::Spent => return None,
        }
        if self.repeat_at > now {
            return None;
        }
        self.repeat_at = now + self.repeat_pause;
        self.repeat_pause = (self.repeat_pause * 3 / 2).min(REPEAT_PAUSE_MAX);
        out.extend_from_slice(&self.datagram);
        Some(self.path)
    }

    fn handle_retry(&mut self, now: Instant, cookie: Cookie) {
        let is_awaited = match self.state {
            State::Hello => true,
            // A relay that has restarted does not accept the old cookie and sends another.
            State::Init { .. } => self.cookie != Some(cookie),
            State::Identified { .. } | State::Spent => false,
        };
        if !is_awaited {
            return;
        }
        let mut noise = Noise::client(&self.keys, &self.psk, &self.hello, &cookie, &mut self.rng);
        let init = Init {
            hello: self.hello,
            cookie,
            noise: noise.write(&[]),
        };
        self.cookie = Some(cookie);
        self.datagram = Cleartext::Init(init).encode();
        self.state = State::Init {
            noise: Box::new(noise),
            sent_once_at: None,
        };
        self.repeat_at = now;
        self.repeat_pause = REPEAT_PAUSE_MIN;
    }

    fn handle_response(&mut self, now: Instant, path: Path, relay: ConnectionId, message: &[u8]) {
        let State::Init {
            noise,
            sent_once_at,
        } = &mut self.state
        else {
            return;
        };
        let Ok(payload) = noise.read(message) else {
            return;
        };
        let sent_once_at = *sent_once_at;
        let key = noise.peer_key();
        let (Ok(identity), Some(key)) = (pack::decode::<RelayIdentity>(&payload), key) else {
            // Authentic, and yet not understood: this handshake can't be finished.
            self.state = State::Spent;
            self.events.push_back(DialEvent::TimedOut);
            return;
        };
        let State::Init { noise, .. } = std::mem::replace(&mut self.state, State::Spent) else {
            return;
        };
        // From here on the relay is where its authentic answer came from.
        self.path = path;
        self.state = State::Identified {
            noise,
            relay,
            key,
            rtt: sent_once_at.map(|at| now.saturating_since(at)),
        };
        self.events.push_back(DialEvent::Identity { key, identity });
    }
}
