//! SQLite: what must outlive the process.
//!
//! A store is handed whole batches and returns once they are on the disk (WAL with
//! `synchronous=FULL`); whoever drives it runs it on a thread of its own. Files are readable by
//! their owner only, and every database says in `user_version` which schema it has.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, Row};
use rusqlite_migration::Migrations;

pub mod client_store;
pub mod relay_store;
mod search;

pub use client_store::ClientStore;
pub use relay_store::{RelayReader, RelayStore};

use crate::wire::{LocalId, Seq, StoreFault};

/// What `PRAGMA auto_vacuum` says of a file that shrinks a bit at a time.
const AUTO_VACUUM_INCREMENTAL: i64 = 2;

/// Why a store can't be used. Shown in logs as it is: one line, with the file; and to people in their
/// language.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or file can't be made, or not with the right mode.
    #[error("can't create {}: {source}", path.display())]
    Create {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A newer lanterm wrote it.
    #[error(
        "{} has schema version {found}, but this lanterm only knows versions up to {known}",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// It is no database, is damaged, or can't be read or written.
    #[error("can't use {}: {reason}", path.display())]
    Unusable {
        /// The database.
        path: PathBuf,
        /// Why.
        reason: StoreFault,
    },
    /// A file of another store is in the way and can't be removed.
    #[error("can't remove {}: {source}", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Opens or creates the database at `path` and brings its schema up to date.
///
/// The folder is made with mode 0700 and the file with 0600, before SQLite sees it; SQLite gives
/// the files it puts beside it the same mode. Returns the version it had, too; 0 for a new one.
///
/// `table` is one that such a store has had from version 1 on: a database without it is another
/// program's, or the other store of this one, and stays as it is.
///
/// # Errors
/// Any [`StoreError`].
pub(crate) fn open_database(
    path: &Path,
    migrations: &Migrations<'_>,
    known: i64,
    table: &str,
) -> Result<(Connection, i64), StoreError> {
    create_private(path)?;
    let unusable = |error| StoreError::Unusable {
        path: path.to_owned(),
        reason: reason(&error),
    };
    let mut connection = Connection::open(path).map_err(unusable)?;
    let found: i64 = connection
        .query_row("PRAGMA user_version", (), |row| row.get(0))
        .map_err(unusable)?;
    let is_foreign: bool = connection
        .query_row(
            "SELECT count(*) > 0 AND (?1 = 0 OR max(name = ?2) = 0)
             FROM sqlite_schema WHERE type = 'table'",
            (found, table),
            |row| row.get(0),
        )
        .map_err(unusable)?;
    if is_foreign {
        return Err(StoreError::Unusable {
            path: path.to_owned(),
            reason: StoreFault::Foreign,
        });
    }
    if found > known {
        let path = path.to_owned();
        return Err(StoreError::Newer { path, found, known });
    }
    prepare(&mut connection, migrations, path)?;
    Ok((connection, found))
}

/// A database in memory with an up-to-date schema, gone with its connection.
pub(crate) fn open_in_memory(migrations: &Migrations<'_>) -> Result<Connection, StoreError> {
    let path = Path::new(":memory:");
    let mut connection = Connection::open_in_memory().map_err(|error| StoreError::Unusable {
        path: path.to_owned(),
        reason: reason(&error),
    })?;
    prepare(&mut connection, migrations, path)?;
    Ok(connection)
}

/// A file that is to shrink a bit at a time must be told so before it has anything in it. To others
/// that means nothing; and to say it again would be written, which a full disk refuses.
fn prepare(
    connection: &mut Connection,
    migrations: &Migrations<'_>,
    path: &Path,
) -> Result<(), StoreError> {
    let unusable = |reason| StoreError::Unusable {
        path: path.to_owned(),
        reason,
    };
    let settle = |connection: &Connection| {
        let shrinks: i64 = connection.query_row("PRAGMA auto_vacuum", (), |row| row.get(0))?;
        if shrinks != AUTO_VACUUM_INCREMENTAL {
            connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
        }
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;",
        )
    };
    settle(connection).map_err(|error| unusable(reason(&error)))?;
    migrations
        .to_latest(connection)
        .map_err(|error| match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => unusable(reason(&err)),
            other => unusable(StoreFault::Other(one_line(&other.to_string()))),
        })
}

/// Makes the folder and the file, private from the start, unless they are there.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let failed = |path: &Path, source| StoreError::Create {
        path: path.to_owned(),
        source,
    };
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    let mut file = std::fs::OpenOptions::new();
    file.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folder.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
        folder.create(parent).map_err(|e| failed(parent, e))?;
    }
    if !path.exists() {
        file.open(path).map_err(|e| failed(path, e))?;
    }
    Ok(())
}

/// Why SQLite would not, as something a user can act on.
pub(crate) fn reason(error: &rusqlite::Error) -> StoreFault {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
        // There is no room for the index beside the log, which a database needs to be opened.
        return StoreFault::Full;
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreFault::Full,
        Some(ErrorCode::ReadOnly) => StoreFault::ReadOnly,
        Some(ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => StoreFault::Denied,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreFault::Busy,
        Some(ErrorCode::SystemIoFailure) => StoreFault::Disk,
        Some(ErrorCode::DatabaseCorrupt) => StoreFault::Damaged,
        Some(ErrorCode::NotADatabase) => StoreFault::Foreign,
        _ => StoreFault::Other(one_line(&error.to_string())),
    }
}

/// A name that was valid when it was stored; otherwise the database was changed by other hands.
pub(crate) fn parsed<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    text.parse()
        .map_err(|_| rusqlite::Error::InvalidColumnName(text.to_owned()))
}

pub(crate) fn seq(row: &Row<'_>, column: usize) -> rusqlite::Result<Seq> {
    Ok(Seq(row.get::<_, i64>(column)?.unsigned_abs()))
}

pub(crate) fn local(row: &Row<'_>, column: usize) -> rusqlite::Result<LocalId> {
    Ok(LocalId(row.get::<_, i64>(column)?.unsigned_abs()))
}

/// SQLite counts in `i64`. Places never get that far, and a relay takes no local id beyond it.
pub(crate) fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn a_full_disk_is_called_so_wherever_it_shows() {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_SHMSIZE] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            assert_eq!(reason(&error), StoreFault::Full, "{code}");
        }
        let error = ffi::Error::new(ffi::SQLITE_IOERR_FSYNC);
        let error = rusqlite::Error::SqliteFailure(error, None);
        assert_eq!(reason(&error), StoreFault::Disk);
    }
}
