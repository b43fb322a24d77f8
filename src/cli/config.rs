//! Where lanterm keeps its files, and what `config.toml` may say.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use etcetera::BaseStrategy;
use serde::{Deserialize, Deserializer};

use super::args::RelayAddress;
use super::error::CliError;
use crate::locale::{Language, key, say};
use crate::tui::keymap::KeyMap;
use crate::tui::notify::{Quiet, QuietError, Way};
use crate::tui::themes::{OwnColours, ThemeName};
use crate::wire::{Name, RoomName};

/// The folders with a user's configuration and data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// For `config.toml`.
    pub config: PathBuf,
    /// For the device key, known relays, history and logs.
    pub data: PathBuf,
}

impl Folders {
    /// Both in `home`, the value of `LANTERM_HOME`, or where the system wants them.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn find(home: Option<&Path>) -> Result<Self, CliError> {
        if let Some(home) = home.filter(|home| !home.as_os_str().is_empty()) {
            return Ok(Self {
                config: home.to_owned(),
                data: home.to_owned(),
            });
        }
        let strategy = etcetera::choose_base_strategy().map_err(|_| {
            CliError::failed(say!("error-no-home")).hint(say!("error-no-home-hint"))
        })?;
        Ok(Self {
            config: strategy.config_dir().join("lanterm"),
            data: strategy.data_dir().join("lanterm"),
        })
    }

    /// Makes the folder for data, for this user alone.
    ///
    /// # Errors
    /// As the system reports them.
    pub fn create_data(&self) -> Result<(), CliError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.data)
            .map_err(|error| file_error(&self.data, key!("file-not-created"), &error))
    }
}

/// What `config.toml` says. Everything is optional, and arguments go first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The name to go by.
    #[serde(default, deserialize_with = "parsed")]
    pub name: Option<Name>,
    /// The relay to use instead of looking for one.
    #[serde(default, deserialize_with = "parsed")]
    pub relay: Option<RelayAddress>,
    /// The only network interfaces to use; all when empty.
    #[serde(default)]
    pub iface: Vec<String>,
    /// The room to start in, instead of the lobby.
    #[serde(default, deserialize_with = "parsed")]
    pub room: Option<RoomName>,
    /// The language to speak, instead of the system's.
    #[serde(default, deserialize_with = "parsed")]
    pub language: Option<Language>,
    /// Whether screens are coloured; the terminal and `NO_COLOR` decide when it does not say.
    pub color: Option<bool>,
    /// The theme; one chosen on the screen goes first.
    #[serde(default)]
    pub theme: ThemeName,
    /// Colours instead of the theme's.
    #[serde(default)]
    pub colors: OwnColours,
    /// Whether others see when this user types; they do when it does not say.
    pub typing: Option<bool>,
    /// Whether the screen takes the terminal's mouse; it does when this does not say.
    pub mouse: Option<bool>,
    /// Whether others see how far this user has read; they do when it does not say.
    pub read_marks: Option<bool>,
    /// The ways to notify; all when it does not say.
    pub notify: Option<Vec<Way>>,
    /// The hours in which nothing is notified.
    #[serde(default, deserialize_with = "quiet")]
    pub quiet: Option<Quiet>,
    /// The keys for what is named, instead of the usual ones.
    #[serde(default, deserialize_with = "keys")]
    pub keys: BTreeMap<String, Vec<String>>,
}

impl Config {
    /// Reads the file given, which must exist, or the one in `folders`, which need not.
    ///
    /// # Errors
    /// One that names the file and the line.
    pub fn load(file: Option<&Path>, folders: &Folders) -> Result<Self, CliError> {
        let default = folders.config.join("config.toml");
        let path = file.unwrap_or(&default);
        match fs::read(path) {
            Ok(bytes) => match str::from_utf8(&bytes) {
                Ok(text) => Self::parse(text, path),
                Err(error) => {
                    let line = line_number(&bytes[..error.valid_up_to()]);
                    Err(CliError::failed(say!("error-not-utf8"))
                        .about(format_args!("{}:{line}", path.display())))
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound && file.is_none() => {
                Ok(Self::default())
            }
            Err(error) => Err(file_error(path, key!("file-not-read"), &error)),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, CliError> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = line_number(text.as_bytes().get(..start).unwrap_or_default());
            let message = error.message().replace('`', "\"");
            CliError::failed(message).about(format_args!("{}:{line}", path.display()))
        })
    }
}

/// The line that begins or goes on behind these bytes.
fn line_number(before: &[u8]) -> usize {
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// An error about a file, with the system's reason.
/// `what` is the key of what can't be done with it.
pub(super) fn file_error(path: &Path, what: &'static str, error: &io::Error) -> CliError {
    CliError::failed(say!(what, file = path.display(), error = error))
}

/// Reads which keys do what: for each name a key or several.
fn keys<'de, D>(deserializer: D) -> Result<BTreeMap<String, Vec<String>>, D::Error>
where
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Keys {
        One(String),
        Several(Vec<String>),
    }

    let keys = BTreeMap::<String, Keys>::deserialize(deserializer)?.into_iter();
    let keys = keys.map(|(name, keys)| match keys {
        Keys::One(key) => (name, vec![key]),
        Keys::Several(keys) => (name, keys),
    });
    let keys = keys.collect();
    KeyMap::new(&keys)
        .map_err(|error| serde::de::Error::custom(error.said().tr(Language::English)))?;
    Ok(keys)
}

/// Reads hours.
fn quiet<'de, D>(deserializer: D) -> Result<Option<Quiet>, D::Error>
where
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    let hours = text.parse().map_err(|error: QuietError| {
        let said = error.said().tr(Language::English);
        serde::de::Error::custom(format_args!("\"{text}\": {said}"))
    })?;
    Ok(Some(hours))
}

/// Reads a string into what it stands for; errors repeat it.
fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map(Some)
        .map_err(|error| serde::de::Error::custom(format_args!("\"{text}\": {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("config.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_is_optional() {
        assert_eq!(parse(""), Ok(Config::default()));
        let config = parse(
            "name = \"ada\"\nrelay = \"attic:99\"\niface = [\"eth0\"]\nroom = \"#Tea\"\nlanguage = \"zh\"\ncolor = false\ntheme = \"light\"\nmouse = false\nread_marks = false\ntyping = false\nnotify = [\"bell\"]\nquiet = \"22:00-07:00\"\n",
        );
        let expected = Config {
            name: Some("ada".parse().unwrap()),
            relay: Some("attic:99".parse().unwrap()),
            iface: vec!["eth0".to_owned()],
            room: Some("tea".parse().unwrap()),
            language: Some(Language::Chinese),
            color: Some(false),
            theme: ThemeName::Light,
            colors: OwnColours::default(),
            typing: Some(false),
            mouse: Some(false),
            read_marks: Some(false),
            notify: Some(vec![Way::Bell]),
            quiet: Some("22:00-07:00".parse().unwrap()),
            keys: BTreeMap::new(),
        };
        assert_eq!(config, Ok(expected));
    }

    #[test]
    fn errors_name_the_file_and_the_line() {
        for (text, expected) in [
            (
                "name = \"ada\"\n\nnmae = \"ada\"\n",
                "error: config.toml:3: unknown field \"nmae\", expected one of \"name\", \"relay\", \"iface\", \"room\", \"language\", \"color\", \"theme\", \"colors\", \"typing\", \"mouse\", \"read_marks\", \"notify\", \"quiet\", \"keys\"",
            ),
            (
                "\nname = \"a b\"\n",
                "error: config.toml:2: \"a b\": contains a character that is not allowed: U+0020",
            ),
            (
                "quiet = \"late\"\n",
                "error: config.toml:1: \"late\": write HH:MM-HH:MM, like 22:00-07:00",
            ),
            (
                "theme = \"pink\"\n",
                "error: config.toml:1: unknown variant \"pink\", expected one of \"auto\", \"dark\", \"light\", \"contrast\", \"plain16\"",
            ),
            (
                "[colors]\ngood = 28\nerror = \"rde\"\n",
                "error: config.toml:3: \"rde\": write a colour like \"red\", \"#ff8800\" or 208",
            ),
            (
                "[colors]\ngood = 256\n",
                "error: config.toml:2: \"256\": write a colour like \"red\", \"#ff8800\" or 208",
            ),
            (
                "[colors]\n\nnicks = []\n",
                "error: config.toml:3: write 1 to 12 colours for names",
            ),
            (
                "[colors]\nfaint = 3\nnicks = [\"red\", \"bule\"]\n",
                "error: config.toml:3: \"bule\": write a colour like \"red\", \"#ff8800\" or 208",
            ),
            (
                "relay = \":x\"\n",
                "error: config.toml:1: \":x\": write HOST, HOST:PORT or [IPV6]:PORT",
            ),
        ] {
            assert_eq!(parse(text), Err(expected.to_owned()));
        }
        let error = parse("name = \"ada\"\nrelay = \n").unwrap_err();
        assert!(error.starts_with("error: config.toml:2: "), "{error}");
        assert_eq!(error.lines().count(), 1);
    }

    #[test]
    fn keys_are_one_or_several_and_checked() {
        let config = parse("[keys]\nsend = \"alt-s\"\nredraw = [\"f5\", \"f6\"]\nyank = []\n");
        let keys = config.unwrap().keys;
        assert_eq!(keys["send"], ["alt-s"]);
        assert_eq!(keys["redraw"], ["f5", "f6"]);
        assert_eq!(keys["yank"], [""; 0]);
        let error = parse("color = true\n[keys]\nsned = \"x\"\n").unwrap_err();
        assert!(error.contains("no key is called \"sned\""), "{error}");
    }

    #[test]
    fn a_file_that_was_asked_for_must_exist() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(home.path())).unwrap();
        assert_eq!(Config::load(None, &folders), Ok(Config::default()));
        let missing = home.path().join("other.toml");
        assert!(Config::load(Some(&missing), &folders).is_err());
        fs::write(home.path().join("config.toml"), "color = true").unwrap();
        assert_eq!(Config::load(None, &folders).unwrap().color, Some(true));
    }

    #[cfg(unix)]
    #[test]
    fn the_data_folder_is_for_the_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(&home.path().join("a/b"))).unwrap();
        folders.create_data().unwrap();
        folders.create_data().unwrap();
        let mode = fs::metadata(&folders.data).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
