//! What Tab makes of the word before the cursor: commands, names and rooms, in turn.

use std::ops::Range;

use super::commands;

/// What there is to complete to, likeliest first.
pub struct Candidates {
    /// Names of users.
    pub names: Vec<String>,
    /// Names of rooms, without a sign before them.
    pub rooms: Vec<String>,
}

/// A completion under way: Tab again takes the next choice.
#[derive(Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The bytes of the input the choice in use takes.
    pub range: Range<usize>,
    choices: Vec<String>,
    at: usize,
}

impl Cycle {
    /// Starts with the word that ends at the cursor; `None` when nothing matches.
    pub fn start(text: &str, cursor: usize, candidates: &Candidates) -> Option<Self> {
        let before = &text[..cursor];
        let start = before
            .char_indices()
            .rev()
            .find(|(_, c)| c.is_whitespace())
            .map_or(0, |(at, c)| at + c.len_utf8());
        let word = &before[start..];
        let choices = choices(&before[..start], word, candidates);
        (!choices.is_empty()).then_some(Self {
            range: start..cursor,
            choices,
            at: 0,
        })
    }

    /// The choice in use.
    pub fn choice(&self) -> &str {
        &self.choices[self.at]
    }

    /// Goes on to the next choice, or back; `range` must be where the choice in use stands.
    pub fn turn(&mut self, is_forward: bool) {
        let count = self.choices.len();
        self.at = (self.at + if is_forward { 1 } else { count - 1 }) % count;
    }
}

fn choices(before: &str, word: &str, candidates: &Candidates) -> Vec<String> {
    let is_start = before.is_empty();
    if is_start && word.starts_with('/') {
        let names = commands::ALL
            .iter()
            .map(|command| format!("/{} ", command.name));
        return names.filter(|name| starts_with(name, word)).collect();
    }
    if before.trim_end() == "/join" {
        let word = word.trim_start_matches('#');
        return matching(&candidates.rooms, word)
            .map(|room| format!("{room} "))
            .collect();
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
        let is_name_wanted = before.trim_end() == "/msg";
        let names = candidates.names.iter().filter(|_| is_name_wanted);
        return names.map(|name| format!("{name} ")).collect();
    }
    let end = if is_start { ": " } else { " " };
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

    fn first(text: &str) -> Option<String> {
        let candidates = Candidates {
            names: ["alice", "Albert", "bob"].map(str::to_owned).to_vec(),
            rooms: ["lobby", "dev"].map(str::to_owned).to_vec(),
        };
        let cycle = Cycle::start(text, text.len(), &candidates)?;
        Some(format!("{}{}", &text[..cycle.range.start], cycle.choice()))
    }

    #[test]
    fn a_name_gets_a_colon_at_the_start_of_the_line_only() {
        assert_eq!(first("al").as_deref(), Some("alice: "));
        assert_eq!(first("hi AL").as_deref(), Some("hi alice "));
        assert_eq!(first("hi @b").as_deref(), Some("hi @bob "));
        assert_eq!(first("x"), None);
        assert_eq!(first(""), None);
    }

    #[test]
    fn commands_and_their_arguments_complete() {
        assert_eq!(first("/jo").as_deref(), Some("/join "));
        assert_eq!(first("/join d").as_deref(), Some("/join dev "));
        assert_eq!(first("/msg ").as_deref(), Some("/msg alice "));
        assert_eq!(first("see #l").as_deref(), Some("see #lobby "));
    }
}
