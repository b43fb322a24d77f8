//! One open room: what its pane shows, where it is scrolled to, and what is being written there.
//!
//! The pane shows, from top to bottom, the events of the log that are held, those sent ahead of
//! their turn, and this user's messages that the log does not have. Each part is in a file of its
//! own: what is read of the log in [`super::reading`], which stretch of it is held in
//! [`super::window`], what is in sight in [`super::scroll`], what is new in [`super::news`], what
//! is sent in [`super::outgoing`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::changes::Changes;
use super::drafts::Kept;
use super::editor::Editor;
use super::fold::Folds;
use super::message::Item;
use super::message::{Notice, Reach};
use super::news::News;
use super::outgoing::Outgoing;
use super::pane::PaneScroll;
use super::reading::Place;
use super::scroll::Scroll;
use super::window::{Aim, Entry, PAGE};
use super::writing::Writing;
use crate::room::is_spoken;
use crate::wire::{DeviceId, LogId, Member, Name, RoomName, SafeText, Seq};

/// Entries of a room held in memory. At 200 bytes a message some 5 MB with their wrapped lines.
/// Those further up take the place of those further down while the user scrolls.
pub const ENTRIES_MAX: usize = 5_000;

/// Messages of a room that wait for the relay; beyond, sending is refused and the text stays in
/// the input line. Arbitrary: what a person types in a day without contact.
pub const PENDING_MAX: usize = 1_000;

/// Members of a room that are listed. Arbitrary: no LAN has more, and no screen shows them.
const MEMBERS_MAX: usize = 4_096;

/// Entries looked at for who spoke lately. Arbitrary: what was said before is another subject.
const SPEAKERS_LOOKED_AT: usize = 200;

/// One open room.
#[derive(Debug)]
pub struct RoomView {
    /// Its name.
    pub name: RoomName,
    /// What is being written there.
    pub editor: Editor,
    /// What it is about; may be empty.
    pub topic: SafeText,
    /// Its members, in the order they became known.
    pub members: Vec<Member>,
    /// What this user has not read.
    pub news: News,
    /// Messages of others that came below the part in sight.
    pub new_below: usize,
    /// What this user sends.
    pub outgoing: Outgoing,
    /// How far the log is read; `None` before anything is known of it.
    pub(super) place: Option<Place>,
    /// Logs read before that one, and the last event handed in of each; the oldest go.
    pub(super) left: VecDeque<(LogId, Seq)>,
    pub(super) is_opened: bool,
    /// Whether it was opened because somebody wrote there.
    pub(super) is_waiting: bool,
    /// Whether the relay keeps the log on a disk.
    pub(super) is_durable: bool,
    /// How far the devices of others have stored the log, by name.
    pub(super) readers: BTreeMap<Name, Seq>,
    /// How far others have read it, as far as was asked.
    pub(super) reads: BTreeMap<Name, Seq>,
    pub(super) changes: Changes,
    pub(super) entries: VecDeque<Entry>,
    /// The number of the oldest entry held; goes down when older ones are put before it.
    pub(super) first: i64,
    /// The newest entries, while the pane holds a stretch that ends before them.
    pub(super) end: Option<VecDeque<Entry>>,
    /// The page of the log that is being asked for.
    pub(super) asked: Option<Aim>,
    /// How many newer events to ask for at a time.
    pub(super) newer_count: u32,
    /// Whether the relay has nothing older than what is held.
    pub(super) has_no_older: bool,
    /// The first event the relay still has.
    pub(super) first_kept: Seq,
    /// Whether entries of a log that is not read any more may be held.
    pub(super) has_settled: bool,
    /// Events sent before their turn, in the order of their places.
    pub(super) ahead: Vec<Entry>,
    /// The places of events that the user was told of ahead of their turn.
    pub(super) told_ahead: BTreeSet<Seq>,
    /// Which entries are told of together.
    pub(super) folds: Folds,
    pub(super) scroll: Scroll,
    /// The event that was searched for and gone to.
    pub(super) found: Option<Seq>,
    /// The message selected.
    pub(super) selected: Option<Seq>,
    /// What the input is for.
    pub(super) writing: Writing,
    /// Which rows of the input line are in sight.
    pub(super) input_scroll: PaneScroll,
    pub(super) kept: Kept,
}

impl RoomView {
    /// An empty view of a room. When it is opened because it `is_waiting` to be read, all that is
    /// in its log is news; otherwise only what follows.
    pub fn new(name: RoomName, is_waiting: bool) -> Self {
        Self {
            name,
            editor: Editor::default(),
            topic: SafeText::default(),
            members: Vec::new(),
            news: News::default(),
            new_below: 0,
            outgoing: Outgoing::default(),
            place: None,
            left: VecDeque::new(),
            is_opened: false,
            is_waiting,
            is_durable: true,
            readers: BTreeMap::new(),
            reads: BTreeMap::new(),
            changes: Changes::default(),
            entries: VecDeque::new(),
            first: 0,
            end: None,
            asked: None,
            newer_count: PAGE,
            has_no_older: false,
            first_kept: Seq(1),
            has_settled: false,
            ahead: Vec::new(),
            told_ahead: BTreeSet::new(),
            folds: Folds::default(),
            scroll: Scroll::Bottom,
            found: None,
            selected: None,
            writing: Writing::Message,
            input_scroll: PaneScroll::default(),
            kept: Kept::default(),
        }
    }

    /// The room's name as shown: `#lobby`, or `@bob` for direct messages with bob.
    pub fn title(&self, own: &Name) -> String {
        self.name.title(own)
    }

    /// The other one of the two users of a direct room.
    pub fn other(&self, own: &Name) -> Option<Name> {
        self.name.other(own)
    }

    /// Adds a line of this program's own.
    pub fn notice(&mut self, notice: Notice) {
        self.push(Item::Notice(notice), false);
    }

    /// A device of somebody else has stored the room up to here.
    pub fn delivered(&mut self, name: Name, seq: Seq) {
        if self.readers.len() < MEMBERS_MAX || self.readers.contains_key(&name) {
            let known = self.readers.entry(name).or_default();
            *known = seq.max(*known);
        }
    }

    /// Somebody else has read the room up to here.
    pub fn read_by(&mut self, name: Name, seq: Seq) {
        if self.reads.len() < MEMBERS_MAX || self.reads.contains_key(&name) {
            self.reads.insert(name, seq);
        }
    }

    /// How far the room is stored.
    pub(super) fn reach(&self) -> Reach {
        Reach {
            delivered: self.readers.values().copied().max().unwrap_or_default(),
            is_durable: self.is_durable,
        }
    }

    /// Adds members or changes those known.
    pub fn handle_members(&mut self, members: Vec<Member>) {
        for member in members {
            self.members.retain(|known| !member.replaces(known));
            if self.members.len() < MEMBERS_MAX {
                self.members.push(member);
            }
        }
    }

    /// Empties the pane. Messages under way stay; the log is still there to scroll up to.
    pub fn clear(&mut self) {
        self.scroll_to_end();
        self.first += i64::try_from(self.entries.len()).unwrap_or(0);
        self.entries.clear();
        self.has_no_older = false;
        self.news.hide_line();
    }

    /// Who spoke lately, the last first, without this user.
    pub fn recent_speakers(&self, own: DeviceId) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for entry in self.entries.iter().rev().take(SPEAKERS_LOOKED_AT) {
            if let Some(event) = entry.item.event()
                && is_spoken(&event.body)
                && event.device != own
                && !names.iter().any(|name| name == event.from.as_str())
            {
                names.push(event.from.to_string());
            }
        }
        names
    }
}
