//! Whether somebody is at the keyboard, as others are told: who presses no key for a while is shown
//! as idle, and as here again with the next key. Who said that they are away stays so.

use super::Command;
use super::app::App;
use crate::wire::{Presence, SafeText, Timestamp};

/// Without a key for this long the user is idle, in microseconds: longer than reading a screen takes,
/// shorter than a coffee. Arbitrary otherwise.
const IDLE_MICROS: i64 = 5 * 60 * 1_000_000;

/// When the user was last at the keyboard.
#[derive(Debug)]
pub(super) struct Idle {
    active_at: Timestamp,
    is_idle: bool,
}

impl Idle {
    /// Somebody has just started the program.
    pub fn new(wall: Timestamp) -> Self {
        Self {
            active_at: wall,
            is_idle: false,
        }
    }
}

impl App {
    /// A key was pressed, or the mouse moved.
    pub(super) fn note_activity(&mut self) {
        self.idle.active_at = self.wall;
        if std::mem::take(&mut self.idle.is_idle) {
            self.tell_idle(Presence::Here);
        }
    }

    /// Tells others when the user has been idle for long enough.
    pub(super) fn look_for_idleness(&mut self) {
        let idle = &mut self.idle;
        let passed = self.wall.0.saturating_sub(idle.active_at.0);
        if passed < 0 {
            // The clock was set back.
            idle.active_at = self.wall;
        } else if passed >= IDLE_MICROS && !idle.is_idle {
            idle.is_idle = true;
            self.tell_idle(Presence::Idle);
        }
    }

    fn tell_idle(&mut self, presence: Presence) {
        if self.away.is_none() {
            self.command(Command::Presence(presence, SafeText::default()));
        }
    }
}
