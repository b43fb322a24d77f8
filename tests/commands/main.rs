//! Whole commands as scripts see them: standard output, standard error, exit codes.

mod logs;
mod plain;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// How long something may take that takes a moment: far more than it takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A relay on a free port of this host, for one test.
struct Relay {
    process: Child,
    address: String,
    /// `None` once it is stopped.
    home: Option<TempDir>,
}

impl Relay {
    /// One that keeps nothing on disk.
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        Self::serve(home, &["--port", "0", "--store", "memory"])
    }

    /// One that keeps its rooms in `relay.db` of its home, as it finds it there.
    fn durable(home: TempDir) -> Self {
        Self::serve(home, &["--port", "0"])
    }

    fn serve(home: TempDir, arguments: &[&str]) -> Self {
        let mut process = lanterm(&home.path().join("relay"))
            .args(["relay", "--json", "--bind", "127.0.0.1"])
            .args(["--iface", "lo", "--relay-name", "attic"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut ready)
            .unwrap();
        let ready: Value = serde_json::from_str(&ready).expect("a line once it serves");
        assert_eq!(ready["type"], "ready");
        let address = ready["addr"][0].as_str().unwrap().to_owned();
        Self {
            process,
            address,
            home: Some(home),
        }
    }

    fn home(&self) -> &Path {
        self.home.as_ref().expect("it is not stopped").path()
    }

    /// Ends the relay without a warning; its files stay.
    fn kill(mut self) -> TempDir {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.home.take().expect("it is not stopped")
    }

    /// The log of a room, and the texts in it.
    fn log(&self, room: &str) -> (Value, Vec<String>) {
        let lines = lines(&self.run("ann", &["history", "--json", "-r", room]));
        let texts = lines.iter().filter_map(|line| line["text"].as_str());
        (lines[0]["log"].clone(), texts.map(str::to_owned).collect())
    }

    /// A command of the user `name`, who has a home of its own.
    fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = lanterm(&self.home().join(name));
        command
            .args(["--relay", &self.address, "--name", name])
            .args(arguments);
        command
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Output {
        self.command(name, arguments).output().unwrap()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A command that goes on until the test ends, however it ends.
struct Endless(Child);

impl Drop for Endless {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Endless {
    fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::piped()).spawn().unwrap())
    }
}

fn lanterm(home: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lanterm"));
    command
        .env("LANTERM_HOME", home)
        .env_remove("LANTERM_NAME")
        .env("LANGUAGE", "en")
        .stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    lanterm(home.path()).args(arguments).output().unwrap()
}

/// The JSON lines a command printed, which must have ended well.
fn lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", stderr(output));
    let text = str::from_utf8(&output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Checks the exit code, an error of one line and at most one hint, and that nothing else is said.
fn assert_fails(output: &Output, code: i32, error: &str) {
    let stderr = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(output.stdout.is_empty());
    let mut lines = stderr.lines();
    assert_eq!(lines.next(), Some(error));
    assert!(lines.next().is_none_or(|line| line.starts_with("hint: ")));
    assert_eq!(lines.next(), None);
}

#[test]
fn what_is_sent_is_stored_followed_and_listed() {
    let relay = Relay::start();
    let sent = lines(&relay.run("ann", &["send", "--json", "hello", "there"]));
    assert_eq!(sent.len(), 1);
    assert_eq!(
        (&sent[0]["type"], &sent[0]["state"]),
        (&"sent".into(), &"held".into())
    );

    let tail = relay.run("bob", &["tail", "--json", "-n", "1"]);
    let tail = lines(&tail);
    let message = tail.iter().find(|line| line["type"] == "message").unwrap();
    assert_eq!(
        (&message["from"], &message["text"]),
        (&"ann".into(), &"hello there".into())
    );
    assert_eq!(
        (&message["seq"], &message["id"]),
        (&sent[0]["seq"], &sent[0]["id"])
    );

    let rooms = lines(&relay.run("bob", &["rooms", "--json"]));
    assert_eq!(rooms.len(), 1);
    assert_eq!(rooms[0]["name"], "lobby");
    let who = lines(&relay.run("ann", &["who", "--json", "-r", "lobby"]));
    assert!(who.iter().any(|member| member["name"] == "bob"), "{who:?}");
    let history = lines(&relay.run("ann", &["history", "--json", "-r", "lobby"]));
    assert!(history.iter().any(|line| line["id"] == sent[0]["id"]));
}

#[test]
fn lines_of_input_are_messages_in_their_order() {
    let relay = Relay::start();
    let input: String = (0..1_000).map(|number| format!("{number}\n")).collect();
    let mut send = relay
        .command("ann", &["send", "--json", "-r", "builds", "--create", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = send.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let sent = lines(&send.wait_with_output().unwrap());
    writer.join().unwrap().unwrap();
    let seqs: Vec<u64> = sent
        .iter()
        .map(|line| line["seq"].as_u64().unwrap())
        .collect();
    let first = seqs[0];
    assert_eq!(seqs, (first..first + 1_000).collect::<Vec<_>>());

    let history = relay.run("bob", &["history", "--json", "-r", "builds", "-n", "5000"]);
    let texts: Vec<String> = lines(&history)
        .iter()
        .filter_map(|line| line["text"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(
        texts,
        (0..1_000)
            .map(|number| number.to_string())
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_bot_talks_through_its_pipe() {
    let relay = Relay::start();
    let mut pipe = relay
        .command("bot", &["pipe", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = pipe.stdin.take().unwrap();
    stdin
        .write_all(
            b"{\"type\":\"send\",\"room\":\"lobby\",\"text\":\"beep\",\"tag\":\"1\"}\nwhat\n\
              {\"type\":\"stats\"}\n",
        )
        .unwrap();
    drop(stdin);
    let lines = lines(&pipe.wait_with_output().unwrap());
    let sent = lines.iter().find(|line| line["type"] == "sent").unwrap();
    assert_eq!(
        (&sent["state"], &sent["tag"]),
        (&"held".into(), &"1".into())
    );
    assert!(lines.iter().any(|line| line["type"] == "error"));
    let stats = lines.iter().find(|line| line["type"] == "stats").unwrap();
    for figure in [
        "rtt_ms",
        "datagrams_out",
        "bytes_out",
        "datagrams_in",
        "bytes_in",
    ] {
        assert!(stats[figure].as_f64() > Some(0.0), "{figure} of {stats}");
    }
    assert_eq!(stats["loss_out_percent"], 0.0);
}

#[test]
fn a_loss_of_a_fifth_loses_nothing() {
    let relay = Relay::start();
    let chaos = "loss=20%,dup=5%,reorder=10%,seed=7";
    let input = "x\n".repeat(200);
    let mut send = relay
        .command("ann", &["send", "--json", "--chaos", chaos, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    send.stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    assert_eq!(lines(&send.wait_with_output().unwrap()).len(), 200);
    let history = lines(&relay.run("bob", &["history", "--json", "-r", "lobby", "-n", "999"]));
    assert_eq!(
        history.iter().filter(|line| line["text"] == "x").count(),
        200
    );
}

#[test]
fn exit_codes_tell_what_went_wrong() {
    let relay = Relay::start();
    assert_fails(
        &relay.run("ann", &["send", "-r", "nowhere", "hi"]),
        5,
        "error: room \"nowhere\" does not exist",
    );
    assert_fails(
        &run(&["--relay", "127.0.0.1:9", "--timeout", "0.3", "rooms"]),
        4,
        "error: no relay answered within 0.3 s",
    );
    assert_fails(
        &run(&["--name", &"x".repeat(40), "rooms"]),
        2,
        &format!(
            "error: the name \"{}\" is longer than 32 characters",
            "x".repeat(40)
        ),
    );
    assert_fails(
        &run(&["dance"]),
        2,
        "error: unrecognized subcommand 'dance'",
    );
    assert_fails(&run(&[]), 2, "error: the chat needs a terminal");
    assert_fails(&run(&["pipe"]), 2, "error: a pipe speaks JSON only");
}

#[test]
fn a_changed_key_stops_a_script() {
    let relay = Relay::start();
    assert!(relay.run("ann", &["rooms"]).status.success());
    let known_relays = relay.home().join("ann/known_relays");
    let known = std::fs::read_to_string(&known_relays).unwrap();
    let (rest, _) = known.trim_end().rsplit_once(' ').unwrap();
    std::fs::write(&known_relays, format!("{rest} {}\n", "ab".repeat(32))).unwrap();
    assert_fails(
        &relay.run("ann", &["send", "hi"]),
        3,
        "error: the key of the relay \"attic\" has changed",
    );
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let relay = Relay::start();
    let mut tail = relay
        .command("ann", &["tail", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 1];
    let mut stdout = tail.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    for _ in 0..2 {
        assert!(relay.run("bob", &["send", "hi"]).status.success());
    }
    let output = tail.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), stderr(&output).as_str()),
        (Some(0), "")
    );
}

#[test]
fn help_and_version_go_to_standard_output() {
    for arguments in [&["--help"][..], &["--version"], &["send", "--help"]] {
        let output = run(arguments);
        assert!(output.status.success() && output.stderr.is_empty());
        assert!(!output.stdout.is_empty());
    }
}

/// The states of the messages in these lines.
fn states(lines: &[Value]) -> Vec<&str> {
    let sent = lines.iter().filter(|line| line["type"] == "sent");
    sent.map(|line| line["state"].as_str().unwrap()).collect()
}

#[test]
fn a_relay_with_a_disk_stores_and_one_without_holds() {
    let relay = Relay::durable(tempfile::tempdir().unwrap());
    let sent = lines(&relay.run("ann", &["send", "--json", "hi"]));
    assert_eq!(states(&sent), ["stored"]);
    // What is stored is there after the relay was killed.
    let relay = Relay::durable(relay.kill());
    assert_eq!(relay.log("lobby").1, ["hi"]);
    let sent = lines(&Relay::start().run("ann", &["send", "--json", "hi"]));
    assert_eq!(states(&sent), ["held"]);
}

#[test]
fn a_message_that_nobody_reads_is_not_delivered() {
    let relay = Relay::durable(tempfile::tempdir().unwrap());
    let wait = [
        "send",
        "--json",
        "--wait",
        "delivered",
        "--timeout",
        "0.5",
        "hi",
    ];
    let output = relay.run("ann", &wait);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(
        stderr(&output),
        "error: stored as #1 of \"lobby\", but not delivered within 0.5 s\n\
         hint: it waits at the relay until somebody else reads the room\n"
    );
    let sent: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&sent["state"], &sent["seq"]),
        (&"stored".into(), &1.into())
    );
}

#[test]
fn delivered_is_when_somebody_has_read_it() {
    let relay = Relay::durable(tempfile::tempdir().unwrap());
    let mut tail = Endless::start(&mut relay.command("bob", &["tail", "--json"]));
    let mut first = [0; 1];
    let stdout = tail.0.stdout.as_mut().unwrap();
    stdout.read_exact(&mut first).unwrap();
    let output = relay.run("ann", &["send", "--json", "--wait", "delivered", "hi"]);
    let sent = lines(&output);
    assert_eq!(states(&sent), ["delivered"]);
    assert_eq!(sent[0]["by"], "bob");
}

#[test]
fn a_direct_room_is_named_by_the_other_user() {
    let relay = Relay::start();
    assert!(
        relay
            .run("ann", &["send", "--to", "bob", "psst"])
            .status
            .success()
    );
    assert!(
        relay
            .run("ann", &["send", "-r", "@bob", "psst"])
            .status
            .success()
    );
    for (name, arguments) in [
        ("ann", &["history", "--json", "-r", "@bob"][..]),
        ("bob", &["history", "--json", "-r", "@ann"]),
        ("bob", &["tail", "--json", "-n", "2", "-r", "@ann"]),
    ] {
        let lines = lines(&relay.run(name, arguments));
        let texts = lines.iter().filter(|line| line["text"] == "psst");
        assert_eq!(texts.count(), 2, "{arguments:?}");
        assert!(lines.iter().all(|line| line["room"] == "@ann+bob"));
    }
}
