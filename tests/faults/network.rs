//! Cables and addresses.

use std::time::{Duration, Instant};

use crate::common::can_make_lans;
use crate::together::outcome;
use crate::trio::{SOON, Trio};

/// Less than a session bears in silence.
const SHORT: Duration = Duration::from_secs(5);

/// More than a session bears, and than a member is taken to be there.
const LONG: Duration = Duration::from_secs(30);

#[test]
fn a_changed_address() {
    outcome("network::a_changed_address");
}

#[test]
fn a_cable_pulled_shortly() {
    outcome("network::a_cable_pulled_shortly");
}

#[test]
fn a_cable_pulled_for_long() {
    outcome("network::a_cable_pulled_for_long");
}

pub fn address() {
    if !can_make_lans() {
        return;
    }
    let mut trio = Trio::new("changed address");
    let pause = Duration::from_millis(150);
    trio.talk(&[0, 1, 2], Duration::from_secs(2), pause);
    for (from, to) in [
        ("10.77.0.3/24", "10.77.0.33/24"),
        ("10.77.0.33/24", "10.77.0.34/24"),
    ] {
        for (change, address) in [("del", from), ("add", to)] {
            trio.lan
                .ip("ben", &["address", change, address, "dev", "eth0"]);
        }
        let start = Instant::now();
        trio.say(1);
        trio.say(0);
        let time = trio.settle(start);
        trio.report(&format!("both ways again after {time:?}"));
        assert!(time < SOON, "{time:?}");
        trio.talk(&[0, 1, 2], Duration::from_secs(2), pause);
    }
    trio.settle(Instant::now());
    trio.check();
    assert!(!trio.was_told_gone("ben"), "{:#?}", trio.read);
}

pub fn cable_shortly() {
    if !can_make_lans() {
        return;
    }
    let mut trio = Trio::new("cable pulled for 5 s");
    pull(&mut trio, SHORT);
    assert!(!trio.was_told_gone("ben"), "{:#?}", trio.read);
    let screen = trio.screens[1].text();
    assert!(!screen.contains("lost"), "{screen}");
}

pub fn cable_for_long() {
    if !can_make_lans() {
        return;
    }
    let mut trio = Trio::new("cable pulled for 30 s");
    pull(&mut trio, LONG);
    assert!(trio.was_told_gone("ben"), "half a minute is noticed");
}

/// Pulls ben's cable for a while, in which all three type.
fn pull(trio: &mut Trio, time: Duration) {
    let pause = Duration::from_millis(700);
    trio.talk(&[0, 1, 2], Duration::from_secs(2), pause);
    trio.settle(Instant::now());
    trio.lan.ip("bridge", &["link", "set", "ben-eth0", "down"]);
    let slowest = trio.talk(&[0, 1, 2], time, pause);
    trio.report(&format!(
        "from keys to one's own screen at most {slowest:?}"
    ));
    assert!(trio.queued(1) > 0, "{}", trio.screens[1].filled());
    trio.lan.ip("bridge", &["link", "set", "ben-eth0", "up"]);
    let start = Instant::now();
    let time = trio.settle(start);
    trio.report(&format!("all of it everywhere {time:?} after the return"));
    assert!(time < SOON, "{time:?}");
    trio.talk(&[0, 1, 2], Duration::from_secs(2), pause);
    trio.settle(Instant::now());
    trio.check();
}
