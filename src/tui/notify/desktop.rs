//! The desktop's own notifier: a program that is started and left alone.

use std::env;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::Alert;
use crate::tui::outside::{is_set, quiet};

/// Notifiers that run at a time; beyond, none is started. Arbitrary: each ends at once, unless the
/// desktop hangs.
const RUNNING_MAX: usize = 4;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// A program that shows notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desktop {
    /// `notify-send`, of the desktops that follow freedesktop.org.
    NotifySend,
    /// `osascript`, of macOS.
    OsaScript,
}

impl Desktop {
    /// The one of the desktop the user sits at, if there is one and it is installed. None over
    /// ssh: it would be the desktop of the machine at the other end.
    pub fn detect() -> Option<Self> {
        let desktop = if is_set("SSH_CONNECTION") {
            return None;
        } else if cfg!(target_os = "macos") {
            Self::OsaScript
        } else if cfg!(unix)
            && ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"]
                .into_iter()
                .any(is_set)
        {
            Self::NotifySend
        } else {
            return None;
        };
        let path = env::var_os("PATH")?;
        let mut folders = env::split_paths(&path);
        let is_there = folders.any(|folder| folder.join(desktop.program()).is_file());
        is_there.then_some(desktop)
    }

    /// The program's name.
    pub const fn program(self) -> &'static str {
        match self {
            Self::NotifySend => "notify-send",
            Self::OsaScript => "osascript",
        }
    }

    /// What it is called with. No shell reads it, and no text can pass for an option.
    fn arguments(self, alert: &Alert) -> Vec<String> {
        let (title, text) = (alert.title.clone(), alert.text.clone());
        let fixed: &[&str] = match self {
            Self::NotifySend => &["--app-name=lanterm", "--"],
            Self::OsaScript => &[
                "-e",
                "on run these",
                "-e",
                "display notification (item 3 of these) with title (item 2 of these)",
                "-e",
                "end run",
                "lanterm",
            ],
        };
        let text = match self {
            Self::NotifySend => escape(&text),
            Self::OsaScript => text,
        };
        let fixed = fixed.iter().map(|argument| (*argument).to_owned());
        fixed.chain([title, text]).collect()
    }

    /// Shows something. Returns at once.
    pub fn show(self, alert: &Alert) {
        if RUNNING.fetch_add(1, Ordering::SeqCst) >= RUNNING_MAX {
            RUNNING.fetch_sub(1, Ordering::SeqCst);
            return;
        }
        let arguments = self.arguments(alert);
        let start = move || {
            let status = quiet(self.program()).args(arguments).status();
            RUNNING.fetch_sub(1, Ordering::SeqCst);
            if let Err(error) = status {
                tracing::debug!("{}: {error}", self.program());
            }
        };
        if thread::Builder::new().spawn(start).is_err() {
            RUNNING.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// The text of a notification may have markup on the desktops that follow freedesktop.org; people
/// write none.
fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_no_option_no_markup_and_no_script() {
        let alert = Alert::new("--title", "-e <b>\"; rm & do shell script");
        assert_eq!(
            Desktop::NotifySend.arguments(&alert),
            [
                "--app-name=lanterm",
                "--",
                "--title",
                "-e &lt;b&gt;\"; rm &amp; do shell script"
            ]
        );
        let arguments = Desktop::OsaScript.arguments(&alert);
        assert_eq!(
            arguments[6..],
            ["lanterm", "--title", "-e <b>\"; rm & do shell script"]
        );
    }
}
