//! kill -9 again and again: of the relay, of senders, of readers, of screens. Nothing that was told
//! stored is lost, nothing is there twice, and everyone sees one order.
//!
//! `LANTERM_KILLLOOP` sets how many rounds there are, `LANTERM_KILLLOOP_LOSS` the percentage that
//! every host loses of what it gets, `LANTERM_SEED` the seed. `scripts/killloop` runs it in release.
#![cfg(target_os = "linux")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests of real processes use real time"
)]

#[path = "../common/mod.rs"]
mod common;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::process::ChildStdin;
use std::time::{Duration, Instant};

use common::ledger::{Entry, Shown, client_history, entries, history, outbox, word, words_shown};
use common::waiting::{eventually, seed};
use common::{Lan, Lines, PATIENCE, Terminal, can_make_lans};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde_json::Value;
use verdict::Verdict;

/// Rounds unless told otherwise: `cargo test` has other things to do as well.
const ROUNDS: u32 = 4;

/// Rounds at most: some 250 messages each, and `history` shows 100,000.
const ROUNDS_MAX: u32 = 300;

/// Those that write with `send -`, and how many messages a second each: 200 together with what is
/// typed.
const SENDERS: [&str; 3] = ["s1", "s2", "s3"];
const SENDER_RATE: u32 = 64;

/// Messages a second that are typed: as fast as tmux takes them without holding up the loop.
const TYPED_RATE: u32 = 8;

/// How often a screen is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// The shortest and the longest time between two kills.
const ROUND_MILLIS: std::ops::Range<u64> = 300..1_500;

/// The longest time a victim stays dead.
const DEAD_MILLIS_MAX: u64 = 500;

/// With a fixed relay nobody hosts a room in its place, whose log would be another.
const RELAY: &str = "10.77.0.1";

#[test]
fn whatever_is_killed_nothing_told_stored_is_lost_doubled_or_out_of_order() {
    if !can_make_lans() {
        return;
    }
    let rounds = number("LANTERM_KILLLOOP", ROUNDS);
    assert!(rounds <= ROUNDS_MAX, "more than history shows at once");
    let mut rng = ChaCha12Rng::seed_from_u64(seed("killloop"));
    let start = Instant::now();
    let mut field = Field::new();
    for _ in 0..rounds {
        field.chat(Duration::from_millis(rng.random_range(ROUND_MILLIS)));
        let dead = Duration::from_millis(rng.random_range(0..DEAD_MILLIS_MAX));
        match rng.random_range(0..100) {
            0..30 => field.kill_relay(dead),
            30..40 => field.kill_relay_and_typist(dead),
            40..65 => field.kill_sender(rng.random_range(0..SENDERS.len()), dead),
            65..75 => field.kill_reader(dead),
            75..90 => field.kill_typist(dead),
            _ => field.kill_watcher(dead),
        }
    }
    field.chat(Duration::from_secs(1));
    let verdict = field.finish();
    verdict.print(rounds, start.elapsed());
    assert!(verdict.wrong.is_empty(), "{:#?}", verdict.wrong);
}

/// What a variable says, or else this.
fn number(variable: &str, otherwise: u32) -> u32 {
    let given = std::env::var(variable).ok();
    given.map_or(otherwise, |given| given.parse().expect("a number"))
}

/// One run of `send -`.
struct Sender {
    index: usize,
    lines: Lines,
    /// Gone once there is nothing more to say.
    input: Option<ChildStdin>,
    /// The numbers of the texts it was given, in order.
    fed: Vec<usize>,
    /// What it said by now.
    said: Vec<String>,
}

/// One that writes, over all its runs.
struct Writer {
    host: &'static str,
    run: Sender,
    /// The number of its next text.
    next: usize,
}

/// One that reads with `tail`, over all its runs.
struct Reader {
    index: usize,
    lines: Lines,
    seen: Vec<Entry>,
}

/// A message its sender was told is stored.
struct Told {
    id: String,
    seq: u64,
    text: String,
}

#[derive(Default)]
struct Kills {
    relay: u32,
    sender: u32,
    reader: u32,
    typist: u32,
    watcher: u32,
}

/// Everyone there is.
struct Field {
    lan: Lan,
    relay: usize,
    writers: Vec<Writer>,
    /// Never killed.
    steady: Reader,
    /// Killed and resumed.
    resumed: Reader,
    /// A screen that is typed at.
    typist: Terminal,
    typed: usize,
    /// The furthest that each typed text was seen to get.
    shown: BTreeMap<String, Shown>,
    /// Local ids found in the outbox of a typist that was killed.
    left_behind: BTreeSet<String>,
    /// A screen that only shows.
    watcher: Terminal,
    told: Vec<Told>,
    kills: Kills,
    /// From a relay's being ready to the next message on a reader's output.
    back_after: Vec<Duration>,
    relay_ready_at: Option<Instant>,
    fed_until: Instant,
    typed_until: Instant,
    looked_at: Instant,
    wrong: Vec<String>,
}

impl Field {
    fn new() -> Self {
        let mut hosts = vec!["relay", "steady", "resumed", "typist", "watcher", "judge"];
        hosts.extend(SENDERS);
        let mut lan = Lan::simple(&hosts);
        lan.relay("relay");
        let relay = lan.newest();
        lan.lose(number("LANTERM_KILLLOOP_LOSS", 0));
        let steady = Reader::start(&mut lan, "steady", 0);
        let resumed = Reader::start(&mut lan, "resumed", 0);
        let [typist, watcher] = ["typist", "watcher"].map(|host| screen(&lan, host));
        typist.wait_for("● watcher");
        watcher.wait_for("● typist");
        let writers = SENDERS.map(|host| Writer {
            host,
            run: Sender::start(&mut lan, host),
            next: 0,
        });
        let now = Instant::now();
        Self {
            lan,
            relay,
            writers: writers.into(),
            steady,
            resumed,
            typist,
            typed: 0,
            shown: BTreeMap::new(),
            left_behind: BTreeSet::new(),
            watcher,
            told: Vec::new(),
            kills: Kills::default(),
            back_after: Vec::new(),
            relay_ready_at: None,
            fed_until: now,
            typed_until: now,
            looked_at: now,
            wrong: Vec::new(),
        }
    }

    /// Lets everyone talk for a while.
    fn chat(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let now = Instant::now();
            while self.fed_until < now {
                self.fed_until += Duration::from_secs(1) / SENDER_RATE;
                self.writers.iter_mut().for_each(Writer::feed);
            }
            if self.typed_until < now {
                self.typed_until = now + Duration::from_secs(1) / TYPED_RATE;
                self.typist.say(&word("typist", self.typed));
                self.typed += 1;
            }
            if self.looked_at + LOOK_EVERY < now {
                self.looked_at = now;
                self.look();
            }
            self.read();
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Takes in what readers have printed.
    fn read(&mut self) {
        self.resumed.read();
        let had = self.steady.seen.len();
        self.steady.read();
        let is_news = self.steady.seen[had..].iter().any(|e| e.kind == "message");
        if is_news && let Some(at) = self.relay_ready_at.take() {
            self.back_after.push(at.elapsed());
        }
    }

    /// Takes in what the typist's screen shows of its messages. What has no mark yet stands in the
    /// input: it is not in the outbox, and the screen does not say so.
    fn look(&mut self) {
        for (text, shown) in words_shown(&self.typist.text()) {
            if text.starts_with("typist-") && shown != Shown::Plain {
                let best = self.shown.entry(text).or_insert(shown);
                *best = shown.max(*best);
            }
        }
    }

    fn kill_relay(&mut self, dead: Duration) {
        self.kills.relay += 1;
        self.lan.kill(self.relay);
        self.chat(dead);
        self.start_relay();
    }

    fn start_relay(&mut self) {
        self.lan.relay("relay");
        self.relay = self.lan.newest();
        // What is read so far is no sign of the new one.
        self.read();
        self.relay_ready_at = Some(Instant::now());
    }

    /// What is typed while there is no relay stays in the outbox, and with it the screen is killed.
    fn kill_relay_and_typist(&mut self, dead: Duration) {
        self.kills.relay += 1;
        self.lan.kill(self.relay);
        self.chat(Duration::from_millis(500));
        self.kill_typist(dead);
        self.start_relay();
    }

    fn kill_sender(&mut self, number: usize, dead: Duration) {
        self.kills.sender += 1;
        let run = &self.writers[number].run;
        self.lan.kill(run.index);
        self.settle_sender(number);
        // Its texts are given to nobody meanwhile.
        self.chat(dead);
        let host = self.writers[number].host;
        self.writers[number].run = Sender::start(&mut self.lan, host);
    }

    /// Notes what a sender that has ended was told.
    fn settle_sender(&mut self, number: usize) {
        let run = &mut self.writers[number].run;
        run.said.extend(run.lines.rest());
        let host = self.writers[number].host;
        let run = &self.writers[number].run;
        for (line, text) in run.said.iter().zip(&run.fed) {
            let value: Value = serde_json::from_str(line).unwrap();
            if value["state"] == "stored" {
                self.told.push(Told {
                    id: value["id"].as_str().unwrap().to_owned(),
                    seq: value["seq"].as_u64().unwrap(),
                    text: word(host, *text),
                });
            } else {
                self.wrong.push(format!("{host} was refused: {line}"));
            }
        }
        self.writers[number].run.said.clear();
    }

    fn kill_reader(&mut self, dead: Duration) {
        self.kills.reader += 1;
        self.lan.kill(self.resumed.index);
        let rest = entries(&self.resumed.lines.rest());
        self.resumed.seen.extend(rest);
        let after = self.resumed.seen.last().map_or(0, |entry| entry.seq);
        self.chat(dead);
        let run = Reader::start(&mut self.lan, "resumed", after);
        (self.resumed.index, self.resumed.lines) = (run.index, run.lines);
    }

    fn kill_typist(&mut self, dead: Duration) {
        self.kills.typist += 1;
        self.look();
        self.lan.signal_screen("typist", "KILL");
        let left = outbox(&self.database("typist"));
        self.left_behind.extend(left);
        // Nobody types at a screen that is not there.
        self.typed_until = Instant::now() + dead + PATIENCE;
        self.chat(dead);
        self.typist = screen(&self.lan, "typist");
        self.typist.wait_for("> ");
        self.typist.wait_for("#lobby");
        self.typed_until = Instant::now();
    }

    fn kill_watcher(&mut self, dead: Duration) {
        self.kills.watcher += 1;
        self.lan.signal_screen("watcher", "KILL");
        self.chat(dead);
        self.watcher = screen(&self.lan, "watcher");
    }

    fn database(&self, host: &str) -> PathBuf {
        self.lan.home(host).join("client.db")
    }

    /// Lets everyone come to an end, and holds everything against everything.
    fn finish(mut self) -> Verdict {
        for number in 0..self.writers.len() {
            let host = self.writers[number].host;
            let run = &mut self.writers[number].run;
            run.input = None;
            let (index, fed) = (run.index, run.fed.len());
            if !self.lan.ended_well(index) {
                self.wrong.push(format!("{host} failed"));
            }
            let run = &mut self.writers[number].run;
            run.said.extend(run.lines.rest());
            if run.said.len() != fed {
                let said = run.said.len();
                self.wrong
                    .push(format!("{host} got {fed} texts and told of {said}"));
            }
            self.settle_sender(number);
        }
        let database = self.database("typist");
        let is_empty = || outbox(&database).is_empty();
        eventually(PATIENCE, is_empty, || "the outbox is empty".to_owned());
        let log = history(&self.lan, "judge");
        let head = log.last().map_or(0, |entry| entry.seq);
        for reader in [&mut self.steady, &mut self.resumed] {
            let mut is_done = || {
                reader.read();
                reader.seen.last().is_some_and(|entry| entry.seq >= head)
            };
            // What is missing is said below.
            let end = Instant::now() + PATIENCE;
            while !is_done() && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        for host in ["typist", "watcher"] {
            let path = self.database(host);
            let end = Instant::now() + PATIENCE;
            while client_history(&path)
                .last()
                .is_none_or(|(_, seq, _)| *seq < head)
                && Instant::now() < end
            {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        self.look();
        self.judge(&log)
    }
}

/// A screen on a host, tall enough to show some seconds.
fn screen(lan: &Lan, host: &str) -> Terminal {
    lan.screen(host, (100, 60), &format!("--relay {RELAY} --name {host}"))
}

impl Sender {
    fn start(lan: &mut Lan, host: &str) -> Self {
        let args = [
            "--relay",
            RELAY,
            "--timeout",
            "60",
            "--name",
            host,
            "send",
            "--json",
            "-",
        ];
        let (lines, input) = lan.start_fed(host, &args);
        Self {
            index: lan.newest(),
            lines,
            input: Some(input),
            fed: Vec::new(),
            said: Vec::new(),
        }
    }
}

impl Writer {
    /// Hands over its next text. One that is dead misses it.
    fn feed(&mut self) {
        let text = word(self.host, self.next);
        let is_fed = self
            .run
            .input
            .as_mut()
            .map(|input| writeln!(input, "{text}"));
        if matches!(is_fed, Some(Ok(()))) {
            self.run.fed.push(self.next);
        }
        self.next += 1;
        self.run.said.extend(self.run.lines.arrived());
    }
}

impl Reader {
    fn start(lan: &mut Lan, host: &str, after: u64) -> Self {
        let after = after.to_string();
        let args = [
            "--relay",
            RELAY,
            "--timeout",
            "60",
            "--name",
            host,
            "tail",
            "--json",
            "--since",
            &after,
        ];
        let lines = lan.start(host, &args);
        Self {
            index: lan.newest(),
            lines,
            seen: Vec::new(),
        }
    }

    fn read(&mut self) {
        self.seen.extend(entries(&self.lines.arrived()));
    }
}
