//! Hosts of their own on one bridge, made of network namespaces: the real binary on real sockets.
//!
//! Needs root on Linux with `ip` and `nft`. Elsewhere these tests say that they are skipped; with
//! `LANTERM_REQUIRE_LAN=1`, as in CI, being skipped is a failure.

// Each test file is a program of its own and uses its own part of this.
#![allow(dead_code)]

pub mod disk;
pub mod ledger;
pub mod terminal;
pub mod trace;
pub mod waiting;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

pub use terminal::Terminal;

/// The program under test.
pub const LANTERM: &str = env!("CARGO_BIN_EXE_lanterm");

/// Longer than anything here may take, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Whether namespaces can be had; says so when not.
pub fn can_make_lans() -> bool {
    let is_root = run_out("id", &["-u"]).is_some_and(|id| id.trim() == "0");
    let has_tools = ["ip", "nft", "tmux"]
        .iter()
        .all(|tool| run_out("sh", &["-c", &format!("command -v {tool}")]).is_some());
    if is_root && has_tools && cfg!(target_os = "linux") {
        return true;
    }
    assert!(
        std::env::var_os("LANTERM_REQUIRE_LAN").is_none(),
        "needs root on Linux with ip, nft and tmux"
    );
    eprintln!("skipped: needs root on Linux with ip, nft and tmux");
    false
}

/// The standard output of a command that succeeded.
fn run_out(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command of the test's own, which must succeed.
pub fn must(program: &str, args: &[&str]) {
    let output = Command::new(program).args(args).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The memory a process holds, in KiB.
pub fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let value = line.and_then(|line| line.split_whitespace().nth(1));
    value.unwrap().parse().unwrap()
}

/// A bridge and its hosts; gone when dropped, with all that runs on them.
pub struct Lan {
    tag: String,
    folder: tempfile::TempDir,
    hosts: Vec<String>,
    /// Those that are not in the folder.
    homes: BTreeMap<String, PathBuf>,
    children: Vec<Child>,
}

impl Lan {
    /// A bridge without hosts.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let lan = Self {
            tag: format!("ltt{}-{number}", std::process::id()),
            folder: tempfile::tempdir().unwrap(),
            hosts: Vec::new(),
            homes: BTreeMap::new(),
            children: Vec::new(),
        };
        must("ip", &["netns", "add", &lan.space("bridge")]);
        for bridge in ["br0", "br1"] {
            lan.ip("bridge", &["link", "add", bridge, "type", "bridge"]);
            lan.ip("bridge", &["link", "set", bridge, "up"]);
        }
        lan
    }

    /// Adds a host with nothing but loopback.
    pub fn host(&mut self, name: &str) {
        must("ip", &["netns", "add", &self.space(name)]);
        self.hosts.push(name.to_owned());
        self.ip(name, &["link", "set", "lo", "up"]);
        std::fs::create_dir(self.home(name)).unwrap();
    }

    /// Puts a cable between an interface of a host and a bridge; `address` with its prefix, none for
    /// IPv6 link-local only.
    pub fn cable(&mut self, host: &str, interface: &str, bridge: &str, address: Option<&str>) {
        let port = format!("{host}-{interface}");
        let space = self.space(host);
        self.ip(
            "bridge",
            &[
                "link", "add", &port, "type", "veth", "peer", "name", interface, "netns", &space,
            ],
        );
        // Without duplicate address detection, so that no test waits for it.
        let setting = format!("net.ipv6.conf.{interface}.accept_dad=0");
        must(
            "ip",
            &["netns", "exec", &space, "sysctl", "-q", "-w", &setting],
        );
        self.ip("bridge", &["link", "set", &port, "master", bridge, "up"]);
        if let Some(address) = address {
            self.ip(host, &["address", "add", address, "dev", interface]);
        }
        self.ip(host, &["link", "set", interface, "up"]);
    }

    /// Adds hosts on one bridge, with addresses 10.77.0.1 and up.
    pub fn simple(names: &[&str]) -> Self {
        let mut lan = Self::new();
        for (index, name) in names.iter().enumerate() {
            lan.host(name);
            let address = format!("10.77.0.{}/24", index + 1);
            lan.cable(name, "eth0", "br0", Some(&address));
        }
        lan
    }

    /// Drops this share of what arrives at every host, in percent.
    pub fn lose(&self, percent: u32) {
        for host in &self.hosts {
            let rules = format!(
                "table inet lan\ndelete table inet lan\ntable inet lan {{\nchain input {{\n\
                 type filter hook input priority 0\n\
                 iifname != \"lo\" meta l4proto udp numgen random mod 100 < {percent} drop\n\
                 }}\n}}\n"
            );
            let path = self.folder.path().join(format!("{host}.nft"));
            std::fs::write(&path, rules).unwrap();
            let (space, path) = (self.space(host), path.to_str().unwrap().to_owned());
            must("ip", &["netns", "exec", &space, "nft", "-f", &path]);
        }
    }

    /// `ip` in a host.
    pub fn ip(&self, host: &str, args: &[&str]) {
        let space = self.space(host);
        let mut all = vec!["-n", space.as_str()];
        all.extend(args);
        must("ip", &all);
    }

    /// The namespace of a host.
    pub fn space(&self, host: &str) -> String {
        format!("{}-{host}", self.tag)
    }

    /// The LANTERM_HOME of a host, or of a user on it.
    pub fn home(&self, host: &str) -> PathBuf {
        let elsewhere = self.homes.get(host).cloned();
        elsewhere.unwrap_or_else(|| self.folder.path().join(host))
    }

    /// Puts the LANTERM_HOME of a host elsewhere.
    pub fn move_home(&mut self, host: &str, path: &std::path::Path) {
        self.homes.insert(host.to_owned(), path.to_owned());
    }

    /// A command on a host.
    pub fn command(&self, host: &str, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.space(host), program])
            .args(args)
            .env("LANTERM_HOME", self.home(host))
            .env_remove("LANTERM_NAME")
            .env("LANGUAGE", "en")
            .env("USER", host);
        command
    }

    /// lanterm on a host, to its end.
    pub fn lanterm(&self, host: &str, args: &[&str]) -> Output {
        self.command(host, LANTERM, args)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// lanterm on a host, in the background; its lines of output.
    pub fn start(&mut self, host: &str, args: &[&str]) -> Lines {
        self.start_complaining(host, args, Stdio::inherit())
    }

    /// The same, with standard error going elsewhere.
    pub fn start_complaining(&mut self, host: &str, args: &[&str], stderr: Stdio) -> Lines {
        let mut command = self.command(host, LANTERM, args);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        self.children.push(child);
        lines
    }

    /// A relay on a host, serving.
    pub fn relay(&mut self, host: &str) -> Lines {
        let lines = self.start(host, &["relay", "--json"]);
        lines.until(r#""type":"ready""#);
        lines
    }

    /// The same, reading what it is to do from the pipe that is returned as well.
    pub fn start_fed(&mut self, host: &str, args: &[&str]) -> (Lines, ChildStdin) {
        let mut child = self
            .command(host, LANTERM, args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        let input = child.stdin.take().unwrap();
        self.children.push(child);
        (lines, input)
    }

    /// Any program on a host, in the background; its lines of output.
    pub fn start_program(&mut self, host: &str, program: &str, args: &[&str]) -> Lines {
        let mut command = self.command(host, program, args);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        self.children.push(child);
        lines
    }

    /// The number of the background program started last.
    pub fn newest(&self) -> usize {
        self.children.len() - 1
    }

    /// Kills the background program started as number `index`, and waits until it is gone.
    pub fn kill(&mut self, index: usize) {
        self.children[index].kill().unwrap();
        self.children[index].wait().unwrap();
    }

    /// Waits until that program has ended by itself; whether it succeeded.
    pub fn ended_well(&mut self, index: usize) -> bool {
        let start = Instant::now();
        loop {
            if let Some(status) = self.children[index].try_wait().unwrap() {
                return status.success();
            }
            assert!(start.elapsed() < PATIENCE, "program {index} does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends the background program started as number `index` with a signal.
    pub fn signal(&mut self, index: usize, signal: &str) {
        let id = self.children[index].id().to_string();
        must("kill", &[signal, &id]);
    }

    /// The process of the background program started as number `index`.
    pub fn process(&self, index: usize) -> u32 {
        self.children[index].id()
    }

    /// Whether that program still runs.
    pub fn is_running(&mut self, index: usize) -> bool {
        self.children[index].try_wait().unwrap().is_none()
    }

    /// The line a shell is given to start lanterm's screen on a host.
    pub fn screen_line(&self, host: &str, args: &str) -> String {
        self.screen_line_with(host, "", args)
    }

    /// The same with more variables, as `env` takes them.
    pub fn screen_line_with(&self, host: &str, variables: &str, args: &str) -> String {
        format!(
            "ip netns exec {} env LANTERM_HOME={} LANGUAGE=en USER={host} TERM=xterm-256color {variables} \
             {LANTERM} {args}",
            self.space(host),
            self.home(host).display(),
        )
    }

    /// A terminal with a shell in it.
    pub fn shell(&self, host: &str) -> Terminal {
        self.terminal(host, (100, 30), "sh")
    }

    /// A terminal of this size with lanterm in it.
    pub fn screen(&self, host: &str, size: (u16, u16), args: &str) -> Terminal {
        self.terminal(host, size, &self.screen_line(host, args))
    }

    /// The same with more variables, as `env` takes them.
    pub fn screen_with(
        &self,
        host: &str,
        size: (u16, u16),
        variables: &str,
        args: &str,
    ) -> Terminal {
        let line = self.screen_line_with(host, variables, args);
        self.terminal(host, size, &line)
    }

    /// Ends the screen of a host with a signal.
    pub fn signal_screen(&self, host: &str, signal: &str) {
        let wanted = format!("LANTERM_HOME={}", self.home(host).display());
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            let program = std::fs::read_link(entry.path().join("exe")).unwrap_or_default();
            let is_screen = program.to_str() == Some(LANTERM)
                && environment
                    .split(|byte| *byte == 0)
                    .any(|variable| variable == wanted.as_bytes());
            if let (true, Some(id)) = (is_screen, entry.file_name().to_str()) {
                must("kill", &[&format!("-{signal}"), id]);
            }
        }
    }

    fn terminal(&self, host: &str, size: (u16, u16), line: &str) -> Terminal {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{host}-{number}", self.tag);
        Terminal::new(name, size, line)
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        for host in self.hosts.iter().map(String::as_str).chain(["bridge"]) {
            // A program that was stopped does not end with its terminal.
            let left = run_out("ip", &["netns", "pids", &self.space(host)]);
            for id in left.unwrap_or_default().split_whitespace() {
                let _ = Command::new("kill").args(["-KILL", id]).output();
            }
            let _ = Command::new("ip")
                .args(["netns", "delete", &self.space(host)])
                .output();
        }
    }
}

/// The lines a program prints, as they come.
pub struct Lines {
    lines: Receiver<String>,
}

impl Lines {
    fn of(output: impl std::io::Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { lines }
    }

    /// The next line, or `None` when the program has ended.
    pub fn next(&self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no line within {PATIENCE:?}"),
        }
    }

    /// The first line from here on with `text` in it.
    pub fn until(&self, text: &str) -> String {
        loop {
            let line = self.next();
            let line = line.unwrap_or_else(|| panic!("ended before a line with {text}"));
            if line.contains(text) {
                return line;
            }
        }
    }
}

impl Lines {
    /// Those that have come by now.
    pub fn arrived(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    /// Those that are left of a program that has ended.
    pub fn rest(&self) -> Vec<String> {
        std::iter::from_fn(|| self.next()).collect()
    }
}
