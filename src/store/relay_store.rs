//! The relay's logs: every room, its events and its members.
//!
//! Appends are committed in one transaction per batch of up to [`APPEND_EVENTS_MAX`] events, all or
//! none, and answered only once the commit has returned. The store holds the relay to its word: an
//! event that is not the next of its room's log, or whose id is stored already, fails its batch.
//! Heads, hashes, topics, members and readers are kept beside the events, in the same transaction,
//! so that a start reads no events; the search index is kept in it as well, so that what is stored
//! is found. A batch that fails leaves no trace, and the store goes on: a full disk refuses what
//! comes in, not what is read.
//!
//! # Reading beside writing
//!
//! A [`RelayReader`] has a connection of its own, which can't write: it sees what is committed when
//! it is asked, and never holds up a commit. It does hold up the reuse of the write-ahead log, for as
//! long as it answers. So when the log has grown beyond [`WAL_BYTES_MAX`], the store waits for a
//! moment between two answers to write it back as a whole; while another program reads for longer,
//! as a backup does, it tries again each time as much has been added.

mod append;
mod copy;
mod prune;
mod read;
mod schema;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row};

use super::{StoreError, open_database, open_in_memory, parsed, reason, seq};
use crate::room::log::{
    APPEND_EVENTS_MAX, Append, LogReply, LogRequest, Reader, RoomSnapshot, Snapshot, absent_member,
};
use crate::wire::{DeviceId, LogHash, LogId, Member, RelayId, SafeText, StoreFault, Timestamp};
use append::AppendError;

/// Prepared statements kept: more than this module has.
const STATEMENTS_MAX: usize = 64;

/// What the write-ahead log may grow to before it is written back as a whole. Arbitrary: four times
/// what SQLite lets it grow to while nobody reads, and little on any disk.
const WAL_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How long to wait for readers when the write-ahead log is to be written back. Arbitrary: some
/// answers take a tenth of it; commits wait as well.
const WAL_PATIENCE: Duration = Duration::from_millis(500);

/// How long to wait for another program that writes. SQLite's own libraries wait as long.
const BUSY_PATIENCE: Duration = Duration::from_secs(5);

/// Memory for pages, in KiB (negative: by SQLite's rule), for the store and for its reader each. The
/// pages that one commit changes must fit, or they are written more than once: 256 events in as many
/// rooms change 3 MB.
const CACHE: &str = "PRAGMA cache_size = -16384";

/// The relay's side of SQLite. Blocking: it belongs on a thread of its own.
#[derive(Debug)]
pub struct RelayStore {
    connection: Connection,
    /// The write-ahead log, where there is a file, and the size at which it is written back.
    wal: Option<(PathBuf, u64)>,
}

/// Reads a relay's logs while its [`RelayStore`] writes. Blocking as well.
#[derive(Debug)]
pub struct RelayReader {
    connection: Connection,
}

impl RelayStore {
    /// Opens the store at `path`, or makes it, with a new random relay id. A store of an older
    /// version is brought up to date first, which may take a while and says so in the log.
    ///
    /// # Errors
    /// Any [`StoreError`]; a database of a newer lanterm is refused and left as it is.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if path.exists() {
            copy::prepare(path)?;
        }
        let (connection, found) =
            open_database(path, &schema::migrations(), schema::VERSION, "meta")?;
        if found == schema::VERSION_1 {
            tidy(&connection);
        }
        let wal = copy::beside(path, "-wal");
        Self::new(connection, Some((wal, WAL_BYTES_MAX)))
    }

    /// A store in memory, gone with this value, with a new random relay id.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when there is no memory for it.
    pub fn open_memory() -> Result<Self, StoreError> {
        Self::new(open_in_memory(&schema::migrations())?, None)
    }

    fn new(connection: Connection, wal: Option<(PathBuf, u64)>) -> Result<Self, StoreError> {
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        let store = Self { connection, wal };
        let prepared = store.connection.execute_batch(CACHE);
        prepared
            .and_then(|()| copy::adopt(&store.connection))
            .map_err(|error| store.unusable(&error))?;
        Ok(store)
    }

    /// Writes a copy of the store at `from`, which a relay may be using, to the new file `to`: whole
    /// or not at all, durable, readable by its owner only, and marked as a copy.
    ///
    /// # Errors
    /// Any [`StoreError`]; [`StoreError::Create`] when there is a file already.
    pub fn backup(from: &Path, to: &Path) -> Result<(), StoreError> {
        copy::backup(from, to)
    }

    /// A second connection, for questions; `None` for a store in memory, which has but one.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the file can't be opened again.
    pub fn reader(&self) -> Result<Option<RelayReader>, StoreError> {
        if self.wal.is_none() {
            return Ok(None);
        }
        let open = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(self.path(), flags)?;
            connection.busy_timeout(BUSY_PATIENCE)?;
            connection.execute_batch(CACHE)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
            Ok(RelayReader { connection })
        };
        open().map(Some).map_err(|error| self.unusable(&error))
    }

    /// All a relay must know when it starts: no events.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the database can't be read.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.read_snapshot().map_err(|error| self.unusable(&error))
    }

    /// Answers requests, one reply each, in their order. Neighbouring appends share a commit.
    /// `now` is the wall clock, asked once per commit.
    pub fn handle(
        &mut self,
        requests: Vec<LogRequest>,
        now: impl Fn() -> Timestamp,
    ) -> Vec<LogReply> {
        let mut replies = Vec::with_capacity(requests.len());
        let mut group: Vec<Vec<Append>> = Vec::new();
        for request in requests {
            if let LogRequest::Append(appends) = request {
                let together = group.iter().map(Vec::len).sum::<usize>() + appends.len();
                if together > APPEND_EVENTS_MAX {
                    self.append_group(std::mem::take(&mut group), &now, &mut replies);
                }
                group.push(appends);
                continue;
            }
            self.append_group(std::mem::take(&mut group), &now, &mut replies);
            replies.push(match request {
                LogRequest::Prune(cutoff) => {
                    let pruned = prune::prune(&mut self.connection, cutoff, now());
                    let pruned = pruned.unwrap_or_else(|error| {
                        tracing::error!("old events can't be deleted: {}", reason(&error));
                        prune::Pruned::default()
                    });
                    LogReply::Pruned {
                        rooms: pruned.rooms,
                        is_more: pruned.is_more,
                    }
                }
                question => read::answer(&self.connection, question),
            });
        }
        self.append_group(group, &now, &mut replies);
        self.bound_wal();
        replies
    }

    /// Commits requests together; when one of them holds a duplicate, each for itself.
    fn append_group(
        &mut self,
        mut group: Vec<Vec<Append>>,
        now: &impl Fn() -> Timestamp,
        replies: &mut Vec<LogReply>,
    ) {
        if group.is_empty() {
            return;
        }
        let count = group.len();
        let stored_at = now();
        let reply = match append::append(&mut self.connection, &mut group, stored_at) {
            Ok(()) => LogReply::Appended { stored_at },
            Err(AppendError::Duplicates(_)) if count > 1 => {
                for request in group {
                    self.append_group(vec![request], now, replies);
                }
                return;
            }
            Err(AppendError::Duplicates(duplicates)) => LogReply::Duplicates(duplicates),
            Err(AppendError::Gap) => LogReply::NotAppended {
                reason: StoreFault::Gap.to_string(),
            },
            Err(AppendError::Sqlite(error)) => LogReply::NotAppended {
                reason: reason(&error).to_string(),
            },
        };
        replies.extend(std::iter::repeat_n(reply, count));
    }

    /// Writes the write-ahead log back as a whole once it has grown large, because somebody reads
    /// whenever SQLite would write it back by itself.
    fn bound_wal(&mut self) {
        let Some((path, bytes_max)) = &mut self.wal else {
            return;
        };
        let bytes = path.metadata().map_or(0, |file| file.len());
        if bytes <= *bytes_max {
            return;
        }
        let is_busy = write_back(&self.connection).unwrap_or_else(|error| {
            tracing::warn!(
                "the log of changes can't be written back: {}",
                reason(&error)
            );
            true
        });
        *bytes_max = WAL_BYTES_MAX + if is_busy { bytes } else { 0 };
    }

    fn read_snapshot(&self) -> rusqlite::Result<Snapshot> {
        let relay = self
            .connection
            .query_row("SELECT relay FROM meta", (), |row| row.get(0).map(RelayId))?;
        let mut members = self
            .connection
            .prepare("SELECT name, device, since FROM members WHERE room = ?1 ORDER BY name")?;
        let mut readers = self.connection.prepare(
            "SELECT device, name, seq, read FROM readers WHERE room = ?1 ORDER BY device",
        )?;
        let mut rooms = self.connection.prepare(
            "SELECT id, name, log, parent, first, head, hash, topic FROM rooms ORDER BY id",
        )?;
        let rooms = rooms
            .query_map((), |row| {
                let id: i64 = row.get(0)?;
                let members = members.query_map((id,), read_member)?;
                let readers = readers.query_map((id,), |row| {
                    Ok(Reader {
                        device: DeviceId(row.get(0)?),
                        name: parsed(row, 1)?,
                        seq: seq(row, 2)?,
                        read: seq(row, 3)?,
                    })
                })?;
                Ok(RoomSnapshot {
                    name: parsed(row, 1)?,
                    log: LogId(row.get(2)?),
                    parent: row.get::<_, Option<_>>(3)?.map(LogId),
                    first: seq(row, 4)?,
                    head: seq(row, 5)?,
                    hash: LogHash(row.get(6)?),
                    topic: SafeText::new(&row.get::<_, String>(7)?),
                    members: members.collect::<rusqlite::Result<_>>()?,
                    readers: readers.collect::<rusqlite::Result<_>>()?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Snapshot {
            relay,
            is_copy: copy::is_copy(&self.connection)?,
            rooms,
        })
    }

    fn path(&self) -> &Path {
        Path::new(self.connection.path().unwrap_or(":memory:"))
    }

    fn unusable(&self, error: &rusqlite::Error) -> StoreError {
        StoreError::Unusable {
            path: self.path().to_owned(),
            reason: reason(error),
        }
    }
}

impl RelayReader {
    /// Answers a question: anything but an append or a pruning.
    pub fn answer(&self, question: LogRequest) -> LogReply {
        read::answer(&self.connection, question)
    }
}

/// Writes the write-ahead log back and empties it. Returns whether somebody reads it still.
fn write_back(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(WAL_PATIENCE)?;
    let is_busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0));
    connection.busy_timeout(BUSY_PATIENCE)?;
    is_busy
}

/// Packs a database that was just carried over, which left as much free space in it as there were
/// events, and lets its file shrink from now on. Without it, all works as well.
fn tidy(connection: &Connection) {
    let tidied = connection
        .execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM")
        .and_then(|()| write_back(connection));
    if let Err(error) = tidied {
        tracing::warn!("the store could not be packed: {}", reason(&error));
    }
}

fn read_member(row: &Row<'_>) -> rusqlite::Result<Member> {
    let device = DeviceId(row.get(1)?);
    Ok(absent_member(
        parsed(row, 0)?,
        device,
        Timestamp(row.get(2)?),
    ))
}
