//! Searching back through the lines sent from this input line, as it is typed what for.
//!
//! The line found stands in the input and is sent by nothing but Enter pressed once more. What was
//! being written is put aside meanwhile, as while the history is browsed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

use super::app::App;
use super::keymap::{Action, EditAction, Mode, RecallAction};
use super::wrap;
use crate::locale::{Language, tr};
use crate::wire::SafeText;

/// The longest words searched for, in bytes. Arbitrary: more than a screen shows of them.
const WORDS_BYTES_MAX: usize = 256;

/// A search under way.
#[derive(Debug)]
pub(super) struct Recall {
    words: String,
    /// The line that was shown before.
    from: usize,
    is_found: bool,
}

impl Recall {
    /// What stands above the input, at most `columns` wide.
    pub fn title(&self, columns: usize, language: Language) -> String {
        let words = &self.words;
        let title = if self.is_found || words.is_empty() {
            tr!(language, "recall-title", words = words)
        } else {
            tr!(language, "recall-none", words = words)
        };
        wrap::cut(&title, columns)
    }
}

impl App {
    /// Begins to search in the lines sent.
    pub(super) fn start_recall(&mut self) {
        let from = self.room().editor.sent_at();
        self.recall = Some(Recall {
            words: String::new(),
            from,
            is_found: false,
        });
    }

    /// Takes a key while a line is searched for. Whether nothing is left to do with it.
    pub(super) fn handle_recall_key(&mut self, key: KeyEvent) -> bool {
        if self.recall.is_none() {
            return false;
        }
        match self.keys.find(&[Mode::Recall, Mode::Write], key) {
            Some(Action::Recall(action)) => self.act_on_recall(action),
            Some(Action::Edit(EditAction::DeleteBack)) => self.shorten_recall(),
            Some(_) => {
                self.recall = None;
                return false;
            }
            None => match key.code {
                KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => {
                    self.lengthen_recall(c);
                }
                _ => {
                    self.recall = None;
                    return false;
                }
            },
        }
        true
    }

    fn act_on_recall(&mut self, action: RecallAction) {
        let Some(recall) = &mut self.recall else {
            return;
        };
        let editor = &mut self.rooms[self.active].editor;
        match action {
            RecallAction::Older => {
                let at = editor.sent_at();
                recall.is_found |= editor.find_sent_before(at, &recall.words);
            }
            RecallAction::Newer => {
                editor.find_sent_behind(&recall.words);
            }
            RecallAction::Take => self.recall = None,
            RecallAction::Cancel => {
                editor.show_sent(recall.from);
                self.recall = None;
            }
        }
    }

    fn lengthen_recall(&mut self, c: char) {
        let Some(recall) = &mut self.recall else {
            return;
        };
        if recall.words.len() + c.len_utf8() > WORDS_BYTES_MAX {
            return;
        }
        let typed = SafeText::new(c.encode_utf8(&mut [0; 4]));
        recall.words.push_str(typed.as_str());
        // The line found already may have these words in it as well.
        let editor = &mut self.rooms[self.active].editor;
        let behind = editor.sent_at() + 1;
        recall.is_found = editor.find_sent_before(behind, &recall.words);
    }

    fn shorten_recall(&mut self) {
        let Some(recall) = &mut self.recall else {
            return;
        };
        let last = recall.words.grapheme_indices(true).next_back();
        let bytes = last.map_or(0, |(at, _)| at);
        recall.words.truncate(bytes);
        let editor = &mut self.rooms[self.active].editor;
        editor.show_sent(recall.from);
        recall.is_found =
            !recall.words.is_empty() && editor.find_sent_before(recall.from + 1, &recall.words);
    }

    /// What there is to know about the keys while a line is searched for.
    pub(super) fn recall_hint(&self) -> String {
        let key = |action| {
            let key = self.keys.key_of(Action::Recall(action));
            key.unwrap_or_default()
        };
        let (take, older, cancel) = (
            key(RecallAction::Take),
            key(RecallAction::Older),
            key(RecallAction::Cancel),
        );
        tr!(
            self.language(),
            "recall-hint",
            take = take,
            older = older,
            cancel = cancel
        )
    }
}
