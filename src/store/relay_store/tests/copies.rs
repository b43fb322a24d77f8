use super::*;

fn fork() -> Append {
    Append::Fork {
        room: RoomName::lobby(),
        log: LogId([4; 8]),
    }
}

/// A store with one event, and a copy of it.
fn stored_and_copied(folder: &Path) -> (RelayStore, PathBuf, PathBuf) {
    let (path, copy) = (folder.join("relay.db"), folder.join("copy.db"));
    let mut store = RelayStore::open(&path).unwrap();
    append(&mut store, vec![lobby(), message(1, 1)]);
    RelayStore::backup(&path, &copy).unwrap();
    (store, path, copy)
}

#[test]
fn a_running_store_is_copied_and_the_copy_knows_what_it_is_until_its_rooms_are_forked() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _, copy) = stored_and_copied(folder.path());
    assert!(!store.snapshot().unwrap().is_copy);

    for _ in 0..2 {
        let mut copied = RelayStore::open(&copy).unwrap();
        assert!(copied.snapshot().unwrap().is_copy);
        assert_eq!(seqs(&mut copied, 0, 9, 9), [1]);
        assert_eq!(search(&copied, "hello", "eve").len(), 1);
    }
    let mut copied = RelayStore::open(&copy).unwrap();
    assert_eq!(append(&mut copied, vec![fork()]), appended());
    drop(copied);
    let snapshot = RelayStore::open(&copy).unwrap().snapshot().unwrap();
    assert!(!snapshot.is_copy);
    let room = &snapshot.rooms[0];
    assert_eq!(room.log, LogId([4; 8]));
    assert_eq!(room.parent, Some(LogId([3; 8])));
}

#[test]
fn a_copy_without_rooms_is_none_any_more_once_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (
        folder.path().join("relay.db"),
        folder.path().join("copy.db"),
    );
    drop(RelayStore::open(&path).unwrap());
    RelayStore::backup(&path, &copy).unwrap();
    assert!(!RelayStore::open(&copy).unwrap().snapshot().unwrap().is_copy);
}

#[test]
fn a_copy_put_back_is_not_mixed_with_what_lies_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, path, copy) = stored_and_copied(folder.path());
    append(&mut store, vec![message(2, 2), message(3, 3)]);
    // Killed: its write-ahead log stays.
    let wal = copy::beside(&path, "-wal");
    let kept = std::fs::read(&wal).unwrap();
    drop(store);
    std::fs::copy(&copy, &path).unwrap();
    std::fs::write(&wal, &kept).unwrap();

    let mut restored = RelayStore::open(&path).unwrap();
    assert!(restored.snapshot().unwrap().is_copy);
    assert_eq!(seqs(&mut restored, 0, 9, 9), [1]);
    append(&mut restored, vec![message(2, 20)]);
    // Killed again, its own write-ahead log is its own.
    let (file, wal_bytes) = (std::fs::read(&path).unwrap(), std::fs::read(&wal).unwrap());
    drop(restored);
    std::fs::write(&path, file).unwrap();
    std::fs::write(&wal, wal_bytes).unwrap();
    let mut restored = RelayStore::open(&path).unwrap();
    assert!(restored.snapshot().unwrap().is_copy);
    assert_eq!(seqs(&mut restored, 0, 9, 9), [1, 2]);
}

#[test]
fn a_copy_never_takes_the_place_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, path, copy) = stored_and_copied(folder.path());
    let before = std::fs::read(&copy).unwrap();
    let error = RelayStore::backup(&path, &copy).unwrap_err().to_string();
    assert!(error.contains(copy.to_str().unwrap()), "{error}");
    assert!(error.contains("exists"), "{error}");
    assert_eq!(std::fs::read(&copy).unwrap(), before);
}

#[test]
fn a_copy_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (
        folder.path().join("relay.db"),
        folder.path().join("copy.db"),
    );
    RelayStore::backup(&path, &copy).unwrap_err();
    std::fs::write(&path, "x".repeat(4096)).unwrap();
    let error = RelayStore::backup(&path, &copy).unwrap_err().to_string();
    assert!(error.ends_with("it is not a lanterm store"), "{error}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_copy_is_private_to_its_owner_and_one_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (store, _, copy) = stored_and_copied(folder.path());
    drop(store);
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let files = folder.path().read_dir().unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["copy.db", "relay.db"]);
}
