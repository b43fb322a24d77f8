//! What a client tells whoever drives it: a screen, a script, a bot.

use std::net::SocketAddr;

pub use crate::session::CloseCode;
use crate::wire::{
    Answer, Event, LocalId, LogHash, LogId, Member, Name, Opened, Refusal, RelayId, RoomName, Send,
    Seq, Welcome,
};

/// Something changed in one user's view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// Contact with a relay was made, lost, or is being sought.
    Contact(Contact),
    /// A room is open; its events follow. Said again after every reconnection.
    Opened {
        /// The room.
        room: RoomName,
        /// Where its log stands.
        opened: Opened,
    },
    /// The next event of a room, in order and once, the user's own among them.
    ///
    /// Store it durably, then say so with `Client::seen`.
    Event {
        /// The room.
        room: RoomName,
        /// The log its seq counts in.
        log: LogId,
        /// The event.
        event: Event,
        /// The hash over the log up to this event.
        hash: LogHash,
    },
    /// An event of a room that is far ahead of what was handed out, because it was said just now.
    /// It comes again, as [`Update::Event`], in its turn; until then it is only to be looked at.
    Ahead {
        /// The room.
        room: RoomName,
        /// The log its seq counts in.
        log: LogId,
        /// The event.
        event: Event,
    },
    /// An event of this client is in its outbox (D1's `…`): on disk, where there is a store.
    Queued {
        /// The room.
        room: RoomName,
        /// The client's own number for it.
        local: LocalId,
    },
    /// An event of this client that a hosted room has stored, and others may not have got, is sent to
    /// another relay as well: it is in the outbox again, with the id it has.
    CarriedOver {
        /// The room.
        room: RoomName,
        /// The event.
        send: Send,
    },
    /// An event of this client is committed by the relay (D1's `✓`). In a followed room the event
    /// itself comes as [`Update::Event`], right after this; while much is still to be read before
    /// it, first as [`Update::Ahead`].
    Stored {
        /// The room.
        room: RoomName,
        /// The client's own number for it.
        local: LocalId,
        /// Its place in the log.
        seq: Seq,
    },
    /// An event of this client is refused for good (D1's `✗`).
    NotStored {
        /// The room.
        room: RoomName,
        /// The client's own number for it.
        local: LocalId,
        /// Why.
        refusal: Refusal,
    },
    /// The relay could not take an event of this client just now. It stays in the outbox and is sent
    /// again by itself.
    Delayed {
        /// The room.
        room: RoomName,
        /// The client's own number for it.
        local: LocalId,
        /// Why.
        refusal: Refusal,
    },
    /// A device of somebody else has stored this room up to here (D1's `✓✓`).
    Delivered {
        /// The room.
        room: RoomName,
        /// Who.
        name: Name,
        /// Up to where.
        seq: Seq,
    },
    /// Somebody else is typing a message for this room. Worth showing for six seconds at most, and not
    /// any more once something comes from them.
    Typing {
        /// The room.
        room: RoomName,
        /// Who.
        name: Name,
    },
    /// Members of a room, new or changed. Those not named stay as they were, except that after
    /// [`Update::Opened`] the list starts anew.
    Members {
        /// The room.
        room: RoomName,
        /// The members.
        members: Vec<Member>,
    },
    /// Part of the answer to a question.
    Answer {
        /// The number `Client::ask` returned.
        request: u32,
        /// This part.
        part: Answer,
        /// Whether this was the last part.
        is_last: bool,
    },
    /// A question is refused, or another name is.
    AskRefused {
        /// The number `Client::ask` returned; 0 for the name of `Client::rename`.
        request: u32,
        /// Why.
        refusal: Refusal,
    },
    /// A room can't be opened. When that will pass, and nothing waits to be sent there, this is said
    /// once for each reason, and the room is opened as soon as it can be.
    OpenRefused {
        /// The room.
        room: RoomName,
        /// Why.
        refusal: Refusal,
    },
    /// Events that a sender numbered are not in the log where they should be.
    Missing {
        /// The room.
        room: RoomName,
        /// Whose.
        from: Name,
        /// How many.
        count: u32,
        /// What is being done about it.
        search: MissingSearch,
    },
    /// Older events of a room, after those read so far, are gone from the relay: it keeps them for
    /// a time only.
    Gone {
        /// The room.
        room: RoomName,
        /// How many.
        count: u64,
    },
    /// The relay's log of a room is not the one that was read: the relay was put back from an older
    /// copy. Reading goes on in the relay's log, after the last event that both have; when none of
    /// those known is in both, the relay's log is read like a new one.
    Diverged {
        /// The room.
        room: RoomName,
        /// The log that was read.
        log: LogId,
        /// The first event that differs, or the first that may.
        at: Seq,
    },
    /// Somebody wrote to this user in a direct room that is not open.
    Waiting {
        /// The room.
        room: RoomName,
        /// The end of its log.
        seq: Seq,
    },
}

/// What is being done about missing events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingSearch {
    /// The relay is being asked for them.
    Asking,
    /// The relay does not have them.
    InVain,
}

/// How this user stands with relays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    /// No relay is known; looking.
    Searching,
    /// A handshake with this address is under way.
    Dialing {
        /// The relay's address.
        address: SocketAddr,
    },
    /// In session. Said again when the name in it changes, and when another relay was dialled in
    /// vain and this session is gone on with.
    Entered {
        /// What the relay said.
        welcome: Welcome,
        /// The relay's address.
        address: SocketAddr,
        /// The relay's public key.
        key: [u8; 32],
    },
    /// The session ended, or an attempt failed; it is tried again by itself.
    Lost {
        /// Why.
        reason: LossReason,
    },
    /// The relay closed the session on purpose; another is looked for.
    RelayClosing {
        /// Whether it stood in for a relay inside somebody's client.
        is_hosted: bool,
    },
    /// The relay's key is not the one pinned for it. Nothing more happens until the user decides.
    KeyChanged {
        /// What the relay calls itself.
        relay_name: Name,
        /// Which relay it says it is.
        relay: RelayId,
        /// The key pinned.
        pinned: [u8; 32],
        /// The key it has now.
        found: [u8; 32],
    },
    /// The relay speaks other versions of the protocol. Nothing more happens with it.
    Unsupported {
        /// The relay's address.
        address: SocketAddr,
        /// The lowest and highest version it speaks.
        versions: (u8, u8),
    },
}

/// Why a session ended, or an attempt to begin one failed. Shown in logs as it is, and to people in
/// their language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LossReason {
    /// Nothing came from this address.
    #[error("no answer from {0}")]
    NoAnswer(SocketAddr),
    /// The relay is gone, as far as anybody knows.
    #[error("the relay does not answer")]
    Silent,
    /// The relay will not have this user.
    #[error("{0}")]
    Refused(Refusal),
    /// The relay said something else than a greeting.
    #[error("the relay did not greet as it should")]
    Greeting,
    /// The relay broke the protocol, and how.
    #[error("the relay misbehaved: {0}")]
    Misbehaved(Violation),
    /// All channels of the session were used once.
    #[error("the session has no channels left")]
    Spent,
    /// The session was closed.
    #[error("{}{text}", close_text(*code))]
    Closed {
        /// By which code.
        code: CloseCode,
        /// What the relay said with it, behind a colon; may be empty.
        text: String,
    },
}

fn close_text(code: CloseCode) -> &'static str {
    match code {
        CloseCode::Done => "the relay ended the session",
        CloseCode::TimedOut => "the relay is not heard any more",
        CloseCode::Protocol => "the relay did not understand this client",
        CloseCode::Replaced => "another session took the place of this one",
        CloseCode::Refused => "the relay refused",
        CloseCode::ShuttingDown => "the relay is ending",
    }
}

/// What a relay must not send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The next event of a log is another than the one after the last.
    #[error("an event is missing")]
    Gap,
    /// A message belongs elsewhere.
    #[error("a message came on the wrong channel")]
    Channel,
    /// It confirms what it can't have.
    #[error("a message is confirmed that it must not have taken")]
    Unsent,
    /// A place beyond the end, or before the start.
    #[error("a place is out of range")]
    Range,
    /// An answer has more parts than any may.
    #[error("an answer does not end")]
    Endless,
    /// A message can't be read.
    #[error("a message makes no sense")]
    Malformed,
}

/// The quality of the path to the relay, as this end knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PathStats {
    /// Smoothed round trip, in microseconds.
    pub rtt_micros: u64,
    /// How far round trips are off that, on average, in microseconds.
    pub rtt_variation_micros: u64,
    /// Share of our packets lost among the last 256, 0 to 1.
    pub loss: f64,
    /// Share of the relay's last 256 packets that did not arrive, 0 to 1.
    pub loss_in: f64,
    /// Messages handed over and not yet acknowledged by the relay's link.
    pub unacked: usize,
    /// The bytes they take here, with some for keeping each.
    pub unacked_bytes: usize,
    /// Pieces of messages sent again, each time counted, in this session.
    pub resent: u64,
    /// Datagrams sent in this session.
    pub datagrams_sent: u64,
    /// Their bytes of UDP payload.
    pub bytes_sent: u64,
    /// Datagrams received in this session.
    pub datagrams_received: u64,
    /// Their bytes of UDP payload.
    pub bytes_received: u64,
}
