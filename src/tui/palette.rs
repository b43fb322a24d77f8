//! The colours of each theme, and what the numbers of colours stand for.
//!
//! They have a contrast of at least 4.5 (WCAG 2, level AA) on their background, and of at least 7
//! (level AAA) in the theme of high contrast; on backgrounds from black up to a dark grey, and from
//! white down to the colour of paper. Of the 16 colours each terminal has its own; theirs are
//! reckoned with the colours of the VGA.

use ratatui::style::Color;

use super::themes::{Background, Depth};

/// The lightest dark background reckoned with: 256-colour palette, 236.
#[cfg(test)]
const GREY: Rgb = Rgb(0x30, 0x30, 0x30);

/// The darkest light one reckoned with: the paper colour that many light schemes have.
#[cfg(test)]
const PAPER: Rgb = Rgb(0xfd, 0xf6, 0xe3);

/// A luminance at which black and white are read equally well: sqrt(1.05 * 0.05) - 0.05, by the
/// formula of WCAG 2.
const MIDDLE: f64 = 0.179;

/// Colours for names, at most. Arbitrary: more can't be told apart.
pub const NICKS_MAX: usize = 12;

/// What a colour of text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// May be overlooked.
    Faint,
    /// Is to be found quickly.
    Strong,
    /// Is well.
    Good,
    /// Waits, or speaks to the user.
    Notable,
    /// Failed.
    Error,
    /// Is chosen; drawn reversed.
    Selected,
    /// Is to be read, or leads somewhere.
    Unread,
    /// Is code.
    Code,
}

impl Role {
    const COUNT: usize = 8;

    #[cfg(test)]
    const ALL: [Self; Self::COUNT] = [
        Self::Faint,
        Self::Strong,
        Self::Good,
        Self::Notable,
        Self::Error,
        Self::Selected,
        Self::Unread,
        Self::Code,
    ];
}

/// The colours of a theme. [`Color::Reset`] is the terminal's own foreground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    roles: [Color; Role::COUNT],
    nicks: [Color; NICKS_MAX],
    nick_count: usize,
}

impl Palette {
    /// The colour of a role.
    pub fn colour(&self, role: Role) -> Color {
        self.roles[role as usize]
    }

    /// The colour of a name, by a number made of it.
    pub fn nick(&self, hash: usize) -> Color {
        self.nicks[hash % self.nick_count.max(1)]
    }

    /// Colours of the palette of 256: faint, good, notable, error, the accent, code, and names.
    const fn indexed(roles: [u8; 6], names: [u8; NICKS_MAX]) -> Self {
        let mut nicks = [Color::Reset; NICKS_MAX];
        let mut at = 0;
        while at < NICKS_MAX {
            nicks[at] = Color::Indexed(names[at]);
            at += 1;
        }
        let [faint, good, notable, error, accent, code] = roles;
        Self {
            roles: [
                Color::Indexed(faint),
                Color::Reset,
                Color::Indexed(good),
                Color::Indexed(notable),
                Color::Indexed(error),
                Color::Indexed(accent),
                Color::Indexed(accent),
                Color::Indexed(code),
            ],
            nicks,
            nick_count: NICKS_MAX,
        }
    }

    /// Some of the 16 colours, in the same order.
    fn named(roles: [Color; 6], names: &[Color]) -> Self {
        let [faint, good, notable, error, accent, code] = roles;
        let mut palette = Self {
            roles: [
                faint,
                Color::Reset,
                good,
                notable,
                error,
                accent,
                accent,
                code,
            ],
            nicks: [Color::Reset; NICKS_MAX],
            nick_count: 0,
        };
        palette.set_nicks(names.iter().copied());
        palette
    }

    /// Gives a role another colour.
    pub fn set(&mut self, role: Role, colour: Color) {
        self.roles[role as usize] = colour;
    }

    /// Gives names other colours: at least one, the first [`NICKS_MAX`] of them.
    pub fn set_nicks(&mut self, names: impl Iterator<Item = Color>) {
        self.nick_count = 0;
        for (place, colour) in self.nicks.iter_mut().zip(names) {
            *place = colour;
            self.nick_count += 1;
        }
    }
}

/// For dark backgrounds.
pub const DARK: Palette = Palette::indexed(
    [247, 77, 214, 210, 75, 114],
    [75, 80, 114, 141, 147, 173, 179, 209, 212, 222, 110, 176],
);
/// For light ones.
pub const LIGHT: Palette = Palette::indexed(
    [241, 22, 94, 124, 25, 23],
    [18, 22, 23, 25, 54, 58, 88, 90, 94, 125, 127, 60],
);
/// High contrast for dark ones.
pub const CONTRAST_DARK: Palette = Palette::indexed(
    [252, 120, 220, 217, 117, 158],
    [117, 120, 222, 217, 183, 159, 219, 228, 216, 153, 195, 156],
);
/// High contrast for light ones.
pub const CONTRAST_LIGHT: Palette = Palette::indexed(
    [238, 22, 52, 88, 18, 22],
    [17, 19, 22, 52, 53, 54, 55, 88, 89, 90, 20, 235],
);

/// Only those of the 16 that are read well. What is faint and what is code keeps the terminal's own
/// colour: grey is the background itself in some schemes.
pub fn sixteen(background: Background) -> Palette {
    use Color::{
        Blue, Cyan, Green, LightCyan, LightGreen, LightMagenta, LightRed, LightYellow, Magenta,
        Red, Reset,
    };
    match background {
        Background::Dark => Palette::named(
            [Reset, Green, LightYellow, LightRed, Cyan, Reset],
            &[
                Cyan,
                Green,
                LightYellow,
                LightMagenta,
                LightCyan,
                LightGreen,
            ],
        ),
        Background::Light => Palette::named(
            [Reset, Reset, Magenta, Red, Blue, Reset],
            &[Blue, Magenta, Red],
        ),
    }
}

/// A colour by its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Whether black is read better on it than white.
    pub fn is_light(self) -> bool {
        self.luminance() > MIDDLE
    }

    /// The relative luminance of WCAG 2, from 0 to 1.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// How far it is from another, squared.
    fn distance(self, other: Self) -> u32 {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(self.0, other.0) + square(self.1, other.1) + square(self.2, other.2)
    }
}

/// The 16 colours of the VGA, in the terminals' order.
const VGA: [(Color, Rgb); 16] = [
    (Color::Black, Rgb(0, 0, 0)),
    (Color::Red, Rgb(0xaa, 0, 0)),
    (Color::Green, Rgb(0, 0xaa, 0)),
    (Color::Yellow, Rgb(0xaa, 0x55, 0)),
    (Color::Blue, Rgb(0, 0, 0xaa)),
    (Color::Magenta, Rgb(0xaa, 0, 0xaa)),
    (Color::Cyan, Rgb(0, 0xaa, 0xaa)),
    (Color::Gray, Rgb(0xaa, 0xaa, 0xaa)),
    (Color::DarkGray, Rgb(0x55, 0x55, 0x55)),
    (Color::LightRed, Rgb(0xff, 0x55, 0x55)),
    (Color::LightGreen, Rgb(0x55, 0xff, 0x55)),
    (Color::LightYellow, Rgb(0xff, 0xff, 0x55)),
    (Color::LightBlue, Rgb(0x55, 0x55, 0xff)),
    (Color::LightMagenta, Rgb(0xff, 0x55, 0xff)),
    (Color::LightCyan, Rgb(0x55, 0xff, 0xff)),
    (Color::White, Rgb(0xff, 0xff, 0xff)),
];

/// The steps of the cube in the palette of 256.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// What stands behind a number of the palette of 256.
pub fn indexed(index: u8) -> Rgb {
    match index {
        0..16 => VGA[usize::from(index)].1,
        16..232 => {
            let step = |divisor: u8| CUBE[usize::from((index - 16) / divisor % 6)];
            Rgb(step(36), step(6), step(1))
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            Rgb(grey, grey, grey)
        }
    }
}

/// The colour itself where the terminal can show it, otherwise the nearest that it can.
pub fn shown(colour: Color, depth: Depth) -> Color {
    let rgb = match colour {
        Color::Rgb(red, green, blue) => Rgb(red, green, blue),
        Color::Indexed(index @ 16..) => indexed(index),
        named => return named,
    };
    match (depth, colour) {
        (Depth::True, _) | (Depth::Palette, Color::Indexed(_)) => colour,
        (Depth::Palette, _) => (16..=255)
            .min_by_key(|index| indexed(*index).distance(rgb))
            .map_or(Color::Reset, Color::Indexed),
        (Depth::Sixteen | Depth::None, _) => VGA
            .into_iter()
            .min_by_key(|(_, vga)| vga.distance(rgb))
            .map_or(Color::Reset, |(named, _)| named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (a.luminance(), b.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn rgb(colour: Color) -> Option<Rgb> {
        match colour {
            Color::Reset => None,
            Color::Rgb(red, green, blue) => Some(Rgb(red, green, blue)),
            Color::Indexed(index) => Some(indexed(index)),
            named => VGA.iter().find(|(colour, _)| *colour == named).map(|c| c.1),
        }
    }

    /// The worst contrast of a palette on any of these.
    fn worst(palette: &Palette, grounds: &[Rgb]) -> f64 {
        let roles = Role::ALL.map(|role| palette.colour(role));
        let nicks = &palette.nicks[..palette.nick_count];
        let mut worst = f64::MAX;
        for colour in roles.iter().chain(nicks).filter_map(|colour| rgb(*colour)) {
            for ground in grounds {
                worst = worst.min(contrast(colour, *ground));
            }
        }
        worst
    }

    #[test]
    fn every_colour_is_read_well_on_its_background() {
        let (black, white) = (Rgb(0, 0, 0), Rgb(255, 255, 255));
        assert!((contrast(black, white) - 21.0).abs() < 1e-9);
        for (palette, grounds, least) in [
            (DARK, [black, GREY], 4.5),
            (LIGHT, [PAPER, white], 4.5),
            (CONTRAST_DARK, [black, GREY], 7.0),
            (CONTRAST_LIGHT, [PAPER, white], 7.0),
            (sixteen(Background::Dark), [black, black], 4.5),
            (sixteen(Background::Light), [white, white], 4.5),
        ] {
            let worst = worst(&palette, &grounds);
            assert!(worst >= least, "{worst} in {palette:?}");
        }
    }

    #[test]
    fn the_middle_is_read_equally_well_in_black_and_in_white() {
        let (on_black, on_white) = ((MIDDLE + 0.05) / 0.05, 1.05 / (MIDDLE + 0.05));
        assert!((on_black - on_white).abs() < 0.02);
        assert_eq!(Background::of(GREY), Background::Dark);
        assert_eq!(Background::of(PAPER), Background::Light);
    }
}
