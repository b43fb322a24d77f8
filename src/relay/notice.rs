//! What a relay tells its log. Never the text of a message.

use std::fmt;

use crate::wire::{DeviceId, Name, Parting, RoomName};

/// Something an operator may want to know; shown as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayNotice {
    /// A session was entered.
    Entered {
        /// The name its user goes by.
        name: Name,
        /// The device.
        device: DeviceId,
    },
    /// A session was closed by its user.
    Left(Name),
    /// A session fell silent.
    TimedOut(Name),
    /// A user goes by another name.
    Renamed {
        /// The name until now.
        from: Name,
        /// The name from here on.
        to: Name,
    },
    /// A session was turned away because the relay has no room for more.
    Full,
    /// A session was closed for what it did.
    Dismissed {
        /// Its device.
        device: DeviceId,
        /// Why.
        why: Dismissal,
    },
    /// A room was made.
    RoomCreated {
        /// The room.
        room: RoomName,
        /// Who made it.
        by: Name,
    },
    /// The wall clock jumped, so that nothing is deleted by its age in this run.
    ClockJumped,
    /// A room's log goes on under another id, because a reader had read something else under the one
    /// so far: the store was put back from an older copy.
    Forked(RoomName),
    /// Nothing can be stored. Said once, until something is stored again.
    StoreFailed {
        /// Why.
        reason: String,
    },
    /// Events are stored again.
    StoreRecovered,
}

/// Why a relay closes a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dismissal {
    /// It asks for more than it reads.
    Overrun,
    /// It does not speak the protocol.
    Protocol,
    /// Its place in a log can't be read from the store.
    Unreadable,
}

impl Dismissal {
    /// What the member is told.
    pub const fn parting(self) -> Parting {
        match self {
            Self::Overrun => Parting::Overrun,
            Self::Protocol => Parting::Protocol,
            Self::Unreadable => Parting::Unreadable,
        }
    }
}

impl fmt::Display for Dismissal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parting().fmt(f)
    }
}

impl fmt::Display for RelayNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entered { name, device } => write!(f, "{name} entered, device {device}"),
            Self::Left(name) => write!(f, "{name} left"),
            Self::TimedOut(name) => write!(f, "{name} timed out"),
            Self::Renamed { from, to } => write!(f, "{from} is now {to}"),
            Self::Full => f.write_str("a session was turned away: the relay is full"),
            Self::Dismissed { device, why } => write!(f, "closed device {device}: {why}"),
            Self::RoomCreated { room, by } if room.direct_users().is_some() => {
                write!(f, "{by} made a direct room")
            }
            Self::RoomCreated { room, by } => write!(f, "{by} made room {room}"),
            Self::ClockJumped => f.write_str(
                "the clock jumped: nothing is deleted for its age until the relay starts anew",
            ),
            Self::Forked(room) => write!(
                f,
                "the history of room {room} diverged from what was read: this is an older copy"
            ),
            Self::StoreFailed { reason } => write!(f, "nothing can be stored: {reason}"),
            Self::StoreRecovered => f.write_str("events are stored again"),
        }
    }
}
