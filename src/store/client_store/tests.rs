use super::*;
use crate::wire::{Body, Ordinal, SafeText};

mod drafts;
mod rooms;

const LOG: LogId = LogId([3; 8]);

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &tempfile::TempDir) -> ClientStore {
    ClientStore::open(&folder.path().join("alice.db")).unwrap()
}

fn received(log: LogId, seq: u64) -> Received {
    let event = Event {
        seq: Seq(seq),
        device: DeviceId([1; 8]),
        local: LocalId(seq % 1000),
        ordinal: Ordinal::NONE,
        from: "alice".parse().unwrap(),
        sent_at: Timestamp(5),
        stored_after: -2,
        body: Body::Edit(Seq(1), SafeText::new("hi")),
    };
    Received {
        room: RoomName::lobby(),
        log,
        event,
        hash: LogHash([(seq as u8).max(1); 16]),
        received_at: Timestamp(9),
    }
}

fn record(store: &mut ClientStore, log: LogId, seqs: impl IntoIterator<Item = u64>) {
    let events: Vec<_> = seqs.into_iter().map(|seq| received(log, seq)).collect();
    store.record(&events).unwrap();
}

fn cursor(store: &ClientStore) -> Option<(LogId, u64)> {
    let cursor = store.cursor(&RoomName::lobby()).unwrap();
    cursor.map(|cursor| (cursor.log, cursor.seq.0))
}

fn recent(store: &ClientStore, count_max: u32) -> Vec<(u8, u64)> {
    let events = store.recent(&RoomName::lobby(), count_max).unwrap();
    events
        .iter()
        .map(|received| (received.log.0[0], received.event.seq.0))
        .collect()
}

fn message(local: u64) -> Send {
    Send::new(
        LocalId(local),
        Timestamp(4),
        Body::Message(SafeText::new("mine")),
    )
}

fn adopted(store: &mut ClientStore) -> Vec<u64> {
    let adopted = store.adopt().unwrap();
    assert!(adopted.iter().all(|(_, send)| send.again));
    adopted.iter().map(|(_, send)| send.local.0).collect()
}

/// Ends a store as a kill does: nothing is tidied up, but the system takes its locks back.
fn kill(mut store: ClientStore) {
    let unlocked = tempfile::tempfile().unwrap();
    drop(std::mem::replace(&mut store._lock, unlocked));
    std::mem::forget(store);
}

#[test]
fn what_was_read_comes_back_as_it_was() {
    let folder = folder();
    let mut store = open(&folder);
    record(&mut store, LOG, [1]);
    drop(store);
    let store = open(&folder);
    let recent = store.recent(&RoomName::lobby(), 10).unwrap();
    assert_eq!(recent, [received(LOG, 1)]);
    assert_eq!(cursor(&store), Some((LOG, 1)));
    assert_eq!(store.cursor(&"other".parse().unwrap()).unwrap(), None);
}

#[test]
fn the_newest_events_come_oldest_first() {
    let folder = folder();
    let mut store = open(&folder);
    record(&mut store, LOG, 1..=9);
    assert_eq!(recent(&store, 3), [(3, 7), (3, 8), (3, 9)]);
}

#[test]
fn an_event_recorded_twice_is_there_once() {
    let folder = folder();
    let mut store = open(&folder);
    record(&mut store, LOG, [1, 2, 2, 1]);
    assert_eq!(recent(&store, 10), [(3, 1), (3, 2)]);
    assert_eq!(cursor(&store), Some((LOG, 2)));
}

#[test]
fn the_cursor_stops_before_a_gap_and_passes_it_once_it_is_filled() {
    let folder = folder();
    let mut store = open(&folder);
    record(&mut store, LOG, [5, 6, 9, 10]);
    assert_eq!(cursor(&store), Some((LOG, 6)));
    // Another process of the user has meanwhile read what is missing.
    let mut other = open(&folder);
    record(&mut other, LOG, [7]);
    record(&mut other, LOG, [2]);
    assert_eq!(cursor(&store), Some((LOG, 7)));
    record(&mut store, LOG, [8]);
    assert_eq!(cursor(&store), Some((LOG, 10)));
}

#[test]
fn the_log_read_last_has_the_cursor_and_comes_last() {
    let folder = folder();
    let mut store = open(&folder);
    let other = LogId([4; 8]);
    record(&mut store, LOG, 1..=3);
    record(&mut store, other, 1..=2);
    assert_eq!(cursor(&store), Some((other, 2)));
    assert_eq!(recent(&store, 3), [(3, 3), (4, 1), (4, 2)]);
    record(&mut store, LOG, [4]);
    assert_eq!(cursor(&store), Some((LOG, 4)));
    assert_eq!(recent(&store, 5), [(4, 2), (3, 1), (3, 2), (3, 3), (3, 4)]);
}

#[test]
fn places_beyond_what_sqlite_counts_do_no_harm() {
    let folder = folder();
    let mut store = open(&folder);
    record(&mut store, LOG, [u64::MAX, i64::MAX as u64, 0]);
    assert!(cursor(&store).is_some());
}

#[test]
fn what_a_process_that_died_had_on_its_way_is_taken_over_once_and_in_order() {
    let folder = folder();
    let lobby = RoomName::lobby();
    let mut dying = open(&folder);
    for local in [9, 3, 7, 5] {
        dying.queue(&[(lobby.clone(), message(local))]).unwrap();
    }
    dying.remove(&[LocalId(3)]).unwrap();
    let mut alive = open(&folder);
    alive.queue(&[(lobby.clone(), message(20))]).unwrap();
    let mut store = open(&folder);
    assert_eq!(adopted(&mut store), [0; 0]);
    kill(dying);
    assert_eq!(adopted(&mut store), [9, 7, 5]);
    assert_eq!(adopted(&mut alive), [0; 0]);
    assert_eq!(adopted(&mut store), [0; 0]);
    // Unanswered when the adopter ended in order, they go to the next.
    drop(store);
    assert_eq!(adopted(&mut alive), [9, 7, 5]);
}

#[test]
fn locks_of_the_dead_are_cleared_away() {
    let folder = folder();
    let lobby = RoomName::lobby();
    let mut dying = open(&folder);
    dying.queue(&[(lobby, message(9))]).unwrap();
    kill(dying);
    let mut store = open(&folder);
    assert_eq!(adopted(&mut store), [9]);
    drop(store);
    let files = std::fs::read_dir(folder.path()).unwrap();
    let locks = files.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".lock")
    });
    assert_eq!(locks.count(), 0);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("deep").join("alice.db");
    let mut store = ClientStore::open(&path).unwrap();
    record(&mut store, LOG, [1]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for file in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}
