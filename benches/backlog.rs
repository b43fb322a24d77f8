//! A client that comes back after a hundred thousand messages, while others go on talking.
//!
//! The relay is the release program in a process of its own, on loopback. A client with a database
//! reads the lobby and leaves; then the messages are sent; then it comes back, and from that moment
//! another client says something ten times a second. Measured: until the client has it all, how long
//! what is said meanwhile takes to its screen, and the memory both sides hold.
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
use lanterm::wire::{Body, DeviceId, Follow, LocalId, RoomName, SafeText, Send, Seq};
use process::{RelayProcess, setup};
use tokio::sync::mpsc::Receiver;

/// Messages on their way at once while the backlog is made.
const UNSTORED_MAX: usize = 500;

/// Between two live messages.
const LIVE_PERIOD: Duration = Duration::from_millis(100);

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
    until(&mut reports, |update| {
        matches!(update, Update::Event { .. })
    })
    .await;
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
    let (backlog, mut delays, peaks) =
        come_back(relay, device, &mut reports, &writer, &mut written, last).await;
    delays.sort();
    println!("back with all of it after {:?}", backlog - start);
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
            Report::SendRefused { reason, .. } => panic!("{reason}"),
            _ => {}
        }
    }
    last
}

/// Until the reader has everything up to `last`: when that was, how long each message said meanwhile
/// took to be shown, and the most memory of relay and this process.
async fn come_back(
    relay: &RelayProcess,
    device: DeviceId,
    reports: &mut Receiver<Report>,
    writer: &ClientHandle,
    written: &mut Receiver<Report>,
    last: Seq,
) -> (Instant, Vec<Duration>, (u64, u64)) {
    let mut pace = tokio::time::interval(LIVE_PERIOD);
    let mut said: BTreeMap<LocalId, Instant> = BTreeMap::new();
    let mut delays = Vec::new();
    let mut next = 1 << 40;
    let mut peaks = (0, 0);
    loop {
        tokio::select! {
            _ = pace.tick() => {
                next += 1;
                said.insert(LocalId(next), clock::now());
                say(writer, next, "and this just now");
                let now = (resident_kib(relay.id()), resident_kib(std::process::id()));
                peaks = (now.0.max(peaks.0), now.1.max(peaks.1));
            }
            report = written.recv() => drop(report.unwrap()),
            report = reports.recv() => {
                if let Report::Update { update, .. } = report.unwrap()
                    && let Update::Event { event, .. } | Update::Ahead { event, .. } = update
                {
                    if event.device == device && let Some(at) = said.remove(&event.local) {
                        delays.push(clock::now() - at);
                    }
                    if event.seq == last {
                        return (clock::now(), delays, peaks);
                    }
                }
            }
        }
    }
}

fn say(handle: &ClientHandle, number: u64, text: &str) {
    let body = Body::Message(SafeText::new(text));
    let send = Send::new(LocalId(number), clock::wall(), body);
    handle.send(RoomName::lobby(), send);
}

async fn until(reports: &mut Receiver<Report>, is_it: impl Fn(&Update) -> bool) {
    loop {
        if let Report::Update { update, .. } = reports.recv().await.unwrap()
            && is_it(&update)
        {
            return;
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
