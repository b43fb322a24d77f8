//! The JSON objects of every command, one a line.
//!
//! They are a promise to scripts: fields are added, never renamed, and keep their order. Times are
//! RFC 3339 in UTC with microseconds.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::wire::{Body, Event, EventId, LogId, Member, Name, Role, RoomInfo, RoomName, Timestamp};

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
            target: None,
            text: None,
            reaction: None,
            topic: None,
            name: None,
            role: None,
            sent_at: event.sent_at,
            stored_at: event.stored_at(),
            received_at,
        };
        match &event.body {
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
}

/// Every line that is not an event of a log.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line<'a> {
    /// Who of a room is here, away or gone. Has no seq: it is never logged.
    Presence {
        /// The room.
        room: &'a RoomName,
        /// Who.
        name: &'a Name,
        /// "here", "away" or "gone".
        presence: &'static str,
        /// Since when.
        #[serde(serialize_with = "rfc_3339")]
        since: Timestamp,
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
        /// "stored" or "failed".
        state: &'static str,
        /// Why it failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// What a bot put beside its message.
        #[serde(skip_serializing_if = "Option::is_none")]
        tag: Option<&'a str>,
    },
    /// A member of a room, or of the relay.
    Member {
        /// Who.
        name: &'a Name,
        /// "here", "away" or "gone".
        presence: &'static str,
        /// Since when.
        #[serde(serialize_with = "rfc_3339")]
        since: Timestamp,
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
        /// "who", "rooms" or "history".
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
        }
    }

    /// A member, as an answer.
    pub fn member(member: &'a Member) -> Self {
        Self::Member {
            name: &member.name,
            presence: member.presence.as_str(),
            since: member.since,
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

fn shown<S: Serializer>(id: &EventId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{DeviceId, LocalId, Ordinal, Presence, SafeText, Seq};

    fn event_line(body: Body) -> String {
        let event = Event {
            seq: Seq(12),
            device: DeviceId([0xab; 8]),
            local: LocalId(0x1f),
            ordinal: Ordinal::NONE,
            from: "alice".parse().unwrap(),
            sent_at: Timestamp(1_700_000_000_000_001),
            stored_after: 250,
            body,
        };
        let received_at = Timestamp(1_700_000_000_001_500);
        let room = RoomName::lobby();
        serde_json::to_string(&EventLine::new(&room, LogId([1; 8]), &event, received_at)).unwrap()
    }

    #[test]
    fn events_have_the_promised_fields_in_the_promised_order() {
        let head = r#""room":"lobby","log":"0101010101010101","seq":12,"id":"abababababababab-1f","from":"alice""#;
        let tail = r#""sent_at":"2023-11-14T22:13:20.000001Z","stored_at":"2023-11-14T22:13:20.000251Z","received_at":"2023-11-14T22:13:20.001500Z""#;
        let text = |text: &str| SafeText::new(text);
        let bob = || "bob".parse().unwrap();
        for (body, kind, extra) in [
            (
                Body::Message(text("hi\n\"you\"")),
                r#""message""#,
                r#","text":"hi\n\"you\"""#,
            ),
            (
                Body::Action(text("waves")),
                r#""message","action":true"#,
                r#","text":"waves""#,
            ),
            (
                Body::Edit(Seq(9), text("ho")),
                r#""edit""#,
                r#","target":9,"text":"ho""#,
            ),
            (
                Body::Reaction(Seq(9), text("+1")),
                r#""reaction""#,
                r#","target":9,"reaction":"+1""#,
            ),
            (Body::Redaction(Seq(9)), r#""redaction""#, r#","target":9"#),
            (Body::Join, r#""join""#, ""),
            (Body::Leave, r#""leave""#, ""),
            (Body::Topic(text("tea")), r#""topic""#, r#","topic":"tea""#),
            (
                Body::Role(bob(), Role::Operator),
                r#""role""#,
                r#","name":"bob","role":"operator""#,
            ),
            (Body::Rename(bob()), r#""rename""#, r#","name":"bob""#),
        ] {
            assert_eq!(
                event_line(body),
                format!("{{\"type\":{kind},{head}{extra},{tail}}}")
            );
        }
    }

    #[test]
    fn other_lines_have_the_promised_fields_in_the_promised_order() {
        let (lobby, alice): (RoomName, Name) = (RoomName::lobby(), "alice".parse().unwrap());
        let member = Member {
            name: alice.clone(),
            device: DeviceId([0; 8]),
            presence: Presence::Here,
            since: Timestamp(0),
        };
        let room = RoomInfo {
            name: lobby.clone(),
            members: 3,
            seq: Seq(12),
            topic: SafeText::default(),
        };
        let id = EventId {
            device: DeviceId([0xab; 8]),
            local: LocalId(0x1f),
        };
        let addr: SocketAddr = "10.0.0.1:5267".parse().unwrap();
        let key = "ab".repeat(32);
        for (line, expected) in [
            (
                Line::presence(&lobby, &member),
                r#"{"type":"presence","room":"lobby","name":"alice","presence":"here","since":"1970-01-01T00:00:00.000000Z"}"#.to_owned(),
            ),
            (
                Line::Sent { room: &lobby, seq: Some(12), id, state: "stored", reason: None, tag: None },
                r#"{"type":"sent","room":"lobby","seq":12,"id":"abababababababab-1f","state":"stored"}"#.to_owned(),
            ),
            (
                Line::Sent { room: &lobby, seq: None, id, state: "failed", reason: Some("not allowed".to_owned()), tag: Some("7") },
                r#"{"type":"sent","room":"lobby","id":"abababababababab-1f","state":"failed","reason":"not allowed","tag":"7"}"#.to_owned(),
            ),
            (
                Line::member(&member),
                r#"{"type":"member","name":"alice","presence":"here","since":"1970-01-01T00:00:00.000000Z"}"#.to_owned(),
            ),
            (
                Line::room(&room),
                r#"{"type":"room","name":"lobby","members":3,"seq":12,"topic":""}"#.to_owned(),
            ),
            (
                Line::Relay { name: &alice, key: [0xab; 32], addr, iface: "eth0", members: 3, rtt_ms: Some(Duration::from_micros(300)) },
                format!(r#"{{"type":"relay","name":"alice","key":"{key}","addr":"10.0.0.1:5267","iface":"eth0","members":3,"rtt_ms":0.3}}"#),
            ),
            (
                Line::Peer { name: &alice, addr, iface: "eth0", relay: None },
                r#"{"type":"peer","name":"alice","addr":"10.0.0.1:5267","iface":"eth0","relay":null}"#.to_owned(),
            ),
            (
                Line::Ready { addr: &[addr], key: [0xab; 32] },
                format!(r#"{{"type":"ready","addr":["10.0.0.1:5267"],"key":"{key}"}}"#),
            ),
            (
                Line::Error { text: "no".to_owned() },
                r#"{"type":"error","text":"no"}"#.to_owned(),
            ),
        ] {
            assert_eq!(serde_json::to_string(&line).unwrap(), expected);
        }
    }

    #[test]
    fn times_beyond_the_calendar_are_shown_as_its_end() {
        assert!(to_jiff(Timestamp(i64::MAX)) == jiff::Timestamp::MAX);
        assert!(to_jiff(Timestamp(i64::MIN)) == jiff::Timestamp::MIN);
    }
}
