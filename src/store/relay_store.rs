//! The relay's logs: every room, its events and its members.
//!
//! Appends are committed in one transaction per batch of up to [`APPEND_EVENTS_MAX`] events, all or
//! none, and answered only once the commit has returned. The store holds the relay to its word: an
//! event that is not the next of its room's log, or whose id is stored already, fails its batch.
//! Heads, topics and members are kept beside the events, in the same transaction, so that a start
//! reads no events. A batch that fails leaves no trace, and the store goes on: a full disk refuses
//! what comes in, not what is read.

use std::path::Path;

use rusqlite::{
    CachedStatement, Connection, ErrorCode, OpenFlags, OptionalExtension, Row, Transaction,
};
use rusqlite_migration::{M, Migrations};

use super::{StoreError, open_database, open_in_memory, parsed, reason, to_i64};
use crate::room::log::{
    APPEND_EVENTS_MAX, Append, LogReply, LogRequest, Place, READ_BYTES_MAX, RoomSnapshot, Snapshot,
    absent_member,
};
use crate::wire::{
    Body, DeviceId, Event, EventId, LocalId, LogHash, LogId, Member, Ordinal, RelayId, RoomName,
    SafeText, Seq, Timestamp, pack,
};

/// The schema, one step a version. A step that was ever released is never changed.
///
/// Events have no row id: measured with 200,000 of them, pages of 128 are read in half the time and
/// batches of 256 are stored as fast (13,000 to 20,000 events a second, both ways).
const STEPS: &[M<'_>] = &[M::up(
    "CREATE TABLE meta (
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
     ) STRICT, WITHOUT ROWID;",
)];

/// The newest `user_version` known here.
const SCHEMA_VERSION: i64 = STEPS.len() as i64;

const MIGRATIONS: Migrations<'_> = Migrations::from_slice(STEPS);

/// Prepared statements kept: more than this module has.
const STATEMENTS_MAX: usize = 32;

/// The relay's side of SQLite. Blocking: it belongs on a thread of its own.
#[derive(Debug)]
pub struct RelayStore {
    connection: Connection,
}

/// Why a batch was not stored.
enum AppendError {
    /// These events are stored already.
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

impl RelayStore {
    /// Opens the store at `path`, or makes it, with a new random relay id.
    ///
    /// # Errors
    /// Any [`StoreError`]; a database of a newer lanterm is refused and left as it is.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        open_database(path, &MIGRATIONS, SCHEMA_VERSION).map(Self::new)
    }

    /// A store in memory, gone with this value, with a new random relay id.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when there is no memory for it.
    pub fn open_memory() -> Result<Self, StoreError> {
        open_in_memory(&MIGRATIONS).map(Self::new)
    }

    /// Copies the store at `from` to a new file, also while a relay uses it.
    ///
    /// # Errors
    /// [`StoreError::Create`] when there is a file already or it can't be made, and
    /// [`StoreError::Unusable`]; no file is left behind then.
    pub fn backup(from: &Path, to: &Path) -> Result<(), StoreError> {
        let mut file = std::fs::OpenOptions::new();
        file.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
        file.open(to).map_err(|source| StoreError::Create {
            path: to.to_owned(),
            source,
        })?;
        // SQLite takes an empty file for one that is not there.
        let copied = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .and_then(|store| store.execute("VACUUM INTO ?1", (to.to_string_lossy(),)));
        copied.map(|_| ()).map_err(|error| {
            // An error means that the file stays, with nothing of use in it.
            let _ = std::fs::remove_file(to);
            StoreError::Unusable {
                path: from.to_owned(),
                reason: reason(&error),
            }
        })
    }

    fn new(connection: Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Self { connection }
    }

    /// All a relay must know when it starts: no events.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the database can't be read.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.read_snapshot().map_err(|error| StoreError::Unusable {
            path: self.connection.path().unwrap_or(":memory:").into(),
            reason: reason(&error),
        })
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
            } else {
                self.append_group(std::mem::take(&mut group), &now, &mut replies);
                replies.push(self.read(request));
            }
        }
        self.append_group(group, &now, &mut replies);
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
        let reply = match self.append(group.as_mut_slice(), now()) {
            Ok(stored_at) => LogReply::Appended { stored_at },
            Err(AppendError::Duplicates(_)) if count > 1 => {
                for request in group {
                    self.append_group(vec![request], now, replies);
                }
                return;
            }
            Err(AppendError::Duplicates(duplicates)) => LogReply::Duplicates(duplicates),
            Err(AppendError::Gap) => LogReply::NotAppended {
                reason: "an event before it could not be stored".to_owned(),
            },
            Err(AppendError::Sqlite(error)) => LogReply::NotAppended {
                reason: reason(&error),
            },
        };
        replies.extend(std::iter::repeat_n(reply, count));
    }

    /// Commits requests together, or finds out why not.
    fn append(
        &mut self,
        group: &mut [Vec<Append>],
        stored_at: Timestamp,
    ) -> Result<Timestamp, AppendError> {
        let result = self.commit(group, stored_at);
        if let Err(AppendError::Sqlite(error)) = &result
            && error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        {
            let duplicates = self.find_duplicates(group)?;
            if !duplicates.is_empty() {
                return Err(AppendError::Duplicates(duplicates));
            }
        }
        result.map(|()| stored_at)
    }

    /// One transaction. Its drop rolls back whatever a return on the way leaves behind.
    fn commit(
        &mut self,
        group: &mut [Vec<Append>],
        stored_at: Timestamp,
    ) -> Result<(), AppendError> {
        let transaction = self.connection.transaction()?;
        for append in group.iter_mut().flatten() {
            match append {
                Append::Room { room, log } => {
                    transaction
                        .prepare_cached("INSERT INTO rooms (name, log) VALUES (?1, ?2)")?
                        .execute((room.as_str(), log.0))?;
                }
                Append::Event { room, event, .. } => {
                    event.stored_after = stored_at.0.saturating_sub(event.sent_at.0);
                    insert_event(&transaction, room, event, stored_at)?;
                }
                Append::Fork { .. } | Append::Read { .. } => {}
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Which events of a group are stored.
    fn find_duplicates(&self, group: &[Vec<Append>]) -> rusqlite::Result<Vec<(EventId, Place)>> {
        let mut duplicates = Vec::new();
        for append in group.iter().flatten() {
            if let Append::Event { event, .. } = append
                && let Some(place) = find(&self.connection, event.id())?
            {
                duplicates.push((event.id(), place));
            }
        }
        Ok(duplicates)
    }

    fn read(&self, request: LogRequest) -> LogReply {
        match request {
            LogRequest::Append(_) => unreachable!("appends are collected before reads"),
            LogRequest::Hashes { ticket, .. } => LogReply::Hashes {
                ticket,
                hashes: Vec::new(),
            },
            LogRequest::Search { ticket, .. } => LogReply::Found {
                ticket,
                found: Ok(Vec::new()),
            },
            LogRequest::Numbered { ticket, .. } => LogReply::Numbered {
                ticket,
                places: Vec::new(),
            },
            LogRequest::Prune(_) => LogReply::Pruned {
                rooms: Vec::new(),
                is_more: false,
            },
            LogRequest::After {
                ticket,
                room,
                after,
                up_to,
                count_max,
            } => {
                let events = self.events_after(&room, after, up_to, count_max);
                let events = events.unwrap_or_else(|error| unread(&room, &error));
                LogReply::Events { ticket, events }
            }
            LogRequest::Before {
                ticket,
                room,
                before,
                count_max,
            } => {
                let events = self.events_before(&room, before, count_max);
                let events = events.unwrap_or_else(|error| unread(&room, &error));
                LogReply::Events { ticket, events }
            }
            LogRequest::Find {
                ticket,
                device,
                local,
            } => {
                let place = find(&self.connection, EventId { device, local });
                let place = place.unwrap_or_else(|error| {
                    tracing::error!("the store can't be searched: {}", reason(&error));
                    None
                });
                LogReply::Place { ticket, place }
            }
        }
    }

    fn events_after(
        &self,
        room: &RoomName,
        after: Seq,
        up_to: Seq,
        count_max: usize,
    ) -> rusqlite::Result<Vec<Event>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT seq, device, local, events.name, sent_at, stored_after, body
             FROM events JOIN rooms ON rooms.id = room
             WHERE rooms.name = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4",
        )?;
        let bounds = (to_i64(after.0), to_i64(up_to.0), to_i64(count_max as u64));
        collect_events(
            &mut statement,
            (room.as_str(), bounds.0, bounds.1, bounds.2),
        )
    }

    fn events_before(
        &self,
        room: &RoomName,
        before: Option<Seq>,
        count_max: usize,
    ) -> rusqlite::Result<Vec<Event>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT seq, device, local, events.name, sent_at, stored_after, body
             FROM events JOIN rooms ON rooms.id = room
             WHERE rooms.name = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
        )?;
        let before = before.map_or(i64::MAX, |seq| to_i64(seq.0));
        let bounds = (room.as_str(), before, to_i64(count_max as u64));
        let mut events = collect_events(&mut statement, bounds)?;
        events.reverse();
        Ok(events)
    }

    fn read_snapshot(&self) -> rusqlite::Result<Snapshot> {
        let relay = self
            .connection
            .query_row("SELECT relay FROM meta", (), |row| row.get(0).map(RelayId))?;
        let mut members = self
            .connection
            .prepare("SELECT name, device, since FROM members WHERE room = ?1 ORDER BY name")?;
        let mut rooms = self
            .connection
            .prepare("SELECT id, name, log, head, topic FROM rooms ORDER BY id")?;
        let rooms = rooms
            .query_map((), |row| {
                let id: i64 = row.get(0)?;
                let members = members
                    .query_map((id,), read_member)?
                    .collect::<rusqlite::Result<_>>()?;
                Ok(RoomSnapshot {
                    name: parsed(row, 1)?,
                    log: LogId(row.get(2)?),
                    parent: None,
                    first: Seq(1),
                    hash: LogHash::EMPTY,
                    readers: Vec::new(),
                    head: Seq(row.get::<_, i64>(3)?.unsigned_abs()),
                    topic: SafeText::new(&row.get::<_, String>(4)?),
                    members,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Snapshot {
            relay,
            is_copy: false,
            rooms,
        })
    }
}

/// Adds an event and what follows from it.
fn insert_event(
    transaction: &Transaction<'_>,
    room: &RoomName,
    event: &Event,
    stored_at: Timestamp,
) -> Result<(), AppendError> {
    let (seq, local) = (to_i64(event.seq.0), to_i64(event.local.0));
    let room: i64 = transaction
        .prepare_cached(
            "UPDATE rooms SET head = ?2 WHERE name = ?1 AND head = ?2 - 1 RETURNING id",
        )?
        .query_row((room.as_str(), seq), |row| row.get(0))
        .optional()?
        .ok_or(AppendError::Gap)?;
    transaction
        .prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute((
            room,
            seq,
            event.device.0,
            local,
            event.from.as_str(),
            event.sent_at.0,
            event.stored_after,
            pack::encode(&event.body),
        ))?;
    match &event.body {
        Body::Join => transaction
            .prepare_cached("INSERT OR REPLACE INTO members VALUES (?1, ?2, ?3, ?4)")?
            .execute((room, event.from.as_str(), event.device.0, stored_at.0))?,
        Body::Leave => transaction
            .prepare_cached("DELETE FROM members WHERE room = ?1 AND name = ?2")?
            .execute((room, event.from.as_str()))?,
        Body::Rename(to) => transaction
            .prepare_cached(
                "UPDATE OR REPLACE members SET name = ?3 WHERE room = ?1 AND name = ?2",
            )?
            .execute((room, event.from.as_str(), to.as_str()))?,
        Body::Topic(topic) => transaction
            .prepare_cached("UPDATE rooms SET topic = ?2 WHERE id = ?1")?
            .execute((room, topic.as_str()))?,
        Body::Message(_)
        | Body::Action(_)
        | Body::Edit(..)
        | Body::Reaction(..)
        | Body::Redaction(_)
        | Body::Role(..) => 0,
    };
    Ok(())
}

fn find(connection: &Connection, id: EventId) -> rusqlite::Result<Option<Place>> {
    connection
        .prepare_cached(
            "SELECT rooms.name, seq, stored_after FROM events JOIN rooms ON rooms.id = room
             WHERE device = ?1 AND local = ?2",
        )?
        .query_row((id.device.0, to_i64(id.local.0)), |row| {
            Ok(Place {
                room: parsed(row, 0)?,
                seq: Seq(row.get::<_, i64>(1)?.unsigned_abs()),
                stored_after: row.get(2)?,
            })
        })
        .optional()
}

/// Reads events until one is damaged or [`READ_BYTES_MAX`] is reached.
fn collect_events(
    statement: &mut CachedStatement<'_>,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<Vec<Event>> {
    let mut events = Vec::new();
    let mut bytes = 0;
    let mut rows = statement.query(parameters)?;
    while bytes < READ_BYTES_MAX
        && let Some(row) = rows.next()?
    {
        let body = row.get_ref(6)?.as_blob()?;
        bytes += body.len();
        let Ok(body) = pack::decode(body) else {
            tracing::error!("the store has a damaged event");
            break;
        };
        events.push(Event {
            seq: Seq(row.get::<_, i64>(0)?.unsigned_abs()),
            device: DeviceId(row.get(1)?),
            local: LocalId(row.get::<_, i64>(2)?.unsigned_abs()),
            ordinal: Ordinal::NONE,
            from: parsed(row, 3)?,
            sent_at: Timestamp(row.get(4)?),
            stored_after: row.get(5)?,
            body,
        });
    }
    Ok(events)
}

fn unread(room: &RoomName, error: &rusqlite::Error) -> Vec<Event> {
    tracing::error!("room {room} can't be read: {}", reason(error));
    Vec::new()
}

fn read_member(row: &Row<'_>) -> rusqlite::Result<Member> {
    let device = DeviceId(row.get(1)?);
    Ok(absent_member(
        parsed(row, 0)?,
        device,
        Timestamp(row.get(2)?),
    ))
}

#[cfg(test)]
mod tests;
