//! The JSON objects of every command, one a line.
//!
//! They are a promise to scripts, written down in `docs/json.md`: fields are added, never renamed, and
//! keep their order. Times are RFC 3339 in UTC with microseconds.

use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::client::PathStats;
use crate::wire::{
    Body, DeviceId, Event, EventId, Found, LogHash, LogId, Member, Name, PathQuality, Reader, Role,
    RoomInfo, RoomName, SafeText, Timestamp,
};

/// An event of a room's log: "message", "edit", "reaction", "redaction", "join", "leave", "topic",
/// "role" or "rename".
#[derive(Debug, Serialize)]
pub struct EventLine<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Whether a message tells what its sender does (`/me`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    action: bool,
    room: &'a str,
    log: String,
    seq: u64,
    id: String,
    from: &'a str,
    /// The message that is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<u64>,
    /// The message that is edited, reacted to or taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// The reaction's shortcode; empty when it is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    reaction: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    /// The user that got a role, or the new name of the one renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(serialize_with = "rfc_3339")]
    sent_at: Timestamp,
    #[serde(serialize_with = "rfc_3339")]
    stored_at: Timestamp,
    #[serde(serialize_with = "rfc_3339")]
    received_at: Timestamp,
    /// Where a bot's search goes on after this event.
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<u64>,
}

impl<'a> EventLine<'a> {
    /// The line of an event of `room` that came at `received_at`.
    pub fn new(room: &'a RoomName, log: LogId, event: &'a Event, received_at: Timestamp) -> Self {
        let mut line = Self {
            kind: "message",
            action: false,
            room: room.as_str(),
            log: log.to_string(),
            seq: event.seq.0,
            id: event.id().to_string(),
            from: event.from.as_str(),
            reply_to: None,
            target: None,
            text: None,
            reaction: None,
            topic: None,
            name: None,
            role: None,
            sent_at: event.sent_at,
            stored_at: event.stored_at(),
            received_at,
            mark: None,
        };
        match &event.body {
            Body::Reply(to, text) => {
                line.reply_to = Some(to.0);
                line.text = Some(text.as_str());
            }
            Body::Message(text) => line.text = Some(text.as_str()),
            Body::Action(text) => {
                line.action = true;
                line.text = Some(text.as_str());
            }
            Body::Edit(target, text) => {
                line.kind = "edit";
                line.target = Some(target.0);
                line.text = Some(text.as_str());
            }
            Body::Reaction(target, shortcode) => {
                line.kind = "reaction";
                line.target = Some(target.0);
                line.reaction = Some(shortcode.as_str());
            }
            Body::Redaction(target) => {
                line.kind = "redaction";
                line.target = Some(target.0);
            }
            Body::Join => line.kind = "join",
            Body::Leave => line.kind = "leave",
            Body::Topic(topic) => {
                line.kind = "topic";
                line.topic = Some(topic.as_str());
            }
            Body::Role(name, role) => {
                line.kind = "role";
                line.name = Some(name.as_str());
                line.role = Some(match role {
                    Role::Member => "member",
                    Role::Operator => "operator",
                });
            }
            Body::Rename(name) => {
                line.kind = "rename";
                line.name = Some(name.as_str());
            }
        }
        line
    }

    /// The line of an event that a bot searched for.
    pub fn found(found: &'a Found, received_at: Timestamp) -> Self {
        Self {
            mark: Some(found.mark),
            ..Self::new(&found.room, found.log, &found.event, received_at)
        }
    }
}

/// Every line that is not an event of a log.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line<'a> {
    /// Who of a room is here, idle, away or gone. Has no seq: it is never logged.
    Presence {
        /// The room.
        room: &'a RoomName,
        /// Who.
        name: &'a Name,
        /// "here", "idle", "away" or "gone".
        presence: &'static str,
        /// Since when.
        #[serde(serialize_with = "rfc_3339")]
        since: Timestamp,
        /// What they say of that.
        #[serde(skip_serializing_if = "SafeText::is_empty")]
        status: &'a SafeText,
    },
    /// What became of a message that was to be sent.
    Sent {
        /// The room.
        room: &'a RoomName,
        /// Its place in the log, once stored.
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        /// Its id.
        #[serde(serialize_with = "shown")]
        id: EventId,
        /// "stored", "held" by a relay that keeps nothing on disk, "delivered" or "failed".
        state: &'static str,
        /// Whose device has it, once delivered.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<&'a Name>,
        /// Why it failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
        /// What a bot put beside its message.
        #[serde(skip_serializing_if = "Option::is_none")]
        tag: Option<&'a str>,
    },
    /// The relay has no room for a bot's message just now; it is sent again by itself.
    Delayed {
        /// The room.
        room: &'a RoomName,
        /// Its id.
        #[serde(serialize_with = "shown")]
        id: EventId,
        /// Why.
        reason: String,
        /// What the bot put beside it.
        #[serde(skip_serializing_if = "Option::is_none")]
        tag: Option<&'a str>,
    },
    /// A device of somebody else has stored a room up to here.
    Delivered {
        /// The room.
        room: &'a RoomName,
        /// Who.
        name: &'a Name,
        /// Up to where.
        seq: u64,
    },
    /// Somebody else is typing something for a room.
    Typing {
        /// The room.
        room: &'a RoomName,
        /// Who.
        name: &'a Name,
    },
    /// Events that their sender numbered are not in the log.
    Missing {
        /// The room.
        room: &'a RoomName,
        /// Whose.
        from: &'a Name,
        /// How many.
        count: u32,
        /// False when the relay does not have them; null while it is asked.
        found: Option<bool>,
    },
    /// Older events of a room are gone from the relay before they were read.
    Gone {
        /// The room.
        room: &'a RoomName,
        /// How many.
        count: u64,
    },
    /// The relay's log is not the one read so far: it was put back from an older copy.
    Diverged {
        /// The room.
        room: &'a RoomName,
        /// The log that was read.
        #[serde(serialize_with = "shown")]
        log: LogId,
        /// The first event that differs.
        at: u64,
    },
    /// How far a reader has stored a room, and read it, as an answer.
    Reader {
        /// The room.
        room: &'a RoomName,
        /// Who.
        name: &'a Name,
        /// Up to where it is stored.
        seq: u64,
        /// Up to where it is read, when that was said.
        #[serde(skip_serializing_if = "Option::is_none")]
        read: Option<u64>,
    },
    /// A log was checked.
    Audit {
        /// The room.
        room: &'a RoomName,
        /// Its log.
        #[serde(serialize_with = "shown")]
        log: LogId,
        /// The first event the relay still has.
        first: u64,
        /// Up to where it was checked.
        seq: u64,
        /// The hash over the log up to there, as the relay says.
        #[serde(serialize_with = "shown")]
        hash: LogHash,
        /// Whether all that was compared is the same.
        agrees: bool,
        /// How many places of this device's own history were compared.
        compared: u64,
        /// The first event that differs.
        #[serde(skip_serializing_if = "Option::is_none")]
        differs_at: Option<u64>,
    },
    /// A relay's store was copied.
    Backup {
        /// The copy.
        file: &'a str,
        /// Its size.
        bytes: u64,
    },
    /// A member of a room, or of the relay.
    Member {
        /// Who.
        name: &'a Name,
        /// "here", "idle", "away" or "gone".
        presence: &'static str,
        /// Since when.
        #[serde(serialize_with = "rfc_3339")]
        since: Timestamp,
        /// What they say of that.
        #[serde(skip_serializing_if = "SafeText::is_empty")]
        status: &'a SafeText,
    },
    /// A room.
    Room {
        /// Its name.
        name: &'a RoomName,
        /// How many members it has that are not gone.
        members: u32,
        /// The last event of its log.
        seq: u64,
        /// What it is about.
        topic: &'a str,
    },
    /// How well a relay reaches one of its sessions.
    Path {
        /// Whose.
        name: &'a Name,
        /// Of which device.
        #[serde(serialize_with = "shown")]
        device: DeviceId,
        /// The round trip, in milliseconds to the microsecond.
        rtt_ms: f64,
        /// Of the relay's last datagrams to it so many in a hundred were lost.
        loss_to_percent: u8,
        /// Of its last datagrams to the relay so many in a hundred did not arrive.
        loss_from_percent: u8,
    },
    /// How well this process and the relay reach each other, as this process measures it.
    Stats {
        /// The round trip, in milliseconds to the microsecond.
        rtt_ms: f64,
        /// How far round trips are off that, on average.
        rtt_variation_ms: f64,
        /// Of the last datagrams to the relay so many in a hundred were lost.
        loss_out_percent: f64,
        /// Of the relay's last datagrams so many in a hundred did not arrive.
        loss_in_percent: f64,
        /// Pieces of messages sent again.
        resent: u64,
        /// Messages that the relay has not acknowledged yet.
        unacked: usize,
        /// The bytes they take.
        unacked_bytes: usize,
        /// Datagrams sent.
        datagrams_out: u64,
        /// Their bytes.
        bytes_out: u64,
        /// Datagrams received.
        datagrams_in: u64,
        /// Their bytes.
        bytes_in: u64,
    },
    /// A relay that announces itself.
    Relay {
        /// What it is called.
        name: &'a Name,
        /// Its public key, in hexadecimal.
        #[serde(serialize_with = "hexadecimal")]
        key: [u8; 32],
        /// Where its sessions are.
        addr: SocketAddr,
        /// The interface it was heard on.
        iface: &'a str,
        /// Users present.
        members: u32,
        /// How long its answer took, in milliseconds to the microsecond; null when it only
        /// announced itself.
        #[serde(serialize_with = "milliseconds")]
        rtt_ms: Option<Duration>,
    },
    /// A client that announces itself.
    Peer {
        /// Its user.
        name: &'a Name,
        /// Where it is.
        addr: SocketAddr,
        /// The interface it was heard on.
        iface: &'a str,
        /// The relay it uses; null while it looks for one.
        relay: Option<SocketAddr>,
    },
    /// The relay serves.
    Ready {
        /// Where.
        addr: &'a [SocketAddr],
        /// Its public key, in hexadecimal.
        #[serde(serialize_with = "hexadecimal")]
        key: [u8; 32],
    },
    /// The answer to a bot's question is complete.
    End {
        /// What was asked for: the request's "type".
        of: &'static str,
    },
    /// Something a bot asked for failed; the pipe goes on.
    Error {
        /// Why, for people: one line.
        text: String,
    },
}

impl<'a> Line<'a> {
    /// A change of who is in a room.
    pub fn presence(room: &'a RoomName, member: &'a Member) -> Self {
        Self::Presence {
            room,
            name: &member.name,
            presence: member.presence.as_str(),
            since: member.since,
            status: &member.status,
        }
    }

    /// A member, as an answer.
    pub fn member(member: &'a Member) -> Self {
        Self::Member {
            name: &member.name,
            presence: member.presence.as_str(),
            since: member.since,
            status: &member.status,
        }
    }

    /// How far a reader has a room, as an answer.
    pub fn reader(room: &'a RoomName, reader: &'a Reader) -> Self {
        Self::Reader {
            room,
            name: &reader.name,
            seq: reader.seq.0,
            read: Some(reader.read.0).filter(|read| *read > 0),
        }
    }

    /// A session's path, as an answer.
    pub fn path(path: &'a PathQuality) -> Self {
        Self::Path {
            name: &path.name,
            device: path.device,
            rtt_ms: path.rtt_micros as f64 / 1_000.0,
            loss_to_percent: path.loss_to_percent,
            loss_from_percent: path.loss_from_percent,
        }
    }

    /// The path of this process, as an answer.
    pub fn stats(stats: &PathStats) -> Self {
        // In tenths, which tells one of 256.
        let percent = |share: f64| (share * 1_000.0).round() / 10.0;
        Self::Stats {
            rtt_ms: stats.rtt_micros as f64 / 1_000.0,
            rtt_variation_ms: stats.rtt_variation_micros as f64 / 1_000.0,
            loss_out_percent: percent(stats.loss),
            loss_in_percent: percent(stats.loss_in),
            resent: stats.resent,
            unacked: stats.unacked,
            unacked_bytes: stats.unacked_bytes,
            datagrams_out: stats.datagrams_sent,
            bytes_out: stats.bytes_sent,
            datagrams_in: stats.datagrams_received,
            bytes_in: stats.bytes_received,
        }
    }

    /// A room, as an answer.
    pub fn room(room: &'a RoomInfo) -> Self {
        Self::Room {
            name: &room.name,
            members: room.members,
            seq: room.seq.0,
            topic: room.topic.as_str(),
        }
    }
}

/// The time as jiff has it; times it can't show become the nearest it can.
pub(super) fn to_jiff(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.0).unwrap_or(if at.0 < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    })
}

fn rfc_3339<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&to_jiff(*at).strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
}

fn hexadecimal<S: Serializer>(key: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&super::identity::to_hex(key))
}

fn milliseconds<S: Serializer>(rtt: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    rtt.map(|rtt| rtt.as_micros() as f64 / 1_000.0)
        .serialize(serializer)
}

fn shown<S: Serializer>(id: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

#[cfg(test)]
pub(super) mod tests;
