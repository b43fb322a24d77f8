//! What the relay says, one message at a time.

use super::{SessionNews, View, Violation};
use crate::client::outbox::{ENTRIES_MAX, Refused};
use crate::client::positions::Going;
use crate::client::questions::REQUEST_MIN;
use crate::client::room::{Channel, Intent, SEQ_MAX};
use crate::client::update::{MissingSearch, Update};
use crate::time::Instant;
use crate::wire::{
    Answer, CONTROL_CHANNEL, Cursor, Event, LocalId, Opened, Refusal, RoomName, Send, Seq, ToMember,
};

impl View {
    /// Takes one message of the session in use; hands back what concerns the session.
    pub fn handle_message(
        &mut self,
        now: Instant,
        stream: u32,
        message: ToMember,
    ) -> Result<Option<SessionNews>, Violation> {
        if stream == CONTROL_CHANNEL {
            self.handle_control(now, message)
        } else {
            self.handle_channel(now, stream, message).map(|()| None)
        }
    }

    fn handle_channel(
        &mut self,
        now: Instant,
        stream: u32,
        message: ToMember,
    ) -> Result<(), Violation> {
        // A channel that was closed here may still have had messages on their way.
        let Some(name) = self.channels.get(&stream).cloned() else {
            return Ok(());
        };
        let room = (self.rooms.get_mut(&name)).expect("a channel belongs to a room");
        match message {
            ToMember::Opened(opened) => self.handle_opened(stream, name, opened)?,
            ToMember::Event(event) => self.handle_event(now, &name, event)?,
            ToMember::Stored {
                local,
                seq,
                stored_after,
            } => self.handle_stored(now, &name, local, seq, stored_after)?,
            ToMember::NotStored { local, refusal } => {
                self.handle_not_stored(now, name, local, refusal);
            }
            ToMember::Delivered { name: who, seq } => {
                self.unheard.heard(&name, seq);
                if room.is_heard() {
                    self.updates.push_back(Update::Delivered {
                        room: name,
                        name: who,
                        seq,
                    });
                }
            }
            ToMember::Typing { name: who } => {
                if room.is_followed() {
                    self.updates.push_back(Update::Typing {
                        room: name,
                        name: who,
                    });
                }
            }
            ToMember::Members(members) => {
                self.unheard.members(&name, &members);
                if room.is_followed() {
                    self.updates.push_back(Update::Members {
                        room: name,
                        members,
                    });
                }
            }
            ToMember::Welcome(_)
            | ToMember::Answer { .. }
            | ToMember::Refused { .. }
            | ToMember::Waiting { .. }
            | ToMember::Ahead { .. }
            | ToMember::Closing { .. } => return Err(Violation::Channel),
        }
        Ok(())
    }

    fn handle_control(
        &mut self,
        now: Instant,
        message: ToMember,
    ) -> Result<Option<SessionNews>, Violation> {
        match message {
            ToMember::Welcome(welcome) => return Ok(Some(SessionNews::Welcome(welcome))),
            ToMember::Closing { is_hosted } => {
                return Ok(Some(SessionNews::Closing { is_hosted }));
            }
            ToMember::Refused {
                subject: 0,
                refusal,
            } => return Ok(Some(SessionNews::Refused(refusal))),
            ToMember::Refused { subject, refusal } if subject >= REQUEST_MIN => {
                self.handle_ask_refused(now, subject, refusal);
            }
            ToMember::Refused { subject, refusal } => {
                self.handle_open_refused(now, subject, refusal);
            }
            ToMember::Answer {
                request,
                part,
                is_last,
            } => self.handle_answer(request, part, is_last)?,
            ToMember::Ahead { channel, event } => self.handle_ahead(now, channel, event),
            ToMember::Waiting { room, seq } => {
                self.updates.push_back(Update::Waiting { room, seq });
            }
            ToMember::Opened(_)
            | ToMember::Event(_)
            | ToMember::Stored { .. }
            | ToMember::NotStored { .. }
            | ToMember::Delivered { .. }
            | ToMember::Typing { .. }
            | ToMember::Members(_) => return Err(Violation::Channel),
        }
        Ok(None)
    }

    fn handle_answer(
        &mut self,
        request: u32,
        part: Answer,
        is_last: bool,
    ) -> Result<(), Violation> {
        let parts = self
            .questions
            .handle_part(request, part, is_last)
            .map_err(|_| Violation::Endless)?
            .unwrap_or_default();
        if !parts.is_empty() && self.is_own_question(request) {
            return self.handle_own_answer(parts);
        }
        let last = parts.len().saturating_sub(1);
        for (index, part) in parts.into_iter().enumerate() {
            self.updates.push_back(Update::Answer {
                request,
                part,
                is_last: index == last,
            });
        }
        Ok(())
    }

    fn handle_ask_refused(&mut self, now: Instant, request: u32, refusal: Refusal) {
        if !self.questions.refuse(request) {
            return;
        }
        if self.is_own_question(request) {
            self.handle_own_refused(now, &refusal);
        } else {
            self.updates
                .push_back(Update::AskRefused { request, refusal });
        }
    }

    fn handle_opened(
        &mut self,
        channel: u32,
        name: RoomName,
        opened: Opened,
    ) -> Result<(), Violation> {
        let (Some(welcome), Some(room)) = (&self.welcome, self.rooms.get_mut(&name)) else {
            return Err(Violation::Malformed);
        };
        if room.channel != Channel::Opening(channel) {
            return Err(Violation::Malformed);
        }
        if opened.after > SEQ_MAX || opened.head.seq > SEQ_MAX || opened.first > SEQ_MAX.next() {
            return Err(Violation::Range);
        }
        let going = room.opened(channel, welcome.relay, &opened);
        if matches!(room.intent, Intent::Use { .. }) {
            self.updates.push_back(Update::Opened {
                room: name.clone(),
                opened,
            });
        }
        match going {
            Some(Going::Gone(count)) => {
                let room = name.clone();
                self.updates.push_back(Update::Gone { room, count });
            }
            Some(Going::Anew | Going::On) | None => {}
        }
        Ok(())
    }

    fn handle_event(
        &mut self,
        now: Instant,
        name: &RoomName,
        event: Event,
    ) -> Result<(), Violation> {
        let room = (self.rooms.get_mut(name)).expect("a channel belongs to a room");
        let Some(cursor) = room.cursor() else {
            return match room.channel {
                Channel::Open(_) => Ok(()),
                Channel::Opening(_)
                | Channel::Closed
                | Channel::Waiting { .. }
                | Channel::Comparing(_) => Err(Violation::Malformed),
            };
        };
        if event.seq > cursor.seq.next() {
            return Err(Violation::Gap);
        }
        self.settle(now, name, &event);
        if event.seq == cursor.seq.next() {
            self.deliver(name, cursor, event)?;
        }
        Ok(())
    }

    /// An event that comes before its turn is only shown. An own one is known to be stored.
    fn handle_ahead(&mut self, now: Instant, channel: u32, event: Event) {
        let Some(name) = self.channels.get(&channel).cloned() else {
            return;
        };
        let room = (self.rooms.get_mut(&name)).expect("a channel belongs to a room");
        let Some(cursor) = room.cursor() else {
            return;
        };
        if event.seq <= cursor.seq || event.seq >= SEQ_MAX {
            return;
        }
        let is_early = room.early_len() < ENTRIES_MAX;
        if self.settle(now, &name, &event) && is_early {
            // In its turn the relay may only confirm it, and the outbox has it no more.
            let room = (self.rooms.get_mut(&name)).expect("a channel belongs to a room");
            room.confirm_early(event.clone());
        }
        self.updates.push_back(Update::Ahead {
            room: name,
            log: cursor.log,
            event,
        });
    }

    /// An event in the log settles its entry in the outbox, if there is one.
    fn settle(&mut self, now: Instant, name: &RoomName, event: &Event) -> bool {
        if event.device != self.device {
            return false;
        }
        let settled = self.take_stored(now, name, event.local, event.seq);
        settled.is_some()
    }

    /// A message is stored, which takes it out of the outbox if it is there.
    fn take_stored(
        &mut self,
        now: Instant,
        name: &RoomName,
        local: LocalId,
        seq: Seq,
    ) -> Option<Send> {
        let send = self.outbox.remove(name, local)?;
        self.unheard.stored(now, name, seq, &send);
        self.updates.push_back(Update::Stored {
            room: name.clone(),
            local,
            seq,
        });
        Some(send)
    }

    fn handle_stored(
        &mut self,
        now: Instant,
        name: &RoomName,
        local: LocalId,
        seq: Seq,
        stored_after: i64,
    ) -> Result<(), Violation> {
        let room = (self.rooms.get_mut(name)).expect("a channel belongs to a room");
        let cursor = room.cursor();
        if self.outbox.confirmed_unsent(name, local) {
            return Err(Violation::Unsent);
        }
        let Some(send) = self.take_stored(now, name, local, seq) else {
            let room = (self.rooms.get_mut(name)).expect("a channel belongs to a room");
            return match cursor {
                // Told ahead: its turn is now, or will be.
                Some(cursor) if seq > cursor.seq && room.is_early(seq) => {
                    let is_next = seq == cursor.seq.next();
                    match room.take_early(seq).filter(|event| event.local == local) {
                        Some(event) if is_next => self.deliver(name, cursor, event),
                        Some(event) => {
                            room.confirm_early(event);
                            Ok(())
                        }
                        None => Err(Violation::Gap),
                    }
                }
                Some(cursor) if seq > cursor.seq => Err(Violation::Gap),
                // Its event was handed out before, or else can't be made: only the relay has it.
                Some(_) | None => Ok(()),
            };
        };
        let (Some(cursor), Some(from)) = (cursor, &self.entered_as) else {
            return Ok(());
        };
        if seq <= cursor.seq {
            return Ok(());
        }
        let is_again = send.again;
        let event = Event {
            seq,
            device: self.device,
            local,
            ordinal: send.ordinal,
            from: from.clone(),
            sent_at: send.sent_at,
            stored_after,
            body: send.body,
        };
        if seq == cursor.seq.next() {
            return self.deliver(name, cursor, event);
        }
        let room = (self.rooms.get_mut(name)).expect("a channel belongs to a room");
        // Found in the log by its number while the events before it are still on their way.
        if is_again && room.early_len() < ENTRIES_MAX {
            room.confirm_early(event);
            return Ok(());
        }
        Err(Violation::Gap)
    }

    fn handle_not_stored(
        &mut self,
        now: Instant,
        room: RoomName,
        local: LocalId,
        refusal: Refusal,
    ) {
        let channel = self.rooms.get(&room).map(|room| room.channel);
        if !matches!(channel, Some(Channel::Open(_))) {
            // Nothing was sent on a channel that is not open yet.
            return;
        }
        match self.outbox.refused(now, &room, local, &refusal) {
            Refused::Removed => self.updates.push_back(Update::NotStored {
                room,
                local,
                refusal,
            }),
            Refused::Delayed => self.updates.push_back(Update::Delayed {
                room,
                local,
                refusal,
            }),
            Refused::Unchanged => {}
        }
    }

    /// Hands out the event after `cursor`, and those confirmed early that follow it.
    fn deliver(&mut self, name: &RoomName, cursor: Cursor, event: Event) -> Result<(), Violation> {
        let room = (self.rooms.get_mut(name)).expect("a channel belongs to a room");
        let mut next = Some(event);
        while let Some(event) = next {
            let seq = event.seq;
            if seq >= SEQ_MAX {
                return Err(Violation::Range);
            }
            // Sent as well as confirmed: one of the two is enough.
            room.take_early(seq);
            let hash = room.advance(&event);
            if let Some(missing) = room.gaps.read(&event) {
                self.updates.push_back(Update::Missing {
                    room: name.clone(),
                    from: missing.from,
                    count: missing.count,
                    search: MissingSearch::Asking,
                });
            }
            self.updates.push_back(Update::Event {
                room: name.clone(),
                log: cursor.log,
                hash,
                event,
            });
            next = room.take_early(seq.next());
        }
        Ok(())
    }
}
