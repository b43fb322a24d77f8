//! `lanterm pipe --json`: a bot's two-way door, JSON lines in, JSON lines out.
//!
//! What comes in, one object a line:
//!
//! ```text
//! {"type":"send","room":"lobby","text":"hi"}       also "action":true (/me), "to":"bob" for "room"
//! {"type":"edit","room":"lobby","target":12,"text":"ho"}
//! {"type":"reaction","room":"lobby","target":12,"reaction":"+1"}    "" takes it back
//! {"type":"redaction","room":"lobby","target":12}
//! {"type":"topic","room":"lobby","topic":"tea"}
//! {"type":"open","room":"tea","create":true,"last":10}              or "since":SEQ
//! {"type":"close","room":"tea","leave":true}
//! {"type":"who","room":"lobby"}    {"type":"rooms"}    {"type":"history","room":"lobby","before":40,"count":20}
//! ```
//!
//! A "tag" beside the first five comes back in the "sent" line. What goes out: the lines of `tail`
//! for every open room, a "sent" line for each message, the lines of `who`, `rooms` and `history`
//! followed by an "end" line, and an "error" line for what failed: the pipe itself goes on.

mod request;

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use tokio::io::AsyncBufRead;

use super::error::CliError;
use super::inbox::{Heard, Inbox};
use super::json::Line as JsonLine;
use super::lines::{Line, Lines};
use super::output::Output;
use super::send::{UNSTORED_MAX, sent_line};
use crate::client::{Contact, Update};
use crate::io::client::ClientHandle;
use crate::io::clock;
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{
    Answer, Body, DeviceId, EventId, Follow, LocalId, Name, Query, RoomName, SafeText, Send, Seq,
};
use request::Request;

/// The longest line of input, in bytes: a text of 16 KiB in which JSON writes every byte as
/// `\u0000`, and its fields.
const LINE_BYTES_MAX: usize = 6 * TEXT_BYTES_MAX + 4096;

/// Questions unanswered at once; more are refused. What a client keeps at most (64).
const QUESTIONS_MAX: usize = 64;

/// Follows the rooms given and does what is read, until the input ends and all of it is answered.
///
/// # Errors
/// When no relay answers in time, or standard output can't be written.
pub async fn run<R: AsyncBufRead + Unpin, W: Write>(
    handle: &ClientHandle,
    inbox: &mut Inbox,
    device: DeviceId,
    rooms: Vec<RoomName>,
    input: R,
    rng: &mut ChaCha12Rng,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    for room in rooms {
        handle.open(room, false, Follow::Last(0));
    }
    let mut pipe = Pipe {
        handle,
        device,
        name: None,
        unstored: BTreeMap::new(),
        questions: VecDeque::new(),
        next_tag: 0,
        rng,
        out,
    };
    let mut lines = Lines::new(input, LINE_BYTES_MAX);
    let mut is_reading = true;
    while is_reading || !pipe.is_idle() {
        // A room of two is named after both, so input waits until the relay has said our name.
        let takes_more = is_reading && pipe.name.is_some() && pipe.unstored.len() < UNSTORED_MAX;
        tokio::select! {
            line = lines.next(), if takes_more => {
                match line {
                    Ok(Some(line)) => pipe.handle_line(lines.number(), &line)?,
                    Ok(None) => {
                        is_reading = false;
                        inbox.wait_with_patience();
                    }
                    Err(error) => {
                        return Err(CliError::failed(format_args!(
                            "can't read standard input: {error}"
                        )));
                    }
                }
            }
            heard = inbox.next() => {
                if pipe.handle_heard(heard?)? {
                    inbox.made_progress();
                }
                if is_reading && pipe.name.is_some() {
                    inbox.wait_forever();
                }
            }
        }
    }
    Ok(())
}

struct Pipe<'a, W> {
    handle: &'a ClientHandle,
    device: DeviceId,
    /// The name this user goes by at the relay, once entered.
    name: Option<Name>,
    /// Events on their way: the room, and the bot's tag.
    unstored: BTreeMap<LocalId, (RoomName, Option<String>)>,
    questions: VecDeque<Question>,
    next_tag: u32,
    rng: &'a mut ChaCha12Rng,
    out: &'a mut Output<W>,
}

/// A question on its way.
struct Question {
    tag: u32,
    /// The number of its answer, once known.
    request: Option<u32>,
    /// "who", "rooms" or "history".
    of: &'static str,
    /// The room whose history is asked for.
    room: Option<RoomName>,
}

impl<W: Write> Pipe<'_, W> {
    /// Whether nothing is unanswered.
    fn is_idle(&self) -> bool {
        self.unstored.is_empty() && self.questions.is_empty()
    }

    fn handle_line(&mut self, number: usize, line: &Line) -> Result<(), CliError> {
        let text = match line {
            Line::Text(text) if text.trim().is_empty() => return Ok(()),
            Line::Text(text) => text,
            Line::TooLong => return self.error(format!("line {number} is too long")),
            Line::NotText => return self.error(format!("line {number} is not UTF-8")),
        };
        let result = serde_json::from_str(text)
            .map_err(|error| error.to_string())
            .and_then(|request| self.handle_request(request));
        match result {
            Ok(()) => Ok(()),
            Err(error) => self.error(format!("line {number}: {error}")),
        }
    }

    fn handle_request(&mut self, request: Request) -> Result<(), String> {
        match request {
            Request::Send {
                room,
                to,
                text,
                action,
                tag,
            } => {
                let room = match (room, to, &self.name) {
                    (Some(room), None, _) => room,
                    (None, Some(user), Some(name)) => RoomName::direct(name, &user),
                    _ => return Err("give \"room\" or \"to\"".to_owned()),
                };
                let text = checked(&text)?;
                if text.is_empty() {
                    return Err("the message is empty".to_owned());
                }
                let body = if action {
                    Body::Action(text)
                } else {
                    Body::Message(text)
                };
                self.send(room, body, tag);
            }
            Request::Edit {
                room,
                target,
                text,
                tag,
            } => self.send(room, Body::Edit(Seq(target), checked(&text)?), tag),
            Request::Reaction {
                room,
                target,
                reaction,
                tag,
            } => self.send(room, Body::Reaction(Seq(target), checked(&reaction)?), tag),
            Request::Redaction { room, target, tag } => {
                self.send(room, Body::Redaction(Seq(target)), tag);
            }
            Request::Topic { room, topic, tag } => {
                self.send(room, Body::Topic(checked(&topic)?), tag);
            }
            Request::Open {
                room,
                create,
                last,
                since,
            } => {
                let follow = since.map_or(Follow::Last(last), |seq| Follow::Since(Seq(seq)));
                self.handle.open(room, create, follow);
            }
            Request::Close { room, leave } => self.handle.close(room, leave),
            Request::Who { room } => self.ask("who", None, Query::Members(room))?,
            Request::Rooms => self.ask("rooms", None, Query::Rooms)?,
            Request::History {
                room,
                before,
                count,
            } => {
                let query = Query::History {
                    room: room.clone(),
                    before: before.map(Seq),
                    count,
                };
                self.ask("history", Some(room), query)?;
            }
        }
        Ok(())
    }

    fn send(&mut self, room: RoomName, body: Body, tag: Option<String>) {
        let local = LocalId(self.rng.random::<u64>() >> 1);
        self.unstored.insert(local, (room.clone(), tag));
        let send = Send::new(local, clock::wall(), body);
        self.handle.send(room, send);
    }

    fn ask(
        &mut self,
        of: &'static str,
        room: Option<RoomName>,
        query: Query,
    ) -> Result<(), String> {
        if self.questions.len() >= QUESTIONS_MAX {
            return Err(format!("{QUESTIONS_MAX} questions are unanswered"));
        }
        let tag = self.next_tag;
        self.next_tag = self.next_tag.wrapping_add(1);
        self.questions.push_back(Question {
            tag,
            request: None,
            of,
            room,
        });
        self.handle.ask(tag, query);
        Ok(())
    }

    /// Takes in what was heard; says whether it was an answer.
    fn handle_heard(&mut self, heard: Heard) -> Result<bool, CliError> {
        let (update, received_at) = match heard {
            Heard::Update(update, received_at) => (update, received_at),
            Heard::Asked { tag, request } => {
                let mut questions = self.questions.iter_mut();
                if let Some(question) = questions.find(|question| question.tag == tag) {
                    question.request = Some(request);
                }
                return Ok(false);
            }
            Heard::SendRefused { local, reason } => return self.settle(local, &Err(reason)),
        };
        match update {
            Update::Contact(Contact::Entered { welcome, .. }) => self.name = Some(welcome.name),
            Update::Event {
                room, log, event, ..
            } => {
                self.out.event(&room, log, &event, received_at)?;
                self.handle.seen(room, event.seq);
            }
            Update::Members { room, members } => {
                for member in &members {
                    self.out.json(&JsonLine::presence(&room, member))?;
                }
            }
            Update::Stored { local, seq, .. } => return self.settle(local, &Ok(seq)),
            Update::NotStored { local, refusal, .. } => {
                return self.settle(local, &Err(refusal.to_string()));
            }
            Update::OpenRefused { room, refusal } => {
                self.error(format!("can't open \"{room}\": {refusal}"))?;
            }
            Update::Answer {
                request,
                part,
                is_last,
            } => {
                let Some(index) = self.question(request) else {
                    return Ok(false);
                };
                let of = self.questions[index].of;
                match (part, &self.questions[index].room) {
                    (Answer::Members(members), _) => self.out.members(&members)?,
                    (Answer::Rooms(rooms), _) => self.out.rooms(&rooms)?,
                    (Answer::Events(log, events), Some(room)) => {
                        for event in &events {
                            self.out.event(room, log, event, received_at)?;
                        }
                    }
                    (
                        Answer::Events(..)
                        | Answer::Hashes(..)
                        | Answer::Found(_)
                        | Answer::Numbered(_)
                        | Answer::Delivered(_),
                        _,
                    ) => {}
                }
                if is_last {
                    self.questions.remove(index);
                    self.out.json(&JsonLine::End { of })?;
                }
                return Ok(true);
            }
            Update::AskRefused { request, refusal } => {
                if let Some(index) = self.question(request) {
                    let of = self.questions[index].of;
                    self.questions.remove(index);
                    self.error(format!("{of}: {refusal}"))?;
                    return Ok(true);
                }
            }
            Update::Contact(_)
            | Update::Opened { .. }
            | Update::Ahead { .. }
            | Update::Queued { .. }
            | Update::Delayed { .. }
            | Update::Missing { .. }
            | Update::Gone { .. }
            | Update::Diverged { .. }
            | Update::Delivered { .. }
            | Update::Waiting { .. } => {}
        }
        Ok(false)
    }

    fn question(&self, request: u32) -> Option<usize> {
        self.questions
            .iter()
            .position(|question| question.request == Some(request))
    }

    fn settle(&mut self, local: LocalId, outcome: &Result<Seq, String>) -> Result<bool, CliError> {
        let Some((room, tag)) = self.unstored.remove(&local) else {
            return Ok(false);
        };
        let id = EventId {
            device: self.device,
            local,
        };
        let line = sent_line(&room, id, outcome, tag.as_deref());
        self.out.json(&line)?;
        Ok(true)
    }

    fn error(&mut self, text: String) -> Result<(), CliError> {
        self.out.json(&JsonLine::Error { text })
    }
}

/// A text that is short enough, made safe to show.
fn checked(text: &str) -> Result<SafeText, String> {
    if text.len() > TEXT_BYTES_MAX {
        return Err("the text is over 16 KiB".to_owned());
    }
    Ok(SafeText::new(text))
}

#[cfg(test)]
mod tests;
