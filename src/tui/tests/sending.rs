//! What is sent stands in the input line, then in the pane with its mark.

use super::*;
use crate::wire::{Answer, Query, Reader, Refusal};

#[test]
fn a_message_stands_in_the_input_until_it_is_in_the_outbox() {
    let mut desk = Desk::entered();
    desk.enter_line("first");
    let local = desk.sent();
    desk.shows(
        40,
        6,
        r"
 1 #lobby



─ #lobby  relay box1  encrypted ────────
> first
",
    );
    let (_, cursor) = desk.draw(40, 6);
    assert_eq!(cursor, Position::new(7, 5));

    desk.write("second");
    desk.shows(
        40,
        6,
        r"
 1 #lobby


─ #lobby  relay box1  encrypted ────────
> first
  second
",
    );
    let (_, cursor) = desk.draw(40, 6);
    assert_eq!(cursor, Position::new(8, 5));

    let room = lobby();
    desk.update(Update::Queued { room, local });
    desk.shows(
        40,
        6,
        r"
 1 #lobby


12:00  …  alice  first
─ #lobby  relay box1  unsent 1 ─────────
> second
",
    );
}

#[test]
fn what_is_handed_over_is_faint() {
    let mut desk = Desk::entered();
    desk.enter_line("first");
    desk.write("second");
    let mut terminal = Terminal::new(TestBackend::new(40, 12)).unwrap();
    terminal.draw(|frame| desk.app.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    assert_eq!(buffer[(2, 10)].symbol(), "f");
    assert_ne!(buffer[(2, 10)].fg, buffer[(2, 11)].fg);
}

#[test]
fn a_second_message_waits_for_the_first_to_be_in_the_outbox() {
    let mut desk = Desk::entered();
    desk.enter_line("first");
    desk.enter_line("/me waves");
    let first = desk.commands();
    assert_eq!(first.len(), 1, "{first:?}");
    desk.queue(&first);
    let second = desk.commands();
    assert!(matches!(
        &second[..],
        [Command::Send {
            body: Body::Action(_),
            ..
        }]
    ));
    desk.queue(&second);
    assert_eq!(desk.input().0, "> Write to #lobby, or /help");
    desk.press("Up");
    assert_eq!(desk.input().0, "> /me waves");
    desk.press("Up");
    assert_eq!(desk.input().0, "> first");
}

#[test]
fn so_many_messages_wait_in_the_input_and_the_next_one_stays_there() {
    let mut desk = Desk::entered();
    for number in 1..=16 {
        desk.enter_line(&format!("line {number}"));
    }
    desk.enter_line("one more");
    desk.contains("! the messages before this one are not on disk yet; it stays here until they");
    for _ in 1..=16 {
        let commands = desk.commands();
        desk.queue(&commands);
    }
    assert_eq!(desk.input().0, "> one more");
    desk.contains("alice  line 16");
    desk.press("Enter");
    let commands = desk.commands();
    desk.queue(&commands);
    desk.contains("alice  one more");
}

#[test]
fn a_refusal_in_another_room_says_where() {
    let mut desk = Desk::entered();
    desk.enter_line("first");
    let local = desk.sent();
    desk.enter_line("/join dev");
    desk.commands();
    desk.not_queued(local, "too many messages are waiting for the relay");
    desk.contains("! not sent to #lobby, where the text is in the input line again: too many");
    desk.press("M-1");
    assert_eq!(desk.input().0, "> first");
}

#[test]
fn what_waits_in_the_input_is_handed_over_before_the_end() {
    let mut desk = Desk::entered();
    desk.enter_line("first");
    desk.enter_line("second");
    desk.press("C-d");
    let commands = desk.commands();
    let is_send = |command: &Command| matches!(command, Command::Send { .. });
    assert_eq!(
        commands.iter().filter(|command| is_send(command)).count(),
        2
    );
    assert_eq!(commands.last(), Some(&Command::Quit));
}

#[test]
fn a_room_is_not_left_with_messages_in_its_input() {
    let mut desk = Desk::entered();
    desk.enter_line("/join dev");
    desk.enter_line("first");
    desk.enter_line("/leave");
    desk.contains("! messages of this room are not on disk yet; try again once they are");
}

#[test]
fn messages_of_an_earlier_process_count_as_unsent() {
    let mut desk = Desk::entered();
    let (room, local) = (lobby(), LocalId(77));
    desk.update(Update::Queued {
        room: room.clone(),
        local,
    });
    desk.contains("unsent 1 ");
    let seq = Seq(1);
    desk.update(Update::Stored { room, local, seq });
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(!screen.contains("unsent"), "{screen}");
}

#[test]
fn messages_of_a_room_that_was_left_count_as_unsent() {
    let mut desk = Desk::entered();
    desk.enter_line("/join dev");
    let local = desk.send_line("bye");
    desk.enter_line("/leave");
    desk.contains("unsent 1 ");
    desk.update(Update::Stored {
        room: "dev".parse().unwrap(),
        local,
        seq: Seq(1),
    });
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(!screen.contains("unsent"), "{screen}");
}

#[test]
fn a_delayed_message_says_why_and_waits() {
    let mut desk = Desk::entered();
    let local = desk.send_line("hello");
    let refusal = Refusal::Store(SafeText::new("the disk is full"));
    desk.update(Update::Delayed {
        room: lobby(),
        local,
        refusal,
    });
    desk.shows(
        40,
        12,
        r"
 1 #lobby





12:00  …  alice  hello
                 waiting: the relay
                 could not store it: the
                 disk is full
─ #lobby  unsent 1, relay delays ───────
> Write to #lobby, or /help
",
    );
    desk.stored(local, "hello");
    desk.shows(
        40,
        12,
        r"
 1 #lobby







─────── Monday 23 November 2026 ────────
12:00  ✓  alice  hello
─ #lobby  relay box1  encrypted ────────
> Write to #lobby, or /help
",
    );
}

#[test]
fn a_relay_without_a_disk_only_holds_messages() {
    let mut desk = Desk::searching();
    desk.enter_at(false);
    desk.open(&lobby(), 0);
    for text in ["one", "two"] {
        let local = desk.send_line(text);
        desk.stored(local, text);
        if text == "one" {
            desk.delivered();
        }
    }
    let (lines, _) = desk.draw(40, 12);
    let expected = ["12:00 ✓✓  alice  one", "12:00  ◦  alice  two"];
    assert_eq!(lines[8..10], expected);
}

#[test]
fn the_help_says_what_the_marks_mean() {
    let mut desk = Desk::entered();
    desk.enter_line("/help");
    desk.press("C-End");
    let (lines, _) = desk.draw(80, 24);
    let marks: Vec<&str> = lines[17..22]
        .iter()
        .map(|line| line.trim_end_matches([' ', '│']))
        .collect();
    let expected = [
        "                                     disk",
        "                     ◦               held by the relay, in its",
        "                                     memory alone",
        "                     ✓✓              on somebody else's device",
        "                     ✗               refused, with the reason",
    ];
    assert_eq!(marks, expected);
}

fn ask(desk: &mut Desk) -> u32 {
    let commands = desk.commands();
    let ask = commands.iter().find_map(|command| match command {
        Command::Ask {
            request,
            query: Query::Delivered(_),
        } => Some(*request),
        _ => None,
    });
    ask.unwrap_or_else(|| panic!("{commands:?}"))
}

fn answer(desk: &mut Desk, request: u32, readers: &[(&str, u64)]) {
    let readers = readers.iter().map(|(who, seq)| (*who, *seq, 0));
    answer_read(desk, request, &readers.collect::<Vec<_>>());
}

fn answer_read(desk: &mut Desk, request: u32, readers: &[(&str, u64, u64)]) {
    let readers = readers.iter().map(|(who, seq, read)| Reader {
        name: name(who),
        seq: Seq(*seq),
        read: Seq(*read),
    });
    let part = Answer::Delivered(readers.collect());
    desk.update(Update::Answer {
        request,
        part,
        is_last: true,
    });
}

#[test]
fn info_tells_who_has_the_last_message() {
    let mut desk = Desk::entered();
    for text in ["first", "the long ladder is in the shed behind the house"] {
        let local = desk.send_line(text);
        desk.stored(local, text);
        desk.minutes(1);
    }
    desk.enter_line("/info");
    let request = ask(&mut desk);
    answer(
        &mut desk,
        request,
        &[("alice", 2), ("bob", 2), ("carol", 1)],
    );
    let (lines, _) = desk.draw(80, 24);
    let told: Vec<&str> = lines[17..22]
        .iter()
        .map(|line| line.trim_end_matches([' ', '│']))
        .collect();
    let expected = [
        "12:02             ·  #2 the long ladder is in the shed behi…",
        "                     sent 23 Nov 2026 12:01:00",
        "                     stored 23 Nov 2026 12:01:00 by relay box1",
        "                     on the devices of bob",
        "                     not yet of dave, carol",
    ];
    assert_eq!(told, expected);
    desk.contains("✓✓      alice  the long ladder");

    desk.enter_line("/info 2");
    let request = ask(&mut desk);
    answer(&mut desk, request, &[]);
    desk.contains("·  #1 first");
    desk.contains("on the devices of bob, carol");
}

#[test]
fn info_tells_in_a_direct_room_whether_it_is_delivered() {
    let mut desk = Desk::searching();
    desk.enter_at(false);
    desk.enter_line("/msg bob");
    let room = RoomName::direct(&name("alice"), &name("bob"));
    desk.open(&room, 0);
    let local = desk.send_line("psst");
    let mut own = event(1, "alice", NOON, message("psst"));
    own.local = local;
    desk.update(Update::Event {
        room: room.clone(),
        log: LOG,
        event: own,
        hash: LogHash::EMPTY,
    });
    desk.enter_line("/info");
    let request = ask(&mut desk);
    answer(&mut desk, request, &[]);
    desk.contains("held by relay box1 since 23 Nov 2026");
    desk.contains("not delivered to bob yet");
    desk.enter_line("/info");
    let request = ask(&mut desk);
    answer(&mut desk, request, &[("bob", 1)]);
    desk.contains("  delivered to bob");
    desk.enter_line("/info");
    let request = ask(&mut desk);
    answer_read(&mut desk, request, &[("bob", 1, 1)]);
    desk.contains("  read by bob");
}

#[test]
fn info_tells_who_has_read_a_message() {
    let mut desk = Desk::entered();
    let local = desk.send_line("first");
    desk.stored(local, "first");
    desk.enter_line("/info");
    let request = ask(&mut desk);
    let readers = [("bob", 1, 1), ("carol", 1, 0)];
    answer_read(&mut desk, request, &readers);
    desk.contains("read by bob; on the devices of carol");
    desk.contains("not yet of dave");

    // Read, and never said to be stored.
    desk.enter_line("/info");
    let request = ask(&mut desk);
    let readers = [("bob", 0, 1), ("carol", 1, 1), ("dave", 1, 1)];
    answer_read(&mut desk, request, &readers);
    desk.contains("read by bob, carol, dave");
}

#[test]
fn info_tells_of_messages_that_are_not_stored() {
    let mut desk = Desk::entered();
    desk.enter_line("/info");
    desk.contains("! there is no such message of yours here");
    desk.press("C-u");
    let local = desk.send_line("hello");
    let refusal = Refusal::Store(SafeText::new("the disk is full"));
    desk.update(Update::Delayed {
        room: lobby(),
        local,
        refusal,
    });
    desk.enter_line("/info");
    desk.contains("in the outbox on this device");
    desk.update(Update::NotStored {
        room: lobby(),
        local,
        refusal: Refusal::NotAllowed,
    });
    desk.enter_line("/clear");
    desk.send_line("again");
    desk.enter_line("/info");
    desk.contains("·  again");
}
