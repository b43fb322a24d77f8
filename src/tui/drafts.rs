//! What of the input lines is kept beyond this process: the text being written, and the lines sent.
//!
//! It is handed over [`GAP_MICROS`] after it changed at the latest, sooner when another room is put
//! in front and at the end. A message that stands in the input line until it is in the outbox is
//! no draft any more; while there is one, the draft known from before stays as it is.

use super::app::App;
use super::room::RoomView;
use super::writing::Writing;
use super::{Command, KnownRoom};
use crate::wire::Timestamp;

/// The least time between two drafts of a room, in microseconds. The screen is told the time every
/// half second; with as much again a draft is a second old when it is handed over, and no more.
const GAP_MICROS: i64 = 500_000;

/// What is kept of a room's input line.
#[derive(Debug, Default)]
pub struct Kept {
    /// The revision of the text that was handed over last.
    revision: u64,
    /// When that was.
    at: Option<Timestamp>,
    is_urgent: bool,
}

impl RoomView {
    /// What is to be kept of the input line, when it is time for that.
    fn take_draft(&mut self, wall: Timestamp) -> Option<Command> {
        let revision = self.editor.revision();
        let is_same = revision == self.kept.revision && !self.editor.has_new_lines();
        if is_same || self.outgoing.handed_len() > 0 {
            return None;
        }
        let since = self.kept.at.map(|at| wall.0.saturating_sub(at.0));
        // A clock set back does not count.
        let is_early = since.is_some_and(|since| (0..GAP_MICROS).contains(&since));
        if is_early && !self.kept.is_urgent {
            return None;
        }
        Some(self.draft(Some(wall)))
    }

    fn draft(&mut self, at: Option<Timestamp>) -> Command {
        self.kept = Kept {
            revision: self.editor.revision(),
            at,
            is_urgent: false,
        };
        let text = match self.writing {
            Writing::Message | Writing::Reply { .. } => self.editor.draft(),
            // It must not come back as a message.
            Writing::Edit { .. } | Writing::Reaction { .. } => "",
        };
        Command::Draft {
            room: self.name.clone(),
            text: text.to_owned(),
            sent: self.editor.take_new_lines(),
        }
    }

    /// The input line is left: what it has is kept at once.
    pub fn hurry_draft(&mut self) {
        self.kept.is_urgent = true;
    }

    /// Puts in what an earlier process kept.
    pub fn restore_draft(&mut self, known: &KnownRoom) {
        let is_empty = self.editor.is_empty();
        self.editor.restore(&known.draft, &known.sent);
        if is_empty {
            self.kept.revision = self.editor.revision();
        }
    }
}

impl App {
    /// The next draft that is to be kept.
    pub(super) fn poll_draft(&mut self) -> Option<Command> {
        let wall = self.wall;
        let mut rooms = self.rooms.iter_mut();
        rooms.find_map(|room| room.take_draft(wall))
    }

    /// Hands over all that is being written, because there is no time to wait.
    pub(super) fn keep_drafts(&mut self) {
        for room in 0..self.rooms.len() {
            let room = &mut self.rooms[room];
            if room.editor.revision() != room.kept.revision || room.editor.has_new_lines() {
                let draft = room.draft(None);
                self.command(draft);
            }
        }
    }
}
