//! Relays whose log is not, or no longer, the one that was read.

use super::*;
use crate::client::progress::PROGRESS_INTERVAL;
use crate::client::room::{SETBACK_PAUSE, SETBACKS_MAX};

const FORK: LogId = LogId([9; 8]);

fn refused(channel: u32, refusal: Refusal) -> ToMember {
    let subject = channel;
    ToMember::Refused { subject, refusal }
}

/// Opens at a place of a log with this hash.
fn opened_at(log: LogId, after: u64, hash: LogHash, head: u64, first: u64) -> ToMember {
    let ToMember::Opened(opened) = opened(log, after, head) else {
        unreachable!("just made");
    };
    ToMember::Opened(Opened {
        hash,
        first: Seq(first),
        ..opened
    })
}

/// The hashes over the events that [`reader`] has read, from its first place on.
fn hashes(after: u64, head: u64) -> Vec<LogHash> {
    let mut hashes = vec![hash_at(after)];
    for seq in after + 1..=head {
        hashes.push(hash_after(
            *hashes.last().unwrap(),
            &some_event(seq, OTHER, seq),
        ));
    }
    hashes
}

/// A view that has read the lobby from one place to another, and is in its next session.
fn reader(after: u64, head: u64) -> View {
    let mut view = in_lobby(follow_last(), after);
    let events = (after + 1..=head).map(|seq| event(seq, OTHER, seq));
    handle(&mut view, events);
    view.enter(welcome(1));
    updates(&mut view);
    view
}

fn follow_after(log: LogId, seq: u64, hash: LogHash) -> Follow {
    let seq = Seq(seq);
    Follow::After(Cursor { log, seq, hash }, 50)
}

/// The request number of the one question said, about hashes.
fn asked(view: &mut View, first: u64, count: u32) -> u32 {
    let said = said(view);
    let [(CONTROL_CHANNEL, ToRelay::Ask { request, query })] = &said[..] else {
        panic!("{said:?}");
    };
    let (room, first) = (lobby(), Seq(first));
    let expected = Query::Hashes { room, first, count };
    assert_eq!(*query, expected);
    *request
}

fn answer(request: u32, log: LogId, hashes: &[LogHash]) -> ToMember {
    ToMember::Answer {
        request,
        part: Answer::Hashes(log, hashes.to_vec()),
        is_last: true,
    }
}

#[test]
fn every_event_carries_the_hash_over_the_log() {
    let mut view = in_lobby(follow_last(), 10);
    handle(&mut view, (11..=13).map(|seq| event(seq, OTHER, seq)));
    let mut found = vec![hash_at(10)];
    while let Some(update) = view.poll_update() {
        if let Update::Event { hash, .. } = update {
            found.push(hash);
        }
    }
    assert_eq!(found, hashes(10, 13));
}

#[test]
fn a_log_that_goes_on_under_another_id_is_read_on_silently() {
    let mut view = reader(10, 12);
    let hash = hashes(10, 12)[2];
    assert_eq!(
        said(&mut view),
        [reopen_lobby(1, follow_after(LOG, 12, hash))]
    );
    view.seen(NOW, &lobby(), Seq(12));
    handle(
        &mut view,
        [opened_at(FORK, 12, hash, 14, 1), event(13, OTHER, 13)],
    );
    assert_eq!(updates(&mut view), ["opened", "event #13"]);
    assert_eq!(said(&mut view), [(1, ToRelay::Seen(Seq(12)))]);
    view.enter(welcome(1));
    let hash = hashes(10, 13)[3];
    let follow = follow_after(FORK, 13, hash);
    assert_eq!(said(&mut view), [reopen_lobby(1, follow)]);
    // Another process may still serve the log before; nothing of it is repeated.
    handle(&mut view, [opened(LOG, 3, 13)]);
    handle(&mut view, (4..=13).map(|seq| event(seq, OTHER, seq)));
    assert_eq!(updates(&mut view), ["opened", "event #13"]);
}

#[test]
fn a_log_with_another_hash_is_another_log() {
    let mut view = reader(10, 12);
    said(&mut view);
    handle(
        &mut view,
        [
            opened_at(FORK, 12, hash_at(999), 14, 1),
            event(13, OTHER, 13),
        ],
    );
    assert_eq!(updates(&mut view), ["opened", "event #13"]);
    let hash = hash_after(hash_at(999), &some_event(13, OTHER, 13));
    view.enter(welcome(1));
    let follow = follow_after(FORK, 13, hash);
    assert_eq!(said(&mut view), [reopen_lobby(1, follow)]);
}

#[test]
fn a_place_without_a_hash_is_gone_on_from_and_learns_it() {
    let unknown = follow_after(LOG, 10, LogHash::EMPTY);
    let mut view = new_view();
    open(&mut view, false, unknown);
    view.enter(welcome(1));
    assert_eq!(said(&mut view), [reopen_lobby(1, unknown)]);
    handle(&mut view, [opened(LOG, 10, 11), event(11, OTHER, 11)]);
    view.enter(welcome(1));
    let follow = follow_after(LOG, 11, hashes(10, 11)[1]);
    assert_eq!(said(&mut view), [reopen_lobby(1, follow)]);
}

#[test]
fn events_gone_from_the_relay_are_told_and_not_waited_for() {
    for log in [LOG, FORK] {
        let mut view = reader(10, 12);
        said(&mut view);
        handle(
            &mut view,
            [
                opened_at(log, 40, hash_at(40), 41, 41),
                event(41, OTHER, 41),
            ],
        );
        assert_eq!(updates(&mut view), ["opened", "gone 28", "event #41"]);
        view.enter(welcome(1));
        let follow = follow_after(log, 41, hashes(40, 41)[1]);
        assert_eq!(said(&mut view), [reopen_lobby(1, follow)]);
    }
}

#[test]
fn a_room_that_moved_is_opened_again_at_once_with_its_messages() {
    let mut view = reader(10, 12);
    said(&mut view);
    handle(&mut view, [opened(LOG, 12, 12)]);
    view.send(&lobby(), message(21)).unwrap();
    view.send(&lobby(), message(22)).unwrap();
    said(&mut view);
    handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Moved)]);
    // What the old channel still brings is not for this one.
    handle(&mut view, [stored(21, 13)]);
    let hash = hashes(10, 12)[2];
    let follow = follow_after(LOG, 12, hash);
    assert_eq!(said(&mut view), [reopen_lobby(2, follow)]);
    handle_on(&mut view, 2, [opened_at(FORK, 12, hash, 12, 1)]);
    let [(2, ToRelay::Send(first)), (2, ToRelay::Send(second))] = &said(&mut view)[..] else {
        panic!("sent again");
    };
    assert!(first.again && second.again);
    assert_eq!(updates(&mut view), ["opened", "opened"]);
}

#[test]
fn a_relay_put_back_is_read_on_from_the_last_event_both_have() {
    let mut view = reader(10, 16);
    view.seen(NOW, &lobby(), Seq(16));
    let read = hashes(10, 16);
    // What is about an event that only the old log has there says so: the relay will refuse it.
    let body = Body::Redaction(Seq(15));
    let target = view.target(&lobby(), &body);
    assert_eq!(target, Some(read[5]));
    let send = Send {
        target,
        ..Send::new(LocalId(20), Timestamp(0), body)
    };
    view.send(&lobby(), send).unwrap();
    view.send(&lobby(), message(21)).unwrap();
    let follow = follow_after(LOG, 16, read[6]);
    assert_eq!(said(&mut view), [reopen_lobby(1, follow)]);
    handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Diverged)]);
    let request = asked(&mut view, 10, 7);
    // The relay has written others since.
    let mut theirs = read[..5].to_vec();
    theirs.push(hash_at(777));
    handle_on(&mut view, CONTROL_CHANNEL, [answer(request, FORK, &theirs)]);
    assert_eq!(
        view.poll_update(),
        Some(Update::Diverged {
            room: lobby(),
            log: LOG,
            at: Seq(15),
        })
    );
    let follow = follow_after(FORK, 14, read[4]);
    assert_eq!(said(&mut view), [reopen_lobby(2, follow)]);
    let events = [opened_at(FORK, 14, read[4], 15, 1), event(15, OTHER, 500)];
    handle_on(&mut view, 2, events);
    assert_eq!(updates(&mut view), ["opened", "event #15"]);
    let said = said(&mut view);
    let [
        (2, ToRelay::Send(first)),
        (2, ToRelay::Send(second)),
        (2, ToRelay::Seen(seen)),
    ] = &said[..]
    else {
        panic!("sent");
    };
    assert_eq!((first.local, second.local), (LocalId(20), LocalId(21)));
    assert_eq!(first.target, Some(read[5]));
    assert_eq!(*seen, Seq(14));
}

#[test]
fn what_is_sent_to_a_relay_put_back_is_counted_on_another_line() {
    let mut view = in_lobby(follow_last(), 10);
    let sent = |view: &mut View| match &said_in_full(view)[..] {
        [(_, ToRelay::Send(sent))] => sent.ordinal,
        said => panic!("{said:?}"),
    };
    view.send(&lobby(), message(1)).unwrap();
    let before = sent(&mut view);
    handle(&mut view, [stored(1, 11)]);
    view.enter(welcome(1));
    said(&mut view);
    handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Diverged)]);
    view.send(&lobby(), message(2)).unwrap();
    let request = asked(&mut view, 10, 2);
    let theirs = [hash_at(10), hash_at(777)];
    handle_on(&mut view, CONTROL_CHANNEL, [answer(request, FORK, &theirs)]);
    said(&mut view);
    handle_on(&mut view, 2, [opened_at(FORK, 10, theirs[0], 10, 1)]);
    let after = sent(&mut view);
    assert_eq!((before.number, after.number), (1, 1));
    assert_ne!(before.line, after.line);
}

#[test]
fn hashes_that_come_in_short_answers_are_asked_on_for() {
    let mut view = reader(10, 16);
    said(&mut view);
    let read = hashes(10, 16);
    handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Diverged)]);
    let request = asked(&mut view, 10, 7);
    let part = answer(request, FORK, &read[..3]);
    handle_on(&mut view, CONTROL_CHANNEL, [part]);
    let request = asked(&mut view, 12, 5);
    let part = answer(request, FORK, &read[2..4]);
    handle_on(&mut view, CONTROL_CHANNEL, [part]);
    let request = asked(&mut view, 13, 4);
    // There the relay's log ends.
    let part = answer(request, FORK, &read[3..4]);
    handle_on(&mut view, CONTROL_CHANNEL, [part]);
    assert_eq!(updates(&mut view), ["diverged #14"]);
    let follow = follow_after(FORK, 13, read[3]);
    assert_eq!(said(&mut view), [reopen_lobby(2, follow)]);
}

#[test]
fn the_event_that_reading_began_after_is_not_said_to_be_stored() {
    let read = hashes(10, 16);
    // The logs part after the event before the first one read, or after that one.
    for (agreed, expected) in [(10, None), (11, Some(11))] {
        let mut view = reader(10, 16);
        view.seen(NOW, &lobby(), Seq(16));
        said(&mut view);
        handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Diverged)]);
        let request = asked(&mut view, 10, 7);
        let mut theirs = read[..agreed - 9].to_vec();
        theirs.push(hash_at(777));
        handle_on(&mut view, CONTROL_CHANNEL, [answer(request, FORK, &theirs)]);
        let (agreed, hash) = (agreed as u64, read[agreed - 10]);
        let follow = follow_after(FORK, agreed, hash);
        assert_eq!(said(&mut view), [reopen_lobby(2, follow)]);
        let opened = opened_at(FORK, agreed, hash, agreed + 1, 1);
        handle_on(&mut view, 2, [opened, event(agreed + 1, OTHER, 500)]);
        let seen = expected.map(|seq| (2, ToRelay::Seen(Seq(seq))));
        assert_eq!(said(&mut view), Vec::from_iter(seen));
        // What comes next is.
        view.seen(NOW + PROGRESS_INTERVAL, &lobby(), Seq(agreed + 1));
        let seen = ToRelay::Seen(Seq(agreed + 1));
        assert_eq!(said(&mut view), [(2, seen)]);
    }
}

/// Where a comparison of places 0 to 1,000 ends with a relay that keeps hashes from one place to
/// another, and agrees up to a third; after how many questions.
fn compare(first: u64, agrees: u64, head: u64) -> (Vec<String>, usize) {
    let read = hashes(0, 1000);
    let mut theirs = read.clone();
    theirs.resize(head as usize + 1, LogHash::EMPTY);
    theirs[agrees as usize + 1..].fill(hash_at(5555));
    let mut view = reader(0, 1000);
    said(&mut view);
    handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Diverged)]);
    let mut questions = 0;
    loop {
        let said = said(&mut view);
        let [(CONTROL_CHANNEL, ToRelay::Ask { request, query })] = &said[..] else {
            return (updates(&mut view), questions);
        };
        let Query::Hashes { first: ask, .. } = query else {
            panic!("{query:?}");
        };
        let has = if ask.0 < first {
            &[]
        } else {
            theirs.get(ask.0 as usize..).unwrap_or_default()
        };
        questions += 1;
        let reply = answer(*request, FORK, has);
        handle_on(&mut view, CONTROL_CHANNEL, [reply]);
    }
}

#[test]
fn a_relay_that_has_deleted_older_events_is_compared_where_it_still_has_some() {
    assert_eq!(compare(0, 700, 800), (vec!["diverged #701".to_owned()], 1));
    for (first, agrees, head) in [(1, 700, 800), (500, 500, 2000), (690, 700, 1500)] {
        let (words, questions) = compare(first, agrees, head);
        assert_eq!(words, [format!("diverged #{}", agrees + 1)]);
        assert!(questions <= 22, "{questions}");
    }
    // Nothing they have in common is left there.
    let (words, questions) = compare(700, 600, 1500);
    assert_eq!(words, ["diverged #1"]);
    assert!(questions <= 22, "{questions}");
}

#[test]
fn hashes_kept_from_earlier_are_compared_too() {
    let read = hashes(10, 16);
    let known = KnownHashes {
        last: Seq(16),
        hashes: read.clone(),
    };
    let mut view = new_view();
    view.open(lobby(), false, follow_after(LOG, 16, read[6]), known);
    view.enter(welcome(1));
    said(&mut view);
    handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Diverged)]);
    let request = asked(&mut view, 10, 7);
    let reply = answer(request, FORK, &read[..2]);
    handle_on(&mut view, CONTROL_CHANNEL, [reply]);
    let request = asked(&mut view, 11, 6);
    let reply = answer(request, FORK, &read[1..2]);
    handle_on(&mut view, CONTROL_CHANNEL, [reply]);
    assert_eq!(updates(&mut view), ["diverged #12"]);
}

#[test]
fn logs_that_have_nothing_known_in_common_are_read_like_new_ones() {
    let follow = Follow::After(
        Cursor {
            log: LOG,
            seq: Seq(16),
            hash: hash_at(16),
        },
        50,
    );
    for answers in [vec![], vec![hash_at(1)], vec![LogHash::EMPTY; 3000]] {
        let mut view = new_view();
        open(&mut view, true, follow);
        view.enter(welcome(1));
        said(&mut view);
        handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Diverged)]);
        let request = asked(&mut view, 16, 1);
        let reply = answer(request, FORK, &answers);
        handle_on(&mut view, CONTROL_CHANNEL, [reply]);
        assert_eq!(updates(&mut view), ["diverged #1"]);
        assert_eq!(said(&mut view), [reopen_lobby(2, Follow::Last(50))]);
    }
}

#[test]
fn a_log_of_which_no_hash_is_known_is_read_like_a_new_one() {
    let mut view = new_view();
    open(&mut view, true, follow_after(LOG, 16, LogHash::EMPTY));
    view.enter(welcome(1));
    said(&mut view);
    handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Diverged)]);
    assert_eq!(updates(&mut view), ["diverged #1"]);
    assert_eq!(said(&mut view), [reopen_lobby(2, Follow::Last(50))]);
}

#[test]
fn a_session_that_ends_in_between_starts_the_comparison_over() {
    let mut view = reader(10, 16);
    said(&mut view);
    handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Diverged)]);
    let before = asked(&mut view, 10, 7);
    view.enter(welcome(1));
    let read = hashes(10, 16);
    let follow = follow_after(LOG, 16, read[6]);
    assert_eq!(said(&mut view), [reopen_lobby(1, follow)]);
    let late = answer(before, FORK, &read[..2]);
    handle_on(&mut view, CONTROL_CHANNEL, [late]);
    handle(&mut view, [opened_at(LOG, 16, read[6], 16, 1)]);
    assert_eq!(updates(&mut view), ["opened"]);
}

#[test]
fn closing_or_opening_a_room_ends_its_comparison() {
    for closes in [true, false] {
        let mut view = reader(10, 16);
        said(&mut view);
        handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Diverged)]);
        let request = asked(&mut view, 10, 7);
        if closes {
            view.close_room(&lobby(), false);
        } else {
            open(&mut view, false, Follow::Last(10));
        }
        assert_eq!(said(&mut view).len(), usize::from(!closes));
        let late = answer(request, FORK, &hashes(10, 16)[..2]);
        handle_on(&mut view, CONTROL_CHANNEL, [late]);
        assert_eq!(updates(&mut view), [""; 0]);
        assert_eq!(view.rooms.len(), usize::from(!closes));
    }
}

#[test]
fn a_relay_that_always_says_the_logs_differ_is_not_believed_for_long() {
    let mut view = reader(10, 16);
    let read = hashes(10, 16);
    let mut now = NOW;
    let mut words = Vec::new();
    let mut opens = 0;
    for _ in 0..200 {
        for (_, message) in said(&mut view) {
            let reply = match message {
                ToRelay::Open(open) => {
                    opens += 1;
                    refused(open.channel, Refusal::Diverged)
                }
                // All is the same, it says.
                ToRelay::Ask { request, .. } => answer(request, FORK, &read),
                message => panic!("{message:?}"),
            };
            let news = view.handle_message(now, CONTROL_CHANNEL, reply);
            assert_eq!(news, Ok(None));
        }
        words.extend(updates(&mut view));
        now += std::time::Duration::from_millis(50);
        view.handle_timeout(now);
    }
    // Of the log read, and of what it was said to be called now.
    assert_eq!(words, ["diverged #1"; 2]);
    // Ten seconds: at once at first, then with ever longer waits.
    assert!((SETBACKS_MAX..12).contains(&opens), "{opens}");
}

#[test]
fn sessions_that_end_before_logs_are_compared_are_no_reason_to_read_all_again() {
    let mut view = reader(10, 16);
    let read = hashes(10, 16);
    let mut request = 0;
    for _ in 0..=SETBACKS_MAX {
        view.enter(welcome(1));
        said(&mut view);
        handle_on(&mut view, CONTROL_CHANNEL, [refused(1, Refusal::Diverged)]);
        assert_eq!(updates(&mut view), [""; 0]);
        request = asked(&mut view, 10, 7);
    }
    // Nor is a relay that can't answer just now.
    let subject = request;
    let refusal = Refusal::Limit(SafeText::new("questions"));
    let busy = ToMember::Refused { subject, refusal };
    handle_on(&mut view, CONTROL_CHANNEL, [busy]);
    view.handle_timeout(view.poll_timeout().unwrap());
    said(&mut view);
    handle_on(&mut view, CONTROL_CHANNEL, [refused(2, Refusal::Diverged)]);
    let request = asked(&mut view, 10, 7);
    let theirs = answer(request, FORK, &read[..5]);
    handle_on(&mut view, CONTROL_CHANNEL, [theirs]);
    let request = asked(&mut view, 14, 3);
    let theirs = answer(request, FORK, &read[4..5]);
    handle_on(&mut view, CONTROL_CHANNEL, [theirs]);
    assert_eq!(updates(&mut view), ["diverged #15"]);
}

#[test]
fn a_relay_that_always_moves_a_room_is_asked_ever_more_seldom() {
    let mut view = reader(10, 16);
    let hash = *hashes(10, 16).last().unwrap();
    let mut now = NOW;
    let mut opens = 0;
    for _ in 0..400 {
        for (_, message) in said(&mut view) {
            if let ToRelay::Open(open) = message {
                opens += 1;
                let stream = open.channel;
                let opened = opened_at(LOG, 16, hash, 16, 1);
                assert_eq!(view.handle_message(now, stream, opened), Ok(None));
                let moved = refused(stream, Refusal::Moved);
                let news = view.handle_message(now, CONTROL_CHANNEL, moved);
                assert_eq!(news, Ok(None));
            }
        }
        now += std::time::Duration::from_millis(50);
        view.handle_timeout(now);
    }
    assert!((SETBACKS_MAX..50).contains(&opens), "{opens}");
    // What is further apart than that is believed again.
    now += SETBACK_PAUSE;
    view.handle_timeout(now);
    let [(_, ToRelay::Open(open))] = &said(&mut view)[..] else {
        panic!("opened");
    };
    let moved = refused(open.channel, Refusal::Moved);
    let _ = view.handle_message(now + SETBACK_PAUSE, CONTROL_CHANNEL, moved);
    assert_eq!(said(&mut view).len(), 1);
}
