//! Which key does what: one table, from which keys are looked up, help is made, and which the
//! configuration changes.
//!
//! A key is looked up in the modes that hold at the moment, the narrowest first; see [`Mode`]. What is
//! bound in none of them is text, if it is a character.

mod actions;
mod bindings;

use std::collections::{BTreeMap, HashMap, HashSet};

use crossterm::event::KeyEvent;

pub use self::actions::{
    Action, EditAction, ListAction, MenuAction, Mode, RecallAction, SelectAction,
};
pub use self::bindings::{BINDINGS, Binding};
pub use super::chord::{Chord, Combo};

use crate::locale::{Said, say};

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
