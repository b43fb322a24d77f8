//! The screen: what is on it, what keys do, how it is drawn.
//!
//! [`App`] is the whole state and has no terminal, no clock and no network: keys, pastes, updates
//! and the time are handed to it, [`Command`]s are taken from it, and it draws itself into a frame.
//! [`run`](run::run) connects it to a real terminal; [`picture`] draws it into an image.

mod above;
mod answers;
pub mod app;
mod changes;
mod chord;
mod clipboard;
pub mod commands;
mod complete;
mod conversations;
mod drafts;
mod editor;
pub mod emoji;
mod external;
mod fold;
mod highlight;
mod idle;
pub mod ignore;
pub mod info;
mod input;
mod jump;
pub mod keymap;
mod keys;
mod late;
mod line_input;
pub mod markdown;
mod members;
mod mention;
mod menu;
mod message;
mod mouse;
pub mod name_prompt;
pub mod names;
mod net;
mod news;
pub mod notify;
mod opener;
mod outgoing;
mod outside;
mod overlay;
mod pages;
mod palette;
mod pane;
mod parts;
mod pasting;
pub mod picture;
mod quote;
mod reactions;
mod reading;
pub mod reasons;
mod recall;
pub mod rich;
mod room;
pub mod run;
mod screen;
mod scroll;
mod search;
mod select;
pub mod settings;
mod status;
mod submit;
mod syntax;
mod tabs;
mod terminal;
#[cfg(test)]
mod tests;
pub mod theme;
pub mod themes;
pub mod times;
mod trust;
mod typing;
mod updates;
mod widths;
mod window;
pub mod wrap;
mod writing;

pub use app::{App, AppConfig};
pub use mention::is_mention;
pub use name_prompt::NamePrompt;
pub use writing::shortcode;

use self::notify::Terminal;
use self::settings::Settings;
use crate::client;
use crate::client::update::PathStats;
use crate::wire::{
    Body, LocalId, LogId, Name, Presence, Query, RoomName, SafeText, Seq, Timestamp,
};

/// What the screen is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Something changed in this user's view of the relay, and when it came to be known.
    Update(client::Update, Timestamp),
    /// The rooms that were open when the screen was closed last, in their order. Before any update.
    Known(Vec<KnownRoom>),
    /// A message is not in the outbox, and nothing of it is kept but on this screen.
    SendRefused {
        /// Its number.
        local: LocalId,
        /// Why, for people.
        reason: String,
    },
    /// The quality of the path to the relay, from time to time.
    Stats(PathStats),
    /// The terminal, as the screen asked for it.
    Terminal(Terminal),
    /// A line for people.
    Notice(String),
    /// The names of the interfaces on which relays are looked for.
    Interfaces(Vec<String>),
    /// Whether this process hosts the relay itself.
    Hosting(bool),
}

/// A room as it was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRoom {
    /// The room.
    pub room: RoomName,
    /// Up to where the user has read it, if at all.
    pub read: Option<(LogId, Seq)>,
    /// Messages of others after that, as far as this device has them.
    pub unread: usize,
    /// What was being written there; may be empty.
    pub draft: String,
    /// Lines sent there, oldest first.
    pub sent: Vec<String>,
}

/// What the user asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Open a room.
    Open {
        /// The room.
        room: RoomName,
        /// Whether to make it when there is none.
        create: bool,
    },
    /// Close a room.
    Close {
        /// The room.
        room: RoomName,
        /// Whether the user also stops being a member.
        leave: bool,
    },
    /// Send something to a room. It is answered by `Queued` or [`Input::SendRefused`]; until then it
    /// stands in the input line.
    Send {
        /// The room.
        room: RoomName,
        /// The number by which `Stored` and `NotStored` will name it.
        local: LocalId,
        /// When the user sent it.
        sent_at: Timestamp,
        /// What it says.
        body: Body,
    },
    /// Keep what is being written in a room, for the next process.
    Draft {
        /// The room.
        room: RoomName,
        /// The text; nothing is kept of an empty one.
        text: String,
        /// The lines sent there since the last draft, oldest first.
        sent: Vec<String>,
    },
    /// Ask the relay something. The updates that answer must carry this number, whatever number
    /// the client gave the question.
    Ask {
        /// The screen's number for the question.
        request: u32,
        /// The question.
        query: Query,
    },
    /// Go by another name.
    Rename(Name),
    /// Be shown as here or away.
    Presence(Presence, SafeText),
    /// Tell those in this room that the user is typing.
    Typing(RoomName),
    /// The user has read a room up to here.
    Read {
        /// The room.
        room: RoomName,
        /// The log `seq` counts in.
        log: LogId,
        /// The last event read.
        seq: Seq,
    },
    /// Find out anew which terminal this is; [`Input::Terminal`] tells.
    FindTerminal,
    /// Keep these for the next start.
    Keep(Settings),
    /// Accept the relay's changed key.
    Trust,
    /// End the program. Nothing follows this.
    Quit,
}
