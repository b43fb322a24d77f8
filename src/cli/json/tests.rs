//! `docs/json.md` is the promise: what it shows is what is printed, to the letter.

use std::collections::BTreeSet;

use super::*;
use crate::wire::{DeviceId, LocalId, Ordinal, PathQuality, Presence, Reader, SafeText, Seq};

const LOG: LogId = LogId([0x8e, 0x1f, 0x6a, 0x0b, 0x52, 0xc3, 0xd4, 0x97]);
const DEVICE: DeviceId = DeviceId([0xcb, 0xbc, 0xd0, 0x36, 0xd0, 0xf3, 0xf3, 0xc0]);
const LOCAL: LocalId = LocalId(0x616f_4e64);

/// The examples of what is printed, and of what a bot says.
pub fn examples() -> (Vec<&'static str>, Vec<&'static str>) {
    let page = include_str!("../../../docs/json.md");
    let (printed, said) = page.split_once("\n## What a bot says\n").unwrap();
    let lines = |part: &'static str| part.lines().filter(|line| line.starts_with('{')).collect();
    (lines(printed), lines(said))
}

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

fn event(body: Body) -> Event {
    Event {
        seq: Seq(12),
        device: DEVICE,
        local: LOCAL,
        ordinal: Ordinal::NONE,
        from: "ada".parse().unwrap(),
        sent_at: at("2026-11-23T07:39:24.118204Z"),
        stored_after: 612,
        body,
    }
}

fn event_lines() -> Vec<String> {
    let text = SafeText::new;
    let bob = || "bob".parse().unwrap();
    let dinner = || Body::Message(text("dinner is \"ready\""));
    let received_at = at("2026-11-23T07:39:24.119350Z");
    let room = RoomName::lobby();
    let bodies = [
        dinner(),
        Body::Reply(Seq(9), text("yes")),
        Body::Action(text("waves")),
        Body::Edit(Seq(9), text("lunch is ready")),
        Body::Reaction(Seq(9), text("+1")),
        Body::Redaction(Seq(9)),
        Body::Join,
        Body::Leave,
        Body::Topic(text("tea")),
        Body::Role(bob(), Role::Operator),
        Body::Rename(bob()),
    ];
    let mut lines: Vec<String> = bodies
        .into_iter()
        .map(|body| {
            let event = event(body);
            let line = EventLine::new(&room, LOG, &event, received_at);
            serde_json::to_string(&line).unwrap()
        })
        .collect();
    let found = Found {
        room,
        log: LOG,
        event: event(dinner()),
        mark: 4711,
    };
    lines.push(serde_json::to_string(&EventLine::found(&found, received_at)).unwrap());
    lines
}

fn other_lines() -> Vec<String> {
    let room = &RoomName::lobby();
    let (ada, bob): (&Name, &Name) = (&"ada".parse().unwrap(), &"bob".parse().unwrap());
    let attic = &"attic".parse().unwrap();
    let member = &Member {
        name: ada.clone(),
        device: DEVICE,
        presence: Presence::Here,
        since: at("2026-11-23T07:39:23Z"),
        status: SafeText::default(),
    };
    let away = &Member {
        presence: Presence::Away,
        status: SafeText::new("lunch"),
        ..member.clone()
    };
    let reader = |read| Reader {
        name: bob.clone(),
        seq: Seq(12),
        read: Seq(read),
    };
    let info = &RoomInfo {
        name: room.clone(),
        members: 3,
        seq: Seq(12),
        topic: SafeText::new("tea"),
    };
    let id = EventId {
        device: DEVICE,
        local: LOCAL,
    };
    let addr: SocketAddr = "10.0.0.1:5267".parse().unwrap();
    let peer: SocketAddr = "10.0.0.3:44542".parse().unwrap();
    let key = [0xab; 32];
    let sent = |state, by| Line::Sent {
        room,
        seq: Some(12),
        id,
        state,
        by,
        reason: None,
        tag: None,
    };
    let missing = |found| Line::Missing {
        room,
        from: ada,
        count: 2,
        found,
    };
    let audit = |agrees, compared, differs_at| Line::Audit {
        room,
        log: LOG,
        first: 1,
        seq: 12,
        hash: "00112233445566778899aabbccddeeff".parse().unwrap(),
        agrees,
        compared,
        differs_at,
    };
    [
        Line::presence(room, member),
        Line::presence(room, away),
        missing(None),
        missing(Some(false)),
        Line::Gone { room, count: 300 },
        Line::Diverged {
            room,
            log: LOG,
            at: 13,
        },
        sent("stored", None),
        sent("held", None),
        sent("delivered", Some(bob)),
        Line::Sent {
            room,
            seq: None,
            id,
            state: "failed",
            by: None,
            reason: Some("not allowed"),
            tag: Some("a1"),
        },
        Line::Delayed {
            room,
            id,
            reason: "the relay could not store it: the disk is full".to_owned(),
            tag: Some("a1"),
        },
        Line::Delivered {
            room,
            name: bob,
            seq: 12,
        },
        Line::Typing { room, name: bob },
        Line::member(member),
        Line::member(away),
        Line::room(info),
        Line::reader(room, &reader(0)),
        Line::reader(room, &reader(9)),
        Line::path(&PathQuality {
            name: bob.clone(),
            device: DEVICE,
            rtt_micros: 420,
            loss_to_percent: 0,
            loss_from_percent: 2,
        }),
        Line::stats(&PathStats {
            rtt_micros: 420,
            rtt_variation_micros: 85,
            loss: 0.0,
            loss_in: 5.0 / 256.0,
            unacked: 2,
            unacked_bytes: 512,
            resent: 3,
            datagrams_sent: 240,
            bytes_sent: 31_000,
            datagrams_received: 251,
            bytes_received: 88_210,
        }),
        Line::End { of: "who" },
        Line::Error {
            text: "line 7: the message is empty".to_owned(),
        },
        audit(true, 5, None),
        audit(false, 2, Some(7)),
        Line::Relay {
            name: attic,
            key,
            addr,
            iface: "eth0",
            members: 3,
            rtt_ms: Some(Duration::from_micros(300)),
        },
        Line::Peer {
            name: bob,
            addr: peer,
            iface: "eth0",
            relay: None,
        },
        Line::Ready { addr: &[addr], key },
        Line::Backup {
            file: "monday.db",
            bytes: 118_784,
        },
    ]
    .iter()
    .map(|line| serde_json::to_string(line).unwrap())
    .collect()
}

#[test]
fn every_line_is_printed_as_the_manual_shows_it() {
    let (shown, _) = examples();
    let shown: BTreeSet<String> = shown.into_iter().map(str::to_owned).collect();
    let printed: BTreeSet<String> = event_lines().into_iter().chain(other_lines()).collect();
    let not_shown: Vec<_> = printed.difference(&shown).collect();
    let not_printed: Vec<_> = shown.difference(&printed).collect();
    assert!(not_shown.is_empty(), "not in docs/json.md: {not_shown:#?}");
    assert!(not_printed.is_empty(), "never printed: {not_printed:#?}");
}

#[test]
fn times_beyond_the_calendar_are_shown_as_its_end() {
    assert!(to_jiff(Timestamp(i64::MAX)) == jiff::Timestamp::MAX);
    assert!(to_jiff(Timestamp(i64::MIN)) == jiff::Timestamp::MIN);
}
