//! Secret keys: the device's, which is this machine's login at every relay, and the relay's own.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::config::{Folders, file_error};
use super::error::CliError;
use crate::locale::{Said, key, say};

/// A key and its file in the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKey {
    /// What this machine logs in with.
    Device,
    /// What `lanterm relay` is known by.
    Relay,
}

impl SecretKey {
    const fn file_name(self) -> &'static str {
        match self {
            Self::Device => "device.key",
            Self::Relay => "relay.key",
        }
    }

    /// Who one becomes without the old key.
    fn stranger(self) -> Said {
        match self {
            Self::Device => say!("key-new-device"),
            Self::Relay => say!("key-new-relay"),
        }
    }
}

/// The largest key file read, in bytes: 64 hexadecimal digits and some blanks.
const FILE_BYTES_MAX: usize = 128;

/// Reads a key, or makes it from `fresh` random bytes when there is none yet.
///
/// The file holds 64 hexadecimal digits, or 32 raw bytes, and is for this user alone. Processes
/// that start at the same time agree on one key.
///
/// # Errors
/// One that names the file, when it can't be read, made, or holds something else.
pub fn load_or_create(
    folders: &Folders,
    which: SecretKey,
    fresh: &[u8; 32],
) -> Result<Zeroizing<[u8; 32]>, CliError> {
    let path = folders.data.join(which.file_name());
    match load(&path, which)? {
        Some(key) => Ok(key),
        None => {
            folders.create_data()?;
            create(&path, fresh).map_err(|error| {
                file_error(&path, key!("file-not-created"), &error).hint(say!("folder-hint"))
            })?;
            load(&path, which)?
                .ok_or_else(|| CliError::failed(say!("key-removed", file = path.display())))
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 64 hexadecimal digits as bytes.
pub fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let value = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(value(pair[0])? * 16 + value(pair[1])?).ok()?;
    }
    Some(bytes)
}

fn load(path: &Path, which: SecretKey) -> Result<Option<Zeroizing<[u8; 32]>>, CliError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let error = file_error(path, key!("file-not-read"), &error);
            return Err(error.hint(say!("folder-hint")));
        }
    };
    let key = match <[u8; 32]>::try_from(bytes.as_slice()) {
        Ok(raw) => Some(raw),
        Err(_) if bytes.len() <= FILE_BYTES_MAX => std::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| from_hex(text.trim())),
        Err(_) => None,
    };
    match key {
        Some(key) => Ok(Some(Zeroizing::new(key))),
        None => Err(CliError::failed(say!(
            "key-damaged",
            file = path.display(),
            bytes = bytes.len()
        ))
        .hint(say!("key-damaged-hint", who = which.stranger()))),
    }
}

/// Writes the file under another name and links it into place, so that nobody ever reads half a
/// key, and the first of several processes wins.
fn create(path: &Path, key: &[u8; 32]) -> io::Result<()> {
    let draft = draft_path(path);
    let written = write_secret(&draft, format!("{}\n", to_hex(key)).as_bytes());
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Some file systems have no links; there the last process wins.
        Err(_) => fs::rename(&draft, path),
        Ok(()) => Ok(()),
    });
    let _ = fs::remove_file(&draft);
    linked
}

fn draft_path(path: &Path) -> PathBuf {
    path.with_extension(format!("{}.new", std::process::id()))
}

/// Writes a new file that only this user may read, to the disk.
fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Folders) {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(home.path())).unwrap();
        (home, folders)
    }

    #[test]
    fn the_key_is_made_once_and_stays() {
        let (home, folders) = home();
        assert_eq!(
            *load_or_create(&folders, SecretKey::Device, &[7; 32]).unwrap(),
            [7; 32]
        );
        assert_eq!(
            *load_or_create(&folders, SecretKey::Device, &[8; 32]).unwrap(),
            [7; 32]
        );
        let files: Vec<_> = fs::read_dir(home.path()).unwrap().collect();
        assert_eq!(files.len(), 1, "the draft is gone");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let metadata = fs::metadata(home.path().join(SecretKey::Device.file_name())).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn whoever_comes_second_takes_the_first_key() {
        let (home, _) = home();
        let path = home.path().join(SecretKey::Device.file_name());
        create(&path, &[1; 32]).unwrap();
        create(&path, &[2; 32]).unwrap();
        assert_eq!(
            load(&path, SecretKey::Device).unwrap().map(|key| *key),
            Some([1; 32])
        );
    }

    #[test]
    fn raw_and_hexadecimal_keys_are_read_and_nothing_else() {
        let (home, folders) = home();
        let path = home.path().join(SecretKey::Device.file_name());
        for contents in [
            vec![5; 32],
            format!(" {}\r\n", "05".repeat(32)).into_bytes(),
        ] {
            fs::write(&path, contents).unwrap();
            assert_eq!(
                *load_or_create(&folders, SecretKey::Device, &[0; 32]).unwrap(),
                [5; 32]
            );
        }
        for contents in [
            Vec::new(),
            vec![5; 31],
            vec![b'0'; 63],
            vec![b'g'; 64],
            vec![0; 9_999],
        ] {
            fs::write(&path, &contents).unwrap();
            let error = load_or_create(&folders, SecretKey::Device, &[0; 32])
                .unwrap_err()
                .to_string();
            let expected = format!("device.key holds {} bytes that are no key", contents.len());
            assert!(error.contains(&expected), "{error}");
        }
    }
}
