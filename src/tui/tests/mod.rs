//! The screen as a user sees it: typed literally, and driven by keys and updates.

mod awkward;
mod completing;
mod conversations;
mod drafts;
mod going_back;
mod idling;
mod ignoring;
mod jumping;
mod keys;
mod logs;
mod looks;
mod mouse;
mod net;
mod notifying;
mod parts;
mod random;
mod screens;
mod searching;
mod selecting;
mod sending;
mod text;
mod typing;
mod unread;
mod views;
mod vt;
mod window;
mod writing;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Position;

use super::keymap::KeyMap;
use super::notify::NotifyConfig;
use super::settings::Settings;
use super::themes::Looks;
use super::{App, AppConfig, Command, Input, NamePrompt};
use crate::client::{Contact, Update};
use crate::locale::Language;
use crate::wire::{
    Body, Cursor, DeviceId, Event, LocalId, LogHash, LogId, Member, Name, Opened, Ordinal,
    Presence, RelayId, RoomName, SafeText, Seq, Timestamp, Welcome,
};

/// Monday 23 November 2026, 12:00 UTC.
const NOON: i64 = 1_795_435_200_000_000;

const LOG: LogId = LogId([1; 8]);

/// A screen with alice in front of it, and shorthands for what happens to her.
struct Desk {
    app: App,
    seq: u64,
    wall: i64,
    drafts: Vec<Command>,
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn lobby() -> RoomName {
    RoomName::lobby()
}

/// Everybody's device is named after them.
fn device(name: &str) -> DeviceId {
    let mut id = [0; 8];
    for (byte, letter) in id.iter_mut().zip(name.bytes()) {
        *byte = letter;
    }
    DeviceId(id)
}

fn message(text: &str) -> Body {
    Body::Message(SafeText::new(text))
}

impl Desk {
    /// Alice, in no session yet.
    fn searching() -> Self {
        Self::notified(NotifyConfig::default())
    }

    /// The same, with a say in how she is notified.
    fn notified(notify: NotifyConfig) -> Self {
        let mut app = App::new(AppConfig {
            name: name("alice"),
            device: device("alice"),
            room: lobby(),
            looks: Looks::default(),
            mouse: true,
            keys: KeyMap::default(),
            settings: Settings::default(),
            notify,
            language: Language::English,
            zone: TimeZone::UTC,
            seed: [7; 32],
            wall: Timestamp(NOON),
        });
        app.tick(Timestamp(NOON));
        Self {
            app,
            seq: 0,
            wall: NOON,
            drafts: Vec::new(),
        }
    }

    /// Alice in an empty lobby of relay box1, with bob and carol here and dave gone.
    fn entered() -> Self {
        Self::searching().come_in()
    }

    fn come_in(mut self) -> Self {
        let desk = &mut self;
        desk.enter();
        desk.open(&lobby(), 0);
        desk.members(&[
            ("alice", Presence::Here),
            ("dave", Presence::Gone),
            ("bob", Presence::Here),
            ("carol", Presence::Away),
        ]);
        desk.app.handle_stats(crate::client::update::PathStats {
            rtt_micros: 420,
            ..crate::client::update::PathStats::default()
        });
        desk.commands();
        self
    }

    fn update(&mut self, update: Update) {
        self.app.handle_update(update, Timestamp(self.wall));
    }

    fn enter(&mut self) {
        self.enter_at(true);
    }

    /// Enters a session with a relay that has a disk, or none.
    fn enter_at(&mut self, is_durable: bool) {
        self.update(Update::Contact(Contact::Entered {
            welcome: Welcome {
                name: name("alice"),
                relay: RelayId([9; 8]),
                relay_name: name("box1"),
                is_hosted: false,
                is_durable,
                direct: vec![],
            },
            address: "10.0.0.1:5267".parse().unwrap(),
            key: [3; 32],
        }));
    }

    fn open(&mut self, room: &RoomName, head: u64) {
        self.opened(room, opened(LOG, head));
    }

    fn opened(&mut self, room: &RoomName, opened: Opened) {
        let room = room.clone();
        self.update(Update::Opened { room, opened });
    }

    fn members(&mut self, members: &[(&str, Presence)]) {
        let member = |(who, presence): &(&str, Presence)| Member {
            name: name(who),
            device: device(who),
            presence: *presence,
            since: Timestamp(NOON),
            status: SafeText::default(),
        };
        self.update(Update::Members {
            room: lobby(),
            members: members.iter().map(member).collect(),
        });
    }

    /// The next event of the lobby.
    fn event(&mut self, from: &str, body: Body) {
        self.event_in(&lobby(), from, body);
    }

    fn event_in(&mut self, room: &RoomName, from: &str, body: Body) {
        self.seq += 1;
        let event = event(self.seq, from, self.wall, body);
        self.update(Update::Event {
            hash: LogHash::EMPTY,
            room: room.clone(),
            log: LOG,
            event,
        });
    }

    fn says(&mut self, from: &str, text: &str) {
        self.event(from, message(text));
    }

    /// So many messages of bob's: `line 1` and on.
    fn chatter(&mut self, count: usize) {
        for number in 1..=count {
            self.says("bob", &format!("line {number}"));
        }
    }

    fn minutes(&mut self, minutes: i64) {
        self.seconds(minutes * 60);
    }

    fn seconds(&mut self, seconds: i64) {
        self.wall += seconds * 1_000_000;
        self.app.tick(Timestamp(self.wall));
    }

    /// Presses keys by name: `C-x`, `M-x`, `S-Up`, `Enter`, or a character.
    fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.app.handle_key(self::key(key));
        }
    }

    fn write(&mut self, text: &str) {
        for c in text.chars() {
            let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
            self.app.handle_key(key);
        }
    }

    /// Types a line and sends it.
    fn enter_line(&mut self, text: &str) {
        self.write(text);
        self.press("Enter");
    }

    /// Everything asked for since the last call, but for telling others that alice types, and without
    /// what is written being kept.
    fn commands(&mut self) -> Vec<Command> {
        let commands = std::iter::from_fn(|| self.app.poll_command());
        let (drafts, others): (Vec<_>, Vec<_>) = commands
            .filter(|command| !matches!(command, Command::Typing(_)))
            .partition(|command| matches!(command, Command::Draft { .. }));
        self.drafts.extend(drafts);
        others
    }

    /// Types a line and sends it; the message is in the outbox then. Its number.
    fn send_line(&mut self, text: &str) -> LocalId {
        self.enter_line(text);
        let commands = self.commands();
        self.queue(&commands).expect("something was sent")
    }

    /// Says that what is sent in these commands is in the outbox; the number of the last.
    fn queue(&mut self, commands: &[Command]) -> Option<LocalId> {
        let mut last = None;
        for command in commands {
            if let Command::Send { room, local, .. } = command {
                let (room, local) = (room.clone(), *local);
                self.update(Update::Queued { room, local });
                last = Some(local);
            }
        }
        last
    }

    /// The number of the last message asked to be sent.
    fn sent(&mut self) -> LocalId {
        let commands = self.commands();
        let local = commands.iter().rev().find_map(|command| match command {
            Command::Send { local, .. } => Some(*local),
            _ => None,
        });
        local.expect("something was sent")
    }

    /// A message of alice's can't be put into the outbox.
    fn not_queued(&mut self, local: LocalId, reason: &str) {
        let reason = reason.to_owned();
        self.app.handle_input(Input::SendRefused { local, reason });
    }

    /// The relay stores a message of alice's, and it comes back.
    fn stored(&mut self, local: LocalId, text: &str) {
        self.seq += 1;
        let room = lobby();
        let seq = Seq(self.seq);
        self.update(Update::Stored {
            room: room.clone(),
            local,
            seq,
        });
        let mut event = event(self.seq, "alice", self.wall, message(text));
        event.local = local;
        self.update(Update::Event {
            hash: LogHash::EMPTY,
            room,
            log: LOG,
            event,
        });
    }

    /// Bob's device has everything so far.
    fn delivered(&mut self) {
        let seq = Seq(self.seq);
        self.update(Update::Delivered {
            room: lobby(),
            name: name("bob"),
            seq,
        });
    }

    fn draw(&mut self, columns: u16, rows: u16) -> (Vec<String>, Position) {
        draw(columns, rows, |frame| self.app.draw(frame))
    }

    /// Asserts that the screen shows `expected`, apart from blanks at the ends of lines.
    #[track_caller]
    fn shows(&mut self, columns: u16, rows: u16, expected: &str) {
        let (lines, _) = self.draw(columns, rows);
        assert_screen(&lines, expected);
    }

    /// What stands in the input line of a screen of 80 by 24, and where the cursor is.
    fn input(&mut self) -> (String, u16) {
        let (lines, cursor) = self.draw(80, 24);
        (lines[usize::from(cursor.y)].clone(), cursor.x)
    }

    #[track_caller]
    fn contains(&mut self, text: &str) {
        let (lines, _) = self.draw(80, 24);
        let screen = lines.join("\n");
        assert!(screen.contains(text), "no {text:?} in\n{screen}");
    }
}

/// A log that is followed from its start.
fn opened(log: LogId, head: u64) -> Opened {
    let cursor = Cursor {
        hash: LogHash::EMPTY,
        log,
        seq: Seq(head),
    };
    Opened {
        hash: LogHash::EMPTY,
        first: Seq(1),
        head: cursor,
        after: Seq(0),
        topic: SafeText::default(),
    }
}

fn event(seq: u64, from: &str, at: i64, body: Body) -> Event {
    Event {
        seq: Seq(seq),
        device: device(from),
        local: LocalId(seq),
        ordinal: Ordinal::NONE,
        from: name(from),
        sent_at: Timestamp(at),
        stored_after: 0,
        body,
    }
}

fn key(name: &str) -> KeyEvent {
    let (modifiers, name) = match name.split_at_checked(2) {
        Some(("C-", name)) => (KeyModifiers::CONTROL, name),
        Some(("M-", name)) => (KeyModifiers::ALT, name),
        Some(("S-", name)) => (KeyModifiers::SHIFT, name),
        _ => (KeyModifiers::NONE, name),
    };
    let code = match name {
        "Enter" => KeyCode::Enter,
        "Tab" => KeyCode::Tab,
        "Esc" => KeyCode::Esc,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PageUp" => KeyCode::PageUp,
        "PageDown" => KeyCode::PageDown,
        "Backspace" => KeyCode::Backspace,
        "Delete" => KeyCode::Delete,
        "F1" => KeyCode::F(1),
        "F2" => KeyCode::F(2),
        "F3" => KeyCode::F(3),
        name => KeyCode::Char(name.chars().next().expect("a key has a name")),
    };
    KeyEvent::new(code, modifiers)
}

/// Draws on a screen of this size; its rows and where the cursor is.
fn draw(
    columns: u16,
    rows: u16,
    draw: impl FnOnce(&mut ratatui::Frame),
) -> (Vec<String>, Position) {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(draw).unwrap();
    let backend = terminal.backend();
    (text(backend.buffer()), backend.cursor_position())
}

/// The rows of a buffer as text; a wide character counts for the cells it covers.
fn text(buffer: &Buffer) -> Vec<String> {
    let row = |y: u16| {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let cell = &buffer[(x, y)];
            row.push_str(cell.symbol());
            x += cell.cell_width().max(1);
        }
        row.trim_end().to_owned()
    };
    (0..buffer.area.height).map(row).collect()
}

#[track_caller]
fn assert_screen(lines: &[String], expected: &str) {
    let expected = expected.strip_prefix('\n').unwrap_or(expected);
    let mut expected: Vec<&str> = expected.lines().map(str::trim_end).collect();
    // Empty rows at the end need not be typed.
    expected.resize(expected.len().max(lines.len()), "");
    let shown = lines.join("\n");
    assert!(
        lines == expected,
        "expected\n{}\n\nshown\n{shown}\n",
        expected.join("\n")
    );
}
