//! Every kind of violation, made by hand.

use super::*;
use crate::wire::{DeviceId, LocalId, Ordinal, SafeText, Timestamp};

const LOG: LogId = LogId([1; 8]);
const FORK: LogId = LogId([2; 8]);
/// Who sends all events; also a reader.
const ALICE: ReaderId = 0;

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
        sender: ALICE,
        room: lobby(),
        id: id(local),
        about: None,
    }
}

fn committed(log: LogId, event: Event) -> Observation {
    let room = lobby();
    Observation::Committed { room, log, event }
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

fn shown(reader: ReaderId, log: LogId, event: Event) -> Observation {
    Observation::Shown {
        reader,
        room: lobby(),
        log,
        event,
    }
}

fn recorded(reader: ReaderId, log: LogId, event: Event) -> Observation {
    Observation::Recorded {
        reader,
        room: lobby(),
        log,
        event,
    }
}

/// An event is read by both readers.
fn read(log: LogId, event: &Event) -> Vec<Observation> {
    let read = |reader| {
        let (shown, recorded) = (shown(reader, log, event.clone()), recorded);
        [shown, recorded(reader, log, event.clone())]
    };
    [read(ALICE), read(1)].concat()
}

/// A message goes all its way.
fn said(log: LogId, seq: u64, local: u64) -> Vec<Observation> {
    let event = event(seq, local);
    let mut said = vec![
        sent(local),
        committed(log, event.clone()),
        stored(local, seq),
    ];
    said.extend(read(log, &event));
    said
}

/// Two events of one sender, two readers, and a refused event: all as promised.
fn kept() -> Vec<Observation> {
    [said(LOG, 1, 1), said(LOG, 2, 2), vec![sent(3), refused(3)]].concat()
}

/// A copy that ends after the first event is put back, and the log is forked there.
fn put_back() -> Vec<Observation> {
    let rooms = vec![(lobby(), LOG, Seq(1))];
    let (room, from, to) = (lobby(), LOG, FORK);
    vec![
        Observation::PutBack { rooms },
        Observation::Forked { room, from, to },
    ]
}

/// The second event is sent again, and stands where another one stands before it.
fn offered() -> Vec<Observation> {
    let (room, id) = (lobby(), id(2));
    [
        said(FORK, 2, 4),
        vec![
            Observation::Offered { room, id },
            committed(FORK, event(3, 2)),
            stored(2, 3),
        ],
        read(FORK, &event(3, 2)),
    ]
    .concat()
}

fn without(mut observations: Vec<Observation>, unwanted: &Observation) -> Vec<Observation> {
    let count = observations.len();
    observations.retain(|each| each != unwanted);
    assert!(observations.len() < count, "it was there");
    observations
}

/// The lines of all broken promises, in the order they were noticed.
fn broken(observations: Vec<Observation>) -> Vec<String> {
    let mut checker = Checker::default();
    let reader = |reader| Reader {
        reader,
        room: lobby(),
        is_from_start: true,
    };
    observations
        .into_iter()
        .for_each(|each| checker.observe(each));
    let violations = checker.finish(&[reader(ALICE), reader(1)]);
    violations.iter().map(ToString::to_string).collect()
}

#[test]
fn a_kept_contract_is_no_violation() {
    assert_eq!(broken(kept()), [""; 0]);
}

#[test]
fn a_copy_put_back_breaks_nothing_when_what_it_lacks_is_sent_again() {
    let observations = [kept(), put_back(), offered()].concat();
    assert_eq!(broken(observations), [""; 0]);
}

#[test]
fn an_event_shown_or_recorded_again_is_noticed() {
    for again in [shown(1, LOG, event(2, 2)), recorded(1, LOG, event(2, 2))] {
        let mut observations = kept();
        observations.push(again);
        let lines = broken(observations);
        assert_eq!(
            lines,
            [
                "D4: reader 1 got #2 of lobby after #2",
                "D2: reader 1 got 0707070707070707-2 of lobby twice",
            ]
        );
    }
}

#[test]
fn a_new_process_goes_on_where_its_disk_ends() {
    let died = Observation::Died { reader: 1 };
    // The third event was shown and not written.
    let third = event(3, 4);
    let unwritten = [
        kept(),
        vec![sent(4), committed(LOG, third.clone()), stored(4, 3)],
        vec![
            shown(0, LOG, third.clone()),
            recorded(0, LOG, third.clone()),
        ],
        vec![shown(1, LOG, third.clone()), died.clone()],
    ]
    .concat();
    let mut again = unwritten.clone();
    again.extend([
        shown(1, LOG, third.clone()),
        recorded(1, LOG, third.clone()),
    ]);
    assert_eq!(broken(again), [""; 0]);
    let mut too_early = unwritten.clone();
    too_early.extend([shown(1, LOG, event(2, 2)), recorded(1, LOG, third)]);
    let lines = broken(too_early);
    assert_eq!(lines[0], "D4: reader 1 got #2 of lobby after #2");
    let mut too_late = unwritten;
    too_late.extend([sent(5), committed(LOG, event(4, 5)), stored(5, 4)]);
    too_late.push(shown(1, LOG, event(4, 5)));
    let lines = broken(too_late);
    assert_eq!(lines[0], "D4: reader 1 got #4 of lobby after #2");
}

#[test]
fn an_event_at_two_places_is_noticed() {
    let mut observations = kept();
    observations.push(committed(LOG, event(3, 2)));
    observations.extend(read(LOG, &event(3, 2)));
    let line = "D2: 0707070707070707-2 stands at #2 of lobby and at #3 of lobby";
    assert_eq!(broken(observations)[0], line);
}

#[test]
fn an_event_in_two_rooms_is_noticed() {
    let mut observations = kept();
    observations.push(Observation::Committed {
        room: "ops".parse().unwrap(),
        log: FORK,
        event: event(1, 2),
    });
    assert_eq!(
        broken(observations),
        [
            "D3: 0707070707070707-2 of ops was never sent there",
            "D2: 0707070707070707-2 stands at #2 of lobby and at #1 of ops",
            "D1: 0707070707070707-2 was told stored in lobby and is not there in the end",
        ]
    );
}

#[test]
fn another_event_than_was_committed_is_noticed() {
    let mut other = event(3, 4);
    other.body = Body::Message(SafeText::new("ho"));
    let ahead = Observation::Glimpsed {
        reader: 1,
        room: lobby(),
        log: LOG,
        event: other.clone(),
    };
    for wrong in [
        shown(1, LOG, other.clone()),
        recorded(1, LOG, other.clone()),
        shown(1, FORK, event(2, 2)),
        ahead,
    ] {
        let mut observations = [kept(), said(LOG, 3, 4)].concat();
        observations.push(wrong);
        let lines = broken(observations);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with("D3: reader 1 got another event at #"));
    }
}

#[test]
fn an_event_out_of_place_is_noticed() {
    let observations = [kept(), vec![sent(4), committed(LOG, event(4, 4))]].concat();
    let lines = broken(observations);
    let line = "D3: 0707070707070707-4 was committed at #4 of lobby, which ends at #2";
    assert_eq!(lines[0], line);
}

#[test]
fn a_senders_events_in_another_order_are_noticed() {
    let observations = [
        vec![sent(1), sent(2)],
        vec![committed(LOG, event(1, 2)), committed(LOG, event(2, 1))],
        vec![stored(2, 1), stored(1, 2)],
        read(LOG, &event(1, 2)),
        read(LOG, &event(2, 1)),
    ]
    .concat();
    assert_eq!(
        broken(observations),
        ["D3: 0707070707070707-2 was sent to lobby after 0707070707070707-1 and stands before it"]
    );
}

#[test]
fn a_gap_is_noticed() {
    let observations = [kept(), said(LOG, 3, 4), said(LOG, 4, 5)].concat();
    let on_screen = without(observations.clone(), &shown(1, LOG, event(3, 4)));
    let line = "D4: reader 1 got #4 of lobby after #2";
    assert_eq!(broken(on_screen), [line]);
    let on_disk = without(observations, &recorded(1, LOG, event(3, 4)));
    let missing = "D1: reader 1 was never shown #3 of lobby";
    assert_eq!(broken(on_disk), [line, missing]);
}

#[test]
fn deleted_events_may_be_skipped_by_whoever_is_told() {
    let mut observations = [kept(), said(LOG, 3, 4), said(LOG, 4, 5)].concat();
    for unread in [shown(1, LOG, event(3, 4)), recorded(1, LOG, event(3, 4))] {
        observations = without(observations, &unread);
    }
    let (reader, room, first) = (1, lobby(), Seq(4));
    let at = observations.len() - 4;
    let pruned = Observation::Pruned {
        room: room.clone(),
        first,
    };
    observations.insert(at, pruned);
    let line = "D4: reader 1 got #4 of lobby after #2";
    assert_eq!(broken(observations.clone()), [line]);
    let gone = |count| Observation::Gone {
        reader,
        room: room.clone(),
        count,
    };
    observations.insert(at, gone(1));
    assert_eq!(broken(observations.clone()), [""; 0]);
    // Who opens the room again is told again.
    observations.insert(at, gone(1));
    assert_eq!(broken(observations.clone()), [""; 0]);
    observations.remove(at);
    for other in [gone(0), gone(2)] {
        observations[at] = other;
        assert_eq!(broken(observations.clone()), [line]);
    }
}

#[test]
fn another_log_starts_anew() {
    let observations = [kept(), said(FORK, 1, 4)].concat();
    let lines = broken(observations);
    // What the log before had is in it no more.
    assert_eq!(lines.len(), 0, "{lines:?}");
}

#[test]
fn an_event_told_stored_where_it_is_not_is_noticed() {
    let line = "D1: 0707070707070707-4 was told stored in lobby at #3, where it is not";
    let mut nowhere = kept();
    nowhere.extend([sent(4), stored(4, 3)]);
    assert_eq!(broken(nowhere)[0], line);
    let mut too_early = kept();
    too_early.extend([sent(4), stored(4, 3), committed(LOG, event(3, 4))]);
    too_early.extend(read(LOG, &event(3, 4)));
    assert_eq!(broken(too_early), [line]);
}

#[test]
fn an_event_that_was_stored_and_is_not_sent_again_is_noticed() {
    let mut observations = [kept(), put_back(), said(FORK, 2, 4)].concat();
    let line = "D1: 0707070707070707-2 was told stored in lobby and is not there in the end";
    assert_eq!(broken(observations.clone()), [line]);
    // Its sender took it back itself.
    let mut redaction = event(3, 9);
    redaction.body = Body::Redaction(Seq(2));
    observations.splice(
        kept().len()..kept().len(),
        [
            vec![sent(9), committed(LOG, redaction.clone()), stored(9, 3)],
            read(LOG, &redaction),
        ]
        .concat(),
    );
    // The redaction is about an event that is gone, and need not be sent again.
    let about = Some(id(2));
    for each in &mut observations {
        if let Observation::Sent {
            id: this,
            about: at,
            ..
        } = each
            && *this == id(9)
        {
            *at = about;
        }
    }
    assert_eq!(broken(observations), [""; 0]);
}

#[test]
fn an_event_the_disk_forgot_is_noticed() {
    let mut observations = kept();
    observations.push(Observation::Holds {
        room: lobby(),
        log: LOG,
        first: Seq(1),
        events: vec![event(1, 1)],
    });
    let line = "D1: #2 of lobby was committed and is not on the disk";
    assert_eq!(broken(observations), [line]);
}

#[test]
fn a_reader_who_mixes_two_logs_is_noticed() {
    // The copy is not marked, and the log goes on under the same id.
    let rooms = vec![(lobby(), LOG, Seq(1))];
    let put_back = Observation::PutBack { rooms };
    let observations = [
        kept(),
        vec![put_back, sent(4), committed(LOG, event(2, 4)), stored(4, 2)],
        vec![sent(5), committed(LOG, event(3, 5)), stored(5, 3)],
        vec![shown(1, LOG, event(3, 5))],
    ]
    .concat();
    let lines = broken(observations);
    let line = "D3: reader 1 got #3 of lobby, but had read another log before it";
    assert_eq!(lines[0], line);
}

#[test]
fn a_reader_who_goes_back_too_far_or_not_far_enough_after_a_fork_is_noticed() {
    let until_fork = [kept(), put_back(), said(FORK, 2, 4), said(FORK, 3, 5)].concat();
    let died = Observation::Died { reader: 1 };
    let not_far = shown(1, FORK, event(3, 5));
    let mut observations = until_fork.clone();
    for each in [shown(1, FORK, event(2, 4)), shown(1, FORK, event(3, 5))] {
        observations = without(observations, &each);
    }
    observations.push(not_far);
    let lines = broken(observations.clone());
    let line = "D3: reader 1 got #3 of lobby, but had read another log before it";
    assert_eq!(lines[0], line);
    observations.pop();
    observations.extend([died, shown(1, FORK, event(1, 1))]);
    let lines = broken(observations);
    assert!(lines[0].starts_with("D4: reader 1 got #1 of lobby after #"));
}

#[test]
fn the_same_event_counted_anew_at_its_place_is_where_two_logs_part() {
    let back = |second: &Event| {
        let (room, from, to) = (lobby(), LOG, FORK);
        let rooms = vec![(lobby(), LOG, Seq(1))];
        let relay = vec![
            Observation::PutBack { rooms },
            Observation::Offered {
                room: lobby(),
                id: id(2),
            },
            committed(LOG, second.clone()),
            stored(2, 2),
            Observation::Forked { room, from, to },
        ];
        let reading = read(FORK, second);
        broken([said(LOG, 1, 1), said(LOG, 2, 2), relay, reading].concat())
    };
    let ordinal = Ordinal { line: 7, number: 1 };
    let anew = Event {
        ordinal,
        ..event(2, 2)
    };
    assert_eq!(back(&anew), [""; 0]);
    assert_ne!(back(&event(2, 2)), [""; 0]);
}

#[test]
fn a_reader_without_the_end_or_the_start_is_noticed() {
    let mut without_end = kept();
    without_end = without(without_end, &recorded(1, LOG, event(2, 2)));
    let line = "D1: reader 1 was never shown #2 of lobby";
    assert_eq!(broken(without_end), [line]);
    let without_start = without(kept(), &recorded(1, LOG, event(1, 1)));
    let line = "D1: reader 1 was never shown #1 of lobby";
    assert_eq!(broken(without_start.clone()), [line]);
    let without_all = without(without_start, &recorded(1, LOG, event(2, 2)));
    assert_eq!(broken(without_all), [line]);
}

#[test]
fn a_refused_event_that_is_there_is_noticed() {
    let line = "D1: 0707070707070707-7 was refused in lobby and is there";
    let third = committed(LOG, event(3, 7));
    let read = read(LOG, &event(3, 7));
    let begun = [kept(), vec![sent(7)]].concat();
    let before = [begun.clone(), vec![third.clone()], read.clone()].concat();
    let after = [begun, vec![refused(7), third], read].concat();
    assert_eq!(broken([before.clone(), vec![refused(7)]].concat()), [line]);
    assert_eq!(broken(after), [line]);
    // It was there, unheard of, until a copy without it was put back.
    let lost = [before, put_back(), offered(), vec![refused(7)]].concat();
    assert_eq!(broken(lost), [""; 0]);
}

#[test]
fn an_unanswered_event_and_a_double_answer_are_noticed() {
    let unanswered = without(kept(), &refused(3));
    let line = "D5: 0707070707070707-3 was sent to lobby and never answered";
    assert_eq!(broken(unanswered), [line]);
    let line = "D1: 0707070707070707-2 of lobby was answered more than once";
    for again in [stored(2, 2), refused(2)] {
        let twice = [kept(), vec![again]].concat();
        assert_eq!(broken(twice), [line]);
    }
    // A new process sends again what it finds unanswered.
    let died = Observation::Died { reader: ALICE };
    let again = [kept(), vec![died.clone(), stored(2, 2)]].concat();
    assert_eq!(broken(again), [""; 0]);
    let otherwise = [kept(), vec![died.clone(), refused(2)]].concat();
    assert_eq!(broken(otherwise), [line]);
    // The relay lost it meanwhile: that is no reason to refuse it, unless it is about another event.
    let lost = [kept(), put_back(), vec![died, refused(2)]].concat();
    assert_eq!(broken(lost.clone())[0], line);
    let about_another = lost.into_iter().map(|each| match each {
        Observation::Sent {
            sender,
            room,
            id: this,
            ..
        } if this == id(2) => Observation::Sent {
            sender,
            room,
            id: this,
            about: Some(id(1)),
        },
        each => each,
    });
    let lines = broken(about_another.collect());
    assert!(!lines.iter().any(|each| each == line), "{lines:?}");
}

#[test]
fn a_delivery_to_nobody_is_noticed() {
    let delivered = Observation::Delivered {
        reader: ALICE,
        room: lobby(),
        seq: Seq(2),
    };
    let observations = [kept(), vec![delivered.clone()]].concat();
    assert_eq!(broken(observations), [""; 0]);
    let at = kept()
        .iter()
        .position(|each| *each == recorded(1, LOG, event(2, 2)));
    let mut too_early = kept();
    too_early.insert(at.unwrap(), delivered);
    let line = "D1: reader 0 was told that #2 of lobby is delivered, and nobody else has it";
    assert_eq!(broken(too_early), [line]);
}

#[test]
fn an_event_nobody_sent_is_noticed() {
    let mut observations = kept();
    observations.push(committed(LOG, event(3, 9)));
    observations.extend(read(LOG, &event(3, 9)));
    let line = "D3: 0707070707070707-9 of lobby was never sent there";
    assert_eq!(broken(observations), [line]);
}

#[test]
fn an_event_about_another_than_it_was_sent_about_is_noticed() {
    let mut edit = event(3, 4);
    edit.body = Body::Edit(Seq(2), SafeText::new("better"));
    let (sender, room) = (ALICE, lobby());
    let about = Some(id(1));
    let sent = Observation::Sent {
        sender,
        room,
        id: id(4),
        about,
    };
    let observations = [
        kept(),
        vec![sent, committed(LOG, edit.clone()), stored(4, 3)],
        read(LOG, &edit),
    ]
    .concat();
    let line = "D3: 0707070707070707-4 of lobby is about another event than it was sent about";
    assert_eq!(broken(observations), [line]);
}

#[test]
fn a_false_alarm_is_noticed() {
    let (reader, room) = (1, lobby());
    let missed = Observation::Missed { reader, room };
    let line = "D1: reader 1 was told that events of lobby are missing, and none are";
    assert_eq!(broken([kept(), vec![missed.clone()]].concat()), [line]);
    let lost = [kept(), put_back(), offered(), vec![missed]].concat();
    assert_eq!(broken(lost), [""; 0]);
}
