//! One open room: what its pane shows, where it is scrolled to, and what is being written there.
//!
//! Events come from the log in order, once; messages of this user stand below them until the log
//! has them. What is in sight is decided in [`super::scroll`].

use std::collections::{BTreeMap, VecDeque};

use ratatui::text::Line;

use super::editor::Editor;
use super::message::{Change, Item, Notice, Pending, PendingState, is_mention};
use super::scroll::{CacheKey, Scroll};
use crate::wire::{
    Body, DeviceId, Event, LocalId, LogId, Member, Name, RoomName, SafeText, Seq, Timestamp,
};

/// Entries of a room held in memory. At 200 bytes a message some 5 MB with their wrapped lines;
/// more than anyone scrolls through, and the history command has the rest.
pub const ENTRIES_MAX: usize = 5_000;

/// Messages of a room that wait for the relay; beyond, sending is refused and the text stays in
/// the input line. Arbitrary: what a person types in a day without contact.
pub const PENDING_MAX: usize = 1_000;

/// Members of a room that are listed. Arbitrary: no LAN has more, and no screen shows them.
const MEMBERS_MAX: usize = 4_096;

/// Reactions shown under one message. Arbitrary: they take a line each.
const REACTIONS_MAX: usize = 32;

/// Entries looked at for who spoke lately. Arbitrary: what was said before is another subject.
const SPEAKERS_LOOKED_AT: usize = 200;

/// What is known of entries older than those held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Older {
    Unknown,
    Asked,
    None,
}

/// What an arriving event means to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Nothing to be told about.
    Quiet,
    /// Somebody else said something.
    Spoken,
    /// Somebody else named this user, or wrote to them alone.
    Addressed,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub item: Item,
    /// The wrapped lines, and what they were made for.
    pub cache: Option<(CacheKey, Vec<Line<'static>>)>,
}

impl Entry {
    fn new(item: Item) -> Self {
        Self { item, cache: None }
    }
}

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
    /// Messages of others that came while another room was in front.
    pub unread: usize,
    /// Whether one of them addresses this user.
    pub is_addressed: bool,
    /// Messages that came below the part in sight.
    pub new_below: usize,
    log: Option<LogId>,
    last: Seq,
    pub(super) delivered: Seq,
    /// Events up to here were there before the room was opened: nothing new to this user.
    backlog: Seq,
    seen: Seq,
    pub(super) entries: VecDeque<Entry>,
    /// The number of the oldest entry held; goes down when older ones are put before it.
    pub(super) first: i64,
    pub(super) pending: Vec<Entry>,
    pub(super) changes: BTreeMap<Seq, Change>,
    pub(super) scroll: Scroll,
    older: Older,
    is_opened: bool,
    /// Whether it was opened because somebody wrote there.
    is_waiting: bool,
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
            unread: 0,
            is_addressed: false,
            new_below: 0,
            log: None,
            last: Seq(0),
            delivered: Seq(0),
            backlog: Seq(0),
            seen: Seq(0),
            entries: VecDeque::new(),
            first: 0,
            pending: Vec::new(),
            changes: BTreeMap::new(),
            scroll: Scroll::Bottom,
            older: Older::Unknown,
            is_opened: false,
            is_waiting,
        }
    }

    /// The room's name as shown: `#lobby`, or `@bob` for direct messages with bob.
    pub fn title(&self, own: &Name) -> String {
        match self.name.direct_users() {
            Some((a, b)) if a == *own => format!("@{b}"),
            Some((a, _)) => format!("@{a}"),
            None => format!("#{}", self.name),
        }
    }

    /// The relay opened the room, for the first time or again. Events handed in before the first
    /// time are those kept from earlier.
    pub fn opened(&mut self, log: LogId, head: Seq, topic: SafeText) {
        self.enter_log(log);
        if !self.is_opened && !self.is_waiting {
            // Without anything kept from before, there is no telling what is new.
            self.backlog = if self.last > Seq(0) { self.last } else { head };
        }
        self.is_opened = true;
        self.topic = topic;
        self.members.clear();
    }

    fn enter_log(&mut self, log: LogId) {
        if self.log != Some(log) {
            self.log = Some(log);
            self.last = Seq(0);
            self.delivered = Seq(0);
            self.backlog = Seq(0);
            self.seen = Seq(0);
            self.older = Older::Unknown;
            self.changes.clear();
        }
    }

    /// Takes the next event of the log.
    pub fn handle_event(
        &mut self,
        log: LogId,
        event: Event,
        own: DeviceId,
        name: &Name,
    ) -> Arrival {
        self.enter_log(log);
        if event.seq <= self.last {
            return Arrival::Quiet;
        }
        self.last = event.seq;
        let arrival = self.arrival(&event, own, name);
        if event.device == own {
            let is_same = |entry: &Entry| matches!(&entry.item, Item::Pending(pending) if pending.local == event.local);
            self.pending.retain(|entry| !is_same(entry));
        }
        if let Body::Topic(topic) = &event.body {
            self.topic = topic.clone();
        }
        self.note_change(&event);
        self.push(Item::Event(event), arrival != Arrival::Quiet);
        arrival
    }

    fn arrival(&self, event: &Event, own: DeviceId, name: &Name) -> Arrival {
        let (Body::Message(text) | Body::Action(text)) = &event.body else {
            return Arrival::Quiet;
        };
        let is_kept = !self.is_opened && !self.is_waiting;
        if event.device == own || is_kept || event.seq <= self.backlog {
            return Arrival::Quiet;
        }
        if self.name.direct_users().is_some() || is_mention(text.as_str(), name) {
            return Arrival::Addressed;
        }
        Arrival::Spoken
    }

    fn push(&mut self, item: Item, is_news: bool) {
        self.entries.push_back(Entry::new(item));
        if is_news && self.scroll != Scroll::Bottom {
            self.new_below += 1;
        }
        if self.entries.len() > ENTRIES_MAX {
            self.entries.pop_front();
            self.first += 1;
        }
    }

    /// Remembers what an event changes about an earlier message.
    fn note_change(&mut self, event: &Event) {
        let target = match &event.body {
            Body::Edit(target, text) => {
                self.changes.entry(*target).or_default().text = Some(text.clone());
                *target
            }
            Body::Redaction(target) => {
                self.changes.entry(*target).or_default().is_redacted = true;
                *target
            }
            Body::Reaction(target, shortcode) => {
                let reactions = &mut self.changes.entry(*target).or_default().reactions;
                reactions.retain(|(name, _)| *name != event.from);
                if !shortcode.is_empty() && reactions.len() < REACTIONS_MAX {
                    reactions.push((event.from.clone(), shortcode.clone()));
                }
                *target
            }
            Body::Message(_) | Body::Action(_) | Body::Join | Body::Leave => return,
            Body::Topic(_) | Body::Role(..) | Body::Rename(_) => return,
        };
        for entry in &mut self.entries {
            if matches!(&entry.item, Item::Event(event) if event.seq == target) {
                entry.cache = None;
            }
        }
        if self.changes.len() > ENTRIES_MAX {
            self.changes.pop_first();
        }
    }

    /// Adds a line of this program's own.
    pub fn notice(&mut self, notice: Notice) {
        self.push(Item::Notice(notice), false);
    }

    /// How many messages the relay has not stored.
    pub fn unsent(&self) -> usize {
        let is_queued = |entry: &&Entry| matches!(&entry.item, Item::Pending(pending) if pending.state == PendingState::Queued);
        self.pending.iter().filter(is_queued).count()
    }

    /// Shows a message as queued, and the end of the room.
    pub fn queue(&mut self, local: LocalId, sent_at: Timestamp, body: Body) {
        self.pending.push(Entry::new(Item::Pending(Pending {
            local,
            sent_at,
            body,
            state: PendingState::Queued,
        })));
        self.scroll_to_end();
    }

    /// A queued message is committed.
    pub fn stored(&mut self, local: LocalId) {
        for entry in &mut self.pending {
            if let Item::Pending(pending) = &mut entry.item
                && pending.local == local
            {
                pending.state = PendingState::Stored;
            }
        }
    }

    /// A queued message is refused: it stays where it is in the room. Whether it was known.
    pub fn not_stored(&mut self, local: LocalId, reason: String) -> bool {
        let is_it =
            |entry: &Entry| matches!(&entry.item, Item::Pending(pending) if pending.local == local);
        let Some(at) = self.pending.iter().position(is_it) else {
            return false;
        };
        let mut entry = self.pending.remove(at);
        if let Item::Pending(pending) = &mut entry.item {
            pending.state = PendingState::Failed(reason);
        }
        self.push(entry.item, false);
        true
    }

    /// Somebody else's device has stored the room up to here.
    pub fn delivered(&mut self, seq: Seq) {
        self.delivered = self.delivered.max(seq);
    }

    /// Adds members or changes those known.
    pub fn handle_members(&mut self, members: Vec<Member>) {
        for member in members {
            self.members
                .retain(|known| known.device != member.device && known.name != member.name);
            if self.members.len() < MEMBERS_MAX {
                self.members.push(member);
            }
        }
    }

    /// When the end of the room is in sight, the last event, once for each that came.
    pub fn take_seen(&mut self) -> Option<Seq> {
        let is_news = self.scroll == Scroll::Bottom && self.last > self.seen;
        is_news.then(|| {
            self.seen = self.last;
            self.last
        })
    }

    /// Empties the pane. Messages under way stay; the log is still there to scroll up to.
    pub fn clear(&mut self) {
        self.first += i64::try_from(self.entries.len()).unwrap_or(0);
        self.entries.clear();
        self.older = Older::Unknown;
        self.scroll_to_end();
    }

    /// Whether, and before which place, older events should be asked for; at most once until
    /// answered.
    pub fn ask_older(&mut self) -> Option<Option<Seq>> {
        let is_wanted = self.is_opened
            && self.older == Older::Unknown
            && !self.is_full()
            && self.oldest() != Some(Seq(1));
        is_wanted.then(|| {
            self.older = Older::Asked;
            self.oldest()
        })
    }

    /// Whether no more entries can be held.
    pub fn is_full(&self) -> bool {
        self.entries.len() >= ENTRIES_MAX
    }

    /// The oldest event held.
    fn oldest(&self) -> Option<Seq> {
        self.entries.iter().find_map(|entry| match &entry.item {
            Item::Event(event) => Some(event.seq),
            Item::Pending(_) | Item::Notice(_) => None,
        })
    }

    /// The question about older events will not be answered.
    pub fn older_failed(&mut self) {
        if self.older == Older::Asked {
            self.older = Older::Unknown;
        }
    }

    /// Puts a page of older events above those held, as far as there is room.
    pub fn handle_older(&mut self, log: LogId, events: Vec<Event>, is_last: bool) {
        if self.log != Some(log) {
            return;
        }
        let before = self.oldest().unwrap_or(self.last.next());
        let mut is_any = false;
        for event in events.into_iter().rev().filter(|event| event.seq < before) {
            if self.is_full() {
                break;
            }
            is_any = true;
            self.note_older_change(&event);
            self.entries.push_front(Entry::new(Item::Event(event)));
            self.first -= 1;
        }
        if is_last {
            self.older = if is_any { Older::Unknown } else { Older::None };
        }
    }

    /// Later changes are known already and win over this older one.
    fn note_older_change(&mut self, event: &Event) {
        let is_known = match &event.body {
            Body::Edit(target, _) => {
                let change = self.changes.get(target);
                change.is_some_and(|change| change.text.is_some())
            }
            Body::Reaction(target, _) => {
                let mut reactions = self
                    .changes
                    .get(target)
                    .into_iter()
                    .flat_map(|c| &c.reactions);
                reactions.any(|(name, _)| *name == event.from)
            }
            Body::Message(_) | Body::Action(_) | Body::Redaction(_) | Body::Join => false,
            Body::Leave | Body::Topic(_) | Body::Role(..) | Body::Rename(_) => false,
        };
        if !is_known {
            self.note_change(event);
        }
    }

    /// Who spoke lately, the last first, without this user.
    pub fn recent_speakers(&self, own: DeviceId) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for entry in self.entries.iter().rev().take(SPEAKERS_LOOKED_AT) {
            if let Item::Event(event) = &entry.item
                && matches!(event.body, Body::Message(_) | Body::Action(_))
                && event.device != own
                && !names.iter().any(|name| name == event.from.as_str())
            {
                names.push(event.from.to_string());
            }
        }
        names
    }
}
