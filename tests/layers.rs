//! The layers, checked: who may import whom, and what the core must not touch.
//!
//! The check reads the source as text, without comments and strings. It follows `crate::…` paths
//! wherever they stand, in `use` lines and in code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Layers, and what each may import besides itself. `main.rs` and `lib.rs` are in none of them.
const LAYERS: &[(&str, &[&str])] = &[
    ("time", &[]),
    // Imported by whoever talks to people; what is below them reports by variants.
    ("locale", &[]),
    ("wire", &[]),
    ("chaos", &["time"]),
    ("link", &["time", "wire"]),
    ("session", &["time", "wire", "link"]),
    ("discovery", &["time", "wire"]),
    ("room", &["time", "wire"]),
    (
        "relay",
        &["time", "wire", "link", "session", "discovery", "room"],
    ),
    (
        "client",
        &["time", "wire", "link", "session", "discovery", "room"],
    ),
    ("store", &["wire", "room"]),
    (
        "io",
        &[
            "time",
            "wire",
            "chaos",
            "link",
            "session",
            "discovery",
            "room",
            "relay",
            "client",
            "store",
        ],
    ),
    (
        "sim",
        &[
            "time",
            "wire",
            "chaos",
            "link",
            "session",
            "discovery",
            "room",
            "relay",
            "client",
            "store",
        ],
    ),
    ("tui", &["time", "locale", "wire", "room", "client"]),
    // Puts all of it together; what it shows and asks for are values of the layers below.
    (
        "cli",
        &[
            "time",
            "locale",
            "wire",
            "chaos",
            "session",
            "discovery",
            "room",
            "client",
            "store",
            "io",
            "tui",
        ],
    ),
];

/// One file may import more than its layer: the screen's loop drives the terminal through io.
const EXCEPTIONS: &[(&str, &str)] = &[("tui/run.rs", "io")];

/// The layers without sockets, threads, clocks and entropy.
const CORE: &[&str] = &[
    "time",
    "wire",
    "chaos",
    "link",
    "session",
    "discovery",
    "room",
    "relay",
    "client",
];

/// What the core must not mention, and why.
const FORBIDDEN_IN_CORE: &[(&str, &str)] = &[
    ("Instant::now", "the core is told the time"),
    ("SystemTime", "the core is told the time"),
    ("thread::", "the core has no threads and never sleeps"),
    (
        "rand::rng",
        "random choices start from a seed that is handed in",
    ),
    (
        "SysRng",
        "random choices start from a seed that is handed in",
    ),
    ("HashMap", "its order is random: use a BTreeMap"),
    ("HashSet", "its order is random: use a BTreeSet"),
    ("UdpSocket", "the core has no sockets"),
    ("TcpStream", "the core has no sockets"),
    ("std::fs", "the core has no files"),
    ("tokio", "the core is not asynchronous"),
];

#[test]
fn every_import_is_allowed_by_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = source_files(&root);
    assert!(files.len() > 20, "the sources are not where they should be");
    let complaints: Vec<String> = files
        .iter()
        .flat_map(|path| {
            let name = path.strip_prefix(&root).expect("it was found there");
            let name = name
                .to_str()
                .expect("our names are ASCII")
                .replace('\\', "/");
            let text = fs::read_to_string(path).expect("a source file is readable");
            check(&name, &text)
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_layer_of_the_library_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let text = fs::read_to_string(root.join("lib.rs")).expect("there is a library");
    let declared = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for layer in declared {
        assert!(
            allowed(layer).is_some(),
            "src/{layer} is in no row of the table"
        );
    }
}

#[test]
fn the_check_finds_what_is_planted() {
    for (file, text, complaint) in [
        (
            "link/mod.rs",
            "use crate::session::Path;",
            "src/link/mod.rs:1: link must not import session",
        ),
        (
            "wire/text.rs",
            "\nuse crate::{\n    time::Instant,\n    wire::pack::{self, encode},\n};",
            "src/wire/text.rs:3: wire must not import time",
        ),
        (
            "room/log.rs",
            "fn f() {\n    crate::io::clock::now();\n}",
            "src/room/log.rs:2: room must not import io",
        ),
        (
            "time.rs",
            "use std::time::Instant;\nfn f() { Instant::now(); }",
            "src/time.rs:2: \"Instant::now\": the core is told the time",
        ),
        (
            "relay/hall/mod.rs",
            "use std::collections::{BTreeMap, HashMap};",
            "src/relay/hall/mod.rs:1: \"HashMap\": its order is random: use a BTreeMap",
        ),
        (
            "tui/app.rs",
            "use crate::io::clock;",
            "src/tui/app.rs:1: tui must not import io",
        ),
        (
            "io/udp.rs",
            "use crate::{cli, wire};",
            "src/io/udp.rs:1: io must not import cli",
        ),
        (
            "attic/mod.rs",
            "",
            "src/attic/mod.rs: attic is in no row of the table",
        ),
    ] {
        assert_eq!(check(file, text), [complaint], "{file}");
    }
}

#[test]
fn the_check_finds_nothing_where_nothing_is() {
    for (file, text) in [
        (
            "link/mod.rs",
            "use crate::wire::Frame;\nuse crate::link::acks;",
        ),
        (
            "link/mod.rs",
            "/// Unlike [`crate::session`], never HashMap.\n// tokio",
        ),
        (
            "link/mod.rs",
            "const A: &str = \"tokio \\\" HashMap\"; use crate::time::Instant;",
        ),
        (
            "wire/mod.rs",
            "fn f<'a>(c: char) -> bool { c == '\"' || c == 'a' } // HashMap",
        ),
        (
            "io/clock.rs",
            "use crate::time::Instant;\nlet a = std::time::Instant::now();",
        ),
        ("tui/run.rs", "use crate::io::client::Report;"),
        ("main.rs", "use lanterm::cli;"),
        ("lib.rs", "pub mod time;"),
    ] {
        assert_eq!(check(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}

/// What is wrong with the source `text` of the file `name`, relative to `src`.
fn check(name: &str, text: &str) -> Vec<String> {
    if matches!(name, "main.rs" | "lib.rs") {
        return Vec::new();
    }
    let layer = name
        .split_once('/')
        .map_or_else(|| name.trim_end_matches(".rs"), |(layer, _)| layer);
    let Some(allowed) = allowed(layer) else {
        return vec![format!("src/{name}: {layer} is in no row of the table")];
    };
    let code = without_comments_and_strings(text);
    let mut complaints = BTreeSet::new();
    for (offset, imported) in imports(&code) {
        let is_allowed = imported == layer
            || allowed.contains(&imported.as_str())
            || EXCEPTIONS.contains(&(name, imported.as_str()));
        if !is_allowed {
            let line = line_of(&code, offset);
            complaints.insert((line, format!("{layer} must not import {imported}")));
        }
    }
    if CORE.contains(&layer) {
        for (word, reason) in FORBIDDEN_IN_CORE {
            for (offset, _) in code.match_indices(word) {
                let line = line_of(&code, offset);
                complaints.insert((line, format!("\"{word}\": {reason}")));
            }
        }
    }
    complaints
        .into_iter()
        .map(|(line, complaint)| format!("src/{name}:{line}: {complaint}"))
        .collect()
}

fn allowed(layer: &str) -> Option<&'static [&'static str]> {
    LAYERS
        .iter()
        .find(|(name, _)| *name == layer)
        .map(|(_, allowed)| *allowed)
}

/// The layers named after `crate::` in `code`, each with its place: one after a plain path, all of
/// the first level after a brace. Names that are no layer (a type of `lib.rs`, say) count as well.
fn imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (start, prefix) in code.match_indices("crate::") {
        let is_word = code[..start]
            .chars()
            .next_back()
            .is_some_and(|c| c.is_alphanumeric() || c == '_');
        if is_word {
            continue;
        }
        let mut at = start + prefix.len();
        if !code[at..].starts_with('{') {
            found.push((at, identifier(&code[at..])));
            continue;
        }
        at += 1;
        let mut depth = 1;
        let mut starts_item = true;
        for (offset, c) in code[at..].char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => starts_item = true,
                c if c.is_whitespace() => {}
                _ if starts_item && depth == 1 => {
                    found.push((at + offset, identifier(&code[at + offset..])));
                    starts_item = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text[..offset].matches('\n').count()
}

/// The text with comments, strings and characters blanked out, line by line where it was.
fn without_comments_and_strings(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string_hashes(rest, &code) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = 1 + hashes + 1;
            rest[start..]
                .find(&end)
                .map_or(rest.len(), |at| start + at + end.len())
        } else if c == '"' {
            1 + quoted_length(&rest[1..], '"')
        } else if c == '\'' && is_character(rest) {
            1 + quoted_length(&rest[1..], '\'')
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
        code.push(' ');
        rest = &rest[skipped..];
    }
    code
}

/// How many `#` the raw string that starts here has; `None` when none starts here.
fn raw_string_hashes(rest: &str, before: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let is_word = before
        .chars()
        .next_back()
        .is_some_and(|c| (c.is_alphanumeric() && c != 'b') || c == '_');
    let hashes = after.len() - after.trim_start_matches('#').len();
    (!is_word && after[hashes..].starts_with('"')).then_some(hashes)
}

/// Whether a character literal starts here, and not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut chars = rest[1..].chars();
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

/// The length of a literal up to and including its closing quote.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (offset, c) in rest.char_indices() {
        if !is_escaped && c == quote {
            return offset + 1;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    rest.len()
}

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources is readable") {
        let path = entry.expect("a folder of sources is readable").path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
