//! The relay's tables, and how older databases get to them.
//!
//! Version 2 added hashes over the logs, ordinals, commits numbered over all rooms, readers, ids of
//! pruned events, and the search index. A database of version 1 is carried over in one transaction:
//! everything stays, hashes are worked out from the events, and the index is filled. Version 3 added how
//! far readers have read. Version 4 takes the old texts of edited messages out of the index.
//! Version 5 added the hashes of pruned events.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction};
use rusqlite_migration::{HookResult, M, Migrations};

use crate::room::hash_after;
use crate::store::search::{self, IndexedRoom};
use crate::store::{parsed, reason};
use crate::wire::{LogHash, RoomName};

use super::read::read_event;

/// The newest `user_version` known here.
pub(super) const VERSION: i64 = 5;

/// The version whose events are all written anew on the way to the next.
pub(super) const VERSION_1: i64 = 1;

/// After how many events the log says how far the carrying over is. Arbitrary: some seconds.
const PROGRESS_EVENTS: u64 = 100_000;

/// The steps, one a version. A step that was ever released is never changed.
pub(super) fn migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(STEP_1),
        M::up_with_hook(STEP_2, fill),
        M::up(STEP_3),
        M::up_with_hook("", leave_out_old_texts),
        M::up(STEP_5),
    ])
}

/// Events have no row id: measured with 200,000 of them, pages of 128 are read in half the time and
/// batches of 256 are stored as fast (13,000 to 20,000 events a second, both ways).
pub(super) const STEP_1: &str = "
    CREATE TABLE meta (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        relay BLOB NOT NULL
    ) STRICT;
    INSERT INTO meta VALUES (1, randomblob(8));
    CREATE TABLE rooms (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        log BLOB NOT NULL,
        head INTEGER NOT NULL DEFAULT 0,
        topic TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE TABLE events (
        room INTEGER NOT NULL REFERENCES rooms (id),
        seq INTEGER NOT NULL,
        device BLOB NOT NULL,
        local INTEGER NOT NULL,
        name TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        stored_after INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (room, seq),
        UNIQUE (device, local)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE members (
        room INTEGER NOT NULL REFERENCES rooms (id),
        name TEXT NOT NULL,
        device BLOB NOT NULL,
        since INTEGER NOT NULL,
        PRIMARY KEY (room, name)
    ) STRICT, WITHOUT ROWID;
";

/// `marks` has the events in the order of their commits over all rooms; `meta.pruned` is the mark of
/// the last one deleted, so that a number never comes again. `rooms.base` is the hash before
/// `rooms.first`. `pruned.id` counts up with the time.
const STEP_2: &str = "
    ALTER TABLE meta ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE rooms ADD COLUMN parent BLOB;
    ALTER TABLE rooms ADD COLUMN first INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE rooms ADD COLUMN base BLOB NOT NULL
        DEFAULT x'00000000000000000000000000000000';
    ALTER TABLE rooms ADD COLUMN hash BLOB NOT NULL
        DEFAULT x'00000000000000000000000000000000';
    ALTER TABLE events RENAME TO events_1;
    CREATE TABLE events (
        room INTEGER NOT NULL REFERENCES rooms (id),
        seq INTEGER NOT NULL,
        mark INTEGER NOT NULL,
        device BLOB NOT NULL,
        local INTEGER NOT NULL,
        line INTEGER NOT NULL,
        number INTEGER NOT NULL,
        name TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        stored_after INTEGER NOT NULL,
        body BLOB NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (room, seq),
        UNIQUE (device, local)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX numbered ON events (room, device, line, number) WHERE line <> 0;
    CREATE TABLE marks (
        mark INTEGER PRIMARY KEY,
        room INTEGER NOT NULL,
        seq INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE readers (
        room INTEGER NOT NULL REFERENCES rooms (id),
        device BLOB NOT NULL,
        name TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (room, device)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE pruned (
        id INTEGER PRIMARY KEY,
        device BLOB NOT NULL,
        local INTEGER NOT NULL,
        room INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        stored_after INTEGER NOT NULL,
        pruned_at INTEGER NOT NULL,
        UNIQUE (device, local)
    ) STRICT;
    INSERT INTO marks (room, seq)
        SELECT room, seq FROM (
            SELECT room, seq, max(sent_at + stored_after)
                OVER (PARTITION BY room ORDER BY seq) AS stored_at
            FROM events_1
        ) ORDER BY stored_at, room, seq;
";

pub(super) const STEP_3: &str = "
    ALTER TABLE readers ADD COLUMN read INTEGER NOT NULL DEFAULT 0;
";

/// With the hashes of deleted events, the log of a reader who was away for long is still compared.
/// Null for those deleted before.
const STEP_5: &str = "
    ALTER TABLE pruned ADD COLUMN hash BLOB;
    CREATE INDEX pruned_places ON pruned (room, seq);
";

/// An event whose id is among those pruned is refused just as one whose id is stored.
const STEP_2_END: &str = "
    DROP TABLE events_1;
    CREATE TRIGGER refuse_pruned BEFORE INSERT ON events
        WHEN EXISTS (SELECT 1 FROM pruned WHERE device = new.device AND local = new.local)
    BEGIN
        SELECT raise(ABORT, 'stored before');
    END;
";

/// Gives the events of version 1 their hashes and puts them into the index, in the order of their
/// marks, which is that of the logs as well.
fn fill(transaction: &Transaction<'_>) -> HookResult {
    transaction.execute_batch(search::SCHEMA)?;
    let count: u64 = transaction.query_row("SELECT count(*) FROM marks", (), |row| {
        row.get::<_, i64>(0).map(i64::unsigned_abs)
    })?;
    if count > 0 {
        tracing::info!("bringing {count} stored events up to date; this may take a while");
        carry_over(transaction, count)?;
    }
    transaction.execute_batch(STEP_2_END)?;
    Ok(())
}

/// Puts every edit into the index again, in their order, by which the text before it leaves.
fn leave_out_old_texts(transaction: &Transaction<'_>) -> HookResult {
    let mut statement = transaction.prepare(
        "SELECT events.seq, device, local, line, number, events.name, sent_at, stored_after, body,
                marks.room, rooms.name
         FROM marks JOIN events USING (room, seq) JOIN rooms ON rooms.id = marks.room
         WHERE marks.mark = ?1",
    )?;
    for mark in search::edits(transaction)? {
        let mut rows = statement.query((mark,))?;
        let Some(row) = rows.next()? else { continue };
        let (id, name): (i64, RoomName) = (row.get(9)?, parsed(row, 10)?);
        match read_event(row) {
            Ok(event) => search::add(transaction, IndexedRoom { id, name: &name }, mark, &event)?,
            Err(error) => tracing::error!("an event of {name}: {}", reason(&error)),
        }
    }
    Ok(())
}

fn carry_over(connection: &Connection, count: u64) -> rusqlite::Result<()> {
    let mut rooms: BTreeMap<i64, (RoomName, LogHash)> = connection
        .prepare("SELECT id, name FROM rooms")?
        .query_map((), |row| {
            Ok((row.get(0)?, (parsed(row, 1)?, LogHash::EMPTY)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut old = connection.prepare(
        "SELECT seq, device, local, 0, 0, name, sent_at, stored_after, body, mark, room
         FROM marks JOIN events_1 USING (room, seq) ORDER BY mark",
    )?;
    let mut copy = connection.prepare(
        "INSERT INTO events
         SELECT room, seq, ?3, device, local, 0, 0, name, sent_at, stored_after, body, ?4
         FROM events_1 WHERE room = ?1 AND seq = ?2",
    )?;
    let mut rows = old.query(())?;
    let mut done = 0;
    while let Some(row) = rows.next()? {
        let (seq, mark, id): (i64, i64, i64) = (row.get(0)?, row.get(9)?, row.get(10)?);
        let Some((name, hash)) = rooms.get_mut(&id) else {
            continue;
        };
        match read_event(row) {
            Ok(event) => {
                *hash = hash_after(*hash, &event);
                search::add(connection, IndexedRoom { id, name }, mark, &event)?;
            }
            // It stays as it is, for whoever can mend it.
            Err(error) => tracing::error!("event {seq} of {name}: {}", reason(&error)),
        }
        copy.execute((id, seq, mark, hash.0))?;
        done += 1;
        if done % PROGRESS_EVENTS == 0 {
            tracing::info!("{done} of {count} events are up to date");
        }
    }
    for (id, (_, hash)) in rooms {
        connection.execute("UPDATE rooms SET hash = ?2 WHERE id = ?1", (id, hash.0))?;
    }
    Ok(())
}
