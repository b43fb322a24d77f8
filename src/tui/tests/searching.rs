//! Ctrl-F and `/search`: the list of what is found, and the way to it.

use super::*;
use crate::wire::{Answer, Found, Query, Refusal};

fn asked(desk: &mut Desk) -> (u32, Query) {
    let commands = desk.commands();
    let ask = commands.iter().find_map(|command| match command {
        Command::Ask { request, query } => Some((*request, query.clone())),
        _ => None,
    });
    ask.unwrap_or_else(|| panic!("{commands:?}"))
}

fn found(room: &RoomName, seq: u64, from: &str, text: &str) -> Found {
    Found {
        room: room.clone(),
        log: LOG,
        event: event(seq, from, NOON, message(text)),
        mark: seq,
    }
}

fn answer(desk: &mut Desk, request: u32, found: Vec<Found>) {
    desk.update(Update::Answer {
        request,
        part: Answer::Found(found),
        is_last: true,
    });
}

/// A search for a ladder, with three results in two rooms.
pub(super) fn ladders() -> Desk {
    let mut desk = Desk::entered();
    desk.enter_line("/search ladder");
    let (request, query) = asked(&mut desk);
    let words = "ladder".to_owned();
    let (room, from, after, count) = (None, None, None, 50);
    assert_eq!(
        query,
        Query::Search {
            words,
            room,
            from,
            after,
            count
        }
    );
    desk.contains("all rooms: searching…");
    let direct = RoomName::direct(&name("alice"), &name("bob"));
    let long = "x ".repeat(200) + "the ladder at last";
    let results = vec![
        found(
            &lobby(),
            900,
            "bob",
            "does anybody know where the long ladder went?",
        ),
        found(
            &direct,
            7,
            "bob",
            "your Ladder is in my shed,\nand has been for a year",
        ),
        found(&lobby(), 30, "carol", &long),
    ];
    answer(&mut desk, request, results);
    // Short answers may be so for their size.
    let (request, query) = asked(&mut desk);
    assert!(matches!(
        query,
        Query::Search {
            after: Some(30),
            ..
        }
    ));
    answer(&mut desk, request, Vec::new());
    desk
}

#[test]
fn the_words_found_stand_out() {
    let mut desk = ladders();
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| desk.app.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    assert_eq!(buffer[(7, 7)].symbol(), "L");
    assert_ne!(buffer[(7, 7)].fg, buffer[(6, 7)].fg);
    assert_eq!(buffer[(7, 7)].fg, buffer[(12, 7)].fg);
}

#[test]
fn the_list_scrolls_on_a_small_screen() {
    let mut desk = ladders();
    desk.press("Down");
    desk.press("Down");
    desk.shows(
        40,
        9,
        r"
 1 #lobby
Search: ladder
all rooms: 3 found           Tab: #lobby
> 23 Nov 2026 12:00  #lobby  carol
… x x x x x x x x x x x x x x x x x x x
  x x x x x x x x x x the ladder at
  last
─ #lobby ─ Enter goes there, Esc closes
> Write to #lobby, or /help
",
    );
    desk.press("Esc");
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(!screen.contains("ladder"), "{screen}");
}

#[test]
fn more_is_fetched_when_the_end_of_the_list_is_near() {
    let mut desk = Desk::entered();
    desk.enter_line("/search -r ladder");
    let (request, query) = asked(&mut desk);
    assert!(matches!(query, Query::Search { room: Some(room), .. } if room == lobby()));
    let page = |from: u64| (0..50).map(move |n| found(&lobby(), from - n, "bob", "ladder"));
    answer(&mut desk, request, page(500).collect());
    desk.contains("#lobby: 50 found so far");
    desk.press("PageDown");
    assert_eq!(desk.commands(), []);
    desk.press("C-End");
    let (request, query) = asked(&mut desk);
    assert!(matches!(
        query,
        Query::Search {
            after: Some(451),
            ..
        }
    ));
    answer(&mut desk, request, page(450).take(20).collect());
    desk.contains("#lobby: 70 found so far");
    desk.press("C-End");
    let (request, _) = asked(&mut desk);
    answer(&mut desk, request, Vec::new());
    desk.contains("#lobby: 70 found");
    desk.press("C-Home C-End");
    assert_eq!(desk.commands(), []);
}

#[test]
fn enter_goes_to_a_message_that_is_not_held() {
    let mut desk = ladders();
    desk.seq = 1_000;
    desk.chatter(50);
    desk.draw(40, 12);
    desk.commands();
    desk.press("Enter");
    let (request, query) = asked(&mut desk);
    let before = Some(Seq(1_000));
    let (room, count) = (lobby(), 200);
    assert_eq!(
        query,
        Query::History {
            room,
            before,
            count
        }
    );
    let events = (800..1_000).map(|seq| event(seq, "bob", NOON, message(&format!("line {seq}"))));
    desk.update(Update::Answer {
        request,
        part: Answer::Events(LOG, events.collect()),
        is_last: true,
    });
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[5], "12:00       bob  line 900");
    let mut terminal = Terminal::new(TestBackend::new(40, 12)).unwrap();
    terminal.draw(|frame| desk.app.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    assert_ne!(buffer[(17, 5)].modifier, buffer[(17, 6)].modifier);
    desk.press("Esc Esc");
    assert_eq!(desk.draw(40, 12).0[9], "12:00       bob  line 50");
}

#[test]
fn enter_goes_to_a_message_that_is_held_without_asking() {
    let mut desk = Desk::entered();
    desk.chatter(60);
    desk.enter_line("/search 20");
    let (request, _) = asked(&mut desk);
    answer(
        &mut desk,
        request,
        vec![found(&lobby(), 20, "bob", "line 20")],
    );
    desk.commands();
    desk.draw(40, 12);
    desk.press("Enter");
    assert_eq!(desk.commands(), []);
    assert_eq!(desk.draw(40, 12).0[5], "12:00       bob  line 20");
}

#[test]
fn a_room_that_is_not_open_is_opened_first() {
    let mut desk = ladders();
    desk.press("Down Enter");
    let direct = RoomName::direct(&name("alice"), &name("bob"));
    let (room, create) = (direct.clone(), false);
    assert_eq!(desk.commands(), [Command::Open { room, create }]);
    let mut opened = opened(LOG, 300);
    opened.after = Seq(100);
    desk.opened(&direct, opened);
    let (_, query) = asked(&mut desk);
    assert!(matches!(
        query,
        Query::History {
            before: Some(Seq(107)),
            ..
        }
    ));
}

#[test]
fn a_message_that_comes_with_the_room_is_waited_for() {
    let mut desk = ladders();
    desk.press("Down Enter");
    desk.commands();
    let direct = RoomName::direct(&name("alice"), &name("bob"));
    desk.open(&direct, 40);
    for number in 1..=40 {
        desk.event_in(&direct, "bob", message(&format!("line {number}")));
    }
    desk.draw(40, 12);
    assert_eq!(desk.app.room().found, Some(Seq(7)));
    let commands = desk.commands();
    let is_ask = |command: &Command| matches!(command, Command::Ask { .. });
    assert!(!commands.iter().any(is_ask), "{commands:?}");
}

#[test]
fn an_edited_message_is_found_as_its_edit_and_gone_to_itself() {
    let mut desk = Desk::entered();
    desk.says("bob", "the lader is here");
    desk.chatter(40);
    let edit = Body::Edit(Seq(1), SafeText::new("the ladder is here"));
    desk.event("bob", edit.clone());
    desk.enter_line("/search ladder");
    let (request, _) = asked(&mut desk);
    let mut hit = found(&lobby(), 42, "bob", "");
    hit.event.body = edit;
    answer(&mut desk, request, vec![hit]);
    let (lines, _) = desk.draw(80, 24);
    let expected = [
        "> 23 Nov 2026 12:00  #lobby  bob  edited",
        "  the ladder is here",
    ];
    assert_eq!(lines[4..6], expected);
    desk.commands();
    desk.press("Enter");
    assert_eq!(desk.app.room().found, Some(Seq(1)));
    desk.contains("bob  the ladder is here");
}

#[test]
fn a_message_that_can_not_be_shown_says_why() {
    let mut desk = ladders();
    desk.press("Enter");
    desk.contains("! this message is still being fetched");
    desk.seq = 1_000;
    desk.chatter(1);
    desk.enter_line("/search ladder");
    let (request, _) = asked(&mut desk);
    let gone = vec![found(&lobby(), 900, "bob", "ladder")];
    answer(&mut desk, request, gone);
    desk.commands();
    desk.press("Enter");
    let (request, _) = asked(&mut desk);
    desk.update(Update::Answer {
        request,
        part: Answer::Events(LOG, Vec::new()),
        is_last: true,
    });
    desk.contains("! the relay has this message no longer");

    let mut other = found(&lobby(), 5, "bob", "ladder");
    other.log = LogId([2; 8]);
    desk.enter_line("/search ladder");
    let (request, _) = asked(&mut desk);
    answer(&mut desk, request, vec![other]);
    desk.press("Enter");
    desk.contains("! this message is in a log of the room that is not read any more");
}

#[test]
fn a_search_says_when_nothing_is_found_or_it_fails() {
    let mut desk = Desk::entered();
    desk.enter_line("/search ladder");
    let (request, _) = asked(&mut desk);
    answer(&mut desk, request, vec![]);
    desk.contains("all rooms: nothing found");
    desk.press("Esc");
    desk.enter_line("/search rope");
    let (request, _) = asked(&mut desk);
    let refusal = Refusal::Limit(SafeText::new("searches at a time"));
    desk.update(Update::AskRefused { request, refusal });
    desk.contains("all rooms: the relay's limit is reached: searches at a time");
    desk.press("Esc");
    desk.enter_line(&format!("/search {}", "x".repeat(257)));
    desk.contains("! a search takes no more than 256 characters");
}

#[test]
fn the_search_on_a_wide_and_a_narrow_screen() {
    ladders().shows(120, 40, r"
 1 #lobby
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
Search: ladder
all rooms: 3 found                                                                                           Tab: #lobby
> 23 Nov 2026 12:00  #lobby  bob
  does anybody know where the long ladder went?
  23 Nov 2026 12:00  @bob  bob
  your Ladder is in my shed, and has been for a year
  23 Nov 2026 12:00  #lobby  carol
… x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x
  x x x x x x x x x x x x x x x x x x x x x x x the ladder at last



























─ #lobby  relay box1  encrypted  rtt 0.4 ms  loss 0 % ─────────────────────────────────── Enter goes there, Esc closes ─
> Write to #lobby, or /help
");
    ladders().shows(
        40,
        12,
        r"
 1 #lobby
Search: ladder
all rooms: 3 found           Tab: #lobby
> 23 Nov 2026 12:00  #lobby  bob
  does anybody know where the long
  ladder went?
  23 Nov 2026 12:00  @bob  bob
  your Ladder is in my shed, and has
  been for a year
  23 Nov 2026 12:00  #lobby  carol
─ #lobby ─ Enter goes there, Esc closes
> Write to #lobby, or /help
",
    );
    let mut desk = Desk::entered();
    desk.press("C-f");
    desk.shows(
        40,
        12,
        r#"
 1 #lobby
Search:
all rooms: words, starts* or "a phrase"







─ #lobby ─ Enter goes there, Esc closes
> Write to #lobby, or /help
"#,
    );
}

/// Types and lets so many microseconds pass.
fn type_and_wait(desk: &mut Desk, text: &str, micros: i64) {
    desk.app.tick(Timestamp(desk.wall));
    desk.write(text);
    desk.wall += micros;
    desk.app.tick(Timestamp(desk.wall));
}

fn words(query: Query) -> (String, bool) {
    match query {
        Query::Search { words, room, .. } => (words, room.is_some()),
        _ => panic!("{query:?}"),
    }
}

#[test]
fn the_relay_is_asked_once_the_user_pauses() {
    let mut desk = Desk::entered();
    desk.press("C-f");
    for letter in ["l", "a", "d"] {
        type_and_wait(&mut desk, letter, 100_000);
        assert_eq!(desk.commands(), []);
    }
    assert_eq!(desk.app.due(), Some(Timestamp(desk.wall + 50_000)));
    type_and_wait(&mut desk, "", 50_000);
    let (request, query) = asked(&mut desk);
    assert_eq!(words(query), ("lad*".to_owned(), false));
    assert_eq!(desk.app.due(), None);
    answer(
        &mut desk,
        request,
        vec![found(&lobby(), 900, "bob", "a ladder")],
    );
    desk.contains("bob\n  a ladder");
    desk.contains("1 found so far");
}

#[test]
fn an_answer_to_what_is_not_looked_for_any_more_is_thrown_away() {
    let mut desk = Desk::entered();
    desk.press("C-f");
    type_and_wait(&mut desk, "lad", 200_000);
    let (first, _) = asked(&mut desk);
    type_and_wait(&mut desk, "y", 200_000);
    // One question at a time.
    assert_eq!(desk.commands(), []);
    answer(
        &mut desk,
        first,
        vec![found(&lobby(), 900, "bob", "a ladder")],
    );
    let (second, query) = asked(&mut desk);
    assert_eq!(words(query), ("lady*".to_owned(), false));
    // Enter would go to what was not looked for.
    desk.press("Enter");
    desk.contains("Search: lady");
    answer(&mut desk, first, vec![found(&lobby(), 901, "bob", "late")]);
    answer(
        &mut desk,
        second,
        vec![found(&lobby(), 7, "carol", "a lady")],
    );
    desk.contains("carol\n  a lady");
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(
        !screen.contains("ladder") && !screen.contains("late"),
        "{screen}"
    );
}

#[test]
fn enter_does_not_wait_for_the_pause() {
    let mut desk = Desk::entered();
    desk.press("C-f");
    desk.write("lad");
    desk.press("Enter");
    assert_eq!(words(asked(&mut desk).1), ("lad*".to_owned(), false));
}

#[test]
fn a_clock_set_back_does_not_hold_up_the_search() {
    let mut desk = Desk::entered();
    desk.press("C-f");
    type_and_wait(&mut desk, "lad", -3_600_000_000);
    assert_eq!(words(asked(&mut desk).1), ("lad*".to_owned(), false));
}

#[test]
fn a_key_turns_between_all_rooms_and_this_one() {
    let mut desk = Desk::entered();
    desk.press("C-f");
    type_and_wait(&mut desk, "lad ", 200_000);
    let (request, _) = asked(&mut desk);
    answer(&mut desk, request, Vec::new());
    desk.contains("all rooms: nothing found");
    desk.contains("Tab: #lobby");
    desk.press("Tab");
    let (request, query) = asked(&mut desk);
    assert_eq!(words(query), ("lad".to_owned(), true));
    answer(&mut desk, request, Vec::new());
    desk.contains("#lobby: nothing found");
    desk.contains("Tab: all rooms");
}

#[test]
fn the_words_can_be_changed_and_what_was_being_written_stays() {
    let mut desk = Desk::entered();
    desk.write("about the");
    desk.press("C-f");
    type_and_wait(&mut desk, "lad", 200_000);
    asked(&mut desk);
    desk.press("Backspace C-a");
    desk.write("g");
    desk.press("C-k");
    let (lines, cursor) = desk.draw(80, 24);
    assert_eq!(lines[2], "Search: g");
    assert_eq!((cursor.x, cursor.y), (9, 2));
    assert_eq!(lines[23], "> about the");
    desk.app.handle_paste("long\nladder");
    assert_eq!(desk.draw(80, 24).0[2], "Search: glong ladder");
    desk.press("Esc");
    assert_eq!(desk.input().0, "> about the");
    // Amid what is written, the key means what it does in a shell.
    desk.press("C-a C-f");
    assert_eq!(desk.input(), ("> about the".to_owned(), 3));
}

#[test]
fn a_click_goes_to_what_was_found() {
    let mut desk = ladders();
    desk.seq = 1_000;
    desk.chatter(50);
    desk.commands();
    desk.click(80, 24, "x x x");
    let (_, query) = asked(&mut desk);
    let before = Some(Seq(130));
    assert!(
        matches!(query, Query::History { before: at, .. } if at == before),
        "{query:?}"
    );
}
