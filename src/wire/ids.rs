//! What events, logs, devices and relays are known by, and where an event stands.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::WireError;

/// Wall-clock time: microseconds since 1970-01-01 UTC. For people to read, never for ordering.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// The place of an event in its room's log: 1 for the first, without gaps.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The place after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

macro_rules! id_of_bytes {
    ($(#[$doc:meta])* $type:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(pub [u8; $bytes]);

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($type))
            }
        }

        impl FromStr for $type {
            type Err = WireError;

            fn from_str(text: &str) -> Result<Self, WireError> {
                let digits = text.as_bytes();
                if digits.len() != 2 * $bytes {
                    return Err(WireError::Malformed);
                }
                let digit = |byte: u8| {
                    let digit = char::from(byte).to_digit(16)?;
                    u8::try_from(digit).ok()
                };
                let mut bytes = [0; $bytes];
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    let high = digit(pair[0]).ok_or(WireError::Malformed)?;
                    let low = digit(pair[1]).ok_or(WireError::Malformed)?;
                    *byte = high << 4 | low;
                }
                Ok(Self(bytes))
            }
        }

        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde_bytes::Bytes::new(&self.0).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                serde_bytes::ByteArray::<$bytes>::deserialize(deserializer)
                    .map(|bytes| Self(bytes.into_array()))
            }
        }
    };
}

id_of_bytes! {
    /// Names a device: the first 8 bytes of the SHA-256 of its public key.
    DeviceId, 8
}

id_of_bytes! {
    /// Names one life of a room's log, random. A relay that lost its log, or whose log was put back
    /// from an older copy, starts another.
    LogId, 8
}

id_of_bytes! {
    /// Names a relay for as long as it keeps its store, random.
    RelayId, 8
}

id_of_bytes! {
    /// A hash over a log from its first event up to one of them: the same for two who hold the same
    /// events in the same order. See `room::hash_after`.
    LogHash, 16
}

impl LogHash {
    /// The hash of a log without events.
    pub const EMPTY: Self = Self([0; 16]);
}

/// The number a device gives to an event it sends, unique for that device; random below 2^63.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalId(pub u64);

/// What makes an event one and the same, however often it is sent: its device and the device's
/// own number for it. Shown as 16 hexadecimal digits, a dash and the number in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The device that sent the event.
    pub device: DeviceId,
    /// Its own number for the event.
    pub local: LocalId,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:x}", self.device, self.local.0)
    }
}

/// Which of its sender's events in a room this is.
///
/// A sender counts the events it sends to a room on a *line* of its own, from 1 on and without
/// gaps, so that a reader notices when the log lacks one. Every process of a device has another
/// line. What the relay writes has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ordinal {
    /// The line, random and not 0; 0 for an event that is not counted.
    pub line: u32,
    /// The number on the line, from 1; 0 for an event that is not counted.
    pub number: u32,
}

impl Ordinal {
    /// An event that is not counted.
    pub const NONE: Self = Self { line: 0, number: 0 };
}

/// A place in one life of a room's log: the last event somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Which log `seq` counts in.
    pub log: LogId,
    /// The last event had; 0 for none.
    pub seq: Seq,
    /// The hash over the log up to there.
    pub hash: LogHash,
}
