//! What is added to the logs.

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction};

use crate::room::log::{Append, Place};
use crate::store::search::{self, IndexedRoom};
use crate::store::to_i64;
use crate::wire::{Body, Event, EventId, LogHash, LogId, RoomName, Timestamp, pack};

use super::copy;
use super::read::find;

/// Why a batch was not stored.
pub(super) enum AppendError {
    /// These events were stored before.
    Duplicates(Vec<(EventId, Place)>),
    /// An event is not the next of its room's log: it was placed after one that failed.
    Gap,
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for AppendError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Commits requests together, or finds out why not.
pub(super) fn append(
    connection: &mut Connection,
    group: &mut [Vec<Append>],
    stored_at: Timestamp,
) -> Result<(), AppendError> {
    match commit(connection, group, stored_at) {
        Err(AppendError::Sqlite(error))
            if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) =>
        {
            let duplicates = find_duplicates(connection, group)?;
            Err(if duplicates.is_empty() {
                AppendError::Sqlite(error)
            } else {
                AppendError::Duplicates(duplicates)
            })
        }
        result => result,
    }
}

/// One transaction. Its drop rolls back whatever a return on the way leaves behind.
fn commit(
    connection: &mut Connection,
    group: &mut [Vec<Append>],
    stored_at: Timestamp,
) -> Result<(), AppendError> {
    let transaction = connection.transaction()?;
    let mut mark = last_mark(&transaction)?;
    for append in group.iter_mut().flatten() {
        match append {
            Append::Room { room, log } => {
                transaction
                    .prepare_cached("INSERT INTO rooms (name, log) VALUES (?1, ?2)")?
                    .execute((room.as_str(), log.0))?;
            }
            Append::Event { room, event, hash } => {
                event.stored_after = stored_at.0.saturating_sub(event.sent_at.0);
                mark += 1;
                insert_event(&transaction, room, mark, event, *hash, stored_at)?;
            }
            Append::Fork { room, log } => fork(&transaction, room, *log)?,
            Append::Read {
                room,
                device,
                name,
                seq,
                read,
            } => {
                transaction
                    .prepare_cached(
                        "INSERT INTO readers SELECT id, ?2, ?3, ?4, ?5 FROM rooms WHERE name = ?1
                         ON CONFLICT DO UPDATE
                         SET name = excluded.name, seq = max(seq, excluded.seq),
                             read = max(read, excluded.read)",
                    )?
                    .execute((
                        room.as_str(),
                        device.0,
                        name.as_str(),
                        to_i64(seq.0),
                        to_i64(read.0),
                    ))?;
            }
        }
    }
    transaction.commit()?;
    Ok(())
}

/// The highest number a commit gave to an event, be it deleted since.
fn last_mark(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT max(coalesce((SELECT max(mark) FROM marks), 0), pruned) FROM meta")?
        .query_row((), |row| row.get(0))
}

/// A room's log goes on under another id. The store is no mere copy of another any more.
fn fork(transaction: &Transaction<'_>, room: &RoomName, log: LogId) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE rooms SET parent = log, log = ?2 WHERE name = ?1")?
        .execute((room.as_str(), log.0))?;
    copy::unmark(transaction)
}

/// Which events of a group are stored, or were.
fn find_duplicates(
    connection: &Connection,
    group: &[Vec<Append>],
) -> rusqlite::Result<Vec<(EventId, Place)>> {
    let mut duplicates = Vec::new();
    for append in group.iter().flatten() {
        if let Append::Event { event, .. } = append
            && let Some(place) = find(connection, event.id())?
        {
            duplicates.push((event.id(), place));
        }
    }
    Ok(duplicates)
}

/// Adds an event and what follows from it.
fn insert_event(
    transaction: &Transaction<'_>,
    room: &RoomName,
    mark: i64,
    event: &Event,
    hash: LogHash,
    stored_at: Timestamp,
) -> Result<(), AppendError> {
    let (seq, local) = (to_i64(event.seq.0), to_i64(event.local.0));
    let id: i64 = transaction
        .prepare_cached(
            "UPDATE rooms SET head = ?2, hash = ?3 WHERE name = ?1 AND head = ?2 - 1 RETURNING id",
        )?
        .query_row((room.as_str(), seq, hash.0), |row| row.get(0))
        .optional()?
        .ok_or(AppendError::Gap)?;
    transaction
        .prepare_cached(
            "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute((
            id,
            seq,
            mark,
            event.device.0,
            local,
            event.ordinal.line,
            event.ordinal.number,
            event.from.as_str(),
            event.sent_at.0,
            event.stored_after,
            pack::encode(&event.body),
            hash.0,
        ))?;
    transaction
        .prepare_cached("INSERT INTO marks VALUES (?1, ?2, ?3)")?
        .execute((mark, id, seq))?;
    search::add(transaction, IndexedRoom { id, name: room }, mark, event)?;
    match &event.body {
        Body::Join => transaction
            .prepare_cached("INSERT OR REPLACE INTO members VALUES (?1, ?2, ?3, ?4)")?
            .execute((id, event.from.as_str(), event.device.0, stored_at.0))?,
        Body::Leave => transaction
            .prepare_cached("DELETE FROM members WHERE room = ?1 AND name = ?2")?
            .execute((id, event.from.as_str()))?,
        Body::Rename(to) => transaction
            .prepare_cached(
                "UPDATE OR REPLACE members SET name = ?3 WHERE room = ?1 AND name = ?2",
            )?
            .execute((id, event.from.as_str(), to.as_str()))?,
        Body::Topic(topic) => transaction
            .prepare_cached("UPDATE rooms SET topic = ?2 WHERE id = ?1")?
            .execute((id, topic.as_str()))?,
        Body::Message(_)
        | Body::Reply(..)
        | Body::Action(_)
        | Body::Edit(..)
        | Body::Reaction(..)
        | Body::Redaction(_)
        | Body::Role(..) => 0,
    };
    Ok(())
}
