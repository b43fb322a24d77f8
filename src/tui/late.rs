//! A terminal far away may say what its background is like only after keys are read. Its answer
//! would be taken for keys then: for Alt+] and what stands behind it.
//!
//! Until it has come, keys that may be its start are held back; they are handed on when they are not.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::themes::Background;

/// Keys held back at most: those of the longest answer, `] 11;rgba:` with four numbers and an end.
const KEYS_MAX: usize = 34;

/// The answer that has not come yet.
#[derive(Debug, Default)]
pub struct LateAnswer {
    is_awaited: bool,
    held: Vec<KeyEvent>,
    background: Option<Background>,
}

impl LateAnswer {
    /// Looks for an answer if it is awaited.
    pub fn new(is_awaited: bool) -> Self {
        Self {
            is_awaited,
            ..Self::default()
        }
    }

    /// What it said; once.
    pub fn take_background(&mut self) -> Option<Background> {
        self.background.take()
    }

    /// Takes a key; returns those that were pressed.
    pub fn take(&mut self, key: KeyEvent) -> Vec<KeyEvent> {
        let has_alt = key.modifiers == KeyModifiers::ALT;
        let is_start = key.code == KeyCode::Char(']') && has_alt;
        let is_press = key.kind == KeyEventKind::Press;
        if !self.is_awaited || !is_press || (self.held.is_empty() && !is_start) {
            return vec![key];
        }
        let is_bell = key.code == KeyCode::Char('g') && key.modifiers == KeyModifiers::CONTROL;
        let is_end = is_bell || (key.code == KeyCode::Char('\\') && has_alt);
        if is_end && let Some(background) = Background::from_answer(&self.text()) {
            self.is_awaited = false;
            self.background = Some(background);
            self.held.clear();
            return Vec::new();
        }
        self.held.push(key);
        let may_be = "11;rgba:".starts_with(&self.text())
            || "11;rgb:".starts_with(&self.text())
            || self.text().starts_with("11;rgb");
        if may_be && !is_end && self.held.len() < KEYS_MAX {
            return Vec::new();
        }
        std::mem::take(&mut self.held)
    }

    /// What is held, behind its first key.
    fn text(&self) -> String {
        let keys = self.held.iter().skip(1);
        keys.map(|key| match key.code {
            KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => c,
            _ => char::REPLACEMENT_CHARACTER,
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), modifiers)
    }

    /// Presses Alt+] and these, and returns what was handed on.
    fn press(late: &mut LateAnswer, text: &str) -> usize {
        let mut count = late.take(key(']', KeyModifiers::ALT)).len();
        for c in text.chars() {
            count += late.take(key(c, KeyModifiers::NONE)).len();
        }
        count
    }

    #[test]
    fn a_late_answer_is_no_typing() {
        for end in [
            key('\\', KeyModifiers::ALT),
            key('g', KeyModifiers::CONTROL),
        ] {
            let mut late = LateAnswer::new(true);
            assert_eq!(press(&mut late, "11;rgb:ffff/FFFF/ffff"), 0);
            assert_eq!(late.take(end), []);
            assert_eq!(late.take_background(), Some(Background::Light));
            assert_eq!(press(&mut late, "11;rgb"), 7, "there is only one");
        }
    }

    #[test]
    fn what_is_no_answer_was_pressed() {
        let mut late = LateAnswer::new(true);
        assert_eq!(late.take(key('a', KeyModifiers::NONE)).len(), 1);
        assert_eq!(press(&mut late, "12"), 3);
        assert_eq!(press(&mut late, "11;rgb:"), 0);
        assert_eq!(late.take(key('g', KeyModifiers::CONTROL)).len(), 9);
        let long = "11;rgb:".to_owned() + &"f".repeat(40);
        assert_eq!(press(&mut late, &long), 48);
        assert_eq!(press(&mut LateAnswer::new(false), "11"), 3);
    }
}
