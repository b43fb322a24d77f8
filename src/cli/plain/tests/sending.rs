//! What the user says, and what is told of it.

use super::*;
use crate::wire::{Limit, Refusal};

fn stored(desk: &mut Desk, local: LocalId, seq: u64) {
    let (room, seq) = (RoomName::lobby(), Seq(seq));
    desk.update(Update::Stored { room, local, seq });
}

#[test]
fn messages_are_taken_by_number_by_last_digits_and_by_name() {
    let mut desk = Desk::new();
    desk.opened("lobby", 10, 1_210);
    for (seq, from) in [(1_211, "bob"), (1_212, "carol"), (1_213, "ada")] {
        desk.hear("lobby", seq, from, message("x"));
    }
    let mut body = |line: &str| desk.sent(line).map(|(_, _, body)| body);
    let yes = |to| Some(reply(to, "yes"));
    assert_eq!(body("hi"), Some(message("hi")));
    assert_eq!(body("/reply 1211 yes"), yes(1_211));
    assert_eq!(body("/reply 12 yes"), yes(1_212));
    assert_eq!(body("/reply 2 yes"), yes(1_212));
    assert_eq!(body("/reply #12 yes"), yes(12));
    assert_eq!(body("/reply 40 yes"), yes(40));
    assert_eq!(body("/reply bob yes"), yes(1_211));
    let text = SafeText::new;
    assert_eq!(
        body("/react 11 :+1:"),
        Some(Body::Reaction(Seq(1_211), text("+1")))
    );
    assert_eq!(
        body("/edit ada no"),
        Some(Body::Edit(Seq(1_213), text("no")))
    );
    assert_eq!(body("/delete 3"), Some(Body::Redaction(Seq(1_213))));
    desk.printed();
    for (line, why) in [
        ("/reply 9999 x", "there is no message #9999 here"),
        ("/reply dave x", "dave has said nothing here lately"),
        ("/edit 11 x", "#1211 is not yours"),
        ("/delete bob", "#1211 is not yours"),
        (
            "/react 11 two words",
            "a reaction is one emoji or its name, like :tada:",
        ),
    ] {
        assert_eq!(desk.answer(line), [why], "{line}");
    }
}

#[test]
fn the_last_message_is_changed_and_reacted_to() {
    let mut desk = Desk::new();
    let text = SafeText::new;
    desk.hear("lobby", 11, "ada", message("teh tea"));
    desk.hear("lobby", 12, "bob", message("what?"));
    let (_, _, body) = desk.sent("s/teh/the/").unwrap();
    assert_eq!(body, Body::Edit(Seq(11), text("the tea")));
    let nothing = "nothing would be left; /delete #11 takes it back";
    desk.printed();
    assert_eq!(desk.answer("s/teh tea//"), [nothing]);
    let (_, _, body) = desk.sent("+:tada:").unwrap();
    assert_eq!(body, Body::Reaction(Seq(12), text("tada")));
    desk.hear("lobby", 13, "ada", body);
    let (_, _, body) = desk.sent("/react 12 tada").unwrap();
    assert_eq!(body, Body::Reaction(Seq(12), text("")), "the same again");
}

#[test]
fn of_what_is_stored_at_once_nothing_is_told() {
    let mut desk = Desk::new();
    let (_, local, _) = desk.sent("one").unwrap();
    stored(&mut desk, local, 11);
    desk.wait(Duration::from_secs(10));
    assert_eq!(desk.printed(), [""; 0]);
    assert!(desk.plain.is_idle());
}

#[test]
fn what_is_late_is_told_and_that_it_is_stored_then() {
    let mut desk = Desk::new();
    let (_, one, _) = desk.sent("one\u{7} and a half").unwrap();
    assert!(desk.plain.poll_timeout().is_some());
    desk.wait(Duration::from_secs(5));
    assert_eq!(desk.printed(), ["Not stored yet: \"one and a half\""]);
    assert_eq!(desk.plain.poll_timeout(), None, "told once");
    assert_eq!(
        desk.answer("/info"),
        ["Waits to be sent: \"one and a half\""]
    );
    stored(&mut desk, one, 11);
    assert_eq!(desk.printed(), ["Stored now: \"one and a half\""]);

    let several: Vec<LocalId> = (["two", "three"].iter())
        .map(|line| desk.sent(line).unwrap().1)
        .collect();
    desk.wait(Duration::from_secs(5));
    assert_eq!(desk.printed(), ["2 messages are not stored yet."]);
    stored(&mut desk, several[0], 12);
    assert_eq!(desk.printed(), [""; 0]);
    stored(&mut desk, several[1], 13);
    assert_eq!(desk.printed(), ["All that waited is stored now."]);
}

#[test]
fn what_is_late_is_told_in_chinese() {
    let mut desk = Desk::in_language(Language::Chinese);
    let (_, local, _) = desk.sent("你好").unwrap();
    desk.wait(Duration::from_secs(5));
    stored(&mut desk, local, 11);
    let told = ["尚未存储：“你好”", "现已存储：“你好”"];
    assert_eq!(desk.printed(), told);
}

#[test]
fn what_waits_or_fails_is_told_with_the_reason_and_once() {
    let mut desk = Desk::new();
    let room = RoomName::lobby;
    let (_, first, _) = desk.sent("one").unwrap();
    let (_, second, _) = desk.sent("two").unwrap();
    for _ in 0..2 {
        let (room, local) = (room(), first);
        let refusal = Refusal::TooLong;
        desk.update(Update::Delayed {
            room,
            local,
            refusal,
        });
    }
    let (room, local) = (room(), second);
    let refusal = Refusal::NotAllowed;
    desk.update(Update::NotStored {
        room,
        local,
        refusal,
    });
    assert!(!desk.plain.is_idle());
    stored(&mut desk, first, 11);
    assert!(desk.plain.is_idle());
    let printed = desk.printed();
    assert_eq!(printed.len(), 3, "{printed:?}");
    assert!(printed[0].starts_with("Waits to be sent: \"one\": "));
    assert!(printed[1].starts_with("Not sent: \"two\": "));
    assert_eq!(printed[2], "Stored now: \"one\"");
}

#[test]
fn marks_of_delivery_are_words_for_who_wants_them() {
    let mut desk = Desk::new();
    desk.answer("/tell delivery on");
    let (_, local, body) = desk.sent("one").unwrap();
    stored(&mut desk, local, 11);
    desk.hear("lobby", 11, "ada", body);
    for who in ["bob", "carol"] {
        let (room, name, seq) = (RoomName::lobby(), name(who), Seq(11));
        desk.update(Update::Delivered { room, name, seq });
    }
    assert_eq!(
        desk.printed(),
        ["#11 is stored.", "ada: one  #11", "#11 has reached bob."]
    );
    desk.answer("/tell own off");
    desk.hear("lobby", 12, "ada", message("two"));
    assert_eq!(desk.printed(), [""; 0]);
}

#[test]
fn a_direct_message_goes_to_the_room_of_two() {
    let mut desk = Desk::new();
    let (room, _, body) = desk.sent("/msg bob psst").unwrap();
    assert_eq!((room.as_str(), body), ("@ada+bob", message("psst")));
    assert_eq!(desk.printed(), ["You write to @bob."]);
    desk.hear("lobby", 11, "bob", message("x"));
    assert_eq!(desk.printed(), ["#lobby, bob: x  #11"]);
}

#[test]
fn leaving_says_what_is_not_stored() {
    let mut desk = Desk::new();
    desk.sent("one");
    let line = "1 message is not stored yet; it is sent at the next start";
    assert_eq!(desk.answer("/quit"), [line]);
    assert!(desk.plain.is_over);
}

#[test]
fn an_answer_that_waits_for_its_room_is_given_up_with_the_room_and_not_forgotten() {
    let mut desk = Desk::new();
    desk.write("/join tea");
    desk.write("/reply 3 yes please");
    desk.printed();
    assert!(!desk.plain.is_idle());
    // The room may still be opened later.
    let refused = |refusal| Update::OpenRefused {
        room: room("tea"),
        refusal,
    };
    desk.update(refused(Limit::Rooms.into()));
    assert!(!desk.plain.is_idle());
    desk.printed();
    assert_eq!(
        desk.answer("/leave"),
        ["what you asked for here waits until the room is open, and would be lost"]
    );
    desk.update(refused(Refusal::NotAllowed));
    let told = desk.printed();
    let expected = [
        "#tea, this room can't be opened: not allowed",
        "Not sent: \"/reply 3 yes please\": not allowed",
    ];
    assert_eq!(told, expected);
    assert!(desk.plain.is_idle());
    assert_eq!(desk.answer("/leave"), ["You write to #lobby."]);
}

#[test]
fn the_last_message_is_the_last_that_is_heard_and_still_there() {
    let mut desk = Desk::new();
    desk.answer("/ignore eve");
    desk.hear("lobby", 11, "bob", message("tea?"));
    desk.hear("lobby", 12, "carol", message("oops"));
    desk.hear("lobby", 13, "carol", Body::Redaction(Seq(12)));
    desk.hear("lobby", 14, "eve", message("spam"));
    let (_, _, body) = desk.sent("+:tada:").unwrap();
    assert_eq!(body, Body::Reaction(Seq(11), SafeText::new("tada")));

    desk.hear(
        "lobby",
        15,
        "ada",
        Body::Action(SafeText::new("likes teh tea")),
    );
    desk.hear("lobby", 16, "ada", message("teh end"));
    desk.hear("lobby", 17, "ada", Body::Redaction(Seq(16)));
    let (_, _, body) = desk.sent("s/teh/the/").unwrap();
    assert_eq!(body, Body::Edit(Seq(15), SafeText::new("likes the tea")));
}
