//! The words of a relay's messages, to be searched.
//!
//! What people wrote (messages, actions, edits, topics) is in an FTS5 index under the event's
//! *mark*, the number of its commit over all rooms, so that the newest come first by going through
//! the index backwards. The index holds tokens only, no text; see [`words`] for what a text's
//! tokens are. FTS5's own query language is never reached by what a user types.
//!
//! # Answered from the index alone
//!
//! A question about a frequent word must not read a million events to find the ten that its asker
//! may see, so all that narrows it down stands in the index as well: the room and the sender are
//! tokens, which start with `_` as no word does. Rooms for everybody and direct rooms have an index
//! each. In that of the direct rooms both users are tokens, so that what others wrote to each other
//! costs nothing, and the one of the other rooms needs no such test.
//!
//! # What leaves it
//!
//! The old text of a message that its own device edited, so that each message is found once, by its
//! text as it is now, as the last edit of it; a message that its own device took back, with all the
//! edits of it; and what is pruned.

mod words;

use std::fmt::Write;

use rusqlite::{Connection, OptionalExtension};

use crate::room::is_for;
use crate::room::log::Search;
use crate::wire::{Body, DeviceId, Event, Name, RoomName, Seq};

use super::to_i64;

/// Prefixes of one to three characters have entries of their own; longer ones are put together from
/// the entries of all words that start so. Measured with a million messages: 25 ms for a word in
/// half of them, but 160 ms for a thousand words, which only short prefixes have.
///
/// `contentless_delete` needs neither the text nor its tokens to take an entry out again.
pub(super) const SCHEMA: &str = "
    CREATE VIRTUAL TABLE search USING fts5 (
        tokens, content = '', contentless_delete = 1, prefix = '1 2 3',
        tokenize = \"ascii tokenchars '_'\"
    );
    CREATE VIRTUAL TABLE search_direct USING fts5 (
        tokens, content = '', contentless_delete = 1, prefix = '1 2 3',
        tokenize = \"ascii tokenchars '_'\"
    );
    CREATE TABLE redacted (
        room INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (room, seq)
    ) STRICT, WITHOUT ROWID;
";

/// What the token starts with that says which event an edit is of.
const EDIT: &str = "_e";

/// A room, by what the index needs to know of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct IndexedRoom<'a> {
    pub id: i64,
    pub name: &'a RoomName,
}

impl IndexedRoom<'_> {
    /// The index its messages are in.
    fn table(self) -> &'static str {
        match self.name.direct_users() {
            Some(_) => "search_direct",
            None => "search",
        }
    }
}

/// Takes in an event just stored: its text, or what follows from it for others.
pub(super) fn add(
    connection: &Connection,
    room: IndexedRoom<'_>,
    mark: i64,
    event: &Event,
) -> rusqlite::Result<()> {
    let (text, edited) = match &event.body {
        Body::Message(text) | Body::Reply(_, text) | Body::Action(text) | Body::Topic(text) => {
            (text, None)
        }
        Body::Edit(edited, text) => (text, Some(*edited)),
        Body::Redaction(seq) => return redact(connection, room, *seq, event.device),
        Body::Reaction(..) | Body::Join | Body::Leave | Body::Role(..) | Body::Rename(_) => {
            return Ok(());
        }
    };
    if let Some(edited) = edited {
        if is_redacted(connection, room, edited)? {
            return Ok(());
        }
        supersede(connection, room, edited, event.device)?;
    }
    let mut tokens = words::tokens(text.as_str());
    if tokens.is_empty() {
        return Ok(());
    }
    tokens.push(' ');
    tokens.push_str(&sender_token(&event.from));
    tokens.push(' ');
    tokens.push_str(&room_token(room.id));
    if let Some((first, second)) = room.name.direct_users() {
        for name in [first, second] {
            tokens.push(' ');
            tokens.push_str(&user_token(&name));
        }
    }
    if let Some(edited) = edited {
        tokens.push(' ');
        tokens.push_str(&edit_token(room.id, edited));
    }
    let insert = match room.name.direct_users() {
        Some(_) => "INSERT INTO search_direct (rowid, tokens) VALUES (?1, ?2)",
        None => "INSERT INTO search (rowid, tokens) VALUES (?1, ?2)",
    };
    connection.prepare_cached(insert)?.execute((mark, tokens))?;
    Ok(())
}

/// Takes out an event that is no longer stored.
pub(super) fn remove(
    connection: &Connection,
    room: IndexedRoom<'_>,
    mark: i64,
) -> rusqlite::Result<()> {
    let delete = match room.name.direct_users() {
        Some(_) => "DELETE FROM search_direct WHERE rowid = ?1",
        None => "DELETE FROM search WHERE rowid = ?1",
    };
    connection.prepare_cached(delete)?.execute((mark,))?;
    Ok(())
}

fn is_redacted(connection: &Connection, room: IndexedRoom<'_>, seq: Seq) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM redacted WHERE room = ?1 AND seq = ?2")?
        .exists((room.id, to_i64(seq.0)))
}

/// A device has edited an event: if it is its own, or is pruned, neither it nor an earlier edit is
/// found any more.
fn supersede(
    connection: &Connection,
    room: IndexedRoom<'_>,
    seq: Seq,
    device: DeviceId,
) -> rusqlite::Result<()> {
    let original: Option<(i64, [u8; 8])> = connection
        .prepare_cached("SELECT mark, device FROM events WHERE room = ?1 AND seq = ?2")?
        .query_row((room.id, to_i64(seq.0)), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    match original {
        Some((_, author)) if author != device.0 => return Ok(()),
        Some((mark, _)) => remove(connection, room, mark)?,
        None => {}
    }
    remove_edits(connection, room, seq)
}

/// Takes out the entries of all edits of an event.
fn remove_edits(connection: &Connection, room: IndexedRoom<'_>, seq: Seq) -> rusqlite::Result<()> {
    let edits = format!("SELECT rowid FROM {0} WHERE {0} MATCH ?1", room.table());
    let edits: Vec<i64> = connection
        .prepare_cached(&edits)?
        .query_map((quoted(&edit_token(room.id, seq)),), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for mark in edits {
        remove(connection, room, mark)?;
    }
    Ok(())
}

/// The marks of all edits in the index, in their order.
pub(super) fn edits(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut marks = Vec::new();
    for table in ["search", "search_direct"] {
        let all = format!("SELECT rowid FROM {table} WHERE {table} MATCH ?1");
        let mut statement = connection.prepare(&all)?;
        let found = statement.query_map((format!("\"{EDIT}\" *"),), |row| row.get(0))?;
        for mark in found {
            marks.push(mark?);
        }
    }
    marks.sort_unstable();
    Ok(marks)
}

/// A device has taken an event back: if it is its own, neither it nor its edits are found any more.
fn redact(
    connection: &Connection,
    room: IndexedRoom<'_>,
    seq: Seq,
    device: DeviceId,
) -> rusqlite::Result<()> {
    let mark: Option<i64> = connection
        .prepare_cached("SELECT mark FROM events WHERE room = ?1 AND seq = ?2 AND device = ?3")?
        .query_row((room.id, to_i64(seq.0), device.0), |row| row.get(0))
        .optional()?;
    let Some(mark) = mark else {
        return Ok(());
    };
    connection
        .prepare_cached("INSERT OR IGNORE INTO redacted VALUES (?1, ?2)")?
        .execute((room.id, to_i64(seq.0)))?;
    remove(connection, room, mark)?;
    remove_edits(connection, room, seq)
}

/// The marks of what is searched for, newest first.
pub(super) fn find(connection: &Connection, search: &Search) -> rusqlite::Result<Vec<i64>> {
    let Some(mut wanted) = words::expression(&search.words) else {
        return Ok(Vec::new());
    };
    if let Some(from) = &search.from {
        narrow(&mut wanted, &sender_token(from));
    }
    let before = search.after.map_or(i64::MAX, to_i64);
    let count_max = to_i64(search.count_max as u64);
    let find = |table: &str, wanted: &str| {
        let find = format!(
            "SELECT rowid FROM {table} WHERE {table} MATCH ?1 AND rowid < ?2
             ORDER BY rowid DESC LIMIT ?3"
        );
        connection
            .prepare_cached(&find)?
            .query_map((wanted, before, count_max), |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()
    };
    if let Some(name) = &search.room {
        let id: Option<i64> = connection
            .prepare_cached("SELECT id FROM rooms WHERE name = ?1")?
            .query_row((name.as_str(),), |row| row.get(0))
            .optional()?;
        let Some(id) = id.filter(|_| is_for(name, &search.reader)) else {
            return Ok(Vec::new());
        };
        narrow(&mut wanted, &room_token(id));
        return find(IndexedRoom { id, name }.table(), &wanted);
    }
    let mut marks = find("search", &wanted)?;
    narrow(&mut wanted, &user_token(&search.reader));
    marks.extend(find("search_direct", &wanted)?);
    marks.sort_unstable_by(|a, b| b.cmp(a));
    marks.truncate(search.count_max);
    Ok(marks)
}

fn narrow(wanted: &mut String, token: &str) {
    wanted.push_str(" AND ");
    wanted.push_str(&quoted(token));
}

fn quoted(token: &str) -> String {
    format!("\"{token}\"")
}

fn room_token(id: i64) -> String {
    format!("_r{id}")
}

fn edit_token(room: i64, edited: Seq) -> String {
    format!("{EDIT}{room}_{}", edited.0)
}

fn sender_token(name: &Name) -> String {
    name_token("_s", name)
}

fn user_token(name: &Name) -> String {
    name_token("_u", name)
}

/// Names are compared as they are, so their bytes make the token.
fn name_token(kind: &str, name: &Name) -> String {
    let mut token = kind.to_owned();
    for byte in name.as_str().bytes() {
        // Writing to a string does not fail.
        let _ = write!(token, "{byte:02x}");
    }
    token
}
