//! Users: the names they go by, and whether they are at hand.
//!
//! A user is a name. Among those in a session a name belongs to one device; another device that
//! wants it gets a number added. Several sessions of a device under one name are one user. A name
//! nobody present goes by is free to whoever comes, with the memberships and the direct rooms
//! that stand under it: names are not yet kept for their devices.

use std::collections::{BTreeMap, BTreeSet};

use super::rooms::Outlook;
use super::seat::{Seat, Standing};
use super::{Hall, RoomId, SessionId};
use crate::relay::limits::{PART_BYTES_MAX, PRESENCE_DELAY};
use crate::relay::notice::RelayNotice;
use crate::time::Instant;
use crate::wire::text::NAME_CHARS_MAX;
use crate::wire::{
    Body, CONTROL_CHANNEL, DeviceId, Enter, Limit, Member, Name, Presence, RoomName, SafeText, Seq,
    Timestamp, ToMember, Welcome, pack,
};

/// A user that is in a session, or a member of a room.
#[derive(Debug)]
pub(super) struct Person {
    /// The device of the latest session.
    pub device: DeviceId,
    pub presence: Presence,
    /// What it says of that.
    pub status: SafeText,
    /// Since when, by the relay's clock.
    pub since: Timestamp,
    /// The sessions entered, all of one device.
    pub seats: BTreeSet<SessionId>,
    /// The rooms this is a member of, direct ones aside.
    pub rooms: BTreeSet<RoomId>,
}

impl Hall {
    /// How many users are at hand or marked away.
    pub fn members_present(&self) -> usize {
        self.present
    }

    pub(super) fn enter(&mut self, now: Instant, id: SessionId, enter: Enter) {
        let Some(device) = self.seats.get(&id).map(|seat| seat.device) else {
            return;
        };
        let name = self.free_name(enter.name, device);
        self.seat_person(now, id, device, &name);
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.standing = Standing::Inside {
                name: name.clone(),
                entered_as: name.clone(),
                visible: enter.visible,
                presence: Presence::Here,
                status: SafeText::default(),
            };
        }
        self.refresh_presence(now, &name);
        self.welcome(id, &name);
        self.notice(RelayNotice::Entered { name, device });
        self.replay_early(now, id);
    }

    /// Gives every session of this one's user another name. Rooms hear of it by an event each;
    /// direct rooms stay under the names they have.
    pub(super) fn rename(&mut self, now: Instant, id: SessionId, wanted: Name) {
        let Some((device, from)) = self
            .seats
            .get(&id)
            .and_then(|seat| Some((seat.device, seat.name()?.clone())))
        else {
            return;
        };
        let to = self.free_name(wanted, device);
        if to == from {
            self.welcome(id, &to);
            return;
        }
        let rooms: Vec<RoomId> = self.rooms_of(&from);
        if !self.commits.has_space_for(rooms.len()) {
            if let Some(seat) = self.seats.get_mut(&id) {
                seat.refuse(CONTROL_CHANNEL, Limit::Events.into());
            }
            return;
        }
        for room in rooms {
            self.propose_from_relay(now, room, device, from.clone(), Body::Rename(to.clone()));
        }
        let sessions = self
            .people
            .get_mut(&from)
            .map(|person| std::mem::take(&mut person.seats))
            .unwrap_or_default();
        for session in sessions {
            self.seat_person(now, session, device, &to);
            if let Some(seat) = self.seats.get_mut(&session)
                && let Standing::Inside { name, .. } = &mut seat.standing
            {
                *name = to.clone();
            }
            self.welcome(session, &to);
            self.ready.insert(session);
        }
        self.refresh_presence(now, &from);
        self.refresh_presence(now, &to);
        self.notice(RelayNotice::Renamed { from, to });
    }

    /// The rooms a user is a member of, or will be once what is proposed is committed.
    fn rooms_of(&self, name: &Name) -> Vec<RoomId> {
        let proposed = self.commits.rooms_joined_by(name);
        let committed = self.people.get(name).map(|person| person.rooms.clone());
        let mut rooms: BTreeSet<RoomId> = committed.unwrap_or_default();
        rooms.extend(proposed);
        rooms
            .into_iter()
            .filter(|room| {
                let Outlook { is_member, .. } = self.outlook(*room, name);
                is_member
            })
            .collect()
    }

    pub(super) fn handle_presence(
        &mut self,
        now: Instant,
        id: SessionId,
        said: Presence,
        text: SafeText,
    ) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let Standing::Inside {
            name,
            presence,
            status,
            ..
        } = &mut seat.standing
        else {
            return;
        };
        if said == Presence::Gone {
            // Only the end of its last session makes a user gone.
            self.nonsense += 1;
            return;
        }
        (*presence, *status) = (said, text);
        let name = name.clone();
        self.refresh_presence(now, &name);
    }

    /// Takes an ended session from its user.
    pub(super) fn forget_seat(&mut self, now: Instant, id: SessionId, name: &Name) {
        if let Some(person) = self.people.get_mut(name) {
            person.seats.remove(&id);
        }
        self.refresh_presence(now, name);
    }

    fn seat_person(&mut self, now: Instant, id: SessionId, device: DeviceId, name: &Name) {
        let since = self.wall_now(now);
        let person = self.person(name.clone(), device, since);
        person.device = device;
        person.seats.insert(id);
    }

    /// Takes in a member of a room from the store.
    pub(super) fn remember_member(&mut self, room: RoomId, member: &Member) {
        let person = self.person(member.name.clone(), member.device, member.since);
        if member.since >= person.since {
            person.since = member.since;
            person.device = member.device;
        }
        person.rooms.insert(room);
    }

    /// The user of this name; a new one was last seen at `since` on that device.
    pub(super) fn person(&mut self, name: Name, device: DeviceId, since: Timestamp) -> &mut Person {
        self.people.entry(name).or_insert_with(|| Person {
            device,
            presence: Presence::Gone,
            status: SafeText::default(),
            since,
            seats: BTreeSet::new(),
            rooms: BTreeSet::new(),
        })
    }

    /// The name wanted, with a number when another device in session goes by it.
    fn free_name(&self, wanted: Name, device: DeviceId) -> Name {
        let is_free = |name: &Name| {
            self.people
                .get(name)
                .is_none_or(|person| person.seats.is_empty() || person.device == device)
        };
        if is_free(&wanted) {
            return wanted;
        }
        // There are fewer sessions than numbers, so one of them is free.
        (2u32..)
            .map(|number| numbered(&wanted, number))
            .find(is_free)
            .expect("numbers outlast sessions")
    }

    fn welcome(&mut self, id: SessionId, name: &Name) {
        let mut direct = Vec::new();
        let mut bytes = 0;
        for room in self.directs.get(name).into_iter().flatten() {
            let room = &self.rooms[room.0].room;
            bytes += room.name.as_str().len() + 16;
            if bytes > PART_BYTES_MAX {
                break;
            }
            if room.head > Seq(0) {
                direct.push((room.name.clone(), room.head));
            }
        }
        let welcome = Welcome {
            name: name.clone(),
            relay: self.greeting.relay,
            relay_name: self.greeting.relay_name.clone(),
            is_hosted: self.greeting.is_hosted,
            is_durable: self.greeting.is_durable,
            direct,
        };
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.say(&ToMember::Welcome(welcome));
        }
    }

    /// Works out from a user's sessions whether it is at hand, and has a change told.
    fn refresh_presence(&mut self, now: Instant, name: &Name) {
        let since = self.wall_now(now);
        let Some(person) = self.people.get_mut(name) else {
            return;
        };
        let seats = person.seats.iter().filter_map(|id| self.seats.get(id));
        // The session in which the user is most at hand decides.
        let best = seats
            .filter_map(Seat::presence)
            .min_by_key(|(presence, _)| *presence);
        let (presence, status) = best.map_or((Presence::Gone, SafeText::default()), |best| {
            (best.0, best.1.clone())
        });
        if presence != person.presence {
            self.present -= usize::from(person.presence != Presence::Gone);
            self.present += usize::from(presence != Presence::Gone);
            person.presence = presence;
            person.since = since;
            self.tell_soon(now, name.clone());
        }
        if let Some(person) = self.people.get_mut(name)
            && person.status != status
        {
            person.status = status;
            self.tell_soon(now, name.clone());
        }
        self.forget_stranger(name);
    }

    /// Forgets a user that is in no session and a member of nothing.
    pub(super) fn forget_stranger(&mut self, name: &Name) {
        let is_stranger = self
            .people
            .get(name)
            .is_some_and(|person| person.seats.is_empty() && person.rooms.is_empty());
        // In a direct room a user is still seen to go.
        if is_stranger && !self.changed.contains(name) {
            self.people.remove(name);
        }
    }

    /// Has a user's state told to the rooms it is a member of, together with what else changes
    /// until then.
    pub(super) fn tell_soon(&mut self, now: Instant, name: Name) {
        self.changed.insert(name);
        self.tell_changes_at.get_or_insert(now + PRESENCE_DELAY);
    }

    /// Tells each room what changed in its member list.
    pub(super) fn tell_changes(&mut self) {
        self.tell_changes_at = None;
        let mut changes: BTreeMap<RoomId, Vec<Member>> = BTreeMap::new();
        let changed = std::mem::take(&mut self.changed);
        for name in &changed {
            let Some(person) = self.people.get(name) else {
                continue;
            };
            let directs = self.directs.get(name).into_iter().flatten();
            for room in person.rooms.iter().chain(directs) {
                let member = person.as_member(name);
                changes.entry(*room).or_default().push(member);
            }
        }
        for (room, members) in changes {
            let pages = encode_pages(members);
            let audience = self.rooms[room.0].add_changes(pages);
            self.ready.extend(audience);
        }
        for name in &changed {
            self.forget_stranger(name);
        }
    }

    /// The members of a room, by name. A direct room has those of its two users that are known.
    pub(super) fn members_of(&self, room: RoomId) -> Vec<Member> {
        let room = &self.rooms[room.0].room;
        let names = match room.name.direct_users() {
            Some((first, second)) => BTreeSet::from([first, second]),
            None => room.members.clone(),
        };
        names
            .iter()
            .filter_map(|name| Some(self.people.get(name)?.as_member(name)))
            .collect()
    }

    /// Every user that is a member of a room or at hand.
    pub(super) fn members_of_all(&self) -> Vec<Member> {
        self.people
            .iter()
            .filter(|(_, person)| !person.rooms.is_empty() || person.presence != Presence::Gone)
            .map(|(name, person)| person.as_member(name))
            .collect()
    }

    /// Adds a direct room to its two users'.
    pub(super) fn remember_direct(&mut self, id: RoomId, room: &RoomName) {
        if let Some((first, second)) = room.direct_users() {
            self.direct_rooms += 1;
            self.directs.entry(first).or_default().insert(id);
            self.directs.entry(second).or_default().insert(id);
        }
    }
}

impl Person {
    fn as_member(&self, name: &Name) -> Member {
        Member {
            name: name.clone(),
            device: self.device,
            presence: self.presence,
            since: self.since,
            status: self.status.clone(),
        }
    }
}

/// Encodes a member list, or part of it, as messages of at most [`PART_BYTES_MAX`].
pub(super) fn encode_pages(members: Vec<Member>) -> Vec<bytes::Bytes> {
    split(members)
        .into_iter()
        .map(|page| ToMember::Members(page).encode().into())
        .collect()
}

/// Splits a list into parts that encode to at most [`PART_BYTES_MAX`] each.
pub(super) fn split<T: serde::Serialize>(list: Vec<T>) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    let mut bytes = 0;
    for element in list {
        let element_bytes = pack::encode(&element).len();
        if bytes + element_bytes > PART_BYTES_MAX && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += element_bytes;
        part.push(element);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// A name with a number behind it, cut short where it would get too long.
fn numbered(name: &Name, number: u32) -> Name {
    let suffix = format!("-{number}");
    let kept = NAME_CHARS_MAX - suffix.len();
    let start: String = name.as_str().chars().take(kept).collect();
    format!("{start}{suffix}")
        .parse()
        .expect("a shortened name with a number is a name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_a_long_name_within_its_bound() {
        let name: Name = "x".repeat(NAME_CHARS_MAX).parse().unwrap();
        let numbered = numbered(&name, 4096);
        assert_eq!(numbered.as_str().chars().count(), NAME_CHARS_MAX);
        assert!(numbered.as_str().ends_with("x-4096"));
    }
}
