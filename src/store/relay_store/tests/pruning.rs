use super::*;
use crate::room::log::Cutoff;

fn prune(store: &mut RelayStore, cutoff: Cutoff, now: i64) -> (Vec<(RoomName, Seq)>, bool) {
    let request = LogRequest::Prune(cutoff);
    match store.handle(vec![request], || Timestamp(now)).remove(0) {
        LogReply::Pruned { rooms, is_more } => (rooms, is_more),
        other => panic!("{other:?}"),
    }
}

fn stored_before(at: i64) -> Cutoff {
    Cutoff {
        stored_before: Some(Timestamp(at)),
        ..Cutoff::default()
    }
}

fn append_at(store: &mut RelayStore, appends: Vec<Append>, at: i64) {
    let replies = store.handle(vec![LogRequest::Append(appends)], || Timestamp(at));
    assert!(
        matches!(replies[..], [LogReply::Appended { .. }]),
        "{replies:?}"
    );
}

#[test]
fn old_events_go_and_numbers_hashes_and_ids_stay() {
    let mut store = RelayStore::open_memory().unwrap();
    append_at(
        &mut store,
        vec![lobby(), message(1, 1), message(2, 2)],
        1_000,
    );
    append_at(&mut store, vec![message(3, 3)], 2_000);
    let hashes = hashes_of(&store, &RoomName::lobby(), 0);

    let pruned = prune(&mut store, stored_before(1_500), 2_000);
    assert_eq!(pruned, (vec![(RoomName::lobby(), Seq(3))], false));
    let room = store.snapshot().unwrap().rooms.remove(0);
    assert_eq!((room.first, room.head), (Seq(3), Seq(3)));
    assert_eq!(seqs(&mut store, 0, 9, 9), [3]);
    assert_eq!(hashes_of(&store, &RoomName::lobby(), 2), hashes[2..]);
    assert_eq!(hashes_of(&store, &RoomName::lobby(), 1), hashes[1..]);
    assert_eq!(hashes_of(&store, &RoomName::lobby(), 0), hashes);
    assert_eq!(search(&store, "hello", "eve").len(), 1);

    let reply = append(&mut store, vec![message(4, 1)]);
    assert!(
        matches!(&reply, LogReply::Duplicates(places) if places[0].1.seq == Seq(1)),
        "{reply:?}"
    );
    let find = LogRequest::Find {
        ticket: 1,
        device: DeviceId([7; 8]),
        local: LocalId(2),
    };
    let reply = store.handle(vec![find], NOW).remove(0);
    assert!(matches!(reply, LogReply::Place { place: Some(place), .. } if place.seq == Seq(2)));

    let pruned = prune(&mut store, stored_before(8_500), 9_000);
    assert_eq!(pruned, (vec![(RoomName::lobby(), Seq(4))], false));
    let room = store.snapshot().unwrap().rooms.remove(0);
    assert_eq!(
        (room.first, room.head, room.hash),
        (Seq(4), Seq(3), hashes[3])
    );
    assert_eq!(hashes_of(&store, &RoomName::lobby(), 3), hashes[3..]);
    assert_eq!(hashes_of(&store, &RoomName::lobby(), 1), hashes[1..]);
    // Those deleted before there were such hashes have none.
    let forget = "UPDATE pruned SET hash = NULL WHERE seq = 1";
    store.connection.execute(forget, ()).unwrap();
    assert_eq!(hashes_of(&store, &RoomName::lobby(), 1), []);
    assert_eq!(hashes_of(&store, &RoomName::lobby(), 0), hashes[..1]);
    assert_eq!(hashes_of(&store, &RoomName::lobby(), 2), hashes[2..]);
    append_at(&mut store, vec![message(4, 4)], 9_000);
    assert_eq!(search(&store, "hello", "eve")[0].mark, 4);
}

#[test]
fn ids_of_events_deleted_before_a_time_are_forgotten() {
    let mut store = RelayStore::open_memory().unwrap();
    append_at(&mut store, vec![lobby(), message(1, 1)], 0);
    prune(&mut store, stored_before(5), 1_000);
    let deleted_before = |at| Cutoff {
        deleted_before: at,
        ..Cutoff::default()
    };
    // Whatever the clock of the store says.
    prune(&mut store, deleted_before(None), i64::MAX);
    prune(&mut store, deleted_before(Some(Timestamp(1_000))), i64::MAX);
    assert!(matches!(
        append(&mut store, vec![message(2, 1)]),
        LogReply::Duplicates(_)
    ));
    prune(&mut store, deleted_before(Some(Timestamp(1_001))), 0);
    assert_eq!(append(&mut store, vec![message(2, 1)]), appended());
}

#[test]
fn an_event_from_a_time_to_come_does_not_keep_those_after_it() {
    let mut store = RelayStore::open_memory().unwrap();
    append_at(&mut store, vec![lobby(), message(1, 1)], 1_000_000);
    append_at(&mut store, vec![message(2, 2)], 1_000);
    append_at(&mut store, vec![message(3, 3)], 2_000);
    prune(&mut store, stored_before(1_500), 2_000);
    assert_eq!(seqs(&mut store, 0, 9, 9), [3]);
}

#[test]
fn a_pruning_is_bounded_and_says_that_there_is_more() {
    let mut store = RelayStore::open_memory().unwrap();
    append(&mut store, vec![lobby()]);
    let count = u64::from(prune::EVENTS_MAX) + 1;
    append(&mut store, (1..=count).map(|n| message(n, n)).collect());
    assert!(prune(&mut store, stored_before(8_995), 9_000).1);
    assert_eq!(seqs(&mut store, 0, count, 9), [count]);
    assert!(!prune(&mut store, stored_before(8_995), 9_000).1);
}

#[test]
fn a_store_with_a_limit_of_bytes_stays_about_under_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let mut store = RelayStore::open(&path).unwrap();
    append(&mut store, vec![lobby()]);
    let bytes_max = 2_000_000;
    let cutoff = Cutoff {
        bytes_max: Some(bytes_max),
        ..Cutoff::default()
    };
    let mut seq = 0;
    for round in 0..60 {
        let appends = (0..256).map(|n| {
            seq += 1;
            let text = format!("message {seq} of round {round} with a few words {n}");
            event(seq, seq, Body::Message(SafeText::new(&text)))
        });
        let appends = appends.collect();
        assert_eq!(append(&mut store, appends), appended());
        for _ in 0..50 {
            if !prune(&mut store, cutoff, 2_000).1 {
                break;
            }
        }
    }
    write_back(&store.connection).unwrap();
    let bytes = path.metadata().unwrap().len();
    assert!(bytes <= bytes_max + bytes_max / 10, "{bytes}");
    let kept = seq + 1 - store.snapshot().unwrap().rooms[0].first.0;
    assert!(kept > 2_000, "only {kept} events are left in {bytes} bytes");
    assert_eq!(search(&store, "\"a few words\"", "eve").len(), 50);
}

#[test]
fn without_a_cutoff_nothing_goes() {
    let mut store = RelayStore::open_memory().unwrap();
    append(&mut store, vec![lobby(), message(1, 1)]);
    assert_eq!(
        prune(&mut store, Cutoff::default(), i64::MAX),
        (vec![], false)
    );
    assert_eq!(seqs(&mut store, 0, 9, 9), [1]);
}
