//! Which theme the screen has.
//!
//! A theme colours text on the terminal's own background and never paints that. Which one fits is
//! told by the background, which the terminal is asked for; what the terminal can show limits it:
//! 16 colours, or none. Whoever wants other colours names them, role by role, in `config.toml`.

use ratatui::style::Color;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::palette::{self, NICKS_MAX, Palette, Rgb, Role, shown, sixteen};
use super::theme::Theme;
use super::{App, Command};
use crate::locale::{Language, key, say, tr};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct OwnColour(Color);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(i64),
    Text(String),
    Other(IgnoredAny),
}

impl TryFrom<Written> for OwnColour {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let what = say!("colour-refused").tr(Language::English);
        let text = match written {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
            Written::Other(_) => return Err(what),
        };
        let colour = text.parse().map(Self);
        colour.map_err(|_| format!("\"{text}\": {what}"))
    }
}

/// Colours for names that a user wrote: at least one, at most [`NICKS_MAX`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<OwnColour>")]
struct OwnNicks(Vec<OwnColour>);

impl TryFrom<Vec<OwnColour>> for OwnNicks {
    type Error = String;

    fn try_from(nicks: Vec<OwnColour>) -> Result<Self, String> {
        if (1..=NICKS_MAX).contains(&nicks.len()) {
            Ok(Self(nicks))
        } else {
            Err(say!("colour-nicks", max = NICKS_MAX).tr(Language::English))
        }
    }
}

/// The colours that a user wants instead of the theme's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnColours {
    faint: Option<OwnColour>,
    strong: Option<OwnColour>,
    good: Option<OwnColour>,
    notable: Option<OwnColour>,
    error: Option<OwnColour>,
    selected: Option<OwnColour>,
    unread: Option<OwnColour>,
    code: Option<OwnColour>,
    nicks: Option<OwnNicks>,
}

impl OwnColours {
    fn put_into(&self, palette: &mut Palette, depth: Depth) {
        for (role, own) in [
            (Role::Faint, self.faint),
            (Role::Strong, self.strong),
            (Role::Good, self.good),
            (Role::Notable, self.notable),
            (Role::Error, self.error),
            (Role::Selected, self.selected),
            (Role::Unread, self.unread),
            (Role::Code, self.code),
        ] {
            if let Some(OwnColour(colour)) = own {
                palette.set(role, shown(colour, depth));
            }
        }
        if let Some(OwnNicks(nicks)) = &self.nicks {
            palette.set_nicks(nicks.iter().map(|nick| shown(nick.0, depth)));
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
        let text =
            "faint = 244\nerror = \"#ff8700\"\ngood = \"Light Green\"\nnicks = [\"red\", 20]";
        let own: OwnColours = toml::from_str(text).unwrap();
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
