use super::*;
use crate::client::update::PathStats;
use crate::tui::Input;
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{Answer, Query, Refusal, RoomInfo};

/// The texts of the messages asked to be sent.
fn texts(commands: &[Command]) -> Vec<String> {
    let text = |command: &Command| match command {
        Command::Send {
            body: Body::Message(text),
            ..
        } => Some(text.to_string()),
        _ => None,
    };
    commands.iter().filter_map(text).collect()
}

#[test]
fn a_paste_of_200_lines_is_one_message() {
    let mut desk = Desk::entered();
    let lines: Vec<String> = (1..=200).map(|line| format!("row {line}")).collect();
    let paste = lines.join("\n");
    desk.app.handle_paste(&paste);
    assert_eq!(texts(&desk.commands()), [""; 0]);
    let (screen, cursor) = desk.draw(80, 24);
    assert_eq!(cursor, Position::new(9, 23));
    assert_eq!(screen[23], "  row 200");
    assert_eq!(screen[16], "> row 193");
    assert!(screen[15].ends_with(" 200 lines ─"), "{}", screen[15]);
    desk.press("Enter");
    assert_eq!(texts(&desk.commands()), [paste]);
}

#[test]
fn a_message_that_is_too_long_stays_in_the_input_with_the_reason() {
    let mut desk = Desk::entered();
    desk.app.handle_paste(&"x".repeat(TEXT_BYTES_MAX + 1));
    desk.press("Enter");
    assert_eq!(texts(&desk.commands()), [""; 0]);
    desk.contains("! 1 B too long for one message. Ctrl-S sends it in 2 parts; Esc leaves it here");
    desk.press("Backspace");
    let (screen, _) = desk.draw(80, 24);
    assert!(!screen.join("\n").contains("too long"));
    desk.press("Enter");
    assert_eq!(texts(&desk.commands())[0].len(), TEXT_BYTES_MAX);
    desk.write("/me ");
    desk.app.handle_paste(&"x".repeat(TEXT_BYTES_MAX + 1));
    desk.press("Enter");
    desk.contains("! the message has 16.1 KiB, the most is 16 KiB; shorten it");
}

#[test]
fn several_lines_are_written_with_alt_enter() {
    let mut desk = Desk::entered();
    desk.write("one");
    desk.press("M-Enter");
    desk.write("two");
    desk.press("S-Enter");
    desk.write("three");
    desk.press("C-j Up Home");
    desk.write("> ");
    desk.shows(
        40,
        12,
        r"
 1 #lobby






─ #lobby  relay box1  encrypted ────────
> one
  two
  > three

",
    );
}

#[test]
fn the_input_grows_to_a_third_of_the_screen() {
    let mut desk = Desk::entered();
    desk.app.handle_paste("1\n2\n3\n4\n5\n6\n7\n8\n9");
    desk.press("Up Up Up Up Up Up Up Up");
    let (screen, cursor) = desk.draw(40, 12);
    assert_eq!(screen[8..], ["> 1", "  2", "  3", "  4"]);
    assert_eq!(cursor, Position::new(3, 8));
}

#[test]
fn the_cursor_stands_behind_wide_text() {
    let mut desk = Desk::entered();
    desk.write("你好👍");
    assert_eq!(desk.input(), ("> 你好👍".to_owned(), 8));
    desk.press("Left");
    assert_eq!(desk.input().1, 6);
}

#[test]
fn tab_completes_names_in_turn() {
    let mut desk = Desk::entered();
    desk.members(&[("bill", Presence::Here), ("zoe", Presence::Here)]);
    desk.says("zoe", "hello");
    desk.write("b");
    desk.press("Tab");
    assert_eq!(desk.input().0, "> bill:");
    desk.press("Tab");
    assert_eq!(desk.input().0, "> bob:");
    desk.press("Tab");
    assert_eq!(desk.input().0, "> bill:");
    desk.write("hi z");
    desk.press("Tab");
    desk.write("!");
    assert_eq!(desk.input().0, "> bill: hi zoe !");
}

#[test]
fn tab_completes_rooms_the_relay_has() {
    let mut desk = Desk::searching();
    desk.enter();
    let ask = desk
        .commands()
        .into_iter()
        .find_map(|command| match command {
            Command::Ask {
                request,
                query: Query::Rooms,
            } => Some(request),
            _ => None,
        });
    let room = RoomInfo {
        name: "workshop".parse().unwrap(),
        members: 2,
        seq: Seq(1),
        topic: SafeText::default(),
    };
    let (request, part) = (ask.unwrap(), Answer::Rooms(vec![room]));
    desk.update(Update::Answer {
        request,
        part,
        is_last: true,
    });
    desk.write("/join wo");
    desk.press("Tab Enter");
    let room = "workshop".parse().unwrap();
    assert!(
        desk.commands()
            .contains(&Command::Open { room, create: true })
    );
}

#[test]
fn an_unknown_command_keeps_the_text() {
    let mut desk = Desk::entered();
    desk.enter_line("/jion dev");
    desk.contains("! no command /jion; /help lists them, //jion sends it as text");
    assert_eq!(desk.input().0, "> /jion dev");
    assert_eq!(desk.commands(), []);
}

#[test]
fn commands_ask_for_what_they_say() {
    let mut desk = Desk::entered();
    desk.enter_line("//etc/hosts");
    let sent = desk.commands();
    assert_eq!(texts(&sent), ["/etc/hosts"]);
    desk.queue(&sent);
    desk.enter_line("/me waves");
    let sent = desk.commands();
    desk.queue(&sent);
    assert!(
        matches!(&sent[..], [Command::Send { body: Body::Action(text), .. }] if text.as_str() == "waves")
    );
    desk.enter_line("/nick alicia");
    assert_eq!(desk.commands(), [Command::Rename(name("alicia"))]);
    desk.enter_line("/away");
    let away = |why| Command::Presence(Presence::Away, SafeText::new(why));
    assert_eq!(desk.commands(), [away("")]);
    desk.enter_line("/away at lunch");
    assert_eq!(desk.commands(), [away("at lunch")]);
    desk.enter_line("/back");
    let here = Command::Presence(Presence::Here, SafeText::default());
    assert_eq!(desk.commands(), [here]);
    desk.enter_line("/msg bob hi");
    let room = RoomName::direct(&name("alice"), &name("bob"));
    let commands = desk.commands();
    assert_eq!(
        commands[0],
        Command::Open {
            room: room.clone(),
            create: true
        }
    );
    assert!(matches!(&commands[1], Command::Send { room: to, .. } if *to == room));
    desk.queue(&commands);
    desk.enter_line("/leave");
    assert_eq!(desk.commands(), [Command::Close { room, leave: true }]);
    desk.enter_line("/leave");
    desk.contains("! this is the only open room");
    desk.press("C-u");
    desk.enter_line("/quit");
    assert_eq!(desk.commands(), [Command::Quit]);
}

#[test]
fn what_is_typed_belongs_to_its_room() {
    let mut desk = Desk::entered();
    desk.enter_line("/join dev");
    desk.write("for dev");
    desk.press("C-p");
    assert_eq!(desk.input().0, "> Write to #lobby, or /help");
    desk.press("M-2");
    assert_eq!(desk.input().0, "> for dev");
}

#[test]
fn ctrl_c_empties_the_input_and_quits_only_when_pressed_twice() {
    let mut desk = Desk::entered();
    desk.write("half a thou");
    desk.press("C-c");
    assert_eq!(desk.input().0, "> Write to #lobby, or /help");
    desk.press("Up");
    assert_eq!(desk.input().0, "> half a thou");
    desk.press("C-c C-c");
    desk.contains("Ctrl-C again quits");
    desk.press("Left C-c");
    assert_eq!(desk.commands(), []);
    desk.press("C-c");
    assert_eq!(desk.commands(), [Command::Quit]);
}

#[test]
fn ctrl_d_quits_only_on_an_empty_input() {
    let mut desk = Desk::entered();
    desk.write("ab");
    desk.press("Home C-d C-d");
    assert_eq!(desk.commands(), []);
    desk.press("C-d");
    assert_eq!(desk.commands(), [Command::Quit]);
}

#[test]
fn scrolling_to_the_top_asks_for_older_messages_once() {
    let mut desk = Desk::searching();
    desk.enter();
    desk.open(&lobby(), 300);
    desk.seq = 250;
    desk.chatter(50);
    desk.commands();
    desk.draw(80, 24);
    desk.press("PageUp");
    assert_eq!(desk.commands(), []);
    desk.press("Home PageUp");
    let commands = desk.commands();
    let [
        Command::Ask {
            request,
            query: Query::History { before, .. },
        },
    ] = &commands[..]
    else {
        panic!("{commands:?}");
    };
    assert_eq!(*before, Some(Seq(251)));
    let (before, _) = desk.draw(80, 24);
    let page = (151..=250)
        .map(|seq| event(seq, "bob", NOON, message("old")))
        .collect();
    let part = Answer::Events(LOG, page);
    desk.update(Update::Answer {
        request: *request,
        part,
        is_last: true,
    });
    let (after, _) = desk.draw(80, 24);
    assert_eq!(before[4..20], after[4..20]);
    desk.press("PageUp");
    desk.contains("old");
}

#[test]
fn a_screen_is_drawn_only_when_it_changed() {
    let mut desk = Desk::entered();
    desk.draw(80, 24);
    desk.app.tick(Timestamp(NOON + 1_000_000));
    let stats = PathStats {
        rtt_micros: 420,
        ..PathStats::default()
    };
    desk.app.handle_stats(stats);
    assert!(!desk.app.is_dirty());
    desk.app.handle_input(Input::Notice("hello".to_owned()));
    assert!(desk.app.is_dirty());
}

#[test]
fn a_refused_room_says_so_where_it_was_to_open() {
    let mut desk = Desk::entered();
    desk.enter_line("/join secret");
    let room: RoomName = "secret".parse().unwrap();
    let refusal = Refusal::NotAllowed;
    desk.update(Update::OpenRefused { room, refusal });
    desk.contains("this room can't be opened: not allowed");
}

#[test]
fn what_was_read_is_reported_once() {
    let mut desk = Desk::entered();
    desk.chatter(2);
    let seen = Command::Read {
        room: lobby(),
        log: LOG,
        seq: Seq(2),
    };
    assert_eq!(desk.commands(), [seen]);
    assert_eq!(desk.commands(), []);
    desk.chatter(40);
    desk.draw(80, 24);
    desk.press("PageUp");
    desk.commands();
    desk.chatter(1);
    assert_eq!(desk.commands(), []);
}

#[test]
fn the_wheel_scrolls() {
    use crossterm::event::{MouseEvent, MouseEventKind};
    let mut desk = Desk::entered();
    desk.chatter(30);
    desk.draw(40, 12);
    let wheel = |kind| MouseEvent {
        kind,
        column: 0,
        row: 0,
        modifiers: KeyModifiers::NONE,
    };
    desk.app.handle_mouse(wheel(MouseEventKind::ScrollUp));
    assert_eq!(desk.draw(40, 12).0[9], "12:00       bob  line 27");
    desk.app.handle_mouse(wheel(MouseEventKind::ScrollDown));
    assert_eq!(desk.draw(40, 12).0[9], "12:00       bob  line 30");
}

#[test]
fn a_room_holds_so_many_lines() {
    let mut desk = Desk::entered();
    desk.chatter(5_010);
    desk.draw(80, 24);
    desk.press("Home");
    desk.contains("bob  line 11");
    assert_eq!(desk.app.room().news.unread, 0);
}

#[test]
fn what_was_kept_from_before_is_not_news_and_what_came_since_is() {
    let mut desk = Desk::searching();
    desk.enter_line("/join dev");
    desk.says("bob", "kept");
    desk.enter();
    desk.open(&lobby(), 2);
    desk.says("bob", "new");
    assert_eq!(desk.app.rooms[0].news.unread, 1);
}
