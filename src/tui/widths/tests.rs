use ratatui::layout::Rect;
use ratatui::style::Style;

use super::*;

/// What the samples take when they are shown as this program lays them out.
fn agreed() -> [u16; CLASSES] {
    Class::ALL.map(|class| class.sample().cell_width())
}

/// The cells of a row with `text`, drawn for a terminal that gives one class another width.
fn settled(class: Class, columns: u16, text: &str) -> Vec<(String, u16)> {
    let mut measured = agreed();
    measured[class as usize] = columns;
    let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
    buffer.set_string(0, 0, text, Style::new());
    Widths::new(&measured).settle(&mut buffer);
    let mut cells = Vec::new();
    let mut x = 0;
    while x < 6 {
        let cell = &buffer[(x, 0)];
        cells.push((cell.symbol().to_owned(), cell.cell_width()));
        x += cell.cell_width();
    }
    assert_eq!(x, 6);
    cells
}

#[track_caller]
fn assert_settled(class: Class, columns: u16, text: &str, expected: &[(&str, u16)]) {
    let settled = settled(class, columns, text);
    let mut cells: Vec<(&str, u16)> = (settled.iter())
        .map(|(symbol, width)| (symbol.as_str(), *width))
        .collect();
    while cells.len() > expected.len() && cells.last() == Some(&(" ", 1)) {
        cells.pop();
    }
    assert_eq!(cells, expected);
}

#[test]
fn samples_are_of_their_class_and_differ_from_none() {
    for class in Class::ALL {
        assert_eq!(Class::of(class.sample()), Some(class), "{}", class.sample());
        assert_eq!(Widths::new(&agreed()).difference(class), None);
        assert_eq!(Widths::default().difference(class), None);
    }
}

#[test]
fn what_is_the_same_everywhere_has_no_class() {
    for cluster in [
        "a",
        "é",
        "e\u{301}",
        "你",
        "🎉",
        "한",
        "ب",
        "と\u{3099}",
        "ก\u{e35}",
    ] {
        let class = Class::of(cluster).filter(|class| class.is_doubtful());
        assert_eq!(class, None, "{cluster}");
    }
}

#[test]
fn what_is_too_narrow_gets_blanks() {
    assert_settled(Class::Presented, 1, "❤️x", &[("❤️ ", 2), ("x", 1)]);
    assert_settled(Class::Keycap, 1, "1️⃣x", &[("1️⃣ ", 2), ("x", 1)]);
    assert_settled(Class::Conjunct, 1, "क्षx", &[("क्ष ", 2), ("x", 1)]);
}

#[test]
fn what_is_too_wide_becomes_simpler() {
    assert_settled(Class::Joined, 8, "👨‍👩‍👧‍👦x", &[("👨", 2), ("x", 1)]);
    assert_settled(Class::Flag, 4, "🇩🇪x", &[("D", 1), ("E", 1), ("x", 1)]);
    assert_settled(Class::FlagLetter, 2, "\u{1f1e6}x", &[("A", 1), ("x", 1)]);
    assert_settled(Class::Toned, 4, "👍🏽x", &[("👍", 2), ("x", 1)]);
    assert_settled(Class::Jamo, 4, "\u{1100}\u{1161}x", &[("가", 2), ("x", 1)]);
}

#[test]
fn a_sign_that_is_wide_takes_the_blank_after_it_or_looks_otherwise() {
    assert_settled(Class::Symbol, 2, "☺ x", &[("☺", 2), ("x", 1)]);
    assert_settled(Class::Symbol, 2, "☺x", &[("?", 1), ("x", 1)]);
    assert_settled(Class::Ambiguous, 2, "“α…", &[("\"", 1), ("?", 1), ("…", 2)]);
    assert_settled(Class::Ambiguous, 2, "──│ ", &[("-", 1), ("-", 1), ("|", 1)]);
}

#[test]
fn what_no_terminal_joins_is_not_handed_to_it() {
    let endless = "👩\u{200d}".repeat(1_000) + "👩";
    assert_settled(Class::Flag, 2, &endless, &[("👩", 2)]);
    assert_settled(Class::Flag, 2, "👩🏽‍🚀", &[("👩🏽‍🚀", 2)]);
}

#[test]
fn a_cluster_at_the_edge_stays_within_the_row() {
    let mut measured = agreed();
    measured[Class::Symbol as usize] = 2;
    let mut buffer = Buffer::empty(Rect::new(0, 0, 2, 2));
    buffer.set_string(0, 0, "a☺", Style::new());
    Widths::new(&measured).settle(&mut buffer);
    assert_eq!(buffer[(1, 0)].symbol(), "?");
    assert_eq!(buffer[(0, 1)].symbol(), " ");
}

#[test]
fn nothing_stays_of_a_flag_that_the_terminal_keeps_as_two_letters() {
    let empty = Buffer::empty(Rect::new(0, 0, 6, 1));
    let mut flag = empty.clone();
    flag.set_string(1, 0, "🇹🇼", Style::new());
    Widths::new(&agreed()).settle(&mut flag);
    let drawn = |before: &Buffer, after: &Buffer| -> Vec<u16> {
        let cells = before.diff(after).into_iter();
        cells.map(|(x, _, _)| x).collect()
    };
    let drawn_first = drawn(&empty, &flag);
    assert!(
        drawn_first.starts_with(&[1]) && !drawn_first.contains(&2),
        "{drawn_first:?}"
    );
    assert!(drawn(&flag, &empty).starts_with(&[1, 2]));
}
