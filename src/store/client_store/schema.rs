//! The client's tables, and how older databases get to them.
//!
//! Version 2 added hashes over the logs, ordinals, and the rooms left open with what was read of
//! them. Of the events of version 1 only those have a hash now that were had from the first one of
//! their log on; all that was there counts as read.
//!
//! Version 3 added what is being written, and the lines sent.
//!
//! Version 4 added which event a message in the outbox is about, whatever log its place is in then.

use std::collections::BTreeMap;

use rusqlite::Transaction;
use rusqlite_migration::{HookResult, M, Migrations};

use super::read_event;
use crate::room::hash_after;
use crate::store::reason;
use crate::wire::{LogHash, Seq};

/// The newest `user_version` known here.
pub(super) const VERSION: i64 = 4;

/// The steps, one a version. A step that was ever released is never changed.
pub(super) fn migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(STEP_1),
        M::up_with_hook(STEP_2, fill),
        M::up(STEP_3),
        M::up(STEP_4),
    ])
}

/// `cursors.used` counts up whenever a room moves to another log, so that the highest is the log
/// read last.
pub(super) const STEP_1: &str = "
    CREATE TABLE history (
        room TEXT NOT NULL,
        log BLOB NOT NULL,
        seq INTEGER NOT NULL,
        device BLOB NOT NULL,
        local INTEGER NOT NULL,
        name TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        stored_after INTEGER NOT NULL,
        body BLOB NOT NULL,
        received_at INTEGER NOT NULL,
        PRIMARY KEY (room, log, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE cursors (
        room TEXT NOT NULL,
        log BLOB NOT NULL,
        seq INTEGER NOT NULL,
        used INTEGER NOT NULL,
        PRIMARY KEY (room, log)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        local INTEGER NOT NULL UNIQUE,
        room TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        body BLOB NOT NULL,
        owner TEXT NOT NULL
    ) STRICT;
";

/// `history.hash` is null where it is not known. `cursors.hash` is for a cursor at an event that is
/// not in the history. `rooms.id` counts up in the order of opening.
const STEP_2: &str = "
    ALTER TABLE history ADD COLUMN line INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE history ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE history ADD COLUMN hash BLOB;
    ALTER TABLE cursors ADD COLUMN hash BLOB;
    ALTER TABLE outbox ADD COLUMN line INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE outbox ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE rooms (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        room TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE reads (
        room TEXT NOT NULL,
        log BLOB NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (room, log)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO reads SELECT room, log, seq FROM cursors;
";

/// `lines.id` counts up in the order of sending.
const STEP_3: &str = "
    CREATE TABLE drafts (
        room TEXT PRIMARY KEY,
        text TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE lines (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        room TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX lines_of_room ON lines (room, id);
";

/// `outbox.target` is the hash up to the event that a message is about; null where it is not known.
const STEP_4: &str = "ALTER TABLE outbox ADD COLUMN target BLOB;";

/// Works out the hashes of logs that were had from their first event on, up to a gap.
fn fill(transaction: &Transaction<'_>) -> HookResult {
    let mut old = transaction.prepare(
        "SELECT history.log, seq, device, local, 0, 0, name, sent_at, stored_after, body, room
         FROM history ORDER BY room, log, seq",
    )?;
    let mut hashes: BTreeMap<(String, [u8; 8]), (Seq, LogHash)> = BTreeMap::new();
    let mut rows = old.query(())?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let key: (String, [u8; 8]) = (row.get(10)?, row.get(0)?);
        let event = match read_event(row) {
            Ok(event) => event,
            Err(error) => {
                tracing::error!("a damaged event of {}: {}", key.0, reason(&error));
                continue;
            }
        };
        let (last, hash) = hashes
            .entry(key.clone())
            .or_insert((Seq(0), LogHash::EMPTY));
        if event.seq == last.next() {
            *last = event.seq;
            *hash = hash_after(*hash, &event);
            found.push((key.0, key.1, row.get::<_, i64>(1)?, hash.0));
        }
    }
    drop(rows);
    let mut update = transaction
        .prepare("UPDATE history SET hash = ?4 WHERE room = ?1 AND log = ?2 AND seq = ?3")?;
    for event in found {
        update.execute(event)?;
    }
    Ok(())
}
