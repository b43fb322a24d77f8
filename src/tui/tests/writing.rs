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
    let reason = "full".to_owned();
    desk.app
        .handle_input(crate::tui::Input::SendRefused { local, reason });
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
