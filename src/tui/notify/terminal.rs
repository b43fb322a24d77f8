//! Which terminal this is, as far as it says, and which sequence makes it show a notification.
//!
//! Nothing tells whether a terminal understands one of them: none of them is answered. What is
//! known is the table below, by the name that terminals give themselves. A terminal that is not in
//! it is told in two ways, and leaves out what it does not know.
//!
//! Inside tmux the environment may be that of another terminal, of yesterday; tmux is asked then.

use std::env;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::desktop::Desktop;
use crate::tui::clipboard::Multiplexer;
use crate::wire::SafeText;

/// How long the start waits for what tmux says: it takes some milliseconds, unless it hangs.
const TMUX_WAIT: Duration = Duration::from_millis(300);

/// What tmux is asked: the terminal's own name, its `TERM`, and two options.
const TMUX_QUESTION: &str =
    "#{client_termtype}\t#{client_termname}\t#{allow-passthrough}\t#{focus-events}";

/// A sequence that makes a terminal show a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Osc {
    /// `OSC 9 ; text`.
    Nine,
    /// `OSC 777 ; notify ; title ; text`.
    SevenSevenSeven,
    /// `OSC 99`, title and text apart.
    NinetyNine,
}

impl Osc {
    /// Its number.
    pub const fn number(self) -> u16 {
        match self {
            Self::Nine => 9,
            Self::SevenSevenSeven => 777,
            Self::NinetyNine => 99,
        }
    }
}

/// What a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Notifications told by this sequence.
    Osc(Osc),
    /// None, whatever is sent.
    Nothing,
    /// It is not in the table.
    Unknown,
}

/// What tmux does with a sequence for the terminal outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// There is no tmux in between.
    Unneeded,
    /// It keeps it.
    Kept,
    /// It hands it on while its window is in sight.
    InSight,
    /// It always hands it on.
    Always,
    /// It did not say.
    Unsaid,
}

/// A terminal of the table.
struct Known {
    name: &'static str,
    /// How its name for itself begins, in lower case: `TERM_PROGRAM`, `LC_TERMINAL`, or what it
    /// answers to `XTVERSION`. Empty when it has none.
    program: &'static str,
    /// How its `TERM` begins. Empty when it uses another terminal's.
    term: &'static str,
    /// A variable that it sets. Empty when there is none.
    variable: &'static str,
    shows: Shows,
}

const fn known(
    name: &'static str,
    program: &'static str,
    term: &'static str,
    variable: &'static str,
    shows: Shows,
) -> Known {
    Known {
        name,
        program,
        term,
        variable,
        shows,
    }
}

const NINE: Shows = Shows::Osc(Osc::Nine);
const SEVEN: Shows = Shows::Osc(Osc::SevenSevenSeven);
const KITTY: Shows = Shows::Osc(Osc::NinetyNine);

/// What the terminals' manuals are known to say; of these, kitty's was read again for this table, and
/// tmux was tried. Where to look: sw.kovidgoyal.net/kitty/desktop-notifications,
/// iterm2.com/documentation-escape-codes, ghostty.org/docs (`desktop-notifications`),
/// wezterm.org/escape-sequences, foot-ctlseqs(7), urxvt-extensions(1), contour-terminal.org
/// (VT extensions), docs.warp.dev (notifications). ConEmu takes OSC 9 for commands, of which the one that
/// shows a text stops it (conemu.github.io/en/AnsiEscapeCodes.html), and the Linux console prints
/// what it does not know (console_codes(4)): they are told nothing.
const TERMINALS: [Known; 16] = [
    known("kitty", "kitty", "xterm-kitty", "KITTY_WINDOW_ID", KITTY),
    known("iTerm2", "iterm", "", "ITERM_SESSION_ID", NINE),
    known(
        "ghostty",
        "ghostty",
        "xterm-ghostty",
        "GHOSTTY_RESOURCES_DIR",
        SEVEN,
    ),
    known("WezTerm", "wezterm", "wezterm", "WEZTERM_PANE", SEVEN),
    known("foot", "foot", "foot", "", SEVEN),
    known("urxvt", "rxvt-unicode", "rxvt-unicode", "", SEVEN),
    known("contour", "contour", "contour", "", SEVEN),
    known("Warp", "warp", "", "", SEVEN),
    known(
        "Alacritty",
        "alacritty",
        "alacritty",
        "ALACRITTY_WINDOW_ID",
        Shows::Nothing,
    ),
    known("Terminal.app", "apple_terminal", "", "", Shows::Nothing),
    known("xterm", "xterm(", "", "XTERM_VERSION", Shows::Nothing),
    known("st", "", "st-", "", Shows::Nothing),
    known("Visual Studio Code", "vscode", "", "", Shows::Nothing),
    known("Windows Terminal", "", "", "WT_SESSION", Shows::Nothing),
    known("ConEmu", "", "", "ConEmuPID", Shows::Nothing),
    known("console", "", "linux", "", Shows::Nothing),
];

/// The terminal, and what else could show a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its name, if it is known.
    pub name: Option<String>,
    /// What it shows.
    pub shows: Shows,
    /// What lies between it and this program.
    pub multiplexer: Multiplexer,
    /// What tmux does with what is for the terminal.
    pub passing: Passing,
    /// Whether tmux tells when its window is in front, if there is one and it says.
    pub tmux_focus: Option<bool>,
    /// The desktop's notifier.
    pub desktop: Option<Desktop>,
}

impl Default for Terminal {
    /// One that nothing is known about.
    fn default() -> Self {
        Self {
            name: None,
            shows: Shows::Unknown,
            multiplexer: Multiplexer::None,
            passing: Passing::Unneeded,
            tmux_focus: None,
            desktop: None,
        }
    }
}

impl Terminal {
    /// The terminal of this process, by its environment and what tmux says. May wait for tmux for
    /// a moment.
    pub fn detect() -> Self {
        let multiplexer = Multiplexer::detect();
        let said = match multiplexer {
            Multiplexer::Tmux => ask_tmux(),
            Multiplexer::None | Multiplexer::Screen => None,
        };
        let variable = |name: &str| env::var(name).ok();
        let mut terminal = Self::of(multiplexer, said.as_deref(), variable);
        terminal.desktop = Desktop::detect();
        terminal
    }

    /// The terminal by what tmux `said`, if there is one, and by environment variables.
    fn of(
        multiplexer: Multiplexer,
        said: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut said = said.unwrap_or_default().trim_end().split('\t');
        let mut next = || said.next().filter(|said| !said.is_empty());
        let (program, term) = (next().map(str::to_owned), next().map(str::to_owned));
        let (passing, focus) = (next(), next());
        let (program, term) = match multiplexer {
            // These two are the multiplexer's own.
            Multiplexer::Tmux | Multiplexer::Screen => (program, term),
            Multiplexer::None => (variable("TERM_PROGRAM"), variable("TERM")),
        };
        let program = program.or_else(|| variable("LC_TERMINAL"));
        // A `TERM` that many terminals use tells nothing.
        let is_told = program.is_some() || by_term(term.as_deref()).is_some();
        let by_variable = |known: &&Known| {
            !is_told && !known.variable.is_empty() && variable(known.variable).is_some()
        };
        let known = by_term(term.as_deref())
            .or_else(|| by_program(program.as_deref()))
            .or_else(|| TERMINALS.iter().find(by_variable));
        let named = || program.as_deref().or(term.as_deref()).map(clean);
        Self {
            name: known.map(|known| known.name.to_owned()).or_else(named),
            shows: known.map_or(Shows::Unknown, |known| known.shows),
            multiplexer,
            passing: match (multiplexer, passing) {
                (Multiplexer::None | Multiplexer::Screen, _) => Passing::Unneeded,
                (Multiplexer::Tmux, Some("off" | "0")) => Passing::Kept,
                (Multiplexer::Tmux, Some("on" | "1")) => Passing::InSight,
                (Multiplexer::Tmux, Some("all" | "2")) => Passing::Always,
                (Multiplexer::Tmux, Some(_) | None) => Passing::Unsaid,
            },
            tmux_focus: focus.map(|focus| focus == "on" || focus == "1"),
            desktop: None,
        }
    }
}

fn by_term(term: Option<&str>) -> Option<&'static Known> {
    let term = term?;
    TERMINALS
        .iter()
        .find(|known| !known.term.is_empty() && term.starts_with(known.term))
}

fn by_program(program: Option<&str>) -> Option<&'static Known> {
    let program = program?.to_lowercase();
    TERMINALS
        .iter()
        .find(|known| !known.program.is_empty() && program.starts_with(known.program))
}

/// A name as it can be shown. Arbitrary: no terminal's is longer.
fn clean(name: &str) -> String {
    let short: String = name.chars().take(40).collect();
    SafeText::new(&short).one_line()
}

/// What tmux says of the terminal it runs in, unless it takes too long.
fn ask_tmux() -> Option<String> {
    let (answer, answered) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let output = Command::new("tmux")
            .args(["display-message", "-p", TMUX_QUESTION])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output();
        let output = output.ok().filter(|output| output.status.success());
        let text = output.and_then(|output| String::from_utf8(output.stdout).ok());
        // Nobody waits any more when this comes too late.
        let _ = answer.send(text);
    });
    answered.recv_timeout(TMUX_WAIT).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> (Option<String>, Shows) {
        let variable = |name: &str| {
            let mut variables = variables.iter();
            let found = variables.find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let terminal = Terminal::of(Multiplexer::None, None, variable);
        (terminal.name, terminal.shows)
    }

    fn named(name: &str, shows: Shows) -> (Option<String>, Shows) {
        (Some(name.to_owned()), shows)
    }

    #[test]
    fn a_terminal_is_known_by_what_it_says_it_is() {
        let xterm = ("TERM", "xterm-256color");
        assert_eq!(found(&[("TERM", "xterm-kitty")]), named("kitty", KITTY));
        let by_window = found(&[xterm, ("KITTY_WINDOW_ID", "1")]);
        assert_eq!(by_window, named("kitty", KITTY));
        let by_program = found(&[xterm, ("TERM_PROGRAM", "iTerm.app")]);
        assert_eq!(by_program, named("iTerm2", NINE));
        let over_ssh = found(&[xterm, ("LC_TERMINAL", "iTerm2")]);
        assert_eq!(over_ssh, named("iTerm2", NINE));
        assert_eq!(found(&[("TERM", "foot-extra")]), named("foot", SEVEN));
        let wezterm = found(&[xterm, ("TERM_PROGRAM", "WezTerm")]);
        assert_eq!(wezterm, named("WezTerm", SEVEN));
        let urxvt = found(&[("TERM", "rxvt-unicode-256color")]);
        assert_eq!(urxvt, named("urxvt", SEVEN));
        assert_eq!(
            found(&[("TERM", "linux")]),
            named("console", Shows::Nothing)
        );
        assert_eq!(found(&[xterm]), named("xterm-256color", Shows::Unknown));
        assert_eq!(found(&[]), (None, Shows::Unknown));
    }

    #[test]
    fn what_a_terminal_says_of_itself_goes_before_variables_of_another() {
        let inside = found(&[("TERM", "alacritty"), ("KITTY_WINDOW_ID", "1")]);
        assert_eq!(inside, named("Alacritty", Shows::Nothing));
        let inside = found(&[
            ("TERM", "xterm-256color"),
            ("TERM_PROGRAM", "Other"),
            ("KITTY_WINDOW_ID", "1"),
        ]);
        assert_eq!(inside, named("Other", Shows::Unknown));
    }

    #[test]
    fn tmux_says_in_which_terminal_it_runs_and_what_it_hands_on() {
        let of = |said| {
            let variable = |name: &str| (name == "TERM_PROGRAM").then(|| "tmux".to_owned());
            Terminal::of(Multiplexer::Tmux, said, variable)
        };
        let ghostty = of(Some("ghostty 1.1.0\txterm-256color\toff\ton\n"));
        assert_eq!((ghostty.shows, ghostty.passing), (SEVEN, Passing::Kept));
        assert_eq!(ghostty.tmux_focus, Some(true));
        let kitty = of(Some("\txterm-kitty\tall\toff\n"));
        assert_eq!((kitty.shows, kitty.passing), (KITTY, Passing::Always));
        let silent = of(None);
        assert_eq!(silent.name, None);
        assert_eq!(
            (silent.shows, silent.passing),
            (Shows::Unknown, Passing::Unsaid)
        );
    }
}
