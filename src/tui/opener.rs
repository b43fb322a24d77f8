//! Opens a link in whatever the desktop has for it.
//!
//! A link is one of the schemes that messages may have ([`super::markdown`]), and is handed to the
//! program as an argument, never through a shell.

use std::env;
use std::process::{Command, Stdio};
use std::thread;

/// The program that opens links here; none where there is no desktop.
fn program() -> Option<&'static str> {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "macos") {
        Some("open")
    } else if cfg!(windows) {
        Some("explorer")
    } else {
        (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")).then_some("xdg-open")
    }
}

/// Opens a link, and returns at once. Whether there is a desktop that may do so.
pub fn open(link: String) -> bool {
    let Some(program) = program() else {
        return false;
    };
    thread::spawn(move || {
        let child = Command::new(program)
            .arg(link)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match child.and_then(|mut child| child.wait()) {
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, program),
        }
    });
    true
}
