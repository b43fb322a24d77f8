//! The first thing a new user sees: a question for a name, and nothing else.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Line;

use super::editor::{Edit, Editor};
use super::keymap::KeyMap;
use super::themes::{Background, Looks};
use super::{reasons, wrap};
use crate::locale::{Language, tr};
use crate::wire::{Name, NameError};

/// How the question ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameAnswer {
    /// With this name.
    Named(Name),
    /// The user left.
    Quit,
}

/// The question for a name.
pub struct NamePrompt {
    editor: Editor,
    keys: KeyMap,
    looks: Looks,
    language: Language,
}

impl NamePrompt {
    /// Asks, with `suggestion` already typed; it need not be a valid name.
    pub fn new(suggestion: &str, looks: Looks, language: Language) -> Self {
        let mut editor = Editor::default();
        editor.paste(suggestion.trim());
        Self {
            editor,
            keys: KeyMap::default(),
            looks,
            language,
        }
    }

    /// Takes what the terminal's background is like.
    pub fn handle_background(&mut self, background: Background) {
        self.looks.background = background;
    }

    /// Takes a key; the answer, once there is one.
    pub fn handle_key(&mut self, key: KeyEvent) -> Option<NameAnswer> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return self.name().ok().map(NameAnswer::Named),
            KeyCode::Esc => return Some(NameAnswer::Quit),
            KeyCode::Char('c') if control => return Some(NameAnswer::Quit),
            KeyCode::Char('d') if control && self.editor.is_empty() => {
                return Some(NameAnswer::Quit);
            }
            KeyCode::Char('j') if control => {}
            _ => {
                // A name is not that long.
                let (Edit::Done | Edit::Full) = self.editor.press(&self.keys, key);
            }
        }
        None
    }

    /// Takes pasted text; a name has one line.
    pub fn handle_paste(&mut self, text: &str) {
        let line = text.trim().lines().next().unwrap_or_default();
        self.editor.paste(line);
    }

    fn name(&self) -> Result<Name, NameError> {
        self.editor.text().parse()
    }

    /// Draws the question.
    pub fn draw(&mut self, frame: &mut Frame) {
        let area = frame.area();
        if area.is_empty() {
            return;
        }
        let margin = if area.width > 24 { 2 } else { 0 };
        let width = area.width - margin;
        let (below, style) = match self.name() {
            Ok(_) => (tr!(self.language, "name-valid"), self.looks.theme().faint()),
            Err(error) => {
                let problem = reasons::name_problem(error);
                let text = tr!(self.language, "name-invalid", problem = problem);
                (text, self.looks.theme().error())
            }
        };
        let label = Line::styled(tr!(self.language, "name-label"), Style::new());
        let title = Line::styled("lanterm", self.looks.theme().strong());
        let below = Line::styled(wrap::cut(&below, usize::from(width)), style);
        // Around a third of the way down; the question itself stays in sight whatever the height.
        let rows: &[Option<&Line>] = match area.height {
            0..=1 => &[None],
            2 => &[None, Some(&below)],
            3..=5 => &[Some(&label), None, Some(&below)],
            _ => &[Some(&title), Some(&label), None, Some(&below)],
        };
        let is_spread = area.height >= 9;
        let mut y = area.y + if is_spread { area.height / 4 } else { 0 };
        for row in rows {
            if let Some(line) = row {
                frame.buffer_mut().set_line(area.x + margin, y, line, width);
            } else {
                self.draw_input(y, margin, frame);
            }
            y += if is_spread { 2 } else { 1 };
        }
    }

    fn draw_input(&mut self, y: u16, margin: u16, frame: &mut Frame) {
        let area = frame.area();
        let prompt = "> ";
        let start = (area.x + margin + 2).min(area.right() - 1);
        let width = usize::from(area.right() - start).saturating_sub(1).max(1);
        self.editor.set_width(width);
        let rows = self.editor.rows();
        let (row, column) = self.editor.place(&rows);
        let shown = rows.get(row).map(|row| &self.editor.text()[row.clone()]);
        let buffer = frame.buffer_mut();
        buffer.set_stringn(
            area.x + margin,
            y,
            prompt,
            usize::from(area.width - margin),
            self.looks.theme().faint(),
        );
        let shown = wrap::shown(shown.unwrap_or_default());
        buffer.set_stringn(
            start,
            y,
            shown,
            usize::from(area.right() - start),
            self.looks.theme().strong(),
        );
        let x = start.saturating_add(u16::try_from(column).unwrap_or(u16::MAX));
        frame.set_cursor_position((x.min(area.right() - 1), y));
    }
}
