//! What was not read when the screen was closed, or is not while it is open.

use super::*;
use crate::tui::{Input, KnownRoom};

fn dev() -> RoomName {
    "dev".parse().unwrap()
}

fn direct() -> RoomName {
    RoomName::direct(&name("alice"), &name("bob"))
}

fn known(room: RoomName, read: u64, unread: usize) -> KnownRoom {
    let read = Some((LOG, Seq(read)));
    KnownRoom {
        room,
        read,
        unread,
        draft: String::new(),
        sent: Vec::new(),
    }
}

/// Three rooms were open; dev before the lobby.
fn started_again() -> Desk {
    let mut desk = Desk::searching();
    let rooms = vec![
        known(dev(), 3, 2),
        known(lobby(), 4, 3),
        known(direct(), 0, 1),
    ];
    desk.app.handle_input(Input::Known(rooms));
    desk
}

/// The events of a room that this device kept.
fn kept(desk: &mut Desk, room: &RoomName, count: u64) {
    desk.seq = 0;
    for number in 1..=count {
        desk.event_in(room, "bob", message(&format!("line {number}")));
    }
}

#[test]
fn rooms_left_open_are_opened_again_with_what_is_unread_in_them() {
    let mut desk = started_again();
    let opened: Vec<RoomName> = desk
        .commands()
        .into_iter()
        .filter_map(|command| match command {
            Command::Open { room, .. } => Some(room),
            _ => None,
        })
        .collect();
    assert_eq!(opened, [lobby(), dev(), direct()]);
    kept(&mut desk, &lobby(), 7);
    kept(&mut desk, &dev(), 5);
    desk.enter();
    desk.open(&dev(), 5);
    desk.event_in(&dev(), "bob", message("just now"));
    let (lines, _) = desk.draw(60, 12);
    assert_eq!(lines[0], " 1 #lobby  2 #dev 3  3 @bob 1");
    let room = lobby();
    let (log, seq) = (LOG, Seq(7));
    assert!(desk.commands().contains(&Command::Read { room, log, seq }));
}

#[test]
fn a_line_parts_what_is_read_from_what_is_not() {
    let mut desk = started_again();
    kept(&mut desk, &lobby(), 7);
    desk.shows(
        40,
        12,
        r"
 1 #lobby  2 #dev 2  3 @bob 1
─────── Monday 23 November 2026 ────────
12:00       bob  line 1
12:00       bob  line 2
12:00       bob  line 3
12:00       bob  line 4
───────────────── new ──────────────────
12:00       bob  line 5
12:00       bob  line 6
12:00       bob  line 7
─ #lobby  searching… ───────────────────
> Write to #lobby, or /help
",
    );
    // It stays while the room is in front, and goes when another is.
    desk.enter();
    desk.open(&lobby(), 7);
    desk.says("bob", "line 8");
    desk.contains("── new ──");
    desk.press("M-2 M-1");
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(!screen.contains("── new ──"), "{screen}");
}

#[test]
fn rooms_may_become_known_after_their_events() {
    let mut desk = Desk::searching();
    kept(&mut desk, &lobby(), 7);
    let rooms = vec![known(lobby(), 4, 3)];
    desk.app.handle_input(Input::Known(rooms));
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[0], " 1 #lobby");
    assert_eq!(lines[6], "───────────────── new ──────────────────");
}

#[test]
fn the_line_stands_above_the_first_message_of_somebody_else() {
    let mut desk = started_again();
    kept(&mut desk, &lobby(), 4);
    desk.enter();
    desk.open(&lobby(), 4);
    desk.event("alice", Body::Join);
    desk.says("alice", "mine");
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(!screen.contains("── new ──"), "{screen}");
    desk.says("bob", "his");
    let (lines, _) = desk.draw(40, 12);
    let expected = [
        "12:00     alice  mine",
        "───────────────── new ──────────────────",
        "12:00       bob  his",
    ];
    let lines: Vec<String> = lines[7..10].iter().map(|l| l.replace("✓", " ")).collect();
    assert_eq!(lines, expected);
    // Who writes has read.
    desk.send_line("hello");
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(!screen.contains("── new ──"), "{screen}");
}

#[test]
fn a_room_with_something_unread_shows_where_that_starts() {
    let mut desk = Desk::entered();
    desk.enter_line("/join dev");
    desk.open(&dev(), 0);
    desk.says("bob", "one");
    desk.says("bob", "two");
    desk.press("M-1");
    desk.press("M-2 M-1");
    let screen = desk.draw(40, 12).0.join("\n");
    assert!(!screen.contains("── new ──"), "{screen}");
    desk.press("M-2");
    desk.says("bob", "three");
    desk.press("M-1");
    let (lines, _) = desk.draw(40, 12);
    let expected = [
        "12:00       bob  two",
        "───────────────── new ──────────────────",
        "12:00       bob  three",
    ];
    assert_eq!(lines[7..10], expected);
}

#[test]
fn what_comes_while_nobody_looks_is_not_read() {
    let mut desk = Desk::entered();
    desk.says("bob", "seen");
    desk.commands();
    desk.app.handle_focus(false);
    desk.says("bob", "not seen");
    assert_eq!(desk.commands(), []);
    assert_eq!(desk.draw(40, 12).0[0], " 1 #lobby 1");
    desk.app.handle_focus(true);
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[0], " 1 #lobby");
    assert_eq!(lines[8], "───────────────── new ──────────────────");
    let (room, log, seq) = (lobby(), LOG, Seq(2));
    assert_eq!(desk.commands(), [Command::Read { room, log, seq }]);
}

#[test]
fn what_is_below_the_part_in_sight_is_not_read() {
    let mut desk = Desk::entered();
    desk.chatter(30);
    desk.draw(40, 12);
    desk.commands();
    desk.press("PageUp");
    desk.says("bob", "line 31");
    desk.enter_line("/join dev");
    assert_eq!(desk.draw(40, 12).0[0], " 1 #lobby 1  2 #dev");
    desk.press("M-1");
    assert_eq!(desk.draw(40, 12).0[0], " 1 #lobby 1  2 #dev");
    desk.commands();
    desk.press("End");
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[0], " 1 #lobby  2 #dev");
    assert_eq!(lines[8], "───────────────── new ──────────────────");
    let (room, log, seq) = (lobby(), LOG, Seq(31));
    assert_eq!(desk.commands(), [Command::Read { room, log, seq }]);
}

#[test]
fn more_rooms_than_can_be_open_are_said_to_be_left_out() {
    let mut desk = Desk::searching();
    let rooms = (1..=70).map(|number| known(format!("r{number}").parse().unwrap(), 0, 0));
    desk.app.handle_input(Input::Known(rooms.collect()));
    desk.contains("7 more rooms were open; no more than 64 ");
}

/// The log of another relay.
const THERE: LogId = LogId([2; 8]);

/// The room "dev" behind the lobby, with 3 lines read in it; then its relay is another, where 3 lines
/// are, too.
fn moved() -> Desk {
    let mut desk = Desk::entered();
    desk.enter_line("/join dev");
    desk.open(&dev(), 0);
    for text in ["one", "two", "three"] {
        desk.event_in(&dev(), "bob", message(text));
    }
    desk.press("M-1");
    desk.commands();
    desk.opened(&dev(), opened(THERE, 3));
    (1..=3).for_each(|seq| there(&mut desk, seq));
    desk
}

fn there(desk: &mut Desk, seq: u64) {
    let event = event(seq, "bob", NOON, message(&format!("there {seq}")));
    desk.update(Update::Event {
        hash: LogHash::EMPTY,
        room: dev(),
        log: THERE,
        event,
    });
}

fn tabs(desk: &mut Desk) -> String {
    desk.draw(40, 12).0[0].clone()
}

#[test]
fn what_another_relay_had_when_it_was_met_is_no_news_after_a_new_start_either() {
    let mut desk = moved();
    assert_eq!(tabs(&mut desk), " 1 #lobby  2 #dev");
    let (room, log, seq) = (dev(), THERE, Seq(3));
    assert_eq!(desk.commands(), [Command::Read { room, log, seq }]);
    there(&mut desk, 4);
    assert_eq!(tabs(&mut desk), " 1 #lobby  2 #dev 1");
    assert_eq!(desk.commands(), []);
}

#[test]
fn what_was_said_at_a_relay_while_another_was_used_is_news() {
    let mut desk = moved();
    desk.commands();
    let mut back = opened(LOG, 5);
    back.after = Seq(3);
    desk.opened(&dev(), back);
    desk.seq = 3;
    desk.event_in(&dev(), "bob", message("four"));
    desk.event_in(&dev(), "bob", message("five"));
    assert_eq!(tabs(&mut desk), " 1 #lobby  2 #dev 2");
    assert_eq!(desk.commands(), []);
}

#[test]
fn what_is_unread_stays_so_when_another_relay_is_met() {
    let mut desk = Desk::searching();
    desk.app
        .handle_input(Input::Known(vec![known(dev(), 3, 2)]));
    kept(&mut desk, &dev(), 5);
    desk.enter();
    desk.opened(&dev(), opened(THERE, 3));
    desk.commands();
    (1..=3).for_each(|seq| there(&mut desk, seq));
    assert_eq!(tabs(&mut desk), " 1 #lobby  2 #dev 2");
    assert_eq!(desk.commands(), []);
}

#[test]
fn messages_to_this_user_alone_are_news_at_every_relay() {
    let mut desk = Desk::entered();
    desk.enter_line("/msg bob");
    desk.open(&direct(), 0);
    desk.event_in(&direct(), "bob", message("one"));
    desk.press("M-1");
    desk.opened(&direct(), opened(THERE, 1));
    let event = event(1, "bob", NOON, message("there"));
    desk.update(Update::Event {
        hash: LogHash::EMPTY,
        room: direct(),
        log: THERE,
        event,
    });
    assert_eq!(tabs(&mut desk), " 1 #lobby  2 @bob 1");
}
