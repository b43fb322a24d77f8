//! Where lanterm keeps its files, and what `config.toml` may say.

mod read;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::args::RelayAddress;
use super::error::CliError;
use crate::locale::{Language, key, say};
use crate::tui::notify::{Quiet, Way};
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
        builder.create(&self.data).map_err(|error| {
            file_error(&self.data, key!("file-not-created"), &error).hint(say!("folder-hint"))
        })
    }
}

/// What `config.toml` says. Everything is optional, and arguments go first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The name to go by.
    pub name: Option<Name>,
    /// The relay to use instead of looking for one.
    pub relay: Option<RelayAddress>,
    /// The only network interfaces to use; all when empty.
    pub iface: Vec<String>,
    /// The room to start in, instead of the lobby.
    pub room: Option<RoomName>,
    /// The language to speak, instead of the system's.
    pub language: Option<Language>,
    /// Whether screens are coloured; the terminal and `NO_COLOR` decide when it does not say.
    pub color: Option<bool>,
    /// The theme; one chosen on the screen goes first.
    pub theme: ThemeName,
    /// Colours instead of the theme's.
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
    pub quiet: Option<Quiet>,
    /// The keys for what is named, instead of the usual ones.
    pub keys: Keys,
}

/// Names of what keys do, each with the keys for it.
pub type Keys = BTreeMap<String, Vec<String>>;

impl Config {
    /// Every key that the file may have.
    pub const KEYS: [&'static str; 14] = [
        "name",
        "relay",
        "iface",
        "room",
        "language",
        "color",
        "theme",
        "colors",
        "typing",
        "mouse",
        "read_marks",
        "notify",
        "quiet",
        "keys",
    ];

    /// The language that the file given names, or the one in `folders`, whatever else is there.
    pub fn language(file: Option<&Path>, folders: &Folders) -> Option<Language> {
        let default = folders.config.join("config.toml");
        let text = fs::read_to_string(file.unwrap_or(&default)).ok()?;
        read::language(&text)
    }

    /// Reads the file given, which must exist, or the one in `folders`, which need not.
    ///
    /// # Errors
    /// One that names the file and the line.
    pub fn load(file: Option<&Path>, folders: &Folders) -> Result<Self, CliError> {
        let default = folders.config.join("config.toml");
        let path = file.unwrap_or(&default);
        match fs::read(path) {
            Ok(bytes) => match str::from_utf8(&bytes) {
                Ok(text) => read::read(text, path),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        read::read(text, Path::new("config.toml")).map_err(|error| error.to_string())
    }

    /// The error of a text, in a language, without its hint.
    fn error(text: &str, language: Language) -> String {
        let error = read::read(text, Path::new("config.toml")).unwrap_err();
        let mut said = Vec::new();
        let _ = error.report(language, &mut said);
        let said = String::from_utf8(said).unwrap();
        said.lines().next().unwrap_or_default().to_owned()
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
    fn every_key_is_known_and_takes_no_nonsense() {
        for key in Config::KEYS {
            let error = parse(&format!("{key} = 1979-05-27")).unwrap_err();
            let expected = format!("error: config.toml:1: \"{key}\" takes ");
            assert!(error.starts_with(&expected), "{error}");
        }
        let error = parse("name = \"ada\"\n\nnmae = \"ada\"\n").unwrap_err();
        let keys = Config::KEYS.join(", ");
        assert_eq!(
            error,
            format!("error: config.toml:3: there is no key \"nmae\"\nhint: the keys are: {keys}")
        );
    }

    #[test]
    fn errors_name_the_file_the_line_and_the_key_in_the_language_of_the_user() {
        for (text, english, chinese) in [
            (
                "\nname = \"a b\"\n",
                "2: \"name\" can't be \"a b\", which contains a blank",
                "2: \"name\" 不能是 \"a b\"：含有空格",
            ),
            (
                "quiet = \"late\"\n",
                "1: \"quiet\" can't be \"late\": write HH:MM-HH:MM, like 22:00-07:00",
                "1: \"quiet\" 不能是 \"late\"：请写成 HH:MM-HH:MM，例如 22:00-07:00",
            ),
            (
                "theme = \"pink\"\n",
                "1: \"theme\" can't be \"pink\": write auto, dark, light, contrast or plain16",
                "1: \"theme\" 不能是 \"pink\"：请写 auto、dark、light、contrast 或 plain16",
            ),
            (
                "notify = [\"bell\",\n \"smoke\"]\n",
                "2: \"notify\" can't be \"smoke\": write bell, osc or desktop",
                "2: \"notify\" 不能是 \"smoke\"：请写 bell、osc 或 desktop",
            ),
            (
                "[colors]\ngood = 28\nerror = \"rde\"\n",
                "3: \"colors.error\" can't be \"rde\": write a colour like \"red\", \"#ff8800\" or 208",
                "3: \"colors.error\" 不能是 \"rde\"：请写颜色，例如 \"red\"、\"#ff8800\" 或 208",
            ),
            (
                "[colors]\ngood = 256\n",
                "2: \"colors.good\" can't be \"256\": write a colour like \"red\", \"#ff8800\" or 208",
                "2: \"colors.good\" 不能是 \"256\"：请写颜色，例如 \"red\"、\"#ff8800\" 或 208",
            ),
            (
                "[colors]\n\nnicks = []\n",
                "3: \"colors.nicks\" takes a list of 1 to 12 colours, like [\"red\", 208]",
                "3: \"colors.nicks\" 的值应是 1 到 12 种颜色的列表，例如 [\"red\", 208]",
            ),
            (
                "[colors]\nfaint = 3\nnicks = [\"red\", \"bule\"]\n",
                "3: \"colors.nicks\" can't be \"bule\": write a colour like \"red\", \"#ff8800\" or 208",
                "3: \"colors.nicks\" 不能是 \"bule\"：请写颜色，例如 \"red\"、\"#ff8800\" 或 208",
            ),
            (
                "[colors]\nfiant = 3\n",
                "2: there is no key \"colors.fiant\"",
                "2: 没有 \"colors.fiant\" 这个键",
            ),
            (
                "relay = \":x\"\n",
                "1: \"relay\" can't be \":x\": write HOST, HOST:PORT or [IPV6]:PORT",
                "1: \"relay\" 不能是 \":x\"：请写 HOST、HOST:PORT 或 [IPV6]:PORT",
            ),
            (
                "language = \"fr\"\n",
                "1: \"language\" can't be \"fr\": write en or zh",
                "1: \"language\" 不能是 \"fr\"：请写 en 或 zh",
            ),
            (
                "mouse = \"no\"\n",
                "1: \"mouse\" takes true or false",
                "1: \"mouse\" 的值应是 true 或 false",
            ),
            (
                "iface = \"eth0\"\n",
                "1: \"iface\" takes a list of texts, like [\"one\", \"two\"]",
                "1: \"iface\" 的值应是文本列表，例如 [\"one\", \"two\"]",
            ),
            (
                "color = true\n[keys]\nsend = \"alt-s\"\nsned = \"x\"\n",
                "4: no key is called \"sned\"; F1 in lanterm shows all of them",
                "4: 没有叫\"sned\"的按键项；在 lanterm 中按 F1 可看到全部",
            ),
            (
                "[keys]\nsend = \"alt-s\"\nredraw = [\"f5\", \"cttrl-k\"]\n",
                "3: \"cttrl-k\" is no key; write it like \"ctrl-k\", \"alt-up\", \"f2\" or \"x\"",
                "3: \"cttrl-k\"不是按键；请写成\"ctrl-k\"、\"alt-up\"、\"f2\"或\"x\"",
            ),
        ] {
            let of = |language| error(text, language);
            assert_eq!(
                of(Language::English),
                format!("error: config.toml:{english}")
            );
            assert_eq!(
                of(Language::Chinese),
                format!("错误：config.toml:{chinese}")
            );
        }
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_line() {
        let text = "name = \"ada\"\nrelay = \n";
        let english = error(text, Language::English);
        assert!(
            english.starts_with("error: config.toml:2: this is not TOML: "),
            "{english}"
        );
        let chinese = error(text, Language::Chinese);
        assert!(
            chinese.starts_with("错误：config.toml:2: 这不是 TOML："),
            "{chinese}"
        );
        let error = parse("name = \"ada\"\nname = \"bob\"\n").unwrap_err();
        assert!(error.starts_with("error: config.toml:2: "), "{error}");
        assert_eq!(error.lines().count(), 2, "{error}");
    }

    #[test]
    fn keys_are_one_or_several_and_checked() {
        let config = parse("[keys]\nsend = \"alt-s\"\nredraw = [\"f5\", \"f6\"]\nyank = []\n");
        let keys = config.unwrap().keys;
        assert_eq!(keys["send"], ["alt-s"]);
        assert_eq!(keys["redraw"], ["f5", "f6"]);
        assert_eq!(keys["yank"], [""; 0]);
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
