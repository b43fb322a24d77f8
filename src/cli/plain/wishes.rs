//! What a listener wants to be told of, and what not: `/tell`.
//!
//! Only what differs from the usual is kept, under the words that are typed.

use super::Plain;
use crate::locale::{Said, key, say, tr};
use crate::tui::Command;

/// Something that is told or not, as the user wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Weight: names and numbers stand out.
    Color,
    /// That a message of this user is stored, and on somebody else's device.
    Delivery,
    /// What this user says, once it is stored.
    Own,
    /// Who comes and goes, and who is away.
    Presence,
    /// Times and days.
    Times,
    /// Who types in the room in front.
    Typing,
}

impl Wish {
    const ALL: [Self; 6] = [
        Self::Color,
        Self::Delivery,
        Self::Own,
        Self::Presence,
        Self::Times,
        Self::Typing,
    ];

    /// The word it is typed as, and kept under.
    const fn word(self) -> &'static str {
        match self {
            Self::Color => "color",
            Self::Delivery => "delivery",
            Self::Own => "own",
            Self::Presence => "presence",
            Self::Times => "times",
            Self::Typing => "typing",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Color => key!("plain-wish-color"),
            Self::Delivery => key!("plain-wish-delivery"),
            Self::Own => key!("plain-wish-own"),
            Self::Presence => key!("plain-wish-presence"),
            Self::Times => key!("plain-wish-times"),
            Self::Typing => key!("plain-wish-typing"),
        }
    }

    /// What comes often and asks for nothing is not told unless it is wanted.
    const fn is_usual(self) -> bool {
        match self {
            Self::Color | Self::Own | Self::Presence | Self::Times => true,
            Self::Delivery | Self::Typing => false,
        }
    }

    /// The one of this word.
    pub fn find(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        Self::ALL.into_iter().find(|wish| wish.word() == word)
    }
}

impl Plain {
    /// Whether the user wants this.
    pub(super) fn wants(&self, wish: Wish) -> bool {
        let chosen = self.settings.plain.get(wish.word());
        chosen.copied().unwrap_or(wish.is_usual())
    }

    /// Does it from now on, or no more, and keeps that.
    pub(super) fn wish(&mut self, wish: Wish, is_on: bool) -> Result<(), Said> {
        if wish == Wish::Color && is_on && !self.has_color {
            return Err(say!("plain-no-color"));
        }
        if is_on == wish.is_usual() {
            self.settings.plain.remove(wish.word());
        } else {
            self.settings.plain.insert(wish.word().to_owned(), is_on);
        }
        self.keep();
        self.say_wish(wish);
        Ok(())
    }

    pub(super) fn list_wishes(&mut self) {
        for wish in Wish::ALL {
            self.say_wish(wish);
        }
        self.say(tr!(self.language, "plain-tell-usage"));
    }

    pub(super) fn keep(&mut self) {
        let settings = self.settings.clone();
        self.commands.push_back(Command::Keep(settings));
    }

    fn say_wish(&mut self, wish: Wish) {
        let is_on = self.wants(wish) && (wish != Wish::Color || self.has_color);
        let state = if is_on { "on" } else { "off" };
        let (language, word) = (self.language, wish.word());
        let text = tr!(language, wish.text());
        self.say(tr!(
            language,
            "plain-tell-is",
            what = word,
            state = state,
            text = text
        ));
    }
}
