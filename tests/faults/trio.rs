//! Three people at their screens, and one who writes down what a reader sees.

use std::time::{Duration, Instant};

use crate::common::ledger::{
    Entry, Shown, assert_said_once, differences, entries, history, joins, texts, texts_shown, word,
    words, words_shown,
};
use crate::common::waiting::eventually;
use crate::common::{Lan, Lines, PATIENCE, Terminal};

/// Where the relay is. Named, so that nobody hosts a room in its place, whose log would be another.
pub const RELAY: &str = "10.77.0.1";

/// Who sits at a screen.
pub const NAMES: [&str; 3] = ["ann", "ben", "cleo"];

/// "Within 2 s of the cause going away", with as much again and more for a debug build on a machine
/// that does other things as well. The time is printed.
pub const SOON: Duration = Duration::from_secs(10);

/// Rows enough for all that is said in one test.
pub const SIZE: (u16, u16) = (110, 150);

/// A relay, three screens and a reader.
pub struct Trio {
    /// The test's name, for what it prints.
    pub test: &'static str,
    pub screens: [Terminal; 3],
    /// How much each has said.
    pub said: [usize; 3],
    pub reader: Lines,
    pub read: Vec<String>,
    /// The number of the relay among the background programs.
    pub relay: usize,
    // Last, because what runs in it ends with it.
    pub lan: Lan,
}

impl Trio {
    /// Everyone in the lobby of a relay on the host "relay".
    pub fn new(test: &'static str) -> Self {
        let mut lan = Lan::simple(&["relay", "ann", "ben", "cleo", "reader"]);
        lan.relay("relay");
        Self::around(test, lan)
    }

    /// The same where the relay runs already, as the newest program.
    pub fn around(test: &'static str, lan: Lan) -> Self {
        let screens = |lan: &Lan| NAMES.map(|name| screen(lan, name));
        Self::with(test, lan, screens)
    }

    /// The same with screens of another kind.
    pub fn with(test: &'static str, mut lan: Lan, screens: impl Fn(&Lan) -> [Terminal; 3]) -> Self {
        let relay = lan.newest();
        let args = [
            "--relay",
            RELAY,
            "--timeout",
            "60",
            "--name",
            "reader",
            "tail",
            "--json",
            "--since",
            "0",
        ];
        let reader = lan.start("reader", &args);
        let screens = screens(&lan);
        for screen in &screens {
            for name in NAMES {
                screen.wait_for(&format!("● {name}"));
            }
        }
        Self {
            test,
            screens,
            said: [0; 3],
            reader,
            read: Vec::new(),
            relay,
            lan,
        }
    }

    /// Says the next thing of one of them, and waits until it stands on their own screen.
    pub fn say(&mut self, who: usize) -> String {
        let text = word(NAMES[who], self.said[who]);
        self.said[who] += 1;
        self.screens[who].say(&text);
        let screen = &self.screens[who];
        let is_shown = || texts_shown(screen).contains(&text);
        let what = || format!("{text} on the screen:\n{}", screen.filled());
        eventually(SOON, is_shown, what);
        text
    }

    /// Lets these talk in turn for a while, one message each `pause`; the longest that one took from
    /// the keys to their own screen.
    pub fn talk(&mut self, who: &[usize], time: Duration, pause: Duration) -> Duration {
        let start = Instant::now();
        let mut longest = Duration::ZERO;
        for turn in 0.. {
            let next = start + pause * turn;
            if next > start + time {
                break;
            }
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
            let typed = Instant::now();
            self.say(who[turn as usize % who.len()]);
            longest = longest.max(typed.elapsed());
        }
        std::thread::sleep((start + time).saturating_duration_since(Instant::now()));
        longest
    }

    /// How many messages of one's own a screen shows as not stored.
    pub fn queued(&self, who: usize) -> usize {
        let shown = words_shown(&self.screens[who].text()).into_iter();
        shown.filter(|(_, shown)| *shown == Shown::Queued).count()
    }

    /// Waits until everyone has seen everything and all of it is stored; how long it took since
    /// `start`.
    pub fn settle(&self, start: Instant) -> Duration {
        let total: usize = self.said.iter().sum();
        let is_settled = |screen: &Terminal| {
            let shown = words_shown(&screen.text());
            let is_unsure =
                |(_, shown): &(String, Shown)| matches!(shown, Shown::Queued | Shown::Failed);
            shown.len() >= total && !shown.iter().any(is_unsure)
        };
        let is_over = || self.screens.iter().all(is_settled);
        let what = || {
            let screens = self.screens.iter().map(Terminal::filled);
            format!(
                "{total} messages everywhere:\n{}",
                screens.collect::<String>()
            )
        };
        eventually(PATIENCE, is_over, what);
        start.elapsed()
    }

    /// What the reader has printed by now, oldest first.
    pub fn read(&mut self) -> &[String] {
        self.read.extend(self.reader.arrived());
        &self.read
    }

    /// Whether the reader was told that somebody is gone.
    pub fn was_told_gone(&mut self, name: &str) -> bool {
        let gone = format!(r#""name":"{name}","presence":"gone""#);
        self.read().iter().any(|line| line.contains(&gone))
    }

    /// Everything said stands once and in one order in the log, on every screen and with the reader,
    /// and everyone has joined once.
    pub fn check(&mut self) -> Vec<Entry> {
        let log = self.check_words();
        for (name, screen) in NAMES.iter().zip(&self.screens) {
            assert_eq!(texts_shown(screen), texts(&log), "on the screen of {name}");
        }
        log
    }

    /// The same but for other texts than those of the three, which are not looked for on the screens.
    pub fn check_words(&mut self) -> Vec<Entry> {
        let log = history(&self.lan, "reader");
        let said: Vec<(&str, Vec<String>)> = NAMES
            .iter()
            .zip(self.said)
            .map(|(name, count)| (*name, words(name, count)))
            .collect();
        assert_said_once(&log, &said);
        for name in NAMES {
            assert_eq!(joins(&log, name), 1, "{name} joined: {log:#?}");
        }
        let head = log.last().map_or(0, |entry| entry.seq);
        let start = Instant::now();
        while entries(self.read())
            .last()
            .is_none_or(|entry| entry.seq < head)
            && start.elapsed() < SOON
        {
            std::thread::sleep(Duration::from_millis(10));
        }
        let seen = entries(self.read());
        assert_eq!(differences("reader", &seen, 0, &log), [""; 0]);
        log
    }

    /// Prints a figure.
    pub fn report(&self, what: &str) {
        println!("{}: {what}", self.test);
    }
}

/// A screen on a host.
pub fn screen(lan: &Lan, host: &str) -> Terminal {
    screen_with(lan, host, "")
}

/// The same with more variables, as `env` takes them.
pub fn screen_with(lan: &Lan, host: &str, variables: &str) -> Terminal {
    // Not tmux's own child, which tmux would set going again when it is stopped.
    let args = format!("--relay {RELAY} --name {host}; :");
    lan.screen_with(host, SIZE, variables, &args)
}

/// A screen on a host that looks for a relay, and hosts the room when there is none.
pub fn seeking_screen(lan: &Lan, host: &str) -> Terminal {
    lan.screen(host, SIZE, &format!("--name {host}"))
}
