//! What is read of a user's memory: rooms and their events, for the screen, for the relay, and for
//! a relay that has forgotten some of them.

use rusqlite::{Connection, OptionalExtension};

use super::{ClientStore, HASHES_MAX, ReadTo, Received, body, drafts, read_event};
use crate::room::is_spoken;
use crate::store::{StoreError, parsed, seq, to_i64};
use crate::wire::{DeviceId, Event, LogHash, LogId, RoomName, Seq, Timestamp};

/// Events looked at to count those unread, at most, for each room. Arbitrary: a screen says "999+"
/// long before.
const UNREAD_EVENTS_MAX: u32 = 10_000;

/// Own events handed out to be offered again, at most: as many as a client has on its way.
const OFFERED_EVENTS_MAX: u32 = 1_024;

/// A room that was open when this user's client ended last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOpen {
    /// The room.
    pub room: RoomName,
    /// Up to where the user has read it, if at all.
    pub read: Option<(LogId, Seq)>,
    /// Messages of others after that, 10,000 at most.
    pub unread: u32,
    /// What the user was writing there; may be empty.
    pub draft: String,
    /// Lines the user sent there, oldest first, 100 at most.
    pub sent: Vec<String>,
}

impl ClientStore {
    /// Up to where a room was read without a gap, in the log it was read in last.
    ///
    /// # Errors
    /// [`StoreError::Unusable`].
    pub fn cursor(&self, room: &RoomName) -> Result<Option<ReadTo>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT cursors.log, cursors.seq, coalesce(history.hash, cursors.hash)
                     FROM cursors LEFT JOIN history USING (room, log, seq)
                     WHERE cursors.room = ?1 ORDER BY used DESC LIMIT 1",
                )?
                .query_row((room.as_str(),), |row| {
                    Ok(ReadTo {
                        log: LogId(row.get(0)?),
                        seq: seq(row, 1)?,
                        hash: row.get::<_, Option<_>>(2)?.map(LogHash),
                    })
                })
                .optional()
        })
    }

    /// The newest events of a room, `count_max` at most, oldest first; those of the log read last
    /// come last.
    ///
    /// # Errors
    /// [`StoreError::Unusable`].
    pub fn recent(&self, room: &RoomName, count_max: u32) -> Result<Vec<Received>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT history.log, history.seq, device, local, line, number, name, sent_at,
                        stored_after, body, received_at, history.hash
                 FROM history JOIN cursors USING (room, log)
                 WHERE room = ?1 ORDER BY used DESC, history.seq DESC LIMIT ?2",
            )?;
            let received = statement.query_map((room.as_str(), count_max), |row| {
                Ok(Received {
                    room: room.clone(),
                    log: LogId(row.get(0)?),
                    event: read_event(row)?,
                    received_at: Timestamp(row.get(10)?),
                    hash: row.get::<_, Option<_>>(11)?.map_or(LogHash::EMPTY, LogHash),
                })
            })?;
            let mut events = received.collect::<rusqlite::Result<Vec<_>>>()?;
            events.reverse();
            Ok(events)
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

    /// The same over the log of a room that was read last.
    ///
    /// # Errors
    /// [`StoreError::Unusable`].
    pub fn hash_read(&self, room: &RoomName, seq: Seq) -> Result<Option<LogHash>, StoreError> {
        let log = self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT log FROM cursors WHERE room = ?1 ORDER BY used DESC LIMIT 1",
                )?
                .query_row((room.as_str(),), |row| row.get(0).map(LogId))
                .optional()
        })?;
        log.map_or(Ok(None), |log| self.hash_at(room, log, seq))
    }

    /// The hashes over a log at the places up to where it was read, without a gap, as far as they
    /// are known, 2,048 at most: the place of the first one, and all of them. None when the log was
    /// never read.
    ///
    /// # Errors
    /// [`StoreError::Unusable`].
    pub fn recent_hashes(
        &self,
        room: &RoomName,
        log: LogId,
    ) -> Result<(Seq, Vec<LogHash>), StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT history.seq, history.hash FROM history JOIN cursors USING (room, log)
                 WHERE room = ?1 AND log = ?2 AND history.seq <= cursors.seq
                 ORDER BY history.seq DESC LIMIT ?3",
            )?;
            let mut rows = statement.query((room.as_str(), log.0, HASHES_MAX))?;
            let mut first = Seq(0);
            let mut hashes = Vec::new();
            while let Some(row) = rows.next()? {
                let (seq, hash) = (seq(row, 0)?, row.get::<_, Option<_>>(1)?.map(LogHash));
                let is_next = hashes.is_empty() || seq.next() == first;
                let (Some(hash), true) = (hash, is_next) else {
                    break;
                };
                first = seq;
                hashes.push(hash);
            }
            hashes.reverse();
            Ok((first, hashes))
        })
    }

    /// The events of a log that `device` sent itself, from a place on, oldest first, 1,024 at most;
    /// only those sent at or after a time. Its edits and redactions are among them.
    ///
    /// # Errors
    /// [`StoreError::Unusable`].
    pub fn own_events_after(
        &self,
        device: DeviceId,
        (room, log): (&RoomName, LogId),
        at: Seq,
        sent_after: Timestamp,
    ) -> Result<Vec<Event>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT log, seq, device, local, line, number, name, sent_at, stored_after,
                            body
                     FROM history
                     WHERE room = ?1 AND log = ?2 AND seq >= ?3 AND device = ?4 AND sent_at >= ?5
                     ORDER BY seq LIMIT ?6",
                )?
                .query_map(
                    (
                        room.as_str(),
                        log.0,
                        to_i64(at.0),
                        device.0,
                        sent_after.0,
                        OFFERED_EVENTS_MAX,
                    ),
                    read_event,
                )?
                .collect()
        })
    }

    /// The rooms left open, in the order of their opening, with what the user of `device` has not
    /// read of them.
    ///
    /// # Errors
    /// [`StoreError::Unusable`].
    pub fn left_open(&self, device: DeviceId) -> Result<Vec<LeftOpen>, StoreError> {
        self.read(|connection| {
            let rooms: Vec<RoomName> = connection
                .prepare_cached("SELECT room FROM rooms ORDER BY id")?
                .query_map((), |row| parsed(row, 0))?
                .collect::<rusqlite::Result<_>>()?;
            let rooms = rooms.into_iter();
            rooms
                .map(|room| {
                    let (read, unread) = unread(connection, &room, device)?;
                    let draft = drafts::draft(connection, &room)?;
                    let sent = drafts::lines(connection, &room)?;
                    Ok(LeftOpen {
                        room,
                        read,
                        unread,
                        draft,
                        sent,
                    })
                })
                .collect()
        })
    }

    /// Notes that a room is to be opened again by the next client of this user.
    ///
    /// # Errors
    /// [`StoreError::Unusable`]; it is not, then.
    pub fn set_open(&mut self, room: &RoomName) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO rooms (room) VALUES (?1)")?
                .execute((room.as_str(),))
        })?;
        Ok(())
    }

    /// Notes that a room is not to be opened again, and forgets what was written there.
    ///
    /// # Errors
    /// [`StoreError::Unusable`]; it is, then.
    pub fn set_closed(&mut self, room: &RoomName) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .prepare_cached("DELETE FROM rooms WHERE room = ?1")?
                .execute((room.as_str(),))?;
            drafts::forget(transaction, room)
        })
    }

    /// The user has read a room up to here. Within a log that never goes back.
    ///
    /// # Errors
    /// [`StoreError::Unusable`]; it is unread as before, then.
    pub fn set_read(&mut self, room: &RoomName, log: LogId, seq: Seq) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO reads VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
                )?
                .execute((room.as_str(), log.0, to_i64(seq.0)))
        })?;
        Ok(())
    }
}

/// Up to where a room was read by its user, and how many messages of others came after that, be it
/// in the logs that came after that one.
fn unread(
    connection: &Connection,
    room: &RoomName,
    device: DeviceId,
) -> rusqlite::Result<(Option<(LogId, Seq)>, u32)> {
    let mut logs = connection.prepare_cached(
        "SELECT log, reads.seq FROM cursors LEFT JOIN reads USING (room, log)
         WHERE room = ?1 ORDER BY used DESC",
    )?;
    let mut others = connection.prepare_cached(
        "SELECT body FROM history
         WHERE room = ?1 AND log = ?2 AND seq > ?3 AND device <> ?4
         ORDER BY seq DESC LIMIT ?5",
    )?;
    let mut unread = 0;
    let mut left = UNREAD_EVENTS_MAX;
    let mut logs = logs.query((room.as_str(),))?;
    while let Some(row) = logs.next()? {
        let (log, read): ([u8; 8], Option<i64>) = (row.get(0)?, row.get(1)?);
        let after = read.unwrap_or(0);
        let mut rows = others.query((room.as_str(), log, after, device.0, left))?;
        while let Some(row) = rows.next()? {
            left -= 1;
            if is_spoken(&body(row, 0)?) {
                unread += 1;
            }
        }
        if let Some(read) = read {
            return Ok((Some((LogId(log), Seq(read.unsigned_abs()))), unread));
        }
    }
    Ok((None, unread))
}
