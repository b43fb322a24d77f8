//! One user's memory: what was read of every room, up to where, and what is on its way.
//!
//! The processes of a user share it. What one of them has on its way is marked as its own: each
//! process holds a lock on a file of its own for as long as it lives, so that another can tell what
//! a process left behind that died, and send it in its place. The relay stores it once, however
//! often it is sent.
//!
//! # The cursor
//!
//! How far a log was read is the last event that all before it are there of, counted from the first
//! one ever had. Events may be missing in between: the disk was full when they came. The cursor
//! stays before such a gap until they are there, so that they are asked for again; it passes a gap
//! only when the relay says that it has those events no more.

mod drafts;
mod known;
mod schema;

pub use known::LeftOpen;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};

use super::{StoreError, local, open_database, parsed, reason, seq, to_i64};
use crate::wire::{
    Cursor, DeviceId, Event, LocalId, LogHash, LogId, Opened, Ordinal, RoomName, Send, Seq,
    Timestamp, WireError, pack,
};

/// Prepared statements kept: more than this module has.
const STATEMENTS_MAX: usize = 48;

/// Hashes of a log handed out at most: as many as a client keeps to find where two logs part.
const HASHES_MAX: u32 = 2048;

/// An event of a room, as this device got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The room.
    pub room: RoomName,
    /// The log its seq counts in.
    pub log: LogId,
    /// The event.
    pub event: Event,
    /// The hash over the log up to it; [`LogHash::EMPTY`] where it is not known.
    pub hash: LogHash,
    /// This machine's wall clock when it came.
    pub received_at: Timestamp,
}

/// Up to where a room was read without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadTo {
    /// The log read last.
    pub log: LogId,
    /// The last event had.
    pub seq: Seq,
    /// The hash over the log up to there; not known of what was read before there were hashes.
    pub hash: Option<LogHash>,
}

impl ReadTo {
    /// The cursor to go on from, if the hash is known.
    pub fn cursor(self) -> Option<Cursor> {
        let Self { log, seq, hash } = self;
        hash.map(|hash| Cursor { log, seq, hash })
    }
}

/// The user's side of SQLite. Blocking: it belongs on a thread of its own.
#[derive(Debug)]
pub struct ClientStore {
    connection: Connection,
    path: PathBuf,
    owner: String,
    /// Locked from the first moment to the last; the system unlocks it when the process dies.
    _lock: File,
}

impl ClientStore {
    /// Opens the store at `path`, or makes it.
    ///
    /// # Errors
    /// Any [`StoreError`]; a database of a newer lanterm is refused and left as it is.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let (connection, _) =
            open_database(path, &schema::migrations(), schema::VERSION, "cursors")?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        let owner: String = connection
            .query_row("SELECT lower(hex(randomblob(8)))", (), |row| row.get(0))
            .map_err(|error| unusable(path, &error))?;
        let lock_path = lock_path(path, &owner);
        let lock = private_file()
            .create(true)
            .open(&lock_path)
            .and_then(|file| file.lock().map(|()| file))
            .map_err(|source| StoreError::Create {
                path: lock_path,
                source,
            })?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            owner,
            _lock: lock,
        })
    }

    /// Makes events durable, in one transaction, and with them how far each log was read without
    /// a gap. Events that are there already stay as they are. Returns for each room up to where it
    /// is there without a gap now, in the log of its last event.
    ///
    /// # Errors
    /// [`StoreError::Unusable`]; nothing is stored then.
    pub fn record(&mut self, events: &[Received]) -> Result<Vec<(RoomName, Seq)>, StoreError> {
        self.write(|transaction| {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO history (room, log, seq, device, local, line, number, name, sent_at,
                     stored_after, body, received_at, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                 ON CONFLICT DO UPDATE SET hash = excluded.hash WHERE hash IS NULL",
            )?;
            let mut places = BTreeMap::new();
            for received in events {
                let Received {
                    room, log, event, ..
                } = received;
                insert.execute((
                    room.as_str(),
                    log.0,
                    to_i64(event.seq.0),
                    event.device.0,
                    to_i64(event.local.0),
                    event.ordinal.line,
                    event.ordinal.number,
                    event.from.as_str(),
                    event.sent_at.0,
                    event.stored_after,
                    pack::encode(&event.body),
                    received.received_at.0,
                    (received.hash != LogHash::EMPTY).then_some(received.hash.0),
                ))?;
                let seq = advance_cursor(transaction, room, *log, event.seq)?;
                places.insert(room, seq);
            }
            let places = places.into_iter();
            Ok(places.map(|(room, seq)| (room.clone(), seq)).collect())
        })
    }

    /// The relay has no events before `opened.first` any more: what is missing before it can't be
    /// had, and the cursor passes it.
    ///
    /// # Errors
    /// [`StoreError::Unusable`]; the cursor stays where it was then.
    pub fn pass_pruned(&mut self, room: &RoomName, opened: &Opened) -> Result<(), StoreError> {
        let edge = opened.first.0.saturating_sub(1);
        let hash = (opened.after.0 == edge).then_some(opened.hash.0);
        let log = opened.head.log;
        self.write(|transaction| {
            let passed = transaction
                .prepare_cached(
                    "UPDATE cursors SET seq = ?3, hash = ?4
                     WHERE room = ?1 AND log = ?2 AND seq < ?3",
                )?
                .execute((room.as_str(), log.0, to_i64(edge), hash))?;
            if passed > 0 {
                advance_cursor(transaction, room, log, opened.first)?;
            }
            Ok(())
        })
    }

    /// Keeps messages until [`ClientStore::remove`], whatever happens to this process. What was
    /// being written is forgotten with that, where it became such a message.
    ///
    /// # Errors
    /// [`StoreError::Unusable`]; none of them is kept then.
    pub fn queue(&mut self, sends: &[(RoomName, Send)]) -> Result<(), StoreError> {
        let owner = self.owner.clone();
        self.write(|transaction| {
            let mut insert = transaction.prepare_cached(
                "INSERT OR IGNORE INTO outbox
                     (local, room, sent_at, body, owner, line, number, target)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for (room, send) in sends {
                drafts::forget_sent(transaction, room, &send.body)?;
                insert.execute((
                    to_i64(send.local.0),
                    room.as_str(),
                    send.sent_at.0,
                    pack::encode(&send.body),
                    &owner,
                    send.ordinal.line,
                    send.ordinal.number,
                    send.target.map(|hash| hash.0),
                ))?;
            }
            Ok(())
        })
    }

    /// Forgets messages that are answered.
    ///
    /// # Errors
    /// [`StoreError::Unusable`]; they are kept then, which does no harm.
    pub fn remove(&mut self, locals: &[LocalId]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut delete = transaction.prepare_cached("DELETE FROM outbox WHERE local = ?1")?;
            for local in locals {
                delete.execute((to_i64(local.0),))?;
            }
            Ok(())
        })
    }

    /// Takes over what processes that are gone left on its way, oldest first, marked as perhaps
    /// sent before.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the database can't be read or written.
    pub fn adopt(&mut self) -> Result<Vec<(RoomName, Send)>, StoreError> {
        let owners: Vec<String> = self.read(|connection| {
            connection
                .prepare_cached("SELECT DISTINCT owner FROM outbox WHERE owner <> ?1")?
                .query_map((&self.owner,), |row| row.get(0))?
                .collect()
        })?;
        // Their locks are kept until the messages are this process's, so that no third one takes
        // them as well.
        let dead: Vec<(String, Option<File>)> = owners
            .into_iter()
            .filter_map(|owner| dead_lock(&lock_path(&self.path, &owner)).map(|lock| (owner, lock)))
            .collect();
        if dead.is_empty() {
            return Ok(Vec::new());
        }
        let own = self.owner.clone();
        let mut adopted = self.write(|transaction| {
            let mut adopted = Vec::new();
            let mut update = transaction.prepare_cached(
                "UPDATE outbox SET owner = ?1 WHERE owner = ?2
                 RETURNING id, room, local, sent_at, body, line, number, target",
            )?;
            for (owner, _) in &dead {
                for row in update.query_map((&own, owner), read_queued)? {
                    adopted.push(row?);
                }
            }
            Ok(adopted)
        })?;
        for (owner, _) in &dead {
            remove_lock(&self.path, owner);
        }
        adopted.sort_by_key(|(id, ..)| *id);
        Ok(adopted
            .into_iter()
            .map(|(_, room, send)| (room, send))
            .collect())
    }

    fn read<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        run(&self.connection).map_err(|error| unusable(&self.path, &error))
    }

    /// Runs one transaction. Its drop rolls back whatever an error leaves behind.
    fn write<T>(
        &mut self,
        run: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = &mut self.connection;
        let result = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|transaction| {
                let result = run(&transaction)?;
                transaction.commit()?;
                Ok(result)
            });
        result.map_err(|error| unusable(&self.path, &error))
    }
}

impl Drop for ClientStore {
    fn drop(&mut self) {
        remove_lock(&self.path, &self.owner);
    }
}

/// Moves the cursor of a log over an event just added, and over those after it that were there.
/// Returns where it is then.
fn advance_cursor(
    transaction: &Transaction<'_>,
    room: &RoomName,
    log: LogId,
    added: Seq,
) -> rusqlite::Result<Seq> {
    let added = to_i64(added.0);
    let known: Option<(i64, bool)> = transaction
        .prepare_cached(
            "SELECT seq, used = (SELECT max(used) FROM cursors WHERE room = ?1)
             FROM cursors WHERE room = ?1 AND log = ?2",
        )?
        .query_row((room.as_str(), log.0), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (before, is_latest) = known.unwrap_or((added.saturating_sub(1), false));
    let mut seq = before;
    if added == seq.saturating_add(1) {
        let mut is_there = transaction
            .prepare_cached("SELECT 1 FROM history WHERE room = ?1 AND log = ?2 AND seq = ?3")?;
        while is_there.exists((room.as_str(), log.0, seq.saturating_add(1)))? && seq < i64::MAX {
            seq += 1;
        }
    }
    if !is_latest || seq != before {
        transaction
            .prepare_cached(
                "INSERT INTO cursors (room, log, seq, used) VALUES (?1, ?2, ?3,
                     (SELECT coalesce(max(used), 0) + NOT ?4 FROM cursors WHERE room = ?1))
                 ON CONFLICT DO UPDATE SET seq = excluded.seq, used = excluded.used",
            )?
            .execute((room.as_str(), log.0, seq, is_latest))?;
    }
    Ok(Seq(seq.unsigned_abs()))
}

/// An event from the columns `log, seq, device, local, line, number, name, sent_at, stored_after,
/// body`, the first of which is left to the caller.
fn read_event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        seq: seq(row, 1)?,
        device: DeviceId(row.get(2)?),
        local: local(row, 3)?,
        ordinal: ordinal(row, 4)?,
        from: parsed(row, 6)?,
        sent_at: Timestamp(row.get(7)?),
        stored_after: row.get(8)?,
        body: body(row, 9)?,
    })
}

fn read_queued(row: &Row<'_>) -> rusqlite::Result<(i64, RoomName, Send)> {
    let send = Send {
        again: true,
        ordinal: ordinal(row, 5)?,
        target: row.get::<_, Option<[u8; 16]>>(7)?.map(LogHash),
        ..Send::new(local(row, 2)?, Timestamp(row.get(3)?), body(row, 4)?)
    };
    Ok((row.get(0)?, parsed(row, 1)?, send))
}

/// Two columns: the line and the number on it.
fn ordinal(row: &Row<'_>, column: usize) -> rusqlite::Result<Ordinal> {
    Ok(Ordinal {
        line: row.get(column)?,
        number: row.get(column + 1)?,
    })
}

fn body(row: &Row<'_>, column: usize) -> rusqlite::Result<crate::wire::Body> {
    pack::decode(row.get_ref(column)?.as_blob()?)
        .map_err(|_: WireError| rusqlite::Error::InvalidColumnName("body".to_owned()))
}

/// Where the process called `owner` shows that it lives.
fn lock_path(path: &Path, owner: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!("-{owner}.lock"));
    path.with_file_name(name)
}

/// Whether the process with this lock is gone: then its lock, or `None` when it took that along.
fn dead_lock(path: &Path) -> Option<Option<File>> {
    match private_file().open(path) {
        Ok(file) => match file.try_lock() {
            Ok(()) => Some(Some(file)),
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(None),
        Err(_) => None,
    }
}

fn remove_lock(path: &Path, owner: &str) {
    let path = lock_path(path, owner);
    if let Err(error) = std::fs::remove_file(&path) {
        tracing::debug!("{} stays behind: {error}", path.display());
    }
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

fn unusable(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Unusable {
        path: path.to_owned(),
        reason: reason(error),
    }
}

#[cfg(test)]
mod tests;
