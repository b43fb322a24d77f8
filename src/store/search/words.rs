//! Texts and questions as the tokens that the index holds.
//!
//! A text is brought into its compatibility form (wide letters and ligatures become ordinary ones)
//! and lower case, and loses its accents. What is left is cut into *words* (letters, digits and the
//! marks that belong to them) and, where a script puts no spaces between words, into *runs*: Han,
//! kana, Hangul, Thai, Lao, Khmer, Burmese, and pictographs.
//!
//! A word is one token. Of a run every two neighbouring characters are a token, and every single
//! character is one as well, so that any stretch of it is found: one character by itself, two by
//! their pair, more by their pairs in a row. Pairs make the usual Chinese word of two characters one
//! look-up, where single characters would have to be held against each other place by place.
//!
//! Limits: a quoted phrase of words and runs together is found wherever its parts are, in any order.
//! Of a word only the first [`WORD_CHARS_MAX`] characters count.

use std::collections::BTreeSet;
use std::mem;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{
    canonical_combining_class, decompose_canonical, is_combining_mark,
};

/// Characters of a word that count. Arbitrary: longer than the words of people, so that a pasted
/// key takes no more of the index than a sentence.
const WORD_CHARS_MAX: usize = 64;

/// Words, phrases and runs of one question; further ones are left out. Arbitrary: more than anybody
/// types.
const TERMS_MAX: usize = 32;

/// Marks of this combining class and above are accents; below it, they are parts of letters, as in
/// the scripts of India, or sounds, as in Japanese.
const ACCENT_CLASS_MIN: u8 = 10;

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    /// A word.
    Word(String),
    /// Characters of a script without spaces.
    Run(String),
}

/// What must occur in a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Term {
    /// These words in a row; of the last one perhaps only the beginning.
    Words { words: Vec<String>, is_prefix: bool },
    /// These characters in a row.
    Run(String),
}

/// The tokens of a text, with spaces between them.
pub(super) fn tokens(text: &str) -> String {
    let mut tokens = String::with_capacity(text.len());
    let mut single: BTreeSet<char> = BTreeSet::new();
    for piece in pieces(text) {
        match piece {
            Piece::Word(word) => push(&mut tokens, &word),
            Piece::Run(run) => {
                let run: Vec<char> = run.chars().collect();
                if run.len() > 1 {
                    single.extend(&run);
                }
                push(&mut tokens, &pairs(&run));
            }
        }
    }
    for c in single {
        push(&mut tokens, c.encode_utf8(&mut [0; 4]));
    }
    tokens
}

/// A user's question as an FTS5 expression; `None` when there are no words in it.
///
/// Nothing of the question gets into it but tokens: whatever a user types is read as words.
pub(super) fn expression(question: &str) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut terms = terms(question);
    terms.retain(|term| seen.insert(term.clone()));
    terms.truncate(TERMS_MAX);
    let terms: Vec<String> = terms.iter().map(Term::expression).collect();
    (!terms.is_empty()).then(|| terms.join(" AND "))
}

/// The words, prefixes and phrases of a question.
fn terms(question: &str) -> Vec<Term> {
    let is_quote = |c| matches!(c, '"' | '“' | '”' | '„' | '«' | '»');
    let mut terms = Vec::new();
    for (index, part) in question.split(is_quote).enumerate() {
        if index % 2 == 1 {
            add_terms(&mut terms, part, false);
        } else {
            for word in part.split_whitespace() {
                add_terms(&mut terms, word, word.ends_with(['*', '＊']));
            }
        }
    }
    terms
}

/// Neighbouring words belong together: what a user writes without a space between, as in `e-mail`,
/// is looked for like that.
fn add_terms(terms: &mut Vec<Term>, text: &str, is_prefix: bool) {
    let mut together = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Word(word) => together.push(word),
            Piece::Run(run) => {
                if !together.is_empty() {
                    let words = mem::take(&mut together);
                    let is_prefix = false;
                    terms.push(Term::Words { words, is_prefix });
                }
                terms.push(Term::Run(run));
            }
        }
    }
    if !together.is_empty() {
        let words = together;
        terms.push(Term::Words { words, is_prefix });
    }
}

impl Term {
    fn expression(&self) -> String {
        match self {
            Self::Words { words, is_prefix } => {
                let star = if *is_prefix { " *" } else { "" };
                format!("\"{}\"{star}", words.join(" "))
            }
            Self::Run(run) => {
                let run: Vec<char> = run.chars().collect();
                format!("\"{}\"", pairs(&run))
            }
        }
    }
}

/// Every two neighbouring characters, or the only one.
fn pairs(run: &[char]) -> String {
    if let [only] = run {
        return only.to_string();
    }
    let mut pairs = String::new();
    for pair in run.windows(2) {
        push(&mut pairs, &pair.iter().collect::<String>());
    }
    pairs
}

fn push(tokens: &mut String, token: &str) {
    if !tokens.is_empty() {
        tokens.push(' ');
    }
    tokens.push_str(token);
}

/// The words and runs of a text, in their order.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut word = Word::default();
    let mut run = String::new();
    for c in text.nfkc() {
        if is_ignored(c) {
            continue;
        }
        if is_unspaced(c) {
            word.end(&mut pieces);
            run.push(c);
            continue;
        }
        if !run.is_empty() {
            pieces.push(Piece::Run(mem::take(&mut run)));
        }
        if c.is_alphanumeric() || is_combining_mark(c) {
            word.push(c);
        } else {
            word.end(&mut pieces);
        }
    }
    word.end(&mut pieces);
    if !run.is_empty() {
        pieces.push(Piece::Run(run));
    }
    pieces
}

/// A word under way.
#[derive(Default)]
struct Word {
    text: String,
    chars: usize,
}

impl Word {
    fn push(&mut self, c: char) {
        for lower in c.to_lowercase() {
            decompose_canonical(lower, |c| {
                if canonical_combining_class(c) < ACCENT_CLASS_MIN {
                    match plain(c) {
                        Some(letters) => letters.chars().for_each(|c| self.add(c)),
                        None => self.add(c),
                    }
                }
            });
        }
    }

    fn add(&mut self, c: char) {
        self.chars += 1;
        if self.chars <= WORD_CHARS_MAX {
            self.text.push(c);
        }
    }

    fn end(&mut self, pieces: &mut Vec<Piece>) {
        self.chars = 0;
        if !self.text.is_empty() {
            pieces.push(Piece::Word(mem::take(&mut self.text)));
        }
    }
}

/// Letters that are written like others with something added, which Unicode does not take apart.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

/// Joiners and selectors, which change how other characters look.
fn is_ignored(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// Whether a character belongs to a script that puts no spaces between words, or is a pictograph.
fn is_unspaced(c: char) -> bool {
    let is_pictograph = matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}');
    let is_of_such_a_script = matches!(c,
        '\u{0e00}'..='\u{0eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aa7f}' // Burmese
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' // Hangul
        | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' // Han
        | '\u{3040}'..='\u{31ff}' // kana, Bopomofo, Hangul letters
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' // Han
        | '\u{1b000}'..='\u{1b16f}' // kana
        | '\u{20000}'..='\u{3ffff}' // Han
    );
    is_pictograph || is_of_such_a_script && (c.is_alphanumeric() || is_combining_mark(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_widths_do_not_matter() {
        for text in ["CAFÉ Straße", "cafe\u{301} STRASSE", "ｃａｆｅ　strasse"] {
            assert_eq!(tokens(text), "cafe strasse");
        }
        assert_eq!(tokens("Łódź Ὀδυσσεύς İstanbul"), "lodz οδυσσευσ istanbul");
        assert_eq!(tokens("שָׁלוֹם"), tokens("שלום"));
    }

    #[test]
    fn vowel_signs_and_voiced_sounds_stay() {
        assert_ne!(tokens("की"), tokens("का"));
        assert_ne!(tokens("が"), tokens("か"));
        assert_eq!(tokens("ｶﾞ"), tokens("ガ"));
        assert_ne!(tokens("กี"), tokens("กา"));
    }

    #[test]
    fn scripts_without_spaces_are_pairs_and_single_characters() {
        assert_eq!(tokens("ok会议室!"), "ok 会议 议室 会 室 议");
        assert_eq!(tokens("字"), "字");
        assert_eq!(tokens("👍🏽"), "👍");
        assert_eq!(tokens("한국"), "한국 국 한");
    }

    #[test]
    fn a_question_is_words_prefixes_and_phrases() {
        let expect = |question: &str, wanted: &str| {
            assert_eq!(expression(question).as_deref(), Some(wanted), "{question}");
        };
        expect("Tea  TIME tea", "\"tea\" AND \"time\"");
        expect("tea*", "\"tea\" *");
        expect("\"tea time\" now", "\"tea time\" AND \"now\"");
        expect("“tea time", "\"tea time\"");
        expect("e-mail", "\"e mail\"");
        expect("会议室", "\"会议 议室\"");
        expect("室", "\"室\"");
        expect("abc会议", "\"abc\" AND \"会议\"");
    }

    #[test]
    fn nothing_a_user_types_gets_into_the_expression_but_words() {
        for question in ["", " ", "*", "\"", "\"\"", "( ) : ^ - + {} , ;", "!!!"] {
            assert_eq!(expression(question), None, "{question}");
        }
        assert_eq!(
            expression("a OR b) NEAR(c, text:d ^e -f 'g"),
            Some(
                "\"a\" AND \"or\" AND \"b\" AND \"near c\" AND \"text d\" AND \"e\" AND \"f\" \
                 AND \"g\""
                    .to_owned()
            )
        );
    }

    #[test]
    fn a_long_word_and_a_long_question_are_cut() {
        let word = "x".repeat(16 * 1024);
        assert_eq!(tokens(&word).len(), WORD_CHARS_MAX);
        let question: String = (0..1000).map(|n| format!("w{n} ")).collect();
        let expression = expression(&question).unwrap();
        assert_eq!(expression.split(" AND ").count(), TERMS_MAX);
    }
}
