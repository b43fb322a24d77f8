//! What goes wrong is said in one clear line, with the exit code that belongs to it.
#![cfg(unix)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests of real processes use real time"
)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use common::{LANTERM, Lan, can_make_lans};
use lanterm::wire::{Cleartext, VERSION};
use tempfile::TempDir;

const FAILED: i32 = 1;
const USAGE: i32 = 2;
const UNREACHABLE: i32 = 4;
const REFUSED: i32 = 5;

fn lanterm(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(LANTERM);
    command
        .args(args)
        .env("LANTERM_HOME", home)
        .env_remove("LANTERM_NAME")
        .env("LANGUAGE", "en")
        .stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    lanterm(home.path(), args).output().unwrap()
}

/// Checks the exit code, that one line of error with all of `words` and at most one line of hint
/// are said, and nothing else.
fn assert_fails(output: &Output, code: i32, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let lines: Vec<&str> = stderr.lines().collect();
    assert!(lines[0].starts_with("error: "), "{stderr}");
    for word in words {
        assert!(lines[0].contains(word), "no {word:?} in: {stderr}");
    }
    match lines[1..] {
        [] => {}
        [hint] => assert!(hint.starts_with("hint: "), "{stderr}"),
        _ => panic!("too many lines: {stderr}"),
    }
    assert!(!stderr.contains(|c: char| c.is_control() && c != '\n'));
}

/// A relay on a free port of loopback.
struct Relay {
    process: Child,
    address: String,
    home: TempDir,
}

impl Relay {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = lanterm(&home.path().join("relay"), &RELAY_ARGS);
        let (process, address) = serve(command.args(["--store", "memory"]));
        Self {
            process,
            address,
            home,
        }
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = lanterm(&self.home.path().join("ann"), args);
        command.args(["--relay", &self.address, "--name", "ann"]);
        command
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const RELAY_ARGS: [&str; 8] = [
    "relay",
    "--json",
    "--bind",
    "127.0.0.1",
    "--port",
    "0",
    "--iface",
    "lo",
];

/// Starts a relay and waits until it serves.
fn serve(command: &mut Command) -> (Child, String) {
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut ready)
        .unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    (process, ready["addr"][0].as_str().unwrap().to_owned())
}

#[test]
fn a_port_that_is_taken() {
    let relay = Relay::start();
    let (_, port) = relay.address.rsplit_once(':').unwrap();
    let second = [
        "relay",
        "--bind",
        "127.0.0.1",
        "--port",
        port,
        "--store",
        "memory",
    ];
    let address = format!("127.0.0.1:{port}");
    assert_fails(&run(&second), FAILED, &["taken", &address]);
}

#[test]
fn a_store_that_is_in_use() {
    let home = tempfile::tempdir().unwrap();
    let (mut first, _) = serve(&mut lanterm(home.path(), &RELAY_ARGS));
    let second = lanterm(home.path(), &RELAY_ARGS).output().unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    assert_fails(&second, FAILED, &["relay.db"]);
}

#[test]
fn an_address_of_another_machine() {
    let output = run(&["relay", "--bind", "192.0.2.1", "--store", "memory"]);
    assert_fails(&output, FAILED, &["192.0.2.1", "no such address"]);
}

#[test]
fn no_usable_interface() {
    if !can_make_lans() {
        return;
    }
    let mut lan = Lan::new();
    lan.host("box");
    lan.ip("box", &["link", "set", "lo", "down"]);
    for args in [
        &["relay"][..],
        &["rooms"],
        &["send", "hi"],
        &["tail"],
        &["discover"],
    ] {
        let output = lan.lanterm("box", args);
        assert_fails(&output, FAILED, &["no usable network interface"]);
    }
    let output = lan.lanterm("box", &["rooms", "--iface", "eth7"]);
    assert_fails(&output, FAILED, &["no usable network interface", "eth7"]);
}

#[test]
fn a_relay_that_nobody_runs() {
    if !can_make_lans() {
        return;
    }
    let lan = Lan::simple(&["ann"]);
    for args in [
        &["--relay", "10.77.0.99", "--timeout", "1", "send", "hi"][..],
        &["--relay", "10.99.0.1", "--timeout", "1", "rooms"],
        &["--timeout", "1", "who"],
    ] {
        let output = lan.lanterm("ann", args);
        assert_fails(&output, UNREACHABLE, &["no relay answered within 1 s"]);
    }
    let output = lan.lanterm("ann", &["--relay", "attic.invalid", "rooms"]);
    assert_fails(&output, UNREACHABLE, &["can't find", "attic.invalid"]);
}

#[test]
fn a_file_where_the_data_folder_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for home in [file.clone(), file.join("inside")] {
        for args in [&["relay"][..], &["rooms"]] {
            let output = lanterm(&home, args).output().unwrap();
            assert_fails(&output, FAILED, &[file.to_str().unwrap()]);
        }
    }
}

/// Runs a line of shell with a file system of its own at `$LANTERM_HOME`, mounted with these
/// options.
fn on_disk(options: &str, line: &str) -> (Command, TempDir) {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    let line = format!("mount -t tmpfs -o {options} none \"$LANTERM_HOME\" && {line}");
    command
        .args(["--mount", "sh", "-c", &line])
        .env("LANTERM", LANTERM)
        .env("LANTERM_HOME", home.path())
        .env_remove("LANTERM_NAME")
        .env("LANGUAGE", "en")
        .stdin(Stdio::null());
    (command, home)
}

#[test]
fn a_data_folder_that_is_read_only() {
    if !can_make_lans() {
        return;
    }
    for (command, file) in [
        ("rooms", "device.key"),
        ("send hi", "device.key"),
        ("relay", "relay.key"),
        ("relay --store memory", "relay.key"),
    ] {
        let (mut command, _home) = on_disk("ro", &format!("exec $LANTERM {command}"));
        let output = command.output().unwrap();
        assert_fails(&output, FAILED, &[file, "the disk is read-only"]);
        assert!(String::from_utf8_lossy(&output.stderr).contains("hint: LANTERM_HOME"));
    }
    // With its files there from earlier.
    let line = "echo 0000000000000000000000000000000000000000000000000000000000000001 \
                > $LANTERM_HOME/relay.key && mount -o remount,ro $LANTERM_HOME \
                && exec $LANTERM relay";
    let (mut command, _home) = on_disk("rw", line);
    assert_fails(
        &command.output().unwrap(),
        FAILED,
        &["relay.db", "read-only"],
    );
}

#[test]
fn a_disk_that_is_full() {
    if !can_make_lans() {
        return;
    }
    // Too small for a store.
    let (mut command, _home) = on_disk("size=64k", "exec $LANTERM relay");
    let output = command.output().unwrap();
    assert_fails(&output, FAILED, &["relay.db", "the disk is full"]);
    // Full to the last byte.
    for (command, file) in [("rooms", "device.key"), ("relay", "relay.key")] {
        let line = format!(
            "dd if=/dev/zero of=$LANTERM_HOME/rest bs=4k 2>/dev/null; exec $LANTERM {command}"
        );
        let (mut command, _home) = on_disk("size=64k", &line);
        assert_fails(
            &command.output().unwrap(),
            FAILED,
            &[file, "the disk is full"],
        );
    }
}

#[test]
fn a_relay_whose_disk_fills_up_says_so_and_lives() {
    if !can_make_lans() {
        return;
    }
    let line = format!("exec $LANTERM {}", RELAY_ARGS.join(" "));
    let (mut command, home) = on_disk("size=1m", &line);
    let (process, address) = serve(&mut command);
    let mut relay = Relay {
        process,
        address,
        home,
    };
    let mut send = relay
        .command(&["send", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = send.stdin.take().unwrap();
    let line = format!("{}\n", "x".repeat(8_000));
    // It stops reading once a message is refused.
    while input.write_all(line.as_bytes()).is_ok() {}
    let output = send.wait_with_output().unwrap();
    assert_fails(&output, FAILED, &["line ", "the disk is full"]);
    assert_eq!(relay.process.try_wait().unwrap(), None, "the relay lives");
    let rooms = relay.run(&["rooms", "--json"]);
    assert!(rooms.status.success(), "{rooms:?}");
}

#[test]
fn a_copy_that_does_not_fit_on_the_disk() {
    if !can_make_lans() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (mut relay, address) = serve(&mut lanterm(home.path(), &RELAY_ARGS));
    let long = "x".repeat(16 * 1024);
    let mut send = lanterm(home.path(), &["--relay", &address, "send", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = send.stdin.take().unwrap();
    for _ in 0..8 {
        writeln!(input, "{long}").unwrap();
    }
    drop(input);
    assert!(send.wait().unwrap().success());
    let line = "exec $LANTERM relay backup --store $STORE $LANTERM_HOME/copy.db";
    let (mut command, _small) = on_disk("size=64k", line);
    let output = command
        .env("STORE", home.path().join("relay.db"))
        .output()
        .unwrap();
    relay.kill().unwrap();
    relay.wait().unwrap();
    assert_fails(&output, FAILED, &["copy.db", "the disk is full"]);
}

#[test]
fn a_copy_of_nothing_or_over_something() {
    let home = tempfile::tempdir().unwrap();
    let copy = home.path().join("copy.db");
    let backup = |args: &[&str]| {
        let mut command = lanterm(home.path(), &["relay", "backup"]);
        command.args(args).output().unwrap()
    };
    let to = copy.to_str().unwrap();
    assert_fails(&backup(&[to]), FAILED, &["no store", "relay.db"]);
    assert!(!copy.exists());
    let (mut relay, _) = serve(&mut lanterm(home.path(), &RELAY_ARGS));
    let made = backup(&[to]);
    assert!(made.status.success(), "{made:?}");
    let before = std::fs::read(&copy).unwrap();
    assert_fails(&backup(&[to]), FAILED, &["copy.db", "already"]);
    assert_eq!(std::fs::read(&copy).unwrap(), before);
    let nowhere = home.path().join("no/where/copy.db");
    let output = backup(&[nowhere.to_str().unwrap()]);
    assert_fails(&output, FAILED, &["no/where/copy.db"]);
    relay.kill().unwrap();
    relay.wait().unwrap();

    let text = home.path().join("text");
    std::fs::write(&text, "x".repeat(10_000)).unwrap();
    let other = home.path().join("other.db");
    let args = ["--store", text.to_str().unwrap(), other.to_str().unwrap()];
    assert_fails(&backup(&args), FAILED, &["text", "not a lanterm store"]);
    assert!(!other.exists(), "nothing is left behind");
    assert_fails(&backup(&[]), USAGE, &["FILE"]);
}

#[test]
fn ages_and_sizes_that_make_no_sense() {
    for (flag, value, word) in [
        ("--keep", "0", "90d"),
        ("--keep", "soon", "90d"),
        ("--keep", "1.5d", "90d"),
        ("--keep-size", "10", "at least 1M"),
        ("--keep-size", "2T", "500M"),
    ] {
        let output = run(&["relay", "--store", "memory", flag, value]);
        assert_fails(&output, USAGE, &[word]);
    }
}

#[test]
fn a_search_for_nothing() {
    let relay = Relay::start();
    for query in [&["search"][..], &["search", ""], &["search", " ", " "]] {
        assert_fails(&relay.run(query), USAGE, &[]);
    }
    let long = "x".repeat(257);
    let output = relay.run(&["search", &long]);
    assert_fails(&output, USAGE, &["over 256 characters"]);
    assert_fails(
        &relay.run(&["search", "tea", "-n", "1001"]),
        USAGE,
        &["1001"],
    );
}

#[test]
fn a_search_in_a_room_that_does_not_exist() {
    let output = Relay::start().run(&["search", "tea", "-r", "nowhere"]);
    assert_fails(&output, REFUSED, &["room", "nowhere", "does not exist"]);
}

#[test]
fn an_audit_of_a_place_that_is_not_there() {
    let relay = Relay::start();
    assert!(relay.run(&["send", "hi"]).status.success());
    let output = relay.run(&["audit", "-r", "lobby", "--at", "2"]);
    assert_fails(&output, FAILED, &["lobby", "ends at #1"]);
}

#[test]
fn a_relay_of_a_newer_protocol() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let versions = (VERSION + 1, VERSION + 2);
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let Ok(Cleartext::Hello(hello)) = Cleartext::decode(&buffer[..length]) else {
                continue;
            };
            let client = hello.client;
            let answer = Cleartext::Unsupported { client, versions }.encode();
            socket.send_to(&answer, from).unwrap();
        }
    });
    for command in [&["send", "hi"][..], &["rooms"], &["tail"]] {
        let mut args = vec!["--relay", &address];
        args.extend(command);
        let words = [&address, "protocol versions 2 to 3", "this lanterm 1"];
        assert_fails(&run(&args), FAILED, &words);
    }
}

#[test]
fn a_name_that_is_none() {
    let long = "x".repeat(200);
    for (name, word) in [
        ("", "empty"),
        (&long, "longer than 32 characters"),
        ("\u{7}\u{1b}[31m\n", "not allowed"),
        ("ann ben", "contains a blank"),
        ("\u{202e}nna", "not allowed"),
    ] {
        assert_fails(&run(&["--name", name, "rooms"]), USAGE, &["name", word]);
        assert_fails(
            &run(&["relay", "--relay-name", name]),
            USAGE,
            &["name", word],
        );
    }
    let home = tempfile::tempdir().unwrap();
    let mut command = lanterm(home.path(), &["rooms"]);
    let output = command.env("LANTERM_NAME", "\u{1}\u{2}").output().unwrap();
    assert_fails(&output, USAGE, &["name", "not allowed"]);
}

#[test]
fn a_message_that_is_too_long() {
    let relay = Relay::start();
    let long = "x".repeat(16 * 1024 + 1);
    assert_fails(&relay.run(&["send", &long]), USAGE, &["over 16 KiB"]);
    let mut send = relay.command(&["send", "-"]);
    let mut send = send
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = send.stdin.take().unwrap();
    writeln!(input, "short\n{long}").unwrap();
    drop(input);
    let output = send.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.starts_with("error: line 2 is over 16 KiB"),
        "{stderr}"
    );
    assert_eq!(output.status.code(), Some(USAGE), "{stderr}");
    // As long as it may be.
    let longest = relay.run(&["send", &long[1..]]);
    assert!(longest.status.success(), "{longest:?}");
}

#[test]
fn a_room_that_does_not_exist() {
    let relay = Relay::start();
    for args in [
        &["send", "-r", "attic", "hi"][..],
        &["tail", "-r", "attic"],
        &["history", "-r", "attic"],
        &["who", "-r", "attic"],
        &["audit", "-r", "attic"],
    ] {
        assert_fails(
            &relay.run(args),
            REFUSED,
            &["room", "attic", "does not exist"],
        );
    }
    assert_fails(&relay.run(&["tail", "-r", "a b"]), USAGE, &["a b"]);
    let direct = relay.run(&["history", "-r", "@ben"]);
    assert_fails(&direct, REFUSED, &["room", "@ann+ben", "does not exist"]);
}

#[test]
fn a_configuration_that_is_broken() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    for (text, words) in [
        (
            &b"name = \"ann\"\n\nnmae = \"ben\"\n"[..],
            &["config.toml:3", "nmae"][..],
        ),
        (
            b"name = \"ann\"\nroom = 7\n",
            &["config.toml:2", "\"room\" takes a text"],
        ),
        (b"\n\n\nname = \"a b\"\n", &["config.toml:4", "a b"]),
        (b"[[[", &["config.toml:1"]),
        (b"name = \"ann\nroom = \"tea\"\n", &["config.toml:1"]),
        (b"name = \"ann\"\n# caf\xe9\n", &["config.toml:2", "UTF-8"]),
    ] {
        std::fs::write(&file, text).unwrap();
        for args in [&["rooms"][..], &["relay", "--store", "memory"]] {
            let output = lanterm(home.path(), args).output().unwrap();
            assert_fails(&output, FAILED, words);
        }
    }
    // What it says of the language counts all the same, also in a file of another name.
    let other = home.path().join("other.toml");
    for text in [
        "language = \"zh\"\nnmae = \"ben\"\n",
        "language = \"zh\"\nname =\n",
    ] {
        std::fs::write(&file, text).unwrap();
        std::fs::write(&other, text).unwrap();
        for args in [
            &["rooms"][..],
            &["rooms", "--config", other.to_str().unwrap()],
        ] {
            let output = lanterm(home.path(), args).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(stderr.starts_with("错误："), "{stderr}");
            assert!(stderr.contains(".toml:2: "), "{stderr}");
        }
    }
    let missing = run(&["--config", "/nowhere/lanterm.toml", "rooms"]);
    let words = &["/nowhere/lanterm.toml", "there is no such file"];
    assert_fails(&missing, FAILED, words);
}
