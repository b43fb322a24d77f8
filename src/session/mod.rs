//! An authenticated, encrypted conversation between two ends.
//!
//! # Handshake
//!
//! ```text
//! client                                   relay
//!   HELLO (padded to 256)        ────►            stateless
//!                                ◄────   RETRY    42 bytes: a cookie bound to the address
//!   INIT (HELLO again, cookie, e)────►            the address is proven: state from here on
//!                                ◄──── RESPONSE   e, ee, s, es, and which relay this is
//!   the pin is checked
//!   FINISH (s, se, psk)          ────►            both ends have the keys
//!   records                      ◄───►   records
//! ```
//!
//! Noise_XXpsk3_25519_ChaChaPoly_BLAKE2s; the prologue is the SHA-256 of HELLO and RETRY, so that
//! neither can be altered. The pre-shared key is the room secret of a private relay and all zero for
//! an open one. No reply is larger than its request before the address is proven.
//!
//! # Records
//!
//! Each direction has its own key, from the handshake's split. The header is associated data, the
//! nonce is the packet number, a number is accepted once ([`replay`]), and nothing changes state
//! before the tag has been verified. The sender moves to a new key after 120 s or 2^20 packets
//! ([`keys`]); old ones are erased.
//!
//! # Roaming
//!
//! A session is known by its connection ids, not by addresses. An authentic record from a new address
//! makes this end challenge that address; once the answer comes back, the traffic moves there.
//!
//! The snow crate's own transport takes no associated data and accepts replays, so only the
//! handshake is its work.

mod dial;
mod established;
mod keys;
mod listen;
mod noise;
mod replay;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ring::digest;
use serde::{Deserialize, Serialize};
use x25519::PrivateKey;

use crate::wire::{DeviceId, Name, RelayId};

pub use crate::link::{LinkStats, Priority, QueueFull};
pub use dial::{Dial, DialEvent};
pub use established::{CloseCode, Session, SessionEvent};
pub use listen::Listener;

mod x25519;

/// A session without an authentic record for so long has ended.
pub const SESSION_SILENCE_MAX: Duration = Duration::from_secs(12);

/// A client that has heard nothing for so long asks for a sign of life.
pub const KEEP_ALIVE: Duration = Duration::from_secs(4);

/// A handshake in which nothing is heard for so long has failed.
pub const DIAL_SILENCE_MAX: Duration = Duration::from_secs(5);

/// A public key on Curve25519.
pub type PublicKey = [u8; 32];

/// The all-zero key of an open relay.
pub const OPEN_PSK: [u8; 32] = [0; 32];

/// A device's or relay's key pair.
#[derive(Clone)]
pub struct KeyPair {
    /// The half to be shown.
    pub public: PublicKey,
    private: PrivateKey,
}

impl KeyPair {
    /// The pair that belongs to 32 random bytes.
    pub fn from_private(private: [u8; 32]) -> Self {
        let private = PrivateKey::new(private);
        Self {
            public: private.public(),
            private,
        }
    }

    /// The half to be kept.
    pub fn private(&self) -> &[u8; 32] {
        self.private.bytes()
    }

    /// The short name of this key.
    pub fn device_id(&self) -> DeviceId {
        device_id(&self.public)
    }
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyPair({})", self.device_id())
    }
}

/// The short name of a key: the first 8 bytes of its SHA-256.
pub fn device_id(key: &PublicKey) -> DeviceId {
    let hash = digest::digest(&digest::SHA256, key);
    let mut id = [0; 8];
    id.copy_from_slice(&hash.as_ref()[..8]);
    DeviceId(id)
}

/// Where a datagram came from, or goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// The other end.
    pub remote: SocketAddr,
    /// Our own address on this path; `None` leaves the choice to the kernel.
    pub local: Option<IpAddr>,
}

/// Which relay this is, as it says itself in the handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayIdentity {
    /// The id kept with its store.
    pub id: RelayId,
    /// What it is called.
    pub name: Name,
}
