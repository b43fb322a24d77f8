//! Markup within one line.
//!
//! The line is cut into pieces from left to right, each byte once; marks of emphasis find their
//! partners through one slot for each kind of mark, runs of backticks and brackets through tables
//! made before. So the work grows with the length of the line and nothing else.

use std::collections::BTreeMap;

use ratatui::style::Modifier;

use crate::tui::emoji;
use crate::tui::rich::{Face, Role, Text};
use crate::tui::wrap;

/// What can be opened as a link. Nothing that names a program or a file of this machine.
const SCHEMES: [&str; 4] = ["https://", "http://", "ftp://", "mailto:"];

/// What may not follow a mark that opens: globs, operators and ends of sentences.
const NEVER_OPENED: &str = ".,/;!?)]}|\\=%";

/// Marks of emphasis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// `**`
    Strong,
    /// `*`
    Star,
    /// `_`
    Underscore,
    /// `~~`
    Struck,
}

/// How many kinds of marks there are.
const MARKS: usize = 4;

impl Mark {
    fn emphasis(self) -> Modifier {
        match self {
            Self::Strong => Modifier::BOLD,
            Self::Star | Self::Underscore => Modifier::ITALIC,
            Self::Struck => Modifier::CROSSED_OUT,
        }
    }
}

/// What became of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is text.
    Unmatched,
    Opens,
    Closes,
}

/// A piece of the line.
enum Piece<'a> {
    Words(&'a str),
    Code(&'a str),
    Url(&'a str),
    Emoji(&'static str),
    Mark {
        mark: Mark,
        text: &'a str,
        state: State,
    },
    /// `[`, and whether it starts a link.
    Bracket {
        is_link: bool,
    },
    /// `](…)` with what stands within.
    Target(&'a str),
}

/// A mark that may be the start of something.
#[derive(Clone, Copy)]
struct Opener {
    piece: usize,
    /// Letters before it.
    letters: usize,
}

struct Scanner<'a> {
    line: &'a str,
    at: usize,
    /// Where the words start that are not a piece yet.
    words: usize,
    pieces: Vec<Piece<'a>>,
    /// Characters so far that emphasis makes sense for.
    letters: usize,
    open: [Option<Opener>; MARKS],
    brackets: Vec<usize>,
    /// Where the runs of backticks of each length start.
    ticks: BTreeMap<usize, Vec<usize>>,
    /// For each `(`, the `)` that belongs to it; made when first needed.
    closing: Option<BTreeMap<usize, usize>>,
    /// Characters looked at, for the proof that they are looked at a bounded number of times.
    steps: usize,
}

/// Adds a line to a text and its links to a list; the steps it took.
pub fn parse(line: &str, text: &mut Text, links: &mut Vec<String>) -> usize {
    let mut scanner = Scanner {
        line,
        at: 0,
        words: 0,
        pieces: Vec::new(),
        letters: 0,
        open: [None; MARKS],
        brackets: Vec::new(),
        ticks: ticks(line),
        closing: None,
        steps: line.len(),
    };
    scanner.scan();
    write(&scanner.pieces, text, links);
    scanner.steps
}

fn ticks(line: &str) -> BTreeMap<usize, Vec<usize>> {
    let mut runs: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let len = run_len(line, at, b'`');
        if len > 0 {
            runs.entry(len).or_default().push(at);
        }
        at += len.max(1);
    }
    runs
}

/// How often `byte` stands from here on.
fn run_len(line: &str, at: usize, byte: u8) -> usize {
    let rest = &line.as_bytes()[at..];
    rest.iter().take_while(|b| **b == byte).count()
}

impl<'a> Scanner<'a> {
    fn scan(&mut self) {
        while let Some(c) = self.line[self.at..].chars().next() {
            self.steps += 1;
            match c {
                '\\' => self.scan_escape(),
                '`' => self.scan_code(),
                '*' | '_' | '~' => self.scan_marks(c),
                '[' => {
                    self.brackets
                        .push(self.pieces.len() + usize::from(self.words < self.at));
                    self.push(Piece::Bracket { is_link: false }, 1);
                }
                ']' => self.scan_bracket(),
                ':' => self.scan_emoji(),
                'h' | 'H' | 'f' | 'F' | 'm' | 'M' => self.scan_url(),
                c => {
                    self.letters += usize::from(is_letter(c));
                    self.at += c.len_utf8();
                }
            }
        }
        self.end_words();
    }

    fn before(&self) -> Option<char> {
        self.line[..self.at].chars().next_back()
    }

    fn end_words(&mut self) {
        if self.words < self.at {
            let words = &self.line[self.words..self.at];
            self.pieces.push(Piece::Words(words));
        }
    }

    /// Ends the words before here with a piece of this length.
    fn push(&mut self, piece: Piece<'a>, len: usize) {
        self.end_words();
        self.pieces.push(piece);
        self.at += len;
        self.words = self.at;
    }

    /// A backslash stays, and takes the meaning from the sign after it.
    fn scan_escape(&mut self) {
        self.at += 1;
        if matches!(
            self.line.as_bytes().get(self.at),
            Some(b'*' | b'_' | b'~' | b'`' | b'[')
        ) {
            self.at += 1;
        }
    }

    fn scan_code(&mut self) {
        let len = run_len(self.line, self.at, b'`');
        let start = self.at + len;
        let runs = self.ticks.get(&len);
        let end = runs.and_then(|runs| runs.get(runs.partition_point(|run| *run < start)));
        let Some(end) = end.copied() else {
            self.at = start;
            return;
        };
        let code = &self.line[start..end];
        let inner = code
            .strip_prefix(' ')
            .and_then(|code| code.strip_suffix(' '));
        let code = inner.filter(|code| !code.trim().is_empty()).unwrap_or(code);
        self.letters += 1;
        self.push(Piece::Code(code), end + len - self.at);
    }

    fn scan_marks(&mut self, c: char) {
        let byte = if c == '*' {
            b'*'
        } else if c == '_' {
            b'_'
        } else {
            b'~'
        };
        let len = run_len(self.line, self.at, byte);
        self.steps += len;
        let marks: &[Mark] = match (c, len) {
            ('*', 1) => &[Mark::Star],
            ('*', 2) => &[Mark::Strong],
            ('*', 3) => &[Mark::Strong, Mark::Star],
            ('_', 1) => &[Mark::Underscore],
            ('~', 2) => &[Mark::Struck],
            _ => &[],
        };
        let before = self.before();
        let after = self.line[self.at + len..].chars().next();
        let is_edge = |side: Option<char>| side.is_none_or(|c| is_edge(c, byte == b'_'));
        let can_open = is_edge(before)
            && after.is_some_and(|c| !c.is_whitespace() && !NEVER_OPENED.contains(c));
        let can_close = is_edge(after) && before.is_some_and(|c| !c.is_whitespace());
        if marks.is_empty() || !can_open && !can_close {
            self.at += len;
            return;
        }
        let end = self.at + len;
        for mark in marks {
            let bytes = match mark {
                Mark::Strong | Mark::Struck => 2,
                Mark::Star | Mark::Underscore => 1,
            };
            let text = &self.line[self.at..self.at + bytes];
            let slot = *mark as usize;
            let piece = self.pieces.len() + usize::from(self.words < self.at);
            let letters = self.letters;
            let opener = self.open[slot].filter(|opener| can_close && opener.letters < letters);
            let mut state = State::Unmatched;
            if let Some(opener) = opener {
                self.open[slot] = None;
                state = State::Closes;
                if let Piece::Mark { state, .. } = &mut self.pieces[opener.piece] {
                    *state = State::Opens;
                }
            } else if can_open {
                self.open[slot] = Some(Opener { piece, letters });
            }
            let mark = *mark;
            self.push(Piece::Mark { mark, text, state }, bytes);
        }
        debug_assert_eq!(self.at, end);
    }

    fn scan_bracket(&mut self) {
        let start = self.brackets.pop();
        let target = start.and_then(|_| self.target());
        let (Some(start), Some(url)) = (start, target) else {
            self.at += 1;
            return;
        };
        if let Some(Piece::Bracket { is_link }) = self.pieces.get_mut(start) {
            *is_link = true;
        }
        self.push(Piece::Target(url), url.len() + 3);
    }

    /// The address in the parentheses right after a bracket.
    fn target(&mut self) -> Option<&'a str> {
        let open = self.at + 1;
        if self.line.as_bytes().get(open) != Some(&b'(') {
            return None;
        }
        scheme_len(&self.line[open + 1..])?;
        if self.closing.is_none() {
            self.steps += self.line.len();
        }
        let closing = self.closing.get_or_insert_with(|| closing(self.line));
        let url = &self.line[open + 1..*closing.get(&open)?];
        (scheme_len(url)? < url.len()).then_some(url)
    }

    fn scan_emoji(&mut self) {
        // Not within a time, an address or a path: `12:30:45`, `fe80::100:1`.
        let is_edge = |c: char| !c.is_ascii_alphanumeric() && c != ':';
        let is_after = self.words == self.at || self.before().is_none_or(is_edge);
        let found = emoji::leading(&self.line[self.at..]).filter(|(code, _)| {
            let after = self.line[self.at + code.len()..].chars().next();
            is_after && after.is_none_or(|c| !c.is_ascii_alphanumeric())
        });
        self.steps += emoji::SHORTCODE_BYTES_MAX;
        match found {
            Some((code, emoji)) => {
                self.letters += 1;
                self.push(Piece::Emoji(emoji), code.len());
            }
            None => self.at += 1,
        }
    }

    fn scan_url(&mut self) {
        let is_within = self.before().is_some_and(|c| c.is_ascii_alphanumeric());
        let scheme = scheme_len(&self.line[self.at..]).filter(|_| !is_within);
        let url = scheme.and_then(|scheme| {
            let url = leading_url(&self.line[self.at..], self.before() == Some('_'));
            self.steps += url.len();
            (url.len() > scheme).then_some(url)
        });
        self.letters += 1;
        match url {
            Some(url) => self.push(Piece::Url(url), url.len()),
            None => self.at += 1,
        }
    }
}

/// Whether emphasis makes sense for a character: `*.*` has none in it.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || !c.is_ascii()
}

/// Whether a mark may stand between this character and a word. Words of scripts without blanks
/// have no edges of their own; an underscore is part of a name there as well.
fn is_edge(c: char, is_underscore: bool) -> bool {
    if !c.is_alphanumeric() {
        return true;
    }
    let is_without_blanks = matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
        || wrap::columns(c.encode_utf8(&mut [0; 4])) > 1;
    is_without_blanks && !is_underscore
}

/// The bytes of the scheme that `text` starts with.
fn scheme_len(text: &str) -> Option<usize> {
    let is_start = |scheme: &&str| {
        let start = text.as_bytes().get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
    };
    SCHEMES
        .into_iter()
        .find(is_start)
        .map(|scheme| scheme.len())
}

/// The address that `text` starts with, without the punctuation of the sentence around it.
fn leading_url(text: &str, is_in_underscores: bool) -> &str {
    let (mut round, mut square) = (0_isize, 0_isize);
    let mut end = text.len();
    for (at, c) in text.char_indices() {
        let is_wide = !c.is_ascii() && wrap::columns(c.encode_utf8(&mut [0; 4])) > 1;
        let is_end = c.is_whitespace()
            || is_wide
            || matches!(c, '<' | '>' | '"' | '`' | '“' | '”' | '‘' | '’')
            || c == ']' && square == 0;
        if is_end {
            end = at;
            break;
        }
        match c {
            '(' => round += 1,
            ')' => round -= 1,
            '[' => square += 1,
            ']' => square -= 1,
            _ => {}
        }
    }
    while let Some(last) = text[..end].chars().next_back() {
        let is_left_over = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '~' => true,
            '_' => is_in_underscores,
            ')' => round < 0,
            _ => false,
        };
        if !is_left_over {
            break;
        }
        round += isize::from(last == ')');
        end -= last.len_utf8();
    }
    &text[..end]
}

/// For each `(` the `)` that belongs to it, within words.
fn closing(line: &str) -> BTreeMap<usize, usize> {
    let (mut open, mut closing) = (Vec::new(), BTreeMap::new());
    for (at, c) in line.char_indices() {
        match c {
            '(' => open.push(at),
            ')' => {
                if let Some(start) = open.pop() {
                    closing.insert(start, at);
                }
            }
            c if c.is_whitespace() => open.clear(),
            _ => {}
        }
    }
    closing
}

fn write(pieces: &[Piece], text: &mut Text, links: &mut Vec<String>) {
    let mut emphasis = [false; MARKS];
    let mut kinds = [Modifier::empty(); MARKS];
    let mut in_link = 0_usize;
    for piece in pieces {
        let modifiers = (emphasis.iter().zip(&kinds)).filter(|(is_on, _)| **is_on);
        let face = |role| Face {
            role,
            emphasis: modifiers.fold(Modifier::empty(), |all, (_, kind)| all | *kind),
        };
        let words = if in_link > 0 { Role::Link } else { Role::Plain };
        match piece {
            Piece::Words(piece) => text.push(piece, face(words)),
            Piece::Code(code) => text.push(code, face(Role::Code)),
            Piece::Emoji(emoji) => text.push(emoji, face(words)),
            Piece::Url(url) => {
                text.push(url, face(Role::Link));
                links.push((*url).to_owned());
            }
            Piece::Mark {
                mark,
                text: typed,
                state,
            } => match state {
                State::Unmatched => text.push(typed, face(words)),
                State::Opens | State::Closes => {
                    emphasis[*mark as usize] = *state == State::Opens;
                    kinds[*mark as usize] = mark.emphasis();
                }
            },
            Piece::Bracket { is_link: true } => in_link += 1,
            Piece::Bracket { is_link: false } => text.push("[", face(words)),
            Piece::Target(url) => {
                in_link = in_link.saturating_sub(1);
                text.push(&format!(" ({url})"), Face::of(Role::Target));
                links.push((*url).to_owned());
            }
        }
    }
}
