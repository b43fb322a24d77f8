use super::*;
use crate::room::hash_after;
use crate::wire::Cursor;

const OWN: DeviceId = DeviceId([1; 8]);
const OTHER: DeviceId = DeviceId([2; 8]);

fn said(log: LogId, seq: u64, device: DeviceId, body: Body) -> Received {
    let mut received = received(log, seq);
    received.event.device = device;
    received.event.body = body;
    received.event.sent_at = Timestamp(i64::try_from(seq).unwrap() * 10);
    received
}

fn message_of(log: LogId, seq: u64, device: DeviceId) -> Received {
    said(log, seq, device, Body::Message(SafeText::new("hi")))
}

fn lobby() -> RoomName {
    RoomName::lobby()
}

fn opened(first: u64, after: u64) -> Opened {
    Opened {
        head: Cursor {
            log: LOG,
            seq: Seq(99),
            hash: LogHash([99; 16]),
        },
        after: Seq(after),
        hash: LogHash([after as u8; 16]),
        first: Seq(first),
        topic: SafeText::default(),
    }
}

#[test]
fn the_cursor_has_the_hash_of_its_event() {
    let folder = folder();
    let mut store = open(&folder);
    record(&mut store, LOG, 4..=6);
    let read_to = store.cursor(&lobby()).unwrap().unwrap();
    assert_eq!(read_to.hash, Some(LogHash([6; 16])));

    let mut unknown = received(LOG, 7);
    unknown.hash = LogHash::EMPTY;
    store.record(&[unknown]).unwrap();
    let read_to = store.cursor(&lobby()).unwrap().unwrap();
    assert_eq!((read_to.seq, read_to.cursor()), (Seq(7), None));
    record(&mut store, LOG, [7]);
    let read_to = store.cursor(&lobby()).unwrap().unwrap();
    assert_eq!(read_to.hash, Some(LogHash([7; 16])));
}

#[test]
fn recorded_is_said_up_to_the_first_gap() {
    let folder = folder();
    let mut store = open(&folder);
    let events = |seqs: &[u64]| -> Vec<_> { seqs.iter().map(|seq| received(LOG, *seq)).collect() };
    let recorded = |store: &mut ClientStore, seqs: &[u64]| {
        let places = store.record(&events(seqs)).unwrap();
        places[0].1.0
    };
    assert_eq!(recorded(&mut store, &[1, 2, 5, 6]), 2);
    assert_eq!(recorded(&mut store, &[7]), 2);
    assert_eq!(recorded(&mut store, &[3, 4]), 7);
}

#[test]
fn a_gap_is_passed_once_the_relay_has_it_no_more() {
    let folder = folder();
    let mut store = open(&folder);
    record(&mut store, LOG, [1, 2, 6, 7]);
    store.pass_pruned(&lobby(), &opened(2, 7)).unwrap();
    assert_eq!(cursor(&store), Some((LOG, 2)));
    store.pass_pruned(&lobby(), &opened(5, 4)).unwrap();
    let read_to = store.cursor(&lobby()).unwrap().unwrap();
    assert_eq!(
        (read_to.seq, read_to.hash),
        (Seq(4), Some(LogHash([4; 16])))
    );
    store.pass_pruned(&lobby(), &opened(6, 7)).unwrap();
    assert_eq!(cursor(&store), Some((LOG, 7)));
    store
        .pass_pruned(&"other".parse().unwrap(), &opened(6, 7))
        .unwrap();
    assert_eq!(store.cursor(&"other".parse().unwrap()).unwrap(), None);
}

#[test]
fn hashes_come_from_the_cursor_back_to_the_first_one_missing() {
    let folder = folder();
    let mut store = open(&folder);
    assert_eq!(
        store.recent_hashes(&lobby(), LOG).unwrap(),
        (Seq(0), vec![])
    );
    record(&mut store, LOG, [1, 2]);
    let mut unknown = received(LOG, 3);
    unknown.hash = LogHash::EMPTY;
    store.record(&[unknown]).unwrap();
    record(&mut store, LOG, [4, 5, 8]);
    let hash = |n| LogHash([n; 16]);
    let hashes = store.recent_hashes(&lobby(), LOG).unwrap();
    assert_eq!(hashes, (Seq(4), vec![hash(4), hash(5)]));
    record(&mut store, LOG, 6..=3_000);
    let (first, hashes) = store.recent_hashes(&lobby(), LOG).unwrap();
    assert_eq!((first, hashes.len()), (Seq(953), 2048));
}

#[test]
fn a_message_keeps_which_event_it_is_about_whatever_the_log_is_then() {
    let folder = folder();
    let mut store = open(&folder);
    assert_eq!(store.hash_read(&lobby(), Seq(2)).unwrap(), None);
    record(&mut store, LOG, 1..=3);
    let target = store.hash_read(&lobby(), Seq(2)).unwrap();
    assert_eq!(target, Some(LogHash([2; 16])));
    let send = Send {
        target,
        ..message(7)
    };
    store.queue(&[(lobby(), send)]).unwrap();

    let mut other = received(LogId([9; 8]), 2);
    other.hash = LogHash([77; 16]);
    store.record(&[other]).unwrap();
    let other = store.hash_read(&lobby(), Seq(2)).unwrap();
    assert_eq!(other, Some(LogHash([77; 16])));
    assert_eq!(store.hash_read(&lobby(), Seq(3)).unwrap(), None);
    kill(store);
    let adopted = open(&folder).adopt().unwrap();
    assert_eq!(adopted[0].1.target, target);
}

#[test]
fn own_events_are_handed_out_from_a_place_and_a_time_on() {
    let folder = folder();
    let mut store = open(&folder);
    let redaction = said(LOG, 6, OWN, Body::Redaction(Seq(4)));
    let events = [
        message_of(LOG, 1, OWN),
        message_of(LOG, 2, OTHER),
        message_of(LOG, 3, OWN),
        message_of(LOG, 4, OWN),
        message_of(LogId([9; 8]), 5, OWN),
        redaction.clone(),
    ];
    store.record(&events).unwrap();
    let own = |at, sent_after| {
        let place = (&lobby(), LOG);
        let sent_after = Timestamp(sent_after);
        let events = store.own_events_after(OWN, place, Seq(at), sent_after);
        let seqs = events.unwrap();
        seqs.iter().map(|event| event.seq.0).collect::<Vec<_>>()
    };
    assert_eq!(own(2, 0), [3, 4, 6]);
    assert_eq!(own(0, 40), [4, 6]);
    assert_eq!(own(7, 0), [0; 0]);
}

#[test]
fn rooms_left_open_come_back_in_order_with_what_is_unread() {
    let folder = folder();
    let mut store = open(&folder);
    let kitchen: RoomName = "kitchen".parse().unwrap();
    for room in [&kitchen, &lobby(), &kitchen] {
        store.set_open(room).unwrap();
    }
    let reaction = said(LOG, 5, OTHER, Body::Reaction(Seq(1), SafeText::new("ok")));
    let events = [
        message_of(LOG, 1, OTHER),
        message_of(LOG, 2, OWN),
        message_of(LOG, 3, OTHER),
        message_of(LOG, 4, OTHER),
        reaction,
    ];
    store.record(&events).unwrap();
    let left = |store: &ClientStore| {
        let left = store.left_open(OWN).unwrap();
        assert_eq!(left[0].room, kitchen);
        assert_eq!((left[0].read, left[0].unread), (None, 0));
        (left[1].read.map(|(log, seq)| (log, seq.0)), left[1].unread)
    };
    assert_eq!(left(&store), (None, 3));
    store.set_read(&lobby(), LOG, Seq(3)).unwrap();
    store.set_read(&lobby(), LOG, Seq(2)).unwrap();
    assert_eq!(left(&store), (Some((LOG, 3)), 1));
    let forked = LogId([8; 8]);
    store.record(&[message_of(forked, 5, OTHER)]).unwrap();
    assert_eq!(left(&store), (Some((LOG, 3)), 2));
    store.set_read(&lobby(), forked, Seq(5)).unwrap();
    assert_eq!(left(&store), (Some((forked, 5)), 0));

    store.set_closed(&kitchen).unwrap();
    drop(store);
    let left = open(&folder).left_open(OWN).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].room, lobby());
}

#[test]
fn what_is_offered_again_keeps_its_number_and_what_is_new_has_none() {
    let folder = folder();
    let mut dying = open(&folder);
    let mut again = message(5);
    again.ordinal = Ordinal { line: 7, number: 3 };
    dying
        .queue(&[(lobby(), again.clone()), (lobby(), message(6))])
        .unwrap();
    kill(dying);
    let adopted = open(&folder).adopt().unwrap();
    let ordinals: Vec<_> = adopted.iter().map(|(_, send)| send.ordinal).collect();
    assert_eq!(ordinals, [again.ordinal, Ordinal::NONE]);
}

/// A database as version 1 left it: one log had from its first event on, with a gap later, and one
/// had from its fifth.
fn version_1(path: &Path) -> Vec<Received> {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(schema::STEP_1).unwrap();
    connection.execute_batch("PRAGMA user_version = 1").unwrap();
    let (whole, part) = (LOG, LogId([4; 8]));
    let events: Vec<Received> = [(whole, 1), (whole, 2), (whole, 4), (part, 5), (part, 6)]
        .into_iter()
        .map(|(log, seq)| received(log, seq))
        .collect();
    for Received {
        log,
        event,
        received_at,
        ..
    } in &events
    {
        connection
            .execute(
                "INSERT INTO history VALUES ('lobby', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                (
                    log.0,
                    to_i64(event.seq.0),
                    event.device.0,
                    to_i64(event.local.0),
                    event.from.as_str(),
                    event.sent_at.0,
                    event.stored_after,
                    pack::encode(&event.body),
                    received_at.0,
                ),
            )
            .unwrap();
    }
    for (log, seq, used) in [(whole, 2, 2), (part, 6, 1)] {
        connection
            .execute(
                "INSERT INTO cursors VALUES ('lobby', ?1, ?2, ?3)",
                (log.0, seq, used),
            )
            .unwrap();
    }
    connection
        .execute(
            "INSERT INTO outbox (local, room, sent_at, body, owner) VALUES (9, 'lobby', 4, ?1, 'x')",
            (pack::encode(&message(9).body),),
        )
        .unwrap();
    events
}

#[test]
fn a_database_of_version_1_keeps_all_it_has_and_counts_as_read() {
    let folder = folder();
    let path = folder.path().join("alice.db");
    let old = version_1(&path);
    let mut store = open(&folder);
    let first = hash_after(LogHash::EMPTY, &old[0].event);
    let second = hash_after(first, &old[1].event);
    let read_to = store.cursor(&lobby()).unwrap().unwrap();
    assert_eq!((read_to.log, read_to.seq), (LOG, Seq(2)));
    assert_eq!(read_to.hash, Some(second));
    let hashes = store.recent_hashes(&lobby(), LOG).unwrap();
    assert_eq!(hashes, (Seq(1), vec![first, second]));
    let hashes = store.recent_hashes(&lobby(), LogId([4; 8])).unwrap();
    assert_eq!(hashes.1, []);

    let mut kept = store.recent(&lobby(), 10).unwrap();
    kept.sort_by_key(|received| (received.log, received.event.seq));
    let known = |received: &Received| (received.log, received.event.clone());
    assert_eq!(
        kept.iter().map(known).collect::<Vec<_>>(),
        old.iter().map(known).collect::<Vec<_>>()
    );
    let unknown = kept.iter().filter(|kept| kept.hash == LogHash::EMPTY);
    assert_eq!(unknown.count(), 3);
    assert_eq!(adopted(&mut store), [9]);
    store.set_open(&lobby()).unwrap();
    assert_eq!(store.left_open(OTHER).unwrap()[0].unread, 0);
}
