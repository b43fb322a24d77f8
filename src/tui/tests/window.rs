//! Scrolling through more of a log than is held.

use super::*;
use crate::wire::{Answer, Query};

/// The question for a page among what was asked for since the last call.
fn asked(desk: &mut Desk) -> Option<(u32, u64, u32)> {
    desk.commands()
        .into_iter()
        .find_map(|command| match command {
            Command::Ask {
                request,
                query: Query::History { before, count, .. },
            } => Some((request, before.unwrap().0, count)),
            _ => None,
        })
}

fn answer(desk: &mut Desk, request: u32, seqs: std::ops::RangeInclusive<u64>) {
    answer_part(desk, request, seqs, true);
}

fn answer_part(desk: &mut Desk, request: u32, seqs: std::ops::RangeInclusive<u64>, is_last: bool) {
    let events = seqs.map(|seq| event(seq, "bob", NOON, message(&format!("line {seq}"))));
    let part = Answer::Events(LOG, events.collect());
    desk.update(Update::Answer {
        request,
        part,
        is_last,
    });
}

/// The lobby with 5,200 lines, scrolled up to the first of them; the lines held.
fn slid() -> Desk {
    let mut desk = Desk::entered();
    desk.chatter(5_200);
    desk.draw(40, 12);
    desk.press("Home");
    let (request, before, count) = asked(&mut desk).unwrap();
    assert_eq!((before, count), (201, 200));
    answer(&mut desk, request, 1..=200);
    desk
}

fn held(desk: &Desk) -> (usize, usize) {
    let room = desk.app.room();
    let end = room.end.as_ref().map_or(0, |end| end.len());
    (room.entries.len(), end)
}

#[test]
fn the_window_slides_up_and_the_end_is_a_key_away() {
    let mut desk = slid();
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[1], "12:00       bob  line 200");
    assert_eq!(lines[9], "12:00       bob  line 208");
    assert!(lines[10].ends_with(" ↓ End ─"), "{lines:?}");
    assert_eq!(held(&desk), (4_500, 500));
    desk.press("Home");
    assert_eq!(asked(&mut desk), None);
    desk.says("bob", "just now");
    desk.shows(
        40,
        12,
        r"
 1 #lobby 1
─────── Monday 23 November 2026 ────────
12:00       bob  line 1
12:00       bob  line 2
12:00       bob  line 3
12:00       bob  line 4
12:00       bob  line 5
12:00       bob  line 6
12:00       bob  line 7
12:00       bob  line 8
─ #lobby  relay box1 ───────── ↓ 1 new ─
> Write to #lobby, or /help
",
    );
    assert_eq!(held(&desk), (4_500, 500));
    desk.press("End");
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(
        lines[8..10],
        ["12:00       bob  line 5200", "12:00       bob  just now"]
    );
    assert_eq!(asked(&mut desk), None);
    assert_eq!(held(&desk), (500, 0));
}

#[test]
fn scrolling_down_fetches_what_was_let_go_and_meets_the_end() {
    let mut desk = slid();
    for _ in 0..700 {
        desk.press("PageDown");
    }
    let (request, before, count) = asked(&mut desk).unwrap();
    assert_eq!((before, count), (4_701, 200));
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[9], "12:00       bob  line 4500");
    answer(&mut desk, request, 4_501..=4_700);
    assert_eq!(held(&desk), (5_000, 0));
    assert_eq!(desk.draw(40, 12).0[9], "12:00       bob  line 4500");
    desk.press("S-Down");
    assert_eq!(desk.draw(40, 12).0[9], "12:00       bob  line 4501");
    for _ in 0..100 {
        desk.press("PageDown");
    }
    assert_eq!(desk.draw(40, 12).0[9], "12:00       bob  line 5200");
    assert!(desk.app.room().is_at_end());
}

#[test]
fn a_page_that_lacks_its_start_is_asked_for_in_smaller_parts() {
    let mut desk = slid();
    for _ in 0..700 {
        desk.press("PageDown");
    }
    let (request, ..) = asked(&mut desk).unwrap();
    answer(&mut desk, request, 4_650..=4_700);
    let (request, before, count) = asked(&mut desk).unwrap();
    assert_eq!((before, count), (4_601, 100));
    answer(&mut desk, request, 4_501..=4_600);
    desk.press("PageDown PageDown");
    assert_eq!(desk.draw(40, 12).0[9], "12:00       bob  line 4516");
}

#[test]
fn what_was_pruned_meanwhile_does_not_keep_the_user_from_the_end() {
    let mut desk = slid();
    for _ in 0..700 {
        desk.press("PageDown");
    }
    for _ in 0..20 {
        let Some((request, ..)) = asked(&mut desk) else {
            break;
        };
        let part = Answer::Events(LOG, Vec::new());
        desk.update(Update::Answer {
            request,
            part,
            is_last: true,
        });
    }
    assert_eq!(held(&desk), (5_000, 0));
}

#[test]
fn a_page_in_several_parts_is_taken_whole() {
    let mut desk = Desk::searching();
    desk.enter();
    desk.open(&lobby(), 300);
    desk.seq = 250;
    desk.chatter(50);
    desk.commands();
    desk.draw(40, 12);
    desk.press("Home");
    let (request, ..) = asked(&mut desk).unwrap();
    answer_part(&mut desk, request, 51..=150, false);
    answer_part(&mut desk, request, 151..=250, true);
    assert_eq!(held(&desk), (250, 0));
    desk.press("PageUp");
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[9], "12:00       bob  line 250");
}

#[test]
fn an_answer_comes_in_the_next_session_too() {
    let mut desk = slid();
    desk.press("Home");
    for _ in 0..700 {
        desk.press("PageDown");
    }
    let (request, ..) = asked(&mut desk).unwrap();
    let reason = crate::client::update::LossReason::Silent;
    desk.update(Update::Contact(Contact::Lost { reason }));
    desk.enter();
    answer(&mut desk, request, 4_501..=4_700);
    desk.press("S-Down");
    assert_eq!(desk.draw(40, 12).0[9], "12:00       bob  line 4501");
}

#[test]
fn the_edge_of_what_the_relay_keeps_is_said() {
    let mut desk = Desk::searching();
    desk.enter();
    let mut opened = opened(LOG, 105);
    (opened.first, opened.after) = (Seq(101), Seq(100));
    desk.opened(&lobby(), opened);
    desk.seq = 100;
    for seq in 101..=105 {
        desk.says("bob", &format!("line {seq}"));
    }
    desk.commands();
    desk.shows(
        80,
        16,
        r"
 1 #lobby
────────────────────────────────────────────────────────────────┬───────────────
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
  100 older messages are gone: this relay keeps none for long   │
─────────────────── Monday 23 November 2026 ─────────────────── │
12:00           bob  line 101                                   │
12:00           bob  line 102                                   │
12:00           bob  line 103                                   │
12:00           bob  line 104                                   │
12:00           bob  line 105                                   │
─ #lobby  relay box1  encrypted ────────────────────────────────┴───────────────
> Write to #lobby, or /help
",
    );
    desk.press("PageUp");
    assert_eq!(asked(&mut desk), None);
}

#[test]
fn the_edge_is_also_found_by_asking() {
    let mut desk = Desk::searching();
    desk.enter();
    desk.open(&lobby(), 55);
    desk.seq = 50;
    desk.chatter(5);
    desk.commands();
    desk.draw(40, 12);
    desk.press("PageUp");
    let (request, ..) = asked(&mut desk).unwrap();
    let part = Answer::Events(LOG, Vec::new());
    desk.update(Update::Answer {
        request,
        part,
        is_last: true,
    });
    desk.contains("50 older messages are gone");
    desk.press("PageUp");
    assert_eq!(asked(&mut desk), None);
}

#[test]
fn what_went_while_the_user_was_away_is_said() {
    let mut desk = Desk::entered();
    for count in [1, 12] {
        let room = lobby();
        desk.update(Update::Gone { room, count });
    }
    desk.contains("·  1 older message is gone");
    desk.contains("·  12 older messages are gone");
}
