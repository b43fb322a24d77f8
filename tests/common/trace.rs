//! strace: watches what a running program asks of the system, or meddles with it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::run_out;

/// The system calls that make a file durable.
pub const SYNCS: &str = "fsync,fdatasync,sync_file_range,msync";

/// Whether programs can be traced here; says so when not.
pub fn can_trace() -> bool {
    if run_out("strace", &["-o", "/dev/null", "-e", "trace=none", "true"]).is_some() {
        return true;
    }
    assert!(
        std::env::var_os("LANTERM_REQUIRE_LAN").is_none(),
        "needs strace, and the right to use it"
    );
    eprintln!("skipped: needs strace, and the right to use it");
    false
}

/// strace at a process, with all its threads; lets go of it when dropped.
pub struct Trace {
    strace: Child,
    output: PathBuf,
    _folder: tempfile::TempDir,
}

impl Trace {
    /// Takes hold of a process, with strace's words for what to do.
    pub fn attach(process: u32, expressions: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("trace");
        let mut command = Command::new("strace");
        command.args(["-f", "-ttt", "-T", "-o"]).arg(&output);
        command.args(["-p", &process.to_string()]);
        for expression in expressions {
            command.args(["-e", expression]);
        }
        let mut strace = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(strace.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert!(line.contains("attached"), "strace says: {line}");
        // Nobody reads what else it says, which is a line or two.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self {
            strace,
            output,
            _folder: folder,
        }
    }

    /// Lets go of the process; the calls of those kinds that were seen, in the order they ended.
    pub fn end(mut self, kinds: &str) -> Vec<Call> {
        self.detach();
        calls(&self.output, kinds)
    }

    fn detach(&mut self) {
        if matches!(self.strace.try_wait(), Ok(None)) {
            let id = self.strace.id().to_string();
            let _ = Command::new("kill").args(["-INT", &id]).output();
        }
        let _ = self.strace.wait();
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        self.detach();
    }
}

/// A system call that was seen.
#[derive(Clone, Debug)]
pub struct Call {
    /// When it was asked for, since 1970.
    pub start: Duration,
    /// When it was done.
    pub end: Duration,
    /// Whether it succeeded.
    pub is_done: bool,
}

/// Reads lines such as `811 1795.25 fdatasync(7) = 0 <0.001> ` and those that another thread parts:
/// `811 1795.25 fdatasync(7 <unfinished ...>`, `811 1795.26 <... fdatasync resumed>) = 0 <0.01>`.
fn calls(output: &Path, kinds: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    let text = std::fs::read_to_string(output).unwrap();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(_thread), Some(at)) = (words.next(), words.next()) else {
            continue;
        };
        let is_wanted = kinds.split(',').any(|kind| {
            line.contains(&format!(" {kind}(")) || line.contains(&format!("<... {kind} resumed>"))
        });
        let (Some(lasted), Ok(at)) = (lasted(line), at.parse::<f64>()) else {
            continue;
        };
        if !is_wanted {
            continue;
        }
        let at = Duration::from_secs_f64(at);
        // A resumed call has the time it was resumed at, and how long it took in all.
        let (start, end) = match line.contains(" resumed>") {
            true => (at.saturating_sub(lasted), at),
            false => (at, at + lasted),
        };
        let is_done = line.contains("= 0");
        calls.push(Call {
            start,
            end,
            is_done,
        });
    }
    calls
}

/// The time in angle brackets at the end of a line.
fn lasted(line: &str) -> Option<Duration> {
    let (_, time) = line.trim_end().strip_suffix('>')?.rsplit_once('<')?;
    time.parse().ok().map(Duration::from_secs_f64)
}
