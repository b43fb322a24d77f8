//! What the mouse does: a click opens what is under it, the wheel scrolls the pane under it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::app::App;
use super::{members, tabs};
use crate::locale::say;

/// Lines per notch of the mouse wheel, as most programs have it.
const WHEEL_LINES: isize = 3;

/// What is under the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Spot {
    /// A room, by its index.
    Room(usize),
    /// The sign that leads to the newest messages.
    Newest,
    /// This row of the messages, counted from the top.
    Message(usize),
    /// This row of the members.
    Member(usize),
    /// A choice for the word being written.
    Choice(usize),
    /// The input line.
    Input,
    /// Nothing that can be clicked.
    Nothing,
}

impl App {
    /// Whether the terminal is to tell about its mouse.
    pub fn wants_mouse(&self) -> bool {
        self.has_mouse
    }

    /// Takes the mouse.
    pub fn handle_mouse(&mut self, event: MouseEvent) {
        self.note_activity();
        if self.stop.is_some() {
            return;
        }
        let at = Position::new(event.column, event.row);
        match event.kind {
            MouseEventKind::ScrollUp => self.wheel(at, -1),
            MouseEventKind::ScrollDown => self.wheel(at, 1),
            MouseEventKind::Down(MouseButton::Left) => self.click(at),
            MouseEventKind::Drag(MouseButton::Left) => self.tell_of_dragging(),
            MouseEventKind::Down(_)
            | MouseEventKind::Drag(_)
            | MouseEventKind::Up(_)
            | MouseEventKind::Moved
            | MouseEventKind::ScrollLeft
            | MouseEventKind::ScrollRight => {}
        }
    }

    /// Who drags wants to mark text, which the terminal does only without the mouse. Said once.
    fn tell_of_dragging(&mut self) {
        if !std::mem::replace(&mut self.has_told_of_dragging, true) {
            self.refuse(&say!("mouse-drag"));
        }
    }

    fn wheel(&mut self, at: Position, notches: isize) {
        self.is_dirty = true;
        if self.overlay.is_some() {
            return self.step_list(notches);
        }
        let layout = self.layout();
        let lines = notches * WHEEL_LINES;
        if self.choice_at(at, layout.above_status()).is_some() {
            self.wheel_choices(notches);
        } else if layout.input.contains(at) {
            // It has few rows.
            self.wheel_input(notches, layout.input);
        } else if layout.conversations.contains(at) {
            self.scroll_conversations(lines, usize::from(layout.conversations.height));
        } else if layout.members.contains(at) {
            let count = self.room().members.len();
            let height = members::height(layout.members);
            self.members_scroll.scroll(lines, count, height);
        } else {
            self.scroll(lines);
        }
    }

    fn spot(&mut self, at: Position) -> Spot {
        let layout = self.layout();
        let row = |area: Rect| usize::from(at.y - area.y);
        if let Some(choice) = self.choice_at(at, layout.above_status()) {
            return Spot::Choice(choice);
        }
        if layout.input.contains(at) {
            return Spot::Input;
        }
        if layout.conversations.contains(at) {
            let area = layout.conversations;
            let room = self.conversation_on(row(area), usize::from(area.height));
            return room.map_or(Spot::Nothing, Spot::Room);
        }
        if layout.tabs.contains(at) && layout.conversations.is_empty() {
            let room = tabs::hit(&self.tabs(), self.active, layout.tabs, at.x);
            return room.map_or(Spot::Nothing, Spot::Room);
        }
        if layout.members.contains(at) {
            return Spot::Member(row(layout.members));
        }
        let marker = self.marker(&layout);
        if marker.is_some_and(|(_, area)| area.contains(at)) {
            return Spot::Newest;
        }
        if layout.messages.contains(at) {
            return Spot::Message(row(layout.messages));
        }
        Spot::Nothing
    }

    fn click(&mut self, at: Position) {
        self.is_dirty = true;
        if self.overlay.is_some() {
            return self.click_overlay(at);
        }
        let spot = self.spot(at);
        if !matches!(spot, Spot::Choice(_)) {
            self.cycle = None;
        }
        self.prefix = None;
        self.is_quit_armed = false;
        match spot {
            Spot::Choice(index) => self.click_choice(index),
            Spot::Input => self.click_written(at),
            Spot::Room(index) => self.show_room(index),
            Spot::Newest => self.show_end(),
            Spot::Message(row) => self.click_message(row),
            Spot::Member(row) => self.click_member(row),
            Spot::Nothing => {}
        }
    }

    /// Goes back to writing, where it was clicked.
    fn click_written(&mut self, at: Position) {
        self.recall = None;
        if self.room().selected.is_some() {
            self.stop_selecting();
        }
        let area = self.layout().input;
        self.click_input(at, area);
    }

    fn click_message(&mut self, row: usize) {
        let (width, height) = self.pane();
        let context = self.viewer.context(width);
        let room = &mut self.rooms[self.active];
        if !room.select_row(row, &context, height) && room.selected.is_some() {
            self.stop_selecting();
        }
    }

    /// Opens the room of the direct messages with a member.
    fn click_member(&mut self, row: usize) {
        let height = members::height(self.layout().members);
        let members = &self.room().members;
        let member = members::on_row(members, self.members_scroll, row, height);
        let Some(name) = member.map(|member| member.name.clone()) else {
            return;
        };
        if let Err(error) = self.direct(&name, None) {
            self.refuse(&error.said());
        }
    }
}
