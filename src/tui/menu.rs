//! The choices for the word being written, above the input line.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::app::App;
use super::complete::{Candidates, Cycle};
use super::keymap::MenuAction;
use super::status::put_over;
use super::wrap;
use super::writing::Writing;
use crate::wire::Presence;

/// Choices in sight at a time. Arbitrary: little of what is being talked about is hidden.
const ROWS_MAX: usize = 6;

impl App {
    /// Tab: starts a completion or takes the next choice of the one under way.
    pub(super) fn complete(&mut self, cycle: Option<Cycle>, is_forward: bool) {
        let (was_shown, cycle) = match cycle {
            Some(cycle) => (cycle.is_taken, Some(cycle)),
            None => {
                let candidates = self.candidates();
                let editor = &self.room().editor;
                let cycle = Cycle::start(editor.text(), editor.cursor(), &candidates);
                (false, cycle)
            }
        };
        let Some(mut cycle) = cycle else { return };
        if was_shown {
            cycle.turn(is_forward);
        }
        self.take_choice(cycle);
    }

    /// Puts the choice in use into the text.
    fn take_choice(&mut self, mut cycle: Cycle) {
        let editor = &mut self.rooms[self.active].editor;
        editor.replace(cycle.range.clone(), cycle.choice());
        cycle.range.end = cycle.range.start + cycle.choice().len();
        cycle.is_taken = true;
        self.cycle = Some(cycle);
    }

    /// What a key does while choices are shown.
    pub(super) fn act_on_menu(&mut self, action: MenuAction, cycle: Option<Cycle>) {
        let Some(mut cycle) = cycle else { return };
        match action {
            MenuAction::Up | MenuAction::Down => {
                cycle.turn(action == MenuAction::Down);
                if cycle.is_taken {
                    self.take_choice(cycle);
                } else {
                    self.cycle = Some(cycle);
                }
            }
            MenuAction::Take => {
                // Who wrote the choice out wants the line sent.
                let word = &self.room().editor.text()[cycle.range.clone()];
                if cycle.is_taken || cycle.choice().trim_end() == word {
                    return self.submit();
                }
                self.take_choice(cycle);
                self.cycle = None;
            }
            MenuAction::Close => self.closed_menu = Some(cycle.range.start),
        }
    }

    /// Shows the choices for the word being written, unless they were closed.
    pub(super) fn suggest(&mut self) {
        let editor = &self.room().editor;
        let (text, cursor) = (editor.text(), editor.cursor());
        let is_word = |c: char| !c.is_whitespace();
        if !text[..cursor].ends_with(is_word) {
            self.closed_menu = None;
            return;
        }
        let cycle = Cycle::suggest(text, cursor, &self.candidates());
        let closed = self.closed_menu;
        self.cycle = cycle.filter(|cycle| closed != Some(cycle.range.start));
    }

    fn candidates(&self) -> Candidates {
        let room = self.room();
        let mut members: Vec<_> = room
            .members
            .iter()
            .filter(|member| member.name != self.viewer.name)
            .collect();
        members.sort_by_cached_key(|member| {
            let is_gone = member.presence == Presence::Gone;
            (is_gone, member.name.as_str().to_lowercase())
        });
        let mut names: Vec<String> = room.recent_speakers(self.viewer.device);
        for member in members {
            let name = member.name.to_string();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let open = self.rooms.iter().map(|room| &room.name);
        let mut rooms = Vec::new();
        for name in open.chain(&self.known_rooms) {
            let name = name.to_string();
            if !name.starts_with('@') && !rooms.contains(&name) {
                rooms.push(name);
            }
        }
        Candidates {
            names,
            rooms,
            is_reaction: matches!(room.writing, Writing::Reaction { .. }),
            language: self.language(),
        }
    }

    /// Draws the choices over the lowest rows of an area.
    pub(super) fn draw_menu(&self, area: Rect, frame: &mut Frame) {
        let Some(cycle) = self.cycle.as_ref().filter(|cycle| cycle.is_open()) else {
            return;
        };
        let rows = cycle.choices.len().min(ROWS_MAX);
        let rows = rows.min(usize::from(area.height));
        // A bar and a mark stand before each, a blank and a bar behind it.
        let widest = usize::from(area.width).saturating_sub(4);
        let columns = cycle.choices.iter();
        let columns = columns.map(|choice| wrap::columns(&choice.label)).max();
        let columns = columns.unwrap_or(0).min(widest);
        if rows == 0 || widest == 0 {
            return;
        }
        let first = (cycle.at + 1).saturating_sub(rows);
        let shown = cycle.choices.iter().enumerate().skip(first).take(rows);
        let theme = self.viewer.theme;
        let buffer = frame.buffer_mut();
        let top = area.bottom() - u16::try_from(rows).unwrap_or(area.height);
        for (y, (at, choice)) in (top..area.bottom()).zip(shown) {
            let label = wrap::cut(&choice.label, columns);
            let blanks = " ".repeat(columns - wrap::columns(&label));
            let (mark, style) = if at == cycle.at {
                ("▸", theme.selected())
            } else {
                (" ", Style::reset())
            };
            let x = area.x;
            put_over(x, y, "│", theme.faint(), buffer);
            let text = format!("{mark}{label}{blanks} ");
            put_over(x + 1, y, &text, style, buffer);
            let end = x + 1 + u16::try_from(wrap::columns(&text)).unwrap_or(0);
            put_over(end, y, "│", theme.faint(), buffer);
        }
    }
}
