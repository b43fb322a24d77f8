//! Ctrl-K: rooms, people, commands and settings in one list.

use super::conversations::busy;
use super::*;
use crate::wire::{Answer, Query, RoomInfo};

/// What is listed, the selected one marked.
fn listed(desk: &mut Desk) -> Vec<String> {
    let (lines, _) = desk.draw(40, 40);
    let lines = lines.iter().skip(3).take(34);
    let lines = lines.filter(|line| line.starts_with("> ") || line.starts_with("  "));
    let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    words.filter(|line| !line.is_empty()).collect()
}

fn title(desk: &Desk) -> String {
    desk.app.room().title(&name("alice"))
}

/// The relay's answer to a question for its rooms.
fn tell_rooms(desk: &mut Desk, request: u32, rooms: &[&str]) {
    let room = |room: &&str| RoomInfo {
        name: room.parse().unwrap(),
        topic: SafeText::default(),
        members: 2,
        seq: Seq(1),
    };
    desk.update(Update::Answer {
        request,
        part: Answer::Rooms(rooms.iter().map(room).collect()),
        is_last: true,
    });
}

#[test]
fn mentions_go_first_then_unread_then_what_was_used_last() {
    let mut desk = busy();
    desk.press("M-2 M-5 M-1 C-k");
    let listed = listed(&mut desk);
    assert_eq!(
        listed[..6],
        [
            "> #tea 3 unread, 1 to you",
            "@bob 1 unread, 1 to you",
            "@dave gone",
            "#dev",
            "#lobby the roof",
            "@carol away",
        ]
    );
    desk.press("Enter");
    assert_eq!(title(&desk), "#tea");
}

#[test]
fn a_few_letters_of_a_name_find_it() {
    let mut desk = busy();
    desk.press("C-k");
    desk.write("crl");
    assert_eq!(listed(&mut desk), ["> @carol away"]);
    desk.press("Enter");
    assert_eq!(title(&desk), "@carol");
    desk.press("C-k");
    desk.write("xyzzy");
    desk.contains("nothing is called that");
    desk.press("Enter Esc");
    assert_eq!(title(&desk), "@carol");
}

#[test]
fn a_room_of_the_relay_is_joined_also_when_it_is_told_late() {
    let mut desk = Desk::entered();
    // It was asked once at the start.
    tell_rooms(&mut desk, 1, &["lobby"]);
    desk.press("C-k");
    desk.write("gar");
    let commands = desk.commands();
    let [Command::Ask { request, query }] = &commands[..] else {
        panic!("{commands:?}");
    };
    assert_eq!(*query, Query::Rooms);
    tell_rooms(&mut desk, *request, &["garage", "lobby"]);
    assert_eq!(listed(&mut desk), ["> #garage join"]);
    desk.press("Enter");
    assert_eq!(title(&desk), "#garage");
    let room = "garage".parse().unwrap();
    assert_eq!(desk.commands(), [Command::Open { room, create: true }]);
}

#[test]
fn commands_run_or_are_written_into_the_input() {
    let mut desk = Desk::entered();
    desk.press("C-k");
    desk.write("/who");
    desk.press("Enter");
    let commands = desk.commands();
    let is_members = |command: &Command| {
        let Command::Ask { query, .. } = command else {
            return false;
        };
        matches!(query, Query::Members(_))
    };
    assert!(commands.iter().any(is_members), "{commands:?}");
    desk.write("a draft");
    desk.press("C-k");
    desk.write("/nick");
    desk.press("Enter");
    assert_eq!(desk.input().0, "> /nick");
    desk.write("eve");
    desk.press("Enter Up Up");
    assert_eq!(desk.input().0, "> a draft");
    // What can't be undone takes another Enter.
    desk.press("C-c C-k");
    desk.write("quit");
    desk.press("Enter");
    assert_eq!(desk.input().0, "> /quit");
}

#[test]
fn settings_are_changed() {
    let mut desk = Desk::entered();
    desk.press("C-k");
    desk.write("mouse o");
    desk.contains("mouse off");
    desk.press("Enter");
    assert!(!desk.app.wants_mouse());
    desk.press("C-k");
    desk.write("mouse on");
    desk.press("Enter");
    assert!(desk.app.wants_mouse());
}

#[test]
fn the_list_is_walked_through_and_closed() {
    let mut desk = busy();
    desk.press("C-k Down Down Up");
    assert_eq!(listed(&mut desk)[1], "> @bob 1 unread, 1 to you");
    desk.press("C-End");
    assert_eq!(listed(&mut desk).last().unwrap(), "> /quit leave lanterm");
    desk.press("C-Home");
    assert!(listed(&mut desk)[0].starts_with("> #tea"));
    desk.press("C-c");
    assert_eq!(desk.input().0, "> Write to #lobby, or /help");
}

#[test]
fn a_click_goes_there_and_one_beside_the_box_closes_it() {
    let mut desk = busy();
    desk.press("C-k");
    desk.click(120, 40, "@carol");
    assert_eq!(title(&desk), "@carol");
    desk.press("C-k");
    desk.click(120, 40, "Direct");
    assert_eq!(title(&desk), "@carol");
    let screen = desk.draw(120, 40).0.join("\n");
    assert!(!screen.contains("Go to:"), "{screen}");
}

#[test]
fn whatever_is_typed_and_whoever_is_there_is_matched_without_a_panic() {
    let strange = [
        "İSTANBUL",
        "ﬃﬁ",
        "ẞß",
        "e\u{301}",
        "Ǆǅ",
        "梯子",
        "नमस्ते",
        "👨‍👩‍👧‍👦",
        "ſtreet",
        "ΣΟΦΟΣς",
    ];
    let mut desk = Desk::entered();
    let names: Vec<&str> = strange
        .into_iter()
        .filter(|text| text.parse::<Name>().is_ok())
        .collect();
    let members: Vec<(&str, Presence)> = names.iter().map(|name| (*name, Presence::Here)).collect();
    desk.members(&members);
    for typed in strange {
        desk.press("C-k");
        for c in typed.chars() {
            desk.write(&c.to_string());
            desk.draw(80, 24);
        }
        for case in [typed.to_lowercase(), typed.to_uppercase()] {
            desk.press("C-u");
            desk.app.handle_paste(&case);
            desk.draw(40, 12);
        }
        desk.press("Esc");
    }
}

#[test]
fn the_box_cuts_no_wide_character_in_half() {
    let mut desk = Desk::entered();
    for _ in 0..10 {
        for shift in ["", "x"] {
            let name = format!("{}{shift}", "会".repeat(6));
            desk.says(&name, &format!("{shift}{}", "会".repeat(100)));
        }
    }
    // Without the pane of conversations the box stands in the middle of the messages.
    let mut terminal = Terminal::new(TestBackend::new(108, 24)).unwrap();
    terminal.draw(|frame| desk.app.draw(frame)).unwrap();
    let left = 11;
    let is_cut = |row| terminal.backend().buffer()[(left - 1, row)].cell_width() == 2;
    assert!((3..21).any(is_cut), "a wide character is in the way");

    desk.press("C-k");
    terminal.draw(|frame| desk.app.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    for row in 3..21 {
        assert_eq!(buffer[(left - 1, row)].cell_width(), 1, "row {row}");
        assert_eq!(buffer[(left, row)].symbol(), "│", "row {row}");
        assert_eq!(buffer[(left + 63, row)].symbol(), "│", "row {row}");
    }
}
