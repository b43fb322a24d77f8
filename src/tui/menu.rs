//! The choices for the word being written, above the input line.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::app::App;
use super::complete::{Candidates, Cycle};
use super::keymap::MenuAction;
use super::status::put_over;
use super::wrap;
use super::writing::Writing;
use crate::wire::{Name, Presence};

/// Choices in sight at a time on a low screen; a higher one shows a third of itself full. Arbitrary:
/// little of what is being talked about is hidden.
const LOW_ROWS_MAX: u16 = 6;

/// Columns around a choice: a bar and a mark before it, a blank and a bar behind it.
const AROUND_COLUMNS: u16 = 4;

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
            ignored: self
                .viewer
                .settings
                .ignored
                .names()
                .map(Name::to_string)
                .collect(),
            is_reaction: matches!(room.writing, Writing::Reaction { .. }),
            language: self.language(),
        }
    }

    /// Where the choices stand over the lowest rows of an area, and the first one in sight.
    fn menu_place(&self, area: Rect) -> Option<(Rect, usize)> {
        let cycle = self.cycle.as_ref().filter(|cycle| cycle.is_open())?;
        let rows = u16::try_from(cycle.choices.len()).unwrap_or(area.height);
        let rows = rows.min(LOW_ROWS_MAX.max(area.height / 3));
        let height = rows.min(area.height);
        let columns = cycle.choices.iter();
        let columns = columns.map(|choice| wrap::columns(&choice.label)).max();
        let columns = u16::try_from(columns.unwrap_or(0)).unwrap_or(area.width);
        let place = Rect {
            y: area.bottom() - height,
            height,
            width: columns.saturating_add(AROUND_COLUMNS).min(area.width),
            ..area
        };
        let first = (cycle.at + 1).saturating_sub(usize::from(height));
        (height > 0 && place.width > AROUND_COLUMNS).then_some((place, first))
    }

    /// The choice that stands here, when they stand over the lowest rows of an area.
    pub(super) fn choice_at(&self, at: Position, area: Rect) -> Option<usize> {
        let (place, first) = self.menu_place(area)?;
        let row = place.contains(at).then(|| usize::from(at.y - place.y))?;
        Some(first + row)
    }

    /// Takes a choice that was clicked.
    pub(super) fn click_choice(&mut self, index: usize) {
        let Some(mut cycle) = self.cycle.take() else {
            return;
        };
        cycle.at = index.min(cycle.choices.len().saturating_sub(1));
        self.take_choice(cycle);
        self.cycle = None;
        self.tell_typing();
    }

    /// The wheel was turned over the choices: goes on to the next or back, as far as there are any.
    pub(super) fn wheel_choices(&mut self, notches: isize) {
        let Some(mut cycle) = self.cycle.take() else {
            return;
        };
        let last = cycle.choices.len().saturating_sub(1);
        cycle.at = cycle.at.saturating_add_signed(notches).min(last);
        if cycle.is_taken {
            self.take_choice(cycle);
        } else {
            self.cycle = Some(cycle);
        }
    }

    /// Draws the choices over the lowest rows of an area. An arrow at the edge says that there are more.
    pub(super) fn draw_menu(&self, area: Rect, frame: &mut Frame) {
        let (Some(cycle), Some((place, first))) = (&self.cycle, self.menu_place(area)) else {
            return;
        };
        let columns = usize::from(place.width - AROUND_COLUMNS);
        let shown = cycle.choices.iter().enumerate().skip(first);
        let theme = self.viewer.theme;
        let buffer = frame.buffer_mut();
        for (y, (at, choice)) in (place.y..place.bottom()).zip(shown) {
            let label = wrap::cut(&choice.label, columns);
            let blanks = " ".repeat(columns - wrap::columns(&label));
            let (mark, style) = if at == cycle.at {
                ("▸", theme.selected())
            } else {
                (" ", Style::reset())
            };
            let x = place.x;
            put_over(x, y, "│", theme.faint(), buffer);
            let text = format!("{mark}{label}{blanks} ");
            put_over(x + 1, y, &text, style, buffer);
            let end = x + 1 + u16::try_from(wrap::columns(&text)).unwrap_or(0);
            let has_more_above = y == place.y && first > 0;
            let has_more_below = y + 1 == place.bottom() && at + 1 < cycle.choices.len();
            let edge = match (has_more_above, has_more_below) {
                (true, _) => "↑",
                (false, true) => "↓",
                (false, false) => "│",
            };
            put_over(end, y, edge, theme.faint(), buffer);
        }
    }
}
