//! `lanterm send`: done only once the relay has stored every message.

mod outbox;

use std::io::Write;
use std::time::Duration;

use rand_chacha::ChaCha12Rng;
use tokio::io::AsyncBufRead;
use tokio::time::{Interval, MissedTickBehavior};

use super::error::CliError;
use super::inbox::{Heard, Inbox};
use super::lines::{Line, Lines};
use super::output::Output;
use crate::client::{Contact, Update};
use crate::io::client::ClientHandle;
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{DeviceId, Follow, Name, RoomName, SafeText};
use outbox::Outbox;
pub(super) use outbox::sent_line;

/// Messages on their way at once; more input is read when the relay has stored some. Arbitrary:
/// above what a relay commits in one go, so that it is never idle.
pub const UNSTORED_MAX: usize = 512;

/// Where messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To a room.
    Room(RoomName),
    /// To one user, in the room the two have for themselves.
    User(Name),
}

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
}

/// Sends all messages, in order, and returns once each is stored.
///
/// # Errors
/// The first reason why a message is not stored. Those before it are stored, and each message
/// that was handed to the relay is waited for.
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
            return Err(CliError::usage("the message is over 16 KiB"));
        }
        Messages::One(text) if SafeText::new(&text).is_empty() => {
            return Err(CliError::usage("the message is empty"));
        }
        Messages::One(text) => Input::One(Some(text)),
        Messages::Lines(reader) => Input::Lines(Lines::new(reader, TEXT_BYTES_MAX)),
    };
    let room = open(handle, inbox, &options).await?;
    let mut outbox = Outbox::new(options.device, room);
    let mut pace = options.rate.map(|rate| {
        let mut pace = tokio::time::interval(Duration::from_secs(1) / rate);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pace
    });
    let mut is_due = pace.is_none();
    let mut is_reading = true;
    while is_reading || !outbox.unstored.is_empty() {
        if outbox.unstored.is_empty() {
            // Only input can hold things up now, and it may take its time.
            inbox.wait_forever();
        }
        let is_room = is_reading && outbox.unstored.len() < UNSTORED_MAX;
        tokio::select! {
            () = tick(pace.as_mut()), if is_room && !is_due => is_due = true,
            next = input.next(), if is_room && is_due => match next {
                Ok(Some((line, text))) => {
                    is_due = pace.is_none();
                    if outbox.unstored.is_empty() {
                        inbox.wait_with_patience();
                    }
                    outbox.send(handle, rng, line, &text);
                }
                Ok(None) => is_reading = false,
                Err(error) => outbox.blame(input.line(), error),
            },
            heard = inbox.next() => {
                if outbox.handle(heard?, out)? {
                    inbox.made_progress();
                }
            }
        }
        // What follows a message that failed stays with the sender.
        is_reading &= outbox.failure.is_none();
    }
    outbox.failure.map_or(Ok(()), |(_, error)| Err(error))
}

/// Waits for the next time a message may leave.
async fn tick(pace: Option<&mut Interval>) {
    if let Some(pace) = pace {
        pace.tick().await;
    }
}

/// Opens the room to send to, and returns it once it is open.
async fn open(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    options: &SendOptions,
) -> Result<RoomName, CliError> {
    let mut opening = match &options.target {
        Target::Room(room) => {
            handle.open(room.clone(), options.create, Follow::Nothing);
            Some(room.clone())
        }
        // Its name has the name this user goes by at the relay, which is not known yet.
        Target::User(_) => None,
    };
    loop {
        match inbox.next().await? {
            Heard::Update(Update::Contact(Contact::Entered { welcome, .. }), _) => {
                if let (None, Target::User(user)) = (&opening, &options.target) {
                    let room = RoomName::direct(&welcome.name, user);
                    handle.open(room.clone(), true, Follow::Nothing);
                    opening = Some(room);
                }
            }
            Heard::Update(Update::Opened { room, .. }, _) if opening.as_ref() == Some(&room) => {
                inbox.made_progress();
                return Ok(room);
            }
            Heard::Update(Update::OpenRefused { room, refusal }, _)
                if opening.as_ref() == Some(&room) =>
            {
                return Err(CliError::from(&refusal));
            }
            Heard::Update(..) | Heard::Asked { .. } | Heard::SendRefused { .. } => {}
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
            let line = lines.next().await.map_err(|error| {
                CliError::failed(format_args!("can't read standard input: {error}"))
            })?;
            let what = match line {
                None => return Ok(None),
                Some(Line::Text(text)) if SafeText::new(&text).is_empty() => continue,
                Some(Line::Text(text)) => return Ok(Some((Some(lines.number()), text))),
                Some(Line::TooLong) => "is over 16 KiB",
                Some(Line::NotText) => "is not UTF-8",
            };
            let number = lines.number();
            return Err(CliError::usage(format_args!("line {number} {what}"))
                .hint("the lines before it are stored, those after it are not sent"));
        }
    }
}

#[cfg(test)]
mod tests;
