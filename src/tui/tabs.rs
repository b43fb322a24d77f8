//! The top line: the open rooms with what is unread in them, and the topic of the one in front.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::conversations::count_text;
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
            unread => format!(" {}", count_text(unread)),
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
    let lines = lines(tabs, active, theme);
    let mut x = area.x;
    for (index, place) in places(&lines, active, area) {
        buffer.set_line(place.x, area.y, &lines[index], place.width);
        x = place.right();
    }
    // A topic of less than this many columns says nothing; arbitrary.
    let room = usize::from(area.right().saturating_sub(x)).saturating_sub(3);
    if room >= 12 {
        let topic = wrap::cut(topic, room);
        let columns = u16::try_from(wrap::columns(&topic)).unwrap_or(0);
        buffer.set_string(area.right() - columns - 1, area.y, topic, theme.faint());
    }
}

/// The room whose tab stands at this column, by its index.
pub fn hit(tabs: &[Tab], active: usize, area: Rect, x: u16) -> Option<usize> {
    let lines = lines(tabs, active, Theme::PLAIN);
    let mut places = places(&lines, active, area).into_iter();
    let found = places.find(|(_, place)| (place.left()..place.right()).contains(&x));
    found.map(|(index, _)| index)
}

fn lines(tabs: &[Tab], active: usize, theme: Theme) -> Vec<Line<'static>> {
    let tabs = tabs.iter().enumerate();
    tabs.map(|(index, tab)| tab.line(index + 1, index == active, theme))
        .collect()
}

/// Where each tab stands that is drawn.
fn places(lines: &[Line], active: usize, area: Rect) -> Vec<(usize, Rect)> {
    let first = first_shown(lines, active, usize::from(area.width));
    let mut places = Vec::new();
    let mut x = area.x;
    for (index, line) in lines.iter().enumerate().skip(first) {
        let room = area.right().saturating_sub(x);
        if room == 0 || usize::from(room) < line.width() && x > area.x {
            break;
        }
        let columns = u16::try_from(line.width()).unwrap_or(room).min(room);
        places.push((index, Rect::new(x, area.y, columns, 1)));
        x += columns;
    }
    places
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
