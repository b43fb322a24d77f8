//! What lies over the room in front: lists with an input line of their own, which are the search and
//! the jump to somewhere else, and the panel of the network, which has none. While one is open, keys
//! and pastes are for it.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use super::app::App;
use super::jump::JumpList;
use super::keymap::{Action, ListAction, Mode};
use super::line_input::LineInput;
use super::net::NetPanel;
use super::search::Search;

/// What lies over the room.
pub enum Overlay {
    /// The search, over all panes.
    Search(Search),
    /// The places to jump to, in a box.
    Jump(JumpList),
    /// How the network is, over all panes.
    Net(NetPanel),
}

impl Overlay {
    fn input(&mut self) -> Option<&mut LineInput> {
        match self {
            Self::Search(search) => Some(&mut search.input),
            Self::Jump(jump) => Some(&mut jump.input),
            Self::Net(_) => None,
        }
    }
}

impl App {
    /// Whether something takes the place of all panes.
    pub(super) fn is_covered(&self) -> bool {
        matches!(self.overlay, Some(Overlay::Search(_) | Overlay::Net(_)))
    }

    pub(super) fn show_overlay(&mut self, overlay: Overlay) {
        self.room_mut().selected = None;
        self.taking_back = None;
        self.toast = None;
        self.cycle = None;
        self.recall = None;
        self.prefix = None;
        self.code_offer = None;
        self.parts_offer = None;
        self.overlay = Some(overlay);
        self.is_dirty = true;
    }

    pub(super) fn close_overlay(&mut self) {
        if self.overlay.take().is_some() {
            self.toast = None;
            self.is_dirty = true;
            self.mark_read();
        }
    }

    /// Takes a key while a list is open. Whether one is.
    pub(super) fn handle_overlay_key(&mut self, key: KeyEvent) -> bool {
        if self.overlay.is_none() {
            return false;
        }
        let action = self.keys.find(&[Mode::List, Mode::Screen], key);
        match action {
            Some(Action::List(action)) => self.act_on_list(action),
            Some(Action::Interrupt) => self.close_overlay(),
            Some(Action::Net) if matches!(self.overlay, Some(Overlay::Net(_))) => {
                self.close_overlay();
            }
            Some(action @ (Action::Jump | Action::Search))
                if matches!(self.overlay, Some(Overlay::Net(_))) =>
            {
                self.close_overlay();
                self.act(action, false, None);
            }
            // These have a meaning for the input line as well, or none while a list is open.
            Some(
                Action::Send
                | Action::Complete
                | Action::CompleteBack
                | Action::Edit(_)
                | Action::Select(_)
                | Action::Escape
                | Action::Recall(_)
                | Action::StartRecall
                | Action::Menu(_)
                | Action::MarkCode
                | Action::SendParts
                | Action::OpenEditor
                | Action::Jump
                | Action::Search,
            )
            | None => {
                let keys = &self.keys;
                if let Some(input) = self.overlay.as_mut().and_then(Overlay::input) {
                    input.press(keys, key);
                }
                self.overlay_input_changed();
            }
            Some(
                action @ (Action::Quit
                | Action::Net
                | Action::Redraw
                | Action::ShowKeys
                | Action::NextRoom
                | Action::PreviousRoom
                | Action::NextUnread
                | Action::ShowRoom(_)
                | Action::PageUp
                | Action::PageDown
                | Action::LineUp
                | Action::LineDown
                | Action::Oldest
                | Action::Newest),
            ) => {
                self.close_overlay();
                self.act(action, false, None);
            }
        }
        true
    }

    /// Takes pasted text while a list is open. Whether one is.
    pub(super) fn handle_overlay_paste(&mut self, text: &str) -> bool {
        let Some(overlay) = &mut self.overlay else {
            return false;
        };
        if let Some(input) = overlay.input() {
            input.paste(text);
        }
        self.overlay_input_changed();
        true
    }

    fn overlay_input_changed(&mut self) {
        match &mut self.overlay {
            Some(Overlay::Search(search)) => search.changed(self.wall),
            Some(Overlay::Jump(jump)) => jump.changed(),
            Some(Overlay::Net(_)) | None => {}
        }
    }

    pub(super) fn act_on_list(&mut self, action: ListAction) {
        self.is_dirty = true;
        let page = self.overlay_page();
        match action {
            ListAction::Up => self.step_list(-1),
            ListAction::Down => self.step_list(1),
            ListAction::PageUp => self.step_list(-page),
            ListAction::PageDown => self.step_list(page),
            ListAction::First => self.step_list(isize::MIN),
            ListAction::Last => self.step_list(isize::MAX),
            ListAction::Close => self.close_overlay(),
            ListAction::Scope => self.turn_search(),
            ListAction::Take => match &self.overlay {
                Some(Overlay::Search(_)) => self.take_found(),
                Some(Overlay::Jump(_)) => self.take_jump(),
                Some(Overlay::Net(_)) | None => {}
            },
        }
    }

    /// Entries of the list that fill its pane, about.
    fn overlay_page(&mut self) -> isize {
        let height = self.layout().middle.height;
        let rows = match &self.overlay {
            Some(Overlay::Search(_)) => height / 3,
            Some(Overlay::Jump(_)) | None => height / 2,
            Some(Overlay::Net(_)) => height.saturating_sub(1),
        };
        isize::try_from(rows).unwrap_or(1).max(1)
    }

    /// Moves the selection of the list that is open.
    pub(super) fn step_list(&mut self, by: isize) {
        self.is_dirty = true;
        match &mut self.overlay {
            Some(Overlay::Search(_)) => self.select_found(by),
            Some(Overlay::Jump(jump)) => jump.step(by),
            Some(Overlay::Net(_)) => self.scroll_net(by),
            None => {}
        }
    }

    /// The mouse was clicked on this row and column of the screen while a list is open.
    pub(super) fn click_overlay(&mut self, at: Position) {
        let area = self.layout().middle;
        let beside_panes = self.beside_panes(area);
        let input = self.overlay.as_mut().and_then(Overlay::input);
        if input.is_some_and(|input| input.click(at)) {
            return;
        }
        let context = self.viewer.context(usize::from(area.width));
        let is_hit = match &mut self.overlay {
            Some(Overlay::Search(search)) => search.select_at(at, &context, area),
            Some(Overlay::Jump(jump)) => jump.select_at(at, beside_panes),
            Some(Overlay::Net(_)) if area.contains(at) => Hit::Inside,
            Some(Overlay::Net(_)) => Hit::Outside,
            None => return,
        };
        match is_hit {
            Hit::Entry => self.act_on_list(ListAction::Take),
            Hit::Inside => {}
            Hit::Outside => self.close_overlay(),
        }
    }

    /// The columns of the messages: a box there leaves the panes at their sides whole.
    fn beside_panes(&mut self, area: Rect) -> Rect {
        let messages = self.layout().messages;
        Rect {
            x: messages.x,
            width: messages.width,
            ..area
        }
    }

    /// Draws the list that is open.
    pub(super) fn draw_overlay(&mut self, area: Rect, frame: &mut Frame) {
        if area.is_empty() {
            return;
        }
        if let Some(Overlay::Net(panel)) = &self.overlay {
            return self.draw_net(panel, area, frame);
        }
        let beside_panes = self.beside_panes(area);
        let context = self.viewer.context(usize::from(area.width));
        match &mut self.overlay {
            Some(Overlay::Search(search)) => search.draw(&context, &self.keys, area, frame),
            Some(Overlay::Jump(jump)) => {
                jump.draw(context.theme, context.language, beside_panes, frame);
            }
            Some(Overlay::Net(_)) | None => {}
        }
    }
}

/// What of a list was clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// An entry, which is selected now.
    Entry,
    /// Anything else of it.
    Inside,
    /// What is around it.
    Outside,
}
