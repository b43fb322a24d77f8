//! What of a room this user has not read: how much, up to where, and where the line above it is.
//!
//! Read is what was in sight at the end of the room in front. That is told to the store, so that
//! the next start goes on counting from there.

use crate::wire::{DeviceId, Event, LogId, Seq};

use crate::room::is_spoken;

/// What of a room is not read.
#[derive(Debug, Default)]
pub struct News {
    /// Messages of others that are not read.
    pub unread: usize,
    /// How many of them address this user.
    pub addressed: usize,
    /// Up to where the user has read, and in which log.
    read: Option<(LogId, Seq)>,
    /// What of that was told to the store.
    told: Option<(LogId, Seq)>,
    /// Where the line is to stand: after this place of this log.
    line_after: Option<(LogId, Seq)>,
    /// Where it does stand: above this event.
    line_at: Option<Seq>,
}

impl News {
    /// What the room's view starts with, when the room was open before. The line is shown at once
    /// when the room is in front.
    pub fn restore(&mut self, read: Option<(LogId, Seq)>, unread: usize, is_direct: bool) {
        self.read = read;
        self.told = read;
        self.unread = unread;
        self.addressed = if is_direct { unread } else { 0 };
        self.line_after = read;
    }

    /// Something that was counted as unread when the room was left open is of somebody whom the user
    /// ignores.
    pub fn leave_out(&mut self, log: LogId, seq: Seq) {
        if self.read_in(log).is_some_and(|read| read < seq) {
            self.unread = self.unread.saturating_sub(1);
            self.addressed = self.addressed.min(self.unread);
        }
    }

    /// Something came that the user is told about.
    pub fn add(&mut self, is_addressed: bool) {
        self.unread += 1;
        self.addressed += usize::from(is_addressed);
    }

    /// Up to where the user has read in this log, if anything is known about that.
    pub fn read_in(&self, log: LogId) -> Option<Seq> {
        self.read
            .filter(|(known, _)| *known == log)
            .map(|(_, seq)| seq)
    }

    /// The user has read up to here.
    pub fn read(&mut self, log: LogId, seq: Seq) {
        self.read = Some((log, seq));
        self.unread = 0;
        self.addressed = 0;
    }

    /// What was there when the room was opened is no news, unless something is known about that.
    pub fn skip(&mut self, log: LogId, seq: Seq) {
        if self.read_in(log).is_none() {
            self.read = Some((log, seq));
            self.told = self.read;
        }
    }

    /// The same in a log that this device has nothing of. The store is told, or the next start would
    /// count all of that; but not while something is unread in the log before, which it counts only
    /// up to there.
    pub fn begin(&mut self, log: LogId, seq: Seq) {
        let is_told = self.unread == 0 && self.read_in(log).is_none() && seq > Seq(0);
        let told = self.told;
        self.skip(log, seq);
        if is_told {
            self.told = told;
        }
    }

    /// The place read up to, once for each that is new.
    pub fn take_read(&mut self) -> Option<(LogId, Seq)> {
        if self.read == self.told {
            return None;
        }
        self.told = self.read;
        self.read
    }

    /// The log goes on under another id.
    pub fn move_log(&mut self, from: LogId, to: LogId) {
        for place in [&mut self.read, &mut self.told, &mut self.line_after] {
            if let Some((log, _)) = place
                && *log == from
            {
                *log = to;
            }
        }
    }

    /// Another log is read, whose places mean something else.
    pub fn change_log(&mut self) {
        self.line_at = None;
    }

    /// The log goes on differently after this place.
    pub fn go_back(&mut self, log: LogId, seq: Seq) {
        for place in [&mut self.read, &mut self.told] {
            if let Some((known, read)) = place
                && *known == log
            {
                *read = seq.min(*read);
            }
        }
        self.line_at = self.line_at.filter(|at| *at <= seq);
    }

    /// The room comes in front with something unread in it: the line is to stand above that.
    pub fn place_line(&mut self, log: LogId) {
        self.line_at = None;
        self.line_after = Some((log, self.read_in(log).unwrap_or_default()));
    }

    /// Takes the line away.
    pub fn hide_line(&mut self) {
        self.line_after = None;
        self.line_at = None;
    }

    /// An event of the log in use is held: the line stands above it when it is the first unread.
    pub fn note(&mut self, log: LogId, event: &Event, own: DeviceId) {
        let is_unread =
            matches!(self.line_after, Some((known, seq)) if known == log && seq < event.seq);
        let is_above = self.line_at.is_none_or(|at| event.seq < at);
        if is_unread && is_above && event.device != own && is_spoken(&event.body) {
            self.line_at = Some(event.seq);
        }
    }

    /// The event above which the line stands.
    pub fn line_at(&self) -> Option<Seq> {
        self.line_at
    }
}
