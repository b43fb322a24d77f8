//! The pane on the left: the open rooms, and below them the people one writes to alone.
//!
//! They stand in the order of their numbers, in which keys step through them too. What does not fit
//! is scrolled to with the wheel; an arrow on the border says that there is more.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::app::App;
use super::members::presence_sign;
use super::pane::PaneScroll;
use super::room::RoomView;
use super::theme::Theme;
use super::wrap;
use crate::locale::{key, say, tr};
use crate::wire::{Presence, SafeText};

/// The narrowest screen that shows the pane beside the members; the messages keep 66 columns there.
pub const SCREEN_COLUMNS_MIN: u16 = 110;

/// Marks a room in which something is written and not sent.
pub const DRAFT: &str = "✎";

/// The columns of the pane, its border included.
pub fn pane_columns(screen: u16) -> u16 {
    (screen / 6).clamp(20, 28)
}

/// One row of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// The key of a title.
    Title(&'static str),
    Blank,
    /// A room, by its index.
    Room(usize),
}

/// Which part of the list is in sight.
#[derive(Debug, Default)]
pub struct Conversations {
    scroll: PaneScroll,
    /// The room in front, the rows and the height when it was drawn last.
    drawn: (usize, usize, usize),
}

/// A count as it stands beside a name; empty for none.
pub fn count_text(count: usize) -> String {
    match count {
        0 => String::new(),
        1..1000 => count.to_string(),
        _ => "999+".to_owned(),
    }
}

fn rows(rooms: &[RoomView]) -> Vec<Row> {
    let direct = rooms.partition_point(|room| room.name.direct_users().is_none());
    let mut rows = vec![Row::Title(key!("list-title-rooms"))];
    rows.extend((0..direct).map(Row::Room));
    if direct < rooms.len() {
        rows.extend([Row::Blank, Row::Title(key!("list-title-direct"))]);
        rows.extend((direct..rooms.len()).map(Row::Room));
    }
    rows
}

impl App {
    /// How the other one of a direct room is there, as far as is known, and what they say of it; nobody
    /// in other rooms.
    pub(super) fn other_presence(&self, room: &RoomView) -> Option<(Presence, SafeText)> {
        let other = room.other(&self.viewer.name)?;
        if !room.is_opened || !self.is_entered() {
            return None;
        }
        // Who never opened the room is no member of it, but may be of another.
        let rooms = std::iter::once(room).chain(&self.rooms);
        let mut members = rooms.flat_map(|room| &room.members);
        let known = members.find(|member| member.name == other);
        Some(
            known.map_or((Presence::Gone, SafeText::default()), |member| {
                (member.presence, member.status.clone())
            }),
        )
    }

    /// Draws the pane.
    pub(super) fn draw_conversations(&mut self, area: Rect, buffer: &mut Buffer) {
        if area.is_empty() {
            return;
        }
        let rows = rows(&self.rooms);
        let height = usize::from(area.height);
        let drawn = (self.active, rows.len(), height);
        if self.conversations.drawn != drawn {
            self.conversations.drawn = drawn;
            let active = rows.iter().position(|row| *row == Row::Room(self.active));
            let active = active.unwrap_or(0);
            let scroll = &mut self.conversations.scroll;
            // With the title above it, if it has one.
            scroll.show(active.saturating_sub(1), height);
            scroll.show(active, height);
        }
        let top = self.conversations.scroll.top(rows.len(), height);
        let bottom = (top + height).min(rows.len());
        let theme = self.viewer.theme;
        let border = area.right() - 1;
        for y in area.rows() {
            buffer.set_string(border, y.y, "│", theme.faint());
        }
        for (y, row) in area.rows().zip(&rows[top..bottom]) {
            let line = match row {
                Row::Title(key) => {
                    let title = format!(" {}", tr!(self.language(), key));
                    Line::styled(title, theme.faint())
                }
                Row::Blank => continue,
                Row::Room(index) => self.conversation(*index, usize::from(area.width - 1)),
            };
            buffer.set_line(y.x, y.y, &line, area.width - 1);
        }
        for (y, sign, hidden) in [
            (area.y, "↑", &rows[..top]),
            (area.bottom() - 1, "↓", &rows[bottom..]),
        ] {
            let is_unread = |row: &Row| match row {
                Row::Room(index) => self.rooms[*index].news.unread > 0,
                Row::Title(_) | Row::Blank => false,
            };
            let style = if hidden.iter().any(is_unread) {
                theme.notable()
            } else {
                theme.faint()
            };
            if !hidden.is_empty() {
                buffer.set_string(border, y, sign, style);
            }
        }
    }

    fn conversation(&self, index: usize, columns: usize) -> Line<'static> {
        let theme = self.viewer.theme;
        let room = &self.rooms[index];
        let is_active = index == self.active;
        let number = match index {
            0..9 => format!(" {} ", index + 1),
            _ => "   ".to_owned(),
        };
        let (sign, sign_style, name) = match room.other(&self.viewer.name) {
            Some(other) => {
                let presence = self.other_presence(room);
                let (sign, style) = presence.map_or(("@ ", theme.faint()), |(presence, _)| {
                    presence_sign(presence, theme)
                });
                (sign, style, other.to_string())
            }
            None => ("", Style::new(), room.title(&self.viewer.name)),
        };
        let mut news = Vec::new();
        if !is_active && !room.editor.is_empty() {
            news.push((DRAFT.to_owned(), theme.faint()));
        }
        let is_direct = room.name.direct_users().is_some();
        if room.news.addressed > 0 && !is_direct {
            let mentions = format!("@{}", count_text(room.news.addressed));
            news.push((mentions, theme.notable()));
        }
        if room.news.unread > 0 {
            news.push((count_text(room.news.unread), name_style(room, theme)));
        }
        let news_columns: usize = news.iter().map(|(text, _)| wrap::columns(text) + 1).sum();
        let before = wrap::columns(&number) + wrap::columns(sign);
        let name_columns = columns.saturating_sub(before + news_columns + 1);
        let name = wrap::cut(&name, name_columns);
        let blanks = (name_columns + 1).saturating_sub(wrap::columns(&name));
        let mut spans = vec![
            Span::styled(number, theme.faint()),
            Span::styled(sign, sign_style),
            Span::styled(name, name_style(room, theme)),
            Span::raw(" ".repeat(blanks)),
        ];
        for (text, style) in news {
            spans.push(Span::styled(text, style));
            spans.push(Span::raw(" "));
        }
        if is_active {
            for span in &mut spans {
                span.style = theme.selected();
            }
        }
        Line::from(spans)
    }

    /// The room that stands on this row of the pane, counted from its top.
    pub(super) fn conversation_on(&self, row: usize, height: usize) -> Option<usize> {
        let rows = rows(&self.rooms);
        let top = self.conversations.scroll.top(rows.len(), height);
        match rows.get(top + row)? {
            Row::Room(index) => Some(*index),
            Row::Title(_) | Row::Blank => None,
        }
    }

    pub(super) fn scroll_conversations(&mut self, by: isize, height: usize) {
        let count = rows(&self.rooms).len();
        self.conversations.scroll.scroll(by, count, height);
    }

    /// Puts the next room in front that has something to read: one in which somebody addressed this
    /// user before any other.
    pub(super) fn next_unread(&mut self) {
        let count = self.rooms.len();
        let behind = (1..count).map(|by| (self.active + by) % count);
        let unread = |index: &usize| self.rooms[*index].news.unread > 0;
        let addressed = |index: &usize| self.rooms[*index].news.addressed > 0;
        let found = behind
            .clone()
            .find(addressed)
            .or_else(|| behind.clone().find(unread));
        match found {
            Some(index) => self.show_room(index),
            None => self.refuse(&say!("refuse-no-unread")),
        }
    }
}

/// How a name stands out by what is unread there.
fn name_style(room: &RoomView, theme: Theme) -> Style {
    match room.news.unread {
        0 => Style::new(),
        _ if room.news.addressed > 0 => theme.notable(),
        _ => theme.unread(),
    }
}
