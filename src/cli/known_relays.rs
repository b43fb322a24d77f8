//! The relays this user has met, each with the key it had: `known_relays` in the data folder.
//!
//! One line each: the relay's id, what it calls itself, its public key. Lines are only ever added;
//! the last one about a relay counts.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use super::config::{Folders, file_error};
use super::error::CliError;
use super::identity::{from_hex, to_hex};
use crate::client::Pin;
use crate::locale::{key, say};

/// The file.
#[derive(Clone, Debug)]
pub struct KnownRelays {
    path: PathBuf,
}

impl KnownRelays {
    /// The file in these folders; it need not exist.
    pub fn new(folders: &Folders) -> Self {
        Self {
            path: folders.data.join("known_relays"),
        }
    }

    /// Every relay once, in the order they were met.
    ///
    /// # Errors
    /// One that names the file and the line: a damaged pin must not pass for none.
    pub fn load(&self) -> Result<Vec<Pin>, CliError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(file_error(&self.path, key!("file-not-read"), &error)),
        };
        let mut known: Vec<Pin> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = parse_line(line).ok_or_else(|| {
                CliError::failed(say!("known-relays-damaged"))
                    .about(format_args!("{}:{}", self.path.display(), number + 1))
                    .hint(say!("known-relays-damaged-hint"))
            })?;
            match known.iter_mut().find(|other| other.relay == entry.relay) {
                Some(earlier) => *earlier = entry,
                None => known.push(entry),
            }
        }
        Ok(known)
    }

    /// Adds a relay, or another key for one. The data folder must exist.
    ///
    /// # Errors
    /// As the system reports them.
    pub fn add(&self, known: &Pin) -> Result<(), CliError> {
        let Pin { relay, name, key } = known;
        // One write of a short line in append mode is not torn by another process's. The line feed
        // in front ends a line that a full disk cut short.
        let line = format!("\n{relay} {name} {}\n", to_hex(key));
        let mut file = fs::OpenOptions::new();
        file.append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            file.mode(0o600);
        }
        file.open(&self.path)
            .and_then(|mut file| {
                file.write_all(line.as_bytes())?;
                file.sync_all()
            })
            .map_err(|error| file_error(&self.path, key!("file-not-written"), &error))
    }
}

fn parse_line(line: &str) -> Option<Pin> {
    let mut fields = line.split_whitespace();
    let known = Pin {
        relay: fields.next()?.parse().ok()?,
        name: fields.next()?.parse().ok()?,
        key: from_hex(fields.next()?)?,
    };
    fields.next().is_none().then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::RelayId;

    fn known(id: u8, name: &str, key: u8) -> Pin {
        Pin {
            relay: RelayId([id; 8]),
            name: name.parse().unwrap(),
            key: [key; 32],
        }
    }

    fn file() -> (tempfile::TempDir, KnownRelays) {
        let home = tempfile::tempdir().unwrap();
        let relays = KnownRelays::new(&Folders::find(Some(home.path())).unwrap());
        (home, relays)
    }

    #[test]
    fn relays_are_remembered_and_the_last_key_counts() {
        let (_home, relays) = file();
        assert_eq!(relays.load().unwrap(), []);
        relays.add(&known(1, "attic", 1)).unwrap();
        relays.add(&known(2, "小明", 2)).unwrap();
        relays.add(&known(1, "attic", 3)).unwrap();
        assert_eq!(
            relays.load().unwrap(),
            [known(1, "attic", 3), known(2, "小明", 2)]
        );
    }

    #[test]
    fn a_damaged_line_is_named_and_never_skipped() {
        let (home, relays) = file();
        relays.add(&known(1, "attic", 1)).unwrap();
        let path = home.path().join("known_relays");
        let good = fs::read_to_string(&path).unwrap();
        for bad in ["0101 attic", "# note\n\n0101010101010101 attic 00", "x"] {
            fs::write(&path, format!("{good}{bad}")).unwrap();
            let line = 2 + bad.lines().count();
            let error = relays.load().unwrap_err().to_string();
            assert!(error.contains(&format!("known_relays:{line}: ")), "{error}");
        }
    }
}
