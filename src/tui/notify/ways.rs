//! The ways by which a notification gets to the user, and what is written to the terminal for each.

use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;

use super::desktop::Desktop;
use super::terminal::{Osc, Passing, Shows, Terminal};
use crate::tui::clipboard::Multiplexer;
use crate::wire::SafeText;

/// The longest title, in bytes. Arbitrary: more than a line of a notification shows.
const TITLE_BYTES_MAX: usize = 120;

/// The longest text, in bytes. With the title and all around it less than the 768 that GNU screen
/// passes on at a time.
const TEXT_BYTES_MAX: usize = 480;

const BELL: char = '\u{7}';

/// A way to notify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The terminal rings.
    Bell,
    /// The terminal shows a notification.
    Osc,
    /// The desktop shows one.
    Desktop,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bell, Self::Osc, Self::Desktop];

    /// The way with this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }

    /// As it is written.
    const fn name(self) -> &'static str {
        match self {
            Self::Bell => "bell",
            Self::Osc => "osc",
            Self::Desktop => "desktop",
        }
    }
}

/// What a notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Who, or where.
    pub title: String,
    /// What.
    pub text: String,
}

impl Alert {
    /// Puts together what it says: each on one line, cut to a bound, and with nothing in it that a
    /// terminal could take for a command.
    pub fn new(title: &str, text: &str) -> Self {
        Self {
            title: cut(&SafeText::new(title).one_line(), TITLE_BYTES_MAX),
            text: cut(&SafeText::new(text).one_line(), TEXT_BYTES_MAX),
        }
    }
}

/// The start of a text that fits, between what people see as characters.
fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let room = bytes_max - '…'.len_utf8();
    let graphemes = text.grapheme_indices(true);
    let ends = graphemes.map(|(at, grapheme)| at + grapheme.len());
    let end = ends.take_while(|end| *end <= room).last().unwrap_or(0);
    format!("{}…", &text[..end])
}

/// What is done for one notification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// To be written to the terminal.
    pub sequence: String,
    /// To be shown by the desktop.
    pub desktop: Option<(Desktop, Alert)>,
}

/// Which ways are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub bell: bool,
    pub sequences: Vec<Osc>,
    pub desktop: Option<Desktop>,
}

impl Plan {
    /// Of the ways that are wanted, those that reach the user at this terminal. What the terminal
    /// shows and what the desktop shows would be the same thing twice: the terminal does it if it is
    /// known to, because it brings its window to the front; else the desktop; else the terminal is
    /// told, in case.
    pub fn usual(wanted: &[Way], terminal: &Terminal) -> Self {
        let wants = |way| wanted.contains(&way);
        let sequences = match wants(Way::Osc) {
            true => sequences(terminal.shows),
            false => Vec::new(),
        };
        let desktop = terminal.desktop.filter(|_| wants(Way::Desktop));
        let is_passed = match terminal.passing {
            Passing::Unneeded | Passing::InSight | Passing::Always | Passing::Unsaid => true,
            Passing::Kept => false,
        };
        let is_sure = match terminal.shows {
            Shows::Osc(_) => is_passed && !sequences.is_empty(),
            Shows::Nothing | Shows::Unknown => false,
        };
        let (sequences, desktop) = match desktop {
            Some(_) if is_sure => (sequences, None),
            Some(desktop) => (Vec::new(), Some(desktop)),
            None => (sequences, None),
        };
        Self {
            bell: wants(Way::Bell),
            sequences,
            desktop,
        }
    }

    /// All that there is.
    pub fn every(terminal: &Terminal) -> Self {
        Self {
            bell: true,
            sequences: sequences(terminal.shows),
            desktop: terminal.desktop,
        }
    }

    /// What is done to say this; `number` tells this notification from others.
    pub fn deliver(&self, alert: &Alert, number: u32, multiplexer: Multiplexer) -> Delivery {
        let mut sequence = String::new();
        for osc in &self.sequences {
            for part in osc_parts(*osc, alert, number, multiplexer) {
                sequence.push_str(&multiplexer.wrap(&part));
            }
        }
        if self.bell {
            sequence.push(BELL);
        }
        Delivery {
            sequence,
            desktop: self.desktop.map(|desktop| (desktop, alert.clone())),
        }
    }
}

/// Which sequences tell a terminal. One that is not known knows at most one of those here that
/// others share, as a rule.
fn sequences(shows: Shows) -> Vec<Osc> {
    match shows {
        Shows::Osc(osc) => vec![osc],
        Shows::Nothing => Vec::new(),
        Shows::Unknown => vec![Osc::Nine, Osc::SevenSevenSeven],
    }
}

fn osc_parts(osc: Osc, alert: &Alert, number: u32, multiplexer: Multiplexer) -> Vec<String> {
    let Alert { title, text } = alert;
    match osc {
        // A number and a semicolon at the start would be a command to some terminals (ConEmu's,
        // which others took over: 9;4 is a progress bar).
        Osc::Nine => vec![format!("\u{1b}]9;{}: {text}{BELL}", no_fields(title))],
        Osc::SevenSevenSeven => {
            let (title, text) = (no_fields(title), no_fields(text));
            vec![format!("\u{1b}]777;notify;{title};{text}{BELL}")]
        }
        Osc::NinetyNine => {
            // GNU screen takes the end of a sequence for the end of what it passes on.
            let end = match multiplexer {
                Multiplexer::Screen => "\u{7}",
                Multiplexer::None | Multiplexer::Tmux => "\u{1b}\\",
            };
            let mut first = format!("\u{1b}]99;i=lanterm-{number}:d=0;");
            let mut second = format!("\u{1b}]99;i=lanterm-{number}:d=1:p=body;");
            // Writing to a string can't fail.
            let _ = write!(first, "{title}{end}");
            let _ = write!(second, "{text}{end}");
            vec![first, second]
        }
    }
}

/// Semicolons part the fields of a sequence.
fn no_fields(text: &str) -> String {
    text.replace(';', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert() -> Alert {
        Alert::new("bob in #lobby", "hi; there")
    }

    fn sequence(osc: Osc, multiplexer: Multiplexer) -> String {
        let plan = Plan {
            bell: false,
            sequences: vec![osc],
            desktop: None,
        };
        plan.deliver(&alert(), 3, multiplexer).sequence
    }

    #[test]
    fn terminals_are_told_byte_for_byte() {
        for (osc, expected) in [
            (Osc::Nine, "\x1b]9;bob in #lobby: hi; there\x07"),
            (
                Osc::SevenSevenSeven,
                "\x1b]777;notify;bob in #lobby;hi, there\x07",
            ),
            (
                Osc::NinetyNine,
                "\x1b]99;i=lanterm-3:d=0;bob in #lobby\x1b\\\
                 \x1b]99;i=lanterm-3:d=1:p=body;hi; there\x1b\\",
            ),
        ] {
            assert_eq!(sequence(osc, Multiplexer::None), expected);
        }
    }

    #[test]
    fn tmux_and_screen_hand_it_on() {
        assert_eq!(
            sequence(Osc::Nine, Multiplexer::Tmux),
            "\x1bPtmux;\x1b\x1b]9;bob in #lobby: hi; there\x07\x1b\\"
        );
        assert_eq!(
            sequence(Osc::NinetyNine, Multiplexer::Tmux),
            "\x1bPtmux;\x1b\x1b]99;i=lanterm-3:d=0;bob in #lobby\x1b\x1b\\\x1b\\\
             \x1bPtmux;\x1b\x1b]99;i=lanterm-3:d=1:p=body;hi; there\x1b\x1b\\\x1b\\"
        );
        assert_eq!(
            sequence(Osc::SevenSevenSeven, Multiplexer::Screen),
            "\x1bP\x1b]777;notify;bob in #lobby;hi, there\x07\x1b\\"
        );
        assert_eq!(
            sequence(Osc::NinetyNine, Multiplexer::Screen),
            "\x1bP\x1b]99;i=lanterm-3:d=0;bob in #lobby\x07\x1b\\\
             \x1bP\x1b]99;i=lanterm-3:d=1:p=body;hi; there\x07\x1b\\"
        );
    }

    #[test]
    fn nothing_in_a_text_ends_a_sequence_or_begins_one() {
        let alert = Alert::new("a\x1b\\b\n", "4;1;50\x07\x1b]52;c;x\u{9c}\u{9d}\r\n");
        assert_eq!(
            (alert.title.as_str(), alert.text.as_str()),
            ("a\\b ", "4;1;50]52;c;x ")
        );
        let parts = osc_parts(Osc::Nine, &alert, 1, Multiplexer::None);
        assert_eq!(parts, ["\x1b]9;a\\b : 4;1;50]52;c;x \x07"]);
    }

    #[test]
    fn long_texts_are_cut_between_characters_and_fit_through_screen() {
        let family = "👩‍👩‍👧‍👦".repeat(100);
        let alert = Alert::new(&family, &family);
        assert!(alert.title.len() <= TITLE_BYTES_MAX && alert.text.len() <= TEXT_BYTES_MAX);
        assert_eq!(alert.title, format!("{}…", "👩‍👩‍👧‍👦".repeat(4)));
        for osc in [Osc::Nine, Osc::SevenSevenSeven, Osc::NinetyNine] {
            for part in osc_parts(osc, &alert, u32::MAX, Multiplexer::Screen) {
                assert!(Multiplexer::Screen.wrap(&part).len() < 768);
            }
        }
    }

    #[test]
    fn what_the_terminal_shows_the_desktop_does_not() {
        let mut terminal = Terminal {
            shows: Shows::Osc(Osc::Nine),
            desktop: Some(Desktop::NotifySend),
            ..Terminal::default()
        };
        let by_terminal = |terminal: &Terminal| {
            let plan = Plan::usual(&Way::ALL, terminal);
            assert!(plan.bell);
            (plan.sequences, plan.desktop)
        };
        let desktop = || (vec![], Some(Desktop::NotifySend));
        assert_eq!(by_terminal(&terminal), (vec![Osc::Nine], None));
        terminal.passing = Passing::Kept;
        assert_eq!(by_terminal(&terminal), desktop());
        terminal.passing = Passing::Unneeded;
        terminal.shows = Shows::Unknown;
        assert_eq!(by_terminal(&terminal), desktop());
        terminal.desktop = None;
        let both = vec![Osc::Nine, Osc::SevenSevenSeven];
        assert_eq!(by_terminal(&terminal), (both, None));
        terminal.shows = Shows::Nothing;
        assert_eq!(by_terminal(&terminal), (vec![], None));
    }

    #[test]
    fn only_the_ways_that_are_wanted_are_taken() {
        let terminal = Terminal {
            shows: Shows::Osc(Osc::Nine),
            desktop: Some(Desktop::NotifySend),
            ..Terminal::default()
        };
        let none = Plan::usual(&[], &terminal);
        assert_eq!(
            none.deliver(&alert(), 1, Multiplexer::None),
            Delivery::default()
        );
        let bell = Plan::usual(&[Way::Bell], &terminal);
        assert_eq!(
            bell.deliver(&alert(), 1, Multiplexer::None).sequence,
            "\x07"
        );
        let desktop =
            Plan::usual(&[Way::Desktop], &terminal).deliver(&alert(), 1, Multiplexer::None);
        assert_eq!(desktop.sequence, "");
        assert_eq!(desktop.desktop, Some((Desktop::NotifySend, alert())));
    }
}
