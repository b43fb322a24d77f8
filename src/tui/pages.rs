//! Asks for pages of a room's log when the user scrolls past what is held, and goes to a message.

use super::app::{App, Asked, Jump};
use super::window::{Aim, PAGE, PageOutcome};
use crate::locale::say;
use crate::wire::{Body, Event, Found, LogId, Query, RoomName, Seq};

/// Events taken of one answer; what is more was not asked for.
const PAGE_EVENTS_MAX: usize = PAGE as usize;

impl App {
    /// Asks for older events of the room in front when the oldest held are in sight.
    pub(super) fn ask_older(&mut self) {
        let (width, height) = self.pane();
        let context = self.viewer.context(width);
        let room = &mut self.rooms[self.active];
        if room.is_oldest_in_sight(&context, height)
            && let Some(before) = room.ask_older()
        {
            let room = room.name.clone();
            self.ask_page(room, Aim::Older, before, PAGE);
        }
    }

    /// Asks for newer events of the room in front when the newest of the stretch held is in sight.
    pub(super) fn ask_newer(&mut self) {
        let room = &mut self.rooms[self.active];
        if room.is_newest_in_sight()
            && let Some((before, count)) = room.ask_newer()
        {
            let room = room.name.clone();
            self.ask_page(room, Aim::Newer, before, count);
        }
    }

    fn ask_page(&mut self, room: RoomName, aim: Aim, before: Seq, count: u32) {
        let query = Query::History {
            room: room.clone(),
            before: Some(before),
            count,
        };
        let asked = Asked::Page {
            room,
            aim,
            log: None,
            events: Vec::new(),
        };
        self.ask(query, asked);
    }

    /// A page has come, whole.
    pub(super) fn handle_page(
        &mut self,
        room: &RoomName,
        aim: Aim,
        log: LogId,
        mut events: Vec<Event>,
    ) {
        let Some(index) = self.find_room(room) else {
            return;
        };
        events.truncate(PAGE_EVENTS_MAX);
        match self.rooms[index].handle_page(aim, log, events, &self.viewer) {
            PageOutcome::Taken => {}
            PageOutcome::TooLarge => {
                if let Some((before, count)) = self.rooms[index].ask_newer() {
                    self.ask_page(room.clone(), Aim::Newer, before, count);
                }
            }
            PageOutcome::NotThere => self.refuse(&say!("refuse-gone")),
        }
        if matches!(aim, Aim::Around(_)) && index == self.active {
            self.centre_found();
        }
    }

    /// Shows a message that was found, in its room.
    pub(super) fn go_to(&mut self, found: &Found) {
        let Some(index) = self.open(found.room.clone(), false, false) else {
            return self.refuse(&say!("refuse-too-many-rooms"));
        };
        self.show_room(index);
        // An edited message is found as its last edit, which has no place of its own.
        let seq = if let Body::Edit(of, _) = found.event.body {
            of
        } else {
            found.event.seq
        };
        self.jump = Some(Jump {
            room: found.room.clone(),
            log: found.log,
            seq,
        });
        self.follow_jump();
    }

    /// Shows a message of the room in front.
    pub(super) fn show_in_room(&mut self, seq: Seq) {
        if let Some(place) = self.room().place {
            let room = self.room().name.clone();
            let log = place.log;
            self.jump = Some(Jump { room, log, seq });
            self.follow_jump();
        }
    }

    /// Goes to a message once its room is open.
    pub(super) fn follow_jump(&mut self) {
        let Some(jump) = self.jump.take() else { return };
        let Some(index) = self.find_room(&jump.room) else {
            return;
        };
        let room = &mut self.rooms[index];
        let Some(place) = room.place.filter(|_| room.is_opened) else {
            self.jump = Some(jump);
            return;
        };
        if place.log != jump.log {
            return self.refuse(&say!("refuse-other-log"));
        }
        if place.last < jump.seq {
            if jump.seq.0 - place.last.0 > u64::from(PAGE) {
                return self.refuse(&say!("refuse-not-yet"));
            }
            // It comes with the next events of a room that was just opened.
            self.jump = Some(jump);
            return;
        }
        match room.ask_around(jump.seq) {
            Some(before) => self.ask_page(jump.room, Aim::Around(jump.seq), before, PAGE),
            None if index == self.active => self.centre_found(),
            None => {}
        }
    }

    /// Puts the message gone to in the middle of the pane.
    fn centre_found(&mut self) {
        let (width, height) = self.pane();
        let context = self.viewer.context(width);
        let half = isize::try_from(height / 2).unwrap_or(0);
        let room = &mut self.rooms[self.active];
        if room.found.is_some() && !room.is_at_end() {
            room.scroll_by(half, &context, height);
        }
        self.ask_newer();
        self.is_dirty = true;
    }
}
