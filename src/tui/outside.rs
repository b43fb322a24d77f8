//! What is around the screen: the variables of its environment, and programs of the desktop.

use std::env;
use std::process::{Command, Stdio};

/// Whether a variable is set to anything. One that is set and empty counts as not set, as people
/// who empty it mean it.
pub(super) fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Whether the terminal takes sequences that it does not know without showing them. The system
/// console prints them.
pub(super) fn is_tolerant() -> bool {
    env::var_os("TERM").is_none_or(|term| term != "linux" && term != "dumb")
}

/// A program that neither reads nor writes the terminal.
pub(super) fn quiet(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command.stdout(Stdio::null());
    command.stderr(Stdio::null());
    command
}
