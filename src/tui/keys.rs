//! What keys, pastes and the mouse wheel do.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent, MouseEventKind};

use super::Command;
use super::app::App;
use super::complete::{Candidates, Cycle};
use super::editor::{EDITOR_BYTES_MAX, Edit};
use super::submit::kib;
use super::trust::Decision;
use crate::wire::Presence;

/// Lines per notch of the mouse wheel, as most programs have it.
const WHEEL_LINES: isize = 3;

impl App {
    /// Takes a key; releases are ignored.
    pub fn handle_key(&mut self, key: KeyEvent) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        self.is_dirty = true;
        if self.stop.is_some() {
            return self.handle_stop_key(key);
        }
        if self.handle_search_key(key) {
            return;
        }
        let was_armed = std::mem::take(&mut self.is_quit_armed);
        let cycle = self.cycle.take();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('c' | 'C') if control && !alt => self.interrupt(was_armed),
            KeyCode::Char('d' | 'D') if control && !alt && self.room().editor.is_empty() => {
                self.quit();
            }
            KeyCode::Char('l' | 'L') if control && !alt => self.wants_redraw = true,
            KeyCode::Char('n' | 'N') if control && !alt => self.step_room(1),
            KeyCode::Char('p' | 'P') if control && !alt => self.step_room(-1),
            KeyCode::Char(digit @ '1'..='9') if alt && !control => {
                let index = usize::from(digit as u8 - b'1');
                if index < self.rooms.len() {
                    self.show_room(index);
                }
            }
            KeyCode::Down if alt => self.step_room(1),
            KeyCode::Up if alt => self.step_room(-1),
            KeyCode::PageDown if control => self.step_room(1),
            KeyCode::PageUp if control => self.step_room(-1),
            KeyCode::Enter if key.modifiers.is_empty() => self.submit(),
            KeyCode::Enter => self.edit(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL)),
            KeyCode::Tab => self.complete(cycle, true),
            KeyCode::BackTab => self.complete(cycle, false),
            KeyCode::Esc => self.escape(),
            _ if !self.scroll_by_key(key) => self.edit(key),
            _ => {}
        }
    }

    fn edit(&mut self, key: KeyEvent) {
        match self.room_mut().editor.handle_key(key) {
            Edit::Done => self.drop_toast(),
            Edit::Ignored => {}
            Edit::Full => self.refuse_input(),
        }
    }

    fn refuse_input(&mut self) {
        let max = kib(EDITOR_BYTES_MAX);
        self.refuse(format!(
            "the input holds no more than {max}; nothing was added"
        ));
    }

    /// Takes pasted text, whole, into the input; a paste never sends.
    pub fn handle_paste(&mut self, text: &str) {
        self.is_dirty = true;
        self.is_quit_armed = false;
        self.cycle = None;
        if let Some(stop) = &mut self.stop {
            return stop.paste(text);
        }
        match self.room_mut().editor.paste(text) {
            Edit::Done | Edit::Ignored => self.drop_toast(),
            Edit::Full => self.refuse_input(),
        }
    }

    /// Takes the mouse wheel.
    pub fn handle_mouse(&mut self, event: MouseEvent) {
        let is_search = self.search.is_some();
        match event.kind {
            MouseEventKind::ScrollUp if is_search => self.select_found(-1),
            MouseEventKind::ScrollDown if is_search => self.select_found(1),
            MouseEventKind::ScrollUp => self.scroll(-WHEEL_LINES),
            MouseEventKind::ScrollDown => self.scroll(WHEEL_LINES),
            _ => {}
        }
    }

    fn handle_stop_key(&mut self, key: KeyEvent) {
        let Some(stop) = &mut self.stop else { return };
        match stop.handle_key(key) {
            Decision::Open => {}
            Decision::Trust => {
                self.stop = None;
                self.command(Command::Trust);
                self.mark_read();
            }
            Decision::Quit => self.quit(),
        }
    }

    /// Ctrl-C: empties the input, or quits when pressed twice on an empty one.
    fn interrupt(&mut self, was_armed: bool) {
        self.toast = None;
        if !self.room().editor.is_empty() {
            // What was typed can be had back with the up arrow.
            self.room_mut().editor.submit();
        } else if was_armed {
            self.quit();
        } else {
            self.is_quit_armed = true;
        }
    }

    fn escape(&mut self) {
        self.toast = None;
        self.show_end();
    }

    /// Shows the end of the room in front.
    pub(super) fn show_end(&mut self) {
        self.room_mut().scroll_to_end();
        self.mark_read();
    }

    fn step_room(&mut self, by: isize) {
        let count = self.rooms.len();
        let by = by
            .rem_euclid(isize::try_from(count).unwrap_or(1))
            .unsigned_abs();
        self.show_room((self.active + by) % count);
    }

    /// Scrolls if the key does that.
    fn scroll_by_key(&mut self, key: KeyEvent) -> bool {
        let is_empty = self.room().editor.is_empty();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let is_line = control || key.modifiers.contains(KeyModifiers::SHIFT);
        let (_, height) = self.pane();
        let page = isize::try_from(height)
            .unwrap_or(1)
            .saturating_sub(1)
            .max(1);
        match key.code {
            KeyCode::PageUp => self.scroll(-page),
            KeyCode::PageDown => self.scroll(page),
            KeyCode::Up if is_line => self.scroll(-1),
            KeyCode::Down if is_line => self.scroll(1),
            KeyCode::Home if is_empty || control => {
                let (width, height) = self.pane();
                let context = self.viewer.context(width);
                self.rooms[self.active].scroll_to_start(&context, height);
                self.ask_older();
            }
            KeyCode::End if is_empty || control => self.show_end(),
            _ => return false,
        }
        true
    }

    fn scroll(&mut self, lines: isize) {
        self.is_dirty = true;
        let (width, height) = self.pane();
        let context = self.viewer.context(width);
        self.rooms[self.active].scroll_by(lines, &context, height);
        if lines < 0 {
            self.ask_older();
        } else {
            self.ask_newer();
            self.mark_read();
        }
    }

    /// Tab: starts a completion or takes the next choice of the one under way.
    fn complete(&mut self, cycle: Option<Cycle>, is_forward: bool) {
        let cycle = match cycle {
            Some(mut cycle) => {
                cycle.turn(is_forward);
                Some(cycle)
            }
            None => {
                let candidates = self.candidates();
                let editor = &self.room().editor;
                Cycle::start(editor.text(), editor.cursor(), &candidates)
            }
        };
        let Some(mut cycle) = cycle else { return };
        let editor = &mut self.rooms[self.active].editor;
        editor.replace(cycle.range.clone(), cycle.choice());
        cycle.range.end = cycle.range.start + cycle.choice().len();
        self.cycle = Some(cycle);
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
        Candidates { names, rooms }
    }
}
