//! Markup in messages: a small part of Markdown, as people use it in chat.
//!
//! `**bold**`, `*italic*` or `_italic_`, `~~struck~~`, `` `code` ``, fences of three backticks or
//! tildes, `> quotes`, `- items`, `[text](https://…)`, bare addresses and `:shortcodes:` of emoji.
//! Only matched marks are taken out of the text; everything else stays as it was typed, a backslash
//! too, which takes the meaning from the sign after it. Emphasis ends with its line.
//!
//! This is a scanner of its own, because a parser of CommonMark reads what people type in a chat as
//! something they did not mean, with no way to say otherwise: `2*3*4` and `__init__` become emphasis,
//! `¯\_(ツ)_/¯` loses its arm, `#1` a heading, a line of `---` makes one of the line above it, indented
//! lines are code, a line after a quote is part of it, `[a]: b` vanishes, `&lt;` is decoded, and
//! `**注意：**请看` is not bold. Where a link leads is always shown beside its text.
//!
//! The work is linear in the text: every byte is looked at a bounded number of times, and that is
//! counted in the tests.

mod inline;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::rich::{Block, Face, Kind, Role, Text};
use super::syntax;

/// How deep quotes are taken apart; further signs are text. Arbitrary: a screen has no room for
/// more bars.
const QUOTES_MAX: usize = 3;

/// The most digits of a number that starts an item.
const ITEM_DIGITS_MAX: usize = 9;

/// A text taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its lines and blocks of code.
    pub blocks: Vec<Block>,
    /// Where its links lead, in their order.
    pub links: Vec<String>,
    /// Bytes looked at: tests prove by it that the work is linear.
    steps: usize,
}

/// Takes a text apart.
pub fn parse(text: &str) -> Document {
    let lines: Vec<&str> = text.split('\n').collect();
    let ends = last_ends(&lines);
    let mut document = Document::default();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        document.steps += line.len() + 1;
        match code_lines(&lines, &ends, at) {
            Some(code) => {
                let steps: usize = lines[code.clone()].iter().map(|line| line.len() + 1).sum();
                document.steps += steps;
                at = code.end + 1;
                document.blocks.push(code_block(line, &lines[code]));
            }
            None => {
                document.add_line(line);
                at += 1;
            }
        }
    }
    document
}

impl Document {
    fn add_line(&mut self, line: &str) {
        let (quotes, line) = quotes(line);
        let (marker, line) = marker(line);
        let mut text = Text::default();
        self.steps += inline::parse(line, &mut text, &mut self.links);
        self.blocks.push(Block {
            quotes,
            marker,
            text,
            kind: Kind::Words,
        });
    }
}

/// A line that starts or ends a block of code.
struct Fence<'a> {
    sign: u8,
    len: usize,
    info: &'a str,
}

fn fence(line: &str) -> Option<Fence<'_>> {
    let start = line.trim_start_matches(' ');
    let sign = *start.as_bytes().first()?;
    if line.len() - start.len() > 3 || !matches!(sign, b'`' | b'~') {
        return None;
    }
    let len = start.bytes().take_while(|byte| *byte == sign).count();
    let info = start[len..].trim();
    (len >= 3 && !info.contains('`')).then_some(Fence { sign, len, info })
}

/// For each line, the longest fences of both signs after it that can end a block.
fn last_ends(lines: &[&str]) -> Vec<[usize; 2]> {
    let mut ends = vec![[0; 2]; lines.len()];
    let mut longest = [0; 2];
    for (end, line) in ends.iter_mut().zip(lines).rev() {
        *end = longest;
        if let Some(fence) = fence(line).filter(|fence| fence.info.is_empty()) {
            let longest = &mut longest[usize::from(fence.sign == b'~')];
            *longest = fence.len.max(*longest);
        }
    }
    ends
}

/// The lines of code, when a block of it starts with this line and ends somewhere.
fn code_lines(lines: &[&str], ends: &[[usize; 2]], at: usize) -> Option<Range<usize>> {
    let start = fence(lines[at])?;
    if ends[at][usize::from(start.sign == b'~')] < start.len {
        return None;
    }
    let is_end = |line: &&str| {
        fence(line).is_some_and(|end| {
            end.sign == start.sign && end.len >= start.len && end.info.is_empty()
        })
    };
    let len = lines[at + 1..].iter().position(is_end)?;
    Some(at + 1..at + 1 + len)
}

fn code_block(fence_line: &str, lines: &[&str]) -> Block {
    let info = fence(fence_line).map_or("", |fence| fence.info);
    let language = info.split([' ', ',', '{']).next().unwrap_or_default();
    Block {
        quotes: 0,
        marker: String::new(),
        text: syntax::highlight(language, &lines.join("\n")),
        kind: Kind::Code,
    }
}

/// The blocks of code of a text: which of its lines stand between the fences of each.
pub fn code_blocks(text: &str) -> Vec<Range<usize>> {
    let lines: Vec<&str> = text.split('\n').collect();
    let ends = last_ends(&lines);
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        match code_lines(&lines, &ends, at) {
            Some(code) => {
                at = code.end + 1;
                blocks.push(code);
            }
            None => at += 1,
        }
    }
    blocks
}

/// How deep a line is quoted, and the rest of it.
fn quotes(line: &str) -> (usize, &str) {
    let (mut count, mut rest) = (0, line);
    while count < QUOTES_MAX
        && let Some(inner) = rest.strip_prefix('>')
        // `>_<` and `>:(` are no quotes.
        && (inner.is_empty() || inner.starts_with([' ', '>']))
    {
        count += 1;
        rest = inner.strip_prefix(' ').unwrap_or(inner);
    }
    (count, rest)
}

/// The blanks and the sign that start an item, as shown, and the rest of the line.
fn marker(line: &str) -> (String, &str) {
    let item = line.trim_start_matches([' ', '\t']);
    let blanks = &line[..line.len() - item.len()];
    let digits = item.bytes().take_while(u8::is_ascii_digit).count();
    let after = &item[digits..];
    if let Some(text) = ["- ", "* "]
        .iter()
        .find_map(|sign| item.strip_prefix(*sign))
        && text.chars().any(inline::is_letter)
    {
        return (format!("{blanks}• "), text);
    }
    if (1..=ITEM_DIGITS_MAX).contains(&digits)
        && (after.starts_with(". ") || after.starts_with(") "))
    {
        let (sign, text) = item.split_at(digits + 2);
        return (format!("{blanks}{sign}"), text);
    }
    (blanks.to_owned(), item)
}

/// Words without any markup, line by line. What stands before a tab in a line is a term.
pub fn plain(text: &str) -> Vec<Block> {
    let words = |words: &str| Block::words(Text::new(words, Face::of(Role::Plain)));
    let lines = text.split('\n');
    lines
        .map(|line| match line.split_once('\t') {
            Some((term, text)) if !term.is_empty() => Block {
                marker: term.to_owned(),
                kind: Kind::Entry,
                ..words(text)
            },
            Some(_) | None => words(line),
        })
        .collect()
}

/// How a text reads in one line, without its marks: blanks for the ends of lines. What it quotes is
/// left out, unless it says nothing else: those are another one's words.
pub fn one_line(text: &str) -> String {
    let blocks = parse(text).blocks;
    let says = |block: &&Block| !block.text.as_str().trim().is_empty();
    let is_own = |block: &&Block| block.quotes == 0;
    let has_own = blocks.iter().filter(says).any(|block| is_own(&block));
    let said = blocks.iter().filter(says);
    let lines = said.filter(|block| !has_own || is_own(block)).map(|block| {
        let line = format!("{}{}", block.marker.trim_start(), block.text.as_str());
        line.replace(['\n', '\t'], " ").trim().to_owned()
    });
    lines.collect::<Vec<_>>().join(" ")
}
