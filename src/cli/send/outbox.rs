//! Messages handed to the relay, and what became of each.
//!
//! A message is over when it has got as far as the user wants to wait for, or failed. Its line is
//! printed once it and all before it are over. The relay takes the messages of a room one after the
//! other, so when it has no room for one, those after it wait as well.

use std::collections::VecDeque;
use std::io::Write;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use crate::cli::args::Wait;
use crate::cli::error::{CliError, ErrorKind};
use crate::cli::inbox::{Heard, Inbox};
use crate::cli::json::Line as JsonLine;
use crate::cli::notices;
use crate::cli::output::Output;
use crate::client::{Contact, Update};
use crate::io::client::ClientHandle;
use crate::io::clock;
use crate::locale::say;
use crate::wire::{
    Body, DeviceId, EventId, LocalId, LogId, Name, Refusal, RoomName, SafeText, Send, Seq,
};

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The relay has it.
    Stored {
        /// Its place in the log.
        seq: Seq,
        /// Whether it is on the relay's disk; otherwise in its memory.
        is_durable: bool,
    },
    /// A device of somebody else has it.
    Delivered {
        /// Its place in the log.
        seq: Seq,
        /// Whose.
        by: Name,
    },
    /// It is not stored, with the reason.
    Failed(String),
}

impl Outcome {
    /// Stored by the relay that was entered last.
    pub fn stored(seq: Seq, inbox: &Inbox) -> Self {
        let is_durable = inbox.welcome().is_none_or(|welcome| welcome.is_durable);
        Self::Stored { seq, is_durable }
    }

    /// The line that tells it.
    pub fn line<'a>(
        &'a self,
        room: &'a RoomName,
        id: EventId,
        tag: Option<&'a str>,
    ) -> JsonLine<'a> {
        let (seq, state, by, reason) = match self {
            Self::Stored {
                seq,
                is_durable: true,
            } => (Some(seq.0), "stored", None, None),
            Self::Stored {
                seq,
                is_durable: false,
            } => (Some(seq.0), "held", None, None),
            Self::Delivered { seq, by } => (Some(seq.0), "delivered", Some(by), None),
            Self::Failed(reason) => (None, "failed", None, Some(reason.as_str())),
        };
        JsonLine::Sent {
            room,
            seq,
            id,
            state,
            by,
            reason,
            tag,
        }
    }
}

/// Messages handed to the relay.
pub struct Outbox {
    device: DeviceId,
    room: RoomName,
    /// The log that places are counted in.
    log: LogId,
    /// How far each message is to get.
    wait: Wait,
    /// Those without a `sent` line yet, in the order they were sent.
    messages: VecDeque<Message>,
    /// The message that the relay has no room for just now, and why.
    delayed: Option<(LocalId, Refusal)>,
    /// The reader of the log who has the most of it, and up to where.
    delivered: Option<(Seq, Name)>,
    /// The first line that is not stored, and why.
    failure: Option<(Option<usize>, CliError)>,
}

struct Message {
    local: LocalId,
    /// The line it came from.
    line: Option<usize>,
    outcome: Option<Outcome>,
}

impl Outbox {
    /// No message of this device to this room yet.
    pub fn new(device: DeviceId, room: RoomName, log: LogId, wait: Wait) -> Self {
        Self {
            device,
            room,
            log,
            wait,
            messages: VecDeque::new(),
            delayed: None,
            delivered: None,
            failure: None,
        }
    }

    /// How many messages are not over.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether every message is over.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Whether a message has failed: what follows it stays with the sender.
    pub fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Nothing once every message got as far as it was to get.
    ///
    /// # Errors
    /// The failure of the earliest line that has one.
    pub fn into_result(self) -> Result<(), CliError> {
        self.failure.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Hands the text of a line over.
    pub fn send(
        &mut self,
        handle: &ClientHandle,
        rng: &mut ChaCha12Rng,
        line: Option<usize>,
        text: &str,
    ) {
        let local = LocalId(rng.random::<u64>() >> 1);
        self.messages.push_back(Message {
            local,
            line,
            outcome: None,
        });
        let send = Send::new(local, clock::wall(), Body::Message(SafeText::new(text)));
        handle.send(self.room.clone(), send);
    }

    /// Takes in what was heard; says whether it got any further.
    ///
    /// # Errors
    /// When nothing more will come of it, or standard output can't be written.
    pub fn handle<W: Write>(
        &mut self,
        heard: Heard,
        inbox: &Inbox,
        out: &mut Output<W>,
    ) -> Result<bool, CliError> {
        let is_further = match heard {
            Heard::Update(Update::Stored { local, seq, .. }, _) => {
                self.delayed.take_if(|(delayed, _)| *delayed == local);
                let is_stored = self.settle(local, Outcome::stored(seq, inbox));
                self.deliver();
                is_stored
            }
            Heard::Update(Update::NotStored { local, refusal, .. }, _) => {
                self.delayed.take_if(|(delayed, _)| *delayed == local);
                self.fail(local, &refusal.to_string(), CliError::from(&refusal))
            }
            Heard::SendRefused { local, why } => {
                let error = CliError::failed(notices::unsent(&why));
                self.fail(local, &why.to_string(), error)
            }
            Heard::Update(Update::Delayed { local, refusal, .. }, _) => {
                self.delayed = Some((local, refusal));
                false
            }
            // What holds a message up now is the network.
            Heard::Update(Update::Contact(Contact::Lost { .. }), _) => {
                self.delayed = None;
                false
            }
            Heard::Update(Update::Delivered { room, name, seq }, _) if room == self.room => {
                if self.delivered.as_ref().is_none_or(|(had, _)| *had < seq) {
                    self.delivered = Some((seq, name));
                }
                self.deliver()
            }
            Heard::Update(Update::Opened { room, opened }, _)
                if room == self.room && opened.head.log != self.log =>
            {
                self.log = opened.head.log;
                self.delivered = None;
                if let Some((seq, line)) = self.undelivered() {
                    let error = CliError::failed(say!("send-moved", seq = seq, room = room));
                    self.blame(line, of_line(error, line));
                    while self.messages.front().is_some_and(|m| m.outcome.is_some()) {
                        self.print_first(out)?;
                    }
                }
                false
            }
            Heard::Update(Update::OpenRefused { room, refusal }, _) if room == self.room => {
                return Err(CliError::from(&refusal));
            }
            Heard::Update(..) | Heard::Asked { .. } | Heard::Stats(_) => false,
        };
        self.print(out)?;
        Ok(is_further)
    }

    /// Notes a failure, unless an earlier line failed already.
    pub fn blame(&mut self, line: Option<usize>, error: CliError) {
        if self
            .failure
            .as_ref()
            .is_none_or(|(earlier, _)| line < *earlier)
        {
            self.failure = Some((line, error));
        }
    }

    /// Ends the wait with this error of the inbox: tells what is known of each message, and returns
    /// what best describes why there is no more.
    pub fn give_up<W: Write>(
        mut self,
        error: CliError,
        patience: Duration,
        out: &mut Output<W>,
    ) -> CliError {
        if error.kind() != ErrorKind::Unreachable {
            return error;
        }
        let waiting = self.messages.iter().find(|m| m.outcome.is_none());
        let waiting = waiting.map(|message| message.line);
        let (line, error) = match (waiting, self.delayed.take(), self.undelivered()) {
            (Some(line), Some((_, refusal)), _) => {
                let reason = refusal.to_string();
                for message in self.messages.iter_mut().filter(|m| m.outcome.is_none()) {
                    message.outcome = Some(Outcome::Failed(reason.clone()));
                }
                (line, of_line(CliError::from(&refusal), line))
            }
            (Some(line), None, _) => (line, error),
            (None, _, Some((seq, line))) => {
                let error = CliError::new(
                    ErrorKind::Unreachable,
                    say!(
                        "send-undelivered",
                        seq = seq,
                        room = self.room,
                        secs = patience.as_secs_f64(),
                    ),
                );
                let error = match line {
                    Some(line) => error.about(say!("error-of-line", line = line)),
                    None => error,
                };
                let hint = say!("send-undelivered-hint");
                (line, error.hint(hint))
            }
            (None, _, None) => (None, error),
        };
        while !self.messages.is_empty() {
            if let Err(error) = self.print_first(out) {
                return error;
            }
        }
        match self.failure {
            Some((earlier, failure)) if earlier <= line => failure,
            Some(_) | None => error,
        }
    }

    fn fail(&mut self, local: LocalId, reason: &str, error: CliError) -> bool {
        let mut messages = self.messages.iter();
        let line = messages.find(|m| m.local == local).and_then(|m| m.line);
        if !self.settle(local, Outcome::Failed(reason.to_owned())) {
            return false;
        }
        self.blame(line, of_line(error, line));
        true
    }

    fn settle(&mut self, local: LocalId, outcome: Outcome) -> bool {
        let message = self
            .messages
            .iter_mut()
            .find(|message| message.local == local && message.outcome.is_none());
        match message {
            Some(message) => {
                message.outcome = Some(outcome);
                true
            }
            None => false,
        }
    }

    /// Marks what a reader is known to have; says whether it was anything new.
    fn deliver(&mut self) -> bool {
        let Some((up_to, by)) = self.delivered.as_ref().filter(|_| self.waits_for_readers()) else {
            return false;
        };
        let mut is_further = false;
        for message in &mut self.messages {
            if let Some(Outcome::Stored { seq, .. }) = message.outcome
                && seq <= *up_to
            {
                let by = by.clone();
                message.outcome = Some(Outcome::Delivered { seq, by });
                is_further = true;
            }
        }
        is_further
    }

    fn waits_for_readers(&self) -> bool {
        match self.wait {
            Wait::Stored => false,
            Wait::Delivered => true,
        }
    }

    /// The first message that is stored and that no reader has: its place, and its line.
    fn undelivered(&self) -> Option<(Seq, Option<usize>)> {
        self.messages
            .iter()
            .find_map(|message| match message.outcome {
                Some(Outcome::Stored { seq, .. }) => Some((seq, message.line)),
                Some(Outcome::Delivered { .. } | Outcome::Failed(_)) | None => None,
            })
    }

    /// Prints a line for each message that is over, as is all before it.
    fn print<W: Write>(&mut self, out: &mut Output<W>) -> Result<(), CliError> {
        loop {
            match self.messages.front().map(|message| &message.outcome) {
                Some(Some(Outcome::Stored { .. })) if self.waits_for_readers() => return Ok(()),
                Some(Some(_)) => self.print_first(out)?,
                Some(None) | None => return Ok(()),
            }
        }
    }

    /// Prints what is known of the first message, over or not.
    fn print_first<W: Write>(&mut self, out: &mut Output<W>) -> Result<(), CliError> {
        let Some(message) = self.messages.pop_front() else {
            return Ok(());
        };
        let id = EventId {
            device: self.device,
            local: message.local,
        };
        match message.outcome {
            Some(outcome) if out.is_json() => out.json(&outcome.line(&self.room, id, None)),
            Some(_) | None => Ok(()),
        }
    }
}

/// The error, said of a line where there are lines.
fn of_line(error: CliError, line: Option<usize>) -> CliError {
    match line {
        Some(line) => error
            .about(say!("error-of-line", line = line))
            .hint(say!("error-of-line-hint")),
        None => error,
    }
}
