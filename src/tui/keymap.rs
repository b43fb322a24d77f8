//! Which key does what: one table, from which keys are looked up, help is made, and which the
//! configuration changes.
//!
//! A key is looked up in the modes that hold at the moment, the narrowest first; see [`Mode`]. What is
//! bound in none of them is text, if it is a character.

use std::collections::{BTreeMap, HashMap, HashSet};

use crossterm::event::KeyEvent;

pub use super::chord::{Chord, Combo};

use crate::locale::{Said, key, say};

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
    /// Put the next room in front in which something is unread.
    NextUnread,
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
    /// Search back through the lines sent.
    StartRecall,
    /// Mark what was just pasted as code.
    MarkCode,
    /// Write on in an editor of the user's.
    OpenEditor,
    /// Do something with that search.
    Recall(RecallAction),
    /// Do something with the choices for a word.
    Menu(MenuAction),
    /// Look for a room, person, command or setting.
    Jump,
    /// Look for messages.
    Search,
    /// Show how the network is, or close that.
    Net,
    /// Do something in the list that is open.
    List(ListAction),
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
    /// Put what was cut before that in its place.
    YankBefore,
    /// Take the last change back.
    Undo,
    /// Do it again.
    Redo,
    /// Swap the characters around the cursor.
    Transpose,
    /// Write the word behind the cursor in capitals.
    UpperCase,
    /// Write it in small letters.
    LowerCase,
    /// Write it with a capital at its start.
    Capitalize,
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
    /// Open the first link in it.
    OpenLink,
    /// Copy the first link in it.
    CopyLink,
    /// Go to the message it answers.
    Original,
    /// Stop selecting.
    Leave,
}

/// What a key does while a line sent before is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecallAction {
    /// Go further back.
    Older,
    /// Go forward again.
    Newer,
    /// Have the line found to write on.
    Take,
    /// Have back what was written.
    Cancel,
}

/// What a key does while choices for the word being written are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MenuAction {
    /// The choice above.
    Up,
    /// The choice below.
    Down,
    /// Take it.
    Take,
    /// Close them.
    Close,
}

/// What a key does in a list that is open over the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListAction {
    /// The entry above.
    Up,
    /// The entry below.
    Down,
    /// A screen full up.
    PageUp,
    /// A screen full down.
    PageDown,
    /// The first entry.
    First,
    /// The last entry.
    Last,
    /// Go to what is selected.
    Take,
    /// Search all rooms or this one.
    Scope,
    /// Close the list.
    Close,
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
    /// While choices for a word are shown; with [`Mode::Write`] behind it.
    Menu,
    /// While a line sent before is searched for; with [`Mode::Write`] behind it.
    Recall,
    /// While a list with an input line of its own is open.
    List,
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
    /// What it does; a key of a text.
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
        Complete, CompleteBack, Edit, Escape, Interrupt, Jump, LineDown, LineUp, List, MarkCode,
        Menu, Net, Newest, NextRoom, NextUnread, Oldest, OpenEditor, PageDown, PageUp, PreviousRoom, Quit,
        Recall, Redraw, Search, Select, Send, ShowKeys, ShowRoom, StartRecall,
    };
    use EditAction as E;
    use ListAction as L;
    use MenuAction as M;
    use Mode::{AtEnd, Empty, Screen, Write};
    use RecallAction as R;
    use SelectAction as S;
    [
        bind(Send, Write, "send", &["enter"], key!("key-send")),
        bind(Edit(E::NewLine), Write, "new-line", &["alt-enter", "shift-enter", "ctrl-enter", "ctrl-j"], key!("key-new-line")),
        bind(Complete, Write, "complete", &["tab"], key!("key-complete")),
        bind(CompleteBack, Write, "complete-back", &["backtab"], key!("key-complete-back")),
        bind(Edit(E::Up), Write, "up", &["up"], key!("key-up")),
        bind(Edit(E::Down), Write, "down", &["down"], key!("key-down")),
        bind(Edit(E::Left), Write, "left", &["left", "ctrl-b"], key!("key-left")),
        bind(Edit(E::Right), Write, "right", &["right", "ctrl-f"], key!("key-right")),
        bind(Edit(E::WordLeft), Write, "word-left", &["ctrl-left", "alt-left", "alt-b"], key!("key-word-left")),
        bind(Edit(E::WordRight), Write, "word-right", &["ctrl-right", "alt-right", "alt-f"], key!("key-word-right")),
        bind(Edit(E::LineStart), Write, "line-start", &["home", "ctrl-a"], key!("key-line-start")),
        bind(Edit(E::LineEnd), Write, "line-end", &["end", "ctrl-e"], key!("key-line-end")),
        bind(Edit(E::DeleteBack), Write, "delete-back", &["backspace", "ctrl-h"], key!("key-delete-back")),
        bind(Edit(E::Delete), Write, "delete", &["delete", "ctrl-d"], key!("key-delete")),
        bind(Edit(E::CutWordBack), Write, "cut-word-back", &["alt-backspace", "ctrl-backspace"], key!("key-cut-word-back")),
        bind(Edit(E::CutBlankBack), Write, "cut-blank-back", &["ctrl-w"], key!("key-cut-blank-back")),
        bind(Edit(E::CutWord), Write, "cut-word", &["alt-d", "ctrl-delete"], key!("key-cut-word")),
        bind(Edit(E::CutToStart), Write, "cut-to-start", &["ctrl-u"], key!("key-cut-to-start")),
        bind(Edit(E::CutToEnd), Write, "cut-to-end", &["ctrl-k"], key!("key-cut-to-end")),
        bind(Edit(E::Yank), Write, "yank", &["ctrl-y"], key!("key-yank")),
        bind(Edit(E::YankBefore), Write, "yank-before", &["alt-y"], key!("key-yank-before")),
        bind(Edit(E::Undo), Write, "undo", &["ctrl-_", "ctrl-/", "ctrl-7", "ctrl-minus", "ctrl-x ctrl-u"], key!("key-undo")),
        bind(Edit(E::Redo), Write, "redo", &["alt-_", "alt-/", "ctrl-x ctrl-r"], key!("key-redo")),
        bind(Edit(E::Transpose), Write, "transpose", &["ctrl-t"], key!("key-transpose")),
        bind(Edit(E::UpperCase), Write, "upper-case", &["alt-u"], key!("key-upper-case")),
        bind(Edit(E::LowerCase), Write, "lower-case", &["alt-l"], key!("key-lower-case")),
        bind(Edit(E::Capitalize), Write, "capitalize", &["alt-c"], key!("key-capitalize")),
        bind(MarkCode, Write, "mark-code", &["ctrl-g"], key!("key-mark-code")),
        bind(OpenEditor, Write, "open-editor", &["ctrl-x ctrl-e"], key!("key-open-editor")),
        bind(StartRecall, Write, "recall", &["ctrl-r"], key!("key-recall")),
        bind(NextRoom, Screen, "next-room", &["ctrl-n", "alt-down", "ctrl-pagedown"], key!("key-next-room")),
        bind(PreviousRoom, Screen, "previous-room", &["ctrl-p", "alt-up", "ctrl-pageup"], key!("key-previous-room")),
        bind(NextUnread, Screen, "next-unread", &["alt-a"], key!("key-next-unread")),
        bind(ShowRoom(1), Screen, "room-1", &["alt-1"], key!("key-room-1")),
        bind(ShowRoom(2), Screen, "room-2", &["alt-2"], key!("key-room-2")),
        bind(ShowRoom(3), Screen, "room-3", &["alt-3"], key!("key-room-3")),
        bind(ShowRoom(4), Screen, "room-4", &["alt-4"], key!("key-room-4")),
        bind(ShowRoom(5), Screen, "room-5", &["alt-5"], key!("key-room-5")),
        bind(ShowRoom(6), Screen, "room-6", &["alt-6"], key!("key-room-6")),
        bind(ShowRoom(7), Screen, "room-7", &["alt-7"], key!("key-room-7")),
        bind(ShowRoom(8), Screen, "room-8", &["alt-8"], key!("key-room-8")),
        bind(ShowRoom(9), Screen, "room-9", &["alt-9"], key!("key-room-9")),
        bind(Jump, AtEnd, "jump", &["ctrl-k"], key!("key-jump")),
        bind(Search, AtEnd, "search", &["ctrl-f"], key!("key-search")),
        bind(Jump, Screen, "jump-anywhere", &["alt-k", "ctrl-k"], key!("key-jump-anywhere")),
        bind(Search, Screen, "search-anywhere", &["f3", "ctrl-f"], key!("key-search-anywhere")),
        bind(Net, Screen, "network", &["f2"], key!("key-network")),
        bind(PageUp, Screen, "page-up", &["pageup"], key!("key-page-up")),
        bind(PageDown, Screen, "page-down", &["pagedown"], key!("key-page-down")),
        bind(LineUp, Screen, "line-up", &["ctrl-up", "shift-up"], key!("key-line-up")),
        bind(LineDown, Screen, "line-down", &["ctrl-down", "shift-down"], key!("key-line-down")),
        bind(Oldest, Screen, "oldest", &["ctrl-home"], key!("key-oldest")),
        bind(Newest, Screen, "newest", &["ctrl-end"], key!("key-newest")),
        bind(Oldest, Empty, "oldest-when-empty", &["home"], key!("key-oldest")),
        bind(Newest, Empty, "newest-when-empty", &["end"], key!("key-newest")),
        bind(ShowKeys, Screen, "keys", &["f1"], key!("key-keys")),
        bind(Escape, Write, "escape", &["esc"], key!("key-escape")),
        bind(Menu(M::Up), Mode::Menu, "menu-up", &["up"], key!("key-menu-up")),
        bind(Menu(M::Down), Mode::Menu, "menu-down", &["down"], key!("key-menu-down")),
        bind(Menu(M::Take), Mode::Menu, "menu-take", &["enter"], key!("key-menu-take")),
        bind(Menu(M::Close), Mode::Menu, "menu-close", &["esc"], key!("key-menu-close")),
        bind(Recall(R::Older), Mode::Recall, "recall-older", &["ctrl-r", "up"], key!("key-recall-older")),
        bind(Recall(R::Newer), Mode::Recall, "recall-newer", &["ctrl-s", "down"], key!("key-recall-newer")),
        bind(Recall(R::Take), Mode::Recall, "recall-take", &["enter", "tab"], key!("key-recall-take")),
        bind(Recall(R::Cancel), Mode::Recall, "leave-recall", &["esc", "ctrl-g", "ctrl-c"], key!("key-leave-recall")),
        bind(Select(S::Down), Mode::Select, "select-down", &["j", "down"], key!("key-select-down")),
        bind(Select(S::Up), Mode::Select, "select-up", &["k", "up"], key!("key-select-up")),
        bind(Select(S::First), Mode::Select, "select-first", &["g", "home"], key!("key-select-first")),
        bind(Select(S::Last), Mode::Select, "select-last", &["G", "end"], key!("key-select-last")),
        bind(Select(S::Reply), Mode::Select, "reply", &["r", "enter"], key!("key-reply")),
        bind(Select(S::Edit), Mode::Select, "edit", &["e"], key!("key-edit")),
        bind(Select(S::Delete), Mode::Select, "take-back", &["d", "delete"], key!("key-take-back")),
        bind(Select(S::React), Mode::Select, "react", &["+", "="], key!("key-react")),
        bind(Select(S::Copy), Mode::Select, "copy", &["y", "c"], key!("key-copy")),
        bind(Select(S::Info), Mode::Select, "info", &["i"], key!("key-info")),
        bind(Select(S::OpenLink), Mode::Select, "open-link", &["l"], key!("key-open-link")),
        bind(Select(S::CopyLink), Mode::Select, "copy-link", &["L"], key!("key-copy-link")),
        bind(Select(S::Original), Mode::Select, "original", &["o"], key!("key-original")),
        bind(Select(S::Leave), Mode::Select, "leave-selection", &["esc", "q"], key!("key-leave-selection")),
        bind(ShowKeys, Mode::Select, "keys-when-selecting", &["?"], key!("key-keys")),
        bind(List(L::Up), Mode::List, "list-up", &["up", "ctrl-p", "ctrl-up", "shift-up"], key!("key-list-up")),
        bind(List(L::Down), Mode::List, "list-down", &["down", "ctrl-n", "ctrl-down", "shift-down"], key!("key-list-down")),
        bind(List(L::PageUp), Mode::List, "list-page-up", &["pageup"], key!("key-list-page-up")),
        bind(List(L::PageDown), Mode::List, "list-page-down", &["pagedown"], key!("key-list-page-down")),
        bind(List(L::First), Mode::List, "list-first", &["ctrl-home"], key!("key-list-first")),
        bind(List(L::Last), Mode::List, "list-last", &["ctrl-end"], key!("key-list-last")),
        bind(List(L::Take), Mode::List, "list-take", &["enter"], key!("key-list-take")),
        bind(List(L::Scope), Mode::List, "list-scope", &["tab"], key!("key-list-scope")),
        bind(List(L::Close), Mode::List, "list-close", &["esc"], key!("key-list-close")),
        bind(Redraw, Screen, "redraw", &["ctrl-l"], key!("key-redraw")),
        bind(Interrupt, Screen, "interrupt", &["ctrl-c"], key!("key-interrupt")),
        bind(Quit, Empty, "quit", &["ctrl-d"], key!("key-quit")),
    ]
};

/// What is wrong with the keys of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// No such action.
    Name(String),
    /// No such key.
    Key(String),
    /// A key would do two things.
    Twice {
        /// The key.
        key: String,
        /// What it does.
        first: &'static str,
        /// What else.
        second: &'static str,
    },
}

impl KeyError {
    /// What is wrong, for people.
    pub fn said(&self) -> Said {
        match self {
            Self::Name(name) => say!("keys-no-name", name = name),
            Self::Key(key) => say!("keys-no-key", key = key),
            Self::Twice { key, first, second } => {
                say!("keys-twice", key = key, first = first, second = second)
            }
        }
    }
}

/// Which key does what.
#[derive(Clone, Debug)]
pub struct KeyMap {
    bound: HashMap<(Mode, Combo), Action>,
    /// The keys with which a combination starts.
    prefixes: HashSet<(Mode, Chord)>,
    /// The keys of each line of [`BINDINGS`].
    keys: Vec<Vec<Combo>>,
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
        let mut bound: HashMap<(Mode, Combo), (Action, &'static str)> = HashMap::new();
        let mut keys = Vec::with_capacity(BINDINGS.len());
        for binding in BINDINGS {
            let names: Vec<&str> = match changes.get(binding.name) {
                Some(changed) => changed.iter().map(String::as_str).collect(),
                None => binding.keys.to_vec(),
            };
            let combos = names.into_iter().map(str::parse);
            let combos = combos.collect::<Result<Vec<Combo>, KeyError>>()?;
            for combo in &combos {
                let action = (binding.action, binding.name);
                if let Some((_, first)) = bound.insert((binding.mode, *combo), action) {
                    return Err(KeyError::Twice {
                        key: combo.to_string(),
                        first,
                        second: binding.name,
                    });
                }
            }
            keys.push(combos);
        }
        let mut prefixes = HashSet::new();
        for ((mode, combo), (_, name)) in &bound {
            let Some(last) = combo.prefix else { continue };
            prefixes.insert((*mode, last));
            let alone = Combo { prefix: None, last };
            if let Some((_, first)) = bound.get(&(*mode, alone)) {
                return Err(KeyError::Twice {
                    key: last.to_string(),
                    first,
                    second: name,
                });
            }
        }
        let bound = bound.into_iter();
        Ok(Self {
            bound: bound.map(|(at, (action, _))| (at, action)).collect(),
            prefixes,
            keys,
        })
    }

    /// What a key does in the first of these modes that has it.
    pub fn find(&self, modes: &[Mode], key: KeyEvent) -> Option<Action> {
        self.find_behind(modes, None, key)
    }

    /// What a key does behind another one, in the first of these modes that has both.
    pub fn find_behind(
        &self,
        modes: &[Mode],
        prefix: Option<Chord>,
        key: KeyEvent,
    ) -> Option<Action> {
        let last = Chord::from(key);
        let combo = Combo { prefix, last };
        let mut found = modes.iter().map(|mode| self.bound.get(&(*mode, combo)));
        found.find_map(|action| action.copied())
    }

    /// The key itself, when another one must follow it; by the first of these modes that has it.
    pub fn prefix(&self, modes: &[Mode], key: KeyEvent) -> Option<Chord> {
        let last = Chord::from(key);
        let alone = Combo { prefix: None, last };
        let is_prefix = |mode: &&Mode| self.prefixes.contains(&(**mode, last));
        let is_known = |mode: &&Mode| is_prefix(mode) || self.bound.contains_key(&(**mode, alone));
        let mode = modes.iter().find(is_known)?;
        is_prefix(&mode).then_some(last)
    }

    /// The keys for an action, for people; empty when none does it.
    pub fn keys_of(&self, action: Action) -> String {
        let lines = BINDINGS.iter().zip(&self.keys);
        let chords = lines
            .filter(|(binding, _)| binding.action == action)
            .flat_map(|(_, chords)| chords);
        let keys: Vec<String> = chords.map(Combo::to_string).collect();
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
            let keys: Vec<String> = chords.iter().map(Combo::to_string).collect();
            (binding, keys.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;
    use crate::locale::Language;

    fn changed(name: &str, keys: &[&str]) -> Result<KeyMap, KeyError> {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        KeyMap::new(&BTreeMap::from([(name.to_owned(), keys)]))
    }

    fn press(map: &KeyMap, modes: &[Mode], key: &str) -> Option<Action> {
        let chord: Chord = key.parse().unwrap();
        map.find(modes, chord.event())
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
            map.unwrap_err().said().tr(Language::English),
            "Ctrl-Enter would be both \"send\" and \"new-line\""
        );
        let map = changed("send", &["alt-s"]).unwrap();
        assert_eq!(press(&map, &[Mode::Write], "alt-s"), Some(Action::Send));
        assert_eq!(press(&map, &[Mode::Write], "enter"), None);
        assert_eq!(map.keys_of(Action::Send), "Alt-S");
        assert_eq!(changed("redraw", &[]).unwrap().key_of(Action::Redraw), None);
    }

    #[test]
    fn two_keys_can_do_what_one_does() {
        let map = changed("send", &["ctrl-x ctrl-s"]).unwrap();
        let event = |key: &str| key.parse::<Chord>().unwrap().event();
        let modes = [Mode::Write, Mode::Screen];
        let prefix = map.prefix(&modes, event("ctrl-x"));
        assert!(prefix.is_some());
        let found = map.find_behind(&modes, prefix, event("ctrl-s"));
        assert_eq!(found, Some(Action::Send));
        assert_eq!(map.find_behind(&modes, prefix, event("ctrl-a")), None);
        assert_eq!(map.find(&modes, event("ctrl-x")), None);
        assert_eq!(map.keys_of(Action::Send), "Ctrl-X Ctrl-S");
        assert_eq!(map.prefix(&[Mode::Select], event("ctrl-x")), None);
        let error = changed("send", &["ctrl-a x"]).unwrap_err().said();
        let error = error.tr(Language::English);
        assert_eq!(error, "Ctrl-A would be both \"line-start\" and \"send\"");
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let error = |name, keys: &[&str]| {
            changed(name, keys)
                .unwrap_err()
                .said()
                .tr(Language::English)
        };
        assert_eq!(
            error("sned", &["x"]),
            "no key is called \"sned\"; F1 in lanterm shows all of them"
        );
        for key in ["hyper-x", "f99", "", "ctrl-", "pgup"] {
            assert!(error("send", &[key]).contains("is no key"), "{key}");
        }
    }
}
