//! The jump: rooms, people, commands and settings in one list, narrowed down by what is typed.
//!
//! While nothing is typed, rooms in which this user is addressed stand first, then those with
//! something unread, then the others, the one used last first; people, commands and settings follow.
//! What is typed is matched loosely: its letters in their order, others between them.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::Frame;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};
use unicode_segmentation::UnicodeSegmentation;

use super::app::{App, Asked, ROOMS_MAX};
use super::commands::{self, Help};
use super::line_input::LineInput;
use super::overlay::{Hit, Overlay};
use super::pane::PaneScroll;
use super::room::RoomView;
use super::submit::SubmitError;
use super::theme::Theme;
use super::themes::ThemeName;
use super::{reasons, wrap};
use crate::locale::{Language, say, tr};
use crate::wire::{Member, Name, Presence, Query, RoomName};

/// People listed. Arbitrary: whoever is not among them is found by `/msg`.
const PEOPLE_MAX: usize = 1_000;

/// Letters looked for; what is typed behind them does not count. Arbitrary: no name is longer.
const TYPED_CHARS_MAX: usize = 64;

/// The box: no wider than is read at a glance, no higher than leaves the room in sight.
const BOX_COLUMNS_MAX: u16 = 64;
const BOX_ROWS_MAX: u16 = 20;

/// A pane smaller than this is filled, without a border.
const BORDER_COLUMNS_MIN: u16 = 48;
const BORDER_ROWS_MIN: u16 = 10;

/// Commands that are written into the input, not carried out: they can't be undone, and the letters
/// typed may have meant something else.
const WEIGHTY: [&str; 3] = ["leave", "clear", "quit"];

/// Where an entry leads.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    /// To a room.
    Room(RoomName),
    /// To the direct messages with somebody.
    Person(Name),
    /// This line is carried out.
    Run(String),
    /// This is written into the input.
    Write(String),
}

/// One line of the list.
#[derive(Clone, Debug)]
struct Entry {
    target: Target,
    /// What it is called, which is what is looked at.
    label: String,
    /// What there is to know about it.
    about: String,
    /// Whether something there is unread.
    is_unread: bool,
}

/// An entry that matches.
#[derive(Debug)]
struct Shown {
    /// Its index.
    entry: usize,
    /// The clusters of its label that were typed, in their order.
    typed: Vec<u32>,
}

/// The list.
pub struct JumpList {
    pub(super) input: LineInput,
    /// In the order of an empty input.
    entries: Vec<Entry>,
    shown: Vec<Shown>,
    /// An index of `shown`.
    selected: usize,
    scroll: PaneScroll,
    matcher: Matcher,
}

impl App {
    /// Opens the list.
    pub(super) fn open_jump(&mut self) {
        let list = JumpList::new(self.jump_entries());
        self.show_overlay(Overlay::Jump(list));
        // There may be new rooms.
        if self.is_entered() && !self.is_asking_for_rooms() {
            let asked = Asked::Rooms {
                is_shown: false,
                lines: Vec::new(),
            };
            self.ask(Query::Rooms, asked);
        }
    }

    /// Takes rooms into the list that came to be known while it is open.
    pub(super) fn refresh_jump(&mut self) {
        let entries = self.jump_entries();
        if let Some(Overlay::Jump(list)) = &mut self.overlay {
            list.replace(entries);
            self.is_dirty = true;
        }
    }

    /// Goes where the selected entry leads.
    pub(super) fn take_jump(&mut self) {
        let Some(Overlay::Jump(list)) = &self.overlay else {
            return;
        };
        let Some(target) = list.target().cloned() else {
            return;
        };
        self.close_overlay();
        match target {
            Target::Room(room) => match self.open(room, true, false) {
                Some(index) => self.show_room(index),
                None => self.refuse(&SubmitError::TooManyRooms.said()),
            },
            Target::Person(name) => {
                if let Err(error) = self.direct(&name, None) {
                    self.refuse(&error.said());
                }
            }
            Target::Run(line) => self.run_line(&line),
            Target::Write(text) => {
                self.room_mut().selected = None;
                let editor = &mut self.room_mut().editor;
                // What was written can be had back, with the up arrow as well.
                editor.clear();
                editor.paste(&text);
            }
        }
    }

    fn jump_entries(&self) -> Vec<Entry> {
        let language = self.language();
        let mut open: Vec<usize> = (0..self.rooms.len()).collect();
        open.sort_by_key(|index| {
            let room = &self.rooms[*index];
            let urgency = match room.news.unread {
                _ if *index == self.active => 3,
                0 => 2,
                _ if room.news.addressed == 0 => 1,
                _ => 0,
            };
            let used = self.recent.iter().position(|name| *name == room.name);
            (urgency, used.unwrap_or(usize::MAX), *index)
        });
        let mut entries: Vec<Entry> = open
            .into_iter()
            .map(|index| self.room_entry(&self.rooms[index]))
            .collect();
        let known = self.known_rooms.iter();
        let known = known.filter(|name| name.direct_users().is_none());
        let known = known.filter(|name| self.find_room(name).is_none());
        entries.extend(known.map(|name| Entry {
            target: Target::Room(name.clone()),
            label: format!("#{name}"),
            about: tr!(language, "jump-join"),
            is_unread: false,
        }));
        entries.extend(self.people().into_iter().map(|member| Entry {
            target: Target::Person(member.name.clone()),
            label: format!("@{}", member.name),
            about: reasons::presence(member.presence).tr(language),
            is_unread: false,
        }));
        entries.extend(self.settings());
        entries.extend(
            commands::ALL
                .iter()
                .map(|command| command_entry(command, language)),
        );
        entries
    }

    fn room_entry(&self, room: &RoomView) -> Entry {
        let language = self.language();
        let unread = room.news.unread;
        let about = match (unread, room.news.addressed) {
            (0, _) => match self.other_presence(room).map(|(presence, _)| presence) {
                Some(presence) => reasons::presence(presence).tr(language),
                None => room.topic.one_line(),
            },
            (_, 0) => tr!(language, "jump-unread", count = unread),
            (_, addressed) => {
                tr!(language, "jump-addressed", count = unread, own = addressed)
            }
        };
        Entry {
            target: Target::Room(room.name.clone()),
            label: room.title(&self.viewer.name),
            about,
            is_unread: unread > 0,
        }
    }

    /// The members of all open rooms that have no room with this user yet, those present first.
    fn people(&self) -> Vec<&Member> {
        let own = &self.viewer.name;
        let mut people: Vec<&Member> = Vec::new();
        let mut members: Vec<&Member> = self.rooms.iter().flat_map(|room| &room.members).collect();
        members.sort_by_cached_key(|member| {
            let is_gone = member.presence == Presence::Gone;
            (is_gone, member.name.as_str().to_lowercase())
        });
        let mut seen = std::collections::BTreeSet::new();
        for member in members {
            let is_new = member.name != *own && seen.insert(&member.name);
            if is_new && people.len() < PEOPLE_MAX {
                let room = self.find_room(&RoomName::direct(own, &member.name));
                people.extend(room.is_none().then_some(member));
            }
        }
        people
    }

    /// What can be set: each line says what it would be set to.
    fn settings(&self) -> Vec<Entry> {
        let language = self.language();
        let (switch, label) = if self.wants_mouse() {
            ("off", tr!(language, "setting-mouse-off"))
        } else {
            ("on", tr!(language, "setting-mouse-on"))
        };
        let setting = |line, label| Entry {
            target: Target::Run(line),
            label,
            about: tr!(language, "jump-setting"),
            is_unread: false,
        };
        let mut settings = vec![setting(format!("/mouse {switch}"), label)];
        let themes = ThemeName::ALL.into_iter();
        let others = themes.filter(|theme| *theme != self.looks.name);
        settings.extend(others.map(|theme| {
            let name = theme.name();
            let label = tr!(language, "setting-theme", name = name);
            setting(format!("/theme {name}"), label)
        }));
        settings
    }

    /// A room came in front.
    pub(super) fn note_used(&mut self) {
        let name = self.room().name.clone();
        self.recent.retain(|known| *known != name);
        self.recent.insert(0, name);
        self.recent.truncate(ROOMS_MAX);
    }
}

fn command_entry(command: &Help, language: Language) -> Entry {
    let line = format!("/{}", command.name);
    let target = if WEIGHTY.contains(&command.name) {
        Target::Write(line.clone())
    } else if command.needs_argument() {
        Target::Write(format!("{line} "))
    } else {
        Target::Run(line.clone())
    };
    Entry {
        target,
        label: line,
        about: say!(command.text).tr(language),
        is_unread: false,
    }
}

impl JumpList {
    fn new(entries: Vec<Entry>) -> Self {
        let mut list = Self {
            input: LineInput::default(),
            entries,
            shown: Vec::new(),
            selected: 0,
            scroll: PaneScroll::default(),
            matcher: Matcher::new(Config::DEFAULT),
        };
        list.changed();
        list
    }

    fn target(&self) -> Option<&Target> {
        let shown = self.shown.get(self.selected)?;
        Some(&self.entries.get(shown.entry)?.target)
    }

    /// Puts other entries in; the one selected stays so.
    fn replace(&mut self, entries: Vec<Entry>) {
        let target = self.target().cloned();
        let scroll = self.scroll;
        self.entries = entries;
        self.changed();
        let mut shown = self.shown.iter();
        let selected =
            shown.position(|shown| Some(&self.entries[shown.entry].target) == target.as_ref());
        if let Some(selected) = selected {
            self.selected = selected;
            self.scroll = scroll;
        }
    }

    /// Narrows the list down to what is typed now.
    pub fn changed(&mut self) {
        let typed: String = self.input.text().chars().take(TYPED_CHARS_MAX).collect();
        let pattern = Pattern::new(
            &typed,
            CaseMatching::Ignore,
            Normalization::Smart,
            AtomKind::Fuzzy,
        );
        let mut buffer = Vec::new();
        let mut found = Vec::new();
        for (entry, candidate) in self.entries.iter().enumerate() {
            let mut typed = Vec::new();
            let label = Utf32Str::new(&candidate.label, &mut buffer);
            if let Some(score) = pattern.indices(label, &mut self.matcher, &mut typed) {
                typed.sort_unstable();
                found.push((score, Shown { entry, typed }));
            }
        }
        // What matches as well keeps its order.
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.shown = found.into_iter().map(|(_, shown)| shown).collect();
        self.selected = 0;
        self.scroll = PaneScroll::default();
    }

    /// Moves the selection.
    pub fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    /// Selects the entry that stands here, if one does.
    pub fn select_at(&mut self, at: Position, area: Rect) -> Hit {
        let (outer, inner) = places(area);
        if !outer.contains(at) {
            return Hit::Outside;
        }
        let rows = rows(inner);
        if !rows.contains(at) {
            return Hit::Inside;
        }
        let top = self.scroll.top(self.shown.len(), usize::from(rows.height));
        let index = top + usize::from(at.y - rows.y);
        if index >= self.shown.len() {
            return Hit::Inside;
        }
        self.selected = index;
        Hit::Entry
    }

    /// Draws the list into a box in the middle of `area`.
    pub fn draw(&mut self, theme: Theme, language: Language, area: Rect, frame: &mut Frame) {
        let (outer, inner) = places(area);
        let buffer = frame.buffer_mut();
        Clear.render(outer, buffer);
        for row in outer.rows() {
            // A wide character that the box would cut in half.
            if let Some(left) = row.x.checked_sub(1)
                && let Some(cell) = buffer.cell_mut((left, row.y))
                && cell.cell_width() > 1
            {
                cell.set_symbol(" ");
            }
        }
        if outer != inner {
            Block::bordered()
                .border_style(theme.faint())
                .render(outer, buffer);
        }
        let rows = rows(inner);
        let height = usize::from(rows.height);
        self.scroll.show(self.selected, height);
        let top = self.scroll.top(self.shown.len(), height);
        for (row, index) in rows.rows().zip(top..self.shown.len()) {
            self.draw_entry(index, theme, row, buffer);
        }
        if self.shown.is_empty() {
            let text = tr!(language, "jump-none");
            buffer.set_stringn(rows.x, rows.y, text, usize::from(rows.width), theme.faint());
        }
        let prompt = tr!(language, "jump-prompt");
        self.input.draw(&prompt, theme, inner, frame);
    }

    fn draw_entry(&self, index: usize, theme: Theme, row: Rect, buffer: &mut Buffer) {
        let shown = &self.shown[index];
        let entry = &self.entries[shown.entry];
        let columns = usize::from(row.width);
        let label = wrap::cut(&entry.label, columns.saturating_sub(2));
        let sign = if index == self.selected { "> " } else { "  " };
        let mut spans = vec![Span::raw(sign)];
        for (cluster, at) in label.graphemes(true).zip(0..) {
            let style = match shown.typed.binary_search(&at) {
                Ok(_) => theme.notable(),
                Err(_) if entry.is_unread => theme.unread(),
                Err(_) => theme.plain(),
            };
            spans.push(Span::styled(cluster.to_owned(), style));
        }
        let free = columns.saturating_sub(wrap::columns(&label) + 2);
        // Less than this says nothing; arbitrary.
        if free >= 8 {
            let about = wrap::cut(&entry.about, free - 2);
            let blanks = free - wrap::columns(&about);
            spans.push(Span::raw(" ".repeat(blanks)));
            spans.push(Span::styled(about, theme.faint()));
        } else {
            spans.push(Span::raw(" ".repeat(free)));
        }
        if index == self.selected {
            for span in &mut spans {
                span.style = theme.selected();
            }
        }
        buffer.set_line(row.x, row.y, &Line::from(spans), row.width);
    }
}

/// The box and what is inside its border.
fn places(area: Rect) -> (Rect, Rect) {
    if area.width < BORDER_COLUMNS_MIN || area.height < BORDER_ROWS_MIN {
        return (area, area);
    }
    let width = area.width.min(BOX_COLUMNS_MAX);
    let height = area.height.min(BOX_ROWS_MAX);
    let x = area.x + (area.width - width) / 2;
    let outer = Rect::new(x, area.y, width, height);
    let inner = Rect::new(x + 2, area.y + 1, width - 4, height - 2);
    (outer, inner)
}

/// The rows for entries, below the input.
fn rows(inner: Rect) -> Rect {
    let head = inner.height.min(1);
    Rect {
        y: inner.y + head,
        height: inner.height - head,
        ..inner
    }
}
