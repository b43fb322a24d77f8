//! What is not in the outbox goes back into the input line, as what it was.

use super::*;
use crate::wire::Refusal;

const FULL: &str = "too many messages are waiting for the relay";

#[test]
fn a_refused_message_goes_back_before_what_was_typed_since() {
    let mut desk = Desk::entered();
    desk.enter_line("first");
    let local = desk.sent();
    desk.enter_line("//second");
    desk.write("thi");
    desk.not_queued(local, FULL);
    desk.write("rd");
    let (lines, cursor) = desk.draw(80, 24);
    assert_eq!(lines[21..], ["> first", "  //second", "  third"]);
    assert_eq!(cursor, Position::new(7, 23));
    assert!(!lines.join("\n").contains("alice  first"));
    assert_eq!(desk.commands(), []);
}

#[test]
fn an_answer_that_goes_back_is_one_still() {
    let mut desk = Desk::entered();
    desk.says("bob", "tea or *coffee*?");
    desk.press("Esc r");
    desk.enter_line("tea");
    let local = desk.sent();
    desk.enter_line("with milk");
    desk.not_queued(local, FULL);
    let (lines, _) = desk.draw(80, 24);
    let expected = ["↩ answer to bob: tea or coffee?", "> tea", "  with milk"];
    assert_eq!(lines[21..], expected);
    desk.press("Enter");
    assert!(
        matches!(
            &desk.commands()[..],
            [Command::Send { body: Body::Reply(Seq(1), text), .. }]
                if text.as_str() == "tea\nwith milk"
        ),
        "an answer is sent"
    );
}

#[test]
fn a_refused_answer_taken_from_the_history_is_one_still() {
    let mut desk = Desk::entered();
    desk.says("bob", "tea?");
    desk.press("Esc r");
    let local = desk.send_line("yes");
    desk.update(Update::NotStored {
        room: lobby(),
        local,
        refusal: Refusal::NotAllowed,
    });
    desk.write("draft");
    let titles = |desk: &mut Desk| {
        let (lines, _) = desk.draw(80, 24);
        lines
            .iter()
            .filter(|line| line.starts_with("↩ answer to bob: tea?"))
            .count()
    };
    assert_eq!(titles(&mut desk), 0);
    desk.press("Up");
    assert_eq!(titles(&mut desk), 1);
    desk.press("Down");
    assert_eq!(titles(&mut desk), 0);
    desk.press("Up !");
    assert_eq!(titles(&mut desk), 1);
    desk.press("Enter");
    let commands = desk.commands();
    assert!(
        matches!(
            &commands[..],
            [Command::Send { body: Body::Reply(Seq(1), text), .. }] if text.as_str() == "yes!"
        ),
        "{commands:?}"
    );
    assert_eq!(titles(&mut desk), 0);
    assert_eq!(desk.app.room().editor.text(), "draft");
}

#[test]
fn what_goes_back_does_not_change_what_is_being_written() {
    let mut desk = Desk::entered();
    desk.says("bob", "tea?");
    desk.says("carol", "coffee?");
    desk.press("Esc Up r");
    desk.enter_line("yes");
    let local = desk.sent();
    desk.press("Esc r");
    desk.write("no");
    desk.not_queued(local, FULL);
    let (lines, _) = desk.draw(80, 24);
    let expected = ["↩ answer to carol: coffee?", "> yes", "  no"];
    assert_eq!(lines[21..], expected);
}

#[test]
fn an_edit_that_goes_back_is_no_message() {
    let mut desk = Desk::entered();
    let local = desk.send_line("teh tea");
    desk.stored(local, "teh tea");
    desk.press("Esc e C-u");
    desk.enter_line("the tea");
    let local = desk.sent();
    desk.not_queued(local, FULL);
    desk.contains("✎ editing #1");
    desk.press("Enter");
    let commands = desk.commands();
    assert!(
        matches!(
            &commands[..],
            [Command::Send {
                body: Body::Edit(Seq(1), _),
                ..
            }]
        ),
        "{commands:?}"
    );
}

#[test]
fn nothing_is_answered_in_a_log_that_is_not_read_any_more() {
    let mut desk = Desk::entered();
    desk.says("bob", "tea?");
    desk.press("Esc r");
    desk.write("yes");
    desk.contains("↩ answer to bob: tea?");
    desk.opened(&lobby(), opened(LogId([2; 8]), 5));
    desk.press("Enter");
    let commands = desk.commands();
    assert!(
        matches!(
            &commands[..],
            [
                Command::Send {
                    body: Body::Message(_),
                    ..
                },
                ..
            ]
        ),
        "{commands:?}"
    );
}

#[test]
fn a_refusal_says_why_until_the_user_has_another_try() {
    let mut desk = Desk::entered();
    desk.enter_line("first");
    let local = desk.sent();
    desk.not_queued(local, FULL);
    desk.shows(
        80,
        8,
        r"
 1 #lobby
                                                                │ 3 present
                                                                │ ● alice you
                                                                │ ● bob
                                                                │ and 2 more
! not sent: too many messages are waiting for the relay
─ #lobby  relay box1  encrypted  rtt 0.4 ms  loss 0 % ──────────────────────────
> first
",
    );
    // It came by itself, perhaps while the user was typing.
    desk.write("x");
    desk.press("Backspace");
    desk.contains("! not sent: too many");
    desk.press("Enter");
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(!screen.contains("not sent"), "{screen}");
    let commands = desk.commands();
    desk.queue(&commands);
    desk.contains("alice  first");
}

#[test]
fn what_was_typed_after_an_edit_that_goes_back_is_not_put_into_that_message() {
    let mut desk = Desk::entered();
    let local = desk.send_line("teh tea");
    desk.stored(local, "teh tea");
    desk.press("Esc e C-u");
    desk.enter_line("the tea");
    let local = desk.sent();
    desk.enter_line("and cake");
    desk.not_queued(local, FULL);
    assert_eq!(desk.app.room().editor.text(), "the tea\nand cake");
    desk.press("Enter");
    let commands = desk.commands();
    assert!(
        matches!(
            &commands[..],
            [Command::Send {
                body: Body::Message(_),
                ..
            }]
        ),
        "{commands:?}"
    );
}

#[test]
fn an_edited_text_that_looks_like_a_command_is_none() {
    let mut desk = Desk::entered();
    let local = desk.send_line("//me is a command");
    desk.stored(local, "/me is a command");
    desk.press("Esc e");
    desk.write("!");
    for _ in 0..2 {
        desk.press("Enter");
        let commands = desk.commands();
        let [Command::Send { body, local, .. }, ..] = &commands[..] else {
            panic!("{commands:?}");
        };
        let text = SafeText::new("/me is a command!");
        assert_eq!(*body, Body::Edit(Seq(1), text));
        let local = *local;
        desk.not_queued(local, FULL);
    }
}
