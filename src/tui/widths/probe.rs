//! Asks the terminal how wide it shows a cluster of each class.
//!
//! One write prints each sample at the start of a row and asks where the cursor is (DSR 6). The
//! answers are read before anything else reads keys, for a bounded time. What comes in between that
//! is no answer was typed, and is handed on as keys.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{CLASSES, Class, Widths};
use crate::tui::themes::Background;

/// OSC 11: which colour the background has. Asked first: terminals that know it have answered before
/// they say where the cursor is, and nobody waits for those that don't.
const BACKGROUND_QUESTION: &str = "\x1b]11;?\x1b\\";

/// What is written: the question for the background; each sample at the start of the first row, with
/// the question for the cursor; then the row is cleared.
pub fn question() -> String {
    let mut question = BACKGROUND_QUESTION.to_owned();
    for class in Class::ALL {
        question.push_str("\x1b[1;1H\x1b[2K");
        question.push_str(class.sample());
        question.push_str("\x1b[6n");
    }
    question.push_str("\x1b[1;1H\x1b[2K");
    question
}

/// What the terminal has said so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    columns: Vec<u16>,
    background: Option<Background>,
    typed: Vec<u8>,
    /// The start of something whose end has not come.
    partial: Vec<u8>,
}

/// The longest answer, in bytes: `ESC ] 11 ; rgba:` with four numbers of four digits, and `ESC \`.
const ANSWER_BYTES_MAX: usize = 34;

impl Answers {
    /// Takes bytes as they come from the terminal.
    pub fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let is_end = self.partial.starts_with(b"\x1b]");
            if *byte == 0x1b && !self.partial.is_empty() && !is_end {
                self.typed.append(&mut self.partial);
            }
            if self.partial.is_empty() && *byte != 0x1b {
                self.typed.push(*byte);
                continue;
            }
            self.partial.push(*byte);
            match parse(&self.partial) {
                Parsed::More if self.partial.len() < ANSWER_BYTES_MAX => {}
                Parsed::Column(column) if self.columns.len() < CLASSES => {
                    self.columns.push(column);
                    self.partial.clear();
                }
                Parsed::Background(background) => {
                    self.background = Some(background);
                    self.partial.clear();
                }
                Parsed::More | Parsed::Column(_) | Parsed::Other => {
                    self.typed.append(&mut self.partial);
                }
            }
        }
    }

    /// Whether nothing more is to come.
    pub fn is_whole(&self) -> bool {
        self.columns.len() == CLASSES
    }

    /// Whether an answer has begun and not ended.
    pub fn is_partial(&self) -> bool {
        !self.partial.is_empty()
    }

    /// What was measured.
    pub fn widths(&self) -> Widths {
        let columns: Vec<u16> = (self.columns.iter())
            .map(|column| column.saturating_sub(1))
            .collect();
        Widths::new(&columns)
    }

    /// What the terminal's background is like, if it said so.
    pub fn background(&self) -> Option<Background> {
        self.background
    }

    /// What was typed meanwhile. Keys that are sequences are left out but for the arrows.
    pub fn keys(&self) -> Vec<KeyEvent> {
        let mut typed = self.typed.clone();
        typed.extend(&self.partial);
        keys(&typed)
    }
}

enum Parsed {
    /// It may become an answer.
    More,
    /// The cursor is in this column, counted from 1.
    Column(u16),
    /// The background is like this.
    Background(Background),
    Other,
}

/// Reads `ESC [ row ; column R`, and the answer to OSC 11 with its end.
fn parse(bytes: &[u8]) -> Parsed {
    let Some(rest) = bytes.strip_prefix(b"\x1b") else {
        return Parsed::Other;
    };
    if let Some(rest) = rest.strip_prefix(b"]") {
        let whole = rest.strip_suffix(b"\x1b\\");
        return match whole.or(rest.strip_suffix(b"\x07")) {
            Some(answer) => match str::from_utf8(answer)
                .ok()
                .and_then(Background::from_answer)
            {
                Some(background) => Parsed::Background(background),
                None => Parsed::Other,
            },
            None => Parsed::More,
        };
    }
    let Some(rest) = rest.strip_prefix(b"[") else {
        return if rest.is_empty() {
            Parsed::More
        } else {
            Parsed::Other
        };
    };
    let is_number = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let Some((b'R', numbers)) = rest.split_last() else {
        let mut parts = rest.splitn(3, |byte| *byte == b';');
        let is_answer = parts.all(is_number) && rest.iter().filter(|b| **b == b';').count() < 2;
        return if is_answer {
            Parsed::More
        } else {
            Parsed::Other
        };
    };
    let mut parts = numbers.split(|byte| *byte == b';');
    let (Some(b"1"), Some(column), None) = (parts.next(), parts.next(), parts.next()) else {
        return Parsed::Other;
    };
    let column = std::str::from_utf8(column).ok();
    match column.and_then(|column| column.parse().ok()) {
        Some(column) => Parsed::Column(column),
        None => Parsed::Other,
    }
}

/// Bytes of a keyboard as keys.
fn keys(bytes: &[u8]) -> Vec<KeyEvent> {
    let text = String::from_utf8_lossy(bytes);
    let mut keys = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
        let key = match c {
            '\r' => plain(KeyCode::Enter),
            '\n' => KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL),
            '\t' => plain(KeyCode::Tab),
            '\u{7f}' | '\u{8}' => plain(KeyCode::Backspace),
            '\u{1b}' if matches!(chars.peek(), Some('[' | 'O')) => {
                chars.next();
                let mut last = chars.next();
                while last.is_some_and(|c| c.is_ascii_digit() || c == ';' || c == '?') {
                    last = chars.next();
                }
                match last {
                    Some('A') => plain(KeyCode::Up),
                    Some('B') => plain(KeyCode::Down),
                    Some('C') => plain(KeyCode::Right),
                    Some('D') => plain(KeyCode::Left),
                    Some(_) | None => continue,
                }
            }
            '\u{1b}' => plain(KeyCode::Esc),
            '\u{1}'..='\u{1a}' => {
                let letter = char::from_u32(u32::from(c) + 0x60).unwrap_or('@');
                KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
            }
            c if c.is_control() || c == char::REPLACEMENT_CHARACTER => continue,
            c => plain(KeyCode::Char(c)),
        };
        keys.push(key);
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(answers: &Answers) -> String {
        let text = |key: KeyEvent| match key.code {
            KeyCode::Char(c) if key.modifiers.is_empty() => c.to_string(),
            code => format!("<{code}>"),
        };
        answers.keys().into_iter().map(text).collect()
    }

    #[test]
    fn answers_and_keys_come_apart_however_they_are_cut() {
        let mut bytes = Vec::new();
        for (index, column) in (0..CLASSES).zip([3, 3, 2].into_iter().cycle()) {
            bytes.extend(format!("\x1b[1;{column}R").bytes());
            bytes.extend(["h", "é", "\r", "", "\x1b[A", "\x1b", "你"][index % 7].bytes());
        }
        let mut whole = Answers::default();
        whole.take(&bytes);
        assert!(whole.is_whole());
        assert_eq!(typed(&whole), "hé<Enter><Up><Esc>你hé<Enter><Up><Esc>");
        for cut in 0..bytes.len() {
            let mut answers = Answers::default();
            answers.take(&bytes[..cut]);
            answers.take(&bytes[cut..]);
            assert_eq!(answers, whole);
        }
    }

    #[test]
    fn the_background_is_told_however_the_answer_ends_and_is_cut() {
        for end in ["\x07", "\x1b\\"] {
            let bytes = format!("a\x1b]11;rgb:fdfd/f6f6/e3e3{end}\x1b[1;3Rb");
            for cut in 0..bytes.len() {
                let mut answers = Answers::default();
                answers.take(&bytes.as_bytes()[..cut]);
                answers.take(&bytes.as_bytes()[cut..]);
                assert_eq!(answers.background(), Some(Background::Light));
                assert_eq!(
                    (answers.columns.as_slice(), typed(&answers)),
                    (&[3][..], "ab".to_owned())
                );
            }
        }
    }

    #[test]
    fn without_answers_all_that_came_was_typed() {
        let mut answers = Answers::default();
        answers.take(b"hi\x03\x1b[200~\x1b[5;7R\x1b[1;2;3R\x1b[1;");
        assert!(answers.is_partial());
        assert_eq!(typed(&answers), "hi<c>");
        assert_eq!(answers.widths(), Widths::default());
    }

    #[test]
    fn no_bytes_make_it_panic_or_grow() {
        let mut answers = Answers::default();
        for byte in 0..=255_u8 {
            answers.take(&[0x1b, b'[', byte, b'1', b';', byte, b'R', byte]);
        }
        answers.take(&[b'\x1b', b'['].repeat(1_000));
        answers.take(&b"1".repeat(1_000));
        assert!(answers.partial.len() <= ANSWER_BYTES_MAX);
        answers.keys();
    }

    #[test]
    fn answers_that_make_no_sense_are_not_believed() {
        let mut answers = Answers::default();
        for column in ["1", "99", "0", "65535", "99999"] {
            answers.take(format!("\x1b[1;{column}R").as_bytes());
        }
        assert_eq!(answers.widths(), Widths::default());
    }
}
