//! What need not be kept is deleted: the oldest events of all rooms first, a bounded amount at a
//! time.
//!
//! A log keeps its numbers: the events deleted are always the oldest of their room, the room knows
//! the first one left and the hash before it. The ids and hashes of deleted events are remembered
//! until [`Cutoff::deleted_before`] passes them, so that one sent again late is recognised, and the log
//! of a reader who was away for long can be compared.
//!
//! # The size of the file
//!
//! What is counted are the pages in use. Pages that deleting frees are filled again before the file
//! grows; when more than a tenth is free, or the file is larger than wanted, its end is given back
//! to the system. So a file stays about under its limit, give or take some megabytes of the
//! write-ahead log beside it. A store that was carried over from version 1 while there was no space
//! for a second copy of it can't shrink; its free pages are used again all the same.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, Transaction};

use crate::room::log::Cutoff;
use crate::store::search::{self, IndexedRoom};
use crate::store::{parsed, to_i64};
use crate::wire::{RoomName, Seq, Timestamp};

/// Events one pruning deletes at most. New events wait that long for their commit: see
/// `benches/search.rs`.
pub(super) const EVENTS_MAX: u32 = 1_000;

/// Ids and hashes of deleted events remembered at most. Arbitrary: a month of a message every three
/// seconds; 106 MB, measured.
const IDS_MAX: i64 = 1_000_000;

/// With a limit of bytes, one id is remembered for this many of them at most: a tenth of the store.
const BYTES_PER_ID: u64 = 1_000;

/// Pages given back to the system at a time: 4 MB. They may have to be moved first.
const VACUUM_PAGES_MAX: i64 = 1_000;

/// Free pages kept for what comes, at least: 1 MB.
const SPARE_PAGES_MIN: i64 = 256;

/// What a pruning did.
#[derive(Debug, Default)]
pub(super) struct Pruned {
    /// The rooms that lost events, and the first event each still has.
    pub rooms: Vec<(RoomName, Seq)>,
    /// Whether there is more to delete.
    pub is_more: bool,
}

/// An event, as far as its deletion needs it.
struct Old {
    mark: i64,
    room: i64,
    seq: i64,
    name: RoomName,
    stored_at: i64,
}

/// Deletes what need not be kept; `now` is noted as the time of its deletion.
pub(super) fn prune(
    connection: &mut Connection,
    cutoff: Cutoff,
    now: Timestamp,
) -> rusqlite::Result<Pruned> {
    let transaction = connection.transaction()?;
    let wanted = events_to_delete(&transaction, cutoff)?;
    let rooms = delete(&transaction, &wanted, now)?;
    forget_ids(&transaction, cutoff)?;
    transaction.commit()?;
    let is_shrinking = shrink(connection, cutoff)?;
    let is_large = is_over(connection, cutoff)?;
    let is_full_round = wanted.len() == EVENTS_MAX as usize;
    Ok(Pruned {
        is_more: !wanted.is_empty() && (is_full_round || is_large) || is_shrinking,
        rooms: rooms.into_values().collect(),
    })
}

/// The oldest events, as far as they are too old or too many.
///
/// They are taken in the order of their commits. Where the clock went back, an event from the time
/// before stands before older ones: it goes with the last of those.
fn events_to_delete(connection: &Connection, cutoff: Cutoff) -> rusqlite::Result<Vec<Old>> {
    let mut oldest = connection
        .prepare_cached(
            "SELECT marks.mark, marks.room, marks.seq, rooms.name, sent_at, stored_after
             FROM marks JOIN events USING (room, seq) JOIN rooms ON rooms.id = marks.room
             ORDER BY marks.mark LIMIT ?1",
        )?
        .query_map((EVENTS_MAX,), read_old)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let too_old = cutoff.stored_before.map_or(0, |before| {
        let last = oldest.iter().rposition(|old| old.stored_at < before.0);
        last.map_or(0, |index| index + 1)
    });
    let too_many = too_many(connection, cutoff)?;
    oldest.truncate(too_old.max(too_many));
    Ok(oldest)
}

/// How many events to delete for the limit of bytes: about as many as take what is too much.
fn too_many(connection: &Connection, cutoff: Cutoff) -> rusqlite::Result<usize> {
    let Some(bytes_max) = cutoff.bytes_max else {
        return Ok(0);
    };
    let used = bytes_used(connection)?;
    if used <= bytes_max {
        return Ok(0);
    }
    let events: i64 = connection
        .prepare_cached("SELECT coalesce(max(mark) - min(mark) + 1, 0) FROM marks")?
        .query_row((), |row| row.get(0))?;
    let bytes_per_event = used / events.unsigned_abs().max(1) + 1;
    let count = (used - bytes_max) / bytes_per_event + 1;
    // A handful frees no page.
    Ok(usize::try_from(count).unwrap_or(usize::MAX).max(64))
}

/// Deletes events; returns what each room concerned still has.
fn delete(
    transaction: &Transaction<'_>,
    events: &[Old],
    now: Timestamp,
) -> rusqlite::Result<BTreeMap<i64, (RoomName, Seq)>> {
    let mut rooms = BTreeMap::new();
    let Some(last) = events.last() else {
        return Ok(rooms);
    };
    // The last one of a room sets the base that the room keeps.
    for old in events {
        let seq = Seq(old.seq.unsigned_abs());
        rooms.insert(old.room, (old.name.clone(), seq.next()));
    }
    for (room, (_, first)) in &rooms {
        let last = to_i64(first.0) - 1;
        transaction
            .prepare_cached(
                "UPDATE rooms SET first = ?2 + 1,
                     base = (SELECT hash FROM events WHERE room = ?1 AND seq = ?2)
                 WHERE id = ?1",
            )?
            .execute((room, last))?;
        transaction
            .prepare_cached("DELETE FROM redacted WHERE room = ?1 AND seq <= ?2")?
            .execute((room, last))?;
    }
    let mut remember = transaction.prepare_cached(
        "INSERT OR IGNORE INTO pruned (device, local, room, seq, stored_after, pruned_at, hash)
         SELECT device, local, room, seq, stored_after, ?3, hash
         FROM events WHERE room = ?1 AND seq = ?2",
    )?;
    let mut delete =
        transaction.prepare_cached("DELETE FROM events WHERE room = ?1 AND seq = ?2")?;
    for old in events {
        let id = old.room;
        search::remove(
            transaction,
            IndexedRoom {
                id,
                name: &old.name,
            },
            old.mark,
        )?;
        remember.execute((old.room, old.seq, now.0))?;
        delete.execute((old.room, old.seq))?;
    }
    transaction
        .prepare_cached("DELETE FROM marks WHERE mark <= ?1")?
        .execute((last.mark,))?;
    transaction
        .prepare_cached("UPDATE meta SET pruned = ?1")?
        .execute((last.mark,))?;
    Ok(rooms)
}

/// Forgets ids that are old, and the oldest of too many.
fn forget_ids(transaction: &Transaction<'_>, cutoff: Cutoff) -> rusqlite::Result<()> {
    let deleted_before = cutoff.deleted_before.map_or(i64::MIN, |before| before.0);
    let ids_max = cutoff
        .bytes_max
        .map_or(IDS_MAX, |bytes| to_i64(bytes / BYTES_PER_ID).min(IDS_MAX));
    transaction
        .prepare_cached(
            "DELETE FROM pruned WHERE id IN (
                 SELECT id FROM pruned
                 WHERE pruned_at < ?1 OR id <= (SELECT max(id) FROM pruned) - ?2
                 ORDER BY id LIMIT ?3
             )",
        )?
        .execute((deleted_before, ids_max, 2 * EVENTS_MAX))?;
    Ok(())
}

/// Gives free pages at the end of the file back to the system. Returns whether there are more.
fn shrink(connection: &Connection, cutoff: Cutoff) -> rusqlite::Result<bool> {
    /// `PRAGMA auto_vacuum` of a database whose file can shrink a bit at a time.
    const INCREMENTAL: i64 = 2;
    if pragma(connection, "auto_vacuum")? != INCREMENTAL {
        return Ok(false);
    }
    let pages = pragma(connection, "page_count")?;
    let free = pragma(connection, "freelist_count")?;
    let spare = (pages / 10).max(SPARE_PAGES_MIN);
    let pages_max = match cutoff.bytes_max {
        Some(bytes) => to_i64(bytes) / pragma(connection, "page_size")?,
        None => i64::MAX,
    };
    let excess = (free - spare).max(pages - pages_max).min(free);
    if excess <= 0 {
        return Ok(false);
    }
    let count = excess.min(VACUUM_PAGES_MAX);
    // Each step of the statement gives one page back.
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({count})"))?;
    let mut rows = statement.query(())?;
    while rows.next()?.is_some() {}
    Ok(excess > count)
}

fn is_over(connection: &Connection, cutoff: Cutoff) -> rusqlite::Result<bool> {
    let used = bytes_used(connection)?;
    Ok(cutoff.bytes_max.is_some_and(|max| used > max))
}

/// Bytes of the pages that have something in them.
fn bytes_used(connection: &Connection) -> rusqlite::Result<u64> {
    let pages = pragma(connection, "page_count")? - pragma(connection, "freelist_count")?;
    Ok((pages * pragma(connection, "page_size")?).unsigned_abs())
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(&format!("PRAGMA {name}"))?
        .query_row((), |row| row.get(0))
}

fn read_old(row: &Row<'_>) -> rusqlite::Result<Old> {
    let (sent_at, stored_after): (i64, i64) = (row.get(4)?, row.get(5)?);
    Ok(Old {
        mark: row.get(0)?,
        room: row.get(1)?,
        seq: row.get(2)?,
        name: parsed(row, 3)?,
        stored_at: sent_at.saturating_add(stored_after),
    })
}
