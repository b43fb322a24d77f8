//! Writing: what is taken back, found again, completed, pasted and kept.

use super::*;

#[test]
fn keys_of_two_show_the_first_until_the_second_comes() {
    let mut desk = Desk::entered();
    desk.write("one two");
    desk.press("C-x");
    desk.contains(" Ctrl-X … ");
    desk.press("C-u");
    assert_eq!(desk.input().0, "> one");
    desk.press("C-x C-r");
    assert_eq!(desk.input().0, "> one two");
}

#[test]
fn an_unknown_second_key_does_nothing_and_types_nothing() {
    let mut desk = Desk::entered();
    desk.write("kept");
    for key in ["q", "C-c", "Enter", "Esc"] {
        desk.press("C-x");
        desk.press(key);
        assert_eq!(desk.input().0, "> kept", "after {key}");
        assert_eq!(desk.commands(), []);
    }
    desk.press("C-x");
    desk.app.handle_paste("!");
    desk.press("u");
    assert_eq!(desk.input().0, "> kept!u");
}

#[test]
fn ctrl_c_can_be_taken_back() {
    let mut desk = Desk::entered();
    desk.write("half");
    desk.press("C-c C-_");
    assert_eq!(desk.input().0, "> half");
}

#[test]
fn a_line_sent_before_is_found_by_its_words() {
    let mut desk = Desk::entered();
    for line in ["deploy at noon", "lunch", "deploy again"] {
        desk.send_line(line);
    }
    desk.write("draft");
    desk.press("C-r");
    desk.write("depl");
    desk.shows(
        40,
        12,
        r"
 1 #lobby





12:00  …  alice  deploy at noon
12:00  …  alice  lunch
12:00  …  alice  deploy again
─ Enter takes, Ctrl-R older, Esc leaves
↶ sent before, with: depl
> deploy again
",
    );
    desk.press("C-r");
    assert_eq!(desk.input().0, "> deploy at noon");
    desk.press("Enter");
    assert_eq!(desk.input().0, "> deploy at noon");
    assert_eq!(desk.commands(), []);
    desk.press("Down Down Down");
    assert_eq!(desk.input().0, "> draft");
}

#[test]
fn a_search_for_a_sent_line_can_be_left() {
    let mut desk = Desk::entered();
    desk.send_line("one");
    desk.write("draft");
    for leave in ["Esc", "C-g", "C-c"] {
        desk.press("C-r o");
        assert_eq!(desk.input().0, "> one");
        desk.press("x");
        desk.contains("↶ nothing sent before has: ox");
        desk.press("Backspace");
        assert_eq!(desk.input().0, "> one");
        desk.press(leave);
        assert_eq!(desk.input().0, "> draft");
    }
    desk.press("C-r o End !");
    assert_eq!(desk.input().0, "> one!");
}

#[test]
fn a_text_comes_back_from_the_users_editor_and_can_be_taken_back() {
    let mut desk = Desk::entered();
    desk.write("draft");
    desk.press("C-x C-e");
    assert_eq!(desk.app.take_edit().as_deref(), Some("draft"));
    assert_eq!(desk.app.take_edit(), None);
    desk.app.handle_edited(Ok("much\nbetter".to_owned()));
    assert_eq!(desk.commands(), []);
    desk.contains("> much");
    assert_eq!(desk.input().0, "  better");
    desk.press("C-_");
    assert_eq!(desk.input().0, "> draft");
}

#[test]
fn an_editor_that_fails_leaves_the_text_and_says_why() {
    let mut desk = Desk::entered();
    desk.write("draft");
    desk.press("C-x C-e");
    desk.app.take_edit();
    desk.app
        .handle_edited(Err(crate::locale::say!("editor-no-text")));
    desk.contains("! what the editor left is no text");
    assert_eq!(desk.input().0, "> draft");
}

#[test]
fn what_is_put_back_while_the_users_editor_runs_stays() {
    let mut desk = Desk::entered();
    desk.enter_line("refused");
    let local = desk.sent();
    desk.write("draft");
    desk.press("C-x C-e");
    desk.app.take_edit();
    desk.not_queued(local, "full");
    desk.app.handle_edited(Ok("better".to_owned()));
    desk.contains("> refused");
    assert_eq!(desk.input().0, "  better");
}

#[test]
fn pasted_code_is_marked_as_such_by_one_key() {
    let mut desk = Desk::entered();
    desk.write("see:");
    desk.app.handle_paste("if x {\n    y();\n}\n");
    desk.contains(" Ctrl-G marks it as code");
    desk.press("C-g");
    desk.press("Enter");
    let sent = desk.commands();
    let fenced = "see:\n```\nif x {\n    y();\n}\n```";
    assert!(
        matches!(&sent[..], [Command::Send { body: Body::Message(text), .. }] if text.as_str() == fenced),
        "{sent:?}"
    );
}

#[test]
fn what_was_pasted_is_not_offered_as_code_once_it_is_changed() {
    let mut desk = Desk::entered();
    desk.app.handle_paste("if x {\n    y();\n}");
    desk.write("!");
    let (screen, _) = desk.draw(80, 24);
    assert!(!screen.join("\n").contains("Ctrl-G"));
    desk.press("C-g");
    assert_eq!(desk.input().0, "  }!");
}

#[test]
fn nothing_that_is_typed_is_lost_on_the_way() {
    // What is pressed, and ends in the room it began in.
    let ways = [
        "M-2 M-1",
        "C-n C-p",
        "M-Down M-Up",
        "M-a M-1",
        "F2 Esc",
        "F2 F2",
        "F2 M-2 M-1",
        "F3 Esc",
        "F3 l M-2 M-1",
        "M-k Esc",
        "M-k d e v Enter M-1",
        "C-k Esc",
        "C-f Esc",
        "F1 Esc",
        "Esc Esc",
        "Esc Up i",
        "Esc Up y",
        "C-r o Esc",
        "C-r o C-g",
        "C-r o M-2 M-1 Down",
        "Up Up Down Down Down",
        "Up M-2 M-1 Down",
        "PageUp PageDown",
        "C-x q",
        "C-l",
        "C-s C-g",
        "C-c C-_",
        "C-u C-y",
        "C-w C-_",
    ];
    for way in ways {
        let mut desk = Desk::entered();
        desk.enter_line("/join dev");
        desk.press("M-1");
        let local = desk.send_line("one before");
        desk.stored(local, "one before");
        desk.says("bob", "hello");
        desk.commands();
        desk.write("a dra世");
        for (at, key) in way.split_whitespace().enumerate() {
            desk.press(key);
            // Other sizes as well, down to one cell.
            let (columns, rows) = [(80, 24), (40, 12), (9, 3), (1, 1)][at % 4];
            desk.draw(columns, rows);
            desk.draw(80, 24);
            desk.seconds(1);
        }
        assert_eq!(desk.app.room().editor.text(), "a dra世", "after {way}");
        assert_eq!(desk.app.room().title(&name("alice")), "#lobby", "{way}");
        let sends = desk.commands();
        let is_send = |command: &Command| matches!(command, Command::Send { .. });
        assert!(!sends.iter().any(is_send), "after {way}: {sends:?}");
    }
}

#[test]
fn an_answer_and_an_edit_wait_in_their_room() {
    let mut desk = Desk::entered();
    let local = desk.send_line("teh tea");
    desk.stored(local, "teh tea");
    desk.says("bob", "milk?");
    desk.enter_line("/join dev");
    for (keys, title, text) in [
        ("Esc r y e s", "↩ answer to bob: milk?", "yes"),
        ("Esc k e", "✎ editing #1", "teh tea"),
    ] {
        desk.press("M-1");
        desk.press(keys);
        for way in ["M-2 M-1", "F2 Esc", "F3 x Esc", "Up Down", "C-r Esc"] {
            desk.press(way);
            desk.contains(title);
            assert_eq!(desk.app.room().editor.text(), text, "after {way}");
        }
        desk.press("C-u Esc");
    }
}

#[test]
fn a_line_found_is_sent_and_the_draft_is_there_again() {
    let mut desk = Desk::entered();
    desk.send_line("one before");
    desk.write("draft");
    desk.press("C-r o Enter Enter");
    let local = desk.sent();
    desk.contains("> one before");
    assert_eq!(desk.input().0, "  draft");
    desk.stored(local, "one before");
}

#[test]
fn a_room_in_which_something_is_written_is_not_left_with_it() {
    let mut desk = Desk::entered();
    desk.enter_line("/join dev");
    desk.write("/leave");
    desk.press("C-c");
    desk.write("draft");
    desk.press("Up Enter");
    desk.contains("! what is written here would be lost; send or empty it first");
    desk.press("Down");
    assert_eq!(desk.app.room().editor.text(), "draft");
    desk.press("C-u Up Enter");
    assert_eq!(desk.app.room().title(&name("alice")), "#lobby");
}
