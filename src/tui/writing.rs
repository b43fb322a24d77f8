//! What is being written in a room: a message, or something about one that is there.

use super::app::App;
use super::commands::{self, SubstituteError};
use super::outgoing::HANDED_MAX;
use super::room::RoomView;
use super::select::SelectError;
use super::submit::{SubmitError, kib};
use super::wrap;
use crate::locale::{Language, tr};
use crate::room::REACTION_BYTES_MAX;
use crate::wire::{Body, Name, SafeText, Seq};

/// Reactions at hand: a digit from 1 on sends one while nothing is typed.
pub const QUICK: [(&str, &str); 8] = [
    ("+1", "👍"),
    ("heart", "❤️"),
    ("joy", "😂"),
    ("tada", "🎉"),
    ("open_mouth", "😮"),
    ("cry", "😢"),
    ("eyes", "👀"),
    ("white_check_mark", "✅"),
];

/// The message that something is written about, for the line above the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Whose.
    pub from: Name,
    /// What it says, in one line.
    pub text: String,
}

/// What the input is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Writing {
    /// A message.
    #[default]
    Message,
    /// An answer.
    Reply {
        /// To this message.
        to: Seq,
        /// What is known of that; nothing, while it is not held.
        about: Option<About>,
    },
    /// Another text for a message of this user.
    Edit {
        /// Which.
        of: Seq,
    },
    /// A reaction.
    Reaction {
        /// To this message.
        to: Seq,
        /// What is known of that.
        about: About,
    },
}

/// The first so many reactions at hand, and their digits.
fn quick_hint(count: usize, language: Language) -> String {
    let quick = QUICK.iter().zip(1..).take(count);
    let quick: Vec<String> = quick
        .map(|((_, emoji), digit)| format!("{digit} {emoji}"))
        .collect();
    let quick = quick.join(" ");
    tr!(language, "writing-reaction-hint", quick = quick)
}

impl Writing {
    /// What stands above the input, at most `columns` wide; nothing for a message.
    pub fn title(&self, columns: usize, language: Language) -> Option<String> {
        let title = match self {
            Self::Message => return None,
            Self::Reply { about: None, .. } => {
                format!("↩ {}", tr!(language, "writing-reply-earlier"))
            }
            Self::Reply {
                about: Some(About { from, text }),
                ..
            } => format!(
                "↩ {}",
                tr!(language, "writing-reply", name = from, text = text)
            ),
            Self::Edit { of } => format!("✎ {}", tr!(language, "writing-edit", of = of)),
            Self::Reaction {
                about: About { from, text },
                ..
            } => format!(
                "☺ {}",
                tr!(language, "writing-reaction", name = from, text = text)
            ),
        };
        Some(wrap::cut(&title, columns))
    }

    /// What there is to know about the keys, in so many columns if possible.
    pub fn hint(&self, columns_max: usize, language: Language) -> Option<String> {
        match self {
            Self::Message => None,
            Self::Reply { .. } | Self::Edit { .. } => Some(tr!(language, "writing-hint")),
            Self::Reaction { .. } => {
                let hints = (1..=QUICK.len())
                    .rev()
                    .map(|count| quick_hint(count, language));
                let mut hints = hints.skip_while(|hint| wrap::columns(hint) > columns_max);
                hints.next().or_else(|| Some(quick_hint(1, language)))
            }
        }
    }

    /// The place that it is about.
    fn about(&self) -> Option<Seq> {
        match self {
            Self::Message => None,
            Self::Reply { to, .. } | Self::Reaction { to, .. } => Some(*to),
            Self::Edit { of } => Some(*of),
        }
    }

    /// What a line of input becomes.
    pub fn body(&self, text: SafeText) -> Body {
        match self {
            Self::Message => Body::Message(text),
            Self::Reply { to, .. } => Body::Reply(*to, text),
            Self::Edit { of } => Body::Edit(*of, text),
            Self::Reaction { to, .. } => Body::Reaction(*to, text),
        }
    }
}

impl RoomView {
    /// What was being written when this was sent.
    pub(super) fn writing_of(&self, body: &Body) -> Writing {
        match body {
            Body::Reply(to, _) => Writing::Reply {
                to: *to,
                about: self.about(*to),
            },
            Body::Edit(of, _) => Writing::Edit { of: *of },
            Body::Message(_) | Body::Action(_) | Body::Topic(_) => Writing::Message,
            Body::Reaction(..) | Body::Redaction(_) | Body::Role(..) => Writing::Message,
            Body::Join | Body::Leave | Body::Rename(_) => Writing::Message,
        }
    }

    /// Places from here on mean other events now: what is written about one there is not to be
    /// taken for being about another. An answer becomes a message; the rest can be had back.
    pub(super) fn let_go_from(&mut self, at: Seq) {
        let about = self.writing.about();
        if about.is_some_and(|about| about >= at) {
            self.drop_writing();
        }
    }

    /// Goes back to writing a message. Whether anything else was written.
    fn drop_writing(&mut self) -> bool {
        let was = std::mem::take(&mut self.writing);
        if let Writing::Edit { .. } | Writing::Reaction { .. } = was {
            // It can be had back, with the up arrow as well.
            self.editor.clear();
        }
        was != Writing::Message
    }
}

/// The shortcode typed, without its colons.
pub fn shortcode(text: &str) -> Option<SafeText> {
    let text = text.trim();
    let inner = text
        .strip_prefix(':')
        .and_then(|text| text.strip_suffix(':'));
    let code = SafeText::new(inner.unwrap_or(text));
    let is_one = !code.is_empty() && !code.as_str().contains(char::is_whitespace);
    (is_one && code.as_str().len() <= REACTION_BYTES_MAX).then_some(code)
}

impl App {
    /// Begins to write about a message; what is typed already becomes an answer, and must not
    /// become anything else.
    pub(super) fn write_about(&mut self, writing: Writing) -> Result<(), SelectError> {
        let is_reply = matches!(writing, Writing::Reply { .. });
        if !is_reply && !self.room().editor.is_empty() {
            return Err(SelectError::Written);
        }
        self.stop_selecting();
        self.room_mut().writing = writing;
        Ok(())
    }

    /// Goes back to writing a message. Whether anything else was written.
    pub(super) fn drop_writing(&mut self) -> bool {
        self.room_mut().drop_writing()
    }

    /// Reacts to a message as a digit says, where one does. Whether it does.
    pub(super) fn react_quickly(&mut self, c: char) -> bool {
        let room = self.room();
        let Writing::Reaction { to, .. } = room.writing else {
            return false;
        };
        let digit = c.to_digit(10).and_then(|digit| digit.checked_sub(1));
        let quick = digit.and_then(|at| QUICK.get(usize::try_from(at).ok()?));
        let Some((code, _)) = quick.filter(|_| room.editor.is_empty()) else {
            return false;
        };
        self.room_mut().writing = Writing::Message;
        if let Err(error) = self.react(to, SafeText::new(code)) {
            self.refuse(&error.said());
        }
        true
    }

    /// Reacts to a message, or takes the same reaction back.
    pub(super) fn react(&mut self, to: Seq, code: SafeText) -> Result<(), SubmitError> {
        let own = &self.viewer.name;
        let change = self.room().changes.find(to);
        let mut reactions = change
            .into_iter()
            .flat_map(super::changes::Change::reactions);
        let is_there = reactions.any(|(name, known)| name == own && *known == code);
        drop(reactions);
        let code = if is_there { SafeText::default() } else { code };
        self.hand(Body::Reaction(to, code))
    }

    /// Takes a message back.
    pub(super) fn take_back(&mut self, seq: Seq) {
        match self.hand(Body::Redaction(seq)) {
            Ok(()) => self.stop_selecting(),
            Err(error) => self.refuse(&error.said()),
        }
    }

    /// Replaces words in the last message of this user.
    pub(super) fn substitute(
        &mut self,
        old: &str,
        new: &str,
        is_all: bool,
    ) -> Result<(), SubmitError> {
        let own = self.viewer.device;
        let (seq, text) = self.room().last_own(own).ok_or(SubmitError::NoOwnMessage)?;
        let text = commands::substituted(text.as_str(), old, new, is_all);
        let text = text.map_err(|error| match error {
            SubstituteError::NotThere => SubmitError::NotInLast,
            SubstituteError::Empty => SubmitError::EmptyEdit,
            SubstituteError::TooLong(bytes) => SubmitError::TooLong(kib(bytes)),
        })?;
        self.hand(Body::Edit(seq, text))
    }

    /// Hands over something that changes another message, to be put into the outbox.
    pub(super) fn hand(&mut self, body: Body) -> Result<(), SubmitError> {
        if self.room().outgoing.handed_len() >= HANDED_MAX {
            return Err(SubmitError::TooManyHanded);
        }
        let (local, sent_at) = (self.next_local(), self.wall);
        self.room_mut().outgoing.hand(local, sent_at, body);
        self.send_next(self.active);
        Ok(())
    }

    /// Has a text put into the clipboard.
    pub(super) fn copy(&mut self, text: String) {
        self.copied = Some(text);
    }
}
