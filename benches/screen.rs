//! The screen as fingers and eyes have it: the release program on a terminal of its own.
//!
//! A relay serves a lobby of a million messages, all of which are in the client's own history, too.
//! `lanterm` is started on a pseudo-terminal of 120 by 40, and its output is read as a terminal
//! would. Measured: from the key written to the character on the screen, with nothing else going on
//! and with 200 messages a second arriving; the processor's time meanwhile; and what the program
//! holds in memory. The same with an empty history, in the same run, says what the million costs.
//!
//! `LANTERM_MESSAGES` says how many messages.

#![expect(
    clippy::disallowed_methods,
    reason = "what a terminal sees is measured by the clock on the wall"
)]

#[cfg(target_os = "linux")]
#[path = "support/process.rs"]
mod process;

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("measures on Linux only");
}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::net::SocketAddr;
    use std::num::NonZero;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
    use std::time::{Duration, Instant};

    use lanterm::client::Update;
    use lanterm::io::client::{ClientHandle, Report};
    use lanterm::io::clock;
    use lanterm::room::hash_after;
    use lanterm::room::log::{Append, LogReply, LogRequest};
    use lanterm::store::RelayStore;
    use lanterm::store::client_store::{ClientStore, Received};
    use lanterm::wire::{
        Body, DeviceId, Event, Follow, LocalId, LogHash, LogId, Ordinal, RoomName, SafeText, Send,
        Seq, Timestamp,
    };
    use nix::pty::{Winsize, openpty};

    use crate::process::{RelayProcess, folder, setup};

    const COLUMNS: u16 = 120;
    const ROWS: u16 = 40;

    /// Keys pressed for one figure.
    const KEYS: usize = 200;

    /// Between two keys: a fast typist's.
    const KEY_GAP: Duration = Duration::from_millis(50);

    /// Messages a second in a busy room.
    const RATE: u32 = 200;

    /// How long the processor's time is measured while nothing happens.
    const IDLE: Duration = Duration::from_secs(10);

    pub fn main() {
        let count = std::env::var("LANTERM_MESSAGES");
        let count = count.map_or(1_000_000, |count| count.parse().unwrap());
        println!("| history | | key to screen, median | 99 % | longest | processor | memory |");
        println!("|--:|---|--:|--:|--:|--:|--:|");
        for count in [0, count] {
            let home = folder();
            let store = folder();
            fill(store.path(), home.path(), count);
            let relay = RelayProcess::start_in(store);
            measure(&relay, home.path(), count);
            relay.end();
        }
    }

    /// Puts so many messages into a relay's store and into a client's history.
    fn fill(relay: &Path, client: &Path, count: u64) {
        let mut store = RelayStore::open(&relay.join("relay.db")).unwrap();
        let mut history = ClientStore::open(&client.join("client.db")).unwrap();
        let (room, log) = (RoomName::lobby(), LogId([7; 8]));
        let first = Append::Room {
            room: room.clone(),
            log,
        };
        append(&mut store, vec![first]);
        let mut hash = LogHash::EMPTY;
        let numbers: Vec<u64> = (1..=count).collect();
        for batch in numbers.chunks(250) {
            let mut appends = Vec::new();
            let mut received = Vec::new();
            for seq in batch {
                let event = message(*seq);
                hash = hash_after(hash, &event);
                appends.push(Append::Event {
                    room: room.clone(),
                    hash,
                    event: event.clone(),
                });
                received.push(Received {
                    room: room.clone(),
                    log,
                    event,
                    hash,
                    received_at: Timestamp(0),
                });
            }
            append(&mut store, appends);
            history.record(&received).unwrap();
        }
    }

    fn append(store: &mut RelayStore, appends: Vec<Append>) {
        let replies = store.handle(vec![LogRequest::Append(appends)], || Timestamp(0));
        let is_stored = matches!(replies[..], [LogReply::Appended { .. }]);
        assert!(is_stored, "{replies:?}");
    }

    fn message(seq: u64) -> Event {
        let text =
            format!("message {seq} of a long talk, with `code` and **more**, as people write");
        Event {
            seq: Seq(seq),
            device: DeviceId((seq % 20).to_be_bytes()),
            local: LocalId(seq),
            ordinal: Ordinal::NONE,
            from: format!("user{}", seq % 20).parse().unwrap(),
            sent_at: Timestamp(i64::try_from(seq).unwrap() * 1_000_000),
            stored_after: 0,
            body: Body::Message(SafeText::new(&text)),
        }
    }

    fn measure(relay: &RelayProcess, home: &Path, count: u64) {
        let mut screen = Screen::start(home, &relay.address.to_string());
        screen.wait_for("#lobby");
        screen.drain(Duration::from_secs(3));

        let before = screen.processor_time();
        screen.drain(IDLE);
        let idle = screen.processor_time().saturating_sub(before);
        println!(
            "| {count} | idle | | | | {} | {} |",
            share(idle, IDLE),
            screen.memory()
        );

        row(count, "quiet", &mut screen);

        let address = relay.address;
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let talk = std::thread::spawn(move || block_on(talk(address, stopped)));
        screen.wait_for("live message");
        row(count, "200 messages/s", &mut screen);
        stop.send(()).unwrap();
        talk.join().unwrap();
    }

    fn block_on(task: impl Future) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(task);
    }

    /// Has somebody say something so many times a second.
    async fn talk(relay: SocketAddr, mut stopped: tokio::sync::oneshot::Receiver<()>) {
        let (writer, mut reports) = ClientHandle::start(setup(2, relay, None)).await.unwrap();
        writer.open(RoomName::lobby(), true, Follow::Nothing);
        let mut pace = tokio::time::interval(Duration::from_secs(1) / RATE);
        let mut number = 0;
        loop {
            tokio::select! {
                _ = &mut stopped => return,
                _ = pace.tick() => {
                    number += 1;
                    let text = format!("live message {number}, as people write");
                    let body = Body::Message(SafeText::new(&text));
                    let send = Send::new(LocalId(1 << 40 | number), clock::wall(), body);
                    writer.send(RoomName::lobby(), send);
                }
                report = reports.recv() => {
                    let update = match report.unwrap() {
                        Report::Update { update, .. } => update,
                        _ => continue,
                    };
                    assert!(!matches!(update, Update::NotStored { .. }), "{update:?}");
                }
            }
        }
    }

    /// Presses keys and prints what came of it.
    fn row(count: u64, what: &str, screen: &mut Screen) {
        let start = Instant::now();
        let before = screen.processor_time();
        let mut times: Vec<Duration> = (0..KEYS).map(|key| screen.press(key)).collect();
        let busy = screen.processor_time().saturating_sub(before);
        let passed = start.elapsed();
        times.sort();
        let at = |share: usize| millis(times[(times.len() - 1) * share / 100]);
        println!(
            "| {count} | {what} | {} | {} | {} | {} | {} |",
            at(50),
            at(99),
            at(100),
            share(busy, passed),
            screen.memory()
        );
    }

    fn cells(count: u16) -> NonZero<u16> {
        NonZero::new(count).unwrap()
    }

    fn millis(time: Duration) -> String {
        format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
    }

    fn share(part: Duration, of: Duration) -> String {
        format!("{:.1} %", part.as_secs_f64() / of.as_secs_f64() * 100.0)
    }

    /// The program on its terminal.
    struct Screen {
        process: Child,
        keys: File,
        output: Receiver<(Instant, Vec<u8>)>,
        shown: vt100::Parser,
        typed: String,
    }

    impl Screen {
        fn start(home: &Path, relay: &str) -> Self {
            let size = Winsize {
                ws_row: ROWS,
                ws_col: COLUMNS,
                ws_xpixel: 0,
                ws_ypixel: 0,
            };
            let pty = openpty(&size, None).unwrap();
            let end = || Stdio::from(pty.slave.try_clone().unwrap());
            let process = Command::new(env!("CARGO_BIN_EXE_lanterm"))
                .args(["--name", "ann", "--relay", relay])
                .env("LANTERM_HOME", home)
                .env("TERM", "xterm-256color")
                .env("LANG", "C.UTF-8")
                .env_remove("TMUX")
                .stdin(end())
                .stdout(end())
                .stderr(end())
                .spawn()
                .unwrap();
            drop(pty.slave);
            let keys = File::from(pty.master);
            let mut reader = keys.try_clone().unwrap();
            let (sender, output) = channel();
            std::thread::spawn(move || {
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(count @ 1..) = reader.read(&mut buffer) {
                    let piece = (Instant::now(), buffer[..count].to_vec());
                    if sender.send(piece).is_err() {
                        return;
                    }
                }
            });
            Self {
                process,
                keys,
                output,
                shown: vt100::Parser::new(cells(ROWS), cells(COLUMNS), 0),
                typed: String::new(),
            }
        }

        /// Takes in what is written next; when that was, unless nothing comes in time.
        fn take(&mut self, wait: Duration) -> Option<Instant> {
            match self.output.recv_timeout(wait) {
                Ok((at, bytes)) => {
                    self.shown.process(&bytes);
                    Some(at)
                }
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => panic!("the program ended"),
            }
        }

        fn drain(&mut self, time: Duration) {
            let until = Instant::now() + time;
            while let Some(left) = until.checked_duration_since(Instant::now()) {
                self.take(left);
            }
        }

        fn wait_for(&mut self, text: &str) {
            let until = Instant::now() + Duration::from_secs(60);
            while !self.shown.screen().contents().contains(text) {
                assert!(Instant::now() < until, "{}", self.shown.screen().contents());
                self.take(Duration::from_millis(100));
            }
        }

        /// Types another letter; how long it took to be in the input line.
        fn press(&mut self, number: usize) -> Duration {
            self.drain(KEY_GAP);
            if self.typed.len() >= 60 {
                // Ctrl-U empties the line.
                self.keys.write_all(&[0x15]).unwrap();
                self.typed.clear();
                self.drain(KEY_GAP);
            }
            let letter = b'a' + u8::try_from(number % 26).unwrap();
            self.typed.push(char::from(letter));
            let expected = format!("> {}", self.typed);
            let start = Instant::now();
            self.keys.write_all(&[letter]).unwrap();
            loop {
                let at = self.take(Duration::from_secs(5)).expect("the key is drawn");
                let mut rows = self.shown.screen().rows(0, COLUMNS);
                if rows.any(|row| row.trim_end() == expected) {
                    return at.saturating_duration_since(start);
                }
            }
        }

        /// The time the processor has spent on the program.
        fn processor_time(&self) -> Duration {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()));
            let stat = stat.unwrap();
            let (_, fields) = stat.rsplit_once(')').unwrap();
            let ticks = fields.split_whitespace().skip(11).take(2);
            let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
            // A tick is 10 ms on every Linux that matters here (USER_HZ).
            Duration::from_millis(ticks * 10)
        }

        fn memory(&self) -> String {
            let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
            let status = status.unwrap();
            let line = status.lines().find(|line| line.starts_with("VmRSS:"));
            let kib: u64 = line
                .and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
                .unwrap();
            format!("{} MB", kib * 1024 / 1_000_000)
        }
    }

    impl Drop for Screen {
        fn drop(&mut self) {
            // An error means that it is gone.
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
