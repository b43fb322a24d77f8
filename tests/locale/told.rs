//! What the layers below the screen and the command line report has words of English, for logs and
//! JSON. A table says where each of these types is put into the words of the user; any other sentence
//! there is found as well.

use std::collections::BTreeSet;

use super::literals::{arguments, is_same, literals, without_comments, word};
use super::sources;

/// The modules below those.
const BELOW: &[&str] = &[
    "chaos",
    "client",
    "discovery",
    "io",
    "link",
    "relay",
    "room",
    "session",
    "store",
    "wire",
];

/// Types with English words, by their file, and the file where each is put into the words of the
/// user, variant by variant.
const TOLD: &[(&str, &str, &str)] = &[
    ("chaos/spec.rs", "ChaosSpecError", "cli/usage.rs"),
    ("cli/args.rs", "AddressError", "cli/usage.rs"),
    ("cli/args.rs", "SecondsError", "cli/usage.rs"),
    ("cli/keep.rs", "KeepError", "cli/usage.rs"),
    ("client/outbox.rs", "SendError", "cli/notices.rs"),
    ("client/update.rs", "LossReason", "tui/reasons.rs"),
    ("client/update.rs", "Violation", "tui/reasons.rs"),
    ("io/client/mod.rs", "ClientStartError", "cli/context.rs"),
    ("io/client/notice.rs", "Notice", "cli/notices.rs"),
    ("io/client/notice.rs", "Unsent", "cli/notices.rs"),
    ("io/discovery/mod.rs", "DiscoveryError", "cli/notices.rs"),
    ("io/relay.rs", "RelayStartError", "cli/notices.rs"),
    ("locale/mod.rs", "LanguageError", "cli/usage.rs"),
    ("store/mod.rs", "StoreError", "cli/notices.rs"),
    ("tui/settings.rs", "SettingsError", "cli/settings.rs"),
    ("wire/refusal.rs", "Limit", "tui/reasons.rs"),
    ("wire/refusal.rs", "Parting", "tui/reasons.rs"),
    ("wire/refusal.rs", "Refusal", "tui/reasons.rs"),
    ("wire/refusal.rs", "StoreFault", "tui/reasons.rs"),
    ("wire/text.rs", "NameError", "tui/reasons.rs"),
];

/// Types with English words that no person reads, but in logs.
const LOGGED: &[(&str, &str)] = &[
    ("link/mod.rs", "Violation"),
    ("link/outgoing.rs", "QueueFull"),
    ("wire/mod.rs", "WireError"),
];

/// Literals of the modules below that are not told as they are.
const NOT_TOLD: &[(&str, &str)] = &[
    // Logs.
    ("client/update.rs", "the relay …"),
    (
        "client/update.rs",
        "another session took the place of this one",
    ),
    ("io/relay.rs", "the port is taken"),
    ("io/relay.rs", "this machine has no such address"),
    ("io/relay.rs", "permission denied"),
    ("relay/notice.rs", "…"),
    // Known by these words, see `TOLD`.
    ("wire/refusal.rs", "…"),
    // What keys are derived with, and how a database begins.
    ("session/keys.rs", "lanterm …"),
    ("store/relay_store/copy.rs", "SQLite format 3\\0"),
];

/// Whether a literal of the modules below is for no person: SQL begins with a word in capitals.
fn is_not_told(name: &str, literal: &str) -> bool {
    let first = literal.split_whitespace().next().unwrap_or_default();
    let is_sql = first.len() > 3 && first.chars().all(|c| c.is_ascii_uppercase());
    let mut known = NOT_TOLD.iter();
    is_sql || known.any(|(file, known)| *file == name && is_same(literal, known))
}

#[test]
fn no_sentence_of_the_layers_below_reaches_people_as_it_is() {
    let mut complaints = Vec::new();
    for (name, text) in sources() {
        let module = name.split('/').next().unwrap_or_default();
        if BELOW.contains(&module) {
            let found = literals(&text).into_iter();
            let found = found.filter(|found| found.is_sentence && !is_not_told(&name, &found.text));
            complaints.extend(found.map(|found| found.at(&name)));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn whatever_has_english_words_is_told_in_the_language_of_the_user() {
    let sources = sources();
    let text = |name: &str| {
        let found = sources.iter().find(|(of, _)| of == name);
        found.map_or("", |(_, text)| text.as_str())
    };
    let mut complaints = Vec::new();
    let mut listed: BTreeSet<(&str, &str)> = LOGGED.iter().copied().collect();
    for (file, name, told_in) in TOLD {
        listed.insert((file, name));
        let telling = without_comments(text(told_in));
        for variant in variants(text(file), name) {
            if !has_word(&telling, &variant) {
                complaints.push(format!(
                    "src/{told_in} does not tell {variant} of src/{file}"
                ));
            }
        }
    }
    for (name, text) in &sources {
        for error in errors(text) {
            if !name.starts_with("sim/") && !listed.contains(&(name.as_str(), error.as_str())) {
                complaints.push(format!("src/{name}: who tells people of {error}?"));
            }
        }
    }
    for (file, name) in listed {
        if variants(text(file), name).is_empty() {
            complaints.push(format!("src/{file} has no {name}"));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The names of the types in a source that are errors with words.
fn errors(text: &str) -> Vec<String> {
    let code = without_comments(text);
    let derived = code.match_indices("thiserror::Error");
    let names = derived.filter_map(|(at, _)| {
        let rest = &code[at..];
        let kinds = ["enum ", "struct "];
        let starts = kinds.map(|kind| rest.find(kind).map(|found| found + kind.len()));
        let start = starts.into_iter().flatten().min()?;
        Some(word(&rest[start..]).to_owned())
    });
    names.collect()
}

/// The variants of an enum as they are named elsewhere, or the name of a struct; none when there is
/// no such type.
fn variants(text: &str, name: &str) -> Vec<String> {
    let code = without_comments(text);
    if has_word(&code, &format!("struct {name}")) {
        return vec![name.to_owned()];
    }
    let mut body = None;
    for (at, mark) in code.match_indices(&format!("enum {name} {{")) {
        body = Some(&code[at + mark.len()..]);
    }
    let parts = body.map(arguments).unwrap_or_default();
    let variants = parts.iter().filter_map(|part| {
        let named = part.lines().map(str::trim);
        let mut named = named.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
        Some(format!("{name}::{}", word(named.next()?)))
    });
    variants.collect()
}

/// Whether a word is in the code by itself.
fn has_word(code: &str, wanted: &str) -> bool {
    let mut found = code.match_indices(wanted);
    found.any(|(at, _)| {
        let goes_on = |c: char| c.is_alphanumeric() || c == '_';
        !code[at + wanted.len()..].starts_with(goes_on) && !code[..at].ends_with(goes_on)
    })
}

#[test]
fn the_checks_find_words_that_nobody_tells() {
    let code = "#[derive(Debug, thiserror::Error)]\n\
                pub enum Fault {\n    #[error(\"no, {0}\")]\n    Some(String),\n    \
                /// More.\n    #[error(\"it is lost\")]\n    Lost { a: u8, b: u8 },\n    Last,\n}\n\
                #[derive(thiserror::Error)]\n#[error(\"none\")]\npub struct NoneLeft;\n";
    assert_eq!(errors(code), ["Fault", "NoneLeft"]);
    assert_eq!(
        variants(code, "Fault"),
        ["Fault::Some", "Fault::Lost", "Fault::Last"]
    );
    assert_eq!(variants(code, "NoneLeft"), ["NoneLeft"]);
    assert_eq!(variants(code, "None"), [""; 0]);
    assert!(has_word(
        "match a { Fault::Lost { .. } => b }",
        "Fault::Lost"
    ));
    assert!(!has_word("match a { Fault::Lostness => b }", "Fault::Lost"));
    assert!(is_not_told("store/a.rs", "SELECT room FROM rooms"));
    assert!(!is_not_told("store/a.rs", "the disk is full"));
    assert!(is_not_told("wire/refusal.rs", "the disk is full"));
}
