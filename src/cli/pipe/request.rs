//! What a bot may say, one JSON object a line.

use serde::Deserialize;

use crate::cli::target::Target;
use crate::wire::{Name, Presence};

/// A line of a bot.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Request {
    Send {
        room: Option<Target>,
        to: Option<Name>,
        text: String,
        #[serde(default)]
        action: bool,
        reply_to: Option<u64>,
        tag: Option<String>,
    },
    Edit {
        room: Target,
        target: u64,
        text: String,
        tag: Option<String>,
    },
    Reaction {
        room: Target,
        target: u64,
        reaction: String,
        tag: Option<String>,
    },
    Redaction {
        room: Target,
        target: u64,
        tag: Option<String>,
    },
    Topic {
        room: Target,
        topic: String,
        tag: Option<String>,
    },
    Open {
        room: Target,
        #[serde(default)]
        create: bool,
        #[serde(default)]
        last: u32,
        since: Option<u64>,
    },
    Close {
        room: Target,
        #[serde(default)]
        leave: bool,
    },
    Read {
        room: Target,
        seq: u64,
    },
    Typing {
        room: Target,
    },
    Presence {
        presence: AtHand,
        #[serde(default)]
        status: String,
    },
    Who {
        room: Option<Target>,
    },
    Rooms,
    Net,
    Stats,
    History {
        room: Target,
        before: Option<u64>,
        #[serde(default = "default_count")]
        count: u32,
    },
    Search {
        words: String,
        room: Option<Target>,
        from: Option<Name>,
        #[serde(default = "default_count")]
        count: u32,
        after: Option<u64>,
    },
    Delivered {
        room: Target,
    },
}

/// Whether a bot is at hand: gone it is when it ends.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AtHand {
    Here,
    Idle,
    Away,
}

impl From<AtHand> for Presence {
    fn from(said: AtHand) -> Self {
        match said {
            AtHand::Here => Self::Here,
            AtHand::Idle => Self::Idle,
            AtHand::Away => Self::Away,
        }
    }
}

/// As many as `lanterm history` and `lanterm search` show.
fn default_count() -> u32 {
    20
}
