//! Which key does what: one table, from which keys are looked up, help is made, and which the
//! configuration changes.
//!
//! A key is looked up in the modes that hold at the moment, the narrowest first; see [`Mode`]. What is
//! bound in none of them is text, if it is a character.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Empty the input; twice on an empty one, end the program.
    Interrupt,
    /// End the program.
    Quit,
    /// Draw everything anew.
    Redraw,
    /// Show which key does what.
    ShowKeys,
    /// Put the next room in front.
    NextRoom,
    /// Put the room before in front.
    PreviousRoom,
    /// Put a room in front, counted from 1.
    ShowRoom(u8),
    /// Close what is open over the pane, or select a message.
    Escape,
    /// Scroll up by a page.
    PageUp,
    /// Scroll down by a page.
    PageDown,
    /// Scroll up by a line.
    LineUp,
    /// Scroll down by a line.
    LineDown,
    /// Go to the oldest message.
    Oldest,
    /// Go to the newest message.
    Newest,
    /// Send what is written.
    Send,
    /// Complete the word before the cursor, or take the next choice.
    Complete,
    /// Take the choice before.
    CompleteBack,
    /// Change what is written.
    Edit(EditAction),
    /// Do something with the message selected.
    Select(SelectAction),
}

/// What a key does to the text being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EditAction {
    /// A new line.
    NewLine,
    /// The cursor one character back.
    Left,
    /// The cursor one character on.
    Right,
    /// The cursor a row up, or the line sent before.
    Up,
    /// The cursor a row down, or the line sent after.
    Down,
    /// The cursor a word back.
    WordLeft,
    /// The cursor a word on.
    WordRight,
    /// The cursor to the start of the line.
    LineStart,
    /// The cursor to the end of the line.
    LineEnd,
    /// Delete the character before the cursor.
    DeleteBack,
    /// Delete the character at the cursor.
    Delete,
    /// Cut the word before the cursor.
    CutWordBack,
    /// Cut back to the last blank.
    CutBlankBack,
    /// Cut the word behind the cursor.
    CutWord,
    /// Cut to the start of the line.
    CutToStart,
    /// Cut to the end of the line.
    CutToEnd,
    /// Insert what was cut last.
    Yank,
}

/// What a key does with the message selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SelectAction {
    /// Select the message above.
    Up,
    /// Select the message below.
    Down,
    /// Select the first one held.
    First,
    /// Select the last one.
    Last,
    /// Answer it.
    Reply,
    /// Write it anew.
    Edit,
    /// Take it back.
    Delete,
    /// React to it.
    React,
    /// Copy its text.
    Copy,
    /// Tell about it.
    Info,
    /// Go to the message it answers.
    Original,
    /// Stop selecting.
    Leave,
}

/// When a key does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Always, unless another mode has the key.
    Screen,
    /// While something is being written.
    Write,
    /// While the cursor stands at the end of what is written, where some editing keys would do
    /// nothing; with [`Mode::Write`] behind it.
    AtEnd,
    /// While nothing is written yet; with [`Mode::AtEnd`] behind it.
    Empty,
    /// While a message is selected.
    Select,
}

/// One line of the table.
pub struct Binding {
    /// What the key does.
    pub action: Action,
    /// When.
    pub mode: Mode,
    /// Its name in the configuration.
    pub name: &'static str,
    /// The keys, unless the configuration names others.
    pub keys: &'static [&'static str],
    /// What it does, for people.
    pub text: &'static str,
}

const fn bind(
    action: Action,
    mode: Mode,
    name: &'static str,
    keys: &'static [&'static str],
    text: &'static str,
) -> Binding {
    Binding {
        action,
        mode,
        name,
        keys,
        text,
    }
}

/// Everything that a key can do.
#[rustfmt::skip]
pub const BINDINGS: &[Binding] = &{
    use Action::{
        Complete, CompleteBack, Edit, Escape, Interrupt, LineDown, LineUp, Newest, NextRoom, Oldest,
        PageDown, PageUp, PreviousRoom, Quit, Redraw, Select, Send, ShowKeys, ShowRoom,
    };
    use EditAction as E;
    use Mode::{Empty, Screen, Write};
    use SelectAction as S;
    [
        bind(Send, Write, "send", &["enter"], "send what is written"),
        bind(Edit(E::NewLine), Write, "new-line", &["alt-enter", "shift-enter", "ctrl-enter", "ctrl-j"], "a new line"),
        bind(Complete, Write, "complete", &["tab"], "complete a command, name or room"),
        bind(CompleteBack, Write, "complete-back", &["backtab"], "the completion before"),
        bind(Edit(E::Up), Write, "up", &["up"], "a row up, or the line sent before"),
        bind(Edit(E::Down), Write, "down", &["down"], "a row down, or the line sent after"),
        bind(Edit(E::Left), Write, "left", &["left", "ctrl-b"], "a character back"),
        bind(Edit(E::Right), Write, "right", &["right", "ctrl-f"], "a character on"),
        bind(Edit(E::WordLeft), Write, "word-left", &["ctrl-left", "alt-left", "alt-b"], "a word back"),
        bind(Edit(E::WordRight), Write, "word-right", &["ctrl-right", "alt-right", "alt-f"], "a word on"),
        bind(Edit(E::LineStart), Write, "line-start", &["home", "ctrl-a"], "to the start of the line"),
        bind(Edit(E::LineEnd), Write, "line-end", &["end", "ctrl-e"], "to the end of the line"),
        bind(Edit(E::DeleteBack), Write, "delete-back", &["backspace", "ctrl-h"], "delete the character before the cursor"),
        bind(Edit(E::Delete), Write, "delete", &["delete", "ctrl-d"], "delete the character at the cursor"),
        bind(Edit(E::CutWordBack), Write, "cut-word-back", &["alt-backspace", "ctrl-backspace"], "cut the word before the cursor"),
        bind(Edit(E::CutBlankBack), Write, "cut-blank-back", &["ctrl-w"], "cut back to the last blank"),
        bind(Edit(E::CutWord), Write, "cut-word", &["alt-d", "ctrl-delete"], "cut the word behind the cursor"),
        bind(Edit(E::CutToStart), Write, "cut-to-start", &["ctrl-u"], "cut to the start of the line"),
        bind(Edit(E::CutToEnd), Write, "cut-to-end", &["ctrl-k"], "cut to the end of the line"),
        bind(Edit(E::Yank), Write, "yank", &["ctrl-y"], "insert what was cut last"),
        bind(NextRoom, Screen, "next-room", &["ctrl-n", "alt-down", "ctrl-pagedown"], "the next room"),
        bind(PreviousRoom, Screen, "previous-room", &["ctrl-p", "alt-up", "ctrl-pageup"], "the room before"),
        bind(ShowRoom(1), Screen, "room-1", &["alt-1"], "the first room"),
        bind(ShowRoom(2), Screen, "room-2", &["alt-2"], "the second room"),
        bind(ShowRoom(3), Screen, "room-3", &["alt-3"], "the third room"),
        bind(ShowRoom(4), Screen, "room-4", &["alt-4"], "the fourth room"),
        bind(ShowRoom(5), Screen, "room-5", &["alt-5"], "the fifth room"),
        bind(ShowRoom(6), Screen, "room-6", &["alt-6"], "the sixth room"),
        bind(ShowRoom(7), Screen, "room-7", &["alt-7"], "the seventh room"),
        bind(ShowRoom(8), Screen, "room-8", &["alt-8"], "the eighth room"),
        bind(ShowRoom(9), Screen, "room-9", &["alt-9"], "the ninth room"),
        bind(PageUp, Screen, "page-up", &["pageup"], "scroll up"),
        bind(PageDown, Screen, "page-down", &["pagedown"], "scroll down"),
        bind(LineUp, Screen, "line-up", &["ctrl-up", "shift-up"], "scroll up by a line"),
        bind(LineDown, Screen, "line-down", &["ctrl-down", "shift-down"], "scroll down by a line"),
        bind(Oldest, Screen, "oldest", &["ctrl-home"], "to the oldest message"),
        bind(Newest, Screen, "newest", &["ctrl-end"], "to the newest message"),
        bind(Oldest, Empty, "oldest-when-empty", &["home"], "to the oldest message"),
        bind(Newest, Empty, "newest-when-empty", &["end"], "to the newest message"),
        bind(Escape, Write, "escape", &["esc"], "select a message"),
        bind(Select(S::Down), Mode::Select, "select-down", &["j", "down"], "the message below"),
        bind(Select(S::Up), Mode::Select, "select-up", &["k", "up"], "the message above"),
        bind(Select(S::First), Mode::Select, "select-first", &["g", "home"], "the oldest message"),
        bind(Select(S::Last), Mode::Select, "select-last", &["G", "end"], "the newest message"),
        bind(Select(S::Reply), Mode::Select, "reply", &["r", "enter"], "answer it"),
        bind(Select(S::Edit), Mode::Select, "edit", &["e"], "write it anew"),
        bind(Select(S::Delete), Mode::Select, "take-back", &["d", "delete"], "take it back"),
        bind(Select(S::React), Mode::Select, "react", &["+", "="], "react to it"),
        bind(Select(S::Copy), Mode::Select, "copy", &["y", "c"], "copy its text"),
        bind(Select(S::Info), Mode::Select, "info", &["i"], "who has it, and when"),
        bind(Select(S::Original), Mode::Select, "original", &["o"], "go to the message it answers"),
        bind(Select(S::Leave), Mode::Select, "leave-selection", &["esc", "q"], "back to writing"),
        bind(ShowKeys, Mode::Select, "keys-when-selecting", &["?"], "show all keys"),
        bind(ShowKeys, Screen, "keys", &["f1"], "show all keys"),
        bind(Redraw, Screen, "redraw", &["ctrl-l"], "draw everything anew"),
        bind(Interrupt, Screen, "interrupt", &["ctrl-c"], "empty the input; twice quits"),
        bind(Quit, Empty, "quit", &["ctrl-d"], "quit"),
    ]
};

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

/// What is wrong with the keys of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No such action.
    #[error("no key is called \"{0}\"; F1 in lanterm shows all of them")]
    Name(String),
    /// No such key.
    #[error("\"{0}\" is no key; write it like \"ctrl-k\", \"alt-up\", \"f2\" or \"x\"")]
    Key(String),
    /// A key would do two things.
    #[error("{key} would be both \"{first}\" and \"{second}\"")]
    Twice {
        /// The key.
        key: String,
        /// What it does.
        first: &'static str,
        /// What else.
        second: &'static str,
    },
}

/// Which key does what.
#[derive(Clone, Debug)]
pub struct KeyMap {
    bound: HashMap<(Mode, Chord), Action>,
    /// The keys of each line of [`BINDINGS`].
    keys: Vec<Vec<Chord>>,
}

impl Default for KeyMap {
    fn default() -> Self {
        Self::new(&BTreeMap::new()).expect("the table is tested")
    }
}

impl KeyMap {
    /// The table, with the keys of those named in `changes` replaced by others; by none, where the
    /// list is empty.
    ///
    /// # Errors
    /// [`KeyError`] when a name or key is unknown, or a key would do two things.
    pub fn new(changes: &BTreeMap<String, Vec<String>>) -> Result<Self, KeyError> {
        let is_known = |name: &String| BINDINGS.iter().any(|binding| binding.name == name);
        if let Some(name) = changes.keys().find(|name| !is_known(name)) {
            return Err(KeyError::Name(name.clone()));
        }
        let mut bound: HashMap<(Mode, Chord), (Action, &'static str)> = HashMap::new();
        let mut keys = Vec::with_capacity(BINDINGS.len());
        for binding in BINDINGS {
            let names: Vec<&str> = match changes.get(binding.name) {
                Some(changed) => changed.iter().map(String::as_str).collect(),
                None => binding.keys.to_vec(),
            };
            let chords = names.into_iter().map(str::parse);
            let chords = chords.collect::<Result<Vec<Chord>, KeyError>>()?;
            for chord in &chords {
                let action = (binding.action, binding.name);
                if let Some((_, first)) = bound.insert((binding.mode, *chord), action) {
                    return Err(KeyError::Twice {
                        key: chord.to_string(),
                        first,
                        second: binding.name,
                    });
                }
            }
            keys.push(chords);
        }
        let bound = bound.into_iter();
        Ok(Self {
            bound: bound.map(|(at, (action, _))| (at, action)).collect(),
            keys,
        })
    }

    /// What a key does in the first of these modes that has it.
    pub fn find(&self, modes: &[Mode], key: KeyEvent) -> Option<Action> {
        let chord = Chord::from(key);
        let mut found = modes.iter().map(|mode| self.bound.get(&(*mode, chord)));
        found.find_map(|action| action.copied())
    }

    /// The keys for an action, for people; empty when none does it.
    pub fn keys_of(&self, action: Action) -> String {
        let lines = BINDINGS.iter().zip(&self.keys);
        let chords = lines
            .filter(|(binding, _)| binding.action == action)
            .flat_map(|(_, chords)| chords);
        let keys: Vec<String> = chords.map(Chord::to_string).collect();
        keys.join(", ")
    }

    /// The first key for an action, for people.
    pub fn key_of(&self, action: Action) -> Option<String> {
        let mut lines = BINDINGS.iter().zip(&self.keys);
        lines.find_map(|(binding, chords)| {
            let chord = chords.first().filter(|_| binding.action == action)?;
            Some(chord.to_string())
        })
    }

    /// Every line of the table with its keys, in its order.
    pub fn lines(&self) -> impl Iterator<Item = (&'static Binding, String)> {
        BINDINGS.iter().zip(&self.keys).map(|(binding, chords)| {
            let keys: Vec<String> = chords.iter().map(Chord::to_string).collect();
            (binding, keys.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn changed(name: &str, keys: &[&str]) -> Result<KeyMap, KeyError> {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        KeyMap::new(&BTreeMap::from([(name.to_owned(), keys)]))
    }

    fn press(map: &KeyMap, modes: &[Mode], key: &str) -> Option<Action> {
        let chord: Chord = key.parse().unwrap();
        map.find(modes, KeyEvent::new(chord.code, chord.modifiers))
    }

    #[test]
    fn the_table_names_every_action_once_and_no_key_twice() {
        let names: BTreeSet<&str> = BINDINGS.iter().map(|binding| binding.name).collect();
        assert_eq!(names.len(), BINDINGS.len());
        KeyMap::new(&BTreeMap::new()).unwrap();
    }

    #[test]
    fn the_narrowest_mode_decides() {
        let map = KeyMap::default();
        let delete = Action::Edit(EditAction::Delete);
        assert_eq!(press(&map, &[Mode::Write], "ctrl-d"), Some(delete));
        let modes = [Mode::Empty, Mode::Write];
        assert_eq!(press(&map, &modes, "ctrl-d"), Some(Action::Quit));
        assert_eq!(press(&map, &modes, "x"), None);
    }

    #[test]
    fn keys_are_read_however_terminals_report_them() {
        let map = KeyMap::default();
        let find = |code, modifiers| map.find(&[Mode::Screen], KeyEvent::new(code, modifiers));
        let ctrl = KeyModifiers::CONTROL;
        let shift = KeyModifiers::SHIFT;
        assert_eq!(find(KeyCode::Char('L'), ctrl), Some(Action::Redraw));
        assert_eq!(find(KeyCode::Char('l'), ctrl | shift), Some(Action::Redraw));
        let back = Some(Action::CompleteBack);
        for code in [KeyCode::BackTab, KeyCode::Tab] {
            let key = KeyEvent::new(code, shift);
            assert_eq!(map.find(&[Mode::Write], key), back);
        }
        let last = Some(Action::Select(SelectAction::Last));
        let upper = KeyEvent::new(KeyCode::Char('G'), shift);
        assert_eq!(map.find(&[Mode::Select], upper), last);
    }

    #[test]
    fn every_key_can_be_another() {
        let map = changed("send", &["ctrl-enter", "F5"]);
        assert_eq!(
            map.unwrap_err().to_string(),
            "Ctrl-Enter would be both \"send\" and \"new-line\""
        );
        let map = changed("send", &["alt-s"]).unwrap();
        assert_eq!(press(&map, &[Mode::Write], "alt-s"), Some(Action::Send));
        assert_eq!(press(&map, &[Mode::Write], "enter"), None);
        assert_eq!(map.keys_of(Action::Send), "Alt-S");
        assert_eq!(changed("redraw", &[]).unwrap().key_of(Action::Redraw), None);
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let error = |name, keys: &[&str]| changed(name, keys).unwrap_err().to_string();
        assert_eq!(
            error("sned", &["x"]),
            "no key is called \"sned\"; F1 in lanterm shows all of them"
        );
        for key in ["hyper-x", "f99", "", "ctrl-", "pgup"] {
            assert!(error("send", &[key]).contains("is no key"), "{key}");
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
