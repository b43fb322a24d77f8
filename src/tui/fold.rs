//! People who come, go and change their names one after the other are told of in one line, and so
//! is what those say whom the user ignores.
//!
//! The line stands where the first of them would, and goes on changing as more follow; the others
//! have no lines. What breaks it off is anything else that has a line, and another day. Events that
//! only change others do not.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::message::{Context, is_shown};
use super::names;
use super::times::is_other_day;
use super::window::Entry;
use crate::locale::{Language, key, number, tr};
use crate::room::is_spoken;
use crate::wire::{Body, DeviceId, Event, Seq};

/// Names listed of each kind; others are counted. Arbitrary: some rows full.
const NAMES_MAX: usize = 12;

/// What became of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Joined,
    Left,
}

/// Somebody who came or went.
struct Person {
    name: String,
    first: Step,
    last: Step,
}

/// Several people who came, went, or changed their names.
#[derive(Default)]
pub struct Fold {
    people: Vec<Person>,
    /// Where each device is among the people and among the names.
    indices: BTreeMap<DeviceId, (Option<usize>, Option<usize>)>,
    names: Vec<(String, String)>,
}

impl Fold {
    /// What these events tell together.
    pub fn new<'a>(events: impl Iterator<Item = &'a Event>) -> Self {
        let mut fold = Self::default();
        for event in events {
            match &event.body {
                Body::Join => fold.step(event, Step::Joined),
                Body::Leave => fold.step(event, Step::Left),
                Body::Rename(name) => fold.rename(event, name.as_str()),
                Body::Message(_) | Body::Reply(..) | Body::Action(_) => {}
                Body::Topic(_) | Body::Role(..) => {}
                Body::Edit(..) | Body::Reaction(..) | Body::Redaction(_) => {}
            }
        }
        fold
    }

    fn step(&mut self, event: &Event, step: Step) {
        let (person, _) = self.indices.entry(event.device).or_default();
        if let Some(person) = person.and_then(|at| self.people.get_mut(at)) {
            person.name = event.from.to_string();
            person.last = step;
            return;
        }
        *person = Some(self.people.len());
        self.people.push(Person {
            name: event.from.to_string(),
            first: step,
            last: step,
        });
    }

    fn rename(&mut self, event: &Event, name: &str) {
        let (_, known) = self.indices.entry(event.device).or_default();
        if let Some((_, to)) = known.and_then(|at| self.names.get_mut(at)) {
            name.clone_into(to);
            return;
        }
        *known = Some(self.names.len());
        self.names.push((event.from.to_string(), name.to_owned()));
    }

    fn of(&self, first: Step, last: Step) -> Vec<&str> {
        let people = self.people.iter();
        people
            .filter(|person| (person.first, person.last) == (first, last))
            .map(|person| person.name.as_str())
            .collect()
    }

    /// What stands in the name column.
    pub fn sign(&self) -> &'static str {
        let is_all = |step| {
            let mut people = self.people.iter();
            self.names.is_empty()
                && people.all(|person| (person.first, person.last) == (step, step))
        };
        if is_all(Step::Joined) {
            "→"
        } else if is_all(Step::Left) {
            "←"
        } else {
            "·"
        }
    }

    /// Who came, who went, who did both, who is called something else.
    pub fn text(&self, language: Language) -> String {
        let mut parts = Vec::new();
        for (first, last, what) in [
            (Step::Joined, Step::Joined, key!("room-joined")),
            (Step::Left, Step::Left, key!("room-left")),
            (Step::Joined, Step::Left, key!("fold-joined-left")),
            (Step::Left, Step::Joined, key!("fold-left-joined")),
        ] {
            let names = self.of(first, last);
            if !names.is_empty() {
                parts.push(tr!(
                    language,
                    what,
                    name = names::row_up_to(&names, NAMES_MAX, language)
                ));
            }
        }
        let renamed = self.names.iter().take(NAMES_MAX);
        parts
            .extend(renamed.map(|(from, to)| tr!(language, "room-renamed", name = from, new = to)));
        if self.names.len() > NAMES_MAX {
            let more = self.names.len() - NAMES_MAX;
            parts.push(tr!(language, "fold-more-renamed", count = more));
        }
        parts.join(&tr!(language, "fold-between"))
    }
}

/// Which entries of a room are told of together.
///
/// Made anew when entries were put in or taken out, and gone on with when some were added at the end.
#[derive(Debug, Default)]
pub struct Folds {
    seen: Option<Seen>,
    /// Runs of entries, the first and last of which are of that kind; in their order.
    runs: Vec<Run>,
    /// Whether the next entry may be part of the last run.
    is_open: bool,
}

/// Entries told of together, by their indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub range: Range<usize>,
    pub kind: Kind,
}

/// What is told of together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// People who come, go and change their names.
    Moves,
    /// What people say whom the user ignores.
    Ignored,
}

impl Kind {
    fn of(event: &Event, context: &Context) -> Option<Self> {
        if is_spoken(&event.body) && context.viewer.ignores(event) {
            Some(Self::Ignored)
        } else if matches!(event.body, Body::Join | Body::Leave | Body::Rename(_)) {
            Some(Self::Moves)
        } else {
            None
        }
    }
}

/// What the runs were made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    first: i64,
    len: usize,
    last: Option<Seq>,
}

/// What an entry is among those told of together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// It stands for itself.
    Alone,
    /// It tells of all of these.
    First(Run),
    /// It has no line.
    Rest,
}

impl Folds {
    /// Forgets all, because entries mean something else now.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes note of the entries of a room, the first of which has this number.
    pub fn update(&mut self, entries: &VecDeque<Entry>, first: i64, context: &Context) {
        let last_of = |len: usize| {
            let last = len.checked_sub(1).and_then(|at| entries.get(at));
            last.and_then(Entry::current).map(|event| event.seq)
        };
        let seen = Seen {
            first,
            len: entries.len(),
            last: last_of(entries.len()),
        };
        if self.seen == Some(seen) {
            return;
        }
        let known = self.seen.filter(|known| {
            known.first == first && known.len <= seen.len && known.last == last_of(known.len)
        });
        let from = known.map_or(0, |known| known.len);
        if from == 0 {
            self.clear();
        }
        for (at, entry) in entries.iter().enumerate().skip(from) {
            let Some(event) = entry.item.event() else {
                self.is_open = false;
                continue;
            };
            if !is_shown(&event.body) {
                continue;
            }
            let kind = Kind::of(event, context);
            // Of a log that is not read any more nothing else is folded.
            let kind = kind.filter(|kind| *kind == Kind::Ignored || entry.settled.is_none());
            let Some(kind) = kind else {
                self.is_open = false;
                continue;
            };
            let run = self.runs.last_mut().filter(|_| self.is_open);
            let goes_on = |run: &Run| {
                let last = entries.get(run.range.end - 1);
                let last = last.and_then(|last| last.item.event());
                last.is_some_and(|last| {
                    !is_other_day(last.stored_at(), event.stored_at(), context.zone)
                })
            };
            match run {
                Some(run) if run.kind == kind && goes_on(run) => run.range.end = at + 1,
                Some(_) | None => self.runs.push(Run {
                    range: at..at + 1,
                    kind,
                }),
            }
            self.is_open = true;
        }
        self.seen = Some(seen);
    }

    /// What an entry is.
    pub fn part(&self, at: usize) -> Part {
        match self.run(at) {
            Some(run) if run.range.len() > 1 || run.kind == Kind::Ignored => {
                if run.range.start == at {
                    Part::First(run.clone())
                } else {
                    Part::Rest
                }
            }
            Some(_) | None => Part::Alone,
        }
    }

    /// Whether an entry is told of as ignored.
    pub fn is_ignored(&self, at: usize) -> bool {
        self.run(at).is_some_and(|run| run.kind == Kind::Ignored)
    }

    fn run(&self, at: usize) -> Option<&Run> {
        let next = self.runs.partition_point(|run| run.range.start <= at);
        let run = next.checked_sub(1).and_then(|at| self.runs.get(at));
        run.filter(|run| run.range.contains(&at))
    }
}

/// How many messages are ignored, and whose.
pub fn ignored_text<'a>(events: impl Iterator<Item = &'a Event>, language: Language) -> String {
    let mut count = 0_usize;
    let mut names = Vec::new();
    for event in events.filter(|event| is_spoken(&event.body)) {
        count += 1;
        if !names.contains(&event.from.as_str()) {
            names.push(event.from.as_str());
        }
    }
    let names = names::row_up_to(&names, NAMES_MAX, language);
    tr!(
        language,
        "fold-ignored",
        count = number(count),
        names = names
    )
}
