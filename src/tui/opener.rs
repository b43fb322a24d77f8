//! Opens a link in whatever the desktop has for it.
//!
//! A link is one of the schemes that messages may have ([`super::markdown`]), and is handed to the
//! program as an argument, never through a shell.

use std::thread;

use super::outside::{is_set, quiet};

/// The program that opens links here; none where there is no desktop.
fn program() -> Option<&'static str> {
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
        if let Err(error) = quiet(program).arg(link).status() {
            tracing::warn!(%error, program);
        }
    });
    true
}
