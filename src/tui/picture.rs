//! Draws the screen into an SVG image, for documentation.
//!
//! The picture is made from the cells the real code draws, not by hand, so that it can't show what
//! the program does not do.

use std::fmt::Write;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

use super::App;
use super::palette::{self, Rgb};

/// Pixels per column at the font size used: 0.6 em, as in most monospaced fonts.
const CELL_WIDTH: f32 = 8.4;
const CELL_HEIGHT: f32 = 18.0;
const FONT_SIZE: f32 = 14.0;
/// Monospaced fonts of the common systems, then fonts for Chinese. Emoji are left to the viewer: its
/// font for them has digits too, and would be taken for those.
const FONTS: &str = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', \
                     'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', monospace";
/// From the top of a row to the line its letters stand on.
const BASELINE: f32 = 13.5;
/// Around the cells.
const MARGIN: f32 = 12.0;

const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d8dbe2";

/// The 16 colours that terminals name, in one common choice of theirs.
const NAMED: [&str; 16] = [
    "#1d1f21", "#cc6666", "#8fae5d", "#e0b060", "#6f9fd8", "#b294bb", "#6fb3b8", "#c5c8c6",
    "#707580", "#e06c6c", "#a6cc70", "#f0c674", "#82b1ff", "#c9a0dc", "#8fd3d8", "#ffffff",
];

/// Draws `app` on a screen of this size and returns it as the text of an SVG file.
pub fn svg(app: &mut App, columns: u16, rows: u16) -> String {
    app.handle_resize(columns, rows);
    let backend = TestBackend::new(columns, rows);
    // This backend never fails.
    let Ok(mut terminal) = Terminal::new(backend);
    let Ok(_) = terminal.draw(|frame| app.draw(frame));
    let backend = terminal.backend();
    let cursor = backend.cursor_visible().then(|| backend.cursor_position());
    render(backend.buffer(), cursor)
}

fn render(buffer: &Buffer, cursor: Option<Position>) -> String {
    let width = f32::from(buffer.area.width) * CELL_WIDTH + 2.0 * MARGIN;
    let height = f32::from(buffer.area.height) * CELL_HEIGHT + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.1} {height:.1}\" font-size=\"{FONT_SIZE}\" \
         font-family=\"{FONTS}\" \
         xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
    );
    for y in buffer.area.top()..buffer.area.bottom() {
        render_row(buffer, y, &mut svg);
    }
    if let Some(cursor) = cursor {
        let (x, y) = corner(cursor.x, cursor.y);
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{CELL_WIDTH}\" height=\"{CELL_HEIGHT}\" \
             fill=\"{FOREGROUND}\" fill-opacity=\"0.6\"/>"
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn corner(x: u16, y: u16) -> (f32, f32) {
    let (x, y) = (f32::from(x), f32::from(y));
    (MARGIN + x * CELL_WIDTH, MARGIN + y * CELL_HEIGHT)
}

/// Cells of one row that are drawn together.
struct Run {
    x: u16,
    columns: u16,
    text: String,
}

/// Draws runs of cells of one style; a wide or composed character is a run of its own, so that the
/// columns hold whatever font is used.
fn render_row(buffer: &Buffer, y: u16, svg: &mut String) {
    let mut run: Option<(Run, &Cell)> = None;
    let mut x = buffer.area.left();
    while x < buffer.area.right() {
        let cell = &buffer[(x, y)];
        let columns = cell.cell_width().max(1);
        let is_plain =
            columns == 1 && cell.symbol().chars().count() == 1 && arms(cell.symbol()).is_none();
        match &mut run {
            Some((run, first)) if is_plain && is_same_style(first, cell) => {
                run.text.push_str(cell.symbol());
                run.columns += 1;
            }
            _ => {
                if let Some((run, cell)) = run.take() {
                    render_run(&run, cell, y, svg);
                }
                let text = cell.symbol().to_owned();
                let started = Run { x, columns, text };
                if is_plain {
                    run = Some((started, cell));
                } else {
                    render_run(&started, cell, y, svg);
                }
            }
        }
        x += columns;
    }
    if let Some((run, cell)) = run {
        render_run(&run, cell, y, svg);
    }
}

fn is_same_style(a: &Cell, b: &Cell) -> bool {
    (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)
}

fn render_run(run: &Run, cell: &Cell, y: u16, svg: &mut String) {
    let mut foreground = colour(cell.fg).unwrap_or_else(|| FOREGROUND.to_owned());
    let mut background = colour(cell.bg);
    if cell.modifier.contains(Modifier::REVERSED) {
        let behind = background.unwrap_or_else(|| BACKGROUND.to_owned());
        background = Some(std::mem::replace(&mut foreground, behind));
    }
    let (left, top) = corner(run.x, y);
    let width = f32::from(run.columns) * CELL_WIDTH;
    if let Some(background) = background {
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{CELL_HEIGHT}\" \
             fill=\"{background}\"/>"
        );
    }
    if run.text.trim().is_empty() {
        return;
    }
    if let Some(arms) = arms(&run.text) {
        return render_arms(arms, left, top, &foreground, svg);
    }
    let mut style = String::new();
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        (Modifier::DIM, " fill-opacity=\"0.6\""),
    ] {
        if cell.modifier.contains(modifier) {
            style.push_str(attribute);
        }
    }
    let baseline = top + BASELINE;
    let text = escape(&run.text);
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{baseline:.1}\" fill=\"{foreground}\"{style} \
         textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\">{text}</text>"
    );
}

/// Which arms of a cross a character that draws a rule has: left, right, up, down.
fn arms(symbol: &str) -> Option<[bool; 4]> {
    match symbol {
        "─" => Some([true, true, false, false]),
        "│" => Some([false, false, true, true]),
        "┬" => Some([true, true, false, true]),
        "┴" => Some([true, true, true, false]),
        _ => None,
    }
}

/// Draws a rule as lines: fonts leave gaps between the rows.
fn render_arms(arms: [bool; 4], left: f32, top: f32, colour: &str, svg: &mut String) {
    let (x, y) = (left + CELL_WIDTH / 2.0, top + CELL_HEIGHT / 2.0);
    let (right, bottom) = (left + CELL_WIDTH, top + CELL_HEIGHT);
    let ends = [(left, y), (right, y), (x, top), (x, bottom)];
    for (end_x, end_y) in ends
        .into_iter()
        .zip(arms)
        .filter_map(|(end, is)| is.then_some(end))
    {
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {y:.1}L{end_x:.1} {end_y:.1}\" stroke=\"{colour}\"/>"
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A colour as SVG has it; `None` for the terminal's own.
fn colour(colour: Color) -> Option<String> {
    let named = |index: usize| Some(NAMED[index].to_owned());
    match colour {
        Color::Reset => None,
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Indexed(index @ 0..16) => named(usize::from(index)),
        Color::Indexed(index) => {
            let Rgb(red, green, blue) = palette::indexed(index);
            Some(format!("#{red:02x}{green:02x}{blue:02x}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn cells_of_one_style_are_one_text_and_wide_ones_stand_alone() {
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "a<b", Style::new().fg(Color::Indexed(32)));
        buffer.set_string(3, 0, "好", Style::new());
        let svg = render(&buffer, None);
        assert!(svg.contains(
            "fill=\"#0087d7\" textLength=\"25.2\" lengthAdjust=\"spacingAndGlyphs\">a&lt;b<"
        ));
        assert!(svg.contains("textLength=\"16.8\" lengthAdjust=\"spacingAndGlyphs\">好<"));
    }
}
