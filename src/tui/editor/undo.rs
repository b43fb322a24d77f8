//! What was changed in the input line, so that it can be taken back and done again.
//!
//! Typing is taken back by words, other changes one by one. Text that was ever there is not lost by
//! taking changes back and then changing something else: what was taken back goes in between, and
//! is reached by taking back further. Only the oldest changes go, when there are too many.

use std::collections::VecDeque;
use std::ops::Range;

/// Changes kept. Arbitrary: an afternoon of writing one text.
const CHANGES_MAX: usize = 1_000;

/// Bytes of text kept in changes: four times as much as the input holds, so that even a text that
/// fills it can be cut and put back.
const CHANGES_BYTES_MAX: usize = 4 * super::EDITOR_BYTES_MAX;

/// What kind of change it was; runs of the first two are taken back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A character was typed.
    Typed,
    /// A character was deleted.
    Deleted,
    /// Anything else.
    Other,
}

/// One text that took the place of another.
#[derive(Clone, Debug)]
struct Change {
    kind: Kind,
    /// In bytes.
    at: usize,
    removed: String,
    inserted: String,
    /// Where the cursor was before.
    cursor: usize,
}

impl Change {
    fn bytes(&self) -> usize {
        self.removed.len() + self.inserted.len()
    }

    /// The change that takes this one back.
    fn inverse(&self) -> Self {
        Self {
            kind: Kind::Other,
            at: self.at,
            removed: self.inserted.clone(),
            inserted: self.removed.clone(),
            cursor: self.at + self.inserted.len(),
        }
    }

    /// Takes another change into this one, when it goes on with the same word.
    fn grow(&mut self, range: &Range<usize>, removed: &str, inserted: &str, kind: Kind) -> bool {
        if kind != self.kind {
            return false;
        }
        match kind {
            Kind::Typed => {
                let is_next = range.is_empty() && range.start == self.at + self.inserted.len();
                let is_same = is_next && !is_new_word(&self.inserted, inserted);
                if is_same {
                    self.inserted.push_str(inserted);
                }
                is_same
            }
            Kind::Deleted if range.end == self.at => {
                let is_same = starts_blank(removed) || !starts_blank(&self.removed);
                if is_same {
                    self.removed.insert_str(0, removed);
                    self.at = range.start;
                }
                is_same
            }
            Kind::Deleted if range.start == self.at => {
                let is_same = !is_new_word(&self.removed, removed);
                if is_same {
                    self.removed.push_str(removed);
                }
                is_same
            }
            Kind::Deleted | Kind::Other => false,
        }
    }
}

/// Whether a word begins with `next` behind `before`.
fn is_new_word(before: &str, next: &str) -> bool {
    before.ends_with(char::is_whitespace) && !starts_blank(next)
}

fn starts_blank(text: &str) -> bool {
    text.starts_with(char::is_whitespace)
}

/// What is to be done to take a change back, or to do it again.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// These bytes of the text
    pub range: Range<usize>,
    /// become these,
    pub text: String,
    /// and the cursor goes here.
    pub cursor: usize,
}

/// The changes of one text.
#[derive(Debug, Default)]
pub struct Undo {
    done: VecDeque<Change>,
    /// Those taken back, the last one of them last.
    undone: Vec<Change>,
    bytes: usize,
    /// Whether the last change can grow.
    is_open: bool,
}

impl Undo {
    /// Notes that `range` of the text, which was `removed`, becomes `inserted`.
    pub fn record(
        &mut self,
        range: Range<usize>,
        removed: &str,
        inserted: &str,
        cursor: usize,
        kind: Kind,
    ) {
        if removed.is_empty() && inserted.is_empty() {
            return;
        }
        self.keep_undone();
        self.bytes += removed.len() + inserted.len();
        let last = self.done.back_mut().filter(|_| self.is_open);
        if !last.is_some_and(|last| last.grow(&range, removed, inserted, kind)) {
            self.done.push_back(Change {
                kind,
                at: range.start,
                removed: removed.to_owned(),
                inserted: inserted.to_owned(),
                cursor,
            });
        }
        self.is_open = true;
        while self.done.len() > CHANGES_MAX || self.bytes > CHANGES_BYTES_MAX {
            let Some(oldest) = self.done.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
        }
    }

    /// What is changed next is taken back by itself.
    pub fn seal(&mut self) {
        self.is_open = false;
    }

    /// So many bytes now stand before all of the text.
    pub fn shift(&mut self, bytes: usize) {
        for change in self.done.iter_mut().chain(&mut self.undone) {
            change.at += bytes;
            change.cursor += bytes;
        }
        self.seal();
    }

    /// Takes the last change back.
    pub fn undo(&mut self) -> Option<Step> {
        self.seal();
        let change = self.done.pop_back()?;
        let step = Step {
            range: change.at..change.at + change.inserted.len(),
            text: change.removed.clone(),
            cursor: change.cursor,
        };
        self.undone.push(change);
        Some(step)
    }

    /// Does the change again that was taken back last.
    pub fn redo(&mut self) -> Option<Step> {
        self.seal();
        let change = self.undone.pop()?;
        let step = Step {
            range: change.at..change.at + change.removed.len(),
            text: change.inserted.clone(),
            cursor: change.at + change.inserted.len(),
        };
        self.done.push_back(change);
        Some(step)
    }

    /// What was taken back was done once, and then taken back: both stay to be taken back.
    fn keep_undone(&mut self) {
        let taken_back: Vec<Change> = self.undone.iter().map(Change::inverse).collect();
        let bytes: usize = taken_back.iter().map(Change::bytes).sum();
        self.bytes += bytes;
        self.done.extend(self.undone.drain(..).rev());
        self.done.extend(taken_back);
    }
}
