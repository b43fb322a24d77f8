//! The top line: the open rooms with what is unread in them, and the topic of the one in front.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::conversations::{DRAFT, count_text};
use super::theme::Theme;
use super::wrap;

/// Columns kept at an end at which tabs are left out: for the arrow that says so, blanks around it, and
/// the count of what is unread there, which comes to more columns.
const ARROW_COLUMNS: u16 = 3;

/// One room of the line.
pub struct Tab {
    /// Its title.
    pub title: String,
    /// Messages not seen.
    pub unread: usize,
    /// How many of them address this user.
    pub addressed: usize,
    /// Whether it is with one person alone, so that all of them do.
    pub is_direct: bool,
    /// Whether something is written there and not sent.
    pub has_draft: bool,
}

impl Tab {
    fn line(&self, number: usize, is_active: bool, theme: Theme) -> Line<'static> {
        let style = match (is_active, self.unread) {
            (true, _) => theme.selected(),
            (false, 0) => theme.faint(),
            (false, _) if self.addressed > 0 => theme.notable(),
            (false, _) => theme.unread(),
        };
        let mut title = self.title.clone();
        if self.has_draft && !is_active {
            title.push_str(&format!(" {DRAFT}"));
        }
        if self.addressed > 0 && !self.is_direct {
            title.push_str(&format!(" @{}", count_text(self.addressed)));
        }
        if self.unread > 0 {
            title.push_str(&format!(" {}", count_text(self.unread)));
        }
        let number = if number <= 9 {
            format!("{number} ")
        } else {
            String::new()
        };
        let number_style = if is_active { style } else { theme.faint() };
        Line::from(vec![
            Span::styled(format!(" {number}"), number_style),
            Span::styled(format!("{title} "), style),
        ])
    }
}

/// Draws the line; when not all rooms fit, those around the one in front, and arrows to the others.
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
    let places = places(tabs, &lines, active, area);
    let mut x = area.x;
    for (index, place) in &places {
        let line = cut(&lines[*index], usize::from(place.width));
        buffer.set_line(place.x, area.y, &line, place.width);
        x = place.right();
    }
    let first = places.first().map_or(0, |(index, _)| *index);
    let end = places.last().map_or(0, |(index, _)| index + 1);
    let arrow = |sign: &str, hidden: &[Tab]| {
        let unread: usize = hidden.iter().map(|tab| tab.unread).sum();
        let style = if unread > 0 {
            theme.notable()
        } else {
            theme.faint()
        };
        let text = format!("{sign} {}", count_text(unread));
        (text.trim_end().to_owned(), style)
    };
    let free = places.first().map_or(0, |(_, place)| place.x - area.x);
    if first > 0 && free > 0 {
        let (text, style) = arrow("←", &tabs[..first]);
        buffer.set_stringn(area.x + 1, area.y, text, usize::from(free) - 1, style);
    }
    if end < tabs.len() {
        let (text, style) = arrow("→", &tabs[end..]);
        let columns = u16::try_from(wrap::columns(&text)).unwrap_or(0) + 1;
        if columns <= area.right() - x {
            buffer.set_string(area.right() - columns, area.y, text, style);
        }
        return;
    }
    // A topic of less than this many columns says nothing; arbitrary.
    let room = usize::from(area.right().saturating_sub(x)).saturating_sub(3);
    if room >= 12 {
        let topic = wrap::cut(topic, room);
        let columns = u16::try_from(wrap::columns(&topic)).unwrap_or(0);
        buffer.set_string(area.right() - columns - 1, area.y, topic, theme.faint());
    }
}

/// A tab that is wider than its place ends in an ellipsis.
fn cut(line: &Line<'static>, columns: usize) -> Line<'static> {
    if line.width() <= columns {
        return line.clone();
    }
    let mut left = columns;
    let spans = line.spans.iter().map(|span| {
        let mut span = span.clone();
        if span.width() > left {
            span.content = wrap::cut(span.content.trim_end(), left).into();
        }
        left = left.saturating_sub(span.width());
        span
    });
    Line::from(spans.collect::<Vec<_>>())
}

/// The room whose tab stands at this column, by its index.
pub fn hit(tabs: &[Tab], active: usize, area: Rect, x: u16) -> Option<usize> {
    let lines = lines(tabs, active, Theme::PLAIN);
    let mut places = places(tabs, &lines, active, area).into_iter();
    let found = places.find(|(_, place)| (place.left()..place.right()).contains(&x));
    found.map(|(index, _)| index)
}

fn lines(tabs: &[Tab], active: usize, theme: Theme) -> Vec<Line<'static>> {
    let tabs = tabs.iter().enumerate();
    tabs.map(|(index, tab)| tab.line(index + 1, index == active, theme))
        .collect()
}

/// Where each tab stands that is drawn, with room for an arrow at either end at which some are not.
fn places(tabs: &[Tab], lines: &[Line], active: usize, area: Rect) -> Vec<(usize, Rect)> {
    let unread = count_text(tabs.iter().map(|tab| tab.unread).sum());
    let arrow = ARROW_COLUMNS + u16::try_from(wrap::columns(&unread)).unwrap_or(0);
    let (mut left, mut right) = (0, 0);
    let active_columns = lines.get(active).map_or(0, Line::width);
    if active_columns + 2 * usize::from(arrow) > usize::from(area.width) {
        // The room in front is worth more than to know that there are others.
        return places_in(lines, active, area);
    }
    // Each time round an arrow is added, of which there are two.
    loop {
        let inner = Rect {
            x: area.x + left,
            width: area.width.saturating_sub(left + right),
            ..area
        };
        let places = places_in(lines, active, inner);
        let is_first_shown = places.first().is_none_or(|(index, _)| *index == 0);
        let is_last_shown = places
            .last()
            .is_none_or(|(index, _)| index + 1 == lines.len());
        let (is_left_new, is_right_new) =
            (left == 0 && !is_first_shown, right == 0 && !is_last_shown);
        if !is_left_new && !is_right_new {
            return places;
        }
        left = if is_left_new { arrow } else { left };
        right = if is_right_new { arrow } else { right };
    }
}

fn places_in(lines: &[Line], active: usize, area: Rect) -> Vec<(usize, Rect)> {
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
