//! What was said, what is in the log and what readers saw of it, held against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::{Lan, Terminal};

/// An event of a log, as readers print it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// "message", "join" and so on.
    pub kind: String,
    /// The log.
    pub log: String,
    /// Its place there.
    pub seq: u64,
    /// Its id.
    pub id: String,
    /// Who.
    pub from: String,
    /// What; empty for what has no text.
    pub text: String,
}

impl Entry {
    /// Reads a line of `tail --json` or `history --json`; `None` for what is not in the log.
    pub fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        Some(Self {
            kind: text("type"),
            log: text("log"),
            seq: value["seq"].as_u64()?,
            id: text("id"),
            from: text("from"),
            text: text("text"),
        })
    }
}

/// The events among lines of JSON.
pub fn entries(lines: &[String]) -> Vec<Entry> {
    lines.iter().filter_map(|line| Entry::parse(line)).collect()
}

/// All of the lobby, as `history` on a host shows it.
pub fn history(lan: &Lan, host: &str) -> Vec<Entry> {
    let args = [
        "--relay",
        "10.77.0.1",
        "--timeout",
        "30",
        "history",
        "-r",
        "lobby",
        "-n",
        "100000",
        "--json",
    ];
    let output = lan.lanterm(host, &args);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    entries(&lines)
}

/// A log, a place in it, and the id of what stands there.
pub type Place = (String, u64, String);

fn place(row: &rusqlite::Row<'_>) -> rusqlite::Result<Place> {
    let seq: i64 = row.get(1)?;
    Ok((row.get(0)?, seq.unsigned_abs(), row.get(2)?))
}

/// The places of events.
pub fn places(log: &[Entry]) -> Vec<Place> {
    let places = log.iter();
    places
        .map(|entry| (entry.log.clone(), entry.seq, entry.id.clone()))
        .collect()
}

/// The lobby as it stands in a relay's database.
pub fn relay_store(path: &Path) -> Vec<Place> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = connection
        .prepare(
            "SELECT lower(hex(log)), seq, lower(hex(device)) || '-' || printf('%x', local)
             FROM events JOIN rooms ON rooms.id = room WHERE rooms.name = 'lobby' ORDER BY seq",
        )
        .unwrap();
    let rows = statement.query_map((), place).unwrap();
    rows.map(Result::unwrap).collect()
}

/// The lobby as a client has it, in the order of the log.
pub fn client_history(path: &Path) -> Vec<Place> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection
        .prepare(
            "SELECT lower(hex(log)), seq, lower(hex(device)) || '-' || printf('%x', local)
             FROM history WHERE room = 'lobby' ORDER BY log, seq",
        )
        .unwrap();
    let rows = statement.query_map((), place).unwrap();
    rows.map(Result::unwrap).collect()
}

/// The local ids in a client's outbox, in hexadecimal.
pub fn outbox(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection
        .prepare("SELECT printf('%x', local) FROM outbox ORDER BY id")
        .unwrap();
    let rows = statement.query_map((), |row| row.get(0));
    rows.unwrap().map(Result::unwrap).collect()
}

/// What is wrong with what a reader saw, which began after place `after`: a line for each gap,
/// repetition, and event that stands elsewhere in the log.
pub fn differences(reader: &str, seen: &[Entry], after: u64, log: &[Entry]) -> Vec<String> {
    let by_seq: BTreeMap<u64, &Entry> = log.iter().map(|entry| (entry.seq, entry)).collect();
    let mut wrong = Vec::new();
    let mut last = after;
    for entry in seen {
        if entry.seq != last + 1 {
            wrong.push(format!("{reader}: #{} after #{last}", entry.seq));
        }
        if by_seq.get(&entry.seq) != Some(&entry) {
            wrong.push(format!(
                "{reader}: #{} is not what the log has there",
                entry.seq
            ));
        }
        last = entry.seq;
    }
    let head = log.last().map_or(0, |entry| entry.seq);
    if last != head {
        wrong.push(format!("{reader}: ends at #{last}, the log at #{head}"));
    }
    wrong
}

/// Asserts that the log has each sender's texts once, in the order they were said, and nothing
/// twice.
pub fn assert_said_once(log: &[Entry], said: &[(&str, Vec<String>)]) {
    let mut seq = 0;
    let mut ids = BTreeSet::new();
    for entry in log {
        assert_eq!(entry.seq, seq + 1, "the log has a gap");
        assert!(ids.insert(&entry.id), "twice in the log: {entry:?}");
        seq = entry.seq;
    }
    for (sender, texts) in said {
        let found: Vec<&str> = log
            .iter()
            .filter(|entry| entry.kind == "message" && entry.from == *sender)
            .map(|entry| entry.text.as_str())
            .collect();
        assert_eq!(&found, texts, "what {sender} said");
    }
}

/// How often each user joined, by the log.
pub fn joins(log: &[Entry], name: &str) -> usize {
    log.iter()
        .filter(|entry| entry.kind == "join" && entry.from == name)
        .count()
}

/// The messages of the log, in its order.
pub fn texts(log: &[Entry]) -> Vec<String> {
    let messages = log.iter().filter(|entry| entry.kind == "message");
    messages.map(|entry| entry.text.clone()).collect()
}

/// The `count` texts a user says in a test, each of them a word.
pub fn words(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| word(name, number)).collect()
}

/// Text `number` of a user.
pub fn word(name: &str, number: usize) -> String {
    format!("{name}-{number:03}")
}

/// A message on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    /// Somebody else's.
    Plain,
    /// `…`
    Queued,
    /// `✗`
    Failed,
    /// `✓`
    Stored,
    /// `✓✓`
    Delivered,
}

/// The words, as [`word`] makes them, that a screen shows as messages, from top to bottom.
pub fn words_shown(screen: &str) -> Vec<(String, Shown)> {
    let lines = screen.lines().filter(|line| !line.starts_with("> "));
    lines
        .filter_map(|line| {
            // Beside the messages stand the members.
            let mut parts = line.split_whitespace();
            let text = parts.find(|part| is_word(part))?;
            let before = &line[..line.find(text)?];
            let shown = [
                ("✓✓", Shown::Delivered),
                ("✓", Shown::Stored),
                ("✗", Shown::Failed),
                ("…", Shown::Queued),
            ];
            let shown = shown.iter().find(|(mark, _)| before.contains(mark));
            Some((
                text.to_owned(),
                shown.map_or(Shown::Plain, |(_, shown)| *shown),
            ))
        })
        .collect()
}

fn is_word(text: &str) -> bool {
    let Some((name, number)) = text.rsplit_once('-') else {
        return false;
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase());
    is_name && number.len() >= 3 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The same without the marks.
pub fn texts_shown(terminal: &Terminal) -> Vec<String> {
    let shown = words_shown(&terminal.text()).into_iter();
    shown.map(|(text, _)| text).collect()
}
