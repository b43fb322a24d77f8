//! What a bot may say, one JSON object a line.

use serde::Deserialize;

use crate::wire::{Name, RoomName};

/// A line of a bot.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Request {
    Send {
        room: Option<RoomName>,
        to: Option<Name>,
        text: String,
        #[serde(default)]
        action: bool,
        tag: Option<String>,
    },
    Edit {
        room: RoomName,
        target: u64,
        text: String,
        tag: Option<String>,
    },
    Reaction {
        room: RoomName,
        target: u64,
        reaction: String,
        tag: Option<String>,
    },
    Redaction {
        room: RoomName,
        target: u64,
        tag: Option<String>,
    },
    Topic {
        room: RoomName,
        topic: String,
        tag: Option<String>,
    },
    Open {
        room: RoomName,
        #[serde(default)]
        create: bool,
        #[serde(default)]
        last: u32,
        since: Option<u64>,
    },
    Close {
        room: RoomName,
        #[serde(default)]
        leave: bool,
    },
    Who {
        room: Option<RoomName>,
    },
    Rooms,
    History {
        room: RoomName,
        before: Option<u64>,
        #[serde(default = "default_history_count")]
        count: u32,
    },
}

/// As many as `lanterm history` shows.
fn default_history_count() -> u32 {
    20
}
