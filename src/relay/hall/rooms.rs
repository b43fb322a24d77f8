//! Opening and closing rooms, and being a member of them.
//!
//! A room is kept in memory from when it is made and stored together with its first event: a room
//! nothing was said in leaves no trace. Who follows a room with a visible session is a member of
//! it, by an event of its log, until it leaves. The direct room of two users is theirs by its name,
//! needs no joining, and does not exist for anyone else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;

use super::commits::Proposal;
use super::delivered::Delivery;
use super::opening::{Fork, Opening};
use super::people::encode_pages;
use super::seat::Origin;
use super::typing::Typing;
use super::{Hall, RoomId, SessionId};
use crate::relay::limits::{
    CHANGES_MAX, CHANNELS_USED_MAX, DIRECT_ROOMS_MAX, ROOM_MEMBERS_MAX, ROOMS_MAX,
    ROSTER_CHANGES_MAX,
};
use crate::relay::notice::RelayNotice;
use crate::room::log::Reader;
use crate::room::log::RoomSnapshot;
use crate::room::{Room, is_for};
use crate::time::Instant;
use crate::wire::{
    Body, CONTROL_CHANNEL, DeviceId, Event, Limit, Name, Ordinal, Presence, Refusal, RoomName, Seq,
    ToRelay,
};

/// A room, and who has it open.
#[derive(Debug)]
pub(super) struct HallRoom {
    pub room: Room,
    /// Whether the store has it.
    pub is_stored: bool,
    /// The channels it is open on.
    pub audience: BTreeSet<(SessionId, u32)>,
    /// The member list as it was a few changes ago, encoded once for all who open the room.
    roster: Option<Roster>,
    /// The latest changes of the member list, encoded.
    changes: VecDeque<Bytes>,
    /// The number of the first of `changes`.
    change_first: u64,
    /// What is known and told of the progress of each reader that is there.
    pub delivered: BTreeMap<DeviceId, Delivery>,
    /// Who was told of lately to be typing.
    pub typing: Typing,
    /// How far readers, there or not, have stored it.
    pub readers: BTreeMap<DeviceId, Reader>,
    /// Whether the log goes on under the id it has.
    pub fork: Fork,
    /// Those who wait for the log to get another id.
    pub openings: Vec<Opening>,
}

/// A member list, encoded.
#[derive(Debug)]
struct Roster {
    pages: Vec<Bytes>,
    /// The number of the first change that is not in it.
    change_next: u64,
}

/// How a room's membership will stand once everything proposed is committed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlook {
    /// Whether the user asked about will be a member.
    pub is_member: bool,
    /// How many members there will be.
    pub members: usize,
}

/// What a reader of the member list is sent next.
pub(super) enum Change {
    /// This change.
    Next(Bytes),
    /// The whole list: the change it needs is forgotten.
    Roster,
    /// Nothing for now.
    None,
}

impl HallRoom {
    /// A room that is new in this run.
    pub fn new(room: Room, is_stored: bool) -> Self {
        Self {
            room,
            is_stored,
            audience: BTreeSet::new(),
            roster: None,
            changes: VecDeque::new(),
            change_first: 0,
            delivered: BTreeMap::new(),
            typing: Typing::default(),
            readers: BTreeMap::new(),
            fork: Fork::Done,
            openings: Vec::new(),
        }
    }

    /// A room as the store has it.
    pub fn restore(mut snapshot: RoomSnapshot, is_copy: bool) -> Self {
        let readers = std::mem::take(&mut snapshot.readers);
        Self {
            readers: readers
                .into_iter()
                .map(|reader| (reader.device, reader))
                .collect(),
            fork: if is_copy {
                Fork::Required
            } else {
                Fork::NotNeeded
            },
            ..Self::new(Room::restore(snapshot), true)
        }
    }

    /// Whether a user may know of the room.
    pub fn is_for(&self, name: &Name) -> bool {
        is_for(&self.room.name, name)
    }

    /// Adds changes of the member list, and returns who is to be told.
    pub fn add_changes(&mut self, pages: Vec<Bytes>) -> BTreeSet<SessionId> {
        if self.audience.is_empty() {
            self.roster = None;
            return BTreeSet::new();
        }
        self.changes.extend(pages);
        while self.changes.len() > CHANGES_MAX {
            self.changes.pop_front();
            self.change_first += 1;
        }
        self.audience.iter().map(|(id, _)| *id).collect()
    }

    /// The change of the member list with this number.
    pub fn change(&self, number: u64) -> Change {
        match number.checked_sub(self.change_first) {
            None => Change::Roster,
            Some(index) => match usize::try_from(index)
                .ok()
                .and_then(|i| self.changes.get(i))
            {
                Some(change) => Change::Next(change.clone()),
                None => Change::None,
            },
        }
    }

    /// The number the next change of the member list will have.
    fn change_end(&self) -> u64 {
        self.change_first + self.changes.len() as u64
    }

    /// Takes note that somebody in the encoded list is no member any more, which no change tells.
    pub fn forget_roster(&mut self) {
        self.roster = None;
    }
}

impl Hall {
    pub(super) fn add_room(&mut self, room: HallRoom) -> RoomId {
        let id = RoomId(self.rooms.len());
        let name = room.room.name.clone();
        self.remember_direct(id, &name);
        self.room_ids.insert(name, id);
        self.rooms.push(room);
        id
    }

    /// Refuses to open a channel. What was sent on it already goes with it.
    pub(super) fn refuse_channel(&mut self, id: SessionId, channel: u32, refusal: Refusal) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        seat.opening.remove(&channel);
        if !seat.channels.contains_key(&channel) {
            seat.early.retain(|(stream, message)| match message {
                ToRelay::Send(_) | ToRelay::Seen(_) | ToRelay::Read(_) | ToRelay::Typing => {
                    *stream != channel
                }
                ToRelay::Close {
                    channel: number, ..
                } => *number != channel,
                ToRelay::Enter(_)
                | ToRelay::Open(_)
                | ToRelay::Ask { .. }
                | ToRelay::Presence(..)
                | ToRelay::Rename(_) => true,
            });
        }
        if channel != CONTROL_CHANNEL && seat.used.len() < CHANNELS_USED_MAX {
            seat.used.insert(channel);
        }
        seat.refuse(channel, refusal);
    }

    pub(super) fn find_or_make(
        &mut self,
        name: &RoomName,
        create: bool,
        by: &Name,
    ) -> Result<RoomId, Refusal> {
        if !is_for(name, by) {
            return Err(Refusal::NotAllowed);
        }
        if let Some(room) = self.room_ids.get(name) {
            return Ok(*room);
        }
        if name.direct_users().is_some() {
            if self.direct_rooms >= DIRECT_ROOMS_MAX {
                return Err(Limit::DirectRooms.into());
            }
        } else if !create {
            return Err(Refusal::NoSuchRoom(name.clone()));
        } else if self.rooms.len() - self.direct_rooms >= ROOMS_MAX {
            return Err(Limit::Rooms.into());
        }
        let log = self.random_log();
        self.notice(RelayNotice::RoomCreated {
            room: name.clone(),
            by: by.clone(),
        });
        Ok(self.add_room(HallRoom::new(Room::new(name.clone(), log), false)))
    }

    /// Proposes that a user becomes a member of a room, unless it is or will be one.
    pub(super) fn join(
        &mut self,
        now: Instant,
        room: RoomId,
        device: DeviceId,
        name: &Name,
    ) -> Result<(), Refusal> {
        if self.rooms[room.0].room.name.direct_users().is_some() {
            return Ok(());
        }
        let outlook = self.outlook(room, name);
        if outlook.is_member {
            return Ok(());
        }
        if !self.commits.has_space_for(2) {
            return Err(Limit::Events.into());
        }
        if outlook.members >= ROOM_MEMBERS_MAX {
            let (gone, device) = self
                .longest_gone(room)
                .ok_or_else(|| Refusal::from(Limit::Members))?;
            self.propose_from_relay(now, room, device, gone, Body::Leave);
        }
        self.propose_from_relay(now, room, device, name.clone(), Body::Join);
        Ok(())
    }

    /// The member of a room that has been gone longest and will still be a member.
    fn longest_gone(&self, room: RoomId) -> Option<(Name, DeviceId)> {
        let mut gone: Vec<_> = self.rooms[room.0]
            .room
            .members
            .iter()
            .filter_map(|name| Some((self.people.get(name)?, name)))
            .filter(|(person, _)| person.presence == Presence::Gone)
            .collect();
        gone.sort_by_key(|(person, name)| (person.since, *name));
        gone.into_iter()
            .find(|(_, name)| self.outlook(room, name).is_member)
            .map(|(person, name)| (name.clone(), person.device))
    }

    /// How a room's membership will stand once everything proposed is committed.
    pub(super) fn outlook(&self, room: RoomId, name: &Name) -> Outlook {
        let members = &self.rooms[room.0].room.members;
        let mut outlook = Outlook {
            is_member: members.contains(name),
            members: members.len(),
        };
        for proposal in self.commits.of_room(room) {
            let from = &proposal.event.from;
            match &proposal.event.body {
                Body::Join => {
                    outlook.members += 1;
                    outlook.is_member |= from == name;
                }
                Body::Leave => {
                    outlook.members = outlook.members.saturating_sub(1);
                    outlook.is_member &= from != name;
                }
                Body::Rename(to) => {
                    outlook.is_member = (outlook.is_member && from != name) || to == name;
                }
                Body::Message(_)
                | Body::Reply(..)
                | Body::Action(_)
                | Body::Edit(..)
                | Body::Reaction(..)
                | Body::Redaction(_)
                | Body::Topic(_)
                | Body::Role(..) => {}
            }
        }
        outlook
    }

    /// Proposes an event of the relay's own making.
    pub(super) fn propose_from_relay(
        &mut self,
        now: Instant,
        room: RoomId,
        device: DeviceId,
        from: Name,
        body: Body,
    ) {
        let event = Event {
            seq: Seq(0),
            device,
            local: self.random_local(),
            ordinal: Ordinal::NONE,
            from,
            sent_at: self.wall_now(now),
            stored_after: 0,
            body,
        };
        let origin = Origin::Relay;
        self.commits.propose(Proposal {
            room,
            event,
            origin,
        });
    }

    /// The encoded member list of a room and the number of the first change that is not in it. A
    /// list serves until 16 changes have come since, so that a thousand who arrive together share a
    /// few copies.
    pub(super) fn roster_from_start(&mut self, room: RoomId) -> (VecDeque<Bytes>, u64) {
        let change_end = self.rooms[room.0].change_end();
        let known = self.rooms[room.0].roster.take();
        let roster = known
            .filter(|roster| change_end - roster.change_next <= ROSTER_CHANGES_MAX)
            .unwrap_or_else(|| Roster {
                pages: encode_pages(self.members_of(room)),
                change_next: change_end,
            });
        let pages = roster.pages.iter().cloned().collect();
        let change_next = roster.change_next;
        self.rooms[room.0].roster = Some(roster);
        (pages, change_next)
    }

    pub(super) fn close_channel(&mut self, now: Instant, id: SessionId, number: u32, leave: bool) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let Some(channel) = seat.channels.remove(&number) else {
            if seat.opening.contains(&number) {
                let close = ToRelay::Close {
                    channel: number,
                    leave,
                };
                self.keep_early(id, CONTROL_CHANNEL, close);
            } else {
                self.nonsense += 1;
            }
            return;
        };
        let device = seat.device;
        seat.drop_page_of(number);
        let Some(name) = seat.name().cloned() else {
            return;
        };
        let room = channel.room;
        self.leave_audience(id, number, room, device);
        if leave && self.outlook(room, &name).is_member {
            if self.commits.has_space_for(1) {
                self.propose_from_relay(now, room, device, name, Body::Leave);
            } else if let Some(seat) = self.seats.get_mut(&id) {
                seat.refuse(number, Limit::Events.into());
            }
        }
    }

    /// Takes a channel from a room's audience.
    pub(super) fn leave_audience(
        &mut self,
        id: SessionId,
        channel: u32,
        room: RoomId,
        device: DeviceId,
    ) {
        let hall_room = &mut self.rooms[room.0];
        hall_room.audience.remove(&(id, channel));
        if hall_room.audience.is_empty() {
            // Nobody reads along: what the tail has, the store has too.
            self.tails_bytes -= hall_room.room.tail.bytes();
            hall_room.room.tail.clear();
            hall_room.change_first = hall_room.change_end();
            hall_room.changes = VecDeque::new();
            hall_room.roster = None;
            hall_room.delivered.clear();
        } else {
            hall_room.delivered.remove(&device);
        }
    }
}
