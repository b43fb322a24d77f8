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
    /// Where its text was drawn last.
    place: Rect,
    /// The first byte of it that was in sight.
    first: usize,
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

    /// Puts the cursor where the line was clicked. Whether it was.
    pub fn click(&mut self, at: Position) -> bool {
        let is_hit = self.place.contains(at);
        if is_hit {
            let before = wrap::columns(&self.editor.text()[..self.first]);
            // It is one row, however long.
            self.editor.set_width(usize::MAX);
            self.editor
                .go_to(0, before + usize::from(at.x - self.place.x));
        }
        is_hit
    }

    /// Draws the line on the first row of `area`, with the cursor in sight, which is put there.
    pub fn draw(&mut self, prompt: &str, theme: Theme, area: Rect, frame: &mut Frame) {
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
        self.first = before.len();
        let before = tail(before, columns);
        self.first -= before.len();
        self.place = Rect::new(start, area.y, area.right() - start, 1);
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
    fn a_click_puts_the_cursor_where_it_is() {
        use ratatui::Terminal;
        use ratatui::backend::TestBackend;
        let mut input = LineInput::new("你好, what a long line this is");
        let mut terminal = Terminal::new(TestBackend::new(12, 1)).unwrap();
        let mut click = |input: &mut LineInput, x| {
            let draw = |frame: &mut Frame| input.draw("> ", Theme::PLAIN, frame.area(), frame);
            terminal.draw(draw).unwrap();
            input.click(Position::new(x, 0))
        };
        // The last nine columns are in sight.
        assert!(!click(&mut input, 1));
        assert!(click(&mut input, 2));
        assert_eq!(
            input.editor.text().split_at(input.editor.cursor()).1,
            "e this is"
        );
        let keys = KeyMap::default();
        input.press(&keys, crossterm::event::KeyCode::Home.into());
        assert!(click(&mut input, 4));
        assert_eq!(input.editor.cursor(), "你".len());
        assert!(click(&mut input, 11));
        assert!(!input.click(Position::new(4, 1)));
    }

    #[test]
    fn the_end_of_a_long_line_is_in_sight() {
        assert_eq!(tail("abcdef", 3), "def");
        assert_eq!(tail("你好世界", 5), "世界");
        assert_eq!(tail("ab", 5), "ab");
        assert_eq!(tail("ab", 0), "");
    }
}
