use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::wire::Refusal;

/// What was asked to be sent, which is in the outbox now.
fn bodies(desk: &mut Desk) -> Vec<Body> {
    let commands = desk.commands();
    desk.queue(&commands);
    let body = |command: Command| match command {
        Command::Send { body, .. } => Some(body),
        _ => None,
    };
    commands.into_iter().filter_map(body).collect()
}

fn text(text: &str) -> SafeText {
    SafeText::new(text)
}

/// Alice has said something between two of bob's.
fn talk() -> Desk {
    let mut desk = Desk::entered();
    desk.says("bob", "shall we");
    desk.says("alice", "sure, teh pub");
    desk.says("bob", "at eight");
    desk.commands();
    desk
}

#[test]
fn escape_selects_the_last_message_and_says_what_can_be_done() {
    let mut desk = talk();
    desk.press("Esc");
    desk.shows(
        80,
        12,
        r"
 1 #lobby
                                                                │ 3 present
                                                                │ ● alice you
                                                                │ ● bob
                                                                │ ◐ carol
                                                                │ ○ dave
─────────────────── Monday 23 November 2026 ─────────────────── │
12:00           bob  shall we                                   │
12:00  ✓      alice  sure, teh pub                              │
12:00           bob  at eight                                   │
─ #lobby ──── r answer  + react  e edit  d take back  y copy  i info  Esc done ─
>
",
    );
}

#[test]
fn keys_move_the_selection_and_nothing_is_typed() {
    let mut desk = talk();
    desk.press("Esc k k k x");
    let selected = |desk: &Desk| desk.app.room().selected().map(|event| event.seq);
    assert_eq!(selected(&desk), Some(Seq(1)));
    desk.press("j");
    assert_eq!(selected(&desk), Some(Seq(2)));
    desk.press("G");
    assert_eq!(selected(&desk), Some(Seq(3)));
    desk.press("g");
    assert_eq!(selected(&desk), Some(Seq(1)));
    desk.says("bob", "news");
    assert_eq!(selected(&desk), Some(Seq(1)));
    desk.press("Esc");
    assert_eq!(selected(&desk), None);
    assert!(desk.app.room().editor.is_empty());
}

#[test]
fn a_selection_out_of_sight_is_scrolled_to() {
    let mut desk = Desk::entered();
    desk.chatter(60);
    desk.press("Esc");
    for _ in 0..40 {
        desk.press("k");
    }
    desk.contains("line 20");
    let (screen, _) = desk.draw(80, 24);
    assert!(!screen.join("\n").contains("line 60"));
    for _ in 0..30 {
        desk.press("j");
    }
    desk.contains("line 50");
    desk.press("Esc");
    desk.contains("line 60");
}

#[test]
fn an_answer_names_what_it_answers_and_the_original_is_gone_to() {
    let mut desk = talk();
    desk.write("yes, ");
    desk.press("Esc g r");
    desk.contains("↩ answer to bob: shall we");
    assert_eq!(desk.input().0, "> yes,");
    desk.enter_line("let us");
    let reply = Body::Reply(Seq(1), text("yes, let us"));
    assert_eq!(bodies(&mut desk), std::slice::from_ref(&reply));
    assert!(!desk.draw(80, 24).0.join("\n").contains("answer to"));
    desk.event("alice", reply);
    desk.chatter(60);
    desk.press("Esc");
    for _ in 0..60 {
        desk.press("k");
    }
    desk.press("o");
    desk.contains("shall we");
}

#[test]
fn a_reaction_is_sent_with_one_digit_and_taken_back_with_the_same() {
    let mut desk = talk();
    desk.press("Esc +");
    desk.contains("reaction to bob: at eight");
    desk.press("4");
    let tada = Body::Reaction(Seq(3), text("tada"));
    assert_eq!(bodies(&mut desk), std::slice::from_ref(&tada));
    desk.event("alice", tada);
    desk.contains("🎉 1");
    desk.press("Esc + 4");
    let none = Body::Reaction(Seq(3), text(""));
    assert_eq!(bodies(&mut desk), [none]);
}

#[test]
fn a_reaction_can_be_typed() {
    let mut desk = talk();
    desk.press("Esc +");
    desk.enter_line("two words");
    desk.contains("a reaction is one emoji");
    desk.press("C-u");
    desk.enter_line(":+1:");
    assert_eq!(bodies(&mut desk), [Body::Reaction(Seq(3), text("+1"))]);
    assert_eq!(desk.input().0, "> Write to #lobby, or /help");
}

#[test]
fn only_own_messages_are_edited_and_the_old_text_is_there_to_change() {
    let mut desk = talk();
    desk.press("Esc e");
    desk.contains("only who wrote a message can change it");
    desk.press("k e");
    assert_eq!(desk.input().0, "> sure, teh pub");
    desk.press("C-w C-w");
    desk.enter_line("the pub");
    let edit = Body::Edit(Seq(2), text("sure, the pub"));
    assert_eq!(bodies(&mut desk), [edit]);
}

#[test]
fn what_somebody_does_reads_anew_once_it_is_edited() {
    let mut desk = talk();
    desk.event("alice", Body::Action(text("wavs")));
    desk.contains("*  alice wavs");
    desk.event("alice", Body::Edit(Seq(4), text("waves")));
    desk.contains("*  alice waves");
    desk.contains("edited");
}

#[test]
fn an_edit_can_be_given_up() {
    let mut desk = talk();
    desk.press("Esc k e");
    desk.contains("✎ editing #2");
    desk.press("Esc");
    assert_eq!(desk.input().0, "> Write to #lobby, or /help");
    desk.enter_line("new");
    assert_eq!(bodies(&mut desk), [message("new")]);
}

#[test]
fn nothing_written_is_lost_to_an_edit() {
    let mut desk = talk();
    desk.write("half a thought");
    desk.press("Esc k e");
    desk.contains("what is written here would be lost");
    desk.press("Esc");
    assert_eq!(desk.input().0, "> half a thought");
}

#[test]
fn taking_back_needs_the_key_twice() {
    let mut desk = talk();
    desk.press("Esc k d");
    desk.contains("d again takes it back");
    desk.press("k j d");
    assert_eq!(bodies(&mut desk), []);
    desk.press("d");
    assert_eq!(bodies(&mut desk), [Body::Redaction(Seq(2))]);
}

#[test]
fn what_was_taken_back_can_only_be_told_about() {
    let mut desk = talk();
    desk.event("bob", Body::Redaction(Seq(3)));
    desk.press("Esc +");
    desk.contains("! it was taken back");
}

#[test]
fn a_message_is_copied_as_it_reads_now() {
    let mut desk = talk();
    desk.event("alice", Body::Edit(Seq(2), text("sure, the pub")));
    desk.press("Esc k y");
    assert_eq!(desk.app.take_copied().as_deref(), Some("sure, the pub"));
    assert_eq!(desk.app.take_copied(), None);
}

#[test]
fn a_link_is_opened_or_copied() {
    let mut desk = talk();
    desk.press("Esc l");
    desk.contains("! there is no link in it");
    desk.press("Esc Esc");
    desk.says(
        "bob",
        "see https://example.org/a_b, or [this](https://example.net)",
    );
    desk.press("Esc l");
    assert_eq!(
        desk.app.take_opened().as_deref(),
        Some("https://example.org/a_b")
    );
    assert_eq!(desk.app.take_opened(), None);
    desk.press("Esc L");
    assert_eq!(
        desk.app.take_copied().as_deref(),
        Some("https://example.org/a_b")
    );
    desk.app.copy_instead("https://example.org".to_owned());
    desk.contains("! nothing opens links here; it was copied");
    assert_eq!(
        desk.app.take_copied().as_deref(),
        Some("https://example.org")
    );
}

#[test]
fn lines_change_the_last_message() {
    let mut desk = talk();
    desk.enter_line("s/teh/the/");
    let edit = Body::Edit(Seq(2), text("sure, the pub"));
    assert_eq!(bodies(&mut desk), [edit]);
    desk.enter_line("+:tada:");
    let tada = Body::Reaction(Seq(3), text("tada"));
    assert_eq!(bodies(&mut desk), [tada]);
    desk.enter_line("s/xyz/the/");
    desk.contains("your last message here does not say that");
    assert_eq!(desk.input().0, "> s/xyz/the/");
}

#[test]
fn an_edit_that_is_refused_comes_back_to_the_input() {
    let mut desk = talk();
    desk.enter_line("s/teh/the/");
    let commands = desk.commands();
    let local = desk.queue(&commands).unwrap();
    desk.update(Update::NotStored {
        room: lobby(),
        local,
        refusal: Refusal::NotAllowed,
    });
    desk.contains("the change was not stored: ");
    assert_eq!(desk.input().0, "> sure, the pub");
    desk.contains("✎ editing #2");
}

#[test]
fn a_click_selects_a_message() {
    let mut desk = talk();
    let (screen, _) = desk.draw(80, 24);
    let row = screen.iter().position(|row| row.contains("sure")).unwrap();
    let click = |row| MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 10,
        row,
        modifiers: KeyModifiers::NONE,
    };
    desk.app.handle_mouse(click(row as u16));
    assert_eq!(
        desk.app.room().selected().map(|event| event.seq),
        Some(Seq(2))
    );
    desk.app.handle_mouse(click(5));
    assert_eq!(desk.app.room().selected(), None);
}
