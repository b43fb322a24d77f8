//! The top line: the open rooms with what is unread in them, and the topic of the one in front.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::wrap;

/// One room of the line.
pub struct Tab {
    /// Its title.
    pub title: String,
    /// Messages not seen.
    pub unread: usize,
    /// Whether one of them addresses this user.
    pub is_addressed: bool,
}

impl Tab {
    fn line(&self, number: usize, is_active: bool, theme: Theme) -> Line<'static> {
        let style = match (is_active, self.unread) {
            (true, _) => theme.selected(),
            (false, 0) => theme.faint(),
            (false, _) if self.is_addressed => theme.notable(),
            (false, _) => theme.unread(),
        };
        let count = match self.unread {
            0 => String::new(),
            1..1000 => format!(" {}", self.unread),
            _ => " 999+".to_owned(),
        };
        let number = if number <= 9 {
            format!("{number} ")
        } else {
            String::new()
        };
        let number_style = if is_active { style } else { theme.faint() };
        Line::from(vec![
            Span::styled(format!(" {number}"), number_style),
            Span::styled(format!("{}{count} ", self.title), style),
        ])
    }
}

/// Draws the line; when not all rooms fit, those around the one in front.
pub fn draw(
    tabs: &[Tab],
    active: usize,
    topic: &str,
    theme: Theme,
    area: Rect,
    buffer: &mut Buffer,
) {
    if area.is_empty() {
        return;
    }
    let lines: Vec<Line> = tabs
        .iter()
        .enumerate()
        .map(|(index, tab)| tab.line(index + 1, index == active, theme))
        .collect();
    let width = usize::from(area.width);
    let first = first_shown(&lines, active, width);
    let mut x = area.x;
    for line in &lines[first..] {
        let room = area.right().saturating_sub(x);
        if usize::from(room) < line.width() && x > area.x {
            break;
        }
        (x, _) = buffer.set_line(x, area.y, line, room);
    }
    // A topic of less than this many columns says nothing; arbitrary.
    let room = usize::from(area.right().saturating_sub(x)).saturating_sub(3);
    if room >= 12 {
        let topic = wrap::cut(topic, room);
        let columns = u16::try_from(wrap::columns(&topic)).unwrap_or(0);
        buffer.set_string(area.right() - columns - 1, area.y, topic, theme.faint());
    }
}

/// The first tab to draw so that the active one is still on the line.
fn first_shown(lines: &[Line], active: usize, width: usize) -> usize {
    let active = active.min(lines.len().saturating_sub(1));
    let mut first = active;
    let mut used = lines.get(active).map_or(0, Line::width);
    while first > 0 && used + lines[first - 1].width() <= width {
        first -= 1;
        used += lines[first].width();
    }
    first
}
