//! Whether a run is over, and what is known of it then.

use super::World;
use crate::sim::Summary;
use crate::sim::checker::{Observation, Reader};
use crate::sim::scenario::{ACTIVE, Part};
use crate::time::Instant;
use crate::wire::Seq;

impl World {
    /// Whether everything is where it belongs: outboxes are empty, and everybody has on disk what
    /// the relay has.
    pub(super) fn is_at_rest(&self) -> bool {
        self.relay.is_some()
            && self.log.poll_timeout().is_none()
            && self.users.iter().all(|user| {
                let has_all = |room| {
                    let Some(stored) = self.log.log.room(room) else {
                        return true;
                    };
                    let head = stored.events.last().map_or(Seq(0), |event| event.seq);
                    let cursor = user.disk.held.cursors.get(room);
                    head == Seq(0) || cursor.is_some_and(|cursor| cursor.seq >= head)
                };
                let has_all = user.part != Part::ReadsAll || user.rooms.iter().all(has_all);
                user.disk.is_idle() && user.unsent() == 0 && has_all
            })
    }

    /// Who reads until the end. What the relay's disk holds then is observed.
    pub fn readers(&mut self) -> Vec<Reader> {
        for (room, stored) in self.log.log.rooms() {
            self.observations.push(Observation::Holds {
                room: room.clone(),
                log: stored.log,
                first: stored.first,
                events: stored.events.clone(),
            });
        }
        let mut readers = Vec::new();
        for user in &self.users {
            let is_from_start = match user.part {
                Part::ReadsAll => true,
                Part::ReadsLast(_) => false,
                Part::Writes => continue,
            };
            readers.extend(user.rooms.iter().map(|room| Reader {
                reader: user.index,
                room: room.clone(),
                is_from_start,
            }));
        }
        readers
    }

    /// What the run was, to be asked before [`World::readers`].
    pub fn summary(&self) -> Summary {
        let mut faults = self.faults.clone();
        faults.add_all(&self.log.faults);
        faults.add(crate::sim::Fault::Overflow, self.inbox.overflowed());
        for user in &self.users {
            faults.add_all(&user.faults);
            faults.add(crate::sim::Fault::Overflow, user.inbox.overflowed());
        }
        let count = |is_such: fn(&Observation) -> bool| {
            let such = self.observations.iter().filter(|each| is_such(each));
            such.count()
        };
        let mut trace = [0; 32];
        trace.copy_from_slice(self.trace.clone().finish().as_ref());
        Summary {
            virtual_time: self.now - Instant::ZERO,
            sent: count(|each| matches!(each, Observation::Sent { .. })),
            refused: count(|each| matches!(each, Observation::Refused { .. })),
            shown: count(|each| matches!(each, Observation::Shown { .. })),
            checked: self.observations.len(),
            datagrams: self.datagrams,
            cut_off: self.cut_off,
            faults,
            sessions: self.users.iter().map(|user| user.sessions).sum(),
            relays: self.relays,
            settled_after: self.settled_at.saturating_since(Instant::ZERO + ACTIVE),
            unsent: self.users.iter().map(|user| user.unsent()).sum(),
            trace,
        }
    }
}
