//! Where everything stands on the screen.
//!
//! ```text
//!  #lobby  topic
//! ──────────────┬─────────────────┬───────────
//! conversations │ messages        │ members
//! ─ #lobby  relay box1  encrypted ─┴──────────
//! ↩ answer to bob: words                         while it is one
//! > input, up to a third of the height
//! ```
//!
//! A screen that is too small for all of it gives up, in this order:
//!
//! | columns below | is not there |
//! |--:|---|
//! | 110 | the conversations; the top line has a tab for each of them instead |
//! | 80 | the members |
//! | 12 | the sign before the input |
//!
//! | rows below | is not there |
//! |--:|---|
//! | 16 | the rule below the top line |
//! | 5 | what the input is for |
//! | 4 | the top line |
//! | 3 | the status line |
//! | 2 | the messages |
//!
//! What stands on the lines of text that stay gives up words in turn; see [`super::status`],
//! [`super::tabs`] and [`super::message`].

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::app::App;
use super::keymap::{Action, SelectAction};
use super::overlay::Overlay;
use super::status::Status;
use super::submit::kib;
use super::{conversations, members, status, tabs, wrap};
use crate::locale::{key, tr};
use crate::wire::Presence;
use crate::wire::text::TEXT_BYTES_MAX;

/// The lines an error takes at most; what is longer is cut.
const TOAST_ROWS_MAX: usize = 3;

/// The narrowest status line on which there is room for more than a hint. Arbitrary: half of it.
const MARKER_COLUMNS_MIN: u16 = 30;

/// What can be done with a message selected; the first ones stay longest on a narrow screen.
const SELECT_HINTS: [(SelectAction, &str); 6] = [
    (SelectAction::Reply, key!("select-reply")),
    (SelectAction::React, key!("select-react")),
    (SelectAction::Edit, key!("select-edit")),
    (SelectAction::Delete, key!("select-take-back")),
    (SelectAction::Copy, key!("select-copy")),
    (SelectAction::Info, key!("select-info")),
];

/// Where everything stands; parts for which there is no room are empty.
pub(super) struct Layout {
    /// The top line.
    pub tabs: Rect,
    rule: Rect,
    /// What lies between the rule and the status line, but for an error.
    pub middle: Rect,
    pub conversations: Rect,
    pub messages: Rect,
    pub members: Rect,
    toast: Rect,
    status: Rect,
    /// What the input is for, when that is no plain message.
    about: Rect,
    pub input: Rect,
}

impl Layout {
    /// All rows above the status line but those at the top of the screen.
    pub fn above_status(&self) -> Rect {
        Rect {
            height: self.messages.height + self.toast.height,
            ..self.middle
        }
    }
}

impl App {
    /// Draws the screen, as large as the frame.
    pub fn draw(&mut self, frame: &mut Frame) {
        self.size = frame.area().as_size();
        self.is_dirty = false;
        if frame.area().is_empty() {
            return;
        }
        if let Some(stop) = &self.stop {
            return stop.draw(&self.viewer, frame);
        }
        let layout = self.layout();
        self.draw_messages(&layout, frame);
        // What has come into sight by that is read, and not counted above.
        self.mark_read();
        self.draw_top(&layout, frame);
        self.draw_conversations(layout.conversations, frame.buffer_mut());
        self.draw_members(&layout, frame);
        self.draw_toast(&layout, frame);
        self.draw_menu(layout.above_status(), frame);
        self.draw_status(&layout, frame);
        self.draw_about(layout.about, frame);
        self.draw_input(layout.input, frame);
        self.draw_overlay(layout.middle, frame);
    }

    /// The columns and rows of the message pane.
    pub(super) fn pane(&mut self) -> (usize, usize) {
        let messages = self.layout().messages;
        (usize::from(messages.width), usize::from(messages.height))
    }

    pub(super) fn layout(&mut self) -> Layout {
        let (width, height) = (self.size.width, self.size.height);
        let wanted = u16::try_from(self.input_height(width)).unwrap_or(u16::MAX);
        let input = wanted.min((height / 3).max(1)).min(height);
        let status = u16::from(height >= 3);
        let tabs = u16::from(height >= 4);
        let rule = u16::from(height >= 16);
        let about = u16::from(height >= 5 && self.about_title(usize::from(width)).is_some());
        let middle = height.saturating_sub(input + about + status + tabs + rule);
        let toast = self
            .toast_lines()
            .len()
            .min(usize::from(middle.saturating_sub(1)));
        let toast = u16::try_from(toast).unwrap_or(0);
        let is_free = !self.is_covered();
        let columns = |from: u16, columns: fn(u16) -> u16| {
            let is_shown = is_free && width >= from;
            if is_shown { columns(width) } else { 0 }
        };
        let members = columns(members::SCREEN_COLUMNS_MIN, members::pane_columns);
        let conversations = columns(
            conversations::SCREEN_COLUMNS_MIN,
            conversations::pane_columns,
        );
        // A blank column parts the text from either pane.
        let left = conversations + u16::from(conversations > 0);
        let right = members + u16::from(members > 0);
        let row = |y: u16, height: u16| Rect::new(0, y, width, height);
        let top = tabs + rule;
        let messages = row(top, middle - toast);
        Layout {
            tabs: row(0, tabs),
            rule: row(tabs, rule),
            middle: messages,
            conversations: Rect {
                width: conversations,
                ..messages
            },
            messages: Rect {
                x: left,
                width: width - left - right,
                ..messages
            },
            members: Rect {
                x: width - members,
                width: members,
                ..messages
            },
            toast: row(top + middle - toast, toast),
            status: row(top + middle, status),
            about: row(height - input - about, about),
            input: row(height - input, input),
        }
    }

    /// The tabs of the top line.
    pub(super) fn tabs(&self) -> Vec<tabs::Tab> {
        let name = &self.viewer.name;
        let rooms = self.rooms.iter();
        rooms
            .map(|room| tabs::Tab {
                title: room.title(name),
                unread: room.news.unread,
                addressed: room.news.addressed,
                is_direct: room.name.direct_users().is_some(),
                has_draft: !room.editor.is_empty(),
            })
            .collect()
    }

    fn draw_top(&self, layout: &Layout, frame: &mut Frame) {
        let about = self.room_about();
        let (theme, buffer) = (self.viewer.theme, frame.buffer_mut());
        if layout.conversations.is_empty() {
            let tabs = self.tabs();
            tabs::draw(&tabs, self.active, &about, theme, layout.tabs, buffer);
        } else {
            self.draw_title(&about, layout.tabs, frame);
        }
        let buffer = frame.buffer_mut();
        if !layout.rule.is_empty() {
            let rule = "─".repeat(usize::from(layout.rule.width));
            buffer.set_string(0, layout.rule.y, rule, theme.faint());
            for x in borders(layout) {
                buffer.set_string(x, layout.rule.y, "┬", theme.faint());
            }
        }
    }

    /// What the room in front is about: its topic, or how the other one is there and what they say
    /// of it.
    fn room_about(&self) -> String {
        let room = self.room();
        let Some((presence, why)) = self.other_presence(room) else {
            return room.topic.one_line();
        };
        members::state_text(presence, &why, self.language())
    }

    /// The room in front and what it is about, where the tabs are in a pane of their own.
    fn draw_title(&self, about: &str, area: Rect, frame: &mut Frame) {
        let theme = self.viewer.theme;
        let title = self.room().title(&self.viewer.name);
        let columns = usize::from(area.width).saturating_sub(wrap::columns(&title) + 4);
        let line = Line::from(vec![
            Span::styled(format!(" {title}  "), theme.strong()),
            Span::styled(wrap::cut(about, columns), theme.faint()),
        ]);
        frame
            .buffer_mut()
            .set_line(area.x, area.y, &line, area.width);
    }

    fn draw_messages(&mut self, layout: &Layout, frame: &mut Frame) {
        let area = layout.messages;
        if area.is_empty() {
            return;
        }
        let context = self.viewer.context(usize::from(area.width));
        let room = &mut self.rooms[self.active];
        let lines = room.visible(&context, usize::from(area.height));
        // Few lines stand at the bottom, next to where one writes.
        let top = area.bottom() - u16::try_from(lines.len()).unwrap_or(area.height);
        let buffer = frame.buffer_mut();
        for (y, line) in (top..area.bottom()).zip(&lines) {
            buffer.set_line(area.x, y, line, area.width);
        }
        self.draw_marker(layout, area, frame);
    }

    /// What says that there are newer messages than those in sight, and where: on the status line, which
    /// hides no words, or over the messages where that is too narrow.
    pub(super) fn marker(&self, layout: &Layout) -> Option<(String, Rect)> {
        let room = self.room();
        if room.is_at_end() || layout.messages.is_empty() || self.overlay.is_some() {
            return None;
        }
        let marker = match room.new_below {
            0 => format!(" ↓ {} ", tr!(self.language(), "below-end")),
            count => format!(" ↓ {} ", tr!(self.language(), "below-new", count = count)),
        };
        let columns = u16::try_from(wrap::columns(&marker)).unwrap_or(0);
        let (area, end) = if !layout.status.is_empty() && layout.status.width >= MARKER_COLUMNS_MIN
        {
            (layout.status, 1)
        } else {
            (layout.messages, 0)
        };
        let columns = columns.min(area.width);
        let (x, y) = (area.right() - columns - end, area.bottom() - 1);
        Some((marker, Rect::new(x, y, columns, 1)))
    }

    /// Draws it when it stands in this area.
    fn draw_marker(&self, layout: &Layout, area: Rect, frame: &mut Frame) {
        let marker = self.marker(layout);
        let marker = marker.filter(|(_, place)| area.contains(place.as_position()));
        if let Some((marker, place)) = marker {
            let style = if self.room().new_below == 0 {
                self.viewer.theme.faint()
            } else {
                self.viewer.theme.selected()
            };
            status::put_over(place.x, place.y, &marker, style, frame.buffer_mut());
        }
    }

    fn draw_members(&self, layout: &Layout, frame: &mut Frame) {
        if !layout.members.is_empty() {
            let members = &self.room().members;
            members::draw(
                members,
                self.is_entered(),
                self.members_scroll,
                &self.viewer,
                layout.members,
                frame.buffer_mut(),
            );
        }
    }

    fn toast_lines(&self) -> Vec<Line<'static>> {
        let Some(toast) = &self.toast else {
            return Vec::new();
        };
        let width = usize::from(self.size.width).saturating_sub(2);
        let rows = wrap::wrap(&toast.text, width);
        let style = self.viewer.theme.error();
        rows.into_iter()
            .take(TOAST_ROWS_MAX)
            .enumerate()
            .map(|(index, row)| {
                let sign = if index == 0 { "! " } else { "  " };
                Line::styled(format!("{sign}{}", wrap::shown(&toast.text[row])), style)
            })
            .collect()
    }

    fn draw_toast(&self, layout: &Layout, frame: &mut Frame) {
        for (y, line) in layout.toast.rows().zip(self.toast_lines()) {
            frame.buffer_mut().set_line(y.x, y.y, &line, y.width);
        }
    }

    fn draw_status(&self, layout: &Layout, frame: &mut Frame) {
        let mut area = layout.status;
        let marker = self.marker(layout).filter(|(_, at)| at.y == area.y);
        if let Some((_, marker)) = &marker {
            area.width = marker.x - area.x;
        }
        let status = Status {
            room: self.room().title(&self.viewer.name),
            gone: self.gone(),
            contact: &self.contact,
            is_hosting: self.is_hosting,
            is_away: self.away.is_some(),
            stats: self.stats,
            unsent: self.unsent(),
            is_delayed: self.is_delayed(),
            typing: self.typing.texts(&self.room().name, self.language()),
            hint: self.hint(layout, area.width),
            language: self.language(),
        };
        let (theme, buffer) = (self.viewer.theme, frame.buffer_mut());
        status::draw(&status, theme, area, buffer);
        let rule = "─".repeat(usize::from(layout.status.width - area.width));
        buffer.set_string(area.right(), area.y, rule, theme.faint());
        for x in borders(layout) {
            if let Some(cell) = buffer.cell_mut((x, layout.status.y))
                && cell.symbol() == "─"
                && layout.toast.is_empty()
            {
                cell.set_symbol("┴");
            }
        }
        self.draw_marker(layout, layout.status, frame);
    }

    /// Whom this room is with, when they are not there: what is written waits for them.
    pub(super) fn gone(&self) -> Option<String> {
        let room = self.room();
        let (presence, _) = self.other_presence(room)?;
        let is_gone = presence == Presence::Gone;
        let other = room.other(&self.viewer.name).filter(|_| is_gone)?;
        Some(other.to_string())
    }

    fn draw_about(&self, area: Rect, frame: &mut Frame) {
        if area.is_empty() {
            return;
        }
        if let Some(title) = self.about_title(usize::from(area.width)) {
            let style = self.viewer.theme.notable();
            frame.buffer_mut().set_string(area.x, area.y, title, style);
        }
    }

    /// What the input is for, when that is no plain message.
    fn about_title(&self, columns: usize) -> Option<String> {
        let language = self.language();
        let recall = self.recall.as_ref();
        let recall = recall.map(|recall| recall.title(columns, language));
        recall.or_else(|| self.room().writing_now().title(columns, language))
    }

    /// What can be done with the message selected: as much as fits, and always how to end that.
    fn select_hint(&self, columns_max: usize) -> String {
        let key = |action| self.keys.key_of(Action::Select(action)).unwrap_or_default();
        if self.taking_back.is_some() {
            return tr!(
                self.language(),
                "select-again",
                key = key(SelectAction::Delete)
            );
        }
        let language = self.language();
        let hint = |action, text| format!("{} {}  ", key(action), tr!(language, text));
        let leave = hint(SelectAction::Leave, key!("select-leave"));
        let mut hints = String::new();
        for (action, text) in SELECT_HINTS {
            let hint = hint(action, text);
            let columns = wrap::columns(&hints) + wrap::columns(&hint) + wrap::columns(&leave);
            // Two blanks stand behind the last one as well.
            if columns <= columns_max + 2 {
                hints.push_str(&hint);
            }
        }
        hints.push_str(leave.trim_end());
        hints
    }

    /// How many messages no relay has stored.
    fn unsent(&self) -> usize {
        let rooms = self.rooms.iter().map(|room| room.outgoing.unsent().count());
        rooms.sum::<usize>() + self.adopted.len()
    }

    /// Whether the relay could not take some of them.
    fn is_delayed(&self) -> bool {
        let is_adopted = self.adopted.values().any(|is_delayed| *is_delayed);
        is_adopted || self.rooms.iter().any(|room| room.outgoing.is_delayed())
    }

    /// What there is to say about the input.
    fn hint(&self, layout: &Layout, columns: u16) -> Option<String> {
        let language = self.language();
        // A blank stands on either side.
        let columns = usize::from(columns).saturating_sub(2);
        if self.is_quit_armed {
            return Some(tr!(language, "hint-quit"));
        }
        if self.recall.is_some() {
            return Some(self.recall_hint());
        }
        if let Some(prefix) = self.prefix {
            return Some(format!("{prefix} …"));
        }
        match &self.overlay {
            Some(Overlay::Search(_) | Overlay::Jump(_)) => {
                return Some(tr!(language, "hint-list"));
            }
            Some(Overlay::Net(_)) => return Some(tr!(language, "hint-net")),
            None => {}
        }
        if self.room().selected.is_some() {
            return Some(self.select_hint(columns));
        }
        let editor = &self.room().editor;
        let bytes = editor.text().len();
        if let Some(hint) = self.parts_hint() {
            return Some(hint);
        }
        if bytes > TEXT_BYTES_MAX {
            let (bytes, max) = (kib(bytes), kib(TEXT_BYTES_MAX));
            return Some(tr!(language, "hint-bytes", bytes = bytes, max = max));
        }
        if let Some(hint) = self.room().writing_now().hint(columns, language) {
            return Some(hint);
        }
        if let Some(hint) = self.code_hint() {
            return Some(hint);
        }
        let is_cut = editor.rows().len() > usize::from(layout.input.height);
        let count = editor.text().split('\n').count();
        is_cut.then(|| tr!(language, "hint-lines", count = count))
    }
}

/// The columns of the borders beside the messages.
fn borders(layout: &Layout) -> Vec<u16> {
    let mut columns = Vec::new();
    if let Some(right) = layout.conversations.right().checked_sub(1) {
        columns.push(right);
    }
    if !layout.members.is_empty() {
        columns.push(layout.members.x);
    }
    columns
}
