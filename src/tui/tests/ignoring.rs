//! What people say whom the user ignores is folded away, and counts for nothing.

use super::*;
use crate::tui::settings::Settings;
use crate::tui::{Input, KnownRoom};

fn kept(desk: &mut Desk) -> Settings {
    let commands = desk.commands();
    let kept = commands
        .into_iter()
        .rev()
        .find_map(|command| match command {
            Command::Keep(settings) => Some(settings),
            _ => None,
        });
    kept.expect("something was kept")
}

#[test]
fn what_they_say_is_one_line() {
    let mut desk = Desk::entered();
    desk.says("bob", "one");
    desk.says("carol", "hello");
    desk.chatter(2);
    desk.event("bob", Body::Action(SafeText::new("shouts")));
    desk.says("carol", "bye");
    desk.enter_line("/ignore bob");
    desk.shows(
        80,
        12,
        r"
 1 #lobby
                                                                │ 3 present
                                                                │ ● alice you
─────────────────── Monday 23 November 2026 ─────────────────── │ ● bob
12:00             ·  1 message from bob ignored                 │ ◐ carol
12:00         carol  hello                                      │ ○ dave
12:00             ·  3 messages from bob ignored                │
12:00         carol  bye                                        │
12:00             ·  bob is ignored from now on; /unignore bob  │
                     ends that.                                 │
─ #lobby  relay box1  encrypted  rtt 0.4 ms  loss 0 % ──────────┴───────────────
> Write to #lobby, or /help
",
    );
    desk.says("bob", "and another");
    desk.contains("·  1 message from bob ignored");
    desk.enter_line("/unignore bob");
    desk.contains("bob  and another");
    desk.contains("*  bob shouts");
}

#[test]
fn they_are_known_by_their_device_under_another_name() {
    let mut desk = Desk::entered();
    desk.enter_line("/ignore bob");
    desk.seq += 1;
    let mut renamed = event(desk.seq, "rob", NOON, message("it's me"));
    renamed.device = device("bob");
    desk.update(Update::Event {
        hash: LogHash::EMPTY,
        room: lobby(),
        log: LOG,
        event: renamed,
    });
    desk.contains("1 message from rob ignored");
    let settings = kept(&mut desk);
    let text = settings.text().unwrap();
    assert_eq!(text, "[ignored]\nbob = [\"626f620000000000\"]\n");
    assert_eq!(Settings::parse(&text), Ok(settings));
}

#[test]
fn they_are_not_unread_and_notify_nobody() {
    let mut desk = Desk::entered();
    desk.enter_line("/ignore bob");
    desk.enter_line("/join dev");
    desk.says("bob", "alice!");
    desk.ahead(4, "bob", "alice!!");
    desk.seconds(10);
    assert_eq!(desk.app.take_delivery(), None);
    assert_eq!(desk.draw(40, 12).0[0], " 1 #lobby  2 #dev");
    desk.press("M-1");
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(!screen.contains("alice!"), "{screen}");
    assert!(!screen.contains("── new ──"), "{screen}");
}

#[test]
fn their_direct_messages_open_no_room() {
    let mut desk = Desk::entered();
    desk.enter_line("/ignore bob");
    let waiting = |from: &str| Update::Waiting {
        room: RoomName::direct(&name("alice"), &name(from)),
        seq: Seq(1),
    };
    desk.update(waiting("bob"));
    assert_eq!(desk.draw(40, 12).0[0], " 1 #lobby");
    desk.update(waiting("carol"));
    assert_eq!(desk.draw(40, 12).0[0], " 1 #lobby  2 @carol");
}

#[test]
fn they_are_not_unread_at_the_next_start_either() {
    let mut desk = Desk::searching();
    desk.enter_line("/ignore bob");
    let read = Some((LOG, Seq(1)));
    let room: RoomName = "dev".parse().unwrap();
    let unread = 3;
    desk.app.handle_input(Input::Known(vec![KnownRoom {
        room: room.clone(),
        read,
        unread,
        draft: String::new(),
        sent: Vec::new(),
    }]));
    for from in ["bob", "bob", "carol", "bob"] {
        desk.event_in(&room, from, message("hi"));
    }
    assert_eq!(desk.draw(40, 12).0[0], " 1 #lobby  2 #dev 1");
}

#[test]
fn they_are_not_seen_typing() {
    let mut desk = Desk::entered();
    desk.enter_line("/ignore bob");
    let before = desk.draw(80, 24).0;
    desk.update(Update::Typing {
        room: lobby(),
        name: name("bob"),
    });
    assert_eq!(desk.draw(80, 24).0, before);
}

#[test]
fn what_is_folded_is_not_selected() {
    let mut desk = Desk::entered();
    desk.says("carol", "first");
    desk.says("bob", "second");
    desk.enter_line("/ignore bob");
    desk.draw(80, 24);
    desk.press("Esc");
    assert_eq!(desk.app.room().selected, Some(Seq(1)));
    desk.press("j");
    assert_eq!(desk.app.room().selected, Some(Seq(1)));
}

#[test]
fn who_is_ignored_is_listed_and_mistakes_are_told() {
    let mut desk = Desk::entered();
    desk.enter_line("/ignore");
    desk.contains("Nobody is ignored.");
    desk.enter_line("/ignore @dave");
    desk.enter_line("/ignore bob:");
    desk.enter_line("/ignore");
    desk.contains("Ignored: bob, dave");
    desk.enter_line("/ignore alice");
    desk.contains("that is your own name");
    desk.press("C-c");
    desk.enter_line("/unignore carol");
    desk.contains("nobody called carol is ignored");
}
