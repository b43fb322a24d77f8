//! Discovery's datagrams: the beacon that says "I am here", the probe that asks "who is?".
//!
//! Both are hints. Nobody is trusted, and nothing is connected, for a beacon alone.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::datagram;
use super::ids::RelayId;
use super::text::Name;
use super::{WireError, pack};

/// The largest beacon, in bytes, envelope and checksum included.
pub const BEACON_BYTES_MAX: usize = 200;

/// A question to everybody on the network; whoever knows a relay answers by unicast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The process that asks, random: it ignores itself.
    pub instance: u64,
}

/// One process's announcement of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beacon {
    /// The process that announces, random for each start.
    pub instance: u64,
    /// What the relay, or the user, is called.
    pub name: Name,
    /// What is announced.
    pub announcement: Announcement,
}

/// What a beacon announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Announcement {
    /// A relay serves here.
    #[serde(rename = "r")]
    Relay {
        /// Which relay.
        id: RelayId,
        /// Its public key; a hint, checked in the handshake.
        #[serde(with = "serde_bytes")]
        key: [u8; 32],
        /// The UDP port of its sessions, at the address the beacon came from.
        port: u16,
        /// A relay on a box of its own, or one inside somebody's client.
        kind: RelayKind,
        /// Users present.
        members: u32,
        /// The lowest and highest protocol version it speaks.
        versions: (u8, u8),
    },
    /// A client is here and uses this relay; `None` while it looks for one.
    #[serde(rename = "p")]
    Peer {
        /// The relay's address as this client reaches it.
        relay: Option<SocketAddr>,
    },
    /// The process that announced itself is ending.
    #[serde(rename = "b")]
    Gone,
}

/// How lasting a relay is. In order of preference, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RelayKind {
    /// `lanterm relay` on a box.
    #[serde(rename = "d")]
    Dedicated,
    /// Inside a client, with others in the room.
    #[serde(rename = "s")]
    HostedSettled,
    /// Inside a client that is alone so far.
    #[serde(rename = "h")]
    Hosted,
}

impl Probe {
    /// The whole datagram.
    pub fn encode(&self) -> Vec<u8> {
        datagram::seal(datagram::PROBE, &pack::encode(self))
    }
}

impl Beacon {
    /// The whole datagram, at most 200 bytes.
    pub fn encode(&self) -> Vec<u8> {
        let bytes = datagram::seal(datagram::BEACON, &pack::encode(self));
        assert!(
            bytes.len() <= BEACON_BYTES_MAX,
            "a beacon outgrew its bound"
        );
        bytes
    }
}

/// What arrives on the discovery port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscoveryDatagram {
    /// A question.
    Probe(Probe),
    /// An announcement, or the answer to a question.
    Beacon(Beacon),
}

impl DiscoveryDatagram {
    /// Reads a datagram of the discovery port.
    ///
    /// # Errors
    /// Any [`WireError`]; [`WireError::Version`] for one of another protocol version.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        match datagram::open(bytes)? {
            (datagram::PROBE, body) => Ok(Self::Probe(pack::decode(body)?)),
            (datagram::BEACON, body) => {
                if bytes.len() > BEACON_BYTES_MAX {
                    return Err(WireError::Malformed);
                }
                Ok(Self::Beacon(pack::decode(body)?))
            }
            _ => Err(WireError::Foreign),
        }
    }
}
