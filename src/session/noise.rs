//! The Noise handshake, with randomness from outside.

use std::sync::Mutex;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use ring::digest;
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::types::{Cipher, Dh, Hash, Random};
use snow::{Builder, HandshakeState};
use zeroize::Zeroizing;

use crate::wire::{Cleartext, Cookie, Hello};

use super::{KeyPair, PublicKey};

/// The handshake's name, which fixes its every detail.
const PATTERN: &str = "Noise_XXpsk3_25519_ChaChaPoly_BLAKE2s";

/// Room for any message of the handshake: keys, tags and a relay's identity.
const MESSAGE_BYTES_MAX: usize = 512;

/// A message of the handshake is not what it should be, or not from whom it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoiseError;

/// The two keys a handshake ends with.
pub struct Split {
    /// Seals what the client sends.
    pub client: Zeroizing<[u8; 32]>,
    /// Seals what the relay sends.
    pub relay: Zeroizing<[u8; 32]>,
}

/// One end's side of a handshake.
pub struct Noise {
    state: HandshakeState,
}

impl Noise {
    /// The client's side, after RETRY.
    pub fn client(
        keys: &KeyPair,
        psk: &[u8; 32],
        hello: &Hello,
        cookie: &Cookie,
        rng: &mut ChaCha12Rng,
    ) -> Self {
        let prologue = prologue(hello, cookie);
        let state = builder(keys, psk, &prologue, rng)
            .build_initiator()
            .expect("every part the pattern needs is set");
        Self { state }
    }

    /// The relay's side, after INIT.
    pub fn relay(
        keys: &KeyPair,
        psk: &[u8; 32],
        hello: &Hello,
        cookie: &Cookie,
        rng: &mut ChaCha12Rng,
    ) -> Self {
        let prologue = prologue(hello, cookie);
        let state = builder(keys, psk, &prologue, rng)
            .build_responder()
            .expect("every part the pattern needs is set");
        Self { state }
    }

    /// Our next message, with something in it for the other end.
    pub fn write(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut message = vec![0; MESSAGE_BYTES_MAX];
        let length = self
            .state
            .write_message(payload, &mut message)
            .expect("it is our turn and there is room");
        message.truncate(length);
        message
    }

    /// Reads the other end's next message and returns what is in it for us. After an error the
    /// state is as before.
    pub fn read(&mut self, message: &[u8]) -> Result<Vec<u8>, NoiseError> {
        let mut payload = vec![0; message.len()];
        let length = self
            .state
            .read_message(message, &mut payload)
            .map_err(|_| NoiseError)?;
        payload.truncate(length);
        Ok(payload)
    }

    /// The other end's key, once it has told.
    pub fn peer_key(&self) -> Option<PublicKey> {
        self.state.get_remote_static()?.try_into().ok()
    }

    /// The keys of both directions. Only after the last message.
    pub fn split(mut self) -> Split {
        let (client, relay) = self.state.dangerously_get_raw_split();
        Split {
            client: Zeroizing::new(client),
            relay: Zeroizing::new(relay),
        }
    }
}

/// Binds the handshake to the datagrams that came before it.
fn prologue(hello: &Hello, cookie: &Cookie) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&hello.encode());
    let retry = Cleartext::Retry {
        client: hello.client,
        cookie: *cookie,
    };
    context.update(&retry.encode());
    context.finish().as_ref().to_vec()
}

fn builder<'a>(
    keys: &'a KeyPair,
    psk: &'a [u8; 32],
    prologue: &'a [u8],
    rng: &mut ChaCha12Rng,
) -> Builder<'a> {
    let resolver = SeededResolver {
        rng: Mutex::new(ChaCha12Rng::from_rng(rng)),
    };
    Builder::with_resolver(
        PATTERN.parse().expect("the pattern is a Noise pattern"),
        Box::new(resolver),
    )
    .local_private_key(keys.private())
    .and_then(|builder| builder.psk(3, psk))
    .and_then(|builder| builder.prologue(prologue))
    .expect("each part is set once")
}

/// The default primitives, but for the randomness of ephemeral keys, which comes from our own
/// generator: seeded by the system in production, by a number in the simulator.
struct SeededResolver {
    rng: Mutex<ChaCha12Rng>,
}

impl CryptoResolver for SeededResolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        let mut rng = self.rng.lock().ok()?;
        Some(Box::new(SeededRandom(ChaCha12Rng::from_rng(&mut *rng))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        DefaultResolver.resolve_dh(choice)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        DefaultResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

struct SeededRandom(ChaCha12Rng);

impl Random for SeededRandom {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), snow::Error> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}
