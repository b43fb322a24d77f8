//! Opening and closing rooms, and being a member of them.
//!
//! A room is kept in memory from when it is made and stored together with its first event: a room
//! nothing was said in leaves no trace. Who follows a room with a visible session is a member of
//! it, by an event of its log, until it leaves. The direct room of two users is theirs by its name,
//! needs no joining, and does not exist for anyone else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;

use super::commits::{Delivery, Proposal};
use super::people::encode_pages;
use super::seat::{Channel, Following, Origin};
use super::{Hall, RoomId, SessionId};
use crate::relay::limits::{
    CHANGES_MAX, CHANNELS_MAX, CHANNELS_USED_MAX, DIRECT_ROOMS_MAX, ROOM_MEMBERS_MAX, ROOMS_MAX,
    ROSTER_CHANGES_MAX,
};
use crate::relay::notice::RelayNotice;
use crate::room::{Room, is_for};
use crate::time::Instant;
use crate::wire::{
    Body, CONTROL_CHANNEL, Cursor, DeviceId, Event, Follow, Name, Open, Opened, Ordinal, Presence,
    Refusal, RoomName, SafeText, Seq, ToMember, ToRelay,
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
    /// What is known and told of each reader's progress.
    pub delivered: BTreeMap<Name, Delivery>,
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
    pub fn new(room: Room, is_stored: bool) -> Self {
        Self {
            room,
            is_stored,
            audience: BTreeSet::new(),
            roster: None,
            changes: VecDeque::new(),
            change_first: 0,
            delivered: BTreeMap::new(),
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

pub(super) fn limit(text: &str) -> Refusal {
    Refusal::Limit(SafeText::new(text))
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

    pub(super) fn open_room(&mut self, now: Instant, id: SessionId, open: Open) {
        let channel = open.channel;
        match self.try_open(now, id, open) {
            Ok(()) => self.replay_early(now, id),
            Err(refusal) => self.refuse_channel(id, channel, refusal),
        }
    }

    fn try_open(&mut self, now: Instant, id: SessionId, open: Open) -> Result<(), Refusal> {
        let Some(seat) = self.seats.get(&id) else {
            return Ok(());
        };
        let Some(name) = seat.name().cloned() else {
            return Ok(());
        };
        let (device, is_visible) = (seat.device, seat.is_visible());
        if open.channel == CONTROL_CHANNEL || seat.used.contains(&open.channel) {
            return Err(Refusal::Protocol);
        }
        if seat.channels.len() >= CHANNELS_MAX {
            return Err(limit("64 open rooms"));
        }
        if seat.used.len() >= CHANNELS_USED_MAX {
            return Err(limit("127 rooms opened in one session"));
        }
        let room = self.find_or_make(&open.room, open.create, &name)?;
        let follow = match place_after(&self.rooms[room.0].room, open.follow) {
            Some(after) => {
                if is_visible {
                    self.join(now, room, device, &name)?;
                }
                let (roster, change_next) = self.roster_from_start(room);
                Some(Following {
                    next: after.next(),
                    roster,
                    change_next,
                })
            }
            None => None,
        };
        let hall_room = &mut self.rooms[room.0];
        hall_room.audience.insert((id, open.channel));
        let opened = Opened {
            head: Cursor {
                log: hall_room.room.log,
                seq: hall_room.room.head,
                hash: hall_room.room.hash,
            },
            after: follow
                .as_ref()
                .map_or(hall_room.room.head, |follow| Seq(follow.next.0 - 1)),
            hash: hall_room.room.hash,
            first: hall_room.room.first,
            topic: hall_room.room.topic.clone(),
        };
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.used.insert(open.channel);
            seat.waiting.remove(&room);
            seat.say_on(open.channel, &ToMember::Opened(opened));
            let channel = Channel {
                room,
                follow,
                own: VecDeque::new(),
                own_recent: VecDeque::new(),
                delivered: BTreeMap::new(),
            };
            seat.channels.insert(open.channel, channel);
        }
        Ok(())
    }

    /// Refuses to open a channel, and everything already sent on it.
    fn refuse_channel(&mut self, id: SessionId, channel: u32, refusal: Refusal) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if !seat.channels.contains_key(&channel) {
            let early = std::mem::take(&mut seat.early);
            for (stream, message) in early {
                match message {
                    ToRelay::Send(send) if stream == channel => {
                        let (local, refusal) = (send.local, refusal.clone());
                        seat.say_on(channel, &ToMember::NotStored { local, refusal });
                    }
                    ToRelay::Seen(_) if stream == channel => {}
                    message => seat.early.push_back((stream, message)),
                }
            }
            if channel != CONTROL_CHANNEL && seat.used.len() < CHANNELS_USED_MAX {
                seat.used.insert(channel);
            }
        }
        seat.refuse(channel, refusal);
    }

    fn find_or_make(
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
                return Err(limit("16,384 direct rooms"));
            }
        } else if !create {
            return Err(Refusal::NoSuchRoom(name.clone()));
        } else if self.rooms.len() - self.direct_rooms >= ROOMS_MAX {
            return Err(limit("1,024 rooms"));
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
            return Err(limit("65,536 events not stored yet"));
        }
        if outlook.members >= ROOM_MEMBERS_MAX {
            let (gone, device) = self
                .longest_gone(room)
                .ok_or_else(|| limit("4,096 members of a room"))?;
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
            self.nonsense += 1;
            return;
        };
        let device = seat.device;
        seat.drop_page_of(number);
        let Some(name) = seat.name().cloned() else {
            return;
        };
        let room = channel.room;
        self.leave_audience(id, number, room, Some(&name));
        if leave && self.outlook(room, &name).is_member {
            if self.commits.has_space_for(1) {
                self.propose_from_relay(now, room, device, name, Body::Leave);
            } else if let Some(seat) = self.seats.get_mut(&id) {
                seat.refuse(number, limit("65,536 events not stored yet"));
            }
        }
    }

    /// Takes a channel from a room's audience.
    pub(super) fn leave_audience(
        &mut self,
        id: SessionId,
        channel: u32,
        room: RoomId,
        name: Option<&Name>,
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
        } else if let Some(name) = name {
            hall_room.delivered.remove(name);
        }
    }
}

/// The place after which a reader wants a room's log; `None` when it wants nothing.
fn place_after(room: &Room, follow: Follow) -> Option<Seq> {
    let head = room.head.0;
    let last = |count: u32| Seq(head.saturating_sub(u64::from(count)));
    match follow {
        Follow::Nothing => None,
        Follow::Last(count) => Some(last(count)),
        // A place beyond the end was in a log this one is an older copy of.
        Follow::After(cursor, count) if cursor.log != room.log || cursor.seq > room.head => {
            Some(last(count))
        }
        Follow::After(cursor, _) => Some(cursor.seq),
        Follow::Since(seq) => Some(seq.min(room.head)),
    }
}
