//! People who look for a relay instead of naming one: they find it where it is now, and while there
//! is none they host the room among themselves.

use std::time::{Duration, Instant};

use crate::common::ledger::{texts_shown, words};
use crate::common::waiting::eventually;
use crate::common::{Lan, can_make_lans};
use crate::together::outcome;
use crate::trio::{NAMES, SOON, Trio, seeking_screen};

/// Long enough to find one another, and to talk.
const AWAY: Duration = Duration::from_secs(15);

#[test]
fn a_relay_that_is_stood_in_for() {
    outcome("hosting::a_relay_that_is_stood_in_for");
}

#[test]
fn what_is_said_while_all_move_back_to_the_relay() {
    stand_in("relay back, all move while they talk", Moving::Talking);
}

#[test]
fn a_relay_whose_address_changes() {
    outcome("hosting::a_relay_whose_address_changes");
}

#[test]
fn a_cable_pulled_from_one_who_may_host() {
    cable();
}

fn trio(test: &'static str) -> Trio {
    let mut lan = Lan::simple(&["relay", "ann", "ben", "cleo", "reader"]);
    lan.relay("relay");
    let screens = |lan: &Lan| NAMES.map(|name| seeking_screen(lan, name));
    let mut trio = Trio::with(test, lan, screens);
    trio.talk(
        &[0, 1, 2],
        Duration::from_secs(2),
        Duration::from_millis(300),
    );
    trio.settle(Instant::now());
    trio
}

pub fn stood_in_for() {
    stand_in("relay killed, others host", Moving::Silent);
}

/// What people do while they move from the room that one of them hosts to the relay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moving {
    Silent,
    Talking,
}

fn stand_in(test: &'static str, moving: Moving) {
    if !can_make_lans() {
        return;
    }
    let mut trio = trio(test);
    let pause = Duration::from_millis(500);
    trio.lan.kill(trio.relay);
    let killed = Instant::now();
    (0..3).for_each(|who| drop(trio.say(who)));
    let time = trio.settle(killed);
    trio.report(&format!("all of it everywhere {time:?} after the kill"));
    trio.talk(&[0, 1, 2], AWAY, pause);
    trio.settle(Instant::now());
    trio.lan.relay("relay");
    let back = Instant::now();
    if moving == Moving::Talking {
        trio.talk(&[0, 1, 2], Duration::from_secs(5), pause);
    }
    for screen in &trio.screens {
        let is_back = || screen.text().contains("#lobby  relay");
        eventually(SOON, is_back, || screen.filled());
    }
    trio.report(&format!(
        "all at the relay {:?} after its return",
        back.elapsed()
    ));
    trio.talk(&[0, 1, 2], Duration::from_secs(2), pause);
    let time = trio.settle(Instant::now());
    assert!(time < SOON, "{time:?}");
    check_screens(&trio);
}

/// There are two logs, so only what each said stands in one order everywhere.
fn check_screens(trio: &Trio) {
    for (name, screen) in NAMES.iter().zip(&trio.screens) {
        let shown = texts_shown(screen);
        for (speaker, said) in NAMES.iter().zip(trio.said) {
            let prefix = format!("{speaker}-");
            let of_speaker = shown.iter().filter(|text| text.starts_with(&prefix));
            let of_speaker: Vec<&String> = of_speaker.collect();
            let words = words(speaker, said);
            assert_eq!(
                of_speaker,
                words.iter().collect::<Vec<_>>(),
                "on the screen of {name}:\n{}",
                screen.filled()
            );
        }
    }
}

pub fn address() {
    if !can_make_lans() {
        return;
    }
    let mut trio = trio("changed address of the relay");
    for (from, to) in [
        ("10.77.0.1/24", "10.77.0.50/24"),
        // Back to the one that the reader was told.
        ("10.77.0.50/24", "10.77.0.1/24"),
    ] {
        for (change, address) in [("del", from), ("add", to)] {
            trio.lan
                .ip("relay", &["address", change, address, "dev", "eth0"]);
        }
        let start = Instant::now();
        (0..3).for_each(|who| drop(trio.say(who)));
        let time = trio.settle(start);
        trio.report(&format!("all of it everywhere {time:?} after the change"));
        assert!(time < SOON, "{time:?}");
        let pause = Duration::from_millis(500);
        trio.talk(&[0, 1, 2], Duration::from_secs(3), pause);
        trio.settle(Instant::now());
    }
    trio.check();
}

fn cable() {
    if !can_make_lans() {
        return;
    }
    let mut trio = trio("cable pulled for 30 s, may host");
    trio.lan.ip("bridge", &["link", "set", "ben-eth0", "down"]);
    trio.talk(
        &[0, 1, 2],
        Duration::from_secs(30),
        Duration::from_millis(700),
    );
    trio.lan.ip("bridge", &["link", "set", "ben-eth0", "up"]);
    let time = trio.settle(Instant::now());
    trio.report(&format!("all of it everywhere {time:?} after the return"));
    check_screens(&trio);
}
