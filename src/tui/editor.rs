//! The input line: several lines of text with a cursor, the keys of readline, and a history.
//!
//! The cursor stands between grapheme clusters, never inside one. Text is never dropped: what is
//! too long to send stays here, what was deleted can be had back ([`undo`]), and a line of the
//! history that was edited keeps its edit while the history is browsed ([`sent`]).

mod kills;
mod sent;
#[cfg(test)]
mod tests;
mod undo;

use std::collections::VecDeque;
use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use self::kills::{Kills, Side};
use self::sent::Sent;
use self::undo::{Kind, Step, Undo};
use super::keymap::{Action, EditAction, KeyMap, Mode};
use super::wrap;
use crate::wire::SafeText;

/// The longest text the input line takes, in bytes: 16 times the longest message, so that a paste
/// that is too long to send can still be cut down here.
pub const EDITOR_BYTES_MAX: usize = 256 * 1024;

/// Lines sent that nobody asked for yet. Arbitrary: they are asked for twice a second.
const NEW_LINES_MAX: usize = 100;

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The text or the cursor changed, or the key was an editing key with nothing to do.
    Done,
    /// There is no room for the text; nothing changed.
    Full,
}

/// What the key before did, where the next one depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Last {
    /// Nothing of the kind.
    #[default]
    Other,
    /// It cut: what is cut now is one text with that.
    Cut,
    /// It put in again what was cut; these are its bytes.
    Yank(Range<usize>),
}

/// Text being written.
#[derive(Debug, Default)]
pub struct Editor {
    text: String,
    /// In bytes, on a cluster boundary.
    cursor: usize,
    kills: Kills,
    undo: Undo,
    /// The changes of the line being written, while another is shown.
    undo_aside: Undo,
    last: Last,
    sent: Sent,
    /// Lines sent since they were last asked for.
    new_lines: VecDeque<String>,
    /// Counts the changes of the text.
    revision: u64,
    /// The column aimed at while moving up or down.
    goal: Option<usize>,
    /// Columns per row, as last drawn.
    width: usize,
}

impl Editor {
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the cursor stands behind all of the text.
    pub fn is_at_end(&self) -> bool {
        self.cursor == self.text.len()
    }

    /// The cursor's place in the text, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// A number that is another one after every change of the text.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What would be missed: the line being written, or the line shown in its place once that is
    /// changed.
    pub fn draft(&self) -> &str {
        if self.sent.is_unchanged(&self.text) {
            self.sent.aside()
        } else {
            &self.text
        }
    }

    /// Sets how many columns a row has; up and down move by such rows.
    pub fn set_width(&mut self, width: usize) {
        self.width = width;
    }

    /// Takes the text out and remembers it in the history.
    pub fn submit(&mut self) -> String {
        let text = self.take();
        self.remember(text.clone());
        text
    }

    /// Takes the text out. What was being written before a line of the history was shown is there
    /// again.
    pub fn take(&mut self) -> String {
        self.goal = None;
        self.last = Last::Other;
        self.revision += 1;
        self.undo = std::mem::take(&mut self.undo_aside);
        let aside = self.sent.reset();
        self.cursor = aside.len();
        std::mem::replace(&mut self.text, aside)
    }

    /// Empties the line, which is remembered in the history, and can be taken back; so is what was
    /// being written before a line of the history was shown.
    pub fn clear(&mut self) {
        let text = self.text.clone();
        self.show_sent(self.sent.end());
        let aside = self.text.clone();
        self.replace(0..self.text.len(), "");
        if aside != text {
            self.remember(aside);
        }
        self.remember(text);
    }

    /// Adds a line to the history, whatever is being written or browsed meanwhile.
    pub fn remember(&mut self, line: String) {
        if self.sent.remember(line.clone()) {
            self.new_lines.push_back(line);
            if self.new_lines.len() > NEW_LINES_MAX {
                self.new_lines.pop_front();
            }
        }
    }

    /// Puts in what an earlier process had: what was being written, and the lines sent, oldest
    /// first.
    pub fn restore(&mut self, draft: &str, lines: &[String]) {
        for line in lines {
            self.sent.remember(line.clone());
        }
        if !draft.is_empty() {
            self.put_back(SafeText::new(draft).as_str());
        }
    }

    /// The lines sent since this was last called.
    pub fn take_new_lines(&mut self) -> Vec<String> {
        self.new_lines.drain(..).collect()
    }

    /// Whether lines were sent since they were last asked for.
    pub fn has_new_lines(&self) -> bool {
        !self.new_lines.is_empty()
    }

    /// Puts text before what is being written, which the cursor stays in. What is put back was
    /// here before, so that the limit does not count.
    pub fn put_back(&mut self, text: &str) {
        self.show_sent(self.sent.end());
        let between = if self.text.is_empty() { "" } else { "\n" };
        self.text.insert_str(0, between);
        self.text.insert_str(0, text);
        self.cursor += text.len() + between.len();
        self.undo.shift(text.len() + between.len());
        self.revision += 1;
        self.goal = None;
        self.snap();
    }

    /// Replaces a range of bytes and puts the cursor behind the new text.
    pub fn replace(&mut self, range: Range<usize>, text: &str) {
        self.change(range, text, Kind::Other);
    }

    fn change(&mut self, range: Range<usize>, text: &str, kind: Kind) {
        let removed = &self.text[range.clone()];
        let cursor = self.cursor;
        self.undo.record(range.clone(), removed, text, cursor, kind);
        self.revision += 1;
        self.cursor = range.start + text.len();
        self.text.replace_range(range, text);
        self.goal = None;
        self.snap();
    }

    /// Inserts pasted text as it is, line feeds included; a paste never sends.
    pub fn paste(&mut self, text: &str) -> Edit {
        self.last = Last::Other;
        self.insert(SafeText::new(text).as_str(), Kind::Other)
    }

    fn insert(&mut self, text: &str, kind: Kind) -> Edit {
        if self.text.len() + text.len() > EDITOR_BYTES_MAX {
            return Edit::Full;
        }
        self.change(self.cursor..self.cursor, text, kind);
        Edit::Done
    }

    /// Applies an editing key.
    pub fn act(&mut self, action: EditAction) -> Edit {
        let goal = self.goal.take();
        let last = std::mem::take(&mut self.last);
        match action {
            EditAction::DeleteBack => {
                self.change(self.left()..self.cursor, "", Kind::Deleted);
                return Edit::Done;
            }
            EditAction::Delete => {
                self.change(self.cursor..self.right(), "", Kind::Deleted);
                return Edit::Done;
            }
            EditAction::NewLine => return self.insert("\n", Kind::Typed),
            EditAction::Yank => {
                let text = self.kills.last().unwrap_or_default().to_owned();
                return self.yank(self.cursor..self.cursor, &text);
            }
            EditAction::YankBefore => {
                // It takes the place of what was just put in, and does nothing after other keys.
                let Last::Yank(range) = last else {
                    return Edit::Done;
                };
                let text = self.kills.before().unwrap_or_default().to_owned();
                return self.yank(range, &text);
            }
            EditAction::UpperCase => return self.recase(str::to_uppercase),
            EditAction::LowerCase => return self.recase(str::to_lowercase),
            EditAction::Capitalize => return self.recase(capitalized),
            EditAction::Undo => self.step_changes(Undo::undo),
            EditAction::Redo => self.step_changes(Undo::redo),
            EditAction::Transpose => self.transpose(),
            EditAction::Left => self.cursor = self.left(),
            EditAction::Right => self.cursor = self.right(),
            EditAction::Up => self.up(goal),
            EditAction::Down => self.down(goal),
            EditAction::WordLeft => self.cursor = self.word_left(),
            EditAction::WordRight => self.cursor = self.word_right(),
            EditAction::LineStart => self.cursor = self.line_start(),
            EditAction::LineEnd => self.cursor = self.line_end(),
            EditAction::CutWordBack => self.kill(self.word_left()..self.cursor, &last),
            EditAction::CutBlankBack => self.kill(self.blank_left()..self.cursor, &last),
            EditAction::CutWord => self.kill(self.cursor..self.word_right(), &last),
            EditAction::CutToStart if self.cursor == self.line_start() => {
                self.kill(self.left()..self.cursor, &last);
            }
            EditAction::CutToStart => self.kill(self.line_start()..self.cursor, &last),
            EditAction::CutToEnd if self.cursor == self.line_end() => {
                self.kill(self.cursor..self.right(), &last);
            }
            EditAction::CutToEnd => self.kill(self.cursor..self.line_end(), &last),
        }
        self.undo.seal();
        Edit::Done
    }

    /// Takes a key of a line by itself, with nothing around it.
    pub fn press(&mut self, keys: &KeyMap, key: KeyEvent) -> Edit {
        if let Some(Action::Edit(action)) = keys.find(&[Mode::Write], key) {
            return self.act(action);
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            // AltGr arrives as both on some systems.
            KeyCode::Char(c) if control == alt => self.type_char(c),
            _ => Edit::Done,
        }
    }

    /// Types a character.
    pub fn type_char(&mut self, c: char) -> Edit {
        self.goal = None;
        self.last = Last::Other;
        // Tag characters are legal inside a flag only; typed one by one they can't be judged yet,
        // and the whole text is cleaned when it is sent.
        if matches!(c, '\u{e0020}'..='\u{e007f}') {
            return self.insert(c.encode_utf8(&mut [0; 4]), Kind::Typed);
        }
        let text = SafeText::new(c.encode_utf8(&mut [0; 4]));
        self.insert(text.as_str(), Kind::Typed)
    }

    fn kill(&mut self, range: Range<usize>, last: &Last) {
        if range.is_empty() {
            return;
        }
        let side = if range.start < self.cursor {
            Side::Before
        } else {
            Side::Behind
        };
        let text = &self.text[range.clone()];
        self.kills.cut(text, side, *last == Last::Cut);
        self.replace(range, "");
        self.last = Last::Cut;
    }

    /// Puts in what was cut, in the place of these bytes.
    fn yank(&mut self, range: Range<usize>, text: &str) -> Edit {
        if self.text.len() - range.len() + text.len() > EDITOR_BYTES_MAX {
            return Edit::Full;
        }
        let start = range.start;
        self.replace(range, text);
        self.last = Last::Yank(start..start + text.len());
        Edit::Done
    }

    /// Swaps the characters around the cursor, the last two at the end of a line.
    fn transpose(&mut self) {
        let middle = if self.cursor == self.line_end() {
            self.left()
        } else {
            self.cursor
        };
        let line = self.line_start();
        let before = self.text[line..middle].graphemes(true).next_back();
        let behind = self.text[middle..].graphemes(true).next();
        if let (Some(before), Some(behind)) = (before, behind) {
            let range = middle - before.len()..middle + behind.len();
            let swapped = format!("{behind}{before}");
            self.replace(range, &swapped);
        }
    }

    /// Writes the word at the cursor, or the next one, in another case, and goes behind it.
    fn recase(&mut self, case: fn(&str) -> String) -> Edit {
        let range = self.cursor..self.word_right();
        let text = case(&self.text[range.clone()]);
        if self.text.len() - range.len() + text.len() > EDITOR_BYTES_MAX {
            return Edit::Full;
        }
        self.replace(range, &text);
        self.undo.seal();
        Edit::Done
    }

    fn step_changes(&mut self, step: fn(&mut Undo) -> Option<Step>) {
        if let Some(Step {
            range,
            text,
            cursor,
        }) = step(&mut self.undo)
        {
            self.text.replace_range(range, &text);
            self.cursor = cursor;
            self.revision += 1;
            self.snap();
        }
    }

    /// Inserting a mark or joiner can melt clusters together: moves the cursor behind the result.
    fn snap(&mut self) {
        let end = self.text.len();
        let mut cursor = GraphemeCursor::new(self.cursor.min(end), end, true);
        if cursor.is_boundary(&self.text, 0) != Ok(true) {
            let next = cursor.next_boundary(&self.text, 0);
            self.cursor = next.ok().flatten().unwrap_or(end);
        }
    }

    fn left(&self) -> usize {
        self.text[..self.cursor]
            .graphemes(true)
            .next_back()
            .map_or(0, |cluster| self.cursor - cluster.len())
    }

    fn right(&self) -> usize {
        self.text[self.cursor..]
            .graphemes(true)
            .next()
            .map_or(self.cursor, |cluster| self.cursor + cluster.len())
    }

    fn line_start(&self) -> usize {
        self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.cursor..]
            .find('\n')
            .map_or(self.text.len(), |at| self.cursor + at)
    }

    fn word_left(&self) -> usize {
        self.run_left(|cluster| !is_word(cluster), is_word)
    }

    fn blank_left(&self) -> usize {
        self.run_left(is_blank, |cluster| !is_blank(cluster))
    }

    /// The place before a run of `first` and then a run of `second`, read backwards.
    fn run_left(&self, first: fn(&str) -> bool, second: fn(&str) -> bool) -> usize {
        let mut clusters = self.text[..self.cursor].graphemes(true).rev().peekable();
        let mut at = self.cursor;
        for wanted in [first, second] {
            while let Some(cluster) = clusters.next_if(|cluster| wanted(cluster)) {
                at -= cluster.len();
            }
        }
        at
    }

    fn word_right(&self) -> usize {
        let mut clusters = self.text[self.cursor..].graphemes(true).peekable();
        let mut at = self.cursor;
        for wanted in [|cluster: &str| !is_word(cluster), is_word] {
            while let Some(cluster) = clusters.next_if(|cluster| wanted(cluster)) {
                at += cluster.len();
            }
        }
        at
    }

    /// The rows of the text at the width last set, as ranges of bytes.
    pub fn rows(&self) -> Vec<Range<usize>> {
        wrap::wrap(&self.text, self.width)
    }

    /// The cursor's row among `rows`, and its column there.
    pub fn place(&self, rows: &[Range<usize>]) -> (usize, usize) {
        let row = rows
            .iter()
            .rposition(|row| row.start <= self.cursor)
            .unwrap_or(0);
        let start = rows.get(row).map_or(0, |row| row.start);
        let column = wrap::columns(&self.text[start..self.cursor]);
        // Blanks hang over the edge; the cursor behind them stays in sight.
        (row, column.min(self.width))
    }

    fn up(&mut self, goal: Option<usize>) {
        let rows = self.rows();
        let (row, column) = self.place(&rows);
        if row == 0 {
            if let Some(before) = self.sent.at().checked_sub(1) {
                self.show_sent(before);
            }
        } else {
            self.move_to_row(&rows, row - 1, goal.unwrap_or(column));
        }
    }

    fn down(&mut self, goal: Option<usize>) {
        let rows = self.rows();
        let (row, column) = self.place(&rows);
        if row + 1 >= rows.len() {
            self.show_sent(self.sent.at() + 1);
        } else {
            self.move_to_row(&rows, row + 1, goal.unwrap_or(column));
        }
    }

    /// The cursor goes to the character at a row and a column, as near as there is one.
    pub fn go_to(&mut self, row: usize, column: usize) {
        let rows = self.rows();
        let row = row.min(rows.len().saturating_sub(1));
        self.move_to_row(&rows, row, column);
        self.goal = None;
        self.last = Last::Other;
        self.undo.seal();
    }

    fn move_to_row(&mut self, rows: &[Range<usize>], row: usize, goal: usize) {
        let range = rows[row].clone();
        let is_last_of_line = rows.get(row + 1).is_none_or(|next| next.start > range.end);
        let text = &self.text[range.clone()];
        self.cursor = text
            .grapheme_indices(true)
            .map(|(at, _)| at)
            .chain(is_last_of_line.then_some(text.len()))
            .take_while(|at| wrap::columns(&text[..*at]) <= goal)
            .last()
            .map_or(range.start, |at| range.start + at);
        self.goal = Some(goal);
    }

    /// The line of the history that is shown, as it was sent.
    pub fn sent_line(&self) -> Option<&str> {
        self.sent.line()
    }

    /// Which line of the history is shown.
    pub fn sent_at(&self) -> usize {
        self.sent.at()
    }

    /// Shows a line of the history, with the cursor behind it; the line being written, when there
    /// is none.
    pub fn show_sent(&mut self, at: usize) {
        let at = at.min(self.sent.end());
        if at == self.sent.at() {
            return;
        }
        if self.sent.is_at_end() {
            self.undo_aside = std::mem::take(&mut self.undo);
        }
        let text = std::mem::take(&mut self.text);
        self.text = self.sent.show(at, text);
        self.undo = if self.sent.is_at_end() {
            std::mem::take(&mut self.undo_aside)
        } else {
            Undo::default()
        };
        self.undo.seal();
        self.cursor = self.text.len();
        self.revision += 1;
    }

    /// Goes back to a line of the history before `at` that has these words in it; whether there is
    /// one.
    pub fn find_sent_before(&mut self, at: usize, words: &str) -> bool {
        let shown = if at == self.sent.at() { &self.text } else { "" };
        let found = self.sent.find_before(at, words, shown);
        self.show_found(found, words)
    }

    /// Goes on to a line of the history behind the one shown that has these words in it; whether
    /// there is one.
    pub fn find_sent_behind(&mut self, words: &str) -> bool {
        let found = self.sent.find_behind(self.sent.at(), words, &self.text);
        self.show_found(found, words)
    }

    fn show_found(&mut self, found: Option<usize>, words: &str) -> bool {
        let Some(found) = found else { return false };
        self.show_sent(found);
        // Lower case may take another number of bytes; then the cursor stands at the end.
        let at = self.text.to_lowercase().rfind(&words.to_lowercase());
        if let Some(at) = at.filter(|at| self.text.is_char_boundary(*at)) {
            self.cursor = at;
            self.snap();
        }
        true
    }
}

fn capitalized(word: &str) -> String {
    let mut capital = true;
    let clusters = word.graphemes(true);
    clusters
        .map(|cluster| {
            let is_first = is_word(cluster) && std::mem::take(&mut capital);
            if is_first {
                cluster.to_uppercase()
            } else {
                cluster.to_lowercase()
            }
        })
        .collect()
}

fn is_word(cluster: &str) -> bool {
    cluster.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn is_blank(cluster: &str) -> bool {
    cluster.starts_with(char::is_whitespace)
}
