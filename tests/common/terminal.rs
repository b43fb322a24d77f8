//! Terminals without a window: tmux, whose screen is read and whose keys are pressed.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{PATIENCE, must, run_out};

/// A terminal with a program in it, driven by tmux.
pub struct Terminal {
    name: String,
}

impl Terminal {
    /// A terminal of this size in which a shell runs `line`; `name` is for tmux, and its own.
    pub(super) fn new(name: String, size: (u16, u16), line: &str) -> Self {
        let (columns, rows) = (size.0.to_string(), size.1.to_string());
        must(
            "tmux",
            &[
                "-L",
                &name,
                "-f",
                "/dev/null",
                "new-session",
                "-d",
                "-s",
                "main",
                "-x",
                &columns,
                "-y",
                &rows,
                line,
                // In the same breath, since the program may end at once.
                ";",
                "set",
                "-g",
                "remain-on-exit",
                "on",
            ],
        );
        Self { name }
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        run_out(
            "tmux",
            &["-L", &self.name, "capture-pane", "-p", "-t", "main"],
        )
        .unwrap_or_default()
    }

    /// The styles on the screen, as the numbers of their escape sequences.
    pub fn styles(&self) -> BTreeSet<String> {
        let capture = ["-L", &self.name, "capture-pane", "-e", "-p", "-t", "main"];
        let screen = run_out("tmux", &capture).unwrap_or_default();
        let styles = screen.split("\x1b[").skip(1);
        let numbers = styles.filter_map(|rest| rest.split_once('m'));
        numbers.map(|(numbers, _)| numbers.to_owned()).collect()
    }

    /// What is on the screen, without the lines that have nothing on them, for a failure to show.
    pub fn filled(&self) -> String {
        let text = self.text();
        let lines = text
            .lines()
            .filter(|line| line.contains(char::is_alphanumeric));
        lines.fold(String::new(), |all, line| all + line + "\n")
    }

    /// Types text, literally.
    pub fn type_text(&self, text: &str) {
        must(
            "tmux",
            &["-L", &self.name, "send-keys", "-t", "main", "-l", text],
        );
    }

    /// Presses keys by tmux's names.
    pub fn press(&self, keys: &[&str]) {
        let mut args = vec!["-L", &self.name, "send-keys", "-t", "main"];
        args.extend(keys);
        must("tmux", &args);
    }

    /// Types a line and presses Enter.
    pub fn say(&self, text: &str) {
        let target = ["-t", "main"];
        let mut args = vec!["-L", &self.name, "send-keys"];
        args.extend(target);
        args.extend(["-l", text, ";", "send-keys"]);
        args.extend(target);
        args.push("Enter");
        must("tmux", &args);
    }

    /// Pastes text as a terminal does, bracketed.
    pub fn paste(&self, text: &str) {
        // A command of tmux takes less than a long text.
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap();
        must("tmux", &["-L", &self.name, "load-buffer", path]);
        must(
            "tmux",
            &["-L", &self.name, "paste-buffer", "-p", "-t", "main"],
        );
    }

    /// Changes the size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        must(
            "tmux",
            &[
                "-L",
                &self.name,
                "resize-window",
                "-t",
                "main",
                "-x",
                &columns,
                "-y",
                &rows,
            ],
        );
    }

    /// Changes the size and waits until the program has drawn a line of that width. What is typed in
    /// the very moment of a resize may be read with the next key only.
    pub fn resize_and_settle(&self, columns: u16, rows: u16) {
        self.resize(columns, rows);
        let start = Instant::now();
        let is_drawn = || {
            let text = self.text();
            text.lines().count() == usize::from(rows)
                && text
                    .lines()
                    .any(|line| line.chars().count() == usize::from(columns))
        };
        while !is_drawn() {
            assert!(
                start.elapsed() < PATIENCE,
                "nothing {columns} columns wide:\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the screen shows `text`; returns all that it shows then.
    pub fn wait_for(&self, text: &str) -> String {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let screen = self.text();
            if screen.contains(text) {
                return screen;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("no \"{text}\" on the screen:\n{}", self.text());
    }

    /// Waits until the screen shows each of `shown` and none of `hidden`; returns all that it shows
    /// then. How many blanks are between words does not matter.
    pub fn wait_until(&self, shown: &[&str], hidden: &[&str]) -> String {
        let start = Instant::now();
        loop {
            let screen = self.text();
            let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            let lines: Vec<String> = screen.lines().map(words).collect();
            let is_shown = |text: &&&str| lines.iter().any(|line| line.contains(**text));
            let missing = shown.iter().find(|text| !is_shown(text));
            let left = hidden.iter().find(is_shown);
            if missing.is_none() && left.is_none() {
                return screen;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "missing {missing:?}, still there {left:?}, on the screen:\n{screen}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The process in the terminal.
    pub fn process(&self) -> String {
        let id = run_out(
            "tmux",
            &["-L", &self.name, "list-panes", "-F", "#{pane_pid}"],
        );
        id.unwrap_or_default().trim().to_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .args(["-L", &self.name, "kill-server"])
            .output();
    }
}
