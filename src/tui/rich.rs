//! Text with faces: what markup is turned into, and how it becomes rows of the screen.
//!
//! Nothing here knows a colour: a [`Face`] says what a piece of text is, and the theme how that
//! looks. Rows are cut by grapheme clusters, and a cluster has the face of its first byte, so that
//! markup in the middle of an emoji can't tear it apart.

use std::ops::Range;

use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation;

use super::theme::Theme;
use super::wrap;

/// The bar before each row of a quote.
const QUOTE_BAR: &str = "▎ ";

/// The bar before each line of code.
const CODE_BAR: &str = "│ ";

/// The bar before the rows on which a line of code goes on that is too long for one.
const CODE_BAR_ON: &str = "┊ ";

/// Blanks between a term and what is said of it.
const TERM_GAP: usize = 2;

/// The narrowest text in which terms have a column of their own; below, what is said of a term goes on
/// behind it.
const TERMS_COLUMNS_MIN: usize = 30;

/// The narrowest text that has bars and hanging indents; below, they would leave no room for it.
const BARS_COLUMNS_MIN: usize = 8;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Words.
    #[default]
    Plain,
    /// The name that a line starts with.
    Lead,
    /// Code in a line, or in a block where it is nothing of what follows.
    Code,
    /// What leads somewhere.
    Link,
    /// Where the text before it leads.
    Target,
    /// A keyword of code.
    Keyword,
    /// A string of code, and a line that a patch adds.
    Literal,
    /// A number of code.
    Number,
    /// A comment of code.
    Comment,
    /// A line that a patch takes away.
    Removed,
}

/// What a piece of text is, and how it is emphasised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Face {
    /// What it is.
    pub role: Role,
    /// Bold, italic and struck out.
    pub emphasis: Modifier,
}

impl Face {
    /// A face without emphasis.
    pub fn of(role: Role) -> Self {
        Self {
            role,
            emphasis: Modifier::empty(),
        }
    }
}

/// How faces look.
#[derive(Clone, Copy)]
pub struct Look {
    /// The theme in use.
    pub theme: Theme,
    /// The style of plain words.
    pub base: Style,
    /// The style of the name that the text starts with.
    pub lead: Style,
}

impl Look {
    fn style(&self, face: Face) -> Style {
        let theme = self.theme;
        let role = match face.role {
            Role::Plain => Style::new(),
            Role::Lead => return self.lead,
            Role::Code => theme.code(),
            Role::Link => theme.link(),
            Role::Target | Role::Comment => theme.faint(),
            Role::Keyword => theme.keyword(),
            Role::Literal => theme.good(),
            Role::Number => theme.number(),
            Role::Removed => theme.error(),
        };
        self.base.patch(role).add_modifier(face.emphasis)
    }
}

/// Text in runs of one face each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    text: String,
    /// Where each run ends, and its face.
    runs: Vec<(usize, Face)>,
}

impl Text {
    /// Text of one face.
    pub fn new(text: &str, face: Face) -> Self {
        let mut new = Self::default();
        new.push(text, face);
        new
    }

    /// Adds to the end.
    pub fn push(&mut self, text: &str, face: Face) {
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        match self.runs.last_mut() {
            Some((end, last)) if *last == face => *end = self.text.len(),
            Some(_) | None => self.runs.push((self.text.len(), face)),
        }
    }

    /// Adds another text to the end.
    pub fn append(&mut self, other: &Text) {
        let mut start = 0;
        for (end, face) in &other.runs {
            self.push(&other.text[start..*end], *face);
            start = *end;
        }
    }

    /// The text alone.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The pieces and their faces.
    #[cfg(test)]
    pub fn pieces(&self) -> Vec<(&str, Face)> {
        let mut start = 0;
        let piece = |(end, face): &(usize, Face)| {
            let piece = &self.text[std::mem::replace(&mut start, *end)..*end];
            (piece, *face)
        };
        self.runs.iter().map(piece).collect()
    }

    /// One row as it is drawn: tabs as blanks, nothing hanging over the end.
    fn spans(&self, row: Range<usize>, look: &Look) -> Vec<Span<'static>> {
        let shown = wrap::without_hanging(&self.text[row.clone()]);
        let mut run = self.runs.partition_point(|(end, _)| *end <= row.start);
        let mut spans: Vec<Span<'static>> = Vec::new();
        let mut piece = String::new();
        let mut piece_face = Face::default();
        let mut column = 0;
        for (at, cluster) in shown.grapheme_indices(true) {
            while (self.runs.get(run)).is_some_and(|(end, _)| *end <= row.start + at) {
                run += 1;
            }
            let face = self
                .runs
                .get(run)
                .map_or(Face::default(), |(_, face)| *face);
            if face != piece_face && !piece.is_empty() {
                spans.push(Span::styled(
                    std::mem::take(&mut piece),
                    look.style(piece_face),
                ));
            }
            piece_face = face;
            column += wrap::push_cluster(&mut piece, cluster, column);
        }
        if !piece.is_empty() || spans.is_empty() {
            spans.push(Span::styled(piece, look.style(piece_face)));
        }
        spans
    }
}

/// How the text of a block is broken into rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Between words.
    Words,
    /// Where the row is full, behind a bar.
    Code,
    /// Between words, beside a term, which is the marker. The terms of all blocks form a column;
    /// one that is too long for it stands above.
    Entry,
}

/// Rows that belong together: one line as typed, or a block of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// How deep it is quoted.
    pub quotes: usize,
    /// Blanks and the sign of a list's item; the rows after the first are indented as deep.
    pub marker: String,
    /// The text.
    pub text: Text,
    /// How it is broken.
    pub kind: Kind,
}

impl Block {
    /// Words without anything before them.
    pub fn words(text: Text) -> Self {
        Self {
            quotes: 0,
            marker: String::new(),
            text,
            kind: Kind::Words,
        }
    }
}

/// Puts a name at the start of the first line; on a line of its own when that is something that
/// has a start of its own.
pub fn lead(blocks: &mut Vec<Block>, name: &str) {
    let mut text = Text::new(name, Face::of(Role::Lead));
    match blocks.first_mut() {
        Some(Block {
            quotes: 0,
            marker,
            text: first,
            kind: Kind::Words,
        }) if marker.trim().is_empty() => {
            // The wide colon has its blank within.
            if !name.ends_with('：') {
                text.push(" ", Face::default());
            }
            text.push(marker, Face::default());
            text.append(first);
            *first = text;
            marker.clear();
        }
        Some(Block {
            marker,
            kind: Kind::Entry,
            ..
        }) => *marker = format!("{name} {marker}"),
        Some(_) | None => blocks.insert(0, Block::words(text)),
    }
}

/// The rows of some blocks at a width.
pub fn rows(blocks: &[Block], width: usize, look: &Look) -> Vec<Vec<Span<'static>>> {
    let mut rows = Vec::new();
    let term_columns = term_columns(blocks, width);
    for block in blocks {
        if block.kind == Kind::Entry {
            rows.extend(entry_rows(block, term_columns, width, look));
            continue;
        }
        let (first, rest) = prefixes(block, width);
        let taken: usize = first.iter().map(|(text, _)| wrap::columns(text)).sum();
        let width = width.saturating_sub(taken).max(1);
        let text = block.text.as_str();
        let ranges = match block.kind {
            Kind::Words | Kind::Entry => wrap::wrap(text, width),
            Kind::Code => wrap::wrap_hard(text, width),
        };
        for range in ranges {
            let before = text[..range.start].chars().next_back();
            let is_first = match block.kind {
                Kind::Words | Kind::Entry => before.is_none(),
                Kind::Code => matches!(before, None | Some('\n')),
            };
            let prefix = if is_first { &first } else { &rest };
            let prefix = prefix.iter().map(|(text, is_bar)| {
                let style = if *is_bar {
                    look.theme.faint()
                } else {
                    look.base
                };
                Span::styled(text.clone(), style)
            });
            let mut row: Vec<Span<'static>> = prefix.collect();
            row.extend(block.text.spans(range, look));
            rows.push(row);
        }
    }
    rows
}

/// The columns of the terms and of the gap behind them, as far as there are any and there is room: as
/// many as the longest takes when the longest text still fits beside it, else two fifths of the width
/// at most.
fn term_columns(blocks: &[Block], width: usize) -> Option<usize> {
    let entries = blocks.iter().filter(|block| block.kind == Kind::Entry);
    let texts = entries.clone();
    let text_columns = texts
        .map(|block| wrap::columns(block.text.as_str()))
        .max()?;
    let columns = entries.map(|block| wrap::columns(&block.marker) + TERM_GAP);
    let most = width.saturating_sub(text_columns).max(width * 2 / 5);
    let columns = columns.filter(|columns| *columns <= most).max();
    columns.filter(|_| width >= TERMS_COLUMNS_MIN)
}

/// The rows of a term and what is said of it.
fn entry_rows(
    block: &Block,
    term_columns: Option<usize>,
    width: usize,
    look: &Look,
) -> Vec<Vec<Span<'static>>> {
    let indented = |columns: usize, text: &Text, range: Range<usize>| {
        let mut row = vec![Span::styled(" ".repeat(columns), look.base)];
        row.extend(text.spans(range, look));
        row
    };
    let mut term = Text::new(&block.marker, Face::of(Role::Plain));
    let Some(columns) = term_columns else {
        term.push(&" ".repeat(TERM_GAP), Face::default());
        term.append(&block.text);
        let ranges = wrap::wrap(term.as_str(), width.saturating_sub(TERM_GAP));
        let row = |range: Range<usize>| match range.start {
            0 => term.spans(range, look),
            _ => indented(TERM_GAP, &term, range),
        };
        return ranges.into_iter().map(row).collect();
    };
    let mut rows = Vec::new();
    let mut ranges = wrap::wrap(block.text.as_str(), width - columns).into_iter();
    let taken = wrap::columns(term.as_str());
    if taken + TERM_GAP <= columns {
        let mut row = term.spans(0..term.as_str().len(), look);
        if let Some(first) = ranges.next() {
            row.extend(indented(columns - taken, &block.text, first));
        }
        rows.push(row);
    } else {
        let above = wrap::wrap(term.as_str(), width).into_iter();
        rows.extend(above.map(|range| term.spans(range, look)));
    }
    rows.extend(ranges.map(|range| indented(columns, &block.text, range)));
    rows
}

/// What stands before a row, and whether it is a bar.
type Prefix = Vec<(String, bool)>;

/// What stands before the first row of a block and before the others, of the same width.
fn prefixes(block: &Block, width: usize) -> (Prefix, Prefix) {
    let quotes = QUOTE_BAR.repeat(block.quotes);
    let (code, code_on) = match block.kind {
        Kind::Words | Kind::Entry => ("", ""),
        Kind::Code => (CODE_BAR, CODE_BAR_ON),
    };
    let has_room = wrap::columns(&quotes) + wrap::columns(code) + BARS_COLUMNS_MIN <= width;
    let bars = |code: &str| -> Prefix {
        let bars = format!("{quotes}{code}");
        let is_shown = has_room && !bars.is_empty();
        is_shown.then_some((bars, true)).into_iter().collect()
    };
    let marker = wrap::expanded(&block.marker);
    let columns = wrap::columns(&marker);
    let (mut first, mut rest) = (bars(code), bars(code_on));
    let taken: usize = first.iter().map(|(text, _)| wrap::columns(text)).sum();
    if columns > 0 && taken + columns + BARS_COLUMNS_MIN <= width {
        first.push((marker, false));
        rest.push((" ".repeat(columns), false));
    } else if columns > 0 {
        let sign = marker.trim_start().to_owned();
        rest.push((" ".repeat(wrap::columns(&sign)), false));
        first.push((sign, false));
    }
    (first, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look() -> Look {
        Look {
            theme: Theme::PLAIN,
            base: Style::new(),
            lead: Style::new(),
        }
    }

    fn shown(blocks: &[Block], width: usize) -> Vec<String> {
        let rows = rows(blocks, width, &look());
        rows.into_iter()
            .map(|row| row.iter().map(|span| &*span.content).collect())
            .collect()
    }

    #[test]
    fn a_cluster_is_not_torn_by_a_change_of_face() {
        let mut text = Text::new("👩", Face::default());
        text.push("\u{200d}👧x", Face::of(Role::Code));
        let spans = text.spans(0..text.as_str().len(), &look());
        let pieces: Vec<&str> = spans.iter().map(|span| &*span.content).collect();
        assert_eq!(pieces, ["👩\u{200d}👧", "x"]);
    }

    #[test]
    fn quotes_and_items_hang_under_their_start() {
        let quote = Block {
            quotes: 1,
            marker: "• ".to_owned(),
            ..Block::words(Text::new("one two three", Face::default()))
        };
        assert_eq!(shown(&[quote], 12), ["▎ • one two", "▎   three"]);
    }

    #[test]
    fn code_is_cut_where_the_row_is_full() {
        let code = Block {
            kind: Kind::Code,
            ..Block::words(Text::new("let a = b + c;\n\tx", Face::default()))
        };
        let rows = shown(std::slice::from_ref(&code), 12);
        assert_eq!(rows, ["│ let a = b", "┊ + c;", "│     x"]);
        // Without room for a bar there is none.
        assert_eq!(shown(&[code], 6), ["let a", "= b +", "c;", "    x"]);
    }

    #[test]
    fn terms_form_a_column_and_what_is_said_of_them_hangs_beside_it() {
        let entry = |term: &str, text: &str| Block {
            marker: term.to_owned(),
            kind: Kind::Entry,
            ..Block::words(Text::new(text, Face::default()))
        };
        let blocks = [
            entry("Tab", "complete a command or a name, and so on"),
            entry("Ctrl-K, Alt-K", "jump"),
            entry("Esc", "close"),
        ];
        let expected = [
            "Tab  complete a command or a",
            "     name, and so on",
            "Ctrl-K, Alt-K",
            "     jump",
            "Esc  close",
        ];
        assert_eq!(shown(&blocks, 30), expected);
        let expected = [
            "Tab  complete a",
            "  command or a",
            "  name, and so on",
            "Ctrl-K, Alt-K",
            "  jump",
            "Esc  close",
        ];
        assert_eq!(shown(&blocks, 18), expected);
        // Short texts leave room for long terms.
        let rooms = [entry("#lobby", "3 here"), entry("#a-longer-name", "1 here")];
        let expected = ["#lobby          3 here", "#a-longer-name  1 here"];
        assert_eq!(shown(&rooms, 30), expected);
    }

    #[test]
    fn a_name_stands_before_words_and_above_anything_else() {
        let mut blocks = vec![Block::words(Text::new("hi", Face::default()))];
        lead(&mut blocks, "bob:");
        assert_eq!(shown(&blocks, 20), ["bob: hi"]);
        let mut blocks = vec![Block {
            kind: Kind::Code,
            ..Block::words(Text::new("x", Face::default()))
        }];
        lead(&mut blocks, "bob:");
        assert_eq!(shown(&blocks, 20), ["bob:", "│ x"]);
    }
}
