//! What the word before the cursor may become: a command, a name, a room or an emoji.
//!
//! Tab completes whatever it can. While one types, choices are shown for words alone that begin with
//! a sign: at once for `/`, `@` and `#`, and with letters behind a colon, so that `:)` and `10:30` are
//! left in peace; nothing of the text changes then before a choice is taken. Chinese and Japanese put
//! no blanks between words: behind their characters a name begins wherever its letters or its sign do.

use std::ops::Range;

use super::{commands, emoji, wrap};
use crate::locale::{Language, tr};

/// Choices of one word. Arbitrary: who does not find it among these types on.
const CHOICES_MAX: usize = 50;

/// Letters after a colon from which on emoji are shown.
const EMOJI_LETTERS_MIN: usize = 2;

/// What there is to complete to, likeliest first.
pub struct Candidates {
    /// Names of users.
    pub names: Vec<String>,
    /// Names of rooms, without a sign before them.
    pub rooms: Vec<String>,
    /// Names of those who are ignored.
    pub ignored: Vec<String>,
    /// Whether a reaction is being written, which is an emoji.
    pub is_reaction: bool,
    /// The language of what is told about commands.
    pub language: Language,
}

/// What a word may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What it becomes.
    pub text: String,
    /// What is shown of it.
    pub label: String,
}

impl Choice {
    fn same(text: String) -> Self {
        let label = text.trim_end().to_owned();
        Self { text, label }
    }
}

/// A completion under way: Tab again takes the next choice.
#[derive(Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The bytes of the input that the choice takes, or will take.
    pub range: Range<usize>,
    /// What there is to choose from; never empty.
    pub choices: Vec<Choice>,
    /// Which choice is in use.
    pub at: usize,
    /// Whether it stands in the text.
    pub is_taken: bool,
}

impl Cycle {
    /// Starts with the word that ends at the cursor; `None` when nothing matches.
    pub fn start(text: &str, cursor: usize, candidates: &Candidates) -> Option<Self> {
        let start = word_start(text, cursor);
        let (before, word) = (&text[..start], &text[start..cursor]);
        let (skipped, choices) = choices(before, word, candidates);
        Self::new(start + skipped..cursor, choices)
    }

    /// What is shown for the word that ends at the cursor, without being asked for.
    pub fn suggest(text: &str, cursor: usize, candidates: &Candidates) -> Option<Self> {
        let start = word_start(text, cursor);
        let word = &text[start..cursor];
        let is_asked = match word.chars().next()? {
            '/' => start == 0,
            '@' | '#' => true,
            ':' | '+' => emoji_word(&text[..start], word).is_some(),
            _ if candidates.is_reaction => word.len() >= EMOJI_LETTERS_MIN,
            _ => !commands::choices(text[..start].trim_end()).is_empty(),
        };
        let mut cycle = Self::start(text, cursor, candidates).filter(|_| is_asked)?;
        // A word written out is what is meant, and nothing to choose when it is the only choice.
        let word = &text[cycle.range.clone()];
        let mut whole = cycle.choices.iter();
        let whole = whole.position(|choice| choice.text.trim_end() == word);
        let is_decided = whole.is_some() && cycle.choices.len() == 1;
        cycle.at = whole.unwrap_or(0);
        (!is_decided).then_some(cycle)
    }

    fn new(range: Range<usize>, mut choices: Vec<Choice>) -> Option<Self> {
        choices.truncate(CHOICES_MAX);
        (!choices.is_empty()).then_some(Self {
            range,
            choices,
            at: 0,
            is_taken: false,
        })
    }

    /// The choice in use.
    pub fn choice(&self) -> &str {
        &self.choices[self.at].text
    }

    /// Whether there is something to be shown.
    pub fn is_open(&self) -> bool {
        !self.is_taken || self.choices.len() > 1
    }

    /// Goes on to the next choice, or back.
    pub fn turn(&mut self, is_forward: bool) {
        let count = self.choices.len();
        self.at = (self.at + if is_forward { 1 } else { count - 1 }) % count;
    }
}

/// Where the word begins that ends at the cursor: behind a blank, at a sign behind a wide character,
/// or where letters of another kind follow one.
fn word_start(text: &str, cursor: usize) -> usize {
    let before = &text[..cursor];
    let blanks = before.char_indices().rev();
    let mut blanks = blanks.filter(|(_, c)| c.is_whitespace());
    let start = blanks.next().map_or(0, |(at, c)| at + c.len_utf8());
    let word = &before[start..];
    let mut letters = None;
    let mut next: Option<(usize, char)> = None;
    for (at, c) in word.char_indices().rev() {
        if let Some((first, sign)) = next.filter(|_| wrap::is_wide_char(c)) {
            if matches!(sign, '@' | '#') {
                return start + first;
            }
            let is_other = sign.is_alphanumeric() && !wrap::is_wide_char(sign);
            letters = letters.or(is_other.then_some(first));
        }
        next = Some((at, c));
    }
    if word.starts_with(['/', '@', '#', ':', '+']) {
        return start;
    }
    start + letters.unwrap_or(0)
}

/// The letters of an emoji's name that a word begins, behind a colon, or the `+:` of a reaction to
/// the last message at the start of a line.
fn emoji_word<'a>(before: &str, word: &'a str) -> Option<&'a str> {
    let word = match word.strip_prefix('+') {
        Some(word) if before.is_empty() => word,
        Some(_) => return None,
        None => word,
    };
    let letters = word.strip_prefix(':')?;
    let first = letters.chars().take(EMOJI_LETTERS_MIN);
    let is_name = first.filter(char::is_ascii_alphabetic).count() == EMOJI_LETTERS_MIN;
    is_name.then_some(letters)
}

/// What a word may become, and how many of its bytes stay before that.
fn choices(before: &str, word: &str, candidates: &Candidates) -> (usize, Vec<Choice>) {
    let is_start = before.is_empty();
    if candidates.is_reaction && is_start {
        let letters = word.trim_start_matches(':');
        return (0, emoji_choices(letters, |code, _| format!(":{code}:")));
    }
    if let Some(letters) = emoji_word(before, word) {
        if word.starts_with('+') {
            return (1, emoji_choices(letters, |code, _| format!(":{code}:")));
        }
        return (0, emoji_choices(letters, |_, emoji| emoji.to_owned()));
    }
    let choices = if is_start && word.starts_with('/') {
        command_choices(word, candidates.language)
    } else {
        let texts = name_choices(before, word, candidates);
        texts.into_iter().map(Choice::same).collect()
    };
    (0, choices)
}

fn emoji_choices(letters: &str, text: fn(&str, &str) -> String) -> Vec<Choice> {
    let found = emoji::candidates(letters).into_iter().take(CHOICES_MAX);
    found
        .map(|(code, emoji)| Choice {
            text: text(code, emoji),
            label: format!("{emoji} :{code}:"),
        })
        .collect()
}

/// Commands with what they take and do, in two columns.
fn command_choices(word: &str, language: Language) -> Vec<Choice> {
    let commands = commands::ALL.iter().filter_map(|command| {
        let text = format!("/{} ", command.name);
        let arguments = command.arguments.map(|key| tr!(language, key));
        let usage = format!("{text}{}", arguments.unwrap_or_default());
        let usage = usage.trim_end().to_owned();
        starts_with(&text, word).then_some((text, usage, tr!(language, command.text)))
    });
    let commands: Vec<(String, String, String)> = commands.collect();
    let usages = commands.iter().map(|(_, usage, _)| wrap::columns(usage));
    let columns = usages.max().unwrap_or(0);
    let commands = commands.into_iter().map(|(text, usage, what)| {
        let blanks = " ".repeat(columns - wrap::columns(&usage));
        let label = format!("{usage}{blanks}  {what}");
        Choice { text, label }
    });
    commands.collect()
}

fn name_choices(before: &str, word: &str, candidates: &Candidates) -> Vec<String> {
    if before.trim_end() == "/join" {
        let word = word.trim_start_matches('#');
        return matching(&candidates.rooms, word)
            .map(|room| format!("{room} "))
            .collect();
    }
    let arguments = commands::choices(before.trim_end());
    if !arguments.is_empty() {
        let arguments = arguments.into_iter().filter(|name| starts_with(name, word));
        return arguments.map(str::to_owned).collect();
    }
    if before.trim_end() == "/unignore" {
        return matching(&candidates.ignored, word).cloned().collect();
    }
    if let Some(word) = word.strip_prefix('#') {
        return matching(&candidates.rooms, word)
            .map(|room| format!("#{room} "))
            .collect();
    }
    if let Some(word) = word.strip_prefix('@') {
        return matching(&candidates.names, word)
            .map(|name| format!("@{name} "))
            .collect();
    }
    if word.is_empty() {
        let is_name_wanted = matches!(before.trim_end(), "/msg" | "/ignore");
        let names = candidates.names.iter().filter(|_| is_name_wanted);
        return names.map(|name| format!("{name} ")).collect();
    }
    let end = if before.is_empty() { ": " } else { " " };
    matching(&candidates.names, word)
        .map(|name| format!("{name}{end}"))
        .collect()
}

fn matching<'a>(names: &'a [String], word: &'a str) -> impl Iterator<Item = &'a String> {
    names.iter().filter(move |name| starts_with(name, word))
}

fn starts_with(name: &str, word: &str) -> bool {
    name.to_lowercase().starts_with(&word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(is_reaction: bool) -> Candidates {
        Candidates {
            names: ["alice", "Albert", "bob"].map(str::to_owned).to_vec(),
            rooms: ["lobby", "dev"].map(str::to_owned).to_vec(),
            ignored: vec!["Mallory".to_owned()],
            is_reaction,
            language: Language::English,
        }
    }

    fn first(text: &str) -> Option<String> {
        let cycle = Cycle::start(text, text.len(), &candidates(false))?;
        Some(format!("{}{}", &text[..cycle.range.start], cycle.choice()))
    }

    fn is_suggested(text: &str) -> bool {
        Cycle::suggest(text, text.len(), &candidates(false)).is_some()
    }

    #[test]
    fn a_name_gets_a_colon_at_the_start_of_the_line_only() {
        assert_eq!(first("al").as_deref(), Some("alice: "));
        assert_eq!(first("hi AL").as_deref(), Some("hi alice "));
        assert_eq!(first("hi @b").as_deref(), Some("hi @bob "));
        assert_eq!(first("@").as_deref(), Some("@alice "));
        assert_eq!(first("x"), None);
        assert_eq!(first(""), None);
    }

    #[test]
    fn commands_and_their_arguments_complete() {
        assert_eq!(first("/jo").as_deref(), Some("/join "));
        assert_eq!(first("/join d").as_deref(), Some("/join dev "));
        assert_eq!(first("/msg ").as_deref(), Some("/msg alice "));
        assert_eq!(first("see #l").as_deref(), Some("see #lobby "));
        assert_eq!(first("/notify ").as_deref(), Some("/notify all"));
        assert_eq!(first("/theme li").as_deref(), Some("/theme light"));
        assert_eq!(first("/unignore ").as_deref(), Some("/unignore Mallory"));
    }

    #[test]
    fn emoji_are_put_in_themselves_and_reactions_by_name() {
        assert_eq!(first("so :tada").as_deref(), Some("so 🎉"));
        assert_eq!(first("+:tada").as_deref(), Some("+:tada:"));
        let reaction = |text: &str| {
            let cycle = Cycle::start(text, text.len(), &candidates(true))?;
            Some(cycle.choice().to_owned())
        };
        assert_eq!(reaction("tad").as_deref(), Some(":tada:"));
        assert_eq!(reaction(":tad").as_deref(), Some(":tada:"));
    }

    #[test]
    fn behind_wide_characters_a_name_begins_without_a_blank() {
        assert_eq!(first("你好bo").as_deref(), Some("你好bob "));
        assert_eq!(first("你好@b").as_deref(), Some("你好@bob "));
        assert_eq!(first("看#d").as_deref(), Some("看#dev "));
        let wide = Candidates {
            names: vec!["小伟x".to_owned()],
            ..candidates(false)
        };
        let chosen = |text: &str| {
            let cycle = Cycle::start(text, text.len(), &wide)?;
            Some((cycle.range.clone(), cycle.choice().to_owned()))
        };
        assert_eq!(chosen("小"), Some((0..3, "小伟x: ".to_owned())));
        assert_eq!(chosen("@小伟x"), Some((0..8, "@小伟x ".to_owned())));
        assert_eq!(chosen("好@小"), Some((3..7, "@小伟x ".to_owned())));
    }

    #[test]
    fn choices_come_unasked_for_words_with_a_sign_alone() {
        for text in [
            "/", "/jo", "/theme d", "/mouse o", "@", "hi @", "hi @al", "#", "see #de", "so :ta",
            "+:ta", "@bo", "你好@",
        ] {
            assert!(is_suggested(text), "{text}");
        }
        for text in [
            "",
            "/theme ",
            "/theme dark",
            "/me off",
            "//",
            "//jo",
            "a /",
            "a /jo",
            "al",
            "a@",
            "C#",
            "你好",
            "好:ta",
            ":)",
            ":D",
            ":t",
            "10:30",
            ":10",
            ": ta",
            "a:ta",
            "hi +:ta",
            "::ta",
            "@nobody",
            "@bob",
            "/quit",
            "so :ta ",
        ] {
            assert!(!is_suggested(text), "{text}");
        }
    }
}
