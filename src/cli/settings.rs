//! What the user changed on the screen: `screen.toml` in the data folder.
//!
//! It is written whole to a file beside it, which then takes its place, so that a crash leaves the
//! old one or the new one. One that can't be read is put aside under another name and never
//! written over.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tokio::sync::{mpsc, watch};

use super::config::Folders;
use crate::locale::{Language, Said, say, tr};
use crate::tui::Input;
use crate::tui::settings::{Settings, SettingsError};

/// The largest file that is read, in bytes. Arbitrary: all there can be in it is less.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Damaged files put aside; beyond, the next one stays where it is and nothing is kept. Arbitrary.
const ASIDE_MAX: usize = 100;

/// The settings at the start, and where they are kept from then on.
#[derive(Debug)]
pub struct Kept {
    /// What the screen starts with.
    pub settings: Settings,
    /// What to tell the user about the file, if anything.
    pub warning: Option<String>,
    /// The file; `None` when the one that is there must not be written over.
    path: Option<PathBuf>,
}

impl Kept {
    /// Reads the file in these folders, which need not exist. One that can't be used is put aside,
    /// and the settings are the usual ones.
    pub fn load(folders: &Folders, language: Language) -> Self {
        let path = folders.data.join("screen.toml");
        let problem = match read(&path) {
            Ok(settings) => {
                return Self {
                    settings,
                    warning: None,
                    path: Some(path),
                };
            }
            Err(problem) => problem,
        };
        let (name, aside) = (path.display().to_string(), put_aside(&path));
        let warning = match &aside {
            Some(aside) => {
                let aside = aside.display();
                tr!(
                    language,
                    "settings-damaged",
                    file = name,
                    problem = problem,
                    aside = aside
                )
            }
            None => tr!(
                language,
                "settings-unusable",
                file = name,
                problem = problem
            ),
        };
        Self {
            settings: Settings::default(),
            warning: Some(warning),
            path: aside.map(|_| path),
        }
    }

    /// Writes every change, until there are no more; of several at once the last. Disks are waited
    /// for on another thread. What fails is told to the screen.
    pub async fn keep(
        self,
        mut changes: watch::Receiver<Settings>,
        screen: mpsc::WeakSender<Input>,
        language: Language,
    ) {
        let Some(path) = self.path else { return };
        while changes.changed().await.is_ok() {
            let Some(text) = changes.borrow_and_update().text() else {
                continue;
            };
            let file = path.clone();
            let written = tokio::task::spawn_blocking(move || write(&file, &text)).await;
            if let Ok(Err(error)) = written {
                let file = path.display();
                let text = tr!(language, "file-not-written", file = file, error = error);
                if let Some(screen) = screen.upgrade() {
                    // A screen that is busy is not told.
                    let _ = screen.try_send(Input::Notice(text));
                }
            }
        }
    }
}

fn read(path: &Path) -> Result<Settings, Said> {
    let size = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
        Err(error) => return Err(Said::of(&error)),
    };
    if size > FILE_BYTES_MAX {
        return Err(Said::of(&io::Error::from(io::ErrorKind::FileTooLarge)));
    }
    let text = fs::read_to_string(path).map_err(|error| Said::of(&error))?;
    Settings::parse(&text).map_err(|SettingsError { line, message }| {
        say!("settings-line", line = line, problem = message)
    })
}

/// Gives a file another name that is free: its new path, or `None` when that can't be done.
fn put_aside(path: &Path) -> Option<PathBuf> {
    let aside = (1..=ASIDE_MAX)
        .map(|number| path.with_extension(format!("toml.damaged-{number}")))
        .find(|aside| aside.symlink_metadata().is_err())?;
    fs::rename(path, &aside).ok()?;
    Some(aside)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("toml.new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    drop(file);
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::notify::Level;
    use crate::wire::RoomName;

    fn folders() -> (tempfile::TempDir, Folders) {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(home.path())).unwrap();
        (home, folders)
    }

    fn quiet_lobby() -> Settings {
        let mut settings = Settings::default();
        assert!(settings.set_level(&RoomName::lobby(), Level::None));
        settings
    }

    #[tokio::test]
    async fn what_is_changed_is_there_at_the_next_start() {
        let (home, folders) = folders();
        let kept = Kept::load(&folders, Language::English);
        assert_eq!(
            (&kept.settings, &kept.warning),
            (&Settings::default(), &None)
        );
        let (changes, changed) = watch::channel(kept.settings.clone());
        let (screen, _inputs) = mpsc::channel(1);
        let keeping = kept.keep(changed, screen.downgrade(), Language::English);
        changes.send(quiet_lobby()).unwrap();
        drop(changes);
        keeping.await;
        let again = Kept::load(&folders, Language::English);
        assert_eq!((again.settings, again.warning), (quiet_lobby(), None));
        let files = fs::read_dir(home.path()).unwrap().count();
        assert_eq!(files, 1, "nothing else is left behind");
    }

    #[tokio::test]
    async fn a_damaged_file_is_put_aside_and_stays() {
        let (home, folders) = folders();
        let path = home.path().join("screen.toml");
        for number in 1..=2 {
            fs::write(&path, "[notify]\nlobby = 3\n").unwrap();
            let kept = Kept::load(&folders, Language::English);
            assert_eq!(kept.settings, Settings::default());
            let warning = kept.warning.unwrap();
            let aside = home.path().join(format!("screen.toml.damaged-{number}"));
            assert_eq!(warning.lines().count(), 1);
            assert!(warning.contains("screen.toml: line 2: "), "{warning}");
            assert!(warning.contains(&*aside.to_string_lossy()), "{warning}");
            assert_eq!(fs::read_to_string(aside).unwrap(), "[notify]\nlobby = 3\n");
            assert!(!path.exists());
        }
    }

    #[tokio::test]
    async fn a_change_that_can_t_be_written_is_told() {
        let (home, folders) = folders();
        let kept = Kept::load(&folders, Language::English);
        fs::create_dir(home.path().join("screen.toml.new")).unwrap();
        let (changes, changed) = watch::channel(kept.settings.clone());
        let (screen, mut inputs) = mpsc::channel(1);
        let keeping = kept.keep(changed, screen.downgrade(), Language::English);
        changes.send(quiet_lobby()).unwrap();
        drop(changes);
        keeping.await;
        let Ok(Input::Notice(text)) = inputs.try_recv() else {
            panic!("the screen is told");
        };
        assert!(text.contains("screen.toml"), "{text}");
    }
}
