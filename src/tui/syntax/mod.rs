//! Colours for code: keywords, strings, numbers and comments of the languages people paste most.
//!
//! This is no parser: it reads words and quotes by a table per language, from left to right, each
//! byte once. What that misses (nested comments, quotes of here-documents, regular expressions) is
//! a wrong colour and nothing else. The libraries for this bring whole grammars and engines of
//! regular expressions, or packages nobody keeps any more, for blocks of code of at most 16 KiB.

mod languages;

use languages::{Language, Quote};

use super::rich::{Face, Role, Text};

/// The longest literal of one character, in bytes: `'\u{10ffff}'`. What is longer is a lifetime.
const CHARACTER_BYTES_MAX: usize = 12;

/// Code with its faces; of one face when the language is not known.
pub fn highlight(language: &str, code: &str) -> Text {
    if matches!(language.to_ascii_lowercase().as_str(), "diff" | "patch") {
        return highlight_diff(code);
    }
    let Some(language) = languages::find(language) else {
        return Text::new(code, Face::of(Role::Plain));
    };
    let mut lexer = Lexer {
        code,
        at: 0,
        text: Text::default(),
    };
    while lexer.at < code.len() {
        lexer.step(language);
    }
    lexer.text
}

fn highlight_diff(code: &str) -> Text {
    let mut text = Text::default();
    for line in code.split_inclusive('\n') {
        let role = match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Role::Comment,
            [b'+', ..] => Role::Literal,
            [b'-', ..] => Role::Removed,
            [b'@', ..] => Role::Keyword,
            _ => Role::Plain,
        };
        text.push(line, Face::of(role));
    }
    text
}

struct Lexer<'a> {
    code: &'a str,
    at: usize,
    text: Text,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.code[self.at..]
    }

    fn take(&mut self, len: usize, role: Role) {
        let end = (self.at + len).min(self.code.len());
        self.text.push(&self.code[self.at..end], Face::of(role));
        self.at = end;
    }

    fn step(&mut self, language: &Language) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return;
        };
        if language
            .line_comments
            .iter()
            .any(|sign| self.is_comment(sign))
        {
            let len = rest.find('\n').unwrap_or(rest.len());
            return self.take(len, Role::Comment);
        }
        if let Some((open, close)) = language.block_comment
            && let Some(inner) = rest.strip_prefix(open)
        {
            let len = inner.find(close).map_or(inner.len(), |at| at + close.len());
            return self.take(open.len() + len, Role::Comment);
        }
        if let Some(quote) = language
            .quotes
            .iter()
            .find(|quote| rest.starts_with(quote.open))
        {
            return match string_len(rest, quote) {
                Some(len) => self.take(len, Role::Literal),
                None => self.take(quote.open.len(), Role::Plain),
            };
        }
        if is_word(first) {
            let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let role = word_role(&rest[..len], language);
            if role != Role::Number {
                return self.take(len, role);
            }
            // The fraction belongs to the number.
            let is_part = |c: char| c == '.' || is_word(c);
            let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let len = rest[..len].trim_end_matches('.').len();
            return self.take(len, role);
        }
        // Up to where anything of the above may start.
        let is_plain = |c: char| c.is_whitespace() || "()[]{}=<>,;:.".contains(c);
        let len = rest.find(|c| !is_plain(c)).unwrap_or(rest.len());
        self.take(len.max(first.len_utf8()), Role::Plain);
    }

    /// Whether a comment starts here; `#` does at the start of a word only, as in a shell.
    fn is_comment(&self, sign: &str) -> bool {
        let before = self.code[..self.at].chars().next_back();
        self.rest().starts_with(sign) && (sign != "#" || before.is_none_or(char::is_whitespace))
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn word_role(word: &str, language: &Language) -> Role {
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return Role::Number;
    }
    let is_keyword = if language.is_case_ignored {
        language
            .keywords
            .iter()
            .any(|keyword| keyword.eq_ignore_ascii_case(word))
    } else {
        language.keywords.contains(&word)
    };
    if is_keyword {
        Role::Keyword
    } else {
        Role::Plain
    }
}

/// The bytes of the string that `rest` starts with, up to the end of its line when nothing closes
/// it; `None` when it is none.
fn string_len(rest: &str, quote: &Quote) -> Option<usize> {
    let inner = &rest[quote.open.len()..];
    if quote.is_character && !inner.starts_with('\\') {
        let len = inner.chars().next()?.len_utf8();
        let is_closed = inner[len..].starts_with(quote.close);
        return is_closed.then_some(quote.open.len() + len + quote.close.len());
    }
    let bytes = rest.as_bytes();
    let mut at = quote.open.len();
    while at < bytes.len() {
        if quote.is_character && at > CHARACTER_BYTES_MAX {
            return None;
        }
        match bytes[at] {
            b'\\' if quote.has_escapes => at += 2,
            b'\n' if quote.is_character => return None,
            b'\n' if !quote.has_lines => return Some(at),
            _ if bytes[at..].starts_with(quote.close.as_bytes()) => {
                return Some(at + quote.close.len());
            }
            _ => at += 1,
        }
    }
    // An escape may stand at the very end, before half of what follows.
    (!quote.is_character).then_some(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(language: &str, code: &str) -> Vec<(String, Role)> {
        let text = highlight(language, code);
        assert_eq!(text.as_str(), code, "{language}");
        let pieces = text.pieces().into_iter();
        pieces
            .filter(|(piece, face)| face.role != Role::Plain && !piece.trim().is_empty())
            .map(|(piece, face)| (piece.to_owned(), face.role))
            .collect()
    }

    fn piece(text: &str, role: Role) -> (String, Role) {
        (text.to_owned(), role)
    }

    #[test]
    fn rust_has_lifetimes_characters_and_comments() {
        let code = "fn f<'a>(x: &'a str) { g('\\'', \"a\\\"b\", 1.5e3); } // end";
        let expected = [
            piece("fn", Role::Keyword),
            piece("'\\''", Role::Literal),
            piece("\"a\\\"b\"", Role::Literal),
            piece("1.5e3", Role::Number),
            piece("// end", Role::Comment),
        ];
        assert_eq!(pieces("rust", code), expected);
    }

    #[test]
    fn a_comment_of_a_shell_starts_a_word() {
        let code = "if [ $# -gt 0 ]; then echo \"#1\" # all";
        let expected = [
            piece("if", Role::Keyword),
            piece("0", Role::Number),
            piece("then", Role::Keyword),
            piece("echo", Role::Keyword),
            piece("\"#1\"", Role::Literal),
            piece("# all", Role::Comment),
        ];
        assert_eq!(pieces("sh", code), expected);
    }

    #[test]
    fn strings_end_with_their_line_unless_they_have_lines() {
        let found = pieces("python", "a = 'open\nb = '''x\ny''' + None");
        let expected = [
            piece("'open", Role::Literal),
            piece("'''x\ny'''", Role::Literal),
            piece("None", Role::Keyword),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_patch_shows_what_comes_and_goes() {
        let found = pieces("diff", "@@ -1 +1 @@\n-old\n+new\n same");
        let roles: Vec<Role> = found.into_iter().map(|(_, role)| role).collect();
        assert_eq!(roles, [Role::Keyword, Role::Removed, Role::Literal]);
    }

    #[test]
    fn keywords_of_sql_have_any_case_and_unknown_languages_none() {
        assert_eq!(pieces("SQL", "Select 1")[0], piece("Select", Role::Keyword));
        assert_eq!(pieces("klingon", "if 1 // x"), []);
        assert_eq!(pieces("", "if 1 // x"), []);
    }

    #[test]
    fn code_cut_anywhere_is_shown_whole() {
        let code = "/* é \\ \" ' ` ''' # // -- <!-- 你好 1.2. 'ab \"\\";
        for language in languages::NAMES {
            for (at, _) in code.char_indices() {
                pieces(language, &code[at..]);
                pieces(language, &code[..at]);
            }
        }
    }
}
