//! Themes: chosen by the background, by the user, and kept.

use ratatui::style::Color;

use super::*;
use crate::tui::themes::{Background, Depth, ThemeName};

/// The colour of the first cell that shows this.
fn colour_of(desk: &mut Desk, text: &str) -> Color {
    desk.app.handle_resize(80, 24);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| desk.app.draw(frame)).unwrap();
    let mut cells = terminal.backend().buffer().content().iter();
    cells.find(|cell| cell.symbol() == text).unwrap().fg
}

#[test]
fn the_terminals_background_decides_until_the_user_does() {
    let mut desk = Desk::entered();
    let dark = colour_of(&mut desk, "●");
    desk.app.handle_background(Background::Light);
    let light = colour_of(&mut desk, "●");
    assert_ne!(dark, light);
    desk.enter_line("/theme dark");
    assert_eq!(colour_of(&mut desk, "●"), dark);
    desk.contains("Theme: dark (for a dark terminal).");
    let kept = desk
        .commands()
        .into_iter()
        .find_map(|command| match command {
            Command::Keep(settings) => settings.theme(),
            _ => None,
        });
    assert_eq!(kept, Some(ThemeName::Dark));
    desk.enter_line("/theme auto");
    assert_eq!(colour_of(&mut desk, "●"), light);
}

#[test]
fn a_theme_that_is_none_stays_in_the_input() {
    let mut desk = Desk::entered();
    desk.enter_line("/theme pink");
    desk.contains("auto, dark, light, contrast or plain16");
    desk.contains("> /theme pink");
}

#[test]
fn a_theme_is_found_by_the_jump() {
    let mut desk = Desk::entered();
    desk.press("C-k");
    desk.write("theme contr");
    desk.press("Enter");
    desk.contains("Theme: contrast (high contrast).");
}

#[test]
fn without_colours_no_theme_has_any() {
    let mut desk = Desk::entered();
    desk.app.looks.depth = Depth::None;
    desk.enter_line("/theme light");
    desk.contains("Colours are off here");
    assert_eq!(colour_of(&mut desk, "●"), Color::Reset);
}
