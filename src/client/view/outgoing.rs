//! What is wanted and not yet said in this session, one message at a time.

use super::{CHANNEL_MAX, View};
use crate::client::room::{Channel, Intent, Room};
use crate::time::Instant;
use crate::wire::{CONTROL_CHANNEL, Open, RelayId, RoomName, ToRelay};

/// Something said to the relay, to be confirmed by [`View::handed_over`].
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Close,
    Open(RoomName),
    CloseRoom(RoomName),
    Presence,
    Rename,
    Ask(u32),
    Send(RoomName),
    Seen(RoomName),
    Read(RoomName),
    Typing(RoomName),
}

/// A message for the session.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::client) struct Message {
    pub stream: u32,
    pub message: ToRelay,
    said: Said,
}

impl View {
    /// What is to be said next; confirmed by [`View::handed_over`] once the session took it.
    pub fn next_message(&mut self) -> Option<Message> {
        self.ask_own_question();
        let welcome = self.welcome.as_ref()?;
        if let Some(channel) = self.closes.front() {
            return Some(control(
                ToRelay::Close {
                    channel: *channel,
                    leave: false,
                },
                Said::Close,
            ));
        }
        self.next_of_rooms(welcome.relay)
            .or_else(|| self.next_control())
            .or_else(|| self.next_of_channels())
    }

    /// Rooms to open or to close.
    fn next_of_rooms(&self, relay: RelayId) -> Option<Message> {
        self.rooms.iter().find_map(|(name, room)| match room {
            Room {
                channel: Channel::Closed,
                ..
            } if self.next_channel <= CHANNEL_MAX => Some(control(
                ToRelay::Open(Open {
                    channel: self.next_channel,
                    room: name.clone(),
                    create: room.create(),
                    follow: room.follow(relay),
                }),
                Said::Open(name.clone()),
            )),
            Room {
                channel: Channel::Open(channel),
                intent: Intent::Close { leave },
                ..
            } if !self.outbox.has(name) => Some(control(
                ToRelay::Close {
                    channel: *channel,
                    leave: *leave,
                },
                Said::CloseRoom(name.clone()),
            )),
            Room { .. } => None,
        })
    }

    fn next_control(&self) -> Option<Message> {
        if !self.is_presence_said {
            let (presence, status) = self.presence.clone();
            return Some(control(ToRelay::Presence(presence, status), Said::Presence));
        }
        if let Some(name) = &self.rename {
            return Some(control(ToRelay::Rename(name.clone()), Said::Rename));
        }
        let (request, query) = self.questions.next()?;
        Some(control(
            ToRelay::Ask {
                request,
                query: query.clone(),
            },
            Said::Ask(request),
        ))
    }

    /// Messages for open channels.
    fn next_of_channels(&self) -> Option<Message> {
        let sends = self.outbox.rooms().find_map(|name| {
            let Channel::Open(stream) = self.rooms.get(name)?.channel else {
                return None;
            };
            Some(Message {
                stream,
                message: ToRelay::Send(self.outbox.next(name)?),
                said: Said::Send(name.clone()),
            })
        });
        sends.or_else(|| {
            self.rooms.iter().find_map(|(name, room)| {
                let (message, said) = next_of_room(name, room)?;
                let stream = room.channel.number()?;
                Some(Message {
                    stream,
                    message,
                    said,
                })
            })
        })
    }

    /// The session took this message of [`View::next_message`].
    pub fn handed_over(&mut self, now: Instant, message: Message) {
        match message.said {
            Said::Close => drop(self.closes.pop_front()),
            Said::Open(name) => {
                if let (Some(welcome), Some(room)) = (&self.welcome, self.rooms.get_mut(&name)) {
                    room.opening(self.next_channel, welcome.relay);
                    self.channels.insert(self.next_channel, name);
                    self.next_channel += 1;
                }
            }
            Said::CloseRoom(name) => {
                if let Some(room) = self.rooms.remove(&name)
                    && let Some(channel) = room.channel.number()
                {
                    self.channels.remove(&channel);
                }
                self.outbox.channel_lost(&name);
                self.drop_own_question_about(&name);
            }
            Said::Presence => self.is_presence_said = true,
            Said::Rename => self.rename = None,
            Said::Ask(request) => self.questions.handed_over(request),
            Said::Send(name) => self.outbox.handed_over(&name),
            Said::Seen(name) => {
                if let Some(room) = self.rooms.get_mut(&name) {
                    room.seen.handed_over(now);
                }
            }
            Said::Read(name) => {
                if let Some(room) = self.rooms.get_mut(&name) {
                    room.read.handed_over(now);
                }
            }
            Said::Typing(name) => {
                if let Some(room) = self.rooms.get_mut(&name) {
                    room.typing_handed_over(now);
                }
            }
        }
    }
}

/// What is to be said of a room, on its channel.
fn next_of_room(name: &RoomName, room: &Room) -> Option<(ToRelay, Said)> {
    let name = || name.clone();
    if let Some(seq) = room.seen_due() {
        return Some((ToRelay::Seen(seq), Said::Seen(name())));
    }
    if let Some(seq) = room.read_due() {
        return Some((ToRelay::Read(seq), Said::Read(name())));
    }
    (room.is_typing()).then(|| (ToRelay::Typing, Said::Typing(name())))
}

/// A message on the control channel.
fn control(message: ToRelay, said: Said) -> Message {
    Message {
        stream: CONTROL_CHANNEL,
        message,
        said,
    }
}
