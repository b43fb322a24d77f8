//! Puts text into the user's clipboard: by the terminal (OSC 52), which also works over ssh, and by
//! the clipboard program of the desktop, for terminals that don't take OSC 52.
//!
//! Nothing tells whether the terminal took it, so both are done. tmux hands an OSC 52 on when its
//! `set-clipboard` is on, and what is wrapped for it when its `allow-passthrough` is.

use std::io::Write;
use std::process::Stdio;
use std::thread;

use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;

use super::outside::{is_set, quiet};

/// The longest text handed to a terminal, in bytes: xterm and others take no more than 100,000 in
/// base 64, and a longer one could leave them waiting for its end.
const OSC_BYTES_MAX: usize = 74_994;

/// A program between lanterm and the terminal, which keeps sequences it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiplexer {
    /// None.
    None,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Multiplexer {
    /// The one this process runs in, as its environment says.
    pub fn detect() -> Self {
        if is_set("TMUX") {
            Self::Tmux
        } else if is_set("STY") {
            Self::Screen
        } else {
            Self::None
        }
    }

    /// A sequence as it must be written to reach the terminal outside.
    pub fn wrap(self, sequence: &str) -> String {
        match self {
            Self::None => sequence.to_owned(),
            Self::Tmux => {
                let doubled = sequence.replace('\u{1b}', "\u{1b}\u{1b}");
                format!("\u{1b}Ptmux;{doubled}\u{1b}\\")
            }
            Self::Screen => format!("\u{1b}P{sequence}\u{1b}\\"),
        }
    }
}

/// What is to be written to the terminal; nothing for a text too long for it.
pub fn sequence(text: &str, multiplexer: Multiplexer) -> String {
    let mut sequence = String::new();
    if text.len() > OSC_BYTES_MAX {
        return sequence;
    }
    let command = CopyToClipboard::to_clipboard_from(text);
    if command.write_ansi(&mut sequence).is_err() {
        return String::new();
    }
    match multiplexer {
        Multiplexer::None => sequence,
        Multiplexer::Tmux | Multiplexer::Screen => {
            let wrapped = multiplexer.wrap(&sequence);
            sequence + &wrapped
        }
    }
}

/// Hands the text to the desktop's clipboard program, if there is a desktop and one is installed.
/// Returns at once.
pub fn hand_to_desktop(text: String) {
    let programs: &[(&str, &[&str])] = if cfg!(target_os = "macos") {
        &[("pbcopy", &[])]
    } else if cfg!(windows) {
        &[("clip", &[])]
    } else if is_set("WAYLAND_DISPLAY") {
        &[("wl-copy", &[])]
    } else if is_set("DISPLAY") {
        &[
            ("xclip", &["-selection", "clipboard"]),
            ("xsel", &["--clipboard", "--input"]),
        ]
    } else {
        return;
    };
    thread::spawn(move || {
        for (program, arguments) in programs {
            if pipe(program, arguments, text.as_bytes()).is_ok() {
                return;
            }
        }
    });
}

fn pipe(program: &str, arguments: &[&str], input: &[u8]) -> std::io::Result<()> {
    let mut child = quiet(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input)?;
    }
    child.wait()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_is_told_in_base_64() {
        let sequence = sequence("hi", Multiplexer::None);
        assert_eq!(sequence, "\u{1b}]52;c;aGk=\u{1b}\\");
    }

    #[test]
    fn tmux_is_told_and_told_to_hand_it_on() {
        let sequence = sequence("hi", Multiplexer::Tmux);
        assert_eq!(
            sequence,
            "\u{1b}]52;c;aGk=\u{1b}\\\u{1b}Ptmux;\u{1b}\u{1b}]52;c;aGk=\u{1b}\u{1b}\\\u{1b}\\"
        );
    }

    #[test]
    fn a_text_too_long_for_terminals_is_left_to_the_desktop() {
        assert_eq!(
            sequence(&"x".repeat(OSC_BYTES_MAX + 1), Multiplexer::None),
            ""
        );
        let longest = sequence(&"x".repeat(OSC_BYTES_MAX), Multiplexer::None);
        assert!(longest.len() < 100_010);
    }
}
