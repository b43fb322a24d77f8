//! Whether a text names somebody: their name, as a word of its own.
//!
//! Scripts that put no blanks between words have no such word: there a name is one wherever it stands,
//! also when it happens to be part of another word.

use super::wrap;
use crate::wire::Name;

/// Letters of Thai and Lao, of Burmese, and of Khmer, which are no wide characters.
const UNSPACED: [std::ops::RangeInclusive<char>; 3] = [
    '\u{e00}'..='\u{eff}',
    '\u{1000}'..='\u{109f}',
    '\u{1780}'..='\u{17ff}',
];

/// Whether `text` names `name` as a word of its own.
pub fn is_mention(text: &str, name: &Name) -> bool {
    let (text, name) = (text.to_lowercase(), name.as_str().to_lowercase());
    text.match_indices(&name).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        let is_joined = |own: Option<char>, next: Option<char>| {
            let both = own.zip(next);
            both.is_some_and(|(own, next)| {
                next.is_alphanumeric() && is_spaced(own) && is_spaced(next)
            })
        };
        !is_joined(found.chars().next(), before) && !is_joined(found.chars().next_back(), after)
    })
}

/// Whether a character is of a script that has blanks between its words.
fn is_spaced(c: char) -> bool {
    !wrap::is_wide_char(c) && !UNSPACED.iter().any(|range| range.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_a_word_of_its_own() {
        let name = "al".parse().unwrap();
        for text in ["al: hi", "hi AL", "(al)", "al"] {
            assert!(is_mention(text, &name), "{text}");
        }
        for text in ["also", "coal", "nothing", ""] {
            assert!(!is_mention(text, &name), "{text}");
        }
    }

    #[test]
    fn scripts_without_blanks_need_none_around_a_name() {
        for (name, text) in [
            ("小伟", "小伟你在吗"),
            ("小伟", "谢谢小伟，明天见"),
            ("bob", "请bob看一下"),
            ("小伟", "ask小伟now"),
            ("สมชาย", "สวัสดีสมชายครับ"),
        ] {
            assert!(is_mention(text, &name.parse().unwrap()), "{text}");
        }
        for (name, text) in [("bob", "请bobby看一下"), ("b_", "b_x")] {
            assert!(!is_mention(text, &name.parse().unwrap()), "{text}");
        }
    }
}
