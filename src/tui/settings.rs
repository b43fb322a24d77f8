//! What the user changes on the screen and finds again at the next start.
//!
//! It is TOML, so that people can read and mend it. The screen starts with it, and asks whoever
//! drives it to keep it with [`Command::Keep`](super::Command::Keep) after every change. What
//! another version of this program wrote and this one does not know stays as it is.
//!
//! To add a setting, add a field: one that is left out in the file has its default.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ignore::Ignored;
use super::notify::Level;
use super::themes::ThemeName;
use crate::wire::RoomName;

/// Rooms with a level of their own. Arbitrary: more than anybody has opened.
const LEVELS_MAX: usize = 1_024;

/// What is kept from one start to the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What of a room is told of while nobody looks, where that is not the usual.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    notify: BTreeMap<RoomName, Level>,
    /// Whom the user does not want to read.
    #[serde(default, skip_serializing_if = "Ignored::is_empty")]
    pub ignored: Ignored,
    /// What the chat as lines tells or not, by its word, where that is not the usual.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub plain: BTreeMap<String, bool>,
    /// The theme, where one was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    theme: Option<ThemeName>,
    /// What this version does not know.
    #[serde(flatten)]
    unknown: toml::Table,
}

/// What is wrong with settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {message}")]
pub struct SettingsError {
    /// The line, counted from 1.
    pub line: usize,
    /// What the reader says of it.
    pub message: String,
}

impl Settings {
    /// Reads settings.
    ///
    /// # Errors
    /// [`SettingsError`] when they were damaged; nothing of them is used then.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            SettingsError {
                line: 1 + before.matches('\n').count(),
                message: error.message().replace('\n', " "),
            }
        })
    }

    /// The text that [`Settings::parse`] reads; `None` when what is unknown can't be written.
    pub fn text(&self) -> Option<String> {
        toml::to_string(self).ok()
    }

    /// The theme that was chosen, if any.
    pub fn theme(&self) -> Option<ThemeName> {
        self.theme
    }

    /// Sets the theme.
    pub fn set_theme(&mut self, theme: ThemeName) {
        self.theme = Some(theme);
    }

    /// What of a room is told of while nobody looks.
    pub fn level(&self, room: &RoomName) -> Level {
        self.notify.get(room).copied().unwrap_or_default()
    }

    /// Sets what of a room is told of. Whether there was space for it.
    pub fn set_level(&mut self, room: &RoomName, level: Level) -> bool {
        if level == Level::default() {
            self.notify.remove(room);
            return true;
        }
        let has_space = self.notify.len() < LEVELS_MAX || self.notify.contains_key(room);
        if has_space {
            self.notify.insert(room.clone(), level);
        }
        has_space
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str) -> RoomName {
        name.parse().unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let mut settings = Settings::default();
        assert_eq!(settings.text().as_deref(), Some(""));
        assert!(settings.set_level(&room("lobby"), Level::All));
        assert!(settings.set_level(&room("@alice+bob"), Level::None));
        assert!(settings.set_level(&room("dev"), Level::None));
        assert!(settings.set_level(&room("dev"), Level::Mentions));
        let text = settings.text().unwrap();
        assert_eq!(
            text,
            "[notify]\n\"@alice+bob\" = \"none\"\nlobby = \"all\"\n"
        );
        assert_eq!(Settings::parse(&text), Ok(settings));
    }

    #[test]
    fn the_theme_is_kept_above_the_tables() {
        let mut settings = Settings::default();
        assert!(settings.set_level(&room("lobby"), Level::All));
        settings.set_theme(ThemeName::Plain16);
        let text = settings.text().unwrap();
        assert_eq!(text, "theme = \"plain16\"\n\n[notify]\nlobby = \"all\"\n");
        assert_eq!(Settings::parse(&text), Ok(settings));
    }

    #[test]
    fn what_is_not_known_stays() {
        let text = "volume = 0.5\n\n[notify]\nlobby = \"all\"\n\n[shape]\nof = \"things\"\n";
        let mut settings = Settings::parse(text).unwrap();
        settings.set_level(&room("lobby"), Level::Mentions);
        assert_eq!(
            settings.text().as_deref(),
            Some("volume = 0.5\n\n[shape]\nof = \"things\"\n")
        );
    }

    #[test]
    fn an_error_names_the_line() {
        let error = Settings::parse("[notify]\nlobby = \"all\"\ndev = \"loud\"\n").unwrap_err();
        assert!(
            error.to_string().starts_with("3: unknown variant"),
            "{error}"
        );
        assert!(Settings::parse("\u{0}").is_err());
    }

    #[test]
    fn levels_are_bounded() {
        let mut settings = Settings::default();
        let number = |number: usize| room(&format!("r{number}"));
        assert!((0..LEVELS_MAX).all(|at| settings.set_level(&number(at), Level::All)));
        assert!(!settings.set_level(&room("lobby"), Level::All));
        assert!(settings.set_level(&number(3), Level::None));
    }
}
