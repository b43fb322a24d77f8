//! Text that is safe to show: made at decode, so that nothing unsafe gets further.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// The longest text of one message, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// The longest text that says why somebody is away, in bytes of UTF-8. Arbitrary: a line of a screen;
/// a relay tells it with every change of its user.
pub const STATUS_BYTES_MAX: usize = 128;

/// The longest user name, in characters. Arbitrary: fits the member pane of an 80-column screen.
pub const NAME_CHARS_MAX: usize = 32;

/// The longest room name, in characters. Arbitrary, because it must fit a status line.
pub const ROOM_CHARS_MAX: usize = 32;

/// Combining marks, joiners and letters of a flag kept per base character. Real writing systems
/// need up to four (Vietnamese, Tibetan, vocalised Hebrew), the flag of Scotland six; a terminal cell
/// takes thousands.
const MARKS_PER_BASE_MAX: usize = 8;

/// Text with nothing in it that could move the cursor, reorder the line or pile up on one cell.
///
/// Line feeds and tabs stay; other control characters, bidirectional overrides, invisible
/// separators and zero-width characters beyond eight per character are dropped. May be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SafeText(String);

impl SafeText {
    /// Cleans `text`. Never fails: what can't be shown is left out.
    pub fn new(text: &str) -> Self {
        let mut clean = String::with_capacity(text.len());
        let mut marks = 0;
        let mut chars = text.chars().peekable();
        // Tag characters are only shown as part of a flag, which starts with a black flag.
        let mut in_flag = false;
        while let Some(c) = chars.next() {
            let is_tag = matches!(c, '\u{e0020}'..='\u{e007f}');
            in_flag = c == '\u{1f3f4}' || in_flag && is_tag;
            match c {
                '\r' if chars.peek() == Some(&'\n') => continue,
                '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => {
                    clean.push('\n');
                    marks = 0;
                }
                _ if is_tag && !in_flag => {}
                c if is_forbidden(c) => {}
                c if is_zero_width(c) => {
                    marks += 1;
                    if marks <= MARKS_PER_BASE_MAX {
                        clean.push(c);
                    }
                }
                c => {
                    clean.push(c);
                    marks = 0;
                }
            }
        }
        Self(clean)
    }

    /// Cleans `text` to what somebody says of being away: one line, cut where it gets too long.
    pub fn status(text: &str) -> Self {
        let line = Self::new(text).one_line();
        let mut end = line.len().min(STATUS_BYTES_MAX);
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        Self(line[..end].trim().to_owned())
    }

    /// The text as one line: line feeds and tabs become spaces.
    pub fn one_line(&self) -> String {
        self.0.replace(['\n', '\t'], " ")
    }

    /// The clean text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SafeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

/// Reads a text as [`SafeText::status`] has it (`#[serde(deserialize_with)]`).
pub(super) fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SafeText, D::Error> {
    String::deserialize(deserializer).map(|text| SafeText::status(&text))
}

/// Characters that are never shown: controls, bidirectional overrides and isolates, invisible
/// separators, annotations.
fn is_forbidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        c if c.is_control() => true,
        '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{feff}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        '\u{ad}' | '\u{fff9}'..='\u{fffb}' | '\u{e0001}' => true,
        _ => false,
    }
}

/// Whether `c` sits on the character before it: zero columns wide and no joiner.
fn is_mark(c: char) -> bool {
    is_zero_width(c) && !matches!(c, '\u{200c}' | '\u{200d}')
}

/// Whether `c` takes no column of its own.
fn is_zero_width(c: char) -> bool {
    use unicode_width::UnicodeWidthChar;
    !matches!(c, '\n' | '\t') && c.width() == Some(0)
}

/// Why a user or room name was refused. Shown to users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or nothing but blanks.
    #[error("is empty")]
    Empty,
    /// More characters than fit.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// A blank between others: the most usual of what can't be part of a name.
    #[error("contains a blank")]
    Blank,
    /// A character that can't be part of a name.
    #[error("contains a character that is not allowed: {}", character_text(*.0))]
    Forbidden(u32),
}

/// A character as people are told of it: itself when it is one of ASCII that can be seen, its number
/// otherwise.
pub fn character_text(character: u32) -> String {
    match char::from_u32(character) {
        Some(c) if c.is_ascii_graphic() => c.to_string(),
        Some(_) | None => format!("U+{character:04X}"),
    }
}

/// The name a user goes by: 1 to 32 characters on one line, no blanks at the ends, nothing that
/// [`SafeText`] would drop, none of `@ # , + /` and no blank inside (it must be typeable after `/msg`),
/// and no colon, after which a line of text says what somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim_matches(' ');
        check(text, NAME_CHARS_MAX, |c| {
            !c.is_whitespace() && !matches!(c, '@' | '#' | ',' | '+' | '/' | ':' | '：')
        })?;
        Ok(Self(text.to_owned()))
    }
}

/// The name of a room: 1 to 32 letters, digits, `-`, `_` or `.`, in lower case. The room of two
/// people's direct messages is named by both, see [`RoomName::direct`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RoomName(String);

impl RoomName {
    /// The room that always exists.
    pub fn lobby() -> Self {
        Self("lobby".to_owned())
    }

    /// The room of the direct messages between two users, the same whoever asks.
    pub fn direct(a: &Name, b: &Name) -> Self {
        let (first, second) = if a <= b { (a, b) } else { (b, a) };
        Self(format!("@{first}+{second}"))
    }

    /// The two users of a direct room; `None` for every other room.
    pub fn direct_users(&self) -> Option<(Name, Name)> {
        let (first, second) = self.0.strip_prefix('@')?.split_once('+')?;
        Some((first.parse().ok()?, second.parse().ok()?))
    }

    /// The other one of the two users of a direct room; `None` for every other room.
    pub fn other(&self, own: &Name) -> Option<Name> {
        let (first, second) = self.direct_users()?;
        Some(if first == *own { second } else { first })
    }

    /// The room as its user is told of it: `#lobby`, or `@bob` for direct messages with bob.
    pub fn title(&self, own: &Name) -> String {
        match self.other(own) {
            Some(other) => format!("@{other}"),
            None => format!("#{self}"),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoomName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if let Some(users) = text.strip_prefix('@') {
            let (first, second) = users
                .split_once('+')
                .ok_or(NameError::Forbidden(u32::from('@')))?;
            return Ok(Self::direct(&first.parse()?, &second.parse()?));
        }
        let text = text
            .trim_matches(' ')
            .trim_start_matches('#')
            .to_lowercase();
        check(&text, ROOM_CHARS_MAX, |c| {
            c.is_alphanumeric() || matches!(c, '-' | '_' | '.') || is_mark(c)
        })?;
        Ok(Self(text))
    }
}

/// Checks the parts user and room names have in common.
fn check(text: &str, chars_max: usize, is_allowed: fn(char) -> bool) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.chars().count() > chars_max {
        return Err(NameError::TooLong(chars_max));
    }
    if let Some(c) = text.chars().find(|c| is_forbidden(*c) || !is_allowed(*c)) {
        return Err(match c {
            ' ' => NameError::Blank,
            _ => NameError::Forbidden(u32::from(c)),
        });
    }
    if SafeText::new(text).as_str() != text {
        let mark = text.chars().find(|c| is_zero_width(*c));
        let mark = mark.map_or(0, u32::from);
        return Err(NameError::Forbidden(mark));
    }
    Ok(())
}

macro_rules! impl_name {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}

impl_name!(Name);
impl_name!(RoomName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_overrides_and_invisible_characters_are_dropped() {
        let text = "a\u{1b}[31mb\u{202e}c\u{200b}d\u{7}e\u{feff}f\u{2066}g\u{9b}h";
        assert_eq!(SafeText::new(text).as_str(), "a[31mbcdefgh");
    }

    #[test]
    fn line_ends_of_every_kind_become_line_feeds() {
        let text = SafeText::new("a\r\nb\rc\u{2028}d\ne\tf");
        assert_eq!(text.as_str(), "a\nb\nc\nd\ne\tf");
        assert_eq!(text.one_line(), "a b c d e f");
    }

    #[test]
    fn towers_of_marks_are_cut_to_eight() {
        let tower: String = std::iter::once('a')
            .chain(std::iter::repeat_n('\u{301}', 20_000))
            .chain(['b', '\u{301}'])
            .collect();
        assert_eq!(SafeText::new(&tower).as_str().chars().count(), 1 + 8 + 2);
        // Joiners and the letters of a flag are no wider, and start no tower of their own.
        for storey in ["\u{301}\u{200d}", "\u{200c}"] {
            let tower = format!("a{}", storey.repeat(1_000));
            assert_eq!(SafeText::new(&tower).as_str().chars().count(), 1 + 8);
        }
        let flag = format!("\u{1f3f4}{}", "\u{e0061}".repeat(1_000));
        assert_eq!(SafeText::new(&flag).as_str().chars().count(), 1 + 8);
    }

    #[test]
    fn what_is_said_of_being_away_is_one_short_line() {
        assert_eq!(SafeText::status(" a\nb\tc\u{7} ").as_str(), "a b c");
        let long = SafeText::status(&"é".repeat(STATUS_BYTES_MAX));
        assert_eq!(long.as_str(), "é".repeat(STATUS_BYTES_MAX / 2));
        let odd = SafeText::status(&format!("a{}", "é".repeat(STATUS_BYTES_MAX)));
        assert_eq!(odd.as_str().len(), STATUS_BYTES_MAX - 1);
    }

    #[test]
    fn emoji_sequences_and_flags_survive() {
        for text in ["👨‍👩‍👧‍👦", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇩🇪", "👍🏽", "नमस्ते", "สวัสดี"]
        {
            assert_eq!(SafeText::new(text).as_str(), text);
        }
        // The same tag characters without a flag before them hide text from the reader.
        assert_eq!(SafeText::new("a\u{e0067}b").as_str(), "ab");
    }

    #[test]
    fn names_that_cannot_be_typed_or_shown_are_refused() {
        assert_eq!("".parse::<Name>(), Err(NameError::Empty));
        assert_eq!("   ".parse::<Name>(), Err(NameError::Empty));
        assert_eq!("x".repeat(200).parse::<Name>(), Err(NameError::TooLong(32)));
        assert_eq!("a\u{7}b".parse::<Name>(), Err(NameError::Forbidden(7)));
        assert_eq!("a b".parse::<Name>(), Err(NameError::Blank));
        for name in ["bob:", "小明：", "a@b", "#a", "a,b", "a+b", "a/b"] {
            let error = name.parse::<Name>().unwrap_err();
            assert!(matches!(error, NameError::Forbidden(_)), "{name}");
        }
        assert!("小明".parse::<Name>().is_ok());
    }

    #[test]
    fn a_direct_room_has_one_name_whoever_asks() {
        let (alice, bob) = ("alice".parse().unwrap(), "bob".parse().unwrap());
        let room = RoomName::direct(&alice, &bob);
        assert_eq!(room, RoomName::direct(&bob, &alice));
        assert_eq!(room.direct_users(), Some((alice, bob)));
        assert_eq!(room.as_str().parse(), Ok(room));
        assert_eq!(RoomName::lobby().direct_users(), None);
    }

    #[test]
    fn room_names_are_folded_to_lower_case() {
        assert_eq!("#Lobby".parse(), Ok(RoomName::lobby()));
        assert!("a/b".parse::<RoomName>().is_err());
    }
}
