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

    /// Clicks on this column and row of a screen of 40 by 12.
    fn click_at(&mut self, column: u16, row: u16) {
        self.draw(40, 12);
        let kind = MouseEventKind::Down(MouseButton::Left);
        self.app.handle_mouse(mouse(kind, column, row));
    }

    /// Turns the wheel over this column and row of a screen of 40 by 12, once for each sign.
    fn wheel(&mut self, column: u16, row: u16, turns: &str) {
        for turn in turns.chars() {
            self.draw(40, 12);
            let kind = match turn {
                '+' => MouseEventKind::ScrollDown,
                _ => MouseEventKind::ScrollUp,
            };
            self.app.handle_mouse(mouse(kind, column, row));
        }
    }

    /// The rows of the input on a screen of 40 by 12, with a bar where the cursor is.
    fn written(&mut self) -> Vec<String> {
        let (lines, cursor) = self.draw(40, 12);
        let status = lines
            .iter()
            .rposition(|line| line.starts_with('─'))
            .unwrap();
        let rows = lines.iter().enumerate().skip(status + 1);
        rows.map(|(row, line)| {
            let mut shown = String::new();
            let mut column = 0;
            for c in line.chars().chain([' ', ' ']) {
                if (column, row) == (cursor.x, usize::from(cursor.y)) {
                    shown.push('|');
                }
                shown.push(c);
                column += super::super::wrap::columns(c.encode_utf8(&mut [0; 4])) as u16;
            }
            shown.trim_end().to_owned()
        })
        .collect()
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

#[test]
fn a_click_takes_a_choice() {
    let mut desk = Desk::entered();
    desk.members(&[("bill", Presence::Here)]);
    desk.write("hi @b");
    desk.click(40, 12, "@bob");
    assert_eq!(desk.input().0, "> hi @bob");
    let screen = desk.draw(40, 12).0.join("\n");
    assert!(!screen.contains("@bill"), "{screen}");
    desk.write("!");
    assert_eq!(desk.input().0, "> hi @bob !");
    desk.press("C-u");
    desk.write("so :ta");
    desk.wheel(3, 9, "++-");
    desk.press("Enter");
    assert_eq!(desk.input().0, "> so 🎉");
    desk.write(" :hea");
    desk.click_at(5, 2);
    let screen = desk.draw(40, 12).0.join("\n");
    assert!(!screen.contains(":heart:"), "{screen}");
}

#[test]
fn a_click_in_the_input_moves_the_cursor_there() {
    let mut desk = Desk::entered();
    desk.click_at(9, 11);
    assert_eq!(desk.written(), ["> |Write to #lobby, or /help"]);
    desk.write("ab世界cd");
    for (column, expected) in [
        (0, "> |ab世界cd"),
        (2, "> |ab世界cd"),
        (3, "> a|b世界cd"),
        (4, "> ab|世界cd"),
        (5, "> ab|世界cd"),
        (6, "> ab世|界cd"),
        (8, "> ab世界|cd"),
        (10, "> ab世界cd|"),
        (39, "> ab世界cd|"),
    ] {
        desk.click_at(column, 11);
        assert_eq!(desk.written(), [expected], "{column}");
    }
    desk.press("M-Enter");
    desk.write("second line");
    desk.click_at(5, 10);
    assert_eq!(desk.written(), ["> ab|世界cd", "  second line"]);
    desk.click_at(30, 10);
    assert_eq!(desk.written(), ["> ab世界cd|", "  second line"]);
    desk.click_at(8, 11);
    desk.write("-");
    assert_eq!(desk.written(), ["> ab世界cd", "  second-| line"]);
}

#[test]
fn a_click_finds_its_place_in_what_is_scrolled_and_broken_into_rows() {
    let mut desk = Desk::entered();
    let text: Vec<String> = (1..=9).map(|number| format!("line {number}")).collect();
    desk.app.handle_paste(&text.join("\n"));
    let shown = ["> line 6", "  line 7", "  line 8", "  line 9|"];
    assert_eq!(desk.written(), shown);
    // Nothing moves but the cursor.
    desk.click_at(4, 8);
    let shown = ["> li|ne 6", "  line 7", "  line 8", "  line 9"];
    assert_eq!(desk.written(), shown);
    desk.press("Up");
    assert_eq!(desk.written()[..2], ["> li|ne 5", "  line 6"]);
    desk.wheel(4, 9, "--");
    let shown = ["> line 3", "  line 4", "  li|ne 5", "  line 6"];
    assert_eq!(desk.written(), shown);
    desk.wheel(4, 9, "----");
    let shown = ["> line 1", "  line 2", "  line 3", "  li|ne 4"];
    assert_eq!(desk.written(), shown);
    desk.wheel(4, 9, "++++++++");
    let shown = ["> li|ne 6", "  line 7", "  line 8", "  line 9"];
    assert_eq!(desk.written(), shown);
    desk.press("C-c");
    desk.write(&"word ".repeat(9));
    desk.click_at(8, 11);
    assert_eq!(
        desk.written(),
        ["> word word word word word word word", "  word w|ord"]
    );
}

#[test]
fn what_is_handed_over_is_not_clicked_into() {
    let mut desk = Desk::entered();
    desk.enter_line("first");
    desk.write("second");
    desk.click_at(4, 10);
    assert_eq!(desk.written(), ["> first", "  second|"]);
    desk.click_at(4, 11);
    assert_eq!(desk.written(), ["> first", "  se|cond"]);
}

#[test]
fn a_click_in_the_input_ends_selecting_and_searching() {
    let mut desk = Desk::entered();
    desk.send_line("before");
    desk.says("bob", "hello");
    desk.write("written");
    desk.press("Esc");
    desk.click_at(5, 11);
    desk.write("!");
    assert_eq!(desk.written(), ["> wri!|tten"]);
    desk.press("C-r b");
    desk.click_at(5, 11);
    desk.write("!");
    assert_eq!(desk.written(), ["> bef!|ore"]);
    desk.press("Down");
    assert_eq!(desk.written(), ["> wri!tten|"]);
}

#[test]
fn a_click_beside_the_network_closes_it() {
    let mut desk = Desk::entered();
    desk.press("F2");
    desk.contains("10.0.0.1:5267");
    desk.click_at(5, 5);
    desk.contains("10.0.0.1:5267");
    desk.click_at(5, 11);
    let screen = desk.draw(80, 24).0.join("\n");
    assert!(!screen.contains("10.0.0.1:5267"), "{screen}");
}

#[test]
fn a_click_in_the_line_of_a_list_puts_the_cursor_there() {
    let mut desk = Desk::entered();
    for (open, shown) in [("C-k", "Go to: axbc"), ("C-f", "Search: axbc")] {
        desk.press(open);
        desk.write("abc");
        desk.click(80, 24, "bc");
        desk.write("x");
        desk.contains(shown);
        desk.press("Esc");
    }
}

#[test]
fn that_the_mouse_is_used_or_left_is_said() {
    let mut desk = Desk::entered();
    desk.enter_line("/mouse");
    desk.contains("·  The mouse is left to the terminal.");
    desk.enter_line("/mouse on");
    desk.contains("·  The mouse is used here; hold Shift to mark");
}
