//! The first thing a new user sees: a question for a name, and nothing else.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::keymap::KeyMap;
use super::line_input::LineInput;
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
    input: LineInput,
    keys: KeyMap,
    looks: Looks,
    language: Language,
}

impl NamePrompt {
    /// Asks, with `suggestion` already typed; it need not be a valid name.
    pub fn new(suggestion: &str, looks: Looks, language: Language) -> Self {
        Self {
            input: LineInput::new(suggestion.trim()),
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
            KeyCode::Char('d') if control && self.input.text().is_empty() => {
                return Some(NameAnswer::Quit);
            }
            _ => self.input.press(&self.keys, key),
        }
        None
    }

    /// Takes pasted text; a name has one line.
    pub fn handle_paste(&mut self, text: &str) {
        let line = text.trim().lines().next().unwrap_or_default();
        self.input.paste(line);
    }

    fn name(&self) -> Result<Name, NameError> {
        self.input.text().parse()
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
        let below = wrap::wrap(&below, usize::from(width))
            .into_iter()
            .map(|row| Line::styled(wrap::shown(&below[row]), style));
        let below: Vec<Line> = below.collect();
        // Around a third of the way down; the question itself stays in sight whatever the height.
        let rows: &[Option<&Line>] = match area.height {
            0..=2 => &[None],
            3..=5 => &[Some(&label), None],
            _ => &[Some(&title), Some(&label), None],
        };
        let is_spread = area.height >= 9;
        let mut y = area.y + if is_spread { area.height / 4 } else { 0 };
        for row in rows {
            if let Some(line) = row {
                frame.buffer_mut().set_line(area.x + margin, y, line, width);
            } else {
                let row = Rect::new(area.x + margin, y, width, 1);
                self.input.draw("> ", self.looks.theme(), row, frame);
            }
            y += if is_spread { 2 } else { 1 };
        }
        for (y, line) in (y..area.bottom()).zip(&below) {
            let buffer = frame.buffer_mut();
            buffer.set_line(area.x + margin, y, line, width);
        }
    }
}
