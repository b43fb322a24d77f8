//! Reads `config.toml`, key by key, so that whatever is wrong is told with its line, its key and what
//! to write instead, in the user's language. Only of text that is no TOML at all the reason is told
//! in the words of the TOML library.

use std::path::Path;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Config;
use crate::cli::args::AddressError;
use crate::cli::error::CliError;
use crate::locale::{Language, LanguageError, Said, say};
use crate::tui::keymap::{KeyError, KeyMap};
use crate::tui::notify::{QuietError, Way};
use crate::tui::reasons;
use crate::tui::themes::{ColourError, OwnColour, OwnColours, ThemeName};
use crate::wire::NameError;

/// Reads the text of the file at `path`.
///
/// # Errors
/// One that names the file and the line.
pub(super) fn read(text: &str, path: &Path) -> Result<Config, CliError> {
    let parsed = DeTable::parse(text).map_err(|error| {
        let problem = error.message().replace('`', "\"");
        Mistake {
            at: error.span().map_or(0, |span| span.start),
            said: say!("config-syntax", problem = problem),
            hint: Some(say!("config-syntax-hint")),
        }
    });
    parsed
        .and_then(|table| config(table.get_ref()))
        .map_err(|mistake| {
            let before = text.as_bytes().get(..mistake.at).unwrap_or_default();
            let line = super::line_number(before);
            let error = CliError::failed(mistake.said);
            let error = error.about(format_args!("{}:{line}", path.display()));
            match mistake.hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })
}

/// The language that a text names, as far as it can be read.
pub(super) fn language(text: &str) -> Option<Language> {
    let (table, _) = DeTable::parse_recoverable(text);
    match table.get_ref().get("language")?.get_ref() {
        DeValue::String(tag) => tag.parse().ok(),
        _ => None,
    }
}

/// What is wrong, and where.
struct Mistake {
    /// The byte of the text.
    at: usize,
    said: Said,
    hint: Option<Said>,
}

fn config(table: &DeTable<'_>) -> Result<Config, Mistake> {
    let mut config = Config::default();
    for entry in entries(table, "") {
        match entry.key {
            "name" => config.name = Some(entry.named()?),
            "relay" => config.relay = Some(entry.parsed(|_: AddressError| say!("write-address"))?),
            "iface" => config.iface = entry.texts()?.into_iter().map(|(_, text)| text).collect(),
            "room" => config.room = Some(entry.named()?),
            "language" => {
                config.language = Some(entry.parsed(|LanguageError| say!("write-language"))?);
            }
            "color" => config.color = Some(entry.switch()?),
            "theme" => config.theme = entry.choice(ThemeName::find, &say!("theme-choices"))?,
            "colors" => config.colors = colours(&entry)?,
            "typing" => config.typing = Some(entry.switch()?),
            "mouse" => config.mouse = Some(entry.switch()?),
            "read_marks" => config.read_marks = Some(entry.switch()?),
            "notify" => config.notify = Some(ways(&entry)?),
            "quiet" => config.quiet = Some(entry.parsed(QuietError::said)?),
            "keys" => config.keys = keys(&entry)?,
            _ => return Err(entry.unknown(&Config::KEYS)),
        }
    }
    Ok(config)
}

fn ways(entry: &Entry<'_>) -> Result<Vec<Way>, Mistake> {
    let texts = entry.texts()?.into_iter();
    let ways = texts.map(|(at, text)| {
        Way::find(&text).ok_or_else(|| entry.refused(at, &text, &say!("config-ways")))
    });
    ways.collect()
}

fn colours(entry: &Entry<'_>) -> Result<OwnColours, Mistake> {
    let mut colours = OwnColours::default();
    for entry in entry.table()? {
        if entry.key == "nicks" {
            let DeValue::Array(array) = entry.value.get_ref() else {
                return Err(entry.takes(&ColourError::Nicks.said()));
            };
            let nicks: Vec<OwnColour> = array
                .iter()
                .map(|value| colour(&entry, value))
                .collect::<Result<_, _>>()?;
            colours
                .set_nicks(nicks)
                .map_err(|error| entry.takes(&error.said()))?;
        } else if OwnColours::NAMES.contains(&entry.key) {
            colours.set(entry.key, colour(&entry, entry.value)?);
        } else {
            let names: Vec<&str> = OwnColours::NAMES.into_iter().chain(["nicks"]).collect();
            return Err(entry.unknown(&names));
        }
    }
    Ok(colours)
}

fn colour(entry: &Entry<'_>, value: &Spanned<DeValue<'_>>) -> Result<OwnColour, Mistake> {
    let text = match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => return Err(entry.takes(&ColourError::Colour.said())),
    };
    text.parse()
        .map_err(|error: ColourError| entry.refused(value.span().start, &text, &error.said()))
}

fn keys(entry: &Entry<'_>) -> Result<super::Keys, Mistake> {
    let entries = entry.table()?;
    let mut keys = super::Keys::new();
    for entry in &entries {
        let texts = match entry.value.get_ref() {
            DeValue::String(text) => vec![text.to_string()],
            _ => entry.texts()?.into_iter().map(|(_, text)| text).collect(),
        };
        keys.insert(entry.key.to_owned(), texts);
    }
    KeyMap::new(&keys).map_err(|error| {
        let is_meant = |entry: &&Entry<'_>| match &error {
            KeyError::Name(name) => entry.key == name,
            KeyError::Key(key) => keys[entry.key].contains(key),
            KeyError::Twice { first, second, .. } => [first, second].contains(&&entry.key),
        };
        Mistake {
            at: entries.iter().find(is_meant).map_or(entry.at, |it| it.at),
            said: error.said(),
            hint: None,
        }
    })?;
    Ok(keys)
}

/// A key and its value.
struct Entry<'a> {
    key: &'a str,
    /// The key with those of the tables around it: `colors.good`.
    path: String,
    /// The byte at which the key is.
    at: usize,
    value: &'a Spanned<DeValue<'a>>,
}

/// What a table has, in the order of the file, so that the first mistake is told first.
fn entries<'a>(table: &'a DeTable<'a>, around: &str) -> Vec<Entry<'a>> {
    let entries = table.iter().map(|(key, value)| Entry {
        key: key.get_ref(),
        path: format!("{around}{}", key.get_ref()),
        at: key.span().start,
        value,
    });
    let mut entries: Vec<Entry<'a>> = entries.collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

impl<'a> Entry<'a> {
    fn text(&self) -> Result<&str, Mistake> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(text),
            _ => Err(self.takes(&say!("config-text"))),
        }
    }

    fn switch(&self) -> Result<bool, Mistake> {
        match self.value.get_ref() {
            DeValue::Boolean(is_on) => Ok(*is_on),
            _ => Err(self.takes(&say!("config-switch"))),
        }
    }

    /// The texts of a list, and where each is.
    fn texts(&self) -> Result<Vec<(usize, String)>, Mistake> {
        let what = say!("config-texts");
        let DeValue::Array(array) = self.value.get_ref() else {
            return Err(self.takes(&what));
        };
        let texts = array.iter().map(|value| match value.get_ref() {
            DeValue::String(text) => Ok((value.span().start, text.to_string())),
            _ => Err(self.takes(&what)),
        });
        texts.collect()
    }

    fn table(&self) -> Result<Vec<Entry<'a>>, Mistake> {
        match self.value.get_ref() {
            DeValue::Table(table) => Ok(entries(table, &format!("{}.", self.key))),
            _ => Err(self.takes(&say!("config-table", key = self.key))),
        }
    }

    /// The value that a text stands for.
    fn parsed<T: FromStr>(&self, said: impl Fn(T::Err) -> Said) -> Result<T, Mistake> {
        let text = self.text()?;
        text.parse()
            .map_err(|error| self.refused(self.value.span().start, text, &said(error)))
    }

    /// The name that a text is.
    fn named<T: FromStr<Err = NameError>>(&self) -> Result<T, Mistake> {
        let text = self.text()?;
        text.parse().map_err(|error| {
            let problem = reasons::name_problem(error);
            Mistake {
                at: self.value.span().start,
                said: say!(
                    "config-name",
                    key = self.path,
                    text = text,
                    problem = problem
                ),
                hint: None,
            }
        })
    }

    /// One of some values that have names.
    fn choice<T>(&self, find: impl Fn(&str) -> Option<T>, choices: &Said) -> Result<T, Mistake> {
        let text = self.text()?;
        let what = say!("config-choice", choices = choices);
        find(text).ok_or_else(|| self.refused(self.value.span().start, text, &what))
    }

    /// The value is of another kind than is wanted.
    fn takes(&self, what: &Said) -> Mistake {
        Mistake {
            at: self.value.span().start,
            said: say!("config-takes", key = self.path, what = what),
            hint: None,
        }
    }

    /// A text is not what is wanted.
    fn refused(&self, at: usize, text: &str, problem: &Said) -> Mistake {
        Mistake {
            at,
            said: say!(
                "config-refused",
                key = self.path,
                text = text,
                problem = problem
            ),
            hint: None,
        }
    }

    fn unknown(&self, known: &[&str]) -> Mistake {
        Mistake {
            at: self.at,
            said: say!("config-unknown", key = self.path),
            hint: Some(say!("config-unknown-hint", keys = known.join(", "))),
        }
    }
}
