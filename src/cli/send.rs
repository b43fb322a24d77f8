//! `lanterm send`: done only once the relay has stored every message, or a reader has it.

mod outbox;

use std::io::Write;
use std::time::Duration;

use rand_chacha::ChaCha12Rng;
use tokio::io::AsyncBufRead;
use tokio::time::{Interval, MissedTickBehavior};

use super::args::Wait;
use super::error::CliError;
use super::inbox::{Heard, Inbox};
use super::lines::{Line, Lines};
use super::output::Output;
use super::target::Target;
use crate::client::Update;
use crate::io::client::ClientHandle;
use crate::locale::{key, say};
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{DeviceId, Follow, LogId, RoomName, SafeText};
pub use outbox::Outcome;

use outbox::Outbox;

/// Messages on their way at once; more input is read when some are over. Arbitrary: above what a
/// relay commits in one go, so that it is never idle.
pub const UNSTORED_MAX: usize = 512;

/// What is to be sent.
pub enum Messages<R> {
    /// This text.
    One(String),
    /// Each line that is read, but for empty ones.
    Lines(R),
}

/// How to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendOptions {
    /// Where to.
    pub target: Target,
    /// Whether to make the room when there is none.
    pub create: bool,
    /// The device that sends.
    pub device: DeviceId,
    /// Messages a second at most.
    pub rate: Option<u32>,
    /// How far each message is to get.
    pub wait: Wait,
}

/// Sends all messages, in order, and returns once each got as far as it was to get.
///
/// # Errors
/// The first reason why a message is not stored, or not delivered. Those before it are, and each
/// message that was handed to the relay is waited for, as long as there is progress.
pub async fn run<R: AsyncBufRead + Unpin, W: Write>(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    options: SendOptions,
    messages: Messages<R>,
    rng: &mut ChaCha12Rng,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let mut input = match messages {
        Messages::One(text) if text.len() > TEXT_BYTES_MAX => {
            return Err(CliError::usage(say!("refusal-too-long")));
        }
        Messages::One(text) if SafeText::new(&text).is_empty() => {
            return Err(CliError::usage(say!("send-empty")));
        }
        Messages::One(text) => Input::One(Some(text)),
        Messages::Lines(reader) => Input::Lines(Lines::new(reader, TEXT_BYTES_MAX)),
    };
    let (room, log) = open(handle, inbox, &options).await?;
    let mut outbox = Outbox::new(options.device, room, log, options.wait);
    let mut pace = options.rate.map(|rate| {
        let mut pace = tokio::time::interval(Duration::from_secs(1) / rate);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pace
    });
    let mut is_due = pace.is_none();
    let mut is_reading = true;
    while is_reading || !outbox.is_empty() {
        if outbox.is_empty() {
            // Only input can hold things up now, and it may take its time.
            inbox.wait_forever();
        }
        let is_room = is_reading && outbox.len() < UNSTORED_MAX;
        tokio::select! {
            () = tick(pace.as_mut()), if is_room && !is_due => is_due = true,
            next = input.next(), if is_room && is_due => match next {
                Ok(Some((line, text))) => {
                    is_due = pace.is_none();
                    if outbox.is_empty() {
                        inbox.wait_with_patience();
                    }
                    outbox.send(handle, rng, line, &text);
                }
                Ok(None) => is_reading = false,
                Err(error) => outbox.blame(input.line(), error),
            },
            heard = inbox.next() => match heard {
                Ok(heard) => {
                    if outbox.handle(heard, inbox, out)? {
                        inbox.made_progress();
                    }
                }
                Err(error) => return Err(outbox.give_up(error, inbox.patience(), out)),
            },
        }
        // What follows a message that failed stays with the sender.
        is_reading &= !outbox.has_failed();
    }
    outbox.into_result()
}

/// Waits for the next time a message may leave.
async fn tick(pace: Option<&mut Interval>) {
    if let Some(pace) = pace {
        pace.tick().await;
    }
}

/// Opens the room to send to, and returns it and its log once it is open.
async fn open(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    options: &SendOptions,
) -> Result<(RoomName, LogId), CliError> {
    let wanted = options.target.find(inbox).await?;
    handle.open(wanted.clone(), options.create, Follow::Nothing);
    loop {
        match inbox.next().await? {
            Heard::Update(Update::Opened { room, opened }, _) if room == wanted => {
                inbox.made_progress();
                return Ok((room, opened.head.log));
            }
            Heard::Update(Update::OpenRefused { room, refusal }, _) if room == wanted => {
                return Err(CliError::from(&refusal));
            }
            Heard::Update(..)
            | Heard::Asked { .. }
            | Heard::Stats(_)
            | Heard::SendRefused { .. } => {}
        }
    }
}

/// Where messages come from.
enum Input<R> {
    One(Option<String>),
    Lines(Lines<R>),
}

impl<R: AsyncBufRead + Unpin> Input<R> {
    /// The number of the line read last, if messages are lines.
    fn line(&self) -> Option<usize> {
        match self {
            Self::One(_) => None,
            Self::Lines(lines) => Some(lines.number()),
        }
    }

    /// The next message, and the number of its line if it has one. Cancel-safe.
    async fn next(&mut self) -> Result<Option<(Option<usize>, String)>, CliError> {
        let lines = match self {
            Self::One(text) => return Ok(text.take().map(|text| (None, text))),
            Self::Lines(lines) => lines,
        };
        loop {
            let line = lines
                .next()
                .await
                .map_err(|error| CliError::failed(say!("error-stdin", error = error)))?;
            let what = match line {
                None => return Ok(None),
                Some(Line::Text(text)) if SafeText::new(&text).is_empty() => continue,
                Some(Line::Text(text)) => return Ok(Some((Some(lines.number()), text))),
                Some(Line::TooLong) => key!("send-line-too-long"),
                Some(Line::NotText) => key!("send-line-not-text"),
            };
            let number = lines.number();
            return Err(CliError::usage(say!(what, line = number)).hint(say!("send-line-hint")));
        }
    }
}

#[cfg(test)]
mod tests;
