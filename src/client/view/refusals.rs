//! Rooms that the relay will not open, or has closed; see [`Room`](crate::client::room).

use super::View;
use crate::client::positions::Compared;
use crate::client::room::Intent;
use crate::client::update::Update;
use crate::time::Instant;
use crate::wire::{Refusal, RoomName};

impl View {
    /// A channel is refused, or closed by the relay. What waits to be sent there stays, unless the
    /// room is refused for good.
    pub(super) fn handle_open_refused(&mut self, now: Instant, channel: u32, refusal: Refusal) {
        let Some(name) = self.channels.remove(&channel) else {
            return;
        };
        self.outbox.channel_lost(&name);
        // What is missing may be in the log all the same, and a comparison begins anew.
        self.drop_own_question_about(&name);
        let room = (self.rooms.get_mut(&name)).expect("a channel belongs to a room");
        room.channel_lost();
        match refusal {
            Refusal::Moved => room.moved(now),
            Refusal::Diverged => {
                let compared = room.diverged(now);
                self.compared(&name, compared);
            }
            Refusal::Limit(_) | Refusal::Store(_) => {
                self.handle_passing(now, &name, refusal);
                // Perhaps too many are open.
                self.close_idle();
            }
            Refusal::NoSuchRoom(_) | Refusal::NotAllowed | Refusal::TooLong | Refusal::Protocol => {
                self.handle_lasting(name, refusal);
                return;
            }
        }
        self.forget_needless(&name);
    }

    /// Tells what a comparison has come to.
    pub(super) fn compared(&mut self, name: &RoomName, compared: Option<Compared>) {
        match compared {
            Some(Compared::Differs { log, at }) => {
                self.updates.push_back(Update::Diverged {
                    room: name.clone(),
                    log,
                    at,
                });
                // What is offered again is numbered on the line so far.
                self.outbox.relay_changed();
            }
            Some(Compared::Unfinished(_) | Compared::Same) | None => {}
        }
    }

    /// The relay can't open the room just now.
    fn handle_passing(&mut self, now: Instant, name: &RoomName, refusal: Refusal) {
        let room = (self.rooms.get_mut(name)).expect("a channel belongs to a room");
        let room_name = name.clone();
        let is_new = room.refused(now, &refusal);
        if self.outbox.has(name) {
            if let Some(local) = self.outbox.room_refused(name, &refusal) {
                self.updates.push_back(Update::Delayed {
                    room: room_name,
                    local,
                    refusal,
                });
            }
        } else if is_new && matches!(room.intent, Intent::Use { .. }) {
            self.updates.push_back(Update::OpenRefused {
                room: room_name,
                refusal,
            });
        }
    }

    /// The relay will not open the room.
    fn handle_lasting(&mut self, name: RoomName, refusal: Refusal) {
        for send in self.outbox.remove_room(&name) {
            self.updates.push_back(Update::NotStored {
                room: name.clone(),
                local: send.local,
                refusal: refusal.clone(),
            });
        }
        let room = self.rooms.remove(&name);
        if room.is_some_and(|room| matches!(room.intent, Intent::Use { .. })) {
            self.updates.push_back(Update::OpenRefused {
                room: name,
                refusal,
            });
        }
    }

    /// Forgets a room without a channel that is not to be opened again.
    fn forget_needless(&mut self, name: &RoomName) {
        let is_wanted = self.rooms.get(name).is_some_and(|room| room.is_wanted());
        if !is_wanted && !self.outbox.has(name) {
            self.rooms.remove(name);
        }
    }
}
