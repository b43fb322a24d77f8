//! The real relay in a process of its own, on loopback, and clients of it in this process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lanterm::io::client::ClientSetup;
use lanterm::session::KeyPair;

/// A relay that serves.
pub struct RelayProcess {
    pub address: SocketAddr,
    process: Child,
    log: Receiver<String>,
    _home: tempfile::TempDir,
}

impl RelayProcess {
    /// Starts it with a new store.
    #[allow(dead_code, reason = "not every benchmark begins with nothing")]
    pub fn start() -> Self {
        Self::start_in(folder())
    }

    /// Starts it with what is in a folder.
    pub fn start_in(home: tempfile::TempDir) -> Self {
        let address: SocketAddr = "127.0.0.1:5399".parse().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_lanterm"))
            .args(["-vv", "relay", "--json", "--bind", &address.to_string()])
            .env("LANTERM_HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut ready).unwrap();
        assert!(ready.contains("ready"), "{ready}");
        let stderr = process.stderr.take().unwrap();
        let (lines, log) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if line.contains("committed") && lines.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            address,
            process,
            log,
            _home: home,
        }
    }

    /// Its process.
    #[allow(dead_code, reason = "not every benchmark asks")]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it; how long each commit took.
    pub fn end(mut self) -> Vec<Duration> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let micros = |line: String| {
            let (_, rest) = (line.split_once("micros=")).unwrap_or_else(|| panic!("{line}"));
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
            Duration::from_micros(digits.parse().unwrap())
        };
        self.log.iter().map(micros).collect()
    }
}

/// A folder for a store: in `LANTERM_BENCH_FOLDER` or where temporary files go.
pub fn folder() -> tempfile::TempDir {
    match std::env::var_os("LANTERM_BENCH_FOLDER").map(PathBuf::from) {
        Some(folder) => tempfile::tempdir_in(folder).unwrap(),
        None => tempfile::tempdir().unwrap(),
    }
}

/// A client of that relay, another for each number; with a database, if it is to have one.
pub fn setup(number: u32, relay: SocketAddr, store: Option<PathBuf>) -> ClientSetup {
    let mut private = [9; 32];
    private[..4].copy_from_slice(&number.to_be_bytes());
    ClientSetup {
        name: format!("user{number}").parse().unwrap(),
        keys: KeyPair::from_private(private),
        visible: store.is_some(),
        pins: Vec::new(),
        keep_pin: Box::new(|_| {}),
        relay: Some((relay.ip().to_string(), relay.port())),
        ifaces: Vec::new(),
        host: None,
        store,
        chaos: None,
    }
}
