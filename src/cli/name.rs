//! The name a user goes by, from wherever it is given.

use std::fs;
use std::path::PathBuf;

use super::config::{Config, Folders, file_error};
use super::error::CliError;
use crate::locale::{key, say};
use crate::tui::reasons;
use crate::wire::Name;
use crate::wire::text::NAME_CHARS_MAX;

/// How much of a refused name is repeated, in characters: it may be a whole file by mistake.
const SHOWN_CHARS_MAX: usize = 48;

/// A name, and whether the user ever chose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenName {
    /// The name.
    pub name: Name,
    /// False when it is only a guess from the login name, to be confirmed on first use.
    pub is_chosen: bool,
}

/// Finds the user's name: `--name`, `LANTERM_NAME`, the configuration, the name saved last, the
/// login name, in this order.
///
/// # Errors
/// When one that was given can't be a name. A login name that can't is bent until it can.
pub fn resolve(
    argument: Option<&str>,
    environment: Option<&str>,
    config: &Config,
    saved: &SavedName,
    login: Option<&str>,
) -> Result<ChosenName, CliError> {
    let given = argument.or(environment.filter(|name| !name.is_empty()));
    let chosen = match (given, &config.name) {
        (Some(text), _) => Some(parse(text)?),
        (None, Some(name)) => Some(name.clone()),
        (None, None) => saved.load(),
    };
    Ok(match chosen {
        Some(name) => ChosenName {
            name,
            is_chosen: true,
        },
        None => ChosenName {
            name: from_login(login.unwrap_or_default()),
            is_chosen: false,
        },
    })
}

/// Reads a name that somebody typed.
///
/// # Errors
/// One that says what is wrong with it.
pub fn parse(text: &str) -> Result<Name, CliError> {
    text.parse().map_err(|error| {
        let is_long = text.chars().count() > SHOWN_CHARS_MAX;
        let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
        let dots = if is_long { "…" } else { "" };
        let shown = format!("{shown}{dots}");
        let problem = reasons::name_problem(error);
        CliError::usage(say!("error-name", name = shown, problem = problem))
            .hint(say!("error-name-hint"))
    })
}

/// The name this user last chose, in the data folder.
#[derive(Clone, Debug)]
pub struct SavedName {
    path: PathBuf,
}

impl SavedName {
    /// The file in these folders; it need not exist.
    pub fn new(folders: &Folders) -> Self {
        Self {
            path: folders.data.join("name"),
        }
    }

    /// The name, unless there is none or the file is damaged: then the user is asked again.
    pub fn load(&self) -> Option<Name> {
        fs::read_to_string(&self.path).ok()?.trim().parse().ok()
    }

    /// Keeps the name. The data folder must exist.
    ///
    /// # Errors
    /// As the system reports them.
    pub fn save(&self, name: &Name) -> Result<(), CliError> {
        fs::write(&self.path, format!("{name}\n"))
            .map_err(|error| file_error(&self.path, key!("file-not-written"), &error))
    }
}

/// The login name of whoever runs this process, as far as the system tells.
pub fn login() -> Option<String> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    variable("USER")
        .or_else(|| variable("USERNAME"))
        .or_else(|| variable("LOGNAME"))
        .or_else(login_by_id)
}

#[cfg(unix)]
fn login_by_id() -> Option<String> {
    use nix::unistd::{Uid, User};
    User::from_uid(Uid::current())
        .ok()
        .flatten()
        .map(|user| user.name)
}

#[cfg(not(unix))]
fn login_by_id() -> Option<String> {
    None
}

/// The name closest to a login name: what names can't hold becomes a dash.
fn from_login(login: &str) -> Name {
    let is_allowed = |c: &char| c.to_string().parse::<Name>().is_ok();
    let bent: String = login
        .chars()
        .map(|c| if is_allowed(&c) { c } else { '-' })
        .take(NAME_CHARS_MAX)
        .collect();
    bent.trim_matches('-')
        .parse()
        .unwrap_or_else(|_| "guest".parse().expect("a valid name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> (tempfile::TempDir, SavedName) {
        let home = tempfile::tempdir().unwrap();
        let saved = SavedName::new(&Folders::find(Some(home.path())).unwrap());
        (home, saved)
    }

    #[test]
    fn the_name_comes_from_the_first_place_that_has_one() {
        let (_home, saved) = saved();
        let named = |name: &str, is_chosen| {
            Ok(ChosenName {
                name: name.parse().unwrap(),
                is_chosen,
            })
        };
        let empty = Config::default();
        let config = Config {
            name: Some("config".parse().unwrap()),
            ..Config::default()
        };
        assert_eq!(
            resolve(None, None, &empty, &saved, None),
            named("guest", false)
        );
        let login = Some("login");
        assert_eq!(
            resolve(None, None, &empty, &saved, login),
            named("login", false)
        );
        saved.save(&"saved".parse().unwrap()).unwrap();
        assert_eq!(
            resolve(None, Some(""), &empty, &saved, login),
            named("saved", true)
        );
        assert_eq!(
            resolve(None, None, &config, &saved, login),
            named("config", true)
        );
        assert_eq!(
            resolve(None, Some("env"), &config, &saved, login),
            named("env", true)
        );
        assert_eq!(
            resolve(Some("arg"), Some("env"), &config, &saved, login),
            named("arg", true)
        );
    }

    #[test]
    fn a_name_that_was_given_is_never_bent() {
        let (_home, saved) = saved();
        let error = |name: &str| {
            resolve(Some(name), None, &Config::default(), &saved, None)
                .unwrap_err()
                .to_string()
        };
        let hint = "\nhint: a name has 1 to 32 characters, without blanks and @ # , + /";
        let long = "x".repeat(100);
        assert_eq!(
            error(&long),
            format!(
                "error: the name \"{}…\" is longer than 32 characters{hint}",
                &long[..48]
            )
        );
        assert_eq!(error(""), format!("error: the name \"\" is empty{hint}"));
        assert_eq!(
            error("a\u{1b}b"),
            format!(
                "error: the name \"ab\" contains a character that is not allowed: U+001B{hint}"
            )
        );
    }

    #[test]
    fn a_login_name_is_bent_into_a_name() {
        for (login, name) in [
            ("ada", "ada"),
            ("ada lovelace", "ada-lovelace"),
            ("CORP/ada", "CORP-ada"),
            ("@", "guest"),
            ("", "guest"),
        ] {
            assert_eq!(from_login(login).as_str(), name);
        }
        assert_eq!(from_login(&"y".repeat(99)).as_str().len(), 32);
    }
}
