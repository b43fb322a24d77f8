//! The header of a sealed record; the rest of it is ciphertext.

use std::fmt;

use super::varint::{VARINT_MAX, take_array, take_byte};
use super::{VERSION, WireError};

/// Bytes of header and tag around a record's frames.
pub const RECORD_OVERHEAD: usize = RecordHeader::LENGTH + 16;

/// Names a session to the end that chose it, wherever the datagram comes from. Random.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub [u8; 8]);

impl fmt::Debug for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// What stands in front of a record's ciphertext, and is authenticated with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// Which of two consecutive keys sealed the record.
    pub phase: bool,
    /// The session, as its receiver named it.
    pub connection: ConnectionId,
    /// The packet number, unique for the session and direction; below 2^62, so that an
    /// acknowledgement can name it.
    pub number: u64,
}

impl RecordHeader {
    /// Its bytes: type, connection id, packet number.
    pub const LENGTH: usize = 17;

    /// The header's bytes.
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[0] = 0b1100_0000 | u8::from(self.phase) << 5 | VERSION;
        bytes[1..9].copy_from_slice(&self.connection.0);
        bytes[9..17].copy_from_slice(&self.number.to_be_bytes());
        bytes
    }

    /// Reads the header of a record.
    ///
    /// # Errors
    /// [`WireError::Truncated`] when there is no room for a header, one byte of frame and a tag;
    /// [`WireError::Foreign`] or [`WireError::Version`] by the first byte;
    /// [`WireError::Malformed`] for a packet number that no acknowledgement could name.
    pub fn decode(datagram: &[u8]) -> Result<Self, WireError> {
        if datagram.len() <= RECORD_OVERHEAD {
            return Err(WireError::Truncated);
        }
        let mut input = datagram;
        let first = take_byte(&mut input)?;
        if first >> 6 != 0b11 {
            return Err(WireError::Foreign);
        }
        let version = first & 0b1_1111;
        if version != VERSION {
            return Err(WireError::Version(version));
        }
        let header = Self {
            phase: first & 0b10_0000 != 0,
            connection: ConnectionId(take_array(&mut input)?),
            number: u64::from_be_bytes(take_array(&mut input)?),
        };
        if header.number > VARINT_MAX {
            return Err(WireError::Malformed);
        }
        Ok(header)
    }
}
