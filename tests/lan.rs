//! A network of hosts: found, talked to, through loss.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of real processes use real time"
)]

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Lan, PATIENCE, can_make_lans};
use serde_json::Value;

/// "Within 1 s of starting", with as much again for a debug build on a machine that does other things
/// as well.
const ROOM_WITHIN: Duration = Duration::from_secs(2);

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// Starts `tail` on a host and returns how long it took to be in the room.
fn time_to_room(lan: &mut Lan, host: &str, args: &[&str]) -> Duration {
    let mut all = vec!["--name", host];
    all.extend(args);
    all.extend(["tail", "--json"]);
    let start = Instant::now();
    let lines = lan.start(host, &all);
    lines.until(r#""type":"join","room":"lobby""#);
    start.elapsed()
}

#[test]
fn a_relay_is_found_with_nothing_typed_but_lanterm() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::simple(&["relay", "ann", "ben", "cleo"]);
    lan.relay("relay");
    for host in ["ann", "ben"] {
        let time = time_to_room(&mut lan, host, &[]);
        assert!(time < ROOM_WITHIN, "{host} took {time:?}");
    }
    // And through a bad network of its own making.
    let chaos = "loss=20%,dup=10%,reorder=10%,corrupt=5%,delay=5ms±2ms,seed=7";
    time_to_room(&mut lan, "cleo", &["--chaos", chaos]);
    let sent = lan.lanterm("ann", &["--name", "ann", "send", "hello", "there"]);
    assert!(sent.status.success(), "{sent:?}");
    let output = lan.lanterm("ben", &["tail", "--last", "5", "-n", "1"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("hello there"), "{text}");
}

#[test]
fn two_network_cards_of_which_only_the_second_leads_to_the_relay() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::new();
    lan.host("relay");
    lan.cable("relay", "eth0", "br1", Some("10.78.0.1/24"));
    lan.host("ann");
    lan.cable("ann", "eth0", "br0", Some("10.77.0.2/24"));
    lan.cable("ann", "eth1", "br1", Some("10.78.0.2/24"));
    lan.relay("relay");
    let time = time_to_room(&mut lan, "ann", &[]);
    assert!(time < ROOM_WITHIN, "took {time:?}");
}

#[test]
fn two_users_on_one_host() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::simple(&["box"]);
    lan.relay("box");
    let time = time_to_room(&mut lan, "box", &[]);
    assert!(time < ROOM_WITHIN, "took {time:?}");
    let home = lan.home("other");
    std::fs::create_dir(&home).unwrap();
    let sent = lan
        .command("box", common::LANTERM, &["--name", "ben", "send", "hi"])
        .env("LANTERM_HOME", home)
        .env("LANGUAGE", "en")
        .output()
        .unwrap();
    assert!(sent.status.success(), "{sent:?}");
}

#[test]
fn a_host_with_nothing_but_loopback() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::new();
    lan.host("box");
    lan.relay("box");
    let time = time_to_room(&mut lan, "box", &[]);
    assert!(time < ROOM_WITHIN, "took {time:?}");
}

#[test]
fn a_network_with_nothing_but_ipv6() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::new();
    for host in ["relay", "ann"] {
        lan.host(host);
        lan.cable(host, "eth0", "br0", None);
    }
    lan.relay("relay");
    let time = time_to_room(&mut lan, "ann", &[]);
    assert!(time < ROOM_WITHIN, "took {time:?}");
}

#[test]
fn through_twenty_percent_loss_everything_arrives_once_and_in_one_order() {
    exactly_once(20, 500);
}

#[test]
fn through_fifty_percent_loss_everything_arrives_once_and_in_one_order() {
    exactly_once(50, 150);
}

/// Three senders and two readers on a network that loses this share at every host.
fn exactly_once(percent: u32, count: usize) {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::simple(&["relay", "r1", "r2", "s1", "s2", "s3"]);
    lan.relay("relay");
    lan.lose(percent);
    let readers: Vec<_> = ["r1", "r2"]
        .map(|host| {
            let args = ["--timeout", "60", "--name", host, "tail", "--json"];
            let lines = lan.start(host, &args);
            lines.until(r#""type":"join""#);
            lines
        })
        .into();
    let senders: Vec<_> = ["s1", "s2", "s3"]
        .map(|host| {
            let args = ["--timeout", "60", "--name", host, "send", "-"];
            let mut child = lan
                .command(host, common::LANTERM, &args)
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            let mut input = child.stdin.take().unwrap();
            let text: String = (0..count).map(|n| format!("{host} says {n}\n")).collect();
            input.write_all(text.as_bytes()).unwrap();
            child
        })
        .into();
    for mut sender in senders {
        assert!(sender.wait().unwrap().success());
    }
    let orders: Vec<Vec<String>> = readers
        .iter()
        .map(|lines| {
            let mut texts = Vec::new();
            let mut last_seq = 0;
            while texts.len() < 3 * count {
                let value = parse(&lines.next().expect("the reader goes on"));
                let seq = value["seq"].as_u64().unwrap_or(0);
                if value["type"] == "message" {
                    assert!(seq > last_seq, "{seq} after {last_seq}");
                    last_seq = seq;
                    texts.push(value["text"].as_str().unwrap().to_owned());
                }
            }
            texts
        })
        .collect();
    assert_eq!(orders[0], orders[1], "both readers see one order");
    let mut next: BTreeMap<String, usize> = BTreeMap::new();
    for text in &orders[0] {
        let (sender, number) = text.split_once(" says ").unwrap();
        let expected = next.entry(sender.to_owned()).or_default();
        assert_eq!(number, expected.to_string(), "of {sender}");
        *expected += 1;
    }
    assert_eq!(next.into_values().collect::<Vec<_>>(), [count; 3]);
}

#[test]
fn a_member_that_is_killed_is_shown_gone_within_fifteen_seconds_and_one_that_quits_at_once() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::simple(&["relay", "ann", "ben", "cleo"]);
    lan.relay("relay");
    let watcher = lan.start("ann", &["--name", "ann", "tail", "--json"]);
    watcher.until(r#""type":"join""#);
    // Whoever does not read the output ends the program.
    let _others = ["ben", "cleo"].map(|host| {
        let lines = lan.start(host, &["--name", host, "tail", "--json"]);
        lines.until(r#""type":"join""#);
        lines
    });
    let gone = |name: &str| format!(r#""name":"{name}","presence":"gone""#);
    let start = Instant::now();
    lan.signal(3, "-INT");
    watcher.until(&gone("cleo"));
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    let start = Instant::now();
    lan.signal(2, "-KILL");
    watcher.until(&gone("ben"));
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_relay_that_is_told_to_end_tells_its_members() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::simple(&["relay", "ann"]);
    lan.relay("relay");
    let reader = lan.start("ann", &["--name", "ann", "tail", "--json"]);
    reader.until(r#""type":"join""#);
    lan.signal(0, "-TERM");
    let start = Instant::now();
    while lan.is_running(0) {
        assert!(start.elapsed() < PATIENCE, "the relay does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The reader waits for a relay to come back, and goes on where it was.
    lan.relay("relay");
    let sent = lan.lanterm("ann", &["--name", "ann", "send", "back again"]);
    assert!(sent.status.success(), "{sent:?}");
    reader.until("back again");
}

#[test]
fn without_any_relay_one_of_two_hosts_and_they_meet_and_part_and_meet_again() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::simple(&["ann", "ben", "cleo"]);
    let ann = lan.screen("ann", (100, 30), "--name ann");
    let ben = lan.screen("ben", (100, 30), "--name ben");
    // They started at the same moment: one of them yields, and both are in one room.
    ann.wait_for("● ben");
    ben.wait_for("● ann");
    ann.type_text("hello ben");
    ann.press(&["Enter"]);
    ben.wait_for("hello ben");
    ben.type_text("你好 👋🏽");
    ben.press(&["Enter"]);
    ann.wait_for("你好");
    // The one that hosts leaves: the other is alone with what was said, and hosts itself.
    let (host, guest, name) = if ann.text().contains("hosting here") {
        (ann, ben, "ben")
    } else {
        (ben, ann, "ann")
    };
    host.type_text("/quit");
    host.press(&["Enter"]);
    guest.wait_for("hosting here");
    guest.wait_for("hello ben");
    let cleo = lan.screen("cleo", (100, 30), "--name cleo");
    cleo.wait_for(&format!("● {name}"));
    cleo.type_text("I am here too");
    cleo.press(&["Enter"]);
    guest.wait_for("I am here too");
    // A relay on a box is preferred as soon as it is heard.
    lan.host("box");
    lan.cable("box", "eth0", "br0", Some("10.77.0.9/24"));
    lan.start("box", &["relay", "--relay-name", "attic", "--json"]);
    guest.wait_for("attic");
    cleo.wait_for("attic");
    guest.type_text("now on the box");
    guest.press(&["Enter"]);
    cleo.wait_for("now on the box");
}
