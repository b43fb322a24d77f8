//! The conversations: their pane, their order, what is unread in them, who is gone.

use super::*;

fn direct(other: &str) -> RoomName {
    RoomName::direct(&name("alice"), &name(other))
}

/// Alice in the lobby, with something unread in two rooms and from two people, and a draft.
pub(super) fn busy() -> Desk {
    let mut desk = Desk::entered();
    desk.event("bob", Body::Topic(SafeText::new("the roof")));
    desk.enter_line("/join dev");
    desk.open(&"dev".parse().unwrap(), 0);
    desk.write("not sent yet");
    for who in ["bob", "dave"] {
        let room = direct(who);
        desk.update(Update::Waiting {
            room: room.clone(),
            seq: Seq(2),
        });
        desk.open(&room, 2);
    }
    desk.event_in(&direct("bob"), "bob", message("psst"));
    desk.press("M-1");
    desk.enter_line("/join tea");
    desk.open(&"tea".parse().unwrap(), 0);
    desk.press("M-1");
    for text in ["one", "alice?", "two"] {
        desk.event_in(&"tea".parse().unwrap(), "carol", message(text));
    }
    desk.says("carol", "who has the ladder?");
    desk.commands();
    desk
}

#[test]
fn panes_are_given_up_as_the_screen_gets_narrower() {
    let mut desk = busy();
    let mut panes = |columns: u16| {
        let lines = desk.draw(columns, 20).0;
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        (has(" Rooms"), has("3 present"), has("who has the ladder?"))
    };
    assert_eq!(panes(200), (true, true, true));
    assert_eq!(panes(110), (true, true, true));
    assert_eq!(panes(109), (false, true, true));
    assert_eq!(panes(80), (false, true, true));
    assert_eq!(panes(79), (false, false, true));
    assert_eq!(panes(40), (false, false, true));
}

#[test]
fn lines_are_given_up_as_the_screen_gets_lower() {
    let mut desk = busy();
    let mut parts = |rows: u16| {
        let lines = desk.draw(120, rows).0;
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        (
            has("┬"),
            has(" #lobby  the roof"),
            has("relay box1"),
            has("ladder?"),
            has("> "),
        )
    };
    assert_eq!(parts(60), (true, true, true, true, true));
    assert_eq!(parts(16), (true, true, true, true, true));
    assert_eq!(parts(15), (false, true, true, true, true));
    assert_eq!(parts(4), (false, true, true, true, true));
    assert_eq!(parts(3), (false, false, true, true, true));
    assert_eq!(parts(2), (false, false, false, true, true));
    assert_eq!(parts(1), (false, false, false, false, true));
}

#[test]
fn more_conversations_than_fit_are_scrolled_to() {
    let mut desk = Desk::entered();
    for number in 1..=20 {
        let room: RoomName = format!("r{number}").parse().unwrap();
        desk.enter_line(&format!("/join {room}"));
        desk.open(&room, 0);
    }
    desk.event_in(&"r1".parse().unwrap(), "bob", message("hi"));
    let pane = |desk: &mut Desk| -> Vec<String> {
        let lines = desk.draw(120, 8).0;
        let start = |line: &String| line.chars().take(20).collect::<String>();
        lines[1..6].iter().map(start).collect()
    };
    let expected = [
        "   #r16            ↑",
        "   #r17            │",
        "   #r18            │",
        "   #r19            │",
        "   #r20            │",
    ];
    assert_eq!(pane(&mut desk), expected);
    desk.press("M-1");
    let expected = [
        " Rooms             │",
        " 1 #lobby          │",
        " 2 #r1           1 │",
        " 3 #r2             │",
        " 4 #r3             ↓",
    ];
    assert_eq!(pane(&mut desk), expected);
}

#[test]
fn a_key_leads_through_what_is_unread_and_mentions_go_first() {
    let mut desk = busy();
    let mut seen = Vec::new();
    for _ in 0..3 {
        desk.press("M-a");
        seen.push(desk.app.room().title(&name("alice")));
    }
    assert_eq!(seen, ["#tea", "@bob", "@bob"]);
    desk.contains("! nothing is unread in another room");
}

#[test]
fn direct_rooms_stand_behind_the_others_whenever_those_are_opened() {
    let mut desk = Desk::entered();
    desk.enter_line("/msg bob");
    desk.enter_line("/join dev");
    assert_eq!(desk.draw(60, 12).0[0], " 1 #lobby  2 #dev  3 @bob");
    assert_eq!(desk.app.room().title(&name("alice")), "#dev");
    desk.press("M-3");
    desk.update(Update::Waiting {
        room: "tea".parse().unwrap(),
        seq: Seq(1),
    });
    assert_eq!(desk.app.room().title(&name("alice")), "@bob");
}

#[test]
fn what_is_written_to_somebody_gone_waits_and_says_so() {
    let mut desk = Desk::entered();
    desk.enter_line("/msg dave");
    desk.open(&direct("dave"), 0);
    desk.contains("> dave is gone; it waits at the relay");
    desk.contains("─ @dave  relay box1  dave is gone  encrypted");
    let local = desk.send_line("see you tomorrow");
    desk.update(Update::Stored {
        room: direct("dave"),
        local,
        seq: Seq(1),
    });
    desk.shows(120, 16, r"
 @dave  gone
───────────────────┬────────────────────────────────────────────────────────────────────────────┬───────────────────────
 Rooms             │                                                                            │
 1 #lobby          │                                                                            │
                   │                                                                            │
 Direct            │                                                                            │
 2 ○ dave          │                                                                            │
                   │                                                                            │
                   │                                                                            │
                   │                                                                            │
                   │                                                                            │
                   │                                                                            │
                   │                                                                            │
                   │ 12:00  ✓        alice  see you tomorrow                                    │
─ @dave  relay box1  dave is gone  encrypted  rtt 0.4 ms  loss 0 % ─────────────────────────────┴───────────────────────
> dave is gone; it waits at the relay
");
    desk.shows(
        80,
        16,
        r"
 1 #lobby  2 @dave                                                         gone
────────────────────────────────────────────────────────────────┬───────────────
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
12:00  ✓      alice  see you tomorrow                           │
─ @dave  relay box1  dave is gone  encrypted  rtt 0.4 ms  loss 0 % ─────────────
> dave is gone; it waits at the relay
",
    );
    desk.shows(
        40,
        12,
        r"
 1 #lobby  2 @dave                 gone








12:00  ✓  alice  see you tomorrow
─ @dave  relay box1  dave is gone ──────
> dave is gone; it waits at the relay
",
    );
    desk.members(&[("dave", Presence::Here)]);
    desk.contains("> Write to @dave, or /help");
}

#[test]
fn a_name_somebody_had_before_does_not_hide_the_one_they_have() {
    let mut desk = Desk::entered();
    let member = |who: &str, presence| Member {
        name: name(who),
        device: device("amy"),
        presence,
        since: Timestamp(NOON),
        status: SafeText::default(),
    };
    let members = vec![member("amy", Presence::Here), member("zoe", Presence::Gone)];
    let room = lobby();
    desk.update(Update::Members { room, members });
    for shown in ["● amy", "○ zoe"] {
        desk.contains(shown);
    }
}
