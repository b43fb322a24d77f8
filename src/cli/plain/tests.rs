use super::*;
use crate::client::{Contact, Update};
use crate::wire::{Cursor, Event, LogHash, Member, Opened, Ordinal, Refusal, RelayId, Welcome};
use rand_chacha::rand_core::SeedableRng;

/// Monday 23 November 2026, 12:04 UTC.
const NOW: i64 = 1_795_435_440_000_000;

const LOG: LogId = LogId([1; 8]);

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn device(name: &str) -> DeviceId {
    DeviceId([name.as_bytes()[0]; 8])
}

fn message(text: &str) -> Body {
    Body::Message(SafeText::new(text))
}

fn update(plain: &mut Plain, update: Update) {
    plain.handle_input(Input::Update(update, Timestamp(NOW)));
}

fn event(plain: &mut Plain, room: &str, seq: u64, from: &str, body: Body) {
    let event = Event {
        seq: Seq(seq),
        device: device(from),
        local: LocalId(seq),
        ordinal: Ordinal::NONE,
        from: name(from),
        sent_at: Timestamp(NOW),
        stored_after: 0,
        body,
    };
    let room = room.parse().unwrap();
    let hash = LogHash::EMPTY;
    let log = LOG;
    update(
        plain,
        Update::Event {
            room,
            log,
            event,
            hash,
        },
    );
}

fn opened(plain: &mut Plain, room: &str, after: u64, head: u64) {
    let hash = LogHash::EMPTY;
    let seq = Seq(head);
    let head = Cursor {
        hash,
        log: LOG,
        seq,
    };
    let (after, first, topic) = (Seq(after), Seq(1), SafeText::default());
    let opened = Opened {
        hash,
        first,
        head,
        after,
        topic,
    };
    let room = room.parse().unwrap();
    update(plain, Update::Opened { room, opened });
}

fn member(plain: &mut Plain, who: &str, presence: Presence, status: &str) {
    let member = Member {
        name: name(who),
        device: device(who),
        presence,
        since: Timestamp(0),
        status: SafeText::new(status),
    };
    let (room, members) = (RoomName::lobby(), vec![member]);
    update(plain, Update::Members { room, members });
}

/// Ada, in the lobby, whose log has ten events that she has read.
fn entered() -> Plain {
    let mut plain = Plain::new(PlainConfig {
        name: name("ada"),
        device: device("ada"),
        room: RoomName::lobby(),
        language: Language::English,
        zone: TimeZone::UTC,
        rng: ChaCha12Rng::from_seed([7; 32]),
    });
    let contact = Contact::Entered {
        welcome: Welcome {
            name: name("ada"),
            relay: RelayId([1; 8]),
            relay_name: name("attic"),
            is_hosted: false,
            is_durable: true,
            direct: Vec::new(),
        },
        address: "[::1]:5267".parse().unwrap(),
        key: [0; 32],
    };
    update(&mut plain, Update::Contact(contact));
    opened(&mut plain, "lobby", 10, 10);
    printed(&mut plain);
    commands(&mut plain);
    plain.day = Some(jiff::civil::date(2026, 11, 23));
    plain
}

fn printed(plain: &mut Plain) -> Vec<String> {
    std::iter::from_fn(|| plain.poll_line()).collect()
}

fn commands(plain: &mut Plain) -> Vec<Command> {
    std::iter::from_fn(|| plain.poll_command()).collect()
}

/// What a line sends.
fn sent(plain: &mut Plain, line: &str) -> Option<(RoomName, LocalId, Body)> {
    plain.handle_line(line, Timestamp(NOW));
    commands(plain)
        .into_iter()
        .find_map(|command| match command {
            Command::Send {
                room, local, body, ..
            } => Some((room, local, body)),
            _ => None,
        })
}

#[test]
fn every_event_is_a_line_and_another_room_is_named() {
    let mut plain = entered();
    plain.handle_line("/join dev", Timestamp(NOW));
    plain.handle_line("/join lobby", Timestamp(NOW));
    opened(&mut plain, "dev", 0, 0);
    printed(&mut plain);
    event(&mut plain, "lobby", 11, "bob", message("hello\nyou"));
    event(&mut plain, "dev", 1, "bob", message("in here"));
    event(&mut plain, "lobby", 12, "carol", Body::Join);
    event(
        &mut plain,
        "lobby",
        13,
        "carol",
        Body::Reply(Seq(11), SafeText::new("hi")),
    );
    event(
        &mut plain,
        "lobby",
        14,
        "bob",
        Body::Action(SafeText::new("waves")),
    );
    event(
        &mut plain,
        "lobby",
        15,
        "bob",
        Body::Reaction(Seq(13), SafeText::new("tada")),
    );
    assert_eq!(
        printed(&mut plain),
        [
            "12:04 bob: hello you  #11",
            "#dev 12:04 bob: in here  #1",
            "12:04 * carol joined",
            "12:04 carol (to #11): hi  #13",
            "12:04 * bob waves  #14",
            "12:04 * bob reacted to #13: tada",
        ]
    );
    let read = Command::Read {
        room: RoomName::lobby(),
        log: LOG,
        seq: Seq(15),
    };
    assert!(commands(&mut plain).contains(&read));
}

#[test]
fn presence_is_told_when_it_changes() {
    let mut plain = entered();
    member(&mut plain, "bob", Presence::Here, "");
    member(&mut plain, "bob", Presence::Idle, "");
    assert_eq!(printed(&mut plain), [""; 0]);
    member(&mut plain, "bob", Presence::Away, "lunch");
    member(&mut plain, "bob", Presence::Gone, "");
    member(&mut plain, "bob", Presence::Here, "");
    let told = ["bob is away: lunch", "bob is gone", "bob is here"];
    assert_eq!(printed(&mut plain), told);
}

#[test]
fn what_is_unread_comes_first() {
    let mut plain = entered();
    let known = crate::tui::KnownRoom {
        room: "dev".parse().unwrap(),
        read: Some((LOG, Seq(3))),
        unread: 2,
        draft: String::new(),
        sent: Vec::new(),
    };
    plain.handle_input(Input::Known(vec![known]));
    assert_eq!(printed(&mut plain), ["#dev: 2 unread"]);
    opened(&mut plain, "dev", 5, 6);
    let asked = commands(&mut plain)
        .into_iter()
        .find_map(|command| match command {
            Command::Ask {
                query: Query::History { before, count, .. },
                ..
            } => Some((before, count)),
            _ => None,
        });
    assert_eq!(asked, Some((Some(Seq(6)), 2)));
    event(&mut plain, "dev", 6, "bob", message("new"));
    assert_eq!(printed(&mut plain), ["#dev 12:04 bob: new  #6"]);
}

#[test]
fn of_a_room_that_is_new_only_the_last_is_told() {
    let mut plain = entered();
    plain.handle_line("/join dev", Timestamp(NOW));
    opened(&mut plain, "dev", 0, 100);
    printed(&mut plain);
    for seq in 1..=100 {
        event(&mut plain, "dev", seq, "bob", message("x"));
    }
    assert_eq!(printed(&mut plain).len(), 20);
}

#[test]
fn messages_are_taken_by_their_numbers() {
    let mut plain = entered();
    let text = SafeText::new;
    let mut body = |line: &str| sent(&mut plain, line).map(|(_, _, body)| body);
    assert_eq!(body("hi"), Some(message("hi")));
    assert_eq!(
        body("/reply 11 yes"),
        Some(Body::Reply(Seq(11), text("yes")))
    );
    assert_eq!(
        body("/react 11 :+1:"),
        Some(Body::Reaction(Seq(11), text("+1")))
    );
    assert_eq!(body("/edit 11 no"), Some(Body::Edit(Seq(11), text("no"))));
    assert_eq!(body("/delete 11"), Some(Body::Redaction(Seq(11))));
    assert_eq!(body("s/a/b/"), None);
}

#[test]
fn the_last_message_is_changed_and_reacted_to() {
    let mut plain = entered();
    event(&mut plain, "lobby", 11, "ada", message("teh tea"));
    event(&mut plain, "lobby", 12, "bob", message("what?"));
    let (_, _, body) = sent(&mut plain, "s/teh/the/").unwrap();
    assert_eq!(body, Body::Edit(Seq(11), SafeText::new("the tea")));
    let (_, _, body) = sent(&mut plain, "+:tada:").unwrap();
    assert_eq!(body, Body::Reaction(Seq(12), SafeText::new("tada")));
}

#[test]
fn only_what_waits_or_fails_is_told_of_a_message() {
    let mut plain = entered();
    let room = RoomName::lobby;
    let (_, first, _) = sent(&mut plain, "one").unwrap();
    let (_, second, _) = sent(&mut plain, "two").unwrap();
    update(
        &mut plain,
        Update::Queued {
            room: room(),
            local: first,
        },
    );
    let refusal = Refusal::TooLong;
    update(
        &mut plain,
        Update::Delayed {
            room: room(),
            local: first,
            refusal,
        },
    );
    let refusal = Refusal::NotAllowed;
    update(
        &mut plain,
        Update::NotStored {
            room: room(),
            local: second,
            refusal,
        },
    );
    assert!(!plain.is_idle());
    update(
        &mut plain,
        Update::Stored {
            room: room(),
            local: first,
            seq: Seq(11),
        },
    );
    assert!(plain.is_idle());
    let printed = printed(&mut plain);
    assert_eq!(printed.len(), 2, "{printed:?}");
    assert!(
        printed[0].starts_with("Waits to be sent: \"one\": "),
        "{printed:?}"
    );
    assert!(printed[1].starts_with("Not sent: \"two\": "), "{printed:?}");
}

#[test]
fn a_direct_message_goes_to_the_room_of_two() {
    let mut plain = entered();
    let (room, _, body) = sent(&mut plain, "/msg bob psst").unwrap();
    assert_eq!((room.as_str(), body), ("@ada+bob", message("psst")));
    assert_eq!(printed(&mut plain), ["You write to @bob."]);
    event(&mut plain, "lobby", 11, "bob", message("x"));
    assert_eq!(printed(&mut plain), ["#lobby 12:04 bob: x  #11"]);
}

#[test]
fn what_is_no_command_is_refused_with_a_reason() {
    let mut plain = entered();
    for line in [
        "/nonsense",
        "/reply",
        "/theme dark",
        "/trust",
        "/leave",
        "/msg ada",
    ] {
        plain.handle_line(line, Timestamp(NOW));
        assert_eq!(printed(&mut plain).len(), 1, "{line}");
    }
    plain.handle_line("/quit", Timestamp(NOW));
    assert!(plain.is_over);
}
