//! What is too long for one message is offered to be sent as several.

use super::*;
use crate::wire::text::TEXT_BYTES_MAX;

/// So many lines of 64 bytes, their ends included.
fn lines(count: usize) -> String {
    let lines = (1..=count).map(|number| format!("{number:063}\n"));
    lines.collect::<String>().trim_end().to_owned()
}

/// Says of each message in turn that it is in the outbox; what they say.
fn sent(desk: &mut Desk) -> Vec<Body> {
    let mut bodies = Vec::new();
    loop {
        let commands = desk.commands();
        let sends = commands.iter().filter_map(|command| match command {
            Command::Send { body, .. } => Some(body.clone()),
            _ => None,
        });
        bodies.extend(sends);
        if desk.queue(&commands).is_none() {
            return bodies;
        }
    }
}

fn texts(bodies: &[Body]) -> Vec<&str> {
    let text = |body| match body {
        &Body::Message(ref text) | &Body::Reply(_, ref text) => text.as_str(),
        other => panic!("{other:?}"),
    };
    bodies.iter().map(text).collect()
}

#[test]
fn a_paste_that_is_too_long_is_offered_in_parts() {
    let mut desk = Desk::entered();
    desk.app.handle_paste(&lines(300));
    desk.shows(
        80,
        12,
        r"
 1 #lobby
                                                                │ 3 present
                                                                │ ● alice you
                                                                │ ● bob
                                                                │ and 2 more
! 2.8 KiB too long for one message: 44 lines don't fit. Ctrl-S sends it in 2
  parts; Esc leaves it here
─ #lobby  relay box1  encrypted ─ Ctrl-S sends 2 parts  Ctrl-G marks it as code
> 000000000000000000000000000000000000000000000000000000000000297
  000000000000000000000000000000000000000000000000000000000000298
  000000000000000000000000000000000000000000000000000000000000299
  000000000000000000000000000000000000000000000000000000000000300
",
    );
    assert_eq!(sent(&mut desk), []);
    desk.press("C-s");
    let bodies = sent(&mut desk);
    let parts = texts(&bodies);
    assert_eq!(parts.len(), 2);
    assert!(parts.iter().all(|part| part.len() <= TEXT_BYTES_MAX));
    assert_eq!(parts.join("\n"), lines(300));
    assert!(desk.app.room().editor.is_empty());
}

#[test]
fn what_is_typed_too_long_is_offered_in_parts_and_left_with_esc() {
    let mut desk = Desk::entered();
    let text = "世界".repeat(3_000);
    desk.write(&text);
    desk.press("C-s");
    assert_eq!(sent(&mut desk), []);
    desk.press("Enter");
    desk.contains("! 1.6 KiB too long for one message. Ctrl-S sends it in 2 parts; Esc leaves it");
    desk.press("Esc");
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(!screen.contains("Ctrl-S"), "{screen}");
    desk.press("C-s");
    assert_eq!(sent(&mut desk), []);
    assert_eq!(desk.app.room().editor.text(), text);
    assert_eq!(desk.app.room().selected, None);
    desk.press("Enter C-s");
    assert_eq!(texts(&sent(&mut desk)).concat(), text);
}

#[test]
fn an_offer_is_for_the_text_it_was_made_for() {
    let mut desk = Desk::entered();
    desk.app.handle_paste(&lines(300));
    desk.write("x");
    desk.press("C-s");
    desk.press("Backspace Enter F2 Esc C-s");
    desk.press("Enter M-1 C-s");
    assert_eq!(sent(&mut desk), []);
    assert_eq!(desk.app.room().editor.text(), lines(300));
}

#[test]
fn code_that_is_too_long_is_code_in_every_part() {
    let mut desk = Desk::entered();
    desk.app.handle_paste(&lines(600));
    desk.press("C-g");
    desk.contains("346 lines don't fit. Ctrl-S sends it in 3");
    desk.press("C-s");
    let bodies = sent(&mut desk);
    let parts = texts(&bodies);
    assert_eq!(parts.len(), 3);
    for part in &parts {
        assert!(part.len() <= TEXT_BYTES_MAX);
        assert!(part.starts_with("```\n0"), "{}", &part[..8]);
        assert!(part.ends_with("\n```"), "{}", &part[part.len() - 8..]);
    }
    let code = parts.iter().map(|part| &part[4..part.len() - 4]);
    assert_eq!(code.collect::<Vec<_>>().join("\n"), lines(600));
}

#[test]
fn the_first_part_of_an_answer_answers() {
    let mut desk = Desk::entered();
    desk.says("bob", "the log?");
    desk.press("Esc r");
    desk.app.handle_paste(&lines(300));
    desk.press("C-s");
    let bodies = sent(&mut desk);
    assert!(matches!(
        &bodies[..],
        [Body::Reply(Seq(1), _), Body::Message(_)]
    ));
    desk.write("done");
    desk.press("Enter");
    assert_eq!(sent(&mut desk), [message("done")]);
}

#[test]
fn what_would_take_too_many_parts_stays() {
    let mut desk = Desk::entered();
    let text = lines(8 * 256 + 1);
    desk.app.handle_paste(&text);
    desk.contains("! 112.1 KiB too long for one message, and 9 parts are more than 8. It stays");
    desk.press("C-s Enter C-s");
    assert_eq!(sent(&mut desk), []);
    assert_eq!(desk.app.room().editor.text(), text);
}

#[test]
fn parts_are_sent_all_or_none() {
    let mut desk = Desk::entered();
    for number in 1..=9 {
        desk.enter_line(&format!("line {number}"));
    }
    let text = lines(8 * 256);
    desk.app.handle_paste(&text);
    desk.press("C-s");
    desk.contains("! the messages before this one are not on disk yet; it stays here until they");
    assert_eq!(desk.app.room().editor.text(), text);
    assert_eq!(sent(&mut desk).len(), 9);
    desk.press("C-s");
    assert_eq!(sent(&mut desk).len(), 8);
}

#[test]
fn a_part_that_is_not_taken_goes_back_with_those_after_it() {
    let mut desk = Desk::entered();
    desk.app.handle_paste(&lines(600));
    desk.press("C-s");
    let commands = desk.commands();
    desk.queue(&commands);
    let local = desk.sent();
    desk.not_queued(local, "full");
    let text = desk.app.room().editor.text();
    assert_eq!(text, &lines(600)[256 * 64..]);
    assert_eq!(sent(&mut desk), []);
}

#[test]
fn an_edit_is_not_cut_into_parts() {
    let mut desk = Desk::entered();
    let local = desk.send_line("teh");
    desk.stored(local, "teh");
    desk.press("Esc e");
    desk.app.handle_paste(&lines(300));
    desk.press("Enter");
    desk.contains("! the message has 18.8 KiB, the most is 16 KiB; shorten it");
    desk.press("C-s");
    assert_eq!(sent(&mut desk), []);
}
