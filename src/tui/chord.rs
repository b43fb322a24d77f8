//! A key as the configuration names it and as it is shown.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::keymap::KeyError;

/// A key with what is held down beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Keys with names, the first of which is shown.
const NAMED: [(&str, KeyCode); 17] = [
    ("enter", KeyCode::Enter),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("esc", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("minus", KeyCode::Char('-')),
];

const MODIFIERS: [(&str, KeyModifiers); 3] = [
    ("ctrl", KeyModifiers::CONTROL),
    ("alt", KeyModifiers::ALT),
    ("shift", KeyModifiers::SHIFT),
];

impl Chord {
    fn new(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let known = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        let mut modifiers = modifiers & known;
        let mut code = code;
        if let KeyCode::Char(c) = code {
            // The character says it already; and with Ctrl or Alt most terminals can't tell.
            modifiers -= KeyModifiers::SHIFT;
            if !modifiers.is_empty() {
                code = KeyCode::Char(c.to_ascii_lowercase());
            }
        }
        if code == KeyCode::BackTab || (code == KeyCode::Tab && modifiers == KeyModifiers::SHIFT) {
            code = KeyCode::BackTab;
            modifiers -= KeyModifiers::SHIFT;
        }
        Self { code, modifiers }
    }

    /// The event a terminal would report.
    #[cfg(test)]
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }
}

impl From<KeyEvent> for Chord {
    fn from(key: KeyEvent) -> Self {
        Self::new(key.code, key.modifiers)
    }
}

impl FromStr for Chord {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let unknown = || KeyError::Key(text.to_owned());
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        while let Some((first, behind)) = rest.split_once('-').filter(|(_, rest)| !rest.is_empty())
        {
            let mut known = MODIFIERS.iter();
            let (_, modifier) = known
                .find(|(name, _)| first.eq_ignore_ascii_case(name))
                .ok_or_else(unknown)?;
            modifiers |= *modifier;
            rest = behind;
        }
        let lower = rest.to_ascii_lowercase();
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => match lower.strip_prefix('f').map(str::parse::<u8>) {
                Some(Ok(number @ 1..=24)) => KeyCode::F(number),
                Some(_) | None => {
                    let mut named = NAMED.iter();
                    let found = named.find(|(name, _)| *name == lower);
                    found.ok_or_else(unknown)?.1
                }
            },
        };
        Ok(Self::new(code, modifiers))
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in [
            (KeyModifiers::CONTROL, "Ctrl-"),
            (KeyModifiers::ALT, "Alt-"),
            (KeyModifiers::SHIFT, "Shift-"),
        ] {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        let name = match self.code {
            KeyCode::Up => "↑",
            KeyCode::Down => "↓",
            KeyCode::Left => "←",
            KeyCode::Right => "→",
            KeyCode::PageUp => "PgUp",
            KeyCode::PageDown => "PgDn",
            KeyCode::BackTab => "Shift-Tab",
            KeyCode::Char(' ') => "Space",
            KeyCode::Char(c) if self.modifiers.is_empty() => return write!(f, "{c}"),
            KeyCode::Char(c) => return write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::F(number) => return write!(f, "F{number}"),
            code => {
                let mut named = NAMED.iter();
                let name = named.find(|(_, named)| *named == code);
                let name = name.map_or("?", |(name, _)| name);
                let (first, rest) = name.split_at(1);
                return write!(f, "{}{rest}", first.to_ascii_uppercase());
            }
        };
        f.write_str(name)
    }
}

/// One key, or two that are pressed one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Combo {
    /// The first of two.
    pub prefix: Option<Chord>,
    /// The only one, or the second.
    pub last: Chord,
}

impl FromStr for Combo {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let unknown = || KeyError::Key(text.to_owned());
        let mut names = text.split_whitespace();
        let first = names.next().ok_or_else(unknown)?;
        let (prefix, last) = match (names.next(), names.next()) {
            (None, _) => (None, first),
            (Some(second), None) => (Some(first), second),
            (Some(_), Some(_)) => return Err(unknown()),
        };
        Ok(Self {
            prefix: prefix.map(str::parse).transpose()?,
            last: last.parse()?,
        })
    }
}

impl fmt::Display for Combo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(prefix) = self.prefix {
            write!(f, "{prefix} ")?;
        }
        write!(f, "{}", self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_two_keys_follow_each_other() {
        let combo: Combo = "ctrl-x  ctrl-e".parse().unwrap();
        assert_eq!(combo.to_string(), "Ctrl-X Ctrl-E");
        assert_eq!("f1".parse::<Combo>().unwrap().prefix, None);
        for text in ["", " ", "a b c", "a hyper-b", "hyper-a b"] {
            assert!(text.parse::<Combo>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn keys_are_shown_as_they_stand_on_the_keyboard() {
        let shown = |key: &str| key.parse::<Chord>().unwrap().to_string();
        let keys = ["ctrl-k", "alt-up", "pagedown", "f2", "G", "ctrl-minus"];
        let expected = ["Ctrl-K", "Alt-↑", "PgDn", "F2", "G", "Ctrl--"];
        assert_eq!(keys.map(shown), expected.map(str::to_owned));
        assert_eq!(shown("shift-tab"), "Shift-Tab");
        assert_eq!(shown("enter"), "Enter");
    }
}
