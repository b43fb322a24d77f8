//! How many columns the terminal gives to what terminals disagree on.
//!
//! The screen is laid out by the width tables of this program. Terminals have tables of their own,
//! of another age or with other ideas about families, flags, conjuncts and signs that may be an
//! emoji or not; where the two differ, all that follows in a row would stand in the wrong column.
//! So three things are done:
//!
//! - At the start one cluster of each [`Class`] is printed and the terminal asked where its cursor
//!   is ([`probe`]). What it says is kept in [`Widths`]; without an answer the tables are believed.
//! - [`Widths::settle`] goes over a drawn frame and replaces each cluster that the terminal would
//!   give another width by one that has the width it was laid out with: with blanks behind it when
//!   it is too narrow, in a simpler form when it is too wide.
//! - [`steady::Steady`] tells the terminal where to go on after each cluster of a class, and what it
//!   may have covered is drawn again, so that one whose width is still wrong spoils nothing but itself.
//!
//! Not covered: letters that a terminal for Chinese gives two columns while other text gets one
//! (`я`, `α`) are shown as `?` in such a terminal, unless a blank follows them.

pub mod probe;
pub mod steady;
#[cfg(test)]
mod tests;

use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, Cell, CellDiffOption, CellWidth};
use ratatui::style::Modifier;
use unicode_normalization::UnicodeNormalization;
use unicode_width::UnicodeWidthChar;

use super::emoji;

/// A sure sign of one column for what can't be shown.
const UNKNOWN: &str = "?";

/// The longest cluster that is handed to the terminal, in characters: a family of four with its
/// skin tones has 11, the flag of Scotland 7. Longer ones are made to fill a cell with megabytes.
const CLUSTER_CHARS_MAX: usize = 16;

/// A kind of cluster that terminals disagree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Emoji joined into one: families, professions.
    Joined,
    /// Two letters that make a flag.
    Flag,
    /// One such letter alone.
    FlagLetter,
    /// A flag of a region, with tags.
    TagFlag,
    /// A sign made an emoji by a selector.
    Presented,
    /// A digit on a key.
    Keycap,
    /// An emoji with a skin tone.
    Toned,
    /// Indic consonants joined into one.
    Conjunct,
    /// An Indic consonant with a vowel beside it.
    Vowel,
    /// A Thai or Lao consonant with the vowel AM.
    SaraAm,
    /// A Korean syllable in parts.
    Jamo,
    /// A sign that may be an emoji, without a selector.
    Symbol,
    /// A sign that is wide among Chinese.
    Ambiguous,
}

/// How many classes there are.
const CLASSES: usize = 13;

impl Class {
    /// All of them, in the order they are measured in.
    pub const ALL: [Self; CLASSES] = [
        Self::Joined,
        Self::Flag,
        Self::FlagLetter,
        Self::TagFlag,
        Self::Presented,
        Self::Keycap,
        Self::Toned,
        Self::Conjunct,
        Self::Vowel,
        Self::SaraAm,
        Self::Jamo,
        Self::Symbol,
        Self::Ambiguous,
    ];

    /// The cluster by which the class is measured.
    pub fn sample(self) -> &'static str {
        match self {
            Self::Joined => "👨\u{200d}👩\u{200d}👧\u{200d}👦",
            Self::Flag => "🇩🇪",
            Self::FlagLetter => "\u{1f1e6}",
            Self::TagFlag => "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            Self::Presented => "❤\u{fe0f}",
            Self::Keycap => "1\u{fe0f}\u{20e3}",
            Self::Toned => "👍🏽",
            Self::Conjunct => "क्ष",
            Self::Vowel => "कि",
            Self::SaraAm => "กำ",
            Self::Jamo => "\u{1100}\u{1161}\u{11a8}",
            Self::Symbol => "☺",
            Self::Ambiguous => "…",
        }
    }

    /// The class of a cluster; `None` for what has the same width everywhere.
    pub fn of(cluster: &str) -> Option<Self> {
        if cluster.is_ascii() {
            return None;
        }
        let mut chars = cluster.chars();
        let first = chars.next()?;
        let Some(second) = chars.next() else {
            return Self::of_char(first);
        };
        let has = |wanted: char| cluster.contains(wanted);
        let class = match first {
            '\u{1f1e6}'..='\u{1f1ff}' => Self::Flag,
            '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => {
                let mut rest = cluster.chars().skip(1);
                if rest.any(|c| c.is_alphabetic() && c.width() == Some(1) && !is_vowel_sign(c)) {
                    Self::Conjunct
                } else {
                    Self::Vowel
                }
            }
            '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{d7b0}'..='\u{d7ff}' => {
                Self::Jamo
            }
            _ if has('\u{200d}') => Self::Joined,
            _ if has('\u{20e3}') => Self::Keycap,
            _ if cluster.contains(|c| matches!(c, '\u{e0020}'..='\u{e007f}')) => Self::TagFlag,
            _ if cluster.contains(|c| matches!(c, '\u{1f3fb}'..='\u{1f3ff}')) => Self::Toned,
            _ if has('\u{fe0f}') => Self::Presented,
            _ if has('\u{e33}') || has('\u{eb3}') => Self::SaraAm,
            _ if is_vowel_sign(second) => Self::Vowel,
            // Letters with marks on them; the marks take no columns anywhere.
            _ => return Self::of_char(first),
        };
        Some(class)
    }

    fn of_char(c: char) -> Option<Self> {
        match c {
            '\u{1f1e6}'..='\u{1f1ff}' => Some(Self::FlagLetter),
            // Before the rules, of which there are many on a screen.
            '\u{2500}'..='\u{259f}' => Some(Self::Ambiguous),
            '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{d7b0}'..='\u{d7ff}' => {
                Some(Self::Jamo)
            }
            _ if is_symbol(c) => Some(Self::Symbol),
            _ if is_ambiguous(c) => Some(Self::Ambiguous),
            _ => None,
        }
    }

    /// Whether it is better to tell the terminal where to go on after such a cluster. After
    /// ambiguous signs, too, that would be most of what a screen in Russian or Greek has to say; and
    /// what they are is measured with certainty.
    pub fn is_doubtful(self) -> bool {
        self != Self::Ambiguous
    }
}

/// Whether a character is one that may be an emoji, and is none without a selector.
fn is_symbol(c: char) -> bool {
    let may_be = matches!(c, '©' | '®' | '\u{2000}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{1f000}'..='\u{1faff}');
    may_be && c.width() == Some(1) && emoji::is_known(&format!("{c}\u{fe0f}"))
}

/// Whether a character has two columns in terminals for Chinese. The library's table leaves letters
/// out, of which those terminals have the Greek, the Russian, and these of Latin (UAX #11).
pub fn is_ambiguous(c: char) -> bool {
    let is_letter = matches!(c, 'Α'..='Ω' | 'α'..='ω' | 'Ё' | 'А'..='я' | 'ё')
        || matches!(c, '\u{c6}'..='\u{1dc}')
            && "ÆÐØÞßàáæèéêìíðòóøùúüþāđēěħīıĸŀŁłńňōœŧūǎǐǒǔǖǘǚǜ".contains(c);
    c.width() == Some(1) && (is_letter || c.width_cjk() == Some(2))
}

/// Whether this is a vowel that stands beside its consonant, and is part of the same cluster.
fn is_vowel_sign(c: char) -> bool {
    use unicode_segmentation::UnicodeSegmentation;
    c.width() == Some(1) && format!("a{c}").graphemes(true).count() == 1
}

/// How many columns the terminal gives to each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Widths {
    /// In the order of [`Class::ALL`]; `None` where nothing was measured.
    measured: [Option<u16>; CLASSES],
}

impl Widths {
    /// What the terminal said, in the order of [`Class::ALL`]; what is missing is not known.
    pub fn new(columns: &[u16]) -> Self {
        let mut widths = Self::default();
        for (known, columns) in widths.measured.iter_mut().zip(columns) {
            // No sample takes more, whatever is made of it; 0 would be a terminal that shows nothing.
            *known = (1..=16).contains(columns).then_some(*columns);
        }
        widths
    }

    /// The columns that were laid out for the sample of a class, and those the terminal gives it,
    /// when that is not the same.
    fn difference(&self, class: Class) -> Option<(u16, u16)> {
        let expected = class.sample().cell_width();
        let measured = self.measured[class as usize]?;
        (measured != expected).then_some((expected, measured))
    }

    /// Replaces what the terminal would give another width than it was laid out with.
    pub fn settle(&self, buffer: &mut Buffer) {
        let columns = usize::from(buffer.area.width).max(1);
        for row in buffer.content.chunks_mut(columns) {
            let mut x = 0;
            while x < row.len() {
                let symbol = row[x].symbol();
                if symbol.is_ascii() {
                    x += 1;
                    continue;
                }
                let width = usize::from(row[x].cell_width().max(1));
                if let Some(class) = Class::of(symbol) {
                    self.settle_cluster(class, width, &mut row[x..]);
                    cover_spill(class, width, &mut row[x..]);
                    mark_covered(width, &mut row[x..]);
                }
                x += width;
            }
        }
    }

    /// Replaces a cluster in the first of these cells, which was given so many of them.
    fn settle_cluster(&self, class: Class, width: usize, cells: &mut [Cell]) {
        let symbol = cells[0].symbol().to_owned();
        if symbol.chars().count() > CLUSTER_CHARS_MAX
            || class == Class::Joined && !emoji::is_known(&symbol)
        {
            // Nobody joins what is no emoji.
            return fill(cells, width, &self.simpler(class, &symbol));
        }
        match self.difference(class) {
            Some((expected, measured)) if measured < expected => {
                let blanks = usize::from(expected - measured).min(width.saturating_sub(1));
                let padded = symbol + &" ".repeat(blanks);
                force(cells, width, &padded);
            }
            Some(_) if width == 1 && matches!(class, Class::Symbol | Class::Ambiguous) => {
                let is_rule = symbol.starts_with(|c| matches!(c, '\u{2500}'..='\u{259f}'));
                match cells.get(1).map(Cell::symbol) {
                    Some(" ") if !is_rule => force(cells, 2, &symbol),
                    Some(_) | None => fill(cells, width, &self.simpler(class, &symbol)),
                }
            }
            Some(_) => fill(cells, width, &self.simpler(class, &symbol)),
            // The library that draws clears the column after such an emoji without going back to
            // it, which would move the rest of the row; a width that is forced needs no clearing.
            None if class == Class::Presented || class == Class::Keycap => {
                force(cells, width, &symbol);
            }
            None => {}
        }
    }

    /// A form of a cluster that the terminal gives the columns that were laid out for it.
    fn simpler(&self, class: Class, cluster: &str) -> String {
        let simple = simpler(class, cluster);
        let is_sure = Class::of(&simple).is_none_or(|class| self.difference(class).is_none());
        if is_sure {
            return simple;
        }
        let first = simple.chars().next().unwrap_or(' ');
        lookalike(first).to_owned()
    }
}

/// Marks the blanks that the first of these cells covers, which has so many columns. A terminal may
/// keep the parts of a cluster in cells of their own, two letters of a flag, while ratatui takes it that
/// what is drawn over the first of them clears them all. What is marked differs from other blanks, so
/// that it is drawn again once the cluster is gone.
fn mark_covered(width: usize, cells: &mut [Cell]) {
    let covered = cells.iter_mut().take(width).skip(1);
    for cell in covered.filter(|cell| cell.symbol() == " ") {
        cell.modifier.insert(Modifier::HIDDEN);
    }
}

/// Has those cells drawn in every frame that a doubtful cluster would cover if the terminal showed
/// its parts side by side: a terminal may know some of a class and not others.
fn cover_spill(class: Class, width: usize, cells: &mut [Cell]) {
    if !class.is_doubtful() {
        return;
    }
    let columns = |c: char| match c {
        '\u{1f1e6}'..='\u{1f1ff}' => 2,
        c => c.width_cjk().unwrap_or(0),
    };
    let parts: usize = cells[0].symbol().chars().map(columns).sum();
    let widest = parts.max(width + usize::from(class == Class::Symbol));
    for cell in cells.iter_mut().take(widest).skip(width) {
        if cell.diff_option == CellDiffOption::None {
            cell.set_diff_option(CellDiffOption::AlwaysUpdate);
        }
    }
}

/// Puts something into the first of these cells that takes so many of them.
fn force(cells: &mut [Cell], width: usize, symbol: &str) {
    let width = width.min(cells.len());
    for cell in cells.iter_mut().take(width).skip(1) {
        cell.set_symbol(" ");
    }
    let forced = u16::try_from(width).ok().and_then(NonZeroU16::new);
    cells[0].set_symbol(symbol);
    cells[0].set_diff_option(forced.map_or(CellDiffOption::None, CellDiffOption::ForcedWidth));
}

/// Puts clusters of a sure width into so many cells, with blanks after them.
fn fill(cells: &mut [Cell], width: usize, text: &str) {
    use unicode_segmentation::UnicodeSegmentation;
    let mut x = 0;
    for cluster in text.graphemes(true) {
        let columns = usize::from(cluster.cell_width()).max(1);
        if x + columns > width {
            break;
        }
        cells[x].set_symbol(cluster);
        for cell in &mut cells[x + 1..x + columns] {
            cell.set_symbol(" ");
        }
        x += columns;
    }
    for cell in cells.iter_mut().take(width).skip(x) {
        cell.set_symbol(" ");
    }
}

/// A form of a cluster that more terminals give the same columns, no more than the cluster has.
fn simpler(class: Class, cluster: &str) -> String {
    let first = cluster.chars().next().unwrap_or(' ');
    match class {
        Class::Joined | Class::TagFlag | Class::Toned | Class::Presented | Class::Keycap => {
            first.to_string()
        }
        Class::Flag | Class::FlagLetter => cluster.chars().filter_map(flag_letter).collect(),
        Class::Conjunct | Class::Vowel | Class::SaraAm => first.to_string(),
        Class::Jamo => {
            let composed: String = cluster.nfc().collect();
            if composed.chars().count() == 1 && Class::of(&composed).is_none() {
                composed
            } else {
                UNKNOWN.to_owned()
            }
        }
        Class::Symbol | Class::Ambiguous => match cluster.nfd().next() {
            Some(base) if base.is_ascii_alphabetic() => base.to_string(),
            Some(_) | None => lookalike(first).to_owned(),
        },
    }
}

/// The letter that a part of a flag stands for.
fn flag_letter(c: char) -> Option<char> {
    let index = u32::from(c).checked_sub(0x1f1e6)?;
    u8::try_from(index)
        .ok()
        .filter(|index| *index < 26)
        .map(|index| char::from(b'A' + index))
}

/// A sign of one column that says about the same.
fn lookalike(c: char) -> &'static str {
    match c {
        '─' | '━' | '┄' | '┈' | '═' | '—' | '–' | '―' => "-",
        '│' | '┃' | '┆' | '║' | '▎' | '▏' | '▌' | '█' => "|",
        '\u{2500}'..='\u{257f}' => "+",
        '\u{2580}'..='\u{259f}' => "#",
        '“' | '”' | '„' => "\"",
        '‘' | '’' | '′' => "'",
        '…' | '·' | '◦' => ".",
        '•' | '●' | '★' | '☆' | '※' => "*",
        '○' | '◐' | '°' => "o",
        '→' | '▶' => ">",
        '←' | '◀' => "<",
        '↑' | '▲' => "^",
        '↓' | '▼' => "v",
        '↩' => "<",
        '✓' | '✔' => "v",
        '✗' | '✖' | '×' => "x",
        '❤' | '♥' => "<",
        '÷' => "/",
        '±' => "+",
        _ => UNKNOWN,
    }
}
