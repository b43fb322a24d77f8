//! The disk of one who chats is full.

use std::time::{Duration, Instant};

use crate::common::disk::Disk;
use crate::common::ledger::{client_history, places, texts_shown, word};
use crate::common::waiting::eventually;
use crate::common::{Lan, can_make_lans};
use crate::together::outcome;
use crate::trio::{RELAY, SIZE, SOON, Trio, screen};

/// Room for the write-ahead log at its longest, and as much again.
const DISK_MEBIBYTES: u32 = 8;

#[test]
fn a_full_disk_at_a_client() {
    outcome("client_disk::a_full_disk_at_a_client");
}

#[test]
fn a_screen_that_starts_on_a_full_disk() {
    outcome("client_disk::a_screen_that_starts_on_a_full_disk");
}

#[test]
fn what_is_typed_on_a_full_disk_stays_in_the_input_line() {
    refused();
}

/// Three people, of whom ben has a small disk.
fn trio_on(disk: &Disk, test: &'static str) -> Trio {
    let mut lan = Lan::simple(&["relay", "ann", "ben", "cleo", "reader"]);
    lan.move_home("ben", disk.path());
    lan.relay("relay");
    let mut trio = Trio::around(test, lan);
    let pause = Duration::from_millis(300);
    trio.talk(&[0, 1, 2], Duration::from_secs(1), pause);
    trio.settle(Instant::now());
    trio
}

/// The last line of ben's screen.
fn input_line(trio: &Trio) -> String {
    let screen = trio.screens[1].text();
    screen.lines().last().unwrap_or_default().trim().to_owned()
}

pub fn full() {
    if !can_make_lans() {
        return;
    }
    let disk = Disk::new(DISK_MEBIBYTES);
    let mut trio = trio_on(&disk, "client's disk full");
    disk.fill();
    let pause = Duration::from_millis(300);
    trio.talk(&[0, 2], Duration::from_secs(3), pause);
    // What others say is shown all the same.
    trio.settle(Instant::now());
    disk.make_room();
    let start = Instant::now();
    trio.say(1);
    trio.settle(start);
    trio.report(&format!(
        "typed and stored {:?} after there is room",
        start.elapsed()
    ));
    trio.talk(&[0, 1, 2], Duration::from_secs(1), pause);
    trio.settle(Instant::now());
    trio.check();
    start_again(&mut trio);
}

/// After a new start of ben's screen nothing is missing on it or in its history.
fn start_again(trio: &mut Trio) {
    trio.lan.signal_screen("ben", "KILL");
    trio.screens[1] = screen(&trio.lan, "ben");
    trio.screens[1].wait_for("● ann");
    trio.say(1);
    trio.settle(Instant::now());
    let log = trio.check();
    let path = trio.lan.home("ben").join("client.db");
    let has_all = || {
        let seen = client_history(&path);
        let all = places(&log);
        let first = all.iter().position(|place| Some(place) == seen.first());
        first.is_some_and(|first| seen == all[first..])
    };
    eventually(SOON, has_all, || {
        format!(
            "ben's history: {:#?}\nthe log: {log:#?}",
            client_history(&path)
        )
    });
}

pub fn start_on_full() {
    if !can_make_lans() {
        return;
    }
    let disk = Disk::new(DISK_MEBIBYTES);
    let mut trio = trio_on(&disk, "screen started on a full disk");
    disk.fill();
    let pause = Duration::from_millis(300);
    for args in [
        format!("--relay {RELAY} --name ben"),
        "--name ben".to_owned(),
    ] {
        trio.lan.signal_screen("ben", "KILL");
        trio.screens[1] = trio.lan.screen("ben", SIZE, &format!("{args}; :"));
        trio.screens[1].wait_for("● ann");
        trio.talk(&[0, 2], Duration::from_secs(1), pause);
        // What others say is shown, and so is what was said before.
        trio.settle(Instant::now());
        let is_to_host = !args.contains("--relay");
        let is_told = trio.screens[1]
            .text()
            .contains("no room can be hosted here");
        assert_eq!(is_told, is_to_host, "{}", trio.screens[1].filled());
    }
    disk.make_room();
    start_again(&mut trio);
}

fn refused() {
    if !can_make_lans() {
        return;
    }
    let disk = Disk::new(DISK_MEBIBYTES);
    let mut trio = trio_on(&disk, "client's disk full, typing");
    disk.fill();
    let text = word("ben", trio.said[1]);
    trio.said[1] += 1;
    trio.screens[1].say(&text);
    trio.screens[1].wait_for("disk is full");
    let wanted = format!("> {text}");
    eventually(
        SOON,
        || input_line(&trio) == wanted,
        || format!("{wanted} in the input line:\n{}", trio.screens[1].filled()),
    );
    assert!(!texts_shown(&trio.screens[1]).contains(&text));
    disk.make_room();
    trio.screens[1].press(&["Enter"]);
    let time = trio.settle(Instant::now());
    trio.report(&format!("stored {time:?} after Enter"));
    trio.check();
    start_again(&mut trio);
}
