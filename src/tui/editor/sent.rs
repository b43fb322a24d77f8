//! The lines sent from an input line, and which of them is shown there.
//!
//! A line that was changed while it was shown keeps its change until the next one is sent.

use std::collections::{BTreeMap, VecDeque};

/// How many sent lines are remembered. Arbitrary: more than anyone walks through with an arrow key.
const LINES_MAX: usize = 500;

/// How many bytes of them: four times as much as the input holds, so that even such a line is
/// remembered.
const LINES_BYTES_MAX: usize = 4 * super::EDITOR_BYTES_MAX;

/// The lines, oldest first.
#[derive(Debug, Default)]
pub struct Sent {
    lines: VecDeque<String>,
    bytes: usize,
    /// Which line is shown; `lines.len()` is the one being written.
    at: usize,
    /// Lines changed while browsing, the one being written among them.
    edited: BTreeMap<usize, String>,
}

impl Sent {
    /// Which line is shown.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Where the line being written stands: behind all others.
    pub fn end(&self) -> usize {
        self.lines.len()
    }

    /// Whether the line being written is shown.
    pub fn is_at_end(&self) -> bool {
        self.at == self.end()
    }

    /// The line being written, while another is shown.
    pub fn aside(&self) -> &str {
        self.edited.get(&self.end()).map_or("", String::as_str)
    }

    /// The line shown, as it was sent; none while the one being written is.
    pub fn line(&self) -> Option<&str> {
        self.lines.get(self.at).map(String::as_str)
    }

    /// Whether `text` is the line shown as it was sent.
    pub fn is_unchanged(&self, text: &str) -> bool {
        self.lines.get(self.at).is_some_and(|line| line == text)
    }

    /// Goes to the line being written: a new one, unless another one was shown in its place.
    pub fn reset(&mut self) -> String {
        let end = self.end();
        let aside = self.edited.remove(&end).filter(|_| self.at != end);
        self.edited.clear();
        self.at = end;
        aside.unwrap_or_default()
    }

    /// Adds a line, whatever is being written or browsed meanwhile. Whether it is worth it.
    pub fn remember(&mut self, line: String) -> bool {
        if line.trim().is_empty() || self.lines.back().is_some_and(|last| *last == line) {
            return false;
        }
        let end = self.end();
        let draft = self.edited.remove(&end);
        self.bytes += line.len();
        self.lines.push_back(line);
        if self.at == end {
            self.at += 1;
        }
        while self.lines.len() > LINES_MAX || self.bytes > LINES_BYTES_MAX {
            self.forget_oldest();
        }
        if let Some(draft) = draft {
            self.edited.insert(self.end(), draft);
        }
        true
    }

    fn forget_oldest(&mut self) {
        let oldest = self.lines.pop_front();
        self.bytes -= oldest.map_or(0, |line| line.len());
        self.at = self.at.saturating_sub(1);
        let edited = std::mem::take(&mut self.edited).into_iter();
        self.edited = edited
            .filter_map(|(at, line)| Some((at.checked_sub(1)?, line)))
            .collect();
    }

    /// Puts `text` aside, which is shown, and shows another line: its text.
    pub fn show(&mut self, to: usize, text: String) -> String {
        if self.is_unchanged(&text) {
            self.edited.remove(&self.at);
        } else {
            self.edited.insert(self.at, text);
        }
        self.at = to.min(self.end());
        let line = self
            .edited
            .get(&self.at)
            .or_else(|| self.lines.get(self.at));
        line.cloned().unwrap_or_default()
    }

    /// The last line before `at` that has these words in it, in whatever case, and is not `shown`.
    pub fn find_before(&self, at: usize, words: &str, shown: &str) -> Option<usize> {
        let words = words.to_lowercase();
        (0..at.min(self.end()))
            .rev()
            .find(|at| self.has(*at, &words, shown))
    }

    /// The first line behind `at` that has these words in it, in whatever case, and is not `shown`.
    pub fn find_behind(&self, at: usize, words: &str, shown: &str) -> Option<usize> {
        let words = words.to_lowercase();
        (at + 1..self.end()).find(|at| self.has(*at, &words, shown))
    }

    fn has(&self, at: usize, words: &str, shown: &str) -> bool {
        let line = self.lines.get(at);
        line.is_some_and(|line| line != shown && line.to_lowercase().contains(words))
    }
}
