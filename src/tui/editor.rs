//! The input line: several lines of text with a cursor, the keys of readline, and a history.
//!
//! The cursor stands between grapheme clusters, never inside one. Text is never dropped: what is
//! too long to send stays here, and a history line that was edited keeps its edit while the
//! history is browsed.

use std::collections::BTreeMap;
use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use super::keymap::{Action, EditAction, KeyMap, Mode};
use super::wrap;
use crate::wire::SafeText;

/// The longest text the input line takes, in bytes: 16 times the longest message, so that a paste
/// that is too long to send can still be cut down here.
pub const EDITOR_BYTES_MAX: usize = 256 * 1024;

/// How many sent lines are remembered. Arbitrary: more than anyone walks through with an arrow key.
const HISTORY_LINES_MAX: usize = 500;

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The text or the cursor changed, or the key was an editing key with nothing to do.
    Done,
    /// There is no room for the text; nothing changed.
    Full,
}

/// Text being written.
#[derive(Debug, Default)]
pub struct Editor {
    text: String,
    /// In bytes, on a cluster boundary.
    cursor: usize,
    killed: String,
    history: Vec<String>,
    /// Which history line is shown; `history.len()` is the line being written.
    at: usize,
    /// Lines changed while browsing, the one being written among them.
    edited: BTreeMap<usize, String>,
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

    /// Takes the text out.
    pub fn take(&mut self) -> String {
        self.edited.clear();
        self.cursor = 0;
        self.goal = None;
        self.at = self.history.len();
        std::mem::take(&mut self.text)
    }

    /// Adds a line to the history, whatever is being written or browsed meanwhile.
    pub fn remember(&mut self, line: String) {
        if line.trim().is_empty() || self.history.last() == Some(&line) {
            return;
        }
        let end = self.history.len();
        let draft = self.edited.remove(&end);
        self.history.push(line);
        if self.at == end {
            self.at += 1;
        }
        if self.history.len() > HISTORY_LINES_MAX {
            self.history.remove(0);
            self.at = self.at.saturating_sub(1);
            let edited = std::mem::take(&mut self.edited).into_iter();
            self.edited = edited
                .filter_map(|(at, line)| Some((at.checked_sub(1)?, line)))
                .collect();
        }
        if let Some(draft) = draft {
            self.edited.insert(self.history.len(), draft);
        }
    }

    /// Puts text before what is being written, which the cursor stays in. What is put back was
    /// here before, so that the limit does not count.
    pub fn put_back(&mut self, text: &str) {
        if self.at != self.history.len() {
            self.browse(Some(self.history.len()));
        }
        let between = if self.text.is_empty() { "" } else { "\n" };
        self.text.insert_str(0, between);
        self.text.insert_str(0, text);
        self.cursor += text.len() + between.len();
        self.goal = None;
        self.snap();
    }

    /// Replaces a range of bytes and puts the cursor behind the new text.
    pub fn replace(&mut self, range: Range<usize>, text: &str) {
        self.cursor = range.start + text.len();
        self.text.replace_range(range, text);
        self.goal = None;
        self.snap();
    }

    /// Inserts pasted text as it is, line feeds included; a paste never sends.
    pub fn paste(&mut self, text: &str) -> Edit {
        self.insert(SafeText::new(text).as_str())
    }

    fn insert(&mut self, text: &str) -> Edit {
        if self.text.len() + text.len() > EDITOR_BYTES_MAX {
            return Edit::Full;
        }
        self.replace(self.cursor..self.cursor, text);
        Edit::Done
    }

    /// Applies an editing key.
    pub fn act(&mut self, action: EditAction) -> Edit {
        let goal = self.goal.take();
        match action {
            EditAction::NewLine => return self.insert("\n"),
            EditAction::Yank => return self.insert(&self.killed.clone()),
            EditAction::Left => self.cursor = self.left(),
            EditAction::Right => self.cursor = self.right(),
            EditAction::Up => self.up(goal),
            EditAction::Down => self.down(goal),
            EditAction::WordLeft => self.cursor = self.word_left(),
            EditAction::WordRight => self.cursor = self.word_right(),
            EditAction::LineStart => self.cursor = self.line_start(),
            EditAction::LineEnd => self.cursor = self.line_end(),
            EditAction::DeleteBack => self.remove(self.left()..self.cursor),
            EditAction::Delete => self.remove(self.cursor..self.right()),
            EditAction::CutWordBack => self.kill(self.word_left()..self.cursor),
            EditAction::CutBlankBack => self.kill(self.blank_left()..self.cursor),
            EditAction::CutWord => self.kill(self.cursor..self.word_right()),
            EditAction::CutToStart if self.cursor == self.line_start() => {
                self.kill(self.left()..self.cursor);
            }
            EditAction::CutToStart => self.kill(self.line_start()..self.cursor),
            EditAction::CutToEnd if self.cursor == self.line_end() => {
                self.kill(self.cursor..self.right());
            }
            EditAction::CutToEnd => self.kill(self.cursor..self.line_end()),
        }
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
        self.insert_char(c)
    }

    fn insert_char(&mut self, c: char) -> Edit {
        // Tag characters are legal inside a flag only; typed one by one they can't be judged yet,
        // and the whole text is cleaned when it is sent.
        if matches!(c, '\u{e0020}'..='\u{e007f}') {
            return self.insert(c.encode_utf8(&mut [0; 4]));
        }
        let text = SafeText::new(c.encode_utf8(&mut [0; 4]));
        self.insert(text.as_str())
    }

    fn remove(&mut self, range: Range<usize>) {
        self.replace(range, "");
    }

    fn kill(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.killed = self.text[range.clone()].to_owned();
            self.remove(range);
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
            self.browse(self.at.checked_sub(1));
        } else {
            self.move_to_row(&rows, row - 1, goal.unwrap_or(column));
        }
    }

    fn down(&mut self, goal: Option<usize>) {
        let rows = self.rows();
        let (row, column) = self.place(&rows);
        if row + 1 >= rows.len() {
            self.browse(Some(self.at + 1).filter(|at| *at <= self.history.len()));
        } else {
            self.move_to_row(&rows, row + 1, goal.unwrap_or(column));
        }
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

    fn browse(&mut self, to: Option<usize>) {
        let Some(to) = to else { return };
        let line = std::mem::take(&mut self.text);
        if self.history.get(self.at) == Some(&line) {
            self.edited.remove(&self.at);
        } else {
            self.edited.insert(self.at, line);
        }
        self.at = to;
        let line = self.edited.get(&to).or_else(|| self.history.get(to));
        self.text = line.cloned().unwrap_or_default();
        self.cursor = self.text.len();
    }
}

fn is_word(cluster: &str) -> bool {
    cluster.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn is_blank(cluster: &str) -> bool {
    cluster.starts_with(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::Chord;

    /// An editor of 20 columns with `keys` typed: `C-x` is control, `M-x` alt, others by name.
    fn typed(text: &str, keys: &str) -> Editor {
        let mut editor = Editor::default();
        editor.set_width(20);
        editor.paste(text);
        press(&mut editor, keys);
        editor
    }

    fn press(editor: &mut Editor, keys: &str) {
        let map = KeyMap::default();
        for name in keys.split_whitespace() {
            let name = name.replace("C-", "ctrl-").replace("M-", "alt-");
            editor.press(&map, name.parse::<Chord>().unwrap().event());
        }
    }

    /// The text with `|` at the cursor.
    fn shown(editor: &Editor) -> String {
        let (before, after) = editor.text().split_at(editor.cursor());
        format!("{before}|{after}")
    }

    #[test]
    fn readline_keys_move_and_kill() {
        for (keys, expected) in [
            ("C-a", "|one two-three"),
            ("C-a C-f C-f C-b", "o|ne two-three"),
            ("M-b", "one two-|three"),
            ("M-b M-b", "one |two-three"),
            ("C-a M-f", "one| two-three"),
            ("C-w", "one |"),
            ("M-Backspace", "one two-|"),
            ("C-a M-d", "| two-three"),
            ("C-a C-d Delete", "|e two-three"),
            ("Home C-Right C-k", "one|"),
            ("M-b C-u", "|three"),
            ("M-b C-u End C-y", "threeone two-|"),
            ("C-h Backspace", "one two-thr|"),
        ] {
            let editor = typed("one two-three", keys);
            assert_eq!(shown(&editor), expected, "after {keys}");
        }
    }

    #[test]
    fn the_cursor_never_stops_inside_a_cluster() {
        let editor = typed("a👨‍👩‍👧‍👦e\u{301}", "Left Left");
        assert_eq!(shown(&editor), "a|👨‍👩‍👧‍👦e\u{301}");
        let editor = typed("a👨‍👩‍👧‍👦e\u{301}", "Backspace Backspace");
        assert_eq!(shown(&editor), "a|");
        // A mark typed before the cursor's text melts into the letter before it.
        let editor = typed("ab", "Left \u{301}");
        assert_eq!(shown(&editor), "a\u{301}|b");
    }

    #[test]
    fn up_and_down_move_by_rows_and_keep_the_column() {
        let editor = typed("first line\nab\nthird line", "Up");
        assert_eq!(shown(&editor), "first line\nab|\nthird line");
        let editor = typed("first line\nab\nthird line", "Up Up");
        assert_eq!(shown(&editor), "first line|\nab\nthird line");
        let editor = typed("first line\nab\nthird line", "Up Up Down Down");
        assert_eq!(shown(&editor), "first line\nab\nthird line|");
    }

    #[test]
    fn history_keeps_what_was_being_written_and_edits_made_on_the_way() {
        let mut editor = typed("one", "");
        editor.submit();
        editor.paste("two");
        editor.submit();
        editor.paste("dra");
        press(&mut editor, "Up Up X Down");
        assert_eq!(shown(&editor), "two|");
        press(&mut editor, "Down");
        assert_eq!(shown(&editor), "dra|");
        press(&mut editor, "Up Up");
        assert_eq!(shown(&editor), "oneX|");
        assert_eq!(editor.submit(), "oneX");
        press(&mut editor, "Up Up Up");
        assert_eq!(shown(&editor), "one|");
    }

    #[test]
    fn a_line_remembered_late_disturbs_nothing_that_is_written_or_browsed() {
        let mut editor = typed("one", "");
        editor.submit();
        editor.paste("dra");
        editor.remember("two".to_owned());
        press(&mut editor, "Up");
        assert_eq!(shown(&editor), "two|");
        editor.remember("three".to_owned());
        assert_eq!(shown(&editor), "two|");
        press(&mut editor, "Down Down");
        assert_eq!(shown(&editor), "dra|");
    }

    #[test]
    fn text_put_back_stands_before_what_is_written() {
        let mut editor = typed("after", "Left");
        editor.put_back("before");
        assert_eq!(shown(&editor), "before\nafte|r");
        let mut editor = typed("one", "");
        editor.submit();
        editor.paste("dra");
        press(&mut editor, "Up");
        editor.put_back("before");
        assert_eq!(shown(&editor), "before\ndra|");
        let mut editor = typed("", "");
        editor.put_back("alone");
        assert_eq!(shown(&editor), "alone|");
    }

    #[test]
    fn the_place_of_the_cursor_counts_columns_not_characters() {
        let editor = typed("你好👍🏽e\u{301}", "");
        assert_eq!(editor.place(&editor.rows()), (0, 7));
        let editor = typed("aaaaaaaaaa bbbbbbbbbb", "");
        assert_eq!(editor.place(&editor.rows()), (1, 10));
        let editor = typed(&"x".repeat(20), "");
        assert_eq!(editor.place(&editor.rows()), (0, 20));
    }

    #[test]
    fn text_beyond_the_limit_is_refused_and_nothing_is_lost() {
        let mut editor = typed("kept", "");
        assert_eq!(editor.paste(&"x".repeat(EDITOR_BYTES_MAX)), Edit::Full);
        assert_eq!(shown(&editor), "kept|");
    }
}
