//! The state of the screen.

use std::collections::{BTreeMap, VecDeque};

use jiff::tz::TimeZone;
use rand::Rng;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use ratatui::layout::Size;

use super::chord::Chord;
use super::complete::Cycle;
use super::conversations::Conversations;
use super::external::External;
use super::idle::Idle;
use super::keymap::KeyMap;
use super::message::{Context, Notice};
use super::names;
use super::net::NetWatch;
use super::notify::{Notifier, NotifyConfig};
use super::overlay::Overlay;
use super::pane::PaneScroll;
use super::pasting::{CodeOffer, PartsOffer};
use super::recall::Recall;
use super::room::RoomView;
use super::settings::Settings;
use super::theme::Theme;
use super::themes::Looks;
use super::trust::TrustStop;
use super::typing::Typing;
use super::window::Aim;
use super::{Command, Input};
use crate::client::Contact;
use crate::client::update::PathStats;
use crate::locale::{Language, Said, say, tr};
use crate::wire::{
    DISCOVERY_PORT, DeviceId, Event, LocalId, LogId, Member, Name, PathQuality, Presence, Query,
    RELAY_PORT, RoomName, SafeText, Seq, Timestamp,
};

/// Rooms open at a time. Arbitrary: more than a top line shows; each may hold some megabytes.
pub const ROOMS_MAX: usize = 64;

/// Questions under way. Arbitrary: a person asks one at a time.
const ASKS_MAX: usize = 64;

/// How long the user may be alone before the screen says what was tried, in microseconds: longer
/// than it takes to find a relay, shorter than a person waits before doubting.
const ALONE_MICROS: i64 = 5_000_000;

/// What an [`App`] starts with.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// The name this user goes by.
    pub name: Name,
    /// This device, by which the user's own messages are known.
    pub device: DeviceId,
    /// The room to open first.
    pub room: RoomName,
    /// How it is to look; the theme kept in `settings` goes first.
    pub looks: Looks,
    /// Whether to begin with the terminal's mouse, which keeps its own marking of text from working
    /// without Shift.
    pub mouse: bool,
    /// Which key does what.
    pub keys: KeyMap,
    /// The language of everything but what people write.
    pub language: Language,
    /// What was kept at the last change.
    pub settings: Settings,
    /// How to notify.
    pub notify: NotifyConfig,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// The seed of the numbers given to sent messages; must never repeat for a device.
    pub seed: [u8; 32],
    /// The wall clock at the start.
    pub wall: Timestamp,
}

/// Who looks at the screen, and how they want it.
pub(super) struct Viewer {
    pub language: Language,
    pub zone: TimeZone,
    pub theme: Theme,
    pub name: Name,
    pub device: DeviceId,
    pub settings: Settings,
}

impl Viewer {
    pub fn context(&self, width: usize) -> Context<'_> {
        Context {
            width,
            language: self.language,
            zone: &self.zone,
            theme: self.theme,
            name: &self.name,
            device: self.device,
            viewer: self,
        }
    }
}

/// A question under way.
pub(super) enum Asked {
    /// Rooms; listed for the user, or only remembered for completion.
    Rooms { is_shown: bool, lines: Vec<String> },
    /// Members of a room.
    Members {
        room: RoomName,
        members: Vec<Member>,
    },
    /// A page of a room's log; parts of it come one after the other.
    Page {
        room: RoomName,
        aim: Aim,
        log: Option<LogId>,
        events: Vec<Event>,
    },
    /// How far the readers of a room have stored it, to tell about this message.
    Readers { room: RoomName, about: Box<Event> },
    /// Messages that were searched for.
    Found,
    /// How well the relay reaches its sessions.
    Paths(Vec<PathQuality>),
}

/// A message to go to once its room is open.
pub(super) struct Jump {
    pub room: RoomName,
    pub log: LogId,
    pub seq: Seq,
}

/// Lines above the status line.
pub(super) struct Toast {
    pub text: String,
    /// Whether it stays while the user types on: it came by itself, and may not have been read.
    pub stays: bool,
}

/// Whether the user has been told that nobody else is here.
enum Alone {
    /// Not yet; alone since then, if they are.
    Untold(Option<Timestamp>),
    /// Told, or not needed any more.
    Told,
}

/// Whether the program is to end.
enum Ending {
    /// No.
    None,
    /// The user wants it.
    Asked,
    /// And that is said.
    Told,
}

/// The state of the screen.
///
/// After every call that hands something in, take what [`App::poll_command`] returns until it is
/// empty, then draw if [`App::is_dirty`].
pub struct App {
    pub(super) viewer: Viewer,
    pub(super) rooms: Vec<RoomView>,
    /// The room in front, an index of `rooms`, which is never empty.
    pub(super) active: usize,
    /// Rooms known from the relay's list, for completion.
    pub(super) known_rooms: Vec<RoomName>,
    pub(super) contact: Contact,
    pub(super) stats: PathStats,
    pub(super) net: NetWatch,
    pub(super) is_hosting: bool,
    pub(super) away: Option<SafeText>,
    pub(super) idle: Idle,
    pub(super) typing: Typing,
    pub(super) interfaces: Vec<String>,
    /// Messages in the outbox that no open room shows, because an earlier process queued them or
    /// their room was left, and whether the relay delays them.
    pub(super) adopted: BTreeMap<LocalId, bool>,
    /// What lies over the room.
    pub(super) overlay: Option<Overlay>,
    /// Rooms that were in front, the last one first.
    pub(super) recent: Vec<RoomName>,
    pub(super) jump: Option<Jump>,
    pub(super) stop: Option<TrustStop>,
    pub(super) looks: Looks,
    pub(super) keys: KeyMap,
    pub(super) external: External,
    pub(super) code_offer: Option<CodeOffer>,
    pub(super) parts_offer: Option<PartsOffer>,
    /// A line sent before is being searched for.
    pub(super) recall: Option<Recall>,
    /// The first of two keys was pressed.
    pub(super) prefix: Option<Chord>,
    pub(super) cycle: Option<Cycle>,
    /// Where the word begins whose choices were closed.
    pub(super) closed_menu: Option<usize>,
    pub(super) toast: Option<Toast>,
    /// Ctrl-C was pressed on an empty input; the next one quits.
    pub(super) is_quit_armed: bool,
    pub(super) size: Size,
    pub(super) conversations: Conversations,
    pub(super) members_scroll: PaneScroll,
    pub(super) has_mouse: bool,
    pub(super) has_told_of_dragging: bool,
    pub(super) wall: Timestamp,
    /// Whether the terminal has the user's attention, as far as it tells.
    pub(super) is_focused: bool,
    pub(super) notifier: Notifier,
    /// The message that is taken back when the key is pressed again.
    pub(super) taking_back: Option<Seq>,
    /// What is to be put into the clipboard.
    pub(super) copied: Option<String>,
    /// The link that is to be opened.
    pub(super) opened: Option<String>,
    pub(super) wants_redraw: bool,
    pub(super) is_dirty: bool,
    alone: Alone,
    ending: Ending,
    asks: BTreeMap<u32, Asked>,
    next_request: u32,
    commands: VecDeque<Command>,
    rng: ChaCha12Rng,
}

impl App {
    /// The screen of a user who is in no session yet; asks to open the first room.
    pub fn new(config: AppConfig) -> Self {
        let room = config.room;
        let mut looks = config.looks;
        looks.name = config.settings.theme().unwrap_or(looks.name);
        Self {
            viewer: Viewer {
                language: config.language,
                zone: config.zone,
                theme: looks.theme(),
                name: config.name,
                device: config.device,
                settings: config.settings,
            },
            rooms: vec![RoomView::new(room.clone(), false)],
            active: 0,
            known_rooms: Vec::new(),
            contact: Contact::Searching,
            stats: PathStats::default(),
            net: NetWatch::default(),
            is_hosting: false,
            away: None,
            idle: Idle::new(config.wall),
            typing: Typing::default(),
            interfaces: Vec::new(),
            adopted: BTreeMap::new(),
            overlay: None,
            recent: vec![room.clone()],
            jump: None,
            stop: None,
            looks,
            keys: config.keys,
            external: External::None,
            code_offer: None,
            parts_offer: None,
            recall: None,
            prefix: None,
            cycle: None,
            closed_menu: None,
            toast: None,
            is_quit_armed: false,
            size: Size::new(80, 24),
            conversations: Conversations::default(),
            members_scroll: PaneScroll::default(),
            has_mouse: config.mouse,
            has_told_of_dragging: false,
            wall: config.wall,
            is_focused: true,
            notifier: Notifier::new(config.notify),
            taking_back: None,
            copied: None,
            opened: None,
            wants_redraw: false,
            is_dirty: true,
            alone: Alone::Untold(None),
            ending: Ending::None,
            asks: BTreeMap::new(),
            next_request: 1,
            commands: VecDeque::from([Command::Open { room, create: true }]),
            rng: ChaCha12Rng::from_seed(config.seed),
        }
    }

    /// Takes whatever the driver has to tell.
    pub fn handle_input(&mut self, input: Input) {
        match input {
            Input::Update(update, received_at) => self.handle_update(update, received_at),
            Input::Known(rooms) => self.handle_known(rooms),
            Input::SendRefused { local, reason } => self.handle_send_refused(local, &reason),
            Input::Stats(stats) => self.handle_stats(stats),
            Input::Terminal(terminal) => self.test_notifications(terminal),
            Input::Notice(text) => self.notice(text),
            Input::Interfaces(names) => self.interfaces = names,
            Input::Hosting(is_hosting) => {
                self.is_dirty |= self.is_hosting != is_hosting;
                self.is_hosting = is_hosting;
            }
        }
    }

    /// Takes the quality of the path to the relay.
    pub fn handle_stats(&mut self, stats: PathStats) {
        // Datagrams are counted all the time, and not shown.
        let shown = |stats: &PathStats| (stats.rtt_micros, stats.loss);
        self.is_dirty |= shown(&self.stats) != shown(&stats);
        self.stats = stats;
    }

    /// Takes a new size of the terminal.
    pub fn handle_resize(&mut self, columns: u16, rows: u16) {
        self.size = Size::new(columns, rows);
        self.is_dirty = true;
    }

    /// Takes whether the terminal has the user's attention.
    pub fn handle_focus(&mut self, is_focused: bool) {
        self.is_focused = is_focused;
        self.notifier.handle_focus();
        if is_focused {
            self.show_news();
        }
    }

    /// Takes the wall clock; at least once a second, and before keys.
    pub fn tick(&mut self, wall: Timestamp) {
        self.wall = wall;
        self.look_for_idleness();
        self.is_dirty |= self.typing.forget_old(wall);
        self.watch_net();
        self.ask_when_due();
        self.notify_when_due();
        let Alone::Untold(since) = self.alone else {
            return;
        };
        if self.is_in_company() {
            self.alone = Alone::Told;
            return;
        }
        match since {
            // A clock set back starts the wait again.
            Some(since) if since <= wall => {
                if wall.0.saturating_sub(since.0) >= ALONE_MICROS {
                    self.alone = Alone::Told;
                    self.notice(self.alone_text());
                }
            }
            Some(_) | None => self.alone = Alone::Untold(Some(wall)),
        }
    }

    /// When [`App::tick`] has something to do next, if that is sooner than in its own time.
    pub fn due(&self) -> Option<Timestamp> {
        self.search_due()
    }

    /// Whether anybody else is present in a room that is open here.
    fn is_in_company(&self) -> bool {
        self.rooms
            .iter()
            .flat_map(|room| &room.members)
            .any(|member| member.device != self.viewer.device && member.presence != Presence::Gone)
    }

    fn alone_text(&self) -> String {
        let language = self.language();
        let on = match self.interfaces.as_slice() {
            [] => tr!(language, "alone-no-interface"),
            names => names::row(names, language),
        };
        let ports = format!("UDP {RELAY_PORT}-{DISCOVERY_PORT}");
        if self.is_entered() {
            return tr!(language, "alone-entered", on = on, ports = ports);
        }
        tr!(language, "alone-searching", on = on, ports = ports)
    }

    pub(super) fn is_entered(&self) -> bool {
        matches!(self.contact, Contact::Entered { .. })
    }

    /// The next thing the user asked for.
    pub fn poll_command(&mut self) -> Option<Command> {
        if let Some(command) = self.commands.pop_front() {
            return Some(command);
        }
        match self.ending {
            Ending::None => {}
            Ending::Asked => {
                self.ending = Ending::Told;
                self.send_rest();
                self.command(Command::Quit);
                return self.commands.pop_front();
            }
            Ending::Told => return None,
        }
        if let Some(draft) = self.poll_draft() {
            return Some(draft);
        }
        if self.stop.is_some() {
            return None;
        }
        self.rooms.iter_mut().find_map(|room| {
            let (log, seq) = room.news.take_read()?;
            let room = room.name.clone();
            Some(Command::Read { room, log, seq })
        })
    }

    /// Whether the screen shows something else than when it was last drawn.
    pub fn is_dirty(&self) -> bool {
        self.is_dirty
    }

    /// The link that the user wants to have opened; once.
    pub fn take_opened(&mut self) -> Option<String> {
        self.opened.take()
    }

    /// Takes that a link can't be opened here: it is copied instead.
    pub fn copy_instead(&mut self, link: String) {
        self.refuse(&say!("open-copied"));
        self.copied = Some(link);
    }

    /// What the user wants to have in the clipboard; once.
    pub fn take_copied(&mut self) -> Option<String> {
        self.copied.take()
    }

    /// Whether the user asked to have the whole screen drawn anew; once for each time.
    pub fn take_redraw(&mut self) -> bool {
        std::mem::take(&mut self.wants_redraw)
    }

    pub(super) fn command(&mut self, command: Command) {
        self.commands.push_back(command);
    }

    /// Ends the program, once all that the user sent is handed over and what they write is kept.
    pub(super) fn quit(&mut self) {
        self.ending = Ending::Asked;
    }

    /// Asks the relay; the answer comes to [`App::take_ask`] with the number returned. A question
    /// outlives the session it was asked in.
    pub(super) fn ask(&mut self, query: Query, asked: Asked) -> u32 {
        let request = self.next_request;
        self.next_request = self.next_request.wrapping_add(1);
        self.asks.insert(request, asked);
        if self.asks.len() > ASKS_MAX {
            self.asks.pop_first();
        }
        self.command(Command::Ask { request, query });
        request
    }

    /// Whether the relay's rooms are being asked for, for completion.
    pub(super) fn is_asking_for_rooms(&self) -> bool {
        let mut asks = self.asks.values();
        asks.any(|asked| {
            matches!(
                asked,
                Asked::Rooms {
                    is_shown: false,
                    ..
                }
            )
        })
    }

    /// Whether the relay still owes an answer about how well it reaches its sessions.
    pub(super) fn is_asking_for_paths(&self) -> bool {
        let mut asks = self.asks.values();
        asks.any(|asked| matches!(asked, Asked::Paths(_)))
    }

    pub(super) fn ask_mut(&mut self, request: u32) -> Option<&mut Asked> {
        self.asks.get_mut(&request)
    }

    pub(super) fn take_ask(&mut self, request: u32) -> Option<Asked> {
        self.asks.remove(&request)
    }

    /// A number for something sent that this device never used before.
    pub(super) fn next_local(&mut self) -> LocalId {
        LocalId(self.rng.next_u64() >> 1)
    }

    /// The language of the viewer.
    pub(super) fn language(&self) -> Language {
        self.viewer.language
    }

    pub(super) fn room(&self) -> &RoomView {
        &self.rooms[self.active]
    }

    pub(super) fn room_mut(&mut self) -> &mut RoomView {
        &mut self.rooms[self.active]
    }

    pub(super) fn find_room(&self, name: &RoomName) -> Option<usize> {
        self.rooms.iter().position(|room| room.name == *name)
    }

    /// Puts a room in front.
    pub(super) fn show_room(&mut self, index: usize) {
        let index = index.min(self.rooms.len() - 1);
        if index != self.active {
            let left = self.rooms.get_mut(self.active);
            left.into_iter().for_each(|room| room.news.hide_line());
        }
        if let Some(left) = self.rooms.get_mut(self.active) {
            left.selected = None;
            left.hurry_draft();
        }
        self.taking_back = None;
        self.active = index;
        self.code_offer = None;
        self.parts_offer = None;
        self.recall = None;
        self.note_used();
        self.members_scroll = PaneScroll::default();
        self.cycle = None;
        self.closed_menu = None;
        self.toast = None;
        self.overlay = None;
        self.jump = None;
        self.is_dirty = true;
        self.show_news();
    }

    /// Marks where what is not read starts in the room in front, and reads it.
    fn show_news(&mut self) {
        self.rooms[self.active].show_news(&self.viewer);
        self.is_dirty = true;
        self.mark_read();
    }

    /// What is in front and at its end is read, as long as somebody looks at it.
    pub(super) fn mark_read(&mut self) {
        if self.is_focused && self.overlay.is_none() && self.stop.is_none() {
            self.room_mut().mark_read();
        }
    }

    /// Adds a line of this program's own to the room in front.
    pub(super) fn notice(&mut self, text: String) {
        self.notice_in(self.active, text, false);
    }

    pub(super) fn notice_in(&mut self, room: usize, text: String, is_error: bool) {
        let at = self.wall;
        self.rooms[room].notice(Notice { at, text, is_error });
        self.is_dirty = true;
    }

    /// Tells the user why something can't be done, until they type on.
    pub(super) fn refuse(&mut self, why: &Said) {
        self.show_toast(why.tr(self.language()), false);
    }

    /// Tells the user of something that came by itself, until they press Enter or Esc.
    pub(super) fn warn(&mut self, text: String) {
        self.show_toast(text, true);
    }

    fn show_toast(&mut self, text: String, stays: bool) {
        self.toast = Some(Toast { text, stays });
        self.is_dirty = true;
    }

    /// The user types on.
    pub(super) fn drop_toast(&mut self) {
        self.toast = self.toast.take().filter(|toast| toast.stays);
    }
}
