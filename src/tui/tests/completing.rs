//! The choices shown while a word is written.

use super::*;

#[test]
fn choices_stand_above_the_input_while_a_word_is_written() {
    let mut desk = Desk::entered();
    desk.chatter(3);
    desk.commands();
    desk.write("so :tad");
    desk.shows(
        40,
        12,
        r"
 1 #lobby





─────── Monday 23 November 2026 ────────
12:00       bob  line 1
12:00       bob  line 2
│▸🎉 :tada: │ob  line 3
─ #lobby  relay box1  encrypted ────────
> so :tad
",
    );
    desk.press("Enter");
    assert_eq!(desk.input().0, "> so 🎉");
    assert_eq!(desk.commands(), []);
    desk.press("C-_");
    assert_eq!(desk.input().0, "> so :tad");
}

#[test]
fn arrows_and_tab_go_through_the_choices() {
    let mut desk = Desk::entered();
    desk.write("/l");
    desk.contains("│▸/leave  stop being a member of this room │");
    desk.press("Backspace");
    desk.write("w");
    desk.contains("│▸/who  list the members of this room │");
    desk.press("C-u");
    desk.write("/ni");
    desk.contains("│▸/nick NAME  go by another name │");
    desk.press("C-u");
    desk.members(&[("bill", Presence::Here)]);
    desk.write("@b");
    desk.contains("│▸@bill │");
    desk.press("Down");
    desk.contains("│▸@bob  │");
    assert_eq!(desk.input().0, "> @b");
    desk.press("Down");
    desk.contains("│▸@bill │");
    desk.press("Up Enter");
    assert_eq!(desk.input().0, "> @bob");
    desk.press("C-u @ b Tab");
    assert_eq!(desk.input().0, "> @bill");
    desk.press("Tab");
    assert_eq!(desk.input().0, "> @bob");
    desk.press("Up");
    assert_eq!(desk.input().0, "> @bill");
}

#[test]
fn a_sign_alone_lists_what_there_is_and_an_arrow_says_that_there_is_more() {
    let mut desk = Desk::entered();
    let edges = |desk: &mut Desk, text: &str| -> String {
        let (lines, _) = desk.draw(100, 24);
        let row = lines.into_iter().find(|row| row.contains(text));
        let row = row.unwrap_or_else(|| panic!("no {text:?}"));
        row.chars().filter(|c| "│↑↓".contains(*c)).take(2).collect()
    };
    desk.write("/");
    assert_eq!(edges(&mut desk, "▸/help               show this"), "││");
    assert_eq!(edges(&mut desk, "/nick NAME          go"), "│↓");
    desk.press("Up");
    assert_eq!(edges(&mut desk, "/unignore NAME      read"), "│↑");
    assert_eq!(edges(&mut desk, "▸/quit               leave lanterm"), "││");
    desk.press("C-u @");
    desk.contains("│▸@bob   │");
    desk.contains("│ @dave  │");
    desk.press("C-u #");
    desk.contains("│▸#lobby │");
}

#[test]
fn a_word_that_is_a_choice_already_is_sent() {
    let mut desk = Desk::entered();
    desk.members(&[("bobby", Presence::Here)]);
    desk.enter_line("hi @bob");
    assert_eq!(desk.commands().len(), 1);
    desk.enter_line("/who");
    assert!(matches!(desk.commands()[..], [Command::Ask { .. }]));
}

#[test]
fn closed_choices_stay_closed_for_the_word() {
    let mut desk = Desk::entered();
    desk.write("@b");
    desk.press("Esc");
    let is_shown = |desk: &mut Desk| desk.draw(80, 24).0.join("\n").contains('▸');
    assert!(!is_shown(&mut desk));
    desk.write("o");
    assert!(!is_shown(&mut desk));
    desk.write(" @b");
    assert!(is_shown(&mut desk));
    desk.press("Left");
    assert!(!is_shown(&mut desk));
}

#[test]
fn a_reaction_is_completed_by_its_name() {
    let mut desk = Desk::entered();
    desk.says("bob", "done");
    desk.press("Esc +");
    desk.write("tad");
    desk.contains("│▸🎉 :tada: │");
    desk.press("Tab");
    assert_eq!(desk.input().0, "> :tada:");
    desk.press("Enter");
    let sent = desk.commands();
    assert!(
        matches!(&sent[..], [Command::Send { body: Body::Reaction(Seq(1), code), .. }, ..] if code.as_str() == "tada"),
        "{sent:?}"
    );
}

#[test]
fn the_choices_fit_on_any_screen() {
    let mut desk = Desk::entered();
    desk.write("/");
    desk.write("a");
    desk.press("Backspace");
    desk.write("r");
    for (columns, rows) in [(40, 12), (12, 4), (5, 3), (3, 2), (1, 1)] {
        desk.draw(columns, rows);
    }
    desk.press("C-u");
    desk.write(":he");
    let (screen, _) = desk.draw(40, 12);
    assert_eq!(screen.iter().filter(|row| row.contains('│')).count(), 6);
}
