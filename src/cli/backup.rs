//! `lanterm relay backup`: a copy of a relay's rooms in one file, made while the relay runs.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::args::BackupArgs;
use super::config::{Folders, file_error};
use super::error::{CliError, from_store_error};
use super::json::Line;
use super::output::Output;
use crate::locale::{key, say, tr};
use crate::store::{RelayStore, StoreError};
use crate::tui::reasons;

/// Makes the copy, and says how large it is.
///
/// # Errors
/// When there is no store, the file is there already, or it can't be written.
pub fn run<W: Write>(
    folders: &Folders,
    args: &BackupArgs,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let store = match &args.store {
        Some(path) => path.clone(),
        None => folders.data.join("relay.db"),
    };
    check(&store, &args.file)?;
    RelayStore::backup(&store, &args.file)
        .map_err(|error| from_store(&store, &args.file, &error))?;
    let bytes = fs::metadata(&args.file)
        .map_err(|error| file_error(&args.file, key!("file-not-read"), &error))?
        .len();
    let file = args.file.to_string_lossy();
    if out.is_json() {
        let file = file.as_ref();
        out.json(&Line::Backup { file, bytes })
    } else {
        out.text(&tr!(
            out.language(),
            "backup-done",
            file = file,
            bytes = bytes
        ))
    }
}

fn from_store(store: &Path, file: &Path, error: &StoreError) -> CliError {
    match error {
        StoreError::Create { .. } | StoreError::Remove { .. } => {
            from_store_error(error).hint(say!("backup-create-hint"))
        }
        StoreError::Newer { .. } => from_store_error(error).hint(say!("backup-newer-hint")),
        // Which of the two files it is about, only the reason tells.
        StoreError::Unusable { reason, .. } => CliError::failed(say!(
            "backup-failed",
            store = store.display(),
            file = file.display(),
            reason = reasons::store_fault(reason)
        ))
        .hint(say!("backup-failed-hint")),
    }
}

/// Refuses what would copy nothing, or would write over something.
fn check(store: &Path, file: &Path) -> Result<(), CliError> {
    match fs::metadata(store) {
        Ok(found) if found.is_file() => {}
        Ok(_) => {
            let error = CliError::failed(say!("backup-no-file", store = store.display()));
            return Err(error.hint(say!("backup-no-file-hint")));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let error = CliError::failed(say!("backup-no-store", store = store.display()));
            return Err(error.hint(say!("backup-no-store-hint")));
        }
        Err(error) => return Err(file_error(store, key!("file-not-read"), &error)),
    }
    // A link to nowhere is in the way as well.
    match fs::symlink_metadata(file) {
        Ok(_) => Err(
            CliError::failed(say!("backup-exists", file = file.display()))
                .hint(say!("backup-exists-hint")),
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file_error(file, key!("file-not-made"), &error)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn a_copy_is_made_once_and_nothing_is_written_over() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(home.path())).unwrap();
        let args = BackupArgs {
            file: home.path().join("copy.db"),
            store: None,
        };
        let backup = || {
            let mut printed = Vec::new();
            let mut out = Output::new(&mut printed, true, TimeZone::UTC);
            run(&folders, &args, &mut out).map(|()| String::from_utf8(printed).unwrap())
        };
        let error = backup().unwrap_err().to_string();
        assert!(error.starts_with("error: there is no store at "), "{error}");
        assert!(!args.file.exists());

        let relay = RelayStore::open(&home.path().join("relay.db")).unwrap();
        let bytes = |path: &Path| fs::metadata(path).unwrap().len();
        let printed = backup().unwrap();
        let size = bytes(&args.file);
        assert!(
            printed.starts_with(r#"{"type":"backup","file":""#),
            "{printed}"
        );
        assert!(printed.ends_with(&format!(",\"bytes\":{size}}}\n")));
        let copy = RelayStore::open(&args.file).unwrap().snapshot().unwrap();
        assert_eq!(copy.relay, relay.snapshot().unwrap().relay);

        let error = backup().unwrap_err().to_string();
        assert!(
            error.contains("copy.db is there already\nhint: "),
            "{error}"
        );
    }
}
