//! The real screen in a real terminal.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of real processes use real time"
)]

mod common;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use common::{Lan, Terminal, can_make_lans};

/// Two people on a network with a relay, each at a screen.
fn two_screens() -> (Lan, Terminal, Terminal) {
    let mut lan = Lan::simple(&["relay", "ann", "ben"]);
    lan.relay("relay");
    let ann = lan.screen("ann", (100, 30), "--name ann");
    let ben = lan.screen("ben", (100, 30), "--name ben");
    ann.wait_for("● ben");
    ben.wait_for("● ann");
    (lan, ann, ben)
}

#[test]
fn what_is_typed_pasted_and_done_on_one_screen_is_on_the_other() {
    if !can_make_lans() {
        return;
    }
    let (_lan, ann, ben) = two_screens();
    ann.type_text("hello from ann");
    ann.press(&["Enter"]);
    ben.wait_for("hello from ann");
    ann.wait_for("✓");
    ben.type_text("/me waves");
    ben.press(&["Enter"]);
    ann.wait_for("ben waves");
    // Two hundred lines stay one message and arrive whole.
    let pasted: String = (1..=200).map(|n| format!("pasted line {n}\n")).collect();
    ann.paste(&pasted);
    ann.wait_for("pasted line 200");
    ann.press(&["Enter"]);
    ben.wait_for("pasted line 200");
    ben.type_text("/msg ann just between us");
    ben.press(&["Enter"]);
    ann.wait_for("@ben");
    ben.type_text("/nick benjamin");
    ben.press(&["Enter"]);
    ann.wait_for("benjamin");
}

#[test]
fn every_size_down_to_forty_by_twelve_is_usable() {
    if !can_make_lans() {
        return;
    }
    let (_lan, ann, ben) = two_screens();
    for (columns, rows) in [(200, 60), (80, 24), (40, 12)] {
        ann.resize_and_settle(columns, rows);
        let text = format!("at {columns} by {rows}");
        ann.type_text(&text);
        ann.wait_for(&text);
        ann.press(&["Enter"]);
        ben.wait_for(&text);
        let screen = ann.wait_for("#lobby  relay");
        let widest = screen.lines().map(|line| line.chars().count()).max();
        assert!(widest.unwrap_or(0) <= usize::from(columns), "{screen}");
    }
    ann.resize(5, 3);
    ann.resize(100, 30);
    ann.wait_for("at 40 by 12");
}

/// The columns of a text in tmux 3.3: it joins families, and takes all else by characters.
fn columns_in_tmux(text: &str) -> usize {
    let columns = |cluster: &str| match cluster.contains('\u{200d}') {
        true => 2,
        false => cluster.chars().filter_map(UnicodeWidthChar::width).sum(),
    };
    text.graphemes(true).map(columns).sum()
}

#[test]
fn columns_hold_where_the_terminal_has_other_widths() {
    if !can_make_lans() {
        return;
    }
    let (_lan, ann, ben) = two_screens();
    ann.paste("👍🏽 ❤️ 1️⃣ 👨‍👩‍👧‍👦 🇩🇪 नमस्ते กำ ☺|");
    ann.press(&["Enter"]);
    let screen = ben.wait_for("☺|");
    // This terminal would give the hand four columns, and the heart and the key one each.
    assert!(screen.contains("👍 ❤️  1️⃣  👨"), "{screen}");
    let borders: BTreeSet<usize> = (screen.lines())
        .filter_map(|line| Some(columns_in_tmux(line.split_once('│')?.0)))
        .collect();
    assert_eq!(borders, BTreeSet::from([80]), "{screen}");
    // Keys typed while the terminal was asked for its widths are not lost, and its answers are
    // not taken for keys.
    assert!(!screen.contains("1;"), "{screen}");
}

#[test]
fn the_terminal_is_whole_again_after_quitting_and_after_every_signal() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::simple(&["relay", "ann"]);
    lan.relay("relay");
    for way in ["quit", "TERM", "HUP", "INT"] {
        let terminal = lan.shell("ann");
        let line = lan.screen_line("ann", "--name ann");
        terminal.type_text(&format!(
            "{line}; stty -a | tr '\\n' ' '; printf 'en%s' ded"
        ));
        terminal.press(&["Enter"]);
        terminal.wait_for("● ann");
        match way {
            "quit" => {
                terminal.type_text("/quit");
                terminal.press(&["Enter"]);
            }
            signal => lan.signal_screen("ann", signal),
        }
        terminal.wait_for("ended");
        let screen = terminal.text();
        for setting in [" icanon", " echo ", " isig", " opost"] {
            assert!(screen.contains(setting), "{way}: no{setting} in\n{screen}");
        }
        assert!(!screen.contains("● ann"), "{way}: {screen}");
    }
}

#[test]
fn a_new_user_is_asked_for_nothing_but_a_name() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::simple(&["relay", "ann"]);
    lan.relay("relay");
    let start = Instant::now();
    let ann = lan.screen("ann", (80, 24), "");
    ann.wait_for("ann");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    ann.press(&["Enter"]);
    ann.wait_for("#lobby");
    ann.wait_for("● ann");
}

#[test]
fn what_was_written_to_somebody_away_waits_for_them() {
    if !can_make_lans() {
        return;
    }
    let (lan, ann, ben) = two_screens();
    ben.type_text("/quit");
    ben.press(&["Enter"]);
    ann.wait_for("○ ben");
    ann.type_text("/msg ben see you tomorrow");
    ann.press(&["Enter"]);
    ann.wait_for("✓");
    ann.press(&["M-1"]);
    ann.type_text("and hello to all");
    ann.press(&["Enter"]);
    let ben = lan.screen("ben", (100, 30), "--name ben");
    ben.wait_for("and hello to all");
    ben.wait_for("@ann");
    ben.press(&["M-2"]);
    ben.wait_for("see you tomorrow");
}
