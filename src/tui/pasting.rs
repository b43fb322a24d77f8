//! Pasting into the input line. A paste never sends, whatever it holds.
//!
//! Several lines that look like a program's are offered to be marked as code, which one key does as
//! long as nothing else is done with them.

use std::ops::Range;

use super::app::App;
use super::editor::Edit;
use super::keymap::Action;
use crate::locale::tr;

/// Lines from which on punctuation tells a program from prose. Arbitrary: two are a quotation.
const CODE_LINES_MIN: usize = 3;

/// A paste that may be code: where it stands in the text of the room in front, and which revision
/// of that text it is.
#[derive(Clone, Debug)]
pub(super) struct CodeOffer {
    range: Range<usize>,
    revision: u64,
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
        self.code_offer = is_code(pasted).then(|| CodeOffer {
            range,
            revision: editor.revision(),
        });
        self.drop_toast();
        self.tell_typing();
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
        let fenced = format!("{start}```\n{code}\n```{end}");
        editor.replace(range, &fenced);
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
        if line.starts_with("```") {
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
