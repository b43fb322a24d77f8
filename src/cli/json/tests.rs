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
