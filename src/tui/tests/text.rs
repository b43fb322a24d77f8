//! Markup, reactions, links, and people who come and go.

use ratatui::style::Modifier;

use super::*;
use crate::wire::{Answer, Query};

fn renames(to: &str) -> Body {
    Body::Rename(name(to))
}

#[test]
fn markup_is_shown_in_columns() {
    let mut desk = Desk::entered();
    desk.says(
        "bob",
        "look **here**:\n> quoted words that are too long for one row\n- an item that is too long for a row\n\
         ```rust\nfn main() {\n\tprintln!(\"a long line of code\");\n}\n```\n[docs](https://a.b/c) :tada:",
    );
    desk.shows(
        60,
        16,
        r#"
 1 #lobby
────────────────────────────────────────────────────────────



───────────────── Monday 23 November 2026 ──────────────────
12:00           bob  look here:
                     ▎ quoted words that are too long for
                     ▎ one row
                     • an item that is too long for a row
                     │ fn main() {
                     │     println!("a long line of code");
                     │ }
                     docs (https://a.b/c) 🎉
─ #lobby  relay box1  encrypted  rtt 0.4 ms  loss 0 % ──────
> Write to #lobby, or /help
"#,
    );
    let mut terminal = Terminal::new(TestBackend::new(60, 16)).unwrap();
    terminal.draw(|frame| desk.app.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let here = (0..16).flat_map(|y| (0..60).map(move |x| (x, y)));
    let bold: String = here
        .filter(|at| at.1 > 1 && at.1 < 14 && buffer[*at].modifier.contains(Modifier::BOLD))
        .map(|at| buffer[at].symbol())
        .collect();
    assert_eq!(bold, "here");
}

#[test]
fn a_narrow_screen_shows_markup_without_columns() {
    let mut desk = Desk::entered();
    desk.says("bob", "```\ncode\n```\n**done**");
    desk.event("carol", Body::Action(SafeText::new("*waves*")));
    desk.shows(
        24,
        8,
        r"
 1 #lobby
 Monday 23 November 202…
bob:
│ code
done
* carol waves
─ #lobby  relay box1 ───
>
",
    );
}

#[test]
fn links_are_known_in_their_order() {
    let mut desk = Desk::entered();
    desk.says("bob", "https://a.b and [x](http://c.d)");
    desk.says("bob", "https://e.f");
    desk.event("bob", Body::Edit(Seq(2), SafeText::new("https://g.h")));
    let room = desk.app.room();
    let links = |at: usize, seq: u64| room.entries[at].links(room.changes.find(Seq(seq)));
    assert_eq!(links(0, 1), ["https://a.b", "http://c.d"]);
    assert_eq!(links(1, 2), ["https://g.h"]);
}

#[test]
fn those_who_come_and_go_share_a_line() {
    let mut desk = Desk::entered();
    let line = |desk: &mut Desk| desk.draw(60, 12).0[9].clone();
    desk.says("bob", "hi");
    desk.event("alice", Body::Join);
    assert_eq!(line(&mut desk), "12:00             →  alice joined");
    desk.minutes(1);
    desk.event("erin", Body::Join);
    assert_eq!(line(&mut desk), "12:00             →  alice, erin joined");
    // What only changes another line does not come between.
    desk.event("carol", Body::Reaction(Seq(1), SafeText::new(":tada:")));
    desk.event("carol", Body::Leave);
    desk.event("erin", Body::Leave);
    desk.event("dave", renames("dan"));
    desk.event("dave", renames("dana"));
    let expected = "12:00             ·  alice joined; carol left; erin joined";
    assert_eq!(desk.draw(60, 12).0[8], expected);
    assert_eq!(
        line(&mut desk),
        "                     and left; dave is now dana"
    );
    desk.says("bob", "busy here");
    desk.event("erin", Body::Join);
    assert_eq!(line(&mut desk), "12:01             →  erin joined");
}

#[test]
fn another_day_starts_another_line() {
    let mut desk = Desk::entered();
    desk.event("erin", Body::Leave);
    desk.minutes(24 * 60);
    desk.event("carol", Body::Leave);
    desk.event("erin", Body::Join);
    let (lines, _) = desk.draw(40, 12);
    let expected = [
        "─────── Monday 23 November 2026 ────────",
        "12:00         ←  erin left",
        "─────── Tuesday 24 November 2026 ───────",
        "12:00         ·  erin joined; carol left",
    ];
    assert_eq!(lines[6..10], expected);
}

#[test]
fn a_line_of_those_who_came_goes_on_into_the_page_before() {
    let mut desk = Desk::entered();
    desk.open(&lobby(), 100);
    desk.seq = 100;
    desk.app.room_mut().place.as_mut().unwrap().last = Seq(100);
    desk.event("erin", Body::Join);
    desk.draw(40, 12);
    desk.press("PageUp");
    let request = desk
        .commands()
        .into_iter()
        .find_map(|command| match command {
            Command::Ask {
                request,
                query: Query::History { .. },
            } => Some(request),
            _ => None,
        });
    let page = [
        event(99, "bob", NOON, message("hi")),
        event(100, "frank", NOON, Body::Join),
    ];
    desk.update(Update::Answer {
        request: request.unwrap(),
        part: Answer::Events(LOG, page.to_vec()),
        is_last: true,
    });
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[9], "12:00         →  frank, erin joined");
    assert_eq!(lines[8], "12:00       bob  hi");
}

#[test]
fn a_crowd_that_flaps_has_few_rows_and_is_scrolled_past() {
    let mut desk = Desk::entered();
    desk.says("bob", "before");
    for round in 0..2_000 {
        let who = format!("guest{}", round % 40);
        desk.event(
            &who,
            if round % 80 < 40 {
                Body::Join
            } else {
                Body::Leave
            },
        );
    }
    let (lines, _) = desk.draw(80, 24);
    let rows = lines.iter().filter(|line| line.contains("guest")).count();
    assert!((1..8).contains(&rows), "{rows}");
    assert!(
        lines.iter().any(|line| line.contains("and 28 more")),
        "{lines:?}"
    );
    desk.draw(80, 6);
    desk.press("S-Up");
    desk.says("bob", "after");
    let (lines, _) = desk.draw(80, 6);
    assert!(lines[4].contains("↓ 1 new"), "{lines:?}");
}

#[test]
fn reactions_are_counted_and_their_names_told() {
    let mut desk = Desk::entered();
    let local = desk.send_line("cake");
    desk.stored(local, "cake");
    for (who, text) in [("bob", ":tada:"), ("carol", "🎉"), ("alice", ":+1:")] {
        desk.event(who, Body::Reaction(Seq(1), SafeText::new(text)));
    }
    desk.contains("                     🎉 2  👍 1 ");
    desk.enter_line("/info");
    let request = desk
        .commands()
        .into_iter()
        .find_map(|command| match command {
            Command::Ask { request, .. } => Some(request),
            _ => None,
        });
    desk.update(Update::Answer {
        request: request.unwrap(),
        part: Answer::Delivered(vec![]),
        is_last: true,
    });
    desk.contains("🎉 bob, carol");
    desk.contains("👍 alice");
}

#[test]
fn an_answer_shows_what_it_answers() {
    let mut desk = Desk::entered();
    desk.says("bob", "where is the ladder?\nand the rope");
    desk.event("carol", Body::Action(SafeText::new("points")));
    desk.event(
        "carol",
        Body::Reply(Seq(1), SafeText::new("**behind** the shed")),
    );
    desk.event("bob", Body::Reply(Seq(2), SafeText::new("thanks")));
    let shows = |desk: &mut Desk, expected: [&str; 4]| {
        let (lines, _) = desk.draw(40, 12);
        assert_eq!(lines[6..10], expected);
    };
    shows(
        &mut desk,
        [
            "12:00     carol  ┌ bob: where is the la…",
            "                 behind the shed",
            "12:00       bob  ┌ * carol points",
            "                 thanks",
        ],
    );
    desk.event("bob", Body::Edit(Seq(1), SafeText::new("where?")));
    desk.event("carol", Body::Redaction(Seq(2)));
    desk.event("bob", Body::Reply(Seq(99), SafeText::new("what?")));
    desk.event("bob", Body::Redaction(Seq(4)));
    let (lines, _) = desk.draw(40, 12);
    let expected = [
        "12:00     carol  ┌ bob: where?",
        "                 behind the shed",
        "12:00       bob  message taken back",
        "12:00       bob  ┌ an earlier message",
        "                 what?",
    ];
    assert_eq!(lines[5..10], expected);
    let (lines, _) = desk.draw(24, 6);
    assert_eq!(lines[2..4], ["┌ an earlier message", "bob: what?"]);
}

#[test]
fn what_is_answered_reads_without_its_marks() {
    let mut desk = Desk::entered();
    desk.says("bob", "> who?\n**me**:\n```sh\nls -l\n```");
    desk.event("carol", Body::Reply(Seq(1), SafeText::new("thanks")));
    desk.contains("┌ bob: me: ls -l");
    desk.press("Esc Up r");
    desk.contains("↩ answer to bob: me: ls -l");
    desk.press("Esc Esc Up +");
    desk.contains("☺ reaction to bob: me: ls -l");
}

#[test]
fn an_answer_knows_what_it_answers_once_the_page_before_has_come() {
    let mut desk = Desk::entered();
    desk.open(&lobby(), 100);
    desk.seq = 100;
    desk.app.room_mut().place.as_mut().unwrap().last = Seq(100);
    desk.event("bob", Body::Reply(Seq(99), SafeText::new("yes")));
    desk.contains("┌ an earlier message");
    desk.press("PageUp");
    let request = desk
        .commands()
        .into_iter()
        .find_map(|command| match command {
            Command::Ask {
                request,
                query: Query::History { .. },
            } => Some(request),
            _ => None,
        });
    desk.update(Update::Answer {
        request: request.unwrap(),
        part: Answer::Events(LOG, vec![event(99, "carol", NOON, message("really?"))]),
        is_last: true,
    });
    desk.contains("┌ carol: really?");
}
