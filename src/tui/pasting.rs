//! Pasting into the input line, and what is too long for a message. A paste never sends, whatever it
//! holds.
//!
//! Several lines that look like a program's are offered to be marked as code, which one key does as
//! long as nothing else is done with them; so are many lines that are too long for a message.
//!
//! What is too long for one message, pasted or typed, is offered to be sent as several, by one key as
//! well: see [`parts`]. It says by how much it is too long, and sends nothing before that key is
//! pressed. What would take more than [`PARTS_MAX`] messages is refused. Whatever happens, the text
//! stays in the input line until it is sent, also when some part of it can't be.

use std::ops::Range;

use super::app::App;
use super::commands::{self, Request};
use super::editor::Edit;
use super::keymap::Action;
use super::parts;
use super::submit::{SubmitError, kib, size};
use super::writing::Writing;
use crate::locale::{number, say, tr};
use crate::wire::SafeText;
use crate::wire::text::TEXT_BYTES_MAX;

/// What a block of code starts and ends with.
const FENCE: &str = "```";

/// Lines from which on punctuation tells a program from prose. Arbitrary: two are a quotation.
const CODE_LINES_MIN: usize = 3;

/// Messages that one text is sent as at most: 128 KiB, which nobody reads through in a chat any more.
/// It is half of [`super::outgoing::HANDED_MAX`], so that one can go on writing meanwhile.
const PARTS_MAX: usize = 8;

/// A paste that may be code: where it stands in the text of the room in front, and which revision
/// of that text it is.
#[derive(Clone, Debug)]
pub(super) struct CodeOffer {
    range: Range<usize>,
    revision: u64,
}

/// An offer to send this revision of the text in the room in front as so many messages.
#[derive(Clone, Debug)]
pub(super) struct PartsOffer {
    revision: u64,
    count: usize,
}

impl App {
    /// Takes pasted text, whole, into the input; a paste never sends.
    pub fn handle_paste(&mut self, text: &str) {
        self.note_activity();
        self.is_dirty = true;
        self.is_quit_armed = false;
        self.cycle = None;
        if let Some(stop) = &mut self.stop {
            return stop.paste(text);
        }
        if self.handle_overlay_paste(text) {
            return;
        }
        self.room_mut().selected = None;
        self.prefix = None;
        self.recall = None;
        let editor = &mut self.rooms[self.active].editor;
        let start = editor.cursor();
        if editor.paste(text) == Edit::Full {
            return self.refuse_input();
        }
        let range = start..editor.cursor();
        let pasted = editor.text().get(range.clone()).unwrap_or_default();
        let is_long = pasted.len() > TEXT_BYTES_MAX && pasted.contains('\n');
        let is_marked = || pasted.lines().any(|line| line.starts_with(FENCE));
        self.code_offer = (is_code(pasted) || is_long && !is_marked()).then(|| CodeOffer {
            range,
            revision: editor.revision(),
        });
        self.drop_toast();
        self.tell_typing();
        self.offer_parts();
    }

    /// The paste that can be marked as code.
    fn code_offer(&self) -> Option<&CodeOffer> {
        let revision = self.room().editor.revision();
        let offer = self.code_offer.as_ref();
        offer.filter(|offer| offer.revision == revision)
    }

    /// Marks what was pasted last as code.
    pub(super) fn mark_code(&mut self) {
        let Some(CodeOffer { range, .. }) = self.code_offer().cloned() else {
            return;
        };
        self.code_offer = None;
        let editor = &mut self.rooms[self.active].editor;
        let (before, behind) = (&editor.text()[..range.start], &editor.text()[range.end..]);
        let start = if before.is_empty() || before.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let end = if behind.starts_with('\n') { "" } else { "\n" };
        let code = editor.text()[range.clone()].trim_end_matches('\n');
        let fenced = format!("{start}{FENCE}\n{code}\n{FENCE}{end}");
        editor.replace(range, &fenced);
        self.drop_toast();
        self.offer_parts();
    }

    /// What is written, when it is too long for a message and can be several.
    fn long_text(&self) -> Option<SafeText> {
        let room = self.room();
        match room.writing {
            Writing::Message | Writing::Reply { .. } => {}
            Writing::Edit { .. } | Writing::Reaction { .. } => return None,
        }
        if room.editor.text().len() <= TEXT_BYTES_MAX {
            return None;
        }
        let Ok(Request::Say(text)) = commands::parse(room.editor.text()) else {
            return None;
        };
        let text = SafeText::new(text.trim_end());
        (text.as_str().len() > TEXT_BYTES_MAX).then_some(text)
    }

    /// Says that what is written is too long for a message, and offers to send it as several. Whether
    /// it is.
    pub(super) fn offer_parts(&mut self) -> bool {
        self.parts_offer = None;
        let Some(text) = self.long_text() else {
            return false;
        };
        let text = text.as_str();
        let over = size(text.len() - TEXT_BYTES_MAX);
        let fitting = text.as_bytes()[..TEXT_BYTES_MAX].iter();
        let fitting = fitting.filter(|byte| **byte == b'\n').count();
        let lines = text.split('\n').count() - fitting;
        let count = parts::split(text, TEXT_BYTES_MAX).len();
        let max = PARTS_MAX;
        let said = match self.keys.key_of(Action::SendParts) {
            None => SubmitError::TooLong(kib(text.len())).said(),
            Some(_) if count > max => {
                say!("parts-too-many", over = over, count = count, max = max)
            }
            Some(key) => {
                self.parts_offer = Some(PartsOffer {
                    revision: self.room().editor.revision(),
                    count,
                });
                let lines = number(lines);
                say!(
                    "parts-offer",
                    over = over,
                    lines = lines,
                    count = count,
                    key = key
                )
            }
        };
        self.refuse(&said);
        true
    }

    fn parts_offer(&self) -> Option<&PartsOffer> {
        let revision = self.room().editor.revision();
        let offer = self.parts_offer.as_ref();
        offer.filter(|offer| offer.revision == revision)
    }

    /// Takes the offer back; the text stays. Whether there was one.
    pub(super) fn drop_parts_offer(&mut self) -> bool {
        let was_offered = self.parts_offer().is_some();
        self.parts_offer = None;
        was_offered
    }

    /// Sends what is written as several messages, when that was offered.
    pub(super) fn send_parts(&mut self) {
        if self.parts_offer().is_none() {
            return;
        }
        if let Err(error) = self.hand_parts() {
            self.refuse(&error.said());
        }
    }

    /// Hands over all parts, or none of them.
    fn hand_parts(&mut self) -> Result<(), SubmitError> {
        let Some(text) = self.long_text() else {
            return Ok(());
        };
        let parts = parts::split(text.as_str(), TEXT_BYTES_MAX);
        self.check_room_for(parts.len())?;
        let mut writing = std::mem::take(&mut self.room_mut().writing);
        for part in parts {
            let (local, sent_at) = (self.next_local(), self.wall);
            // The first part answers what is answered; the others go on with it.
            let body = std::mem::take(&mut writing).body(SafeText::new(part.trim_end()));
            self.room_mut().outgoing.hand(local, sent_at, body);
        }
        self.room_mut().editor.take();
        self.parts_offer = None;
        self.toast = None;
        self.send_next(self.active);
        Ok(())
    }

    /// What there is to know about a text that is offered to be sent in parts.
    pub(super) fn parts_hint(&self) -> Option<String> {
        let PartsOffer { count, .. } = self.parts_offer()?;
        let key = self.keys.key_of(Action::SendParts)?;
        let sends = tr!(self.language(), "hint-parts", key = key, count = count);
        let code = self.code_hint().map(|code| format!("  {code}"));
        Some(sends + &code.unwrap_or_default())
    }

    /// What there is to know about a paste that may be code.
    pub(super) fn code_hint(&self) -> Option<String> {
        self.code_offer()?;
        let key = self.keys.key_of(Action::MarkCode)?;
        Some(tr!(self.language(), "hint-code", key = key))
    }
}

/// Whether text looks like lines of a program: several, that are indented or full of a program's
/// punctuation, and not marked yet.
fn is_code(text: &str) -> bool {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let (mut count, mut indented, mut marked) = (0, 0, 0);
    for line in lines {
        if line.starts_with(FENCE) {
            return false;
        }
        count += 1;
        indented += usize::from(line.starts_with('\t') || line.starts_with("  "));
        let end = line.trim_end().chars().next_back();
        let is_marked = end.is_some_and(|c| "{}();[]\\".contains(c))
            || line.contains("()")
            || [" = ", " == ", "=>", "->", "::", "&&", "||", "</"]
                .iter()
                .any(|sign| line.contains(sign));
        marked += usize::from(is_marked);
    }
    let has_many = |lines: usize| lines * 3 >= count;
    count >= 2 && has_many(indented) || count >= CODE_LINES_MIN && has_many(marked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_from_prose() {
        for code in [
            "fn main() {\n    println!(\"hi\");\n}",
            "if x:\n\treturn y",
            "let a = 1;\nlet b = 2;\nfoo(a, b);",
            "#include <stdio.h>\nint main(void)\n{\n  return 0;\n}",
        ] {
            assert!(is_code(code), "{code}");
        }
        for prose in [
            "one line(); of code;",
            "first line\nsecond line\nthird line",
            "- bread\n- butter\n- a list of things",
            "```\nfn f() {\n}\n```",
            "",
            "See you at noon.\nBring (some) tea.\nAnd a cup; thanks.",
        ] {
            assert!(!is_code(prose), "{prose}");
        }
    }
}
