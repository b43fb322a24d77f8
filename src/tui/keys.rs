//! What keys and pastes do.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

use super::Command;
use super::app::App;
use super::commands;
use super::complete::Cycle;
use super::editor::{EDITOR_BYTES_MAX, Edit};
use super::external::External;
use super::keymap::{Action, EditAction, Mode};
use super::submit::kib;
use super::trust::Decision;
use crate::locale::say;

impl App {
    /// Takes a key; releases are ignored.
    pub fn handle_key(&mut self, key: KeyEvent) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        self.note_activity();
        self.is_dirty = true;
        if self.stop.is_some() {
            return self.handle_stop_key(key);
        }
        if self.handle_overlay_key(key) || self.handle_recall_key(key) {
            return;
        }
        let was_armed = std::mem::take(&mut self.is_quit_armed);
        let modes = self.modes();
        let cycle = self.cycle.take();
        let prefix = self.prefix.take();
        if prefix.is_none() {
            self.prefix = self.keys.prefix(modes, key);
        }
        match self.keys.find_behind(modes, prefix, key) {
            Some(action) => self.act(action, was_armed, cycle),
            // Two keys that do nothing together are no text either.
            None if prefix.or(self.prefix).is_some() => {}
            // Nothing is typed while a message is selected.
            None if self.room().selected.is_some() => {}
            None if self.is_quick_reaction(key) => {}
            None => {
                let room = &mut self.rooms[self.active];
                let edit = room.editor.press(&self.keys, key);
                self.edited(edit);
                self.tell_typing();
                self.suggest();
            }
        }
    }

    /// The modes in which a key is looked up.
    fn modes(&self) -> &'static [Mode] {
        if self.room().selected.is_some() {
            return &[Mode::Select, Mode::Screen];
        }
        let editor = &self.room().editor;
        let is_menu = self.cycle.as_ref().is_some_and(Cycle::is_open);
        if is_menu {
            &[Mode::Menu, Mode::Write, Mode::Screen]
        } else if editor.is_empty() {
            &[Mode::Empty, Mode::AtEnd, Mode::Write, Mode::Screen]
        } else if editor.is_at_end() {
            &[Mode::AtEnd, Mode::Write, Mode::Screen]
        } else {
            &[Mode::Write, Mode::Screen]
        }
    }

    pub(super) fn act(&mut self, action: Action, was_armed: bool, cycle: Option<Cycle>) {
        let (_, height) = self.pane();
        let page = isize::try_from(height).unwrap_or(1);
        let page = page.saturating_sub(1).max(1);
        match action {
            Action::Interrupt => self.interrupt(was_armed),
            Action::Quit => self.quit(),
            Action::Redraw => self.wants_redraw = true,
            Action::ShowKeys => self.show_keys(),
            Action::NextRoom => self.step_room(1),
            Action::PreviousRoom => self.step_room(-1),
            Action::NextUnread => self.next_unread(),
            Action::ShowRoom(number) => {
                let index = usize::from(number) - 1;
                if index < self.rooms.len() {
                    self.show_room(index);
                }
            }
            Action::Escape => self.escape(),
            Action::PageUp => self.scroll(-page),
            Action::PageDown => self.scroll(page),
            Action::LineUp => self.scroll(-1),
            Action::LineDown => self.scroll(1),
            Action::Oldest => {
                let (width, height) = self.pane();
                let context = self.viewer.context(width);
                self.rooms[self.active].scroll_to_start(&context, height);
                self.ask_older();
            }
            Action::Newest => self.show_end(),
            Action::Send => self.submit(),
            Action::Complete => self.complete(cycle, true),
            Action::CompleteBack => self.complete(cycle, false),
            Action::Edit(action) => {
                let edit = self.room_mut().editor.act(action);
                self.edited(edit);
                if action == EditAction::DeleteBack {
                    self.suggest();
                }
            }
            Action::OpenEditor => self.external = External::Wanted,
            Action::MarkCode => self.mark_code(),
            Action::SendParts => self.send_parts(),
            Action::StartRecall => self.start_recall(),
            // Found only while a line is searched for.
            Action::Recall(_) => {}
            Action::Menu(action) => self.act_on_menu(action, cycle),
            Action::Select(action) => self.act_on_selected(action),
            Action::Jump => self.open_jump(),
            Action::Search => self.open_search(),
            Action::Net => self.open_net(),
            Action::List(action) => self.act_on_list(action),
        }
    }

    fn edited(&mut self, edit: Edit) {
        match edit {
            Edit::Done => self.drop_toast(),
            Edit::Full => self.refuse_input(),
        }
    }

    fn show_keys(&mut self) {
        let text = commands::keys_text(&self.keys, self.language());
        self.tell_at_length(text);
    }

    /// Adds a line of this program's own that may be longer than the pane, and shows its start.
    pub(super) fn tell_at_length(&mut self, text: String) {
        self.notice(text);
        let (width, height) = self.pane();
        let context = self.viewer.context(width);
        self.rooms[self.active].show_newest_from_start(&context, height);
        self.mark_read();
    }

    pub(super) fn refuse_input(&mut self) {
        let max = kib(EDITOR_BYTES_MAX);
        self.refuse(&say!("input-full", max = max));
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
            // What was typed can be had back, with the up arrow as well.
            self.room_mut().editor.clear();
        } else if was_armed {
            self.quit();
        } else {
            self.is_quit_armed = true;
        }
    }

    /// Closes what is open, one thing at a time; then a message is selected.
    fn escape(&mut self) {
        let was_offered = self.drop_parts_offer();
        if self.toast.take().is_some() || was_offered || self.drop_writing() {
            return;
        }
        self.start_selecting();
    }

    fn is_quick_reaction(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Char(c) if key.modifiers.is_empty() => self.react_quickly(c),
            _ => false,
        }
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

    pub(super) fn scroll(&mut self, lines: isize) {
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
}
