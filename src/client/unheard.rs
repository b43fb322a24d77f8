//! What a hosted room has stored and others may never get.
//!
//! A room that somebody hosts stands in for a relay, and its log stays with its host. Two things go
//! wrong with what is said there:
//!
//! - Who is cut off from the others hosts alone, and what they say is stored for nobody else.
//! - When a relay comes back, all move to it one after another, and what one says to those still in
//!   the hosted room has passed by those who moved already.
//!
//! So a message stored by a hosted relay is remembered here until a device of somebody else has it,
//! and [`MOVING_MAX`] longer; on entering another relay it is sent there as well, under the same id,
//! before anything newer. Whoever has it from the hosted room recognises it by that.
//!
//! # To whom
//!
//! What somebody said alone was meant for the room of the relay they were cut off from. That relay
//! gets all of it that nobody heard. Any other relay may be another network, with other people: it
//! gets what is at most [`RECENT_MAX`] old.
//!
//! # Limits
//!
//! It is kept in memory only: a process that ends while it hosts alone leaves what was said in the
//! log of the room it hosted. Beyond [`ENTRIES_MAX`] or [`BYTES_MAX`] the oldest is left there too.
//! Edits and redactions are applied to what is kept; reactions and topics stay behind. A relay tells
//! no deliveries in a room of many, so there everything counts as heard.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::room::{DELIVERED_SESSIONS_MAX, edited, text_bytes};
use crate::time::Instant;
use crate::wire::{Body, Member, Name, RelayId, RoomName, SafeText, Send, Seq};

/// Messages kept at most. Arbitrary: more than anybody says to an empty room.
pub(super) const ENTRIES_MAX: usize = 512;

/// Bytes of text kept at most. Arbitrary: 32 texts of the longest kind.
pub(super) const BYTES_MAX: usize = 512 * 1024;

/// How far apart people move from a hosted room to a relay: some beacons, which come every 2 s, and
/// a handshake that takes a second attempt.
pub(super) const MOVING_MAX: Duration = Duration::from_secs(10);

/// Up to this age what nobody heard is still meant for whoever is here now. Arbitrary: the time in
/// which people notice that nobody answers.
pub(super) const RECENT_MAX: Duration = Duration::from_secs(60);

/// A message in the log of a hosted room.
#[derive(Debug)]
struct Entry {
    /// The hosted relay.
    relay: RelayId,
    /// The relay it stood in for: the one used before it.
    home: Option<RelayId>,
    room: RoomName,
    seq: Seq,
    stored_at: Instant,
    is_heard: bool,
    /// As it is to be sent there: what was said, under its id and no number.
    send: Send,
}

impl Entry {
    /// Whether it is to be sent to the relay `to` as well.
    fn is_for(&self, now: Instant, to: RelayId) -> bool {
        let age = now - self.stored_at;
        if self.is_heard {
            return age <= MOVING_MAX;
        }
        self.home == Some(to) || age <= RECENT_MAX
    }

    /// Whether it will never be sent anywhere.
    fn is_needless(&self, now: Instant) -> bool {
        self.is_heard && now - self.stored_at > MOVING_MAX
    }

    fn bytes(&self) -> usize {
        text_bytes(&self.send.body)
    }
}

/// The messages of this device that hosted rooms have stored, oldest first.
#[derive(Debug, Default)]
pub(super) struct Unheard {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// The last relay used that was not hosted.
    home: Option<RelayId>,
    /// The hosted relay in use.
    hosted: Option<RelayId>,
    /// Who was a member of the rooms there, up to one more than [`DELIVERED_SESSIONS_MAX`] each.
    members: BTreeMap<RoomName, BTreeSet<Name>>,
}

impl Unheard {
    /// A session is entered: takes out what is to be sent in it, oldest first.
    pub fn enter(&mut self, now: Instant, to: RelayId, is_hosted: bool) -> Vec<(RoomName, Send)> {
        self.members.clear();
        self.hosted = is_hosted.then_some(to);
        if !is_hosted {
            self.home = Some(to);
        }
        let (carried, kept) = (self.entries.drain(..))
            .filter(|entry| !entry.is_needless(now))
            .partition(|entry| entry.relay != to && entry.is_for(now, to));
        self.entries = kept;
        self.bytes = self.entries.iter().map(Entry::bytes).sum();
        let carried: VecDeque<Entry> = carried;
        let carried = carried.into_iter();
        carried.map(|entry| (entry.room, entry.send)).collect()
    }

    /// The relay in use has stored something of this device.
    pub fn stored(&mut self, now: Instant, room: &RoomName, seq: Seq, send: &Send) {
        let Some(relay) = self.hosted else {
            return;
        };
        let body = match &send.body {
            // What it answers is an event of the hosted room's log.
            Body::Message(text) | Body::Reply(_, text) => Body::Message(text.clone()),
            Body::Action(_) => send.body.clone(),
            Body::Edit(about, text) => return self.edit(relay, room, *about, text),
            Body::Redaction(about) => return self.redact(relay, room, *about),
            Body::Reaction(..)
            | Body::Join
            | Body::Leave
            | Body::Topic(_)
            | Body::Role(..)
            | Body::Rename(_) => return,
        };
        let members = self.members.get(room).map_or(0, BTreeSet::len);
        self.bytes += text_bytes(&body);
        self.entries.push_back(Entry {
            relay,
            home: self.home,
            room: room.clone(),
            seq,
            stored_at: now,
            is_heard: members > DELIVERED_SESSIONS_MAX,
            send: Send {
                again: true,
                ..Send::new(send.local, send.sent_at, body)
            },
        });
        self.shrink(now);
    }

    /// A device of somebody else has stored a room of the relay in use up to `seq`.
    pub fn heard(&mut self, room: &RoomName, seq: Seq) {
        for entry in &mut self.entries {
            let is_it = Some(entry.relay) == self.hosted && entry.room == *room;
            entry.is_heard |= is_it && entry.seq <= seq;
        }
    }

    /// These are members of a room of the relay in use.
    pub fn members(&mut self, room: &RoomName, members: &[Member]) {
        if self.hosted.is_none() {
            return;
        }
        let known = self.members.entry(room.clone()).or_default();
        for member in members {
            if known.len() <= DELIVERED_SESSIONS_MAX {
                known.insert(member.name.clone());
            }
        }
    }

    fn edit(&mut self, relay: RelayId, room: &RoomName, about: Seq, text: &SafeText) {
        if let Some(at) = self.position(relay, room, about) {
            let entry = &mut self.entries[at];
            self.bytes -= entry.bytes();
            entry.send.body = edited(&entry.send.body, text);
            self.bytes += entry.bytes();
            // Whoever heard it may not have heard this.
            entry.is_heard = false;
        }
    }

    fn redact(&mut self, relay: RelayId, room: &RoomName, about: Seq) {
        if let Some(at) = self.position(relay, room, about)
            && let Some(entry) = self.entries.remove(at)
        {
            self.bytes -= entry.bytes();
        }
    }

    fn position(&self, relay: RelayId, room: &RoomName, seq: Seq) -> Option<usize> {
        let mut entries = self.entries.iter();
        entries.position(|entry| entry.relay == relay && entry.room == *room && entry.seq == seq)
    }

    /// Drops what is needless, then what is too much.
    fn shrink(&mut self, now: Instant) {
        while let Some(first) = self.entries.front()
            && (first.is_needless(now)
                || self.entries.len() > ENTRIES_MAX
                || self.bytes > BYTES_MAX)
            && let Some(entry) = self.entries.pop_front()
        {
            self.bytes -= entry.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{DeviceId, LocalId, Presence, Timestamp};

    const HOME: RelayId = RelayId([1; 8]);
    const OWN: RelayId = RelayId([2; 8]);
    const OTHER: RelayId = RelayId([3; 8]);

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    fn text(text: &str) -> SafeText {
        SafeText::new(text)
    }

    fn say(unheard: &mut Unheard, seconds: u64, seq: u64, body: Body) {
        let send = Send::new(LocalId(seq), Timestamp(seq as i64), body);
        unheard.stored(at(seconds), &RoomName::lobby(), Seq(seq), &send);
    }

    fn message(unheard: &mut Unheard, seconds: u64, seq: u64) {
        say(unheard, seconds, seq, Body::Message(text("tea?")));
    }

    /// Cut off from `HOME`, hosting at `OWN`.
    fn hosting() -> Unheard {
        let mut unheard = Unheard::default();
        assert_eq!(unheard.enter(at(0), HOME, false), []);
        message(&mut unheard, 0, 1);
        assert_eq!(unheard.enter(at(0), OWN, true), []);
        unheard
    }

    fn carried(unheard: &mut Unheard, seconds: u64, to: RelayId, is_hosted: bool) -> Vec<u64> {
        let sends = unheard.enter(at(seconds), to, is_hosted).into_iter();
        sends.map(|(_, send)| send.local.0).collect()
    }

    #[test]
    fn what_nobody_heard_goes_to_the_relay_that_was_stood_in_for_once_and_under_its_id() {
        let mut unheard = hosting();
        message(&mut unheard, 1, 1);
        say(&mut unheard, 2, 2, Body::Action(text("waves")));
        let sends = unheard.enter(at(3600), HOME, false);
        let again = |local, body| {
            let mut send = Send::new(LocalId(local), Timestamp(local as i64), body);
            send.again = true;
            (RoomName::lobby(), send)
        };
        let expected = [
            again(1, Body::Message(text("tea?"))),
            again(2, Body::Action(text("waves"))),
        ];
        assert_eq!(sends, expected);
        assert_eq!(unheard.bytes, 0);
        assert_eq!(carried(&mut unheard, 3600, OTHER, false), [0; 0]);
    }

    #[test]
    fn to_another_relay_goes_only_what_was_just_said_and_the_rest_waits_for_its_own() {
        let mut unheard = hosting();
        message(&mut unheard, 1, 1);
        message(&mut unheard, 100, 2);
        assert_eq!(carried(&mut unheard, 120, OTHER, false), [2]);
        assert_eq!(carried(&mut unheard, 130, HOME, false), [1]);
    }

    #[test]
    fn what_somebody_has_is_sent_again_only_while_people_move() {
        let mut unheard = hosting();
        for (seconds, seq) in [(1, 1), (50, 2), (55, 3)] {
            message(&mut unheard, seconds, seq);
        }
        unheard.heard(&RoomName::lobby(), Seq(2));
        assert_eq!(carried(&mut unheard, 60, HOME, false), [2, 3]);
    }

    #[test]
    fn entering_the_same_relay_again_changes_nothing() {
        let mut unheard = hosting();
        message(&mut unheard, 1, 1);
        assert_eq!(carried(&mut unheard, 20, OWN, true), [0; 0]);
        assert_eq!(carried(&mut unheard, 30, HOME, false), [1]);
    }

    #[test]
    fn a_hosted_room_after_another_gets_it_and_keeps_it_for_the_relay() {
        let mut unheard = hosting();
        message(&mut unheard, 1, 1);
        let sends = unheard.enter(at(30), OTHER, true);
        for (room, send) in &sends {
            unheard.stored(at(30), room, Seq(9), send);
        }
        assert_eq!(sends.len(), 1);
        assert_eq!(carried(&mut unheard, 3600, HOME, false), [1]);
    }

    #[test]
    fn edits_and_redactions_count() {
        let mut unheard = hosting();
        message(&mut unheard, 1, 1);
        message(&mut unheard, 2, 2);
        say(&mut unheard, 3, 3, Body::Edit(Seq(1), text("coffee?")));
        say(&mut unheard, 3, 4, Body::Redaction(Seq(2)));
        let sends = unheard.enter(at(30), HOME, false);
        let bodies: Vec<Body> = sends.into_iter().map(|(_, send)| send.body).collect();
        assert_eq!(bodies, [Body::Message(text("coffee?"))]);
    }

    #[test]
    fn the_oldest_are_left_behind_when_there_are_too_many() {
        let mut unheard = hosting();
        for seq in 1..=ENTRIES_MAX as u64 + 2 {
            message(&mut unheard, 1, seq);
        }
        assert_eq!(carried(&mut unheard, 2, HOME, false)[0], 3);
        let mut unheard = hosting();
        let long = "x".repeat(16 * 1024);
        for seq in 1..=33 {
            say(&mut unheard, 1, seq, Body::Message(text(&long)));
        }
        assert_eq!(unheard.bytes, BYTES_MAX);
        assert_eq!(carried(&mut unheard, 2, HOME, false).len(), 32);
    }

    #[test]
    fn in_a_room_of_many_all_counts_as_heard() {
        let mut unheard = hosting();
        let members: Vec<Member> = (0..=DELIVERED_SESSIONS_MAX)
            .map(|number| Member {
                name: format!("m{number}").parse().unwrap(),
                device: DeviceId([number as u8; 8]),
                presence: Presence::Here,
                since: Timestamp(0),
                status: SafeText::default(),
            })
            .collect();
        unheard.members(&RoomName::lobby(), &members[1..]);
        message(&mut unheard, 1, 1);
        unheard.members(&RoomName::lobby(), &members);
        message(&mut unheard, 1, 2);
        assert_eq!(carried(&mut unheard, 40, HOME, false), [1]);
    }
}
