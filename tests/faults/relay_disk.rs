//! The relay's disk is full.

use std::process::Output;
use std::time::{Duration, Instant};

use crate::common::disk::Disk;
use crate::common::ledger::{history, texts};
use crate::common::{Lan, can_make_lans};
use crate::together::outcome;
use crate::trio::{RELAY, SOON, Trio};

/// Room for some hundred messages.
const DISK_MEBIBYTES: u32 = 2;

#[test]
fn a_full_disk_at_the_relay() {
    outcome("relay_disk::a_full_disk_at_the_relay");
}

#[test]
fn what_is_typed_while_the_relays_disk_is_full_waits() {
    waits();
}

#[test]
fn a_relay_that_starts_on_a_full_disk() {
    outcome("relay_disk::a_relay_that_starts_on_a_full_disk");
}

/// Three people at a relay on a small disk.
fn trio_on(disk: &Disk, test: &'static str) -> Trio {
    let mut lan = Lan::simple(&["relay", "ann", "ben", "cleo", "reader", "script", "late"]);
    start_relay(&mut lan, disk);
    let mut trio = Trio::around(test, lan);
    let pause = Duration::from_millis(300);
    trio.talk(&[0, 1, 2], Duration::from_secs(1), pause);
    trio.settle(Instant::now());
    trio
}

fn start_relay(lan: &mut Lan, disk: &Disk) {
    let store = disk.path().join("relay.db");
    let args = ["relay", "--json", "--store", store.to_str().unwrap()];
    lan.start("relay", &args).until(r#""type":"ready""#);
}

fn send(trio: &Trio, text: &str) -> Output {
    let args = [
        "--relay",
        RELAY,
        "--name",
        "script",
        "--timeout",
        "5",
        "send",
        text,
    ];
    trio.lan.lanterm("script", &args)
}

pub fn full() {
    if !can_make_lans() {
        return;
    }
    let disk = Disk::new(DISK_MEBIBYTES);
    let mut trio = trio_on(&disk, "relay's disk full");
    disk.fill();
    for number in 0..3 {
        let output = send(&trio, &format!("refused {number}"));
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        trio.report(&format!("{}, {}", output.status, stderr.trim_end()));
        assert!(!output.status.success(), "stored on a full disk");
        assert!(stderr.contains("disk is full"), "{stderr}");
    }
    // What is there is read, also by somebody who has not been there before.
    let log = history(&trio.lan, "late");
    assert_eq!(texts(&log).len(), trio.said.iter().sum::<usize>());
    let args = [
        "--relay",
        RELAY,
        "--name",
        "late",
        "--timeout",
        "10",
        "tail",
        "--since",
        "0",
        "-n",
        "3",
    ];
    let output = trio.lan.lanterm("late", &args);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(stdout.matches('<').count(), 3, "{stdout}");

    disk.make_room();
    let start = Instant::now();
    let output = send(&trio, "stored");
    assert!(output.status.success(), "{output:?}");
    trio.report(&format!("stored again after {:?}", start.elapsed()));
    trio.talk(
        &[0, 1, 2],
        Duration::from_secs(1),
        Duration::from_millis(300),
    );
    let time = trio.settle(Instant::now());
    assert!(time < SOON, "{time:?}");
    let log = trio.check_words();
    // One that ended with an error may have been stored later, but nothing twice.
    let texts = texts(&log);
    for text in ["refused 0", "refused 1", "refused 2"] {
        assert!(texts.iter().filter(|found| *found == text).count() <= 1);
    }
    let stored = texts.iter().filter(|found| *found == "stored");
    assert_eq!(stored.count(), 1);
}

pub fn start_on_full() {
    if !can_make_lans() {
        return;
    }
    let disk = Disk::new(DISK_MEBIBYTES);
    let mut trio = trio_on(&disk, "relay started on a full disk");
    disk.fill();
    trio.lan.kill(trio.relay);
    start_relay(&mut trio.lan, &disk);
    let log = history(&trio.lan, "late");
    assert_eq!(texts(&log).len(), trio.said.iter().sum::<usize>());
    assert!(!send(&trio, "refused").status.success());
    disk.make_room();
    let pause = Duration::from_millis(300);
    trio.talk(&[0, 1, 2], Duration::from_secs(1), pause);
    let time = trio.settle(Instant::now());
    assert!(time < SOON, "{time:?}");
    trio.check_words();
}

fn waits() {
    if !can_make_lans() {
        return;
    }
    let disk = Disk::new(DISK_MEBIBYTES);
    let mut trio = trio_on(&disk, "relay's disk full, typing");
    disk.fill();
    trio.talk(
        &[0, 1, 2],
        Duration::from_secs(6),
        Duration::from_millis(500),
    );
    std::thread::sleep(Duration::from_secs(2));
    for who in 0..3 {
        let screen = trio.screens[who].filled();
        assert!(
            screen.contains("disk is full"),
            "the reason is shown:\n{screen}"
        );
        assert!(trio.queued(who) > 0, "they wait:\n{screen}");
    }
    disk.make_room();
    let time = trio.settle(Instant::now());
    trio.report(&format!(
        "all of it everywhere {time:?} after there is room"
    ));
    assert!(time < SOON, "{time:?}");
    trio.check();
}
