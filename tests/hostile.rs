//! A chat goes on under a flood of bytes that mean harm: random, cut short, and flipped.
//!
//! `LANTERM_HOSTILE` sets how many datagrams the flood has.
#![cfg(target_os = "linux")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests of real processes use real time"
)]

mod common;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::{LANTERM, Lan, can_make_lans, resident_kib};
use lanterm::wire::{
    Announcement, Beacon, Cleartext, ConnectionId, Cookie, DATAGRAM_BYTES_MAX, DISCOVERY_PORT,
    Hello, Init, Probe, RELAY_PORT, RecordHeader, RelayId, RelayKind,
};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde_json::Value;

/// What the flood has unless told otherwise.
const COUNT: u64 = 60_000;

/// What a process may grow by under the flood: a handful of full buffers, and nothing that
/// depends on how long it lasts.
const GROWTH_KIB_MAX: u64 = 8 * 1024;

/// Datagrams without a pause in between.
const BURST: u64 = 64;

/// The pause after them: what a debug build keeps up with, or a release build.
const PAUSE: Duration = match cfg!(debug_assertions) {
    true => Duration::from_millis(8),
    false => Duration::from_millis(2),
};

/// Addresses that the flood comes from.
const SOURCES: [&str; 4] = ["10.77.0.4", "10.77.0.101", "10.77.0.102", "10.77.0.103"];

#[test]
fn a_chat_goes_on_under_a_flood() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::simple(&["relay", "ann", "ben", "mallory"]);
    for source in &SOURCES[1..] {
        let address = format!("{source}/24");
        lan.ip("mallory", &["address", "add", &address, "dev", "eth0"]);
    }
    let folder = tempfile::tempdir().unwrap();
    let complaints = ["relay", "ben"].map(|name| folder.path().join(name));
    let [relay_stderr, ben_stderr] = complaints
        .each_ref()
        .map(|path| File::create(path).unwrap());
    lan.start_complaining("relay", &["relay", "--json"], relay_stderr.into())
        .until(r#""type":"ready""#);
    let tail = ["--timeout", "60", "--name", "ben", "tail", "--json"];
    let reader = lan.start_complaining("ben", &tail, ben_stderr.into());
    reader.until(r#""type":"join""#);
    let processes = [lan.process(0), lan.process(1)];

    let mut sender = lan
        .command(
            "ann",
            LANTERM,
            &[
                "--timeout",
                "60",
                "--name",
                "ann",
                "send",
                "--rate",
                "200",
                "-",
            ],
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = sender.stdin.take().unwrap();
    let mut said = 0;
    let mut say = || {
        writeln!(input, "{said}").unwrap();
        said += 1;
        std::thread::sleep(Duration::from_millis(10));
    };
    for _ in 0..20 {
        say();
    }
    let memory_before = processes.map(resident_kib);
    let received_before = processes.map(received_datagrams);
    let start = Instant::now();
    let ports = targets(processes);
    let mut flood = start_flood(&lan, &ports);
    let flooded = loop {
        say();
        if let Some(status) = flood.try_wait().unwrap() {
            break status;
        }
    };
    assert!(flooded.success());
    let lasted = start.elapsed();
    for _ in 0..20 {
        say();
    }
    drop(input);
    assert!(sender.wait().unwrap().success());

    let mut next = 0;
    while next < said {
        let line = reader.next().expect("the reader goes on");
        let line: Value = serde_json::from_str(&line).unwrap();
        if line["type"] == "message" {
            assert_eq!(line["text"], next.to_string());
            next += 1;
        }
    }
    let memory_after = processes.map(resident_kib);
    for index in 0..2 {
        let (before, after) = (memory_before[index], memory_after[index]);
        let (received, overflowed) = received_datagrams(processes[index]);
        let received = received - received_before[index].0;
        let overflowed = overflowed - received_before[index].1;
        println!(
            "process {index}: {received} datagrams read, {overflowed} lost in full buffers, \
             memory {before} KiB before, {after} KiB after"
        );
        assert!(lan.is_running(index), "process {index} has ended");
        assert!(after < before + GROWTH_KIB_MAX, "it grows under a flood");
        assert!(received > count() / 8, "the flood did not reach it");
        let complaint = fs::read_to_string(&complaints[index]).unwrap();
        assert!(!complaint.contains("panicked"), "{complaint}");
    }
    println!(
        "{} datagrams to {ports} in {lasted:?}, {said} messages meanwhile",
        count()
    );
    // The relay is still found by those who come later.
    let late = lan.lanterm("ann", &["--name", "ann", "send", "after all that"]);
    assert!(late.status.success(), "{late:?}");
    reader.until("after all that");
}

fn count() -> u64 {
    let count = std::env::var("LANTERM_HOSTILE").ok();
    count.map_or(COUNT, |count| count.parse().expect("a number"))
}

/// The relay's ports and the client's.
fn targets([relay, client]: [u32; 2]) -> String {
    let mut targets: Vec<String> = Vec::new();
    for (process, host, known) in [
        (relay, "10.77.0.1", RELAY_PORT),
        (client, "10.77.0.3", DISCOVERY_PORT),
    ] {
        let ports = udp_ports(process);
        assert!(
            ports.contains(&known) && ports.contains(&DISCOVERY_PORT) && ports.len() > 1,
            "{ports:?}"
        );
        targets.extend(ports.iter().map(|port| format!("{host}:{port}")));
    }
    targets.join(",")
}

/// The UDP ports that are open to IPv4 from other hosts, on the host that a process runs on.
fn udp_ports(process: u32) -> BTreeSet<u16> {
    let mut ports = BTreeSet::new();
    for (family, is_open) in [
        ("udp", (|ip| ip != "0100007F") as fn(&str) -> bool),
        ("udp6", |ip| ip.bytes().all(|digit| digit == b'0')),
    ] {
        let table = fs::read_to_string(format!("/proc/{process}/net/{family}")).unwrap();
        for line in table.lines().skip(1) {
            let local = line.split_whitespace().nth(1).unwrap();
            let (ip, port) = local.split_once(':').unwrap();
            if is_open(ip) {
                ports.insert(u16::from_str_radix(port, 16).unwrap());
            }
        }
    }
    ports
}

/// How many datagrams were read on the host of a process, and how many were lost because nobody
/// read in time.
fn received_datagrams(process: u32) -> (u64, u64) {
    let counters = fs::read_to_string(format!("/proc/{process}/net/snmp")).unwrap();
    let mut rows = counters.lines().filter(|line| line.starts_with("Udp: "));
    let (names, values) = (rows.next().unwrap(), rows.next().unwrap());
    let value = |wanted: &str| {
        let mut row = names.split(' ').zip(values.split(' '));
        let (_, value) = row.find(|(name, _)| *name == wanted).unwrap();
        value.parse().unwrap()
    };
    (value("InDatagrams"), value("RcvbufErrors"))
}

/// This very program on another host, to do nothing but flood.
fn start_flood(lan: &Lan, targets: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    let args = ["--exact", "flood", "--ignored", "--nocapture"];
    lan.command("mallory", program.to_str().unwrap(), &args)
        .env("LANTERM_FLOOD_TARGETS", targets)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "started by the other test, on a host of its own"]
fn flood() {
    let Ok(targets) = std::env::var("LANTERM_FLOOD_TARGETS") else {
        return;
    };
    let targets: Vec<SocketAddr> = targets
        .split(',')
        .map(|target| target.parse().unwrap())
        .collect();
    let sockets = SOURCES.map(|source| UdpSocket::bind((source, 0)).unwrap());
    let mut rng = ChaCha12Rng::seed_from_u64(77);
    for number in 0..count() {
        let datagram = hostile_datagram(number, &mut rng);
        let socket = &sockets[rng.random_range(0..sockets.len())];
        let target = targets[rng.random_range(0..targets.len())];
        // Refused by whoever is gone: the other test will notice.
        let _ = socket.send_to(&datagram, target);
        if number % BURST == BURST - 1 {
            std::thread::sleep(PAUSE);
        }
    }
}

/// A third is random, a third cut short, a third flipped in a few bits; of what is damaged, half
/// has a checksum that is right all the same.
fn hostile_datagram(number: u64, rng: &mut ChaCha12Rng) -> Vec<u8> {
    if number.is_multiple_of(3) {
        let mut bytes = random_bytes(0..=DATAGRAM_BYTES_MAX, rng);
        // Half of it begins like something of ours.
        let starts: [&[u8]; 4] = [b"", b"", b"LNTM\x01", b"\xc1"];
        let start = starts[rng.random_range(0..starts.len())];
        let length = start.len().min(bytes.len());
        bytes[..length].copy_from_slice(&start[..length]);
        return bytes;
    }
    let mut bytes = real_datagram(rng);
    if number % 3 == 1 {
        bytes.truncate(rng.random_range(0..bytes.len()));
    } else {
        for _ in 0..rng.random_range(1..=8) {
            let at = rng.random_range(0..bytes.len());
            bytes[at] ^= 1 << rng.random_range(0..8);
        }
    }
    if rng.random() && bytes.starts_with(b"LNTM") && bytes.len() >= 8 {
        let end = bytes.len() - 4;
        let checksum = crc32fast::hash(&bytes[..end]);
        bytes[end..].copy_from_slice(&checksum.to_be_bytes());
    }
    bytes
}

/// One of every kind there is, as our own encoder makes it.
fn real_datagram(rng: &mut ChaCha12Rng) -> Vec<u8> {
    let hello = Hello {
        client: ConnectionId(rng.random()),
        versions: (1, 1),
        nonce: rng.random(),
    };
    let (client, relay) = (hello.client, ConnectionId(rng.random()));
    let cookie = Cookie(random_bytes(24..=24, rng).try_into().unwrap());
    match rng.random_range(0..10) {
        0 => hello.encode(),
        1 => Cleartext::Retry { client, cookie }.encode(),
        2 => {
            let noise = random_bytes(0..=64, rng);
            Cleartext::Init(Init {
                hello,
                cookie,
                noise,
            })
            .encode()
        }
        3 => {
            let noise = random_bytes(96..=200, rng);
            Cleartext::Response {
                client,
                relay,
                noise,
            }
            .encode()
        }
        4 => {
            let noise = random_bytes(48..=96, rng);
            Cleartext::Finish { relay, noise }.encode()
        }
        5 => Cleartext::Unknown { connection: client }.encode(),
        6 => {
            let instance = rng.random();
            Probe { instance }.encode()
        }
        7 | 8 => beacon(rng).encode(),
        _ => {
            let header = RecordHeader {
                phase: rng.random(),
                connection: client,
                number: rng.random(),
            };
            let mut record = header.encode().to_vec();
            record.extend(random_bytes(17..=1_200, rng));
            record
        }
    }
}

fn beacon(rng: &mut ChaCha12Rng) -> Beacon {
    let announcement = match rng.random_range(0..3) {
        0 => Announcement::Relay {
            id: RelayId(rng.random()),
            key: rng.random(),
            port: rng.random(),
            kind: [
                RelayKind::Dedicated,
                RelayKind::HostedSettled,
                RelayKind::Hosted,
            ][rng.random_range(0..3)],
            members: rng.random(),
            versions: (1, rng.random()),
        },
        1 => Announcement::Peer {
            relay: Some(SocketAddr::from((rng.random::<[u8; 4]>(), rng.random()))),
        },
        _ => Announcement::Gone,
    };
    Beacon {
        instance: rng.random(),
        name: "mallory".parse().unwrap(),
        announcement,
    }
}

fn random_bytes(length: std::ops::RangeInclusive<usize>, rng: &mut ChaCha12Rng) -> Vec<u8> {
    let mut bytes = vec![0; rng.random_range(length)];
    rng.fill_bytes(&mut bytes);
    bytes
}
