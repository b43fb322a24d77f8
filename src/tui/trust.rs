//! The full-screen stop when a relay's key is not the one it had before.
//!
//! Nothing else can be done on this screen: going on takes typing a word, so that no key pressed
//! by habit does it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::app::Viewer;
use super::wrap;
use crate::locale::tr;
use crate::wire::{Name, SafeText};

/// The word that accepts the new key.
const WORD: &str = "trust";

/// The longest input kept, in bytes. Arbitrary: one word is asked for.
const TYPED_BYTES_MAX: usize = 32;

/// Groups of a fingerprint: 128 bits, more than can be forged, and one line of a narrow screen.
const FINGERPRINT_GROUPS: usize = 8;

/// What the user decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing yet.
    Open,
    /// To go on with the new key.
    Trust,
    /// To leave.
    Quit,
}

/// The stop, and what was typed on it.
pub struct TrustStop {
    relay_name: Name,
    pinned: [u8; 32],
    found: [u8; 32],
    typed: String,
}

impl TrustStop {
    /// A stop for a relay whose key was `pinned` and now is `found`.
    pub fn new(relay_name: Name, pinned: [u8; 32], found: [u8; 32]) -> Self {
        Self {
            relay_name,
            pinned,
            found,
            typed: String::new(),
        }
    }

    /// Takes a key.
    pub fn handle_key(&mut self, key: KeyEvent) -> Decision {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Decision::Quit,
            KeyCode::Char('c' | 'd') if control => return Decision::Quit,
            KeyCode::Char('u') if control => self.typed.clear(),
            KeyCode::Enter if self.typed.trim().eq_ignore_ascii_case(WORD) => {
                return Decision::Trust;
            }
            KeyCode::Enter => self.typed.clear(),
            KeyCode::Backspace => {
                self.typed.pop();
            }
            KeyCode::Char(c) if !control => self.push(c),
            _ => {}
        }
        Decision::Open
    }

    /// Takes pasted text, as if typed; it decides nothing by itself.
    pub fn paste(&mut self, text: &str) {
        text.chars().for_each(|c| self.push(c));
    }

    fn push(&mut self, c: char) {
        let text = SafeText::new(c.encode_utf8(&mut [0; 4])).one_line();
        if self.typed.len() + text.len() <= TYPED_BYTES_MAX {
            self.typed.push_str(&text);
        }
    }

    /// Draws the stop over the whole screen.
    pub fn draw(&self, viewer: &Viewer, frame: &mut Frame) {
        let (theme, language) = (viewer.theme, viewer.language);
        let area = frame.area();
        if area.is_empty() {
            return;
        }
        // One column of margin, where there is room for it.
        let margin = u16::from(area.width > 40);
        let width = usize::from(area.width - 2 * margin);
        let plain = Style::new;
        let paragraphs = [
            (
                tr!(language, "trust-title", name = self.relay_name),
                theme.error(),
            ),
            (String::new(), plain()),
            (tr!(language, "trust-before"), theme.faint()),
            (fingerprint(&self.pinned), plain()),
            (tr!(language, "trust-now"), theme.faint()),
            (fingerprint(&self.found), theme.strong()),
            (String::new(), plain()),
            (tr!(language, "trust-why"), plain()),
            (String::new(), plain()),
        ];
        let how = tr!(language, "trust-how", word = WORD);
        let rows = |text: &str, style: Style| -> Vec<Line> {
            let rows = wrap::wrap(text, width).into_iter();
            rows.map(|row| Line::styled(wrap::shown(&text[row]), style))
                .collect()
        };
        let how = rows(&how, theme.strong());
        let mut lines: Vec<Line> = Vec::new();
        for (text, style) in &paragraphs {
            lines.extend(rows(text, *style));
        }
        // The input is in sight whatever the height, and what can be typed there as far as possible;
        // blank lines go first when there is too little.
        let room = usize::from(area.height).saturating_sub(1);
        let above = room.saturating_sub(how.len()).max(1).min(room);
        while lines.len() > above && lines.iter().any(|line| line.width() == 0) {
            let blank = lines.iter().rposition(|line| line.width() == 0);
            blank.map(|at| lines.remove(at));
        }
        if lines.len() > above {
            lines.truncate(above);
            if let Some(last) = lines.last_mut() {
                let text = format!("{}…", last.to_string().trim_end());
                *last = Line::styled(wrap::cut(&text, width), last.style);
            }
        }
        lines.extend(how);
        lines.truncate(room);
        let mut y = area.y;
        let buffer = frame.buffer_mut();
        for line in &lines {
            buffer.set_line(area.x + margin, y, line, area.width - margin);
            y += 1;
        }
        let y = (y + u16::from(y + 1 < area.bottom())).min(area.bottom() - 1);
        let input = Line::from(vec![
            Span::styled("> ", theme.faint()),
            Span::raw(&*self.typed),
        ]);
        let (x, _) = buffer.set_line(area.x + margin, y, &input, area.width - margin);
        frame.set_cursor_position((x.min(area.right() - 1), y));
    }
}

/// The start of a key in groups of four digits.
fn fingerprint(key: &[u8; 32]) -> String {
    let groups = key.chunks(2).take(FINGERPRINT_GROUPS);
    let groups = groups.map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect());
    groups.collect::<Vec<String>>().join(" ")
}
