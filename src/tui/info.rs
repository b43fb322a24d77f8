//! `/info`: what became of a message of this user.

use std::collections::BTreeMap;

use super::app::{App, Asked};
use super::message::{Context, Item, Mark, Pending, PendingState, is_sent};
use super::names;
use super::reactions;
use super::room::RoomView;
use super::submit::SubmitError;
use super::times::moment;
use super::window::Entry;
use super::wrap;
use crate::client::Contact;
use crate::locale::{Language, tr};
use crate::room::text_of;
use crate::wire::{Event, Name, Query, RoomName, Seq, Timestamp};

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
                    Mark::Delivered => tr!(self.language(), "info-old-log-delivered"),
                    Mark::None | Mark::Queued | Mark::Held | Mark::Stored | Mark::Failed => {
                        tr!(self.language(), "info-old-log-stored")
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
        let stored_at = moment(
            event.stored_at(),
            "%H:%M:%S",
            context.zone,
            context.language,
        );
        let language = self.language();
        let relay = match &self.contact {
            Contact::Entered { welcome, .. } => {
                tr!(language, "info-relay", name = welcome.relay_name)
            }
            Contact::Searching
            | Contact::Dialing { .. }
            | Contact::Lost { .. }
            | Contact::RelayClosing { .. }
            | Contact::KeyChanged { .. }
            | Contact::Unsupported { .. } => tr!(language, "info-a-relay"),
        };
        lines.push(if room.is_durable {
            tr!(language, "info-stored", time = stored_at, relay = relay)
        } else {
            tr!(language, "info-held", time = stored_at, relay = relay)
        });
        lines.extend(self.reader_lines(room, event));
        if let Some(change) = room.changes.find(event.seq) {
            let reactions = reactions::grouped(change, &self.viewer.name);
            lines.extend(reactions.iter().map(|reaction| {
                let names: Vec<&str> = reaction.names.iter().map(String::as_str).collect();
                format!(
                    "{} {}",
                    reaction.emoji,
                    names::row_up_to(&names, NAMES_MAX, language)
                )
            }));
        }
        self.notice_in(index, lines.join("\n"), false);
    }

    /// Who has a message, and who has not.
    fn reader_lines(&self, room: &RoomView, event: &Event) -> Vec<String> {
        let reach = Reach {
            seq: event.seq,
            own: &self.viewer.name,
            stored: &room.readers,
            read: &room.reads,
        };
        match room.other(&self.viewer.name) {
            Some(other) => vec![reach.line_of(&other, self.language())],
            None => {
                let members = room.members.iter().map(|member| &member.name);
                reach.lines(members, self.language())
            }
        }
    }
}

/// How far a message got.
pub struct Reach<'a> {
    /// Its place.
    pub seq: Seq,
    /// The name this user goes by.
    pub own: &'a Name,
    /// Up to where others have stored the room.
    pub stored: &'a BTreeMap<Name, Seq>,
    /// Up to where they have read it.
    pub read: &'a BTreeMap<Name, Seq>,
}

impl Reach<'_> {
    fn is_in(&self, of: &BTreeMap<Name, Seq>, name: &Name) -> bool {
        of.get(name).is_some_and(|seq| *seq >= self.seq)
    }

    /// Whether the other one of a room of two has it.
    pub fn line_of(&self, other: &Name, language: Language) -> String {
        if self.is_in(self.read, other) {
            tr!(language, "info-read-by", names = other)
        } else if self.is_in(self.stored, other) {
            tr!(language, "info-delivered-to", name = other)
        } else {
            tr!(language, "info-not-delivered-to", name = other)
        }
    }

    /// Who has it, and who of these members has not.
    pub fn lines<'m>(
        &self,
        members: impl Iterator<Item = &'m Name>,
        language: Language,
    ) -> Vec<String> {
        let read: Vec<&str> = (self.read.keys())
            .filter(|name| self.is_in(self.read, name))
            .map(Name::as_str)
            .collect();
        let have: Vec<&str> = (self.stored.keys())
            .filter(|name| self.is_in(self.stored, name) && !self.is_in(self.read, name))
            .map(Name::as_str)
            .collect();
        let is_lacking = |name: &&str| !read.contains(name) && !have.contains(name);
        let lack: Vec<&str> = members
            .map(Name::as_str)
            .filter(|name| *name != self.own.as_str() && is_lacking(name))
            .collect();
        let mut parts = Vec::new();
        if !read.is_empty() {
            let names = names::row_up_to(&read, NAMES_MAX, language);
            parts.push(tr!(language, "info-read-by", names = names));
        }
        if !have.is_empty() {
            let names = names::row_up_to(&have, NAMES_MAX, language);
            parts.push(tr!(language, "info-on-devices", names = names));
        }
        if parts.is_empty() {
            return vec![tr!(language, "info-on-no-device")];
        }
        let mut lines = vec![parts.join(&tr!(language, "fold-between"))];
        if !lack.is_empty() {
            let names = names::row_up_to(&lack, NAMES_MAX, language);
            lines.push(tr!(language, "info-not-on-devices", names = names));
        }
        lines
    }
}

fn head_lines(event: &Event, context: &Context) -> Vec<String> {
    let text = text_of(&event.body).unwrap_or_default();
    vec![
        format!("{} {}", event.seq, excerpt(text)),
        sent_line(event.sent_at, context),
    ]
}

fn pending_text(pending: &Pending, context: &Context) -> String {
    let text = excerpt(text_of(&pending.body).unwrap_or_default());
    let sent = sent_line(pending.sent_at, context);
    let language = context.language;
    let state = match &pending.state {
        PendingState::Queued => tr!(language, "info-queued"),
        PendingState::Delayed(reason) => {
            let waiting = tr!(language, "pending-waiting", reason = reason);
            format!("{}\n{waiting}", tr!(language, "info-queued"))
        }
        PendingState::Stored => tr!(language, "info-place-unknown"),
        PendingState::Failed(reason) => tr!(language, "pending-failed", reason = reason),
    };
    format!("{text}\n{sent}\n{state}")
}

fn excerpt(text: &str) -> String {
    wrap::cut(&text.replace(['\n', '\t'], " "), TEXT_COLUMNS)
}

fn sent_line(at: Timestamp, context: &Context) -> String {
    let time = moment(at, "%H:%M:%S", context.zone, context.language);
    tr!(context.language, "info-sent", time = time)
}
