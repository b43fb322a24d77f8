//! Readers: catching up, falling behind, reports of delivery, and answers.

use super::*;
use crate::relay::limits;
use crate::room::log::Reader;

fn seqs(events: &[(u64, Option<String>)]) -> Vec<u64> {
    events.iter().map(|(seq, _)| *seq).collect()
}

/// A lobby with that many messages after the joining of their author, `alice`.
fn lobby_with(messages: usize) -> (Bench, SessionId) {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    for number in 0..messages {
        bench.send(alice, &format!("{number}"));
        bench.settle();
    }
    (bench, alice)
}

#[test]
fn a_reader_gets_what_it_asked_for_of_the_log() {
    let (bench, _) = lobby_with(9);
    let mut bench = Bench::over(bench.log);
    let log = bench.log.room(&RoomName::lobby()).unwrap().log;
    let other = LogId([0xee; 8]);
    let hashes = bench.hashes("lobby");
    let cursor = |log, seq: u64| Cursor {
        log,
        seq: Seq(seq),
        hash: hashes[seq as usize],
    };
    for (follow, after) in [
        (Follow::Last(3), 7),
        (Follow::Last(100), 0),
        (Follow::Since(Seq(4)), 4),
        (Follow::Since(Seq(400)), 10),
        (Follow::After(cursor(log, 8), 2), 8),
        (Follow::After(cursor(other, 9), 2), 8),
        (Follow::Nothing, 10),
    ] {
        let script = bench.enter_as(3, "script", false);
        bench.take(script);
        bench.open(script, "lobby", follow);
        let messages = bench.take(script);
        let opened = Opened {
            hash: hashes[after as usize],
            first: Seq(1),
            head: cursor(log, 10),
            after: Seq(after),
            topic: SafeText::default(),
        };
        assert_eq!(
            messages[0],
            (CHANNEL, ToMember::Opened(opened)),
            "{follow:?}"
        );
        let events = messages.iter().filter_map(|(_, message)| match message {
            ToMember::Event(event) => Some(event.seq.0),
            _ => None,
        });
        let expected: Vec<u64> = (after + 1..=10).collect();
        assert_eq!(events.collect::<Vec<_>>(), expected, "{follow:?}");
    }
}

#[test]
fn catching_up_from_the_store_meets_live_messages_without_a_gap() {
    let (bench, _) = lobby_with(600);
    let mut bench = Bench::over(bench.log);
    let alice = bench.in_lobby("alice");
    bench.stalled.insert(alice);
    let reader = bench.enter_as(3, "reader", false);
    bench.take(reader);
    bench.say(
        reader,
        CHANNEL,
        open(CHANNEL, "lobby", Follow::Since(Seq(0))),
    );
    // A live message after every request to the store.
    let mut live = 0;
    for round in 0.. {
        bench.deliver();
        let Some(request) = bench.hall.poll_log(bench.now) else {
            break;
        };
        let reply = bench.log.answer(request, Timestamp(1));
        if round < 30 {
            bench.send(alice, "live");
            live += 1;
        }
        bench.hall.handle_log(bench.now, reply);
    }
    let events = bench.events(reader);
    assert_eq!(seqs(&events), (1..=601 + live).collect::<Vec<_>>());
}

#[test]
fn a_slow_reader_falls_behind_alone_and_recovers() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let slow = bench.in_lobby("slow");
    let fast = bench.in_lobby("fast");
    bench.take(slow);
    bench.take(fast);
    bench.stalled.insert(slow);
    for number in 0..2_000 {
        bench.send(alice, &format!("{number}"));
        bench.settle();
    }
    let expected: Vec<u64> = (4..=2_003).collect();
    assert_eq!(seqs(&bench.events(fast)), expected);
    let seat = &bench.hall.seats[&slow];
    assert!(seat.queue.is_empty(), "nothing piles up for the slow one");

    bench.resume(slow);
    assert_eq!(seqs(&bench.events(slow)), expected);
}

#[test]
fn a_sender_behind_the_tail_still_gets_its_receipts_in_place() {
    let (bench, _) = lobby_with(50);
    let mut bench = Bench::over(bench.log);
    let alice = bench.enter("alice");
    bench.stalled.insert(alice);
    bench.open(alice, "lobby", Follow::Since(Seq(0)));
    for _ in 0..600 {
        bench.send(alice, "mine");
        bench.settle();
    }
    bench.resume(alice);
    let events = bench.events(alice);
    assert_eq!(seqs(&events), (1..=651).collect::<Vec<_>>());
    assert!(events[..51].iter().all(|(_, text)| text.is_some()));
    assert!(events[51..].iter().all(|(_, text)| text.is_none()));
}

#[test]
fn a_reader_that_missed_too_many_changes_gets_the_member_list_anew() {
    let mut bench = Bench::new();
    let bob = bench.in_lobby("bob");
    let alice = bench.in_lobby("alice");
    bench.pass(Duration::from_millis(50));
    bench.take(bob);
    bench.stalled.insert(bob);
    for round in 0..101 {
        let presence = match round % 2 {
            0 => Presence::Away,
            _ => Presence::Here,
        };
        bench.say(alice, 0, ToRelay::Presence(presence, SafeText::default()));
        bench.pass(Duration::from_millis(50));
    }
    bench.resume(bob);
    let expected = vec![
        ("alice".to_owned(), Presence::Away),
        ("bob".to_owned(), Presence::Here),
    ];
    assert_eq!(bench.members(bob), [expected]);
}

#[test]
fn senders_are_told_who_has_their_events_at_most_every_200_ms() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let bob = bench.in_lobby("bob");
    let carol = bench.in_lobby("carol");
    for _ in 0..3 {
        bench.send(alice, "hi");
    }
    bench.settle();
    for id in [alice, bob, carol] {
        bench.take(id);
    }
    let delivered = |seq| {
        let name = name("bob");
        (
            CHANNEL,
            ToMember::Delivered {
                name,
                seq: Seq(seq),
            },
        )
    };
    for seq in [4, 5, 6] {
        bench.say(bob, CHANNEL, ToRelay::Seen(Seq(seq)));
        bench.settle();
    }
    assert_eq!(bench.take(alice), [delivered(4)]);
    let due = bench.hall.poll_timeout().unwrap();
    assert_eq!(
        due - bench.now,
        Duration::from_millis(50),
        "the arrivals first"
    );
    bench.pass(Duration::from_millis(199));
    let reports = |messages: Vec<(u32, ToMember)>| {
        let reports = messages.into_iter();
        reports
            .filter(|(_, message)| matches!(message, ToMember::Delivered { .. }))
            .collect::<Vec<_>>()
    };
    assert_eq!(reports(bench.take(alice)), []);
    bench.pass(Duration::from_millis(1));
    assert_eq!(reports(bench.take(alice)), [delivered(6)]);
    assert_eq!(reports(bench.take(carol)), [], "she sent nothing");

    // A place the log does not have is nonsense.
    bench.say(bob, CHANNEL, ToRelay::Seen(Seq(99)));
    assert_eq!(bench.hall.nonsense, 1);
}

#[test]
fn history_comes_in_parts_that_fit_a_message() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    let long = "x".repeat(16 * 1024);
    for _ in 0..7 {
        bench.send(alice, &long);
    }
    bench.settle();
    bench.take(alice);
    let query = Query::History {
        room: RoomName::lobby(),
        before: Some(Seq(8)),
        count: 1_000,
    };
    bench.say(alice, 0, ToRelay::Ask { request: 70, query });
    bench.settle();
    let mut places = Vec::new();
    let mut ends = Vec::new();
    for (_, message) in bench.take(alice) {
        let ToMember::Answer {
            request: 70,
            part: Answer::Events(_, events),
            is_last,
        } = message
        else {
            panic!("{message:?}");
        };
        places.extend(events.iter().map(|event| event.seq.0));
        ends.push(is_last);
    }
    assert_eq!(places, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(ends.iter().filter(|is_last| **is_last).count(), 1);
    assert_eq!(ends.last(), Some(&true));
}

#[test]
fn questions_are_answered_in_order_and_too_many_are_refused() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    bench.take(alice);
    let history = Query::History {
        room: RoomName::lobby(),
        before: None,
        count: 1,
    };
    for request in 0..17 {
        let query = match request % 2 {
            0 => history.clone(),
            _ => Query::Members(None),
        };
        bench.say(alice, 0, ToRelay::Ask { request, query });
    }
    bench.settle();
    let messages = bench.take(alice);
    let answered = messages.iter().filter_map(|(_, message)| match message {
        ToMember::Answer { request, .. } => Some(*request),
        _ => None,
    });
    assert_eq!(answered.collect::<Vec<_>>(), (0..16).collect::<Vec<_>>());
    let refused = messages
        .iter()
        .filter(|(_, message)| matches!(message, ToMember::Refused { subject: 16, .. }));
    assert_eq!(refused.count(), 1);
}

#[test]
fn who_asks_without_reading_is_closed() {
    let mut bench = Bench::new();
    let alice = bench.in_lobby("alice");
    bench.stalled.insert(alice);
    for request in 0..1_100 {
        let query = Query::Rooms;
        bench.say(alice, 0, ToRelay::Ask { request, query });
    }
    let (id, why) = bench.hall.poll_dismissed().unwrap();
    assert_eq!((id, why), (alice, Dismissal::Overrun));
}

#[test]
fn a_writer_that_takes_no_confirmations_is_refused_before_they_pile_up() {
    let mut bench = Bench::new();
    let alice = bench.enter("alice");
    bench.open(alice, "lobby", Follow::Nothing);
    bench.stalled.insert(alice);
    for _ in 0..5 {
        for _ in 0..1_000 {
            bench.send(alice, "a");
        }
        bench.settle();
    }
    assert_eq!(bench.hall.seats[&alice].receipts(), limits::RECEIPTS_MAX);
    bench.resume(alice);
    let stored = bench.events(alice).len();
    assert_eq!(stored, limits::RECEIPTS_MAX);
    assert!(bench.hall.is_settled());
}

#[test]
fn a_reader_far_behind_is_told_at_once_what_is_said_now() {
    let (bench, _) = lobby_with(600);
    let mut bench = Bench::over(bench.log);
    let alice = bench.in_lobby("alice");
    let bob = bench.enter("bob");
    bench.take(bob);
    bench.say(bob, CHANNEL, open(CHANNEL, "lobby", Follow::Since(Seq(0))));
    let page = |bench: &mut Bench| {
        bench.deliver();
        let request = bench.hall.poll_log(bench.now).unwrap();
        let reply = bench.log.answer(request, Timestamp(1));
        bench.hall.handle_log(bench.now, reply);
    };
    // His joining, and the first page: he is far behind.
    while bench.events_len(bob) == 0 {
        page(&mut bench);
        bench.deliver();
    }
    bench.stalled.insert(bob);
    bench.take(bob);
    bench.send(alice, "now");
    let own = bench.send(bob, "mine");
    bench.settle();
    bench.stalled.remove(&bob);
    bench.hall.ready.insert(bob);
    bench.deliver();
    let ahead: Vec<_> = bench.received[&bob]
        .iter()
        .filter_map(|(stream, message)| match message {
            ToMember::Ahead { channel, event } => Some((*stream, *channel, event.seq.0)),
            _ => None,
        })
        .collect();
    assert_eq!(ahead, [(0, CHANNEL, 603), (0, CHANNEL, 604)]);
    // In their turn they come again, his own as an event: its confirmation was the other.
    bench.settle();
    let events = bench.events(bob);
    assert_eq!(events.last(), Some(&(604, Some("mine".to_owned()))));
    assert_eq!(events.len() as u64, 604 - events[0].0 + 1, "{own:?}");
}

#[test]
fn a_sender_that_comes_back_is_told_who_has_its_messages() {
    let (bench, _) = lobby_with(1);
    let mut bench = Bench::over(bench.log);
    let bob = bench.enter_as(3, "bob", false);
    bench.open(bob, "lobby", Follow::Since(Seq(0)));
    bench.say(bob, CHANNEL, ToRelay::Seen(Seq(2)));
    bench.say(bob, CHANNEL, ToRelay::Read(Seq(1)));
    bench.settle();
    assert_eq!(bench.log.snapshot().rooms[0].readers, []);
    bench.pass(limits::READS_DELAY);
    let reader = Reader {
        device: DeviceId([3; 8]),
        name: name("bob"),
        seq: Seq(2),
        read: Seq(1),
    };
    assert_eq!(bench.log.snapshot().rooms[0].readers, [reader]);

    let mut bench = Bench::over(bench.log);
    let alice = bench.enter_as(4, "alice", false);
    bench.open(alice, "lobby", Follow::Nothing);
    let delivered = ToMember::Delivered {
        name: name("bob"),
        seq: Seq(2),
    };
    assert!(bench.take(alice).contains(&(CHANNEL, delivered)));
    let query = Query::Delivered(RoomName::lobby());
    let request = 70;
    bench.say(alice, 0, ToRelay::Ask { request, query });
    bench.settle();
    let answer = ToMember::Answer {
        request,
        part: Answer::Delivered(vec![crate::wire::Reader {
            name: name("bob"),
            seq: Seq(2),
            read: Seq(1),
        }]),
        is_last: true,
    };
    assert_eq!(bench.take(alice), [(0, answer)]);
}

#[test]
fn how_far_somebody_has_read_never_goes_back_and_is_told_to_who_asks_alone() {
    let mut bench = Bench::new();
    let [alice, bob] = ["alice", "bob"].map(|who| bench.in_lobby(who));
    for _ in 0..3 {
        bench.send(alice, "hi");
    }
    bench.settle();
    bench.pass(limits::READS_DELAY);
    bench.take(alice);
    for seq in [3, 1, 4, 2] {
        bench.say(bob, CHANNEL, ToRelay::Read(Seq(seq)));
    }
    // A place the log does not have is nonsense.
    bench.say(bob, CHANNEL, ToRelay::Read(Seq(99)));
    assert_eq!(bench.hall.nonsense, 1);
    bench.pass(limits::READS_DELAY);
    assert_eq!(bench.take(alice), []);
    let readers = bench.log.snapshot().rooms.remove(0).readers;
    let had: Vec<_> = readers
        .iter()
        .map(|reader| (reader.seq.0, reader.read.0))
        .collect();
    assert_eq!(had, [(0, 4)]);

    // Who has read without having it stored is told of to nobody who opens the room.
    let carol = bench.in_lobby("carol");
    let is_told = |(_, message): &(u32, ToMember)| matches!(message, ToMember::Delivered { .. });
    assert!(!bench.take(carol).iter().any(is_told));
    let query = Query::Delivered(RoomName::lobby());
    bench.say(alice, 0, ToRelay::Ask { request: 70, query });
    bench.settle();
    let part = Answer::Delivered(vec![crate::wire::Reader {
        name: name("bob"),
        seq: Seq(0),
        read: Seq(4),
    }]);
    let is_answer = |(_, message): &(u32, ToMember)| matches!(message, ToMember::Answer { part: p, .. } if *p == part);
    assert!(bench.take(alice).iter().any(is_answer));
}

#[test]
fn a_device_by_another_name_is_no_other_reader() {
    let (bench, _) = lobby_with(1);
    let mut bench = Bench::over(bench.log);
    let bob = bench.enter_as(3, "bob", true);
    bench.open(bob, "lobby", Follow::Since(Seq(0)));
    bench.say(bob, CHANNEL, ToRelay::Seen(Seq(2)));
    bench.pass(limits::READS_DELAY);
    // Somebody else goes by the name now, and has stored nothing.
    let mut bench = Bench::over(bench.log);
    bench.enter_as(4, "bob", true);
    let same = bench.enter_as(3, "bob", true);
    bench.open(same, "lobby", Follow::Nothing);
    let told = bench.take(same);
    let is_told = |(_, message): &(u32, ToMember)| matches!(message, ToMember::Delivered { .. });
    assert!(!told.iter().any(is_told), "{told:?}");
}

#[test]
fn who_only_writes_is_told_of_deliveries_too() {
    let mut bench = Bench::new();
    let alice = bench.enter_as(4, "alice", false);
    bench.open(alice, "lobby", Follow::Nothing);
    let bob = bench.in_lobby("bob");
    bench.send(alice, "hi");
    bench.settle();
    bench.take(alice);
    bench.say(bob, CHANNEL, ToRelay::Seen(Seq(2)));
    bench.settle();
    let delivered = ToMember::Delivered {
        name: name("bob"),
        seq: Seq(2),
    };
    assert_eq!(bench.take(alice), [(CHANNEL, delivered)]);
}

#[test]
fn words_are_searched_for_in_what_the_asker_may_read() {
    let mut bench = Bench::new();
    let alice = bench.enter("alice");
    bench.open(alice, "@alice+bob", Follow::Last(0));
    bench.send(alice, "our secret");
    bench.settle();
    let mut found = |who: &str, words: &str| {
        let id = bench.enter(who);
        bench.take(id);
        let query = Query::Search {
            words: words.to_owned(),
            room: None,
            from: None,
            after: None,
            count: 10,
        };
        let request = 70;
        bench.say(id, 0, ToRelay::Ask { request, query });
        bench.settle();
        match bench.take(id).pop() {
            Some((0, ToMember::Answer { part, .. })) => match part {
                Answer::Found(found) => Ok(found.len()),
                part => panic!("{part:?}"),
            },
            Some((0, ToMember::Refused { refusal, .. })) => Err(refusal),
            message => panic!("{message:?}"),
        }
    };
    assert_eq!(found("bob", "SECRET"), Ok(1));
    assert_eq!(found("eve", "secret"), Ok(0));
    let long = "x".repeat(limits::SEARCH_CHARS_MAX + 1);
    assert!(matches!(found("eve", &long), Err(Refusal::Limit(_))));
}
