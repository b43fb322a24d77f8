//! Every kind of violation, made by hand.

use super::*;
use crate::wire::{DeviceId, LocalId, Ordinal, SafeText, Timestamp};

const LOG: LogId = LogId([1; 8]);

fn lobby() -> RoomName {
    RoomName::lobby()
}

fn id(local: u64) -> EventId {
    EventId {
        device: DeviceId([7; 8]),
        local: LocalId(local),
    }
}

fn event(seq: u64, local: u64) -> Event {
    Event {
        seq: Seq(seq),
        device: id(local).device,
        local: LocalId(local),
        ordinal: Ordinal::NONE,
        from: "alice".parse().unwrap(),
        sent_at: Timestamp(0),
        stored_after: 0,
        body: Body::Message(SafeText::new("hi")),
    }
}

fn sent(local: u64) -> Observation {
    Observation::Sent {
        room: lobby(),
        id: id(local),
    }
}

fn stored(local: u64, seq: u64) -> Observation {
    Observation::Stored {
        room: lobby(),
        id: id(local),
        seq: Seq(seq),
    }
}

fn refused(local: u64) -> Observation {
    Observation::Refused {
        room: lobby(),
        id: id(local),
    }
}

fn shown(reader: ReaderId, event: Event) -> Observation {
    Observation::Shown {
        reader,
        room: lobby(),
        log: LOG,
        event,
    }
}

/// Two events of one sender, two readers, and a refused event: all as promised.
fn kept() -> Vec<Observation> {
    vec![
        sent(1),
        sent(2),
        sent(3),
        stored(1, 1),
        shown(0, event(1, 1)),
        refused(3),
        stored(2, 2),
        shown(0, event(2, 2)),
        shown(1, event(1, 1)),
        shown(1, event(2, 2)),
    ]
}

fn verdict(observations: Vec<Observation>) -> Vec<Violation> {
    let mut checker = Checker::default();
    let reader = |reader| Reader {
        reader,
        room: lobby(),
        is_from_start: true,
    };
    observations
        .into_iter()
        .for_each(|each| checker.observe(each));
    checker.finish(&[reader(0), reader(1)])
}

/// The numbers of the promises broken, in the order they were noticed.
fn broken(observations: Vec<Observation>) -> Vec<String> {
    let line = |violation: &Violation| violation.to_string();
    verdict(observations).iter().map(line).collect()
}

#[test]
fn a_kept_contract_is_no_violation() {
    assert_eq!(verdict(kept()), []);
}

#[test]
fn an_event_shown_again_is_noticed() {
    let mut observations = kept();
    observations.push(shown(1, event(2, 2)));
    assert_eq!(
        broken(observations),
        [
            "D4: reader 1 was shown #2 of lobby after #2",
            "D2: reader 1 was shown 0707070707070707-2 of lobby twice",
        ]
    );
}

#[test]
fn an_event_at_two_places_is_noticed() {
    let mut observations = kept();
    observations.extend([shown(0, event(3, 2)), shown(1, event(3, 2))]);
    let line = "D2: 0707070707070707-2 stands at #2 of lobby and at #3 of lobby";
    assert_eq!(broken(observations), [line, line]);
}

#[test]
fn an_event_in_two_rooms_is_noticed() {
    let mut observations = kept();
    observations.push(Observation::Shown {
        reader: 0,
        room: "ops".parse().unwrap(),
        log: LogId([2; 8]),
        event: event(1, 2),
    });
    assert_eq!(
        broken(observations),
        [
            "D3: 0707070707070707-2 of ops was never sent there",
            "D2: 0707070707070707-2 stands at #2 of lobby and at #1 of ops",
        ]
    );
}

#[test]
fn different_events_at_one_place_are_noticed() {
    let mut observations = kept();
    let last = observations.len() - 1;
    let mut other = event(2, 2);
    other.body = Body::Message(SafeText::new("ho"));
    observations[last] = shown(1, other);
    let lines = broken(observations);
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].starts_with("D3: reader 1 was shown another event at #2 of lobby: "),
        "{lines:?}"
    );
}

#[test]
fn a_senders_events_in_another_order_are_noticed() {
    let observations = vec![
        sent(1),
        sent(2),
        stored(2, 1),
        stored(1, 2),
        shown(0, event(1, 2)),
        shown(0, event(2, 1)),
        shown(1, event(1, 2)),
        shown(1, event(2, 1)),
    ];
    assert_eq!(
        broken(observations),
        ["D3: 0707070707070707-2 was sent to lobby after 0707070707070707-1 and stands before it"]
    );
}

#[test]
fn a_gap_and_a_step_back_are_noticed() {
    let mut gap = kept();
    gap.remove(8);
    gap.insert(8, shown(1, event(3, 1)));
    assert!(broken(gap).contains(&"D4: reader 1 was shown #2 of lobby after #3".to_owned()));
    let mut gap = kept();
    gap.extend([sent(4), sent(5), stored(4, 3), stored(5, 4)]);
    gap.extend([shown(0, event(3, 4)), shown(0, event(4, 5))]);
    gap.push(shown(1, event(4, 5)));
    assert_eq!(broken(gap), ["D4: reader 1 was shown #4 of lobby after #2"]);
}

#[test]
fn another_log_starts_anew() {
    let mut observations = kept();
    let in_new_log = |reader| Observation::Shown {
        reader,
        room: lobby(),
        log: LogId([2; 8]),
        event: event(1, 4),
    };
    observations.extend([sent(4), stored(4, 1), in_new_log(0), in_new_log(1)]);
    assert_eq!(verdict(observations), []);
}

#[test]
fn an_event_told_stored_where_it_is_not_is_noticed() {
    let mut elsewhere = kept();
    elsewhere[6] = stored(2, 3);
    let line = "D1: 0707070707070707-2 was told stored in lobby at #3, where it is not";
    assert_eq!(broken(elsewhere), [line]);
    let mut nowhere = kept();
    nowhere.extend([sent(4), stored(4, 3)]);
    let line = "D1: 0707070707070707-4 was told stored in lobby at #3, where it is not";
    assert_eq!(broken(nowhere), [line]);
}

#[test]
fn a_reader_without_the_end_or_the_start_is_noticed() {
    let mut without_end = kept();
    without_end.pop();
    let line = "D1: reader 1 was never shown #2 of lobby";
    assert_eq!(broken(without_end), [line]);
    let mut without_start = kept();
    without_start.remove(8);
    let line = "D1: reader 1 was never shown #1 of lobby";
    assert_eq!(broken(without_start), [line]);
    let mut without_all = kept();
    without_all.truncate(8);
    assert_eq!(broken(without_all), [line]);
}

#[test]
fn a_refused_event_that_is_there_is_noticed() {
    let mut observations = kept();
    observations[6] = refused(2);
    let line = "D1: 0707070707070707-2 was refused in lobby and is there";
    assert_eq!(broken(observations), [line]);
}

#[test]
fn an_unanswered_event_and_a_double_answer_are_noticed() {
    let mut unanswered = kept();
    unanswered.remove(5);
    let line = "D1: 0707070707070707-3 was sent to lobby and never answered";
    assert_eq!(broken(unanswered), [line]);
    let mut twice = kept();
    twice.push(stored(2, 2));
    let line = "D1: 0707070707070707-2 of lobby was answered more than once";
    assert_eq!(broken(twice), [line]);
}

#[test]
fn an_event_nobody_sent_is_noticed() {
    let mut observations = kept();
    observations.extend([shown(0, event(3, 9)), shown(1, event(3, 9))]);
    let line = "D3: 0707070707070707-9 of lobby was never sent there";
    assert_eq!(broken(observations), [line, line]);
}
