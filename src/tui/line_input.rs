//! A line of input inside a list that lies over the room: one row, scrolled sideways.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use super::editor::{Edit, Editor};
use super::keymap::{Action, EditAction, KeyMap, Mode};
use super::theme::Theme;
use super::wrap;

/// One line of text with a cursor.
#[derive(Debug, Default)]
pub struct LineInput {
    editor: Editor,
}

impl LineInput {
    /// With this text, and the cursor behind it.
    pub fn new(text: &str) -> Self {
        let mut input = Self::default();
        input.paste(text);
        input
    }

    /// What it says.
    pub fn text(&self) -> &str {
        self.editor.text()
    }

    /// Takes a key. What there is no room for is not taken: nobody looks for that.
    pub fn press(&mut self, keys: &KeyMap, key: KeyEvent) {
        let new_line = Some(Action::Edit(EditAction::NewLine));
        if keys.find(&[Mode::Write], key) != new_line {
            let (Edit::Done | Edit::Full) = self.editor.press(keys, key);
        }
    }

    /// Takes pasted text; its lines become one.
    pub fn paste(&mut self, text: &str) {
        let line = text.replace(['\r', '\n', '\t'], " ");
        let (Edit::Done | Edit::Full) = self.editor.paste(&line);
    }

    /// Draws the line on the first row of `area`, with the cursor in sight, which is put there.
    pub fn draw(&self, prompt: &str, theme: Theme, area: Rect, frame: &mut Frame) {
        if area.is_empty() {
            return;
        }
        let buffer = frame.buffer_mut();
        let (start, _) = buffer.set_stringn(
            area.x,
            area.y,
            prompt,
            usize::from(area.width - 1),
            theme.strong(),
        );
        // The last column is the cursor's, when it stands behind the text.
        let columns = usize::from(area.right() - start).saturating_sub(1);
        let (before, behind) = self.editor.text().split_at(self.editor.cursor());
        let before = tail(before, columns);
        let (x, _) = buffer.set_stringn(start, area.y, before, columns, theme.plain());
        let rest = usize::from(area.right() - x);
        buffer.set_stringn(x, area.y, behind, rest, theme.plain());
        frame.set_cursor_position(Position::new(x.min(area.right() - 1), area.y));
    }
}

/// The end of a text, as much as fits.
fn tail(text: &str, columns_max: usize) -> &str {
    let mut start = text.len();
    let mut columns = 0;
    for (at, cluster) in text.grapheme_indices(true).rev() {
        columns += wrap::columns(cluster);
        if columns > columns_max {
            break;
        }
        start = at;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_one() {
        let input = LineInput::new("a\nb\tc");
        assert_eq!(input.text(), "a b c");
    }

    #[test]
    fn the_end_of_a_long_line_is_in_sight() {
        assert_eq!(tail("abcdef", 3), "def");
        assert_eq!(tail("你好世界", 5), "世界");
        assert_eq!(tail("ab", 5), "ab");
        assert_eq!(tail("ab", 0), "");
    }
}
