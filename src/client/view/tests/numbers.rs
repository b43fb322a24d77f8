//! Events that their senders counted and the log lacks.

use super::*;

/// From a sender that counts.
fn numbered(seq: u64, number: u32) -> ToMember {
    let ordinal = Ordinal { line: 7, number };
    ToMember::Event(Event {
        ordinal,
        ..some_event(seq, OTHER, seq)
    })
}

/// The request number of the one question said, about these numbers.
fn asked(view: &mut View, first: u32, last: u32) -> u32 {
    let said = said(view);
    let [(CONTROL_CHANNEL, ToRelay::Ask { request, query })] = &said[..] else {
        panic!("{said:?}");
    };
    let expected = Query::Numbered {
        room: lobby(),
        device: OTHER,
        line: 7,
        first,
        last,
    };
    assert_eq!(*query, expected);
    *request
}

fn answer(request: u32, has: Vec<(u32, Seq)>) -> ToMember {
    ToMember::Answer {
        request,
        part: Answer::Numbered(has),
        is_last: true,
    }
}

#[test]
fn missing_events_are_asked_for_and_missed_when_the_relay_lacks_them() {
    let mut view = in_lobby(follow_last(), 10);
    handle(&mut view, [numbered(11, 4), numbered(12, 7)]);
    assert_eq!(
        updates(&mut view),
        ["event #11", "missing 2 Asking", "event #12"]
    );
    let request = asked(&mut view, 5, 6);
    let has = vec![(5, Seq(14))];
    handle_on(&mut view, CONTROL_CHANNEL, [answer(request, has)]);
    assert_eq!(updates(&mut view), ["missing 1 InVain"]);
    assert_eq!(said(&mut view), []);
}

#[test]
fn the_question_is_asked_anew_in_the_next_session_and_a_late_answer_is_nobodys() {
    let mut view = in_lobby(follow_last(), 10);
    handle(&mut view, [numbered(11, 4), numbered(12, 6)]);
    let before = asked(&mut view, 5, 5);
    view.enter(welcome(1));
    assert_eq!(said(&mut view).len(), 1);
    updates(&mut view);
    handle(&mut view, [opened(LOG, 12, 13)]);
    let request = asked(&mut view, 5, 5);
    let late = answer(before, Vec::new());
    handle_on(&mut view, CONTROL_CHANNEL, [late]);
    // Meanwhile it was offered again.
    handle(&mut view, [numbered(13, 5)]);
    let in_time = answer(request, Vec::new());
    handle_on(&mut view, CONTROL_CHANNEL, [in_time]);
    assert_eq!(updates(&mut view), ["opened", "event #13"]);
}

#[test]
fn a_relay_that_will_not_say_does_not_have_them() {
    let mut view = in_lobby(follow_last(), 10);
    handle(&mut view, [numbered(11, 4), numbered(12, 6)]);
    let subject = asked(&mut view, 5, 5);
    updates(&mut view);
    let refusal = Refusal::Protocol;
    let refused = ToMember::Refused { subject, refusal };
    handle_on(&mut view, CONTROL_CHANNEL, [refused]);
    assert_eq!(updates(&mut view), ["missing 1 InVain"]);
}

#[test]
fn an_answer_to_another_question_ends_the_session() {
    let mut view = in_lobby(follow_last(), 10);
    handle(&mut view, [numbered(11, 4), numbered(12, 6)]);
    let request = asked(&mut view, 5, 5);
    let answer = ToMember::Answer {
        request,
        part: Answer::Rooms(Vec::new()),
        is_last: true,
    };
    let result = view.handle_message(NOW, CONTROL_CHANNEL, answer);
    assert_eq!(result, Err(Violation::Malformed));
}

#[test]
fn nothing_is_missing_where_older_events_are_gone_or_another_log_begins() {
    for (log, after) in [(LOG, 20), (LogId([8; 8]), 20)] {
        let mut view = in_lobby(follow_last(), 10);
        handle(&mut view, [numbered(11, 4)]);
        view.enter(welcome(1));
        said(&mut view);
        handle(&mut view, [opened(log, after, 30), numbered(after + 1, 9)]);
        let missing = updates(&mut view);
        assert!(
            !missing.iter().any(|update| update.starts_with("missing")),
            "{missing:?}"
        );
    }
}

#[test]
fn own_questions_leave_the_users_their_space() {
    let mut view = in_lobby(follow_last(), 10);
    handle(&mut view, [numbered(11, 4), numbered(12, 6)]);
    updates(&mut view);
    for _ in 0..crate::client::questions::QUESTIONS_MAX {
        view.ask(Query::Rooms);
    }
    said(&mut view);
    assert_eq!(updates(&mut view), [""; 0]);
}

#[test]
fn what_is_sent_at_another_relay_is_counted_on_another_line() {
    let mut view = in_lobby(follow_last(), 0);
    let mut lines = Vec::new();
    for relay in [1, 1, 2, 1] {
        view.enter(welcome(relay));
        view.send(&lobby(), message(100 + lines.len() as u64))
            .unwrap();
        said(&mut view);
        handle(&mut view, [opened(LogId([relay; 8]), 0, 0)]);
        let [(1, ToRelay::Send(sent))] = &said_in_full(&mut view)[..] else {
            panic!("sent");
        };
        lines.push((sent.ordinal.line, sent.ordinal.number));
        handle(&mut view, [stored(sent.local.0, 1)]);
    }
    let numbers: Vec<u32> = lines.iter().map(|(_, number)| *number).collect();
    assert_eq!(numbers, [1, 2, 1, 1]);
    assert_eq!(lines[0].0, lines[1].0);
    assert_ne!(lines[1].0, lines[2].0);
    assert_ne!(lines[3].0, lines[0].0);
}
