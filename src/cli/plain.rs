//! `lanterm --plain`: the chat as lines, for screen readers, terminals without a cursor, and pipes.
//!
//! Standard output gets one line for each event, and nothing in it is ever written over. Standard
//! input is the input line of the screen: what is no command is said in the room in front. A line of
//! another room than that begins with the room. Behind every message stands its number, by which
//! `/reply`, `/react`, `/edit` and `/delete` take it. What was said before the start comes first: what
//! is unread, or the last of a room that is new here. That all is well is not said of a message; that
//! it waits or failed is.
//!
//! [`Plain`] is the whole state, without input, output, clock or network.

mod heard;
mod request;

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::time::Duration;

use jiff::tz::TimeZone;
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use tokio::io::AsyncBufRead;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::Instant;

use super::error::{CliError, ErrorKind};
use super::lines::{Line, Lines};
use super::output::Output;
use super::search::checked_words;
use crate::io::clock;
use crate::locale::{Language, Said, say, tr};
use crate::tui::app::ROOMS_MAX;
use crate::tui::commands;
use crate::tui::{Command, Input};
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{
    Body, DeviceId, LocalId, LogId, Name, Presence, Query, RoomName, SafeText, Seq, Timestamp,
};
use request::Request;

/// The longest line of input, in bytes: a text of the longest kind, and a command before it.
const LINE_BYTES_MAX: usize = TEXT_BYTES_MAX + 256;

/// Messages on their way that are remembered. Input waits while there are as many.
const UNSENT_MAX: usize = 256;

/// Questions under way; the oldest is forgotten for one more. Arbitrary: a person asks one at a time.
const ASKS_MAX: usize = 64;

/// Messages found that are shown. Arbitrary: more than is listened to.
const FOUND_MAX: u32 = 20;

/// How a [`Plain`] starts.
pub struct PlainConfig {
    /// The name this user goes by.
    pub name: Name,
    /// This device, by which the user's own messages are known.
    pub device: DeviceId,
    /// The room in front.
    pub room: RoomName,
    /// The language of everything but what people write.
    pub language: Language,
    /// The zone of times.
    pub zone: TimeZone,
    /// Numbers for what is sent.
    pub rng: ChaCha12Rng,
}

/// Prints what happens and does what is read, until the user quits or the input has ended and all of
/// it is stored. Once it has ended, the next message has the time `patience` to be.
///
/// # Errors
/// When that time is over, standard input can't be read or standard output can't be written.
pub async fn run<R: AsyncBufRead + Unpin, W: Write>(
    mut plain: Plain,
    mut inputs: Receiver<Input>,
    commands: Sender<Command>,
    input: R,
    patience: Duration,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let mut lines = Lines::new(input, LINE_BYTES_MAX);
    let mut is_reading = true;
    let mut unsent = 0;
    let mut end = Instant::now() + patience;
    loop {
        if is_reading || unsent != plain.unsent.len() {
            unsent = plain.unsent.len();
            end = Instant::now() + patience;
        }
        while let Some(line) = plain.poll_line() {
            out.text(&line)?;
        }
        while let Some(command) = plain.poll_command() {
            // Nobody drives the client any more when this fails; the inputs have ended as well then.
            let _ = commands.send(command).await;
        }
        if plain.is_over || (!is_reading && plain.is_idle()) {
            return Ok(());
        }
        let takes_more = is_reading && plain.unsent.len() < UNSENT_MAX;
        tokio::select! {
            line = lines.next(), if takes_more => match line {
                Ok(Some(Line::Text(line))) => plain.handle_line(&line, clock::wall()),
                Ok(Some(Line::TooLong)) => plain.refuse(&say!("plain-too-long")),
                Ok(Some(Line::NotText)) => plain.refuse(&say!("plain-not-text")),
                Ok(None) => is_reading = false,
                Err(error) => return Err(CliError::failed(say!("error-stdin", error = error))),
            },
            input = inputs.recv() => match input {
                Some(input) => plain.handle_input(input),
                None => return Err(CliError::failed(say!("run-disconnected"))),
            },
            () = tokio::time::sleep_until(end), if !is_reading => {
                let error = say!("plain-unsent", count = unsent);
                return Err(CliError::new(ErrorKind::Unreachable, error));
            }
        }
    }
}

/// A room that is open.
struct Room {
    name: RoomName,
    topic: SafeText,
    /// Up to where the user had read it at the start.
    was_read: Option<(LogId, Seq)>,
    /// The end of its log when it was opened first: what follows happens now.
    head: Option<Seq>,
    /// The last thing said.
    last: Option<Seq>,
    /// The last thing this user said, and its text.
    own: Option<(Seq, String)>,
    /// What is to be told as read.
    read: Option<(LogId, Seq)>,
}

/// A question under way.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    Lines,
    /// The messages of a room that were unread at the start, from behind this one on.
    Unread(RoomName, Seq),
}

/// The state of the chat as lines.
pub struct Plain {
    name: Name,
    device: DeviceId,
    language: Language,
    zone: TimeZone,
    rng: ChaCha12Rng,
    rooms: Vec<Room>,
    /// The room in front, an index of `rooms`, which is never empty.
    active: usize,
    /// Who is there, by name; the best of their devices counts.
    people: BTreeMap<(Name, DeviceId), (Presence, SafeText)>,
    /// Messages on their way, and what they say.
    unsent: BTreeMap<LocalId, String>,
    asks: BTreeMap<u32, Asked>,
    next_request: u32,
    is_entered: bool,
    /// The relay's key has changed, and the user has not said what to do.
    is_stopped: bool,
    is_over: bool,
    /// The day of the line printed last.
    day: Option<jiff::civil::Date>,
    lines: VecDeque<String>,
    commands: VecDeque<Command>,
}

impl Plain {
    /// The chat of a user who is in no session yet; asks to open the first room.
    pub fn new(config: PlainConfig) -> Self {
        let mut plain = Self {
            name: config.name,
            device: config.device,
            language: config.language,
            zone: config.zone,
            rng: config.rng,
            rooms: Vec::new(),
            active: 0,
            people: BTreeMap::new(),
            unsent: BTreeMap::new(),
            asks: BTreeMap::new(),
            next_request: 1,
            is_entered: false,
            is_stopped: false,
            is_over: false,
            day: None,
            lines: VecDeque::new(),
            commands: VecDeque::new(),
        };
        plain.open(config.room, true);
        plain
    }

    /// The next line to print.
    pub fn poll_line(&mut self) -> Option<String> {
        self.lines.pop_front()
    }

    /// The next thing the user asked for.
    pub fn poll_command(&mut self) -> Option<Command> {
        if let Some(command) = self.commands.pop_front() {
            return Some(command);
        }
        self.rooms.iter_mut().find_map(|room| {
            let (log, seq) = room.read.take()?;
            let room = room.name.clone();
            Some(Command::Read { room, log, seq })
        })
    }

    /// Whether everything said is stored and everything asked is answered.
    pub fn is_idle(&self) -> bool {
        self.unsent.is_empty() && self.asks.is_empty()
    }

    /// Takes a line of input and the wall clock.
    pub fn handle_line(&mut self, line: &str, now: Timestamp) {
        if line.trim().is_empty() {
            return;
        }
        let done = request::parse(line).and_then(|request| self.carry_out(request, now));
        if let Err(why) = done {
            self.refuse(&why);
        }
    }

    /// Says why something can't be done.
    pub fn refuse(&mut self, why: &Said) {
        self.lines.push_back(why.tr(self.language));
    }

    fn carry_out(&mut self, request: Request, now: Timestamp) -> Result<(), Said> {
        match request {
            Request::Screen(request) => self.carry_out_screen(request, now),
            Request::Reply(to, text) => self.send(now, text, |text| Body::Reply(to, text)),
            Request::Edit(of, text) => self.send(now, text, |text| Body::Edit(of, text)),
            Request::React(to, code) => {
                self.send(now, code.to_string(), |code| Body::Reaction(to, code))
            }
            Request::Delete(of) => {
                self.hand_over(now, Body::Redaction(of), format!("/delete {of}"));
                Ok(())
            }
            Request::Trust if self.is_stopped => {
                self.is_stopped = false;
                self.commands.push_back(Command::Trust);
                Ok(())
            }
            Request::Trust => Err(say!("plain-nothing-to-trust")),
        }
    }

    fn carry_out_screen(&mut self, request: commands::Request, now: Timestamp) -> Result<(), Said> {
        use commands::Request;
        match request {
            Request::Say(text) => return self.send(now, text, Body::Message),
            Request::Act(text) => return self.send(now, text, Body::Action),
            Request::SetTopic(text) => return self.send(now, text, Body::Topic),
            Request::React(code) => {
                let last = self.room().last.ok_or(say!("refuse-no-message"))?;
                return self.send(now, code.to_string(), |code| Body::Reaction(last, code));
            }
            Request::Substitute { old, new, is_all } => {
                let own = self.room().own.clone();
                let (seq, text) = own.ok_or(say!("refuse-no-own-message"))?;
                if !text.contains(&old) {
                    return Err(say!("refuse-not-in-last"));
                }
                let text = match is_all {
                    true => text.replace(&old, &new),
                    false => text.replacen(&old, &new, 1),
                };
                if text.trim().is_empty() {
                    return Err(say!("refuse-empty-edit"));
                }
                return self.send(now, text, |text| Body::Edit(seq, text));
            }
            Request::Help => self.help(),
            Request::Join(room) => self.go_to(room, true)?,
            Request::Direct(other, text) => {
                if other == self.name {
                    return Err(say!("refuse-oneself"));
                }
                self.go_to(RoomName::direct(&self.name, &other), true)?;
                if let Some(text) = text {
                    return self.send(now, text, Body::Message);
                }
            }
            Request::Leave => {
                if self.rooms.len() == 1 {
                    return Err(say!("refuse-only-room"));
                }
                let room = self.rooms.remove(self.active).name;
                self.active = 0;
                let leave = true;
                self.commands.push_back(Command::Close { room, leave });
                self.say_where();
            }
            Request::Net => self.ask(Query::Net, Asked::Lines),
            Request::Rooms => self.ask(Query::Rooms, Asked::Lines),
            Request::Who => {
                let room = self.room().name.clone();
                self.ask(Query::Members(Some(room)), Asked::Lines);
            }
            Request::Search { words, is_here } => {
                let query = Query::Search {
                    words: checked_words(words)?,
                    room: is_here.then(|| self.room().name.clone()),
                    from: None,
                    after: None,
                    count: FOUND_MAX,
                };
                self.ask(query, Asked::Lines);
            }
            Request::Rename(name) => self.commands.push_back(Command::Rename(name)),
            Request::ShowTopic => {
                let topic = self.room().topic.one_line();
                let none = || tr!(self.language, "topic-none");
                let line = if topic.is_empty() { none() } else { topic };
                self.lines.push_back(line);
            }
            Request::Away(why) => {
                let why = SafeText::status(why.as_deref().unwrap_or_default());
                let away = Command::Presence(Presence::Away, why);
                self.commands.push_back(away);
            }
            Request::Back => {
                let here = Command::Presence(Presence::Here, SafeText::default());
                self.commands.push_back(here);
            }
            Request::Info(_)
            | Request::Mouse(_)
            | Request::Ignore(_)
            | Request::Unignore(_)
            | Request::ListIgnored
            | Request::Notify(_)
            | Request::Theme(_)
            | Request::Clear => return Err(say!("plain-not-here")),
            Request::Quit => self.is_over = true,
        }
        Ok(())
    }

    fn help(&mut self) {
        let language = self.language;
        let numbered = request::NUMBERED.into_iter();
        let numbered = numbered.map(|(name, arguments, text)| (name, Some(arguments), text));
        let all = commands::ALL.iter();
        let all = all.map(|help| (help.name, help.arguments, help.text));
        for (name, arguments, text) in all.chain(numbered) {
            let arguments = arguments.map(|key| format!(" {}", tr!(language, key)));
            let arguments = arguments.unwrap_or_default();
            self.lines
                .push_back(format!("/{name}{arguments}: {}", tr!(language, text)));
        }
    }

    /// Puts a room in front, and opens it unless it is.
    fn go_to(&mut self, room: RoomName, create: bool) -> Result<(), Said> {
        let index = self.open(room, create);
        self.active = index.ok_or(say!("refuse-too-many-rooms"))?;
        self.say_where();
        Ok(())
    }

    fn say_where(&mut self) {
        let room = self.title(&self.room().name);
        self.lines
            .push_back(tr!(self.language, "plain-room", room = room));
    }

    fn open(&mut self, name: RoomName, create: bool) -> Option<usize> {
        if let Some(index) = self.find(&name) {
            return Some(index);
        }
        if self.rooms.len() >= ROOMS_MAX {
            return None;
        }
        let room = name.clone();
        self.commands.push_back(Command::Open { room, create });
        self.rooms.push(Room {
            name,
            topic: SafeText::default(),
            was_read: None,
            head: None,
            last: None,
            own: None,
            read: None,
        });
        Some(self.rooms.len() - 1)
    }

    fn find(&self, name: &RoomName) -> Option<usize> {
        self.rooms.iter().position(|room| room.name == *name)
    }

    fn room(&self) -> &Room {
        &self.rooms[self.active]
    }

    /// A room as it is called: `#lobby`, or `@bob` for direct messages with bob.
    fn title(&self, room: &RoomName) -> String {
        match room.direct_users() {
            Some((a, b)) => format!("@{}", if a == self.name { b } else { a }),
            None => format!("#{room}"),
        }
    }

    fn send(
        &mut self,
        now: Timestamp,
        text: String,
        body: impl FnOnce(SafeText) -> Body,
    ) -> Result<(), Said> {
        let safe = SafeText::new(&text);
        if safe.as_str().len() > TEXT_BYTES_MAX {
            return Err(say!("plain-too-long"));
        }
        self.hand_over(now, body(safe), text);
        Ok(())
    }

    fn hand_over(&mut self, sent_at: Timestamp, body: Body, text: String) {
        let local = LocalId(self.rng.random::<u64>() >> 1);
        let room = self.room().name.clone();
        self.unsent.insert(local, SafeText::new(&text).one_line());
        self.commands.push_back(Command::Send {
            room,
            local,
            sent_at,
            body,
        });
    }

    fn ask(&mut self, query: Query, asked: Asked) {
        let request = self.next_request;
        self.next_request = self.next_request.wrapping_add(1);
        self.asks.insert(request, asked);
        if self.asks.len() > ASKS_MAX {
            self.asks.pop_first();
        }
        self.commands.push_back(Command::Ask { request, query });
    }
}

#[cfg(test)]
mod tests;
