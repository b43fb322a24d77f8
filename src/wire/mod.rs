//! Bytes to values and back. No state, no I/O.
//!
//! Everything read from the network is parsed here, once, into a value that is valid by
//! construction. Parsing never panics and never allocates more than the datagram it was given.
//!
//! # Every datagram
//!
//! Numbers are big-endian; `varint` is the encoding of RFC 9000 §16; `mp` is MessagePack.
//!
//! ```text
//! cleartext   'L' 'N' 'T' 'M' · version 1 · kind 1 · body · crc32 4
//!   1 PROBE        mp(Probe)                               who is here? answered by unicast
//!   2 BEACON       mp(Beacon)                              at most 200 bytes in all
//!   3 HELLO        client id 8 · min version 1 · max version 1 · nonce 16 · zeros to 256
//!   4 RETRY        client id 8 · cookie 24
//!   5 INIT         client id 8 · min 1 · max 1 · nonce 16 · cookie 24 · noise message 1
//!   6 RESPONSE     client id 8 · relay id 8 · noise message 2
//!   7 FINISH       relay id 8 · noise message 3
//!   8 UNSUPPORTED  client id 8 · min version 1 · max version 1
//!   9 UNKNOWN      connection id 8                         "I have no such session"
//!
//! record      0b11 phase 1 version 5 · connection id 8 · packet number 8 · ciphertext · tag 16
//!             the 17 bytes before the ciphertext are associated data; nonce = packet number
//!
//! frames, inside a record
//!   0x00 PADDING         to the end of the record
//!   0x01 PING            asks for an acknowledgement, carries nothing
//!   0x02 ACK             largest varint · delay µs varint · first run varint ·
//!                        count varint · (gap varint · run varint) × count
//!   0x03 ACK_NOW         the sender wants this record acknowledged at once
//!   0x04 MESSAGE         stream varint · number varint · length varint · bytes
//!   0x05 FRAGMENT        stream varint · number varint · total varint · offset varint ·
//!                        length varint · bytes
//!   0x06 PATH_CHALLENGE  8 bytes
//!   0x07 PATH_RESPONSE   8 bytes
//!   0x08 CLOSE           code 1 · length varint · UTF-8 text
//!   0x09 ACK_LATER       the sender needs no acknowledgement of this record by itself
//! ```
//!
//! The checksum weeds out foreign and damaged packets early; it is no security. Records carry
//! none: their tag does that work.

pub mod beacon;
pub mod datagram;
pub mod frame;
pub mod ids;
pub mod member;
pub mod pack;
pub mod payload;
pub mod record;
pub mod refusal;
pub mod text;
mod varint;

#[cfg(test)]
mod tests;

pub use beacon::{Announcement, Beacon, Probe, RelayKind};
pub use datagram::{Cleartext, Cookie, Hello, Init};
pub use frame::{AckRanges, Frame, FrameReader};
pub use ids::*;
pub use member::{Member, PathQuality, Presence, Reader};
pub use payload::*;
pub use record::{ConnectionId, RECORD_OVERHEAD, RecordHeader};
pub use refusal::{Limit, Parting, Refusal, StoreFault};
pub use text::{Name, NameError, RoomName, SafeText};

/// The protocol version this build speaks, and the only one.
pub const VERSION: u8 = 1;

/// The UDP port of relay sessions; any free port when it is taken (the beacon tells).
pub const RELAY_PORT: u16 = 5267;

/// The UDP port of discovery, shared by all processes of a host.
pub const DISCOVERY_PORT: u16 = 5268;

/// The largest datagram sent before a larger one is proven to get through: fits every link with
/// IPv6's minimum MTU of 1,280 (RFC 8200 §5), less 40 bytes of IPv6 header, 8 of UDP and some slack
/// for tunnels.
pub const DATAGRAM_BYTES_MIN: usize = 1200;

/// The largest datagram ever sent: Ethernet's 1,500 less 40 bytes of IPv6 and 8 of UDP header.
pub const DATAGRAM_BYTES_MAX: usize = 1452;

/// Why bytes were not what they should be. Never shown to users: such datagrams are counted and
/// dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes end before the value does.
    #[error("truncated")]
    Truncated,
    /// Not one of ours: wrong magic or kind.
    #[error("not a lanterm datagram")]
    Foreign,
    /// One of ours, of a version this build does not speak.
    #[error("protocol version {0}")]
    Version(u8),
    /// The checksum does not match.
    #[error("damaged")]
    Damaged,
    /// Well-formed but outside its bounds, or followed by bytes that belong to nothing.
    #[error("malformed")]
    Malformed,
}

/// What kind of datagram this is, from its first bytes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatagramClass {
    /// Starts with the magic: beacons, probes and the handshake.
    Cleartext,
    /// A sealed record of a session.
    Record,
    /// Neither.
    Foreign,
}

/// Tells a record from a cleartext datagram from noise, without parsing either.
pub fn classify(datagram: &[u8]) -> DatagramClass {
    match datagram.first() {
        Some(first) if first >> 6 == 0b11 => DatagramClass::Record,
        Some(b'L') if datagram.starts_with(&datagram::MAGIC) => DatagramClass::Cleartext,
        _ => DatagramClass::Foreign,
    }
}
