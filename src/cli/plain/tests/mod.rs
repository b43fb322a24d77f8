use super::*;
use crate::client::{Contact as State, Update};
use crate::tui::Input;
use crate::wire::{
    Body, Cursor, Event, LogHash, Member, Opened, Ordinal, Presence, RelayId, Welcome,
};
use rand_chacha::rand_core::SeedableRng;

mod asking;
mod people;
mod sending;
mod talking;

/// Monday 23 November 2026, 12:04 UTC.
const NOW: i64 = 1_795_435_440_000_000;

const MINUTE: i64 = 60_000_000;

const LOG: LogId = LogId([1; 8]);

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn room(text: &str) -> RoomName {
    text.parse().unwrap()
}

fn device(name: &str) -> DeviceId {
    DeviceId([name.as_bytes()[0]; 8])
}

fn message(text: &str) -> Body {
    Body::Message(SafeText::new(text))
}

fn reply(to: u64, text: &str) -> Body {
    Body::Reply(Seq(to), SafeText::new(text))
}

fn event(seq: u64, from: &str, body: Body) -> Event {
    Event {
        seq: Seq(seq),
        device: device(from),
        local: LocalId(seq),
        ordinal: Ordinal::NONE,
        from: name(from),
        sent_at: Timestamp(NOW),
        stored_after: 0,
        body,
    }
}

/// Somebody's chat, and the time there.
struct Desk {
    plain: Plain,
    now: Instant,
}

impl Desk {
    /// Ada, in the lobby, whose log has ten events that she has read.
    fn new() -> Self {
        Self::in_language(Language::English)
    }

    fn in_language(language: Language) -> Self {
        let mut desk = Self::apart(language, false);
        desk.enter();
        desk.opened("lobby", 10, 10);
        desk.printed();
        desk.commands();
        let day = jiff::civil::date(2026, 11, 23);
        desk.plain.minute = Some(day.at(12, 4, 0, 0));
        desk
    }

    /// The same on a terminal, which rings and shows text in bold.
    fn on_terminal() -> Self {
        let mut desk = Self::new();
        (desk.plain.has_color, desk.plain.has_bell) = (true, true);
        desk
    }

    /// Ada, in no contact yet.
    fn apart(language: Language, is_terminal: bool) -> Self {
        let mut plain = Plain::new(PlainConfig {
            name: name("ada"),
            device: device("ada"),
            room: RoomName::lobby(),
            language,
            zone: TimeZone::UTC,
            settings: Settings::default(),
            has_color: is_terminal,
            has_bell: is_terminal,
            quiet: None,
            rng: ChaCha12Rng::from_seed([7; 32]),
        });
        let now = Instant::from_micros(1);
        plain.handle_time(now);
        Self { plain, now }
    }

    fn enter(&mut self) {
        let contact = State::Entered {
            welcome: Welcome {
                name: name("ada"),
                relay: RelayId([1; 8]),
                relay_name: name("attic"),
                is_hosted: false,
                is_durable: true,
                direct: Vec::new(),
            },
            address: "[::1]:5267".parse().unwrap(),
            key: [0; 32],
        };
        self.update(Update::Contact(contact));
    }

    fn update(&mut self, update: Update) {
        let input = Input::Update(update, Timestamp(NOW));
        self.plain.handle_input(input);
    }

    fn hear_event(&mut self, in_room: &str, event: Event) {
        let (room, log, hash) = (room(in_room), LOG, LogHash::EMPTY);
        self.update(Update::Event {
            room,
            log,
            event,
            hash,
        });
    }

    /// Something happens in a room.
    fn hear(&mut self, room: &str, seq: u64, from: &str, body: Body) {
        self.hear_event(room, event(seq, from, body));
    }

    fn opened(&mut self, in_room: &str, after: u64, head: u64) {
        let hash = LogHash::EMPTY;
        let (log, seq) = (LOG, Seq(head));
        let head = Cursor { hash, log, seq };
        let (after, first, topic) = (Seq(after), Seq(1), SafeText::default());
        let opened = Opened {
            hash,
            first,
            head,
            after,
            topic,
        };
        let room = room(in_room);
        self.update(Update::Opened { room, opened });
    }

    fn member(&mut self, who: &str, presence: Presence, status: &str) {
        let members = vec![member(who, presence, status)];
        let room = RoomName::lobby();
        self.update(Update::Members { room, members });
    }

    fn wait(&mut self, duration: Duration) {
        self.now += duration;
        self.plain.handle_time(self.now);
    }

    fn write(&mut self, line: &str) {
        self.plain.handle_line(line, Timestamp(NOW));
    }

    /// What a line says in answer.
    fn answer(&mut self, line: &str) -> Vec<String> {
        self.write(line);
        self.printed()
    }

    /// What a line sends.
    fn sent(&mut self, line: &str) -> Option<(RoomName, LocalId, Body)> {
        self.write(line);
        self.commands()
            .into_iter()
            .find_map(|command| match command {
                Command::Send {
                    room, local, body, ..
                } => Some((room, local, body)),
                _ => None,
            })
    }

    /// What a line asks the relay.
    fn asked(&mut self, line: &str) -> (u32, Query) {
        self.write(line);
        let commands = self.commands().into_iter();
        let mut asked = commands.filter_map(|command| match command {
            Command::Ask { request, query } => Some((request, query)),
            _ => None,
        });
        asked.next().expect("a question")
    }

    fn printed(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.plain.poll_line()).collect()
    }

    fn commands(&mut self) -> Vec<Command> {
        std::iter::from_fn(|| self.plain.poll_command()).collect()
    }
}

fn member(who: &str, presence: Presence, status: &str) -> Member {
    Member {
        name: name(who),
        device: device(who),
        presence,
        since: Timestamp(0),
        status: SafeText::new(status),
    }
}
