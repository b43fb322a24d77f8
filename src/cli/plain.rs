//! `lanterm --plain`: the chat as lines, for screen readers, terminals without a cursor, serial
//! consoles and logs.
//!
//! # What a line is
//!
//! Standard output gets a line for each event, and nothing in it is ever written over: no cursor is
//! moved, and on a terminal the only marks are bold, faint and reverse, which every background bears.
//! Standard input is the input line of the screen: what is no command is said in the room in front.
//! The terminal keeps what is being typed, and shows it again with Ctrl-R.
//!
//! A line is in the order in which it is listened to: who, what, and last what is needed least, so that
//! the next line may cut it off. `bob: who has the ladder?  #17, 12:04` ends with the number by which
//! `/reply` and the like name the message, and with the time when that is another minute than the one
//! told last. A new day is a line of its own. A line of another room than the one in front begins with
//! the room, because without it the rest would be misunderstood.
//!
//! Numbers are those that everybody sees, and are said in short: the last digits do, and so does a
//! name, for the last thing somebody said.
//!
//! # What can't be forged
//!
//! A message begins with a name, a colon and a blank, in every language, and no name has either. What
//! somebody does begins with a star. All else begins with neither, so nobody can say something that
//! looks like a line of lanterm or of another person. Every further line of a message begins with a bar,
//! `| `, which is heard as well as seen.
//!
//! # What is told, and what not
//!
//! What was said before the start comes first: what is unread, or the last of a room that is new here.
//! Edits, reactions and the like are a sentence each. Who comes and goes is told once it stays so for
//! a moment. That all is well is not said of a message; that it waits or failed is. What people say who
//! are ignored is left out without a trace, because a line about it would be as long. `/tell` has more
//! or less of this.
//!
//! [`Plain`] is the whole state, without input, output, clock or network.

mod answers;
mod heard;
mod help;
mod memory;
mod obey;
mod people;
mod request;
mod sending;
mod telling;
mod wishes;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Write;
use std::pin::pin;
use std::time::Duration;

use jiff::tz::TimeZone;
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use tokio::io::AsyncBufRead;
use tokio::sync::mpsc::{Receiver, Sender};

use super::error::{CliError, ErrorKind};
use super::lines::{Line, Lines};
use super::output::Output;
use crate::client::update::{LossReason, PathStats};
use crate::io::clock;
use crate::locale::{Language, Said, number, say, tr};
use crate::time::{Instant, earliest};
use crate::tui::app::ROOMS_MAX;
use crate::tui::notify::Quiet;
use crate::tui::settings::Settings;
use crate::tui::{Command, Input};
use crate::wire::text::TEXT_BYTES_MAX;
use crate::wire::{
    DeviceId, LocalId, LogId, Member, Name, Presence, Query, RoomName, SafeText, Seq, Timestamp,
};
use answers::{Ask, Asked};
use memory::Memory;
use request::Request;
use sending::Unsent;

/// The longest line of input, in bytes: a text of the longest kind, and a command before it.
const LINE_BYTES_MAX: usize = TEXT_BYTES_MAX + 256;

/// Messages on their way that are remembered. Input waits while there are as many.
const UNSENT_MAX: usize = 256;

/// Questions under way; the oldest is forgotten for one more. Arbitrary: a person asks one at a time.
const ASKS_MAX: usize = 64;

/// Requests that wait for the room to be open; those beyond are judged by the relay. Arbitrary: what
/// somebody types ahead.
const HELD_MAX: usize = 64;

/// After how long without a relay it is told that one is being looked for. Arbitrary: a relay of this
/// network answers sooner.
const SEARCH: Duration = Duration::from_secs(3);

/// How long the end waits to print what was stored last. Arbitrary: it comes right after.
const ECHO: Duration = Duration::from_millis(500);

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
    /// What was kept at the last start.
    pub settings: Settings,
    /// Whether the output is a terminal that shows text in bold.
    pub has_color: bool,
    /// Whether the output is a terminal that may ring.
    pub has_bell: bool,
    /// The hours in which it does not.
    pub quiet: Option<Quiet>,
    /// Numbers for what is sent.
    pub rng: ChaCha12Rng,
}

/// Prints what happens and does what is read, until the user quits, or `ended`, or the input has ended
/// and all of it is stored. Once it has ended, the next message has the time `patience` to be.
///
/// # Errors
/// When that time is over, standard input can't be read or standard output can't be written.
pub async fn run<R: AsyncBufRead + Unpin, W: Write>(
    mut plain: Plain,
    mut inputs: Receiver<Input>,
    commands: Sender<Command>,
    input: R,
    patience: Duration,
    ended: impl Future<Output = ()>,
    out: &mut Output<W>,
) -> Result<(), CliError> {
    let mut lines = Lines::new(input, LINE_BYTES_MAX);
    let mut ended = pin!(ended);
    let mut is_reading = true;
    let mut unsent = 0;
    let mut end = clock::now() + patience;
    let mut echo_end = None;
    loop {
        let now = clock::now();
        plain.handle_time(now);
        if is_reading || unsent != plain.unsent.len() {
            unsent = plain.unsent.len();
            end = now + patience;
        }
        while let Some(line) = plain.poll_line() {
            out.text(&line)?;
        }
        while let Some(command) = plain.poll_command() {
            // Nobody drives the client any more when this fails; the inputs have ended as well then.
            let _ = commands.send(command).await;
        }
        if !is_reading && plain.is_idle() {
            let echo_end = *echo_end.get_or_insert(now + ECHO);
            plain.is_over |= plain.echoes.is_empty() || echo_end <= now;
        }
        if plain.is_over {
            return Ok(());
        }
        if !is_reading && end <= now {
            let error = match unsent {
                0 => say!("plain-unanswered"),
                count => say!("plain-unsent", count = number(count)),
            };
            return Err(CliError::new(ErrorKind::Unreachable, error));
        }
        let due = earliest(plain.poll_timeout(), (!is_reading).then_some(end));
        let due = earliest(due, echo_end);
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
            () = until(due, now) => {}
            () = &mut ended => plain.quit(),
        }
    }
}

async fn until(due: Option<Instant>, now: Instant) {
    match due {
        Some(due) => tokio::time::sleep(due.saturating_since(now)).await,
        None => std::future::pending().await,
    }
}

/// A room that is open.
struct Room {
    name: RoomName,
    topic: SafeText,
    /// Up to where the user had read it at the start.
    was_read: Option<(LogId, Seq)>,
    /// Whether this device has messages that the user had not read at the start.
    has_unread: bool,
    place: Place,
    /// The last event heard of each log; the log that is new longest ago is the first.
    heard: VecDeque<(LogId, Seq)>,
    memory: Memory,
    /// The last message of this user of which it is known that somebody has it.
    delivered: Seq,
    /// What is to be told as read.
    read: Option<(LogId, Seq)>,
}

/// Where the events of a room come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// From this device: what it has of the logs that were read here, the oldest first.
    Kept {
        /// The last of them.
        last: Option<(LogId, Seq)>,
        /// Whether the log that was read last has begun.
        is_past: bool,
    },
    /// From the relay.
    Open {
        /// Its log.
        log: LogId,
        /// The end of it when it was opened first: what follows happens now.
        head: Seq,
    },
}

/// What is about a message of a room of which nothing is known yet.
struct Held {
    room: RoomName,
    /// As it was typed.
    line: String,
    request: Request,
    read_at: Timestamp,
}

/// The contact with a relay.
struct Contact {
    is_entered: bool,
    /// The relay's name, once it was entered.
    relay: Option<Name>,
    /// Whether that relay writes to a disk.
    is_durable: bool,
    /// The relay's key has changed, and the user has not said what to do.
    is_stopped: bool,
    /// When it is told that a relay is being looked for.
    search_told_at: Option<Instant>,
    /// Why a relay would not have this user, as it was told last since there was contact.
    refused: Option<LossReason>,
    stats: Option<PathStats>,
}

/// The state of the chat as lines.
pub struct Plain {
    name: Name,
    device: DeviceId,
    language: Language,
    zone: TimeZone,
    has_color: bool,
    has_bell: bool,
    quiet: Option<Quiet>,
    settings: Settings,
    rng: ChaCha12Rng,
    now: Instant,
    rooms: Vec<Room>,
    /// The room in front, an index of `rooms`, which is never empty.
    active: usize,
    /// Who is a member of any room, and how they are there.
    people: BTreeMap<Name, Member>,
    /// How that was told last.
    presence_told: BTreeMap<Name, (Presence, String)>,
    /// Who may be told of anew, and when.
    presence_due: BTreeMap<Name, Instant>,
    /// Who was told to type in the room in front, and when.
    typing_told: BTreeMap<Name, Instant>,
    /// Who had another name last, and which.
    renamed: Option<(DeviceId, Name)>,
    /// Why the user is away, while they are; a relay that is entered anew has to be told.
    away: Option<SafeText>,
    /// Messages on their way.
    unsent: BTreeMap<LocalId, Unsent>,
    /// Messages that are stored and come as events next.
    echoes: BTreeSet<LocalId>,
    /// How many were told to be late since none was.
    late_count: usize,
    asks: BTreeMap<u32, Ask>,
    held: VecDeque<Held>,
    next_request: u32,
    contact: Contact,
    is_over: bool,
    /// The day and minute told last.
    minute: Option<jiff::civil::DateTime>,
    /// When the bell rang last.
    rung: Option<Instant>,
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
            has_color: config.has_color,
            has_bell: config.has_bell,
            quiet: config.quiet,
            settings: config.settings,
            rng: config.rng,
            now: Instant::ZERO,
            rooms: Vec::new(),
            active: 0,
            people: BTreeMap::new(),
            presence_told: BTreeMap::new(),
            presence_due: BTreeMap::new(),
            typing_told: BTreeMap::new(),
            renamed: None,
            away: None,
            unsent: BTreeMap::new(),
            echoes: BTreeSet::new(),
            late_count: 0,
            asks: BTreeMap::new(),
            held: VecDeque::new(),
            next_request: 1,
            contact: Contact {
                is_entered: false,
                relay: None,
                is_durable: true,
                is_stopped: false,
                search_told_at: None,
                refused: None,
                stats: None,
            },
            is_over: false,
            minute: None,
            rung: None,
            lines: VecDeque::new(),
            commands: VecDeque::new(),
        };
        let room = plain.title(&config.room);
        plain.say(tr!(plain.language, "plain-start", room = room));
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

    /// When [`Plain::handle_time`] has something to do.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let presence = self.presence_due.values().min().copied();
        earliest(
            earliest(presence, self.late_at()),
            self.contact.search_told_at,
        )
    }

    /// Takes the time, before anything else and when [`Plain::poll_timeout`] says.
    pub fn handle_time(&mut self, now: Instant) {
        if self.now == Instant::ZERO && self.contact.relay.is_none() {
            self.contact.search_told_at = Some(now + SEARCH);
        }
        self.now = now;
        self.tell_late();
        self.tell_presences();
        if self.contact.search_told_at.is_some_and(|at| at <= now) {
            self.contact.search_told_at = None;
            self.say(tr!(self.language, "plain-searching"));
        }
    }

    /// Whether everything said is stored and everything asked is answered.
    pub fn is_idle(&self) -> bool {
        self.unsent.is_empty() && self.asks.is_empty() && self.held.is_empty()
    }

    /// Takes a line of input and the wall clock.
    pub fn handle_line(&mut self, line: &str, now: Timestamp) {
        if line.trim().is_empty() {
            return;
        }
        let parsed = request::parse(line);
        let done = parsed.and_then(|request| {
            let has_log = self.room().memory.has_log();
            if has_log || !request.names_message() || self.held.len() >= HELD_MAX {
                return self.carry_out(request, now);
            }
            self.held.push_back(Held {
                room: self.room().name.clone(),
                line: line.to_owned(),
                request,
                read_at: now,
            });
            self.say(tr!(self.language, "contact-none"));
            Ok(())
        });
        if let Err(why) = done {
            self.refuse(&why);
        }
    }

    /// Says why something can't be done.
    pub fn refuse(&mut self, why: &Said) {
        self.say(why.tr(self.language));
    }

    fn say(&mut self, line: String) {
        self.lines.push_back(line);
    }

    /// Puts a room in front, and opens it unless it is.
    fn go_to(&mut self, room: RoomName, create: bool) -> Result<(), Said> {
        let index = self.open(room, create);
        self.active = index.ok_or(say!("refuse-too-many-rooms"))?;
        self.typing_told.clear();
        self.say_where();
        Ok(())
    }

    fn say_where(&mut self) {
        let room = self.title(&self.room().name);
        self.say(tr!(self.language, "plain-room", room = room));
    }

    /// Says what the room in front is about, and which room: a topic by itself could look like a
    /// message of somebody.
    fn say_topic(&mut self) {
        let (language, room) = (self.language, self.room());
        let topic = room.topic.one_line();
        let room = self.title(&room.name);
        self.say(match topic.is_empty() {
            true => tr!(language, "topic-none"),
            false => tr!(language, "plain-topic", room = room, topic = topic),
        });
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
            has_unread: false,
            place: Place::Kept {
                last: None,
                is_past: false,
            },
            heard: VecDeque::new(),
            memory: Memory::default(),
            delivered: Seq(0),
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

    fn title(&self, room: &RoomName) -> String {
        room.title(&self.name)
    }

    fn next_local(&mut self) -> LocalId {
        LocalId(self.rng.random::<u64>() >> 1)
    }

    /// Asks the relay, and says so when that has to wait.
    fn ask(&mut self, query: Query, asked: Asked) {
        let request = self.next_request;
        self.next_request = self.next_request.wrapping_add(1);
        self.asks.insert(request, Ask::new(asked));
        if self.asks.len() > ASKS_MAX {
            self.asks.pop_first();
        }
        if !self.contact.is_entered {
            self.say(tr!(self.language, "contact-none"));
        }
        self.commands.push_back(Command::Ask { request, query });
    }
}

#[cfg(test)]
mod tests;
