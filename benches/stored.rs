//! How long a sender waits for `✓`: fifty senders, a thousand messages a second, the real relay on
//! a real disk.
//!
//! The relay is the release program in a process of its own, on loopback; the senders are clients
//! in this process. The relay logs how long each commit took, so the wait is held against the disk
//! of the same run: a message that comes in during a commit waits for the rest of that one and for
//! its own.
//!
//! `LANTERM_BENCH_FOLDER` says where the relay keeps its store, `LANTERM_STORED_SECS` for how long is
//! sent.

#[path = "support/process.rs"]
mod process;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use lanterm::client::{Contact, Update};
use lanterm::io::client::{ClientHandle, Report};
use lanterm::io::clock;
use lanterm::time::Instant;
use lanterm::wire::{Body, Follow, LocalId, RoomName, SafeText, Send};
use process::{RelayProcess, setup};
use tokio::sync::mpsc;

const SENDERS: u32 = 50;

/// Messages a second, all senders together.
const RATE: u32 = 1_000;

/// What a message says: about what people write in a line.
const TEXT: &str = "the server in hall 2 is back, please try again and tell me if it works";

fn main() {
    let secs = std::env::var("LANTERM_STORED_SECS").map_or(10, |secs| secs.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let relay = RelayProcess::start();
    let mut waits = runtime.block_on(run(relay.address, Duration::from_secs(secs)));
    let mut commits = relay.end();
    waits.sort();
    commits.sort();
    println!(
        "{SENDERS} senders, {RATE} messages/s for {secs} s, {} stored",
        waits.len()
    );
    println!(
        "commits a second: {:.0}",
        commits.len() as f64 / secs as f64
    );
    let [commit, wait] = [("commit", &commits), ("stored", &waits)].map(|(what, times)| {
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(at);
        println!("{what}: median {p50:?}, p99 {p99:?}, longest {max:?}");
        (p50, p99)
    });
    println!(
        "p99 of stored: {:.1} median commits, {:.1} of the p99 of commits",
        wait.1.as_secs_f64() / commit.0.as_secs_f64(),
        wait.1.as_secs_f64() / commit.1.as_secs_f64(),
    );
}

/// Has all senders send, each in its turn, and returns how long each message waited.
async fn run(relay: SocketAddr, length: Duration) -> Vec<Duration> {
    let mut senders = Vec::new();
    for number in 0..SENDERS {
        senders.push(Sender::start(number, relay).await);
    }
    let tasks: Vec<_> = (0..)
        .zip(senders)
        .map(|(number, sender)| {
            let offset = Duration::from_secs(1) / RATE * number;
            tokio::spawn(sender.run(offset, length))
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.unwrap());
    }
    waits
}

struct Sender {
    handle: ClientHandle,
    reports: mpsc::Receiver<Report>,
    next: u64,
    sent: BTreeMap<LocalId, Instant>,
    waits: Vec<Duration>,
}

impl Sender {
    async fn start(number: u32, relay: SocketAddr) -> Self {
        let setup = setup(number, relay, None);
        let (handle, mut reports) = ClientHandle::start(setup).await.unwrap();
        handle.open(RoomName::lobby(), true, Follow::Nothing);
        loop {
            let report = reports.recv().await.unwrap();
            if let Report::Update { update, .. } = report {
                match update {
                    Update::Opened { .. } => break,
                    Update::Contact(Contact::Lost { reason }) => panic!("{reason}"),
                    _ => {}
                }
            }
        }
        Self {
            handle,
            reports,
            next: u64::from(number) << 32,
            sent: BTreeMap::new(),
            waits: Vec::new(),
        }
    }

    async fn run(mut self, offset: Duration, length: Duration) -> Vec<Duration> {
        tokio::time::sleep(offset).await;
        let mut pace = tokio::time::interval(Duration::from_secs(1) / RATE * SENDERS);
        let until = clock::now() + length;
        while clock::now() < until || !self.sent.is_empty() {
            tokio::select! {
                _ = pace.tick(), if clock::now() < until => self.send(),
                report = self.reports.recv() => self.heard(report.unwrap()),
            }
        }
        self.waits
    }

    fn send(&mut self) {
        let local = LocalId(self.next);
        self.next += 1;
        self.sent.insert(local, clock::now());
        let body = Body::Message(SafeText::new(TEXT));
        let send = Send::new(local, clock::wall(), body);
        self.handle.send(RoomName::lobby(), send);
    }

    fn heard(&mut self, report: Report) {
        match report {
            Report::Update {
                update: Update::Stored { local, .. },
                ..
            } => {
                if let Some(at) = self.sent.remove(&local) {
                    self.waits.push(clock::now() - at);
                }
            }
            Report::SendRefused { why, .. } => panic!("{why}"),
            _ => {}
        }
    }
}
