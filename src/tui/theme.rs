//! The colours and emphasis of everything drawn, by what they mean.
//!
//! Text stays in the terminal's own foreground; see [`super::themes`] for the colours. Without
//! colours, bold, faint and reversed carry the same distinctions.

use ratatui::style::{Color, Modifier, Style};

use super::palette::{Palette, Role};

/// Chooses styles by what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// `None` without colours.
    palette: Option<Palette>,
}

impl Theme {
    /// No colours at all.
    pub const PLAIN: Self = Self { palette: None };

    /// These colours; `None` for none.
    pub fn new(palette: Option<Palette>) -> Self {
        Self { palette }
    }

    /// A role in its colour, or in another way where there are no colours. One whose colour is the
    /// terminal's own has both.
    fn coloured(self, role: Role, otherwise: Modifier) -> Style {
        match self.palette.map(|palette| palette.colour(role)) {
            Some(Color::Reset) | None => Style::new().add_modifier(otherwise),
            Some(colour) => Style::new().fg(colour),
        }
    }

    /// What may be overlooked: times, lines about joining, rules.
    pub fn faint(self) -> Style {
        self.coloured(Role::Faint, Modifier::DIM)
    }

    /// What is just read.
    pub fn plain(self) -> Style {
        Style::new()
    }

    /// What should be found quickly.
    pub fn strong(self) -> Style {
        self.coloured(Role::Strong, Modifier::empty())
            .add_modifier(Modifier::BOLD)
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
        match self.palette {
            Some(palette) => Style::new().fg(palette.nick(hash as usize)),
            None => Style::new().add_modifier(Modifier::BOLD),
        }
    }

    /// The room in front.
    pub fn selected(self) -> Style {
        self.coloured(Role::Selected, Modifier::empty())
            .add_modifier(Modifier::BOLD | Modifier::REVERSED)
    }

    /// Something waits to be read.
    pub fn unread(self) -> Style {
        self.coloured(Role::Unread, Modifier::empty())
            .add_modifier(Modifier::BOLD)
    }

    /// All is well: a delivered message, somebody present.
    pub fn good(self) -> Style {
        self.coloured(Role::Good, Modifier::empty())
    }

    /// Something waits or is not quite as it should be; also lines that speak to this user.
    pub fn notable(self) -> Style {
        self.coloured(Role::Notable, Modifier::BOLD)
    }

    /// Code within a line.
    pub fn code(self) -> Style {
        self.coloured(Role::Code, Modifier::ITALIC)
    }

    /// What leads somewhere.
    pub fn link(self) -> Style {
        self.coloured(Role::Unread, Modifier::empty())
            .add_modifier(Modifier::UNDERLINED)
    }

    /// A keyword of code.
    pub fn keyword(self) -> Style {
        self.coloured(Role::Unread, Modifier::BOLD)
    }

    /// A number of code.
    pub fn number(self) -> Style {
        self.coloured(Role::Notable, Modifier::empty())
    }

    /// Something failed.
    pub fn error(self) -> Style {
        self.coloured(Role::Error, Modifier::BOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::themes::Looks;

    #[test]
    fn a_name_has_one_colour_whatever_its_case() {
        let theme = Looks::default().theme();
        assert_eq!(theme.nick("Alice"), theme.nick("alice"));
        assert_ne!(theme.nick("alice").fg, None);
    }

    #[test]
    fn nothing_is_coloured_without_colours() {
        let theme = Theme::PLAIN;
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
