//! The texts, checked: every key of the code is in both languages with its arguments, none is there
//! for nothing, and no sentence is left in the code of the screen and the command line.
//!
//! The check reads the sources and the files of texts as text. Keys are the literals in `tr!`,
//! `say!` and `key!`.

mod literals;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use literals::{arguments, is_same, literals, without_comments, word};

/// Names of arguments, by key.
type Texts = BTreeMap<String, BTreeSet<String>>;

/// Modules in which whatever people read is in the files of texts.
const SPEAKING: &[&str] = &["tui", "cli"];

/// Files of these with other texts: the help in English, where another test looks for each
/// sentence in Chinese; JSON, which is in no language; and a made-up conversation.
const OTHER_TEXTS: &[&str] = &[
    "cli/args.rs",
    "cli/keep.rs",
    "cli/pipe.rs",
    "cli/picture.rs",
];

/// Literals that are no text for people. `…` stands for whatever follows.
const NO_TEXTS: &[&str] = &[
    // Its own name.
    "lanterm",
    // A line of data, and what to type.
    "{room} {at} log {} hash {said}",
    "lanterm pipe --json",
    // Beside what clap says in English.
    "--help shows how it is used",
    "write a whole number",
    "write {least} to {most}",
    "write {least} or more",
    "invalid value '{value}' for '{argument}': {problem}",
    // For JSON, which is in no language.
    "the room {text:?} {error}",
    // Names of terminals.
    "Visual Studio Code",
    "Windows Terminal",
    // A script for macOS.
    "on run these",
    "display notification (…",
    "end run",
    // Fonts of a picture.
    "ui-monospace, 'DejaVu Sans Mono', …",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn texts(file: &str) -> Texts {
    let path = root().join("locale").join(file);
    let text = fs::read_to_string(path).expect("the file of texts is readable");
    let mut texts = Texts::new();
    let mut key = String::new();
    for line in text.lines() {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        if let Some((name, _)) = line.split_once(" =")
            && name.starts_with(|c: char| c.is_ascii_lowercase())
        {
            key = name.to_owned();
            let is_new = texts.insert(key.clone(), BTreeSet::new()).is_none();
            assert!(is_new, "{file}: {key} is there twice");
        }
        let arguments = texts.get_mut(&key).expect("a file begins with a key");
        for (at, _) in line.match_indices('$') {
            arguments.insert(word(&line[at + 1..]).to_owned());
        }
    }
    texts
}

/// What the code asks for: a key, its arguments unless it is one of a table, and where.
#[derive(Debug, PartialEq, Eq)]
struct Use {
    key: String,
    arguments: Option<BTreeSet<String>>,
    place: String,
}

/// The uses in the source `text` of the file `name`.
fn uses(name: &str, text: &str) -> Vec<Use> {
    let code = without_comments(text);
    let mut uses = Vec::new();
    for (mark, has_language) in [("tr!(", true), ("say!(", false), ("key!(", false)] {
        for (at, _) in code.match_indices(mark) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let mut parts = arguments(&code[at + mark.len()..]).into_iter();
            if has_language {
                parts.next();
            }
            let first = parts.next().unwrap_or_default();
            let Some(key) = first.strip_prefix('"').and_then(|k| k.strip_suffix('"')) else {
                continue;
            };
            let names = parts
                .filter(|part| !part.is_empty())
                .map(|part| word(&part).to_owned())
                .collect();
            uses.push(Use {
                key: key.to_owned(),
                arguments: (mark != "key!(").then_some(names),
                place: format!("src/{name}:{}", 1 + code[..at].matches('\n').count()),
            });
        }
    }
    uses
}

/// The sources that are not tests, by their names relative to `src`.
fn sources() -> Vec<(String, String)> {
    let mut folders = vec![root()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of sources is readable") {
            let path = entry.expect("a folder of sources is readable").path();
            let name = path
                .strip_prefix(root())
                .expect("it was found there")
                .to_str()
                .expect("our names are ASCII")
                .replace('\\', "/");
            if path.is_dir() {
                if !name.ends_with("/tests") {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).expect("a source file is readable");
                let is_tests = |at: usize| {
                    let line = text[at..].lines().nth(1);
                    line.is_some_and(|line| line.ends_with("mod tests {"))
                };
                let mut ends = text.match_indices("#[cfg(test)]").map(|(at, _)| at);
                let end = ends.find(|at| is_tests(*at)).unwrap_or(text.len());
                sources.push((name, text[..end].to_owned()));
            }
        }
    }
    sources.sort();
    sources
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_arguments() {
    let (english, chinese) = (texts("en.ftl"), texts("zh.ftl"));
    let keys = |texts: &Texts| texts.keys().cloned().collect::<BTreeSet<String>>();
    let (of_english, of_chinese) = (keys(&english), keys(&chinese));
    let lacking = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        a.difference(b).cloned().collect::<Vec<String>>()
    };
    assert_eq!(lacking(&of_english, &of_chinese), [""; 0], "not in Chinese");
    assert_eq!(lacking(&of_chinese, &of_english), [""; 0], "not in English");
    for (key, arguments) in &english {
        assert_eq!(arguments, &chinese[key], "the arguments of {key}");
    }
}

#[test]
fn every_text_that_the_code_asks_for_is_there_with_its_arguments() {
    let texts = texts("en.ftl");
    let mut complaints = Vec::new();
    for (name, text) in sources() {
        for asked in uses(&name, &text) {
            match (texts.get(&asked.key), &asked.arguments) {
                (None, _) => complaints.push(format!("{}: no text {}", asked.place, asked.key)),
                (Some(has), Some(given)) if has != given => complaints.push(format!(
                    "{}: {} takes {has:?}, and is given {given:?}",
                    asked.place, asked.key
                )),
                (Some(_), _) => {}
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn no_text_is_there_for_nothing() {
    let mut unused: BTreeSet<String> = texts("en.ftl").into_keys().collect();
    for (name, text) in sources() {
        for asked in uses(&name, &text) {
            unused.remove(&asked.key);
        }
    }
    assert_eq!(unused, BTreeSet::new());
}

#[test]
fn no_sentence_is_left_in_the_code() {
    let mut complaints = Vec::new();
    for (name, text) in sources() {
        let module = name.split('/').next().unwrap_or_default();
        if SPEAKING.contains(&module) && !OTHER_TEXTS.contains(&name.as_str()) {
            complaints.extend(sentences(&name, &text));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Literals with two words in a row, or one that stands for itself in `to_owned` and `styled`.
fn sentences(name: &str, text: &str) -> Vec<String> {
    let found = literals(text).into_iter().filter(|found| {
        let is_known = NO_TEXTS.iter().any(|known| is_same(&found.text, known));
        !is_known && (found.is_sentence || found.stands_alone)
    });
    found.map(|found| found.at(name)).collect()
}

#[test]
fn the_checks_find_what_is_planted() {
    let code = "let a = tr!(self.language(), \"room-left\", name = f(a, b), x = number(2),);\n\
                // tr!(l, \"comment\")\n\
                say!(\n    \"b\"\n) key!(\"c\") other_tr!(x, \"d\")";
    let found = uses("tui/a.rs", code);
    let keys: Vec<&str> = found.iter().map(|asked| asked.key.as_str()).collect();
    assert_eq!(keys, ["room-left", "b", "c"]);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(found[0].arguments, Some(names(&["name", "x"])));
    assert_eq!(found[1].arguments, Some(BTreeSet::new()));
    assert_eq!(found[1].place, "src/tui/a.rs:3");
    assert_eq!(found[2].arguments, None);

    for (code, is_found) in [
        ("f(\"not sent yet\")", true),
        ("format!(\"{count} found so far\")", true),
        ("\"away\".to_owned()", true),
        ("Span::styled(\" you\", x)", true),
        ("\"away\" => 1", false),
        ("format!(\"{a} {b}\")", false),
        ("x.expect(\"a channel belongs to a room\")", false),
        ("tracing::warn!(%error, \"not sent yet\")", false),
        ("tracing::warn!(%error, \"a(b\"); f(\"not sent yet\")", true),
        ("c == '\"'; f(\"not sent yet\")", true),
        ("// \"not sent yet\"", false),
        ("c == '\"' || \"x\" == y", false),
    ] {
        assert_eq!(!sentences("a.rs", code).is_empty(), is_found, "{code}");
    }
}
