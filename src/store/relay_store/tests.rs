use super::*;
use crate::room::log::{Place, Search};
use crate::store::client_store::ClientStore;
use crate::store::to_i64;
use crate::wire::{Body, Event, EventId, Found, LocalId, Name, Ordinal, RoomName, Seq, pack};

mod copies;
mod migration;
mod pruning;
mod searching;
mod threads;

const NOW: fn() -> Timestamp = || Timestamp(1_000);

fn event(seq: u64, local: u64, body: Body) -> Append {
    event_in(&RoomName::lobby(), seq, local, body)
}

fn event_in(room: &RoomName, seq: u64, local: u64, body: Body) -> Append {
    Append::Event {
        hash: LogHash([seq as u8; 16]),
        room: room.clone(),
        event: Event {
            seq: Seq(seq),
            device: DeviceId([7; 8]),
            local: LocalId(local),
            ordinal: Ordinal::NONE,
            from: "alice".parse().unwrap(),
            sent_at: Timestamp(400),
            stored_after: 0,
            body,
        },
    }
}

fn message(seq: u64, local: u64) -> Append {
    event(seq, local, Body::Message(SafeText::new("hello")))
}

fn lobby() -> Append {
    Append::Room {
        room: RoomName::lobby(),
        log: LogId([3; 8]),
    }
}

fn append(store: &mut RelayStore, appends: Vec<Append>) -> LogReply {
    let mut replies = store.handle(vec![LogRequest::Append(appends)], NOW);
    assert_eq!(replies.len(), 1);
    replies.remove(0)
}

fn appended() -> LogReply {
    LogReply::Appended { stored_at: NOW() }
}

fn seqs(store: &mut RelayStore, after: u64, up_to: u64, count_max: usize) -> Vec<u64> {
    let request = LogRequest::After {
        ticket: 1,
        room: RoomName::lobby(),
        after: Seq(after),
        up_to: Seq(up_to),
        count_max,
    };
    events_of(store, request).iter().map(|e| e.seq.0).collect()
}

fn events_of(store: &mut RelayStore, request: LogRequest) -> Vec<Event> {
    match store.handle(vec![request], NOW).remove(0) {
        LogReply::Events { events, .. } => events,
        other => panic!("{other:?}"),
    }
}

fn all_events(store: &mut RelayStore, room: &RoomName) -> Vec<Event> {
    let request = LogRequest::Before {
        ticket: 1,
        room: room.clone(),
        before: None,
        count_max: 100,
    };
    events_of(store, request)
}

fn hashes_of(store: &RelayStore, room: &RoomName, first: u64) -> Vec<LogHash> {
    let request = LogRequest::Hashes {
        ticket: 1,
        room: room.clone(),
        first: Seq(first),
        count_max: 100,
    };
    match read::answer(&store.connection, request) {
        LogReply::Hashes { hashes, .. } => hashes,
        other => panic!("{other:?}"),
    }
}

fn found(store: &RelayStore, search: Search) -> Vec<Found> {
    let request = LogRequest::Search { ticket: 1, search };
    match read::answer(&store.connection, request) {
        LogReply::Found { found, .. } => found.unwrap(),
        other => panic!("{other:?}"),
    }
}

fn search(store: &RelayStore, words: &str, reader: &str) -> Vec<Found> {
    let search = Search {
        words: words.to_owned(),
        reader: reader.parse().unwrap(),
        room: None,
        from: None,
        after: None,
        count_max: 50,
    };
    found(store, search)
}

#[test]
fn readers_ordinals_and_hashes_are_kept() {
    let mut store = RelayStore::open_memory().unwrap();
    let mut counted = message(1, 1);
    if let Append::Event { event, .. } = &mut counted {
        event.ordinal = Ordinal { line: 9, number: 3 };
    }
    let device = DeviceId([7; 8]);
    let read = |seq, read| Append::Read {
        room: RoomName::lobby(),
        device,
        name: "bob".parse().unwrap(),
        seq: Seq(seq),
        read: Seq(read),
    };
    append(&mut store, vec![lobby(), counted, message(2, 2)]);
    append(&mut store, vec![read(2, 0), read(1, 1), read(2, 0)]);
    let room = store.snapshot().unwrap().rooms.remove(0);
    let reader = Reader {
        device,
        name: "bob".parse().unwrap(),
        seq: Seq(2),
        read: Seq(1),
    };
    assert_eq!(room.readers, [reader]);
    let hash = |n| LogHash([n; 16]);
    assert_eq!((room.hash, room.first), (hash(2), Seq(1)));
    let hashes = hashes_of(&store, &RoomName::lobby(), 0);
    assert_eq!(hashes, [LogHash::EMPTY, hash(1), hash(2)]);
    assert_eq!(hashes_of(&store, &RoomName::lobby(), 2), [hash(2)]);
    assert_eq!(hashes_of(&store, &RoomName::lobby(), 3), []);
    let numbered = |first, last| LogRequest::Numbered {
        ticket: 1,
        room: RoomName::lobby(),
        device: DeviceId([7; 8]),
        line: 9,
        first,
        last,
    };
    let replies = store.handle(vec![numbered(1, 5), numbered(4, u32::MAX)], NOW);
    let answer = |places| LogReply::Numbered { ticket: 1, places };
    assert_eq!(replies, [answer(vec![(3, Seq(1))]), answer(vec![])]);
    assert_eq!(
        all_events(&mut store, &RoomName::lobby())[0].ordinal.number,
        3
    );
}

#[test]
fn events_come_back_as_they_were_with_the_time_of_their_commit() {
    let mut store = RelayStore::open_memory().unwrap();
    assert_eq!(append(&mut store, vec![lobby(), message(1, 9)]), appended());

    let request = LogRequest::Before {
        ticket: 1,
        room: RoomName::lobby(),
        before: None,
        count_max: 10,
    };
    let events = events_of(&mut store, request);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].stored_at(), NOW());
    assert_eq!(events[0].stored_after, 600);
    assert_eq!(events[0].body, Body::Message(SafeText::new("hello")));
}

#[test]
fn pages_keep_to_their_bounds_at_both_ends() {
    let mut store = RelayStore::open_memory().unwrap();
    append(&mut store, vec![lobby()]);
    append(&mut store, (1..=20).map(|n| message(n, n)).collect());
    assert_eq!(seqs(&mut store, 5, 8, 100), [6, 7, 8]);
    assert_eq!(seqs(&mut store, 5, 20, 2), [6, 7]);
    assert_eq!(seqs(&mut store, 20, 20, 100), [0; 0]);
    let request = LogRequest::Before {
        ticket: 1,
        room: RoomName::lobby(),
        before: Some(Seq(10)),
        count_max: 3,
    };
    let events = events_of(&mut store, request);
    assert_eq!(
        events.iter().map(|e| e.seq.0).collect::<Vec<_>>(),
        [7, 8, 9]
    );
}

#[test]
fn a_page_of_long_texts_ends_early() {
    let mut store = RelayStore::open_memory().unwrap();
    append(&mut store, vec![lobby()]);
    let long = || Body::Message(SafeText::new(&"x".repeat(16 * 1024)));
    append(&mut store, (1..=20).map(|n| event(n, n, long())).collect());
    let page = seqs(&mut store, 0, 20, 20);
    assert_eq!(page, (1..=8).collect::<Vec<_>>());
}

#[test]
fn members_topic_and_head_are_kept_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay").join("relay.db");
    let mut store = RelayStore::open(&path).unwrap();
    let eve: Name = "eve".parse().unwrap();
    append(
        &mut store,
        vec![
            lobby(),
            event(1, 1, Body::Join),
            event(2, 2, Body::Topic(SafeText::new("tea"))),
            event(3, 3, Body::Rename(eve.clone())),
        ],
    );
    let before = store.snapshot().unwrap();
    drop(store);

    let after = RelayStore::open(&path).unwrap().snapshot().unwrap();
    assert_eq!(after, before);
    let room = &after.rooms[0];
    assert_eq!(room.head, Seq(3));
    assert_eq!(room.topic.as_str(), "tea");
    assert_eq!(room.members, [absent_member(eve, DeviceId([7; 8]), NOW())]);
}

#[cfg(unix)]
#[test]
fn files_are_private_to_their_owner() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data").join("relay.db");
    let mut store = RelayStore::open(&path).unwrap();
    append(&mut store, vec![lobby()]);

    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for file in path.parent().unwrap().read_dir().unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn a_database_of_a_newer_version_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    drop(RelayStore::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();

    let error = RelayStore::open(&path).unwrap_err().to_string();
    assert!(error.contains("version 99"), "{error}");
    let known = schema::VERSION;
    assert!(error.contains(&format!("up to {known}")), "{error}");
    assert!(error.contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_refused_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    std::fs::write(&path, "x".repeat(4096)).unwrap();
    let error = RelayStore::open(&path).unwrap_err().to_string();
    assert!(error.ends_with("it is not a lanterm store"), "{error}");
    assert!(error.contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn a_database_of_something_else_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let tables = |path: &Path| -> i64 {
        let connection = Connection::open(path).unwrap();
        let count = "SELECT count(*) FROM sqlite_schema";
        connection.query_row(count, (), |row| row.get(0)).unwrap()
    };
    for version in [0, 1, 99] {
        let connection = Connection::open(&path).unwrap();
        let other = format!("CREATE TABLE t{version} (a); PRAGMA user_version = {version}");
        connection.execute_batch(&other).unwrap();
        drop(connection);
        let before = tables(&path);
        let error = RelayStore::open(&path).unwrap_err().to_string();
        assert!(error.ends_with("it is not a lanterm store"), "{error}");
        assert_eq!(tables(&path), before);
    }
    let client = folder.path().join("client.db");
    drop(ClientStore::open(&client).unwrap());
    let error = RelayStore::open(&client).unwrap_err().to_string();
    assert!(error.ends_with("it is not a lanterm store"), "{error}");
    drop(ClientStore::open(&client).unwrap());
}

#[test]
fn a_full_disk_stores_nothing_of_a_batch_and_the_store_goes_on() {
    let mut store = RelayStore::open_memory().unwrap();
    append(&mut store, vec![lobby(), message(1, 1)]);
    let pages: i64 = store
        .connection
        .query_row("PRAGMA page_count", (), |row| row.get(0))
        .unwrap();
    let limit = |store: &RelayStore, pages: i64| {
        let pragma = format!("PRAGMA max_page_count = {pages}");
        store.connection.query_row(&pragma, (), |_| Ok(())).unwrap();
    };
    limit(&store, pages + 2);
    let long = Body::Message(SafeText::new(&"x".repeat(16 * 1024)));

    let mut batch = vec![message(2, 2)];
    batch.extend((3..20).map(|n| event(n, n, long.clone())));
    let reply = append(&mut store, batch);
    let reason = "the disk is full".to_owned();
    assert_eq!(reply, LogReply::NotAppended { reason });
    assert_eq!(seqs(&mut store, 0, 9, 9), [1]);
    assert_eq!(store.snapshot().unwrap().rooms[0].head, Seq(1));

    limit(&store, pages + 1_000);
    assert_eq!(append(&mut store, vec![message(2, 2)]), appended());
    assert_eq!(seqs(&mut store, 0, 9, 9), [1, 2]);
}

#[test]
fn a_read_only_store_says_so_and_is_still_read() {
    let mut store = RelayStore::open_memory().unwrap();
    append(&mut store, vec![lobby(), message(1, 1)]);
    store
        .connection
        .execute_batch("PRAGMA query_only = 1")
        .unwrap();
    let reason = "the store is read-only".to_owned();
    let reply = append(&mut store, vec![message(2, 2)]);
    assert_eq!(reply, LogReply::NotAppended { reason });
    assert_eq!(seqs(&mut store, 0, 9, 9), [1]);
}

#[test]
fn an_event_out_of_place_fails_its_batch() {
    let mut store = RelayStore::open_memory().unwrap();
    append(&mut store, vec![lobby(), message(1, 1)]);
    for seq in [1, 3] {
        let reply = append(&mut store, vec![message(seq, 50)]);
        assert!(matches!(reply, LogReply::NotAppended { .. }), "{reply:?}");
    }
    assert_eq!(append(&mut store, vec![message(2, 50)]), appended());
}

#[test]
fn an_event_stored_before_is_named_and_nothing_of_its_batch_is_stored() {
    let mut store = RelayStore::open_memory().unwrap();
    append(&mut store, vec![lobby(), message(1, 1)]);
    let reply = append(&mut store, vec![message(2, 2), message(3, 1)]);
    let id = EventId {
        device: DeviceId([7; 8]),
        local: LocalId(1),
    };
    let place = Place {
        room: RoomName::lobby(),
        seq: Seq(1),
        stored_after: 600,
    };
    assert_eq!(reply, LogReply::Duplicates(vec![(id, place.clone())]));
    assert_eq!(seqs(&mut store, 0, 9, 9), [1]);

    let find = |local| LogRequest::Find {
        ticket: 5,
        device: DeviceId([7; 8]),
        local: LocalId(local),
    };
    let replies = store.handle(vec![find(1), find(2)], NOW);
    let found = |place| LogReply::Place { ticket: 5, place };
    assert_eq!(replies, [found(Some(place)), found(None)]);
}

#[test]
fn neighbouring_requests_share_a_commit_and_its_failure() {
    let mut store = RelayStore::open_memory().unwrap();
    let requests = vec![
        LogRequest::Append(vec![lobby(), message(1, 1)]),
        LogRequest::Append(vec![message(2, 2)]),
    ];
    let calls = std::cell::Cell::new(0);
    let clock = || {
        calls.set(calls.get() + 1);
        NOW()
    };
    assert_eq!(store.handle(requests, clock), [appended(), appended()]);
    assert_eq!(calls.get(), 1);

    let requests = vec![
        LogRequest::Append(vec![message(3, 3)]),
        LogRequest::Append(vec![message(9, 9)]),
    ];
    let replies = store.handle(requests, NOW);
    assert!(matches!(
        replies[..],
        [LogReply::NotAppended { .. }, LogReply::NotAppended { .. }]
    ));
    assert_eq!(seqs(&mut store, 0, 9, 9), [1, 2]);
}
