//! Finds texts in sources, which it reads as text.

/// A literal of the code that is neither for logs nor for whoever reads a panic.
pub struct Literal {
    line: usize,
    pub text: String,
    /// Whether it has two words in a row.
    pub is_sentence: bool,
    /// Whether it is a word that stands for itself.
    pub stands_alone: bool,
}

impl Literal {
    pub fn at(&self, name: &str) -> String {
        format!("src/{name}:{}: \"{}\"", self.line, self.text)
    }
}

pub fn literals(text: &str) -> Vec<Literal> {
    let code = without_comments(text).replace("'\"'", "'.'");
    let code = without_calls(&code);
    let mut found = Vec::new();
    let mut rest = code.as_str();
    let mut line = 1;
    while let Some(start) = rest.find('"') {
        line += rest[..start].matches('\n').count();
        let before = rest[..start].trim_end();
        let after = &rest[start + 1..];
        let length = literal_length(after);
        let literal = &after[..length];
        // Reasons of lints.
        if !before.ends_with("reason =") {
            let end = after[length..].trim_start_matches('"');
            let is_itself = end.starts_with(".to_owned()") || before.ends_with("styled(");
            found.push(Literal {
                line,
                text: literal.to_owned(),
                is_sentence: has_words(literal, 2),
                stands_alone: is_itself && has_words(literal, 1),
            });
        }
        line += literal.matches('\n').count();
        rest = after.get(length + 1..).unwrap_or_default();
    }
    found
}

/// Calls whose texts only logs and panics show, and the words of an error, which another check
/// looks at.
const UNTOLD_CALLS: &[&str] = &[
    "tracing::trace!(",
    "tracing::debug!(",
    "tracing::info!(",
    "tracing::warn!(",
    "tracing::error!(",
    "assert!(",
    "assert_eq!(",
    "assert_ne!(",
    "panic!(",
    "unreachable!(",
    ".expect(",
    "#[error(",
];

/// The code with the arguments of such calls left out, line by line where it was.
fn without_calls(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    loop {
        let starts = UNTOLD_CALLS.iter().filter_map(|call| {
            let start = rest.find(call)?;
            Some((start, start + call.len()))
        });
        let Some((_, start)) = starts.min() else {
            kept.push_str(rest);
            return kept;
        };
        kept.push_str(&rest[..start]);
        let length = call_length(&rest[start..]);
        let skipped = &rest[start..start + length];
        kept.extend(skipped.chars().filter(|c| *c == '\n'));
        rest = &rest[start + length..];
    }
}

/// The length of what stands up to the bracket that closes.
fn call_length(code: &str) -> usize {
    let (mut depth, mut is_quoted, mut is_escaped) = (0, false, false);
    for (at, c) in code.char_indices() {
        if is_quoted {
            is_quoted = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        match c {
            '"' => is_quoted = true,
            '(' => depth += 1,
            ')' if depth == 0 => return at,
            ')' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

pub fn is_same(literal: &str, known: &str) -> bool {
    known
        .strip_suffix('…')
        .map_or(literal == known, |start| literal.starts_with(start))
}

fn literal_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if c == '"' && !is_escaped {
            return at;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    text.len()
}

/// Whether `count` words of letters stand side by side in a literal, its holes left out.
fn has_words(literal: &str, count: usize) -> bool {
    let mut plain = String::new();
    let mut depth = 0;
    for c in literal.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            c if depth <= 0 => plain.push(c),
            _ => {}
        }
    }
    let mut row = 0;
    for word in plain.split_whitespace() {
        let word = word.trim_matches(|c: char| ",.;:…!?'()".contains(c));
        let is_word =
            word.chars().count() > 1 && word.chars().all(|c| c.is_alphabetic() || c == '\'');
        row = if is_word { row + 1 } else { 0 };
        if row >= count {
            return true;
        }
    }
    false
}

/// The text with comments blanked out, line by line where it was. Strings may hold two slashes, but
/// only behind a colon or another character that no comment stands behind here.
pub fn without_comments(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let comment = line
            .match_indices("//")
            .find(|(at, _)| line[..*at].trim().is_empty() || line[..*at].ends_with(' '));
        code.push_str(comment.map_or(line, |(at, _)| &line[..at]));
        code.push('\n');
    }
    code
}

pub fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// What stands between commas, up to the bracket that closes.
pub fn arguments(code: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut depth, mut is_quoted, mut is_escaped) = (0, false, false);
    for c in code.chars() {
        if is_quoted {
            is_quoted = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
        } else {
            match c {
                '"' => is_quoted = true,
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth == 0 => break,
                ')' | ']' | '}' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(std::mem::take(&mut part).trim().to_owned());
                    continue;
                }
                _ => {}
            }
        }
        part.push(c);
    }
    parts.push(part.trim().to_owned());
    parts
}
