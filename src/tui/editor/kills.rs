//! What was cut from the input line, to be put in again.

use std::collections::VecDeque;

/// Texts kept. Arbitrary: nobody walks back further.
const TEXTS_MAX: usize = 16;

/// Bytes kept in all, beyond the text cut last: twice what the input holds.
const TEXTS_BYTES_MAX: usize = 2 * super::EDITOR_BYTES_MAX;

/// Which side of the text cut before this one stood on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Before the cursor.
    Before,
    /// Behind it.
    Behind,
}

/// What was cut, the last text first.
#[derive(Debug, Default)]
pub struct Kills {
    texts: VecDeque<String>,
    /// Which one is inserted.
    at: usize,
}

impl Kills {
    /// Keeps a text. What is cut at once after another is one text with it.
    pub fn cut(&mut self, text: &str, side: Side, goes_on: bool) {
        self.at = 0;
        match self.texts.front_mut().filter(|_| goes_on) {
            Some(last) if side == Side::Before => last.insert_str(0, text),
            Some(last) => last.push_str(text),
            None => self.texts.push_front(text.to_owned()),
        }
        while self.texts.len() > TEXTS_MAX || self.bytes() > TEXTS_BYTES_MAX {
            if self.texts.len() < 2 {
                return;
            }
            self.texts.pop_back();
        }
    }

    fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }

    /// The text cut last.
    pub fn last(&mut self) -> Option<&str> {
        self.at = 0;
        self.texts.front().map(String::as_str)
    }

    /// The text cut before the one that was inserted; the last one again after the first.
    pub fn before(&mut self) -> Option<&str> {
        let next = self.at + 1;
        self.at = if next < self.texts.len() { next } else { 0 };
        self.texts.get(self.at).map(String::as_str)
    }
}
