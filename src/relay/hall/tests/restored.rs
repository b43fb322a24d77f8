//! Logs that are not what a reader has read: put back from an older copy, or pruned.

use super::*;

/// A lobby with its joining and this many messages of alice, and the cursor after the last.
fn lobby_with(messages: u64) -> (Bench, Cursor) {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    for number in 0..messages {
        bench.send(alice, &format!("{number}"));
        bench.settle();
    }
    let cursor = cursor(&mut bench, messages + 1);
    (bench, cursor)
}

/// The place of an event of the lobby, as a reader has it.
fn cursor(bench: &mut Bench, seq: u64) -> Cursor {
    Cursor {
        log: bench.log.room(&RoomName::lobby()).unwrap().log,
        seq: Seq(seq),
        hash: bench.hashes("lobby")[seq as usize],
    }
}

fn opened(bench: &mut Bench, id: SessionId) -> Option<Opened> {
    let messages = bench.take(id);
    let mut opened = messages
        .into_iter()
        .filter_map(|(_, message)| match message {
            ToMember::Opened(opened) => Some(opened),
            _ => None,
        });
    opened.next()
}

/// Another channel for the same room.
fn open_again(bench: &mut Bench, id: SessionId, channel: u32, cursor: Cursor) {
    let follow = Follow::After(cursor, 10);
    bench.say(id, 0, open(channel, "lobby", follow));
    bench.settle();
}

#[test]
fn a_reader_ahead_of_the_log_makes_it_go_on_under_another_id() {
    let (bench, old) = lobby_with(3);
    let (mut older, _) = (Bench::over(bench.log.clone()), ());
    // More was said, and then the store was put back.
    let mut newer = Bench::over(bench.log);
    let alice = newer.in_lobby("alice");
    newer.send(alice, "lost");
    newer.settle();
    let ahead = cursor(&mut newer, 5);

    let bob = older.enter_as(3, "bob", false);
    open_again(&mut older, bob, CHANNEL, old);
    assert_eq!(opened(&mut older, bob).unwrap().head.log, old.log);

    let carol = older.enter_as(4, "carol", false);
    open_again(&mut older, carol, CHANNEL, ahead);
    assert_eq!(older.refusals(carol), [(CHANNEL, Refusal::Diverged)]);
    let log = older.log.room(&RoomName::lobby()).unwrap().log;
    assert_ne!(log, old.log);
    // Who reads along is told, and goes on where it was.
    assert_eq!(older.refusals(bob), [(CHANNEL, Refusal::Moved)]);
    open_again(&mut older, bob, 6, old);
    let moved = opened(&mut older, bob).unwrap();
    assert_eq!((moved.head.log, moved.after), (log, old.seq));
    assert_eq!(moved.hash, old.hash);
    // And so does who was ahead, from the last common event on.
    open_again(&mut older, carol, 6, Cursor { log, ..old });
    assert_eq!(opened(&mut older, carol).unwrap().after, old.seq);
}

#[test]
fn a_reader_of_another_continuation_diverges() {
    let (bench, _) = lobby_with(3);
    let mut first = Bench::over(bench.log.clone());
    let alice = first.in_lobby("alice");
    first.send(alice, "one way");
    first.settle();
    let other = cursor(&mut first, 5);

    let mut second = Bench::over(bench.log);
    let alice = second.in_lobby("alice");
    second.send(alice, "the other way");
    second.send(alice, "and on");
    second.settle();
    let bob = second.enter_as(3, "bob", false);
    open_again(&mut second, bob, CHANNEL, other);
    assert_eq!(second.refusals(bob), [(CHANNEL, Refusal::Diverged)]);

    // Once per run: whoever says so again is only told the same.
    let log = second.log.room(&RoomName::lobby()).unwrap().log;
    let wrong = Cursor { log, ..other };
    open_again(&mut second, bob, 6, wrong);
    assert_eq!(second.refusals(bob), [(6, Refusal::Diverged)]);
    assert_eq!(second.log.room(&RoomName::lobby()).unwrap().log, log);
}

#[test]
fn a_fork_that_cannot_be_stored_refuses_and_is_tried_again() {
    let (bench, old) = lobby_with(3);
    let mut bench = Bench::over(bench.log);
    let ahead = Cursor { seq: Seq(9), ..old };
    bench.log.failure = Some("the disk is full");
    let bob = bench.enter_as(3, "bob", false);
    open_again(&mut bench, bob, CHANNEL, ahead);
    let refusal = Refusal::Store(SafeText::new("the disk is full"));
    assert_eq!(bench.refusals(bob), [(CHANNEL, refusal)]);
    bench.log.failure = None;
    open_again(&mut bench, bob, 6, ahead);
    assert_eq!(bench.refusals(bob), [(6, Refusal::Diverged)]);
}

#[test]
fn a_copy_gets_new_ids_before_anybody_reads_on() {
    let (bench, old) = lobby_with(3);
    let mut log = bench.log;
    log.is_copy = true;
    let mut bench = Bench::over(log);
    let bob = bench.enter_as(3, "bob", false);
    open_again(&mut bench, bob, CHANNEL, old);
    let opened = opened(&mut bench, bob).unwrap();
    assert_ne!(opened.head.log, old.log);
    assert_eq!(opened.after, old.seq);
    assert!(!bench.log.snapshot().is_copy);
}

#[test]
fn a_cursor_without_a_hash_is_believed() {
    let (mut bench, old) = lobby_with(3);
    let bob = bench.enter_as(3, "bob", false);
    let unknown = Cursor {
        seq: Seq(2),
        hash: LogHash::EMPTY,
        ..old
    };
    open_again(&mut bench, bob, CHANNEL, unknown);
    let hash = bench.hashes("lobby")[2];
    let opened = opened(&mut bench, bob).unwrap();
    assert_eq!((opened.after, opened.hash), (Seq(2), hash));
}

#[test]
fn hashes_are_answered_from_a_place_on() {
    let (mut bench, old) = lobby_with(3);
    let bob = bench.enter("bob");
    bench.take(bob);
    let query = Query::Hashes {
        room: RoomName::lobby(),
        first: Seq(2),
        count: 2,
    };
    let request = 77;
    bench.say(bob, 0, ToRelay::Ask { request, query });
    bench.settle();
    let part = Answer::Hashes(old.log, bench.hashes("lobby")[2..4].to_vec());
    let is_last = true;
    let answer = ToMember::Answer {
        request,
        part,
        is_last,
    };
    assert_eq!(bench.take(bob), [(0, answer)]);
}

#[test]
fn what_is_too_old_is_deleted_and_readers_behind_start_at_the_edge() {
    let (bench, old) = lobby_with(3);
    // Everything in the tests is stored at 1 µs.
    let retention = Retention {
        age_max: Some(Duration::ZERO),
        bytes_max: None,
    };
    let mut bench = Bench::keeping(bench.log, retention);
    bench.pass(Duration::from_micros(2));
    assert_eq!(bench.log.room(&RoomName::lobby()).unwrap().first, Seq(5));

    let bob = bench.enter_as(3, "bob", false);
    let behind = Cursor {
        seq: Seq(2),
        hash: bench.hashes("lobby")[2],
        ..old
    };
    open_again(&mut bench, bob, CHANNEL, behind);
    let opened = opened(&mut bench, bob).unwrap();
    assert_eq!((opened.after, opened.first), (Seq(4), Seq(5)));
    assert_eq!(opened.hash, old.hash);
    assert!(bench.hall.poll_timeout().is_some(), "it looks again");
}

#[test]
fn a_reader_of_another_log_is_told_so_also_where_events_are_deleted() {
    for is_forgetful in [false, true] {
        let (bench, old) = lobby_with(300);
        let retention = Retention {
            age_max: Some(Duration::ZERO),
            bytes_max: None,
        };
        let mut bench = Bench::keeping(bench.log, retention);
        bench.pass(Duration::from_micros(2));
        bench.log.is_forgetful = is_forgetful;
        let first = bench.log.room(&RoomName::lobby()).unwrap().first;
        assert!(first > Seq(200));
        let bob = bench.enter_as(3, "bob", false);
        let other = Cursor {
            seq: Seq(100),
            hash: LogHash([9; 16]),
            ..old
        };
        open_again(&mut bench, bob, CHANNEL, other);
        let said = bench.take(bob);
        let is_refused = said.iter().any(|(_, message)| {
            matches!(message, ToMember::Refused { refusal, .. } if *refusal == Refusal::Diverged)
        });
        let after = said.into_iter().find_map(|(_, message)| match message {
            ToMember::Opened(opened) => Some(opened.after),
            _ => None,
        });
        // With the hashes forgotten as well there is nothing left to compare.
        let expected = is_forgetful.then_some(Seq(first.0 - 1));
        assert_eq!((is_refused, after), (!is_forgetful, expected));
    }
}

#[test]
fn a_reader_whose_next_events_are_deleted_opens_the_room_again() {
    let (bench, old) = lobby_with(300);
    let mut bench = Bench::over(bench.log);
    let bob = bench.enter_as(3, "bob", false);
    bench.stalled.insert(bob);
    let start = Cursor {
        seq: Seq(0),
        hash: LogHash::EMPTY,
        ..old
    };
    open_again(&mut bench, bob, CHANNEL, start);
    let rooms = vec![(RoomName::lobby(), Seq(200))];
    let is_more = false;
    let pruned = LogReply::Pruned { rooms, is_more };
    bench.hall.handle_log(bench.now, pruned);
    bench.resume(bob);
    assert_eq!(bench.refusals(bob), [(CHANNEL, Refusal::Moved)]);
}

#[test]
fn nothing_is_too_old_by_a_clock_that_jumped() {
    let (bench, _) = lobby_with(3);
    let retention = Retention {
        age_max: Some(Duration::from_secs(3600)),
        bytes_max: None,
    };
    let mut bench = Bench::keeping(bench.log, retention);
    let ten_years = Duration::from_secs(10 * 365 * 24 * 3600);
    bench.wall = ten_years.as_micros() as i64;
    bench.hall.set_wall(bench.now, Timestamp(bench.wall));
    bench.pass(Duration::from_secs(120));
    assert_eq!(bench.log.room(&RoomName::lobby()).unwrap().events.len(), 4);
    let notice = bench.hall.poll_notice();
    assert_eq!(notice, Some(RelayNotice::ClockJumped));
}

#[test]
fn nothing_is_too_old_by_a_jump_of_the_stores_clock() {
    let (bench, _) = lobby_with(3);
    let retention = Retention {
        age_max: Some(Duration::from_secs(3600)),
        bytes_max: None,
    };
    let mut bench = Bench::keeping(bench.log, retention);
    bench.wall = i64::MAX;
    bench.pass(Duration::from_secs(120));
    assert_eq!(bench.log.room(&RoomName::lobby()).unwrap().events.len(), 4);
    bench.pass(Duration::from_secs(3600));
    bench.pass(Duration::ZERO);
    assert_eq!(bench.log.room(&RoomName::lobby()).unwrap().events.len(), 0);
}

#[test]
fn ids_of_deleted_events_are_kept_for_a_month_by_a_clock_that_has_not_jumped() {
    let retention = Retention {
        age_max: None,
        bytes_max: Some(1_000_000),
    };
    let mut prune = Prune::new(Instant::ZERO, retention);
    let cutoff = |deleted_before| Cutoff {
        stored_before: None,
        bytes_max: Some(1_000_000),
        deleted_before,
    };
    let day = 24 * 60 * 60 * 1_000_000;
    assert_eq!(
        prune.poll(Instant::ZERO, Timestamp(31 * day)),
        Some(cutoff(Some(Timestamp(day))))
    );
    let mut prune = Prune::new(Instant::ZERO, retention);
    prune.distrust_clock();
    assert_eq!(
        prune.poll(Instant::ZERO, Timestamp(31 * day)),
        Some(cutoff(None))
    );
}
