//! F2 and `/net`: the own path, and what the relay measures of everybody.

use super::*;
use crate::client::update::{LossReason, PathStats};
use crate::tui::Input;
use crate::wire::{Answer, PathQuality, Query, Refusal};

fn path(who: &str, rtt_micros: u64, loss_to_percent: u8, loss_from_percent: u8) -> PathQuality {
    PathQuality {
        name: name(who),
        device: device(who),
        rtt_micros,
        loss_to_percent,
        loss_from_percent,
    }
}

/// What the relay of [`lossy`] measures.
pub(super) fn paths() -> Vec<PathQuality> {
    vec![
        path("alice", 61_000, 9, 12),
        path("bob", 420, 0, 0),
        path("carol", 95_000, 0, 1),
        path("小明", 2_100, 31, 4),
    ]
}

/// Seconds go by in which more and more is lost, and then a little less.
pub(super) fn seconds(desk: &mut Desk, count: u64) {
    for second in 1..=count {
        let before = desk.app.stats;
        let worse = second.min(90 - second.min(80));
        let loss = f64::from(u32::try_from(worse).unwrap()) * 0.004;
        desk.app.handle_input(Input::Stats(PathStats {
            rtt_micros: 1_000 + worse * 2_000,
            rtt_variation_micros: worse * 120,
            loss,
            loss_in: loss / 4.0,
            unacked: usize::try_from(worse / 10).unwrap(),
            unacked_bytes: usize::try_from(worse / 10 * 700).unwrap(),
            resent: before.resent + worse / 6,
            datagrams_sent: before.datagrams_sent + 20 + worse,
            bytes_sent: before.bytes_sent + (20 + worse) * 300,
            datagrams_received: before.datagrams_received + 20,
            bytes_received: before.bytes_received + 20 * 40,
        }));
        desk.seconds(1);
    }
}

/// The question for everybody's paths among these, if there is one.
fn asked(commands: &[Command]) -> Option<u32> {
    commands.iter().find_map(|command| match command {
        Command::Ask {
            request,
            query: Query::Net,
        } => Some(*request),
        _ => None,
    })
}

fn answer(desk: &mut Desk, request: u32, paths: Vec<PathQuality>) {
    desk.update(Update::Answer {
        request,
        part: Answer::Net(paths),
        is_last: true,
    });
}

/// Alice with the panel open, over a bad minute.
fn lossy() -> Desk {
    let mut desk = Desk::entered();
    desk.says("bob", "who is lossy?");
    seconds(&mut desk, 55);
    desk.press("F2");
    let commands = desk.commands();
    answer(&mut desk, asked(&commands).unwrap(), paths());
    desk
}

#[test]
fn rates_are_means_over_three_seconds() {
    let mut desk = Desk::entered();
    seconds(&mut desk, 2);
    desk.press("F2");
    let mut shown = Vec::new();
    for sent in [0, 30, 0, 0, 30, 0, 0, 0] {
        let stats = desk.app.stats;
        desk.app.handle_input(Input::Stats(PathStats {
            datagrams_sent: stats.datagrams_sent + sent,
            ..stats
        }));
        desk.seconds(1);
        let (lines, _) = desk.draw(80, 24);
        let line = lines.iter().find(|line| line.contains("Datagrams out"));
        shown.push(line.unwrap()[13..27].trim().to_owned());
    }
    // At first there are fewer seconds to go by.
    assert_eq!(shown[2..], ["10/s", "10/s", "10/s", "10/s", "10/s", "0/s"]);
}

#[test]
fn what_does_not_fit_is_scrolled_to() {
    let mut desk = lossy();
    desk.draw(40, 12);
    desk.press("C-End");
    desk.shows(
        40,
        12,
        r"
 1 #lobby
Bytes 16.5 KiB/s out, 800 B/s in
name   round trip  lost to  lost from
小明       2.1 ms     31 %        4 %
alice       61 ms      9 %       12 %
carol       95 ms      0 %        1 %
bob        0.4 ms      0 %        0 %
relay box1, 10.0.0.1:5267, on its own,
stores on disk, key 03030303…,
protocol 1
─ #lobby ─────── ↑↓ scroll, Esc closes ─
> Write to #lobby, or /help
",
    );
}

#[test]
fn it_opens_by_key_command_and_jump_and_closes_by_two_keys() {
    let mut desk = Desk::entered();
    let is_open = |desk: &mut Desk| {
        let (lines, _) = desk.draw(80, 24);
        lines.iter().any(|line| line.starts_with("relay box1, "))
    };
    for close in ["F2", "Esc", "C-c"] {
        desk.press("F2");
        assert!(is_open(&mut desk));
        desk.write("x");
        desk.press(close);
        assert!(!is_open(&mut desk), "{close}");
    }
    assert_eq!(desk.input().0, "> Write to #lobby, or /help");
    desk.enter_line("/net");
    assert!(is_open(&mut desk));
    desk.press("M-k");
    desk.write("/net");
    assert!(!is_open(&mut desk));
    desk.press("Enter");
    assert!(is_open(&mut desk));
    desk.press("Esc C-k F2");
    assert!(is_open(&mut desk));
}

#[test]
fn the_relay_is_asked_every_two_seconds_and_never_twice_at_once() {
    let mut desk = Desk::entered();
    desk.seconds(10);
    assert_eq!(asked(&desk.commands()), None);
    desk.press("F2");
    let first = asked(&desk.commands()).unwrap();
    // No answer yet, and no other question, closed and opened or not.
    desk.seconds(10);
    desk.press("F2 F2");
    desk.seconds(10);
    assert_eq!(asked(&desk.commands()), None);
    answer(&mut desk, first, paths());
    desk.seconds(1);
    let second = asked(&desk.commands()).unwrap();
    desk.update(Update::AskRefused {
        request: second,
        refusal: Refusal::NotAllowed,
    });
    desk.seconds(1);
    assert_eq!(asked(&desk.commands()), None);
    desk.seconds(1);
    let third = asked(&desk.commands()).unwrap();
    desk.press("Esc");
    answer(&mut desk, third, paths());
    desk.seconds(10);
    assert_eq!(asked(&desk.commands()), None);
}

#[test]
fn nothing_is_drawn_while_no_figure_changes() {
    let mut desk = Desk::entered();
    for _ in 0..70 {
        desk.seconds(1);
    }
    desk.press("F2");
    let request = asked(&desk.commands()).unwrap();
    answer(&mut desk, request, paths());
    desk.draw(80, 24);
    for _ in 0..5 {
        desk.seconds(2);
        let request = asked(&desk.commands()).unwrap();
        answer(&mut desk, request, paths());
        assert!(!desk.app.is_dirty());
    }
    seconds(&mut desk, 1);
    assert!(desk.app.is_dirty());
}

#[test]
fn a_session_that_ends_leaves_a_gap_and_a_new_one_counts_from_zero() {
    let mut desk = lossy();
    desk.update(Update::Contact(Contact::Lost {
        reason: LossReason::Silent,
    }));
    desk.app.handle_stats(PathStats::default());
    desk.seconds(3);
    desk.contains("not in contact with a relay");
    desk.enter();
    seconds(&mut desk, 1);
    let (lines, _) = desk.draw(120, 40);
    let line = lines.iter().find(|line| line.starts_with("Datagrams in"));
    let line = line.unwrap();
    assert!(line.contains(" 20/s "), "{line}");
    assert!(line.ends_with("   ▄"), "{line}");
}

#[test]
fn a_clock_set_back_or_far_ahead_does_no_harm() {
    let mut desk = lossy();
    for jump in [-86_400, 1_000_000_000, -2, 61] {
        desk.seconds(jump);
        desk.draw(80, 24);
        seconds(&mut desk, 2);
        desk.draw(80, 24);
    }
    assert!(asked(&desk.commands()).is_some());
}

#[test]
fn a_relay_that_lists_without_end_is_cut_off() {
    let mut desk = Desk::entered();
    desk.press("F2");
    let request = asked(&desk.commands()).unwrap();
    for _ in 0..30 {
        desk.update(Update::Answer {
            request,
            part: Answer::Net(vec![path("mallory", u64::MAX, 255, 255); 100]),
            is_last: false,
        });
    }
    answer(&mut desk, request, Vec::new());
    desk.press("C-End");
    desk.contains("255 %");
}

#[test]
fn without_a_relay_it_says_so_and_asks_nobody() {
    let mut desk = Desk::searching();
    desk.press("F2");
    desk.seconds(4);
    assert_eq!(asked(&desk.commands()), None);
    desk.shows(
        40,
        18,
        r"
 1 #lobby
────────────────────────────────────────
not in contact with a relay













─ #lobby ─────── ↑↓ scroll, Esc closes ─
> Write to #lobby, or /help
",
    );
}
