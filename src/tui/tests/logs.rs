//! Logs that are far ahead, have holes, move, part, or are others altogether.

use super::*;
use crate::client::update::MissingSearch;
use crate::room::hash_after;
use crate::wire::Answer;

const OTHER: LogId = LogId([2; 8]);

fn hash(byte: u8) -> LogHash {
    LogHash([byte; 16])
}

impl Desk {
    pub(super) fn ahead(&mut self, seq: u64, from: &str, text: &str) {
        let event = event(seq, from, self.wall, message(text));
        self.update(Update::Ahead {
            room: lobby(),
            log: LOG,
            event,
        });
    }

    fn event_of(&mut self, log: LogId, hash: LogHash, event: Event) {
        let room = lobby();
        self.update(Update::Event {
            room,
            log,
            event,
            hash,
        });
    }

    fn line_of(&mut self, log: LogId, seq: u64, from: &str, text: &str) {
        let event = event(seq, from, self.wall, message(text));
        self.event_of(log, hash(seq as u8), event);
    }
}

#[test]
fn what_is_said_just_now_is_shown_below_what_is_being_fetched() {
    let mut desk = Desk::entered();
    desk.chatter(2);
    desk.ahead(10, "bob", "ten");
    desk.ahead(9, "carol", "nine");
    desk.ahead(10, "bob", "ten");
    desk.shows(
        40,
        12,
        r"
 1 #lobby



─────── Monday 23 November 2026 ────────
12:00       bob  line 1
12:00       bob  line 2
──── … 6 messages are being fetched ────
12:00     carol  nine
12:00       bob  ten
─ #lobby  relay box1  encrypted ────────
> Write to #lobby, or /help
",
    );
    for number in 3..=8 {
        desk.says("bob", &format!("line {number}"));
    }
    desk.says("carol", "nine");
    let (lines, _) = desk.draw(40, 12);
    let expected = [
        "12:00       bob  line 7",
        "12:00       bob  line 8",
        "12:00     carol  nine",
        "12:00       bob  ten",
    ];
    assert_eq!(lines[6..10], expected);
    desk.says("bob", "ten");
    assert_eq!(desk.draw(40, 12).0[6..10], expected);
    assert_eq!(desk.app.room().ahead.len(), 0);
}

#[test]
fn what_is_ahead_is_faint_and_the_one_before_it_counted() {
    let mut desk = Desk::entered();
    desk.ahead(2, "bob", "two");
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[7], "───── … 1 message is being fetched ─────");
    let mut terminal = Terminal::new(TestBackend::new(40, 12)).unwrap();
    terminal.draw(|frame| desk.app.draw(frame)).unwrap();
    let ahead = terminal.backend().buffer()[(17, 9)].fg;
    desk.says("bob", "one");
    desk.says("bob", "two");
    terminal.draw(|frame| desk.app.draw(frame)).unwrap();
    assert_ne!(terminal.backend().buffer()[(17, 9)].fg, ahead);
}

#[test]
fn what_is_ahead_is_counted_and_rung_for_once() {
    let mut desk = Desk::entered();
    desk.enter_line("/join dev");
    desk.app.handle_focus(false);
    desk.ahead(2, "bob", "alice?");
    desk.minutes(1);
    assert!(desk.app.take_delivery().is_some());
    assert_eq!(desk.draw(40, 12).0[0], " 1 #lobby @1 1  2 #dev");
    desk.app.handle_focus(true);
    desk.app.handle_focus(false);
    desk.says("bob", "one");
    desk.says("bob", "alice?");
    desk.minutes(1);
    assert_eq!(desk.app.take_delivery(), None);
    assert_eq!(desk.draw(40, 12).0[0], " 1 #lobby @1 2  2 #dev");
}

#[test]
fn an_own_message_ahead_of_its_turn_is_not_shown_twice() {
    let mut desk = Desk::entered();
    let local = desk.send_line("mine");
    let room = lobby();
    let seq = Seq(9);
    desk.update(Update::Stored { room, local, seq });
    let mut own = event(9, "alice", NOON, message("mine"));
    own.local = local;
    desk.update(Update::Ahead {
        room: lobby(),
        log: LOG,
        event: own,
    });
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[9], "12:00  ✓  alice  mine");
    assert_eq!(lines[7], "──── … 8 messages are being fetched ────");
    assert_eq!(lines[8], "─────── Monday 23 November 2026 ────────");
}

#[test]
fn the_oldest_of_too_many_ahead_go() {
    let mut desk = Desk::entered();
    for seq in 11..=400 {
        desk.ahead(seq, "bob", "x");
    }
    assert_eq!(desk.app.room().ahead.len(), 256);
    assert_eq!(desk.app.room().fetching(), 144);
}

#[test]
fn the_pane_stays_put_while_events_come_above_what_is_ahead() {
    let mut desk = Desk::entered();
    desk.chatter(20);
    for seq in 31..=60 {
        desk.ahead(seq, "bob", &format!("line {seq}"));
    }
    desk.draw(40, 12);
    desk.press("PageUp PageUp");
    desk.press("PageUp S-Up S-Up");
    // One that is ahead is the lowest in sight.
    let (before, _) = desk.draw(40, 12);
    assert_eq!(before[9], "12:00       bob  line 34");
    for number in 21..=36 {
        desk.says("bob", &format!("line {number}"));
        assert_eq!(desk.draw(40, 12).0[7..9], before[7..9], "line {number}");
    }
}

#[test]
fn missing_messages_are_said() {
    let mut desk = Desk::entered();
    for (count, search) in [
        (2, MissingSearch::Asking),
        (2, MissingSearch::InVain),
        (1, MissingSearch::InVain),
    ] {
        desk.update(Update::Missing {
            room: lobby(),
            from: name("bob"),
            count,
            search,
        });
    }
    desk.contains("·  2 messages from bob are missing; asking");
    desk.contains("·  2 messages from bob are missing, and not");
    desk.contains("·  1 message from bob is missing, and not");
}

#[test]
fn a_log_that_goes_on_under_another_id_changes_nothing() {
    let mut desk = Desk::entered();
    for seq in 1..=3 {
        desk.line_of(LOG, seq, "bob", &format!("line {seq}"));
    }
    desk.update(Update::Delivered {
        room: lobby(),
        name: name("bob"),
        seq: Seq(3),
    });
    desk.commands();
    let (before, _) = desk.draw(40, 12);
    let mut moved = opened(OTHER, 4);
    (moved.after, moved.hash) = (Seq(3), hash(3));
    desk.opened(&lobby(), moved);
    assert_eq!(desk.draw(40, 12).0, before);
    desk.line_of(OTHER, 3, "bob", "line 3");
    desk.line_of(OTHER, 4, "bob", "line 4");
    let (lines, _) = desk.draw(40, 12);
    let expected = ["12:00       bob  line 3", "12:00       bob  line 4"];
    assert_eq!(lines[8..10], expected);
    // What an event says about one before the move is shown there.
    let edit = Body::Edit(Seq(2), SafeText::new("line two"));
    desk.event_of(OTHER, hash(5), event(5, "bob", NOON, edit));
    desk.contains("bob  line two");
    let (room, log, seq) = (lobby(), OTHER, Seq(5));
    assert_eq!(desk.commands(), [Command::Read { room, log, seq }]);
}

#[test]
fn kept_events_of_a_log_that_moved_go_on() {
    let mut desk = Desk::searching();
    let first = event(1, "bob", NOON, message("one"));
    let second = event(2, "bob", NOON, message("two"));
    let before = hash_after(LogHash::EMPTY, &first);
    let after = hash_after(before, &second);
    desk.event_of(LOG, before, first);
    desk.event_of(OTHER, after, second);
    let edit = Body::Edit(Seq(1), SafeText::new("won"));
    desk.event_of(OTHER, after, event(3, "bob", NOON, edit));
    desk.contains("bob  won");
}

#[test]
fn after_a_relay_was_put_back_what_differs_is_said_and_offered_again() {
    let mut desk = Desk::entered();
    desk.line_of(LOG, 1, "bob", "both have it");
    let local = desk.send_line("mine");
    let mut own = event(2, "alice", NOON, message("mine"));
    own.local = local;
    desk.event_of(LOG, hash(2), own.clone());
    desk.line_of(LOG, 3, "carol", "lost");
    desk.update(Update::Diverged {
        room: lobby(),
        log: LOG,
        at: Seq(2),
    });
    let mut forked = opened(OTHER, 2);
    (forked.after, forked.hash) = (Seq(1), hash(1));
    desk.opened(&lobby(), forked);
    desk.event_of(OTHER, hash(12), event(2, "dave", NOON, message("instead")));
    desk.shows(
        60,
        12,
        r"
 1 #lobby

───────────────── Monday 23 November 2026 ──────────────────
12:00           bob  both have it
12:00         carol  lost
12:00             ·  history diverged at #2: the relay was
                     put back from an older copy; what you
                     sent since is offered again
12:00          dave  instead
12:00  …      alice  mine
─ #lobby  relay box1  encrypted  rtt 0.4 ms  unsent 1 ──────
> Write to #lobby, or /help
",
    );
    // Both were offered again, one by alice and one by carol: each is shown once, in its new place.
    own.seq = Seq(3);
    desk.event_of(OTHER, hash(13), own);
    let mut again = event(4, "carol", NOON, message("lost"));
    again.local = LocalId(3);
    desk.event_of(OTHER, hash(14), again);
    let (lines, _) = desk.draw(60, 12);
    let expected = [
        "12:00          dave  instead",
        "12:00  ✓      alice  mine",
        "12:00         carol  lost",
    ];
    assert_eq!(lines[7..10], expected);
    assert_eq!(lines.join("\n").matches("lost").count(), 1);
}

#[test]
fn what_the_relay_had_after_all_does_not_wait_on() {
    let mut desk = Desk::entered();
    let local = desk.send_line("mine");
    let mut own = event(1, "alice", NOON, message("mine"));
    own.local = local;
    desk.event_of(LOG, hash(1), own);
    desk.update(Update::Diverged {
        room: lobby(),
        log: LOG,
        at: Seq(1),
    });
    let mut other = opened(OTHER, 500);
    other.after = Seq(300);
    desk.opened(&lobby(), other);
    let (room, seq) = (lobby(), Seq(200));
    desk.update(Update::Stored { room, local, seq });
    desk.line_of(OTHER, 301, "bob", "and on");
    let (lines, _) = desk.draw(40, 12);
    assert_eq!(lines[9], "12:00       bob  and on");
    assert_eq!(lines[7], "12:00  ✓  alice  mine");
    assert!(lines[10].starts_with("─ #lobby  relay box1  encrypted ─"));
}

#[test]
fn what_is_too_old_or_taken_back_is_not_offered_again() {
    let mut desk = Desk::entered();
    let day = 24 * 60 * 60 * 1_000_000;
    let old = event(1, "alice", NOON - 31 * day, message("old"));
    desk.event_of(LOG, hash(1), old);
    desk.line_of(LOG, 2, "alice", "taken back");
    desk.event_of(
        LOG,
        hash(3),
        event(3, "alice", NOON, Body::Redaction(Seq(2))),
    );
    desk.line_of(LOG, 4, "alice", "teh word");
    let edit = Body::Edit(Seq(4), SafeText::new("the word"));
    desk.event_of(LOG, hash(5), event(5, "alice", NOON, edit));
    desk.update(Update::Diverged {
        room: lobby(),
        log: LOG,
        at: Seq(1),
    });
    desk.contains(" …      alice  the word");
    desk.contains(" ✓      alice  message taken back");
    desk.contains("unsent 1 ");
}

#[test]
fn another_relays_log_leaves_what_was_shown_as_it_was() {
    let mut desk = Desk::entered();
    desk.line_of(LOG, 1, "alice", "delivered");
    desk.line_of(LOG, 2, "alice", "stored");
    desk.update(Update::Delivered {
        room: lobby(),
        name: name("bob"),
        seq: Seq(1),
    });
    let reaction = Body::Reaction(Seq(2), SafeText::new(":+1:"));
    desk.event_of(LOG, hash(3), event(3, "bob", NOON, reaction));
    let mut other = opened(OTHER, 302);
    other.after = Seq(300);
    desk.opened(&lobby(), other);
    desk.line_of(OTHER, 301, "bob", "elsewhere");
    desk.line_of(OTHER, 302, "alice", "here");
    let expected = [
        "12:00 ✓✓  alice  delivered",
        "12:00  ✓  alice  stored",
        "                 👍 1",
        "12:00       bob  elsewhere",
        "12:00  ✓  alice  here",
    ];
    assert_eq!(desk.draw(40, 12).0[5..10], expected);

    // Older pages are of the log in use, and stand below the other.
    desk.commands();
    desk.press("PageUp");
    let commands = desk.commands();
    let [Command::Ask { request, .. }] = &commands[..] else {
        panic!("{commands:?}");
    };
    let older = event(300, "bob", NOON, message("older"));
    desk.update(Update::Answer {
        request: *request,
        part: Answer::Events(OTHER, vec![older]),
        is_last: true,
    });
    let expected = [
        "                 👍 1",
        "12:00       bob  older",
        "12:00       bob  elsewhere",
        "12:00  ✓  alice  here",
    ];
    assert_eq!(desk.draw(40, 12).0[6..10], expected);
}

#[test]
fn what_is_written_about_an_event_that_is_gone_is_about_none() {
    let mut desk = Desk::entered();
    for (seq, text) in [(1, "one"), (2, "two"), (3, "three")] {
        desk.line_of(LOG, seq, "bob", text);
    }
    desk.commands();
    desk.press("Esc r");
    desk.write("indeed");
    let diverged = |at| Update::Diverged {
        room: lobby(),
        log: LOG,
        at: Seq(at),
    };
    desk.update(diverged(4));
    desk.contains("↩ answer to bob: three");
    desk.update(diverged(3));
    desk.press("Enter");
    let mut sent = desk.commands().into_iter();
    let body = sent.find_map(|command| match command {
        Command::Send { body, .. } => Some(body),
        _ => None,
    });
    assert_eq!(body, Some(message("indeed")));
}
