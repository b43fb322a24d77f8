//! The colours and emphasis of everything drawn.
//!
//! Text stays in the terminal's own foreground. The few colours used have a contrast of at least
//! 3.5 against both black and white, so that no theme has to be asked for or guessed. Without
//! colours, bold, faint and reversed carry the same distinctions.

use ratatui::style::{Color, Modifier, Style};

/// Colours for names: from the 256-colour palette, relative luminance 0.13 to 0.25 (WCAG 2), which
/// is a contrast of 3.5 or more on black and on white.
const NICKS: [u8; 12] = [32, 99, 133, 162, 166, 29, 28, 64, 130, 31, 97, 168];

/// A grey with a contrast of 3.9 on white and 5.3 on black.
const GREY: Color = Color::Indexed(244);
const BLUE: Color = Color::Indexed(32);
const GREEN: Color = Color::Indexed(28);
const AMBER: Color = Color::Indexed(166);
const RED: Color = Color::Indexed(160);

/// Chooses styles by what they mean.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// Whether colours may be used (`NO_COLOR`).
    pub colours: bool,
}

impl Theme {
    fn coloured(self, colour: Color, otherwise: Modifier) -> Style {
        if self.colours {
            Style::new().fg(colour)
        } else {
            Style::new().add_modifier(otherwise)
        }
    }

    /// What may be overlooked: times, lines about joining, rules.
    pub fn faint(self) -> Style {
        self.coloured(GREY, Modifier::DIM)
    }

    /// What is just read.
    pub fn plain(self) -> Style {
        Style::new()
    }

    /// What should be found quickly.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// A person's name: the same colour everywhere, whatever its case.
    pub fn nick(self, name: &str) -> Style {
        // FNV-1a, 32 bits: short, and spreads short names well.
        let hash = name
            .to_lowercase()
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
            });
        let colour = NICKS[hash as usize % NICKS.len()];
        self.coloured(Color::Indexed(colour), Modifier::BOLD)
    }

    /// The room in front.
    pub fn selected(self) -> Style {
        self.coloured(BLUE, Modifier::empty())
            .add_modifier(Modifier::BOLD | Modifier::REVERSED)
    }

    /// Something waits to be read.
    pub fn unread(self) -> Style {
        self.coloured(BLUE, Modifier::empty())
            .add_modifier(Modifier::BOLD)
    }

    /// All is well: a delivered message, somebody present.
    pub fn good(self) -> Style {
        self.coloured(GREEN, Modifier::empty())
    }

    /// Something waits or is not quite as it should be; also lines that speak to this user.
    pub fn notable(self) -> Style {
        self.coloured(AMBER, Modifier::BOLD)
    }

    /// Code within a line.
    pub fn code(self) -> Style {
        self.coloured(GREEN, Modifier::ITALIC)
    }

    /// What leads somewhere.
    pub fn link(self) -> Style {
        self.coloured(BLUE, Modifier::empty())
            .add_modifier(Modifier::UNDERLINED)
    }

    /// A keyword of code.
    pub fn keyword(self) -> Style {
        self.coloured(BLUE, Modifier::BOLD)
    }

    /// A number of code.
    pub fn number(self) -> Style {
        self.coloured(AMBER, Modifier::empty())
    }

    /// Something failed.
    pub fn error(self) -> Style {
        self.coloured(RED, Modifier::BOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_colour_whatever_its_case() {
        let theme = Theme { colours: true };
        assert_eq!(theme.nick("Alice"), theme.nick("alice"));
        assert_ne!(theme.nick("alice").fg, None);
    }

    #[test]
    fn nothing_is_coloured_without_colours() {
        let theme = Theme { colours: false };
        let styles = [
            theme.faint(),
            theme.strong(),
            theme.nick("alice"),
            theme.selected(),
            theme.unread(),
            theme.good(),
            theme.notable(),
            theme.code(),
            theme.link(),
            theme.keyword(),
            theme.number(),
            theme.error(),
        ];
        for style in styles {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}
