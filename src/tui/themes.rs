//! Which theme the screen has.
//!
//! A theme colours text on the terminal's own background and never paints that. Which one fits is
//! told by the background, which the terminal is asked for; what the terminal can show limits it:
//! 16 colours, or none. Whoever wants other colours names them, role by role, in `config.toml`.

use std::str::FromStr;

use ratatui::style::Color;
use serde::{Deserialize, Serialize};

use super::palette::{self, NICKS_MAX, Palette, Rgb, Role, shown, sixteen};
use super::theme::Theme;
use super::{App, Command};
use crate::locale::{Said, key, say, tr};

/// Which theme the user wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeName {
    /// Dark or light, as the terminal's background is.
    #[default]
    Auto,
    /// For dark backgrounds.
    Dark,
    /// For light backgrounds.
    Light,
    /// High contrast, for the terminal's background.
    Contrast,
    /// The terminal's own 16 colours.
    Plain16,
}

impl ThemeName {
    /// Every theme.
    pub const ALL: [Self; 5] = [
        Self::Auto,
        Self::Dark,
        Self::Light,
        Self::Contrast,
        Self::Plain16,
    ];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Contrast => "contrast",
            Self::Plain16 => "plain16",
        }
    }

    /// The key of what it is for.
    pub fn text(self) -> &'static str {
        match self {
            Self::Auto => key!("theme-auto"),
            Self::Dark => key!("theme-dark"),
            Self::Light => key!("theme-light"),
            Self::Contrast => key!("theme-contrast"),
            Self::Plain16 => key!("theme-plain16"),
        }
    }

    /// The theme with this name.
    pub fn find(name: &str) -> Option<Self> {
        (Self::ALL.into_iter()).find(|theme| theme.name().eq_ignore_ascii_case(name))
    }
}

/// How many colours a terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// None, or none are wanted.
    None,
    /// Those that have names.
    Sixteen,
    /// The palette of 256.
    #[default]
    Palette,
    /// Any.
    True,
}

impl Depth {
    /// What a terminal with these variables can show. `NO_COLOR` is not looked at.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let says_true = |value: String| value == "truecolor" || value == "24bit";
        if set("COLORTERM").is_some_and(says_true) || set("WT_SESSION").is_some() {
            return Self::True;
        }
        let Some(term) = set("TERM") else {
            // Windows' own consoles say nothing and have them all.
            return Self::Palette;
        };
        // Terminals with 256 colours whose name does not say so.
        let many = [
            "256",
            "direct",
            "kitty",
            "alacritty",
            "foot",
            "ghostty",
            "wezterm",
        ];
        if term == "dumb" {
            Self::None
        } else if set("COLORTERM").is_some() || many.iter().any(|part| term.contains(part)) {
            Self::Palette
        } else {
            Self::Sixteen
        }
    }
}

/// What a terminal's background is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    /// White is read better on it.
    #[default]
    Dark,
    /// Black is read better on it.
    Light,
}

impl Background {
    /// Of a terminal whose background has this colour.
    pub fn of(colour: Rgb) -> Self {
        if colour.is_light() {
            Self::Light
        } else {
            Self::Dark
        }
    }

    /// What a terminal answers to OSC 11, without its ends: `11;rgb:1e1e/1e1e/1e1e`, with one to four
    /// digits of each part, or with a fourth part.
    pub fn from_answer(answer: &str) -> Option<Self> {
        let colour = answer.strip_prefix("11;")?;
        let parts = colour
            .strip_prefix("rgb:")
            .or(colour.strip_prefix("rgba:"))?;
        let part = |digits: &str| {
            let most = match digits.len() {
                1..=4 => (1_u32 << (4 * digits.len())) - 1,
                _ => return None,
            };
            let value = u32::from_str_radix(digits, 16).ok()?;
            u8::try_from(value * 255 / most).ok()
        };
        let mut parts = parts.split('/').map(part);
        let colour = Rgb(parts.next()??, parts.next()??, parts.next()??);
        Some(Self::of(colour))
    }

    /// What `COLORFGBG` says: `15;0`, or with something in between; the last one is the number of the
    /// background among the 16.
    pub fn from_variable(value: &str) -> Option<Self> {
        match value.rsplit(';').next()?.parse().ok()? {
            7_u8 | 9..=15 => Some(Self::Light),
            0..=6 | 8 => Some(Self::Dark),
            16.. => None,
        }
    }
}

/// A colour that a user wrote: a name, `#rrggbb`, or a number of the palette of 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnColour(Color);

/// Why own colours are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourError {
    /// It is not a colour.
    Colour,
    /// There are none for names, or too many.
    Nicks,
}

impl ColourError {
    /// What to write instead.
    pub fn said(self) -> Said {
        match self {
            Self::Colour => say!("colour-refused"),
            Self::Nicks => say!("colour-nicks", max = NICKS_MAX),
        }
    }
}

impl FromStr for OwnColour {
    type Err = ColourError;

    fn from_str(text: &str) -> Result<Self, ColourError> {
        text.parse().map(Self).map_err(|_| ColourError::Colour)
    }
}

/// The roles that a user may colour, as they are written.
const OWN_ROLES: [(&str, Role); 8] = [
    ("faint", Role::Faint),
    ("strong", Role::Strong),
    ("good", Role::Good),
    ("notable", Role::Notable),
    ("error", Role::Error),
    ("selected", Role::Selected),
    ("unread", Role::Unread),
    ("code", Role::Code),
];

/// The colours that a user wants instead of the theme's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnColours {
    roles: [Option<OwnColour>; OWN_ROLES.len()],
    /// None for the theme's, at most [`NICKS_MAX`].
    nicks: Vec<OwnColour>,
}

impl OwnColours {
    /// What the roles are called that have a colour.
    pub const NAMES: [&'static str; OWN_ROLES.len()] = {
        let mut names = [""; OWN_ROLES.len()];
        let mut index = 0;
        while index < names.len() {
            names[index] = OWN_ROLES[index].0;
            index += 1;
        }
        names
    };

    /// Gives the role of this name a colour; another name does nothing.
    pub fn set(&mut self, name: &str, colour: OwnColour) {
        for ((of, _), own) in OWN_ROLES.iter().zip(&mut self.roles) {
            if *of == name {
                *own = Some(colour);
            }
        }
    }

    /// Gives names their colours.
    ///
    /// # Errors
    /// [`ColourError::Nicks`] when there are none, or more than [`NICKS_MAX`].
    pub fn set_nicks(&mut self, nicks: Vec<OwnColour>) -> Result<(), ColourError> {
        if !(1..=NICKS_MAX).contains(&nicks.len()) {
            return Err(ColourError::Nicks);
        }
        self.nicks = nicks;
        Ok(())
    }

    fn put_into(&self, palette: &mut Palette, depth: Depth) {
        for ((_, role), own) in OWN_ROLES.iter().zip(&self.roles) {
            if let Some(OwnColour(colour)) = own {
                palette.set(*role, shown(*colour, depth));
            }
        }
        if !self.nicks.is_empty() {
            palette.set_nicks(self.nicks.iter().map(|nick| shown(nick.0, depth)));
        }
    }
}

/// How the screen is to look, and on what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// The theme that is wanted.
    pub name: ThemeName,
    /// Colours that go before the theme's.
    pub own: OwnColours,
    /// What the terminal can show.
    pub depth: Depth,
    /// What it shows it on.
    pub background: Background,
}

impl Looks {
    /// The theme that all of this leads to.
    pub fn theme(&self) -> Theme {
        let depth = self.depth;
        let mut palette = match (depth, self.name, self.background) {
            (Depth::None, _, _) => return Theme::PLAIN,
            (_, ThemeName::Plain16, background)
            | (Depth::Sixteen, ThemeName::Auto | ThemeName::Contrast, background) => {
                sixteen(background)
            }
            (Depth::Sixteen, ThemeName::Dark, _) => sixteen(Background::Dark),
            (Depth::Sixteen, ThemeName::Light, _) => sixteen(Background::Light),
            (_, ThemeName::Dark, _) | (_, ThemeName::Auto, Background::Dark) => palette::DARK,
            (_, ThemeName::Light, _) | (_, ThemeName::Auto, Background::Light) => palette::LIGHT,
            (_, ThemeName::Contrast, Background::Dark) => palette::CONTRAST_DARK,
            (_, ThemeName::Contrast, Background::Light) => palette::CONTRAST_LIGHT,
        };
        self.own.put_into(&mut palette, depth);
        Theme::new(Some(palette))
    }
}

impl App {
    /// The theme the user asks for, kept for the next start; only shown when none is named.
    pub(super) fn choose_theme(&mut self, name: Option<ThemeName>) {
        if let Some(name) = name {
            self.looks.name = name;
            self.viewer.theme = self.looks.theme();
            self.viewer.settings.set_theme(name);
            self.command(Command::Keep(self.viewer.settings.clone()));
        }
        let language = self.language();
        let (name, text) = (self.looks.name, tr!(language, self.looks.name.text()));
        let mut lines = vec![tr!(language, "theme-is", name = name.name(), text = text)];
        if self.looks.depth == Depth::None {
            lines.push(tr!(language, "theme-no-colours"));
        }
        self.notice(lines.join("\n"));
        self.show_end();
    }

    /// Takes what the terminal's background is like.
    pub fn handle_background(&mut self, background: Background) {
        self.looks.background = background;
        self.viewer.theme = self.looks.theme();
        self.is_dirty = true;
    }
}

#[cfg(test)]
mod tests {
    use super::super::palette::{CONTRAST_LIGHT, DARK, LIGHT};
    use super::*;

    #[test]
    fn the_theme_follows_the_background_and_what_can_be_shown() {
        let theme = |name, depth, background| {
            let own = OwnColours::default();
            Looks {
                name,
                own,
                depth,
                background,
            }
            .theme()
        };
        let some = |palette| Theme::new(Some(palette));
        use Background::{Dark, Light};
        use ThemeName::{Auto, Contrast, Plain16};
        assert_eq!(theme(Auto, Depth::Palette, Dark), some(DARK));
        assert_eq!(theme(Auto, Depth::True, Light), some(LIGHT));
        assert_eq!(theme(ThemeName::Dark, Depth::True, Light), some(DARK));
        assert_eq!(theme(Contrast, Depth::True, Light), some(CONTRAST_LIGHT));
        assert_eq!(theme(Auto, Depth::Sixteen, Light), some(sixteen(Light)));
        assert_eq!(theme(Plain16, Depth::True, Dark), some(sixteen(Dark)));
        for name in ThemeName::ALL {
            assert_eq!(theme(name, Depth::None, Dark), Theme::PLAIN);
        }
    }

    #[test]
    fn terminals_say_what_they_can_show() {
        let depth = |variables: &[(&str, &str)]| {
            Depth::detect(|name| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Palette);
        assert_eq!(depth(&[("TERM", "xterm-kitty")]), Depth::Palette);
        assert_eq!(depth(&[("TERM", "linux")]), Depth::Sixteen);
        assert_eq!(depth(&[("TERM", "screen")]), Depth::Sixteen);
        assert_eq!(depth(&[("TERM", "dumb")]), Depth::None);
        assert_eq!(depth(&[]), Depth::Palette);
        let direct = [("TERM", "xterm"), ("COLORTERM", "truecolor")];
        assert_eq!(depth(&direct), Depth::True);
    }

    #[test]
    fn the_terminals_answer_tells_the_background() {
        for (answer, expected) in [
            ("11;rgb:0000/0000/0000", Some(Background::Dark)),
            ("11;rgb:ffff/ffff/ffff", Some(Background::Light)),
            ("11;rgb:f/f/e", Some(Background::Light)),
            ("11;rgba:2e/34/40/ff", Some(Background::Dark)),
            ("10;rgb:ffff/ffff/ffff", None),
            ("11;rgb:ffff/ffff", None),
            ("11;rgb:fffff/0/0", None),
            ("11;rgb://", None),
        ] {
            assert_eq!(Background::from_answer(answer), expected, "{answer}");
        }
    }

    #[test]
    fn a_variable_tells_the_background() {
        for (value, expected) in [
            ("15;0", Some(Background::Dark)),
            ("0;15", Some(Background::Light)),
            ("0;default;7", Some(Background::Light)),
            ("15;8", Some(Background::Dark)),
            ("0;default", None),
            ("", None),
            ("0;99", None),
        ] {
            assert_eq!(Background::from_variable(value), expected, "{value}");
        }
    }

    #[test]
    fn own_colours_go_before_the_themes_and_are_shown_as_far_as_possible() {
        let colour = |text: &str| text.parse::<OwnColour>().unwrap();
        let mut own = OwnColours::default();
        own.set("faint", colour("244"));
        own.set("error", colour("#ff8700"));
        own.set("good", colour("Light Green"));
        own.set_nicks(vec![colour("red"), colour("20")]).unwrap();
        let colours = |depth| {
            let mut palette = DARK;
            own.put_into(&mut palette, depth);
            let roles = [Role::Faint, Role::Error, Role::Good].map(|role| palette.colour(role));
            (roles, [palette.nick(0), palette.nick(1), palette.nick(2)])
        };
        use Color::{DarkGray, Indexed, LightGreen, Red};
        let exact = Color::Rgb(255, 135, 0);
        let nicks = [Red, Indexed(20), Red];
        assert_eq!(
            colours(Depth::True),
            ([Indexed(244), exact, LightGreen], nicks)
        );
        let nearest = [Indexed(244), Indexed(208), LightGreen];
        assert_eq!(colours(Depth::Palette), (nearest, nicks));
        let ([faint, _, good], [_, blue, _]) = colours(Depth::Sixteen);
        assert!(matches!(faint, DarkGray | Color::Gray), "{faint}");
        assert_eq!((good, blue), (LightGreen, Color::Blue));
    }
}
