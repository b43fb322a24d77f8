//! The mouse: a click opens what is under it, the wheel scrolls what is under it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::conversations::busy;
use super::*;

fn mouse(kind: MouseEventKind, column: u16, row: u16) -> MouseEvent {
    MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    }
}

impl Desk {
    /// Clicks where this text stands on a screen of this size; the first of them.
    pub(super) fn click(&mut self, columns: u16, rows: u16, text: &str) {
        let lines = self.draw(columns, rows).0;
        let mut places = lines.iter().enumerate();
        let (row, column) = places
            .find_map(|(row, line)| Some((row, line.find(text)?)))
            .unwrap_or_else(|| panic!("no {text:?} in\n{}", lines.join("\n")));
        let column = super::super::wrap::columns(&lines[row][..column]);
        let (column, row) = (column as u16, row as u16);
        let kind = MouseEventKind::Down(MouseButton::Left);
        self.app.handle_mouse(mouse(kind, column, row));
    }

    fn title(&self) -> String {
        self.app.room().title(&name("alice"))
    }
}

#[test]
fn a_click_opens_a_conversation() {
    let mut desk = busy();
    desk.click(120, 40, "#tea");
    assert_eq!(desk.title(), "#tea");
    desk.click(120, 40, "● bob");
    assert_eq!(desk.title(), "@bob");
    desk.click(120, 40, "Rooms");
    assert_eq!(desk.title(), "@bob");
}

#[test]
fn a_click_opens_the_room_of_a_tab() {
    let mut desk = busy();
    desk.click(80, 24, "#tea");
    assert_eq!(desk.title(), "#tea");
    desk.click(40, 12, "1 #lobby");
    assert_eq!(desk.title(), "#lobby");
}

#[test]
fn a_click_on_a_member_opens_what_is_said_to_them_alone() {
    let mut desk = Desk::entered();
    desk.click(80, 24, "◐ carol");
    assert_eq!(desk.title(), "@carol");
    desk.press("M-1");
    desk.click(80, 24, "● alice");
    desk.contains("! that is your own name");
    assert_eq!(desk.title(), "#lobby");
}

#[test]
fn a_click_on_the_marker_goes_to_the_end() {
    let mut desk = Desk::entered();
    desk.chatter(60);
    desk.draw(80, 24);
    desk.press("PageUp");
    desk.says("bob", "the newest");
    desk.click(80, 24, "↓ 1 new");
    desk.contains("the newest");
}

#[test]
fn the_wheel_scrolls_the_pane_under_the_pointer() {
    let mut desk = Desk::entered();
    let names: Vec<String> = (10..60).map(|number| format!("user{number}")).collect();
    let members: Vec<(&str, Presence)> = names
        .iter()
        .map(|name| (name.as_str(), Presence::Here))
        .collect();
    desk.members(&members);
    desk.chatter(60);
    for number in 1..=30 {
        desk.enter_line(&format!("/join r{number}"));
    }
    desk.press("M-1");
    let first = |desk: &mut Desk| desk.draw(120, 20).0[2].clone();
    let before = first(&mut desk);
    assert!(before.starts_with(" Rooms"), "{before}");
    assert!(before.contains("line 45"), "{before}");
    let down = MouseEventKind::ScrollDown;
    desk.app.handle_mouse(mouse(down, 5, 10));
    let scrolled = first(&mut desk);
    assert!(scrolled.starts_with(" 3 #r2 "), "{scrolled}");
    assert!(scrolled.contains("line 45"), "{scrolled}");
    desk.app.handle_mouse(mouse(down, 110, 10));
    desk.draw(120, 20);
    desk.click(120, 20, "● user13");
    assert_eq!(desk.title(), "@user13");
    desk.press("M-1");
    desk.draw(120, 20);
    desk.app
        .handle_mouse(mouse(MouseEventKind::ScrollUp, 60, 10));
    let scrolled = first(&mut desk);
    assert!(scrolled.contains("line 42"), "{scrolled}");
}

#[test]
fn who_drags_is_told_once_how_to_mark_text() {
    let mut desk = Desk::entered();
    let drag = MouseEventKind::Drag(MouseButton::Left);
    desk.app.handle_mouse(mouse(drag, 30, 10));
    desk.contains("! hold Shift to mark text with the mouse; /mouse off leaves it to the terminal");
    desk.write("x");
    desk.app.handle_mouse(mouse(drag, 31, 10));
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(!screen.contains("hold Shift"), "{screen}");
}

#[test]
fn the_mouse_is_taken_and_left_at_will() {
    let mut desk = Desk::entered();
    assert!(desk.app.wants_mouse());
    for (line, wanted) in [
        ("/mouse off", false),
        ("/mouse off", false),
        ("/mouse on", true),
        ("/mouse", false),
    ] {
        desk.enter_line(line);
        assert_eq!(desk.app.wants_mouse(), wanted, "{line}");
    }
    desk.enter_line("/mouse maybe");
    desk.contains("! /mouse takes on or off");
}
