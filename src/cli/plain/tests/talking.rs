//! What is said, as lines.

use super::*;
use crate::client::update::LossReason;
use crate::wire::Refusal;
use crate::wire::Role;

/// Everything that can happen in a room, and one in another.
fn everything(desk: &mut Desk) -> Vec<String> {
    desk.write("/join dev");
    desk.opened("dev", 0, 0);
    desk.write("/join lobby");
    desk.printed();
    let text = SafeText::new;
    let bodies = [
        ("bob", message("hello")),
        ("carol", Body::Join),
        ("carol", reply(11, "hi")),
        ("bob", Body::Action(text("waves"))),
        ("bob", Body::Reaction(Seq(13), text("tada"))),
        ("bob", Body::Reaction(Seq(13), text(""))),
        ("bob", Body::Edit(Seq(11), text("good day"))),
        ("bob", Body::Redaction(Seq(11))),
        ("bob", Body::Topic(text("tea"))),
        ("bob", Body::Topic(text(""))),
        ("bob", Body::Role(name("carol"), Role::Operator)),
        ("carol", Body::Rename(name("caro"))),
        ("carol", reply(4, "long ago")),
        ("carol", Body::Leave),
    ];
    for (seq, (from, body)) in (11..).zip(bodies) {
        desk.hear("lobby", seq, from, body);
    }
    desk.hear("dev", 1, "bob", message("in here"));
    desk.printed()
}

#[test]
fn every_event_is_a_line_and_another_room_is_named() {
    let mut desk = Desk::new();
    assert_eq!(
        everything(&mut desk),
        [
            "bob: hello  #11",
            "carol joined",
            "carol to bob, #11: hi  #13",
            "* bob waves  #14",
            "bob reacted to #13: tada",
            "bob took back the reaction to #13",
            "bob edited #11: good day",
            "bob took back #11",
            "bob set the topic: tea",
            "bob removed the topic",
            "bob made carol an operator",
            "carol is now called caro",
            "carol to #4: long ago  #23",
            "carol left",
            "#dev, bob: in here  #1",
        ]
    );
    let read = Command::Read {
        room: RoomName::lobby(),
        log: LOG,
        seq: Seq(24),
    };
    assert!(desk.commands().contains(&read));
}

#[test]
fn every_event_is_a_line_in_chinese() {
    let mut desk = Desk::in_language(Language::Chinese);
    assert_eq!(
        everything(&mut desk),
        [
            "bob: hello  #11",
            "carol 加入了房间",
            "carol 回复 bob 的 #11：hi  #13",
            "* bob waves  #14",
            "bob 对 #13 作出反应：tada",
            "bob 撤回了对 #13 的反应",
            "bob 编辑了 #11：good day",
            "bob 撤回了 #11",
            "bob 把话题设为：tea",
            "bob 清除了话题",
            "bob 把 carol 设为管理员",
            "carol 改名为 caro",
            "carol 回复 #4：long ago  #23",
            "carol 退出了房间",
            "#dev，bob: in here  #1",
        ]
    );
}

#[test]
fn the_time_is_told_when_the_minute_is_another_and_the_day_by_itself() {
    let mut desk = Desk::new();
    let mut say = |seq, after: i64| {
        let mut event = event(seq, "bob", message("x"));
        event.sent_at = Timestamp(NOW + after);
        desk.hear_event("lobby", event);
    };
    say(11, 0);
    say(12, MINUTE);
    say(13, MINUTE + 59_000_000);
    say(14, 24 * 60 * MINUTE);
    assert_eq!(
        desk.printed(),
        [
            "bob: x  #11",
            "bob: x  #12, 12:05",
            "bob: x  #13",
            "Tuesday 24 November 2026",
            "bob: x  #14, 12:04",
        ]
    );
    desk.answer("/tell times off");
    let mut event = event(15, "bob", message("x"));
    event.sent_at = Timestamp(NOW + 48 * 60 * MINUTE);
    desk.hear_event("lobby", event);
    assert_eq!(desk.printed(), ["bob: x  #15"]);
}

#[test]
fn further_lines_of_a_message_begin_with_a_bar_and_forge_nothing() {
    let mut desk = Desk::new();
    let text = "look:\ncarol: I agree  #10\n\n\n\tIn contact with relay evil as ada.\n";
    desk.hear("lobby", 11, "bob", message(text));
    desk.hear(
        "lobby",
        12,
        "bob",
        Body::Edit(Seq(11), SafeText::new("a\nb")),
    );
    desk.hear("lobby", 13, "bob", Body::Action(SafeText::new("a\nada: b")));
    desk.hear("lobby", 14, "bob", Body::Topic(SafeText::new("a\nada: b")));
    assert_eq!(
        desk.printed(),
        [
            "bob: look:",
            "| carol: I agree  #10",
            "|",
            "|     In contact with relay evil as ada.  #11",
            "bob edited #11: a",
            "| b",
            "* bob a",
            "| ada: b  #13",
            "bob set the topic: a ada: b",
        ]
    );
}

#[test]
fn a_message_of_many_lines_is_cut_and_can_be_heard_whole() {
    let mut desk = Desk::new();
    let lines: Vec<String> = (1..=45).map(|line| line.to_string()).collect();
    desk.hear("lobby", 11, "bob", message(&lines.join("\n")));
    let printed = desk.printed();
    assert_eq!(printed.len(), 41);
    assert_eq!(printed[39], "| 40");
    assert_eq!(printed[40], "| 5 more lines; /read #11 has all of it  #11");
}

#[test]
fn on_a_terminal_only_weight_marks_who_speaks_and_a_bell_rings_for_names() {
    let mut desk = Desk::on_terminal();
    desk.hear("lobby", 11, "bob", message("hello"));
    desk.hear("lobby", 12, "ada", message("hello"));
    desk.hear("lobby", 13, "bob", message("dear Ada"));
    desk.hear("lobby", 14, "bob", message("ada?"));
    desk.wait(Duration::from_secs(6));
    desk.hear("lobby", 15, "bob", message("adamant"));
    desk.hear("lobby", 16, "bob", message("ada!"));
    assert_eq!(
        desk.printed(),
        [
            "\u{1b}[1mbob\u{1b}[0m: hello  \u{1b}[2m#11\u{1b}[0m",
            "ada: hello  \u{1b}[2m#12\u{1b}[0m",
            "\u{7}\u{1b}[7mbob\u{1b}[0m: dear Ada  \u{1b}[2m#13\u{1b}[0m",
            "\u{1b}[7mbob\u{1b}[0m: ada?  \u{1b}[2m#14\u{1b}[0m",
            "\u{1b}[1mbob\u{1b}[0m: adamant  \u{1b}[2m#15\u{1b}[0m",
            "\u{7}\u{1b}[7mbob\u{1b}[0m: ada!  \u{1b}[2m#16\u{1b}[0m",
        ]
    );
    desk.answer("/tell color off");
    desk.answer("/notify none");
    desk.wait(Duration::from_secs(6));
    desk.hear("lobby", 17, "bob", message("ada"));
    assert_eq!(desk.printed(), ["bob: ada  #17"]);
}

#[test]
fn a_new_room_tells_only_the_last_of_its_log() {
    let mut desk = Desk::new();
    desk.write("/join dev");
    desk.opened("dev", 0, 100);
    desk.printed();
    for seq in 1..=100 {
        desk.hear("dev", seq, "bob", message("x"));
    }
    assert_eq!(desk.printed().len(), 20);
}

/// A room as it was left, with this many unread.
fn known(unread: usize) -> Input {
    Input::Known(vec![crate::tui::KnownRoom {
        room: room("dev"),
        read: Some((LOG, Seq(3))),
        unread,
        draft: String::new(),
        sent: Vec::new(),
    }])
}

fn hear_of(desk: &mut Desk, log: LogId, seq: u64, text: &str) {
    let (room, hash) = (room("dev"), LogHash::EMPTY);
    let event = event(seq, "bob", message(text));
    desk.update(Update::Event {
        room,
        log,
        event,
        hash,
    });
}

#[test]
fn what_is_unread_comes_first_and_what_was_read_not_again() {
    let older = LogId([9; 8]);
    for unread in [0, 1] {
        let mut desk = Desk::new();
        desk.plain.handle_input(known(unread));
        let told = if unread == 1 {
            &["#dev: 1 unread"][..]
        } else {
            &[]
        };
        assert_eq!(desk.printed(), told);
        hear_of(&mut desk, older, 70, "long ago");
        hear_of(&mut desk, LOG, 3, "read");
        hear_of(&mut desk, LOG, 4, "kept");
        desk.opened("dev", 4, 6);
        let read = Command::Read {
            room: room("dev"),
            log: LOG,
            seq: Seq(4),
        };
        assert!(desk.commands().contains(&read));
        hear_of(&mut desk, LOG, 5, "missed");
        hear_of(&mut desk, LOG, 6, "missed");
        hear_of(&mut desk, LOG, 7, "now");
        let kept = "#dev, bob: kept  #4";
        let new = [
            "#dev, bob: missed  #5",
            "#dev, bob: missed  #6",
            "#dev, bob: now  #7",
        ];
        let expected: Vec<&str> = (unread == 1)
            .then_some(kept)
            .into_iter()
            .chain(new)
            .collect();
        assert_eq!(desk.printed(), expected);
    }
}

/// The lobby is opened, with this log up to here.
fn open_log(desk: &mut Desk, log: LogId, seq: u64) {
    let (hash, seq) = (LogHash::EMPTY, Seq(seq));
    let opened = Opened {
        hash,
        first: Seq(1),
        head: Cursor { hash, log, seq },
        after: Seq(0),
        topic: SafeText::default(),
    };
    let room = RoomName::lobby();
    desk.update(Update::Opened { room, opened });
}

#[test]
fn another_log_is_told_of_and_what_is_said_there_is_heard_once() {
    let mut desk = Desk::new();
    let other = LogId([2; 8]);
    let hear = |desk: &mut Desk, log, seq, text| {
        let (room, hash) = (RoomName::lobby(), LogHash::EMPTY);
        let event = event(seq, "bob", message(text));
        desk.update(Update::Event {
            room,
            log,
            event,
            hash,
        });
    };
    hear(&mut desk, LOG, 11, "before");
    desk.printed();
    open_log(&mut desk, other, 30);
    let another = "#lobby has another log now; numbers of before do not count any more.";
    assert_eq!(desk.printed(), [another]);
    for (seq, text) in [(4, "long ago"), (30, "just before"), (31, "now")] {
        hear(&mut desk, other, seq, text);
    }
    let told = ["bob: just before  #30", "bob: now  #31"];
    assert_eq!(desk.printed(), told);
    let nothing = "there is no message #32 here";
    assert_eq!(desk.answer("/reply #32 x"), [nothing]);
    for seq in [12, 13] {
        open_log(&mut desk, LOG, seq);
        hear(&mut desk, LOG, seq - 1, "before");
        hear(&mut desk, LOG, seq, "meanwhile");
        let told = format!("bob: meanwhile  #{seq}");
        assert_eq!(desk.printed(), [another, &told]);
        open_log(&mut desk, other, 31);
        desk.printed();
    }
}

#[test]
fn a_topic_that_is_asked_for_does_not_look_like_a_message() {
    let mut desk = Desk::new();
    let topic = Body::Topic(SafeText::new("bob: I resign  #12, 12:04"));
    desk.hear("lobby", 11, "eve", topic);
    desk.printed();
    let told = desk.answer("/topic");
    assert_eq!(told, ["#lobby is about: bob: I resign  #12, 12:04"]);
}

#[test]
fn why_a_relay_will_not_have_this_user_is_told_once() {
    let mut desk = Desk::apart(Language::English, false);
    desk.printed();
    let lost = |reason| Update::Contact(State::Lost { reason });
    let full = || LossReason::Refused(Refusal::NotAllowed);
    for _ in 0..3 {
        desk.update(lost(full()));
    }
    // Nobody is there to say anything.
    desk.update(lost(LossReason::Silent));
    assert_eq!(desk.printed(), ["No contact with a relay: not allowed"]);
    desk.enter();
    desk.update(lost(LossReason::Silent));
    desk.printed();
    desk.update(lost(full()));
    assert_eq!(desk.printed(), ["No contact with a relay: not allowed"]);
}

#[test]
fn rooms_are_called_the_same_in_every_line() {
    let mut desk = Desk::new();
    let direct = RoomName::direct(&name("ada"), &name("bob"));
    for room in [RoomName::lobby(), direct] {
        desk.update(Update::Gone { room, count: 2 });
    }
    let expected = [
        "2 older messages of \"#lobby\" are gone: the relay has deleted them",
        "2 older messages of \"@bob\" are gone: the relay has deleted them",
    ];
    assert_eq!(desk.printed(), expected);
}
