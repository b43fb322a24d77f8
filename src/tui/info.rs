//! `/info`: what became of a message of this user.

use super::app::{App, Asked};
use super::message::{Context, Item, Mark, Pending, PendingState, is_sent, local};
use super::reactions;
use super::room::RoomView;
use super::submit::SubmitError;
use super::window::Entry;
use super::wrap;
use crate::client::Contact;
use crate::room::text_of;
use crate::wire::{Event, Query, RoomName, Timestamp};

/// Names listed at most. Arbitrary: more than that are counted.
const NAMES_MAX: usize = 20;

/// Columns of the text that stand for the message.
const TEXT_COLUMNS: usize = 36;

impl App {
    /// Tells about the last message of this user in the room in front, or one so many before it.
    pub(super) fn tell_info(&mut self, before: usize) -> Result<(), SubmitError> {
        let own = self.viewer.device;
        let room = self.room();
        let is_own = |entry: &&Entry| match &entry.item {
            Item::Event(event) => event.device == own && is_sent(&event.body),
            Item::Pending(_) => true,
            Item::Notice(_) => false,
        };
        let pending = room.outgoing.pending.iter().rev();
        let held = room.entries.iter().chain(room.end.iter().flatten()).rev();
        let mut entries = pending.chain(room.ahead.iter().rev()).chain(held);
        let entry = entries.by_ref().filter(is_own).nth(before);
        let entry = entry.ok_or(SubmitError::NoOwnMessage)?;
        match (&entry.item, &entry.settled) {
            (Item::Event(event), None) => {
                let about = event.clone();
                self.ask_about(&about);
            }
            (Item::Event(event), Some(settled)) => {
                let mut lines = head_lines(event, &self.viewer.context(0));
                lines.push(match settled.mark {
                    Mark::Delivered => "delivered, in a log that is not read any more".to_owned(),
                    Mark::None | Mark::Queued | Mark::Held | Mark::Stored | Mark::Failed => {
                        "stored in a log that is not read any more".to_owned()
                    }
                });
                self.notice(lines.join("\n"));
            }
            (Item::Pending(pending), _) => {
                let text = pending_text(pending, &self.viewer.context(0));
                self.notice(text);
            }
            (Item::Notice(_), _) => {}
        }
        self.show_end();
        Ok(())
    }

    /// Tells about a message in the log of the room in front, once the relay has said who has it.
    pub(super) fn ask_about(&mut self, event: &Event) {
        let room = self.room().name.clone();
        if self.is_entered() {
            let query = Query::Delivered(room.clone());
            let about = Box::new(event.clone());
            self.ask(query, Asked::Readers { room, about });
        } else {
            self.tell_about(&room, event);
        }
    }

    /// Tells about a message in the log, as far as is known now.
    pub(super) fn tell_about(&mut self, room: &RoomName, event: &Event) {
        let Some(index) = self.find_room(room) else {
            return;
        };
        let context = self.viewer.context(0);
        let room = &self.rooms[index];
        let mut lines = head_lines(event, &context);
        let stored_at = time(event.stored_at(), &context);
        let relay = match &self.contact {
            Contact::Entered { welcome, .. } => format!("relay {}", welcome.relay_name),
            Contact::Searching
            | Contact::Dialing { .. }
            | Contact::Lost { .. }
            | Contact::RelayClosing { .. }
            | Contact::KeyChanged { .. }
            | Contact::Unsupported { .. } => "the relay".to_owned(),
        };
        lines.push(if room.is_durable {
            format!("stored {stored_at} by {relay}")
        } else {
            format!("held by {relay} since {stored_at}, in its memory alone")
        });
        lines.extend(self.reader_lines(room, event));
        if let Some(change) = room.changes.find(event.seq) {
            let reactions = reactions::grouped(change, &self.viewer.name);
            lines.extend(reactions.iter().map(|reaction| {
                let names: Vec<&str> = reaction.names.iter().map(String::as_str).collect();
                format!("{} {}", reaction.emoji, list(&names))
            }));
        }
        self.notice_in(index, lines.join("\n"), false);
    }

    /// Who has a message, and who has not.
    fn reader_lines(&self, room: &RoomView, event: &Event) -> Vec<String> {
        let own = &self.viewer.name;
        let have: Vec<&str> = (room.readers.iter())
            .filter(|(_, seq)| **seq >= event.seq)
            .map(|(name, _)| name.as_str())
            .collect();
        if let Some(other) = room.other(own) {
            return vec![if have.contains(&other.as_str()) {
                format!("delivered to {other}")
            } else {
                format!("not delivered to {other} yet")
            }];
        }
        let lack: Vec<&str> = (room.members.iter())
            .map(|member| member.name.as_str())
            .filter(|name| *name != own.as_str() && !have.contains(name))
            .collect();
        let mut lines = vec![if have.is_empty() {
            "on nobody else's device yet".to_owned()
        } else {
            format!("on the devices of {}", list(&have))
        }];
        if !have.is_empty() && !lack.is_empty() {
            lines.push(format!("not yet of {}", list(&lack)));
        }
        lines
    }
}

fn head_lines(event: &Event, context: &Context) -> Vec<String> {
    let text = text_of(&event.body).unwrap_or_default();
    vec![
        format!("{} {}", event.seq, excerpt(text)),
        format!("sent {}", time(event.sent_at, context)),
    ]
}

fn pending_text(pending: &Pending, context: &Context) -> String {
    let text = excerpt(text_of(&pending.body).unwrap_or_default());
    let sent_at = time(pending.sent_at, context);
    let state = match &pending.state {
        PendingState::Queued => "in the outbox on this device".to_owned(),
        PendingState::Delayed(reason) => {
            format!("in the outbox on this device\nwaiting: {reason}")
        }
        PendingState::Stored => "stored; its place is not known here yet".to_owned(),
        PendingState::Failed(reason) => format!("not sent: {reason}"),
    };
    format!("{text}\nsent {sent_at}\n{state}")
}

fn excerpt(text: &str) -> String {
    wrap::cut(&text.replace(['\n', '\t'], " "), TEXT_COLUMNS)
}

fn time(at: Timestamp, context: &Context) -> String {
    local(at, context.zone).map_or("at an unknown time".to_owned(), |zoned| {
        zoned.strftime("%-d %b %Y %H:%M:%S").to_string()
    })
}

fn list(names: &[&str]) -> String {
    let shown = names[..names.len().min(NAMES_MAX)].join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
