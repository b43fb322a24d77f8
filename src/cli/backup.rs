//! `lanterm relay backup`: a copy of a relay's rooms in one file, made while the relay runs.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::args::BackupArgs;
use super::config::{Folders, file_error};
use super::error::CliError;
use super::json::Line;
use super::output::Output;
use crate::store::{RelayStore, StoreError};

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
        .map_err(|error| file_error(&args.file, "can't be read", &error))?
        .len();
    let file = args.file.to_string_lossy();
    if out.is_json() {
        let file = file.as_ref();
        out.json(&Line::Backup { file, bytes })
    } else {
        out.text(&format!("{file}  {bytes} bytes"))
    }
}

fn from_store(store: &Path, file: &Path, error: &StoreError) -> CliError {
    match error {
        StoreError::Create { .. } => {
            CliError::failed(error).hint("the folder must be there and take files")
        }
        StoreError::Newer { .. } => {
            CliError::failed(error).hint("take the lanterm that the relay runs with")
        }
        // Which of the two files it is about, only the reason tells.
        StoreError::Unusable { reason, .. } => CliError::failed(format_args!(
            "can't copy {} to {}: {reason}",
            store.display(),
            file.display()
        ))
        .hint("--store names the relay's database; the copy needs as much room as that takes"),
    }
}

/// Refuses what would copy nothing, or would write over something.
fn check(store: &Path, file: &Path) -> Result<(), CliError> {
    match fs::metadata(store) {
        Ok(found) if found.is_file() => {}
        Ok(_) => {
            let message = format!("{} is no file", store.display());
            return Err(CliError::failed(message).hint("--store takes the relay's database"));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = format!("there is no store at {}", store.display());
            return Err(CliError::failed(message).hint("--store names the relay's database"));
        }
        Err(error) => return Err(file_error(store, "can't be read", &error)),
    }
    // A link to nowhere is in the way as well.
    match fs::symlink_metadata(file) {
        Ok(_) => Err(
            CliError::failed(format_args!("{} is there already", file.display()))
                .hint("a backup never writes over a file: take another name"),
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file_error(file, "can't be made", &error)),
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
