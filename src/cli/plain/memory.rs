//! The messages that were told of a room, so that people can name them.

use std::collections::BTreeMap;

use super::request::Which;
use crate::tui::ignore::Ignored;
use crate::wire::{Body, DeviceId, Event, LogId, Name, SafeText, Seq};

/// Messages remembered of a room, the newest. Arbitrary: more than somebody has in mind.
const MESSAGES_MAX: usize = 256;

/// Messages of a room of which is remembered what they became. Arbitrary: texts of the longest kind take
/// two megabytes.
const CHANGES_MAX: usize = 128;

/// Messages of this user in a room of which the text is remembered. Arbitrary: texts of the longest kind
/// take a quarter of a megabyte.
const OWN_MAX: usize = 16;

/// Own reactions remembered of a room. Arbitrary: of those before, another is put in their place.
const REACTIONS_MAX: usize = 256;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It has another text.
    Edited(SafeText),
    /// It was taken back.
    TakenBack,
}

impl Change {
    /// Which message an event changes, and into what.
    pub fn of(event: &Event) -> Option<(Seq, Self)> {
        match &event.body {
            Body::Edit(of, text) => Some((*of, Self::Edited(text.clone()))),
            Body::Redaction(of) => Some((*of, Self::TakenBack)),
            Body::Message(_) | Body::Reply(..) | Body::Action(_) | Body::Reaction(..) => None,
            Body::Join | Body::Leave | Body::Topic(_) | Body::Role(..) | Body::Rename(_) => None,
        }
    }
}

/// What was told of a room.
#[derive(Debug, Default)]
pub struct Memory {
    /// The log that all of this is in.
    log: Option<LogId>,
    /// Whether the user was told of something, in this log or another.
    is_told: bool,
    /// Whether its end is known from the relay.
    is_open: bool,
    told: BTreeMap<Seq, (Name, DeviceId)>,
    /// The last event heard of.
    end: Seq,
    changes: BTreeMap<Seq, Change>,
    /// What this user reacted with.
    reactions: BTreeMap<Seq, SafeText>,
    /// What this user said last, and still says there, as it is now.
    own: BTreeMap<Seq, String>,
}

impl Memory {
    /// Remembers an event of this log; of another log than before, nothing else is left.
    pub fn add(&mut self, log: LogId, event: &Event, own: DeviceId) {
        if self.log != Some(log) {
            *self = Self {
                log: Some(log),
                is_told: self.is_told,
                ..Self::default()
            };
        }
        self.end = self.end.max(event.seq);
        let is_own = event.device == own;
        if let Some((of, change)) = Change::of(event) {
            self.changes.insert(of, change);
            if self.changes.len() > CHANGES_MAX {
                self.changes.pop_first();
            }
        }
        match &event.body {
            Body::Message(text) | Body::Reply(_, text) | Body::Action(text) => {
                self.note(event);
                if is_own {
                    self.own.insert(event.seq, text.to_string());
                    if self.own.len() > OWN_MAX {
                        self.own.pop_first();
                    }
                }
            }
            Body::Edit(of, text) => {
                if let Some(own) = self.own.get_mut(of) {
                    *own = text.to_string();
                }
            }
            Body::Redaction(of) => {
                self.own.remove(of);
            }
            Body::Reaction(of, code) => {
                if is_own && code.is_empty() {
                    self.reactions.remove(of);
                } else if is_own {
                    self.reactions.insert(*of, code.clone());
                    if self.reactions.len() > REACTIONS_MAX {
                        self.reactions.pop_first();
                    }
                }
            }
            Body::Join | Body::Leave | Body::Topic(_) | Body::Role(..) | Body::Rename(_) => {}
        }
    }

    fn note(&mut self, event: &Event) {
        let who = (event.from.clone(), event.device);
        self.told.insert(event.seq, who);
        if self.told.len() > MESSAGES_MAX {
            self.told.pop_first();
        }
    }

    /// The message meant; `None` when there is none.
    pub fn find(&self, which: &Which) -> Option<Seq> {
        match which {
            Which::Exact(seq) => self.is_there(*seq).then_some(*seq),
            Which::Ending { number, digits } => {
                let exact = Seq(*number);
                if self.told.contains_key(&exact) {
                    return Some(exact);
                }
                let modulus = 10_u64.checked_pow(*digits);
                let ends_so = |seq: &&Seq| modulus.is_some_and(|of| seq.0 % of == *number);
                let found = self.told.keys().rev().find(ends_so).copied();
                found.or(self.is_there(exact).then_some(exact))
            }
            Which::LastOf(name) => {
                let mut told = self.told.iter().rev();
                told.find(|(_, (from, _))| from == name)
                    .map(|(seq, _)| *seq)
            }
        }
    }

    /// Whether a message may be there: until the room is open, the relay judges.
    fn is_there(&self, seq: Seq) -> bool {
        seq.0 > 0 && (!self.is_open || seq <= self.end)
    }

    /// Whether anything is known of the room, so that a number means something.
    pub const fn has_log(&self) -> bool {
        self.log.is_some()
    }

    /// What became of a message, as far as it was told.
    pub fn change(&self, of: Seq) -> Option<&Change> {
        self.changes.get(&of)
    }

    /// Who said a message, and on which device.
    pub fn who(&self, seq: Seq) -> Option<&(Name, DeviceId)> {
        self.told.get(&seq)
    }

    /// The devices on which somebody of this name spoke.
    pub fn devices(&self, name: &Name) -> impl Iterator<Item = DeviceId> {
        let told = self.told.values();
        told.filter(move |(from, _)| from == name)
            .map(|(_, device)| *device)
    }

    /// The last message that is still there, of those who are not ignored.
    pub fn last(&self, ignored: &Ignored) -> Option<Seq> {
        let mut told = self.told.iter().rev();
        let found = told.find(|(seq, (from, device))| {
            self.changes.get(seq) != Some(&Change::TakenBack) && !ignored.has(from, *device)
        });
        found.map(|(seq, _)| *seq)
    }

    /// The last message of this user, and its text.
    pub fn own(&self) -> Option<(Seq, &str)> {
        let (seq, text) = self.own.last_key_value()?;
        Some((*seq, text))
    }

    /// What this user reacted with to a message.
    pub fn reaction(&self, to: Seq) -> Option<&SafeText> {
        self.reactions.get(&to)
    }

    /// Remembers a message that was told again, unless it is of another log or held already.
    pub fn note_again(&mut self, log: LogId, event: &Event, own: DeviceId) {
        let is_spoken = crate::room::is_spoken(&event.body);
        if self.log.is_none_or(|known| known == log) && is_spoken {
            self.add(log, event, own);
        }
    }

    /// Something was told, with its number.
    pub fn told_some(&mut self) {
        self.is_told = true;
    }

    /// This log is read from now on; it goes up to here. Whether numbers that were told may be
    /// those of another.
    pub fn begin(&mut self, log: LogId, end: Seq) -> bool {
        let is_another = self.log != Some(log);
        if is_another {
            *self = Self {
                log: Some(log),
                is_told: self.is_told,
                ..Self::default()
            };
        }
        self.is_open = true;
        self.end = self.end.max(end);
        is_another && self.is_told
    }
}
