//! Stored means committed: nobody is told of a message before its commit is on the disk. The relay
//! is run under strace, which makes its syncs slow, makes them fail, or writes down when they were.
#![cfg(target_os = "linux")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests of real processes use real time"
)]

mod common;

use std::io::Write;
use std::process::ChildStdin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::ledger::{assert_said_once, history, texts, word};
use common::trace::{SYNCS, Trace, can_trace};
use common::{Lan, Lines, can_make_lans};
use serde_json::Value;

/// What a slow sync takes: far above all else that a message waits for.
const SLOW: Duration = Duration::from_millis(1500);

/// Messages whose syncs are looked for one by one.
const WATCHED: usize = 200;

/// How long no answer is taken for none.
const SILENCE: Duration = Duration::from_secs(4);

/// A relay, a reader and a sender who have met.
struct Scene {
    lan: Lan,
    relay: u32,
    reader: Lines,
    sent: Lines,
    input: ChildStdin,
}

impl Scene {
    /// `None` where namespaces or strace can't be had.
    fn set() -> Option<Self> {
        if !can_make_lans() || !can_trace() {
            return None;
        }
        let mut lan = Lan::simple(&["relay", "ann", "ben", "cleo"]);
        lan.relay("relay");
        let relay = lan.process(lan.newest());
        let reader = lan.start("ben", &["--name", "ben", "tail", "--json"]);
        reader.until(r#""type":"join""#);
        let args = ["--timeout", "60", "--name", "ann", "send", "--json", "-"];
        let (sent, input) = lan.start_fed("ann", &args);
        let mut scene = Self {
            lan,
            relay,
            reader,
            sent,
            input,
        };
        // From here on nothing but a message makes the relay write.
        scene.say("first-000");
        scene.sent.until(r#""state":"stored""#);
        scene.reader.until("first-000");
        Some(scene)
    }

    fn say(&mut self, text: &str) {
        writeln!(self.input, "{text}").unwrap();
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

#[test]
fn a_sender_hears_of_a_message_no_sooner_than_its_sync_is_over() {
    let Some(mut scene) = Scene::set() else {
        return;
    };
    let inject = format!("inject={SYNCS}:delay_enter={}", SLOW.as_micros());
    let trace = Trace::attach(scene.relay, &[&format!("trace={SYNCS}"), &inject]);
    let start = Instant::now();
    scene.say("slow-000");
    scene.sent.until(r#""state":"stored""#);
    let told = start.elapsed();
    println!("a sync of {SLOW:?}: told after {told:?}");
    assert!(told >= SLOW, "told stored after {told:?}");
    // Asked from outside, as a script does.
    let start = Instant::now();
    let output = scene
        .lan
        .lanterm("ann", &["--name", "ann", "send", "slow-001"]);
    let command = start.elapsed();
    println!("lanterm send: {command:?}");
    assert!(output.status.success(), "{output:?}");
    assert!(command >= SLOW, "exit code 0 after {command:?}");
    let syncs = trace.end(SYNCS);
    assert!(syncs.len() >= 2, "{syncs:?}");
}

#[test]
fn readers_hear_of_a_message_no_sooner_than_its_sync_is_over() {
    let Some(mut scene) = Scene::set() else {
        return;
    };
    let inject = format!("inject={SYNCS}:delay_enter={}", SLOW.as_micros());
    let _trace = Trace::attach(scene.relay, &[&format!("trace={SYNCS}"), &inject]);
    let start = Instant::now();
    scene.say("slow-000");
    scene.reader.until("slow-000");
    let read = start.elapsed();
    println!("a sync of {SLOW:?}: read after {read:?}");
    assert!(read >= SLOW, "read after {read:?}");
}

#[test]
fn what_the_disk_did_not_take_is_never_told_stored() {
    let Some(mut scene) = Scene::set() else {
        return;
    };
    let inject = format!("inject={SYNCS}:error=EIO");
    let trace = Trace::attach(scene.relay, &[&format!("trace={SYNCS}"), &inject]);
    scene.say("bad-000");
    let args = ["--name", "cleo", "--timeout", "2", "send", "bad-001"];
    let output = scene.lan.lanterm("cleo", &args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    println!("lanterm send, {}: {}", output.status, stderr.trim_end());
    assert!(!output.status.success(), "exit code 0 without a sync");
    assert!(stderr.starts_with("error: "), "{stderr}");
    std::thread::sleep(SILENCE);
    let lines = scene.sent.arrived();
    println!("said meanwhile: {lines:?}");
    assert!(
        lines.iter().all(|line| !line.contains("stored")),
        "{lines:?}"
    );
    let read = scene.reader.arrived();
    assert!(read.iter().all(|line| !line.contains("bad-")), "{read:?}");
    let syncs = trace.end(SYNCS);
    assert!(syncs.iter().any(|call| !call.is_done), "no sync has failed");
    // The disk is well again: chatting goes on, and nothing is there twice.
    let args = ["--name", "cleo", "send", "good-000"];
    let output = scene.lan.lanterm("cleo", &args);
    assert!(output.status.success(), "{output:?}");
    scene.reader.until("good-000");
    let log = history(&scene.lan, "cleo");
    assert_said_once(&log, &[]);
    let texts = texts(&log);
    for text in ["first-000", "bad-000", "bad-001", "good-000"] {
        let count = texts.iter().filter(|found| *found == text).count();
        assert!(count <= 1, "{text} is there {count} times");
    }
}

#[test]
fn each_confirmation_follows_a_sync_of_its_own() {
    let Some(mut scene) = Scene::set() else {
        return;
    };
    // Long against the way of a confirmation, so that one that leaves too soon is seen.
    let inject = format!("inject={SYNCS}:delay_enter=20000");
    let trace = Trace::attach(scene.relay, &[&format!("trace={SYNCS}"), &inject]);
    let mut spans = Vec::new();
    for number in 0..WATCHED {
        let said_at = now();
        scene.say(&word("one", number));
        let line = scene.sent.next().unwrap();
        let told_at = now();
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["state"], "stored");
        spans.push((said_at, told_at));
    }
    let syncs = trace.end(SYNCS);
    for (number, (said_at, told_at)) in spans.iter().enumerate() {
        let is_synced = syncs
            .iter()
            .any(|sync| sync.is_done && *said_at <= sync.start && sync.end <= *told_at);
        assert!(is_synced, "message {number} was told stored without a sync");
    }
    println!(
        "{WATCHED} messages, one at a time: {} syncs seen",
        syncs.len()
    );
}
