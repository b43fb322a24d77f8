//! A thousand members who do nothing, and the memory their relay takes.
#![cfg(target_os = "linux")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests of real processes use real time"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{LANTERM, resident_kib};
use lanterm::client::{Client, ClientConfig, Contact, KnownHashes, Update};
use lanterm::io::clock;
use lanterm::session::{KeyPair, OPEN_PSK, Path};
use lanterm::time;
use lanterm::wire::{
    Cleartext, ConnectionId, DatagramClass, Follow, Name, Presence, RecordHeader, RoomName,
    classify,
};

const MEMBERS: usize = 1_000;

/// Members behind one socket: few enough that its buffer holds what comes at once.
const MEMBERS_PER_SOCKET: usize = 50;

/// Members on their way in at once: as many as one thread that plays all of them keeps up with.
const ENTERING_MAX: usize = 32;

const MEMORY_KIB_MAX: u64 = 64 * 1024;

/// Longer than a debug build takes on a busy machine.
const ENTRY_MAX: Duration = Duration::from_secs(120);

const IDLE: Duration = Duration::from_secs(5);

#[test]
fn a_thousand_idle_members_fit_into_64_mib() {
    let relay = Relay::start();
    let before = resident_kib(relay.process.id());
    let start = Instant::now();
    let mut crowd = Crowd::new(relay.address);
    while !crowd.is_complete() {
        assert!(
            start.elapsed() < ENTRY_MAX,
            "{} of {MEMBERS} are in the room, {} are seen",
            crowd.opened.len(),
            crowd.seen.len()
        );
        crowd.turn();
    }
    let entered = start.elapsed();
    let after_entry = resident_kib(relay.process.id());
    let start = Instant::now();
    while start.elapsed() < IDLE {
        crowd.turn();
    }
    assert!(crowd.is_complete(), "everyone stays");
    let idle = resident_kib(relay.process.id());
    println!(
        "{before} KiB empty, {after_entry} KiB when {MEMBERS} have entered after {entered:?}, \
         {idle} KiB idle"
    );
    assert!(idle < MEMORY_KIB_MAX, "the relay holds {idle} KiB");
}

/// The real program, serving on loopback.
struct Relay {
    process: Child,
    address: SocketAddr,
    _home: tempfile::TempDir,
}

impl Relay {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut process = Command::new(LANTERM)
            .args(["relay", "--json", "--bind", "127.0.0.1", "--port", "0"])
            .args(["--iface", "lo", "--store", "memory"])
            .env("LANTERM_HOME", home.path())
            .env("LANGUAGE", "en")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut ready)
            .unwrap();
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        Self {
            process,
            address: ready["addr"][0].as_str().unwrap().parse().unwrap(),
            _home: home,
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All members, and what they have seen.
struct Crowd {
    path: Path,
    sockets: Vec<UdpSocket>,
    members: Vec<Client>,
    /// Who a session is of, by the name its client gave it.
    sessions: BTreeMap<ConnectionId, usize>,
    started: usize,
    opened: BTreeSet<usize>,
    /// Whom the first member sees.
    seen: BTreeSet<Name>,
}

impl Crowd {
    fn new(relay: SocketAddr) -> Self {
        let sockets = (0..MEMBERS / MEMBERS_PER_SOCKET).map(|_| {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        });
        let members = (0..MEMBERS).map(|number| {
            let mut seed = [1; 32];
            seed[..8].copy_from_slice(&number.to_le_bytes());
            let config = ClientConfig {
                name: format!("member-{number}").parse().unwrap(),
                keys: KeyPair::from_private(seed),
                visible: true,
                pins: Vec::new(),
                seed,
            };
            Client::new(clock::now(), config)
        });
        Self {
            path: Path {
                remote: relay,
                local: None,
            },
            sockets: sockets.collect(),
            members: members.collect(),
            sessions: BTreeMap::new(),
            started: 0,
            opened: BTreeSet::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Whether everyone is in the room, and the first knows it.
    fn is_complete(&self) -> bool {
        self.opened.len() == MEMBERS && self.seen.len() == MEMBERS
    }

    /// Does what there is to do, or waits a moment.
    fn turn(&mut self) {
        let now = clock::now();
        let mut busy: BTreeSet<usize> = self.start_some(now).collect();
        self.receive(now, &mut busy);
        for (number, member) in self.members.iter_mut().enumerate() {
            if member.poll_timeout().is_some_and(|at| at <= now) {
                member.handle_timeout(now);
                busy.insert(number);
            }
        }
        for number in &busy {
            self.drain(now, *number);
        }
        if busy.is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn start_some(&mut self, now: time::Instant) -> std::ops::Range<usize> {
        let first = self.started;
        self.started = MEMBERS.min(self.opened.len() + ENTERING_MAX).max(first);
        for member in &mut self.members[first..self.started] {
            member.open(
                now,
                RoomName::lobby(),
                false,
                Follow::Last(0),
                KnownHashes::default(),
            );
            member.dial(now, self.path, OPEN_PSK);
        }
        first..self.started
    }

    fn receive(&mut self, now: time::Instant, busy: &mut BTreeSet<usize>) {
        let mut buffer = [0; 2048];
        for socket in &self.sockets {
            while let Ok((length, _)) = socket.recv_from(&mut buffer) {
                let datagram = &mut buffer[..length];
                let number = addressee(datagram).and_then(|id| self.sessions.get(&id));
                let Some(number) = number.copied() else {
                    continue;
                };
                self.members[number].handle_datagram(now, self.path, datagram);
                busy.insert(number);
            }
        }
    }

    fn drain(&mut self, now: time::Instant, number: usize) {
        let member = &mut self.members[number];
        while let Some(update) = member.poll_update() {
            match update {
                Update::Opened { .. } => {
                    self.opened.insert(number);
                }
                Update::Members { members, .. } if number == 0 => {
                    for member in members {
                        match member.presence {
                            Presence::Gone => self.seen.remove(&member.name),
                            Presence::Here | Presence::Idle | Presence::Away => {
                                self.seen.insert(member.name)
                            }
                        };
                    }
                }
                Update::Contact(Contact::Lost { reason }) => {
                    println!("member {number}: {reason}");
                    self.opened.remove(&number);
                }
                _ => {}
            }
        }
        while member.poll_pin().is_some() {}
        let mut datagram = Vec::new();
        while member.poll_transmit(now, &mut datagram).is_some() {
            if let Ok(Cleartext::Hello(hello)) = Cleartext::decode(&datagram) {
                self.sessions.insert(hello.client, number);
            }
            // A full buffer is loss, which the link deals with.
            let socket = &self.sockets[number / MEMBERS_PER_SOCKET];
            let _ = socket.send_to(&datagram, self.path.remote);
            datagram.clear();
        }
    }
}

/// The session that a datagram of the relay belongs to.
fn addressee(datagram: &[u8]) -> Option<ConnectionId> {
    if classify(datagram) == DatagramClass::Record {
        return RecordHeader::decode(datagram)
            .ok()
            .map(|header| header.connection);
    }
    match Cleartext::decode(datagram).ok()? {
        Cleartext::Retry { client, .. }
        | Cleartext::Response { client, .. }
        | Cleartext::Unsupported { client, .. } => Some(client),
        _ => None,
    }
}
