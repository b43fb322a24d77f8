//! What this user says, on its way into the log.
//!
//! That all is well is not told of a message: it comes as an event. What is not stored for a while is
//! told of, and then also that it is; what fails is told at once.

use std::time::Duration;

use super::wishes::Wish;
use super::{Plain, UNSENT_MAX};
use crate::locale::{Said, number, say, tr};
use crate::time::Instant;
use crate::tui::{Command, reasons};
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{Body, LocalId, Name, Refusal, RoomName, SafeText, Seq, Timestamp};

/// After how long it is told that a message is not stored. Arbitrary: longer than a busy relay takes,
/// and short enough for one who waits.
const LATE: Duration = Duration::from_secs(5);

/// Characters of a message that stand for it. Arbitrary: its first words.
const EXCERPT_CHARS: usize = 40;

/// A message on its way.
#[derive(Debug)]
pub struct Unsent {
    /// What it says, in a few words.
    excerpt: String,
    since: Instant,
    wait: Wait,
}

/// What was told of a message that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Untold,
    Told,
    /// Also why. The relay may say so with every attempt.
    Explained,
}

impl Plain {
    pub(super) fn send(
        &mut self,
        now: Timestamp,
        text: &str,
        body: impl FnOnce(SafeText) -> Body,
    ) -> Result<(), Said> {
        let safe = SafeText::new(text.trim_end());
        if safe.as_str().len() > TEXT_BYTES_MAX {
            return Err(say!("refusal-too-long"));
        }
        self.hand_over(now, body(safe), text)
    }

    pub(super) fn hand_over(
        &mut self,
        sent_at: Timestamp,
        body: Body,
        text: &str,
    ) -> Result<(), Said> {
        if self.unsent.len() >= UNSENT_MAX {
            return Err(say!("plain-too-many"));
        }
        let local = self.next_local();
        let room = self.room().name.clone();
        let unsent = Unsent {
            excerpt: excerpt(text),
            since: self.now,
            wait: Wait::Untold,
        };
        self.unsent.insert(local, unsent);
        self.commands.push_back(Command::Send {
            room,
            local,
            sent_at,
            body,
        });
        Ok(())
    }

    /// When the next message becomes late.
    pub(super) fn late_at(&self) -> Option<Instant> {
        let waiting = self
            .unsent
            .values()
            .filter(|unsent| unsent.wait == Wait::Untold);
        waiting.map(|unsent| unsent.since + LATE).min()
    }

    /// Says which messages are late now.
    pub(super) fn tell_late(&mut self) {
        let now = self.now;
        let is_due =
            |unsent: &&mut Unsent| unsent.wait == Wait::Untold && unsent.since + LATE <= now;
        let mut late = Vec::new();
        for unsent in self.unsent.values_mut().filter(is_due) {
            unsent.wait = Wait::Told;
            late.push(unsent.excerpt.clone());
        }
        self.late_count += late.len();
        match &late[..] {
            [] => {}
            [text] => self.say(tr!(self.language, "plain-late", text = text)),
            [..] => {
                let count = late.len();
                self.say(tr!(self.language, "plain-late-many", count = number(count)));
            }
        }
    }

    pub(super) fn stored(&mut self, local: LocalId, seq: Seq) {
        let Some(unsent) = self.unsent.remove(&local) else {
            return;
        };
        self.echoes.insert(local);
        if self.echoes.len() > UNSENT_MAX {
            self.echoes.pop_first();
        }
        let language = self.language;
        if unsent.wait != Wait::Untold {
            self.late_is_over(Some(&unsent.excerpt));
        } else if self.wants(Wish::Delivery) {
            self.say(tr!(language, "plain-stored", of = seq));
        }
    }

    /// Once none is late any more, says so: of the one that was, or of all of them.
    fn late_is_over(&mut self, text: Option<&str>) {
        if self
            .unsent
            .values()
            .any(|unsent| unsent.wait != Wait::Untold)
        {
            return;
        }
        let language = self.language;
        match (std::mem::take(&mut self.late_count), text) {
            (1, Some(text)) => self.say(tr!(language, "plain-stored-late", text = text)),
            (0, _) => {}
            (_, _) => self.say(tr!(language, "plain-stored-all")),
        }
    }

    pub(super) fn not_sent(&mut self, local: LocalId, reason: &str) {
        let unsent = self.unsent.remove(&local);
        let is_told = |unsent: &Unsent| unsent.wait != Wait::Untold;
        let was_late = unsent.as_ref().is_some_and(is_told);
        let text = unsent.map(|unsent| unsent.excerpt).unwrap_or_default();
        self.say_not_sent(&text, reason);
        if was_late {
            self.late_count = self.late_count.saturating_sub(1);
            self.late_is_over(None);
        }
    }

    pub(super) fn say_not_sent(&mut self, text: &str, reason: &str) {
        let language = self.language;
        self.say(tr!(
            language,
            "plain-not-sent",
            text = text,
            reason = reason
        ));
    }

    pub(super) fn delayed(&mut self, local: LocalId, refusal: &Refusal) {
        let Some(unsent) = self.unsent.get_mut(&local) else {
            return;
        };
        match std::mem::replace(&mut unsent.wait, Wait::Explained) {
            Wait::Untold => self.late_count += 1,
            Wait::Told => {}
            Wait::Explained => return,
        }
        let (text, reason) = (unsent.excerpt.clone(), reasons::refusal(refusal));
        let line = tr!(self.language, "plain-delayed", text = text, reason = reason);
        self.say(line);
    }

    /// Somebody else has a room up to here.
    pub(super) fn delivered(&mut self, room: &RoomName, name: &Name, seq: Seq) {
        let Some(index) = self.find(room) else { return };
        let Some((own, _)) = self.rooms[index].memory.own() else {
            return;
        };
        if own <= seq && self.rooms[index].delivered < own {
            self.rooms[index].delivered = own;
            if self.wants(Wish::Delivery) {
                let line = tr!(self.language, "plain-delivered", of = own, name = name);
                self.say(line);
            }
        }
    }

    /// What is not stored yet, as it is told when the user asks what became of it.
    pub(super) fn say_waiting(&mut self) {
        let waiting: Vec<String> = self.unsent.values().map(|of| of.excerpt.clone()).collect();
        for text in waiting {
            self.say(tr!(self.language, "plain-waits", text = text));
        }
    }

    /// Leaves; what is not stored by then is told of.
    pub(super) fn quit(&mut self) {
        self.is_over = true;
        if !self.unsent.is_empty() {
            let count = self.unsent.len();
            self.say(tr!(self.language, "plain-unsent", count = number(count)));
        }
    }
}

/// The first words of a text.
pub fn excerpt(text: &str) -> String {
    let line = SafeText::new(text).one_line();
    let mut chars = line.chars();
    let mut short: String = chars.by_ref().take(EXCERPT_CHARS).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}
