use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn limit(store: &RelayStore, pages: i64) {
    let pragma = format!("PRAGMA max_page_count = {pages}");
    store.connection.query_row(&pragma, (), |_| Ok(())).unwrap();
}

fn read(reader: &RelayReader) -> usize {
    let request = LogRequest::Before {
        ticket: 1,
        room: RoomName::lobby(),
        before: None,
        count_max: 1_000,
    };
    match reader.answer(request) {
        LogReply::Events { events, .. } => events.len(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reader_sees_what_was_committed_before_it_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = RelayStore::open(&folder.path().join("relay.db")).unwrap();
    let reader = store.reader().unwrap().unwrap();
    append(&mut store, vec![lobby()]);
    for n in 1..=20 {
        append(&mut store, vec![message(n, n)]);
        assert_eq!(read(&reader), n as usize);
    }
    assert!(
        RelayStore::open_memory()
            .unwrap()
            .reader()
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_full_disk_is_survived_and_read_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = RelayStore::open(&folder.path().join("relay.db")).unwrap();
    let reader = store.reader().unwrap().unwrap();
    append(&mut store, vec![lobby(), message(1, 1)]);
    limit(&store, 1);
    let long = Body::Message(SafeText::new(&"word ".repeat(3_000)));
    for _ in 0..3 {
        let batch = (2..200).map(|n| event(n, n, long.clone())).collect();
        let reason = "the disk is full".to_owned();
        assert_eq!(append(&mut store, batch), LogReply::NotAppended { reason });
        assert_eq!(read(&reader), 1);
    }
    limit(&store, 1_000_000);
    assert_eq!(append(&mut store, vec![message(2, 2)]), appended());
    assert_eq!(read(&reader), 2);
    assert_eq!(search(&store, "word", "eve").len(), 0);
    assert_eq!(search(&store, "hello", "eve").len(), 2);
}

#[test]
fn the_write_ahead_log_stays_bounded_beside_a_reader_that_never_rests() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let mut store = RelayStore::open(&path).unwrap();
    let reader = store.reader().unwrap().unwrap();
    append(&mut store, vec![lobby(), message(1, 1)]);
    let is_over = AtomicBool::new(false);
    let largest = std::thread::scope(|scope| {
        let is_over = &is_over;
        scope.spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                read(&reader);
            }
        });
        let mut largest = 0;
        let text = Body::Reaction(Seq(1), SafeText::new(&"x".repeat(16 * 1024)));
        for n in 0..12 {
            let batch = (0..250).map(|m| event(n * 250 + m + 2, n * 250 + m + 2, text.clone()));
            assert_eq!(append(&mut store, batch.collect()), appended());
            let wal = copy::beside(&path, "-wal");
            largest = largest.max(wal.metadata().unwrap().len());
        }
        is_over.store(true, Ordering::Relaxed);
        largest
    });
    // About 50 MB were written.
    assert!(largest < 2 * WAL_BYTES_MAX, "{largest}");
}

/// A real one: `mount -t tmpfs -o size=3m tmpfs FOLDER`.
#[test]
#[ignore = "needs a file system of some megabytes, in LANTERM_SMALL_DISK"]
fn a_disk_that_is_really_full_is_survived_as_well() {
    let folder = PathBuf::from(std::env::var("LANTERM_SMALL_DISK").unwrap());
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0; 500_000]).unwrap();
    let mut store = RelayStore::open(&folder.join("relay.db")).unwrap();
    let reader = store.reader().unwrap().unwrap();
    append(&mut store, vec![lobby()]);
    let text = Body::Message(SafeText::new(&"word ".repeat(300)));
    let mut seq = 0;
    let mut fill = |store: &mut RelayStore| loop {
        let batch = (1..=20).map(|n| event(seq + n, seq + n, text.clone()));
        match append(store, batch.collect()) {
            LogReply::Appended { .. } => seq += 20,
            LogReply::NotAppended { reason } => return (seq, reason),
            other => panic!("{other:?}"),
        }
    };
    let (full_at, reason) = fill(&mut store);
    assert_eq!(reason, "the disk is full");
    for _ in 0..3 {
        assert_eq!(fill(&mut store).0, full_at);
        assert_eq!(store.snapshot().unwrap().rooms[0].head, Seq(full_at));
        assert!(read(&reader) > 0);
    }
    std::fs::remove_file(ballast).unwrap();
    assert!(fill(&mut store).0 > full_at);
}
