//! What is read of the logs: by the relay's store itself, or beside it on a connection of its own.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use crate::room::log::{LogReply, LogRequest, Place, READ_BYTES_MAX, Search};
use crate::store::{local, parsed, reason, search, seq, to_i64};
use crate::wire::{
    DeviceId, Event, EventId, Found, LogHash, LogId, Ordinal, RoomName, Seq, Timestamp, WireError,
    pack,
};

/// Places told in one answer about ordinals. Arbitrary: a reader that misses more asks again.
const NUMBERED_MAX: u32 = 1024;

/// Answers a question. What can't be read is logged, and answered as if it were not there.
pub(super) fn answer(connection: &Connection, request: LogRequest) -> LogReply {
    match request {
        LogRequest::Append(_) | LogRequest::Prune(_) => {
            unreachable!("what changes the logs is for their writer")
        }
        LogRequest::After {
            ticket,
            room,
            after,
            up_to,
            count_max,
        } => {
            let events = events_after(connection, &room, after, up_to, count_max);
            let events = events.unwrap_or_else(|error| unread(&room, &error));
            LogReply::Events { ticket, events }
        }
        LogRequest::Before {
            ticket,
            room,
            before,
            count_max,
        } => {
            let events = events_before(connection, &room, before, count_max);
            let events = events.unwrap_or_else(|error| unread(&room, &error));
            LogReply::Events { ticket, events }
        }
        LogRequest::Hashes {
            ticket,
            room,
            first,
            count_max,
        } => {
            let hashes = hashes(connection, &room, first, count_max);
            let hashes = hashes.unwrap_or_else(|error| unread(&room, &error));
            LogReply::Hashes { ticket, hashes }
        }
        LogRequest::Search { ticket, search } => {
            let found = found(connection, &search).map_err(|error| {
                let reason = reason(&error).to_string();
                tracing::error!("the store can't be searched: {reason}");
                reason
            });
            LogReply::Found { ticket, found }
        }
        LogRequest::Numbered {
            ticket,
            room,
            device,
            line,
            first,
            last,
        } => {
            let places = numbered(connection, &room, device, line, (first, last));
            let places = places.unwrap_or_else(|error| unread(&room, &error));
            LogReply::Numbered { ticket, places }
        }
        LogRequest::Find {
            ticket,
            device,
            local,
        } => {
            let place = find(connection, EventId { device, local });
            let place = place.unwrap_or_else(|error| {
                tracing::error!("the store can't be read: {}", reason(&error));
                None
            });
            LogReply::Place { ticket, place }
        }
    }
}

/// Where an event stands, or stood before it was pruned.
pub(super) fn find(connection: &Connection, id: EventId) -> rusqlite::Result<Option<Place>> {
    let place = |row: &Row<'_>| {
        Ok(Place {
            room: parsed(row, 0)?,
            seq: seq(row, 1)?,
            stored_after: row.get(2)?,
        })
    };
    let id = (id.device.0, to_i64(id.local.0));
    let kept = connection
        .prepare_cached(
            "SELECT rooms.name, seq, stored_after FROM events JOIN rooms ON rooms.id = room
             WHERE device = ?1 AND local = ?2",
        )?
        .query_row(id, place)
        .optional()?;
    if kept.is_some() {
        return Ok(kept);
    }
    connection
        .prepare_cached(
            "SELECT rooms.name, seq, stored_after FROM pruned JOIN rooms ON rooms.id = room
             WHERE device = ?1 AND local = ?2",
        )?
        .query_row(id, place)
        .optional()
}

fn events_after(
    connection: &Connection,
    room: &RoomName,
    after: Seq,
    up_to: Seq,
    count_max: usize,
) -> rusqlite::Result<Vec<Event>> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, device, local, line, number, events.name, sent_at, stored_after, body
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
    connection: &Connection,
    room: &RoomName,
    before: Option<Seq>,
    count_max: usize,
) -> rusqlite::Result<Vec<Event>> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, device, local, line, number, events.name, sent_at, stored_after, body
         FROM events JOIN rooms ON rooms.id = room
         WHERE rooms.name = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
    )?;
    let before = before.map_or(i64::MAX, |seq| to_i64(seq.0));
    let bounds = (room.as_str(), before, to_i64(count_max as u64));
    let mut events = collect_events(&mut statement, bounds)?;
    events.reverse();
    Ok(events)
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
        bytes += row.get_ref(8)?.as_blob()?.len();
        match read_event(row) {
            Ok(event) => events.push(event),
            Err(error) => {
                tracing::error!("the store has a damaged event: {}", reason(&error));
                break;
            }
        }
    }
    Ok(events)
}

/// An event from the columns `seq, device, local, line, number, name, sent_at, stored_after, body`.
pub(super) fn read_event(row: &Row<'_>) -> rusqlite::Result<Event> {
    let body = row.get_ref(8)?.as_blob()?;
    Ok(Event {
        seq: seq(row, 0)?,
        device: DeviceId(row.get(1)?),
        local: local(row, 2)?,
        ordinal: Ordinal {
            line: row.get(3)?,
            number: row.get(4)?,
        },
        from: parsed(row, 5)?,
        sent_at: Timestamp(row.get(6)?),
        stored_after: row.get(7)?,
        body: pack::decode(body)
            .map_err(|_: WireError| rusqlite::Error::InvalidColumnName("body".to_owned()))?,
    })
}

/// Those of deleted events stand with their ids, as long as these are remembered; the hash before the
/// first event kept with the room, the others with their events.
fn hashes(
    connection: &Connection,
    room: &RoomName,
    first: Seq,
    count_max: usize,
) -> rusqlite::Result<Vec<LogHash>> {
    let first = to_i64(first.0);
    let mut hashes = Vec::new();
    let (id, kept, base): (i64, i64, LogHash) = match connection
        .prepare_cached("SELECT id, first, base FROM rooms WHERE name = ?1")?
        .query_row((room.as_str(),), |row| {
            Ok((row.get(0)?, row.get(1)?, LogHash(row.get(2)?)))
        })
        .optional()?
    {
        Some(room) => room,
        None => return Ok(hashes),
    };
    if count_max == 0 {
        return Ok(hashes);
    }
    let mut next = first;
    if next == 0 {
        hashes.push(LogHash::EMPTY);
        next = 1;
    }
    if next < kept - 1 {
        let left = to_i64((count_max - hashes.len()) as u64);
        let mut statement = connection.prepare_cached(
            "SELECT seq, hash FROM pruned WHERE room = ?1 AND seq >= ?2 AND seq < ?3
             ORDER BY seq LIMIT ?4",
        )?;
        let mut rows = statement.query((id, next, kept - 1, left))?;
        while let Some(row) = rows.next()? {
            let (seq, hash): (i64, Option<[u8; 16]>) = (row.get(0)?, row.get(1)?);
            let Some(hash) = hash.filter(|_| seq == next) else {
                return Ok(hashes);
            };
            hashes.push(LogHash(hash));
            next += 1;
        }
        if next < kept - 1 {
            return Ok(hashes);
        }
    }
    if next == kept - 1 && hashes.len() < count_max {
        hashes.push(base);
        next = kept;
    }
    let left = to_i64((count_max - hashes.len()) as u64);
    let mut statement = connection.prepare_cached(
        "SELECT hash FROM events WHERE room = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3",
    )?;
    let rows = statement.query_map((id, next, left), |row| row.get(0).map(LogHash))?;
    for hash in rows {
        hashes.push(hash?);
    }
    Ok(hashes)
}

fn numbered(
    connection: &Connection,
    room: &RoomName,
    device: DeviceId,
    line: u32,
    (first, last): (u32, u32),
) -> rusqlite::Result<Vec<(u32, Seq)>> {
    connection
        .prepare_cached(
            "SELECT number, seq FROM events JOIN rooms ON rooms.id = room
             WHERE rooms.name = ?1 AND device = ?2 AND line = ?3 AND line <> 0
                 AND number BETWEEN ?4 AND ?5
             ORDER BY number LIMIT ?6",
        )?
        .query_map(
            (room.as_str(), device.0, line, first, last, NUMBERED_MAX),
            |row| Ok((row.get(0)?, seq(row, 1)?)),
        )?
        .collect()
}

/// The events searched for, until [`READ_BYTES_MAX`] is reached.
fn found(connection: &Connection, wanted: &Search) -> rusqlite::Result<Vec<Found>> {
    let mut statement = connection.prepare_cached(
        "SELECT events.seq, device, local, line, number, events.name, sent_at, stored_after, body,
                rooms.name, log
         FROM marks JOIN events USING (room, seq) JOIN rooms ON rooms.id = marks.room
         WHERE marks.mark = ?1",
    )?;
    let mut found = Vec::new();
    let mut bytes = 0;
    for mark in search::find(connection, wanted)? {
        let event = statement.query_row((mark,), |row| {
            bytes += row.get_ref(8)?.as_blob()?.len();
            Ok(Found {
                room: parsed(row, 9)?,
                log: LogId(row.get(10)?),
                event: read_event(row)?,
                mark: mark.unsigned_abs(),
            })
        });
        match event {
            Ok(event) => found.push(event),
            // Deleted since the index was asked.
            Err(rusqlite::Error::QueryReturnedNoRows) => {}
            Err(error) => return Err(error),
        }
        if bytes >= READ_BYTES_MAX {
            break;
        }
    }
    Ok(found)
}

fn unread<T>(room: &RoomName, error: &rusqlite::Error) -> Vec<T> {
    tracing::error!("room {room} can't be read: {}", reason(error));
    Vec::new()
}
