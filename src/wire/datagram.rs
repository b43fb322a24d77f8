//! The envelope of cleartext datagrams, and the handshake that travels in it.

use super::record::ConnectionId;
use super::varint::{take_array, take_byte};
use super::{VERSION, WireError};

/// The first bytes of every cleartext datagram.
pub(super) const MAGIC: [u8; 4] = *b"LNTM";

pub(super) const PROBE: u8 = 1;
pub(super) const BEACON: u8 = 2;
const HELLO: u8 = 3;
const RETRY: u8 = 4;
const INIT: u8 = 5;
const RESPONSE: u8 = 6;
const FINISH: u8 = 7;
const UNSUPPORTED: u8 = 8;
const UNKNOWN: u8 = 9;

/// Magic, version and kind before the body; the checksum behind it.
const ENVELOPE_BYTES: usize = 4 + 1 + 1 + 4;

/// A HELLO is padded to this, so that no answer to an unproven address is larger than the
/// question (RFC 9000 §8.1 has the same rule with a factor of three).
pub const HELLO_BYTES: usize = 256;

/// Proof that a HELLO came from where it claims: the relay's coarse time and a keyed hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cookie(pub [u8; 24]);

/// The question that opens a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The client's name for the session to be.
    pub client: ConnectionId,
    /// The lowest and highest protocol version the client speaks.
    pub versions: (u8, u8),
    /// Random, so that no two handshakes hash alike.
    pub nonce: [u8; 16],
}

/// The HELLO again, with its cookie and the first message of the Noise handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Init {
    /// The HELLO this goes on from.
    pub hello: Hello,
    /// The cookie the relay returned for it.
    pub cookie: Cookie,
    /// The first Noise message.
    pub noise: Vec<u8>,
}

/// A datagram of the handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cleartext {
    /// Client to relay: may I?
    Hello(Hello),
    /// Relay to client: prove that you are where you say.
    Retry {
        /// The client's name for the session.
        client: ConnectionId,
        /// To be returned in INIT.
        cookie: Cookie,
    },
    /// Client to relay: proven; first Noise message.
    Init(Init),
    /// Relay to client: second Noise message.
    Response {
        /// The client's name for the session.
        client: ConnectionId,
        /// The relay's name for the session.
        relay: ConnectionId,
        /// The second Noise message.
        noise: Vec<u8>,
    },
    /// Client to relay: third Noise message.
    Finish {
        /// The relay's name for the session.
        relay: ConnectionId,
        /// The third Noise message.
        noise: Vec<u8>,
    },
    /// Relay to client: we have no protocol version in common.
    Unsupported {
        /// The client's name for the session.
        client: ConnectionId,
        /// The lowest and highest protocol version the relay speaks.
        versions: (u8, u8),
    },
    /// To whoever sent a record: there is no such session here.
    Unknown {
        /// The connection id of the record.
        connection: ConnectionId,
    },
}

impl Hello {
    /// The whole datagram, always [`HELLO_BYTES`] long.
    pub fn encode(&self) -> Vec<u8> {
        Cleartext::Hello(*self).encode()
    }

    fn write(&self, body: &mut Vec<u8>) {
        body.extend_from_slice(&self.client.0);
        body.extend_from_slice(&[self.versions.0, self.versions.1]);
        body.extend_from_slice(&self.nonce);
    }

    fn read(input: &mut &[u8]) -> Result<Self, WireError> {
        Ok(Self {
            client: ConnectionId(take_array(input)?),
            versions: (take_byte(input)?, take_byte(input)?),
            nonce: take_array(input)?,
        })
    }
}

impl Cleartext {
    /// The whole datagram.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(HELLO_BYTES);
        let kind = match self {
            Self::Hello(hello) => {
                hello.write(&mut body);
                body.resize(HELLO_BYTES - ENVELOPE_BYTES, 0);
                HELLO
            }
            Self::Retry { client, cookie } => {
                body.extend_from_slice(&client.0);
                body.extend_from_slice(&cookie.0);
                RETRY
            }
            Self::Init(init) => {
                init.hello.write(&mut body);
                body.extend_from_slice(&init.cookie.0);
                body.extend_from_slice(&init.noise);
                INIT
            }
            Self::Response {
                client,
                relay,
                noise,
            } => {
                body.extend_from_slice(&client.0);
                body.extend_from_slice(&relay.0);
                body.extend_from_slice(noise);
                RESPONSE
            }
            Self::Finish { relay, noise } => {
                body.extend_from_slice(&relay.0);
                body.extend_from_slice(noise);
                FINISH
            }
            Self::Unsupported { client, versions } => {
                body.extend_from_slice(&client.0);
                body.extend_from_slice(&[versions.0, versions.1]);
                UNSUPPORTED
            }
            Self::Unknown { connection } => {
                body.extend_from_slice(&connection.0);
                UNKNOWN
            }
        };
        seal(kind, &body)
    }

    /// Reads a handshake datagram.
    ///
    /// # Errors
    /// Any [`WireError`]; [`WireError::Version`] for one of another protocol version.
    pub fn decode(datagram: &[u8]) -> Result<Self, WireError> {
        let (version, kind, mut input) = open_any_version(datagram)?;
        // UNSUPPORTED is the same in all versions, so that any two can tell each other.
        if version != VERSION && kind != UNSUPPORTED {
            return Err(WireError::Version(version));
        }
        let input = &mut input;
        let cleartext = match kind {
            HELLO => {
                let hello = Hello::read(input)?;
                if datagram.len() != HELLO_BYTES {
                    return Err(WireError::Malformed);
                }
                if std::mem::take(input).iter().any(|byte| *byte != 0) {
                    return Err(WireError::Malformed);
                }
                Self::Hello(hello)
            }
            RETRY => Self::Retry {
                client: ConnectionId(take_array(input)?),
                cookie: Cookie(take_array(input)?),
            },
            INIT => Self::Init(Init {
                hello: Hello::read(input)?,
                cookie: Cookie(take_array(input)?),
                noise: std::mem::take(input).to_vec(),
            }),
            RESPONSE => Self::Response {
                client: ConnectionId(take_array(input)?),
                relay: ConnectionId(take_array(input)?),
                noise: std::mem::take(input).to_vec(),
            },
            FINISH => Self::Finish {
                relay: ConnectionId(take_array(input)?),
                noise: std::mem::take(input).to_vec(),
            },
            UNSUPPORTED => Self::Unsupported {
                client: ConnectionId(take_array(input)?),
                versions: (take_byte(input)?, take_byte(input)?),
            },
            UNKNOWN => Self::Unknown {
                connection: ConnectionId(take_array(input)?),
            },
            _ => return Err(WireError::Foreign),
        };
        if input.is_empty() {
            Ok(cleartext)
        } else {
            Err(WireError::Malformed)
        }
    }

    /// The client id of a HELLO of a version this build does not speak: the envelope, the client
    /// id's place and the length of a HELLO are the same in all versions.
    pub fn foreign_hello(datagram: &[u8]) -> Option<ConnectionId> {
        match open_any_version(datagram) {
            Ok((version, HELLO, mut body))
                if version != VERSION && datagram.len() == HELLO_BYTES =>
            {
                take_array(&mut body).ok().map(ConnectionId)
            }
            _ => None,
        }
    }
}

/// Checks the envelope and returns the kind and the body.
pub(super) fn open(datagram: &[u8]) -> Result<(u8, &[u8]), WireError> {
    match open_any_version(datagram)? {
        (VERSION, kind, body) => Ok((kind, body)),
        (version, ..) => Err(WireError::Version(version)),
    }
}

/// Checks the envelope but for the version, and returns version, kind and body.
fn open_any_version(datagram: &[u8]) -> Result<(u8, u8, &[u8]), WireError> {
    if !datagram.starts_with(&MAGIC) {
        return Err(WireError::Foreign);
    }
    if datagram.len() < ENVELOPE_BYTES {
        return Err(WireError::Truncated);
    }
    let (content, mut checksum) = datagram.split_at(datagram.len() - 4);
    if crc32fast::hash(content) != u32::from_be_bytes(take_array(&mut checksum)?) {
        return Err(WireError::Damaged);
    }
    Ok((content[4], content[5], &content[6..]))
}

/// Puts `body` into an envelope.
pub(super) fn seal(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::with_capacity(ENVELOPE_BYTES + body.len());
    datagram.extend_from_slice(&MAGIC);
    datagram.extend_from_slice(&[VERSION, kind]);
    datagram.extend_from_slice(body);
    let checksum = crc32fast::hash(&datagram);
    datagram.extend_from_slice(&checksum.to_be_bytes());
    datagram
}
