//! Who is told what next: events by cursor, and what goes along with them.

use std::collections::VecDeque;

use bytes::Bytes;

use super::rooms::{Change, HallRoom};
use super::seat::{Ahead, Channel, Outgoing, Own, Page, Seat};
use super::{Hall, RoomId, SessionId, Ticket};
use crate::relay::limits::PAGE_EVENTS_MAX;
use crate::relay::notice::Dismissal;
use crate::room::log::LogRequest;
use crate::session::Priority;
use crate::wire::{CONTROL_CHANNEL, Event, Name, Seq, ToMember};

/// What one channel has to say next.
enum Step {
    /// This.
    Say { data: Bytes, priority: Priority },
    /// The member list from its start: too many changes were missed.
    Roster(RoomId),
    /// An event before its turn, on the control channel.
    Ahead { data: Bytes },
    /// What the store has of the room from `after` on to `up_to`.
    Page {
        room: RoomId,
        after: Seq,
        up_to: Seq,
    },
    /// Nothing for now.
    Nothing,
}

impl Hall {
    /// The next message for a session that has room for one; `None` when all is said. A message
    /// taken is taken: it must be sent.
    pub fn poll_message(&mut self, id: SessionId) -> Option<Outgoing> {
        loop {
            let seat = self.seats.get_mut(&id)?;
            if let Some(outgoing) = seat.queue.pop_front() {
                return Some(outgoing);
            }
            if let Some(room) = seat.waiting.pop_first() {
                let room = &self.rooms[room.0].room;
                seat.say(&ToMember::Waiting {
                    room: room.name.clone(),
                    seq: room.head,
                });
            } else if let Some(outgoing) = self.poll_channels(id) {
                return Some(outgoing);
            } else if !self.answer_next(id) {
                return None;
            }
        }
    }

    /// The next message of the channels, each in its turn.
    fn poll_channels(&mut self, id: SessionId) -> Option<Outgoing> {
        let seat = self.seats.get(&id)?;
        let served = seat.channel_served;
        let after = seat.channels.range(served.saturating_add(1)..);
        let turn: Vec<u32> = after
            .chain(seat.channels.range(..=served))
            .map(|(number, _)| *number)
            .collect();
        for number in turn {
            if let Some(outgoing) = self.poll_channel(id, number) {
                self.seats.get_mut(&id)?.channel_served = number;
                return Some(outgoing);
            }
        }
        None
    }

    fn poll_channel(&mut self, id: SessionId, number: u32) -> Option<Outgoing> {
        loop {
            let seat = self.seats.get_mut(&id)?;
            let channel = seat.channels.get_mut(&number)?;
            let hall_room = &self.rooms[channel.room.0];
            match channel.step(number, hall_room, &mut seat.page) {
                Step::Say { data, priority } => {
                    return Some(Outgoing {
                        stream: number,
                        priority,
                        data,
                    });
                }
                Step::Ahead { data } => {
                    return Some(Outgoing {
                        stream: CONTROL_CHANNEL,
                        priority: Priority::Chat,
                        data,
                    });
                }
                Step::Roster(room) => {
                    let (roster, change_next) = self.roster_from_start(room);
                    let channel = self.seats.get_mut(&id)?.channels.get_mut(&number)?;
                    if let Some(follow) = &mut channel.follow {
                        follow.roster = roster;
                        follow.change_next = change_next;
                    }
                }
                Step::Page { room, after, up_to } => {
                    self.ask_page(id, number, room, after, up_to);
                    return None;
                }
                Step::Nothing => return None,
            }
        }
    }

    fn ask_page(&mut self, id: SessionId, channel: u32, room: RoomId, after: Seq, up_to: Seq) {
        let room = self.rooms[room.0].room.name.clone();
        let ticket = self.ask_store(Ticket::Page(id), |ticket| LogRequest::After {
            ticket,
            room,
            after,
            up_to,
            count_max: PAGE_EVENTS_MAX,
        });
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.page = Some(Page::Asked { channel, ticket });
        }
    }

    /// Takes in events for a channel that is behind.
    pub(super) fn take_page(&mut self, id: SessionId, ticket: u64, events: Vec<Event>) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let channel = match seat.page.take() {
            Some(Page::Asked { channel, ticket: t }) if t == ticket => channel,
            page => {
                seat.page = page;
                return;
            }
        };
        // The channel may have been closed meanwhile.
        let follow = seat.channels.get(&channel).and_then(|c| c.follow.as_ref());
        if let Some(next) = follow.map(|follow| follow.next) {
            let events: VecDeque<Event> = events
                .into_iter()
                .zip(next.0..)
                .take_while(|(event, seq)| event.seq.0 == *seq)
                .map(|(event, _)| event)
                .collect();
            if events.is_empty() && self.prune.is_under_way() {
                // Deleted just now; the reader will be told how much.
                self.move_reader(id, channel);
                return;
            }
            if events.is_empty() {
                self.dismiss(id, Dismissal::Unreadable);
                return;
            }
            seat.page = Some(Page::Ready { channel, events });
        }
        self.wake(id);
    }

    /// Tells the sessions of a direct room's other user that have not opened it.
    pub(super) fn tell_waiting(&mut self, room: RoomId, writer: &Name) {
        let Some((first, second)) = self.rooms[room.0].room.name.direct_users() else {
            return;
        };
        for name in [first, second] {
            let Some(person) = self.people.get(&name).filter(|_| name != *writer) else {
                continue;
            };
            for id in &person.seats {
                if let Some(seat) = self.seats.get_mut(id)
                    && seat.is_visible()
                    && !seat.has_open(room)
                {
                    seat.waiting.insert(room);
                    self.ready.insert(*id);
                }
            }
        }
    }
}

impl Channel {
    /// What this channel has to say next. `page` is the session's; it may be another channel's.
    fn step(&mut self, number: u32, hall_room: &HallRoom, page: &mut Option<Page>) -> Step {
        if let Some((name, seq)) = self.delivered.pop_first() {
            return Step::receipt(&ToMember::Delivered { name, seq });
        }
        if let Some(name) = self.typing.pop_first() {
            // Before what they say when they have done so.
            return Step::receipt(&ToMember::Typing { name });
        }
        let Some(follow) = &mut self.follow else {
            return match self.own.pop_front() {
                Some(own) => Step::receipt(&own.stored()),
                None => Step::Nothing,
            };
        };
        if let Some(data) = follow.roster.pop_front() {
            return Step::chat(data);
        }
        match hall_room.change(follow.change_next) {
            Change::Next(data) => {
                follow.change_next += 1;
                return Step::chat(data);
            }
            Change::Roster => return Step::Roster(self.room),
            Change::None => {}
        }
        let next = follow.next;
        if next > hall_room.room.head {
            return Step::Nothing;
        }
        let tail = &hall_room.room.tail;
        if let Some(event) = tail.event(next) {
            let step = match take_own(&mut self.own, next) {
                Some(own) => Step::receipt(&own.stored()),
                None => Step::chat(event.clone()),
            };
            follow.next = next.next();
            follow.ahead = None;
            if matches!(page, Some(Page::Ready { channel, .. }) if *channel == number) {
                // The tail has overtaken what was read from the store.
                *page = None;
            }
            return step;
        }
        // Far behind: what is said just now does not wait for all that lies between.
        let ahead = follow.ahead.get_or_insert(Ahead {
            next: hall_room.room.head.next(),
            owes: false,
        });
        let is_page_ready = matches!(page, Some(Page::Ready { channel, .. }) if *channel == number);
        let seq = ahead.next.max(tail.first());
        if !(ahead.owes && is_page_ready)
            && let Some(event) = tail.event(seq)
            && let Ok(ToMember::Event(event)) = ToMember::decode(event)
        {
            *ahead = Ahead {
                next: seq.next(),
                owes: true,
            };
            // It confirms itself; in its turn the event is sent, not the confirmation.
            self.own.retain(|own| own.seq != seq);
            let message = ToMember::Ahead {
                channel: number,
                event,
            };
            return Step::Ahead {
                data: message.encode().into(),
            };
        }
        match page {
            None => Step::Page {
                room: self.room,
                after: Seq(next.0 - 1),
                up_to: Seq(tail.first().0 - 1),
            },
            Some(Page::Ready { channel, events }) if *channel == number => {
                let event = events.pop_front();
                if events.is_empty() {
                    *page = None;
                }
                let Some(event) = event else {
                    return Step::Nothing;
                };
                follow.next = next.next();
                ahead.owes = false;
                match take_own(&mut self.own, next) {
                    Some(own) => Step::receipt(&own.stored()),
                    None => Step::Say {
                        data: ToMember::Event(event).encode().into(),
                        priority: Priority::Bulk,
                    },
                }
            }
            Some(Page::Asked { .. } | Page::Ready { .. }) => Step::Nothing,
        }
    }
}

impl Step {
    fn receipt(message: &ToMember) -> Self {
        Self::Say {
            data: message.encode().into(),
            priority: Priority::Receipt,
        }
    }

    fn chat(data: Bytes) -> Self {
        Self::Say {
            data,
            priority: Priority::Chat,
        }
    }
}

impl Seat {
    /// Forgets the events read for a channel that is closed.
    pub(super) fn drop_page_of(&mut self, number: u32) {
        if matches!(&self.page, Some(Page::Ready { channel, .. }) if *channel == number) {
            self.page = None;
        }
    }
}

/// The own event at this place, if it is one for which a receipt is enough.
fn take_own(own: &mut VecDeque<Own>, seq: Seq) -> Option<Own> {
    own.pop_front_if(|own| own.seq == seq)
        .filter(|own| own.is_known)
}
