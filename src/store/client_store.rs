//! One user's memory: what was read of every room, up to where, and what is on its way.
//!
//! The processes of a user share it. What one of them has on its way is marked as its own: each
//! process holds a lock on a file of its own for as long as it lives, so that another can tell what
//! a process left behind that died, and send it in its place. The relay stores it once, however
//! often it is sent.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use super::{StoreError, open_database, parsed, reason, to_i64};
use crate::wire::{
    Cursor, DeviceId, Event, LocalId, LogHash, LogId, Ordinal, RoomName, Send, Seq, Timestamp,
    WireError, pack,
};

/// The schema, one step a version. A step that was ever released is never changed.
///
/// `cursors.used` counts up whenever a room moves to another log, so that the highest is the log
/// read last.
const STEPS: &[M<'_>] = &[M::up(
    "CREATE TABLE history (
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
     ) STRICT;",
)];

/// The newest `user_version` known here.
const SCHEMA_VERSION: i64 = STEPS.len() as i64;

const MIGRATIONS: Migrations<'_> = Migrations::from_slice(STEPS);

/// Prepared statements kept: more than this module has.
const STATEMENTS_MAX: usize = 32;

/// An event of a room, and when this device got it.
pub type Received = (RoomName, LogId, Event, Timestamp);

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
        let connection = open_database(path, &MIGRATIONS, SCHEMA_VERSION)?;
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
    /// a gap. Events that are there already stay as they are.
    ///
    /// # Errors
    /// [`StoreError::Unusable`]; nothing is stored then.
    pub fn record(&mut self, events: &[Received]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut insert = transaction.prepare_cached(
                "INSERT OR IGNORE INTO history VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?;
            for (room, log, event, received_at) in events {
                insert.execute((
                    room.as_str(),
                    log.0,
                    to_i64(event.seq.0),
                    event.device.0,
                    to_i64(event.local.0),
                    event.from.as_str(),
                    event.sent_at.0,
                    event.stored_after,
                    pack::encode(&event.body),
                    received_at.0,
                ))?;
                advance_cursor(transaction, room, *log, event.seq)?;
            }
            Ok(())
        })
    }

    /// Up to where a room was read without a gap, in the log it was read in last.
    ///
    /// # Errors
    /// [`StoreError::Unusable`].
    pub fn cursor(&self, room: &RoomName) -> Result<Option<Cursor>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT log, seq FROM cursors WHERE room = ?1 ORDER BY used DESC LIMIT 1",
                )?
                .query_row((room.as_str(),), |row| {
                    Ok(Cursor {
                        log: LogId(row.get(0)?),
                        seq: seq(row, 1)?,
                        hash: LogHash::EMPTY,
                    })
                })
                .optional()
        })
    }

    /// The hash over a log up to an event, as it was when the event was read. `None` when the event is
    /// not here, or was read before hashes were kept.
    ///
    /// # Errors
    /// [`StoreError::Unusable`].
    pub fn hash_at(
        &self,
        room: &RoomName,
        log: LogId,
        seq: Seq,
    ) -> Result<Option<LogHash>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT hash FROM history WHERE room = ?1 AND log = ?2 AND seq = ?3",
                )?
                .query_row((room.as_str(), log.0, to_i64(seq.0)), |row| {
                    Ok(row.get::<_, Option<[u8; 16]>>(0)?.map(LogHash))
                })
                .optional()
                .map(Option::flatten)
        })
    }

    /// The newest events of a room, `count_max` at most, oldest first; those of the log read last
    /// come last.
    ///
    /// # Errors
    /// [`StoreError::Unusable`].
    pub fn recent(
        &self,
        room: &RoomName,
        count_max: u32,
    ) -> Result<Vec<(LogId, Event, Timestamp)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT history.log, history.seq, device, local, name, sent_at, stored_after, body,
                        received_at
                 FROM history JOIN cursors USING (room, log)
                 WHERE room = ?1 ORDER BY used DESC, history.seq DESC LIMIT ?2",
            )?;
            let mut events = statement
                .query_map((room.as_str(), count_max), read_received)?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            events.reverse();
            Ok(events)
        })
    }

    /// Keeps a message until [`ClientStore::remove`], whatever happens to this process.
    ///
    /// # Errors
    /// [`StoreError::Unusable`]; the message is not kept then.
    pub fn queue(&mut self, room: &RoomName, send: &Send) -> Result<(), StoreError> {
        let owner = self.owner.clone();
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT OR IGNORE INTO outbox (local, room, sent_at, body, owner)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute((
                    to_i64(send.local.0),
                    room.as_str(),
                    send.sent_at.0,
                    pack::encode(&send.body),
                    owner,
                ))?;
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
        let own = self.owner.clone();
        let mut adopted = self.write(|transaction| {
            let mut adopted = Vec::new();
            let mut update = transaction.prepare_cached(
                "UPDATE outbox SET owner = ?1 WHERE owner = ?2
                 RETURNING id, room, local, sent_at, body",
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
fn advance_cursor(
    transaction: &Transaction<'_>,
    room: &RoomName,
    log: LogId,
    added: Seq,
) -> rusqlite::Result<()> {
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
    if is_latest && seq == before {
        return Ok(());
    }
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO cursors VALUES (?1, ?2, ?3,
                 (SELECT coalesce(max(used), 0) + NOT ?4 FROM cursors WHERE room = ?1))",
        )?
        .execute((room.as_str(), log.0, seq, is_latest))?;
    Ok(())
}

fn read_received(row: &Row<'_>) -> rusqlite::Result<(LogId, Event, Timestamp)> {
    let event = Event {
        seq: seq(row, 1)?,
        device: DeviceId(row.get(2)?),
        local: local(row, 3)?,
        ordinal: Ordinal::NONE,
        from: parsed(row, 4)?,
        sent_at: Timestamp(row.get(5)?),
        stored_after: row.get(6)?,
        body: body(row, 7)?,
    };
    Ok((LogId(row.get(0)?), event, Timestamp(row.get(8)?)))
}

fn read_queued(row: &Row<'_>) -> rusqlite::Result<(i64, RoomName, Send)> {
    let send = Send {
        again: true,
        ..Send::new(local(row, 2)?, Timestamp(row.get(3)?), body(row, 4)?)
    };
    Ok((row.get(0)?, parsed(row, 1)?, send))
}

fn seq(row: &Row<'_>, column: usize) -> rusqlite::Result<Seq> {
    Ok(Seq(row.get::<_, i64>(column)?.unsigned_abs()))
}

fn local(row: &Row<'_>, column: usize) -> rusqlite::Result<LocalId> {
    Ok(LocalId(row.get::<_, i64>(column)?.unsigned_abs()))
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
