//! `lanterm pipe --json`: a bot's two-way door, JSON lines in, JSON lines out.
//!
//! What comes in, one object a line ("room" may be "@bob", the direct room with bob):
//!
//! ```text
//! {"type":"send","room":"lobby","text":"hi"}       also "action":true (/me), "to":"bob" for "room",
//!                                                  "reply_to":12
//! {"type":"edit","room":"lobby","target":12,"text":"ho"}
//! {"type":"reaction","room":"lobby","target":12,"reaction":"+1"}    "" takes it back
//! {"type":"redaction","room":"lobby","target":12}
//! {"type":"topic","room":"lobby","topic":"tea"}
//! {"type":"open","room":"tea","create":true,"last":10}              or "since":SEQ
//! {"type":"close","room":"tea","leave":true}
//! {"type":"read","room":"lobby","seq":12}
//! {"type":"typing","room":"lobby"}
//! {"type":"presence","presence":"away","status":"lunch"}            or "here", "idle"
//! {"type":"who","room":"lobby"}    {"type":"rooms"}    {"type":"net"}    {"type":"stats"}
//! {"type":"history","room":"lobby","before":40,"count":20}
//! {"type":"search","words":"tea","room":"lobby","from":"bob","count":20,"after":MARK}    "words" alone will do
//! {"type":"delivered","room":"lobby"}
//! ```
//!
//! A "tag" beside the first five comes back in the "sent" line. What goes out:
//!
//! - the lines of `tail` for every open room: events, "presence", and "missing", "gone" and
//!   "diverged" where the log is not what it should be;
//! - a "sent" line for each message, "stored" ("held" by a relay without a disk) or "failed"; before
//!   that a "delayed" line when the relay has no room for it, which is sent again by itself;
//! - a "typing" line when somebody else types something for a room;
//! - a "delivered" line when a device of somebody else has stored a room up to a place;
//! - the answers to the last seven requests, each followed by an "end" line: the lines of `who`,
//!   `rooms`, `net` and `history`, a "stats" line of this process's own path, events with a "mark" for
//!   "search", and a "reader" line for each reader;
//! - an "error" line for what failed: the pipe itself goes on.
//!
//! `docs/json.md` shows every line.

mod request;

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::error::Category;
use tokio::io::AsyncBufRead;

use super::error::{CliError, ErrorKind};
use super::inbox::{Heard, Inbox};
use super::json::{EventLine, Line as JsonLine};
use super::lines::{Line, Lines};
use super::output::Output;
use super::search::checked_words;
use super::send::{Outcome, UNSTORED_MAX};
use super::target::Target;
use crate::client::{Contact, PathStats, Update};
use crate::io::client::{ClientHandle, Command};
use crate::io::clock;
use crate::locale::{Language, say};
use crate::wire::text::{STATUS_BYTES_MAX, TEXT_BYTES_MAX};
use crate::wire::{
    Answer, Body, DeviceId, EventId, Follow, LocalId, Name, Query, Refusal, RoomName, SafeText,
    Send, Seq, Timestamp,
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
    rooms: Vec<Target>,
    input: R,
    rng: &mut ChaCha12Rng,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let mut found = Vec::new();
    for target in &rooms {
        found.push(target.find(inbox).await?);
    }
    for room in found {
        handle.open(room, false, Follow::Last(0));
    }
    let mut pipe = Pipe {
        handle,
        device,
        name: inbox.welcome().map(|welcome| welcome.name.clone()),
        unstored: BTreeMap::new(),
        questions: VecDeque::new(),
        stats_asked: 0,
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
                        return Err(CliError::failed(say!("error-stdin", error = error)));
                    }
                }
            }
            heard = inbox.next() => {
                let heard = match heard {
                    Ok(heard) => heard,
                    Err(error) => return Err(pipe.give_up(error)),
                };
                if pipe.handle_heard(heard, inbox)? {
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
    /// Events on their way.
    unstored: BTreeMap<LocalId, Unstored>,
    questions: VecDeque<Question>,
    /// Requests for this process's own figures that are unanswered. Each line of input adds one, and
    /// the next figures answer them all.
    stats_asked: usize,
    next_tag: u32,
    rng: &'a mut ChaCha12Rng,
    out: &'a mut Output<W>,
}

/// An event on its way.
struct Unstored {
    room: RoomName,
    /// What the bot put beside it.
    tag: Option<String>,
    /// Why the relay does not take it just now.
    delayed: Option<Refusal>,
}

/// A question on its way.
struct Question {
    tag: u32,
    /// The number of its answer, once known.
    request: Option<u32>,
    /// The type of the request.
    of: &'static str,
    /// The room it is about, when the answer does not name it.
    room: Option<RoomName>,
}

impl<W: Write> Pipe<'_, W> {
    /// Whether nothing is unanswered.
    fn is_idle(&self) -> bool {
        self.unstored.is_empty() && self.questions.is_empty() && self.stats_asked == 0
    }

    fn handle_line(&mut self, number: usize, line: &Line) -> Result<(), CliError> {
        let text = match line {
            Line::Text(text) if text.trim().is_empty() => return Ok(()),
            Line::Text(text) => text,
            Line::TooLong => return self.error(format!("line {number} is too long")),
            Line::NotText => return self.error(format!("line {number} is not UTF-8")),
        };
        let result = serde_json::from_str(text)
            .map_err(|error| why_unreadable(&error))
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
                reply_to,
                tag,
            } => {
                let room = match (room, to) {
                    (Some(room), None) => self.room(&room)?,
                    (None, Some(user)) => self.room(&Target::User(user))?,
                    (Some(_), Some(_)) | (None, None) => {
                        return Err("give \"room\" or \"to\"".to_owned());
                    }
                };
                let text = checked(&text)?;
                if text.is_empty() {
                    return Err("the message is empty".to_owned());
                }
                let body = match (action, reply_to) {
                    (true, Some(_)) => return Err("an action answers nothing".to_owned()),
                    (true, None) => Body::Action(text),
                    (false, Some(to)) => Body::Reply(Seq(to), text),
                    (false, None) => Body::Message(text),
                };
                self.send(room, body, tag);
            }
            Request::Edit {
                room,
                target,
                text,
                tag,
            } => self.send(
                self.room(&room)?,
                Body::Edit(Seq(target), checked(&text)?),
                tag,
            ),
            Request::Reaction {
                room,
                target,
                reaction,
                tag,
            } => self.send(
                self.room(&room)?,
                Body::Reaction(Seq(target), checked(&reaction)?),
                tag,
            ),
            Request::Redaction { room, target, tag } => {
                self.send(self.room(&room)?, Body::Redaction(Seq(target)), tag);
            }
            Request::Topic { room, topic, tag } => {
                self.send(self.room(&room)?, Body::Topic(checked(&topic)?), tag);
            }
            Request::Open {
                room,
                create,
                last,
                since,
            } => {
                let follow = since.map_or(Follow::Last(last), |seq| Follow::Since(Seq(seq)));
                self.handle.open(self.room(&room)?, create, follow);
            }
            Request::Close { room, leave } => self.handle.close(self.room(&room)?, leave),
            Request::Read { room, seq } => {
                let room = self.room(&room)?;
                let seq = Seq(seq);
                self.handle.command(Command::TellRead { room, seq });
            }
            Request::Typing { room } => {
                self.handle.command(Command::Typing(self.room(&room)?));
            }
            Request::Presence { presence, status } => {
                if status.len() > STATUS_BYTES_MAX {
                    return Err(format!("the status is over {STATUS_BYTES_MAX} bytes"));
                }
                let status = SafeText::status(&status);
                self.handle
                    .command(Command::Presence(presence.into(), status));
            }
            Request::Who { room } => {
                let room = room.map(|room| self.room(&room)).transpose()?;
                self.ask("who", None, Query::Members(room))?;
            }
            Request::Net => self.ask("net", None, Query::Net)?,
            Request::Stats => {
                self.stats_asked += 1;
                self.handle.command(Command::TellStats);
            }
            Request::Rooms => self.ask("rooms", None, Query::Rooms)?,
            Request::History {
                room,
                before,
                count,
            } => {
                let room = self.room(&room)?;
                let query = Query::History {
                    room: room.clone(),
                    before: before.map(Seq),
                    count,
                };
                self.ask("history", Some(room), query)?;
            }
            Request::Search {
                words,
                room,
                from,
                count,
                after,
            } => {
                let words = checked_words(words).map_err(|said| said.tr(Language::English))?;
                let query = Query::Search {
                    words,
                    room: room.map(|room| self.room(&room)).transpose()?,
                    from,
                    after,
                    count,
                };
                self.ask("search", None, query)?;
            }
            Request::Delivered { room } => {
                let room = self.room(&room)?;
                self.ask("delivered", Some(room.clone()), Query::Delivered(room))?;
            }
        }
        Ok(())
    }

    /// The room that a bot names.
    fn room(&self, target: &Target) -> Result<RoomName, String> {
        let name = self.name.as_ref();
        let name = name.ok_or("the relay has not said who this is")?;
        Ok(target.room(name))
    }

    fn send(&mut self, room: RoomName, body: Body, tag: Option<String>) {
        let local = LocalId(self.rng.random::<u64>() >> 1);
        let unstored = Unstored {
            room: room.clone(),
            tag,
            delayed: None,
        };
        self.unstored.insert(local, unstored);
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
    fn handle_heard(&mut self, heard: Heard, inbox: &Inbox) -> Result<bool, CliError> {
        let (update, received_at) = match heard {
            Heard::Update(update, received_at) => (update, received_at),
            Heard::Asked { tag, request } => {
                let mut questions = self.questions.iter_mut();
                if let Some(question) = questions.find(|question| question.tag == tag) {
                    question.request = Some(request);
                }
                return Ok(false);
            }
            Heard::Stats(stats) => return self.tell_stats(&stats),
            Heard::SendRefused { local, why } => {
                return self.settle(local, &Outcome::Failed(why.to_string()));
            }
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
            Update::Stored { local, seq, .. } => {
                return self.settle(local, &Outcome::stored(seq, inbox));
            }
            Update::NotStored { local, refusal, .. } => {
                return self.settle(local, &Outcome::Failed(refusal.to_string()));
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
                let question = &self.questions[index];
                answer(part, question.room.as_ref(), received_at, self.out)?;
                if is_last {
                    let of = question.of;
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
            Update::Delayed {
                room,
                local,
                refusal,
            } => self.delay(&room, local, refusal)?,
            Update::Delivered { room, name, seq } => self.out.json(&JsonLine::Delivered {
                room: &room,
                name: &name,
                seq: seq.0,
            })?,
            Update::Typing { room, name } => self.out.json(&JsonLine::Typing {
                room: &room,
                name: &name,
            })?,
            Update::Missing {
                room,
                from,
                count,
                search,
            } => self.out.missing(&room, &from, count, search)?,
            Update::Gone { room, count } => self.out.gone(&room, count)?,
            Update::Diverged { room, log, at } => self.out.diverged(&room, log, at)?,
            // What holds messages up now is the network.
            Update::Contact(Contact::Lost { .. }) => {
                for unstored in self.unstored.values_mut() {
                    unstored.delayed = None;
                }
            }
            Update::Contact(_)
            | Update::Opened { .. }
            | Update::Ahead { .. }
            | Update::Queued { .. }
            | Update::CarriedOver { .. }
            | Update::Waiting { .. } => {}
        }
        Ok(false)
    }

    /// Answers all that asked for them. Figures that were on their way already will do: they are no
    /// older than the contact with the relay, before which no request is read.
    fn tell_stats(&mut self, stats: &PathStats) -> Result<bool, CliError> {
        let is_answer = self.stats_asked > 0;
        for _ in 0..std::mem::take(&mut self.stats_asked) {
            self.out.json(&JsonLine::stats(stats))?;
            self.out.json(&JsonLine::End { of: "stats" })?;
        }
        Ok(is_answer)
    }

    fn question(&self, request: u32) -> Option<usize> {
        self.questions
            .iter()
            .position(|question| question.request == Some(request))
    }

    /// The relay has no room for an event just now.
    fn delay(&mut self, room: &RoomName, local: LocalId, refusal: Refusal) -> Result<(), CliError> {
        let Some(unstored) = self.unstored.get_mut(&local) else {
            return Ok(());
        };
        let device = self.device;
        self.out.json(&JsonLine::Delayed {
            room,
            id: EventId { device, local },
            reason: refusal.to_string(),
            tag: unstored.tag.as_deref(),
        })?;
        unstored.delayed = Some(refusal);
        Ok(())
    }

    /// Ends the pipe with this error of the inbox. Where the relay had no room for an event, that is
    /// what is told: of it and of all that wait behind it in their room.
    fn give_up(&mut self, error: CliError) -> CliError {
        if error.kind() != ErrorKind::Unreachable {
            return error;
        }
        let reason = |unstored: &Unstored| Some((unstored.room.clone(), unstored.delayed.clone()?));
        let delayed: BTreeMap<RoomName, Refusal> =
            self.unstored.values().filter_map(reason).collect();
        let locals: Vec<LocalId> = self.unstored.keys().copied().collect();
        for local in locals {
            let refusal = delayed.get(&self.unstored[&local].room);
            let result = match refusal {
                Some(refusal) => self.settle(local, &Outcome::Failed(refusal.to_string())),
                None => Ok(false),
            };
            if let Err(error) = result {
                return error;
            }
        }
        delayed.values().next().map_or(error, CliError::from)
    }

    fn settle(&mut self, local: LocalId, outcome: &Outcome) -> Result<bool, CliError> {
        let Some(Unstored { room, tag, .. }) = self.unstored.remove(&local) else {
            return Ok(false);
        };
        let device = self.device;
        let id = EventId { device, local };
        self.out.json(&outcome.line(&room, id, tag.as_deref()))?;
        Ok(true)
    }

    fn error(&mut self, text: String) -> Result<(), CliError> {
        self.out.json(&JsonLine::Error { text })
    }
}

/// Prints part of an answer.
fn answer<W: Write>(
    part: Answer,
    room: Option<&RoomName>,
    received_at: Timestamp,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    match (part, room) {
        (Answer::Members(members), _) => out.members(&members),
        (Answer::Rooms(rooms), _) => out.rooms(&rooms),
        (Answer::Net(paths), _) => out.paths(&paths),
        (Answer::Events(log, events), Some(room)) => events
            .iter()
            .try_for_each(|event| out.event(room, log, event, received_at)),
        (Answer::Found(found), _) => found
            .iter()
            .try_for_each(|found| out.json(&EventLine::found(found, received_at))),
        (Answer::Delivered(readers), Some(room)) => readers
            .iter()
            .try_for_each(|reader| out.json(&JsonLine::reader(room, reader))),
        // Answers to what was not asked.
        (
            Answer::Events(..) | Answer::Delivered(_) | Answer::Hashes(..) | Answer::Numbered(_),
            _,
        ) => Ok(()),
    }
}

/// A text that is short enough, made safe to show.
/// What is wrong with a line, which is all of the text: it has no lines of its own to name.
fn why_unreadable(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rfind(" at line ").map_or(&*text, |at| &text[..at]);
    match error.classify() {
        Category::Syntax | Category::Eof => {
            format!("not JSON at column {}: {what}", error.column())
        }
        Category::Data | Category::Io => what.to_owned(),
    }
}

fn checked(text: &str) -> Result<SafeText, String> {
    if text.len() > TEXT_BYTES_MAX {
        return Err("the text is over 16 KiB".to_owned());
    }
    Ok(SafeText::new(text))
}

#[cfg(test)]
mod tests;
