//! Members of a room and its readers, as a relay lists them.

use serde::{Deserialize, Serialize};

use super::ids::{DeviceId, Seq, Timestamp};
use super::text::{self, Name, SafeText};

/// Whether a member is at hand. Shown, never logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Presence {
    /// In a session, and active.
    #[serde(rename = "h")]
    Here,
    /// In a session, but has done nothing for a while.
    #[serde(rename = "i")]
    Idle,
    /// In a session, marked as away.
    #[serde(rename = "a")]
    Away,
    /// In no session.
    #[serde(rename = "g")]
    Gone,
}

impl Presence {
    /// The word used on screens and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Idle => "idle",
            Self::Away => "away",
            Self::Gone => "gone",
        }
    }
}

/// A member of a room, or of the relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The name the user goes by, unique among those present at a relay.
    pub name: Name,
    /// The device of its latest session.
    pub device: DeviceId,
    /// Whether it is at hand.
    pub presence: Presence,
    /// Since when, by the relay's clock.
    pub since: Timestamp,
    /// What it says of that; one line of at most 128 bytes, may be empty.
    #[serde(deserialize_with = "text::status")]
    pub status: SafeText,
}

impl Member {
    /// Whether `known` is out of date once this is known: it has the same name, or is at hand by
    /// another name on the same device, which has one at a time. Somebody who is gone may well be a
    /// member by several names.
    pub fn replaces(&self, known: &Self) -> bool {
        let is_gone = |member: &Self| member.presence == Presence::Gone;
        let is_elsewhere = self.device != known.device || is_gone(self) || is_gone(known);
        self.name == known.name || !is_elsewhere
    }
}

/// How far somebody's device has a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// The name its user goes by.
    pub name: Name,
    /// The last event it has stored.
    pub seq: Seq,
    /// The last event its user has read; 0 when nothing was said of that.
    pub read: Seq,
}

/// How well a relay reaches one of its sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathQuality {
    /// The name its user goes by.
    pub name: Name,
    /// Its device.
    pub device: DeviceId,
    /// Smoothed round trip, in microseconds.
    pub rtt_micros: u64,
    /// Of the relay's last 256 datagrams to it so many in a hundred were lost.
    pub loss_to_percent: u8,
    /// Of its last 256 datagrams to the relay so many in a hundred did not arrive.
    pub loss_from_percent: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_at_hand_by_one_name_and_gone_by_any() {
        use Presence::{Gone, Here};
        let member = |name: &str, device, presence| Member {
            name: name.parse().unwrap(),
            device: DeviceId([device; 8]),
            presence,
            since: Timestamp(0),
            status: SafeText::default(),
        };
        let amy = member("amy", 1, Here);
        assert!(amy.replaces(&member("amy", 2, Gone)));
        assert!(amy.replaces(&member("bob", 1, Here)));
        assert!(!amy.replaces(&member("bob", 2, Here)));
        assert!(!amy.replaces(&member("bob", 1, Gone)));
        assert!(!member("bob", 1, Gone).replaces(&amy));
    }
}
