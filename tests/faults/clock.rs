//! The wall clock jumps, ten years either way, under a relay or a client that runs.
//!
//! A library of a few lines stands between the program and the wall clock, and leaves the clock alone
//! that counts up and that all timers go by. (libfaketime moves timerfds as well, whatever clock they
//! are of.)

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{LANTERM, Lan, can_make_lans};
use crate::together::outcome;
use crate::trio::{NAMES, Trio, screen, screen_with};

/// Longer than a silent session lives, so that timers that went by the wall clock would show.
const BETWEEN: Duration = Duration::from_secs(16);

/// "The usual time" for one message, with much to spare: it is milliseconds.
const USUAL: Duration = Duration::from_secs(2);

#[test]
fn ten_years_at_the_relay() {
    outcome("clock::ten_years_at_the_relay");
}

#[test]
fn ten_years_at_a_client() {
    outcome("clock::ten_years_at_a_client");
}

/// Ten years, in seconds.
const TEN_YEARS: i64 = 3_653 * 86_400;

/// A wall clock that can be set.
struct Clock {
    folder: tempfile::TempDir,
}

impl Clock {
    /// `None` where there is no C compiler; says so.
    fn new() -> Option<Self> {
        let clock = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/wall_clock.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-Wall", "-Werror", "-O1", source, "-o"])
            .arg(clock.library())
            .status();
        if let Ok(status) = compiled {
            assert!(status.success(), "the clock does not compile");
            clock.set(0);
            return Some(clock);
        }
        assert!(
            std::env::var_os("LANTERM_REQUIRE_LAN").is_none(),
            "needs a C compiler"
        );
        eprintln!("skipped: needs a C compiler");
        None
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("wall_clock.so")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }

    /// Sets it to now and so many seconds.
    fn set(&self, offset: i64) {
        // Put there whole: it is read at any time.
        let new = self.folder.path().join("new");
        fs::write(&new, format!("{offset}\n")).unwrap();
        fs::rename(new, self.file()).unwrap();
    }

    /// What a program needs to go by it.
    fn variables(&self) -> [String; 2] {
        [
            format!("LD_PRELOAD={}", self.library().display()),
            format!("WALL_CLOCK_FILE={}", self.file().display()),
        ]
    }
}

pub fn at_relay() {
    if !can_make_lans() {
        return;
    }
    let Some(clock) = Clock::new() else { return };
    let mut lan = Lan::simple(&["relay", "ann", "ben", "cleo", "reader"]);
    start_relay(&mut lan, &clock);
    let mut trio = Trio::around("clock of the relay", lan);
    jump(&mut trio, &clock);
    assert_eq!(years(&mut trio, "stored_at").len(), 3, "the clock did jump");
    // Back in time, and started again there.
    clock.set(-TEN_YEARS);
    trio.lan.kill(trio.relay);
    start_relay(&mut trio.lan, &clock);
    trio.say(0);
    trio.settle(Instant::now());
    trio.check();
}

fn start_relay(lan: &mut Lan, clock: &Clock) {
    let mut args: Vec<String> = clock.variables().into();
    args.extend([LANTERM, "relay", "--json"].map(str::to_owned));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let lines = lan.start_program("relay", "env", &args);
    lines.until(r#""type":"ready""#);
}

pub fn at_client() {
    if !can_make_lans() {
        return;
    }
    let Some(clock) = Clock::new() else { return };
    let mut lan = Lan::simple(&["relay", "ann", "ben", "cleo", "reader"]);
    lan.relay("relay");
    let variables = clock.variables().join(" ");
    let mut trio = Trio::with("clock of a client", lan, |lan| {
        NAMES.map(|name| match name {
            "ben" => screen_with(lan, name, &variables),
            _ => screen(lan, name),
        })
    });
    jump(&mut trio, &clock);
    assert_eq!(years(&mut trio, "sent_at").len(), 3, "the clock did jump");
}

/// Sets the clock back and forth while everyone talks.
fn jump(trio: &mut Trio, clock: &Clock) {
    let mut longest = Duration::ZERO;
    for offset in [0, -TEN_YEARS, TEN_YEARS, 0] {
        clock.set(offset);
        let start = Instant::now();
        while start.elapsed() < BETWEEN {
            for who in 0..3 {
                trio.say(who);
            }
            let time = trio.settle(Instant::now());
            longest = longest.max(time);
            std::thread::sleep(Duration::from_secs(4));
        }
    }
    trio.report(&format!("longest way of a message {longest:?}"));
    assert!(longest < USUAL, "{longest:?}");
    trio.check();
    for name in NAMES {
        assert!(!trio.was_told_gone(name), "{name}: {:#?}", trio.read);
    }
}

/// The years the reader saw in a field of time.
fn years(trio: &mut Trio, field: &str) -> BTreeSet<String> {
    let lines = trio.read().iter();
    let values = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    values
        .filter_map(|value| Some(value[field].as_str()?[..4].to_owned()))
        .collect()
}
