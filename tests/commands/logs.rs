//! What is in a log: found, audited, copied and put back.

use super::*;

#[test]
fn what_was_said_is_found() {
    let relay = Relay::start();
    for text in ["tea is ready", "the tea is cold", "coffee"] {
        assert!(relay.run("ann", &["send", text]).status.success());
    }
    assert!(relay.run("bob", &["send", "more tea?"]).status.success());
    let whisper = relay.run("ann", &["send", "--to", "bob", "tea is mine"]);
    assert!(whisper.status.success());
    let texts = |name: &str, arguments: &[&str]| {
        let mut all = vec!["search", "--json"];
        all.extend(arguments);
        let lines = lines(&relay.run(name, &all));
        let text = |line: &Value| line["text"].as_str().unwrap().to_owned();
        lines.iter().map(text).collect::<Vec<_>>()
    };
    let all = [
        "tea is mine",
        "more tea?",
        "the tea is cold",
        "tea is ready",
    ];
    assert_eq!(texts("bob", &["TEA"]), all);
    assert_eq!(texts("eve", &["tea"]), all[1..]);
    assert_eq!(texts("bob", &["tea", "-n", "1"]), all[..1]);
    assert_eq!(texts("bob", &["tea", "cold"]), ["the tea is cold"]);
    assert_eq!(texts("bob", &["cof*"]), ["coffee"]);
    assert_eq!(
        texts("bob", &["\"tea is\"", "-r", "lobby"]),
        all[2..].to_vec()
    );
    assert_eq!(texts("ann", &["tea", "-r", "@bob"]), ["tea is mine"]);
    assert_eq!(texts("ann", &["tea", "--from", "bob"]), ["more tea?"]);
    assert_eq!(texts("ann", &["wine"]), [""; 0]);
    let nothing = relay.run("ann", &["search", "wine"]);
    assert_eq!(stderr(&nothing), "note: nothing found\n");
    assert!(nothing.status.success() && nothing.stdout.is_empty());
}

#[test]
fn a_log_is_audited_and_one_that_was_changed_is_found() {
    let relay = Relay::durable(tempfile::tempdir().unwrap());
    for text in ["one", "two", "three"] {
        assert!(relay.run("ann", &["send", text]).status.success());
    }
    let audit = |relay: &Relay, name: &str| {
        let lines = lines(&relay.run(name, &["audit", "--json", "-r", "lobby"]));
        assert_eq!(lines.len(), 1);
        assert_eq!(
            (&lines[0]["agrees"], &lines[0]["seq"]),
            (&true.into(), &3.into())
        );
        lines[0]["hash"].clone()
    };
    assert_eq!(audit(&relay, "ann"), audit(&relay, "bob"));

    let home = relay.kill();
    let store = rusqlite::Connection::open(home.path().join("relay/relay.db")).unwrap();
    let changed = store.execute("UPDATE events SET name = 'eve' WHERE seq = 2", ());
    assert_eq!(changed, Ok(1));
    drop(store);
    let relay = Relay::durable(home);
    assert_fails(
        &relay.run("ann", &["audit", "-r", "lobby"]),
        3,
        "error: the relay's log of \"lobby\" does not fit its own hashes from #2 on",
    );
    let output = relay.run("ann", &["audit", "-r", "lobby", "--at", "1"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_log_is_compared_with_what_this_device_has_read() {
    let relay = Relay::durable(tempfile::tempdir().unwrap());
    for text in ["one", "two", "three"] {
        assert!(relay.run("ann", &["send", text]).status.success());
    }
    let audit = ["audit", "--json", "-r", "lobby"];
    let before = lines(&relay.run("ann", &[&audit[..], &["--at", "2"]].concat()));
    assert_eq!(before[0]["compared"], 0);

    // As the chat would have kept it.
    let history = relay.home().join("ann/client.db");
    drop(lanterm::store::ClientStore::open(&history).unwrap());
    let history = rusqlite::Connection::open(&history).unwrap();
    let bytes = |hex: &str| {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(byte).collect::<Vec<u8>>()
    };
    let log = bytes(before[0]["log"].as_str().unwrap());
    let hash = bytes(before[0]["hash"].as_str().unwrap());
    let kept = history.execute(
        "INSERT INTO history (room, log, seq, device, local, name, sent_at, stored_after, body,
                              received_at, hash)
         VALUES ('lobby', ?1, 2, zeroblob(8), 1, 'ann', 0, 0, zeroblob(1), 0, ?2)",
        (log, hash),
    );
    assert_eq!(kept, Ok(1));
    let same = lines(&relay.run("ann", &audit));
    assert_eq!(
        (&same[0]["agrees"], &same[0]["compared"]),
        (&true.into(), &1.into())
    );

    let changed = history.execute("UPDATE history SET hash = zeroblob(16)", ());
    assert_eq!(changed, Ok(1));
    let output = relay.run("ann", &audit);
    assert_eq!(output.status.code(), Some(3));
    let other: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&other["agrees"], &other["differs_at"]),
        (&false.into(), &2.into())
    );
    let error = "error: the relay's log of \"lobby\" is not what this device read, from #2 on";
    assert_eq!(stderr(&output).lines().next(), Some(error));
}

/// Backs a relay up while it runs.
fn back_up(relay: &Relay) {
    let copy = relay.home().join("copy.db");
    let backup = lanterm(&relay.home().join("relay"))
        .args(["relay", "backup", "--json"])
        .arg(&copy)
        .output()
        .unwrap();
    let lines = lines(&backup);
    let size = std::fs::metadata(&copy).unwrap().len();
    assert_eq!(
        (&lines[0]["type"], &lines[0]["bytes"]),
        (&"backup".into(), &size.into())
    );
}

/// Kills a relay, puts its copy in the place of its store, and starts it at the same address. What the
/// killed one left beside its store is left there.
fn put_back(relay: Relay) -> Relay {
    let (_, port) = relay.address.rsplit_once(':').unwrap();
    let port = port.to_owned();
    let home = relay.kill();
    let store = home.path().join("relay/relay.db");
    let left = std::fs::metadata(store.with_file_name("relay.db-wal")).unwrap();
    assert!(left.len() > 0, "the killed relay left nothing");
    std::fs::copy(home.path().join("copy.db"), &store).unwrap();
    Relay::serve(home, &["--port", &port])
}

#[test]
fn a_copy_that_is_put_back_has_what_was_said_before_it() {
    let relay = Relay::durable(tempfile::tempdir().unwrap());
    assert!(relay.run("ann", &["send", "before"]).status.success());
    back_up(&relay);
    assert!(relay.run("ann", &["send", "after"]).status.success());
    assert_eq!(relay.log("lobby").1, ["before", "after"]);
    let relay = put_back(relay);
    assert_eq!(relay.log("lobby").1, ["before"]);
    assert!(relay.run("ann", &["send", "again"]).status.success());
    assert_eq!(relay.log("lobby").1, ["before", "again"]);
}

#[test]
fn who_read_further_than_a_copy_goes_is_told() {
    let relay = Relay::durable(tempfile::tempdir().unwrap());
    let mut tail = Endless::start(&mut relay.command("bob", &["tail", "--json", "-n", "3"]));
    let (sender, printed) = std::sync::mpsc::channel();
    let stdout = BufReader::new(tail.0.stdout.take().unwrap());
    std::thread::spawn(move || {
        for line in stdout.lines() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if line["type"] != "presence" && sender.send(line).is_err() {
                return;
            }
        }
    });
    let next = || printed.recv_timeout(PATIENCE).expect("a line of the tail");
    assert_eq!(next()["type"], "join");
    assert!(relay.run("ann", &["send", "before"]).status.success());
    assert_eq!(next()["text"], "before");
    back_up(&relay);
    assert!(relay.run("ann", &["send", "after"]).status.success());
    let after = next();
    assert_eq!(after["text"], "after");

    let relay = put_back(relay);
    assert!(relay.run("ann", &["send", "again"]).status.success());
    let diverged = next();
    assert_eq!(
        (&diverged["type"], &diverged["log"], &diverged["at"]),
        (&"diverged".into(), &after["log"], &after["seq"])
    );
    let again = next();
    assert_eq!(again["text"], "again");
    assert_ne!(again["log"], after["log"]);
    assert!(tail.0.wait().unwrap().success());
}
