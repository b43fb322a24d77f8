//! What a user is writing in each room, and the lines they sent there, for the input line of their
//! next client.
//!
//! There is a row of each for rooms that are open alone: what is kept has the bound that rooms have,
//! and what is longer than the bounds here is not kept.

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::ClientStore;
use crate::store::StoreError;
use crate::wire::{Body, RoomName};

/// The longest text kept of what is being written, in bytes: more than the input line of a screen
/// takes, with what may be put back into it.
const DRAFT_BYTES_MAX: usize = 1024 * 1024;

/// Lines kept of a room. Arbitrary: more than anyone walks through with an arrow key.
const LINES_MAX: u32 = 100;

/// The longest line kept, in bytes. Arbitrary: what is longer was pasted.
const LINE_BYTES_MAX: usize = 4096;

impl ClientStore {
    /// Keeps what is being written in a room in place of what was, and lines sent there, oldest
    /// first.
    ///
    /// # Errors
    /// [`StoreError::Unusable`]; what was kept before stays, then.
    pub fn set_draft(
        &mut self,
        room: &RoomName,
        text: &str,
        sent: &[String],
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            if text.is_empty() {
                forget_draft(transaction, room)?;
            } else if text.len() <= DRAFT_BYTES_MAX {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO drafts VALUES (?1, ?2)")?
                    .execute((room.as_str(), text))?;
            }
            let mut insert =
                transaction.prepare_cached("INSERT INTO lines (room, text) VALUES (?1, ?2)")?;
            for line in sent.iter().filter(|line| line.len() <= LINE_BYTES_MAX) {
                insert.execute((room.as_str(), line))?;
            }
            if !sent.is_empty() {
                transaction
                    .prepare_cached(
                        "DELETE FROM lines WHERE room = ?1 AND id <=
                             (SELECT id FROM lines WHERE room = ?1
                              ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                    )?
                    .execute((room.as_str(), LINES_MAX))?;
            }
            Ok(())
        })
    }
}

/// What was being written in a room; may be empty.
pub(super) fn draft(connection: &Connection, room: &RoomName) -> rusqlite::Result<String> {
    let draft = connection
        .prepare_cached("SELECT text FROM drafts WHERE room = ?1")?
        .query_row((room.as_str(),), |row| row.get(0))
        .optional()?;
    Ok(draft.unwrap_or_default())
}

/// The lines sent to a room, oldest first.
pub(super) fn lines(connection: &Connection, room: &RoomName) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached("SELECT text FROM lines WHERE room = ?1 ORDER BY id")?
        .query_map((room.as_str(),), |row| row.get(0))?
        .collect()
}

/// Forgets all that was written in a room.
pub(super) fn forget(transaction: &Transaction<'_>, room: &RoomName) -> rusqlite::Result<()> {
    forget_draft(transaction, room)?;
    transaction
        .prepare_cached("DELETE FROM lines WHERE room = ?1")?
        .execute((room.as_str(),))?;
    Ok(())
}

fn forget_draft(transaction: &Transaction<'_>, room: &RoomName) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM drafts WHERE room = ?1")?
        .execute((room.as_str(),))?;
    Ok(())
}

/// Forgets what was being written in a room if it became this message: so that nobody who dies just
/// then finds it both sent and still to be sent. A draft may be a little older than the message.
pub(super) fn forget_sent(
    transaction: &Transaction<'_>,
    room: &RoomName,
    body: &Body,
) -> rusqlite::Result<()> {
    let (Body::Message(text) | Body::Reply(_, text)) = body else {
        return Ok(());
    };
    let draft = draft(transaction, room)?;
    if !draft.is_empty() && text.as_str().starts_with(draft.trim_end()) {
        forget_draft(transaction, room)?;
    }
    Ok(())
}
