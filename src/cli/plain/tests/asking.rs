//! What the user asks, and the answers.

use super::*;
use crate::tui::commands as screen;
use crate::wire::{Answer, Reader, RoomInfo};

fn answer(desk: &mut Desk, request: u32, part: Answer) -> Vec<String> {
    let is_last = true;
    desk.update(Update::Answer {
        request,
        part,
        is_last,
    });
    desk.printed()
}

#[test]
fn a_message_is_heard_again_as_it_is_now() {
    let mut desk = Desk::new();
    desk.hear("lobby", 11, "bob", message("teh\ntea"));
    desk.hear("lobby", 12, "bob", message("oops"));
    desk.printed();
    let (request, query) = desk.asked("/read 11");
    let Query::History { before, .. } = query else {
        panic!("{query:?}");
    };
    assert_eq!(before, Some(Seq(111)), "with what followed");
    let edit = Body::Edit(Seq(11), SafeText::new("the\ntea"));
    let events = vec![
        event(11, "bob", message("teh\ntea")),
        event(13, "bob", edit.clone()),
    ];
    let told = answer(&mut desk, request, Answer::Events(LOG, events));
    assert_eq!(told, ["bob: the", "| tea  #11, 23 Nov 2026 12:04"]);

    desk.hear("lobby", 13, "bob", edit);
    desk.hear("lobby", 14, "bob", Body::Redaction(Seq(12)));
    desk.printed();
    let (request, _) = desk.asked("/read 12");
    let events = vec![event(12, "bob", message("oops"))];
    let told = answer(&mut desk, request, Answer::Events(LOG, events));
    assert_eq!(told, ["#12 was taken back"]);
    let (request, _) = desk.asked("/read 3");
    let told = answer(&mut desk, request, Answer::Events(LOG, Vec::new()));
    assert_eq!(told, ["there is no message #3 here"]);
}

#[test]
fn what_became_of_a_message_is_told_in_lines() {
    let mut desk = Desk::new();
    let refused = "there is no such message of yours here";
    assert_eq!(desk.answer("/info"), [refused]);
    desk.hear("lobby", 11, "ada", message("hi\nthere"));
    desk.printed();
    let (request, _) = desk.asked("/info");
    let events = vec![event(11, "ada", message("hi\nthere"))];
    answer(&mut desk, request, Answer::Events(LOG, events));
    let (request, query) = (desk.commands().into_iter())
        .find_map(|command| match command {
            Command::Ask { request, query } => Some((request, query)),
            _ => None,
        })
        .unwrap();
    assert_eq!(query, Query::Delivered(RoomName::lobby()));
    let reader = |who, seq, read| Reader {
        name: name(who),
        seq: Seq(seq),
        read: Seq(read),
    };
    let readers = vec![
        reader("bob", 11, 11),
        reader("carol", 12, 4),
        reader("eve", 9, 9),
    ];
    assert_eq!(
        answer(&mut desk, request, Answer::Delivered(readers)),
        [
            "ada: hi",
            "sent 23 Nov 2026 12:04:00",
            "stored 23 Nov 2026 12:04:00 by relay attic",
            "read by bob; on the devices of carol",
            "not yet of eve",
        ]
    );
}

#[test]
fn who_is_there_is_told_best_first_in_both_languages() {
    let members = || {
        vec![
            member("dave", Presence::Gone, ""),
            member("carol", Presence::Away, "lunch"),
            member("bob", Presence::Here, ""),
            member("eve", Presence::Gone, ""),
        ]
    };
    let mut desk = Desk::new();
    let (request, _) = desk.asked("/who");
    let told = answer(&mut desk, request, Answer::Members(members()));
    assert_eq!(
        told,
        ["bob is here", "carol is away: lunch", "gone: dave, eve"]
    );
    let mut desk = Desk::in_language(Language::Chinese);
    let (request, _) = desk.asked("/who");
    let told = answer(&mut desk, request, Answer::Members(members()));
    assert_eq!(told, ["bob 在线", "carol 暂离：lunch", "离线：dave、eve"]);
}

#[test]
fn rooms_are_told_and_nothing_found_is_said() {
    let mut desk = Desk::new();
    let (request, _) = desk.asked("/rooms");
    let rooms = vec![RoomInfo {
        name: room("dev"),
        members: 3,
        seq: Seq(4),
        topic: SafeText::new("builds"),
    }];
    let told = answer(&mut desk, request, Answer::Rooms(rooms));
    assert_eq!(told, ["#dev, 3 here: builds"]);
    let (request, _) = desk.asked("/search ladder");
    assert_eq!(
        answer(&mut desk, request, Answer::Found(Vec::new())),
        ["none"]
    );
}

#[test]
fn without_a_relay_that_is_said() {
    let mut desk = Desk::apart(Language::English, false);
    let start = "You write to #lobby. /help lists the commands, /quit leaves.";
    assert_eq!(desk.printed(), [start]);
    desk.wait(Duration::from_secs(3));
    let searching = "Looking for a relay. What you write is kept and sent once there is one.";
    assert_eq!(desk.printed(), [searching]);
    let none = "not in contact with a relay; the answer comes when there is one";
    assert_eq!(desk.answer("/who"), [none]);
    desk.enter();
    assert_eq!(desk.printed(), ["In contact with relay attic as ada."]);
}

#[test]
fn what_is_about_a_message_waits_until_the_room_is_known() {
    let mut desk = Desk::apart(Language::English, false);
    desk.printed();
    let none = "not in contact with a relay; the answer comes when there is one";
    assert_eq!(desk.answer("/reply 3 yes"), [none]);
    assert!(!desk.plain.is_idle());
    desk.enter();
    desk.commands();
    desk.opened("lobby", 0, 5);
    let is_it = |command: &Command| match command {
        Command::Send { body, .. } => *body == reply(3, "yes"),
        _ => false,
    };
    assert!(desk.commands().iter().any(is_it));
}

#[test]
fn every_command_of_the_screen_does_something_or_says_what_to_do_instead() {
    for command in screen::ALL {
        let mut desk = Desk::new();
        desk.hear("lobby", 11, "ada", message("x"));
        desk.printed();
        desk.commands();
        desk.write(&format!("/{} 11", command.name));
        let (printed, commands) = (desk.printed(), desk.commands());
        let is_done = !printed.is_empty() || !commands.is_empty() || desk.plain.is_over;
        assert!(is_done, "{}", command.name);
    }
}

#[test]
fn the_help_is_short_and_one_command_has_a_line() {
    let mut desk = Desk::new();
    let help = desk.answer("/help");
    assert_eq!(help.len(), 28);
    assert_eq!(
        help[0],
        "/help [COMMAND]: list the commands, or say what one does"
    );
    assert_eq!(help[2], "/reply N TEXT: answer message N");
    assert_eq!(
        desk.answer("/help /react"),
        ["/react N :tada:: react to message N; the same again takes it back"]
    );
    let mut desk = Desk::in_language(Language::Chinese);
    assert_eq!(desk.answer("/help reply"), ["/reply N 文本：回复消息 N"]);
    let mouse = "/mouse：这里的鼠标归终端使用";
    assert_eq!(desk.answer("/help mouse"), [mouse]);
}

#[test]
fn what_is_no_command_is_refused_with_a_reason() {
    let mut desk = Desk::new();
    for line in [
        "/nonsense",
        "/help nonsense",
        "/reply",
        "/theme dark",
        "/mouse on",
        "/clear",
        "/trust",
        "/leave",
        "/msg ada",
        "/tell typing",
        "/tell color on",
        "/notify test",
        "+:tada:",
    ] {
        assert_eq!(desk.answer(line).len(), 1, "{line}");
        assert_eq!(desk.commands(), [], "{line}");
    }
}

#[test]
fn what_is_told_is_listed_and_kept() {
    let mut desk = Desk::new();
    assert_eq!(
        desk.answer("/tell"),
        [
            "color is off: names and numbers stand out",
            "delivery is off: that your messages are stored, and on somebody's device",
            "own is on: your own messages, once they are stored",
            "presence is on: who comes, goes and is away",
            "times is on: days and times",
            "typing is off: who types in the room you write to",
            "write /tell color, delivery, own, presence, times or typing, and on or off",
        ]
    );
    desk.answer("/tell typing on");
    let kept = |desk: &mut Desk| {
        desk.commands()
            .into_iter()
            .find_map(|command| match command {
                Command::Keep(settings) => settings.text(),
                _ => None,
            })
    };
    assert_eq!(kept(&mut desk).as_deref(), Some("[plain]\ntyping = true\n"));
    desk.answer("/tell typing off");
    assert_eq!(kept(&mut desk).as_deref(), Some(""));
}

#[test]
fn the_bell_has_the_levels_of_the_screen() {
    let mut desk = Desk::on_terminal();
    let mentions = "In #lobby your name and direct messages ring the bell.";
    assert_eq!(desk.answer("/notify"), [mentions]);
    let all = "In #lobby everything rings the bell.";
    assert_eq!(desk.answer("/notify all"), [all]);
    assert!(matches!(desk.commands()[..], [Command::Keep(_)]));
    let test = "\u{7}bell: rung; the terminal decides whether it is heard";
    assert_eq!(desk.answer("/notify test"), [test]);
}
