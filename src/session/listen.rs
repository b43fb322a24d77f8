//! The relay's side of the handshake.
//!
//! Nothing is remembered of a HELLO: its cookie carries all that INIT must prove.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use ring::hmac;

use crate::time::Instant;
use crate::wire::{Cleartext, ConnectionId, Cookie, Hello, Init, VERSION, pack};

use super::established::Parts;
use super::noise::Noise;
use super::{KeyPair, Path, RelayIdentity, Session};

/// Handshakes between INIT and FINISH. Each takes about 1 KiB; the oldest goes when one more comes.
const PENDING_MAX: usize = 1024;

/// A handshake not finished by then is forgotten.
const PENDING_AGE_MAX: Duration = Duration::from_secs(5);

/// A cookie is good for so long. Long enough for a path that loses most of what it is given.
const COOKIE_AGE_MAX: Duration = Duration::from_secs(10);

/// UNKNOWNs a second at most: they answer records that anybody can forge.
const UNKNOWN_PER_SECOND: u32 = 200;

/// Answers waiting to leave. A batch of 64 datagrams gives at most as many.
const OUT_MAX: usize = 256;

/// How long an acknowledgement that is due at once waits for an answer to join it. A commit on
/// a fast disk takes about as long.
const ACK_LINGER: Duration = Duration::from_micros(600);

/// What a client begins a handshake with: the cookie, and its first Noise message. A client that was
/// given another cookie, because it asked twice or has moved, begins anew, and does so each time that
/// its cookie changes: to the one before, too, when datagrams overtake each other. It can't read the
/// answer to an earlier beginning.
type Beginning = (Cookie, Vec<u8>);

struct Pending {
    client: ConnectionId,
    beginning: Beginning,
    noise: Noise,
    response: Vec<u8>,
    since: Instant,
    /// When RESPONSE left, unless it left more than once.
    answered_once_at: Option<Instant>,
}

/// Accepts sessions.
pub struct Listener {
    keys: KeyPair,
    psk: [u8; 32],
    identity: Vec<u8>,
    cookie_key: hmac::Key,
    rng: ChaCha12Rng,
    pending: BTreeMap<ConnectionId, Pending>,
    /// Which pending handshake has this beginning.
    by_beginning: BTreeMap<Beginning, ConnectionId>,
    accepted: VecDeque<Session>,
    out: VecDeque<(Path, Vec<u8>)>,
    unknown_left: u32,
    unknown_refilled_at: Instant,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener")
            .field("pending", &self.pending.len())
            .finish_non_exhaustive()
    }
}

impl Listener {
    /// Accepts sessions with these keys, from those who know the pre-shared key.
    pub fn new(
        keys: KeyPair,
        psk: [u8; 32],
        identity: &RelayIdentity,
        rng: &mut ChaCha12Rng,
    ) -> Self {
        let mut rng = ChaCha12Rng::from_rng(rng);
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        Self {
            keys,
            psk,
            identity: pack::encode(identity),
            cookie_key: hmac::Key::new(hmac::HMAC_SHA256, &secret),
            rng,
            pending: BTreeMap::new(),
            by_beginning: BTreeMap::new(),
            accepted: VecDeque::new(),
            out: VecDeque::new(),
            unknown_left: UNKNOWN_PER_SECOND,
            unknown_refilled_at: Instant::ZERO,
        }
    }

    /// Takes in a cleartext datagram.
    pub fn handle_cleartext(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        match Cleartext::decode(datagram) {
            Ok(Cleartext::Hello(hello)) => self.handle_hello(now, path, &hello),
            Ok(Cleartext::Init(init)) => self.handle_init(now, path, &init),
            Ok(Cleartext::Finish { relay, noise }) => self.handle_finish(now, path, relay, &noise),
            Ok(
                Cleartext::Retry { .. }
                | Cleartext::Response { .. }
                | Cleartext::Unsupported { .. }
                | Cleartext::Unknown { .. },
            ) => {}
            Err(_) => {
                if let Some(client) = Cleartext::foreign_hello(datagram) {
                    self.refuse_version(path, client);
                }
            }
        }
    }

    /// A record came for a session that is not there: says so, within bounds. Says nothing while
    /// the handshake is under way: the record has overtaken FINISH.
    pub fn unknown(&mut self, now: Instant, path: Path, connection: ConnectionId) {
        if self.pending.contains_key(&connection) {
            return;
        }
        if now.saturating_since(self.unknown_refilled_at) >= Duration::from_secs(1) {
            self.unknown_refilled_at = now;
            self.unknown_left = UNKNOWN_PER_SECOND;
        }
        if self.unknown_left > 0 {
            self.unknown_left -= 1;
            self.reply(path, &Cleartext::Unknown { connection });
        }
    }

    /// The next session that stands.
    pub fn poll_accept(&mut self) -> Option<Session> {
        self.accepted.pop_front()
    }

    /// Appends the next datagram to `out` and returns where it goes; `None` when nothing is to be
    /// sent now.
    pub fn poll_transmit(&mut self, _now: Instant, out: &mut Vec<u8>) -> Option<Path> {
        let (path, datagram) = self.out.pop_front()?;
        out.extend_from_slice(&datagram);
        Some(path)
    }

    /// Time has passed: forgets handshakes that were not finished.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(oldest) = self.oldest() {
            if now.saturating_since(self.pending[&oldest].since) < PENDING_AGE_MAX {
                break;
            }
            self.forget(oldest);
        }
    }

    /// When [`Listener::handle_timeout`] is to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.oldest()
            .map(|oldest| self.pending[&oldest].since + PENDING_AGE_MAX)
    }

    fn handle_hello(&mut self, now: Instant, path: Path, hello: &Hello) {
        let (min, max) = hello.versions;
        if !(min..=max).contains(&VERSION) {
            self.refuse_version(path, hello.client);
            return;
        }
        let cookie = self.cookie(now.as_micros() / 1_000_000, path, hello);
        let client = hello.client;
        self.reply(path, &Cleartext::Retry { client, cookie });
    }

    fn handle_init(&mut self, now: Instant, path: Path, init: &Init) {
        let client = init.hello.client;
        if !self.is_good_cookie(now, path, init) {
            // From before a restart, or too old; asking again costs the client one round trip.
            self.handle_hello(now, path, &init.hello);
            return;
        }
        let beginning = (init.cookie, init.noise.clone());
        if let Some(relay) = self.by_beginning.get(&beginning).copied() {
            self.repeat_response(path, relay);
            return;
        }
        let mut noise = Noise::relay(
            &self.keys,
            &self.psk,
            &init.hello,
            &init.cookie,
            &mut self.rng,
        );
        if noise.read(&init.noise).is_err() {
            return;
        }
        if self.pending.len() >= PENDING_MAX
            && let Some(oldest) = self.oldest()
        {
            self.forget(oldest);
        }
        let mut relay = [0; 8];
        self.rng.fill_bytes(&mut relay);
        let relay = ConnectionId(relay);
        let response = Cleartext::Response {
            client,
            relay,
            noise: noise.write(&self.identity),
        }
        .encode();
        self.push_out(path, response.clone());
        self.by_beginning.insert(beginning.clone(), relay);
        self.pending.insert(
            relay,
            Pending {
                client,
                beginning,
                noise,
                response,
                since: now,
                answered_once_at: Some(now),
            },
        );
    }

    /// INIT again: RESPONSE was lost.
    fn repeat_response(&mut self, path: Path, relay: ConnectionId) {
        let Some(pending) = self.pending.get_mut(&relay) else {
            return;
        };
        pending.answered_once_at = None;
        let response = pending.response.clone();
        self.push_out(path, response);
    }

    fn handle_finish(&mut self, now: Instant, path: Path, relay: ConnectionId, message: &[u8]) {
        let Some(pending) = self.pending.get_mut(&relay) else {
            return;
        };
        if pending.noise.read(message).is_err() {
            return;
        }
        let Some(Pending {
            client,
            noise,
            answered_once_at,
            ..
        }) = self.forget(relay)
        else {
            return;
        };
        let Some(peer_key) = noise.peer_key() else {
            return;
        };
        let parts = Parts {
            now,
            is_client: false,
            own: relay,
            peer: client,
            peer_key,
            path,
            split: noise.split(),
            finish: None,
            rtt: answered_once_at.map(|at| now.saturating_since(at)),
            ack_linger: ACK_LINGER,
        };
        self.accepted.push_back(Session::new(parts, &mut self.rng));
    }

    fn refuse_version(&mut self, path: Path, client: ConnectionId) {
        let versions = (VERSION, VERSION);
        self.reply(path, &Cleartext::Unsupported { client, versions });
    }

    /// A cookie for a HELLO: the second it was made in, and a keyed hash over that, the address
    /// and the HELLO.
    fn cookie(&self, second: u64, path: Path, hello: &Hello) -> Cookie {
        let mut context = hmac::Context::with_key(&self.cookie_key);
        context.update(&second.to_be_bytes());
        context.update(path.remote.to_string().as_bytes());
        context.update(&hello.encode());
        let tag = context.sign();
        let mut cookie = [0; 24];
        cookie[..8].copy_from_slice(&second.to_be_bytes());
        cookie[8..].copy_from_slice(&tag.as_ref()[..16]);
        Cookie(cookie)
    }

    fn is_good_cookie(&self, now: Instant, path: Path, init: &Init) -> bool {
        let mut second = [0; 8];
        second.copy_from_slice(&init.cookie.0[..8]);
        let second = u64::from_be_bytes(second);
        let now_second = now.as_micros() / 1_000_000;
        let is_recent = now_second
            .checked_sub(second)
            .is_some_and(|age| age <= COOKIE_AGE_MAX.as_secs());
        let expected = self.cookie(second, path, &init.hello);
        // Every byte is compared, so that the time taken tells nothing.
        let difference = expected.0.iter().zip(&init.cookie.0);
        is_recent && difference.fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
    }

    fn oldest(&self) -> Option<ConnectionId> {
        self.pending
            .iter()
            .min_by_key(|(_, pending)| pending.since)
            .map(|(relay, _)| *relay)
    }

    fn forget(&mut self, relay: ConnectionId) -> Option<Pending> {
        let pending = self.pending.remove(&relay)?;
        self.by_beginning.remove(&pending.beginning);
        Some(pending)
    }

    fn reply(&mut self, path: Path, cleartext: &Cleartext) {
        self.push_out(path, cleartext.encode());
    }

    fn push_out(&mut self, path: Path, datagram: Vec<u8>) {
        if self.out.len() < OUT_MAX {
            self.out.push_back((path, datagram));
        }
    }
}
