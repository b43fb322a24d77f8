//! `lanterm send`: done only once the relay has stored every message.

use std::collections::VecDeque;
use std::io::Write;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use tokio::io::AsyncBufRead;
use tokio::time::{Interval, MissedTickBehavior};

use super::error::CliError;
use super::inbox::{Heard, Inbox};
use super::json::Line as JsonLine;
use super::lines::{Line, Lines};
use super::output::Output;
use crate::client::{Contact, Update};
use crate::io::client::ClientHandle;
use crate::io::clock;
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{Body, DeviceId, EventId, Follow, LocalId, Name, RoomName, SafeText, Send, Seq};

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
    let mut outbox = Outbox {
        device: options.device,
        room,
        unstored: VecDeque::new(),
        failure: None,
    };
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

/// Messages handed to the relay.
struct Outbox {
    device: DeviceId,
    room: RoomName,
    /// Those without a `sent` line yet, in the order they were sent.
    unstored: VecDeque<Unstored>,
    /// The first line that is not stored, and why.
    failure: Option<(Option<usize>, CliError)>,
}

struct Unstored {
    local: LocalId,
    /// The line it came from.
    line: Option<usize>,
    outcome: Option<Result<Seq, String>>,
}

impl Outbox {
    fn send(
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
    fn handle<W: Write>(&mut self, heard: Heard, out: &mut Output<W>) -> Result<bool, CliError> {
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
    fn blame(&mut self, line: Option<usize>, error: CliError) {
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
pub(super) fn sent_line<'a>(
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::tz::TimeZone;
    use rand::SeedableRng;
    use tokio::io::AsyncReadExt;

    use super::super::error::ErrorKind;
    use super::super::inbox::tests::{Played, entered, play, update};
    use super::*;
    use crate::io::client::{Command, Report};
    use crate::wire::{Cursor, LogHash, LogId, Opened, Refusal};

    const DEVICE: DeviceId = DeviceId([0xab; 8]);

    fn opened(room: &RoomName) -> Report {
        let head = Cursor {
            hash: LogHash::EMPTY,
            log: LogId([1; 8]),
            seq: Seq(40),
        };
        update(Update::Opened {
            room: room.clone(),
            opened: Opened {
                hash: LogHash::EMPTY,
                first: Seq(1),
                head,
                after: Seq(40),
                topic: SafeText::default(),
            },
        })
    }

    /// Plays a relay that numbers what it stores from 41 on and refuses what says "no", and returns
    /// the result, what was printed, and the texts that came.
    async fn send(
        target: Target,
        messages: Messages<&[u8]>,
    ) -> (Result<(), CliError>, String, Vec<String>) {
        let Played {
            handle,
            mut inbox,
            mut commands,
            reports,
        } = play(Duration::from_secs(10));
        let relay = async move {
            let mut texts = Vec::new();
            // An error means that the command has ended without a relay.
            let _ = reports.send(entered("alice2")).await;
            while let Some(command) = commands.recv().await {
                let report = match command {
                    Command::Open { room, .. } => opened(&room),
                    Command::Send { room, send } => {
                        let Body::Message(text) = &send.body else {
                            panic!("{send:?}");
                        };
                        texts.push(text.to_string());
                        let (local, seq) = (send.local, Seq(40 + texts.len() as u64));
                        update(match text.as_str() {
                            "no" => Update::NotStored {
                                room,
                                local,
                                refusal: Refusal::NotAllowed,
                            },
                            _ => Update::Stored { room, local, seq },
                        })
                    }
                    other => panic!("{other:?}"),
                };
                if reports.send(report).await.is_err() {
                    break;
                }
            }
            texts
        };
        let mut printed = Vec::new();
        let command = async {
            let mut out = Output::new(&mut printed, true, TimeZone::UTC);
            let options = SendOptions {
                target,
                create: false,
                device: DEVICE,
                rate: None,
            };
            let mut rng = ChaCha12Rng::from_seed([1; 32]);
            let result = run(&handle, &mut inbox, options, messages, &mut rng, &mut out).await;
            drop((handle, inbox));
            result
        };
        let (result, texts) = tokio::join!(command, relay);
        (result, String::from_utf8(printed).unwrap(), texts)
    }

    #[tokio::test]
    async fn one_message_is_stored_and_told() {
        let one = Messages::One("hi there".to_owned());
        let (result, printed, texts) = send(Target::Room(RoomName::lobby()), one).await;
        assert_eq!(result, Ok(()));
        assert_eq!(texts, ["hi there"]);
        assert!(printed.starts_with(r#"{"type":"sent","room":"lobby","seq":41,"id":"ab"#));
        assert_eq!(printed.lines().count(), 1);
    }

    #[tokio::test]
    async fn a_direct_room_is_named_by_the_name_the_relay_gave() {
        let user = Target::User("bob".parse().unwrap());
        let (result, printed, _) = send(user, Messages::One("psst".to_owned())).await;
        assert_eq!(result, Ok(()));
        assert!(printed.contains(r#""room":"@alice2+bob","#), "{printed}");
    }

    #[tokio::test]
    async fn thousands_of_lines_keep_their_order() {
        let lines: Vec<String> = (0..3_000).map(|number| number.to_string()).collect();
        let input = lines.join("\n\n");
        let target = Target::Room(RoomName::lobby());
        let (result, printed, texts) = send(target, Messages::Lines(input.as_bytes())).await;
        assert_eq!(result, Ok(()));
        assert_eq!(texts, lines);
        for (line, seq) in printed.lines().zip(41..) {
            assert!(line.contains(&format!("\"seq\":{seq},")), "{line}");
        }
        assert_eq!(printed.lines().count(), 3_000);
    }

    #[tokio::test]
    async fn a_line_too_long_is_named_and_those_before_it_are_stored() {
        let input = format!("one\n\ntwo\n{}\nfour\n", "x".repeat(TEXT_BYTES_MAX + 1));
        let target = Target::Room(RoomName::lobby());
        let (result, printed, texts) = send(target, Messages::Lines(input.as_bytes())).await;
        assert_eq!(
            result.unwrap_err().to_string(),
            "error: line 4 is over 16 KiB\n\
             hint: the lines before it are stored, those after it are not sent"
        );
        assert_eq!(texts, ["one", "two"]);
        assert_eq!(printed.lines().count(), 2);
    }

    #[tokio::test]
    async fn a_refused_line_is_named() {
        let target = Target::Room(RoomName::lobby());
        let (result, printed, _) = send(target, Messages::Lines(&b"yes\nno\nyes\n"[..])).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(
            error
                .to_string()
                .starts_with("error: line 2: not allowed\n")
        );
        assert!(printed.contains(r#""state":"failed","reason":"not allowed"}"#));
    }

    #[tokio::test]
    async fn empty_and_oversized_texts_are_not_sent() {
        for (text, expected) in [
            (String::new(), "error: the message is empty"),
            ("\u{200b}".to_owned(), "error: the message is empty"),
            (
                "x".repeat(TEXT_BYTES_MAX + 1),
                "error: the message is over 16 KiB",
            ),
        ] {
            let target = Target::Room(RoomName::lobby());
            let (result, _, texts) = send(target, Messages::One(text)).await;
            let error = result.unwrap_err();
            assert_eq!(
                (error.to_string().as_str(), error.kind()),
                (expected, ErrorKind::Usage)
            );
            assert!(texts.is_empty());
        }
    }

    #[tokio::test]
    async fn an_unanswered_message_is_an_error_and_idle_input_is_not() {
        let Played {
            handle,
            mut inbox,
            mut commands,
            reports,
        } = play(Duration::from_millis(50));
        reports.send(entered("alice")).await.unwrap();
        reports.send(opened(&RoomName::lobby())).await.unwrap();
        let (reader, writer) = tokio::io::duplex(64);
        let command = async {
            let mut out = Output::new(Vec::new(), true, TimeZone::UTC);
            let options = SendOptions {
                target: Target::Room(RoomName::lobby()),
                create: false,
                device: DEVICE,
                rate: None,
            };
            let messages = Messages::Lines(tokio::io::BufReader::new(reader));
            let mut rng = ChaCha12Rng::from_seed([1; 32]);
            run(&handle, &mut inbox, options, messages, &mut rng, &mut out).await
        };
        let typist = async {
            let idle =
                tokio::time::timeout(Duration::from_millis(200), commands_but_open(&mut commands));
            assert!(idle.await.is_err(), "something was sent");
            let mut writer = writer;
            tokio::io::AsyncWriteExt::write_all(&mut writer, b"hello\n")
                .await
                .unwrap();
            // Kept open: only the missing answer can end the command.
            let _ = writer.read_u8().await;
        };
        tokio::select! {
            result = command => {
                let error = result.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unreachable);
            }
            () = typist => panic!("the input was closed"),
        }
    }

    async fn commands_but_open(commands: &mut tokio::sync::mpsc::UnboundedReceiver<Command>) {
        while let Some(Command::Open { .. }) = commands.recv().await {}
    }
}
