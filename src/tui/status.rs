//! The line above the input: which room, which relay, and how well it is reached.
//!
//! It is drawn as a rule, so that it also parts the messages from the input. What matters least is
//! left out first when the screen is narrow.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::wrap;
use crate::client::Contact;
use crate::client::update::PathStats;
use crate::locale::{Language, tr};

/// A loss from which on it is shown as a fault: what a sound LAN never reaches.
const LOSS_NOTABLE: f64 = 0.05;

/// What the status line tells.
pub struct Status<'a> {
    /// The room in front, as titled.
    pub room: String,
    /// Whom the room is with, when they are gone.
    pub gone: Option<String>,
    /// How this user stands with relays.
    pub contact: &'a Contact,
    /// Whether this process hosts the relay.
    pub is_hosting: bool,
    /// Whether the user is marked as away.
    pub is_away: bool,
    /// The path, when in session.
    pub stats: PathStats,
    /// Messages the relay has not stored.
    pub unsent: usize,
    /// Whether the relay can't store some of them just now.
    pub is_delayed: bool,
    /// Who else is typing in the room in front.
    pub typing: Option<String>,
    /// What the input line has to say, at the right edge.
    pub hint: Option<String>,
    /// The language of the viewer.
    pub language: Language,
}

/// One piece of the line, and how soon it is left out: the highest first.
struct Piece {
    text: String,
    style: Style,
    rank: u8,
}

/// What is said of the relay.
fn contact_text(status: &Status) -> (String, bool) {
    let language = status.language;
    match status.contact {
        Contact::Entered { .. } if status.is_hosting => (tr!(language, "status-hosting"), true),
        Contact::Entered { welcome, .. } => {
            let name = &welcome.relay_name;
            let text = if welcome.is_hosted {
                tr!(language, "status-hosted", name = name)
            } else {
                tr!(language, "status-relay", name = name)
            };
            (text, true)
        }
        Contact::Searching => (tr!(language, "status-searching"), false),
        Contact::Dialing { .. } => (tr!(language, "status-connecting"), false),
        Contact::Lost { .. } | Contact::RelayClosing { .. } => {
            (tr!(language, "status-reconnecting"), false)
        }
        Contact::KeyChanged { .. } => (tr!(language, "status-key-changed"), false),
        Contact::Unsupported { .. } => (tr!(language, "status-unsupported"), false),
    }
}

/// A round trip with as many digits as mean something.
pub(super) fn rtt_text(micros: u64) -> String {
    match micros {
        0..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

fn pieces(status: &Status, theme: Theme) -> Vec<Piece> {
    let piece = |text: String, style: Style, rank: u8| Piece { text, style, rank };
    let language = status.language;
    let (contact, is_entered) = contact_text(status);
    let contact_style = if is_entered {
        Style::new()
    } else {
        theme.notable()
    };
    // That the relay can't store is worth more than what it is called.
    let (contact_rank, unsent_rank) = if status.is_delayed { (2, 1) } else { (1, 2) };
    let mut pieces = vec![
        piece(status.room.clone(), theme.strong(), 0),
        piece(contact, contact_style, contact_rank),
    ];
    if let Some(gone) = &status.gone {
        pieces.push(piece(
            tr!(language, "status-gone", name = gone),
            theme.notable(),
            3,
        ));
    }
    if is_entered {
        let loss_style = if status.stats.loss < LOSS_NOTABLE {
            theme.faint()
        } else {
            theme.notable()
        };
        let percent = format!("{:.0}", status.stats.loss * 100.0);
        let loss = tr!(language, "status-loss", percent = percent);
        pieces.push(piece(tr!(language, "status-encrypted"), theme.good(), 4));
        // Zero means that nothing was measured yet: the kernel takes longer than a microsecond.
        if status.stats.rtt_micros > 0 {
            let rtt = tr!(
                language,
                "status-rtt",
                time = rtt_text(status.stats.rtt_micros)
            );
            pieces.push(piece(rtt, theme.faint(), 5));
            pieces.push(piece(loss, loss_style, 6));
        }
    }
    if status.unsent > 0 {
        let unsent = if status.is_delayed {
            tr!(language, "status-unsent-delayed", count = status.unsent)
        } else {
            tr!(language, "status-unsent", count = status.unsent)
        };
        pieces.push(piece(unsent, theme.notable(), unsent_rank));
    }
    if status.is_away {
        pieces.push(piece(tr!(language, "status-away"), theme.notable(), 3));
    }
    if let Some(typing) = &status.typing {
        pieces.push(piece(typing.clone(), theme.faint(), 3));
    }
    pieces
}

/// Draws the line.
pub fn draw(status: &Status, theme: Theme, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let width = usize::from(area.width);
    let mut pieces = pieces(status, theme);
    // Two blanks stand before each piece but the first, and a rule's end and a blank around all.
    let total = |pieces: &[Piece]| -> usize {
        pieces
            .iter()
            .map(|piece| wrap::columns(&piece.text) + 2)
            .sum::<usize>()
            + 2
    };
    while pieces.len() > 1 && total(&pieces) > width {
        let last = pieces.iter().map(|piece| piece.rank).max();
        pieces.retain(|piece| Some(piece.rank) != last);
    }
    let mut spans = vec![Span::styled("─ ", theme.faint())];
    for (index, piece) in pieces.iter().enumerate() {
        spans.push(Span::raw(if index == 0 { "" } else { "  " }));
        spans.push(Span::styled(
            wrap::cut(&piece.text, width.saturating_sub(2)),
            piece.style,
        ));
    }
    spans.push(Span::raw(" "));
    let (end, _) = buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
    let rule = "─".repeat(usize::from(area.right().saturating_sub(end)));
    buffer.set_string(end, area.y, rule, theme.faint());
    if let Some(hint) = &status.hint {
        draw_hint(hint, theme, end, area, buffer);
    }
}

/// Puts the hint at the right edge when it fits beside the rest, over the rest when it does not.
fn draw_hint(hint: &str, theme: Theme, end: u16, area: Rect, buffer: &mut Buffer) {
    let hint = format!(
        " {} ",
        wrap::cut(hint, usize::from(area.width).saturating_sub(2))
    );
    let columns = u16::try_from(wrap::columns(&hint))
        .unwrap_or(u16::MAX)
        .min(area.width);
    let room = area.right().saturating_sub(end).saturating_sub(1);
    let x = if columns <= room {
        area.right() - columns - 1
    } else {
        area.right() - columns
    };
    put_over(x, area.y, &hint, theme.notable(), buffer);
}

/// Puts a text over others. Of a wide character that begins before it nothing may be left, or it
/// would take the text's first column.
pub fn put_over(x: u16, y: u16, text: &str, style: Style, buffer: &mut Buffer) {
    let before = x.checked_sub(1).and_then(|x| buffer.cell_mut((x, y)));
    if let Some(cell) = before.filter(|cell| cell.cell_width() > 1) {
        cell.set_symbol(" ");
    }
    buffer.set_stringn(x, y, text, wrap::columns(text), style);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_have_the_digits_that_mean_something() {
        assert_eq!(rtt_text(420), "0.4 ms");
        assert_eq!(rtt_text(9_990), "9.9 ms");
        assert_eq!(rtt_text(12_700), "12 ms");
        assert_eq!(rtt_text(1_250_000), "1.2 s");
    }
}
