//! Texts that terminals and width tables disagree on, everywhere a text can stand.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use ratatui::layout::Rect;
use ratatui::{TerminalOptions, Viewport};

use super::vt::{Kind, Vt};
use super::*;
use crate::tui::widths::Widths;
use crate::tui::widths::steady::Steady;

const TEXTS: [&str; 42] = [
    "👨‍👩‍👧‍👦",
    "👩🏽‍🚀👨‍🔬",
    "🏳️‍🌈🏴‍☠️",
    "❤️‍🔥",
    "👩\u{200d}👩\u{200d}👩\u{200d}👩\u{200d}👩\u{200d}👩",
    "🇩🇪🇨🇳🇯🇵",
    "🇦",
    "🇦🇧🇨",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "❤️❤",
    "☺☺️ ⚠ ⚠️",
    "1️⃣#️⃣*️⃣",
    "©®™",
    "👍🏽👋🏿",
    "🏽",
    "नमस्ते",
    "क्षत्रिय",
    "বাংলা",
    "தமிழ்",
    "తెలుగు",
    "ക്ഷ",
    "မြန်မာ",
    "ខ្មែរ",
    "สวัสดีครับ",
    "น้ำกำ",
    "ລາວ",
    "العربية",
    "السَّلامُ عليكم",
    "שָׁלוֹם",
    "你好，世界！",
    "日本語ｱﾞﾊﾟ",
    "か\u{3099}は\u{309a}",
    "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}",
    "한글",
    "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗",
    "a\tb\t\tc",
    "\u{200d}\u{200c}x\u{200b}y\u{feff}z",
    "“…” ‘—’ ×÷±°",
    "Ωμέγα Привет",
    "┌─┐│▒█",
    "𝕳𝖊𝖑𝖑𝖔 ｆｕｌｌ",
];

const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];

/// What was written to a terminal and not read by it.
#[derive(Clone, Default)]
struct Tape(Rc<RefCell<Vec<u8>>>);

impl io::Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A room where a text is in the topic, in names as far as it can be, and in messages.
fn talk(text: &str) -> Desk {
    let mut desk = Desk::entered();
    let who = text.replace([' ', '\t'], "");
    let who = if who.parse::<Name>().is_ok() {
        &who
    } else {
        "bob"
    };
    desk.members(&[("alice", Presence::Here), (who, Presence::Here)]);
    if who != "bob" {
        let room = RoomName::direct(&name("alice"), &name(who));
        desk.update(Update::Waiting {
            room: room.clone(),
            seq: Seq(1),
        });
        desk.open(&room, 1);
        desk.event_in(&room, who, message(text));
    }
    desk.event(who, Body::Topic(SafeText::new(text)));
    desk.says(who, &format!("{text}|"));
    desk.says("bob", &format!("*{text}* `{text}` {text}"));
    desk.says("bob", &format!("```\n{}\n```", text.repeat(12)));
    desk
}

/// Draws frames as the program does, on a terminal of its own kind.
struct Seat {
    desk: Desk,
    terminal: Terminal<Steady<Tape>>,
    tape: Tape,
    widths: Widths,
    vt: Vt,
}

impl Seat {
    fn new(desk: Desk, kind: Kind, widths: Widths, size: (u16, u16)) -> Self {
        let tape = Tape::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, size.0, size.1));
        let backend = Steady::new(tape.clone());
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        let vt = Vt::new(kind, usize::from(size.0), usize::from(size.1));
        Self {
            desk,
            terminal,
            tape,
            widths,
            vt,
        }
    }

    fn draw(&mut self) {
        let (app, widths) = (&mut self.desk.app, self.widths);
        self.terminal
            .draw(|frame| {
                app.draw(frame);
                widths.settle(frame.buffer_mut());
            })
            .unwrap();
        let written = self.tape.0.take();
        self.vt.write(std::str::from_utf8(&written).unwrap());
    }

    /// Asserts that what stands in straight columns does.
    #[track_caller]
    fn assert_straight(&self, text: &str) {
        let (columns, rows) = (self.vt.rows[0].len(), self.vt.rows.len());
        let about = || {
            let screen: Vec<String> = (0..rows).map(|y| self.vt.row(y)).collect();
            let kind = self.vt.kind();
            format!("{text:?} on {kind:?}\n{}", screen.join("\n"))
        };
        let is_bar = |cell: &str| cell == "│" || cell == "|";
        if columns >= 80 {
            let members = crate::tui::members::pane_columns(u16::try_from(columns).unwrap());
            let border = columns - usize::from(members);
            for y in 2..rows - 2 {
                assert!(is_bar(&self.vt.rows[y][border]), "row {y} {}", about());
            }
            assert!(
                self.vt.row(2).trim_end().ends_with("present"),
                "{}",
                about()
            );
            let mut members = (3..7).map(|y| self.vt.row(y));
            let has_own = members.any(|row| row.trim_end().ends_with("alice you"));
            assert!(has_own, "{}", about());
        }
        let mut title = " 1 #lobby ";
        if columns >= 110 {
            let conversations =
                crate::tui::conversations::pane_columns(u16::try_from(columns).unwrap());
            let border = usize::from(conversations) - 1;
            for y in 2..rows - 2 {
                assert!(is_bar(&self.vt.rows[y][border]), "row {y} {}", about());
            }
            title = " #lobby  ";
        }
        assert!(self.vt.row(0).starts_with(title), "{}", about());
        assert!(
            self.vt.row(rows - 1).starts_with("> Write to #lobby"),
            "{}",
            about()
        );
        let status = self.vt.row(rows - 2);
        assert!(status.contains("#lobby  relay box1"), "{}", about());
    }
}

#[test]
fn columns_hold_on_every_terminal_that_says_what_it_does() {
    for kind in Kind::ALL {
        let widths = Vt::widths(kind);
        for (index, text) in TEXTS.iter().enumerate() {
            for size in SIZES {
                let mut seat = Seat::new(talk(text), kind, widths, size);
                seat.draw();
                seat.assert_straight(text);
                // One frame after the other only draws what differs.
                let following = [TEXTS[(index + 1) % TEXTS.len()], "plain", text];
                let count = if size == SIZES[1] { following.len() } else { 1 };
                for next in &following[..count] {
                    seat.desk.says("bob", next);
                    seat.draw();
                    seat.assert_straight(text);
                }
            }
        }
    }
}

#[test]
fn columns_hold_on_terminals_that_say_nothing() {
    for kind in [Kind::Agreeing, Kind::Characters, Kind::Clusters] {
        for text in TEXTS {
            for size in SIZES {
                let mut seat = Seat::new(talk(text), kind, Widths::default(), size);
                seat.draw();
                seat.assert_straight(text);
                for next in ["plain", text] {
                    seat.desk.says("bob", next);
                    seat.draw();
                    seat.assert_straight(text);
                }
            }
        }
    }
}

#[test]
fn the_cells_of_every_row_add_up() {
    for text in TEXTS {
        for (columns, rows) in SIZES {
            let mut desk = talk(text);
            let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
            terminal.draw(|frame| desk.app.draw(frame)).unwrap();
            let buffer = terminal.backend().buffer();
            for y in 0..rows {
                let mut x = 0;
                while x < columns {
                    x += buffer[(x, y)].cell_width().max(1);
                }
                assert_eq!(x, columns, "{text:?} row {y}");
            }
        }
    }
}

#[test]
fn what_was_said_is_still_there_on_a_terminal_of_characters() {
    let widths = Vt::widths(Kind::Characters);
    let mut seat = Seat::new(talk("👍🏽 你好 नमस्ते ❤️|"), Kind::Characters, widths, (80, 24));
    seat.draw();
    let screen: Vec<String> = (0..24).map(|y| seat.vt.row(y)).collect();
    let screen = screen.join("\n");
    assert!(screen.contains("👍 你好 नमस्ते ❤\u{fe0f} |"), "{screen}");
}
