//! Which parts of a text were searched for, so that they can be made to stand out.
//!
//! It reads the words as the relay does: all of them are looked for, `word*` stands for every word
//! that starts so, a phrase stands in quotes, case does not matter. Where the relay also takes
//! letters with and without accents for the same, nothing stands out here.

use std::ops::Range;

use super::wrap;

/// One thing searched for.
struct Term {
    folded: Vec<char>,
    is_prefix: bool,
}

/// The letters of a text without their case, and where each of them comes from.
struct Folded {
    chars: Vec<char>,
    starts: Vec<usize>,
}

/// The parts of `text`, as ranges of bytes in their order, that match one of the `words`.
pub fn matches(words: &str, text: &str) -> Vec<Range<usize>> {
    let folded = fold(text);
    let mut found: Vec<Range<usize>> = Vec::new();
    for term in terms(words) {
        let count = term.folded.len();
        let mut at = 0;
        while at + count <= folded.chars.len() {
            if folded.chars[at..at + count] == term.folded[..] && is_whole(&folded, at, &term) {
                let start = folded.starts[at];
                let end = folded.starts.get(at + count).copied().unwrap_or(text.len());
                found.push(start..end);
                at += count;
            } else {
                at += 1;
            }
        }
    }
    found.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in found {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            Some(_) | None => merged.push(range),
        }
    }
    merged
}

fn terms(words: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    for (index, part) in words.split('"').enumerate() {
        if index % 2 == 1 {
            terms.extend(term(part.trim(), false));
            continue;
        }
        for word in part.split_whitespace() {
            let prefix = word.strip_suffix('*');
            terms.extend(term(prefix.unwrap_or(word), prefix.is_some()));
        }
    }
    terms
}

fn term(text: &str, is_prefix: bool) -> Option<Term> {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    let folded = fold(text).chars;
    (!folded.is_empty()).then_some(Term { folded, is_prefix })
}

fn fold(text: &str) -> Folded {
    let (mut chars, mut starts) = (Vec::new(), Vec::new());
    for (at, c) in text.char_indices() {
        for lower in c.to_lowercase() {
            chars.push(lower);
            starts.push(at);
        }
    }
    Folded { chars, starts }
}

/// Whether a term found stands for itself: words do not start or end within others, except in
/// writing without blanks.
fn is_whole(text: &Folded, at: usize, term: &Term) -> bool {
    let joins = |a: Option<&char>, b: Option<&char>| match (a, b) {
        (Some(a), Some(b)) => {
            a.is_alphanumeric() && b.is_alphanumeric() && !is_wide(*a) && !is_wide(*b)
        }
        (Some(_) | None, _) => false,
    };
    let before = at.checked_sub(1).and_then(|at| text.chars.get(at));
    let after = text.chars.get(at + term.folded.len());
    let starts_within = joins(before, term.folded.first());
    let ends_within = joins(term.folded.last(), after) && !term.is_prefix;
    !starts_within && !ends_within
}

fn is_wide(c: char) -> bool {
    wrap::columns(c.encode_utf8(&mut [0; 4])) > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(words: &str, text: &'a str) -> Vec<&'a str> {
        matches(words, text)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn words_prefixes_and_phrases_are_found_whatever_their_case() {
        let text = "The Ladder: ladders, a long ladder";
        assert_eq!(found("ladder", text), ["Ladder", "ladder"]);
        assert_eq!(
            found("ladd*", text),
            ["Ladder", "ladd", "ladder"].map(|w| &w[..4])
        );
        assert_eq!(found("\"a long\" the", text), ["The", "a long"]);
        assert_eq!(found("\"", text), [""; 0]);
        assert_eq!(found("* -", text), [""; 0]);
    }

    #[test]
    fn chinese_is_found_within_a_sentence() {
        assert_eq!(found("会议", "今天早上的会议改到下午"), ["会议"]);
    }

    #[test]
    fn letters_whose_lower_case_is_longer_do_not_shift_the_rest() {
        assert_eq!(found("x", "İİ x"), ["x"]);
        assert_eq!(found("ROT", "rot"), ["rot"]);
    }
}
