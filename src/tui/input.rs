//! The input line as drawn: messages handed over and not yet in the outbox, faint, then what is
//! being written.
//!
//! What does not fit is scrolled, no further than it takes to have the cursor in sight, so that the
//! text stays where it is while somebody clicks into it. The wheel takes the cursor along.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::app::App;
use super::overlay::Overlay;
use super::wrap;
use super::writing::Writing;
use crate::locale::tr;

/// Columns before the input: the prompt.
const PROMPT: &str = "> ";

/// The rows of the input line, and where the cursor is among them.
struct Rows {
    /// Their texts, and whether they are handed over.
    rows: Vec<(String, bool)>,
    /// How many are.
    handed_len: usize,
    row: usize,
    column: usize,
}

impl App {
    /// The rows that the input line of the room in front needs on a screen of this width.
    pub(super) fn input_height(&mut self, width: u16) -> usize {
        let columns = input_columns(width);
        self.rooms[self.active].editor.set_width(columns);
        self.input_rows(columns).rows.len()
    }

    fn input_rows(&self, width: usize) -> Rows {
        let room = self.room();
        let mut rows = Vec::new();
        let mut column = 0;
        for line in room.outgoing.handed_lines() {
            for row in wrap::wrap(&line, width) {
                let shown = wrap::shown(&line[row]);
                column = wrap::columns(&shown);
                rows.push((shown, true));
            }
        }
        let handed_len = rows.len();
        if room.editor.is_empty() && handed_len > 0 {
            // Mostly there is nothing more before the message is in the outbox: the screen stays.
            let row = handed_len - 1;
            return Rows {
                rows,
                handed_len,
                row,
                column,
            };
        }
        let written = room.editor.rows();
        let (row, column) = room.editor.place(&written);
        let row = handed_len + row;
        let text = room.editor.text();
        let written = written.into_iter();
        rows.extend(written.map(|row| (wrap::shown(&text[row]), false)));
        Rows {
            rows,
            handed_len,
            row,
            column,
        }
    }

    /// The mouse was clicked in the input line, which stands here: the cursor goes there.
    pub(super) fn click_input(&mut self, at: Position, area: Rect) {
        let start = area.x + prompt_columns(area.width);
        let row = usize::from(at.y.saturating_sub(area.y));
        let column = usize::from(at.x.saturating_sub(start));
        let rows = self.input_rows(input_columns(area.width));
        let room = self.room_mut();
        let top = room
            .input_scroll
            .top(rows.rows.len(), usize::from(area.height));
        // What is handed over is not written any more.
        if let Some(row) = (top + row).checked_sub(rows.handed_len) {
            room.editor.go_to(row, column);
        }
    }

    /// The wheel was turned over the input line.
    pub(super) fn wheel_input(&mut self, lines: isize, area: Rect) {
        let rows = self.input_rows(input_columns(area.width));
        let (count, height) = (rows.rows.len(), usize::from(area.height));
        let room = self.room_mut();
        room.input_scroll.scroll(lines, count, height);
        let top = room.input_scroll.top(count, height);
        let row = rows.row.clamp(top, top + height.saturating_sub(1));
        if let Some(to) = row.checked_sub(rows.handed_len)
            && row != rows.row
        {
            room.editor.go_to(to, rows.column);
        }
    }

    pub(super) fn draw_input(&mut self, area: Rect, frame: &mut Frame) {
        let input = self.input_rows(input_columns(area.width));
        let (count, height) = (input.rows.len(), usize::from(area.height));
        let scroll = &mut self.room_mut().input_scroll;
        scroll.scroll(0, count, height);
        scroll.show(input.row, height);
        let first = scroll.top(count, height);
        let start = area.x + prompt_columns(area.width);
        let theme = self.viewer.theme;
        let buffer = frame.buffer_mut();
        if start > area.x {
            buffer.set_string(area.x, area.y, PROMPT, theme.faint());
        }
        let columns = usize::from(area.right() - start);
        for (y, (text, is_handed)) in (area.y..area.bottom()).zip(&input.rows[first..]) {
            let style = if *is_handed {
                theme.faint()
            } else {
                Style::new()
            };
            buffer.set_stringn(start, y, text, columns, style);
        }
        let room = self.room();
        let is_free = room.editor.is_empty() && room.outgoing.handed_len() == 0;
        // With a message selected, keys are for that, as the status line says.
        if is_free && room.selected.is_none() {
            let hint = match (self.gone(), &room.writing) {
                (_, Writing::Reaction { .. }) => tr!(self.language(), "input-reaction"),
                (Some(gone), _) => tr!(self.language(), "input-gone", name = gone),
                (None, _) => {
                    let title = room.title(&self.viewer.name);
                    tr!(self.language(), "input-empty", room = title)
                }
            };
            if wrap::columns(&hint) <= columns {
                buffer.set_string(start, area.y, hint, theme.faint());
            }
        }
        let x = start.saturating_add(u16::try_from(input.column).unwrap_or(u16::MAX));
        let y = area.y + u16::try_from(input.row - first).unwrap_or(0);
        // What is typed while the panel of the network is open goes nowhere.
        if !matches!(self.overlay, Some(Overlay::Net(_))) {
            frame.set_cursor_position((x.min(area.right() - 1), y.min(area.bottom() - 1)));
        }
    }
}

/// The prompt is left out where it would take most of the screen.
fn prompt_columns(width: u16) -> u16 {
    if width >= 12 { 2 } else { 0 }
}

/// The columns of a row of the input: the last one is kept for the cursor behind it.
fn input_columns(width: u16) -> usize {
    usize::from(width.saturating_sub(prompt_columns(width) + 1)).max(1)
}
