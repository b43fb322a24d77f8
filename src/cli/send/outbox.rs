//! Messages handed to the relay, and what became of each.

use std::collections::VecDeque;
use std::io::Write;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use crate::cli::error::CliError;
use crate::cli::inbox::Heard;
use crate::cli::json::Line as JsonLine;
use crate::cli::output::Output;
use crate::client::Update;
use crate::io::client::ClientHandle;
use crate::io::clock;
use crate::wire::{Body, DeviceId, EventId, LocalId, RoomName, SafeText, Send, Seq};

/// Messages handed to the relay.
pub struct Outbox {
    device: DeviceId,
    room: RoomName,
    /// Those without a `sent` line yet, in the order they were sent.
    pub unstored: VecDeque<Unstored>,
    /// The first line that is not stored, and why.
    pub failure: Option<(Option<usize>, CliError)>,
}

pub struct Unstored {
    local: LocalId,
    /// The line it came from.
    line: Option<usize>,
    outcome: Option<Result<Seq, String>>,
}

impl Outbox {
    /// No message of this device to this room yet.
    pub fn new(device: DeviceId, room: RoomName) -> Self {
        Self {
            device,
            room,
            unstored: VecDeque::new(),
            failure: None,
        }
    }

    pub fn send(
        &mut self,
        handle: &ClientHandle,
        rng: &mut ChaCha12Rng,
        line: Option<usize>,
        text: &str,
    ) {
        let local = LocalId(rng.random::<u64>() >> 1);
        self.unstored.push_back(Unstored {
            local,
            line,
            outcome: None,
        });
        let send = Send::new(local, clock::wall(), Body::Message(SafeText::new(text)));
        handle.send(self.room.clone(), send);
    }

    /// Takes in what was heard; says whether it got any further.
    pub fn handle<W: Write>(
        &mut self,
        heard: Heard,
        out: &mut Output<W>,
    ) -> Result<bool, CliError> {
        let is_further = match heard {
            Heard::Update(Update::Stored { local, seq, .. }, _) => self.settle(local, Ok(seq)),
            Heard::Update(Update::NotStored { local, refusal, .. }, _) => {
                self.fail(local, &refusal.to_string(), CliError::from(&refusal))
            }
            Heard::SendRefused { local, reason } => {
                self.fail(local, &reason, CliError::failed(&reason))
            }
            Heard::Update(Update::OpenRefused { room, refusal }, _) if room == self.room => {
                return Err(CliError::from(&refusal));
            }
            Heard::Update(..) | Heard::Asked { .. } => false,
        };
        self.print(out)?;
        Ok(is_further)
    }

    fn fail(&mut self, local: LocalId, reason: &str, error: CliError) -> bool {
        let line = self
            .unstored
            .iter()
            .find(|unstored| unstored.local == local)
            .and_then(|unstored| unstored.line);
        if !self.settle(local, Err(reason.to_owned())) {
            return false;
        }
        let error = match line {
            Some(line) => error
                .about(format_args!("line {line}"))
                .hint("--json tells what became of each line"),
            None => error,
        };
        self.blame(line, error);
        true
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

    fn settle(&mut self, local: LocalId, outcome: Result<Seq, String>) -> bool {
        let unstored = self
            .unstored
            .iter_mut()
            .find(|unstored| unstored.local == local && unstored.outcome.is_none());
        match unstored {
            Some(unstored) => {
                unstored.outcome = Some(outcome);
                true
            }
            None => false,
        }
    }

    /// Prints a line for each message whose fate, and that of all before it, is known.
    fn print<W: Write>(&mut self, out: &mut Output<W>) -> Result<(), CliError> {
        while let Some(Unstored {
            outcome: Some(outcome),
            local,
            ..
        }) = self.unstored.front()
        {
            if out.is_json() {
                out.json(&sent_line(
                    &self.room,
                    EventId {
                        device: self.device,
                        local: *local,
                    },
                    outcome,
                    None,
                ))?;
            }
            self.unstored.pop_front();
        }
        Ok(())
    }
}

/// The line that says what became of a message.
pub fn sent_line<'a>(
    room: &'a RoomName,
    id: EventId,
    outcome: &Result<Seq, String>,
    tag: Option<&'a str>,
) -> JsonLine<'a> {
    JsonLine::Sent {
        room,
        seq: outcome.as_ref().ok().map(|seq| seq.0),
        id,
        state: if outcome.is_ok() { "stored" } else { "failed" },
        reason: outcome.as_ref().err().cloned(),
        tag,
    }
}
