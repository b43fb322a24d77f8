use std::time::Instant;

use super::*;
use crate::room::hash_after;

/// A database as version 1 left it: two rooms, a member, and events whose commits took turns.
fn version_1(path: &Path) -> Vec<(RoomName, Event)> {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = WAL")
        .unwrap();
    connection.execute_batch(schema::STEP_1).unwrap();
    connection.execute_batch("PRAGMA user_version = 1").unwrap();
    let rooms = ["lobby", "@alice+bob"];
    for (room, head) in rooms.iter().zip([4, 3]) {
        connection
            .execute(
                "INSERT INTO rooms (name, log, head, topic) VALUES (?1, ?2, ?3, 'tea')",
                (room, [3u8; 8], head),
            )
            .unwrap();
    }
    connection
        .execute(
            "INSERT INTO members VALUES (1, 'alice', ?1, 77)",
            ([7u8; 8],),
        )
        .unwrap();
    let mut events = Vec::new();
    for n in 0..7u64 {
        let (room, seq) = (n % 2, n / 2 + 1);
        let text = format!("word{n} Straße 会议室");
        let event = Event {
            seq: Seq(seq),
            device: DeviceId([7; 8]),
            local: LocalId(100 + n),
            ordinal: Ordinal::NONE,
            from: "alice".parse().unwrap(),
            sent_at: Timestamp(1_000 * n as i64),
            stored_after: -5,
            body: Body::Message(SafeText::new(&text)),
        };
        connection
            .execute(
                "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                (
                    to_i64(room + 1),
                    to_i64(seq),
                    event.device.0,
                    to_i64(event.local.0),
                    event.from.as_str(),
                    event.sent_at.0,
                    event.stored_after,
                    pack::encode(&event.body),
                ),
            )
            .unwrap();
        events.push((rooms[room as usize].parse().unwrap(), event));
    }
    events
}

/// Makes a database one of before version 5.
const UNDO_5: &str = "DROP INDEX pruned_places; ALTER TABLE pruned DROP COLUMN hash;";

#[test]
fn a_database_of_version_1_keeps_all_it_has_and_gets_hashes_and_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let old = version_1(&path);

    let mut store = RelayStore::open(&path).unwrap();
    let snapshot = store.snapshot().unwrap();
    assert!(!snapshot.is_copy);
    for room in &snapshot.rooms {
        let of_room = old.iter().filter(|(name, _)| *name == room.name);
        let events: Vec<Event> = of_room.map(|(_, event)| event.clone()).collect();
        let mut hashes = vec![LogHash::EMPTY];
        for event in &events {
            hashes.push(hash_after(*hashes.last().unwrap(), event));
        }
        assert_eq!(room.head, Seq(events.len() as u64));
        assert_eq!((room.first, room.parent), (Seq(1), None));
        assert_eq!(room.hash, *hashes.last().unwrap());
        assert_eq!(room.topic.as_str(), "tea");
        assert_eq!(hashes_of(&store, &room.name, 0), hashes);
        assert_eq!(all_events(&mut store, &room.name), events);
    }
    assert_eq!(snapshot.rooms[0].members.len(), 1);
    let found = search(&store, "strasse 会议", "bob");
    let found: Vec<(u64, u64)> = found
        .iter()
        .map(|found| (found.mark, found.event.local.0))
        .collect();
    let newest_first: Vec<_> = (0..7).rev().map(|n| (n + 1, 100 + n)).collect();
    assert_eq!(found, newest_first);
    assert_eq!(search(&store, "word1", "eve").len(), 0);

    let reply = append(&mut store, vec![message(5, 500), message(6, 501)]);
    assert_eq!(reply, appended());
    drop(store);
    let again = RelayStore::open(&path).unwrap().snapshot().unwrap();
    assert_eq!(again.rooms[0].head, Seq(6));
}

#[test]
fn a_database_of_version_2_keeps_its_readers_who_have_read_nothing_yet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let reader = |read| Append::Read {
        room: RoomName::lobby(),
        device: DeviceId([7; 8]),
        name: "bob".parse().unwrap(),
        seq: Seq(2),
        read: Seq(read),
    };
    let mut store = RelayStore::open(&path).unwrap();
    append(&mut store, vec![lobby(), message(1, 1), message(2, 2)]);
    append(&mut store, vec![reader(0)]);
    drop(store);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(&format!(
            "{UNDO_5} ALTER TABLE readers DROP COLUMN read; PRAGMA user_version = 2"
        ))
        .unwrap();
    drop(connection);

    let mut store = RelayStore::open(&path).unwrap();
    let read = |store: &RelayStore| {
        let room = store.snapshot().unwrap().rooms.remove(0);
        let readers = room.readers.iter();
        let read: Vec<_> = readers
            .map(|reader| (reader.seq.0, reader.read.0))
            .collect();
        read
    };
    assert_eq!(read(&store), [(2, 0)]);
    append(&mut store, vec![reader(1)]);
    drop(store);
    assert_eq!(read(&RelayStore::open(&path).unwrap()), [(2, 1)]);
}

#[test]
fn a_database_of_version_3_finds_edited_messages_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let edit = |seq, of, text: &str| {
        let text = SafeText::new(text);
        event(seq, seq, Body::Edit(Seq(of), text))
    };
    let mut store = RelayStore::open(&path).unwrap();
    append(&mut store, vec![lobby(), message(1, 1), message(2, 2)]);
    append(
        &mut store,
        vec![edit(3, 1, "hello tea"), edit(4, 1, "hello milk")],
    );
    // Entries as version 3 had them beside the last one.
    let entries = [(1, "hello _r1"), (3, "hello tea _r1 _e1_1")];
    for (mark, tokens) in entries {
        store
            .connection
            .execute(
                "INSERT INTO search (rowid, tokens) VALUES (?1, ?2)",
                (mark, tokens),
            )
            .unwrap();
    }
    let marks = |store: &RelayStore, words: &str| -> Vec<u64> {
        let found = search(store, words, "eve");
        found.iter().map(|found| found.mark).collect()
    };
    assert_eq!(marks(&store, "hello"), [4, 3, 2, 1]);
    store
        .connection
        .execute_batch(&format!("{UNDO_5} PRAGMA user_version = 3"))
        .unwrap();
    drop(store);

    let store = RelayStore::open(&path).unwrap();
    assert_eq!(marks(&store, "hello"), [4, 2]);
    assert_eq!(marks(&store, "milk"), [4]);
    assert_eq!(marks(&store, "tea"), [0; 0]);
}

#[test]
fn a_carried_over_database_can_shrink() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    version_1(&path);
    let store = RelayStore::open(&path).unwrap();
    let pragma = |name: &str| -> i64 {
        let pragma = format!("PRAGMA {name}");
        store
            .connection
            .query_row(&pragma, (), |row| row.get(0))
            .unwrap()
    };
    assert_eq!((pragma("auto_vacuum"), pragma("freelist_count")), (2, 0));
}

/// Prints how long a million events take.
#[test]
#[ignore = "takes minutes: run it in a release build for its figures"]
#[expect(clippy::disallowed_methods, reason = "figures, not behaviour")]
fn a_million_events_are_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    version_1(&path);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000000),
                 said (n, text) AS (
                     SELECT n, format('word %d and some more words, as people write them', n)
                     FROM n
                 )
             INSERT INTO events
             SELECT 1, n + 4, x'0101010101010101', n, 'bob', n, 5,
                 CAST(x'81a16dd9' || char(length(text)) || text AS BLOB)
             FROM said;
             UPDATE rooms SET head = 1000004 WHERE id = 1",
        )
        .unwrap();
    drop(connection);
    let started = Instant::now();
    let store = RelayStore::open(&path).unwrap();
    let opened = Instant::now();
    println!(
        "carried over in {:?}",
        opened.saturating_duration_since(started)
    );
    assert_eq!(search(&store, "word 999999", "bob").len(), 1);
    drop(store);
    let started = Instant::now();
    let snapshot = RelayStore::open(&path).unwrap().snapshot().unwrap();
    println!(
        "opened in {:?}",
        Instant::now().saturating_duration_since(started)
    );
    assert_eq!(snapshot.rooms[0].head, Seq(1_000_004));
}
