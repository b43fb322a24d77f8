//! What a user tells of itself while it writes: nothing of it is logged, and the checker does not ask
//! for it. It is there to get in the way of all else.

use super::User;
use crate::sim::scenario::Part;
use crate::time::Instant;
use crate::wire::{LocalId, Presence, RoomName, SafeText};

impl User {
    /// Tells this and that, as the number of what it writes will have it.
    pub(super) fn tell(&mut self, now: Instant, room: &RoomName, local: LocalId) {
        if self.part == Part::Writes {
            return;
        }
        match local.0 % 8 {
            0 => {
                let presence = [Presence::Here, Presence::Idle, Presence::Away];
                let presence = presence[usize::try_from(local.0 / 8 % 3).unwrap_or(0)];
                let status = SafeText::status(&"z".repeat(usize::from(local.0 as u8)));
                self.client.set_presence(now, presence, status);
            }
            1..=5 => self.client.typing(now, room),
            _ => {}
        }
    }
}
