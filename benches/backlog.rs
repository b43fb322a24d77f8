//! A client that comes back after a hundred thousand messages, while others go on talking.
//!
//! The relay is the release program in a process of its own, on loopback. A client with a database
//! reads the lobby and leaves; then the messages are sent; then it comes back, and once it has the
//! room open another client says something ten times a second. Measured: until the client has it all, how long
//! what is said meanwhile takes to its screen, and the memory both sides hold. Every event is
//! counted: the run fails unless each of the messages comes once, in order, from where the client
//! stopped reading.
//!
//! `LANTERM_BACKLOG` says how many messages.

#[path = "support/process.rs"]
mod process;

use std::collections::BTreeMap;
use std::time::Duration;

use lanterm::client::Update;
use lanterm::io::client::{ClientHandle, Report};
use lanterm::io::clock;
use lanterm::time::Instant;
use lanterm::wire::{Body, DeviceId, Event, Follow, LocalId, RoomName, SafeText, Send, Seq};
use process::{RelayProcess, setup};
use tokio::sync::mpsc::Receiver;

/// Messages on their way at once while the backlog is made.
const UNSTORED_MAX: usize = 500;

/// Between two live messages.
const LIVE_PERIOD: Duration = Duration::from_millis(100);

/// Live messages are numbered from here on.
const LIVE: u64 = 1 << 40;

fn main() {
    let count = std::env::var("LANTERM_BACKLOG").map_or(100_000, |count| count.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let relay = RelayProcess::start();
    runtime.block_on(run(&relay, count));
    relay.end();
}

async fn run(relay: &RelayProcess, count: u64) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("client.db");
    let reader = setup(1, relay.address, Some(database.clone()));
    let (handle, mut reports) = ClientHandle::start(reader).await.unwrap();
    handle.open(RoomName::lobby(), true, Follow::Last(10));
    let read_to = first_event(&mut reports).await;
    // Its database has written the event before its process is gone.
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(reports);
    handle.shut_down().await;

    let writer = setup(2, relay.address, None);
    let device = writer.keys.device_id();
    let (writer, mut written) = ClientHandle::start(writer).await.unwrap();
    writer.open(RoomName::lobby(), true, Follow::Nothing);
    let start = clock::now();
    let last = write(&writer, &mut written, count).await;
    println!("{count} messages stored in {:?}", clock::now() - start);
    println!("relay: {} KiB", resident_kib(relay.id()));

    let before = resident_kib(std::process::id());
    let start = clock::now();
    let reader = setup(1, relay.address, Some(database));
    let (handle, mut reports) = ClientHandle::start(reader).await.unwrap();
    handle.open(RoomName::lobby(), true, Follow::Last(10));
    let mut back = Back::new(read_to, device);
    let (done_at, peaks) =
        come_back(relay, &mut back, &mut reports, &writer, &mut written, last).await;
    let passed = done_at.unwrap() - start;
    assert_eq!(back.messages, count, "each message came once");
    let mut delays = back.delays;
    delays.sort();
    println!(
        "back with all of it after {passed:?}: {} messages, each once, in order, from {}",
        back.messages,
        read_to.next()
    );
    println!(
        "{} live messages meanwhile: median {:?}, longest {:?}",
        delays.len(),
        delays.get(delays.len() / 2),
        delays.last()
    );
    println!(
        "at most: relay {} KiB, client {} KiB more than before",
        peaks.0,
        peaks.1 - before
    );
}

/// Sends so many messages; the place of the last.
async fn write(handle: &ClientHandle, reports: &mut Receiver<Report>, count: u64) -> Seq {
    let (mut sent, mut stored, mut last) = (0, 0, Seq(0));
    while stored < count {
        while sent < count && sent - stored < UNSTORED_MAX as u64 {
            sent += 1;
            let text = format!("message {sent} of what was said while you were away");
            say(handle, sent, &text);
        }
        match reports.recv().await.unwrap() {
            Report::Update {
                update: Update::Stored { seq, .. },
                ..
            } => {
                stored += 1;
                last = seq;
            }
            Report::SendRefused { why, .. } => panic!("{why}"),
            _ => {}
        }
    }
    last
}

/// What the client that comes back was shown.
struct Back {
    device: DeviceId,
    /// How far it has read.
    read_to: Seq,
    is_open: bool,
    /// Messages of the backlog that came.
    messages: u64,
    /// What was said meanwhile and is not shown yet.
    said: BTreeMap<LocalId, Instant>,
    /// How long it took to be shown.
    delays: Vec<Duration>,
}

impl Back {
    fn new(read_to: Seq, device: DeviceId) -> Self {
        Self {
            device,
            read_to,
            is_open: false,
            messages: 0,
            said: BTreeMap::new(),
            delays: Vec::new(),
        }
    }

    fn heard(&mut self, update: Update) {
        match update {
            Update::Opened { opened, .. } => {
                assert_eq!(opened.after, self.read_to, "it goes on where it stopped");
                self.is_open = true;
            }
            // From its own database.
            Update::Event { event, .. } if !self.is_open => assert!(event.seq <= self.read_to),
            Update::Event { event, .. } => {
                assert_eq!(event.seq, self.read_to.next(), "no gap, none twice");
                self.read_to = event.seq;
                let is_ours = event.device == self.device && event.local.0 < LIVE;
                if is_ours && matches!(event.body, Body::Message(_)) {
                    self.messages += 1;
                    assert_eq!(event.local, LocalId(self.messages), "in the order sent");
                }
                self.shown(&event);
            }
            Update::Ahead { event, .. } => self.shown(&event),
            _ => {}
        }
    }

    fn shown(&mut self, event: &Event) {
        if event.device == self.device
            && let Some(at) = self.said.remove(&event.local)
        {
            self.delays.push(clock::now() - at);
        }
    }
}

/// Until the reader has everything up to `last`, and what was said meanwhile: when it had the
/// former, and the most memory of relay and this process.
async fn come_back(
    relay: &RelayProcess,
    back: &mut Back,
    reports: &mut Receiver<Report>,
    writer: &ClientHandle,
    written: &mut Receiver<Report>,
    last: Seq,
) -> (Option<Instant>, (u64, u64)) {
    let mut pace = tokio::time::interval(LIVE_PERIOD);
    let mut next = LIVE;
    let mut peaks = (0, 0);
    let mut done_at = None;
    while done_at.is_none() || !back.said.is_empty() {
        tokio::select! {
            _ = pace.tick(), if back.is_open && done_at.is_none() => {
                next += 1;
                back.said.insert(LocalId(next), clock::now());
                say(writer, next, "and this just now");
                let now = (resident_kib(relay.id()), resident_kib(std::process::id()));
                peaks = (now.0.max(peaks.0), now.1.max(peaks.1));
            }
            report = written.recv() => drop(report.unwrap()),
            report = reports.recv() => {
                if let Report::Update { update, .. } = report.unwrap() {
                    back.heard(update);
                }
                if done_at.is_none() && back.read_to >= last {
                    done_at = Some(clock::now());
                }
            }
        }
    }
    (done_at, peaks)
}

fn say(handle: &ClientHandle, number: u64, text: &str) {
    let body = Body::Message(SafeText::new(text));
    let send = Send::new(LocalId(number), clock::wall(), body);
    handle.send(RoomName::lobby(), send);
}

/// The place of the first event that is shown.
async fn first_event(reports: &mut Receiver<Report>) -> Seq {
    loop {
        if let Report::Update { update, .. } = reports.recv().await.unwrap()
            && let Update::Event { event, .. } = update
        {
            return event.seq;
        }
    }
}

/// The memory a process holds.
fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let value = line.and_then(|line| line.split_whitespace().nth(1));
    value.unwrap().parse().unwrap()
}
