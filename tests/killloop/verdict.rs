//! What came out of it all, in figures and in words.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::common::ledger::{Entry, Shown, client_history, differences, places, relay_store};
use crate::{Field, Kills};

/// What the screens need not have of the log: who was there before they came.
const JOINS_BEFORE_MAX: usize = 8;

impl Field {
    /// Holds everything against the log.
    pub fn judge(mut self, log: &[Entry]) -> Verdict {
        let mut verdict = Verdict {
            kills: std::mem::take(&mut self.kills),
            messages: log.iter().filter(|entry| entry.kind == "message").count(),
            told: self.told.len(),
            back_after: std::mem::take(&mut self.back_after),
            ..Verdict::default()
        };
        verdict.wrong = std::mem::take(&mut self.wrong);
        let by_id: BTreeMap<&str, &Entry> = log.iter().map(|e| (e.id.as_str(), e)).collect();
        for told in &self.told {
            let is_there = by_id
                .get(told.id.as_str())
                .is_some_and(|entry| entry.seq == told.seq && entry.text == told.text);
            if !is_there {
                verdict.lose(format!("{} {} at #{}", told.text, told.id, told.seq));
            }
        }
        let texts: BTreeSet<&str> = log.iter().map(|entry| entry.text.as_str()).collect();
        for (text, shown) in &self.shown {
            verdict.told += usize::from(*shown >= Shown::Stored);
            if *shown == Shown::Failed {
                verdict.wrong.push(format!("{text} was refused"));
            } else if !texts.contains(text.as_str()) {
                verdict.lose(format!("{text}, shown as {shown:?}"));
            }
        }
        verdict.left_behind = self.left_behind.len();
        for local in &self.left_behind {
            let end = format!("-{local}");
            let ids = by_id.keys().filter(|id| id.ends_with(&end));
            if ids.count() != 1 {
                verdict.lose(format!("{local}, which was in an outbox"));
            }
        }
        verdict.count_doubles(log);
        verdict.check_senders(log);
        let store = relay_store(&self.lan.home("relay").join("relay.db"));
        let places = places(log);
        // The one who asked for the history may have come and gone since.
        let store_head: Vec<_> = store.iter().take(places.len()).cloned().collect();
        if store_head != places {
            verdict.differ("the database is not what history shows".to_owned());
        }
        for (name, reader) in [("steady", &self.steady), ("resumed", &self.resumed)] {
            for line in differences(name, &reader.seen, 0, log) {
                verdict.differ(line);
            }
        }
        for host in ["typist", "watcher"] {
            let seen = client_history(&self.database(host));
            let first = places.iter().position(|place| Some(place) == seen.first());
            let wanted = first.filter(|first| *first <= JOINS_BEFORE_MAX);
            let wanted = &places[wanted.unwrap_or(0)..];
            if seen != wanted {
                let at = seen
                    .iter()
                    .zip(wanted)
                    .position(|(seen, wanted)| seen != wanted);
                let at = at.unwrap_or(seen.len().min(wanted.len()));
                let (seen, wanted) = (seen.get(at), wanted.get(at));
                verdict.differ(format!("{host} has {seen:?} where the log has {wanted:?}"));
            }
        }
        verdict
    }
}

/// What came out.
#[derive(Default)]
pub struct Verdict {
    kills: Kills,
    messages: usize,
    told: usize,
    left_behind: usize,
    lost: usize,
    doubled: usize,
    out_of_order: usize,
    differing: usize,
    back_after: Vec<Duration>,
    /// All that is not as promised, a line each.
    pub wrong: Vec<String>,
}

impl Verdict {
    fn lose(&mut self, what: String) {
        self.lost += 1;
        self.wrong.push(format!("lost: {what}"));
    }

    fn differ(&mut self, what: String) {
        self.differing += 1;
        self.wrong.push(what);
    }

    fn count_doubles(&mut self, log: &[Entry]) {
        let mut ids = BTreeSet::new();
        let mut texts = BTreeSet::new();
        let mut seq = 0;
        for entry in log {
            let is_said_again = entry.kind == "message" && !texts.insert(&entry.text);
            if !ids.insert(&entry.id) || is_said_again {
                self.doubled += 1;
                self.wrong.push(format!("twice: {entry:?}"));
            }
            if entry.seq != seq + 1 {
                self.differ(format!("the log has #{} after #{seq}", entry.seq));
            }
            seq = entry.seq;
        }
    }

    /// Each sender counts up.
    fn check_senders(&mut self, log: &[Entry]) {
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in log.iter().filter(|entry| entry.kind == "message") {
            let (_, number) = entry.text.rsplit_once('-').unwrap();
            let number = number.parse().unwrap();
            let before = last.insert(&entry.from, number);
            if before.is_some_and(|before| before >= number) {
                self.out_of_order += 1;
                self.wrong.push(format!("{before:?} before {entry:?}"));
            }
        }
    }

    /// Prints the figures as a table.
    pub fn print(&self, rounds: u32, time: Duration) {
        let kills = &self.kills;
        let mut back = self.back_after.clone();
        back.sort();
        let millis = |time: Option<&Duration>| {
            time.map_or("-".to_owned(), |time| format!("{} ms", time.as_millis()))
        };
        let kinds = format!(
            "relay {}, senders {}, reader {}, writing screen {}, reading screen {}",
            kills.relay, kills.sender, kills.reader, kills.typist, kills.watcher
        );
        println!("| what | |\n|---|--:|");
        for (what, value) in [
            ("rounds", rounds.to_string()),
            ("killed", kinds),
            ("messages in the log", self.messages.to_string()),
            ("told stored", self.told.to_string()),
            (
                "found in the outbox of a killed screen",
                self.left_behind.to_string(),
            ),
            ("lost", self.lost.to_string()),
            ("doubled", self.doubled.to_string()),
            ("out of order", self.out_of_order.to_string()),
            ("orders that differ", self.differing.to_string()),
            (
                "next message after a new relay, median",
                millis(back.get(back.len() / 2)),
            ),
            ("the same, longest", millis(back.last())),
            ("time", format!("{} s", time.as_secs())),
        ] {
            println!("| {what} | {value} |");
        }
    }
}
