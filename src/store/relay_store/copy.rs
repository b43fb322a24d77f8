//! Backups, and how a store knows that it is one.
//!
//! A backup that is put back has forgotten what was said since, while others remember. The relay
//! must know, so every database says in its header (`application_id`) what it is:
//!
//! - [`LIVE`]: a store in use, or one that was;
//! - [`COPY`]: a backup as it was written, never opened since;
//! - [`RESTORED`]: a backup that was put back, whose rooms are not forked yet.
//!
//! A database made before there were marks has 0 there, and counts as live.
//!
//! # Foreign files beside a backup
//!
//! Who puts a backup where the store was may leave the old store's `-wal` beside it. SQLite would
//! take that for the backup's own and write the pages of another database into it. A backup has
//! never had files beside it, so those found beside a [`COPY`] are removed before SQLite sees them.
//! From then on it has some of its own: therefore it is marked as [`RESTORED`] first, without a
//! write-ahead log, so that the mark is in the file itself when the first of them is made.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::schema;
use crate::store::{StoreError, reason};
use crate::wire::StoreFault;

/// "lant": a store in use.
const LIVE: i32 = 0x6c61_6e74;

/// "lanc": a backup.
const COPY: i32 = 0x6c61_6e63;

/// "lanr": a backup that was put back.
const RESTORED: i32 = 0x6c61_6e72;

/// The header of a database (sqlite.org/fileformat.html, section 1.3): `user_version` is at 60,
/// `application_id` at 68, both big-endian.
const HEADER_BYTES: usize = 72;

/// What the header says, read without SQLite.
struct Header {
    user_version: i64,
    application_id: i32,
}

/// Prepares a backup that was put back, before SQLite opens it. Everything else is left alone.
pub(super) fn prepare(path: &Path) -> Result<(), StoreError> {
    let unusable = |reason: StoreFault| StoreError::Unusable {
        path: path.to_owned(),
        reason,
    };
    let Some(header) =
        header(path).map_err(|error| unusable(StoreFault::Other(error.to_string())))?
    else {
        return Ok(());
    };
    if header.application_id != COPY || header.user_version > schema::VERSION {
        return Ok(());
    }
    for suffix in ["-wal", "-shm", "-journal"] {
        let beside = beside(path, suffix);
        match fs::remove_file(&beside) {
            Ok(()) => tracing::info!("{} belonged to another store", beside.display()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(StoreError::Remove {
                    path: beside,
                    source,
                });
            }
        }
    }
    let mark = || {
        let connection = Connection::open(path)?;
        connection.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL")?;
        connection.pragma_update(None, "application_id", RESTORED)
    };
    mark().map_err(|error| unusable(reason(&error)))
}

/// Marks a store that has no mark, and a backup that has no room to be forked.
pub(super) fn adopt(connection: &Connection) -> rusqlite::Result<()> {
    let is_settled = match application_id(connection)? {
        0 => false,
        RESTORED => {
            connection.query_row("SELECT EXISTS (SELECT 1 FROM rooms)", (), |row| row.get(0))?
        }
        _ => true,
    };
    if !is_settled {
        connection.pragma_update(None, "application_id", LIVE)?;
    }
    Ok(())
}

/// Whether the store is a backup that was put back.
pub(super) fn is_copy(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(application_id(connection)? == RESTORED)
}

/// The rooms are forked: the store goes on by itself.
pub(super) fn unmark(connection: &Connection) -> rusqlite::Result<()> {
    if is_copy(connection)? {
        connection.pragma_update(None, "application_id", LIVE)?;
    }
    Ok(())
}

/// Copies the database at `from`, which may be in use, to a new file.
pub(super) fn backup(from: &Path, to: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Create {
        path: to.to_owned(),
        source,
    };
    if to.symlink_metadata().is_ok() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    let partial = beside(to, &format!(".{}.part", std::process::id()));
    let result = copy(from, &partial, to).and_then(|()| {
        // A link, unlike a new name, never takes the place of a file that has come up meanwhile;
        // where there are no links, there is a moment left in which it may.
        match fs::hard_link(&partial, to) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(failed(error)),
            Err(_) => fs::rename(&partial, to).map_err(failed),
        }?;
        sync_folder(to).map_err(failed)
    });
    // After a new name it is gone; after an error, what is left of it is of no use.
    let _ = fs::remove_file(&partial);
    result
}

/// Writes a whole copy, marked as one, to `partial`.
fn copy(from: &Path, partial: &Path, to: &Path) -> Result<(), StoreError> {
    let unreadable = |error: rusqlite::Error| StoreError::Unusable {
        path: from.to_owned(),
        reason: reason(&error),
    };
    let failed = |source| StoreError::Create {
        path: to.to_owned(),
        source,
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(from, flags).map_err(unreadable)?;
    let found: i64 = connection
        .query_row("PRAGMA user_version", (), |row| row.get(0))
        .map_err(unreadable)?;
    if found > schema::VERSION {
        return Err(StoreError::Newer {
            path: from.to_owned(),
            found,
            known: schema::VERSION,
        });
    }
    let mut file = OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        file.mode(0o600);
    }
    let file = file.open(partial).map_err(failed)?;
    connection
        .execute("VACUUM INTO ?1", (partial.to_string_lossy(),))
        .map_err(unreadable)?;
    let mark = || {
        let copy = Connection::open(partial)?;
        copy.execute_batch("PRAGMA journal_mode = DELETE")?;
        copy.pragma_update(None, "application_id", COPY)
    };
    mark().map_err(|error| StoreError::Unusable {
        path: to.to_owned(),
        reason: reason(&error),
    })?;
    file.sync_all().map_err(failed)
}

fn application_id(connection: &Connection) -> rusqlite::Result<i32> {
    connection.query_row("PRAGMA application_id", (), |row| row.get(0))
}

/// The header of a file; `None` when it has none.
fn header(path: &Path) -> io::Result<Option<Header>> {
    let mut bytes = [0; HEADER_BYTES];
    match File::open(path).and_then(|mut file| file.read_exact(&mut bytes)) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let number =
        |at: usize| i32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    Ok(bytes.starts_with(b"SQLite format 3\0").then(|| Header {
        user_version: number(60).into(),
        application_id: number(68),
    }))
}

/// A file beside another one, by what its name has more at the end.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes the name of a new file durable.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => File::open(".")?.sync_all(),
    }
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
