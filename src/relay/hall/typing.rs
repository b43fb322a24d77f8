//! Who is typing, told to those who read along.
//!
//! It is worth nothing a moment later: it is told at most every two seconds for one device and room,
//! only while few have the room open, and kept nowhere but until each of them can take it.

use std::collections::BTreeMap;

use super::{Hall, SessionId};
use crate::relay::limits::TYPING_INTERVAL;
use crate::room::DELIVERED_SESSIONS_MAX;
use crate::time::Instant;
use crate::wire::DeviceId;

/// The devices of which a room was told lately that somebody types, and when.
#[derive(Debug, Default)]
pub(super) struct Typing(BTreeMap<DeviceId, Instant>);

impl Typing {
    /// Whether a room may be told of this device now; takes note that it is.
    fn tell(&mut self, now: Instant, device: DeviceId) -> bool {
        self.0.retain(|_, told| now < *told + TYPING_INTERVAL);
        // No more can have the room open, but they may come and go.
        let is_new = self.0.len() < DELIVERED_SESSIONS_MAX && !self.0.contains_key(&device);
        if is_new {
            self.0.insert(device, now);
        }
        is_new
    }
}

impl Hall {
    /// Takes in that a session's user is typing on a channel.
    pub(super) fn handle_typing(&mut self, now: Instant, id: SessionId, number: u32) {
        let Some(seat) = self.seats.get(&id) else {
            return;
        };
        let (Some(name), Some(channel)) = (seat.name(), seat.channels.get(&number)) else {
            // The channel may have been closed by the relay meanwhile.
            self.nonsense += u64::from(!seat.used.contains(&number));
            return;
        };
        let (device, name) = (seat.device, name.clone());
        let hall_room = &mut self.rooms[channel.room.0];
        if hall_room.audience.len() > DELIVERED_SESSIONS_MAX || !hall_room.typing.tell(now, device)
        {
            return;
        }
        for (id, number) in &hall_room.audience {
            if let Some(seat) = self.seats.get_mut(id)
                && seat.device != device
                && let Some(channel) = seat.channels.get_mut(number)
                && channel.follow.is_some()
                && channel.typing.len() < DELIVERED_SESSIONS_MAX
            {
                channel.typing.insert(name.clone());
                self.ready.insert(*id);
            }
        }
    }
}
