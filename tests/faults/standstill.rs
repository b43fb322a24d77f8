//! A relay or a client that stands still for a minute or two.

use std::time::{Duration, Instant};

use crate::common::can_make_lans;
use crate::common::ledger::joins;
use crate::together::outcome;
use crate::trio::{SOON, Trio};

/// How long the relay is away.
const AWAY: Duration = Duration::from_secs(60);

/// How long the client is.
const ASLEEP: Duration = Duration::from_secs(120);

#[test]
fn a_relay_that_was_killed() {
    outcome("standstill::a_relay_that_was_killed");
}

#[test]
fn a_relay_that_was_killed_and_is_back_at_once() {
    outcome("standstill::a_relay_that_was_killed_and_is_back_at_once");
}

#[test]
fn a_relay_that_stood_still() {
    outcome("standstill::a_relay_that_stood_still");
}

#[test]
fn a_client_that_stood_still() {
    outcome("standstill::a_client_that_stood_still");
}

pub fn relay_killed() {
    if !can_make_lans() {
        return;
    }
    let mut trio = Trio::new("relay killed for 60 s");
    trio.talk(
        &[0, 1, 2],
        Duration::from_secs(1),
        Duration::from_millis(300),
    );
    trio.settle(Instant::now());
    trio.lan.kill(trio.relay);
    type_meanwhile(&mut trio);
    trio.lan.relay("relay");
    go_on(&mut trio);
}

/// Crashes of a relay, each after sessions have lasted long enough to be dialled again at once.
pub fn relay_restarted() {
    if !can_make_lans() {
        return;
    }
    let mut trio = Trio::new("relay killed and back at once");
    for _ in 0..4 {
        let pause = Duration::from_millis(500);
        trio.talk(&[0, 1, 2], Duration::from_secs(6), pause);
        trio.lan.kill(trio.relay);
        trio.lan.relay("relay");
        trio.relay = trio.lan.newest();
        let start = Instant::now();
        (0..3).for_each(|who| drop(trio.say(who)));
        let time = trio.settle(start);
        trio.report(&format!("all of it everywhere {time:?} after the return"));
        assert!(time < SOON, "{time:?}");
    }
    trio.check();
}

pub fn relay_stopped() {
    if !can_make_lans() {
        return;
    }
    let mut trio = Trio::new("relay stopped for 60 s");
    trio.talk(
        &[0, 1, 2],
        Duration::from_secs(1),
        Duration::from_millis(300),
    );
    trio.settle(Instant::now());
    trio.lan.signal(trio.relay, "-STOP");
    type_meanwhile(&mut trio);
    trio.lan.signal(trio.relay, "-CONT");
    go_on(&mut trio);
}

/// All three type while nobody answers.
fn type_meanwhile(trio: &mut Trio) {
    let slowest = trio.talk(&[0, 1, 2], AWAY, Duration::from_secs(1));
    trio.report(&format!(
        "from keys to one's own screen at most {slowest:?}"
    ));
    for who in 0..3 {
        // One may have been on its way when the relay went.
        let queued = trio.queued(who);
        assert!(
            queued + 1 >= trio.said[who] - 2,
            "{queued} of {:?}",
            trio.said
        );
    }
}

/// What was typed arrives, and what is typed now.
fn go_on(trio: &mut Trio) {
    let start = Instant::now();
    let time = trio.settle(start);
    trio.report(&format!("all of it everywhere {time:?} after the return"));
    assert!(time < SOON, "{time:?}");
    trio.talk(
        &[0, 1, 2],
        Duration::from_secs(1),
        Duration::from_millis(300),
    );
    trio.settle(Instant::now());
    trio.check();
}

pub fn client_stopped() {
    if !can_make_lans() {
        return;
    }
    let mut trio = Trio::new("client stopped for 120 s");
    trio.talk(
        &[0, 1, 2],
        Duration::from_secs(1),
        Duration::from_millis(300),
    );
    trio.settle(Instant::now());
    trio.lan.signal_screen("cleo", "STOP");
    trio.talk(&[0, 1], ASLEEP, Duration::from_secs(2));
    assert!(
        trio.was_told_gone("cleo"),
        "two minutes of silence are noticed"
    );
    trio.lan.signal_screen("cleo", "CONT");
    let start = Instant::now();
    trio.say(2);
    trio.report(&format!(
        "first keys on the screen after {:?}",
        start.elapsed()
    ));
    let time = trio.settle(start);
    trio.report(&format!(
        "all of it on the screen {time:?} after the return"
    ));
    assert!(time < SOON, "{time:?}");
    let log = trio.check();
    assert_eq!(joins(&log, "cleo"), 1);
}
